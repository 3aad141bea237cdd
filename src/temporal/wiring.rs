//! How workers are set up: what each registers, and what holds for that.
//!
//! Knows: the options of `Worker` and `Replayer`: what they register, on which task queue, which exceptions fail a workflow,
//! for each that calls the function around. Does not know: what a runner does (`runners`), what a workflow or an activity is
//! (`definitions`), nor how workers, calls and tests fit together (`registration`).

use std::rc::Rc;

use super::callers::{Caller, Spot, is_of_parameter};
use super::definitions::{ClassKey, Located};
use super::lists::Listed;
use super::making::made_by;
use super::runners::Sandbox;
use super::sdk_calls::{Presence, SdkCall, bound, bound_for};
use super::spread;
use crate::python::{Evaluator, FunctionRef, Place, Rest, Value, ValueId, Values};
use crate::semantic::{ArgumentKind, Expr, ExprId, Name, RegionKind};
use crate::source::{FileId, Span};

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
    /// Whether others stand for it, one for each way in which the function that makes it is called.
    pub is_for_callers: bool,
}

impl Worker {
    /// The file that says what it registers: the one whose call makes it, or that of whoever calls the function around.
    #[must_use]
    pub fn set_up_in(&self) -> FileId {
        let outermost = self.call.caller.as_deref().and_then(|caller| caller.chain().last());
        outermost.map_or(self.span.file, Caller::file)
    }

    /// Whether those who call the function around it say how it is set up.
    pub(super) fn is_left_to_callers(&self, evaluator: &Evaluator<'_>) -> bool {
        let module = evaluator.project().module(self.span.file);
        let given = self.call.arguments.iter().filter(|given| given.parameter.is_none_or(|own| own.name != "client"));
        self.function.is_some()
            && (self.call.is_open || given.filter_map(|given| given.expr).any(|expr| is_of_parameter(module, expr)))
    }

    /// Whether it may run a workflow.
    #[must_use]
    pub fn may_run(&self, evaluator: &Evaluator<'_>, class: ValueId) -> bool {
        self.workflows_open || self.registers(evaluator, class)
    }

    /// Whether plugins may change its options: its own, or those of its client.
    #[must_use]
    pub fn may_have_plugins(&self, evaluator: &Evaluator<'_>) -> bool {
        let is_empty = |value| matches!(evaluator.get(value), Value::Items(_, items) if items.is_empty());
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
    pub(super) fn read(
        &self,
        call: Located,
        kind: WorkerKind,
        in_tests: bool,
        caller: Option<Rc<Caller>>,
    ) -> Option<Worker> {
        let callee = match kind {
            WorkerKind::Worker | WorkerKind::Own => "temporalio.worker.Worker",
            WorkerKind::Replayer => "temporalio.worker.Replayer",
        };
        let made = bound_for(self.evaluator, call, Name::new(callee), caller)?;
        let (workflow_values, workflows_open) = self.listed(&made, "workflows");
        let (activity_values, activities_open) = self.listed(&made, "activities");
        let failure_types = match self.option(&made, "workflow_failure_exception_types") {
            Some(types) => self.failure_types(&types),
            None => FailureTypes { classes: Vec::new(), open: !made.lacks("workflow_failure_exception_types") },
        };
        let runners = spread::given(self.evaluator, call, "workflow_runner");
        let sandbox = Sandbox::of(self.evaluator, &made, &runners);
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
            is_for_callers: false,
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

    fn keyword(&self, Spot { place, .. }: Spot<'_>, call: ExprId, name: &str) -> Option<Values> {
        let module = self.evaluator.project().module(place.file);
        let Expr::Call { arguments, .. } = module[call] else { return None };
        if let Some(value) = spread::keyword(module, arguments, name) {
            return Some(self.evaluator.value(value, place));
        }
        // `**options` of known content.
        let spread = module.list(arguments).iter().filter(|given| given.kind == ArgumentKind::DoubleStar);
        spread.into_iter().find_map(|given| {
            let values = self.evaluator.value(given.value, place);
            match self.evaluator.get(values.single()?) {
                Value::Table(entries) => self.evaluator.under_name(entries, name),
                _ => None,
            }
        })
    }

    /// What a call gives an option, or the `partial` that it calls.
    fn option(&self, made: &SdkCall, name: &str) -> Option<Values> {
        self.keyword(made.spot(), made.expr, name).or_else(|| made.argument(name).map(|given| given.values.clone()))
    }

    /// What a list holds, and whether it may hold more.
    fn listed(&self, made: &SdkCall, name: &str) -> (Vec<ValueId>, bool) {
        let Some(values) = self.option(made, name) else { return (Vec::new(), !made.lacks(name)) };
        let known_items = values.only().is_some_and(|value| matches!(self.evaluator.get(value), Value::Items(..)));
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
}
