//! Activities, and run methods of workflows, that workflow code calls as if they were plain functions.
//!
//! Knows: which calls lead there from code that a workflow runs itself. Does not know: whether that is meant.

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::{Analysis, ReachedCode};
use super::definitions::Role;
use crate::python::{Code, Edge, FunctionRef, NodeId, Value};
use crate::semantic::{ArgumentKind, Expr, ExprId, Use};
use crate::source::{Span, TextRange};

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inlined {
    /// An activity.
    Activity {
        /// Whether it is `async def`.
        is_async: bool,
    },
    /// The run method of a workflow, on an object that the caller made.
    Run,
}

/// A call of an activity or of a run method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineCall {
    /// The code that calls.
    pub node: NodeId,
    /// Where the call stands.
    pub range: TextRange,
    /// What is called.
    pub what: Inlined,
    /// How it is called in its module.
    pub name: String,
    /// The place of its name.
    pub definition: Span,
    /// Whether it is one of several that may be called.
    pub doubtful: bool,
}

/// The calls in code of workflows that lead into an activity or a run method. What an activity that is called so does itself
/// is no further one.
pub fn inline_calls(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<InlineCall> {
    let targets = Targets::of(analysis);
    let reach = &reached.reach;
    let target_of = |node: NodeId| match reach.node(node).code {
        Code::Function(function) => targets.of.get(&function).copied(),
        _ => None,
    };
    let inside: FxHashSet<NodeId> = reach
        .nodes()
        .filter(|(id, _)| matches!(target_of(*id), Some(Inlined::Activity { .. })))
        .map(|(id, _)| id)
        .collect();
    let mut found = Vec::new();
    for (id, node) in reach.nodes() {
        let (Some(what), Code::Function(function)) = (target_of(id), node.code) else { continue };
        let module = analysis.project.module(function.file);
        for edge in calls_of(reached, &targets, id, function) {
            let is_nested = what != Inlined::Run
                && (inside.contains(&edge.from)
                    || reach.way_over(edge.from, &|edge| !inside.contains(&edge.from)).is_none());
            if is_nested || (what == Inlined::Run && is_own(reached, edge)) || is_given_to_the_sdk(reached, edge) {
                continue;
            }
            found.push(InlineCall {
                node: edge.from,
                range: edge.site,
                what,
                name: module.qualified_name(function.function),
                definition: Span { file: function.file, range: module[function.function].name_range },
                doubtful: edge.doubtful,
            });
        }
    }
    found
}

/// What is not to be called in a workflow's own code.
struct Targets {
    of: FxHashMap<FunctionRef, Inlined>,
    /// Functions that a decorator put around an activity, as the SDK calls it.
    around: FxHashSet<FunctionRef>,
}

impl Targets {
    fn of(analysis: &Analysis<'_, '_>) -> Self {
        let definitions = &analysis.definitions;
        let activities = definitions.activities.iter();
        let mut of: FxHashMap<FunctionRef, Inlined> =
            activities.map(|activity| (activity.function, Inlined::Activity { is_async: activity.is_async })).collect();
        let mut around = FxHashSet::default();
        for entry in &definitions.entry_points {
            let Code::Function(function) = entry.root.code else { continue };
            match entry.role {
                Role::Run => _ = of.entry(function).or_insert(Inlined::Run),
                Role::AsyncActivity | Role::SyncActivity if !of.contains_key(&function) => _ = around.insert(function),
                _ => {}
            }
        }
        Self { of, around }
    }
}

/// The edges over which code enters a function: those into what a decorator put around it stand for those inside.
fn calls_of<'r>(reached: &'r ReachedCode<'_>, targets: &Targets, node: NodeId, function: FunctionRef) -> Vec<&'r Edge> {
    let entered = |node: NodeId| {
        let node = reached.reach.node(node);
        node.parent.iter().chain(&node.others)
    };
    let is_around = |edge: &Edge| match reached.reach.node(edge.from).code {
        Code::Function(caller) => caller != function && targets.around.contains(&caller),
        _ => false,
    };
    let (wrapped, direct): (Vec<&Edge>, Vec<&Edge>) = entered(node).partition(|edge| is_around(edge));
    direct.into_iter().chain(wrapped.into_iter().flat_map(|edge| entered(edge.from))).collect()
}

/// Whether a call stands where the SDK takes a reference: that is said of the call of the SDK.
fn is_given_to_the_sdk(reached: &ReachedCode<'_>, edge: &Edge) -> bool {
    let reach = &reached.reach;
    let place = reach.place(edge.from);
    let module = reach.evaluator().project().module(place.file);
    let Some(call) = module.calls().iter().find(|call| module.span(**call) == edge.site) else { return false };
    let Use::Argument { call: taker, .. } = module.uses().use_of(*call) else { return false };
    let Expr::Call { callee, .. } = module[taker] else { return false };
    let evaluator = reach.evaluator();
    let callee = evaluator.value(callee, place).single().and_then(|callee| evaluator.outside_name(callee));
    callee.is_some_and(|name| name.as_str().starts_with("temporalio."))
}

/// Whether a call of a run method goes to the workflow that runs already: by `super()`, or by the method's own object.
fn is_own(reached: &ReachedCode<'_>, edge: &Edge) -> bool {
    let reach = &reached.reach;
    let place = reach.place(edge.from);
    let module = reach.evaluator().project().module(place.file);
    let Code::Function(caller) = reach.node(edge.from).code else { return false };
    let own = module.parameters(caller.function).first().map(|first| first.name);
    let is_own_object = |expr: ExprId| {
        let is_self = matches!(module[expr], Expr::Name { name, .. } if Some(name) == own);
        is_self
            || reach
                .evaluator()
                .value(expr, place)
                .known
                .iter()
                .any(|value| matches!(reach.evaluator().get(*value), Value::Super(..)))
    };
    let call = module.calls().iter().find(|call| module.span(**call) == edge.site);
    let Some(Expr::Call { callee, arguments }) = call.map(|call| module[*call]) else { return true };
    let Expr::Attribute { value, .. } = module[callee] else { return false };
    let first = module.list(arguments).first().filter(|first| first.kind == ArgumentKind::Positional);
    is_own_object(value) || first.is_some_and(|first| is_own_object(first.value))
}
