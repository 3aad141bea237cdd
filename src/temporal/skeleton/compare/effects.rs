//! What handlers that both versions have put into the state on which waits and branches depend.
//!
//! Knows: histories hold messages of the handlers that there were: where one puts something else into an attribute that is asked
//! about, what was asked goes another way. Does not know: whether an execution has taken such a message.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Difference, DifferenceKind, Verdict, answers};
use crate::temporal::skeleton::effects::{AT_THE_END, Effect, at_the_start, is_of_input};
use crate::temporal::skeleton::step::{Flow, FlowKind, Skeleton, Step, Text, any_step, each_step, waits};
use crate::temporal::skeleton::write::key;

/// The first thing that the run method or a handler does otherwise to the state.
pub(super) fn of_handlers(old: &Skeleton, new: &Skeleton, found: &mut Vec<Difference>) {
    let ((asked, texts), (_, asked_now)) = (asked(old), asked(new));
    for flow in &old.flows {
        let known = |other: &&Flow| (other.kind, &other.name) == (flow.kind, &flow.name);
        let Some(other) = new.flows.iter().find(known) else { continue };
        // What it issues otherwise is told, and what that leads to follows.
        if found.iter().any(|told| told.flow == (flow.kind, flow.name.clone()) && !told.is_mild()) {
            continue;
        }
        // What it does was not written down.
        if (flow.writes || flow.kind == FlowKind::Run) && flow.effects.is_empty() {
            continue;
        }
        for attribute in &asked {
            let now = renamed(attribute, old, new);
            // Where nothing asks any more, that is what has changed.
            if !is_mentioned(&now, &asked_now) {
                continue;
            }
            let (before, after) = (of(flow, attribute, false), of(other, &now, false));
            let has_order = asks_for_order(attribute, &texts) || asks_for_order(&now, &asked_now);
            let (before, after) = (in_order(&before, has_order), in_order(&after, has_order));
            let is_filled_once = asks_for_none(attribute, &texts) && asks_for_none(&now, &asked_now);
            let once = |effects: Vec<Effect>, attribute: &Text| match is_filled_once {
                true => effects.into_iter().map(|effect| where_there_is_none(effect, attribute)).collect(),
                false => effects,
            };
            let (before, after) = (once(before, attribute), once(after, &now));
            // What it begins with where it was not there before is seen where it is read.
            let is_default = flow.kind == FlowKind::Run && is_of_input(attribute);
            if flow.kind == FlowKind::Run && (before.is_empty() || after.is_empty()) {
                continue;
            }
            let defaults_alike = |one: &Effect, other: &Effect| {
                is_default && stand_in_alike(&one.does.name, &other.does.name, [(attribute, old), (&now, new)])
            };
            let is_alike = before.len() == after.len()
                && before.iter().zip(&after).all(|(one, other)| one.is_kept_by(other) || defaults_alike(one, other));
            if is_alike {
                continue;
            }
            let kind = match is_of_input(attribute) {
                true => DifferenceKind::Default,
                false => DifferenceKind::Effect,
            };
            found.push(Difference {
                what: attribute.name.to_string(),
                before: in_one(&before.iter().collect::<Vec<_>>()),
                after: in_one(&after.iter().collect::<Vec<_>>()),
                definition: other.at,
                ..Difference::of(kind, Verdict::Depends, &new.name, (flow.kind, &flow.name))
            });
            break;
        }
    }
}

/// Whether what stands in counts as false, as far as constants tell.
pub(super) fn is_false(does: &str) -> bool {
    matches!(does, "None" | "False" | "0" | "''" | "nothing")
}

/// Whether all that asks for data which are left out is answered alike by what stands in for them in both versions.
fn stand_in_alike(one: &str, other: &str, both: [(&Text, &Skeleton); 2]) -> bool {
    let is_nothing = |does: &str| does == "nothing";
    match is_nothing(one) || is_nothing(other) {
        true => is_false(one) && is_false(other),
        false => both.iter().all(|(of, version)| answers::are_alike(one, other, of, version)),
    }
}

/// Whether more is asked of a collection than what is in it, and whether anything is: the places of its items count.
fn asks_for_order(attribute: &Text, texts: &[String]) -> bool {
    texts.iter().any(|text| asks_for_places(text, &attribute.name))
}

/// What stands before the name of a collection where its order does not count, whatever follows.
const WHATEVER_ORDER: [&str; 14] = [
    "each of ",
    " in ",
    "builtins.len(",
    "builtins.bool(",
    "builtins.set(",
    "builtins.frozenset(",
    "builtins.sorted(",
    "builtins.sum(",
    "builtins.min(",
    "builtins.max(",
    "collections.Counter(",
    "sorted ",
    "key of ",
    "position in ",
];

fn asks_for_places(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, found)| {
        let (before, behind) = (&text[..at], &text[at + found.len()..]);
        if behind.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            return false;
        }
        let is_whole = !behind.starts_with(['[', '.', ' ', ','])
            || behind.starts_with(" if ")
            || behind.starts_with(" else ")
            || behind.starts_with(" where ");
        let is_truth = before.is_empty()
            || ["not ", "(", "; ", " if ", "condition ", " where "].iter().any(|word| before.ends_with(word));
        let is_called =
            before.ends_with('(') && before[..before.len() - 1].ends_with(|last: char| last.is_alphanumeric());
        // What is asked of one of its items is asked of a place.
        let whatever = !behind.starts_with('[') && WHATEVER_ORDER.iter().any(|word| before.ends_with(word));
        !(whatever || is_truth && is_whole && !is_called)
    })
}

/// How it reads that an attribute holds nothing.
const IS_NONE: &str = " is None";

/// Whether nothing is asked of an attribute but whether it is `None`.
fn asks_for_none(attribute: &Text, texts: &[String]) -> bool {
    let asked = format!("{}{IS_NONE}", attribute.name);
    texts.iter().all(|text| !mentions(&text.replace(&asked, ""), &attribute.name))
}

/// An effect without the condition that there is nothing yet: once something is there, one more makes no difference to who asks
/// for that. What is not known may be nothing.
fn where_there_is_none(effect: Effect, attribute: &Text) -> Effect {
    let without = |does: &str, called: &str| match does.strip_suffix(&format!(" where {called}{IS_NONE}")) {
        Some(value) if is_something(value) => value.into(),
        _ => does.into(),
    };
    let name = without(&effect.does.name, &attribute.name);
    let shape = without(&effect.does.shape, &attribute.shape);
    Effect { does: Text { name, shape, ..effect.does }, ..effect }
}

/// Whether what is put there is a constant, and not `None`.
fn is_something(value: &str) -> bool {
    matches!(value, "True" | "False")
        || value.starts_with(|first: char| matches!(first, '\'' | '"' | '-') || first.is_ascii_digit())
}

/// Effects, without the place that they give something in a collection where nothing asks for that.
fn in_order(effects: &[&Effect], has_order: bool) -> Vec<Effect> {
    let told = |effect: &&Effect| if has_order { Some(Effect::clone(effect)) } else { effect.without_order() };
    effects.iter().filter_map(told).collect()
}

/// What the run method, whose steps are as they were, puts on its way into attributes that handlers ask about.
pub(super) fn of_run(old: &Skeleton, new: &Skeleton, found: &mut Vec<Difference>) {
    let run = |skeleton: &'_ Skeleton| skeleton.flows.iter().position(|flow| flow.kind == FlowKind::Run);
    let (Some(before), Some(after)) = (run(old), run(new)) else { return };
    let (before, after) = (&old.flows[before], &new.flows[after]);
    let is_told = found.iter().any(|told| told.flow.0 == FlowKind::Run && !told.is_mild());
    if is_told || key(&before.steps) != key(&after.steps) {
        return;
    }
    let ((asked, _), (_, asked_now)) = (asked(old), asked(new));
    for attribute in &asked {
        let now = renamed(attribute, old, new);
        if !is_mentioned(&now, &asked_now) {
            continue;
        }
        let (puts, puts_now) = behind_the_start([(before, attribute, old), (after, &now, new)]);
        if !is_seen_alike((&puts, attribute, old), (&puts_now, &now, new)) {
            found.push(Difference {
                what: attribute.name.to_string(),
                before: in_one(&puts),
                after: in_one(&puts_now),
                definition: after.at,
                ..Difference::of(DifferenceKind::Effect, Verdict::Depends, &new.name, (FlowKind::Run, ""))
            });
            return;
        }
    }
}

/// What the run methods of both versions put into an attribute on their way: without what they put there before they wait for
/// anything, where handlers cannot tell what stands there by then in one from what does in the other.
fn behind_the_start<'f>(runs: [(&'f Flow, &Text, &Skeleton); 2]) -> (Vec<&'f Effect>, Vec<&'f Effect>) {
    let puts = runs.map(|(run, attribute, _)| of(run, attribute, true));
    let there = |side: usize| {
        let (run, attribute, _) = runs[side];
        let mut first = puts[side].iter().filter_map(|put| at_the_start(put));
        match (first.next(), first.next(), of(run, attribute, false).as_slice()) {
            (None, _, [begins]) => Some(begins.does.name.to_string()),
            (Some(first), None, _) if !first.contains(" where ") => Some(first.to_owned()),
            _ => None,
        }
    };
    let is_alike = |one: &str, other: &str| {
        let by_all = |(_, attribute, version): &(&Flow, &Text, &Skeleton)| {
            answers::are_alike_anywhere(one, other, attribute, version)
        };
        one == other || runs.iter().all(by_all)
    };
    let is_known = puts.iter().flatten().any(|put| at_the_start(put).is_some());
    let is_same = is_known && matches!((there(0), there(1)), (Some(one), Some(other)) if is_alike(&one, &other));
    let [before, after] = puts.map(|puts| {
        let is_told = |put: &&Effect| !is_same || at_the_start(put).is_none();
        puts.into_iter().filter(is_told).collect()
    });
    (before, after)
}

/// What the run method of a version puts into an attribute.
type Puts<'p> = (&'p [&'p Effect], &'p Text, &'p Skeleton);

/// Whether handlers cannot tell what one version puts into an attribute from what another does: what they ask is answered alike, or
/// nothing is waited for from there to the end, so that none of them runs by then.
fn is_seen_alike((puts, attribute, old): Puts<'_>, (puts_now, now, new): Puts<'_>) -> bool {
    let is_alike = |one: &Effect, other: &Effect| {
        let (does, does_now) = (before_the_end(&one.does.name), before_the_end(&other.does.name));
        let shapes = (before_the_end(&one.does.shape), before_the_end(&other.does.shape));
        let constants = || {
            [(attribute, old), (now, new)].iter().all(|(of, version)| answers::are_alike(does, does_now, of, version))
        };
        does == does_now || shapes.0 == shapes.1 || constants()
    };
    let are_alike = |one: &[&Effect], other: &[&Effect]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_alike(one, other))
    };
    let is_asked_late = || is_asked_behind_a_wait(attribute, old) || is_asked_behind_a_wait(now, new);
    let both = [(attribute, old), (now, new)];
    let are_alike_as_told = || {
        let told = [told_by(puts, both[0], both), told_by(puts_now, both[1], both)];
        are_alike(&told[0], &told[1])
    };
    are_alike(puts, puts_now) || are_alike(&seen(puts), &seen(puts_now)) && !is_asked_late() || are_alike_as_told()
}

/// What the run method puts into an attribute that no handler can tell from what is there already, left out. Where it comes to the
/// same place again, or does several things at once, what is there already is not known.
fn told_by<'p>(
    puts: &[&'p Effect],
    (attribute, version): (&Text, &'p Skeleton),
    both: [(&Text, &Skeleton); 2],
) -> Vec<&'p Effect> {
    let Some(run) = version.flows.iter().find(|flow| flow.kind == FlowKind::Run) else { return puts.to_vec() };
    if any_step(&run.steps, &|step| matches!(step, Step::Loop { .. } | Step::Beside(_) | Step::Failed { .. })) {
        return puts.to_vec();
    }
    let handlers = version.flows.iter().filter(|flow| flow.kind != FlowKind::Run);
    // What a handler puts there stands there until the next is put.
    if handlers.flat_map(|flow| &flow.effects).any(|effect| effect.attribute.name == attribute.name) {
        return puts.to_vec();
    }
    let mut starts = of(run, attribute, true).into_iter().filter_map(at_the_start);
    let begins = of(run, attribute, false);
    let mut there = match (starts.next_back(), begins.as_slice()) {
        (Some(does), _) => Some(does).filter(|does| !does.contains(" where ")),
        (None, [only]) => Some(&*only.does.name),
        _ => None,
    };
    let mut told = Vec::new();
    for put in puts {
        let does = before_the_end(&put.does.name);
        let is_alike =
            |there: &str| both.iter().all(|(of, version)| answers::are_alike_anywhere(there, does, of, version));
        if there.is_some_and(is_alike) {
            continue;
        }
        told.push(*put);
        // What is put there under a condition may not be there.
        there = (!does.contains(" where ")).then_some(does);
    }
    told
}

/// What other code may see.
fn seen<'p>(puts: &[&'p Effect]) -> Vec<&'p Effect> {
    puts.iter().copied().filter(|effect| !effect.does.name.ends_with(AT_THE_END)).collect()
}

fn before_the_end(does: &str) -> &str {
    does.strip_suffix(AT_THE_END).unwrap_or(does)
}

/// Whether a handler waits for an attribute, or asks about it once it has waited: it may go on in the task in which the run method
/// ends.
fn is_asked_behind_a_wait(attribute: &Text, skeleton: &Skeleton) -> bool {
    let asks_later = |effect: &Effect| effect.is_later && mentions(&effect.does.name, &attribute.name);
    let asks = |flow: &Flow| asks_late(attribute, &flow.steps, &mut false) || flow.effects.iter().any(asks_later);
    skeleton.flows.iter().filter(|flow| flow.kind != FlowKind::Run).any(asks)
}

fn asks_late(attribute: &Text, steps: &[Step], waited: &mut bool) -> bool {
    steps.iter().any(|step| match step {
        Step::Wait(_) | Step::Unknown { .. } => {
            *waited = true;
            decides_in(attribute, std::slice::from_ref(step))
        }
        Step::Branch { condition, then, orelse, .. } => {
            let mut waited_then = *waited;
            let is_asked = *waited && mentions(&condition.text.name, &attribute.name)
                || asks_late(attribute, then, &mut waited_then)
                || asks_late(attribute, orelse, waited);
            *waited |= waited_then;
            is_asked
        }
        // What stands in one with a wait may come behind it.
        _ => {
            *waited |= waits(std::slice::from_ref(step));
            *waited && decides_in(attribute, std::slice::from_ref(step))
        }
    })
}

/// The attributes into which both versions put nothing but `True` once they have begun: what waits for one waits for good.
pub(super) fn rising(old: &Skeleton, new: &Skeleton) -> FxHashSet<Arc<str>> {
    let mut found: FxHashMap<Arc<str>, bool> = FxHashMap::default();
    for flow in old.flows.iter().chain(&new.flows) {
        let is_begun =
            |effect: &&Effect| flow.kind != FlowKind::Run || effect.is_later && at_the_start(effect).is_none();
        for effect in flow.effects.iter().filter(is_begun) {
            let is_true = effect.does.name.split(' ').next() == Some("True");
            *found.entry(Arc::clone(&effect.attribute.name)).or_insert(true) &= is_true;
        }
    }
    found.into_iter().filter(|(_, is_rising)| *is_rising).map(|(attribute, _)| attribute).collect()
}

/// Whether a signal handler issues nothing, and what it puts into the state is asked about where no command follows: an execution that has
/// taken its message has ended with that, or waits for something else.
pub(super) fn lead_to_the_end(flow: &Flow, old: &Skeleton) -> bool {
    let asks = |step: &Step, attribute: &Text| decides_in(attribute, std::slice::from_ref(step));
    let issues = |steps: &[Step]| any_step(steps, &|step| matches!(step, Step::Command(_) | Step::Unknown { .. }));
    let is_last = |attribute: &Text| {
        old.flows.iter().all(|other| match other.kind {
            FlowKind::Run => match other.steps.iter().position(|step| asks(step, attribute)) {
                Some(first) => !issues(&other.steps[first..]),
                None => true,
            },
            _ => !decides_in(attribute, &other.steps),
        })
    };
    let (asked, _) = asked(old);
    let puts: Vec<&Text> = flow.effects.iter().map(|effect| &effect.attribute).collect();
    let is_put = |attribute: &&Text| puts.iter().any(|put| put.name == attribute.name);
    let mut decisive = asked.iter().filter(is_put).peekable();
    flow.kind == FlowKind::Signal && !issues(&flow.steps) && decisive.peek().is_some() && decisive.all(is_last)
}

/// Whether a signal handler issues nothing, and nothing asks about what it puts into the state.
pub(super) fn lead_nowhere(flow: &Flow, old: &Skeleton) -> bool {
    let acts = |step: &Step| !matches!(step, Step::Branch { .. } | Step::Loop { .. } | Step::Exit(..) | Step::Over);
    let (asked, _) = asked(old);
    let is_asked = |effect: &Effect| asked.iter().any(|attribute| attribute.name == effect.attribute.name);
    let is_told = flow.kind == FlowKind::Signal && !flow.effects.is_empty();
    is_told && !any_step(&flow.steps, &acts) && !flow.effects.iter().any(is_asked)
}

/// Whether a handler puts something into each attribute that something asks about and into which another one did.
pub(super) fn are_kept(before: &Flow, after: &Flow, old: &Skeleton, new: &Skeleton) -> bool {
    let ((asked, _), (_, asked_now)) = (asked(old), asked(new));
    let puts = |flow: &Flow, attribute: &Text| !of(flow, attribute, false).is_empty();
    asked.iter().filter(|attribute| puts(before, attribute)).all(|attribute| {
        let now = renamed(attribute, old, new);
        puts(after, &now) || !is_mentioned(&now, &asked_now)
    })
}

/// What a flow puts into an attribute; of the run method, on the way or at its beginning.
fn of<'f>(flow: &'f Flow, attribute: &Text, on_the_way: bool) -> Vec<&'f Effect> {
    let is_wanted = |effect: &&Effect| flow.kind != FlowKind::Run || effect.is_later == on_the_way;
    let all: Vec<&Effect> =
        flow.effects.iter().filter(|effect| effect.attribute.name == attribute.name).filter(is_wanted).collect();
    // What is done in any case is done under a condition, too.
    let is_done = |effect: &&&Effect| {
        let under = |other: &&Effect| effect.does.name.starts_with(&format!("{} where ", other.does.name));
        !all.iter().any(under)
    };
    all.iter().filter(is_done).copied().collect()
}

/// An attribute as the version after calls it: by its name, or by what is put into it where it has a new one.
fn renamed(attribute: &Text, old: &Skeleton, new: &Skeleton) -> Text {
    let known = |skeleton: &Skeleton, name: &str| effects_of(skeleton).any(|effect| *effect.attribute.name == *name);
    if known(new, &attribute.name) {
        return attribute.clone();
    }
    let mut all = effects_of(new).map(|effect| &effect.attribute);
    let is_it = |other: &&Text| other.shape == attribute.shape && !known(old, &other.name);
    all.find(is_it).unwrap_or(attribute).clone()
}

fn effects_of(skeleton: &Skeleton) -> impl Iterator<Item = &Effect> {
    skeleton.flows.iter().flat_map(|flow| &flow.effects)
}

fn in_one(effects: &[&Effect]) -> String {
    let does = |effect: &&Effect| match effect.is_later {
        true if !effect.does.name.contains(" behind ") => format!("{}, behind a wait", effect.does.name),
        _ => before_the_end(&effect.does.name).to_owned(),
    };
    let all: Vec<String> = effects.iter().map(does).collect();
    if all.is_empty() { "nothing is put there".to_owned() } else { all.join("; ") }
}

/// The attributes that handlers fill and that something asks about, or that what they put into those depends on; and all that
/// asks.
fn asked(skeleton: &Skeleton) -> (Vec<Text>, Vec<String>) {
    let mut texts: Vec<String> = skeleton.flows.iter().flat_map(|flow| texts_of(&flow.steps)).collect();
    let effects: Vec<&Effect> = effects_of(skeleton).collect();
    let mut found: Vec<Text> = Vec::new();
    loop {
        let is_new = |effect: &&&Effect| {
            !found.iter().any(|known| known.name == effect.attribute.name) && is_mentioned(&effect.attribute, &texts)
        };
        let Some(effect) = effects.iter().find(is_new) else { return (found, texts) };
        let attribute = effect.attribute.clone();
        let does = effects.iter().filter(|effect| effect.attribute.name == attribute.name);
        texts.extend(does.map(|effect| effect.does.name.to_string()));
        found.push(attribute);
    }
}

/// All that decides in steps, in words.
fn texts_of(steps: &[Step]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    each_step(steps, &mut |step| match step {
        Step::Branch { condition: super::super::step::Condition { text, .. }, .. } | Step::Loop { head: text, .. } => {
            texts.push(text.name.to_string());
        }
        Step::Wait(wait) => texts.extend(wait.tokens.iter().map(|token| token.to_string())),
        Step::Command(command) => {
            let parts = [Some(&command.name), command.id.as_ref(), command.until.as_ref()];
            texts.extend(parts.into_iter().flatten().map(|text| text.name.to_string()));
        }
        _ => {}
    });
    texts
}

/// Whether something decides in steps.
pub(in crate::temporal::skeleton) fn decides_in(attribute: &Text, steps: &[Step]) -> bool {
    is_mentioned(attribute, &texts_of(steps))
}

fn is_mentioned(attribute: &Text, texts: &[String]) -> bool {
    texts.iter().any(|text| mentions(text, &attribute.name))
}

/// Whether a text names an attribute, and not one whose name begins alike.
pub(super) fn mentions(text: &str, attribute: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    text.match_indices(attribute).any(|(at, found)| !goes_on(&text[at + found.len()..]))
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_name_is_not_part_of_a_longer_one() {
        assert!(mentions("not self.done", "self.done"));
        assert!(mentions("self.done == 2", "self.done"));
        assert!(!mentions("self.done_by", "self.done"));
        assert!(mentions("self.done_by or self.done", "self.done"));
    }
}
