//! What workers register, joined with what the project defines.
//!
//! Knows: which activities, workflows and Nexus services stand in a worker's lists, and which options these ask for. What is
//! not resolved is unknown, never absent. Does not know: who calls them.

use crate::python::{Callable, ClassRef, FunctionRef, Value, ValueId, Values};
use crate::semantic::{Name, Stmt};
use crate::source::Span;

use super::analysis::Analysis;
use super::definitions::{Activity, Workflow};
use super::lists::Item;
use super::nexus_services::SYNC_OPERATION;
use super::wire_names::Versioning;
use super::wiring::{Worker, WorkerKind};

/// What a worker lists that needs an option which the worker is not given.
#[derive(Debug, Clone)]
pub struct MissingExecutor {
    /// Where the worker is made.
    pub worker: Span,
    /// The option.
    pub option: &'static str,
    /// The functions that need it: their names and places.
    pub needed_by: Vec<(String, Span)>,
    /// Whether the first of them surely is registered.
    pub is_sure: bool,
}

/// The workers that run `def` activities or `def` Nexus operations and have no executor for them.
#[must_use]
pub fn missing_executors(analysis: &Analysis<'_, '_>) -> Vec<MissingExecutor> {
    let evaluator = analysis.evaluator;
    let mut found: Vec<MissingExecutor> = Vec::new();
    for worker in plain_workers(analysis) {
        let missing = |option, needs: Vec<(String, Span, bool)>| {
            let is_sure = needs.first()?.2;
            let needed_by = needs.into_iter().map(|(name, span, _)| (name, span)).collect();
            let lacks = worker.lacks(evaluator, option);
            lacks.then_some(MissingExecutor { worker: worker.span, option, needed_by, is_sure })
        };
        let of_worker = [
            missing("activity_executor", sync_activities(analysis, worker)),
            missing("nexus_task_executor", sync_operations(analysis, worker)),
        ];
        for missing in of_worker.into_iter().flatten() {
            // For several callers it is made by one call.
            let is_same = |known: &MissingExecutor| (known.worker, known.option) == (missing.worker, missing.option);
            match found.iter_mut().find(|known| is_same(known)) {
                Some(known) if missing.is_sure && !known.is_sure => *known = missing,
                Some(_) => {}
                None => found.push(missing),
            }
        }
    }
    found
}

/// The workers that do with their options what the SDK does: no plugin may change them, and no test waits for an error.
pub(super) fn plain_workers<'a>(analysis: &'a Analysis<'_, '_>) -> impl Iterator<Item = &'a Worker> {
    analysis.definitions.workers().filter(|worker| {
        worker.kind == WorkerKind::Worker && !worker.is_expected_to_fail && !worker.may_have_plugins(analysis.evaluator)
    })
}

/// The surest first.
fn sync_activities(analysis: &Analysis<'_, '_>, worker: &Worker) -> Vec<(String, Span, bool)> {
    let mut found: Vec<_> = activities_of(analysis, worker)
        .into_iter()
        .filter(|(_, activity)| analysis.wire_of_activity(activity).is_some() && !activity.is_async)
        .map(|(item, activity)| (name_of(analysis, activity.function), activity.span, item.only().is_some()))
        .collect();
    found.sort_by_key(|(_, _, is_sure)| !is_sure);
    found
}

/// The project's activities among a worker's, each with its item in the list.
pub(super) fn activities_of<'a>(analysis: &'a Analysis<'_, '_>, worker: &'a Worker) -> Vec<(&'a Item, &'a Activity)> {
    let mut found = Vec::new();
    for item in &worker.activities.items {
        for value in &item.values.known {
            let function = function_of(analysis, *value);
            found.extend(function.and_then(|function| activity(analysis, function)).map(|activity| (item, activity)));
        }
    }
    found
}

/// The function that the SDK calls for an activity that is registered; behind decorators of the project, the activity's own.
pub(super) fn function_of(analysis: &Analysis<'_, '_>, value: ValueId) -> Option<FunctionRef> {
    let evaluator = analysis.evaluator;
    let own = |callable: &Callable| match analysis.activity_called(callable) {
        Some(activity) => analysis.definitions.activities[activity].function,
        None => callable.function,
    };
    match evaluator.get(value) {
        Value::Function(callable) => Some(own(callable)),
        Value::Instance(_) => {
            let called = evaluator.attribute(&Values::of(value), Name::new("__call__")).single()?;
            match evaluator.get(called) {
                Value::Function(callable) => Some(own(callable)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The activity whose function this is.
pub(super) fn activity<'a>(analysis: &'a Analysis<'_, '_>, function: FunctionRef) -> Option<&'a Activity> {
    analysis.activity_of(function).map(|position| &analysis.definitions.activities[position])
}

fn name_of(analysis: &Analysis<'_, '_>, function: FunctionRef) -> String {
    analysis.project.module(function.file).qualified_name(function.function)
}

/// The `def` operations of the Nexus services that a worker surely has.
fn sync_operations(analysis: &Analysis<'_, '_>, worker: &Worker) -> Vec<(String, Span, bool)> {
    let evaluator = analysis.evaluator;
    let classes = worker.services.items.iter().filter_map(|item| match evaluator.get(item.only()?) {
        Value::Instance(instance) => Some(instance.class),
        _ => None,
    });
    classes.flat_map(|class| operations(analysis, class)).collect()
}

fn operations(analysis: &Analysis<'_, '_>, class: ClassRef) -> Vec<(String, Span, bool)> {
    let module = analysis.project.module(class.file);
    let is_operation = |decorator: &crate::semantic::ExprId| {
        analysis.outside_decorator(class.file, *decorator).is_some_and(|name| name == SYNC_OPERATION)
    };
    let methods = module.list(module[class.class].body).iter().filter_map(|statement| match module[*statement] {
        Stmt::Function(function) => Some(function),
        _ => None,
    });
    methods
        .filter(|function| !module[*function].is_async)
        .filter(|function| module.list(module[*function].decorators).iter().any(is_operation))
        .map(|function| {
            let span = Span { file: class.file, range: module[function].name_range };
            (module.qualified_name(function), span, true)
        })
        .collect()
}

/// A workflow that says how it is versioned, and the workers that register it without a deployment that is versioned.
#[derive(Debug, Clone)]
pub struct Unversioned {
    /// Its class's name.
    pub workflow: String,
    /// The `versioning_behavior` of its decorator.
    pub behavior: Span,
    /// A worker that registers it.
    pub worker: Span,
    /// Whether that worker stands in test code.
    pub in_tests: bool,
}

/// The workflows that say how they are versioned though no worker that registers them has a versioned deployment.
#[must_use]
pub fn unversioned(analysis: &Analysis<'_, '_>) -> Vec<Unversioned> {
    let evaluator = analysis.evaluator;
    let workflows = analysis.definitions.workflows.iter().enumerate();
    let versioned = workflows.filter_map(|(position, workflow)| match analysis.versioning_of(position) {
        Versioning::At(span) => Some((workflow, span)),
        _ => None,
    });
    versioned
        .filter_map(|(workflow, behavior)| {
            let workers = || analysis.definitions.workers().filter(|worker| worker.kind != WorkerKind::Replayer);
            // Where production runs it, tests may run it as they like.
            let has_production = workers().any(|worker| !worker.in_tests && worker.may_run(evaluator, workflow.class));
            let mut all = workers()
                .filter(|worker| worker.in_tests != has_production && worker.may_run(evaluator, workflow.class))
                .peekable();
            let first = *all.peek()?;
            let is_missing = all.all(|worker| {
                worker.registers(evaluator, workflow.class)
                    && worker.kind == WorkerKind::Worker
                    && !worker.may_have_plugins(evaluator)
                    && worker.is_surely_unversioned()
            });
            is_missing.then(|| Unversioned {
                workflow: workflow_name(analysis, workflow),
                behavior,
                worker: first.span,
                in_tests: first.in_tests,
            })
        })
        .collect()
}

pub(super) fn workflow_name(analysis: &Analysis<'_, '_>, workflow: &Workflow) -> String {
    match analysis.evaluator.get(workflow.class) {
        Value::Class(class, _) => analysis.project.module(class.file).qualified_class_name(class.class),
        _ => String::new(),
    }
}
