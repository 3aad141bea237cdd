use std::rc::Rc;

use super::HandOff;
use super::arguments::Defaulted;
use super::attribute::Found;
use super::call::joined;
use super::classes::Ancestor;
use super::evaluate::Evaluator;
use super::live::{Live, LiveVisitor};
use super::reach::{Code, Edge, Event, EventKind, NodeId, Origin, Protection, Reach};
use super::value::{Arguments, Callable, ClassRef, FrameId, Place, Value};
use crate::semantic::{BindingKind, ScopeKind};
use crate::source::ast::visitor::{self, Visitor};
use crate::source::ast::{self, Expr, Ranged, Stmt, TextRange};

/// Walks one piece of code and notes what happens in it and where it leads.
pub(super) struct Walker<'r, 'e, 'p, 'a> {
    reach: &'r mut Reach<'e, 'p, 'a>,
    node: NodeId,
    place: Place,
    at_import: bool,
    protection: Option<Rc<Protection<'a>>>,
    /// The range of an iterable whose order the consumer at hand does not look at.
    orderless: Option<TextRange>,
    /// Inside the arguments of a call that logs.
    logging: bool,
    /// Inside a `raise`.
    raising: bool,
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

    fn value(&self, expression: &'a Expr) -> Value<'a> {
        self.reach.evaluator.value(expression, self.place)
    }

    fn event(&mut self, range: TextRange, kind: EventKind<'a>) {
        let event = Event { kind, range, place: self.place, protection: self.protection.clone() };
        self.reach.happened(self.node, event);
    }

    fn edge(&self, site: TextRange, doubtful: bool) -> Edge<'a> {
        Edge { from: self.node, site, protection: self.protection.clone(), doubtful }
    }

    fn run(&mut self, callable: &Callable<'a>, arguments: &Arguments<'a>, site: TextRange, doubtful: bool) {
        if self.logs(callable) {
            return;
        }
        let edge = self.edge(site, doubtful);
        let defaulted = self.reach.call(callable, arguments, self.at_import, edge);
        self.defaults(&defaulted, site);
        self.managed_by_decorators(callable, site);
    }

    /// Context managers that a function has as decorators are entered and left with each call of it.
    fn managed_by_decorators(&mut self, callable: &Callable<'a>, site: TextRange) {
        let evaluator = self.reach.evaluator;
        let module = evaluator.project().module(callable.function.file);
        let definition = module.function(callable.function.function);
        let place = Place { file: callable.function.file, scope: definition.parent, frame: callable.outer };
        for decorator in definition.decorators() {
            let Expr::Call(call) = &decorator.expression else { continue };
            match evaluator.value(&call.func, place) {
                Value::Class(class, outer) if is_context_decorator(evaluator, class, outer) => {
                    let manager = evaluator.value(&decorator.expression, place);
                    for name in ["__enter__", "__aenter__", "__exit__", "__aexit__"] {
                        self.special(&manager, name, site);
                    }
                }
                Value::Function(manager) if is_context_manager(evaluator, &manager) => {
                    let arguments = evaluator.arguments(&call.arguments, place);
                    self.run(&manager, &arguments, site, false);
                }
                _ => {}
            }
        }
    }

    /// Whether a function is a method of a logger by which something is logged. What a logger does to write is its own
    /// business, and nothing that the code around it can see.
    fn logs(&self, callable: &Callable<'a>) -> bool {
        let evaluator = self.reach.evaluator;
        let module = evaluator.project().module(callable.function.file);
        let function = module.function(callable.function.function);
        let Some(class) = function.class.filter(|_| LOGGING_METHODS.contains(&function.name)) else { return false };
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
        let module = self.reach.evaluator.project().module(place.file);
        let mut scope = Some(place.scope);
        while let Some(id) = scope {
            if matches!(module.scope(id).kind, ScopeKind::Function(_)) {
                return true;
            }
            scope = module.scope(id).parent;
        }
        false
    }

    fn initialiser(&mut self, name: &'a str, value: &'a Expr, place: Place, site: TextRange) {
        // What stands inside a function was computed when that ran, and is seen there.
        if self.reach.follows_initialisers && can_have_effects(value) && !self.is_in_function(place) {
            let code = Code::Initialiser { name, value, file: place.file, scope: place.scope };
            let edge = self.edge(site, false);
            self.reach.initialised(code, place.frame, edge);
        }
    }

    /// Runs a special method of an object of the project, if it has it. Says whether it has.
    fn special(&mut self, receiver: &Value<'a>, name: &str, site: TextRange) -> bool {
        let mut found = false;
        for alternative in receiver.alternatives() {
            if !matches!(alternative, Value::Instance(_) | Value::DynamicInstance(_)) {
                continue;
            }
            if let Some(method) = self.reach.evaluator.method(alternative, name) {
                self.run(&method, &Arguments { open: true, ..Arguments::default() }, site, false);
                found = true;
            }
        }
        found
    }

    fn iterated(&mut self, iterable: &Value<'a>, site: TextRange, is_async: bool) {
        let (start, step) = if is_async { ("__aiter__", "__anext__") } else { ("__iter__", "__next__") };
        if self.special(iterable, start, site) {
            let iterator = self.reach.evaluator.call_method(iterable, start);
            self.special(&iterator, step, site);
        } else if !is_async {
            self.special(iterable, "__getitem__", site);
        }
    }

    /// The text of an object: its own method, or else the default with its address.
    fn represented(&mut self, object: &Value<'a>, names: &[&str], site: TextRange) {
        for alternative in object.alternatives() {
            let Value::Instance(instance) = alternative else { continue };
            if names.iter().any(|name| self.special(alternative, name, site)) {
                continue;
            }
            if !self.logging && self.has_default_representation(instance.class) {
                self.event(site, EventKind::DefaultRepr);
            }
        }
    }

    fn has_default_representation(&self, class: ClassRef) -> bool {
        let evaluator = self.reach.evaluator;
        let plain = evaluator.ancestors(class, None).iter().all(|ancestor| match ancestor {
            Ancestor::Project(..) => true,
            Ancestor::External(name) => matches!(&**name, "builtins.object" | "abc.ABC" | "typing.Generic"),
            _ => false,
        });
        let module = evaluator.project().module(class.file);
        plain
            && module.class(class.class).node.decorator_list.is_empty()
            && !evaluator.has_generated_constructor(class, None)
    }

    /// An object becomes text. What an exception says is for people.
    fn shown_as_text(&mut self, object: &'a Expr) {
        if !self.raising {
            self.set_order(object, TEXT_OF);
        }
    }

    /// `*iterable`; `ordered` where the order of the items can be seen afterwards.
    fn unpacked(&mut self, iterable: &'a Expr, ordered: bool) {
        let value = self.value(iterable);
        self.iterated(&value, iterable.range(), false);
        if ordered {
            self.set_order(iterable, "unpacking");
        }
    }

    /// `**mapping`.
    fn merged(&mut self, mapping: &'a Expr) {
        let value = self.value(mapping);
        for name in ["keys", "__getitem__"] {
            self.special(&value, name, mapping.range());
        }
    }

    /// A test of whether an object counts as true.
    fn tested(&mut self, test: &'a Expr) {
        if matches!(test, Expr::Compare(_) | Expr::UnaryOp(_) | Expr::BoolOp(_)) {
            return;
        }
        let value = self.value(test);
        if !self.special(&value, "__bool__", test.range()) {
            self.special(&value, "__len__", test.range());
        }
    }

    /// A key of a dictionary, or an item of a set.
    fn hashed(&mut self, key: &'a Expr) {
        if !key.is_literal_expr() {
            let value = self.value(key);
            self.special(&value, "__hash__", key.range());
        }
    }

    /// `Class[key]`, where the class says what that is.
    fn parametrised(&mut self, value: &Value<'a>, subscript: &'a ast::ExprSubscript) {
        let evaluator = self.reach.evaluator;
        for class in value.alternatives().iter().filter(|value| matches!(value, Value::Class(..))) {
            if let Some(Found::Value(Value::Function(hook))) = evaluator.find(class, "__class_getitem__") {
                let arguments = Arguments { positional: vec![self.value(&subscript.slice)], ..Arguments::default() };
                self.run(&hook, &arguments, subscript.range(), false);
            }
        }
    }

    fn set_order(&mut self, iterable: &'a Expr, what: &'static str) {
        if self.orderless == Some(iterable.range()) || self.logging {
            return;
        }
        let value = self.value(iterable);
        let hashed = |value: &Value<'a>| matches!(value, Value::Set { hashed: true });
        // Only what surely is a set: one of several values may be the sorted one.
        if value.alternatives().iter().all(hashed) {
            self.event(iterable.range(), EventKind::SetOrder { what });
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
                let expression = match &decorator.expression {
                    Expr::Call(call) => &*call.func,
                    other => other,
                };
                let place = Place { file: class.file, scope, frame: outer };
                matches!(evaluator.value(expression, place), Value::External(name)
                    if matches!(&*name, "pydantic.field_validator" | "pydantic.model_validator" | "pydantic.validator"
                        | "pydantic.root_validator" | "pydantic.computed_field"))
            });
            if validates && let Some(function) = function_of(module, def) {
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
            "builtins.map" | "builtins.filter" => call.arguments.find_positional(1),
            "builtins.sorted" | "builtins.min" | "builtins.max" => call.arguments.find_positional(0),
            _ => None,
        };
        match iterable {
            Some(iterable) => {
                let item = evaluator.item_of(&self.value(iterable));
                Arguments { positional: vec![item], ..Arguments::default() }
            }
            None => Arguments { open: true, ..Arguments::default() },
        }
    }

    /// Special methods that builtins run on objects of the project, and sets whose order they show.
    fn builtin_protocol(&mut self, name: &str, call: &'a ast::ExprCall) {
        let site = call.range();
        let Some(first) = call.arguments.find_positional(0) else {
            if name == "builtins.set.pop" {
                self.event(site, EventKind::SetOrder { what: "`pop()` of" });
            }
            return;
        };
        let Some(short) = name.strip_prefix("builtins.") else { return };
        let value = self.value(first);
        if matches!(short, "str" | "repr") && self.orderless != Some(site) {
            self.shown_as_text(first);
        }
        match short {
            "str" | "print" => self.represented(&value, &["__str__", "__repr__"], site),
            "repr" => self.represented(&value, &["__repr__"], site),
            "format" => self.represented(&value, &["__format__", "__str__", "__repr__"], site),
            "len" | "hash" | "bool" | "int" | "float" | "abs" | "next" | "round" | "bytes" | "index" | "reversed" => {
                let dunder = format!("__{short}__");
                if !self.special(&value, &dunder, site) && short == "bool" {
                    self.special(&value, "__len__", site);
                }
            }
            "sorted" | "min" | "max" => {
                self.iterated(&value, site, false);
                let item = self.reach.evaluator.item_of(&value);
                self.special(&item, if short == "max" { "__gt__" } else { "__lt__" }, site);
                if short == "max" {
                    self.special(&item, "__lt__", site);
                }
            }
            "list" | "tuple" | "iter" | "enumerate" | "str.join" | "zip" | "list.extend" => {
                self.iterated(&value, site, false);
                let what = match short {
                    "list" => "`list()` of",
                    "tuple" => "`tuple()` of",
                    "iter" => "`iter()` of",
                    "enumerate" => "`enumerate()` of",
                    "str.join" => "`join()` of",
                    "list.extend" => "`extend()` with",
                    _ => "`zip()` of",
                };
                // `sorted(list(items))`: what is made here has no order yet.
                if self.orderless != Some(site) {
                    self.set_order(first, what);
                }
            }
            "set" | "frozenset" | "sum" | "any" | "all" | "dict" => self.iterated(&value, site, false),
            "dict.fromkeys" => self.set_order(first, "`dict.fromkeys()` over"),
            "map" | "filter" => {
                if let Some(iterable) = call.arguments.find_positional(1) {
                    let value = self.value(iterable);
                    self.iterated(&value, site, false);
                    self.set_order(iterable, if short == "map" { "`map()` over" } else { "`filter()` over" });
                }
            }
            _ => {}
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

    fn with_item(&mut self, manager: &'a Expr, is_async: bool) {
        let value = self.value(manager);
        let names: [&str; 2] = if is_async { ["__aenter__", "__aexit__"] } else { ["__enter__", "__exit__"] };
        for name in names {
            self.special(&value, name, manager.range());
        }
    }

    fn operator(&mut self, left: &'a Expr, right: &'a Expr, names: (&str, &str), site: TextRange) {
        let left = self.value(left);
        if !self.special(&left, names.0, site) {
            let right = self.value(right);
            self.special(&right, names.1, site);
        }
    }

    fn interpolation(&mut self, element: &'a ast::InterpolatedElement) {
        self.visit_expr(&element.expression);
        if let Some(specification) = &element.format_spec {
            for inner in &specification.elements {
                if let ast::InterpolatedStringElement::Interpolation(inner) = inner {
                    self.interpolation(inner);
                }
            }
        }
        self.shown_as_text(&element.expression);
        let value = self.value(&element.expression);
        let site = element.expression.range();
        match element.conversion {
            ast::ConversionFlag::Repr | ast::ConversionFlag::Ascii => self.represented(&value, &["__repr__"], site),
            ast::ConversionFlag::Str => self.represented(&value, &["__str__", "__repr__"], site),
            ast::ConversionFlag::None => self.represented(&value, &["__format__", "__str__", "__repr__"], site),
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
            let inner = function_of(module, def)
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

impl<'a> Walker<'_, '_, '_, 'a> {
    fn compared(&mut self, op: ast::CmpOp, left: &'a Expr, right: &'a Expr, site: TextRange) {
        let names = match op {
            ast::CmpOp::Eq => ("__eq__", "__eq__"),
            ast::CmpOp::NotEq => ("__ne__", "__eq__"),
            ast::CmpOp::Lt => ("__lt__", "__gt__"),
            ast::CmpOp::LtE => ("__le__", "__ge__"),
            ast::CmpOp::Gt => ("__gt__", "__lt__"),
            ast::CmpOp::GtE => ("__ge__", "__le__"),
            ast::CmpOp::In | ast::CmpOp::NotIn => {
                let container = self.value(right);
                if !self.special(&container, "__contains__", site) {
                    self.iterated(&container, site, false);
                }
                return;
            }
            ast::CmpOp::Is | ast::CmpOp::IsNot => return,
        };
        self.operator(left, right, names, site);
    }
}

fn is_context_decorator<'a>(evaluator: &Evaluator<'_, 'a>, class: ClassRef, outer: Option<FrameId>) -> bool {
    ["contextlib.ContextDecorator", "contextlib.AsyncContextDecorator"]
        .iter()
        .any(|base| evaluator.derives_from(class, outer, base))
}

/// Whether a function is a generator that `contextlib.contextmanager` makes a context manager of.
fn is_context_manager<'a>(evaluator: &Evaluator<'_, 'a>, callable: &Callable<'a>) -> bool {
    let module = evaluator.project().module(callable.function.file);
    let definition = module.function(callable.function.function);
    let place = Place { file: callable.function.file, scope: definition.parent, frame: callable.outer };
    definition.is_generator
        && definition.decorators().iter().any(|decorator| {
            matches!(evaluator.value(&decorator.expression, place), Value::External(name)
                if matches!(&*name, "contextlib.contextmanager" | "contextlib.asynccontextmanager"))
        })
}

/// `logger.info(…)`, `workflow.logger.debug(…)`, `log.warning(…)`.
fn is_logging_call(call: &ast::ExprCall) -> bool {
    let Expr::Attribute(method) = &*call.func else { return false };
    let receiver = match &*method.value {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    LOGGING_METHODS.contains(&method.attr.as_str()) && receiver.to_ascii_lowercase().contains("log")
}

fn function_of(
    module: &crate::semantic::Module<'_>,
    def: &ast::StmtFunctionDef,
) -> Option<crate::semantic::FunctionId> {
    module.function_ids().find(|id| module.function(*id).name_range() == def.name.range())
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

/// A loop's body whose outcome does not depend on the order: it only adds up, or fills sets.
fn is_order_insensitive(body: &[Stmt]) -> bool {
    body.iter().all(|statement| match statement {
        Stmt::AugAssign(assign) => !contains_call(&assign.value) && !assign.value.is_list_expr(),
        Stmt::Assign(assign) => assign.targets.iter().all(Expr::is_subscript_expr) && !contains_call(&assign.value),
        Stmt::Expr(statement) => match &*statement.value {
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) => {
                    matches!(method.attr.as_str(), "add" | "discard" | "remove")
                        && !call.arguments.args.iter().any(contains_call)
                }
                _ => false,
            },
            Expr::StringLiteral(_) | Expr::EllipsisLiteral(_) => true,
            _ => false,
        },
        Stmt::If(conditional) => {
            !contains_call(&conditional.test)
                && is_order_insensitive(&conditional.body)
                && conditional.elif_else_clauses.iter().all(|clause| is_order_insensitive(&clause.body))
        }
        Stmt::Pass(_) | Stmt::Continue(_) => true,
        _ => false,
    })
}

/// Whether a callee surely does nothing but compute: `len(x)`, `x.lower()`.
fn is_plain_computation(callee: &Expr) -> bool {
    const FUNCTIONS: &[&str] = &["len", "str", "int", "float", "bool", "abs", "round", "ord", "chr", "isinstance"];
    const METHODS: &[&str] = &[
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "title",
        "casefold",
        "removeprefix",
        "removesuffix",
        "startswith",
        "endswith",
        "isdigit",
        "isalpha",
        "zfill",
        "total_seconds",
        "isoformat",
    ];
    match callee {
        Expr::Name(name) => FUNCTIONS.contains(&name.id.as_str()),
        Expr::Attribute(method) => METHODS.contains(&method.attr.as_str()),
        _ => false,
    }
}

/// Whether an expression may do more than compute.
fn contains_call(expression: &Expr) -> bool {
    struct Finder(bool);
    impl<'a> Visitor<'a> for Finder {
        fn visit_expr(&mut self, expression: &'a Expr) {
            self.0 |= match expression {
                Expr::Call(call) => !is_plain_computation(&call.func),
                Expr::Await(_) => true,
                _ => false,
            };
            visitor::walk_expr(self, expression);
        }
    }
    let mut finder = Finder(false);
    finder.visit_expr(expression);
    finder.0
}

fn operator_names(op: ast::Operator) -> (&'static str, &'static str) {
    match op {
        ast::Operator::Add => ("__iadd__", "__add__"),
        ast::Operator::Sub => ("__isub__", "__sub__"),
        ast::Operator::Mult => ("__imul__", "__mul__"),
        ast::Operator::MatMult => ("__imatmul__", "__matmul__"),
        ast::Operator::Div => ("__itruediv__", "__truediv__"),
        ast::Operator::Mod => ("__imod__", "__mod__"),
        ast::Operator::Pow => ("__ipow__", "__pow__"),
        ast::Operator::LShift => ("__ilshift__", "__lshift__"),
        ast::Operator::RShift => ("__irshift__", "__rshift__"),
        ast::Operator::BitOr => ("__ior__", "__or__"),
        ast::Operator::BitXor => ("__ixor__", "__xor__"),
        ast::Operator::BitAnd => ("__iand__", "__and__"),
        ast::Operator::FloorDiv => ("__ifloordiv__", "__floordiv__"),
    }
}

/// What [`EventKind::SetOrder`] says of a set that becomes text.
pub const TEXT_OF: &str = "the text of";

/// Methods by which something is logged.
const LOGGING_METHODS: &[&str] = &[
    "trace",
    "success",
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "log",
    "process",
    "emit",
    "format",
    "handle",
    "filter",
];

/// Callables to which the order of their argument does not matter.
const ORDERLESS: &[&str] = &[
    "builtins.sorted",
    "builtins.set",
    "builtins.frozenset",
    "builtins.sum",
    "builtins.min",
    "builtins.max",
    "builtins.any",
    "builtins.all",
    "builtins.len",
    "collections.Counter",
    "builtins.set.union",
    "builtins.set.update",
    "builtins.set.intersection",
    "builtins.set.difference",
    "builtins.set.issubset",
    "builtins.set.issuperset",
    "math.fsum",
    "statistics.mean",
];

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
