//! Timers that are not started where their duration is 0: those of `asyncio.sleep`, and not those of `workflow.sleep`.
//!
//! Knows: durations that are data as they came or that count from 0, each with what it is multiplied by, and conditions that ask
//! whether one is more than 0. Does not know: what other durations are that are worked out.

use super::state::State;
use super::walk::Walk;
use super::{DifferenceKind, Verdict};
use crate::temporal::skeleton::reading::{argument, arguments, operands};
use crate::temporal::skeleton::step::{Command, CommandKind, Condition, Step, Text, is_as_given, is_more};

impl Walk<'_> {
    /// Takes down that a timer is started now where its duration is 0, or was before.
    pub(super) fn durations(&self, one: &Command, other: &Command, state: &mut State) {
        if one.kind != CommandKind::Timer || one.until.is_some() || other.until.is_some() {
            return;
        }
        // Of a product it is the factors that count, of which it is not known whether they may be 0.
        let is_product = |zero: &Text| matches!(operands(&zero.name), Some((_, "*", _)));
        let (kind, zero, told) = match (&one.zero, &other.zero) {
            (Some(zero), None) => (DifferenceKind::Undecided, zero, zero),
            (None, Some(zero)) => (DifferenceKind::Condition, zero, zero),
            (Some(before), Some(now)) if is_as_given(before) && !state.told(now).is_like(before) => {
                (DifferenceKind::Condition, if is_product(now) { now } else { before }, now)
            }
            // What was cut off, rounded or less by something is 0 where all of it is not.
            (Some(before), Some(now)) if is_as_given(now) && is_less_of(&before.name, &state.told(now).name) => {
                (DifferenceKind::Undecided, now, before)
            }
            _ => return,
        };
        // Of what was cut off it counts whether that is 0.
        let asked = if kind == DifferenceKind::Undecided { told } else { zero };
        if !(is_as_given(zero) || begins_with_zero(&zero.name)) || is_known_more(&asked.shape, state) {
            return;
        }
        let mut weak = self.difference(kind, Verdict::Depends, &[], &[]);
        weak.what = format!("0 < {}", told.name);
        weak.before = started(one);
        weak.after = started(other);
        weak.before_at.clone_from(&one.at);
        weak.after_at.clone_from(&other.at);
        state.note(weak);
    }
}

/// What a number is but for what was cut off.
fn cut_off(number: &str) -> Option<&str> {
    ["builtins.int", "builtins.round"].iter().find_map(|function| argument(number, function))
}

/// Whether a number is known to be more than 0; what is cut off where all of it is no less than 1.
fn is_known_more(number: &str, state: &State) -> bool {
    let is_told = |shape: &str| state.facts.get(shape) == Some(&true);
    if is_told(number) || is_told(&format!("0 < {number}")) {
        return true;
    }
    let Some(inner) = cut_off(number) else { return false };
    let is_one = |limit: &str| limit.parse::<f64>().is_ok_and(|limit| limit >= 1.0);
    state.facts.iter().any(|(shape, holds)| {
        let Some((less, more)) = shape.split_once(" <= ").or_else(|| shape.split_once(" < ")) else { return false };
        if *holds { more == inner && is_one(less) } else { less == inner && is_one(more) }
    })
}

/// Whether a number is what is left of another: cut off, rounded, or with something taken from it.
fn is_less_of(number: &str, of: &str) -> bool {
    let inner = cut_off(number).or_else(|| match operands(number) {
        Some((left, "-" | "//", _)) => Some(left),
        _ => None,
    });
    let inner = inner.or_else(|| {
        let parts = arguments(number, "builtins.max")?;
        parts.into_iter().find(|part| part.parse::<f64>().is_err())
    });
    inner.is_some_and(|inner| inner == of || is_less_of(inner, of))
}

/// Whether a number is 0 in the first round of a loop.
fn begins_with_zero(number: &str) -> bool {
    number.starts_with("item of builtins.range(") && !number.contains(", ") || number.starts_with("loop(0; ")
}

/// What a timer reads like beside another.
fn started(timer: &Command) -> String {
    match &timer.zero {
        Some(zero) => format!("if 0 < {}\n  timer", zero.name),
        None => "timer".to_owned(),
    }
}

/// Steps that begin with a timer which is not started where its duration is 0, and with the wait for it, under the condition
/// with which the other version begins, where that asks for just that.
pub(super) fn as_asked(steps: &[Step], other: Option<&Step>, told: &dyn Fn(&Text) -> Text) -> Option<Vec<Step>> {
    let (Some(Step::Command(timer)), Some(Step::Branch { condition, at, .. })) = (steps.first(), other) else {
        return None;
    };
    let zero = timer.zero.as_ref().filter(|_| timer.kind == CommandKind::Timer)?;
    let text = told(&condition.text);
    if !text.is_like(&is_more(zero)) && !text.is_like(zero) {
        return None;
    }
    let is_for_it = |step: &&Step| matches!(step, Step::Wait(wait) if *wait.tokens == [timer.token.clone()]);
    let waits = usize::from(steps.get(1).filter(is_for_it).is_some());
    let mut then = vec![Step::Command(Command { zero: None, ..timer.clone() })];
    then.extend_from_slice(&steps[1..=waits]);
    let asks = Step::Branch { condition: Condition::plain(text), then, orelse: Vec::new(), at: at.clone() };
    let mut way = vec![asks];
    way.extend_from_slice(&steps[1 + waits..]);
    Some(way)
}
