//! Guards that are hardly passed: what they ask for is settled before, by a wait or by an earlier test.
//!
//! Knows: the tests on the way to a statement, what is settled before them, and what runs in between: another wait or code of
//! the project may change the answer. Does not know: what is settled in other functions, or conditions that are no lambda; what
//! comes in a later round of a loop, what another waiter for the same takes away, or what is changed under another name. So it is no
//! proof: it makes a finding doubtful.
//!
//! ```python
//! await workflow.wait_condition(lambda: self.quote is not None)
//! if self.quote is None:                 # only tells a type checker what is known
//!     raise RuntimeError("no quote")
//! ```

use super::code::{Graph, bindings_of, each_within};
use crate::python::{Event, EventKind, NodeId};
use crate::semantic::{
    BindingKind, BlockId, Body, BoolOp, CmpOp, Condition, Expr, ExprId, Module, RegionKind, Stmt, StmtId, Suite, Use,
};
use crate::source::{TextRange, TextSize};
use crate::temporal::sdk_calls::WAIT_CONDITION;
use crate::temporal::settled::{Part, are_opposite, is_same, parts};

/// A statement of reached code.
pub(super) struct At {
    pub node: NodeId,
    pub block: BlockId,
    pub range: TextRange,
}

/// How many tests on the way to a statement are looked at, the nearest first.
const MOST: usize = 16;

/// Whether control hardly comes to a statement, because something on every way there has settled the opposite of the tests
/// behind it.
pub(super) fn is_held_off(graph: &Graph<'_, '_>, at: &At) -> bool {
    let module = graph.module(at.node);
    let way = Way { graph, module, at };
    let is_settled = |settled: &Settled| {
        let tests = way.tests(settled.since);
        way.refutes(settled, (settled.condition, settled.truth), &tests) && way.is_straight(settled.since)
    };
    way.waits().iter().any(is_settled) || way.passed().iter().any(is_settled)
}

/// What is known to come out so from some place on.
struct Settled {
    condition: ExprId,
    truth: bool,
    since: TextSize,
}

/// The way to a statement in its function.
struct Way<'a, 'p> {
    graph: &'a Graph<'a, 'p>,
    module: &'p Module,
    at: &'a At,
}

impl Way<'_, '_> {
    /// What waits that control always passes waited for.
    fn waits(&self) -> Vec<Settled> {
        let events = self.graph.reach.node(self.at.node).events.iter();
        events.filter_map(wait).filter_map(|call| self.wait(call)).collect()
    }

    fn wait(&self, call: ExprId) -> Option<Settled> {
        let module = self.module;
        let Use::Awaited(awaited) = module.uses().use_of(call) else { return None };
        let Use::Discarded(waiting) = module.uses().use_of(awaited) else { return None };
        let Expr::Call { arguments, .. } = module[call] else { return None };
        let Expr::Lambda(lambda) = module[module.list(arguments).first()?.value] else { return None };
        let Body::Expression(condition) = module[lambda].body else { return None };
        let since = module.span(call).end();
        let passes = since <= self.at.range.start() && self.always_passes(waiting);
        passes.then_some(Settled { condition, truth: true, since })
    }

    /// Whether control comes to the statement only behind a statement that has come back. The end of a `try` whose handlers
    /// leave the function is behind its body.
    fn always_passes(&self, statement: StmtId) -> bool {
        let module = self.module;
        let mut passed = statement;
        for (region, protected) in module.regions_around(module.block_of(statement)) {
            if module.regions_around(self.at.block).any(|(around, _)| around == region) {
                break;
            }
            let RegionKind::Try(tried) = protected.kind else { return false };
            let tried = module[tried];
            let ends = module.list(tried.handlers).iter().all(|handler| leaves(module, handler.body));
            if !ends || !module.list(tried.body).contains(&passed) {
                return false;
            }
            passed = tried.statement;
        }
        let block = module.block_of(passed);
        module.passed_before(self.at.block).any(|passed| passed == block)
    }

    /// The tests that control has passed to come here. What a loop asks is settled behind it.
    fn passed(&self) -> Vec<Settled> {
        let module = self.module;
        let settled = |(test, truth): (ExprId, bool)| {
            let statement = module.uses().statement_of(test)?;
            let span = module.statement_span(statement);
            let is_loop = matches!(module[statement], Stmt::While(_)) && !span.contains_range(self.at.range);
            let since = if is_loop { span.end() } else { module.span(test).end() };
            Some(Settled { condition: test, truth, since })
        };
        self.guards().filter_map(settled).collect()
    }

    fn guards(&self) -> impl Iterator<Item = (ExprId, bool)> + '_ {
        let tests = self.module.guards(self.at.block).filter_map(|(_, condition)| match condition {
            Condition::Test(test, holds) => Some((test, holds)),
            _ => None,
        });
        tests.take(MOST)
    }

    /// What the tests behind a place let through to the statement.
    fn tests(&self, behind: TextSize) -> Vec<Part> {
        let module = self.module;
        let later = self.guards().filter(|(test, _)| module.span(*test).start() >= behind);
        later.flat_map(|(test, holds)| parts(module, test, holds, BoolOp::And)).collect()
    }

    /// Whether some tests say that a part of what is settled does not come out so.
    fn refutes(&self, settled: &Settled, part: Part, tests: &[Part]) -> bool {
        let module = self.module;
        let all = parts(module, part.0, part.1, BoolOp::And);
        if all.len() > 1 {
            return all.iter().any(|part| self.refutes(settled, *part, tests));
        }
        let any = parts(module, part.0, part.1, BoolOp::Or);
        any.iter().all(|part| tests.iter().any(|test| self.contradict(settled, *part, *test)))
    }

    /// Whether what is settled and what a test lets through cannot both be.
    fn contradict(&self, settled: &Settled, known: Part, test: Part) -> bool {
        let (said, asked) = (Said::of(self.module, known), Said::of(self.module, test));
        let is_about_the_same = || {
            is_same(self.module, said.subject, asked.subject)
                || self.is_taken_from(asked.subject, said.subject, settled.since)
        };
        let is_refuted = match (said.is, asked.is) {
            (Is::Empty(one), Is::Empty(other)) | (Is::None(one), Is::None(other)) => one != other,
            // What counts as true is not `None`.
            (Is::Empty(false), Is::None(true)) | (Is::None(true), Is::Empty(false)) => true,
            _ => false,
        };
        let refuted = is_refuted && is_about_the_same() || are_opposite(self.module, known, test);
        refuted && !self.is_bound_since(known.0, settled.since) && !self.is_used_since(known.0, settled.since)
    }

    /// Whether a name is only bound to an expression, behind a place.
    fn is_taken_from(&self, name: ExprId, taken: ExprId, behind: TextSize) -> bool {
        let module = self.module;
        let [binding] = bindings_of(module, name) else { return false };
        let BindingKind::Assign { value, path, .. } = module[*binding].kind else { return false };
        module.list(path).is_empty() && module.span(value).start() >= behind && is_same(module, value, taken)
    }

    /// Whether a name in an expression is bound anew between a place and the statement.
    fn is_bound_since(&self, expr: ExprId, since: TextSize) -> bool {
        let (module, between) = (self.module, self.between(since));
        let mut is_bound = false;
        each_within(module, expr, &mut |part| {
            is_bound |= bindings_of(module, part).iter().any(|binding| between.contains_range(module[*binding].range));
        });
        is_bound
    }

    /// Whether a method of something that an expression asks about is called between a place and the statement, or it is given to
    /// a call that nobody looks at the result of.
    fn is_used_since(&self, expr: ExprId, since: TextSize) -> bool {
        let (module, between) = (self.module, self.between(since));
        let mut asked: Vec<ExprId> = Vec::new();
        each_within(module, expr, &mut |part| {
            if matches!(module[part], Expr::Attribute { .. } | Expr::Name { .. }) {
                asked.push(part);
            }
        });
        let is_object = |expr: &ExprId| module.method_of_object(*expr).is_some();
        asked.retain(|part| !is_object(part));
        module.calls().iter().filter(|call| between.contains_range(module.span(**call))).any(|call| {
            let Expr::Call { callee, arguments } = module[*call] else { return false };
            let of = match module[callee] {
                Expr::Attribute { value, .. } => Some(value),
                _ => None,
            };
            let is_statement = matches!(module.uses().use_of(*call), Use::Discarded(_));
            let given = module.list(arguments).iter().filter(|_| is_statement).map(|given| given.value);
            given.chain(of).any(|used| asked.iter().any(|part| is_same(module, *part, used)))
        })
    }

    fn between(&self, since: TextSize) -> TextRange {
        TextRange::new(since, self.at.range.start().max(since))
    }

    /// Whether nothing happens between a place and the statement that may change the answer: no wait, no call of code of the
    /// project, no assignment to an attribute.
    fn is_straight(&self, since: TextSize) -> bool {
        let (module, between) = (self.module, self.between(since));
        let after = |at: BlockId| self.graph.blocks_after(self.graph.place(self.at.node).file, &[at]);
        let leads_on = |at: BlockId| at == self.at.block || after(at).contains(&self.at.block);
        let leads = self.graph.leads_on(self.at.node).iter();
        let mut calls = leads.map(|(edge, _)| edge).filter(|edge| between.contains_range(edge.site));
        let function = module[self.at.block].function;
        let mut stores = module.all_attribute_stores().iter().filter(|store| {
            let is_between = store.value.is_none_or(|value| between.contains_range(module.span(value)));
            module[store.block].function == function && is_between
        });
        let mut waits = module
            .statement_ids()
            .filter(|statement| between.contains_range(module.statement_span(*statement)) && waits(module, *statement));
        !calls.any(|edge| edge.block.is_none_or(leads_on))
            && !stores.any(|store| leads_on(store.block))
            && !waits.any(|statement| leads_on(module.block_of(statement)))
    }
}

fn wait(event: &Event) -> Option<ExprId> {
    let is_wait = matches!(event.kind, EventKind::Call { callee, .. } if callee == WAIT_CONDITION);
    event.expr.filter(|_| is_wait)
}

/// Whether a statement itself waits, what stands in its suites left aside.
fn waits(module: &Module, statement: StmtId) -> bool {
    let mut waits = match module[statement] {
        Stmt::With(with) => module[with].is_async,
        Stmt::For(looped) => module[looped].is_async,
        _ => false,
    };
    module.each_expression(statement, &mut |expr| {
        each_within(module, expr, &mut |part| {
            waits |= matches!(module[part], Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_));
        });
    });
    waits
}

/// What a test says of something.
struct Said {
    subject: ExprId,
    is: Is,
}

#[derive(Clone, Copy)]
enum Is {
    /// Whether it is `None`.
    None(bool),
    /// Whether it counts as false.
    Empty(bool),
}

impl Said {
    fn of(module: &Module, (asked, truth): Part) -> Self {
        if let Expr::Compare { left, rest } = module[asked]
            && let [only] = module.list(rest)
            && matches!(module[only.right], Expr::None)
        {
            match only.op {
                CmpOp::Is | CmpOp::Eq => return Self { subject: left, is: Is::None(truth) },
                CmpOp::IsNot | CmpOp::NotEq => return Self { subject: left, is: Is::None(!truth) },
                _ => {}
            }
        }
        let (subject, says) = counted(module, asked)
            .or_else(|| Some((of_builtin(module, asked, "bool")?, true)))
            .unwrap_or((asked, true));
        Self { subject, is: Is::Empty(says != truth) }
    }
}

/// What a builtin of one argument is given.
fn of_builtin(module: &Module, call: ExprId, builtin: &str) -> Option<ExprId> {
    let Expr::Call { callee, arguments } = module[call] else { return None };
    let [only] = module.list(arguments) else { return None };
    matches!(module[callee], Expr::Name { name, .. } if name == builtin).then_some(only.value)
}

/// What a comparison of a length asks about, and whether it says that there is something: `len(self.lines) > 0`.
fn counted(module: &Module, test: ExprId) -> Option<(ExprId, bool)> {
    let Expr::Compare { left, rest } = module[test] else { return None };
    let [only] = module.list(rest) else { return None };
    let subject = of_builtin(module, left, "len")?;
    match (only.op, module[only.right]) {
        (CmpOp::Gt | CmpOp::NotEq, Expr::Int(0)) | (CmpOp::GtE, Expr::Int(1)) => Some((subject, true)),
        (CmpOp::Eq | CmpOp::LtE, Expr::Int(0)) | (CmpOp::Lt, Expr::Int(1)) => Some((subject, false)),
        _ => None,
    }
}

fn leaves(module: &Module, body: Suite) -> bool {
    let last = module.list(body).last();
    last.is_some_and(|last| matches!(module[*last], Stmt::Return(_) | Stmt::Raise { .. }))
}
