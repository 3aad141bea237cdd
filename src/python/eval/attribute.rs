//! What an attribute of a value is.
//!
//! Knows: where Python looks an attribute up: what the object holds, its class and that class's ancestors, descriptors,
//! `__getattr__`. Does not know: how an ancestor is found (`class`).

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Evaluator, Place, Query};
use crate::python::call::result_of;
use crate::python::class::{Ancestor, Field, Maker, Member, MethodKind, Order};
use crate::python::project::Imported;
use crate::python::value::{
    Arguments, Callable, ClassRef, FrameId, FunctionRef, Instance, Rest, Sequence, Value, ValueId, Values, builtin,
};
use crate::python::world::{FieldKeywords, Generated};
use crate::semantic::{Argument, Body, Expr, ExprId, List, Name, ScopeId, Stmt};
use crate::source::last_part;

/// What looking a name up on an object finds.
#[derive(Debug, Clone)]
pub enum Found {
    /// A value, methods bound.
    Value(Values),
    /// A property: reading it runs this.
    Property(Callable),
    /// A class attribute's initialiser, which ran when the class was made.
    Static(ExprId, Place, Values),
}

/// A call of an `__init__` method.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConstructorCall {
    callee: ExprId,
    arguments: List<Argument>,
}

/// The longest name of something outside that is made longer, in bytes. What the tables name is far shorter; a chain of
/// calls on what nobody knows could go on forever.
pub(in crate::python) const LONGEST_NAME: usize = 240;

impl Evaluator<'_> {
    /// `value.name`.
    pub fn attribute(&self, values: &Values, name: Name) -> Values {
        // `None` has no attribute that code asks for: what goes on has one of the others.
        let others = values.known.len() > 1;
        self.each(values, |id, value| match value {
            Value::None if others => Values::NEVER,
            _ => self.ask(Query::Attribute(id, name)),
        })
    }

    pub(super) fn single_attribute(&self, id: ValueId, name: Name) -> Values {
        match self.get(id) {
            Value::Module(file) => self.module_attribute(*file, name),
            Value::Namespace(path) => match self.project.submodule(Imported::Namespace(*path), name.as_str()) {
                Some(found) => self.imported(found),
                None => Values::anything(),
            },
            Value::Outside(owner) => self.outside_attribute(*owner, name, None),
            Value::OutsideInstance { class, .. } => self.outside_attribute(*class, name, Some(id)),
            Value::ResultOf(maker) => self.outside_attribute(result_of(*maker), name, Some(id)),
            Value::Set { .. } => self.method_of("set", name, id),
            Value::Str(_) => self.method_of("str", name, id),
            Value::Items(..) | Value::Many(..) => self.method_of("list", name, id),
            Value::Table(entries) => match self.table_attribute(entries, name) {
                Some(found) => found,
                None => self.method_of("dict", name, id),
            },
            Value::Awaitable { class: Some(class), .. } => self.outside_attribute(*class, name, Some(id)),
            Value::Class(..)
            | Value::Instance(_)
            | Value::Member(..)
            | Value::Super(..)
            | Value::DynamicClass(_)
            | Value::DynamicInstance(_) => self.object_attribute(id, name),
            Value::Parametrised { class: Some(class), .. } => self.attribute(&Values::of(*class), name),
            Value::Function(_) | Value::Partial { .. }
                if matches!(name.as_str(), "__wrapped__" | "__func__" | "__call__") =>
            {
                Values::of(id)
            }
            Value::Function(_) if name == "__name__" => self.own_name(id).unwrap_or_else(Values::anything),
            Value::OutsideMethod { name: own, .. } => self.outside_attribute(*own, name, Some(id)),
            _ => Values::anything(),
        }
    }

    fn method_of(&self, class: &str, name: Name, receiver: ValueId) -> Values {
        self.outside_attribute(builtin(class), name, Some(receiver))
    }

    fn module_attribute(&self, file: crate::source::FileId, name: Name) -> Values {
        let bound = self.global(file, name);
        if !(bound.is_never() || bound.is_unknown() && bound.rest == Rest::Anything) {
            return bound;
        }
        if let Some(found) = self.project.submodule(Imported::Module(file), name.as_str()) {
            return self.imported(found);
        }
        self.module_getattr(file, name).unwrap_or_else(Values::anything)
    }

    fn object_attribute(&self, id: ValueId, name: Name) -> Values {
        match self.find(id, name) {
            Some(Found::Value(values)) => values,
            Some(Found::Static(_, _, values)) => self.each(&values, |held, value| match value {
                Value::Instance(_) | Value::DynamicInstance(_) => match self.method(held, Name::new("__get__")) {
                    Some(getter) => self.function_result(&getter, &Arguments::open()),
                    None => Values::of(held),
                },
                _ => Values::of(held),
            }),
            Some(Found::Property(getter)) => self.function_result(&getter, &Arguments::default()),
            None => self.dynamic_attribute(id, name),
        }
    }

    /// An attribute of something outside; a method remembers what it was taken from.
    fn outside_attribute(&self, owner: Name, name: Name, receiver: Option<ValueId>) -> Values {
        if owner.as_str().len() > LONGEST_NAME {
            return Values::anything();
        }
        let qualified =
            self.world.canonical(called_before(owner, name).unwrap_or_else(|| Name::new(&format!("{owner}.{name}"))));
        if let Some(class) = self.world.attribute(qualified) {
            return self.returned(class);
        }
        if let Some(known) = receiver.and_then(|receiver| self.read_before(receiver, name)) {
            return Values::of(known);
        }
        match receiver {
            Some(receiver) => self.only(Value::OutsideMethod { name: qualified, receiver }),
            None => self.only(Value::Outside(qualified)),
        }
    }

    /// The attribute of this name on the way to an attribute of an object: `error = error.__cause__` in a loop reads the same
    /// one again and again, which is always the same kind of thing, as far as it is known.
    fn read_before(&self, receiver: ValueId, name: Name) -> Option<ValueId> {
        let mut at = receiver;
        while let Value::OutsideMethod { name: read, receiver } = self.get(at) {
            if last_part(read.as_str()) == name.as_str() {
                return Some(at);
            }
            at = *receiver;
        }
        None
    }

    /// A namespace made of keywords is read by attribute.
    fn table_attribute(&self, entries: &[(Option<ValueId>, Values)], name: Name) -> Option<Values> {
        let found = self.under_name(entries, name.as_str());
        let is_method = self.world.knows(Name::new(&format!("{}.{name}", builtin("dict"))))
            || matches!(name.as_str(), "get" | "items" | "keys" | "values" | "pop" | "setdefault" | "update" | "copy");
        found.filter(|_| !is_method)
    }

    /// `def __getattr__(name)` of a module (PEP 562).
    fn module_getattr(&self, file: crate::source::FileId, name: Name) -> Option<Values> {
        let hook = self.global(file, Name::new("__getattr__"));
        let Value::Function(hook) = self.get(hook.single()?) else { return None };
        Some(self.function_result(hook, &self.asked_for(name)))
    }

    /// The function that reading an absent name of a module runs.
    #[must_use]
    pub fn module_hook(&self, file: crate::source::FileId, name: Name) -> Option<Callable> {
        if self.is_outside(file) {
            return None;
        }
        let module = self.project.module(file);
        let absent = module.variable(module.global(), name).is_none() && module[module.global()].stars.is_empty();
        if !absent || self.project.submodule(Imported::Module(file), name.as_str()).is_some() {
            return None;
        }
        match self.get(self.global(file, Name::new("__getattr__")).single()?) {
            Value::Function(hook) => Some(*hook),
            _ => None,
        }
    }

    /// `__getattr__` of a class, for names that are not found.
    fn dynamic_attribute(&self, id: ValueId, name: Name) -> Values {
        if name == "__class__" && matches!(self.get(id), Value::Instance(_)) {
            return Values::of(self.class_of(id));
        }
        if name == "__name__" {
            return self.own_name(id).unwrap_or_else(Values::anything);
        }
        if name.as_str().starts_with("__") || !matches!(self.get(id), Value::Instance(_)) {
            return Values::anything();
        }
        match self.method(id, Name::new("__getattr__")) {
            Some(hook) => self.function_result(&hook, &self.asked_for(name)),
            None => Values::anything(),
        }
    }

    /// What a `__getattr__` is called with.
    pub(in crate::python) fn asked_for(&self, name: Name) -> Arguments {
        Arguments::positional(vec![self.only(Value::Str(name))])
    }

    /// The classes in which a name of an object or class is looked up, in order.
    pub(in crate::python) fn order_of(&self, id: ValueId) -> Option<Order> {
        match self.get(id) {
            Value::Instance(instance) => Some(self.order(instance.class, instance.outer)),
            Value::Member(class, _) => Some(self.order(*class, None)),
            Value::Class(class, outer) => Some(self.order(*class, *outer)),
            Value::DynamicClass(_) => Some(self.dynamic_order(id)),
            Value::DynamicInstance(class) => Some(self.dynamic_order(*class)),
            _ => None,
        }
    }

    /// Looks a name up on an object or class of the project.
    pub(in crate::python) fn find(&self, id: ValueId, name: Name) -> Option<Found> {
        if let Some((known, rests_on)) = self.found.borrow().get(&(id, name)) {
            self.rest_on(*rests_on);
            return known.clone();
        }
        let (found, basis) = self.watched(|| self.looked_up(id, name));
        if basis.stands() {
            self.found.borrow_mut().insert((id, name), (found.clone(), basis.sources));
        }
        found
    }

    fn looked_up(&self, id: ValueId, name: Name) -> Option<Found> {
        match self.get(id) {
            Value::Instance(_) => self.find_on_instance(id, name),
            Value::Super(receiver, after) => {
                let is_after = |ancestor: &Ancestor| matches!(ancestor, Ancestor::Project(class, _) if class == after);
                let own = self.order_of(*receiver)?;
                // In a method of a metaclass the object is a class.
                let of_metaclass = || Some(self.order(self.metaclass_of(*receiver)?, None));
                let orders = std::iter::once(Some(own)).chain(std::iter::once_with(of_metaclass)).flatten();
                let (order, skip) = orders.into_iter().find_map(|order: Order| {
                    let skip = order.iter().position(is_after)?;
                    Some((order, skip))
                })?;
                self.find_in(&order[skip + 1..], *receiver, name)
            }
            Value::Member(class, member) => self.member_attribute(id, *class, *member, name),
            _ => {
                let order = self.order_of(id)?;
                let found = self.find_in(&order, id, name);
                match self.get(id) {
                    Value::Class(..) => {
                        let found = found.or_else(|| self.found_on_metaclass(id, name));
                        self.with_stored_on_class(found, &order, name, id)
                    }
                    _ => found,
                }
            }
        }
    }

    /// The metaclass of a class, where it is one of the project.
    fn metaclass_of(&self, id: ValueId) -> Option<ClassRef> {
        let Value::Class(class, outer) = self.get(id) else { return None };
        self.metaclass(*class, *outer)
    }

    /// A method that a class has from its metaclass: `Kinds.all()`. Special ones it has from `object` before.
    fn found_on_metaclass(&self, id: ValueId, name: Name) -> Option<Found> {
        let Value::Class(class, outer) = self.get(id) else { return None };
        if name.as_str().starts_with("__") {
            return None;
        }
        let callable = self.metaclass_method(*class, *outer, name.as_str())?;
        Some(Found::Value(self.only(Value::Function(callable))))
    }

    /// What looking a name up found, with what statements assign to it on the class.
    fn with_stored_on_class(&self, found: Option<Found>, order: &Order, name: Name, owner: ValueId) -> Option<Found> {
        let Some(stored) = self.stored_on_class(order, name) else { return found };
        let stored = self.filled_attribute(stored, name, owner);
        Some(match found {
            Some(Found::Static(initialiser, place, held)) => {
                Found::Static(initialiser, place, Values::union([held, stored]))
            }
            Some(Found::Value(values)) => Found::Value(Values::union([values, stored])),
            Some(property @ Found::Property(_)) => property,
            None => Found::Value(stored),
        })
    }

    /// What statements assign to `Class.name` or `cls.name`.
    fn stored_on_class(&self, order: &Order, name: Name) -> Option<Values> {
        let mut found = Values::NEVER;
        for ancestor in order.iter() {
            let Ancestor::Project(owner, _) = ancestor else { continue };
            for maker in self.makers_in_sight(*owner) {
                for (value, place) in self.stored_by_maker(maker, *owner, name) {
                    found.join(&self.value(value, place));
                }
            }
            let module = self.project.module(owner.file);
            for store in module.attribute_stores(name) {
                let Some(value) = store.value else { continue };
                let is_class = match module[store.object] {
                    Expr::Name { name: object, .. } => {
                        object == module[owner.class].name || self.is_class_receiver(*owner, store.block, object)
                    }
                    _ => false,
                };
                if is_class {
                    let place = Place { file: owner.file, frame: None };
                    let values = self.taken(self.value(value, place), module.list(store.path), place);
                    found.join(&values);
                }
            }
        }
        (!found.is_never()).then_some(found.with_rest(Rest::Declared))
    }

    /// The functions that ran while a class was made, where its header says that there may be some.
    fn makers_in_sight(&self, class: ClassRef) -> Vec<Maker> {
        let module = self.project.module(class.file);
        let definition = &module[class.class];
        let is_plain = module.list(definition.decorators).is_empty() && module.list(definition.arguments).is_empty();
        if is_plain { Vec::new() } else { self.makers(class) }
    }

    /// What a function that ran while a class was made assigned to an attribute of the class.
    pub(in crate::python) fn stored_by_maker(
        &self,
        (maker, frame): Maker,
        class: ClassRef,
        name: Name,
    ) -> Vec<(ExprId, Place)> {
        let module = self.project.module(maker.file);
        let place = Place { file: maker.file, frame };
        let owner = self.store.id(Value::Class(class, None));
        let stores = module.attribute_stores(name).filter(|store| {
            module.function_around(module[store.block].scope) == Some(maker.function)
                && store.path.is_empty()
                && self.value(store.object, place).known.contains(&owner)
                && self.may_run(store.block, place)
        });
        stores.filter_map(|store| Some((store.value?, place))).collect()
    }

    /// The first class, of one and its bases, that has an attribute of its own: by its body, or by what ran while it was made.
    pub(in crate::python) fn class_that_holds(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        name: Name,
    ) -> Option<ClassRef> {
        let order = self.order(class, outer);
        let classes = order.iter().filter_map(|ancestor| match ancestor {
            Ancestor::Project(owner, outer) => Some((*owner, *outer)),
            _ => None,
        });
        let holds = |(owner, outer): &(ClassRef, Option<FrameId>)| {
            matches!(self.class_member(*owner, *outer, name), Some(Member::Value { .. } | Member::Other(_)))
                || self
                    .makers_in_sight(*owner)
                    .into_iter()
                    .any(|maker| !self.stored_by_maker(maker, *owner, name).is_empty())
        };
        classes.into_iter().find(holds).map(|(owner, _)| owner)
    }

    /// Whether a name is what a class method around a block calls its own class.
    fn is_class_receiver(&self, owner: ClassRef, block: crate::semantic::BlockId, name: Name) -> bool {
        let module = self.project.module(owner.file);
        let Some((function, class)) = module.method_around(module[block].scope) else { return false };
        class == owner.class
            && self.method_kind(owner.file, function) == MethodKind::Class
            && module.parameters(function).first().is_some_and(|first| first.name == name)
    }

    fn find_on_instance(&self, id: ValueId, name: Name) -> Option<Found> {
        let Value::Instance(instance) = self.get(id) else { return None };
        let order = self.order(instance.class, instance.outer);
        if let Some((_, field)) = instance.fields.iter().find(|(field, _)| *field == name) {
            let held = self.changed_field(instance, id, &order, name, field.clone());
            return Some(Found::Value(self.filled_attribute(held, name, id)));
        }
        let assigned = self.assigned_attribute(instance, id, &order, name);
        let found = self.find_in(&order, id, name);
        match (assigned, found) {
            // A property or data descriptor of the class comes before what the object holds.
            (Some(_), Some(Found::Property(getter))) => Some(Found::Property(getter)),
            (Some(known), Some(Found::Static(initialiser, place, held))) => {
                if held.known.iter().any(|held| self.method(*held, Name::new("__get__")).is_some()) {
                    return Some(Found::Static(initialiser, place, held));
                }
                Some(Found::Value(Values::union([known, held])))
            }
            (Some(known), Some(Found::Value(declared))) if self.is_declaration(&order, name) => {
                Some(Found::Value(self.with_declaration(known, &declared)))
            }
            (Some(known), _) => Some(Found::Value(known)),
            (None, found) => self.with_stored_on_class(found, &order, name, id),
        }
    }

    /// What a field holds that a constructor was given, and that methods or others may have set to something else since.
    fn changed_field(&self, instance: &Instance, id: ValueId, order: &Order, name: Name, given: Values) -> Values {
        let mut held = given;
        // A store that does not run, such as one behind `if self.at is None` of an object that was given one, says nothing.
        if let Some(set) = self.stored_attribute(instance, id, order, name) {
            held.join(&set);
        }
        // An object stays what it is mostly; a text, number or nothing is where its state begins.
        let begins =
            |value: &ValueId| matches!(self.get(*value), Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_));
        if !held.known.iter().any(begins) {
            return held;
        }
        let given = self.given_from_outside(name, instance, &held);
        held.join(&given);
        match self.set_by_others(name, instance) {
            Rest::Anything => {
                let fields = self.fields(instance.class, instance.outer);
                let of_field = fields.iter().find(|field| field.name == name);
                let declared = of_field.and_then(|field| Some(self.annotated(field.annotation?, field.place)));
                held.join(&declared.unwrap_or_else(Values::anything));
                held
            }
            rest => held.with_rest(rest),
        }
    }

    fn is_declaration(&self, order: &Order, name: Name) -> bool {
        order.iter().any(|ancestor| match ancestor {
            Ancestor::Project(class, _) => {
                let module = self.project.module(class.file);
                module[class.class].fields.iter().any(|field| module[module[*field].variable].name == name)
            }
            _ => false,
        })
    }

    /// What methods assign to `self.name`: anything, where no assignment is seen to run.
    fn assigned_attribute(&self, instance: &Instance, id: ValueId, order: &Order, name: Name) -> Option<Values> {
        let stored = self.stored_attribute(instance, id, order, name)?;
        if stored.is_never() {
            return Some(stored.with_rest(Rest::Anything));
        }
        let given = self.given_from_outside(name, instance, &stored);
        if !given.is_never() {
            return Some(Values::union([stored, given]).with_rest(Rest::Anything));
        }
        let is_counter = self.counted_on(&stored) != stored;
        Some(if is_counter { stored.with_rest(self.set_by_others(name, instance)) } else { stored })
    }

    /// What numbers that are counted on may be, and texts that are added to: any of their class. Other things are what they are.
    pub(super) fn counted_on(&self, values: &Values) -> Values {
        self.each(values, |id, value| match value {
            Value::Int(_) | Value::OutsideInstance { .. } => Values::of(self.store.general(id)),
            _ => Values::of(id),
        })
    }

    /// What methods assign to `self.name`, as far as the assignments run.
    fn stored_attribute(&self, instance: &Instance, id: ValueId, order: &Order, name: Name) -> Option<Values> {
        let (mut found, mut declarations) = (Values::NEVER, Values::NEVER);
        let mut assigned = false;
        let mut is_state = false;
        let mut is_unseen = false;
        for ancestor in order.iter() {
            let Ancestor::Project(owner, outer) = ancestor else { continue };
            let module = self.project.module(owner.file);
            for store in module.attribute_stores(name) {
                let Some(function) = self.storing_method(*owner, store.object) else { continue };
                assigned = true;
                let frames = self.frames_of_store(instance, id, *owner, function, *outer);
                for frame in frames {
                    let place = Place { file: owner.file, frame };
                    if !self.may_run(store.block, place) {
                        continue;
                    }
                    is_unseen |= store.value.is_none();
                    let values = match store.value {
                        Some(value) => self.taken(self.value(value, place), module.list(store.path), place),
                        None => Values::NEVER,
                    };
                    // A flag that is written down as a constant is the object's state: it changes.
                    let changes =
                        |values: &Values| self.is_flag(values) && !self.keeps_flag(instance, *owner, store, values);
                    let values = match store.annotation {
                        Some(annotation) => {
                            let values = if values.is_never() { Values::anything() } else { values };
                            let declared = self.annotated(annotation, place);
                            is_state |= changes(&values);
                            if !declared.is_unknown() {
                                declarations.join(&declared);
                            }
                            self.with_declaration(values, &declared)
                        }
                        None => values,
                    };
                    is_state |= changes(&values);
                    found.join(&values);
                }
            }
        }
        if !assigned {
            return None;
        }
        // What is declared and never seen assigned is assigned where nobody looks.
        let declared =
            declarations.known.iter().filter(|other| !found.known.iter().any(|own| self.is_special(*own, **other)));
        let declared: Values = declared.copied().collect();
        found.join(&declared.with_rest(declarations.rest));
        // `self.count += 1`, `with open(path) as self.file`.
        if is_unseen {
            found = self.counted_on(&found);
            found.rest = if found.is_never() { Rest::Anything } else { found.rest };
        }
        if is_state {
            let flags_only = found.known.iter().all(|value| self.is_flag(&Values::of(*value)));
            found.rest = found.rest.max(if flags_only { Rest::Anything } else { Rest::Declared });
        }
        Some(self.filled_attribute(found, name, id))
    }

    /// The method of a class that assigns an attribute of its first parameter, if an assignment is one.
    pub(in crate::python) fn storing_method(
        &self,
        owner: ClassRef,
        object: ExprId,
    ) -> Option<crate::semantic::FunctionId> {
        let module = self.project.module(owner.file);
        let (function, class) = module.method_of_object(object)?;
        (class == owner.class).then_some(function)
    }

    /// The frames in which a method assigns attributes of an object: the constructor's, where it is that.
    pub(in crate::python) fn frames_of_store(
        &self,
        instance: &Instance,
        id: ValueId,
        owner: ClassRef,
        function: crate::semantic::FunctionId,
        outer: Option<FrameId>,
    ) -> SmallVec<[Option<FrameId>; 2]> {
        let function = FunctionRef { file: owner.file, function };
        if let Some(init) = instance.init {
            if self.store.frame(init).function == function {
                return SmallVec::from_slice(&[Some(init)]);
            }
            // A base's constructor, called by the object's own.
            if let Some(frames) = self.frames_by_super(init, function, id)
                && !frames.is_empty()
            {
                return frames;
            }
        }
        let is_constructor = self.project.module(owner.file)[function.function].name == "__init__";
        let calls = if is_constructor { SmallVec::new() } else { self.calls_with(function, Some(id)) };
        if !calls.is_empty() {
            return calls;
        }
        // What an inherited method asks of its own object is what the object's class answers.
        let is_inherited = instance.class != owner;
        let callable = Callable { function, receiver: Some(id), outer };
        let frame = if is_inherited { self.frame_of_call(&callable, &Arguments::open()) } else { outer };
        SmallVec::from_slice(&[frame])
    }

    /// The frames in which a constructor calls that of a base by `super().__init__(…)`.
    fn frames_by_super(
        &self,
        init: FrameId,
        base: FunctionRef,
        receiver: ValueId,
    ) -> Option<SmallVec<[Option<FrameId>; 2]>> {
        let caller = self.store.frame(init).function;
        let mut frames: SmallVec<[Option<FrameId>; 2]> = SmallVec::new();
        for call in self.constructor_calls_in(caller).iter() {
            let place = Place { file: caller.file, frame: Some(init) };
            let callees = self.value(call.callee, place);
            for callee in &callees.known {
                if let Value::Function(callable) = self.get(*callee)
                    && callable.function == base
                {
                    let callable = Callable { receiver: Some(callable.receiver.unwrap_or(receiver)), ..*callable };
                    let arguments = self.arguments(call.arguments, place);
                    frames.push(self.bind(&callable, &arguments).0);
                }
            }
        }
        Some(frames)
    }

    /// The calls of `__init__` methods in the code of a function.
    fn constructor_calls_in(&self, function: FunctionRef) -> Arc<[ConstructorCall]> {
        if let Some(known) = self.constructor_calls.borrow().get(&function) {
            return known.clone();
        }
        let module = self.project.module(function.file);
        let scope = module[function.function].scope;
        let calls = module.calls().iter().filter_map(|call| {
            let Expr::Call { callee, arguments } = module[*call] else { return None };
            let Expr::Attribute { value, name } = module[callee] else { return None };
            let is_such = name == "__init__" && self.scope_of(value, function.file) == Some(scope);
            is_such.then_some(ConstructorCall { callee, arguments })
        });
        let calls: Arc<[ConstructorCall]> = calls.collect();
        self.constructor_calls.borrow_mut().insert(function, calls.clone());
        calls
    }

    /// The scope in which the name at the root of an expression is read.
    fn scope_of(&self, expr: ExprId, file: crate::source::FileId) -> Option<ScopeId> {
        let module = self.project.module(file);
        match module[expr] {
            Expr::Name { block, .. } => Some(module[block].scope),
            Expr::Attribute { value, .. } => self.scope_of(value, file),
            Expr::Call { callee, .. } => self.scope_of(callee, file),
            _ => None,
        }
    }

    /// Whether values are constants that say yes, no or not yet.
    pub(in crate::python) fn is_flag(&self, values: &Values) -> bool {
        !values.known.is_empty()
            && values.known.iter().all(|value| matches!(self.get(*value), Value::None | Value::Bool(_)))
    }

    pub(in crate::python) fn find_in(&self, order: &[Ancestor], receiver: ValueId, name: Name) -> Option<Found> {
        for ancestor in order {
            match ancestor {
                Ancestor::Project(owner, outer) => {
                    if let Some(added) = self.added_by_decorator(*owner, name) {
                        return Some(Found::Value(self.bound_to(&added, receiver)));
                    }
                    if let Some(found) = self.member_of(*owner, *outer, name, receiver) {
                        return Some(found);
                    }
                }
                Ancestor::Dynamic(class) => {
                    let Value::DynamicClass(class) = self.get(*class) else { continue };
                    if let Some((_, values)) = class.members.iter().find(|(member, _)| *member == name) {
                        return Some(Found::Value(self.bound_to(values, receiver)));
                    }
                }
                Ancestor::Outside(base) if !self.world.is_plain_base(*base) => {
                    let qualified = Name::new(&format!("{base}.{name}"));
                    let is_known = self.world.knows(qualified) || self.world.special(qualified).is_some();
                    if name.as_str().starts_with("__") && !is_known {
                        continue;
                    }
                    return Some(Found::Value(self.outside_attribute(*base, name, Some(receiver))));
                }
                Ancestor::Outside(_) | Ancestor::Unknown => {}
            }
        }
        None
    }

    fn is_object(&self, receiver: ValueId) -> bool {
        matches!(self.get(receiver), Value::Instance(_) | Value::DynamicInstance(_) | Value::Member(..))
    }

    fn member_of(&self, owner: ClassRef, outer: Option<FrameId>, name: Name, receiver: ValueId) -> Option<Found> {
        let on_object = self.is_object(receiver);
        match self.class_member(owner, outer, name)? {
            Member::Method(function, kind) => {
                let plain = self.defined_function(owner.file, function, outer);
                Some(match kind {
                    MethodKind::Static => Found::Value(plain),
                    MethodKind::Class => Found::Value(self.bound_to(&plain, self.class_of(receiver))),
                    MethodKind::Property if on_object => {
                        let function = FunctionRef { file: owner.file, function };
                        Found::Property(Callable { function, receiver: Some(receiver), outer })
                    }
                    MethodKind::Plain if on_object => Found::Value(self.bound_to(&plain, receiver)),
                    MethodKind::Plain | MethodKind::Property => Found::Value(plain),
                })
            }
            Member::Getter(getter) if on_object => {
                Some(Found::Property(Callable { receiver: Some(receiver), ..getter }))
            }
            Member::Getter(getter) => Some(Found::Value(self.only(Value::Function(getter)))),
            Member::Value { value, annotation, place } => {
                if self.is_enumeration(owner) && !on_object {
                    return Some(Found::Value(self.enumeration_member(owner, name, value, place)));
                }
                let last = self.class_value(owner, outer, name, (value, annotation, place), receiver);
                Some(self.with_other_bindings(last, owner, name, place))
            }
            Member::Annotation(annotation, place) => Some(Found::Value(self.annotated(annotation, place))),
            Member::Other(values) => Some(Found::Value(values)),
        }
    }

    /// What the last binding of a name in a class body gives, with what others give where a test decides between them.
    fn with_other_bindings(&self, last: Found, owner: ClassRef, name: Name, place: Place) -> Found {
        let module = self.project.module(owner.file);
        if module.bindings_of(module[owner.class].scope, name).len() < 2 {
            return last;
        }
        let bindings = self.class_bindings(owner, name);
        let Some((_, others)) = bindings.split_last() else { return last };
        let others = Values::union(others.iter().map(|binding| self.live_binding(*binding, place)));
        match last {
            Found::Static(initialiser, place, held) => Found::Static(initialiser, place, Values::union([held, others])),
            Found::Value(held) => Found::Value(Values::union([held, others])),
            Found::Property(getter) => Found::Property(getter),
        }
    }

    /// An attribute that a class body gives a value.
    fn class_value(
        &self,
        owner: ClassRef,
        outer: Option<FrameId>,
        name: Name,
        (value, annotation, place): (ExprId, Option<ExprId>, Place),
        receiver: ValueId,
    ) -> Found {
        let on_object = self.is_object(receiver);
        // A field's default is what a constructor that is not seen may have left.
        if on_object && annotation.is_some() && self.generated(owner, outer) != Generated::No {
            let values = self.perhaps_default(value, annotation, place);
            return Found::Value(self.filled_attribute(values, name, receiver));
        }
        let mut values = if self.is_field_maker(value, place) {
            self.field_value(value, place)
        } else if on_object {
            // A function assigned in a class body is a method; one from outside the project is not (builtins).
            self.bound_to(&self.value(value, place), receiver)
        } else {
            self.value(value, place)
        };
        if self.is_flag(&values) && !self.tells_classes_apart(owner, outer, name) {
            values.rest = Rest::Anything;
        }
        if let Some(annotation) = annotation {
            values = self.declared(values, annotation, place);
        }
        let values = self.filled_attribute(values, name, receiver);
        Found::Static(value, place, values)
    }

    /// What a field holds that may have its default: all that its annotation allows.
    pub(in crate::python) fn perhaps_default(
        &self,
        default: ExprId,
        annotation: Option<ExprId>,
        place: Place,
    ) -> Values {
        let declared = annotation.map_or_else(Values::anything, |annotation| self.annotated(annotation, place));
        let default = self.field_value(default, place);
        let values = if self.is_flag(&default) { declared } else { Values::union([declared, default]) };
        values.with_rest(Rest::Declared)
    }

    /// Whether what a class body assigns describes a field.
    pub(in crate::python) fn is_field_maker(&self, value: ExprId, place: Place) -> bool {
        self.field_keywords(value, place).is_some()
    }

    /// What the keywords say by which a class body describes a field.
    pub(in crate::python) fn field_keywords(&self, maker: ExprId, place: Place) -> Option<&FieldKeywords> {
        let module = self.project.module(place.file);
        let Expr::Call { callee, .. } = module[maker] else { return None };
        self.world.field_keywords(self.outside_name(self.value(callee, place).single()?)?)
    }

    /// What a field's default gives. A question, since a class may make its own objects as defaults.
    pub(in crate::python) fn field_value(&self, default: ExprId, place: Place) -> Values {
        self.ask(Query::Default(place.file, default, place.frame))
    }

    pub(super) fn made_default(&self, default: ExprId, place: Place) -> Values {
        if !self.is_field_maker(default, place) {
            return self.value(default, place);
        }
        match self.field_factory(default, place) {
            Some(Factory::Calls(callee)) => self.result(&self.value(callee, place), &Arguments::default()),
            Some(Factory::Value(value)) => self.value(value, place),
            None => Values::anything(),
        }
    }

    /// The container with nothing in it that a field's default is: `[]`, `field(default_factory=list)`.
    #[must_use]
    pub fn empty_default(&self, field: &Field) -> Option<Value> {
        let (default, place) = (field.default?, field.place);
        if !self.is_field_maker(default, place) {
            return self.empty_display(default, place);
        }
        match self.field_factory(default, place)? {
            Factory::Calls(callee) => {
                let class = self.outside_name(self.value(callee, place).only()?)?;
                let is_one_of = |names: &[&str]| names.iter().any(|name| self.is_builtin(class, name));
                match is_one_of(&["list", "set", "tuple", "frozenset"]) {
                    true => Some(Value::Items(self.sequence_of(class), Vec::new())),
                    false => is_one_of(&["dict"]).then(|| Value::Table(Vec::new())),
                }
            }
            Factory::Value(value) => self.empty_display(value, place),
        }
    }

    /// The expression that gives a field's default, if it has one; nothing where that is made anew for each object.
    #[must_use]
    pub fn plain_default(&self, field: &Field) -> Option<Option<ExprId>> {
        let Some(default) = field.default else { return Some(None) };
        if !self.is_field_maker(default, field.place) {
            return Some(Some(default));
        }
        match self.field_factory(default, field.place) {
            Some(Factory::Calls(_)) => None,
            Some(Factory::Value(value)) => {
                let is_asked_for = matches!(self.project.module(field.place.file)[value], Expr::Ellipsis);
                Some((!is_asked_for).then_some(value))
            }
            None => Some(None),
        }
    }

    fn empty_display(&self, expr: ExprId, place: Place) -> Option<Value> {
        let module = self.project.module(place.file);
        match module[expr] {
            Expr::List(items) if module.list(items).is_empty() => Some(Value::Items(Sequence::List, Vec::new())),
            Expr::Tuple(items) if module.list(items).is_empty() => Some(Value::Items(Sequence::Tuple, Vec::new())),
            Expr::Dict(items) if module.list(items).is_empty() => Some(Value::Table(Vec::new())),
            _ => None,
        }
    }

    /// What a description of a field says its default is.
    pub(in crate::python) fn field_factory(&self, maker: ExprId, place: Place) -> Option<Factory> {
        let module = self.project.module(place.file);
        let keywords = self.field_keywords(maker, place)?;
        let Expr::Call { arguments, .. } = module[maker] else { return None };
        let given = |wanted: Name| {
            module.list(arguments).iter().find_map(|argument| match argument.kind {
                crate::semantic::ArgumentKind::Keyword(name) if name == wanted => Some(argument.value),
                _ => None,
            })
        };
        let first = || {
            let first = module.list(arguments).first()?;
            (first.kind == crate::semantic::ArgumentKind::Positional).then_some(first.value)
        };
        let factory = given(keywords.factory).or_else(|| keywords.default.is_none().then(first)?);
        if let Some(factory) = factory {
            return Some(Factory::Calls(factory));
        }
        let default = keywords.default.and_then(given).or_else(first)?;
        // `default=Factory(callable)`.
        if self.is_field_maker(default, place) {
            return self.field_factory(default, place);
        }
        Some(Factory::Value(default))
    }

    /// The function that an assignment to a property runs.
    pub(in crate::python) fn setter(&self, receiver: ValueId, name: Name) -> Option<Callable> {
        let order = match self.get(receiver) {
            Value::Instance(instance) => self.order(instance.class, instance.outer),
            _ => return None,
        };
        for ancestor in order.iter() {
            let Ancestor::Project(owner, outer) = ancestor else { continue };
            let module = self.project.module(owner.file);
            for &binding in module.bindings_of(module[owner.class].scope, name) {
                let crate::semantic::BindingKind::Function(function) = module[binding].kind else { continue };
                let sets = module
                    .list(module[function].decorators)
                    .iter()
                    .any(|decorator| matches!(module[*decorator], Expr::Attribute { name, .. } if name == "setter"));
                if sets {
                    let function = FunctionRef { file: owner.file, function };
                    return Some(Callable { function, receiver: Some(receiver), outer: *outer });
                }
            }
        }
        None
    }

    /// Looks a name up on the class of an object, whatever the object itself holds.
    pub(in crate::python) fn find_in_class(&self, object: ValueId, name: Name) -> Option<Found> {
        if !self.is_object(object) {
            return None;
        }
        let order = self.order_of(object)?;
        self.find_in(&order, object, name)
    }

    /// The names that the classes of the project give the attributes of an object.
    pub(in crate::python) fn names_in_class(&self, object: ValueId) -> Vec<Name> {
        let mut found: Vec<Name> = Vec::new();
        let order = self.is_object(object).then(|| self.order_of(object)).flatten();
        for ancestor in order.iter().flat_map(|order| order.iter()) {
            let Ancestor::Project(class, _) = ancestor else { continue };
            let module = self.project.module(class.file);
            for (_, variable) in module.variables_of(module[class.class].scope) {
                if !found.contains(&variable.name) {
                    found.push(variable.name);
                }
            }
        }
        found
    }

    /// `cls.name = function` in a decorator of the project that a class has.
    pub(in crate::python) fn added_by_decorator(&self, owner: ClassRef, name: Name) -> Option<Values> {
        let module = self.project.module(owner.file);
        let decorators = module.list(module[owner.class].decorators);
        if decorators.is_empty() {
            return None;
        }
        let place = Place { file: owner.file, frame: None };
        decorators.iter().find_map(|decorator| {
            let named = module.named_by(*decorator);
            let Value::Function(callable) = self.get(self.value(named, place).single()?) else { return None };
            self.assigned_in(callable.function, name)
        })
    }

    fn assigned_in(&self, function: FunctionRef, name: Name) -> Option<Values> {
        let module = self.project.module(function.file);
        let scope = module[function.function].scope;
        let Body::Statements(body) = module[function.function].body else { return None };
        let place = Place { file: function.file, frame: None };
        let store = module.attribute_stores(name).find(|store| module[store.block].scope == scope)?;
        let stands = module.list(body).iter().any(|statement| matches!(module[*statement], Stmt::Assign { .. }));
        stands.then(|| store.value.map(|value| self.value(value, place)))?
    }

    pub(in crate::python) fn class_of(&self, receiver: ValueId) -> ValueId {
        match self.get(receiver) {
            Value::Instance(instance) => self.store.id(Value::Class(instance.class, instance.outer)),
            Value::Member(class, _) => self.store.id(Value::Class(*class, None)),
            Value::DynamicInstance(class) => *class,
            _ => receiver,
        }
    }

    /// A function with its first parameter bound.
    pub(in crate::python) fn bound_to(&self, functions: &Values, receiver: ValueId) -> Values {
        self.each(functions, |id, function| match function {
            Value::Function(callable) if callable.receiver.is_none() => {
                self.only(Value::Function(Callable { receiver: Some(receiver), ..*callable }))
            }
            _ => Values::of(id),
        })
    }

    /// What the class of an object binds a name to, whatever the object itself holds.
    #[must_use]
    pub fn class_attribute(&self, object: ValueId, name: Name) -> Values {
        let Some(order) = self.order_of(object) else { return Values::anything() };
        match self.find_in(&order, object, name) {
            Some(Found::Value(values) | Found::Static(_, _, values)) => values,
            Some(Found::Property(_)) | None => Values::anything(),
        }
    }

    /// The result of calling a method without arguments.
    pub(in crate::python) fn call_method(&self, receiver: ValueId, name: &str) -> Values {
        match self.method(receiver, Name::new(name)) {
            Some(method) => self.function_result(&method, &Arguments::default()),
            None => Values::anything(),
        }
    }

    /// The names of the methods that the project's classes of some objects define and that begin so, in order.
    pub(in crate::python) fn methods_beginning(&self, objects: &Values, beginning: &str) -> Vec<Name> {
        let mut found: Vec<Name> = Vec::new();
        for order in objects.known.iter().filter_map(|object| self.order_of(*object)) {
            for ancestor in order.iter() {
                let Ancestor::Project(class, _) = ancestor else { continue };
                let module = self.project.module(class.file);
                let names = module.methods_of(class.class).map(|method| module[method].name);
                found.extend(names.filter(|name| name.as_str().starts_with(beginning)));
            }
        }
        found.sort_unstable_by_key(|name| name.as_str());
        found.dedup();
        found
    }

    /// The method that an operation on an object runs, if its class is the project's and defines it.
    pub(in crate::python) fn method(&self, receiver: ValueId, name: Name) -> Option<Callable> {
        if !matches!(
            self.get(receiver),
            Value::Instance(_)
                | Value::Class(..)
                | Value::DynamicInstance(_)
                | Value::DynamicClass(_)
                | Value::Member(..)
                | Value::Super(..)
        ) {
            return None;
        }
        // What is done with a class itself is done by its metaclass.
        if let Value::Class(class, outer) = self.get(receiver)
            && name.as_str().starts_with("__")
            && let Some(callable) = self.metaclass_method(*class, *outer, name.as_str())
        {
            return Some(callable);
        }
        match self.find(receiver, name) {
            Some(Found::Value(values) | Found::Static(_, _, values)) => {
                values.known.iter().find_map(|value| match self.get(*value) {
                    Value::Function(callable) => Some(*callable),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// The class around a place, and its method's first parameter, for `super()`.
    pub(in crate::python) fn enclosing_class(&self, scope: ScopeId, place: Place) -> Option<(ClassRef, Values)> {
        let module = self.project.module(place.file);
        let (function, class) = module.method_around(scope)?;
        let frame = self.frame_of(place.frame, FunctionRef { file: place.file, function });
        let receiver = self.parameter(Place { file: place.file, frame }, module[function].scope, 0);
        Some((ClassRef { file: place.file, class }, receiver))
    }
}

/// What a field's default comes from.
pub(in crate::python) enum Factory {
    /// Calling this.
    Calls(ExprId),
    /// This expression.
    Value(ExprId),
}

/// The method of this name in a chain of calls that leads to an object already: `query = query.where(…)` in a loop calls the
/// same method again and again, on what is always the same kind of thing, and has no longer name each time.
fn called_before(owner: Name, name: Name) -> Option<Name> {
    let chain = owner.as_str();
    let first = chain.find("()")?;
    let call = format!(".{name}()");
    let at = chain[first..].find(&call)? + first;
    Some(Name::new(&chain[..at + call.len() - "()".len()]))
}
