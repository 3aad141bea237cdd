//! Commands that one version alone has.

use super::parameters::unfit;
use super::state::State;
use super::walk::{Walk, is_end};
use super::words::shown;
use super::{Difference, DifferenceKind, Verdict};
use crate::temporal::skeleton::step::{Command, FlowKind, Step, Text, Wait, any_step, each_step, waits};

impl Walk<'_> {
    pub(super) fn added(&self, old: &[Step], new: &[Step], state: &State, runs: bool) -> Difference {
        let has_ended =
            matches!(old.first(), Some(Step::Exit(exit, _)) if is_end(*exit)) && self.flow.kind == FlowKind::Run;
        let runs = (runs && !has_ended) || waits(old);
        let verdict = match runs {
            true => Verdict::Unsafe,
            // What handlers issued while it was waited stands in histories where this comes now.
            false if self.comes_before_others(state, &new[1..]) => Verdict::Depends,
            false => Verdict::Closed,
        };
        let mut found = self.difference(DifferenceKind::Added, verdict, old, new);
        found.what = shown(new.first());
        found
    }

    pub(super) fn removed(&self, old: &[Step], new: &[Step], runs: bool) -> Difference {
        let verdict = if runs || waits(old) { Verdict::Unsafe } else { Verdict::Closed };
        let mut found = self.difference(DifferenceKind::Removed, verdict, old, new);
        found.what = shown(old.first());
        found
    }

    /// Two commands of which it is not known whether they are of one type: they are taken for the same, unless the commands
    /// around say that one was added or is gone.
    pub(super) fn computed(
        &self,
        one: &Command,
        other: &Command,
        old: &[Step],
        new: &[Step],
        state: &mut State,
        runs: bool,
    ) -> Option<Difference> {
        let alike = |old: &[Step], new: &[Step]| self.sequence(old, new, &mut state.clone(), runs).is_none();
        if !alike(&old[1..], &new[1..]) && (alike(old, &new[1..]) || alike(&old[1..], new)) {
            return Some(self.commands(old, new, state, runs));
        }
        let is_computed =
            |command: &Command| command.is_computed || !one.name.is_like(&other.name) || one.id != other.id;
        let is_given = |command: &Command| is_computed(command) && is_given(command.computed().1);
        let mut weak = match is_given(one) || is_given(other) {
            true => self.difference(DifferenceKind::Replaced, Verdict::Depends, old, new),
            false => self.difference(DifferenceKind::Unknown, Verdict::Unknown, old, new),
        };
        let command = if one.is_computed && !other.is_computed { one } else { other };
        let (part, text) = command.computed();
        weak.what =
            format!("the {part} of the {} is `{}`, and what that is cannot be told", command.kind.word(), text.name);
        state.weak.push(weak);
        state.takes_for(one, other);
        None
    }

    /// Takes down that what was recorded as a command's result cannot be made into what its annotation says now. Where nothing
    /// waits behind it, only closed executions have a result of it.
    pub(super) fn result(&self, one: &Command, other: &Command, old: &[Step], runs: bool, state: &mut State) {
        let (Some(held), Some(asked)) = (&one.gives, &other.gives) else { return };
        let beyond = || {
            let named = &self.flow.takes.as_ref()?.keys.named.words;
            let key = asked.asks_beyond(held, named)?;
            Some((Verdict::Depends, format!("what was recorded may have no `{key}`")))
        };
        let Some((verdict, why)) = unfit(held, asked).or_else(beyond) else { return };
        let is_of_it = |wait: &Wait| wait.tokens.iter().all(|token| token.starts_with(&*one.token));
        let waits_on = |step: &Step| match step {
            Step::Wait(wait) => !is_of_it(wait),
            step => matches!(step, Step::Unknown { .. }),
        };
        let goes_on = runs || any_step(&old[1..], &waits_on);
        let mut weak = self.difference(DifferenceKind::Form, if goes_on { verdict } else { Verdict::Closed }, &[], &[]);
        weak.what = format!("takes the result of {} as `{}`, and {why}", other.shown(), asked.name);
        weak.after_at.clone_from(&other.at);
        state.note(weak);
    }

    /// Two commands that are not alike.
    pub(super) fn commands(&self, old: &[Step], new: &[Step], state: &State, runs: bool) -> Difference {
        let (one, other) = (old.first(), new.first());
        let comes = |step: Option<&Step>, steps: &[Step]| {
            let mut at = None;
            if let Some(Step::Command(wanted)) = step {
                each_step(steps, &mut |step| {
                    if let Step::Command(command) = step
                        && command.is_like(wanted)
                        && at.is_none()
                    {
                        at = Some(command.at.clone());
                    }
                });
            }
            at
        };
        let old_comes = comes(one, &new[1..]);
        let new_came = comes(other, &old[1..]);
        let alike = |old: &[Step], new: &[Step]| self.sequence(old, new, &mut state.clone(), runs).is_none();
        let kind = match (&old_comes, &new_came) {
            (Some(_), Some(_)) if alike(old, &new[1..]) => DifferenceKind::Added,
            (Some(_), Some(_)) if alike(&old[1..], new) => DifferenceKind::Removed,
            (Some(_), Some(_)) => DifferenceKind::Reordered,
            (Some(_), None) => DifferenceKind::Added,
            (None, Some(_)) => DifferenceKind::Removed,
            (None, None) => DifferenceKind::Replaced,
        };
        let verdict = if runs || waits(old) { Verdict::Unsafe } else { Verdict::Closed };
        let mut found = self.difference(kind, verdict, old, new);
        found.what = match kind {
            DifferenceKind::Added => shown(other),
            _ => shown(one),
        };
        if kind == DifferenceKind::Reordered
            && let Some(Some(site)) = old_comes
        {
            found.after_at = Some(site);
        }
        found
    }
}

/// Whether something is given when it runs, by data or the environment.
fn is_given(text: &Text) -> bool {
    let words = ["input.", "result of ", "item of ", "self.", "info", "draw ", "os.environ", "os.getenv"];
    words.iter().any(|word| text.name.contains(word))
}
