//! Fixing every fixture and every page's bad example keeps what is promised: a fixed file parses, what was fixed is gone,
//! nothing new appears, a second run changes nothing, and comments stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use temporal_py_lint::config::Settings;
use temporal_py_lint::diagnostic::{Applicability, Confidence};
use temporal_py_lint::lint::{ChangedLines, Edited, Fixed, Report, check_changes, fix};
use temporal_py_lint::registry::rules;
use temporal_py_lint::source::{parse, rewrite};

use super::checked::{Changed, Files, report, settings, side_by_side, utf8, without_panic};
use super::fixtures;

/// Rules of which a fix of another rule may show a finding that the other hid, with the reason.
const UNCOVERED: &[(&str, &str)] = &[];

fn checked(settings: &Settings, changes: Option<&ChangedLines>) -> Report {
    check_changes(settings, changes, &|_| ())
}

/// How often each rule finds something in each file.
fn counts(report: &Report) -> BTreeMap<(String, &'static str), usize> {
    let mut counts = BTreeMap::new();
    for finding in &report.diagnostics {
        let path = report.path(finding.primary.span.file).into_string();
        *counts.entry((path, finding.code)).or_default() += 1 + finding.related.len();
    }
    counts
}

/// The comments of a file, sorted; those of this tool, which a fix may take away, left aside.
fn comments(text: &str) -> Vec<&str> {
    // Tokens are kept for files that speak of the tool.
    let parsed = parse(text, false);
    let mut comments: Vec<&str> =
        parsed.comments().iter().map(|range| &text[range.start().to_usize()..range.end().to_usize()]).collect();
    comments.retain(|comment| !comment.contains("temporal-py-lint"));
    comments.sort_unstable();
    comments
}

/// What is wrong with the fixes of a project; nothing where all is well. `fixed` collects the rules that were fixed.
fn wrong(project: &Files, unsafe_too: bool) -> String {
    let mut said = String::new();
    let settings = settings(&project.root());
    let before = counts(&report(&settings));
    let Fixed { report: after, edits } = fix(&settings, None, unsafe_too, &checked);
    for file in &edits.files {
        let Edited { path, before: old, after: new } = file;
        let problems = |text: &str| parse(text, false).problems().len();
        if problems(new) > problems(old) {
            let _ = writeln!(said, "{path} does not parse any more:\n{new}");
        }
        if comments(old) != comments(new) {
            let _ = writeln!(said, "comments of {path} have changed:\n{new}");
        }
    }
    for (place, number) in &counts(&after) {
        let was = before.get(place).copied().unwrap_or_default();
        if *number > was && !UNCOVERED.iter().any(|(code, _)| *code == place.1) {
            let shown: String = edits.files.iter().map(|file| file.after.as_str()).collect();
            let _ = writeln!(said, "{} {}: {was} before, {number} after\n{shown}", place.0, place.1);
        }
    }
    let total = |counts: &BTreeMap<_, usize>| counts.values().sum::<usize>();
    // A comment that held back what was fixed goes with it, so there may be more fixes than findings.
    if edits.count > 0 && total(&counts(&after)) >= total(&before) {
        let _ =
            writeln!(said, "{} fixes, and {} findings became {}", edits.count, total(&before), total(&counts(&after)));
        edits.files.iter().for_each(|file| said.push_str(&file.after));
    }
    for file in &edits.files {
        rewrite(&file.path, &utf8(&project.root()), &file.before, &file.after).expect("it can be replaced");
    }
    let again = fix(&settings, None, unsafe_too, &checked).edits;
    if again.count > 0 || !again.files.is_empty() {
        let _ =
            writeln!(said, "a second run changes {:?}", again.files.iter().map(|file| &file.path).collect::<Vec<_>>());
    }
    said
}

fn each_fixture(unsafe_too: bool) {
    let all = fixtures::all();
    let said: String = side_by_side(&all, |fixture| {
        let wrong = without_panic(|| wrong(&fixture.copy(), unsafe_too)).unwrap_or_else(|panic| panic);
        if wrong.is_empty() { String::new() } else { format!("{}:\n{wrong}\n", fixture.path.display()) }
    })
    .concat();
    assert!(all.len() > 500, "only {} fixtures", all.len());
    assert!(said.is_empty(), "\n{said}");
}

#[test]
fn safe_fixes_of_every_fixture_keep_what_they_promise() {
    each_fixture(false);
}

#[test]
fn unsafe_fixes_of_every_fixture_keep_what_they_promise() {
    each_fixture(true);
}

#[test]
fn fixes_of_the_pages_keep_what_they_promise() {
    let said: String = rules()
        .iter()
        .map(|rule| {
            let wrong = wrong(&Files::new(&[("workflows.py", &rule.docs.bad)]), true);
            if wrong.is_empty() { String::new() } else { format!("{}:\n{wrong}\n", rule.code) }
        })
        .collect();
    assert!(said.is_empty(), "\n{said}");
}

/// The rules' pages say which of them are fixed, and whether all their fixes are safe.
#[test]
fn the_pages_say_what_is_fixed() {
    let mut found: BTreeMap<&str, BTreeSet<bool>> = BTreeMap::new();
    let all = fixtures::all();
    let reports = side_by_side(&all, |fixture| {
        let project = fixture.copy();
        let report = report(&settings(&project.root()));
        let fixes =
            report.diagnostics.iter().flat_map(|finding| finding.fixes().map(|fix| (finding.code, fix.applicability)));
        fixes.collect::<Vec<_>>()
    });
    let changes = rules().iter().filter_map(|rule| Some((rule.docs.before.as_deref()?, &*rule.docs.bad)));
    let of_changes = changes.flat_map(|(before, bad)| {
        let (before, bad) = (Files::new(&[("workflows.py", before)]), Files::new(&[("workflows.py", bad)]));
        let found = Changed::new(&before.root(), &bad.root(), Confidence::Low).report().diagnostics;
        found.into_iter().filter_map(|finding| Some((finding.code, finding.fix?.applicability))).collect::<Vec<_>>()
    });
    for (code, applicability) in reports.into_iter().flatten().chain(of_changes) {
        found.entry(code).or_default().insert(applicability == Applicability::Safe);
    }
    let fixed: BTreeSet<&str> = found.keys().copied().collect();
    let told: BTreeSet<&str> =
        rules().iter().filter(|rule| rule.docs.fix.is_some()).map(|rule| rule.code.as_str()).collect();
    assert_eq!(fixed, told, "what the fixtures are fixed by, and what has `docs.fix`");
    for rule in rules() {
        let Some(words) = &rule.docs.fix else { continue };
        let kinds = &found[rule.code.as_str()];
        assert_eq!(words.contains("`--fix`"), kinds.contains(&true), "{} {words}", rule.code);
        assert_eq!(words.contains("`--unsafe-fixes`"), kinds.contains(&false), "{} {words}", rule.code);
    }
}
