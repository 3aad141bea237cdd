//! How callables outside the project treat what they are given: `rules/api/behaviour.yaml`, looked up by symbol.
//!
//! Knows: what the file says, and that the most specific entry wins. Does not know: how a name was found, nor what a
//! program does with the answer; names have to be those that the tables use ([`super::Tables::canonical`]).

use std::hash::Hash;
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::schema::Gathers;
use super::schema::{
    AwaitKind, BehaviourFile, CallableRole, Calls, CallsDunders, ClassRole, Constructs, ExtensionBehaviour,
    FieldMakers, GeneratesConstructor, GeneratorForm, GenericKind, GivenBy, Guard, HandsOff, ManagerRole, NeverReturns,
    OrderedUse, ReturnsArgument, ReturnsItems, RunsIn, SetUpKind, SpecialKind, ValueOf,
};
use super::tables::Patterns;
use crate::source::last_part;

/// What `build.rs` makes of the behaviour.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/behaviour.json"));

/// What a callable does with the functions that it is given.
#[derive(Debug, Clone, Copy)]
pub enum Handling<'b> {
    /// Calls them on the thread and loop of the call.
    Calls(&'b Calls),
    /// Runs them elsewhere.
    HandsOff(&'b HandsOff),
    /// Keeps them, or only looks at them.
    Keeps,
}

/// What becomes of the order of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderOf {
    /// What the callable is a method of has it from there on.
    Collects,
    /// The result does not depend on it.
    Ignores,
    /// The result has it, and it is seen nowhere else.
    Keeps,
    /// The result is a set again.
    Remains,
    /// It can be seen.
    Shows,
    /// The keys of the result have it.
    Tables,
}

/// What the file says, indexed. Lookups allocate nothing but where they say so.
#[derive(Debug)]
pub struct Behaviour {
    file: BehaviourFile,
    handling: Patterns<Slot>,
    keeps_methods: NamePatterns,
    hands_off_methods: FxHashSet<String>,
    dunders: FxHashMap<String, Vec<usize>>,
    changes: FxHashMap<String, usize>,
    changes_methods: FxHashSet<String>,
    constructs: FxHashMap<String, usize>,
    managers: FxHashMap<String, ManagerRole>,
    true_objects: FxHashSet<String>,
    fields: FxHashMap<String, usize>,
    generators: FxHashMap<String, usize>,
    gives_json: FxHashSet<String>,
    guards: FxHashMap<String, usize>,
    made_of_arguments: FxHashSet<String>,
    mixins: FxHashMap<String, usize>,
    takes_in: FxHashMap<String, usize>,
    never_returns: FxHashMap<String, usize>,
    only_in: FxHashMap<String, RunsIn>,
    order: FxHashMap<String, Vec<(OrderOf, usize)>>,
    partials: FxHashSet<String>,
    arguments: FxHashMap<String, usize>,
    items: FxHashMap<String, usize>,
    callables: FxHashMap<CallableRole, Patterns<()>>,
    callable_methods: FxHashMap<CallableRole, FxHashSet<String>>,
    classes: FxHashMap<ClassRole, Patterns<()>>,
    generator_managers: FxHashSet<String>,
    generics: FxHashMap<String, GenericKind>,
    sets_up: FxHashMap<String, SetUpKind>,
    special: FxHashMap<String, SpecialKind>,
    awaits: FxHashMap<String, AwaitKind>,
    succeeds: FxHashMap<String, usize>,
    takes_zone: FxHashMap<String, usize>,
    validators: FxHashSet<String>,
    computed: FxHashSet<String>,
    settings: FxHashSet<String>,
    validates_defaults: FxHashSet<String>,
}

/// Where [`Handling`] is found.
#[derive(Debug, Clone, Copy)]
enum Slot {
    Calls(usize),
    HandsOff(usize),
    Keeps,
}

/// The embedded file, read on the first call.
///
/// # Panics
///
/// Never: `build.rs` has read the same text against the same types.
pub fn behaviour() -> &'static Behaviour {
    static BEHAVIOUR: OnceLock<Behaviour> = OnceLock::new();
    BEHAVIOUR.get_or_init(|| Behaviour::read(EMBEDDED).expect("build.rs checks what it embeds"))
}

#[derive(Deserialize)]
struct Embedded {
    behaviour: BehaviourFile,
}

impl Behaviour {
    fn read(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json).map(|Embedded { behaviour }| Self::of(behaviour))
    }

    /// This, and what a project adds; of two entries for a symbol the later one counts.
    #[must_use]
    pub fn extended<'f>(&self, by: impl Iterator<Item = &'f ExtensionBehaviour>) -> Self {
        let mut file = self.file.clone();
        for added in by {
            let ExtensionBehaviour { calls, hands_off, keeps, never_returns, returns_argument } = added.clone();
            let symbols = calls.iter().flat_map(|entry| &entry.symbols);
            let symbols = symbols.chain(hands_off.iter().flat_map(|entry| &entry.symbols)).chain(&keeps);
            let said: FxHashSet<&String> = symbols.collect();
            file.keeps.retain(|symbol| !said.contains(symbol));
            file.calls.iter_mut().for_each(|entry| entry.symbols.retain(|symbol| !said.contains(symbol)));
            file.hands_off.iter_mut().for_each(|entry| entry.symbols.retain(|symbol| !said.contains(symbol)));
            file.calls.extend(calls);
            file.hands_off.extend(hands_off);
            file.keeps.extend(keeps);
            file.never_returns.extend(never_returns);
            file.returns_argument.extend(returns_argument);
        }
        Self::of(file)
    }

    fn of(file: BehaviourFile) -> Self {
        Self {
            handling: handling(&file),
            keeps_methods: NamePatterns::of(&file.keeps_methods),
            hands_off_methods: file.hands_off_methods.iter().cloned().collect(),
            dunders: all_by_symbol(&file.calls_dunders, |entry| &entry.symbols),
            changes: by_symbol(&file.changes, |entry| &entry.symbols),
            changes_methods: file.changes_methods.iter().cloned().collect(),
            constructs: by_symbol(&file.constructs, |entry| &entry.symbols),
            managers: values_by_symbol(&file.context_managers, |entry| (&entry.symbols, entry.role)),
            true_objects: file.true_objects.iter().cloned().collect(),
            fields: by_symbol(&file.fields, |entry| &entry.symbols),
            generators: by_symbol(&file.generates_constructor, |entry| &entry.symbols),
            gives_json: file.gives_json.iter().cloned().collect(),
            made_of_arguments: file.made_of_arguments.iter().cloned().collect(),
            guards: by_symbol(&file.guards, |entry| std::slice::from_ref(&entry.symbol)),
            mixins: by_symbol(&file.mixins, |entry| std::slice::from_ref(&entry.class)),
            takes_in: by_symbol(&file.takes_in, |entry| &entry.symbols),
            never_returns: by_symbol(&file.never_returns, |entry| &entry.symbols),
            only_in: values_by_symbol(&file.only_in, |entry| (&entry.symbols, entry.side)),
            order: order(&file),
            partials: file.partials.iter().cloned().collect(),
            arguments: by_symbol(&file.returns_argument, |entry| &entry.symbols),
            items: by_symbol(&file.returns_items, |entry| &entry.symbols),
            callables: by_role(file.callables.iter().map(|entry| (entry.role, &entry.symbols))),
            callable_methods: callable_methods(&file),
            classes: by_role(file.classes.iter().map(|entry| (entry.role, &entry.symbols))),
            generator_managers: file.generator_managers.iter().cloned().collect(),
            generics: values_by_symbol(&file.generics, |entry| (&entry.symbols, entry.says)),
            sets_up: values_by_symbol(&file.sets_up, |entry| (&entry.symbols, entry.leaves)),
            special: values_by_symbol(&file.special, |entry| (&entry.symbols, entry.does)),
            awaits: values_by_symbol(&file.awaits, |entry| (&entry.symbols, entry.does)),
            succeeds: by_symbol(&file.succeeds, |entry| &entry.symbols),
            takes_zone: by_symbol(&file.takes_zone, |entry| &entry.symbols),
            validators: of_generators(&file, |entry| &entry.validators),
            computed: of_generators(&file, |entry| &entry.computed),
            settings: of_generators(&file, |entry| &entry.settings),
            validates_defaults: of_generators(&file, |entry| &entry.validates_defaults),
            file,
        }
    }

    /// What a callable does with functions; `None` where that is not known, so that it perhaps calls them.
    #[must_use]
    pub fn handling(&self, symbol: &str) -> Option<Handling<'_>> {
        let slot = self.handling.get(symbol).filter(|_| self.handling.holds_for(symbol))?;
        Some(match slot {
            Slot::Calls(at) => Handling::Calls(&self.file.calls[*at]),
            Slot::HandsOff(at) => Handling::HandsOff(&self.file.hands_off[*at]),
            Slot::Keeps => Handling::Keeps,
        })
    }

    /// Whether a method of this name runs elsewhere what it is given, of whatever class the object is.
    #[must_use]
    pub fn is_handing_off_method(&self, name: &str) -> bool {
        self.hands_off_methods.contains(name)
    }

    /// Whether a method of this name keeps what it is given, of whatever class the object is.
    #[must_use]
    pub fn is_keeping_method(&self, name: &str) -> bool {
        self.keeps_methods.matches(name)
    }

    /// The special methods that a call runs, and whose.
    pub fn dunders(&self, symbol: &str) -> impl Iterator<Item = &CallsDunders> {
        self.dunders.get(symbol).into_iter().flatten().map(|at| &self.file.calls_dunders[*at])
    }

    /// Which of the values of a call it changes.
    #[must_use]
    pub fn changes(&self, symbol: &str) -> Option<&ValueOf> {
        self.changes.get(symbol).map(|at| &self.file.changes[*at].object)
    }

    /// Whether a method of this name changes its object, of whatever class that is.
    #[must_use]
    pub fn changes_its_object(&self, method: &str) -> bool {
        self.changes_methods.contains(method)
    }

    /// How a call makes or copies an object without calling its class. A method of a class of the project stands under
    /// the name of the base that gives it (`pydantic.BaseModel.model_validate`).
    #[must_use]
    pub fn construction(&self, symbol: &str) -> Option<&Constructs> {
        self.constructs.get(symbol).map(|at| &self.file.constructs[*at])
    }

    /// What `with` a result of this callable does with its block.
    #[must_use]
    pub fn manager(&self, symbol: &str) -> Option<ManagerRole> {
        self.managers.get(symbol).copied()
    }

    /// Whether objects of a class are true, whatever they hold.
    #[must_use]
    pub fn has_true_objects(&self, class: &str) -> bool {
        self.true_objects.contains(class)
    }

    /// The keywords of a callable that makes a field.
    #[must_use]
    pub fn field_maker(&self, symbol: &str) -> Option<&FieldMakers> {
        self.fields.get(symbol).map(|at| &self.file.fields[*at])
    }

    /// How a base or a decorator generates a constructor.
    #[must_use]
    pub fn generator(&self, symbol: &str, form: GeneratorForm) -> Option<&GeneratesConstructor> {
        self.generators.get(symbol).map(|at| &self.file.generates_constructor[*at]).filter(|entry| entry.form == form)
    }

    /// What a question answers; it may have no answer on a side.
    #[must_use]
    pub fn guard(&self, symbol: &str) -> Option<&Guard> {
        self.guards.get(symbol).map(|at| &self.file.guards[*at])
    }

    /// The methods of a class that a method runs which the class has from this abstract one, or from this decorator.
    #[must_use]
    pub fn mixin(&self, class: &str, method: &str) -> Option<&[String]> {
        let entry = &self.file.mixins[*self.mixins.get(class)?];
        entry.methods.get(method).map(Vec::as_slice)
    }

    /// The classes whose objects an abstract one counts among its own.
    #[must_use]
    pub fn taken_in(&self, class: &str) -> &[String] {
        self.takes_in.get(class).map_or(&[], |at| &self.file.takes_in[*at].classes)
    }

    /// Whether a call does not come back, and what it raises then.
    #[must_use]
    pub fn never_returns(&self, symbol: &str) -> Option<&NeverReturns> {
        self.never_returns.get(symbol).map(|at| &self.file.never_returns[*at])
    }

    /// Everything that works on one side alone.
    pub fn all_only_in(&self) -> impl Iterator<Item = &str> {
        self.only_in.keys().map(String::as_str)
    }

    /// The only side on which a call does not raise.
    #[must_use]
    pub fn only_in(&self, symbol: &str) -> Option<RunsIn> {
        self.only_in.get(symbol).copied()
    }

    /// What becomes of the order of the sets that a call is given; without an entry it is perhaps shown.
    pub fn order(&self, symbol: &str) -> impl Iterator<Item = (OrderOf, &OrderedUse)> {
        self.order.get(symbol).into_iter().flatten().map(|(order, at)| {
            let uses = match order {
                OrderOf::Collects => &self.file.order.collects,
                OrderOf::Ignores => &self.file.order.ignores,
                OrderOf::Keeps => &self.file.order.keeps,
                OrderOf::Remains => &self.file.order.remains,
                OrderOf::Shows => &self.file.order.shows,
                OrderOf::Tables => &self.file.order.tables,
            };
            (*order, &uses[*at])
        })
    }

    /// Whether a function gives what a text in JSON says.
    #[must_use]
    pub fn gives_json(&self, symbol: &str) -> bool {
        self.gives_json.contains(symbol)
    }

    /// Whether a function makes what it gives of its arguments alone.
    #[must_use]
    pub fn is_made_of_arguments(&self, symbol: &str) -> bool {
        self.made_of_arguments.contains(symbol)
    }

    /// Whether a callable keeps another together with arguments for it.
    #[must_use]
    pub fn is_partial(&self, symbol: &str) -> bool {
        self.partials.contains(symbol)
    }

    /// The argument that a callable gives on.
    #[must_use]
    pub fn returned_argument(&self, symbol: &str) -> Option<&ReturnsArgument> {
        self.arguments.get(symbol).map(|at| &self.file.returns_argument[*at])
    }

    /// The items that a callable gives on.
    #[must_use]
    pub fn returned_items(&self, symbol: &str) -> Option<&ReturnsItems> {
        self.items.get(symbol).map(|at| &self.file.returns_items[*at])
    }

    /// Whether a callable does something that a rule asks for.
    #[must_use]
    pub fn does(&self, symbol: &str, role: CallableRole) -> bool {
        self.callables.get(&role).is_some_and(|callables| callables.get(symbol).is_some())
            || self.callable_methods.contains_key(&role) && self.method_does(last_part(symbol), role)
    }

    /// Whether methods of a name do something that a rule asks for, of whatever class they are.
    #[must_use]
    pub fn method_does(&self, name: &str, role: CallableRole) -> bool {
        self.callable_methods.get(&role).is_some_and(|names| names.contains(name))
    }

    /// By which parameter a callable is given a time zone.
    #[must_use]
    pub fn takes_zone(&self, symbol: &str) -> Option<&GivenBy> {
        self.takes_zone.get(symbol).map(|at| &self.file.takes_zone[*at].zone)
    }

    /// Whether a class plays a part.
    #[must_use]
    pub fn has_role(&self, class: &str, role: ClassRole) -> bool {
        self.classes.get(&role).is_some_and(|classes| classes.get(class).is_some())
    }

    /// Whether a decorator makes a context manager of a generator.
    #[must_use]
    pub fn makes_manager_of_generator(&self, symbol: &str) -> bool {
        self.generator_managers.contains(symbol)
    }

    /// What a class says in an annotation.
    #[must_use]
    pub fn generic(&self, class: &str) -> Option<GenericKind> {
        self.generics.get(class).copied()
    }

    /// What a callable of exactly this name does with values, beside what other sections say.
    #[must_use]
    pub fn special(&self, symbol: &str) -> Option<SpecialKind> {
        self.special.get(symbol).copied()
    }

    /// What a method of this name does with values, of whatever class the object is. Allocates.
    #[must_use]
    pub fn special_method(&self, name: &str) -> Option<SpecialKind> {
        self.special.get(&format!("*.{name}")).copied()
    }

    /// What a callable leaves behind that is meant to be there once a process.
    #[must_use]
    pub fn sets_up(&self, symbol: &str) -> Option<SetUpKind> {
        self.sets_up.get(symbol).copied()
    }

    /// What a callable does with coroutines, tasks or futures that it is given.
    #[must_use]
    pub fn awaits(&self, symbol: &str) -> Option<AwaitKind> {
        self.awaits.get(symbol).copied()
    }

    /// Whether a call surely does not raise on a side.
    #[must_use]
    pub fn succeeds(&self, symbol: &str, side: RunsIn) -> bool {
        self.succeeds.get(symbol).is_some_and(|at| self.file.succeeds[*at].sides.contains(&side))
    }

    /// Whether a decorator makes a method one that is shown with the fields of an object.
    #[must_use]
    pub fn is_computed(&self, symbol: &str) -> bool {
        self.computed.contains(symbol)
    }

    /// Whether by an option validators run on the default of a field that is not given, or on what is assigned to one.
    #[must_use]
    pub fn validates_defaults(&self, option: &str) -> bool {
        self.validates_defaults.contains(option)
    }

    /// Whether an attribute of a class whose objects are validated says how, and is no field.
    #[must_use]
    pub fn is_setting(&self, attribute: &str) -> bool {
        self.settings.contains(attribute)
    }

    /// What comes out of a generated constructor where a method raises that a decorator makes a validator.
    #[must_use]
    pub fn gathered_from(&self, validator: &str) -> Option<&Gathers> {
        let mut of_it = self.file.generates_constructor.iter();
        of_it.find(|entry| entry.validators.iter().any(|known| known == validator))?.gathers.as_ref()
    }

    /// Whether a decorator makes a method one that a generated constructor runs.
    #[must_use]
    pub fn is_validator(&self, symbol: &str) -> bool {
        self.validators.contains(symbol)
    }
}

fn of_generators(file: &BehaviourFile, names: impl Fn(&GeneratesConstructor) -> &[String]) -> FxHashSet<String> {
    file.generates_constructor.iter().flat_map(|entry| names(entry).iter().cloned()).collect()
}

fn by_role<'f, R: Eq + Hash>(groups: impl Iterator<Item = (R, &'f Vec<String>)>) -> FxHashMap<R, Patterns<()>> {
    let mut found: FxHashMap<R, Patterns<()>> = FxHashMap::default();
    for (role, symbols) in groups {
        let patterns = found.entry(role).or_default();
        symbols.iter().filter(|symbol| !symbol.starts_with("*.")).for_each(|symbol| patterns.insert(symbol, ()));
    }
    found
}

fn callable_methods(file: &BehaviourFile) -> FxHashMap<CallableRole, FxHashSet<String>> {
    let mut found: FxHashMap<CallableRole, FxHashSet<String>> = FxHashMap::default();
    for entry in &file.callables {
        let names = entry.symbols.iter().filter_map(|symbol| symbol.strip_prefix("*."));
        names.for_each(|name| _ = found.entry(entry.role).or_default().insert(name.to_owned()));
    }
    found
}

fn handling(file: &BehaviourFile) -> Patterns<Slot> {
    let mut patterns = Patterns::default();
    for symbol in &file.keeps {
        patterns.insert(symbol, Slot::Keeps);
    }
    for (at, entry) in file.calls.iter().enumerate() {
        entry.symbols.iter().for_each(|symbol| patterns.insert(symbol, Slot::Calls(at)));
    }
    for (at, entry) in file.hands_off.iter().enumerate() {
        entry.symbols.iter().for_each(|symbol| patterns.insert(symbol, Slot::HandsOff(at)));
    }
    patterns
}

fn order(file: &BehaviourFile) -> FxHashMap<String, Vec<(OrderOf, usize)>> {
    let order = &file.order;
    let parts = [
        (OrderOf::Collects, &order.collects),
        (OrderOf::Ignores, &order.ignores),
        (OrderOf::Keeps, &order.keeps),
        (OrderOf::Remains, &order.remains),
        (OrderOf::Shows, &order.shows),
        (OrderOf::Tables, &order.tables),
    ];
    let mut found: FxHashMap<String, Vec<(OrderOf, usize)>> = FxHashMap::default();
    for (part, uses) in parts {
        for (at, entry) in uses.iter().enumerate() {
            for symbol in &entry.symbols {
                found.entry(symbol.clone()).or_default().push((part, at));
            }
        }
    }
    found
}

fn by_symbol<T>(entries: &[T], symbols: impl Fn(&T) -> &[String]) -> FxHashMap<String, usize> {
    let named = |(at, entry)| symbols(entry).iter().map(move |symbol| (symbol.clone(), at));
    entries.iter().enumerate().flat_map(named).collect()
}

fn all_by_symbol<T>(entries: &[T], symbols: impl Fn(&T) -> &[String]) -> FxHashMap<String, Vec<usize>> {
    let mut found: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, entry) in entries.iter().enumerate() {
        symbols(entry).iter().for_each(|symbol| found.entry(symbol.clone()).or_default().push(at));
    }
    found
}

fn values_by_symbol<T, V: Copy>(entries: &[T], parts: impl Fn(&T) -> (&[String], V)) -> FxHashMap<String, V> {
    let named = |entry| {
        let (symbols, value) = parts(entry);
        symbols.iter().map(move |symbol| (symbol.clone(), value))
    };
    entries.iter().flat_map(named).collect()
}

/// Names, of which a final `*` stands for any ending.
#[derive(Debug, Default)]
struct NamePatterns {
    exact: FxHashSet<String>,
    starts: Vec<String>,
}

impl NamePatterns {
    fn of(names: &[String]) -> Self {
        let mut patterns = Self::default();
        for name in names {
            match name.strip_suffix('*') {
                Some(start) => patterns.starts.push(start.to_owned()),
                None => {
                    patterns.exact.insert(name.clone());
                }
            }
        }
        patterns
    }

    fn matches(&self, name: &str) -> bool {
        self.exact.contains(name) || self.starts.iter().any(|start| name.starts_with(start.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{Elsewhere, GivenOn, Made, Moment, Runs, ValueOf};
    use super::super::tables;
    use super::*;

    /// Each section with what its entries name, a group apart where a symbol may stand in several.
    fn sections(file: &BehaviourFile) -> Vec<(&'static str, Vec<&String>)> {
        let handled = file.calls.iter().flat_map(|entry| &entry.symbols);
        let handled = handled.chain(file.hands_off.iter().flat_map(|entry| &entry.symbols)).chain(&file.keeps);
        vec![
            ("calls, hands-off and keeps", handled.collect()),
            ("awaits", file.awaits.iter().flat_map(|entry| &entry.symbols).collect()),
            ("changes", file.changes.iter().flat_map(|entry| &entry.symbols).collect()),
            ("changes-methods", file.changes_methods.iter().collect()),
            ("constructs", file.constructs.iter().flat_map(|entry| &entry.symbols).collect()),
            ("context-managers", file.context_managers.iter().flat_map(|entry| &entry.symbols).collect()),
            ("true-objects", file.true_objects.iter().collect()),
            ("fields", file.fields.iter().flat_map(|entry| &entry.symbols).collect()),
            ("generates-constructor", file.generates_constructor.iter().flat_map(|entry| &entry.symbols).collect()),
            ("gives-json", file.gives_json.iter().collect()),
            ("made-of-arguments", file.made_of_arguments.iter().collect()),
            ("guards", file.guards.iter().map(|entry| &entry.symbol).collect()),
            ("hands-off-methods", file.hands_off_methods.iter().collect()),
            ("keeps-methods", file.keeps_methods.iter().collect()),
            ("mixins", file.mixins.iter().map(|entry| &entry.class).collect()),
            ("never-returns", file.never_returns.iter().flat_map(|entry| &entry.symbols).collect()),
            ("only-in", file.only_in.iter().flat_map(|entry| &entry.symbols).collect()),
            ("partials", file.partials.iter().collect()),
            ("returns-argument", file.returns_argument.iter().flat_map(|entry| &entry.symbols).collect()),
            ("returns-items", file.returns_items.iter().flat_map(|entry| &entry.symbols).collect()),
            ("generator-managers", file.generator_managers.iter().collect()),
            ("generics", file.generics.iter().flat_map(|entry| &entry.symbols).collect()),
            ("sets-up", file.sets_up.iter().flat_map(|entry| &entry.symbols).collect()),
            ("special", file.special.iter().flat_map(|entry| &entry.symbols).collect()),
            ("succeeds", file.succeeds.iter().flat_map(|entry| &entry.symbols).collect()),
            ("takes-in", file.takes_in.iter().flat_map(|entry| &entry.symbols).collect()),
            ("takes-zone", file.takes_zone.iter().flat_map(|entry| &entry.symbols).collect()),
        ]
    }

    #[test]
    fn no_symbol_stands_twice_in_a_section() {
        for (section, symbols) in sections(&behaviour().file) {
            let mut seen = FxHashSet::default();
            let twice: Vec<_> = symbols.into_iter().filter(|symbol| !seen.insert(*symbol)).collect();
            assert!(twice.is_empty(), "{section}: {twice:?}");
        }
    }

    #[test]
    fn no_value_has_its_order_both_shown_and_not() {
        let behaviour = behaviour();
        for symbol in behaviour.order.keys() {
            let uses: Vec<_> = behaviour.order(symbol).map(|(_, entry)| &entry.of).collect();
            for (at, of) in uses.iter().enumerate() {
                assert!(!uses[..at].contains(of), "{symbol}: {of:?} stands twice");
            }
        }
    }

    #[test]
    fn no_special_method_stands_twice_for_the_same_value() {
        let behaviour = behaviour();
        for symbol in behaviour.dunders.keys() {
            let mut seen: Vec<(&ValueOf, &[String])> = Vec::new();
            for entry in behaviour.dunders(symbol) {
                for method in &entry.methods {
                    let found = (&entry.of, method.names());
                    assert!(!seen.contains(&found), "{symbol}: {found:?} stands twice");
                    seen.push(found);
                }
            }
        }
    }

    #[test]
    fn symbols_stand_under_the_names_that_the_tables_use() {
        for (section, symbols) in sections(&behaviour().file) {
            for symbol in symbols.into_iter().filter(|symbol| !section.ends_with("-methods") && !symbol.ends_with(".*"))
            {
                assert_eq!(tables().canonical(symbol), symbol.as_str(), "{section}");
            }
        }
        for symbol in behaviour().dunders.keys().chain(behaviour().order.keys()) {
            assert_eq!(tables().canonical(symbol), symbol.as_str());
        }
    }

    #[test]
    fn what_is_named_as_special_is_a_method_that_python_knows() {
        // A class that the caller gives has the methods that the callable is documented to ask.
        let asks_python = |entry: &&CallsDunders| !matches!(entry.of, ValueOf::Made(_));
        for entry in behaviour().file.calls_dunders.iter().filter(asks_python) {
            for name in entry.methods.iter().flat_map(super::super::schema::OneOf::names) {
                let is_dunder = name.starts_with("__") && name.ends_with("__");
                assert!(is_dunder || matches!(name.as_str(), "aclose" | "close" | "keys"), "{name}");
            }
        }
    }

    #[test]
    fn the_exact_entry_wins_over_the_pattern() {
        let behaviour = behaviour();
        assert!(matches!(behaviour.handling("temporalio.workflow.execute_activity"), Some(Handling::Keeps)));
        assert!(matches!(behaviour.handling("temporalio.workflow.wait_condition"), Some(Handling::Calls(_))));
        assert!(behaviour.handling("some.unknown.function").is_none());
        assert!(
            behaviour.handling("fastapi.FastAPI().some_call().x").is_none(),
            "a method of a result is another thing"
        );
    }

    #[test]
    fn functions_are_called_kept_or_run_elsewhere() {
        let behaviour = behaviour();
        let Some(Handling::Calls(map)) = behaviour.handling("builtins.map") else { panic!("map calls") };
        assert_eq!((map.when, &map.arguments[..]), (Moment::Now, &[ValueOf::ItemsFrom(1)][..]));
        let Some(Handling::Calls(soon)) = behaviour.handling("asyncio.AbstractEventLoop.call_soon") else {
            panic!("call_soon calls")
        };
        assert_eq!((soon.when, soon.callable.position), (Moment::Later, Some(0)));
        let Some(Handling::HandsOff(thread)) = behaviour.handling("threading.Thread") else { panic!("runs elsewhere") };
        assert_eq!((thread.to, thread.callable.name.as_deref()), (Elsewhere::Thread, Some("target")));
        let Some(Handling::HandsOff(sync)) = behaviour.handling("asgiref.sync.sync_to_async") else {
            panic!("runs elsewhere")
        };
        assert!(sync.decorator);
        assert!(behaviour.is_handing_off_method("run_in_executor") && !behaviour.is_handing_off_method("run"));
        assert!(behaviour.is_keeping_method("add_listener") && behaviour.is_keeping_method("append"));
        assert!(!behaviour.is_keeping_method("send") && !behaviour.is_keeping_method("appending"));
    }

    #[test]
    fn what_is_done_with_tasks_is_told_apart() {
        let kinds = ["asyncio.gather", "asyncio.shield", "asyncio.AbstractEventLoop.create_task", "asyncio.sleep"];
        let told = kinds.map(|symbol| behaviour().awaits(symbol));
        assert_eq!(told, [Some(AwaitKind::Gathers), Some(AwaitKind::Shields), Some(AwaitKind::Starts), None]);
    }

    #[test]
    fn special_methods_are_given_by_value() {
        let named = |symbol: &str, of: &ValueOf| -> Vec<Vec<String>> {
            let entries = behaviour().dunders(symbol).filter(|entry| entry.of == *of);
            entries.flat_map(|entry| entry.methods.iter().map(|method| method.names().to_vec())).collect()
        };
        assert_eq!(named("builtins.sorted", &ValueOf::ItemOf(0)), [["__lt__"]]);
        assert_eq!(named("builtins.bool", &ValueOf::Argument(0)), [["__bool__", "__len__"]]);
        assert_eq!(named("builtins.max", &ValueOf::Candidates), [["__gt__", "__lt__"]]);
        assert_eq!(behaviour().mixin("collections.abc.Mapping", "get"), Some(&["__getitem__".to_owned()][..]));
        assert_eq!(behaviour().mixin("collections.abc.Mapping", "__getitem__"), None);
    }

    #[test]
    fn objects_are_made_without_a_call_of_their_class() {
        let behaviour = behaviour();
        let validate = behaviour.construction("pydantic.BaseModel.model_validate").expect("makes one");
        assert_eq!((validate.gives, validate.runs.contains(&Runs::Validators)), (Made::Class, true));
        let unchecked = behaviour.construction("pydantic.BaseModel.model_construct").expect("makes one");
        assert!(!unchecked.runs.contains(&Runs::Validators) && unchecked.runs.contains(&Runs::Factories));
        let decorator = behaviour.generator("dataclasses.dataclass", GeneratorForm::Decorator).expect("generates");
        assert_eq!(decorator.post_init, ["__post_init__"]);
        assert!(behaviour.generator("dataclasses.dataclass", GeneratorForm::Base).is_none());
        assert_eq!(behaviour.field_maker("dataclasses.field").expect("makes a field").factory, "default_factory");
    }

    #[test]
    fn guards_answer_by_side() {
        let behaviour = behaviour();
        let guard = behaviour.guard("temporalio.workflow.in_workflow").expect("a guard");
        assert_eq!((guard.workflow, guard.activity, guard.import), (Some(true), Some(false), Some(false)));
        assert_eq!(behaviour.only_in("temporalio.workflow.now"), Some(RunsIn::Workflow));
        assert_eq!(behaviour.only_in("temporalio.activity.info"), Some(RunsIn::Activity));
        assert_eq!(behaviour.only_in("temporalio.workflow.in_workflow"), None);
        assert_eq!(behaviour.manager("temporalio.workflow.unsafe.sandbox_unrestricted"), Some(ManagerRole::Shields));
        let exit = behaviour.never_returns("sys.exit").expect("does not come back");
        assert_eq!(exit.raises.as_deref(), Some("builtins.SystemExit"));
        assert!(behaviour.never_returns("os._exit").is_some_and(|entry| entry.raises.is_none()));
    }

    #[test]
    fn the_order_of_a_set_is_shown_kept_tabled_hidden_or_lost() {
        let of = |symbol: &str| behaviour().order(symbol).next().map(|(order, entry)| (order, entry.unless.as_deref()));
        assert_eq!(of("builtins.sorted"), Some((OrderOf::Ignores, Some("key"))));
        assert_eq!(of("builtins.len"), Some((OrderOf::Ignores, None)));
        assert_eq!(of("builtins.frozenset"), Some((OrderOf::Remains, None)));
        assert_eq!(of("asyncio.wait"), Some((OrderOf::Keeps, None)));
        assert_eq!(of("itertools.chain"), Some((OrderOf::Keeps, None)));
        assert_eq!(of("itertools.accumulate"), Some((OrderOf::Shows, None)));
        assert_eq!(of("collections.Counter"), Some((OrderOf::Tables, None)));
        assert_eq!(of("some.unknown.function"), None);
    }

    #[test]
    fn callables_are_asked_for_by_what_they_do() {
        let behaviour = behaviour();
        assert!(
            behaviour.does("os.walk", CallableRole::ListsFiles) && !behaviour.does("os.walk", CallableRole::AsksPath)
        );
        assert!(behaviour.does("os.path.join", CallableRole::AsksPath), "one may do several things");
        assert!(behaviour.does("os.path.join", CallableRole::KeepsPath));
        assert!(behaviour.does("logging.Logger.info", CallableRole::RaisesNothing), "all that a module has");
        assert!(behaviour.does("pathlib.Path.is_file", CallableRole::AsksOfFile), "a method of this name");
        assert!(!behaviour.does("pathlib.Path.read_text", CallableRole::AsksOfFile));
        assert!(behaviour.method_does("joinpath", CallableRole::ExtendsPath));
        let zone = behaviour.takes_zone("datetime.datetime.replace").expect("takes one");
        assert_eq!((zone.position, zone.name.as_deref()), (Some(7), Some("tzinfo")));
        assert!(behaviour.takes_zone("datetime.datetime.now").is_none(), "the sandbox refuses it whatever it is given");
    }

    #[test]
    fn arguments_and_items_are_given_on() {
        let behaviour = behaviour();
        let cast = behaviour.returned_argument("typing.cast").expect("gives it on");
        assert_eq!((cast.argument, cast.form), (1, GivenOn::Itself));
        let task = behaviour.returned_argument("asyncio.create_task").expect("gives it on");
        assert_eq!(task.form, GivenOn::Task);
        assert_eq!(behaviour.returned_items("builtins.next").expect("an item").of, ValueOf::ItemOf(0));
        assert!(behaviour.is_partial("functools.partial") && behaviour.has_true_objects("uuid.UUID"));
    }
}
