//! Functions and classes of the project, gone through where they are called.
//!
//! Knows: what parameters are given, and what a body gives back. Does not know: which function a call means
//! ([`call`](super::call)).

use std::sync::Arc;

use super::build::{Builder, Here};
use super::call::Given;
use super::effects::INPUT;
use super::normal::inlined;
use super::step::{Command, CommandKind, Step, Text};
use super::term::{Item, Lazy, Started, Term, Truth};
use crate::python::{ClassRef, Frame, FrameId, FunctionRef, Place, Value, ValueId, Values};
use crate::semantic::{Body, Expr, ExprId, Name, ParameterKind};
use crate::source::{Span, TextRange};

/// How deep functions are gone through where they are called.
pub(super) const DEEP: usize = 40;

impl Builder<'_, '_, '_> {
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
            if definition.is_async && self.taken_whole != Some(range) {
                let what = Text::plain(&self.qualified(function));
                let reason = format!("what is done with what `{}` gives cannot be told", what.name);
                let at = self.site(range);
                self.emit(Step::Unknown { what, reason, at });
                self.lose();
                self.unknown_calls += 1;
                return Term::other(Text::plain("generator"));
            }
            return self.generated(function, outer, receiver, given, range);
        }
        if self.running.contains(&function) {
            self.lose();
            let at = self.site(range);
            let token: Arc<str> = "recursion".into();
            let command = Command {
                kind: CommandKind::Recursion,
                name: Text::plain(""),
                is_computed: false,
                id: None,
                token,
                until: None,
                gives: None,
                zero: None,
                cancels: None,
                at,
            };
            let result = Term::other(Text::plain("recursive result"));
            if definition.is_async {
                return Term::lazy(vec![Step::Command(command)], result);
            }
            return result;
        }
        if self.running.len() >= DEEP || !self.has_budget() {
            self.give_up("its calls nest too deep");
            return Term::other(Text::plain("?"));
        }
        let frame = self.bind(function, outer, receiver, given);
        let around = self.enter(function, frame, range);
        let body = definition.body;
        let has_waited = self.has_waited;
        let (steps, result) = self.captured(|this| this.body(body));
        self.leave(around);
        let mut steps = inlined(steps);
        if definition.is_async {
            // Others may begin before what it waits for comes.
            self.has_waited = has_waited;
            steps.extend(self.raised_later());
            return Term::Lazy(Arc::new(Lazy { ran_at: Some(self.work), ..Lazy::of(steps, result) }));
        }
        let raised = self.raised_later();
        steps.into_iter().for_each(|step| self.emit(step));
        raised.iter().for_each(|step| self.raise_told(step));
        result
    }

    /// Goes into a function that is called at a place. Gives what was around, for [`leave`](Self::leave).
    pub(super) fn enter(&mut self, function: FunctionRef, frame: Option<FrameId>, range: TextRange) -> Here {
        let call = Span { file: self.here.file, range };
        let name = self.here.function.map(|function| self.qualified(function));
        self.way.extend(name.map(|name| (name, call)));
        self.running.push(function);
        std::mem::replace(&mut self.here, Here::new(function.file, Some(function), frame))
    }

    /// Comes back out of a function.
    pub(super) fn leave(&mut self, around: Here) {
        self.running.pop();
        if around.function.is_some() {
            self.way.pop();
        }
        self.here = around;
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
            let term = match term {
                Term::Other(text, None) if is_of_data(&text) => {
                    let class = parameter.annotation.and_then(|hint| object_of_annotation(self.evaluator, hint, place));
                    Term::Other(text, class)
                }
                term => term,
            };
            known.extend(self.values(&term).map(|values| (parameter.name, values)));
            if let Some(variable) = module.variable(module[function.function].scope, parameter.name) {
                self.drop_alias(function.file, variable);
                self.env.insert((function.file, variable), term);
            }
        }
        self.take_over(function);
        let frame = Frame { function, parameters: known, outer };
        Some(self.evaluator.store().frame_id(frame))
    }

    /// A parameter's default.
    pub(super) fn default(&mut self, default: ExprId, place: Place) -> Term {
        let values = self.evaluator.value(default, place);
        let known = self.known(&values);
        if let Some(term) = known.clone().filter(|term| !self.is_bare(term)) {
            return term;
        }
        if let Some(constant) = crate::temporal::constants::constant(self.evaluator, default, place) {
            return Term::constant(&super::expression::shown(constant));
        }
        match self.default_made(default, place).or(known) {
            Some(term) => self.as_engine_knows(term, &values),
            None => Term::Other(Text::plain("default"), values.single()),
        }
    }

    /// What a term is to the engine.
    pub(super) fn values(&self, term: &Term) -> Option<Values> {
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
    pub(super) fn construct(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        given: Given,
        range: TextRange,
    ) -> Term {
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
        let name = self.name_of_class(class);
        for (position, field) in fields.into_iter().enumerate() {
            // What was recorded before there was such a field has none.
            let is_left_out = !given.open || self.lens.is_new_field(&name, field.name.as_str());
            let term = match given.get(position, field.name.as_str()) {
                Some(term) => term,
                None if !given.open
                    && let Some(empty) = self.evaluator.empty_default(&field) =>
                {
                    self.of_value(self.evaluator.store().id(empty))
                }
                None => match field.default {
                    Some(default) if is_left_out => self.default(default, field.place),
                    _ => Term::other(Text::plain("field")),
                },
            };
            self.heap.insert((self.objects, field.name), term);
        }
        object
    }

    /// An object like another, with other values in some fields: what `replace` gives.
    pub(super) fn with_fields(&mut self, object: &Term, given: &Given) -> Option<Term> {
        match object {
            Term::Object(object, class) if *object != 0 && !given.open => {
                let fields = self.heap.iter().filter(|((of, _), _)| of == object);
                let fields: Vec<(Name, Term)> = fields.map(|((_, name), term)| (*name, term.clone())).collect();
                if fields.is_empty() {
                    return None;
                }
                self.objects += 1;
                for (name, term) in fields.into_iter().chain(given.named.iter().cloned()) {
                    self.heap.insert((self.objects, name), term);
                }
                Some(Term::Object(self.objects, *class))
            }
            Term::Choice(choice) => {
                let then = self.with_fields(&choice.then, given)?;
                let orelse = self.with_fields(&choice.orelse, given)?;
                Some(Term::choice(choice.condition.clone(), then, orelse))
            }
            _ => None,
        }
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

    /// Calls a method of an object that enters or leaves it and waits for it, where the project defines it.
    pub(super) fn method(&mut self, object: &Term, name: &str, failed: bool, range: TextRange) -> Option<Term> {
        let (function, outer) = self.method_function(object, name)?;
        let mut given = Given::default();
        if name.ends_with("exit__") {
            // What is raised is something.
            let exception =
                Started { tokens: Vec::new(), result: Term::other(Text::plain("exception")), is_handle: false };
            let raised = if failed { Term::Started(Arc::new(exception)) } else { Term::none() };
            given.positional = vec![Item::always(raised); 3];
        }
        let term = self.run(function, outer, Some(object.clone()), given, range);
        Some(self.wait_for(&term, range))
    }
}

/// Whether something came with the workflow's input or as a result, and not out of the state.
pub(super) fn is_of_data(text: &Text) -> bool {
    (text.name.contains(INPUT) || text.name.contains("result of ")) && !text.is_shared && !text.name.contains("loop(")
}

/// An object of the class of which an annotation says that a sequence holds such.
pub(super) fn object_of_items(
    evaluator: &crate::python::Evaluator<'_>,
    annotation: ExprId,
    place: Place,
) -> Option<ValueId> {
    let module = evaluator.project().module(place.file);
    let Expr::Subscript { value, index } = module[annotation] else { return None };
    let generic = evaluator.value(value, place).single().and_then(|generic| evaluator.outside_name(generic))?;
    let is_sequence = matches!(generic.last_part(), "list" | "List" | "Sequence" | "Collection" | "Iterable");
    is_sequence.then(|| object_of_annotation(evaluator, index, place)).flatten()
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
