//! What an expression is to the commands that depend on it.
//!
//! Knows: values of the engine, constants, displays, choices by conditions, coroutines and what is started, and for all else
//! how it comes about from these. Does not know: how code is gone through ([`build`](super::build)).
//!
//! What a local is called has no part in it: a term is made of workflow arguments, results, state and constants alone.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::shared::address;
use super::step::{Condition, Step, Text};
use crate::python::{ClassRef, FrameId, FunctionRef, ValueId};

/// What an expression is.
#[derive(Debug, Clone)]
pub(super) enum Term {
    /// Something that the engine knows: a function, class, module, object.
    Known(ValueId),
    /// A constant, as it is written.
    Constant(Arc<str>),
    /// A member of an enumeration.
    Member(Arc<Member>),
    /// A text put together of these: constants as they are, all else as `str` shows it.
    Written(Arc<Vec<Term>>),
    /// A sequence of known items.
    Items(Arc<Vec<Item>>),
    /// A sequence of which the length is not known, and its kinds of items.
    Many(Text, Arc<Vec<Term>>),
    /// A dict of known entries.
    Table(Arc<Vec<(Term, Term)>>),
    /// One of two.
    Choice(Arc<Choice>),
    /// A coroutine: what is done once it is awaited.
    Lazy(Arc<Lazy>),
    /// Something that was started and can be waited for.
    Started(Arc<Started>),
    /// An object of the workflow's code, by its number, with its class.
    Object(u32, ValueId),
    /// A function, with its first argument where it is a method.
    Function(FunctionRef, Option<FrameId>, Option<Arc<Term>>),
    /// Anything else: how it comes about, and an object of its class, where that is known.
    Other(Text, Option<ValueId>),
    /// Nothing comes here.
    Never,
}

/// A member of an enumeration.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub class: ClassRef,
    /// With the name of its class.
    pub word: Arc<str>,
    pub name: Arc<str>,
    pub value: Arc<Term>,
    /// Whether it equals its value: `StrEnum`, `IntEnum`, `class Kind(str, Enum)`.
    pub is_value: bool,
}

/// An item of a sequence, which may be there only if a condition holds.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub when: Option<Test>,
    pub term: Term,
}

/// A condition that is not decided, and whether it has to hold.
#[derive(Debug, Clone)]
pub(super) struct Test {
    pub condition: Condition,
    pub holds: bool,
}

/// What a test gives.
#[derive(Debug, Clone)]
pub(super) enum Truth {
    Always(bool),
    When(Test),
}

#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub condition: Condition,
    pub then: Term,
    pub orelse: Term,
}

/// A coroutine.
#[derive(Debug, Clone)]
pub(super) struct Lazy {
    pub steps: Vec<Step>,
    pub result: Term,
    /// How much code had been gone through once it was, where it is the project's.
    pub ran_at: Option<usize>,
}

impl Term {
    /// What has not run yet: its steps, and what it gives.
    pub(super) fn lazy(steps: Vec<Step>, result: Self) -> Self {
        Self::Lazy(Arc::new(Lazy::of(steps, result)))
    }
}

impl Lazy {
    pub(super) fn of(steps: Vec<Step>, result: Term) -> Self {
        Self { steps, result, ran_at: None }
    }
}

/// A task, future or handle.
#[derive(Debug, Clone)]
pub(super) struct Started {
    /// What waiting for it waits for.
    pub tokens: Vec<Arc<str>>,
    pub result: Term,
    /// The handle of a child workflow or external one, that can be signalled.
    pub is_handle: bool,
}

impl Truth {
    /// That a condition holds, if it can.
    fn of_some(condition: Option<Condition>) -> Self {
        condition.map_or(Truth::Always(false), |condition| Truth::When(Test { condition, holds: true }))
    }

    /// That what reads like this holds.
    pub(super) fn of_text(text: Text) -> Self {
        Truth::When(Test { condition: Condition::plain(text), holds: true })
    }

    pub(super) fn not(self) -> Self {
        match self {
            Truth::Always(truth) => Truth::Always(!truth),
            Truth::When(test) => Truth::When(Test { holds: !test.holds, ..test }),
        }
    }

    /// Under this and another.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Truth::Always(false), _) | (_, Truth::Always(false)) => Truth::Always(false),
            (Truth::Always(true), other) | (other, Truth::Always(true)) => other,
            (Truth::When(one), Truth::When(other)) => one.and(other),
        }
    }
}

impl Test {
    /// That both hold; questions whether the same is one of several constants are one question.
    fn and(self, other: Self) -> Truth {
        let (one, more) = (&self.condition, &other.condition);
        let asked = match (self.holds, other.holds) {
            (false, false) => one.either(more).map(|both| Truth::When(Test { condition: both, holds: false })),
            (true, holds) => one.among(more, !holds).map(Truth::of_some),
            (false, true) => more.among(one, true).map(Truth::of_some),
        };
        asked.unwrap_or_else(|| Truth::When(Test::all(&[self, other])))
    }

    /// How it reads, with whether it has to hold.
    pub(super) fn text(&self) -> Text {
        match self.holds {
            true => self.condition.text.clone(),
            false => Text::joined(&[&self.condition.text], |parts| super::reading::opposite(parts[0])),
        }
    }

    /// That all hold, in an order of its own.
    pub(super) fn all(tests: &[Test]) -> Test {
        let mut texts: Vec<Text> = tests.iter().flat_map(Test::conjuncts).collect();
        texts.sort_by(|one, other| one.shape.cmp(&other.shape));
        texts.dedup();
        if let [only] = texts.as_slice()
            && let Some(test) = tests.first()
            && *only == test.text()
        {
            return test.clone();
        }
        let parts: Vec<&Text> = texts.iter().collect();
        let text = Text::joined(&parts, |parts| format!("all of ({})", parts.join("; ")));
        Test { condition: Condition::plain(text), holds: true }
    }

    /// All that holds where it does.
    pub(super) fn conjuncts(&self) -> Vec<Text> {
        let inner = |text: &Arc<str>| -> Option<Vec<Arc<str>>> {
            let parts = text.strip_prefix("all of (")?.strip_suffix(')')?;
            (!parts.contains("all of (")).then(|| parts.split("; ").map(Arc::from).collect())
        };
        let text = self.text();
        match (self.holds, inner(&text.name), inner(&text.shape)) {
            (true, Some(names), Some(shapes)) if names.len() == shapes.len() => names
                .into_iter()
                .zip(shapes)
                .map(|(name, shape)| Text { name, shape, is_shared: text.is_shared })
                .collect(),
            _ => vec![text],
        }
    }
}

/// How many dicts something may be to which an entry is added.
const MOST_TABLES: usize = 16;

impl Term {
    pub(super) fn constant(text: &str) -> Self {
        Term::Constant(text.into())
    }

    /// A text put together of parts, in its one form: texts in it are taken apart, constants side by side are one.
    pub(super) fn written(parts: impl IntoIterator<Item = Term>) -> Self {
        let mut all: Vec<Term> = Vec::new();
        for part in parts {
            let inner = match part {
                Term::Written(inner) => inner.to_vec(),
                Term::Member(member) if member.is_value => vec![(*member.value).clone()],
                other => vec![other],
            };
            for part in inner {
                match (all.last_mut(), part) {
                    (Some(Term::Constant(one)), Term::Constant(other)) => {
                        *one = format!("'{}{}'", unquoted(one), unquoted(&other)).into();
                    }
                    (_, part) => all.push(part),
                }
            }
        }
        match all.as_slice() {
            [] => Term::constant("''"),
            [Term::Constant(only)] => Term::constant(&format!("'{}'", unquoted(only))),
            _ => Term::Written(Arc::new(all)),
        }
    }

    /// Whether it is a text.
    pub(super) fn is_text(&self) -> bool {
        match self {
            Term::Constant(text) => text.starts_with('\''),
            Term::Member(member) => member.is_value && member.value.is_text(),
            other => matches!(other, Term::Written(_)),
        }
    }

    pub(super) fn none() -> Self {
        Term::constant("None")
    }

    pub(super) fn truth(truth: bool) -> Self {
        Term::constant(if truth { "True" } else { "False" })
    }

    pub(super) fn other(text: Text) -> Self {
        Term::Other(text, None)
    }

    /// A term for what a test gives.
    pub(super) fn of_truth(truth: Truth) -> Self {
        match truth {
            Truth::Always(truth) => Term::truth(truth),
            Truth::When(Test { condition, holds }) => Term::choice(condition, Term::truth(holds), Term::truth(!holds)),
        }
    }

    /// One of two; the one where the other leads to the same.
    pub(super) fn choice(condition: Condition, then: Term, orelse: Term) -> Self {
        if chosen(&orelse, &condition, true).is_some_and(|other| is_same(other, &then)) {
            return orelse;
        }
        if chosen(&then, &condition, false).is_some_and(|other| is_same(other, &orelse)) {
            return then;
        }
        Term::Choice(Arc::new(Choice { condition, then, orelse }))
    }

    /// The items of a sequence, where all that may be there are known.
    pub(super) fn spread(&self) -> Option<Vec<Item>> {
        match self {
            Term::Items(items) => Some(items.to_vec()),
            Term::Choice(choice) => {
                // A table that has no such key gives nothing.
                let items = |term: &Term| if matches!(term, Term::Never) { Some(Vec::new()) } else { term.spread() };
                let (then, orelse) = (items(&choice.then)?, items(&choice.orelse)?);
                let alike = |(one, other): &(&Item, &Item)| {
                    one.when.is_none() && other.when.is_none() && is_same(&one.term, &other.term)
                };
                let common = then.iter().zip(&orelse).take_while(alike).count();
                let mut items = then[..common].to_vec();
                let under = |holds: bool, item: &Item| {
                    let test = Test { condition: choice.condition.clone(), holds };
                    let when = item.when.clone().map_or(test.clone(), |when| Test::all(&[when, test]));
                    Item { when: Some(when), term: item.term.clone() }
                };
                items.extend(then[common..].iter().map(|item| under(true, item)));
                items.extend(orelse[common..].iter().map(|item| under(false, item)));
                Some(items)
            }
            _ => None,
        }
    }

    /// A dict of known entries with another one; nothing where it cannot be told which there are.
    pub(super) fn with_entry(&self, key: &Term, value: &Term) -> Option<Term> {
        let mut left = MOST_TABLES;
        self.with_entry_in(key, value, &mut left)
    }

    fn with_entry_in(&self, key: &Term, value: &Term, left: &mut usize) -> Option<Term> {
        *left = left.checked_sub(1)?;
        match self {
            Term::Table(entries) => {
                let is_known = |key: &Term| matches!(key, Term::Constant(_));
                if !is_known(key) || !entries.iter().all(|(key, _)| is_known(key)) {
                    return None;
                }
                let mut entries = entries.to_vec();
                match entries.iter_mut().find(|(known, _)| is_same(known, key)) {
                    Some((_, before)) => *before = value.clone(),
                    None => entries.push((key.clone(), value.clone())),
                }
                Some(Term::Table(Arc::new(entries)))
            }
            Term::Choice(choice) => {
                let then = choice.then.with_entry_in(key, value, left)?;
                let orelse = choice.orelse.with_entry_in(key, value, left)?;
                Some(Term::choice(choice.condition.clone(), then, orelse))
            }
            _ => None,
        }
    }

    /// What waiting for it waits for, where it was started.
    pub(super) fn tokens(&self) -> Vec<Arc<str>> {
        let mut found = Vec::new();
        self.each_token(&mut found, &mut FxHashSet::default());
        found
    }

    /// `seen` is what several parts may hold and was gone through.
    fn each_token(&self, found: &mut Vec<Arc<str>>, seen: &mut FxHashSet<usize>) {
        if address(self).is_some_and(|at| !seen.insert(at)) {
            return;
        }
        match self {
            Term::Started(started) => found.extend(started.tokens.iter().cloned()),
            Term::Items(items) => items.iter().for_each(|item| item.term.each_token(found, seen)),
            Term::Many(_, items) => items.iter().for_each(|item| item.each_token(found, seen)),
            Term::Table(entries) => entries.iter().for_each(|(_, value)| value.each_token(found, seen)),
            Term::Choice(choice) => {
                choice.then.each_token(found, seen);
                choice.orelse.each_token(found, seen);
            }
            _ => {}
        }
    }
}

/// What a term is where a condition holds, or does not, that asks for other constants of the same thing than its own choices do.
fn chosen<'t>(term: &'t Term, condition: &Condition, holds: bool) -> Option<&'t Term> {
    let Term::Choice(choice) = term else { return Some(term) };
    let (asked, other) = (condition.compares.as_ref()?, choice.condition.compares.as_ref()?);
    let is_no_other = |constant: &Arc<str>| asked.constants.contains(constant) != holds;
    let is_false = asked.of == other.of && other.constants.iter().all(is_no_other);
    if is_false { chosen(&choice.orelse, condition, holds) } else { None }
}

/// Whether two terms are surely the same.
pub(super) fn is_same(one: &Term, other: &Term) -> bool {
    match (one, other) {
        (Term::Known(one), Term::Known(other)) => one == other,
        (Term::Constant(one), Term::Constant(other)) => one == other,
        (Term::Member(one), Term::Member(other)) => one.word == other.word,
        (Term::Other(one, _), Term::Other(other, _)) => one == other,
        (Term::Object(one, _), Term::Object(other, _)) => one == other,
        (Term::Items(one), Term::Items(other)) => Arc::ptr_eq(one, other),
        (Term::Many(_, one), Term::Many(_, other)) => Arc::ptr_eq(one, other),
        (Term::Table(one), Term::Table(other)) => Arc::ptr_eq(one, other),
        (Term::Choice(one), Term::Choice(other)) => Arc::ptr_eq(one, other),
        (Term::Lazy(one), Term::Lazy(other)) => Arc::ptr_eq(one, other),
        (Term::Started(one), Term::Started(other)) => Arc::ptr_eq(one, other),
        (Term::Function(one, _, None), Term::Function(other, _, None)) => one == other,
        (Term::Function(one, _, Some(first)), Term::Function(other, _, Some(second))) => {
            one == other && is_same(first, second)
        }
        (Term::Never, Term::Never) => true,
        _ => false,
    }
}

/// A constant text without its quotes.
pub(super) fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(of: &str, constants: &[&str]) -> Test {
        let constants = constants.iter().map(|constant| Arc::from(*constant)).collect();
        Test { condition: Condition::one_of(&Text::plain(of), constants), holds: true }
    }

    fn plain(text: &str) -> Test {
        Test { condition: Condition::plain(Text::plain(text)), holds: true }
    }

    fn read(truth: Truth) -> String {
        match truth {
            Truth::Always(truth) => truth.to_string(),
            Truth::When(test) => test.text().name.to_string(),
        }
    }

    fn both(one: Test, other: Test) -> String {
        read(Truth::When(one).and(Truth::When(other)))
    }

    #[test]
    fn conditions_are_read_in_one_order() {
        assert_eq!(both(plain("b"), plain("a")), "all of (a; b)");
        assert_eq!(both(plain("a"), plain("a")), "a");
        assert_eq!(
            read(Truth::When(plain("c")).and(Truth::When(plain("b"))).and(Truth::When(plain("a")))),
            "all of (a; b; c)"
        );
        assert_eq!(read(Truth::Always(true).and(Truth::When(plain("a")).not())), "not a");
        assert_eq!(read(Truth::Always(false).and(Truth::When(plain("a")))), "false");
    }

    #[test]
    fn questions_about_constants_are_put_together() {
        assert_eq!(both(asked("x", &["1", "2"]), asked("x", &["2", "3"])), "x == 2");
        assert_eq!(both(asked("x", &["1"]), asked("x", &["2"])), "false");
        let no = |test: Test| Test { holds: false, ..test };
        assert_eq!(both(no(asked("x", &["1"])), no(asked("x", &["2"]))), "not x in (1, 2)");
        assert_eq!(both(asked("x", &["1", "2"]), no(asked("x", &["1"]))), "x == 2");
        assert_eq!(both(asked("x", &["1"]), asked("y", &["2"])), "all of (x == 1; y == 2)");
    }

    #[test]
    fn texts_are_taken_apart_and_constants_put_together() {
        let part = Term::other(Text::plain("input.0"));
        let inner = Term::written([Term::constant("'b'"), part]);
        let Term::Written(parts) = Term::written([Term::constant("'a'"), inner, Term::constant("'c'")]) else {
            panic!("it has a part that is not known")
        };
        assert!(
            matches!(parts.as_slice(), [Term::Constant(first), Term::Other(..), Term::Constant(_)] if &**first == "'ab'")
        );
        let whole = Term::written([Term::constant("'a'"), Term::constant("'b'")]);
        assert!(matches!(whole, Term::Constant(text) if &*text == "'ab'"));
    }

    #[test]
    fn an_entry_of_a_known_key_stands_in_all_dicts_that_may_be_there() {
        let (key, other) = (Term::constant("'a'"), Term::constant("'b'"));
        let table = |value: &str| Term::Table(Arc::new(vec![(key.clone(), Term::constant(value))]));
        let choice = Term::choice(plain("c").condition, table("1"), table("2"));
        let Some(Term::Choice(choice)) = choice.with_entry(&other, &Term::constant("3")) else {
            panic!("both are known")
        };
        for (of, first) in [(&choice.then, "1"), (&choice.orelse, "2")] {
            let Term::Table(entries) = of else { panic!("it is a dict") };
            let values: Vec<String> = entries.iter().map(|(_, value)| format!("{value:?}")).collect();
            assert_eq!(values, [format!("Constant({first:?})"), "Constant(\"3\")".to_owned()]);
        }
        let unknown = Term::other(Text::plain("input.0"));
        assert!(table("1").with_entry(&unknown, &other).is_none(), "it may be any of them");
        let one_more = |deep: Term, number: i32| Term::choice(plain("c").condition, deep, table(&number.to_string()));
        let deep = (0..9).fold(table("1"), one_more);
        assert!(deep.with_entry(&other, &key).is_none(), "there are too many");
    }

    #[test]
    fn what_two_sequences_begin_with_is_there_whatever_decides() {
        let item = |text: &str| Item::always(Term::constant(text));
        let sequence = |items: &[&str]| Term::Items(Arc::new(items.iter().map(|text| item(text)).collect()));
        let choice = Term::choice(plain("a").condition, sequence(&["1", "2"]), sequence(&["1"]));
        let items = choice.spread().expect("both are known");
        let read: Vec<String> = items
            .iter()
            .map(|item| item.when.as_ref().map_or("always".to_owned(), |when| when.text().name.to_string()))
            .collect();
        assert_eq!(read, ["always", "a"]);
        assert!(Term::other(Text::plain("input.0")).spread().is_none());
    }
}
