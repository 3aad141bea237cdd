//! Paths and places as other programs want them.

use camino::{Utf8Path, Utf8PathBuf};

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::Report;
use crate::registry::{self, Rule};
use crate::source::{LineColumn, Span};

/// The folder that programs which show findings beside the code take paths from: the repository's, else the working
/// directory.
pub(super) fn repository(cwd: &Utf8Path) -> Utf8PathBuf {
    cwd.ancestors().find(|above| above.join(".git").exists()).unwrap_or(cwd).to_owned()
}

/// A path from a folder with `/`; whole where it lies elsewhere.
pub(super) fn path_from(folder: &Utf8Path, path: &Utf8Path) -> String {
    match path.strip_prefix(folder) {
        Ok(below) => below.components().map(|part| part.as_str()).collect::<Vec<_>>().join("/"),
        Err(_) => path.to_string(),
    }
}

/// A span with its path and its ends.
pub(super) struct Location {
    pub path: String,
    pub start: LineColumn,
    pub end: LineColumn,
}

impl Location {
    pub(super) fn new(report: &Report, span: Span, folder: &Utf8Path) -> Self {
        let (start, end) = report.location(span);
        Self { path: path_from(folder, &report.path(span.file)), start, end }
    }
}

/// The rule of a finding.
pub(super) fn rule(diagnostic: &Diagnostic) -> Option<&'static Rule> {
    registry::find(diagnostic.code)
}

/// How many findings of each severity there are, in words: `2 errors and 1 warning`.
pub(super) fn tally(report: &Report) -> String {
    let words = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "remark")];
    let counted = words.into_iter().filter_map(|(severity, word)| match report.count(severity) {
        0 => None,
        1 => Some(format!("1 {word}")),
        number => Some(format!("{number} {word}s")),
    });
    match counted.collect::<Vec<_>>() {
        none if none.is_empty() => "no findings".to_owned(),
        some => some.join(" and "),
    }
}
