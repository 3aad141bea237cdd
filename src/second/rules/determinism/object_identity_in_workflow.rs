use crate::diagnostic::{Confidence, Diagnostic};
use crate::second::rules::context::{Finding, RuleContext};
use crate::second::rules::general::shown;
use crate::second::temporal::{Context, identities};

/// `id()` is an address, `hash()` of strings is seeded for each process, and the default `repr()` shows an address.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = identities(reached).into_iter().map(|identity| {
            let callee = identity.callee.map_or("object.__repr__", |name| shown(name.as_str()));
            let confidence = if identity.callee.is_some() { Confidence::High } else { Confidence::Medium };
            let words = vec![("callee", callee.to_owned())];
            (
                identity.node,
                Finding { range: identity.range, words, confidence: Some(confidence), ..Finding::default() },
            )
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
