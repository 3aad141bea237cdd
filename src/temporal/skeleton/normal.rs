//! One form for what means the same: early returns and `else`, nested conditions and `and`, tasks and `gather`.
//!
//! Knows: which rewriting of steps leaves the order of commands, and what they wait for, as it is: how code is left, and what
//! follows. Does not know: where steps come from, when tasks begin ([`places`](super::places)), or how conditions are put
//! together ([`simple`](super::simple)).

use std::collections::VecDeque;

use super::guards::end_of;
use super::leaving::left_alike;
use super::places::begun;
use super::simple::{conjoined, simple};
use super::step::{Exit, Step, any_step};

/// Up to how many steps are written out twice, so that each way has its own.
const FEW: usize = 60;

/// The steps of a function that is gone through where it is called: its `return` leads on behind the call.
#[must_use]
pub(super) fn inlined(steps: Vec<Step>) -> Vec<Step> {
    if !any_step(&steps, &|step| matches!(step, Step::Exit(Exit::Return, _))) {
        return steps;
    }
    let steps = Function { in_loop: false, in_handler: false, open: Vec::new() }.without_returns(settled(steps));
    let leaves = |step: &Step| matches!(step, Step::Exit(Exit::Leave(_), _));
    if !any_step(&steps, &leaves) {
        return steps;
    }
    [vec![block()], steps, vec![Step::Over]].concat()
}

/// Where in a function steps stand.
#[derive(Clone)]
struct Function {
    in_loop: bool,
    in_handler: bool,
    /// The guards around, each with whether it has no handlers.
    open: Vec<bool>,
}

impl Function {
    /// Steps of which each `return` leads on behind the function.
    fn without_returns(mut self, steps: Vec<Step>) -> Vec<Step> {
        let mut done = Vec::new();
        for step in steps {
            match step {
                Step::Exit(Exit::Return, at) if self.in_loop => done.push(Step::Exit(Exit::Break, at)),
                Step::Exit(Exit::Return, at) if self.in_handler => {
                    let further = self.open.iter().filter(|is_block| **is_block).count();
                    done.push(Step::Exit(Exit::Leave(u8::try_from(further).unwrap_or(u8::MAX)), at));
                }
                Step::Exit(Exit::Return, _) => done.extend(self.open.iter().map(|_| Step::Over)),
                Step::Branch { condition, then, orelse, at } => {
                    let (then, orelse) = (self.clone().without_returns(then), self.clone().without_returns(orelse));
                    if !then.is_empty() || !orelse.is_empty() {
                        done.push(Step::Branch { condition, then, orelse, at });
                    }
                }
                Step::Loop { head, body, at } => {
                    let body = Self { in_loop: true, ..self.clone() }.without_returns(body);
                    done.push(Step::Loop { head, body, at });
                }
                Step::Failed { handlers, of, at } => {
                    let inside = Self { in_handler: true, ..self.clone() };
                    self.open.push(handlers.is_empty());
                    let within = |(kind, steps)| (kind, inside.clone().without_returns(steps));
                    done.push(Step::Failed { handlers: handlers.into_iter().map(within).collect(), of, at });
                }
                Step::Over => {
                    self.open.pop();
                    done.push(step);
                }
                other => done.push(other),
            }
        }
        done
    }
}

/// Whether control never goes on behind steps.
pub(super) fn ends(steps: &[Step]) -> bool {
    match steps.last() {
        Some(Step::Exit(..)) => true,
        Some(Step::Branch { then, orelse, .. }) => ends(then) && ends(orelse),
        _ => false,
    }
}

/// Whether steps may be left in their midst, loops inside left aside. Where nothing comes, nothing follows either.
fn may_end(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Exit(exit, _) => *exit != Exit::Never,
        Step::Branch { then, orelse, .. } => may_end(then) || may_end(orelse),
        _ => false,
    })
}

/// What follows a branch that is left on one way stands on the other way.
pub(super) fn settled(steps: Vec<Step>) -> Vec<Step> {
    let mut rest: VecDeque<Step> = VecDeque::new();
    for step in resumed(steps).into_iter().rev() {
        match step {
            Step::Exit(..) => rest = VecDeque::from([step]),
            Step::Branch { condition, then, orelse, at } => {
                let (condition, then, orelse) = conjoined(condition, settled(then), settled(orelse));
                let is_left = may_end(&then) || may_end(&orelse);
                let branch = Step::Branch { condition, then, orelse, at };
                match is_left {
                    true => rest = followed(vec![branch], rest.into()).into(),
                    false => rest.push_front(branch),
                }
            }
            Step::Loop { head, body, at } => {
                let body = left_alike(&head, without_continue(settled(body)), &mut rest);
                rest.push_front(Step::Loop { head, body, at });
            }
            Step::Beside(steps) => rest.push_front(Step::Beside(settled(steps))),
            Step::Failed { handlers, of, at } => {
                let handlers = handlers.into_iter().map(|(kind, steps)| (kind, settled(steps))).collect();
                rest.push_front(Step::Failed { handlers, of, at });
            }
            other => rest.push_front(other),
        }
    }
    rest.into()
}

/// A loop's body without what only says at its end that the loop goes on.
fn without_continue(mut body: Vec<Step>) -> Vec<Step> {
    match body.pop() {
        Some(Step::Exit(Exit::Continue, _)) | None => {}
        Some(Step::Branch { condition, then, orelse, at }) => {
            let (then, orelse) = (without_continue(then), without_continue(orelse));
            body.push(Step::Branch { condition, then, orelse, at });
        }
        Some(last) => body.push(last),
    }
    body
}

/// What follows a guard whose inside never leads there stands where handlers lead on.
fn resumed(mut steps: Vec<Step>) -> Vec<Step> {
    let mut leads_out = false;
    let mut at = 0;
    while at < steps.len() {
        if let Step::Failed { handlers, .. } = &steps[at]
            && let Some(length) = end_of(&steps[at + 1..])
            && ends(&steps[at + 1..at + 1 + length])
        {
            let is_block = handlers.is_empty();
            let mut rest = steps.split_off(at + 1 + length).split_off(1);
            if is_block {
                if !ends(&rest) {
                    rest.push(Step::Exit(Exit::Leave(0), None));
                    leads_out = true;
                }
                let inside = Left { rest: &rest, open: 1, blocks: Vec::new() }.steps(steps.split_off(at + 1));
                steps.extend(inside);
            } else if let Step::Failed { handlers, .. } = &mut steps[at] {
                for (_, handler) in handlers {
                    *handler = followed(settled(std::mem::take(handler)), rest.clone());
                }
            }
        }
        at += 1;
    }
    match leads_out {
        true => [vec![block()], steps, vec![Step::Over]].concat(),
        false => steps,
    }
}

/// The beginning of steps that may be left in their midst.
fn block() -> Step {
    Step::Failed { handlers: Vec::new(), of: "".into(), at: None }
}

/// What leaves a block that leads to `rest`.
#[derive(Clone)]
struct Left<'r> {
    rest: &'r [Step],
    /// How many guards are around, the block among them.
    open: usize,
    /// Those inside the block, each with whether it is a block, too.
    blocks: Vec<bool>,
}

impl Left<'_> {
    fn steps(mut self, steps: Vec<Step>) -> Vec<Step> {
        let mut done = Vec::new();
        for step in steps {
            match step {
                Step::Exit(Exit::Leave(far), _)
                    if usize::from(far) == self.blocks.iter().filter(|is_block| **is_block).count() =>
                {
                    done.extend(std::iter::repeat_n(Step::Over, self.open));
                    done.extend_from_slice(self.rest);
                }
                Step::Branch { condition, then, orelse, at } => {
                    let (then, orelse) = (self.clone().steps(then), self.clone().steps(orelse));
                    done.push(Step::Branch { condition, then, orelse, at });
                }
                Step::Failed { handlers, of, at } => {
                    let is_block = handlers.is_empty();
                    let within = |(kind, steps)| (kind, self.clone().steps(steps));
                    done.push(Step::Failed { handlers: handlers.into_iter().map(within).collect(), of, at });
                    self.open += 1;
                    self.blocks.push(is_block);
                }
                Step::Over => {
                    self.open = self.open.saturating_sub(1);
                    self.blocks.pop();
                    done.push(step);
                }
                other => done.push(other),
            }
        }
        done
    }
}

/// Steps with what follows them: on each way on which they are not left.
fn followed(mut steps: Vec<Step>, mut behind: Vec<Step>) -> Vec<Step> {
    if behind.is_empty() || matches!(steps.last(), Some(Step::Exit(..))) {
        return steps;
    }
    match steps.pop() {
        None => return behind,
        Some(Step::Branch { condition, then, orelse, at }) => {
            let branch = |then, orelse| Step::Branch { condition, then, orelse, at };
            let branch = match (ends(&then), ends(&orelse)) {
                (true, true) => branch(then, orelse),
                (true, false) => branch(then, followed(orelse, behind)),
                (false, true) => branch(followed(then, behind), orelse),
                (false, false) if (may_end(&then) || may_end(&orelse)) && has_few(&behind) => {
                    branch(followed(then, behind.clone()), followed(orelse, behind))
                }
                (false, false) => {
                    steps.push(branch(then, orelse));
                    steps.append(&mut behind);
                    return steps;
                }
            };
            steps.push(branch);
            return steps;
        }
        Some(last) => {
            steps.push(last);
            steps.append(&mut behind);
        }
    }
    steps
}

/// Whether steps are few, those inside others included.
fn has_few(steps: &[Step]) -> bool {
    fn count(steps: &[Step], left: &mut usize) {
        for step in steps {
            *left = left.saturating_sub(1);
            if *left > 0 {
                step.each_part(&mut |part| count(part, left));
            }
        }
    }
    let mut left = FEW + 1;
    count(steps, &mut left);
    left > 0
}

/// The steps of a flow in their one form. `is_alone` says that nothing else runs beside it that takes the same locks.
#[must_use]
pub(super) fn normal(steps: Vec<Step>, is_alone: bool) -> Vec<Step> {
    simple(begun(settled(steps), is_alone))
}

#[cfg(test)]
mod tests {
    use super::super::marks::assumed;
    use super::super::write::{steps_of, text_of_steps};
    use super::{inlined, normal};

    fn form(text: &str) -> String {
        text_of_steps(&normal(steps_of(text), true))
    }

    #[test]
    fn an_early_return_is_an_else() {
        let early = form("if: a\n  return\nactivity: x\n");
        assert_eq!(early, form("if: a\n  return\nelse\n  activity: x\n"));
        assert_eq!(early, "if: a\n  return\nelse\n  activity: x");
    }

    #[test]
    fn nested_conditions_are_one() {
        let nested = form("if: b\n  if: a\n    activity: x\n");
        assert_eq!(nested, "if: all of (a; b)\n  activity: x");
        assert_eq!(nested, form("if: a\n  if: b\n    activity: x\n"));
        // Of two sides neither may be lost.
        let sided = "if: a\n  if: b\n    activity: x\n  else\n    activity: y";
        assert_eq!(form(sided), sided);
    }

    #[test]
    fn what_decides_nothing_is_left_out() {
        assert_eq!(form("if: a\n  activity: x\nelse\n  activity: x\n"), "activity: x");
        assert_eq!(form("loop: each of items\n  if: a\n    break\n"), "");
        assert_eq!(form("on failure: ActivityError\n  raise\nactivity: x\n"), "activity: x");
    }

    #[test]
    fn a_task_begins_where_the_code_first_waits() {
        let text =
            "beside\n  activity: x\n  wait for: activity x#1\n  activity: y\nactivity: z\nwait for: activity z#1\n";
        assert_eq!(
            form(text),
            "activity: z\nactivity: x\nbeside\n  wait for: activity x#1\n  activity: y\nwait for: activity z#1"
        );
    }

    #[test]
    fn a_return_of_a_function_leads_behind_its_call() {
        let steps = inlined(steps_of("if: a\n  activity: x\n  return\nactivity: y\n"));
        assert_eq!(text_of_steps(&steps), "if: a\n  activity: x\nelse\n  activity: y");
        let looped = inlined(steps_of("loop: each of items\n  if: a\n    return\n  activity: x\n"));
        assert_eq!(text_of_steps(&looped), "loop: each of items\n  if: a\n    break\n  else\n    activity: x");
    }

    #[test]
    fn a_patch_that_is_marked_leads_to_its_new_side() {
        let steps = steps_of("patch: p\nif: patched p\n  activity: x\nelse\n  activity: y\nactivity: z\n");
        let ids = ["p".to_owned()].into_iter().collect();
        assert_eq!(text_of_steps(&assumed(steps.clone(), &ids)), "activity: x\nactivity: z");
        let others = ["q".to_owned()].into_iter().collect();
        assert_eq!(text_of_steps(&assumed(steps.clone(), &others)), text_of_steps(&steps));
    }
}
