//! To which workers the work goes that calls of the SDK start, and whether one of them takes it.
//!
//! Knows: the names under which activities and workflows are started, the task queues that they go to, and what the workers
//! of these queues register. Where one worker of a queue is not known with all that it registers, nothing is said of that
//! queue. Does not know: workers outside the project; a queue without a worker here is not this module's matter.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::{Analysis, Context};
use super::callers::{Passed, Spot};
use super::code::{bindings_of, each_within};
use super::constants::{Constant, constant};
use super::definitions::{Activity, Located, Role, Workflow};
use super::factories::calls_of;
use super::queues::Queue;
use super::registration::{activity, function_of};
use super::sdk_calls::{Presence, SdkArgument, SdkCall};
use super::signatures::WireName;
use super::targets::Target;
use super::wiring::{Worker, WorkerKind};
use crate::python::{Code, FunctionRef, Place, Rest, Value, ValueId, Values};
use crate::semantic::{ArgumentKind, BindingId, BindingKind, Expr, ExprId, Module, Name, Use};
use crate::source::{FileId, Span, TextRange};

/// What a call starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An activity.
    Activity,
    /// A local activity: on the workflow's own worker.
    LocalActivity,
    /// A workflow.
    Workflow,
    /// A child workflow.
    Child,
}

impl Kind {
    /// Whether a list of activities has to hold it.
    #[must_use]
    pub fn is_activity(self) -> bool {
        matches!(self, Kind::Activity | Kind::LocalActivity)
    }

    fn of(call: &SdkCall) -> Option<(Self, &'static str)> {
        let name = call.callee.as_str();
        let in_workflow = name.strip_prefix("temporalio.workflow.");
        match in_workflow.unwrap_or(name) {
            "execute_activity"
            | "start_activity"
            | "execute_activity_method"
            | "start_activity_method"
            | "execute_activity_class"
            | "start_activity_class" => Some((Kind::Activity, "activity")),
            "execute_local_activity"
            | "start_local_activity"
            | "execute_local_activity_method"
            | "start_local_activity_method"
            | "execute_local_activity_class"
            | "start_local_activity_class" => Some((Kind::LocalActivity, "activity")),
            "execute_child_workflow" | "start_child_workflow" => Some((Kind::Child, "workflow")),
            "temporalio.client.Client.execute_workflow"
            | "temporalio.client.Client.start_workflow"
            | "temporalio.client.ScheduleActionStartWorkflow"
            | "temporalio.client.WithStartWorkflowOperation" => Some((Kind::Workflow, "workflow")),
            _ => None,
        }
    }
}

/// A call that starts something of a known name.
#[derive(Debug, Clone, Copy)]
pub struct StartCall<'a> {
    /// The call.
    pub call: &'a SdkCall,
    /// What it starts.
    pub kind: Kind,
    /// Under which name.
    pub name: Name,
    /// Whether the name is written, and no reference.
    pub by_name: bool,
    /// The place of the target.
    pub target: Span,
    /// The task queue that it names; none where it names none.
    pub queue: Option<Queue>,
    /// Whether it is one of several that the call may start.
    pub is_one_of_several: bool,
    /// Whether it is one of several, and a test between may leave it out.
    pub may_be_left_out: bool,
}

/// Something that is started and that no worker of its task queue registers.
#[derive(Debug, Clone)]
pub struct Unregistered<'a> {
    /// The call that starts it.
    pub start: StartCall<'a>,
    /// A worker of the queue.
    pub worker: Span,
    /// Whether the program defines something of that name.
    pub is_defined: bool,
    /// Whether its task queue is not known, and no worker at all registers it.
    pub is_nowhere: bool,
    /// Whether a worker of the queue takes such things at all.
    pub is_served: bool,
    /// The name of that queue, where it has one that is known.
    pub queue: Option<&'static str>,
    /// The name that may be meant.
    pub alike: Option<String>,
}

/// The calls of a program that start activities and workflows of known names.
#[must_use]
pub fn start_calls<'a>(analysis: &'a Analysis<'_, '_>) -> Vec<StartCall<'a>> {
    let calls = analysis.sdk_calls().iter().filter(|call| !call.is_doubtful);
    calls.filter_map(|call| start_call(analysis, call)).collect()
}

fn start_call<'a>(analysis: &'a Analysis<'_, '_>, call: &'a SdkCall) -> Option<StartCall<'a>> {
    let (kind, parameter) = Kind::of(call)?;
    start_of(analysis, call, kind, call.argument(parameter)?)
}

fn start_of<'a>(
    analysis: &Analysis<'_, '_>,
    call: &'a SdkCall,
    kind: Kind,
    argument: &SdkArgument,
) -> Option<StartCall<'a>> {
    let (name, by_name) = started(analysis, call, argument, kind)?;
    let queue = match call.given("task_queue") {
        Presence::Absent => None,
        Presence::Unknown => Some(Queue::Unknown),
        Presence::Argument(argument) => queue_of(analysis, call, argument),
    };
    let target = Span { file: call.span.file, range: argument.range };
    let (is_one_of_several, may_be_left_out) = (false, false);
    Some(StartCall { call, kind, name, by_name, target, queue, is_one_of_several, may_be_left_out })
}

/// The queue that an argument names; none where it surely is `None`.
fn queue_of(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument) -> Option<Queue> {
    let is_none = matches!(analysis.constant_of(call, argument), Some(Constant::None));
    (!is_none).then(|| as_called(analysis, Queue::of_argument(analysis.evaluator, call, argument)))
}

/// The workflow of the project that a call starts, or makes a handle for, by position.
pub(super) fn workflow_of(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<usize> {
    let argument = call.argument("workflow")?;
    match analysis.target_of(call, argument)? {
        Target::Workflow(index) => Some(index),
        Target::Handler { workflow: Some(_), function, role: Role::Run } => {
            owner(analysis, call, argument).or_else(|| only_owner(analysis, function))
        }
        Target::Name(name) => {
            let workflows = analysis.definitions.workflows.iter();
            let is_it =
                |(_, workflow): &(usize, &Workflow)| analysis.wire_of_workflow(workflow) == WireName::Known(name);
            let mut named = workflows.enumerate().filter(is_it);
            let (index, _) = named.next()?;
            named.next().is_none().then_some(index)
        }
        _ => None,
    }
}

/// A task queue that a call names and that no worker here serves, while another one has nearly that name.
#[derive(Debug, Clone)]
pub struct Unserved {
    /// The task queue, where it is named.
    pub span: Span,
    /// Its name.
    pub queue: &'static str,
    /// The name that may be meant.
    pub alike: &'static str,
    /// A worker of that queue.
    pub worker: Span,
}

/// The task queues that calls name and that no worker serves, where it can be told which one is meant.
#[must_use]
pub fn unserved(analysis: &Analysis<'_, '_>) -> Vec<Unserved> {
    let router = Router::of(analysis);
    let calls = analysis.sdk_calls().iter().filter(|call| !call.is_doubtful && Kind::of(call).is_some());
    calls.filter_map(|call| router.unserved(call)).collect()
}

/// Whether a text can be another one, misspelt: they differ within words, and not by numbers or single letters, which tell
/// queues apart on purpose.
fn is_misspelt(one: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let (one, other) = (words(one), words(other));
    let is_close = |(one, other): (&String, &String)| {
        let has_digit = |word: &str| word.contains(|c: char| c.is_ascii_digit());
        one == other
            || one.len().min(other.len()) >= 3
                && !has_digit(one)
                && !has_digit(other)
                && strsim::normalized_damerau_levenshtein(one, other) >= ALIKE
    };
    match one.len() == other.len() {
        true => one.iter().zip(&other).all(is_close),
        // `order_queue` and `orderqueue`.
        false => one.concat() == other.concat(),
    }
}

/// The name of what an argument refers to, and whether it is written as such.
fn started(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument, kind: Kind) -> Option<(Name, bool)> {
    let wire = match analysis.target_of(call, argument)? {
        Target::Name(name) => return Some((name, true)),
        Target::Activity(index) if kind.is_activity() => {
            analysis.wire_of_activity(&analysis.definitions.activities[index])?
        }
        Target::Workflow(index) if !kind.is_activity() => {
            analysis.wire_of_workflow(&analysis.definitions.workflows[index])
        }
        Target::Handler { workflow: Some(_), function, .. } if !kind.is_activity() => {
            let index = owner(analysis, call, argument).or_else(|| only_owner(analysis, function))?;
            analysis.wire_of_workflow(&analysis.definitions.workflows[index])
        }
        _ => return None,
    };
    match wire {
        WireName::Known(name) => Some((name, false)),
        _ => None,
    }
}

/// The workflow whose class a run method is taken from: `Order.run`, which a base may define.
pub(super) fn owner(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument) -> Option<usize> {
    let module = analysis.project.module(call.span.file);
    let Expr::Attribute { value, .. } = module[argument.expr?] else { return None };
    let class = analysis.evaluator.value(value, Place { file: call.span.file, frame: None }).only()?;
    let Value::Class(class, _) = analysis.evaluator.get(class) else { return None };
    analysis.workflow_of(*class)
}

pub(super) fn only_owner(analysis: &Analysis<'_, '_>, function: FunctionRef) -> Option<usize> {
    let entries = analysis.definitions.entry_points.iter();
    let mut owners = entries.filter(|entry| entry.runs(function)).filter_map(|entry| entry.workflow);
    let first = owners.next()?;
    owners.all(|other| other == first).then_some(first)
}

/// What a worker takes: names of activities or of workflows.
struct Taken {
    activities: FxHashSet<Name>,
    workflows: FxHashSet<Name>,
    activities_open: bool,
    workflows_open: bool,
}

impl Taken {
    fn of(analysis: &Analysis<'_, '_>, worker: &Worker) -> Self {
        let evaluator = analysis.evaluator;
        // A keyword that the SDK does not have may be a list that is misspelt, and is told as such.
        let is_plain = worker.kind == WorkerKind::Worker
            && !worker.may_have_plugins(evaluator)
            && worker.call.misnamed().next().is_none();
        let mut taken = Self {
            activities: FxHashSet::default(),
            workflows: FxHashSet::default(),
            activities_open: worker.activities.is_open || !is_plain,
            workflows_open: worker.workflows.is_open || !is_plain,
        };
        for item in &worker.activities.items {
            taken.activities_open |= item.values.rest != Rest::Nothing || item.values.is_never();
            for value in &item.values.known {
                let found = function_of(analysis, *value).and_then(|function| activity(analysis, function));
                match found.and_then(|found| analysis.wire_of_activity(found)) {
                    Some(WireName::Known(name)) => _ = taken.activities.insert(name),
                    _ => taken.activities_open = true,
                }
            }
        }
        for item in &worker.workflows.items {
            taken.workflows_open |= item.values.rest != Rest::Nothing || item.values.is_never();
            for value in &item.values.known {
                let found = analysis.definitions.workflows.iter().find(|workflow| workflow.class == *value);
                match found.map(|found| analysis.wire_of_workflow(found)) {
                    Some(WireName::Known(name)) => _ = taken.workflows.insert(name),
                    _ => taken.workflows_open = true,
                }
            }
        }
        taken
    }

    fn is_open(&self, kind: Kind) -> bool {
        if kind.is_activity() { self.activities_open } else { self.workflows_open }
    }

    fn names(&self, kind: Kind) -> &FxHashSet<Name> {
        if kind.is_activity() { &self.activities } else { &self.workflows }
    }
}

/// A worker with what it takes.
struct Served<'a> {
    worker: &'a Worker,
    queue: Queue,
    taken: Taken,
}

/// The workers of a program, and the workflows that lead to each function.
struct Router<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    workers: Vec<Served<'a>>,
    callers: FxHashMap<FunctionRef, Vec<usize>>,
    /// The starts of workflows that do not stand in tests.
    starts: OnceCell<Vec<StartCall<'a>>>,
}

/// What is started and registered by no worker of the queue that it goes to.
#[must_use]
pub fn unregistered<'a>(analysis: &'a Analysis<'_, '_>) -> Vec<Unregistered<'a>> {
    let router = Router::of(analysis);
    if router.workers.is_empty() {
        return Vec::new();
    }
    let mut starts = start_calls(analysis);
    starts.extend(starts_of_tables(analysis));
    let mut names: FxHashMap<Span, Vec<Name>> = FxHashMap::default();
    for start in starts.iter().filter(|start| start.is_one_of_several) {
        names.entry(start.call.span).or_default().push(start.name);
    }
    let mut found: Vec<Unregistered<'a>> = starts.into_iter().filter_map(|start| router.unregistered(start)).collect();
    // A name that stands beside another like it is not that one, misspelt.
    for found in &mut found {
        let beside = names.get(&found.start.call.span).map_or(&[][..], Vec::as_slice);
        found.alike = found.alike.take().filter(|alike| !beside.iter().any(|name| *name == alike.as_str()));
    }
    let handed = activities_of_callers(analysis).into_iter();
    found.extend(handed.filter_map(|(start, workflow)| router.lost_from(start, workflow)));
    found.sort_by_key(|found| {
        let call = found.start.call.span;
        (call.file, call.range.start(), found.start.name.to_string())
    });
    // A call says once that something of its table is not registered.
    let mut seen: FxHashSet<(Span, Span)> = FxHashSet::default();
    found.retain(|found| seen.insert((found.start.call.span, found.start.target)));
    found
}

/// The activities that a call starts which its function is given, each told where it is given, with the workflow that does:
/// `async def step(activity, order): await workflow.execute_activity(activity, order, …)`.
fn activities_of_callers<'a>(analysis: &'a Analysis<'_, '_>) -> Vec<(StartCall<'a>, usize)> {
    let mut calls: FxHashMap<FunctionRef, Vec<(&SdkCall, Kind, &SdkArgument)>> = FxHashMap::default();
    for call in analysis.sdk_calls().iter().filter(|call| !call.is_doubtful) {
        let Some((kind, parameter)) = Kind::of(call).filter(|(kind, _)| kind.is_activity()) else { continue };
        let Some(argument) = call.argument(parameter).filter(|given| given.values.rest != Rest::Nothing) else {
            continue;
        };
        if let Some(function) = call.function {
            calls.entry(function).or_default().push((call, kind, argument));
        }
    }
    let mut found = Vec::new();
    for reached in analysis.context(Context::Workflow).filter(|_| !calls.is_empty()) {
        let (reach, evaluator) = (&reached.reach, reached.reach.evaluator());
        for (id, node) in reach.nodes() {
            let Code::Function(function) = node.code else { continue };
            // What the call starts where its function is called so.
            let start = |(call, kind, argument): &(&'a SdkCall, Kind, &SdkArgument)| {
                let expr = argument.expr.filter(|_| evaluator.may_run(call.block, reach.place(id)))?;
                let value = evaluator.value(expr, reach.place(id)).only()?;
                let values = Values::of(evaluator.transfer(value, analysis.evaluator));
                let one = SdkArgument { values, ..(*argument).clone() };
                start_of(analysis, call, *kind, &one).filter(|start| !start.by_name)
            };
            for start in calls.get(&function).into_iter().flatten().filter_map(start) {
                for edge in node.parent.iter().chain(&node.others).filter(|edge| !edge.doubtful && !edge.unlikely) {
                    let target = reach.span(edge.from, edge.site);
                    let workflows = reached.entries_of(edge.from).filter_map(|entry| entry.workflow);
                    found.extend(workflows.map(|workflow| (StartCall { target, ..start }, workflow)));
                }
            }
        }
    }
    found
}

/// What a call starts that is one of several: `for step in STEPS: … execute_activity(step, …)`.
fn starts_of_tables<'a>(analysis: &'a Analysis<'_, '_>) -> Vec<StartCall<'a>> {
    let mut found = Vec::new();
    for call in analysis.sdk_calls().iter().filter(|call| !call.is_doubtful) {
        let Some((kind, parameter)) = Kind::of(call) else { continue };
        let Some(argument) = call.argument(parameter) else { continue };
        if argument.values.known.len() < 2 || argument.values.rest != Rest::Nothing {
            continue;
        }
        let of_value = |value: &ValueId| {
            let one = SdkArgument { values: Values::of(*value), ..argument.clone() };
            start_of(analysis, call, kind, &one)
        };
        let starts: Option<Vec<StartCall<'a>>> = argument.values.known.iter().map(of_value).collect();
        let may_be_left_out = is_chosen_by_tests(analysis.project.module(call.span.file), call.expr, argument);
        let starts = starts.into_iter().flatten();
        found.extend(starts.map(|start| StartCall { is_one_of_several: true, may_be_left_out, ..start }));
    }
    found
}

/// Whether what the loops around a call bind, or a name in what it starts, is asked about before: `if name != "gpu": …`.
fn is_chosen_by_tests(module: &Module, call: ExprId, argument: &SdkArgument) -> bool {
    let range = module.span(call);
    let mut targets: Vec<(ExprId, TextRange)> = argument.expr.into_iter().map(|given| (given, range)).collect();
    for looped in module.loop_ids() {
        let body = module.list(module[looped].body);
        let spans = || body.iter().map(|statement| module.statement_span(*statement));
        if let (Some(target), Some(first)) = (module[looped].target, spans().next())
            && spans().any(|span| span.contains_range(range))
        {
            targets.push((target, first));
        }
    }
    for around in module.uses().parents(call) {
        if let Expr::Comprehension(comprehension) = module[around] {
            let clauses = module.list(module[comprehension].clauses).iter();
            targets.extend(clauses.map(|clause| (clause.target, module.span(around))));
        }
    }
    let mut asked = false;
    for (target, from) in targets {
        each_within(module, target, &mut |part| {
            let mut reads = bindings_of(module, part).iter().flat_map(|binding| module.reads_of(*binding));
            asked |= reads.any(|read| {
                let span = module.span(read);
                span.start() >= from.start() && span.end() <= range.end().max(from.end()) && is_tested(module, read)
            });
        });
    }
    asked
}

/// Whether an expression is part of what a test asks.
fn is_tested(module: &Module, expr: ExprId) -> bool {
    std::iter::once(expr).chain(module.uses().parents(expr)).any(|part| {
        matches!(
            module.uses().use_of(part),
            Use::IfTest(_)
                | Use::ConditionalTest(_)
                | Use::WhileTest(_)
                | Use::FilterOf(_)
                | Use::Matched(_)
                | Use::Compared(_)
                | Use::Logical(_)
        )
    })
}

/// An activity of a test that stands in for another one, and does not have its name.
#[derive(Debug, Clone)]
pub struct Misnamed {
    /// The place of its name.
    pub span: Span,
    /// The name under which it is registered.
    pub name: Name,
    /// The name that the workflow calls.
    pub called: Name,
    /// Where the call stands.
    pub call: Span,
    /// The worker of the test.
    pub worker: Span,
}

/// The activities of tests that are registered in the place of others without having their names.
#[must_use]
pub fn misnamed(analysis: &Analysis<'_, '_>) -> Vec<Misnamed> {
    let router = Router::of(analysis);
    let in_tests: Vec<&Served<'_>> = router.workers.iter().filter(|served| served.worker.in_tests).collect();
    if in_tests.is_empty() {
        return Vec::new();
    }
    let starts: Vec<StartCall<'_>> =
        start_calls(analysis).into_iter().filter(|start| start.kind.is_activity()).collect();
    let mut found: Vec<Misnamed> = Vec::new();
    for served in &in_tests {
        let workflows = router.surely_run_by(served);
        let called: Vec<&StartCall<'_>> =
            starts.iter().filter(|start| router.is_called_by(start, &workflows)).collect();
        let peers = || in_tests.iter().filter(|peer| peer.worker.set_up_in() == served.worker.set_up_in());
        if peers().any(|peer| peer.taken.activities_open) {
            continue;
        }
        let missing = called.iter().filter(|start| !peers().any(|peer| peer.taken.activities.contains(&start.name)));
        for start in missing {
            let stands_in = |activity: &&Activity| match analysis.wire_of_activity(activity) {
                Some(WireName::Known(name)) => {
                    stands_for(name, start.name) && !called.iter().any(|other| other.name == name)
                }
                _ => false,
            };
            let Some(activity) = served.activities(analysis).into_iter().find(stands_in) else { continue };
            let Some(WireName::Known(name)) = analysis.wire_of_activity(activity) else { continue };
            if !found.iter().any(|known| known.span == activity.span) {
                let (call, worker) = (start.call.span, served.worker.span);
                found.push(Misnamed { span: activity.span, name, called: start.name, call, worker });
            }
        }
    }
    found
}

/// Whether a name is that of something that stands in for what has another name: `fake_charge`, `charge_mocked`.
fn stands_for(name: Name, other: Name) -> bool {
    let words = |name: &str| -> Vec<String> {
        let spaced: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        spaced.to_lowercase().split_whitespace().map(str::to_owned).collect()
    };
    let own = words(name.as_str());
    let is_stand_in = own.iter().any(|word| STAND_INS.contains(&word.as_str()));
    let rest: Vec<&String> = own.iter().filter(|word| !STAND_INS.contains(&word.as_str())).collect();
    let other = words(other.as_str());
    let other: Vec<&String> = other.iter().filter(|word| *word != "activity").collect();
    is_stand_in && rest.into_iter().filter(|word| *word != "activity").eq(other)
}

/// Words by which tests call what stands in for something.
const STAND_INS: &[&str] =
    &["mock", "mocked", "fake", "faked", "stub", "stubbed", "dummy", "test", "patched", "replacement"];

impl<'a> Served<'a> {
    /// The project's activities that it surely registers.
    fn activities(&self, analysis: &'a Analysis<'_, '_>) -> Vec<&'a Activity> {
        let functions = self.worker.activities.items.iter().filter_map(|item| function_of(analysis, item.only()?));
        functions.filter_map(|function| activity(analysis, function)).collect()
    }
}

impl<'a, 'e, 'p> Router<'a, 'e, 'p> {
    fn unserved(&self, call: &SdkCall) -> Option<Unserved> {
        let argument = call.argument("task_queue")?;
        let Some(Queue::Text(queue)) = queue_of(self.analysis, call, argument) else { return None };
        let workers = self.in_sight_of(call);
        if workers.iter().any(|served| served.queue.may_be(Queue::Text(queue))) {
            return None;
        }
        let in_tests = self.analysis.is_test(call.span.file);
        let here = |served: &Served<'a>| {
            in_tests && served.worker.function.is_some() && served.worker.function == call.function
        };
        let (worker, alike) = workers.iter().find_map(|served| match served.queue {
            Queue::Text(text) if is_misspelt(queue, text) || here(served) => Some((served.worker.span, text)),
            _ => None,
        })?;
        let span = Span { file: call.span.file, range: argument.range };
        Some(Unserved { span, queue, alike, worker })
    }

    /// Whether the program defines an activity or workflow of the name of a start.
    fn defines(&self, start: &StartCall<'_>) -> bool {
        let (wire, definitions) = (WireName::Known(start.name), &self.analysis.definitions);
        match start.kind.is_activity() {
            true => {
                definitions.activities.iter().any(|activity| self.analysis.wire_of_activity(activity) == Some(wire))
            }
            false => definitions.workflows.iter().any(|workflow| self.analysis.wire_of_workflow(workflow) == wire),
        }
    }

    /// The name on the wire of the definition that the code calls by the name of a start.
    fn named_in_code(&self, start: &StartCall<'_>) -> Option<Name> {
        let analysis = self.analysis;
        let wire = if start.kind.is_activity() {
            let is_it = |activity: &&Activity| {
                let function = activity.function;
                is_path_of(start.name, analysis.project.module(function.file)[function.function].name)
            };
            analysis.wire_of_activity(analysis.definitions.activities.iter().find(is_it)?)?
        } else {
            let is_it = |workflow: &&Workflow| match analysis.evaluator.get(workflow.class) {
                Value::Class(class, _) => is_path_of(start.name, analysis.project.module(class.file)[class.class].name),
                _ => false,
            };
            analysis.wire_of_workflow(analysis.definitions.workflows.iter().find(is_it)?)
        };
        match wire {
            WireName::Known(name) => Some(name),
            _ => None,
        }
    }

    fn surely_run_by(&self, served: &Served<'_>) -> Vec<usize> {
        let workflows = self.analysis.definitions.workflows.iter().enumerate();
        let runs = |workflow: &Workflow| served.worker.registers(self.analysis.evaluator, workflow.class);
        workflows.filter(|(_, workflow)| runs(workflow)).map(|(index, _)| index).collect()
    }

    /// Whether one of these workflows starts it, on its own task queue.
    fn is_called_by(&self, start: &StartCall<'_>, workflows: &[usize]) -> bool {
        let callers = start.call.function.and_then(|function| self.callers.get(&function));
        start.queue.is_none() && callers.is_some_and(|callers| callers.iter().any(|caller| workflows.contains(caller)))
    }

    fn of(analysis: &'a Analysis<'e, 'p>) -> Self {
        let workers = analysis.definitions.workers().filter(|worker| worker.kind != WorkerKind::Replayer);
        let served = |worker: &'a Worker| {
            let queue = worker_queue(analysis, worker);
            Served { worker, queue, taken: Taken::of(analysis, worker) }
        };
        let workers = workers.map(served).collect();
        Self { analysis, workers, callers: callers(analysis), starts: OnceCell::new() }
    }

    fn unregistered(&self, start: StartCall<'a>) -> Option<Unregistered<'a>> {
        match start.kind {
            Kind::Workflow => self.lost(start, self.in_sight_of(start.call), start.queue?, None),
            _ => {
                let workflows = start.call.function.and_then(|function| self.callers.get(&function))?;
                workflows.iter().find_map(|workflow| self.lost_from(start, *workflow))
            }
        }
    }

    /// The workers that may take what a call outside workflows starts: those of production, or those of the same test.
    fn in_sight_of(&self, call: &SdkCall) -> Vec<&Served<'a>> {
        let file = call.span.file;
        let in_tests = self.analysis.is_test(file);
        self.workers
            .iter()
            .filter(|served| served.worker.in_tests == in_tests)
            // A helper of the tests makes workers for whatever queue it is given.
            .filter(|served| !in_tests || served.worker.set_up_in() == file || served.queue == Queue::Unknown)
            .collect()
    }

    /// What a workflow starts goes to the queue that the call names, else to that of the workflow's own workers.
    fn lost_from(&self, start: StartCall<'a>, workflow: usize) -> Option<Unregistered<'a>> {
        let class = self.analysis.definitions.workflows[workflow].class;
        let evaluator = self.analysis.evaluator;
        // Tests register what they need, and leave the rest away: production decides, where it is known.
        let production: Vec<&Served<'a>> = self.workers.iter().filter(|served| !served.worker.in_tests).collect();
        let runs = |served: &&Served<'a>| served.worker.registers(evaluator, class);
        let homes: Vec<&Served<'a>> = production.iter().copied().filter(runs).collect();
        // A worker that may run it as well may be the one that is meant, but where it polls another queue for certain.
        let is_elsewhere = |served: &Served<'a>| homes.iter().all(|home| !served.queue.may_be(home.queue));
        let may_run = |served: &&&Served<'a>| served.worker.may_run(evaluator, class) && !is_elsewhere(served);
        if homes.is_empty() || production.iter().filter(may_run).count() > homes.len() {
            return None;
        }
        if start.kind == Kind::LocalActivity {
            return homes.iter().find_map(|home| self.lost(start, vec![*home], home.queue, Some(*home)));
        }
        match start.queue {
            Some(queue) => self.lost(start, production, queue, None),
            None => {
                let starts = self.starts_of(workflow);
                let is_used =
                    |home: &&&Served<'a>| starts.is_empty() || starts.iter().any(|queue| queue.may_be(home.queue));
                homes
                    .iter()
                    .filter(is_used)
                    .find_map(|home| self.lost(start, production.clone(), home.queue, Some(*home)))
            }
        }
    }

    /// The task queues that a workflow is started on, where code outside tests starts it.
    fn starts_of(&self, workflow: usize) -> Vec<Queue> {
        let starts = self.starts.get_or_init(|| {
            let starts = start_calls(self.analysis).into_iter();
            starts.filter(|start| !start.kind.is_activity() && !self.analysis.is_test(start.call.span.file)).collect()
        });
        let wire = self.analysis.wire_of_workflow(&self.analysis.definitions.workflows[workflow]);
        let of_it = starts.iter().filter(|start| wire == WireName::Known(start.name));
        of_it.map(|start| start.queue.unwrap_or(Queue::Unknown)).collect()
    }

    /// What is started on a queue, if none of the workers that may serve that registers it. `home` surely serves it.
    fn lost(
        &self,
        start: StartCall<'a>,
        workers: Vec<&Served<'a>>,
        queue: Queue,
        home: Option<&Served<'a>>,
    ) -> Option<Unregistered<'a>> {
        let serving: Vec<&Served<'a>> = workers.into_iter().filter(|served| served.queue.may_be(queue)).collect();
        let is_home = |served: &&&Served<'a>| home.is_some_and(|home| home.worker.span == served.worker.span);
        let first = serving.iter().find(|served| is_home(served) || served.queue.is(queue));
        // Where no worker at all has what the program defines, the queue does not matter.
        let is_meant = || self.defines(&start) || start.by_name && self.named_in_code(&start).is_some();
        let is_any = !matches!(queue, Queue::Text(_)) && first.is_none() && is_meant();
        let first = first.or_else(|| serving.first().filter(|_| is_any))?;
        let takes = |served: &&Served<'a>| {
            served.taken.is_open(start.kind) || served.taken.names(start.kind).contains(&start.name)
        };
        if serving.iter().any(takes) {
            return None;
        }
        let names = serving.iter().flat_map(|served| served.taken.names(start.kind)).copied();
        let names: Vec<Name> = names.collect();
        let own = self.named_in_code(&start).filter(|own| names.contains(own)).map(|own| own.to_string());
        // A reference names what it means, however alike another name is.
        let alike = own.or_else(|| alike(start.name, names).filter(|_| start.by_name));
        let is_served = serving.iter().any(|served| !served.taken.names(start.kind).is_empty());
        let is_nowhere = !is_home(&first) && !first.queue.is(queue);
        let queue = match first.queue {
            Queue::Text(text) if !is_nowhere => Some(text),
            _ => None,
        };
        let is_defined = self.defines(&start);
        Some(Unregistered { is_defined, is_nowhere, start, worker: first.worker.span, is_served, queue, alike })
    }
}

/// The task queue that a worker polls.
pub(super) fn worker_queue(analysis: &Analysis<'_, '_>, worker: &Worker) -> Queue {
    let queue = worker.call.argument("task_queue");
    queue.map_or(Queue::Unknown, |queue| {
        let own = Queue::of_argument(analysis.evaluator, &worker.call, queue);
        as_called(analysis, as_passed(analysis, own, worker.call.spot()))
    })
}

/// A queue that a parameter names, as the caller gives it.
fn as_passed(analysis: &Analysis<'_, '_>, queue: Queue, spot: Spot<'_>) -> Queue {
    let (Queue::Bound(file, binding), Some(_)) = (queue, spot.caller) else { return queue };
    if file != spot.place.file || !matches!(analysis.project.module(file)[binding].kind, BindingKind::Parameter { .. })
    {
        return queue;
    }
    match spot.passed(analysis.evaluator, binding) {
        Some((Passed::One(given) | Passed::Default(given), there)) => {
            as_passed(analysis, Queue::of(analysis.evaluator, given, there.place.file), there)
        }
        _ => Queue::Unknown,
    }
}

/// A queue that a parameter names, where all calls of its function give it the same text, or leave it at its default.
fn as_called(analysis: &Analysis<'_, '_>, queue: Queue) -> Queue {
    match queue {
        Queue::Bound(file, binding) => given_by_all(analysis, file, binding).unwrap_or(queue),
        _ => queue,
    }
}

fn given_by_all(analysis: &Analysis<'_, '_>, file: FileId, binding: BindingId) -> Option<Queue> {
    let module = analysis.project.module(file);
    let BindingKind::Parameter { index } = module[binding].kind else { return None };
    let function = module[module[binding].block].function?;
    let parameter = module.parameters(function).get(index as usize)?;
    if module[function].class.is_some() {
        return None;
    }
    let text = |expr: ExprId, file| match constant(analysis.evaluator, expr, Place { file, frame: None })? {
        Constant::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let given = |call: &Located| {
        let caller = analysis.project.module(call.file);
        let Expr::Call { arguments, .. } = caller[call.expr] else { return None };
        let arguments = caller.list(arguments).iter().enumerate();
        let mut left = parameter.default.and_then(|default| text(default, file));
        for (position, argument) in arguments {
            match argument.kind {
                ArgumentKind::Star | ArgumentKind::DoubleStar => return None,
                kind if module.parameter_taking(function, false, kind, position) == Some(index as usize) => {
                    left = text(argument.value, call.file);
                }
                _ => {}
            }
        }
        left
    };
    let calls = calls_of(analysis, FunctionRef { file, function });
    let mut texts = calls.iter().map(given);
    let first = texts.next()??;
    texts.all(|text| text == Some(first)).then_some(Queue::Text(first))
}

/// The workflows that lead to each function that workflows reach.
fn callers(analysis: &Analysis<'_, '_>) -> FxHashMap<FunctionRef, Vec<usize>> {
    let mut found: FxHashMap<FunctionRef, Vec<usize>> = FxHashMap::default();
    for reached in analysis.context(Context::Workflow) {
        for (id, node) in reached.reach.nodes() {
            let Code::Function(function) = node.code else { continue };
            let workflows = found.entry(function).or_default();
            workflows.extend(reached.entries_of(id).filter_map(|entry| entry.workflow));
        }
    }
    for workflows in found.values_mut() {
        workflows.sort_unstable();
        workflows.dedup();
    }
    found
}

/// Whether a text is what code calls a definition, alone or with the module before it and the method behind it:
/// `app.workflows.LeaveWorkflow.run`.
fn is_path_of(text: Name, name: Name) -> bool {
    text == name || text.as_str().rsplit('.').take(2).any(|part| name == part)
}

/// How alike two names have to be for one to be taken for the other, misspelt.
const ALIKE: f64 = 0.7;

/// The name that may be meant by one that nobody has.
pub(super) fn alike(name: Name, others: Vec<Name>) -> Option<String> {
    nearest(name, others, ALIKE)
}

/// The name that is meant, where nothing but the likeness says that one is: short names differ by little on purpose.
pub(super) fn surely_alike(name: Name, others: Vec<Name>) -> Option<String> {
    if name.as_str().len() < LONG { None } else { nearest(name, others, MUCH_ALIKE) }
}

/// How alike names have to be to be the same, misspelt, if nothing else says so.
const MUCH_ALIKE: f64 = 0.8;
/// How long a name has to be for that.
const LONG: usize = 5;

fn nearest(name: Name, mut others: Vec<Name>, least: f64) -> Option<String> {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', '.'], "");
    others.sort_unstable_by_key(|name| name.as_str());
    others.dedup();
    let written = plain(name.as_str());
    others
        .into_iter()
        .map(|other| (strsim::normalized_damerau_levenshtein(&written, &plain(other.as_str())), other))
        .filter(|(alike, _)| *alike >= least)
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, other)| other.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_misspelt_within_words_and_not_in_its_number() {
        for (one, other) in [
            ("orders", "order"),
            ("order_queue", "order-queue"),
            ("order_queue", "orderqueue"),
            ("billing-tasks", "biling-tasks"),
            ("Orders", "orders"),
        ] {
            assert!(is_misspelt(one, other) && is_misspelt(other, one), "{one} {other}");
        }
        for (one, other) in [("orders-1", "orders-2"), ("eu", "us"), ("orders", "invoices"), ("orders-eu", "orders")] {
            assert!(!is_misspelt(one, other) && !is_misspelt(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_stand_in_is_called_by_what_it_stands_for() {
        let stands = |name: &str, other: &str| stands_for(Name::new(name), Name::new(other));
        assert!(stands("fake_charge", "charge") && stands("charge_mocked", "charge_activity"));
        assert!(!stands("charge", "charge"), "nothing says that it stands in");
        assert!(!stands("fake_refund", "charge") && !stands("fake_charge_card", "charge"));
    }

    #[test]
    fn a_short_name_is_not_taken_for_another_one() {
        let meant = |name: &str, others: &[&str]| {
            surely_alike(Name::new(name), others.iter().map(|other| Name::new(other)).collect())
        };
        assert_eq!(meant("aprove", &["approve", "reject"]).as_deref(), Some("approve"));
        assert_eq!(meant("set_status", &["setStatus"]).as_deref(), Some("setStatus"), "only the form differs");
        assert_eq!(meant("stop", &["step"]), None);
        assert_eq!(alike(Name::new("stop"), vec![Name::new("step")]).as_deref(), Some("step"));
        assert_eq!(meant("approve", &["cancel"]), None);
    }

    #[test]
    fn a_text_is_the_path_of_a_definition_with_its_module_and_method() {
        let is_path = |text: &str, name: &str| is_path_of(Name::new(text), Name::new(name));
        assert!(
            is_path("LeaveWorkflow", "LeaveWorkflow") && is_path("app.workflows.LeaveWorkflow.run", "LeaveWorkflow")
        );
        assert!(is_path("app.workflows.LeaveWorkflow", "LeaveWorkflow"));
        assert!(!is_path("LeaveWorkflow.app.workflows", "LeaveWorkflow"));
    }
}
