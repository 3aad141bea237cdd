//! The keys of a configuration file: what each says and takes.
//!
//! Knows: names, values and words about them, from which the JSON Schema and the file that `init` writes are made. Does not
//! know: how a file is read ([`table`](super::table)).

use serde_json::{Map, Value, json};

use super::table::FORMATS;
use crate::registry;

/// A key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it says, in a line.
    pub what: &'static str,
    /// A value, as TOML.
    pub example: &'static str,
    /// What it takes.
    pub takes: Takes,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A path.
    Path,
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Codes, starts of codes and names of rules, or `ALL`; `true` where there has to be one.
    Selectors(bool),
    /// Patterns as in `.gitignore`.
    Patterns,
    /// Paths of folders.
    Folders,
    /// By pattern, selectors.
    SelectorsByPattern,
    /// A version, written as a text of numbers, as many at least and at most.
    Version(usize, usize),
    /// By selector, one of these words.
    WordBySelector(&'static [&'static str]),
}

/// The levels of `confidence`.
pub(super) const CONFIDENCES: &[&str] = &["low", "medium", "high"];
/// The words of `fail-on`.
pub(super) const FAIL_ON: &[&str] = &["error", "warning", "never"];
/// The levels of `severity`.
pub(super) const LEVELS: &[&str] = &["error", "warning", "info", "off"];
/// The words of `preset`.
pub(super) const PRESETS: &[&str] = &["recommended", "strict"];

/// The keys, in the order in which they are told.
pub const KEYS: [Key; 19] = [
    Key {
        name: "extend",
        what: "The file that this one builds on: what this one does not say is taken from there.",
        example: "\"../pyproject.toml\"",
        takes: Takes::Path,
    },
    Key {
        name: "preset",
        what: "What holds where nothing else is said: `recommended`, or `strict` for all rules and also what is less certain.",
        example: "\"strict\"",
        takes: Takes::Word(PRESETS),
    },
    Key {
        name: "select",
        what: "The rules that are checked, instead of the preset's: codes, starts of codes, names, or `ALL`.",
        example: "[\"TPY\"]",
        takes: Takes::Selectors(true),
    },
    Key {
        name: "extend-select",
        what: "Rules that are checked besides.",
        example: "[\"TPY9\"]",
        takes: Takes::Selectors(false),
    },
    Key {
        name: "ignore",
        what: "Rules that are off.",
        example: "[\"blocking-file-io-in-async-activity\"]",
        takes: Takes::Selectors(false),
    },
    Key {
        name: "per-file-ignores",
        what: "Rules that are off for some files, by pattern.",
        example: "{ \"tests/**\" = [\"TPY2\"] }",
        takes: Takes::SelectorsByPattern,
    },
    Key {
        name: "severity",
        what: "How bad the findings of rules are, or `off`.",
        example: "{ TPY203 = \"warning\" }",
        takes: Takes::WordBySelector(LEVELS),
    },
    Key {
        name: "confidence",
        what: "Findings that are less certain are counted and not shown.",
        example: "\"medium\"",
        takes: Takes::Word(CONFIDENCES),
    },
    Key {
        name: "fail-on",
        what: "The least severity of findings that make the command exit with 1.",
        example: "\"warning\"",
        takes: Takes::Word(FAIL_ON),
    },
    Key {
        name: "exclude",
        what: "Files and folders that are not reported on, as in `.gitignore`.",
        example: "[\"legacy/\", \"*_pb2.py\"]",
        takes: Takes::Patterns,
    },
    Key {
        name: "extend-exclude",
        what: "The same, added to what `extend` brings.",
        example: "[\"scripts/old/\"]",
        takes: Takes::Patterns,
    },
    Key {
        name: "src",
        what: "Folders in which absolute imports start; found by itself in most projects.",
        example: "[\"src\", \"libs/common\"]",
        takes: Takes::Folders,
    },
    Key {
        name: "baseline",
        what: "The file of findings that are accepted for now, which `--write-baseline` writes.",
        example: "\"temporal-baseline.jsonl\"",
        takes: Takes::Path,
    },
    Key {
        name: "replay-baseline",
        what: "The file that `replay-check --write-baseline` writes: what workflows did that may be running. `check` compares \
               with it.",
        example: "\"replay.txt\"",
        takes: Takes::Path,
    },
    Key {
        name: "replay-since",
        what: "The branch, tag or commit that is deployed: `check` compares what workflows do with what they did there.",
        example: "\"origin/main\"",
        takes: Takes::Text,
    },
    Key {
        name: "extend-rules",
        what: "Folders or files of YAML that say what libraries do which the linter does not know, such as a company's own.",
        example: "[\"temporal-rules/\"]",
        takes: Takes::Folders,
    },
    Key {
        name: "sdk-version",
        what: "The version of the Temporal SDK, in place of what lock files and dependencies say.",
        example: "\"1.18.0\"",
        takes: Takes::Version(2, 3),
    },
    Key {
        name: "python-version",
        what: "The oldest Python that the code runs on: what it cannot parse is an error, and branches for older ones are dead. Unset, the latter goes by `requires-python`.",
        example: "\"3.10\"",
        takes: Takes::Version(2, 2),
    },
    Key { name: "output-format", what: "How findings are printed.", example: "\"full\"", takes: Takes::Word(FORMATS) },
];

/// The key of a name.
#[must_use]
pub fn key(name: &str) -> Option<&'static Key> {
    static ALL: [Key; 19] = KEYS;
    ALL.iter().find(|key| key.name == name)
}

/// The JSON Schema of `temporal-py-lint.toml`, and of the table in `pyproject.toml`.
#[must_use]
pub fn schema() -> Value {
    let properties: Map<String, Value> = KEYS.iter().map(|key| (key.name.to_owned(), key.schema())).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/schemas/configuration.schema.json"),
        "title": "Configuration of temporal-py-lint",
        "description": "The keys of `temporal-py-lint.toml`, and of `[tool.temporal-py-lint]` in `pyproject.toml`.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "definitions": { "selector": selector() },
    })
}

/// A code, the start of one, a name, or `ALL`, in any case of letters.
fn selector() -> Value {
    let names: Vec<&str> = registry::rules().iter().map(|rule| rule.name.as_str()).collect();
    let codes: Vec<&str> = registry::rules().iter().map(|rule| rule.code.as_str()).collect();
    json!({
        "description": "A rule's code, the start of one such as `TPY1`, a rule's name, or `ALL`.",
        "type": "string",
        "anyOf": [
            { "enum": codes },
            { "enum": names },
            { "pattern": "^(TPY[0-9]{0,3}|ALL)$" },
        ],
    })
}

impl Key {
    fn schema(&self) -> Value {
        let selector = json!({ "$ref": "#/definitions/selector" });
        let mut schema = match self.takes {
            Takes::Path | Takes::Text => json!({ "type": "string" }),
            Takes::Word(words) => json!({ "enum": words }),
            Takes::Selectors(false) => json!({ "type": "array", "items": selector }),
            Takes::Selectors(true) => json!({ "type": "array", "items": selector, "minItems": 1 }),
            Takes::Patterns | Takes::Folders => json!({ "type": "array", "items": { "type": "string" } }),
            Takes::Version(least, most) => {
                let more = format!("{{{},{}}}", least - 1, most - 1);
                json!({ "type": "string", "pattern": format!("^[0-9]+(\\.[0-9]+){more}$") })
            }
            Takes::SelectorsByPattern => json!({
                "type": "object",
                "additionalProperties": { "type": "array", "items": selector },
            }),
            Takes::WordBySelector(words) => json!({
                "type": "object",
                "propertyNames": selector,
                "additionalProperties": { "enum": words },
            }),
        };
        schema["description"] = self.what.into();
        schema
    }
}
