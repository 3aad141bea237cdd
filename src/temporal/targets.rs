//! What an argument that names a workflow, activity or handler refers to.
//!
//! Knows: references to functions, methods and classes, `partial` around them, names as strings, and calls that were written
//! instead of references. Does not know: which worker registers it.

use super::analysis::Analysis;
use super::constants::Constant;
use super::definitions::Role;
use super::sdk_calls::{SdkArgument, SdkCall};
use crate::python::{ClassRef, FunctionRef, Place, Rest, Value, ValueId};
use crate::semantic::{Expr, Name};

/// What is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An activity, by position in [`Definitions::activities`](super::Definitions::activities).
    Activity(usize),
    /// A workflow's class, by position in [`Definitions::workflows`](super::Definitions::workflows).
    Workflow(usize),
    /// A method that the SDK calls.
    Handler {
        /// What for.
        role: Role,
        /// The workflow, by position in [`Definitions::workflows`](super::Definitions::workflows).
        workflow: Option<usize>,
        /// The method.
        function: FunctionRef,
    },
    /// Another function of the project.
    Function(FunctionRef),
    /// A class of the project that is no workflow.
    Class(ClassRef),
    /// An object of a class of the project that is no activity.
    Object(ClassRef),
    /// What a call of this function gives: the call stands where a reference belongs.
    Called(FunctionRef),
    /// A name.
    Name(Name),
    /// `functools.partial` around something.
    Partial,
}

impl Analysis<'_, '_> {
    /// What an argument refers to; nothing where that cannot be told, or may be several things.
    #[must_use]
    pub fn target_of(&self, call: &SdkCall, argument: &SdkArgument) -> Option<Target> {
        if let Some(called) = self.called_function(call, argument) {
            return Some(Target::Called(called));
        }
        if argument.values.rest == Rest::Anything {
            return None;
        }
        match argument.values.single() {
            Some(value) => self.target_value(value),
            None => match self.constant_of(call, argument)? {
                Constant::Text(name) => Some(Target::Name(name)),
                _ => None,
            },
        }
    }

    /// The project's function that an argument calls, where it gives a coroutine: `execute_activity(charge(order))`.
    fn called_function(&self, call: &SdkCall, argument: &SdkArgument) -> Option<FunctionRef> {
        let module = self.project.module(call.span.file);
        let Expr::Call { callee, .. } = module[argument.expr?] else { return None };
        let callee = self.evaluator.value(callee, Place { file: call.span.file, frame: None });
        let Value::Function(callable) = self.evaluator.get(callee.only()?) else { return None };
        let function = callable.function;
        let is_target = self.activity_of(function).is_some() || self.handler_of(function).is_some();
        let is_async = self.project.module(function.file)[function.function].is_async;
        (is_target || is_async).then_some(function)
    }

    fn target_value(&self, value: ValueId) -> Option<Target> {
        match self.evaluator.get(value) {
            Value::Function(callable) => Some(self.target_function(callable.function)),
            Value::Class(class, _) => {
                let is_it = |known: &super::definitions::Workflow| matches!(self.evaluator.get(known.class), Value::Class(other, _) if other == class);
                let workflow = self.definitions.workflows.iter().position(is_it);
                Some(workflow.map_or(Target::Class(*class), Target::Workflow))
            }
            Value::Instance(instance) => {
                let called = self.evaluator.class_attribute(value, Name::new("__call__"));
                let activity = called.single().and_then(|called| match self.evaluator.get(called) {
                    Value::Function(callable) => self.activity_of(callable.function),
                    _ => None,
                });
                Some(activity.map_or(Target::Object(instance.class), Target::Activity))
            }
            Value::Str(name) => Some(Target::Name(*name)),
            Value::Partial { .. } => Some(Target::Partial),
            _ => None,
        }
    }

    /// What a function of the project is to the SDK.
    #[must_use]
    pub fn target_function(&self, function: FunctionRef) -> Target {
        match (self.activity_of(function), self.handler_of(function)) {
            (Some(activity), _) => Target::Activity(activity),
            (None, Some((role, workflow))) => Target::Handler { role, workflow, function },
            (None, None) => Target::Function(function),
        }
    }

    /// The activity that a function is, by position.
    #[must_use]
    pub fn activity_of(&self, function: FunctionRef) -> Option<usize> {
        self.definitions.activities.iter().position(|activity| activity.function == function)
    }

    /// What the SDK calls a method for, and of which workflow.
    #[must_use]
    pub fn handler_of(&self, function: FunctionRef) -> Option<(Role, Option<usize>)> {
        let is_it = |entry: &&super::definitions::EntryPoint| {
            entry.role.is_workflow()
                && matches!(entry.root.code, crate::python::Code::Function(known) if known == function)
        };
        self.definitions.entry_points.iter().find(is_it).map(|entry| (entry.role, entry.workflow))
    }
}
