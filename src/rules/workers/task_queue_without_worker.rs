use crate::diagnostic::{Annotation, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::unserved;

/// A task queue that is named and served by no worker, where that of a worker has nearly the same name.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for unserved in unserved(context.analysis) {
        let finding = Finding {
            range: unserved.span.range,
            words: vec![("queue", unserved.queue.to_owned()), ("use", unserved.alike.to_owned())],
            secondary: vec![Annotation { span: unserved.worker, label: format!("polls `{}`", unserved.alike) }],
            ..Finding::default()
        };
        context.report_plain(unserved.span, finding, out);
    }
}
