use std::cell::RefCell;
use std::rc::Rc;

use camino::Utf8Path;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Role;
use crate::project::{Ancestor, Callable, ClassRef, Code, DynamicClass, Evaluator, FunctionRef, Place, Root, Value};
use crate::semantic::{BindingKind, FunctionNode, Module, ScopeId};
use crate::source::ast::visitor::{self, Visitor};
use crate::source::ast::{self, Expr, Ranged, Stmt, TextRange};
use crate::source::{FileId, Span};

/// A function that the SDK calls.
#[derive(Debug, Clone)]
pub struct EntryPoint<'a> {
    /// What for.
    pub role: Role,
    /// How it is called in its module.
    pub name: String,
    /// The place of its name.
    pub span: Span,
    /// The workflow, by position in [`Definitions::workflows`].
    pub workflow: Option<usize>,
    /// Whether it stands in test code.
    pub in_tests: bool,
    /// How to start following it.
    pub root: Root<'a>,
}

/// Which exceptions fail a workflow instead of its task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FailureTypes<'a> {
    /// The classes.
    pub classes: Vec<Value<'a>>,
    /// Some could not be told: nothing can be said about any exception.
    pub open: bool,
}

/// A `@workflow.defn` class.
#[derive(Debug, Clone)]
pub struct Workflow<'a> {
    /// Its class.
    pub class: Value<'a>,
    /// The place of its name.
    pub span: Span,
    /// `failure_exception_types` of the decorator.
    pub failure_types: FailureTypes<'a>,
    /// `sandboxed=False`.
    pub unsandboxed: bool,
    /// Whether it stands in test code.
    pub in_tests: bool,
}

/// A `@activity.defn` callable.
#[derive(Debug, Clone)]
pub struct Activity {
    /// The place of its name.
    pub span: Span,
    /// Whether it is `async def`.
    pub is_async: bool,
}

/// What the project defines.
#[derive(Debug, Default)]
pub struct Definitions<'a> {
    /// The workflows.
    pub workflows: Vec<Workflow<'a>>,
    /// The activities.
    pub activities: Vec<Activity>,
    /// What the SDK calls.
    pub entry_points: Vec<EntryPoint<'a>>,
    /// `workflow_failure_exception_types` of workers anywhere in the project.
    pub worker_failure_types: FailureTypes<'a>,
    /// Whether a worker anywhere runs workflows without the sandbox.
    pub unsandboxed_worker: bool,
    /// Whether a worker anywhere passes all modules through the sandbox.
    pub passes_all_through: bool,
    /// Modules that workers pass through the sandbox by name.
    pub passed_through: FxHashSet<String>,
}

/// Whether a path, relative to the project's root, is that of test code.
#[must_use]
pub fn is_test_path(path: &Utf8Path) -> bool {
    let name = path.file_name().unwrap_or("");
    let by_name = name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py";
    by_name
        || path.parent().is_some_and(|parent| parent.components().any(|part| matches!(part.as_str(), "tests" | "test")))
}

/// Finds what the files of a project define.
pub(super) struct Finder<'e, 'p, 'a> {
    evaluator: &'e Evaluator<'p, 'a>,
    /// Decorators are looked for in these files alone: others have nothing to do with the SDK, and stay unparsed.
    near: Evaluator<'p, 'a>,
    root: &'e Utf8Path,
    found: Definitions<'a>,
    workflows: FxHashMap<Key, usize>,
    activities: FxHashSet<(FileId, TextRange)>,
    wrappers: RefCell<FxHashMap<FunctionRef, Option<&'static str>>>,
    files: FxHashSet<FileId>,
    /// The last names of callees that may define something.
    names: FxHashSet<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Class(ClassRef),
    Dynamic(FileId, TextRange),
}

/// The last names of the SDK's callables that [`Finder::call`] knows.
const DEFINING: &[&str] = &[
    "defn",
    "Worker",
    "Replayer",
    "UnsandboxedWorkflowRunner",
    "with_passthrough_modules",
    "with_passthrough_all_modules",
];

/// The names of a file's functions that apply a decorator of the SDK.
fn applying_functions<'a>(evaluator: &Evaluator<'_, 'a>, file: FileId) -> Vec<&'a str> {
    let project = evaluator.project();
    let source = project.source(file);
    if !super::applies_decorators(source.text()) {
        return Vec::new();
    }
    let module = project.module(file);
    let applies = |function: &&crate::semantic::Function<'a>| super::applies_decorators(source.slice(function.range()));
    module.functions.iter().filter(applies).map(|function| function.name).collect()
}

const DEFN: &str = "temporalio.workflow.defn";
const ACTIVITY: &str = "temporalio.activity.defn";

/// What decorators of the SDK make of a function or class.
const DECORATORS: &[&str] = &[
    DEFN,
    ACTIVITY,
    "temporalio.workflow.run",
    "temporalio.workflow.signal",
    "temporalio.workflow.query",
    "temporalio.workflow.update",
    "temporalio.workflow.init",
    "temporalio.workflow.dynamic_config",
];

impl<'e, 'p, 'a> Finder<'e, 'p, 'a> {
    pub(super) fn find(evaluator: &'e Evaluator<'p, 'a>, files: &[FileId], root: &'e Utf8Path) -> Definitions<'a> {
        let mut finder = Self {
            evaluator,
            near: Evaluator::within(evaluator.project(), evaluator.world(), files),
            root,
            found: Definitions::default(),
            workflows: FxHashMap::default(),
            activities: FxHashSet::default(),
            wrappers: RefCell::default(),
            files: files.iter().copied().collect(),
            names: DEFINING.iter().copied().collect(),
        };
        for &file in files {
            finder.names.extend(applying_functions(evaluator, file));
        }
        for &file in files {
            finder.file(file);
        }
        finder.found
    }

    fn in_tests(&self, file: FileId) -> bool {
        let path = self.evaluator.project().source(file).path();
        is_test_path(path.strip_prefix(self.root).unwrap_or(path))
    }

    fn file(&mut self, file: FileId) {
        let project = self.evaluator.project();
        let module = project.module(file);
        for id in module.class_ids() {
            self.class(module, file, id);
        }
        for id in module.function_ids() {
            self.function(module, file, id);
        }
        for &(call, scope) in &module.calls {
            if !self.may_define(module, &call.func) {
                continue;
            }
            self.evaluator.refuel();
            self.near.refuel();
            self.call(call, Place { file, scope, frame: None });
        }
    }

    /// Whether a callee can be one of those that [`call`](Self::call) knows, judged by its name: those of the SDK, the
    /// project's functions that apply its decorators, and names that are bound to something else.
    fn may_define(&self, module: &Module<'a>, callee: &Expr) -> bool {
        match callee {
            Expr::Attribute(attribute) => self.names.contains(attribute.attr.as_str()),
            Expr::Name(name) => {
                let name = name.id.as_str();
                let is_alias = |id: &crate::semantic::BindingId| match &module.binding(*id).kind {
                    BindingKind::Assignment { .. } => true,
                    BindingKind::ImportFrom { name: original, .. } => *original != name,
                    _ => false,
                };
                self.names.contains(name) || module.bindings_of(module.global(), name).iter().any(is_alias)
            }
            Expr::Call(_) | Expr::Subscript(_) => true,
            _ => false,
        }
    }

    /// Which of the SDK's decorators an expression is, with the call that configures it.
    fn decorator(&self, expression: &'a Expr, place: Place) -> Option<(&'static str, Option<&'a ast::ExprCall>)> {
        let (callee, call) = match expression {
            Expr::Call(call) => (&*call.func, Some(call)),
            other => (other, None),
        };
        match self.near.value(callee, place) {
            Value::External(name) => DECORATORS.iter().find(|known| **known == &*name).map(|known| (*known, call)),
            Value::Function(callable) => self.wraps(callable.function).map(|known| (known, call)),
            Value::Partial(partial) => match &partial.callee {
                Value::External(name) => DECORATORS.iter().find(|known| **known == &**name).map(|known| (*known, call)),
                Value::Function(callable) => self.wraps(callable.function).map(|known| (known, call)),
                _ => None,
            },
            // A name bound to a configured decorator: `durable = workflow.defn(sandboxed=False)`.
            Value::ExternalInstance(name) => {
                DECORATORS.iter().find(|known| name.strip_suffix("()") == Some(known)).map(|known| (*known, None))
            }
            _ => None,
        }
    }

    /// Which of the SDK's decorators a project's function applies, directly or through others.
    fn wraps(&self, function: FunctionRef) -> Option<&'static str> {
        if let Some(known) = self.wrappers.borrow().get(&function) {
            return *known;
        }
        if !self.files.contains(&function.file) {
            return None;
        }
        self.wrappers.borrow_mut().insert(function, None);
        let module = self.evaluator.project().module(function.file);
        let FunctionNode::Def(def) = module.function(function.function).node else { return None };
        let scope = module.function(function.function).scope;
        let mut mentions = Mentions { finder: self, module, file: function.file, found: None, scope };
        mentions.visit_body(&def.body);
        let found = mentions.found;
        self.wrappers.borrow_mut().insert(function, found);
        found
    }

    fn class(&mut self, module: &Module<'a>, file: FileId, id: crate::semantic::ClassId) {
        let class = module.class(id);
        let place = Place { file, scope: class.parent, frame: None };
        let value = Value::Class(ClassRef { file, class: id }, None);
        for decorator in &class.node.decorator_list {
            match self.decorator(&decorator.expression, place) {
                Some((DEFN, call)) => {
                    let call = call.map(|call| (call, place));
                    self.workflow(&value, Span { file, range: class.node.name.range() }, call);
                }
                Some((ACTIVITY, _)) => {
                    self.register_callable(&self.evaluator.plain_instance(ClassRef { file, class: id }));
                }
                _ => {}
            }
        }
        self.interceptor(file, id);
    }

    fn function(&mut self, module: &Module<'a>, file: FileId, id: crate::semantic::FunctionId) {
        let function = module.function(id);
        let place = Place { file, scope: function.parent, frame: None };
        for decorator in function.decorators() {
            if let Some((ACTIVITY, _)) = self.decorator(&decorator.expression, place) {
                let receiver = function.class.map(|class| self.evaluator.plain_instance(ClassRef { file, class }));
                let plain = FunctionRef { file, function: id };
                self.activity(plain, receiver, Span { file, range: function.name_range() });
                return;
            }
        }
    }

    /// Definitions by call: `workflow.defn(name="X")(Class)`, `activity.defn(function)`, and what workers register.
    fn call(&mut self, call: &'a ast::ExprCall, place: Place) {
        let span = Span { file: place.file, range: call.range() };
        let argument = |position: usize| call.arguments.find_positional(position);
        match self.near.value(&call.func, place) {
            Value::External(name) => match &*name {
                DEFN => self.defined_by_call(argument(0), place, Some((call, place)), span),
                ACTIVITY => self.activity_by_call(argument(0), place),
                "temporalio.worker.Worker" | "temporalio.worker.Replayer" => self.worker(call, place),
                "temporalio.worker.UnsandboxedWorkflowRunner" if !self.in_tests(place.file) => {
                    self.found.unsandboxed_worker = true;
                }
                name if name.ends_with(".with_passthrough_all_modules") && !self.in_tests(place.file) => {
                    self.found.passes_all_through = true;
                }
                name if name.ends_with(".with_passthrough_modules") => self.passes_through(call, place),
                _ => {}
            },
            Value::ExternalInstance(name) => match name.strip_suffix("()") {
                Some(DEFN) => {
                    let configured = match &*call.func {
                        Expr::Call(inner) => Some((inner, place)),
                        _ => None,
                    };
                    self.defined_by_call(argument(0), place, configured, span);
                }
                Some(ACTIVITY) => self.activity_by_call(argument(0), place),
                _ => {}
            },
            Value::Function(callable) => match self.wraps(callable.function) {
                Some(DEFN) => self.defined_by_call(argument(0), place, None, span),
                Some(ACTIVITY) => self.activity_by_call(argument(0), place),
                _ => {}
            },
            _ => {}
        }
    }

    fn defined_by_call(
        &mut self,
        class: Option<&'a Expr>,
        place: Place,
        call: Option<(&'a ast::ExprCall, Place)>,
        span: Span,
    ) {
        let Some(class) = class else { return };
        let value = self.evaluator.value(class, place);
        self.register_class(&value, call, span);
    }

    fn register_class(&mut self, value: &Value<'a>, call: Option<(&'a ast::ExprCall, Place)>, span: Span) {
        match value {
            Value::Class(class, _) => {
                let module = self.evaluator.project().module(class.file);
                let span = Span { file: class.file, range: module.class(class.class).node.name.range() };
                self.workflow(value, span, call);
            }
            Value::DynamicClass(_) => self.workflow(value, span, call),
            _ => {}
        }
    }

    fn activity_by_call(&mut self, function: Option<&'a Expr>, place: Place) {
        let Some(function) = function else { return };
        let value = self.evaluator.value(function, place);
        self.register_callable(&value);
    }

    fn register_callable(&mut self, value: &Value<'a>) {
        match value {
            Value::Function(callable) => {
                let module = self.evaluator.project().module(callable.function.file);
                let range = module.function(callable.function.function).name_range();
                let span = Span { file: callable.function.file, range };
                self.activity(callable.function, callable.receiver.clone(), span);
            }
            Value::Instance(_) => {
                if let Value::Function(callable) = self.evaluator.attribute(value, "__call__") {
                    self.register_callable(&Value::Function(callable));
                }
            }
            _ => {}
        }
    }

    fn worker(&mut self, call: &'a ast::ExprCall, place: Place) {
        let keyword = |name: &str| call.arguments.find_keyword(name).map(|keyword| &keyword.value);
        if let Some(types) = keyword("workflow_failure_exception_types") {
            let types = self.failure_types(types, place);
            self.found.worker_failure_types.open |= types.open;
            self.found.worker_failure_types.classes.extend(types.classes);
        }
        let span = Span { file: place.file, range: call.range() };
        if let Some(workflows) = keyword("workflows") {
            for class in self.listed(workflows, place) {
                self.register_class(&class, None, span);
            }
        }
        if let Some(activities) = keyword("activities") {
            for activity in self.listed(activities, place) {
                self.register_callable(&activity);
            }
        }
    }

    fn listed(&self, list: &'a Expr, place: Place) -> Vec<Value<'a>> {
        match self.evaluator.value(list, place) {
            Value::Items(items) => items.to_vec(),
            _ => Vec::new(),
        }
    }

    fn passes_through(&mut self, call: &'a ast::ExprCall, place: Place) {
        for argument in &call.arguments.args {
            if let Value::Literal(crate::project::Literal::Str(name)) = self.evaluator.value(argument, place) {
                self.found.passed_through.insert(name.to_owned());
            }
        }
    }

    fn failure_types(&self, types: &'a Expr, place: Place) -> FailureTypes<'a> {
        match self.evaluator.value(types, place) {
            Value::Items(classes) => FailureTypes {
                open: classes.iter().any(|class| !matches!(class, Value::Class(..) | Value::External(_))),
                classes: classes.to_vec(),
            },
            _ => FailureTypes { classes: Vec::new(), open: true },
        }
    }

    fn workflow(&mut self, class: &Value<'a>, span: Span, call: Option<(&'a ast::ExprCall, Place)>) {
        let key = match class {
            Value::Class(class, _) => Key::Class(*class),
            Value::DynamicClass(class) => Key::Dynamic(class.file, class.range),
            _ => return,
        };
        if self.workflows.contains_key(&key) {
            return;
        }
        let keyword = |name: &str| call.and_then(|(call, _)| call.arguments.find_keyword(name)).map(|k| &k.value);
        let failure_types = match (keyword("failure_exception_types"), call) {
            (Some(types), Some((_, place))) => self.failure_types(types, place),
            _ => FailureTypes::default(),
        };
        let unsandboxed = matches!(keyword("sandboxed"), Some(Expr::BooleanLiteral(literal)) if !literal.value);
        let index = self.found.workflows.len();
        self.workflows.insert(key, index);
        let in_tests = self.in_tests(span.file);
        self.found.workflows.push(Workflow { class: class.clone(), span, failure_types, unsandboxed, in_tests });
        self.handlers(class, index);
    }

    /// The methods of a workflow, inherited ones included, that the SDK calls.
    fn handlers(&mut self, class: &Value<'a>, workflow: usize) {
        let (order, instance) = match class {
            Value::Class(class, outer) => {
                (self.evaluator.ancestors(*class, *outer), self.evaluator.plain_instance(*class))
            }
            Value::DynamicClass(dynamic) => {
                let order = self.evaluator.ancestors_of_value(class);
                (order, Value::DynamicInstance(dynamic.clone()))
            }
            _ => return,
        };
        let mut roles: Vec<(&'a str, Role)> = Vec::new();
        for ancestor in order.iter() {
            match ancestor {
                Ancestor::Project(class, _) => self.roles_in_class(*class, &mut roles),
                Ancestor::Dynamic(class) => self.roles_in_members(class, &mut roles),
                _ => {}
            }
        }
        if !roles.iter().any(|(name, _)| *name == "__init__") {
            roles.push(("__init__", Role::Init));
        }
        for (name, role) in roles {
            if let Value::Function(callable) = self.evaluator.class_attribute(&instance, name) {
                self.entry(&callable, role, Some(workflow));
            }
        }
    }

    fn roles_in_class(&self, class: ClassRef, roles: &mut Vec<(&'a str, Role)>) {
        let module = self.evaluator.project().module(class.file);
        let scope = module.class(class.class).scope;
        let names = &module.scope(scope).names;
        let mut functions: Vec<_> = names
            .iter()
            .flat_map(|(name, ids)| ids.iter().map(move |id| (*name, *id)))
            .filter_map(|(name, id)| match module.binding(id).kind {
                BindingKind::Function(function) => Some((module.binding(id).range.start(), name, function)),
                _ => None,
            })
            .collect();
        functions.sort_by_key(|(start, ..)| *start);
        for (_, name, function) in functions {
            let place = Place { file: class.file, scope, frame: None };
            let decorators = module.function(function).decorators();
            let role = decorators.iter().find_map(|decorator| self.role(&decorator.expression, place, names.keys()));
            if let Some(role) = role
                && !roles.iter().any(|(known, _)| *known == name)
            {
                roles.push((name, role));
            }
        }
    }

    fn roles_in_members(&self, class: &Rc<DynamicClass<'a>>, roles: &mut Vec<(&'a str, Role)>) {
        for (name, value) in &class.members {
            let Value::Function(callable) = value else { continue };
            let function = callable.function;
            let module = self.evaluator.project().module(function.file);
            let definition = module.function(function.function);
            let place = Place { file: function.file, scope: definition.parent, frame: None };
            let none: [&&str; 0] = [];
            let role = definition
                .decorators()
                .iter()
                .find_map(|decorator| self.role(&decorator.expression, place, none.into_iter()));
            roles.extend(role.map(|role| (*name, role)));
        }
    }

    /// What a decorator on a method of a workflow makes of it.
    fn role<'n>(
        &self,
        decorator: &'a Expr,
        place: Place,
        mut siblings: impl Iterator<Item = &'n &'n str>,
    ) -> Option<Role>
    where
        'a: 'n,
    {
        if let Some((name, _)) = self.decorator(decorator, place) {
            return match name {
                "temporalio.workflow.run" => Some(Role::Run),
                "temporalio.workflow.signal" => Some(Role::Signal),
                "temporalio.workflow.query" => Some(Role::Query),
                "temporalio.workflow.update" => Some(Role::Update),
                "temporalio.workflow.dynamic_config" => Some(Role::DynamicConfig),
                "temporalio.workflow.init" => Some(Role::Init),
                _ => None,
            };
        }
        match decorator {
            Expr::Attribute(attribute) if attribute.attr.as_str() == "validator" => match &*attribute.value {
                Expr::Name(name) => siblings.any(|sibling| **sibling == *name.id.as_str()).then_some(Role::Validator),
                _ => None,
            },
            _ => None,
        }
    }

    fn entry(&mut self, callable: &Callable<'a>, role: Role, workflow: Option<usize>) {
        let project = self.evaluator.project();
        let function = callable.function;
        let range = project.module(function.file).function(function.function).name_range();
        let root = Root { code: Code::Function(function), receiver: callable.receiver.clone(), outer: callable.outer };
        let in_tests = match workflow {
            Some(workflow) => self.found.workflows[workflow].in_tests,
            None => self.in_tests(function.file),
        };
        self.found.entry_points.push(EntryPoint {
            role,
            name: project.function_name(function),
            span: Span { file: function.file, range },
            workflow,
            in_tests,
            root,
        });
    }

    fn activity(&mut self, function: FunctionRef, receiver: Option<Value<'a>>, span: Span) {
        if !self.activities.insert((span.file, span.range)) {
            return;
        }
        let module = self.evaluator.project().module(function.file);
        let definition = module.function(function.function);
        // Through the function's other decorators, as the SDK calls it.
        let decorated = match definition.class {
            Some(_) => {
                receiver.as_ref().map_or(Value::Unknown, |object| self.evaluator.attribute(object, definition.name))
            }
            None => {
                let place = Place { file: function.file, scope: definition.parent, frame: None };
                self.evaluator.name(definition.name, definition.range().end(), place)
            }
        };
        let callable = match decorated {
            Value::Function(callable) => (*callable).clone(),
            _ => Callable { function, receiver, outer: None },
        };
        let called = callable.function;
        let is_async = self.evaluator.project().module(called.file).function(called.function).is_async();
        self.found.activities.push(Activity { span, is_async });
        let role = if is_async { Role::AsyncActivity } else { Role::SyncActivity };
        self.entry(&callable, role, None);
    }

    /// Interceptors: their methods run where what they intercept runs.
    fn interceptor(&mut self, file: FileId, id: crate::semantic::ClassId) {
        let class_ref = ClassRef { file, class: id };
        let derives = |name: &str| self.evaluator.derives_from(class_ref, None, &format!("temporalio.worker.{name}"));
        let role = if derives("WorkflowInboundInterceptor") || derives("WorkflowOutboundInterceptor") {
            Role::WorkflowInterceptor
        } else if derives("ActivityInboundInterceptor") {
            Role::ActivityInterceptor
        } else {
            return;
        };
        let module = self.evaluator.project().module(file);
        let instance = self.evaluator.plain_instance(class_ref);
        for statement in &module.class(id).node.body {
            if let Stmt::FunctionDef(def) = statement
                && INTERCEPTED.contains(&def.name.as_str())
                && let Value::Function(callable) = self.evaluator.attribute(&instance, def.name.as_str())
            {
                self.entry(&callable, role, None);
            }
        }
    }
}

/// Methods of interceptors that the SDK calls (temporalio/worker/_interceptor.py).
const INTERCEPTED: &[&str] = &[
    "init",
    "execute_workflow",
    "handle_signal",
    "handle_query",
    "handle_update_validator",
    "handle_update_handler",
    "execute_activity",
    "continue_as_new",
    "info",
    "signal_child_workflow",
    "signal_external_workflow",
    "start_activity",
    "start_child_workflow",
    "start_local_activity",
    "start_nexus_operation",
];

struct Mentions<'m, 'e, 'p, 'a> {
    finder: &'m Finder<'e, 'p, 'a>,
    module: &'m Module<'a>,
    file: FileId,
    found: Option<&'static str>,
    scope: ScopeId,
}

impl<'a> Visitor<'a> for Mentions<'_, '_, '_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if self.found.is_some() {
            return;
        }
        match statement {
            // A class defined and decorated inside is a workflow itself.
            Stmt::ClassDef(_) => {}
            Stmt::FunctionDef(def) => {
                let inner = self.module.function_of(def);
                let outer = self.scope;
                def.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
                if let Some(inner) = inner {
                    self.scope = self.module.function(inner).scope;
                }
                self.visit_body(&def.body);
                self.scope = outer;
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        if self.found.is_some() {
            return;
        }
        if matches!(expression, Expr::Name(_) | Expr::Attribute(_)) {
            let place = Place { file: self.file, scope: self.scope, frame: None };
            match self.finder.near.value(expression, place) {
                Value::External(name) => {
                    self.found = DECORATORS.iter().find(|known| **known == &*name).copied();
                }
                Value::Function(callable) => self.found = self.finder.wraps(callable.function),
                _ => {}
            }
        }
        if self.found.is_none() {
            visitor::walk_expr(self, expression);
        }
    }
}
