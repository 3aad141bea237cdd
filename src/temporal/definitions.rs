//! Which classes are workflows and which functions the SDK calls.
//!
//! Knows: the SDK's decorators under any name, the project's own decorators around them, definitions by call, interceptors,
//! and what workers register. Does not know: what the code does, or how workers are set up (`wiring`).

use std::cell::RefCell;

use camino::Utf8Path;
use rustc_hash::{FxHashMap, FxHashSet};

use super::callers::callers;
use super::known::Known;
use super::signatures::{ClassDefinition, FunctionDefinition};
use super::wiring::{FailureTypes, Worker, WorkerKind, Workers};
use crate::python::{
    Ancestor, Arguments, Callable, ClassRef, Code, Evaluator, FunctionRef, Place, Root, Value, ValueId, Values,
};
use crate::semantic::{ArgumentKind, Body, Expr, ExprId, Name, ScopeKind, Stmt, Suite};
use crate::source::{FileId, Span, last_part};

/// What the SDK calls a function for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// `@workflow.run`.
    Run,
    /// `__init__` of a workflow.
    Init,
    /// `@workflow.signal`.
    Signal,
    /// `@workflow.update`.
    Update,
    /// `@workflow.query`.
    Query,
    /// `@update.validator`.
    Validator,
    /// `@workflow.dynamic_config`.
    DynamicConfig,
    /// The workflow side of an interceptor.
    WorkflowInterceptor,
    /// An `async def` activity.
    AsyncActivity,
    /// A `def` activity.
    SyncActivity,
    /// The activity side of an interceptor.
    ActivityInterceptor,
    /// An `async def` operation of a Nexus service.
    AsyncOperation,
}

impl Role {
    /// Whether the code runs in a workflow.
    #[must_use]
    pub fn is_workflow(self) -> bool {
        !matches!(self, Role::AsyncActivity | Role::SyncActivity | Role::ActivityInterceptor | Role::AsyncOperation)
    }

    /// Whether an exception that leaves it fails the workflow's task. One that leaves a query or validator only rejects
    /// the request (temporalio/worker/_workflow_instance.py, `_apply_query_workflow` and `_apply_do_update`).
    #[must_use]
    pub fn fails_the_task(self) -> bool {
        matches!(self, Role::Run | Role::Init | Role::Signal | Role::Update)
    }
}

/// A function that the SDK calls.
#[derive(Debug, Clone)]
pub struct EntryPoint {
    /// What for.
    pub role: Role,
    /// How it is called in its module.
    pub name: String,
    /// The place of its name.
    pub span: Span,
    /// The workflow, by position in [`Definitions::workflows`].
    pub workflow: Option<usize>,
    /// Whether it stands in test code.
    pub in_tests: bool,
    /// How to start following it; values are those of the evaluator that found it.
    pub root: Root,
}

impl EntryPoint {
    /// Whether it is this function.
    #[must_use]
    pub fn runs(&self, function: FunctionRef) -> bool {
        self.root.code == Code::Function(function)
    }
}

/// A `@workflow.defn` class.
#[derive(Debug, Clone)]
pub struct Workflow {
    /// Its class, as a value of the evaluator that found it.
    pub class: ValueId,
    /// The place of its name.
    pub span: Span,
    /// `failure_exception_types` of the decorator.
    pub failure_types: FailureTypes,
    /// `sandboxed=False`.
    pub unsandboxed: bool,
    /// Whether it stands in test code.
    pub in_tests: bool,
}

/// A `@activity.defn` callable.
#[derive(Debug, Clone)]
pub struct Activity {
    /// The place of its name.
    pub span: Span,
    /// Its function, before decorators.
    pub function: FunctionRef,
    /// What the SDK calls for it: with what further decorators put around it, for each object that it is registered with.
    pub called: Vec<Callable>,
    /// Whether it is `async def`.
    pub is_async: bool,
}

/// What the project defines.
#[derive(Debug, Default)]
pub struct Definitions {
    /// The workflows.
    pub workflows: Vec<Workflow>,
    /// The activities.
    pub activities: Vec<Activity>,
    /// What the SDK calls.
    pub entry_points: Vec<EntryPoint>,
    /// The classes at which decorators of the SDK stand, or at whose methods.
    pub classes: Vec<ClassDefinition>,
    /// The functions outside classes at which decorators of the SDK stand.
    pub functions: Vec<FunctionDefinition>,
    /// The classes that calls make workflows, and the first such call: `workflow.defn(name="X")(Class)`.
    pub defined_by_call: FxHashMap<ClassRef, Span>,
    /// The workers, those that a function makes for its callers once for itself and once for each of these.
    pub(super) all_workers: Vec<Worker>,
    /// Files that are test code by their name, and that files which are not import.
    pub used_by_production: FxHashSet<FileId>,
}

impl Definitions {
    /// The workers, those that a function makes for its callers as each of these has them.
    pub fn workers(&self) -> impl Iterator<Item = &Worker> {
        self.all_workers.iter().filter(|worker| !worker.is_for_callers)
    }

    /// The calls that make workers, each once.
    pub fn worker_calls(&self) -> impl Iterator<Item = &Worker> {
        self.all_workers.iter().filter(|worker| worker.call.caller.is_none())
    }

    /// Whether a file is test code. `path` is relative to the project's root.
    #[must_use]
    pub fn is_test(&self, file: FileId, path: &Utf8Path) -> bool {
        is_test(file, path, &self.used_by_production)
    }
}

fn is_test(file: FileId, path: &Utf8Path, used_by_production: &FxHashSet<FileId>) -> bool {
    is_test_path(path) && !used_by_production.contains(&file)
}

/// Whether a path, relative to the project's root, is that of test code.
#[must_use]
pub fn is_test_path(path: &Utf8Path) -> bool {
    let name = path.file_name().unwrap_or("");
    let by_name = name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py";
    by_name || is_in_test_folder(path)
}

fn is_in_test_folder(path: &Utf8Path) -> bool {
    path.parent().is_some_and(|parent| parent.components().any(|part| matches!(part.as_str(), "tests" | "test")))
}

const DEFN: &str = "temporalio.workflow.defn";
pub(super) const ACTIVITY: &str = "temporalio.activity.defn";
const WORKER: &str = "temporalio.worker.Worker";
const REPLAYER: &str = "temporalio.worker.Replayer";

/// What decorators of the SDK make of a function or class.
const DECORATORS: &[&str] = &[
    DEFN,
    ACTIVITY,
    "temporalio.workflow.run",
    "temporalio.workflow.signal",
    "temporalio.workflow.query",
    "temporalio.workflow.update",
    "temporalio.workflow.init",
    "temporalio.workflow.dynamic_config",
];

/// The last names of the SDK's callables that [`Finder::call`] knows.
const DEFINING: &[&str] = &["defn", "Worker", "Replayer"];

/// Finds what the files of a project define.
pub(super) struct Finder<'e, 'p> {
    pub(super) evaluator: &'e Evaluator<'p>,
    /// Decorators are looked for in these files alone: others have nothing to do with the SDK, and stay unparsed.
    pub(super) near: Evaluator<'p>,
    root: &'e Utf8Path,
    pub(super) found: Definitions,
    workflows: FxHashMap<ClassKey, usize>,
    activities: FxHashMap<FunctionRef, Vec<Option<ValueId>>>,
    wrappers: RefCell<FxHashMap<FunctionRef, Option<&'static str>>>,
    files: FxHashSet<FileId>,
    /// The last names of callees that may define something.
    names: FxHashSet<Name>,
    pub(super) known: &'static Known,
}

/// What tells workflow classes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ClassKey {
    Class(ClassRef),
    Dynamic(FileId, ExprId),
}

impl ClassKey {
    pub(super) fn of(evaluator: &Evaluator<'_>, class: ValueId) -> Option<Self> {
        match evaluator.get(class) {
            Value::Class(class, _) => Some(ClassKey::Class(*class)),
            Value::DynamicClass(class) => Some(ClassKey::Dynamic(class.file, class.call)),
            _ => None,
        }
    }
}

/// A call or name in a file, for evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Located {
    pub expr: ExprId,
    pub file: FileId,
}

impl Located {
    pub(super) fn place(self) -> Place {
        Place { file: self.file, frame: None }
    }
}

impl<'e, 'p> Finder<'e, 'p> {
    pub(super) fn find(
        evaluator: &'e Evaluator<'p>,
        files: &[FileId],
        root: &'e Utf8Path,
        known: &'static Known,
    ) -> Definitions {
        let mut finder = Self {
            evaluator,
            near: Evaluator::within(evaluator.project(), evaluator.world(), files),
            root,
            found: Definitions::default(),
            workflows: FxHashMap::default(),
            activities: FxHashMap::default(),
            wrappers: RefCell::default(),
            files: files.iter().copied().collect(),
            names: DEFINING.iter().copied().chain(known.decorators().map(last_part)).map(Name::new).collect(),
            known,
        };
        finder.note_production_use(files);
        finder.set_tests_aside();
        for &file in files {
            let names = applying_functions(evaluator, file);
            finder.names.extend(names);
        }
        for &file in files {
            finder.definitions_by_decorator(file);
        }
        for &file in files {
            finder.note_definitions(file);
            finder.definitions_by_call(file);
        }
        finder.workers_for_callers(files);
        finder.note_bases();
        finder.add_activities();
        finder.found
    }

    /// Code that other code than tests imports is no test code, whatever its file is called.
    fn note_production_use(&mut self, files: &[FileId]) {
        let by_name = |file: &FileId| {
            let path = self.relative(*file);
            is_test_path(&path) && !is_in_test_folder(&path)
        };
        let named: FxHashSet<FileId> = files.iter().copied().filter(by_name).collect();
        if named.is_empty() {
            return;
        }
        let others: Vec<FileId> = files.iter().copied().filter(|file| !is_test_path(&self.relative(*file))).collect();
        for file in others {
            let module = self.evaluator.project().module(file);
            for import in module.import_ids() {
                let imported = self.evaluator.files_of(file, import);
                self.found.used_by_production.extend(imported.into_iter().filter(|file| named.contains(file)));
            }
        }
    }

    /// A test's stand-in for a class is not what production code is given.
    fn set_tests_aside(&self) {
        let (root, used) = (self.root.to_owned(), self.found.used_by_production.clone());
        self.evaluator
            .project()
            .set_aside(move |file, path| is_test(file, path.strip_prefix(&root).unwrap_or(path), &used));
    }

    fn relative(&self, file: FileId) -> camino::Utf8PathBuf {
        let path = self.evaluator.project().source(file).path();
        path.strip_prefix(self.root).unwrap_or(path).to_owned()
    }

    fn in_tests(&self, file: FileId) -> bool {
        self.found.is_test(file, &self.relative(file))
    }

    fn definitions_by_decorator(&mut self, file: FileId) {
        let module = self.evaluator.project().module(file);
        for id in module.class_ids() {
            self.class(file, id);
        }
        for id in module.function_ids() {
            self.function(file, id);
        }
    }

    fn definitions_by_call(&mut self, file: FileId) {
        let module = self.evaluator.project().module(file);
        for &call in module.calls() {
            if let Expr::Call { callee, .. } = module[call]
                && self.may_define(file, callee)
            {
                self.call(Located { expr: call, file });
            }
        }
    }

    /// Whether a callee can be one of those that [`call`](Self::call) knows, judged by its name: those of the SDK, the
    /// project's functions that apply its decorators, and names that are bound to something else.
    fn may_define(&self, file: FileId, callee: ExprId) -> bool {
        let module = self.evaluator.project().module(file);
        match module[callee] {
            Expr::Attribute { name, .. } => self.names.contains(&name),
            Expr::Name { name, block, .. } => {
                let is_alias = |id: &crate::semantic::BindingId| match module[*id].kind {
                    crate::semantic::BindingKind::Assign { .. } => true,
                    crate::semantic::BindingKind::ImportFrom { name: original, .. } => original != name,
                    _ => false,
                };
                let is_local_alias = |variable: crate::semantic::VariableId| {
                    module[variable].bindings.iter().any(|binding| match module[*binding].kind {
                        crate::semantic::BindingKind::Assign { value, path, .. } => {
                            path.is_empty() && matches!(module[value], Expr::Call { .. })
                        }
                        _ => false,
                    })
                };
                self.names.contains(&name)
                    || module.bindings_of(module.global(), name).iter().any(is_alias)
                    || module.variable_read(name, block).is_some_and(is_local_alias)
            }
            Expr::Call { .. } | Expr::Subscript { .. } => true,
            _ => false,
        }
    }

    /// Which of the SDK's decorators an expression is, with the call that configures it.
    pub(super) fn decorator(&self, expr: ExprId, place: Place) -> Option<(&'static str, Option<ExprId>)> {
        let module = self.evaluator.project().module(place.file);
        let callee = module.named_by(expr);
        let call = Some(expr).filter(|call| *call != callee);
        let values = self.near.value(callee, place);
        let direct = values.known.iter().find_map(|value| self.decorator_value(*value, call));
        direct.or_else(|| {
            // `@partial(workflow.defn, …)`.
            let made = self.near.value(call?, place);
            let partial = made.known.iter().find(|value| matches!(self.near.get(**value), Value::Partial { .. }))?;
            self.decorator_value(*partial, None)
        })
    }

    fn decorator_value(&self, value: ValueId, call: Option<ExprId>) -> Option<(&'static str, Option<ExprId>)> {
        match self.near.get(value) {
            Value::Outside(name) => self.of_sdk(*name).map(|known| (known, call)),
            Value::Function(callable) => self.wraps(callable.function).map(|known| (known, call)),
            Value::Partial { callee, .. } => callee.known.iter().find_map(|callee| self.decorator_value(*callee, call)),
            // A name bound to a configured decorator: `durable = workflow.defn(sandboxed=False)`.
            Value::ResultOf(name) => self.of_sdk(*name).map(|known| (known, None)),
            _ => None,
        }
    }

    /// The decorator of the SDK that a name is, or acts as.
    pub(super) fn of_sdk(&self, name: Name) -> Option<&'static str> {
        let own = DECORATORS.iter().find(|known| **known == name.as_str()).copied();
        own.or_else(|| self.known.acts_as(name.as_str()))
    }

    /// Which of the SDK's decorators a project's function applies, directly or through others.
    pub(super) fn wraps(&self, function: FunctionRef) -> Option<&'static str> {
        if let Some(known) = self.wrappers.borrow().get(&function) {
            return *known;
        }
        if !self.files.contains(&function.file) {
            return None;
        }
        self.wrappers.borrow_mut().insert(function, None);
        let module = self.evaluator.project().module(function.file);
        let found = match module[function.function].body {
            Body::Statements(body) => self.mentioned_in(function.file, body),
            Body::Expression(value) => self.mentioned(function.file, value),
        };
        self.wrappers.borrow_mut().insert(function, found);
        found
    }

    fn mentioned_in(&self, file: FileId, suite: Suite) -> Option<&'static str> {
        let module = self.evaluator.project().module(file);
        module.list(suite).iter().find_map(|statement| match module[*statement] {
            // A class defined and decorated inside is a workflow itself.
            Stmt::Class(_) => None,
            Stmt::Function(function) => {
                let decorators = module.list(module[function].decorators);
                decorators.iter().find_map(|decorator| self.mentioned(file, *decorator)).or_else(|| {
                    match module[function].body {
                        Body::Statements(body) => self.mentioned_in(file, body),
                        Body::Expression(value) => self.mentioned(file, value),
                    }
                })
            }
            _ => {
                let mut found = None;
                module.each_expression(*statement, &mut |expr| found = found.or_else(|| self.mentioned(file, expr)));
                found.or_else(|| {
                    let mut inner = None;
                    module.each_suite(*statement, &mut |suite| {
                        inner = inner.or_else(|| self.mentioned_in(file, suite));
                    });
                    inner
                })
            }
        })
    }

    fn mentioned(&self, file: FileId, expr: ExprId) -> Option<&'static str> {
        let module = self.evaluator.project().module(file);
        if matches!(module[expr], Expr::Name { .. } | Expr::Attribute { .. }) {
            let values = self.near.value(expr, Place { file, frame: None });
            let found = values.known.iter().find_map(|value| match self.near.get(*value) {
                Value::Outside(name) => self.of_sdk(*name),
                Value::Function(callable) => self.wraps(callable.function),
                _ => None,
            });
            if found.is_some() {
                return found;
            }
        }
        let mut found = None;
        module.each_part(expr, &mut |part| found = found.or_else(|| self.mentioned(file, part)));
        found
    }

    fn class(&mut self, file: FileId, id: crate::semantic::ClassId) {
        let module = self.evaluator.project().module(file);
        let place = Place { file, frame: None };
        let class = ClassRef { file, class: id };
        let value = self.evaluator.store().id(Value::Class(class, None));
        for decorator in module.list(module[id].decorators) {
            match self.decorator(*decorator, place) {
                Some((DEFN, _)) => {
                    let span = Span { file, range: module[id].name_range };
                    let given = self.given_to(DEFN, *decorator, place);
                    self.workflow(value, span, &given);
                }
                Some((ACTIVITY, _)) => {
                    let instance = self.evaluator.object(class);
                    self.register_callable(instance);
                }
                _ => {}
            }
        }
        self.interceptor(class);
    }

    fn function(&mut self, file: FileId, id: crate::semantic::FunctionId) {
        let module = self.evaluator.project().module(file);
        let place = Place { file, frame: None };
        for decorator in module.list(module[id].decorators) {
            if let Some((ACTIVITY, _)) = self.decorator(*decorator, place) {
                self.activities.entry(FunctionRef { file, function: id }).or_default();
                return;
            }
        }
    }

    /// Definitions by call: `workflow.defn(name="X")(Class)`, `activity.defn(function)`, and what workers register.
    fn call(&mut self, call: Located) {
        let module = self.evaluator.project().module(call.file);
        let Expr::Call { callee, .. } = module[call.expr] else { return };
        let values = self.near.value(callee, call.place());
        for value in values.known {
            match self.near.get(value) {
                Value::Outside(name) => match self.of_sdk(*name).unwrap_or(name.as_str()) {
                    DEFN => {
                        let given = self.evaluator.arguments_of(call.expr, call.place());
                        self.defined_by_call(call, given.as_slice());
                    }
                    ACTIVITY => self.activity_by_call(call),
                    WORKER => self.worker(call, WorkerKind::Worker),
                    REPLAYER => self.worker(call, WorkerKind::Replayer),
                    _ => {}
                },
                Value::ResultOf(name) => match self.of_sdk(*name).unwrap_or(name.as_str()) {
                    DEFN => self.defined_by_call(call, &self.given_to(DEFN, callee, call.place())),
                    ACTIVITY => self.activity_by_call(call),
                    _ => {}
                },
                Value::Function(callable) => match self.wraps(callable.function) {
                    Some(DEFN) => self.defined_by_call(call, &self.given_to(DEFN, callee, call.place())),
                    Some(ACTIVITY) => self.activity_by_call(call),
                    _ => {}
                },
                // `make_worker = partial(Worker, task_queue="orders")`.
                Value::Partial { callee, .. } => {
                    let name = callee.single().and_then(|callee| self.near.outside_name(callee));
                    match name.map_or("", |name| name.as_str()) {
                        WORKER => self.worker(call, WorkerKind::Worker),
                        REPLAYER => self.worker(call, WorkerKind::Replayer),
                        _ => {}
                    }
                }
                // A project's own class around the SDK's worker.
                Value::Class(class, outer) => {
                    let (class, outer) = (*class, *outer);
                    if self.near.derives_from(class, outer, &|name| name == WORKER) {
                        self.worker(call, self.kind_of_worker(class));
                    }
                }
                _ => {}
            }
        }
    }

    /// A class that only adds methods takes the options of the SDK's.
    fn kind_of_worker(&self, class: ClassRef) -> WorkerKind {
        let order = self.evaluator.order_of_value(self.evaluator.store().id(Value::Class(class, None)));
        let sets_up = order.iter().any(|ancestor| {
            let Ancestor::Project(class, _) = ancestor else { return false };
            let module = self.evaluator.project().module(class.file);
            !module.bindings_of(module[class.class].scope, Name::new("__init__")).is_empty()
        });
        if sets_up { WorkerKind::Own } else { WorkerKind::Worker }
    }

    fn first_argument(&self, call: Located) -> Option<ExprId> {
        let module = self.evaluator.project().module(call.file);
        let Expr::Call { arguments, .. } = module[call.expr] else { return None };
        let first = module.list(arguments).first()?;
        (first.kind == ArgumentKind::Positional).then_some(first.value)
    }

    fn defined_by_call(&mut self, call: Located, given: &[Arguments]) {
        let Some(class) = self.first_argument(call) else { return };
        let module = self.evaluator.project().module(call.file);
        let span = Span { file: call.file, range: module.span(call.expr) };
        for class in self.evaluator.value(class, call.place()).known {
            if let Value::Class(found, _) = self.evaluator.get(class) {
                self.found.defined_by_call.entry(*found).or_insert(span);
            }
            self.register_class(class, given, span);
        }
    }

    fn register_class(&mut self, class: ValueId, given: &[Arguments], span: Span) {
        match self.evaluator.get(class) {
            Value::Class(found, _) => {
                let module = self.evaluator.project().module(found.file);
                let span = Span { file: found.file, range: module[found.class].name_range };
                self.workflow(class, span, given);
            }
            Value::DynamicClass(_) => self.workflow(class, span, given),
            _ => {}
        }
    }

    fn activity_by_call(&mut self, call: Located) {
        let Some(function) = self.first_argument(call) else { return };
        for value in self.evaluator.value(function, call.place()).known {
            self.register_callable(value);
        }
    }

    fn register_callable(&mut self, value: ValueId) {
        match self.evaluator.get(value) {
            Value::Function(callable) => {
                let receivers = self.activities.entry(callable.function).or_default();
                if callable.receiver.is_some() && !receivers.contains(&callable.receiver) {
                    receivers.push(callable.receiver);
                }
            }
            Value::Instance(_) => {
                let called = self.evaluator.attribute(&Values::of(value), Name::new("__call__"));
                for called in called.known {
                    if matches!(self.evaluator.get(called), Value::Function(_)) {
                        self.register_callable(called);
                    }
                }
            }
            _ => {}
        }
    }

    fn worker(&mut self, call: Located, kind: WorkerKind) {
        let in_tests = self.in_tests(call.file);
        let Some(worker) = (Workers { evaluator: self.evaluator }).read(call, kind, in_tests, None) else { return };
        self.registered(worker);
    }

    fn registered(&mut self, worker: Worker) {
        for class in worker.workflow_values.clone() {
            self.register_class(class, &[], worker.span);
        }
        for activity in worker.activity_values.clone() {
            self.register_callable(activity);
        }
        self.found.all_workers.push(worker);
    }

    /// Workers that a function makes for others, as each that calls it has them.
    fn workers_for_callers(&mut self, files: &[FileId]) {
        for position in 0..self.found.all_workers.len() {
            let worker = &self.found.all_workers[position];
            let Some(function) = worker.function.filter(|_| worker.is_left_to_callers(self.evaluator)) else {
                continue;
            };
            let (kind, at, in_tests) = (worker.kind, worker.at(), worker.in_tests);
            let (ways, is_all) = callers(self.evaluator, files, function);
            let (mut in_production, is_called) = (false, !ways.is_empty());
            for caller in ways {
                let by_test = caller.chain().any(|caller| self.in_tests(caller.file()));
                in_production |= !by_test;
                let reader = Workers { evaluator: self.evaluator };
                if let Some(made) = reader.read(at, kind, in_tests || by_test, Some(caller)) {
                    self.registered(made);
                }
            }
            // What only tests call may be called by others that are not here; what nobody calls by its name, as a test or a
            // fixture, is called by what knows it otherwise.
            self.found.all_workers[position].is_for_callers = is_all && is_called && (in_production || in_tests);
        }
    }

    /// Notes a workflow; `given` is what its decorator was given, once for each call that may have done so.
    fn workflow(&mut self, class: ValueId, span: Span, given: &[Arguments]) {
        let Some(key) = ClassKey::of(self.evaluator, class) else { return };
        if self.workflows.contains_key(&key) {
            return;
        }
        let workers = Workers { evaluator: self.evaluator };
        let mut failure_types = FailureTypes::default();
        for types in given.iter().filter_map(|given| given.keyword("failure_exception_types")) {
            failure_types.extend(&workers.failure_types(&types));
        }
        let unsandboxed = given.iter().filter_map(|given| given.keyword("sandboxed")).any(|sandboxed| {
            sandboxed.only().is_some_and(|value| matches!(self.evaluator.get(value), Value::Bool(false)))
        });
        let index = self.found.workflows.len();
        self.workflows.insert(key, index);
        let in_tests = self.in_tests(span.file);
        self.found.workflows.push(Workflow { class, span, failure_types, unsandboxed, in_tests });
        self.handlers(class, index);
    }

    /// The methods of a workflow, inherited ones included, that the SDK calls.
    fn handlers(&mut self, class: ValueId, workflow: usize) {
        let order = self.evaluator.order_of_value(class);
        let instance = match self.evaluator.get(class) {
            Value::Class(class, _) => self.evaluator.object(*class),
            Value::DynamicClass(_) => self.evaluator.store().id(Value::DynamicInstance(class)),
            _ => return,
        };
        let mut roles: Vec<(Name, Role)> = Vec::new();
        for ancestor in order.iter() {
            match ancestor {
                Ancestor::Project(class, _) => self.roles_in_class(*class, &mut roles),
                Ancestor::Dynamic(class) => self.roles_in_members(*class, &mut roles),
                _ => {}
            }
        }
        if !roles.iter().any(|(name, _)| *name == "__init__") {
            roles.push((Name::new("__init__"), Role::Init));
        }
        for (name, role) in roles {
            for value in self.evaluator.class_attribute(instance, name).known {
                if let Value::Function(callable) = self.evaluator.get(value) {
                    let callable = *callable;
                    self.entry(&callable, role, Some(workflow));
                }
            }
        }
    }

    fn roles_in_class(&self, class: ClassRef, roles: &mut Vec<(Name, Role)>) {
        let module = self.evaluator.project().module(class.file);
        let scope = module[class.class].scope;
        let siblings: Vec<Name> = module.variables_of(scope).map(|(_, variable)| variable.name).collect();
        for function in module.function_ids().filter(|function| module[*function].parent == scope) {
            let place = Place { file: class.file, frame: None };
            let decorators = module.list(module[function].decorators);
            let role = decorators.iter().find_map(|decorator| self.role(*decorator, place, &siblings));
            let name = module[function].name;
            if let Some(role) = role
                && !roles.iter().any(|(known, _)| *known == name)
            {
                roles.push((name, role));
            }
        }
    }

    fn roles_in_members(&self, class: ValueId, roles: &mut Vec<(Name, Role)>) {
        let Value::DynamicClass(class) = self.evaluator.get(class) else { return };
        for (name, values) in &class.members {
            for value in &values.known {
                let Value::Function(callable) = self.evaluator.get(*value) else { continue };
                let file = callable.function.file;
                let module = self.evaluator.project().module(file);
                let decorators = module.list(module[callable.function.function].decorators);
                let place = Place { file, frame: None };
                roles.extend(
                    decorators.iter().find_map(|decorator| self.role(*decorator, place, &[])).map(|role| (*name, role)),
                );
            }
        }
    }

    /// What a decorator on a method of a workflow makes of it.
    fn role(&self, decorator: ExprId, place: Place, siblings: &[Name]) -> Option<Role> {
        if let Some((name, _)) = self.decorator(decorator, place) {
            return role_of(name);
        }
        let module = self.evaluator.project().module(place.file);
        match module[decorator] {
            Expr::Attribute { value, name } if name == "validator" => match module[value] {
                Expr::Name { name, .. } => siblings.contains(&name).then_some(Role::Validator),
                _ => None,
            },
            // What is not told from the files that name the SDK may be so from others: the class is one of a workflow already.
            _ => {
                let values = self.evaluator.value(module.named_by(decorator), place);
                let name = values.single().and_then(|value| self.evaluator.outside_name(value))?;
                role_of(self.of_sdk(name)?)
            }
        }
    }

    fn entry(&mut self, callable: &Callable, role: Role, workflow: Option<usize>) {
        let module = self.evaluator.project().module(callable.function.file);
        let function = callable.function;
        let root = Root { code: Code::Function(function), receiver: callable.receiver, outer: callable.outer };
        let in_tests = match workflow {
            Some(workflow) => self.found.workflows[workflow].in_tests,
            None => self.in_tests(function.file),
        };
        self.found.entry_points.push(EntryPoint {
            role,
            name: module.qualified_name(function.function),
            span: Span { file: function.file, range: module[function.function].name_range },
            workflow,
            in_tests,
            root,
        });
    }

    /// One entry point for each activity and each object that it is registered with.
    fn add_activities(&mut self) {
        let mut activities: Vec<(FunctionRef, Vec<Option<ValueId>>)> = self.activities.drain().collect();
        let place_of = |function: &FunctionRef| {
            let module = self.evaluator.project().module(function.file);
            (function.file, module[function.function].name_range.start())
        };
        activities.sort_by_key(|(function, _)| place_of(function));
        for (function, mut receivers) in activities {
            if receivers.is_empty() {
                let module = self.evaluator.project().module(function.file);
                let class = module[function.function].class;
                receivers.push(class.map(|class| self.evaluator.object(ClassRef { file: function.file, class })));
            }
            let called: Vec<Callable> =
                receivers.into_iter().map(|receiver| self.as_called(function, receiver)).collect();
            let mut is_async = false;
            for callable in &called {
                let function = callable.function;
                is_async = self.evaluator.project().module(function.file)[function.function].is_async;
                self.entry(callable, if is_async { Role::AsyncActivity } else { Role::SyncActivity }, None);
            }
            let module = self.evaluator.project().module(function.file);
            let span = Span { file: function.file, range: module[function.function].name_range };
            self.found.activities.push(Activity { span, function, called, is_async });
        }
    }

    /// An activity's function through its other decorators, as the SDK calls it.
    fn as_called(&self, function: FunctionRef, receiver: Option<ValueId>) -> Callable {
        let module = self.evaluator.project().module(function.file);
        let definition = &module[function.function];
        let decorated = match receiver {
            Some(receiver) => self.evaluator.attribute(&Values::of(receiver), definition.name),
            None if module[definition.parent].kind == ScopeKind::Module => {
                self.evaluator.global_name(function.file, definition.name)
            }
            None => Values::anything(),
        };
        let called = decorated.known.iter().find_map(|value| match self.evaluator.get(*value) {
            Value::Function(callable) => Some(*callable),
            _ => None,
        });
        // Another definition of the same name, or what `super` finds, is not this one.
        match called {
            Some(callable) if decorated.known.len() == 1 => callable,
            _ => Callable { function, receiver, outer: None },
        }
    }

    /// Interceptors: their methods run where what they intercept runs.
    fn interceptor(&mut self, class: ClassRef) {
        let derives = |name: &str| {
            self.evaluator.derives_from(class, None, &|base| {
                base.as_str().strip_prefix("temporalio.worker.").is_some_and(|base| base == name)
            })
        };
        let role = if derives("WorkflowInboundInterceptor") || derives("WorkflowOutboundInterceptor") {
            Role::WorkflowInterceptor
        } else if derives("ActivityInboundInterceptor") {
            Role::ActivityInterceptor
        } else {
            return;
        };
        let module = self.evaluator.project().module(class.file);
        let instance = self.evaluator.object(class);
        for statement in module.list(module[class.class].body) {
            let Stmt::Function(function) = module[*statement] else { continue };
            let name = module[function].name;
            if !INTERCEPTED.contains(&name.as_str()) {
                continue;
            }
            for value in self.evaluator.attribute(&Values::of(instance), name).known {
                if let Value::Function(callable) = self.evaluator.get(value) {
                    let callable = *callable;
                    self.entry(&callable, role, None);
                }
            }
        }
    }
}

/// What a decorator of the SDK makes of a method of a workflow.
fn role_of(decorator: &str) -> Option<Role> {
    match decorator {
        "temporalio.workflow.run" => Some(Role::Run),
        "temporalio.workflow.signal" => Some(Role::Signal),
        "temporalio.workflow.query" => Some(Role::Query),
        "temporalio.workflow.update" => Some(Role::Update),
        "temporalio.workflow.dynamic_config" => Some(Role::DynamicConfig),
        "temporalio.workflow.init" => Some(Role::Init),
        _ => None,
    }
}

/// The names of a file's functions that apply a decorator of the SDK.
fn applying_functions(evaluator: &Evaluator<'_>, file: FileId) -> Vec<Name> {
    let project = evaluator.project();
    let source = project.source(file);
    if !super::applies_decorators(source.text()) {
        return Vec::new();
    }
    let module = project.module(file);
    module
        .function_ids()
        .filter(|function| super::applies_decorators(source.slice(module[*function].range)))
        .map(|function| module[function].name)
        .collect()
}

/// Methods of interceptors that the SDK calls (temporalio/worker/_interceptor.py).
const INTERCEPTED: &[&str] = &[
    "init",
    "execute_workflow",
    "handle_signal",
    "handle_query",
    "handle_update_validator",
    "handle_update_handler",
    "execute_activity",
    "continue_as_new",
    "info",
    "signal_child_workflow",
    "signal_external_workflow",
    "start_activity",
    "start_child_workflow",
    "start_local_activity",
    "start_nexus_operation",
];
