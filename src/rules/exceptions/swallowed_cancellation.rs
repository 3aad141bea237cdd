use super::handlers;
use crate::diagnostic::{Confidence, Diagnostic};
use crate::project::{Code, Evaluator, EventKind, FunctionRef, Node, Place, Value};
use crate::rules::context::{Finding, RuleContext};
use crate::semantic::FunctionNode;
use crate::source::ast::visitor::{self, Visitor};
use crate::source::ast::{self, ExceptHandler, Expr, Ranged, Stmt};
use crate::temporal::{Context, ReachedCode};

/// How deep awaited functions of the project are searched for calls of activities.
const SEARCH_DEPTH: usize = 4;

/// Cancellation reaches a workflow as `asyncio.CancelledError` where it sleeps or waits for a condition, and as an
/// `ActivityError` or `ChildWorkflowError` whose cause is a `CancelledError` where it waits for an activity or child
/// (temporalio/exceptions.py, `is_cancelled_exception`). An async activity sees `asyncio.CancelledError` alone.
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for side in [Context::Workflow, Context::AsyncActivity] {
        for reached in context.analysis.context(side) {
            check_context(context, reached, side, out);
        }
    }
}

fn check_context<'a>(
    context: &RuleContext<'_, '_, '_, 'a>,
    reached: &ReachedCode<'_, '_, 'a>,
    side: Context,
    out: &mut Vec<Diagnostic>,
) {
    let evaluator = reached.reach.evaluator();
    let mut findings = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let source = context.analysis.project.source(event.place.file);
            match &event.kind {
                EventKind::Handler(tried, handler) => {
                    let Some(kind) = handler.type_.as_deref() else { continue };
                    let text = source.slice(handler.range());
                    let shown_text = |kind: &Expr| evaluator.text(kind, event.place).to_owned();
                    let later = raises_later(source.text(), node, tried, evaluator);
                    if later || handlers::raises(handler, evaluator, event.place) || deals_with_cancellation(text) {
                        continue;
                    }
                    let clean_up = handlers::is_clean_up(node, handler.range(), evaluator);
                    if clean_up
                        || handlers::only_cleans_up(&reached.reach, id)
                        || handlers::only_as_task(&reached.reach, id)
                    {
                        continue;
                    }
                    let searcher = Searcher { evaluator, place: event.place };
                    let Some(confidence) = searcher.swallows(tried, handler, kind, side) else { continue };
                    let shown = handlers::shown(Some(kind), shown_text);
                    let words = vec![("handler", shown)];
                    let range = handlers::head(handler);
                    findings.push((id, Finding { range, words, confidence: Some(confidence), ..Finding::default() }));
                }
                EventKind::Finally(tried) => {
                    let waits = !handlers::awaits(&tried.body).is_empty();
                    if let Some(ret) = handlers::returns(&tried.finalbody).filter(|_| waits) {
                        let words = vec![("handler", "`return` in `finally`".to_owned())];
                        findings.push((id, Finding { range: ret, words, ..Finding::default() }));
                    }
                }
                EventKind::Call { callee, call: Some(call), .. } if &**callee == "contextlib.suppress" => {
                    let cancelled = |kind: &'a Expr| handlers::names_one_of(kind, &[CANCELLED], evaluator, event.place);
                    let clean_up = handlers::is_clean_up(node, event.range, evaluator);
                    if !clean_up
                        && call.arguments.args.iter().any(cancelled)
                        && !cancels_itself(source.text(), event.range)
                    {
                        let words = vec![("handler", format!("`{}`", source.slice(event.range)))];
                        let confidence = Some(Confidence::Medium);
                        findings.push((id, Finding { range: event.range, words, confidence, ..Finding::default() }));
                    }
                }
                _ => {}
            }
        }
    }
    context.report_reached(reached, findings, out);
}

/// Whether the function raises cancellation anew behind a statement, having cleaned up.
fn raises_later(text: &str, node: &Node<'_>, tried: &ast::StmtTry, evaluator: &Evaluator<'_, '_>) -> bool {
    let Code::Function(function) = node.code else { return false };
    let range = evaluator.project().module(function.file).function(function.function).range();
    let (start, end) = (tried.range().end().to_usize(), range.end().to_usize());
    let rest = text.get(start..end).unwrap_or("");
    rest.lines().any(|line| line.trim_start().starts_with("raise ") && line.contains("CancelledError"))
}

const CANCELLED: &str = "asyncio.CancelledError";

/// Whether a broad handler looks at what it caught. One for cancellation itself names it in its head.
fn deals_with_cancellation(handler: &str) -> bool {
    let body = handler.find(':').map_or(handler, |colon| &handler[colon..]);
    body.contains("CancelledError") || body.contains("is_cancelled_exception") || body.contains(".cancelled()")
}

/// `task.cancel()` followed by a suppressed await of the task is how a task is ended.
fn cancels_itself(text: &str, at: ast::TextRange) -> bool {
    let start = at.start().to_usize();
    let before = &text[..start];
    before.lines().rev().take(6).any(|line| line.contains(".cancel()"))
}

struct Searcher<'s, 'p, 'a> {
    evaluator: &'s Evaluator<'p, 'a>,
    place: Place,
}

impl<'a> Searcher<'_, '_, 'a> {
    /// Whether cancellation ends in a handler as success, and how sure that is.
    fn swallows(
        &self,
        tried: &'a ast::StmtTry,
        handler: &ast::ExceptHandlerExceptHandler,
        kind: &'a Expr,
        side: Context,
    ) -> Option<Confidence> {
        let awaits = handlers::awaits(&tried.body);
        if awaits.is_empty() && !has_async_statement(&tried.body) {
            return None;
        }
        if handlers::names_one_of(kind, &[CANCELLED], self.evaluator, self.place) {
            let own = awaits.iter().all(|awaited| self.was_cancelled_here(awaited, tried));
            // A result that says so is a decision.
            let decided =
                matches!(handler.body.last(), Some(Stmt::Return(ret)) if ret.value.as_deref().is_some_and(is_text));
            let confidence = if decided { Confidence::Low } else { Confidence::High };
            return (!own || awaits.is_empty()).then_some(confidence);
        }
        let broad = handlers::names_one_of(kind, CARRIES_CANCELLATION, self.evaluator, self.place);
        let earlier =
            tried.handlers.iter().take_while(|ExceptHandler::ExceptHandler(other)| !std::ptr::eq(other, handler));
        let handled_before = earlier
            .filter_map(|ExceptHandler::ExceptHandler(other)| other.type_.as_deref())
            .any(|kind| handlers::names_one_of(kind, EARLIER, self.evaluator, self.place));
        let waits_for_others =
            side == Context::Workflow && awaits.iter().any(|awaited| self.runs_activities(&awaited.value));
        (broad && !handled_before && waits_for_others).then_some(Confidence::Medium)
    }

    /// Whether an awaited task is one that the same function cancels: `task.cancel()`.
    fn was_cancelled_here(&self, awaited: &'a ast::ExprAwait, tried: &'a ast::StmtTry) -> bool {
        let source = self.evaluator.project().source(self.place.file);
        let subject = source.slice(awaited.value.range());
        let end = tried.range().start().to_usize();
        let before = &source.text()[..end];
        let near = before.lines().rev().take(40).any(|line| line.contains(".cancel("));
        let simple = matches!(&*awaited.value, Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_));
        let names_it = before.contains(&format!("{subject}.cancel("));
        (simple && (names_it || near)) || (near && subject.contains("gather("))
    }

    fn runs_activities(&self, awaited: &'a Expr) -> bool {
        self.reaches_activity(awaited, self.place, SEARCH_DEPTH)
    }

    fn reaches_activity(&self, expression: &'a Expr, place: Place, depth: usize) -> bool {
        let Expr::Call(call) = expression else { return false };
        let value = self.evaluator.value(&call.func, place);
        value.alternatives().iter().any(|callee| match callee {
            Value::External(name) => {
                let started = name.strip_prefix("temporalio.workflow.").is_some_and(|rest| {
                    rest.starts_with("execute_") || rest.starts_with("start_") || rest.contains("NexusClient")
                });
                let waits = name.starts_with("asyncio.") || name.starts_with("temporalio.workflow.wait");
                let nested =
                    || call.arguments.args.iter().any(|argument| self.reaches_activity(argument, place, depth));
                started || (waits && nested())
            }
            Value::Function(callable) if depth > 0 => self.function_runs_activities(callable.function, depth - 1),
            _ => false,
        })
    }

    fn function_runs_activities(&self, function: FunctionRef, depth: usize) -> bool {
        let module = self.evaluator.project().module(function.file);
        let definition = module.function(function.function);
        let FunctionNode::Def(def) = definition.node else { return false };
        let place = Place { file: function.file, scope: definition.scope, frame: None };
        handlers::awaits(&def.body).iter().any(|awaited| self.reaches_activity(&awaited.value, place, depth))
    }
}

/// Classes whose handlers get the cancellation of an activity or child workflow that is waited for.
const CARRIES_CANCELLATION: &[&str] = &[
    "builtins.Exception",
    "temporalio.exceptions.ActivityError",
    "temporalio.exceptions.ChildWorkflowError",
    "temporalio.exceptions.FailureError",
    "temporalio.exceptions.TemporalError",
];

/// Handlers that come first and take cancellation away from a broad one.
const EARLIER: &[&str] = &[CANCELLED, "temporalio.exceptions.CancelledError"];

fn is_text(value: &Expr) -> bool {
    matches!(value, Expr::StringLiteral(_) | Expr::FString(_))
}

fn has_async_statement(body: &[Stmt]) -> bool {
    struct Finder(bool);
    impl<'a> Visitor<'a> for Finder {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::For(looped) if looped.is_async => self.0 = true,
                Stmt::With(managed) if managed.is_async => self.0 = true,
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => visitor::walk_stmt(self, statement),
            }
        }
    }
    let mut finder = Finder(false);
    finder.visit_body(body);
    finder.0
}
