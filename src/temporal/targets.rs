//! What an argument that names a workflow, activity or handler refers to.
//!
//! Knows: references to functions, methods and classes, `partial` around them, names as strings, and calls that were written
//! instead of references. Does not know: which worker registers it.

use rustc_hash::FxHashMap;

use super::analysis::Analysis;
use super::constants::{Constant, constant_value};
use super::definitions::Role;
use super::sdk_calls::{SdkArgument, SdkCall};
use super::signatures::{Decorator, FunctionDefinition};
use crate::python::{
    Ancestor, Callable, ClassRef, Code, FrameId, FunctionRef, MethodKind, Place, Rest, Value, ValueId,
};
use crate::registry::payloads;
use crate::registry::schema::ShapeKind;
use crate::semantic::{Expr, ExprId, Name, ParameterKind};

/// What is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An activity, by position in [`Definitions::activities`](super::Definitions::activities).
    Activity(usize),
    /// A workflow's class, by position in [`Definitions::workflows`](super::Definitions::workflows).
    Workflow(usize),
    /// A method that the SDK calls.
    Handler {
        /// What for.
        role: Role,
        /// The workflow, by position in [`Definitions::workflows`](super::Definitions::workflows).
        workflow: Option<usize>,
        /// The method.
        function: FunctionRef,
    },
    /// Another function of the project.
    Function(FunctionRef),
    /// A class of the project that is no workflow.
    Class(ClassRef),
    /// An object of a class of the project that is no activity.
    Object(ClassRef),
    /// What a call of this function gives: the call stands where a reference belongs.
    Called(FunctionRef),
    /// A name.
    Name(Name),
    /// `functools.partial` around something.
    Partial,
}

/// Whether a base gives objects a form in JSON that is equal to what arrives.
fn is_plain(base: Name) -> bool {
    let base = base.as_str();
    payloads().makes_text(base)
        || payloads().makes_number(base)
        || payloads().kind_by_base(base) == Some(ShapeKind::TypedDict)
}

impl Analysis<'_, '_> {
    /// What an argument refers to; nothing where that cannot be told, or may be several things.
    #[must_use]
    pub fn target_of(&self, call: &SdkCall, argument: &SdkArgument) -> Option<Target> {
        if let Some(called) = self.called_function(call, argument) {
            return Some(Target::Called(called));
        }
        if argument.values.rest == Rest::Anything {
            return None;
        }
        match argument.values.single() {
            Some(value) => self.target_value(value),
            None => match self.constant_of(call, argument)? {
                Constant::Text(name) => Some(Target::Name(name)),
                _ => None,
            },
        }
    }

    /// What an argument may refer to where that is one of several things and nothing else: `Refund.run if late else charge`.
    #[must_use]
    pub fn targets_of(&self, call: &SdkCall, argument: &SdkArgument) -> Vec<Target> {
        if argument.values.rest == Rest::Anything || self.target_of(call, argument).is_some() {
            return Vec::new();
        }
        argument.values.known.iter().filter_map(|value| self.target_value(*value)).collect()
    }

    /// The project's function that an argument calls, where it gives a coroutine: `execute_activity(charge(order))`.
    fn called_function(&self, call: &SdkCall, argument: &SdkArgument) -> Option<FunctionRef> {
        let module = self.project.module(call.span.file);
        let Expr::Call { callee, .. } = module[argument.expr?] else { return None };
        let callee = self.evaluator.value(callee, Place { file: call.span.file, frame: None });
        let Value::Function(callable) = self.evaluator.get(callee.only()?) else { return None };
        let function = callable.function;
        let is_target = self.activity_of(function).is_some() || self.handler_of(function).is_some();
        let is_async = self.project.module(function.file)[function.function].is_async;
        (is_target || is_async).then_some(function)
    }

    fn target_value(&self, value: ValueId) -> Option<Target> {
        match self.evaluator.get(value) {
            Value::Function(callable) => Some(match self.activity_called(callable) {
                Some(activity) => Target::Activity(activity),
                None => self.target_function(callable.function),
            }),
            Value::Class(class, _) => Some(self.workflow_of(*class).map_or(Target::Class(*class), Target::Workflow)),
            Value::Instance(instance) => {
                let called = self.evaluator.class_attribute(value, Name::new("__call__"));
                let activity = called.single().and_then(|called| match self.evaluator.get(called) {
                    Value::Function(callable) => self.activity_called(callable),
                    _ => None,
                });
                Some(activity.map_or(Target::Object(instance.class), Target::Activity))
            }
            Value::Str(name) => Some(Target::Name(*name)),
            Value::Member(..) => match constant_value(self.evaluator, value)? {
                Constant::Text(name) => Some(Target::Name(name)),
                _ => None,
            },
            Value::Partial { .. } => Some(Target::Partial),
            _ => None,
        }
    }

    /// What a function of the project is to the SDK.
    #[must_use]
    pub fn target_function(&self, function: FunctionRef) -> Target {
        match (self.activity_of(function), self.handler_of(function)) {
            (Some(activity), _) => Target::Activity(activity),
            (None, Some((role, workflow))) => Target::Handler { role, workflow, function },
            (None, None) => Target::Function(function),
        }
    }

    /// The activity that a function is, by position.
    #[must_use]
    pub fn activity_of(&self, function: FunctionRef) -> Option<usize> {
        self.roles().activities.get(&function).copied()
    }

    /// The activity for which the SDK calls a function: the activity itself, or what a decorator of the project below
    /// `@activity.defn` has put in its place. One decorator makes as many of these as it is used for, of one function.
    #[must_use]
    pub fn activity_called(&self, callable: &Callable) -> Option<usize> {
        let around = self.roles().wrapped.get(&callable.function).map(Vec::as_slice).unwrap_or_default();
        let exact = around.iter().find(|(outer, _)| *outer == callable.outer);
        match (exact, around) {
            (Some((_, activity)), _) | (None, [(_, activity)]) => Some(*activity),
            _ => self.activity_of(callable.function),
        }
    }

    /// What the SDK calls a method for, and of which workflow.
    #[must_use]
    pub fn handler_of(&self, function: FunctionRef) -> Option<(Role, Option<usize>)> {
        self.roles().handlers.get(&function).copied()
    }

    /// The workflow that a class is, by position.
    #[must_use]
    pub fn workflow_of(&self, class: ClassRef) -> Option<usize> {
        self.roles().workflows.get(&class).copied()
    }

    fn roles(&self) -> &Roles {
        self.roles.get_or_init(|| Roles::new(self))
    }
}

/// What functions and classes are to the SDK; where one is several things, the first that is defined.
pub(super) struct Roles {
    activities: FxHashMap<FunctionRef, usize>,
    /// What decorators of the project have put in the place of activities, by the frame that made it.
    wrapped: FxHashMap<FunctionRef, Vec<(Option<FrameId>, usize)>>,
    handlers: FxHashMap<FunctionRef, (Role, Option<usize>)>,
    workflows: FxHashMap<ClassRef, usize>,
}

impl Roles {
    fn new(analysis: &Analysis<'_, '_>) -> Self {
        let definitions = &analysis.definitions;
        let (mut activities, mut handlers, mut workflows) =
            (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        let mut wrapped: FxHashMap<FunctionRef, Vec<(Option<FrameId>, usize)>> = FxHashMap::default();
        for (position, activity) in definitions.activities.iter().enumerate() {
            activities.entry(activity.function).or_insert(position);
            for called in activity.called.iter().filter(|called| called.function != activity.function) {
                wrapped.entry(called.function).or_default().push((called.outer, position));
            }
        }
        for entry in definitions.entry_points.iter().filter(|entry| entry.role.is_workflow()) {
            if let Code::Function(function) = entry.root.code {
                handlers.entry(function).or_insert((entry.role, entry.workflow));
            }
        }
        for (position, workflow) in definitions.workflows.iter().enumerate() {
            if let Value::Class(class, _) = analysis.evaluator.get(workflow.class) {
                workflows.entry(*class).or_insert(position);
            }
        }
        Self { activities, wrapped, handlers, workflows }
    }
}

/// How many arguments a definition takes by position, without its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arity {
    /// At least.
    pub least: usize,
    /// At most; none where it takes any number.
    pub most: Option<usize>,
    /// The position of the first parameter whose argument arrives as something else without the annotation.
    pub first_object: Option<usize>,
}

impl Analysis<'_, '_> {
    /// The function that runs for a target.
    #[must_use]
    pub fn function_of(&self, target: Target) -> Option<FunctionRef> {
        match target {
            Target::Activity(activity) => self.definitions.activities.get(activity).map(|activity| activity.function),
            Target::Workflow(workflow) => self.run_of(workflow),
            Target::Handler { function, .. } => Some(function),
            _ => None,
        }
    }

    /// The run method of a workflow.
    #[must_use]
    pub fn run_of(&self, workflow: usize) -> Option<FunctionRef> {
        let is_it =
            |entry: &&super::definitions::EntryPoint| entry.role == Role::Run && entry.workflow == Some(workflow);
        match self.definitions.entry_points.iter().find(is_it)?.root.code {
            Code::Function(function) => Some(function),
            _ => None,
        }
    }

    /// The workflow whose class holds the code of a call, by position.
    #[must_use]
    pub fn workflow_around(&self, call: &SdkCall) -> Option<usize> {
        let function = call.function?;
        let module = self.project.module(function.file);
        let class = ClassRef { file: function.file, class: module[function.function].class? };
        self.workflow_of(class)
    }

    /// How many arguments a function takes from the SDK; nothing for one that takes its arguments in a way of its own.
    #[must_use]
    pub fn arity(&self, function: FunctionRef) -> Option<Arity> {
        let module = self.project.module(function.file);
        let is_method = module[function.function].class.is_some() || self.is_entered_with_object(function);
        let has_receiver =
            is_method && self.evaluator.method_kind(function.file, function.function) != MethodKind::Static;
        let place = Place { file: function.file, frame: None };
        let mut arity = Arity { least: 0, most: Some(0), first_object: None };
        let mut position = 0;
        for parameter in module.parameters(function.function).iter().skip(usize::from(has_receiver)) {
            match parameter.kind {
                ParameterKind::Positional | ParameterKind::PositionalOnly => {
                    arity.least += usize::from(parameter.default.is_none());
                    arity.most = arity.most.map(|most| most + 1);
                    if parameter.annotation.is_some_and(|hint| self.needs_hint(hint, place)) {
                        arity.first_object.get_or_insert(position);
                    }
                    position += 1;
                }
                ParameterKind::Rest => arity.most = None,
                ParameterKind::KeywordOnly if parameter.default.is_none() => return None,
                ParameterKind::KeywordOnly | ParameterKind::KeywordRest => {}
            }
        }
        Some(arity)
    }

    /// Whether the SDK calls a function on an object: it may be what a decorator puts around a method.
    fn is_entered_with_object(&self, function: FunctionRef) -> bool {
        let mut entries = self.definitions.entry_points.iter();
        entries.any(|entry| entry.runs(function) && entry.root.receiver.is_some())
    }

    /// Whether what is annotated so arrives as something else, if the payload converter is not told: an object of the
    /// project, unless it is a string or a number as well, as the members of a `StrEnum` are, or a dict.
    fn needs_hint(&self, hint: ExprId, place: Place) -> bool {
        let hint = self.evaluator.value(hint, place);
        hint.known.iter().any(|value| match self.evaluator.get(*value) {
            Value::Class(class, outer) => {
                let is_plain = |ancestor: &Ancestor| matches!(ancestor, Ancestor::Outside(name) if is_plain(*name));
                !self.evaluator.order(*class, *outer).iter().any(is_plain)
            }
            _ => false,
        })
    }

    /// How many items the list or tuple has that stands in a place of an argument; nothing where none stands there, or one with
    /// `*items` whose number is not known.
    #[must_use]
    pub fn items_written(&self, call: &SdkCall, argument: &SdkArgument) -> Option<usize> {
        let module = self.project.module(call.span.file);
        let (Expr::List(items) | Expr::Tuple(items)) = module[argument.expr?] else { return None };
        let place = Place { file: call.span.file, frame: None };
        let count = |item: &ExprId| match module[*item] {
            Expr::Starred(inner) => match self.evaluator.get(self.evaluator.value(inner, place).only()?) {
                Value::Items(_, items) => Some(items.len()),
                _ => None,
            },
            _ => Some(1),
        };
        module.list(items).iter().map(count).sum()
    }

    /// The name of a function, with its class.
    #[must_use]
    pub fn name_of(&self, function: FunctionRef) -> String {
        self.project.module(function.file).qualified_name(function.function)
    }

    /// The name of a class.
    #[must_use]
    pub fn name_of_class(&self, class: ClassRef) -> &'static str {
        self.project.module(class.file)[class.class].name.as_str()
    }

    /// Whether a class derives from nothing but `object`.
    #[must_use]
    pub fn is_without_bases(&self, class: ClassRef) -> bool {
        let module = self.project.module(class.file);
        module.list(module[class.class].arguments).is_empty()
    }

    /// Whether a function may be made an activity or handler in a way that is not followed: it is handed to a call, or a class
    /// that derives from its own may decorate it.
    #[must_use]
    pub fn is_perhaps_defined(&self, function: FunctionRef) -> bool {
        let module = self.project.module(function.file);
        let is_placeholder = self.evaluator.is_placeholder(function.file, function.function);
        let is_nested = module[module[function.function].parent].kind != crate::semantic::ScopeKind::Module
            && module[function.function].class.is_none();
        let class = module[function.function].class.map(|class| ClassRef { file: function.file, class });
        let is_inherited = class.is_some_and(|class| {
            self.definitions.workflows.iter().any(|workflow| {
                let is_it = |ancestor: &Ancestor| matches!(ancestor, Ancestor::Project(known, _) if *known == class);
                self.evaluator.order_of_value(workflow.class).iter().skip(1).any(is_it)
            })
        });
        is_placeholder || is_nested || is_inherited
    }

    /// Whether a function or class has decorators: what these make of it may be something else.
    #[must_use]
    pub fn has_decorators(&self, target: Target) -> bool {
        match target {
            Target::Function(function) | Target::Called(function) => {
                let module = self.project.module(function.file);
                !module.list(module[function.function].decorators).is_empty()
            }
            Target::Class(class) | Target::Object(class) => {
                let module = self.project.module(class.file);
                !module.list(module[class.class].decorators).is_empty()
            }
            _ => false,
        }
    }

    /// Whether a definition is dynamic: it stands for names that have none of their own, and has none itself.
    #[must_use]
    pub fn is_dynamic(&self, target: Target) -> bool {
        let Some(function) = self.function_of(target) else { return false };
        let says_so = |decorators: &[Decorator]| decorators.iter().any(Decorator::is_dynamic);
        let is_it = |definition: &&FunctionDefinition| definition.function == function;
        let own = self.definitions.functions.iter().find(is_it);
        own.is_some_and(|own| says_so(&own.decorators))
            || self.definitions.classes.iter().any(|class| {
                let method = class.methods.iter().find(is_it);
                let is_run = matches!(target, Target::Workflow(_) | Target::Handler { role: Role::Run, .. });
                method.is_some_and(|method| says_so(if is_run { &class.decorators } else { &method.decorators }))
            })
    }

    /// The object whose method an argument is, where that is made in the same function, `Payments(db).charge`, or
    /// `payments.charge` after `payments = Payments(db)`; or where workflow code makes it and keeps it as its own attribute.
    #[must_use]
    pub fn making_of(&self, call: &SdkCall, argument: &SdkArgument) -> Option<Making> {
        let place = Place { file: call.span.file, frame: None };
        let module = self.project.module(place.file);
        let Expr::Attribute { value, .. } = module[argument.expr?] else { return None };
        if let Expr::Attribute { name, .. } = module[value] {
            return self.kept(call, name);
        }
        let (value, origin) = self.written_at(value, place);
        let made_in = self.project.module(origin.file).block_of_call(value).filter(|_| origin.file == place.file)?;
        (module[made_in].function == module[call.block].function).then(|| self.made_by(value, origin))?
    }

    /// What is made, where all that a file stores under an attribute is made on the spot, by code that workflows run.
    fn kept(&self, call: &SdkCall, name: Name) -> Option<Making> {
        let place = Place { file: call.span.file, frame: None };
        let module = self.project.module(place.file);
        let made = |value: ExprId| {
            let function = module[module.block_of_call(value)?].function;
            let function = function.map(|function| FunctionRef { file: place.file, function })?;
            self.sides_of(Some(function)).workflow.then(|| self.made_by(value, place))?
        };
        let mut all_bare = None;
        for store in module.attribute_stores(name) {
            let making = made(store.value?)?;
            all_bare = Some(all_bare.unwrap_or(true) && making.is_bare);
        }
        all_bare.map(|is_bare| Making { is_bare })
    }

    /// What a call makes of a class of the project.
    fn made_by(&self, call: ExprId, place: Place) -> Option<Making> {
        let Expr::Call { callee, .. } = self.project.module(place.file)[call] else { return None };
        let class = self.evaluator.value(callee, place).only()?;
        let Value::Class(..) = self.evaluator.get(class) else { return None };
        let is_bare = |ancestor: &Ancestor| match ancestor {
            Ancestor::Project(class, _) => {
                let module = self.project.module(class.file);
                let scope = module[class.class].scope;
                ["__init__", "__new__", "__post_init__"]
                    .iter()
                    .all(|hook| module.variable(scope, Name::new(hook)).is_none())
            }
            Ancestor::Outside(name) => self.evaluator.world().is_plain_base(*name),
            Ancestor::Dynamic(_) | Ancestor::Unknown => false,
        };
        Some(Making { is_bare: self.evaluator.order_of_value(class).iter().all(is_bare) })
    }
}

/// An object whose activity a workflow calls, and that the workflow makes.
#[derive(Debug, Clone, Copy)]
pub struct Making {
    /// Whether nothing runs when it is made.
    pub is_bare: bool,
}
