//! A rule's page is its test: the bad example is reported by that rule alone, the good one by none; and the rules' words
//! follow the house style.

use std::collections::BTreeSet;

use temporal_py_lint::registry::schema::ProofKind;
use temporal_py_lint::registry::{Rule, find, rules};
use temporal_py_lint::rules::is_answered;

use super::checked::{Files, Found, changes};
use super::fixtures;

/// What stands in braces in messages and help.
const PLACEHOLDERS: [&str; 35] = [
    "callee",
    "use",
    "async",
    "error",
    "code",
    "module",
    "name",
    "what",
    "exception",
    "handler",
    "class",
    "base",
    "where",
    "through",
    "fields",
    "first",
    "call",
    "arrives",
    "attribute",
    "setter",
    "lock",
    "when",
    "word",
    "called",
    "kind",
    "method",
    "one",
    "option",
    "other",
    "others",
    "queue",
    "takes",
    "workflow",
    "decorator",
    "wrapper",
];

/// What is found in an example; where the rule is about changes, in the change to it from the module before.
fn example(rule: &Rule, text: &str) -> Vec<Found> {
    match &rule.docs.before {
        Some(before) => changes(&[("workflows.py", before)], &[("workflows.py", text)]),
        None => Files::new(&[("workflows.py", text)]).findings(),
    }
}

/// Applies `wrong` to every rule and fails with all that it says.
fn each_rule(wrong: impl Fn(&Rule) -> Option<String>) {
    let said: Vec<String> = rules()
        .iter()
        .filter_map(|rule| wrong(rule).map(|what| format!("{} {}: {what}", rule.code, rule.name)))
        .collect();
    assert!(rules().len() > 30, "only {} rules", rules().len());
    assert!(said.is_empty(), "\n{}", said.join("\n"));
}

#[test]
fn bad_examples_are_reported_by_their_rule_alone() {
    each_rule(|rule| {
        let found = example(rule, &rule.docs.bad);
        let codes: BTreeSet<&str> = found.iter().map(|found| found.code).collect();
        (codes != BTreeSet::from([rule.code.as_str()])).then(|| format!("{found:#?}"))
    });
}

#[test]
fn good_examples_are_not_reported() {
    each_rule(|rule| {
        let found = example(rule, &rule.docs.good);
        (!found.is_empty()).then(|| format!("{found:#?}"))
    });
}

#[test]
fn examples_differ_and_name_temporal() {
    each_rule(|rule| {
        let told = |text: &str| text.contains("temporalio");
        let right = rule.docs.bad != rule.docs.good && told(&rule.docs.bad) && told(&rule.docs.good);
        (!right).then(|| "the examples are the same, or are not about Temporal".to_owned())
    });
}

#[test]
fn codes_and_names_are_unique_and_sorted() {
    let codes: Vec<&str> = rules().iter().map(|rule| rule.code.as_str()).collect();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    let names: BTreeSet<&str> = rules().iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names.len(), rules().len());
}

#[test]
fn the_codes_fixed_from_the_start_keep_their_meaning() {
    for (code, name) in [
        ("TPY101", "wall-clock-in-workflow"),
        ("TPY201", "blocking-call-in-async-activity"),
        ("TPY301", "gevent-patching"),
        ("TPY401", "bare-except-in-workflow"),
    ] {
        assert_eq!(find(code).map(|rule| rule.name.as_str()), Some(name));
    }
}

#[test]
fn something_answers_every_rule() {
    each_rule(|rule| (!is_answered(rule)).then(|| "no check, no function".to_owned()));
}

#[test]
fn every_rule_is_proven_or_says_why_not() {
    each_rule(|rule| {
        let proof = &rule.proof;
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        match proof.kind {
            ProofKind::None => (!given(&proof.reason)).then(|| "no proof and no reason".to_owned()),
            ProofKind::Import | ProofKind::Definition | ProofKind::Sandbox => {
                (!given(&proof.expect)).then(|| "the proof expects no text".to_owned())
            }
            ProofKind::Replay | ProofKind::Blocking | ProofKind::Silent | ProofKind::Written | ProofKind::Server => {
                None
            }
        }
    });
}

#[test]
fn summaries_messages_and_help_follow_the_house_style() {
    each_rule(|rule| {
        let mut wrong = Vec::new();
        if !(rule.summary.starts_with("Checks for ") && rule.summary.ends_with('.')) {
            wrong.push(format!("summary `{}`", rule.summary));
        }
        if rule.message.is_empty() {
            wrong.push("no message".to_owned());
        }
        for text in rule.message.texts().chain(rule.help.texts()).chain(rule.consequence.texts()) {
            if text.starts_with(char::is_uppercase) || text.ends_with('.') || text.trim() != text {
                wrong.push(format!("`{text}`"));
            }
            if text.matches('`').count() % 2 == 1 {
                wrong.push(format!("an odd number of backticks in `{text}`"));
            }
            let unknown = placeholders(text).into_iter().filter(|name| !PLACEHOLDERS.contains(&name.as_str()));
            wrong.extend(unknown.map(|name| format!("unknown placeholder `{{{name}}}`")));
        }
        (!wrong.is_empty()).then(|| wrong.join("; "))
    });
}

/// The words in braces.
fn placeholders(text: &str) -> Vec<String> {
    let after = text.split('{').skip(1);
    let inner = after.filter_map(|rest| rest.split_once('}').map(|(name, _)| name));
    let is_word = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    inner.filter(is_word).map(str::to_owned).collect()
}

#[test]
fn placeholders_are_filled_in_all_that_is_found_in_the_fixtures() {
    let mut left = Vec::new();
    for rule in rules() {
        for found in example(rule, &rule.docs.bad) {
            if found.message.contains(['{', '}']) || found.message.is_empty() {
                left.push(format!("{} {}", found.code, found.message));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn every_rule_has_bad_and_good_situations() {
    let all = fixtures::all();
    each_rule(|rule| {
        // What is about changes has pairs of versions, in `fixtures/replay`.
        if rule.docs.before.is_some() {
            return None;
        }
        let folder = format!("{}/{}", rule.category, rule.name);
        let count = |good: bool| {
            all.iter().filter(|each| each.rule.as_deref() == Some(&folder) && each.is_good() == good).count()
        };
        let (bad, good) = (count(false), count(true));
        (bad < 2 || good < 2).then(|| format!("{bad} bad and {good} good situations in fixtures/{folder}"))
    });
}
