use std::rc::Rc;

use super::HandOff;
use super::arguments::Defaulted;
use super::attribute::Found;
use super::call::joined;
use super::classes::Ancestor;
use super::live::{Live, LiveVisitor};
use super::order::{ORDERLESS, is_order_insensitive};
use super::protocols::operator_names;
use super::reach::{Code, Edge, Event, EventKind, NodeId, Origin, Protection, Reach};
use super::value::{Arguments, Callable, ClassRef, FrameId, Place, Value};
use crate::second::python::is_logging_method;
use crate::semantic::{BindingKind, ScopeKind, named_by};
use crate::source::ast::visitor::{self, Visitor};
use crate::source::ast::{self, Expr, Ranged, Stmt, TextRange};

/// Walks one piece of code and notes what happens in it and where it leads.
pub(super) struct Walker<'r, 'e, 'p, 'a> {
    pub(super) reach: &'r mut Reach<'e, 'p, 'a>,
    node: NodeId,
    place: Place,
    at_import: bool,
    protection: Option<Rc<Protection<'a>>>,
    /// The range of an iterable whose order the consumer at hand does not look at.
    pub(super) orderless: Option<TextRange>,
    /// Inside the arguments of a call that logs.
    pub(super) logging: bool,
    /// Inside a `raise`.
    pub(super) raising: bool,
    awaited: bool,
}

impl<'r, 'e, 'p, 'a> Walker<'r, 'e, 'p, 'a> {
    pub(super) fn new(reach: &'r mut Reach<'e, 'p, 'a>, node: NodeId, place: Place, at_import: bool) -> Self {
        Self {
            reach,
            node,
            place,
            at_import,
            protection: None,
            orderless: None,
            logging: false,
            raising: false,
            awaited: false,
        }
    }

    pub(super) fn suite(&mut self, body: &'a [Stmt]) {
        let live = Live::new(self.reach.evaluator, self.place);
        live.suite(body, self);
    }

    pub(super) fn expression(&mut self, expression: &'a Expr) {
        self.visit_expr(expression);
    }

    pub(super) fn value(&self, expression: &'a Expr) -> Value<'a> {
        self.reach.evaluator.value(expression, self.place)
    }

    pub(super) fn event(&mut self, range: TextRange, kind: EventKind<'a>) {
        let event = Event { kind, range, place: self.place, protection: self.protection.clone() };
        self.reach.happened(self.node, event);
    }

    fn edge(&self, site: TextRange, doubtful: bool) -> Edge<'a> {
        Edge { from: self.node, site, protection: self.protection.clone(), doubtful }
    }

    pub(super) fn run(&mut self, callable: &Callable<'a>, arguments: &Arguments<'a>, site: TextRange, doubtful: bool) {
        if self.logs(callable) {
            return;
        }
        let edge = self.edge(site, doubtful);
        let defaulted = self.reach.call(callable, arguments, self.at_import, edge);
        self.defaults(&defaulted, site);
        self.managed_by_decorators(callable, site);
    }

    /// Whether a function is a method of a logger by which something is logged. What a logger does to write is its own
    /// business, and nothing that the code around it can see.
    fn logs(&self, callable: &Callable<'a>) -> bool {
        let evaluator = self.reach.evaluator;
        let module = evaluator.project().module(callable.function.file);
        let function = module.function(callable.function.function);
        let Some(class) = function.class.filter(|_| is_logging_method(function.name)) else { return false };
        let name = module.class(class).node.name.as_str();
        name.contains("Logger")
            || evaluator
                .ancestors(ClassRef { file: callable.function.file, class }, None)
                .iter()
                .any(|ancestor| matches!(ancestor, Ancestor::External(name) if name.starts_with("logging.")))
    }

    /// Parameters left to defaults: what the defaults hold was computed when the function was defined.
    fn defaults(&mut self, defaulted: &[Defaulted<'a>], site: TextRange) {
        for default in defaulted {
            // Those of a function inside a function were computed when the outer one ran.
            if !self.is_in_function(default.place) {
                self.initialiser(default.name, default.default, default.place, site);
            }
        }
    }

    fn is_in_function(&self, place: Place) -> bool {
        self.reach.evaluator.project().module(place.file).function_around(place.scope).is_some()
    }

    fn initialiser(&mut self, name: &'a str, value: &'a Expr, place: Place, site: TextRange) {
        // What stands inside a function was computed when that ran, and is seen there.
        if self.reach.follows_initialisers && can_have_effects(value) && !self.is_in_function(place) {
            let code = Code::Initialiser { name, value, file: place.file, scope: place.scope };
            let edge = self.edge(site, false);
            self.reach.initialised(code, place.frame, edge);
        }
    }

    fn call(&mut self, call: &'a ast::ExprCall) {
        let awaited = std::mem::take(&mut self.awaited);
        match &*call.func {
            Expr::Attribute(attribute) => {
                self.visit_expr(&attribute.value);
                self.attribute_read(attribute, false);
            }
            Expr::Name(_) => self.static_read(&call.func),
            other => self.visit_expr(other),
        }
        let callee = self.value(&call.func);
        let outer = self.logging;
        self.logging |= is_logging_call(call);
        self.visit_arguments_of(call, &callee);
        self.logging = outer;
        let doubtful = callee.alternatives().len() > 1;
        for alternative in callee.alternatives() {
            self.dispatch(alternative, call, awaited, doubtful);
        }
    }

    fn visit_arguments_of(&mut self, call: &'a ast::ExprCall, callee: &Value<'a>) {
        let name = match callee {
            Value::External(name) => &**name,
            _ => "",
        };
        let outer = self.orderless;
        for argument in &call.arguments.args {
            if ORDERLESS.contains(&name) {
                self.orderless = Some(argument.range());
            } else if let Expr::Starred(starred) = argument {
                self.unpacked(&starred.value, true);
            }
            self.visit_expr(argument);
            self.orderless = outer;
        }
        for keyword in &call.arguments.keywords {
            if keyword.arg.is_none() {
                self.merged(&keyword.value);
            }
            self.visit_expr(&keyword.value);
        }
    }

    fn dispatch(&mut self, callee: &Value<'a>, call: &'a ast::ExprCall, awaited: bool, doubtful: bool) {
        let site = call.range();
        match callee {
            Value::External(name) => {
                let name = name.clone();
                self.external(&name, call, awaited, doubtful);
            }
            Value::Unknown => {}
            _ => {
                let arguments = self.reach.evaluator.arguments(&call.arguments, self.place);
                self.invoke(callee, &arguments, site, doubtful);
            }
        }
    }

    /// Runs a value with evaluated arguments.
    fn invoke(&mut self, callee: &Value<'a>, arguments: &Arguments<'a>, site: TextRange, doubtful: bool) {
        match callee {
            Value::Function(callable) => {
                self.run(callable, arguments, site, doubtful);
                for implementation in self.reach.evaluator.implementations(callable, arguments) {
                    self.run(&implementation, arguments, site, true);
                }
            }
            Value::Class(class, outer) => self.construct(*class, *outer, arguments, site, doubtful),
            Value::Instance(_) | Value::DynamicInstance(_) => {
                if let Some(method) = self.reach.evaluator.method(callee, "__call__") {
                    self.run(&method, arguments, site, doubtful);
                }
            }
            Value::Partial(partial) => {
                let all = joined(&partial.arguments, arguments);
                for callee in partial.callee.alternatives() {
                    self.invoke(callee, &all, site, doubtful);
                }
            }
            Value::Getter(name, true) => {
                let object = arguments.positional.first().cloned().unwrap_or(Value::Unknown);
                let method = self.reach.evaluator.attribute(&object, name);
                for callee in method.alternatives() {
                    self.invoke(callee, &Arguments::default(), site, doubtful);
                }
            }
            Value::Getter(name, false) => {
                let object = arguments.positional.first().cloned().unwrap_or(Value::Unknown);
                for owner in object.alternatives() {
                    if let Some(Found::Property(getter)) = self.reach.evaluator.find(owner, name) {
                        self.run(&getter, &Arguments::default(), site, false);
                    }
                }
            }
            Value::External(name) => {
                let handed = (!arguments.open).then_some(arguments.positional.len());
                let kind = EventKind::Call { callee: name.clone(), call: None, handed, awaited: false, doubtful };
                self.event(site, kind);
            }
            Value::Union(all) => all.iter().for_each(|callee| self.invoke(callee, arguments, site, true)),
            _ => {}
        }
    }

    fn construct(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments<'a>,
        site: TextRange,
        doubtful: bool,
    ) {
        let evaluator = self.reach.evaluator;
        if let Some(hook) = evaluator.metaclass_call(class, outer) {
            self.run(&hook, arguments, site, doubtful);
        }
        let mut generated = true;
        for name in ["__new__", "__init__", "__post_init__", "__attrs_post_init__", "model_post_init"] {
            let Some(method) = evaluator.constructor(class, outer, name) else { continue };
            let own = matches!(name, "__new__" | "__init__");
            generated &= !own;
            let none = Arguments { open: true, ..Arguments::default() };
            // `__post_init__` sees what the generated constructor stored.
            let made = if own { None } else { Some(evaluator.construct(class, outer, arguments)) };
            let method = Callable { receiver: made.or(method.receiver), ..method };
            self.run(&method, if own { arguments } else { &none }, site, doubtful);
        }
        if generated && evaluator.has_generated_constructor(class, outer) {
            let (_, defaulted) = evaluator.bind_fields(class, outer, arguments);
            for default in defaulted {
                self.field_default(&default, site);
            }
        }
        self.validates(class, outer, site);
        for ancestor in evaluator.ancestors(class, outer).iter().cloned() {
            if let Ancestor::External(name) = ancestor {
                let kind = EventKind::Call { callee: name, call: None, handed: None, awaited: false, doubtful };
                self.event(site, kind);
            }
        }
    }

    /// Validators of models run when an object is made.
    fn validates(&mut self, class: ClassRef, outer: Option<FrameId>, site: TextRange) {
        let evaluator = self.reach.evaluator;
        if !evaluator.derives_from(class, outer, "pydantic.BaseModel") {
            return;
        }
        let module = evaluator.project().module(class.file);
        let scope = module.class(class.class).scope;
        for statement in &module.class(class.class).node.body {
            let Stmt::FunctionDef(def) = statement else { continue };
            let validates = def.decorator_list.iter().any(|decorator| {
                let place = Place { file: class.file, scope, frame: outer };
                matches!(evaluator.value(named_by(decorator), place), Value::External(name)
                    if matches!(&*name, "pydantic.field_validator" | "pydantic.model_validator" | "pydantic.validator"
                        | "pydantic.root_validator" | "pydantic.computed_field"))
            });
            if validates && let Some(function) = module.function_of(def) {
                let function = super::FunctionRef { file: class.file, function };
                let callable = Callable { function, receiver: Some(evaluator.instance(class)), outer };
                self.run(&callable, &Arguments { open: true, ..Arguments::default() }, site, false);
            }
        }
    }

    /// A field's default: a plain value, or a description of one with `default_factory`, `factory` or `default`.
    fn field_default(&mut self, default: &Defaulted<'a>, site: TextRange) {
        let Expr::Call(call) = default.default else {
            return self.initialiser(default.name, default.default, default.place, site);
        };
        let factory = ["default_factory", "factory"].iter().find_map(|name| call.arguments.find_keyword(name));
        match factory {
            Some(factory) => {
                let evaluator = self.reach.evaluator;
                let callee = evaluator.value(&factory.value, default.place);
                for callee in callee.alternatives() {
                    self.invoke(callee, &Arguments::default(), site, false);
                }
            }
            None => match call.arguments.find_keyword("default") {
                Some(value) => self.initialiser(default.name, &value.value, default.place, site),
                None => self.initialiser(default.name, default.default, default.place, site),
            },
        }
    }

    fn external(&mut self, name: &Rc<str>, call: &'a ast::ExprCall, awaited: bool, doubtful: bool) {
        let site = call.range();
        let kind = EventKind::Call { callee: name.clone(), call: Some(call), handed: None, awaited, doubtful };
        self.event(site, kind);
        self.builtin_protocol(name, call);
        if self.reach.evaluator.world().hand_off(name) != HandOff::Invokes {
            return;
        }
        // What is handed over during an import is kept for later, but for what asks at once.
        if self.at_import && !name.starts_with("builtins.") && !CALLS_ITS_ARGUMENTS.contains(&&**name) {
            return;
        }
        let values = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
        let classes_run = matches!(&**name, "builtins.map" | "builtins.filter" | "functools.reduce");
        for argument in values {
            let value = match argument {
                Expr::Starred(_) => continue,
                other => self.value(other),
            };
            for alternative in value.alternatives() {
                match alternative {
                    Value::Function(_) | Value::Partial(_) => {
                        self.invoke(alternative, &self.handed_arguments(name, call), site, false);
                    }
                    Value::Getter(..) => self.invoke(alternative, &self.handed_arguments(name, call), site, false),
                    Value::Class(..) if classes_run => {
                        self.invoke(alternative, &Arguments { open: true, ..Arguments::default() }, site, false);
                    }
                    Value::External(_) if CALLS_ITS_ARGUMENTS.contains(&&**name) => {
                        self.invoke(alternative, &self.handed_arguments(name, call), argument.range(), false);
                    }
                    _ => {}
                }
            }
        }
    }

    /// What an external callable calls its callback with, where that is known.
    fn handed_arguments(&self, name: &str, call: &'a ast::ExprCall) -> Arguments<'a> {
        let evaluator = self.reach.evaluator;
        let iterable = match name {
            "builtins.map" | "builtins.filter" | "functools.reduce" => call.arguments.find_positional(1),
            "builtins.sorted" | "builtins.min" | "builtins.max" => call.arguments.find_positional(0),
            _ => None,
        };
        match iterable {
            Some(iterable) => {
                let item = evaluator.item_of(&self.value(iterable));
                let positional = if name == "functools.reduce" { vec![Value::Unknown, item] } else { vec![item] };
                Arguments { positional, ..Arguments::default() }
            }
            None => Arguments { open: true, ..Arguments::default() },
        }
    }

    /// A read of an attribute: properties run, class attributes and constants were computed.
    fn attribute_read(&mut self, attribute: &'a ast::ExprAttribute, watch: bool) {
        let owner = self.value(&attribute.value);
        let name = attribute.attr.as_str();
        let site = attribute.range();
        for alternative in owner.alternatives() {
            match alternative {
                Value::Instance(_) | Value::Class(..) | Value::Super(..) | Value::DynamicInstance(_) => {
                    match self.reach.evaluator.find(alternative, name) {
                        Some(Found::Property(getter)) => self.run(&getter, &Arguments::default(), site, false),
                        Some(Found::Static(value, place, held)) => {
                            self.initialiser(name, value, place, site);
                            self.special(&held, "__get__", site);
                        }
                        Some(Found::Value(_)) => {}
                        None if matches!(alternative, Value::Instance(_)) && !name.starts_with("__") => {
                            self.special(alternative, "__getattr__", site);
                        }
                        None => {}
                    }
                }
                Value::Module(file) => self.global_read(*file, name, site, 0),
                Value::External(owner) if watch => self.watched(&format!("{owner}.{name}"), site),
                Value::ExternalInstance(owner) if watch => self.watched(&format!("{owner}.{name}"), site),
                _ => {}
            }
        }
    }

    /// An assignment to an attribute: property setters, descriptors and `__setattr__` run.
    fn attribute_written(&mut self, attribute: &'a ast::ExprAttribute) {
        let owner = self.value(&attribute.value);
        let (name, site) = (attribute.attr.as_str(), attribute.range());
        for alternative in owner.alternatives() {
            if let Some(setter) = self.reach.evaluator.setter(alternative, name) {
                self.run(&setter, &Arguments { open: true, ..Arguments::default() }, site, false);
            } else if let Some(Found::Static(_, _, held)) = self.reach.evaluator.find(alternative, name) {
                self.special(&held, "__set__", site);
            }
            self.special(alternative, "__setattr__", site);
        }
    }

    fn watched(&mut self, name: &str, site: TextRange) {
        let world = self.reach.evaluator.world();
        let canonical = world.canonical(name);
        if world.is_watched(&canonical) {
            self.event(site, EventKind::Read { name: (*canonical).into() });
        }
    }

    /// A read of a bare name that may be a module's constant.
    fn static_read(&mut self, expression: &'a Expr) {
        let Expr::Name(name) = expression else { return };
        if !self.reach.follows_initialisers {
            return;
        }
        let module = self.reach.evaluator.project().module(self.place.file);
        let mut scope = Some(self.place.scope);
        while let Some(id) = scope {
            let found = module.scope(id);
            if id == module.global() {
                break;
            }
            let visible = !matches!(found.kind, ScopeKind::Class(_)) || id == self.place.scope;
            if visible && found.names.contains_key(name.id.as_str()) && !found.globals.contains(&name.id.as_str()) {
                return;
            }
            scope = found.parent;
        }
        // At import the module's own names are being made: the walk of the module sees them itself.
        let in_module = scope == Some(self.place.scope);
        if !in_module {
            self.global_read(self.place.file, name.id.as_str(), name.range(), 0);
        }
    }

    fn global_read(&mut self, file: crate::source::FileId, name: &'a str, site: TextRange, depth: usize) {
        if !self.reach.follows_initialisers || depth > 10 {
            return;
        }
        let evaluator = self.reach.evaluator;
        let module = evaluator.project().module(file);
        let scope = module.global();
        let place = Place { file, scope, frame: None };
        for &id in module.bindings_of(scope, name) {
            match &module.binding(id).kind {
                BindingKind::Assignment { value: Some(value), .. } => self.initialiser(name, value, place, site),
                BindingKind::ImportFrom { module, level, name } => {
                    if let Value::Module(origin) = evaluator.import_source(file, module, *level) {
                        self.global_read(origin, name, site, depth + 1);
                    }
                }
                _ => {}
            }
        }
        if module.bindings_of(scope, name).is_empty() {
            let stars: Vec<_> = module.scope(scope).stars.iter().copied().collect();
            for (source, level, _) in stars {
                if let Value::Module(origin) = evaluator.import_source(file, source, level) {
                    self.global_read(origin, name, site, depth + 1);
                }
            }
        }
    }

    fn comprehension(
        &mut self,
        range: TextRange,
        generators: &'a [ast::Comprehension],
        parts: [Option<&'a Expr>; 2],
        ordered: bool,
    ) {
        let outer = self.place;
        let orderless = std::mem::take(&mut self.orderless) == Some(range) || !ordered;
        if let Some(first) = generators.first() {
            self.iteration(&first.iter, first.is_async, orderless);
        }
        let module = self.reach.evaluator.project().module(self.place.file);
        if let Some(scope) = module.comprehension_scope(range) {
            self.place.scope = scope;
        }
        for (index, generator) in generators.iter().enumerate() {
            if index > 0 {
                self.iteration(&generator.iter, generator.is_async, orderless);
            }
            for test in &generator.ifs {
                self.visit_expr(test);
                self.tested(test);
            }
        }
        // A condition that never holds here: nothing is made.
        let dead = generators
            .iter()
            .flat_map(|generator| &generator.ifs)
            .any(|test| self.reach.evaluator.truth(test, self.place) == Some(false));
        if !dead {
            parts.into_iter().flatten().for_each(|part| self.visit_expr(part));
        }
        self.place = outer;
    }

    fn iteration(&mut self, iterable: &'a Expr, is_async: bool, orderless: bool) {
        self.visit_expr(iterable);
        let value = self.value(iterable);
        self.iterated(&value, iterable.range(), is_async);
        if !orderless {
            self.set_order(iterable, "iteration over");
        }
    }

    fn class_body(&mut self, class: &'a ast::StmtClassDef) {
        let evaluator = self.reach.evaluator;
        let module = evaluator.project().module(self.place.file);
        let found = module.class_ids().find(|id| std::ptr::eq(module.class(*id).node, class));
        if let Some(found) = found {
            let outer = self.place;
            self.place.scope = module.class(found).scope;
            self.suite(&class.body);
            self.place = outer;
        }
    }
}

impl<'a> LiveVisitor<'a> for Walker<'_, '_, '_, 'a> {
    fn statement(&mut self, statement: &'a Stmt) {
        self.reach.evaluator.refuel();
        self.raising = matches!(statement, Stmt::Raise(_));
        match statement {
            Stmt::FunctionDef(def) => {
                for decorator in &def.decorator_list {
                    self.visit_expr(&decorator.expression);
                    if self.at_import {
                        self.decorated_at_import(&decorator.expression, def);
                    }
                }
                for parameter in def.parameters.iter_non_variadic_params() {
                    parameter.default().into_iter().for_each(|default| self.visit_expr(default));
                }
            }
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
                if let Some(arguments) = class.arguments.as_deref() {
                    arguments.args.iter().for_each(|base| self.visit_expr(base));
                }
                self.class_body(class);
            }
            Stmt::Import(_) | Stmt::ImportFrom(_) if !self.at_import => {
                self.event(statement.range(), EventKind::Import(statement));
            }
            Stmt::Try(tried) if !tried.finalbody.is_empty() => self.event(statement.range(), EventKind::Finally(tried)),
            Stmt::Raise(raise) => self.event(statement.range(), EventKind::Raise(raise)),
            Stmt::Assert(assert) => self.event(statement.range(), EventKind::Assert(assert)),
            Stmt::For(looped) => {
                let value = self.value(&looped.iter);
                self.iterated(&value, looped.iter.range(), looped.is_async);
                if !is_order_insensitive(&looped.body) {
                    self.set_order(&looped.iter, "iteration over");
                }
            }
            Stmt::If(conditional) => {
                let others = conditional.elif_else_clauses.iter().filter_map(|clause| clause.test.as_ref());
                std::iter::once(&*conditional.test).chain(others).for_each(|test| self.tested(test));
            }
            Stmt::While(looped) => self.tested(&looped.test),
            Stmt::With(managed) => {
                managed.items.iter().for_each(|item| self.with_item(&item.context_expr, managed.is_async));
            }
            Stmt::Assign(assign) => {
                let unpacks = |target: &Expr| matches!(target, Expr::Tuple(_) | Expr::List(_));
                if assign.targets.iter().any(unpacks) {
                    self.set_order(&assign.value, "unpacking");
                }
            }
            Stmt::AugAssign(assign) => {
                let value = self.value(&assign.target);
                let (in_place, plain) = operator_names(assign.op);
                let site = assign.range();
                if !self.special(&value, in_place, site) {
                    self.special(&value, plain, site);
                }
            }
            _ => {}
        }
    }

    fn expression(&mut self, expression: &'a Expr) {
        self.visit_expr(expression);
    }

    fn enter_try(&mut self, tried: &'a ast::StmtTry) {
        let outer = self.protection.take();
        self.protection = Some(Protection { kind: Origin::Try(tried), outer }.into());
    }

    fn enter_with(&mut self, managed: &'a ast::StmtWith) {
        let outer = self.protection.take();
        self.protection = Some(Protection { kind: Origin::With(managed), outer }.into());
    }

    fn leave(&mut self) {
        self.protection = self.protection.take().and_then(|protection| protection.outer.clone());
    }

    fn enter_handler(&mut self, tried: &'a ast::StmtTry, handler: &'a ast::ExceptHandlerExceptHandler) {
        self.event(handler.range(), EventKind::Handler(tried, handler));
    }
}

impl<'a> Walker<'_, '_, '_, 'a> {
    /// Applying a project's decorator runs the decorator.
    fn decorated_at_import(&mut self, decorator: &'a Expr, def: &'a ast::StmtFunctionDef) {
        let value = self.value(decorator);
        if matches!(value, Value::Function(_)) {
            let module = self.reach.evaluator.project().module(self.place.file);
            let inner = module
                .function_of(def)
                .map_or(Value::Unknown, |function| self.reach.evaluator.closure(self.place.file, function, None));
            let arguments = Arguments { positional: vec![inner], ..Arguments::default() };
            self.invoke(&value, &arguments, decorator.range(), false);
        }
    }
}

impl<'a> Visitor<'a> for Walker<'_, '_, '_, 'a> {
    fn visit_stmt(&mut self, _: &'a Stmt) {}

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        let awaited = std::mem::take(&mut self.awaited);
        match expression {
            Expr::Call(call) => {
                self.awaited = awaited;
                self.call(call);
            }
            Expr::Await(expression) => {
                self.awaited = true;
                self.visit_expr(&expression.value);
                self.awaited = false;
                let value = self.value(&expression.value);
                self.special(&value, "__await__", expression.range());
            }
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.as_deref().into_iter();
                for parameter in parameters.flat_map(ast::Parameters::iter_non_variadic_params) {
                    parameter.default().into_iter().for_each(|default| self.visit_expr(default));
                }
            }
            Expr::ListComp(comp) => self.comprehension(comp.range(), &comp.generators, [Some(&comp.elt), None], true),
            Expr::Generator(comp) => self.comprehension(comp.range(), &comp.generators, [Some(&comp.elt), None], true),
            Expr::SetComp(comp) => self.comprehension(comp.range(), &comp.generators, [Some(&comp.elt), None], false),
            Expr::DictComp(comp) => {
                self.comprehension(comp.range(), &comp.generators, [comp.key.as_deref(), Some(&comp.value)], true);
            }
            Expr::BoolOp(operation) => {
                let operands = Live::new(self.reach.evaluator, self.place).operands(operation);
                for operand in operands {
                    self.visit_expr(operand);
                    self.tested(operand);
                }
            }
            Expr::If(conditional) => {
                self.visit_expr(&conditional.test);
                self.tested(&conditional.test);
                match self.reach.evaluator.truth(&conditional.test, self.place) {
                    Some(true) => self.visit_expr(&conditional.body),
                    Some(false) => self.visit_expr(&conditional.orelse),
                    None => {
                        self.visit_expr(&conditional.body);
                        self.visit_expr(&conditional.orelse);
                    }
                }
            }
            Expr::Attribute(attribute) => {
                self.visit_expr(&attribute.value);
                if attribute.ctx.is_load() {
                    self.attribute_read(attribute, true);
                } else if attribute.ctx.is_store() {
                    self.attribute_written(attribute);
                }
            }
            Expr::Name(name) if name.ctx.is_load() => {
                self.static_read(expression);
                if let Value::External(name) = self.value(expression) {
                    self.watched(&name, expression.range());
                }
            }
            Expr::Subscript(subscript) => {
                visitor::walk_expr(self, expression);
                let value = self.value(&subscript.value);
                let name = match subscript.ctx {
                    ast::ExprContext::Store => "__setitem__",
                    ast::ExprContext::Del => "__delitem__",
                    _ => "__getitem__",
                };
                if !self.special(&value, name, expression.range()) && subscript.ctx.is_load() {
                    self.special(&value, "__missing__", expression.range());
                }
                self.hashed(&subscript.slice);
                self.parametrised(&value, subscript);
            }
            Expr::BinOp(operation) => {
                visitor::walk_expr(self, expression);
                let (_, plain) = operator_names(operation.op);
                let reflected = plain.replacen("__", "__r", 1);
                self.operator(&operation.left, &operation.right, (plain, &reflected), expression.range());
            }
            Expr::Compare(comparison) => {
                visitor::walk_expr(self, expression);
                let lefts = std::iter::once(&*comparison.left).chain(&*comparison.comparators);
                for ((op, left), right) in comparison.ops.iter().zip(lefts).zip(&*comparison.comparators) {
                    self.compared(*op, left, right, expression.range());
                }
            }
            Expr::UnaryOp(operation) => {
                visitor::walk_expr(self, expression);
                if operation.op == ast::UnaryOp::Not {
                    self.tested(&operation.operand);
                }
            }
            Expr::FString(string) => {
                for element in string.value.elements() {
                    if let ast::InterpolatedStringElement::Interpolation(element) = element {
                        self.interpolation(element);
                    }
                }
            }
            Expr::List(ast::ExprList { elts, .. }) | Expr::Tuple(ast::ExprTuple { elts, .. }) => {
                for element in elts {
                    if let Expr::Starred(starred) = element {
                        self.unpacked(&starred.value, true);
                    }
                }
                visitor::walk_expr(self, expression);
            }
            Expr::Set(set) => {
                for element in &set.elts {
                    match element {
                        Expr::Starred(starred) => self.unpacked(&starred.value, false),
                        key => self.hashed(key),
                    }
                }
                visitor::walk_expr(self, expression);
            }
            Expr::Dict(dict) => {
                for item in &dict.items {
                    match &item.key {
                        Some(key) => self.hashed(key),
                        None => self.merged(&item.value),
                    }
                }
                visitor::walk_expr(self, expression);
            }
            Expr::YieldFrom(yielded) => {
                visitor::walk_expr(self, expression);
                self.set_order(&yielded.value, "`yield from`");
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}

/// `logger.info(…)`, `workflow.logger.debug(…)`, `log.warning(…)`.
fn is_logging_call(call: &ast::ExprCall) -> bool {
    let Expr::Attribute(method) = &*call.func else { return false };
    let receiver = match &*method.value {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    is_logging_method(method.attr.as_str()) && receiver.to_ascii_lowercase().contains("log")
}

/// Whether evaluating an expression can do anything but read names.
fn can_have_effects(value: &Expr) -> bool {
    !matches!(
        value,
        Expr::StringLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::Lambda(_)
    )
}

/// Callables that call what they are given even where it stands outside the project.
const CALLS_ITS_ARGUMENTS: &[&str] = &[
    "builtins.map",
    "builtins.filter",
    "builtins.sorted",
    "builtins.min",
    "builtins.max",
    "builtins.iter",
    "collections.defaultdict",
    "functools.reduce",
    "temporalio.workflow.wait_condition",
    "itertools.starmap",
    "asyncio.AbstractEventLoop.call_soon",
    "asyncio.AbstractEventLoop.call_later",
];
