//! Failures that are known: a test that knows them fails when another comes, and when one of them is gone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is wrong with failures (a name each, with lines that say what is seen) held against the names of those that are
/// known in `list`; nothing where they are the same.
pub(super) fn against(list: &str, known: &[&str], failures: &BTreeMap<String, String>) -> String {
    let mut said = String::new();
    for (name, seen) in failures.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        writeln!(said, "{name}\n{}", seen.trim_end()).expect("a String takes all");
    }
    for name in known.iter().filter(|name| !failures.contains_key(**name)) {
        writeln!(said, "{name} holds: remove it from `{list}`").expect("a String takes all");
    }
    said
}

#[test]
fn what_is_new_and_what_is_gone_are_both_told() {
    let failures: BTreeMap<String, String> =
        [("old", "  a:1\n"), ("new", "  b:2\n")].map(|(name, seen)| (name.to_owned(), seen.to_owned())).into();
    assert_eq!(against("KNOWN", &["gone", "old"], &failures), "new\n  b:2\ngone holds: remove it from `KNOWN`\n");
    assert_eq!(against("KNOWN", &["new", "old"], &failures), "");
}
