use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::{entry_of, method_name};
use crate::temporal::{Context, EntryPoint, Role, handler_waits};

/// `workflow.all_handlers_finished()` counts the handlers that have begun and not ended, the asking one among them
/// (temporalio/worker/_workflow_instance.py, `workflow_all_handlers_finished`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let (mut in_handlers, mut under_locks) = (Vec::new(), Vec::new());
        for wait in handler_waits(reached) {
            if let Some(handler) = entry_of(reached, wait.node, &is_handler) {
                let words = vec![("handler", method_name(handler))];
                in_handlers.push((wait.node, Finding { range: wait.range, words, ..Finding::default() }));
            } else if let Some((lock, taken)) = wait.lock {
                let finding = Finding {
                    range: wait.range,
                    words: vec![("lock", lock.to_string())],
                    facts: vec![Fact::LockHeld],
                    secondary: vec![Annotation { span: taken, label: "a handler waits for it here".to_owned() }],
                    ..Finding::default()
                };
                under_locks.push((wait.node, finding));
            }
        }
        context.report_from(reached, Some(&is_handler), in_handlers, out);
        context.report_reached(reached, under_locks, out);
    }
}

fn is_handler(entry: &EntryPoint) -> bool {
    matches!(entry.role, Role::Signal | Role::Update)
}
