//! Running the library on files, and what it found, in terms of paths, lines and codes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use temporal_py_lint::config::{Configurations, Settings};
use temporal_py_lint::diagnostic::Confidence;
use temporal_py_lint::lint::{
    ChangedLines, Earlier, Fixed, REPLAY_RULES, Report, check, earlier, fix, read_baseline, replay_check,
    write_baseline,
};
use temporal_py_lint::registry::RuleSelection;
use temporal_py_lint::source::Span;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Relative to the project's root.
    pub file: String,
    /// From 1.
    pub line: usize,
    pub code: &'static str,
    pub message: String,
    /// How bad it is, and what is said of its consequence; nothing for a further place.
    pub consequence: String,
}

/// Settings that check a folder as a project of its own, and hold nothing back.
pub(super) fn settings(root: &Path) -> Settings {
    Settings { confidence: Some(Confidence::Low), threads: Some(1), ..Settings::of_folder(utf8(root)) }
}

/// Checks with all rules.
pub(super) fn report(settings: &Settings) -> Report {
    check(settings, &|_| ())
}

/// What a report says of places, in their order: a finding's own place, and each of its further places with the message
/// that it has there.
pub(super) fn found(report: &Report, root: &Path) -> Vec<Found> {
    let root = utf8(root);
    let at = |code: &'static str, span: Span, message: &str, consequence: &str| {
        let path = report.path(span.file);
        let file = path.strip_prefix(&root).unwrap_or(&path).to_string();
        let (start, _) = report.location(span);
        let (message, consequence) = (message.to_owned(), consequence.to_owned());
        let found = Found { file, line: start.row, code, message, consequence };
        (path, start, found)
    };
    let mut found: Vec<_> = report
        .diagnostics
        .iter()
        .flat_map(|finding| {
            let consequence = format!("{}: {}", finding.severity, finding.consequence);
            let own = at(finding.code, finding.primary.span, &finding.message, &consequence);
            let further = finding.related.iter().map(|place| at(finding.code, place.span, &place.label, ""));
            std::iter::once(own).chain(further).collect::<Vec<_>>()
        })
        .collect();
    found.sort_by(|(path, start, one), (other_path, other_start, other)| {
        (path, start.row, start.column, one.code).cmp(&(other_path, other_start.row, other_start.column, other.code))
    });
    found.into_iter().map(|(_, _, found)| found).collect()
}

/// The findings in a folder.
pub(super) fn findings(root: &Path) -> Vec<Found> {
    found(&report(&settings(root)), root)
}

/// What is found in a change from one version of a program to another, at any confidence.
pub(super) fn changes(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<Found> {
    let (before, after) = (Files::new(before), Files::new(after));
    changes_of(&before.root(), &after.root(), Confidence::Low)
}

/// A change from one folder to another.
pub(super) struct Changed {
    earlier: Earlier,
    settings: Settings,
    after: Utf8PathBuf,
}

impl Changed {
    pub(super) fn new(before: &Path, after: &Path, confidence: Confidence) -> Self {
        let old = Settings { threads: Some(1), ..Settings::of_folder(utf8(before)) };
        let rules = RuleSelection::resolve(&["TPY001".to_owned(), REPLAY_RULES.to_owned()], &[], &[]);
        let settings = Settings {
            configurations: Arc::new(Configurations::fixed(rules.expect("there are such rules"))),
            confidence: Some(confidence),
            ..settings(after)
        };
        Self { earlier: earlier(&old, &old.project_root, "before"), settings, after: utf8(after) }
    }

    /// The same, with the version before written down and read again.
    pub(super) fn written_down(self) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        // It is told of by the name of its file.
        let path = utf8(&folder.path().join("before"));
        write_baseline(&path, &self.earlier).expect("it can be written");
        let earlier = read_baseline(&path).unwrap_or_else(|error| panic!("{error}"));
        Self { earlier, ..self }
    }

    fn checked(&self, settings: &Settings) -> Report {
        replay_check(settings, &self.earlier, &self.after, &|_| ())
    }

    pub(super) fn report(&self) -> Report {
        self.checked(&self.settings)
    }

    /// With all that is offered done; nothing is written.
    pub(super) fn fixed(&self) -> Fixed {
        fix(&self.settings, None, true, &|settings: &Settings, _: Option<&ChangedLines>| self.checked(settings))
    }
}

/// What is found in a change from one folder to another, from a confidence on.
pub(super) fn changes_of(before: &Path, after: &Path, confidence: Confidence) -> Vec<Found> {
    found(&Changed::new(before, after, confidence).report(), after)
}

/// Does `work`, and gives the words of a panic as an error.
pub(super) fn without_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("panic: {}", text.unwrap_or_default())
    })
}

/// `file:line code` of each finding.
pub(super) fn places(found: &[Found]) -> Vec<String> {
    found.iter().map(|found| format!("{}:{} {}", found.file, found.line, found.code)).collect()
}

/// A project in a temporary folder.
pub(super) struct Files(tempfile::TempDir);

impl Files {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().expect("a folder for the test"));
        // Without it a file named alone is not held against the rest of its folder.
        project.write("pyproject.toml", b"");
        for (path, text) in files {
            project.write(path, text.as_bytes());
        }
        project
    }

    /// The folder, without links on the way.
    pub(super) fn root(&self) -> PathBuf {
        self.0.path().canonicalize().expect("the folder exists")
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        std::fs::write(path, bytes).expect("the file can be written");
    }

    pub(super) fn findings(&self) -> Vec<Found> {
        findings(&self.root())
    }

    pub(super) fn places(&self) -> Vec<String> {
        places(&self.findings())
    }
}

/// The folder of the fixtures.
pub(super) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The Python files below a folder, sorted.
pub(super) fn python_files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name();
    let paths = entries.into_iter().map(|entry| entry.expect("the folder is readable").into_path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "py")).collect()
}

/// Runs `work` on every item, on two threads.
pub(super) fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let middle = items.len() / 2;
    std::thread::scope(|scope| {
        let second = scope.spawn(|| items[middle..].iter().map(&work).collect::<Vec<_>>());
        let mut done: Vec<R> = items[..middle].iter().map(&work).collect();
        match second.join() {
            Ok(rest) => done.extend(rest),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        done
    })
}

pub(super) fn utf8(path: &Path) -> Utf8PathBuf {
    Utf8Path::from_path(path).expect("a path in UTF-8").to_owned()
}
