use super::words::shown;
use crate::diagnostic::{Confidence, Diagnostic, Unit};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{CatchKind, Context, Matters, is_never_interrupted, only_workflow};

/// Cancellation reaches a workflow as `asyncio.CancelledError` where it sleeps or waits for a condition, and as an
/// `ActivityError` or `ChildWorkflowError` whose cause is a `CancelledError` where it waits for an activity or child
/// (temporalio/exceptions.py, `is_cancelled_exception`). An async activity sees `asyncio.CancelledError` alone, the thread
/// of another one the SDK's `CancelledError`, which is an `Exception`.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for side in [Context::Workflow, Context::AsyncActivity, Context::SyncActivity] {
        for reached in context.analysis.context(side) {
            let mut findings = Vec::new();
            for catch in reached.catches() {
                let Some(matters) = catch.swallows else { continue };
                if side == Context::SyncActivity && is_never_interrupted(context.analysis, reached, catch.node) {
                    continue;
                }
                // What leaves a `finally` drops more than a cancellation: `return-in-finally` says so.
                if side == Context::Workflow && catch.kind == CatchKind::Finally {
                    continue;
                }
                let confidence = match matters {
                    _ if catch.unlikely => Confidence::Low,
                    Matters::IsMeant if catch.kind == CatchKind::Suppress => Confidence::Medium,
                    Matters::IsMeant => Confidence::High,
                    Matters::DecidesTheResult | Matters::GoesOn => Confidence::Medium,
                    Matters::Little => Confidence::Low,
                };
                let words = vec![("handler", shown(context, reached, catch))];
                let confidence = Some(confidence);
                // A workflow is cancelled as a whole: what it does about it is one matter.
                let unit = only_workflow(context.analysis, reached, catch.node).map(|span| Unit {
                    span,
                    place: "handler",
                    whole: "workflow",
                });
                let last = (!catch.is_followed).then_some(Fact::LastStep);
                let by_manager = match catch.kind {
                    CatchKind::Suppress => Some(Fact::Suppress),
                    CatchKind::Exit(_) => Some(Fact::Exit),
                    CatchKind::Handler(_) | CatchKind::Finally => None,
                };
                let facts = last.into_iter().chain(by_manager).collect();
                let finding = Finding { range: catch.range, words, confidence, unit, facts, ..Finding::default() };
                findings.push((catch.node, finding));
            }
            // Of several ways to the same place the surest is reported.
            findings.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.confidence));
            context.report_reached(reached, findings, out);
        }
    }
}
