use super::handlers;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::project::{Evaluator, Event, EventKind, NodeId};
use crate::rules::context::{Finding, RuleContext};
use crate::source::ast::{self, Expr, Ranged};
use crate::temporal::{Context, ReachedCode};

/// The SDK ends a workflow's code by raising through it: cancellation, continue-as-new, and eviction from the cache
/// (`_WorkflowBeingEvictedError`, a `BaseException`). What catches those and goes on keeps the workflow running.
pub(crate) fn in_workflow(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        check(context, reached, out);
    }
}

/// An activity is cancelled by an exception raised in it: `asyncio.CancelledError` in async ones, the SDK's
/// `CancelledError` in threads.
pub(crate) fn in_activity(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for side in [Context::AsyncActivity, Context::SyncActivity] {
        for reached in context.analysis.context(side) {
            check(context, reached, out);
        }
    }
}

/// Whether an earlier handler of the same statement takes `asyncio.CancelledError`.
fn cancellation_goes_before<'a>(
    tried: &'a ast::StmtTry,
    handler: &ast::ExceptHandlerExceptHandler,
    event: &Event<'a>,
    evaluator: &Evaluator<'_, 'a>,
) -> bool {
    let all = tried.handlers.iter().map(|ast::ExceptHandler::ExceptHandler(other)| other);
    let earlier = all.take_while(|other| !std::ptr::eq(*other, handler));
    earlier.filter_map(|other| other.type_.as_deref()).any(|kind| {
        let names = ["asyncio.CancelledError", "temporalio.exceptions.CancelledError"];
        handlers::names_one_of(kind, &names, evaluator, event.place)
    })
}

fn check<'a>(context: &RuleContext<'_, '_, '_, 'a>, reached: &ReachedCode<'_, '_, 'a>, out: &mut Vec<Diagnostic>) {
    let evaluator = reached.reach.evaluator();
    let mut findings: Vec<(NodeId, Finding<'_>)> = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let found = match &event.kind {
                EventKind::Handler(tried, handler) => {
                    let kind = handler.type_.as_deref();
                    let text = |kind: &Expr| evaluator.text(kind, event.place).to_owned();
                    let everything = handlers::catches_everything(kind, evaluator, event.place);
                    let clean_up = handlers::is_clean_up(node, handler.range(), evaluator);
                    if !everything || clean_up || handlers::raises(handler, evaluator, event.place) {
                        continue;
                    }
                    let in_workflow = reached.context == Context::Workflow;
                    if !in_workflow && cancellation_goes_before(tried, handler, event, evaluator) {
                        continue;
                    }
                    let waits = !handlers::awaits(&tried.body).is_empty();
                    let shown = handlers::shown(kind, text);
                    Some((handlers::head(handler), shown, waits))
                }
                EventKind::Call { callee, call: Some(call), .. } if &**callee == "contextlib.suppress" => {
                    if handlers::is_clean_up(node, event.range, evaluator) {
                        continue;
                    }
                    let broad = |kind: &'a Expr| handlers::catches_everything(Some(kind), evaluator, event.place);
                    call.arguments.args.iter().any(broad).then(|| {
                        (
                            event.range,
                            format!("`{}`", context.analysis.project.source(event.place.file).slice(event.range)),
                            true,
                        )
                    })
                }
                _ => None,
            };
            let Some((range, shown, waits)) = found else { continue };
            let words = vec![("handler", shown)];
            let confidence = Some(if waits { Confidence::High } else { Confidence::Medium });
            findings.push((id, Finding { range, words, confidence, ..Finding::default() }));
        }
    }
    context.report_reached(reached, findings, out);
}
