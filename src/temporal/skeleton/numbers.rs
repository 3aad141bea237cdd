//! Numbers: what operators make of those that are known, and whether what is not known may be 0.
//!
//! Knows: whole numbers and decimals as Python writes them, products, quotients and sums. Does not know: which sign data have; a
//! number that something is added to is taken not to be negative.

use super::reading::{argument, operands};
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
