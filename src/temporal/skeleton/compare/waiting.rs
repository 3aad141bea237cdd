//! What a command waits for, and timers that end a wait.

use std::sync::Arc;

use super::state::State;
use super::walk::{Walk, matters};
use super::words::{is_of_command, told};
use super::{Difference, DifferenceKind, Verdict};
use crate::temporal::skeleton::normal::PLACES;
use crate::temporal::skeleton::step::{Command, CommandKind, Step, Wait, any_step, each_step};

impl Walk<'_> {
    pub(super) fn take_new(&self, wait: &Wait, state: &mut State) {
        for token in &wait.tokens {
            // What was not started on this way is not waited for.
            if is_of_command(token) && !state.alias.contains_key(token) {
                continue;
            }
            let token = state.renamed(token);
            if let Some(kept) = state.keeps.get(&token)
                && *kept != wait.keeps_failures
            {
                let is_handled = any_step(
                    &self.flow.steps,
                    &|step| matches!(step, Step::Failed { handlers, .. } if handlers.iter().any(|(_, steps)| matters(steps))),
                );
                let verdict = if wait.keeps_failures && !is_handled { Verdict::Closed } else { Verdict::Depends };
                let mut weak = self.difference(DifferenceKind::Failures, verdict, &[], &[]);
                weak.after_at.clone_from(&wait.at);
                weak.what = token.to_string();
                state.weak.push(weak);
            }
            state.new.entry(token).or_insert_with(|| wait.at.clone());
        }
    }

    /// Whether timers follow, in the version before, what waits for one of some things.
    fn is_followed_by_timers(&self, waits: &[Arc<str>]) -> bool {
        let (mut has_waited, mut found) = (false, false);
        each_step(&self.flow.steps, &mut |step| match step {
            Step::Wait(wait) => has_waited |= wait.tokens.iter().any(|token| waits.contains(token)),
            Step::Command(command) => found |= has_waited && command.kind == CommandKind::Timer,
            _ => {}
        });
        found
    }

    /// Whether a new timer is never sent: it ends a wait that there was before, or one that ends at once.
    pub(super) fn is_tentative(&self, command: &Command, old: &[Step], new: &[Step], state: &mut State) -> bool {
        let Some(until) = &command.until else { return false };
        let token = |kind: &str| -> Arc<str> { format!("{kind} {}", until.shape).into() };
        if state.old.contains(&token("condition")) || state.old.contains(&token("settled condition")) {
            // Timers are known by their numbers: those that follow have others then.
            let shifts = self.is_followed_by_timers(&[token("condition"), token("settled condition")]);
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

    /// Whether a command waits for something that it did not wait for before.
    pub(super) fn later(&self, command: &Command, state: &State, old: &[Step], new: &[Step]) -> Option<Difference> {
        let is_new = |token: &&Arc<str>| {
            !state.old.contains(*token) && !token.starts_with("settled condition") && !state.has_less_room(token)
        };
        let mut tokens: Vec<&Arc<str>> = state.new.keys().filter(is_new).collect();
        tokens.sort_unstable();
        let token = tokens.first()?;
        let verdict = match token.starts_with("condition ") && &***token != "condition False" {
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
