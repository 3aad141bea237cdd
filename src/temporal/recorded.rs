//! What the history of a workflow holds, so that a replay has the same.
//!
//! Knows: parameters of what the server calls, and the results of what workflow code starts, under a name and in parts. Does
//! not know: what is computed from them.

use super::analysis::ReachedCode;
use super::code::bindings_of;
use crate::python::{Event, NodeId};
use crate::semantic::{BindingKind, Expr, ExprId};

/// Through how many names a value is followed.
const DEPTH: usize = 4;

/// Whether the first argument of a call in reached workflow code surely is what the history holds, or a part of it.
#[must_use]
pub fn is_recorded_text(reached: &ReachedCode<'_>, node: NodeId, call: &Event) -> bool {
    let module = reached.reach.evaluator().project().module(reached.reach.place(node).file);
    let Some(Expr::Call { arguments, .. }) = call.expr.map(|call| module[call]) else { return false };
    module.list(arguments).first().is_some_and(|first| follow(reached, node, first.value, DEPTH))
}

fn follow(reached: &ReachedCode<'_>, node: NodeId, expr: ExprId, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let evaluator = reached.reach.evaluator();
    let place = reached.reach.place(node);
    let module = evaluator.project().module(place.file);
    match module[expr] {
        Expr::Name { .. } => {
            let bindings = bindings_of(module, expr);
            !bindings.is_empty()
                && bindings.iter().all(|binding| match module[*binding].kind {
                    // The first one is the workflow's own object.
                    BindingKind::Parameter { index } => index > 0 && !reached.reach.node(node).roots.is_empty(),
                    BindingKind::Assign { value, .. } => follow(reached, node, value, depth),
                    _ => false,
                })
        }
        Expr::Attribute { value, .. } | Expr::Subscript { value, .. } => follow(reached, node, value, depth),
        Expr::Await(call) => match module[call] {
            Expr::Call { callee, .. } => {
                let callees = evaluator.value(callee, place);
                let name = callees.only().and_then(|callee| evaluator.outside_name(callee));
                name.is_some_and(|name| name.as_str().starts_with("temporalio.workflow.execute_"))
            }
            _ => false,
        },
        _ => false,
    }
}
