//! Objects that the sandbox does not guard, though it guards their class.
//!
//! Knows: the sandbox wraps the names of modules and classes, and what a call of a class gives; what an operator, an attribute or
//! a method of such an object gives is a plain one (temporalio/worker/workflow_sandbox/_restrictions.py, `_RestrictedProxy`):
//! `Path(a).read_text()` is refused, `(Path(a) / b).read_text()` is not. Does not know: what is restricted.

use super::analysis::ReachedCode;
use super::definitions::Located;
use super::making::origin;
use crate::python::{Evaluator, Event, EventKind, NodeId, Place, Value};
use crate::semantic::{Expr, ExprId};
use crate::source::FileId;

/// Through how many names and functions an object is followed to where it comes from.
const HOPS: usize = 8;

/// Whether a method is called on an object that surely was given by another object, and not by a call of its class.
pub(crate) fn is_on_plain_object(reached: &ReachedCode<'_>, node: NodeId, event: &Event) -> bool {
    let (evaluator, place) = (reached.reach.evaluator(), reached.reach.place(node));
    let module = evaluator.project().module(place.file);
    let Some(Expr::Call { callee, .. }) = event.expr.map(|call| module[call]) else { return false };
    match module[callee] {
        Expr::Attribute { value, .. } => is_plain(evaluator, value, place, HOPS),
        _ => false,
    }
}

fn is_plain(evaluator: &Evaluator<'_>, expr: ExprId, place: Place, hops: usize) -> bool {
    let Some(hops) = hops.checked_sub(1) else { return false };
    let module = evaluator.project().module(place.file);
    let is_object = |owner: ExprId| {
        let owner = evaluator.value(owner, place).only();
        owner.is_some_and(|owner| matches!(evaluator.get(owner), Value::OutsideInstance { .. }))
    };
    match module[expr] {
        Expr::Binary { .. } => return true,
        Expr::Attribute { value, .. } if is_object(value) => return true,
        Expr::Call { callee, .. } => match module[callee] {
            Expr::Attribute { value, .. } if is_object(value) => return true,
            _ => {}
        },
        _ => {}
    }
    origin(evaluator, expr, place).is_some_and(|from: Located| is_plain(evaluator, from.expr, from.place(), hops))
}

/// Where the project's own class stands whose object is made, or whose inherited method is called.
pub(crate) fn file_of_own_class(reached: &ReachedCode<'_>, node: NodeId, event: &Event) -> Option<FileId> {
    let EventKind::Call { receiver, handed, .. } = event.kind else { return None };
    let (evaluator, place) = (reached.reach.evaluator(), reached.reach.place(node));
    match receiver {
        Some(receiver) => match evaluator.get(receiver) {
            Value::Instance(instance) => Some(instance.class.file),
            _ => None,
        },
        None if handed => {
            let module = evaluator.project().module(place.file);
            let Expr::Call { callee, .. } = module[module.call_at(event.range)?] else { return None };
            match evaluator.get(evaluator.value(callee, place).only()?) {
                Value::Class(class, _) => Some(class.file),
                _ => None,
            }
        }
        None => None,
    }
}
