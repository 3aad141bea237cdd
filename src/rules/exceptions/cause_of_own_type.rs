use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{CauseFault, idle_questions};

/// What comes over the wire is made into the SDK's own classes.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for &file in &context.analysis.files {
        for question in idle_questions(context.analysis, file) {
            let (facts, name) = match question.fault {
                CauseFault::OwnType(name) => (Vec::new(), Some(name)),
                CauseFault::OtherTimeout => (vec![Fact::Timeout], None),
                CauseFault::OtherCancellation => (vec![Fact::Cancellation], None),
                CauseFault::StatusText => (vec![Fact::Status], None),
            };
            let words = name.into_iter().map(|name| ("name", name)).collect();
            let finding = Finding { range: question.span.range, words, facts, ..Finding::default() };
            context.report_plain(question.span, finding, out);
        }
    }
}
