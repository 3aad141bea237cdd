//! What a call gives.
//!
//! Knows: what functions of the project return, also those that never come back. Does not know: what callables outside the project
//! do with values ([`outside`](super::outside)).

use super::super::eval::{Evaluator, Place, Query};
use super::super::value::{
    Arguments, Callable, ClassRef, FrameId, FunctionRef, Sequence, Taken, Value, ValueId, Values,
};
use super::super::world::Special;
use crate::semantic::{Argument, Body, Expr, ExprId, List, Name};

/// The name of what a call of something outside gives.
pub(in crate::python) fn result_of(maker: Name) -> Name {
    Name::new(&format!("{maker}()"))
}

impl Evaluator<'_> {
    /// What a call evaluates to.
    pub(in crate::python) fn call_value(
        &self,
        call: ExprId,
        callee: ExprId,
        arguments: List<Argument>,
        place: Place,
    ) -> Values {
        let callees = self.value(callee, place);
        if callees.known.is_empty() {
            return if callees.is_never() { Values::NEVER } else { Values::anything() };
        }
        let given = self.arguments(arguments, place);
        self.each(&callees, |id, callee| match callee {
            Value::Outside(_) | Value::OutsideMethod { .. } => self.outside_result(id, &given, Some((call, place))),
            Value::Class(class, outer) => self.construct(*class, *outer, &given, Some((place.file, call))),
            _ => self.single_result(id, &given),
        })
    }

    /// What calling a value with these arguments gives.
    pub(in crate::python) fn result(&self, callees: &Values, arguments: &Arguments) -> Values {
        self.each(callees, |id, _| self.single_result(id, arguments))
    }

    fn single_result(&self, id: ValueId, arguments: &Arguments) -> Values {
        match self.get(id) {
            Value::Function(callable) => {
                let mut found = Values::NEVER;
                for chosen in self.chosen(callable, arguments) {
                    found.join(&self.function_result(&chosen, arguments));
                }
                found
            }
            Value::Class(class, outer) => self.construct(*class, *outer, arguments, None),
            Value::DynamicClass(_) => self.only(Value::DynamicInstance(id)),
            Value::Instance(_) | Value::DynamicInstance(_) | Value::Member(..) => {
                match self.method(id, Name::new("__call__")) {
                    Some(method) => self.function_result(&method, arguments),
                    None => Values::anything(),
                }
            }
            Value::Partial { callee, arguments: first } => self.result(callee, &first.joined(arguments)),
            Value::Getter(taken) => {
                let object = arguments.positional.first().cloned().unwrap_or_else(Values::anything);
                let mut found: Vec<Values> = taken.iter().map(|taken| self.taken_from(&object, taken)).collect();
                match found.len() {
                    1 => found.remove(0),
                    _ => self.only(Value::Items(Sequence::Tuple, found)),
                }
            }
            Value::Outside(_) | Value::OutsideMethod { .. } => self.outside_result(id, arguments, None),
            Value::Parametrised { class: Some(class), object } => {
                let made = self.single_result(*class, arguments);
                self.with_declaration(made, object)
            }
            Value::Parametrised { class: None, .. } => {
                arguments.positional.first().cloned().unwrap_or_else(Values::anything)
            }
            // `sessionmaker()()`: what a factory made is called.
            Value::ResultOf(maker) => match (self.world.special(result_of(*maker)), arguments.positional.first()) {
                (Some(Special::First), Some(first)) => first.clone(),
                _ => self.result_by_name(result_of(*maker)),
            },
            _ => Values::anything(),
        }
    }

    /// What a getter takes from an object.
    fn taken_from(&self, object: &Values, taken: &Taken) -> Values {
        match taken {
            Taken::Attribute(path) => {
                path.as_str().split('.').fold(object.clone(), |owner, name| self.attribute(&owner, Name::new(name)))
            }
            Taken::Method(name, arguments) => self.result(&self.attribute(object, *name), arguments),
            Taken::Item(key) => self.each(object, |id, value| self.item_at(id, value, &Values::of(*key))),
        }
    }

    /// What a function gives.
    pub(in crate::python) fn function_result(&self, callable: &Callable, arguments: &Arguments) -> Values {
        // Nothing is called with an argument that is never there; or nothing is known of it yet.
        if arguments.all().any(Values::is_never) {
            return Values::NEVER;
        }
        let (frame, _) = self.bind(callable, arguments);
        if self.fills_collections(callable.function) {
            self.note_call(callable.function, frame);
        }
        self.ask(Query::Result(callable.function, frame))
    }

    /// What a function gives in a frame.
    pub(in crate::python) fn given_by(&self, function: FunctionRef, frame: Option<FrameId>) -> Values {
        let module = self.project.module(function.file);
        let definition = &module[function.function];
        let outer = self.outer_of(function, frame);
        // What a type variable is depends on the object.
        let is_generic = || {
            let class = definition.class.map(|class| ClassRef { file: function.file, class });
            class.is_some_and(|class| !self.type_parameters(class, outer).is_empty())
        };
        let declared = definition.returns_annotation.map(|annotation| {
            self.annotated(annotation, Place { file: function.file, frame: if is_generic() { frame } else { outer } })
        });
        let returned = self.returned_in(function, frame);
        if definition.is_generator {
            let place = Place { file: function.file, frame };
            let mut item = Values::union(definition.yields.iter().map(|item| self.value(*item, place)));
            definition.yields_from.iter().for_each(|from| _ = item.join(&self.item_of(&self.value(*from, place))));
            let item = if item.is_never() { Values::anything() } else { item };
            let items = self.only(Value::Many(Sequence::Untold, item));
            return declared.map_or(items.clone(), |declared| self.with_declaration(items, &declared));
        }
        // A placeholder or stub gives what it declares.
        let is_open = returned.is_never() && self.is_stub(function);
        let plain = if is_open { Values::anything() } else { returned };
        let result = match declared {
            Some(declared) => self.with_declaration(plain, &declared),
            None => plain,
        };
        if definition.is_async { self.only(Value::Awaitable { class: None, result }) } else { result }
    }

    /// Whether a function's body says nothing of what it gives: `...`, or `raise NotImplementedError`.
    fn is_stub(&self, function: FunctionRef) -> bool {
        let module = self.project.module(function.file);
        let Body::Statements(body) = module[function.function].body else { return false };
        let empty = module.list(body).iter().all(|id| matches!(module[*id], crate::semantic::Stmt::Nothing));
        empty || self.is_placeholder(function.file, function.function)
    }

    /// The frame around that of a function: only functions inside functions have one.
    fn outer_of(&self, function: FunctionRef, frame: Option<FrameId>) -> Option<FrameId> {
        let module = self.project.module(function.file);
        module.function_around(module[function.function].parent)?;
        self.look_at_frame();
        self.store.frame(frame?).outer
    }

    fn returned_in(&self, function: FunctionRef, frame: Option<FrameId>) -> Values {
        let module = self.project.module(function.file);
        let definition = &module[function.function];
        let place = Place { file: function.file, frame };
        let mut found = Values::NEVER;
        for ret in &definition.returns {
            if !self.may_run(ret.block, place) {
                continue;
            }
            match ret.value {
                Some(value) if self.fails(value, place) == Some(true) => {}
                Some(value) => _ = found.join(&self.value(value, place)),
                None => found.add(self.store.id(Value::None)),
            }
        }
        if !definition.is_lambda() && self.falls_off(function, place) {
            found.add(self.store.id(Value::None));
        }
        found
    }

    /// Whether control may reach the end of a function without `return`.
    fn falls_off(&self, function: FunctionRef, place: Place) -> bool {
        let module = self.project.module(function.file);
        let definition = &module[function.function];
        if self.is_stub(function) {
            return false;
        }
        let exit = module[definition.scope].exit;
        let returns: Vec<crate::semantic::BlockId> = definition.returns.iter().map(|ret| ret.block).collect();
        module.edges(exit).iter().any(|edge| !returns.contains(&edge.from) && self.may_run(edge.from, place))
    }

    /// Whether a call never comes back: it always raises, or waits forever.
    pub(in crate::python) fn never_returns(&self, call: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let Expr::Call { callee, arguments } = module[call] else { return false };
        let callees = self.value(callee, place);
        if callees.known.is_empty() || callees.rest == super::super::Rest::Anything {
            return false;
        }
        let awaited = matches!(module.uses().use_of(call), crate::semantic::Use::Awaited(_));
        callees.known.iter().all(|callee| match self.get(*callee) {
            Value::Outside(name) | Value::OutsideMethod { name, .. } => {
                self.world.never_returns(*name)
                    || self.world.fails(*name) == Some(true)
                    || awaited && self.waits_forever(*name, arguments, place)
            }
            Value::Function(callable) => {
                let callable = *callable;
                let function = callable.function;
                let definition = &self.project.module(function.file)[function.function];
                if definition.is_generator || definition.is_async != awaited || definition.is_lambda() {
                    return false;
                }
                // A placeholder is implemented somewhere.
                if self.is_stub(function) || !self.may_never_return(function) {
                    return false;
                }
                let given = self.arguments(arguments, place);
                let (frame, _) = self.bind(&callable, &given);
                !self.asks(Query::Returns(function, frame))
            }
            _ => false,
        })
    }

    /// Whether a call waits for a function that gives none but false constants.
    fn waits_forever(&self, name: Name, arguments: List<Argument>, place: Place) -> bool {
        let Some((position, keyword)) = self.world.returns_once(name) else { return false };
        let given = self.arguments(arguments, place);
        let named = |keyword: Name| given.named.iter().find(|(name, _)| *name == keyword).map(|(_, values)| values);
        let asked = keyword.and_then(named).or_else(|| position.and_then(|position| given.positional.get(position)));
        let asked = asked.and_then(|asked| asked.only());
        let Some(Value::Function(callable)) = asked.map(|asked| self.get(asked)) else { return false };
        let function = callable.function;
        let module = self.project.module(function.file);
        let definition = &module[function.function];
        let is_false = |value: ExprId| matches!(module[value], Expr::Bool(false) | Expr::None | Expr::Int(0));
        match definition.body {
            Body::Expression(value) => is_false(value),
            Body::Statements(_) => {
                !definition.is_async
                    && !definition.is_generator
                    && !self.is_stub(function)
                    && definition.returns.iter().all(|ret| ret.value.is_none_or(is_false))
            }
        }
    }

    /// Whether a function has a `raise` or a call that may be one at all, looked at without its arguments.
    fn may_never_return(&self, function: FunctionRef) -> bool {
        let module = self.project.module(function.file);
        let definition = &module[function.function];
        let exit = module[definition.scope].exit;
        // Most functions have a way to their end that no condition but a test guards.
        !module.edges(exit).iter().any(|edge| {
            let is_open =
                |block| module.edges(block).iter().all(|edge| edge.condition == crate::semantic::Condition::Always);
            module.passed_before(edge.from).all(is_open)
        })
    }

    pub(in crate::python) fn may_return(&self, function: FunctionRef, place: Place) -> bool {
        let module = self.project.module(place.file);
        self.may_run(module[module[function.function].scope].exit, place)
    }

    /// The function that a call of a function runs: for one that dispatches by the class of its argument, those registered
    /// for that class, and itself only where none fits.
    pub(in crate::python) fn chosen(&self, callable: &Callable, arguments: &Arguments) -> Vec<Callable> {
        let Some(registered) = self.registered_implementations(callable) else { return vec![*callable] };
        let first = arguments.positional.first().cloned().unwrap_or_else(Values::anything);
        let mut chosen: Vec<Callable> = Vec::new();
        let mut open = first.rest != super::super::Rest::Nothing || first.known.is_empty();
        for value in &first.known {
            let fits = registered.iter().find(|(classes, _)| self.fits(*value, classes) == Some(true));
            match fits {
                Some((_, implementation)) if !chosen.contains(implementation) => chosen.push(*implementation),
                Some(_) => {}
                None => {
                    let perhaps = registered.iter().filter(|(classes, _)| self.fits(*value, classes).is_none());
                    chosen.extend(perhaps.map(|(_, implementation)| *implementation));
                    chosen.push(*callable);
                }
            }
        }
        if first.known.is_empty() {
            chosen.extend(registered.iter().map(|(_, implementation)| *implementation));
            open = true;
        }
        if open && !chosen.contains(callable) && first.known.is_empty() {
            chosen.push(*callable);
        }
        chosen.dedup();
        chosen
    }

    fn fits(&self, value: ValueId, classes: &Values) -> Option<bool> {
        if classes.is_unknown() {
            return None;
        }
        self.is_instance_of(value, classes)
    }

    /// The implementations that are registered for classes, most special classes first; `None` for a function that does not
    /// dispatch.
    fn registered_implementations(&self, callable: &Callable) -> Option<Vec<(Values, Callable)>> {
        let file = callable.function.file;
        let module = self.project.module(file);
        let definition = &module[callable.function.function];
        let place = Place { file, frame: callable.outer };
        let dispatches = module.list(definition.decorators).iter().any(|decorator| {
            self.special_of(&self.value(*decorator, place)) == Some(super::super::Special::SingleDispatch)
        });
        if !dispatches {
            return None;
        }
        let registers = |decorator: ExprId| {
            let named = module.named_by(decorator);
            matches!(module[named], Expr::Attribute { value, name } if name == "register"
                && matches!(module[value], Expr::Name { name, .. } if name == definition.name))
        };
        let mut found: Vec<(Values, Callable)> = Vec::new();
        for id in module.function_ids() {
            for decorator in module.list(module[id].decorators).iter().filter(|decorator| registers(**decorator)) {
                let own = usize::from(callable.receiver.is_some());
                let annotation = module.parameters(id).get(own).and_then(|first| first.annotation);
                let classes = match module[*decorator] {
                    Expr::Call { arguments, .. } => match module.list(arguments).first() {
                        Some(first) => self.value(first.value, place),
                        None => Values::anything(),
                    },
                    _ => annotation.map_or_else(Values::anything, |annotation| self.value(annotation, place)),
                };
                let function = FunctionRef { file, function: id };
                found.push((classes, Callable { function, ..*callable }));
            }
        }
        found.sort_by_key(|(classes, _)| std::cmp::Reverse(self.depth_of_classes(classes)));
        Some(found)
    }

    /// How many ancestors the classes have: more special ones have more.
    fn depth_of_classes(&self, classes: &Values) -> usize {
        classes.known.iter().filter_map(|class| self.order_of(*class)).map(|order| order.len()).max().unwrap_or(0)
    }
}
