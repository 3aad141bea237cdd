//! What is done where code fails: `try`, and what is entered by `with`.
//!
//! Knows: handlers, `finally`, managers, and when a failure is nothing but a condition on data. Does not know: what the code
//! inside does.

use std::sync::Arc;

use super::build::{Builder, State};
use super::call::Given;
use super::guards::{first_token, may_fail, without_end};
use super::managers::Manager;
use super::normal::ends;
use super::step::{Condition, Exit, Failures, Handler, Step, Text, Wait, is_raised};
use super::term::{Item, Term, Test, Truth, is_same};
use crate::semantic::{Expr, ExprId, Module, Stmt, StmtId, Suite, Try, With};
use crate::source::TextRange;

/// How it reads that a handler takes whatever is raised.
const ANYTHING: &str = "anything";

/// How an exit stack reads.
pub(super) const STACK: &str = "exit stack ";

/// What is done when code around is left, in whatever way.
#[derive(Debug, Clone)]
pub(super) enum Last {
    /// A `finally` suite.
    Suite(Suite),
    /// A method of an object that was entered.
    Method(Term, &'static str, TextRange),
    /// What an exit stack was given by then.
    Stack(u32, TextRange),
}

impl Builder<'_, '_, '_> {
    pub(super) fn tried(&mut self, tried: Try, range: TextRange) -> bool {
        if self.is_on_path() {
            // Each part of what a group raises is taken by another handler.
            if tried.is_star {
                self.lose();
            }
            return self.tried_on_path(tried);
        }
        if self.module().list(tried.finally).is_empty() {
            return self.handled(tried, range);
        }
        self.finished(Last::Suite(tried.finally), range, |this| this.handled(tried, range))
    }

    /// Does something, and then what is done last; that, too, where it fails.
    fn finished(&mut self, last: Last, range: TextRange, does: impl FnOnce(&mut Self) -> bool) -> bool {
        let guard = self.out.len();
        self.here.finally.push((last.clone(), self.here.open));
        self.here.open += 1;
        let falls = does(self);
        self.here.open -= 1;
        self.here.finally.pop();
        let state = self.state();
        let (mut steps, goes_on) = self.captured(|this| this.last(&last, true));
        (self.env, self.heap) = state;
        let mut handlers = Vec::new();
        if !steps.is_empty() || matches!(goes_on, Truth::When(_)) {
            let raises = Step::Exit(self.raised(), None);
            match goes_on {
                Truth::Always(true) => steps.push(raises),
                Truth::Always(false) => {}
                Truth::When(Test { condition, holds }) => {
                    let (then, orelse) = if holds { (vec![raises], Vec::new()) } else { (Vec::new(), vec![raises]) };
                    steps.push(Step::Branch { condition, then, orelse, at: self.site(range) });
                }
            }
            handlers.push((Text::plain("finally"), steps));
        }
        self.guarded(guard, handlers, falls, range);
        falls && self.does_last(&last)
    }

    /// Does what is done last. Says whether control goes on behind as it would have without.
    fn last(&mut self, last: &Last, failed: bool) -> Truth {
        match last {
            Last::Suite(suite) => Truth::Always(self.suite(*suite)),
            Last::Stack(stack, range) => {
                self.unwind(*stack, *range);
                Truth::Always(!self.is_stopped())
            }
            Last::Method(object, name, range) => match self.method(object, name, failed, *range) {
                Some(swallows) if failed => self.truth(&swallows).not(),
                _ => Truth::Always(true),
            },
        }
    }

    /// Does what is done last where nothing failed.
    fn does_last(&mut self, last: &Last) -> bool {
        matches!(self.last(last, false), Truth::Always(true))
    }

    /// Calls what an exit stack was given, the last first.
    pub(super) fn unwind(&mut self, stack: u32, range: TextRange) {
        for (callee, given) in self.stacks.get(&stack).cloned().unwrap_or_default().into_iter().rev() {
            match &callee {
                Term::Many(head, each) if !each.is_empty() => {
                    let (body, ()) = self.captured(|this| this.called_back(&each[0], given, range));
                    if !body.is_empty() {
                        let at = self.site(range);
                        self.emit(Step::Loop { head: head.clone(), body, at });
                    }
                }
                callee => self.called_back(callee, given, range),
            }
        }
    }

    /// Calls something that an exit stack was given, and waits for it.
    fn called_back(&mut self, callee: &Term, given: Given, range: TextRange) {
        match callee {
            Term::Choice(choice) => {
                let test = Test { condition: choice.condition.clone(), holds: true };
                let again = given.clone();
                self.branch(
                    &test,
                    range,
                    |this| {
                        this.called_back(&choice.then, given, range);
                        true
                    },
                    |this| {
                        this.called_back(&choice.orelse, again, range);
                        true
                    },
                );
            }
            Term::Never => {}
            callee => {
                let called = self.call_term(callee, None, given, range);
                if matches!(called, Term::Lazy(_)) {
                    self.wait_for(&called, range);
                }
            }
        }
    }

    /// Does what is done last wherever the function is left. Says whether it is.
    pub(super) fn run_finally(&mut self) -> bool {
        let (all, open) = (self.here.finally.clone(), self.here.open);
        let mut falls = true;
        for (position, (last, around)) in all.iter().enumerate().rev() {
            self.here.finally.truncate(position);
            while self.here.open > *around {
                self.here.open -= 1;
                self.out.push(Step::Over);
            }
            falls = self.does_last(last);
            if !falls {
                break;
            }
        }
        (self.here.finally, self.here.open) = (all, open);
        falls
    }

    /// A `try` without its `finally`. What stands in its `else` is guarded no more, and handlers lead on behind that.
    fn handled(&mut self, tried: Try, range: TextRange) -> bool {
        let module = self.module();
        if module.list(tried.handlers).is_empty() {
            return self.suite(tried.body) && self.suite(tried.orelse);
        }
        let has_else = !module.list(tried.orelse).is_empty();
        if has_else {
            self.out.push(Step::Failed { handlers: Vec::new(), of: "".into(), at: None });
            self.here.open += 1;
        }
        let (before, guard, first) = (self.state(), self.out.len(), self.here.returns.len());
        self.perhaps += 1;
        let (mut falls, failed) = self.guarded_body(tried);
        let after = self.state();
        let of = first_token(self.out.get(guard..).unwrap_or_default());
        let returned = first..self.here.returns.len();
        let (mut handlers, mut ways) = (Vec::new(), Vec::new());
        for handler in module.list(tried.handlers) {
            (self.env, self.heap) = self.between(&before, &failed);
            self.forget_shared();
            let kind = self.taken_by(handler.kind);
            let condition = self.condition(is_raised(&kind, &of));
            self.here.path.push(Test { condition: condition.clone(), holds: true });
            let from = self.here.returns.len();
            let (mut steps, handler_falls) = self.captured(|this| this.suite(handler.body));
            self.here.path.pop();
            for (path, term) in self.here.returns.split_off(from) {
                for (_, known) in &mut self.here.returns[returned.clone()] {
                    *known = met(known, &term, &condition);
                }
                self.here.returns.push((path, term));
            }
            if handler_falls {
                ways.push((is_raised(&kind, &of), self.state()));
                steps.extend(has_else.then_some(Step::Exit(Exit::Leave(0), None)));
            } else if steps.is_empty() {
                steps.push(Step::Exit(self.raised(), None));
            }
            handlers.push((kind, steps));
        }
        self.perhaps -= 1;
        (self.env, self.heap) = after;
        self.guarded(guard, handlers, falls, range);
        if falls {
            falls = self.suite(tried.orelse);
        }
        let falls_behind = !ways.is_empty();
        self.meet(falls, ways);
        if has_else {
            self.here.open -= 1;
            self.out.push(Step::Over);
        }
        falls || falls_behind
    }

    /// The body of a `try` with handlers. Says whether control goes on behind it, and what is known where it fails.
    fn guarded_body(&mut self, tried: Try) -> (bool, State) {
        let module = self.module();
        let kinds = module.list(tried.handlers).iter().map(|handler| self.kinds_taken(handler.kind, tried.is_star));
        let kinds = kinds.collect();
        self.here.open += 1;
        self.guards += 1;
        self.catchers.push(kinds);
        let (may_fail, flags) = split_flags(module, module.list(tried.body));
        let falls = self.statements(may_fail);
        let failed = self.state();
        let falls = falls && self.statements(flags);
        self.guards -= 1;
        self.catchers.pop();
        self.here.open -= 1;
        (falls, failed)
    }

    /// Takes in what handlers leave behind: what is a constant where nothing failed is something else where they came by.
    fn meet(&mut self, falls: bool, ways: Vec<(Text, State)>) {
        let mut ways = ways.into_iter();
        if !falls {
            let Some((_, first)) = ways.next() else { return };
            (self.env, self.heap) = first;
        }
        for (raised, (env, heap)) in ways {
            let condition = self.condition(raised);
            let joined = |here: &mut Term, there: Term| *here = met(here, &there, &condition);
            for (key, there) in env {
                if let Some(here) = self.env.get_mut(&key) {
                    joined(here, there);
                }
            }
            for (key, there) in heap {
                if let Some(here) = self.heap.get_mut(&key) {
                    joined(here, there);
                }
            }
        }
    }

    /// Says what is done where what was done since `guard` fails, around it. What issues nothing, waits for nothing and
    /// raises nothing fails by its data alone: that is a condition, if anything is done then that counts.
    fn guarded(&mut self, guard: usize, handlers: Vec<Handler>, falls: bool, range: TextRange) {
        if guard > self.out.len() {
            return;
        }
        let at = self.site(range);
        let mut body = self.out.split_off(guard);
        if !handlers.is_empty() && may_fail(&body) {
            let of = first_token(&body);
            if !falls && !ends(&body) {
                body.push(Step::Exit(Exit::Never, None));
            }
            self.out.push(Step::Failed { handlers, of, at });
            self.out.extend(body);
            self.out.push(Step::Over);
            return;
        }
        let body = without_end(body);
        let otherwise = |orelse: Vec<Step>, (kind, then): Handler| {
            // One that is raised here says nothing of another of its kind.
            let text = Text { is_shared: true, ..Text::joined(&[&kind], |parts| format!("{} is raised", parts[0])) };
            vec![Step::Branch { condition: self.condition(text), then, orelse, at: at.clone() }]
        };
        let counting = handlers.into_iter().filter(|(_, steps)| decides(steps, false));
        let steps = counting.rev().fold(body, otherwise);
        self.out.extend(steps);
    }

    /// What may be while something between two states fails: what changes is something on the way.
    fn between(&self, before: &State, after: &State) -> State {
        let passed = |before: &Term, after: Option<&Term>| match after {
            Some(after) if !is_same(before, after) => {
                let (from, to) = (self.text(before), self.text(after));
                Term::other(Text::joined(&[&from, &to], |parts| format!("from {} to {}", parts[0], parts[1])))
            }
            _ => before.clone(),
        };
        let variables = before.0.iter().map(|(key, term)| (*key, passed(term, after.0.get(key)))).collect();
        (variables, before.1.iter().map(|(key, term)| (*key, passed(term, after.1.get(key)))).collect())
    }

    /// What a handler takes, where its classes are named; else it may take anything.
    fn kinds_taken(&mut self, kind: Option<ExprId>, is_group: bool) -> Text {
        let module = self.module();
        let named = kind.filter(|_| !is_group);
        let kinds = named.as_ref().map_or(&[][..], |kind| module.one_or_several(kind));
        let is_class = |kind: &ExprId| {
            self.engine(*kind).only().is_some_and(|kind| {
                matches!(self.evaluator.get(kind), crate::python::Value::Class(..) | crate::python::Value::Outside(_))
            })
        };
        match named {
            Some(kind) if kinds.iter().all(is_class) => self.text_of_handler(kind),
            _ => Text::plain(ANYTHING),
        }
    }

    /// What a handler takes, as it says.
    pub(super) fn taken_by(&mut self, kind: Option<ExprId>) -> Text {
        kind.map_or_else(|| Text::plain(ANYTHING), |kind| self.text_of_handler(kind))
    }

    pub(super) fn text_of_handler(&mut self, kind: ExprId) -> Text {
        let module = self.module();
        if let Expr::Tuple(kinds) = module[kind] {
            let texts: Vec<Text> = module.list(kinds).iter().map(|kind| self.text_of_handler(*kind)).collect();
            return any_of(&texts);
        }
        let term = self.eval(kind);
        self.text(&term)
    }

    /// Goes through a `with` from one of its managers on. Says whether control goes on behind it.
    #[expect(clippy::too_many_lines, reason = "an arm for each kind of manager")]
    pub(super) fn with(&mut self, with: With, position: usize) -> bool {
        let module = self.module();
        let items = module.list(with.items);
        let Some(item) = items.get(position) else { return self.suite(with.body) };
        let range = module.span(item.manager);
        let manager = self.manager(item.manager);
        match manager {
            Manager::Timer(steps) => {
                let limits = steps.iter().filter_map(|step| match step {
                    Step::Command(command) => Some(Arc::clone(&command.token)),
                    _ => None,
                });
                let around = self.limits.len();
                self.limits.extend(limits);
                steps.into_iter().for_each(|step| self.emit(step));
                let falls = self.with(with, position + 1);
                self.limits.truncate(around);
                falls
            }
            Manager::Group(group) => {
                if let Some(target) = item.target {
                    let text = Text::plain(&format!("group {group}"));
                    self.assign(target, Term::Many(text, Arc::default()));
                }
                let falls = self.under_any(|this| this.with(with, position + 1));
                self.raised_in_group();
                let tokens = self.groups.remove(&group).unwrap_or_default();
                if falls && !tokens.is_empty() {
                    let at = self.site(range);
                    self.emit(Step::Wait(Wait { tokens: tokens.clone(), failures: Failures::Grouped, at }));
                    return !self.fails_in_group(&tokens);
                }
                falls
            }
            Manager::Stack(stack) => {
                if let Some(target) = item.target {
                    let text = Text::plain(&format!("{STACK}{stack}"));
                    self.assign(target, Term::Many(text, Arc::default()));
                }
                self.stacks.entry(stack).or_default();
                if !self.is_on_path() {
                    return self.finished(Last::Stack(stack, range), range, |this| this.with(with, position + 1));
                }
                let falls = self.within(vec![Text::plain("finally")], |this| this.with(with, position + 1));
                self.finally_on_path(falls, |this| this.does_last(&Last::Stack(stack, range)))
            }
            Manager::Slot(token) => {
                let at = self.site(range);
                self.emit(Step::Wait(Wait { tokens: vec![token], failures: Failures::Raised, at }));
                self.with(with, position + 1)
            }
            Manager::Suppress(kind) if self.is_on_path() => {
                let falls = self.within(vec![kind.clone()], |this| this.with(with, position + 1));
                falls || self.taken(&[kind]).is_some()
            }
            Manager::Suppress(kind) => {
                let guard = self.out.len();
                self.guards += 1;
                self.here.open += 1;
                let falls = self.under_any(|this| this.with(with, position + 1));
                self.here.open -= 1;
                self.guards -= 1;
                self.guarded(guard, vec![(kind, Vec::new())], falls, range);
                true
            }
            Manager::Object(object) => {
                let (enter, exit) = match with.is_async {
                    true => ("__aenter__", "__aexit__"),
                    false => ("__enter__", "__exit__"),
                };
                let entered = self.method(&object, enter, false, range);
                if let Some(target) = item.target {
                    self.assign(target, entered.unwrap_or(object.clone()));
                }
                if self.is_on_path() {
                    return self.managed_on_path(&object, exit, range, |this| this.with(with, position + 1));
                }
                let last = Last::Method(object, exit, range);
                self.finished(last, range, |this| this.under_any(|this| this.with(with, position + 1)))
            }
            Manager::Generator(function, outer, receiver, given) if position + 1 == items.len() => {
                self.managed_by(function, outer, receiver, given, (with.body, item.target, false), range)
            }
            Manager::Plain => {
                self.entered(item.target);
                self.with(with, position + 1)
            }
            Manager::Generator(..) | Manager::Unknown => {
                self.entered(item.target);
                self.under_any(|this| this.with(with, position + 1))
            }
        }
    }

    /// A target is given what entering a manager gives that is not followed.
    fn entered(&mut self, target: Option<ExprId>) {
        if let Some(target) = target {
            self.assign(target, Term::other(Text::plain("entered")));
        }
    }

    /// Does something inside of what may take any exception, or make another one of it.
    fn under_any(&mut self, does: impl FnOnce(&mut Self) -> bool) -> bool {
        self.catchers.push(vec![Text::plain(ANYTHING)]);
        let falls = does(self);
        self.catchers.pop();
        falls
    }
}

/// Statements, and those behind that put constants somewhere, and so do not fail.
fn split_flags<'m>(module: &Module, statements: &'m [StmtId]) -> (&'m [StmtId], &'m [StmtId]) {
    let is_flag = |statement: &&StmtId| {
        let Stmt::Assign { value, .. } = module[**statement] else { return false };
        matches!(module[value], Expr::None | Expr::Bool(_) | Expr::Int(_) | Expr::Str(_))
    };
    let flags = statements.iter().rev().take_while(is_flag).count();
    statements.split_at(statements.len() - flags)
}

/// Kinds of exceptions of which any is caught.
pub(super) fn any_of(kinds: &[Text]) -> Text {
    let kinds: Vec<&Text> = kinds.iter().collect();
    Text::joined(&kinds, |kinds| {
        let mut kinds = kinds.to_vec();
        kinds.sort_unstable();
        kinds.join(", ")
    })
}

/// What a term is where another may have come about in its place; only of constants that is told.
fn met(here: &Term, there: &Term, condition: &Condition) -> Term {
    match (here, there) {
        (Term::Constant(_), _) if !is_same(here, there) => Term::choice(condition.clone(), there.clone(), here.clone()),
        (Term::Items(items), Term::Items(others))
            if items.len() == others.len() && items.iter().chain(others.iter()).all(|item| item.when.is_none()) =>
        {
            let both = |(item, other): (&Item, &Item)| Item::always(met(&item.term, &other.term, condition));
            Term::Items(Arc::new(items.iter().zip(others.iter()).map(both).collect()))
        }
        _ => here.clone(),
    }
}

/// Whether steps do more to the history than to raise an exception: they issue something, wait, or lead control elsewhere.
fn decides(steps: &[Step], in_loop: bool) -> bool {
    steps.iter().any(|step| match step {
        Step::Command(_) | Step::Wait(_) | Step::Unknown { .. } => true,
        Step::Exit(Exit::Break | Exit::Continue, _) => !in_loop,
        Step::Exit(exit, _) => !exit.raises(),
        Step::Loop { body, .. } => decides(body, true),
        other => {
            let mut found = false;
            other.each_part(&mut |part| found = found || decides(part, in_loop));
            found
        }
    })
}
