//! Clients that convert payloads in another way than what they talk about needs.
//!
//! Knows: where clients, test environments and replayers are made, and with which data converter; which of them send or
//! take pydantic models; with which converter the others do. Does not know: which client reaches which call, as they are
//! handed about: what a file uses, or one that takes from it or reads where a client is kept, is taken to be used with the
//! clients that the file makes.

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::Analysis;
use super::converters::{CONVERTER, is_default, names_converter};
use super::payloads::{Payload, declared};
use super::plain_models::arrives_unchanged;
use super::sdk_calls::{Presence, SdkCall};
use super::signatures::{Sdk, class_of};
use super::targets::Target;
use super::types::{Type, Walk};
use crate::python::{FunctionRef, Origin, Place, Value};
use crate::registry::schema::ShapeKind;
use crate::semantic::{ArgumentKind, Expr, ExprId, Module, Name, StmtId, Use};
use crate::source::{FileId, Span};

/// A client, test environment or replayer whose data converter does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfitClient {
    /// The call that makes it.
    pub span: Span,
    /// How that is called: `Client.connect`.
    pub made_by: String,
    /// What it lacks a converter for.
    pub lack: Lack,
}

/// What a converter is missing for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// A pydantic model is sent.
    Model {
        /// How the model is called.
        model: String,
        /// As what it is sent: "parameter `order` of run method `Order.run`".
        sent_as: String,
        /// Where that is declared.
        declared: Span,
        /// Whether it arrives as it was sent all the same.
        is_unchanged: bool,
    },
    /// Another client of the same workflow has a converter with more to it.
    Other {
        /// The workflow or activity.
        shared: String,
        /// Where the other client is made.
        other: Span,
    },
}

/// What makes something that converts payloads.
const MAKING: &[&str] = &[
    "temporalio.client.Client",
    "temporalio.client.Client.connect",
    "temporalio.testing.WorkflowEnvironment.start_local",
    "temporalio.testing.WorkflowEnvironment.start_time_skipping",
    "temporalio.worker.Replayer",
];

/// The parameters of calls of clients that say what is started or asked.
const STARTED: &[&str] = &["workflow", "update", "signal", "query", "activity"];

/// How something converts payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Converter {
    /// As the SDK does by default.
    Default,
    /// As the SDK does by default, behind a codec.
    Encoded,
    /// In a way of its own.
    Own,
    /// That cannot be told.
    Unknown,
}

struct Made<'c> {
    call: &'c SdkCall,
    converter: Converter,
}

/// The clients, test environments and replayers whose data converter does not do.
#[must_use]
pub fn unfit_clients(analysis: &Analysis<'_, '_>) -> Vec<UnfitClient> {
    let made: Vec<Made<'_>> = analysis
        .sdk_calls()
        .iter()
        .filter(|call| !call.is_doubtful && MAKING.contains(&call.callee.as_str()))
        .map(|call| Made { call, converter: converter_of(analysis, call) })
        .collect();
    if made.is_empty() {
        return Vec::new();
    }
    let used = Used::read(analysis);
    let models = models(analysis);
    let mut found = without_model_converter(analysis, &made, &used, &models);
    let said: FxHashSet<Span> = found.iter().map(|unfit| unfit.span).collect();
    found.extend(unlike_others(analysis, &made, &used).into_iter().filter(|unfit| !said.contains(&unfit.span)));
    found
}

fn converter_of(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Converter {
    let file = call.span.file;
    let module = analysis.project.module(file);
    match call.given(CONVERTER) {
        Presence::Argument(given) => match given.expr.map(|expr| source_of(analysis, expr, file)) {
            Some((expr, place)) if is_default(analysis, expr, place) => match given_by_name(analysis, expr, place) {
                names if names.is_empty() => Converter::Default,
                names if names.iter().all(|name| *name == "payload_codec") => Converter::Encoded,
                _ => Converter::Own,
            },
            _ => Converter::Own,
        },
        // A plugin may bring one, and what a file says of converters in strings it may put anywhere.
        Presence::Absent if call.signature.parameter("plugins").is_some() && !call.lacks("plugins") => {
            Converter::Unknown
        }
        Presence::Absent if module.expression_ids().any(|expr| names_converter(module, expr)) => Converter::Unknown,
        Presence::Absent => Converter::Default,
        Presence::Unknown => Converter::Unknown,
    }
}

/// What files start, ask and register.
struct Used {
    by_file: FxHashMap<FileId, Vec<FunctionRef>>,
    /// The files that import a file.
    importers: FxHashMap<FileId, Vec<FileId>>,
}

impl Used {
    fn read(analysis: &Analysis<'_, '_>) -> Self {
        let mut by_file: FxHashMap<FileId, Vec<FunctionRef>> = FxHashMap::default();
        for worker in analysis.definitions.workers() {
            let used = by_file.entry(worker.span.file).or_default();
            for value in worker.workflow_values.iter().chain(&worker.activity_values) {
                used.extend(registered(analysis, analysis.evaluator.get(*value)));
            }
        }
        for call in analysis.sdk_calls().iter().filter(|call| call.callee.as_str().starts_with("temporalio.client.")) {
            let Some(given) = STARTED.iter().find_map(|parameter| call.argument(parameter)) else { continue };
            let function = match analysis.target_of(call, given) {
                Some(Target::Name(name)) => analysis.functions_named(Sdk::Run, name).first().copied(),
                Some(target) => analysis.function_of(target),
                None => None,
            };
            by_file.entry(call.span.file).or_default().extend(function);
        }
        let mut importers: FxHashMap<FileId, Vec<FileId>> = FxHashMap::default();
        for file in by_file.keys() {
            let module = analysis.project.module(*file);
            for import in module.import_ids() {
                for imported in analysis.evaluator.files_of(*file, import) {
                    importers.entry(imported).or_default().push(*file);
                }
            }
        }
        Self { by_file, importers }
    }

    /// What a client is used for: by the file that makes it, or else by those that take from there what makes it and make
    /// none themselves, or by those that read it from where it is kept.
    fn with_client(&self, analysis: &Analysis<'_, '_>, call: &SdkCall, making: &FxHashSet<FileId>) -> Vec<FunctionRef> {
        let file = call.span.file;
        let own = self.by_file.get(&file).cloned().unwrap_or_default();
        if !own.is_empty() {
            return own;
        }
        let taken = self.taken_from(analysis, file, &names_around(analysis, call.function), making);
        if !taken.is_empty() {
            return taken;
        }
        let kept = kept_as(analysis.project.module(file), call);
        let readers = analysis.files.iter().filter(|reader| !kept.is_empty() && !making.contains(reader));
        let used = readers.map(|reader| {
            let module = analysis.project.module(*reader);
            let reads: Vec<Option<FunctionRef>> = reads_of_path(module, *reader, &kept).collect();
            let of_reader = || self.by_file.get(reader).cloned().unwrap_or_default();
            match reads.is_empty() {
                true => Vec::new(),
                false if self.by_file.get(reader).is_some_and(|used| !used.is_empty()) => of_reader(),
                false => {
                    let names: Vec<Name> = reads.into_iter().flat_map(|read| names_around(analysis, read)).collect();
                    self.taken_from(analysis, *reader, &names, making)
                }
            }
        });
        used.flatten().collect()
    }

    /// What is used by the files that take one of some names from a file, and make no client themselves.
    fn taken_from(
        &self,
        analysis: &Analysis<'_, '_>,
        file: FileId,
        names: &[Name],
        making: &FxHashSet<FileId>,
    ) -> Vec<FunctionRef> {
        let takes = |importer: &&FileId| {
            let module = analysis.project.module(**importer);
            !making.contains(importer) && (names.is_empty() || mentions(module, names))
        };
        let importers = self.importers.get(&file).into_iter().flatten().filter(takes);
        importers.filter_map(|importer| self.by_file.get(importer)).flatten().copied().collect()
    }
}

/// The last two parts of a path: `state.client` of `request.app.state.client`.
type Kept = (Name, Name);

/// Where a client is kept outside of the function that makes it, and of its object: `app.state.client = await …`.
fn kept_as(module: &Module, call: &SdkCall) -> Vec<Kept> {
    let Some(made) = module.call_at(call.span.range) else { return Vec::new() };
    let given = match module.uses().use_of(made) {
        Use::Awaited(around) => around,
        _ => made,
    };
    let Use::Bound(statement) = module.uses().use_of(given) else { return Vec::new() };
    let targets = module.targets(statement);
    let bound_again = targets.iter().filter_map(|target| match module[*target] {
        Expr::Target(binding) => Some(module.reads_of(binding)),
        _ => None,
    });
    let again = bound_again.flatten().filter_map(|read| match module.uses().use_of(read) {
        Use::Bound(statement) => Some(module.targets(statement)),
        _ => None,
    });
    let kept = targets.iter().copied().chain(again.flatten());
    kept.filter_map(|target| path_of(module, target)).filter(|(owner, _)| !OWN.contains(&owner.as_str())).collect()
}

/// What methods call their own object: what it holds is not known by its name in other files.
const OWN: [&str; 2] = ["self", "cls"];

fn path_of(module: &Module, expr: ExprId) -> Option<Kept> {
    let Expr::Attribute { value, name } = module[expr] else { return None };
    match module[value] {
        Expr::Attribute { name: owner, .. } | Expr::Name { name: owner, .. } => Some((owner, name)),
        _ => None,
    }
}

/// The functions in which a file reads one of some paths; nothing for a read that stands in none.
fn reads_of_path<'m>(
    module: &'m Module,
    file: FileId,
    kept: &'m [Kept],
) -> impl Iterator<Item = Option<FunctionRef>> + 'm {
    let reads = module.expression_ids().filter(move |expr| {
        let is_it = path_of(module, *expr).is_some_and(|path| kept.contains(&path));
        is_it && !matches!(module.uses().use_of(*expr), Use::Target(_))
    });
    reads.map(move |read| {
        let block = super::sdk_names::root_block(module, read)?;
        module[block].function.map(|function| FunctionRef { file, function })
    })
}

/// The names of the function that holds a call, and of its class.
fn names_around(analysis: &Analysis<'_, '_>, function: Option<FunctionRef>) -> Vec<Name> {
    let Some(function) = function else { return Vec::new() };
    let module = analysis.project.module(function.file);
    let definition = &module[function.function];
    let class = definition.class.map(|class| module[class].name);
    std::iter::once(definition.name).chain(class).collect()
}

fn mentions(module: &Module, names: &[Name]) -> bool {
    module.import_ids().any(|import| {
        let import = module[import];
        import.from.is_some() && module.list(import.names).iter().any(|alias| names.contains(&alias.name))
    }) || module
        .expression_ids()
        .any(|expr| matches!(module[expr], Expr::Attribute { name, .. } if names.contains(&name)))
}

fn registered(analysis: &Analysis<'_, '_>, value: &Value) -> Vec<FunctionRef> {
    match value {
        Value::Function(callable) => vec![callable.function],
        Value::Class(class, _) => {
            let class = class_of(&analysis.definitions.classes, *class);
            class.into_iter().flat_map(|class| class.methods.iter().map(|method| method.function)).collect()
        }
        _ => Vec::new(),
    }
}

/// A pydantic model that a definition declares.
struct Model {
    name: String,
    sent_as: String,
    declared: Span,
    is_unchanged: bool,
}

/// The first model that each definition declares; a workflow's methods speak for what they start, too.
fn models(analysis: &Analysis<'_, '_>) -> FxHashMap<FunctionRef, Model> {
    let types = analysis.types();
    let mut found: FxHashMap<FunctionRef, Model> = FxHashMap::default();
    let mut note = |function: FunctionRef, payload: &Payload<'_>| {
        types.walk(&payload.ty, &mut |part, _| {
            if let Type::Class { class, .. } = part {
                let shape = types.shape(*class);
                match shape.kind {
                    Some(ShapeKind::Model) => {
                        let model = Model {
                            name: shape.name.clone(),
                            sent_as: payload.shown(),
                            declared: payload.annotation.span(),
                            is_unchanged: arrives_unchanged(analysis, &types, part),
                        };
                        // One that does not arrive as it was sent says more.
                        match found.get(&function) {
                            Some(known) if !known.is_unchanged || model.is_unchanged => {}
                            _ => _ = found.insert(function, model),
                        }
                        return Walk::Over;
                    }
                    Some(ShapeKind::Dataclass) => return Walk::Into,
                    _ => return Walk::Over,
                }
            }
            Walk::Into
        });
    };
    let payloads = declared(analysis, &types);
    for payload in &payloads {
        note(payload.definition.function, payload);
    }
    let started = analysis.sdk_calls().iter().filter(|call| call.callee.as_str().starts_with("temporalio.workflow."));
    for call in started {
        let run = analysis.workflow_around(call).and_then(|workflow| analysis.run_of(workflow));
        let given = call.argument("activity").or_else(|| call.argument("workflow"));
        let target = given.and_then(|given| analysis.function_of(analysis.target_of(call, given)?));
        if let (Some(run), Some(target)) = (run, target) {
            payloads
                .iter()
                .filter(|payload| payload.definition.function == target)
                .for_each(|payload| note(run, payload));
        }
    }
    found
}

/// Those that send models with the default payload converter. Where no client stands near what sends one, and none has a
/// converter of its own, all are meant.
fn without_model_converter(
    analysis: &Analysis<'_, '_>,
    made: &[Made<'_>],
    used: &Used,
    models: &FxHashMap<FunctionRef, Model>,
) -> Vec<UnfitClient> {
    let making: FxHashSet<FileId> = made.iter().map(|made| made.call.span.file).collect();
    let by_default = |made: &&Made<'_>| matches!(made.converter, Converter::Default | Converter::Encoded);
    let unfit = |made: &Made<'_>, model: &Model| UnfitClient {
        span: made.call.span,
        made_by: shown(made.call),
        lack: Lack::Model {
            model: model.name.clone(),
            sent_as: model.sent_as.clone(),
            declared: model.declared,
            is_unchanged: model.is_unchanged,
        },
    };
    let candidates: Vec<&Made<'_>> =
        made.iter().filter(by_default).filter(|candidate| is_for_payloads(analysis, candidate, made)).collect();
    let mut found = Vec::new();
    for candidate in &candidates {
        let functions = used.with_client(analysis, candidate.call, &making);
        let of_functions = || functions.iter().filter_map(|function| models.get(function));
        if let Some(model) = of_functions().find(|model| !model.is_unchanged).or_else(|| of_functions().next()) {
            found.push(unfit(candidate, model));
        }
    }
    // Of none it is known what it is used for.
    if found.is_empty() && made.iter().all(|made| by_default(&made)) {
        let first = models
            .values()
            .min_by_key(|model| (model.is_unchanged, analysis.is_test(model.declared.file), &model.sent_as));
        let in_production = candidates.iter().filter(|candidate| !analysis.is_test(candidate.call.span.file));
        found.extend(in_production.zip(first.into_iter().cycle()).map(|(candidate, model)| unfit(candidate, model)));
    }
    found
}

/// Whether payloads may go through it: it is not replaced by another, and code does more with it than to look at the server.
fn is_for_payloads(analysis: &Analysis<'_, '_>, candidate: &Made<'_>, made: &[Made<'_>]) -> bool {
    !is_replaced(candidate, made) && !only_looks(analysis, candidate.call)
}

/// Whether a client stays in the function that makes it, which neither sends nor reads a payload by it.
fn only_looks(analysis: &Analysis<'_, '_>, call: &SdkCall) -> bool {
    let module = analysis.project.module(call.span.file);
    let Some(made) = module.call_at(call.span.range).filter(|_| call.function.is_some()) else { return false };
    let given = match module.uses().use_of(made) {
        Use::Awaited(around) => around,
        _ => made,
    };
    match module.uses().use_of(given) {
        Use::Discarded(_) => true,
        Use::Bound(statement) => binds_for_no_payload(module, statement, true),
        _ => false,
    }
}

/// Whether none of the names that a statement binds to a client, or to a handle of one, is used to send or read payloads.
fn binds_for_no_payload(module: &Module, statement: StmtId, is_client: bool) -> bool {
    module.targets(statement).into_iter().all(|target| match module[target] {
        Expr::Target(binding) => module.reads_of(binding).all(|read| reads_no_payload(module, read, is_client)),
        _ => false,
    })
}

/// Whether a chain of calls on a client, `client.get_workflow_handle(…).describe()`, is at its end with none that sends or
/// reads payloads.
fn reads_no_payload(module: &Module, read: ExprId, is_client: bool) -> bool {
    let (mut at, mut is_handle) = (read, false);
    loop {
        at = match module.uses().use_of(at) {
            Use::AttributeOf(_, name) if !LOOKING.contains(&name.as_str()) => return false,
            Use::AttributeOf(around, name) => {
                is_handle = name == "get_workflow_handle";
                around
            }
            Use::Called(around) | Use::Awaited(around) => around,
            // A handle may be used for anything.
            Use::Bound(statement) => return is_client && is_handle && binds_for_no_payload(module, statement, false),
            Use::Discarded(_) | Use::LoopedOver(_) => return true,
            _ => return false,
        }
    }
}

/// The methods of clients and their handles that send and read no payload.
const LOOKING: &[&str] = &[
    "cancel",
    "count_workflows",
    "fetch_history_events",
    "get_workflow_handle",
    "list_workflows",
    "terminate",
    "workflow_service",
];

/// Whether another is made beside it, with a converter: from a test environment, mostly, whose own client is not used then.
fn is_replaced(candidate: &Made<'_>, made: &[Made<'_>]) -> bool {
    let is_environment = candidate.call.callee.as_str().starts_with("temporalio.testing.");
    made.iter().any(|other| {
        !matches!(other.converter, Converter::Default)
            && other.call.span.file == candidate.call.span.file
            && (is_environment || other.call.function == candidate.call.function)
            && other.call.span != candidate.call.span
            && other.call.callee != "temporalio.worker.Replayer"
    })
}

/// Clients with the default converter, of what another client has a codec or a converter of its own for.
fn unlike_others(analysis: &Analysis<'_, '_>, made: &[Made<'_>], used: &Used) -> Vec<UnfitClient> {
    let making: FxHashSet<FileId> = made.iter().map(|made| made.call.span.file).collect();
    let functions: Vec<Vec<FunctionRef>> =
        made.iter().map(|made| used.with_client(analysis, made.call, &making)).collect();
    let is_production = |made: &Made<'_>| !analysis.is_test(made.call.span.file);
    let mut found = Vec::new();
    for (index, candidate) in made.iter().enumerate() {
        if candidate.converter != Converter::Default || !is_for_payloads(analysis, candidate, made) {
            continue;
        }
        let others = made.iter().zip(&functions).filter(|(other, _)| {
            matches!(other.converter, Converter::Encoded | Converter::Own)
                && is_production(other)
                && is_strict(analysis, other.call)
        });
        let shared = others.into_iter().find_map(|(other, theirs)| {
            let shared = functions[index].iter().find(|function| theirs.contains(function))?;
            Some((other.call.span, *shared))
        });
        if let Some((other, shared)) = shared {
            found.push(UnfitClient {
                span: candidate.call.span,
                made_by: shown(candidate.call),
                lack: Lack::Other { shared: analysis.name_of(shared), other },
            });
        }
    }
    found
}

/// Whether what a converter writes is surely not what the default one reads: it has a codec, or a payload converter of its
/// own. What the SDK's converter for pydantic writes is JSON that any reads, as long as no model is in it.
fn is_strict(analysis: &Analysis<'_, '_>, call: &SdkCall) -> bool {
    let Some(expr) = call.argument(CONVERTER).and_then(|given| given.expr) else { return false };
    let (expr, place) = source_of(analysis, expr, call.span.file);
    let given = given_by_name(analysis, expr, place);
    given.iter().any(|name| matches!(name.as_str(), "payload_codec" | "payload_converter_class"))
}

/// Where an expression's value is made, if one place alone does.
fn source_of(analysis: &Analysis<'_, '_>, expr: ExprId, file: FileId) -> (ExprId, Place) {
    let place = Place { file, frame: None };
    match analysis.evaluator.origin(expr, place) {
        Some(Origin::Value(value, place)) => (value, place),
        _ => (expr, place),
    }
}

/// What a call gives by name.
fn given_by_name(analysis: &Analysis<'_, '_>, call: ExprId, place: Place) -> Vec<Name> {
    let module = analysis.project.module(place.file);
    let Expr::Call { arguments, .. } = module[call] else { return Vec::new() };
    let named = module.list(arguments).iter().filter_map(|argument| match argument.kind {
        ArgumentKind::Keyword(name) => Some(name),
        _ => None,
    });
    named.collect()
}

/// How what is made is called in its call: `Client.connect`, `Replayer`.
fn shown(call: &SdkCall) -> String {
    let name = call.callee.as_str();
    let parts: Vec<&str> = name.split('.').collect();
    let from = parts.iter().position(|part| part.starts_with(char::is_uppercase)).unwrap_or(0);
    parts[from..].join(".")
}
