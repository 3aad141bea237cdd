//! Everything that is known about a program once its code is followed.
//!
//! Knows: which contexts there are, which entry points belong to each, and which files the sandbox loads. Does not know:
//! what a finding is.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use camino::Utf8Path;
use rustc_hash::{FxHashMap, FxHashSet};

use super::ahead::{self, Ahead, Task};
use super::definitions::{Definitions, EntryPoint, Finder, Located, Role};
use super::elsewhere::{self, Elsewhere, Unfollowed};
use super::exceptions::{Catch, LostContinuation};
use super::import_order::ImportStatements;
use super::import_ways::ImportWays;
use super::known::Known;
use super::naive_times::MixedTimes;
use super::nexus_services;
use super::replay_branches::ReplayBranch;
use super::runners::Sandbox;
use super::sandboxed::{Imports, SandboxedFiles, imports, loaded_outside, surely_loaded};
use super::sdk_calls::{self, SdkCall};
use super::sdk_names::UnknownName;
use super::settings;
use super::state::{KnownAccesses, WaitingLoop};
use super::stated::Stated;
use super::surroundings::Sides;
use super::targets::Roles;
use super::types::Types;
use super::ungiven::Ungiven;
use super::versions::OtherVersion;
use super::wire_names::WireNames;
use super::wiring::{FailureTypes, Worker, WorkerKind};
use super::world::{Side, TemporalWorld};
use crate::python::{Code, Cut, Evaluator, FunctionRef, LoadedOutside, NodeId, Project, Reach, Root};
use crate::semantic::Module;
use crate::source::{FileId, Span};

/// Where reached code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// In a workflow.
    Workflow,
    /// On the event loop, from an `async def` activity.
    AsyncActivity,
    /// In a thread or process, from a `def` activity.
    SyncActivity,
    /// On the event loop, from an `async def` operation of a Nexus service.
    AsyncOperation,
    /// While the sandbox imports a workflow's module.
    Import,
    /// In neither a workflow nor an activity: a script, a client, a test, a thread.
    Elsewhere,
}

impl Context {
    /// How the context is called in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Context::Workflow => "workflow",
            Context::AsyncActivity => "async activity",
            Context::SyncActivity => "sync activity",
            Context::AsyncOperation => "async Nexus operation",
            Context::Import => "import in the sandbox",
            Context::Elsewhere => "other code",
        }
    }
}

/// One context's entry points and everything they reach.
pub struct ReachedCode<'p> {
    /// The context.
    pub context: Context,
    /// The entry points; roots of `reach` by position. For [`Context::Import`] there are none, the roots are modules.
    pub entries: Vec<EntryPoint>,
    /// The code.
    pub reach: Reach<'p>,
    /// What is known of code outside the project.
    pub known: &'static Known,
    /// What catches a cancellation in it, once a rule asks.
    pub(super) catches: OnceCell<Vec<Catch>>,
    /// What loses a `continue_as_new` in it, once a rule asks.
    pub(super) lost_continuations: OnceCell<Vec<LostContinuation>>,
    /// What is done with the state of workflows in it, by the entry points that were asked about.
    pub(super) accesses: KnownAccesses,
    /// The loops in it that wait for the state of workflows, once a rule asks.
    pub(super) waiting_loops: OnceCell<Vec<WaitingLoop>>,
    /// Times with and without a zone that are mixed in it, once a rule asks.
    pub(super) mixed_times: OnceCell<Vec<MixedTimes>>,
    /// What it does or leaves out on replay, once a rule asks.
    pub(super) replay_branches: OnceCell<Vec<ReplayBranch>>,
}

impl<'p> ReachedCode<'p> {
    /// What some entry points reach.
    #[must_use]
    pub(super) fn new(context: Context, entries: Vec<EntryPoint>, reach: Reach<'p>, known: &'static Known) -> Self {
        Self {
            context,
            entries,
            reach,
            known,
            catches: OnceCell::new(),
            lost_continuations: OnceCell::new(),
            accesses: KnownAccesses::default(),
            waiting_loops: OnceCell::new(),
            mixed_times: OnceCell::new(),
            replay_branches: OnceCell::new(),
        }
    }

    /// Whether every entry point that reaches a node stands in test code.
    #[must_use]
    pub fn only_from_tests(&self, id: NodeId) -> bool {
        let roots = self.reach.roots_of(id);
        !self.entries.is_empty() && !roots.is_empty() && roots.iter().all(|root| self.entries[*root].in_tests)
    }

    /// The entry points that reach a node.
    pub fn entries_of(&self, id: NodeId) -> impl Iterator<Item = &EntryPoint> {
        self.reach.roots_of(id).into_iter().filter_map(|root| self.entries.get(root))
    }
}

/// What is known about a project once everything is followed.
pub struct Analysis<'e, 'p> {
    /// The project.
    pub project: &'p Project<'p>,
    /// An evaluator for code of which it is not said where it runs.
    pub evaluator: &'e Evaluator<'p>,
    /// What the project defines.
    pub definitions: Definitions,
    /// The files that were looked at for definitions.
    pub files: Vec<FileId>,
    /// The folder that test paths are relative to.
    pub root: &'e Utf8Path,
    /// What each context reaches.
    pub reached: Vec<ReachedCode<'p>>,
    /// The files that the sandbox loads, so that its restrictions hold in them.
    sandboxed: SandboxedFiles,
    /// Those of which that is sure, where they are others: no value that is not known decides whether there is a sandbox.
    surely_sandboxed: Option<SandboxedFiles>,
    /// The imports that run when files are imported.
    pub(super) import_statements: Rc<ImportStatements>,
    /// The functions to which workflows, or what is imported with them, lead, once a rule asks.
    functions_in_sandbox: OnceCell<FxHashSet<FunctionRef>>,
    /// By which imports it loads them with workflows' modules.
    import_ways: ImportWays,
    /// What each workflow runs in, by position.
    pub sandboxes: Vec<Sandbox>,
    /// What is loaded once in the process of each workflow's worker, by position, and not anew for the workflow.
    pub loaded_outside: Vec<LoadedOutside>,
    /// Which exceptions fail each workflow instead of its task, by position.
    pub failure_types: Vec<FailureTypes>,
    /// The calls of the SDK, once a rule asks for them.
    pub(super) calls: OnceCell<Vec<SdkCall>>,
    /// Where each of them stands, by position, once a rule asks for one.
    pub(super) call_places: OnceCell<FxHashMap<Located, usize>>,
    /// The names that the SDK does not have, by file, once a rule asks for them.
    pub(super) unknown_names: OnceCell<FxHashMap<FileId, Vec<UnknownName>>>,
    /// What the projects' versions of the SDK do not have, once a rule asks for it.
    pub(super) other_versions: OnceCell<Vec<OtherVersion>>,
    /// The names under which the server knows what is defined, once a rule asks for one.
    pub(super) wire_names: OnceCell<WireNames>,
    /// What functions and classes are to the SDK, once a rule asks.
    pub(super) roles: OnceCell<Roles>,
    /// Which modules hold the settings of a library, by environment variable, once a rule asks for one.
    pub(super) named_settings: settings::Named,
    /// Which parameters of activities no call gives, once a rule asks for those of one.
    pub(super) ungiven: Ungiven,
    /// The factories of fields that the sandbox refuses when it loads them, once a rule asks.
    pub(super) refused_factories: OnceCell<FxHashSet<Span>>,
    /// On which sides functions run, once a rule asks for it.
    pub(super) sides: OnceCell<FxHashMap<FunctionRef, Sides>>,
    /// What is known of code outside the project.
    pub known: &'static Known,
    pub(super) worlds: &'p Worlds,
    without_context: OnceCell<Elsewhere<'p>>,
    without_loop: OnceCell<Elsewhere<'p>>,
    operations: OnceCell<Option<ReachedCode<'p>>>,
}

impl<'e, 'p> Analysis<'e, 'p> {
    /// Reads annotations.
    #[must_use]
    pub fn types(&self) -> Types<'e, 'p> {
        Types::new(self.evaluator, self.known)
    }

    /// What `async def` operations of Nexus services reach, where there are any. It is followed when it is first asked for.
    pub fn operations(&self) -> Option<&ReachedCode<'p>> {
        self.operations.get_or_init(|| nexus_services::followed(self)).as_ref()
    }

    /// What code reaches that knows of no workflow and no activity. It is followed when it is first asked for.
    pub fn without_context(&self) -> &Elsewhere<'p> {
        self.without_context.get_or_init(|| self.code_without_context().follow())
    }

    pub(super) fn code_without_context(&self) -> Unfollowed<'p> {
        let evaluator = Evaluator::within(self.project, &self.worlds.elsewhere, &self.files);
        elsewhere::without_context(self, evaluator)
    }

    /// Takes what [`Analysis::without_context`] is, where that was followed elsewhere.
    pub(super) fn take_without_context(&self, followed: Elsewhere<'p>) {
        self.without_context.get_or_init(|| followed);
    }

    /// What async activities give to threads that know the activity, and what that reaches.
    pub fn without_loop(&self) -> &Elsewhere<'p> {
        self.without_loop.get_or_init(|| {
            let evaluator = Evaluator::within(self.project, &self.worlds.activity, &self.files);
            elsewhere::without_loop(self, evaluator).follow()
        })
    }

    /// What a context reaches.
    pub fn context(&self, context: Context) -> impl Iterator<Item = &ReachedCode<'p>> {
        self.reached.iter().filter(move |reached| reached.context == context)
    }

    /// Whether the sandbox loads a file, when it imports a workflow's module or later, when a function imports it.
    #[must_use]
    pub fn is_sandboxed(&self, file: FileId) -> bool {
        self.sandboxed.contains(self.evaluator, file, &|function| self.runs_in_sandbox(function))
    }

    /// Whether the sandbox of one workflow loads a file.
    #[must_use]
    pub fn is_sandboxed_for(&self, workflow: usize, file: FileId) -> bool {
        self.sandboxed.contains_for(workflow, self.evaluator, file, &|function| self.runs_in_sandbox(function))
    }

    /// Whether the sandbox surely loads a file of those that it may load.
    #[must_use]
    pub fn is_surely_sandboxed(&self, file: FileId) -> bool {
        let files = self.surely_sandboxed.as_ref().unwrap_or(&self.sandboxed);
        files.contains(self.evaluator, file, &|function| self.runs_in_sandbox(function))
    }

    /// Whether workflows, or what is imported with them, lead to a function.
    fn runs_in_sandbox(&self, function: FunctionRef) -> bool {
        let find = || {
            let contexts = [Context::Workflow, Context::Import].into_iter().flat_map(|context| self.context(context));
            contexts
                .flat_map(|reached| reached.reach.nodes())
                .filter_map(|(_, node)| super::code::function_of(node))
                .collect()
        };
        self.functions_in_sandbox.get_or_init(find).contains(&function)
    }

    /// The imports by which a file is loaded when the sandbox imports the module of a workflow, the first one first. None for
    /// such a module itself, and for files that are not loaded so.
    #[must_use]
    pub fn import_way(&self, file: FileId) -> Vec<Span> {
        self.import_ways.to(self.project, file)
    }

    /// The ways by which imports lead from the modules of workflows to a file, the shortest first, up to a number of them.
    #[must_use]
    pub fn import_ways_to(&self, file: FileId, most: usize) -> Vec<Vec<Span>> {
        self.import_ways.each_to(self.project, file, most)
    }

    /// Where limits cut the analysis, for whatever code it was made.
    #[must_use]
    pub fn cuts(&self) -> BTreeSet<Cut> {
        let elsewhere = [self.without_context.get(), self.without_loop.get()].into_iter().flatten();
        let reached = self.reached.iter().chain(elsewhere.map(|elsewhere| &elsewhere.code));
        let mut cuts = self.evaluator.cuts();
        reached.for_each(|reached| cuts.extend(reached.reach.cuts()));
        cuts
    }

    /// Whether a file is test code.
    #[must_use]
    pub fn is_test(&self, file: FileId) -> bool {
        let path = self.project.source(file).path();
        self.definitions.is_test(file, path.strip_prefix(self.root).unwrap_or(path))
    }

    /// The modules that the sandbox surely loads anew for a workflow: a chain of imports leads there, and none of them, nor
    /// the worker, passes the module through.
    #[must_use]
    pub fn surely_loaded_for(&self, workflow: usize) -> FxHashSet<FileId> {
        let sandbox = &self.sandboxes[workflow];
        if sandbox.is_off || sandbox.perhaps_off {
            return FxHashSet::default();
        }
        let file = self.definitions.workflows[workflow].span.file;
        surely_loaded(self.evaluator, &self.import_statements, file, sandbox)
    }
}

/// Finds what files define, follows it, finds out some facts ahead, and hands the result to `judge`.
#[expect(clippy::too_many_lines, reason = "a line for each fact that is asked for later")]
pub fn analyse<'p, R>(
    project: &'p Project<'p>,
    worlds: &'p Worlds,
    files: &[FileId],
    root: &Utf8Path,
    ahead: &[Ahead],
    judge: impl for<'e> FnOnce(&Analysis<'e, 'p>) -> R,
) -> R {
    project.look_from(files, &worlds.any);
    let any = Evaluator::new(project, &worlds.any);
    let known = worlds.stated.known;
    let definitions = Finder::find(&any, files, root, known);
    let contexts = [Context::Workflow, Context::AsyncActivity, Context::SyncActivity];
    let sandboxes: Vec<Sandbox> = sandboxes(&any, &definitions);
    let failure_types: Vec<FailureTypes> = failure_types(&any, &definitions);
    let import_statements = Rc::new(ImportStatements::default());
    let Imports { modules, passed, ways: import_ways } = imports(&any, &import_statements, &definitions, &sandboxes);
    let sandboxed = SandboxedFiles::new(&any, &import_statements, &definitions, &sandboxes);
    let surely_sandboxed = surely_sandboxed(&any, &import_statements, &definitions, &sandboxes);
    let loaded_outside = loaded_outside(&any, &definitions, &sandboxes);
    let nests_loops = files.iter().any(|file| nests_loops(project.module(*file)));
    let mut tasks: Vec<Task<'p>> = Vec::new();
    for context in contexts {
        let evaluator = Evaluator::new(project, worlds.of(context, nests_loops));
        evaluator.take_references(only_named(&definitions, context));
        let entries: Vec<EntryPoint> =
            definitions.entry_points.iter().filter(|entry| runs_in(entry.role) == context).cloned().collect();
        let roots = entries.iter().map(|entry| moved(entry.root, &any, &evaluator)).collect();
        let outside =
            if context == Context::Workflow { of_production(&definitions, &loaded_outside) } else { Vec::new() };
        tasks.push(Task { context, entries, evaluator, roots, outside, known });
    }
    let import = Evaluator::new(project, worlds.of(Context::Import, nests_loops));
    let roots =
        modules.into_iter().map(|file| Root { code: Code::Module(file), receiver: None, outer: None }).collect();
    let outside = vec![LoadedOutside { files: passed, ..LoadedOutside::default() }];
    tasks.push(Task { context: Context::Import, entries: Vec::new(), evaluator: import, roots, outside, known });
    let (reached, calls) =
        ahead::followed(tasks, ahead, || ahead.contains(&Ahead::SdkCalls).then(|| sdk_calls::of_files(&any, files)));
    let analysis = Analysis {
        project,
        evaluator: &any,
        definitions,
        files: files.to_vec(),
        root,
        reached,
        sandboxed,
        surely_sandboxed,
        import_statements,
        functions_in_sandbox: OnceCell::new(),
        import_ways,
        sandboxes,
        loaded_outside,
        failure_types,
        calls: calls.map_or_else(OnceCell::new, OnceCell::from),
        unknown_names: OnceCell::new(),
        other_versions: OnceCell::new(),
        call_places: OnceCell::new(),
        wire_names: OnceCell::new(),
        roles: OnceCell::new(),
        named_settings: settings::Named::default(),
        ungiven: Ungiven::default(),
        refused_factories: OnceCell::new(),
        sides: OnceCell::new(),
        known,
        worlds,
        without_context: OnceCell::new(),
        without_loop: OnceCell::new(),
        operations: OnceCell::new(),
    };
    ahead::find(&analysis, ahead);
    judge(&analysis)
}

/// The worlds of all sides, which outlive the evaluators that ask them.
pub struct Worlds {
    pub(super) stated: Stated,
    any: TemporalWorld,
    workflow: TemporalWorld,
    activity: TemporalWorld,
    on_loop: TemporalWorld,
    import: TemporalWorld,
    elsewhere: TemporalWorld,
}

impl Default for Worlds {
    fn default() -> Self {
        Self::new(Stated::default())
    }
}

impl Worlds {
    /// Worlds of which this is stated.
    #[must_use]
    pub fn new(stated: Stated) -> Self {
        let world = |side| TemporalWorld::new(side, stated.known).on(stated.python.as_ref());
        Self {
            any: world(Side::Any),
            workflow: world(Side::Workflow),
            activity: world(Side::Activity),
            on_loop: world(Side::Loop),
            import: world(Side::Import),
            elsewhere: world(Side::Elsewhere),
            stated,
        }
    }

    pub(super) fn of(&self, context: Context, nests_loops: bool) -> &TemporalWorld {
        match context {
            Context::Workflow => &self.workflow,
            Context::AsyncActivity | Context::AsyncOperation if !nests_loops => &self.on_loop,
            Context::AsyncActivity | Context::AsyncOperation | Context::SyncActivity => &self.activity,
            Context::Import => &self.import,
            Context::Elsewhere => &self.elsewhere,
        }
    }
}

/// Whether a module uses what lets an event loop be run inside another.
pub(super) fn nests_loops(module: &Module) -> bool {
    module.import_ids().any(|import| {
        let import = &module[import];
        let is_named = || module.list(import.names).iter().any(|alias| alias.name == NESTS_LOOPS);
        import.from.map_or_else(is_named, |from| from == NESTS_LOOPS)
    })
}

const NESTS_LOOPS: &str = "nest_asyncio";

fn runs_in(role: Role) -> Context {
    match role {
        Role::AsyncActivity | Role::ActivityInterceptor => Context::AsyncActivity,
        Role::SyncActivity => Context::SyncActivity,
        Role::AsyncOperation => Context::AsyncOperation,
        _ => Context::Workflow,
    }
}

/// The functions that code of a context only names where it hands them on: activities, and what workflows are entered by, are
/// started by their names. A workflow may hand on its handlers, to be called, but not its run method.
pub(super) fn only_named(definitions: &Definitions, context: Context) -> impl Iterator<Item = FunctionRef> {
    let entries = definitions.entry_points.iter();
    let entries = entries.filter(move |entry| runs_in(entry.role) != context || entry.role == Role::Run);
    let entries = entries.filter_map(|entry| match entry.root.code {
        Code::Function(function) => Some(function),
        _ => None,
    });
    definitions.activities.iter().map(|activity| activity.function).chain(entries)
}

/// A root as another evaluator knows it.
pub(super) fn moved(root: Root, from: &Evaluator<'_>, to: &Evaluator<'_>) -> Root {
    let receiver = root.receiver.map(|receiver| from.transfer(receiver, to));
    let outer = root.outer.map(|outer| from.transfer_frame(outer, to));
    Root { code: root.code, receiver, outer }
}

/// The workers that speak for a workflow: those that register it; where none does, those of which it is not known what they
/// register. Tests speak for what no other code runs, and all of production for what nobody registers.
fn workers_of<'d>(evaluator: &Evaluator<'_>, definitions: &'d Definitions, workflow: usize) -> Vec<&'d Worker> {
    let class = definitions.workflows[workflow].class;
    let among = |in_tests: bool| -> Vec<&'d Worker> {
        let workers = || definitions.workers().filter(move |worker| worker.in_tests == in_tests);
        let sure: Vec<&Worker> = workers().filter(|worker| worker.registers(evaluator, class)).collect();
        if sure.is_empty() { workers().filter(|worker| worker.may_run(evaluator, class)).collect() } else { sure }
    };
    let production = among(false);
    let found = if production.is_empty() { among(true) } else { production };
    if found.is_empty() { usual_workers(definitions) } else { found }
}

/// The workers that show how a project sets its workers up, for workflows that none of them has.
fn usual_workers(definitions: &Definitions) -> Vec<&Worker> {
    let production = definitions.workers().filter(|worker| !worker.in_tests && worker.kind != WorkerKind::Replayer);
    production.filter(|worker| !worker.workflow_values.is_empty()).collect()
}

/// What each workflow runs in: with several workers, what holds for all.
fn sandboxes(evaluator: &Evaluator<'_>, definitions: &Definitions) -> Vec<Sandbox> {
    (0..definitions.workflows.len())
        .map(|workflow| {
            let workers = workers_of(evaluator, definitions, workflow);
            let all = |holds: &dyn Fn(&Sandbox) -> bool| {
                !workers.is_empty() && workers.iter().all(|worker| holds(&worker.sandbox))
            };
            let mut passes = workers.first().map(|worker| worker.sandbox.passes.clone()).unwrap_or_default();
            workers.iter().skip(1).for_each(|worker| passes.retain(|module| worker.sandbox.passes.contains(module)));
            Sandbox {
                is_off: definitions.workflows[workflow].unsandboxed || all(&|sandbox| sandbox.is_off),
                passes_all: all(&|sandbox| sandbox.passes_all),
                perhaps_off: all(&|sandbox| sandbox.is_off || sandbox.perhaps_off),
                is_told: all(&|sandbox| sandbox.is_told),
                passes,
            }
        })
        .collect()
}

/// Those of what is known for each workflow that count where the code of all is followed as one: workflows of tests only
/// where there are no others.
fn of_production<T: Clone>(definitions: &Definitions, known: &[T]) -> Vec<T> {
    let all_in_tests = definitions.workflows.iter().all(|workflow| workflow.in_tests);
    let known = definitions.workflows.iter().zip(known);
    known.filter(|(workflow, _)| all_in_tests || !workflow.in_tests).map(|(_, known)| known.clone()).collect()
}

/// Which exceptions fail each workflow: those of its decorator and of the workers that run it.
fn failure_types(evaluator: &Evaluator<'_>, definitions: &Definitions) -> Vec<FailureTypes> {
    (0..definitions.workflows.len())
        .map(|workflow| {
            let mut types = definitions.workflows[workflow].failure_types.clone();
            let class = definitions.workflows[workflow].class;
            for worker in definitions.workers().filter(|worker| worker.may_run(evaluator, class)) {
                types.extend(&worker.failure_types);
            }
            types
        })
        .collect()
}

/// The modules that the sandbox surely loads, where they are others than those that it may load.
fn surely_sandboxed(
    evaluator: &Evaluator<'_>,
    statements: &Rc<ImportStatements>,
    definitions: &Definitions,
    sandboxes: &[Sandbox],
) -> Option<SandboxedFiles> {
    if !sandboxes.iter().any(|sandbox| sandbox.perhaps_off) {
        return None;
    }
    let is_off = |sandbox: &Sandbox| Sandbox { is_off: sandbox.is_off || sandbox.perhaps_off, ..sandbox.clone() };
    let sure: Vec<Sandbox> = sandboxes.iter().map(is_off).collect();
    Some(SandboxedFiles::new(evaluator, statements, definitions, &sure))
}
