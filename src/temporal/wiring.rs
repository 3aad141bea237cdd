//! How workers are set up: what each registers, and what holds for that.
//!
//! Knows: the options of `Worker` and `Replayer`: what they register, on which task queue, which exceptions fail a workflow,
//! whether workflows run in the sandbox, and what is passed through it. Does not know: what a workflow or an activity is
//! (`definitions`), nor how workers, calls and tests fit together (`registration`).

use rustc_hash::FxHashSet;

use super::definitions::{ClassKey, Located};
use super::lists::Listed;
use super::making::made_by;
use super::sdk_calls::{Presence, SdkCall, bound};
use super::spread;
use crate::python::{Evaluator, FunctionRef, Place, Rest, Value, ValueId, Values};
use crate::semantic::{Argument, ArgumentKind, BindingKind, Expr, ExprId, List, Name, RegionKind};
use crate::source::{FileId, Span};

/// Through how many names and calls a runner is followed to where it is made.
const RUNNER_DEPTH: usize = 8;

/// What makes clients.
pub(super) const CLIENTS: [&str; 2] = ["temporalio.client.Client.connect", "temporalio.client.Client"];

/// Context managers of tests that wait for what their block raises or warns of.
const EXPECTS: &[&str] = &["pytest.raises", "pytest.warns", "pytest.deprecated_call", "warnings.catch_warnings"];

/// Which exceptions fail a workflow instead of its task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FailureTypes {
    /// The classes, as values of the evaluator that found them.
    pub classes: Vec<ValueId>,
    /// Some could not be told: nothing can be said about any exception.
    pub open: bool,
}

impl FailureTypes {
    /// Takes in further classes.
    pub fn extend(&mut self, other: &Self) {
        self.open |= other.open;
        self.classes
            .extend(other.classes.iter().filter(|class| !self.classes.contains(class)).copied().collect::<Vec<_>>());
    }
}

/// In what a worker runs its workflows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sandbox {
    /// Whether there is none.
    pub is_off: bool,
    /// Whether all modules are passed through it.
    pub passes_all: bool,
    /// Whether a value that is not known decides if there is one.
    pub perhaps_off: bool,
    /// The modules that are passed through it by name.
    pub passes: FxHashSet<String>,
    /// A runner of the SDK was found in what is given.
    pub is_told: bool,
}

impl Sandbox {
    /// What holds where it is one or the other.
    fn either(self, other: Self) -> Self {
        Self {
            is_off: self.is_off && other.is_off,
            passes_all: self.passes_all && other.passes_all,
            perhaps_off: self.is_off != other.is_off || self.perhaps_off || other.perhaps_off,
            is_told: self.is_told && other.is_told,
            // Where there is no sandbox, or all is passed through it, nothing is refused.
            passes: match (self.is_off || self.passes_all, other.is_off || other.passes_all) {
                (true, _) => other.passes,
                (false, true) => self.passes,
                (false, false) => self.passes.intersection(&other.passes).cloned().collect(),
            },
        }
    }
}

/// What takes workflows and runs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerKind {
    /// The SDK's `Worker`.
    Worker,
    /// A class of the project that derives from it, and that may do more with its options than the SDK does.
    Own,
    /// The SDK's `Replayer`.
    Replayer,
}

/// A worker, or a replayer.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The call that makes it.
    pub span: Span,
    /// Whether it stands in test code.
    pub in_tests: bool,
    /// What it is given.
    pub call: SdkCall,
    /// The function that makes it; none where a module does.
    pub function: Option<FunctionRef>,
    /// What it is.
    pub kind: WorkerKind,
    /// Whether a test expects that making it raises or warns: `with pytest.raises(…)`.
    pub is_expected_to_fail: bool,
    /// The call that makes the client that it polls with, where that is known.
    pub client: Option<SdkCall>,
    /// Whether its deployment config, if it has one, surely says that workers are versioned, or surely that they are not.
    pub is_versioned: Option<bool>,
    /// What it is given as `workflows`, item by item.
    pub workflows: Listed,
    /// What it is given as `activities`, item by item.
    pub activities: Listed,
    /// What it is given as `nexus_service_handlers`, item by item.
    pub services: Listed,
    /// The workflow classes that it registers, as values of the evaluator that found them.
    pub workflow_values: Vec<ValueId>,
    /// It may register further workflows.
    pub workflows_open: bool,
    /// The activities that it registers.
    pub activity_values: Vec<ValueId>,
    /// It may register further activities.
    pub activities_open: bool,
    /// `workflow_failure_exception_types`.
    pub failure_types: FailureTypes,
    /// What its workflows run in.
    pub sandbox: Sandbox,
}

impl Worker {
    /// Whether it may run a workflow.
    #[must_use]
    pub fn may_run(&self, evaluator: &Evaluator<'_>, class: ValueId) -> bool {
        self.workflows_open || self.registers(evaluator, class)
    }

    /// Whether plugins may change its options: its own, or those of its client.
    #[must_use]
    pub fn may_have_plugins(&self, evaluator: &Evaluator<'_>) -> bool {
        let is_empty = |value| matches!(evaluator.get(value), Value::Items(items) if items.is_empty());
        let may_have = |call: &SdkCall| match call.given("plugins") {
            Presence::Absent => false,
            Presence::Unknown => true,
            Presence::Argument(plugins) => !plugins.values.only().is_some_and(is_empty),
        };
        may_have(&self.call) || self.client.as_ref().is_some_and(may_have)
    }

    /// Whether an option is surely not given, or given as `None`.
    #[must_use]
    pub fn lacks(&self, evaluator: &Evaluator<'_>, option: &str) -> bool {
        lacks(evaluator, &self.call, option)
    }

    /// The call that makes it, for those who follow what becomes of it.
    pub(super) fn at(&self) -> Located {
        Located { expr: self.call.expr, file: self.call.span.file }
    }

    /// The expression that is given as the client.
    pub(super) fn client_expr(&self) -> Option<ExprId> {
        self.call.argument("client")?.expr
    }

    /// Whether the server surely takes it for a worker without versions.
    #[must_use]
    pub fn is_surely_unversioned(&self) -> bool {
        self.is_versioned == Some(false)
    }

    /// Whether it surely registers a workflow.
    #[must_use]
    pub fn registers(&self, evaluator: &Evaluator<'_>, class: ValueId) -> bool {
        let key = ClassKey::of(evaluator, class);
        key.is_some() && self.workflow_values.iter().any(|known| ClassKey::of(evaluator, *known) == key)
    }
}

/// Whether an option of a call is surely not given, or given as `None`.
fn lacks(evaluator: &Evaluator<'_>, call: &SdkCall, option: &str) -> bool {
    match call.given(option) {
        Presence::Absent => true,
        Presence::Unknown => false,
        Presence::Argument(given) => given.values.only().is_some_and(|value| *evaluator.get(value) == Value::None),
    }
}

/// What an option of a call surely says.
fn flag(evaluator: &Evaluator<'_>, call: &SdkCall, option: &str) -> Option<bool> {
    match evaluator.get(call.argument(option)?.values.only()?) {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    }
}

/// Reads how workers are set up.
pub(super) struct Workers<'e, 'p> {
    pub evaluator: &'e Evaluator<'p>,
}

impl Workers<'_, '_> {
    pub(super) fn read(&self, call: Located, kind: WorkerKind, in_tests: bool) -> Option<Worker> {
        let callee = match kind {
            WorkerKind::Worker | WorkerKind::Own => "temporalio.worker.Worker",
            WorkerKind::Replayer => "temporalio.worker.Replayer",
        };
        let made = bound(self.evaluator, call, Name::new(callee))?;
        let (workflow_values, workflows_open) = self.listed(call, &made, "workflows");
        let (activity_values, activities_open) = self.listed(call, &made, "activities");
        let failure_types = match self.option(call, &made, "workflow_failure_exception_types") {
            Some(types) => self.failure_types(&types),
            None => FailureTypes { classes: Vec::new(), open: !made.lacks("workflow_failure_exception_types") },
        };
        let mut sandbox = Sandbox::default();
        let runners = spread::given(self.evaluator, call, "workflow_runner");
        runners.iter().for_each(|runner| self.runner(*runner, call.place(), &mut sandbox, RUNNER_DEPTH));
        if !made.lacks("workflow_runner") {
            sandbox.perhaps_off |= !sandbox.is_told && !sandbox.is_off;
        }
        let client = self.client(&made);
        let listed = |option| Listed::option(self.evaluator, &made, option);
        Some(Worker {
            span: made.span,
            in_tests,
            function: made.function,
            kind,
            is_expected_to_fail: self.is_expected_to_fail(call),
            is_versioned: self.is_versioned(&made),
            workflows: listed("workflows"),
            activities: listed("activities"),
            services: listed("nexus_service_handlers"),
            client,
            call: made,
            workflow_values,
            workflows_open,
            activity_values,
            activities_open,
            failure_types,
            sandbox,
        })
    }

    /// The call that makes the client which a call is given.
    fn client(&self, call: &SdkCall) -> Option<SdkCall> {
        let expr = call.argument("client")?.expr?;
        let client = self.made_as(Located { expr, file: call.span.file }, &CLIENTS)?;
        Some(client)
    }

    /// The call of one of some callables of the SDK that makes what an expression is.
    fn made_as(&self, at: Located, callees: &[&str]) -> Option<SdkCall> {
        let made = made_by(self.evaluator, at)?;
        let Expr::Call { callee, .. } = self.evaluator.project().module(made.file)[made.expr] else { return None };
        let callee = self.evaluator.value(callee, made.place()).only()?;
        let name = self.evaluator.outside_name(callee).filter(|name| callees.contains(&name.as_str()))?;
        bound(self.evaluator, made, name)
    }

    /// What `WorkerDeploymentConfig(use_worker_versioning=…)` says; without a config, what `use_worker_versioning` of the
    /// worker itself does.
    fn is_versioned(&self, call: &SdkCall) -> Option<bool> {
        if lacks(self.evaluator, call, "deployment_config") {
            let old = lacks(self.evaluator, call, "use_worker_versioning");
            return if old { Some(false) } else { flag(self.evaluator, call, "use_worker_versioning") };
        }
        let config = Located { expr: call.argument("deployment_config")?.expr?, file: call.span.file };
        let config = self.made_as(config, &["temporalio.worker.WorkerDeploymentConfig"])?;
        flag(self.evaluator, &config, "use_worker_versioning")
    }

    fn is_expected_to_fail(&self, call: Located) -> bool {
        let module = self.evaluator.project().module(call.file);
        let Some(block) = module.block_of_call(call.expr) else { return false };
        module.regions_around(block).any(|(_, region)| {
            let RegionKind::With(with) = region.kind else { return false };
            module.list(module[with].items).iter().any(|item| self.expects_failure(item.manager, call.place()))
        })
    }

    /// Whether a context manager is there for what its block raises.
    fn expects_failure(&self, manager: ExprId, place: Place) -> bool {
        let module = self.evaluator.project().module(place.file);
        let Expr::Call { callee, .. } = module[manager] else { return false };
        // What `self` of a test is need not be known.
        let is_assertion =
            |name: Name| ["assertRaises", "assertWarns"].iter().any(|start| name.as_str().starts_with(start));
        if matches!(module[callee], Expr::Attribute { name, .. } if is_assertion(name)) {
            return true;
        }
        let callees = self.evaluator.value(callee, place);
        callees
            .known
            .iter()
            .any(|value| self.evaluator.outside_name(*value).is_some_and(|name| EXPECTS.contains(&name.as_str())))
    }

    pub(super) fn keyword(&self, call: Located, name: &str) -> Option<Values> {
        let module = self.evaluator.project().module(call.file);
        let Expr::Call { arguments, .. } = module[call.expr] else { return None };
        if let Some(value) = spread::keyword(module, arguments, name) {
            return Some(self.evaluator.value(value, call.place()));
        }
        // `**options` of known content.
        let spread = module.list(arguments).iter().filter(|given| given.kind == ArgumentKind::DoubleStar);
        spread.into_iter().find_map(|given| {
            let values = self.evaluator.value(given.value, call.place());
            match self.evaluator.get(values.single()?) {
                Value::Table(entries) => self.evaluator.under_name(entries, name),
                _ => None,
            }
        })
    }

    /// What a call gives an option, or the `partial` that it calls.
    fn option(&self, call: Located, made: &SdkCall, name: &str) -> Option<Values> {
        self.keyword(call, name).or_else(|| made.argument(name).map(|given| given.values.clone()))
    }

    /// What a list holds, and whether it may hold more.
    fn listed(&self, call: Located, made: &SdkCall, name: &str) -> (Vec<ValueId>, bool) {
        let Some(values) = self.option(call, made, name) else { return (Vec::new(), !made.lacks(name)) };
        let known_items = values.only().is_some_and(|value| matches!(self.evaluator.get(value), Value::Items(_)));
        let items = self.evaluator.item_of(&values);
        let open = !known_items && items.rest != Rest::Nothing || items.rest == Rest::Anything;
        (items.known.to_vec(), open)
    }

    pub(super) fn failure_types(&self, types: &Values) -> FailureTypes {
        let items = self.evaluator.item_of(types);
        let is_class = |value: &ValueId| matches!(self.evaluator.get(*value), Value::Class(..) | Value::Outside(_));
        let open = items.rest != Rest::Nothing || !items.known.iter().all(is_class);
        FailureTypes { classes: items.known.into_iter().filter(is_class).collect(), open }
    }

    /// Follows an expression that makes a runner to the calls that configure it.
    fn runner(&self, expr: ExprId, place: Place, sandbox: &mut Sandbox, depth: usize) {
        if depth == 0 {
            return;
        }
        let module = self.evaluator.project().module(place.file);
        match module[expr] {
            Expr::Call { callee, arguments } => self.made(expr, callee, arguments, place, sandbox, depth),
            Expr::Attribute { value, name } => {
                self.runner(value, place, sandbox, depth - 1);
                if let Some(Value::Module(file)) =
                    self.evaluator.value(value, place).single().map(|value| self.evaluator.get(value))
                {
                    self.bindings(*file, name, sandbox, depth);
                }
            }
            Expr::Name { name, block, .. } => {
                let bindings = module.variable_read(name, block).map(|variable| &module[variable].bindings);
                for id in bindings.into_iter().flatten() {
                    self.binding(place.file, module[*id].kind, sandbox, depth);
                }
            }
            Expr::Conditional { body, orelse, .. } => {
                self.one_of(&[(body, place), (orelse, place)], sandbox, depth);
            }
            _ => {}
        }
    }

    /// Where either may be, the sandbox is on for some.
    fn one_of(&self, runners: &[(ExprId, Place)], sandbox: &mut Sandbox, depth: usize) {
        let each = runners.iter().map(|(runner, place)| {
            let mut found = Sandbox::default();
            self.runner(*runner, *place, &mut found, depth - 1);
            found
        });
        let Some(found) = each.reduce(Sandbox::either) else { return };
        sandbox.is_off |= found.is_off;
        sandbox.perhaps_off |= found.perhaps_off;
        sandbox.is_told |= found.is_told;
        sandbox.passes_all |= found.passes_all;
        sandbox.passes.extend(found.passes);
    }

    /// Follows a call to what it makes a runner of.
    fn made(
        &self,
        call: ExprId,
        callee: ExprId,
        arguments: List<Argument>,
        place: Place,
        sandbox: &mut Sandbox,
        depth: usize,
    ) {
        let module = self.evaluator.project().module(place.file);
        let callees = self.evaluator.value(callee, place);
        for callee in &callees.known {
            match self.evaluator.get(*callee) {
                Value::Outside(name) | Value::OutsideMethod { name, .. } => {
                    self.configured(*name, call, place, sandbox);
                }
                Value::Function(callable) => {
                    let file = callable.function.file;
                    let inner = self.evaluator.project().module(file);
                    let given = self.evaluator.arguments_of(call, place);
                    let frame = given.and_then(|given| self.evaluator.frame_of_call(callable, &given));
                    let returns = inner[callable.function.function].returns.iter().filter_map(|ret| ret.value);
                    let returned: Vec<_> = returns.map(|value| (value, Place { file, frame })).collect();
                    self.one_of(&returned, sandbox, depth);
                }
                Value::Class(class, outer) => {
                    let is_off = self
                        .evaluator
                        .derives_from(*class, *outer, &|name| name == "temporalio.worker.UnsandboxedWorkflowRunner");
                    sandbox.is_off |= is_off;
                    sandbox.is_told |= is_off;
                }
                _ => {}
            }
        }
        self.runner(callee, place, sandbox, depth - 1);
        for given in module.list(arguments) {
            if matches!(given.kind, ArgumentKind::Keyword(name) if name == "passthrough_modules") {
                self.passed(given.value, place, sandbox, depth - 1);
            }
            self.runner(given.value, place, sandbox, depth - 1);
        }
    }

    fn bindings(&self, file: FileId, name: Name, sandbox: &mut Sandbox, depth: usize) {
        let module = self.evaluator.project().module(file);
        for id in module.bindings_of(module.global(), name) {
            self.binding(file, module[*id].kind, sandbox, depth);
        }
    }

    fn binding(&self, file: FileId, kind: BindingKind, sandbox: &mut Sandbox, depth: usize) {
        match kind {
            BindingKind::Assign { value, path, .. } if path.is_empty() => {
                self.runner(value, Place { file, frame: None }, sandbox, depth - 1);
            }
            BindingKind::ImportFrom { module, level, name } => {
                let source = self.evaluator.import_source(file, module, level);
                if let Some(Value::Module(origin)) = source.single().map(|source| self.evaluator.get(source))
                    && depth > 1
                {
                    self.bindings(*origin, name, sandbox, depth - 1);
                }
            }
            _ => {}
        }
    }

    /// The modules of a set that is given as `passthrough_modules`: of all its parts, wherever they are named.
    fn passed(&self, expr: ExprId, place: Place, sandbox: &mut Sandbox, depth: usize) {
        let module = self.evaluator.project().module(place.file);
        match module[expr] {
            _ if depth == 0 => {}
            Expr::Binary { left, right, .. } => {
                self.passed(left, place, sandbox, depth - 1);
                self.passed(right, place, sandbox, depth - 1);
            }
            Expr::Name { name, block, .. } => {
                let bindings = module.variable_read(name, block).map(|variable| &module[variable].bindings);
                for binding in bindings.into_iter().flatten() {
                    if let BindingKind::Assign { value, .. } = module[*binding].kind {
                        self.passed(value, place, sandbox, depth - 1);
                    }
                }
            }
            _ => self.pass(&self.evaluator.item_of(&self.evaluator.value(expr, place)), sandbox),
        }
    }

    fn pass(&self, modules: &Values, sandbox: &mut Sandbox) {
        for value in &modules.known {
            if let Value::Str(module) = self.evaluator.get(*value) {
                sandbox.passes.insert(module.as_str().to_owned());
            }
        }
    }

    fn configured(&self, name: Name, call: ExprId, place: Place, sandbox: &mut Sandbox) {
        let last = name.last_part();
        match last {
            "UnsandboxedWorkflowRunner" => (sandbox.is_off, sandbox.is_told) = (true, true),
            "SandboxedWorkflowRunner" => sandbox.is_told = true,
            "with_passthrough_all_modules" => sandbox.passes_all = true,
            "with_passthrough_modules" => {
                let module = self.evaluator.project().module(place.file);
                let Expr::Call { arguments, .. } = module[call] else { return };
                for given in module.list(arguments) {
                    let values = self.evaluator.value(given.value, place);
                    let values =
                        if given.kind == ArgumentKind::Star { self.evaluator.item_of(&values) } else { values };
                    // Any module may be among those that are not known, so that it is as if the sandbox might be off.
                    sandbox.perhaps_off |= values.rest == Rest::Anything;
                    self.pass(&values, sandbox);
                }
            }
            _ => {}
        }
    }
}
