//! What names stand for that are bound outside functions: the terms of the expressions that made them.
//!
//! Knows: names of modules, attributes of classes, members of enumerations, fields of objects that modules make, and of which
//! of these it is known that nothing changes them. Does not know: what functions hold.
//!
//! ```python
//! KINDS = frozenset({"a", "b"})          # items('a', 'b')
//! LIMIT = int(os.getenv("LIMIT", "2"))   # builtins.int(os.getenv('LIMIT', '2'))
//! ```
//!
//! Where something else stands behind a name, it decides something else, and where it has another name, nothing changes.

use std::sync::Arc;

use super::build::{Builder, Here};
use super::shapes::replaces;
use super::step::Text;
use super::term::{Item, Member, Term, Truth};
use super::values::{class_binding, derives, given_by_auto, is_auto};
use crate::python::{ClassRef, Origin, Place, Value, ValueId, Values};
use crate::semantic::{BindingKind, Expr, ExprId, Module, Name};
use crate::temporal::constants::constant;

/// Through how many names what made a thing is followed.
const DEEP: usize = 12;

/// How much code is gone through for one name.
const MOST_WORK_OF_NAME: usize = 4_000;

/// What makes a member of an enumeration equal to its value.
const ARE_VALUES: [&str; 5] = ["builtins.int", "builtins.str", "enum.IntEnum", "enum.IntFlag", "enum.StrEnum"];

impl Builder<'_, '_, '_> {
    /// What a name stands for, or an attribute of a module, that is bound outside functions.
    pub(super) fn origin(&mut self, expr: ExprId) -> Option<Term> {
        let place = self.place();
        let module = self.module();
        let (Expr::Name { name, .. } | Expr::Attribute { name, .. }) = module[expr] else { return None };
        match self.evaluator.origin(expr, place) {
            Some(Origin::Value(value, place)) => self.made_by(value, place, name),
            Some(_) => None,
            None => self.one_of_several(expr, name),
        }
    }

    /// What a name stands for to which several statements of its module give a value.
    fn one_of_several(&mut self, expr: ExprId, name: Name) -> Option<Term> {
        let module = self.module();
        let Expr::Name { block, .. } = module[expr] else { return None };
        let bindings = &module[module.variable_read(name, block)?].bindings;
        let place = Place { file: self.here.file, frame: None };
        let mut texts = Vec::new();
        for binding in bindings {
            let (value, word) = match module[*binding].kind {
                BindingKind::Assign { value, path, .. } if path.is_empty() => (value, ""),
                BindingKind::Assign { value, .. } => (value, "part of "),
                BindingKind::Augment { value, .. } => (value, "changed by "),
                _ => return None,
            };
            let term = self.made_by(value, place, name)?;
            texts.push(Text::joined(&[&self.text(&term)], |parts| format!("{word}{}", parts[0])));
        }
        (!texts.is_empty()).then(|| Term::other(self.sequence("one of", &texts)))
    }

    /// What an expression outside functions gives, which is held under a name.
    fn made_by(&mut self, value: ExprId, place: Place, held: Name) -> Option<Term> {
        let key = (place.file, value);
        if let Some(known) = self.origins.get(&key) {
            return known.clone();
        }
        if self.origins_open >= DEEP {
            return None;
        }
        // A name that stands for itself stands for nothing.
        self.origins.insert(key, None);
        self.origins_open += 1;
        let term = self.apart(place, |this| this.eval(value));
        self.origins_open -= 1;
        let term = term.map(|term| self.unless_filled(term, held));
        self.origins.insert(key, term.clone());
        term
    }

    /// What code outside functions gives. It leaves no trace but the fields of the objects that it makes.
    pub(super) fn apart(&mut self, place: Place, does: impl FnOnce(&mut Self) -> Term) -> Option<Term> {
        if self.cannot.is_some() {
            return None;
        }
        let mark = self.mark();
        let here = std::mem::replace(&mut self.here, Here::new(place.file, None, place.frame));
        let way = std::mem::take(&mut self.way);
        let (objects, most) = (self.objects, self.most_work);
        self.most_work = most.min(self.work + MOST_WORK_OF_NAME);
        let (_, term) = self.captured(does);
        let made = self.heap.iter().filter(|((object, _), _)| *object > objects);
        let made: Vec<_> = made.map(|(key, term)| (*key, term.clone())).collect();
        self.fixed.extend(made);
        self.back_to(mark);
        (self.here, self.way, self.most_work) = (here, way, most);
        match (self.cannot.take(), term) {
            (None, term) if !matches!(term, Term::Never | Term::Lazy(_) | Term::Started(_)) => Some(term),
            _ => None,
        }
    }

    /// A collection that code fills elsewhere holds more than it was made with.
    fn unless_filled(&self, term: Term, held: Name) -> Term {
        let is_open = match &term {
            Term::Items(items) => items.is_empty() || self.is_filled(held),
            Term::Table(entries) => entries.is_empty() || self.is_filled(held),
            _ => false,
        };
        if !is_open {
            return term;
        }
        Term::other(Text::joined(&[&self.text(&term)], |parts| format!("filled {}", parts[0])))
    }

    fn is_filled(&self, held: Name) -> bool {
        let project = self.evaluator.project();
        project.built().into_iter().any(|file| project.module(file).stores(held).next().is_some())
    }

    /// A field of an object that a module makes.
    pub(super) fn fixed_field(&self, object: u32, name: Name) -> Option<Term> {
        let term = self.unless_filled(self.fixed.get(&(object, name))?.clone(), name);
        let project = self.evaluator.project();
        let is_changed = project.built().into_iter().any(|file| stores_later(project.module(file), name));
        if !is_changed {
            return Some(term);
        }
        Some(Term::other(Text::joined(&[&self.text(&term)], |parts| format!("changed {}", parts[0]))))
    }

    /// How an object reads that a module makes: by its class and what its fields hold.
    pub(super) fn text_of_fixed(&self, object: u32, value: ValueId) -> Option<Text> {
        let mut fields: Vec<(Name, &Term)> =
            self.fixed.iter().filter(|((of, _), _)| *of == object).map(|((_, name), term)| (*name, term)).collect();
        if fields.is_empty() || object == 0 {
            return None;
        }
        fields.sort_by_key(|(name, _)| name.as_str());
        let class = match self.evaluator.get(value) {
            Value::Instance(instance) => self.name_of_class(instance.class),
            _ => "object".to_owned(),
        };
        let is_other = |term: &Term| !matches!(term, Term::Object(inner, _) if *inner >= object);
        let field = |(name, term): &(Name, &Term)| match is_other(term) {
            true => Text::joined(&[&self.text(term)], |parts| format!("{name}={}", parts[0])),
            false => Text::plain(name.as_str()),
        };
        let fields: Vec<Text> = fields.iter().map(field).collect();
        Some(self.sequence(&class, &fields))
    }

    /// What the body of an object's class, or of a class, gives an attribute.
    pub(super) fn class_origin(&mut self, value: ValueId, name: Name) -> Option<Term> {
        let class = match self.evaluator.get(value) {
            Value::Instance(instance) => instance.class,
            Value::Class(class, _) => *class,
            _ => return None,
        };
        let (value, place) = class_binding(self.evaluator, class, name)?;
        self.made_by(value, place, name)
    }

    /// What an expression that is a default gives where it stands.
    pub(super) fn default_made(&mut self, default: ExprId, place: Place) -> Option<Term> {
        self.made_by(default, place, Name::new(""))
    }

    /// A member of an enumeration, with its value.
    pub(super) fn member(&self, class: ClassRef, name: Name) -> Term {
        let word = format!("{}.{name}", self.evaluator.project().module(class.file)[class.class].name);
        let is_value = derives(self.evaluator, class, |base| ARE_VALUES.contains(&base));
        let value = self.value_of_member(class, name);
        let value = Arc::new(value.unwrap_or_else(|| Term::other(Text::plain(&format!("{word}.value")))));
        Term::Member(Arc::new(Member { class, word: word.into(), value, is_value, name: name.as_str().into() }))
    }

    fn value_of_member(&self, class: ClassRef, name: Name) -> Option<Term> {
        let (value, place) = class_binding(self.evaluator, class, name)?;
        if !is_auto(self.evaluator, value, place) {
            let known = self.evaluator.value(value, place);
            let constant = || constant(self.evaluator, value, place);
            let shown = || Some(Term::constant(&super::expression::shown(constant()?)));
            return self.known(&known).filter(|term| !matches!(term, Term::Known(_))).or_else(shown);
        }
        Some(Term::constant(&given_by_auto(self.evaluator, class, name)?))
    }

    /// What is gone through by a loop over something: an enumeration gives its members, and `things or []` the things.
    pub(super) fn gone_through(&self, term: Term) -> Term {
        // What there is, or nothing where there is nothing.
        if let Term::Choice(choice) = &term
            && matches!(&choice.orelse, Term::Items(items) if items.is_empty())
            && matches!(self.truth(&choice.then), Truth::When(test) if test.holds && test.condition == choice.condition)
        {
            return choice.then.clone();
        }
        let Term::Known(value) = &term else { return term };
        let Value::Class(class, None) = self.evaluator.get(*value) else { return term };
        if !derives(self.evaluator, *class, |base| base.starts_with("enum.") && base != "enum.EnumMeta") {
            return term;
        }
        let members = self.evaluator.member_names(*class).into_iter();
        Term::Items(Arc::new(members.map(|name| Item::always(self.member(*class, name))).collect()))
    }

    /// Whether a value says no more than of which kind it is.
    pub(super) fn is_bare(&self, term: &Term) -> bool {
        let Term::Known(value) = term else { return false };
        matches!(
            self.evaluator.get(*value),
            Value::Instance(_)
                | Value::OutsideInstance { .. }
                | Value::ResultOf(_)
                | Value::Items(..)
                | Value::Table(_)
                | Value::Many(..)
                | Value::Set { .. }
        )
    }

    /// With what the engine knows of it, so that its methods are found.
    pub(super) fn as_engine_knows(&self, term: Term, values: &Values) -> Term {
        match (term, values.single()) {
            (Term::Other(text, None), Some(value)) => Term::Other(text, Some(value)),
            (term, _) => term,
        }
    }

    /// A set of these: in an order of its own, each once.
    pub(super) fn set_of(&self, items: Vec<Item>) -> Term {
        let is_plain = |item: &Item| {
            item.when.is_none() && matches!(item.term, Term::Constant(_) | Term::Member(_) | Term::Written(_))
        };
        if !items.iter().all(is_plain) {
            return self.collected(items);
        }
        let mut items: Vec<(Text, Item)> = items.into_iter().map(|item| (self.text(&item.term), item)).collect();
        items.sort_by(|(one, _), (other, _)| one.shape.cmp(&other.shape));
        items.dedup_by(|(one, _), (other, _)| one == other);
        self.collected(items.into_iter().map(|(_, item)| item).collect())
    }
}

/// Whether code assigns to attributes of a name other than while an object is made.
fn stores_later(module: &Module, name: Name) -> bool {
    module.attribute_stores(name).any(|store| replaces(module, store))
}
