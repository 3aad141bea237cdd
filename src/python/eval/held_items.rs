//! Objects that are collections themselves: of classes that derive from `dict`, `list` or what is like them.
//!
//! Knows: what the constructor was given, and what statements put into an object by its name or, in methods of its class, by that of
//! the receiver. Does not know: what the class's own constructor hands on, nor what comes in by other ways: an object may always
//! hold other things as well.

use super::Evaluator;
use crate::python::class::Ancestor;
use crate::python::value::{Arguments, ClassRef, FrameId, Rest, Value, ValueId, Values};
use crate::python::world::Special;
use crate::semantic::Name;

impl Evaluator<'_> {
    /// What an object of a class holds as a collection when it is made; nothing where it is none.
    pub(in crate::python) fn held_when_made(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
    ) -> Option<(Name, Values)> {
        let order = self.order(class, outer);
        let base = order.iter().find_map(|ancestor| match ancestor {
            Ancestor::Outside(base) => {
                let makes = self.world.special(*base);
                matches!(makes, Some(Special::Dict | Special::Sequence)).then_some(*base)
            }
            _ => None,
        })?;
        let own = self.constructor(class, outer, "__init__").is_some();
        let given = if own { &Arguments::default() } else { arguments };
        let made = self.result(&Values::of(self.store.id(Value::Outside(base))), given);
        let held = self.each(&made, |_, value| match value {
            Value::Table(entries) => {
                let open = (None, Values::anything());
                self.only(Value::Table(entries.iter().cloned().chain([open]).collect()))
            }
            Value::Items(kind, items) => {
                self.only(Value::Many(*kind, Values::union(items.iter().cloned()).with_rest(Rest::Anything)))
            }
            Value::Many(kind, item) => self.only(Value::Many(*kind, item.clone().with_rest(Rest::Anything))),
            Value::OutsideInstance { class, of, .. } if self.world.is_container(*class) => {
                let item = of.first().cloned().unwrap_or_default().with_rest(Rest::Anything);
                self.only(Value::Many(self.sequence_of(*class), item))
            }
            _ => Values::anything(),
        });
        held.single().map(|_| (Name::new(HELD), held))
    }

    /// The collection that an object is, as it was made.
    pub(super) fn held_alone(&self, object: ValueId) -> Option<ValueId> {
        let Value::Instance(instance) = self.get(object) else { return None };
        instance.fields.iter().find(|(name, _)| *name == HELD).and_then(|(_, held)| held.single())
    }

    /// Whether going through an object goes through the collection that it is.
    pub(super) fn goes_through_held(&self, object: ValueId) -> bool {
        self.held_alone(object).is_some() && self.method(object, Name::new("__iter__")).is_none()
    }

    /// The object with another collection in the place of the one that it was.
    pub(super) fn with_held(&self, object: ValueId, held: Values) -> ValueId {
        let Value::Instance(instance) = self.get(object) else { return object };
        let mut instance = instance.clone();
        instance.fields.iter_mut().filter(|(name, _)| *name == HELD).for_each(|(_, known)| *known = held.clone());
        self.store.id(Value::Instance(instance))
    }

    /// The collection that an object is, with what methods of its class put into it.
    pub(in crate::python) fn held(&self, object: ValueId) -> Option<Values> {
        let held = self.held_alone(object)?;
        Some(self.filled_by_methods(Values::of(held), object))
    }
}

/// The name under which an object keeps what it holds: none that code can give a field.
const HELD: &str = "[]";
