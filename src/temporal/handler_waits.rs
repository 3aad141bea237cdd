//! Waits for all handlers of a workflow to finish.
//!
//! Knows: `wait_condition(workflow.all_handlers_finished)` and lambdas that ask for it, and the locks that are held around.
//! Does not know: conditions that hold for another reason, too.

use super::analysis::ReachedCode;
use super::code::Graph;
use super::definitions::Role;
use super::sdk_calls::WAIT_CONDITION;
use crate::python::{Event, EventKind, Given, NodeId, Value};
use crate::semantic::{BlockId, Body, BoolOp, Expr, ExprId, Module, Name, RegionKind, Stmt, WithId};
use crate::source::{Span, TextRange};

/// A wait for all handlers without a timeout.
#[derive(Debug)]
pub struct HandlerWait {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where the wait stands.
    pub range: TextRange,
    /// A lock that is held meanwhile, and that a handler of the same workflow takes, with the place where it does.
    pub lock: Option<(Name, Span)>,
}

/// How far out a lock is looked for that is held around a call.
const CALLERS: usize = 3;

const CONDITION: &str = "temporalio.workflow.all_handlers_finished";

/// The waits of workflow code for all handlers.
#[must_use]
pub fn handler_waits(reached: &ReachedCode<'_>) -> Vec<HandlerWait> {
    let graph = Graph::new(&reached.reach);
    let mut found = Vec::new();
    for (node, code) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in code.events.iter().filter(|event| waits_for_handlers(&graph, node, event)) {
            let held = event.block.map(|block| held_locks(&graph, node, block, CALLERS)).unwrap_or_default();
            let lock = held.into_iter().find_map(|lock| taken_by_handler(reached, &graph, node, lock));
            found.push(HandlerWait { node, range: event.range, lock });
        }
    }
    found
}

fn waits_for_handlers(graph: &Graph<'_, '_>, node: NodeId, event: &Event) -> bool {
    let EventKind::Call { callee, arguments, handed: false, .. } = &event.kind else { return false };
    if *callee != WAIT_CONDITION || !matches!(arguments.get(None, "timeout"), None | Some(Given::None)) {
        return false;
    }
    let module = graph.module(node);
    let Some(Expr::Call { arguments, .. }) = event.expr.map(|expr| module[expr]) else { return false };
    let Some(condition) = module.list(arguments).first() else { return false };
    asks_for_handlers(graph, node, condition.value)
}

/// Whether a condition holds only once all handlers have finished.
fn asks_for_handlers(graph: &Graph<'_, '_>, node: NodeId, condition: ExprId) -> bool {
    let evaluator = graph.reach.evaluator();
    let is_asked = |value: &crate::python::ValueId| match evaluator.get(*value) {
        Value::Outside(name) => *name == CONDITION,
        Value::Function(callable) => {
            let module = evaluator.project().module(callable.function.file);
            match module[callable.function.function].body {
                Body::Expression(value) => demands(graph, node, module, value),
                Body::Statements(_) => false,
            }
        }
        _ => false,
    };
    graph.value(condition, node).known.iter().any(is_asked)
}

fn demands(graph: &Graph<'_, '_>, node: NodeId, module: &Module, value: ExprId) -> bool {
    match module[value] {
        Expr::Call { callee, .. } => graph.outside_names(callee, node).iter().any(|name| *name == CONDITION),
        Expr::BoolOp { op: BoolOp::And, operands } => {
            module.list(operands).iter().any(|operand| demands(graph, node, module, *operand))
        }
        _ => false,
    }
}

/// The locks of the workflow that are held where a block runs, those of its callers among them.
fn held_locks(graph: &Graph<'_, '_>, node: NodeId, block: BlockId, callers: usize) -> Vec<Name> {
    let module = graph.module(node);
    let mut held: Vec<Name> = module
        .regions_around(block)
        .filter_map(|(_, region)| match region.kind {
            RegionKind::With(with) => Some(locks_of(module, with)),
            _ => None,
        })
        .flatten()
        .collect();
    if callers > 0 {
        for edge in graph.ways_into(node) {
            let around = edge.block.map(|block| held_locks(graph, edge.from, block, callers - 1));
            held.extend(around.into_iter().flatten());
        }
    }
    held
}

/// The attributes whose objects an `async with` enters: `async with self.lock`.
fn locks_of(module: &Module, with: WithId) -> Vec<Name> {
    if !module[with].is_async {
        return Vec::new();
    }
    let attribute = |item: &crate::semantic::WithItem| match module[item.manager] {
        Expr::Attribute { name, .. } => Some(name),
        _ => None,
    };
    module.list(module[with].items).iter().filter_map(attribute).collect()
}

/// Where a handler of the workflows that reach a node takes a lock.
fn taken_by_handler(
    reached: &ReachedCode<'_>,
    graph: &Graph<'_, '_>,
    node: NodeId,
    lock: Name,
) -> Option<(Name, Span)> {
    let workflows: Vec<Option<usize>> = reached.entries_of(node).map(|entry| entry.workflow).collect();
    for (taker, code) in reached.reach.nodes() {
        let module = graph.module(taker);
        for event in &code.events {
            let EventKind::With(statement) = event.kind else { continue };
            let Stmt::With(with) = module[statement] else { continue };
            if !locks_of(module, with).contains(&lock) {
                continue;
            }
            let by_handler = reached.entries_of(taker).any(|entry| {
                matches!(entry.role, Role::Signal | Role::Update)
                    && entry.workflow.is_some()
                    && workflows.contains(&entry.workflow)
            });
            if by_handler {
                let manager = module.list(module[with].items).first().map(|item| module.span(item.manager));
                return Some((lock, reached.reach.span(taker, manager.unwrap_or(event.range))));
            }
        }
    }
    None
}
