//! Tasks and handles that nobody asks for.
//!
//! Knows: what starts a coroutine or an activity beside the code at hand, and whether its result is dropped, kept under a
//! name that is never read, or in an attribute or a collection that its file never reads. Does not know: what the task does.

use super::analysis::ReachedCode;
use super::awaiting::await_kind;
use super::collected::{is_call_of, list_with};
use super::fates::is_kept_unread;
use crate::python::{EventKind, NodeId, Project};
use crate::registry::schema::AwaitKind;
use crate::semantic::{Expr, ExprId, Module, Name, ScopeKind, Stmt, Use};
use crate::source::TextRange;

/// A task or handle that nobody asks for.
#[derive(Debug)]
pub struct LostTask {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// What starts it.
    pub callee: Name,
    /// Where the call stands.
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
        let project = reached.reach.evaluator().project();
        let module = project.module(code.code.file());
        for event in &code.events {
            let EventKind::Call { callee, handed: false, awaited: false, unused, .. } = event.kind else { continue };
            if !STARTS.contains(&callee.as_str()) && await_kind(callee) != Some(AwaitKind::Starts) {
                continue;
            }
            let kept_in = event.expr.and_then(|call| unread_attribute(module, call));
            let is_collected = || {
                STARTS.contains(&callee.as_str())
                    && event.expr.is_some_and(|call| is_collected_unasked(project, module, call))
            };
            if unused || kept_in.is_some() || is_collected() {
                found.push(LostTask { node, callee, range: event.range, kept_in, unlikely: event.unlikely });
            }
        }
    }
    found
}

/// Whether a handle is put into a list or dict of which nobody takes it: one that is only filled and counted.
fn is_collected_unasked(project: &Project<'_>, module: &Module, call: ExprId) -> bool {
    if is_kept_unread(module, call) || is_in_unread_attribute(project, module, call) {
        return true;
    }
    let Some((list, _)) = list_with(module, call) else { return false };
    let is_local = matches!(module[module[module[list].variable].scope].kind, ScopeKind::Function(_));
    is_local && module.reads_of(list).all(|read| only_fills_or_counts(module, read))
}

/// `self.started.append(handle)`, `self.started[key] = handle`, of an attribute that the files in sight only fill and count.
fn is_in_unread_attribute(project: &Project<'_>, module: &Module, call: ExprId) -> bool {
    let kept_in = match module.uses().use_of(call) {
        Use::Argument { call: put, .. } => match module[put] {
            Expr::Call { callee, .. } => match module[callee] {
                Expr::Attribute { value, name } if name == "append" || name == "add" => Some(value),
                _ => None,
            },
            _ => None,
        },
        Use::Bound(statement) => match module[statement] {
            Stmt::Assign { targets, .. } => match module.list(targets) {
                [target] => match module[*target] {
                    Expr::Subscript { value, .. } => Some(value),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let Some(Expr::Attribute { name, .. }) = kept_in.map(|kept_in| module[kept_in]) else { return false };
    project.built().into_iter().filter(|file| project.may_name(*file, name)).all(|file| {
        let module = project.module(file);
        let mut reads = module.expression_ids().filter(|expr| {
            matches!(module[*expr], Expr::Attribute { name: read, .. } if read == name)
                && !matches!(module.uses().use_of(*expr), Use::Target(_) | Use::Deleted(_))
        });
        reads.all(|read| only_fills_or_counts(module, read))
    })
}

/// Whether a read of a collection gives none of what is in it.
fn only_fills_or_counts(module: &Module, read: ExprId) -> bool {
    match module.uses().use_of(read) {
        Use::AttributeOf(method, name) => {
            let is_statement = |call: ExprId| matches!(module.uses().use_of(call), Use::Discarded(_));
            let fills = FILLS.contains(&name.as_str());
            fills && matches!(module.uses().use_of(method), Use::Called(call) if is_statement(call))
        }
        Use::ItemOf(item) => matches!(module.uses().use_of(item), Use::Target(_)),
        Use::Argument { call, .. } => is_call_of(module, call, "len"),
        Use::IfTest(_) => true,
        _ => false,
    }
}

/// Methods that put something into a collection.
const FILLS: &[&str] = &["add", "append"];

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
