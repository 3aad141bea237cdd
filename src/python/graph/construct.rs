//! What runs when an object is made: constructors, defaults of fields, validators and what follows them.
//!
//! Knows: the order of these. Does not know: which classes have which (`class`).

use super::super::call::Defaulted;
use super::super::class::{Ancestor, MethodKind};
use super::super::eval::Factory;
use super::super::value::{Arguments, Callable, ClassRef, FrameId, FunctionRef, Value, ValueId, Values};
use super::super::world::Generated;
use super::reach::{Code, EventKind, GivenArguments};
use super::walk::Walker;
use crate::semantic::{Expr, ExprId, Name};
use crate::source::TextRange;

impl Walker<'_, '_> {
    pub(super) fn construct(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) {
        if let Some(hook) = self.evaluator().metaclass_method(class, outer, "__call__") {
            self.run(&hook, arguments, site, doubtful);
        }
        let maker = self.evaluator().constructor(class, outer, "__new__");
        let initialiser = self.evaluator().constructor(class, outer, "__init__");
        if let Some(maker) = &maker {
            self.run(maker, arguments, site, doubtful);
        }
        if let Some(initialiser) = &initialiser {
            // What the constructor itself asks of `self` is known from what it was given.
            let receiver = self.made(class, outer, arguments).or(initialiser.receiver);
            self.run(&Callable { receiver, ..*initialiser }, arguments, site, doubtful);
        }
        // What no member has the value of is looked for there.
        if self.evaluator().is_enumeration(class)
            && let Some(finder) = self.evaluator().constructor(class, outer, "_missing_")
        {
            self.run(&finder, arguments, site, true);
        }
        let generated = maker.is_none() && initialiser.is_none();
        if generated && self.evaluator().generated(class, outer) != Generated::No {
            self.field_defaults(class, outer, arguments, site, false);
            self.validated_fields(class, outer, arguments, site, doubtful);
        }
        self.after_construction(class, outer, arguments, site, doubtful);
        let order = self.evaluator().order(class, outer);
        for ancestor in order.iter() {
            if let Ancestor::Outside(name) = ancestor {
                let kind = EventKind::Call {
                    callee: *name,
                    receiver: None,
                    arguments: GivenArguments { open: true, ..Default::default() },
                    handed: true,
                    awaited: false,
                    unused: false,
                    doubtful,
                };
                self.event(site, None, kind);
            }
        }
    }

    /// The object that a call of a class makes, if that is one of the class and no other.
    fn made(&self, class: ClassRef, outer: Option<FrameId>, arguments: &Arguments) -> Option<ValueId> {
        let made = self.evaluator().construct(class, outer, arguments, None).single()?;
        matches!(self.get(made), Value::Instance(instance) if instance.class == class).then_some(made)
    }

    /// What a generated constructor runs besides: hooks such as `__post_init__`, and validators.
    pub(super) fn after_construction(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) {
        if self.evaluator().generated(class, outer) == Generated::No {
            return;
        }
        let made = self.construction_hooks(class, outer, arguments, site, doubtful);
        for hooks in self.evaluator().field_hooks(class, outer) {
            for hook in &hooks.known {
                self.invoke(*hook, &Arguments::open(), site, doubtful || hooks.is_doubtful());
            }
        }
        for (owner, function) in self.evaluator().validators(class, outer, arguments) {
            let function = FunctionRef { file: owner.file, function };
            let receiver = match self.evaluator().method_kind(owner.file, function.function) {
                MethodKind::Class => Some(self.evaluator().store().id(Value::Class(class, outer))),
                _ => made.or_else(|| Some(self.evaluator().plain_instance(class, outer))),
            };
            self.run(&Callable { function, receiver, outer }, &Arguments::open(), site, doubtful);
        }
    }

    /// Runs hooks such as `__post_init__` on the object that is made, and gives that.
    pub(super) fn construction_hooks(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) -> Option<ValueId> {
        let made = self.evaluator().construct(class, outer, arguments, None).single();
        for name in self.evaluator().constructor_hooks(class, outer).to_vec() {
            if let Some(method) = self.evaluator().constructor(class, outer, name.as_str()) {
                let method = Callable { receiver: made.or(method.receiver), ..method };
                let given = self.given_to_hook(&method, class, outer, arguments);
                self.run(&method, &given, site, doubtful);
            }
        }
        made
    }

    /// What a hook is given: what the constructor was given for each `InitVar`, in their order.
    fn given_to_hook(
        &self,
        hook: &Callable,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
    ) -> Arguments {
        let FunctionRef { file, function } = hook.function;
        let taken = self.evaluator().project().module(file).parameters(function).get(1..).unwrap_or_default();
        if taken.is_empty() {
            return Arguments::open();
        }
        let evaluator = self.evaluator();
        let (bound, _) = evaluator.bind_fields(class, outer, arguments);
        let fields = evaluator.fields(class, outer);
        let handed_on = fields.iter().filter(|field| evaluator.is_init_variable(field));
        let given = |name: Name| bound.iter().find(|(field, _)| *field == name).map(|(_, values)| values.clone());
        let positional: Vec<_> = handed_on.map(|field| given(field.name).unwrap_or_else(Values::anything)).collect();
        let open = arguments.open || positional.len() < taken.len();
        Arguments { positional, open, ..Arguments::default() }
    }

    /// The defaults of all fields that are not given.
    pub(super) fn field_defaults(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        given: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) {
        let (_, defaulted) = self.evaluator().bind_fields(class, outer, given);
        let at_import = self.at_import;
        defaulted.iter().for_each(|default| self.field_default(default, site, doubtful, at_import));
    }

    /// A field's default: a plain value, or a description of one with `default_factory`, `factory` or `default`.
    pub(super) fn field_default(&mut self, default: &Defaulted, site: TextRange, doubtful: bool, at_import: bool) {
        let evaluator = self.evaluator();
        if !evaluator.is_field_maker(default.default, default.place) {
            return self.initialiser(default.name, default.default, default.place, site);
        }
        match evaluator.field_factory(default.default, default.place) {
            Some(Factory::Calls(callee)) => {
                let edge = self.edge(site, doubtful);
                let code = Code::Factory { callee, file: default.place.file };
                self.reach.defaulted(code, default.place.frame, at_import, edge);
            }
            Some(Factory::Value(value)) => self.initialiser(default.name, value, default.place, site),
            None => self.initialiser(default.name, default.default, default.place, site),
        }
    }

    /// What describes a field may ask for the signature of its factory.
    pub(super) fn field_described(&mut self, maker: ExprId) {
        let place = self.place;
        let asks = self.evaluator().field_keywords(maker, place).is_some_and(|keywords| keywords.asks_factories);
        let Some(Factory::Calls(factory)) = asks.then(|| self.evaluator().field_factory(maker, place)).flatten() else {
            return;
        };
        let module = self.module();
        let Expr::Call { callee, .. } = module[maker] else { return };
        let name_of = |expr| self.value(expr).only().and_then(|value| self.evaluator().outside_name(value));
        if let (Some(name), Some(by)) = (name_of(factory), name_of(callee)) {
            self.event(
                module.span(factory),
                Some(factory),
                EventKind::Inspected { name, arguments: GivenArguments::default(), by },
            );
        }
    }

    /// A factory is called where its field is described: a class that makes objects of itself is not followed without end.
    pub(super) fn factory(&mut self, callee: ExprId) {
        let site = self.module().span(callee);
        let callees = self.value(callee);
        for callee in &callees.known {
            self.invoke(*callee, &Arguments::default(), site, callees.is_doubtful());
        }
    }
}
