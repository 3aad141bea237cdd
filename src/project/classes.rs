use smallvec::SmallVec;

use super::arguments::Defaulted;
use super::evaluate::{Evaluator, Order};
use super::value::{Arguments, Callable, ClassRef, FrameId, FunctionRef, Instance, Place, Value};
use crate::semantic::{BindingKind, FunctionId, named_by};
use crate::source::FileId;
use crate::source::ast::{Expr, Stmt};

/// A class in a method resolution order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ancestor<'a> {
    /// A class of the project.
    Project(ClassRef, Option<FrameId>),
    /// A class made by a call of `type`.
    Dynamic(std::rc::Rc<super::DynamicClass<'a>>),
    /// A class outside, by its qualified name.
    External(std::rc::Rc<str>),
    /// A base that cannot be told.
    Unknown,
}

/// How a method takes its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MethodKind {
    Plain,
    Static,
    Class,
    Property,
}

/// A field of a class whose constructor is generated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub name: &'a str,
    pub default: Option<&'a Expr>,
    pub place: Place,
}

impl<'a> Evaluator<'_, 'a> {
    /// The class and its ancestors, nearest first: depth first, a shared ancestor after all that have it.
    pub fn ancestors(&self, class: ClassRef, outer: Option<FrameId>) -> Order<'a> {
        if let Some(known) = self.orders.borrow().get(&(class, outer)) {
            return known.clone();
        }
        let mut order = Vec::new();
        self.collect_ancestors(Ancestor::Project(class, outer), &mut order, 0);
        let order: Order<'a> = order.into();
        self.orders.borrow_mut().insert((class, outer), order.clone());
        order
    }

    /// The ancestors of a class value; none for what is no class of the project.
    #[must_use]
    pub fn ancestors_of_value(&self, class: &Value<'a>) -> Order<'a> {
        match class {
            Value::Class(class, outer) => self.ancestors(*class, *outer),
            Value::DynamicClass(class) => self.dynamic_ancestors(class),
            _ => Order::from([]),
        }
    }

    /// An object of a class, of which nothing but the class is known.
    #[must_use]
    pub fn plain_instance(&self, class: ClassRef) -> Value<'a> {
        self.instance(class)
    }

    pub(super) fn dynamic_ancestors(&self, class: &std::rc::Rc<super::DynamicClass<'a>>) -> Order<'a> {
        let mut order = Vec::new();
        self.collect_ancestors(Ancestor::Dynamic(class.clone()), &mut order, 0);
        order.into()
    }

    fn collect_ancestors(&self, class: Ancestor<'a>, order: &mut Vec<Ancestor<'a>>, depth: usize) {
        if let Some(known) = order.iter().position(|seen| *seen == class) {
            order.remove(known);
        }
        order.push(class.clone());
        if depth > 20 {
            return;
        }
        for base in self.bases(&class) {
            self.collect_ancestors(base, order, depth + 1);
        }
    }

    fn bases(&self, class: &Ancestor<'a>) -> Vec<Ancestor<'a>> {
        let values: Vec<Value<'a>> = match class {
            Ancestor::Project(class, outer) => {
                let module = self.project.module(class.file);
                let definition = module.class(class.class);
                let place = Place { file: class.file, scope: definition.parent, frame: *outer };
                let Some(arguments) = definition.node.arguments.as_deref() else { return Vec::new() };
                arguments.args.iter().map(|base| self.value(base, place)).collect()
            }
            Ancestor::Dynamic(class) => class.bases.clone(),
            Ancestor::External(name) => {
                let base = self.world.base(name);
                return base.into_iter().map(|base| Ancestor::External(base.into())).collect();
            }
            Ancestor::Unknown => return Vec::new(),
        };
        values
            .iter()
            .map(|value| match value {
                Value::Class(class, outer) => Ancestor::Project(*class, *outer),
                Value::DynamicClass(class) => Ancestor::Dynamic(class.clone()),
                Value::External(name) => Ancestor::External(name.clone()),
                _ => Ancestor::Unknown,
            })
            .collect()
    }

    /// Whether a class of the project derives from a class outside it.
    pub fn derives_from(&self, class: ClassRef, outer: Option<FrameId>, name: &str) -> bool {
        self.ancestors(class, outer)
            .iter()
            .any(|ancestor| matches!(ancestor, Ancestor::External(base) if &**base == name))
    }

    /// The `__call__` of a class's metaclass, which runs where an object is made.
    pub(super) fn metaclass_call(&self, class: ClassRef, outer: Option<FrameId>) -> Option<Callable<'a>> {
        self.ancestors(class, outer).iter().find_map(|ancestor| {
            let Ancestor::Project(owner, owner_outer) = ancestor else { return None };
            let module = self.project.module(owner.file);
            let definition = module.class(owner.class);
            let metaclass = definition.node.arguments.as_deref()?.find_keyword("metaclass")?;
            let place = Place { file: owner.file, scope: definition.parent, frame: *owner_outer };
            let Value::Class(metaclass, _) = self.value(&metaclass.value, place) else { return None };
            let receiver = Some(Value::Class(class, outer));
            let order = self.ancestors(metaclass, None);
            order
                .iter()
                .filter_map(|ancestor| match ancestor {
                    Ancestor::Project(metaclass, _) => Some(*metaclass),
                    _ => None,
                })
                .find_map(|metaclass| match self.class_member(metaclass, None, "__call__")? {
                    Member::Method(function, _) => Some(Callable {
                        function: FunctionRef { file: metaclass.file, function },
                        receiver: receiver.clone(),
                        outer: None,
                    }),
                    _ => None,
                })
        })
    }

    pub(super) fn is_enum(&self, class: ClassRef) -> bool {
        ["enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag"]
            .iter()
            .any(|name| self.derives_from(class, None, name))
    }

    /// The members of an enumeration; `None` for any other class.
    #[must_use]
    pub fn enum_members(&self, class: ClassRef) -> Option<Vec<&'a str>> {
        if !self.is_enum(class) {
            return None;
        }
        let module = self.project.module(class.file);
        let names = &module.scope(module.class(class.class).scope).names;
        let is_member = |ids: &[crate::semantic::BindingId]| {
            ids.iter().any(|id| matches!(module.binding(*id).kind, BindingKind::Assignment { value: Some(_), .. }))
        };
        Some(
            names
                .iter()
                .filter(|(name, ids)| !name.starts_with('_') && is_member(ids))
                .map(|(name, _)| *name)
                .collect(),
        )
    }

    /// An object of a class, made in a way that is not known.
    pub(super) fn instance(&self, class: ClassRef) -> Value<'a> {
        Value::Instance(Instance { class, init: None, fields: Vec::new() }.into())
    }

    /// The class of a definition, through its decorators.
    pub(super) fn defined_class(
        &self,
        file: FileId,
        class: crate::semantic::ClassId,
        frame: Option<FrameId>,
    ) -> Value<'a> {
        let module = self.project.module(file);
        let definition = module.class(class);
        let in_function = definition.qualified.contains('.');
        let plain = Value::Class(ClassRef { file, class }, if in_function { frame } else { None });
        let place = Place { file, scope: definition.parent, frame };
        definition.node.decorator_list.iter().rev().fold(plain, |inner, decorator| {
            let applied = self.decorated(&decorator.expression, &inner, place);
            // A class decorator that gives a class is believed; whatever else it gives, the class stays itself.
            match applied {
                Value::Class(..) => applied,
                _ => inner,
            }
        })
    }

    /// The function of a definition, through its decorators.
    pub(super) fn defined_function(&self, file: FileId, function: FunctionId, frame: Option<FrameId>) -> Value<'a> {
        let plain = self.closure(file, function, frame);
        let module = self.project.module(file);
        let definition = module.function(function);
        let place = Place { file, scope: definition.parent, frame };
        definition.decorators().iter().rev().fold(plain, |inner, decorator| {
            let applied = self.decorated(&decorator.expression, &inner, place);
            if applied.is_project_callable() { applied } else { inner }
        })
    }

    /// What a decorator makes of a value.
    fn decorated(&self, decorator: &'a Expr, inner: &Value<'a>, place: Place) -> Value<'a> {
        let applied = self.value(decorator, place);
        match &applied {
            Value::Function(_) | Value::Partial(_) | Value::Instance(_) => {
                let arguments = Arguments { positional: vec![inner.clone()], ..Arguments::default() };
                self.deeper(|| self.result(&applied, &arguments))
            }
            Value::Class(..) => {
                let arguments = Arguments { positional: vec![inner.clone()], ..Arguments::default() };
                self.result(&applied, &arguments)
            }
            _ => inner.clone(),
        }
    }

    /// How a method takes its receiver, from its decorators.
    pub(super) fn method_kind(&self, file: FileId, function: FunctionId) -> MethodKind {
        let module = self.project.module(file);
        let definition = module.function(function);
        if matches!(definition.name, "__new__" | "__init_subclass__" | "__class_getitem__") {
            return MethodKind::Class;
        }
        for decorator in definition.decorators() {
            let name = match &decorator.expression {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => continue,
            };
            match name {
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
    pub(super) fn class_member(&self, class: ClassRef, outer: Option<FrameId>, name: &str) -> Option<Member<'a>> {
        let module = self.project.module(class.file);
        let definition = module.class(class.class);
        let ids = module.bindings_of(definition.scope, name);
        let place = Place { file: class.file, scope: definition.scope, frame: outer };
        let binding = module.binding(*ids.last()?);
        Some(match &binding.kind {
            BindingKind::Function(function) => {
                // `@name.setter` rebinds the name; the getter is the first.
                let first = ids.iter().find_map(|id| match module.binding(*id).kind {
                    BindingKind::Function(function) => Some(function),
                    _ => None,
                });
                let kind = self.method_kind(class.file, *function);
                let function = if kind == MethodKind::Property { first.unwrap_or(*function) } else { *function };
                Member::Method(function, kind)
            }
            BindingKind::Assignment { value: None, annotation: Some(annotation), .. } => {
                Member::Annotation(annotation, place)
            }
            BindingKind::Assignment { value: Some(value), annotation, .. } => {
                Member::Value { value, annotation: *annotation, place }
            }
            _ => {
                let end = definition.node.range.end();
                Member::Other(self.name(name, end, place))
            }
        })
    }

    /// The fields of a class whose constructor is generated from annotations, inherited ones first.
    pub(super) fn fields(&self, class: ClassRef, outer: Option<FrameId>) -> Vec<Field<'a>> {
        let mut fields: Vec<Field<'a>> = Vec::new();
        for ancestor in self.ancestors(class, outer).iter().rev() {
            let Ancestor::Project(class, outer) = ancestor else { continue };
            let module = self.project.module(class.file);
            let definition = module.class(class.class);
            let place = Place { file: class.file, scope: definition.scope, frame: *outer };
            for statement in &definition.node.body {
                let Stmt::AnnAssign(assign) = statement else { continue };
                let Expr::Name(name) = assign.target.as_ref() else { continue };
                let field = Field { name: name.id.as_str(), default: assign.value.as_deref(), place };
                match fields.iter_mut().find(|known| known.name == field.name) {
                    Some(known) => *known = field,
                    None => fields.push(field),
                }
            }
        }
        fields
    }

    /// Whether the constructor is generated from annotations: dataclasses, attrs, named tuples, pydantic models.
    pub(super) fn has_generated_constructor(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        if let Some(known) = self.generated.borrow().get(&class) {
            return *known;
        }
        let generated = self.generates_constructor(class, outer);
        self.generated.borrow_mut().insert(class, generated);
        generated
    }

    fn generates_constructor(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        self.ancestors(class, outer).iter().any(|ancestor| match ancestor {
            Ancestor::Project(class, _) => {
                let module = self.project.module(class.file);
                let definition = module.class(class.class);
                let place = Place { file: class.file, scope: definition.parent, frame: None };
                definition.node.decorator_list.iter().any(|decorator| {
                    matches!(self.value(named_by(decorator), place), Value::External(name) if GENERATING_DECORATORS.contains(&&*name))
                })
            }
            Ancestor::External(name) => GENERATING_BASES.contains(&&**name),
            _ => false,
        })
    }

    /// The object that a call of a class makes.
    pub(super) fn construct(&self, class: ClassRef, outer: Option<FrameId>, arguments: &Arguments<'a>) -> Value<'a> {
        let mut instance = Instance { class, init: None, fields: Vec::new() };
        if let Some(init) = self.constructor(class, outer, "__init__") {
            instance.init = self.bind(&init, arguments).0;
        } else if self.has_generated_constructor(class, outer) {
            let (fields, _) = self.bind_fields(class, outer, arguments);
            instance.fields = fields;
        }
        instance.fields.retain(|(_, value)| !value.is_unknown() && value.depth() <= 2);
        Value::Instance(instance.into())
    }

    /// The method that runs when an object is made, bound to an object of which nothing else is known.
    pub(super) fn constructor(&self, class: ClassRef, outer: Option<FrameId>, name: &str) -> Option<Callable<'a>> {
        for ancestor in self.ancestors(class, outer).iter().cloned() {
            match ancestor {
                Ancestor::Project(owner, owner_outer) => {
                    if let Some(Value::Function(added)) = self.added_by_decorator(owner, name) {
                        let receiver = Some(self.instance(class));
                        return Some(Callable { receiver, ..(*added).clone() });
                    }
                    if let Some(Member::Method(function, kind)) = self.class_member(owner, owner_outer, name) {
                        let receiver = match kind {
                            MethodKind::Class => Value::Class(class, outer),
                            _ => self.instance(class),
                        };
                        let function = FunctionRef { file: owner.file, function };
                        return Some(Callable { function, receiver: Some(receiver), outer: owner_outer });
                    }
                }
                Ancestor::External(name) if GENERATING_BASES.contains(&&*name) => return None,
                _ => {}
            }
        }
        None
    }

    /// The values of a generated constructor's fields, and the fields that a call leaves to their defaults.
    pub(super) fn bind_fields(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments<'a>,
    ) -> (Vec<(&'a str, Value<'a>)>, SmallVec<[Defaulted<'a>; 2]>) {
        let mut bound = Vec::new();
        let mut defaulted = SmallVec::new();
        for (index, field) in self.fields(class, outer).into_iter().enumerate() {
            let named = arguments.named.iter().find(|(name, _)| *name == field.name).map(|(_, value)| value);
            match (named.or_else(|| arguments.positional.get(index)), field.default) {
                (Some(value), _) if !value.is_unknown() => bound.push((field.name, value.clone())),
                (None, Some(default)) if !arguments.open => {
                    bound.push((field.name, self.field_value(default, field.place)));
                    defaulted.push(Defaulted { name: field.name, default, place: field.place });
                }
                _ => {}
            }
        }
        (bound, defaulted)
    }
}

/// What a class body binds a name to.
pub(super) enum Member<'a> {
    Method(FunctionId, MethodKind),
    Value { value: &'a Expr, annotation: Option<&'a Expr>, place: Place },
    Annotation(&'a Expr, Place),
    Other(Value<'a>),
}

const GENERATING_DECORATORS: &[&str] = &[
    "dataclasses.dataclass",
    "pydantic.dataclasses.dataclass",
    "attr.s",
    "attr.attrs",
    "attr.define",
    "attr.frozen",
    "attr.mutable",
    "attr.dataclass",
    "attrs.define",
    "attrs.frozen",
    "attrs.mutable",
];

const GENERATING_BASES: &[&str] = &[
    "typing.NamedTuple",
    "pydantic.BaseModel",
    "pydantic_settings.BaseSettings",
    "pydantic.BaseSettings",
    "sqlmodel.SQLModel",
    "msgspec.Struct",
];
