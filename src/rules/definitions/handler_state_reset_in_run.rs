use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{AccessKind, Assigned, Context, State};

/// What a handler that came with the start has changed by then is gone when `run` begins with its own idea of it
/// (temporalio/worker/_workflow_instance.py, `activate`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let state = State::of(reached);
        for workflow in 0..context.analysis.definitions.workflows.len() {
            let mut findings = Vec::new();
            for reset in state.resets(workflow) {
                let attribute = reset.set.attribute.to_string();
                let confidence = match reset.set.kind {
                    AccessKind::Set(Assigned::None | Assigned::Empty) => Confidence::High,
                    _ => Confidence::Medium,
                };
                let is_input = reset.set.kind == AccessKind::Set(Assigned::Parameter);
                let label = format!("`{}` changes `self.{attribute}`", reset.handler);
                let span = reached.reach.span(reset.by.node, reset.by.range);
                let finding = Finding {
                    range: reset.set.range,
                    words: vec![("handler", reset.handler), ("attribute", attribute)],
                    confidence: Some(confidence),
                    facts: is_input.then_some(Fact::Parameter).into_iter().collect(),
                    secondary: vec![Annotation { span, label }],
                    ..Finding::default()
                };
                findings.push((reset.set.node, finding));
            }
            let is_wanted = |entry: &crate::temporal::EntryPoint| entry.workflow == Some(workflow);
            context.report_from(reached, Some(&is_wanted), findings, out);
        }
    }
}
