//! What `run` clears behind a wait although it waits for it next.
//!
//! Knows: a statement that clears an attribute, the `wait_condition` that is the next thing to wait and asks for that attribute,
//! around the end of a loop, too, what is awaited before the statement, and the handlers that set the attribute; a flag may be
//! cleared to either truth. Does not know:
//! conditions that are no lambda, and what is cleared by a function.
//!
//! ```python
//! await workflow.execute_activity(ask, …)         # the answer may come while this waits
//! self.answer = None                              # and is thrown away here
//! await workflow.wait_condition(lambda: self.answer is not None)
//! ```

use super::super::code::{each_statement, each_within};
use super::super::missing::says_missing;
use super::access::{Access, AccessKind, Assigned, State};
use crate::python::{EventKind, NodeId};
use crate::semantic::{Body, CmpOp, Expr, ExprId, Module, Name, Stmt, StmtId, Suite};
use crate::source::{TextRange, TextSize};
use crate::temporal::definitions::Role;
use crate::temporal::sdk_calls::WAIT_CONDITION;

/// A statement that throws away what a handler may have set.
#[derive(Debug)]
pub struct Cleared {
    /// The statement's part that clears it.
    pub clear: Access,
    /// What is awaited before.
    pub awaited: TextRange,
    /// What the handler does.
    pub by: Access,
    /// How the handler is called.
    pub handler: String,
}

/// The statements of a suite, and whether its first one comes behind its last one again.
struct Steps<'m> {
    statements: &'m [StmtId],
    is_loop: bool,
}

impl State<'_, '_> {
    /// What the code of a workflow's `run` clears behind a wait although it waits for it next.
    #[must_use]
    pub fn cleared_before_waits(&self, workflow: usize) -> Vec<Cleared> {
        let uses = self.uses(workflow);
        let nodes = self.reached_from(&|entry| entry.workflow == Some(workflow) && entry.role == Role::Run);
        let mut found: Vec<Cleared> = Vec::new();
        for node in nodes {
            for wait in self.waits(node) {
                for Clear { access: clear, leaves, awaited, since } in self.clears_before(node, &wait, uses.of_run()) {
                    let is_between = |place: TextRange| match since <= clear.range.start() {
                        true => since <= place.start() && place.end() <= clear.range.start(),
                        // Around the end of a loop.
                        false => place.end() <= clear.range.start() || since <= place.start(),
                    };
                    // What else the handler leaves may have been read in time: then its flag has been heeded.
                    let is_unread = |other: Name| {
                        let mut reads = uses.of_run().iter().filter(|read| is_read(read) && read.attribute == other);
                        reads.all(|read| read.node == node && !is_between(read.range))
                    };
                    let by = uses.lost_by_clearing(clear.attribute, leaves, &is_unread);
                    if let Some((handler, by)) = by.map(|(handler, by)| (handler.to_owned(), by.clone())) {
                        found.push(Cleared { clear: clear.clone(), awaited, by, handler });
                    }
                }
            }
        }
        found.sort_by_key(|cleared| (cleared.clear.node, cleared.clear.range.start()));
        found.dedup_by_key(|cleared| (cleared.clear.node, cleared.clear.range));
        found
    }

    /// The waits of some code for a condition that is written on the spot.
    fn waits(&self, node: NodeId) -> Vec<Wait> {
        let module = self.graph.module(node);
        let events = self.reached().reach.node(node).events.iter();
        let calls =
            events.filter(|event| matches!(event.kind, EventKind::Call { callee, .. } if callee == WAIT_CONDITION));
        calls
            .filter_map(|event| {
                let Expr::Call { arguments, .. } = module[event.expr?] else { return None };
                let Expr::Lambda(lambda) = module[module.list(arguments).first()?.value] else { return None };
                match module[lambda].body {
                    Body::Expression(condition) => Some(Wait { range: event.range, condition }),
                    Body::Statements(_) => None,
                }
            })
            .collect()
    }

    /// The accesses that clear what a wait asks for, with nothing that waits between the two, and what is awaited before them.
    fn clears_before<'a>(&self, node: NodeId, wait: &Wait, run: &'a [Access]) -> Vec<Clear<'a>> {
        let module = self.graph.module(node);
        let Some((steps, position)) = steps_around(module, self.graph.body(node), false, wait.range) else {
            return Vec::new();
        };
        let before = steps.before(position);
        let quiet = before.iter().position(|step| first_await(module, *step).is_some()).unwrap_or(before.len());
        let mut found = Vec::new();
        // The last statement that waits may clear behind that, as in its `finally`.
        for (index, step) in before.iter().take(quiet + 1).enumerate() {
            let span = module.statement_span(*step);
            let inside = run.iter().filter(|access| access.node == node && span.contains_range(access.range));
            for (access, leaves) in inside.filter_map(|access| Some((access, left_by(module, *step, access)?))) {
                if !waits_for(module, wait.condition, access.attribute, leaves) {
                    continue;
                }
                let own = first_await(module, *step).filter(|awaited| awaited.end() <= access.range.start());
                let earlier = || before[index + 1..].iter().find_map(|step| Some((*step, first_await(module, *step)?)));
                let awaited = own.map(|awaited| (*step, awaited)).or_else(earlier);
                if let Some((step, awaited)) = awaited.filter(|_| ends_with(module, *step, access.range)) {
                    let since = module.statement_span(step).start();
                    found.push(Clear { access, leaves, awaited, since });
                }
            }
        }
        found
    }
}

/// A statement that clears an attribute.
struct Clear<'a> {
    access: &'a Access,
    /// What truth it leaves.
    leaves: bool,
    /// What is awaited before.
    awaited: TextRange,
    /// Where the statement begins that awaits it; around the end of a loop, it stands behind the one that clears.
    since: TextSize,
}

/// A wait for a condition.
struct Wait {
    range: TextRange,
    condition: ExprId,
}

impl Steps<'_> {
    /// What runs before one of the statements, the nearest first.
    fn before(&self, position: usize) -> Vec<StmtId> {
        let (earlier, later) = self.statements.split_at(position);
        let round = if self.is_loop { &later[1..] } else { &[] };
        earlier.iter().rev().chain(round.iter().rev()).copied().collect()
    }
}

/// The innermost suite that holds a statement which is, or as a `try` begins with, what stands at a place.
fn steps_around(module: &Module, suite: Suite, is_loop: bool, place: TextRange) -> Option<(Steps<'_>, usize)> {
    let statements = module.list(suite);
    let position = statements.iter().position(|step| module.statement_span(*step).contains_range(place))?;
    match module[statements[position]] {
        Stmt::Function(_) | Stmt::Class(_) => None,
        Stmt::Expr(_) | Stmt::Assign { .. } => Some((Steps { statements, is_loop }, position)),
        Stmt::While(looped) => steps_around(module, module[looped].body, true, place),
        Stmt::Try(tried)
            if module.list(module[tried].body).first().is_some_and(|first| holds(module, *first, place)) =>
        {
            Some((Steps { statements, is_loop }, position))
        }
        _ => {
            let mut found = None;
            module.each_suite(statements[position], &mut |inner| {
                found = found.take().or_else(|| steps_around(module, inner, false, place));
            });
            found
        }
    }
}

fn holds(module: &Module, statement: StmtId, place: TextRange) -> bool {
    matches!(module[statement], Stmt::Expr(_) | Stmt::Assign { .. })
        && module.statement_span(statement).contains_range(place)
}

/// Whether what stands at a place is the last that a statement does: it is that, or ends its `finally`, or its body.
fn ends_with(module: &Module, statement: StmtId, place: TextRange) -> bool {
    let last = |suite: Suite| module.list(suite).last().is_some_and(|last| ends_with(module, *last, place));
    match module[statement] {
        Stmt::Try(tried) if !module.list(module[tried].finally).is_empty() => last(module[tried].finally),
        Stmt::Try(tried) => last(module[tried].body) || last(module[tried].orelse),
        Stmt::With(with) => last(module[with].body),
        Stmt::Expr(_) | Stmt::Assign { .. } => module.statement_span(statement).contains_range(place),
        _ => false,
    }
}

/// The first thing that a statement awaits.
fn first_await(module: &Module, statement: StmtId) -> Option<TextRange> {
    let mut found: Option<TextRange> = None;
    let mut of_statement = |statement: StmtId| {
        if matches!(module[statement], Stmt::Function(_) | Stmt::Class(_)) {
            return;
        }
        module.each_expression(statement, &mut |expr| {
            each_within(module, expr, &mut |part| {
                if found.is_none() && matches!(module[part], Expr::Await(_)) {
                    found = Some(module.span(part));
                }
            });
        });
    };
    of_statement(statement);
    module.each_suite(statement, &mut |suite| each_statement(module, suite, &mut of_statement));
    found
}

fn is_read(access: &Access) -> bool {
    matches!(access.kind, AccessKind::Read { .. })
}

/// What truth an attribute has behind a statement that clears it.
fn left_by(module: &Module, statement: StmtId, access: &Access) -> Option<bool> {
    match access.kind {
        AccessKind::Set(Assigned::None | Assigned::Empty) => Some(false),
        AccessKind::Set(Assigned::Constant) => {
            let Stmt::Assign { value, .. } = module[statement] else { return None };
            (module[value] == Expr::Bool(true)).then_some(true)
        }
        AccessKind::Change(by) => by.is_some_and(|by| by == "clear").then_some(false),
        _ => None,
    }
}

/// Whether a condition only holds once an attribute has another truth than this: once it has been set, or has got something, or
/// once a flag is down.
fn waits_for(module: &Module, condition: ExprId, attribute: Name, left: bool) -> bool {
    let is_it = |part: ExprId| matches!(module[part], Expr::Attribute { name, .. } if name == attribute);
    let is_asked = |truth: bool| {
        says_missing(module, condition, truth, &is_it) && !says_missing(module, condition, !truth, &is_it)
    };
    match left {
        false => is_asked(false) || has_more_than(module, condition, &is_it),
        true => is_asked(true) && !is_compared(module, condition, &is_it),
    }
}

/// Whether an attribute is asked for more than its truth: which of several texts or numbers it is.
fn is_compared(module: &Module, condition: ExprId, is_it: &dyn Fn(ExprId) -> bool) -> bool {
    let mut compared = false;
    each_within(module, condition, &mut |part| {
        if matches!(module[part], Expr::Compare { .. }) {
            each_within(module, part, &mut |inner| compared |= is_it(inner));
        }
    });
    compared
}

/// `len(self.lines) > 0`.
fn has_more_than(module: &Module, condition: ExprId, is_it: &dyn Fn(ExprId) -> bool) -> bool {
    let Expr::Compare { left, rest } = module[condition] else { return false };
    let mut names = false;
    each_within(module, left, &mut |part| names |= is_it(part));
    names && matches!(module.list(rest), [only] if matches!(only.op, CmpOp::Gt | CmpOp::GtE))
}
