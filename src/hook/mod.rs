//! The answer to an event of a coding agent's session: what an edit has to do with the findings of its project.
//!
//! Knows: the events and answers of Claude Code's hooks, <https://code.claude.com/docs/en/hooks>, which findings concern an
//! edited file, and which of them the edit caused. Does not know: how anything is found, or where events come from. Whatever
//! cannot be understood is answered with silence: a hook that fails is shown to the user at every edit.

mod answer;
mod before;
mod concern;
mod event;
mod remark;
mod stopped;
mod touched;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use self::answer::Answer;
use self::before::{Before, Keys, timed};
use self::event::{Edited, Event, Occasion};
use self::touched::Touched;
use crate::config::{ConfigError, Options, Settings, nearest_project, resolve};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::{self, Earlier, Report};
use crate::source::{FileId, MAX_FILE_SIZE, Span};

/// How many projects' files an agent may have edited of which all are checked.
const MOST_PROJECTS: usize = 8;

/// The answer to an event, one JSON object, or nothing if there is nothing to say. `home` is the user's home folder.
///
/// An edit is answered with the findings whose place or call chain lies in the edited file, those that it caused as a reason
/// to go on, if they are errors; the end of the `temporal-python` agent with the errors that its edits caused.
#[must_use]
pub fn answer(input: &[u8], home: Option<&Utf8Path>) -> Option<String> {
    let event = Event::read(input)?;
    let edited: Vec<Edited> = match &event.occasion {
        Occasion::Edited(edited) => vec![edited.clone()],
        Occasion::Stopped { transcript } => stopped::edited(transcript.as_deref(), &event.cwd),
    };
    let edited: Vec<Edited> = edited.into_iter().filter(|edited| is_checkable(&edited.file)).collect();
    let all_severities = matches!(event.occasion, Occasion::Edited(_));
    let (projects, broken) = projects(edited, !all_severities, &event.cwd, home);
    let mut checks: Vec<Check> =
        projects.into_iter().filter_map(|project| Check::of(project, all_severities)).collect();
    let mut findings: Vec<Finding<'_>> = checks.iter_mut().flat_map(Check::findings).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse((finding.is_new, finding.diagnostic.severity)));
    Answer { event: &event, findings, broken }.json()
}

/// Whether an event may have an answer, as far as the event itself shows: an edit of a Python file, or an agent's end.
#[must_use]
pub fn concerns_python(input: &[u8]) -> bool {
    Event::read(input).is_some_and(|event| match &event.occasion {
        Occasion::Edited(edited) => is_checkable(&edited.file),
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

/// Edited files of one project.
struct EditedProject {
    settings: Settings,
    /// The version before that its configuration names: what may be running.
    before: Deployed,
    edited: Vec<Edited>,
}

/// Where a configuration says what of a project's workflows may be running.
struct Deployed {
    /// A file of what they did.
    baseline: Option<Utf8PathBuf>,
    /// A revision.
    since: Option<String>,
}

impl Deployed {
    /// What workflows did, with the folder that is compared with it. What cannot be read is not compared with: `check` says why.
    fn read(&self, settings: &Settings) -> Option<(Earlier, Utf8PathBuf)> {
        if let Some(path) = &self.baseline {
            return Some((lint::read_baseline(path).ok()?, path.parent()?.to_owned()));
        }
        let revision = self.since.as_ref()?;
        let tree = lint::at_revision(settings.paths.first()?, revision).ok()?;
        let earlier = lint::earlier_in(&tree, settings, &format!("`{revision}`"), |paths, src, folder| {
            let options = Options { paths, src, no_baseline: true, ..Options::default() };
            resolve(&options, folder).map(|resolved| resolved.settings)
        });
        Some((earlier.ok()?, tree.now.clone()))
    }
}

/// The projects that files belong to, unless a glance shows that none of a project's files has to do with Temporal, and the first
/// configuration that is broken. A project is not taken to be the whole home folder, or more.
fn projects(
    edited: Vec<Edited>,
    is_end: bool,
    cwd: &Utf8Path,
    home: Option<&Utf8Path>,
) -> (Vec<EditedProject>, Option<ConfigError>) {
    let mut found: Vec<EditedProject> = Vec::new();
    let mut broken = None;
    for edited in edited {
        let options =
            Options { paths: vec![edited.file.clone()], home: home.map(Utf8Path::to_owned), ..Options::default() };
        let (mut settings, before) = match resolve(&options, cwd) {
            Ok(resolved) => {
                let before = Deployed { baseline: resolved.replay_baseline, since: resolved.replay_since };
                (resolved.settings, before)
            }
            Err(problem) => {
                // At an edit, what the configuration says of other files is nobody's business.
                if is_end || concern::speaks_of_them(&edited.file) {
                    broken.get_or_insert(problem);
                }
                continue;
            }
        };
        let root = &settings.project_root;
        if root.parent().is_none() || home.is_some_and(|home| home.starts_with(root)) {
            settings.project_root = edited.file.parent().unwrap_or(root).to_owned();
        }
        settings.paths = vec![nearest_project(&edited.file, &settings.project_root)];
        let same = |known: &EditedProject| {
            (&known.settings.paths, &known.settings.project_root) == (&settings.paths, &settings.project_root)
        };
        match found.iter().position(same) {
            Some(known) => found[known].edited.push(edited),
            None if found.len() < MOST_PROJECTS => found.push(EditedProject { settings, before, edited: vec![edited] }),
            None => {}
        }
    }
    let files = |project: &EditedProject| -> Vec<Utf8PathBuf> {
        project.edited.iter().map(|edited| edited.file.clone()).collect()
    };
    found.retain(|project| concern::is_possible(&files(project), &project.settings));
    (found, broken)
}

/// A finding that concerns an edited file.
#[derive(Clone)]
struct Finding<'r> {
    report: &'r Report,
    diagnostic: &'r Diagnostic,
    /// Those of its places, and of the calls that lead there, that are in the lines that were edited.
    touched: Vec<Span>,
    /// The edit caused it, as far as that is known.
    is_new: bool,
    /// That is known for certain, from a check of the file as it was.
    is_certain: bool,
}

/// A checked project, and what decides which of its findings concern the edited files.
struct Check {
    report: Report,
    touched: FxHashMap<FileId, Touched>,
    /// What was found before, where that is known.
    before: Option<Before>,
    /// Warnings and remarks count too.
    all_severities: bool,
}

impl Check {
    /// Checks a project, and, where anything in it concerns the edited file, the project as it was before.
    fn of(project: EditedProject, all_severities: bool) -> Option<Self> {
        let EditedProject { settings, before, edited } = project;
        let earlier = before.read(&settings);
        let checked = |settings: &Settings| match &earlier {
            Some((before, base)) => lint::check_against(settings, None, (before, base), &|_| ()),
            None => lint::check(settings, &|_| ()),
        };
        let (report, took) = timed(|| checked(&settings));
        let touched_in = |id: FileId| {
            let file = report.sources.get(id);
            let edited = edited.iter().find(|edited| edited.file == file.path())?;
            Some((id, Touched::by(&edited.edits, file.text())))
        };
        let touched: FxHashMap<FileId, Touched> = report.sources.ids().filter_map(touched_in).collect();
        let mut check = Self { report, touched, before: None, all_severities };
        if !check.report.diagnostics.iter().any(|diagnostic| check.concerns(diagnostic)) {
            return None;
        }
        check.before = Before::of(&edited, &settings, took, &checked);
        Some(check)
    }

    fn concerns(&self, diagnostic: &Diagnostic) -> bool {
        let is_wanted = diagnostic.severity == Severity::Error || self.all_severities;
        is_wanted && spans(diagnostic).any(|span| self.touched.contains_key(&span.file))
    }

    /// What concerns the edited files, in the order of the report.
    fn findings(&mut self) -> Vec<Finding<'_>> {
        let Self { report, touched, before, .. } = &*self;
        let is_touched = |span: &Span| {
            let (start, end) = report.location(*span);
            touched.get(&span.file).is_some_and(|touched| touched.any(start.row..=end.row))
        };
        let mut before = before.clone();
        let mut found: Vec<Finding<'_>> = Vec::new();
        for diagnostic in report.diagnostics.iter().filter(|diagnostic| self.concerns(diagnostic)) {
            let touched: Vec<Span> = spans(diagnostic).filter(is_touched).collect();
            let (is_new, is_certain) = (!touched.is_empty(), before.is_some());
            found.push(Finding { report, diagnostic, touched, is_new, is_certain });
        }
        if let Some(before) = &mut before {
            let (mut others, mut touched): (Vec<_>, Vec<_>) = found.iter_mut().partition(|finding| !finding.is_new);
            let mut keys = Keys::new(report);
            for finding in others.iter_mut().chain(&mut touched) {
                finding.is_new = before.is_new(&mut keys, finding.diagnostic);
            }
        }
        found.retain(|finding| finding.is_new || finding.diagnostic.severity > Severity::Info);
        found
    }
}

/// A finding's places, and the calls that lead there.
fn spans(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    let places = diagnostic.related.iter().map(|place| place.span);
    std::iter::once(diagnostic.primary.span).chain(places).chain(diagnostic.call_chain.spans())
}
