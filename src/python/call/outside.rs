//! What a call of something outside the project gives.
//!
//! Knows: what the language does with values ([`Special`]). Does not know: which names do that; the
//! [`World`](super::super::World) says so.

use std::cell::LazyCell;

use super::super::class::{Ancestor, Field};
use super::super::eval::{Evaluator, LONGEST_NAME, Place, Truth};
use super::super::value::{
    Arguments, DynamicClass, Instance, NONE_TYPE, Rest, Sequence, Taken, Value, ValueId, Values,
};
use super::super::world::{HandOff, OfText, Special};
use crate::semantic::{ArgumentKind, BindingKind, Expr, ExprId, Name, Operator};
use crate::source::{first_part, last_part};

impl Evaluator<'_> {
    /// What a call of something outside gives. `call` is the call where it stands in the text.
    pub(in crate::python) fn outside_result(
        &self,
        id: ValueId,
        arguments: &Arguments,
        call: Option<(ExprId, Place)>,
    ) -> Values {
        let (name, receiver) = match self.get(id) {
            Value::Outside(name) => (*name, None),
            Value::OutsideMethod { name, receiver } => (*name, Some(*receiver)),
            _ => return Values::anything(),
        };
        if let Some(truth) = self.world.truth(name) {
            return match call.is_some_and(|(call, place)| self.is_asked_at_import(call, place)) {
                true if self.world.truth_at_import(name) != Some(truth) => self.builtin_object("bool"),
                _ => self.only(Value::Bool(truth)),
            };
        }
        let special =
            self.world.special(name).and_then(|special| self.special_result(special, name, receiver, arguments, call));
        special.unwrap_or_else(|| {
            let found = self.result_by_name(name);
            match self.world.perhaps_none(name) {
                Some(unless) if !unless.is_some_and(|(position, name)| is_given(arguments, position, name)) => {
                    Values::union([found, self.only(Value::None)])
                }
                _ => found,
            }
        })
    }

    /// Whether a call stands in a module's own code, which runs once, while it is imported, whoever reads the outcome.
    fn is_asked_at_import(&self, call: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        module.block_of_call(call).is_some_and(|block| module[block].function.is_none())
    }

    /// What a special callable gives. One arm for each kind, in the order of [`Special`].
    #[expect(clippy::too_many_lines, reason = "an arm for each kind")]
    fn special_result(
        &self,
        special: Special,
        name: Name,
        receiver: Option<ValueId>,
        arguments: &Arguments,
        call: Option<(ExprId, Place)>,
    ) -> Option<Values> {
        let given = |position: usize| arguments.get(position, "").unwrap_or_else(Values::anything);
        let on = || receiver.map_or_else(Values::anything, Values::of);
        Some(match special {
            Special::GetAttr => self.getattr(arguments, call),
            Special::Super => self.super_value(arguments, call)?,
            Special::Type => self.type_call(arguments, call),
            Special::IsInstance => return self.instance_test(arguments),
            Special::IsSubclass => return self.subclass_test(arguments),
            Special::HasAttr => return self.has_attribute(arguments),
            Special::BareObject => return self.bare_object(arguments, call),
            Special::Asks(asked) => return self.answers(asked, arguments),
            Special::Set => self.set_of(arguments),
            Special::Sequence => self.sequence(name, arguments),
            Special::Filter => self.only(Value::Many(Sequence::Untold, self.item_of(&given(1)))),
            // What is given besides stands in where there is none, or is another candidate.
            Special::Item => {
                let besides = arguments.positional.iter().skip(1).cloned();
                let default = arguments.named.iter().filter(|(name, _)| *name == "default");
                let others = besides.chain(default.map(|(_, values)| values.clone()));
                Values::union(std::iter::once(self.item_of(&given(0))).chain(others))
            }
            Special::Map => {
                let item = Arguments::positional(vec![self.item_of(&given(1))]);
                self.only(Value::Many(Sequence::Untold, self.result(&given(0), &item)))
            }
            Special::Enumerate => {
                let pair = vec![self.builtin_object("int"), self.item_of(&given(0))];
                self.many_tuples(pair)
            }
            Special::Zip => {
                let items = arguments.positional.iter().map(|items| self.item_of(items)).collect();
                self.many_tuples(items)
            }
            Special::Several => self
                .only(Value::Many(Sequence::Untold, self.only(Value::Many(Sequence::Untold, self.item_of(&given(0)))))),
            Special::Grouped => {
                let group = self.only(Value::Many(Sequence::Untold, self.item_of(&given(0))));
                self.many_tuples(vec![Values::anything(), group])
            }
            Special::Dict => self.dict(arguments),
            // What it is an object of, and what it says of itself, is not known of it.
            Special::Chains => {
                let mut latest_first = arguments.clone();
                latest_first.positional.reverse();
                self.dict(&latest_first).with_rest(Rest::Anything)
            }
            Special::DefaultDict => {
                let made = self.result(&given(0), &Arguments::default());
                let made = if made.known.is_empty() { Values::anything() } else { made };
                self.only(Value::Table(vec![(None, made)]))
            }
            Special::FromKeys => {
                let value = arguments.get(1, "value").unwrap_or_else(|| self.only(Value::None));
                self.only(Value::Table(vec![(None, value)]))
            }
            Special::Partial => {
                let mut rest = arguments.clone();
                if rest.positional.is_empty() {
                    return None;
                }
                let callee = rest.positional.remove(0);
                self.only(Value::Partial { callee, arguments: rest })
            }
            Special::MethodCaller | Special::AttrGetter | Special::ItemGetter => {
                self.only(Value::Getter(self.getter(special, arguments)?))
            }
            Special::Operates(op) => self.operated(op, &given(0), &given(1)),
            Special::HoldsDefault => {
                let held = arguments.keyword("default")?.with_rest(Rest::Anything);
                self.outside_object(name, vec![held])
            }
            Special::ImportModule | Special::DunderImport => self.import_call(special, arguments, call)?,
            Special::Cast => {
                let declared = self.instance_of(&given(0));
                if declared.known.is_empty() { given(1) } else { declared.with_rest(Rest::Declared) }
            }
            Special::First => return arguments.get(0, ""),
            Special::MakesClass => return Some(self.class_being_made(&arguments.get(0, "")?)),
            Special::Task => {
                let result = self.awaited(&given(0));
                self.only(Value::Awaitable { class: self.world.returns(name), result })
            }
            Special::WaitsFor => {
                let result = self.awaited(&given(0));
                self.only(Value::Awaitable { class: None, result })
            }
            Special::RunsToEnd => self.awaited(&given(0)),
            Special::Gather => {
                let result = match arguments.open {
                    true => self.only(Value::Many(Sequence::List, self.awaited(&self.spread(call)))),
                    false => {
                        let results = arguments.positional.iter().map(|item| self.awaited(item)).collect();
                        self.only(Value::Items(Sequence::List, results))
                    }
                };
                self.only(Value::Awaitable { class: None, result })
            }
            Special::NewType => {
                let object = self.instance_of(&given(1));
                self.only(Value::Parametrised { class: None, object })
            }
            Special::TypeVar => {
                let object = arguments.keyword("bound").map_or_else(Values::anything, |bound| self.instance_of(&bound));
                self.only(Value::Parametrised { class: None, object })
            }
            Special::Starts | Special::Executes | Special::StartsHandle => {
                self.started(special, name, receiver, arguments)
            }
            Special::Constructs | Special::ConstructsUnchecked => self.constructed(on()),
            Special::ConstructsGiven(class) => {
                let made = self.instance_of(&class.of(arguments)?);
                if made.known.is_empty() {
                    return None;
                }
                made.with_rest(Rest::Declared)
            }
            Special::Copies => self.constructed_like(on()),
            Special::Replaces => self.replaced(&given(0), arguments),
            Special::TypeAdapter => {
                let object = self.instance_of(&given(0));
                self.outside_object(self.world.returns(name)?, vec![object])
            }
            Special::Adapts => match self.get(receiver?) {
                Value::OutsideInstance { of, .. } => of.first().cloned().unwrap_or_else(Values::anything),
                _ => return None,
            },
            Special::TakesItem => self.taken_item(receiver?, name),
            Special::TakesValue => self.taken_value(name, &on(), arguments, call),
            Special::Reduce => self.reduced(arguments),
            Special::PerhapsResult => self.perhaps_result(name, arguments)?,
            Special::TakesPair => self.taken_pair(&on()),
            Special::Enters => self.entered(&given(0), false),
            Special::EntersAsync => {
                let result = self.entered(&given(0), true);
                self.only(Value::Awaitable { class: None, result })
            }
            Special::Waits => {
                let tasks = || self.only(Value::Many(Sequence::Untold, self.item_of(&given(0))));
                let result = self.only(Value::Items(Sequence::Tuple, vec![tasks(), tasks()]));
                self.only(Value::Awaitable { class: None, result })
            }
            Special::Values => self.only(Value::Many(Sequence::Untold, self.value_in(&on()))),
            Special::Pairs => {
                let pairs = self.each(&on(), |id, _| {
                    let table = Values::of(id);
                    self.only(Value::Items(Sequence::Tuple, vec![self.item_of(&table), self.value_in(&table)]))
                });
                self.only(Value::Many(Sequence::Untold, pairs))
            }
            Special::Keys => self.outside_object(self.world.returns(name)?, vec![self.item_of(&on())]),
            // What is joined to a set of one item may give it an order.
            Special::Itself if !matches!(name.last_part(), "difference" | "intersection") => {
                arguments.positional.iter().fold(on(), |sets, added| self.with_more(&sets, added))
            }
            Special::Itself => on(),
            Special::TakesResult => self.each(&on(), |_, value| match value {
                Value::Awaitable { result, .. } => result.clone(),
                Value::OutsideInstance { of, .. } if of.len() == 1 => of[0].clone(),
                _ => Values::anything(),
            }),
            Special::OfText(asked) => return self.of_text(asked, receiver?, arguments),
            Special::SingleDispatch => given(0),
            Special::Field | Special::Dumps => return None,
        })
    }

    /// The class that a metaclass makes, where its making is in sight.
    fn class_being_made(&self, given: &Values) -> Values {
        self.each(given, |id, value| match value {
            Value::Class(class, outer) if self.derives_from(*class, *outer, &|base| self.is_builtin(base, "type")) => {
                Values::anything()
            }
            _ => Values::of(id),
        })
    }

    /// What `set(…)` makes.
    fn set_of(&self, arguments: &Arguments) -> Values {
        if arguments.positional.is_empty() && !arguments.open {
            return self.only(Value::Set { item: Values::NEVER, hashed: true });
        }
        let source = arguments.get(0, "").unwrap_or_else(Values::anything);
        let item = self.item_of(&source);
        let hashed = !self.set_hashes_alike(&source, &item);
        self.only(Value::Set { item, hashed })
    }

    /// What a method gives that takes the value of a key out of tables, or a default.
    fn taken_value(&self, name: Name, tables: &Values, arguments: &Arguments, call: Option<(ExprId, Place)>) -> Values {
        let key = arguments.get(0, "").unwrap_or_else(Values::anything);
        let given = call.and_then(|call| self.given_to_method(&key, call));
        if let Some(Some(given)) = &given {
            return given.clone();
        }
        let found = self.each(tables, |id, value| match value {
            Value::OutsideInstance { of, .. } => of.last().cloned().unwrap_or_else(Values::anything),
            // What it has under other keys it does not have under this one.
            Value::Table(entries) if self.has_others_only(entries, &key) => Values::anything(),
            _ => self.item_at(id, value, &key),
        });
        let missing = match arguments.get(1, "default") {
            Some(default) => default,
            None if self.raises_when_missing(name) => Values::NEVER,
            None => self.only(Value::None),
        };
        // Whether the key is there can seldom be told.
        if given.is_some() { missing } else { Values::union([found, missing]) }
    }

    /// What `functools.reduce` gives.
    fn reduced(&self, arguments: &Arguments) -> Values {
        let given = |position: usize| arguments.get(position, "").unwrap_or_else(Values::anything);
        let item = self.item_of(&given(1));
        let initial = arguments.get(2, "initial");
        let begins = initial.clone().unwrap_or_else(|| item.clone());
        let step = |before: Values| self.result(&given(0), &Arguments::positional(vec![before, item.clone()]));
        // What one step gives is what the next begins with.
        let once = step(begins);
        let again = step(once.clone());
        Values::union(initial.into_iter().chain([once, again]))
    }

    /// A key and its value, taken out of tables.
    fn taken_pair(&self, tables: &Values) -> Values {
        self.each(tables, |id, value| {
            let values = match value {
                Value::Table(entries) => Values::union(entries.iter().map(|(_, values)| values.clone())),
                Value::OutsideInstance { of, .. } => of.last().cloned().unwrap_or_else(Values::anything),
                _ => Values::anything(),
            };
            self.only(Value::Items(Sequence::Tuple, vec![self.item_of(&Values::of(id)), values]))
        })
    }

    /// What a call is given by position, where `*iterable` is among it: `gather(*tasks)`.
    fn spread(&self, call: Option<(ExprId, Place)>) -> Values {
        let Some((call, place)) = call else { return Values::anything() };
        let module = self.project.module(place.file);
        let Expr::Call { arguments, .. } = module[call] else { return Values::anything() };
        let given = module.list(arguments).iter().filter_map(|argument| match argument.kind {
            ArgumentKind::Positional => Some(self.value(argument.value, place)),
            ArgumentKind::Star => Some(self.item_of(&self.value(argument.value, place))),
            _ => None,
        });
        Values::union(given)
    }

    /// What follows from a text that is known.
    fn of_text(&self, asked: OfText, text: ValueId, arguments: &Arguments) -> Option<Values> {
        let Value::Str(text) = self.get(text) else { return None };
        let text = text.as_str();
        if arguments.open {
            return None;
        }
        match (asked, arguments.positional.as_slice()) {
            (OfText::Begins, [part]) => self.any_part(part, &|part| text.starts_with(part)),
            (OfText::Ends, [part]) => self.any_part(part, &|part| text.ends_with(part)),
            // Other alphabets have rules of their own.
            (_, []) if !text.is_ascii() => None,
            (OfText::Lower, []) => Some(self.only(Value::Str(Name::new(&text.to_ascii_lowercase())))),
            (OfText::Upper, []) => Some(self.only(Value::Str(Name::new(&text.to_ascii_uppercase())))),
            (OfText::Strip, []) => Some(self.only(Value::Str(Name::new(text.trim())))),
            _ => None,
        }
    }

    /// Whether a test holds for a text, or for one of a tuple of texts, all of which are known.
    fn any_part(&self, part: &Values, holds: &dyn Fn(&str) -> bool) -> Option<Values> {
        let answer = match self.get(part.only()?) {
            Value::Str(part) => holds(part.as_str()),
            Value::Items(_, parts) => {
                let part = |part: &Values| match self.get(part.only()?) {
                    Value::Str(part) => Some(holds(part.as_str())),
                    _ => None,
                };
                parts.iter().map(part).collect::<Option<Vec<bool>>>()?.contains(&true)
            }
            _ => return None,
        };
        Some(self.only(Value::Bool(answer)))
    }

    /// Whether taking an absent key raises: `pop(key)` does, `get(key)` gives `None`.
    fn raises_when_missing(&self, name: Name) -> bool {
        let last = name.last_part();
        !matches!(last, "get" | "setdefault")
    }

    fn taken_item(&self, receiver: ValueId, name: Name) -> Values {
        let item = self.item_of(&Values::of(receiver));
        match self.world.returns(name) {
            // What the method gives has to be awaited first.
            Some(class) if self.is_builtin(class, "coroutine") => {
                self.only(Value::Awaitable { class: None, result: item })
            }
            _ => item,
        }
    }

    fn set_hashes_alike(&self, source: &Values, item: &Values) -> bool {
        match source.only().map(|source| self.get(source)) {
            Some(Value::Set { hashed, .. }) => !hashed,
            Some(Value::Items(_, items)) => !items.is_empty() && items.iter().all(|item| self.all_hash_alike(item)),
            _ => self.all_hash_alike(item),
        }
    }

    /// An iterable that gives tuples of such items.
    fn many_tuples(&self, items: Vec<Values>) -> Values {
        self.only(Value::Many(Sequence::Untold, self.only(Value::Items(Sequence::Tuple, items))))
    }

    fn sequence(&self, name: Name, arguments: &Arguments) -> Values {
        let kind = if self.is_builtin(name, "sorted") { Sequence::List } else { self.sequence_of(name) };
        let Some(source) = arguments.positional.first() else {
            return match (arguments.open, self.world.returns(name)) {
                (true, _) => self.only(Value::Many(kind, Values::anything())),
                (false, Some(class)) => self.outside_object(class, Vec::new()),
                (false, None) => self.only(Value::Items(kind, Vec::new())),
            };
        };
        if let Some(class) = self.world.returns(name) {
            return self.outside_object(class, vec![self.item_of(source)]);
        }
        if arguments.positional.len() > 1 {
            let items = arguments.positional.iter().map(|source| self.item_of(source));
            return self.only(Value::Many(kind, Values::union(items)));
        }
        match source.only().map(|source| self.get(source)) {
            Some(Value::Items(_, items)) => self.only(Value::Items(kind, items.clone())),
            _ => self.only(Value::Many(kind, self.item_of(source))),
        }
    }

    /// What a getter takes that is made with these arguments, where they are constants.
    fn getter(&self, special: Special, arguments: &Arguments) -> Option<Vec<Taken>> {
        if arguments.open || arguments.positional.is_empty() {
            return None;
        }
        let text = |values: &Values| match self.get(values.only()?) {
            Value::Str(text) => Some(*text),
            _ => None,
        };
        let taken = |values: &Values| match special {
            Special::ItemGetter => self.constant(values).map(Taken::Item),
            _ => text(values).map(Taken::Attribute),
        };
        if special == Special::MethodCaller {
            let mut given = arguments.clone();
            let method = text(&given.positional.remove(0))?;
            return Some(vec![Taken::Method(method, given)]);
        }
        arguments.positional.iter().map(taken).collect()
    }

    fn getattr(&self, arguments: &Arguments, call: Option<(ExprId, Place)>) -> Values {
        let (Some(object), Some(names)) = (arguments.positional.first(), arguments.positional.get(1)) else {
            return Values::anything();
        };
        let is_known = names.known.iter().any(|name| matches!(self.get(*name), Value::Str(_)));
        if let Some((begins, ends)) = call.and_then(|(call, place)| self.shape_of_asked(call, place))
            && !is_known
        {
            let found = self.methods_like(object, begins.as_str(), ends.as_str());
            if !found.known.is_empty() {
                return Values::union([found, arguments.positional.get(2).cloned().unwrap_or_default()]);
            }
        }
        let found = self.each(names, |_, name| match name {
            Value::Str(name) => self.attribute(object, *name),
            _ => Values::anything(),
        });
        match arguments.positional.get(2) {
            Some(default) if found.known.is_empty() => Values::union([found, default.clone()]),
            _ => found,
        }
    }

    /// How the name begins and ends that a call of `getattr` asks for, where only that is known: `getattr(self, f"on_{kind}")`.
    fn shape_of_asked(&self, call: ExprId, place: Place) -> Option<(Name, Name)> {
        let module = self.project.module(place.file);
        let Expr::Call { arguments, .. } = module[call] else { return None };
        let mut asked = module.list(arguments).get(1)?.value;
        if let Expr::Name { name, block, .. } = module[asked]
            && let [binding] = module.bindings_of(module[block].scope, name)
            && let BindingKind::Assign { value, path, .. } = module[*binding].kind
            && path.is_empty()
        {
            asked = value;
        }
        let text = |expr: ExprId| match module[expr] {
            Expr::Str(text) => text,
            _ => Name::new(""),
        };
        let shape = match module[asked] {
            Expr::Formatted(pieces) => {
                let pieces = module.list(pieces);
                (text(pieces.first()?.value), text(pieces.last()?.value))
            }
            Expr::Binary { op: Operator::Add, left, right } => (text(left), text(right)),
            _ => return None,
        };
        (shape.0.as_str().len() + shape.1.as_str().len() > 1).then_some(shape)
    }

    /// The methods of objects whose names begin and end so: one of them is meant, or something else.
    fn methods_like(&self, objects: &Values, begins: &str, ends: &str) -> Values {
        let mut found = Values::NEVER;
        for object in &objects.known {
            let Some(order) = self.order_of(*object) else { continue };
            for ancestor in order.iter() {
                let Ancestor::Project(class, _) = ancestor else { continue };
                let module = self.project.module(class.file);
                for method in module.methods_of(class.class) {
                    let name = module[method].name;
                    let text = name.as_str();
                    let is_alike =
                        text.len() > begins.len() + ends.len() && text.starts_with(begins) && text.ends_with(ends);
                    if is_alike && found.known.len() < METHODS_ALIKE {
                        found.join(&self.attribute(&Values::of(*object), name));
                    }
                }
            }
        }
        found.with_rest(Rest::Anything)
    }

    fn super_value(&self, arguments: &Arguments, call: Option<(ExprId, Place)>) -> Option<Values> {
        let (call, place) = call?;
        let module = self.project.module(place.file);
        let block = module.block_of_call(call)?;
        let (enclosing, receiver) = self.enclosing_class(module[block].scope, place)?;
        let explicit = arguments.positional.first().and_then(Values::single);
        let after = match explicit.map(|class| self.get(class)) {
            Some(Value::Class(class, _)) => *class,
            _ => enclosing,
        };
        Some(self.each(&receiver, |id, _| self.only(Value::Super(id, after))))
    }

    /// `type(x)` and `type(name, bases, members)`.
    fn type_call(&self, arguments: &Arguments, call: Option<(ExprId, Place)>) -> Values {
        let Some(first) = arguments.positional.first() else { return Values::anything() };
        let (Some(bases), Some((call, place))) = (arguments.positional.get(1), call) else {
            return self.each(first, |id, value| match value {
                Value::Instance(_) | Value::Member(..) | Value::DynamicInstance(_) => Values::of(self.class_of(id)),
                Value::OutsideInstance { class, .. } => self.outside(*class),
                Value::None => self.outside(super::super::value::builtin(NONE_TYPE)),
                _ => Values::anything(),
            });
        };
        let bases = match bases.only().map(|bases| self.get(bases)) {
            Some(Value::Items(_, bases)) => bases.clone(),
            _ => Vec::new(),
        };
        let members = match arguments.positional.get(2).and_then(Values::only).map(|members| self.get(members)) {
            Some(Value::Table(entries)) => entries
                .iter()
                .filter_map(|(key, values)| match key.map(|key| self.get(key)) {
                    Some(Value::Str(name)) => Some((*name, values.clone())),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        self.only(Value::DynamicClass(Box::new(DynamicClass { file: place.file, call, bases, members })))
    }

    /// `isinstance(object, classes)`, where that can be told.
    fn instance_test(&self, arguments: &Arguments) -> Option<Values> {
        let (object, classes) = (arguments.positional.first()?, arguments.positional.get(1)?);
        if object.known.is_empty() {
            return None;
        }
        let answers = object.known.iter().map(|value| self.is_instance_of(*value, classes));
        let mut found = Values::NEVER;
        for answer in answers {
            match answer {
                Some(answer) => found.add(self.store.id(Value::Bool(answer))),
                None => return None,
            }
        }
        found.rest = object.rest;
        Some(found)
    }

    /// What `dict(…)` makes of its arguments.
    pub(in crate::python) fn dict(&self, arguments: &Arguments) -> Values {
        let entries = arguments.positional.iter().flat_map(|given| match given.only().map(|given| self.get(given)) {
            Some(Value::Table(entries)) => entries.clone(),
            Some(Value::Items(_, pairs)) => pairs.iter().map(|pair| self.pair(pair)).collect(),
            _ => {
                let pair = self.item_of(given);
                vec![(None, self.pair(&pair).1)]
            }
        });
        let mut entries: Vec<(Option<ValueId>, Values)> = entries.collect();
        entries.extend(
            arguments.named.iter().map(|(name, values)| (Some(self.store.id(Value::Str(*name))), values.clone())),
        );
        entries.extend(arguments.open.then(|| (None, Values::anything())));
        self.only(Value::Table(entries))
    }

    /// What the function gives that an outside callable is handed and may call: `json.loads(text, object_hook=order_of)`.
    fn perhaps_result(&self, name: Name, arguments: &Arguments) -> Option<Values> {
        let HandOff::Calls(handed) = self.world.hand_off(name) else { return None };
        let by_name = handed.keyword.and_then(|keyword| arguments.keyword(keyword.as_str()));
        let by_position = || handed.position.and_then(|position| arguments.positional.get(position).cloned());
        let called = by_name.or_else(by_position)?;
        Some(self.result(&called, &Arguments::open()).with_rest(Rest::Anything))
    }

    fn pair(&self, pair: &Values) -> (Option<ValueId>, Values) {
        match pair.only().map(|pair| self.get(pair)) {
            Some(Value::Items(_, items)) if items.len() == 2 => (self.constant(&items[0]), items[1].clone()),
            _ => (None, Values::anything()),
        }
    }

    fn import_call(&self, special: Special, arguments: &Arguments, call: Option<(ExprId, Place)>) -> Option<Values> {
        let (_, place) = call?;
        let modules = arguments.positional.first().cloned().or_else(|| arguments.keyword("name"))?;
        Some(self.each(&modules, |_, name| match name {
            Value::Str(name) => match self.imported_by_call(special, name.as_str(), arguments) {
                Some(module) => self.import_source(place.file, Name::new(&module), 0),
                None => Values::anything(),
            },
            _ => Values::anything(),
        }))
    }

    /// The whole name of the module that a call gives which imports the one of this name.
    fn imported_by_call(&self, special: Special, name: &str, arguments: &Arguments) -> Option<String> {
        if special == Special::DunderImport {
            return match self.truthiness(&arguments.get(3, "fromlist").unwrap_or(Values::NEVER)) {
                Truth::Known(true) => Some(name.to_owned()),
                Truth::Known(false) | Truth::Never => Some(first_part(name).to_owned()),
                _ => None,
            };
        }
        let relative = name.trim_start_matches('.');
        let Some(outwards) = (name.len() - relative.len()).checked_sub(1) else { return Some(name.to_owned()) };
        let package = arguments.get(1, "package")?.only()?;
        let Value::Str(package) = self.get(package) else { return None };
        let mut around = package.as_str();
        for _ in 0..outwards {
            around = around.rsplit_once('.')?.0;
        }
        Some(if relative.is_empty() { around.to_owned() } else { format!("{around}.{relative}") })
    }

    /// What awaiting something that was started by a reference gives: what the target declares, unless the call says so
    /// itself by `result_type`, or `output_type`.
    fn started(&self, special: Special, name: Name, receiver: Option<ValueId>, arguments: &Arguments) -> Values {
        let said = ["result_type", "output_type"].into_iter().find_map(|keyword| arguments.keyword(keyword));
        let result = match said {
            Some(class) if !class.is_unknown() => self.instance_of(&class).with_rest(Rest::Declared),
            _ => {
                let position =
                    usize::from(receiver.is_some_and(|receiver| matches!(self.get(receiver), Value::Class(..))));
                let target = arguments.positional.get(position).cloned().unwrap_or_else(Values::anything);
                self.declared_result(&target)
            }
        };
        let class = self.world.returns(name);
        match special {
            Special::Executes => self.only(Value::Awaitable { class: None, result }),
            Special::StartsHandle => {
                let handle = self.only(Value::Awaitable { class, result });
                self.only(Value::Awaitable { class: None, result: handle })
            }
            _ => self.only(Value::Awaitable { class, result }),
        }
    }

    /// What a function declares that it returns.
    pub(in crate::python) fn declared_result(&self, targets: &Values) -> Values {
        let found = self.each(targets, |id, target| match target {
            Value::Function(callable) => {
                let module = self.project.module(callable.function.file);
                match module[callable.function.function].returns_annotation {
                    Some(annotation) => {
                        self.annotated(annotation, Place { file: callable.function.file, frame: callable.outer })
                    }
                    None => Values::anything(),
                }
            }
            Value::Partial { callee, .. } => self.declared_result(callee),
            Value::Instance(_) => match self.method(id, Name::new("__call__")) {
                Some(method) => self.declared_result(&self.only(Value::Function(method))),
                None => Values::anything(),
            },
            // What is declared as an operation that takes one type and gives another.
            Value::OutsideInstance { of, .. } if of.len() == 2 => of[1].clone(),
            _ => Values::anything(),
        });
        if found.known.is_empty() { Values::anything() } else { found.with_rest(Rest::Declared) }
    }

    /// An object of the class that a method was taken from, made of data.
    fn constructed(&self, classes: Values) -> Values {
        let found = self.each(&classes, |id, class| match class {
            Value::Class(class, outer) => self.only(Value::Instance(Box::new(Instance::plain(*class, *outer)))),
            Value::Instance(_) => Values::of(id),
            _ => Values::anything(),
        });
        if found.known.is_empty() { Values::anything() } else { found }
    }

    /// A copy of an object, with other fields.
    fn constructed_like(&self, objects: Values) -> Values {
        self.each(&objects, |id, object| match object {
            Value::Instance(_) => Values::of(self.store.general(id)),
            _ => Values::of(id),
        })
    }

    /// A copy of an object that is made of its fields, with what a call names for some of them.
    fn replaced(&self, objects: &Values, arguments: &Arguments) -> Values {
        self.each(objects, |id, object| match object {
            Value::Instance(instance) if !arguments.open && !instance.fields.is_empty() => {
                let held = |name: Name| instance.fields.iter().find(|(field, _)| *field == name);
                let converts = LazyCell::new(|| self.converts_fields(instance.class, instance.outer));
                let of_field = |field: Field| {
                    let given = arguments.named.iter().find(|(name, _)| *name == field.name);
                    let values = match given {
                        Some((_, given)) => self.held_of(&field, given.clone(), &|| *converts),
                        None => held(field.name)?.1.clone(),
                    };
                    (!values.known.is_empty()).then_some((field.name, values))
                };
                let fields = self.fields(instance.class, instance.outer).into_iter().filter_map(of_field).collect();
                let copy = Instance { made: None, fields, ..Instance::clone(instance) };
                self.only(Value::Instance(Box::new(copy)))
            }
            _ => self.constructed_like(Values::of(id)),
        })
    }

    /// What the tables, or else the form of the name, say that a call returns.
    pub(in crate::python) fn result_by_name(&self, name: Name) -> Values {
        if let Some(class) = self.world.returns(name) {
            return match self.world.is_always_true(name) {
                true => self.true_object(class, Vec::new()),
                false => self.returned(class),
            };
        }
        let text = name.as_str();
        let last = last_part(text);
        if last.starts_with(char::is_uppercase) {
            self.returned(name)
        } else if text.starts_with(super::super::value::BUILTINS) || text.len() > LONGEST_NAME {
            Values::anything()
        } else {
            self.only(Value::ResultOf(name))
        }
    }
}

/// How many methods of like names a question by name is taken to mean.
const METHODS_ALIKE: usize = 32;

fn is_given(arguments: &Arguments, position: usize, name: Name) -> bool {
    arguments.get(position, name.as_str()).is_some_and(|values| !values.is_unknown() || !arguments.open)
}
