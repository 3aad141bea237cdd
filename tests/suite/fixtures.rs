//! The findings that comments in the fixtures announce, exactly: each announced one is found, each found one announced.
//!
//! In `fixtures/<category>/<rule>/` every file and every folder is a project of its own, in `fixtures/projects/` every
//! folder. `fixtures/cases/`, `fixtures/metamorphic/` and `fixtures/replay/` belong to the tests of these names. A comment at the end of the
//! line where a finding begins says what is found there:
//!
//! - `# error: [TPY101]`, or `# error: [TPY101] "words of the message or the consequence" [TPY115]`; the consequence
//!   begins with the severity: `"warning: a replay"`;
//! - `# gap: [TPY101] reason`: a finding that is missed, and known to be; fails once it is found;
//! - `# false: [TPY101] reason`: a false alarm that is known; fails once it is gone.
//!
//! Findings of one function are one finding; a place that it names as a further one counts as found there.
//!
//! All confidences are shown, unless a file of the project begins with `# options: confidence=medium`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use temporal_py_lint::config::Settings;
use temporal_py_lint::diagnostic::Confidence;

use super::checked::{Files, Found, fixtures, found, python_files, report, settings, side_by_side, without_panic};

const ERROR: &str = "# error:";
const GAP: &str = "# gap:";
const FALSE: &str = "# false:";
const OPTIONS: &str = "# options:";
/// Folders of fixtures that have a test of their own, in which other things are announced.
const APART: [&str; 4] = ["cases", "map", "metamorphic", "replay"];

/// What a comment says of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is there.
    Error,
    /// It is missed.
    Gap,
    /// It is there, and wrong.
    False,
}

/// One finding that a comment announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub file: String,
    pub line: usize,
    pub kind: Kind,
    pub code: String,
    /// Words of the message or the consequence; empty for any.
    pub text: String,
}

/// A file or folder among the fixtures.
#[derive(Debug)]
pub(super) struct Fixture {
    pub path: PathBuf,
    /// The folder `<category>/<rule>` it belongs to; `None` below `projects/`.
    pub rule: Option<String>,
}

impl Fixture {
    pub(super) fn is_good(&self) -> bool {
        self.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("good"))
    }

    /// The files by their path within the project, with their bytes.
    pub(super) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let root = if self.path.is_dir() { self.path.as_path() } else { self.path.parent().expect("below fixtures") };
        let files = python_files(&self.path).into_iter();
        let name = |path: &Path| path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        files.map(|path| (name(&path), std::fs::read(&path).expect("fixtures are readable"))).collect()
    }

    /// A copy of its own, so that what stands beside it plays no part.
    pub(super) fn copy(&self) -> Files {
        let project = Files::new(&[]);
        for (name, bytes) in self.files() {
            project.write(&name, &bytes);
        }
        project
    }

    pub(super) fn expected(&self) -> Vec<Expected> {
        let mut found = Vec::new();
        for (file, bytes) in self.files() {
            let text = String::from_utf8_lossy(&bytes);
            for (index, line) in text.lines().enumerate() {
                for (kind, code, words) in announced(line).unwrap_or_else(|what| panic!("{file}:{}: {what}", index + 1))
                {
                    found.push(Expected { file: file.clone(), line: index + 1, kind, code, text: words });
                }
            }
        }
        found
    }

    fn settings(&self, root: &Path) -> Settings {
        let mut settings = settings(root);
        for (file, bytes) in self.files() {
            let text = String::from_utf8_lossy(&bytes);
            match text.lines().next().and_then(|line| line.strip_prefix(OPTIONS)).map(str::trim) {
                None => {}
                Some("confidence=medium") => settings.confidence = Some(Confidence::Medium),
                Some("confidence=high") => settings.confidence = Some(Confidence::High),
                Some(other) => panic!("{file}: unknown options `{other}`"),
            }
        }
        settings
    }
}

/// All fixtures, in the order of their paths.
pub(super) fn all() -> Vec<Fixture> {
    let entries = walkdir::WalkDir::new(fixtures()).sort_by_file_name();
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("fixtures are readable").into_path();
        let relative = path.strip_prefix(fixtures()).expect("below fixtures");
        let parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let is_python = path.extension().is_some_and(|ending| ending == "py");
        match parts.as_slice() {
            [projects, _] if projects == "projects" && path.is_dir() => found.push(Fixture { path, rule: None }),
            [apart, ..] if APART.contains(&apart.as_str()) => {}
            [category, rule, _] if category != "projects" && (path.is_dir() || is_python) => {
                let rule = Some(format!("{category}/{rule}"));
                found.push(Fixture { path, rule });
            }
            _ => {}
        }
    }
    found
}

/// What the comments of a line announce.
fn announced(line: &str) -> Result<Vec<(Kind, String, String)>, String> {
    let mut starts: Vec<(usize, &str, Kind)> = Vec::new();
    for (marker, kind) in [(ERROR, Kind::Error), (GAP, Kind::Gap), (FALSE, Kind::False)] {
        starts.extend(line.match_indices(marker).map(|(at, _)| (at, marker, kind)));
    }
    starts.sort_by_key(|(at, ..)| *at);
    let mut found = Vec::new();
    for (index, (at, marker, kind)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(line.len(), |next| next.0);
        let said = line[at + marker.len()..end].trim();
        if *kind == Kind::Error {
            found.extend(errors(said)?);
        } else {
            let (code, reason) = code(said)?;
            if reason.is_empty() {
                return Err(format!("`{said}` lacks a reason"));
            }
            found.push((*kind, code, String::new()));
        }
    }
    Ok(found)
}

fn errors(mut said: &str) -> Result<Vec<(Kind, String, String)>, String> {
    let mut found = Vec::new();
    while !said.is_empty() {
        let (code, rest) = code(said)?;
        let (text, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| format!("`{rest}` lacks its closing quote"))?,
            None => ("", rest),
        };
        found.push((Kind::Error, code, text.to_owned()));
        said = rest.trim_start();
    }
    match found.is_empty() {
        true => Err("no code is named".to_owned()),
        false => Ok(found),
    }
}

/// The code in brackets at the start, and what follows it.
fn code(said: &str) -> Result<(String, &str), String> {
    let inner = said.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (code, rest) = inner.ok_or_else(|| format!("`{said}` does not begin with a code in brackets"))?;
    match temporal_py_lint::registry::find(code) {
        Some(rule) if rule.code == code => Ok((code.to_owned(), rest.trim_start())),
        _ => Err(format!("no rule has the code `{code}`")),
    }
}

/// In what the findings differ from the comments, a line a difference.
fn differences(expected: &[Expected], found: &[Found]) -> String {
    let mut rest: Vec<&Found> = found.iter().collect();
    let mut said = String::new();
    let mut say = |at: &Expected, what: &str| {
        writeln!(said, "  {}:{} {} {what}", at.file, at.line, at.code).expect("a String takes all");
    };
    for wanted in expected {
        let says = |found: &Found| found.message.contains(&wanted.text) || found.consequence.contains(&wanted.text);
        let same_place = |found: &&Found| found.file == wanted.file && found.line == wanted.line;
        let position = rest.iter().position(|found| same_place(found) && found.code == wanted.code && says(found));
        match (wanted.kind, position) {
            (Kind::Error | Kind::False, Some(position)) => drop(rest.remove(position)),
            (Kind::Error, None) => say(wanted, &format!("is not found {:?}", wanted.text)),
            (Kind::False, None) => say(wanted, "is no longer a false alarm: remove the comment"),
            (Kind::Gap, Some(position)) => {
                rest.remove(position);
                say(wanted, "is no longer missed: make the comment `# error:`");
            }
            (Kind::Gap, None) => {}
        }
    }
    for found in rest {
        writeln!(said, "  {}:{} {} is not expected: {}", found.file, found.line, found.code, found.message)
            .expect("a String takes all");
    }
    said
}

#[test]
fn the_comments_say_what_is_found() {
    let all = all();
    assert!(all.len() > 300, "only {} fixtures", all.len());
    let outcomes = side_by_side(&all, |fixture| {
        let project = fixture.copy();
        let root = project.root();
        let found = without_panic(|| found(&report(&fixture.settings(&root)), &root));
        let said = found.map_or_else(|panic| format!("  {panic}\n"), |found| differences(&fixture.expected(), &found));
        let name = fixture.path.strip_prefix(fixtures()).expect("below fixtures").display().to_string();
        if said.is_empty() { String::new() } else { format!("{name}\n{said}") }
    });
    let said = outcomes.concat();
    assert!(said.is_empty(), "\n{said}");
}

#[test]
fn what_is_called_good_expects_nothing_and_the_rest_expects_its_rule() {
    let mut wrong = Vec::new();
    for fixture in all() {
        let Some(rule) = &fixture.rule else { continue };
        let name = rule.rsplit('/').next().expect("a name");
        let rule = temporal_py_lint::registry::find(name).unwrap_or_else(|| panic!("no rule is called `{name}`"));
        let expected = fixture.expected();
        let fits = match fixture.is_good() {
            true => expected.iter().all(|expected| expected.kind == Kind::False),
            false => expected.iter().any(|expected| expected.code == rule.code && expected.kind != Kind::False),
        };
        if !fits {
            wrong.push(fixture.path);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn comments_are_read() {
    let errors =
        |line: &str| announced(line).map(|all| all.into_iter().map(|(_, code, text)| (code, text)).collect::<Vec<_>>());
    let of = |pairs: &[(&str, &str)]| Ok(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect());
    assert_eq!(errors("time.time()  # error: [TPY101]"), of(&[("TPY101", "")]));
    assert_eq!(errors("x  # error: [TPY101] \"reads\" [TPY115]"), of(&[("TPY101", "reads"), ("TPY115", "")]));
    assert_eq!(errors("x  # error: [TPY101]  # gap: [TPY102] later"), of(&[("TPY101", ""), ("TPY102", "")]));
    assert_eq!(errors("x = 1  # an error: none"), of(&[]));
    for wrong in ["# error: TPY101", "# error: [TPY999]", "# error:", "# gap: [TPY101]", "# error: [TPY101] \"x"] {
        assert!(errors(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn differences_go_both_ways() {
    let expected = |kind, text: &str| Expected {
        file: "a.py".to_owned(),
        line: 3,
        kind,
        code: "TPY101".to_owned(),
        text: text.to_owned(),
    };
    let found = |line| Found {
        file: "a.py".to_owned(),
        line,
        code: "TPY101",
        message: "reads the clock".to_owned(),
        consequence: "nothing stops it".to_owned(),
    };
    let said = |kind, text, found: &[Found]| differences(&[expected(kind, text)], found);
    assert_eq!(said(Kind::Error, "clock", &[found(3)]), "");
    assert_eq!(said(Kind::Error, "stops", &[found(3)]), "");
    assert_eq!(said(Kind::Gap, "", &[]), "");
    assert_eq!(said(Kind::False, "", &[found(3)]), "");
    assert!(said(Kind::Error, "file", &[found(3)]).contains("is not found"));
    assert!(said(Kind::Error, "", &[]).contains("is not found"));
    assert!(said(Kind::Error, "", &[found(3), found(3)]).contains("is not expected"));
    assert!(said(Kind::Error, "", &[found(3), found(4)]).contains("is not expected"));
    assert!(said(Kind::Gap, "", &[found(3)]).contains("no longer missed"));
    assert!(said(Kind::False, "", &[]).contains("no longer a false alarm"));
}
