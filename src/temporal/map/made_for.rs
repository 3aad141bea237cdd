//! Workers that a function makes for its callers: `serve(client, "orders", charge, mail)`.
//!
//! Knows: the calls of a function that hands its parameters on to a worker as task queue, workflows or activities, `*rest` as well. Does
//! not know: what is handed on through a second function.

use super::super::definitions::Located;
use super::super::lists::Listed;
use super::super::sdk_calls::{SdkArgument, SdkCall};
use super::super::wiring::Worker;
use super::{LinkKind, Mapper};
use crate::python::{FunctionRef, Place, Value};
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, Name, ParameterKind};
use crate::source::Span;
use crate::temporal::map::End;

/// What a worker is given that a parameter of the function around may say.
const LISTS: [&str; 2] = ["workflows", "activities"];

/// A worker as one call of the function that makes it has it.
pub(super) struct MadeFor {
    /// Where the function is called.
    pub at: Span,
    /// The function that calls it; none where a module does.
    pub function: Option<FunctionRef>,
    queue: Option<(SdkCall, SdkArgument)>,
    /// What it registers.
    pub workflows: Listed,
    pub activities: Listed,
}

impl Mapper<'_, '_, '_> {
    /// A worker for each call of the function that makes it, where what is polled or registered is for callers to say.
    pub(super) fn made_for_callers(&self, worker: &Worker) -> Vec<MadeFor> {
        let Some(function) = worker.function.filter(|_| self.is_for_callers(worker)) else { return Vec::new() };
        let calls = self.calls_and_adapted(function);
        calls.into_iter().map(|call| self.made_for(worker, function, call)).collect()
    }

    /// The task queue that a worker polls.
    pub(super) fn polled(&mut self, node: usize, worker: &Worker, made: Option<&MadeFor>) {
        let own = || Some((worker.call.clone(), worker.call.argument("task_queue")?.clone()));
        let given = made.and_then(|made| made.queue.clone());
        let Some((call, argument)) = given.or_else(own) else { return };
        let is_given = made.is_some_and(|made| made.queue.is_some());
        let Some(queue) = self.queue(&call, &argument, None) else { return };
        let range = if is_given { argument.range } else { call.callee_range };
        self.link(node, LinkKind::Polls, End::Piece(queue), Span { file: call.span.file, range }, None, true);
    }

    fn is_for_callers(&self, worker: &Worker) -> bool {
        let options = LISTS.into_iter().chain(["task_queue"]);
        let mut given = options.filter_map(|option| worker.call.argument(option)?.expr);
        given.any(|expr| self.handed_on_in(worker.span, expr).is_some_and(|(of, _)| Some(of) == worker.function))
    }

    fn made_for(&self, worker: &Worker, function: FunctionRef, call: (Located, ExprId)) -> MadeFor {
        let from = self.as_if_at(&worker.call, call.0);
        let given = |option: &str| {
            let (of, parameter) = self.handed_on_in(worker.span, worker.call.argument(option)?.expr?)?;
            (of == function).then_some(parameter)
        };
        let queue = given("task_queue").and_then(|parameter| {
            let argument = worker.call.argument("task_queue")?;
            Some((from.clone(), self.written_there(argument, &from, self.given(call, function, parameter)?)))
        });
        let list = |option: &str, own: &Listed| match given(option) {
            Some(parameter) => self.listed_by(call, function, parameter),
            None => own.clone(),
        };
        MadeFor {
            at: from.span,
            function: from.function,
            queue,
            workflows: list(LISTS[0], &worker.workflows),
            activities: list(LISTS[1], &worker.activities),
        }
    }

    /// The parameter that an expression is, or that it makes a list of: `list(workflows)`, `[*workflows]`.
    fn handed_on_in(&self, at: Span, expr: ExprId) -> Option<(FunctionRef, Name)> {
        let module = self.analysis.project.module(at.file);
        let inner = match module[expr] {
            Expr::Call { callee, arguments } => {
                let place = Place { file: at.file, frame: None };
                let made = self.analysis.evaluator.value(callee, place).only()?;
                let name = self.analysis.evaluator.outside_name(made)?;
                let [only] = module.list(arguments) else { return None };
                ["builtins.list", "builtins.tuple"].contains(&name.as_str()).then_some(only.value)?
            }
            Expr::List(items) | Expr::Tuple(items) => match module.list(items) {
                [only] => match module[*only] {
                    Expr::Starred(inner) => inner,
                    _ => return None,
                },
                _ => return None,
            },
            _ => expr,
        };
        self.parameter_of(at.file, inner)
    }

    /// What a call gives a parameter that is a list, or takes what is left.
    fn listed_by(&self, call: (Located, ExprId), function: FunctionRef, parameter: Name) -> Listed {
        let (evaluator, place) = (self.analysis.evaluator, call.0.place());
        let own = self.analysis.project.module(function.file);
        let parameters = own.parameters(function.function);
        let is_rest = |own: &&crate::semantic::Parameter| own.name == parameter && own.kind == ParameterKind::Rest;
        if parameters.iter().any(|own| is_rest(&own)) {
            return self.rest_of(call, function, parameter);
        }
        match self.given(call, function, parameter) {
            Some(expr) => Listed::of(evaluator, expr, place),
            None => match self.default(function, parameter) {
                Some(default) => Listed::of(evaluator, default, Place { file: function.file, frame: None }),
                None => Listed::unknown(),
            },
        }
    }

    /// The arguments that are left for `*rest`.
    fn rest_of(&self, (at, called): (Located, ExprId), function: FunctionRef, rest: Name) -> Listed {
        let module = self.analysis.project.module(at.file);
        let (Expr::Call { arguments, .. }, evaluator) = (module[at.expr], self.analysis.evaluator) else {
            return Listed::unknown();
        };
        let has_receiver = evaluator.value(called, at.place()).only().is_some_and(
            |value| matches!(evaluator.get(value), Value::Function(callable) if callable.receiver.is_some()),
        );
        let parameters = self.analysis.project.module(function.file).parameters(function.function);
        let before = parameters.iter().take_while(|own| own.name != rest).count();
        let before = before.saturating_sub(usize::from(has_receiver));
        let positional = |argument: &&Argument| matches!(argument.kind, ArgumentKind::Positional | ArgumentKind::Star);
        let mut listed = Listed::default();
        for argument in module.list(arguments).iter().filter(positional).skip(before) {
            let one = match argument.kind {
                ArgumentKind::Star => Listed::of(evaluator, argument.value, at.place()),
                _ => Listed::of_item(evaluator, argument.value, at.place()),
            };
            listed.is_open |= one.is_open;
            listed.items.extend(one.items);
        }
        listed
    }
}
