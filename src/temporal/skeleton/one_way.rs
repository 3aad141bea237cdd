//! Code gone through on one path: each question on the way has its answer, and each failure happens or does not.
//!
//! Knows: which answer is given, loops turn by turn, exceptions up to the handler that takes them, what is left of a path that
//! is too long. Does not know: what two paths have in common ([`paths`](super::paths)).

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::build::Builder;
use super::paths::{Answers, MOST_ASKED, Question};
use super::step::{CommandKind, Condition, Exit, Step, Text};
use super::term::{Item, Term, Truth};
use crate::python::Value;
use crate::semantic::{ExprId, Loop, Try};
use crate::source::TextRange;

/// How often a loop is gone through whose end depends on questions.
const MOST_TURNS: usize = 2;

/// How a `range` reads of which the end is not known.
pub(super) const NUMBERS: &str = "numbers below ";

/// What a wait does that takes longer than it may.
const OUT_OF_TIME: &str = "takes too long";

/// How often a loop is gone through on a path where nothing is asked.
const MOST_COUNTED: usize = 64;

/// An exception on its way: the names of its class and of those it derives from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raised(Vec<Arc<str>>);

/// The state of one path.
#[derive(Debug, Default)]
pub(super) struct OneWay {
    /// The answers that are to be given, in order; the others are no.
    pub given: Vec<bool>,
    /// What was asked so far.
    pub answers: Answers,
    /// How often it was waited.
    pub waits: u32,
    /// What was raised and is not yet caught.
    pub raised: Option<Raised>,
    /// What the handlers around were called for, innermost last.
    handled: Vec<Raised>,
    /// What the handlers around take, innermost last.
    catchers: Vec<Vec<Text>>,
    /// What was waited for already.
    waited: FxHashSet<Arc<str>>,
    /// How often numbers that are known were compared: where that decides how long a loop runs, it is not cut off.
    counted: u32,
    /// The path is too long, and is cut off here.
    pub is_cut: bool,
    /// It has something that cannot be followed on one path.
    pub is_lost: bool,
}

impl OneWay {
    /// A path with its first answers.
    pub(super) fn with(given: Vec<bool>) -> Self {
        Self { given, ..Self::default() }
    }

    /// Cuts the path off; not where numbers were compared since `counted`, which may lead elsewhere later.
    fn cut(&mut self, counted: u32) {
        match self.counted > counted {
            true => self.is_lost = true,
            false => self.is_cut = true,
        }
    }

    fn is_stopped(&self) -> bool {
        self.raised.is_some() || self.is_cut || self.is_lost
    }
}

/// Exceptions that are told apart, each with what it derives from.
fn lineage(name: &str) -> Raised {
    let last = name.rsplit('.').next().unwrap_or(name);
    let above: &[&str] = match last {
        "ActivityError" | "ChildWorkflowError" | "ApplicationError" | "NexusOperationError" | "FailureError" => {
            &["FailureError", "TemporalError", "Exception", "BaseException"]
        }
        "CancelledError" | "KeyboardInterrupt" | "SystemExit" => &["BaseException"],
        "TimeoutError" => &["OSError", "Exception", "BaseException"],
        "KeyError" | "IndexError" => &["LookupError", "Exception", "BaseException"],
        _ => &["Exception", "BaseException"],
    };
    Raised(std::iter::once(last).chain(above.iter().copied()).map(Arc::from).collect())
}

impl Raised {
    fn is_taken_by(&self, kind: &Text) -> bool {
        kind.name.split(", ").any(|kind| {
            let last = kind.rsplit('.').next().unwrap_or(kind);
            // The SDK's own errors of these names are causes of others and are not what is raised here.
            let is_cause = kind.starts_with("temporalio.") && matches!(last, "TimeoutError" | "CancelledError");
            matches!(last, "anything" | "finally") || !is_cause && self.0.iter().any(|name| **name == *last)
        })
    }
}

/// What a failure of something that is waited for raises.
fn failure_of(token: &str) -> Option<Raised> {
    let kinds = [
        ("activity ", "ActivityError"),
        ("local activity ", "ActivityError"),
        ("child workflow ", "ChildWorkflowError"),
        ("Nexus operation ", "NexusOperationError"),
    ];
    let (_, name) = kinds.iter().find(|(start, _)| token.starts_with(start))?;
    (!token.ends_with(" begun")).then(|| lineage(name))
}

impl Builder<'_, '_, '_> {
    /// Whether one path is gone.
    pub(super) fn is_on_path(&self) -> bool {
        self.one_way.is_some()
    }

    /// Whether nothing more is done for now: something was raised, or the path ends here.
    pub(super) fn is_stopped(&self) -> bool {
        self.one_way.as_ref().is_some_and(OneWay::is_stopped)
    }

    /// Does something off the path, for which no question is answered.
    pub(super) fn aside<R>(&mut self, does: impl FnOnce(&mut Self) -> R) -> R {
        let way = self.one_way.take();
        let result = does(self);
        self.one_way = way;
        result
    }

    /// The answer to a question on this path.
    pub(super) fn ask(&mut self, condition: &Condition) -> bool {
        let waits = self.one_way.as_ref().map_or(0, |way| way.waits);
        self.answer(Question::of(condition, waits))
    }

    fn answer(&mut self, question: Question) -> bool {
        let Some(way) = &mut self.one_way else { return false };
        if let Some(answer) = way.answers.implied(&question) {
            return answer;
        }
        if way.answers.len() >= MOST_ASKED {
            way.cut(0);
            return false;
        }
        let answer = way.given.get(way.answers.len()).copied().unwrap_or_default();
        way.answers.note(question, answer);
        answer
    }

    fn ask_text(&mut self, text: Text) -> bool {
        self.ask(&Condition::plain(text))
    }

    /// A truth, decided where one path is gone.
    pub(super) fn decided(&mut self, truth: Truth) -> Truth {
        match truth {
            Truth::When(test) if self.is_on_path() => Truth::Always(self.ask(&test.condition) == test.holds),
            truth => truth,
        }
    }

    /// Whether a term counts as true, decided where one path is gone.
    pub(super) fn decided_truth(&mut self, term: &Term) -> Truth {
        let term = self.settled(term.clone());
        let truth = self.truth(&term);
        self.decided(truth)
    }

    /// A term in which nothing is left to choose, where one path is gone.
    pub(super) fn settled(&mut self, mut term: Term) -> Term {
        if !self.is_on_path() {
            return term;
        }
        while let Term::Choice(choice) = &term {
            term = if self.ask(&choice.condition) { choice.then.clone() } else { choice.orelse.clone() };
        }
        term
    }

    /// The items of something, one after the other, where one path is gone.
    pub(super) fn items_on_path(&mut self, term: &Term) -> Vec<Item> {
        let mut found = Vec::new();
        let counted = self.counted();
        while let Some(item) = self.next_item(term, found.len(), counted) {
            if found.len() > MOST_COUNTED {
                self.lose();
                break;
            }
            found.push(Item::always(item));
        }
        found
    }

    /// The item at a position, if there is one. `counted` is what [`counted`](Self::counted) gave before the first.
    fn next_item(&mut self, term: &Term, position: usize, counted: u32) -> Option<Term> {
        match self.settled(term.clone()) {
            Term::Items(items) => {
                let mut there = Vec::new();
                for item in items.iter() {
                    let is_there = item.when.clone().is_none_or(|test| self.ask(&test.condition) == test.holds);
                    there.extend(is_there.then(|| item.term.clone()));
                }
                there.get(position).cloned()
            }
            Term::Other(text, _) if text.name.starts_with(NUMBERS) => self.next_number(&text, position, counted),
            Term::Table(entries) => entries.get(position).map(|(key, _)| key.clone()),
            Term::Many(..) => {
                self.lose();
                None
            }
            other => {
                let text = self.text(&other);
                if !self.ask_text(Text::joined(&[&text], |parts| format!("{} has item {position}", parts[0]))) {
                    return None;
                }
                if position >= MOST_TURNS {
                    self.cut(counted);
                    return None;
                }
                let at = Text::joined(&[&text], |parts| format!("{}, number {position}", parts[0]));
                Some(self.element(&other, &at))
            }
        }
    }

    /// A number of a `range` of which the end is not known: asked for as a `while` loop would ask.
    fn next_number(&mut self, text: &Text, position: usize, counted: u32) -> Option<Term> {
        let end = Text {
            name: text.name.strip_prefix(NUMBERS)?.into(),
            shape: text.shape.strip_prefix(NUMBERS).unwrap_or(&text.shape).into(),
            is_shared: text.is_shared,
        };
        if !self.ask_text(Text::joined(&[&end], |parts| format!("{position} < {}", parts[0]))) {
            return None;
        }
        if position >= MOST_TURNS {
            self.cut(counted);
            return None;
        }
        Some(Term::constant(&position.to_string()))
    }

    /// A method of a list of which all items are known, which takes out one of them or turns the list round.
    pub(super) fn taken_out(&mut self, list: ExprId, items: &[Item], name: &str, at: Option<&Term>) -> Option<Term> {
        let mut left = items.to_vec();
        let first = matches!(at, Some(Term::Constant(text)) if &**text == "0");
        let taken = match name {
            "pop" if at.is_none() && !left.is_empty() => left.pop(),
            "pop" if first && !left.is_empty() => Some(left.remove(0)),
            "popleft" if !left.is_empty() => Some(left.remove(0)),
            "reverse" => {
                left.reverse();
                None
            }
            "clear" => {
                left.clear();
                None
            }
            _ => return None,
        };
        self.replace(list, Term::Items(Arc::new(left)));
        Some(taken.map_or_else(Term::none, |item| item.term))
    }

    /// What comes behind is not looked at.
    fn cut(&mut self, counted: u32) {
        if let Some(way) = &mut self.one_way {
            way.cut(counted);
        }
    }

    /// How often numbers that are known were compared so far.
    fn counted(&self) -> u32 {
        self.one_way.as_ref().map_or(0, |way| way.counted)
    }

    /// Numbers that are known are compared.
    pub(super) fn count(&mut self) {
        if let Some(way) = &mut self.one_way {
            way.counted += 1;
        }
    }

    /// What is done cannot be said for one path.
    pub(super) fn lose(&mut self) {
        if let Some(way) = &mut self.one_way {
            way.is_lost = true;
        }
    }

    /// The `break` or `continue` in which what was done last ends, taken out.
    fn leaves(&mut self) -> Option<Exit> {
        match self.out.last() {
            Some(Step::Exit(exit @ (Exit::Break | Exit::Continue), _)) => {
                let exit = *exit;
                self.out.pop();
                Some(exit)
            }
            _ => None,
        }
    }

    /// Goes through a `while` loop turn by turn.
    pub(super) fn while_on_path(&mut self, looped: Loop) -> bool {
        let asked = self.one_way.as_ref().map_or(0, |way| way.answers.len());
        let counted = self.counted();
        for turn in 0..=MOST_COUNTED {
            match self.test(looped.head) {
                Truth::Always(true) => {}
                _ if self.is_stopped() => return false,
                _ => return self.suite(looped.orelse),
            }
            let has_asked = self.one_way.as_ref().is_some_and(|way| way.answers.len() > asked);
            if turn >= MOST_TURNS && has_asked && self.counted() == counted {
                self.cut(counted);
            }
            if self.is_stopped() {
                return false;
            }
            if !self.suite(looped.body) {
                match self.leaves() {
                    Some(Exit::Break) => return true,
                    Some(_) => {}
                    None => return false,
                }
            }
        }
        self.lose();
        false
    }

    /// Goes through a `for` loop item by item.
    pub(super) fn for_on_path(&mut self, looped: Loop) -> bool {
        if self.is_generated(looped) {
            self.lose();
        }
        let iterable = self.eval(looped.head);
        let iterable = self.gone_through(iterable);
        let iterable = self.settled(iterable);
        let counted = self.counted();
        for position in 0..=MOST_COUNTED {
            if self.is_stopped() {
                return false;
            }
            let Some(item) = self.next_item(&iterable, position, counted) else {
                return !self.is_stopped() && self.suite(looped.orelse);
            };
            if let Some(target) = looped.target {
                self.assign(target, item);
            }
            if !self.suite(looped.body) {
                match self.leaves() {
                    Some(Exit::Break) => return true,
                    Some(_) => {}
                    None => return false,
                }
            }
        }
        self.lose();
        false
    }

    /// An exception is raised.
    pub(super) fn raise_on_path(&mut self, exception: Option<ExprId>) -> bool {
        let raised = match exception {
            Some(exception) => {
                let term = self.eval(exception);
                self.raised_of(&term)
            }
            None => self.one_way.as_ref().and_then(|way| way.handled.last().cloned()).unwrap_or_else(|| lineage("?")),
        };
        self.set_raised(raised);
        false
    }

    fn set_raised(&mut self, raised: Raised) {
        if let Some(way) = &mut self.one_way
            && !way.is_stopped()
        {
            way.raised = Some(raised);
        }
    }

    /// What an exception is by its class.
    fn raised_of(&self, term: &Term) -> Raised {
        let value = match term {
            Term::Known(value) | Term::Object(_, value) | Term::Other(_, Some(value)) => Some(*value),
            _ => None,
        };
        let class = value.and_then(|value| match self.evaluator.get(value) {
            Value::Instance(instance) => Some(instance.class),
            Value::Class(class, _) => Some(*class),
            _ => None,
        });
        let Some(class) = class else {
            let text = self.text(term);
            return lineage(text.name.split('(').next().unwrap_or(""));
        };
        let mut names = Vec::new();
        for ancestor in self.evaluator.order(class, None).iter() {
            match ancestor {
                crate::python::Ancestor::Project(owner, _) => {
                    names.push(self.name_of_class(*owner).rsplit('.').next().unwrap_or_default().into())
                }
                crate::python::Ancestor::Outside(name) => names.extend(lineage(name.as_str()).0),
                crate::python::Ancestor::Dynamic(_) | crate::python::Ancestor::Unknown => {}
            }
        }
        Raised(names)
    }

    /// What is waited for may fail, where code around would do something then. Says whether it does.
    pub(super) fn fails(&mut self, tokens: &[Arc<str>], has_limit: bool) -> bool {
        for token in tokens {
            let Some(way) = &mut self.one_way else { return false };
            if way.catchers.is_empty() || !way.waited.insert(Arc::clone(token)) {
                continue;
            }
            let kinds = [
                ("fails", failure_of(token)),
                (OUT_OF_TIME, has_limit.then(|| lineage("TimeoutError"))),
                ("is cancelled", Some(lineage("CancelledError"))),
            ];
            for (word, raised) in kinds {
                let Some(raised) = raised else { continue };
                let is_taken = |way: &OneWay| way.catchers.iter().flatten().any(|kind| raised.is_taken_by(kind));
                let question = Question::of_failure(token, word, word == OUT_OF_TIME);
                if self.one_way.as_ref().is_some_and(is_taken) && self.answer(question) {
                    self.set_raised(raised);
                    return true;
                }
            }
        }
        false
    }

    /// What was raised, taken out, as the steps of a coroutine that raises it once it is awaited.
    pub(super) fn raised_later(&mut self) -> Vec<Step> {
        let Some(raised) = self.one_way.as_mut().and_then(|way| way.raised.take()) else { return Vec::new() };
        let kinds = raised.0.iter().map(|name| (Text::plain(name), Vec::new())).collect();
        vec![Step::Failed { handlers: kinds, of: Arc::default(), at: None }]
    }

    /// Raises what a step of [`raised_later`](Self::raised_later) says.
    pub(super) fn raise_told(&mut self, step: &Step) {
        if let Step::Failed { handlers, .. } = step {
            self.set_raised(Raised(handlers.iter().map(|(kind, _)| Arc::clone(&kind.name)).collect()));
        }
    }

    /// Waits for a coroutine.
    pub(super) fn wait_on_path(&mut self, steps: &[Step], result: &Term) -> Term {
        let mut timers: Vec<&Arc<str>> = Vec::new();
        for step in steps {
            self.emit(step.clone());
            match step {
                Step::Command(command) if command.kind == CommandKind::Timer => timers.push(&command.token),
                Step::Wait(wait) if !wait.keeps_failures => {
                    let has_limit = timers.iter().any(|timer| !wait.tokens.contains(timer));
                    self.fails(&wait.tokens, has_limit);
                }
                Step::Failed { .. } => {
                    self.out.pop();
                    self.raise_told(step);
                }
                _ => {}
            }
            if self.is_stopped() {
                return Term::Never;
            }
        }
        result.clone()
    }

    /// Goes through a `try` statement.
    pub(super) fn tried_on_path(&mut self, tried: Try) -> bool {
        let module = self.module();
        let handlers = module.list(tried.handlers);
        let mut kinds: Vec<Text> = Vec::new();
        for handler in handlers {
            kinds.push(handler.kind.map_or_else(|| Text::plain("anything"), |kind| self.text_of_handler(kind)));
        }
        let has_finally = !module.list(tried.finally).is_empty();
        let finally: Vec<Text> = has_finally.then(|| Text::plain("finally")).into_iter().collect();
        let around = kinds.iter().cloned().chain(finally.clone()).collect();
        let waits = self.one_way.as_ref().map_or(0, |way| way.waits);
        let mut falls = self.within(around, |this| this.suite(tried.body));
        if falls {
            self.fails_by_data(&kinds, waits);
            falls = !self.is_stopped();
        }
        if falls {
            falls = self.within(finally, |this| this.suite(tried.orelse));
        } else if let Some((position, raised)) = self.taken(&kinds) {
            self.handles(raised, true);
            falls = self.within(finally, |this| this.suite(handlers[position].body));
            self.handles(lineage(""), false);
        }
        if has_finally { self.finally_on_path(falls, |this| this.suite(tried.finally)) } else { falls }
    }

    /// Code that waits for nothing may fail by its data: whether it does is asked for each handler of which it is not known from
    /// what was waited for. `waits` is how often it was waited before.
    fn fails_by_data(&mut self, kinds: &[Text], waits: u32) {
        let has_waited = self.one_way.as_ref().is_some_and(|way| way.waits > waits);
        for kind in kinds {
            let is_known = |raised: &Raised| raised.is_taken_by(kind);
            let of_waits =
                ["ActivityError", "ChildWorkflowError", "NexusOperationError", "CancelledError", "TimeoutError"];
            let last = kind.name.rsplit('.').next().unwrap_or_default();
            if of_waits.contains(&last) || has_waited && is_known(&lineage("ActivityError")) {
                continue;
            }
            let text = Text { is_shared: true, ..Text::joined(&[kind], |parts| format!("{} is raised", parts[0])) };
            if self.ask_text(text) {
                let raised = kind.name.split(", ").next().map_or_else(|| lineage("?"), lineage);
                self.set_raised(if raised.is_taken_by(kind) { raised } else { lineage("Exception") });
                return;
            }
        }
    }

    /// A handler begins, or is done.
    fn handles(&mut self, raised: Raised, begins: bool) {
        let Some(way) = &mut self.one_way else { return };
        match begins {
            true => way.handled.push(raised),
            false => _ = way.handled.pop(),
        }
    }

    /// Does something inside of what takes exceptions.
    pub(super) fn within(&mut self, kinds: Vec<Text>, does: impl FnOnce(&mut Self) -> bool) -> bool {
        if let Some(way) = &mut self.one_way {
            way.catchers.push(kinds);
        }
        let falls = does(self);
        if let Some(way) = &mut self.one_way {
            way.catchers.pop();
        }
        falls && !self.is_stopped()
    }

    /// What was raised, if one of these takes it, with which.
    pub(super) fn taken(&mut self, kinds: &[Text]) -> Option<(usize, Raised)> {
        let way = self.one_way.as_mut().filter(|way| !way.is_cut && !way.is_lost)?;
        let position =
            kinds.iter().position(|kind| way.raised.as_ref().is_some_and(|raised| raised.is_taken_by(kind)))?;
        Some((position, way.raised.take()?))
    }

    /// What is done however what stands before is left.
    pub(super) fn finally_on_path(&mut self, falls: bool, does: impl FnOnce(&mut Self) -> bool) -> bool {
        let raised = self.one_way.as_mut().and_then(|way| way.raised.take());
        if self.is_stopped() {
            return false;
        }
        let exit = self.pending_exit(falls || raised.is_some());
        if !does(self) || self.is_stopped() {
            return false;
        }
        self.out.extend(exit);
        if let Some(raised) = raised {
            self.set_raised(raised);
        }
        falls
    }

    /// The exit in which what was done last ends, taken out to be done later.
    pub(super) fn pending_exit(&mut self, falls: bool) -> Option<Step> {
        match self.out.last() {
            Some(Step::Exit(..)) if !falls => self.out.pop(),
            _ => None,
        }
    }

    /// Goes through a body that an object of the project manages.
    pub(super) fn managed_on_path(
        &mut self,
        object: &Term,
        exit: &str,
        range: TextRange,
        body: impl FnOnce(&mut Self) -> bool,
    ) -> bool {
        let falls = self.within(vec![Text::plain("finally")], body);
        let raised = self.one_way.as_ref().and_then(|way| way.raised.clone());
        let mut is_swallowed = false;
        let falls = self.finally_on_path(falls, |this| {
            let Some((function, outer)) = this.method_function(object, exit) else { return true };
            let part = |word: &str| match &raised {
                Some(raised) => Term::Many(Text::plain(&format!("{word} of {}", raised.0.join(" "))), Arc::default()),
                None => Term::none(),
            };
            let positional = ["class", "value", "trace"].into_iter().map(|word| Item::always(part(word))).collect();
            let given = super::call::Given { positional, ..super::call::Given::default() };
            let term = this.run(function, outer, Some(object.clone()), given, range);
            let result = this.wait_for(&term, range);
            is_swallowed = raised.is_some() && matches!(this.decided_truth(&result), Truth::Always(true));
            true
        });
        if is_swallowed && let Some(way) = &mut self.one_way {
            way.raised = None;
            return !way.is_stopped();
        }
        falls
    }
}
