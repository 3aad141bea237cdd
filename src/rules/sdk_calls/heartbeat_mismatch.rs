use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{UnfitHeartbeat, heartbeat_mismatches};

/// A call whose `heartbeat_timeout` does not fit what its activity does.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for found in heartbeat_mismatches(context.analysis) {
        let (fact, label, confidence) = match found.mismatch {
            UnfitHeartbeat::NoTimeout => (Fact::Default, "it sends heartbeats here", Confidence::High),
            UnfitHeartbeat::NeverBeats => (Fact::Timeout, "this activity sends none", Confidence::High),
            UnfitHeartbeat::NoWatch => (Fact::Async, "it is left to be completed by others here", Confidence::Medium),
        };
        let finding = Finding {
            range: found.span.range,
            words: vec![("callee", found.activity)],
            facts: vec![fact],
            confidence: Some(confidence),
            secondary: vec![Annotation { span: found.other, label: label.to_owned() }],
            ..Finding::default()
        };
        context.report_plain(found.span, finding, out);
    }
}
