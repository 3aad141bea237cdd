//! Questions about what a value can do: whether it can be called or awaited.
//!
//! Knows: what the project's values answer. Does not know: which callables ask; the tables say so.

use super::Evaluator;
use crate::python::value::{Arguments, Value, ValueId, Values};
use crate::python::world::Asked;
use crate::semantic::Name;

impl Evaluator<'_> {
    /// What a value answers, as far as that can be told.
    pub(super) fn asked(&self, asked: Asked, id: ValueId) -> Option<bool> {
        let value = self.get(id);
        if is_plain(value) {
            return Some(false);
        }
        match (asked, value) {
            (Asked::Callable, Value::Function(_) | Value::Class(..) | Value::Partial { .. }) => Some(true),
            // What has a name outside may be a constant there.
            (Asked::Callable, Value::Outside(name)) => self.world.is_callable(*name).then_some(true),
            (Asked::Callable, Value::Instance(_)) => self.has_method(id, "__call__"),
            (Asked::Callable, Value::Awaitable { .. }) => Some(false),
            (Asked::CoroutineFunction, Value::Function(callable)) => {
                let function = callable.function;
                Some(self.project.module(function.file)[function.function].gives_coroutines())
            }
            (
                Asked::CoroutineFunction,
                Value::Class(..) | Value::Module(_) | Value::Awaitable { .. } | Value::Member(..),
            ) => Some(false),
            (
                Asked::Awaitable | Asked::Coroutine,
                Value::Function(_) | Value::Class(..) | Value::Module(_) | Value::Partial { .. },
            ) => Some(false),
            (Asked::Awaitable, Value::Awaitable { .. }) => Some(true),
            (Asked::Awaitable, Value::Instance(_)) => self.has_method(id, "__await__"),
            (Asked::Coroutine, Value::Instance(_)) => self.has_method(id, "send").filter(|has| !has),
            _ => None,
        }
    }

    /// Whether the class of an object has a method; nothing where that cannot be told.
    #[must_use]
    pub fn has_method(&self, object: ValueId, name: &str) -> Option<bool> {
        if self.find_in_class(object, Name::new(name)).is_some() {
            return Some(true);
        }
        (!self.may_have_method(object, &[name])).then_some(false)
    }

    /// What a call that asks gives.
    pub(in crate::python) fn answers(&self, asked: Asked, arguments: &Arguments) -> Option<Values> {
        let object = arguments.positional.first().filter(|object| !object.known.is_empty())?;
        let mut answers = Values::NEVER.with_rest(object.rest);
        for value in &object.known {
            answers.add(self.store.id(Value::Bool(self.asked(asked, *value)?)));
        }
        Some(answers)
    }
}

/// What can neither be called nor awaited.
fn is_plain(value: &Value) -> bool {
    matches!(
        value,
        Value::None
            | Value::Str(_)
            | Value::Int(_)
            | Value::Bool(_)
            | Value::Items(..)
            | Value::Table(_)
            | Value::Set { .. }
    )
}
