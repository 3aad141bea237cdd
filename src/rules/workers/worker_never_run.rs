use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{LifetimeKind, lifetimes};

/// A worker that is never run, run twice, run too late, or has ended when its work is waited for.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for lifetime in lifetimes(context.analysis) {
        let (fact, label) = match lifetime.kind {
            LifetimeKind::Never | LifetimeKind::PerhapsTried => (None, None),
            LifetimeKind::Twice => (Some(Fact::Twice), Some("it runs here already")),
            LifetimeKind::AfterAnother => {
                (Some(Fact::After), Some("this comes back when that worker has been shut down"))
            }
            LifetimeKind::Ended => (Some(Fact::Ended), Some("this worker has ended by then")),
        };
        let secondary = label.map(|label| Annotation { span: lifetime.other, label: label.to_owned() });
        let finding = Finding {
            range: lifetime.span.range,
            confidence: (lifetime.kind == LifetimeKind::PerhapsTried).then_some(Confidence::Low),
            facts: fact.into_iter().collect(),
            secondary: secondary.into_iter().collect(),
            ..Finding::default()
        };
        context.report_plain(lifetime.span, finding, out);
    }
}
