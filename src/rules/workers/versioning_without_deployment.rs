use crate::diagnostic::{Annotation, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::unversioned;

/// A workflow that says how it is versioned, while no worker that runs it has a version.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for unversioned in unversioned(context.analysis) {
        let worker =
            Annotation { span: unversioned.worker, label: "this worker has no versioned deployment".to_owned() };
        let finding = Finding {
            range: unversioned.behavior.range,
            words: vec![("workflow", unversioned.workflow)],
            secondary: vec![worker],
            ..Finding::default()
        };
        context.report_plain(unversioned.behavior, finding, out);
    }
}
