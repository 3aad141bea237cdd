//! What an annotation says.
//!
//! Knows: classes, aliases, unions, generics, type variables and quotes. Does not know: values; what an annotation says holds
//! only as far as annotations hold.

use smallvec::SmallVec;

use super::{Evaluator, Place, Query};
use crate::python::value::{Instance, Rest, Sequence, Value, Values};
use crate::python::world::Generic;
use crate::semantic::{Expr, ExprId, Name, Operator};

impl Evaluator<'_> {
    /// A value that an annotation describes: what it is known to be, and where that says less, what the annotation says.
    pub(in crate::python) fn declared(&self, values: Values, annotation: ExprId, place: Place) -> Values {
        let declared = self.annotated(annotation, place);
        self.with_declaration(values, &declared)
    }

    pub(in crate::python) fn with_declaration(&self, values: Values, declared: &Values) -> Values {
        if declared.is_unknown() {
            return values;
        }
        if values.is_never() {
            return values;
        }
        let mut rest = values.rest;
        let mut found = Values::NEVER;
        let mut replaced: SmallVec<[crate::python::ValueId; 2]> = SmallVec::new();
        for &value in &values.known {
            let value = self.with_told(self.with_declared_items(value, declared), declared);
            if self.says_little(value) && declared.known.iter().any(|other| self.is_of_a_kind(*other, value)) {
                rest = rest.max(Rest::Declared);
                replaced.push(value);
            } else {
                found.add(value);
            }
        }
        if rest == Rest::Nothing {
            return Values { rest, ..found };
        }
        // `x: Base = unknown()` is an object of the class, or of one derived from it.
        let more_special = |other: &crate::python::ValueId| found.known.iter().any(|own| self.is_special(*own, *other));
        // What is declared already is not made wider by a second declaration; it may be told more of.
        let is_open = values.rest == Rest::Anything || values.known.is_empty();
        let fits = |other: &crate::python::ValueId| {
            is_open
                || replaced.iter().any(|value| self.is_of_a_kind(*other, *value))
                || found.known.iter().any(|own| self.is_special(*other, *own))
        };
        let added: SmallVec<[crate::python::ValueId; 2]> =
            declared.known.iter().copied().filter(|other| !more_special(other) && fits(other)).collect();
        added.into_iter().for_each(|value| found.add(value));
        found.rest = Rest::Declared;
        found
    }

    /// An object of a class outside the project whose items may be anything besides those that are known, with what is declared
    /// of them: `current: ContextVar[Job | None] = ContextVar("current", default=None)`.
    fn with_declared_items(&self, value: crate::python::ValueId, declared: &Values) -> crate::python::ValueId {
        let Value::OutsideInstance { class, of, .. } = self.get(value) else { return value };
        if !of.iter().any(|item| item.rest == Rest::Anything && !item.known.is_empty()) {
            return value;
        }
        let arguments = declared.known.iter().find_map(|other| match self.get(*other) {
            Value::OutsideInstance { class: other, of: arguments, .. } => {
                (class == other && arguments.len() == of.len()).then_some(arguments)
            }
            _ => None,
        });
        let Some(arguments) = arguments else { return value };
        let items = of.iter().zip(arguments).map(|(item, declared)| self.with_declaration(item.clone(), declared));
        self.outside_object(*class, items.collect()).only().unwrap_or(value)
    }

    /// Whether a value says less than an annotation would: that a container is empty for now, or of unknown items.
    fn says_little(&self, value: crate::python::ValueId) -> bool {
        match self.get(value) {
            Value::Items(_, items) => items.is_empty(),
            Value::Table(entries) => entries.is_empty(),
            Value::Many(_, item) => item.known.is_empty(),
            Value::Set { item, .. } => item.known.is_empty(),
            Value::ResultOf(_) => true,
            Value::OutsideInstance { of, .. } => of.iter().all(|argument| argument.known.is_empty()),
            Value::Awaitable { result, .. } => result.known.is_empty(),
            _ => false,
        }
    }

    fn is_of_a_kind(&self, declared: crate::python::ValueId, value: crate::python::ValueId) -> bool {
        match (self.get(declared), self.get(value)) {
            (_, Value::ResultOf(_)) => true,
            (Value::OutsideInstance { class: a, of, .. }, Value::OutsideInstance { class: b, .. }) => {
                a == b && !of.is_empty()
            }
            (Value::Many(one, _) | Value::Items(one, _), Value::Items(other, _) | Value::Many(other, _)) => {
                one.is_among(*other) || other.is_among(*one)
            }
            (Value::Table(_), Value::Table(_)) | (Value::Set { .. }, Value::Set { .. }) => true,
            (Value::Awaitable { .. }, Value::Awaitable { .. }) => true,
            (Value::OutsideInstance { of, .. }, Value::Items(..) | Value::Many(..) | Value::Table(_)) => !of.is_empty(),
            _ => false,
        }
    }

    /// Whether a value is an object of a class derived from another object's class, or of that class with more known of it.
    pub(super) fn is_special(&self, value: crate::python::ValueId, general: crate::python::ValueId) -> bool {
        if value == general {
            return true;
        }
        match (self.get(value), self.get(general)) {
            (Value::Instance(instance), Value::Instance(general)) => self
                .order(instance.class, instance.outer)
                .iter()
                .any(|ancestor| matches!(ancestor, crate::python::Ancestor::Project(class, _) if *class == general.class)),
            (Value::Member(class, _), Value::Instance(general)) => *class == general.class,
            (Value::Instance(instance), Value::OutsideInstance { class: general, .. }) => self
                .order(instance.class, instance.outer)
                .iter()
                .any(|ancestor| matches!(ancestor, crate::python::Ancestor::Outside(class) if class == general)),
            (Value::OutsideInstance { class: a, .. }, Value::OutsideInstance { class: b, .. }) => a == b,
            (Value::Str(_), Value::OutsideInstance { class, .. }) => self.is_builtin(*class, "str"),
            (Value::Int(_), Value::OutsideInstance { class, .. }) => self.is_builtin(*class, "int"),
            (Value::Bool(_), Value::OutsideInstance { class, .. }) => self.is_builtin(*class, "bool"),
            (Value::Items(own, _) | Value::Many(own, _), Value::Many(general, _)) => own.is_among(*general),
            (Value::Table(_), Value::Table(_)) | (Value::Set { .. }, Value::Set { .. }) => true,
            _ => false,
        }
    }

    /// What an annotation says a value is.
    pub fn annotated(&self, annotation: ExprId, place: Place) -> Values {
        let module = self.project.module(place.file);
        match module[annotation] {
            Expr::None => return self.only(Value::None).with_rest(Rest::Declared),
            Expr::Str(_) | Expr::Text | Expr::Invalid | Expr::Ellipsis => return Values::anything(),
            _ => {}
        }
        self.ask(Query::Annotation(place.file, annotation, place.frame))
    }

    pub(super) fn read_annotation(&self, annotation: ExprId, place: Place) -> Values {
        let module = self.project.module(place.file);
        match module[annotation] {
            Expr::Subscript { value, index } => self.annotated_generic(value, index, place),
            Expr::Binary { op: Operator::BitOr, left, right } => {
                Values::union([self.annotated(left, place), self.annotated(right, place)])
            }
            Expr::Name { name, .. } if place.frame.is_some() => {
                let named = self.value(annotation, place);
                let variable = named.single().map(|named| self.get(named));
                let bound = match variable {
                    Some(Value::Parametrised { class: None, .. }) => self.bound_variable(name, place),
                    _ => None,
                };
                bound.unwrap_or_else(|| self.declared_instance(&named))
            }
            _ => {
                let named = self.value(annotation, place);
                self.declared_instance(&named)
            }
        }
    }

    /// An object of what an annotation names, if annotations hold.
    fn declared_instance(&self, named: &Values) -> Values {
        let found = self.instance_of(named);
        if found.known.is_empty() {
            Values::anything()
        } else {
            Values { rest: found.rest.max(Rest::Declared), ..found }
        }
    }

    fn annotated_generic(&self, generic: ExprId, index: ExprId, place: Place) -> Values {
        let named = self.value(generic, place);
        match named.single().filter(|value| self.outside_name(*value).is_some()) {
            Some(generic) => self.annotated_parts(generic, index, place),
            None => match named.single().and_then(|class| self.parametrised(class, index, place)) {
                Some(told) => told.with_rest(Rest::Declared),
                None => self.declared_instance(&named),
            },
        }
    }

    /// What `generic[index]` says of an object, where the generic is one from outside.
    pub(super) fn annotated_parts(&self, generic: crate::python::ValueId, index: ExprId, place: Place) -> Values {
        let module = self.project.module(place.file);
        let Some(name) = self.outside_name(generic) else { return Values::anything() };
        let arguments = module.one_or_several(&index);
        let inner = |position: usize| {
            arguments.get(position).map_or_else(Values::anything, |argument| self.annotated(*argument, place))
        };
        let declared = |value: Value| Values::declared(self.store.id(value));
        match self.world.generic(name) {
            Generic::Optional => Values::union([inner(0), self.only(Value::None).with_rest(Rest::Declared)]),
            Generic::First => inner(0),
            Generic::Union => Values::union((0..arguments.len()).map(inner)),
            Generic::Awaitable => declared(Value::Awaitable { class: self.class_of_awaitable(name), result: inner(0) }),
            Generic::Coroutine => declared(Value::Awaitable { class: None, result: inner(2) }),
            Generic::Many => declared(Value::Many(Sequence::Untold, inner(0))),
            Generic::List => declared(Value::Many(Sequence::List, inner(0))),
            Generic::Tuple => match arguments.last().map(|last| module[*last]) {
                Some(Expr::Ellipsis) | None => declared(Value::Many(Sequence::Tuple, inner(0))),
                _ => declared(Value::Items(Sequence::Tuple, (0..arguments.len()).map(inner).collect())),
            },
            Generic::Table => declared(Value::Table(vec![(None, inner(1))])),
            Generic::Set => {
                let item = inner(0);
                let hashed = !self.all_hash_alike(&item);
                declared(Value::Set { item, hashed })
            }
            Generic::Type => arguments.first().map_or_else(Values::anything, |argument| Values {
                rest: Rest::Declared,
                ..self.value(*argument, place)
            }),
            Generic::Literal => {
                let constants = arguments.iter().map(|argument| self.value(*argument, place));
                Values::union(constants).with_rest(Rest::Declared)
            }
            Generic::Callable | Generic::Anything => Values::anything(),
            Generic::Class => {
                let of = (0..arguments.len()).map(inner).collect();
                Values { rest: Rest::Declared, ..self.returned_with(name, of) }
            }
        }
    }

    fn class_of_awaitable(&self, name: Name) -> Option<Name> {
        // A protocol says nothing about the class.
        (!self.world.is_abstract_base(name)).then_some(name)
    }

    /// An object of a class, of each class of a tuple or union.
    pub(in crate::python) fn instance_of(&self, classes: &Values) -> Values {
        self.each(classes, |id, class| match class {
            Value::Class(class, outer) => self.object_of(*class, *outer),
            Value::DynamicClass(_) => self.only(Value::DynamicInstance(id)),
            Value::Outside(name) => self.returned(*name),
            Value::None => Values::of(id),
            Value::Items(_, classes) => Values::union(classes.iter().map(|class| self.instance_of(class))),
            Value::Parametrised { object, .. } => object.clone(),
            // A type variable or alias stands for what it is bound to.
            Value::Instance(_)
            | Value::OutsideInstance { .. }
            | Value::Many(..)
            | Value::Table(_)
            | Value::Set { .. } => Values::of(id),
            _ => Values::anything(),
        })
    }

    /// An object of a project's class; of an abstract one, what derives from it.
    pub(in crate::python) fn object_of(
        &self,
        class: crate::python::ClassRef,
        outer: Option<crate::python::FrameId>,
    ) -> Values {
        if self.is_abstract(class, outer) {
            let implementers = self.implementers(class);
            if !implementers.is_empty() {
                return implementers
                    .into_iter()
                    .map(|class| self.store.id(Value::Instance(Box::new(Instance::plain(class, None)))))
                    .collect();
            }
        }
        self.only(Value::Instance(Box::new(Instance::plain(class, outer))))
    }

    /// Which sequence a class from outside is, or a callable makes that says so.
    pub(in crate::python) fn sequence_of(&self, class: Name) -> Sequence {
        match self.world.generic(class) {
            Generic::List => Sequence::List,
            Generic::Tuple => Sequence::Tuple,
            _ => Sequence::Untold,
        }
    }

    /// An object of a class from outside that is named without type arguments.
    pub(in crate::python) fn returned(&self, class: Name) -> Values {
        self.returned_with(class, Vec::new())
    }

    pub(in crate::python) fn returned_with(&self, class: Name, of: Vec<Values>) -> Values {
        let class = self.world.canonical(class);
        if self.is_builtin(class, "None") {
            return self.only(Value::None);
        }
        match self.world.generic(class) {
            Generic::Set => {
                let item = of.into_iter().next().unwrap_or_else(Values::anything);
                let hashed = !self.all_hash_alike(&item);
                self.only(Value::Set { item, hashed })
            }
            Generic::Many | Generic::List | Generic::Tuple => {
                let item = of.into_iter().next().unwrap_or_else(Values::anything);
                self.only(Value::Many(self.sequence_of(class), item))
            }
            Generic::Table => {
                self.only(Value::Table(vec![(None, of.into_iter().nth(1).unwrap_or_else(Values::anything))]))
            }
            Generic::Anything
            | Generic::Callable
            | Generic::Optional
            | Generic::Union
            | Generic::Literal
            | Generic::First
            | Generic::Type => Values::anything(),
            Generic::Awaitable | Generic::Coroutine => {
                let result = of.into_iter().next().unwrap_or_else(Values::anything);
                self.only(Value::Awaitable { class: self.class_of_awaitable(class), result })
            }
            Generic::Class => self.outside_object(class, of),
        }
    }
}
