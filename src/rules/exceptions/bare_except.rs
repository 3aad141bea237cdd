use super::words::shown;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Catch, CatchKind, Context, ReachedCode};

/// The SDK ends a workflow's code by raising through it: cancellation, continue-as-new, and eviction from the cache
/// (`_WorkflowBeingEvictedError`, a `BaseException`). What catches those and goes on keeps the workflow running.
pub(crate) fn in_workflow(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        check(context, reached, &|catch| catch.guarded.waits || catch.guarded.ends, out);
    }
}

/// An activity is cancelled by an exception raised in it: `asyncio.CancelledError` where an async one waits, the SDK's
/// `CancelledError` at what a thread does next.
pub(crate) fn in_activity(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::AsyncActivity) {
        check(context, reached, &|catch| catch.is_first && (catch.guarded.waits || catch.guarded.ends), out);
    }
    for reached in context.analysis.context(Context::SyncActivity) {
        check(context, reached, &|catch| catch.is_first && catch.guarded.is_interruptible, out);
    }
}

fn check<'p>(
    context: &RuleContext<'_, '_, 'p>,
    reached: &ReachedCode<'p>,
    is_hit: &dyn Fn(&Catch) -> bool,
    out: &mut Vec<Diagnostic>,
) {
    let caught = reached.catches().iter().filter(|catch| catch.takes_everything && catch.kind != CatchKind::Finally);
    let findings = caught.filter(|catch| is_hit(catch)).map(|catch| {
        let words = vec![("handler", shown(context, reached, catch))];
        let confidence = Some(if catch.unlikely { Confidence::Low } else { Confidence::High });
        let thread = (reached.context == Context::SyncActivity).then_some(Fact::Thread);
        let exit = matches!(catch.kind, CatchKind::Exit(_)).then_some(Fact::Exit);
        let facts = thread.into_iter().chain(exit).collect();
        (catch.node, Finding { range: catch.range, words, confidence, facts, ..Finding::default() })
    });
    context.report_reached(reached, findings.collect(), out);
}
