//! The four wrong snippets of the document that this project grew out of are reported, and its right ones are clean.
//!
//! They stand in `fixtures/projects/seed-*`, each with the imports that a reader would add.

use std::collections::BTreeSet;

use super::fixtures::{Fixture, Kind, all};

fn seeds(kind: &str) -> Vec<Fixture> {
    let start = format!("seed-{kind}-");
    let named = |fixture: &Fixture| fixture.path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&start));
    all().into_iter().filter(named).collect()
}

fn codes(fixture: &Fixture) -> BTreeSet<&'static str> {
    fixture.copy().findings().iter().map(|found| found.code).collect()
}

#[test]
fn wrong_snippets_are_reported() {
    let wanted = [
        ("seed-wrong-blocking-call", ["TPY201", "TPY206"].as_slice()),
        ("seed-wrong-gevent", &["TPY301"]),
        ("seed-wrong-exceptions", &["TPY405"]),
        ("seed-wrong-clock", &["TPY101"]),
    ];
    let seeds = seeds("wrong");
    let name = |fixture: &Fixture| fixture.path.file_name().map(|name| name.to_string_lossy().into_owned());
    for (wanted, codes_wanted) in wanted {
        let fixture = seeds.iter().find(|each| name(each).as_deref() == Some(wanted));
        let fixture = fixture.unwrap_or_else(|| panic!("fixtures/projects/{wanted} is missing"));
        assert_eq!(codes(fixture), codes_wanted.iter().copied().collect(), "{wanted}");
    }
    assert_eq!(seeds.len(), wanted.len());
}

#[test]
fn right_snippets_are_clean() {
    let seeds = seeds("correct");
    assert!(seeds.len() >= 5, "{seeds:#?}");
    for fixture in seeds {
        assert_eq!(codes(&fixture), BTreeSet::new(), "{}", fixture.path.display());
        assert!(fixture.expected().iter().all(|expected| expected.kind != Kind::Gap), "{}", fixture.path.display());
    }
}
