use crate::diagnostic::{Annotation, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::overlaps;

/// Two workers of one function, client and task queue that take the same kind of task.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for overlap in overlaps(context.analysis) {
        let finding = Finding {
            range: overlap.span.range,
            words: vec![("takes", overlap.takes.to_owned())],
            secondary: vec![Annotation { span: overlap.first, label: "this one does already".to_owned() }],
            ..Finding::default()
        };
        context.report_plain(overlap.span, finding, out);
    }
}
