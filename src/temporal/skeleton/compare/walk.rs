//! Both versions of a flow gone through side by side, up to the first command that is not alike.
//!
//! Knows: steps that both have, branches by the same condition, loops, tasks, and on which side more stands. Does not know: which
//! waits hold another up ([`waiting`](super::waiting)), or what a branch of one side alone means ([`branches`](super::branches)).

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::branches::{beside_never, conditional, decided, joined};
use super::guards::{Around, NEW, OLD};
use super::state::{Known, State};
use super::words::{excerpt, first_of, shown};
use super::{Difference, DifferenceKind, Verdict, durations};
use crate::temporal::skeleton::effects::INPUT;
use crate::temporal::skeleton::implied::conjuncts;
use crate::temporal::skeleton::normal::ends;
use crate::temporal::skeleton::paths::{Pair, Paths, go_round_alike, pairs};
use crate::temporal::skeleton::places::is_place;
use crate::temporal::skeleton::reading::{arguments, counted};
use crate::temporal::skeleton::sdk::LEFT_OVER;
use crate::temporal::skeleton::step::{
    Command, CommandKind, Condition, Exit, Flow, FlowKind, Step, Text, any_step, each_step, waits,
};
use crate::temporal::skeleton::write::key;

/// How many pairs of steps are looked at for a flow.
pub(super) const BUDGET: u32 = 20_000;

pub(super) struct Walk<'w> {
    pub(super) workflow: &'w str,
    pub(super) flow: &'w Flow,
    /// The flow in the version after.
    pub(super) new_flow: &'w Flow,
    /// What either version waits for that no command gives.
    pub(super) brought: [Vec<Arc<str>>; 2],
    /// The same of the version after, in the words of its single paths.
    pub(super) brought_on_paths: std::cell::OnceCell<Vec<Arc<str>>>,
    /// Other flows issue commands, which may come between.
    pub(super) others_issue: bool,
    /// The attributes that code only makes true once they have begun.
    pub(super) rising: &'w FxHashSet<Arc<str>>,
    /// Other code may have issued commands while this flow waited in the version before.
    pub(super) others_may_have_come: bool,
    /// Handlers of the version before issued commands behind what they wait for.
    pub(super) handlers_go_on: bool,
    pub(super) budget: std::cell::Cell<u32>,
    /// What comparing ways from a failure on has given, by what they are.
    pub(super) ways: RefCell<FxHashMap<(u64, u64), Option<Difference>>>,
    /// What is compared is a single path, which may be cut off in either version.
    pub(super) is_on_path: std::cell::Cell<bool>,
    /// Something fails on it.
    pub(super) has_failed: std::cell::Cell<bool>,
}

/// What looking at single paths gives.
pub(super) enum OnPaths {
    /// Both do the same on all.
    Same,
    /// They surely do not.
    Differ(Box<Difference>),
    /// They do the same, but for what closed executions alone feel.
    Closed(Box<Difference>),
    /// For each path of the version before there is one of the version after on which both do the same, and one on which not:
    /// a new limit of a wait decides.
    Either,
    /// It cannot be told.
    NotKnown,
}

impl Walk<'_> {
    pub(super) fn flows(&self, old: &[Step], new: &[Step]) -> Option<Difference> {
        self.from(State { has_failed: self.has_failed.get(), ..State::default() }, old, new)
    }

    /// The same, where the version after is given the name of the message.
    pub(super) fn named(&self, name: &str, old: &[Step], new: &[Step]) -> Option<Difference> {
        let mut state = State::default();
        state.constants.insert(format!("{INPUT}0").into(), Known::only(name));
        self.from(state, old, new)
    }

    fn from(&self, mut state: State, old: &[Step], new: &[Step]) -> Option<Difference> {
        let runs = self.flow.kind != FlowKind::Run;
        let strong = self.sequence(old, new, &mut state, runs);
        let weak = worse(strong, state.worst());
        let weak = weak.or_else(|| self.more_room(&state));
        weak.or_else(|| self.at_end(&state))
    }

    /// What the end of the flow waits for otherwise: that of a workflow, or the answer to an update.
    pub(super) fn at_end(&self, state: &State) -> Option<Difference> {
        match self.flow.kind {
            FlowKind::Run => self.waits_at_end(state),
            FlowKind::Update => self.answers(state),
            FlowKind::Signal => None,
        }
    }

    /// Whether both do the same on all paths, whatever their form; or where they surely do not, whatever their form, the most
    /// that follows from it.
    pub(super) fn on_paths(&self, old_flow: &Flow, new_flow: &Flow) -> OnPaths {
        let (Some(old), Some(new)) = (&old_flow.paths, &new_flow.paths) else { return OnPaths::NotKnown };
        let Some(pairs) = pairs(old, new) else { return OnPaths::NotKnown };
        self.is_on_path.set(true);
        let (mut any, mut all, mut most) = (false, true, None::<Difference>);
        let mut is_closed = true;
        let (mut may_be_same, mut is_up_to_time) = (true, false);
        for pairs in pairs {
            any |= !pairs.is_empty();
            let found: Vec<Option<Difference>> = pairs.iter().map(|pair| self.on_pair(pair)).collect();
            all &= found.iter().all(Option::is_none);
            is_closed &= found.iter().flatten().all(|found| found.verdict == Verdict::Closed);
            may_be_same &= found.iter().any(Option::is_none);
            is_up_to_time |= pairs.iter().any(|pair| pair.is_up_to_time);
            let sure = pairs.iter().zip(&found).filter(|(pair, _)| pair.is_sure).filter_map(|(_, found)| found.clone());
            for found in sure.chain(whatever_follows(&pairs, &found)) {
                if found.verdict > Verdict::Unknown && most.as_ref().is_none_or(|most| most.verdict < found.verdict) {
                    most = Some(found);
                }
            }
        }
        self.is_on_path.set(false);
        self.has_failed.set(false);
        // What other rounds of loops do is on none of the paths.
        let is_all = !(old.are_coarse() || new.are_coarse()) || loop_alike(&old_flow.steps, &new_flow.steps);
        match most {
            Some(found) if is_all && is_closed && leave_out_the_same([old, new]) => OnPaths::Closed(Box::new(found)),
            Some(found) => OnPaths::Differ(Box::new(found)),
            None if !is_all => OnPaths::NotKnown,
            None if all && any && leave_out_the_same([old, new]) && go_round_alike(old, new) => OnPaths::Same,
            None if is_up_to_time && may_be_same => OnPaths::Either,
            None => OnPaths::NotKnown,
        }
    }

    /// Whether a loop that one version alone has by its form is gone through alike on a path of both: what it issues first is there.
    pub(super) fn goes_round_alike(&self, old_flow: &Flow, new_flow: &Flow, found: &Difference) -> bool {
        let side = match found.kind {
            DifferenceKind::Removed => OLD,
            DifferenceKind::Added => NEW,
            _ => return false,
        };
        let (Some(command), true) = (&found.commands[side], found.is_of_loop) else { return false };
        let (Some(old), Some(new)) = (&old_flow.paths, &new_flow.paths) else { return false };
        let is_it = |step: &Step| matches!(step, Step::Command(known) if known.called() == *command);
        self.is_on_path.set(true);
        let is_alike = pairs(old, new).is_some_and(|mut pairs| {
            pairs.any(|pairs| {
                pairs.iter().any(|pair| {
                    let steps = if side == OLD { &pair.old } else { &pair.new };
                    any_step(steps, &is_it) && self.on_pair(pair).is_none()
                })
            })
        });
        self.is_on_path.set(false);
        self.has_failed.set(false);
        is_alike
    }

    /// How both versions differ on two paths.
    fn on_pair(&self, pair: &Pair<'_>) -> Option<Difference> {
        self.budget.set(BUDGET);
        self.has_failed.set(pair.has_failed);
        let mut found = self.flows(&pair.old, &pair.new)?;
        if !pair.is_always {
            found.verdict = found.verdict.min(Verdict::Depends);
        }
        Some(found)
    }

    pub(super) fn difference(&self, kind: DifferenceKind, verdict: Verdict, old: &[Step], new: &[Step]) -> Difference {
        let first = |steps: &[Step]| steps.iter().find_map(|step| step.at().cloned());
        let is_endless =
            |steps: &[Step]| matches!(steps.first(), Some(Step::Loop { head, .. }) if &*head.name == "True");
        Difference {
            is_of_loop: match kind {
                DifferenceKind::Removed => is_endless(old),
                DifferenceKind::Added => is_endless(new),
                _ => false,
            },
            commands: [old, new].map(|steps| first_of(steps).map(Command::called)),
            before: excerpt(old),
            after: excerpt(new),
            before_at: first(old),
            after_at: first(new),
            ..Difference::of(kind, verdict, self.workflow, (self.flow.kind, &self.flow.name))
        }
    }

    /// The first difference of two runs of steps. `runs` says whether an execution may wait somewhere behind them.
    #[expect(clippy::too_many_lines, reason = "an arm for each pair of kinds of steps")]
    pub(super) fn sequence(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let (mut i, mut j) = (0, 0);
        // No execution comes here.
        if state.is_impossible() {
            return None;
        }
        loop {
            let left = self.budget.get();
            if left == 0 {
                let mut found = self.difference(DifferenceKind::Unknown, Verdict::Unknown, &old[i..], &new[j..]);
                found.what = "there are too many ways through it".to_owned();
                return Some(found);
            }
            self.budget.set(left - 1);
            let mut found = None;
            i += self.passed(OLD, &old[i..], state, &mut found);
            j += self.passed(NEW, &new[j..], state, &mut found);
            if found.is_some() {
                return found;
            }
            let (old_rest, new_rest) = (&old[i..], &new[j..]);
            if let Some((side, way)) = another_way([old_rest, new_rest], state) {
                return match side {
                    OLD => self.sequence(&way, new_rest, state, runs),
                    _ => self.sequence(old_rest, &way, state, runs),
                };
            }
            if has_no_round(old_rest.first(), state, &Text::clone) {
                i += 1;
                continue;
            }
            if has_no_round(new_rest.first(), state, &|text| state.told(text)) {
                j += 1;
                continue;
            }
            match (old_rest.first(), new_rest.first()) {
                (Some(Step::Exit(Exit::Never | Exit::Stuck, _)), _) => return None,
                (_, Some(Step::Exit(Exit::Never, _))) if self.is_on_path.get() => return None,
                (Some(Step::Exit(exit, _)), Some(Step::Exit(other, _))) => {
                    if exit.is_like(*other) {
                        self.notes_answer(state);
                        return if exit.raises() { self.raised(state) } else { None };
                    }
                    let closed = (is_end(*exit) || exit.raises()) && !runs && self.ends_sooner(state).is_none();
                    let verdict = if closed { Verdict::Closed } else { Verdict::Depends };
                    return Some(self.difference(DifferenceKind::Exit, verdict, old_rest, new_rest));
                }
                (None, None) => return None,
                (None | Some(Step::Exit(Exit::Return, _)), None | Some(Step::Exit(Exit::Return, _))) => return None,
                (Some(Step::Unknown { what: one, .. }), Some(Step::Unknown { what: other, .. }))
                    if one.is_like(&state.told(other)) =>
                {
                    i += 1;
                    j += 1;
                }
                // What comes before what cannot be told, but is in both, can be told.
                (Some(Step::Unknown { .. }), Some(Step::Command(_)))
                    if comes(&old_rest[0], &new_rest[1..], state, true) =>
                {
                    return Some(self.added(old_rest, new_rest, state, runs));
                }
                (Some(Step::Command(_)), Some(Step::Unknown { .. }))
                    if comes(&new_rest[0], &old_rest[1..], state, false) =>
                {
                    return Some(self.removed(old_rest, new_rest, runs));
                }
                (Some(Step::Unknown { .. }), Some(Step::Branch { .. }))
                    if comes(&old_rest[0], &new_rest[1..], state, true) =>
                {
                    return self.one_sided_new(old_rest, new_rest, state, runs);
                }
                (Some(Step::Branch { .. }), Some(Step::Unknown { .. }))
                    if comes(&new_rest[0], &old_rest[1..], state, false) =>
                {
                    return self.one_sided_old(old_rest, new_rest, state, runs);
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
                    return Some(self.added(old_rest, new_rest, state, runs));
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
                    self.earlier(other, state, new_rest);
                    self.turns(other, state);
                    self.result(one, other, old_rest, runs, state);
                    self.cancels(one, other, state);
                    self.durations(one, other, state);
                    state.takes_for(one, other);
                    i += 1;
                    j += 1;
                }
                (Some(one @ Step::Branch { .. }), Some(other @ Step::Branch { .. }))
                    if one.only_waits() && other.only_waits() =>
                {
                    if let Some(found) = self.waits_under(old_rest, new_rest, state, runs) {
                        return Some(found);
                    }
                    i += 1;
                    j += 1;
                }
                (Some(Step::Branch { condition: one, .. }), Some(Step::Branch { condition: other, .. }))
                    if one.text.is_like(&state.told(&other.text)) =>
                {
                    if let ControlFlow::Break(found) = self.same_branches(old_rest, new_rest, state, runs) {
                        return found;
                    }
                    i += 1;
                    j += 1;
                }
                (Some(Step::Loop { head: one, .. }), Some(Step::Loop { head: other, .. })) => {
                    if let Some(found) = self.loops(old_rest, new_rest, state, runs) {
                        let is_other = found.verdict == Verdict::Unsafe && !one.is_like(&state.told(other));
                        return if is_other {
                            self.one_loop_more(found, old_rest, new_rest, state, runs)
                        } else {
                            Some(found)
                        };
                    }
                    i += 1;
                    j += 1;
                }
                (Some(Step::Beside(one)), Some(Step::Beside(other))) => {
                    if let Some(found) = self.tasks(one, other, state) {
                        return Some(found);
                    }
                    i += 1;
                    j += 1;
                }
                (Some(Step::Beside(task)), Some(Step::Command(other)))
                    if behind_places(task).is_some_and(|(command, _)| command.is_like(other)) =>
                {
                    // A task that had no room at first, and now has: its command comes earlier.
                    let (command, rest) = behind_places(task)?;
                    let mut way = vec![Step::Command(command.clone())];
                    if any_step(rest, &|step| matches!(step, Step::Command(_) | Step::Unknown { .. })) {
                        way.push(Step::Beside(rest.to_vec()));
                    }
                    way.extend_from_slice(&old_rest[1..]);
                    return self.sequence(&way, new_rest, state, runs);
                }
                // A task that issues commands on failure alone.
                (_, Some(Step::Beside(other))) if !issues(other) => {
                    if let Some(found) = self.tasks(&[], other, state) {
                        return Some(found);
                    }
                    self.handled_in_task(other, state);
                    j += 1;
                }
                (Some(Step::Beside(one)), _) if !issues(one) => {
                    if let Some(found) = self.tasks(one, &[], state) {
                        return Some(found);
                    }
                    i += 1;
                }
                (Some(one @ Step::Branch { .. }), Some(other @ Step::Branch { .. })) => {
                    return match (one.only_waits(), other.only_waits()) {
                        (true, _) => self.one_sided_old(old_rest, new_rest, state, runs),
                        (_, true) => self.one_sided_new(old_rest, new_rest, state, runs),
                        _ => self.branches(old_rest, new_rest, state, runs),
                    };
                }
                (_, Some(Step::Branch { .. })) => return self.one_sided_new(old_rest, new_rest, state, runs),
                (Some(Step::Branch { .. }), _) => return self.one_sided_old(old_rest, new_rest, state, runs),
                (_, Some(Step::Command(command))) if self.is_tentative(command, old_rest, new_rest, state) => j += 1,
                (_, Some(Step::Loop { .. })) => return self.new_loop(old_rest, new_rest, state, runs),
                (Some(Step::Loop { .. }), _) => {
                    let verdict = self.without_loop(old_rest, new_rest, state, runs);
                    let mut found = self.difference(DifferenceKind::Removed, verdict, old_rest, new_rest);
                    found.what = shown(old_rest.first());
                    return Some(found);
                }
                (Some(Step::Command(one)), Some(Step::Command(other))) if one.may_be(other) => {
                    if let Some(found) = self.computed(one, other, old_rest, new_rest, state, runs) {
                        return Some(found);
                    }
                    i += 1;
                    j += 1;
                }
                (Some(_), Some(_)) => return Some(self.commands(old_rest, new_rest, state, runs)),
            }
        }
    }

    /// Two branches by the same condition: which difference is the first, if the versions do not go on together behind them.
    fn same_branches(
        &self,
        old_rest: &[Step],
        new_rest: &[Step],
        state: &mut State,
        runs: bool,
    ) -> ControlFlow<Option<Difference>> {
        let (
            Some(Step::Branch { condition: one, then, orelse, .. }),
            Some(Step::Branch { then: new_then, orelse: new_orelse, .. }),
        ) = (old_rest.first(), new_rest.first())
        else {
            return ControlFlow::Continue(());
        };
        // Where one version leaves and the other goes on, what it goes on with counts.
        if ends(then) != ends(new_then) || ends(orelse) != ends(new_orelse) {
            let found = self.with_rest(old_rest, new_rest, state, runs);
            return ControlFlow::Break(found.map(|found| conditional(found, &one.text, None)));
        }
        let before = state.clone();
        let runs = runs || waits(&old_rest[1..]);
        let around = state.around.clone();
        state.around[OLD].go_into([then, orelse], &old_rest[1..]);
        state.around[NEW].go_into([new_then, new_orelse], &new_rest[1..]);
        let mut first = state.under(one, true);
        let on_then = self.sequence(then, new_then, &mut first, runs);
        // What is not done in one version here may be done behind the branch there.
        let or_behind = |found: Option<Difference>| {
            let whole = self.with_rest(old_rest, new_rest, &mut before.clone(), runs);
            let is_milder = whole.as_ref().is_none_or(|whole| whole.verdict < Verdict::Unsafe);
            if is_milder && found.as_ref().is_some_and(is_of_one) { whole } else { found }
        };
        let is_mild = |found: &Option<Difference>| found.as_ref().is_none_or(|found| found.verdict == Verdict::Closed);
        if !is_mild(&on_then) {
            return ControlFlow::Break(or_behind(on_then));
        }
        let mut second = state.under(one, false);
        let on_orelse = self.sequence(orelse, new_orelse, &mut second, runs);
        if !is_mild(&on_orelse) {
            return ControlFlow::Break(or_behind(on_orelse));
        }
        // What only closed executions feel of one way leaves what follows the other to be looked at.
        let leads_on = [on_then.is_none() && !ends(then), on_orelse.is_none() && !ends(orelse)];
        let mild = on_then.or(on_orelse);
        if mild.is_some() && leads_on == [false, false] {
            return ControlFlow::Break(mild);
        }
        // Guards may end inside, on each way that leads on.
        let way_on = if leads_on[0] || !leads_on[1] && !ends(then) { &first } else { &second };
        state.around.clone_from(&way_on.around);
        (0..2).for_each(|side| state.around[side].come_out(&around[side]));
        for (way, [one, other]) in [(first, [then, new_then]), (second, [orelse, new_orelse])] {
            match ends_flow(one) && ends_flow(other) {
                // What was waited for on a way that ends was not waited for behind it.
                true => way.weak.into_iter().for_each(|weak| state.note(weak)),
                false => state.join(way),
            }
        }
        mild.into_iter().for_each(|mild| state.note(mild));
        ControlFlow::Continue(())
    }

    /// Two branches by the same condition, each way with what follows the branch.
    fn with_rest(&self, old: &[Step], new: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let (
            Some(Step::Branch { condition, then, orelse, .. }),
            Some(Step::Branch { then: new_then, orelse: new_orelse, .. }),
        ) = (old.first(), new.first())
        else {
            return None;
        };
        let way = |one: &[Step], other: &[Step], state: &mut State| {
            self.sequence(&joined(one, &old[1..]), &joined(other, &new[1..]), state, runs)
        };
        let mut first = state.under(condition, true);
        let mut second = state.under(condition, false);
        let found = worse(way(then, new_then, &mut first), way(orelse, new_orelse, &mut second));
        state.join(first);
        state.join(second);
        found
    }

    /// Two loops: each time round may begin with what the time before has left.
    fn loops(&self, old_rest: &[Step], new_rest: &[Step], state: &mut State, runs: bool) -> Option<Difference> {
        let (Some(Step::Loop { head: one, body, .. }), Some(Step::Loop { head: other, body: new_body, .. })) =
            (old_rest.first(), new_rest.first())
        else {
            return None;
        };
        // A loop that leaves where its condition does not hold, and one that asks for it in its midst.
        let (one, body) = asked_inside(one, body, other);
        let (other, new_body) = asked_inside(other, new_body, &one);
        let (body, new_body) = (&*body, &*new_body);
        let runs = runs || waits(old_rest);
        let mut first = state.clone();
        first.around.iter_mut().for_each(Around::go_into_loop);
        let mut found = self.sequence(body, new_body, &mut first, runs);
        if found.is_none() {
            for side in [OLD, NEW] {
                first.around[side].come_back(&state.around[side]);
                first.around[side].go_into_loop();
            }
            found = self.sequence(body, new_body, &mut first, runs);
        }
        if let Some(mut found) = found {
            // What leaves a loop in one version may do behind it what the other does in it.
            if is_done_behind([(body, &old_rest[1..]), (new_body, &new_rest[1..])], &found) {
                found.verdict = found.verdict.min(Verdict::Depends);
            }
            return Some(found);
        }
        if !one.is_like(&first.told(&other)) {
            let mut found = self.difference(DifferenceKind::Condition, Verdict::Depends, old_rest, new_rest);
            found.what = other.name.to_string();
            return Some(found);
        }
        (0..2).for_each(|side| first.around[side].come_back(&state.around[side]));
        *state = first;
        None
    }

    /// What it means that a loop of the version before is gone: it may have had no round, or one.
    fn without_loop(&self, old_rest: &[Step], new_rest: &[Step], state: &State, runs: bool) -> Verdict {
        let may_be = |way: &[Step]| self.sequence(way, new_rest, &mut state.clone(), runs).is_none();
        // What a wait has left undone it may end by itself in the other version.
        match may_be(&old_rest[1..]) || may_be(&once(old_rest)) || old_rest.first().is_some_and(is_of_left_over) {
            true => Verdict::Depends,
            false => Verdict::Unsafe,
        }
    }

    /// Two loops that have nothing in common: one of them may be one that the other version does not have.
    fn one_loop_more(
        &self,
        found: Difference,
        old_rest: &[Step],
        new_rest: &[Step],
        state: &mut State,
        runs: bool,
    ) -> Option<Difference> {
        if self.without_loop(old_rest, new_rest, state, runs) == Verdict::Depends {
            return Some(Difference { verdict: Verdict::Depends, ..found });
        }
        match self.new_loop(old_rest, new_rest, state, runs) {
            Some(other) if other.verdict == Verdict::Unsafe => Some(found),
            milder => milder,
        }
    }

    /// Two tasks that run beside what follows.
    fn tasks(&self, one: &[Step], other: &[Step], state: &mut State) -> Option<Difference> {
        let mut beside = state.clone();
        beside.around.iter_mut().for_each(Around::go_into_task);
        if let Some(found) = self.sequence(one, other, &mut beside, true) {
            return Some(found);
        }
        state.alias.extend(beside.alias);
        (0..2).for_each(|side| beside.around[side].come_back(&state.around[side]));
        state.around = beside.around;
        beside.weak.into_iter().for_each(|weak| state.note(weak));
        None
    }
}

impl Walk<'_> {
    /// What steps of a version begin with that waits or begins and ends guards. Gives how many these are.
    fn passed(&self, side: usize, steps: &[Step], state: &mut State, found: &mut Option<Difference>) -> usize {
        for (at, step) in steps.iter().enumerate() {
            let different = match step {
                Step::Wait(wait) if side == OLD => self.take_old(wait, state),
                Step::Wait(wait) => self.take_new(wait, state),
                Step::Failed { handlers, of, .. } => {
                    state.around[side].enter(handlers, of, &steps[at + 1..]);
                    None
                }
                Step::Over => {
                    state.over(side);
                    None
                }
                _ => return at,
            };
            if found.is_none() {
                *found = different;
            }
        }
        steps.len()
    }
}

/// How a path of the version before differs from each that the version after may take in its place, whatever that asks besides:
/// the mildest. An execution that took it takes one of these.
fn whatever_follows(pairs: &[Pair<'_>], found: &[Option<Difference>]) -> Option<Difference> {
    if !pairs.iter().all(|pair| pair.asks_all) {
        return None;
    }
    let found = found.iter().map(Option::as_ref).collect::<Option<Vec<_>>>()?;
    found.into_iter().min_by_key(|found| found.verdict).cloned()
}

/// How the steps of one version, which is given too, go on where something is known of the branch, the handler or the timer that they
/// begin with.
fn another_way([old, new]: [&[Step]; 2], state: &mut State) -> Option<(usize, Vec<Step>)> {
    let plain = |_: &State, condition: &Condition| condition.clone();
    if let Some(way) = decided(old, state, &plain) {
        return Some((OLD, way));
    }
    if let Some(way) = decided(new, state, &State::condition) {
        return Some((NEW, way));
    }
    for (side, steps) in [(OLD, old), (NEW, new)] {
        if let Some(Step::Exit(Exit::Leave(further), _)) = steps.first() {
            return Some((side, state.around[side].left(*further)));
        }
    }
    if let Some(way) = durations::as_asked(old, new.first(), &|text| state.told(text)) {
        return Some((OLD, way));
    }
    if let Some(way) = durations::as_asked(new, old.first(), &Text::clone) {
        return Some((NEW, way));
    }
    if let Some(way) = beside_never(old, state, &plain) {
        return Some((OLD, way));
    }
    beside_never(new, state, &State::condition).map(|way| (NEW, way))
}

/// Whether a step is a loop that has no round on this way: there is nothing to go through.
fn has_no_round(step: Option<&Step>, state: &State, told: &dyn Fn(&Text) -> Text) -> bool {
    let Some(Step::Loop { head, .. }) = step else { return false };
    let shape = told(head).shape;
    shape.strip_prefix("each of ").filter(|_| !head.is_shared).is_some_and(|of| state.is_empty(of))
}

/// Whether it is that one version alone has a command.
fn is_of_one(found: &Difference) -> bool {
    found.verdict == Verdict::Unsafe && matches!(found.kind, DifferenceKind::Added | DifferenceKind::Removed)
}

/// Whether a command that one version alone has in a loop comes behind that in the other, which leaves it for that.
fn is_done_behind([(old, old_rest), (new, new_rest)]: [(&[Step], &[Step]); 2], found: &Difference) -> bool {
    let (at, body, rest) = match found.kind {
        DifferenceKind::Removed => (OLD, new, new_rest),
        DifferenceKind::Added => (NEW, old, old_rest),
        _ => return false,
    };
    let is_it = |step: &Step| matches!(step, Step::Command(command) if Some(command.called()) == found.commands[at]);
    found.commands[at].is_some() && any_step(body, &leaves) && any_step(rest, &is_it)
}

/// Whether a step only cancels what a wait for some of several things has left undone.
fn is_of_left_over(step: &Step) -> bool {
    let cancels = |step: &Step| matches!(step, Step::Command(command) if command.kind == CommandKind::Cancel);
    matches!(step, Step::Loop { head, body, .. } if &*head.name == LEFT_OVER && body.iter().all(cancels))
}

/// Whether a step leaves a loop.
fn leaves(step: &Step) -> bool {
    matches!(step, Step::Exit(Exit::Break, _))
}

/// What says more of two differences: the first, unless it is mild and the other is not.
fn worse(first: Option<Difference>, second: Option<Difference>) -> Option<Difference> {
    match (first, second) {
        (Some(first), Some(second)) if first.is_mild() && second.is_sure && first.verdict < second.verdict => {
            Some(second)
        }
        (first, second) => first.or(second),
    }
}

/// Whether commands that are on no path of one version are on none of the other, so that paths tell of both the same.
fn leave_out_the_same(paths: [&Paths; 2]) -> bool {
    let [old, new] = paths.map(Paths::leave_out);
    old == new && (old.is_empty() || !paths.iter().any(|paths| paths.are_short()))
}

/// Whether all loops of two versions are alike whose rounds no number says that is known.
fn loop_alike(old: &[Step], new: &[Step]) -> bool {
    let loops = |steps: &[Step]| {
        let mut found: Vec<String> = Vec::new();
        each_step(steps, &mut |step| {
            if let Step::Loop { head, .. } = step
                && !is_counted_out(&head.name)
            {
                found.push(key(std::slice::from_ref(step)));
            }
        });
        found.sort_unstable();
        found.dedup();
        found
    };
    loops(old) == loops(new)
}

/// Whether a number that is known says how many rounds a loop has at most.
fn is_counted_out(head: &str) -> bool {
    let is_known = |range: &str| {
        let given = arguments(range, "builtins.range");
        given.is_some_and(|given| given.iter().all(|number| number.parse::<i64>().is_ok()))
    };
    let counts = |part: &&str| counted(part).is_some_and(|(range, _)| is_known(&range));
    head.strip_prefix("each of ").is_some_and(is_known) || conjuncts(head).iter().any(counts)
}

/// Whether what cannot be told in one version comes in the other, too.
fn comes(unknown: &Step, steps: &[Step], state: &State, is_old: bool) -> bool {
    let Step::Unknown { what, .. } = unknown else { return false };
    steps.iter().any(|step| match step {
        Step::Unknown { what: other, .. } if is_old => what.is_like(&state.told(other)),
        Step::Unknown { what: other, .. } => other.is_like(&state.told(what)),
        _ => false,
    })
}

/// Steps that begin with a loop, which is gone round once.
pub(super) fn once(steps: &[Step]) -> Vec<Step> {
    let Some((Step::Loop { body, .. }, rest)) = steps.split_first() else { return steps.to_vec() };
    joined(&without_breaks(body), rest)
}

/// A round of a loop behind which it is over.
fn without_breaks(body: &[Step]) -> Vec<Step> {
    let again = |steps: &[Step]| without_breaks(steps);
    let each = |step: &Step| match step {
        Step::Exit(Exit::Break, _) => None,
        Step::Branch { condition, then, orelse, at } => {
            let (then, orelse) = (again(then), again(orelse));
            Some(Step::Branch { condition: condition.clone(), then, orelse, at: at.clone() })
        }
        other => Some(other.clone()),
    };
    body.iter().filter_map(each).collect()
}

/// A loop by a condition, asked for at the beginning of each round, where the other version's loop has none.
fn asked_inside<'s>(head: &Text, body: &'s [Step], other: &Text) -> (Text, Cow<'s, [Step]>) {
    let endless = "True";
    if &*other.name != endless || &*head.name == endless || head.name.starts_with("each of ") {
        return (head.clone(), Cow::Borrowed(body));
    }
    let leaves = vec![Step::Exit(Exit::Break, None)];
    let negated = head.name.strip_prefix("not ").zip(head.shape.strip_prefix("not "));
    let (text, then, orelse) = match negated {
        Some((name, shape)) => {
            (Text { name: name.into(), shape: shape.into(), is_shared: head.is_shared }, leaves, Vec::new())
        }
        None => (head.clone(), Vec::new(), leaves),
    };
    let asks = Step::Branch { condition: Condition::plain(text), then, orelse, at: None };
    (Text::plain(endless), Cow::Owned([&[asks], body].concat()))
}

/// The first command of a task that only waits for a free place before it, and what follows.
fn behind_places(task: &[Step]) -> Option<(&Command, &[Step])> {
    let is_place = |step: &&Step| matches!(step, Step::Wait(wait) if wait.tokens.iter().all(|token| is_place(token)));
    let places = task.iter().take_while(is_place).count();
    match task.get(places) {
        Some(Step::Command(command)) if places > 0 => Some((command, &task[places + 1..])),
        _ => None,
    }
}

/// Whether steps issue commands where nothing fails, or may do so.
fn issues(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Command(_) | Step::Unknown { .. } => true,
        Step::Failed { .. } => false,
        step => {
            let mut found = false;
            step.each_part(&mut |part| found |= issues(part));
            found
        }
    })
}

/// Steps with others behind them, unless they lead elsewhere.
pub(super) fn joined_with(mut first: Vec<Step>, rest: &[Step]) -> Vec<Step> {
    if !matches!(first.last(), Some(Step::Exit(..))) {
        first.extend_from_slice(rest);
    }
    first
}

/// Whether the flow ends with steps, whatever decides in them.
fn ends_flow(steps: &[Step]) -> bool {
    match steps.last() {
        Some(Step::Exit(exit, _)) => is_end(*exit),
        Some(Step::Branch { then, orelse, .. }) => ends_flow(then) && ends_flow(orelse),
        _ => false,
    }
}

/// Whether the flow ends so.
pub(super) fn is_end(exit: Exit) -> bool {
    matches!(exit, Exit::Return | Exit::Fail | Exit::ContinueAsNew)
}
