use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::handlers;
use crate::diagnostic::{Confidence, Diagnostic, Frame};
use crate::project::{Code, Edge, Evaluator, EventKind, Node, NodeId, Origin, Place, Protection, Value};
use crate::rules::context::{Finding, RuleContext};
use crate::semantic::{BindingKind, FunctionNode};
use crate::source::ast::{self, CmpOp, ExceptHandler, Expr, Ranged, Stmt, TextRange};
use crate::temporal::{Context, EntryPoint, FailureTypes, ReachedCode, Role};

/// Only `FailureError`, `asyncio.TimeoutError`, cancellation and what `failure_exception_types` names fail a workflow;
/// any other exception fails its task, which the server retries for ever (temporalio/worker/_workflow_instance.py,
/// `_is_workflow_failure_exception`). Only what can leave an entry point is reported.
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    if context.analysis.definitions.worker_failure_types.open || interceptor_handles_exceptions(context) {
        return;
    }
    for reached in context.analysis.context(Context::Workflow) {
        let checker = Checker { context, reached, evaluator: reached.reach.evaluator() };
        checker.check(out);
    }
}

/// An interceptor of the project that catches what workflows raise may turn it into a failure.
fn interceptor_handles_exceptions(context: &RuleContext<'_, '_, '_, '_>) -> bool {
    let interceptors = context
        .analysis
        .definitions
        .entry_points
        .iter()
        .filter(|entry| entry.role == Role::WorkflowInterceptor && !entry.in_tests);
    interceptors.into_iter().any(|entry| {
        let Code::Function(function) = entry.root.code else { return false };
        let project = context.analysis.project;
        let module = project.module(function.file);
        let FunctionNode::Def(def) = module.function(function.function).node else { return false };
        handlers::all_handlers(&def.body).iter().any(|handler| !handlers::raises_again(handler))
    })
}

struct Checker<'c, 'e, 'p, 'a> {
    context: &'c RuleContext<'c, 'e, 'p, 'a>,
    reached: &'c ReachedCode<'e, 'p, 'a>,
    evaluator: &'c Evaluator<'p, 'a>,
}

/// An exception on its way out.
struct Raised<'a> {
    class: Value<'a>,
    shown: String,
    range: TextRange,
    confidence: Confidence,
}

impl<'a> Checker<'_, '_, '_, 'a> {
    fn check(&self, out: &mut Vec<Diagnostic>) {
        let mut seen = FxHashSet::default();
        for (id, node) in self.reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in &node.events {
                let raised = match &event.kind {
                    EventKind::Raise(raise) => self.raised(raise, node, event.place),
                    EventKind::Assert(assert) => self.asserted(assert, event.range),
                    _ => None,
                };
                let Some(raised) = raised else { continue };
                if seen.contains(&(node.code.file(), raised.range)) || !self.is_no_failure(&raised.class) {
                    continue;
                }
                if let Some((way, others)) = self.escapes(id, &raised, event.protection.as_ref()) {
                    seen.insert((node.code.file(), raised.range));
                    self.report(&raised, id, &way, others, out);
                }
            }
        }
    }

    fn report(
        &self,
        raised: &Raised<'a>,
        id: NodeId,
        way: &[(NodeId, TextRange)],
        others: usize,
        out: &mut Vec<Diagnostic>,
    ) {
        let finding = Finding {
            range: raised.range,
            words: vec![("exception", raised.shown.clone())],
            confidence: Some(raised.confidence),
            ..Finding::default()
        };
        let first = out.len();
        self.context.report_plain(self.reached.reach.span(id, raised.range), finding, out);
        let reach = &self.reached.reach;
        let frames = way
            .iter()
            .map(|(node, site)| Frame { function: reach.name(*node), span: reach.span(*node, *site) })
            .collect::<Vec<_>>();
        for diagnostic in &mut out[first..] {
            diagnostic.call_chain = if frames.len() > 1 { frames.clone() } else { Vec::new() };
            diagnostic.more_entry_points = others;
        }
    }

    /// The exception of a `raise`, where its class can be told and it is not one that was caught.
    fn raised(&self, raise: &'a ast::StmtRaise, node: &Node<'a>, place: Place) -> Option<Raised<'a>> {
        let exception = raise.exc.as_deref()?;
        if self.is_caught_name(exception, place) || self.is_abstract(node) || self.claims_unreachable(exception, place)
        {
            return None;
        }
        let class = self.class_of_all(&self.evaluator.value(exception, place))?;
        let shown = match &class {
            Value::External(name) => name.strip_prefix("builtins.").unwrap_or(name).to_owned(),
            Value::Class(class, _) => {
                self.context.analysis.project.module(class.file).class(class.class).qualified.clone()
            }
            _ => return None,
        };
        // An operation that is not there yet is meant to wait for the deployment that brings it.
        let confidence = if shown == "NotImplementedError" { Confidence::Low } else { Confidence::High };
        Some(Raised { class, shown, range: raise.range(), confidence })
    }

    /// The class of an exception; of one of several, the first, where none of them is a failure.
    fn class_of_all(&self, exception: &Value<'a>) -> Option<Value<'a>> {
        let class = |value: &Value<'a>| match value {
            Value::Class(..) | Value::External(_) => Some(value.clone()),
            Value::Instance(instance) => Some(Value::Class(instance.class, None)),
            Value::ExternalInstance(name) => Some(Value::External(name.clone())),
            _ => None,
        };
        let classes: Vec<Value<'a>> = exception.alternatives().iter().map(class).collect::<Option<_>>()?;
        let (first, rest) = classes.split_first()?;
        rest.iter().all(|class| self.is_no_failure(class)).then(|| first.clone())
    }

    fn is_caught_name(&self, exception: &Expr, place: Place) -> bool {
        let Expr::Name(name) = exception else { return false };
        let module = self.evaluator.project().module(place.file);
        let ids = module.reaching(place.scope, name.id.as_str(), name.range().start());
        ids.iter().any(|id| matches!(module.binding(*id).kind, BindingKind::Except { .. }))
    }

    /// `raise AssertionError("unreachable")`: what cannot happen is told to the reader and the type checker.
    fn claims_unreachable(&self, exception: &'a Expr, place: Place) -> bool {
        let text = self.evaluator.text(exception, place).to_lowercase();
        text == "assertionerror"
            || text == "assertionerror()"
            || ["unreachable", "can't happen", "cannot happen", "should never", "impossible"]
                .iter()
                .any(|words| text.contains(words))
    }

    /// `raise NotImplementedError` as a whole body: a method that subclasses override.
    fn is_abstract(&self, node: &Node<'a>) -> bool {
        let Code::Function(function) = node.code else { return false };
        let module = self.evaluator.project().module(function.file);
        let FunctionNode::Def(def) = module.function(function.function).node else { return false };
        let mut body = def.body.iter().filter(
            |statement| !matches!(statement, Stmt::Expr(statement) if statement.value.is_string_literal_expr()),
        );
        matches!((body.next(), body.next()), (Some(Stmt::Raise(_)), None))
            && module.function(function.function).class.is_some()
    }

    /// An assertion that states more than a type checker wants to hear.
    fn asserted(&self, assert: &'a ast::StmtAssert, range: TextRange) -> Option<Raised<'a>> {
        (!narrows(&assert.test)).then(|| Raised {
            class: Value::external("builtins.AssertionError"),
            shown: "AssertionError".to_owned(),
            range,
            confidence: Confidence::Medium,
        })
    }

    /// Whether an exception of a class fails the task and not the workflow, for certain.
    fn is_no_failure(&self, class: &Value<'a>) -> bool {
        let (names, open) = handlers::lineage(class, self.evaluator);
        let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.as_str()));
        !open && has(&["builtins.Exception"]) && !has(FAILURES)
    }

    /// The shortest way by which an exception leaves an entry point whose task it fails, and how many further entry
    /// points it can leave.
    fn escapes(
        &self,
        start: NodeId,
        raised: &Raised<'a>,
        protection: Option<&Rc<Protection<'a>>>,
    ) -> Option<(Vec<(NodeId, TextRange)>, usize)> {
        if self.is_caught(raised, protection, start) {
            return None;
        }
        let reach = &self.reached.reach;
        let mut from: Vec<(NodeId, TextRange, Option<usize>)> = vec![(start, raised.range, None)];
        let mut seen: FxHashSet<NodeId> = std::iter::once(start).collect();
        let mut queue: VecDeque<usize> = std::iter::once(0).collect();
        let mut first = None;
        let mut count = 0;
        while let Some(index) = queue.pop_front() {
            let node = reach.node(from[index].0);
            let failing = node.roots.iter().filter(|root| self.fails_task_of(&self.reached.entries[**root], raised));
            let failing = failing.count();
            if failing > 0 {
                first.get_or_insert(index);
                count += failing;
            }
            for edge in node.parent.iter().chain(&node.others) {
                if !seen.contains(&edge.from) && !self.stops(edge, raised) {
                    seen.insert(edge.from);
                    from.push((edge.from, edge.site, Some(index)));
                    queue.push_back(from.len() - 1);
                }
            }
        }
        let mut at = first;
        let mut way = Vec::new();
        while let Some(index) = at {
            way.push((from[index].0, from[index].1));
            at = from[index].2;
        }
        first.map(|_| (way, count.saturating_sub(1)))
    }

    fn fails_task_of(&self, entry: &EntryPoint<'a>, raised: &Raised<'a>) -> bool {
        let definitions = &self.context.analysis.definitions;
        let own = entry.workflow.map(|workflow| &definitions.workflows[workflow].failure_types);
        entry.role.fails_the_task()
            && !entry.in_tests
            && !own.is_some_and(|types| self.covers(types, raised))
            && !self.covers(&definitions.worker_failure_types, raised)
    }

    fn covers(&self, types: &FailureTypes<'a>, raised: &Raised<'a>) -> bool {
        types.open
            || types.classes.iter().any(|class| handlers::derives(&raised.class, class, self.evaluator) != Some(false))
    }

    /// Whether an exception does not pass a call.
    fn stops(&self, edge: &Edge<'a>, raised: &Raised<'a>) -> bool {
        self.is_caught(raised, edge.protection.as_ref(), edge.from)
            || self.is_kept_by_a_task(edge)
            || self.context.is_held_back(&self.reached.reach, edge)
    }

    /// What a task raises is raised again where the task is awaited; `gather(return_exceptions=True)` returns it, and a
    /// task that nobody awaits keeps it.
    fn is_kept_by_a_task(&self, edge: &Edge<'a>) -> bool {
        handlers::calls_around(&self.reached.reach, edge.from, edge.site).iter().any(|(call, callee)| {
            let gathers = matches!(callee, Value::External(name) if &**name == "asyncio.gather");
            handlers::makes_a_task(callee) || (gathers && call.arguments.find_keyword("return_exceptions").is_some())
        })
    }

    fn is_caught(&self, raised: &Raised<'a>, protection: Option<&Rc<Protection<'a>>>, node: NodeId) -> bool {
        let node = self.reached.reach.node(node);
        let file = node.code.file();
        let module = self.evaluator.project().module(file);
        let scope = match node.code {
            Code::Function(function) => module.function(function.function).scope,
            Code::Initialiser { scope, .. } => scope,
            Code::Module(_) => module.global(),
        };
        let place = Place { file, scope, frame: node.frame };
        let mut next = protection;
        while let Some(protection) = next {
            let caught = match protection.kind {
                Origin::Try(tried) => self.is_caught_by(tried, raised, place),
                Origin::With(managed) => {
                    managed.items.iter().any(|item| self.swallows(&item.context_expr, raised, place))
                }
            };
            if caught {
                return true;
            }
            next = protection.outer.as_ref();
        }
        false
    }

    fn is_caught_by(&self, tried: &'a ast::StmtTry, raised: &Raised<'a>, place: Place) -> bool {
        for ExceptHandler::ExceptHandler(handler) in &tried.handlers {
            let catches = match handler.type_.as_deref() {
                None => true,
                Some(kind) => self.matches(kind, raised, place),
            };
            if catches {
                return !handlers::raises_again(handler);
            }
        }
        false
    }

    fn matches(&self, kind: &'a Expr, raised: &Raised<'a>, place: Place) -> bool {
        match handlers::classes(&self.evaluator.value(kind, place)) {
            Some(classes) => {
                classes.iter().any(|class| handlers::derives(&raised.class, class, self.evaluator) != Some(false))
            }
            // What cannot be told may catch it.
            None => true,
        }
    }

    /// Whether a context manager may swallow an exception: `suppress` of its class, or one of the project's own that
    /// handles exceptions.
    fn swallows(&self, manager: &'a Expr, raised: &Raised<'a>, place: Place) -> bool {
        let Expr::Call(call) = manager else { return false };
        match self.evaluator.value(&call.func, place) {
            Value::External(name) if &*name == "contextlib.suppress" => {
                call.arguments.args.iter().any(|kind| self.matches(kind, raised, place))
            }
            Value::Function(callable) => {
                let module = self.evaluator.project().module(callable.function.file);
                let range = module.function(callable.function.function).range();
                self.evaluator.project().source(callable.function.file).slice(range).contains("except")
            }
            Value::Class(..) => true,
            _ => false,
        }
    }
}

/// Exceptions that fail the workflow, or end its code in a way that is meant.
const FAILURES: &[&str] = &[
    "temporalio.exceptions.FailureError",
    "temporalio.workflow.ContinueAsNewError",
    "builtins.TimeoutError",
    "asyncio.TimeoutError",
    "asyncio.CancelledError",
    "builtins.GeneratorExit",
    "builtins.StopIteration",
    "builtins.StopAsyncIteration",
];

/// Whether an assertion only tells a type checker what is known: `x is not None`, `isinstance(x, T)`, `x`.
fn narrows(test: &Expr) -> bool {
    match test {
        Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) => true,
        Expr::Compare(comparison) => comparison.ops.iter().all(|op| matches!(op, CmpOp::Is | CmpOp::IsNot)),
        Expr::Call(call) => {
            matches!(&*call.func, Expr::Name(name) if matches!(name.id.as_str(), "isinstance" | "callable" | "issubclass"))
        }
        Expr::BoolOp(operation) => operation.values.iter().all(narrows),
        Expr::UnaryOp(operation) => narrows(&operation.operand),
        Expr::BooleanLiteral(_) => true,
        _ => false,
    }
}
