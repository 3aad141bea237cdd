//! Functions of the SDK for activities, used where their form or kind does not fit.
//!
//! Knows: what works in `async def` activities alone and what in plain ones, how activities are completed by others, and
//! what a shield does to a `return`. Does not know: how a finding is worded.

use rustc_hash::FxHashSet;

use super::analysis::{Analysis, Context, ReachedCode};
use super::effects::Reached;
use super::exceptions::{REFUSED_BY_THE_LOOP, Refusals};
use super::registration::activities_of;
use crate::python::{Code, Event, EventKind, FunctionRef, NodeId, Place, Value};
use crate::registry::behaviour;
use crate::registry::schema::ClassRole;
use crate::semantic::{ArgumentKind, Expr, ExprId, Module, Stmt, StmtId, Suite};
use crate::source::{Span, TextRange};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActivityMisuse {
    /// The client, which plain activities do not have.
    ClientInSync,
    /// A shield against the exception of a cancelled thread, in an async activity.
    ShieldInAsync,
    /// A `return` inside such a shield.
    ReturnInShield,
    /// `raise activity.raise_complete_async`, or a `return` of it, without the call.
    NotCalled,
    /// A loop of its own in an async activity.
    LoopInAsync,
    /// A local activity that leaves its completion to somebody else.
    LocalCompletion,
    /// An activity that is not interrupted when it is cancelled, and never asks.
    NeverAsks,
    /// The meter, which an activity in another process does not have.
    MeterInProcess,
}

/// A misuse in reached code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisusedInActivity {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where it stands.
    pub range: TextRange,
    /// What is wrong.
    pub misuse: ActivityMisuse,
    /// What is used, without `temporalio.`.
    pub name: String,
}

/// The misuses in one context's code.
#[must_use]
pub fn misused_in<'p>(analysis: &Analysis<'_, 'p>, reached: &ReachedCode<'p>) -> Vec<MisusedInActivity> {
    match reached.context {
        Context::AsyncActivity | Context::SyncActivity => in_activities(analysis, reached),
        Context::Workflow => local_completions(analysis, reached),
        Context::AsyncOperation | Context::Import | Context::Elsewhere => Vec::new(),
    }
}

fn in_activities<'p>(analysis: &Analysis<'_, 'p>, reached: &ReachedCode<'p>) -> Vec<MisusedInActivity> {
    let refusals = Refusals::new(analysis, reached);
    let mut found = Vec::new();
    let in_processes = std::cell::LazyCell::new(|| in_processes(analysis));
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        found.extend(returned(reached, id));
        for event in &node.events {
            let is_meter = Reached::of(event).is_some_and(|call| call.name == METER && !call.is_read());
            if is_meter && entries(reached, id).any(|function| in_processes.contains(&function)) {
                let (misuse, name) = (ActivityMisuse::MeterInProcess, "activity.metric_meter".to_owned());
                found.push(MisusedInActivity { node: id, range: event.range, misuse, name });
            }
            if let Some((misuse, name)) = Reached::of(event).and_then(|call| misused(reached.context, call)) {
                // `asyncio.run` knows what it does where a handler beside it names what it raises, and where it stands
                // itself in a handler, such as one for a loop that is not there.
                let is_refused = || reached.reach.evaluator().world().has_running_loop();
                if misuse == ActivityMisuse::LoopInAsync
                    && (!is_refused() || refusals.is_expected(id, event, REFUSED_BY_THE_LOOP))
                {
                    continue;
                }
                found.push(MisusedInActivity { node: id, range: event.range, misuse, name });
            }
            match event.kind {
                EventKind::Raise(statement) => found.extend(raised(reached, id, statement)),
                EventKind::With(statement) => in_shield(reached, id, (event, statement), &refusals, &mut found),
                _ => {}
            }
        }
    }
    found
}

const METER: &str = "temporalio.activity.metric_meter";

/// The activities that surely run in other processes: all workers that register them have a pool of these.
fn in_processes(analysis: &Analysis<'_, '_>) -> FxHashSet<FunctionRef> {
    let (mut inside, mut elsewhere) = (FxHashSet::default(), FxHashSet::default());
    for worker in analysis.definitions.workers() {
        let executor = worker.call.argument("activity_executor").and_then(|given| given.values.only());
        let is_pool = executor.is_some_and(|executor| {
            matches!(analysis.evaluator.get(executor), Value::OutsideInstance { class, .. } if behaviour().has_role(class.as_str(), ClassRole::ProcessPool))
        });
        let registered = activities_of(analysis, worker).into_iter().map(|(_, activity)| activity.function);
        if is_pool { inside.extend(registered) } else { elsewhere.extend(registered) }
    }
    inside.difference(&elsewhere).copied().collect()
}

/// The functions of the entry points that lead to code.
fn entries(reached: &ReachedCode<'_>, node: NodeId) -> impl Iterator<Item = FunctionRef> {
    reached.entries_of(node).filter_map(|entry| match entry.root.code {
        Code::Function(function) => Some(function),
        _ => None,
    })
}

/// `return activity.raise_complete_async`: it is given as a result, and not called.
fn returned(reached: &ReachedCode<'_>, node: NodeId) -> Vec<MisusedInActivity> {
    let Code::Function(function) = reached.reach.node(node).code else { return Vec::new() };
    let place = reached.reach.place(node);
    let evaluator = reached.reach.evaluator();
    let module = evaluator.project().module(place.file);
    let is_it = |value: &ExprId| {
        let is_named = matches!(module[*value], Expr::Attribute { .. } | Expr::Name { .. });
        let value = is_named.then(|| evaluator.value(*value, place).only()).flatten();
        value.is_some_and(|value| matches!(evaluator.get(value), Value::Outside(name) if *name == COMPLETES))
    };
    let values = module[function.function].returns.iter().filter_map(|returned| returned.value).filter(is_it);
    let misused = |value| MisusedInActivity {
        node,
        range: module.span(value),
        misuse: ActivityMisuse::NotCalled,
        name: "activity.raise_complete_async".to_owned(),
    };
    values.map(misused).collect()
}

const COMPLETES: &str = "temporalio.activity.raise_complete_async";

fn misused(context: Context, call: Reached<'_>) -> Option<(ActivityMisuse, String)> {
    if call.is_read() {
        return None;
    }
    let misuse = match (call.name.as_str(), context) {
        ("temporalio.activity.client", Context::SyncActivity) => ActivityMisuse::ClientInSync,
        ("temporalio.activity.shield_thread_cancel_exception", Context::AsyncActivity) => ActivityMisuse::ShieldInAsync,
        ("asyncio.run" | "asyncio.Runner.run", Context::AsyncActivity) => ActivityMisuse::LoopInAsync,
        _ => return None,
    };
    let name = call.name.as_str();
    Some((misuse, name.strip_prefix("temporalio.").unwrap_or(name).to_owned()))
}

fn raised(reached: &ReachedCode<'_>, node: NodeId, statement: StmtId) -> Option<MisusedInActivity> {
    let place = reached.reach.place(node);
    let evaluator = reached.reach.evaluator();
    let module = evaluator.project().module(place.file);
    let Stmt::Raise { exception: Some(exception), .. } = module[statement] else { return None };
    let value = evaluator.value(exception, place).single()?;
    let is_uncalled = matches!(evaluator.get(value), Value::Outside(name) if *name == COMPLETES);
    is_uncalled.then(|| MisusedInActivity {
        node,
        range: module.statement_span(statement),
        misuse: ActivityMisuse::NotCalled,
        name: "activity.raise_complete_async".to_owned(),
    })
}

/// The end of a shield raises a cancellation that arrived meanwhile, whatever the block returns.
fn in_shield(
    reached: &ReachedCode<'_>,
    node: NodeId,
    (event, statement): (&Event, StmtId),
    refusals: &Refusals<'_, '_, '_>,
    found: &mut Vec<MisusedInActivity>,
) {
    if reached.context != Context::SyncActivity {
        return;
    }
    let place = reached.reach.place(node);
    let evaluator = reached.reach.evaluator();
    let module = evaluator.project().module(place.file);
    let Stmt::With(with) = module[statement] else { return };
    let shields = module.list(module[with].items).iter().any(|item| {
        evaluator.value(item.manager, place).known.iter().any(|value| {
            matches!(evaluator.get(*value),
                Value::ResultOf(name) if *name == "temporalio.activity.shield_thread_cancel_exception")
        })
    });
    if !shields || refusals.takes(node, event, "temporalio.exceptions.CancelledError") {
        return;
    }
    let mut returns = Vec::new();
    returning(module, module[with].body, &mut returns);
    found.extend(returns.into_iter().map(|range| MisusedInActivity {
        node,
        range,
        misuse: ActivityMisuse::ReturnInShield,
        name: "activity.shield_thread_cancel_exception".to_owned(),
    }));
}

fn returning(module: &Module, suite: Suite, found: &mut Vec<TextRange>) {
    for statement in module.list(suite) {
        match module[*statement] {
            Stmt::Return(Some(value)) if !matches!(module[value], Expr::None) => {
                found.push(module.statement_span(*statement));
            }
            Stmt::Function(_) | Stmt::Class(_) => {}
            _ => module.each_suite(*statement, &mut |suite| returning(module, suite, found)),
        }
    }
}

/// Local activities in workflow code whose activity calls `raise_complete_async()`.
fn local_completions(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<MisusedInActivity> {
    let completed = completed_elsewhere(analysis);
    let mut found = Vec::new();
    if completed.is_empty() {
        return found;
    }
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let Some(call) = Reached::of(event).filter(|call| LOCAL.contains(&call.name.as_str())) else { continue };
            let Some(target) = event.expr.and_then(|expr| target_of(reached, reached.reach.place(id), expr)) else {
                continue;
            };
            if completed.contains(&target) {
                let module = analysis.project.module(target.file);
                let name = module.qualified_name(target.function);
                let _ = call;
                found.push(MisusedInActivity {
                    node: id,
                    range: event.range,
                    misuse: ActivityMisuse::LocalCompletion,
                    name,
                });
            }
        }
    }
    found
}

const LOCAL: &[&str] = &[
    "temporalio.workflow.execute_local_activity",
    "temporalio.workflow.execute_local_activity_method",
    "temporalio.workflow.start_local_activity",
    "temporalio.workflow.start_local_activity_method",
];

/// The function of the project that a call names first.
fn target_of(reached: &ReachedCode<'_>, place: Place, call: ExprId) -> Option<FunctionRef> {
    let evaluator = reached.reach.evaluator();
    let module = evaluator.project().module(place.file);
    let Expr::Call { arguments, .. } = module[call] else { return None };
    let first = module.list(arguments).first().filter(|first| first.kind == ArgumentKind::Positional)?;
    match evaluator.get(evaluator.value(first.value, place).single()?) {
        Value::Function(callable) => Some(callable.function),
        _ => None,
    }
}

/// The activities that leave their completion to somebody else.
fn completed_elsewhere(analysis: &Analysis<'_, '_>) -> FxHashSet<FunctionRef> {
    entries_that(analysis, &|name| name == COMPLETES)
}

/// The activities that reach a call of something.
fn entries_that(analysis: &Analysis<'_, '_>, is_wanted: &dyn Fn(&str) -> bool) -> FxHashSet<FunctionRef> {
    let mut found = FxHashSet::default();
    for reached in &analysis.reached {
        if !matches!(reached.context, Context::AsyncActivity | Context::SyncActivity) {
            continue;
        }
        for (id, node) in reached.reach.nodes() {
            let calls = node.events.iter().filter_map(Reached::of).any(|call| is_wanted(call.name.as_str()));
            if calls {
                found.extend(entries(reached, id));
            }
        }
    }
    found
}

/// The activities that are not interrupted when they are cancelled (`no_thread_cancel_exception=True`) and never ask
/// whether they were, by the place of the keyword.
#[must_use]
pub fn never_asking(analysis: &Analysis<'_, '_>) -> Vec<(Span, String)> {
    let mut asking: Option<FxHashSet<FunctionRef>> = None;
    let mut found = Vec::new();
    for activity in analysis.definitions.activities.iter().filter(|activity| !activity.is_async) {
        let file = activity.function.file;
        let module = analysis.project.module(file);
        let keyword = module.list(module[activity.function.function].decorators).iter().find_map(|decorator| {
            let Expr::Call { arguments, .. } = module[*decorator] else { return None };
            module.list(arguments).iter().find(|given| {
                given.is_named("no_thread_cancel_exception") && matches!(module[given.value], Expr::Bool(true))
            })
        });
        let Some(keyword) = keyword else { continue };
        let asking = asking.get_or_insert_with(|| entries_that(analysis, &|name| ASKS.contains(&name)));
        if !asking.contains(&activity.function) {
            let span = Span { file, range: module.span(keyword.value) };
            found.push((span, module.qualified_name(activity.function.function)));
        }
    }
    found
}

/// By what a plain activity learns that it was cancelled.
const ASKS: &[&str] = &[
    "temporalio.activity.cancellation_details",
    "temporalio.activity.is_cancelled",
    "temporalio.activity.is_worker_shutdown",
    "temporalio.activity.wait_for_cancelled_sync",
];
