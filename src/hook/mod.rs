//! The answer to an event of a coding agent's session: what an edit has to do with the findings of its project.
//!
//! Knows: the events and answers of Claude Code's hooks, <https://code.claude.com/docs/en/hooks>, and which findings
//! concern an edited file. Does not know: how anything is found, or where events come from. Whatever cannot be
//! understood is answered with silence: a hook that fails is shown to the user at every edit.

mod answer;
mod concern;
mod event;
mod stopped;
mod touched;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashSet;

use self::answer::Answer;
use self::event::{Event, Occasion};
use self::touched::Touched;
use crate::config::{Options, nearest_project, resolve};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::{self, Report};
use crate::source::{FileId, MAX_FILE_SIZE, Span};

/// The answer to an event, one JSON object, or nothing if there is nothing to say. `home` is the user's home folder.
///
/// An edit is answered with the findings whose place or call chain lies in the edited file; the end of the
/// `temporal-python` agent with the errors that concern the files it edited.
#[must_use]
pub fn answer(input: &[u8], home: Option<&Utf8Path>) -> Option<String> {
    let event = Event::read(input)?;
    let files: Vec<Utf8PathBuf> = match &event.occasion {
        Occasion::Edited { file, .. } => vec![file.clone()],
        Occasion::Stopped { transcript } => stopped::edited_files(transcript.as_deref(), &event.cwd),
    };
    let files: Vec<Utf8PathBuf> = files.into_iter().filter(|file| is_checkable(file)).collect();
    let report = check(&files, &event.cwd, home)?;
    let concerned = Concerned::new(&report, &files, &event.occasion);
    Answer { event: &event, report: &report, files: &files, findings: concerned.findings() }.json()
}

/// Whether an event may have an answer, as far as the event itself shows: an edit of a Python file, or an agent's end.
#[must_use]
pub fn concerns_python(input: &[u8]) -> bool {
    Event::read(input).is_some_and(|event| match &event.occasion {
        Occasion::Edited { file, .. } => is_checkable(file),
        Occasion::Stopped { .. } => true,
    })
}

/// An answer that tells the user, and not the model, why there is none.
#[must_use]
pub fn remark(words: &str) -> String {
    serde_json::json!({ "systemMessage": format!("temporal-py-lint: {words}.") }).to_string()
}

/// Whether a file is there, is Python by its name, and is small enough to be read.
fn is_checkable(file: &Utf8Path) -> bool {
    matches!(file.extension(), Some("py" | "pyi"))
        && std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_FILE_SIZE)
}

/// Checks the project that the first file belongs to, unless a glance shows that the files have nothing to do with
/// Temporal. A project is not taken to be the whole home folder, or more.
fn check(files: &[Utf8PathBuf], cwd: &Utf8Path, home: Option<&Utf8Path>) -> Option<Report> {
    let file = files.first()?;
    let options = Options { paths: vec![file.clone()], home: home.map(Utf8Path::to_owned), ..Options::default() };
    let mut settings = resolve(&options, cwd).ok()?.settings;
    let root = &settings.project_root;
    if root.parent().is_none() || home.is_some_and(|home| home.starts_with(root)) {
        settings.project_root = file.parent()?.to_owned();
    }
    settings.paths = vec![nearest_project(file, &settings.project_root)];
    if !concern::is_possible(files, &settings) {
        return None;
    }
    Some(lint::check(&settings, &|_| ()))
}

/// A finding that concerns an edited file.
#[derive(Debug, Clone)]
struct Finding<'r> {
    diagnostic: &'r Diagnostic,
    /// Those of its places, and of the calls that lead there, that are in the lines that were edited.
    touched: Vec<Span>,
}

impl Finding<'_> {
    /// It has to do with the lines that were edited.
    fn is_new(&self) -> bool {
        !self.touched.is_empty()
    }
}

/// Decides which findings concern the edited files.
struct Concerned<'r> {
    report: &'r Report,
    files: FxHashSet<FileId>,
    touched: Touched,
    /// Warnings and remarks count too.
    all_severities: bool,
}

impl<'r> Concerned<'r> {
    fn new(report: &'r Report, files: &[Utf8PathBuf], occasion: &Occasion) -> Self {
        let is_edited = |id: &FileId| files.iter().any(|file| file == report.sources.get(*id).path());
        let edited: FxHashSet<FileId> = report.sources.ids().filter(is_edited).collect();
        let (touched, all_severities) = match (occasion, edited.iter().next()) {
            (Occasion::Edited { edits, .. }, Some(&id)) => (Touched::by(edits, report.sources.get(id).text()), true),
            _ => (Touched::default(), false),
        };
        Self { report, files: edited, touched, all_severities }
    }

    /// New ones first, then by severity, then in the order of the report.
    fn findings(&self) -> Vec<Finding<'r>> {
        let mut findings: Vec<Finding<'r>> =
            self.report.diagnostics.iter().filter_map(|diagnostic| self.finding(diagnostic)).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse((finding.is_new(), finding.diagnostic.severity)));
        findings
    }

    fn finding(&self, diagnostic: &'r Diagnostic) -> Option<Finding<'r>> {
        let frames = diagnostic.call_chain.spans();
        let places = diagnostic.related.iter().map(|place| place.span);
        let spans = std::iter::once(diagnostic.primary.span).chain(places).chain(frames);
        let mut inside = spans.filter(|span| self.files.contains(&span.file)).peekable();
        inside.peek()?;
        let finding = Finding { diagnostic, touched: inside.filter(|span| self.is_touched(*span)).collect() };
        let wanted = match diagnostic.severity {
            Severity::Error => true,
            Severity::Warning => self.all_severities,
            Severity::Info => self.all_severities && finding.is_new(),
        };
        wanted.then_some(finding)
    }

    fn is_touched(&self, span: Span) -> bool {
        let (start, end) = self.report.location(span);
        self.touched.any(start.row..=end.row)
    }
}
