use rustc_hash::FxHashSet;

use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::{Context, LostTask, NodeId, ReachedCode, lost_children, lost_tasks};

/// Whoever awaits a task sees what it raises; where nobody does, nobody sees it, and what is still at work when the
/// workflow or activity ends is dropped.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let children: FxHashSet<Span> = lost_children(context.analysis).into_iter().map(|child| child.span).collect();
    for side in [Context::Workflow, Context::AsyncActivity] {
        for reached in context.analysis.context(side) {
            // A task that loses a `continue_as_new` or a child workflow is reported as that.
            let told = reached.lost_continuations();
            let is_told = |task: &LostTask| {
                told.iter().any(|lost| lost.node == task.node && lost.range == task.range)
                    || children.contains(&reached.reach.span(task.node, task.range))
            };
            let tasks = lost_tasks(reached).into_iter().filter(|task| !is_told(task));
            let findings = tasks.map(|task| {
                let name = task.callee.as_str();
                let is_activity = name.starts_with("temporalio.");
                let words = vec![("callee", name.strip_prefix("temporalio.").unwrap_or(name).to_owned())];
                let facts = match side {
                    Context::AsyncActivity => vec![Fact::Activity],
                    _ if is_activity => vec![Fact::Handle],
                    _ => Vec::new(),
                };
                let confidence = match side {
                    _ if task.unlikely => Confidence::Low,
                    // Far from the activity it is a library's own business.
                    Context::AsyncActivity if !stands_by_activity(reached, task.node) => Confidence::Low,
                    _ => Confidence::Medium,
                };
                let finding =
                    Finding { range: task.range, words, facts, confidence: Some(confidence), ..Finding::default() };
                (task.node, finding)
            });
            context.report_reached(reached, findings.collect(), out);
        }
    }
}

fn stands_by_activity(reached: &ReachedCode<'_>, node: NodeId) -> bool {
    let file = reached.reach.node(node).code.file();
    reached.entries_of(node).any(|entry| entry.span.file == file)
}
