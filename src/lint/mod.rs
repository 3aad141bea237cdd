//! One run as a function: from settings to a report.
//!
//! Knows: the order of the steps, from walking to suppression. Does not know: how a rule decides, or how the report
//! will look.

mod add_ignores;
mod baseline;
mod by_file;
mod clock;
mod comments;
mod components;
mod fixing;
mod git;
mod guard;
mod inner_roots;
mod judge;
mod limits;
mod load;
mod map;
mod merge;
mod replay;
mod report;
mod since;
mod stated;
pub mod suppression;
mod threads;
mod traced;
mod unfollowed;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::config::Settings;
use crate::diagnostic::{Annotation, CallChain, Confidence, Diagnostic};
pub use crate::registry::REPLAY_RULES;
use crate::registry::{self, RuleSelection};
use crate::source::ast::{TextRange, TextSize};
use crate::source::{FileId, ImportRoots, SourceFile, Sources, Span};
use crate::temporal::Analysis;
pub use add_ignores::{IgnorePlan, IgnoresOfFile, check_reason, ignore_plan, with_comment};
use baseline::Settled;
pub use baseline::{Accepted, Baseline, BaselineError};
use by_file::FilesRules;
use clock::Clock;
pub use fixing::{Check, Edited, Edits, Fixed, fix};
pub use git::uncommitted;
use judge::Judged;
use load::{Loaded, Problem};
pub use map::{LinkKind, Map, MapEdge, MapFinding, MapMember, MapNode, Mark, NoSuchName, NodeKind, Spot, map};
pub use replay::{
    Earlier, EarlierError, Tree, at_revision, earlier, earlier_in, of_folder, read_baseline, replay_check,
    write_baseline,
};
pub use report::{InternalError, Report, Shortfall, Stats, Way};
pub use since::{ChangedLines, SinceError};
use suppression::Suppressions;
pub use threads::MAX_THREADS;
pub use traced::{FunctionKey, Point, Stretch, Traced, TracedFunction, check_and_trace, function_at};
pub use unfollowed::Unfollowed;
pub use ways::{Ways, ways};

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Files read.
    pub done: usize,
    /// Files to read.
    pub total: usize,
}

/// Checks what the settings name.
pub fn check(settings: &Settings, on_progress: &(dyn Fn(Progress) + Sync)) -> Report {
    check_changes(settings, None, on_progress)
}

/// Checks what the settings name, and reports what concerns changes, where some are given.
pub fn check_changes(
    settings: &Settings,
    changes: Option<&ChangedLines>,
    on_progress: &(dyn Fn(Progress) + Sync),
) -> Report {
    threads::in_pool(settings.threads, || run(settings, changes, on_progress))
}

/// Checks what settings name, as [`check_changes`], and besides what it does to executions that are running: compares it with a
/// version before. `base` is the folder that stands for the one compared with.
pub fn check_against(
    settings: &Settings,
    changes: Option<&ChangedLines>,
    (before, base): (&Earlier, &Utf8Path),
    on_progress: &(dyn Fn(Progress) + Sync),
) -> Report {
    let comparison = replay::Comparison::with(before, base);
    threads::in_pool(settings.threads, || {
        let ask = |selection: &RuleSelection, analysis: &Analysis<'_, '_>, comments: &comments::FileComments<'_>| {
            comparison.beside(by_rules(selection, analysis, comments), analysis)
        };
        let report = run_with(settings, changes, on_progress, &ask);
        comparison.finished(report, settings, &by_rules)
    })
}

fn run(settings: &Settings, changes: Option<&ChangedLines>, on_progress: &(dyn Fn(Progress) + Sync)) -> Report {
    run_with(settings, changes, on_progress, &by_rules)
}

/// What the selected rules find in a program.
fn by_rules(
    selection: &RuleSelection,
    analysis: &Analysis<'_, '_>,
    comments: &comments::FileComments<'_>,
) -> Vec<Diagnostic> {
    crate::rules::run(analysis, selection, comments)
}

/// What is asked of each program.
type AskSelected<'a> =
    dyn Fn(&RuleSelection, &Analysis<'_, '_>, &comments::FileComments<'_>) -> Vec<Diagnostic> + Sync + 'a;

fn run_with(
    settings: &Settings,
    changes: Option<&ChangedLines>,
    on_progress: &(dyn Fn(Progress) + Sync),
    ask: &AskSelected<'_>,
) -> Report {
    let clock = Clock::start();
    // The tables are read while the files are.
    let (mut loaded, _) = rayon::join(|| load::load(settings, on_progress), registry::tables);
    let roots = import_roots(settings, &loaded);
    let selection = &settings.configurations.selection(loaded.paths());
    let mut merged = Merged { baselines: settings.configurations.baselines(loaded.paths()), ..Merged::default() };
    merged.tell(std::mem::take(&mut loaded.problems));
    let mut stats =
        Stats { files_walked: loaded.files_walked, mentions_temporal: loaded.mentions_temporal, ..Stats::default() };
    (stats.import_roots, stats.unfollowed) = (roots.in_project(), unfollowed::unfollowed(&loaded, &roots));
    let (wanted, others): (Vec<_>, Vec<_>) =
        components::components(loaded, &roots).into_iter().partition(|component| component.requested);
    stats.defines_elsewhere = others.iter().any(components::Component::defines);
    let judged: Vec<Result<Judged, InternalError>> = wanted
        .into_par_iter()
        .with_max_len(1)
        .map(|component| {
            let ask =
                |analysis: &Analysis<'_, '_>, comments: &comments::FileComments<'_>| ask(selection, analysis, comments);
            guard::guarded(component.files(), || judge::judge(component, settings, &roots, selection, &ask))
        })
        .collect();
    for judged in judged {
        match judged {
            Ok(judged) => merged.take(judged, &mut stats),
            Err(error) => stats.internal_errors.push(error),
        }
    }
    merged.finish(settings, changes, stats, &clock)
}

fn import_roots(settings: &Settings, loaded: &Loaded) -> ImportRoots {
    let src = match settings.src.is_empty() {
        true => settings.configurations.import_roots(loaded.paths()),
        false => settings.src.clone(),
    };
    // Which folders were named has no part in it: findings do not depend on how a file is reached.
    let mut roots = ImportRoots::new(settings.project_root.clone(), src, &[]);
    for seed in &loaded.seeds {
        roots.note_file(seed.file.path());
    }
    roots.note_projects(loaded.paths());
    roots.note_inner(inner_roots::inner_roots(loaded, &roots));
    roots
}

/// What all components gave.
#[derive(Default)]
struct Merged {
    sources: Sources,
    files: FxHashMap<Utf8PathBuf, FileId>,
    diagnostics: Vec<Diagnostic>,
    /// Findings that comments hold back, with the comments' reasons.
    held_back: Vec<(Diagnostic, String)>,
    comments: FxHashMap<FileId, Suppressions>,
    parsed: FxHashSet<Utf8PathBuf>,
    /// The baselines of the files that were read.
    baselines: Vec<Utf8PathBuf>,
    /// Files that cannot be read, by path: who asked for them and who reached them say it once.
    problems: BTreeMap<Utf8PathBuf, Problem>,
    /// Where limits cut the analysis.
    shortfalls: BTreeSet<Shortfall>,
}

impl Merged {
    fn take(&mut self, judged: Judged, stats: &mut Stats) {
        stats.workflows += judged.workflows;
        stats.activities += judged.activities;
        stats.suppressed += judged.suppressed;
        self.shortfalls.extend(judged.shortfalls);
        self.parsed.extend(judged.parsed);
        self.tell(judged.unreadable);
        let ids: FxHashMap<FileId, FileId> = judged.files.into_iter().map(|(id, file)| (id, self.file(file))).collect();
        for (file, comments) in judged.comments {
            match self.comments.entry(ids[&file]) {
                std::collections::hash_map::Entry::Occupied(known) => known.get().note_use_of(&comments),
                std::collections::hash_map::Entry::Vacant(new) => _ = new.insert(comments),
            }
        }
        let moved = |mut diagnostic: Diagnostic| {
            diagnostic.spans_mut().for_each(|span| span.file = ids[&span.file]);
            diagnostic
        };
        self.diagnostics.extend(judged.diagnostics.into_iter().map(moved));
        self.held_back.extend(judged.held_back.into_iter().map(|(diagnostic, reason)| (moved(diagnostic), reason)));
    }

    fn tell(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.problems.entry(problem.path.clone()).or_insert(problem);
        }
    }

    /// A file that several components reached is the same.
    fn file(&mut self, file: SourceFile) -> FileId {
        if let Some(&known) = self.files.get(file.path()) {
            return known;
        }
        let path = file.path().to_owned();
        let id = self.sources.add(file);
        self.files.insert(path, id);
        id
    }

    fn finish(
        mut self,
        settings: &Settings,
        changes: Option<&ChangedLines>,
        mut stats: Stats,
        clock: &Clock,
    ) -> Report {
        let rules = FilesRules::new(settings);
        let unreadable =
            self.problems.values().filter(|problem| rules.of(&problem.path).is_enabled("TPY002", &problem.path));
        self.diagnostics.extend(unreadable.filter_map(|problem| unreadable_file(&self.sources, problem)));
        for (&file, comments) in self.comments.iter().filter(|(file, _)| self.sources.get(**file).is_requested()) {
            let source = self.sources.get(file);
            let (path, rules) = (source.path(), rules.of(source.path()));
            let is_enabled = |code: &str| rules.is_enabled(code, path);
            self.diagnostics.extend(comments::at_fault(file, source.text(), comments, &is_enabled));
        }
        let diagnostics = sorted(self.diagnostics, &self.sources);
        let checked: Vec<Utf8PathBuf> = settings.paths.iter().chain(settings.unsaved.keys()).cloned().collect();
        let covers = |path: &Utf8Path| report::covers(&checked, path);
        let Settled { accepted, fixed, errors: baseline_errors } =
            baseline::settle(&diagnostics, &self.sources, &rules, &self.baselines, &covers);
        let mut known = accepted.into_iter();
        let (mut accepted, mut diagnostics): (Vec<_>, Vec<_>) =
            diagnostics.into_iter().partition(|_| known.next().unwrap_or_default());
        let all = merge::merged(diagnostics.clone()).len();
        let is_shown = |diagnostic: &mut Diagnostic| {
            let rules = rules.of(self.sources.get(diagnostic.primary.span.file).path());
            diagnostic.severity = rules.severity(diagnostic.code, diagnostic.severity);
            diagnostic.confidence >= settings.confidence.unwrap_or(rules.confidence)
        };
        diagnostics.retain_mut(is_shown);
        accepted.retain_mut(is_shown);
        let shown = merge::merged(diagnostics.clone()).len();
        stats.held_back = all - shown;
        if let Some(changes) = changes {
            changes.keep(&mut diagnostics, &self.sources);
        }
        stats.places = diagnostics.len();
        let (diagnostics, accepted) = (merge::merged(diagnostics), merge::merged(accepted));
        stats.unchanged = shown - diagnostics.len();
        let mut suppressed = self.held_back;
        suppressed.sort_by(|(one, _), (other, _)| {
            let path = |diagnostic: &Diagnostic| self.sources.get(diagnostic.primary.span.file).path();
            path(one).cmp(path(other)).then_with(|| one.sort_key().cmp(&other.sort_key()))
        });
        let place = |diagnostic: &Diagnostic| (diagnostic.primary.span, diagnostic.code);
        suppressed.dedup_by(|(one, _), (other, _)| place(one) == place(other));
        suppressed.retain_mut(|(diagnostic, _)| is_shown(diagnostic));
        let mut parsed: Vec<Utf8PathBuf> = self.parsed.into_iter().collect();
        parsed.sort();
        stats.files_parsed = parsed.len();
        stats.shortfalls = self.shortfalls.into_iter().collect();
        (stats.elapsed, stats.work) = (clock.elapsed(), clock.work());
        stats.threads = rayon::current_num_threads();
        let sources = self.sources;
        Report { sources, diagnostics, accepted, suppressed, fixed, baseline_errors, checked, parsed, stats }
    }
}

fn unreadable_file(sources: &Sources, problem: &Problem) -> Option<Diagnostic> {
    let file = sources.add(SourceFile::new(problem.path.clone(), problem.what.shown.clone(), true));
    let range = TextRange::at(problem.what.offset, TextSize::new(0));
    of_rule("TPY002", Span { file, range }, problem.what.message.clone(), Some(problem.what.hint.clone()))
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
        consequence: rule.consequence.default_text().to_owned(),
        help: help.filter(|help| !help.is_empty()).unwrap_or_else(|| rule.help.to_string()),
        primary: Annotation { span, label: String::new() },
        secondary: Vec::new(),
        unit: None,
        related: Vec::new(),
        call_chain: CallChain::default(),
        more_entry_points: 0,
        fix: None,
    })
}

/// By path and place; what several components found is one finding.
fn sorted(mut diagnostics: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
    diagnostics.sort_by(|a, b| {
        let path = |diagnostic: &Diagnostic| sources.get(diagnostic.primary.span.file).path();
        path(a).cmp(path(b)).then_with(|| a.sort_key().cmp(&b.sort_key()))
    });
    let mut first: FxHashMap<(Span, &str), usize> = FxHashMap::default();
    let mut found: Vec<Diagnostic> = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics {
        match first.get(&(diagnostic.primary.span, diagnostic.code)) {
            Some(&known) => {
                let known = &mut found[known];
                known.confidence = known.confidence.max(diagnostic.confidence);
                // What suits one program may break another.
                if known.fix != diagnostic.fix {
                    known.fix = None;
                }
            }
            None => {
                first.insert((diagnostic.primary.span, diagnostic.code), found.len());
                found.push(diagnostic);
            }
        }
    }
    found
}
