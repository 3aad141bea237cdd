//! Names of modules that activities fill and workflow code reads.
//!
//! Knows: what activities assign or change, and the first read of it in each piece of workflow code. Does not know: objects that go
//! by other names, and attributes of classes. What a workflow fills itself, or a module's own statements, is left alone.

use rustc_hash::FxHashSet;

use super::super::analysis::{Analysis, Context, ReachedCode};
use super::super::code::{Graph, each_statement, each_within};
use super::{MOST_HOPS, Shared, SharedState, changes};
use crate::python::{Code, NodeId, Value};
use crate::semantic::{BindingKind, BlockId, Body, Expr, ExprId, Module, Stmt, VariableId};
use crate::source::{FileId, Span};

/// The reads in reached workflow code of what activities fill.
#[must_use]
pub fn read_of_activities(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<SharedState> {
    let of_module = |state: SharedState| (state.shared == Shared::Module).then_some(state.made?);
    let by_activities = [Context::AsyncActivity, Context::SyncActivity].into_iter();
    let mut filled: FxHashSet<Span> = by_activities
        .flat_map(|context| analysis.context(context))
        .flat_map(|reached| changes(reached, true))
        .filter_map(of_module)
        .collect();
    if filled.is_empty() {
        return Vec::new();
    }
    for own in changes(reached, true).into_iter().filter_map(of_module) {
        filled.remove(&own);
    }
    let graph = Graph::new(&reached.reach);
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        if matches!(node.code, Code::Function(_)) && !filled.is_empty() {
            Reader { graph: &graph, node: id, filled: &filled }.reads(&mut found);
        }
    }
    found
}

struct Reader<'g, 'r, 'p> {
    graph: &'g Graph<'r, 'p>,
    node: NodeId,
    /// Where what activities fill is made.
    filled: &'g FxHashSet<Span>,
}

impl Reader<'_, '_, '_> {
    fn reads(&self, found: &mut Vec<SharedState>) {
        let mut seen: FxHashSet<Span> = FxHashSet::default();
        for expr in self.expressions() {
            let module = self.graph.module(self.node);
            let Some((made, name)) = self.made(expr) else { continue };
            if self.filled.contains(&made) && seen.insert(made) {
                let range = module.span(expr);
                found.push(SharedState { node: self.node, range, shared: Shared::Filled, name, made: Some(made) });
            }
        }
    }

    /// What the code evaluates, where it may run.
    fn expressions(&self) -> Vec<ExprId> {
        let module = self.graph.module(self.node);
        let mut parts = Vec::new();
        if let Code::Function(function) = self.graph.reach.node(self.node).code
            && let Body::Expression(given) = module[function.function].body
        {
            each_within(module, given, &mut |part| parts.push(part));
        }
        each_statement(module, self.graph.body(self.node), &mut |statement| {
            let runs = self.graph.reach.evaluator().may_run(module.block_of(statement), self.graph.place(self.node));
            if runs && !matches!(module[statement], Stmt::Function(_) | Stmt::Class(_)) {
                module.each_expression(statement, &mut |expr| each_within(module, expr, &mut |part| parts.push(part)));
            }
        });
        parts
    }

    /// Where the name of a module that an expression reads is made, and how it is called.
    fn made(&self, expr: ExprId) -> Option<(Span, String)> {
        let module = self.graph.module(self.node);
        let file = self.graph.reach.node(self.node).code.file();
        match module[expr] {
            Expr::Name { name, block, .. } => {
                let variable = module.variable_read(name, block)?;
                let is_global = module[variable].scope == module.global();
                is_global.then(|| self.bound(module, file, variable, 0)).flatten()
            }
            Expr::Attribute { value, name } => {
                let evaluator = self.graph.reach.evaluator();
                let Value::Module(other) = *evaluator.get(self.graph.value(value, self.node).only()?) else {
                    return None;
                };
                let inner = evaluator.project().module(other);
                self.bound(inner, other, inner.variable(inner.global(), name)?, 0)
            }
            _ => None,
        }
    }

    fn bound(&self, module: &Module, file: FileId, variable: VariableId, hops: usize) -> Option<(Span, String)> {
        let evaluator = self.graph.reach.evaluator();
        module[variable].bindings.iter().find_map(|binding| match module[*binding].kind {
            // What the module's own statements fill is there whoever reads it.
            BindingKind::Assign { value, .. } if !is_filled_at_import(module, variable) => {
                Some((Span { file, range: module.span(value) }, module[variable].name.to_string()))
            }
            BindingKind::ImportFrom { module: from, level, name } if hops < MOST_HOPS => {
                let source = evaluator.import_source(file, from, level);
                let Value::Module(other) = *evaluator.get(source.only()?) else { return None };
                let inner = evaluator.project().module(other);
                self.bound(inner, other, inner.variable(inner.global(), name)?, hops + 1)
            }
            _ => None,
        })
    }
}

/// Whether statements of a module, outside of functions, put something into what a name of it holds.
fn is_filled_at_import(module: &Module, variable: VariableId) -> bool {
    let name = module[variable].name;
    let is_own = |block: BlockId| module[block].function.is_none();
    module.stores(name).any(|store| is_own(store.block))
        || module[variable].bindings.iter().filter(|binding| is_own(module[**binding].block)).count() > 1
}
