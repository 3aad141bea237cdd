//! Which types a program declares that it sends: parameters and results of what the SDK calls.
//!
//! Knows: which parts of them the default payload converter refuses, and which the sandbox hides from it. Does not know:
//! what calls send, or whether the program has a converter of its own (`converters`).

use rustc_hash::FxHashSet;

use super::analysis::Analysis;
use super::known::Known;
use super::signatures::{DecoratorKind, FunctionDefinition, Sdk};
use super::types::{Annotation, ClassShape, Trail, Type, Types, Walk};
use crate::python::{ClassRef, Generic, Value};
use crate::registry::payloads;
use crate::registry::schema::ShapeKind;
use crate::semantic::Name;
use crate::source::{FileId, Span, Version};

/// Where a definition says that it sends something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// As a parameter of this name.
    Parameter(Name),
    /// As what it returns.
    Result,
}

/// A type that a definition declares.
pub struct Payload<'d> {
    /// The definition.
    pub definition: &'d FunctionDefinition,
    /// What the SDK takes it for.
    pub role: Sdk,
    /// As what.
    pub place: Place,
    /// The annotation.
    pub annotation: Annotation,
    /// What it says.
    pub ty: Type,
}

impl Payload<'_> {
    /// What it is, in words: "parameter `at` of signal `Booking.move`".
    #[must_use]
    pub fn shown(&self) -> String {
        let owner = format!("{} `{}`", self.role.noun(), self.definition.qualified_name);
        match self.place {
            Place::Parameter(name) => format!("parameter `{name}` of {owner}"),
            Place::Result => format!("the result of {owner}"),
        }
    }
}

/// The types that run methods, handlers and activities declare. Dynamic ones take what is not decoded.
#[must_use]
pub fn declared<'d>(analysis: &'d Analysis<'_, '_>, types: &Types<'_, '_>) -> Vec<Payload<'d>> {
    let methods = analysis.definitions.classes.iter().flat_map(|class| &class.methods);
    let mut found = Vec::new();
    for definition in methods.chain(&analysis.definitions.functions) {
        let Some(role) = definition.role().filter(|role| sends(*role)) else { continue };
        // A decorator of the project may give parameters of its own.
        let is_wrapped = definition.decorators.iter().any(|decorator| {
            matches!(decorator.kind, DecoratorKind::Applies(_) | DecoratorKind::Project(_) | DecoratorKind::Unknown)
        });
        if is_wrapped || definition.sdk().any(|(_, decorator)| decorator.is_dynamic()) {
            continue;
        }
        let mut add = |place, annotation: Option<Annotation>| {
            let Some(annotation) = annotation else { return };
            found.push(Payload { definition, role, place, annotation, ty: types.of(annotation) });
        };
        for parameter in definition.parameters() {
            add(Place::Parameter(parameter.name), parameter.annotation);
        }
        if role != Sdk::Signal {
            add(Place::Result, definition.signature.returns);
        }
    }
    // Of several that send one thing, the first by kind and name speaks for it, wherever they stand.
    found.sort_by_key(|payload| (order(payload.role), payload.definition.qualified_name.clone()));
    found
}

fn order(role: Sdk) -> u8 {
    match role {
        Sdk::Run => 0,
        Sdk::Signal => 1,
        Sdk::Update => 2,
        Sdk::Query => 3,
        _ => 4,
    }
}

fn sends(role: Sdk) -> bool {
    role.is_handler() || matches!(role, Sdk::Run | Sdk::Activity)
}

/// A part of a type that the payload converter refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it is called.
    pub shown: String,
    /// Why.
    pub reason: Reason,
    /// What to send instead, where the class is one from outside.
    pub instead: Option<String>,
    /// The field that declares it, where it is one of a class.
    pub field: Option<(String, Span)>,
    /// Whether another type may be given in its place.
    pub in_union: bool,
}

/// Why the payload converter refuses a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is a class from outside that it does not know.
    Outside,
    /// It is a model of pydantic 1, and the converter is for pydantic 2.
    OldModel,
    /// It is an enumeration whose members are neither texts nor numbers.
    Enumeration,
    /// It is a class of the project that is no dataclass.
    Plain,
    /// It is an exception.
    Exception,
    /// It is a key of a dict.
    Key,
}

/// The parts of a type that the payload converter refuses to encode.
#[must_use]
pub fn refused(types: &Types<'_, '_>, ty: &Type) -> Vec<Refused> {
    let mut found = Vec::new();
    types.walk(ty, &mut |part, trail| {
        let (walk, refusal) = refusal(types, part, trail);
        if let Some((reason, instead)) = refusal {
            found.push(Refused {
                shown: types.shown(part),
                reason,
                instead,
                field: field_of(types, trail),
                in_union: trail.in_union,
            });
        }
        walk
    });
    found
}

/// The models of pydantic 1 in a type, which the converter for pydantic 2 can neither encode nor decode.
#[must_use]
pub fn old_models(types: &Types<'_, '_>, ty: &Type) -> Vec<Refused> {
    let mut found = Vec::new();
    types.walk(ty, &mut |part, trail| {
        let Type::Class { class, .. } = part else { return Walk::Into };
        if types.shape(*class).kind != Some(ShapeKind::OldModel) {
            return Walk::Into;
        }
        let field = field_of(types, trail);
        let (shown, in_union) = (types.shown(part), trail.in_union);
        found.push(Refused { shown, reason: Reason::OldModel, instead: None, field, in_union });
        Walk::Over
    });
    found
}

/// The field of a class that declares a part, where one does: how it is called, and its place.
pub(super) fn field_of(types: &Types<'_, '_>, trail: &Trail) -> Option<(String, Span)> {
    let (class, name) = trail.fields.last()?;
    Some((format!("{}.{name}", types.shape(*class).name), trail.field_span?))
}

/// Whether to look at the parts of a part, and why it is refused itself.
fn refusal(types: &Types<'_, '_>, part: &Type, trail: &Trail) -> (Walk, Option<(Reason, Option<String>)>) {
    match part {
        Type::Outside { class, .. } if trail.is_key && payloads().refuses_key(class.as_str()) => {
            (Walk::Over, Some((Reason::Key, None)))
        }
        Type::Outside { class, .. } if is_exception_class(types.known(), *class) => {
            (Walk::Over, Some((Reason::Exception, None)))
        }
        Type::Outside { class, .. } => match payloads().refused(class.as_str()) {
            Some(instead) => (Walk::Over, Some((Reason::Outside, Some(instead.to_owned())))),
            None => (Walk::Into, None),
        },
        Type::Class { class, .. } => of_class(types, *class, trail.is_key),
        _ => (Walk::Into, None),
    }
}

/// The base of all exceptions.
const EXCEPTION: &str = "builtins.BaseException";

/// Whether a class outside the project is one of exceptions, as far as its bases are known.
pub(super) fn is_exception_class(known: &Known, class: Name) -> bool {
    let bases = std::iter::successors(Some(class), |class| known.symbol(*class).base);
    bases.take(BASES).any(|base| base == EXCEPTION)
}

/// How many bases of a class are asked.
const BASES: usize = 16;

fn of_class(types: &Types<'_, '_>, class: ClassRef, is_key: bool) -> (Walk, Option<(Reason, Option<String>)>) {
    let shape = types.shape(class);
    let reason = match shape.kind {
        Some(ShapeKind::Enumeration) if shape.is_primitive => None,
        Some(ShapeKind::Enumeration) => Some(Reason::Enumeration),
        Some(ShapeKind::Dataclass | ShapeKind::NamedTuple) if is_key => Some(Reason::Key),
        Some(ShapeKind::Dataclass | ShapeKind::TypedDict | ShapeKind::NamedTuple) => return (Walk::Into, None),
        Some(ShapeKind::Exception) => Some(Reason::Exception),
        Some(ShapeKind::Plain | ShapeKind::Attrs) if !shape.converts_itself => Some(Reason::Plain),
        _ => None,
    };
    (Walk::Over, reason.map(|reason| (reason, None)))
}

/// A part of a type that the payload converter cannot make again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// What it is called.
    pub shown: String,
    /// Why.
    pub reason: Cannot,
    /// The field that declares it, where it is one of a class.
    pub field: Option<(String, Span)>,
}

/// Why the payload converter cannot make something again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cannot {
    /// It is a class that is no dataclass.
    Plain,
    /// It is a generic dataclass with type arguments.
    Generic,
    /// It is a dataclass with a value that is needed to make it and is not sent.
    InitVar,
    /// It is a class that derives from `str`, which is gone through letter by letter.
    Text,
    /// It is an enumeration of texts that is no `StrEnum`: so is this, before [`ANY_ENUMERATION_SINCE`].
    TextMembers,
    /// It is an enumeration of numbers that is no `IntEnum`: none is made before [`ANY_ENUMERATION_SINCE`].
    NumberMembers,
}

/// Since when the converter makes members of whatever enumeration mixes in `str` or `int` (seen on 1.18.0 to 1.35.0).
pub const ANY_ENUMERATION_SINCE: Version = Version(1, 35, 0);

/// The parts of a type that the payload converter cannot decode. Those that it cannot even encode, other than plain classes,
/// are [`refused`].
#[must_use]
pub fn undecodable(types: &Types<'_, '_>, ty: &Type) -> Vec<Undecodable> {
    let mut found = Vec::new();
    types.walk(ty, &mut |part, trail| {
        if let Type::Outside { class, .. } = part
            && *class == "dataclasses.InitVar"
        {
            if trail.needs_field {
                found.push(Undecodable {
                    shown: types.shown(part),
                    reason: Cannot::InitVar,
                    field: field_of(types, trail),
                });
            }
            return Walk::Over;
        }
        // What is refused altogether, such as `type[…]`, is said so elsewhere.
        if let Type::Outside { class, .. } = part
            && payloads().refused(class.as_str()).is_some()
        {
            return Walk::Over;
        }
        let Type::Class { class, arguments } = part else { return Walk::Into };
        let shape = types.shape(*class);
        let reason = match shape.kind {
            // Another of several types may take the text as it is.
            Some(ShapeKind::Enumeration) | None if trail.has_others => None,
            Some(ShapeKind::Enumeration) => members_of(&shape),
            None if is_text(types, *class) && !shape.converts_itself => Some(Cannot::Text),
            Some(ShapeKind::Dataclass) if !arguments.is_empty() => Some(Cannot::Generic),
            Some(ShapeKind::Dataclass | ShapeKind::TypedDict) => return Walk::Into,
            Some(ShapeKind::Plain | ShapeKind::Attrs) if !shape.converts_itself => Some(Cannot::Plain),
            _ => None,
        };
        if let Some(reason) = reason {
            found.push(Undecodable { shown: types.shown(part), reason, field: field_of(types, trail) });
        }
        Walk::Over
    });
    found
}

/// What an enumeration is to a converter that knows `StrEnum` and `IntEnum` only.
fn members_of(shape: &ClassShape) -> Option<Cannot> {
    let derives_from = |wanted: &[&str]| shape.outside_bases.iter().any(|base| wanted.contains(&base.as_str()));
    match () {
        () if derives_from(&["enum.IntEnum", "enum.StrEnum"]) => None,
        () if derives_from(&["builtins.str"]) => Some(Cannot::TextMembers),
        () if derives_from(&["builtins.int"]) => Some(Cannot::NumberMembers),
        () => None,
    }
}

/// Whether a class is a `str` with nothing of which it is not known what it does.
fn is_text(types: &Types<'_, '_>, class: ClassRef) -> bool {
    let bases = &types.shape(class).outside_bases;
    let is_plain = |base: &Name| matches!(base.as_str(), "builtins.str" | "builtins.object" | "typing.Generic");
    bases.iter().any(|base| *base == "builtins.str") && bases.iter().all(is_plain) && types.is_undecorated(class)
}

/// A `datetime` that a sandboxed workflow has to decode and cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenDatetime {
    /// How the type around is called, as far as it is one.
    pub shown: String,
    /// The field that declares it, where it is one of a class.
    pub field: Option<(String, Span)>,
}

/// The `datetime`s in a type that the sandbox hides from the payload converter. The converter compares with `is`, and in
/// modules that the sandbox loads `datetime` is a stand-in. In a union the stand-in is resolved, and generics of `typing`
/// are kept from the first, unsandboxed import.
#[must_use]
pub fn hidden_datetimes(
    analysis: &Analysis<'_, '_>,
    types: &Types<'_, '_>,
    ty: &Type,
    loaded: &FxHashSet<FileId>,
) -> Vec<HiddenDatetime> {
    let mut found = Vec::new();
    types.walk(ty, &mut |part, trail| match part {
        Type::Outside { class, named_in, .. } if *class == "datetime.datetime" => {
            if !trail.in_union && !trail.in_typing && !trail.is_key && loaded.contains(named_in) {
                found.push(HiddenDatetime { shown: types.shown(part), field: field_of(types, trail) });
            }
            Walk::Over
        }
        Type::Outside { class, .. } if analysis.evaluator.world().generic(*class) == Generic::Class => Walk::Over,
        Type::Class { class, .. } => match types.shape(*class).kind {
            Some(ShapeKind::Dataclass | ShapeKind::TypedDict) => Walk::Into,
            _ => Walk::Over,
        },
        _ => Walk::Into,
    });
    found
}

/// The workflows, by position, that a method of a class is one of: those of the class and of what derives from it.
#[must_use]
pub fn workflows_of(analysis: &Analysis<'_, '_>, class: ClassRef) -> Vec<usize> {
    let is_of = |value| {
        let order = analysis.evaluator.order_of_value(value);
        order.iter().any(|ancestor| matches!(ancestor, crate::python::Ancestor::Project(owner, _) if *owner == class))
            || matches!(analysis.evaluator.get(value), Value::Class(own, _) if *own == class)
    };
    let workflows = analysis.definitions.workflows.iter().enumerate();
    workflows.filter(|(_, workflow)| is_of(workflow.class)).map(|(index, _)| index).collect()
}
