//! What is known about symbols outside the project: effects, types, names and the sandbox, looked up by symbol.
//!
//! Knows: what the files say, and that the most specific entry wins. Does not know: how callables treat what they are
//! given ([`behaviour`](super::behaviour)), or how a name was found.

use std::borrow::Cow;
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::rule::word;
use super::schema::{
    EffectGroup, ExtensionFile, LibraryGroup, NONE, OrElse, Rewrite, SandboxFile, SettingsModule, TypesFile, Weight,
    When,
};
use crate::diagnostic::Confidence;
use crate::source::last_part;

/// What `build.rs` makes of the tables.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/tables.json"));

/// How many spellings may lead from one to the next.
const MAX_SPELLINGS: usize = 8;

/// What a workflow may not do. The words are those of `rules/api/effects.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectKind {
    /// Reads a clock.
    Clock,
    /// Draws from a source of randomness.
    Random,
    /// Makes an identifier that differs between runs.
    Uuid,
    /// Reads environment variables, arguments or what else the host says of itself.
    Environment,
    /// Depends on the host's time zone.
    TimeZone,
    /// Depends on where an object lies in memory, or on the process's hash seed.
    Identity,
    /// `asyncio.wait` and `asyncio.as_completed`, which keep tasks in sets.
    AsyncioWait,
    /// Reads or changes files.
    File,
    /// Talks to another machine.
    Network,
    /// Starts or steers a process.
    Process,
    /// Starts threads, or waits for them.
    Thread,
    /// Is made for threads and starts none: locks, events, what each thread has of its own.
    ThreadTool,
    /// Needs what the workflow's event loop does not have.
    EventLoop,
    /// Restricted by the sandbox for another reason.
    Restricted,
    /// Blocks the thread to let time pass.
    Sleep,
    /// Uses a Temporal client.
    Client,
    /// Writes something for people to read.
    Logging,
    /// Counts or measures for a monitoring system.
    Metrics,
    /// Runs code that is made or chosen only then.
    Code,
}

impl std::fmt::Display for EffectKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            EffectKind::Clock => "clock",
            EffectKind::Random => "random",
            EffectKind::Uuid => "uuid",
            EffectKind::Environment => "environment",
            EffectKind::TimeZone => "time-zone",
            EffectKind::Identity => "identity",
            EffectKind::AsyncioWait => "asyncio-wait",
            EffectKind::File => "file",
            EffectKind::Network => "network",
            EffectKind::Process => "process",
            EffectKind::Thread => "thread",
            EffectKind::ThreadTool => "thread-tool",
            EffectKind::EventLoop => "event-loop",
            EffectKind::Restricted => "restricted",
            EffectKind::Sleep => "sleep",
            EffectKind::Client => "client",
            EffectKind::Logging => "logging",
            EffectKind::Metrics => "metrics",
            EffectKind::Code => "code",
        })
    }
}

impl std::fmt::Display for BlockingKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            BlockingKind::Call => "call",
            BlockingKind::Sleep => "sleep",
            BlockingKind::File => "file",
            BlockingKind::Process => "process",
            BlockingKind::Wait => "wait",
        })
    }
}

/// How a call blocks the thread it runs on. The words are those of `rules/api/effects.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockingKind {
    /// Waits for another machine or a database.
    Call,
    /// Lets time pass.
    Sleep,
    /// Reads or writes files.
    File,
    /// Waits for a process.
    Process,
    /// Waits for another thread or a result.
    Wait,
}

/// What a workflow may not do, as one symbol does it.
#[derive(Debug, Clone)]
pub struct Effect {
    /// Which.
    pub kind: EffectKind,
    /// Reading the attribute is enough; otherwise only a call counts.
    pub read: bool,
    /// The call counts only under this condition.
    pub when: Option<When>,
    /// What a call does for which the condition does not hold.
    pub otherwise: Option<Box<Effect>>,
    /// It asks the running event loop for a connection.
    pub asks_loop: bool,
    /// What to write instead in a workflow.
    pub instead: Option<String>,
    /// How a call is rewritten: the first whose condition holds.
    pub fix: Vec<Rewrite>,
    /// The most that a finding claims.
    pub confidence: Confidence,
    /// The module of the project that it is read from.
    pub settings: Option<SettingsModule>,
}

/// How one symbol blocks the thread it is called on.
#[derive(Debug, Clone)]
pub struct Blocking {
    /// Which way.
    pub kind: BlockingKind,
    /// The call counts only under this condition.
    pub when: Option<When>,
    /// What to write instead in an async activity.
    pub instead: Option<String>,
    /// How a call is rewritten: the first whose condition holds.
    pub fix: Vec<Rewrite>,
    /// How long access to files takes.
    pub weight: Weight,
    /// The most that a finding claims.
    pub confidence: Confidence,
}

/// When the default sandbox restricts a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SandboxAt {
    /// While a module is loaded, and afterwards.
    Import,
    /// Once the module is loaded.
    Runtime,
}

/// What is known about symbols outside the project.
///
/// Symbols are qualified names; `()` stands for the result of the component it follows (`boto3.client().put_object`).
/// The names of an instance's members are those of its class (`openai.OpenAI.chat`). Lookups allocate nothing.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    effects: Patterns<Option<Effect>>,
    blocking: Patterns<Option<Blocking>>,
    sandbox: Patterns<Option<Restriction>>,
    passed_through: FxHashSet<String>,
    returns: Patterns<String>,
    attributes: Patterns<String>,
    canonical: Patterns<String>,
    bases: Patterns<String>,
    perhaps_none: FxHashMap<String, Option<OrElse>>,
    libraries: FxHashMap<String, Library>,
    packages: FxHashSet<String>,
}

/// What is known of a package as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Library {
    /// It has no asynchronous half.
    pub blocks: bool,
    /// Importing it in the sandbox, without passing it through, raises.
    pub fails_in_sandbox: bool,
    /// A plugin of workers is made for it, which passes it through.
    pub passed_by_plugin: bool,
}

#[derive(Debug, Clone, Copy)]
struct Restriction {
    at: SandboxAt,
    read: bool,
}

/// The embedded tables, read on the first call.
///
/// # Panics
///
/// Never: `build.rs` has read the same text against the same types and words.
pub fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| Tables::read(EMBEDDED).expect("build.rs checks what it embeds"))
}

#[derive(Deserialize)]
struct Embedded {
    effects: Vec<EffectGroup>,
    #[serde(default)]
    libraries: Vec<LibraryGroup>,
    sandbox: Option<SandboxFile>,
    types: Option<TypesFile>,
}

impl Tables {
    fn read(json: &str) -> serde_json::Result<Self> {
        let embedded: Embedded = serde_json::from_str(json)?;
        let mut tables = Self::default();
        for group in &embedded.effects {
            tables.add_group(group)?;
        }
        for group in embedded.libraries {
            let library = Library {
                blocks: group.blocks,
                fails_in_sandbox: group.fails_in_sandbox,
                passed_by_plugin: group.passed_by_plugin,
            };
            tables.libraries.extend(group.packages.into_iter().map(|package| (package, library)));
        }
        if let Some(sandbox) = embedded.sandbox {
            tables.add_sandbox(&sandbox);
        }
        if let Some(types) = embedded.types {
            tables.add_types(types);
        }
        Ok(tables)
    }

    /// These, and what a project adds; of two entries for a symbol the later one counts. What it says nothing of is which
    /// packages there are: a project may say something of code of its own.
    pub fn extended<'f>(&self, by: impl Iterator<Item = &'f ExtensionFile>) -> Self {
        let mut tables = self.clone();
        for file in by {
            for group in &file.effects {
                // The words were looked at when the file was read.
                _ = tables.add_group(group);
            }
            tables.add_types(file.types.clone());
        }
        tables.packages.clone_from(&self.packages);
        tables
    }

    fn add_group(&mut self, group: &EffectGroup) -> serde_json::Result<()> {
        let confidence = group.confidence.as_deref().map_or(Ok(Confidence::High), word)?;
        let otherwise = group.otherwise.as_ref().map(|otherwise| -> serde_json::Result<Box<Effect>> {
            Ok(Box::new(Effect {
                kind: word(&otherwise.effect)?,
                read: false,
                when: None,
                otherwise: None,
                asks_loop: false,
                instead: otherwise.instead.clone(),
                fix: Vec::new(),
                confidence,
                settings: None,
            }))
        });
        let otherwise = otherwise.transpose()?;
        let effect = chosen(group.effect.as_deref())?.map(|kind| {
            kind.map(|kind| Effect {
                kind,
                read: group.read,
                when: group.when.clone(),
                otherwise: otherwise.clone(),
                asks_loop: group.asks_loop,
                instead: group.instead.clone(),
                fix: group.fix.clone(),
                confidence,
                settings: group.settings.clone(),
            })
        });
        let blocking = chosen(group.blocks.as_deref())?.map(|kind| {
            kind.map(|kind| Blocking {
                kind,
                when: group.when.clone(),
                instead: group.instead_async.clone(),
                fix: group.fix_async.clone(),
                weight: group.weight.unwrap_or_default(),
                confidence,
            })
        });
        for symbol in &group.symbols {
            self.add_package(symbol);
            if let Some(effect) = &effect {
                self.effects.insert(symbol, effect.clone());
            }
            if let Some(blocking) = &blocking {
                self.blocking.insert(symbol, blocking.clone());
            }
        }
        Ok(())
    }

    fn add_sandbox(&mut self, sandbox: &SandboxFile) {
        for member in &sandbox.members {
            self.add_package(&member.symbol);
            let at = if member.at == "import" { SandboxAt::Import } else { SandboxAt::Runtime };
            self.sandbox.insert(&member.symbol, Some(Restriction { at, read: member.read }));
        }
        for symbol in &sandbox.excluded {
            self.sandbox.insert(symbol, None);
            if !symbol.ends_with(".*") {
                self.sandbox.insert(&format!("{symbol}.*"), None);
            }
        }
        self.passed_through.extend(sandbox.passed_through.iter().cloned());
    }

    fn add_types(&mut self, types: TypesFile) {
        for group in types.perhaps_none {
            self.perhaps_none.extend(group.symbols.into_iter().map(|symbol| (symbol, group.unless.clone())));
        }
        let parts = [
            (types.returns, &mut self.returns),
            (types.attributes, &mut self.attributes),
            (types.canonical, &mut self.canonical),
            (types.bases, &mut self.bases),
        ];
        for (entries, patterns) in parts {
            for (symbol, value) in entries {
                self.packages.insert(top(&symbol).to_owned());
                patterns.insert(&symbol, value);
            }
        }
    }

    fn add_package(&mut self, symbol: &str) {
        if !self.packages.contains(top(symbol)) {
            self.packages.insert(top(symbol).to_owned());
        }
    }

    /// The spelling that the other tables use. An entry also holds for what lies below it and for its result.
    #[must_use]
    pub fn canonical<'s>(&self, qname: &'s str) -> Cow<'s, str> {
        let mut name = Cow::Borrowed(qname);
        for _ in 0..MAX_SPELLINGS {
            match self.respelled(&name) {
                Some(next) if next != *name => name = Cow::Owned(next),
                _ => break,
            }
        }
        name
    }

    /// The name with its longest part that has another spelling exchanged.
    fn respelled(&self, name: &str) -> Option<String> {
        std::iter::successors(Some(name), |part| parent(part)).find_map(|part| {
            let callee = part.trim_end_matches("()");
            if let Some(spelling) = self.canonical.exact(part) {
                return Some(format!("{spelling}{}", &name[part.len()..]));
            }
            if let Some(spelling) = self.canonical.exact(callee) {
                return Some(format!("{spelling}{}", &name[callee.len()..]));
            }
            let below = self.canonical.below(part).filter(|_| part.len() < name.len())?;
            Some(format!("{}{}", below.strip_suffix(".*").unwrap_or(below), &name[part.len()..]))
        })
    }

    /// What a workflow may not do, and this symbol does. The most specific entry decides; where there is none, a
    /// symbol that the sandbox restricts is [`EffectKind::Restricted`].
    #[must_use]
    pub fn effect(&self, qname: &str) -> Option<&Effect> {
        match self.effects.get(qname) {
            Some(entry) => entry.as_ref().filter(|_| self.effects.holds_for(qname)),
            None => self
                .restriction(qname)
                .filter(|_| self.sandbox.holds_for(qname))
                .map(|restriction| restricted(restriction.read)),
        }
    }

    /// How a call of this symbol blocks its thread. The most specific entry decides.
    #[must_use]
    pub fn blocking(&self, qname: &str) -> Option<&Blocking> {
        self.blocking.get(qname)?.as_ref().filter(|_| self.blocking.holds_for(qname))
    }

    /// Whether an entry says what exactly this symbol does, and not only what all below another do.
    #[must_use]
    pub fn lists(&self, qname: &str) -> bool {
        self.effects.exact(qname).is_some() || self.blocking.exact(qname).is_some()
    }

    /// When the default sandbox restricts this symbol; `None` where it does not.
    #[must_use]
    pub fn sandbox(&self, qname: &str) -> Option<SandboxAt> {
        self.restriction(qname).map(|restriction| restriction.at)
    }

    /// Whether the default sandbox passes a module through that does not come with Python.
    #[must_use]
    pub fn is_passed_through(&self, module: &str) -> bool {
        std::iter::successors(Some(module), |part| parent(part)).any(|part| self.passed_through.contains(part))
    }

    fn restriction(&self, qname: &str) -> Option<Restriction> {
        *self.sandbox.get(qname)?
    }

    /// The class of what a call of this function returns.
    #[must_use]
    pub fn returns(&self, function: &str) -> Option<&str> {
        self.returns.get(function).map(String::as_str)
    }

    /// Whether a call of this function may give `None`, and by which parameter a caller says what it gives instead.
    #[must_use]
    pub fn perhaps_none(&self, function: &str) -> Option<Option<&OrElse>> {
        self.perhaps_none.get(function).map(Option::as_ref)
    }

    /// The class of the value of this attribute of a class or module.
    #[must_use]
    pub fn attribute(&self, qname: &str) -> Option<&str> {
        self.attributes.get(qname).map(String::as_str)
    }

    /// The first base of this class that matters.
    #[must_use]
    pub fn base(&self, class: &str) -> Option<&str> {
        self.bases.get(class).map(String::as_str)
    }

    /// What is known of the library that a module belongs to.
    #[must_use]
    pub fn library(&self, module: &str) -> Option<Library> {
        std::iter::successors(Some(module), |part| parent(part)).find_map(|part| self.libraries.get(part).copied())
    }

    /// Whether a table says anything about a package; `top` is the first component of a qualified name.
    #[must_use]
    pub fn is_known_package(&self, top: &str) -> bool {
        self.packages.contains(top)
    }
}

/// A word of a group: not given, taken out (`none`), or one of the kinds.
fn chosen<'a, K: Deserialize<'a>>(text: Option<&'a str>) -> serde_json::Result<Option<Option<K>>> {
    match text {
        None => Ok(None),
        Some(NONE) => Ok(Some(None)),
        Some(text) => word(text).map(|kind| Some(Some(kind))),
    }
}

fn restricted(read: bool) -> &'static Effect {
    static CALL: Effect = restriction_of(false);
    static READ: Effect = restriction_of(true);
    if read { &READ } else { &CALL }
}

const fn restriction_of(read: bool) -> Effect {
    Effect {
        kind: EffectKind::Restricted,
        read,
        when: None,
        otherwise: None,
        asks_loop: false,
        instead: None,
        fix: Vec::new(),
        confidence: Confidence::High,
        settings: None,
    }
}

/// `a.b` of `a.b.c`.
fn parent(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(above, _)| above)
}

/// `a` of `a.b.c`, and of `a().b`.
fn top(name: &str) -> &str {
    name.split(['.', '(']).next().unwrap_or(name)
}

/// Values by symbol, by `symbol.*`, or by `symbol.**.last`: what is called so, however many calls below.
#[derive(Debug, Clone)]
pub(super) struct Patterns<V> {
    exact: FxHashMap<String, V>,
    /// By what stands before `.*`.
    below: FxHashMap<String, V>,
    /// By what stands behind `.**.`, then by what stands before.
    deep: FxHashMap<String, FxHashMap<String, V>>,
}

impl<V> Default for Patterns<V> {
    fn default() -> Self {
        Self { exact: FxHashMap::default(), below: FxHashMap::default(), deep: FxHashMap::default() }
    }
}

impl<V> Patterns<V> {
    pub(super) fn insert(&mut self, pattern: &str, value: V) {
        match (pattern.strip_suffix(".*"), pattern.split_once(".**.")) {
            (Some(prefix), _) => self.below.insert(prefix.to_owned(), value),
            (_, Some((prefix, last))) => self.deep.entry(last.to_owned()).or_default().insert(prefix.to_owned(), value),
            _ => self.exact.insert(pattern.to_owned(), value),
        };
    }

    fn deep(&self, name: &str) -> Option<&V> {
        let by_prefix = self.deep.get(last_part(name))?;
        std::iter::successors(parent(name), |part| parent(part)).find_map(|prefix| by_prefix.get(prefix))
    }

    fn exact(&self, name: &str) -> Option<&V> {
        self.exact.get(name)
    }

    fn below(&self, prefix: &str) -> Option<&V> {
        self.below.get(prefix)
    }

    /// Whether what a wide entry says of a symbol is about itself, and not about the result of a call below it:
    /// `os.environ.get().lower()` is a method of a string.
    pub(super) fn holds_for(&self, name: &str) -> bool {
        if self.exact.contains_key(name) || self.deep(name).is_some() {
            return true;
        }
        let prefix =
            std::iter::successors(parent(name), |part| parent(part)).find(|part| self.below.contains_key(*part));
        prefix.is_none_or(|prefix| !name[prefix.len()..].contains("()"))
    }

    /// The value of the symbol itself, else of the longest `prefix.*` above it.
    pub(super) fn get(&self, name: &str) -> Option<&V> {
        self.exact(name)
            .or_else(|| self.deep(name))
            .or_else(|| std::iter::successors(parent(name), |part| parent(part)).find_map(|p| self.below(p)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Tables {
        Tables::read(
            r#"{
            "effects": [
                {"effect": "clock", "use": "workflow.now()", "symbols": ["time.time", "datetime.datetime.now"]},
                {"effect": "network", "blocks": "call", "async": "httpx.AsyncClient", "symbols": ["requests.*"]},
                {"effect": "none", "blocks": "none", "symbols": ["requests.Request", "requests.exceptions.*"]},
                {"effect": "network", "blocks": "call", "confidence": "medium",
                 "symbols": ["boto3.client().*", "openai.OpenAI.*"]},
                {"effect": "none", "symbols": ["os.path.join", "openai.OpenAI.with_options"]},
                {"effect": "environment", "read": true, "symbols": ["os.environ"]},
                {"blocks": "wait", "when": {"missing": {"name": "timeout", "position": 0}}, "symbols": ["queue.Queue.get"]}
            ],
            "sandbox": {
                "sdk": "1",
                "members": [
                    {"symbol": "os.*", "at": "runtime"}, {"symbol": "os.name", "at": "runtime", "read": true},
                    {"symbol": "os.path.exists", "at": "import"}
                ],
                "excluded": ["os.stat", "os.path"],
                "passed-through": ["google.protobuf"]
            },
            "types": {
                "returns": {"boto3.client": "boto3.client()", "sqlite3.connect": "sqlite3.Connection"},
                "attributes": {"pathlib.Path.parent": "pathlib.Path", "logging.root": "logging.Logger"},
                "canonical": {
                    "posixpath.*": "os.path.*", "_datetime.*": "datetime", "psycopg2.extensions.connect": "psycopg2.connect",
                    "a.x": "b.x", "b.x": "c.x", "loop.a": "loop.b", "loop.b": "loop.a",
                    "requests.api.*": "requests", "redis.client.Redis": "redis.Redis"
                },
                "bases": {"pathlib.PosixPath": "pathlib.Path"}
            }}"#,
        )
        .expect("a sample")
    }

    fn kind(name: &str) -> Option<EffectKind> {
        sample().effect(name).map(|effect| effect.kind)
    }

    fn blocks(name: &str) -> Option<BlockingKind> {
        sample().blocking(name).map(|blocking| blocking.kind)
    }

    #[test]
    fn exact_symbols_match_themselves_alone() {
        assert_eq!(kind("time.time"), Some(EffectKind::Clock));
        assert_eq!(kind("time.time.x"), None);
        assert_eq!(kind("datetime.datetime.now().isoformat"), None);
        assert_eq!(kind("time"), None);
        assert_eq!(sample().effect("time.time").and_then(|e| e.instead.clone()).as_deref(), Some("workflow.now()"));
    }

    #[test]
    fn wildcards_match_everything_below() {
        for name in ["requests.get", "requests.Session.get", "requests.exceptionsx.y"] {
            assert_eq!((kind(name), blocks(name)), (Some(EffectKind::Network), Some(BlockingKind::Call)), "{name}");
        }
        assert_eq!(kind("requests"), None);
        // What the result of a call does is another matter.
        assert_eq!((kind("requests.get().json"), blocks("requests.get().json")), (None, None));
        assert_eq!(kind("requests_toolbelt.x"), None);
    }

    #[test]
    fn calls_are_part_of_their_component() {
        assert_eq!(blocks("boto3.client().put_object"), Some(BlockingKind::Call));
        assert_eq!(blocks("boto3.client().meta.client.x"), Some(BlockingKind::Call));
        assert_eq!(blocks("boto3.client.put_object"), None);
        assert_eq!(blocks("boto3.client"), None);
    }

    #[test]
    fn members_of_instances_are_below_their_class() {
        assert_eq!(kind("openai.OpenAI.chat.completions.create"), Some(EffectKind::Network));
        assert_eq!(kind("openai.OpenAI.chat.with_raw_response().create"), None);
        assert_eq!(kind("openai.OpenAI"), None);
        assert_eq!(
            sample().blocking("openai.OpenAI.chat.completions.create").map(|b| b.confidence),
            Some(Confidence::Medium)
        );
    }

    #[test]
    fn the_most_specific_entry_decides() {
        assert_eq!((kind("requests.Request"), blocks("requests.Request")), (None, None));
        assert_eq!(kind("requests.exceptions.Timeout"), None);
        assert_eq!(kind("requests.Request.x"), Some(EffectKind::Network));
        assert_eq!(kind("openai.OpenAI.with_options"), None);
        assert_eq!(blocks("openai.OpenAI.with_options"), Some(BlockingKind::Call));
    }

    #[test]
    fn what_the_sandbox_restricts_is_restricted_unless_a_group_says_otherwise() {
        let tables = sample();
        assert_eq!(kind("os.listdir"), Some(EffectKind::Restricted));
        assert_eq!(tables.effect("os.listdir").map(|e| e.read), Some(false));
        assert_eq!(tables.effect("os.name").map(|e| (e.kind, e.read)), Some((EffectKind::Restricted, true)));
        assert_eq!(tables.effect("os.environ").map(|e| (e.kind, e.read)), Some((EffectKind::Environment, true)));
        assert_eq!(tables.sandbox("os.environ"), Some(SandboxAt::Runtime));
        assert_eq!(kind("os.path.join"), None);
    }

    #[test]
    fn exclusions_hold_below_unless_a_longer_member_says_otherwise() {
        let tables = sample();
        assert_eq!(tables.sandbox("os.stat"), None);
        assert_eq!(tables.sandbox("os.path.isfile"), None);
        assert_eq!(tables.sandbox("os.path.exists"), Some(SandboxAt::Import));
        assert_eq!(tables.sandbox("time.time"), None);
    }

    #[test]
    fn what_is_passed_through_is_so_with_all_below_it() {
        let tables = sample();
        assert!(tables.is_passed_through("google.protobuf") && tables.is_passed_through("google.protobuf.message"));
        assert!(!tables.is_passed_through("google") && !tables.is_passed_through("google.protobuf2"));
    }

    #[test]
    fn spellings_are_followed_to_the_end_and_never_for_ever() {
        let tables = sample();
        let canonical = |name: &str| tables.canonical(name).into_owned();
        assert_eq!(canonical("posixpath.exists"), "os.path.exists");
        assert_eq!(canonical("posixpath"), "posixpath");
        assert_eq!(canonical("_datetime.datetime.now"), "datetime.datetime.now");
        assert_eq!(canonical("psycopg2.extensions.connect().cursor"), "psycopg2.connect().cursor");
        assert_eq!(canonical("redis.client.Redis.get"), "redis.Redis.get");
        assert_eq!(canonical("redis.client.RedisX.get"), "redis.client.RedisX.get");
        assert_eq!(canonical("a.x.y"), "c.x.y");
        assert_eq!(canonical("requests.api.get"), "requests.get");
        assert!(canonical("loop.a").starts_with("loop."));
        assert!(matches!(tables.canonical("time.time"), Cow::Borrowed("time.time")));
    }

    #[test]
    fn types_are_looked_up_by_symbol() {
        let tables = sample();
        assert_eq!(tables.returns("sqlite3.connect"), Some("sqlite3.Connection"));
        assert_eq!(tables.attribute("pathlib.Path.parent"), Some("pathlib.Path"));
        assert_eq!(tables.base("pathlib.PosixPath"), Some("pathlib.Path"));
        assert_eq!(tables.base("pathlib.Path"), None);
    }

    #[test]
    fn packages_are_known_by_their_first_component() {
        let tables = sample();
        for top in ["os", "boto3", "pathlib", "posixpath", "queue", "logging"] {
            assert!(tables.is_known_package(top), "{top}");
        }
        assert!(!tables.is_known_package("acme"));
    }

    #[test]
    fn a_module_belongs_to_the_longest_package_that_is_named() {
        let tables = Tables::read(
            r#"{"effects": [], "libraries": [{"blocks": true, "packages": ["requests"]},
                {"fails-in-sandbox": true, "packages": ["azure.storage.blob"]}]}"#,
        )
        .expect("right");
        let blocks = Library { blocks: true, fails_in_sandbox: false, passed_by_plugin: false };
        assert_eq!(tables.library("requests.adapters"), Some(blocks));
        assert_eq!(tables.library("requests_toolbelt"), None);
        assert_eq!(tables.library("azure.storage"), None);
        assert!(tables.library("azure.storage.blob.aio").is_some_and(|library| library.fails_in_sandbox));
    }

    #[test]
    fn conditions_are_kept() {
        let tables = sample();
        let when = tables.blocking("queue.Queue.get").and_then(|b| b.when.as_ref());
        assert!(matches!(when, Some(When::Missing { name, position: 0 }) if name == "timeout"));
    }

    #[test]
    fn the_embedded_tables_are_readable() {
        assert!(Tables::read(EMBEDDED).is_ok());
    }
}
