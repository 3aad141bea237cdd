use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, late_imports};

/// What a workflow imports while it runs is loaded in the middle of a workflow task.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let mut findings = Vec::new();
        for import in late_imports(context.analysis, reached) {
            let facts: Vec<Fact> = import.block.map(|_| Fact::PassedThrough).into_iter().collect();
            for range in import.block.into_iter().chain([import.range]) {
                let words = vec![("module", import.module.clone())];
                findings.push((import.node, Finding { range, words, facts: facts.clone(), ..Finding::default() }));
            }
        }
        context.report_reached(reached, findings, out);
    }
}
