//! Results of the SDK that nothing looks at, and functions of it that are tested instead of their results.
//!
//! Knows: `patched` and `deprecate_patch`, functions that are named without being called, `gather` whose exceptions are
//! dropped. Does not know: which of it is a finding.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use super::analysis::{Analysis, ReachedCode};
use super::code::Graph;
use super::exceptions::{cleans_up, lets_nothing_out};
use super::fates::{Fate, fates_of};
use crate::python::{Edge, EventKind, Given, NodeId, Place, Value};
use crate::registry::{failures_of, sdk_class, sdk_functions, sdk_signature};
use crate::semantic::{Expr, ExprId, Module, Use};
use crate::source::{FileId, Span, TextRange, last_part};

/// A function of the SDK whose truth is asked for, or that is compared, without being called.
#[derive(Debug, Clone, Copy)]
pub struct Uncalled {
    /// Where it is named.
    pub span: Span,
    /// A call needs no arguments, and gives what it gives on the spot.
    pub is_plain: bool,
}

/// The functions of the SDK that a file tests or compares without calling them.
#[must_use]
pub fn uncalled(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<Uncalled> {
    let module = analysis.project.module(file);
    let place = Place { file, frame: None };
    let is_tested = |expr: ExprId| {
        !matches!(module.uses().use_of(expr), Use::Called(_) | Use::AttributeOf(..) | Use::Header)
            && fates_of(module, expr).iter().any(|fate| matches!(fate, Fate::Tested(_) | Fate::Compared(_)))
    };
    let function = |expr: ExprId| {
        let values = analysis.evaluator.value(expr, place);
        let name = values.only().and_then(|value| match analysis.evaluator.get(value) {
            Value::Outside(name) | Value::OutsideMethod { name, .. } => Some(*name),
            _ => None,
        })?;
        sdk_signature(name.as_str()).filter(|_| sdk_class(name.as_str()).is_none())
    };
    let named = |expr: &ExprId| match module[*expr] {
        Expr::Attribute { name, .. } | Expr::Name { name, .. } => last_names().contains(name.as_str()),
        _ => false,
    };
    let found = module.expression_ids().filter(named).filter(|expr| is_tested(*expr));
    found
        .filter_map(|expr| {
            let signature = function(expr)?;
            let is_plain = !signature.is_async && signature.parameters.iter().all(|parameter| !parameter.required);
            Some(Uncalled { span: Span { file, range: module.span(expr) }, is_plain })
        })
        .collect()
}

/// The last names of the SDK's functions and methods.
fn last_names() -> &'static FxHashSet<&'static str> {
    static NAMES: OnceLock<FxHashSet<&'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let functions = sdk_functions().filter(|name| sdk_class(name).is_none());
        functions.map(last_part).collect()
    })
}

/// How a patch is asked for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchUse {
    /// Nothing looks at what `patched` gives.
    Ignored,
    /// What `deprecate_patch` gives is tested; it is always `None`.
    Tested,
}

/// A call of `patched` or `deprecate_patch` that decides nothing, or always the same.
#[derive(Debug, Clone, Copy)]
pub struct IdlePatch {
    /// Where the call stands.
    pub span: Span,
    /// How.
    pub used: PatchUse,
}

/// The patches that are asked for in vain.
#[must_use]
pub fn idle_patches(analysis: &Analysis<'_, '_>) -> Vec<IdlePatch> {
    let used = |call: &super::sdk_calls::SdkCall| {
        let fates = || fates_of(analysis.project.module(call.span.file), call.expr);
        match call.callee.as_str() {
            "temporalio.workflow.patched" => {
                let is_unused = fates().iter().all(|fate| matches!(fate, Fate::Dropped | Fate::NeverRead));
                is_unused.then_some(PatchUse::Ignored)
            }
            "temporalio.workflow.deprecate_patch" => {
                let is_tested = fates().iter().any(|fate| matches!(fate, Fate::Tested(_) | Fate::Compared(_)));
                is_tested.then_some(PatchUse::Tested)
            }
            _ => None,
        }
    };
    let calls = analysis.sdk_calls().iter().filter(|call| !call.is_doubtful);
    calls.filter_map(|call| Some(IdlePatch { span: call.span, used: used(call)? })).collect()
}

/// A `gather` with `return_exceptions` whose results nothing looks at.
#[derive(Debug, Clone, Copy)]
pub struct DroppedResults {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where the call stands.
    pub range: TextRange,
    /// It gathers activities, children or operations.
    pub commands: bool,
    /// A helper of the project waits, and gives the results to this call.
    pub by_helper: bool,
    /// Only a wrong annotation leads here.
    pub unlikely: bool,
}

/// The calls of `gather` in reached code that drop the exceptions of what they wait for, but for tasks that the code has
/// cancelled itself and coroutines that take their own.
#[must_use]
pub fn dropped_results(reached: &ReachedCode<'_>) -> Vec<DroppedResults> {
    let evaluator = reached.reach.evaluator();
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let EventKind::Call { callee, arguments, .. } = &event.kind else { continue };
            let keeps = matches!(arguments.get(None, "return_exceptions"), Some(Given::Bool(true)));
            let Some(call) = event.expr.filter(|_| *callee == "asyncio.gather" && keeps) else { continue };
            let module = evaluator.project().module(node.code.file());
            if cleans_up(reached, id, call) || lets_nothing_out(reached, id, call) {
                continue;
            }
            let results = match module.uses().use_of(call) {
                Use::Awaited(awaited) => awaited,
                _ => call,
            };
            let commands = gathers_commands(reached, id, module, call);
            if results != call && is_dropped(module, results) {
                let (range, unlikely) = (event.range, event.unlikely);
                found.push(DroppedResults { node: id, range, commands, by_helper: false, unlikely });
            } else if matches!(fates_of(module, results)[..], [Fate::Returned(_)]) {
                found.extend(dropped_by_callers(reached, id, commands));
            }
        }
    }
    found
}

fn is_dropped(module: &Module, results: ExprId) -> bool {
    fates_of(module, results).iter().all(|fate| matches!(fate, Fate::Dropped | Fate::NeverRead))
}

/// The calls of a helper that gives results of `gather`, where these are awaited and dropped.
fn dropped_by_callers(reached: &ReachedCode<'_>, helper: NodeId, commands: bool) -> Vec<DroppedResults> {
    let graph = Graph::new(&reached.reach);
    let drops = |edge: &&Edge| {
        let module = graph.module(edge.from);
        let Some(call) = graph.call_at(edge.from, edge.site) else { return false };
        let Use::Awaited(awaited) = module.uses().use_of(call) else { return false };
        !edge.doubtful && is_dropped(module, awaited) && !cleans_up(reached, edge.from, call)
    };
    let dropped = |edge: &Edge| DroppedResults {
        node: edge.from,
        range: edge.site,
        commands,
        by_helper: true,
        unlikely: edge.unlikely,
    };
    graph.ways_into(helper).filter(drops).map(dropped).collect()
}

fn gathers_commands(reached: &ReachedCode<'_>, node: NodeId, module: &Module, call: ExprId) -> bool {
    let (evaluator, place) = (reached.reach.evaluator(), reached.reach.place(node));
    let mut found = false;
    super::exceptions::each_part_within(module, call, &mut |part| {
        let Expr::Call { callee, .. } = module[part] else { return };
        let names = evaluator.value(callee, place).known.into_iter().filter_map(|value| evaluator.outside_name(value));
        found |= names.into_iter().any(|name| failures_of(name.as_str()).is_some_and(|group| group.of.is_command()));
    });
    found
}
