//! One run as a function: from settings to a report.
//!
//! Knows: the order of the steps, from walking to suppression. Does not know: how a rule decides, or how the report
//! will look.

mod load;
mod report;
pub mod suppression;
mod ways;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use camino::Utf8PathBuf;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::config::Settings;
use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::project::Project;
use crate::registry::{self, RuleSelection};
use crate::rules::Comments;
use crate::source::ast::{TextRange, TextSize};
use crate::source::{FileId, ImportRoots, LogicalLines, SourceFile, Sources, Span};
use crate::temporal;
use load::{Loaded, Problem};
pub use report::{Report, Stats, Way};
use suppression::Suppressions;
pub use ways::{Ways, ways};

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Files read.
    pub done: usize,
    /// Files to read.
    pub total: usize,
}

/// The stack of the thread that analyses: syntax trees nest as deep as the code does, and are walked recursively.
const STACK_SIZE: usize = 512 * 1024 * 1024;

/// Checks what the settings name.
pub fn check(settings: &Settings, selection: &RuleSelection, on_progress: &(dyn Fn(Progress) + Sync)) -> Report {
    on_big_stack(|| run(settings, selection, on_progress))
}

/// Runs on a thread with a large stack; on the caller's own where none can be had.
fn on_big_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let work = std::sync::Mutex::new(Some(work));
    let take = || work.lock().ok().and_then(|mut work| work.take());
    let spawned = std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK_SIZE);
        let handle = builder.spawn_scoped(scope, || take().map(|work| work())).ok()?;
        match handle.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    spawned.or_else(|| take().map(|work| work())).expect("the work is done once, here or on the thread")
}

fn run(settings: &Settings, selection: &RuleSelection, on_progress: &(dyn Fn(Progress) + Sync)) -> Report {
    let start = Instant::now();
    let sources = Sources::new();
    let loaded = load::load(settings, &sources, on_progress);
    let mut stats =
        Stats { files_walked: loaded.files_walked, mentions_temporal: loaded.mentions_temporal, ..Stats::default() };
    let diagnostics = {
        let comments = FileComments::new(&sources);
        let (mut diagnostics, parsed) = judged(settings, selection, &comments, &loaded, &mut stats);
        diagnostics.extend(problems(&sources, &loaded, &parsed, selection));
        let mut diagnostics = requested(diagnostics, &sources);
        diagnostics.retain(|diagnostic| !comments.suppresses(diagnostic));
        stats.suppressed = comments.held_back.get();
        diagnostics.extend(comments.at_fault(&parsed, selection));
        diagnostics
    };
    let mut diagnostics = diagnostics;
    sort(&mut diagnostics, &sources);
    let before = diagnostics.len();
    diagnostics.retain(|diagnostic| diagnostic.confidence >= settings.confidence);
    stats.held_back = before - diagnostics.len();
    stats.files_parsed = sources.ids().filter(|id| sources.get(*id).is_parsed()).count();
    stats.elapsed = start.elapsed();
    Report { sources, diagnostics, stats }
}

/// The findings of the rules, and the files whose syntax was needed.
fn judged(
    settings: &Settings,
    selection: &RuleSelection,
    comments: &FileComments<'_>,
    loaded: &Loaded,
    stats: &mut Stats,
) -> (Vec<Diagnostic>, Vec<FileId>) {
    let sources = comments.sources;
    let project = Project::new(sources, import_roots(settings, sources), &settings.paths);
    let files = load::with_wrappers(&project, settings, loaded);
    let found = temporal::analyse(&project, &files, &settings.project_root, |analysis| {
        stats.workflows = analysis.definitions.workflows.len();
        stats.activities = analysis.definitions.activities.len();
        crate::rules::run(analysis, selection, comments)
    });
    let parsed = sources.ids().filter(|id| sources.get(*id).is_parsed()).collect();
    (found, parsed)
}

fn import_roots(settings: &Settings, sources: &Sources) -> ImportRoots {
    let folders: Vec<Utf8PathBuf> = settings.paths.iter().filter(|path| path.is_dir()).cloned().collect();
    let roots = ImportRoots::new(settings.project_root.clone(), settings.src.clone(), &folders);
    for id in sources.ids() {
        roots.note_file(sources.get(id).path());
    }
    roots
}

/// What a user asked for: findings in the files named, and findings elsewhere whose way leads through them.
fn requested(diagnostics: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
    let wanted = |span: &Span| sources.get(span.file).is_requested();
    diagnostics
        .into_iter()
        .filter(|diagnostic| {
            wanted(&diagnostic.primary.span) || diagnostic.call_chain.iter().any(|frame| wanted(&frame.span))
        })
        .collect()
}

/// Files that could not be read or parsed.
fn problems(sources: &Sources, loaded: &Loaded, parsed: &[FileId], selection: &RuleSelection) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if selection.is_enabled("TPY002") {
        found.extend(loaded.problems.iter().filter_map(|problem| unreadable(sources, problem)));
    }
    if selection.is_enabled("TPY001") {
        for &file in parsed {
            // The first error is the cause; what follows is often its echo.
            if let Some(problem) = sources.get(file).parsed().problems().first() {
                let span = Span { file, range: problem.range };
                found.extend(of_rule("TPY001", span, problem.message.clone(), None));
            }
        }
    }
    found
}

fn unreadable(sources: &Sources, problem: &Problem) -> Option<Diagnostic> {
    let file = sources.add(SourceFile::new(problem.path.clone(), problem.text.clone(), true));
    let range = TextRange::at(problem.offset, TextSize::new(0));
    of_rule("TPY002", Span { file, range }, problem.message.clone(), Some(problem.hint.clone()))
}

/// A diagnostic of a rule about the tool's own input.
fn of_rule(code: &str, span: Span, message: String, help: Option<String>) -> Option<Diagnostic> {
    let rule = registry::find(code)?;
    Some(Diagnostic {
        code: &rule.code,
        name: &rule.name,
        severity: rule.severity,
        confidence: Confidence::High,
        message,
        help: help.filter(|help| !help.is_empty()).unwrap_or_else(|| rule.help.clone()),
        primary: Annotation { span, label: String::new() },
        secondary: Vec::new(),
        call_chain: Vec::new(),
        more_entry_points: 0,
        fix: None,
    })
}

/// The comments of the files, read when a file is first asked about.
struct FileComments<'s> {
    sources: &'s Sources,
    files: RefCell<FxHashMap<FileId, Rc<Suppressions>>>,
    held_back: Cell<usize>,
}

impl<'s> FileComments<'s> {
    fn new(sources: &'s Sources) -> Self {
        Self { sources, files: RefCell::default(), held_back: Cell::new(0) }
    }

    fn of(&self, id: FileId) -> Rc<Suppressions> {
        let read = || {
            let file = self.sources.get(id);
            Rc::new(Suppressions::find(file.text(), || LogicalLines::of(file.parsed())))
        };
        self.files.borrow_mut().entry(id).or_insert_with(read).clone()
    }

    /// Whether a comment on the offending line holds a finding back.
    fn suppresses(&self, diagnostic: &Diagnostic) -> bool {
        let held_back = self.hold_back(diagnostic.code, diagnostic.primary.span);
        if held_back {
            self.note_held_back();
        }
        held_back
    }

    /// Comments that hold nothing back, and comments that are wrong.
    fn at_fault(&self, parsed: &[FileId], selection: &RuleSelection) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for &file in parsed.iter().filter(|file| self.sources.get(**file).is_requested()) {
            let comments = self.of(file);
            if selection.is_enabled("TPY004") {
                for invalid in comments.invalid() {
                    let span = Span { file, range: invalid.range };
                    found.extend(of_rule("TPY004", span, invalid.message.clone(), Some(invalid.hint.clone())));
                }
            }
            if selection.is_enabled("TPY003") {
                for unused in comments.unused(|code| selection.is_enabled(code)) {
                    let span = Span { file, range: unused.range };
                    let message = registry::find("TPY003").map(|rule| rule.message.replace("{code}", unused.code));
                    found.extend(of_rule("TPY003", span, message.unwrap_or_default(), None));
                }
            }
        }
        found
    }
}

impl Comments for FileComments<'_> {
    fn hold_back(&self, code: &str, span: Span) -> bool {
        self.of(span.file).matching(code, span.range.start()).is_some()
    }

    fn note_held_back(&self) {
        self.held_back.set(self.held_back.get() + 1);
    }
}

fn sort(diagnostics: &mut Vec<Diagnostic>, sources: &Sources) {
    diagnostics.sort_by(|a, b| {
        let path = |diagnostic: &Diagnostic| sources.get(diagnostic.primary.span.file).path();
        path(a).cmp(path(b)).then_with(|| a.sort_key().cmp(&b.sort_key()))
    });
    let mut seen = FxHashSet::default();
    diagnostics.retain(|diagnostic| seen.insert((diagnostic.primary.span, diagnostic.code)));
}
