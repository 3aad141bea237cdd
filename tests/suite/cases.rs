//! Small programs on which the tool was wrong once: what is silent that has to be, and found that has to be.
//!
//! Each folder `fixtures/cases/<kind>/<case>/` is a project; its docstring says what it shows and how the truth was seen.
//!
//! - `silent`: false alarms; `missed`: what was overlooked.
//! - `shown`: what the SDK itself showed, by refusing it, by a replay that differed, or by a loop that stood still; those
//!   that begin with `ok-` have to stay silent.
//! - `state`, `order`, `handed`, `registries`, `branches`, `workers`: programs by what decides them: state made at import,
//!   the order of sets, functions and arguments handed over, collections of functions, control flow, and what is registered;
//!   those that begin with `ok-` have to stay silent.
//! - `types`, `callbacks`, `construction`: what is known of a value's type, what library code calls back, and what runs when
//!   an object is made; each was run under a tracer, but those that need a newer Python.
//! - `reported`: faults that users of the SDK have told of; `-bad` has the fault, `-good` is the same done right.
//!
//! Comments at the end of a line say what is held against the findings:
//!
//! - `# error: [TPY101]`: found here, at whatever confidence; `# error: [any]`: by whatever rule;
//! - `# silent: [TPY101]`: at no confidence a finding of this rule in the whole project, but where one is announced;
//! - `# perhaps: [TPY101] reason`: may be found here.
//!
//! What no comment speaks of is not found at the confidence that is shown by default.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use temporal_py_lint::diagnostic::Confidence;

use super::checked::{Files, Found, fixtures, found, python_files, report, settings, side_by_side, without_panic};
use super::known;

/// Cases in which the engine is wrong today.
const KNOWN_FAILURES: &[&str] = &["reported/blocking-clients-bad"];

const KINDS: [&str; 13] = [
    "silent",
    "missed",
    "shown",
    "reported",
    "state",
    "order",
    "handed",
    "registries",
    "branches",
    "workers",
    "types",
    "callbacks",
    "construction",
];
const ANY: &str = "any";

/// What a comment says of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Error,
    Silent,
    Perhaps,
}

const MARKERS: [(&str, Said); 3] =
    [("# error:", Said::Error), ("# silent:", Said::Silent), ("# perhaps:", Said::Perhaps)];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Comment {
    file: String,
    line: usize,
    said: Said,
    /// A rule's code, or [`ANY`].
    code: String,
}

impl Comment {
    fn is_about(&self, found: &Found) -> bool {
        self.file == found.file && self.line == found.line && [ANY, found.code].contains(&self.code.as_str())
    }
}

struct Case {
    /// `<kind>/<case>`.
    name: String,
    files: Vec<(String, String)>,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let relative = |path: &Path, root: &Path| {
            path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/")
        };
        let text = |path: &PathBuf| std::fs::read_to_string(path).expect("cases are UTF-8");
        let files = python_files(folder).into_iter().map(|path| (relative(&path, folder), text(&path))).collect();
        Self { name: relative(folder, &fixtures().join("cases")), files }
    }

    fn comments(&self) -> Vec<Comment> {
        let mut found = Vec::new();
        for (file, text) in &self.files {
            for (index, line) in text.lines().enumerate() {
                let line_number = index + 1;
                for (said, code) in
                    said(line).unwrap_or_else(|what| panic!("{}/{file}:{line_number}: {what}", self.name))
                {
                    found.push(Comment { file: file.clone(), line: line_number, said, code });
                }
            }
        }
        found
    }

    /// What is found, at any confidence and at the one that is shown by default.
    fn findings(&self) -> (Vec<Found>, Vec<Found>) {
        let files: Vec<(&str, &str)> = self.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let project = Files::new(&files);
        let root = project.root();
        let at = |confidence| {
            let mut settings = settings(&root);
            settings.confidence = confidence;
            found(&report(&settings), &root)
        };
        (at(Some(Confidence::Low)), at(Some(Confidence::Medium)))
    }

    /// In what the findings are wrong, a line each.
    fn faults(&self) -> String {
        match without_panic(|| self.findings()) {
            Ok((all, shown)) => faults(&self.comments(), &all, &shown),
            Err(panic) => format!("  {panic}\n"),
        }
    }
}

/// What the comments of a line say, and of which code.
fn said(line: &str) -> Result<Vec<(Said, String)>, String> {
    let mut found = Vec::new();
    for (marker, said) in MARKERS {
        let Some((_, after)) = line.split_once(marker) else { continue };
        let mut rest = after.trim_start();
        let before = found.len();
        while let Some((code, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let known = code == ANY || temporal_py_lint::registry::find(code).is_some_and(|rule| rule.code == code);
            if !known {
                return Err(format!("no rule has the code `{code}`"));
            }
            found.push((said, code.to_owned()));
            rest = after.trim_start();
        }
        if found.len() == before {
            return Err(format!("`{marker}` names no code"));
        }
    }
    Ok(found)
}

fn faults(comments: &[Comment], all: &[Found], shown: &[Found]) -> String {
    let mut lines = String::new();
    let of = |said: Said| comments.iter().filter(move |comment| comment.said == said);
    for wanted in of(Said::Error).filter(|comment| !all.iter().any(|found| comment.is_about(found))) {
        writeln!(lines, "  {}:{} {} is not found", wanted.file, wanted.line, wanted.code).expect("a String takes all");
    }
    let silent: BTreeSet<&str> = of(Said::Silent).map(|comment| comment.code.as_str()).collect();
    let allowed = |found: &Found| comments.iter().any(|each| each.said != Said::Silent && each.is_about(found));
    let wrong = |found: &&Found| !allowed(found) && (silent.contains(found.code) || shown.contains(found));
    for found in all.iter().filter(wrong) {
        writeln!(lines, "  {}:{} {} is found: {}", found.file, found.line, found.code, found.message)
            .expect("a String takes all");
    }
    lines
}

fn all() -> Vec<Case> {
    let folders = |kind: &str| {
        let entries = std::fs::read_dir(fixtures().join("cases").join(kind)).expect("the kind has a folder");
        entries.map(|entry| entry.expect("the folder is readable").path()).filter(|path| path.is_dir())
    };
    let mut paths: Vec<PathBuf> = KINDS.into_iter().flat_map(folders).collect();
    paths.sort();
    paths.iter().map(|path| Case::read(path)).collect()
}

#[test]
fn what_was_wrong_once_is_right() {
    let cases = all();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let faults = side_by_side(&cases, Case::faults);
    let names = cases.iter().map(|case| case.name.clone());
    let failures: BTreeMap<String, String> = names.zip(faults).filter(|(_, faults)| !faults.is_empty()).collect();
    let said = known::against("KNOWN_FAILURES", KNOWN_FAILURES, &failures);
    assert!(said.is_empty(), "\n{said}");
}

#[test]
fn each_case_says_what_it_is_for() {
    let mut wrong = Vec::new();
    for case in all() {
        let comments = case.comments();
        let says = |said| comments.iter().any(|comment| comment.said == said);
        let (kind, name) = case.name.split_once('/').expect("a kind and a name");
        let fits = match kind {
            "silent" => says(Said::Silent),
            "missed" => says(Said::Error),
            _ => says(Said::Error) != (name.starts_with("ok-") || name.ends_with("-good")),
        };
        if !fits {
            wrong.push(case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn comments_of_cases_are_read() {
    let of = |said: Said, codes: &[&str]| Ok(codes.iter().map(|code| (said, (*code).to_owned())).collect::<Vec<_>>());
    assert_eq!(said("x  # error: [TPY101]"), of(Said::Error, &["TPY101"]));
    assert_eq!(said("x  # error: [any]"), of(Said::Error, &[ANY]));
    assert_eq!(said("x  # silent: [TPY101] [TPY102] a parameter"), of(Said::Silent, &["TPY101", "TPY102"]));
    assert_eq!(said("x  # perhaps: [TPY101] another place"), of(Said::Perhaps, &["TPY101"]));
    assert_eq!(said("except E as error:"), of(Said::Error, &[]));
    for wrong in ["# error: TPY101", "# error: [TPY999]", "# silent:", "# perhaps: TPY101"] {
        assert!(said(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn faults_of_every_kind_are_told() {
    let found =
        |line, code| Found { file: "a.py".to_owned(), line, code, message: "m".to_owned(), consequence: String::new() };
    let comment = |line, said, code: &str| Comment { file: "a.py".to_owned(), line, said, code: code.to_owned() };
    let clock = found(3, "TPY101");
    let all = std::slice::from_ref(&clock);
    let told = |comments: &[Comment], all: &[Found], shown: &[Found]| faults(comments, all, shown);
    // Found where announced, at any confidence and by any rule.
    assert_eq!(told(&[comment(3, Said::Error, "TPY101")], all, &[]), "");
    assert_eq!(told(&[comment(3, Said::Error, ANY)], all, all), "");
    assert!(told(&[comment(4, Said::Error, ANY)], &[], &[]).contains("a.py:4 any is not found"));
    assert!(told(&[comment(3, Said::Error, "TPY102")], all, &[]).contains("TPY102 is not found"));
    // Unannounced: only what is shown by default counts, unless a comment asks for silence.
    assert_eq!(told(&[], all, &[]), "");
    assert!(told(&[], all, all).contains("a.py:3 TPY101 is found: m"));
    assert!(told(&[comment(9, Said::Silent, "TPY101")], all, &[]).contains("a.py:3 TPY101 is found"));
    assert_eq!(told(&[comment(9, Said::Silent, "TPY102")], all, &[]), "");
    assert_eq!(told(&[comment(3, Said::Perhaps, "TPY101")], all, all), "");
}
