//! What the tables say of one symbol, put together once.
//!
//! Knows: which sections of the tables answer which question of the engine, and what builtins do with values: that is
//! the language itself. Does not know: where code runs ([`world`](super::world)).

use super::effects::through_bases;
use super::known::Known;
use crate::python::{
    Asked, FieldKeywords, Generated, Generic, GivenClass, HandOff, Handed, OfText, Operand, OrderOf, Runs, Special,
    TakenElsewhere,
};
use crate::registry::schema::{
    ClassRole, Constructs, FieldMakers, GeneratesConstructor, GeneratorForm, GenericKind, GivenBy, GivenOn, Guard,
    ItemShape, Made, ManagerRole, Moment, Runs as RunsThen, RunsIn, SpecialKind, ValueOf,
};
use crate::registry::{Behaviour, Handling, OrderOf as Ordered, sdk_attribute, sdk_signature};
use crate::semantic::{Name, Operator};
use crate::source::last_part;

/// How many bases are looked at for a method that a class has from an abstract one.
const MAX_BASES: usize = 8;

/// What is known of a symbol outside the project.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is the answer to a question of its own")]
pub(super) struct Symbol {
    pub returns: Option<Name>,
    pub perhaps_none: Option<Option<(usize, Name)>>,
    pub attribute: Option<Name>,
    pub base: Option<Name>,
    pub is_known: bool,
    pub is_listed: bool,
    pub is_watched: bool,
    pub hand_off: HandOff,
    pub special: Option<Special>,
    pub runs: Vec<Runs>,
    order: Vec<(OrderOf, Operand)>,
    guard: Option<&'static Guard>,
    pub only_in: Option<RunsIn>,
    pub taken_elsewhere: Option<TakenElsewhere>,
    pub succeeds: Vec<RunsIn>,
    pub never_returns: bool,
    pub returns_once: Option<(Option<usize>, Option<Name>)>,
    pub shields: bool,
    pub passes_imports: bool,
    pub suppresses: bool,
    /// See [`World::stacks_managers`](crate::python::World::stacks_managers).
    pub stacks_managers: bool,
    pub makes_context_manager: bool,
    pub generates: Generated,
    /// The methods that a constructor which the symbol generates runs beside validators, first to last.
    pub constructor_hooks: Vec<Name>,
    pub field: Option<FieldKeywords>,
    pub validates: bool,
    pub computes: bool,
    pub generic: Generic,
    pub is_always_true: bool,
    pub is_enumeration: bool,
    pub is_plain_base: bool,
    pub is_abstract_base: bool,
    /// The classes whose objects count as its own although they do not derive from it.
    pub takes_in: Vec<Name>,
    pub is_protocol: bool,
    pub is_container: bool,
    pub is_class_variable: bool,
    pub is_init_variable: bool,
    pub is_named_tuple: bool,
    pub freezes: bool,
    pub is_typed_table: bool,
    pub is_logger: bool,
    pub is_context_decorator: bool,
    pub hashes_alike: bool,
    pub hashes_by_fields: bool,
}

impl Symbol {
    /// What the tables say of a symbol. A decorator that acts as one of the SDK is that one.
    #[expect(clippy::too_many_lines, reason = "a line for each fact")]
    pub(super) fn of(name: &'static str, known: &Known) -> Self {
        let name = known.acts_as(name).unwrap_or(name);
        let (tables, behaviour) = (known.tables, known.behaviour);
        let gives = || sdk_signature(name).and_then(|signature| signature.gives.as_deref());
        let returns = through_bases(tables, name, |name| tables.returns(name)).or_else(gives);
        let effect = tables.effect(name);
        let manager = behaviour.manager(name);
        let is = |role| behaviour.has_role(name, role);
        let never_returns = behaviour.never_returns(name);
        let generic = behaviour.generic(name).map_or(Generic::Class, generic);
        Self {
            returns: returns.map(Name::new),
            perhaps_none: tables
                .perhaps_none(name)
                .map(|unless| unless.map(|unless| (unless.position, Name::new(&unless.name)))),
            attribute: through_bases(tables, name, |name| tables.attribute(name))
                .or_else(|| sdk_attribute(name))
                .map(Name::new),
            base: tables.base(name).map(Name::new),
            is_known: effect.is_some()
                || tables.blocking(name).is_some()
                || returns.is_some()
                || name.starts_with("temporalio."),
            is_listed: tables.lists(name),
            is_watched: effect.is_some_and(|effect| effect.read),
            hand_off: hand_off(behaviour, name),
            special: through_bases(tables, name, |name| special(behaviour, name)),
            runs: runs(known, name),
            order: order(behaviour, name),
            guard: behaviour.guard(name),
            only_in: behaviour.only_in(name),
            taken_elsewhere: taken_elsewhere(behaviour, name),
            succeeds: [RunsIn::Workflow, RunsIn::Activity, RunsIn::Import]
                .into_iter()
                .filter(|side| behaviour.succeeds(name, *side))
                .collect(),
            never_returns: never_returns.is_some_and(|entry| entry.until.is_none()),
            returns_once: never_returns
                .and_then(|entry| entry.until.as_ref())
                .map(|given| (given.position, given.name.as_deref().map(Name::new))),
            shields: manager == Some(ManagerRole::Shields),
            passes_imports: manager == Some(ManagerRole::PassesImports),
            suppresses: manager == Some(ManagerRole::Swallows),
            stacks_managers: manager == Some(ManagerRole::Stacks),
            makes_context_manager: behaviour.makes_manager_of_generator(name),
            generates: generates(behaviour, name),
            constructor_hooks: constructor_hooks(behaviour, name),
            field: behaviour.field_maker(name).map(field_keywords),
            validates: behaviour.is_validator(name),
            computes: behaviour.is_computed(name),
            generic,
            is_always_true: behaviour.has_true_objects(name),
            is_enumeration: is(ClassRole::Enumeration),
            is_plain_base: is(ClassRole::PlainBase),
            // What `typing` names for annotations alone is nothing that is ever made.
            is_abstract_base: is(ClassRole::AbstractBase) || generic != Generic::Class && name.starts_with("typing."),
            takes_in: behaviour.taken_in(name).iter().map(|class| Name::new(class)).collect(),
            is_protocol: is(ClassRole::Protocol),
            is_container: is(ClassRole::Container),
            is_class_variable: is(ClassRole::ClassVariable),
            is_init_variable: is(ClassRole::InitVariable),
            is_named_tuple: is(ClassRole::NamedTuple),
            freezes: is(ClassRole::Frozen),
            is_typed_table: is(ClassRole::TypedTable),
            // Libraries call their loggers so.
            is_logger: is(ClassRole::Logger) || name.ends_with("Logger") || name.ends_with("LoggerAdapter"),
            is_context_decorator: is(ClassRole::ContextDecorator),
            hashes_alike: is(ClassRole::HashesAlike),
            hashes_by_fields: is(ClassRole::HashesByFields),
        }
    }

    /// What a question answers on the event loop of an activity, where that is not what it answers in any activity.
    pub(super) fn answer_on_loop(&self) -> Option<bool> {
        self.guard?.on_loop
    }

    /// What a question answers on a side.
    pub(super) fn answer(&self, side: RunsIn) -> Option<bool> {
        let guard = self.guard?;
        match side {
            RunsIn::Workflow => guard.workflow,
            RunsIn::Activity => guard.activity,
            RunsIn::Import => guard.import,
            RunsIn::Elsewhere => guard.elsewhere,
            RunsIn::Nexus => None,
        }
    }

    /// What becomes of the order of a value. What the tables do not name of a callable that shows no order is not shown.
    pub(super) fn order(&self, of: Operand) -> OrderOf {
        let covers = |known: Operand| match (known, of) {
            (Operand::ArgumentsFrom(first), Operand::Argument(position)) => position >= first,
            _ => known == of,
        };
        if let Some((order, _)) = self.order.iter().find(|(_, known)| covers(*known)) {
            return *order;
        }
        let hides = !self.order.is_empty()
            && self
                .order
                .iter()
                .all(|(order, _)| !matches!(order, OrderOf::Collected | OrderOf::Shown | OrderOf::Tabled));
        if hides && of != Operand::Receiver { OrderOf::Free } else { OrderOf::Unknown }
    }
}

fn hand_off(behaviour: &Behaviour, name: &str) -> HandOff {
    match behaviour.handling(name) {
        Some(Handling::Calls(entry)) => HandOff::Calls(Handed {
            arguments: entry.arguments.iter().map(operand).collect(),
            keywords: entry.keywords,
            open: entry.open,
            later: entry.when == Moment::Later,
            with_arguments: entry.with_arguments,
            ..handed(&entry.callable)
        }),
        Some(Handling::HandsOff(entry)) if entry.decorator => HandOff::MakesElsewhere,
        Some(Handling::HandsOff(_)) => HandOff::Elsewhere,
        Some(Handling::Keeps) => HandOff::Keeps,
        None if behaviour.is_handing_off_method(last_part(name)) => HandOff::Elsewhere,
        None if behaviour.is_keeping_method(last_part(name)) => HandOff::Keeps,
        None => HandOff::Perhaps,
    }
}

fn taken_elsewhere(behaviour: &Behaviour, name: &str) -> Option<TakenElsewhere> {
    match behaviour.handling(name) {
        Some(Handling::HandsOff(entry)) if !entry.decorator => Some(TakenElsewhere {
            position: entry.callable.position,
            keyword: entry.callable.name.as_deref().map(Name::new),
            keeps_context: entry.keeps_context,
        }),
        _ => None,
    }
}

fn handed(callable: &GivenBy) -> Handed {
    Handed {
        position: callable.position,
        keyword: callable.name.as_deref().map(Name::new),
        arguments: Vec::new(),
        keywords: false,
        open: false,
        later: false,
        with_arguments: None,
    }
}

fn operand(of: &ValueOf) -> Operand {
    match of {
        ValueOf::Argument(position) => Operand::Argument(*position),
        ValueOf::ArgumentsFrom(position) => Operand::ArgumentsFrom(*position),
        ValueOf::Named => Operand::Named,
        ValueOf::ItemOf(position) => Operand::ItemOf(*position),
        ValueOf::ItemsFrom(position) => Operand::ItemsFrom(*position),
        ValueOf::ValueIn(position) => Operand::ValueIn(*position),
        ValueOf::Object(class) => Operand::Object(Name::new(class)),
        ValueOf::Made(keyword) => Operand::Made(Name::new(keyword)),
        ValueOf::Candidates => Operand::Candidates,
        ValueOf::Receiver => Operand::Receiver,
        ValueOf::ReceiverItem => Operand::ReceiverItem,
        // What was given before is something that the callable gave: not followed further.
        ValueOf::Result | ValueOf::Unknown => Operand::Unknown,
    }
}

/// The special methods that a call runs: those that the callable is listed for, and, for a method that a class has from
/// an abstract base, the methods of the class itself that it needs.
fn runs(Known { tables, behaviour, .. }: &Known, name: &str) -> Vec<Runs> {
    let listed = behaviour.dunders(name).flat_map(|entry| {
        entry.methods.iter().map(|method| Runs {
            of: operand(&entry.of),
            methods: method.names().iter().map(|name| Name::new(name)).collect(),
        })
    });
    let mut found: Vec<Runs> = listed.collect();
    if let Some((class, method)) = name.rsplit_once('.') {
        let mut classes = std::iter::successors(Some(class), |class| tables.base(class)).take(MAX_BASES);
        let needed = classes.find_map(|class| behaviour.mixin(class, method)).unwrap_or_default();
        found.extend(needed.iter().map(|name| Runs { of: Operand::Receiver, methods: vec![Name::new(name)] }));
    }
    found
}

fn order(behaviour: &Behaviour, name: &str) -> Vec<(OrderOf, Operand)> {
    let known = |(order, entry): (Ordered, &crate::registry::schema::OrderedUse)| {
        let order = match (order, &entry.unless) {
            (Ordered::Collects, _) => OrderOf::Collected,
            (Ordered::Keeps, _) => OrderOf::Kept,
            (Ordered::Shows, _) => OrderOf::Shown,
            (Ordered::Tables, _) => OrderOf::Tabled,
            (_, Some(keyword)) => OrderOf::FreeUnless(Name::new(keyword)),
            (_, None) => OrderOf::Free,
        };
        (order, operand(&entry.of))
    };
    behaviour.order(name).map(known).collect()
}

fn generator<'b>(behaviour: &'b Behaviour, name: &str) -> Option<&'b GeneratesConstructor> {
    [GeneratorForm::Base, GeneratorForm::Decorator].into_iter().find_map(|form| behaviour.generator(name, form))
}

fn constructor_hooks(behaviour: &Behaviour, name: &str) -> Vec<Name> {
    let entry = generator(behaviour, name).into_iter();
    entry.flat_map(|entry| entry.pre_init.iter().chain(&entry.post_init)).map(|hook| Name::new(hook)).collect()
}

fn field_keywords(maker: &FieldMakers) -> FieldKeywords {
    FieldKeywords {
        default: maker.default.as_deref().map(Name::new),
        factory: Name::new(&maker.factory),
        hooks: maker.hooks.iter().map(|hook| Name::new(hook)).collect(),
        asks_factories: maker.asks_factories.is_some(),
    }
}

fn generates(behaviour: &Behaviour, name: &str) -> Generated {
    match generator(behaviour, name) {
        Some(entry) if entry.from_environment => Generated::FromEnvironment,
        Some(entry) if entry.validators.is_empty() => Generated::Fields,
        Some(_) => Generated::Validated,
        None => Generated::No,
    }
}

fn generic(kind: GenericKind) -> Generic {
    match kind {
        GenericKind::Anything => Generic::Anything,
        GenericKind::Awaitable => Generic::Awaitable,
        GenericKind::Callable => Generic::Callable,
        GenericKind::Coroutine => Generic::Coroutine,
        GenericKind::First => Generic::First,
        GenericKind::List => Generic::List,
        GenericKind::Literal => Generic::Literal,
        GenericKind::Many => Generic::Many,
        GenericKind::Optional => Generic::Optional,
        GenericKind::Set => Generic::Set,
        GenericKind::Table => Generic::Table,
        GenericKind::Tuple => Generic::Tuple,
        GenericKind::Type => Generic::Type,
        GenericKind::Union => Generic::Union,
    }
}

/// What a callable does with values: a builtin as the language says, else what the tables say of exactly this callable,
/// else what they say of methods of this name.
fn special(behaviour: &Behaviour, name: &str) -> Option<Special> {
    builtin(name)
        .or_else(|| behaviour.special(name).map(named))
        .or_else(|| behaviour.is_partial(name).then_some(Special::Partial))
        .or_else(|| behaviour.field_maker(name).map(|_| Special::Field))
        .or_else(|| behaviour.construction(name).and_then(construction))
        .or_else(|| argument_given_on(behaviour, name))
        .or_else(|| items_given_on(behaviour, name))
        .or_else(|| behaviour.special_method(last_part(name)).map(named))
}

/// What builtins do, sorted by name.
const BUILTINS: &[(&str, Special)] = &[
    ("builtins.__import__", Special::DunderImport),
    ("builtins.callable", Special::Asks(Asked::Callable)),
    ("builtins.dict", Special::Dict),
    ("builtins.dict.copy", Special::Itself),
    ("builtins.dict.get", Special::TakesValue),
    ("builtins.dict.items", Special::Pairs),
    ("builtins.dict.keys", Special::Keys),
    ("builtins.dict.pop", Special::TakesValue),
    ("builtins.dict.popitem", Special::TakesPair),
    ("builtins.dict.setdefault", Special::TakesValue),
    ("builtins.dict.values", Special::Values),
    ("builtins.frozenset", Special::Set),
    ("builtins.getattr", Special::GetAttr),
    ("builtins.hasattr", Special::HasAttr),
    ("builtins.isinstance", Special::IsInstance),
    ("builtins.issubclass", Special::IsSubclass),
    ("builtins.list.copy", Special::Itself),
    ("builtins.map", Special::Map),
    ("builtins.object", Special::BareObject),
    ("builtins.set", Special::Set),
    ("builtins.set.copy", Special::Itself),
    ("builtins.set.difference", Special::Itself),
    ("builtins.set.intersection", Special::Itself),
    ("builtins.set.symmetric_difference", Special::Itself),
    ("builtins.set.union", Special::Itself),
    ("builtins.str.endswith", Special::OfText(OfText::Ends)),
    ("builtins.str.lower", Special::OfText(OfText::Lower)),
    ("builtins.str.startswith", Special::OfText(OfText::Begins)),
    ("builtins.str.strip", Special::OfText(OfText::Strip)),
    ("builtins.str.upper", Special::OfText(OfText::Upper)),
    ("builtins.super", Special::Super),
    ("builtins.type", Special::Type),
    ("builtins.type.__new__", Special::MakesClass),
];

fn builtin(name: &str) -> Option<Special> {
    BUILTINS.binary_search_by_key(&name, |(known, _)| known).ok().map(|at| BUILTINS[at].1)
}

fn named(kind: SpecialKind) -> Special {
    match kind {
        SpecialKind::Adapts => Special::Adapts,
        SpecialKind::Adds => Special::Operates(Operator::Add),
        SpecialKind::AttrGetter => Special::AttrGetter,
        SpecialKind::Constructs => Special::Constructs,
        SpecialKind::ConstructsUnchecked => Special::ConstructsUnchecked,
        SpecialKind::Copies => Special::Copies,
        SpecialKind::Chains => Special::Chains,
        SpecialKind::DefaultDict => Special::DefaultDict,
        SpecialKind::FromKeys => Special::FromKeys,
        SpecialKind::Dict => Special::Dict,
        SpecialKind::Dumps => Special::Dumps,
        SpecialKind::Enters => Special::Enters,
        SpecialKind::EntersAsync => Special::EntersAsync,
        SpecialKind::Executes => Special::Executes,
        SpecialKind::Gather => Special::Gather,
        SpecialKind::HoldsDefault => Special::HoldsDefault,
        SpecialKind::ImportModule => Special::ImportModule,
        SpecialKind::IsAwaitable => Special::Asks(Asked::Awaitable),
        SpecialKind::IsCoroutine => Special::Asks(Asked::Coroutine),
        SpecialKind::IsCoroutineFunction => Special::Asks(Asked::CoroutineFunction),
        SpecialKind::ItemGetter => Special::ItemGetter,
        SpecialKind::Itself => Special::Itself,
        SpecialKind::MethodCaller => Special::MethodCaller,
        SpecialKind::NewType => Special::NewType,
        SpecialKind::Pairs => Special::Pairs,
        SpecialKind::Reduce => Special::Reduce,
        SpecialKind::PerhapsResult => Special::PerhapsResult,
        SpecialKind::SingleDispatch => Special::SingleDispatch,
        SpecialKind::Starts => Special::Starts,
        SpecialKind::StartsHandle => Special::StartsHandle,
        SpecialKind::TakesItem => Special::TakesItem,
        SpecialKind::TakesPair => Special::TakesPair,
        SpecialKind::TakesResult => Special::TakesResult,
        SpecialKind::TakesValue => Special::TakesValue,
        SpecialKind::TypeVar => Special::TypeVar,
        SpecialKind::Unites => Special::Operates(Operator::BitOr),
        SpecialKind::Values => Special::Values,
        SpecialKind::Waits => Special::Waits,
    }
}

/// How an object is made or copied. Where nothing of the class runs, a copy is the object as far as can be seen.
fn construction(entry: &Constructs) -> Option<Special> {
    let runs = |wanted| entry.runs.contains(&wanted);
    let is_unchecked = runs(RunsThen::Factories) && !runs(RunsThen::Validators);
    match (entry.gives, entry.argument) {
        (Made::Class, _) if is_unchecked => Some(Special::ConstructsUnchecked),
        (Made::Class, _) => Some(Special::Constructs),
        (Made::Named, position) if !entry.runs.is_empty() => {
            let keyword = entry.name.as_deref().map(Name::new);
            Some(Special::ConstructsGiven(GivenClass { position, keyword }))
        }
        (Made::Named, _) => None,
        (Made::Copy, None) => Some(Special::Copies),
        (Made::Copy, Some(_)) if entry.runs.is_empty() => Some(Special::First),
        (Made::Copy, Some(_)) => Some(Special::Replaces),
        (Made::Adapter, _) => Some(Special::TypeAdapter),
        (Made::Adapted, _) => Some(Special::Adapts),
    }
}

fn argument_given_on(behaviour: &Behaviour, name: &str) -> Option<Special> {
    let entry = behaviour.returned_argument(name)?;
    Some(match (entry.form, entry.argument) {
        (GivenOn::Itself, 1) => Special::Cast,
        (GivenOn::Itself | GivenOn::Copy | GivenOn::Entered, _) => Special::First,
        (GivenOn::Awaited, _) => Special::WaitsFor,
        (GivenOn::Ran, _) => Special::RunsToEnd,
        (GivenOn::Task, _) => Special::Task,
    })
}

fn items_given_on(behaviour: &Behaviour, name: &str) -> Option<Special> {
    let entry = behaviour.returned_items(name)?;
    match (entry.shape, &entry.of) {
        (ItemShape::One, ValueOf::Receiver | ValueOf::ReceiverItem) => Some(Special::TakesItem),
        (ItemShape::One, _) => Some(Special::Item),
        (ItemShape::Many, ValueOf::ItemOf(0)) => Some(Special::Sequence),
        (ItemShape::Many, ValueOf::ItemOf(1)) => Some(Special::Filter),
        (ItemShape::Many, _) => None,
        (ItemShape::Counted, _) => Some(Special::Enumerate),
        (ItemShape::Together, _) => Some(Special::Zip),
        (ItemShape::Several, _) => Some(Special::Several),
        (ItemShape::Grouped, _) => Some(Special::Grouped),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::behaviour;

    #[test]
    fn builtins_are_sorted_and_stand_in_no_table() {
        assert!(BUILTINS.is_sorted_by(|a, b| a.0 < b.0));
        for (name, _) in BUILTINS {
            assert_eq!(behaviour().special(name), None, "{name} is the language's");
        }
    }
}
