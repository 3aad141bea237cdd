//! Activities that send heartbeats, and the calls that say how often they have to.
//!
//! Knows: which activities reach a heartbeat, and which calls of them name a `heartbeat_timeout`. Does not know: how long an
//! activity takes.
//!
//! Where any call of an activity cannot be resolved, or anything about heartbeats is handed about, nothing is said.

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::{Analysis, Context, ReachedCode};
use super::code::{Graph, is_made_for_each};
use super::constants::Constant;
use super::definitions::Role;
use super::sdk_calls::{Presence, SdkArgument, SdkCall};
use super::signatures::Sdk;
use super::targets::Target;
use crate::python::{Code, EventKind, FunctionRef, NodeId, Place, Rest, Value, Values};
use crate::semantic::{BlockId, Body, Expr, Name, Stmt};
use crate::source::{FileId, Span, TextRange};

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// The activity beats, and no call of it names a timeout.
    NoTimeout,
    /// A call names a timeout, and the activity never beats.
    NeverBeats,
    /// Something else completes the activity, and no call of it says how long that may take without a sign of life.
    NoWatch,
}

/// A call whose `heartbeat_timeout` does not fit its activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeartbeatMismatch {
    /// The call; of one that names a timeout, the argument.
    pub span: Span,
    /// What does not fit.
    pub mismatch: Mismatch,
    /// How the activity is called in its module.
    pub activity: String,
    /// Where it beats, or where it is defined.
    pub other: Span,
}

/// Such calls.
#[must_use]
pub fn heartbeat_mismatches(analysis: &Analysis<'_, '_>) -> Vec<HeartbeatMismatch> {
    let mut calls: FxHashMap<usize, Vec<&SdkCall>> = FxHashMap::default();
    for call in analysis.sdk_calls().iter().filter(|call| STARTS.contains(&call.callee.as_str())) {
        match call.argument("activity").and_then(|activity| analysis.target_of(call, activity)) {
            Some(Target::Activity(activity)) => calls.entry(activity).or_default().push(call),
            Some(Target::Name(name)) => {
                let named = analysis.functions_named(Sdk::Activity, name).iter();
                for activity in named.filter_map(|function| analysis.activity_of(*function)) {
                    calls.entry(activity).or_default().push(call);
                }
            }
            // It may be any.
            None => return Vec::new(),
            Some(_) => {}
        }
    }
    let mut found = Vec::new();
    let beats = Beats::of(analysis, &calls);
    for (activity, calls) in calls {
        found.extend(beats.mismatches(analysis, activity, &calls));
    }
    found.sort_by_key(|mismatch| (mismatch.span.file, mismatch.span.range.start()));
    found
}

/// What starts an activity that the server watches over.
const STARTS: &[&str] = &[
    "temporalio.client.Client.execute_activity",
    "temporalio.client.Client.execute_activity_method",
    "temporalio.client.Client.start_activity",
    "temporalio.client.Client.start_activity_method",
    "temporalio.workflow.execute_activity",
    "temporalio.workflow.execute_activity_method",
    "temporalio.workflow.start_activity",
    "temporalio.workflow.start_activity_method",
];

/// In seconds: how long heartbeats without a timeout are held back is half of it.
const SHORT: f64 = 60.0;

const BEATS: &str = "temporalio.activity.heartbeat";
const COMPLETES_LATER: &str = "temporalio.activity.raise_complete_async";

/// The code with which the SDK begins an activity; one that another activity calls as a function begins none there.
fn starts_of(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>, activity: usize) -> Vec<NodeId> {
    let called = &analysis.definitions.activities[activity].called;
    let is_start = |root: usize| {
        let Some(entry) = reached.entries.get(root) else { return false };
        called.iter().any(|called| entry.runs(called.function) && entry.root.outer == called.outer)
    };
    reached.reach.rooted(is_start).collect()
}

/// Where activities beat.
struct Beats {
    /// The place of a heartbeat of each activity that sends them time and again.
    places: FxHashMap<FunctionRef, Span>,
    /// Activities whose code is seen, and nothing in it can beat.
    quiet: FxHashSet<FunctionRef>,
    /// Where activities leave it to others to complete them.
    left: FxHashMap<FunctionRef, Span>,
}

impl Beats {
    /// Of the activities that something calls: for each the code that it reaches is gone through.
    fn of(analysis: &Analysis<'_, '_>, calls: &FxHashMap<usize, Vec<&SdkCall>>) -> Self {
        let mut beats = Self { places: FxHashMap::default(), quiet: FxHashSet::default(), left: FxHashMap::default() };
        let intercepted = analysis.definitions.entry_points.iter().any(|entry| entry.role == Role::ActivityInterceptor);
        for reached in analysis.context(Context::AsyncActivity).chain(analysis.context(Context::SyncActivity)) {
            let onward = onward(reached);
            for activity in calls.keys() {
                let function = analysis.definitions.activities[*activity].function;
                let starts = starts_of(analysis, reached, *activity);
                if starts.is_empty() {
                    continue;
                }
                let nodes = reached_from(&onward, starts);
                if let Some(place) = place_of(reached, &nodes, COMPLETES_LATER) {
                    beats.left.insert(function, place);
                    continue;
                }
                match place_of(reached, &nodes, BEATS) {
                    // Code that asks for the timeout beats only where there is one.
                    Some(_) if asks_for_timeout(analysis, reached, &nodes) => {}
                    // A single one says that the activity has begun; no timeout fits it.
                    Some(place) if is_repeated(reached, &nodes) => _ = beats.places.insert(function, place),
                    Some(_) => {}
                    None if !intercepted && !may_beat(analysis, reached, &nodes, &thread_may_beat) => {
                        _ = beats.quiet.insert(function)
                    }
                    None => {}
                }
            }
        }
        beats
    }

    fn mismatches(&self, analysis: &Analysis<'_, '_>, activity: usize, calls: &[&SdkCall]) -> Vec<HeartbeatMismatch> {
        let activity = &analysis.definitions.activities[activity];
        let name = analysis.project.module(activity.function.file).qualified_name(activity.function.function);
        let lacks = |call: &&SdkCall| call.lacks("heartbeat_timeout");
        let at = |mismatch: Mismatch, place: Span| {
            let made =
                |call: &&SdkCall| HeartbeatMismatch { span: call.span, mismatch, activity: name.clone(), other: place };
            calls.iter().map(made).collect()
        };
        if let Some(place) = self.left.get(&activity.function) {
            let is_unwatched = |call: &&SdkCall| lacks(call) && call.lacks("schedule_to_close_timeout");
            return if calls.iter().all(is_unwatched) { at(Mismatch::NoWatch, *place) } else { Vec::new() };
        }
        if let Some(place) = self.places.get(&activity.function) {
            let is_missed = |call: &&SdkCall| lacks(call) && !is_short(analysis, call);
            return if calls.iter().all(is_missed) { at(Mismatch::NoTimeout, *place) } else { Vec::new() };
        }
        if !self.quiet.contains(&activity.function) || is_over_at_once(analysis, activity.function) {
            return Vec::new();
        }
        let named = |call: &&SdkCall| match call.given("heartbeat_timeout") {
            Presence::Argument(_) => call
                .argument("heartbeat_timeout")
                .filter(|given| is_duration(analysis, call, given))
                .map(|given| HeartbeatMismatch {
                    span: Span { file: call.span.file, range: given.range },
                    mismatch: Mismatch::NeverBeats,
                    activity: name.clone(),
                    other: activity.span,
                }),
            _ => None,
        };
        calls.iter().filter_map(named).collect()
    }
}

/// Whether a function does nothing that takes time: no statement of it waits for anything or calls anything but classes. So are activities that somebody has yet to write.
fn is_over_at_once(analysis: &Analysis<'_, '_>, function: FunctionRef) -> bool {
    let module = analysis.project.module(function.file);
    let Body::Statements(body) = module[function.function].body else { return false };
    let place = Place { file: function.file, frame: None };
    module.list(body).iter().all(|statement| match module[*statement] {
        Stmt::Nothing | Stmt::Return(None) | Stmt::Raise { .. } => true,
        Stmt::Expr(value) | Stmt::Return(Some(value)) => {
            let mut todo = vec![value];
            while let Some(expr) = todo.pop() {
                let is_quick = match module[expr] {
                    Expr::Await(_) => false,
                    Expr::Call { callee, .. } => {
                        let callee = analysis.evaluator.value(callee, place);
                        callee.only().is_some_and(|callee| matches!(analysis.evaluator.get(callee), Value::Class(..)))
                    }
                    _ => true,
                };
                if !is_quick {
                    return false;
                }
                module.each_part(expr, &mut |part| todo.push(part));
            }
            true
        }
        _ => false,
    })
}

fn onward(reached: &ReachedCode<'_>) -> FxHashMap<NodeId, Vec<NodeId>> {
    let mut onward: FxHashMap<NodeId, Vec<NodeId>> = FxHashMap::default();
    for (id, node) in reached.reach.nodes() {
        for edge in node.parent.iter().chain(&node.others) {
            onward.entry(edge.from).or_default().push(id);
        }
    }
    onward
}

fn reached_from(onward: &FxHashMap<NodeId, Vec<NodeId>>, mut todo: Vec<NodeId>) -> FxHashSet<NodeId> {
    let mut seen = FxHashSet::default();
    while let Some(node) = todo.pop() {
        if seen.insert(node) {
            todo.extend(onward.get(&node).into_iter().flatten());
        }
    }
    seen
}

/// Whether code beats again and again: at several places, in a loop, or for each of several things. Two that stand at both ends
/// of what it awaits say when that begins and when it is over: no timeout fits what is between them.
fn is_repeated(reached: &ReachedCode<'_>, nodes: &FxHashSet<NodeId>) -> bool {
    let beats: Vec<(NodeId, Option<BlockId>, TextRange)> = reached
        .reach
        .nodes()
        .filter(|(id, _)| nodes.contains(id))
        .flat_map(|(id, node)| {
            node.events.iter().filter(|event| is_call_of(event, BEATS)).map(move |event| (id, event.block, event.range))
        })
        .collect();
    let in_loop = |node: NodeId, block: Option<BlockId>, place: TextRange| {
        let module = reached.reach.evaluator().project().module(reached.reach.node(node).code.file());
        block.is_some_and(|block| module.is_in_loop(block))
            || module.expression_at(place).is_some_and(|expr| is_made_for_each(module, expr))
    };
    let mut todo: Vec<NodeId> = beats.iter().map(|(node, ..)| *node).collect();
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    while let Some(node) = todo.pop() {
        if !seen.insert(node) {
            continue;
        }
        let code = reached.reach.node(node);
        for edge in code.parent.iter().chain(&code.others).filter(|edge| nodes.contains(&edge.from)) {
            if in_loop(edge.from, edge.block, edge.site) {
                return true;
            }
            todo.push(edge.from);
        }
    }
    let is_said_again = match beats.as_slice() {
        [(node, _, first), (other, _, last)] => node != other || !stand_at_both_ends(reached, *node, *first, *last),
        _ => beats.len() > 1,
    };
    is_said_again || beats.iter().any(|(node, block, place)| in_loop(*node, *block, *place))
}

/// Whether all that code awaits, and it does await something, stands between two places.
fn stand_at_both_ends(reached: &ReachedCode<'_>, node: NodeId, first: TextRange, last: TextRange) -> bool {
    let graph = Graph::new(&reached.reach);
    let (module, body) = (graph.module(node), graph.body(node));
    let spans = || module.list(body).iter().map(|statement| module.statement_span(*statement));
    let is_inside = |span: TextRange| spans().any(|statement| statement.contains_range(span));
    let awaited = module.expression_ids().filter(|expr| matches!(module[*expr], Expr::Await(_)));
    let mut awaited = awaited.map(|expr| module.span(expr)).filter(|span| is_inside(*span)).peekable();
    awaited.peek().is_some() && awaited.all(|span| span.start() >= first.end() && span.end() <= last.start())
}

fn is_call_of(event: &crate::python::Event, function: &str) -> bool {
    matches!(event.kind, EventKind::Call { callee, .. } if callee == function)
}

fn place_of(reached: &ReachedCode<'_>, nodes: &FxHashSet<NodeId>, function: &str) -> Option<Span> {
    let mut all = reached.reach.nodes().filter(|(id, _)| nodes.contains(id));
    all.find_map(|(id, node)| {
        node.events.iter().find(|event| is_call_of(event, function)).map(|event| reached.reach.span(id, event.range))
    })
}

/// Whether a call leaves an activity so little time that a heartbeat timeout would end it no sooner.
fn is_short(analysis: &Analysis<'_, '_>, call: &SdkCall) -> bool {
    ["start_to_close_timeout", "schedule_to_close_timeout"].iter().any(|limit| {
        let given = call.argument(limit).and_then(|given| analysis.constant_of(call, given));
        given.and_then(Constant::seconds).is_some_and(|seconds| seconds <= SHORT)
    })
}

/// Whether a timeout is one: `None` is none, and a number or text is refused.
fn is_duration(analysis: &Analysis<'_, '_>, call: &SdkCall, given: &SdkArgument) -> bool {
    let is_none = given.values.known.iter().any(|value| matches!(analysis.evaluator.get(*value), Value::None));
    !is_none && matches!(analysis.constant_of(call, given), None | Some(Constant::Duration(_)))
}

/// Whether code asks which timeout its caller has named: `activity.info().heartbeat_timeout`.
fn asks_for_timeout(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>, nodes: &FxHashSet<NodeId>) -> bool {
    let files: FxHashSet<FileId> =
        reached.reach.nodes().filter(|(id, _)| nodes.contains(id)).map(|(_, node)| node.code.file()).collect();
    files.iter().any(|file| {
        let module = analysis.project.module(*file);
        module
            .expression_ids()
            .any(|expr| matches!(module[expr], Expr::Attribute { name, .. } if name == "heartbeat_timeout"))
    })
}

/// Whether what code hands to another thread may beat. Functions of the project are looked at where they know the activity.
fn thread_may_beat(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>, functions: &Values) -> bool {
    let elsewhere = &analysis.without_loop().code;
    let may_beat = |function: FunctionRef| {
        let nodes = elsewhere.reach.nodes().filter(|(_, node)| node.code == Code::Function(function));
        let nodes = reached_from(&onward(elsewhere), nodes.map(|(id, _)| id).collect());
        nodes.is_empty()
            || place_of(elsewhere, &nodes, BEATS).is_some()
            || may_beat(analysis, elsewhere, &nodes, &|_, _, _| true)
    };
    functions.rest != Rest::Nothing
        || functions.known.is_empty()
        || functions.known.iter().any(|value| match reached.reach.evaluator().get(*value) {
            Value::Function(callable) => may_beat(callable.function),
            Value::Outside(name) | Value::OutsideMethod { name, .. } => beats_itself(name.as_str()),
            _ => true,
        })
}

/// Whether a library beats by itself.
fn beats_itself(callee: &str) -> bool {
    callee.starts_with("temporalio.contrib.") || callee.starts_with("pydantic_ai.")
}

/// Whether code may beat in a way that is not seen: it uses a library that beats, hands something to a thread that may, or
/// something in it, its decorators included, is called `heartbeat`.
fn may_beat(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    nodes: &FxHashSet<NodeId>,
    in_thread: &dyn Fn(&Analysis<'_, '_>, &ReachedCode<'_>, &Values) -> bool,
) -> bool {
    let mut places: FxHashMap<FileId, Vec<TextRange>> = FxHashMap::default();
    for (_, node) in reached.reach.nodes().filter(|(id, _)| nodes.contains(id)) {
        let unseen = node.events.iter().any(|event| match &event.kind {
            EventKind::TakenElsewhere { functions, .. } => in_thread(analysis, reached, functions),
            EventKind::Call { callee, .. } => beats_itself(callee.as_str()),
            _ => false,
        });
        if unseen {
            return true;
        }
        if let Code::Function(function) = node.code {
            let module = analysis.project.module(function.file);
            let definition = &module[function.function];
            let decorators = module.list(definition.decorators).iter().map(|decorator| module.span(*decorator));
            places.entry(function.file).or_default().extend(decorators.chain([definition.range]));
        }
    }
    places.iter().any(|(file, places)| {
        let module = analysis.project.module(*file);
        module.expression_ids().any(|expr| match module[expr] {
            Expr::Attribute { name, .. } | Expr::Name { name, .. } if speaks_of_beats(name) => {
                places.iter().any(|place| place.contains_range(module.span(expr)))
            }
            _ => false,
        })
    })
}

fn speaks_of_beats(name: Name) -> bool {
    name != "heartbeat_timeout" && name.as_str().to_ascii_lowercase().contains("heartbeat")
}
