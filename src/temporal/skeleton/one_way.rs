//! Code gone through on one path: each question on the way has its answer, and each failure happens or does not.
//!
//! Knows: which answer is given, loops turn by turn, what is left of a path that is too long. Does not know: exceptions
//! ([`raising`](super::raising)), or what two paths have in common ([`paths`](super::paths)).

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::build::Builder;
use super::loops::gone_over;
use super::paths::{Answers, Cut, MOST_ASKED, Question};
use super::raising::Raised;
use super::reading::{argument, arguments, both, sliced};
use super::step::{CONDITION, Condition, Exit, Step, Text, awaited_condition};
use super::term::{Item, Lazy, Term, Test, Truth};
use crate::semantic::{Expr, ExprId, Loop, Name, VariableId};
use crate::source::TextRange;

/// How often a loop is gone through whose end depends on questions; where there are too many paths then, how often at least.
pub(super) const MOST_TURNS: usize = 2;
pub(super) const LEAST_TURNS: usize = 1;

/// How often an endless loop is gone through in which nothing is asked.
const MOST_SILENT: usize = 4;

/// How a `range` reads of which the end is not known.
pub(super) const NUMBERS: &str = "numbers from ";
pub(super) const BELOW: &str = " below ";
pub(super) const BY: &str = " by ";

/// How often a loop is gone through on a path where nothing is asked.
const MOST_COUNTED: usize = 64;

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
    pub handled: Vec<Raised>,
    /// What the handlers around take, innermost last.
    pub catchers: Vec<Vec<Text>>,
    /// What was waited for already, where it might fail, and how often.
    pub waited: FxHashMap<Arc<str>, u32>,
    /// How often numbers that are known were compared: where that decides how long a loop runs, it is not cut off.
    counted: u32,
    /// The path is too long, and is cut off here.
    pub is_cut: bool,
    /// Where it is cut off though an execution goes on.
    pub cut_off: Cut,
    /// It has something that cannot be followed on one path.
    pub is_lost: bool,
    /// How often a loop is gone through whose end depends on questions.
    turns: usize,
}

impl OneWay {
    /// A path with its first answers, and how often it goes through a loop whose end depends on questions.
    pub(super) fn with(given: Vec<bool>, turns: usize) -> Self {
        Self { given, turns, ..Self::default() }
    }

    /// Cuts the path off; not where numbers were compared since `counted`, which may lead elsewhere later.
    fn cut(&mut self, counted: u32) {
        match self.counted > counted {
            true => self.is_lost = true,
            false => self.is_cut = true,
        }
    }

    /// The same in a loop, which goes on.
    fn cut_round(&mut self, counted: u32) {
        self.cut(counted);
        if self.is_cut && self.cut_off == Cut::Nowhere {
            self.cut_off = Cut::InLoop;
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.raised.is_some() || self.is_cut || self.is_lost
    }
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
        self.answer(Question::of(condition, self.waits()))
    }

    /// How often it was waited so far on this path.
    pub(super) fn waits(&self) -> u32 {
        self.one_way.as_ref().map_or(0, |way| way.waits)
    }

    /// How often a loop is gone through whose end depends on questions.
    fn most_turns(&self) -> usize {
        self.one_way.as_ref().map_or(MOST_TURNS, |way| way.turns)
    }

    /// A wait is over at once: it counts as one, so that what follows is asked at the same moment where it is not.
    pub(super) fn waits_for_nothing(&mut self) {
        if let Some(way) = &mut self.one_way {
            way.waits += 1;
        }
    }

    /// A wait is over: what it was for holds.
    pub(super) fn holds_now(&mut self, tokens: &[Arc<str>]) {
        if let ([token], Some(way)) = (tokens, &mut self.one_way)
            && let Some((name, shape)) = awaited_condition(token)
        {
            let text = Text { name: name.into(), shape: shape.into(), is_shared: token.starts_with(CONDITION) };
            way.answers.learn(Question::of(&Condition::plain(text), way.waits));
        }
    }

    /// The answer to a question on this path: what follows from those before, else the next that is to be given.
    pub(super) fn answer(&mut self, question: Question) -> bool {
        let Some(way) = &mut self.one_way else { return false };
        if let Some(answer) = way.answers.implied(&question) {
            return answer;
        }
        if way.answers.len() >= MOST_ASKED {
            way.cut_off = Cut::AfterMostAsked;
            way.cut(0);
            return false;
        }
        let answer = way.given.get(way.answers.len()).copied().unwrap_or_default();
        way.answers.note(question, answer);
        answer
    }

    pub(super) fn ask_text(&mut self, text: Text) -> bool {
        self.ask(&Condition::plain(text))
    }

    /// Whether a test holds on this path.
    pub(super) fn holds(&mut self, test: &Test) -> bool {
        self.ask(&test.condition) == test.holds
    }

    /// A truth, decided where one path is gone.
    pub(super) fn decided(&mut self, truth: Truth) -> Truth {
        match truth {
            Truth::When(test) if self.is_on_path() => Truth::Always(self.holds(&test)),
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

    /// The items of something, where all that may be there are known; on one path, those that are there.
    pub(super) fn items_of(&mut self, term: &Term) -> Option<Vec<Item>> {
        if !self.is_on_path() {
            return term.spread();
        }
        let mut found = Vec::new();
        let counted = self.counted();
        while let Some(item) = self.next_item(term, found.len(), counted) {
            if found.len() > MOST_COUNTED {
                self.lose();
                break;
            }
            found.push(Item::always(item));
        }
        Some(found)
    }

    /// The item at a position, if there is one. `counted` is what [`counted`](Self::counted) gave before the first.
    fn next_item(&mut self, term: &Term, position: usize, counted: u32) -> Option<Term> {
        match self.settled(term.clone()) {
            Term::Items(items) => {
                let mut there = Vec::new();
                for item in items.iter() {
                    let is_there = item.when.as_ref().is_none_or(|test| self.holds(test));
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
            Term::Other(text, _) if let Some(part) = part_of_list(&text, position) => {
                let (of, at) = part?;
                let has = |at: usize| Text::joined(&[&of], |parts| format!("{} has item {at}", parts[0]));
                self.goes_on(Truth::of_text(has(at)), position, counted).then(|| {
                    let at = Text::joined(&[&of], |parts| format!("{}, number {at}", parts[0]));
                    self.element(&Term::other(of), &at)
                })
            }
            other => {
                let text = super::dicts::gone_through(&self.text(&other));
                let asked = Text::joined(&[&text], |parts| format!("{} has item {position}", parts[0]));
                self.goes_on(Truth::of_text(asked), position, counted).then(|| {
                    let at = Text::joined(&[&text], |parts| format!("{}, number {position}", parts[0]));
                    self.element(&other, &at)
                })
            }
        }
    }

    /// A number of a `range` of which the end is not known: asked for as a `while` loop would ask.
    fn next_number(&mut self, text: &Text, position: usize, counted: u32) -> Option<Term> {
        let (first, name) = text.name.strip_prefix(NUMBERS)?.split_once(BELOW)?;
        let (first, step) = first.split_once(BY).unwrap_or((first, "1"));
        let (first, step) = (first.parse::<i64>().ok()?, step.parse::<i64>().ok()?);
        let (_, shape) = text.shape.strip_prefix(NUMBERS)?.split_once(BELOW)?;
        let end = Text { name: name.into(), shape: shape.into(), is_shared: text.is_shared };
        let number = i64::try_from(position).ok()?.checked_mul(step)?.checked_add(first)?;
        // How many items a list has is asked as a loop over it would.
        let asked = match both(&end, |end| argument(end, "builtins.len")) {
            Some(of) => Truth::of_text(Text::joined(&[&of], |parts| format!("{} has item {number}", parts[0]))),
            None => self.is_below(number, &end),
        };
        self.goes_on(asked, position, counted).then(|| Term::constant(&number.to_string()))
    }

    /// Whether there is another item, if that is still looked at.
    fn goes_on(&mut self, asked: Truth, position: usize, counted: u32) -> bool {
        let is_there = matches!(self.decided(asked), Truth::Always(true));
        if is_there && position >= self.most_turns() {
            self.cut_round(counted);
        }
        is_there && !self.is_stopped()
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

    /// Nothing comes here that a history could hold.
    pub(super) fn never(&mut self) {
        match &mut self.one_way {
            Some(way) => way.cut(0),
            None => self.emit(Step::Exit(Exit::Never, None)),
        }
    }

    /// The further rounds of a loop are not looked at.
    fn cut_round(&mut self, counted: u32) {
        if let Some(way) = &mut self.one_way {
            way.cut_round(counted);
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

    /// What a task raises is not followed on one path.
    pub(super) fn lose_if_raising(&mut self, lazy: &Lazy) {
        if lazy.steps.iter().any(|step| matches!(step, Step::Failed { .. })) {
            self.lose();
        }
    }

    /// What is done cannot be said for one path.
    pub(super) fn lose(&mut self) {
        if let Some(way) = &mut self.one_way {
            way.is_lost = true;
        }
    }

    /// Goes through a loop's body once. Says whether control goes on behind the loop, where that ends it.
    fn turn(&mut self, does: impl FnOnce(&mut Self) -> bool) -> Option<bool> {
        if does(self) {
            return None;
        }
        let Some(Step::Exit(exit @ (Exit::Break | Exit::Continue), _)) = self.out.last() else { return Some(false) };
        let is_over = *exit == Exit::Break;
        self.out.pop();
        is_over.then_some(true)
    }

    /// Goes through a `while` loop turn by turn.
    pub(super) fn while_on_path(&mut self, looped: Loop) -> bool {
        let asked = self.one_way.as_ref().map_or(0, |way| way.answers.len());
        let counted = self.counted();
        let changing = super::super::code::bound_in(self.module(), looped.body);
        let mut places: Vec<Vec<Text>> = Vec::new();
        for turn in 0..=MOST_COUNTED {
            let place = self.words_in(&changing.variables, &changing.attributes);
            let is_elsewhere = !place.is_empty() && !places.contains(&place);
            places.push(place);
            match self.test(looped.head) {
                Truth::Always(true) => {}
                _ if self.is_stopped() => return false,
                _ => return self.suite(looped.orelse),
            }
            let has_asked = self.one_way.as_ref().is_some_and(|way| way.answers.len() > asked);
            let is_endless = turn >= MOST_SILENT && matches!(self.module()[looped.head], Expr::Bool(true));
            if turn >= self.most_turns() && (has_asked || is_endless) && self.counted() == counted && !is_elsewhere {
                self.cut_round(counted);
            }
            if self.is_stopped() {
                return false;
            }
            if let Some(falls) = self.turn(|this| this.suite(looped.body)) {
                return falls;
            }
        }
        self.lose();
        false
    }

    /// The words and members of enumerations that some variables and attributes of the workflow's object hold: which place a loop is
    /// at that goes from one to the next.
    fn words_in(&self, variables: &[VariableId], attributes: &[Name]) -> Vec<Text> {
        let variables = variables.iter().filter_map(|variable| self.env.get(&(self.here.file, *variable)));
        let attributes = attributes.iter().filter_map(|name| self.heap.get(&(0, *name)));
        let is_word = |term: &&Term| matches!(term, Term::Member(_)) || term.is_text();
        variables.chain(attributes).filter(is_word).map(|term| self.text(term)).collect()
    }

    /// Goes through a `for` loop item by item.
    pub(super) fn for_on_path(&mut self, looped: Loop, range: TextRange) -> bool {
        let read = self.read_by_generator(looped);
        let falls = self.each_on_path(looped, range);
        self.lose_if_changed(&read);
        falls
    }

    /// The first of numbers without end, and what each next one has more.
    fn numbers_on(&self, iterable: &Term) -> Option<(i64, i64)> {
        let Term::Other(text, _) = iterable else { return None };
        let given = arguments(&text.name, "itertools.count")?;
        match given.as_slice() {
            [""] => Some((0, 1)),
            [first] => Some((first.parse().ok()?, 1)),
            [first, step] => Some((first.parse().ok()?, step.parse().ok()?)),
            _ => None,
        }
    }

    fn each_on_path(&mut self, looped: Loop, range: TextRange) -> bool {
        let made = self.made_of(looped);
        let (target, iterable) = gone_over(looped, made);
        let iterable = self.eval(iterable);
        let iterable = self.gone_through(iterable);
        let iterable = self.settled(iterable);
        let iterable = self.awaited_in_turn(looped, iterable);
        if matches!(iterable, Term::Never) {
            self.never();
        }
        let counted = self.counted();
        let asked = self.one_way.as_ref().map_or(0, |way| way.answers.len());
        let endless = self.numbers_on(&iterable);
        for position in 0..=MOST_COUNTED {
            let has_asked = self.one_way.as_ref().is_some_and(|way| way.answers.len() > asked);
            // As a loop that counts, and has no end of its own.
            if endless.is_some() && position >= self.most_turns() && (has_asked || position >= MOST_SILENT) {
                self.cut_round(counted);
            }
            if self.is_stopped() {
                return false;
            }
            let number =
                endless.and_then(|(first, step)| step.checked_mul(position.try_into().ok()?)?.checked_add(first));
            let number = number.map(|number| Term::constant(&number.to_string()));
            let Some(item) = number.or_else(|| self.next_item(&iterable, position, counted)) else {
                return !self.is_stopped() && self.suite(looped.orelse);
            };
            if let Some(target) = target {
                self.assign(target, item);
            }
            if let Some(falls) = self.turn(|this| this.round_of(looped, made, range)) {
                return falls;
            }
        }
        self.lose();
        false
    }
}

/// Of a slice that a path goes to the end of, the list and where in it the item at a position stands, if it is in the slice.
fn part_of_list(text: &Text, position: usize) -> Option<Option<(Text, usize)>> {
    let (name, from, to) = sliced(&text.name)?;
    let (shape, ..) = sliced(&text.shape)?;
    let is_short = to.is_none_or(|to| to.saturating_sub(from) <= MOST_TURNS);
    let of = Text { name: name.into(), shape: shape.into(), is_shared: text.is_shared };
    let at = from.checked_add(position)?;
    // Whether there is anything in it is whether the list has so many.
    (is_short || position == 0).then(|| to.is_none_or(|to| at < to).then_some((of, at)))
}
