//! What the code before cannot do with what it would be given now, where it is tried as the other branch of a patch.
//!
//! Knows: objects that have no keys, and dicts that have no attributes. Does not know: which code stood in the version before:
//! on trial, that of no other version is left.

use super::build::Builder;
use super::term::{Term, unquoted};
use crate::python::{ClassRef, Value, ValueId, Values};
use crate::registry::schema::ShapeKind;
use crate::semantic::{ExprId, Name};

/// How it begins why old code cannot be kept.
pub const OLD_CODE: &str = "the old code reads ";

impl Builder<'_, '_, '_> {
    /// Something is read by its key. On trial, an object that has no keys ends it.
    pub(super) fn reads_key(&mut self, of: ExprId, base: &Term, key: &Term) {
        if !self.lens.is_trial() {
            return;
        }
        let Term::Constant(key) = key else { return };
        let class = self.class_read(of, base).filter(|_| key.starts_with('\''));
        if let Some(class) = class.filter(|class| self.has_no_keys(*class)) {
            let (key, class) = (unquoted(key), self.name_of_class(class));
            self.give_up(&format!(
                "{OLD_CODE}`{key}` by its key, of what is an object of `{class}` now, which has no keys"
            ));
        }
    }

    /// Something is read as an attribute. On trial, a dict that has such a key alone ends it.
    pub(super) fn reads_attribute(&mut self, of: ExprId, base: &Term, name: Name) {
        if !self.lens.is_trial() || !matches!(base, Term::Other(..)) {
            return;
        }
        let is_dict = match self.engine(of).single().map(|value| (value, self.evaluator.get(value))) {
            Some((_, Value::Instance(instance))) => {
                let is_field = |field: &crate::python::Field| field.name == name;
                self.forms.kind_of_class(instance.class) == Some(ShapeKind::TypedDict)
                    && self.evaluator.fields(instance.class, None).iter().any(is_field)
            }
            Some((value, Value::OutsideInstance { class, .. })) if *class == "builtins.dict" => {
                self.evaluator.attribute(&Values::of(value), name).known.is_empty()
            }
            _ => false,
        };
        if is_dict {
            self.give_up(&format!("{OLD_CODE}`{name}` as an attribute, of what is a dict now, which has none"));
        }
    }

    /// The class of what is read.
    fn class_read(&self, of: ExprId, base: &Term) -> Option<ClassRef> {
        let instance = |value: ValueId| match self.evaluator.get(value) {
            Value::Instance(instance) => Some(instance.class),
            _ => None,
        };
        match base {
            Term::Object(_, value) | Term::Known(value) | Term::Other(_, Some(value)) => instance(*value),
            Term::Other(_, None) => self.engine(of).single().and_then(instance),
            _ => None,
        }
    }

    /// Whether objects of a class are made of fields and have no keys.
    fn has_no_keys(&self, class: ClassRef) -> bool {
        let kinds = [ShapeKind::Dataclass, ShapeKind::Attrs, ShapeKind::Model, ShapeKind::OldModel];
        let kind = self.forms.kind_of_class(class);
        kind.is_some_and(|kind| kinds.contains(&kind))
            && self.function_of_class(class, Name::new("__getitem__")).is_none()
    }
}
