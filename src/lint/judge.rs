//! One component, judged: what is found in it, and as much of its files as is needed to show that.
//!
//! Knows: the order of the steps. Does not know: what other components there are.

use std::ops::RangeInclusive;

use camino::Utf8PathBuf;
use rustc_hash::{FxHashMap, FxHashSet};

use super::by_file::FilesRules;
use super::comments::FileComments;
use super::components::Component;
use super::report::Shortfall;
use super::stated::stated;
use super::suppression::Suppressions;
use super::{limits, load, of_rule};
use crate::config::Settings;
use crate::diagnostic::Diagnostic;
use crate::python::Project;
use crate::registry::RuleSelection;
use crate::rules;
use crate::source::{self, FileId, ImportRoots, SourceFile, Sources, Span, SyntaxProblem};
use crate::temporal::{self, Stated};

/// What judging a component gave.
#[derive(Default)]
pub(super) struct Judged {
    /// The findings, by the ids of `files`.
    pub diagnostics: Vec<Diagnostic>,
    /// Findings that comments on their lines hold back, each with the comment's reason.
    pub held_back: Vec<(Diagnostic, String)>,
    /// The files that are still needed.
    pub files: Vec<(FileId, SourceFile)>,
    /// Comments for this tool, where a file has some.
    pub comments: Vec<(FileId, Suppressions)>,
    /// The files whose syntax tree was needed.
    pub parsed: Vec<Utf8PathBuf>,
    /// `@workflow.defn` classes.
    pub workflows: usize,
    /// `@activity.defn` functions.
    pub activities: usize,
    /// Findings that comments hold back.
    pub suppressed: usize,
    /// Files that were reached and could not be read.
    pub unreadable: Vec<load::Problem>,
    /// Where limits cut the analysis.
    pub shortfalls: Vec<Shortfall>,
}

/// What a run asks of a program once it is followed.
pub(super) type Ask<'a> = dyn Fn(&temporal::Analysis<'_, '_>, &FileComments<'_>) -> Vec<Diagnostic> + Sync + 'a;

/// The files of a component, ready to be followed.
pub(super) struct Opened {
    pub sources: Sources,
    seeds: Vec<FileId>,
    rest: Vec<load::Rest>,
    stated: Stated,
}

impl Opened {
    pub(super) fn new(component: Component, settings: &Settings) -> Self {
        let sources = Sources::new();
        let stated = stated(settings, component.paths());
        let seeds = component.seeds.into_iter().map(|seed| sources.add(seed.file)).collect();
        Self { sources, seeds, rest: component.rest, stated }
    }

    /// Follows what the files define. Notes where limits cut that.
    pub(super) fn followed<R>(
        &self,
        settings: &Settings,
        roots: &ImportRoots,
        ahead: &[temporal::Ahead],
        shortfalls: &mut Vec<Shortfall>,
        ask: impl FnOnce(&temporal::Analysis<'_, '_>) -> R,
    ) -> R {
        let project = Project::new(&self.sources, roots, &settings.paths);
        let worlds = temporal::Worlds::new(self.stated.clone());
        let load::Users { files, too_far } = load::with_wrappers(&project, &self.seeds, &self.rest, self.stated.known);
        shortfalls.extend(too_far.into_iter().map(limits::far_wrapper));
        temporal::analyse(&project, &worlds, &files, &settings.project_root, ahead, |analysis| {
            let found = ask(analysis);
            shortfalls.extend(limits::shortfalls(&project, &analysis.cuts()));
            found
        })
    }
}

/// Follows what the files of a component define, and asks.
pub(super) fn judge(
    component: Component,
    settings: &Settings,
    roots: &ImportRoots,
    selection: &RuleSelection,
    ask: &Ask<'_>,
) -> Judged {
    let opened = Opened::new(component, settings);
    let mut judged = {
        let sources = &opened.sources;
        let comments = FileComments::new(sources);
        let mut judged = findings(&opened, &comments, settings, roots, selection, ask);
        let rules = FilesRules::new(settings);
        let path = |diagnostic: &Diagnostic| sources.get(diagnostic.primary.span.file).path();
        judged.diagnostics.retain(|diagnostic| rules.wants(diagnostic.code, path(diagnostic)));
        for diagnostic in std::mem::take(&mut judged.diagnostics) {
            match comments.suppresses(&diagnostic) {
                None => judged.diagnostics.push(diagnostic),
                Some(reason) => judged.held_back.push((diagnostic, reason)),
            }
        }
        judged.suppressed = comments.held_back();
        judged.comments = comments.of_parsed();
        judged
    };
    let sources = opened.sources;
    let parsed = |id: &FileId| sources.get(*id).is_parsed();
    judged.parsed = sources.ids().filter(parsed).map(|id| sources.get(id).path().to_owned()).collect();
    judged.unreadable = sources.ids().filter_map(|id| load::Problem::reached(sources.get(id))).collect();
    judged.files = needed(sources, &mut judged, settings);
    judged
}

fn findings(
    opened: &Opened,
    comments: &FileComments<'_>,
    settings: &Settings,
    roots: &ImportRoots,
    selection: &RuleSelection,
    ask: &Ask<'_>,
) -> Judged {
    let mut shortfalls = Vec::new();
    let (mut workflows, mut activities) = (0, 0);
    let mut diagnostics = opened.followed(settings, roots, &rules::ahead(selection), &mut shortfalls, |analysis| {
        workflows = analysis.definitions.workflows.len();
        activities = analysis.definitions.activities.len();
        ask(analysis, comments)
    });
    let broken = broken_rows(&opened.sources);
    diagnostics.retain(|diagnostic| !is_about_broken_line(diagnostic, &opened.sources, &broken));
    diagnostics.extend(syntax_errors(&opened.sources, selection, settings));
    diagnostics.retain(|diagnostic| is_requested(diagnostic, &opened.sources));
    Judged { diagnostics, workflows, activities, shortfalls, ..Judged::default() }
}

/// What a user asked for: findings in the files named, and findings elsewhere whose way leads through them.
fn is_requested(diagnostic: &Diagnostic, sources: &Sources) -> bool {
    let wanted = |span: Span| sources.get(span.file).is_requested();
    wanted(diagnostic.primary.span) || diagnostic.call_chain.spans().any(wanted)
}

/// The rows of files on which the syntax is broken.
fn broken_rows(sources: &Sources) -> FxHashMap<FileId, Vec<RangeInclusive<usize>>> {
    let broken = sources.ids().filter(|id| sources.get(*id).is_parsed());
    let rows = |id: FileId| {
        let file = sources.get(id);
        let row = |offset| file.line_column(offset).row;
        let problems = file.syntax_problems().iter();
        (id, problems.map(|problem| row(problem.range.start())..=row(problem.range.end())).collect::<Vec<_>>())
    };
    broken.map(rows).filter(|(_, rows)| !rows.is_empty()).collect()
}

/// Whether a finding begins on a line whose syntax is broken: what is meant there cannot be told.
fn is_about_broken_line(
    diagnostic: &Diagnostic,
    sources: &Sources,
    broken: &FxHashMap<FileId, Vec<RangeInclusive<usize>>>,
) -> bool {
    let Span { file, range } = diagnostic.primary.span;
    broken.get(&file).is_some_and(|rows| {
        let row = sources.get(file).line_column(range.start()).row;
        rows.iter().any(|broken| broken.contains(&row))
    })
}

fn syntax_errors(sources: &Sources, selection: &RuleSelection, settings: &Settings) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if selection.is_enabled("TPY001") {
        for file in sources.ids().filter(|id| sources.get(*id).is_parsed()) {
            // The first error is the cause; what follows is often its echo.
            let problem = sources.get(file).syntax_problems().first().cloned();
            if let Some(problem) = problem.or_else(|| too_new(sources.get(file), settings)) {
                let span = Span { file, range: problem.range };
                found.extend(of_rule("TPY001", span, problem.message, None));
            }
        }
    }
    found
}

/// What the Python that the configuration of a file names cannot parse in it.
fn too_new(file: &SourceFile, settings: &Settings) -> Option<SyntaxProblem> {
    let version = settings.configurations.of_file(file.path()).python_version?;
    file.is_requested()
        .then(|| source::too_new(file.text_once().as_ref(), file.path().extension() == Some("pyi"), version))?
}

/// The files that findings and comments lie in, and those that were named one by one.
fn needed(sources: Sources, judged: &mut Judged, settings: &Settings) -> Vec<(FileId, SourceFile)> {
    let mut needed: FxHashSet<FileId> = judged.comments.iter().map(|(file, _)| *file).collect();
    let held_back = judged.held_back.iter_mut().map(|(diagnostic, _)| diagnostic);
    let all = judged.diagnostics.iter_mut().chain(held_back);
    needed.extend(all.flat_map(Diagnostic::spans_mut).map(|span| span.file));
    let ids: Vec<FileId> = sources.ids().collect();
    let named = |file: &SourceFile| {
        settings.unsaved.contains_key(file.path()) || settings.paths.iter().any(|path| path == file.path())
    };
    let files = ids.into_iter().zip(sources.into_files());
    files.filter(|(id, file)| needed.contains(id) || named(file)).collect()
}
