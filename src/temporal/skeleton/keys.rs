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
use crate::temporal::analysis::Analysis;

/// What a function reads of what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The keys that it surely reads at its beginning, each with the position of the argument.
    pub read: Vec<(usize, Name)>,
    /// All texts that its file names.
    pub named: FxHashSet<Name>,
    /// All texts that the program names.
    pub(super) in_program: Arc<FxHashSet<Name>>,
}

impl Keys {
    /// What a function reads.
    pub(super) fn of(analysis: &Analysis<'_, '_>, function: FunctionRef, in_program: &Arc<FxHashSet<Name>>) -> Self {
        let module = analysis.project.module(function.file);
        Self { read: read(module, function), named: Self::texts(module), in_program: Arc::clone(in_program) }
    }

    /// All texts that a file names.
    pub(super) fn texts(module: &Module) -> FxHashSet<Name> {
        let named = module.expression_ids().filter_map(|expr| match module[expr] {
            Expr::Str(text) => Some(text),
            _ => None,
        });
        named.collect()
    }

    /// With others that are surely read, too.
    pub(super) fn and(mut self, read: &[(usize, Name)]) -> Self {
        for key in read {
            if !self.read.contains(key) {
                self.read.push(*key);
            }
        }
        self
    }

    /// The first key that is surely read of an argument, that the version before does not name anywhere, and that is no field of
    /// what it was given.
    pub(super) fn first_new(&self, before: &Takes) -> Option<&(usize, Name)> {
        let is_held = |position: usize, key: &Name| before.held().any(|held| held == (position, key.as_str()));
        self.read.iter().find(|(position, key)| !before.keys.named.contains(key) && !is_held(*position, key))
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
