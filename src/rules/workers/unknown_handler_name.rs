use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Role, unhandled};

/// A signal, query or update that the workflow it is sent to has no handler for.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for unhandled in unhandled(context.analysis) {
        let (kind, mut facts) = match unhandled.role {
            Role::Query => ("query", vec![Fact::Query]),
            Role::Update => ("update", vec![Fact::Update]),
            _ => ("signal", vec![]),
        };
        let workflow = unhandled.workflow.map_or_else(|| "no workflow here".to_owned(), |name| format!("`{name}`"));
        let mut words = vec![("kind", kind.to_owned()), ("name", unhandled.name), ("workflow", workflow.clone())];
        if let Some(other) = unhandled.other {
            words.push(("other", other));
            facts.insert(0, Fact::OtherClass);
        } else if workflow.starts_with("no ") {
            facts.insert(0, Fact::Anywhere);
        }
        words.extend(unhandled.alike.map(|alike| ("use", alike)));
        let finding = Finding { range: unhandled.span.range, words, facts, ..Finding::default() };
        context.report_plain(unhandled.span, finding, out);
    }
}
