//! How terms read, and what tests of them give.
//!
//! Knows: comparisons, `and`, `or`, `not`, patterns, truth. Does not know: what is done while a test is evaluated.
//!
//! A condition reads alike however it is written: `a >= b` is `not a < b`, an `or` is an `and` turned round, what is asked of
//! constants is answered.

use std::sync::Arc;

use super::build::{Builder, MOST_COMPARED, MOST_READ};
use super::step::{Condition, Text};
use super::term::{Item, Member, Term, Test, Truth, is_same};
use crate::python::Value;
use crate::semantic::{BoolOp, CmpOp, Expr, ExprId, Name, Pattern, PatternId, Step, UnaryOp};

/// How many operands of an `and` or `or` are each done under those before.
const MOST_IN_TURN: usize = 24;

impl Builder<'_, '_, '_> {
    /// How a term reads.
    pub(super) fn text(&self, term: &Term) -> Text {
        self.read.set(self.read.get() + 1);
        if self.read.get() > MOST_READ {
            return Text::plain("?");
        }
        self.texts.once(term, || self.reads(term))
    }

    fn reads(&self, term: &Term) -> Text {
        match term {
            Term::Known(value) => Text::plain(&self.text_of_value(*value)),
            Term::Constant(text) => Text::plain(text),
            Term::Member(member) => Text { name: Arc::clone(&member.word), ..self.text(&member.value) },
            Term::Written(parts) if parts.len() == 1 => self.text(&parts[0]),
            Term::Written(parts) => {
                let texts: Vec<Text> = parts.iter().map(|part| self.text(part)).collect();
                let texts: Vec<&Text> = texts.iter().collect();
                let part = |(term, text): (&Term, &&str)| match term {
                    Term::Constant(_) => super::term::unquoted(text).to_owned(),
                    _ => format!("{{{text}}}"),
                };
                Text::joined(&texts, |texts| format!("'{}'", parts.iter().zip(texts).map(part).collect::<String>()))
            }
            Term::Items(items) => {
                let texts: Vec<Text> = items.iter().map(|item| self.text_of_item(item)).collect();
                self.sequence("items", &texts)
            }
            Term::Many(text, _) => Text::joined(&[text], |parts| format!("all of {}", parts[0])),
            Term::Table(entries) => {
                let entry = |(key, value): &(Term, Term)| {
                    let (key, value) = (self.text(key), self.text(value));
                    Text::joined(&[&key, &value], |parts| format!("{}: {}", parts[0], parts[1]))
                };
                let texts: Vec<Text> = entries.iter().map(entry).collect();
                self.sequence("table", &texts)
            }
            Term::Choice(choice) => {
                if let Some(text) = self.chosen_result(choice).or_else(|| self.chosen_extreme(choice)) {
                    return text;
                }
                let (then, orelse) = (self.text(&choice.then), self.text(&choice.orelse));
                Text::joined(&[&choice.condition.text, &then, &orelse], |parts| {
                    format!("({} if {} else {})", parts[1], parts[0], parts[2])
                })
            }
            Term::Lazy(lazy) => {
                let text = self.text(&lazy.result);
                Text::joined(&[&text], |parts| format!("coroutine of {}", parts[0]))
            }
            Term::Started(started) => self.text(&started.result),
            Term::Object(0, _) => Text::plain("self"),
            Term::Object(object, value) => self.text_of_fixed(*object, *value).unwrap_or_else(|| Text::plain("object")),
            Term::Function(function, outer, _) => {
                Text::plain(&format!("function {}", self.name_of_function(*function, *outer)))
            }
            Term::Other(text, _) => text.clone(),
            Term::Never => Text::plain("nothing"),
        }
    }

    /// How the result of one of several commands reads that the same decides between: whichever they are, commands themselves
    /// are compared.
    fn chosen_result(&self, choice: &super::term::Choice) -> Option<Text> {
        let of = &choice.condition.compares.as_ref()?.of;
        let mut at = choice;
        let first = self.text(&at.then);
        let number = first.name.strip_prefix("result of ")?.rsplit_once('#')?.1;
        loop {
            match &at.orelse {
                Term::Choice(inner) => {
                    let is_same = inner.condition.compares.as_ref().is_some_and(|inner| inner.of == *of);
                    if !is_same || !self.text(&inner.then).name.starts_with("result of ") {
                        return None;
                    }
                    at = inner;
                }
                Term::Never => break,
                other if self.text(other).name.starts_with("result of ") => break,
                _ => return None,
            }
        }
        Some(Text::plain(&format!("result {number} chosen by {of}")))
    }

    fn text_of_item(&self, item: &Item) -> Text {
        let text = self.text(&item.term);
        match &item.when {
            Some(test) => Text::joined(&[&text, &test.text()], |parts| format!("{} if {}", parts[0], parts[1])),
            None => text,
        }
    }

    fn text_of_value(&self, value: crate::python::ValueId) -> String {
        match self.evaluator.get(value) {
            Value::Outside(name) | Value::OutsideMethod { name, .. } | Value::ResultOf(name) => name.to_string(),
            Value::Class(class, _) => self.name_of_class(*class),
            Value::Instance(instance) => format!("{} object", self.name_of_class(instance.class)),
            Value::OutsideInstance { class, .. } => format!("{class} object"),
            Value::Module(_) => "module".to_owned(),
            _ => "value".to_owned(),
        }
    }

    /// Whether a test holds.
    pub(super) fn test(&mut self, expr: ExprId) -> Truth {
        let truth = self.tested(expr);
        self.decided(truth)
    }

    fn tested(&mut self, expr: ExprId) -> Truth {
        let module = self.module();
        match module[expr] {
            Expr::Unary { op: UnaryOp::Not, operand } => self.test(operand).not(),
            Expr::BoolOp { op, operands } => {
                let operands = module.list(operands);
                // What many do is told as if all were asked: each that is asked under another takes a state of its own.
                let (in_turn, more) = operands.split_at(operands.len().min(MOST_IN_TURN));
                let goes_on = |truth: Truth| if op == BoolOp::And { truth } else { truth.not() };
                let mut all = goes_on(self.tested_in_turn(expr, op, in_turn));
                for operand in more {
                    if matches!(all, Truth::Always(false)) {
                        break;
                    }
                    self.perhaps += 1;
                    all = all.and(goes_on(self.test(*operand)));
                    self.perhaps -= 1;
                }
                goes_on(self.neither_none_nor_empty(all))
            }
            Expr::Compare { left, rest } => {
                let mut of = left;
                let left = self.eval(left);
                let mut left = self.settled(left);
                let mut all = Truth::Always(true);
                for comparison in module.list(rest) {
                    let right = self.eval(comparison.right);
                    let right = self.settled(right);
                    let subset = match comparison.op {
                        CmpOp::LtE => self.is_subset((of, &left), (comparison.right, &right)),
                        CmpOp::GtE => self.is_subset((comparison.right, &right), (of, &left)),
                        _ => None,
                    };
                    let subset = subset.or_else(|| self.is_empty_one(comparison.op, &left, comparison.right));
                    let truth = subset.unwrap_or_else(|| self.compared(comparison.op, &left, &right));
                    all = all.and(truth);
                    (left, of) = (right, comparison.right);
                }
                all
            }
            _ => {
                let term = self.eval(expr);
                let term = self.settled(term);
                self.truth(&term)
            }
        }
    }

    /// Whether what is annotated as a list or dict equals an empty one: whether there is nothing in it.
    fn is_empty_one(&self, op: CmpOp, left: &Term, right: ExprId) -> Option<Truth> {
        let Term::Other(text, _) = left else { return None };
        let module = self.module();
        let of = match module[right] {
            Expr::List(items) if module.list(items).is_empty() => "list",
            Expr::Dict(items) if module.list(items).is_empty() => "dict",
            _ => return None,
        };
        self.plain.get(&text.name).filter(|plain| **plain == of)?;
        match op {
            CmpOp::Eq => Some(self.truth(left).not()),
            CmpOp::NotEq => Some(self.truth(left)),
            _ => None,
        }
    }

    /// Whether `a and b`, `a or b` holds: what follows an operand is asked, and done, only where that leaves it open.
    pub(super) fn tested_in_turn(&mut self, expr: ExprId, op: BoolOp, operands: &[ExprId]) -> Truth {
        let Some((first, rest)) = operands.split_first() else { return Truth::Always(op == BoolOp::And) };
        let goes_on = |truth: Truth| if op == BoolOp::And { truth } else { truth.not() };
        let first = self.test(*first);
        if rest.is_empty() {
            return first;
        }
        match goes_on(first) {
            Truth::Always(true) => self.tested_in_turn(expr, op, rest),
            Truth::Always(false) => Truth::Always(op == BoolOp::Or),
            Truth::When(test) => {
                let range = self.module().span(expr);
                let mut more = Truth::Always(true);
                let asks_more = |this: &mut Self| {
                    more = this.tested_in_turn(expr, op, rest);
                    true
                };
                self.branch(&test, range, asks_more, |_| true);
                goes_on(Truth::When(test).and(goes_on(more)))
            }
        }
    }

    pub(super) fn when(&self, text: Text) -> Truth {
        self.asked(self.condition(text))
    }

    /// That a condition holds; one about the state in the form in which each that asks the same reads.
    fn asked(&self, condition: Condition) -> Truth {
        let known = self.identities.asked(&condition.text).filter(|_| !self.is_named_by_text(&condition.text));
        Truth::When(match known {
            Some((text, true)) => Test { condition: Condition { text, ..condition }, holds: true },
            Some((text, false)) => Test { condition: Condition::plain(text), holds: false },
            None => Test { condition, holds: true },
        })
    }

    /// Whether a term counts as true.
    pub(super) fn truth(&self, term: &Term) -> Truth {
        self.truths.once(term, || self.counts_as(term))
    }

    fn counts_as(&self, term: &Term) -> Truth {
        match term {
            Term::Constant(text) => Truth::Always(!matches!(&**text, "None" | "False" | "0" | "''" | "0 s" | "0.0")),
            Term::Member(member) => match member.is_value {
                true => self.truth(&member.value),
                false => Truth::Always(true),
            },
            Term::Items(items) => {
                let none = |none: Truth, item: &Item| match &item.when {
                    Some(when) => none.and(Truth::When(when.clone()).not()),
                    None => Truth::Always(false),
                };
                items.iter().fold(Truth::Always(true), none).not()
            }
            Term::Table(entries) => Truth::Always(!entries.is_empty()),
            Term::Object(..) | Term::Function(..) | Term::Lazy(_) | Term::Started(_) => Truth::Always(true),
            Term::Other(text, _) if text.name.starts_with("slot ") => Truth::Always(true),
            Term::Written(parts) if parts.iter().any(|part| matches!(part, Term::Constant(_))) => Truth::Always(true),
            Term::Known(value) => match self.evaluator.get(*value) {
                Value::Class(..) | Value::Module(_) => Truth::Always(true),
                _ => self.when(self.text(term)),
            },
            Term::Other(text, _) => self.when_any(text),
            Term::Choice(choice) => match (self.truth_under(choice, true), self.truth_under(choice, false)) {
                (Truth::Always(then), Truth::Always(orelse)) if then == orelse => Truth::Always(then),
                (Truth::Always(holds), Truth::Always(_)) => {
                    Truth::When(Test { condition: choice.condition.clone(), holds })
                }
                (Truth::Always(true), other) => {
                    let test = Test { condition: choice.condition.clone(), holds: true };
                    Truth::When(test).not().and(other.not()).not()
                }
                (Truth::Always(false), other) => {
                    Truth::When(Test { condition: choice.condition.clone(), holds: false }).and(other)
                }
                (other, Truth::Always(false)) => {
                    Truth::When(Test { condition: choice.condition.clone(), holds: true }).and(other)
                }
                (other, Truth::Always(true)) => {
                    let test = Test { condition: choice.condition.clone(), holds: false };
                    Truth::When(test).not().and(other.not()).not()
                }
                (Truth::When(_), Truth::When(_)) => self.when(self.text(term)),
            },
            _ => self.when(self.text(term)),
        }
    }

    /// Whether that counts as true which a choice gives where its condition holds, or does not.
    fn truth_under(&self, choice: &super::term::Choice, holds: bool) -> Truth {
        match self.truth(if holds { &choice.then } else { &choice.orelse }) {
            Truth::When(test) if test.condition == choice.condition => Truth::Always(test.holds == holds),
            truth => truth,
        }
    }

    /// Whether two terms are equal.
    pub(super) fn equals(&self, left: &Term, right: &Term) -> Truth {
        // Choices share what they hold, so that going through one of many others takes far longer than to make it.
        self.compared.set(self.compared.get() + 1);
        if self.compared.get() > MOST_COMPARED {
            return self.when(Text::plain("?"));
        }
        match (left, right) {
            (Term::Constant(one), Term::Constant(other)) => {
                Truth::Always(one == other || super::numbers::is_same_number(one, other))
            }
            (Term::Member(one), Term::Member(other)) => Truth::Always(match one.is_value && other.is_value {
                true => self.text(&one.value).shape == self.text(&other.value).shape,
                false => one.word == other.word,
            }),
            (Term::Choice(choice), _) if !matches!(right, Term::Choice(_)) => {
                let chosen = Term::choice(
                    choice.condition.clone(),
                    Term::of_truth(self.equals(&choice.then, right)),
                    Term::of_truth(self.equals(&choice.orelse, right)),
                );
                self.truth(&chosen)
            }
            (_, Term::Choice(_)) if !matches!(left, Term::Choice(_)) => self.equals(right, left),
            _ if is_same(left, right) => Truth::Always(true),
            (Term::Constant(_) | Term::Member(_), Term::Other(..) | Term::Written(_)) => self.equals(right, left),
            (Term::Constant(_), Term::Member(_)) => self.equals(right, left),
            (Term::Member(member), Term::Constant(_)) => match member.is_value {
                true => self.equals(&member.value, right),
                false => Truth::Always(false),
            },
            (_, Term::Member(member)) => self.equals_member(left, member),
            (Term::Written(parts), Term::Constant(constant))
                if let Some(truth) = self.equals_written(parts, constant) =>
            {
                truth
            }
            _ => {
                if let Some(truth) = self.is_none_there(left, right) {
                    return truth;
                }
                let (one, other) = (self.text(left), self.text(right));
                if matches!(right, Term::Constant(_)) && self.is_never(&one, &other.shape) {
                    return Truth::Always(false);
                }
                let is_of_state =
                    |text: &Text| text.name.starts_with("self.") && self.plain.get(&text.name) == Some(&"str");
                if &*other.name == "''" && is_of_state(&one) {
                    return self.truth(left).not();
                }
                if matches!(&*other.name, "''" | "0")
                    && self.is_as_recorded(&one.name)
                    && self.false_one(&one.name) == Some((&*other.name, false))
                {
                    return self.truth(left).not();
                }
                if matches!(right, Term::Constant(_)) {
                    return self.asked(Condition::one_of(&one, vec![other.shape]));
                }
                let (one, other) = if one.shape <= other.shape { (one, other) } else { (other, one) };
                self.when(Text::joined(&[&one, &other], |parts| format!("{} == {}", parts[0], parts[1])))
            }
        }
    }

    /// Whether a text that is put together is a constant one, by the part of it that is not known.
    fn equals_written(&self, parts: &[Term], constant: &str) -> Option<Truth> {
        let mut rest = constant.strip_prefix('\'')?.strip_suffix('\'')?;
        let mut parts = parts;
        // Numbers are written in more than one way, and so are texts with escapes in them.
        let is_plain = |part: &Term| match part {
            Term::Constant(text) => text.starts_with('\'') && text.ends_with('\'') && !text.contains(['\\', '"']),
            _ => true,
        };
        if rest.contains(['\\', '"', '\'']) || !parts.iter().all(is_plain) {
            return None;
        }
        if let [Term::Constant(first), inner @ ..] = parts {
            let Some(behind) = rest.strip_prefix(super::term::unquoted(first)) else {
                return Some(Truth::Always(false));
            };
            (rest, parts) = (behind, inner);
        }
        if let [inner @ .., Term::Constant(last)] = parts {
            let Some(before) = rest.strip_suffix(super::term::unquoted(last)) else {
                return Some(Truth::Always(false));
            };
            (rest, parts) = (before, inner);
        }
        match parts {
            [only] => Some(self.equals(only, &Term::constant(&format!("'{rest}'")))),
            _ => None,
        }
    }

    /// Whether something is a member of an enumeration. What comes from data comes by the member's value, and a member that
    /// equals its value may have been written as that; any other that code alone puts there is the member, whatever its value.
    fn equals_member(&self, left: &Term, member: &Member) -> Truth {
        let one = self.text(left);
        let constant = match member.is_value || is_of_data(&one) {
            true => self.text(&member.value).shape,
            false => Arc::clone(&member.word),
        };
        if self.is_never(&one, &constant) {
            return Truth::Always(false);
        }
        self.asked(Condition::one_of(&one, vec![constant]))
    }

    /// The one constant that counts as false of what was recorded as a text or number, by how it reads, and whether that may be `None`.
    fn false_one(&self, of: &str) -> Option<(&'static str, bool)> {
        self.recorded_part(of)?.false_one()
    }

    /// What was recorded where something is read, as it stands in JSON, where that is known.
    pub(super) fn recorded_part(&self, of: &str) -> Option<Arc<super::forms::Form>> {
        let (mut whole, mut items) = (of, 0);
        while let Some(of) = whole.strip_prefix("item of ") {
            (whole, items) = (of, items + 1);
        }
        let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '#' | ' ' | '-');
        if !whole.chars().all(is_plain) {
            return None;
        }
        let number = whole.find('#').map_or_else(|| super::effects::position_of_input(whole), |at| Some(at + 1))?;
        let end = whole[number..].find('.').map_or(whole.len(), |at| number + at);
        let form = self.recorded.get(&whole[..end])?;
        // What is made of data may put something else there than what was recorded.
        if whole[end..].rsplit_once('.').is_some_and(|(_, field)| self.is_put_where_made(Name::new(field))) {
            return None;
        }
        form.part(whole[end..].split('.').skip(1), items)
    }

    /// Whether nothing but what was recorded stands somewhere: no default of another kind does where nothing was, and code puts
    /// nothing there.
    fn is_as_recorded(&self, of: &str) -> bool {
        let is_declared = self.plain.contains_key(of);
        match of.strip_prefix("item of ") {
            Some(whole) => is_declared || self.is_as_recorded(whole),
            None => {
                is_declared
                    || super::effects::position_of_input(of).is_none()
                        && !of.rsplit('#').next().is_some_and(|of| of.contains('.'))
            }
        }
    }

    /// Whether code that runs once an object is made of data puts something into a field of this name.
    fn is_put_where_made(&self, field: Name) -> bool {
        let project = self.evaluator.project();
        project.built().into_iter().any(|file| {
            let module = project.module(file);
            module.attribute_stores(field).any(|store| {
                let function = module.function_around(module[store.block].scope);
                function.is_some_and(|function| {
                    matches!(
                        module[function].name.as_str(),
                        "__post_init__" | "model_post_init" | "__attrs_post_init__"
                    )
                })
            })
        })
    }

    /// Whether all of some things hold, where that something is neither `None` nor empty, or 0, is whether it counts as true.
    fn neither_none_nor_empty(&self, truth: Truth) -> Truth {
        let Truth::When(test) = &truth else { return truth };
        if !test.holds || !test.condition.text.name.contains(" is None") {
            return truth;
        }
        let mut parts = test.conjuncts();
        let whole =
            |part: &Text| super::reading::both(part, |part| part.strip_prefix("not ")?.strip_suffix(" is None"));
        let empty = |parts: &[Text], of: &Text| {
            let (constant, _) = self.false_one(&of.name)?;
            let asked = Text::joined(&[of], |parts| format!("not {} == {constant}", parts[0]));
            parts.iter().position(|part| *part == asked)
        };
        let found = parts.iter().enumerate().find_map(|(at, part)| {
            let of = whole(part)?;
            Some((at, empty(&parts, &of)?, of))
        });
        let Some((at, other, of)) = found else { return truth };
        parts[at] = of;
        parts.remove(other);
        let tests: Vec<Test> =
            parts.into_iter().map(|part| Test { condition: Condition::plain(part), holds: true }).collect();
        self.neither_none_nor_empty(Truth::When(Test::all(&tests)))
    }

    /// Whether no history has a constant where something is read.
    fn is_never(&self, of: &Text, constant: &str) -> bool {
        self.lens.is_never((self.flow.0, &self.flow.1), &of.name, constant)
    }

    fn compared(&mut self, op: CmpOp, left: &Term, right: &Term) -> Truth {
        if let (Term::Constant(one), Term::Constant(other)) = (left, right)
            && one.parse::<f64>().is_ok()
            && other.parse::<f64>().is_ok()
        {
            self.count();
        }
        match op {
            CmpOp::Eq => self.is_truth_of(left, right).unwrap_or_else(|| self.equals(left, right)),
            CmpOp::NotEq => self.is_truth_of(left, right).unwrap_or_else(|| self.equals(left, right)).not(),
            CmpOp::Is => self.is_it(left, right),
            CmpOp::IsNot => self.is_it(left, right).not(),
            CmpOp::Lt => self.less(left, right),
            CmpOp::Gt => self.less(right, left),
            CmpOp::LtE => self.less(right, left).not(),
            CmpOp::GtE => self.less(left, right).not(),
            CmpOp::In => self.contained(left, right),
            CmpOp::NotIn => self.contained(left, right).not(),
        }
    }

    /// `x is True` and `x is False`, where `x` is one of these: whether it is true.
    fn is_truth_of(&self, left: &Term, right: &Term) -> Option<Truth> {
        let (Term::Other(text, _), Term::Constant(constant)) = (left, right) else { return None };
        self.plain.get(&text.name).filter(|plain| **plain == "bool")?;
        match &**constant {
            "True" => Some(self.truth(left)),
            "False" => Some(self.truth(left).not()),
            _ => None,
        }
    }

    fn is_it(&self, left: &Term, right: &Term) -> Truth {
        if let Some(truth) = self.is_truth_of(left, right) {
            return truth;
        }
        match (left, right) {
            (Term::Constant(one), Term::Constant(other)) => Truth::Always(one == other),
            (Term::Constant(_) | Term::Member(_), Term::Other(..) | Term::Choice(_)) => self.is_it(right, left),
            (_, Term::Member(_)) => self.equals(left, right),
            (Term::Member(_), Term::Constant(_)) => Truth::Always(false),
            // There is but one of each member of an enumeration.
            (_, Term::Constant(text)) if !matches!(&**text, "None" | "True" | "False") => self.equals(left, right),
            (Term::Choice(choice), Term::Constant(_)) => {
                let chosen = Term::choice(
                    choice.condition.clone(),
                    Term::of_truth(self.is_it(&choice.then, right)),
                    Term::of_truth(self.is_it(&choice.orelse, right)),
                );
                self.truth(&chosen)
            }
            (
                Term::Items(_)
                | Term::Many(..)
                | Term::Table(_)
                | Term::Object(..)
                | Term::Function(..)
                | Term::Started(_)
                | Term::Lazy(_),
                Term::Constant(_),
            ) => Truth::Always(false),
            (Term::Other(text, _), Term::Constant(none))
                if &**none == "None"
                    && (self.never_none.contains(&text.name) || super::numbers::is_number(&text.name)) =>
            {
                Truth::Always(false)
            }
            (Term::Other(text, _), Term::Constant(none)) if &**none == "None" && self.is_entry_of_something(text) => {
                let key = super::reading::both(text, |text| text.split_once('[')?.1.strip_suffix(']'));
                let of = super::reading::both(text, |text| Some(text.split_once('[')?.0));
                match key.zip(of) {
                    Some((key, of)) => self.when_in(&Term::other(key), &of).not(),
                    None => self.when(Text::joined(&[text], |parts| format!("{} is None", parts[0]))),
                }
            }
            _ => {
                let (left, right) = (self.text(left), self.text(right));
                self.when(Text::joined(&[&left, &right], |parts| format!("{} is {}", parts[0], parts[1])))
            }
        }
    }

    pub(super) fn contained(&self, left: &Term, right: &Term) -> Truth {
        if let Term::Table(entries) = right {
            let keys = entries.iter().map(|(key, _)| Item::always(key.clone())).collect();
            return self.contained(left, &Term::Items(Arc::new(keys)));
        }
        if let Term::Items(items) = right
            && items.iter().all(|item| item.when.is_none() && matches!(item.term, Term::Constant(_) | Term::Member(_)))
        {
            let none = |none: Truth, item: &Item| none.and(self.equals(left, &item.term).not());
            return items.iter().fold(Truth::Always(true), none).not();
        }
        // Of few things that are known each is asked.
        if let (Term::Constant(_), Term::Items(items)) = (left, right)
            && items.len() <= MOST_ASKED_EACH
            && items.iter().all(|item| item.when.is_none() && matches!(item.term, Term::Other(..) | Term::Constant(_)))
        {
            let is_it = |term: &Term| self.is_truth_of(term, left).unwrap_or_else(|| self.equals(term, left));
            return items.iter().fold(Truth::Always(true), |none, item| none.and(is_it(&item.term).not())).not();
        }
        let container = self.text(right);
        if !self.held.is_empty() && self.held.contains(&format!("{} in {}", self.text(left).name, container.name)) {
            return Truth::Always(true);
        }
        if self.is_missing(right, left) {
            return Truth::Always(false);
        }
        // Whether JSON has a key reads as whether there is anything.
        let key = self.text(left);
        let is_list = self.plain.get(&container.name).is_some_and(|plain| !matches!(*plain, "dict" | "str"));
        if super::run::is_of_data(&container)
            && !is_list
            && let Some(field) = super::expression::field_of(&key)
        {
            let part = Text::joined(&[&container], |parts| format!("{}.{field}", parts[0]));
            return self.is_it(&Term::other(part), &Term::none()).not();
        }
        self.when_in(left, &container)
    }

    /// Whether a pattern matches; binds its names.
    pub(super) fn pattern(&mut self, pattern: PatternId, subject: &Term) -> Truth {
        let module = self.module();
        match module[pattern] {
            Pattern::Value(value) => {
                let value = self.eval(value);
                self.equals(subject, &value)
            }
            Pattern::Singleton(value) => {
                let value = self.eval(value);
                self.is_it(subject, &value)
            }
            Pattern::As { pattern, capture } => {
                if let Some(capture) = capture {
                    let variable = module[capture.binding].variable;
                    self.env.insert((self.here.file, variable), subject.clone());
                }
                pattern.map_or(Truth::Always(true), |pattern| self.pattern(pattern, subject))
            }
            Pattern::Or(patterns) => {
                let mut none = Truth::Always(true);
                for pattern in module.list(patterns) {
                    none = none.and(self.pattern(*pattern, subject).not());
                }
                none.not()
            }
            Pattern::Class { class: named, patterns, takes } => {
                let class = self.eval(named);
                let one = self.text(subject);
                let mut all = match self.is_instance(subject, &class) {
                    Some(Truth::Always(false)) => return Truth::Always(false),
                    Some(known) => known,
                    // As the function reads that asks the same.
                    None => {
                        let kind = self.text(&class);
                        let asks = |parts: &[&str]| format!("builtins.isinstance({}, {})", parts[0], parts[1]);
                        self.when(Text::joined(&[&one, &kind], asks))
                    }
                };
                let subject = self.taken_as(subject, &class);
                for (pattern, step) in module.list(patterns).iter().zip(module.list(takes)) {
                    let part = self.part_taken(&subject, &class, *step, named);
                    all = all.and(self.pattern(*pattern, &part));
                }
                all
            }
            Pattern::Sequence(patterns) => self.parts("sequence", module.list(patterns), subject),
            Pattern::Mapping { patterns, .. } => self.parts("mapping", module.list(patterns), subject),
            Pattern::Star => Truth::Always(true),
        }
    }

    /// Something that a class pattern has taken is an object of that class.
    fn taken_as(&self, subject: &Term, class: &Term) -> Term {
        match (subject, class) {
            (Term::Other(text, None), Term::Known(class)) => match self.evaluator.get(*class) {
                Value::Class(class, _) => Term::Other(text.clone(), Some(self.evaluator.object(*class))),
                _ => subject.clone(),
            },
            _ => subject.clone(),
        }
    }

    /// What a pattern inside of a class pattern takes: an attribute, by its name or position; of plain data, all of it.
    fn part_taken(&mut self, subject: &Term, class: &Term, step: Step, at: ExprId) -> Term {
        let object = match class {
            Term::Known(class) => match self.evaluator.get(*class) {
                Value::Class(class, _) => Some(self.evaluator.object(*class)),
                Value::Outside(name) if name.as_str().starts_with("builtins.") && step == Step::Positional(0) => {
                    return subject.clone();
                }
                _ => None,
            },
            _ => None,
        };
        let name = match step {
            Step::Attribute(name) => Some(name),
            Step::Positional(position) => object.and_then(|object| self.evaluator.match_argument(object, position)),
            _ => None,
        };
        if let Some(name) = name {
            return self.attribute(subject, name, at);
        }
        let one = self.text(subject);
        Term::other(Text::joined(&[&one], |parts| format!("{}.part {step:?}", parts[0])))
    }

    fn parts(&mut self, kind: &str, patterns: &[PatternId], subject: &Term) -> Truth {
        if matches!(subject, Term::Constant(_) | Term::Written(_)) {
            return Truth::Always(false);
        }
        let one = self.text(subject);
        let text = Text::joined(&[&one], |parts| format!("{} is a {kind} of {}", parts[0], patterns.len()));
        let mut all = self.when(text);
        for (position, pattern) in patterns.iter().enumerate() {
            let part = Text::joined(&[&one], |parts| format!("{}[{position}]", parts[0]));
            all = all.and(self.pattern(*pattern, &Term::other(part)));
        }
        all
    }
}

/// Of how many things each is asked whether it is another.
const MOST_ASKED_EACH: usize = 8;

/// Whether something comes from what an execution is given: its arguments, and results.
fn is_of_data(text: &Text) -> bool {
    ["input.", "result of ", "item of "].iter().any(|word| text.shape.contains(word))
}
