use crate::diagnostic::{Confidence, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::source::last_part;
use crate::temporal::{Context, signal_failures};

/// Whoever sends a signal hears nothing of it: a failure in its handler is the workflow's.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = signal_failures(context.analysis, reached).into_iter().map(|failure| {
            let handler = last_part(&failure.handler).to_owned();
            let finding = Finding {
                range: failure.range,
                words: vec![("exception", failure.class), ("handler", handler)],
                confidence: failure.unlikely.then_some(Confidence::Low),
                ..Finding::default()
            };
            (failure.node, finding)
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
