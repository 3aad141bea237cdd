use crate::diagnostic::{Confidence, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::temporal::{Context, ValueUse, identities};

/// `id()` is an address, `hash()` of strings is seeded for each process, and the default `repr()` shows an address.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = identities(reached).into_iter().map(|identity| {
            let callee = identity.callee.map_or("object.__repr__", |name| shown(name.as_str()));
            let confidence = match (identity.callee, identity.used) {
                (_, ValueUse::Outside | ValueUse::Text | ValueUse::Unused) => Confidence::Low,
                (Some(_), _) => Confidence::High,
                (None, _) => Confidence::Medium,
            };
            let words = vec![("callee", callee.to_owned())];
            (
                identity.node,
                Finding { range: identity.range, words, confidence: Some(confidence), ..Finding::default() },
            )
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
