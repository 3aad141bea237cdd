//! Workflows that may end while their handlers are at work.
//!
//! Knows: handlers that wait, whether anything that `run` reaches asks `all_handlers_finished`, and where `run` ends. Does
//! not know: how long a handler takes.

use std::cell::LazyCell;

use rustc_hash::FxHashSet;

use super::analysis::ReachedCode;
use super::commands::issues_command;
use super::counted::{Sign, is_in_constructor, waited_for_at_the_end};
use super::definitions::{EntryPoint, Role};
use super::made_true::{asks_for, made_true};
use super::sdk_calls::WAIT_CONDITION;
use super::state::{Access, AccessKind, Assigned, State};
use crate::python::{Code, Event, EventKind, NodeId, Place};
use crate::registry::schema::{CallableRole, ClassRole};
use crate::registry::{behaviour, sdk_signature};
use crate::semantic::{ArgumentKind, Expr, ExprId, FunctionId, Module, Name};
use crate::source::{Span, TextRange, last_part};

/// A place where a workflow ends without waiting for its handlers.
#[derive(Debug)]
pub struct UnfinishedEnd {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// The call that continues the workflow as new, the last `return` of `run`, or its name.
    pub range: TextRange,
    /// Whether it continues as new there.
    pub continues: bool,
    /// The handlers that may be at work, with the places of their names.
    pub handlers: Vec<(String, Span)>,
}

pub(super) const CONTINUES: &str = "temporalio.workflow.continue_as_new";

/// The places where a workflow ends while its handlers may be at work.
#[must_use]
pub fn unfinished_ends(reached: &ReachedCode<'_>, state: &State<'_, '_>, workflow: usize) -> Vec<UnfinishedEnd> {
    let is_run = |entry: &EntryPoint| entry.workflow == Some(workflow) && entry.role == Role::Run;
    let nodes = state.reached_from(&is_run);
    if nodes.is_empty() || nodes.iter().any(|node| names_condition(reached, *node)) {
        return Vec::new();
    }
    let awaited = attributes_waited_for(reached, state, &is_run);
    let root = reached.reach.rooted(|root| is_run(&reached.entries[root])).next();
    // Few handlers wait for a condition.
    let made_true = LazyCell::new(|| root.map_or_else(FxHashSet::default, |run| made_true(state, workflow, run)));
    let is_settled = |node: NodeId, wait: &Event| asks_for(state.module(node), wait, &made_true);
    let counts = LazyCell::new(|| root.map_or_else(Vec::new, |run| counts_of_handlers(reached, state, workflow, run)));
    let handlers: Vec<(String, Span)> = reached
        .entries
        .iter()
        .filter(|entry| entry.workflow == Some(workflow) && matches!(entry.role, Role::Signal | Role::Update))
        .filter(|entry| {
            may_be_at_work(reached, state, entry, &awaited, &is_settled) && !is_counted(reached, entry, &counts)
        })
        .map(|entry| (last_part(&entry.name).to_owned(), entry.span))
        .collect();
    if handlers.is_empty() {
        return Vec::new();
    }
    let mut ends = Vec::new();
    for node in &nodes {
        for event in &reached.reach.node(*node).events {
            if let EventKind::Call { callee, .. } = event.kind
                && callee == CONTINUES
            {
                let handlers = handlers.clone();
                ends.push(UnfinishedEnd { node: *node, range: event.range, continues: true, handlers });
            }
        }
    }
    if ends.is_empty() {
        ends.extend(root.and_then(|node| end_of(reached, node)).map(|(node, range)| UnfinishedEnd {
            node,
            range,
            continues: false,
            handlers,
        }));
    }
    ends
}

/// Where a function returns last; its name where it has no `return`. Nothing where it never returns.
fn end_of(reached: &ReachedCode<'_>, node: NodeId) -> Option<(NodeId, TextRange)> {
    let Code::Function(function) = reached.reach.node(node).code else { return None };
    let evaluator = reached.reach.evaluator();
    let module = evaluator.project().module(function.file);
    let definition = &module[function.function];
    let place = reached.reach.place(node);
    let returns: Vec<_> = definition.returns.iter().filter(|ret| evaluator.may_run(ret.block, place)).collect();
    let last = returns.iter().rev().find_map(|ret| ret.value);
    let statement = last.and_then(|value| module.uses().statement_of(value));
    if let Some(statement) = statement {
        return Some((node, module.statement_span(statement)));
    }
    let ends = evaluator.may_run(module[definition.scope].exit, place);
    (ends || !returns.is_empty()).then_some((node, definition.name_range))
}

/// Whether the file of some code names `all_handlers_finished`.
fn names_condition(reached: &ReachedCode<'_>, node: NodeId) -> bool {
    let module = reached.reach.evaluator().project().module(reached.reach.node(node).code.file());
    module.expression_ids().any(|expr| {
        matches!(module[expr], Expr::Attribute { name, .. } | Expr::Name { name, .. } if name == "all_handlers_finished")
    })
}

/// The attributes that conditions which `run` waits for read.
fn attributes_waited_for(
    reached: &ReachedCode<'_>,
    state: &State<'_, '_>,
    is_run: &dyn Fn(&EntryPoint) -> bool,
) -> FxHashSet<Name> {
    let conditions: FxHashSet<NodeId> = reached
        .reach
        .nodes()
        .flat_map(|(id, node)| {
            let waits: Vec<TextRange> = node
                .events
                .iter()
                .filter(|event| matches!(event.kind, EventKind::Call { callee, .. } if callee == WAIT_CONDITION))
                .map(|event| event.range)
                .collect();
            waits.into_iter().flat_map(move |range| state.all_led_to(id, range))
        })
        .collect();
    let accesses = state.accesses(is_run);
    let reads = accesses.iter().filter(|access| conditions.contains(&access.node));
    reads.filter(|access| matches!(access.kind, AccessKind::Read { .. })).map(|access| access.attribute).collect()
}

/// Whether a handler waits, for something else than what `run` has made true by then, and does not tell `run` afterwards that it
/// is done. `awaited` are the attributes that `run` waits for; `is_settled` says of a wait for a condition whether that holds by then.
fn may_be_at_work(
    reached: &ReachedCode<'_>,
    state: &State<'_, '_>,
    entry: &EntryPoint,
    awaited: &FxHashSet<Name>,
    is_settled: &dyn Fn(NodeId, &Event) -> bool,
) -> bool {
    let Code::Function(function) = entry.root.code else { return false };
    let module = reached.reach.evaluator().project().module(function.file);
    if !module[function.function].is_async || is_abandoned(module, function.function) {
        return false;
    }
    let is_it = |other: &EntryPoint| std::ptr::eq(other, entry);
    // A lock or queue of the workflow's own is mostly free: what waits for something from outside takes time.
    let waits = |node: &NodeId| {
        reached.reach.node(*node).events.iter().any(|event| {
            matches!(event.kind, EventKind::Call { callee, .. }
                if issues_command(callee)
                    && callee != CONTINUES
                    && !is_over_at_once(callee)
                    && !(callee == WAIT_CONDITION && is_settled(*node, event)))
        })
    };
    if !state.reached_from(&is_it).iter().any(waits) {
        return false;
    }
    let accesses = state.accesses(&is_it);
    let early: Vec<*const super::state::Access> =
        state.before_first_wait(&accesses, &is_it).into_iter().map(std::ptr::from_ref).collect();
    let tells = |access: &&super::state::Access| {
        !matches!(access.kind, AccessKind::Read { .. })
            && awaited.contains(&access.attribute)
            && !early.contains(&std::ptr::from_ref(*access))
    };
    !accesses.iter().any(|access| tells(&access))
}

/// Whether a handler gives one of some signs while it is at work.
fn is_counted(reached: &ReachedCode<'_>, entry: &EntryPoint, counts: &[Sign]) -> bool {
    let Code::Function(function) = entry.root.code else { return false };
    let module = reached.reach.evaluator().project().module(function.file);
    counts.iter().any(|count| count.is_given_by(module, function.function))
}

/// The signs that handlers give, where `run` waits just before its end until none is at work.
fn counts_of_handlers(reached: &ReachedCode<'_>, state: &State<'_, '_>, workflow: usize, run: NodeId) -> Vec<Sign> {
    let Code::Function(function) = reached.reach.node(run).code else { return Vec::new() };
    let module = state.module(run);
    let is_run = |entry: &EntryPoint| entry.workflow == Some(workflow) && entry.role == Role::Run;
    let calls = |node: NodeId, wanted: &'static str| {
        let events = reached.reach.node(node).events.iter();
        events
            .filter(move |event| matches!(event.kind, EventKind::Call { callee, .. } if callee == wanted))
            .map(|event| event.range)
    };
    let is_elsewhere = |node: &NodeId| *node != run && calls(*node, CONTINUES).next().is_some();
    if state.reached_from(&is_run).iter().any(is_elsewhere) {
        return Vec::new();
    }
    let continues: Vec<TextRange> = calls(run, CONTINUES).collect();
    let waits = |call: ExprId| calls(run, WAIT_CONDITION).any(|wait| wait == module.span(call));
    let mut counts = waited_for_at_the_end(module, function.function, &waits, &continues);
    if counts.is_empty() {
        return counts;
    }
    let accesses = state.accesses(&|entry| entry.workflow == Some(workflow));
    let keeps_count = |sign: Sign, access: &Access| {
        let module = state.module(access.node);
        match (sign, access.kind) {
            (_, AccessKind::Read { .. }) => true,
            (Sign::Count(_), AccessKind::Set(Assigned::Empty)) if is_in_constructor(module, access.block) => true,
            (Sign::Count(_), _) => {
                module[access.block].function.is_some_and(|function| sign.is_given_by(module, function))
            }
            (Sign::Lock(_), AccessKind::Set(_)) => is_in_constructor(module, access.block),
            (Sign::Lock(_), _) => false,
        }
    };
    counts.retain(|sign| {
        let is_lock = matches!(sign, Sign::Count(_)) || is_only_a_lock(reached, run, sign.attribute());
        let mut its_own = accesses.iter().filter(|access| access.attribute == sign.attribute());
        is_lock && its_own.all(|access| keeps_count(*sign, access))
    });
    counts
}

/// Whether an attribute of the workflow is a lock, and nobody lets go of one by hand.
fn is_only_a_lock(reached: &ReachedCode<'_>, run: NodeId, attribute: Name) -> bool {
    let evaluator = reached.reach.evaluator();
    let place = reached.reach.place(run);
    let module = evaluator.project().module(place.file);
    let is_lock = |value: ExprId| {
        let Expr::Call { callee, .. } = module[value] else { return false };
        let made = evaluator.value(callee, Place { file: place.file, frame: None }).only();
        made.and_then(|made| evaluator.outside_name(made))
            .is_some_and(|name| behaviour().has_role(name.as_str(), ClassRole::Mutex))
    };
    let mut stores = module.attribute_stores(attribute).peekable();
    let lets_go = |expr: ExprId| match module[expr] {
        Expr::Attribute { name, .. } => behaviour().method_does(name.as_str(), CallableRole::LetsGo),
        _ => false,
    };
    stores.peek().is_some()
        && stores.all(|store| store.value.is_some_and(is_lock))
        && !module.expression_ids().any(lets_go)
}

/// A command that nothing waits for: search attributes, and `handle.cancel()` of an activity or child; that of another
/// workflow's handle is a coroutine.
pub(super) fn is_over_at_once(callee: Name) -> bool {
    matches!(last_part(callee.as_str()), "cancel" | "upsert_search_attributes")
        && !sdk_signature(callee.as_str()).is_some_and(|command| command.is_async)
}

/// `@workflow.signal(unfinished_policy=workflow.HandlerUnfinishedPolicy.ABANDON)`.
fn is_abandoned(module: &Module, function: FunctionId) -> bool {
    module.list(module[function].decorators).iter().any(|decorator| {
        let Expr::Call { arguments, .. } = module[*decorator] else { return false };
        module
            .list(arguments)
            .iter()
            .any(|argument| argument.is_named("unfinished_policy") || argument.kind == ArgumentKind::DoubleStar)
    })
}
