//! What hangs on a test or on how often a loop runs.
//!
//! Knows: the statements that run or do not, those behind a `return`, `break`, `continue` or a `raise` that is taken among them,
//! what calls in these do, also in functions of the project, and what becomes of what they bind. Does not know: where the tested
//! value comes from.
//!
//! A branch decides over the commands of a workflow only if something hangs on it that may issue one or ends the workflow with an
//! error. Else it matters as much as what is said, kept or given behind it.

use rustc_hash::FxHashSet;

use super::{Follower, ValueUse};
use crate::python::{Code, Value, ValueId};
use crate::semantic::{BlockId, Body, Expr, ExprId, RegionKind, Stmt, StmtId, Suite, TryId};
use crate::source::TextRange;
use crate::temporal::code::{Graph, each_statement, each_within};
use crate::temporal::commands::may_issue_command;
use crate::temporal::exceptions::Kinds;
use crate::temporal::following::Here;

impl Follower<'_, '_, '_> {
    /// A test of an `if`, or a loop: as much as what stands in it.
    pub(super) fn branched(&self, statement: StmtId, steps: usize) -> ValueUse {
        let module = self.module();
        if !matches!(module[statement], Stmt::If(_) | Stmt::For(_) | Stmt::While(_)) {
            return ValueUse::Decides;
        }
        // Several values of one function may decide over the same statements.
        let itself = (self.here.node, statement);
        if !self.told.branches.borrow_mut().insert(itself) {
            return ValueUse::Unused;
        }
        let mut inside = Vec::new();
        module.each_suite(statement, &mut |suite| inside.extend_from_slice(module.list(suite)));
        let found = self.all_that_hang(inside, steps).min(self.stepped(statement, steps));
        self.told.branches.borrow_mut().remove(&itself);
        found
    }

    /// What hangs on statements that run or do not, and on those that control leaves out with them.
    fn all_that_hang(&self, mut todo: Vec<StmtId>, steps: usize) -> ValueUse {
        let module = self.module();
        let mut seen: FxHashSet<StmtId> = FxHashSet::default();
        let mut worst = ValueUse::Unused;
        while let Some(statement) = todo.pop() {
            if worst == ValueUse::Decides {
                break;
            }
            if !seen.insert(statement) {
                continue;
            }
            worst = worst.min(self.run(statement, steps));
            module.each_suite(statement, &mut |suite| todo.extend_from_slice(module.list(suite)));
            if matches!(module[statement], Stmt::Return(_) | Stmt::Break | Stmt::Continue) {
                todo.extend(self.left_out(statement));
            }
        }
        worst
    }

    /// What hangs on an exception that is raised at a statement: what it leaves out up to a handler that takes it, here or in
    /// the callers, and what that handler does. One that nothing takes ends the workflow.
    fn raised_at(&self, statement: StmtId, steps: usize) -> ValueUse {
        let asked = (self.here.node, statement, steps);
        if let Some(found) = self.told.raised.borrow().get(&asked) {
            return *found;
        }
        self.told.raised.borrow_mut().insert(asked, ValueUse::Unused);
        let found = self.left_out_by_raising(statement, steps);
        self.told.raised.borrow_mut().insert(asked, found);
        found
    }

    fn left_out_by_raising(&self, statement: StmtId, steps: usize) -> ValueUse {
        let module = self.module();
        let graph = Graph::new(self.here.reach);
        let from = module.statement_span(statement).end();
        let mut rest = Vec::new();
        if let Some(tried) = self.handling(module.block_of(statement)) {
            let around = module[tried].statement;
            module.each_suite(around, &mut |suite| each_statement(module, suite, &mut |inner| rest.push(inner)));
            rest.retain(|inner| module.statement_span(*inner).start() >= from);
            return self.all_that_hang(rest, steps);
        }
        if steps <= 1 || !self.here.node().roots.is_empty() || !matches!(self.here.node().code, Code::Function(_)) {
            return ValueUse::Decides;
        }
        each_statement(module, graph.body(self.here.node), &mut |inner| rest.push(inner));
        rest.retain(|inner| module.statement_span(*inner).start() >= from);
        let in_callers = self.here.callers().map(|(caller, call)| {
            let at = call.and_then(|call| caller.module().uses().statement_of(call));
            at.map_or(ValueUse::Decides, |at| self.at(caller).raised_at(at, steps - 1))
        });
        let worst = in_callers.min().unwrap_or(ValueUse::Decides);
        if worst == ValueUse::Decides { worst } else { worst.min(self.all_that_hang(rest, steps)) }
    }

    /// The innermost `try` around a block of which a handler takes all exceptions.
    fn handling(&self, block: BlockId) -> Option<TryId> {
        let module = self.module();
        let (evaluator, place) = (self.here.reach.evaluator(), self.here.place());
        let takes_all = |tried: &TryId| {
            let mut kinds = Kinds::of_try(evaluator, module, *tried, place);
            kinds.any(|kinds| kinds.takes_all(evaluator))
        };
        let mut tries = module.regions_around(block).filter_map(|(_, region)| match region.kind {
            RegionKind::Try(tried) => Some(tried),
            _ => None,
        });
        tries.find(takes_all)
    }

    /// What a statement itself does, apart from those in its suites.
    fn run(&self, statement: StmtId, steps: usize) -> ValueUse {
        if !self.told.goes_on() {
            return ValueUse::Unknown;
        }
        let module = self.module();
        let mut does = ValueUse::Unused;
        module.each_expression(statement, &mut |expr| does = does.min(self.does(expr, steps)));
        let itself = match module[statement] {
            Stmt::Nothing | Stmt::Break | Stmt::Continue | Stmt::If(_) | Stmt::Try(_) => ValueUse::Unused,
            Stmt::Expr(call) if self.is_understood(call) => ValueUse::Unused,
            Stmt::Assign { .. } | Stmt::Declare { value: Some(_), .. } | Stmt::Augment { .. } => {
                self.bound(statement, steps)
            }
            Stmt::Declare { value: None, .. } => ValueUse::Unused,
            Stmt::For(_) | Stmt::While(_) => self.stepped(statement, steps),
            Stmt::Return(_) if self.gives_nothing() => ValueUse::Unused,
            Stmt::Return(_) => self.returned(steps),
            Stmt::Raise { .. } => self.raised_at(statement, steps),
            _ => ValueUse::Decides,
        };
        does.min(itself)
    }

    /// What becomes of what a loop goes through, one after the other.
    fn stepped(&self, statement: StmtId, steps: usize) -> ValueUse {
        let module = self.module();
        match module[statement] {
            Stmt::For(looped) | Stmt::While(looped) if module[looped].is_async => ValueUse::Decides,
            Stmt::For(looped) => module[looped].target.map_or(ValueUse::Unused, |target| self.target(target, steps)),
            _ => ValueUse::Unused,
        }
    }

    /// The statements that do not run any more, or not as often, where control leaves by a statement.
    fn left_out(&self, leaves: StmtId) -> Vec<StmtId> {
        let module = self.module();
        let span = module.statement_span(leaves);
        let body = Graph::new(self.here.reach).body(self.here.node);
        let returns = matches!(module[leaves], Stmt::Return(_));
        let around = |statement: StmtId| {
            matches!(module[statement], Stmt::For(_) | Stmt::While(_))
                && module.statement_span(statement).contains_range(span)
        };
        let mut loops: Vec<TextRange> = Vec::new();
        let mut all = Vec::new();
        each_statement(module, body, &mut |statement| {
            if around(statement) {
                loops.push(module.statement_span(statement));
            }
            all.push(statement);
        });
        // Loops come from the outside inwards; `break` and `continue` leave the innermost.
        if !returns {
            loops.drain(..loops.len().saturating_sub(1));
        }
        let is_left_out = |statement: &StmtId| {
            let found = module.statement_span(*statement);
            returns && found.start() >= span.end()
                || loops.iter().any(|looped| *looped != found && looped.contains_range(found))
        };
        all.retain(is_left_out);
        all
    }

    /// Whether the function here gives nothing, wherever it returns.
    fn gives_nothing(&self) -> bool {
        let Code::Function(function) = self.here.node().code else { return false };
        let module = self.module();
        module[function.function].returns.iter().all(|ret| ret.value.is_none())
    }

    /// Whether all that an expression does as a statement is what [`does`](Self::does) says: a call of something that is
    /// known, or that only says or keeps something.
    fn is_understood(&self, expr: ExprId) -> bool {
        let module = self.module();
        let Expr::Call { callee, .. } = module[expr] else { return false };
        if self.logs(callee) || self.keeps(callee).is_some() {
            return true;
        }
        let evaluator = self.here.reach.evaluator();
        let callees = evaluator.value(callee, self.here.place()).known;
        let is_own = |known: &ValueId| matches!(evaluator.get(*known), Value::Function(_));
        // What is known of other libraries issues no commands; what is not may hand them on.
        let is_foreign = |known: &ValueId| {
            let name = evaluator.outside_name(*known);
            name.is_some_and(|name| !may_issue_command(name) && evaluator.world().knows(name))
        };
        callees.iter().any(is_own) || !callees.is_empty() && callees.iter().all(is_foreign)
    }

    /// The container that a callee puts something into: `lines.append`.
    fn keeps(&self, callee: ExprId) -> Option<ExprId> {
        match self.module()[callee] {
            Expr::Attribute { value, name } if super::PUT.contains(&name.as_str()) => Some(value),
            _ => None,
        }
    }

    /// What an expression does while it is evaluated, beside giving a value.
    pub(super) fn does(&self, expr: ExprId, steps: usize) -> ValueUse {
        let module = self.module();
        let mut worst = ValueUse::Unused;
        each_within(module, expr, &mut |part| {
            if worst == ValueUse::Decides {
                return;
            }
            let found = match module[part] {
                Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => ValueUse::Decides,
                Expr::Call { callee, .. } => self.called(part, callee, steps),
                _ => ValueUse::Unused,
            };
            worst = worst.min(found);
        });
        worst
    }

    fn called(&self, call: ExprId, callee: ExprId, steps: usize) -> ValueUse {
        if self.logs(callee) {
            return ValueUse::Text;
        }
        let evaluator = self.here.reach.evaluator();
        let callees = evaluator.value(callee, self.here.place()).known;
        let uses = callees.iter().map(|known| match evaluator.get(*known) {
            Value::Function(_) => self.led_to(call, steps),
            _ => match evaluator.outside_name(*known) {
                Some(name) if may_issue_command(name) => ValueUse::Decides,
                Some(name) if name == "builtins.print" => ValueUse::Text,
                Some(name) if super::asks_the_world(name) => ValueUse::Outside,
                _ => ValueUse::Unused,
            },
        });
        let kept = self.keeps(callee).map(|container| self.kept_in(container, None, steps));
        uses.chain(kept).min().unwrap_or(ValueUse::Unused)
    }

    /// What the functions of the project do that a call leads to.
    fn led_to(&self, call: ExprId, steps: usize) -> ValueUse {
        let graph = Graph::new(self.here.reach);
        let site = self.module().span(call);
        let led: Vec<_> = graph.led_to_by(self.here.node, site).collect();
        if led.is_empty() || steps <= 1 {
            return ValueUse::Decides;
        }
        let uses = led.into_iter().map(|node| {
            let there = self.at(Here { reach: self.here.reach, node });
            there.body_does(graph.body(node), steps - 1)
        });
        uses.min().unwrap_or(ValueUse::Decides)
    }

    /// What the body of the function here does. One that leads back to itself adds nothing.
    fn body_does(&self, body: Suite, steps: usize) -> ValueUse {
        let asked = (self.here.node, steps);
        if let Some(found) = self.told.bodies.borrow().get(&asked) {
            return *found;
        }
        self.told.bodies.borrow_mut().insert(asked, ValueUse::Unused);
        let found = self.statements_do(body, steps);
        self.told.bodies.borrow_mut().insert(asked, found);
        found
    }

    fn statements_do(&self, body: Suite, steps: usize) -> ValueUse {
        let Code::Function(function) = self.here.node().code else { return ValueUse::Decides };
        let module = self.module();
        let definition = &module[function.function];
        if definition.runs_later() {
            return ValueUse::Decides;
        }
        match definition.body {
            Body::Expression(value) => self.does(value, steps),
            Body::Statements(_) => {
                let mut worst = ValueUse::Unused;
                each_statement(module, body, &mut |statement| {
                    if worst == ValueUse::Decides {
                        return;
                    }
                    let found = match module[statement] {
                        // What it gives is asked for where it is called.
                        Stmt::Return(Some(value)) => self.does(value, steps),
                        Stmt::Return(None) => ValueUse::Unused,
                        _ => self.run(statement, steps),
                    };
                    worst = worst.min(found);
                });
                worst
            }
        }
    }
}
