//! Methods and functions that are asked for by a name: `getattr(self, f"on_{kind}")`.
//!
//! Knows: which of them have such a name; a table of these reads alike. Does not know: attributes that hold something else.

use super::build::Builder;
use super::call::{Given, replaced_never};
use super::expression::quoted;
use super::term::{Term, unquoted};
use crate::python::{Ancestor, FunctionRef, MethodKind, Value, Values};
use crate::semantic::{BindingKind, Name};

/// Among how many it is chosen by a name. Where there are more, it cannot be told which.
const MOST_NAMED: usize = 40;

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
        let found = self.choose(&entries, &name);
        Some(match default {
            Some(default) => replaced_never(found, &default),
            None => found,
        })
    }

    /// The methods of an object, or functions of a module, that have such a name, each under it.
    fn named_alike(&self, object: &Term, name: &Term) -> Option<Vec<(Term, Term)>> {
        let (Term::Object(_, value) | Term::Known(value) | Term::Other(_, Some(value))) = object else { return None };
        let mut found: Vec<(Name, Term)> = match self.evaluator.get(*value) {
            Value::Instance(instance) => {
                let names = self.names_of_class(*value).into_iter().filter(|known| fits(name, known.as_str()));
                let method = |known: Name| {
                    let (function, kind) = self.function_of_class(instance.class, known)?;
                    let receiver = match kind {
                        MethodKind::Property => return None,
                        MethodKind::Static => None,
                        _ => Some(std::sync::Arc::new(object.clone())),
                    };
                    let is_running = self.running.contains(&function.function);
                    let is_meant = !is_any(name) || !is_running && !self.is_entry(function.function);
                    is_meant.then(|| (known, Term::Function(function.function, function.outer, receiver)))
                };
                names.filter_map(method).collect()
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

    /// The names of all functions that the classes of an object define, but for those that Python itself calls.
    fn names_of_class(&self, object: crate::python::ValueId) -> Vec<Name> {
        let Value::Instance(instance) = self.evaluator.get(object) else { return Vec::new() };
        let mut found = Vec::new();
        for ancestor in self.evaluator.order(instance.class, None).iter() {
            let Ancestor::Project(owner, _) = ancestor else { continue };
            let module = self.evaluator.project().module(owner.file);
            let is_function =
                |binding: &crate::semantic::BindingId| matches!(module[*binding].kind, BindingKind::Function(_));
            let names = module.variables_of(module[owner.class].scope);
            let names = names.filter(|(_, variable)| variable.bindings.iter().any(is_function));
            found.extend(names.map(|(_, variable)| variable.name).filter(|name| !name.as_str().starts_with("__")));
        }
        found
    }

    /// Whether the SDK runs a function itself.
    fn is_entry(&self, function: FunctionRef) -> bool {
        let mut entries = self.analysis.definitions.entry_points.iter();
        entries.any(|entry| matches!(entry.root.code, crate::python::Code::Function(known) if known == function))
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
