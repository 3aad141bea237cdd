//! Whether what code asks about an attribute is answered alike for one constant and for another.
//!
//! Knows: comparisons with constants, and whether there is anything, as conditions read. Does not know: whether code comes to a
//! question; what asks in another way may answer otherwise.

use super::effects::mentions;
use crate::temporal::skeleton::effects::AT_THE_END;
use crate::temporal::skeleton::step::{Skeleton, Step, Text, awaited_condition, each_step};

/// Something that asks, in words, and whether all that counts is if it holds.
struct Question {
    text: String,
    is_condition: bool,
}

/// Whether two constants are put into an attribute at the same point, and all that mentions it answers alike for both. What is
/// put into other attributes asks, too.
pub(super) fn are_alike(one: &str, other: &str, attribute: &Text, skeleton: &Skeleton) -> bool {
    let values = (Constant::read(one), Constant::read(other));
    let (Some((one, point)), Some((other, other_point))) = values else { return false };
    point == other_point && constants_are_alike(&one, &other, attribute, skeleton)
}

/// The same of two constants that are put there at different points.
pub(super) fn are_alike_anywhere(one: &str, other: &str, attribute: &Text, skeleton: &Skeleton) -> bool {
    let is_point = |point: &str| point.is_empty() || point.starts_with(" behind ");
    match (Constant::read(one), Constant::read(other)) {
        (Some((one, point)), Some((other, other_point))) => {
            is_point(point) && is_point(other_point) && constants_are_alike(&one, &other, attribute, skeleton)
        }
        _ => false,
    }
}

/// Whether all that mentions an attribute answers alike for two constants.
fn constants_are_alike(one: &Constant<'_>, other: &Constant<'_>, attribute: &Text, skeleton: &Skeleton) -> bool {
    let asking = |question: &Question| mentions(&question.text, &attribute.name);
    let is_alike = |question: &Question| answers_alike(question, &attribute.name, one, other);
    questions(skeleton, attribute).iter().filter(|question| asking(question)).all(is_alike)
}

fn questions(skeleton: &Skeleton, attribute: &Text) -> Vec<Question> {
    let mut found = Vec::new();
    let mut note = |text: &str, is_condition: bool| found.push(Question { text: text.to_owned(), is_condition });
    for flow in &skeleton.flows {
        each_step(&flow.steps, &mut |step| match step {
            Step::Branch { condition, .. } => note(&condition.text.name, true),
            Step::Loop { head, .. } => note(&head.name, false),
            Step::Wait(wait) => wait.tokens.iter().for_each(|token| match awaited_condition(token) {
                Some((asked, _)) => note(asked, true),
                None => note(token, false),
            }),
            Step::Command(command) => {
                let parts = [Some(&command.name), command.id.as_ref(), command.until.as_ref()];
                parts.into_iter().flatten().for_each(|text| note(&text.name, false));
            }
            _ => {}
        });
        flow.effects.iter().for_each(|effect| note(&effect.does.name, false));
        // Of a part of what is there, constants say nothing.
        let is_part = |name: &str| name.strip_prefix(&*attribute.name).is_some_and(|rest| rest.starts_with(['.', '[']));
        flow.effects.iter().filter(|effect| is_part(&effect.attribute.name)).for_each(|effect| {
            note(&effect.attribute.name, false);
        });
    }
    found
}

/// A constant as texts have it.
#[derive(Debug, PartialEq)]
enum Constant<'t> {
    Text(&'t str),
    Number(f64),
    Truth(bool),
    None,
    /// A member of an enumeration.
    Member(&'t str),
}

impl<'t> Constant<'t> {
    /// The constant with which a text begins, and the rest.
    fn read(text: &'t str) -> Option<(Self, &'t str)> {
        let first = text.chars().next()?;
        if first == '\'' || first == '"' {
            let end = text[1..].find(first)? + 1;
            // What is escaped could be spelled otherwise.
            return (!text[..end].contains('\\')).then(|| (Self::Text(&text[1..end]), &text[end + 1..]));
        }
        let is_part = |next: char| next.is_alphanumeric() || matches!(next, '_' | '.' | '-');
        let end = text.find(|next: char| !is_part(next)).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let constant = match word {
            "True" => Self::Truth(true),
            "False" => Self::Truth(false),
            "None" => Self::None,
            _ if first.is_ascii_digit() || first == '-' => Self::Number(word.parse().ok()?),
            _ if first.is_uppercase() && word.contains('.') => Self::Member(word),
            _ => return None,
        };
        Some((constant, rest))
    }

    fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Member(one), Self::Member(other)) => Some(one == other),
            // A member may be a text or a number, and `True` is one.
            (Self::Member(_), _) | (_, Self::Member(_)) => None,
            (Self::Number(_), Self::Truth(_)) | (Self::Truth(_), Self::Number(_)) => None,
            (one, other) => Some(one == other),
        }
    }

    fn answers(&self, operator: &str, other: &Self) -> Option<bool> {
        if let (Self::Number(one), Self::Number(other)) = (self, other) {
            match operator {
                "<" => return Some(one < other),
                "<=" => return Some(one <= other),
                ">" => return Some(one > other),
                ">=" => return Some(one >= other),
                _ => {}
            }
        }
        match operator {
            "==" => self.equals(other),
            "!=" => self.equals(other).map(|is_equal| !is_equal),
            "is" if matches!(other, Self::None | Self::Truth(_)) => Some(self == other),
            "is not" if matches!(other, Self::None | Self::Truth(_)) => Some(self != other),
            _ => None,
        }
    }

    fn holds(&self) -> Option<bool> {
        match self {
            Self::Text(text) => Some(!text.is_empty()),
            Self::Number(number) => Some(*number != 0.0),
            Self::Truth(holds) => Some(*holds),
            Self::None => Some(false),
            Self::Member(_) => None,
        }
    }
}

/// Between what is asked and what else is.
const BEFORE: [&str; 10] = ["(", "[", ", ", "; ", "not ", " and ", " or ", " if ", " else ", " where "];
const AFTER: [&str; 10] = [")", "]", ", ", "; ", " and ", " or ", " if ", " else ", " behind ", AT_THE_END];

/// Whether each mention of an attribute in a question answers alike.
fn answers_alike(question: &Question, attribute: &str, one: &Constant<'_>, other: &Constant<'_>) -> bool {
    let text = question.text.as_str();
    let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    let mut all = text.match_indices(attribute).map(|(at, found)| (&text[..at], &text[at + found.len()..]));
    all.all(|(before, after)| {
        if goes_on(after) {
            return true;
        }
        let begins = |before: &str| before.is_empty() || BEFORE.iter().any(|word| before.ends_with(word));
        let ends = |rest: &str| rest.is_empty() || AFTER.iter().any(|word| rest.starts_with(word));
        if let Some((answers, before)) = compared_before(before, one, other) {
            return answers && begins(before) && ends(after);
        }
        if !begins(before) {
            return false;
        }
        if ends(after) {
            let is_asked = before.ends_with("not ") || question.is_condition && is_part_of_condition(text);
            return is_asked && one.holds().is_some() && one.holds() == other.holds();
        }
        let Some((answers, rest)) = compared(after, one, other) else { return false };
        answers && ends(rest)
    })
}

/// Whether each part of a condition counts by nothing but whether it holds.
fn is_part_of_condition(text: &str) -> bool {
    let text = text.replace("all of (", "").replace("any of (", "");
    !text.contains(['(', '[', ',']) && !text.contains(" if ")
}

/// Whether a comparison whose constant comes first answers alike, and what comes before.
fn compared_before<'t>(before: &'t str, one: &Constant<'_>, other: &Constant<'_>) -> Option<(bool, &'t str)> {
    let operators = [(" < ", ">"), (" <= ", ">="), (" > ", "<"), (" >= ", "<="), (" == ", "=="), (" != ", "!=")];
    operators.iter().find_map(|(operator, turned)| {
        let all = before.strip_suffix(operator)?;
        let start = all.rfind([' ', '(', '[']).map_or(0, |at| at + 1);
        let (constant, "") = Constant::read(&all[start..])? else { return None };
        Some((answer_alike(one, other, turned, &constant), &all[..start]))
    })
}

fn answer_alike(one: &Constant<'_>, other: &Constant<'_>, operator: &str, constant: &Constant<'_>) -> bool {
    let answer = one.answers(operator, constant);
    answer.is_some() && answer == other.answers(operator, constant)
}

/// Whether a comparison, which follows, answers alike, and what comes behind.
fn compared<'t>(after: &'t str, one: &Constant<'_>, other: &Constant<'_>) -> Option<(bool, &'t str)> {
    let several = after.strip_prefix(" in (").or_else(|| after.strip_prefix(" not in ("));
    if let Some(mut rest) = several {
        let mut is_alike = true;
        loop {
            let (constant, behind) = Constant::read(rest)?;
            let answers = (one.answers("==", &constant), other.answers("==", &constant));
            is_alike &= matches!(answers, (Some(false), Some(false)));
            match behind.strip_prefix(", ") {
                Some(next) => rest = next,
                None => return Some((is_alike, behind.strip_prefix(')')?)),
            }
        }
    }
    let operators = ["==", "!=", "<=", ">=", "<", ">", "is not", "is"];
    operators.iter().find_map(|operator| {
        let rest = after.strip_prefix(' ')?.strip_prefix(operator)?.strip_prefix(' ')?;
        let (constant, behind) = Constant::read(rest)?;
        Some((answer_alike(one, other, operator, &constant), behind))
    })
}

#[cfg(test)]
mod tests {
    use super::{Constant, Question, answers_alike};

    fn is_alike(text: &str, one: &str, other: &str) -> bool {
        let question = Question { text: text.to_owned(), is_condition: true };
        let read = |text| Constant::read(text).map(|(constant, _)| constant);
        let (Some(one), Some(other)) = (read(one), read(other)) else { return false };
        answers_alike(&question, "self.x", &one, &other)
    }

    #[test]
    fn what_comparisons_answer() {
        assert!(is_alike("self.x == 'running'", "'done'", "'finished'"));
        assert!(!is_alike("self.x != 'done'", "'done'", "'finished'"));
        assert!(is_alike("not self.x > 1 and self.y", "4", "5"));
        assert!(!is_alike("self.x >= 5", "4", "5"));
        assert!(is_alike("self.x in ('a', 'b')", "'c'", "'d'"));
        assert!(!is_alike("self.x in ('a', 'b')", "'b'", "'d'"));
        assert!(is_alike("self.x is None", "'c'", "'d'"));
        assert!(is_alike("not all of (1 < self.x; self.y)", "2", "4"));
        assert!(!is_alike("3 < self.x", "2", "4"));
        assert!(is_alike("self.x == Kind.A", "Kind.B", "Kind.C"));
        assert!(!is_alike("self.x == 'a'", "Kind.B", "Kind.C"));
    }

    #[test]
    fn what_asks_otherwise_may_answer_otherwise() {
        assert!(is_alike("self.x", "1", "2"));
        assert!(!is_alike("self.x", "0", "2"));
        assert!(is_alike("self.done or self.x", "1", "2"));
        assert!(!is_alike("len(self.x) > 2", "'a'", "'b'"));
        assert!(!is_alike("0 < self.x < 9", "1", "2"));
        assert!(!is_alike("self.x == self.y", "1", "2"));
        assert!(!is_alike("self.x.value == 3", "1", "2"));
        assert!(!is_alike("self.y + self.x > 3", "1", "2"));
    }
}
