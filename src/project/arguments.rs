use super::evaluate::Evaluator;
use super::value::{Arguments, Callable, Frame, FrameId, Literal, Place, Value};
use crate::semantic::{Function, FunctionId, FunctionNode, ScopeId, ScopeKind};
use crate::source::FileId;
use crate::source::ast::{self, Expr, Parameters};

/// How many frames hang together at most.
const FRAME_DEPTH: u8 = 5;

/// How deep values in frames nest; deeper ones are unknown.
const VALUE_DEPTH: usize = 4;

/// A parameter that a call leaves to its default.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaulted<'a> {
    /// The parameter's name.
    pub name: &'a str,
    /// The default.
    pub default: &'a Expr,
    /// Where the default is evaluated.
    pub place: Place,
}

impl<'a> Evaluator<'_, 'a> {
    /// The arguments of a call.
    pub(super) fn arguments(&self, arguments: &'a ast::Arguments, place: Place) -> Arguments<'a> {
        let mut result = Arguments::default();
        for argument in &arguments.args {
            match argument {
                Expr::Starred(starred) => match self.value(&starred.value, place) {
                    Value::Items(items) if !result.open => result.positional.extend(items.iter().cloned()),
                    _ => result.open = true,
                },
                _ if result.open => {}
                other => result.positional.push(self.value(other, place)),
            }
        }
        for keyword in &arguments.keywords {
            match &keyword.arg {
                Some(name) => result.named.push((name.as_str(), self.value(&keyword.value, place))),
                None => match self.value(&keyword.value, place) {
                    Value::Table(entries) => {
                        result.open |= entries.iter().any(|(key, _)| key.is_none());
                        result.named.extend(entries.iter().filter_map(|(key, value)| Some(((*key)?, value.clone()))));
                    }
                    _ => result.open = true,
                },
            }
        }
        result
    }

    /// The frame of a call, and the parameters that it leaves to their defaults. `None` for a frame that says nothing.
    pub(super) fn bind(
        &self,
        callable: &Callable<'a>,
        arguments: &Arguments<'a>,
    ) -> (Option<FrameId>, Vec<Defaulted<'a>>) {
        let file = callable.function.file;
        let module = self.project.module(file);
        let function = module.function(callable.function.function);
        let mut bound: Vec<(&'a str, Value<'a>)> = Vec::new();
        let mut defaulted = Vec::new();
        if let Some(parameters) = function.parameters() {
            let mut binder = Binder { arguments, receiver: callable.receiver.clone(), next: 0, used: Vec::new() };
            self.bind_parameters(file, function, parameters, callable.outer, &mut binder, &mut bound, &mut defaulted);
        }
        let compares = self.looks_at_strings(file, function);
        bound.retain_mut(|(_, value)| {
            let plain = matches!(value, Value::Literal(Literal::Number))
                || (!compares && matches!(value, Value::Literal(Literal::Str(_))));
            !plain && !value.is_unknown() && value.depth() <= VALUE_DEPTH
        });
        if bound.is_empty() && callable.outer.is_none() {
            return (None, defaulted);
        }
        bound.retain(|(_, value)| self.frames_in(value) < FRAME_DEPTH);
        let outer = callable.outer.filter(|outer| self.frame(*outer).depth < FRAME_DEPTH);
        let frame = self.framed(file, function.scope, bound, outer);
        (Some(self.intern(frame)), defaulted)
    }

    /// A frame, with its depth.
    pub(super) fn framed(
        &self,
        file: FileId,
        scope: ScopeId,
        parameters: Vec<(&'a str, Value<'a>)>,
        outer: Option<FrameId>,
    ) -> Frame<'a> {
        let inner = parameters.iter().map(|(_, value)| self.frames_in(value)).max().unwrap_or(0);
        let around = outer.map_or(0, |outer| self.frame(outer).depth);
        Frame { file, scope, parameters, outer, depth: 1 + inner.max(around) }
    }

    /// How many frames hang together in a value.
    fn frames_in(&self, value: &Value<'a>) -> u8 {
        let of = |frame: Option<FrameId>| frame.map_or(0, |frame| self.frame(frame).depth);
        match value {
            Value::Function(callable) => {
                of(callable.outer).max(callable.receiver.as_ref().map_or(0, |receiver| self.frames_in(receiver)))
            }
            Value::Class(_, outer) => of(*outer),
            Value::Instance(instance) => {
                let fields = instance.fields.iter().map(|(_, value)| self.frames_in(value)).max();
                of(instance.init).max(fields.unwrap_or(0))
            }
            Value::Partial(partial) => {
                let arguments = partial.arguments.positional.iter().map(|value| self.frames_in(value)).max();
                self.frames_in(&partial.callee).max(arguments.unwrap_or(0))
            }
            Value::Items(items) | Value::Union(items) => {
                items.iter().map(|value| self.frames_in(value)).max().unwrap_or(0)
            }
            Value::Table(entries) => entries.iter().map(|(_, value)| self.frames_in(value)).max().unwrap_or(0),
            Value::Many(item) => self.frames_in(item),
            Value::Super(receiver, _) => self.frames_in(receiver),
            _ => 0,
        }
    }

    #[allow(clippy::too_many_arguments, reason = "two of them collect what is found")]
    fn bind_parameters(
        &self,
        file: FileId,
        function: &Function<'a>,
        parameters: &'a Parameters,
        outer: Option<FrameId>,
        binder: &mut Binder<'_, 'a>,
        bound: &mut Vec<(&'a str, Value<'a>)>,
        defaulted: &mut Vec<Defaulted<'a>>,
    ) {
        let place = Place { file, scope: function.parent, frame: outer };
        let positional = parameters.posonlyargs.iter().chain(&parameters.args).map(|parameter| (parameter, true));
        let keyword_only = parameters.kwonlyargs.iter().map(|parameter| (parameter, false));
        let mut rest_bound = false;
        for (parameter, by_position) in positional.chain(keyword_only) {
            if !by_position && !rest_bound {
                rest_bound = true;
                bind_rest(parameters, binder, bound);
            }
            let name = parameter.name().as_str();
            let given = binder.take(name, by_position);
            let value = match (given, parameter.default()) {
                (Some(value), _) => value,
                (None, Some(default)) if !binder.arguments.open => {
                    defaulted.push(Defaulted { name, default, place });
                    self.value(default, place)
                }
                _ => Value::Unknown,
            };
            let value = match (&value, parameter.annotation()) {
                (Value::Unknown, Some(annotation)) => self.annotated(annotation, place),
                _ => value,
            };
            bound.push((name, value));
        }
        if !rest_bound {
            bind_rest(parameters, binder, bound);
        }
        if let Some(rest) = parameters.kwarg.as_deref() {
            let named = &binder.arguments.named;
            let entries: Vec<_> = named
                .iter()
                .filter(|(name, _)| !binder.used.contains(name))
                .map(|(n, v)| (Some(*n), v.clone()))
                .collect();
            if !binder.arguments.open {
                bound.push((rest.name.as_str(), Value::Table(entries.into())));
            }
        }
    }

    /// Whether a function's behaviour can depend on what a string argument says, so that frames keep it.
    fn looks_at_strings(&self, file: FileId, function: &Function<'a>) -> bool {
        let text = self.project.source(file).slice(function.range());
        ["getattr", "==", "match ", "[", ".get("].iter().any(|sign| text.contains(sign)) && text.len() < 4_000
    }

    /// The value of a parameter in the frame at hand; what its annotation or default says where there is none.
    pub(super) fn parameter(&self, place: Place, index: usize) -> Value<'a> {
        let module = self.project.module(place.file);
        let ScopeKind::Function(id) = module.scope(place.scope).kind else { return Value::Unknown };
        let function = module.function(id);
        let Some(parameter) = function.parameters().and_then(|parameters| parameters.iter().nth(index)) else {
            return Value::Unknown;
        };
        let name = parameter.name().as_str();
        if let Some(frame) = self.frame_of(place.frame, place.file, place.scope) {
            let found = self.frame(frame).parameters.iter().find(|(known, _)| *known == name);
            return found.map_or(Value::Unknown, |(_, value)| value.clone());
        }
        if index == 0
            && let Some(receiver) = self.assumed_receiver(place.file, id)
        {
            return receiver;
        }
        let defined = Place { scope: function.parent, ..place };
        let variadic = function
            .parameters()
            .is_some_and(|p| [&p.vararg, &p.kwarg].into_iter().flatten().any(|rest| rest.name.as_str() == name));
        match parameter.as_parameter().annotation() {
            Some(annotation) if !variadic => self.annotated(annotation, defined),
            _ => Value::Unknown,
        }
    }

    /// What a method's first parameter is when nothing is known about the call.
    fn assumed_receiver(&self, file: FileId, id: FunctionId) -> Option<Value<'a>> {
        let module = self.project.module(file);
        let function = module.function(id);
        let class = function.class?;
        let class = super::ClassRef { file, class };
        match self.method_kind(file, id) {
            super::classes::MethodKind::Static => None,
            super::classes::MethodKind::Class => Some(Value::Class(class, None)),
            super::classes::MethodKind::Plain | super::classes::MethodKind::Property => Some(self.instance(class)),
        }
    }

    /// The function value of a definition before its decorators.
    pub(super) fn closure(&self, file: FileId, function: FunctionId, frame: Option<FrameId>) -> Value<'a> {
        let module = self.project.module(file);
        // Only functions inside functions depend on a frame.
        let around = module.function_around(module.function(function).parent);
        let outer = around.and_then(|around| self.frame_of(frame, file, module.function(around).scope));
        let function = super::FunctionRef { file, function };
        Value::Function(Callable { function, receiver: None, outer }.into())
    }
}

struct Binder<'b, 'a> {
    arguments: &'b Arguments<'a>,
    receiver: Option<Value<'a>>,
    next: usize,
    used: Vec<&'a str>,
}

impl<'a> Binder<'_, 'a> {
    fn take(&mut self, name: &'a str, by_position: bool) -> Option<Value<'a>> {
        if by_position {
            if let Some(receiver) = self.receiver.take() {
                return Some(receiver);
            }
            if let Some(value) = self.arguments.positional.get(self.next) {
                self.next += 1;
                return Some(value.clone());
            }
        }
        let (_, value) = self.arguments.named.iter().find(|(known, _)| *known == name)?;
        self.used.push(name);
        Some(value.clone())
    }
}

fn bind_rest<'a>(parameters: &'a Parameters, binder: &mut Binder<'_, 'a>, bound: &mut Vec<(&'a str, Value<'a>)>) {
    let Some(rest) = parameters.vararg.as_deref() else { return };
    if !binder.arguments.open {
        let receiver = binder.receiver.take();
        let positional = binder.arguments.positional.iter().skip(binder.next).cloned();
        bound.push((rest.name.as_str(), Value::Items(receiver.into_iter().chain(positional).collect())));
    }
}

/// The body of a function, statements or a lambda's expression.
pub(super) fn body_of<'a>(function: &Function<'a>) -> Body<'a> {
    match function.node {
        FunctionNode::Def(def) => Body::Statements(&def.body),
        FunctionNode::Lambda(lambda) => Body::Expression(&lambda.body),
    }
}

/// What a function runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body<'a> {
    Statements(&'a [ast::Stmt]),
    Expression(&'a Expr),
}
