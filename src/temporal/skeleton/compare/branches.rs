//! Branches and loops that one version alone has, or that other conditions decide.
//!
//! Knows: with which of its ways a branch is compared, and what its condition says of the difference. Does not know: what comes
//! before it ([`walk`](super::walk)).

use super::state::State;
use super::walk::{Walk, is_end, once};
use super::words::{NEVER, shown, told};
use super::{Difference, DifferenceKind, Verdict};
use crate::temporal::skeleton::implied::is_narrower;
use crate::temporal::skeleton::leaving::is_left_by;
use crate::temporal::skeleton::normal::ends;
use crate::temporal::skeleton::sdk::TIME;
use crate::temporal::skeleton::step::{
    Condition, Exit, FlowKind, Site, Step, Text, any_step, awaited, each_step, waits, waits_alike,
};
use crate::temporal::skeleton::write::alike;

impl Walk<'_> {
    /// Two branches by different conditions.
    pub(super) fn branches(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let (
            Some(Step::Branch { then, orelse, .. }),
            Some(Step::Branch { condition, then: new_then, orelse: new_orelse, at }),
        ) = (old.first(), new.first())
        else {
            return None;
        };
        let behind = runs || waits(&old[1..]);
        let alike = |one: &[Step], other: &[Step]| self.sequence(one, other, &mut state.clone(), behind).is_none();
        if alike(then, new_then) && alike(orelse, new_orelse) || alike(then, new_orelse) && alike(orelse, new_then) {
            let closed = !behind && !waits(then) && !waits(orelse);
            let verdict =
                if closed || self.ends_later(old, new, state, behind) { Verdict::Closed } else { Verdict::Depends };
            let mut found = self.difference(DifferenceKind::Condition, verdict, old, new);
            found.what = condition.text.name.to_string();
            return Some(found);
        }
        let with_new = self.one_sided_new(old, new, &mut state.clone(), runs)?;
        let before = state.clone();
        let with_old = self.one_sided_old(old, new, state, runs)?;
        let found = if with_old.verdict < with_new.verdict { with_old } else { with_new };
        // Where a way of one does what a way of the other does, executions may have gone it.
        let is_something = |steps: &[Step]| any_step(steps, &|step| matches!(step, Step::Command(_)));
        let alike = |one: &[Step], other: &[Step]| self.sequence(one, other, &mut before.clone(), behind).is_none();
        let may_be = |one: &[Step], other: &[Step]| is_something(one) && is_something(other) && alike(one, other);
        let ways = [(then, new_then), (then, new_orelse), (orelse, new_then), (orelse, new_orelse)];
        match found.verdict == Verdict::Unsafe && ways.iter().any(|(one, other)| may_be(one, other)) {
            true => Some(conditional(found, &condition.text, at.as_ref())),
            false => Some(found),
        }
    }

    /// Two branches that only wait: each way of one with each of the other that one execution may take. Those on which both wait for
    /// the same lead on together; the others are gone through to the end, each for itself.
    pub(super) fn waits_under(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let (
            Some(Step::Branch { condition, then, orelse, .. }),
            Some(Step::Branch { condition: now, then: new_then, orelse: new_orelse, at }),
        ) = (old.first(), new.first())
        else {
            return None;
        };
        let told = state.condition(now);
        let ways = [
            (then, new_orelse, true, false),
            (orelse, new_then, false, true),
            (then, new_then, true, true),
            (orelse, new_orelse, false, false),
        ];
        let mut alike = Vec::new();
        for (one, other, holds, holds_now) in ways {
            let mut way = state.under(condition, holds).under(&told, holds_now);
            let is_never = match (holds, holds_now) {
                (true, false) => is_narrower(condition, &told, true),
                (false, true) => is_narrower(&told, condition, true),
                _ => false,
            };
            if is_never || way.is_impossible() {
                continue;
            }
            if wait_alike(one, other, state) {
                self.passed_in(one, other, &mut way);
                alike.push(way);
                continue;
            }
            way.weak.clear();
            self.leave_elsewhere(one, &joined(other, &new[1..]), &mut way);
            let found = self.sequence(&joined(one, &old[1..]), &joined(other, &new[1..]), &mut way, runs);
            if let Some(found) = found.or_else(|| way.worst()).or_else(|| self.at_end(&way)) {
                let found = conditional(found, &told.text, at.as_ref());
                if found.verdict > Verdict::Closed {
                    return Some(found);
                }
                state.note(found);
            }
        }
        alike.into_iter().for_each(|way| state.join(way));
        None
    }

    /// Goes through steps that only wait, and for the same.
    fn passed_in(&self, one: &[Step], other: &[Step], way: &mut State) {
        each_step(one, &mut |step| {
            if let Step::Wait(wait) = step {
                self.take_old(wait, way);
            }
        });
        each_step(other, &mut |step| {
            if let Step::Wait(wait) = step {
                self.take_new(wait, way);
            }
        });
    }

    /// Whether a branch only differs for executions that the version before ended there: where the new one ends, it did too.
    fn ends_later(&self, old: &[Step], new: &[Step], state: &State, behind: bool) -> bool {
        let (
            Some(Step::Branch { condition, then, orelse, .. }),
            Some(Step::Branch { condition: now, then: new_then, orelse: new_orelse, .. }),
        ) = (old.first(), new.first())
        else {
            return false;
        };
        let end = |steps: &[Step], rest: &[Step]| match steps {
            [Step::Exit(exit, _)] => is_end(*exit),
            [] => !behind && does_nothing(rest),
            _ => false,
        };
        let now = state.condition(now);
        let sides = [(then, new_then, true), (orelse, new_orelse, false)];
        let ends = |(one, other, holds): &(&Vec<Step>, &Vec<Step>, bool)| {
            end(one, &old[1..]) && end(other, &new[1..]) && is_narrower(&now, condition, *holds)
        };
        self.flow.kind == FlowKind::Run && sides.iter().any(ends)
    }

    /// A branch that only the new version has: one of its ways may be what the old version did.
    pub(super) fn one_sided_new(
        &self,
        old: &[Step],
        new: &[Step],
        state: &mut State,
        runs: bool,
    ) -> Option<Difference> {
        let Some(Step::Branch { condition, then, orelse, at }) = new.first() else { return None };
        let rest = &new[1..];
        let ways = [then, orelse].map(|way| joined(way, rest));
        let told = state.condition(condition);
        let is_stuck = waits_for_good(state);
        let (mut first, mut second) = (state.under(&told, true), state.under(&told, false));
        let on_then = self.sequence(old, &ways[0], &mut first, runs);
        let on_orelse = self.sequence(old, &ways[1], &mut second, runs);
        let patch = condition.text.name.strip_prefix("patched ");
        let differ = |found: [Option<Difference>; 2]| match found {
            // What waits for good before it is asked does so whatever the answer.
            [Some(found), _] | [_, Some(found)] if is_stuck && is_for_good(&found) => Some(found),
            [Some(found), None] if patch.is_some() => Some(Difference {
                kind: DifferenceKind::PatchReused,
                what: patch.unwrap_or_default().to_owned(),
                after_at: at.clone().or(found.after_at),
                ..found
            }),
            [Some(found), None] | [None, Some(found)] => Some(conditional(found, &condition.text, at.as_ref())),
            [Some(one), Some(other)] => {
                let (mild, worst) = if one.verdict < other.verdict { (one, other) } else { (other, one) };
                // What closed executions feel on one way hides nothing that running ones do on the other.
                let is_hidden = mild.verdict == Verdict::Closed && worst.verdict > Verdict::Closed;
                Some(if is_hidden { conditional(worst, &condition.text, at.as_ref()) } else { mild })
            }
            [None, None] => None,
        };
        meet(&ways, [on_then, on_orelse], [first, second], state, differ)
    }

    /// A branch that only the old version had.
    pub(super) fn one_sided_old(
        &self,
        old: &[Step],
        new: &[Step],
        state: &mut State,
        runs: bool,
    ) -> Option<Difference> {
        let Some(Step::Branch { condition, then, orelse, .. }) = old.first() else { return None };
        let rest = &old[1..];
        let ways = [then, orelse].map(|way| joined(way, rest));
        let is_stuck = waits_for_good(state);
        let (mut first, mut second) = (state.under(condition, true), state.under(condition, false));
        let on_then = self.sequence(&ways[0], new, &mut first, runs);
        let on_orelse = self.sequence(&ways[1], new, &mut second, runs);
        let differ = |found: [Option<Difference>; 2]| match found {
            [Some(found), _] | [_, Some(found)] if is_stuck && is_for_good(&found) => Some(found),
            [Some(found), None] | [None, Some(found)] => {
                let mut found = conditional(found, &condition.text, None);
                if found.kind == DifferenceKind::Condition && found.what == *condition.text.name {
                    found.kind = DifferenceKind::Undecided;
                }
                Some(found)
            }
            // Executions went either way; those that still run decide.
            [Some(one), Some(other)] => {
                let is_either = one.verdict == other.verdict;
                let worst = if one.verdict < other.verdict { other } else { one };
                // What waits for good does so on either way.
                let is_told = is_either || is_for_good(&worst);
                Some(if is_told { worst } else { conditional(worst, &condition.text, None) })
            }
            [None, None] => None,
        };
        meet(&ways, [on_then, on_orelse], [first, second], state, differ)
    }

    /// A loop that only the new version has.
    pub(super) fn new_loop(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let Some(Step::Loop { head, body, .. }) = new.first() else { return None };
        let mut passed = self.difference(DifferenceKind::Added, Verdict::Depends, old, new);
        passed.what = shown(new.first());
        if self.sequence(old, &new[1..], &mut state.clone(), runs).is_none() {
            return Some(passed);
        }
        // Gone round once, it may be what the old version did; what follows tells.
        let mut after = state.clone();
        match self.sequence(old, &once(new), &mut after, runs) {
            None => {
                *state = after;
                // How long what was waited for took is in each history, and is hardly what ends the loop now; what data say is.
                let is_sure = is_ended_by_time(head, body) || issues_again(head, body);
                state.note(Difference { is_sure, ..passed });
                None
            }
            // Slices of what was done at once: how many there are decides.
            Some(found) if found.kind == DifferenceKind::Later => {
                Some(Difference { verdict: found.verdict.min(Verdict::Depends), ..found })
            }
            Some(_) => {
                let mut found = self.difference(DifferenceKind::Replaced, Verdict::Unsafe, old, new);
                found.what = shown(old.first());
                Some(found)
            }
        }
    }
}

/// Whether steps of both versions that only wait do so for the same, whatever decides in them.
fn wait_alike(one: &[Step], other: &[Step], state: &State) -> bool {
    let is_flat = |steps: &[Step]| steps.iter().all(|step| matches!(step, Step::Wait(_)));
    let (one_waits, other_waits) = (awaited(one), awaited(other));
    let are_alike = one_waits.len() == other_waits.len()
        && one_waits.iter().zip(&other_waits).all(|(one, other)| waits_alike(one, &state.renamed(other)));
    are_alike && (is_flat(one) && is_flat(other) || alike(one, other))
}

/// Whether the version after alone has come to wait for what no history holds.
fn waits_for_good(state: &State) -> bool {
    state.new.contains_key(NEVER) && !state.has_waited(NEVER)
}

/// Whether it is that something waits for what no history holds.
fn is_for_good(found: &Difference) -> bool {
    found.kind == DifferenceKind::Later && found.what.ends_with(&told(NEVER))
}

/// Whether a loop that issues commands may have other rounds than one where nothing fails.
fn issues_again(head: &Text, body: &[Step]) -> bool {
    let issues = any_step(body, &|step| matches!(step, Step::Command(_)));
    issues && (head.name.starts_with("each of ") || comes_round(body))
}

/// Whether steps lead on to the loop's next round where nothing fails.
fn comes_round(steps: &[Step]) -> bool {
    for step in steps {
        match step {
            Step::Exit(exit, _) => return *exit == Exit::Continue,
            Step::Branch { then, orelse, .. } => {
                let inside = [then, orelse].map(|way| (comes_round(way), ends(way)));
                if inside.iter().any(|(again, ends)| *again && *ends) {
                    return true;
                }
                if inside.iter().all(|(_, ends)| *ends) {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

/// Whether it is the workflow's time that ends a loop.
fn is_ended_by_time(head: &Text, body: &[Step]) -> bool {
    let asks = |text: &Text| text.name.contains(TIME);
    let leaves = |steps: &[Step]| is_left_by(steps, Exit::Break) || is_left_by(steps, Exit::Return);
    asks(head)
        || body.iter().any(|step| match step {
            Step::Branch { condition, then, orelse, .. } => asks(&condition.text) && (leaves(then) || leaves(orelse)),
            _ => false,
        })
}

/// A difference that only executions meet for which a condition decides so.
pub(super) fn conditional(found: Difference, condition: &Text, at: Option<&Site>) -> Difference {
    if found.verdict != Verdict::Unsafe {
        return found;
    }
    Difference {
        kind: DifferenceKind::Condition,
        verdict: Verdict::Depends,
        what: condition.name.to_string(),
        after_at: at.cloned().or(found.after_at),
        ..found
    }
}

/// The way that steps take that begin with a branch whose condition is known.
pub(super) fn decided(
    steps: &[Step],
    state: &State,
    told: &dyn Fn(&State, &Condition) -> Condition,
) -> Option<Vec<Step>> {
    let Some(Step::Branch { condition, then, orelse, .. }) = steps.first() else { return None };
    let holds = state.decides(&told(state, condition))?;
    Some(joined(if holds { then } else { orelse }, &steps[1..]))
}

/// The way that steps take that begin with a branch of which the other way is in no history.
pub(super) fn beside_never(
    steps: &[Step],
    state: &mut State,
    told: &dyn Fn(&State, &Condition) -> Condition,
) -> Option<Vec<Step>> {
    let Some(Step::Branch { condition, then, orelse, .. }) = steps.first() else { return None };
    let (holds, way) = match (is_never(then), is_never(orelse)) {
        (true, false) => (false, orelse),
        (false, true) => (true, then),
        _ => return None,
    };
    *state = state.under(&told(state, condition), holds);
    Some(joined(way, &steps[1..]))
}

/// What the two ways of a branch come to that one version alone has. A way that is never gone has no say; where neither
/// differs, what is known afterwards is what either leaves known.
pub(super) fn meet(
    ways: &[Vec<Step>; 2],
    found: [Option<Difference>; 2],
    [first, second]: [State; 2],
    state: &mut State,
    differ: impl FnOnce([Option<Difference>; 2]) -> Option<Difference>,
) -> Option<Difference> {
    match found {
        [_, other] if is_never(&ways[0]) => {
            state.join(second);
            other
        }
        [one, _] if is_never(&ways[1]) => {
            state.join(first);
            one
        }
        [None, None] => {
            state.join(first);
            state.join(second);
            None
        }
        found => differ(found),
    }
}

/// Whether nothing comes here that a history could hold.
fn is_never(steps: &[Step]) -> bool {
    matches!(steps.first(), Some(Step::Exit(Exit::Never, _)))
}

/// Whether steps do nothing that a history holds, and end the flow.
fn does_nothing(steps: &[Step]) -> bool {
    let ends = |step: &Step| matches!(step, Step::Exit(exit, _) if is_end(*exit));
    steps.iter().all(|step| ends(step) || matches!(step, Step::Over))
}

pub(super) fn joined(first: &[Step], rest: &[Step]) -> Vec<Step> {
    if matches!(first.last(), Some(Step::Exit(..))) {
        return first.to_vec();
    }
    [first, rest].concat()
}
