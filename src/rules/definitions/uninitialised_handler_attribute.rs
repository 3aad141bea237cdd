use crate::diagnostic::{Annotation, Confidence, Diagnostic, Unit};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::fact_of;
use crate::source::last_part;
use crate::temporal::{Context, State};

/// A handler that comes with the start of the workflow runs before the first line of `run`
/// (temporalio/worker/_workflow_instance.py, `activate`). The reads of one attribute are one finding.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let state = State::of(reached);
        for workflow in 0..context.analysis.definitions.workflows.len() {
            let mut findings = Vec::new();
            for unset in state.unset_reads(workflow) {
                let attribute = unset.read.attribute.to_string();
                let setter = last_part(&unset.setter).to_owned();
                let words =
                    vec![("handler", unset.handler), ("attribute", attribute.clone()), ("setter", setter.clone())];
                let confidence = match () {
                    () if unset.may_be_guarded => Confidence::Low,
                    () if unset.set_by_handler || unset.is_none => Confidence::Medium,
                    () => Confidence::High,
                };
                let is_none = unset.is_none.then_some(Fact::Nothing);
                let label = format!("only `{setter}` sets `self.{attribute}`");
                let finding = Finding {
                    range: unset.read.range,
                    words,
                    confidence: Some(confidence),
                    facts: is_none.into_iter().chain(fact_of(unset.role)).collect(),
                    secondary: vec![Annotation { span: unset.set, label }],
                    unit: Some(Unit { span: unset.set, place: "read", whole: "attribute" }),
                    ..Finding::default()
                };
                findings.push((unset.read.node, finding));
            }
            let is_wanted = |entry: &crate::temporal::EntryPoint| entry.workflow == Some(workflow);
            context.report_from(reached, Some(&is_wanted), findings, out);
        }
    }
}
