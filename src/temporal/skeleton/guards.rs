//! What is guarded by handlers of failures, as it stands among steps: from a [`Step::Failed`] to its [`Step::Over`].
//!
//! Knows: which steps belong to which guard, and what follows one. Does not know: what handlers do.

use std::sync::Arc;

use super::step::{Step, any_step};

/// What follows a guard, where `steps` follow its beginning; nothing where control never comes there.
#[must_use]
pub(super) fn behind(steps: &[Step]) -> Option<Vec<Step>> {
    after(steps, 0)
}

fn after(steps: &[Step], mut depth: usize) -> Option<Vec<Step>> {
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Failed { .. } => depth += 1,
            Step::Over if depth == 0 => return Some(steps[at + 1..].to_vec()),
            Step::Over => depth -= 1,
            Step::Branch { then, orelse, .. } => {
                if let Some(mut found) = after(then, depth).or_else(|| after(orelse, depth)) {
                    if !matches!(found.last(), Some(Step::Exit(..))) {
                        found.extend_from_slice(&steps[at + 1..]);
                    }
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

/// Where, in the same run of steps, the guard ends that begins before `steps`.
#[must_use]
pub(super) fn end_of(steps: &[Step]) -> Option<usize> {
    let mut depth = 0;
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Failed { .. } => depth += 1,
            Step::Over if depth == 0 => return Some(at),
            Step::Over => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Steps without the end of a guard that begins before them: it is none.
#[must_use]
pub(super) fn without_end(steps: Vec<Step>) -> Vec<Step> {
    fn without(steps: Vec<Step>, mut depth: usize) -> (Vec<Step>, bool) {
        let (mut done, mut is_over) = (Vec::new(), false);
        for step in steps {
            if is_over {
                done.push(step);
                continue;
            }
            match step {
                Step::Failed { .. } => depth += 1,
                Step::Over if depth == 0 => {
                    is_over = true;
                    continue;
                }
                Step::Over => depth -= 1,
                Step::Branch { condition, then, orelse, at } => {
                    let ((then, one), (orelse, other)) = (without(then, depth), without(orelse, depth));
                    is_over = one || other;
                    done.push(Step::Branch { condition, then, orelse, at });
                    continue;
                }
                _ => {}
            }
            done.push(step);
        }
        (done, is_over)
    }
    without(steps, 0).0
}

/// Whether anything may fail that stands before the end of the guard that begins before `steps`.
#[must_use]
pub(super) fn may_fail(steps: &[Step]) -> bool {
    let is_such = |step: &Step| match step {
        Step::Command(_) | Step::Wait(_) | Step::Unknown { .. } => true,
        Step::Exit(exit, _) => exit.raises(),
        _ => false,
    };
    fn any(steps: &[Step], mut depth: usize, is_such: &dyn Fn(&Step) -> bool) -> (bool, bool) {
        for step in steps {
            match step {
                Step::Failed { .. } => {
                    if any_step(std::slice::from_ref(step), is_such) {
                        return (true, false);
                    }
                    depth += 1;
                }
                Step::Over if depth == 0 => return (false, true),
                Step::Over => depth -= 1,
                Step::Branch { then, orelse, .. } => {
                    let (one, other) = (any(then, depth, is_such), any(orelse, depth, is_such));
                    if one.0 || other.0 {
                        return (true, false);
                    }
                    if one.1 || other.1 {
                        return (false, true);
                    }
                }
                _ if any_step(std::slice::from_ref(step), is_such) => return (true, false),
                _ => {}
            }
        }
        (false, false)
    }
    any(steps, 0, &is_such).0
}

/// What the first command among steps is known by, or the first wait.
#[must_use]
pub(super) fn first_token(steps: &[Step]) -> Arc<str> {
    let (mut command, mut wait): (Option<Arc<str>>, Option<Arc<str>>) = (None, None);
    super::step::each_step(steps, &mut |step| match step {
        Step::Command(found) => _ = command.get_or_insert_with(|| Arc::clone(&found.token)),
        Step::Wait(found) => {
            if let Some(first) = found.tokens.first() {
                wait.get_or_insert_with(|| Arc::clone(first));
            }
        }
        _ => {}
    });
    command.or(wait).unwrap_or_else(|| "".into())
}
