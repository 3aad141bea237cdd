use crate::diagnostic::{Confidence, Diagnostic, Unit};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{ByHand, Context, done_by_hand};

/// Failures of commands, continue-as-new and cancellation are the SDK's to raise.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for side in [Context::Workflow, Context::AsyncActivity, Context::SyncActivity] {
        for reached in context.analysis.context(side) {
            let findings = done_by_hand(reached).into_iter().map(|done| {
                let (facts, name) = match done.what {
                    ByHand::Failure(name) => (Vec::new(), Some(name)),
                    ByHand::Continue => (vec![Fact::Continuation], None),
                    ByHand::Cancelled(name) => (vec![Fact::Cancellation], Some(name)),
                    ByHand::Cancel => (vec![Fact::Cancel], None),
                };
                // Each says something else.
                let span = reached.reach.span(done.node, done.range);
                let finding = Finding {
                    range: done.range,
                    unit: Some(Unit { span, place: "place", whole: "statement" }),
                    words: name.into_iter().map(|name| ("exception", name)).collect(),
                    facts,
                    confidence: done.unlikely.then_some(Confidence::Low),
                    ..Finding::default()
                };
                (done.node, finding)
            });
            context.report_reached(reached, findings.collect(), out);
        }
    }
}
