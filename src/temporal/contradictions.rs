//! Options that a worker or a client's call refuses or drops beside others.
//!
//! Knows: which options of `Worker(…)` and of calls that start workflows exclude or need each other, and what some values of
//! them do (temporalio/worker/_worker.py, temporalio/client). Does not know: what an option is that is not resolved; nothing
//! is said of it.

use super::analysis::Analysis;
use super::constants::Constant;
use super::definitions::Located;
use super::making::made_by;
use super::registration::{activities_of, plain_workers, workflow_name};
use super::sdk_calls::{Presence, SdkArgument, SdkCall};
use super::wire_names::Versioning;
use super::wiring::Worker;
use crate::python::{FunctionRef, Value};
use crate::semantic::{Expr, ScopeKind, Use};
use crate::source::{Span, TextRange};

/// Options that do not go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Where it shows.
    pub span: Span,
    /// What is wrong.
    pub kind: ContradictionKind,
    /// The option, or what it is about.
    pub one: String,
    /// The other option, or what is needed.
    pub other: String,
}

/// What is wrong with options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContradictionKind {
    /// A worker lists nothing.
    Nothing,
    /// The one excludes the other.
    Excludes,
    /// The one needs the other.
    Needs,
    /// The one is dropped because of the other.
    Dropped,
    /// The value of the one is refused.
    Refused,
    /// A class that is defined in a function.
    LocalClass,
    /// A function that does not give what the option needs.
    Callback,
    /// A workflow that does not say how it is versioned.
    Behavior,
    /// An object that can be used once.
    UsedTwice,
}

/// Options of workers that do not go together.
#[must_use]
pub fn worker_contradictions(analysis: &Analysis<'_, '_>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for worker in plain_workers(analysis) {
        let options = CallOptions { analysis, call: &worker.call };
        options.nothing_listed(worker, &mut found);
        options.excluding(&mut found);
        options.executor(worker, &mut found);
        options.deployment(worker, &mut found);
        options.pollers(&mut found);
        options.failure_types(worker, &mut found);
        options.patch_callback(&mut found);
    }
    found
}

/// Options of a client's calls that do not go together.
#[must_use]
pub fn start_contradictions(analysis: &Analysis<'_, '_>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for call in analysis.sdk_calls().iter().filter(|call| !call.is_doubtful) {
        let options = CallOptions { analysis, call };
        match call.callee.as_str() {
            "temporalio.client.Client.start_workflow"
            | "temporalio.client.Client.execute_workflow"
            | "temporalio.client.WithStartWorkflowOperation" => options.start(&mut found),
            "temporalio.client.Client.get_async_activity_handle" => options.activity_handle(&mut found),
            "temporalio.client.ActivityHandle.update_options" => options.updates(&mut found),
            _ => {}
        }
        if call.callee == "temporalio.client.WithStartWorkflowOperation" {
            options.used_twice(&mut found);
        }
    }
    found
}

struct CallOptions<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    call: &'a SdkCall,
}

impl CallOptions<'_, '_, '_> {
    fn at(&self, range: TextRange) -> Span {
        Span { file: self.call.span.file, range }
    }

    fn constant(&self, name: &str) -> Option<Constant> {
        self.analysis.constant_of(self.call, self.call.argument(name)?)
    }

    /// An option that surely is given something other than `None`, zero, false or nothing.
    fn given(&self, name: &str) -> Option<&SdkArgument> {
        let argument = self.call.argument(name).filter(|argument| argument.is_sure)?;
        let is_something = match self.analysis.constant_of(self.call, argument) {
            Some(Constant::None | Constant::Bool(false)) => false,
            Some(Constant::Text(text)) => !text.as_str().is_empty(),
            Some(Constant::Number(number)) => number != 0.0,
            Some(_) => true,
            // What a call or display makes is something; what a parameter holds may be `None`.
            None => {
                let is_none = |value: &crate::python::ValueId| match self.analysis.evaluator.get(*value) {
                    Value::None => true,
                    Value::Items(_, items) => items.is_empty(),
                    _ => false,
                };
                let known = &argument.values.known;
                let is_known = argument.values.rest != crate::python::Rest::Anything && !known.is_empty();
                is_known && !known.iter().any(is_none) || argument.expr.is_some_and(|expr| self.makes_something(expr))
            }
        };
        is_something.then_some(argument)
    }

    /// Whether an expression calls a class of the SDK or of the standard library.
    fn makes_something(&self, expr: crate::semantic::ExprId) -> bool {
        let Some(made) = made_by(self.analysis.evaluator, Located { expr, file: self.call.span.file }) else {
            return false;
        };
        let module = self.analysis.project.module(made.file);
        let Expr::Call { callee, .. } = module[made.expr] else { return false };
        let value = self.analysis.evaluator.value(callee, made.place()).only();
        value.and_then(|value| self.analysis.evaluator.outside_name(value)).is_some_and(|name| {
            name.as_str()
                .rsplit('.')
                .next()
                .is_some_and(|last| last.starts_with(char::is_uppercase) || last.starts_with("create"))
        })
    }

    /// Whether an option surely is not given, or is `None`, zero, false or empty.
    fn lacks(&self, name: &str) -> bool {
        match self.call.given(name) {
            Presence::Absent => true,
            Presence::Unknown => false,
            Presence::Argument(argument) => match self.analysis.constant_of(self.call, argument) {
                Some(Constant::None | Constant::Bool(false)) => true,
                Some(Constant::Text(text)) => text.as_str().is_empty(),
                Some(Constant::Number(number)) => number == 0.0,
                Some(_) => false,
                None => argument.values.only().is_some_and(
                    |value| matches!(self.analysis.evaluator.get(value), Value::Items(_, items) if items.is_empty()),
                ),
            },
        }
    }

    fn add(&self, out: &mut Vec<Contradiction>, range: TextRange, kind: ContradictionKind, one: &str, other: &str) {
        let (one, other) = (one.to_owned(), other.to_owned());
        out.push(Contradiction { span: self.at(range), kind, one, other });
    }

    fn nothing_listed(&self, worker: &Worker, out: &mut Vec<Contradiction>) {
        if ["workflows", "activities", "nexus_service_handlers"].iter().all(|list| self.lacks(list)) {
            self.add(out, worker.span.range, ContradictionKind::Nothing, "", "");
        }
    }

    fn excluding(&self, out: &mut Vec<Contradiction>) {
        if self.given("tuner").is_some() {
            for slots in SLOTS {
                if let Some(argument) = self.given(slots) {
                    self.add(out, argument.range, ContradictionKind::Excludes, slots, "tuner");
                }
            }
        }
        if self.given("deployment_config").is_some() {
            for old in ["build_id", "use_worker_versioning"] {
                if let Some(argument) = self.given(old) {
                    self.add(out, argument.range, ContradictionKind::Excludes, old, "deployment_config");
                }
            }
        }
        if let (Some(Constant::Bool(true)), true) = (self.constant("use_worker_versioning"), self.lacks("build_id"))
            && let Some(argument) = self.call.argument("use_worker_versioning")
        {
            self.add(out, argument.range, ContradictionKind::Needs, "use_worker_versioning", "build_id");
        }
    }

    fn executor(&self, worker: &Worker, out: &mut Vec<Contradiction>) {
        let Some(executor) = self.call.argument("activity_executor") else { return };
        let evaluator = self.analysis.evaluator;
        let Some(Value::OutsideInstance { class, .. }) = executor.values.single().map(|value| evaluator.get(value))
        else {
            return;
        };
        match class.as_str().rsplit('.').next() {
            Some("InterpreterPoolExecutor") => {
                self.add(
                    out,
                    executor.range,
                    ContradictionKind::Refused,
                    "activity_executor",
                    "InterpreterPoolExecutor",
                );
            }
            Some("ProcessPoolExecutor") if self.lacks("shared_state_manager") => {
                let runs_in_it = |(item, activity): &(&super::lists::Item, &super::definitions::Activity)| {
                    item.only().is_some() && self.analysis.wire_of_activity(activity).is_some() && !activity.is_async
                };
                if activities_of(self.analysis, worker).iter().any(runs_in_it) {
                    let range = executor.range;
                    self.add(out, range, ContradictionKind::Needs, "ProcessPoolExecutor", "shared_state_manager");
                }
            }
            _ => {}
        }
    }

    /// The options of the deployment config, each against the workflows that the worker registers.
    fn deployment(&self, worker: &Worker, out: &mut Vec<Contradiction>) {
        let Some(argument) = self.call.argument("deployment_config") else { return };
        let config = argument.expr.map(|expr| Located { expr, file: self.call.span.file });
        let Some(made) = config.and_then(|config| made_by(self.analysis.evaluator, config)) else { return };
        let Some(call) = self.analysis.sdk_call_at(made) else { return };
        if call.callee != "temporalio.worker.WorkerDeploymentConfig" {
            return;
        }
        let config = CallOptions { analysis: self.analysis, call };
        let unspecified = |constant: Option<Constant>| matches!(constant, Some(Constant::Member(_, member)) if member == "UNSPECIFIED");
        let default = config.constant("default_versioning_behavior");
        match config.constant("use_worker_versioning") {
            Some(Constant::Bool(false)) => {
                if let (Some(Constant::Member(..)), false) = (default, unspecified(default))
                    && let Some(given) = call.argument("default_versioning_behavior")
                {
                    let (one, other) = ("default_versioning_behavior", "use_worker_versioning=True");
                    config.add(out, given.range, ContradictionKind::Needs, one, other);
                }
            }
            Some(Constant::Bool(true)) if call.lacks("default_versioning_behavior") || unspecified(default) => {
                self.behaviors(worker, out);
            }
            _ => {}
        }
    }

    fn behaviors(&self, worker: &Worker, out: &mut Vec<Contradiction>) {
        for item in &worker.workflows.items {
            let Some(value) = item.only() else { continue };
            let workflows = &self.analysis.definitions.workflows;
            let Some(position) = workflows.iter().position(|workflow| workflow.class == value) else { continue };
            if self.analysis.versioning_of(position) != Versioning::Unsaid {
                continue;
            }
            let name = workflow_name(self.analysis, &workflows[position]);
            out.push(Contradiction {
                span: item.span,
                kind: ContradictionKind::Behavior,
                one: name,
                other: String::new(),
            });
        }
    }

    fn pollers(&self, out: &mut Vec<Contradiction>) {
        for kind in ["workflow", "activity", "nexus"] {
            let (polls, behavior) =
                (format!("max_concurrent_{kind}_task_polls"), format!("{kind}_task_poller_behavior"));
            let number = matches!(self.constant(&polls), Some(Constant::Number(_)));
            if number && self.given(&behavior).is_some() {
                let Some(argument) = self.call.argument(&behavior) else { continue };
                self.add(out, argument.range, ContradictionKind::Dropped, &behavior, &polls);
            }
        }
        let caches = !matches!(self.constant("max_cached_workflows"), Some(Constant::Number(0.0)));
        let known_cache = self.call.lacks("max_cached_workflows") || self.constant("max_cached_workflows").is_some();
        if !caches || !known_cache || self.lacks("workflows") {
            return;
        }
        if self.constant("max_concurrent_workflow_task_polls") == Some(Constant::Number(1.0))
            && let Some(argument) = self.call.argument("max_concurrent_workflow_task_polls")
        {
            self.add(out, argument.range, ContradictionKind::Refused, "max_concurrent_workflow_task_polls", "1");
        }
        if let Some(argument) = self.call.argument("workflow_task_poller_behavior")
            && let Some(made) = argument
                .expr
                .and_then(|expr| made_by(self.analysis.evaluator, Located { expr, file: self.call.span.file }))
            && let Some(call) = self.analysis.sdk_call_at(made)
            && call.callee == "temporalio.worker.PollerBehaviorSimpleMaximum"
            && (CallOptions { analysis: self.analysis, call }).constant("maximum") == Some(Constant::Number(1.0))
        {
            let value = "PollerBehaviorSimpleMaximum(1)";
            self.add(out, argument.range, ContradictionKind::Refused, "workflow_task_poller_behavior", value);
        }
    }

    /// The sandbox imports the classes again by their names, which it cannot where a function defines them.
    fn failure_types(&self, worker: &Worker, out: &mut Vec<Contradiction>) {
        let Some(argument) = self.call.argument("workflow_failure_exception_types") else { return };
        let sandbox = &worker.sandbox;
        if sandbox.is_off || sandbox.perhaps_off || worker.workflows.items.is_empty() {
            return;
        }
        for class in &worker.failure_types.classes {
            let Value::Class(class, _) = self.analysis.evaluator.get(*class) else { continue };
            let module = self.analysis.project.module(class.file);
            if module
                .scopes_around(module[class.class].parent)
                .any(|scope| matches!(module[scope].kind, ScopeKind::Function(_)))
            {
                let name = module[class.class].name;
                self.add(out, argument.range, ContradictionKind::LocalClass, name.as_str(), "");
            }
        }
    }

    fn patch_callback(&self, out: &mut Vec<Contradiction>) {
        let Some(argument) = self.call.argument("patch_activation_callback") else { return };
        let Some(Value::Function(callable)) = argument.values.only().map(|value| self.analysis.evaluator.get(value))
        else {
            return;
        };
        if !self.gives_truth(callable.function) {
            let module = self.analysis.project.module(callable.function.file);
            let name = module.qualified_name(callable.function.function);
            self.add(out, argument.range, ContradictionKind::Callback, &name, "");
        }
    }

    /// Whether a function may give `True` or `False`: no coroutine, and not nothing.
    fn gives_truth(&self, function: FunctionRef) -> bool {
        let module = self.analysis.project.module(function.file);
        let definition = &module[function.function];
        if definition.is_async || definition.is_generator {
            return false;
        }
        let returns_something = definition
            .returns
            .iter()
            .any(|found| found.value.is_some_and(|value| !matches!(module[value], Expr::None)));
        definition.is_lambda()
            || returns_something
            || self.analysis.evaluator.is_placeholder(function.file, function.function)
    }

    fn start(&self, out: &mut Vec<Contradiction>) {
        let reuse = self.constant("id_reuse_policy");
        let conflict = self.constant("id_conflict_policy");
        let is_member = |constant: Option<Constant>, name: &str| matches!(constant, Some(Constant::Member(_, member)) if member == name);
        if is_member(reuse, "TERMINATE_IF_RUNNING")
            && matches!(conflict, Some(Constant::Member(..)))
            && !is_member(conflict, "UNSPECIFIED")
            && let Some(argument) = self.call.argument("id_conflict_policy")
        {
            let other = "id_reuse_policy=TERMINATE_IF_RUNNING";
            self.add(out, argument.range, ContradictionKind::Excludes, "id_conflict_policy", other);
        }
        let cron = self.given("cron_schedule");
        if cron.is_some()
            && let Some(delay) = self.given("start_delay")
        {
            self.add(out, delay.range, ContradictionKind::Excludes, "start_delay", "cron_schedule");
        }
        if let (Some(cron), Some(Constant::Text(text))) = (cron, self.constant("cron_schedule"))
            && !is_cron(text.as_str())
        {
            self.add(out, cron.range, ContradictionKind::Refused, "cron_schedule", text.as_str());
        }
        if self.call.lacks("start_signal")
            && let Some(arguments) = self.given("start_signal_args")
        {
            self.add(out, arguments.range, ContradictionKind::Dropped, "start_signal_args", "start_signal");
        }
    }

    /// By its token, or by the ids of the workflow and the activity (temporalio/client, `get_async_activity_handle`).
    fn activity_handle(&self, out: &mut Vec<Contradiction>) {
        let ids = ["workflow_id", "run_id", "activity_id"];
        if self.given("task_token").is_some() {
            if let Some((id, argument)) = ids.iter().find_map(|id| Some((*id, self.given(id)?))) {
                self.add(out, argument.range, ContradictionKind::Excludes, id, "task_token");
            }
            return;
        }
        if !self.lacks("task_token") {
            return;
        }
        for (one, other) in [("workflow_id", "activity_id"), ("run_id", "activity_id")] {
            if self.given(one).is_some() && self.lacks(other) {
                return self.add(out, self.call.span.range, ContradictionKind::Needs, one, other);
            }
        }
        if ids.iter().all(|id| self.call.lacks(id)) {
            let all = "a task_token, or workflow_id and activity_id";
            self.add(out, self.call.span.range, ContradictionKind::Needs, "get_async_activity_handle", all);
        }
    }

    fn updates(&self, out: &mut Vec<Contradiction>) {
        let Some(argument) = self.call.argument("updates") else { return };
        let value = argument.values.only().map(|value| self.analysis.evaluator.get(value));
        if matches!(value, Some(Value::Items(_, items)) if items.is_empty()) {
            self.add(out, argument.range, ContradictionKind::Refused, "updates", "[]");
        }
    }

    /// One operation for two calls: the second one is refused.
    fn used_twice(&self, out: &mut Vec<Contradiction>) {
        let module = self.analysis.project.module(self.call.span.file);
        let Some(first) = self.uses_of_bound(module) else { return };
        self.add(out, first, ContradictionKind::UsedTwice, "", "");
    }

    /// The second call that a name is given to which the call is bound to.
    fn uses_of_bound(&self, module: &crate::semantic::Module) -> Option<TextRange> {
        let function = self.call.function?;
        let is_it = |binding: &crate::semantic::BindingId| matches!(module[*binding].kind, crate::semantic::BindingKind::Assign { value, .. } if value == self.call.expr);
        let variables = module.variables_of(module[function.function].scope);
        let only = variables.filter_map(|(_, variable)| match variable.bindings.as_slice() {
            [binding] => Some(*binding),
            _ => None,
        });
        let binding = only.into_iter().find(is_it)?;
        let starts = |read: crate::semantic::ExprId| match module.uses().use_of(read) {
            Use::Argument { call, .. } => Some(call),
            _ => None,
        };
        let calls: Vec<crate::semantic::ExprId> = module.reads_of(binding).filter_map(starts).collect();
        let uses = calls
            .iter()
            .filter_map(|call| self.analysis.sdk_call_at(Located { expr: *call, file: self.call.span.file }));
        let mut uses = uses.filter(|call| call.short_name().ends_with("_update_with_start_workflow"));
        let (first, second) = (uses.next()?, uses.next()?);
        super::lifetimes::always_follows(module, first.block, second.block).then_some(second.span.range)
    }
}

/// Options that say how much a worker does at once, which a tuner says, too.
const SLOTS: [&str; 4] = [
    "max_concurrent_workflow_tasks",
    "max_concurrent_activities",
    "max_concurrent_local_activities",
    "max_concurrent_nexus_tasks",
];

/// Whether a text has the form of a cron schedule: five fields, or one of the words for that, behind an optional time zone.
fn is_cron(text: &str) -> bool {
    let text = text.trim();
    let text = match text.split_once(' ') {
        Some((zone, rest)) if zone.starts_with("CRON_TZ=") || zone.starts_with("TZ=") => rest.trim(),
        _ => text,
    };
    if text.starts_with('@') {
        return true;
    }
    let is_field = |field: &str| field.chars().all(|c| c.is_ascii_alphanumeric() || "*/,-?#LW".contains(c));
    let fields: Vec<&str> = text.split_whitespace().collect();
    fields.len() == 5 && fields.into_iter().all(is_field)
}
