use crate::diagnostic::Diagnostic;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::repair::called;
use crate::temporal::uncalled;

/// A function is always true, and equal to nothing but itself.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for &file in &context.analysis.files {
        for found in uncalled(context.analysis, file) {
            let text = context.analysis.project.source(file).slice(found.span.range);
            let words = vec![("callee", text.split_whitespace().collect::<String>())];
            let finding = Finding {
                range: found.span.range,
                words,
                fix: found.is_plain.then(|| called(context.analysis, found.span)).flatten(),
                ..Finding::default()
            };
            context.report_plain(found.span, finding, out);
        }
    }
}
