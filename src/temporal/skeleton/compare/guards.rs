//! What becomes of failures: which handlers stand around what may fail, and where they lead.
//!
//! Knows: what is done from a failure on, to the end of the flow, the loop's round or the task, is one way that is compared.
//! Does not know: which executions met a failure.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::state::State;
use super::walk::{Walk, joined_with};
use super::{Difference, DifferenceKind, Verdict};
use crate::source::fnv;
use crate::temporal::skeleton::exceptions::{catches, kinds_of};
use crate::temporal::skeleton::guards::behind;
use crate::temporal::skeleton::step::{
    Command, CommandKind, Exit, Failures, FlowKind, Handler, LEFT_ALONE, SHIELDED, Step, Text, Wait, any_step,
    each_step, is_raised,
};
use crate::temporal::skeleton::write::key;

/// The version before and the version after.
pub(super) const OLD: usize = 0;
pub(super) const NEW: usize = 1;

/// What is known of handlers of failures around a place.
#[derive(Clone, Default)]
pub(super) struct Around {
    /// The innermost guard.
    guard: Option<Rc<Guard>>,
    /// What follows the steps that are gone through.
    behind: Option<Rc<Behind>>,
    /// The steps are those of a task: what fails in it fails where it is waited for.
    is_task: bool,
    /// The guards around each wait, by what is waited for.
    waits: FxHashMap<Arc<str>, Vec<Place>>,
    /// The guards around what tasks wait for.
    tasks: FxHashMap<Arc<str>, Option<Rc<Guard>>>,
}

/// Handlers of failures.
pub(super) struct Guard {
    handlers: Vec<Handler>,
    /// What the first command inside is known by.
    of: Arc<str>,
    /// What follows the guard, up to the end of the steps in which it stands.
    after: Vec<Step>,
    behind: Option<Rc<Behind>>,
    outer: Option<Rc<Guard>>,
}

impl Guard {
    /// Whether any handler does more than to raise again.
    fn does_something(self: &Rc<Self>) -> bool {
        self.handlers.iter().any(|(_, steps)| matters(steps))
    }
}

/// What follows steps that stand inside of others.
pub(super) enum Behind {
    /// These.
    Steps(Vec<Step>, Option<Rc<Behind>>),
    /// The loop's next round.
    Round,
}

/// The guards around a wait.
#[derive(Clone)]
struct Place {
    guard: Option<Rc<Guard>>,
    /// Those inside a task that is waited for.
    task: Option<Option<Rc<Guard>>>,
}

/// What is done from a failure on.
struct Way {
    steps: Vec<Step>,
    /// The guards around these.
    guard: Option<Rc<Guard>>,
    behind: Option<Rc<Behind>>,
    /// Which handler it is that catches, and those of the same guard that do not.
    raised: Vec<(Text, bool)>,
    /// It ends with the task in which it failed.
    in_task: bool,
    /// Without what follows the handler.
    handler: Vec<Step>,
}

impl Around {
    /// Guards begin, where `rest` follows.
    pub(super) fn enter(&mut self, handlers: &[Handler], of: &Arc<str>, rest: &[Step]) {
        self.guard = Some(Rc::new(Guard {
            handlers: handlers.to_vec(),
            of: Arc::clone(of),
            after: behind(rest).unwrap_or_default(),
            behind: self.behind.clone(),
            outer: self.guard.take(),
        }));
    }

    /// The innermost guard ends; gives how it reads that its handlers caught something.
    pub(super) fn leave(&mut self) -> Vec<Text> {
        let Some(guard) = self.guard.take() else { return Vec::new() };
        self.guard.clone_from(&guard.outer);
        guard.handlers.iter().map(|(kind, _)| is_raised(kind, &guard.of)).collect()
    }

    /// Goes into steps that others follow.
    pub(super) fn go_into(&mut self, inside: [&[Step]; 2], rest: &[Step]) {
        let guards = |step: &Step| matches!(step, Step::Failed { .. } | Step::Exit(Exit::Leave(_), _));
        if self.guard.is_some() || inside.iter().any(|steps| any_step(steps, &guards)) {
            self.behind = Some(Rc::new(Behind::Steps(rest.to_vec(), self.behind.take())));
        }
    }

    pub(super) fn go_into_loop(&mut self) {
        self.behind = Some(Rc::new(Behind::Round));
    }

    pub(super) fn go_into_task(&mut self) {
        (self.guard, self.behind, self.is_task) = (None, None, true);
    }

    /// Whether the steps are those of a task.
    pub(super) fn is_in_task(&self) -> bool {
        self.is_task
    }

    /// What stands around is as at another place.
    pub(super) fn come_back(&mut self, to: &Self) {
        self.guard.clone_from(&to.guard);
        self.come_out(to);
    }

    /// The same, but guards may have ended inside.
    pub(super) fn come_out(&mut self, to: &Self) {
        self.behind.clone_from(&to.behind);
        self.is_task = to.is_task;
    }

    /// Where a step leads that leaves a block.
    pub(super) fn left(&mut self, further: u8) -> Vec<Step> {
        let is_block = |guard: &&Rc<Guard>| guard.handlers.is_empty();
        let Some(block) = guards(self.guard.as_ref()).filter(is_block).nth(usize::from(further)).cloned() else {
            return Vec::new();
        };
        self.guard.clone_from(&block.outer);
        self.behind = None;
        whole(block.after.clone(), block.behind.as_ref())
    }
}

fn guards(innermost: Option<&Rc<Guard>>) -> impl Iterator<Item = &Rc<Guard>> {
    std::iter::successors(innermost, |guard| guard.outer.as_ref())
}

/// Steps with all that follows them.
fn whole(mut steps: Vec<Step>, mut rest: Option<&Rc<Behind>>) -> Vec<Step> {
    while let Some(behind) = rest {
        match &**behind {
            Behind::Steps(more, further) => {
                steps = joined_with(steps, more);
                rest = further.as_ref();
            }
            Behind::Round => {
                return joined_with(steps, &[Step::Exit(Exit::Continue, None)]);
            }
        }
    }
    steps
}

/// What is done where something of a kind is raised inside of a guard; nothing where nobody catches it.
fn way(innermost: Option<&Rc<Guard>>, raised: &str, is_task: bool) -> Option<Way> {
    for guard in guards(innermost) {
        let Some(at) = guard.handlers.iter().position(|(kind, _)| catches(kind, raised)) else { continue };
        let mut steps = guard.handlers[at].1.clone();
        if matches!(steps.as_slice(), [Step::Exit(exit, _)] if exit.raises()) {
            continue;
        }
        let facts = guard.handlers.iter().enumerate();
        let facts = facts.map(|(other, (kind, _))| (is_raised(kind, &guard.of), other == at));
        let mut found = Way {
            steps: Vec::new(),
            guard: guard.outer.clone(),
            behind: None,
            raised: facts.collect(),
            in_task: is_task,
            handler: steps.clone(),
        };
        if matches!(steps.last(), Some(Step::Exit(exit, _)) if exit.raises()) {
            match way(guard.outer.as_ref(), raised, is_task) {
                Some(further) => {
                    steps.pop();
                    let passed = guards(guard.outer.as_ref()).count() - guards(further.guard.as_ref()).count();
                    steps.extend(std::iter::repeat_n(Step::Over, passed));
                    steps.extend(further.steps);
                    found.handler.pop();
                    found.handler.extend(further.handler);
                    found.raised.extend(further.raised);
                }
                None if !matters(&steps) => return None,
                None => {}
            }
            found.steps = steps;
            return Some(found);
        }
        found.steps = whole(joined_with(steps, &guard.after), guard.behind.as_ref());
        return Some(found);
    }
    None
}

/// How steps read, with the durations of timers that are not started where these are 0.
fn with_durations(steps: &[Step]) -> String {
    let mut text = key(steps);
    each_step(steps, &mut |step| {
        if let Step::Command(Command { zero: Some(zero), .. }) = step {
            text.push_str("; ");
            text.push_str(&zero.shape);
        }
    });
    text
}

impl Walk<'_> {
    /// Something is waited for in one version: what becomes of its failures is compared with the other.
    pub(super) fn waited(&self, side: usize, token: &Arc<str>, state: &mut State) -> Option<Difference> {
        let around = &mut state.around[side];
        let place = Place { guard: around.guard.clone(), task: around.tasks.get(token).cloned() };
        if around.is_task {
            around.tasks.insert(Arc::clone(token), place.guard.clone());
        }
        let waits = around.waits.entry(Arc::clone(token)).or_default();
        waits.push(place);
        let at = waits.len() - 1;
        if side == NEW {
            self.cancelled(token, state);
        }
        let [old, new] = [OLD, NEW].map(|side| state.around[side].waits.get(token)?.get(at).cloned());
        let (old, new) = (old?, new?);
        let is_task = [OLD, NEW].map(|side| state.around[side].is_task);
        for raised in kinds_of(token) {
            let ways = [(old.clone(), is_task[OLD]), (new.clone(), is_task[NEW])].map(|(place, is_task)| {
                let inner = place.task.as_ref().and_then(|task| way(task.as_ref(), raised, true));
                inner.or_else(|| way(place.guard.as_ref(), raised, is_task))
            });
            // A timeout that nobody caught may be none.
            let is_of_time = raised == "TimeoutError" && ways[OLD].is_none() && ways[NEW].is_some();
            if is_of_time && (token.contains('#') || !self.has_limit(token)) {
                continue;
            }
            if let Some(found) = self.failures(ways, is_task[OLD] || is_task[NEW], state) {
                return Some(found);
            }
        }
        self.failures_of_data([&old, &new].map(|place| place.guard.as_ref()), state)
    }

    /// Both versions raise.
    pub(super) fn raised(&self, state: &mut State) -> Option<Difference> {
        let guards = [OLD, NEW].map(|side| state.around[side].guard.clone());
        self.failures_of_data(guards.each_ref().map(Option::as_ref), state)
    }

    /// What becomes of what is raised that is no failure of a command, as far as the version before catches it by its name.
    fn failures_of_data(&self, places: [Option<&Rc<Guard>>; 2], state: &mut State) -> Option<Difference> {
        let mut kinds: Vec<String> = guards(places[OLD])
            .flat_map(|guard| guard.handlers.iter())
            .flat_map(|(kind, _)| kind.name.split(", ").map(str::to_owned).collect::<Vec<_>>())
            .collect();
        kinds.dedup();
        for kind in kinds {
            let ways = places.map(|guard| way(guard, &kind, false));
            if let Some(found) = self.failures(ways, false, state) {
                return Some(found);
            }
        }
        None
    }

    /// Two ways from a failure on.
    fn failures(&self, ways: [Option<Way>; 2], is_task: bool, state: &mut State) -> Option<Difference> {
        let difference =
            |verdict, old: &[Step], new: &[Step]| self.difference(DifferenceKind::Failures, verdict, old, new);
        let found = match ways {
            [Some(old), Some(new)] => return self.both_ways(old, new, state),
            // Where a task is waited for decides.
            _ if is_task => return None,
            [None, None] => return None,
            [Some(old), None] => difference(Verdict::Depends, &old.steps, &[]),
            [None, Some(new)] => {
                // What nobody caught has ended the flow: that of an update leaves its workflow running.
                let goes_on =
                    self.flow.kind == FlowKind::Update && any_step(&new.steps, &|step| command(step).is_some());
                difference(if goes_on { Verdict::Depends } else { Verdict::Closed }, &[], &new.steps)
            }
        };
        state.note(found);
        None
    }

    fn both_ways(&self, old: Way, new: Way, state: &mut State) -> Option<Difference> {
        let (one, other) = match old.in_task == new.in_task {
            true => (&old.steps, &new.steps),
            false => (&old.handler, &new.handler),
        };
        let (old_key, new_key) = (with_durations(one), with_durations(other));
        if old_key == new_key {
            return None;
        }
        let memo = (fnv(old_key.as_bytes()), fnv(new_key.as_bytes()));
        let known = self.ways.borrow().get(&memo).cloned();
        let found = match known {
            Some(found) => found,
            None => {
                self.ways.borrow_mut().insert(memo, None);
                let mut after = state.clone();
                after.weak.clear();
                after.has_failed = true;
                // What failed was waited for on both ways.
                let failed: Vec<_> =
                    after.old.iter().filter(|token| !after.new.contains_key(*token)).cloned().collect();
                after.new.extend(failed.into_iter().map(|token| (token, None)));
                for (side, way) in [&old, &new].into_iter().enumerate() {
                    let around = &mut after.around[side];
                    (around.guard, around.behind) = (way.guard.clone(), way.behind.clone());
                    for (text, holds) in &way.raised {
                        let shape = if side == NEW { state.renamed(&text.shape) } else { Arc::clone(&text.shape) };
                        after.facts.insert(shape, *holds);
                    }
                }
                let found = self.sequence(one, other, &mut after, self.flow.kind != FlowKind::Run || is_round(one));
                let found = found.or_else(|| after.worst());
                self.ways.borrow_mut().insert(memo, found.clone());
                found
            }
        };
        match found {
            Some(found) if found.verdict == Verdict::Unsafe => Some(found),
            Some(found) => {
                state.note(found);
                None
            }
            None => None,
        }
    }

    /// Takes down that a task does something on failure that the version before has not: where nothing caught that, it ended.
    pub(super) fn handled_in_task(&self, task: &[Step], state: &mut State) {
        if !any_step(task, &|step| command(step).is_some()) {
            return;
        }
        let is_handled = guards(state.around[OLD].guard.as_ref()).any(|guard| guard.does_something());
        let verdict = if is_handled { Verdict::Depends } else { Verdict::Closed };
        let found = self.difference(DifferenceKind::Failures, verdict, &[], task);
        state.note(found);
    }

    /// Takes down that a command is cancelled in another way. What is known of the way on which it is waited for comes later.
    pub(super) fn cancels(&self, one: &Command, other: &Command, state: &mut State) {
        if let (Some(before), Some(now)) = (&one.cancels, &other.cancels)
            && before != now
            && !state.has_failed
        {
            state.cancelled.insert(Arc::clone(&one.token), (other.clone(), Arc::clone(before)));
        }
    }

    /// Something is waited for that is cancelled in another way than before: what that leads to decides what feels it. Only what
    /// runs a workflow is cancelled with it; what ends a wait in time, or cancels a task, is code.
    fn cancelled(&self, token: &Arc<str>, state: &mut State) {
        let Some((command, before)) = state.cancelled.remove(token) else { return };
        let went_on = before.starts_with("WAIT_") && command.cancels.as_deref().is_some_and(|now| !sends_request(now));
        // What is left alone does not fail: its wait is cancelled as such, or ends in time.
        let is_handled = match matches!(&*before, SHIELDED | LEFT_ALONE) {
            true => ["CancelledError", "TimeoutError"].iter().any(|raised| is_caught(token, raised, state)),
            false => is_handled(token, state),
        };
        let is_run = self.flow.kind == FlowKind::Run;
        let by_code = |step: &Step| matches!(step, Step::Command(command) if command.kind == CommandKind::Cancel);
        let verdict = match is_handled || went_on && is_run || any_step(&self.flow.steps, &by_code) {
            true => Verdict::Depends,
            false if is_run => Verdict::Closed,
            false => return,
        };
        let mut weak = self.difference(DifferenceKind::Cancellation, verdict, &[], &[]);
        weak.what = command.shown();
        weak.after_at.clone_from(&command.at);
        weak.is_of_left_alone = &*before == LEFT_ALONE || command.cancels.as_deref() == Some(LEFT_ALONE);
        state.note(weak);
    }

    /// Something that was waited for in the version before, now kept as a result where it fails, or the other way round.
    pub(super) fn kept(&self, wait: &Wait, token: &Arc<str>, state: &mut State) {
        let is_handled = is_handled(token, state);
        let before = state.failures.get(token).and_then(|all| all.last()).copied().unwrap_or(Failures::Raised);
        let verdict = match (before, is_handled) {
            // What nobody caught has ended the workflow, or failed its task again and again.
            (Failures::Grouped, false) => return,
            (Failures::Raised, false) => Verdict::Closed,
            _ => Verdict::Depends,
        };
        let mut weak = self.difference(DifferenceKind::Failures, verdict, &[], &[]);
        weak.after_at.clone_from(&wait.at);
        weak.what = token.to_string();
        [weak.before, weak.after] = [before, wait.failures].map(|failures| in_words(failures).to_owned());
        state.note(weak);
    }
}

/// What becomes of failures.
fn in_words(failures: Failures) -> &'static str {
    match failures {
        Failures::Raised => "the first failure is raised, and the rest goes on",
        Failures::Kept => "failures are results",
        Failures::Grouped => "where one fails the rest is cancelled, and an `ExceptionGroup` is raised",
    }
}

/// Whether the version before did something where something failed that it waited for.
pub(super) fn is_handled(token: &Arc<str>, state: &State) -> bool {
    let place = state.around[OLD].waits.get(token).and_then(|places| places.last());
    place.is_some_and(|place| {
        let task = place.task.as_ref().and_then(Option::as_ref);
        guards(place.guard.as_ref()).chain(guards(task)).any(Guard::does_something)
    })
}

/// Whether the version before did something where an exception was raised that it waited for.
fn is_caught(token: &Arc<str>, raised: &str, state: &State) -> bool {
    let place = state.around[OLD].waits.get(token).and_then(|places| places.last());
    place.is_some_and(|place| {
        let task = place.task.as_ref().and_then(Option::as_ref);
        let mut around = guards(place.guard.as_ref()).chain(guards(task)).flat_map(|guard| guard.handlers.iter());
        around.any(|(kind, steps)| catches(kind, raised) && matters(steps))
    })
}

/// Whether a command is cancelled by a request that stands in the history.
fn sends_request(cancels: &str) -> bool {
    !matches!(cancels, SHIELDED | LEFT_ALONE | "ABANDON")
}

fn command(step: &Step) -> Option<&Command> {
    match step {
        Step::Command(command) => Some(command),
        _ => None,
    }
}

/// Whether steps end with a loop's round.
fn is_round(steps: &[Step]) -> bool {
    matches!(steps.last(), Some(Step::Exit(Exit::Continue | Exit::Break, _)))
}

/// Whether a handler of failures does more than to raise them again.
pub(super) fn matters(steps: &[Step]) -> bool {
    !matches!(steps.last(), Some(Step::Exit(exit, _)) if exit.raises())
        || any_step(steps, &|step| matches!(step, Step::Command(_) | Step::Unknown { .. }))
}
