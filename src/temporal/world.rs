//! What the tables and the SDK say about code outside the project, for code that runs on one side.
//!
//! Knows: which side answers a question. Does not know: what the tables say of a symbol ([`symbol`](super::symbol)).

use super::known::Known;
use super::stdlib;
use super::symbol::Symbol;
use crate::python::{
    FieldKeywords, Generated, Generic, HandOff, Operand, OrderOf, Runs, Special, TakenElsewhere, World,
};
use crate::registry::schema::RunsIn;
use crate::registry::{behaviour, sdk_always_has};
use crate::semantic::Name;
use crate::source::{OldestPython, PythonVersion};

/// Where code runs, which decides what guards answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In a workflow, inside the sandbox.
    Workflow,
    /// In an activity.
    Activity,
    /// In an activity, on an event loop that lets no other run on its thread.
    Loop,
    /// While the sandbox imports the workflow's module.
    Import,
    /// In a script, a client, a test, or a thread that has lost its context.
    Elsewhere,
    /// Not said.
    Any,
}

impl Side {
    fn runs_in(self) -> Option<RunsIn> {
        match self {
            Side::Workflow => Some(RunsIn::Workflow),
            Side::Activity | Side::Loop => Some(RunsIn::Activity),
            Side::Import => Some(RunsIn::Import),
            Side::Elsewhere => Some(RunsIn::Elsewhere),
            Side::Any => None,
        }
    }
}

/// What the tables and the SDK say about code outside the project, for code that runs on one side.
pub struct TemporalWorld {
    side: Option<RunsIn>,
    has_running_loop: bool,
    known: &'static Known,
    python: Option<OldestPython>,
}

impl TemporalWorld {
    /// The world as code on a side sees it.
    #[must_use]
    pub fn new(side: Side, known: &'static Known) -> Self {
        Self { side: side.runs_in(), has_running_loop: side == Side::Loop, known, python: None }
    }

    /// The same on a version of Python, or a later one.
    #[must_use]
    pub fn on(self, python: Option<&OldestPython>) -> Self {
        Self { python: python.cloned(), ..self }
    }

    /// Whether a top-level name is that of a known package which is neither the SDK nor comes with Python: a module beside a
    /// script goes before it.
    #[must_use]
    pub fn is_package(&self, top: &str) -> bool {
        top != "temporalio" && stdlib::MODULES.binary_search(&top).is_err() && self.known.tables.is_known_package(top)
    }
}

impl World for TemporalWorld {
    fn canonical(&self, name: Name) -> Name {
        self.known.canonical(name)
    }

    fn returns(&self, name: Name) -> Option<Name> {
        self.known.symbol(name).returns
    }

    fn perhaps_none(&self, name: Name) -> Option<Option<(usize, Name)>> {
        self.known.symbol(name).perhaps_none
    }

    fn attribute(&self, name: Name) -> Option<Name> {
        self.known.symbol(name).attribute
    }

    fn base(&self, class: Name) -> Option<Name> {
        self.known.symbol(class).base
    }

    fn is_library(&self, top: &str) -> bool {
        stdlib::MODULES.binary_search(&top).is_ok() || top == "temporalio" || self.known.tables.is_known_package(top)
    }

    /// The SDK's own repository defines `temporalio`; what its tests and samples import is still the SDK.
    fn is_always_outside(&self, top: &str) -> bool {
        top == "temporalio"
    }

    fn knows(&self, name: Name) -> bool {
        self.known.symbol(name).is_known
    }

    fn is_listed(&self, name: Name) -> bool {
        self.known.symbol(name).is_listed
    }

    fn imports_outside(&self, name: Name) -> bool {
        self.known.symbol(name).passes_imports
    }

    fn is_callable(&self, name: Name) -> bool {
        let (text, symbol) = (name.as_str(), self.known.symbol(name));
        self.known.tables.effect(text).is_some_and(|effect| !effect.read)
            || self.known.tables.blocking(text).is_some()
            || symbol.returns.is_some()
            || symbol.special.is_some()
    }

    fn truth(&self, name: Name) -> Option<bool> {
        let symbol: &Symbol = self.known.symbol(name);
        if let Some(answer) = symbol.answer_on_loop().filter(|_| self.has_running_loop) {
            return Some(answer);
        }
        match self.side {
            Some(side) => symbol.answer(side),
            // What answers alike on every side answers so on none.
            None => symbol.answer(RunsIn::Workflow).filter(|answer| {
                [RunsIn::Activity, RunsIn::Import].iter().all(|side| symbol.answer(*side) == Some(*answer))
            }),
        }
    }

    fn truth_at_import(&self, name: Name) -> Option<bool> {
        self.known.symbol(name).answer(RunsIn::Import)
    }

    fn fails(&self, name: Name) -> Option<bool> {
        if self.truth(name).is_some() {
            return Some(false);
        }
        let side = self.side?;
        let symbol = self.known.symbol(name);
        if symbol.succeeds.contains(&side) {
            return Some(false);
        }
        symbol.only_in.is_some_and(|only| only != side).then_some(true)
    }

    fn provides(&self, module: Name, name: Option<Name>) -> bool {
        match name {
            Some(name) => sdk_always_has(&format!("{module}.{name}")),
            None => stdlib::MODULES.binary_search(&module.as_str()).is_ok() || sdk_always_has(module.as_str()),
        }
    }

    fn hand_off(&self, name: Name) -> &HandOff {
        &self.known.symbol(name).hand_off
    }

    fn taken_elsewhere(&self, name: Name) -> Option<&TakenElsewhere> {
        self.known.symbol(name).taken_elsewhere.as_ref()
    }

    fn least_version(&self, name: Name) -> Option<(u8, u8)> {
        let PythonVersion(major, minor) = self.python.as_ref().filter(|_| name == "sys.version_info")?.version();
        Some((major, minor))
    }

    /// A script runs as the program; what a workflow or an activity runs was imported.
    fn may_be_the_program(&self) -> bool {
        self.side == Some(RunsIn::Elsewhere)
    }

    fn shields(&self, name: Name) -> bool {
        self.known.symbol(name).shields
    }

    fn suppresses(&self, name: Name) -> bool {
        self.known.symbol(name).suppresses
    }

    fn stacks_managers(&self, name: Name) -> bool {
        self.known.symbol(name).stacks_managers
    }

    fn has_running_loop(&self) -> bool {
        self.has_running_loop
    }

    fn is_watched(&self, name: Name) -> bool {
        self.known.symbol(name).is_watched
    }

    fn never_returns(&self, name: Name) -> bool {
        self.known.symbol(name).never_returns
    }

    fn returns_once(&self, name: Name) -> Option<(Option<usize>, Option<Name>)> {
        self.known.symbol(name).returns_once
    }

    fn special(&self, name: Name) -> Option<Special> {
        self.known.symbol(name).special
    }

    fn generates(&self, name: Name) -> Generated {
        self.known.symbol(name).generates
    }

    fn constructor_hooks(&self, name: Name) -> &[Name] {
        &self.known.symbol(name).constructor_hooks
    }

    fn field_keywords(&self, name: Name) -> Option<&FieldKeywords> {
        self.known.symbol(name).field.as_ref()
    }

    fn validates(&self, name: Name) -> bool {
        self.known.symbol(name).validates
    }

    fn computes(&self, name: Name) -> bool {
        self.known.symbol(name).computes
    }

    fn is_class_variable(&self, name: Name) -> bool {
        self.known.symbol(name).is_class_variable
    }

    fn is_init_variable(&self, name: Name) -> bool {
        self.known.symbol(name).is_init_variable
    }

    fn configures_models(&self, attribute: Name) -> bool {
        behaviour().is_setting(attribute.as_str())
    }

    fn is_standard(&self, name: Name) -> bool {
        stdlib::MODULES.binary_search(&crate::source::first_part(name.as_str())).is_ok()
    }

    fn validates_defaults(&self, option: Name) -> bool {
        behaviour().validates_defaults(option.as_str())
    }

    fn is_typed_table(&self, base: Name) -> bool {
        self.known.symbol(base).is_typed_table
    }

    fn is_named_tuple(&self, base: Name) -> bool {
        self.known.symbol(base).is_named_tuple
    }

    fn freezes(&self, name: Name) -> bool {
        self.known.symbol(name).freezes
    }

    fn is_enumeration(&self, class: Name) -> bool {
        self.known.symbol(class).is_enumeration
    }

    fn is_always_true(&self, class: Name) -> bool {
        self.known.symbol(class).is_always_true
    }

    fn is_plain_base(&self, class: Name) -> bool {
        self.known.symbol(class).is_plain_base
    }

    fn takes_in(&self, class: Name, other: Name) -> bool {
        self.known.symbol(class).takes_in.contains(&other)
    }

    fn is_abstract_base(&self, class: Name) -> bool {
        self.known.symbol(class).is_abstract_base
    }

    fn is_protocol(&self, base: Name) -> bool {
        self.known.symbol(base).is_protocol
    }

    fn is_container(&self, class: Name) -> bool {
        self.known.symbol(class).is_container
    }

    fn generic(&self, class: Name) -> Generic {
        self.known.symbol(class).generic
    }

    fn order(&self, name: Name, of: Operand) -> OrderOf {
        self.known.symbol(name).order(of)
    }

    fn runs(&self, name: Name) -> &[Runs] {
        &self.known.symbol(name).runs
    }

    fn hashes_alike(&self, class: Name) -> bool {
        self.known.symbol(class).hashes_alike
    }

    fn hashes_by_fields(&self, name: Name) -> bool {
        self.known.symbol(name).hashes_by_fields
    }

    fn is_logger(&self, class: Name) -> bool {
        self.known.symbol(class).is_logger
    }

    fn makes_context_manager(&self, name: Name) -> bool {
        self.known.symbol(name).makes_context_manager
    }

    fn is_context_decorator(&self, class: Name) -> bool {
        self.known.symbol(class).is_context_decorator
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::GivenClass;

    fn named(name: &str) -> Name {
        Name::new(name)
    }

    fn any() -> TemporalWorld {
        TemporalWorld::new(Side::Any, Known::usual())
    }

    #[test]
    fn functions_are_called_kept_or_run_elsewhere() {
        let world = any();
        let HandOff::Calls(reduce) = world.hand_off(named("functools.reduce")) else { panic!("it calls its function") };
        assert_eq!((reduce.position, reduce.later), (Some(0), false));
        assert_eq!(reduce.arguments, [Operand::Unknown, Operand::ItemOf(1)]);
        let elsewhere =
            ["asyncio.to_thread", "anyio.to_process.run_sync", "multiprocessing.Pool.map", "some.thing.submit"];
        for name in elsewhere {
            assert_eq!(*world.hand_off(named(name)), HandOff::Elsewhere, "{name}");
        }
        assert_eq!(*world.hand_off(named("asgiref.sync.sync_to_async")), HandOff::MakesElsewhere);
        assert_eq!(*world.hand_off(named("some.thing.append")), HandOff::Keeps);
        assert_eq!(*world.hand_off(named("some.thing.run")), HandOff::Perhaps);
    }

    #[test]
    fn guards_answer_by_side() {
        let (workflow, activity) =
            (TemporalWorld::new(Side::Workflow, Known::usual()), TemporalWorld::new(Side::Activity, Known::usual()));
        let guard = named("temporalio.workflow.in_workflow");
        assert_eq!((workflow.truth(guard), activity.truth(guard), any().truth(guard)), (Some(true), Some(false), None));
        assert_eq!(any().truth(named("typing.TYPE_CHECKING")), Some(false), "it is false wherever code runs");
        assert_eq!(workflow.truth(named("temporalio.workflow.info")), None);
    }

    #[test]
    fn what_raises_is_told_by_side() {
        let (workflow, activity) =
            (TemporalWorld::new(Side::Workflow, Known::usual()), TemporalWorld::new(Side::Activity, Known::usual()));
        let info = named("temporalio.workflow.info");
        assert_eq!((workflow.fails(info), activity.fails(info), any().fails(info)), (Some(false), Some(true), None));
        let start = named("temporalio.workflow.execute_activity");
        assert_eq!((workflow.fails(start), activity.fails(start)), (None, Some(true)), "what it waits for may fail");
        assert_eq!(activity.fails(named("os.getcwd")), None);
        assert!(any().never_returns(named("sys.exit")) && !any().never_returns(named("sys.exc_info")));
    }

    #[test]
    fn context_managers_are_told_by_what_they_do_with_a_block() {
        let world = any();
        let (shields, suppress) =
            (named("temporalio.workflow.unsafe.sandbox_unrestricted"), named("contextlib.suppress"));
        assert!(world.shields(shields) && !world.suppresses(shields));
        assert!(world.suppresses(suppress) && !world.shields(suppress));
        assert!(
            world.makes_context_manager(named("contextlib.contextmanager")) && !world.makes_context_manager(suppress)
        );
    }

    #[test]
    fn the_order_of_a_value_is_shown_hidden_or_unknown() {
        let order = |name: &str, of| any().order(named(name), of);
        assert_eq!(order("builtins.len", Operand::Argument(0)), OrderOf::Free);
        assert_eq!(order("builtins.sorted", Operand::Argument(0)), OrderOf::FreeUnless(named("key")));
        assert_eq!(order("builtins.zip", Operand::Argument(3)), OrderOf::Shown);
        assert_eq!(order("builtins.list.extend", Operand::Argument(0)), OrderOf::Collected);
        assert_eq!(order("builtins.map", Operand::Argument(1)), OrderOf::Kept);
        assert_eq!(order("collections.Counter", Operand::Argument(0)), OrderOf::Tabled);
        assert_eq!(order("builtins.set.pop", Operand::Receiver), OrderOf::Shown);
        assert_eq!(order("builtins.set.add", Operand::Receiver), OrderOf::Free);
        assert_eq!(order("some.unknown", Operand::Argument(0)), OrderOf::Unknown);
    }

    #[test]
    fn special_methods_run_on_values_and_on_the_object_itself() {
        let world = any();
        let of = |name: &str| -> Vec<(Operand, &str)> {
            world.runs(named(name)).iter().map(|runs| (runs.of, runs.methods[0].as_str())).collect()
        };
        assert_eq!(of("builtins.len"), [(Operand::Argument(0), "__len__")]);
        assert_eq!(of("collections.abc.Mapping.get"), [(Operand::Receiver, "__getitem__")]);
        assert_eq!(of("collections.abc.MutableMapping.get"), [(Operand::Receiver, "__getitem__")], "the base gives it");
        assert!(of("collections.abc.Mapping.__getitem__").is_empty());
        assert!(of("some.unknown").is_empty());
    }

    #[test]
    fn constructors_are_generated_and_validated() {
        let world = any();
        assert_eq!(world.generates(named("pydantic.BaseModel")), Generated::Validated);
        assert_eq!(world.generates(named("dataclasses.dataclass")), Generated::Fields);
        assert_eq!(world.generates(named("builtins.object")), Generated::No);
        assert!(world.validates(named("pydantic.field_validator")) && !world.validates(named("pydantic.Field")));
    }

    #[test]
    fn values_are_given_on_as_the_tables_say() {
        let special = |name: &str| any().special(named(name));
        assert_eq!(special("typing.cast"), Some(Special::Cast));
        assert_eq!(special("functools.update_wrapper"), Some(Special::First));
        assert_eq!(special("asyncio.create_task"), Some(Special::Task));
        assert_eq!(special("asyncio.run"), Some(Special::RunsToEnd));
        assert_eq!(special("builtins.sorted"), Some(Special::Sequence));
        assert_eq!(special("builtins.frozenset"), Some(Special::Set), "a set is no sequence");
        assert_eq!(special("builtins.next"), Some(Special::Item));
        assert_eq!(special("collections.deque.popleft"), Some(Special::TakesItem));
        assert_eq!(special("functools.partial"), Some(Special::Partial));
        assert_eq!(special("dataclasses.field"), Some(Special::Field));
        assert_eq!(special("dataclasses.replace"), Some(Special::Replaces));
        assert_eq!(special("copy.deepcopy"), Some(Special::First));
        assert_eq!(
            special("dacite.from_dict"),
            Some(Special::ConstructsGiven(GivenClass { position: Some(0), keyword: None }))
        );
        assert_eq!(
            special("some.Model.model_validate"),
            Some(Special::Constructs),
            "a method of this name of any class"
        );
        assert_eq!(special("temporalio.workflow.execute_activity"), Some(Special::Executes));
        assert_eq!(special("some.unknown"), None);
    }

    #[test]
    fn what_is_said_of_a_method_is_told_from_what_is_said_of_all_methods() {
        let is_listed = |name: &str| any().is_listed(named(name));
        assert!(is_listed("django.db.models.QuerySet.__iter__") && is_listed("time.sleep"));
        assert!(!is_listed("elasticsearch.Elasticsearch.__iter__"), "all its methods are said to block");
    }

    /// Whether a name plays a part.
    type RoleTest = fn(&TemporalWorld, Name) -> bool;

    #[test]
    fn classes_play_their_parts() {
        let world = any();
        let int = named("builtins.int");
        let roles: [(&str, RoleTest); 9] = [
            ("typing.Protocol", World::is_protocol),
            ("collections.deque", World::is_container),
            ("enum.IntEnum", World::is_enumeration),
            ("abc.ABC", World::is_plain_base),
            ("collections.abc.Mapping", World::is_abstract_base),
            ("contextlib.ContextDecorator", World::is_context_decorator),
            ("logging.LoggerAdapter", World::is_logger),
            ("uuid.UUID", World::is_always_true),
            ("pydantic.BaseModel.model_validate", |world, name| world.special(name).is_some()),
        ];
        for (name, plays) in roles {
            assert!(plays(&world, named(name)) && !plays(&world, int), "{name}");
        }
        assert!(world.hashes_alike(int) && !world.hashes_alike(named("builtins.str")));
    }

    #[test]
    fn annotations_say_what_the_tables_say() {
        let generic = |name: &str| any().generic(named(name));
        assert_eq!(generic("typing.Optional"), Generic::Optional);
        assert_eq!(generic("collections.abc.Coroutine"), Generic::Coroutine);
        assert_eq!(generic("builtins.dict"), Generic::Table);
        assert_eq!(generic("some.Mapping"), Generic::Class);
    }
}
