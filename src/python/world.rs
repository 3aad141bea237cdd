//! What the engine asks about code outside the project.
//!
//! Knows: the questions, and the few words in which they are answered. Does not know: any answer.

use super::value::{Arguments, Values};
use crate::semantic::{Name, Operator};

/// A value of a call. Positions are from 0 and leave out the object of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// The argument at a position.
    Argument(usize),
    /// Each positional argument from a position on, in its place.
    ArgumentsFrom(usize),
    /// Each argument that is given by name.
    Named,
    /// An item of the iterable at a position.
    ItemOf(usize),
    /// An item of each iterable from a position on, in their places.
    ItemsFrom(usize),
    /// What the mapping at a position has under a key.
    ValueIn(usize),
    /// An object of a class outside the project.
    Object(Name),
    /// An item of the only positional argument, or each of them where there are several.
    Candidates,
    /// An object of the class that a keyword gives.
    Made(Name),
    /// The object that a method is called on.
    Receiver,
    /// An item of it.
    ReceiverItem,
    /// What cannot be told.
    Unknown,
}

/// The function among what an outside callable is given, and what it is called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The position of the argument.
    pub position: Option<usize>,
    /// Its keyword.
    pub keyword: Option<Name>,
    /// What it is called with.
    pub arguments: Vec<Operand>,
    /// Whether it is called with the other keyword arguments too.
    pub keywords: bool,
    /// Whether it is called with arguments that are not known.
    pub open: bool,
    /// Whether it is called after the call has returned.
    pub later: bool,
    /// It is called only where this many arguments are given.
    pub with_arguments: Option<usize>,
}

/// What an outside callable does with functions that are handed to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOff {
    /// Calls one of its arguments, at once or later on the same thread.
    Calls(Handed),
    /// May call them: nothing is known about it.
    Perhaps,
    /// Keeps them as names only.
    Keeps,
    /// Calls them on another thread or in another process.
    Elsewhere,
    /// Gives a function that calls the one it is given on another thread or in another process.
    MakesElsewhere,
}

/// The function among what an outside callable is given that it runs on another thread or in another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenElsewhere {
    /// The position of the argument.
    pub position: Option<usize>,
    /// Its keyword.
    pub keyword: Option<Name>,
    /// Whether it sees the context variables of the caller.
    pub keeps_context: bool,
}

/// What may be asked of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// Whether it can be called.
    Callable,
    /// Whether it is a function that gives coroutines.
    CoroutineFunction,
    /// Whether it can be awaited.
    Awaitable,
    /// Whether it is a coroutine.
    Coroutine,
}

/// What the language and its library do with values, where that decides what an expression may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Special {
    /// `getattr(object, name)`.
    GetAttr,
    /// `super()`.
    Super,
    /// `type(object)`, `type(name, bases, members)`.
    Type,
    /// `isinstance(object, classes)`.
    IsInstance,
    /// `issubclass(class, classes)`.
    IsSubclass,
    /// `hasattr(object, name)`.
    HasAttr,
    /// Makes an object that has nothing but its identity: `object()`.
    BareObject,
    /// Asks what an object can do: `callable(object)`.
    Asks(Asked),
    /// Makes a set of what it is given.
    Set,
    /// Makes a sequence of the items of what it is given, in their order or one of its own.
    Sequence,
    /// `filter(function, items)`.
    Filter,
    /// Gives one of the items of what it is given.
    Item,
    /// `map(function, items)`.
    Map,
    /// `enumerate(items)`.
    Enumerate,
    /// `zip(items, …)`.
    Zip,
    /// Gives tuples or lists of some of the items of what it is given.
    Several,
    /// Gives pairs of a key and an iterator of some of the items of what it is given.
    Grouped,
    /// Makes a dict of entries and keywords.
    Dict,
    /// Makes a table of tables that is no dict: the first that has a key gives what stands under it.
    Chains,
    /// `defaultdict(factory)`.
    DefaultDict,
    /// `dict.fromkeys(keys, value)`.
    FromKeys,
    /// `partial(callee, …)`.
    Partial,
    /// `methodcaller(name)`.
    MethodCaller,
    /// `attrgetter(name)`.
    AttrGetter,
    /// `itemgetter(key)`.
    ItemGetter,
    /// A function that does what an operator does.
    Operates(Operator),
    /// Makes a holder that gives what is given as `default` until something else is put into it.
    HoldsDefault,
    /// `import_module(name)`.
    ImportModule,
    /// `__import__(name)`.
    DunderImport,
    /// `cast(type, value)`.
    Cast,
    /// Gives its first argument.
    First,
    /// The class that a metaclass makes: what it is given first, unless no making is in sight and that is the metaclass.
    MakesClass,
    /// Makes a task of an awaitable.
    Task,
    /// Gives what awaiting its first argument gives, once awaited.
    WaitsFor,
    /// Gives what awaiting its first argument gives, at once.
    RunsToEnd,
    /// `gather(…)`.
    Gather,
    /// `NewType(name, type)`.
    NewType,
    /// `TypeVar(name, bound=…)`.
    TypeVar,
    /// Starts something by a reference: what awaiting the result gives is what the target declares.
    Starts,
    /// As `Starts`; the call itself is awaited to the end of what it starts.
    Executes,
    /// As `Starts`, and awaiting the call gives a handle that is awaited once more.
    StartsHandle,
    /// Makes an object of the class that it is called on.
    Constructs,
    /// Makes an object of the class that it is given.
    ConstructsGiven(GivenClass),
    /// As `Constructs`, of the fields that it is given; they are not validated.
    ConstructsUnchecked,
    /// As `Constructs`, from the object that it is called on.
    Copies,
    /// An object's `copy` with other fields, given as the first argument.
    Replaces,
    /// `TypeAdapter(type)`.
    TypeAdapter,
    /// The object that a `TypeAdapter` makes.
    Adapts,
    /// A method that gives an item of its container.
    TakesItem,
    /// A method that gives the value of a key.
    TakesValue,
    /// A method that gives some pair of key and value.
    TakesPair,
    /// A method that gives all values.
    Values,
    /// A method that gives all pairs of key and value.
    Pairs,
    /// A method that gives all keys.
    Keys,
    /// A method that gives the container itself, or one like it.
    Itself,
    /// `task.result()`.
    TakesResult,
    /// Calls its first argument with what came of it before and the next item of its second.
    Reduce,
    /// Gives what the function gives that it calls, or something else.
    PerhapsResult,
    /// Enters the context manager that it is given, and leaves it later.
    Enters,
    /// As `Enters`, once awaited.
    EntersAsync,
    /// Once awaited, gives the tasks that are done and those that are not, of those given.
    Waits,
    /// Shows all fields of an object, computed ones too.
    Dumps,
    /// A method of texts that gives what follows from the text and the arguments alone.
    OfText(OfText),
    /// `singledispatch(function)`.
    SingleDispatch,
    /// A field of a generated constructor: `field(default_factory=…)`.
    Field,
}

/// What a method of texts gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OfText {
    /// Whether it begins with another text, or one of several.
    Begins,
    /// Whether it ends with another text, or one of several.
    Ends,
    /// The text in small letters.
    Lower,
    /// The text without the spaces around it.
    Strip,
    /// The text in capitals.
    Upper,
}

/// How a class of the project gets a constructor that nobody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// Not at all.
    No,
    /// By a decorator or base that makes one of the annotated fields.
    Fields,
    /// As `Fields`, and what is given is validated.
    Validated,
    /// As `Validated`, and what is not given is read from the environment: a default is what there is where nothing is found.
    FromEnvironment,
}

/// What the keywords of a callable say that describes a field: `field(default_factory=list)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldKeywords {
    /// The keyword of the default, which may be given by position, too. None where that is the factory.
    pub default: Option<Name>,
    /// The keyword of what makes the default.
    pub factory: Name,
    /// The keywords of functions that run on what is given for the field.
    pub hooks: Vec<Name>,
    /// Whether the signature of a factory may be asked for when the class is made.
    pub asks_factories: bool,
}

/// What becomes of the order of what a callable is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderOf {
    /// What the callable is a method of has the order of its argument from there on.
    Collected,
    /// The callable's outcome does not depend on the order of its argument.
    Free,
    /// The callable gives something in the order of its argument, and shows it nowhere else.
    Kept,
    /// As `Free`, unless this keyword is given: what is alike to it stays in the order in which it came.
    FreeUnless(Name),
    /// The callable's outcome shows the order of its argument.
    Shown,
    /// The keys of what the callable gives have the order of its argument: who asks by key does not see it.
    Tabled,
    /// Not known.
    Unknown,
}

/// What the project's code is told about code outside it, and about where it runs.
///
/// Everything that has to do with a library is answered here; the engine itself knows the language alone.
pub trait World: Sync {
    /// The one name of a symbol that has several.
    fn canonical(&self, name: Name) -> Name;
    /// The class of what a call of the symbol returns.
    fn returns(&self, name: Name) -> Option<Name>;
    /// Whether a call of the symbol may give `None` instead, unless it is given the argument of a position and name.
    fn perhaps_none(&self, name: Name) -> Option<Option<(usize, Name)>>;
    /// The class of an attribute's value.
    fn attribute(&self, name: Name) -> Option<Name>;
    /// The first base of a class that matters.
    fn base(&self, class: Name) -> Option<Name>;
    /// Whether a top-level module name is that of a known library.
    fn is_library(&self, top: &str) -> bool;
    /// Whether a top-level module is outside the project even where a folder of the project has its name.
    fn is_always_outside(&self, top: &str) -> bool;
    /// Whether anything is known about exactly this symbol.
    fn knows(&self, name: Name) -> bool;
    /// Whether it is known what a call of exactly this symbol does, and not only of all that is below another.
    fn is_listed(&self, name: Name) -> bool;
    /// Whether what is imported inside `with name():` runs outside the code at hand.
    fn imports_outside(&self, name: Name) -> bool;
    /// Whether the symbol is known to be called, and not to be a plain value.
    fn is_callable(&self, name: Name) -> bool;
    /// What a call of the symbol, or the symbol itself, answers where this code runs, if that is certain.
    fn truth(&self, name: Name) -> Option<bool>;
    /// What a call of the symbol answers while modules are imported, if that is certain.
    fn truth_at_import(&self, name: Name) -> Option<bool>;
    /// Whether a call of the symbol raises where this code runs, if that is certain.
    fn fails(&self, name: Name) -> Option<bool>;
    /// Whether an import of a module, or of a name from it, surely works.
    fn provides(&self, module: Name, name: Option<Name>) -> bool;
    /// What the symbol does with functions handed to it.
    fn hand_off(&self, name: Name) -> &HandOff;
    /// Which of the functions that the symbol is given it runs elsewhere, where that is known.
    fn taken_elsewhere(&self, name: Name) -> Option<&TakenElsewhere>;
    /// The least that a symbol can be which holds a version, where that is known: its first two numbers.
    fn least_version(&self, name: Name) -> Option<(u8, u8)>;
    /// Whether a module may be what was started, so that `__name__` is `"__main__"` in it.
    fn may_be_the_program(&self) -> bool;
    /// Whether the body of `with name():` is none of the analysis's business.
    fn shields(&self, name: Name) -> bool;
    /// Whether the context manager may swallow what its body raises.
    fn suppresses(&self, name: Name) -> bool;
    /// Whether the context manager swallows what others swallow that it is given.
    fn stacks_managers(&self, name: Name) -> bool;
    /// Whether an event loop surely runs on the thread, so that no other can be run on it.
    fn has_running_loop(&self) -> bool;
    /// Whether reading the symbol, without calling it, is of interest.
    fn is_watched(&self, name: Name) -> bool;
    /// Whether a call of the symbol does not return.
    fn never_returns(&self, name: Name) -> bool;
    /// By which position and keyword a call of the symbol is given the function that has to give something true before
    /// the call returns.
    fn returns_once(&self, name: Name) -> Option<(Option<usize>, Option<Name>)>;
    /// What the symbol does with values.
    fn special(&self, name: Name) -> Option<Special>;
    /// Whether the symbol, as a decorator or base, generates a constructor.
    fn generates(&self, name: Name) -> Generated;
    /// The methods that a constructor which the symbol generates runs beside validators, in their order.
    fn constructor_hooks(&self, name: Name) -> &[Name];
    /// What the keywords of a callable say that describes a field.
    fn field_keywords(&self, name: Name) -> Option<&FieldKeywords>;
    /// Whether a decorator makes the method one that runs when an object of its class is made.
    fn validates(&self, name: Name) -> bool;
    /// Whether a decorator makes the method one of the fields that are shown with the object.
    fn computes(&self, name: Name) -> bool;
    /// Whether an annotation by this symbol makes an attribute of a class no field of its objects.
    fn is_class_variable(&self, name: Name) -> bool;
    /// Whether an annotation by this symbol makes an attribute of a class one that its constructor only hands on.
    fn is_init_variable(&self, name: Name) -> bool;
    /// Whether an attribute of a class whose objects are validated says how, and is no field.
    fn configures_models(&self, attribute: Name) -> bool;
    /// Whether a symbol is one of the language's own library.
    fn is_standard(&self, name: Name) -> bool;
    /// Whether by an option validators run on the default of a field that is not given, or on what is assigned to one.
    fn validates_defaults(&self, option: Name) -> bool;
    /// Whether objects of a class that derives from this base are tables with the annotated items.
    fn is_typed_table(&self, base: Name) -> bool;
    /// Whether objects of a class that derives from this base are tuples of the annotated fields.
    fn is_named_tuple(&self, base: Name) -> bool;
    /// Whether objects of a class that has this as a base or decorator keep the fields that they were made with.
    fn freezes(&self, name: Name) -> bool;
    /// Whether a class is one whose members are the attributes of its body.
    fn is_enumeration(&self, class: Name) -> bool;
    /// Whether objects of a class are always true.
    fn is_always_true(&self, class: Name) -> bool;
    /// Whether a base is one that adds nothing: `object`, `ABC`, `Generic`, `Protocol`.
    fn is_plain_base(&self, class: Name) -> bool;
    /// Whether a base makes a class abstract: only what derives from it is ever made.
    fn is_abstract_base(&self, class: Name) -> bool;
    /// Whether an abstract class counts objects of a class among its own that does not derive from it.
    fn takes_in(&self, class: Name, other: Name) -> bool;
    /// Whether a class that has this base is a protocol.
    fn is_protocol(&self, base: Name) -> bool;
    /// Whether objects of a class give back what is put into them.
    fn is_container(&self, class: Name) -> bool;
    /// What a generic class stands for in annotations.
    fn generic(&self, class: Name) -> Generic;
    /// Whether the outcome of a call depends on the order of one of its values: of an argument, of the receiver, or
    /// ([`Operand::Unknown`]) of what is given by keyword.
    fn order(&self, name: Name, of: Operand) -> OrderOf;
    /// The special methods that a call of the symbol runs on its values.
    fn runs(&self, name: Name) -> &[Runs];
    /// Whether values of a class of this name hash alike in every process.
    fn hashes_alike(&self, class: Name) -> bool;
    /// Whether a decorator or base generates a `__hash__` that depends on the fields of an object alone.
    fn hashes_by_fields(&self, name: Name) -> bool;
    /// Whether the class is that of loggers.
    fn is_logger(&self, class: Name) -> bool;
    /// Whether the symbol makes a context manager of a generator.
    fn makes_context_manager(&self, name: Name) -> bool;
    /// Whether objects of a class can be put around a function as a decorator, and are then entered with each call.
    fn is_context_decorator(&self, class: Name) -> bool;
}

/// A special method that an outside callable runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs {
    /// On what.
    pub of: Operand,
    /// The methods, of which the first that there is runs.
    pub methods: Vec<Name>,
}

/// Where a call is given the class of what it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GivenClass {
    /// At which position, if by position at all.
    pub position: Option<usize>,
    /// By which name, if by name at all.
    pub keyword: Option<Name>,
}

impl GivenClass {
    /// The class; `None` where it is surely not given.
    #[must_use]
    pub fn of(self, arguments: &Arguments) -> Option<Values> {
        let keyword = self.keyword.as_ref().map_or("", |keyword| keyword.as_str());
        arguments.get(self.position.unwrap_or(usize::MAX), keyword)
    }
}

/// What `Class[…]` says in an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generic {
    /// Nothing special: an object of the class with these type arguments.
    Class,
    /// What its first argument says: `Optional` adds `None`.
    Optional,
    /// What its first argument says.
    First,
    /// One of its arguments.
    Union,
    /// What awaiting gives stands first.
    Awaitable,
    /// What awaiting gives stands last: `Coroutine[…, …, T]`.
    Coroutine,
    /// Something that gives its first argument when gone through.
    Many,
    /// A list.
    List,
    /// A tuple.
    Tuple,
    /// A dict: the second argument is what it holds.
    Table,
    /// A set.
    Set,
    /// A class itself.
    Type,
    /// Some constant of these.
    Literal,
    /// A function of which nothing is known.
    Callable,
    /// Anything at all.
    Anything,
}
