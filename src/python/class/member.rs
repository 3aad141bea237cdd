//! What a class body, or a decorated definition, binds a name to.
//!
//! Knows: how a method takes its receiver, and what decorators make of functions and classes. Does not know: the order
//! in which classes are asked (`class`), or what an object holds (`eval::attribute`).

use super::super::eval::{Evaluator, Place, Query};
use super::super::value::{Callable, ClassRef, FrameId, Value, Values};
use crate::python::value::Arguments;
use crate::python::world::HandOff;
use crate::semantic::{BindingId, BindingKind, ClassId, Expr, ExprId, FunctionId, Module, Name};
use crate::source::FileId;

/// How a method takes its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodKind {
    /// As its first parameter.
    Plain,
    /// Not at all.
    Static,
    /// The class, as its first parameter.
    Class,
    /// By a read of the attribute.
    Property,
}

/// What a class body binds a name to.
pub(in crate::python) enum Member {
    Method(FunctionId, MethodKind),
    Value {
        value: ExprId,
        annotation: Option<ExprId>,
        place: Place,
    },
    /// `region = property(_region)`.
    Getter(Callable),
    Annotation(ExprId, Place),
    Other(Values),
}

impl Evaluator<'_> {
    /// How a method takes its receiver, from its decorators.
    pub fn method_kind(&self, file: FileId, function: FunctionId) -> MethodKind {
        let module = self.project.module(file);
        if matches!(module[function].name.as_str(), "__new__" | "__init_subclass__" | "__class_getitem__") {
            return MethodKind::Class;
        }
        for decorator in module.list(module[function].decorators) {
            let (Expr::Name { name, .. } | Expr::Attribute { name, .. }) = module[*decorator] else { continue };
            match name.as_str() {
                "staticmethod" => return MethodKind::Static,
                "classmethod" => return MethodKind::Class,
                "property" | "cached_property" | "abstractproperty" | "setter" | "getter" => {
                    return MethodKind::Property;
                }
                _ => {}
            }
        }
        MethodKind::Plain
    }

    /// A name in a class body: its last binding, evaluated there.
    pub(in crate::python) fn class_member(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        name: Name,
    ) -> Option<Member> {
        let module = self.project.module(class.file);
        let ids = module.bindings_of(module[class.class].scope, name);
        let place = Place { file: class.file, frame: outer };
        let last = module[*ids.last()?];
        Some(match last.kind {
            BindingKind::Function(function) => {
                // `@name.setter` rebinds the name; the getter is the first.
                let first = ids.iter().find_map(|id| match module[*id].kind {
                    BindingKind::Function(function) => Some(function),
                    _ => None,
                });
                let kind = self.method_kind(class.file, function);
                let function = if kind == MethodKind::Property { first.unwrap_or(function) } else { function };
                Member::Method(function, kind)
            }
            BindingKind::Declare { annotation } => Member::Annotation(annotation, place),
            BindingKind::Assign { value, annotation, path } if path.is_empty() => {
                match self.getter_given(module, value, place) {
                    Some(getter) => Member::Getter(getter),
                    None => Member::Value { value, annotation, place },
                }
            }
            _ => {
                let all = ids.iter().map(|id| self.live_binding(*id, place));
                Member::Other(Values::union(all))
            }
        })
    }

    /// The function that `property(…)` is given.
    fn getter_given(&self, module: &Module, value: ExprId, place: Place) -> Option<Callable> {
        let Expr::Call { callee, arguments } = module[value] else { return None };
        let (Expr::Name { name, .. } | Expr::Attribute { name, .. }) = module[callee] else { return None };
        let parameter = match name.as_str() {
            "property" => "fget",
            "cached_property" => "func",
            _ => return None,
        };
        match self.get(self.arguments(arguments, place).get(0, parameter)?.single()?) {
            Value::Function(callable) => Some(*callable),
            _ => None,
        }
    }

    /// The bindings of a class body that may have given a name its value in the end: several where a test decided.
    pub(in crate::python) fn class_bindings(&self, class: ClassRef, name: Name) -> Vec<BindingId> {
        let module = self.project.module(class.file);
        let scope = module[class.class].scope;
        let Some(variable) = module.variable(scope, name) else { return Vec::new() };
        let place = Place { file: class.file, frame: None };
        let mut found = module.reaching(variable, module[scope].exit, BindingId::END);
        found.retain(|binding| self.may_run(module[*binding].block, place));
        found
    }

    /// The class of a definition, through its decorators.
    pub(in crate::python) fn defined_class(&self, file: FileId, class: ClassId, frame: Option<FrameId>) -> Values {
        self.ask(Query::Class(file, class, frame))
    }

    pub(in crate::python) fn made_class(&self, file: FileId, class: ClassId, frame: Option<FrameId>) -> Values {
        let module = self.project.module(file);
        let in_function = module.function_around(module[class].parent).is_some();
        if in_function {
            self.look_at_frame();
        }
        let plain = self.only(Value::Class(ClassRef { file, class }, if in_function { frame } else { None }));
        let place = Place { file, frame };
        module.list(module[class].decorators).iter().rev().fold(plain, |inner, decorator| {
            let applied = self.decorated(*decorator, &inner, place);
            // A class decorator that gives a class is believed; whatever else it gives, the class stays itself.
            match applied.single().map(|applied| self.get(applied)) {
                Some(Value::Class(..)) => applied,
                _ => inner,
            }
        })
    }

    /// The function of a definition, through its decorators. A question where it has any: they may be made with it.
    pub(in crate::python) fn defined_function(
        &self,
        file: FileId,
        function: FunctionId,
        frame: Option<FrameId>,
    ) -> Values {
        if self.project.module(file)[function].decorators.is_empty() {
            return self.closure(file, function, frame);
        }
        self.ask(Query::Function(file, function, frame))
    }

    pub(in crate::python) fn made_function(
        &self,
        file: FileId,
        function: FunctionId,
        frame: Option<FrameId>,
    ) -> Values {
        let module = self.project.module(file);
        let plain = self.closure(file, function, frame);
        let place = Place { file, frame };
        module.list(module[function].decorators).iter().rev().fold(plain, |inner, decorator| {
            let applied = self.decorated(*decorator, &inner, place);
            let callable = |value: &super::super::ValueId| {
                matches!(
                    self.get(*value),
                    Value::Function(_) | Value::Partial { .. } | Value::Instance(_) | Value::ResultOf(_)
                )
            };
            if !applied.known.is_empty() && applied.known.iter().all(callable) { applied } else { inner }
        })
    }

    /// What a decorator makes of a value.
    fn decorated(&self, decorator: ExprId, inner: &Values, place: Place) -> Values {
        let applied = self.value(decorator, place);
        let applies = |value: &super::super::ValueId| {
            matches!(
                self.get(*value),
                Value::Function(_) | Value::Partial { .. } | Value::Instance(_) | Value::Class(..)
            )
        };
        if applied.known.is_empty() || !applied.known.iter().all(applies) {
            return self.decorated_outside(&applied, inner);
        }
        self.result(&applied, &Arguments::positional(vec![inner.clone()]))
    }

    /// A decorator from outside gives back what it is given, unless it takes it elsewhere.
    fn decorated_outside(&self, applied: &Values, inner: &Values) -> Values {
        let elsewhere = applied.known.iter().find_map(|value| match self.get(*value) {
            Value::Outside(name) | Value::ResultOf(name)
                if matches!(self.world.hand_off(*name), HandOff::Elsewhere | HandOff::MakesElsewhere) =>
            {
                Some(*name)
            }
            _ => None,
        });
        elsewhere.map_or_else(|| inner.clone(), |name| self.only(Value::ResultOf(name)))
    }
}
