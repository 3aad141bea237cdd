//! Methods and functions that are asked for by a name: `getattr(self, f"on_{kind}")`.
//!
//! Knows: which of them have such a name, by `def`, in an attribute or from a property; a table of these reads alike. Does not know:
//! attributes that hold what is no function.

use std::sync::Arc;

use super::build::Builder;
use super::call::{Given, replaced_never};
use super::expression::quoted;
use super::term::{Item, Term, unquoted};
use crate::python::{Ancestor, ClassRef, FunctionRef, MethodKind, Value, ValueId, Values};
use crate::semantic::{BindingId, BindingKind, Name};
use crate::source::TextRange;

/// Among how many it is chosen by a name. Where there are more, it cannot be told which.
const MOST_NAMED: usize = 40;

/// How many of those that a name chooses may be gone through already: where each leads to the others, all orders of all would be.
const MOST_AROUND: usize = 2;

/// What is asked for by a name of which nothing is known: of what, by which name, and what there is in case of none.
pub(super) type ByName = (Term, Term, Option<Term>);

impl Builder<'_, '_, '_> {
    /// `getattr(object, name)` where a part of the name is known.
    pub(super) fn named_attribute(&mut self, given: &Given) -> Option<Term> {
        let (object, name) = (given.get(0, "")?, given.get(1, "")?);
        if is_any(&name) {
            return None;
        }
        self.chosen_by_name((object, name, given.get(2, "")))
    }

    /// Takes down what is asked for by a name of which nothing is known, in case it is called.
    pub(super) fn note_by_name(&mut self, given: &Given, result: &Term) {
        if let (Some(object), Some(name), Term::Other(text, _)) = (given.get(0, ""), given.get(1, ""), result)
            && is_any(&name)
        {
            self.by_name.insert(text.name.clone(), (object, name, given.get(2, "")));
        }
    }

    /// The method or function of a name, among all that have such a name.
    pub(super) fn chosen_by_name(&mut self, (object, name, default): ByName) -> Option<Term> {
        let entries = self.named_alike(&object, &name).filter(|all| (1..=MOST_NAMED).contains(&all.len()))?;
        let default = default.or_else(|| self.made_up(&object, &name));
        if entries.iter().filter(|(_, term)| self.is_running(term)).count() >= MOST_AROUND {
            return Some(self.again(&entries));
        }
        let found = self.choose(&entries, &name);
        Some(match default {
            Some(default) => replaced_never(found, &default),
            None => found,
        })
    }

    /// What an object gives for a name that none of its attributes has.
    fn made_up(&mut self, object: &Term, name: &Term) -> Option<Term> {
        let (function, outer) = self.method_function(object, "__getattr__")?;
        let given = Given { positional: vec![Item::always(name.clone())], ..Given::default() };
        Some(self.run(function, outer, Some(object.clone()), given, TextRange::default()))
    }

    /// Whether a function is gone through already.
    fn is_running(&self, term: &Term) -> bool {
        matches!(term, Term::Function(function, ..) if self.running.contains(function))
    }

    /// A function of which each chooses the next, once more.
    fn again(&self, entries: &[(Term, Term)]) -> Term {
        let running = entries.iter().map(|(_, term)| term).rfind(|term| self.is_running(term));
        running.cloned().unwrap_or(Term::Never)
    }

    /// The methods of an object, or functions of a module, that have such a name, each under it.
    fn named_alike(&mut self, object: &Term, name: &Term) -> Option<Vec<(Term, Term)>> {
        let (Term::Object(_, value) | Term::Known(value) | Term::Other(_, Some(value))) = object else { return None };
        let mut found: Vec<(Name, Term)> = match self.evaluator.get(*value) {
            Value::Instance(instance) => {
                let class = instance.class;
                let names = self.names_of_class(*value, !is_any(name));
                let names = names.into_iter().filter(|known| fits(name, known.as_str()));
                let mut found = Vec::new();
                for known in names {
                    let Some(term) = self.method_named(object, (*value, class), known) else { continue };
                    let is_meant = match &term {
                        Term::Function(function, ..) if is_any(name) => {
                            !self.running.contains(function) && !self.is_entry(*function)
                        }
                        _ => true,
                    };
                    found.extend(is_meant.then_some((known, term)));
                }
                found
            }
            Value::Module(file) => {
                let module = self.evaluator.project().module(*file);
                let names = module.variables_of(module.global()).map(|(_, variable)| variable.name);
                let function = |known: Name| {
                    let values = self.evaluator.attribute(&Values::of(*value), known);
                    let is_function = matches!(self.evaluator.get(values.single()?), Value::Function(_));
                    is_function.then(|| self.known(&values)).flatten().map(|term| (known, term))
                };
                names.filter(|known| !is_any(name) && fits(name, known.as_str())).filter_map(function).collect()
            }
            _ => return None,
        };
        found.sort_by_key(|(name, _)| name.as_str());
        found.dedup_by_key(|(name, _)| *name);
        let entry = |(name, term): (Name, Term)| (Term::constant(&quoted(name.as_str())), term);
        Some(found.into_iter().map(entry).collect())
    }

    /// The function that an attribute of an object is, that it holds, or that a property gives.
    fn method_named(&mut self, object: &Term, (value, class): (ValueId, ClassRef), name: Name) -> Option<Term> {
        if let Term::Object(number, _) = object
            && let Some(held) = self.heap.get(&(*number, name))
        {
            return matches!(held, Term::Function(..) | Term::Choice(_)).then(|| held.clone());
        }
        let Some((function, kind)) = self.function_of_class(class, name) else {
            let values = self.evaluator.attribute(&Values::of(value), name);
            return match self.evaluator.get(values.single()?) {
                Value::Function(callable) => {
                    let receiver = callable.receiver.map(|_| Arc::new(object.clone()));
                    Some(Term::Function(callable.function, callable.outer, receiver))
                }
                _ => None,
            };
        };
        let receiver = match kind {
            MethodKind::Property => {
                let (given, range) = (Given::default(), TextRange::default());
                let term = self.run(function.function, function.outer, Some(object.clone()), given, range);
                return (!matches!(term, Term::Constant(_) | Term::Items(_) | Term::Table(_))).then_some(term);
            }
            MethodKind::Static => None,
            _ => Some(Arc::new(object.clone())),
        };
        Some(Term::Function(function.function, function.outer, receiver))
    }

    /// The names that the classes of an object give functions, but for those that Python itself calls; and those of all else that they
    /// hold, where `all` are wanted.
    fn names_of_class(&self, object: ValueId, all: bool) -> Vec<Name> {
        let Value::Instance(instance) = self.evaluator.get(object) else { return Vec::new() };
        let mut found = Vec::new();
        for ancestor in self.evaluator.order(instance.class, None).iter() {
            let Ancestor::Project(owner, _) = ancestor else { continue };
            let module = self.evaluator.project().module(owner.file);
            let is_function = |binding: &BindingId| matches!(module[*binding].kind, BindingKind::Function(_));
            let names = module.variables_of(module[owner.class].scope);
            let names = names.filter(|(_, variable)| all || variable.bindings.iter().any(is_function));
            found.extend(names.map(|(_, variable)| variable.name).filter(|name| !name.as_str().starts_with("__")));
            if all {
                found.extend(module.all_attribute_stores().iter().map(|store| store.name));
            }
        }
        found.sort_unstable_by_key(|name| name.as_str());
        found.dedup();
        found
    }

    /// Whether the SDK runs a function itself.
    fn is_entry(&self, function: FunctionRef) -> bool {
        let mut entries = self.analysis.definitions.entry_points.iter();
        entries.any(|entry| entry.runs(function))
    }
}

/// Whether nothing is known of a name.
fn is_any(name: &Term) -> bool {
    match name {
        Term::Constant(_) | Term::Member(_) => false,
        Term::Written(parts) => !parts.iter().any(|part| matches!(part, Term::Constant(_))),
        Term::Choice(choice) => is_any(&choice.then) || is_any(&choice.orelse),
        _ => true,
    }
}

/// Whether a name may be one that is known.
fn fits(name: &Term, known: &str) -> bool {
    match name {
        Term::Constant(text) => unquoted(text) == known,
        Term::Member(member) => member.is_value && fits(&member.value, known),
        Term::Choice(choice) => fits(&choice.then, known) || fits(&choice.orelse, known),
        Term::Written(parts) => {
            let constant = |part: Option<&Term>| match part {
                Some(Term::Constant(text)) => unquoted(text).to_owned(),
                _ => String::new(),
            };
            let (first, last) = (constant(parts.first()), constant(parts.last()));
            known.strip_prefix(&*first).is_some_and(|rest| rest.ends_with(&*last))
        }
        Term::Never => false,
        _ => true,
    }
}
