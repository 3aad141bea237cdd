use crate::diagnostic::Diagnostic;
use crate::project::EventKind;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::Context;

/// Strings and most objects hash by a seed that each process draws, so the order of a set that holds them differs from
/// worker to worker (`PYTHONHASHSEED`, Python's documentation of `object.__hash__`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in &node.events {
                if let EventKind::SetOrder { what } = event.kind {
                    let words = vec![("what", format!("{what} a set"))];
                    findings.push((id, Finding { range: event.range, words, ..Finding::default() }));
                }
            }
        }
        context.report_reached(reached, findings, out);
    }
}
