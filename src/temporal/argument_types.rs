//! Arguments that their target's annotations make something else of, or nothing.
//!
//! Knows: literals, constants and objects that are made in the program, given to an activity, workflow or handler whose
//! parameters name a class, and what calls of the SDK gave, which the converter made of what their targets declare; what the
//! default payload converter makes of the one by the other. Does not know: what an annotation alone says of a variable.
//!
//! The converter decodes by the annotations of the target (temporalio/converter/_payload_converter.py, `value_to_type`), as
//! long as it takes as many arguments as it is given.

use super::analysis::Analysis;
use super::constants::{Constant, constant};
use super::definitions::{Located, Role};
use super::sdk_calls::{Presence, SdkCall, Shape, shape};
use super::sent::definition_of;
use super::signatures::{DecoratorKind, FunctionDefinition, Parameter, Sdk};
use super::targets::Target;
use super::types::{Type, Types};
use crate::python::{ClassRef, FunctionRef, Place, Rest, Special, Truth, Value, Values};
use crate::registry::schema::ShapeKind;
use crate::semantic::{ArgumentKind, BindingKind, Expr, ExprId, Name};
use crate::source::{Span, TextRange};

/// Through how many names and calls a value is followed to the call of the SDK that gave it.
const HOPS: usize = 6;

/// How many statements that may have given a name its value are looked at.
const BINDINGS: usize = 8;

/// An argument of another type than its parameter.
#[derive(Debug, Clone)]
pub struct UnlikeArgument {
    /// Where the argument stands.
    pub span: Span,
    /// What it is, in words.
    pub given: String,
    /// The parameter.
    pub parameter: Name,
    /// Where the parameter is annotated.
    pub declared: Span,
    /// Its type.
    pub wanted: String,
    /// The function that has it.
    pub function: String,
    /// What the SDK takes the function for.
    pub role: Sdk,
    /// What becomes of the argument.
    pub outcome: Outcome,
}

/// What becomes of an argument of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It cannot be decoded.
    Fails,
    /// Something is made of it that is less.
    Narrowed,
    /// It arrives as `None`, though the annotation allows none.
    ArrivesAsNone,
}

/// The arguments of another type than their parameters.
#[must_use]
pub fn unlike_arguments(analysis: &Analysis<'_, '_>) -> Vec<UnlikeArgument> {
    let types = analysis.types();
    let mut found = Vec::new();
    for call in analysis.sdk_calls().iter().filter(|call| call.signature.parameter("args").is_some()) {
        let Some(definition) = called_function(analysis, call).and_then(|function| definition_of(analysis, function))
        else {
            continue;
        };
        let Some(role) = definition.role().filter(|_| is_plain(definition)) else { continue };
        let given = given(analysis, call);
        let parameters: Vec<&Parameter> = definition.parameters().iter().collect();
        // With another number than it takes, annotations are not looked at, and that is reported.
        if given.len() != parameters.len() || !parameters.iter().all(|parameter| parameter.is_positional()) {
            continue;
        }
        for (given, parameter) in given.iter().zip(parameters) {
            let Some(annotation) = parameter.annotation else { continue };
            if is_field(analysis, given) {
                continue;
            }
            let wanted = types.of(annotation);
            let judge = Judge { analysis, types: &types };
            let of_arms = || {
                let mut outcomes = arms(analysis, given).into_iter().filter_map(|arm| {
                    let (shown, outcome) = judge.outcome(&arm, parameter, &wanted)?;
                    // `None` in one arm is often what the annotation forgot.
                    (outcome != Outcome::ArrivesAsNone).then_some((arm.range, shown, outcome))
                });
                outcomes.next()
            };
            let whole = judge.outcome(given, parameter, &wanted).map(|(shown, outcome)| (given.range, shown, outcome));
            let Some((range, shown, outcome)) = whole.or_else(of_arms) else { continue };
            found.push(UnlikeArgument {
                span: Span { file: call.span.file, range },
                given: shown,
                parameter: parameter.name,
                declared: annotation.span(),
                wanted: types.shown(&wanted),
                function: definition.qualified_name.clone(),
                role,
                outcome,
            });
        }
    }
    found
}

/// Whether nothing but the SDK stands between a call and a definition.
fn is_plain(definition: &FunctionDefinition) -> bool {
    let is_wrapped = definition.decorators.iter().any(|decorator| {
        matches!(decorator.kind, DecoratorKind::Applies(_) | DecoratorKind::Project(_) | DecoratorKind::Unknown)
    });
    !is_wrapped && !definition.sdk().any(|(_, decorator)| decorator.is_dynamic())
}

/// The parameters that name what is called, and what that is.
const TARGETS: [(&str, Sdk); 5] = [
    ("activity", Sdk::Activity),
    ("workflow", Sdk::Run),
    ("signal", Sdk::Signal),
    ("query", Sdk::Query),
    ("update", Sdk::Update),
];

/// The function whose parameters take what a call hands on: that of what it refers to, or that of the only one that has the
/// name which it gives.
#[must_use]
pub fn called_function(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<FunctionRef> {
    let (kind, role) = *TARGETS.iter().find(|(name, _)| call.signature.parameter(name).is_some())?;
    if call.callee == "temporalio.workflow.continue_as_new" {
        let workflow = analysis.workflow_around(call).filter(|_| call.lacks(kind))?;
        return analysis.run_of(workflow);
    }
    let target = analysis.target_of(call, call.argument(kind)?)?;
    match (kind, target) {
        (_, Target::Name(name)) => {
            // Of several that have the name, it is not known which is meant.
            let [function] = analysis.functions_named(role, name) else { return None };
            Some(*function)
        }
        ("activity", Target::Activity(_))
        | ("workflow", Target::Workflow(_) | Target::Handler { role: Role::Run, .. })
        | ("signal", Target::Handler { role: Role::Signal, .. })
        | ("query", Target::Handler { role: Role::Query, .. })
        | ("update", Target::Handler { role: Role::Update, .. }) => analysis.function_of(target),
        _ => None,
    }
}

/// Something that is handed on.
struct Given {
    range: TextRange,
    expr: Option<ExprId>,
    place: Place,
    values: Values,
}

/// What a call hands on, in order; nothing where that cannot be told.
fn given(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Vec<Given> {
    let place = Place { file: call.span.file, frame: None };
    match (call.given("arg"), call.given("args")) {
        (Presence::Argument(arg), Presence::Absent) => {
            vec![Given { range: arg.range, expr: arg.expr, place, values: arg.values.clone() }]
        }
        (Presence::Absent, Presence::Argument(args)) => {
            let module = analysis.project.module(call.span.file);
            let Some(Expr::List(items) | Expr::Tuple(items)) = args.expr.map(|expr| module[expr]) else {
                return Vec::new();
            };
            let items = module.list(items);
            if items.iter().any(|item| matches!(module[*item], Expr::Starred(_))) {
                return Vec::new();
            }
            let given = items.iter().map(|item| Given {
                range: module.span(*item),
                expr: Some(*item),
                place,
                values: analysis.evaluator.value(*item, place),
            });
            given.collect()
        }
        _ => Vec::new(),
    }
}

/// What a conditional expression gives in each case; nothing where it is none.
fn arms(analysis: &Analysis<'_, '_>, given: &Given) -> Vec<Given> {
    let module = analysis.project.module(given.place.file);
    let mut open: Vec<ExprId> = given.expr.into_iter().collect();
    let mut found = Vec::new();
    while let Some(expr) = open.pop() {
        match module[expr] {
            Expr::Conditional { test, body, orelse } => match analysis.evaluator.truth(test, given.place) {
                Truth::Known(truth) | Truth::Likely(truth) => open.push(if truth { body } else { orelse }),
                // What is asked of a value's class is asked so that the arms fit it.
                _ if matches!(module[test], Expr::Call { .. }) => {}
                _ => open.extend([orelse, body]),
            },
            _ if Some(expr) == given.expr => {}
            _ => found.push(Given {
                range: module.span(expr),
                expr: Some(expr),
                place: given.place,
                values: analysis.evaluator.value(expr, given.place),
            }),
        }
    }
    found
}

/// Whether a field of an object is given: what that holds its class made of what it was given, by a converter, a validator or
/// code of its own.
fn is_field(analysis: &Analysis<'_, '_>, given: &Given) -> bool {
    let Some(expr) = given.expr else { return false };
    let Expr::Attribute { value, .. } = analysis.project.module(given.place.file)[expr] else { return false };
    let objects = analysis.evaluator.value(value, given.place);
    objects.known.iter().any(|object| matches!(analysis.evaluator.get(*object), Value::Instance(_)))
}

struct Judge<'j, 'e, 'p> {
    analysis: &'j Analysis<'e, 'p>,
    types: &'j Types<'e, 'p>,
}

impl Judge<'_, '_, '_> {
    /// What is given, in words, and what becomes of it; nothing where it arrives as it is, or that cannot be told.
    fn outcome(&self, given: &Given, parameter: &Parameter, wanted: &Type) -> Option<(String, Outcome)> {
        let is_optional = matches!(wanted, Type::Union { members, .. } if members.contains(&Type::None));
        let constant = given.expr.and_then(|expr| constant(self.analysis.evaluator, expr, given.place));
        let is_decoded = given.values.rest == Rest::Declared
            && given.expr.is_some_and(|expr| self.is_decoded(expr, given.place, HOPS));
        let is_sure = given.values.rest == Rest::Nothing || is_decoded;
        if !is_sure && constant.is_none() {
            return None;
        }
        let shape = match constant {
            Some(Constant::None) => Shape::None,
            Some(Constant::Bool(_)) => Shape::Bool,
            Some(Constant::Number(_)) => Shape::Number,
            Some(Constant::Text(_)) => Shape::Text,
            _ => shape(self.analysis.evaluator, &given.values)?,
        };
        let wanted = plain(wanted.without_none());
        if shape == Shape::None {
            let says_none = is_optional || parameter.default.is_some();
            let is_class = self.takes(wanted).is_some();
            return (is_class && !says_none && given.values.known.len() <= 1)
                .then(|| ("`None`".to_owned(), Outcome::ArrivesAsNone));
        }
        // `None` beside it is what `Optional` is for.
        let takes = self.takes(wanted)?;
        let number = constant.and_then(Constant::number);
        let is_part = number.is_some_and(|number| number.fract() != 0.0);
        let outcome = match (takes, shape) {
            (Takes::Int, Shape::Number) if is_part => Outcome::Narrowed,
            (Takes::Int | Takes::Float, Shape::Number | Shape::Bool) | (Takes::Bool, Shape::Bool) => return None,
            (Takes::Text, Shape::Text) | (Takes::Table, Shape::Table) => return None,
            (Takes::Table, Shape::Instance(_)) => return None,
            (Takes::Items, Shape::Number | Shape::Bool) => Outcome::Fails,
            (Takes::Items, Shape::Text) => Outcome::Narrowed,
            (Takes::Items, _) => return None,
            (Takes::Object(class), Shape::Table) => return self.lacking(given, class),
            (Takes::Object(class), Shape::Instance(other)) => return self.between(other, class, is_decoded),
            (_, Shape::Number | Shape::Bool | Shape::Text | Shape::Sequence | Shape::Table | Shape::Set) => {
                Outcome::Fails
            }
            (_, Shape::Instance(class)) if self.is_sent(class) => Outcome::Fails,
            _ => return None,
        };
        Some((self.shown(shape, number), outcome))
    }

    /// Whether a value, or what it is taken from, is what a call of the SDK gave: the converter made it of just the class that
    /// the target declares.
    fn is_decoded(&self, expr: ExprId, place: Place, hops: usize) -> bool {
        let Some(hops) = hops.checked_sub(1) else { return false };
        let module = self.analysis.project.module(place.file);
        match module[expr] {
            Expr::Await(value) => self.is_result(value, place, hops),
            Expr::Subscript { value, .. } => self.is_decoded(value, place, hops),
            Expr::Name { .. } => self.each_given(expr, place, &|value| self.is_decoded(value, place, hops)),
            // `min(offers, key=…)`
            Expr::Call { callee, arguments } => {
                let special = self.analysis.evaluator.value(callee, place).only().and_then(|callee| {
                    let name = self.analysis.evaluator.outside_name(callee)?;
                    self.analysis.evaluator.world().special(name)
                });
                let [first, others @ ..] = module.list(arguments) else { return false };
                matches!(special, Some(Special::Item | Special::Sequence | Special::Filter))
                    && first.kind == ArgumentKind::Positional
                    && others.iter().all(|given| matches!(given.kind, ArgumentKind::Keyword(name) if name != "default"))
                    && self.is_decoded(first.value, place, hops)
            }
            _ => false,
        }
    }

    /// Whether awaiting a value gives what the SDK makes of the result of what a call starts.
    fn is_result(&self, awaited: ExprId, place: Place, hops: usize) -> bool {
        let Some(hops) = hops.checked_sub(1) else { return false };
        let module = self.analysis.project.module(place.file);
        match module[awaited] {
            Expr::Call { .. } => {
                let call = self.analysis.sdk_call_at(Located { file: place.file, expr: awaited });
                let special = call.and_then(|call| self.analysis.evaluator.world().special(call.callee));
                matches!(special, Some(Special::Executes | Special::Starts))
            }
            Expr::Name { .. } => self.each_given(awaited, place, &|value| self.is_result(value, place, hops)),
            _ => false,
        }
    }

    /// Whether something is so of all that a name of a function may have been given, or of what it is an item of.
    fn each_given(&self, name: ExprId, place: Place, is_so: &dyn Fn(ExprId) -> bool) -> bool {
        let module = self.analysis.project.module(place.file);
        let Expr::Name { name, block, .. } = module[name] else { return false };
        let Some(variable) = module.variable_read(name, block) else { return false };
        let bindings = &module[variable].bindings;
        module[block].function.is_some()
            && !bindings.is_empty()
            && bindings.len() <= BINDINGS
            && bindings.iter().all(|binding| match module[*binding].kind {
                BindingKind::Assign { value, annotation: None, .. } => is_so(value),
                BindingKind::Loop { iterable, .. } => is_so(iterable),
                _ => false,
            })
    }

    fn takes(&self, wanted: &Type) -> Option<Takes> {
        match wanted {
            Type::Outside { class, .. } => match class.as_str() {
                "builtins.str" => Some(Takes::Text),
                "builtins.int" => Some(Takes::Int),
                "builtins.float" => Some(Takes::Float),
                "builtins.bool" => Some(Takes::Bool),
                "builtins.dict" | "typing.Dict" | "typing.Mapping" | "collections.abc.Mapping" => Some(Takes::Table),
                "builtins.list"
                | "typing.List"
                | "builtins.set"
                | "typing.Set"
                | "typing.Sequence"
                | "collections.abc.Sequence" => Some(Takes::Items),
                _ => None,
            },
            Type::Class { class, arguments } if arguments.is_empty() => {
                self.is_sent(*class).then_some(Takes::Object(*class))
            }
            _ => None,
        }
    }

    /// Whether the converter writes the fields of a class, and reads them again.
    fn is_sent(&self, class: ClassRef) -> bool {
        let shape = self.types.shape(class);
        matches!(shape.kind, Some(ShapeKind::Dataclass | ShapeKind::Model)) && !shape.converts_itself && !shape.own_init
    }

    /// A dict that lacks a field which an object of the class needs. What a model calls its fields on the wire is not known
    /// where the dict has other keys.
    fn lacking(&self, given: &Given, wanted: ClassRef) -> Option<(String, Outcome)> {
        let Value::Table(entries) = self.analysis.evaluator.get(given.values.only()?) else { return None };
        let mut keys = Vec::new();
        for (key, _) in entries {
            let Value::Str(name) = self.analysis.evaluator.get((*key)?) else { return None };
            keys.push(*name);
        }
        let shape = self.types.shape(wanted);
        let is_field = |key: &Name| shape.fields.iter().any(|field| field.name == *key);
        if shape.kind == Some(ShapeKind::Model) && !keys.iter().all(is_field) {
            return None;
        }
        let missing = shape.fields.iter().find(|field| !field.has_default && !keys.contains(&field.name))?;
        Some((format!("a dict without `{}`", missing.name), Outcome::Fails))
    }

    /// An object of one class, where another is asked for. Who gives what an activity gave to one that takes a base of its
    /// class means that of it.
    fn between(&self, given: ClassRef, wanted: ClassRef, is_decoded: bool) -> Option<(String, Outcome)> {
        if given == wanted || !self.is_sent(given) || !self.is_sent(wanted) {
            return None;
        }
        let (ours, theirs) = (self.types.shape(given), self.types.shape(wanted));
        let derives = self
            .analysis
            .evaluator
            .order(given, None)
            .iter()
            .any(|ancestor| matches!(ancestor, crate::python::Ancestor::Project(class, _) if *class == wanted));
        let has = |shape: &super::types::ClassShape, name: Name| shape.fields.iter().any(|field| field.name == name);
        let lacks_needed = || theirs.fields.iter().any(|field| !field.has_default && !has(&ours, field.name));
        let outcome = if !derives && lacks_needed() {
            Outcome::Fails
        } else if derives && is_decoded || ours.fields.iter().all(|field| has(&theirs, field.name)) {
            // All of it arrives.
            return None;
        } else {
            Outcome::Narrowed
        };
        Some((format!("`{}`", ours.name), outcome))
    }

    fn shown(&self, shape: Shape, number: Option<f64>) -> String {
        match shape {
            Shape::Bool => "`True` or `False`".to_owned(),
            Shape::Number => number.map_or_else(|| "a number".to_owned(), |number| format!("`{number}`")),
            Shape::Text => "text".to_owned(),
            Shape::Sequence => "a list".to_owned(),
            Shape::Table => "a dict".to_owned(),
            Shape::Set => "a set".to_owned(),
            Shape::Instance(class) => format!("`{}`", self.types.shape(class).name),
            _ => "something else".to_owned(),
        }
    }
}

/// What the converter makes by an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Text,
    Int,
    Float,
    Bool,
    Table,
    Items,
    Object(ClassRef),
}

/// The type that a new type or an alias stands for.
fn plain(ty: &Type) -> &Type {
    match ty {
        Type::New(of) | Type::Alias(of) => plain(of),
        _ => ty,
    }
}
