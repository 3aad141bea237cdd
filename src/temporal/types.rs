//! What annotations say, taken apart: which classes, in which places.
//!
//! Knows: unions, generics, quotes, aliases and new types; for each class of the project, what kind it is to the payload
//! converter and which fields it has. Does not know: values ([`Evaluator`] does), or what is wrong with a type.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::known::Known;
use crate::python::{Ancestor, ClassRef, Evaluator, Generated, Generic, Origin, Place, Rest, Special, Value};
use crate::registry::payloads;
use crate::registry::schema::ShapeKind;
use crate::semantic::{ArgumentKind, Expr, ExprId, Name, Operator};
use crate::source::{FileId, Span, TextRange, last_part};

/// How deep types nest; what lies deeper is unknown. Real ones have three or four levels.
const DEPTH: usize = 24;

/// An annotation as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Annotation {
    pub(super) file: FileId,
    pub(super) expr: ExprId,
    /// Its place.
    pub range: TextRange,
}

impl Annotation {
    /// Its place, with the file.
    #[must_use]
    pub fn span(self) -> Span {
        Span { file: self.file, range: self.range }
    }
}

/// What an annotation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `None`.
    None,
    /// `Any`.
    Any,
    /// A class or generic from outside, by its qualified name.
    Outside {
        /// Its qualified name.
        class: Name,
        /// Its type arguments.
        arguments: Vec<Type>,
        /// The file that names it.
        named_in: FileId,
    },
    /// A class of the project.
    Class {
        /// The class.
        class: ClassRef,
        /// Its type arguments.
        arguments: Vec<Type>,
    },
    /// One of several.
    Union {
        /// Of which.
        members: Vec<Type>,
        /// `Optional[…]`, `Union[…]`, other than with `|`.
        by_name: bool,
    },
    /// One of these constants.
    Literal(Vec<Annotation>),
    /// `NewType(name, type)`.
    New(Box<Type>),
    /// `type name = …`.
    Alias(Box<Type>),
    /// A type variable.
    Variable,
    /// What cannot be told.
    Unknown,
}

impl Type {
    /// Whether it is certain to be the class of this qualified name.
    #[must_use]
    pub fn is_class(&self, name: &str) -> bool {
        matches!(self, Type::Outside { class, .. } if *class == name)
    }

    /// The type without the `None` that it may be instead.
    #[must_use]
    pub fn without_none(&self) -> &Self {
        match self {
            Type::Union { members, .. } => {
                let mut others = members.iter().filter(|member| **member != Type::None);
                match (others.next(), others.next()) {
                    (Some(only), None) => only,
                    _ => self,
                }
            }
            _ => self,
        }
    }
}

/// What a class of the project is to the payload converter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassShape {
    /// Its name.
    pub name: String,
    /// The place of its name.
    pub span: Span,
    /// What kind it is; nothing where a base, metaclass or decorator is not known.
    pub kind: Option<ShapeKind>,
    /// Of an enumeration: whether its members are texts or numbers.
    pub is_primitive: bool,
    /// The classes outside the project that it derives from, nearest first.
    pub outside_bases: Vec<Name>,
    /// Its fields, inherited ones first.
    pub fields: Vec<Field>,
    /// It has, or inherits, one of the methods that the converter looks for: `dict`, `__iter__`, `parse_obj`.
    pub converts_itself: bool,
    /// Whether it writes an `__init__` of its own.
    pub own_init: bool,
}

/// A field of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// The place of its annotation.
    pub span: Span,
    /// Its type.
    pub ty: Type,
    /// Whether it has a default.
    pub has_default: bool,
}

/// Reads annotations and classes; what was read is kept.
pub struct Types<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    known: &'static Known,
    shapes: RefCell<FxHashMap<ClassRef, Rc<ClassShape>>>,
}

/// What takes classes apart that a walk comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// Look at its parts.
    Into,
    /// Leave it at that.
    Over,
}

/// Where in a type a walk is.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// The fields on the way, outermost first, each with the class that has it.
    pub fields: Vec<(ClassRef, Name)>,
    /// The place of the innermost field's annotation.
    pub field_span: Option<Span>,
    /// Whether that field has no default.
    pub needs_field: bool,
    /// Whether it is one of several types.
    pub in_union: bool,
    /// Whether one of these others is more than `None`.
    pub has_others: bool,
    /// Whether a generic of `typing` holds it: `Optional[…]`, `List[…]`.
    pub in_typing: bool,
    /// Whether it is a key of a dict.
    pub is_key: bool,
}

impl<'e, 'p> Types<'e, 'p> {
    /// A reader.
    pub(super) fn new(evaluator: &'e Evaluator<'p>, known: &'static Known) -> Self {
        Self { evaluator, known, shapes: RefCell::default() }
    }

    /// What is known of code outside the project.
    pub(super) fn known(&self) -> &'static Known {
        self.known
    }

    /// What an annotation says.
    #[must_use]
    pub fn of(&self, annotation: Annotation) -> Type {
        self.read(annotation.expr, Place { file: annotation.file, frame: None }, DEPTH)
    }

    fn read(&self, expr: ExprId, place: Place, depth: usize) -> Type {
        let Some(depth) = depth.checked_sub(1) else { return Type::Unknown };
        let module = self.evaluator.project().module(place.file);
        match module[expr] {
            Expr::None => Type::None,
            Expr::Binary { op: Operator::BitOr, left, right } => {
                union([self.read(left, place, depth), self.read(right, place, depth)], false)
            }
            Expr::Subscript { value, index } => self.generic(value, index, place, depth),
            Expr::Name { .. } | Expr::Attribute { .. } => self.named(expr, place, depth),
            _ => Type::Unknown,
        }
    }

    fn named(&self, expr: ExprId, place: Place, depth: usize) -> Type {
        let values = self.evaluator.value(expr, place);
        let single = values.single().filter(|_| values.rest != Rest::Anything);
        match single.map(|value| self.evaluator.get(value)) {
            Some(Value::Class(class, _)) => Type::Class { class: *class, arguments: Vec::new() },
            Some(Value::Outside(name)) => self.outside(*name, Vec::new(), place.file),
            Some(Value::None) => Type::None,
            _ => self.by_origin(expr, place, depth),
        }
    }

    /// What an alias, new type or type variable stands for.
    fn by_origin(&self, expr: ExprId, place: Place, depth: usize) -> Type {
        match self.evaluator.origin(expr, place) {
            Some(Origin::TypeAlias(value, place)) => Type::Alias(Box::new(self.read(value, place, depth))),
            Some(Origin::TypeParameter(..)) => Type::Variable,
            Some(Origin::Value(value, place)) => self.assigned(value, place, depth),
            Some(Origin::Definition) | None => Type::Unknown,
        }
    }

    fn assigned(&self, value: ExprId, place: Place, depth: usize) -> Type {
        let module = self.evaluator.project().module(place.file);
        let Expr::Call { callee, arguments } = module[value] else { return self.read(value, place, depth) };
        let called = self.evaluator.value(callee, place);
        let name = called.single().and_then(|callee| self.evaluator.outside_name(callee));
        match name.map(Name::as_str) {
            Some("typing.NewType" | "typing_extensions.NewType") => match module.list(arguments).get(1) {
                Some(of) => Type::New(Box::new(self.read(of.value, place, depth))),
                None => Type::Unknown,
            },
            Some("typing.TypeVar" | "typing_extensions.TypeVar") => Type::Variable,
            _ => Type::Unknown,
        }
    }

    fn generic(&self, value: ExprId, index: ExprId, place: Place, depth: usize) -> Type {
        let module = self.evaluator.project().module(place.file);
        let indices = module.one_or_several(&index);
        let values = self.evaluator.value(value, place);
        let single = values.single().filter(|_| values.rest != Rest::Anything);
        let read = |expr: &ExprId| self.read(*expr, place, depth);
        match single.map(|value| self.evaluator.get(value)) {
            Some(Value::Class(class, _)) => {
                Type::Class { class: *class, arguments: indices.iter().map(read).collect() }
            }
            Some(Value::Outside(name)) => match self.evaluator.world().generic(*name) {
                Generic::Literal => {
                    let constant =
                        |expr: &ExprId| Annotation { file: place.file, expr: *expr, range: module.span(*expr) };
                    Type::Literal(indices.iter().map(constant).collect())
                }
                Generic::First => indices.first().map_or(Type::Unknown, read),
                Generic::Optional => union([indices.first().map_or(Type::Unknown, read), Type::None], true),
                Generic::Union => union(indices.iter().map(read), true),
                Generic::Callable => self.outside(*name, Vec::new(), place.file),
                _ => {
                    let is_argument = |expr: &&ExprId| !matches!(module[**expr], Expr::Ellipsis);
                    self.outside(*name, indices.iter().filter(is_argument).map(read).collect(), place.file)
                }
            },
            // The arguments of a generic alias stand for its variables, which say nothing themselves.
            _ => self.by_origin(value, place, depth),
        }
    }

    #[allow(clippy::unused_self, reason = "it reads like its neighbours")]
    fn outside(&self, class: Name, arguments: Vec<Type>, named_in: FileId) -> Type {
        match class.as_str() {
            "typing.Any" | "typing_extensions.Any" => Type::Any,
            "builtins.None" => Type::None,
            _ => Type::Outside { class, arguments, named_in },
        }
    }

    /// What kind a decorator of this qualified name makes of a class.
    #[must_use]
    #[allow(clippy::unused_self, reason = "it reads like its neighbours")]
    pub fn makes(&self, decorator: Name) -> Option<ShapeKind> {
        payloads().kind_by_decorator(decorator.as_str())
    }

    /// What a class is to the payload converter.
    #[must_use]
    pub fn shape(&self, class: ClassRef) -> Rc<ClassShape> {
        if let Some(known) = self.shapes.borrow().get(&class) {
            return known.clone();
        }
        let shape = Rc::new(self.read_shape(class));
        self.shapes.borrow_mut().insert(class, shape.clone());
        shape
    }

    fn read_shape(&self, class: ClassRef) -> ClassShape {
        let module = self.evaluator.project().module(class.file);
        let definition = &module[class.class];
        let order = self.evaluator.order(class, None);
        let bases: Vec<Name> = order.iter().filter_map(outside_of).collect();
        let kind = self.kind(class);
        let converting = ["dict", "__iter__", "parse_obj", "__temporal_transfer_type_converter"];
        let has = |name: &str| {
            order.iter().any(|ancestor| match ancestor {
                Ancestor::Project(owner, _) => {
                    let module = self.evaluator.project().module(owner.file);
                    module.variable(module[owner.class].scope, Name::new(name)).is_some()
                }
                _ => false,
            })
        };
        ClassShape {
            name: module.qualified_class_name(class.class),
            span: Span { file: class.file, range: definition.name_range },
            kind,
            is_primitive: bases
                .iter()
                .any(|base| payloads().makes_text(base.as_str()) || payloads().makes_number(base.as_str())),
            outside_bases: bases,
            fields: self.fields(class),
            converts_itself: converting.iter().any(|name| has(name)),
            own_init: has("__init__"),
        }
    }

    /// What kind a class is; nothing where something about it is not known.
    fn kind(&self, class: ClassRef) -> Option<ShapeKind> {
        let order = self.evaluator.order(class, None);
        let mut kind = ShapeKind::Plain;
        for ancestor in order.iter() {
            let found = match ancestor {
                Ancestor::Project(owner, _) => self.kind_by_decorators(*owner)?,
                Ancestor::Outside(base) => payloads().kind_by_base(base.as_str()).or_else(|| {
                    // What makes members of an enumeration texts or numbers is a base of it.
                    let of_members = payloads().makes_text(base.as_str()) || payloads().makes_number(base.as_str());
                    (of_members && kind == ShapeKind::Enumeration).then_some(ShapeKind::Plain)
                }),
                Ancestor::Dynamic(_) | Ancestor::Unknown => return None,
            };
            match found {
                Some(ShapeKind::Plain) => {}
                Some(found) if kind == ShapeKind::Plain => kind = found,
                Some(_) => {}
                // `class Status(str, Enum)`: the enumeration comes later.
                None if self.is_enumeration(class) => {}
                None => return None,
            }
        }
        if kind == ShapeKind::Plain && self.is_enumeration(class) { Some(ShapeKind::Enumeration) } else { Some(kind) }
    }

    /// Whether no decorator, keyword or base that is not known may make something else of a class.
    pub(super) fn is_undecorated(&self, class: ClassRef) -> bool {
        self.evaluator.order(class, None).iter().all(|ancestor| match ancestor {
            Ancestor::Project(owner, _) => self.kind_by_decorators(*owner) == Some(Some(ShapeKind::Plain)),
            Ancestor::Outside(_) => true,
            Ancestor::Dynamic(_) | Ancestor::Unknown => false,
        })
    }

    fn is_enumeration(&self, class: ClassRef) -> bool {
        let is = |base: Name| payloads().kind_by_base(base.as_str()) == Some(ShapeKind::Enumeration);
        self.evaluator.derives_from(class, None, &is)
    }

    /// The kind that decorators and keywords of a class make it; `None` where one is not known.
    fn kind_by_decorators(&self, class: ClassRef) -> Option<Option<ShapeKind>> {
        let module = self.evaluator.project().module(class.file);
        let place = Place { file: class.file, frame: None };
        let definition = &module[class.class];
        let keyword = |name: &str| {
            module.list(definition.arguments).iter().any(|argument| match argument.kind {
                ArgumentKind::Keyword(known) => known == name,
                ArgumentKind::DoubleStar => true,
                _ => false,
            })
        };
        if keyword("metaclass") && !self.has_plain_metaclass(class) {
            return None;
        }
        let mut kind = Some(ShapeKind::Plain);
        for decorator in module.list(definition.decorators) {
            let named = module.named_by(*decorator);
            let values = self.evaluator.value(named, place);
            let name = values.single().and_then(|value| self.evaluator.outside_name(value));
            match name.and_then(|name| payloads().kind_by_decorator(name.as_str())) {
                Some(found) => kind = Some(found),
                None if name.and_then(|name| self.evaluator.world().special(name)) == Some(Special::First) => {}
                None => return None,
            }
        }
        Some(kind)
    }

    fn has_plain_metaclass(&self, class: ClassRef) -> bool {
        let module = self.evaluator.project().module(class.file);
        let place = Place { file: class.file, frame: None };
        module.list(module[class.class].arguments).iter().any(|argument| {
            let is_metaclass = argument.is_named("metaclass");
            let name = self.evaluator.value(argument.value, place).single();
            let name = name.and_then(|value| self.evaluator.outside_name(value));
            is_metaclass && name.is_some_and(|name| name == "abc.ABCMeta")
        })
    }

    fn fields(&self, class: ClassRef) -> Vec<Field> {
        if self.evaluator.generated(class, None) == Generated::No && !self.is_typed_dict(class) {
            return Vec::new();
        }
        let read = |field: crate::python::Field| {
            let annotation = field.annotation?;
            let module = self.evaluator.project().module(field.place.file);
            Some(Field {
                name: field.name,
                span: Span { file: field.place.file, range: module.span(annotation) },
                ty: self.read(annotation, field.place, DEPTH),
                has_default: field.default.is_some(),
            })
        };
        self.evaluator.fields(class, None).into_iter().filter_map(read).collect()
    }

    fn is_typed_dict(&self, class: ClassRef) -> bool {
        let is = |base: Name| payloads().kind_by_base(base.as_str()) == Some(ShapeKind::TypedDict);
        self.evaluator.derives_from(class, None, &is)
    }

    /// Looks at a type and its parts, and at fields of classes as far as `look` says so. Each class is entered once.
    pub fn walk(&self, ty: &Type, look: &mut dyn FnMut(&Type, &Trail) -> Walk) {
        self.walk_on(ty, &Trail::default(), look, &mut Vec::new());
    }

    fn walk_on(
        &self,
        ty: &Type,
        trail: &Trail,
        look: &mut dyn FnMut(&Type, &Trail) -> Walk,
        entered: &mut Vec<ClassRef>,
    ) {
        if look(ty, trail) == Walk::Over {
            return;
        }
        match ty {
            Type::Union { members, by_name } => {
                let has_others = ty.without_none() == ty;
                let in_typing = trail.in_typing || *by_name;
                let trail = Trail { in_union: true, has_others, in_typing, ..trail.clone() };
                members.iter().for_each(|member| self.walk_on(member, &trail, look, entered));
            }
            Type::New(of) | Type::Alias(of) => self.walk_on(of, trail, look, entered),
            Type::Outside { class, arguments, .. } => {
                let is_table = self.evaluator.world().generic(*class) == Generic::Table;
                let in_typing = trail.in_typing || class.as_str().starts_with("typing.");
                for (index, argument) in arguments.iter().enumerate() {
                    let is_key = is_table && index == 0;
                    let trail = Trail { in_union: false, has_others: false, in_typing, is_key, ..trail.clone() };
                    self.walk_on(argument, &trail, look, entered);
                }
            }
            Type::Class { class, arguments } => {
                for argument in arguments {
                    self.walk_on(argument, trail, look, entered);
                }
                if entered.contains(class) {
                    return;
                }
                entered.push(*class);
                for field in &self.shape(*class).fields {
                    let fields = trail.fields.clone();
                    let mut trail = Trail { fields, ..Trail::default() };
                    trail.fields.push((*class, field.name));
                    trail.field_span = Some(field.span);
                    trail.needs_field = !field.has_default;
                    self.walk_on(&field.ty, &trail, look, entered);
                }
            }
            Type::None | Type::Any | Type::Literal(_) | Type::Variable | Type::Unknown => {}
        }
    }

    /// How a type is called in messages.
    #[must_use]
    pub fn shown(&self, ty: &Type) -> String {
        let all = |types: &[Type]| types.iter().map(|ty| self.shown(ty)).collect::<Vec<_>>();
        let with = |name: &str, arguments: &[Type]| match arguments {
            [] => name.to_owned(),
            _ => format!("{name}[{}]", all(arguments).join(", ")),
        };
        match ty {
            Type::None => "None".to_owned(),
            Type::Any => "Any".to_owned(),
            Type::Outside { class, arguments, .. } => with(last_part(class.as_str()), arguments),
            Type::Class { class, arguments } => {
                let module = self.evaluator.project().module(class.file);
                with(module[class.class].name.as_str(), arguments)
            }
            Type::Union { members, .. } => all(members).join(" | "),
            Type::New(of) | Type::Alias(of) => self.shown(of),
            Type::Literal(_) => "Literal".to_owned(),
            Type::Variable | Type::Unknown => "?".to_owned(),
        }
    }
}

fn outside_of(ancestor: &Ancestor) -> Option<Name> {
    match ancestor {
        Ancestor::Outside(name) => Some(*name),
        _ => None,
    }
}

/// One of these, without unions inside unions and without repetition.
fn union(types: impl IntoIterator<Item = Type>, by_name: bool) -> Type {
    let mut members: Vec<Type> = Vec::new();
    for ty in types {
        match ty {
            Type::Union { members: inner, .. } => inner.into_iter().for_each(|ty| add(&mut members, ty)),
            ty => add(&mut members, ty),
        }
    }
    match members.len() {
        1 => members.remove(0),
        _ => Type::Union { members, by_name },
    }
}

fn add(members: &mut Vec<Type>, ty: Type) {
    if !members.contains(&ty) {
        members.push(ty);
    }
}
