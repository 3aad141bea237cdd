//! What is known of code outside the project: our tables, or those with what a project adds to them.
//!
//! Knows: which tables hold for a program, and what they say of each symbol, found out once for all programs with the same
//! tables. Does not know: what the tables say of a symbol ([`symbol`](super::symbol)), nor where code runs
//! ([`world`](super::world)).

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::by_name::ByName;
use super::symbol::Symbol;
use crate::registry::{self, Behaviour, Extension, Tables};
use crate::semantic::Name;
use crate::source::first_part;

/// What is known of code outside the project.
pub struct Known {
    pub(super) tables: &'static Tables,
    pub(super) behaviour: &'static Behaviour,
    /// The decorators that act as one of the SDK, with its name.
    decorators: FxHashMap<String, &'static str>,
    /// The packages through which files use the SDK without naming it.
    packages: FxHashSet<String>,
    symbols: ByName<Box<Symbol>>,
    spellings: ByName<Name>,
}

/// The tables of projects that were met so far, by the texts of the files that make them. A process meets few.
type Extended = Vec<(Vec<String>, &'static Known)>;

impl Known {
    fn of(tables: &'static Tables, behaviour: &'static Behaviour, by: &[Arc<Extension>]) -> Self {
        let groups = by.iter().flat_map(|extension| &extension.file.decorators);
        let decorators =
            groups.flat_map(|group| group.symbols.iter().map(|symbol| (symbol.clone(), group.acts_as.name())));
        Self {
            tables,
            behaviour,
            decorators: decorators.collect(),
            packages: by.iter().flat_map(|extension| extension.packages()).map(str::to_owned).collect(),
            symbols: ByName::new(),
            spellings: ByName::new(),
        }
    }

    /// What our tables say.
    pub fn usual() -> &'static Self {
        static USUAL: OnceLock<Known> = OnceLock::new();
        USUAL.get_or_init(|| Self::of(registry::tables(), registry::behaviour(), &[]))
    }

    /// What our tables say, and what a project adds.
    #[must_use]
    pub fn extended(by: &[Arc<Extension>]) -> &'static Self {
        static EXTENDED: Mutex<Extended> = Mutex::new(Vec::new());
        if by.is_empty() {
            return Self::usual();
        }
        let texts: Vec<String> = by.iter().map(|extension| extension.text.clone()).collect();
        let mut extended = EXTENDED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = extended.iter().find(|(known, _)| *known == texts) {
            return known;
        }
        let files = || by.iter().map(|extension| &extension.file);
        let tables = Box::leak(Box::new(registry::tables().extended(files())));
        let behaviour = Box::leak(Box::new(registry::behaviour().extended(files().map(|file| &file.behaviour))));
        let known: &'static Self = Box::leak(Box::new(Self::of(tables, behaviour, by)));
        extended.push((texts, known));
        known
    }

    /// What is known of a symbol.
    pub(super) fn symbol(&self, name: Name) -> &Symbol {
        self.symbols.get(name, || Box::new(Symbol::of(name.as_str(), self)))
    }

    /// The name that the tables use for a symbol.
    pub(super) fn canonical(&self, name: Name) -> Name {
        *self.spellings.get(name, || match self.tables.canonical(name.as_str()) {
            std::borrow::Cow::Borrowed(text) if text == name.as_str() => name,
            text => Name::new(&text),
        })
    }

    /// The decorator of the SDK as which one of a project acts.
    pub(super) fn acts_as(&self, name: &str) -> Option<&'static str> {
        self.decorators.get(name).copied()
    }

    /// The names of decorators that act as one of the SDK.
    pub(super) fn decorators(&self) -> impl Iterator<Item = &str> {
        self.decorators.keys().map(String::as_str)
    }

    /// Whether a name is one of the SDK, or of a package that stands for it.
    pub(super) fn is_sdk(&self, name: &str) -> bool {
        let top = first_part(name);
        top == "temporalio" || self.packages.contains(top)
    }
}
