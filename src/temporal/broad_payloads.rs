//! Parameters and results that say too little of what is sent.
//!
//! Knows: definitions whose parameters or results have no annotation, or one that names no class (`Any`, `dict`, `list`), and
//! what is read from them in the function itself or from the awaited result of a call by reference; annotations that the
//! payload converter can make nothing of (`object`, protocols, type variables). Does not know: what other functions do with
//! what they are handed.
//!
//! Without a class the converter gives what JSON gives, a dict for an object (temporalio/converter/_payload_converter.py,
//! `value_to_type`).

use rustc_hash::FxHashMap;

use super::analysis::Analysis;
use super::payloads::{Place as At, field_of};
use super::sdk_calls::SdkCall;
use super::signatures::{DecoratorKind, FunctionDefinition, Sdk};
use super::types::{Annotation, Type, Types, Walk};
use super::untyped::{asks_for_class, is_of_plain_value};
use crate::python::{FunctionRef, Place, Project, Value};
use crate::registry::schema::ShapeKind;
use crate::semantic::{BindingId, BindingKind, Expr, ExprId, Module, Name, Stmt, Use};
use crate::source::{FileId, Span};

/// A parameter or result that says too little.
#[derive(Debug, Clone)]
pub struct BroadPayload {
    /// The annotation, or the name where there is none.
    pub span: Span,
    /// What it is: "parameter `order` of activity `charge`".
    pub shown: String,
    /// What is wrong with what it says.
    pub fault: BroadFault,
    /// The annotation as it is called.
    pub annotation: Option<String>,
    /// What is read from it, and where.
    pub read: Option<(Name, Span)>,
    /// The field, by its class, that nothing can be made of, where that is not the whole.
    pub field: Option<(String, Span)>,
}

/// Whether the program speaks of protocol buffers: these say themselves which class they are, and need no annotation.
#[must_use]
pub fn sends_protos(analysis: &Analysis<'_, '_>) -> bool {
    let is_proto =
        |name: &str| name.starts_with("google.protobuf") || name.split('.').any(|part| part.ends_with("_pb2"));
    let speaks = |file: &FileId| {
        let module = analysis.project.module(*file);
        module.import_ids().any(|import| {
            let import = module[import];
            import.from.is_some_and(|from| is_proto(from.as_str()))
                || module.list(import.names).iter().any(|alias| is_proto(alias.name.as_str()))
        })
    };
    analysis.files.iter().any(speaks)
}

/// What is wrong with an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BroadFault {
    /// There is none.
    Missing,
    /// It names no class, and an attribute is read.
    NoClass,
    /// It says nothing of the items, and an attribute of one is read.
    NoItemClass,
    /// Nothing can be made of it.
    Undecodable,
}

/// The parameters and results that say too little, in the order of the definitions.
#[must_use]
pub fn broad_payloads(analysis: &Analysis<'_, '_>) -> Vec<BroadPayload> {
    let types = analysis.types();
    let calls = awaiting_calls(analysis);
    let methods = analysis.definitions.classes.iter().flat_map(|class| &class.methods);
    let mut found = Vec::new();
    for definition in methods.chain(&analysis.definitions.functions).filter(|definition| is_plain(definition)) {
        let Some(role) = definition.role() else { continue };
        let calls = calls.get(&definition.function).map_or(&[][..], Vec::as_slice);
        let reader = Reader { analysis, types: &types, definition, role, calls };
        found.extend(definition.parameters().iter().filter_map(|parameter| reader.parameter(parameter)));
        found.extend(reader.result());
    }
    found
}

/// Whether the SDK reads the annotations of a definition, and calls it with what they say.
fn is_plain(definition: &FunctionDefinition) -> bool {
    let is_wrapped = definition.decorators.iter().any(|decorator| match decorator.kind {
        DecoratorKind::Applies(_) | DecoratorKind::Project(_) | DecoratorKind::Unknown => true,
        DecoratorKind::Outside(name) => name == "functools.wraps",
        _ => false,
    });
    let sends = definition.role().is_some_and(|role| role.is_handler() || matches!(role, Sdk::Run | Sdk::Activity));
    let is_dynamic = definition.sdk().any(|(_, decorator)| decorator.is_dynamic());
    sends && !is_wrapped && !is_dynamic && !definition.is_placeholder && !definition.is_replaced
}

/// Through how many functions a parameter is handed on to where it is used.
const HANDED_ON: usize = 3;

struct Reader<'r, 'e, 'p> {
    analysis: &'r Analysis<'e, 'p>,
    types: &'r Types<'e, 'p>,
    definition: &'r FunctionDefinition,
    role: Sdk,
    /// The calls that await what the definition gives.
    calls: &'r [&'r SdkCall],
}

impl Reader<'_, '_, '_> {
    fn parameter(&self, parameter: &super::signatures::Parameter) -> Option<BroadPayload> {
        if !parameter.is_positional() {
            return None;
        }
        let file = self.definition.function.file;
        let made = |fault, annotation: Option<&Annotation>, read| BroadPayload {
            span: Span { file, range: annotation.map_or(parameter.range, |annotation| annotation.range) },
            shown: self.shown(At::Parameter(parameter.name)),
            fault,
            annotation: annotation.map(|annotation| self.written(*annotation)),
            read,
            field: None,
        };
        if let Some(part) = self.undecodable(parameter.annotation) {
            return Some(
                part.within(made(BroadFault::Undecodable, parameter.annotation.as_ref(), None), self.analysis.project),
            );
        }
        let breadth = self.breadth(parameter.annotation)?;
        let module = self.analysis.project.module(file);
        let scope = module[self.definition.function.function].scope;
        let [binding] = module.bindings_of(scope, parameter.name) else { return None };
        let (name, place, of_item) = self.used(file, &reads_of(module, *binding), breadth, HANDED_ON)?;
        Some(made(fault(breadth, of_item), parameter.annotation.as_ref(), Some((name, place))))
    }

    /// What is read from an object, here or in the functions of the project that are given it.
    fn used(&self, file: FileId, reads: &[ExprId], breadth: Breadth, hops: usize) -> Option<(Name, Span, bool)> {
        let module = self.analysis.project.module(file);
        if reads.iter().any(|read| is_asked_for_class(module, *read)) {
            return None;
        }
        if let Some((name, place, of_item)) = object_use(module, reads, breadth) {
            return Some((name, Span { file, range: module.span(place) }, of_item));
        }
        let hops = hops.checked_sub(1)?;
        reads.iter().find_map(|read| {
            let (there, parameter) = self.given_to(file, *read)?;
            let module = self.analysis.project.module(there);
            self.used(there, &reads_of(module, parameter), breadth, hops)
        })
    }

    /// The parameter that takes what a read gives to a call of a function which nothing decorates.
    fn given_to(&self, file: FileId, read: ExprId) -> Option<(FileId, BindingId)> {
        let (analysis, module) = (self.analysis, self.analysis.project.module(file));
        let Use::Argument { call, kind, position } = module.uses().use_of(read) else { return None };
        let Expr::Call { callee, .. } = module[call] else { return None };
        let callee = analysis.evaluator.value(callee, Place { file, frame: None }).only()?;
        let Value::Function(callable) = analysis.evaluator.get(callee) else { return None };
        let (there, function) = (callable.function.file, callable.function.function);
        let module = analysis.project.module(there);
        if !module.list(module[function].decorators).is_empty() {
            return None;
        }
        let index = module.parameter_taking(function, callable.receiver.is_some(), kind, position as usize)?;
        let parameter = module.parameters(function).get(index)?;
        match module.bindings_of(module[function].scope, parameter.name) {
            [binding] => Some((there, *binding)),
            _ => None,
        }
    }

    fn result(&self) -> Option<BroadPayload> {
        if self.role == Sdk::Signal {
            return None;
        }
        let returns = self.definition.signature.returns;
        let made = |fault, read| BroadPayload {
            span: returns.map_or(self.definition.span, Annotation::span),
            shown: self.shown(At::Result),
            fault,
            annotation: returns.map(|annotation| self.written(annotation)),
            read,
            field: None,
        };
        if let Some(part) = self.undecodable(returns) {
            let call = self.calls.first()?;
            let decoded = Some((Name::new(call.short_name()), call.span));
            return Some(part.within(made(BroadFault::Undecodable, decoded), self.analysis.project));
        }
        let breadth = self.breadth(returns)?;
        self.calls.iter().find_map(|call| {
            let module = self.analysis.project.module(call.span.file);
            let Use::Awaited(awaited) = module.uses().use_of(call.expr) else { return None };
            let (name, place, of_item) = object_use(module, &reads_of_value(module, awaited), breadth)?;
            Some(made(fault(breadth, of_item), Some((name, Span { file: call.span.file, range: module.span(place) }))))
        })
    }

    /// An annotation as the code has it, in one line.
    fn written(&self, annotation: Annotation) -> String {
        let text = self.analysis.project.source(annotation.file).slice(annotation.range);
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").trim_matches(['"', '\'']).to_owned()
    }

    fn shown(&self, place: At) -> String {
        let owner = format!("{} `{}`", self.role.noun(), self.definition.qualified_name);
        match place {
            At::Parameter(name) => format!("parameter `{name}` of {owner}"),
            At::Result => format!("the result of {owner}"),
        }
    }

    /// How little an annotation says; nothing where it says enough, or cannot be read.
    fn breadth(&self, annotation: Option<Annotation>) -> Option<Breadth> {
        let Some(annotation) = annotation else { return Some(Breadth::Missing) };
        breadth_of(self.types.of(annotation).without_none())
    }

    /// The first part of which the converter makes nothing, whatever is sent: in a union it only tries the next.
    fn undecodable(&self, annotation: Option<Annotation>) -> Option<UndecodablePart> {
        let mut found = None;
        self.types.walk(&self.types.of(annotation?), &mut |part, trail| {
            let kind = match part {
                Type::Class { class, .. } => self.types.shape(*class).kind,
                _ => None,
            };
            let is_such = match part {
                Type::Outside { class, .. } => *class == "builtins.object",
                // Of a generic class the arguments would say what it is.
                Type::Variable => trail.fields.is_empty(),
                _ => kind == Some(ShapeKind::Protocol),
            };
            if is_such && !trail.in_union && !trail.is_key && found.is_none() {
                found = Some(UndecodablePart { field: field_of(self.types, trail) });
            }
            let is_made = matches!(kind, Some(ShapeKind::Dataclass | ShapeKind::TypedDict));
            if matches!(part, Type::Class { .. }) && !is_made { Walk::Over } else { Walk::Into }
        });
        found
    }
}

/// A part of an annotation of which the converter makes nothing.
struct UndecodablePart {
    field: Option<(String, Span)>,
}

impl UndecodablePart {
    /// What is said of the whole, said of the field that it is in, where it is in one.
    fn within(self, whole: BroadPayload, project: &Project<'_>) -> BroadPayload {
        let Some((_, span)) = &self.field else { return whole };
        let annotation = project.source(span.file).slice(span.range).to_owned();
        BroadPayload { annotation: Some(annotation), field: self.field, ..whole }
    }
}

/// The calls that await what a function gives, by reference and without a type of their own, by that function.
fn awaiting_calls<'a>(analysis: &'a Analysis<'_, '_>) -> FxHashMap<FunctionRef, Vec<&'a SdkCall>> {
    let mut found: FxHashMap<FunctionRef, Vec<&SdkCall>> = FxHashMap::default();
    for call in analysis.sdk_calls() {
        if let Some(function) = awaited_function(analysis, call) {
            found.entry(function).or_default().push(call);
        }
    }
    found
}

fn awaited_function(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<FunctionRef> {
    let (_, parameter) = AWAITING.iter().find(|(callee, _)| call.callee == *callee)?;
    if call.is_doubtful || call.signature.parameter("result_type").is_some() && !call.lacks("result_type") {
        return None;
    }
    analysis.function_of(analysis.target_of(call, call.argument(parameter)?)?)
}

/// What each call that gives a result takes its target by.
const AWAITING: &[(&str, &str)] = &[
    ("temporalio.workflow.execute_activity", "activity"),
    ("temporalio.workflow.execute_activity_method", "activity"),
    ("temporalio.workflow.execute_local_activity", "activity"),
    ("temporalio.workflow.execute_local_activity_method", "activity"),
    ("temporalio.workflow.execute_child_workflow", "workflow"),
    ("temporalio.client.Client.execute_workflow", "workflow"),
    ("temporalio.client.WorkflowHandle.query", "query"),
    ("temporalio.client.WorkflowHandle.execute_update", "update"),
];

/// How little an annotation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Breadth {
    Missing,
    Anything,
    /// A dict, and whether its values are anything.
    Table(bool),
    /// A list whose items are anything.
    List,
}

fn breadth_of(ty: &Type) -> Option<Breadth> {
    match ty {
        Type::Any => Some(Breadth::Anything),
        Type::New(of) | Type::Alias(of) => breadth_of(of),
        Type::Outside { class, arguments, .. } => {
            let says_nothing =
                |argument: &Type| matches!(breadth_of(argument), Some(Breadth::Anything | Breadth::Table(_)));
            match class.as_str() {
                "builtins.dict"
                | "typing.Dict"
                | "typing.Mapping"
                | "collections.abc.Mapping"
                | "typing.MutableMapping"
                | "collections.abc.MutableMapping" => Some(Breadth::Table(arguments.get(1).is_none_or(says_nothing))),
                "builtins.list"
                | "builtins.tuple"
                | "builtins.set"
                | "typing.List"
                | "typing.Tuple"
                | "typing.Set"
                | "typing.Sequence"
                | "typing.Iterable"
                | "typing.Collection"
                | "collections.abc.Sequence"
                | "collections.abc.Iterable"
                | "collections.abc.Collection" => arguments.iter().all(says_nothing).then_some(Breadth::List),
                _ => None,
            }
        }
        _ => None,
    }
}

fn fault(breadth: Breadth, of_item: bool) -> BroadFault {
    match breadth {
        Breadth::Missing => BroadFault::Missing,
        _ if of_item => BroadFault::NoItemClass,
        _ => BroadFault::NoClass,
    }
}

/// The reads of a name that one place binds.
fn reads_of(module: &Module, binding: BindingId) -> Vec<ExprId> {
    module.reads_of(binding).collect()
}

/// Where the value of an expression is read: on the spot, or by the name that it is bound to.
fn reads_of_value(module: &Module, expr: ExprId) -> Vec<ExprId> {
    let mut reads = vec![expr];
    reads.extend(bound_reads(module, expr));
    reads
}

fn bound_reads(module: &Module, expr: ExprId) -> Vec<ExprId> {
    let Use::Bound(statement) = module.uses().use_of(expr) else { return Vec::new() };
    let target = match module[statement] {
        Stmt::Assign { targets, .. } => match module.list(targets) {
            [only] => *only,
            _ => return Vec::new(),
        },
        Stmt::Declare { target, .. } => target,
        _ => return Vec::new(),
    };
    let Expr::Target(binding) = module[target] else { return Vec::new() };
    let variable = &module[module[binding].variable];
    // What other code may bind, or reads before, may be something else.
    let is_only = variable.bindings.len() == 1 && matches!(module[binding].kind, BindingKind::Assign { .. });
    if is_only { reads_of(module, binding) } else { Vec::new() }
}

/// What is read from an object, or from an item of it, where plain data has no such attribute: its name, where, and whether
/// it is an item's. Code that asks what it has is prepared.
fn object_use(module: &Module, reads: &[ExprId], breadth: Breadth) -> Option<(Name, ExprId, bool)> {
    let asks = |read: &ExprId| is_asked_for_class(module, *read);
    if reads.iter().any(asks) {
        return None;
    }
    let takes_itself = breadth != Breadth::List;
    let takes_items = breadth != Breadth::Table(false);
    let own = || reads.iter().find_map(|read| attribute_of(module, *read)).map(|(name, place)| (name, place, false));
    let of_items = || {
        let items = reads.iter().flat_map(|read| items_of(module, *read, breadth));
        let items: Vec<ExprId> = items.collect();
        if items.iter().any(asks) {
            return None;
        }
        items.iter().find_map(|item| attribute_of(module, *item)).map(|(name, place)| (name, place, true))
    };
    let found = if takes_itself { own() } else { None };
    found.or_else(|| if takes_items { of_items() } else { None })
}

fn is_asked_for_class(module: &Module, read: ExprId) -> bool {
    matches!(module.uses().use_of(read), Use::Argument { .. }) && asks_for_class(module, read)
}

fn attribute_of(module: &Module, read: ExprId) -> Option<(Name, ExprId)> {
    let Use::AttributeOf(around, _) = module.uses().use_of(read) else { return None };
    let Expr::Attribute { name, .. } = module[around] else { return None };
    (!is_of_plain_value(name.as_str()) && !name.as_str().starts_with("__")).then_some((name, around))
}

/// Where items of what is read are read: by a subscript, or by the name that a loop binds.
fn items_of(module: &Module, read: ExprId, breadth: Breadth) -> Vec<ExprId> {
    let target = match module.uses().use_of(read) {
        Use::ItemOf(around) => return reads_of_value(module, around),
        // The items of a dict are its keys.
        _ if matches!(breadth, Breadth::Table(_)) => return Vec::new(),
        Use::LoopedOver(looped) => module[looped].target,
        Use::ComprehendedOver(id) => match module[id] {
            Expr::Comprehension(comprehension) => {
                let clauses = module.list(module[comprehension].clauses);
                clauses.iter().find(|clause| clause.iterable == read).map(|clause| clause.target)
            }
            _ => None,
        },
        _ => None,
    };
    match target.map(|target| module[target]) {
        Some(Expr::Target(binding)) if module[module[binding].variable].bindings.len() == 1 => {
            reads_of(module, binding)
        }
        _ => Vec::new(),
    }
}
