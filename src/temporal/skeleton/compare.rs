//! Where two versions of a workflow first differ, and what that means to executions that are running.
//!
//! Knows: replay takes commands in their order, and not by their moment, so that a command may come earlier than in the
//! history and not later; what stands behind the last wait is only felt by executions that are closed; a timer that ends a
//! wait is never sent where the wait ends first, and shifts the numbers of the timers that follow. Does not know: which executions run, or what their data are: where that
//! decides, the verdict says so.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::normal::{PLACES, assumed};
use super::step::{
    Command, CommandKind, Condition, Exit, Flow, FlowKind, OneOf, Site, Skeleton, Step, Text, Wait, any_step, each_step,
};
use super::write::key;
use crate::source::Span;

/// What a difference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It cannot be told.
    Unknown,
    /// Only executions that are closed feel it: queries of them, and resets.
    Closed,
    /// It depends on data, or on which executions still run.
    Depends,
    /// Executions that have passed it cannot go on.
    Unsafe,
}

/// How versions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DifferenceKind {
    /// A command is new.
    Added,
    /// A command is gone.
    Removed,
    /// A command stands in the place of another.
    Replaced,
    /// A command comes in another place.
    Reordered,
    /// A condition decides that did not.
    Condition,
    /// A condition decides no more.
    Undecided,
    /// A command waits for more than it did.
    Later,
    /// A wait got a timeout.
    Timeout,
    /// The flow ends in another way.
    Exit,
    /// What becomes of failures.
    Failures,
    /// A patch that was asked for is gone.
    PatchRemoved,
    /// A patch that was asked for is deprecated.
    PatchDeprecated,
    /// A deprecated patch is gone.
    DeprecationRemoved,
    /// A patch decides in a second place.
    PatchReused,
    /// A handler is gone.
    HandlerRemoved,
    /// The workflow is gone.
    WorkflowRemoved,
    /// Code of which it cannot be told what it does.
    Unknown,
}

/// A difference.
#[derive(Debug, Clone)]
pub struct Difference {
    /// How they differ.
    pub kind: DifferenceKind,
    /// What that means.
    pub verdict: Verdict,
    /// Whether the verdict rests on more than a guess.
    pub is_sure: bool,
    /// The workflow's name.
    pub workflow: String,
    /// The flow in which it is.
    pub flow: (FlowKind, String),
    /// What it is about: a command, condition, patch or handler.
    pub what: String,
    /// What the first command from there on is called, in the version before and in the version after.
    pub commands: [Option<String>; 2],
    /// What the version before does from there on.
    pub before: String,
    /// What the version after does.
    pub after: String,
    /// Where, in the version before.
    pub before_at: Option<Site>,
    /// Where, in the version after.
    pub after_at: Option<Site>,
    /// The definition that it belongs to: of the version after, or before where that has none.
    pub definition: Option<Span>,
}

/// The differences of two versions of a workflow, at most one a flow and one a patch.
#[must_use]
pub fn differences(before: &Skeleton, after: &Skeleton) -> Vec<Difference> {
    let mut found = Vec::new();
    of_workflow(before, after, &mut found);
    found
}

impl Difference {
    /// That a workflow is gone.
    #[must_use]
    pub fn gone(workflow: &str) -> Self {
        Self::of(DifferenceKind::WorkflowRemoved, Verdict::Unsafe, workflow, (FlowKind::Run, ""))
    }

    fn of(kind: DifferenceKind, verdict: Verdict, workflow: &str, flow: (FlowKind, &str)) -> Self {
        Self {
            kind,
            verdict,
            is_sure: true,
            workflow: workflow.to_owned(),
            flow: (flow.0, flow.1.to_owned()),
            what: String::new(),
            commands: [None, None],
            before: String::new(),
            after: String::new(),
            before_at: None,
            after_at: None,
            definition: None,
        }
    }
}

fn of_workflow(old: &Skeleton, new: &Skeleton, found: &mut Vec<Difference>) {
    if let Some(why) = new.cannot.as_ref().or(old.cannot.as_ref()) {
        let is_alike = old.flows.len() == new.flows.len()
            && old.flows.iter().zip(&new.flows).all(|(old, new)| key(&old.steps) == key(&new.steps));
        if !is_alike {
            found.push(Difference {
                what: why.clone(),
                definition: new.at,
                ..Difference::of(DifferenceKind::Unknown, Verdict::Unknown, &new.name, (FlowKind::Run, ""))
            });
        }
        return;
    }
    let assumed_ids = of_patches(old, new, found);
    let issues =
        |flow: &Flow| flow.kind != FlowKind::Run && any_step(&flow.steps, &|step| matches!(step, Step::Command(_)));
    let others_issue = old.flows.iter().chain(&new.flows).any(issues);
    let mut is_unknown = false;
    for flow in &old.flows {
        let known = |other: &&Flow| (other.kind, &other.name) == (flow.kind, &flow.name);
        let Some(other) = new.flows.iter().find(known) else {
            let is_of_use = flow.writes || !flow.steps.is_empty();
            let verdict = if is_of_use { Verdict::Unsafe } else { Verdict::Depends };
            found.push(Difference {
                what: flow.name.clone(),
                definition: new.at,
                ..Difference::of(DifferenceKind::HandlerRemoved, verdict, &new.name, (flow.kind, &flow.name))
            });
            continue;
        };
        let walk = Walk { workflow: &new.name, flow, others_issue, budget: std::cell::Cell::new(BUDGET) };
        let steps = |flow: &Flow| assumed(flow.steps.clone(), &assumed_ids);
        if let Some(mut difference) = walk.flows(&steps(flow), &steps(other)) {
            difference.definition = other.at;
            if difference.verdict == Verdict::Unknown && std::mem::replace(&mut is_unknown, true) {
                continue;
            }
            found.push(difference);
        }
    }
}

/// What became of patches. Gives the ids of those of which only the new side is compared.
fn of_patches(old: &Skeleton, new: &Skeleton, found: &mut Vec<Difference>) -> FxHashSet<String> {
    let ids = |skeleton: &Skeleton, kind: CommandKind| -> FxHashSet<String> {
        skeleton.patches().into_iter().filter(|(known, _)| *known == kind).map(|(_, id)| id).collect()
    };
    let (old_patched, old_deprecated) = (ids(old, CommandKind::Patch), ids(old, CommandKind::DeprecatePatch));
    let (new_patched, new_deprecated) = (ids(new, CommandKind::Patch), ids(new, CommandKind::DeprecatePatch));
    let mut assumed = FxHashSet::default();
    let mut all: Vec<&String> = old_patched.union(&old_deprecated).collect();
    all.sort_unstable();
    for id in all {
        let told = match (old_patched.contains(id), new_patched.contains(id), new_deprecated.contains(id)) {
            (true, true, _) => continue,
            (true, false, true) => Some((DifferenceKind::PatchDeprecated, Verdict::Depends)),
            (true, false, false) => Some((DifferenceKind::PatchRemoved, Verdict::Unsafe)),
            (false, true, _) | (false, false, true) => None,
            (false, false, false) => Some((DifferenceKind::DeprecationRemoved, Verdict::Depends)),
        };
        assumed.insert(id.clone());
        if let Some((kind, verdict)) = told {
            found.push(Difference {
                what: id.clone(),
                before_at: site_of(old, id),
                after_at: site_of(new, id),
                definition: new.at,
                ..Difference::of(kind, verdict, &new.name, (FlowKind::Run, ""))
            });
        }
    }
    assumed
}

fn site_of(skeleton: &Skeleton, id: &str) -> Option<Site> {
    let mut found = None;
    for flow in &skeleton.flows {
        each_step(&flow.steps, &mut |step| {
            if let Step::Command(command) = step
                && matches!(command.kind, CommandKind::Patch | CommandKind::DeprecatePatch)
                && &*command.name.name == id
                && found.is_none()
            {
                found.clone_from(&command.at);
            }
        });
    }
    found
}

/// How many pairs of steps are looked at for a flow.
const BUDGET: u32 = 20_000;

struct Walk<'w> {
    workflow: &'w str,
    flow: &'w Flow,
    /// Other flows issue commands, which may come between.
    others_issue: bool,
    budget: std::cell::Cell<u32>,
}

/// What was waited for so far, on each side, in the words of the version before.
#[derive(Clone, Default)]
struct State {
    old: FxHashSet<Arc<str>>,
    new: FxHashMap<Arc<str>, Option<Site>>,
    alias: FxHashMap<Arc<str>, Arc<str>>,
    /// What keeps failures, on each side.
    keeps: FxHashMap<Arc<str>, bool>,
    /// What does not break the walk.
    weak: Vec<Difference>,
    /// What is known of conditions on this way, and of what is compared with constants.
    facts: FxHashMap<Arc<str>, bool>,
    constants: FxHashMap<Arc<str>, Known>,
}

/// What is known of something that is compared with constants.
#[derive(Clone, Default)]
struct Known {
    /// It is one of these.
    is: Option<Vec<Arc<str>>>,
    /// It is none of these.
    is_not: Vec<Arc<str>>,
}

impl Known {
    fn learn(&mut self, constants: &[Arc<str>], holds: bool) {
        match (&mut self.is, holds) {
            (Some(known), true) => known.retain(|known| constants.contains(known)),
            (None, true) => self.is = Some(constants.to_vec()),
            (_, false) => self.is_not.extend(constants.iter().cloned()),
        }
    }

    /// Whether it is one of some constants, where that is known.
    fn is_one_of(&self, constants: &[Arc<str>]) -> Option<bool> {
        let among = |constant: &Arc<str>| constants.contains(constant);
        if let Some(is) = &self.is {
            let mut left = is.iter().filter(|constant| !self.is_not.contains(constant));
            let first = among(left.next()?);
            return left.all(|constant| among(constant) == first).then_some(first);
        }
        constants.iter().all(|constant| self.is_not.contains(constant)).then_some(false)
    }
}

impl State {
    /// The same on the way on which a condition holds, or does not. What other code may change is not known for long.
    fn under(&self, condition: &Condition, holds: bool) -> Self {
        let mut state = self.clone();
        if !condition.text.is_shared {
            state.facts.insert(Arc::clone(&condition.text.shape), holds);
            if let Some(OneOf { of, constants }) = &condition.compares {
                state.constants.entry(Arc::clone(of)).or_default().learn(constants, holds);
            }
        }
        state
    }

    /// Whether a condition holds on this way, where that is known.
    fn decides(&self, condition: &Condition) -> Option<bool> {
        if condition.text.is_shared {
            return None;
        }
        let by_constant = || {
            let OneOf { of, constants } = condition.compares.as_ref()?;
            self.constants.get(of)?.is_one_of(constants)
        };
        self.facts.get(&condition.text.shape).copied().or_else(by_constant)
    }

    fn take_old(&mut self, wait: &Wait) {
        for token in &wait.tokens {
            self.old.insert(Arc::clone(token));
            self.keeps.insert(Arc::clone(token), wait.keeps_failures);
        }
    }

    /// A text of the version after, with what it names in the words of the version before.
    fn told(&self, text: &Text) -> Text {
        Text { name: self.renamed(&text.name), shape: self.renamed(&text.shape), is_shared: text.is_shared }
    }

    fn condition(&self, condition: &Condition) -> Condition {
        let renamed = |asked: &OneOf| OneOf { of: self.renamed(&asked.of), constants: asked.constants.clone() };
        let compares = condition.compares.as_ref().map(renamed);
        Condition { text: self.told(&condition.text), compares }
    }

    fn renamed(&self, text: &Arc<str>) -> Arc<str> {
        if !text.contains('#') {
            return Arc::clone(text);
        }
        let mut done = String::new();
        let mut rest: &str = text;
        while let Some(at) = rest.find('#') {
            let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let (head, tail) = rest.split_at(at + 1 + digits);
            let known = self.alias.iter().filter(|(new, old)| new != old && head.ends_with(&***new));
            match known.max_by_key(|(new, _)| new.len()) {
                Some((new, old)) => {
                    done.push_str(&head[..head.len() - new.len()]);
                    done.push_str(old);
                }
                None => done.push_str(head),
            }
            rest = tail;
        }
        done.push_str(rest);
        done.into()
    }

    /// Whether the version before waited for a place among no more than these.
    fn has_less_room(&self, token: &str) -> bool {
        let room = |token: &str| -> Option<u32> {
            token.strip_prefix(PLACES).or_else(|| token.strip_prefix("slot "))?.parse().ok()
        };
        room(token).is_some_and(|now| self.old.iter().any(|old| room(old).is_some_and(|before| before <= now)))
    }

    fn join(&mut self, other: Self) {
        self.old.extend(other.old);
        self.new.extend(other.new);
        self.alias.extend(other.alias);
        self.keeps.extend(other.keeps);
        for weak in other.weak {
            if !self.weak.iter().any(|known| known.kind == weak.kind && known.what == weak.what) {
                self.weak.push(weak);
            }
        }
    }
}

impl Walk<'_> {
    fn flows(&self, old: &[Step], new: &[Step]) -> Option<Difference> {
        let mut state = State::default();
        let runs = self.flow.kind != FlowKind::Run;
        let strong = self.sequence(old, new, &mut state, runs);
        strong.or_else(|| {
            state.weak.sort_by_key(|weak| std::cmp::Reverse((weak.is_sure, weak.verdict)));
            state.weak.into_iter().next()
        })
    }

    fn difference(&self, kind: DifferenceKind, verdict: Verdict, old: &[Step], new: &[Step]) -> Difference {
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
    fn sequence(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
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

    fn take_new(&self, wait: &Wait, state: &mut State) {
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
    fn is_tentative(&self, command: &Command, old: &[Step], new: &[Step], state: &mut State) -> bool {
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
    fn later(&self, command: &Command, state: &State, old: &[Step], new: &[Step]) -> Option<Difference> {
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

    fn new_handlers(&self, handlers: &[(Text, Vec<Step>)], old: &[Step], new: &[Step], state: &mut State) {
        if handlers.iter().any(|(_, steps)| matters(steps)) {
            state.weak.push(self.difference(DifferenceKind::Failures, Verdict::Closed, old, new));
        }
    }

    fn handlers(
        &self,
        one: &[(Text, Vec<Step>)],
        other: &[(Text, Vec<Step>)],
        old: &[Step],
        new: &[Step],
        state: &mut State,
        runs: bool,
    ) -> Option<Difference> {
        for (kind, steps) in one {
            match other.iter().find(|(other, _)| catches(other, kind)) {
                Some((_, new_steps)) => {
                    let ends = matches!(steps.last(), Some(Step::Exit(exit, _)) if is_end(*exit));
                    let runs = if ends { self.flow.kind != FlowKind::Run } else { runs || waits(&old[1..]) };
                    if let Some(found) = self.sequence(steps, new_steps, &mut state.clone(), runs) {
                        return Some(found);
                    }
                }
                None if matters(steps) => {
                    state.weak.push(self.difference(DifferenceKind::Failures, Verdict::Depends, old, new));
                }
                None => {}
            }
        }
        let is_new =
            |(kind, steps): &&(Text, Vec<Step>)| matters(steps) && !one.iter().any(|(known, _)| catches(kind, known));
        if other.iter().any(|handler| is_new(&handler)) {
            state.weak.push(self.difference(DifferenceKind::Failures, Verdict::Closed, old, new));
        }
        None
    }

    fn added(&self, old: &[Step], new: &[Step], runs: bool) -> Difference {
        let has_ended =
            matches!(old.first(), Some(Step::Exit(exit, _)) if is_end(*exit)) && self.flow.kind == FlowKind::Run;
        let runs = (runs && !has_ended) || waits(old);
        let verdict = if runs { Verdict::Unsafe } else { Verdict::Closed };
        let mut found = self.difference(DifferenceKind::Added, verdict, old, new);
        found.what = shown(new.first());
        found
    }

    fn removed(&self, old: &[Step], new: &[Step], runs: bool) -> Difference {
        let verdict = if runs || waits(old) { Verdict::Unsafe } else { Verdict::Closed };
        let mut found = self.difference(DifferenceKind::Removed, verdict, old, new);
        found.what = shown(old.first());
        found
    }

    /// Two commands that are not alike.
    fn commands(&self, old: &[Step], new: &[Step], state: &State, runs: bool) -> Difference {
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

    /// Two branches by different conditions.
    fn branches(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let (
            Some(Step::Branch { then, orelse, .. }),
            Some(Step::Branch { condition, then: new_then, orelse: new_orelse, .. }),
        ) = (old.first(), new.first())
        else {
            return None;
        };
        let behind = runs || waits(&old[1..]);
        let alike = |one: &[Step], other: &[Step]| self.sequence(one, other, &mut state.clone(), behind).is_none();
        if alike(then, new_then) && alike(orelse, new_orelse) || alike(then, new_orelse) && alike(orelse, new_then) {
            let closed = !behind && !waits(then) && !waits(orelse);
            let verdict = if closed { Verdict::Closed } else { Verdict::Depends };
            let mut found = self.difference(DifferenceKind::Condition, verdict, old, new);
            found.what = condition.text.name.to_string();
            return Some(found);
        }
        let with_new = self.one_sided_new(old, new, &mut state.clone(), runs)?;
        if with_new.verdict < Verdict::Unsafe {
            return Some(with_new);
        }
        let with_old = self.one_sided_old(old, new, state, runs)?;
        Some(if with_old.verdict < with_new.verdict { with_old } else { with_new })
    }

    /// A branch that only the new version has: one of its ways may be what the old version did.
    fn one_sided_new(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let Some(Step::Branch { condition, then, orelse, at }) = new.first() else { return None };
        let rest = &new[1..];
        let ways = [then, orelse].map(|way| joined(way, rest));
        let told = state.condition(condition);
        let (mut first, mut second) = (state.under(&told, true), state.under(&told, false));
        let on_then = self.sequence(old, &ways[0], &mut first, runs);
        let on_orelse = self.sequence(old, &ways[1], &mut second, runs);
        let patch = condition.text.name.strip_prefix("patched ");
        let differ = |found: [Option<Difference>; 2]| match found {
            [Some(found), None] if patch.is_some() => Some(Difference {
                kind: DifferenceKind::PatchReused,
                what: patch.unwrap_or_default().to_owned(),
                after_at: at.clone().or(found.after_at),
                ..found
            }),
            [Some(found), None] | [None, Some(found)] => Some(conditional(found, &condition.text, at.as_ref())),
            [Some(one), Some(other)] => Some(if one.verdict < other.verdict { one } else { other }),
            [None, None] => None,
        };
        meet(&ways, [on_then, on_orelse], [first, second], state, differ)
    }

    /// A branch that only the old version had.
    fn one_sided_old(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let Some(Step::Branch { condition, then, orelse, .. }) = old.first() else { return None };
        let rest = &old[1..];
        let ways = [then, orelse].map(|way| joined(way, rest));
        let (mut first, mut second) = (state.under(condition, true), state.under(condition, false));
        let on_then = self.sequence(&ways[0], new, &mut first, runs);
        let on_orelse = self.sequence(&ways[1], new, &mut second, runs);
        let differ = |found: [Option<Difference>; 2]| match found {
            [Some(found), None] | [None, Some(found)] => {
                let mut found = conditional(found, &condition.text, None);
                if found.kind == DifferenceKind::Condition && found.what == *condition.text.name {
                    found.kind = DifferenceKind::Undecided;
                }
                Some(found)
            }
            // Executions went either way; those that still run decide.
            [Some(one), Some(other)] => Some(if one.verdict < other.verdict { other } else { one }),
            [None, None] => None,
        };
        meet(&ways, [on_then, on_orelse], [first, second], state, differ)
    }

    fn new_loop(&self, old: &[Step], new: &[Step], state: &State, runs: bool) -> Difference {
        if self.sequence(old, &new[1..], &mut state.clone(), runs).is_none() {
            let mut found = self.difference(DifferenceKind::Added, Verdict::Depends, old, new);
            found.what = shown(new.first());
            return found;
        }
        if let Some(Step::Loop { body, .. }) = new.first() {
            let body: Vec<Step> =
                body.iter().filter(|step| !matches!(step, Step::Exit(Exit::Break, _))).cloned().collect();
            if self.sequence(old, &joined(&body, &new[1..]), &mut state.clone(), runs).is_none() {
                let mut found = self.difference(DifferenceKind::Added, Verdict::Depends, old, new);
                found.is_sure = false;
                found.what = shown(new.first());
                return found;
            }
        }
        let mut found = self.difference(DifferenceKind::Replaced, Verdict::Unsafe, old, new);
        found.what = shown(old.first());
        found
    }
}

/// A difference that only executions meet for which a condition decides so.
fn conditional(found: Difference, condition: &Text, at: Option<&Site>) -> Difference {
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
fn decided(steps: &[Step], state: &State, told: &dyn Fn(&State, &Condition) -> Condition) -> Option<Vec<Step>> {
    let Some(Step::Branch { condition, then, orelse, .. }) = steps.first() else { return None };
    let holds = state.decides(&told(state, condition))?;
    Some(joined(if holds { then } else { orelse }, &steps[1..]))
}

/// What the two ways of a branch come to that one version alone has. A way that is never gone has no say; where neither
/// differs, what is known afterwards is what either leaves known.
fn meet(
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

fn joined(first: &[Step], rest: &[Step]) -> Vec<Step> {
    if matches!(first.last(), Some(Step::Exit(..))) {
        return first.to_vec();
    }
    [first, rest].concat()
}

/// Whether an execution may wait in steps.
fn waits(steps: &[Step]) -> bool {
    any_step(steps, &|step| matches!(step, Step::Wait(_) | Step::Unknown { .. }))
}

/// Whether a handler catches all kinds of exceptions that another does.
fn catches(kind: &Text, other: &Text) -> bool {
    let kinds: FxHashSet<&str> = kind.name.split(", ").collect();
    kind.is_like(other) || other.name.split(", ").all(|kind| kinds.contains(kind))
}

/// Whether the flow ends so.
fn is_end(exit: Exit) -> bool {
    matches!(exit, Exit::Return | Exit::Fail | Exit::ContinueAsNew)
}

/// Whether a handler of failures does more than to raise them again.
fn matters(steps: &[Step]) -> bool {
    !matches!(steps.last(), Some(Step::Exit(exit, _)) if exit.raises())
        || any_step(steps, &|step| matches!(step, Step::Command(_) | Step::Unknown { .. }))
}

/// What a step is, in a few words.
fn shown(step: Option<&Step>) -> String {
    match step {
        None | Some(Step::Exit(Exit::Return, _)) => "the end".to_owned(),
        Some(Step::Command(command)) => command.shown(),
        Some(Step::Branch { condition, then, orelse, .. }) => match then.is_empty() {
            false => format!("{} if `{}`", first_command(then), in_words(&condition.text.name)),
            true => format!("{} unless `{}`", first_command(orelse), in_words(&condition.text.name)),
        },
        Some(Step::Loop { head, body, .. }) => {
            let head = match head.name.strip_prefix("each of ") {
                Some(of) => format!("for each of `{}`", in_words(of)),
                None if &*head.name == "True" => "again and again".to_owned(),
                None => format!("while `{}`", in_words(&head.name)),
            };
            format!("{} {head}", first_command(body))
        }
        Some(Step::Beside(steps)) => format!("{} beside the rest", first_command(steps)),
        Some(Step::Failed { .. }) => "what is done on failure".to_owned(),
        Some(Step::Exit(exit, _)) => exit.word().to_owned(),
        Some(Step::Unknown { what, .. }) => format!("`{}`", what.name),
        Some(Step::Wait(wait)) => format!("a wait for {}", wait.tokens.first().map_or("", |token| told(token))),
    }
}

fn first_command(steps: &[Step]) -> String {
    first_of(steps).map_or_else(|| "no command".to_owned(), Command::shown)
}

/// The first command of steps.
fn first_of(steps: &[Step]) -> Option<&Command> {
    let mut found = None;
    each_step(steps, &mut |step| {
        if let Step::Command(command) = step {
            found.get_or_insert(command);
        }
    });
    found
}

/// Up to how many characters of what decides something are shown.
const WORDS: usize = 100;

/// What decides something, for people: `or` and `and` instead of their one form, and no more than can be read.
#[must_use]
pub fn in_words(text: &str) -> String {
    let parts = |inner: &str| -> Option<Vec<String>> {
        (!inner.contains("all of (")).then(|| inner.split("; ").map(str::to_owned).collect())
    };
    let all = |text: &str| text.strip_prefix("all of (").and_then(|text| text.strip_suffix(')')).and_then(parts);
    let negated = |part: &String| part.strip_prefix("not ").map_or_else(|| format!("not {part}"), str::to_owned);
    let words = match (all(text), text.strip_prefix("not ").and_then(all)) {
        (Some(parts), _) => parts.join(" and "),
        (None, Some(parts)) => parts.iter().map(negated).collect::<Vec<_>>().join(" or "),
        (None, None) => text.to_owned(),
    };
    match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// Whether what is waited for is one command.
fn is_of_command(token: &str) -> bool {
    token.contains('#') && !["condition ", "settled condition ", "any of "].iter().any(|word| token.starts_with(word))
}

/// A token without its number.
fn told(token: &str) -> &str {
    token.split('#').next().unwrap_or(token)
}

/// How many steps of each version are shown.
const SHOWN: usize = 3;

/// The next steps, in a few words.
fn excerpt(steps: &[Step]) -> String {
    let mut parts: Vec<String> = steps
        .iter()
        .filter(|step| !matches!(step, Step::Wait(_) | Step::Failed { .. }))
        .take(SHOWN + 1)
        .map(|step| shown(Some(step)))
        .collect();
    if parts.len() > SHOWN {
        parts.truncate(SHOWN);
        parts.push("…".to_owned());
    } else if parts.is_empty() {
        parts.push("the end".to_owned());
    }
    parts.join(", then ")
}

#[cfg(test)]
mod tests {
    use super::super::normal::normal;
    use super::super::write::steps_of;
    use super::*;

    fn workflow(run: &str) -> Skeleton {
        let steps = normal(steps_of(run), true);
        let flow = Flow { kind: FlowKind::Run, name: String::new(), arity: 1, writes: false, steps, at: None };
        Skeleton { name: "W".to_owned(), class: "W".to_owned(), at: None, flows: vec![flow], cannot: None }
    }

    fn found(before: &str, after: &str) -> Vec<(DifferenceKind, Verdict)> {
        let all = differences(&workflow(before), &workflow(after));
        all.iter().map(|difference| (difference.kind, difference.verdict)).collect()
    }

    /// Activities, each awaited.
    fn awaited(names: &str) -> String {
        names.split_whitespace().map(|name| format!("activity: {name}\nwait for: activity {name}#1\n")).collect()
    }

    #[test]
    fn the_first_command_that_is_not_alike_is_told() {
        use {DifferenceKind as Kind, Verdict::Unsafe};
        let of = |before: &str, after: &str| found(&awaited(before), &awaited(after));
        assert_eq!(of("a b", "a b"), []);
        assert_eq!(of("a b", "a x b"), [(Kind::Added, Unsafe)]);
        assert_eq!(of("a x b", "a b"), [(Kind::Removed, Unsafe)]);
        assert_eq!(of("a b", "a x"), [(Kind::Replaced, Unsafe)]);
        assert_eq!(of("a b c", "a c b"), [(Kind::Reordered, Unsafe)]);
    }

    #[test]
    fn what_stands_behind_the_last_wait_is_felt_by_closed_executions() {
        assert_eq!(found(&awaited("a"), &awaited("a b")), [(DifferenceKind::Added, Verdict::Closed)]);
        assert_eq!(found("activity: a\n", "activity: b\n"), [(DifferenceKind::Replaced, Verdict::Closed)]);
    }

    #[test]
    fn an_order_that_waits_for_less_is_the_same() {
        let (one, both) = (awaited("a b"), "activity: a\nactivity: b\nwait for: activity a#1 \u{2022} activity b#1\n");
        assert_eq!(found(&one, both), [], "commands come earlier");
        assert_eq!(found(both, &one), [(DifferenceKind::Later, Verdict::Unsafe)], "a command waits for more");
    }

    #[test]
    fn a_condition_makes_it_depend_on_data() {
        let (always, sometimes) = (
            awaited("a b c"),
            format!("{}if: big\n  activity: b\n  wait for: activity b#1\n{}", awaited("a"), awaited("c")),
        );
        assert_eq!(found(&awaited("a c"), &sometimes), [(DifferenceKind::Condition, Verdict::Depends)]);
        assert_eq!(found(&always, &sometimes), [(DifferenceKind::Condition, Verdict::Depends)]);
        assert_eq!(found(&sometimes, &always), [(DifferenceKind::Undecided, Verdict::Depends)]);
    }

    #[test]
    fn patches_are_told_by_what_became_of_them() {
        let patched = format!("patch: p\nif: patched p\n  activity: x\nelse\n  activity: a\n{}", awaited("b c"));
        let (deprecated, gone) = (
            format!("deprecated patch: p\nactivity: x\n{}", awaited("b c")),
            format!("activity: x\n{}", awaited("b c")),
        );
        assert_eq!(found(&patched, &deprecated), [(DifferenceKind::PatchDeprecated, Verdict::Depends)]);
        assert_eq!(found(&patched, &gone), [(DifferenceKind::PatchRemoved, Verdict::Unsafe)]);
        assert_eq!(found(&deprecated, &gone), [(DifferenceKind::DeprecationRemoved, Verdict::Depends)]);
        assert_eq!(found(&gone, &gone), []);
    }

    #[test]
    fn what_cannot_be_told_is_said_once() {
        let unknown = format!("unknown: call \u{2261} it is not known\n{}", awaited("a"));
        assert_eq!(found(&unknown, &unknown), [], "it is as before");
        assert_eq!(found(&awaited("a"), &unknown), [(DifferenceKind::Unknown, Verdict::Unknown)]);
    }

    #[test]
    fn conditions_are_said_in_words() {
        assert_eq!(in_words("all of (a; b)"), "a and b");
        assert_eq!(in_words("not all of (a; not b)"), "not a or b");
        assert!(in_words(&"x".repeat(200)).ends_with('…'));
    }
}
