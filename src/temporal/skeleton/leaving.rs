//! Loops that are left in another way and do the same.
//!
//! Knows: a `return` in a loop that another follows is a `break`, and so is one that alone ends a loop; how steps are left, and the
//! same left in another way. Does not know: what loops do.
//!
//! ```python
//! while True:                      # while True:
//!     if not queue: return         #     if not queue: break
//!     ...                          #     ...
//!                                  # return
//! ```

use std::collections::VecDeque;

use super::step::{Exit, Step, Text};

/// A loop's body in which what leads to the same is a `break`. `rest` is what follows the loop.
pub(super) fn left_alike(head: &Text, body: Vec<Step>, rest: &mut VecDeque<Step>) -> Vec<Step> {
    if matches!(rest.front(), Some(Step::Exit(Exit::Return, _))) {
        return left_so(body, Exit::Return, Exit::Break);
    }
    let is_endless = &*head.name == "True" && !is_left_by(&body, Exit::Break);
    // Where a guard ends behind the loop, what follows is not reached on this way.
    let is_guarded = rest.iter().any(|step| matches!(step, Step::Over));
    if !is_endless || is_guarded || !is_left_by(&body, Exit::Return) {
        return body;
    }
    *rest = VecDeque::from([Step::Exit(Exit::Return, None)]);
    left_so(body, Exit::Return, Exit::Break)
}

/// Whether a loop's body has an exit of its own, that of no loop inside.
pub(super) fn is_left_by(body: &[Step], by: Exit) -> bool {
    body.iter().any(|step| match step {
        Step::Exit(exit, _) => *exit == by,
        Step::Branch { then, orelse, .. } => is_left_by(then, by) || is_left_by(orelse, by),
        Step::Failed { handlers, .. } => handlers.iter().any(|(_, steps)| is_left_by(steps, by)),
        _ => false,
    })
}

/// A loop's body of which each exit of its own of one kind is one of another.
pub(super) fn left_so(body: Vec<Step>, from: Exit, to: Exit) -> Vec<Step> {
    let again = |steps: Vec<Step>| left_so(steps, from, to);
    let each = |step: Step| match step {
        Step::Exit(exit, at) if exit == from => Step::Exit(to, at),
        Step::Branch { condition, then, orelse, at } => {
            Step::Branch { condition, then: again(then), orelse: again(orelse), at }
        }
        Step::Failed { handlers, of, at } => {
            let handlers = handlers.into_iter().map(|(kind, steps)| (kind, again(steps))).collect();
            Step::Failed { handlers, of, at }
        }
        other => other,
    };
    body.into_iter().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::super::normal::normal;
    use super::super::write::{steps_of, text_of_steps};

    fn form(text: &str) -> String {
        text_of_steps(&normal(steps_of(text), true))
    }

    #[test]
    fn a_return_in_a_loop_is_a_break_where_a_return_follows() {
        let returned = form("loop: each of items\n  activity: x\n  if: a\n    return\nreturn\n");
        assert_eq!(returned, form("loop: each of items\n  activity: x\n  if: a\n    break\nreturn\n"));
        // What stands between is left out by one of both.
        let early = form("loop: each of items\n  activity: x\n  if: a\n    return\nactivity: y\nreturn\n");
        assert_ne!(early, form("loop: each of items\n  activity: x\n  if: a\n    break\nactivity: y\nreturn\n"));
    }

    #[test]
    fn an_endless_loop_is_left_by_its_returns_alone() {
        let returned = form("loop: True\n  activity: x\n  if: a\n    return\n");
        assert_eq!(returned, form("loop: True\n  activity: x\n  if: a\n    break\nreturn\n"));
        // A loop inside is left, and not the one around.
        let inner = "loop: True\n  activity: x\n  loop: each of items\n    activity: y\n    if: a\n";
        assert_ne!(form(&format!("{inner}      return\n")), form(&format!("{inner}      break\n")));
    }
}
