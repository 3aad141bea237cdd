//! Values as another evaluator knows them.

use super::Evaluator;
use crate::python::value::{
    Arguments, Callable, DynamicClass, Frame, FrameId, Instance, Taken, Value, ValueId, Values,
};

impl Evaluator<'_> {
    /// A frame as another evaluator knows it.
    #[must_use]
    pub fn transfer_frame(&self, id: FrameId, to: &Evaluator<'_>) -> FrameId {
        let frame = self.store.frame(id);
        let outer = frame.outer.map(|outer| self.transfer_frame(outer, to));
        let parameters =
            frame.parameters.iter().map(|(name, values)| (*name, self.transfer_values(values, to))).collect();
        to.store.frame_id(Frame { function: frame.function, parameters, outer })
    }

    /// Values as another evaluator knows them.
    #[must_use]
    pub fn transfer_values(&self, values: &Values, to: &Evaluator<'_>) -> Values {
        let known: Values = values.known.iter().map(|value| self.transfer(*value, to)).collect();
        known.with_rest(values.rest)
    }

    fn transfer_arguments(&self, arguments: &Arguments, to: &Evaluator<'_>) -> Arguments {
        let values = |values: &Values| self.transfer_values(values, to);
        Arguments {
            positional: arguments.positional.iter().map(values).collect(),
            named: arguments.named.iter().map(|(name, given)| (*name, values(given))).collect(),
            open: arguments.open,
            may_lack: arguments.may_lack,
        }
    }

    fn transfer_taken(&self, taken: &Taken, to: &Evaluator<'_>) -> Taken {
        match taken {
            Taken::Attribute(name) => Taken::Attribute(*name),
            Taken::Method(name, arguments) => Taken::Method(*name, self.transfer_arguments(arguments, to)),
            Taken::Item(key) => Taken::Item(self.transfer(*key, to)),
        }
    }

    /// A value as another evaluator knows it.
    #[must_use]
    pub fn transfer(&self, id: ValueId, to: &Evaluator<'_>) -> ValueId {
        let values = |values: &Values| self.transfer_values(values, to);
        let one = |value: ValueId| self.transfer(value, to);
        let frame = |frame: Option<FrameId>| frame.map(|frame| self.transfer_frame(frame, to));
        let named = |entries: &[(crate::semantic::Name, Values)]| -> Vec<(crate::semantic::Name, Values)> {
            entries.iter().map(|(name, entry)| (*name, values(entry))).collect()
        };
        let moved = match self.get(id) {
            Value::Function(callable) => Value::Function(Callable {
                function: callable.function,
                receiver: callable.receiver.map(one),
                outer: frame(callable.outer),
            }),
            Value::Class(class, outer) => Value::Class(*class, frame(*outer)),
            Value::DynamicClass(class) => Value::DynamicClass(Box::new(DynamicClass {
                file: class.file,
                call: class.call,
                bases: class.bases.iter().map(values).collect(),
                members: named(&class.members),
            })),
            Value::Instance(instance) => Value::Instance(Box::new(Instance {
                class: instance.class,
                outer: frame(instance.outer),
                init: frame(instance.init),
                fields: named(&instance.fields),
                made: instance.made,
            })),
            Value::DynamicInstance(class) => Value::DynamicInstance(one(*class)),
            Value::Super(receiver, after) => Value::Super(one(*receiver), *after),
            Value::OutsideMethod { name, receiver } => Value::OutsideMethod { name: *name, receiver: one(*receiver) },
            Value::OutsideInstance { class, of, besides } => {
                Value::OutsideInstance { class: *class, of: of.iter().map(values).collect(), besides: *besides }
            }
            Value::Awaitable { class, result } => Value::Awaitable { class: *class, result: values(result) },
            Value::Parametrised { class, object } => {
                Value::Parametrised { class: class.map(one), object: values(object) }
            }
            Value::Partial { callee, arguments } => {
                Value::Partial { callee: values(callee), arguments: self.transfer_arguments(arguments, to) }
            }
            Value::Getter(taken) => Value::Getter(taken.iter().map(|taken| self.transfer_taken(taken, to)).collect()),
            Value::Items(kind, items) => Value::Items(*kind, items.iter().map(values).collect()),
            Value::Table(entries) => {
                Value::Table(entries.iter().map(|(key, entry)| (key.map(one), values(entry))).collect())
            }
            Value::Many(kind, item) => Value::Many(*kind, values(item)),
            Value::Set { item, hashed } => Value::Set { item: values(item), hashed: *hashed },
            other => other.clone(),
        };
        to.store.id(moved)
    }
}
