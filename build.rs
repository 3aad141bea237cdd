//! Turns `rules/**/*.yaml` into the JSON texts that the binary embeds, one for each part that is read by itself.
//!
//! Knows: the shape of the files (shared with the crate) and which words they may use. Does not know: what a rule
//! means. A mistake fails the build with file, line and column; all mistakes are shown, not the first alone.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use checks::{Examined, Fault, listed};
use schema::{
    BLOCKS, BehaviourFile, CONFIDENCES, Check, EFFECTS, EffectGroup, EffectsFile, FailuresFile, LibraryGroup,
    MeantFile, NamesFile, PayloadsFile, RuleFile, SandboxFile, SignaturesFile, TypesFile,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[path = "src/registry/checks.rs"]
#[allow(dead_code, reason = "the crate uses what the build does not")]
mod checks;
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
const TABLE_FILES: [&str; 9] = [
    "behaviour.yaml",
    "effects.yaml",
    "failures.yaml",
    "meant.yaml",
    "names.yaml",
    "payloads.yaml",
    "sandbox.yaml",
    "signatures.yaml",
    "types.yaml",
];
const SEVERITIES: [&str; 3] = ["error", "warning", "info"];
/// What `tests/sdk/run` has seen, a file for each version of the SDK.
const OBSERVED: &str = "tests/sdk/observed";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/registry/checks.rs");
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
    part("signatures.json", json!({ "signatures": blob.signatures, "meant": blob.meant }))?;
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
    /// `rules/api/meant.yaml`.
    pub meant: MeantFile,
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
        let mut file = Examined::new(&text);
        let inside = path.strip_prefix(root).unwrap_or(path);
        let parts: Vec<&str> = inside.iter().filter_map(|part| part.to_str()).collect();
        match parts.as_slice() {
            [TABLES, name] => self.take_table(&mut file, name),
            [category, name] => self.take_rule(&mut file, path, category, name.trim_end_matches(".yaml")),
            _ => file.wrong("", "expected `rules/<category>/<name>.yaml`"),
        }
        let told = |fault: Fault| Mistake {
            path: path.into(),
            line: fault.line,
            column: fault.column,
            message: fault.message,
        };
        self.mistakes.extend(file.faults.into_iter().map(told));
    }

    fn take_rule(&mut self, file: &mut Examined<'_>, path: &Path, category: &str, name: &str) {
        let Some((_, digit)) = CATEGORIES.into_iter().find(|(known, _)| *known == category) else {
            let known: Vec<&str> = CATEGORIES.iter().map(|(name, _)| *name).collect();
            file.wrong("", format!("unknown category `{category}`, expected {}", listed(&known)));
            return;
        };
        if !name.split('-').all(|word| !word.is_empty() && word.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9'))) {
            file.wrong("", format!("the name `{name}` is not words in lower case joined by `-`"));
        }
        let Some(rule) = file.parse::<RuleFile>() else { return };
        check_code(file, &rule.code, digit);
        file.check_word("severity", &rule.severity, &SEVERITIES);
        if let Some(confidence) = &rule.confidence {
            file.check_word("confidence", confidence, &CONFIDENCES);
        }
        match &rule.check {
            Some(Check::ForbiddenEffect { effects }) => check_words(file, "effect", effects, &EFFECTS),
            Some(Check::RefusedValues { values }) if values.is_empty() => {
                file.wrong("check", "the check names no value");
            }
            Some(Check::Blocking { kinds }) => check_words(file, "kind of blocking", kinds, &BLOCKS),
            Some(Check::ForbiddenCall { calls, .. }) => calls.iter().for_each(|call| file.check_symbol(call)),
            Some(Check::RefusedValues { .. }) | None => {}
        }
        if let Some(other) = self.codes.insert(rule.code.clone(), path.into()) {
            file.wrong(&rule.code, format!("code {} is taken by {}", rule.code, other.display()));
        }
        if let Some(other) = self.names.insert(name.to_owned(), path.into()) {
            file.wrong("", format!("the name `{name}` is taken by {}", other.display()));
        }
        self.blob.rules.push(Entry { category: category.to_owned(), name: name.to_owned(), file: rule });
    }

    fn take_table(&mut self, file: &mut Examined<'_>, name: &str) {
        match name {
            "effects.yaml" => {
                if let Some(table) = file.parse::<EffectsFile>() {
                    file.check_effects(&table.effects);
                    check_libraries(file, &table.libraries);
                    self.blob.effects = table.effects;
                    self.blob.libraries = table.libraries;
                }
            }
            "sandbox.yaml" => {
                if let Some(table) = file.parse::<SandboxFile>() {
                    check_sandbox(file, &table);
                    self.blob.sandbox = Some(table);
                }
            }
            "signatures.yaml" => {
                if let Some(table) = file.parse::<SignaturesFile>() {
                    self.blob.signatures = table;
                }
            }
            "meant.yaml" => {
                if let Some(table) = file.parse::<MeantFile>() {
                    self.blob.meant = table;
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
                    check_payloads(file, &table);
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
                    check_behaviour(file, &table);
                    self.blob.behaviour = Some(table);
                }
            }
            _ => file.wrong("", format!("unknown table, expected {}", listed(&TABLE_FILES))),
        }
    }
}

fn check_code(file: &mut Examined<'_>, code: &str, digit: char) {
    let digits = code.strip_prefix("TPY").unwrap_or_default();
    if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        file.wrong(code, format!("`{code}` is not a code, expected `TPY` and three digits"));
    } else if !digits.starts_with(digit) {
        file.wrong(code, format!("codes of this category start with `TPY{digit}`, not as `{code}` does"));
    }
}

fn check_words(file: &mut Examined<'_>, what: &str, words: &[String], known: &[&str]) {
    if words.is_empty() {
        file.wrong("check", format!("the check names no {what}"));
    }
    for word in words {
        file.check_word(what, word, known);
    }
}

fn check_libraries(file: &mut Examined<'_>, groups: &[LibraryGroup]) {
    let mut seen: HashMap<&str, ()> = HashMap::new();
    for group in groups {
        for package in &group.packages {
            file.check_symbol(package);
            if !group.blocks && !group.fails_in_sandbox {
                file.wrong(package, format!("nothing is said of the library `{package}`"));
            }
            if seen.insert(package, ()).is_some() {
                file.wrong(package, format!("the library `{package}` stands twice"));
            }
        }
    }
}

fn check_sandbox(file: &mut Examined<'_>, table: &SandboxFile) {
    for member in &table.members {
        file.check_symbol(&member.symbol);
        if !["import", "runtime"].contains(&member.at.as_str()) {
            let message = format!("`{}` is restricted `at` neither `import` nor `runtime`", member.symbol);
            file.wrong(&member.symbol, message);
        }
    }
    for symbol in &table.excluded {
        file.check_symbol(symbol);
    }
}

fn check_payloads(file: &mut Examined<'_>, table: &PayloadsFile) {
    let kinds = table.kinds.iter().flat_map(|group| &group.symbols);
    let lists = [&table.texts, &table.numbers, &table.needs_annotation, &table.read_by_models, &table.refused_keys]
        .into_iter()
        .flatten();
    for symbol in kinds.chain(lists) {
        file.check_symbol(symbol);
    }
    let mut formed: HashMap<&str, ()> = HashMap::new();
    for symbol in table.forms.iter().flat_map(|group| &group.symbols) {
        file.check_symbol(symbol);
        if formed.insert(symbol, ()).is_some() {
            file.wrong(symbol, format!("`{symbol}` has two forms"));
        }
    }
    let mut seen: HashMap<&str, ()> = HashMap::new();
    for symbol in table.refused.iter().flat_map(|group| &group.symbols) {
        file.check_symbol(symbol);
        if seen.insert(symbol, ()).is_some() {
            file.wrong(symbol, format!("`{symbol}` is refused twice"));
        }
    }
}

fn check_behaviour(file: &mut Examined<'_>, table: &BehaviourFile) {
    file.check_handling(&table.calls, &table.hands_off, &table.keeps);
    let order =
        [&table.order.ignores, &table.order.keeps, &table.order.remains, &table.order.shows, &table.order.tables];
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
        .chain(table.takes_zone.iter().map(|entry| &entry.symbols))
        .chain([&table.generator_managers]);
    for symbol in rest.flatten() {
        file.check_symbol(symbol);
    }
    let by_method = table.special.iter().map(|entry| &entry.symbols);
    for symbol in by_method.chain(table.callables.iter().map(|entry| &entry.symbols)).flatten() {
        file.check_symbol(symbol.strip_prefix("*.").unwrap_or(symbol));
    }
}
