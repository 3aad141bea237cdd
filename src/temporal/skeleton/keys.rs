//! Which keys code surely reads of what the SDK gives a function, before anything decides.
//!
//! Knows: `data["key"]` in the statements that a function begins with, and in what is gone through before anything is waited for, and
//! which texts its file names at all. Does not know: keys that are made.
//!
//! An execution whose data have no such key fails its first task again and again, so that no history holds a command of it.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::build::Builder;
use super::effects::INPUT;
use super::step::Takes;
use super::term::{Term, unquoted};
use crate::python::FunctionRef;
use crate::semantic::{Body, Expr, Module, Name, Stmt};
use crate::source::FileId;
use crate::temporal::analysis::Analysis;

/// What a function reads of what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The keys that it surely reads at its beginning, each with the position of the argument.
    pub read: Vec<(usize, Name)>,
    /// The keys that it asks for with something else in case there is none.
    pub perhaps: Vec<(usize, Name)>,
    /// The texts that its file names.
    pub(super) named: Arc<Texts>,
}

/// The texts of a file that may be keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Texts {
    /// How the file is called.
    pub called: Arc<str>,
    /// The texts.
    pub words: FxHashSet<Name>,
}

/// The longest text that may be a key.
const LONGEST: usize = 40;

/// Whether a text may be a key: one word, and not a long one.
#[must_use]
pub(super) fn may_be_key(text: &str) -> bool {
    let is_part = |next: char| !next.is_whitespace() && !next.is_control() && next != ',';
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_part)
}

impl Keys {
    /// What a function reads.
    pub(super) fn of(analysis: &Analysis<'_, '_>, function: FunctionRef) -> Self {
        Self {
            read: read(analysis.project.module(function.file), function),
            perhaps: Vec::new(),
            named: Texts::of(analysis, function.file),
        }
    }

    /// With others that are surely read, too.
    pub(super) fn and(mut self, read: &[(usize, Name)], perhaps: Vec<(usize, Name)>) -> Self {
        for key in read {
            if !self.read.contains(key) {
                self.read.push(*key);
            }
        }
        self.perhaps = perhaps;
        self
    }

    /// The first key that is surely read of an argument, that the version before does not name anywhere or asked for with something
    /// else in case there is none, and that is no field of what it was given.
    pub(super) fn first_new(&self, before: &Takes) -> Option<&(usize, Name)> {
        let is_held = |position: usize, key: &Name| before.held().any(|held| held == (position, key.as_str()));
        let is_new = |(position, key): &&(usize, Name)| {
            let is_unnamed = may_be_key(key.as_str()) && !before.keys.named.words.contains(key);
            (is_unnamed || before.keys.perhaps.contains(&(*position, *key))) && !is_held(*position, key)
        };
        self.read.iter().find(is_new)
    }
}

impl Texts {
    /// Those of a file.
    pub(super) fn of(analysis: &Analysis<'_, '_>, file: FileId) -> Arc<Self> {
        let name = analysis.project.source(file).path().file_stem().unwrap_or_default();
        Arc::new(Self { called: name.into(), words: Self::words(analysis.project.module(file)) })
    }

    /// Their words.
    pub(super) fn words(module: &Module) -> FxHashSet<Name> {
        let named = module.expression_ids().filter_map(|expr| match module[expr] {
            Expr::Str(text) => Some(text).filter(|text| may_be_key(text.as_str())),
            _ => None,
        });
        named.collect()
    }
}

impl Builder<'_, '_, '_> {
    /// Takes down that a key is read of what the flow is given, if it surely is before anything was waited for.
    pub(super) fn note_read(&mut self, base: &Term, key: &Term) {
        if let (Term::Other(text, _), Term::Constant(key)) = (base, key)
            && self.perhaps == 0
            && !self.has_waited
            && key.starts_with('\'')
            && let Some(position) = text.name.strip_prefix(INPUT).and_then(|position| position.parse().ok())
        {
            self.first_read.push((position, Name::new(unquoted(key))));
        }
    }

    /// Takes down that a key is asked for of what the flow is given, with something else in case there is none.
    pub(super) fn note_asked(&mut self, base: &Term, key: &Term) {
        if let (Term::Other(text, _), Term::Constant(key)) = (base, key)
            && key.starts_with('\'')
            && let Some(position) = text.name.strip_prefix(INPUT).and_then(|position| position.parse().ok())
        {
            let asked = (position, Name::new(unquoted(key)));
            if !self.perhaps_read.contains(&asked) {
                self.perhaps_read.push(asked);
            }
        }
    }
}

fn read(module: &Module, function: FunctionRef) -> Vec<(usize, Name)> {
    let definition = &module[function.function];
    let Body::Statements(body) = definition.body else { return Vec::new() };
    let parameters: Vec<_> = module.parameters(function.function).iter().skip(1).map(|given| given.name).collect();
    let is_simple = |statement: &Stmt| {
        matches!(
            statement,
            Stmt::Expr(_) | Stmt::Assign { .. } | Stmt::Declare { .. } | Stmt::Augment { .. } | Stmt::Nothing
        )
    };
    let beginning = module.list(body).iter().take_while(|statement| is_simple(&module[**statement]));
    let ranges: Vec<_> = beginning.map(|statement| module.statement_span(*statement)).collect();
    let mut found = Vec::new();
    for expr in module.expression_ids() {
        if let Expr::Subscript { value, index } = module[expr]
            && let (Expr::Name { name, block, .. }, Expr::Str(key)) = (&module[value], &module[index])
            && *block == definition.entry
            && let Some(position) = parameters.iter().position(|parameter| parameter == name)
            && ranges.iter().any(|range| range.contains_range(module.span(expr)))
        {
            found.push((position, *key));
        }
    }
    found
}
