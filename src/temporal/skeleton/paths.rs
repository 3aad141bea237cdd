//! The single paths through a flow: what is done once each question on the way has its answer.
//!
//! Knows: questions, their answers, and which paths of two versions one execution may take.
//! Does not know: how a path is gone ([`one_way`](super::one_way)).
//!
//! Skeletons are compared by their form, so that code that does the same in another form may look changed: the common end of
//! two branches, a `break` that became a condition, a counter that became a `range`. On a single path there is no form left:
//! each condition has its answer and each loop is gone through as often as its answers say. Two versions that do the same on
//! all paths are the same, however they are written. The reverse holds only where both ask the same: answers that exclude each
//! other for reasons not known here make paths that no execution takes.

mod lines;

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::implied::follows as implies;
use super::reading::{both, same_items};
use super::step::{CommandKind, Condition, Exit, OneOf, Step, Text, awaited_condition, each_step, waits_alike};
use crate::source::Span;
pub use lines::read_paths;

/// How many questions are asked on a path at most; what comes behind is cut off.
pub(super) const MOST_ASKED: usize = 16;

/// How many paths a flow has at most.
pub(super) const MOST_PATHS: usize = 400;

/// How many pairs of paths are looked at.
const MOST_PAIRS: usize = 40_000;

/// What decides on a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// How it reads.
    text: Text,
    /// Where it asks whether something is one of several constants.
    compares: Option<OneOf>,
    /// The moment, by the waits that came before, where what it asks for may have changed since; 0 where it cannot.
    moment: u32,
    /// Where it asks whether what is waited for fails: what.
    fails: Option<Failure>,
}

/// A failure of something that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    /// What is waited for.
    token: Arc<str>,
    /// It takes longer than it may.
    is_of_time: bool,
}

/// What reads alike each time and may be another thing each time.
const CHANGING: [&str; 6] = ["awaited ", "result of asyncio.", "next result", "workflow time", "generator", "gathered"];

impl Question {
    /// Whether a condition holds, asked after so many waits.
    pub(super) fn of(condition: &Condition, waits: u32) -> Self {
        let text = any_of(&condition.text);
        let may_change = text.is_shared || CHANGING.iter().any(|word| text.name.contains(word));
        // What cannot change is asked at no moment, which is another one than that before the first wait.
        let moment = if may_change { waits.saturating_add(1) } else { 0 };
        Self { text, compares: condition.compares.clone(), moment, fails: None }
    }

    /// Whether what is waited for fails.
    pub(super) fn of_failure(token: &Arc<str>, word: &str, is_of_time: bool) -> Self {
        let said = |of: &str| format!("{of} {word}").into();
        let text = match awaited_condition(token) {
            Some((name, shape)) => Text { name: said(name), shape: said(shape), is_shared: false },
            None => Text::plain(&format!("{token} {word}")),
        };
        let fails = Some(Failure { token: Arc::clone(token), is_of_time });
        Self { text, compares: None, moment: 0, fails }
    }

    /// Whether another asks the same.
    fn is_like(&self, other: &Self) -> bool {
        self.moment == other.moment && self.text.is_like(&other.text)
    }

    /// Which constants are asked for, where another asks of the same thing.
    fn constants_beside(&self, other: &Self) -> Option<&[Arc<str>]> {
        let (one, more) = (self.compares.as_ref()?, other.compares.as_ref()?);
        (self.moment == other.moment && one.of == more.of).then_some(one.constants.as_slice())
    }
}

/// Whether there is a first item in something is whether there is anything.
fn any_of(text: &Text) -> Text {
    both(text, |text| text.strip_suffix(" has item 0").map(same_items)).unwrap_or_else(|| text.clone())
}

/// Questions with their answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    given: Vec<(Question, bool)>,
    /// What holds though nothing asked: waits for it were over.
    holding: Vec<Question>,
}

impl Answers {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.given.len()
    }

    /// Those that were given, in order.
    pub(super) fn given(&self) -> impl DoubleEndedIterator<Item = bool> {
        self.given.iter().map(|(_, answer)| *answer)
    }

    /// Takes note of an answer.
    pub(super) fn note(&mut self, question: Question, answer: bool) {
        self.given.push((question, answer));
    }

    /// Takes note of what holds though nothing asked.
    pub(super) fn learn(&mut self, question: Question) {
        self.holding.push(question);
    }

    /// Whether a question was asked.
    fn has(&self, question: &Question) -> bool {
        self.given.iter().any(|(known, _)| known.is_like(question))
    }

    /// What follows for a question from the answers so far.
    pub(super) fn implied(&self, question: &Question) -> Option<bool> {
        self.answered(question).or_else(|| self.follows(question))
    }

    /// What follows for a question from what holds since waits for it were over, and from the answers about parts of that.
    fn follows(&self, question: &Question) -> Option<bool> {
        let asked = &*question.text.name;
        let is_about = |known: &&Question| known.moment == question.moment && known.text.name.contains(asked);
        let whole = self.holding.iter().find(is_about)?;
        let is_part = |known: &Question| {
            (known.moment == whole.moment || known.moment == 0) && whole.text.name.contains(&*known.text.name)
        };
        let parts = self.given.iter().filter(|(known, _)| is_part(known));
        let mut known = vec![whole.text.name.to_string()];
        known.extend(parts.map(|(part, holds)| format!("{}{}", if *holds { "" } else { "not " }, part.text.name)));
        let known = format!("all of ({})", known.join("; "));
        if implies(&known, asked) {
            return Some(true);
        }
        implies(&known, &format!("not {asked}")).then_some(false)
    }

    /// What follows for a question from the answers that were given.
    fn answered(&self, question: &Question) -> Option<bool> {
        if let Some((_, answer)) = self.given.iter().find(|(known, _)| known.is_like(question)) {
            return Some(*answer);
        }
        let by_sign = |(known, answer): &(Question, bool)| {
            let is_asked_with = |one: &Question, more: &Question| {
                one.moment == more.moment && more.text.name.strip_prefix("0 < ") == Some(&*one.text.name)
            };
            match answer {
                // What is more than 0 counts as true.
                true => is_asked_with(question, known),
                false => is_asked_with(known, question),
            }
            .then_some(*answer)
        };
        if let Some(answer) = self.given.iter().find_map(by_sign) {
            return Some(answer);
        }
        let mut left: Option<Vec<&Arc<str>>> = None;
        let mut asked: Vec<&Arc<str>> = question.compares.iter().flat_map(|compares| &compares.constants).collect();
        let had_any = !asked.is_empty();
        for (known, answer) in &self.given {
            let Some(constants) = known.constants_beside(question) else { continue };
            let is_there = |constant: &&Arc<str>| constants.contains(*constant) == *answer;
            match (&mut left, answer) {
                (None, true) => left = Some(constants.iter().collect()),
                (None, false) => {}
                (Some(left), _) => left.retain(is_there),
            }
            asked.retain(is_there);
        }
        if had_any && asked.is_empty() {
            return Some(false);
        }
        let left = left?;
        left.iter().all(|constant| asked.contains(constant)).then_some(true)
    }

    /// Whether both can be given to one execution, as far as is known.
    fn agree(&self, other: &Self) -> bool {
        self.allow(other) && (self.holding.is_empty() && other.holding.is_empty() || other.allow(self))
    }

    /// Whether nothing speaks against the answers of another path beside these.
    fn allow(&self, other: &Self) -> bool {
        let mut all = self.clone();
        all.holding.extend(other.holding.iter().cloned());
        other.given.iter().all(|(question, answer)| {
            let may_be = all.implied(question).is_none_or(|implied| implied == *answer);
            all.note(question.clone(), *answer);
            may_be
        })
    }
}

/// A path, with what is done on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The answers that lead along it.
    pub(super) answers: Answers,
    /// What is done.
    pub(super) steps: Vec<Step>,
    /// Where it is cut off.
    pub(super) cut: Cut,
}

/// Where a path is cut off.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cut {
    /// Nowhere.
    #[default]
    Nowhere,
    /// In a loop that goes on.
    InLoop,
    /// Where it asks too much to be gone to its end.
    AfterMostAsked,
}

/// All paths through a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    all: Vec<Path>,
    /// The commands among all steps of the flow that are on none of them, by what they are called.
    left_out: Vec<String>,
    /// Loops whose end depends on questions are gone through once at most.
    is_coarse: bool,
}

impl Paths {
    /// All paths through a flow of which all steps are given.
    pub(super) fn of(all: Vec<Path>, steps: &[Step], is_coarse: bool) -> Self {
        let left_out = left_out(&all, steps);
        Self { all, left_out, is_coarse }
    }

    /// Whether loops whose end depends on questions are gone through once at most.
    pub(super) fn are_coarse(&self) -> bool {
        self.is_coarse
    }

    /// All that is done on them, path by path.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.all.iter().flat_map(|path| &path.steps)
    }

    /// Whether any asks too much to be gone to its end.
    pub(super) fn are_short(&self) -> bool {
        self.all.iter().any(|path| path.cut == Cut::AfterMostAsked)
    }

    /// The commands that are on none of them, by what they are called.
    pub(super) fn leave_out(&self) -> &[String] {
        &self.left_out
    }
}

/// The commands among all steps of a flow that are on none of its paths, by what they are called.
fn left_out(paths: &[Path], all: &[Step]) -> Vec<String> {
    let mut seen: FxHashSet<Span> = FxHashSet::default();
    let at = |step: &Step| match step {
        Step::Command(command) => command.at.as_ref().map(|at| at.span),
        _ => None,
    };
    for path in paths {
        each_step(&path.steps, &mut |step| seen.extend(at(step)));
    }
    let mut found = Vec::new();
    each_step(all, &mut |step| {
        if let Step::Command(command) = step
            && at(step).is_some_and(|at| !seen.contains(&at))
        {
            found.push(command.shown());
        }
    });
    found.sort_unstable();
    found.dedup();
    found
}

/// Two paths that one execution may take, in one version and in the other, with what is done on them.
pub(super) struct Pair<'p> {
    /// What the version before does.
    pub(super) old: Cow<'p, [Step]>,
    /// What the version after does.
    pub(super) new: Cow<'p, [Step]>,
    /// Both ask the same, so that an execution that takes the one surely takes the other.
    pub(super) is_sure: bool,
    /// The version after asks all that the version before does, and may ask more.
    pub(super) asks_all: bool,
    /// No data decide that they are taken: they are those on which nothing fails.
    pub(super) is_always: bool,
    /// Something fails on them.
    pub(super) has_failed: bool,
    /// One version gives a wait so long that the other has not: whether that is enough is up to what comes.
    pub(super) is_up_to_time: bool,
}

/// The pairs of paths that one execution may take, by the paths of the version before; nothing where there are too many.
pub(super) fn pairs<'p>(old: &'p Paths, new: &'p Paths) -> Option<impl Iterator<Item = Vec<Pair<'p>>>> {
    let is_few = old.all.len().saturating_mul(new.all.len()) <= MOST_PAIRS;
    let together = |old: &'p Path| new.all.iter().filter_map(move |new| old.beside(new)).collect();
    is_few.then(|| old.all.iter().map(together))
}

/// Whether each path of one version that is cut off in a loop has one of the other beside it that is, too: else a loop that had
/// no end has one, or the other way, and what comes then is on no pair of paths.
pub(super) fn go_round_alike(old: &Paths, new: &Paths) -> bool {
    let have_others = |ones: &Paths, others: &Paths| {
        ones.all.iter().filter(|one| one.cut == Cut::InLoop).all(|one| {
            let mut beside = others.all.iter().filter(|other| one.answers.agree(&other.answers)).peekable();
            beside.peek().is_none() || beside.any(|other| other.cut == Cut::InLoop)
        })
    };
    have_others(old, new) && have_others(new, old)
}

impl Path {
    /// This path of the version before and one of the version after, where one execution may take both.
    fn beside<'p>(&'p self, new: &'p Path) -> Option<Pair<'p>> {
        if !self.answers.agree(&new.answers) {
            return None;
        }
        let lacks = |one: &Answers, other: &Answers| {
            one.given.iter().any(|(question, _)| question.fails.is_none() && !other.has(question))
        };
        let asks_all = !lacks(&self.answers, &new.answers);
        let is_up_to_time = self.limits_beyond(new) || new.limits_beyond(self);
        let is_sure = asks_all && !lacks(&new.answers, &self.answers) && !is_up_to_time;
        let is_always = self.is_undecided() && new.is_undecided() && !is_up_to_time;
        let fails =
            |answers: &Answers| answers.given.iter().any(|(question, answer)| question.fails.is_some() && *answer);
        let has_failed = fails(&self.answers) || fails(&new.answers);
        let (old, new) = (self.failing_as(&new.answers)?, new.failing_as(&self.answers)?);
        Some(Pair { old, new, is_sure, asks_all, is_always, has_failed, is_up_to_time })
    }

    /// Whether a wait has a limit here of which the other version has not even the wait.
    fn limits_beyond(&self, other: &Self) -> bool {
        self.answers.given.iter().filter_map(|(question, _)| question.fails.as_ref()).any(|failure| {
            let waits_for = |step: &Step| match step {
                Step::Wait(wait) => wait.tokens.iter().any(|known| waits_alike(known, &failure.token)),
                _ => false,
            };
            let is_asked = |(question, _): &(Question, bool)| {
                question
                    .fails
                    .as_ref()
                    .is_some_and(|known| known.is_of_time && waits_alike(&known.token, &failure.token))
            };
            failure.is_of_time && !other.steps.iter().any(waits_for) && !other.answers.given.iter().any(is_asked)
        })
    }

    /// Whether nothing is asked on it, but what fails, and nothing does.
    fn is_undecided(&self) -> bool {
        self.answers.given.iter().all(|(question, answer)| question.fails.is_some() && !answer)
    }

    /// What is done where what another version handles fails: where this one does not ask, nothing here takes it, and the flow
    /// ends. Nothing where that cannot be: what waits without limit does not end in time.
    fn failing_as<'p>(&'p self, others: &Answers) -> Option<Cow<'p, [Step]>> {
        let mut end: Option<usize> = None;
        for (question, _) in others.given.iter().filter(|(question, answer)| *answer && !self.answers.has(question)) {
            let Some(Failure { token, is_of_time }) = &question.fails else { continue };
            let waits_for = |step: &Step| matches!(step, Step::Wait(wait) if wait.tokens.iter().any(|known| waits_alike(known, token)));
            let Some(at) = self.steps.iter().position(waits_for) else { continue };
            let limits = |step: &Step| matches!(step, Step::Command(command) if command.kind == CommandKind::Timer);
            if *is_of_time && !self.steps[..at].last().is_some_and(limits) {
                return None;
            }
            end = Some(end.map_or(at, |end| end.min(at)));
        }
        Some(match end {
            Some(end) => {
                let mut steps = self.steps[..=end].to_vec();
                steps.push(Step::Exit(Exit::Fail, None));
                Cow::Owned(steps)
            }
            None => Cow::Borrowed(&self.steps),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(of: &str, constants: &[&str]) -> Question {
        let constants = constants.iter().map(|constant| Arc::from(*constant)).collect();
        Question::of(&Condition::one_of(&Text::plain(of), constants), 0)
    }

    fn plain(text: &str) -> Question {
        Question::of(&Condition::plain(Text::plain(text)), 0)
    }

    fn answers(all: &[(Question, bool)]) -> Answers {
        Answers { given: all.to_vec(), holding: Vec::new() }
    }

    #[test]
    fn an_answer_holds_for_the_same_question_and_for_no_other() {
        let known = answers(&[(plain("a"), true)]);
        assert_eq!(known.implied(&plain("a")), Some(true));
        assert_eq!(known.implied(&plain("b")), None);
        let shared = |waits| {
            let text = Text { is_shared: true, ..Text::plain("self.paid") };
            Question::of(&Condition::plain(text), waits)
        };
        let known = answers(&[(shared(0), false)]);
        assert_eq!(known.implied(&shared(0)), Some(false));
        assert_eq!(known.implied(&shared(1)), None, "a handler may have run since");
    }

    #[test]
    fn what_is_more_than_nothing_is_something() {
        assert_eq!(answers(&[(plain("0 < a"), true)]).implied(&plain("a")), Some(true));
        assert_eq!(answers(&[(plain("a"), false)]).implied(&plain("0 < a")), Some(false));
        assert_eq!(answers(&[(plain("0 < a"), false)]).implied(&plain("a")), None, "it may be less");
        assert_eq!(answers(&[(plain("a"), true)]).implied(&plain("0 < a")), None);
    }

    #[test]
    fn what_was_waited_for_holds() {
        let shared = |text: &str| {
            let text = Text { is_shared: true, ..Text::plain(text) };
            Question::of(&Condition::plain(text), 1)
        };
        let mut known = answers(&[(shared("self.queue"), false)]);
        known.learn(shared("not all of (not self.queue; not self.done)"));
        assert_eq!(known.implied(&shared("self.done")), Some(true));
        assert!(!known.agree(&answers(&[(shared("self.done"), false)])));
        assert!(!answers(&[(shared("self.done"), false)]).agree(&known));
        let of_later = Question { moment: 3, ..shared("self.done") };
        assert_eq!(known.implied(&of_later), None, "it may have changed since");
        // What was asked before the first wait may be otherwise behind it.
        let text = Text { is_shared: true, ..Text::plain("self.done") };
        let mut known = answers(&[(Question::of(&Condition::plain(text), 0), false)]);
        known.learn(shared("not all of (not self.queue; not self.done)"));
        assert_eq!(known.implied(&shared("self.done")), None, "it may be what the wait was for");
    }

    #[test]
    fn what_is_one_constant_is_no_other() {
        let is_one = answers(&[(asked("x", &["1"]), true)]);
        assert_eq!(is_one.implied(&asked("x", &["2"])), Some(false));
        assert_eq!(is_one.implied(&asked("x", &["1", "2"])), Some(true));
        assert_eq!(is_one.implied(&asked("y", &["2"])), None);
        let is_not_one = answers(&[(asked("x", &["1"]), false)]);
        assert_eq!(is_not_one.implied(&asked("x", &["2"])), None);
        let either = answers(&[(asked("x", &["1", "2"]), true), (asked("x", &["1"]), false)]);
        assert_eq!(either.implied(&asked("x", &["2"])), Some(true));
        assert!(!is_one.agree(&answers(&[(asked("x", &["2"]), true)])));
        assert!(is_not_one.agree(&answers(&[(asked("x", &["2"]), true)])));
    }
}
