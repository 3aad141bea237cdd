use crate::diagnostic::Diagnostic;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, finally_exits};

/// Cancellation and continue-as-new are exceptions on their way to the SDK: what leaves a `finally` by a jump drops them
/// (Python's reference of the `try` statement).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = finally_exits(&reached.reach).into_iter().map(|exit| {
            let words = vec![("word", exit.word.to_owned())];
            (exit.node, Finding { range: exit.range, words, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
