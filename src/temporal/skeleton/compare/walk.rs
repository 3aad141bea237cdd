//! Both versions of a flow gone through side by side, up to the first command that is not alike.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::branches::decided;
use super::state::State;
use super::words::{excerpt, first_of, shown};
use super::{Difference, DifferenceKind, Verdict};
use crate::temporal::skeleton::step::{Command, Exit, Flow, FlowKind, Step, Text, any_step};

/// How many pairs of steps are looked at for a flow.
pub(super) const BUDGET: u32 = 20_000;

pub(super) struct Walk<'w> {
    pub(super) workflow: &'w str,
    pub(super) flow: &'w Flow,
    /// Other flows issue commands, which may come between.
    pub(super) others_issue: bool,
    pub(super) budget: std::cell::Cell<u32>,
}

impl Walk<'_> {
    pub(super) fn flows(&self, old: &[Step], new: &[Step]) -> Option<Difference> {
        let mut state = State::default();
        let runs = self.flow.kind != FlowKind::Run;
        let strong = self.sequence(old, new, &mut state, runs);
        strong.or_else(|| {
            state.weak.sort_by_key(|weak| std::cmp::Reverse((weak.is_sure, weak.verdict)));
            state.weak.into_iter().next()
        })
    }

    pub(super) fn difference(&self, kind: DifferenceKind, verdict: Verdict, old: &[Step], new: &[Step]) -> Difference {
        let first = |steps: &[Step]| steps.iter().find_map(|step| step.at().cloned());
        Difference {
            commands: [old, new].map(|steps| first_of(steps).map(Command::called)),
            before: excerpt(old),
            after: excerpt(new),
            before_at: first(old),
            after_at: first(new),
            ..Difference::of(kind, verdict, self.workflow, (self.flow.kind, &self.flow.name))
        }
    }

    /// The first difference of two runs of steps. `runs` says whether an execution may wait somewhere behind them.
    pub(super) fn sequence(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let (mut i, mut j) = (0, 0);
        loop {
            let left = self.budget.get();
            if left == 0 {
                let mut found = self.difference(DifferenceKind::Unknown, Verdict::Unknown, &old[i..], &new[j..]);
                found.what = "there are too many ways through it".to_owned();
                return Some(found);
            }
            self.budget.set(left - 1);
            while let Some(Step::Wait(wait)) = old.get(i) {
                state.take_old(wait);
                i += 1;
            }
            while let Some(Step::Wait(wait)) = new.get(j) {
                self.take_new(wait, state);
                j += 1;
            }
            let (old_rest, new_rest) = (&old[i..], &new[j..]);
            if let Some(way) = decided(old_rest, state, &|_, condition| condition.clone()) {
                return self.sequence(&way, new_rest, state, runs);
            }
            if let Some(way) = decided(new_rest, state, &State::condition) {
                return self.sequence(old_rest, &way, state, runs);
            }
            match (old_rest.first(), new_rest.first()) {
                (Some(Step::Exit(Exit::Never, _)), _) => return None,
                (Some(Step::Exit(exit, _)), Some(Step::Exit(other, _))) => {
                    if exit.is_like(*other) {
                        return None;
                    }
                    let closed = (is_end(*exit) || exit.raises()) && !runs;
                    let verdict = if closed { Verdict::Closed } else { Verdict::Depends };
                    return Some(self.difference(DifferenceKind::Exit, verdict, old_rest, new_rest));
                }
                (None, None) => return None,
                (None | Some(Step::Exit(Exit::Return, _)), None | Some(Step::Exit(Exit::Return, _))) => return None,
                (_, Some(Step::Failed { handlers, .. })) if !matches!(old_rest.first(), Some(Step::Failed { .. })) => {
                    self.new_handlers(handlers, old_rest, new_rest, state);
                    j += 1;
                }
                (Some(Step::Failed { handlers, .. }), other) if !matches!(other, Some(Step::Failed { .. })) => {
                    if handlers.iter().any(|(_, steps)| matters(steps)) {
                        let weak = self.difference(DifferenceKind::Failures, Verdict::Depends, old_rest, new_rest);
                        state.weak.push(weak);
                    }
                    i += 1;
                }
                (Some(Step::Failed { handlers: one, .. }), Some(Step::Failed { handlers: other, .. })) => {
                    match self.handlers(one, other, old_rest, new_rest, state, runs) {
                        Some(found) if found.verdict == Verdict::Unsafe => return Some(found),
                        Some(found) => state.weak.push(found),
                        None => {}
                    }
                    i += 1;
                    j += 1;
                }
                (Some(Step::Unknown { what: one, .. }), Some(Step::Unknown { what: other, .. }))
                    if one.is_like(&state.told(other)) =>
                {
                    i += 1;
                    j += 1;
                }
                (Some(Step::Unknown { reason, .. }), _) | (_, Some(Step::Unknown { reason, .. })) => {
                    let mut found = self.difference(DifferenceKind::Unknown, Verdict::Unknown, old_rest, new_rest);
                    found.what = reason.clone();
                    return Some(found);
                }
                (None | Some(Step::Exit(..)), Some(step)) => {
                    if let Step::Command(command) = step
                        && self.is_tentative(command, old_rest, new_rest, state)
                    {
                        j += 1;
                        continue;
                    }
                    if matches!(step, Step::Branch { .. }) {
                        return self.one_sided_new(old_rest, new_rest, state, runs);
                    }
                    return Some(self.added(old_rest, new_rest, runs));
                }
                (Some(step), None | Some(Step::Exit(..))) => {
                    if matches!(step, Step::Branch { .. }) {
                        return self.one_sided_old(old_rest, new_rest, state, runs);
                    }
                    return Some(self.removed(old_rest, new_rest, runs));
                }
                (Some(Step::Command(one)), Some(Step::Command(other))) if one.is_like(other) => {
                    if let Some(later) = self.later(other, state, old_rest, new_rest) {
                        return Some(later);
                    }
                    state.alias.insert(Arc::clone(&other.token), Arc::clone(&one.token));
                    let begun = |token: &Arc<str>| -> Arc<str> { format!("{token} begun").into() };
                    state.alias.insert(begun(&other.token), begun(&one.token));
                    i += 1;
                    j += 1;
                }
                (
                    Some(Step::Branch { condition: one, then, orelse, .. }),
                    Some(Step::Branch { condition: other, then: new_then, orelse: new_orelse, .. }),
                ) if one.text.is_like(&state.told(&other.text)) => {
                    let runs = runs || waits(&old_rest[1..]);
                    let mut first = state.under(one, true);
                    if let Some(found) = self.sequence(then, new_then, &mut first, runs) {
                        return Some(found);
                    }
                    let mut second = state.under(one, false);
                    if let Some(found) = self.sequence(orelse, new_orelse, &mut second, runs) {
                        return Some(found);
                    }
                    state.join(first);
                    state.join(second);
                    i += 1;
                    j += 1;
                }
                (Some(Step::Loop { head: one, body, .. }), Some(Step::Loop { head: other, body: new_body, .. })) => {
                    let runs = runs || waits(old_rest);
                    let mut first = state.clone();
                    let mut found = self.sequence(body, new_body, &mut first, runs);
                    if found.is_none() {
                        found = self.sequence(body, new_body, &mut first, runs);
                    }
                    if found.is_some() {
                        return found;
                    }
                    if !one.is_like(&first.told(other)) {
                        let mut found =
                            self.difference(DifferenceKind::Condition, Verdict::Depends, old_rest, new_rest);
                        found.what = other.name.to_string();
                        return Some(found);
                    }
                    *state = first;
                    i += 1;
                    j += 1;
                }
                (Some(Step::Beside(one)), Some(Step::Beside(other))) => {
                    let mut beside = state.clone();
                    if let Some(found) = self.sequence(one, other, &mut beside, true) {
                        return Some(found);
                    }
                    state.alias.extend(beside.alias);
                    i += 1;
                    j += 1;
                }
                (Some(Step::Branch { .. }), Some(Step::Branch { .. })) => {
                    return self.branches(old_rest, new_rest, state, runs);
                }
                (_, Some(Step::Branch { .. })) => return self.one_sided_new(old_rest, new_rest, state, runs),
                (Some(Step::Branch { .. }), _) => return self.one_sided_old(old_rest, new_rest, state, runs),
                (_, Some(Step::Command(command))) if self.is_tentative(command, old_rest, new_rest, state) => j += 1,
                (_, Some(Step::Loop { .. })) => return Some(self.new_loop(old_rest, new_rest, state, runs)),
                (Some(Step::Loop { .. }), _) => {
                    let verdict = match self.sequence(&old_rest[1..], new_rest, &mut state.clone(), runs) {
                        None => Verdict::Depends,
                        Some(_) => Verdict::Unsafe,
                    };
                    let mut found = self.difference(DifferenceKind::Removed, verdict, old_rest, new_rest);
                    found.what = shown(old_rest.first());
                    return Some(found);
                }
                (Some(_), Some(_)) => return Some(self.commands(old_rest, new_rest, state, runs)),
            }
        }
    }
}

/// Whether an execution may wait in steps.
pub(super) fn waits(steps: &[Step]) -> bool {
    any_step(steps, &|step| matches!(step, Step::Wait(_) | Step::Unknown { .. }))
}

/// Whether a handler catches all kinds of exceptions that another does.
pub(super) fn catches(kind: &Text, other: &Text) -> bool {
    let kinds: FxHashSet<&str> = kind.name.split(", ").collect();
    kind.is_like(other) || other.name.split(", ").all(|kind| kinds.contains(kind))
}

/// Whether the flow ends so.
pub(super) fn is_end(exit: Exit) -> bool {
    matches!(exit, Exit::Return | Exit::Fail | Exit::ContinueAsNew)
}

/// Whether a handler of failures does more than to raise them again.
pub(super) fn matters(steps: &[Step]) -> bool {
    !matches!(steps.last(), Some(Step::Exit(exit, _)) if exit.raises())
        || any_step(steps, &|step| matches!(step, Step::Command(_) | Step::Unknown { .. }))
}
