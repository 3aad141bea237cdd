//! Which values hash the same in every process.
//!
//! Knows: constants, classes that the world says so of, methods `__hash__`, and those that are generated from fields. Does not
//! know: what comes of a hash.

use super::{Evaluator, Place};
use crate::python::class::Ancestor;
use crate::python::value::{Arguments, Instance, Rest, Value, ValueId, Values};
use crate::semantic::{ArgumentKind, Expr, ExprId, Name};

/// How many objects inside objects are looked at.
const DEPTH: u8 = 4;

impl Evaluator<'_> {
    /// Whether an item of a set hashes the same in every process: numbers do; strings, bytes and most objects do not.
    pub(super) fn hashes_alike(&self, item: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        match module[item] {
            Expr::Int(_) | Expr::Float(_) | Expr::Bool(_) | Expr::None => true,
            Expr::Unary { operand, .. } => self.hashes_alike(operand, place),
            Expr::Tuple(items) => module.list(items).iter().all(|item| self.hashes_alike(*item, place)),
            Expr::Binary { left, right, .. } => self.hashes_alike(left, place) && self.hashes_alike(right, place),
            // What the hash of a text is differs from process to process, though it is a number.
            Expr::Call { callee, arguments } if matches!(module[callee], Expr::Name { name, .. } if name == "hash") => {
                module.list(arguments).iter().all(|given| self.hashes_alike(given.value, place))
            }
            Expr::Call { callee, .. } if matches!(module[callee], Expr::Name { name, .. } if name == "id") => false,
            _ => self.all_hash_alike(&self.value(item, place)),
        }
    }

    /// Whether all of these hash the same in every process.
    #[must_use]
    pub fn all_hash_alike(&self, values: &Values) -> bool {
        self.all_alike(values, DEPTH)
    }

    fn all_alike(&self, values: &Values, depth: u8) -> bool {
        let known = !values.known.is_empty() && values.rest != Rest::Anything;
        known && values.known.iter().all(|value| self.is_alike(*value, depth))
    }

    fn is_alike(&self, value: ValueId, depth: u8) -> bool {
        match self.get(value) {
            Value::Int(_) | Value::Bool(_) => true,
            Value::OutsideInstance { class, .. } => self.world.hashes_alike(*class),
            Value::Instance(_) | Value::Member(..) => {
                self.hashes_by_number(value)
                    || self.hashes_as_base(value)
                    || depth > 0 && self.hashes_by_fields(value, depth - 1)
            }
            Value::Items(_, items) => depth > 0 && items.iter().all(|item| self.all_alike(item, depth - 1)),
            _ => false,
        }
    }

    /// `__hash__` of a project's class that gives a number which is the same everywhere.
    fn hashes_by_number(&self, value: ValueId) -> bool {
        let Some(method) = self.method(value, Name::new("__hash__")) else { return false };
        let module = self.project.module(method.function.file);
        let frame = self.bind(&method, &Arguments::default()).0;
        let place = Place { file: method.function.file, frame };
        let returns = &module[method.function.function].returns;
        !returns.is_empty() && returns.iter().all(|ret| ret.value.is_some_and(|given| self.hashes_alike(given, place)))
    }

    /// Whether an object has its hash from a base whose values hash alike: a member of an enumeration of numbers.
    fn hashes_as_base(&self, value: ValueId) -> bool {
        let written = ["__hash__", "__eq__"].into_iter().any(|name| self.method(value, Name::new(name)).is_some());
        let order = if written { None } else { self.order_of(value) };
        let is_alike = |base: &Ancestor| matches!(base, Ancestor::Outside(name) if self.world.hashes_alike(*name));
        order.is_some_and(|order| order.iter().any(is_alike))
    }

    /// Whether an object's hash is generated from its fields, and all of them hash the same everywhere.
    fn hashes_by_fields(&self, value: ValueId, depth: u8) -> bool {
        let Value::Instance(instance) = self.get(value) else { return false };
        let is_written = self.method(value, Name::new("__hash__")).is_some();
        if is_written || !self.generates_hash(instance) {
            return false;
        }
        self.fields(instance.class, instance.outer).iter().all(|field| {
            let held = instance.fields.iter().find(|(name, _)| *name == field.name).map(|(_, held)| held.clone());
            let held = held.or_else(|| field.annotation.map(|annotation| self.annotated(annotation, field.place)));
            held.is_some_and(|held| self.all_alike(&held, depth))
        })
    }

    /// Whether an object has a generated hash, of its fields alone.
    pub(in crate::python) fn generates_hash(&self, instance: &Instance) -> bool {
        for ancestor in self.order(instance.class, instance.outer).iter() {
            match ancestor {
                Ancestor::Outside(base) if self.world.hashes_by_fields(*base) => return true,
                Ancestor::Project(class, _) => {
                    let module = self.project.module(class.file);
                    let place = Place { file: class.file, frame: None };
                    let is_generator = |decorator: &&ExprId| {
                        let named = self.value(module.named_by(**decorator), place);
                        let name = named.single().and_then(|named| self.outside_name(named));
                        name.is_some_and(|name| self.world.hashes_by_fields(name))
                    };
                    let decorators = module.list(module[class.class].decorators);
                    if let Some(decorator) = decorators.iter().find(is_generator) {
                        return self.compares_fields(*decorator, place);
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Whether a decorator is not told to leave comparisons, and with them the hash, to `object`.
    fn compares_fields(&self, decorator: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let Expr::Call { arguments, .. } = module[decorator] else { return true };
        module.list(arguments).iter().all(|given| match given.kind {
            ArgumentKind::Keyword(name) if name == "eq" => matches!(module[given.value], Expr::Bool(true)),
            ArgumentKind::Keyword(_) => true,
            _ => false,
        })
    }
}
