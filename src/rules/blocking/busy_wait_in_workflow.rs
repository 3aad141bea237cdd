use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, LoopKind, State};

/// A workflow's code runs until it waits; only then do signals, timers and results come in, and only then does
/// `workflow.now()` move (temporalio/worker/_workflow_instance.py, `_run_once`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let loops = State::of(reached).waiting_loops();
        let findings = loops.iter().filter(|found| found.kind == LoopKind::Spins).map(|found| {
            let (words, facts) = match found.attribute {
                Some(attribute) => (vec![("attribute", attribute.to_string())], Vec::new()),
                None => (Vec::new(), vec![Fact::Clock]),
            };
            (found.node, Finding { range: found.range, words, facts, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
