//! What decorators of libraries do around each call of a function.
//!
//! Knows: which decorators stand at a reached function, and with what they were called. Does not know: what they do; the
//! tables say so of `library.decorator()()`.

use super::analysis::ReachedCode;
use crate::python::{Code, Event, EventKind, Given, GivenArguments, NodeId, Place};
use crate::semantic::{Argument, ArgumentKind, Expr, Module, Name};

/// The calls that decorators make of a plain function where it is called, as events at the decorators. A coroutine function
/// only makes a coroutine when it is called.
#[must_use]
pub fn calls_of_wrappers(reached: &ReachedCode<'_>, node: NodeId) -> Vec<Event> {
    let Code::Function(function) = reached.reach.node(node).code else { return Vec::new() };
    let evaluator = reached.reach.evaluator();
    let module = evaluator.project().module(function.file);
    let definition = &module[function.function];
    if definition.is_async {
        return Vec::new();
    }
    let called = |decorator| {
        let Expr::Call { callee, arguments } = module[decorator] else { return None };
        let place = Place { file: function.file, frame: None };
        let name = evaluator.outside_name(evaluator.value(callee, place).only()?)?;
        let kind = EventKind::Call {
            callee: Name::new(&format!("{name}()()")),
            receiver: None,
            arguments: given(module, module.list(arguments)),
            handed: true,
            awaited: false,
            unused: false,
            doubtful: false,
        };
        let range = module.span(decorator);
        Some(Event { kind, range, expr: None, block: None, unlikely: false, shielded: false })
    };
    module.list(definition.decorators).iter().filter_map(|decorator| called(*decorator)).collect()
}

/// What a decorator was called with, as far as it tells what is given at all.
fn given(module: &Module, arguments: &[Argument]) -> GivenArguments {
    let mut given = GivenArguments::default();
    for argument in arguments {
        let value = if matches!(module[argument.value], Expr::None) { Given::None } else { Given::Unknown };
        match argument.kind {
            ArgumentKind::Positional => given.positional.push(value),
            ArgumentKind::Keyword(name) => given.named.push((name, value)),
            ArgumentKind::Star | ArgumentKind::DoubleStar => {}
        }
    }
    given
}
