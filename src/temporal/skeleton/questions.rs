//! Comparisons and questions about collections, in their one form.
//!
//! Knows: what is less than what, of whole numbers as well; whether collections hold anything, or all or any of some items.
//! Does not know: how a test stands in the code ([`truth`](super::truth)).
//!
//! | written | reads |
//! |---|---|
//! | `len(q) > 0`, `not len(q) == 0`, `bool(q)` | `q` |
//! | `len(q) >= n // 2 + 1` | `(n // 2) < len(q)` |
//! | `weight >= 11`, where it is annotated as `int` | `10 < weight` |
//! | `now - then < d` | `now < then + d` |
//! | `REQUIRED <= got`, `REQUIRED.issubset(got)`, `all(r in got for r in REQUIRED)` | all of `r in got` |
//! | `any(w in BAD for w in words)`, `not BAD.isdisjoint(words)` | any of `b in words` |

use super::build::Builder;
use super::reading::{argument, asked_of_each, both, is_count, is_whole, less, offset, operands, same_items, sliced};
use super::step::Text;
use super::term::{Item, Term, Truth};
use crate::python::Value;
use crate::semantic::ExprId;

impl Builder<'_, '_, '_> {
    /// Whether one term is less than another.
    pub(super) fn less(&self, left: &Term, right: &Term) -> Truth {
        match (left, right) {
            (Term::Member(member), _) => return self.less(&member.value, right),
            (_, Term::Member(member)) => return self.less(left, &member.value),
            _ => {}
        }
        if let (Term::Constant(one), Term::Constant(other)) = (left, right)
            && let Some(is_less) = less_constant(one, other)
        {
            return Truth::Always(is_less);
        }
        if let Some(truth) = self.less_than_whole(left, right) {
            return truth;
        }
        let (left, right) = since(self.text(left), self.text(right));
        match whole(&left, &right) {
            Some((left, right, more)) => self.less_whole(&left, &right, more),
            None => self.when(less_text(&left, &right)),
        }
    }

    /// Whether what is annotated as a whole number is less than a constant: `x < 11` is `not 10 < x`.
    fn less_than_whole(&self, left: &Term, right: &Term) -> Option<Truth> {
        let (Term::Other(text, _), Term::Constant(limit)) = (left, right) else { return None };
        let is_calculated = || operands(&text.name).is_some() && !text.name.contains("builtins.len(");
        let is_whole = self.plain.get(&text.name) == Some(&"int") || is_calculated() && self.is_whole(&text.name);
        is_whole.then_some(())?;
        let below = limit.parse::<i64>().ok()?.checked_sub(1)?;
        Some(self.when(less_text(&Text::plain(&below.to_string()), text)).not())
    }

    /// Whether something is a whole number: annotated as one, or made of such.
    fn is_whole(&self, text: &str) -> bool {
        let both = |left, right| self.is_whole(left) && self.is_whole(right);
        self.plain.get(text) == Some(&"int")
            || is_whole(text)
            || operands(text).is_some_and(|(left, operator, right)| {
                matches!(operator, "+" | "-" | "*" | "//" | "%") && both(left, right)
            })
    }

    /// Whether a whole number is less than another with so many more.
    fn less_whole(&self, left: &Text, right: &Text, more: i64) -> Truth {
        let number = |number: i64| Text::plain(&number.to_string());
        if right.name.is_empty() && more <= 0 && is_count(&left.name) {
            return Truth::Always(false);
        }
        if right.name.is_empty() {
            let collection = both(left, |text| argument(text, "builtins.len"));
            return match collection.filter(|_| more == 1) {
                Some(collection) => self.when_any(&collection).not(),
                None => self.when(less_text(left, &number(more))),
            };
        }
        // Of both ways to say it, that which takes away.
        if left.name.is_empty() || more > 0 {
            return match 1_i64.checked_sub(more) {
                Some(more) => self.less_whole(right, left, more).not(),
                None => self.when(less_text(left, right)),
            };
        }
        let less_of = number(more.unsigned_abs().try_into().unwrap_or(i64::MAX));
        match more {
            0 => self.when(less_text(left, right)),
            _ => self.when(Text::joined(&[left, right, &less_of], |parts| {
                format!("{} < ({} - {})", parts[0], parts[1], parts[2])
            })),
        }
    }

    /// Whether a number of a `range` is below the end of that.
    pub(super) fn is_below(&self, from: i64, end: &Text) -> Truth {
        let (base, more) = offset(&end.name);
        let (shape, as_much) = offset(&end.shape);
        let base = Text { name: base.into(), shape: shape.into(), is_shared: end.is_shared };
        let number = Text::plain(&from.to_string());
        // What a `range` ends with is a whole number, so that what is added to it can be taken from the other side.
        if more == as_much
            && !base.name.is_empty()
            && self.plain.get(&base.name) == Some(&"int")
            && let Some(number) = from.checked_sub(more)
        {
            return self.when(less_text(&Text::plain(&number.to_string()), &base));
        }
        match (more, more == as_much && !base.name.is_empty()) {
            // `n < end + 1` is `n <= end`.
            (1, true) => self.when(less_text(&base, &number)).not(),
            _ => self.when(less_text(&number, end)),
        }
    }

    /// Whether there is anything in what reads like this.
    pub(super) fn when_any(&self, text: &Text) -> Truth {
        let counted = both(text, |text| argument(text, "builtins.len"));
        let text = counted.as_ref().unwrap_or(text);
        // Of a slice, whether the list has so many.
        if self.is_on_path()
            && let Some((_, from, to)) = sliced(&text.name)
            && to.is_none_or(|to| from < to)
            && let Some(of) = both(text, |text| sliced(text).map(|(of, ..)| of))
        {
            return self.when(Text::joined(&[&of], |parts| format!("{} has item {from}", parts[0])));
        }
        let inner = both(text, |text| Some(once_each(text)));
        self.when(inner.unwrap_or_else(|| text.clone()))
    }

    /// Whether a number of things is zero, where that asks whether there are any.
    pub(super) fn is_none_there(&self, left: &Term, right: &Term) -> Option<Truth> {
        let (Term::Other(text, _), Term::Constant(zero)) = (left, right) else { return None };
        let collection = both(text, |text| argument(text, "builtins.len")).filter(|_| &**zero == "0")?;
        Some(self.when_any(&collection).not())
    }

    /// Whether something is in a collection that reads like this.
    pub(super) fn when_in(&self, left: &Term, right: &Text) -> Truth {
        let left = self.text(left);
        let items = both(right, |text| Some(once_each(text.strip_suffix(".keys()").unwrap_or(text))));
        let right = items.as_ref().unwrap_or(right);
        self.when(Text::joined(&[&left, right], |parts| format!("{} in {}", parts[0], parts[1])))
    }

    /// Whether all of some items are in something.
    fn all_in(&self, items: &[Item], of: &Term) -> Truth {
        let all = |all: Truth, item: &Item| {
            let is_in = self.contained(&item.term, of);
            all.and(match &item.when {
                None => is_in,
                Some(when) => Truth::When(when.clone()).and(is_in.not()).not(),
            })
        };
        items.iter().fold(Truth::Always(true), all)
    }

    /// Whether none of some items is in something.
    fn none_in(&self, items: &[Item], of: &Term) -> Truth {
        let none = |none: Truth, item: &Item| {
            let when = item.when.clone().map_or(Truth::Always(true), Truth::When);
            none.and(when.and(self.contained(&item.term, of)).not())
        };
        items.iter().fold(Truth::Always(true), none)
    }

    /// A method of a set that asks about another collection, where the items of one of both are known.
    pub(super) fn asked_of_set(&self, base: &Term, method: &str, other: &Term) -> Option<Truth> {
        match (base, other, method) {
            (Term::Items(items), _, "issubset") => Some(self.all_in(items, other)),
            (_, Term::Items(items), "issuperset") => Some(self.all_in(items, base)),
            (Term::Items(items), _, "isdisjoint") => Some(self.none_in(items, other)),
            (_, Term::Items(items), "isdisjoint") => Some(self.none_in(items, base)),
            _ => None,
        }
    }

    /// Whether a set holds all of another, where one of both is known to be a set; lists are compared otherwise.
    pub(super) fn is_subset(&self, part: (ExprId, &Term), whole: (ExprId, &Term)) -> Option<Truth> {
        let is_set = |expr: ExprId| {
            self.engine(expr).single().is_some_and(|value| match self.evaluator.get(value) {
                Value::Set { .. } => true,
                Value::OutsideInstance { class, .. } => {
                    matches!(class.as_str(), "builtins.set" | "builtins.frozenset")
                }
                _ => false,
            })
        };
        let Term::Items(items) = part.1 else { return None };
        (is_set(part.0) || is_set(whole.0)).then(|| self.all_in(items, whole.1))
    }

    /// Whether what is asked of the items of something holds for any of them, or for all.
    pub(super) fn of_any(&self, term: &Term, is_all: bool) -> Option<Truth> {
        let Term::Other(text, _) = term else { return None };
        // The same is asked of each, and its answer known.
        let never = if is_all { "made(True) for " } else { "made(False) for " };
        if text.name.starts_with(never) && text.shape.starts_with(never) {
            return Some(Truth::Always(is_all));
        }
        let one = |text: &str| {
            let (asked, holds, of) = match asked_of_each(text) {
                Some((asked, holds, of)) => (asked.to_owned(), holds, of.to_owned()),
                None if text.starts_with("made(") => return None,
                None => {
                    let of = same_items(text);
                    (format!("item of {of}"), true, of.to_owned())
                }
            };
            Some((asked, holds != is_all, of))
        };
        let (name, shape) = (one(&text.name)?, one(&text.shape)?);
        let found = match constants_of(&name).filter(|_| constants_of(&shape) == constants_of(&name)) {
            Some(constants) => {
                let of = Text { name: name.2.as_str().into(), shape: shape.2.as_str().into(), ..text.clone() };
                let none =
                    |none: Truth, constant: &String| none.and(self.when_in(&Term::constant(constant), &of).not());
                constants.iter().fold(Truth::Always(true), none).not()
            }
            None => {
                let word = |(asked, holds, of): &(String, bool, String)| {
                    format!("any {}({asked}) for each of {of}", if *holds { "" } else { "not " })
                };
                let text = Text { name: word(&name).into(), shape: word(&shape).into(), ..text.clone() };
                self.when(Text::joined(&[&text], |parts| parts[0].to_owned()))
            }
        };
        Some(if is_all { found.not() } else { found })
    }
}

/// What has the same items, if each counts once: whether there are any, and whether one is among them.
fn once_each(text: &str) -> &str {
    let mut text = same_items(text);
    while let Some(inner) = argument(text, "builtins.dict.fromkeys") {
        text = same_items(inner);
    }
    text
}

/// Two moments, where it was asked for how long something has been: `now - then < d` is `now < then + d`.
fn since(left: Text, right: Text) -> (Text, Text) {
    let parts = |text: &str| match operands(text) {
        Some((now @ "workflow time", "-", then)) => Some((now.to_owned(), then.to_owned())),
        _ => None,
    };
    let moved = |passed: &Text, limit: &Text| -> Option<(Text, Text)> {
        let ((now, then), (shape, as_then)) = (parts(&passed.name)?, parts(&passed.shape)?);
        let now = Text { name: now.into(), shape: shape.into(), is_shared: passed.is_shared };
        let then = Text { name: then.into(), shape: as_then.into(), is_shared: passed.is_shared };
        Some((now, Text::joined(&[&then, limit], |parts| format!("({} + {})", parts[0], parts[1]))))
    };
    if let Some((now, end)) = moved(&left, &right) {
        return (now, end);
    }
    match moved(&right, &left) {
        Some((now, end)) => (end, now),
        None => (left, right),
    }
}

/// The constants, where it is asked of each item whether it is one of them.
fn constants_of((asked, holds, of): &(String, bool, String)) -> Option<Vec<String>> {
    let asked = asked.strip_prefix("item of ")?.strip_prefix(of.as_str()).filter(|_| *holds)?;
    if let Some(constant) = asked.strip_prefix(" == ") {
        return Some(vec![constant.to_owned()]);
    }
    let listed = super::reading::arguments(asked, " in ")?;
    Some(listed.into_iter().map(str::to_owned).collect())
}

/// Whether a number is less than another, or a duration.
fn less_constant(one: &str, other: &str) -> Option<bool> {
    let both = |one: Option<f64>, other: Option<f64>| Some(one? < other?);
    let seconds = |text: &str| text.strip_suffix(" s")?.parse::<f64>().ok();
    both(one.parse().ok(), other.parse().ok()).or_else(|| both(seconds(one), seconds(other)))
}

fn less_text(left: &Text, right: &Text) -> Text {
    Text::joined(&[left, right], |parts| format!("{} < {}", parts[0], parts[1]))
}

/// Two whole numbers without what is added to them, and how much more is added to the second; nothing stands for zero.
fn whole(left: &Text, right: &Text) -> Option<(Text, Text, i64)> {
    let texts = [&left.name, &left.shape, &right.name, &right.shape];
    if !texts.iter().all(|text| is_whole(text)) || less(&left.name).is_some() {
        return None;
    }
    let parts = |text: &Text| {
        let ((name, more), (shape, as_much)) = (offset(&text.name), offset(&text.shape));
        (more == as_much).then(|| (Text { name: name.into(), shape: shape.into(), is_shared: text.is_shared }, more))
    };
    let ((left, added), (right, more)) = (parts(left)?, parts(right)?);
    Some((left, right, more.checked_sub(added)?))
}
