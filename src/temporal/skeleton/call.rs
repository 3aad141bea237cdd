//! Calls: what they run, with what, and what they give.
//!
//! Knows: functions, classes and methods of the project, which are gone through where they are called; collections; context
//! managers. Does not know: what callables from outside do ([`sdk`](super::sdk)).

use std::sync::Arc;

use super::build::{Builder, Here, Managed};
use super::normal::inlined;
use super::sdk::{NEXUS, RANDOM};
use super::step::{Command, CommandKind, Step, Text, Wait};
use super::term::{Item, Lazy, Started, Term, Truth};
use crate::python::{Arguments, ClassRef, Frame, FrameId, FunctionRef, Place, Value, ValueId, Values};
use crate::semantic::{Argument, ArgumentKind, Body, Expr, ExprId, List, Name, ParameterKind, Suite};
use crate::source::{Span, TextRange};

/// How deep functions are gone through where they are called.
const DEEP: usize = 40;

/// What a call is given.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub positional: Vec<Item>,
    pub named: Vec<(Name, Term)>,
    /// Others may be given.
    pub open: bool,
}

impl Given {
    /// The argument of a position or name.
    pub(super) fn get(&self, position: usize, name: &str) -> Option<Term> {
        let named = self.named.iter().find(|(known, _)| *known == name).map(|(_, term)| term.clone());
        named.or_else(|| self.positional.get(position).map(|item| item.term.clone()))
    }

    pub(super) fn named(&self, name: &str) -> Option<Term> {
        self.get(usize::MAX, name)
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = &Term> {
        self.positional.iter().map(|item| &item.term).chain(self.named.iter().map(|(_, term)| term))
    }
}

/// What a context manager is.
pub(super) enum Manager {
    /// A timer runs beside the body.
    Timer(Vec<Step>),
    /// A task group.
    Group(u32),
    /// Something that only so many enter at a time.
    Slot(Arc<str>),
    /// Exceptions are swallowed.
    Suppress(Text),
    /// An object of the project.
    Object(Term),
    /// A generator of the project.
    Generator(FunctionRef, Option<FrameId>, Option<Term>, Given),
    /// Nothing that matters.
    Plain,
}

impl Builder<'_, '_, '_> {
    /// A call where it stands.
    pub(super) fn call(&mut self, expr: ExprId, callee: ExprId, arguments: List<Argument>) -> Term {
        let module = self.module();
        let range = module.span(expr);
        let (term, base) = match module[callee] {
            Expr::Attribute { value, name } => {
                let base = self.eval(value);
                let known = self
                    .method_of_library(expr, value, &base, name, arguments)
                    .or_else(|| self.method_of_known(value, &base, name, arguments, range));
                if let Some(result) = known {
                    return result;
                }
                (self.attribute(&base, name, callee), Some(base))
            }
            _ => (self.eval(callee), None),
        };
        if let Term::Known(value) = &term
            && self.evaluator.outside_name(*value).is_some_and(|name| name == "builtins.super")
            && let Some(value) = self.engine(expr).single()
        {
            return Term::Known(value);
        }
        let given = self.given(arguments);
        if let (Some(Term::Other(text, _)), Expr::Attribute { name, .. }) = (&base, &module[callee]) {
            if &*text.name == RANDOM {
                return self.draw(name.as_str(), &given);
            }
            if text.name.starts_with(NEXUS)
                && let Some(term) = self.nexus_operation(&text.clone(), name.as_str(), &given, range)
            {
                return term;
            }
        }
        let term = self.call_term(&term, base.as_ref(), given, range);
        match (term, self.engine(expr).single()) {
            (Term::Other(text, None), Some(value)) if matches!(self.evaluator.get(value), Value::Instance(_)) => {
                Term::Other(text, Some(value))
            }
            (term, _) => term,
        }
    }

    /// The arguments of a call, evaluated in their order.
    pub(super) fn given(&mut self, arguments: List<Argument>) -> Given {
        let module = self.module();
        let mut given = Given::default();
        for argument in module.list(arguments) {
            let term = self.eval(argument.value);
            match argument.kind {
                ArgumentKind::Positional => given.positional.push(Item::always(term)),
                ArgumentKind::Keyword(name) => given.named.push((name, term)),
                ArgumentKind::Star => match term.spread() {
                    Some(items) => given.positional.extend(items),
                    None => {
                        given.open = true;
                        given.positional.push(Item::always(term));
                    }
                },
                ArgumentKind::DoubleStar => match &term {
                    Term::Table(entries) => {
                        for (key, value) in entries.iter() {
                            match key {
                                Term::Constant(key) => {
                                    given.named.push((Name::new(key.trim_matches('\'')), value.clone()));
                                }
                                _ => given.open = true,
                            }
                        }
                    }
                    _ => given.open = true,
                },
            }
        }
        given
    }

    /// A call of what a term is.
    pub(super) fn call_term(&mut self, callee: &Term, base: Option<&Term>, given: Given, range: TextRange) -> Term {
        match callee {
            Term::Function(function, outer, receiver) => {
                let receiver = receiver.as_deref().cloned();
                self.run(*function, *outer, receiver, given, range)
            }
            Term::Known(value) => match self.evaluator.get(*value).clone() {
                Value::Outside(name) | Value::OutsideMethod { name, .. } => self.outside(name, base, given, range),
                Value::Class(class, outer) => self.construct(class, outer, given, range),
                Value::Parametrised { class: Some(class), .. } => {
                    self.call_term(&Term::Known(class), base, given, range)
                }
                Value::Partial { callee, arguments } => self.partial(&callee, &arguments, given, range),
                Value::Instance(_) => {
                    let object = callee.clone();
                    match self.method_function(&object, "__call__") {
                        Some((function, outer)) => self.run(function, outer, Some(object), given, range),
                        None => self.unknown_call(callee, &given),
                    }
                }
                _ => self.unknown_call(callee, &given),
            },
            Term::Choice(choice) => {
                let test = super::term::Test { condition: choice.condition.clone(), holds: true };
                let (mut then, mut other) = (Term::Never, Term::Never);
                let again = given.clone();
                self.branch(
                    &test,
                    range,
                    |this| {
                        then = this.call_term(&choice.then, base, given, range);
                        true
                    },
                    |this| {
                        other = this.call_term(&choice.orelse, base, again, range);
                        true
                    },
                );
                Term::choice(choice.condition.clone(), then, other)
            }
            Term::Object(..) => match self.method_function(callee, "__call__") {
                Some((function, outer)) => self.run(function, outer, Some(callee.clone()), given, range),
                None => self.unknown_call(callee, &given),
            },
            Term::Never => Term::Never,
            _ => self.unknown_call(callee, &given),
        }
    }

    fn partial(&mut self, callee: &Values, first: &Arguments, given: Given, range: TextRange) -> Term {
        let Some(callee) = callee.single() else { return Term::other(Text::plain("partial")) };
        let term = |this: &mut Self, values: &Values| {
            this.known(values).unwrap_or_else(|| Term::Other(Text::plain("given"), values.single()))
        };
        let mut all = Given { open: given.open || first.open, ..Given::default() };
        for values in &first.positional {
            let term = term(self, values);
            all.positional.push(Item::always(term));
        }
        for (name, values) in &first.named {
            let term = term(self, values);
            all.named.push((*name, term));
        }
        all.positional.extend(given.positional);
        all.named.extend(given.named);
        let callee = self.of_value(callee);
        self.call_term(&callee, None, all, range)
    }

    /// What a call gives of which nothing is known.
    pub(super) fn unknown_call(&mut self, callee: &Term, given: &Given) -> Term {
        let mut parts = vec![self.text(callee)];
        parts.extend(given.terms().map(|term| self.text(term)));
        let parts: Vec<&Text> = parts.iter().collect();
        Term::other(Text::joined(&parts, |parts| format!("{}({})", parts[0], parts[1..].join(", "))))
    }

    /// Waits for something: what `await` gives.
    pub(super) fn wait_for(&mut self, term: &Term, range: TextRange) -> Term {
        match term {
            Term::Lazy(lazy) => {
                lazy.steps.iter().for_each(|step| self.emit(step.clone()));
                lazy.result.clone()
            }
            Term::Started(started) => {
                let at = self.site(range);
                self.emit(Step::Wait(Wait { tokens: started.tokens.clone(), keeps_failures: false, at }));
                started.result.clone()
            }
            Term::Choice(choice) => {
                let test = super::term::Test { condition: choice.condition.clone(), holds: true };
                let (mut then, mut other) = (Term::Never, Term::Never);
                self.branch(
                    &test,
                    range,
                    |this| {
                        then = this.wait_for(&choice.then, range);
                        true
                    },
                    |this| {
                        other = this.wait_for(&choice.orelse, range);
                        true
                    },
                );
                Term::choice(choice.condition.clone(), then, other)
            }
            Term::Other(text, _) => {
                let what = Text::joined(&[text], |parts| {
                    parts[0].split('(').find(|part| !part.is_empty()).unwrap_or("").to_owned()
                });
                let reason = format!("`{}` is awaited, and what it does cannot be told", what.name);
                let at = self.site(range);
                self.emit(Step::Unknown { what, reason, at });
                Term::other(Text::joined(&[text], |parts| format!("awaited {}", parts[0])))
            }
            Term::Known(value) => {
                let text = self.text(term);
                let reason = format!("`{}` is awaited, and what it does cannot be told", text.name);
                let at = self.site(range);
                self.emit(Step::Unknown { what: text.clone(), reason, at });
                Term::Other(Text::joined(&[&text], |parts| format!("awaited {}", parts[0])), Some(*value))
            }
            other => other.clone(),
        }
    }

    /// Goes through a function of the project. Gives what a call of it gives: a coroutine for an `async def`.
    pub(super) fn run(
        &mut self,
        function: FunctionRef,
        outer: Option<FrameId>,
        receiver: Option<Term>,
        given: Given,
        range: TextRange,
    ) -> Term {
        let module = self.evaluator.project().module(function.file);
        let definition = &module[function.function];
        if definition.is_generator {
            return Term::other(Text::plain("generator"));
        }
        if self.running.contains(&function) {
            let at = self.site(range);
            let token: Arc<str> = "recursion".into();
            let command =
                Command { kind: CommandKind::Recursion, name: Text::plain(""), id: None, token, until: None, at };
            let result = Term::other(Text::plain("recursive result"));
            if definition.is_async {
                return Term::Lazy(Arc::new(Lazy { steps: vec![Step::Command(command)], result }));
            }
            return result;
        }
        if self.running.len() >= DEEP || !self.has_budget() {
            self.give_up("its calls nest too deep");
            return Term::other(Text::plain("?"));
        }
        let frame = self.bind(function, outer, receiver, given);
        let call = Span { file: self.here.file, range };
        let name = self.here.function.map(|function| self.qualified(function));
        let is_deeper = name.is_some();
        self.way.extend(name.map(|name| (name, call)));
        let around = std::mem::replace(&mut self.here, Here::new(function.file, Some(function), frame));
        self.running.push(function);
        let body = definition.body;
        let (steps, result) = self.captured(|this| this.body(body));
        self.running.pop();
        self.here = around;
        if is_deeper {
            self.way.pop();
        }
        let steps = inlined(steps);
        if definition.is_async {
            return Term::Lazy(Arc::new(Lazy { steps, result }));
        }
        steps.into_iter().for_each(|step| self.emit(step));
        result
    }

    /// Goes through a function's body. Gives what it returns.
    pub(super) fn body(&mut self, body: Body) -> Term {
        match body {
            Body::Expression(value) => return self.eval(value),
            Body::Statements(suite) => {
                if self.suite(suite) {
                    self.here.returns.push((Vec::new(), Term::none()));
                }
            }
        }
        let mut returns = std::mem::take(&mut self.here.returns);
        let Some((_, mut result)) = returns.pop() else { return Term::Never };
        for (path, term) in returns.into_iter().rev() {
            let mut truth = Truth::Always(true);
            for test in path {
                truth = truth.and(Truth::When(test));
            }
            result = match truth {
                Truth::Always(true) => term,
                Truth::Always(false) => result,
                Truth::When(test) if test.holds => Term::choice(test.condition, term, result),
                Truth::When(test) => Term::choice(test.condition, result, term),
            };
        }
        result
    }

    /// Gives a function's parameters their values. Gives the frame by which the engine knows them.
    pub(super) fn bind(
        &mut self,
        function: FunctionRef,
        outer: Option<FrameId>,
        receiver: Option<Term>,
        given: Given,
    ) -> Option<FrameId> {
        let module = self.evaluator.project().module(function.file);
        let place = Place { file: function.file, frame: outer };
        let parameters = module.parameters(function.function);
        let mut positional = receiver.into_iter().map(Item::always).chain(given.positional).collect::<Vec<_>>();
        positional.reverse();
        let mut named = given.named;
        let mut known = Vec::new();
        for parameter in parameters {
            let by_name = |named: &mut Vec<(Name, Term)>| {
                let at = named.iter().position(|(name, _)| *name == parameter.name)?;
                Some(named.remove(at).1)
            };
            let term = match parameter.kind {
                ParameterKind::PositionalOnly | ParameterKind::Positional => {
                    positional.pop().map(|item| item.term).or_else(|| by_name(&mut named))
                }
                ParameterKind::KeywordOnly => by_name(&mut named),
                ParameterKind::Rest => {
                    positional.reverse();
                    Some(Term::Items(Arc::new(std::mem::take(&mut positional))))
                }
                ParameterKind::KeywordRest => {
                    let entry =
                        |(name, term): (Name, Term)| (Term::constant(&super::expression::quoted(name.as_str())), term);
                    let entries: Vec<_> = named.drain(..).map(entry).collect();
                    match given.open {
                        true => Some(Term::other(Text::plain("options"))),
                        false => Some(Term::Table(Arc::new(entries))),
                    }
                }
            };
            let term = term.unwrap_or_else(|| match parameter.default {
                Some(default) if !given.open => self.default(default, place),
                _ => Term::other(Text::plain("argument")),
            });
            known.extend(self.values(&term).map(|values| (parameter.name, values)));
            if let Some(variable) = module.variable(module[function.function].scope, parameter.name) {
                self.env.insert((function.file, variable), term);
            }
        }
        let frame = Frame { function, parameters: known, outer };
        Some(self.evaluator.store().frame_id(frame))
    }

    /// A parameter's default.
    pub(super) fn default(&mut self, default: ExprId, place: Place) -> Term {
        let values = self.evaluator.value(default, place);
        if let Some(term) = self.known(&values) {
            return term;
        }
        match crate::temporal::constants::constant(self.evaluator, default, place) {
            Some(constant) => Term::constant(&super::expression::shown(constant)),
            None => Term::Other(Text::plain("default"), values.single()),
        }
    }

    /// What a term is to the engine.
    fn values(&self, term: &Term) -> Option<Values> {
        match term {
            Term::Known(value) | Term::Object(_, value) => Some(Values::of(*value)),
            Term::Function(function, outer, receiver) => {
                let receiver = match receiver.as_deref() {
                    Some(Term::Known(value) | Term::Object(_, value)) => Some(*value),
                    Some(Term::Other(_, Some(value))) => Some(*value),
                    Some(_) => return None,
                    None => None,
                };
                let callable = crate::python::Callable { function: *function, receiver, outer: *outer };
                Some(self.evaluator.store().only(Value::Function(callable)))
            }
            Term::Other(_, Some(value)) => Some(Values::declared(*value)),
            _ => None,
        }
    }

    /// The object that a call of a class makes.
    fn construct(&mut self, class: ClassRef, outer: Option<FrameId>, given: Given, range: TextRange) -> Term {
        let value = self.evaluator.object(class);
        self.objects += 1;
        let object = Term::Object(self.objects, value);
        if let Some((function, init_outer)) = self.method_function(&object, "__init__") {
            self.run(function, init_outer.or(outer), Some(object.clone()), given, range);
            return object;
        }
        let fields = self.evaluator.fields(class, outer);
        if fields.is_empty() {
            let mut parts = vec![Text::plain(&self.name_of_class(class))];
            parts.extend(given.terms().map(|term| self.text(term)));
            let parts: Vec<&Text> = parts.iter().collect();
            let text = Text::joined(&parts, |parts| format!("{}({})", parts[0], parts[1..].join(", ")));
            return if given.terms().next().is_none() { object } else { Term::Other(text, Some(value)) };
        }
        for (position, field) in fields.into_iter().enumerate() {
            let term = match given.get(position, field.name.as_str()) {
                Some(term) => term,
                None => match field.default {
                    Some(default) if !given.open => self.default(default, field.place),
                    _ => Term::other(Text::plain("field")),
                },
            };
            self.heap.insert((self.objects, field.name), term);
        }
        object
    }

    /// The function of the project that a method of an object is.
    pub(super) fn method_function(&self, object: &Term, name: &str) -> Option<(FunctionRef, Option<FrameId>)> {
        let value = match object {
            Term::Object(_, value) | Term::Known(value) | Term::Other(_, Some(value)) => *value,
            _ => return None,
        };
        if !matches!(self.evaluator.get(value), Value::Instance(_)) {
            return None;
        }
        let found = self.evaluator.class_attribute(value, Name::new(name));
        match self.evaluator.get(found.single()?) {
            Value::Function(callable) => Some((callable.function, callable.outer)),
            _ => None,
        }
    }

    /// Calls a method of an object without arguments and waits for it, where the project defines it.
    pub(super) fn method(&mut self, object: &Term, name: &str, range: TextRange) -> Option<Term> {
        let (function, outer) = self.method_function(object, name)?;
        let mut given = Given::default();
        if name.ends_with("exit__") {
            given.positional = (0..3).map(|_| Item::always(Term::none())).collect();
        }
        let term = self.run(function, outer, Some(object.clone()), given, range);
        Some(self.wait_for(&term, range))
    }

    /// What a context manager is.
    pub(super) fn manager(&mut self, expr: ExprId) -> Manager {
        let module = self.module();
        let range = module.span(expr);
        if let Expr::Call { callee, arguments } = module[expr] {
            let values = self.engine(callee);
            let name = values.single().and_then(|value| self.evaluator.outside_name(value));
            match name.map(|name| name.as_str()) {
                Some(
                    "asyncio.timeout" | "asyncio.timeout_at" | "asyncio.timeouts.timeout" | "async_timeout.timeout",
                ) => {
                    let given = self.given(arguments);
                    let is_none = matches!(given.get(0, "delay"), Some(Term::Constant(text)) if &*text == "None");
                    if is_none || given.positional.is_empty() && given.named.is_empty() {
                        return Manager::Plain;
                    }
                    let timer = self.command(CommandKind::Timer, Text::plain(""), None, range);
                    return Manager::Timer(vec![Step::Command(timer)]);
                }
                Some("asyncio.TaskGroup" | "asyncio.taskgroups.TaskGroup") => {
                    self.objects += 1;
                    self.groups.insert(self.objects, Vec::new());
                    return Manager::Group(self.objects);
                }
                Some("contextlib.suppress") => {
                    let given = self.given(arguments);
                    let texts: Vec<Text> = given.terms().map(|term| self.text(term)).collect();
                    return Manager::Suppress(self.sequence("", &texts));
                }
                Some(name) if name.starts_with("temporalio.workflow.") => return Manager::Plain,
                _ => {}
            }
            let callee_term = match module[callee] {
                Expr::Attribute { value, name } => {
                    let base = self.eval(value);
                    self.attribute(&base, name, callee)
                }
                _ => self.eval(callee),
            };
            if let Term::Function(function, outer, receiver) = &callee_term {
                let is_generator = self.evaluator.project().module(function.file)[function.function].is_generator;
                if is_generator {
                    let given = self.given(arguments);
                    return Manager::Generator(*function, *outer, receiver.as_deref().cloned(), given);
                }
            }
        }
        let term = self.eval(expr);
        match &term {
            Term::Other(text, _) if text.name.starts_with("slot ") => return Manager::Slot(Arc::clone(&text.name)),
            Term::Object(..) => return Manager::Object(term),
            Term::Known(value) if matches!(self.evaluator.get(*value), Value::Instance(_)) => {
                return Manager::Object(term);
            }
            _ => {}
        }
        let class = self.engine(expr).single().map(|value| self.evaluator.get(value).clone());
        match class {
            Some(Value::OutsideInstance { class, .. })
                if matches!(class.last_part(), "Lock" | "Semaphore" | "BoundedSemaphore" | "Condition") =>
            {
                Manager::Slot("slot ?".into())
            }
            _ => Manager::Plain,
        }
    }

    /// Goes through a generator that manages a `with` statement: what stands before its `yield`, the body, what stands behind.
    pub(super) fn managed_by(
        &mut self,
        function: FunctionRef,
        outer: Option<FrameId>,
        receiver: Option<Term>,
        given: Given,
        (body, target): (Suite, Option<ExprId>),
        range: TextRange,
    ) -> bool {
        let module = self.evaluator.project().module(function.file);
        if self.running.contains(&function) || self.running.len() >= DEEP {
            return self.suite(body);
        }
        let frame = self.bind(function, outer, receiver, given);
        let call = Span { file: self.here.file, range };
        let name = self.here.function.map(|function| self.qualified(function));
        let is_deeper = name.is_some();
        let inner = Here::new(function.file, Some(function), frame);
        let around = std::mem::replace(&mut self.here, inner);
        self.way.extend(name.map(|name| (name, call)));
        self.here.managed = Some(Box::new(Managed { around, body, target, falls: true }));
        self.running.push(function);
        if let Body::Statements(suite) = module[function.function].body {
            self.suite(suite);
        }
        self.running.pop();
        if is_deeper {
            self.way.pop();
        }
        match self.here.managed.take() {
            Some(managed) => {
                self.here = managed.around;
                managed.falls
            }
            None => true,
        }
    }

    /// A generator hands over to the body of the `with` statement that it manages.
    pub(super) fn yielded(&mut self, term: Term) {
        let Some(mut managed) = self.here.managed.take() else { return };
        let around = managed.around.clone();
        let inner = std::mem::replace(&mut self.here, around);
        let way = self.way.pop();
        if let Some(target) = managed.target {
            self.assign(target, term);
        }
        managed.falls = self.suite(managed.body);
        self.way.extend(way);
        managed.around = std::mem::replace(&mut self.here, inner);
        self.here.managed = Some(managed);
    }

    /// A method of a collection, of something that was started, of a task group.
    fn method_of_known(
        &mut self,
        value: ExprId,
        base: &Term,
        name: Name,
        arguments: List<Argument>,
        range: TextRange,
    ) -> Option<Term> {
        match base {
            Term::Many(text, _) if text.name.starts_with("group ") && name == "create_task" => {
                let given = self.given(arguments);
                let group: u32 = text.name.trim_start_matches("group ").parse().ok()?;
                let started = self.start(&given.get(0, "coro")?);
                if let Some(tokens) = self.groups.get_mut(&group) {
                    tokens.extend(started.tokens());
                }
                Some(started)
            }
            Term::Items(items) => self.method_of_items(value, items, name, arguments),
            Term::Many(text, items) if matches!(name.as_str(), "append" | "add" | "extend") => {
                let given = self.given(arguments);
                let mut all = items.to_vec();
                all.extend(given.positional.into_iter().map(|item| item.term));
                self.replace(value, Term::Many(text.clone(), Arc::new(all)));
                Some(Term::none())
            }
            Term::Table(entries) => {
                let entries = Arc::clone(entries);
                match name.as_str() {
                    "get" => {
                        let given = self.given(arguments);
                        let key = given.get(0, "key")?;
                        let default = given.get(1, "default").unwrap_or_else(Term::none);
                        let found = self.choose(&entries, &key);
                        Some(replaced_never(found, &default))
                    }
                    "items" | "keys" | "values" => {
                        let item = |(key, value): &(Term, Term)| match name.as_str() {
                            "keys" => Item::always(key.clone()),
                            "values" => Item::always(value.clone()),
                            _ => {
                                let pair = vec![Item::always(key.clone()), Item::always(value.clone())];
                                Item::always(Term::Items(Arc::new(pair)))
                            }
                        };
                        Some(Term::Items(Arc::new(entries.iter().map(item).collect())))
                    }
                    _ => {
                        let given = self.given(arguments);
                        self.replace(value, Term::other(Text::plain("changed table")));
                        Some(self.unknown_call(base, &given))
                    }
                }
            }
            Term::Started(started) => self.method_of_started(started, name, arguments, range),
            Term::Other(..) if changes(name.as_str()) && is_attribute(self.module(), value) => {
                let given = self.given(arguments);
                self.writes = true;
                Some(self.unknown_call(base, &given))
            }
            _ => None,
        }
    }

    /// A method of an object of the language's library: an event is a truth, a queue a collection.
    fn method_of_library(
        &mut self,
        call: ExprId,
        value: ExprId,
        base: &Term,
        name: Name,
        arguments: List<Argument>,
    ) -> Option<Term> {
        let module = self.module();
        let Term::Other(text, _) = base else { return None };
        let class = match self.engine(value).single().map(|value| self.evaluator.get(value)) {
            Some(Value::OutsideInstance { class, .. }) => *class,
            // A list by what is put there, or by its annotation; or both.
            Some(Value::Items(_) | Value::Many(_)) | None => Name::new("builtins.list"),
            Some(_) => return None,
        };
        let is_position = |argument: &Argument| {
            matches!(module[argument.value], Expr::Int(_) | Expr::Unary { .. })
                && argument.kind == ArgumentKind::Positional
        };
        match (class.last_part(), name.as_str()) {
            ("Event", "is_set") => Some(Term::of_truth(self.truth(base))),
            ("Event", "wait") => {
                let range = module.span(call);
                Some(self.condition_of(base, None, range))
            }
            ("Event", "set" | "clear") => {
                self.writes = true;
                let holds = Term::truth(name == "set");
                self.replace(value, holds);
                Some(Term::none())
            }
            ("Queue" | "LifoQueue" | "PriorityQueue", "empty") => Some(Term::of_truth(self.truth(base).not())),
            ("Queue" | "LifoQueue" | "PriorityQueue", "get_nowait") | ("list" | "deque", "pop" | "popleft")
                if module.list(arguments).iter().all(is_position) =>
            {
                self.writes |= is_attribute(module, value);
                self.popped.push(text.clone());
                let class = self.engine(call).single();
                let class = class.filter(|class| matches!(self.evaluator.get(*class), Value::Instance(_)));
                Some(Term::Other(Text::joined(&[text], |parts| format!("item of {}", parts[0])), class))
            }
            _ => None,
        }
    }

    fn method_of_items(
        &mut self,
        value: ExprId,
        items: &Arc<Vec<Item>>,
        name: Name,
        arguments: List<Argument>,
    ) -> Option<Term> {
        let given = self.given(arguments);
        let mut all = items.to_vec();
        match name.as_str() {
            "append" | "add" => all.extend(given.positional),
            "extend" => match given.get(0, "iterable")?.spread() {
                Some(more) => all.extend(more),
                None => {
                    let term = given.get(0, "iterable")?;
                    let text = self.text(&term);
                    let mut terms: Vec<Term> = all.into_iter().map(|item| item.term).collect();
                    if let Term::Many(_, more) = &term {
                        terms.extend(more.iter().cloned());
                    }
                    self.replace(value, Term::Many(text, Arc::new(terms)));
                    return Some(Term::none());
                }
            },
            "copy" => return Some(Term::Items(Arc::clone(items))),
            "count" | "index" => {
                let term = Term::Items(Arc::clone(items));
                return Some(self.unknown_call(&term, &given));
            }
            _ => {
                let text = self.text(&Term::Items(Arc::clone(items)));
                let text = Text::joined(&[&text], |parts| format!("{name} of {}", parts[0]));
                self.replace(value, Term::other(text.clone()));
                return Some(Term::other(text));
            }
        }
        self.replace(value, Term::Items(Arc::new(all)));
        Some(Term::none())
    }

    fn method_of_started(
        &mut self,
        started: &Arc<Started>,
        name: Name,
        arguments: List<Argument>,
        range: TextRange,
    ) -> Option<Term> {
        match name.as_str() {
            "signal" if started.is_handle => {
                self.given(arguments);
                let command = self.command(CommandKind::Signal, Text::plain(""), None, range);
                Some(self.lazily(command, Term::none(), range))
            }
            "cancel" => {
                self.given(arguments);
                let command = self.command(CommandKind::Cancel, Text::plain(""), None, range);
                if started.is_handle && started.tokens.is_empty() {
                    return Some(self.lazily(command, Term::none(), range));
                }
                self.emit(Step::Command(command));
                Some(Term::none())
            }
            "result" => Some(started.result.clone()),
            "execute_update" => None,
            _ => None,
        }
    }
}

/// Whether a method of this name changes its object.
fn changes(name: &str) -> bool {
    matches!(
        name,
        "append"
            | "appendleft"
            | "add"
            | "extend"
            | "pop"
            | "popleft"
            | "remove"
            | "clear"
            | "update"
            | "insert"
            | "discard"
            | "setdefault"
            | "put_nowait"
            | "set"
    )
}

fn is_attribute(module: &crate::semantic::Module, expr: ExprId) -> bool {
    matches!(module[expr], Expr::Attribute { .. } | Expr::Subscript { .. })
}

/// A term in which something stands where nothing would come.
fn replaced_never(term: Term, default: &Term) -> Term {
    match term {
        Term::Never => default.clone(),
        Term::Choice(choice) => Term::choice(
            choice.condition.clone(),
            replaced_never(choice.then.clone(), default),
            replaced_never(choice.orelse.clone(), default),
        ),
        other => other,
    }
}

/// An object of the class that an annotation names.
pub(super) fn object_of_annotation(
    evaluator: &crate::python::Evaluator<'_>,
    annotation: ExprId,
    place: Place,
) -> Option<ValueId> {
    let values = evaluator.value(annotation, place);
    match evaluator.get(values.single()?) {
        Value::Class(class, _) => Some(evaluator.object(*class)),
        _ => None,
    }
}
