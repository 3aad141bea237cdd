// The shape of the files below `rules/`. Shared with `build.rs`, which includes this file; so it uses serde alone.
//
// `deny_unknown_fields` everywhere: a misspelt key in a rule's file fails the build with its place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One rule's file, `rules/<category>/<name>.yaml`. The category and the name are those of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// `TPY` and three digits; once landed it never changes its meaning.
    pub code: String,
    /// One sentence that starts with "Checks for".
    pub summary: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// The most that findings of this rule claim: `high` (default), `medium` or `low`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// The version of this tool that brought the rule.
    pub since: String,
    /// A general check; absent where a Rust function of the rule's name does the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// It runs only where it is selected.
    #[serde(default, rename = "opt-in", skip_serializing_if = "std::ops::Not::not")]
    pub opt_in: bool,
    /// What is done with findings in test code.
    #[serde(default)]
    pub tests: InTests,
    /// What is wrong: lower case, no final stop; `{callee}`, `{use}` and the like are filled in.
    pub message: Wording,
    /// What happens at run time if nothing is done: lower case, no final stop. Rules about this tool's own input have
    /// none.
    #[serde(default)]
    pub consequence: Wording,
    /// What to do; the same placeholders.
    #[serde(default)]
    pub help: Wording,
    /// Ids of the catalogued misuses that the rule answers.
    #[serde(default)]
    pub covers: Vec<String>,
    /// The rule's page.
    pub docs: Docs,
    /// Where to read more.
    #[serde(default)]
    pub references: Vec<String>,
    /// How the rule's claim is shown on the real SDK.
    pub proof: Proof,
}

/// A sentence, or one for each fact of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Wording {
    /// The same for all findings.
    Same(String),
    /// Chosen by what is known of the finding; `default` is always there.
    ByFact(BTreeMap<Fact, String>),
}

/// What is known of a finding, as far as it chooses sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Nothing else applies.
    Default,
    /// It runs in a query, where the sandbox stops it.
    QueryStopped,
    /// It runs in a query.
    Query,
    /// It runs in an update validator.
    Validator,
    /// It runs in the method that configures a dynamic workflow.
    DynamicConfig,
    /// It runs in a signal handler.
    Signal,
    /// It runs in an update handler.
    Update,
    /// It runs while a lock is held.
    LockHeld,
    /// It concerns the workflow's state.
    State,
    /// It concerns the workflow's clock.
    Clock,
    /// It runs in an activity.
    Activity,
    /// It concerns a handle of an activity.
    Handle,
    /// The workflow continues as new.
    ContinueAsNew,
    /// It runs while the sandbox loads a module.
    Import,
    /// The sandbox stops it.
    Stopped,
    /// The value only becomes an argument, a result or state.
    Argument,
    /// The sandbox stops it, and a handler around it takes what that raises.
    Caught,
    /// Nothing is awaited after it.
    LastStep,
    /// It concerns a database.
    Database,
    /// It concerns a whole tree or archive.
    Heavy,
    /// It concerns the environment.
    Environment,
    /// It only works on text.
    Text,
    /// It is known what may be meant.
    Alike,
    /// It runs in workflow code.
    Workflow,
    /// `continue_as_new` takes it, and drops what it cannot use without a word.
    Dropped,
    /// The function of asyncio takes seconds.
    Seconds,
    /// A call stands where a reference belongs.
    Called,
    /// The object is made where the reference belongs.
    Made,
    /// Something is missing.
    Missing,
    /// There is too much of something.
    Surplus,
    /// Type hints are not looked at.
    HintsDropped,
    /// A list stands for several arguments.
    List,
    /// It is no sequence.
    NoSequence,
    /// Two ways of saying the same contradict each other.
    Both,
    /// It never comes back.
    NeverReturns,
    /// It is a coroutine, to be awaited first.
    Coroutine,
    /// It is gone through.
    Loop,
    /// It is entered by `with`.
    With,
    /// It is a class.
    Class,
    /// What is caught holds the cause.
    Wrapped,
    /// A task group holds it.
    Group,
    /// It becomes one of several results.
    Results,
    /// A cancellation arrives as the failure of a command.
    Command,
    /// It is a cancellation.
    Cancellation,
    /// It continues as new.
    Continuation,
    /// It cancels a task.
    Cancel,
    /// It is a flag.
    Flag,
    /// It is a delay.
    Delay,
    /// It is of a class of the project's own.
    OwnClass,
    /// It is a status.
    Status,
    /// It is a timeout.
    Timeout,
    /// It is kept, and nothing reads it.
    Kept,
    /// It is used for something.
    Used,
    /// It names a function without calling it.
    Uncalled,
    /// It rests on the time alone.
    Time,
    /// It changes state.
    Changes,
    /// It runs in a thread.
    Thread,
    /// It concerns a field of a class.
    Field,
    /// It concerns a parameter, not a result.
    Parameter,
    /// It is an enumeration.
    Enumeration,
    /// It is a class without a form of its own to be sent in.
    Plain,
    /// It is an exception.
    Exception,
    /// It is a key of a dict.
    Key,
    /// It is `async`, and must not be.
    Async,
    /// A call would have to give it, and does not.
    Required,
    /// Parameters differ in number.
    Count,
    /// Parameters differ in how they are given.
    ParameterKind,
    /// Parameters differ in a default.
    ParameterDefault,
    /// Parameters differ in an annotation.
    Annotation,
    /// Parameters differ in how an annotation is written.
    Spelling,
    /// It stands twice.
    Twice,
    /// It concerns what is returned.
    Result,
    /// Nothing attaches it.
    Loose,
    /// A later definition takes its name.
    Replaced,
    /// The SDK has one of its own.
    BuiltIn,
    /// Something registers it.
    Registered,
    /// It comes too late.
    Late,
    /// It is a generator.
    Generator,
    /// It stands in a function.
    Local,
    /// It stands in a class.
    Nested,
    /// It concerns a name.
    Name,
    /// It is inherited.
    Inherited,
    /// It is of another kind.
    OtherKind,
    /// It is a query's decorator, called without arguments.
    CalledQuery,
    /// It has a name, and is dynamic.
    Dynamic,
    /// As `Dynamic`, where the name is ignored.
    DynamicName,
    /// Several stand at one function.
    Stacked,
    /// It stands where it does not belong.
    Elsewhere,
    /// It is a property.
    Property,
    /// It is a static method.
    Static,
    /// It is a class method.
    ClassMethod,
    /// It takes all further arguments.
    Rest,
    /// It is generic, with type arguments.
    Generic,
    /// It is `functools.partial` around something.
    Partial,
    /// Activities run the same code.
    Shared,
    /// It counts or measures.
    Metrics,
    /// It is the run method of a workflow.
    RunMethod,
    /// Keys are meant that something else owns.
    Reserved,
    /// Code in between is meant for it, and is called from the wrong side.
    Through,
    /// It runs on a thread that has no event loop.
    NoLoop,
    /// It concerns Nexus operations.
    Nexus,
    /// It stands in a block that passes imports through.
    PassedThrough,
    /// What has to be called is not.
    NotCalled,
    /// Nobody looks at what it gives.
    Unused,
    /// One list is given where each item is an argument of its own.
    OneList,
    /// Something is said of a member that is not matched itself.
    Leaf,
    /// Two things are joined that do not go together.
    Unlike,
    /// It concerns a client.
    Client,
    /// It concerns a shield.
    Shield,
    /// It concerns a `return` inside a shield.
    ShieldedReturn,
    /// It never asks whether it was cancelled.
    NeverAsks,
    /// It subtracts.
    Subtracts,
    /// Said after the rest: the sandbox stops it where it is on, which is not known.
    PerhapsStopped,
    /// Said after the rest: nothing stops it.
    Unstopped,
}

impl Wording {
    /// The sentence where nothing is known.
    #[must_use]
    pub fn default_text(&self) -> &str {
        match self {
            Wording::Same(text) => text,
            Wording::ByFact(texts) => texts.get(&Fact::Default).map_or("", String::as_str),
        }
    }

    /// All sentences.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (same, by_fact) = match self {
            Wording::Same(text) => (Some(text), None),
            Wording::ByFact(texts) => (None, Some(texts.values())),
        };
        same.into_iter().chain(by_fact.into_iter().flatten()).map(String::as_str)
    }

    /// The sentence for a finding: that of the first of its facts that has one, and what is said after it.
    #[must_use]
    pub fn text(&self, facts: &[Fact]) -> String {
        let Wording::ByFact(texts) = self else { return self.default_text().to_owned() };
        let is_after = |fact: &Fact| matches!(fact, Fact::PerhapsStopped | Fact::Unstopped);
        let first = facts.iter().filter(|fact| !is_after(fact)).find_map(|fact| texts.get(fact));
        let mut text = first.map_or(self.default_text(), String::as_str).to_owned();
        for after in facts.iter().filter(|fact| is_after(fact)).filter_map(|fact| texts.get(fact)) {
            text.push_str("; ");
            text.push_str(after);
        }
        text
    }
}

impl Default for Wording {
    fn default() -> Self {
        Wording::Same(String::new())
    }
}

impl std::ops::Deref for Wording {
    type Target = str;

    fn deref(&self) -> &str {
        self.default_text()
    }
}

/// A check that needs no Rust of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Check {
    /// Workflow code calls (or reads) something that has one of these effects.
    ForbiddenEffect {
        /// Effects of `rules/api/effects.yaml`.
        effects: Vec<String>,
    },
    /// Code on the event loop of an `async def` activity calls something that blocks in one of these ways.
    Blocking {
        /// Values of `blocks` in `rules/api/effects.yaml`.
        kinds: Vec<String>,
    },
    /// Code that the SDK runs for one of these reasons calls one of these.
    ForbiddenCall {
        /// The reasons.
        roles: Vec<HandlerRole>,
        /// The qualified names of the callables.
        calls: Vec<String>,
        /// Reasons for which that is only a warning.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warns: Vec<HandlerRole>,
    },
    /// A call of the SDK gives a parameter a constant that it refuses, or takes for something else.
    RefusedValues {
        /// Which values of which parameters.
        values: Vec<RefusedValue>,
    },
}

/// A constant that a parameter must not be given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedValue {
    /// What is called, by qualified names of `rules/api/signatures.yaml`.
    pub calls: Vec<String>,
    /// The parameter.
    pub parameter: String,
    /// Which values.
    pub refused: Refused,
    /// What is wrong with it: follows "`parameter` ".
    pub says: String,
    /// What to write instead.
    #[serde(rename = "use")]
    pub instead: String,
}

/// Which constants are refused. Durations count in seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Refused {
    /// Numbers and durations below this.
    Below(f64),
    /// Numbers and durations up to this.
    UpTo(f64),
    /// Numbers that are not whole.
    NotWhole,
    /// This member of an enumeration of the SDK.
    Member(String),
    /// Strings of more bytes.
    LongerThan(usize),
    /// Strings without this in them.
    Without(String),
    /// The empty string.
    Empty,
    /// Any string.
    Text,
}

/// Why the SDK runs a method of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandlerRole {
    /// `@workflow.run`.
    Run,
    /// `@workflow.signal`.
    Signal,
    /// `@workflow.update`.
    Update,
    /// `@workflow.query`.
    Query,
    /// `@update.validator`.
    Validator,
    /// `@workflow.dynamic_config`.
    DynamicConfig,
}

/// What a rule does with a finding in test code (pytest files, `tests/` folders).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InTests {
    /// As anywhere else.
    #[default]
    Report,
    /// With low confidence, so that it is counted and not printed by default.
    Low,
    /// Not at all.
    Skip,
}

/// A rule's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Docs {
    /// What really happens at run time, and why. Markdown.
    pub why: String,
    /// A module that the rule reports, and no other rule does.
    pub bad: String,
    /// The same module, right: nothing is reported.
    pub good: String,
    /// What the rule does not see, or knowingly lets pass. Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<String>,
}

/// How the claim is shown on the real SDK by `tests/sdk/run`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Proof {
    /// The way of showing it.
    pub kind: ProofKind,
    /// Text that has to occur in what the bad example does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    /// For `none`: why it cannot be shown without a server or a third-party service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Settings for the harness, by name; each is documented in `tests/sdk/README.md`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub with: BTreeMap<String, serde_json::Value>,
}

/// The ways of showing a claim; `tests/sdk/README.md` says what each runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofKind {
    /// Importing the bad example raises or warns.
    Import,
    /// Defining, preparing or registering raises.
    Definition,
    /// One activation in the sandbox fails the task, warns, or fails the workflow.
    Sandbox,
    /// Two runs of the same history differ.
    Replay,
    /// A ticker on the same event loop stalls.
    Blocking,
    /// What is delivered is not what the code says.
    Silent,
    /// A replay logs or prints.
    Written,
    /// Not shown; the reason says why.
    None,
}

/// `rules/api/names.yaml`: every name that a module of the SDK has in any version, by module.
pub type NamesFile = BTreeMap<String, Vec<String>>;

/// `rules/api/signatures.yaml`, generated from the SDK: what its callables take and give, and what its classes have; and
/// what functions of asyncio take that workflows use.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignaturesFile {
    /// The versions that it was read from, oldest first.
    pub sdk: Vec<String>,
    /// Functions, methods and constructors, by qualified name.
    pub functions: BTreeMap<String, Signature>,
    /// Classes, by qualified name.
    pub classes: BTreeMap<String, SdkClass>,
    /// Properties and fields of classes whose class is known.
    pub attributes: BTreeMap<String, String>,
}

/// What a callable of the SDK takes and gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// A coroutine function.
    #[serde(default, rename = "async", skip_serializing_if = "std::ops::Not::not")]
    pub is_async: bool,
    /// The class of the SDK that a call gives, once awaited where it is a coroutine function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives: Option<String>,
    /// What that can be used for, as [`SdkClass::does`]; nothing where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub does: Option<Vec<String>>,
    /// The first version that has it, where the oldest has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The last version that has it, where the newest has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Without the receiver, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<SdkParameter>,
}

/// A parameter of a callable of the SDK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SdkParameter {
    /// Its name.
    pub name: String,
    /// How it is given.
    #[serde(default)]
    pub kind: SdkParameterKind,
    /// No version has a default for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Its one class beside `None`: `datetime.timedelta`, or one of the SDK.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The first version of those that have the callable in which it takes this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// How a parameter is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SdkParameterKind {
    /// By position or by name.
    #[default]
    Either,
    /// By position alone.
    Positional,
    /// `*rest`.
    Rest,
    /// By name alone.
    Keyword,
    /// `**names`.
    Names,
}

/// A class of the SDK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SdkClass {
    /// Attributes of its objects in any version.
    pub members: Vec<String>,
    /// What its objects can be used for: `await`, `for`, `with`, `async-for`, `async-with`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub does: Vec<String>,
    /// It makes up attributes when asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// Members of an enumeration with their numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, i64>,
    /// The first version that has it, where the oldest has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The last version that has it, where the newest has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// `rules/api/failures.yaml`: what awaiting calls of the SDK raises.
pub type FailuresFile = Vec<FailureGroup>;

/// Calls and handles of the SDK that raise the same once they are awaited.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureGroup {
    /// What is awaited.
    pub of: FailureOf,
    /// The classes that it raises.
    pub raises: Vec<String>,
    /// What that is like, in words.
    pub arrives: String,
    /// The calls, and the classes of handles.
    pub symbols: Vec<String>,
}

/// What is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureOf {
    /// An activity, in a workflow.
    Activity,
    /// A child workflow.
    Child,
    /// A Nexus operation.
    Operation,
    /// A timer.
    Timer,
    /// A condition.
    Condition,
    /// A request to another workflow.
    External,
    /// A request of a client.
    Client,
}

impl FailureOf {
    /// Whether a cancellation arrives as the failure of what is awaited.
    #[must_use]
    pub fn is_command(self) -> bool {
        matches!(self, FailureOf::Activity | FailureOf::Child | FailureOf::Operation)
    }
}

/// `rules/api/effects.yaml`: what calling a symbol does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectsFile {
    /// Groups of symbols with the same effect.
    pub effects: Vec<EffectGroup>,
    /// What is known of packages as a whole.
    #[serde(default)]
    pub libraries: Vec<LibraryGroup>,
}

/// Packages of which the same is known.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LibraryGroup {
    /// They have no asynchronous half.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocks: bool,
    /// Importing them in the sandbox, without passing them through, raises.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fails_in_sandbox: bool,
    /// Modules that are imported; what is below them counts as they do.
    pub packages: Vec<String>,
}

/// Symbols that do the same.
///
/// A symbol is a qualified name (`time.time`, `pathlib.Path.exists`), `()` standing for the result of a call
/// (`boto3.client().put_object`), a final `.*` for everything below. The most specific entry wins.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectGroup {
    /// What a workflow may not do: `clock`, `random`, `uuid`, `environment`, `time-zone`, `identity`, `asyncio-wait`,
    /// `file`, `network`, `process`, `thread`, `event-loop`, `restricted`, `sleep`, `client`; `none` takes symbols out
    /// of a wider entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// How the call blocks the thread it runs on: `call`, `sleep`, `file`, `process`, `wait`; `none` takes out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<String>,
    /// Reading the attribute is enough; otherwise only a call counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
    /// How long a file or a tree of files takes: `heavy` for whole trees, archives and data sets, else `light`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
    /// The call counts only under this condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// What to write instead in a workflow.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
    /// What to write instead in an async activity.
    #[serde(default, rename = "async", skip_serializing_if = "Option::is_none")]
    pub instead_async: Option<String>,
    /// The most that a finding of this entry claims: `medium` or `low`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// The symbols.
    pub symbols: Vec<String>,
}

/// How long access to files takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// One small file, or an entry of a folder.
    #[default]
    Light,
    /// A whole tree, archive or data set.
    Heavy,
}

/// A condition on a call: its arguments, or its result.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum When {
    /// No argument at all is given.
    NoArguments,
    /// This parameter is not given, or `None` is.
    Missing {
        /// Its name.
        name: String,
        /// Its position, from 0.
        position: usize,
    },
    /// The positional argument is this string.
    Equals {
        /// Its position, from 0.
        position: usize,
        /// The string.
        value: String,
    },
    /// Something looks at what the call gives.
    ResultUsed,
}

/// `rules/api/sandbox.yaml`, generated from the SDK: what the default sandbox restricts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxFile {
    /// The SDK it was read from.
    pub sdk: String,
    /// The restricted symbols, patterns as in [`EffectGroup::symbols`].
    pub members: Vec<SandboxMember>,
    /// What a pattern among `members` leaves out.
    #[serde(default)]
    pub excluded: Vec<String>,
}

/// A symbol that the default sandbox restricts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxMember {
    /// The symbol or pattern.
    pub symbol: String,
    /// `import` where it is restricted while a module is loaded too, else `runtime`.
    pub at: String,
    /// Reading it is enough.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
}

/// `rules/api/types.yaml`: what is known about symbols outside the project.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TypesFile {
    /// Function → class of what a call returns. An awaited coroutine's result where the function is `async`.
    pub returns: BTreeMap<String, String>,
    /// Functions of `returns` whose result may also be `None`.
    #[serde(default)]
    pub perhaps_none: Vec<PerhapsNone>,
    /// Attribute of a class or module → class of its value.
    pub attributes: BTreeMap<String, String>,
    /// Another spelling → the symbol as the tables name it. A final `.*` maps everything below.
    pub canonical: BTreeMap<String, String>,
    /// Class → its first base that matters (`pathlib.PosixPath: pathlib.Path`), exceptions included.
    pub bases: BTreeMap<String, String>,
}

/// Functions that give `None` where they have nothing to give.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerhapsNone {
    /// The parameter that says what they give instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<OrElse>,
    /// The functions.
    pub symbols: Vec<String>,
}

/// The parameter for what is given where there is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrElse {
    /// Its name.
    pub name: String,
    /// Its position, from 0.
    pub position: usize,
}

/// `rules/api/behaviour.yaml`: how callables outside the project treat what they are given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BehaviourFile {
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
    /// Methods that abstract classes give.
    pub mixins: Vec<Mixin>,
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
    /// Classes that matter for what they are.
    pub classes: Vec<Classes>,
    /// What makes a context manager of a generator.
    pub generator_managers: Vec<String>,
    /// What a class says in an annotation.
    pub generics: Vec<Generics>,
    /// What does something with values that no other section says.
    pub special: Vec<Specials>,
    /// What never raises on some sides.
    pub succeeds: Vec<Succeeds>,
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
    /// Its objects can be put around a function, and are then entered with each call.
    ContextDecorator,
    /// Its members are the attributes of its body.
    Enumeration,
    /// Holds what is put into it, and gives it back.
    Container,
    /// Its values hash alike in every process.
    HashesAlike,
    /// Gives a class a `__hash__` that depends on the fields of an object alone.
    HashesByFields,
    /// Logs.
    Logger,
    /// Objects of what derives from it are tuples of the annotated fields.
    NamedTuple,
    /// Adds nothing to a class that derives from it.
    PlainBase,
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
    /// Gives a function that reads the attribute named.
    AttrGetter,
    /// Makes an object of the class that it is called on.
    Constructs,
    /// Makes an object like the one that it is called on.
    Copies,
    /// Makes a dict whose missing values a function makes.
    DefaultDict,
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
    /// Gives the module named.
    ImportModule,
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
    /// Gives the receiver's values.
    Values,
    /// Once awaited, gives the tasks that are done and those that are not, of those given.
    Waits,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum ValueOf {
    /// The argument at a position.
    Argument(usize),
    /// Each positional argument from a position on, in its place.
    ArgumentsFrom(usize),
    /// An item of the iterable at a position.
    ItemOf(usize),
    /// An item of each iterable from a position on, in their places.
    ItemsFrom(usize),
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// During the call, or while its result is gone through.
    #[default]
    Now,
    /// Afterwards, on the same thread and loop.
    Later,
}

/// Callables that call what they are given.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// The keyword of the class where it has no position.
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
    /// The keyword of a default.
    pub default: String,
    /// The keyword of a default factory.
    pub factory: String,
    /// The keywords of functions that run on what is given for the field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<String>,
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
    /// While the sandbox imports the workflow's module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<bool>,
    /// In other code: a script, a client, a test, a thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<bool>,
}

/// Where a function runs that was handed off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// Callables that do not come back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeverReturns {
    /// The callables.
    pub symbols: Vec<String>,
    /// What they raise, or a base of it; absent where the process ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raises: Option<String>,
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
    /// The result does not depend on it.
    pub ignores: Vec<OrderedUse>,
    /// The result has the same order, and it is seen nowhere else.
    pub keeps: Vec<OrderedUse>,
    /// The result is a set again.
    pub remains: Vec<OrderedUse>,
    /// It can be seen in the result, or in what is done.
    pub shows: Vec<OrderedUse>,
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
    /// What a message calls the use, before "a set".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// The callables.
    pub symbols: Vec<String>,
}

/// Callables that give an argument on.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// `rules/api/payloads.yaml`: what the SDK's default payload converter does with objects.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PayloadsFile {
    /// What makes a class of the project what kind.
    pub kinds: Vec<KindGroup>,
    /// Bases that make members of an enumeration texts.
    pub texts: Vec<String>,
    /// Bases that make them numbers.
    pub numbers: Vec<String>,
    /// Classes whose objects are refused.
    pub refused: Vec<RefusedGroup>,
    /// Classes whose objects are refused as keys of a dict.
    pub refused_keys: Vec<String>,
}

/// Bases or decorators that make a class of a kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindGroup {
    /// The kind.
    #[serde(rename = "is")]
    pub kind: ShapeKind,
    /// How the symbol stands at the class.
    #[serde(rename = "as")]
    pub form: GeneratorForm,
    /// The bases or decorators.
    pub symbols: Vec<String>,
}

/// What kind of class it is to the payload converter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShapeKind {
    /// A dataclass.
    Dataclass,
    /// A class that attrs makes.
    Attrs,
    /// A pydantic model.
    Model,
    /// A model of pydantic's first version.
    OldModel,
    /// A typed dict.
    TypedDict,
    /// A named tuple.
    NamedTuple,
    /// An enumeration.
    Enumeration,
    /// An exception.
    Exception,
    /// A protocol.
    Protocol,
    /// A class that nothing is known to encode.
    Plain,
}

/// Classes that are refused for one reason.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedGroup {
    /// The classes.
    pub symbols: Vec<String>,
    /// What to send instead; `{class}` is the class's name.
    pub instead: String,
}
