use crate::diagnostic::{Confidence, Diagnostic, Unit};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{ActivityMisuse, misused_in, never_asking};

/// Functions for activities whose form or kind does not fit the activity.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in &context.analysis.reached {
        let findings = misused_in(context.analysis, reached).into_iter().map(|misused| {
            let words = vec![("name", misused.name)];
            let facts = fact(misused.misuse).into_iter().collect();
            // Two misuses in one function are two mistakes.
            let span = reached.reach.span(misused.node, misused.range);
            let unit = Some(Unit { span, place: "place", whole: "function" });
            (misused.node, Finding { range: misused.range, words, facts, unit, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
    for (span, name) in never_asking(context.analysis) {
        let finding = Finding {
            range: span.range,
            words: vec![("name", name)],
            facts: vec![Fact::NeverAsks],
            confidence: Some(Confidence::Medium),
            ..Finding::default()
        };
        context.report_plain(span, finding, out);
    }
}

fn fact(misuse: ActivityMisuse) -> Option<Fact> {
    match misuse {
        ActivityMisuse::ClientInSync => Some(Fact::Client),
        ActivityMisuse::ShieldInAsync => Some(Fact::Shield),
        ActivityMisuse::ReturnInShield => Some(Fact::ShieldedReturn),
        ActivityMisuse::NotCalled => Some(Fact::NotCalled),
        ActivityMisuse::LoopInAsync => None,
        ActivityMisuse::LocalCompletion => Some(Fact::Local),
        ActivityMisuse::NeverAsks => Some(Fact::NeverAsks),
        ActivityMisuse::MeterInProcess => Some(Fact::Metrics),
    }
}
