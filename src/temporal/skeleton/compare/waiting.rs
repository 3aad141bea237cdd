//! What a command waits for, and timers that end a wait.

use std::sync::Arc;

use super::guards::{NEW, OLD};
use super::state::State;
use super::state::room_of;
use super::walk::Walk;
use super::words::{is_of_command, told};
use super::{Difference, DifferenceKind, Verdict};
use crate::temporal::skeleton::places::PLACES;
use crate::temporal::skeleton::step::{
    CONDITION, Command, CommandKind, SETTLED, Step, Wait, any_step, condition_token, each_step, waits_alike,
};

impl Walk<'_> {
    pub(super) fn take_old(&self, wait: &Wait, state: &mut State) -> Option<Difference> {
        let mut found = None;
        for token in &wait.tokens {
            state.old.insert(Arc::clone(token));
            state.keeps.insert(Arc::clone(token), wait.keeps_failures);
            if !wait.keeps_failures {
                found = found.or_else(|| self.waited(OLD, token, state));
            }
        }
        found
    }

    pub(super) fn take_new(&self, wait: &Wait, state: &mut State) -> Option<Difference> {
        let mut found = None;
        for token in &wait.tokens {
            // What was not started on this way is not waited for.
            if is_of_command(token) && !state.alias.contains_key(token) {
                continue;
            }
            let token = state.renamed(token);
            match state.keeps.get(&token) {
                Some(kept) if *kept != wait.keeps_failures => self.kept(wait, &token, state),
                _ if !wait.keeps_failures => found = found.or_else(|| self.waited(NEW, &token, state)),
                _ => {}
            }
            state.new.entry(token).or_insert_with(|| wait.at.clone());
        }
        found
    }

    /// Whether the version before waited for a condition only so long.
    pub(super) fn has_limit(&self, token: &str) -> bool {
        any_step(&self.flow.steps, &|step| match step {
            Step::Command(Command { until: Some(until), .. }) => waits_alike(&condition_token(until), token),
            _ => false,
        })
    }

    /// Whether timers follow, in the version before, what waits for one of some things.
    fn is_followed_by_timers(&self, awaited: &str) -> bool {
        let (mut has_waited, mut found) = (false, false);
        each_step(&self.flow.steps, &mut |step| match step {
            Step::Wait(wait) => has_waited |= wait.tokens.iter().any(|token| waits_alike(token, awaited)),
            Step::Command(command) => found |= has_waited && command.kind == CommandKind::Timer,
            _ => {}
        });
        found
    }

    /// Whether a new timer is never sent: it ends a wait that there was before, or one that ends at once.
    pub(super) fn is_tentative(&self, command: &Command, old: &[Step], new: &[Step], state: &mut State) -> bool {
        let Some(until) = &command.until else { return false };
        let token = condition_token(until);
        if state.has_waited(&token) {
            // Timers are known by their numbers: those that follow have others then.
            let shifts = self.is_followed_by_timers(&token);
            if self.others_issue || shifts {
                let verdict = if shifts { Verdict::Unsafe } else { Verdict::Depends };
                let mut weak = self.difference(DifferenceKind::Timeout, verdict, old, new);
                weak.what = until.name.to_string();
                weak.after_at.clone_from(&command.at);
                state.weak.push(weak);
            }
            return true;
        }
        if !until.is_shared && &*until.name != "False" {
            let mut weak = self.difference(DifferenceKind::Added, Verdict::Depends, old, new);
            weak.is_sure = false;
            weak.what = command.shown();
            weak.after_at.clone_from(&command.at);
            state.weak.push(weak);
            return true;
        }
        false
    }

    /// Whether the end waits for a condition that nothing waited for before: what follows no command is felt by closed
    /// executions alone. Where the version before waited for one that is gone, that reads otherwise now.
    pub(super) fn waits_at_end(&self, state: &State) -> Option<Difference> {
        let is_gone = |old: &Arc<str>| old.starts_with(CONDITION) && !state.new.keys().any(|new| waits_alike(old, new));
        if state.old.iter().any(is_gone) {
            return None;
        }
        let is_new = |token: &&Arc<str>| token.starts_with(CONDITION) && !state.has_waited(token);
        let token = state.new.keys().filter(is_new).min()?;
        let mut found = self.difference(DifferenceKind::Later, Verdict::Closed, &[], &[]);
        found.what = format!("the end waits for {}", told(token));
        if let Some(Some(site)) = state.new.get(token) {
            found.after_at = Some(site.clone());
        }
        Some(found)
    }

    /// Whether more tasks go on at a time than before that issue several commands each: those of one come between those of
    /// another then.
    pub(super) fn more_room(&self, state: &State) -> Option<Difference> {
        let has_room = |token: &&Arc<str>| {
            let is_kept = |new: &Arc<str>| room_of(new).is_some_and(|new| Some(new) <= room_of(token));
            room_of(token).is_some() && !state.new.keys().any(is_kept)
        };
        let token = state.old.iter().filter(has_room).min()?;
        let issues = |step: &Step| matches!(step, Step::Command(_));
        let goes_on = |step: &Step| matches!(step, Step::Beside(rest) if any_step(rest, &issues));
        let takes = |step: &Step| matches!(step, Step::Wait(wait) if wait.tokens.contains(token));
        let several = |step: &Step| match step {
            Step::Loop { body, .. } => body.iter().any(takes) && body.iter().any(goes_on),
            _ => false,
        };
        if !any_step(&self.flow.steps, &several) {
            return None;
        }
        let mut found = self.difference(DifferenceKind::Later, Verdict::Depends, &[], &[]);
        found.what = "tasks go on side by side that waited for one another, so that their commands mix".to_owned();
        Some(found)
    }

    /// Whether a command waits for something that it did not wait for before.
    pub(super) fn later(&self, command: &Command, state: &State, old: &[Step], new: &[Step]) -> Option<Difference> {
        let is_new =
            |token: &&Arc<str>| !token.starts_with(SETTLED) && !state.has_waited(token) && !state.has_less_room(token);
        let mut tokens: Vec<&Arc<str>> = state.new.keys().filter(is_new).collect();
        tokens.sort_unstable();
        let token = tokens.first()?;
        let verdict = match token.starts_with(CONDITION) && &***token != "condition False" {
            true => Verdict::Depends,
            // It depends on how many there are.
            false if token.starts_with(PLACES) => Verdict::Depends,
            false => Verdict::Unsafe,
        };
        let mut found = self.difference(DifferenceKind::Later, verdict, old, new);
        found.what = format!("{} waits for {}", command.shown(), told(token));
        if let Some(Some(site)) = state.new.get(*token) {
            found.after_at = Some(site.clone());
        }
        Some(found)
    }
}
