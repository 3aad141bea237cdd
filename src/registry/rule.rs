//! The rules: their files below `rules/`, embedded.
//!
//! Knows: a rule's code, words and page. Does not know: how a rule finds anything.

use std::sync::OnceLock;

use serde::Deserialize;

use super::schema::{Check, Docs, InTests, Proof, RuleFile, Wording};
use crate::diagnostic::{Confidence, Severity};

/// What `build.rs` makes of the rules.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.json"));

/// Where the rules' pages are.
const PAGES: &str = "https://github.com/temporal-py-lint/temporal-py-lint/blob/main/docs/rules";

/// A rule: its file below `rules/`, with what the file's path says.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `TPY` and three digits.
    pub code: String,
    /// The file's name, such as `wall-clock-in-workflow`.
    pub name: String,
    /// The file's folder, such as `determinism`.
    pub category: String,
    /// One sentence that starts with "Checks for".
    pub summary: String,
    /// How bad its findings are.
    pub severity: Severity,
    /// The most that its findings claim.
    pub confidence: Confidence,
    /// The version of this tool that brought the rule.
    pub since: String,
    /// Whether the rule runs where nothing selects it.
    pub default: bool,
    /// The general check that does the work; `None` where a Rust function of the rule's name does.
    pub check: Option<Check>,
    /// What is done with findings in test code.
    pub tests: InTests,
    /// What is wrong, with placeholders.
    pub message: Wording,
    /// What happens at run time if nothing is done; may be empty.
    pub consequence: Wording,
    /// What to do, with placeholders; may be empty.
    pub help: Wording,
    /// Ids of the catalogued misuses that the rule answers.
    pub covers: Vec<String>,
    /// The rule's page.
    pub docs: Docs,
    /// Where to read more.
    pub references: Vec<String>,
    /// How the rule's claim is shown on the real SDK.
    pub proof: Proof,
}

/// All rules, sorted by code.
///
/// # Panics
///
/// Never: `build.rs` has read the same text against the same types and words.
pub fn rules() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    RULES.get_or_init(|| read(EMBEDDED).expect("build.rs checks what it embeds"))
}

/// The rule of a code or a name, in any case of letters.
#[must_use]
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    let wanted = code_or_name.trim();
    rules().iter().find(|rule| rule.code.eq_ignore_ascii_case(wanted) || rule.name.eq_ignore_ascii_case(wanted))
}

/// The address of a rule's page.
#[must_use]
pub fn url(rule: &Rule) -> String {
    format!("{PAGES}/{}.md", rule.name)
}

#[derive(Deserialize)]
struct Embedded {
    rules: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    category: String,
    name: String,
    file: RuleFile,
}

fn read(json: &str) -> serde_json::Result<Vec<Rule>> {
    serde_json::from_str::<Embedded>(json)?.rules.into_iter().map(Entry::into_rule).collect()
}

impl Entry {
    fn into_rule(self) -> serde_json::Result<Rule> {
        let Self { category, name, file } = self;
        Ok(Rule {
            severity: word(&file.severity)?,
            confidence: file.confidence.as_deref().map_or(Ok(Confidence::High), word)?,
            default: !file.opt_in,
            category,
            name,
            code: file.code,
            summary: file.summary,
            since: file.since,
            check: file.check,
            tests: file.tests,
            message: file.message,
            consequence: file.consequence,
            help: file.help,
            covers: file.covers,
            docs: file.docs,
            references: file.references,
            proof: file.proof,
        })
    }
}

/// Reads one of an enum's words.
pub(super) fn word<'a, T: Deserialize<'a>>(text: &'a str) -> serde_json::Result<T> {
    T::deserialize(serde::de::value::BorrowedStrDeserializer::new(text))
}

/// A rule for tests.
#[cfg(test)]
pub(crate) fn sample(code: &str, name: &str, default: bool) -> Rule {
    let json = format!(
        r#"{{"rules": [{{"category": "determinism", "name": "{name}", "file": {{"code": "{code}", "severity": "error",
        "summary": "Checks for things.", "since": "0.1.0", "message": "m", "docs": {{"why": "w", "bad": "b",
        "good": "g"}}, "proof": {{"kind": "none"}}}}}}]}}"#
    );
    let rule = read(&json).expect("a whole rule").remove(0);
    Rule { default, ..rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_rules_are_sorted_and_found_in_any_case() {
        assert!(rules().is_sorted_by(|a, b| a.code < b.code));
        for rule in rules() {
            for spelling in [&rule.code, &rule.name, &rule.code.to_lowercase(), &rule.name.to_uppercase()] {
                assert_eq!(find(spelling).map(|found| &found.code), Some(&rule.code), "{spelling}");
            }
        }
        assert!(find("TPY").is_none());
    }

    #[test]
    fn a_rule_claims_high_confidence_unless_its_file_says_less() {
        let rule = sample("TPY101", "wall-clock-in-workflow", true);
        assert_eq!((rule.severity, rule.confidence), (Severity::Error, Confidence::High));
        assert_eq!(url(&rule), format!("{PAGES}/wall-clock-in-workflow.md"));
    }

    /// The rule's page shows it as it stands.
    #[test]
    fn no_consequence_has_words_to_fill_in() {
        for rule in rules() {
            for text in rule.consequence.texts() {
                assert!(!text.contains('{'), "{}: {text}", rule.code);
            }
        }
    }

    #[test]
    fn unknown_words_are_errors() {
        assert!(word::<Severity>("fatal").is_err());
        assert_eq!(word::<Confidence>("low").ok(), Some(Confidence::Low));
    }
}
