//! Where a value goes: from one piece of reached code to those that call it.
//!
//! Knows: the expression at a place, and the calls that get what a function gives. Does not know: what is asked of the value.

use crate::python::{Node, NodeId, Place, Reach};
use crate::semantic::{ExprId, Module};
use crate::source::TextRange;

/// A piece of reached code in which a value is followed.
#[derive(Clone, Copy)]
pub(super) struct Here<'r, 'p> {
    pub reach: &'r Reach<'p>,
    pub node: NodeId,
}

impl<'r, 'p> Here<'r, 'p> {
    pub(super) fn node(self) -> &'r Node {
        self.reach.node(self.node)
    }

    pub(super) fn module(self) -> &'p Module {
        self.reach.evaluator().project().module(self.node().code.file())
    }

    pub(super) fn place(self) -> Place {
        self.reach.place(self.node)
    }

    /// The widest expression with exactly this range.
    pub(super) fn expression_at(self, range: TextRange) -> Option<ExprId> {
        let module = self.module();
        let found = module.expression_at(range)?;
        let same = |expr: &ExprId| module.span(*expr) == range;
        Some(module.uses().parents(found).take_while(same).last().unwrap_or(found))
    }

    /// The pieces of code that call this one, each with the call where it is an expression.
    pub(super) fn callers(self) -> impl Iterator<Item = (Self, Option<ExprId>)> + use<'r, 'p> {
        let node = self.node();
        node.parent.iter().chain(&node.others).map(move |edge| {
            let caller = Self { reach: self.reach, node: edge.from };
            (caller, caller.expression_at(edge.site))
        })
    }
}
