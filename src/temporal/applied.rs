//! What a decorator gives to `workflow.defn`, directly, by a partial call, or through a function of the project around it.
//!
//! Knows: the arguments that reach the SDK. Does not know: which decorator it is (`definitions`).

use super::definitions::Finder;
use crate::python::{Arguments, Callable, Place, Value, ValueId};
use crate::semantic::{Expr, ExprId};

/// Through how many functions of the project a decorator is followed.
const MOST_HOPS: usize = 3;

impl Finder<'_, '_> {
    /// What the SDK's decorator of a name is given where an expression decorates with it: once for each call that may do so.
    pub(super) fn given_to(&self, wanted: &str, decorator: ExprId, place: Place) -> Vec<Arguments> {
        let mut found = Vec::new();
        let applier = Applier { finder: self, wanted };
        applier.by_expression(decorator, place, 0, &mut found);
        found
    }
}

struct Applier<'f, 'e, 'p> {
    finder: &'f Finder<'e, 'p>,
    wanted: &'f str,
}

impl Applier<'_, '_, '_> {
    fn by_expression(&self, decorator: ExprId, place: Place, hops: usize, found: &mut Vec<Arguments>) {
        let evaluator = self.finder.evaluator;
        let (callee, given) = match evaluator.project().module(place.file)[decorator] {
            Expr::Call { callee, .. } => (callee, evaluator.arguments_of(decorator, place)),
            _ => (decorator, None),
        };
        let before = found.len();
        for value in &evaluator.value(callee, place).known {
            self.by_value(*value, given.clone().unwrap_or_default(), hops, found);
        }
        if found.len() == before && given.is_some() {
            // `@partial(workflow.defn, …)`: what the call gives decorates.
            for value in &evaluator.value(decorator, place).known {
                if matches!(evaluator.get(*value), Value::Partial { .. }) {
                    self.by_value(*value, Arguments::default(), hops, found);
                }
            }
        }
    }

    fn by_value(&self, value: ValueId, given: Arguments, hops: usize, found: &mut Vec<Arguments>) {
        match self.finder.evaluator.get(value) {
            Value::Outside(name) if self.finder.of_sdk(*name) == Some(self.wanted) => found.push(given),
            // Configured elsewhere.
            Value::ResultOf(name) if self.finder.of_sdk(*name) == Some(self.wanted) => found.push(Arguments::open()),
            Value::Partial { callee, arguments } if hops < MOST_HOPS => {
                for callee in &callee.known {
                    self.by_value(*callee, arguments.joined(&given), hops + 1, found);
                }
            }
            Value::Function(callable)
                if hops < MOST_HOPS && self.finder.wraps(callable.function) == Some(self.wanted) =>
            {
                self.by_function(callable, &given, hops + 1, found);
            }
            _ => {}
        }
    }

    /// What a function of the project gives to the decorator that it applies.
    fn by_function(&self, callable: &Callable, given: &Arguments, hops: usize, found: &mut Vec<Arguments>) {
        let evaluator = self.finder.evaluator;
        let file = callable.function.file;
        let module = evaluator.project().module(file);
        let range = module[callable.function.function].range;
        let place = Place { file, frame: evaluator.frame_of_call(callable, given) };
        for call in module.calls().iter().filter(|call| range.contains_range(module.span(**call))) {
            let Expr::Call { callee, .. } = module[*call] else { continue };
            // `workflow.defn(…)(cls)`: the inner call is looked at itself.
            if matches!(module[callee], Expr::Call { .. }) {
                continue;
            }
            let given = evaluator.arguments_of(*call, place).unwrap_or_default();
            for value in &evaluator.value(callee, place).known {
                self.by_value(*value, given.clone(), hops, found);
            }
        }
    }
}
