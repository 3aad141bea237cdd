//! What the SDK's default payload converter does with objects: `rules/api/payloads.yaml`, looked up by symbol.
//!
//! Knows: which classes outside the project it refuses, and what makes a class of the project what kind. Does not know:
//! which types a program sends.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::schema::{GeneratorForm, JsonKind, PayloadsFile, ShapeKind};
use crate::source::last_part;

/// What `build.rs` makes of the table.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/payloads.json"));

/// The table, indexed.
#[derive(Debug)]
pub struct Payloads {
    bases: FxHashMap<String, ShapeKind>,
    decorators: FxHashMap<String, ShapeKind>,
    texts: FxHashSet<String>,
    numbers: FxHashSet<String>,
    forms: FxHashMap<String, JsonKind>,
    needs_annotation: FxHashSet<String>,
    read_by_models: FxHashSet<String>,
    refused: FxHashMap<String, String>,
    refused_keys: FxHashSet<String>,
}

#[derive(Deserialize)]
struct Embedded {
    payloads: PayloadsFile,
}

/// The embedded table, read on the first call.
///
/// # Panics
///
/// Never: `build.rs` has read the same text against the same types.
pub fn payloads() -> &'static Payloads {
    static PAYLOADS: OnceLock<Payloads> = OnceLock::new();
    PAYLOADS.get_or_init(|| {
        let Embedded { payloads } = serde_json::from_str(EMBEDDED).expect("build.rs checks what it embeds");
        Payloads::of(payloads)
    })
}

impl Payloads {
    fn of(file: PayloadsFile) -> Self {
        let kinds = |form: GeneratorForm| {
            let groups = file.kinds.iter().filter(move |group| group.form == form);
            groups.flat_map(|group| group.symbols.iter().map(|symbol| (symbol.clone(), group.kind))).collect()
        };
        let refused = file.refused.iter().flat_map(|group| {
            group.symbols.iter().map(|symbol| (symbol.clone(), group.instead.replace("{class}", last_part(symbol))))
        });
        let forms = file.forms.iter();
        let forms = forms.flat_map(|group| group.symbols.iter().map(|symbol| (symbol.clone(), group.kind)));
        Self {
            forms: forms.collect(),
            bases: kinds(GeneratorForm::Base),
            decorators: kinds(GeneratorForm::Decorator),
            needs_annotation: file.needs_annotation.into_iter().collect(),
            read_by_models: file.read_by_models.into_iter().collect(),
            refused: refused.collect(),
            texts: file.texts.into_iter().collect(),
            numbers: file.numbers.into_iter().collect(),
            refused_keys: file.refused_keys.into_iter().collect(),
        }
    }

    /// Which kind of value in JSON objects of a class outside the project are.
    #[must_use]
    pub fn form(&self, class: &str) -> Option<JsonKind> {
        self.forms.get(class).copied()
    }

    /// What kind a base makes of a class.
    #[must_use]
    pub fn kind_by_base(&self, base: &str) -> Option<ShapeKind> {
        self.bases.get(base).copied()
    }

    /// What kind a decorator makes of a class.
    #[must_use]
    pub fn kind_by_decorator(&self, decorator: &str) -> Option<ShapeKind> {
        self.decorators.get(decorator).copied()
    }

    /// Whether a base makes members of an enumeration texts.
    #[must_use]
    pub fn makes_text(&self, base: &str) -> bool {
        self.texts.contains(base)
    }

    /// Whether a base makes members of an enumeration numbers.
    #[must_use]
    pub fn makes_number(&self, base: &str) -> bool {
        self.numbers.contains(base)
    }

    /// Whether objects of a class are made again only where an annotation names it.
    #[must_use]
    pub fn needs_annotation(&self, class: &str) -> bool {
        self.needs_annotation.contains(class)
    }

    /// Whether objects of a class are written so that a model reads them again.
    #[must_use]
    pub fn is_read_by_models(&self, class: &str) -> bool {
        self.read_by_models.contains(class)
    }

    /// What to send instead of an object of a class that the converter refuses.
    #[must_use]
    pub fn refused(&self, class: &str) -> Option<&str> {
        self.refused.get(class).map(String::as_str)
    }

    /// Whether objects of a class surely cannot be keys of a dict that is sent.
    #[must_use]
    pub fn refuses_key(&self, class: &str) -> bool {
        self.refused_keys.contains(class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_comes_with_what_to_send() {
        assert_eq!(payloads().refused("decimal.Decimal"), Some("`str`, and make it a `Decimal` where it is used"));
        assert_eq!(payloads().refused("uuid.UUID"), None, "the converter encodes it");
        assert_eq!(payloads().refused("datetime.datetime"), None, "the converter encodes it");
    }

    #[test]
    fn a_decorator_is_no_base() {
        assert_eq!(payloads().kind_by_decorator("dataclasses.dataclass"), Some(ShapeKind::Dataclass));
        assert_eq!(payloads().kind_by_base("dataclasses.dataclass"), None);
    }
}
