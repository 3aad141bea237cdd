//! What targets are given: names, attributes, items, parts of what is unpacked, and what patterns take.
//!
//! Knows: variables and the workflow's state, as terms. Does not know: how a value comes about.

use std::sync::Arc;

use super::build::Builder;
use super::effects::INPUT;
use super::expression::quoted;
use super::methods::unchanged;
use super::step::Text;
use super::term::{Term, Truth, is_same};
use crate::semantic::{Expr, ExprId, Name};
use crate::source::TextRange;

impl Builder<'_, '_, '_> {
    /// Gives a target its value.
    pub(super) fn assign(&mut self, target: ExprId, term: Term) {
        let module = self.module();
        match module[target] {
            Expr::Target(binding) => {
                let key = (self.here.file, module[binding].variable);
                self.drop_alias(key.0, key.1);
                self.env.insert(key, term);
            }
            Expr::Name { name, block, .. } => {
                if let Some(variable) = module.variable_read(name, block) {
                    self.env.insert((self.here.file, variable), term);
                }
            }
            Expr::Tuple(targets) | Expr::List(targets) => self.unpack(module.list(targets), &term),
            Expr::Starred(inner) => self.assign(inner, term),
            Expr::Attribute { value, name } => {
                self.drop_alias_of(name);
                self.assign_attribute(value, name, term);
            }
            Expr::Subscript { value, index } => {
                let container = self.eval(value);
                let key = self.eval(index);
                if self.is_of_state(value) {
                    self.writes = true;
                }
                if !term.tokens().is_empty() {
                    let mut all = match &container {
                        Term::Many(_, items) => items.to_vec(),
                        Term::Table(entries) => entries.iter().map(|(_, value)| value.clone()).collect(),
                        _ => Vec::new(),
                    };
                    all.push(term);
                    return self.replace(value, Term::Many(Text::plain("collected"), Arc::new(all)));
                }
                if let Some(table) = container.with_entry(&key, &term) {
                    return self.replace(value, table);
                }
                self.replace(value, self.changed(&container));
            }
            _ => {}
        }
    }

    /// An entry of a collection is taken out by `del`.
    pub(super) fn deleted(&mut self, target: ExprId) {
        let module = self.module();
        let Expr::Subscript { value, index } = module[target] else { return };
        let (container, key) = (self.eval(value), self.eval(index));
        if self.is_of_state(value) {
            self.writes = true;
            return self.deleted_of_state(value, &key);
        }
        let left = match (&container, &key) {
            (Term::Table(entries), Term::Constant(_))
                if entries.iter().all(|(known, _)| matches!(known, Term::Constant(_))) =>
            {
                Term::Table(Arc::new(entries.iter().filter(|(known, _)| !is_same(known, &key)).cloned().collect()))
            }
            _ => self.changed(&container),
        };
        self.replace(value, left);
    }

    /// An entry is taken out of what an attribute holds, or out of a part of that, which changes with the part.
    fn deleted_of_state(&mut self, value: ExprId, key: &Term) {
        let module = self.module();
        let mut keys = vec![self.text(key)];
        let mut holder = value;
        while let Expr::Subscript { value, index } = module[holder] {
            let key = self.eval(index);
            keys.push(self.text(&key));
            holder = value;
        }
        let all: Vec<&Text> = keys.iter().collect();
        let which = Term::other(Text::joined(&all, |parts| parts.join(" of ")));
        let holder = self.eval(holder);
        let holder = unchanged(&self.text(&holder));
        self.put_less(holder, Some(&which));
    }

    /// Parts of what a target is given; one with a star takes all between those before and behind it.
    fn unpack(&mut self, targets: &[ExprId], term: &Term) {
        let module = self.module();
        if let Some(star) = targets.iter().position(|target| matches!(module[*target], Expr::Starred(_)))
            && let Some(parts) = parts_around(term, star, targets.len())
        {
            for (target, part) in targets.iter().zip(parts) {
                self.assign(*target, part);
            }
            return;
        }
        let text = self.text(term);
        for (position, target) in targets.iter().enumerate() {
            let part = match part_at(term, position, targets.len()) {
                Some(part) => part,
                None => Term::other(Text::joined(&[&text], |parts| format!("{}[{position}]", parts[0]))),
            };
            self.assign(*target, part);
        }
    }

    /// Whether an expression is an attribute of the workflow's object, or something in it.
    fn is_of_state(&self, expr: ExprId) -> bool {
        let module = self.module();
        match module[expr] {
            Expr::Attribute { value, .. } => match module[value] {
                Expr::Name { name, .. } => name == "self",
                _ => self.is_of_state(value),
            },
            Expr::Subscript { value, .. } => self.is_of_state(value),
            _ => false,
        }
    }

    /// Puts something in the place of what a variable or attribute holds.
    pub(super) fn replace(&mut self, expr: ExprId, term: Term) {
        let module = self.module();
        self.also_in_aliases(expr, &term);
        match module[expr] {
            Expr::Name { .. } => {
                if let Some(variable) = super::super::code::variable_of(module, expr) {
                    self.env.insert((self.here.file, variable), term);
                }
            }
            Expr::Attribute { value, name } => self.assign_attribute(value, name, term),
            _ => {}
        }
    }

    fn assign_attribute(&mut self, value: ExprId, name: Name, term: Term) {
        let object = self.eval(value);
        self.put_attribute(&object, name, term);
    }

    /// What a term is here: a constant, where it was asked whether it is that.
    fn as_asked(&self, term: Term) -> Term {
        let Term::Other(text, _) = &term else { return term };
        let only = self.here.path.iter().rev().filter(|test| test.holds).find_map(|test| {
            let asked = test.condition.compares.as_ref().filter(|asked| asked.of == text.shape)?;
            match asked.constants.as_slice() {
                [only] if !text.is_shared => Some(Arc::clone(only)),
                _ => None,
            }
        });
        only.filter(|only| only.starts_with('\'')).map_or(term, Term::Constant)
    }

    fn put_attribute(&mut self, object: &Term, name: Name, term: Term) {
        let term = self.as_asked(term);
        match object {
            Term::Object(object, _) => {
                if *object == 0 {
                    self.writes = true;
                    self.put(name, &term);
                }
                self.heap.insert((*object, name), term);
            }
            Term::Other(text, _) => {
                self.put_into(text, name, &term);
                if let Some(object) = self.written_object(text) {
                    self.heap.insert((object, name), term);
                }
            }
            _ => {}
        }
    }

    /// `setattr(object, name, value)`.
    pub(super) fn attribute_set(&mut self, object: &Term, name: &Term, term: &Term) -> Option<Term> {
        match name {
            Term::Constant(name) => {
                self.put_attribute(object, Name::new(super::term::unquoted(name)), term.clone());
            }
            // It may be any of those that are known.
            _ => {
                let number = match object {
                    Term::Object(object, _) => Some(*object),
                    Term::Other(text, _) => self.written_object(text),
                    _ => None,
                }?;
                self.writes |= number == 0;
                let known: Vec<Name> =
                    self.heap.keys().filter(|(object, _)| *object == number).map(|(_, name)| *name).collect();
                for known in known {
                    let perhaps = self.equals(name, &Term::constant(&quoted(known.as_str())));
                    let before = self.heap.get(&(number, known)).cloned().unwrap_or_else(Term::none);
                    let now = match perhaps {
                        Truth::Always(true) => term.clone(),
                        Truth::Always(false) => before,
                        Truth::When(test) => self.one_of(test, term.clone(), before),
                    };
                    self.heap.insert((number, known), now);
                }
            }
        }
        Some(Term::none())
    }

    /// The number of an object that the flow was given, or that is a part of one, for what code puts into its attributes.
    fn written_object(&mut self, text: &Text) -> Option<u32> {
        if text.is_shared || !text.name.starts_with(INPUT) {
            return None;
        }
        if let Some(known) = self.given_objects.get(&text.name) {
            return Some(*known);
        }
        self.objects += 1;
        self.given_objects.insert(Arc::clone(&text.name), self.objects);
        self.given_texts.insert(self.objects, text.clone());
        Some(self.objects)
    }

    /// What code has put into an attribute of something that the flow was given.
    pub(super) fn written_into(&self, text: &Text, name: Name) -> Option<Term> {
        self.heap.get(&(*self.given_objects.get(&text.name)?, name)).cloned()
    }

    /// What an attribute of something that the flow was given holds where no code has put anything there.
    pub(super) fn as_given(&self, (object, name): (u32, Name)) -> Option<Term> {
        Some(Term::other(self.part_of(self.given_texts.get(&object)?, name)))
    }

    pub(super) fn matched(&mut self, matched: crate::semantic::MatchId, range: TextRange) -> bool {
        let module = self.module();
        let subject = self.eval(module[matched].subject);
        self.cases(&subject, module.list(module[matched].cases), range)
    }

    fn cases(&mut self, subject: &Term, cases: &[crate::semantic::Case], range: TextRange) -> bool {
        let Some((case, rest)) = cases.split_first() else { return true };
        let mut truth = self.pattern(case.pattern, subject);
        if let Some(guard) = case.guard {
            truth = truth.and(self.test(guard));
        }
        match truth {
            Truth::Always(true) => self.suite(case.body),
            Truth::Always(false) => self.cases(subject, rest, range),
            Truth::When(test) => {
                self.branch(&test, range, |this| this.suite(case.body), |this| this.cases(subject, rest, range))
            }
        }
    }
}

/// What targets of which one has a star are given of a sequence, or of one of several.
fn parts_around(term: &Term, star: usize, count: usize) -> Option<Vec<Term>> {
    match term {
        Term::Items(items) if items.iter().all(|item| item.when.is_none()) && items.len() + 1 >= count => {
            let behind = star + items.len() + 1 - count;
            let mut parts: Vec<Term> = items[..star].iter().map(|item| item.term.clone()).collect();
            parts.push(Term::Items(Arc::new(items[star..behind].to_vec())));
            parts.extend(items[behind..].iter().map(|item| item.term.clone()));
            Some(parts)
        }
        Term::Choice(choice) => {
            let then = parts_around(&choice.then, star, count)?;
            let orelse = parts_around(&choice.orelse, star, count)?;
            let either = |(then, orelse)| Term::choice(choice.condition.clone(), then, orelse);
            Some(then.into_iter().zip(orelse).map(either).collect())
        }
        _ => None,
    }
}

/// What stands at a position of a sequence of so many items, or of one of several such.
fn part_at(term: &Term, position: usize, count: usize) -> Option<Term> {
    match term {
        Term::Items(items) if items.iter().all(|item| item.when.is_none()) && items.len() == count => {
            Some(items[position].term.clone())
        }
        Term::Choice(choice) => {
            let then = part_at(&choice.then, position, count)?;
            Some(Term::choice(choice.condition.clone(), then, part_at(&choice.orelse, position, count)?))
        }
        Term::Never => Some(Term::Never),
        _ => None,
    }
}
