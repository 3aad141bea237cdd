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
    /// What is done with findings in test code.
    #[serde(default)]
    pub tests: InTests,
    /// What is wrong: lower case, no final stop; `{callee}`, `{use}` and the like are filled in.
    pub message: String,
    /// What happens at run time if nothing is done: lower case, no final stop. Rules about this tool's own input have
    /// none.
    #[serde(default)]
    pub consequence: String,
    /// What to do; the same placeholders.
    #[serde(default)]
    pub help: String,
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
    /// Not shown; the reason says why.
    None,
}

/// `rules/api/effects.yaml`: what calling a symbol does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectsFile {
    /// Groups of symbols with the same effect.
    pub effects: Vec<EffectGroup>,
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

/// A condition on the arguments of a call.
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
#[serde(deny_unknown_fields)]
pub struct TypesFile {
    /// Function → class of what a call returns. An awaited coroutine's result where the function is `async`.
    pub returns: BTreeMap<String, String>,
    /// Attribute of a class or module → class of its value.
    pub attributes: BTreeMap<String, String>,
    /// Another spelling → the symbol as the tables name it. A final `.*` maps everything below.
    pub canonical: BTreeMap<String, String>,
    /// Class → its first base that matters (`pathlib.PosixPath: pathlib.Path`), exceptions included.
    pub bases: BTreeMap<String, String>,
}
