//! Forms of data, arguments and the texts of files as lines of a baseline, and read back from these.
//!
//! Knows: a form that several commands give stands there once and is called by its type. Does not know: what forms are for.
//!
//! ```text
//! run takes 1
//!   given: 1 to 1, objects from 0
//!   given as: Order
//!   names: workflows
//! form Order ≡ object ≡ fields
//!   needs id ≡ str
//!   may have note ≡ str
//! form str ≡ text
//! texts workflows ≡ order • paid
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::keys::{Keys, Texts};
use super::super::step::Takes;
use super::super::write::{AND, NOT_KNOWN, THEN};
use super::{Form, Part};
use crate::registry::schema::JsonKind;
use crate::semantic::Name;

/// What a kind of value is called.
const KINDS: [(JsonKind, &str); 6] = [
    (JsonKind::Null, "nothing"),
    (JsonKind::Text, "text"),
    (JsonKind::Number, "number"),
    (JsonKind::Truth, "truth"),
    (JsonKind::List, "list"),
    (JsonKind::Object, "object"),
];

/// There are none.
const NONE: &str = "\u{2013}";

/// The marks of a form.
const FIELDS: &str = "fields";
const LISTED: &str = "listed";
const UNSURE: &str = "unsure";
const ITEMS: &str = "items ";
const NAMED: &str = "named in ";

/// The marks of what is in a form.
const NEEDS: &str = "needs ";
const MAY_HAVE: &str = "may have ";
const VALUE: &str = "value ";

/// How the first lines of a form and of the texts of a file begin.
const FORM: &str = "form ";
const TEXTS: &str = "texts ";

/// How the lines of what a flow is given begin.
const GIVEN: &str = "given: ";
const GIVEN_AS: &str = "given as: ";
const READS: &str = "reads: ";
const ASKS: &str = "asks for: ";
const NAMES: &str = "names: ";

/// What forms and texts of files are called.
#[derive(Debug, Default)]
pub struct Called {
    forms: Vec<(String, Arc<Form>)>,
    texts: Vec<(String, Arc<Texts>)>,
}

/// What is known under a name: the same that was called so, or one more.
fn known<T: PartialEq>(all: &mut Vec<(String, Arc<T>)>, one: &Arc<T>, name: &str) -> String {
    if let Some((known, _)) = all.iter().find(|(_, other)| Arc::ptr_eq(one, other) || one == other) {
        return known.clone();
    }
    let is_free = |name: &String| !all.iter().any(|(known, _)| known == name);
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    let name = std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default();
    all.push((name.clone(), Arc::clone(one)));
    name
}

impl Called {
    /// What a form is called.
    pub(in crate::temporal::skeleton) fn form(&mut self, form: &Arc<Form>) -> String {
        known(&mut self.forms, form, &form.name)
    }

    fn texts(&mut self, texts: &Arc<Texts>) -> String {
        known(&mut self.texts, texts, &texts.called)
    }

    fn perhaps(&mut self, form: Option<&Arc<Form>>) -> String {
        form.map_or_else(|| NOT_KNOWN.to_owned(), |form| self.form(form))
    }

    /// The lines of all that was called by a name so far.
    pub fn write(&mut self, depth: usize, lines: &mut Vec<String>) {
        let mut blocks: Vec<Vec<String>> = Vec::new();
        let mut at = 0;
        while let Some((name, form)) = self.forms.get(at).cloned() {
            blocks.push(self.block(&name, &form));
            at += 1;
        }
        for (name, texts) in &self.texts {
            let mut words: Vec<&str> = texts.words.iter().map(|name| name.as_str()).collect();
            words.sort_unstable();
            let words = if words.is_empty() { NONE.to_owned() } else { words.join(AND) };
            blocks.push(vec![format!("{TEXTS}{name}{THEN}{words}")]);
        }
        blocks.sort_unstable();
        lines.extend(blocks.into_iter().flatten().map(|line| format!("{}{line}", "  ".repeat(depth))));
    }

    fn block(&mut self, name: &str, form: &Form) -> Vec<String> {
        let kinds: Vec<&str> =
            KINDS.iter().filter(|(kind, _)| form.kinds.contains(kind)).map(|(_, word)| *word).collect();
        let mut head = vec![format!("{FORM}{name}"), form.name.to_string(), kinds.join(AND)];
        head.extend(form.fields.iter().map(|_| FIELDS.to_owned()));
        head.extend(form.values.iter().map(|_| LISTED.to_owned()));
        head.extend((!form.is_sure).then(|| UNSURE.to_owned()));
        head.extend(form.items.as_ref().map(|items| format!("{ITEMS}{}", self.form(items))));
        head.extend(form.named.as_ref().map(|texts| format!("{NAMED}{}", self.texts(texts))));
        let mut block = vec![head.join(THEN)];
        for part in form.fields.iter().flatten() {
            let word = if part.is_needed { NEEDS } else { MAY_HAVE };
            block.push(format!("  {word}{}{THEN}{}", part.name, self.perhaps(part.form.as_ref())));
        }
        block.extend(form.values.iter().flatten().map(|value| format!("  {VALUE}{value}")));
        block
    }

    /// The lines of what a flow is given.
    pub fn write_takes(&mut self, takes: &Takes, depth: usize, lines: &mut Vec<String>) {
        let number = |number: Option<usize>| number.map_or_else(|| NOT_KNOWN.to_owned(), |number| number.to_string());
        let (most, first) = (number(takes.most), number(takes.first_object));
        let mut block = vec![format!("{GIVEN}{} to {most}, objects from {first}", takes.least)];
        if let Some(forms) = &takes.forms {
            let all: Vec<String> = forms.iter().map(|form| self.perhaps(form.as_ref())).collect();
            let all = if all.is_empty() { NONE.to_owned() } else { all.join(AND) };
            block.push(format!("{GIVEN_AS}{all}"));
        }
        block.extend(takes.keys.read.iter().map(|(position, key)| format!("{READS}{position} {key}")));
        block.extend(takes.keys.perhaps.iter().map(|(position, key)| format!("{ASKS}{position} {key}")));
        block.push(format!("{NAMES}{}", self.texts(&takes.keys.named)));
        lines.extend(block.into_iter().map(|line| format!("{}{line}", "  ".repeat(depth))));
    }
}

/// The forms and texts that lines tell of, by what they are called.
#[derive(Debug, Default)]
pub struct Told {
    forms: FxHashMap<String, Arc<Form>>,
    texts: FxHashMap<String, Arc<Texts>>,
}

/// Whether a line begins the block of a form, or of the texts of a file.
#[must_use]
pub fn is_of_forms(line: &str) -> bool {
    line.starts_with(FORM) || line.starts_with(TEXTS)
}

impl Told {
    /// Reads forms and texts from their lines, each with its depth: the first lines of blocks lie at `depth`.
    #[must_use]
    pub fn read(lines: &[(usize, &str)], depth: usize) -> Option<Self> {
        let mut told = Self::default();
        let mut blocks: FxHashMap<&str, &[(usize, &str)]> = FxHashMap::default();
        for (at, (_, line)) in lines.iter().enumerate().filter(|(_, (found, _))| *found == depth) {
            if let Some(line) = line.strip_prefix(TEXTS) {
                let (name, words) = line.split_once(THEN)?;
                let words = words.split(AND).filter(|word| *word != NONE).map(Name::new).collect();
                let called = name.split(" (").next().unwrap_or(name);
                told.texts.insert(name.to_owned(), Arc::new(Texts { called: called.into(), words }));
            } else if let Some(line) = line.strip_prefix(FORM) {
                let end = lines[at + 1..].iter().position(|(found, _)| *found <= depth);
                let end = end.map_or(lines.len(), |end| at + 1 + end);
                blocks.insert(line.split_once(THEN)?.0, &lines[at..end]);
            }
        }
        let names: Vec<&str> = blocks.keys().copied().collect();
        names.into_iter().try_for_each(|name| told.form_in(name, &mut blocks).map(|_| ()))?;
        Some(told)
    }

    /// The form of a name.
    pub(in crate::temporal::skeleton) fn form(&self, name: &str) -> Option<Arc<Form>> {
        self.forms.get(name).cloned()
    }

    /// The form of a name, read from its block unless that was done. One that holds itself is none.
    fn form_in<'l>(
        &mut self,
        name: &str,
        blocks: &mut FxHashMap<&'l str, &'l [(usize, &'l str)]>,
    ) -> Option<Arc<Form>> {
        if let Some(known) = self.forms.get(name) {
            return Some(Arc::clone(known));
        }
        let ((_, head), parts) = blocks.remove(name)?.split_first()?;
        let mut marks = head.split(THEN).skip(1);
        let (shown, words) = (marks.next()?, marks.next()?);
        let kind = |word: &str| KINDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind);
        let kinds =
            words.split(AND).filter(|word| !word.is_empty()).map(kind).collect::<Option<BTreeSet<JsonKind>>>()?;
        let mut form =
            Form { name: shown.into(), kinds, fields: None, items: None, values: None, named: None, is_sure: true };
        for mark in marks {
            match mark {
                FIELDS => form.fields = Some(Vec::new()),
                LISTED => form.values = Some(BTreeSet::new()),
                UNSURE => form.is_sure = false,
                _ => match (mark.strip_prefix(ITEMS), mark.strip_prefix(NAMED)) {
                    (Some(items), _) => form.items = Some(self.form_in(items, blocks)?),
                    (_, Some(texts)) => form.named = Some(Arc::clone(self.texts.get(texts)?)),
                    _ => return None,
                },
            }
        }
        for (_, line) in parts {
            if let Some(value) = line.strip_prefix(VALUE) {
                form.values.as_mut()?.insert(value.into());
                continue;
            }
            let needed = line.strip_prefix(NEEDS);
            let (name, of) = needed.or_else(|| line.strip_prefix(MAY_HAVE))?.split_once(THEN)?;
            let of = if of == NOT_KNOWN { None } else { Some(self.form_in(of, blocks)?) };
            form.fields.as_mut()?.push(Part { name: name.into(), form: of, is_needed: needed.is_some() });
        }
        let form = Arc::new(form);
        self.forms.insert(name.to_owned(), Arc::clone(&form));
        Some(form)
    }

    /// What a flow is given, from the first of some lines; says how many of these tell of it.
    #[must_use]
    pub fn takes(&self, lines: &[&str]) -> Option<(Takes, usize)> {
        let number = |text: &str| match text {
            NOT_KNOWN => Some(None),
            number => number.parse::<usize>().ok().map(Some),
        };
        let (least, rest) = lines.first()?.strip_prefix(GIVEN)?.split_once(" to ")?;
        let (most, first) = rest.split_once(", objects from ")?;
        let mut takes = Takes {
            least: least.parse().ok()?,
            most: number(most)?,
            first_object: number(first)?,
            forms: None,
            keys: Keys { read: Vec::new(), perhaps: Vec::new(), named: Arc::default() },
        };
        for (at, line) in lines.iter().enumerate().skip(1) {
            if let Some(forms) = line.strip_prefix(GIVEN_AS) {
                let form = |name: &str| match name {
                    NOT_KNOWN => Some(None),
                    name => self.form(name).map(Some),
                };
                let names = forms.split(AND).filter(|name| *name != NONE);
                takes.forms = Some(names.map(form).collect::<Option<_>>()?);
            } else if let Some((position, key)) = line.strip_prefix(READS).and_then(|line| line.split_once(' ')) {
                takes.keys.read.push((position.parse().ok()?, Name::new(key)));
            } else if let Some((position, key)) = line.strip_prefix(ASKS).and_then(|line| line.split_once(' ')) {
                takes.keys.perhaps.push((position.parse().ok()?, Name::new(key)));
            } else if let Some(texts) = line.strip_prefix(NAMES) {
                takes.keys.named = Arc::clone(self.texts.get(texts)?);
                return Some((takes, at + 1));
            } else {
                return None;
            }
        }
        None
    }
}
