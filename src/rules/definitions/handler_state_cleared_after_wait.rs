use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, State};

/// Handlers run whenever the workflow waits, also while it waits for something else: what they set then is gone where it is
/// cleared afterwards (temporalio/worker/_workflow_instance.py, `activate`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let state = State::of(reached);
        for workflow in 0..context.analysis.definitions.workflows.len() {
            let findings = state.cleared_before_waits(workflow).into_iter().map(|cleared| {
                let attribute = cleared.clear.attribute.to_string();
                let awaited = Annotation {
                    span: reached.reach.span(cleared.clear.node, cleared.awaited),
                    label: format!("`{}` may run while this waits", cleared.handler),
                };
                let by = Annotation {
                    span: reached.reach.span(cleared.by.node, cleared.by.range),
                    label: format!("`{}` changes `self.{attribute}`", cleared.handler),
                };
                let finding = Finding {
                    range: cleared.clear.range,
                    words: vec![("handler", cleared.handler), ("attribute", attribute)],
                    confidence: Some(Confidence::Medium),
                    secondary: vec![awaited, by],
                    ..Finding::default()
                };
                (cleared.clear.node, finding)
            });
            let is_wanted = |entry: &crate::temporal::EntryPoint| entry.workflow == Some(workflow);
            context.report_from(reached, Some(&is_wanted), findings.collect(), out);
        }
    }
}
