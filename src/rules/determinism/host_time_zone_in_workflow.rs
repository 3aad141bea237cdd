use crate::diagnostic::Diagnostic;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::weighing;
use crate::temporal::{Context, naive_timestamps, use_at};

/// `.timestamp()` of a naive `datetime` takes it for local time (Python's documentation of `datetime.timestamp`). Only
/// what is visibly made without a time zone is reported.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = naive_timestamps(reached).into_iter().map(|(node, range)| {
            let words = vec![
                ("callee", "datetime.timestamp".to_owned()),
                ("use", "`.replace(tzinfo=timezone.utc).timestamp()`".to_owned()),
            ];
            let facts = weighing::fact_of_use(use_at(&reached.reach, node, range)).into_iter().collect();
            (node, Finding { range, words, facts, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
