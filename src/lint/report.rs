use std::time::Duration;

use camino::Utf8PathBuf;

use crate::diagnostic::{Confidence, Diagnostic, Severity};
use crate::source::{FileId, LineColumn, Sources, Span};

/// What one run found. Renderers need nothing else.
pub struct Report {
    /// The files that something is said of, for snippets and places.
    pub sources: Sources,
    /// What is to be shown, sorted by path, place and code.
    pub diagnostics: Vec<Diagnostic>,
    /// The paths of the files whose syntax tree was needed, sorted.
    pub parsed: Vec<Utf8PathBuf>,
    /// What is to be said about the run.
    pub stats: Stats,
}

/// Figures of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Python files found below the paths.
    pub files_walked: usize,
    /// Files whose syntax tree was needed.
    pub files_parsed: usize,
    /// `@workflow.defn` classes, however declared.
    pub workflows: usize,
    /// `@activity.defn` functions, however declared.
    pub activities: usize,
    /// Whether any file imports `temporalio`.
    pub mentions_temporal: bool,
    /// Whether files that have nothing to do with the ones asked for seem to declare workflows or activities.
    pub defines_elsewhere: bool,
    /// Places of the findings that are shown: one finding can have several.
    pub places: usize,
    /// Findings below the confidence asked for.
    pub held_back: usize,
    /// Findings that comments suppress.
    pub suppressed: usize,
    /// Programs that could not be judged, because the tool itself failed on them.
    pub internal_errors: Vec<InternalError>,
    /// Where limits cut the analysis short, by path.
    pub shortfalls: Vec<Shortfall>,
    /// Wall time.
    pub elapsed: Duration,
}

/// A program on which the tool itself failed. The other programs' findings stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalError {
    /// The program's files that speak of Temporal; which of them is at fault is not known.
    pub files: Vec<Utf8PathBuf>,
    /// The words of the failure.
    pub message: String,
}

/// A place where a limit cut the analysis short: what lies behind it may hold findings that are not told, or that are told
/// with less certainty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shortfall {
    /// The file, where one can be named.
    pub path: Option<Utf8PathBuf>,
    /// The function in it.
    pub function: Option<String>,
    /// What was too much, and what that means.
    pub what: &'static str,
}

impl Report {
    /// How many findings of a severity are shown.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|d| d.severity == severity).count()
    }

    /// The absolute path of a file.
    #[must_use]
    pub fn path(&self, file: FileId) -> Utf8PathBuf {
        self.sources.get(file).path().to_owned()
    }

    /// Where a place begins and ends.
    #[must_use]
    pub fn location(&self, span: Span) -> (LineColumn, LineColumn) {
        let file = self.sources.get(span.file);
        (file.line_column(span.range.start()), file.line_column(span.range.end()))
    }
}

/// One entry point's way to a line, for `why`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// `workflow` or `async activity` and the like: how the line's code is run.
    pub context: &'static str,
    /// From the entry point to the function that holds the line.
    pub frames: Vec<crate::diagnostic::Frame>,
    /// The weakest hop.
    pub confidence: Confidence,
}
