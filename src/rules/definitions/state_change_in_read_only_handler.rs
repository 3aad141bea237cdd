use crate::diagnostic::{Confidence, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::{entry_of, fact_of, method_name};
use crate::temporal::{AccessKind, Context, EntryPoint, Role, State};

/// Queries and update validators are no part of the history: what they change is not there on a worker that replays it, and
/// the SDK does not stop them (temporalio/worker/_workflow_instance.py, `_apply_query_workflow`, `run_validator`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let mut findings = Vec::new();
        for access in State::of(reached).accesses(&is_read_only).iter() {
            if matches!(access.kind, AccessKind::Read { .. }) {
                continue;
            }
            let Some(handler) = entry_of(reached, access.node, &is_read_only) else { continue };
            let confidence = match access {
                // What is computed once and kept is the same whoever computes it.
                _ if access.asked_first => Confidence::Low,
                _ if access.doubtful => Confidence::Medium,
                _ => Confidence::High,
            };
            let words = vec![("handler", method_name(handler)), ("attribute", access.attribute.to_string())];
            let facts = fact_of(handler.role).into_iter().collect();
            let finding =
                Finding { range: access.range, words, confidence: Some(confidence), facts, ..Finding::default() };
            findings.push((access.node, finding));
        }
        context.report_from(reached, Some(&is_read_only), findings, out);
    }
}

fn is_read_only(entry: &EntryPoint) -> bool {
    matches!(entry.role, Role::Query | Role::Validator)
}
