use crate::diagnostic::Diagnostic;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, LoopKind, State};

/// Each sleep is a timer: two events in the history, and a workflow task.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let loops = State::of(reached).waiting_loops();
        let findings = loops.iter().filter(|found| found.kind == LoopKind::Polls).map(|found| {
            let attribute = found.attribute.map(|attribute| attribute.to_string()).unwrap_or_default();
            let words = vec![("attribute", attribute)];
            (found.node, Finding { range: found.range, words, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
