//! What the SDK compares and looks up when a module defines workflows and activities.
//!
//! Knows: whether the parameters of two methods are alike to it, which names of an annotation are not there at run time,
//! which handlers code registers by call. Does not know: which of it is a finding.

use crate::python::{Ancestor, Generic, Place, Rest, Value};
use crate::registry::payloads;
use crate::registry::schema::ShapeKind;
use crate::semantic::{ArgumentKind, BindingKind, Expr, ExprId, Module, Name, given_for};
use crate::source::{FileId, Span, TextRange};

use super::analysis::Analysis;
use super::signatures::{FunctionDefinition, Nesting, Parameter, Sdk, class_of};
use super::types::{Annotation, Type, Types, Walk};

/// In what the parameters of two methods differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// In their number.
    Count,
    /// In how a parameter is given.
    Kind(Name),
    /// In a default.
    Default(Name),
    /// In an annotation.
    Annotation(Name),
    /// In how an annotation is written, which counts where annotations are kept as text.
    Spelling(Name),
}

/// In what the parameters of two methods surely differ, names aside: the SDK compares kinds, defaults and annotations
/// (`temporalio/workflow/_definition.py`, `_parameters_identical_up_to_naming`). Parameters of the second are named.
#[must_use]
pub fn difference(
    analysis: &Analysis<'_, '_>,
    types: &Types<'_, '_>,
    first: &FunctionDefinition,
    second: &FunctionDefinition,
) -> Option<Difference> {
    let (ours, theirs) = (&first.signature.parameters, &second.signature.parameters);
    if ours.len() != theirs.len() {
        return Some(Difference::Count);
    }
    ours.iter().zip(theirs).find_map(|(ours, theirs)| {
        let name = theirs.name;
        if ours.kind != theirs.kind {
            return Some(Difference::Kind(name));
        }
        if !may_have_same_default(analysis, ours, theirs) {
            return Some(Difference::Default(name));
        }
        match (ours.annotation, theirs.annotation) {
            (None, None) => None,
            (Some(ours), Some(theirs)) => {
                let as_text = first.keeps_text && second.keeps_text;
                let differ = surely_differ(&types.of(ours), &types.of(theirs));
                match (as_text, differ) {
                    (_, true) => Some(Difference::Annotation(name)),
                    (true, false) if !are_written_alike(analysis, ours, theirs) => Some(Difference::Spelling(name)),
                    _ => None,
                }
            }
            _ => Some(Difference::Annotation(name)),
        }
    })
}

fn may_have_same_default(analysis: &Analysis<'_, '_>, ours: &Parameter, theirs: &Parameter) -> bool {
    let (Some(ours), Some(theirs)) = (ours.default, theirs.default) else {
        return ours.default.is_some() == theirs.default.is_some();
    };
    let constant = |default: Annotation| {
        let values = analysis.evaluator.value(default.expr, Place { file: default.file, frame: None });
        let value = values.only()?;
        let is_constant = matches!(analysis.evaluator.get(value), Value::None | Value::Str(_) | Value::Member(..));
        is_constant.then_some(value)
    };
    match (constant(ours), constant(theirs)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => true,
    }
}

/// Whether two types cannot be equal at run time.
fn surely_differ(ours: &Type, theirs: &Type) -> bool {
    use Type::{Alias, Any, Class, Literal, New, None, Outside, Union, Unknown, Variable};
    match (ours, theirs) {
        (Unknown | Variable | Literal(_) | Alias(_), _) | (_, Unknown | Variable | Literal(_) | Alias(_)) => false,
        (None, None) | (Any, Any) => false,
        (New(a), New(b)) => surely_differ(a, b),
        (Class { class: a, arguments: x }, Class { class: b, arguments: y }) => a != b || arguments_differ(x, y),
        (Outside { class: a, arguments: x, .. }, Outside { class: b, arguments: y, .. }) => {
            if a == b {
                arguments_differ(x, y)
            } else {
                are_other_objects(*a, *b)
            }
        }
        (Union { members: x, .. }, Union { members: y, .. }) => {
            let alone = |member: &Type, others: &[Type]| others.iter().all(|other| surely_differ(member, other));
            x.iter().any(|member| alone(member, y)) || y.iter().any(|member| alone(member, x))
        }
        _ => true,
    }
}

fn arguments_differ(ours: &[Type], theirs: &[Type]) -> bool {
    ours.len() != theirs.len() || ours.iter().zip(theirs).any(|(ours, theirs)| surely_differ(ours, theirs))
}

/// Whether two names stand for other objects: libraries offer one class under several names, the language does not, but for
/// `typing`, whose generics are objects of their own.
fn are_other_objects(ours: Name, theirs: Name) -> bool {
    let last = |name: Name| name.last_part();
    let is_known = |name: Name| {
        ["builtins.", "typing.", "collections.", "datetime.", "decimal.", "uuid."]
            .iter()
            .any(|module| name.as_str().starts_with(module))
    };
    last(ours) != last(theirs) || is_known(ours) && is_known(theirs)
}

/// Whether two annotations are the same text, spaces aside.
fn are_written_alike(analysis: &Analysis<'_, '_>, ours: Annotation, theirs: Annotation) -> bool {
    let (a, b) = (analysis.project.module(ours.file), analysis.project.module(theirs.file));
    written_alike(a, ours.expr, b, theirs.expr)
}

fn written_alike(a: &Module, x: ExprId, b: &Module, y: ExprId) -> bool {
    match (a[x], b[y]) {
        (Expr::Name { name: x, .. }, Expr::Name { name: y, .. }) => x == y,
        (Expr::Attribute { value: v, name: x }, Expr::Attribute { value: w, name: y }) => {
            x == y && written_alike(a, v, b, w)
        }
        (Expr::Subscript { value: v, index: i }, Expr::Subscript { value: w, index: j }) => {
            written_alike(a, v, b, w) && written_alike(a, i, b, j)
        }
        (Expr::Binary { left: v, right: i, .. }, Expr::Binary { left: w, right: j, .. }) => {
            written_alike(a, v, b, w) && written_alike(a, i, b, j)
        }
        (Expr::Tuple(x) | Expr::List(x), Expr::Tuple(y) | Expr::List(y)) => {
            let (x, y) = (a.list(x), b.list(y));
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| written_alike(a, *x, b, *y))
        }
        (Expr::None, Expr::None) => true,
        (Expr::Name { .. } | Expr::Attribute { .. } | Expr::Subscript { .. } | Expr::None, Expr::Binary { .. })
        | (Expr::Binary { .. }, Expr::Name { .. } | Expr::Attribute { .. } | Expr::Subscript { .. } | Expr::None)
        | (Expr::Name { .. }, Expr::Attribute { .. } | Expr::Subscript { .. } | Expr::None)
        | (Expr::Attribute { .. } | Expr::Subscript { .. } | Expr::None, Expr::Name { .. }) => false,
        // Constants and calls are not compared.
        _ => true,
    }
}

/// A name in an annotation that is not there when the SDK resolves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingName {
    /// The name.
    pub name: Name,
    /// Where the annotation names it.
    pub range: TextRange,
    /// Where it is bound, for type checkers or too late.
    pub bound: Span,
    /// Whether it is bound after the definition.
    pub is_late: bool,
}

/// The names in the annotations of a definition that are bound for type checkers alone, or only behind the definition. The
/// SDK resolves annotations, quoted ones too, when it is applied.
#[must_use]
pub fn missing_names(analysis: &Analysis<'_, '_>, definition: &FunctionDefinition) -> Vec<MissingName> {
    let parameters = definition.parameters().iter().filter_map(|parameter| parameter.annotation);
    let mut found = Vec::new();
    for annotation in parameters.chain(definition.signature.returns) {
        missing_in(analysis, definition, annotation.file, annotation.expr, &mut found);
    }
    found
}

fn missing_in(
    analysis: &Analysis<'_, '_>,
    definition: &FunctionDefinition,
    file: FileId,
    expr: ExprId,
    found: &mut Vec<MissingName>,
) {
    let module = analysis.project.module(file);
    if let Expr::Name { name, block, .. } = module[expr]
        && let Some((bound, is_late)) = missing(analysis, definition, file, name, block)
    {
        found.push(MissingName { name, range: module.span(expr), bound, is_late });
    }
    // What `Annotated[type, …]` says beside the type is not resolved.
    if let Expr::Subscript { value, index } = module[expr]
        && let Expr::Tuple(items) = module[index]
        && let Some(first) = module.list(items).first()
        && is_annotated(analysis, file, value)
    {
        return missing_in(analysis, definition, file, *first, found);
    }
    module.each_part(expr, &mut |part| missing_in(analysis, definition, file, part, found));
}

fn is_annotated(analysis: &Analysis<'_, '_>, file: FileId, generic: ExprId) -> bool {
    let values = analysis.evaluator.value(generic, Place { file, frame: None });
    let name = values.single().and_then(|value| analysis.evaluator.outside_name(value));
    name.is_some_and(|name| analysis.evaluator.world().generic(name) == Generic::First)
}

fn missing(
    analysis: &Analysis<'_, '_>,
    definition: &FunctionDefinition,
    file: FileId,
    name: Name,
    block: crate::semantic::BlockId,
) -> Option<(Span, bool)> {
    let module = analysis.project.module(file);
    let place = Place { file, frame: None };
    let variable = &module[module.variable_read(name, block)?];
    let has_stars = !module[variable.scope].stars.is_empty();
    let mut bindings = variable.bindings.iter().map(|binding| module[*binding]).filter(|binding| {
        // `name: T` alone binds nothing.
        !matches!(binding.kind, BindingKind::Declare { .. })
    });
    let first = bindings.clone().next().filter(|_| !has_stars)?;
    let bound = Span { file, range: first.range };
    if bindings.clone().all(|binding| !analysis.evaluator.may_run(binding.block, place)) {
        return Some((bound, false));
    }
    let after = end_of(module, definition);
    let is_late = variable.scope == module.global()
        && definition.nesting == Nesting::Module
        && bindings.all(|binding| {
            let is_definition = matches!(binding.kind, BindingKind::Class(_) | BindingKind::Function(_));
            is_definition && module[binding.block].function.is_none() && binding.range.start() > after
        });
    is_late.then_some((bound, true))
}

/// Where the definition that the SDK is applied to ends: that of the class for a method.
fn end_of(module: &Module, definition: &FunctionDefinition) -> crate::source::TextSize {
    match definition.class {
        Some(class) => module[class.class].range.end(),
        None => module[definition.function.function].range.end(),
    }
}

/// A handler that code registers by call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Of which kind.
    pub kind: Sdk,
    /// Under which name.
    pub name: Name,
    /// Where the call stands.
    pub span: Span,
}

const REGISTERING: [(&str, Sdk); 3] =
    [("set_signal_handler", Sdk::Signal), ("set_query_handler", Sdk::Query), ("set_update_handler", Sdk::Update)];

/// The handlers that the methods of a class register by `workflow.set_signal_handler(name, …)` and its like.
#[must_use]
pub fn registrations(analysis: &Analysis<'_, '_>, class: crate::python::ClassRef) -> Vec<Registration> {
    let module = analysis.project.module(class.file);
    let place = Place { file: class.file, frame: None };
    let read = |call: &ExprId| {
        let Expr::Call { callee, arguments } = module[*call] else { return None };
        let (Expr::Attribute { name: called, .. } | Expr::Name { name: called, .. }) = module[callee] else {
            return None;
        };
        let (_, kind) = REGISTERING.iter().find(|(known, _)| called == *known)?;
        let callee = analysis.evaluator.value(callee, place).single()?;
        let name = analysis.evaluator.outside_name(callee)?;
        name.as_str().strip_prefix("temporalio.workflow.").filter(|name| called == *name)?;
        let block = module.block_of_call(*call)?;
        let (_, around) = module.method_around(module[block].scope)?;
        if around != class.class {
            return None;
        }
        let arguments = module.list(arguments);
        // `None` takes a handler away.
        if matches!(module[given_for(arguments, "handler", Some(1))?], Expr::None) {
            return None;
        }
        let name = analysis.evaluator.value(given_for(arguments, "name", Some(0))?, place).only()?;
        match analysis.evaluator.get(name) {
            Value::Str(name) => Some(Registration {
                kind: *kind,
                name: *name,
                span: Span { file: class.file, range: module.span(*call) },
            }),
            _ => None,
        }
    };
    module.calls().iter().filter_map(read).collect()
}

/// Whether something in a file names an attribute, or a text of that name.
#[must_use]
pub fn is_named_in(analysis: &Analysis<'_, '_>, file: FileId, name: Name) -> bool {
    let module = analysis.project.module(file);
    module.expression_ids().any(|expr| match module[expr] {
        Expr::Attribute { name: named, .. } | Expr::Str(named) | Expr::Name { name: named, .. } => named == name,
        _ => false,
    })
}

/// Whether a base from outside may bring methods that are not seen.
#[must_use]
pub fn may_add_members(base: Name) -> bool {
    payloads().kind_by_base(base.as_str()) != Some(ShapeKind::Plain)
        && payloads().kind_by_base(base.as_str()) != Some(ShapeKind::Protocol)
}

/// Whether what a definition takes arrives as something else than it annotates, if the payload converter is not given the
/// annotations: objects, and what JSON has no form for.
#[must_use]
pub fn needs_hint(analysis: &Analysis<'_, '_>, definition: &FunctionDefinition) -> bool {
    is_decoded_by_one_of(analysis, definition.parameters().iter().filter_map(|parameter| parameter.annotation))
}

/// Whether what a definition takes or gives arrives as something else without its annotations.
pub(super) fn is_decoded_by_hints(analysis: &Analysis<'_, '_>, definition: &FunctionDefinition) -> bool {
    needs_hint(analysis, definition) || is_decoded_by_one_of(analysis, definition.signature.returns.into_iter())
}

fn is_decoded_by_one_of(analysis: &Analysis<'_, '_>, mut annotations: impl Iterator<Item = Annotation>) -> bool {
    let types = analysis.types();
    annotations.any(|annotation| {
        let mut needs = false;
        types.walk(&types.of(annotation), &mut |part, _| {
            needs |= match part {
                Type::Class { .. } => true,
                Type::Outside { class, .. } => payloads().needs_annotation(class.as_str()),
                _ => false,
            };
            Walk::Into
        });
        needs
    })
}

/// A class that a worker registers and that has no decorator of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecorated {
    /// Its name.
    pub name: String,
    /// The place of its name.
    pub span: Span,
    /// Where the worker is made.
    pub worker: Span,
    /// Whether it derives from a workflow.
    pub is_derived: bool,
    /// Whether that worker stands in test code.
    pub in_tests: bool,
}

/// The classes of the project that workers register and that nothing makes workflows.
#[must_use]
pub fn undecorated_registrations(analysis: &Analysis<'_, '_>) -> Vec<Undecorated> {
    let definitions = &analysis.definitions;
    let mut found: Vec<Undecorated> = Vec::new();
    for worker in definitions.workers() {
        for value in &worker.workflow_values {
            let Value::Class(class, _) = analysis.evaluator.get(*value) else { continue };
            let module = analysis.project.module(class.file);
            let definition = &module[class.class];
            let is_defined = definitions.defined_by_call.contains_key(class)
                || !definition.decorators.is_empty()
                || class_of(&definitions.classes, *class).is_some_and(|class| class.workflow().is_some());
            let order = analysis.evaluator.order(*class, None);
            let is_open = order.iter().any(|ancestor| matches!(ancestor, Ancestor::Unknown | Ancestor::Dynamic(_)));
            let has_metaclass =
                module.list(definition.arguments).iter().any(|given| !matches!(given.kind, ArgumentKind::Positional));
            let span = Span { file: class.file, range: definition.name_range };
            if is_defined || is_open || has_metaclass || found.iter().any(|known| known.span == span) {
                continue;
            }
            let is_derived = order.iter().skip(1).any(|ancestor| match ancestor {
                Ancestor::Project(base, _) => {
                    class_of(&definitions.classes, *base).is_some_and(|base| base.workflow().is_some())
                }
                _ => false,
            });
            let name = module.qualified_class_name(class.class);
            found.push(Undecorated { name, span, worker: worker.span, is_derived, in_tests: worker.in_tests });
        }
    }
    found
}

/// Whether an annotation is the one that the SDK asks of dynamic definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawValues {
    /// `collections.abc.Sequence[RawValue]`.
    Current,
    /// `typing.Sequence[RawValue]`.
    Typing,
    /// Something else.
    No,
    /// That cannot be told.
    Unknown,
}

/// Whether an annotation is a sequence of raw values.
#[must_use]
pub fn raw_values(types: &Types<'_, '_>, annotation: Annotation) -> RawValues {
    let ty = types.of(annotation);
    let Type::Outside { class, arguments, .. } = &ty else {
        return if ty == Type::Unknown { RawValues::Unknown } else { RawValues::No };
    };
    let of_raw_values = match arguments.as_slice() {
        [Type::Unknown] => return RawValues::Unknown,
        [item] => item.is_class("temporalio.common.RawValue"),
        _ => false,
    };
    match class.as_str() {
        "collections.abc.Sequence" if of_raw_values => RawValues::Current,
        "typing.Sequence" if of_raw_values => RawValues::Typing,
        // What a library names may stand for anything.
        name if !["builtins.", "collections.", "typing."].iter().any(|module| name.starts_with(module)) => {
            RawValues::Unknown
        }
        _ => RawValues::No,
    }
}

/// The calls that make activities of what has no name: `activity.defn(lambda x: x)`, and, said apart, of
/// `functools.partial`.
#[must_use]
pub fn unnamed_activities(analysis: &Analysis<'_, '_>) -> Vec<(Span, bool)> {
    let calls = analysis.sdk_calls().iter().filter(|call| call.callee == "temporalio.activity.defn");
    calls
        .filter_map(|call| {
            let given =
                call.argument("fn").or_else(|| call.arguments.first().filter(|given| given.keyword.is_none()))?;
            let values = &given.values;
            match analysis.evaluator.get(values.single().filter(|_| values.rest == Rest::Nothing)?) {
                Value::Function(callable) => {
                    let module = analysis.project.module(callable.function.file);
                    module[callable.function.function].is_lambda().then_some((call.span, false))
                }
                Value::Partial { .. } => Some((call.span, true)),
                _ => None,
            }
        })
        .collect()
}
