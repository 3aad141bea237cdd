//! What the decorators of Nexus services say.
//!
//! Knows: `@nexusrpc.service`, and how a decorator's arguments are found. Does not know: who handles or calls a service.

use super::analysis::Analysis;
use crate::python::{ClassRef, Place, Value};
use crate::semantic::{ArgumentKind, Expr, ExprId, Name};
use crate::source::FileId;

/// The decorator that declares a service.
pub(super) const SERVICE: &str = "nexusrpc.service";

impl Analysis<'_, '_> {
    /// Which decorator from outside it is.
    pub(super) fn outside_decorator(&self, file: FileId, decorator: ExprId) -> Option<Name> {
        let callee = match self.project.module(file)[decorator] {
            Expr::Call { callee, .. } => callee,
            _ => decorator,
        };
        let values = self.evaluator.value(callee, Place { file, frame: None });
        values.single().and_then(|value| self.evaluator.outside_name(value))
    }

    /// An argument of a decorator, by its name.
    pub(super) fn decorator_argument(&self, file: FileId, decorator: ExprId, name: &str) -> Option<ExprId> {
        let module = self.project.module(file);
        let Expr::Call { arguments, .. } = module[decorator] else { return None };
        let is_it = |kind: ArgumentKind| matches!(kind, ArgumentKind::Keyword(known) if known == name);
        module.list(arguments).iter().find(|argument| is_it(argument.kind)).map(|argument| argument.value)
    }

    /// The name under which a service is called: its decorator's, else its class's.
    pub(super) fn name_of_service(&self, class: ClassRef, decorator: Option<ExprId>) -> String {
        let place = Place { file: class.file, frame: None };
        let told = decorator.and_then(|decorator| self.decorator_argument(class.file, decorator, "name"));
        let told = told.and_then(|name| self.evaluator.value(name, place).single());
        match told.map(|name| self.evaluator.get(name)) {
            Some(Value::Str(name)) => name.to_string(),
            _ => self.project.module(class.file).qualified_class_name(class.class),
        }
    }

    /// The decorator that declares a class as a service.
    pub(super) fn service_decorator(&self, class: ClassRef) -> Option<ExprId> {
        let module = self.project.module(class.file);
        let is_it =
            |decorator: &&ExprId| self.outside_decorator(class.file, **decorator).is_some_and(|name| name == SERVICE);
        module.list(module[class.class].decorators).iter().find(is_it).copied()
    }
}
