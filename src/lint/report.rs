//! What a run found, and its figures.
//!
//! Knows: what renderers need. Does not know: how anything was found, or how it will look.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::baseline::{Accepted, BaselineError};
use super::unfollowed::Unfollowed;
use crate::diagnostic::{Confidence, Diagnostic, Severity};
use crate::source::{FileId, LineColumn, Sources, Span};

/// What one run found. Renderers need nothing else.
#[derive(Default)]
pub struct Report {
    /// The files that something is said of, for snippets and places.
    pub sources: Sources,
    /// What is to be shown, sorted by path, place and code.
    pub diagnostics: Vec<Diagnostic>,
    /// Findings that a baseline accepts, likewise sorted.
    pub accepted: Vec<Diagnostic>,
    /// Findings that comments on their lines hold back, likewise sorted, each with the comment's reason, which may be empty.
    pub suppressed: Vec<(Diagnostic, String)>,
    /// By baseline, what it accepts and is no longer found in what was checked.
    pub fixed: BTreeMap<Utf8PathBuf, Vec<(Accepted, usize)>>,
    /// Baselines that could not be read; what they accept is among the findings.
    pub baseline_errors: Vec<BaselineError>,
    /// Files and folders that were checked.
    pub checked: Vec<Utf8PathBuf>,
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
    /// Workflows of a version before that were found again and compared.
    pub compared: usize,
    /// Workflows that are compared with none of a version before.
    pub uncompared: usize,
    /// Whether files that have nothing to do with the ones asked for seem to declare workflows or activities.
    pub defines_elsewhere: bool,
    /// Places of the findings that are shown: one finding can have several.
    pub places: usize,
    /// Findings below the confidence asked for.
    pub held_back: usize,
    /// Findings that concern nothing that was changed since the revision asked for.
    pub unchanged: usize,
    /// Findings that comments suppress.
    pub suppressed: usize,
    /// Programs that could not be judged, because the tool itself failed on them.
    pub internal_errors: Vec<InternalError>,
    /// Where limits cut the analysis short, by path.
    pub shortfalls: Vec<Shortfall>,
    /// Where absolute imports start, as it was found from the layout or given.
    pub import_roots: Vec<Utf8PathBuf>,
    /// Imports that look like the project's own and are not followed.
    pub unfollowed: Vec<Unfollowed>,
    /// Wall time.
    pub elapsed: Duration,
    /// How many threads there were to work on.
    pub threads: usize,
    /// What all of them together worked, where the system tells.
    pub work: Option<Duration>,
}

impl Stats {
    /// The share of the time in which one thread alone worked, as if all did for the rest of it. Nothing where there was but
    /// one, or where that is not known.
    #[must_use]
    pub fn share_on_one_thread(&self) -> Option<f64> {
        let (elapsed, work) = (self.elapsed.as_secs_f64(), self.work?.as_secs_f64());
        let threads = u32::try_from(self.threads).ok().filter(|threads| *threads > 1 && elapsed > 0.0)?;
        let idle = f64::from(threads) * elapsed - work;
        Some((idle / (f64::from(threads - 1) * elapsed)).clamp(0.0, 1.0))
    }
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
    /// Whether the run has looked at a file, or would have, were it there.
    #[must_use]
    pub fn covers(&self, path: &Utf8Path) -> bool {
        covers(&self.checked, path)
    }

    /// What findings can be known by again in later runs, in their order: 16 hexadecimal digits each, all different. Paths
    /// count from a folder on.
    pub fn fingerprints<'d>(
        &self,
        findings: impl IntoIterator<Item = &'d Diagnostic>,
        folder: &Utf8Path,
    ) -> Vec<String> {
        super::baseline::fingerprints(&self.sources, findings, folder)
    }

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

/// Whether a path is among others or lies below one.
pub(super) fn covers(checked: &[Utf8PathBuf], path: &Utf8Path) -> bool {
    checked.iter().any(|checked| path.starts_with(checked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_done_on_all_threads_is_done_on_one() {
        let share = |threads, elapsed, work: Option<u64>| {
            let (elapsed, work) = (Duration::from_millis(elapsed), work.map(Duration::from_millis));
            Stats { threads, elapsed, work, ..Stats::default() }.share_on_one_thread()
        };
        assert_eq!(share(2, 1_000, Some(2_000)), Some(0.0));
        assert_eq!(share(2, 1_000, Some(1_000)), Some(1.0));
        assert_eq!(share(4, 1_000, Some(2_500)), Some(0.5));
        assert_eq!(share(2, 1_000, Some(500)), Some(1.0));
        assert_eq!(share(1, 1_000, Some(1_000)), None);
        assert_eq!(share(2, 1_000, None), None);
    }
}
