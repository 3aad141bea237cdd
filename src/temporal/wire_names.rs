//! The names under which the server knows workflows, activities, and the messages that workflows take.
//!
//! Knows: what the decorators at classes and functions say. Does not know: the names that calls of decorators give, or
//! decorators of the project's own; they are unknown.

use rustc_hash::FxHashMap;

use super::analysis::Analysis;
use super::constants::Constant;
use super::definitions::{Activity, EntryPoint, Located, Role, Workflow};
use super::signatures::{ClassDefinition, Decorator, DecoratorKind, FunctionDefinition, Sdk, Told, WireName};
use crate::python::{ClassRef, Code, FunctionRef, Place, Value};
use crate::semantic::{Argument, ArgumentKind, Expr, Name};
use crate::source::{Span, last_part};

/// What decorators of the SDK say of functions and classes.
#[derive(Debug, Default)]
pub(super) struct WireNames {
    functions: FxHashMap<FunctionRef, (Sdk, WireName)>,
    /// Callable classes that a decorator makes activities.
    activities: FxHashMap<ClassRef, WireName>,
    /// By class, the position in [`Definitions::classes`](super::Definitions::classes).
    classes: FxHashMap<ClassRef, usize>,
    /// Activities, handlers and the run methods of workflows, by what they are and their names.
    named: FxHashMap<(Sdk, Name), Vec<FunctionRef>>,
}

/// What a workflow's decorator says of how it is versioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versioning {
    /// This is where it says how.
    At(Span),
    /// It says nothing, nor does `@workflow.dynamic_config`.
    Unsaid,
    /// That cannot be told.
    Unknown,
}

impl WireNames {
    fn of(analysis: &Analysis<'_, '_>) -> Self {
        let mut names = Self::default();
        let definitions = &analysis.definitions;
        definitions.functions.iter().for_each(|function| names.note(function));
        for (position, class) in definitions.classes.iter().enumerate() {
            names.classes.insert(class.class, position);
            class.methods.iter().for_each(|method| names.note(method));
            names.note_run(class);
            if let Some(decorator) = activity_decorator(class) {
                let own = analysis.project.module(class.class.file)[class.class.class].name;
                names.activities.insert(class.class, decorator.wire_name(own));
            }
        }
        names
    }

    fn note(&mut self, definition: &FunctionDefinition) {
        if let Some(role) = definition.role() {
            let wire = definition.wire_name();
            self.functions.insert(definition.function, (role, wire));
            // A run method has the name of its workflow.
            if role != Sdk::Run {
                self.note_name(role, wire, definition.function);
            }
        }
    }

    fn note_run(&mut self, class: &ClassDefinition) {
        let Some(decorator) = class.workflow() else { return };
        let run = class.methods.iter().find(|method| method.role() == Some(Sdk::Run));
        let wire = decorator.wire_name(Name::new(last_part(&class.name)));
        run.into_iter().for_each(|run| self.note_name(Sdk::Run, wire, run.function));
    }

    fn note_name(&mut self, role: Sdk, wire: WireName, function: FunctionRef) {
        if let WireName::Known(name) = wire {
            self.named.entry((role, name)).or_default().push(function);
        }
    }
}

fn activity_decorator(class: &ClassDefinition) -> Option<&Decorator> {
    let is_it = |decorator: &&Decorator| {
        matches!(decorator.kind, DecoratorKind::Sdk(Sdk::Activity) | DecoratorKind::Applies(Sdk::Activity))
    };
    class.decorators.iter().find(is_it)
}

impl Analysis<'_, '_> {
    fn wire_names(&self) -> &WireNames {
        self.wire_names.get_or_init(|| WireNames::of(self))
    }

    /// The name under which an activity is started; nothing where no decorator of the SDK is known to stand at it.
    #[must_use]
    pub fn wire_of_activity(&self, activity: &Activity) -> Option<WireName> {
        let names = self.wire_names();
        if let Some((Sdk::Activity, name)) = names.functions.get(&activity.function) {
            return Some(*name);
        }
        let module = self.project.module(activity.function.file);
        let definition = &module[activity.function.function];
        let class = definition.class.filter(|_| definition.name == "__call__")?;
        names.activities.get(&ClassRef { file: activity.function.file, class }).copied()
    }

    /// The functions that the server knows by a name: activities, handlers, or for [`Sdk::Run`] the run methods of workflows.
    pub(super) fn functions_named(&self, role: Sdk, name: Name) -> &[FunctionRef] {
        self.wire_names().named.get(&(role, name)).map_or(&[], Vec::as_slice)
    }

    fn class_definition(&self, workflow: &Workflow) -> Option<&ClassDefinition> {
        let Value::Class(class, _) = self.evaluator.get(workflow.class) else { return None };
        self.wire_names().classes.get(class).map(|position| &self.definitions.classes[*position])
    }

    /// The name under which a workflow is started.
    #[must_use]
    pub fn wire_of_workflow(&self, workflow: &Workflow) -> WireName {
        let Some(definition) = self.class_definition(workflow) else { return WireName::Unknown };
        let own = self.project.module(definition.class.file)[definition.class.class].name;
        let is_redefined = self.definitions.defined_by_call.contains_key(&definition.class);
        match definition.workflow() {
            Some(decorator) if !is_redefined => decorator.wire_name(own),
            _ => WireName::Unknown,
        }
    }

    /// How the name under which a workflow is started is written, where the name itself cannot be told:
    /// `os.environ.get("NAME", "orders")`.
    pub(super) fn written_name_of_workflow(&self, workflow: &Workflow) -> Option<&str> {
        let decorator = self.class_definition(workflow)?.workflow()?;
        let module = self.project.module(decorator.span.file);
        let Expr::Call { arguments, .. } = module[module.expression_at(decorator.span.range)?] else { return None };
        let is_name = |argument: &&Argument| argument.kind == ArgumentKind::Keyword(Name::new("name"));
        let argument = module.list(arguments).iter().find(is_name)?;
        let (expr, place) = self.written_at(argument.value, Place { file: decorator.span.file, frame: None });
        Some(self.project.source(place.file).slice(self.project.module(place.file).span(expr)))
    }

    /// The name of the messages that a handler takes.
    #[must_use]
    pub fn wire_of_handler(&self, entry: &EntryPoint) -> WireName {
        let Code::Function(function) = entry.root.code else { return WireName::Unknown };
        match self.wire_names().functions.get(&function) {
            Some((Sdk::Signal | Sdk::Query | Sdk::Update, name)) => *name,
            _ => WireName::Unknown,
        }
    }

    /// What a workflow's decorator says of how it is versioned.
    pub(super) fn versioning_of(&self, workflow: usize) -> Versioning {
        let class = self.class_definition(&self.definitions.workflows[workflow]);
        let Some(decorator) = class.and_then(ClassDefinition::workflow) else { return Versioning::Unknown };
        if !matches!(decorator.kind, DecoratorKind::Sdk(_)) {
            return Versioning::Unknown;
        }
        match decorator.call.as_ref().map_or(Told::Absent, |call| call.named("versioning_behavior")) {
            Told::Absent => {
                let configures =
                    |entry: &EntryPoint| entry.workflow == Some(workflow) && entry.role == Role::DynamicConfig;
                match self.definitions.entry_points.iter().any(configures) {
                    true => Versioning::Unknown,
                    false => Versioning::Unsaid,
                }
            }
            Told::Known(Constant::Member(_, member)) if member != "UNSPECIFIED" => {
                let module = self.project.module(decorator.span.file);
                let call = module.call_at(decorator.span.range).map(|expr| Located { expr, file: decorator.span.file });
                let argument = call.and_then(|call| self.sdk_call_at(call)?.argument("versioning_behavior"));
                let range = argument.map_or(decorator.span.range, |argument| argument.range);
                Versioning::At(Span { file: decorator.span.file, range })
            }
            _ => Versioning::Unknown,
        }
    }
}
