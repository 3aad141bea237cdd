use std::rc::Rc;

use super::arguments::Body;
use super::classes::{Ancestor, Member, MethodKind};
use super::evaluate::{Evaluator, says_little};
use super::stores::Filled;
use super::value::{Arguments, Callable, ClassRef, FrameId, FunctionRef, Instance, Literal, Place, Value};
use crate::semantic::{ScopeKind, named_by};
use crate::source::ast::{self, Expr, Ranged};

/// What looking a name up on an object finds.
#[derive(Debug, Clone)]
pub(super) enum Found<'a> {
    /// A value, methods bound.
    Value(Value<'a>),
    /// A property: reading it runs this.
    Property(Callable<'a>),
    /// A class attribute's initialiser, which ran when the class was made.
    Static(&'a Expr, Place, Value<'a>),
}

impl<'a> Evaluator<'_, 'a> {
    /// `value.name`.
    pub fn attribute(&self, value: &Value<'a>, name: &'a str) -> Value<'a> {
        self.deeper(|| value.map(|value| self.single_attribute(value, name)))
    }

    fn single_attribute(&self, value: &Value<'a>, name: &'a str) -> Value<'a> {
        match value {
            Value::Module(file) => {
                let bound = self.global(*file, name, None);
                if !bound.is_unknown() {
                    return bound;
                }
                self.project
                    .submodule(value, name)
                    .or_else(|| self.module_getattr(*file, name))
                    .unwrap_or(Value::Unknown)
            }
            Value::Namespace(_) => self.project.submodule(value, name).unwrap_or(Value::Unknown),
            Value::External(owner) => self.external_attribute(owner, name),
            Value::ExternalInstance(class) => self.external_attribute(class, name),
            Value::Set { .. } => self.external(&format!("builtins.set.{name}")),
            Value::Literal(Literal::Str(_)) => self.external(&format!("builtins.str.{name}")),
            Value::Items(_) | Value::Many(_) => self.external(&format!("builtins.list.{name}")),
            Value::Table(_) => self.external(&format!("builtins.dict.{name}")),
            Value::Class(..)
            | Value::Instance(_)
            | Value::Super(..)
            | Value::DynamicClass(_)
            | Value::DynamicInstance(_) => match self.find(value, name) {
                Some(Found::Value(value)) => value,
                Some(Found::Static(_, _, value)) => match self.method(&value, "__get__") {
                    Some(getter) => {
                        self.result(&Value::Function(getter), &Arguments { open: true, ..Arguments::default() })
                    }
                    None => value,
                },
                Some(Found::Property(getter)) => self.result(&Value::Function(getter.into()), &Arguments::default()),
                None => self.dynamic_attribute(value, name),
            },
            Value::Function(_) | Value::Partial(_) if matches!(name, "__wrapped__" | "__func__" | "__call__") => {
                value.clone()
            }
            _ => Value::Unknown,
        }
    }

    fn external_attribute(&self, owner: &str, name: &str) -> Value<'a> {
        let qualified = format!("{owner}.{name}");
        let canonical = self.world.canonical(&qualified);
        match self.world.attribute(&canonical) {
            Some(class) => self.external_instance(class),
            None => Value::External(canonical.into()),
        }
    }

    /// `def __getattr__(name)` of a module (PEP 562).
    fn module_getattr(&self, file: crate::source::FileId, name: &'a str) -> Option<Value<'a>> {
        let hook = self.global(file, "__getattr__", None);
        if !matches!(hook, Value::Function(_)) {
            return None;
        }
        Some(self.result(&hook, &asked_for(name)))
    }

    /// `__getattr__` of a class, for names that are not found.
    fn dynamic_attribute(&self, value: &Value<'a>, name: &'a str) -> Value<'a> {
        if name.starts_with("__") || !matches!(value, Value::Instance(_)) {
            return Value::Unknown;
        }
        match self.find(value, "__getattr__") {
            Some(Found::Value(hook @ Value::Function(_))) => self.result(&hook, &asked_for(name)),
            _ => Value::Unknown,
        }
    }

    /// Looks a name up on an object or class of the project.
    pub(super) fn find(&self, value: &Value<'a>, name: &str) -> Option<Found<'a>> {
        match value {
            Value::Instance(instance) => self.find_on_instance(instance, value, name),
            Value::Class(class, outer) => self.find_in(&self.ancestors(*class, *outer), value, name, None),
            Value::Super(receiver, after) => {
                let order = match &**receiver {
                    Value::Instance(instance) => self.ancestors(instance.class, None),
                    Value::Class(class, outer) => self.ancestors(*class, *outer),
                    Value::DynamicInstance(class) | Value::DynamicClass(class) => self.dynamic_ancestors(class),
                    _ => return None,
                };
                let skip =
                    order.iter().position(|item| matches!(item, Ancestor::Project(class, _) if class == after))?;
                self.find_in(&order[skip + 1..], receiver, name, None)
            }
            Value::DynamicClass(class) | Value::DynamicInstance(class) => {
                self.find_in(&self.dynamic_ancestors(class), value, name, None)
            }
            _ => None,
        }
    }

    fn find_on_instance(&self, instance: &Rc<Instance<'a>>, value: &Value<'a>, name: &str) -> Option<Found<'a>> {
        if let Some((_, field)) = instance.fields.iter().find(|(field, _)| *field == name) {
            return Some(Found::Value(field.clone()));
        }
        let order = self.ancestors(instance.class, None);
        let assigned = self.assigned_attribute(instance, &order, name);
        if let Some(known) = assigned.clone().filter(|value| !value.is_unknown()) {
            // A data descriptor of the class comes before what the object holds.
            return match self.find_in(&order, value, name, Some(instance)) {
                Some(Found::Static(initialiser, place, held)) if self.method(&held, "__get__").is_some() => {
                    Some(Found::Static(initialiser, place, held))
                }
                _ => Some(Found::Value(known)),
            };
        }
        self.find_in(&order, value, name, Some(instance)).or_else(|| assigned.map(Found::Value))
    }

    /// What methods assign to `self.name`.
    fn assigned_attribute(&self, instance: &Instance<'a>, order: &[Ancestor<'a>], name: &str) -> Option<Value<'a>> {
        let mut values = Vec::new();
        let mut assigned = false;
        let mut is_state = false;
        for ancestor in order {
            let Ancestor::Project(owner, _) = ancestor else { continue };
            let module = self.project.module(owner.file);
            for binding in module.class(owner.class).attributes.get(name).into_iter().flatten() {
                assigned = true;
                let function = module.function(binding.function);
                let frame = self.attribute_frame(instance, owner, binding.function);
                let place = Place { file: owner.file, scope: function.scope, frame };
                let value = binding.value.map_or(Value::Unknown, |value| self.value(value, place));
                let value = match binding.annotation {
                    Some(annotation) if says_little(&value) || value == Value::NONE => {
                        self.declared(annotation, place, value)
                    }
                    _ => value,
                };
                // A flag that is written down as a constant is the object's state: it changes.
                if !matches!(binding.value, Some(Expr::NoneLiteral(_) | Expr::BooleanLiteral(_))) {
                    values.push(value);
                } else {
                    is_state = true;
                    values.extend(Some(value).filter(|value| !is_flag(value)));
                }
            }
        }
        if is_state {
            values.retain(|value| !is_flag(value));
        }
        assigned.then(|| self.filled(Value::union(values), name, &Filled::Attribute(order)))
    }

    /// The frame in which a method of an object assigns its attributes: the constructor's, where it is that.
    fn attribute_frame(
        &self,
        instance: &Instance<'a>,
        owner: &ClassRef,
        function: crate::semantic::FunctionId,
    ) -> Option<FrameId> {
        let init = instance.init?;
        let frame = self.frame(init);
        let module = self.project.module(owner.file);
        (frame.file == owner.file && frame.scope == module.function(function).scope).then_some(init)
    }

    fn find_in(
        &self,
        order: &[Ancestor<'a>],
        receiver: &Value<'a>,
        name: &str,
        instance: Option<&Rc<Instance<'a>>>,
    ) -> Option<Found<'a>> {
        for ancestor in order {
            match ancestor {
                Ancestor::Project(owner, outer) => {
                    if let Some(added) = self.added_by_decorator(*owner, name) {
                        return Some(Found::Value(self.bound_to(&added, receiver)));
                    }
                    if let Some(found) = self.member(*owner, *outer, name, receiver, instance) {
                        return Some(found);
                    }
                }
                Ancestor::Dynamic(class) => {
                    if let Some((_, value)) = class.members.iter().find(|(member, _)| *member == name) {
                        return Some(Found::Value(self.bound_to(value, receiver)));
                    }
                }
                Ancestor::External(base)
                    if !matches!(&**base, "builtins.object" | "abc.ABC" | "typing.Generic" | "typing.Protocol") =>
                {
                    if name.starts_with("__") && !self.world.knows(&format!("{base}.{name}")) {
                        continue;
                    }
                    return Some(Found::Value(self.external_attribute(base, name)));
                }
                Ancestor::External(_) | Ancestor::Unknown => {}
            }
        }
        None
    }

    fn member(
        &self,
        owner: ClassRef,
        outer: Option<FrameId>,
        name: &str,
        receiver: &Value<'a>,
        instance: Option<&Rc<Instance<'a>>>,
    ) -> Option<Found<'a>> {
        match self.class_member(owner, outer, name)? {
            Member::Method(function, kind) => {
                let plain = self.defined_function(owner.file, function, outer);
                let on_object = matches!(receiver, Value::Instance(_) | Value::DynamicInstance(_));
                Some(match kind {
                    MethodKind::Static => Found::Value(plain),
                    MethodKind::Class => Found::Value(self.bound_to(&plain, &self.class_of(receiver))),
                    MethodKind::Property if on_object => {
                        let function = FunctionRef { file: owner.file, function };
                        Found::Property(Callable { function, receiver: Some(receiver.clone()), outer })
                    }
                    MethodKind::Plain if on_object => Found::Value(self.bound_to(&plain, receiver)),
                    MethodKind::Plain | MethodKind::Property => Found::Value(plain),
                })
            }
            Member::Value { value, annotation, place } => {
                if self.is_enum(owner) && matches!(receiver, Value::Class(..)) {
                    return Some(Found::Value(self.enum_member(owner, outer, value, place)));
                }
                let on_object = matches!(receiver, Value::Instance(_));
                // A field's default is what a constructor that is not seen may have left.
                if on_object && self.has_generated_constructor(owner, outer) {
                    let declared = annotation.map_or(Value::Unknown, |annotation| self.annotated(annotation, place));
                    return Some(Found::Value(declared));
                }
                let evaluated = match self.value(value, place) {
                    flag if on_object && is_flag(&flag) => Value::Unknown,
                    Value::External(name) if is_field_maker(&name) => self.field_default(value, place, annotation),
                    Value::ExternalInstance(name) if is_field_maker(name.trim_end_matches("()")) => {
                        self.field_default(value, place, annotation)
                    }
                    // A function assigned in a class body is a method; one from outside the project is not (builtins).
                    Value::Function(callable) if instance.is_some() => {
                        self.bound_to(&Value::Function(callable), receiver)
                    }
                    other => other,
                };
                let evaluated = match annotation {
                    Some(annotation) if says_little(&evaluated) => self.declared(annotation, place, evaluated),
                    _ => evaluated,
                };
                let order = self.ancestors(owner, outer);
                let evaluated = self.filled(evaluated, name, &Filled::Attribute(&order));
                Some(Found::Static(value, place, evaluated))
            }
            Member::Annotation(annotation, place) => Some(Found::Value(self.annotated(annotation, place))),
            Member::Other(value) => Some(Found::Value(value)),
        }
    }

    /// The member of an enumeration that a class attribute stands for; a function there is a method.
    fn enum_member(&self, owner: ClassRef, outer: Option<FrameId>, value: &'a Expr, place: Place) -> Value<'a> {
        let given = self.value(value, place);
        if matches!(given, Value::Function(_)) {
            return given;
        }
        let positional = match &given {
            Value::Items(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        let arguments = Arguments { positional, ..Arguments::default() };
        let init = self.constructor(owner, outer, "__init__").and_then(|init| self.bind(&init, &arguments).0);
        let says_something =
            is_callable(&given) || matches!(&given, Value::Items(items) if items.iter().any(is_callable));
        let fields = if says_something { vec![("value", given)] } else { Vec::new() };
        Value::Instance(Instance { class: owner, init, fields }.into())
    }

    /// What a field's default gives.
    pub(super) fn field_value(&self, default: &'a Expr, place: Place) -> Value<'a> {
        match self.value(default, place) {
            Value::External(name) if is_field_maker(&name) => self.field_default(default, place, None),
            Value::ExternalInstance(name) if is_field_maker(name.trim_end_matches("()")) => {
                self.field_default(default, place, None)
            }
            other => other,
        }
    }

    /// What a field holds that `field(default=…)` or `field(default_factory=…)` describes.
    fn field_default(&self, maker: &'a Expr, place: Place, annotation: Option<&'a Expr>) -> Value<'a> {
        let Expr::Call(call) = maker else { return Value::Unknown };
        let made = match (call.arguments.find_keyword("default"), call.arguments.find_keyword("default_factory")) {
            (Some(default), _) => self.value(&default.value, place),
            (None, Some(factory)) => self.result(&self.value(&factory.value, place), &Arguments::default()),
            (None, None) => Value::Unknown,
        };
        match annotation {
            Some(annotation) if made.is_unknown() => self.annotated(annotation, place),
            _ => made,
        }
    }

    /// The function that an assignment to a property runs.
    pub(super) fn setter(&self, receiver: &Value<'a>, name: &str) -> Option<Callable<'a>> {
        let Value::Instance(instance) = receiver else { return None };
        for ancestor in self.ancestors(instance.class, None).iter().cloned() {
            let Ancestor::Project(owner, outer) = ancestor else { continue };
            let module = self.project.module(owner.file);
            let scope = module.class(owner.class).scope;
            for &id in module.bindings_of(scope, name) {
                let crate::semantic::BindingKind::Function(function) = module.binding(id).kind else { continue };
                let sets = module.function(function).decorators().iter().any(|decorator| {
                    matches!(&decorator.expression, Expr::Attribute(attribute) if attribute.attr.as_str() == "setter")
                });
                if sets {
                    let function = FunctionRef { file: owner.file, function };
                    return Some(Callable { function, receiver: Some(receiver.clone()), outer });
                }
            }
        }
        None
    }

    /// The implementations that `functools.singledispatch` may choose instead of a function, by what it is called with.
    pub(super) fn implementations(&self, callable: &Callable<'a>, arguments: &Arguments<'a>) -> Vec<Callable<'a>> {
        let file = callable.function.file;
        let module = self.project.module(file);
        let definition = module.function(callable.function.function);
        let dispatches = definition.decorators().iter().any(|decorator| match &decorator.expression {
            Expr::Name(name) => name.id.starts_with("singledispatch"),
            Expr::Attribute(attribute) => attribute.attr.starts_with("singledispatch"),
            _ => false,
        });
        if !dispatches {
            return Vec::new();
        }
        let registers = |decorator: &ast::Decorator| {
            matches!(named_by(decorator), Expr::Attribute(attribute) if attribute.attr.as_str() == "register"
                && matches!(&*attribute.value, Expr::Name(name) if name.id.as_str() == definition.name))
        };
        let given = arguments.positional.first();
        let takes = |id: &crate::semantic::FunctionId| {
            let function = module.function(*id);
            let place = Place { file, scope: function.parent, frame: callable.outer };
            function.decorators().iter().filter(|decorator| registers(decorator)).any(|decorator| {
                let own = usize::from(callable.receiver.is_some());
                let first = function.parameters().and_then(|parameters| parameters.iter().nth(own));
                let class = match &decorator.expression {
                    Expr::Call(call) => call.arguments.find_positional(0),
                    _ => first.and_then(|first| first.as_parameter().annotation()),
                };
                class.is_none_or(|class| self.may_be(given, &self.value(class, place)))
            })
        };
        module
            .function_ids()
            .filter(takes)
            .map(|function| Callable {
                function: FunctionRef { file, function },
                receiver: callable.receiver.clone(),
                outer: callable.outer,
            })
            .collect()
    }

    /// Whether a value may be an object of a class: not where both are known and have nothing to do with each other.
    fn may_be(&self, value: Option<&Value<'a>>, class: &Value<'a>) -> bool {
        let (Some(Value::Instance(instance)), Value::Class(..) | Value::External(_)) = (value, class) else {
            return true;
        };
        self.ancestors(instance.class, None).iter().any(|ancestor| match (ancestor, class) {
            (Ancestor::Project(known, _), Value::Class(wanted, _)) => known == wanted,
            (Ancestor::External(known), Value::External(wanted)) => known == wanted || &**wanted == "builtins.object",
            (Ancestor::Unknown, _) => true,
            _ => false,
        })
    }

    /// `cls.name = function` in a decorator of the project that a class has.
    pub(super) fn added_by_decorator(&self, owner: ClassRef, name: &str) -> Option<Value<'a>> {
        let module = self.project.module(owner.file);
        let definition = module.class(owner.class);
        let place = Place { file: owner.file, scope: definition.parent, frame: None };
        definition.node.decorator_list.iter().find_map(|decorator| {
            let Value::Function(callable) = self.value(named_by(decorator), place) else { return None };
            self.assigned_in(callable.function, name)
        })
    }

    fn assigned_in(&self, function: FunctionRef, name: &str) -> Option<Value<'a>> {
        let module = self.project.module(function.file);
        let definition = module.function(function.function);
        let Body::Statements(body) = super::arguments::body_of(definition) else { return None };
        let place = Place { file: function.file, scope: definition.scope, frame: None };
        body.iter().find_map(|statement| {
            let crate::source::ast::Stmt::Assign(assign) = statement else { return None };
            let sets = |target: &Expr| matches!(target, Expr::Attribute(attribute) if attribute.attr.as_str() == name);
            assign.targets.iter().any(sets).then(|| self.value(&assign.value, place))
        })
    }

    fn class_of(&self, receiver: &Value<'a>) -> Value<'a> {
        match receiver {
            Value::Instance(instance) => Value::Class(instance.class, None),
            Value::DynamicInstance(class) => Value::DynamicClass(class.clone()),
            other => other.clone(),
        }
    }

    /// A function with its first parameter bound.
    pub(super) fn bound_to(&self, function: &Value<'a>, receiver: &Value<'a>) -> Value<'a> {
        match function {
            Value::Function(callable) if callable.receiver.is_none() => {
                let bound = Callable { receiver: Some(receiver.clone()), ..(**callable).clone() };
                Value::Function(bound.into())
            }
            other => other.clone(),
        }
    }

    /// What the class of an object binds a name to, whatever the object itself holds.
    #[must_use]
    pub fn class_attribute(&self, object: &Value<'a>, name: &str) -> Value<'a> {
        let order = match object {
            Value::Instance(instance) => self.ancestors(instance.class, None),
            Value::DynamicInstance(class) => self.dynamic_ancestors(class),
            _ => return Value::Unknown,
        };
        match self.find_in(&order, object, name, None) {
            Some(Found::Value(value) | Found::Static(_, _, value)) => value,
            Some(Found::Property(_)) | None => Value::Unknown,
        }
    }

    /// The result of calling a method without arguments.
    pub(super) fn call_method(&self, receiver: &Value<'a>, name: &str) -> Value<'a> {
        match self.find(receiver, name) {
            Some(Found::Value(method @ Value::Function(_))) => self.result(&method, &Arguments::default()),
            _ => Value::Unknown,
        }
    }

    /// The method that an operation on an object runs, if its class is the project's and defines it.
    pub(super) fn method(&self, receiver: &Value<'a>, name: &str) -> Option<Rc<Callable<'a>>> {
        match self.find(receiver, name) {
            Some(Found::Value(Value::Function(callable))) => Some(callable),
            _ => None,
        }
    }

    /// The class around a scope, for `super()`.
    pub(super) fn enclosing_class(&self, place: Place) -> Option<(ClassRef, Option<Value<'a>>)> {
        let module = self.project.module(place.file);
        let mut scope = Some(place.scope);
        while let Some(id) = scope {
            let found = module.scope(id);
            if let ScopeKind::Function(function) = found.kind
                && let Some(class) = module.function(function).class
            {
                let receiver = self.parameter(Place { scope: id, ..place }, 0);
                return Some((ClassRef { file: place.file, class }, (!receiver.is_unknown()).then_some(receiver)));
            }
            scope = found.parent;
        }
        None
    }

    /// The statements of a function, or its expression.
    pub(super) fn body(&self, function: FunctionRef) -> Body<'a> {
        super::arguments::body_of(self.project.module(function.file).function(function.function))
    }

    /// The text of an expression, for messages.
    #[must_use]
    pub fn text(&self, expression: &Expr, place: Place) -> &'a str {
        self.project.source(place.file).slice(expression.range())
    }
}

/// A constant that says yes, no or not yet.
fn is_flag(value: &Value<'_>) -> bool {
    matches!(value, Value::Literal(Literal::None | Literal::Bool(_)))
}

fn is_field_maker(name: &str) -> bool {
    matches!(
        name,
        "dataclasses.field" | "pydantic.Field" | "pydantic.fields.Field" | "attr.ib" | "attrs.field" | "attr.field"
    )
}

/// What a `__getattr__` is called with.
fn asked_for(name: &str) -> Arguments<'_> {
    Arguments { positional: vec![Value::Literal(Literal::Str(name))], ..Arguments::default() }
}

/// Whether a value is something that can be called.
fn is_callable(value: &Value<'_>) -> bool {
    matches!(value, Value::Function(_) | Value::Partial(_) | Value::External(_) | Value::Class(..))
}
