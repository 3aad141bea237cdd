//! Errors that are the SDK's to raise, raised by code, and tasks that workflow code cancels to stop itself.
//!
//! Knows: `raise` of such a class or an object of one, `current_task().cancel()`, `cancel()` on all tasks. Does not know: which
//! of it is a finding. What was caught and is raised again is not raised by hand, nor is a cancellation in a handler.

use super::classes::{CANCELLED, Kinds, SDK_CANCELLED};
use super::code::{Graph, bindings_of, each_statement, expressions};
use crate::python::{EventKind, NodeId, Value};
use crate::semantic::{BindingKind, BlockId, Expr, ExprId, Module, RegionKind, Stmt, StmtId};
use crate::source::TextRange;
use crate::temporal::analysis::{Context, ReachedCode};

/// What is done by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByHand {
    /// The failure of a command is raised: it asks for arguments that only the SDK has.
    Failure(String),
    /// `ContinueAsNewError` is raised.
    Continue,
    /// A cancellation is raised.
    Cancelled(String),
    /// A task of the workflow's own is cancelled.
    Cancel,
}

/// Something that code does in place of the SDK.
#[derive(Debug, Clone)]
pub struct DoneByHand {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// The statement or call.
    pub range: TextRange,
    /// What.
    pub what: ByHand,
    /// Only a wrong annotation leads here.
    pub unlikely: bool,
}

/// What reached code does in place of the SDK.
#[must_use]
pub fn done_by_hand(reached: &ReachedCode<'_>) -> Vec<DoneByHand> {
    let graph = Graph::new(&reached.reach);
    let is_workflow = reached.context == Context::Workflow;
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let what = match event.kind {
                EventKind::Raise(statement) => raised(&graph, id, statement, event.block, is_workflow),
                _ => None,
            };
            let make = |what| DoneByHand { node: id, range: event.range, what, unlikely: event.unlikely };
            found.extend(what.map(make));
        }
        if is_workflow {
            let module = graph.module(id);
            let calls = expressions(module, graph.body(id), |expr| matches!(expr, Expr::Call { .. }));
            let cancels = calls.into_iter().filter(|(_, call)| cancels_itself(&graph, id, *call));
            found.extend(cancels.map(|(_, call)| DoneByHand {
                node: id,
                range: module.span(call),
                what: ByHand::Cancel,
                unlikely: false,
            }));
        }
    }
    found
}

fn raised(
    graph: &Graph<'_, '_>,
    node: NodeId,
    statement: StmtId,
    block: Option<BlockId>,
    is_workflow: bool,
) -> Option<ByHand> {
    let module = graph.module(node);
    let Stmt::Raise { exception: Some(exception), .. } = module[statement] else { return None };
    let is_caught = |binding: &crate::semantic::BindingId| matches!(module[*binding].kind, BindingKind::Except { .. });
    if bindings_of(module, exception).iter().any(is_caught) {
        return None;
    }
    let evaluator = graph.reach.evaluator();
    let name = match evaluator.get(graph.value(exception, node).only()?) {
        Value::OutsideInstance { class, .. } => *class,
        Value::Outside(name) => *name,
        _ => return None,
    };
    let name = evaluator.world().canonical(name);
    let last = || name.last_part().to_owned();
    match name.as_str() {
        name if FAILURES.contains(&name) && is_made_here(module, exception) => Some(ByHand::Failure(last())),
        "temporalio.workflow.ContinueAsNewError" => Some(ByHand::Continue),
        CANCELLED | SDK_CANCELLED
            if is_workflow && !is_in_handler(module, block?) && !handles_cancellation(graph, node) =>
        {
            Some(ByHand::Cancelled(last()))
        }
        _ => None,
    }
}

/// Failures of commands, which the SDK makes.
const FAILURES: &[&str] = &[
    "temporalio.exceptions.ActivityError",
    "temporalio.exceptions.ChildWorkflowError",
    "temporalio.exceptions.NexusOperationError",
    "temporalio.exceptions.TimeoutError",
    "temporalio.exceptions.ServerError",
];

/// `raise Class(…)` or `raise Class`, not `raise self.error`.
fn is_made_here(module: &Module, exception: ExprId) -> bool {
    match module[exception] {
        Expr::Call { .. } => true,
        Expr::Name { .. } => bindings_of(module, exception)
            .iter()
            .all(|binding| matches!(module[*binding].kind, BindingKind::ImportFrom { .. })),
        _ => false,
    }
}

/// Whether code that runs with this one handles cancellations: what is raised may be one that it has seen.
fn handles_cancellation(graph: &Graph<'_, '_>, node: NodeId) -> bool {
    let roots = graph.reach.roots_of(node);
    let runs_with = |other: &NodeId| graph.reach.roots_of(*other).iter().any(|root| roots.contains(root));
    graph
        .reach
        .nodes()
        .filter(|(_, other)| !other.at_import)
        .map(|(id, _)| id)
        .any(|other| sees_cancellation(graph, other) && runs_with(&other))
}

/// Whether a piece of code has a handler for cancellations, or asks whether an error is one.
fn sees_cancellation(graph: &Graph<'_, '_>, node: NodeId) -> bool {
    let module = graph.module(node);
    let (evaluator, place) = (graph.reach.evaluator(), graph.place(node));
    let is_one = |class: ExprId| {
        let kinds = Kinds::of(evaluator, Some(class), place);
        kinds.names(evaluator, CANCELLED) || kinds.names(evaluator, SDK_CANCELLED)
    };
    let body = graph.body(node);
    let mut sees = false;
    each_statement(module, body, &mut |statement| {
        if let Stmt::Try(tried) = module[statement] {
            sees |= module.list(module[tried].handlers).iter().filter_map(|handler| handler.kind).any(is_one);
        }
    });
    sees || expressions(module, body, |expr| matches!(expr, Expr::Call { .. })).iter().any(|(_, call)| {
        let Expr::Call { callee, arguments } = module[*call] else { return false };
        let (Expr::Name { name, .. } | Expr::Attribute { name, .. }) = module[callee] else { return false };
        match module.list(arguments) {
            [_, class] if name == "isinstance" => is_one(class.value),
            _ => name == "is_cancelled_exception",
        }
    })
}

fn is_in_handler(module: &Module, block: BlockId) -> bool {
    module.regions_around(block).any(|(_, region)| matches!(region.kind, RegionKind::Handler(..)))
}

/// Whether a call cancels the task that runs it, or all there are: `asyncio.current_task().cancel()`.
fn cancels_itself(graph: &Graph<'_, '_>, node: NodeId, call: ExprId) -> bool {
    let module = graph.module(node);
    let Expr::Call { callee, .. } = module[call] else { return false };
    let Expr::Attribute { value, name } = module[callee] else { return false };
    name == "cancel" && is_own_task(graph, node, value, 3)
}

fn is_own_task(graph: &Graph<'_, '_>, node: NodeId, task: ExprId, depth: usize) -> bool {
    let module = graph.module(node);
    let is_call_of = |expr: ExprId, wanted: &str| {
        let Expr::Call { callee, .. } = module[expr] else { return false };
        graph.outside_names(callee, node).iter().any(|name| *name == wanted)
    };
    match module[task] {
        Expr::Call { .. } => is_call_of(task, "asyncio.current_task"),
        Expr::Name { .. } if depth > 0 => bindings_of(module, task).iter().any(|binding| match module[*binding].kind {
            BindingKind::Assign { value, path, .. } => path.is_empty() && is_own_task(graph, node, value, depth - 1),
            BindingKind::Loop { iterable, .. } => is_call_of(iterable, "asyncio.all_tasks"),
            _ => false,
        }),
        _ => false,
    }
}
