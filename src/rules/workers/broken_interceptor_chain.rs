use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{ChainKind, broken_chains};

/// A method of an interceptor or plugin that never goes on to what it wraps.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for broken in broken_chains(context.analysis) {
        let fact = match broken.kind {
            ChainKind::Init => Some(Fact::Init),
            ChainKind::Interceptor => None,
            ChainKind::Plugin => Some(Fact::Plugin),
            ChainKind::Configuration => Some(Fact::Configuration),
        };
        let finding = Finding {
            range: broken.span.range,
            words: vec![("name", broken.name), ("method", broken.method.to_string())],
            facts: fact.into_iter().collect(),
            // What gives a result of its own may well mean to answer in the place of what it wraps.
            confidence: broken.answers.then_some(Confidence::Low),
            ..Finding::default()
        };
        context.report_plain(broken.span, finding, out);
    }
}
