//! What comes behind a handler that caught a cancellation.
//!
//! Knows: what is awaited behind it, in its code and in the callers, and whether its outcome becomes a result. Does not know:
//! which values callers get, and so which of their branches come next.

use super::catches::Finder;
use super::classes::{ACTIVITY_FAILED, Kinds};
use super::code::{bound_in, statements};
use super::outcome::{Held, outcome_of};
use super::tasks::emerges;
use super::waits::awaits;
use crate::python::NodeId;
use crate::semantic::{BlockId, Expr, Handler, Module, RegionKind, Stmt, Suite, Try, TryId, Use};
use crate::source::TextRange;

/// How many callers are looked at for what follows a call.
const CALLERS: usize = 200;

/// What follows where a cancellation was caught.
impl Finder<'_, '_, '_> {
    /// Whether something is awaited behind some blocks, here or in a caller, other than under handlers of its own.
    pub(super) fn goes_on(&self, node: NodeId, blocks: &[BlockId]) -> bool {
        self.comes_after(node, blocks, false)
    }

    /// Whether something is awaited behind some blocks, here or in a caller.
    pub(super) fn is_followed(&self, node: NodeId, blocks: &[BlockId]) -> bool {
        self.comes_after(node, blocks, true)
    }

    /// Whether code that nobody but a `gather` waits for awaits nothing more behind some blocks.
    pub(super) fn ends_with_its_gather(&self, node: NodeId, blocks: &[BlockId]) -> bool {
        let mut ways = self.graph.ways_into(node).peekable();
        let is_gathered = ways.peek().is_some()
            && ways.all(|edge| {
                let call = self.graph.call_at(edge.from, edge.site);
                call.is_some_and(|call| emerges(self.graph, edge.from, call).is_only_gathered())
            });
        is_gathered && self.graph.reach.node(node).roots.is_empty() && !self.awaits_after(node, blocks, None, false)
    }

    fn comes_after(&self, node: NodeId, blocks: &[BlockId], also_protected: bool) -> bool {
        if self.awaits_after(node, blocks, None, also_protected) {
            return true;
        }
        let mut seen: Vec<NodeId> = vec![node];
        let mut next = 0;
        while let Some(&at) = seen.get(next) {
            next += 1;
            for edge in self.graph.ways_into(at) {
                if !self.cancellable.contains(&edge.from) || seen.contains(&edge.from) || seen.len() > CALLERS {
                    continue;
                }
                let module = self.module(edge.from);
                let site = self.graph.call_at(edge.from, edge.site).and_then(|call| module.uses().statement_of(call));
                let block = site.map(|statement| module.block_of(statement)).or(edge.block);
                if block.is_some_and(|block| self.awaits_after(edge.from, &[block], Some(edge.site), also_protected)) {
                    return true;
                }
                seen.push(edge.from);
            }
        }
        false
    }

    /// Whether an await stands in the blocks behind some, or behind a place in one of them.
    fn awaits_after(&self, node: NodeId, blocks: &[BlockId], place: Option<TextRange>, also_protected: bool) -> bool {
        let module = self.module(node);
        let after = self.graph.blocks_after(self.graph.place(node).file, blocks);
        awaits(module, self.graph.body(node)).iter().any(|waits| {
            let behind = || {
                let start = waits.awaited.map(|awaited| module.span(awaited).start());
                place.zip(start).is_some_and(|(place, start)| start > place.end())
            };
            let comes = match blocks.contains(&waits.block) {
                // A loop comes back to the call.
                true => behind() || place.is_some() && after.contains(&waits.block),
                false => after.contains(&waits.block),
            };
            // The cleanup of the statement's own `finally` runs in any case: that is no next step.
            comes
                && match also_protected {
                    true => !is_cleanup_of(module, waits.block, blocks),
                    false => !self.is_under_another(node, waits.block, blocks),
                }
        })
    }

    /// Whether a block is protected by a statement of its own that lets nothing out either.
    fn is_under_another(&self, node: NodeId, block: BlockId, from: &[BlockId]) -> bool {
        let module = self.module(node);
        let (evaluator, place) = (self.graph.reach.evaluator(), self.graph.place(node));
        module.regions_around(block).any(|(_, region)| {
            let RegionKind::Try(tried) = region.kind else { return false };
            !is_around(module, tried, from)
                && module.list(module[tried].handlers).iter().any(|handler| {
                    let held = Held::Cancellation(vec![ACTIVITY_FAILED]);
                    Kinds::of(evaluator, handler.kind, place).take_outside(evaluator, ACTIVITY_FAILED) == Some(true)
                        && outcome_of(evaluator, handler, &held, place).goes_on()
                })
        })
    }

    /// Whether the outcome of the statement becomes what the function gives.
    pub(super) fn decides(&self, node: NodeId, tried: &Try, handler: &Handler) -> bool {
        let module = self.module(node);
        let is_return = |statement| matches!(statement, Stmt::Return(Some(_)));
        let gives = |suite: Suite| {
            statements(module, suite, is_return).iter().any(|id| match module[*id] {
                Stmt::Return(Some(value)) => module[value] != Expr::None,
                _ => false,
            })
        };
        let mut named = bound_in(module, tried.body);
        let more = bound_in(module, handler.body);
        named.variables.extend(more.variables);
        let returned = || {
            !named.variables.is_empty()
                && statements(module, self.graph.body(node), is_return).iter().any(|id| match module[*id] {
                    Stmt::Return(Some(value)) => named.are_in(module, value),
                    _ => false,
                })
        };
        (gives(handler.body) || gives(tried.body) || returned()) && self.is_result_used(node)
    }

    /// Whether what a function gives is used: it is an entry point, or a caller does not throw it away.
    fn is_result_used(&self, node: NodeId) -> bool {
        if !self.graph.reach.node(node).roots.is_empty() {
            return true;
        }
        self.graph.ways_into(node).any(|edge| {
            let module = self.module(edge.from);
            let Some(call) = self.graph.call_at(edge.from, edge.site) else { return true };
            let around = match module.uses().use_of(call) {
                Use::Awaited(around) => around,
                _ => call,
            };
            !matches!(module.uses().use_of(around), Use::Discarded(_))
        })
    }
}

/// Whether a block stands in the `finally` of a statement that protects one of some blocks, or whose handler that is.
fn is_cleanup_of(module: &Module, block: BlockId, from: &[BlockId]) -> bool {
    module
        .regions_around(block)
        .any(|(_, region)| matches!(region.kind, RegionKind::Finally(cleaned) if is_around(module, cleaned, from)))
}

/// Whether one of some blocks stands in the body or in a handler of a `try`.
fn is_around(module: &Module, tried: TryId, blocks: &[BlockId]) -> bool {
    blocks.iter().any(|block| {
        module.regions_around(*block).any(|(_, region)| match region.kind {
            RegionKind::Try(around) | RegionKind::Handler(around, _) => around == tried,
            _ => false,
        })
    })
}
