use std::rc::Rc;

use super::arguments::Body;
use super::evaluate::Evaluator;
use super::live::{Live, LiveVisitor};
use super::value::{Arguments, Callable, Partial, Place, Value};
use crate::source::ast::{self, Expr, Stmt};

/// For how many combinations of arguments the result of one function is computed.
const WAYS_PER_RESULT: u32 = 256;

/// A receiver with nothing known but its class.
pub(super) fn plain_receiver<'a>(receiver: Option<&Value<'a>>) -> Option<Value<'a>> {
    match receiver? {
        Value::Instance(instance) => {
            let plain = super::Instance { class: instance.class, init: None, fields: Vec::new() };
            Some(Value::Instance(plain.into()))
        }
        other => Some(other.clone()),
    }
}

impl<'a> Evaluator<'_, 'a> {
    /// What a call evaluates to.
    pub(super) fn call_value(&self, call: &'a ast::ExprCall, place: Place) -> Value<'a> {
        let callee = self.value(&call.func, place);
        callee.map(|callee| match callee {
            Value::External(name) => self.external_result(name, call, place),
            Value::Unknown => Value::Unknown,
            _ => {
                let arguments = self.arguments(&call.arguments, place);
                self.result(callee, &arguments)
            }
        })
    }

    /// What calling a value with these arguments gives.
    pub(super) fn result(&self, callee: &Value<'a>, arguments: &Arguments<'a>) -> Value<'a> {
        self.deeper(|| {
            callee.map(|callee| match callee {
                Value::Function(callable) => self.function_result(callable, arguments),
                Value::Class(class, outer) => self.construct(*class, *outer, arguments),
                Value::DynamicClass(class) => Value::DynamicInstance(class.clone()),
                Value::Instance(_) => match self.method(callee, "__call__") {
                    Some(method) => self.function_result(&method, arguments),
                    None => Value::Unknown,
                },
                Value::Partial(partial) => self.result(&partial.callee, &joined(&partial.arguments, arguments)),
                Value::Getter(name, calls) => {
                    let object = arguments.positional.first().cloned().unwrap_or(Value::Unknown);
                    let attribute = self.attribute(&object, name);
                    if *calls { self.result(&attribute, &Arguments::default()) } else { attribute }
                }
                Value::External(name) => self.plain_external_result(name, arguments),
                // `sessionmaker()()`: what a factory made is called.
                Value::ExternalInstance(maker) if maker.ends_with("()") => self.result_by_name(maker),
                _ => Value::Unknown,
            })
        })
    }

    /// Whether evaluating an expression never comes to its end: a call that always raises, or waits for ever.
    pub fn never_returns(&self, expression: &'a Expr, place: Place) -> bool {
        let (expression, awaited) = match expression {
            Expr::Await(awaited) => (&*awaited.value, true),
            other => (other, false),
        };
        let Expr::Call(call) = expression else { return false };
        match self.value(&call.func, place) {
            // `await asyncio.Future()`: nobody else can complete it.
            Value::External(name) => self.world.never_returns(&name) || (awaited && &*name == "asyncio.Future"),
            Value::Function(callable) => {
                let module = self.project.module(callable.function.file);
                let function = module.function(callable.function.function);
                function.is_async() == awaited && function.always_raises()
            }
            _ => false,
        }
    }

    fn function_result(&self, callable: &Rc<Callable<'a>>, arguments: &Arguments<'a>) -> Value<'a> {
        let (mut frame, _) = self.bind(callable, arguments);
        let file = callable.function.file;
        let module = self.project.module(file);
        let function = module.function(callable.function.function);
        let mut key = (file, function.range(), frame);
        if let Some(known) = self.results.borrow().get(&key) {
            return known.clone();
        }
        if self.was_asked_often(callable.function) {
            let bare = Callable { receiver: plain_receiver(callable.receiver.as_ref()), ..(**callable).clone() };
            frame = self.bind(&bare, &Arguments { open: true, ..Arguments::default() }).0;
            key = (file, function.range(), frame);
            if let Some(known) = self.results.borrow().get(&key) {
                return known.clone();
            }
        }
        self.results.borrow_mut().insert(key, Value::Unknown);
        let place = Place { file, scope: function.scope, frame };
        let value = match self.body(callable.function) {
            Body::Expression(expression) => self.value(expression, place),
            Body::Statements(_) if function.is_generator => {
                let items = function.yields.iter().map(|item| self.value(item, place));
                Value::Many(Value::union(items.collect::<Vec<_>>()).into())
            }
            Body::Statements(body) => {
                let mut returns = Returns { evaluator: self, place, values: Vec::new() };
                Live::new(self, place).suite(body, &mut returns);
                Value::union(returns.values)
            }
        };
        let value = match function.return_annotation() {
            Some(annotation) if value.is_unknown() => {
                let outer = Place { scope: function.parent, frame: callable.outer, file };
                self.annotated(annotation, outer)
            }
            _ => value,
        };
        self.results.borrow_mut().insert(key, value.clone());
        value
    }

    /// Counts how often a function was evaluated for arguments of its own; beyond a number of ways its calls are taken
    /// together.
    fn was_asked_often(&self, function: super::FunctionRef) -> bool {
        let mut asked = self.asked.borrow_mut();
        let times = asked.entry(function).or_insert(0);
        *times += 1;
        *times > WAYS_PER_RESULT
    }

    /// The result of an external call whose arguments are not at hand as expressions.
    fn plain_external_result(&self, name: &str, arguments: &Arguments<'a>) -> Value<'a> {
        match (name, arguments.positional.first()) {
            ("functools.partial", Some(callee)) => {
                let mut rest = arguments.clone();
                rest.positional.remove(0);
                Value::Partial(Partial { callee: callee.clone(), arguments: rest }.into())
            }
            _ => self.result_by_name(name),
        }
    }

    /// What the tables, or else the form of the name, say that a call returns.
    pub(super) fn result_by_name(&self, name: &str) -> Value<'a> {
        if let Some(truth) = self.world.truth(name) {
            return Value::Literal(super::Literal::Bool(truth));
        }
        if let Some(class) = self.world.returns(name) {
            return self.external_instance(class);
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        if last.starts_with(char::is_uppercase) {
            self.external_instance(name)
        } else if name.starts_with("builtins.") {
            Value::Unknown
        } else {
            Value::ExternalInstance(format!("{name}()").into())
        }
    }
}

pub(super) fn joined<'a>(first: &Arguments<'a>, second: &Arguments<'a>) -> Arguments<'a> {
    let mut all = first.clone();
    all.positional.extend(second.positional.iter().cloned());
    all.named.extend(second.named.iter().cloned());
    all.open |= second.open;
    all
}

impl<'a> Returns<'_, '_, 'a> {
    /// `return workflow.info().…` outside a workflow returns nothing.
    fn raises(&self, value: &'a Expr) -> bool {
        let call = match value {
            Expr::Attribute(attribute) => &attribute.value,
            other => other,
        };
        let Expr::Call(call) = call else { return false };
        matches!(self.evaluator.value(&call.func, self.place),
            Value::External(name) if self.evaluator.world().fails(&name) == Some(true))
    }
}

/// Collects what the live `return` statements of a function return.
struct Returns<'e, 'p, 'a> {
    evaluator: &'e Evaluator<'p, 'a>,
    place: Place,
    values: Vec<Value<'a>>,
}

impl<'a> LiveVisitor<'a> for Returns<'_, '_, 'a> {
    fn statement(&mut self, statement: &'a Stmt) {
        if let Stmt::Return(ret) = statement
            && !ret.value.as_deref().is_some_and(|value| self.raises(value))
        {
            let value = ret.value.as_deref().map_or(Value::NONE, |value| self.evaluator.value(value, self.place));
            self.values.push(value);
        }
    }

    fn expression(&mut self, _: &'a Expr) {}
}
