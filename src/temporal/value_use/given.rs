//! What becomes of a value that functions of the project are given.

use super::{Follower, ValueUse};
use crate::python::{Callable, Value};
use crate::semantic::{ArgumentKind, BindingId, BindingKind, Expr, ExprId};
use crate::temporal::code::{Graph, function_of};
use crate::temporal::following::Here;

impl<'r, 'p> Follower<'_, 'r, 'p> {
    /// What becomes of an argument in the functions of the project that a call runs; `None` where it may run anything else, or
    /// where it cannot be told which parameter takes the argument.
    pub(super) fn given_to_functions(
        &self,
        call: ExprId,
        kind: ArgumentKind,
        position: u32,
        steps: usize,
        becomes: &dyn Fn(&Self, BindingId) -> ValueUse,
    ) -> Option<ValueUse> {
        let module = self.module();
        let Expr::Call { callee, arguments } = module[call] else { return None };
        if steps <= 1 || module.list(arguments).iter().any(|given| given.kind == ArgumentKind::Star) {
            return None;
        }
        let evaluator = self.here.reach.evaluator();
        let Value::Function(callable) = evaluator.get(evaluator.value(callee, self.here.place()).single()?) else {
            return None;
        };
        let graph = Graph::new(self.here.reach);
        let led = graph.led_to_by(self.here.node, module.span(call));
        let is_it = |node| function_of(self.here.reach.node(node)) == Some(callable.function);
        let nodes: Vec<_> = led.filter(|node| is_it(*node)).collect();
        let uses: Option<Vec<ValueUse>> = nodes
            .into_iter()
            .map(|node| {
                let there = self.at(Here { reach: self.here.reach, node });
                Some(becomes(&there, there.parameter_taking(callable, kind, position)?))
            })
            .collect();
        uses?.into_iter().min()
    }

    /// The parameter of the function here that takes an argument, by itself.
    fn parameter_taking(&self, callable: &Callable, kind: ArgumentKind, position: u32) -> Option<BindingId> {
        let module = self.module();
        let function = callable.function.function;
        let is_bound = callable.receiver.is_some();
        let index = module.parameter_taking(function, is_bound, kind, usize::try_from(position).ok()?)?;
        let parameter = &module.parameters(function)[index];
        let is_it = |binding: &&BindingId| matches!(module[**binding].kind, BindingKind::Parameter { index: found } if usize::try_from(found) == Ok(index));
        module.bindings_of(module[function].scope, parameter.name).iter().find(is_it).copied()
    }
}
