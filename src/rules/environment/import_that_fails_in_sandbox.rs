use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Raises, restricted_bases};

/// A class that cannot even be defined where the sandbox loads it: its base is a stand-in that refuses.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    report(context, Raises::AtImport, out);
}

/// A class of which no object can be made where the sandbox loads it.
pub(crate) fn of_subclasses(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    report(context, Raises::InUse, out);
}

fn report(context: &RuleContext<'_, '_, '_>, raises: Raises, out: &mut Vec<Diagnostic>) {
    for class in restricted_bases(context.analysis).into_iter().filter(|class| class.raises == raises) {
        let base = Annotation {
            span: crate::source::Span { file: class.span.file, range: class.base_range },
            label: "a stand-in of the sandbox".to_owned(),
        };
        let words = vec![("class", class.class), ("base", class.base.to_string())];
        // A worker that does not start shows it at once: where it may as well start, it most often does.
        let confidence = (!class.is_sure).then_some(Confidence::Low);
        let finding =
            Finding { range: class.span.range, words, confidence, secondary: vec![base], ..Finding::default() };
        context.report_loaded(class.span, finding, out);
    }
}
