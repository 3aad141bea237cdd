//! What is known on a way through both versions: what was waited for, and what conditions have said.
//!
//! Knows: what follows from conditions for others, and by which names the version before calls what the version after waits for.
//! Does not know: which steps come ([`walk`](super::walk)).

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Difference;
use super::guards::{Around, NEW};
use crate::temporal::skeleton::implied::follows;
use crate::temporal::skeleton::places::PLACES;
use crate::temporal::skeleton::reading::argument;
use crate::temporal::skeleton::step::{
    Command, Condition, Failures, OneOf, Site, Text, awaited_condition, waits_alike,
};

/// What was waited for so far, on each side, in the words of the version before.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) old: FxHashSet<Arc<str>>,
    pub(super) new: FxHashMap<Arc<str>, Option<Site>>,
    /// What the version before has waited for, and the version after waits for on other ways than this one alone.
    pub(super) elsewhere: FxHashSet<Arc<str>>,
    pub(super) alias: FxHashMap<Arc<str>, Arc<str>>,
    /// The conditions that hold since the version before has waited for them, as it calls them.
    pub(super) held: Vec<Arc<str>>,
    /// What the version after waits for since the last command, though it holds already.
    pub(super) met: FxHashSet<Arc<str>>,
    /// What becomes of failures in the version before, by what is waited for.
    pub(super) failures: FxHashMap<Arc<str>, Vec<Failures>>,
    /// What does not break the walk.
    pub(super) weak: Vec<Difference>,
    /// What is known of conditions on this way, and of what is compared with constants.
    pub(super) facts: FxHashMap<Arc<str>, bool>,
    pub(super) constants: FxHashMap<Arc<str>, Known>,
    /// What is known of handlers of failures around, in each version.
    pub(super) around: [Around; 2],
    /// The way is one from a failure on.
    pub(super) has_failed: bool,
    /// Commands that are cancelled otherwise than before, by the version before's tokens; told once it is known what handles
    /// that. With each, how it was cancelled before.
    pub(super) cancelled: FxHashMap<Arc<str>, (Command, Arc<str>)>,
}

/// What is known of something that is compared with constants.
#[derive(Clone, Default)]
pub(super) struct Known {
    /// It is one of these.
    is: Option<Vec<Arc<str>>>,
    /// It is none of these.
    is_not: Vec<Arc<str>>,
}

impl Known {
    /// That it is one constant.
    pub(super) fn only(constant: &str) -> Self {
        Self { is: Some(vec![constant.into()]), is_not: Vec::new() }
    }

    fn learn(&mut self, constants: &[Arc<str>], holds: bool) {
        match (&mut self.is, holds) {
            (Some(known), true) => known.retain(|known| constants.contains(known)),
            (None, true) => self.is = Some(constants.to_vec()),
            (_, false) => self.is_not.extend(constants.iter().cloned()),
        }
    }

    /// Whether it is one of some constants, where that is known.
    fn is_one_of(&self, constants: &[Arc<str>]) -> Option<bool> {
        let among = |constant: &Arc<str>| constants.contains(constant);
        if let Some(is) = &self.is {
            let mut left = is.iter().filter(|constant| !self.is_not.contains(constant));
            let first = among(left.next()?);
            return left.all(|constant| among(constant) == first).then_some(first);
        }
        constants.iter().all(|constant| self.is_not.contains(constant)).then_some(false)
    }
}

/// The parts of a condition that holds where all of them do.
fn parts_of(shape: &str) -> Option<impl Iterator<Item = &str>> {
    let parts = shape.strip_prefix("all of (")?.strip_suffix(')')?;
    (!parts.contains("all of (")).then(|| parts.split("; "))
}

impl State {
    /// The same on the way on which a condition holds, or does not. What other code may change is not known for long.
    pub(super) fn under(&self, condition: &Condition, holds: bool) -> Self {
        let mut state = self.clone();
        if !condition.text.is_shared {
            state.facts.insert(Arc::clone(&condition.text.shape), holds);
            let parts = holds.then(|| parts_of(&condition.text.shape)).flatten();
            for part in parts.into_iter().flatten() {
                match part.strip_prefix("not ") {
                    Some(part) => state.facts.insert(part.into(), false),
                    None => state.facts.insert(part.into(), true),
                };
            }
            if let Some(OneOf { of, constants }) = &condition.compares {
                state.constants.entry(Arc::clone(of)).or_default().learn(constants, holds);
            }
        }
        state
    }

    /// Whether a part of a condition holds on this way, where that is known.
    fn part(&self, part: &str) -> Option<bool> {
        match part.strip_prefix("not ") {
            Some(part) => self.facts.get(part).map(|holds| !holds),
            None => self.facts.get(part).copied(),
        }
    }

    /// Whether a condition holds on this way, where that is known.
    pub(super) fn decides(&self, condition: &Condition) -> Option<bool> {
        if condition.text.is_shared {
            return None;
        }
        let of_all = || {
            let known: Vec<Option<bool>> = parts_of(&condition.text.shape)?.map(|part| self.part(part)).collect();
            match known.contains(&Some(false)) {
                true => Some(false),
                false => known.iter().all(|part| *part == Some(true)).then_some(true),
            }
        };
        // What does not hold as a whole, though all its other parts do.
        let by_the_rest = || {
            let wholes = self.facts.iter().filter(|(_, holds)| !**holds).filter_map(|(shape, _)| parts_of(shape));
            wholes.into_iter().find_map(|parts| {
                let open: Vec<&str> = parts.filter(|part| self.part(part) != Some(true)).collect();
                let [only] = open.as_slice() else { return None };
                let (part, holds) = only.strip_prefix("not ").map_or((*only, false), |part| (part, true));
                (part == &*condition.text.shape).then_some(holds)
            })
        };
        let by_constant = || {
            let OneOf { of, constants } = condition.compares.as_ref()?;
            self.constants.get(of)?.is_one_of(constants)
        };
        self.facts.get(&condition.text.shape).copied().or_else(of_all).or_else(by_constant).or_else(by_the_rest)
    }

    /// Whether what is known cannot all be so: something is one of some constants of which it is none.
    pub(super) fn is_impossible(&self) -> bool {
        let holds = |part: &str| {
            let (part, holds) = part.strip_prefix("not ").map_or((part, true), |part| (part, false));
            let by_constant = || {
                let (of, constant) = part.split_once(" == ")?;
                self.constants.get(of)?.is_one_of(&[constant.into()])
            };
            self.facts.get(part).copied().or_else(by_constant) == Some(holds)
        };
        let mut wholes = self.facts.iter().filter(|(_, holds)| !**holds).filter_map(|(shape, _)| parts_of(shape));
        wholes.any(|mut parts| parts.all(holds))
    }

    /// Whether it is known on this way that something has no items.
    pub(super) fn is_empty(&self, items: &str) -> bool {
        let is = |asked: String, holds: bool| self.decides(&Condition::plain(Text::plain(&asked))) == Some(holds);
        let is_none = |number: &str| {
            let only = |known: &Known| known.is.as_deref().is_some_and(|is| matches!(is, [only] if &**only == "0"));
            is(number.to_owned(), false)
                || is(format!("{number} < 1"), true)
                || is(format!("0 < {number}"), false)
                || self.constants.get(number).is_some_and(only)
        };
        match argument(items, "builtins.range") {
            Some(end) => is_none(end),
            None => is(items.to_owned(), false) || is_none(&format!("builtins.len({items})")),
        }
    }

    /// Takes a command of the version after for one of the version before.
    pub(super) fn takes_for(&mut self, one: &Command, other: &Command) {
        let begun = |token: &Arc<str>| -> Arc<str> { format!("{token} begun").into() };
        self.old.extend(self.met.drain());
        self.alias.insert(Arc::clone(&other.token), Arc::clone(&one.token));
        self.alias.insert(begun(&other.token), begun(&one.token));
    }

    /// A text of the version after, with what it names in the words of the version before.
    pub(super) fn told(&self, text: &Text) -> Text {
        Text { name: self.renamed(&text.name), shape: self.renamed(&text.shape), is_shared: text.is_shared }
    }

    pub(super) fn condition(&self, condition: &Condition) -> Condition {
        let renamed = |asked: &OneOf| OneOf { of: self.renamed(&asked.of), constants: asked.constants.clone() };
        let compares = condition.compares.as_ref().map(renamed);
        Condition { text: self.told(&condition.text), compares }
    }

    pub(super) fn renamed(&self, text: &Arc<str>) -> Arc<str> {
        if !text.contains('#') {
            return Arc::clone(text);
        }
        let mut done = String::new();
        let mut rest: &str = text;
        while let Some(at) = rest.find('#') {
            let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let (head, tail) = rest.split_at(at + 1 + digits);
            let known = self.alias.iter().filter(|(new, old)| new != old && head.ends_with(&***new));
            match known.max_by_key(|(new, _)| new.len()) {
                Some((new, old)) => {
                    done.push_str(&head[..head.len() - new.len()]);
                    done.push_str(old);
                }
                None => done.push_str(head),
            }
            rest = tail;
        }
        done.push_str(rest);
        done.into()
    }

    /// Whether the version before waited for the same.
    pub(super) fn has_waited(&self, token: &str) -> bool {
        self.old.contains(token) || self.old.iter().any(|old| waits_alike(old, token))
    }

    /// Whether a condition that is waited for holds already, since the version before has waited for what it follows from.
    pub(super) fn holds(&self, token: &str) -> bool {
        let Some((name, _)) = awaited_condition(token) else { return false };
        let held: Vec<&str> = self.held.iter().map(|held| &**held).collect();
        match held.as_slice() {
            [] => false,
            [only] => follows(only, name),
            all => follows(&format!("all of ({})", all.join("; ")), name),
        }
    }

    /// Whether the version before waited for a place among no more than these.
    pub(super) fn has_less_room(&self, token: &str) -> bool {
        room_of(token).is_some_and(|now| self.old.iter().any(|old| room_of(old).is_some_and(|before| before <= now)))
    }

    pub(super) fn join(&mut self, other: Self) {
        self.held.retain(|held| other.held.contains(held));
        self.old.extend(other.old);
        self.new.extend(other.new);
        self.alias.extend(other.alias);
        self.failures.extend(other.failures);
        other.weak.into_iter().for_each(|weak| self.note(weak));
    }

    /// Takes down a difference that does not break the walk.
    pub(super) fn note(&mut self, weak: Difference) {
        let is_known =
            |known: &Difference| known.kind == weak.kind && known.what == weak.what && known.verdict == weak.verdict;
        if !self.weak.iter().any(is_known) {
            self.weak.push(weak);
        }
    }

    /// The worst of what did not break the walk.
    pub(super) fn worst(&mut self) -> Option<Difference> {
        self.weak.sort_by_key(|weak| std::cmp::Reverse((weak.is_sure, weak.verdict)));
        self.weak.first().cloned()
    }

    /// The innermost guard of a version ends: nothing was raised inside on this way.
    pub(super) fn over(&mut self, side: usize) {
        for raised in self.around[side].leave() {
            let shape = if side == NEW { self.renamed(&raised.shape) } else { raised.shape };
            self.facts.insert(shape, false);
        }
    }
}

/// Among how many places one is waited for.
pub(super) fn room_of(token: &str) -> Option<u32> {
    token.strip_prefix(PLACES).or_else(|| token.strip_prefix("slot "))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Condition {
        Condition::plain(Text::plain(text))
    }

    fn one_of(of: &str, constants: &[&str]) -> Condition {
        Condition::one_of(&Text::plain(of), constants.iter().map(|constant| (*constant).into()).collect())
    }

    #[test]
    fn what_holds_on_a_way_decides_its_parts_and_what_is_made_of_them() {
        let both = plain("all of (paid; not late)");
        let way = State::default().under(&both, true);
        assert_eq!(way.decides(&both), Some(true));
        assert_eq!((way.decides(&plain("paid")), way.decides(&plain("late"))), (Some(true), Some(false)));
        assert_eq!(way.decides(&plain("shipped")), None);
        assert_eq!(way.decides(&plain("all of (late; shipped)")), Some(false), "one part is enough");

        let not_both = State::default().under(&both, false);
        assert_eq!(not_both.decides(&plain("paid")), None);
        let paid = not_both.under(&plain("paid"), true);
        assert_eq!(paid.decides(&plain("late")), Some(true), "the other part is why they do not both hold");
    }

    #[test]
    fn constants_are_told_apart_until_one_is_left() {
        let kind = |constants: &[&str]| one_of("kind", constants);
        let known = State::default().under(&kind(&["'a'", "'b'", "'c'"]), true);
        assert_eq!(known.decides(&kind(&["'a'"])), None);
        let not_a = known.under(&kind(&["'a'"]), false);
        assert_eq!(not_a.decides(&kind(&["'b'", "'c'"])), Some(true));
        let not_b = not_a.under(&kind(&["'b'"]), false);
        assert_eq!((not_b.decides(&kind(&["'c'"])), not_b.decides(&kind(&["'b'"]))), (Some(true), Some(false)));
        let open = State::default().under(&kind(&["'a'"]), false);
        assert_eq!((open.decides(&kind(&["'a'"])), open.decides(&kind(&["'a'", "'b'"]))), (Some(false), None));
    }

    #[test]
    fn what_other_code_may_change_is_not_kept() {
        let shared = Condition::plain(Text { is_shared: true, ..Text::plain("self.paid") });
        assert_eq!(State::default().under(&shared, true).decides(&shared), None);
    }

    #[test]
    fn a_way_on_which_a_condition_holds_and_does_not_is_in_no_history() {
        let not_both = State::default().under(&plain("all of (paid; not late)"), false);
        assert!(!not_both.is_impossible());
        let paid = not_both.under(&plain("paid"), true);
        assert!(!paid.is_impossible() && paid.under(&plain("late"), false).is_impossible());
        let not_card = State::default().under(&plain("all of (kind == 'card'; paid)"), false);
        let card = not_card.under(&one_of("kind", &["'card'"]), true).under(&plain("paid"), true);
        assert!(card.is_impossible(), "the constant says so");
    }

    #[test]
    fn that_there_are_no_items_is_said_in_several_ways() {
        let way = |condition: Condition, holds: bool| State::default().under(&condition, holds);
        assert!(way(plain("orders"), false).is_empty("orders"));
        assert!(way(plain("0 < builtins.len(orders)"), false).is_empty("orders"));
        assert!(way(plain("count < 1"), true).is_empty("builtins.range(count)"));
        assert!(way(one_of("count", &["0"]), true).is_empty("builtins.range(count)"));
        assert!(!way(plain("orders"), true).is_empty("orders"));
        assert!(!way(one_of("count", &["0", "1"]), true).is_empty("builtins.range(count)"));
    }

    #[test]
    fn commands_are_called_as_the_version_before_calls_them() {
        let mut state = State::default();
        for (new, old) in [("activity pay#1", "activity charge#2"), ("activity pay#11", "activity charge#3")] {
            state.alias.insert(new.into(), old.into());
        }
        let renamed = |text: &str| state.renamed(&text.into()).to_string();
        assert_eq!(renamed("100 < result of activity pay#1.amount"), "100 < result of activity charge#2.amount");
        assert_eq!(
            renamed("result of activity pay#11"),
            "result of activity charge#3",
            "not the first with a 1 behind it"
        );
        assert_eq!(renamed("result of activity refund#1"), "result of activity refund#1");
        assert_eq!(renamed("orders"), "orders");
    }
}
