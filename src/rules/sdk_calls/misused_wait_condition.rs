use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::repair::as_predicate;
use crate::temporal::{ConditionFault, faulty_conditions};

/// The SDK calls the predicate whenever code of the workflow has run, and never for the time that passes.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for faulty in faulty_conditions(context.analysis) {
        let part = context.analysis.project.source(faulty.part.file).slice(faulty.part.range);
        let facts = match faulty.fault {
            ConditionFault::NotCallable => Vec::new(),
            ConditionFault::Coroutine => vec![Fact::Coroutine],
            ConditionFault::Uncalled => vec![Fact::Uncalled],
            ConditionFault::TimeAlone => vec![Fact::Time],
            ConditionFault::Command => vec![Fact::Command],
            ConditionFault::Changes => vec![Fact::Changes],
            ConditionFault::ResultUsed => vec![Fact::Used],
            ConditionFault::Settled => vec![Fact::Settled],
            ConditionFault::LeavesLoop => vec![Fact::LeavesLoop],
            ConditionFault::NoTime => vec![Fact::Timeout],
        };
        let confidence = match (faulty.fault, faulty.doubtful) {
            (ConditionFault::ResultUsed, true) => Confidence::Low,
            (_, true) | (ConditionFault::Changes | ConditionFault::Settled | ConditionFault::LeavesLoop, _) => {
                Confidence::Medium
            }
            _ => Confidence::High,
        };
        let finding = Finding {
            range: faulty.span.range,
            words: vec![("what", part.split_whitespace().collect::<Vec<_>>().join(" "))],
            facts,
            confidence: Some(confidence),
            fix: (!faulty.doubtful).then(|| as_predicate(context.analysis, &faulty)).flatten(),
            ..Finding::default()
        };
        context.report_plain(faulty.span, finding, out);
    }
}
