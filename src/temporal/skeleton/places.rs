//! When tasks begin, and who has the places that locks and semaphores have.
//!
//! Knows: a task begins where the code that starts it first waits; who is first waits for no place. Does not know: how many tasks
//! there are.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::step::{Step, Wait, any_step, waits};

/// Steps with the beginning of each task where it runs. `is_alone` says that nothing else runs beside them that takes the same
/// locks.
pub(super) fn begun(steps: Vec<Step>, is_alone: bool) -> Vec<Step> {
    Slots { taken: FxHashMap::default(), is_alone, in_loop: false }.started(steps)
}

/// Who holds locks and semaphores.
struct Slots {
    taken: FxHashMap<Arc<str>, u32>,
    is_alone: bool,
    /// Tasks are started that nobody counts.
    in_loop: bool,
}

impl Slots {
    /// Puts the beginning of each task where it runs: where the code that starts it first waits.
    fn started(&mut self, steps: Vec<Step>) -> Vec<Step> {
        let mut done = Vec::new();
        let mut pending: Vec<Vec<Step>> = Vec::new();
        for step in steps {
            if let Step::Beside(steps) = step {
                pending.push(steps);
                continue;
            }
            let waits = |step: &Step| matches!(step, Step::Wait(_) | Step::Unknown { .. } | Step::Exit(..));
            if !matches!(step, Step::Failed { .. }) && any_step(std::slice::from_ref(&step), &waits) {
                self.begin(&mut pending, &mut done);
            }
            match step {
                Step::Wait(wait) if wait.tokens.iter().any(|token| token.starts_with("slot ")) => {
                    if !self.is_alone {
                        done.push(Step::Wait(wait));
                    }
                }
                Step::Wait(_) | Step::Unknown { .. } => {
                    self.taken.clear();
                    done.push(step);
                }
                Step::Branch { condition, then, orelse, at } => {
                    let (then, orelse) = (self.started(then), self.started(orelse));
                    done.push(Step::Branch { condition, then, orelse, at });
                }
                Step::Loop { head, body, at } => {
                    let in_loop = std::mem::replace(&mut self.in_loop, true);
                    done.push(Step::Loop { head, body: self.started(body), at });
                    self.in_loop = in_loop;
                }
                Step::Failed { handlers, of, at } => {
                    let handlers = handlers.into_iter().map(|(kind, steps)| (kind, self.started(steps))).collect();
                    done.push(Step::Failed { handlers, of, at });
                }
                other => done.push(other),
            }
        }
        self.begin(&mut pending, &mut done);
        done
    }

    fn begin(&mut self, pending: &mut Vec<Vec<Step>>, done: &mut Vec<Step>) {
        let mut later = Vec::new();
        for steps in std::mem::take(pending) {
            let (first, rest) = self.split(steps);
            done.extend(self.started(first));
            let does = |step: &Step| matches!(step, Step::Command(_) | Step::Unknown { .. });
            if any_step(&rest, &does) {
                let is_alone = std::mem::replace(&mut self.is_alone, false);
                later.push(Step::Beside(self.started(rest)));
                self.is_alone = is_alone;
            }
        }
        done.extend(later);
    }

    /// What a task does until it waits, and what it does then.
    fn split(&mut self, steps: Vec<Step>) -> (Vec<Step>, Vec<Step>) {
        let mut first = Vec::new();
        // What guards the waits.
        let mut guards = Vec::new();
        let mut steps = steps.into_iter();
        while let Some(step) = steps.next() {
            match step {
                Step::Failed { .. } => {
                    guards.push(step);
                    continue;
                }
                Step::Over => {
                    guards.pop();
                    continue;
                }
                _ => {}
            }
            if !waits(std::slice::from_ref(&step)) {
                first.push(step);
                continue;
            }
            match step {
                // The first have room at once, the others wait for it.
                Step::Wait(wait) if self.in_loop && limit(&wait).is_some() => {
                    let tokens = wait.tokens.iter().map(|token| format!("{PLACES}{}", &token["slot ".len()..]).into());
                    first.push(Step::Wait(Wait { tokens: tokens.collect(), ..wait }));
                }
                Step::Wait(wait) if self.enters(&wait) => {}
                Step::Branch { condition, then, orelse, at } => {
                    let (one, then) = self.split(then);
                    let (other, orelse) = self.split(orelse);
                    first.push(Step::Branch { condition: condition.clone(), then: one, orelse: other, at: at.clone() });
                    guards.push(Step::Branch { condition, then, orelse, at });
                    guards.extend(steps);
                    return (first, guards);
                }
                other => {
                    guards.push(other);
                    guards.extend(steps);
                    return (first, guards);
                }
            }
        }
        (first, Vec::new())
    }

    /// Whether a wait for a lock or semaphore is none, since there is room.
    fn enters(&mut self, wait: &Wait) -> bool {
        let Some((token, limit)) = limit(wait) else { return false };
        let limit: u32 = limit.parse().unwrap_or(1);
        let taken = self.taken.entry(Arc::clone(token)).or_default();
        *taken += 1;
        *taken <= limit
    }
}

/// How a wait reads for one of some places, of which the first have taken theirs.
pub(super) const PLACES: &str = "a free place of ";

/// Whether something that is waited for is a place of a lock or semaphore.
pub(super) fn is_place(token: &str) -> bool {
    token.starts_with("slot ") || token.starts_with(PLACES)
}

/// The lock or semaphore that a wait is for, and how many it lets in.
fn limit(wait: &Wait) -> Option<(&Arc<str>, &str)> {
    let [token] = wait.tokens.as_slice() else { return None };
    Some((token, token.strip_prefix("slot ")?))
}
