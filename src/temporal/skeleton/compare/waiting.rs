//! What a command waits for, and timers that end a wait.
//!
//! Knows: which waits of the version before the version after leaves out or adds, and whom that lets go on sooner or later. Does not
//! know: which commands are alike ([`walk`](super::walk)).

use std::sync::Arc;

use super::effects::{is_false, mentions};
use super::guards::{NEW, OLD, is_handled, matters};
use super::state::State;
use super::state::room_of;
use super::walk::Walk;
use super::words::{NEVER, is_of_command, told};
use super::{Difference, DifferenceKind, Verdict};
use crate::temporal::skeleton::effects::Effect;
use crate::temporal::skeleton::exceptions::failure_of;
use crate::temporal::skeleton::implied::{follows, is_narrower};
use crate::temporal::skeleton::places::{PLACES, is_place};
use crate::temporal::skeleton::sdk::FINISHED;
use crate::temporal::skeleton::step::{
    ASKED_AGAIN, ASKED_FIRST, CONDITION, Command, CommandKind, Condition, Failures, FlowKind, SETTLED, Step, Text,
    Wait, any_step, awaited_condition, condition_token, each_step, waits_alike,
};

impl Walk<'_> {
    pub(super) fn take_old(&self, wait: &Wait, state: &mut State) -> Option<Difference> {
        let mut found = None;
        // What other code made true it may make untrue again, unless it only does the one.
        state.held.retain(|held| self.rising.contains(held));
        for token in &wait.tokens {
            state.held.extend(awaited_condition(token).map(|(name, _)| name.into()));
            state.old.insert(Arc::clone(token));
            state.failures.entry(Arc::clone(token)).or_default().push(wait.failures);
            if wait.failures != Failures::Kept {
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
            if state.holds(&token) {
                state.met.insert(Arc::clone(&token));
            }
            match state.failures.get(&token) {
                Some(before) if !before.contains(&wait.failures) => self.kept(wait, &token, state),
                _ if wait.failures != Failures::Kept => found = found.or_else(|| self.waited(NEW, &token, state)),
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

    /// Whether the version before waited for something that other code brings, and the version after does so only in what follows,
    /// where other code may have issued commands meanwhile.
    pub(super) fn comes_before_others(&self, state: &State, new: &[Step]) -> bool {
        let is_later = |token: &Arc<str>| {
            let has_come =
                state.new.keys().any(|new| waits_alike(token, new) || is_place(token) && stands_for(new, token));
            let is_it = |new: &Arc<str>| match is_place(token) {
                true => stands_for(new, token),
                false => waits_alike(token, &state.renamed(new)),
            };
            let comes = |step: &Step| matches!(step, Step::Wait(wait) if wait.tokens.iter().any(is_it));
            is_brought(token) && !has_come && any_step(new, &comes)
        };
        self.others_may_have_come && state.old.iter().any(is_later)
    }

    /// Whether a lock may stand for a wait of the version before that is gone.
    fn may_be_in_other_words(&self, token: &str, state: &State) -> bool {
        let [before, now] = &self.brought;
        let is_kept = |old: &Arc<str>| now.iter().any(|new| stands_for(&state.renamed(new), old));
        let is_gone = || before.iter().any(|old| is_brought(old) && !is_place(old) && !is_kept(old));
        is_place(token) && (self.flow.kind == FlowKind::Run || self.asks_again()) && is_gone()
    }

    /// Whether the version before asks again for what it waits for once it has come: of several messages that wait for a turn one
    /// goes on then, as with a lock. Where it does not, all of them do.
    fn asks_again(&self) -> bool {
        any_step(&self.flow.steps, &|step| match step {
            Step::Wait(wait) => wait.tokens.iter().any(|token| &**token == ASKED_AGAIN),
            _ => false,
        })
    }

    /// Something that other code brings, and that the version before has waited for here and the version after waits for nowhere,
    /// where other code may have issued commands meanwhile. Where it waits for something else instead, that may be the same in
    /// other words.
    fn no_more_waited_for<'s>(&self, state: &'s State) -> Option<&'s Arc<str>> {
        if !self.others_may_have_come || self.brought[OLD].is_empty() {
            return None;
        }
        let [before, now] = &self.brought;
        let is_kept = |old: &&Arc<str>| {
            let stands = |new: &Arc<str>| stands_for(&state.renamed(new), old);
            let is_there = !state.elsewhere.contains(*old) && now.iter().any(stands);
            is_there || state.new.keys().any(|new| stands_for(new, old))
        };
        // On a single path a wait may have words of its own.
        let comes = |old: &&Arc<str>| {
            let stands = |new: &Arc<str>| stands_for(&state.renamed(new), old);
            self.is_on_path.get() && !state.elsewhere.contains(*old) && self.on_paths_now().iter().any(stands)
        };
        let is_gone = |old: &&Arc<str>| is_brought(old) && !is_kept(old) && !comes(old);
        let mut gone: Vec<&Arc<str>> = state.old.iter().filter(is_gone).collect();
        if gone.is_empty() {
            return None;
        }
        // A lock with more places is no other thing than that with few.
        let is_larger = |new: &str| is_place(new) && before.iter().any(|old| is_place(old));
        let is_other = |new: &Arc<str>| !is_larger(new) && !before.iter().any(|old| stands_for(new, old));
        let others = now.iter().filter(|new| is_other(&state.renamed(new))).count();
        gone.sort_unstable();
        gone.first().copied().filter(|_| gone.len() > others)
    }

    /// Takes note of what the version before waits for on a way and the version after, which has these steps there, does not.
    pub(super) fn leave_elsewhere(&self, old: &[Step], new: &[Step], way: &mut State) {
        let now = brought(new);
        let is_left = |old: &Arc<str>| !now.iter().any(|new| stands_for(&way.renamed(new), old));
        let left: Vec<Arc<str>> = brought(old).into_iter().filter(is_left).collect();
        way.elsewhere.extend(left);
    }

    /// What the version after waits for on its paths.
    fn on_paths_now(&self) -> &[Arc<str>] {
        self.brought_on_paths
            .get_or_init(|| self.new_flow.paths.as_ref().map_or_else(Vec::new, |paths| brought(paths.steps())))
    }

    /// The wait for handlers that are under way, which the version before has behind it here, and the version after on this way
    /// nowhere: what they issue may stand in histories where the next command comes now.
    fn goes_before_handlers<'s>(&self, state: &'s State, new: &[Step]) -> Option<&'s Arc<str>> {
        let token = state.old.iter().find(|token| is_of_handlers(token))?;
        // It may be one of several things that a condition asks for.
        let stands = |new: &Arc<str>| stands_for(&state.renamed(new), token);
        let waits = |step: &Step| matches!(step, Step::Wait(wait) if wait.tokens.iter().any(stands));
        let is_there = state.new.keys().any(stands) || any_step(new, &waits);
        (self.others_may_have_come && !is_there).then_some(token)
    }

    /// Takes down that a command comes before something that was waited for in front of it: handlers issued commands
    /// meanwhile, or where that failed, the version before issued none.
    pub(super) fn earlier(&self, command: &Command, state: &mut State, new: &[Step]) {
        if self.comes_before_others(state, &new[1..]) {
            let mut weak = self.difference(DifferenceKind::Reordered, Verdict::Depends, &[], &[]);
            weak.what = command.shown();
            weak.after_at.clone_from(&command.at);
            state.note(weak);
        } else if let Some(token) = self.no_more_waited_for(state).or_else(|| self.goes_before_handlers(state, new)) {
            let mut weak = self.difference(DifferenceKind::Sooner, Verdict::Depends, &[], &[]);
            weak.what = format!("{} no longer waits for {}", command.shown(), told(token));
            weak.after_at.clone_from(&command.at);
            state.note(weak);
        }
        let Some((token, verdict)) = self.not_waited_for(state, &new[1..]) else { return };
        let mut weak = self.difference(DifferenceKind::Sooner, verdict, &[], &[]);
        weak.what = format!("{} no longer waits for {}", command.shown(), told(&token));
        weak.after_at.clone_from(&command.at);
        state.note(weak);
    }

    /// Takes down that a handler asks again for its turn once it has waited for that, or does so no more: of several messages that
    /// wait for one turn, one goes on then, or all do.
    pub(super) fn turns(&self, command: &Command, state: &mut State) {
        let is_told = |mark: &str| (state.old.contains(mark), state.new.contains_key(mark));
        let (before, now) = is_told(ASKED_AGAIN);
        let (first, first_now) = is_told(ASKED_FIRST);
        // Asked again and again it is asked first, too.
        if self.flow.kind == FlowKind::Run || before == now && (before || first == first_now) {
            return;
        }
        let is_taken = |token: &&Arc<str>| {
            let asked = awaited_condition(token).filter(|_| token.starts_with(CONDITION));
            // Where it is asked first, what waits in any case goes on behind all others, whatever it does then.
            let ends = |effect: &Effect| match asked {
                Some((name, _)) if before != now => may_end(name, effect),
                Some((name, _)) => mentions(name, &effect.attribute.name),
                None => false,
            };
            self.flow.effects.iter().any(ends) && state.new.keys().any(|new| waits_alike(token, &state.renamed(new)))
        };
        let Some(token) = state.old.iter().filter(is_taken).min() else { return };
        let (kind, word) = match (now && !before, before && !now, first_now) {
            (true, ..) => (DifferenceKind::Later, "asks again for"),
            (_, true, _) => (DifferenceKind::Sooner, "no longer asks again for"),
            (.., true) => (DifferenceKind::Sooner, "waits only where it has to for"),
            _ => (DifferenceKind::Later, "waits in any case for"),
        };
        let mut weak = self.difference(kind, Verdict::Depends, &[], &[]);
        weak.is_of_number = true;
        weak.what = format!("{} {word} {}", command.shown(), told(token));
        weak.after_at.clone_from(&command.at);
        state.note(weak);
    }

    /// What may fail that the version before has waited for by now, and the version after has not, though both have begun it;
    /// with what that means. `new` is what the version after does next.
    fn not_waited_for(&self, state: &State, new: &[Step]) -> Option<(Arc<str>, Verdict)> {
        let may_fail =
            |token: &&Arc<str>| is_of_command(token) && failure_of(token).is_some() && !token.ends_with(" begun");
        let is_open = |token: &&Arc<str>| {
            let is_begun = state.alias.values().any(|begun| begun == *token);
            is_begun
                && !state.new.contains_key(*token)
                && state.failures.get(*token).and_then(|all| all.last()) != Some(&Failures::Kept)
        };
        let open = state.old.iter().filter(may_fail).filter(is_open);
        let told = open.filter_map(|token| Some((Arc::clone(token), self.means(token, state, new)?)));
        told.max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)))
    }

    /// What it means that something is no longer waited for that may fail.
    fn means(&self, token: &Arc<str>, state: &State, new: &[Step]) -> Option<Verdict> {
        if is_handled(token, state) {
            return Some(Verdict::Depends);
        }
        // Where a task is waited for decides what its failure ends.
        if state.around[OLD].is_in_task() {
            return None;
        }
        match self.flow.kind {
            // The workflow of an update that failed goes on.
            FlowKind::Update => Some(Verdict::Depends),
            FlowKind::Signal => None,
            // Where the workflow was cancelled, it went on until what it had asked to end did.
            FlowKind::Run if self.ends_its_own_way(token, cancels_next(new, token, state)) => Some(Verdict::Depends),
            // A single path has no guards: where one takes the failure, what followed was issued behind a cancellation.
            FlowKind::Run if self.is_on_path.get() && is_guarded(&self.flow.steps, token) => Some(Verdict::Depends),
            // What handlers issued while it was waited for stands in histories where the next command comes now.
            FlowKind::Run if self.others_may_have_come => Some(Verdict::Depends),
            // Nothing caught it, so that the execution has ended.
            FlowKind::Run => Some(Verdict::Closed),
        }
    }

    /// Whether the version before waited for the end of a command also where it asked it to end. `is_asked` says whether the
    /// version after asks it to end there as well.
    fn ends_its_own_way(&self, token: &str, is_asked: bool) -> bool {
        let name = |token: &str| token.split('#').next().map(str::to_owned);
        any_step(&self.flow.steps, &|step| match step {
            Step::Command(command) => {
                let waits = command.cancels.as_ref().is_some_and(|cancels| cancels.starts_with("WAIT_"));
                // What comes sooner is cancelled before it is sent then, and in no history.
                waits && !(is_asked && command.kind == CommandKind::Child) && name(&command.token) == name(token)
            }
            _ => false,
        })
    }

    /// A wait of the end that is over sooner than that of the version before: for less.
    pub(super) fn ends_sooner<'s>(&self, state: &'s State) -> Option<&'s Arc<str>> {
        let is_wider = |new: &&Arc<str>| {
            let Some((name, _)) = awaited_condition(new).filter(|_| new.starts_with(CONDITION)) else { return false };
            let is_narrower = |old: &Arc<str>| {
                awaited_condition(old).is_some_and(|(old, _)| follows(old, name) && !follows(name, old))
            };
            !state.has_waited(new) && state.old.iter().any(is_narrower)
        };
        state.new.keys().filter(is_wider).min()
    }

    /// Whether the end waits for a condition that nothing waited for before: what follows no command is felt by closed
    /// executions alone. Where the version before waited for one that is gone, that reads otherwise now.
    pub(super) fn waits_at_end(&self, state: &State) -> Option<Difference> {
        if let Some(token) = self.ends_sooner(state) {
            let mut found = self.difference(DifferenceKind::Sooner, Verdict::Depends, &[], &[]);
            found.what = format!("the end waits for {} only", told(token));
            found.after_at = state.new.get(token).cloned().flatten();
            return Some(found);
        }
        if let Some((token, verdict)) = self.not_waited_for(state, &[]) {
            let mut found = self.difference(DifferenceKind::Sooner, verdict.min(Verdict::Closed), &[], &[]);
            found.what = format!("the end no longer waits for {}", told(&token));
            return Some(found);
        }
        // What handlers issue while the end is waited for comes behind it now.
        let is_felt = |token: &&Arc<str>| !is_of_handlers(token) || self.handlers_go_on;
        if let Some(token) = self.no_more_waited_for(state).filter(is_felt) {
            let mut found = self.difference(DifferenceKind::Sooner, Verdict::Depends, &[], &[]);
            found.what = format!("the end no longer waits for {}", told(token));
            return Some(found);
        }
        // What more is asked for beside what was is asked in one condition with it, or in one behind.
        let is_kept =
            |old: &Arc<str>, new: &Arc<str>| waits_alike(old, new) || new.starts_with(CONDITION) && asks_more(new, old);
        let is_gone = |old: &Arc<str>| old.starts_with(CONDITION) && !state.new.keys().any(|new| is_kept(old, new));
        if state.old.iter().any(is_gone) {
            return None;
        }
        let is_new = |token: &&Arc<str>| {
            token.starts_with(CONDITION) && !state.has_waited(token) && !self.waits_for_handlers(token)
        };
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
        found.is_of_number = true;
        found.what = "tasks go on side by side that waited for one another, so that their commands mix".to_owned();
        Some(found)
    }

    /// Whether what is waited for on a path is that no handler is under way, where the version before waits for that, too, on
    /// whatever path: it is so nearly always.
    fn waits_for_handlers(&self, token: &str) -> bool {
        let waits =
            |step: &Step| matches!(step, Step::Wait(wait) if wait.tokens.iter().any(|token| is_of_handlers(token)));
        self.is_on_path.get() && is_of_handlers(token) && any_step(&self.flow.steps, &waits)
    }

    /// What the answer to an update waits for, and did not before, or no longer waits for: it stands in histories in its place among
    /// the commands.
    pub(super) fn answers(&self, state: &State) -> Option<Difference> {
        if let Some(token) = self.new_wait(state) {
            let mut found = self.difference(DifferenceKind::Later, Verdict::Depends, &[], &[]);
            found.what = format!("{ANSWER} waits for {}", told(token));
            found.after_at = state.new.get(token).cloned().flatten();
            return Some(found);
        }
        let gone = self.no_more_waited_for(state).cloned();
        let token = gone.or_else(|| self.not_waited_for(state, &[]).map(|(token, _)| token))?;
        let mut found = self.difference(DifferenceKind::Sooner, Verdict::Depends, &[], &[]);
        found.what = format!("{ANSWER} no longer waits for {}", told(&token));
        Some(found)
    }

    /// Takes down how an update is answered otherwise where it is left.
    pub(super) fn notes_answer(&self, state: &mut State) {
        if self.flow.kind == FlowKind::Update
            && let Some(found) = self.answers(state)
        {
            state.note(found);
        }
    }

    /// The first of what the version after has waited for, and the version before has not.
    fn new_wait<'s>(&self, state: &'s State) -> Option<&'s Arc<str>> {
        let is_new = |token: &&Arc<str>| {
            !token.starts_with(SETTLED)
                && !state.has_waited(token)
                && !state.met.contains(*token)
                && !self.may_be_in_other_words(token, state)
                && !state.has_less_room(token)
                && !self.waits_for_handlers(token)
        };
        state.new.keys().filter(is_new).min()
    }

    /// Whether a command waits for something that it did not wait for before.
    pub(super) fn later(&self, command: &Command, state: &State, old: &[Step], new: &[Step]) -> Option<Difference> {
        let token = self.new_wait(state)?;
        let verdict = match token.starts_with(CONDITION) && &**token != NEVER {
            true => Verdict::Depends,
            // It depends on how many there are.
            false if is_place(token) => Verdict::Depends,
            false => Verdict::Unsafe,
        };
        let mut found = self.difference(DifferenceKind::Later, verdict, old, new);
        found.is_of_number = token.starts_with(PLACES);
        found.what = format!("{} waits for {}", command.shown(), told(token));
        if is_place(token) && self.flow.kind != FlowKind::Run && self.brought[OLD].iter().any(|old| is_brought(old)) {
            found.what.push_str(", which lets those that wait go on one by one");
        }
        if let Some(Some(site)) = state.new.get(token) {
            found.after_at = Some(site.clone());
        }
        Some(found)
    }
}

/// How it reads that an update is answered.
const ANSWER: &str = "the answer to the update";

/// Whether the next thing that the version after waits for is something of the version before, too, so that a cancellation of the
/// workflow meanwhile asks that to end.
fn cancels_next(new: &[Step], token: &Arc<str>, state: &State) -> bool {
    let next = new.iter().find_map(|step| if let Step::Wait(wait) = step { Some(wait) } else { None });
    next.is_some_and(|wait| wait.tokens.iter().any(|new| state.renamed(new) == *token))
}

/// Whether a handler around a command of such a name does something where that fails.
fn is_guarded(steps: &[Step], token: &str) -> bool {
    let name = |token: &str| token.split('#').next().map(str::to_owned);
    let mut guards: Vec<bool> = Vec::new();
    steps.iter().any(|step| {
        match step {
            Step::Failed { handlers, .. } => guards.push(handlers.iter().any(|(_, steps)| matters(steps))),
            Step::Over => _ = guards.pop(),
            Step::Command(command) if name(&command.token) == name(token) => return guards.contains(&true),
            _ => {}
        }
        let mut found = false;
        step.each_part(&mut |part| {
            let is_it = |step: &Step| matches!(step, Step::Command(command) if name(&command.token) == name(token));
            found |= is_guarded(part, token) || guards.contains(&true) && any_step(part, &is_it);
        });
        found
    })
}

/// Whether what is waited for is that no handler is under way.
fn is_of_handlers(token: &str) -> bool {
    token.strip_prefix(CONDITION) == Some(FINISHED)
}

/// Whether other code of the workflow brings what is waited for.
fn is_brought(token: &str) -> bool {
    token.starts_with(CONDITION) && token != NEVER || token.starts_with("slot ")
}

/// All that steps wait for and no command gives, each once.
pub(super) fn brought<'s>(steps: impl IntoIterator<Item = &'s Step>) -> Vec<Arc<str>> {
    let mut found: Vec<Arc<str>> = Vec::new();
    let mut note = |step: &Step| match step {
        Step::Wait(wait) => found.extend(wait.tokens.iter().filter(|token| !is_of_command(token)).cloned()),
        Step::Unknown { what, .. } => found.push(Arc::clone(&what.name)),
        _ => {}
    };
    for step in steps {
        each_step(std::slice::from_ref(step), &mut note);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a wait of the version after is over only where one of the version before is.
fn stands_for(new: &str, old: &str) -> bool {
    if let (true, true) = (is_place(new), is_place(old)) {
        return match (room_of(new), room_of(old)) {
            (Some(new), Some(old)) => new <= old,
            _ => true,
        };
    }
    let asked = |token: &str| {
        let (name, _) = awaited_condition(token)?;
        Some(Condition::plain(Text::plain(name)))
    };
    let follows = || asked(new).zip(asked(old)).is_some_and(|(new, old)| is_narrower(&new, &old, true));
    waits_alike(new, old) || follows()
}

/// Whether a wait is for all that another is for, and for more.
fn asks_more(new: &str, old: &str) -> bool {
    let (Some((new, _)), Some((old, _))) = (awaited_condition(new), awaited_condition(old)) else { return false };
    new.starts_with("all of (") && follows(new, old)
}

/// Whether steps issue more than one command.
pub(super) fn issues_several(steps: &[Step]) -> bool {
    let mut count = 0;
    each_step(steps, &mut |step| count += usize::from(matches!(step, Step::Command(_))));
    count > 1
}

/// Whether what a handler puts into an attribute may end that a condition holds: it is not just what makes the condition true.
fn may_end(condition: &str, effect: &Effect) -> bool {
    let attribute = &*effect.attribute.name;
    let does = effect.does.name.split(" where ").next().unwrap_or_default();
    mentions(condition, attribute)
        && match condition.strip_prefix("not ") {
            Some(asked) => asked != attribute || !is_false(does),
            None => condition != attribute || does != "True",
        }
}
