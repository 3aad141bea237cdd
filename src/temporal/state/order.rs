//! What of some code runs before it first waits.
//!
//! Knows: awaits that may suspend, the blocks that control comes to without one, and own functions that are called there.
//! Does not know: what the code does.
//!
//! ```python
//! async def run(self):
//!     self.reset()                   # before: what `reset` does, too
//!     await self.prepare()           # before, and what `prepare` does until it waits
//!     await workflow.sleep(1)
//!     self.total = 0                 # not before
//! ```

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::code::{Graph, each_statement, each_within};
use crate::python::{Code, Edge, NodeId, Value};
use crate::semantic::{BlockId, Body, Condition, Expr, ExprId, RegionKind, Stmt, Use};
use crate::source::{TextRange, TextSize};

/// What runs before some code first waits.
#[derive(Debug, Default)]
pub(super) struct Early {
    /// For each piece of code the blocks, each up to a place where it has an end.
    parts: FxHashMap<NodeId, FxHashMap<BlockId, Option<TextSize>>>,
}

impl Early {
    /// What runs before the code of some nodes first waits; with `always`, leaving aside what a test decides.
    pub(super) fn of(graph: &Graph<'_, '_>, roots: &[NodeId], always: bool) -> Self {
        let mut early = Self::default();
        let mut todo: Vec<NodeId> = roots.to_vec();
        while let Some(node) = todo.pop() {
            if early.parts.contains_key(&node) {
                continue;
            }
            let blocks = early_blocks(graph, node);
            for (edge, to) in graph.leads_on(node) {
                let is_early = edge.block.is_some_and(|block| is_before(&blocks, block, edge.site.start()));
                // What is handed to something outside is called when that likes: a handler that is registered runs later.
                let is_handed = || is_handed_over(graph, node, edge, *to);
                let is_sure = !always
                    || !is_handed() && edge.block.is_some_and(|block| !is_optional(graph, node, block, edge.site));
                if is_early && is_sure && runs_at_once(graph, node, edge, *to) {
                    todo.push(*to);
                }
            }
            early.parts.insert(node, blocks);
        }
        early
    }

    /// Whether what is done from a place of a block on is done before.
    pub(super) fn holds(&self, node: NodeId, block: BlockId, done: TextSize) -> bool {
        self.parts.get(&node).is_some_and(|blocks| is_before(blocks, block, done))
    }
}

/// Whether a place of a block may be left out or come more than once: it stands within a statement that decides that, or
/// behind one by which a helper returns before it. Where the SDK runs the code, a `return` ends the whole.
pub(super) fn is_optional(graph: &Graph<'_, '_>, node: NodeId, block: BlockId, place: TextRange) -> bool {
    let module = graph.module(node);
    let is_helper = graph.reach.node(node).roots.is_empty();
    let is_around = |expr: ExprId| {
        let statement = module.uses().statement_of(expr);
        is_helper || statement.is_some_and(|statement| module.statement_span(statement).contains_range(place))
    };
    let is_tested = module.guards(block).any(|(_, condition)| match condition {
        Condition::Test(test, _) => is_around(test),
        Condition::Case { matched, .. } => is_around(module[matched].subject),
        _ => false,
    });
    is_tested
        || module
            .regions_around(block)
            .any(|(_, region)| matches!(region.kind, RegionKind::Handler(..) | RegionKind::Loop))
}

fn is_before(blocks: &FxHashMap<BlockId, Option<TextSize>>, block: BlockId, place: TextSize) -> bool {
    blocks.get(&block).is_some_and(|end| end.is_none_or(|end| place <= end))
}

/// The blocks of a node that control comes to before it waits.
fn early_blocks(graph: &Graph<'_, '_>, node: NodeId) -> FxHashMap<BlockId, Option<TextSize>> {
    let module = graph.module(node);
    let Code::Function(function) = graph.reach.node(node).code else { return FxHashMap::default() };
    let waits = waits(graph, node);
    let mut found: FxHashMap<BlockId, Option<TextSize>> = FxHashMap::default();
    let mut todo = vec![module[function.function].entry];
    while let Some(block) = todo.pop() {
        let end = waits.iter().filter(|(at, _)| *at == block).map(|(_, end)| *end).min();
        if found.insert(block, end).is_some() || end.is_some() {
            continue;
        }
        todo.extend(graph.successors(node, block).iter().copied().filter(|next| !found.contains_key(next)));
    }
    found
}

/// Where a node may wait: the block, and the place where the wait begins.
fn waits(graph: &Graph<'_, '_>, node: NodeId) -> Vec<(BlockId, TextSize)> {
    suspensions(graph, node, &mut FxHashSet::default())
}

fn suspensions(graph: &Graph<'_, '_>, node: NodeId, open: &mut FxHashSet<NodeId>) -> Vec<(BlockId, TextSize)> {
    let module = graph.module(node);
    let mut found = Vec::new();
    let mut awaits: Vec<(BlockId, ExprId, ExprId)> = Vec::new();
    let mut statements = Vec::new();
    each_statement(module, graph.body(node), &mut |statement| statements.push(statement));
    for id in statements {
        let head = match module[id] {
            Stmt::Function(_) | Stmt::Class(_) => continue,
            Stmt::For(looped) if module[looped].is_async => Some(module[looped].head),
            Stmt::With(with) if module[with].is_async => {
                module.list(module[with].items).first().map(|item| item.manager)
            }
            _ => None,
        };
        if let Some(head) = head {
            found.push((module.block_of(id), module.span(head).end()));
        }
        module.each_expression(id, &mut |expr| {
            each_within(module, expr, &mut |part| {
                if let Expr::Await(value) = module[part] {
                    awaits.push((graph.block_of(node, id, part), part, value));
                }
            });
        });
    }
    for (block, expr, value) in awaits {
        if may_suspend(graph, node, value, open) {
            found.push((block, module.span(expr).end()));
        }
    }
    found
}

/// Whether awaiting an expression may suspend: not where it is a coroutine of the project that awaits nothing.
fn may_suspend(graph: &Graph<'_, '_>, node: NodeId, value: ExprId, open: &mut FxHashSet<NodeId>) -> bool {
    let module = graph.module(node);
    let Expr::Call { .. } = module[value] else { return true };
    let site = module.span(value);
    let own: Vec<NodeId> = graph.led_to_by(node, site).collect();
    if own.is_empty() || !graph.outside_names_called(value, node).is_empty() {
        return true;
    }
    own.into_iter().any(|to| {
        let is_coroutine = matches!(graph.reach.node(to).code, Code::Function(function)
            if graph.module(to)[function.function].is_async);
        // A function that calls itself waits where it waits otherwise.
        is_coroutine && open.insert(to) && !suspensions(graph, to, open).is_empty()
    })
}

/// Whether a site hands a function to the callable that it calls, instead of calling it.
fn is_handed_over(graph: &Graph<'_, '_>, node: NodeId, edge: &Edge, to: NodeId) -> bool {
    let Code::Function(function) = graph.reach.node(to).code else { return false };
    let module = graph.module(node);
    let Some(Expr::Call { arguments, .. }) = graph.expression_at(node, edge.site).map(|site| module[site]) else {
        return false;
    };
    let place = graph.reach.place(node);
    let evaluator = graph.reach.evaluator();
    module.list(arguments).iter().any(|argument| {
        evaluator
            .value(argument.value, place)
            .known
            .iter()
            .any(|value| matches!(evaluator.get(*value), Value::Function(callable) if callable.function == function))
    })
}

/// Whether code that a site leads to runs there: a coroutine does once it is awaited.
fn runs_at_once(graph: &Graph<'_, '_>, node: NodeId, edge: &Edge, to: NodeId) -> bool {
    let Code::Function(function) = graph.reach.node(to).code else { return false };
    let definition = &graph.module(to)[function.function];
    if !definition.is_async || matches!(definition.body, Body::Expression(_)) {
        return true;
    }
    let module = graph.module(node);
    graph.expression_at(node, edge.site).is_some_and(|call| matches!(module.uses().use_of(call), Use::Awaited(_)))
}
