//! The least and the greatest of some things, in one form however they are chosen.
//!
//! Knows: `max` and `min`, and choices by a comparison of the two that are chosen from. Does not know: which they are.

use super::build::Builder;
use super::reading::{arguments, is_whole, less};
use super::step::Text;
use super::term::{Choice, Item, Term};

/// The functions that give the greatest and the least.
const GREATEST: &str = "builtins.max";
const LEAST: &str = "builtins.min";

impl Builder<'_, '_, '_> {
    /// The greatest or least of several things.
    pub(super) fn extreme_of(&self, word: &str, items: &[Item]) -> Option<Term> {
        if items.len() < 2 || items.iter().any(|item| item.when.is_some()) {
            return None;
        }
        let function = if word == "max" { GREATEST } else { LEAST };
        let texts: Vec<Text> = items.iter().map(|item| self.text(&item.term)).collect();
        let texts: Vec<&Text> = texts.iter().collect();
        Some(Term::other(Text::joined(&texts, |parts| extreme(function, parts))))
    }

    /// How a choice reads that gives the greatest or least of what it compares.
    pub(super) fn chosen_extreme(&self, choice: &Choice) -> Option<Text> {
        let condition = &choice.condition.text;
        let (_, asked) = less(&condition.name)?;
        let is_whole = self.plain.get(asked) == Some(&"int");
        let (then, orelse) = (self.text(&choice.then), self.text(&choice.orelse));
        let of = |condition: &str, then: &str, orelse: &str| -> Option<String> {
            let of_next = || chosen(&not_below_next(condition)?, orelse, then);
            chosen(condition, then, orelse).or_else(|| is_whole.then(of_next)?)
        };
        let name = of(&condition.name, &then.name, &orelse.name)?;
        let shape = of(&condition.shape, &then.shape, &orelse.shape)?;
        let is_shared = condition.is_shared || then.is_shared || orelse.is_shared;
        let (name, shape) = (Text::plain(&name).name, Text::plain(&shape).shape);
        Some(Text { name, shape, is_shared })
    }
}

/// What a whole number is less than that is not more than another: `0 < x` is `not x < 1`.
fn not_below_next(condition: &str) -> Option<String> {
    let (left, right) = less(condition)?;
    Some(format!("{right} < {}", left.parse::<i64>().ok()?.checked_add(1)?))
}

/// What a choice is where it is decided by whether one thing is less than another.
fn chosen(condition: &str, then: &str, orelse: &str) -> Option<String> {
    let (left, right) = less(condition)?;
    if (then, orelse) == (left, right) {
        return Some(extreme(LEAST, &[left, right]));
    }
    if (then, orelse) == (right, left) {
        return Some(extreme(GREATEST, &[left, right]));
    }
    let number = |text: &str| text.parse::<i64>().ok();
    // Of whole numbers, what is not less than the next is at most this.
    if then == left
        && is_whole(left)
        && let Some(most) = number(orelse)
        && most.checked_add(1) == number(right)
    {
        return Some(extreme(LEAST, &[left, orelse]));
    }
    // Cut off on one side here, and on the other by what it chooses otherwise.
    let others = |function: &str, of: &str| {
        let parts = arguments(orelse, function)?;
        parts.contains(&of).then_some(())
    };
    if then == right && others(LEAST, left).is_some() {
        return clamped(left, right, orelse, true);
    }
    if then == left && others(GREATEST, right).is_some() {
        return clamped(right, left, orelse, false);
    }
    None
}

/// What is at least one number and at most another; `bound` is the lower one, or the upper, and `rest` has the other.
fn clamped(of: &str, bound: &str, rest: &str, is_lower: bool) -> Option<String> {
    let rest = arguments(rest, if is_lower { LEAST } else { GREATEST })?;
    let [one, other] = rest.as_slice() else { return None };
    let other = if *one == of { other } else { one };
    let (lower, upper) = if is_lower { (bound, *other) } else { (*other, bound) };
    let is_in_order = lower.parse::<i64>().ok()? <= upper.parse::<i64>().ok()?;
    is_in_order.then(|| extreme(LEAST, &[&extreme(GREATEST, &[of, lower]), upper]))
}

/// The greatest or least of some things: in an order of its own, those inside taken apart.
fn extreme(function: &str, parts: &[&str]) -> String {
    let mut all: Vec<&str> = Vec::new();
    for part in parts {
        match arguments(part, function) {
            Some(inner) => all.extend(inner),
            None => all.push(part),
        }
    }
    all.sort_unstable();
    all.dedup();
    if let ([only], _) = (all.as_slice(), function) {
        return (*only).to_owned();
    }
    // Cut off on both sides, the order in which that is done makes no difference.
    if function == GREATEST
        && let [one, other] = all.as_slice()
    {
        for (bound, inner) in [(one, other), (other, one)] {
            let of = arguments(inner, LEAST).filter(|parts| parts.len() == 2);
            let of = of.and_then(|parts| parts.into_iter().find(|part| part.parse::<i64>().is_err()));
            if bound.parse::<i64>().is_ok()
                && let Some(clamped) = of.and_then(|of| clamped(of, bound, inner, true))
            {
                return clamped;
            }
        }
    }
    format!("{function}({})", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_what_it_compares_is_the_greatest_or_least() {
        assert_eq!(chosen("a < 0", "0", "a").as_deref(), Some("builtins.max(0, a)"));
        assert_eq!(chosen("a < 0", "a", "0").as_deref(), Some("builtins.min(0, a)"));
        assert_eq!(chosen("0 < a", "a", "0").as_deref(), Some("builtins.max(0, a)"));
        assert_eq!(chosen("a < 0", "1", "a"), None);
        assert_eq!(
            chosen("builtins.len(a) < 6", "builtins.len(a)", "5"),
            Some(extreme(LEAST, &["5", "builtins.len(a)"]))
        );
        assert_eq!(chosen("a < 6", "a", "5"), None);
        assert_eq!(not_below_next("0 < a").as_deref(), Some("a < 1"));
        assert_eq!(not_below_next("a < 0"), None);
    }

    #[test]
    fn what_is_cut_off_on_both_sides_is_the_same_in_either_order() {
        let first = extreme(LEAST, &[&extreme(GREATEST, &["a", "1"]), "3"]);
        let second = extreme(GREATEST, &[&extreme(LEAST, &["a", "3"]), "1"]);
        assert_eq!(first, second);
        assert_eq!(chosen("a < 1", "1", &extreme(LEAST, &["a", "3"])), Some(first.clone()));
        assert_eq!(chosen("3 < a", "3", &extreme(GREATEST, &["a", "1"])), Some(first.clone()));
        // Where the lower end is above the upper one, the order decides.
        let crossed = extreme(GREATEST, &[&extreme(LEAST, &["a", "1"]), "3"]);
        assert_ne!(crossed, extreme(LEAST, &[&extreme(GREATEST, &["a", "3"]), "1"]));
        assert_ne!(first, extreme(LEAST, &[&extreme(GREATEST, &["a", "2"]), "3"]));
    }
}
