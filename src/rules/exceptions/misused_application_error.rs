use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{ErrorFault, faulty_errors};

/// `ApplicationError(message, *details, type=…, non_retryable=…, next_retry_delay=…)`.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for faulty in faulty_errors(context.analysis) {
        let (facts, name) = match faulty.fault {
            ErrorFault::TypeByPosition(name) => (Vec::new(), Some(name.to_owned())),
            ErrorFault::FlagByPosition => (vec![Fact::Flag], None),
            ErrorFault::DelayWithoutRetry => (vec![Fact::Delay], None),
            ErrorFault::NoType(name) => (vec![Fact::OwnClass], Some(name)),
        };
        let class = faulty.class.filter(|class| class.file == faulty.span.file);
        let finding = Finding {
            range: faulty.span.range,
            words: name.into_iter().map(|name| ("name", name)).collect(),
            facts,
            secondary: class.map(|span| Annotation { span, label: "the class".to_owned() }).into_iter().collect(),
            ..Finding::default()
        };
        context.report_plain(faulty.span, finding, out);
    }
}
