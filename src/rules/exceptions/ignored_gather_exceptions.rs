use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, DroppedResults, dropped_results};

/// With `return_exceptions=True` an exception is a result like others: who drops the results drops the failures.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for side in [Context::Workflow, Context::AsyncActivity] {
        for reached in context.analysis.context(side) {
            let lost = reached.lost_continuations();
            // That `continue_as_new` is among what is dropped says more.
            let is_told = |dropped: &DroppedResults| {
                lost.iter().any(|lost| lost.node == dropped.node && lost.range == dropped.range)
            };
            let found = dropped_results(reached).into_iter().filter(|dropped| !is_told(dropped));
            let findings = found.map(|dropped| {
                let is_entry = !reached.reach.node(dropped.node).roots.is_empty();
                let confidence = match () {
                    () if dropped.unlikely => Confidence::Low,
                    () if dropped.commands => Confidence::High,
                    // What code far from an activity waits for may be of no account.
                    () if side == Context::AsyncActivity && !is_entry => Confidence::Low,
                    () => Confidence::Medium,
                };
                let facts = dropped.by_helper.then_some(Fact::Called).into_iter().collect();
                let finding =
                    Finding { range: dropped.range, confidence: Some(confidence), facts, ..Finding::default() };
                (dropped.node, finding)
            });
            context.report_reached(reached, findings.collect(), out);
        }
    }
}
