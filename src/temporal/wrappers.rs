//! What decorators of libraries do around each call of a function.
//!
//! Knows: which decorators stand at a reached function, and with what they were called. Does not know: what they do; the
//! tables say so of `library.decorator()()`.

use super::analysis::ReachedCode;
use crate::python::{Code, Event, EventKind, NodeId, Place};
use crate::semantic::{Expr, Name};

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
            arguments: reached.reach.given_at(arguments, place),
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
