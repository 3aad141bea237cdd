//! What is done where code fails: `try`, and what is entered by `with`.
//!
//! Knows: handlers, `finally`, managers, and when a failure is nothing but a condition on data. Does not know: what the code
//! inside does.

use std::sync::Arc;

use super::build::{Builder, State};
use super::managers::Manager;
use super::step::{Exit, Step, Text, Wait, any_step};
use super::term::{Term, is_same};
use crate::semantic::{Expr, ExprId, Try, With};
use crate::source::TextRange;

/// What is caught, with what is done then.
type Handler = (Text, Vec<Step>);

impl Builder<'_, '_, '_> {
    pub(super) fn tried(&mut self, tried: Try, range: TextRange) -> bool {
        let module = self.module();
        let before = self.state();
        let has_finally = !module.list(tried.finally).is_empty();
        if has_finally {
            self.here.finally.push(tried.finally);
        }
        let depth = self.here.finally.len();
        let guard = self.out.len();
        let has_handlers = !module.list(tried.handlers).is_empty();
        self.guards += u32::from(has_handlers);
        let mut falls = self.suite(tried.body);
        self.guards -= u32::from(has_handlers);
        if falls {
            falls = self.suite(tried.orelse);
        }
        let after = self.state();
        let mut handlers = Vec::new();
        let mut falls_behind = false;
        for handler in module.list(tried.handlers) {
            (self.env, self.heap) = self.between(&before, &after);
            self.forget_shared();
            let kind = handler.kind.map_or_else(|| Text::plain("anything"), |kind| self.text_of_handler(kind));
            let (mut steps, handler_falls) = self.captured(|this| this.suite(handler.body));
            falls_behind |= handler_falls;
            if !handler_falls && steps.is_empty() {
                steps.push(Step::Exit(self.raised(), None));
            }
            handlers.push((kind, steps));
        }
        (self.env, self.heap) = after;
        let mut finally = None;
        if has_finally {
            self.here.finally.truncate(depth - 1);
            let (mut steps, _) = self.captured(|this| this.suite(tried.finally));
            if !steps.is_empty() {
                steps.push(Step::Exit(self.raised(), None));
                finally = Some(steps);
            }
        }
        self.guarded(guard, handlers, finally, range);
        if has_finally && (falls || falls_behind) && !self.suite(tried.finally) {
            return false;
        }
        falls || falls_behind
    }

    /// Says what is done where what was done since `guard` fails, in front of it. What issues nothing, waits for nothing and
    /// raises nothing fails by its data alone: that is a condition, if anything is done then that counts.
    fn guarded(&mut self, guard: usize, handlers: Vec<Handler>, finally: Option<Vec<Step>>, range: TextRange) {
        if guard > self.out.len() {
            return;
        }
        let at = self.site(range);
        let body = self.out.split_off(guard);
        let may_fail = |step: &Step| match step {
            Step::Command(_) | Step::Wait(_) | Step::Unknown { .. } => true,
            Step::Exit(exit, _) => exit.raises(),
            _ => false,
        };
        if any_step(&body, &may_fail) {
            let finally = finally.map(|steps| (Text::plain("finally"), steps));
            let handlers: Vec<Handler> = handlers.into_iter().chain(finally).collect();
            if !handlers.is_empty() {
                self.out.push(Step::Failed { handlers, at });
            }
            self.out.extend(body);
            return;
        }
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

    fn text_of_handler(&mut self, kind: ExprId) -> Text {
        let module = self.module();
        if let Expr::Tuple(kinds) = module[kind] {
            let texts: Vec<Text> = module.list(kinds).iter().map(|kind| self.text_of_handler(*kind)).collect();
            let parts: Vec<&Text> = texts.iter().collect();
            return Text::joined(&parts, |parts| {
                let mut parts = parts.to_vec();
                parts.sort_unstable();
                parts.join(", ")
            });
        }
        let term = self.eval(kind);
        self.text(&term)
    }

    pub(super) fn with(&mut self, with: With, position: usize) -> bool {
        let module = self.module();
        let items = module.list(with.items);
        let Some(item) = items.get(position) else { return self.suite(with.body) };
        let range = module.span(item.manager);
        let manager = self.manager(item.manager);
        match manager {
            Manager::Timer(steps) => {
                steps.into_iter().for_each(|step| self.emit(step));
                self.with(with, position + 1)
            }
            Manager::Group(group) => {
                if let Some(target) = item.target {
                    let text = Text::plain(&format!("group {group}"));
                    self.assign(target, Term::Many(text, Arc::default()));
                }
                let falls = self.with(with, position + 1);
                let tokens = self.groups.remove(&group).unwrap_or_default();
                if falls && !tokens.is_empty() {
                    let at = self.site(range);
                    self.emit(Step::Wait(Wait { tokens, keeps_failures: false, at }));
                }
                falls
            }
            Manager::Slot(token) => {
                let at = self.site(range);
                self.emit(Step::Wait(Wait { tokens: vec![token], keeps_failures: false, at }));
                self.with(with, position + 1)
            }
            Manager::Suppress(kind) => {
                let guard = self.out.len();
                self.guards += 1;
                self.with(with, position + 1);
                self.guards -= 1;
                self.guarded(guard, vec![(kind, Vec::new())], None, range);
                true
            }
            Manager::Object(object) => {
                let (enter, exit) = match with.is_async {
                    true => ("__aenter__", "__aexit__"),
                    false => ("__enter__", "__exit__"),
                };
                let entered = self.method(&object, enter, range);
                if let Some(target) = item.target {
                    self.assign(target, entered.unwrap_or(object.clone()));
                }
                let falls = self.with(with, position + 1);
                if falls {
                    self.method(&object, exit, range);
                }
                falls
            }
            Manager::Generator(function, outer, receiver, given) if position + 1 == items.len() => {
                self.managed_by(function, outer, receiver, given, (with.body, item.target), range)
            }
            Manager::Generator(..) | Manager::Plain => {
                if let Some(target) = item.target {
                    self.assign(target, Term::other(Text::plain("entered")));
                }
                self.with(with, position + 1)
            }
        }
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
