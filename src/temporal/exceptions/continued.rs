//! `continue_as_new` in tasks out of which it does not come.
//!
//! Knows: the tasks and groups that code is run in, and where what they raise comes out. Does not know: which of it is a
//! finding.
//!
//! `continue_as_new` ends a workflow by raising through its code. A task keeps what it raises until somebody awaits it,
//! `gather(…, return_exceptions=True)` gives it back as a value, and a group of tasks waits for its other tasks first and
//! wraps it.

use rustc_hash::FxHashSet;

use super::awaiting::{await_kind, keeps_exceptions};
use super::code::{Graph, expressions, function_of, variable_of};
use super::groups::is_group;
use super::tasks::emerges;
use crate::python::{EventKind, NodeId};
use crate::registry::schema::AwaitKind;
use crate::semantic::{ArgumentKind, BlockId, Expr, ExprId, Module, RegionKind, Stmt, Use};
use crate::source::{Span, TextRange};
use crate::temporal::analysis::{Context, ReachedCode};

/// Where what a coroutine raises is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostIn {
    /// A task that nobody awaits.
    Task,
    /// A task group, or its body.
    Group,
    /// `gather` with `return_exceptions`.
    Results,
}

/// A `continue_as_new` that does not arrive.
#[derive(Debug, Clone)]
pub struct LostContinuation {
    /// The code that loses it.
    pub node: NodeId,
    /// What loses it: the call that makes the task, `gather`, the call in the body of a group.
    pub range: TextRange,
    /// How.
    pub lost_in: LostIn,
    /// Where `continue_as_new` stands.
    pub source: Span,
    /// Only a wrong annotation leads here.
    pub unlikely: bool,
}

impl ReachedCode<'_> {
    /// The calls of `continue_as_new` in workflow code that do not arrive, by what loses them; none in other code.
    #[must_use]
    pub fn lost_continuations(&self) -> &[LostContinuation] {
        self.lost_continuations
            .get_or_init(|| if self.context == Context::Workflow { lost_continuations(self) } else { Vec::new() })
    }
}

fn lost_continuations(reached: &ReachedCode<'_>) -> Vec<LostContinuation> {
    let graph = Graph::new(&reached.reach);
    let mut found: Vec<LostContinuation> = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let is_it =
                matches!(event.kind, EventKind::Call { callee, .. } if callee == "temporalio.workflow.continue_as_new");
            if !is_it {
                continue;
            }
            let source = reached.reach.span(id, event.range);
            for (node, range, lost_in, unlikely) in losses(&graph, id, event.range, event.block) {
                let is_known = found.iter().any(|known| known.range == range && known.node == node);
                if !is_known {
                    found.push(LostContinuation { node, range, lost_in, source, unlikely: unlikely || event.unlikely });
                }
            }
        }
    }
    found
}

/// What becomes of what a call raises.
enum Fate {
    /// It comes out in these blocks.
    Emerges(Vec<BlockId>),
    /// It is lost by this call.
    Lost(ExprId, LostIn),
    /// That cannot be told.
    Unknown,
}

/// Where on the ways from a call to entry points what it raises is lost.
fn losses(
    graph: &Graph<'_, '_>,
    start: NodeId,
    range: TextRange,
    block: Option<BlockId>,
) -> Vec<(NodeId, TextRange, LostIn, bool)> {
    let mut found = Vec::new();
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut todo: Vec<(NodeId, TextRange, Vec<BlockId>, bool)> =
        vec![(start, range, block.into_iter().collect(), false)];
    while let Some((node, range, blocks, unlikely)) = todo.pop() {
        if blocks.iter().any(|block| is_in_group(graph, node, *block)) {
            found.push((node, range, LostIn::Group, unlikely));
            continue;
        }
        if !seen.insert(node) {
            continue;
        }
        for edge in graph.ways_into(node) {
            if edge.doubtful {
                continue;
            }
            let unlikely = unlikely || edge.unlikely;
            match fate(graph, node, edge.from, edge.site, edge.block) {
                Fate::Emerges(blocks) => todo.push((edge.from, edge.site, blocks, unlikely)),
                Fate::Lost(call, lost_in) => {
                    found.push((edge.from, graph.module(edge.from).span(call), lost_in, unlikely));
                }
                Fate::Unknown => {}
            }
        }
    }
    found
}

/// What becomes of what code raises that is entered from a call.
fn fate(graph: &Graph<'_, '_>, callee: NodeId, from: NodeId, site: TextRange, block: Option<BlockId>) -> Fate {
    let here = || Fate::Emerges(block.into_iter().collect());
    let Some(function) = function_of(graph.reach.node(callee)) else { return here() };
    let definition = &graph.module(callee)[function.function];
    if !definition.is_async || definition.is_generator {
        return here();
    }
    match graph.call_at(from, site) {
        Some(call) => of_coroutine(graph, from, call),
        None => Fate::Unknown,
    }
}

fn of_coroutine(graph: &Graph<'_, '_>, node: NodeId, call: ExprId) -> Fate {
    let module = graph.module(node);
    let mut at = call;
    let mut made_task = None;
    // Through the calls that it is given to on the spot.
    while let Use::Argument { call: outer, kind, .. } = module.uses().use_of(at) {
        let Expr::Call { callee, arguments } = module[outer] else { return Fate::Unknown };
        let names = graph.outside_names(callee, node);
        match names.iter().find_map(|name| await_kind(*name)) {
            Some(AwaitKind::StartsInGroup) => return Fate::Lost(outer, LostIn::Group),
            Some(AwaitKind::Gathers) => match keeps_exceptions(module, module.list(arguments)) {
                Some(false) => {}
                Some(true) if !looks_for_exceptions(module, outer) => return Fate::Lost(outer, LostIn::Results),
                _ => return Fate::Unknown,
            },
            _ if matches!(kind, ArgumentKind::Keyword(_)) => return Fate::Unknown,
            Some(AwaitKind::Starts) => made_task = made_task.or(Some(outer)),
            Some(AwaitKind::Limits) => {}
            Some(AwaitKind::Shields | AwaitKind::Waits) | None => return Fate::Unknown,
        }
        at = outer;
    }
    let emerges = emerges(graph, node, at);
    match made_task {
        _ if emerges.unknown => Fate::Unknown,
        _ if !emerges.blocks.is_empty() => Fate::Emerges(emerges.blocks),
        Some(_) if emerges.is_cancelled_with_them => Fate::Lost(at, LostIn::Results),
        Some(task) => Fate::Lost(task, LostIn::Task),
        // A coroutine that nobody awaits does not run.
        None => Fate::Unknown,
    }
}

/// Whether code looks for exceptions among the results that a call gives: a name that they are bound to is read again.
fn looks_for_exceptions(module: &Module, call: ExprId) -> bool {
    let Some(statement) = module.uses().statement_of(call) else { return true };
    let targets = match module[statement] {
        Stmt::Assign { targets, .. } => module.list(targets).to_vec(),
        Stmt::Declare { target, .. } => vec![target],
        Stmt::Expr(_) => return false,
        _ => return true,
    };
    let variables: Vec<_> = targets.iter().filter_map(|target| variable_of(module, *target)).collect();
    if variables.len() != targets.len() {
        return true;
    }
    let raises = |expr: Expr| matches!(expr, Expr::Call { .. });
    let Some(function) = module[module.block_of(statement)].function else { return true };
    let crate::semantic::Body::Statements(body) = module[function].body else { return true };
    // `isinstance(result, …)` on what came out of the results.
    expressions(module, body, raises).iter().any(|(_, call)| {
        let Expr::Call { callee, .. } = module[*call] else { return false };
        matches!(module[callee], Expr::Name { name, .. } if name == "isinstance")
    })
}

/// Whether a block stands in the body of a task group.
fn is_in_group(graph: &Graph<'_, '_>, node: NodeId, block: BlockId) -> bool {
    let module = graph.module(node);
    module.regions_around(block).any(|(_, region)| match region.kind {
        RegionKind::With(with) => {
            module.list(module[with].items).iter().any(|item| is_group(graph, node, item.manager))
        }
        _ => false,
    })
}
