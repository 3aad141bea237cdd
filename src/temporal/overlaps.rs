//! Workers of one process that would poll one task queue for the same kind of task.
//!
//! Knows: workers that one function makes with one client. Does not know: workers of other functions and processes, of which
//! one queue may well have several.

use crate::semantic::{Binding, BindingKind, Condition, Expr, ExprId, Module, RegionKind, Use, WithId};
use crate::source::Span;

use super::analysis::Analysis;
use super::lifetimes::conditions;
use super::routing::worker_queue;
use super::wiring::{Worker, WorkerKind};

/// Two workers that are one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// The later one.
    pub span: Span,
    /// The earlier one.
    pub first: Span,
    /// What both take: workflows or activities.
    pub takes: &'static str,
}

/// The workers that overlap with one that is made before them.
#[must_use]
pub fn overlaps(analysis: &Analysis<'_, '_>) -> Vec<Overlap> {
    let is_made = |worker: &&Worker| {
        worker.kind == WorkerKind::Worker && !worker.is_expected_to_fail && worker.function.is_some()
    };
    let workers: Vec<&Worker> = analysis.definitions.worker_calls().filter(is_made).collect();
    let mut found = Vec::new();
    for (position, second) in workers.iter().enumerate() {
        let first = workers[..position].iter().find_map(|first| Some((first, overlap(analysis, first, second)?)));
        found.extend(first.map(|(first, takes)| Overlap { span: second.span, first: first.span, takes }));
    }
    found
}

fn overlap(analysis: &Analysis<'_, '_>, first: &Worker, second: &Worker) -> Option<&'static str> {
    let module = analysis.project.module(first.span.file);
    let is_together = first.function == second.function
        && worker_queue(analysis, first).is(worker_queue(analysis, second))
        && is_same(module, first.client_expr()?, second.client_expr()?)
        && comes_by(module, first, second)
        && !may_have_ended(module, first, second);
    if !is_together {
        return None;
    }
    let both = |list: fn(&Worker) -> &super::lists::Listed| {
        [first, second].iter().all(|worker| list(worker).items.iter().any(|item| item.is_sure))
    };
    match (both(|worker| &worker.workflows), both(|worker| &worker.activities)) {
        (true, _) => Some("workflows"),
        (_, true) => Some("activities"),
        _ => None,
    }
}

/// Whether two expressions surely are the same object: a name that one place binds, or an attribute of such.
fn is_same(module: &Module, one: ExprId, other: ExprId) -> bool {
    match (module[one], module[other]) {
        (Expr::Name { name, block, .. }, Expr::Name { name: again, block: there, .. }) => {
            let (one, other) = (module.variable_read(name, block), module.variable_read(again, there));
            one == other && one.is_some_and(|variable| module[variable].bindings.len() == 1)
        }
        (Expr::Attribute { value, name }, Expr::Attribute { value: other, name: again }) => {
            name == again && is_same(module, value, other)
        }
        _ => false,
    }
}

/// Whether control that makes the second worker has made the first one.
fn comes_by(module: &Module, first: &Worker, second: &Worker) -> bool {
    let block = |worker: &Worker| module.block_of_call(worker.call.expr);
    let (Some(one), Some(other)) = (block(first), block(second)) else { return false };
    let later: Vec<Condition> = conditions(module, other);
    conditions(module, one).iter().all(|condition| later.contains(condition))
}

/// Whether the first worker may have ended by then: its block is left, its call has come back, or it goes where something
/// else may end it.
fn may_have_ended(module: &Module, first: &Worker, second: &Worker) -> bool {
    let uses = |expr: ExprId| module.uses().use_of(expr);
    let mut reads = vec![first.call.expr];
    if let Use::Bound(_) = uses(first.call.expr) {
        let is_it =
            |binding: &&Binding| matches!(binding.kind, BindingKind::Assign { value, .. } if value == first.call.expr);
        let Some(variable) = module.all_bindings().iter().find(is_it).map(|found| found.variable) else { return true };
        let [binding] = module[variable].bindings.as_slice() else { return true };
        reads = module.reads_of(*binding).collect();
    }
    let can_cancel = cancels(module, first);
    !reads.into_iter().all(|read| match uses(read) {
        Use::Managed(with) => !has_left(module, with, second),
        Use::Item(_) | Use::Discarded(_) => true,
        Use::AttributeOf(_, name) if name == "task_queue" => true,
        Use::AttributeOf(attribute, name) if name == "run" => match uses(attribute) {
            // Awaited on the spot, it comes back when it has ended; what others run may be cancelled.
            Use::Called(run) => !matches!(uses(run), Use::Awaited(_)) && !can_cancel,
            _ => false,
        },
        _ => false,
    })
}

/// Whether the function of a worker cancels anything.
fn cancels(module: &Module, worker: &Worker) -> bool {
    let function = worker.function.map(|function| function.function);
    module.calls().iter().any(|call| {
        let Expr::Call { callee, .. } = module[*call] else { return false };
        matches!(module[callee], Expr::Attribute { name, .. } if name == "cancel")
            && module.block_of_call(*call).is_some_and(|block| module[block].function == function)
    })
}

fn has_left(module: &Module, with: WithId, second: &Worker) -> bool {
    let Some(block) = module.block_of_call(second.call.expr) else { return true };
    let is_inside = module.regions_around(block).any(|(_, region)| region.kind == RegionKind::With(with));
    let end = module.statement_span(module[with].statement).end();
    !is_inside && end <= module.span(second.call.expr).start()
}
