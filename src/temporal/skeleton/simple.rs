//! Steps without what decides nothing, with conditions put together and in one order.
//!
//! Knows: branches, loops and guards that do nothing, conditions in conditions, chains of questions about constants. Does not
//! know: what follows what is left ([`normal`](super::normal)).

use std::collections::VecDeque;
use std::sync::Arc;

use super::guards::without_end;
use super::implied::follows;
use super::reading::{both, opposite, same_items};
use super::sdk::FINISHED;
use super::step::{
    ASKED_AGAIN, CONDITION, Condition, Exit, Failures, Handler, Step, Text, Wait, any_step, awaited, awaited_condition,
    each_step,
};
use super::term::Test;
use super::write::{alike, key};

/// Without what decides nothing, and with conditions in their one form.
pub(super) fn simple(steps: Vec<Step>) -> Vec<Step> {
    let mut done: Vec<Step> = Vec::new();
    let mut steps = VecDeque::from(steps);
    while let Some(step) = steps.pop_front() {
        match step {
            Step::Branch { condition, then, orelse, at } => {
                let (mut then, mut orelse) = (simple(then), simple(orelse));
                let over = common_ends(&mut then, &mut orelse);
                simple_branch(condition, then, orelse, at, &mut done);
                done.extend(std::iter::repeat_n(Step::Over, over));
            }
            Step::Loop { head, body, at } => {
                let (head, body) = headed(head, simple(body));
                let matters = |step: &Step| match step {
                    Step::Exit(exit, _) => !matches!(exit, Exit::Break | Exit::Continue),
                    Step::Wait(_) | Step::Branch { .. } | Step::Loop { .. } | Step::Failed { .. } | Step::Over => false,
                    _ => true,
                };
                if any_step(&body, &matters) {
                    done.push(Step::Loop { head, body, at });
                } else {
                    done.extend(waits_of(&head, &body, at));
                }
            }
            Step::Beside(steps) => {
                let steps = simple(steps);
                if !steps.is_empty() {
                    done.push(Step::Beside(steps));
                }
            }
            Step::Failed { handlers, of, at } => {
                let raises = |steps: &[Step]| matches!(steps, [Step::Exit(exit, _)] if exit.raises());
                let is_block = handlers.is_empty();
                let mut handlers: Vec<Handler> =
                    handlers.into_iter().map(|(kind, steps)| (kind, simple(steps))).collect();
                // What is raised again by the last says no more than if it were not there.
                while handlers.last().is_some_and(|(_, steps)| raises(steps)) {
                    handlers.pop();
                }
                if handlers.is_empty() && !is_block {
                    steps = without_end(steps.into()).into();
                } else {
                    done.push(Step::Failed { handlers, of, at });
                }
            }
            other => done.push(other),
        }
    }
    in_one_order(&mut done);
    done
}

/// Takes the ends of guards off two ways on which they stand last alike. Gives how many there were.
fn common_ends(then: &mut Vec<Step>, orelse: &mut Vec<Step>) -> usize {
    let mut count = 0;
    while matches!((then.last(), orelse.last()), (Some(Step::Over), Some(Step::Over))) {
        then.pop();
        orelse.pop();
        count += 1;
    }
    count
}

/// A loop that is endless but for a test at its beginning, as a loop with that test.
fn headed(head: Text, body: Vec<Step>) -> (Text, Vec<Step>) {
    let breaks = |steps: &[Step]| matches!(steps, [Step::Exit(Exit::Break, _)]);
    match body.as_slice() {
        [Step::Branch { condition, then, orelse, .. }] if &*head.name == "True" && (breaks(then) != breaks(orelse)) => {
            let holds = breaks(orelse);
            let test = Test { condition: condition.clone(), holds };
            (test.text(), if holds { then.clone() } else { orelse.clone() })
        }
        _ => (head, body),
    }
}

fn simple_branch(
    condition: Condition,
    then: Vec<Step>,
    orelse: Vec<Step>,
    at: Option<super::step::Site>,
    done: &mut Vec<Step>,
) {
    if then.is_empty() && orelse.is_empty() {
        return;
    }
    let depends = waits_for_others(&then, &condition, true) || waits_for_others(&orelse, &condition, false);
    if then.iter().chain(&orelse).all(Step::only_waits) && !depends {
        done.extend(then);
        done.extend(orelse);
        return;
    }
    let wait_alike = !depends || brought(&then) == brought(&orelse);
    if alike(&then, &orelse) && wait_alike || is_none_of_nothing(&condition, &then, &orelse) {
        done.extend(then);
        return;
    }
    let (condition, then, orelse) = conjoined(condition, then, orelse);
    done.push(by_constant(Step::Branch { condition, then, orelse, at }));
}

/// Whether steps wait for what other code brings, and the condition before them is not just that it is not there yet: what follows
/// comes later on this way of a branch than on the other.
fn waits_for_others(steps: &[Step], condition: &Condition, holds: bool) -> bool {
    let asked = Test { condition: condition.clone(), holds }.text().name;
    let is_brought = |token: &Arc<str>| {
        let awaited = awaited_condition(token).filter(|_| token.starts_with(CONDITION));
        awaited.is_some_and(|(awaited, _)| awaited != FINISHED && !follows(&opposite(&asked), awaited))
    };
    awaited(steps).into_iter().any(is_brought)
}

/// What steps wait for that other code brings.
fn brought(steps: &[Step]) -> Vec<&Arc<str>> {
    awaited(steps).into_iter().filter(|token| token.starts_with(CONDITION)).collect()
}

/// Whether a branch asks whether there is anything in a collection, and what it does then is what it does else, but for loops over
/// that collection: they have no round where there is nothing.
fn is_none_of_nothing(condition: &Condition, then: &[Step], orelse: &[Step]) -> bool {
    let is_over = |head: &Text| {
        let over = both(head, |head| head.strip_prefix("each of ").map(same_items));
        condition.compares.is_none() && over.is_some_and(|over| over.is_like(&condition.text))
    };
    let mut issued: Vec<Arc<str>> = Vec::new();
    for (at, step) in then.iter().enumerate() {
        match step {
            Step::Loop { head, .. } if is_over(head) => each_step(std::slice::from_ref(step), &mut |inside| {
                if let Step::Command(command) = inside {
                    issued.push(Arc::clone(&command.token));
                }
            }),
            Step::Wait(wait) if wait.tokens.iter().all(|token| issued.contains(token)) => {}
            _ => return false,
        }
        if alike(&then[at + 1..], orelse) {
            return true;
        }
    }
    false
}

/// A branch that holds but another, as one under both conditions.
pub(super) fn conjoined(condition: Condition, then: Vec<Step>, orelse: Vec<Step>) -> (Condition, Vec<Step>, Vec<Step>) {
    let (outer, holds) = match (then.is_empty(), orelse.is_empty()) {
        (false, true) => (&then, true),
        (true, false) => (&orelse, false),
        _ => return (condition, then, orelse),
    };
    let [Step::Branch { condition: inner, then: inner_then, orelse: inner_orelse, .. }] = outer.as_slice() else {
        return (condition, then, orelse);
    };
    let (inner_holds, steps) = match (inner_then.is_empty(), inner_orelse.is_empty()) {
        (_, true) => (true, inner_then.clone()),
        (true, false) => (false, inner_orelse.clone()),
        (false, false) => return (condition, then, orelse),
    };
    let tests = [Test { condition, holds }, Test { condition: inner.clone(), holds: inner_holds }];
    (Test::all(&tests).condition, steps, Vec::new())
}

/// A chain of questions whether the same is one of several constants, in the order of the constants.
fn by_constant(step: Step) -> Step {
    let Step::Branch { condition, then, mut orelse, at } = step else { return step };
    let Some(asked) = condition.compares.clone() else {
        return Step::Branch { condition, then, orelse, at };
    };
    if let [Step::Branch { condition: inner, .. }] = orelse.as_slice()
        && let Some(inner_asked) = &inner.compares
        && inner_asked.of == asked.of
        && inner_asked.constants < asked.constants
        && !inner_asked.constants.iter().any(|constant| asked.constants.contains(constant))
        && let Some(Step::Branch { condition: inner, then: inner_then, orelse: inner_orelse, at: inner_at }) =
            orelse.pop()
    {
        let rest = by_constant(Step::Branch { condition, then, orelse: inner_orelse, at });
        return Step::Branch { condition: inner, then: inner_then, orelse: vec![rest], at: inner_at };
    }
    Step::Branch { condition, then, orelse, at }
}

/// What any of the steps of a loop waits for.
fn waits_of(head: &Text, steps: &[Step], at: Option<super::step::Site>) -> Option<Step> {
    let mut tokens: Vec<Arc<str>> = Vec::new();
    each_step(steps, &mut |step| {
        if let Step::Wait(wait) = step {
            tokens.extend(wait.tokens.iter().cloned());
        }
    });
    if head.is_shared && tokens.iter().any(|token| token.starts_with(CONDITION)) {
        tokens.push(ASKED_AGAIN.into());
    }
    tokens.sort_unstable();
    tokens.dedup();
    (!tokens.is_empty()).then_some(Step::Wait(Wait { tokens, failures: Failures::Raised, at }))
}

/// Branches in a row that do the same under several conditions do so in whatever order: the commands are alike.
fn in_one_order(steps: &mut [Step]) {
    let mut first = 0;
    while first < steps.len() {
        let Some(does) = lone(&steps[first]) else {
            first += 1;
            continue;
        };
        let mut end = first + 1;
        while end < steps.len() && lone(&steps[end]).as_ref() == Some(&does) {
            end += 1;
        }
        let mut conditions: Vec<Condition> = steps[first..end]
            .iter()
            .filter_map(|step| match step {
                Step::Branch { condition, .. } => Some(condition.clone()),
                _ => None,
            })
            .collect();
        conditions.sort_by(|one, other| one.text.shape.cmp(&other.text.shape));
        for (step, sorted) in steps[first..end].iter_mut().zip(conditions) {
            if let Step::Branch { condition, .. } = step {
                *condition = sorted;
            }
        }
        first = end;
    }
}

/// What a branch does that has but one side, and waits for nothing; and which side that is.
fn lone(step: &Step) -> Option<(bool, String)> {
    let Step::Branch { then, orelse, .. } = step else { return None };
    let (holds, side) = match (then.is_empty(), orelse.is_empty()) {
        (false, true) => (true, then),
        (true, false) => (false, orelse),
        _ => return None,
    };
    let waits = |step: &Step| matches!(step, Step::Wait(_) | Step::Unknown { .. } | Step::Exit(..));
    (!any_step(side, &waits)).then(|| (holds, key(side)))
}
