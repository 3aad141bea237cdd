//! Numbers: what operators make of those that are known, and whether what is not known may be 0.
//!
//! Knows: whole numbers and decimals as Python writes them, products, quotients and sums. Does not know: which sign data have; a
//! number that something is added to is taken not to be negative.

use super::reading::{argument, arguments, operands};
use crate::semantic::Operator;

/// From and up to which size a number is written without an exponent.
const WRITTEN_OUT: std::ops::Range<f64> = 1e-4..1e15;

/// What an operator makes of two numbers, as it is written.
pub(super) fn calculated(op: Operator, left: &str, right: &str) -> Option<String> {
    if let (Ok(one), Ok(other)) = (left.parse::<i64>(), right.parse::<i64>()) {
        let whole = match op {
            Operator::Add => one.checked_add(other),
            Operator::Sub => one.checked_sub(other),
            Operator::Mult => one.checked_mul(other),
            _ => None,
        };
        if whole.is_some() {
            return whole.map(|whole| whole.to_string());
        }
    }
    let (one, other) = (number(left)?, number(right)?);
    let result = match op {
        Operator::Add => one + other,
        Operator::Sub => one - other,
        Operator::Mult => one * other,
        Operator::Div if other != 0.0 => one / other,
        _ => return None,
    };
    (result == 0.0 || WRITTEN_OUT.contains(&result.abs())).then(|| decimal(if result == 0.0 { 0.0 } else { result }))
}

/// A decimal, or what is calculated with one, as Python writes it: `10.0`.
fn decimal(number: f64) -> String {
    format!("{number:?}")
}

/// The seconds of a duration, as `total_seconds()` gives them.
pub(super) fn seconds(duration: &str) -> Option<String> {
    let seconds = number(duration.strip_suffix(" s")?)?;
    (seconds == 0.0 || WRITTEN_OUT.contains(&seconds.abs())).then(|| decimal(seconds))
}

fn number(text: &str) -> Option<f64> {
    let is_number = text.strip_prefix('-').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit());
    text.parse::<f64>().ok().filter(|_| is_number)
}

/// Whether two constants are one number, written as a whole one and as a decimal.
pub(super) fn is_same_number(one: &str, other: &str) -> bool {
    number(one).is_some_and(|one| number(other) == Some(one))
}

/// What a number is 0 with, and only with; nothing where it never is.
pub(super) fn zero_with(text: &str) -> Option<&str> {
    if let Some(number) = number(text.strip_suffix(" s").unwrap_or(text)) {
        return (number == 0.0).then_some(text);
    }
    let inner = text.strip_suffix(".total_seconds()").or_else(|| argument(text, "builtins.float"));
    if let Some(inner) = inner.or_else(|| argument(text, "builtins.abs")) {
        return zero_with(inner);
    }
    if let Some((unit, of)) = argument(text, "datetime.timedelta").and_then(|given| given.split_once('=')) {
        let is_unit = unit.chars().all(|letter| letter.is_ascii_alphabetic());
        return if is_unit { zero_with(of) } else { Some(text) };
    }
    if let Some(zero) = zero_of_extreme(text) {
        return zero;
    }
    match operands(text) {
        Some((left, "*", right)) => match (zero_with(left), zero_with(right)) {
            (None, zero) | (zero, None) => zero,
            _ => Some(text),
        },
        Some((left, "/" | "**", _)) => zero_with(left),
        Some((left, "+", right)) if zero_with(left).is_none() || zero_with(right).is_none() => None,
        _ => Some(text),
    }
}

/// What the greatest or least of some numbers, of which all but one are known, is 0 with; a time that is less than nothing is none.
fn zero_of_extreme(text: &str) -> Option<Option<&str>> {
    let known = |part: &&str| number(part.strip_suffix(" s").unwrap_or(part));
    let parts = |function| arguments(text, function).filter(|parts| parts.iter().any(|part| known(part).is_some()));
    // The one part that is not known.
    let only = |parts: &[&'_ str]| {
        let mut others = (0..parts.len()).filter(|at| known(&parts[*at]).is_none());
        others.next().filter(|_| others.next().is_none())
    };
    if let Some(parts) = parts("builtins.max") {
        return Some(match only(&parts) {
            _ if parts.iter().filter_map(known).any(|least| least > 0.0) => None,
            Some(other) => zero_with(parts[other]),
            None => Some(text),
        });
    }
    let parts = parts("builtins.min")?;
    Some(match only(&parts) {
        Some(other) if parts.iter().filter_map(known).all(|most| most > 0.0) => zero_with(parts[other]),
        _ => Some(text),
    })
}

/// Whether something surely is a number, as calculations and some of the language's functions give them. Of several things, the least
/// or greatest is none where it is compared with one.
pub(super) fn is_number(text: &str) -> bool {
    const NUMBERS: [&str; 6] =
        ["builtins.abs", "builtins.float", "builtins.int", "builtins.len", "builtins.round", "builtins.sum"];
    let is_known = |text: &str| number(text).is_some() || is_number(text);
    let of_several = |function| {
        let is_given = |parts: &Vec<&str>| parts.len() > 1 && !parts.iter().any(|part| part.contains("="));
        arguments(text, function).is_some_and(|parts| is_given(&parts))
    };
    NUMBERS.iter().any(|function| arguments(text, function).is_some())
        || of_several("builtins.min")
        || of_several("builtins.max")
        || operands(text).is_some_and(|(left, operator, right)| {
            matches!(operator, "+" | "-" | "*" | "/" | "//" | "%") && (is_known(left) || is_known(right))
        })
}

/// A number without what stands behind its point.
pub(super) fn cut_off(text: &str) -> Option<String> {
    number(text)
        .filter(|number| WRITTEN_OUT.contains(&number.abs()) || *number == 0.0)
        .map(|number| format!("{:.0}", number.trunc() + 0.0))
}

/// The whole number that is nearest to one; of two, the one that is even.
pub(super) fn rounded(text: &str) -> Option<String> {
    number(text)
        .filter(|number| WRITTEN_OUT.contains(&number.abs()) || *number == 0.0)
        .map(|number| format!("{:.0}", number.round_ties_even() + 0.0))
}

/// A number without its sign.
pub(super) fn without_sign(text: &str) -> Option<String> {
    number(text).map(|_| text.strip_prefix('-').unwrap_or(text).to_owned())
}

/// Which of some numbers is the greatest, or the least: the first of those that are.
pub(super) fn extreme<'n>(numbers: &[&'n str], is_greatest: bool) -> Option<&'n str> {
    let mut found: Option<(&str, f64)> = None;
    for text in numbers {
        let value = number(text)?;
        let is_further = |known: f64| if is_greatest { value > known } else { value < known };
        if found.is_none_or(|(_, known)| is_further(known)) {
            found = Some((text, value));
        }
    }
    found.map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_calculated() {
        let told = |op, left, right| calculated(op, left, right).unwrap_or_default();
        assert_eq!(told(Operator::Add, "1", "2"), "3");
        assert_eq!(told(Operator::Div, "1", "5"), "0.2");
        assert_eq!(told(Operator::Div, "0", "5"), "0.0");
        assert_eq!(told(Operator::Div, "100", "10"), "10.0");
        assert_eq!(seconds("10 s").as_deref(), Some("10.0"));
        assert_eq!(told(Operator::Mult, "2", "0.25"), "0.5");
        assert_eq!(told(Operator::Div, "1", "0"), "");
        assert_eq!(told(Operator::Add, "'a'", "2"), "");
        assert_eq!(told(Operator::Mult, "0.00001", "0.5"), "", "Python writes an exponent");
    }

    #[test]
    fn what_is_calculated_is_a_number() {
        assert!(is_number("builtins.min(input.0, result of activity a#1)"));
        assert!(!is_number("builtins.min(xs)") && !is_number("builtins.max(xs, default=None)"));
        assert!(is_number("(input.0 + 1)") && !is_number("(input.0 + input.1)") && !is_number("input.0"));
    }

    #[test]
    fn numbers_are_rounded() {
        assert_eq!(cut_off("10.0").as_deref(), Some("10"));
        assert_eq!(cut_off("-1.9").as_deref(), Some("-1"));
        assert_eq!(cut_off("-0.5").as_deref(), Some("0"));
        assert_eq!(rounded("2.5").as_deref(), Some("2"));
        assert_eq!(rounded("'2.5'"), None);
        assert_eq!(without_sign("-5").as_deref(), Some("5"));
        assert_eq!(extreme(&["1", "2.5", "2.5"], true), Some("2.5"));
        assert_eq!(extreme(&["1", "x"], true), None);
    }

    #[test]
    fn the_greatest_of_a_number_and_what_is_more_than_nothing_is_more() {
        assert_eq!(zero_with("builtins.max(1, input.0)"), None);
        assert_eq!(zero_with("builtins.max(0, input.0)"), Some("input.0"));
        assert_eq!(zero_with("builtins.min(60, input.0)"), Some("input.0"));
        assert_eq!(zero_with("builtins.max(0, 0.1, input.0)"), None);
        assert_eq!(zero_with("builtins.min(0, 60, input.0)"), Some("builtins.min(0, 60, input.0)"));
        assert_eq!(zero_with("builtins.min(input.0, input.1)"), Some("builtins.min(input.0, input.1)"));
    }

    #[test]
    fn a_product_is_nothing_with_its_factors() {
        assert_eq!(zero_with("(input.0 / 5)"), Some("input.0"));
        assert_eq!(zero_with("(2 * input.0)"), Some("input.0"));
        assert_eq!(zero_with("(input.0 * input.1)"), Some("(input.0 * input.1)"));
        assert_eq!(zero_with("(input.0 + 1)"), None);
        assert_eq!(zero_with("(2 ** input.0)"), None);
        assert_eq!(zero_with("datetime.timedelta(seconds=input.0).total_seconds()"), Some("input.0"));
        assert_eq!(zero_with("0"), Some("0"));
        assert_eq!(zero_with("0.5 s"), None);
    }
}
