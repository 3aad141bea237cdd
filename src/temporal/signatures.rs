//! How definitions are written: decorators with their arguments and order, parameters, names on the wire, nesting.
//!
//! Knows: every function and class that a decorator of the SDK stands at, and the other methods of such classes. Does not
//! know: what their code does, what their annotations mean (`types`), or what is wrong with them.

use rustc_hash::FxHashSet;

use crate::python::{Ancestor, ClassRef, FunctionRef, Place, Rest, Value};
use crate::semantic::{
    ArgumentKind, BindingKind, ClassId, Expr, ExprId, FunctionId, List, Module, Name, ParameterKind, ScopeKind,
};
use crate::source::{FileId, Span, TextRange};

use super::constants::{Constant, constant};
use super::definitions::Finder;
use super::types::Annotation;

/// A decorator of the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sdk {
    /// `@workflow.defn`.
    Workflow,
    /// `@workflow.run`.
    Run,
    /// `@workflow.init`.
    Init,
    /// `@workflow.signal`.
    Signal,
    /// `@workflow.query`.
    Query,
    /// `@workflow.update`.
    Update,
    /// `@update.validator`.
    Validator,
    /// `@workflow.dynamic_config`.
    DynamicConfig,
    /// `@activity.defn`.
    Activity,
}

impl Sdk {
    /// The decorator of a qualified name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "temporalio.workflow.defn" => Sdk::Workflow,
            "temporalio.workflow.run" => Sdk::Run,
            "temporalio.workflow.init" => Sdk::Init,
            "temporalio.workflow.signal" => Sdk::Signal,
            "temporalio.workflow.query" => Sdk::Query,
            "temporalio.workflow.update" => Sdk::Update,
            "temporalio.workflow.dynamic_config" => Sdk::DynamicConfig,
            "temporalio.activity.defn" => Sdk::Activity,
            _ => return None,
        })
    }

    /// How it is written.
    #[must_use]
    pub fn shown(self) -> &'static str {
        match self {
            Sdk::Workflow => "@workflow.defn",
            Sdk::Run => "@workflow.run",
            Sdk::Init => "@workflow.init",
            Sdk::Signal => "@workflow.signal",
            Sdk::Query => "@workflow.query",
            Sdk::Update => "@workflow.update",
            Sdk::Validator => "@….validator",
            Sdk::DynamicConfig => "@workflow.dynamic_config",
            Sdk::Activity => "@activity.defn",
        }
    }

    /// What it makes of a method, in words.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Sdk::Workflow => "workflow",
            Sdk::Run => "run method",
            Sdk::Init => "init method",
            Sdk::Signal => "signal",
            Sdk::Query => "query",
            Sdk::Update => "update",
            Sdk::Validator => "validator",
            Sdk::DynamicConfig => "dynamic_config method",
            Sdk::Activity => "activity",
        }
    }

    /// Whether it makes a method one that messages are sent to.
    #[must_use]
    pub fn is_handler(self) -> bool {
        matches!(self, Sdk::Signal | Sdk::Query | Sdk::Update)
    }
}

/// What a decorator is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecoratorKind {
    /// One of the SDK's.
    Sdk(Sdk),
    /// One of the project's that applies one of the SDK's.
    Applies(Sdk),
    /// `@name.validator` of an update in the same class.
    Validator(Name),
    /// `@property`, `@cached_property`.
    Property,
    /// `@name.setter`, `@name.getter`, `@name.deleter` of a property.
    Accessor,
    /// `@staticmethod`.
    Static,
    /// `@classmethod`.
    Class,
    /// `@overload`.
    Overload,
    /// `@abstractmethod`.
    Abstract,
    /// A function of the project.
    Project(FunctionRef),
    /// Something from outside, by its qualified name.
    Outside(Name),
    /// What cannot be told.
    Unknown,
}

/// A decorator, as it stands at a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Decorator {
    /// What it is.
    pub kind: DecoratorKind,
    /// Its place.
    pub span: Span,
    /// What it is called with, if it is called.
    pub call: Option<DecoratorCall>,
}

/// The arguments of a decorator that is called.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DecoratorCall {
    /// By position; nothing for what is no constant.
    pub positional: Vec<Option<Constant>>,
    /// By name.
    pub named: Vec<(Name, Option<Constant>)>,
    /// There may be more: a star or double star is among them.
    pub is_open: bool,
}

/// What is told of an argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Told {
    /// It is not given.
    Absent,
    /// It is given, and is this.
    Known(Constant),
    /// It is given, or may be, and is no constant that can be told.
    Unknown,
}

impl DecoratorCall {
    /// The argument of a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Told {
        match self.named.iter().find(|(known, _)| *known == name) {
            Some((_, Some(constant))) => Told::Known(*constant),
            Some((_, None)) => Told::Unknown,
            None if self.is_open => Told::Unknown,
            None => Told::Absent,
        }
    }

    /// The text that stands first among what is given by position.
    #[must_use]
    pub fn first_text(&self) -> Option<&'static str> {
        self.positional.first().copied().flatten().and_then(Constant::text)
    }
}

/// The name under which the server knows something: that of a workflow, an activity, a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WireName {
    /// This one.
    Known(Name),
    /// All that have no handler of their own.
    Dynamic,
    /// What cannot be told.
    Unknown,
}

/// A parameter of a definition.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// How it is given.
    pub kind: ParameterKind,
    /// The place of its name.
    pub range: TextRange,
    /// Its default, as it is written.
    pub default: Option<Annotation>,
    /// Its annotation.
    pub annotation: Option<Annotation>,
}

impl Parameter {
    /// Whether a call has to give it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default.is_none() && !matches!(self.kind, ParameterKind::Rest | ParameterKind::KeywordRest)
    }

    /// Whether it can be given by position.
    #[must_use]
    pub fn is_positional(&self) -> bool {
        matches!(self.kind, ParameterKind::Positional | ParameterKind::PositionalOnly)
    }
}

/// What a function takes and gives.
#[derive(Debug, Clone)]
pub struct Signature {
    /// All parameters, that for the object included.
    pub parameters: Vec<Parameter>,
    /// The annotation of what it returns.
    pub returns: Option<Annotation>,
    /// `async def`.
    pub is_async: bool,
    /// Whether it yields.
    pub is_generator: bool,
    /// Where it first returns what is certain not to be `None`: a comparison, a constant, a display; anything, where it
    /// says that it returns a `bool`.
    pub returns_value: Option<Span>,
}

/// In what a definition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// In the module.
    Module,
    /// In a class, and that in nothing but classes.
    Class,
    /// In a function, at whatever depth.
    Function,
}

/// A function at which a decorator of the SDK stands, or a method of a class that has such methods.
#[derive(Debug, Clone)]
pub struct FunctionDefinition {
    /// The function.
    pub function: FunctionRef,
    /// Its name.
    pub name: Name,
    /// Its name with those of the classes and functions around it.
    pub qualified_name: String,
    /// The place of its name.
    pub span: Span,
    /// The class whose body defines it.
    pub class: Option<ClassRef>,
    /// In what its class stands, or it where it has none.
    pub nesting: Nesting,
    /// Its decorators, the outermost first.
    pub decorators: Vec<Decorator>,
    /// What it takes and gives.
    pub signature: Signature,
    /// Whether a later definition of the same name in the class or module replaces it.
    pub is_replaced: bool,
    /// `raise NotImplementedError` and nothing else.
    pub is_placeholder: bool,
    /// Whether its annotations are kept as text: `from __future__ import annotations`.
    pub keeps_text: bool,
}

impl FunctionDefinition {
    /// The decorators of the SDK that stand at it, the outermost first, each with what it is.
    pub fn sdk(&self) -> impl DoubleEndedIterator<Item = (Sdk, &Decorator)> {
        self.decorators.iter().filter_map(|decorator| match decorator.kind {
            DecoratorKind::Sdk(sdk) | DecoratorKind::Applies(sdk) => Some((sdk, decorator)),
            DecoratorKind::Validator(_) => Some((Sdk::Validator, decorator)),
            _ => None,
        })
    }

    /// What the SDK takes it for, by the outermost of its decorators.
    #[must_use]
    pub fn role(&self) -> Option<Sdk> {
        self.sdk().next().map(|(sdk, _)| sdk)
    }

    /// Its decorator of a kind.
    #[must_use]
    pub fn decorated(&self, wanted: Sdk) -> Option<&Decorator> {
        self.sdk().find(|(sdk, _)| *sdk == wanted).map(|(_, decorator)| decorator)
    }

    /// The name under which its messages come.
    #[must_use]
    pub fn wire_name(&self) -> WireName {
        let Some((_, decorator)) = self.sdk().next() else { return WireName::Unknown };
        decorator.wire_name(self.name)
    }

    /// The parameters behind that for the object.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        let all = self.signature.parameters.as_slice();
        let takes_object = self.class.is_some()
            && !self.decorators.iter().any(|decorator| decorator.kind == DecoratorKind::Static)
            && all.first().is_some_and(Parameter::is_positional);
        if takes_object { &all[1..] } else { all }
    }
}

impl Decorator {
    /// The name on the wire that it gives a definition of this name.
    #[must_use]
    pub fn wire_name(&self, own: Name) -> WireName {
        match (&self.kind, &self.call) {
            (DecoratorKind::Sdk(_), None) => WireName::Known(own),
            (DecoratorKind::Sdk(_), Some(call)) => match (call.named("dynamic"), call.named("name")) {
                (Told::Known(Constant::Bool(true)), _) => WireName::Dynamic,
                (Told::Unknown, _) => WireName::Unknown,
                (_, Told::Absent | Told::Known(Constant::None)) => WireName::Known(own),
                (_, Told::Known(Constant::Text(name))) => WireName::Known(name),
                _ => WireName::Unknown,
            },
            _ => WireName::Unknown,
        }
    }

    /// Whether it says `dynamic=True`.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.named("dynamic") == Told::Known(Constant::Bool(true)))
    }
}

/// A class at which a decorator of the SDK stands, or one of whose methods has one.
#[derive(Debug, Clone)]
pub struct ClassDefinition {
    /// The class.
    pub class: ClassRef,
    /// Its name with those of the classes and functions around it.
    pub name: String,
    /// The place of its name.
    pub span: Span,
    /// Its decorators, the outermost first.
    pub decorators: Vec<Decorator>,
    /// In what it stands.
    pub nesting: Nesting,
    /// The classes of the project that it derives from, in the order of look-up.
    pub bases: Vec<ClassRef>,
    /// The qualified names of those from outside.
    pub outside_bases: Vec<Name>,
    /// Whether a base cannot be told.
    pub is_open: bool,
    /// The functions that its body defines, in the order of the text.
    pub methods: Vec<FunctionDefinition>,
}

impl ClassDefinition {
    /// Its decorator `@workflow.defn`.
    #[must_use]
    pub fn workflow(&self) -> Option<&Decorator> {
        self.decorators.iter().find(|decorator| {
            matches!(decorator.kind, DecoratorKind::Sdk(Sdk::Workflow) | DecoratorKind::Applies(Sdk::Workflow))
        })
    }

    /// The method that its own body binds to a name in the end.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&FunctionDefinition> {
        self.methods.iter().find(|method| method.name == name && !method.is_replaced)
    }
}

impl Finder<'_, '_> {
    /// Notes all classes and functions of a file at which decorators of the SDK stand.
    pub(super) fn note_definitions(&mut self, file: FileId) {
        let module = self.evaluator.project().module(file);
        let mut classes: FxHashSet<ClassId> = FxHashSet::default();
        let mut functions: Vec<FunctionId> = Vec::new();
        let stands_at = |decorators: List<ExprId>, siblings: &[Name]| {
            module.list(decorators).iter().any(|decorator| self.is_sdk(file, *decorator, siblings))
        };
        classes.extend(module.class_ids().filter(|class| stands_at(module[*class].decorators, &[])));
        for id in module.function_ids().filter(|id| !module[*id].decorators.is_empty()) {
            match module[id].class {
                // Validators stand in a class that has an update, too.
                Some(class) if !classes.contains(&class) => {
                    if stands_at(module[id].decorators, &[]) {
                        classes.insert(class);
                    }
                }
                Some(_) => {}
                None => functions.extend(stands_at(module[id].decorators, &[]).then_some(id)),
            }
        }
        for class in module.class_ids().filter(|class| classes.contains(class)) {
            let definition = self.class_definition(ClassRef { file, class });
            self.found.classes.push(definition);
        }
        let keeps_text = keeps_annotations_as_text(module);
        for function in functions {
            let definition = self.function_definition(FunctionRef { file, function }, &[], keeps_text);
            self.found.functions.push(definition);
        }
    }

    fn is_sdk(&self, file: FileId, decorator: ExprId, siblings: &[Name]) -> bool {
        matches!(
            self.read_decorator(file, decorator, siblings).kind,
            DecoratorKind::Sdk(_) | DecoratorKind::Applies(_) | DecoratorKind::Validator(_)
        )
    }

    /// Notes the classes of the project that the noted ones derive from.
    pub(super) fn note_bases(&mut self) {
        let mut known: FxHashSet<ClassRef> = self.found.classes.iter().map(|class| class.class).collect();
        let bases: Vec<ClassRef> = self.found.classes.iter().flat_map(|class| class.bases.clone()).collect();
        for base in bases {
            if known.insert(base) {
                let definition = self.class_definition(base);
                self.found.classes.push(definition);
            }
        }
    }

    fn decorators_of_class(&self, class: ClassRef) -> Vec<Decorator> {
        let module = self.evaluator.project().module(class.file);
        let decorators = module.list(module[class.class].decorators);
        decorators.iter().map(|decorator| self.read_decorator(class.file, *decorator, &[])).collect()
    }

    fn methods(&self, class: ClassRef) -> Vec<FunctionDefinition> {
        let module = self.evaluator.project().module(class.file);
        let scope = module[class.class].scope;
        let siblings: Vec<Name> = module.variables_of(scope).map(|(_, variable)| variable.name).collect();
        let keeps_text = keeps_annotations_as_text(module);
        module
            .function_ids()
            .filter(|function| module[*function].parent == scope && !module[*function].is_lambda())
            .map(|function| self.function_definition(FunctionRef { file: class.file, function }, &siblings, keeps_text))
            .collect()
    }

    fn class_definition(&self, class: ClassRef) -> ClassDefinition {
        let module = self.evaluator.project().module(class.file);
        let definition = &module[class.class];
        let order = self.evaluator.order(class, None);
        let mut bases = Vec::new();
        let mut outside_bases = Vec::new();
        let mut is_open = false;
        for ancestor in order.iter().skip(1) {
            match ancestor {
                Ancestor::Project(base, _) => bases.push(*base),
                Ancestor::Outside(name) => outside_bases.push(*name),
                Ancestor::Dynamic(_) | Ancestor::Unknown => is_open = true,
            }
        }
        ClassDefinition {
            class,
            name: module.qualified_class_name(class.class),
            span: Span { file: class.file, range: definition.name_range },
            decorators: self.decorators_of_class(class),
            nesting: nesting(module, definition.parent),
            bases,
            outside_bases,
            is_open,
            methods: self.methods(class),
        }
    }

    fn function_definition(&self, function: FunctionRef, siblings: &[Name], keeps_text: bool) -> FunctionDefinition {
        let file = function.file;
        let module = self.evaluator.project().module(file);
        let definition = &module[function.function];
        let decorators = module.list(definition.decorators).iter();
        let decorators = decorators.map(|decorator| self.read_decorator(file, *decorator, siblings)).collect();
        let around = match definition.class {
            Some(class) => module[class].parent,
            None => definition.parent,
        };
        FunctionDefinition {
            function,
            name: definition.name,
            qualified_name: module.qualified_name(function.function),
            span: Span { file, range: definition.name_range },
            class: definition.class.map(|class| ClassRef { file, class }),
            nesting: nesting(module, around),
            decorators,
            signature: signature(module, file, function.function),
            is_replaced: is_replaced(module, function.function),
            is_placeholder: self.evaluator.is_placeholder(file, function.function),
            keeps_text,
        }
    }

    fn read_decorator(&self, file: FileId, expr: ExprId, siblings: &[Name]) -> Decorator {
        let module = self.evaluator.project().module(file);
        let place = Place { file, frame: None };
        let (callee, call) = match module[expr] {
            Expr::Call { callee, arguments } => (callee, Some(arguments)),
            _ => (expr, None),
        };
        let kind = self.kind_of_decorator(callee, expr, place, siblings);
        let call = call.map(|arguments| {
            let mut read = DecoratorCall::default();
            for argument in module.list(arguments) {
                match argument.kind {
                    ArgumentKind::Positional => read.positional.push(constant(self.evaluator, argument.value, place)),
                    ArgumentKind::Keyword(name) => {
                        read.named.push((name, constant(self.evaluator, argument.value, place)))
                    }
                    ArgumentKind::Star | ArgumentKind::DoubleStar => read.is_open = true,
                }
            }
            read
        });
        Decorator { kind, span: Span { file, range: module.span(expr) }, call }
    }

    fn kind_of_decorator(&self, callee: ExprId, expr: ExprId, place: Place, siblings: &[Name]) -> DecoratorKind {
        let module = self.evaluator.project().module(place.file);
        if let Expr::Attribute { value, name } = module[callee]
            && let Expr::Name { name: owner, .. } = module[value]
            && siblings.contains(&owner)
        {
            match name.as_str() {
                "validator" => return DecoratorKind::Validator(owner),
                "setter" | "getter" | "deleter" => return DecoratorKind::Accessor,
                _ => {}
            }
        }
        let values = self.near.value(callee, place);
        if let Some(value) = values.single().filter(|_| values.rest != Rest::Anything) {
            match self.near.get(value) {
                Value::Outside(name) => {
                    return match self.known.acts_as(name.as_str()).and_then(Sdk::of) {
                        Some(sdk) => DecoratorKind::Applies(sdk),
                        None => match (outside_decorator(*name), self.applied_by(expr, place)) {
                            // `@partial(workflow.defn, …)`.
                            (DecoratorKind::Outside(_), Some(sdk)) => DecoratorKind::Applies(sdk),
                            (outside, _) => outside,
                        },
                    };
                }
                Value::Function(callable) => {
                    return match self.wraps(callable.function).and_then(Sdk::of) {
                        Some(sdk) => DecoratorKind::Applies(sdk),
                        None => DecoratorKind::Project(callable.function),
                    };
                }
                _ => {}
            }
        }
        self.applied_by(expr, place).map_or(DecoratorKind::Unknown, DecoratorKind::Applies)
    }

    fn applied_by(&self, decorator: ExprId, place: Place) -> Option<Sdk> {
        self.decorator(decorator, place).and_then(|(name, _)| Sdk::of(name))
    }
}

fn outside_decorator(name: Name) -> DecoratorKind {
    if let Some(sdk) = Sdk::of(name.as_str()) {
        return DecoratorKind::Sdk(sdk);
    }
    match name.as_str() {
        "builtins.property" | "functools.cached_property" => DecoratorKind::Property,
        "builtins.staticmethod" => DecoratorKind::Static,
        "builtins.classmethod" => DecoratorKind::Class,
        "abc.abstractmethod" => DecoratorKind::Abstract,
        "typing.overload" | "typing_extensions.overload" => DecoratorKind::Overload,
        _ => DecoratorKind::Outside(name),
    }
}

fn signature(module: &Module, file: FileId, function: FunctionId) -> Signature {
    let definition = &module[function];
    let written = |expr: ExprId| Annotation { file, expr, range: module.span(expr) };
    let parameters = module.parameters(function).iter().map(|parameter| Parameter {
        name: parameter.name,
        kind: parameter.kind,
        range: parameter.range,
        default: parameter.default.map(written),
        annotation: parameter.annotation.map(written),
    });
    let says_truth = definition.returns_annotation.is_some_and(|annotation| is_named_bool(module, annotation));
    let is_none = |value: &ExprId| matches!(module[*value], Expr::None);
    let gives = |value: &ExprId| is_surely_something(module, *value) || says_truth && !is_none(value);
    let returns_value = definition.returns.iter().filter_map(|ret| ret.value).find(gives);
    Signature {
        parameters: parameters.collect(),
        returns: definition.returns_annotation.map(written),
        is_async: definition.is_async,
        is_generator: definition.is_generator,
        returns_value: returns_value.map(|value| Span { file, range: module.span(value) }),
    }
}

/// `bool`, or a text that says so.
fn is_named_bool(module: &Module, annotation: ExprId) -> bool {
    match module[annotation] {
        Expr::Name { name, .. } | Expr::Str(name) => name == "bool",
        _ => false,
    }
}

fn is_surely_something(module: &Module, expr: ExprId) -> bool {
    match module[expr] {
        Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Str(_)
        | Expr::Text
        | Expr::Compare { .. }
        | Expr::Formatted(_)
        | Expr::Tuple(_)
        | Expr::List(_)
        | Expr::Dict(_) => true,
        Expr::Unary { op, .. } => op == crate::semantic::UnaryOp::Not,
        Expr::BoolOp { operands, .. } => module.list(operands).iter().all(|part| is_surely_something(module, *part)),
        Expr::Conditional { body, orelse, .. } => {
            is_surely_something(module, body) && is_surely_something(module, orelse)
        }
        _ => false,
    }
}

fn nesting(module: &Module, scope: crate::semantic::ScopeId) -> Nesting {
    let mut found = Nesting::Module;
    for scope in module.scopes_around(scope) {
        match module[scope].kind {
            ScopeKind::Function(_) => return Nesting::Function,
            ScopeKind::Class(_) => found = Nesting::Class,
            ScopeKind::Module | ScopeKind::Comprehension => {}
        }
    }
    found
}

/// Whether a later binding of the name of a function in its scope, on the same way, replaces it.
fn is_replaced(module: &Module, function: FunctionId) -> bool {
    let definition = &module[function];
    let bindings = module.bindings_of(definition.parent, definition.name);
    let is_own = |kind: BindingKind| matches!(kind, BindingKind::Function(other) if other == function);
    let mut later = bindings.iter().skip_while(|id| !is_own(module[**id].kind)).skip(1);
    later.any(|id| {
        let is_definition = matches!(module[*id].kind, BindingKind::Function(_) | BindingKind::Assign { .. });
        is_definition && module[*id].block == definition.block
    })
}

/// Whether a file says `from __future__ import annotations`.
fn keeps_annotations_as_text(module: &Module) -> bool {
    module.import_ids().any(|import| {
        let import = module[import];
        import.from.is_some_and(|from| from == "__future__")
            && module.list(import.names).iter().any(|alias| alias.name == "annotations")
    })
}

/// The definition of a class, if it is among those that are noted.
#[must_use]
pub fn class_of(classes: &[ClassDefinition], wanted: ClassRef) -> Option<&ClassDefinition> {
    classes.iter().find(|class| class.class == wanted)
}

/// A class and those that it derives from, in the order of look-up.
pub fn with_bases<'d>(
    classes: &'d [ClassDefinition],
    class: &'d ClassDefinition,
) -> impl Iterator<Item = &'d ClassDefinition> {
    let bases = class.bases.iter().filter_map(|base| class_of(classes, *base));
    std::iter::once(class).chain(bases)
}

/// The methods that objects of a class have, each with the class that defines it: of one name, the first in the order of
/// look-up.
#[must_use]
pub fn members<'d>(
    classes: &'d [ClassDefinition],
    class: &'d ClassDefinition,
) -> Vec<(&'d ClassDefinition, &'d FunctionDefinition)> {
    let mut found: Vec<(&ClassDefinition, &FunctionDefinition)> = Vec::new();
    let mut seen: FxHashSet<Name> = FxHashSet::default();
    for owner in with_bases(classes, class) {
        let own = owner.methods.iter().filter(|method| !method.is_replaced);
        let new: Vec<&FunctionDefinition> = own.filter(|method| !seen.contains(&method.name)).collect();
        seen.extend(new.iter().map(|method| method.name));
        found.extend(new.into_iter().map(|method| (owner, method)));
    }
    found
}
