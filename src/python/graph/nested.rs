//! Objects that validation makes of data: what the fields of a model are given, where their annotations name other classes.
//!
//! Knows: which classes annotations name, inside containers and unions, too, and what is an object of one already. Does not know:
//! what is in the data: whatever may be there is perhaps made.

use super::super::value::{Arguments, ClassRef, FrameId, Value, Values};
use super::super::world::Generated;
use super::walk::Walker;
use crate::source::TextRange;

/// How deep containers are looked into for objects.
const DEEPEST: usize = 3;

impl Walker<'_, '_> {
    /// What runs where a model makes objects of what its fields are given. Each class counts once: trees of data have no end.
    pub(super) fn validated_fields(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        given: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) {
        if matches!(self.evaluator().generated(class, outer), Generated::Validated | Generated::FromEnvironment) {
            self.made_of_fields(class, outer, given, site, doubtful, &mut vec![class]);
        }
    }

    fn made_of_fields(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        given: &Arguments,
        site: TextRange,
        doubtful: bool,
        made: &mut Vec<ClassRef>,
    ) {
        for (position, field) in self.evaluator().fields(class, outer).into_iter().enumerate() {
            let named = given.named.iter().find(|(name, _)| *name == field.name).map(|(_, values)| values);
            let is_data = match named.or_else(|| given.positional.get(position)) {
                Some(values) => self.may_be_data(values, DEEPEST),
                None => given.open,
            };
            let Some(annotation) = field.annotation.filter(|_| is_data) else { continue };
            let declared = self.evaluator().annotated(annotation, field.place);
            let is_sure = declared.known.len() == 1 && field.default.is_none();
            for (class, outer, is_direct) in self.classes_of(&declared, DEEPEST) {
                if made.contains(&class) {
                    continue;
                }
                made.push(class);
                let doubtful = doubtful || !is_sure || !is_direct;
                self.field_defaults(class, outer, &Arguments::default(), site, doubtful);
                self.after_construction(class, outer, &Arguments::open(), site, doubtful);
                self.made_of_fields(class, outer, &Arguments::open(), site, doubtful, made);
            }
        }
    }

    /// Whether what a field is given may be something of which an object is made: not an object already.
    fn may_be_data(&self, values: &Values, deep: usize) -> bool {
        if values.is_never() {
            return false;
        }
        values.known.is_empty()
            || values.known.iter().any(|value| match self.get(*value) {
                Value::OutsideInstance { .. } => true,
                Value::Table(_) | Value::Items(..) | Value::Many(..) => {
                    deep > 0 && self.inside(&Values::of(*value)).iter().any(|inner| self.may_be_data(inner, deep - 1))
                }
                _ => false,
            })
    }

    /// The project's classes of declared objects, and of those inside them; whether the objects are those themselves.
    fn classes_of(&self, declared: &Values, deep: usize) -> Vec<(ClassRef, Option<FrameId>, bool)> {
        let mut found = Vec::new();
        for value in &declared.known {
            match self.get(*value) {
                Value::Instance(instance) => found.push((instance.class, instance.outer, true)),
                Value::Table(_) | Value::Items(..) | Value::Many(..) | Value::OutsideInstance { .. } if deep > 0 => {
                    for inner in self.inside(&Values::of(*value)) {
                        let classes = self.classes_of(&inner, deep - 1).into_iter();
                        found.extend(classes.map(|(class, outer, _)| (class, outer, false)));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The items of a container, and what a mapping has under its keys.
    fn inside(&self, container: &Values) -> [Values; 2] {
        let evaluator = self.evaluator();
        let is_mapping = container.known.iter().any(|value| {
            matches!(self.get(*value), Value::Table(_))
                || matches!(self.get(*value), Value::OutsideInstance { of, .. } if of.len() > 1)
        });
        let values = if is_mapping { evaluator.value_in(container) } else { Values::NEVER };
        [evaluator.item_of(container), values]
    }
}
