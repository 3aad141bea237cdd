use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::temporal::{Hides, Replaced, Sdk, replaced};

/// A decorator whose own function stands where the SDK looks for a definition, and does not show it.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for replaced in replaced(context.analysis) {
        let fact = match replaced.hides {
            Hides::Definition => Fact::Above,
            // It does not come to a worker: the import fails.
            _ if replaced.sdk == Sdk::Run => Fact::RunMethod,
            Hides::Async => Fact::Coroutine,
            Hides::Signature => Fact::Default,
        };
        let decorator = decorator(context, &replaced);
        At::new(replaced.decorator, fact)
            .word("decorator", decorator)
            .word("kind", replaced.sdk.noun())
            .word("what", replaced.sdk.shown())
            .word("name", replaced.name.clone())
            .word("wrapper", replaced.wrapper_name.as_str())
            .word("other", replaced.wrapped.as_str())
            .other(replaced.wrapper, "this stands in its place")
            .report(context, out);
    }
}

/// The decorator as it is written, without what it is called with.
fn decorator(context: &RuleContext<'_, '_, '_>, replaced: &Replaced) -> String {
    let text = context.analysis.project.source(replaced.decorator.file).slice(replaced.decorator.range);
    text.split('(').next().unwrap_or(text).to_owned()
}
