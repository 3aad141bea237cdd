//! Tasks and handles that nobody asks for.
//!
//! Knows: what starts a coroutine or an activity beside the code at hand, and whether its result is dropped, kept under a
//! name that is never read, or in an attribute that its file never reads. Does not know: what the task does.

use super::analysis::ReachedCode;
use super::awaiting::await_kind;
use crate::python::{EventKind, NodeId};
use crate::registry::schema::AwaitKind;
use crate::semantic::{Expr, ExprId, Module, Name, Stmt, Use};
use crate::source::TextRange;

/// A task or handle that nobody asks for.
#[derive(Debug)]
pub struct LostTask {
    /// The code.
    pub node: NodeId,
    /// What starts it.
    pub callee: Name,
    /// The call.
    pub range: TextRange,
    /// The attribute that it is kept in, and that nothing reads.
    pub kept_in: Option<Name>,
    /// Whether only a wrong annotation leads there.
    pub unlikely: bool,
}

/// What of the SDK starts something beside the code at hand; callables that start tasks do too.
const STARTS: &[&str] = &[
    "temporalio.workflow.start_activity",
    "temporalio.workflow.start_activity_class",
    "temporalio.workflow.start_activity_method",
    "temporalio.workflow.start_local_activity",
    "temporalio.workflow.start_local_activity_class",
    "temporalio.workflow.start_local_activity_method",
];

/// The tasks and handles of reached code that nobody asks for.
#[must_use]
pub fn lost_tasks(reached: &ReachedCode<'_>) -> Vec<LostTask> {
    let mut found = Vec::new();
    for (node, code) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        let module = reached.reach.evaluator().project().module(code.code.file());
        for event in &code.events {
            let EventKind::Call { callee, handed: false, awaited: false, unused, .. } = event.kind else { continue };
            if !STARTS.contains(&callee.as_str()) && await_kind(callee) != Some(AwaitKind::Starts) {
                continue;
            }
            let kept_in = event.expr.and_then(|call| unread_attribute(module, call));
            if unused || kept_in.is_some() {
                found.push(LostTask { node, callee, range: event.range, kept_in, unlikely: event.unlikely });
            }
        }
    }
    found
}

/// The attribute that a call's result is kept in, where the file reads none of that name.
fn unread_attribute(module: &Module, call: ExprId) -> Option<Name> {
    let Use::Bound(statement) = module.uses().use_of(call) else { return None };
    let Stmt::Assign { targets, .. } = module[statement] else { return None };
    let [target] = module.list(targets) else { return None };
    let Expr::Attribute { name, .. } = module[*target] else { return None };
    let is_read = |expr: ExprId| {
        matches!(module[expr], Expr::Attribute { name: read, .. } if read == name)
            && !matches!(module.uses().use_of(expr), Use::Target(_) | Use::Deleted(_))
    };
    (!module.expression_ids().any(is_read)).then_some(name)
}
