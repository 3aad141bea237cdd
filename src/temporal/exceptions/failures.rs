//! What the calls of a suite can raise.
//!
//! Knows: calls and handles of the SDK, `gather` and the like, timeouts, functions of the project and what they raise
//! themselves. Does not know: who catches it. What cannot be told makes the answer open: it may raise anything. An
//! exception that is caught inside the suite counts as raised.
//!
//! ```python
//! try:
//!     receipt = await workflow.execute_activity(charge, order, …)   # Source: an activity
//!     if not receipt.ok:
//!         raise Declined(receipt)                                   # own: Declined
//! ```

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::awaiting::{await_kind, keeps_exceptions};
use super::classes::Kinds;
use super::code::{bindings_of, each_within};
use super::json::is_method_of_json;
use super::outcome::{Held, outcome_of};
use crate::python::{
    Ancestor, Callable, ClassRef, Evaluator, FrameId, FunctionRef, Place, Rest, Value, ValueId, Values,
};
use crate::registry::schema::{AwaitKind, CallableRole, FailureGroup};
use crate::registry::{behaviour, failures_of};
use crate::semantic::{
    Argument, ArgumentKind, BindingKind, Body, ClassId, Expr, ExprId, List, Module, Name, Stmt, StmtId, Suite, Try,
    WithId,
};
use crate::source::Span;

/// Through how many functions, names and displays calls are followed.
const DEPTH: usize = 10;

/// A call or handle of the SDK that is awaited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    /// What it raises.
    pub group: &'static FailureGroup,
    /// How it is called.
    pub name: Name,
    /// Where it stands.
    pub span: Span,
    /// No handler inside the suite takes it for good.
    pub escapes: bool,
}

/// What a suite can raise.
#[derive(Debug, Clone, Default)]
pub(super) struct Failures {
    /// What of the SDK is awaited.
    pub sources: Vec<Source>,
    /// The classes that code of the project raises.
    pub own: Vec<ValueId>,
    /// It may raise anything.
    pub open: bool,
    /// It calls other libraries, which raise what is theirs.
    pub outside: bool,
    /// It does what can raise builtin exceptions: items, conversions, arithmetic.
    pub computes: bool,
    /// A timeout around a wait ends it with `TimeoutError`.
    pub times_out: bool,
    /// It waits where a cancellation arrives as it is.
    pub waits: bool,
}

impl Failures {
    fn add(&mut self, other: &Self) {
        self.sources.extend(&other.sources);
        for class in &other.own {
            if !self.own.contains(class) {
                self.own.push(*class);
            }
        }
        self.open |= other.open;
        self.outside |= other.outside;
        self.computes |= other.computes;
        self.times_out |= other.times_out;
        self.waits |= other.waits;
    }

    /// Whether nothing but commands of a workflow is awaited, the failures of which a cancellation arrives as.
    pub(super) fn is_commands(&self) -> bool {
        !self.waits && !self.open && self.sources.iter().all(|source| source.group.of.is_command())
    }
}

/// What ends a block with `TimeoutError`: as it is called, and what that gives.
const TIMEOUTS: &[&str] = &["asyncio.timeout", "asyncio.timeout_at", "asyncio.Timeout"];

/// A function in the frame around its definition.
type Called = (FunctionRef, Option<FrameId>);

/// Says what suites can raise.
pub(super) struct Raising<'a, 'p> {
    evaluator: &'a Evaluator<'p>,
    /// By how many more functions are followed, too: an answer that was cut is no answer where there is more to follow.
    functions: RefCell<FxHashMap<(Called, usize), Rc<Failures>>>,
    /// The functions that are being read, the innermost last.
    reading: RefCell<Vec<Called>>,
    /// Code is read no further once it may raise anything.
    until_open: bool,
}

impl<'a, 'p> Raising<'a, 'p> {
    pub(super) fn new(evaluator: &'a Evaluator<'p>) -> Self {
        Self { evaluator, functions: RefCell::default(), reading: RefCell::default(), until_open: false }
    }

    /// For those to whom an answer that is open says nothing: code is read no further once it may raise anything. Working
    /// out what a call may be takes long, and most code calls something of which nothing is known.
    pub(super) fn until_open(evaluator: &'a Evaluator<'p>) -> Self {
        Self { until_open: true, ..Self::new(evaluator) }
    }

    pub(super) fn evaluator(&self) -> &'a Evaluator<'p> {
        self.evaluator
    }

    /// What a suite can raise.
    pub(super) fn of_suite(&self, suite: Suite, place: Place) -> Failures {
        let mut found = Failures::default();
        Reader { raising: self, place, depth: DEPTH, found: &mut found }.suite(suite);
        found
    }

    /// What awaiting an expression can raise.
    pub(super) fn of_awaited(&self, expr: ExprId, place: Place) -> Failures {
        let mut found = Failures::default();
        Reader { raising: self, place, depth: DEPTH, found: &mut found }.awaited(expr, DEPTH);
        found
    }

    /// What a function's body can raise, once it runs. A call of itself adds nothing.
    fn of_function(&self, function: FunctionRef, outer: Option<FrameId>, depth: usize) -> Rc<Failures> {
        let called = (function, outer);
        if self.reading.borrow().last() == Some(&called) {
            return Rc::default();
        }
        if let Some(known) = self.functions.borrow().get(&(called, depth)) {
            return known.clone();
        }
        let mut found = Failures::default();
        if depth == 0 {
            found.open = true;
        } else {
            self.reading.borrow_mut().push(called);
            let place = Place { file: function.file, frame: outer };
            let mut reader = Reader { raising: self, place, depth: depth - 1, found: &mut found };
            match reader.module()[function.function].body {
                Body::Statements(suite) => reader.suite(suite),
                Body::Expression(value) => reader.expression(value),
            }
            self.reading.borrow_mut().pop();
        }
        let found = Rc::new(found);
        self.functions.borrow_mut().insert((called, depth), found.clone());
        found
    }
}

/// Reads code and notes what it can raise.
struct Reader<'r, 'a, 'p> {
    raising: &'r Raising<'a, 'p>,
    place: Place,
    depth: usize,
    found: &'r mut Failures,
}

impl<'p> Reader<'_, '_, 'p> {
    fn module(&self) -> &'p Module {
        self.raising.evaluator.project().module(self.place.file)
    }

    fn value(&self, expr: ExprId) -> Values {
        self.raising.evaluator.value(expr, self.place)
    }

    /// Whether nothing more is to be read.
    fn is_done(&self) -> bool {
        self.raising.until_open && self.found.open
    }

    fn suite(&mut self, suite: Suite) {
        let module = self.module();
        for statement in module.list(suite) {
            if self.is_done() {
                return;
            }
            if self.raising.evaluator.may_run(module.block_of(*statement), self.place) {
                self.statement(*statement);
            }
        }
    }

    fn statement(&mut self, statement: StmtId) {
        let module = self.module();
        match module[statement] {
            Stmt::Function(_) | Stmt::Class(_) => return,
            Stmt::Raise { exception: Some(exception), .. } => self.raised(exception),
            Stmt::Assert { .. } | Stmt::Import(_) => self.found.computes = true,
            Stmt::With(with) => self.managed(with),
            Stmt::Try(tried) => return self.tried(statement, &module[tried]),
            Stmt::For(looped) if module[looped].is_async => self.found.open = true,
            _ => {}
        }
        module.each_expression(statement, &mut |expr| self.expression(expr));
        module.each_suite(statement, &mut |inner| self.suite(inner));
    }

    /// What the body raises stays what it raises; what a handler takes for good does not escape.
    fn tried(&mut self, statement: StmtId, tried: &Try) {
        let module = self.module();
        let mut body = Failures::default();
        Reader { raising: self.raising, place: self.place, depth: self.depth, found: &mut body }.suite(tried.body);
        if self.raising.until_open && body.open {
            self.found.open = true;
            return;
        }
        for source in body.sources.iter_mut().filter(|source| source.escapes) {
            source.escapes = !source.group.raises.iter().all(|class| self.is_taken(tried, class));
        }
        self.found.add(&body);
        module.each_expression(statement, &mut |expr| self.expression(expr));
        for handler in module.list(tried.handlers) {
            if self.raising.evaluator.may_run(handler.block, self.place) {
                self.suite(handler.body);
            }
        }
        self.suite(tried.orelse);
        self.suite(tried.finally);
    }

    /// Whether a handler takes a class, and goes on.
    fn is_taken(&self, tried: &Try, class: &str) -> bool {
        let (module, evaluator) = (self.module(), self.raising.evaluator);
        let class = evaluator.store().id(Value::Outside(Name::new(class)));
        let mut handlers = module.list(tried.handlers).iter();
        let taking = handlers
            .find(|handler| Kinds::of(evaluator, handler.kind, self.place).take_class(evaluator, class) != Some(false));
        taking.is_some_and(|handler| {
            let outcome = outcome_of(evaluator, handler, &Held::Exception(class), self.place);
            outcome.goes_on() && !outcome.raises && !outcome.raises_again
        })
    }

    fn raised(&mut self, exception: ExprId) {
        let module = self.module();
        let is_caught =
            |binding: &crate::semantic::BindingId| matches!(module[*binding].kind, BindingKind::Except { .. });
        if bindings_of(module, exception).iter().any(is_caught) {
            return;
        }
        let values = self.value(exception);
        let evaluator = self.raising.evaluator;
        self.found.open |= values.known.is_empty() || values.rest == Rest::Anything;
        for value in &values.known {
            match evaluator.get(*value) {
                Value::Class(..) | Value::Outside(_) | Value::DynamicClass(_) => self.found.own.push(*value),
                Value::Instance(instance) => {
                    self.found.own.push(evaluator.store().id(Value::Class(instance.class, instance.outer)));
                }
                Value::OutsideInstance { class, .. } => {
                    self.found.own.push(evaluator.store().id(Value::Outside(*class)));
                }
                _ => self.found.open = true,
            }
        }
    }

    /// A manager of the project may do anything. `asyncio.timeout` ends a wait with `TimeoutError`, and a command with the
    /// failure that says so.
    fn managed(&mut self, with: WithId) {
        let module = self.module();
        let with = module[with];
        for item in module.list(with.items) {
            let values = self.value(item.manager);
            let evaluator = self.raising.evaluator;
            let names: Vec<Name> = values.known.iter().filter_map(|value| origin(evaluator, *value)).collect();
            let all = |test: &dyn Fn(&str) -> bool| !names.is_empty() && names.iter().all(|name| test(name.as_str()));
            let is = |prefix: &str| all(&|name| name.starts_with(prefix));
            if all(&|name| TIMEOUTS.contains(&name)) {
                let body = self.raising.of_suite(with.body, self.place);
                self.found.times_out |= body.open || body.outside || !body.is_commands();
            } else if is("asyncio.") {
                self.found.waits = true;
            } else if with.is_async {
                self.found.open = true;
            } else if !is("temporalio.") {
                self.found.outside = true;
                self.found.open |= names.is_empty();
            }
        }
    }

    fn expression(&mut self, expr: ExprId) {
        let module = self.module();
        each_within(module, expr, &mut |part| match module[part] {
            _ if self.is_done() => {}
            Expr::Await(awaited) => self.awaited(awaited, self.depth),
            Expr::Call { callee, arguments } => self.called(callee, arguments),
            Expr::Yield(_) | Expr::YieldFrom(_) => self.found.open = true,
            Expr::Subscript { .. } | Expr::Binary { .. } => self.found.computes = true,
            _ => {}
        });
    }

    // ---- what is awaited

    fn awaited(&mut self, expr: ExprId, depth: usize) {
        if depth == 0 {
            self.found.open = true;
            return;
        }
        match self.module()[expr] {
            Expr::Call { callee, arguments } => self.awaited_call(expr, callee, arguments, depth - 1),
            Expr::Conditional { body, orelse, .. } => {
                self.awaited(body, depth - 1);
                self.awaited(orelse, depth - 1);
            }
            Expr::Named { value, .. } => self.awaited(value, depth - 1),
            Expr::Name { .. } => self.awaited_name(expr, depth - 1),
            Expr::Attribute { name, .. } => self.awaited_attribute(expr, name, depth - 1),
            _ => self.awaited_value(expr),
        }
    }

    fn awaited_call(&mut self, call: ExprId, callee: ExprId, arguments: List<Argument>, depth: usize) {
        let evaluator = self.raising.evaluator;
        let callees = self.value(callee);
        self.found.open |= callees.known.is_empty() || callees.rest == Rest::Anything;
        for value in &callees.known {
            match evaluator.get(*value) {
                Value::Outside(name) | Value::OutsideMethod { name, .. } => {
                    self.awaited_outside(call, *name, arguments, depth);
                }
                Value::Function(callable) => self.awaited_function(callable, depth),
                _ => self.found.open = true,
            }
        }
    }

    fn awaited_function(&mut self, callable: &Callable, depth: usize) {
        let module = self.raising.evaluator.project().module(callable.function.file);
        let function = &module[callable.function.function];
        if function.is_async || depth == 0 {
            let inner = self.raising.of_function(callable.function, callable.outer, depth);
            self.found.add(&inner);
            return;
        }
        // What it gives is awaited.
        let returned: Vec<ExprId> = match function.body {
            Body::Expression(value) => vec![value],
            Body::Statements(_) => function.returns.iter().filter_map(|ret| ret.value).collect(),
        };
        self.found.open |= returned.is_empty();
        let place = Place { file: callable.function.file, frame: callable.outer };
        for value in returned {
            Reader { raising: self.raising, place, depth, found: &mut *self.found }.awaited(value, depth);
        }
    }

    fn awaited_outside(&mut self, call: ExprId, name: Name, arguments: List<Argument>, depth: usize) {
        let module = self.module();
        if let Some(group) = failures_of(name.as_str()) {
            self.found.waits |= !group.of.is_command();
            self.source(group, name, call);
            return;
        }
        let arguments = module.list(arguments);
        match await_kind(name) {
            Some(AwaitKind::Gathers) => {
                let keeps = keeps_exceptions(module, arguments);
                self.found.waits |= keeps != Some(false);
                if keeps == Some(true) {
                    return;
                }
                for given in arguments {
                    match given.kind {
                        ArgumentKind::Positional => self.awaited(given.value, depth),
                        ArgumentKind::Star => self.awaited_items(given.value, depth),
                        _ => {}
                    }
                }
            }
            Some(AwaitKind::Limits) => {
                let mut inner = Failures::default();
                if let Some(first) = arguments.first() {
                    Reader { raising: self.raising, place: self.place, depth, found: &mut inner }
                        .awaited(first.value, depth);
                }
                inner.times_out |= !inner.is_commands() || inner.outside;
                self.found.add(&inner);
            }
            Some(AwaitKind::Waits) => self.found.waits = true,
            Some(AwaitKind::Shields) => self.found.open = true,
            Some(AwaitKind::Starts | AwaitKind::StartsInGroup) => self.task(arguments, depth),
            None if name.as_str().starts_with("asyncio.") => self.found.waits = true,
            None if name.as_str().starts_with("temporalio.") => self.found.open = true,
            None => {
                self.found.waits = true;
                self.found.outside = true;
            }
        }
    }

    fn task(&mut self, arguments: &[Argument], depth: usize) {
        match arguments.first() {
            Some(given) if given.kind == ArgumentKind::Positional => self.awaited(given.value, depth),
            _ => self.found.open = true,
        }
    }

    fn awaited_name(&mut self, expr: ExprId, depth: usize) {
        let module = self.module();
        let bindings = bindings_of(module, expr);
        let is_followed = |binding: &crate::semantic::BindingId| match module[*binding].kind {
            BindingKind::Assign { value, path, .. } => path.is_empty() && !matches!(module[value], Expr::Await(_)),
            BindingKind::Loop { path, .. } => path.is_empty(),
            _ => false,
        };
        if bindings.is_empty() || depth == 0 || !bindings.iter().all(is_followed) {
            return self.awaited_value(expr);
        }
        for binding in bindings {
            match module[*binding].kind {
                BindingKind::Assign { value, .. } => self.awaited(value, depth),
                BindingKind::Loop { iterable, .. } => self.awaited_items(iterable, depth),
                _ => {}
            }
        }
    }

    fn awaited_attribute(&mut self, expr: ExprId, name: Name, depth: usize) {
        let Some(tasks) = self.tasks_kept(expr, name).filter(|_| depth > 0) else { return self.awaited_value(expr) };
        let place = Place { frame: None, ..self.place };
        for task in tasks {
            Reader { raising: self.raising, place, depth, found: &mut *self.found }.awaited(task, depth);
        }
    }

    /// The tasks of which one is what an attribute of the method's own object holds: those that the methods of the same class give
    /// it. Nothing where other code gives one of the name something, or something that is no task.
    fn tasks_kept(&self, attribute: ExprId, name: Name) -> Option<Vec<ExprId>> {
        let (project, file) = (self.raising.evaluator.project(), self.place.file);
        let module = self.module();
        let Expr::Attribute { value: object, .. } = module[attribute] else { return None };
        let class = class_of_self(module, object)?;
        let mut tasks = Vec::new();
        for store in module.attribute_stores(name) {
            match store.value {
                _ if class_of_self(module, store.object) != Some(class) => return None,
                Some(value) if store.path.is_empty() && module[value] == Expr::None => {}
                Some(value) if store.path.is_empty() && self.is_task(value) => tasks.push(value),
                None if store.annotation.is_some() => {}
                _ => return None,
            }
        }
        let is_set_by_name = !module.calls_named(Name::new("setattr")).is_empty();
        let is_a_property = module.function_ids().any(|function| module[function].name == name);
        let is_given_elsewhere = project.built().into_iter().any(|other| {
            other != file
                && project.may_name(other, name)
                && project.module(other).attribute_stores(name).next().is_some()
        });
        (!tasks.is_empty() && !is_set_by_name && !is_a_property && !is_given_elsewhere).then_some(tasks)
    }

    /// Whether an expression starts a coroutine as a task, whoever calls the function around.
    fn is_task(&self, expr: ExprId) -> bool {
        let Expr::Call { callee, .. } = self.module()[expr] else { return false };
        let evaluator = self.raising.evaluator;
        let callee = evaluator.value(callee, Place { frame: None, ..self.place }).single();
        let name = callee.and_then(|callee| evaluator.outside_name(callee));
        matches!(name.and_then(await_kind), Some(AwaitKind::Starts | AwaitKind::StartsInGroup))
    }

    fn awaited_items(&mut self, expr: ExprId, depth: usize) {
        let module = self.module();
        if depth == 0 {
            self.found.open = true;
            return;
        }
        match module[expr] {
            Expr::List(items) | Expr::Tuple(items) | Expr::Set(items) => {
                for item in module.list(items) {
                    match module[*item] {
                        Expr::Starred(inner) => self.awaited_items(inner, depth - 1),
                        _ => self.awaited(*item, depth - 1),
                    }
                }
            }
            Expr::Comprehension(comprehension) => self.awaited(module[comprehension].element, depth - 1),
            Expr::Name { name, .. } => {
                let bindings = bindings_of(module, expr);
                self.found.open |= bindings.is_empty();
                for binding in bindings {
                    match module[*binding].kind {
                        BindingKind::Assign { value, path, .. } if path.is_empty() => {
                            self.awaited_items(value, depth - 1);
                        }
                        _ => self.found.open = true,
                    }
                }
                let stored: Vec<ExprId> = module.stores(name).map(|store| store.value).collect();
                stored.into_iter().for_each(|value| self.awaited(value, depth - 1));
            }
            _ => self.found.open = true,
        }
    }

    /// An object that is awaited is known by its class.
    fn awaited_value(&mut self, expr: ExprId) {
        let values = self.value(expr);
        let evaluator = self.raising.evaluator;
        self.found.open |= values.known.is_empty() || values.rest == Rest::Anything;
        for value in &values.known {
            let class = match evaluator.get(*value) {
                Value::Awaitable { class, .. } => *class,
                Value::OutsideInstance { class, .. } => Some(*class),
                _ => None,
            };
            match class.and_then(|class| Some((class, failures_of(class.as_str())?))) {
                Some((class, group)) => self.source(group, class, expr),
                None => self.found.open = true,
            }
        }
    }

    fn source(&mut self, group: &'static FailureGroup, name: Name, expr: ExprId) {
        let span = Span { file: self.place.file, range: self.module().span(expr) };
        self.found.sources.push(Source { group, name, span, escapes: true });
    }

    // ---- what is called

    /// What a call raises before anything is awaited. Calling an async function runs nothing of it.
    fn called(&mut self, callee: ExprId, arguments: List<Argument>) {
        let evaluator = self.raising.evaluator;
        let callees = self.value(callee);
        if callees.known.is_empty() || callees.rest == Rest::Anything {
            match is_method_of_json(evaluator, callee, self.place) {
                true => self.found.computes = true,
                false => self.found.open = true,
            }
        }
        for value in &callees.known {
            match evaluator.get(*value) {
                Value::Outside(name) | Value::OutsideMethod { name, .. } => self.called_outside(*name, arguments),
                Value::Function(callable) => self.called_function(callable),
                Value::Class(class, outer) => self.constructed(*class, *outer),
                // A `NewType` gives what it is given.
                Value::Parametrised { class, .. } => match class.map(|class| evaluator.get(class)) {
                    Some(Value::Class(class, outer)) => self.constructed(*class, *outer),
                    _ => self.found.computes = true,
                },
                _ => self.found.open = true,
            }
        }
    }

    fn called_function(&mut self, callable: &Callable) {
        let function = callable.function;
        let definition = &self.raising.evaluator.project().module(function.file)[function.function];
        if definition.is_async {
            return;
        }
        let inner = self.raising.of_function(function, callable.outer, self.depth);
        self.found.add(&inner);
    }

    fn called_outside(&mut self, name: Name, arguments: List<Argument>) {
        if behaviour().does(name.as_str(), CallableRole::RaisesNothing) {
            return;
        }
        self.found.outside = true;
        self.found.computes = true;
        // It may call what it is given.
        let evaluator = self.raising.evaluator;
        let module = self.module();
        let is_called_back = |given: &Argument| {
            let values = self.value(given.value);
            values.known.iter().any(|value| {
                matches!(evaluator.get(*value), Value::Function(_) | Value::Partial { .. } | Value::Awaitable { .. })
            })
        };
        self.found.open |= module.list(arguments).iter().any(is_called_back);
    }

    fn constructed(&mut self, class: ClassRef, outer: Option<FrameId>) {
        let evaluator = self.raising.evaluator;
        self.found.computes = true;
        for ancestor in evaluator.order(class, outer).iter() {
            let Ancestor::Project(class, _) = ancestor else { continue };
            let module = evaluator.project().module(class.file);
            for name in ["__new__", "__init__", "__post_init__", "__call__"] {
                let bindings = module.bindings_of(module[class.class].scope, Name::new(name));
                for binding in bindings {
                    let BindingKind::Function(function) = module[*binding].kind else { continue };
                    let function = FunctionRef { file: class.file, function };
                    let inner = self.raising.of_function(function, outer, self.depth);
                    self.found.add(&inner);
                }
            }
        }
    }
}

/// What a value is or comes from, outside the project.
fn origin(evaluator: &Evaluator<'_>, value: ValueId) -> Option<Name> {
    match evaluator.get(value) {
        Value::ResultOf(name) | Value::OutsideInstance { class: name, .. } => Some(*name),
        Value::Awaitable { class, .. } => *class,
        _ => evaluator.outside_name(value),
    }
}

/// The class of the method whose own object a name is: its first parameter.
fn class_of_self(module: &Module, object: ExprId) -> Option<ClassId> {
    let Expr::Name { block, .. } = module[object] else { return None };
    let [binding] = bindings_of(module, object) else { return None };
    let is_first = matches!(module[*binding].kind, BindingKind::Parameter { index: 0 });
    module[module[block].function.filter(|_| is_first)?].class
}
