use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::refused_log_calls;

/// `workflow.logger` and `activity.logger` hand keywords on to `logging`, which takes four of them.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for call in refused_log_calls(context.analysis) {
        let is_reserved = call.fields.is_empty();
        let names = if is_reserved { &call.reserved } else { &call.fields };
        // What is not enabled is not even looked at.
        let confidence = if call.is_debug() { Confidence::Medium } else { Confidence::High };
        let words = vec![("fields", listed(names)), ("first", names[0].to_owned()), ("callee", call.callee)];
        let facts = if is_reserved { vec![Fact::Reserved] } else { Vec::new() };
        let finding =
            Finding { range: call.span.range, words, confidence: Some(confidence), facts, ..Finding::default() };
        context.report_plain(call.span, finding, out);
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
