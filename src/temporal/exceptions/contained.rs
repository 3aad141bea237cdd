use super::classes::Kinds;
use super::code::{Graph, bindings_of};
use super::outcome::{Held, any_outcome_of};
use crate::python::{Evaluator, FunctionRef, NodeId, Place, Value};
use crate::semantic::{ArgumentKind, BindingKind, Body, Expr, ExprId, Module, Name, Stmt, Suite, Try, TryId};
use crate::temporal::analysis::ReachedCode;

const EXCEPTION: &str = "builtins.Exception";

/// Whether all that a call of `gather` is given are coroutines of the project that let no `Exception` out: a handler of their
/// own takes each.
pub fn lets_nothing_out(reached: &ReachedCode<'_>, node: NodeId, gather: ExprId) -> bool {
    let graph = Graph::new(&reached.reach);
    let module = graph.module(node);
    let Expr::Call { arguments, .. } = module[gather] else { return false };
    let given: Vec<_> =
        module.list(arguments).iter().filter(|given| !matches!(given.kind, ArgumentKind::Keyword(_))).collect();
    !given.is_empty()
        && given.into_iter().all(|given| match given.kind {
            ArgumentKind::Star => items_of(module, given.value)
                .is_some_and(|items| items.into_iter().all(|item| is_contained(&graph, node, item))),
            _ => is_contained(&graph, node, given.value),
        })
}

/// What a list holds that is written down, or made by a comprehension, here or where its name is bound.
fn items_of(module: &Module, list: ExprId) -> Option<Vec<ExprId>> {
    match module[list] {
        Expr::Comprehension(comprehension) => Some(vec![module[comprehension].element]),
        Expr::List(items) | Expr::Tuple(items) => Some(module.list(items).to_vec()),
        Expr::Name { .. } => match bindings_of(module, list) {
            [only] => match module[*only].kind {
                BindingKind::Assign { value, path, .. }
                    if path.is_empty() && matches!(module[value], Expr::Comprehension(_)) =>
                {
                    items_of(module, value)
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Whether a coroutine, or a task of one, is of a function of the project that lets no `Exception` out.
fn is_contained(graph: &Graph<'_, '_>, node: NodeId, coroutine: ExprId) -> bool {
    let module = graph.module(node);
    let Expr::Call { callee, arguments } = module[coroutine] else { return false };
    let is_task = |name: &Name| matches!(name.as_str(), "asyncio.create_task" | "asyncio.ensure_future");
    if graph.outside_names(callee, node).iter().any(is_task) {
        return module.list(arguments).first().is_some_and(|first| is_contained(graph, node, first.value));
    }
    let evaluator = graph.reach.evaluator();
    let called = graph.value(callee, node);
    called.only().is_some_and(|called| match evaluator.get(called) {
        Value::Function(callable) => catches_all(evaluator, callable.function),
        _ => false,
    })
}

fn catches_all(evaluator: &Evaluator<'_>, function: FunctionRef) -> bool {
    let module = evaluator.project().module(function.file);
    let Body::Statements(body) = module[function.function].body else { return false };
    let place = Place { file: function.file, frame: None };
    let tries = super::code::statements(module, body, |statement| matches!(statement, Stmt::Try(_)));
    module[function.function].is_async && !tries.is_empty() && is_caught(evaluator, module, body, place)
}

/// Whether what may raise in a suite stands in a `try` that lets no `Exception` out.
fn is_caught(evaluator: &Evaluator<'_>, module: &Module, suite: Suite, place: Place) -> bool {
    module.list(suite).iter().all(|statement| match module[*statement] {
        Stmt::Nothing | Stmt::Return(None) => true,
        Stmt::Return(Some(value)) | Stmt::Assign { value, .. } | Stmt::Declare { value: Some(value), .. } => {
            is_plain(module, value)
        }
        Stmt::With(with) => is_caught(evaluator, module, module[with].body, place),
        Stmt::Try(tried) => {
            let Try { body, orelse, finally, .. } = module[tried];
            (takes_all(evaluator, module, tried, place) || is_caught(evaluator, module, body, place))
                && is_caught(evaluator, module, orelse, place)
                && !awaits(module, finally)
        }
        _ => false,
    })
}

/// Whether something is awaited in a suite.
fn awaits(module: &Module, suite: Suite) -> bool {
    let spans: Vec<_> = module.list(suite).iter().map(|statement| module.statement_span(*statement)).collect();
    module.waits().iter().any(|(_, wait)| spans.iter().any(|span| span.contains_range(*wait)))
}

fn takes_all(evaluator: &Evaluator<'_>, module: &Module, tried: TryId, place: Place) -> bool {
    let class = evaluator.store().id(Value::Outside(Name::new(EXCEPTION)));
    let handlers = module.list(module[tried].handlers);
    let takes = |kinds: &Kinds| kinds.take_outside(evaluator, EXCEPTION) == Some(true);
    handlers.iter().any(|handler| takes(&Kinds::of(evaluator, handler.kind, place)))
        && handlers.iter().all(|handler| {
            let outcome = any_outcome_of(evaluator, handler, &Held::Exception(class), place);
            !outcome.raises && !outcome.raises_again
        })
}

/// Whether an expression runs nothing.
fn is_plain(module: &Module, expr: ExprId) -> bool {
    let mut found = false;
    super::code::each_within(module, expr, &mut |part| {
        found |= matches!(module[part], Expr::Await(_) | Expr::Call { .. } | Expr::Subscript { .. });
    });
    !found
}
