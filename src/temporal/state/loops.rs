//! Loops that wait for the workflow's state.
//!
//! Knows: `while` loops that do nothing but sleep, yield, log or leave, themselves or in coroutines that they await, and what of the state or of the workflow's clock
//! decides about their end. Does not know: loops that do some work in between.
//!
//! ```python
//! while not self.paid:               # polls: a timer for each turn
//!     await workflow.sleep(10)
//! while not self.paid:               # spins: nothing else can run, so it stays as it is
//!     await asyncio.sleep(0)
//! ```

use super::super::code::{each_statement, each_within, function_of};
use super::access::{Access, AccessKind, State};
use crate::python::{NodeId, Value, is_named_like_logger, says_something};
use crate::semantic::{Expr, ExprId, LoopId, Module, Name, Stmt, StmtId, Suite, Try};
use crate::source::TextRange;

/// A loop that waits for the workflow's state.
#[derive(Debug)]
pub struct WaitingLoop {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Its head.
    pub range: TextRange,
    /// What it does.
    pub kind: LoopKind,
    /// The attribute that decides about its end; none where the workflow's clock alone does.
    pub attribute: Option<Name>,
}

/// How a loop waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopKind {
    /// It sleeps in each turn.
    Polls,
    /// It does not wait at all.
    Spins,
}

/// What one turn of a loop does.
#[derive(Default)]
struct Turn {
    sleeps: bool,
    /// The tests that decide about leaving the loop.
    leaves: Vec<ExprId>,
    /// Names that it binds.
    binds: Vec<Name>,
    /// It does something else.
    works: bool,
    /// Through how many further coroutines of the project it is followed.
    deeper: usize,
    /// It is what a coroutine does that the loop awaits: where that returns, the loop goes on.
    is_within: bool,
}

/// Through how many coroutines of the project a turn is followed.
const COROUTINES_DEEP: usize = 3;

impl<'r> State<'r, '_> {
    /// The loops of workflow code that wait for its state.
    #[must_use]
    pub fn waiting_loops(&self) -> &'r [WaitingLoop] {
        self.reached().waiting_loops.get_or_init(|| self.find_waiting_loops())
    }

    fn find_waiting_loops(&self) -> Vec<WaitingLoop> {
        let accesses = self.accesses(&|_| true);
        let mut found = Vec::new();
        let reach = &self.reached().reach;
        for (node, code) in reach.nodes() {
            let module = self.graph.module(node);
            if code.at_import || module.loop_ids().next().is_none() {
                continue;
            }
            each_statement(module, self.graph.body(node), &mut |statement| {
                let Stmt::While(looped) = module[statement] else { return };
                let block = module.block_of(statement);
                if reach.evaluator().may_run(block, self.graph.place(node)) {
                    let start = module.statement_span(statement).start();
                    found.extend(self.waiting_loop(node, looped, start, &accesses));
                }
            });
        }
        found
    }

    fn waiting_loop(
        &self,
        node: NodeId,
        looped: LoopId,
        start: crate::source::TextSize,
        accesses: &[Access],
    ) -> Option<WaitingLoop> {
        let module = self.graph.module(node);
        let head = module[looped].head;
        let mut turn = Turn { deeper: COROUTINES_DEEP, ..Turn::default() };
        self.turn(node, module[looped].body, &mut turn);
        let kind = match turn {
            Turn { works: true, .. } => return None,
            Turn { sleeps: true, .. } => LoopKind::Polls,
            _ => LoopKind::Spins,
        };
        let tests: Vec<ExprId> = match module[head] {
            Expr::Bool(true) | Expr::Int(1) => turn.leaves.clone(),
            _ => std::iter::once(head).chain(turn.leaves.iter().copied()).collect(),
        };
        let decides = |test: &ExprId| self.decides(node, *test, accesses);
        let mut attribute = None;
        let mut by_clock = false;
        for test in &tests {
            if !self.never_waits_in(node, *test) || names_in(module, *test).iter().any(|name| turn.binds.contains(name))
            {
                return None;
            }
            attribute = attribute.or_else(|| decides(test));
            by_clock |= self.asks_clock(node, *test);
        }
        let waits = match kind {
            LoopKind::Polls => attribute.is_some(),
            LoopKind::Spins => attribute.is_some() || by_clock,
        };
        let range = TextRange::new(start, module.span(head).end());
        waits.then_some(WaitingLoop { node, range, kind, attribute })
    }

    fn turn(&self, node: NodeId, suite: Suite, turn: &mut Turn) {
        let module = self.graph.module(node);
        for statement in module.list(suite) {
            match module[*statement] {
                Stmt::Nothing | Stmt::Continue => {}
                Stmt::Return(value) if turn.is_within && value.is_none_or(|value| is_plain(module, value)) => {}
                Stmt::Return(Some(value)) if turn.is_within && matches!(module[value], Expr::Await(_)) => {
                    self.done_in_turn(node, value, turn);
                }
                Stmt::Expr(value) => self.done_in_turn(node, value, turn),
                Stmt::If(branches) => match module.list(branches) {
                    [only] if self.only_leaves(node, only.body) => turn.leaves.extend(only.test),
                    _ => turn.works = true,
                },
                // Whoever is cancelled meanwhile leaves, or goes on.
                Stmt::Try(tried) if self.only_ends(node, module[tried]) => self.turn(node, module[tried].body, turn),
                Stmt::Assign { targets, value } if is_plain(module, value) => {
                    module.list(targets).iter().for_each(|target| bind(module, *target, turn));
                }
                Stmt::Augment { target, value, .. } if is_plain(module, value) => bind(module, target, turn),
                _ => turn.works = true,
            }
        }
    }

    fn done_in_turn(&self, node: NodeId, value: ExprId, turn: &mut Turn) {
        let module = self.graph.module(node);
        match module[value] {
            Expr::Await(call) => match self.slept(node, call) {
                Some(true) => turn.sleeps = true,
                Some(false) => {}
                None => turn.works |= !self.never_waits(node, call, turn.deeper),
            },
            Expr::Call { callee, .. } => turn.works |= !logs(module, callee),
            _ => turn.works = true,
        }
    }

    /// Whether all that a test awaits are coroutines of the project that wait for nothing.
    fn never_waits_in(&self, node: NodeId, test: ExprId) -> bool {
        let module = self.graph.module(node);
        let mut calls = Vec::new();
        each_within(module, test, &mut |part| {
            if let Expr::Await(call) = module[part] {
                calls.push(call);
            }
        });
        calls.into_iter().all(|call| self.never_waits(node, call, COROUTINES_DEEP))
    }

    /// Whether a call that is awaited is one of a coroutine of the project that does nothing but yield, log and return: it lets
    /// nothing else happen.
    fn never_waits(&self, node: NodeId, call: ExprId, deeper: usize) -> bool {
        let Some(deeper) = deeper.checked_sub(1) else { return false };
        let led: Vec<NodeId> = self.graph.led_to_by(node, self.graph.module(node).span(call)).collect();
        let [inner] = led[..] else { return false };
        let Some(function) = function_of(self.reached().reach.node(inner)) else { return false };
        let definition = &self.graph.module(inner)[function.function];
        if !definition.is_async || definition.is_generator || !definition.decorators.is_empty() {
            return false;
        }
        let mut turn = Turn { deeper, is_within: true, ..Turn::default() };
        self.turn(inner, self.graph.body(inner), &mut turn);
        !turn.works && !turn.sleeps
    }

    /// Whether a call that is awaited sleeps for some time, or only lets others run.
    fn slept(&self, node: NodeId, call: ExprId) -> Option<bool> {
        let module = self.graph.module(node);
        let Expr::Call { arguments, .. } = module[call] else { return None };
        let sleeps = |name: &Name| matches!(name.as_str(), "asyncio.sleep" | "temporalio.workflow.sleep");
        let names = self.graph.outside_names_called(call, node);
        let name = names.first().filter(|name| names.len() == 1 && sleeps(name))?;
        let first = module.list(arguments).first()?.value;
        let value = self.graph.value(first, node).only();
        let is_zero = matches!(module[first], Expr::Float(number) if number == 0.0)
            || value.is_some_and(|value| matches!(self.reached().reach.evaluator().get(value), Value::Int(0)));
        // The SDK's own sleep of no time is a timer all the same.
        Some(!is_zero || *name == "temporalio.workflow.sleep")
    }

    /// Whether the handlers of a `try` do nothing but leave, go on or raise, and nothing else stands behind its body.
    fn only_ends(&self, node: NodeId, tried: Try) -> bool {
        let module = self.graph.module(node);
        let is_quiet = |suite: Suite| {
            module.list(suite).iter().all(|statement| match module[*statement] {
                Stmt::Raise { .. } | Stmt::Continue => true,
                _ => self.only_leaves_by(node, *statement),
            })
        };
        module.list(tried.handlers).iter().all(|handler| is_quiet(handler.body))
            && is_quiet(tried.orelse)
            && is_quiet(tried.finally)
    }

    fn only_leaves(&self, node: NodeId, suite: Suite) -> bool {
        let module = self.graph.module(node);
        module.list(suite).iter().all(|statement| self.only_leaves_by(node, *statement))
    }

    fn only_leaves_by(&self, node: NodeId, statement: StmtId) -> bool {
        let module = self.graph.module(node);
        match module[statement] {
            Stmt::Break | Stmt::Nothing | Stmt::Return(None) => true,
            Stmt::Return(Some(value)) => is_plain(module, value),
            Stmt::Expr(value) => matches!(module[value], Expr::Call { callee, .. } if logs(module, callee)),
            _ => false,
        }
    }

    /// The attribute that a test reads, itself or in what it calls.
    fn decides(&self, node: NodeId, test: ExprId, accesses: &[Access]) -> Option<Name> {
        let span = self.graph.module(node).span(test);
        let inner = self.graph.all_led_to(node, span);
        let is_read = |access: &&Access| {
            let is_here = access.node == node && span.contains_range(access.range) || inner.contains(&access.node);
            is_here && matches!(access.kind, AccessKind::Read { .. })
        };
        // A test that changes what it asks for ends by itself.
        let is_changed = |attribute: Name| {
            accesses.iter().any(|access| {
                access.attribute == attribute
                    && inner.contains(&access.node)
                    && !matches!(access.kind, AccessKind::Read { .. })
            })
        };
        accesses.iter().filter(is_read).map(|access| access.attribute).find(|attribute| !is_changed(*attribute))
    }

    fn asks_clock(&self, node: NodeId, test: ExprId) -> bool {
        let module = self.graph.module(node);
        let mut found = false;
        each_within(module, test, &mut |part| {
            if let Expr::Call { callee, .. } = module[part] {
                found |= self.graph.outside_names(callee, node).iter().any(|name| {
                    matches!(
                        name.as_str(),
                        "temporalio.workflow.now" | "temporalio.workflow.time" | "temporalio.workflow.time_ns"
                    )
                });
            }
        });
        found
    }
}

fn bind(module: &Module, target: ExprId, turn: &mut Turn) {
    match module[target] {
        Expr::Target(binding) => turn.binds.push(module[module[binding].variable].name),
        Expr::Name { name, .. } => turn.binds.push(name),
        _ => turn.works = true,
    }
}

/// Whether evaluating an expression does nothing.
fn is_plain(module: &Module, value: ExprId) -> bool {
    let mut plain = true;
    each_within(module, value, &mut |part| plain &= !matches!(module[part], Expr::Call { .. } | Expr::Await(_)));
    plain
}

fn names_in(module: &Module, value: ExprId) -> Vec<Name> {
    let mut names = Vec::new();
    each_within(module, value, &mut |part| {
        if let Expr::Name { name, .. } = module[part] {
            names.push(name);
        }
    });
    names
}

/// `workflow.logger.info(…)`, `print(…)`.
fn logs(module: &Module, callee: ExprId) -> bool {
    match module[callee] {
        Expr::Attribute { value, name } => says_something(name) && is_named_like_logger(module, value),
        Expr::Name { name, .. } => name == "print",
        _ => false,
    }
}
