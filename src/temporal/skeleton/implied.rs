//! What follows from a condition for another one.
//!
//! Knows: limits of numbers, constants, and what is put together with `and`, `or` and `not`. Does not know: what the parts mean.

use super::reading::listed;
use super::step::Condition;

/// How many parts conditions have that are looked at.
const MOST_PARTS: usize = 8;

/// A condition by its parts.
enum Formula<'t> {
    Part(&'t str),
    Not(Box<Formula<'t>>),
    All(Vec<Formula<'t>>),
}

impl<'t> Formula<'t> {
    fn of(text: &'t str) -> Self {
        if let Some(inner) = text.strip_prefix("not ") {
            return Formula::Not(Box::new(Formula::of(inner)));
        }
        let all = text.strip_prefix("all of (").and_then(|text| text.strip_suffix(')'));
        match all.and_then(|all| listed(all, ';')) {
            Some(all) => Formula::All(all.into_iter().map(Formula::of).collect()),
            None => Formula::Part(text),
        }
    }

    fn parts(&self, found: &mut Vec<&'t str>) {
        match self {
            Formula::Part(part) if !found.contains(part) => found.push(part),
            Formula::Part(_) => {}
            Formula::Not(inner) => inner.parts(found),
            Formula::All(all) => all.iter().for_each(|inner| inner.parts(found)),
        }
    }

    fn holds(&self, holding: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Formula::Part(part) => holding(part),
            Formula::Not(inner) => !inner.holds(holding),
            Formula::All(all) => all.iter().all(|inner| inner.holds(holding)),
        }
    }

    /// Whether another holds wherever this does, whatever the parts are.
    fn implies(&self, other: &Self) -> bool {
        let mut parts = Vec::new();
        self.parts(&mut parts);
        other.parts(&mut parts);
        parts.len() <= MOST_PARTS
            && (0_usize..1 << parts.len()).all(|answers| {
                let holding =
                    |part: &str| parts.iter().position(|known| *known == part).is_some_and(|at| answers >> at & 1 == 1);
                !self.holds(&holding) || other.holds(&holding)
            })
    }
}

/// Whether a condition holds wherever another does, by what they are put together of.
pub(super) fn follows(one: &str, other: &str) -> bool {
    Formula::of(one).implies(&Formula::of(other))
}

/// Whether a condition that holds, or does not, says that another holds too, or does not: of numbers and constants.
pub(super) fn is_narrower(one: &Condition, other: &Condition, holds: bool) -> bool {
    if let (Some(asked), Some(more)) = (&one.compares, &other.compares) {
        let (few, many) = if holds { (asked, more) } else { (more, asked) };
        return asked.of == more.of && few.constants.iter().all(|constant| many.constants.contains(constant));
    }
    let (name, more) = (Formula::of(&one.text.name), Formula::of(&other.text.name));
    let (from, to) = if holds { (&name, &more) } else { (&more, &name) };
    if from.implies(to) {
        return true;
    }
    let (from, to) = if holds { (one, other) } else { (other, one) };
    let (from, to) = (conjuncts(&from.text.name), conjuncts(&to.text.name));
    to.iter().all(|part| from.iter().any(|known| known == part || is_limit_within(known, part)))
}

/// The parts of which all hold where a condition does.
pub(super) fn conjuncts(text: &str) -> Vec<&str> {
    let all = text.strip_prefix("all of (").and_then(|text| text.strip_suffix(')'));
    all.and_then(|all| listed(all, ';')).unwrap_or_else(|| vec![text])
}

/// Whether something is beyond a limit, or is not, wherever another limit says so of it.
fn is_limit_within(one: &str, other: &str) -> bool {
    if let Some((left, right)) = one.rsplit_once(" == ") {
        let number = |text: &str| text.parse::<f64>().ok();
        let (holds, asked) = other.strip_prefix("not ").map_or((true, other), |asked| (false, asked));
        let beyond = asked.rsplit_once(" < ").and_then(|(low, high)| match (low == left, high == left) {
            (true, _) => Some(number(right)? < number(high)?),
            (_, true) => Some(number(low)? < number(right)?),
            _ => None,
        });
        return beyond == Some(holds);
    }
    let (one, other) = match (one.strip_prefix("not "), other.strip_prefix("not ")) {
        (Some(one), Some(other)) => (other, one),
        (None, None) => (one, other),
        _ => return false,
    };
    let (Some((left, right)), Some((other_left, other_right))) = (one.rsplit_once(" < "), other.rsplit_once(" < "))
    else {
        return false;
    };
    let number = |text: &str| text.strip_suffix(" s").unwrap_or(text).parse::<f64>().ok();
    let is_less = |one: &str, other: &str| number(one).zip(number(other)).is_some_and(|(one, other)| one <= other);
    match (left == other_left, right == other_right) {
        (true, _) => is_less(right, other_right),
        (_, true) => is_less(other_left, left),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporal::skeleton::step::Text;

    fn narrower(one: &str, other: &str, holds: bool) -> bool {
        is_narrower(&Condition::plain(Text::plain(one)), &Condition::plain(Text::plain(other)), holds)
    }

    #[test]
    fn a_limit_says_what_another_does() {
        assert!(narrower("x < 2", "x < 5", true));
        assert!(!narrower("x < 5", "x < 2", true));
        assert!(narrower("x < 5", "x < 2", false), "what is not below five is not below two");
        assert!(!narrower("x < 2", "x < 5", false));
        assert!(narrower("5 < x", "2 < x", true));
        assert!(narrower("x < 60 s", "x < 90 s", true));
        assert!(!narrower("x < 2", "y < 5", true));
        assert!(narrower("all of (2 < x; a)", "all of (1 < x; a)", true));
        assert!(!narrower("all of (1 < x; a)", "all of (2 < x; a)", true));
        assert!(narrower("not x < 5", "not x < 2", true), "what is not below five is not below two");
        assert!(narrower("x == 3", "x < 5", true) && !narrower("x == 7", "x < 5", true));
        assert!(narrower("x == 7", "5 < x", true) && narrower("x == 3", "not 5 < x", true));
        let asked = |constants: &[&str]| {
            Condition::one_of(&Text::plain("x"), constants.iter().map(|constant| (*constant).into()).collect())
        };
        assert!(is_narrower(&asked(&["1"]), &asked(&["1", "2"]), true));
        assert!(!is_narrower(&asked(&["1"]), &asked(&["1", "2"]), false));
    }

    #[test]
    fn what_is_put_together_says_what_its_parts_do() {
        assert!(narrower("all of (a; b)", "a", true));
        assert!(!narrower("a", "all of (a; b)", true));
        let either = "all of (c; not all of (not a; not b))";
        assert!(narrower(either, "all of (a; c)", false), "where neither holds, one does not");
        assert!(!narrower(either, "all of (a; c)", true));
        assert!(!narrower("not x(a; b)", "a", true));
    }
}
