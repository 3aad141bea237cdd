//! Turns `rules/**/*.yaml` into the JSON texts that the binary embeds, one for each part that is read by itself.
//!
//! Knows: the shape of the files (shared with the crate) and which words they may use. Does not know: what a rule
//! means. A mistake fails the build with file, line and column; all mistakes are shown, not the first alone.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use schema::{
    BehaviourFile, Check, EffectGroup, EffectsFile, FailuresFile, LibraryGroup, NamesFile, PayloadsFile, RuleFile,
    SandboxFile, SignaturesFile, TypesFile,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[path = "src/registry/schema.rs"]
#[allow(dead_code, reason = "the crate uses what the build does not")]
mod schema;

/// Folders below `rules/` and the digit that codes of their rules have after `TPY`.
const CATEGORIES: [(&str, char); 10] = [
    ("tool", '0'),
    ("determinism", '1'),
    ("blocking", '2'),
    ("environment", '3'),
    ("exceptions", '4'),
    ("definitions", '5'),
    ("sdk-calls", '6'),
    ("workers", '7'),
    ("data", '8'),
    ("versioning", '9'),
];
/// The folder of the tables.
const TABLES: &str = "api";
/// The files in it.
const TABLE_FILES: [&str; 8] = [
    "behaviour.yaml",
    "effects.yaml",
    "failures.yaml",
    "names.yaml",
    "payloads.yaml",
    "sandbox.yaml",
    "signatures.yaml",
    "types.yaml",
];
const SEVERITIES: [&str; 3] = ["error", "warning", "info"];
const CONFIDENCES: [&str; 3] = ["high", "medium", "low"];
/// Values of `effect`, besides `none`.
const EFFECTS: [&str; 18] = [
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
    "event-loop",
    "restricted",
    "sleep",
    "client",
    "logging",
    "metrics",
    "code",
];
/// Values of `blocks`, besides `none`.
const BLOCKS: [&str; 5] = ["call", "sleep", "file", "process", "wait"];
/// What `tests/sdk/run` has seen, a file for each version of the SDK.
const OBSERVED: &str = "tests/sdk/observed";
/// Takes symbols out of a wider entry.
const NONE: &str = "none";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/registry/schema.rs");
    println!("cargo::rerun-if-changed=src/registry/schema");
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed={OBSERVED}");
    let mut collected = collect(Path::new("rules"));
    collected.observe(Path::new(OBSERVED));
    if !collected.mistakes.is_empty() {
        for mistake in &collected.mistakes {
            println!("cargo::error={mistake}");
        }
        return ExitCode::FAILURE;
    }
    match write(&collected.blob) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("cargo::error=cannot write the embedded rules: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn write(blob: &Blob) -> std::io::Result<()> {
    let folder = std::env::var_os("OUT_DIR").ok_or_else(|| std::io::Error::other("OUT_DIR is not set"))?;
    let part = |name: &str, value: serde_json::Value| std::fs::write(Path::new(&folder).join(name), value.to_string());
    part("rules.json", json!({ "rules": blob.rules }))?;
    part("names.json", json!({ "names": blob.names }))?;
    part("signatures.json", json!({ "signatures": blob.signatures }))?;
    part("failures.json", json!({ "failures": blob.failures }))?;
    part("behaviour.json", json!({ "behaviour": blob.behaviour }))?;
    part("payloads.json", json!({ "payloads": blob.payloads }))?;
    part("observed.json", json!({ "observed": blob.observed }))?;
    let Blob { effects, libraries, sandbox, types, .. } = blob;
    part("tables.json", json!({ "effects": effects, "libraries": libraries, "sandbox": sandbox, "types": types }))
}

/// What is embedded.
#[derive(Debug, Default, Serialize)]
pub struct Blob {
    /// All rules, sorted by code.
    pub rules: Vec<Entry>,
    /// The groups of `rules/api/effects.yaml`.
    pub effects: Vec<EffectGroup>,
    /// Its libraries.
    pub libraries: Vec<LibraryGroup>,
    /// `rules/api/sandbox.yaml`.
    pub sandbox: Option<SandboxFile>,
    /// `rules/api/types.yaml`.
    pub types: Option<TypesFile>,
    /// `rules/api/behaviour.yaml`.
    pub behaviour: Option<BehaviourFile>,
    /// `rules/api/names.yaml`.
    pub names: NamesFile,
    /// `rules/api/signatures.yaml`.
    pub signatures: SignaturesFile,
    /// `rules/api/failures.yaml`.
    pub failures: FailuresFile,
    /// `rules/api/payloads.yaml`.
    pub payloads: Option<PayloadsFile>,
    /// What was seen on the real SDK: version, then code.
    pub observed: BTreeMap<String, BTreeMap<String, Observation>>,
}

/// What a rule's examples do on the real SDK.
#[derive(Debug, Serialize, Deserialize)]
pub struct Observation {
    /// The bad example.
    pub bad: Option<Said>,
    /// The good example.
    pub good: Option<Said>,
}

/// One sentence for the rule's page.
#[derive(Debug, Serialize, Deserialize)]
pub struct Said {
    /// The sentence.
    pub says: Option<String>,
}

/// A rule with what its path says.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The folder.
    pub category: String,
    /// The file, without its ending.
    pub name: String,
    /// What the file says.
    pub file: RuleFile,
}

/// Something wrong in a file below `rules/`.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub path: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path.display(), self.line, self.column, self.message)
    }
}

/// What the folder holds and what is wrong with it.
#[derive(Debug, Default)]
pub struct Collected {
    /// What is right.
    pub blob: Blob,
    /// What is not.
    pub mistakes: Vec<Mistake>,
    codes: HashMap<String, PathBuf>,
    names: HashMap<String, PathBuf>,
}

impl Collected {
    /// Reads what was seen on the SDK. A folder that does not exist gives nothing.
    pub fn observe(&mut self, folder: &Path) {
        let Ok(files) = std::fs::read_dir(folder) else { return };
        for path in files.filter_map(|file| Some(file.ok()?.path())) {
            let Some(version) = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned) else { continue };
            let read = std::fs::read_to_string(&path).map_err(|problem| problem.to_string());
            match read.and_then(|text| serde_json::from_str(&text).map_err(|problem| problem.to_string())) {
                Ok(observed) => {
                    self.blob.observed.insert(version, observed);
                }
                Err(message) => self.mistakes.push(Mistake { path, line: 1, column: 1, message }),
            }
        }
    }
}

/// Reads every `.yaml` file below `root`. A folder that does not exist, or holds nothing, gives nothing.
pub fn collect(root: &Path) -> Collected {
    let mut collected = Collected::default();
    if !root.exists() {
        return collected;
    }
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "yaml") => {
                collected.take(root, entry.path());
            }
            Ok(_) => {}
            Err(problem) => {
                let path = problem.path().unwrap_or(root).to_owned();
                collected.mistakes.push(Mistake { path, line: 1, column: 1, message: problem.to_string() });
            }
        }
    }
    collected.blob.rules.sort_by(|a, b| a.file.code.cmp(&b.file.code));
    collected
}

impl Collected {
    fn take(&mut self, root: &Path, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(problem) => {
                self.mistakes.push(Mistake { path: path.into(), line: 1, column: 1, message: problem.to_string() });
                return;
            }
        };
        let mut file = File { path, text: &text, mistakes: Vec::new() };
        let inside = path.strip_prefix(root).unwrap_or(path);
        let parts: Vec<&str> = inside.iter().filter_map(|part| part.to_str()).collect();
        match parts.as_slice() {
            [TABLES, name] => self.take_table(&mut file, name),
            [category, name] => self.take_rule(&mut file, category, name.trim_end_matches(".yaml")),
            _ => file.wrong("", "expected `rules/<category>/<name>.yaml`"),
        }
        self.mistakes.append(&mut file.mistakes);
    }

    fn take_rule(&mut self, file: &mut File, category: &str, name: &str) {
        let Some((_, digit)) = CATEGORIES.into_iter().find(|(known, _)| *known == category) else {
            let known: Vec<&str> = CATEGORIES.iter().map(|(name, _)| *name).collect();
            file.wrong("", format!("unknown category `{category}`, expected {}", listed(&known)));
            return;
        };
        if !name.split('-').all(|word| !word.is_empty() && word.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9'))) {
            file.wrong("", format!("the name `{name}` is not words in lower case joined by `-`"));
        }
        let Some(rule) = file.parse::<RuleFile>() else { return };
        file.check_code(&rule.code, digit);
        file.check_word("severity", &rule.severity, &SEVERITIES);
        if let Some(confidence) = &rule.confidence {
            file.check_word("confidence", confidence, &CONFIDENCES);
        }
        match &rule.check {
            Some(Check::ForbiddenEffect { effects }) => file.check_words("effect", effects, &EFFECTS),
            Some(Check::RefusedValues { values }) if values.is_empty() => {
                file.wrong("check", "the check names no value");
            }
            Some(Check::Blocking { kinds }) => file.check_words("kind of blocking", kinds, &BLOCKS),
            Some(Check::ForbiddenCall { calls, .. }) => calls.iter().for_each(|call| file.check_symbol(call)),
            Some(Check::RefusedValues { .. }) | None => {}
        }
        if let Some(other) = self.codes.insert(rule.code.clone(), file.path.into()) {
            file.wrong(&rule.code, format!("code {} is taken by {}", rule.code, other.display()));
        }
        if let Some(other) = self.names.insert(name.to_owned(), file.path.into()) {
            file.wrong("", format!("the name `{name}` is taken by {}", other.display()));
        }
        self.blob.rules.push(Entry { category: category.to_owned(), name: name.to_owned(), file: rule });
    }

    fn take_table(&mut self, file: &mut File, name: &str) {
        match name {
            "effects.yaml" => {
                if let Some(table) = file.parse::<EffectsFile>() {
                    file.check_effects(&table.effects);
                    file.check_libraries(&table.libraries);
                    self.blob.effects = table.effects;
                    self.blob.libraries = table.libraries;
                }
            }
            "sandbox.yaml" => {
                if let Some(table) = file.parse::<SandboxFile>() {
                    file.check_sandbox(&table);
                    self.blob.sandbox = Some(table);
                }
            }
            "signatures.yaml" => {
                if let Some(table) = file.parse::<SignaturesFile>() {
                    self.blob.signatures = table;
                }
            }
            "names.yaml" => {
                if let Some(table) = file.parse::<NamesFile>() {
                    self.blob.names = table;
                }
            }
            "failures.yaml" => {
                if let Some(table) = file.parse::<FailuresFile>() {
                    self.blob.failures = table;
                }
            }
            "payloads.yaml" => {
                if let Some(table) = file.parse::<PayloadsFile>() {
                    file.check_payloads(&table);
                    self.blob.payloads = Some(table);
                }
            }
            "types.yaml" => {
                if let Some(table) = file.parse::<TypesFile>() {
                    file.check_types(&table);
                    self.blob.types = Some(table);
                }
            }
            "behaviour.yaml" => {
                if let Some(table) = file.parse::<BehaviourFile>() {
                    file.check_behaviour(&table);
                    self.blob.behaviour = Some(table);
                }
            }
            _ => file.wrong("", format!("unknown table, expected {}", listed(&TABLE_FILES))),
        }
    }
}

/// A file under examination.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl File<'_> {
    /// Enums stand as maps of one key (`check: { blocking: … }`), not as YAML tags.
    fn parse<T: DeserializeOwned>(&mut self) -> Option<T> {
        let yaml = serde_yaml::Deserializer::from_str(self.text);
        match serde_yaml::with::singleton_map_recursive::deserialize(yaml) {
            Ok(value) => Some(value),
            Err(problem) => {
                let (line, column) = problem.location().map_or((1, 1), |place| (place.line(), place.column()));
                let said = problem.to_string();
                // The place is given in front already.
                let message = said.split(" at line ").next().unwrap_or(&said).to_owned();
                self.mistakes.push(Mistake { path: self.path.into(), line, column, message });
                None
            }
        }
    }

    /// Notes a mistake at the last place where `word` stands by itself, or at the top of the file.
    fn wrong(&mut self, word: &str, message: impl Into<String>) {
        let (line, column) = place(self.text, word).unwrap_or((1, 1));
        self.mistakes.push(Mistake { path: self.path.into(), line, column, message: message.into() });
    }

    fn check_code(&mut self, code: &str, digit: char) {
        let digits = code.strip_prefix("TPY").unwrap_or_default();
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            self.wrong(code, format!("`{code}` is not a code, expected `TPY` and three digits"));
        } else if !digits.starts_with(digit) {
            self.wrong(code, format!("codes of this category start with `TPY{digit}`, not as `{code}` does"));
        }
    }

    fn check_word(&mut self, what: &str, word: &str, known: &[&str]) {
        if !known.contains(&word) {
            self.wrong(word, format!("unknown {what} `{word}`, expected {}", listed(known)));
        }
    }

    fn check_words(&mut self, what: &str, words: &[String], known: &[&str]) {
        if words.is_empty() {
            self.wrong("check", format!("the check names no {what}"));
        }
        for word in words {
            self.check_word(what, word, known);
        }
    }

    fn check_effects(&mut self, groups: &[EffectGroup]) {
        let mut seen: HashMap<(&str, &str), ()> = HashMap::new();
        for group in groups {
            let first = group.symbols.first().map_or("", String::as_str);
            if group.symbols.is_empty() {
                self.wrong("effects", "a group without symbols");
            }
            if group.effect.is_none() && group.blocks.is_none() {
                self.wrong(first, format!("the group of `{first}` has neither `effect` nor `blocks`"));
            }
            if let Some(effect) = group.effect.as_deref().filter(|effect| *effect != NONE) {
                self.check_word("effect", effect, &EFFECTS);
            }
            if let Some(blocks) = group.blocks.as_deref().filter(|blocks| *blocks != NONE) {
                self.check_word("kind of blocking", blocks, &BLOCKS);
            }
            if let Some(confidence) = &group.confidence {
                self.check_word("confidence", confidence, &CONFIDENCES);
            }
            for rewrite in group.fix.iter().chain(&group.fix_async) {
                let ways = [rewrite.callee.is_some(), rewrite.call.is_some(), rewrite.to_thread];
                if ways.iter().filter(|said| **said).count() != 1 {
                    self.wrong(first, format!("a fix of `{first}` says one of `callee`, `call` and `to-thread`"));
                }
            }
            for symbol in &group.symbols {
                self.check_symbol(symbol);
                if !symbol.contains('.') {
                    self.wrong(symbol, format!("`{symbol}` has no module; built-ins are `builtins.{symbol}`"));
                }
                let sides = [("effect", group.effect.is_some()), ("blocks", group.blocks.is_some())];
                for (side, _) in sides.into_iter().filter(|(_, given)| *given) {
                    if seen.insert((side, symbol), ()).is_some() {
                        self.wrong(symbol, format!("`{symbol}` has `{side}` in two groups"));
                    }
                }
            }
        }
    }

    fn check_libraries(&mut self, groups: &[LibraryGroup]) {
        let mut seen: HashMap<&str, ()> = HashMap::new();
        for group in groups {
            for package in &group.packages {
                self.check_symbol(package);
                if !group.blocks && !group.fails_in_sandbox {
                    self.wrong(package, format!("nothing is said of the library `{package}`"));
                }
                if seen.insert(package, ()).is_some() {
                    self.wrong(package, format!("the library `{package}` stands twice"));
                }
            }
        }
    }

    fn check_sandbox(&mut self, table: &SandboxFile) {
        for member in &table.members {
            self.check_symbol(&member.symbol);
            if !["import", "runtime"].contains(&member.at.as_str()) {
                let message = format!("`{}` is restricted `at` neither `import` nor `runtime`", member.symbol);
                self.wrong(&member.symbol, message);
            }
        }
        for symbol in &table.excluded {
            self.check_symbol(symbol);
        }
    }

    fn check_payloads(&mut self, table: &PayloadsFile) {
        let kinds = table.kinds.iter().flat_map(|group| &group.symbols);
        let lists = [&table.texts, &table.numbers, &table.refused_keys].into_iter().flatten();
        for symbol in kinds.chain(lists) {
            self.check_symbol(symbol);
        }
        let mut seen: HashMap<&str, ()> = HashMap::new();
        for symbol in table.refused.iter().flat_map(|group| &group.symbols) {
            self.check_symbol(symbol);
            if seen.insert(symbol, ()).is_some() {
                self.wrong(symbol, format!("`{symbol}` is refused twice"));
            }
        }
    }

    fn check_types(&mut self, table: &TypesFile) {
        for function in table.perhaps_none.iter().flat_map(|group| &group.symbols) {
            if !table.returns.contains_key(function) {
                self.wrong(function, format!("`{function}` may give `None`, but `returns` does not say what else"));
            }
        }
        for (function, class) in table.returns.iter().chain(&table.attributes).chain(&table.bases) {
            self.check_symbol(function);
            self.check_symbol(class);
        }
        for (spelling, symbol) in &table.canonical {
            self.check_symbol(spelling);
            self.check_symbol(symbol);
            let from = spelling.trim_end_matches(".*");
            let to = symbol.trim_end_matches(".*");
            if to == from || to.strip_prefix(from).is_some_and(|rest| rest.starts_with('.')) {
                self.wrong(spelling, format!("`{spelling}` is mapped to itself or to something below itself"));
            }
        }
    }

    fn check_behaviour(&mut self, table: &BehaviourFile) {
        let calls = table.calls.iter().map(|entry| &entry.symbols);
        let handled = calls.chain(table.hands_off.iter().map(|entry| &entry.symbols)).chain([&table.keeps]).flatten();
        let mut seen: HashMap<&str, ()> = HashMap::new();
        for symbol in handled {
            self.check_symbol(symbol);
            if seen.insert(symbol, ()).is_some() {
                self.wrong(symbol, format!("`{symbol}` stands twice among `calls`, `hands-off` and `keeps`"));
            }
        }
        let order = [&table.order.ignores, &table.order.keeps, &table.order.remains, &table.order.shows];
        let rest = (order.into_iter().flatten().map(|entry| &entry.symbols))
            .chain(table.calls_dunders.iter().map(|entry| &entry.symbols))
            .chain(table.constructs.iter().map(|entry| &entry.symbols))
            .chain(table.never_returns.iter().map(|entry| &entry.symbols))
            .chain(table.only_in.iter().map(|entry| &entry.symbols))
            .chain(table.returns_argument.iter().map(|entry| &entry.symbols))
            .chain(table.returns_items.iter().map(|entry| &entry.symbols))
            .chain(table.awaits.iter().map(|entry| &entry.symbols))
            .chain(table.changes.iter().map(|entry| &entry.symbols))
            .chain(table.classes.iter().map(|entry| &entry.symbols))
            .chain(table.generics.iter().map(|entry| &entry.symbols))
            .chain(table.sets_up.iter().map(|entry| &entry.symbols))
            .chain(table.succeeds.iter().map(|entry| &entry.symbols))
            .chain([&table.generator_managers]);
        for symbol in rest.flatten() {
            self.check_symbol(symbol);
        }
        for symbol in table.special.iter().flat_map(|entry| &entry.symbols) {
            self.check_symbol(symbol.strip_prefix("*.").unwrap_or(symbol));
        }
    }

    fn check_symbol(&mut self, symbol: &str) {
        let name = symbol.strip_suffix(".*").unwrap_or(symbol).replacen(".**.", ".", 1);
        if !name.split('.').all(is_component) {
            let message = format!(
                "`{symbol}` is not a symbol: dotted names, `()` after one for its result, a final `.*`, one `.**.`"
            );
            self.wrong(symbol, message);
        }
    }
}

fn is_component(component: &str) -> bool {
    let name = component.trim_end_matches("()");
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The line and column of the last occurrence of `word` that is not part of a longer one.
fn place(text: &str, word: &str) -> Option<(usize, usize)> {
    if word.is_empty() {
        return None;
    }
    let inside = |c: char| c.is_alphanumeric() || "_-.*()".contains(c);
    let alone = |at: usize| {
        !text[..at].chars().next_back().is_some_and(inside)
            && !text[at + word.len()..].chars().next().is_some_and(inside)
    };
    let (at, _) = text.rmatch_indices(word).find(|(at, _)| alone(*at))?;
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    Some((text[..at].matches('\n').count() + 1, text[line_start..at].chars().count() + 1))
}
