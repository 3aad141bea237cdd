//! Calls: what they run, with what, and what they give.
//!
//! Knows: what a callee may be, and what is awaited. Does not know: how a function is gone through ([`run`](super::run)), what
//! methods of collections and tasks do ([`methods`](super::methods)), or callables from outside ([`sdk`](super::sdk)).

use super::aliases::Handed;
use super::build::Builder;
use super::expression::shown;
use super::methods::changes;
use super::sdk::{NEXUS, RANDOM};
use super::step::{CommandKind, Failures, Step, Text, Wait};
use super::term::{Item, Term, is_same};
use super::words::MAKES_ACTIVITY;
use crate::python::{Arguments, FunctionRef, Value, Values};
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, List, Name};
use crate::source::TextRange;
use crate::temporal::constants::constant;

/// What a call is given.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub positional: Vec<Item>,
    pub named: Vec<(Name, Term)>,
    /// Others may be given.
    pub open: bool,
}

/// How the method of an event reads that asks whether it is set.
const IS_SET: &str = ".is_set";

/// Between how many dicts, one behind the other, may be chosen that a call is given.
const MOST_CHOICES: usize = 5;

impl Given {
    /// The argument of a position or name.
    pub(super) fn get(&self, position: usize, name: &str) -> Option<Term> {
        let named = self.named.iter().find(|(known, _)| *known == name).map(|(_, term)| term.clone());
        named.or_else(|| self.positional.get(position).map(|item| item.term.clone()))
    }

    pub(super) fn named(&self, name: &str) -> Option<Term> {
        self.get(usize::MAX, name)
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = &Term> {
        self.positional.iter().map(|item| &item.term).chain(self.named.iter().map(|(_, term)| term))
    }
}

impl Builder<'_, '_, '_> {
    /// A call where it stands.
    #[expect(clippy::too_many_lines, reason = "what is known of one kind of callee after the other, the surest first")]
    pub(super) fn call(&mut self, expr: ExprId, callee: ExprId, arguments: List<Argument>) -> Term {
        let module = self.module();
        let range = module.span(expr);
        let callee = self.method_held(callee);
        let (term, base) = match module[callee] {
            Expr::Attribute { value, name } => {
                let base = self.eval(value);
                let value = if changes(name.as_str()) { self.held_as(value) } else { value };
                let known = self
                    .method_of_library(expr, value, &base, name, arguments)
                    .or_else(|| self.method_of_known(value, &base, name, arguments, range));
                if let Some(result) = known {
                    return result;
                }
                (self.attribute(&base, name, callee), Some(base))
            }
            _ => (self.eval(callee), None),
        };
        if let Term::Known(value) = &term
            && self.evaluator.outside_name(*value).is_some_and(|name| name == "builtins.super")
            && let Some(value) = self.engine(expr).single()
        {
            return Term::Known(value);
        }
        let given = self.given(arguments);
        if let (Some(Term::Other(text, _)), Expr::Attribute { name, .. }) = (&base, &module[callee]) {
            if &*text.name == RANDOM {
                return self.draw(name.as_str(), &given);
            }
            if text.name.starts_with(NEXUS)
                && let Some(term) = self.nexus_operation(&text.clone(), name.as_str(), &given, range)
            {
                return term;
            }
        }
        // What is signalled is a handle, whatever it comes from.
        if let (Some(Term::Other(..)), Term::Other(_, None), Expr::Attribute { name, .. }) =
            (&base, &term, &module[callee])
            && name == "signal"
        {
            let command = self.command(CommandKind::Signal, Text::plain(""), None, range);
            return self.lazily(command, Term::none(), range);
        }
        if let Some(constant) = self.duration(&term, expr) {
            return constant;
        }
        let result = match &term {
            Term::Function(function, _, receiver) => {
                let before: Vec<Term> = given.terms().cloned().collect();
                let handed = self.handed(*function, receiver.is_some(), arguments);
                self.hand_over(*function, &handed);
                let result = self.call_term(&term, base.as_ref(), given, range);
                self.take_back(*function, &handed, &before);
                result
            }
            _ => {
                let first = given.positional.first().map(|first| first.term.clone());
                let result = self.call_term(&term, base.as_ref(), given, range);
                self.changed_by_library(&term, arguments, first.as_ref());
                result
            }
        };
        match (result, self.engine(expr).single()) {
            (Term::Other(text, None), Some(value)) if matches!(self.evaluator.get(value), Value::Instance(_)) => {
                Term::Other(text, Some(value))
            }
            (Term::Other(..), Some(value)) if matches!(self.evaluator.get(value), Value::Partial { .. }) => {
                Term::Known(value)
            }
            (term, _) => term,
        }
    }

    /// A `timedelta` of which all is known.
    fn duration(&self, callee: &Term, expr: ExprId) -> Option<Term> {
        let Term::Known(callee) = callee else { return None };
        self.evaluator.outside_name(*callee).filter(|name| *name == "datetime.timedelta")?;
        let constant = constant(self.evaluator, expr, self.place())?;
        Some(Term::constant(&shown(constant)))
    }

    /// A collection that a function of the project was given holds afterwards what the function has put there. `before` is what
    /// each argument was, those with names last.
    fn take_back(&mut self, function: FunctionRef, handed: &[Handed], before: &[Term]) {
        for Handed { position, variable, by } in handed {
            let is_collection = |term: &&Term| {
                matches!(term, Term::Items(_) | Term::Many(..) | Term::Table(_) | Term::Other(..) | Term::Choice(_))
            };
            let Some(before) = before.get(*position).filter(is_collection) else { continue };
            let Some(now) = self.env.get(&(function.file, *variable)).cloned() else { continue };
            if !is_same(before, &now) {
                self.replace(*by, now);
            }
        }
    }

    /// The arguments of a call, evaluated in their order.
    pub(super) fn given(&mut self, arguments: List<Argument>) -> Given {
        let module = self.module();
        let mut given = Given::default();
        for argument in module.list(arguments) {
            let term = self.eval(argument.value);
            match argument.kind {
                ArgumentKind::Positional => given.positional.push(Item::always(term)),
                ArgumentKind::Keyword(name) => given.named.push((name, term)),
                ArgumentKind::Star => match term.spread() {
                    Some(items) => given.positional.extend(items),
                    None => {
                        given.open = true;
                        given.positional.push(Item::always(term));
                    }
                },
                ArgumentKind::DoubleStar => {
                    let term = self.settled(term);
                    match self.entries_of(&term, MOST_CHOICES) {
                        Some(entries) => {
                            for (key, value) in entries {
                                match key {
                                    Term::Constant(key) => {
                                        given.named.push((Name::new(key.trim_matches('\'')), value));
                                    }
                                    _ => given.open = true,
                                }
                            }
                        }
                        None => given.open = true,
                    }
                }
            }
        }
        given
    }

    /// The entries of a dict, where all that may be there are known: what is there under a condition alone is nothing else.
    fn entries_of(&self, term: &Term, deep: usize) -> Option<Vec<(Term, Term)>> {
        let deeper = deep.checked_sub(1)?;
        match term {
            Term::Table(entries) => Some(entries.to_vec()),
            Term::Choice(choice) => {
                let then = self.entries_of(&choice.then, deeper)?;
                let mut orelse = self.entries_of(&choice.orelse, deeper)?;
                let either = |one: Term, other: Term| match self.text(&one) == self.text(&other) {
                    true => one,
                    false => Term::choice(choice.condition.clone(), one, other),
                };
                let mut found = Vec::new();
                for (key, value) in then {
                    let at = orelse.iter().position(|(known, _)| is_same(known, &key));
                    let other = at.map_or_else(Term::none, |at| orelse.remove(at).1);
                    found.push((key, either(value, other)));
                }
                found.extend(orelse.into_iter().map(|(key, value)| (key, either(Term::none(), value))));
                Some(found)
            }
            _ => None,
        }
    }

    /// A call of what a term is.
    pub(super) fn call_term(&mut self, callee: &Term, base: Option<&Term>, given: Given, range: TextRange) -> Term {
        match callee {
            Term::Function(function, outer, receiver) => {
                let receiver = receiver.as_deref().cloned();
                self.run(*function, *outer, receiver, given, range)
            }
            Term::Known(value) => match self.evaluator.get(*value).clone() {
                Value::Outside(name) | Value::OutsideMethod { name, .. } => self.outside(name, base, given, range),
                Value::Class(class, outer) => self.construct(class, outer, given, range),
                Value::Parametrised { class: Some(class), .. } => {
                    self.call_term(&Term::Known(class), base, given, range)
                }
                Value::Partial { callee, arguments } => self.partial(&callee, &arguments, given, range),
                Value::Instance(_) => {
                    let object = callee.clone();
                    match self.method_function(&object, "__call__") {
                        Some((function, outer)) => self.run(function, outer, Some(object), given, range),
                        None => self.unknown_call(callee, &given),
                    }
                }
                _ => self.unknown_call(callee, &given),
            },
            Term::Choice(choice) => {
                let test = super::term::Test { condition: choice.condition.clone(), holds: true };
                let (mut then, mut other) = (Term::Never, Term::Never);
                let again = given.clone();
                self.branch(
                    &test,
                    range,
                    |this| {
                        then = this.call_chosen(&choice.then, base, given, range);
                        true
                    },
                    |this| {
                        other = this.call_chosen(&choice.orelse, base, again, range);
                        true
                    },
                );
                self.one_of(test, then, other)
            }
            Term::Object(..) => match self.method_function(callee, "__call__") {
                Some((function, outer)) => self.run(function, outer, Some(callee.clone()), given, range),
                None => self.unknown_call(callee, &given),
            },
            Term::Never => Term::Never,
            // An event's method that is handed over and called by another.
            Term::Other(text, _) if given.terms().next().is_none() && text.name.ends_with(IS_SET) => {
                let of = |text: &str| text.strip_suffix(IS_SET).unwrap_or(text).into();
                let event = Text { name: of(&text.name), shape: of(&text.shape), is_shared: text.is_shared };
                Term::of_truth(self.truth(&Term::other(event)))
            }
            Term::Other(text, _) if text.name.starts_with(MAKES_ACTIVITY) && !given.positional.is_empty() => {
                self.registers(&given.positional[0].term, Some(&text.name[MAKES_ACTIVITY.len()..]))
            }
            Term::Other(text, _)
                if let Some(asked) = self.by_name.get(&text.name).cloned()
                    && let Some(found) = self.chosen_by_name(asked) =>
            {
                self.call_term(&found, base, given, range)
            }
            _ => self.unknown_call(callee, &given),
        }
    }

    /// A call of one of several. Where a table has none for a key, or `None`, no history goes on.
    fn call_chosen(&mut self, callee: &Term, base: Option<&Term>, given: Given, range: TextRange) -> Term {
        if matches!(callee, Term::Never) || matches!(callee, Term::Constant(none) if &**none == "None") {
            self.never();
            return Term::Never;
        }
        self.call_term(callee, base, given, range)
    }

    fn partial(&mut self, callee: &Values, first: &Arguments, given: Given, range: TextRange) -> Term {
        let Some(callee) = callee.single() else { return Term::other(Text::plain("partial")) };
        let term = |this: &mut Self, values: &Values| {
            this.known(values).unwrap_or_else(|| Term::Other(Text::plain("given"), values.single()))
        };
        let mut all = Given { open: given.open || first.open, ..Given::default() };
        for values in &first.positional {
            let term = term(self, values);
            all.positional.push(Item::always(term));
        }
        for (name, values) in &first.named {
            let term = term(self, values);
            all.named.push((*name, term));
        }
        all.positional.extend(given.positional);
        all.named.extend(given.named);
        let callee = self.of_value(callee);
        self.call_term(&callee, None, all, range)
    }

    /// What a call gives of which nothing is known.
    pub(super) fn unknown_call(&mut self, callee: &Term, given: &Given) -> Term {
        self.unknown_calls += 1;
        let mut parts = vec![self.text(callee)];
        parts.extend(given.terms().map(|term| self.text(term)));
        let parts: Vec<&Text> = parts.iter().collect();
        Term::other(Text::joined(&parts, |parts| format!("{}({})", parts[0], parts[1..].join(", "))))
    }

    /// Waits for something: what `await` gives.
    pub(super) fn wait_for(&mut self, term: &Term, range: TextRange) -> Term {
        match term {
            Term::Lazy(lazy) if self.is_on_path() => self.wait_on_path(lazy),
            Term::Lazy(lazy) => {
                lazy.steps.iter().for_each(|step| self.emit_of(lazy, step.clone()));
                lazy.result.clone()
            }
            Term::Started(started) => {
                let at = self.site(range);
                self.emit(Step::Wait(Wait { tokens: started.tokens.clone(), failures: Failures::Raised, at }));
                if self.fails(&started.tokens, false) {
                    return Term::Never;
                }
                started.result.clone()
            }
            Term::Choice(choice) => {
                let test = super::term::Test { condition: choice.condition.clone(), holds: true };
                let (mut then, mut other) = (Term::Never, Term::Never);
                self.branch(
                    &test,
                    range,
                    |this| {
                        then = this.wait_for(&choice.then, range);
                        true
                    },
                    |this| {
                        other = this.wait_for(&choice.orelse, range);
                        true
                    },
                );
                self.one_of(test, then, other)
            }
            Term::Other(text, _) => {
                let what = Text::joined(&[text], |parts| {
                    parts[0].split('(').find(|part| !part.is_empty()).unwrap_or("").to_owned()
                });
                let reason = format!("`{}` is awaited, and what it does cannot be told", what.name);
                let at = self.site(range);
                self.emit(Step::Unknown { what, reason, at });
                Term::other(Text::joined(&[text], |parts| format!("awaited {}", parts[0])))
            }
            Term::Known(value) => {
                let text = self.text(term);
                let reason = format!("`{}` is awaited, and what it does cannot be told", text.name);
                let at = self.site(range);
                self.emit(Step::Unknown { what: text.clone(), reason, at });
                Term::Other(Text::joined(&[&text], |parts| format!("awaited {}", parts[0])), Some(*value))
            }
            other => other.clone(),
        }
    }
}

/// A term in which something stands where nothing would come.
pub(super) fn replaced_never(term: Term, default: &Term) -> Term {
    match term {
        Term::Never => default.clone(),
        Term::Choice(choice) => Term::choice(
            choice.condition.clone(),
            replaced_never(choice.then.clone(), default),
            replaced_never(choice.orelse.clone(), default),
        ),
        other => other,
    }
}
