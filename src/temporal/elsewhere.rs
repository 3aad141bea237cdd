//! Code that neither a workflow nor an activity runs: scripts, clients, tests, and threads that were started from one of
//! them.
//!
//! Knows: where such code begins, and what it reaches. Does not know: code of which nothing says who runs it, such as a
//! helper that nobody calls.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use super::analysis::{Analysis, Context, ReachedCode, moved, only_named};
use super::known::Known;
use super::sdk_names::{names_from_sdk, root_name};
use crate::python::{Callable, ClassRef, Code, Evaluator, EventKind, FunctionRef, Reach, Root, Value, ValueId};
use crate::registry::behaviour;
use crate::semantic::{Binding, BindingKind, Expr, FunctionId, Module, Name, ScopeKind};
use crate::source::{FileId, Span, last_part};

/// Where code begins that no workflow or activity runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The statements of a module.
    Module,
    /// A test.
    Test,
    /// A function that uses a client or makes a worker.
    Client,
    /// A function that is given to a thread, an executor or a process.
    Thread {
        /// What code gives it away.
        from: Context,
        /// Where the call stands.
        site: Span,
        /// What takes it.
        by: Name,
    },
}

/// Such code, of one kind.
pub struct Elsewhere<'p> {
    /// What it reaches. It has no entry points of the SDK; `starts` tells the roots by their position.
    pub code: ReachedCode<'p>,
    /// Where it begins.
    pub starts: Vec<Start>,
}

/// Such code before it is followed.
pub(super) struct Unfollowed<'p> {
    evaluator: Evaluator<'p>,
    begins: Vec<(Root, Start)>,
    context: Context,
    known: &'static Known,
}

impl<'p> Unfollowed<'p> {
    /// Follows it.
    pub(super) fn follow(self) -> Elsewhere<'p> {
        let (roots, starts): (Vec<Root>, Vec<Start>) = self.begins.into_iter().unzip();
        let reach = Reach::run(self.evaluator, &roots, false, Vec::new());
        Elsewhere { code: ReachedCode::new(self.context, Vec::new(), reach, self.known), starts }
    }
}

/// Code that knows of no workflow and no activity.
pub(super) fn without_context<'p>(analysis: &Analysis<'_, 'p>, evaluator: Evaluator<'p>) -> Unfollowed<'p> {
    let definitions = &analysis.definitions;
    evaluator.take_references(only_named(definitions, Context::Elsewhere));
    let mut begins: Vec<(Root, Start)> = Vec::new();
    for (file, function) in leading_on(analysis) {
        let Some(function) = function else {
            begins.push((Root { code: Code::Module(file), receiver: None, outer: None }, Start::Module));
            continue;
        };
        let module = analysis.project.module(file);
        if !analysis.sides_of(Some(FunctionRef { file, function })).any() {
            let start = match analysis.is_test(file) {
                true if is_test(module, function) => Start::Test,
                false if uses_a_client(analysis.evaluator, file, function) => Start::Client,
                _ => continue,
            };
            begins.push((root_of(&evaluator, file, function), start));
        }
    }
    begins.extend(taken(analysis, &evaluator, false));
    Unfollowed { evaluator, begins, context: Context::Elsewhere, known: analysis.known }
}

/// The functions and modules whose code may lead to a call of the SDK that needs a context, judged by names alone: by a call
/// of a function of the SDK, of an activity that asks for its context, of a workflow's class, or of a function that may lead
/// there and that no workflow or activity runs. All other code need not be followed.
fn leading_on(analysis: &Analysis<'_, '_>) -> Vec<(FileId, Option<FunctionId>)> {
    let definitions = &analysis.definitions;
    let activities = needing_activities(analysis);
    let mut names: FxHashSet<(Name, bool)> =
        activities.iter().map(|activity| named(analysis.project.module(activity.file), activity.function)).collect();
    names.extend(definitions.workflows.iter().filter_map(|workflow| match analysis.evaluator.get(workflow.class) {
        Value::Class(class, _) => Some((analysis.project.module(class.file)[class.class].name, false)),
        _ => None,
    }));
    let all: Vec<CallsOf> =
        analysis.files.iter().flat_map(|file| calls_of(analysis.project.module(*file), *file)).collect();
    let mut leads = vec![false; all.len()];
    loop {
        let before = names.len();
        for (calls, leads) in all.iter().zip(&mut leads) {
            if *leads || !(calls.needs_context || calls.names.iter().any(|name| names.contains(name))) {
                continue;
            }
            *leads = true;
            if let Some(function) = calls.function
                && !analysis.sides_of(Some(FunctionRef { file: calls.file, function })).any()
            {
                names.insert(named(analysis.project.module(calls.file), function));
            }
        }
        if names.len() == before {
            break;
        }
    }
    all.into_iter().zip(leads).filter(|(_, leads)| *leads).map(|(calls, _)| (calls.file, calls.function)).collect()
}

/// The activities whose code asks for their context.
fn needing_activities(analysis: &Analysis<'_, '_>) -> FxHashSet<FunctionRef> {
    let mut found = FxHashSet::default();
    for reached in &analysis.reached {
        if !matches!(reached.context, Context::AsyncActivity | Context::SyncActivity) {
            continue;
        }
        for (id, node) in reached.reach.nodes() {
            let needs = |event: &crate::python::Event| matches!(event.kind, EventKind::Call { callee, .. } if behaviour().only_in(callee.as_str()).is_some());
            if node.events.iter().any(needs) {
                found.extend(reached.entries_of(id).filter_map(|entry| match entry.root.code {
                    Code::Function(function) => Some(function),
                    _ => None,
                }));
            }
        }
    }
    found
}

/// The last names of the SDK's functions that work on one side alone.
fn needing_context() -> &'static FxHashSet<Name> {
    static NAMES: OnceLock<FxHashSet<Name>> = OnceLock::new();
    let last = |symbol: &str| Name::new(last_part(symbol));
    NAMES.get_or_init(|| behaviour().all_only_in().map(last).collect())
}

/// How a function is called: its name, and whether on an object.
fn named(module: &Module, function: FunctionId) -> (Name, bool) {
    (module[function].name, module[function].class.is_some())
}

/// What the code of a function, or of a module, calls.
struct CallsOf {
    file: FileId,
    function: Option<FunctionId>,
    /// The last names of the callees, and whether they are called on an object.
    names: Vec<(Name, bool)>,
    /// Whether one of them has the name of a function of the SDK that needs a context, and is reached through an import of
    /// the SDK.
    needs_context: bool,
}

fn calls_of(module: &Module, file: FileId) -> Vec<CallsOf> {
    let mut from_sdk = names_from_sdk(module);
    let is_alias = |binding: &Binding| match binding.kind {
        BindingKind::Assign { value, .. } if root_name(module, value).is_some_and(|root| from_sdk.contains(&root)) => {
            Some(module[binding.variable].name)
        }
        _ => None,
    };
    let aliases: Vec<Name> = module.all_bindings().iter().filter_map(is_alias).collect();
    from_sdk.extend(aliases);
    let imports =
        |binding: &&Binding| matches!(binding.kind, BindingKind::Import { .. } | BindingKind::ImportFrom { .. });
    let imported: FxHashSet<Name> =
        module.all_bindings().iter().filter(imports).map(|binding| module[binding.variable].name).collect();
    let mut found: Vec<CallsOf> = Vec::new();
    let mut positions: rustc_hash::FxHashMap<Option<FunctionId>, usize> = rustc_hash::FxHashMap::default();
    for call in module.calls() {
        let Expr::Call { callee, .. } = module[*call] else { continue };
        let (Expr::Attribute { name, .. } | Expr::Name { name, .. }) = module[callee] else { continue };
        let Some(block) = module.block_of_call(*call) else { continue };
        let mut function = module[block].function;
        while let Some(inner) = function.filter(|inner| module[*inner].is_lambda()) {
            function = module.function_around(module[inner].parent);
        }
        let position = *positions.entry(function).or_insert_with(|| {
            found.push(CallsOf { file, function, names: Vec::new(), needs_context: false });
            found.len() - 1
        });
        let is_on_object = match module[callee] {
            Expr::Attribute { value, .. } => !root_name(module, value).is_some_and(|root| imported.contains(&root)),
            _ => false,
        };
        found[position].names.push((name, is_on_object));
        let is_from_sdk = root_name(module, callee).is_some_and(|root| from_sdk.contains(&root));
        // A function that is imported under another name.
        let is_bare = matches!(module[callee], Expr::Name { .. }) && name.as_str().starts_with(char::is_lowercase);
        found[position].needs_context |= is_from_sdk && (is_bare || needing_context().contains(&name));
    }
    found
}

/// Code that async activities give to threads which know the activity, and have no event loop.
pub(super) fn without_loop<'p>(analysis: &Analysis<'_, 'p>, evaluator: Evaluator<'p>) -> Unfollowed<'p> {
    evaluator.take_references(only_named(&analysis.definitions, Context::SyncActivity));
    let begins = taken(analysis, &evaluator, true);
    Unfollowed { evaluator, begins, context: Context::SyncActivity, known: analysis.known }
}

/// What code of workflows and activities gives to threads and processes.
fn taken<'p>(analysis: &Analysis<'_, 'p>, evaluator: &Evaluator<'p>, keeping: bool) -> Vec<(Root, Start)> {
    let mut found = Vec::new();
    for reached in &analysis.reached {
        let is_wanted = match reached.context {
            Context::AsyncActivity => true,
            Context::Workflow | Context::SyncActivity => !keeping,
            Context::AsyncOperation | Context::Import | Context::Elsewhere => false,
        };
        if !is_wanted {
            continue;
        }
        let from = reached.reach.evaluator();
        for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in &node.events {
                let EventKind::TakenElsewhere { by, functions, keeps_context } = &event.kind else { continue };
                if *keeps_context != keeping {
                    continue;
                }
                let site = reached.reach.span(id, event.range);
                let start = Start::Thread { from: reached.context, site, by: *by };
                let callables = functions.known.iter().filter_map(|value| callable(from, *value));
                found.extend(callables.map(|callable| {
                    let code = Code::Function(callable.function);
                    let root = Root { code, receiver: callable.receiver, outer: callable.outer };
                    (moved(root, from, evaluator), start)
                }));
            }
        }
    }
    found
}

/// The function that a value calls, through partial calls.
fn callable(evaluator: &Evaluator<'_>, value: ValueId) -> Option<Callable> {
    match evaluator.get(value) {
        Value::Function(callable) => Some(*callable),
        Value::Partial { callee, .. } => callable(evaluator, callee.single()?),
        _ => None,
    }
}

fn root_of(evaluator: &Evaluator<'_>, file: FileId, function: FunctionId) -> Root {
    let class = evaluator.project().module(file)[function].class;
    let receiver = class.map(|class| evaluator.object(ClassRef { file, class }));
    Root { code: Code::Function(FunctionRef { file, function }), receiver, outer: None }
}

/// Whether pytest or unittest runs a function of a test file: `test…` of the module, or of a class.
fn is_test(module: &Module, function: FunctionId) -> bool {
    let definition = &module[function];
    let parent = module[definition.parent].kind;
    definition.name.as_str().starts_with("test") && matches!(parent, ScopeKind::Module | ScopeKind::Class(_))
}

/// Whether a function itself calls a client, or makes a worker.
fn uses_a_client(evaluator: &Evaluator<'_>, file: FileId, function: FunctionId) -> bool {
    let module = evaluator.project().module(file);
    if !matches!(module[module[function].parent].kind, ScopeKind::Module | ScopeKind::Class(_)) {
        return false;
    }
    let place = crate::python::Place { file, frame: None };
    module.calls().iter().any(|call| {
        let Expr::Call { callee, .. } = module[*call] else { return false };
        let (Expr::Attribute { name, .. } | Expr::Name { name, .. }) = module[callee] else { return false };
        OF_CLIENTS.contains(&name.as_str())
            && module.block_of_call(*call).is_some_and(|block| module[block].function == Some(function))
            && evaluator.value(callee, place).known.iter().any(|value| {
                evaluator.outside_name(*value).is_some_and(|name| {
                    let name = name.as_str();
                    name.starts_with("temporalio.client.") || name == "temporalio.worker.Worker"
                })
            })
    })
}

/// The last names of what clients are asked for, and of workers.
const OF_CLIENTS: &[&str] = &[
    "Worker",
    "connect",
    "create_schedule",
    "execute_update_with_start_workflow",
    "execute_workflow",
    "get_workflow_handle",
    "get_workflow_handle_for",
    "start_update_with_start_workflow",
    "start_workflow",
];
