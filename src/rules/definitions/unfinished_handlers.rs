use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, EntryPoint, State, unfinished_ends};

/// Handlers that are at work when `run` ends are cut off, which the SDK warns of (temporalio/worker/_workflow_instance.py,
/// `_warn_if_unfinished_handlers`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let state = State::of(reached);
        for workflow in 0..context.analysis.definitions.workflows.len() {
            let findings = unfinished_ends(reached, &state, workflow).into_iter().map(|end| {
                let handler = end.handlers.first().map(|(name, _)| name.clone()).unwrap_or_default();
                let annotation = |(name, span): (String, crate::source::Span)| Annotation {
                    span,
                    label: format!("`{name}` waits, and may be at work"),
                };
                let finding = Finding {
                    range: end.range,
                    words: vec![("handler", handler)],
                    confidence: Some(Confidence::Medium),
                    facts: end.continues.then_some(Fact::ContinueAsNew).into_iter().collect(),
                    secondary: end.handlers.into_iter().map(annotation).collect(),
                    ..Finding::default()
                };
                (end.node, finding)
            });
            let is_wanted = |entry: &EntryPoint| entry.workflow == Some(workflow);
            context.report_from(reached, Some(&is_wanted), findings.collect(), out);
        }
    }
}
