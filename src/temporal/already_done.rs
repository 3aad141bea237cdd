//! Waits for what has ended already, so that nothing waits: futures of threads, threads themselves, processes.
//!
//! Knows: what is asked beforehand whether it is done, futures that were awaited by `asyncio.wrap_future`, and those that
//! `concurrent.futures.wait` or `as_completed` gave. Does not know: what else a program knows of them.

use super::analysis::ReachedCode;
use super::code::{Graph, bindings_of};
use crate::python::{Event, NodeId};
use crate::semantic::{BindingKind, BlockId, CmpOp, Condition, Expr, ExprId, Module, Step, UnaryOp, Use};

/// What gives futures that are done; of several results the first.
const GIVE_DONE: [&str; 2] = ["concurrent.futures.as_completed", "concurrent.futures.wait"];

/// What waits, and what says beforehand that there is nothing to wait for: the question, and its answer then.
const ASKED: [(&[&str], &str, Over); 4] = [
    (&["result", "exception"], "done", Over::True),
    (&["wait", "communicate"], "poll", Over::Something),
    (&["join"], "is_alive", Over::False),
    (&["get"], "empty", Over::False),
];

/// What a question answers once there is nothing to wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    True,
    False,
    /// Anything but `None`.
    Something,
}

/// Whether a call waits for what has ended wherever the call runs.
#[must_use]
pub fn waits_for_what_is_done(reached: &ReachedCode<'_>, node: NodeId, event: &Event) -> bool {
    let graph = Graph::new(&reached.reach);
    let module = graph.module(node);
    let Some(Expr::Call { callee, .. }) = event.expr.map(|call| module[call]) else { return false };
    let Expr::Attribute { value: awaited, name } = module[callee] else { return false };
    let Some((_, question, over)) = ASKED.iter().find(|(waits, ..)| waits.contains(&name.as_str())) else {
        return false;
    };
    let finder = Finder { graph, node, module };
    if event.block.is_some_and(|block| finder.was_asked(awaited, (question, *over), block)) {
        return true;
    }
    let is_future = *question == "done";
    is_future && (event.block.is_some_and(|block| finder.was_awaited(awaited, block)) || finder.was_given_done(awaited))
}

struct Finder<'r, 'p> {
    graph: Graph<'r, 'p>,
    node: NodeId,
    module: &'p Module,
}

impl Finder<'_, '_> {
    /// Behind `if future.done():`, or behind a loop that asked until it was.
    fn was_asked(&self, awaited: ExprId, (question, over): (&str, Over), block: BlockId) -> bool {
        self.module.guards(block).any(|(_, condition)| {
            let Condition::Test(mut test, mut holds) = condition else { return false };
            while let Expr::Unary { op: UnaryOp::Not, operand } = self.module[test] {
                (test, holds) = (operand, !holds);
            }
            match over {
                Over::True => holds && self.asks(test, question, awaited),
                Over::False => !holds && self.asks(test, question, awaited),
                Over::Something => {
                    self.is_not_none(test, holds).is_some_and(|asked| self.asks(asked, question, awaited))
                }
            }
        })
    }

    /// What is not `None` where a test has a truth: `x is None`, `x is not None`.
    fn is_not_none(&self, test: ExprId, holds: bool) -> Option<ExprId> {
        let Expr::Compare { left, rest } = self.module[test] else { return None };
        let [only] = self.module.list(rest) else { return None };
        let says_so = match only.op {
            CmpOp::Is | CmpOp::Eq => !holds,
            CmpOp::IsNot | CmpOp::NotEq => holds,
            _ => false,
        };
        (says_so && matches!(self.module[only.right], Expr::None)).then_some(left)
    }

    fn asks(&self, test: ExprId, question: &str, awaited: ExprId) -> bool {
        let call = match self.module[test] {
            Expr::Named { value, .. } => value,
            _ => test,
        };
        let Expr::Call { callee, .. } = self.module[call] else { return false };
        matches!(self.module[callee], Expr::Attribute { value, name } if name == question && self.is_same(value, awaited))
    }

    /// Behind `await asyncio.wrap_future(future)`.
    fn was_awaited(&self, future: ExprId, block: BlockId) -> bool {
        let [binding] = bindings_of(self.module, future) else { return false };
        let span = self.module.span(future);
        self.module.reads_of(*binding).any(|read| {
            let Use::Argument { call, .. } = self.module.uses().use_of(read) else { return false };
            let Expr::Name { block: at, .. } = self.module[read] else { return false };
            matches!(self.module.uses().use_of(call), Use::Awaited(_))
                && self.module.span(call).end() <= span.start()
                && self.module.passed_before(block).any(|passed| passed == at)
                && self.graph.outside_names_called(call, self.node).iter().any(|name| *name == "asyncio.wrap_future")
        })
    }

    /// `for future in as_completed(…)`, and `for future in done` after `done, rest = wait(…)`.
    fn was_given_done(&self, future: ExprId) -> bool {
        let [binding] = bindings_of(self.module, future) else { return false };
        let BindingKind::Loop { iterable, path } = self.module[*binding].kind else { return false };
        self.module.list(path).is_empty() && (self.gives_done(iterable, false) || self.is_done_part(iterable))
    }

    fn gives_done(&self, call: ExprId, in_parts: bool) -> bool {
        let given = self.graph.outside_names_called(call, self.node);
        given.iter().any(|name| *name == GIVE_DONE[usize::from(in_parts)])
    }

    fn is_done_part(&self, iterable: ExprId) -> bool {
        match self.module[iterable] {
            Expr::Attribute { value, name } => name == "done" && self.gives_done(value, true),
            _ => match bindings_of(self.module, iterable) {
                [only] => match self.module[*only].kind {
                    BindingKind::Assign { value, path, .. } => {
                        matches!(self.module.list(path), [Step::Item(0)]) && self.gives_done(value, true)
                    }
                    _ => false,
                },
                _ => false,
            },
        }
    }

    /// Whether two expressions are the same name, or the same attribute of one.
    fn is_same(&self, one: ExprId, other: ExprId) -> bool {
        match (self.module[one], self.module[other]) {
            (Expr::Name { name: first, .. }, Expr::Name { name: second, .. }) => first == second,
            (Expr::Attribute { value: of_one, name: first }, Expr::Attribute { value: of_other, name: second }) => {
                first == second && self.is_same(of_one, of_other)
            }
            _ => false,
        }
    }
}
