//! The names of functions as the server knows them.
//!
//! Knows: names that decorators of the SDK give, and that `functools.wraps` hands a function's name on to what a decorator of
//! the project's own puts in its place. Does not know: what is done with a name.

use super::build::Builder;
use crate::python::{FrameId, FunctionRef, Place, Value};
use crate::semantic::{Argument, ArgumentKind, Expr, Name};
use crate::temporal::signatures::WireName;
use crate::temporal::targets::Target;

/// How many decorators are seen through.
const MOST_WRAPPERS: usize = 8;

impl Builder<'_, '_, '_> {
    /// The name by which the server knows what a function is, else the function's own.
    pub(super) fn word_of_function(&self, function: FunctionRef, outer: Option<FrameId>) -> String {
        let (mut function, mut outer) = (function, outer);
        for _ in 0..MOST_WRAPPERS {
            let (own, given) = (self.own_name(function), self.given_name(function));
            if let Some(name) = given.filter(|name| *name != own) {
                return name.as_str().to_owned();
            }
            match self.wrapped(function, outer) {
                Some(inner) => (function, outer) = inner,
                None => break,
            }
        }
        self.own_name(function).as_str().to_owned()
    }

    fn own_name(&self, function: FunctionRef) -> Name {
        self.evaluator.project().module(function.file)[function.function].name
    }

    /// The name that a decorator of the SDK gives it.
    fn given_name(&self, function: FunctionRef) -> Option<Name> {
        let definitions = &self.analysis.definitions;
        let wire = match self.analysis.target_function(function) {
            Target::Activity(activity) => self.analysis.wire_of_activity(&definitions.activities[activity])?,
            Target::Handler { workflow: Some(workflow), role: crate::temporal::Role::Run, .. } => {
                self.analysis.wire_of_workflow(&definitions.workflows[workflow])
            }
            _ => return None,
        };
        match wire {
            WireName::Known(name) => Some(name),
            _ => None,
        }
    }

    /// What a function takes its name from: `@functools.wraps(…)` stands at it.
    fn wrapped(&self, function: FunctionRef, outer: Option<FrameId>) -> Option<(FunctionRef, Option<FrameId>)> {
        let module = self.evaluator.project().module(function.file);
        let place = Place { file: function.file, frame: outer };
        module.list(module[function.function].decorators).iter().find_map(|decorator| {
            let Expr::Call { callee, arguments } = module[*decorator] else { return None };
            let callee = self.evaluator.value(callee, place).only()?;
            self.evaluator.outside_name(callee).filter(|name| *name == "functools.wraps")?;
            let first: &Argument = module.list(arguments).first()?;
            let value = (first.kind == ArgumentKind::Positional).then(|| self.evaluator.value(first.value, place))?;
            match self.evaluator.get(value.only()?) {
                Value::Function(callable) => Some((callable.function, callable.outer)),
                _ => None,
            }
        })
    }
}
