//! Which keys code surely reads of what the SDK gives a function, before anything decides.
//!
//! Knows: `data["key"]` in the statements that a function begins with, and which texts its file names at all. Does not know: keys
//! that are made, or what helpers read.
//!
//! An execution whose data have no such key fails its first task again and again, so that no history holds a command of it.

use rustc_hash::FxHashSet;

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
}

impl Keys {
    /// What a function reads.
    pub(super) fn of(analysis: &Analysis<'_, '_>, function: FunctionRef) -> Self {
        let module = analysis.project.module(function.file);
        let named = module.expression_ids().filter_map(|expr| match module[expr] {
            Expr::Str(text) => Some(text),
            _ => None,
        });
        Self { read: read(module, function), named: named.collect() }
    }

    /// The first key that is surely read of an argument, and that the version before does not name anywhere.
    pub(super) fn first_new(&self, before: &Self) -> Option<&(usize, Name)> {
        self.read.iter().find(|(_, key)| !before.named.contains(key))
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
