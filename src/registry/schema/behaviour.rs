// The shape of `rules/api/behaviour.yaml`.
//
// Knows: the sections, and the words that they are written in. Does not know: what a word means to the engine
// (`temporal::symbol`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `rules/api/behaviour.yaml`: how callables outside the project treat what they are given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BehaviourFile {
    /// What becomes of what is awaited.
    pub awaits: Vec<Awaits>,
    /// What is called on the thread and loop of the call.
    pub calls: Vec<Calls>,
    /// Which special methods a callable runs.
    pub calls_dunders: Vec<CallsDunders>,
    /// What calls change.
    pub changes: Vec<Changes>,
    /// Methods that change their object, where its class is not known.
    pub changes_methods: Vec<String>,
    /// Objects made or copied without a call of their class.
    pub constructs: Vec<Constructs>,
    /// What `with` does with a block.
    pub context_managers: Vec<ContextManagers>,
    /// Classes whose objects are true.
    pub true_objects: Vec<String>,
    /// What makes a field of a class with a generated constructor.
    pub fields: Vec<FieldMakers>,
    /// What generates a constructor from annotations.
    pub generates_constructor: Vec<GeneratesConstructor>,
    /// Functions that give what a text in JSON says.
    pub gives_json: Vec<String>,
    /// What a question answers where code runs.
    pub guards: Vec<Guard>,
    /// What runs a function elsewhere.
    pub hands_off: Vec<HandsOff>,
    /// Methods that do, where the class of the object is not known.
    pub hands_off_methods: Vec<String>,
    /// What keeps a function without calling it; patterns as in [`EffectGroup::symbols`].
    pub keeps: Vec<String>,
    /// Methods that do, where the class of the object is not known; a final `*` stands for any ending.
    pub keeps_methods: Vec<String>,
    /// Functions that make what they give of their arguments alone.
    pub made_of_arguments: Vec<String>,
    /// Methods that abstract classes give.
    pub mixins: Vec<Mixin>,
    /// Which classes abstract ones take in that do not derive from them.
    pub takes_in: Vec<TakesIn>,
    /// What does not come back.
    pub never_returns: Vec<NeverReturns>,
    /// What raises where code does not run inside a side.
    pub only_in: Vec<OnlyIn>,
    /// What becomes of the order of a set.
    pub order: Order,
    /// What keeps a callable together with arguments for it.
    pub partials: Vec<String>,
    /// What gives a value on that it was given.
    pub returns_argument: Vec<ReturnsArgument>,
    /// What gives items of an iterable on.
    pub returns_items: Vec<ReturnsItems>,
    /// Callables that matter for what they do.
    pub callables: Vec<Callables>,
    /// Classes that matter for what they are.
    pub classes: Vec<Classes>,
    /// What makes a context manager of a generator.
    pub generator_managers: Vec<String>,
    /// What a class says in an annotation.
    pub generics: Vec<Generics>,
    /// What is meant to be done once a process.
    pub sets_up: Vec<SetsUp>,
    /// What does something with values that no other section says.
    pub special: Vec<Specials>,
    /// What never raises on some sides.
    pub succeeds: Vec<Succeeds>,
    /// What is given a time zone.
    pub takes_zone: Vec<TakesZone>,
}

/// Callables that do the same with what is awaited.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Awaits {
    /// What.
    pub does: AwaitKind,
    /// The callables.
    pub symbols: Vec<String>,
}

/// What a callable does with coroutines, tasks or futures that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AwaitKind {
    /// Gives the results of all, or raises what one of them raises.
    Gathers,
    /// Gives what it is given gives, or gives up after a time.
    Limits,
    /// Gives that too; who is cancelled while he waits does not cancel it.
    Shields,
    /// Makes a task of a coroutine.
    Starts,
    /// Makes a task that the group it is made in waits for.
    StartsInGroup,
    /// Gives back what is done, whatever became of it.
    Waits,
}

/// Callables that change the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// What they change: `receiver`, or an argument.
    pub object: ValueOf,
    /// The callables.
    pub symbols: Vec<String>,
}

/// Callables that play the same part.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callables {
    /// Which.
    pub role: CallableRole,
    /// The callables; patterns as in [`EffectGroup::symbols`], and `*.name`, a method of this name of whatever class.
    pub symbols: Vec<String>,
}

/// What a callable does, as far as a rule asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallableRole {
    /// Asks a mapping for a key: that there is none is an answer.
    AsksKey,
    /// The same, where it is given what to give instead.
    AsksKeyWithDefault,
    /// Asks for an entry of a folder, and does nothing to it.
    AsksOfFile,
    /// Works on the text of a path alone.
    AsksPath,
    /// Computes something new of plain values.
    Computes,
    /// Makes a copy of what it is given.
    Copies,
    /// Gives a path that begins with its receiver.
    ExtendsPath,
    /// Goes through the items of a sequence: that there is no further one is an answer.
    GoesThroughItems,
    /// Gives a path that begins with the one that it is given first.
    KeepsPath,
    /// Lets go of what one at a time holds.
    LetsGo,
    /// Lists a tree or a folder of files.
    ListsFiles,
    /// Makes a new container, or something like it.
    MakesContainer,
    /// Makes a folder that whoever called it has to take away.
    MakesFolder,
    /// Puts others in the place of functions of the standard library.
    PatchesModules,
    /// Raises nothing that code could mean to catch.
    RaisesNothing,
    /// Runs a coroutine on a loop of its own, and refuses to while one is running.
    StartsLoop,
}

/// Callables that are given a time zone by the same parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakesZone {
    /// The parameter.
    pub zone: GivenBy,
    /// The callables.
    pub symbols: Vec<String>,
}

/// Classes that play the same part.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classes {
    /// Which.
    pub role: ClassRole,
    /// The classes; patterns as in [`EffectGroup::symbols`].
    pub symbols: Vec<String>,
}

/// What a class is to code that uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassRole {
    /// Only what derives from a class with this base is ever made.
    AbstractBase,
    /// An annotation by it makes an attribute of a class no field of its objects.
    ClassVariable,
    /// Its constructor hands it to `__post_init__`, and keeps it not: `InitVar`.
    InitVariable,
    /// Its objects can be put around a function, and are then entered with each call.
    ContextDecorator,
    /// Its members are the attributes of its body.
    Enumeration,
    /// Holds what is put into it, and gives it back.
    Container,
    /// Objects of a class that has it as a base or decorator keep the fields that they were made with.
    Frozen,
    /// Its values hash alike in every process.
    HashesAlike,
    /// Gives a class a `__hash__` that depends on the fields of an object alone.
    HashesByFields,
    /// Its objects hold their content in memory.
    InMemory,
    /// Logs.
    Logger,
    /// One at a time holds it, from where a `with` enters it to where that leaves it.
    Mutex,
    /// Objects of what derives from it are tuples of the annotated fields.
    NamedTuple,
    /// Adds nothing to a class that derives from it.
    PlainBase,
    /// Runs what it is given in other processes.
    ProcessPool,
    /// A class with this base is a protocol, which other classes implement without naming it.
    Protocol,
    /// Objects of what derives from it are tables with the annotated items.
    TypedTable,
}

/// Classes that say the same in an annotation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generics {
    /// What `Class[…]` stands for.
    pub says: GenericKind,
    /// The classes.
    pub symbols: Vec<String>,
}

/// What `Class[…]` stands for in an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GenericKind {
    /// Anything at all.
    Anything,
    /// What awaiting gives stands first.
    Awaitable,
    /// A function.
    Callable,
    /// What awaiting gives stands last.
    Coroutine,
    /// What its first argument says.
    First,
    /// A list.
    List,
    /// One of the constants listed.
    Literal,
    /// Something that gives its first argument when gone through.
    Many,
    /// What its first argument says, or `None`.
    Optional,
    /// A set.
    Set,
    /// A dict: the second argument is what it holds.
    Table,
    /// A tuple.
    Tuple,
    /// A class itself.
    Type,
    /// One of its arguments.
    Union,
}

/// Callables that do the same with values.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specials {
    /// What.
    pub does: SpecialKind,
    /// The callables; `*.name` is a method of this name of whatever class.
    pub symbols: Vec<String>,
}

/// What a callable does with values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpecialKind {
    /// Gives the object that its receiver, an adapter, makes.
    Adapts,
    /// Adds its second argument to its first.
    Adds,
    /// Gives a function that reads the attribute named.
    AttrGetter,
    /// Makes an object of the class that it is called on.
    Constructs,
    /// Makes an object like the one that it is called on.
    Copies,
    /// Makes an object of the class that it is called on of what it is given, and does not validate that.
    ConstructsUnchecked,
    /// Makes a table of tables that is no dict: the first that has a key gives what stands under it.
    Chains,
    /// Makes a dict whose missing values a function makes.
    DefaultDict,
    /// Makes a dict that has one value under all keys.
    FromKeys,
    /// Makes a dict of entries and keywords.
    Dict,
    /// Shows all fields of the object that it is called on, computed ones too.
    Dumps,
    /// Enters the context manager that it is given, and leaves it later.
    Enters,
    /// As `enters`, once awaited.
    EntersAsync,
    /// Starts what is named, and is awaited to its end.
    Executes,
    /// Gives a task of the results of all its arguments.
    Gather,
    /// Makes a holder that gives what is given as `default` until something else is put into it.
    HoldsDefault,
    /// Gives the module named.
    ImportModule,
    /// Says whether it is given what can be awaited.
    IsAwaitable,
    /// Says whether it is given a coroutine.
    IsCoroutine,
    /// Says whether it is given a function that has to be awaited.
    IsCoroutineFunction,
    /// Gives a function that reads what stands under the key named.
    ItemGetter,
    /// Gives its receiver.
    Itself,
    /// Gives a function that calls the method named.
    MethodCaller,
    /// Makes another name for a type.
    NewType,
    /// Gives the receiver's pairs of key and value.
    Pairs,
    /// Calls its first argument with what came of it before and the next item of its second.
    Reduce,
    /// Gives what the callable gives that it may call, as [`Calls`] says, or something else.
    PerhapsResult,
    /// Makes a function that chooses by the class of its first argument.
    SingleDispatch,
    /// Starts what is named, and gives a handle.
    Starts,
    /// As `starts`, where the handle is awaited first.
    StartsHandle,
    /// Gives an item of the receiver.
    TakesItem,
    /// Gives some pair of key and value of the receiver.
    TakesPair,
    /// Gives what the receiver's task gives.
    TakesResult,
    /// Gives the receiver's value of a key.
    TakesValue,
    /// Makes a type variable.
    TypeVar,
    /// Gives what its arguments hold together.
    Unites,
    /// Gives the receiver's values.
    Values,
    /// Once awaited, gives the tasks that are done and those that are not, of those given.
    Waits,
}

/// Callables that leave the same behind each time they are called.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetsUp {
    /// What.
    pub leaves: SetUpKind,
    /// The callables.
    pub symbols: Vec<String>,
}

/// What a call leaves behind that is meant to be there once a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetUpKind {
    /// One more place that a log goes to.
    Handler,
    /// Another set-up of logging, in the place of the one before.
    Logging,
    /// A thread.
    Thread,
    /// A client, a pool or a model.
    Object,
}

/// Callables that never raise where code runs on certain sides.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Succeeds {
    /// The sides.
    pub sides: Vec<RunsIn>,
    /// The callables.
    pub symbols: Vec<String>,
}

/// A value of a call. Positions are from 0 and leave out the object of a method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum ValueOf {
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
    /// An object of a class.
    Object(String),
    /// An object of the class that a keyword gives.
    Made(String),
    /// An item of the only positional argument, or each of them where there are several.
    Candidates,
    /// The object that a method is called on.
    Receiver,
    /// An item of it.
    ReceiverItem,
    /// What the callable gave before.
    Result,
    /// What cannot be told.
    Unknown,
}

/// A parameter that a callable is given by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenBy {
    /// Its position, from 0; absent where it is given by name alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Its name; absent where it is given by position alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// When something given is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// During the call, or while its result is gone through.
    #[default]
    Now,
    /// Afterwards, on the same thread and loop.
    Later,
}

/// Callables that call what they are given.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calls {
    /// The callables.
    pub symbols: Vec<String>,
    /// What is called.
    pub callable: GivenBy,
    /// When.
    #[serde(default)]
    pub when: Moment,
    /// What it is called with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<ValueOf>,
    /// With the other keyword arguments of the call too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keywords: bool,
    /// With arguments that are not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// Not on every call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub perhaps: bool,
    /// What it gives is awaited.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaits: bool,
    /// Only where this many arguments are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_arguments: Option<usize>,
}

/// Callables that run special methods of what they are given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallsDunders {
    /// Whose.
    pub of: ValueOf,
    /// Which: each of them, and of several together the first that the object has.
    pub methods: Vec<OneOf>,
    /// The callables.
    pub symbols: Vec<String>,
}

/// A method, or several of which the first runs that an object has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOf {
    /// One.
    Method(String),
    /// The first of several.
    First(Vec<String>),
}

impl OneOf {
    /// The names, in the order in which they are looked for.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            OneOf::Method(name) => std::slice::from_ref(name),
            OneOf::First(names) => names,
        }
    }
}

/// Callables that make or copy an object without a call of its class.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constructs {
    /// The callables.
    pub symbols: Vec<String>,
    /// What they give.
    pub gives: Made,
    /// The position of the class, or of the object that is copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<usize>,
    /// The keyword of the class, where it can be given by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What runs then.
    pub runs: Vec<Runs>,
}

/// The object that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// Of the class that the method is called on.
    Class,
    /// Of the class that is an argument.
    Named,
    /// A copy of the argument, or of the receiver where none is named.
    Copy,
    /// An adapter for the class that is an argument.
    Adapter,
    /// Of the class that the receiver, an adapter, was made for.
    Adapted,
}

/// A part of making an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    /// `__init__`, generated or not.
    Init,
    /// Validators and converters of fields and of the whole.
    Validators,
    /// Default factories of what is not given.
    Factories,
    /// The hooks at the end, as `__post_init__`.
    PostInit,
}

/// Context managers that do the same with a block.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextManagers {
    /// The callables that make them.
    pub symbols: Vec<String>,
    /// What they do.
    pub role: ManagerRole,
}

/// What a context manager does with a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManagerRole {
    /// Exceptions of the classes given may end there.
    Swallows,
    /// Exceptions may end there where a context manager swallows them that it was given.
    Stacks,
    /// Modules imported in it come from outside the sandbox.
    PassesImports,
    /// The sandbox does not look.
    Shields,
}

/// What makes a field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldMakers {
    /// The callables.
    pub symbols: Vec<String>,
    /// The keyword of a default; without one, what is given by position is the factory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The keyword of a default factory.
    pub factory: String,
    /// The keywords of functions that run on what is given for the field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<String>,
    /// Since which version of which package the signature of a factory is asked for when the class is made.
    #[serde(rename = "asks-factories", default, skip_serializing_if = "Option::is_none")]
    pub asks_factories: Option<SinceVersion>,
}

/// A version of a package.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SinceVersion {
    /// The package.
    pub package: String,
    /// The version.
    pub since: String,
}

/// What generates a constructor from annotations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GeneratesConstructor {
    /// How it stands at the class.
    #[serde(rename = "as")]
    pub form: GeneratorForm,
    /// The classes or decorators.
    pub symbols: Vec<String>,
    /// Methods that the constructor runs first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pre_init: Vec<String>,
    /// Methods that it runs last.
    pub post_init: Vec<String>,
    /// Decorators of methods that it runs, and what names such functions in annotations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validators: Vec<String>,
    /// Decorators of methods that are shown with the fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub computed: Vec<String>,
    /// Attributes that say how the class is validated, and are no fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
    /// Options by which validators run on the default of a field that is not given, or on what is assigned to one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validates_defaults: Vec<String>,
    /// What comes out where a validator raises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gathers: Option<Gathers>,
    /// Fields that are not given are read from the environment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_environment: bool,
}

/// What comes out of a constructor whose validators raise.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gathers {
    /// What is taken: these classes, and those below.
    pub errors: Vec<String>,
    /// What is raised instead.
    pub into: String,
}

/// How a generator of constructors stands at a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorForm {
    /// Among its bases.
    Base,
    /// Among its decorators.
    Decorator,
}

/// What a question answers on each side; `None` where that is not known or the call raises.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The function, or the constant.
    pub symbol: String,
    /// In a workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<bool>,
    /// In an activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<bool>,
    /// On the event loop of an activity, which lets no other run on its thread; as in any activity unless said.
    #[serde(default, rename = "loop", skip_serializing_if = "Option::is_none")]
    pub on_loop: Option<bool>,
    /// While the sandbox imports the workflow's module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<bool>,
    /// In other code: a script, a client, a test, a thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<bool>,
}

/// Where a function runs that was handed off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Elsewhere {
    /// On another thread.
    Thread,
    /// In another process.
    Process,
    /// On another machine, perhaps.
    Worker,
}

/// Callables that run a function elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandsOff {
    /// The callables.
    pub symbols: Vec<String>,
    /// What is run.
    pub callable: GivenBy,
    /// Where.
    pub to: Elsewhere,
    /// What it is called with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<ValueOf>,
    /// With the other keyword arguments of the call too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keywords: bool,
    /// With arguments that are not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// What the callable gives is a function, and calling that runs the one given elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decorator: bool,
    /// The function sees the context variables of the caller.
    #[serde(default, rename = "keeps-context", skip_serializing_if = "std::ops::Not::not")]
    pub keeps_context: bool,
}

/// What a class gives to classes that derive from it, or a decorator to what it decorates.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixin {
    /// The class, or the decorator.
    pub class: String,
    /// Method that is given → methods of the class itself that it runs.
    pub methods: BTreeMap<String, Vec<String>>,
}

/// Abstract classes that count objects of other classes among their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakesIn {
    /// The classes that are counted in; of the builtin ones all.
    pub classes: Vec<String>,
    /// The abstract classes.
    pub symbols: Vec<String>,
}

/// Callables that do not come back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeverReturns {
    /// The callables.
    pub symbols: Vec<String>,
    /// What they raise, or a base of it; absent where the process ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raises: Option<String>,
    /// They come back once the function given here gives something true: never, where it gives none but false constants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<GivenBy>,
}

/// Where code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunsIn {
    /// In a workflow.
    Workflow,
    /// In an activity.
    Activity,
    /// While the sandbox imports the workflow's module.
    Import,
    /// In a handler of a Nexus operation.
    Nexus,
    /// In none of these: in a script, a client, a test, or a thread that has lost its context.
    Elsewhere,
}

/// Callables that raise anywhere but on one side.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnlyIn {
    /// The side.
    pub side: RunsIn,
    /// The callables.
    pub symbols: Vec<String>,
}

/// What becomes of the order of a set that is given to a callable.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// What the callable is a method of has the order from there on: it shows where that is looked at.
    pub collects: Vec<OrderedUse>,
    /// The result does not depend on it.
    pub ignores: Vec<OrderedUse>,
    /// The result has the same order, and it is seen nowhere else.
    pub keeps: Vec<OrderedUse>,
    /// The result is a set again.
    pub remains: Vec<OrderedUse>,
    /// It can be seen in the result, or in what is done.
    pub shows: Vec<OrderedUse>,
    /// The keys of the result have it: who asks by key does not see it.
    pub tables: Vec<OrderedUse>,
}

/// Callables that treat the order of a value alike.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderedUse {
    /// Which value.
    pub of: ValueOf,
    /// A keyword that makes the order visible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
    /// The callables.
    pub symbols: Vec<String>,
}

/// Callables that give an argument on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnsArgument {
    /// Its position, from 0.
    pub argument: usize,
    /// In what form.
    #[serde(rename = "as")]
    pub form: GivenOn,
    /// The callables.
    pub symbols: Vec<String>,
}

/// In what form an argument is given on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GivenOn {
    /// As it is.
    Itself,
    /// A copy of it.
    Copy,
    /// Awaiting the call gives what awaiting the argument gives.
    Awaited,
    /// The call itself gives what awaiting the argument gives.
    Ran,
    /// A task or future of it.
    Task,
    /// `with` binds it.
    Entered,
}

/// Callables that give items of an iterable on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnsItems {
    /// Which items.
    pub of: ValueOf,
    /// How they come.
    pub shape: ItemShape,
    /// The callables.
    pub symbols: Vec<String>,
}

/// How items are given on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemShape {
    /// One of them.
    One,
    /// Many, in a collection or an iterator.
    Many,
    /// Pairs of a number and an item.
    Counted,
    /// Tuples of an item of each iterable.
    Together,
    /// Tuples or lists of some of them.
    Several,
    /// Pairs of a key and an iterator of some of them.
    Grouped,
}
