use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::temporal::repair::by_own_logger;
use crate::temporal::{Context, told};

/// What workflow code logs, prints or counts by other means than the SDK's is logged and counted again by each replay.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = told(context.analysis, reached).into_iter().map(|told| {
            // Few run with what is only for debugging.
            let is_rare = matches!(told.callee.last_part(), "debug" | "trace");
            let confidence = match (told.event.unlikely || is_rare && told.is_shared, told.doubtful || told.is_shared) {
                (true, _) => Confidence::Low,
                (_, false) if !is_rare => Confidence::High,
                _ => Confidence::Medium,
            };
            let mut facts = Vec::new();
            facts.extend(told.is_metric.then_some(Fact::Metrics));
            facts.extend(told.is_shared.then_some(Fact::Shared));
            let words = vec![("callee", shown(told.callee.as_str()).to_owned())];
            let confidence = Some(confidence);
            let fix = match told.is_metric || told.doubtful {
                true => None,
                false => by_own_logger(context.analysis, reached, told.node, told.event),
            };
            (told.node, Finding { range: told.event.range, words, confidence, facts, fix, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
