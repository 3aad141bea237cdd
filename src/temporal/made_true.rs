//! What `run` makes true for good and long before it ends: a handler that waits for that alone is done before the workflow is.
//!
//! Knows: an attribute that is given a constant, nothing that takes it back, and the commands that `run` itself awaits behind it
//! on all ways to its ends. Does not know: commands that helpers of `run` await, and errors that end `run` before.
//!
//! ```python
//! self.is_prepared = True                         # handlers that wait for this go on here
//! await workflow.execute_activity(complete, …)    # and are done before this is
//! ```

use rustc_hash::FxHashSet;

use super::code::each_within;
use super::commands::issues_command;
use super::definitions::{EntryPoint, Role};
use super::sdk_calls::WAIT_CONDITION;
use super::state::{Access, AccessKind, Assigned, State};
use super::unfinished::{CONTINUES, is_over_at_once};
use crate::python::{Code, Event, EventKind, NodeId};
use crate::semantic::{Body, BoolOp, Expr, ExprId, Module, Name, Stmt, StmtId, Suite};

/// The attributes of a workflow that its `run` makes true long before it ends.
pub(super) fn made_true(state: &State<'_, '_>, workflow: usize, run: NodeId) -> FxHashSet<Name> {
    let reached = state.reached();
    let of = |role: fn(Role) -> bool| {
        state.accesses(&move |entry: &EntryPoint| entry.workflow == Some(workflow) && role(entry.role))
    };
    let by_run = of(|role| role == Role::Run);
    let later = of(|role| role != Role::Init);
    let is_given = |access: &&Access| access.node == run && is_made_true(access);
    let stays = |attribute: Name| {
        let mut changes = later.iter().filter(|access| access.attribute == attribute);
        changes.all(|access| is_made_true(access) || matches!(access.kind, AccessKind::Read { .. }))
    };
    let Code::Function(function) = reached.reach.node(run).code else { return FxHashSet::default() };
    let module = state.module(run);
    let Body::Statements(body) = module[function.function].body else { return FxHashSet::default() };
    let candidates: FxHashSet<Name> = by_run.iter().filter(is_given).map(|access| access.attribute).collect();
    let commands: FxHashSet<ExprId> = reached.reach.node(run).events.iter().filter_map(command).collect();
    let is_long_before = |attribute: &Name| {
        let sets = by_run.iter().filter(|access| is_given(access) && access.attribute == *attribute);
        let mut ways = Ways { module, commands: &commands, sets: sets.collect(), ends_late: true };
        let end = ways.suite(body, Progress::Before);
        ways.ends_late && end == Progress::Behind
    };
    candidates.into_iter().filter(|attribute| stays(*attribute) && is_long_before(attribute)).collect()
}

/// Whether a wait for a condition has no more to wait for once some attributes are true.
pub(super) fn asks_for(module: &Module, wait: &Event, attributes: &FxHashSet<Name>) -> bool {
    let Some(Expr::Call { arguments, .. }) = wait.expr.map(|call| module[call]) else { return false };
    let Some(first) = module.list(arguments).first() else { return false };
    let Expr::Lambda(lambda) = module[first.value] else { return false };
    let Body::Expression(condition) = module[lambda].body else { return false };
    holds_with(module, condition, attributes)
}

/// Whether a condition holds where some attributes are true.
fn holds_with(module: &Module, condition: ExprId, attributes: &FxHashSet<Name>) -> bool {
    match module[condition] {
        Expr::Attribute { value, name } => matches!(module[value], Expr::Name { .. }) && attributes.contains(&name),
        Expr::BoolOp { op, operands } => {
            let mut parts = module.list(operands).iter().map(|part| holds_with(module, *part, attributes));
            if op == BoolOp::Or { parts.any(|holds| holds) } else { parts.all(|holds| holds) }
        }
        _ => false,
    }
}

fn is_made_true(access: &Access) -> bool {
    access.kind == AccessKind::Set(Assigned::Constant) && !access.doubtful
}

/// A command that takes at least until the next activation.
fn command(event: &Event) -> Option<ExprId> {
    let EventKind::Call { callee, .. } = event.kind else { return None };
    let takes_time =
        issues_command(callee) && callee != CONTINUES && callee != WAIT_CONDITION && !is_over_at_once(callee);
    event.expr.filter(|_| takes_time)
}

/// How far control has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// The attribute is not set yet.
    Before,
    /// It is, and nothing was awaited since.
    Set,
    /// A command was awaited since, or control does not come here.
    Behind,
}

/// Goes over all ways through a function.
struct Ways<'m, 'a> {
    module: &'m Module,
    commands: &'a FxHashSet<ExprId>,
    sets: Vec<&'a Access>,
    /// Whether all ends met so far lie behind.
    ends_late: bool,
}

impl Ways<'_, '_> {
    /// How far control has come at least behind a suite.
    fn suite(&mut self, suite: Suite, before: Progress) -> Progress {
        let statements = self.module.list(suite);
        statements.iter().fold(before, |progress, statement| self.statement(*statement, progress))
    }

    fn statement(&mut self, id: StmtId, before: Progress) -> Progress {
        let module = self.module;
        match module[id] {
            Stmt::Return(_) => {
                self.ends_late &= self.straight(id, before) == Progress::Behind;
                Progress::Behind
            }
            // Errors end `run` anywhere: those that are raised on the spot are no worse.
            Stmt::Raise { .. } => Progress::Behind,
            Stmt::If(branches) => {
                let (mut least, mut asked) = (Progress::Behind, before);
                let branches = module.list(branches);
                for branch in branches {
                    asked = branch.test.map_or(asked, |test| self.awaited(test, asked));
                    least = least.min(self.suite(branch.body, asked));
                }
                if branches.iter().any(|branch| branch.test.is_none()) { least } else { least.min(asked) }
            }
            Stmt::While(looped) => self.rounds(module[looped].body, module[looped].orelse, before),
            Stmt::For(looped) => self.rounds(module[looped].body, module[looped].orelse, before),
            // What is raised inside may end there, as with `contextlib.suppress`.
            Stmt::With(with) => {
                self.suite(module[with].body, before);
                before
            }
            Stmt::Try(tried) => {
                let tried = module[tried];
                let mut least = self.suite(tried.body, before);
                least = self.suite(tried.orelse, least);
                for handler in module.list(tried.handlers) {
                    least = least.min(self.suite(handler.body, before));
                }
                self.suite(tried.finally, least)
            }
            Stmt::Match(matched) => {
                let cases = module.list(module[matched].cases);
                cases.iter().fold(before, |least, case| least.min(self.suite(case.body, before)))
            }
            Stmt::Function(_) | Stmt::Class(_) => before,
            _ => self.straight(id, before),
        }
    }

    /// A loop may end before its first round.
    fn rounds(&mut self, body: Suite, orelse: Suite, before: Progress) -> Progress {
        self.suite(body, before);
        self.suite(orelse, before);
        before
    }

    /// A statement without others in it.
    fn straight(&self, id: StmtId, before: Progress) -> Progress {
        let mut progress = before;
        self.module.each_expression(id, &mut |expr| progress = progress.max(self.awaited(expr, progress)));
        let span = self.module.statement_span(id);
        let sets = self.sets.iter().any(|access| span.contains_range(access.range));
        if sets { progress.max(Progress::Set) } else { progress }
    }

    /// How far control has come once an expression is evaluated.
    fn awaited(&self, expr: ExprId, before: Progress) -> Progress {
        let mut found = before;
        each_within(self.module, expr, &mut |part| {
            if let Expr::Await(call) = self.module[part]
                && self.commands.contains(&call)
                && before >= Progress::Set
            {
                found = Progress::Behind;
            }
        });
        found
    }
}
