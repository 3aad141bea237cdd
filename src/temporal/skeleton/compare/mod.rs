//! Where two versions of a workflow first differ, and what that means to executions that are running.
//!
//! Knows: replay takes commands in their order, and not by their moment, so that a command may come earlier than in the
//! history and not later; what stands behind the last wait is only felt by executions that are closed; a timer that ends a
//! wait is never sent where the wait ends first, and shifts the numbers of the timers that follow. Does not know: which
//! executions run, or what their data are: where that decides, the verdict says so.

mod answers;
mod branches;
mod commands;
mod durations;
mod dynamic;
mod effects;
mod guards;
mod parameters;
mod parts;
mod state;
mod waiting;
mod walk;
mod words;

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::marks::assumed;
use super::step::{CommandKind, Flow, FlowKind, Site, Skeleton, Step, any_step, each_step, waits};
use super::write::key;
use crate::source::Span;
pub(super) use effects::decides_in;
use walk::{BUDGET, OnPaths, Walk};
pub use words::{in_words, stands_alone};

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
    /// Something waits for less than it did.
    Sooner,
    /// A wait got a timeout.
    Timeout,
    /// The flow ends in another way.
    Exit,
    /// What becomes of failures.
    Failures,
    /// What becomes of what was started where what waits for it is cancelled.
    Cancellation,
    /// A handler puts something else into the state that is asked about.
    Effect,
    /// A default stands in for what was recorded, and is another one.
    Default,
    /// A flow cannot be given the arguments that were recorded.
    Arguments,
    /// Recorded arguments arrive as other things than their annotations say.
    Hints,
    /// Recorded data cannot be made into what their annotation says.
    Form,
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
    /// It is seen on single paths alone, so that the form does not tell whether a patch mends it.
    pub is_on_paths: bool,
    /// It depends on how many tasks there are, of which single paths have few.
    pub is_of_number: bool,
    /// Whether it is about a command that what waits for it leaves alone where it is cancelled: nothing, where nothing comes behind
    /// that.
    pub is_of_left_alone: bool,
    /// Whether it is about a loop without a condition of its own that one version alone has.
    pub is_of_loop: bool,
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
    /// Whether another difference says more: this one rests on a guess or means little, and is less bad.
    fn is_milder_guess_than(&self, other: &Self) -> bool {
        (!self.is_sure || self.is_mild()) && self.verdict < other.verdict
    }

    /// Whether it means nothing to executions that run, or cannot be told.
    fn is_mild(&self) -> bool {
        self.verdict <= Verdict::Closed
    }

    /// That a workflow is gone.
    #[must_use]
    pub fn gone(workflow: &str) -> Self {
        Self::of(DifferenceKind::WorkflowRemoved, Verdict::Unsafe, workflow, (FlowKind::Run, ""))
    }

    pub(super) fn of(kind: DifferenceKind, verdict: Verdict, workflow: &str, flow: (FlowKind, &str)) -> Self {
        Self {
            kind,
            verdict,
            is_sure: true,
            is_on_paths: false,
            is_of_number: false,
            is_of_left_alone: false,
            is_of_loop: false,
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
        // What stands behind the place up to which it was told is in no step.
        let is_alike = old.code == new.code
            && old.flows.len() == new.flows.len()
            && old.flows.iter().zip(&new.flows).all(|(old, new)| key(&old.steps) == key(&new.steps));
        if !is_alike {
            found.push(Difference {
                what: why.clone(),
                definition: new.at,
                ..Difference::of(DifferenceKind::Unknown, Verdict::Unknown, &new.name, (FlowKind::Run, ""))
            });
        }
        // What was recorded is given before any of that runs.
        parameters::of_flows(old, new, found);
        return;
    }
    let assumed_ids = of_patches(old, new, found);
    let in_handler = |flow: &Flow| flow.kind != FlowKind::Run && records(flow);
    let have_issued = old.flows.iter().any(in_handler);
    let others_issue = have_issued || new.flows.iter().any(in_handler);
    let handlers_go_on = old.flows.iter().any(|flow| flow.kind != FlowKind::Run && ends_late(flow));
    let rising = effects::rising(old, new);
    let walks = Walks { workflow: &new.name, others_issue, have_issued, handlers_go_on, rising: &rising, old };
    let mut is_unknown = false;
    for flow in &old.flows {
        let known = |other: &&Flow| (other.kind, &other.name) == (flow.kind, &flow.name);
        let Some(other) = new.flows.iter().find(known) else {
            found.extend(gone(flow, old, new, &walks, &assumed_ids));
            continue;
        };
        if let Some(mut difference) = of_flow(&walks, flow, other, &assumed_ids) {
            difference.definition = other.at;
            if difference.verdict == Verdict::Unknown && std::mem::replace(&mut is_unknown, true) {
                continue;
            }
            found.push(difference);
        }
    }
    parameters::of_flows(old, new, found);
    effects::of_handlers(old, new, found);
    effects::of_run(old, new, found);
}

/// How a flow differs that both versions have.
fn of_flow(walks: &Walks<'_>, flow: &Flow, other: &Flow, assumed_ids: &FxHashSet<String>) -> Option<Difference> {
    let walk = walks.to(flow, other);
    let steps = |flow: &Flow| assumed(flow.steps.clone(), assumed_ids);
    let by_form = walk.flows(&steps(flow), &steps(other));
    // Where patches are gone, paths would have to be taken out first.
    let on_paths = if assumed_ids.is_empty() { walk.on_paths(flow, other) } else { OnPaths::NotKnown };
    let difference = match (by_form, on_paths) {
        (found, OnPaths::Same) => found.filter(|found| found.is_of_number),
        (found, OnPaths::Closed(differ)) => match found {
            Some(found) if found.is_of_number || found.is_mild() || found.kind == DifferenceKind::Cancellation => {
                Some(found)
            }
            _ => Some(Difference { is_on_paths: true, ..*differ }),
        },
        (found, OnPaths::Differ(differ)) if found.as_ref().is_none_or(|found| found.is_milder_guess_than(&differ)) => {
            Some(Difference { is_on_paths: true, ..*differ })
        }
        // A loop that is gone by its form is there in other words where a path goes round alike in both.
        (Some(found), OnPaths::Differ(_) | OnPaths::NotKnown)
            if found.verdict == Verdict::Unsafe && walk.goes_round_alike(flow, other, &found) =>
        {
            Some(Difference { verdict: Verdict::Depends, ..found })
        }
        // What comes in time decides which.
        (Some(found), OnPaths::Either) => Some(Difference { verdict: found.verdict.min(Verdict::Depends), ..found }),
        (found, _) => found,
    };
    let is_felt = |found: &Difference| !found.is_of_left_alone || found.verdict > Verdict::Closed;
    let difference = difference.filter(is_felt)?;
    Some(match cannot_be_told(&difference, flow, other) {
        Some(why) => Difference { kind: DifferenceKind::Unknown, verdict: Verdict::Unknown, what: why, ..difference },
        None => difference,
    })
}

/// Why it cannot be told whether a difference is one, if so.
fn cannot_be_told(difference: &Difference, flow: &Flow, other: &Flow) -> Option<String> {
    if difference.verdict > Verdict::Closed && recurses(flow) != recurses(other) {
        return Some("a function calls itself, and how often cannot be told".to_owned());
    }
    let is_of_condition = matches!(difference.kind, DifferenceKind::Condition | DifferenceKind::Undecided);
    if difference.verdict != Verdict::Depends || !is_of_condition {
        return None;
    }
    let attribute = parts::made_otherwise(&difference.what, flow, other)?;
    Some(format!("what `self.{attribute}` holds is made of other parts, and which is which cannot be told"))
}

/// What becomes of a handler that is gone: one that takes messages of all names takes these.
fn gone(
    flow: &Flow,
    old: &Skeleton,
    new: &Skeleton,
    walks: &Walks<'_>,
    assumed_ids: &FxHashSet<String>,
) -> Option<Difference> {
    let dynamic = new.flows.iter().find(|other| dynamic::takes_over(flow, other));
    if let Some(dynamic) = dynamic.filter(|other| effects::are_kept(flow, other, old, new)) {
        return dynamic::compared(&walks.to(flow, dynamic), dynamic, assumed_ids);
    }
    let is_of_use = dynamic.is_none() && (flow.writes || !flow.steps.is_empty());
    let verdict = match is_of_use {
        true if effects::lead_to_the_end(flow, old) => Verdict::Closed,
        true if effects::lead_nowhere(flow, old) => Verdict::Depends,
        true => Verdict::Unsafe,
        false => Verdict::Depends,
    };
    Some(Difference {
        what: flow.name.clone(),
        definition: new.at,
        ..Difference::of(DifferenceKind::HandlerRemoved, verdict, &new.name, (flow.kind, &flow.name))
    })
}

/// What flows are compared by.
struct Walks<'w> {
    workflow: &'w str,
    others_issue: bool,
    have_issued: bool,
    handlers_go_on: bool,
    rising: &'w FxHashSet<Arc<str>>,
    old: &'w Skeleton,
}

impl Walks<'_> {
    /// A walk through a flow of the version before, and through one of the version after.
    fn to<'f>(&'f self, flow: &'f Flow, other: &'f Flow) -> Walk<'f> {
        let mut others = self.old.flows.iter().filter(|known| !std::ptr::eq(*known, flow));
        Walk {
            workflow: self.workflow,
            flow,
            new_flow: other,
            brought: [flow, other].map(|flow| waiting::brought(&flow.steps)),
            brought_on_paths: std::cell::OnceCell::new(),
            others_issue: self.others_issue,
            others_may_have_come: match flow.kind {
                FlowKind::Run => self.have_issued,
                // Between what it issues comes what another message leads to.
                FlowKind::Update => others.any(records) || issues(&flow.steps),
                FlowKind::Signal => others.any(records) || waiting::issues_several(&flow.steps),
            },
            handlers_go_on: self.handlers_go_on,
            rising: self.rising,
            budget: std::cell::Cell::new(BUDGET),
            ways: RefCell::default(),
            is_on_path: std::cell::Cell::new(false),
            has_failed: std::cell::Cell::new(false),
        }
    }
}

/// Whether steps issue commands.
fn issues(steps: &[Step]) -> bool {
    any_step(steps, &|step| matches!(step, Step::Command(_)))
}

/// Whether a flow puts anything into a history: that an update was taken, and what its answer is, stands there in its place among
/// the commands.
fn records(flow: &Flow) -> bool {
    flow.kind == FlowKind::Update || issues(&flow.steps)
}

/// Whether a handler puts anything into a history behind something that it waits for.
fn ends_late(flow: &Flow) -> bool {
    flow.kind == FlowKind::Update && waits(&flow.steps) || goes_on(&flow.steps, &mut false)
}

/// Whether commands come behind something that is waited for.
fn goes_on(steps: &[Step], has_waited: &mut bool) -> bool {
    steps.iter().any(|step| {
        *has_waited |= matches!(step, Step::Wait(_));
        let mut found = *has_waited && matches!(step, Step::Command(_));
        step.each_part(&mut |part| found = found || goes_on(part, has_waited));
        // Each round but the first comes behind the waits of the one before.
        found || matches!(step, Step::Loop { body, .. } if *has_waited && goes_on(body, has_waited))
    })
}

/// Whether a function calls itself that has a part in a flow.
fn recurses(flow: &Flow) -> bool {
    let is_such = |step: &Step| matches!(step, Step::Command(command) if command.kind == CommandKind::Recursion);
    any_step(&flow.steps, &is_such)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::temporal::skeleton::normal::normal;
    use crate::temporal::skeleton::write::steps_of;

    fn workflow(run: &str) -> Skeleton {
        let steps = normal(steps_of(run), true);
        let flow = Flow {
            kind: FlowKind::Run,
            name: String::new(),
            arity: 1,
            parameters: Vec::new(),
            takes: None,
            writes: false,
            steps,
            effects: Vec::new(),
            at: None,
            paths: None,
        };
        Skeleton {
            name: "W".to_owned(),
            class: "W".to_owned(),
            at: None,
            flows: vec![flow],
            cannot: None,
            code: None,
            missing: BTreeSet::new(),
        }
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
    fn an_order_that_waits_for_less_is_the_same_where_nothing_failed() {
        let (one, both) = (awaited("a b"), "activity: a\nactivity: b\nwait for: activity a#1 \u{2022} activity b#1\n");
        let closed = [(DifferenceKind::Sooner, Verdict::Closed)];
        assert_eq!(found(&one, both), closed, "commands come earlier, and also where one failed");
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
    fn a_try_inside_another_is_told_by_what_the_outer_one_did() {
        let outer = "on failure: ActivityError\n  activity: outer\n";
        let inner = |then: &str| format!("{outer}on failure: ActivityError\n  {then}\n{}over\nover\n", awaited("a"));
        let plain = format!("{outer}{}over\n", awaited("a"));
        assert_eq!(found(&plain, &inner("activity: outer")), []);
        assert_eq!(found(&plain, &inner("raise")), []);
        let replaced = found(&plain, &inner("activity: inner"));
        assert!(matches!(replaced.as_slice(), [(DifferenceKind::Replaced, _)]), "{replaced:?}");
    }

    #[test]
    fn what_cannot_be_told_is_said_once() {
        let unknown = format!("unknown: call \u{2261} it is not known\n{}", awaited("a"));
        assert_eq!(found(&unknown, &unknown), [], "it is as before");
        assert_eq!(found(&awaited("a"), &unknown), [(DifferenceKind::Unknown, Verdict::Unknown)]);
    }

    #[test]
    fn a_wait_behind_the_last_command_is_felt_by_closed_executions() {
        let waits = |condition: &str| format!("{}wait for: condition {condition}\n", awaited("a"));
        assert_eq!(found(&awaited("a"), &waits("self.x")), [(DifferenceKind::Later, Verdict::Closed)]);
        assert_eq!(found(&waits("self.x"), &waits("self.x")), []);
        assert_eq!(found(&waits("self.x"), &awaited("a")), [], "what is not waited for any more");
        assert_eq!(found(&waits("self.x"), &waits("self.y")), [], "it may be the same, written otherwise");
    }

    #[test]
    fn a_limit_that_was_not_there_runs_out_in_no_history() {
        let plain = format!("wait for: condition self.x\n{}", awaited("a"));
        let limited = format!(
            "on failure: builtins.TimeoutError\n  return\ntimer:  until self.x \u{25cb}\nwait for: condition self.x\nover\n{}",
            awaited("a")
        );
        assert_eq!(found(&plain, &limited), []);
    }

    #[test]
    fn what_leaves_in_one_version_is_compared_with_what_the_other_goes_on_with() {
        let before = format!("loop: True\n  if: last\n    break\n{}", indented(&awaited("a")));
        let after =
            format!("loop: True\n  if: last\n  else\n{}  if: last\n    break\n", indented(&indented(&awaited("a"))));
        assert_eq!(found(&before, &after), []);
    }

    fn indented(steps: &str) -> String {
        steps.lines().map(|line| format!("  {line}\n")).collect()
    }

    #[test]
    fn behind_what_fails_its_task_again_and_again_no_history_goes_on() {
        let stuck = format!("{}stuck\n", awaited("a"));
        assert_eq!(found(&stuck, &awaited("a b")), []);
        assert_eq!(found(&awaited("a b"), &stuck), [(DifferenceKind::Removed, Verdict::Unsafe)]);
        let failed = format!("{}fail\n", awaited("a"));
        assert_eq!(found(&failed, &awaited("a b")), [(DifferenceKind::Added, Verdict::Closed)]);
    }

    #[test]
    fn what_comes_before_a_wait_that_may_fail_is_issued_though_it_fails() {
        let beside = "activity: a\nactivity: b\nwait for: activity a#1\nwait for: activity b#1\n";
        let closed = [(DifferenceKind::Sooner, Verdict::Closed)];
        assert_eq!(found(&awaited("a b"), beside), closed, "where it failed, the execution has ended");
        let handled = |inside: &str| format!("on failure: ActivityError\n  activity: x\n{inside}over\n");
        assert_eq!(found(&handled(&awaited("a b")), &handled(beside)), [(DifferenceKind::Sooner, Verdict::Depends)]);
        assert_eq!(found(beside, beside), []);
    }

    #[test]
    fn the_end_comes_sooner_where_less_is_waited_for() {
        let waits = |condition: &str| format!("{}wait for: condition {condition}\n", awaited("a"));
        let either = "not all of (not self.x; not self.y)";
        assert_eq!(found(&waits("self.x"), &waits(either)), [(DifferenceKind::Sooner, Verdict::Depends)]);
        assert_eq!(found(&waits(either), &waits("self.x")), []);
    }

    #[test]
    fn nothing_comes_behind_a_wait_that_no_history_ends() {
        let never = format!("{}wait for: condition False\n{}", awaited("a"), awaited("b"));
        assert_eq!(found(&awaited("a b"), &never), [(DifferenceKind::Later, Verdict::Unsafe)]);
    }

    #[test]
    fn a_task_that_only_undoes_what_failed_issues_nothing_else() {
        let task =
            "beside\n  on failure: ActivityError\n    activity: x\n    raise\n  wait for: activity a#1\n  over\n";
        let before = format!("activity: a\nwait for: activity a#1\n{}", awaited("b"));
        let after = format!("activity: a\n{task}wait for: activity a#1\n{}", awaited("b"));
        assert_eq!(found(&before, &after), [(DifferenceKind::Failures, Verdict::Closed)]);
    }

    #[test]
    fn what_closed_executions_feel_hides_nothing() {
        let version =
            |end: &str, rest: &str| format!("{}if: big\n  activity: x\n{end}  return\n{}", awaited("a"), awaited(rest));
        let closed = (version("", "b c"), version("  activity: y\n", "b c"));
        assert_eq!(found(&closed.0, &closed.1), [(DifferenceKind::Added, Verdict::Closed)]);
        let both = version("  activity: y\n", "d c");
        assert_eq!(found(&closed.0, &both), [(DifferenceKind::Replaced, Verdict::Unsafe)]);
    }

    #[test]
    fn conditions_are_said_in_words() {
        assert_eq!(in_words("all of (a; b)"), "a and b");
        assert_eq!(in_words("not all of (a; not b)"), "not a or b");
        assert!(in_words(&"x".repeat(200)).ends_with('…'));
        assert_eq!(in_words("3 < result of activity charge#1.amount"), "3 < result of activity charge.amount");
        assert_eq!(in_words("loop(0; (loop(0; \u{b7}) + 1)) < builtins.len(xs)"), "what the loop has made < len(xs)");
        assert_eq!(in_words("generated(loop: x"), "what the generator gives\u{2026}", "it was shortened");
        assert_eq!(
            in_words("rules.remade(order) == 'loop(x)'"),
            "rules.remade(order) == 'loop(x)'",
            "the code's own words"
        );
    }
}
