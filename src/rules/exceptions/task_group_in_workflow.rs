use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, failing_groups};

/// A task group raises `ExceptionGroup`, in which the SDK does not look for failures (sdk-python issue 1020); a cancelled
/// activity in it raises as well, so that the workflow cannot be cancelled either.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let groups = failing_groups(context.analysis, reached, &|edge| context.is_held_back(&reached.reach, edge));
        let findings = groups.into_iter().map(|group| {
            let confidence = match () {
                () if group.unlikely => Confidence::Low,
                () if group.doubtful => Confidence::Medium,
                () => Confidence::High,
            };
            let here = reached.reach.span(group.node, group.range).file;
            let source = Annotation { span: group.source, label: "fails in the group".to_owned() };
            let finding = Finding {
                range: group.range,
                words: vec![("call", group.call)],
                confidence: Some(confidence),
                secondary: Some(source).into_iter().filter(|place| place.span.file == here).collect(),
                ..Finding::default()
            };
            (group.node, finding)
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
