// The shape of the files below `rules/`. Shared with `build.rs`, which includes this file; so it uses serde and schemars alone.
//
// `deny_unknown_fields` everywhere: a misspelt key in a rule's file fails the build with its place. Knows: what a file may say. Does
// not know: whether what it says fits together; `build.rs` and the tests ask that.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[path = "schema/behaviour.rs"]
mod behaviour;

pub use behaviour::*;

/// The levels of confidence.
pub const CONFIDENCES: [&str; 3] = ["high", "medium", "low"];
/// Values of `effect`, besides `none`.
pub const EFFECTS: [&str; 19] = [
    "clock",
    "random",
    "uuid",
    "environment",
    "time-zone",
    "identity",
    "asyncio-wait",
    "file",
    "network",
    "process",
    "thread",
    "thread-tool",
    "event-loop",
    "restricted",
    "sleep",
    "client",
    "logging",
    "metrics",
    "code",
];
/// Values of `blocks`, besides `none`.
pub const BLOCKS: [&str; 5] = ["call", "sleep", "file", "process", "wait"];
/// Takes symbols out of a wider entry.
pub const NONE: &str = "none";

fn with_none(words: &[&str]) -> Vec<String> {
    words.iter().chain(&[NONE]).map(ToString::to_string).collect()
}

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
    /// It runs in an update validator, where the sandbox stops it.
    ValidatorStopped,
    /// It runs in an update validator.
    Validator,
    /// It runs in the method that configures a dynamic workflow.
    DynamicConfig,
    /// It runs in a signal handler.
    Signal,
    /// It runs in an update handler.
    Update,
    /// What runs it takes what it raises, and raises another.
    Gathered,
    /// It runs while a lock is held.
    LockHeld,
    /// It concerns the workflow's state.
    State,
    /// It concerns the workflow's clock.
    Clock,
    /// It runs in an activity.
    Activity,
    /// It runs in an operation of a Nexus service.
    Operation,
    /// It concerns a handle of an activity.
    Handle,
    /// The workflow continues as new.
    ContinueAsNew,
    /// It runs while the sandbox loads a module.
    Import,
    /// Its signature is asked for while the sandbox loads a module.
    Inspected,
    /// The sandbox stops it.
    Stopped,
    /// It is made for threads, and starts none.
    ForThreads,
    /// The value only becomes an argument, or part of an object.
    Argument,
    /// The value decides which commands there are, or what they are called.
    Decides,
    /// The value is the id of a command.
    Identifies,
    /// The value only is how long a timer runs.
    Timer,
    /// The value only becomes a text for people.
    ForPeople,
    /// The sandbox stops it, and a handler around it takes what that raises.
    Caught,
    /// The sandbox stops it, and a context manager around it may take what that raises.
    PerhapsCaught,
    /// The sandbox stops it, in a task whose outcome nobody asks for.
    Unread,
    /// It goes by a key that items may share.
    Ties,
    /// It needs a network, which the workflow's event loop has not.
    NoNetwork,
    /// It needs a network, which the workflow's event loop has not, and a handler around it takes what that raises.
    NoNetworkCaught,
    /// Nothing is awaited after it.
    LastStep,
    /// It stands in `contextlib.suppress`, which has no handler.
    Suppress,
    /// It is what the exit of a context manager gives.
    Exit,
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
    /// A timeout of the call ends it.
    Limited,
    /// What cannot be used is dropped without a word.
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
    /// A handler below takes what comes instead.
    Below,
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
    /// Its outcome is settled before it is asked for.
    Settled,
    /// It leaves the loop that it is to wake.
    LeavesLoop,
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
    /// It arrives as it was sent.
    Unchanged,
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
    /// It stands above the SDK's decorator.
    Above,
    /// It is a model of pydantic 1.
    OldModel,
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
    /// It is about an operation of a Nexus service.
    NexusOperation,
    /// It is one thing where a list of such belongs.
    NoList,
    /// A text stands where a thing belongs.
    TextGiven,
    /// No decorator of the SDK stands at it.
    Undecorated,
    /// A call stands where what is called belongs.
    CallGiven,
    /// A class stands where an object belongs.
    ClassGiven,
    /// An object stands where its class belongs.
    ObjectGiven,
    /// A method stands where its class belongs.
    MethodGiven,
    /// It is a method of no object.
    Unbound,
    /// It is a mock.
    Mock,
    /// Nobody takes anything of its kind.
    Unserved,
    /// Nothing is given at all.
    Nothing,
    /// The one needs the other.
    Needs,
    /// The value is refused.
    Refused,
    /// It is a class that a function defines.
    LocalClass,
    /// It is a function that does not give what is needed.
    Callback,
    /// It is about how a workflow is versioned.
    Behavior,
    /// It is about an interceptor.
    Interceptor,
    /// It is an interceptor of workers, and stands with a client.
    NoneOfClients,
    /// It is an interceptor of clients, and stands with a worker.
    NoneOfWorkers,
    /// It is about the method that sets up what follows.
    Init,
    /// It is about a plugin that runs what comes next.
    Plugin,
    /// It is about a configuration that is handed on.
    Configuration,
    /// It belongs to another class.
    OtherClass,
    /// It is nowhere in the program.
    Anywhere,
    /// It happens once something else has ended.
    After,
    /// It happens when what it needs has ended.
    Ended,
    /// Something is made of it that is less.
    Narrowed,
    /// It is named with the module that it stands in.
    Dotted,
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
    /// The call only keeps it; it is refused where what the call makes is used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
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
    /// A list or tuple that holds strings.
    HoldsText,
    /// A list or tuple that holds durations.
    HoldsDurations,
    /// A dict that holds something else than lists.
    HoldsNoLists,
    /// An object of this class of the SDK.
    Object(String),
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
    /// For rules about changes: the module as it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// A module that the rule reports, and no other rule does.
    pub bad: String,
    /// The same module, right: nothing is reported.
    pub good: String,
    /// What the rule does not see, or knowingly lets pass. Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<String>,
    /// What `--fix` and `--unsafe-fixes` do about it; absent where they do nothing. Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
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
    /// For `none`: why it cannot be shown without a third-party service.
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
    /// A development server shows it.
    Server,
    /// Not shown; the reason says why.
    None,
}

/// `rules/api/names.yaml`: every name that a module of the SDK has in any version, by module; with the last version that has
/// it, where that is not the newest.
pub type NamesFile = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// `rules/api/meant.yaml`: by callable of the SDK, parameters as other SDKs call them, and as this one does.
pub type MeantFile = BTreeMap<String, BTreeMap<String, String>>;

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
    /// Objects that modules offer, and their classes: `workflow.logger`.
    pub objects: BTreeMap<String, String>,
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
    /// A plugin of workers is made for them, which passes them through.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passed_by_plugin: bool,
    /// Modules that are imported; what is below them counts as they do.
    pub packages: Vec<String>,
}

/// Symbols that do the same.
///
/// A symbol is a qualified name (`time.time`, `pathlib.Path.exists`), `()` standing for the result of a call
/// (`boto3.client().put_object`), a final `.*` for everything below, `.**.last` for what is called so, however many calls
/// below. The most specific entry wins.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectGroup {
    /// What a workflow may not do: `clock`, `random`, `uuid`, `environment`, `time-zone`, `identity`, `asyncio-wait`,
    /// `file`, `network`, `process`, `thread`, `thread-tool`, `event-loop`, `restricted`, `sleep`, `client`; `none` takes symbols out
    /// of a wider entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = with_none(&EFFECTS)))]
    pub effect: Option<String>,
    /// How the call blocks the thread it runs on: `call`, `sleep`, `file`, `process`, `wait`; `none` takes out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = with_none(&BLOCKS)))]
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
    /// What a call does for which the condition does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Otherwise>,
    /// It asks the running event loop for a connection; that of workflows has none to give, and so nothing is sent.
    #[serde(default, rename = "asks-loop", skip_serializing_if = "std::ops::Not::not")]
    pub asks_loop: bool,
    /// What to write instead in a workflow.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
    /// What to write instead in an async activity.
    #[serde(default, rename = "async", skip_serializing_if = "Option::is_none")]
    pub instead_async: Option<String>,
    /// How a call is rewritten in a workflow: the first whose condition holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<Rewrite>,
    /// How a call is rewritten in an async activity.
    #[serde(default, rename = "fix-async", skip_serializing_if = "Vec::is_empty")]
    pub fix_async: Vec<Rewrite>,
    /// The most that a finding of this entry claims: `medium` or `low`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = CONFIDENCES))]
    pub confidence: Option<String>,
    /// The module of the project that the symbols are read from: what it writes down as a constant has no such effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsModule>,
    /// The symbols.
    pub symbols: Vec<String>,
}

/// What a symbol does in a workflow where the condition of its entry does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Otherwise {
    /// The effect.
    #[schemars(extend("enum" = EFFECTS))]
    pub effect: String,
    /// What to write instead.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// A module of the project that an environment variable names, whose names are the attributes of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingsModule {
    /// The object.
    pub object: String,
    /// The environment variable.
    pub variable: String,
    /// Modules that by custom say which module it is, beside the workers and workflows themselves.
    pub said_in: Vec<String>,
}

/// How long access to files takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// One small file, or an entry of a folder.
    #[default]
    Light,
    /// A whole tree, archive or data set.
    Heavy,
}

/// How a call is written instead. `{name}` stands for the last part of the symbol's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rewrite {
    /// The call is rewritten so under this condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The module that what is written belongs to; the SDK's `workflow` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// What is called instead, below the module; the arguments stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callee: Option<String>,
    /// What stands instead of the call, below the module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The same call is made by a thread: `await asyncio.to_thread(…)`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_thread: bool,
    /// It has to be awaited.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "await")]
    pub awaits: bool,
    /// It changes what is drawn or recorded, and so is refused where a workflow may not do that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draws: bool,
    /// What else changes; with it the fix is not safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

/// A condition on a call: its arguments, or its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// This parameter is given, whatever it is.
    Present {
        /// Its name.
        name: String,
        /// Its position, from 0.
        position: usize,
    },
    /// This parameter is given, and surely is not `None`.
    Given {
        /// Its name.
        name: String,
        /// Its position, from 0.
        position: usize,
    },
    /// This parameter is given one of these symbols. Asked for by fixes alone.
    Named {
        /// Its name.
        name: String,
        /// Its position, from 0.
        position: usize,
        /// The symbols.
        symbols: Vec<String>,
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
    /// The modules that are passed through by default, besides those of the standard library.
    #[serde(default, rename = "passed-through")]
    pub passed_through: Vec<String>,
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

/// A file of `extend-rules`: what a project says of libraries that these tables do not know, such as its company's own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExtensionFile {
    /// What calling symbols does, as in `rules/api/effects.yaml`.
    pub effects: Vec<EffectGroup>,
    /// What is known about symbols, as in `rules/api/types.yaml`.
    pub types: TypesFile,
    /// What callables do with what they are given, as in `rules/api/behaviour.yaml`.
    pub behaviour: ExtensionBehaviour,
    /// Decorators that do what one of the SDK does.
    pub decorators: Vec<DecoratorGroup>,
}

impl ExtensionFile {
    /// The symbols that something is said of.
    pub fn symbols(&self) -> impl Iterator<Item = &String> {
        let TypesFile { returns, perhaps_none: _, attributes, canonical, bases } = &self.types;
        let ExtensionBehaviour { calls, hands_off, keeps, never_returns, returns_argument } = &self.behaviour;
        (self.effects.iter().flat_map(|group| &group.symbols))
            .chain(returns.keys().chain(attributes.keys()).chain(canonical.keys()).chain(bases.keys()))
            .chain(calls.iter().flat_map(|entry| &entry.symbols))
            .chain(hands_off.iter().flat_map(|entry| &entry.symbols))
            .chain(keeps)
            .chain(never_returns.iter().flat_map(|entry| &entry.symbols))
            .chain(returns_argument.iter().flat_map(|entry| &entry.symbols))
            .chain(self.decorators.iter().flat_map(|group| &group.symbols))
    }
}

/// The sections of `rules/api/behaviour.yaml` that a project can add to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ExtensionBehaviour {
    /// What is called on the thread and loop of the call.
    pub calls: Vec<Calls>,
    /// What runs a function elsewhere, such as in a thread.
    pub hands_off: Vec<HandsOff>,
    /// What keeps a function without calling it.
    pub keeps: Vec<String>,
    /// What does not come back.
    pub never_returns: Vec<NeverReturns>,
    /// What gives a value on that it was given.
    pub returns_argument: Vec<ReturnsArgument>,
}

/// Decorators that do the same as one of the SDK, with or without arguments.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecoratorGroup {
    /// Which.
    pub acts_as: SdkDecorator,
    /// The decorators.
    pub symbols: Vec<String>,
}

/// A decorator of the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SdkDecorator {
    /// `@activity.defn`.
    #[serde(rename = "activity.defn")]
    Activity,
    /// `@workflow.defn`.
    #[serde(rename = "workflow.defn")]
    Workflow,
    /// `@workflow.run`.
    #[serde(rename = "workflow.run")]
    Run,
    /// `@workflow.init`.
    #[serde(rename = "workflow.init")]
    Init,
    /// `@workflow.signal`.
    #[serde(rename = "workflow.signal")]
    Signal,
    /// `@workflow.query`.
    #[serde(rename = "workflow.query")]
    Query,
    /// `@workflow.update`.
    #[serde(rename = "workflow.update")]
    Update,
}

impl SdkDecorator {
    /// Its qualified name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SdkDecorator::Activity => "temporalio.activity.defn",
            SdkDecorator::Workflow => "temporalio.workflow.defn",
            SdkDecorator::Run => "temporalio.workflow.run",
            SdkDecorator::Init => "temporalio.workflow.init",
            SdkDecorator::Signal => "temporalio.workflow.signal",
            SdkDecorator::Query => "temporalio.workflow.query",
            SdkDecorator::Update => "temporalio.workflow.update",
        }
    }
}

/// `rules/api/types.yaml`: what is known about symbols outside the project.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct TypesFile {
    /// Function → class of what a call returns. An awaited coroutine's result where the function is `async`.
    pub returns: BTreeMap<String, String>,
    /// Functions of `returns` whose result may also be `None`.
    pub perhaps_none: Vec<PerhapsNone>,
    /// Attribute of a class or module → class of its value.
    pub attributes: BTreeMap<String, String>,
    /// Another spelling → the symbol as the tables name it. A final `.*` maps everything below.
    pub canonical: BTreeMap<String, String>,
    /// Class → its first base that matters (`pathlib.PosixPath: pathlib.Path`), exceptions included.
    pub bases: BTreeMap<String, String>,
}

/// Functions that give `None` where they have nothing to give.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerhapsNone {
    /// The parameter that says what they give instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<OrElse>,
    /// The functions.
    pub symbols: Vec<String>,
}

/// The parameter for what is given where there is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrElse {
    /// Its name.
    pub name: String,
    /// Its position, from 0.
    pub position: usize,
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
    /// What data are in JSON.
    pub forms: Vec<FormGroup>,
    /// Classes whose objects are made again only by an annotation.
    pub needs_annotation: Vec<String>,
    /// Classes whose objects a model reads again.
    pub read_by_models: Vec<String>,
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

/// Classes of which the objects are one kind of value in JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormGroup {
    /// Which.
    #[serde(rename = "is")]
    pub kind: JsonKind,
    /// The classes and generics.
    pub symbols: Vec<String>,
}

/// A kind of value in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JsonKind {
    /// `null`.
    Null,
    /// A string.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Truth,
    /// An array.
    List,
    /// An object.
    Object,
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
