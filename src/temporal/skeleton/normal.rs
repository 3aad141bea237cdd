//! One form for what means the same: early returns and `else`, nested conditions and `and`, tasks and `gather`.
//!
//! Knows: which rewriting of steps leaves the order of commands, and what they wait for, as it is. Does not know: where
//! steps come from.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::guards::{end_of, without_end};
use super::step::{Condition, Exit, Handler, Step, Text, Wait, any_step};
use super::term::Test;
use super::write::key;

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

/// Whether steps may be left in their midst, loops inside left aside.
fn may_end(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Exit(..) => true,
        Step::Branch { then, orelse, .. } => may_end(then) || may_end(orelse),
        _ => false,
    })
}

/// What follows a branch that is left on one way stands on the other way.
fn settled(steps: Vec<Step>) -> Vec<Step> {
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
                rest.push_front(Step::Loop { head, body: without_continue(settled(body)), at });
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
    let mut slots = Slots { taken: FxHashMap::default(), is_alone, in_loop: false };
    let steps = slots.started(settled(steps));
    simple(steps)
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
            let waits = |step: &Step| matches!(step, Step::Wait(_) | Step::Unknown { .. });
            if !any_step(std::slice::from_ref(&step), &waits) {
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

/// Without what decides nothing, and with conditions in their one form.
fn simple(steps: Vec<Step>) -> Vec<Step> {
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
                    done.extend(waits_of(&body, at));
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
    let only_waits = |steps: &[Step]| steps.iter().all(|step| matches!(step, Step::Wait(_)));
    if only_waits(&then) && only_waits(&orelse) {
        done.extend(then);
        done.extend(orelse);
        return;
    }
    if key(&then) == key(&orelse) {
        done.extend(then);
        return;
    }
    let (condition, then, orelse) = conjoined(condition, then, orelse);
    done.push(by_constant(Step::Branch { condition, then, orelse, at }));
}

/// A branch that holds but another, as one under both conditions.
fn conjoined(condition: Condition, then: Vec<Step>, orelse: Vec<Step>) -> (Condition, Vec<Step>, Vec<Step>) {
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

/// What any of some steps waits for.
fn waits_of(steps: &[Step], at: Option<super::step::Site>) -> Option<Step> {
    let mut tokens: Vec<Arc<str>> = Vec::new();
    super::step::each_step(steps, &mut |step| {
        if let Step::Wait(wait) = step {
            tokens.extend(wait.tokens.iter().cloned());
        }
    });
    tokens.sort_unstable();
    tokens.dedup();
    (!tokens.is_empty()).then_some(Step::Wait(Wait { tokens, keeps_failures: false, at }))
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

/// Steps under the assumption that histories have the marks of some patches, which are then compared no more; nor are the
/// marks of deprecated ones, which replay never misses.
#[must_use]
pub(super) fn assumed(steps: Vec<Step>, ids: &rustc_hash::FxHashSet<String>) -> Vec<Step> {
    let is_mark = |step: &Step| match step {
        Step::Command(command) => match command.kind {
            super::step::CommandKind::DeprecatePatch => true,
            super::step::CommandKind::Patch => ids.contains(&*command.name.name),
            _ => false,
        },
        _ => false,
    };
    let mut done = Vec::new();
    for step in steps {
        if is_mark(&step) {
            continue;
        }
        match step {
            Step::Branch { condition, then, orelse, at } => match decided(&condition, ids) {
                Decided::Always(holds) => done.extend(assumed(if holds { then } else { orelse }, ids)),
                Decided::When(condition) => {
                    done.push(Step::Branch { condition, then: assumed(then, ids), orelse: assumed(orelse, ids), at });
                }
            },
            Step::Loop { head, body, at } => done.push(Step::Loop { head, body: assumed(body, ids), at }),
            Step::Beside(steps) => done.push(Step::Beside(assumed(steps, ids))),
            Step::Failed { handlers, of, at } => {
                let handlers = handlers.into_iter().map(|(kind, steps)| (kind, assumed(steps, ids))).collect();
                done.push(Step::Failed { handlers, of, at });
            }
            other => done.push(other),
        }
    }
    simple(settled(done))
}

enum Decided {
    Always(bool),
    When(Condition),
}

/// A condition, where patches are known to be marked.
fn decided(condition: &Condition, ids: &rustc_hash::FxHashSet<String>) -> Decided {
    let patch = |text: &str| text.strip_prefix("patched ").is_some_and(|id| ids.contains(id));
    let Some(parts) = condition.text.name.strip_prefix("all of (").and_then(|text| text.strip_suffix(')')) else {
        return if patch(&condition.text.name) { Decided::Always(true) } else { Decided::When(condition.clone()) };
    };
    let parts: Vec<&str> = parts.split("; ").collect();
    if parts.iter().any(|part| part.strip_prefix("not ").is_some_and(patch)) {
        return Decided::Always(false);
    }
    if !parts.iter().any(|part| patch(part)) {
        return Decided::When(condition.clone());
    }
    let without = |text: &str| {
        let inner = text.strip_prefix("all of (").and_then(|text| text.strip_suffix(')')).unwrap_or(text);
        let left: Vec<&str> = inner.split("; ").filter(|part| !patch(part)).collect();
        match left.as_slice() {
            [only] => (*only).to_owned(),
            _ => format!("all of ({})", left.join("; ")),
        }
    };
    let (name, shape) = (without(&condition.text.name), without(&condition.text.shape));
    if name == "all of ()" {
        return Decided::Always(true);
    }
    let text = Text { name: name.into(), shape: shape.into(), is_shared: condition.text.is_shared };
    Decided::When(Condition::plain(text))
}

#[cfg(test)]
mod tests {
    use super::super::write::{steps_of, text_of_steps};
    use super::{assumed, inlined, normal};

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
