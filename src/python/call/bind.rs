//! Which parameter gets which argument, and the frame that comes of it.
//!
//! Knows: Python's binding of arguments, defaults, and in how many ways a function is told apart. Does not know: what a
//! function does or gives.

use super::super::eval::{Evaluator, Place};
use super::super::limits::Limit;
use super::super::value::{
    Arguments, Callable, Frame, FrameId, FunctionRef, Rest, Sequence, Value, ValueId, Values, builtin,
};
use super::super::world::Special;
use crate::semantic::{
    Argument, ArgumentKind, Expr, ExprId, List, Name, Parameter, ParameterKind, ScopeId, ScopeKind, Use,
};

/// How many positional arguments are told apart where sequences are spread over them: `c(*args, *args)` in `c` itself doubles
/// them each time.
const MOST_SPREAD: usize = 64;

/// In how many ways a function is looked at; further calls are taken together, with only the kinds of arguments known.
/// Larger functions are looked at in fewer ways: as many as have [`WORK`] expressions together, but at least
/// [`LEAST_WAYS`].
const MOST_WAYS: usize = 96;

/// See [`MOST_WAYS`].
const LEAST_WAYS: usize = 6;

/// See [`MOST_WAYS`].
const WORK: usize = 12_000;

/// A parameter that a call leaves to its default.
#[derive(Debug, Clone, Copy)]
pub struct Defaulted {
    /// The parameter's name.
    pub name: Name,
    /// The default.
    pub default: ExprId,
    /// Where the default is evaluated.
    pub place: Place,
}

impl Evaluator<'_> {
    /// The arguments of a call.
    pub(in crate::python) fn arguments(&self, arguments: List<Argument>, place: Place) -> Arguments {
        let module = self.project.module(place.file);
        let mut result = Arguments::default();
        for argument in module.list(arguments) {
            let values = self.value(argument.value, place);
            match argument.kind {
                ArgumentKind::Positional if result.open => {}
                ArgumentKind::Positional => result.positional.push(values),
                ArgumentKind::Star => match values.only().map(|value| self.get(value)) {
                    Some(Value::Items(_, items))
                        if !result.open && result.positional.len() + items.len() <= MOST_SPREAD =>
                    {
                        result.positional.extend(items.iter().cloned());
                    }
                    _ => result.open = true,
                },
                ArgumentKind::Keyword(name) => result.named.push((name, values)),
                ArgumentKind::DoubleStar => match values.only().map(|value| self.get(value)) {
                    Some(Value::Table(entries)) => {
                        result.may_lack = true;
                        for (key, _) in entries {
                            match key.map(|key| self.get(key)) {
                                Some(Value::Str(name)) if result.named.iter().any(|(known, _)| known == name) => {}
                                Some(Value::Str(name)) => {
                                    let values = self.under_name(entries, name.as_str());
                                    result.named.extend(values.map(|values| (*name, values)));
                                }
                                _ => result.open = true,
                            }
                        }
                    }
                    _ => result.open = true,
                },
            }
        }
        result
    }

    /// What a call is given; nothing for what is no call.
    #[must_use]
    pub fn arguments_of(&self, call: ExprId, place: Place) -> Option<Arguments> {
        match self.project.module(place.file)[call] {
            Expr::Call { arguments, .. } => Some(self.arguments(arguments, place)),
            _ => None,
        }
    }

    /// The frame in which a function runs that is called so.
    #[must_use]
    pub fn frame_of_call(&self, callable: &Callable, arguments: &Arguments) -> Option<FrameId> {
        self.bind(callable, arguments).0
    }

    /// The frame of a call, and the parameters that it leaves to their defaults. `None` for a frame that says nothing.
    pub(in crate::python) fn bind(
        &self,
        callable: &Callable,
        arguments: &Arguments,
    ) -> (Option<FrameId>, Vec<Defaulted>) {
        let (bound, defaulted) = self.bind_parameters(callable, arguments);
        let frame = self.framed(callable, bound);
        (self.counted(callable, frame), defaulted)
    }

    /// The parameters that a call leaves to their defaults.
    #[must_use]
    pub fn left_to_defaults(&self, callable: &Callable, arguments: &Arguments) -> Vec<Name> {
        self.bind_parameters(callable, arguments).1.iter().map(|defaulted| defaulted.name).collect()
    }

    /// A frame of a function, where it says anything.
    fn framed(&self, callable: &Callable, parameters: Vec<(Name, Values)>) -> Option<FrameId> {
        if parameters.is_empty() && callable.outer.is_none() {
            return None;
        }
        let frame = Frame { function: callable.function, parameters, outer: callable.outer };
        Some(self.store.frame_id(frame))
    }

    /// The frame, or a more general one where a function is called in very many ways.
    fn counted(&self, callable: &Callable, frame: Option<FrameId>) -> Option<FrameId> {
        let mut all = self.ways.borrow_mut();
        let ways = all.entry(callable.function).or_default();
        if ways.contains(&frame) {
            return frame;
        }
        let size = self.project.module(callable.function.file)[callable.function.function].size;
        let most = (WORK / (size as usize).max(1)).clamp(LEAST_WAYS, MOST_WAYS);
        if ways.len() < most {
            ways.insert(frame);
            return frame;
        }
        let general = frame.and_then(|frame| self.general_frame(frame));
        if ways.len() < 2 * most || ways.contains(&general) {
            ways.insert(general);
            return general;
        }
        self.note_cut(Limit::Ways, callable.function);
        // What goes on growing is what holds other values; an object that is handed on stays what it is.
        let simple = general.and_then(|frame| self.simple_frame(frame));
        if ways.len() < 3 * most || ways.contains(&simple) {
            ways.insert(simple);
            return simple;
        }
        None
    }

    /// A frame without the parameters whose values hold others.
    fn simple_frame(&self, frame: FrameId) -> Option<FrameId> {
        let Frame { function, parameters, outer } = self.store.frame(frame);
        let mut parameters = parameters.clone();
        parameters.retain(|(_, values)| values.known.iter().all(|value| !self.store.holds_others(*value)));
        let says_something = !parameters.is_empty() || outer.is_some();
        says_something.then(|| self.store.frame_id(Frame { function: *function, parameters, outer: *outer }))
    }

    fn general_frame(&self, frame: FrameId) -> Option<FrameId> {
        let frame = self.store.frame(frame);
        let parameters = frame.parameters.iter().map(|(name, values)| {
            let general: Values = values.known.iter().map(|value| self.store.general(*value)).collect();
            (*name, general.with_rest(values.rest))
        });
        let parameters = parameters.collect();
        Some(self.store.frame_id(Frame { function: frame.function, parameters, outer: frame.outer }))
    }

    fn bind_parameters(&self, callable: &Callable, arguments: &Arguments) -> (Vec<(Name, Values)>, Vec<Defaulted>) {
        let file = callable.function.file;
        let module = self.project.module(file);
        let parameters = module.parameters(callable.function.function);
        let place = Place { file, frame: callable.outer };
        let mut binder = Binder { arguments, receiver: callable.receiver, next: 0, used: Vec::new() };
        let (mut bound, mut defaulted) = (Vec::new(), Vec::new());
        for parameter in parameters {
            let values = match parameter.kind {
                ParameterKind::Rest => binder.rest(),
                ParameterKind::KeywordRest => None,
                _ => binder.take(parameter),
            };
            let values = match parameter.kind {
                ParameterKind::Rest => values.map(|items| self.only(Value::Items(Sequence::Tuple, items.known_items))),
                ParameterKind::KeywordRest => self.keyword_rest(&binder),
                _ => match (values, parameter.default) {
                    (Some(values), _) => Some(values.one),
                    (None, Some(default)) if !arguments.open => {
                        defaulted.push(Defaulted { name: parameter.name, default, place });
                        Some(self.value(default, place))
                    }
                    (None, default) => Some(self.left_open(default, place)),
                },
            };
            let Some(values) = values else { continue };
            let declared = match parameter.annotation {
                Some(annotation) if !matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest) => {
                    self.with_declaration(values, &self.annotated(annotation, place))
                }
                _ => values,
            };
            let kept = self.worth_keeping(callable.function, parameter, declared);
            if !kept.is_unknown() {
                bound.push((parameter.name, kept));
            }
        }
        (bound, defaulted)
    }

    /// Whether a call gives a function all that it needs, and nothing that it does not take, as far as that can be told.
    pub(in crate::python) fn accepts(&self, callable: &Callable, arguments: &Arguments) -> bool {
        if arguments.open {
            return true;
        }
        let module = self.project.module(callable.function.file);
        let parameters = module.parameters(callable.function.function);
        let mut binder = Binder { arguments, receiver: callable.receiver, next: 0, used: Vec::new() };
        let (mut takes_rest, mut takes_names) = (false, false);
        for parameter in parameters {
            match parameter.kind {
                ParameterKind::Rest => takes_rest = true,
                ParameterKind::KeywordRest => takes_names = true,
                _ if binder.take(parameter).is_none() && parameter.default.is_none() => return false,
                _ => {}
            }
        }
        let all_taken = takes_rest || binder.next >= arguments.positional.len();
        all_taken && (takes_names || arguments.named.iter().all(|(name, _)| binder.used.contains(name)))
    }

    /// Whether a call surely gives the one function of the project that it runs too little, or what that does not take.
    #[must_use]
    pub fn cannot_bind(&self, call: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let Expr::Call { callee, arguments } = module[call] else { return false };
        let given = module.list(arguments);
        if given.iter().any(|given| matches!(given.kind, ArgumentKind::Star | ArgumentKind::DoubleStar)) {
            return false;
        }
        let callees = self.value(callee, place);
        let Some(Value::Function(callable)) = callees.only().map(|callee| self.get(callee)) else { return false };
        let callable = *callable;
        self.is_called_as_written(&callable) && !self.accepts(&callable, &self.arguments(arguments, place))
    }

    /// Whether no decorator may give a function other parameters than are written.
    fn is_called_as_written(&self, callable: &Callable) -> bool {
        let file = callable.function.file;
        let module = self.project.module(file);
        let place = Place { file, frame: None };
        module.list(module[callable.function.function].decorators).iter().all(|decorator| {
            let name = self.value(*decorator, place).only().and_then(|decorator| self.outside_name(decorator));
            name.is_some_and(|name| self.is_builtin(name, "staticmethod") || self.is_builtin(name, "classmethod"))
        })
    }

    /// A parameter of which it is not known whether an argument is given: its default, or anything.
    fn left_open(&self, default: Option<ExprId>, place: Place) -> Values {
        match default {
            Some(default) => {
                let values = self.as_objects(self.value(default, place));
                if self.is_flag(&values) { Values::anything() } else { values.with_rest(Rest::Anything) }
            }
            None => Values::anything(),
        }
    }

    fn keyword_rest(&self, binder: &Binder<'_>) -> Option<Values> {
        if binder.arguments.open {
            return None;
        }
        let rest = binder.arguments.named.iter().filter(|(name, _)| !binder.used.contains(name));
        let entries = rest.map(|(name, values)| (Some(self.store.id(Value::Str(*name))), values.clone()));
        // An entry of which neither key nor value is known says that the call need not have given the others.
        let lacking = binder.arguments.may_lack.then_some((None, Values::NEVER));
        Some(self.only(Value::Table(lacking.into_iter().chain(entries).collect())))
    }

    /// Constants are kept in frames only where what a function does may depend on them.
    fn worth_keeping(&self, function: FunctionRef, parameter: &Parameter, values: Values) -> Values {
        let plain = |value: &ValueId| {
            matches!(self.get(*value), Value::Str(_) | Value::Int(_))
                || matches!(self.get(*value), Value::OutsideInstance { class, of, .. } if of.is_empty()
                    && ["str", "int", "float", "bool"].iter().any(|short| self.is_builtin(*class, short)))
        };
        if !values.known.iter().any(plain) || self.decides(function, parameter) {
            return values;
        }
        let general: Values = values.known.iter().map(|value| self.store.general(*value)).collect();
        general.with_rest(values.rest)
    }

    /// Whether what a function does may depend on what a parameter is exactly.
    fn decides(&self, function: FunctionRef, parameter: &Parameter) -> bool {
        let module = self.project.module(function.file);
        let scope = module[function.function].scope;
        let Some(binding) = module.bindings_of(scope, parameter.name).first() else { return false };
        module.reads_of(*binding).any(|read| {
            matches!(
                module.uses().use_of(read),
                Use::Compared(_)
                    | Use::KeyOf(_)
                    | Use::IfTest(_)
                    | Use::WhileTest(_)
                    | Use::ConditionalTest(_)
                    | Use::Logical(_)
                    | Use::Matched(_)
                    | Use::Argument { .. }
                    | Use::Bound(_)
                    | Use::Returned(_)
                    | Use::LambdaResult(_)
                    | Use::Item(_)
                    | Use::DictKey(_)
                    | Use::DictValue(_)
                    | Use::Header
            ) || matches!(module.uses().use_of(read), Use::AttributeOf(_, name) if self.is_asked_of_text(name))
                || matches!(module.uses().use_of(read), Use::Operand(operation)
                if matches!(module[operation], Expr::Unary { .. } | Expr::Binary { .. }))
                || matches!(module.uses().use_of(read), Use::Formatted(text) if self.is_looked_up(function, text))
        })
    }

    /// Whether what a method of texts gives follows from the text.
    fn is_asked_of_text(&self, method: Name) -> bool {
        let method = Name::new(&format!("{}.{method}", builtin("str")));
        matches!(self.world.special(method), Some(Special::OfText(_)))
    }

    /// Whether a formatted text is used to look something up: `getattr(self, f"on_{kind}")`.
    fn is_looked_up(&self, function: FunctionRef, text: ExprId) -> bool {
        let module = self.project.module(function.file);
        match module.uses().use_of(text) {
            Use::KeyOf(_) | Use::Argument { position: 1, .. } => true,
            Use::Argument { call, position: 0, .. } => {
                let Expr::Call { callee, .. } = module[call] else { return false };
                let callees = self.value(callee, Place { file: function.file, frame: None });
                matches!(self.special_of(&callees), Some(Special::ImportModule | Special::DunderImport))
            }
            _ => false,
        }
    }

    /// The value of a parameter in the frame at hand; what its annotation or default says where there is none.
    pub(in crate::python) fn parameter(&self, place: Place, scope: ScopeId, index: u32) -> Values {
        let module = self.project.module(place.file);
        let ScopeKind::Function(id) = module[scope].kind else { return Values::anything() };
        let Some(parameter) = module.parameters(id).get(index as usize) else { return Values::anything() };
        let function = FunctionRef { file: place.file, function: id };
        let own = self.frame_of(place.frame, function);
        if let Some(frame) = own {
            let found = self.store.frame(frame).parameters.iter().find(|(known, _)| *known == parameter.name);
            if let Some((_, values)) = found {
                return values.clone();
            }
            return match parameter.kind {
                ParameterKind::Rest | ParameterKind::KeywordRest => self.rest_of_unknown(parameter),
                _ => Values::anything(),
            };
        }
        if index == 0
            && let Some(receiver) = self.assumed_receiver(function)
        {
            return Values::of(receiver);
        }
        match parameter.kind {
            ParameterKind::Rest | ParameterKind::KeywordRest => self.rest_of_unknown(parameter),
            _ => match parameter.annotation {
                Some(annotation) => self.annotated(annotation, place),
                None => Values::anything(),
            },
        }
    }

    fn rest_of_unknown(&self, parameter: &Parameter) -> Values {
        let value = match parameter.kind {
            ParameterKind::Rest => Value::Many(Sequence::Tuple, Values::anything()),
            _ => Value::Table(vec![(None, Values::anything())]),
        };
        self.only(value)
    }

    /// What a method's first parameter is when nothing is known about the call.
    pub(in crate::python) fn assumed_receiver(&self, function: FunctionRef) -> Option<ValueId> {
        let module = self.project.module(function.file);
        let class = super::super::ClassRef { file: function.file, class: module[function.function].class? };
        match self.method_kind(function.file, function.function) {
            super::super::MethodKind::Static => None,
            super::super::MethodKind::Class => Some(self.store.id(Value::Class(class, None))),
            super::super::MethodKind::Plain | super::super::MethodKind::Property => {
                Some(self.plain_instance(class, None))
            }
        }
    }
}

struct Binder<'b> {
    arguments: &'b Arguments,
    receiver: Option<ValueId>,
    next: usize,
    used: Vec<Name>,
}

/// What a parameter takes: one argument, or those that are left.
struct Taken {
    one: Values,
    known_items: Vec<Values>,
}

impl Binder<'_> {
    fn take(&mut self, parameter: &Parameter) -> Option<Taken> {
        let one = |values: Values| Some(Taken { one: values, known_items: Vec::new() });
        if parameter.kind != ParameterKind::KeywordOnly {
            if let Some(receiver) = self.receiver.take() {
                return one(Values::of(receiver));
            }
            if let Some(values) = self.arguments.positional.get(self.next) {
                self.next += 1;
                return one(values.clone());
            }
        }
        if parameter.kind == ParameterKind::PositionalOnly {
            return None;
        }
        let (_, values) = self.arguments.named.iter().find(|(known, _)| *known == parameter.name)?;
        self.used.push(parameter.name);
        one(values.clone())
    }

    fn rest(&mut self) -> Option<Taken> {
        if self.arguments.open {
            return None;
        }
        let receiver = self.receiver.take().map(Values::of);
        let positional = self.arguments.positional.iter().skip(self.next).cloned();
        let known_items: Vec<Values> = receiver.into_iter().chain(positional).collect();
        self.next = self.arguments.positional.len();
        Some(Taken { one: Values::NEVER, known_items })
    }
}
