use crate::diagnostic::{Annotation, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::untyped_results;

/// A name says nothing of the type that is returned, and the converter makes of JSON what JSON says.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for result in untyped_results(context.analysis) {
        let place = Span { file: result.span.file, range: result.place };
        let finding = Finding {
            range: result.span.range,
            words: vec![("call", result.call.to_owned()), ("name", result.read.as_str().to_owned())],
            facts: context.facts_of_raising(result.at),
            secondary: vec![Annotation { span: place, label: "used as an object".to_owned() }],
            ..Finding::default()
        };
        context.report_plain(result.span, finding, out);
    }
}
