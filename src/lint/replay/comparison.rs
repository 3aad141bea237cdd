//! The programs of a run against a version before: which of their workflows were which, what they do otherwise, and which
//! patches mend that.
//!
//! Knows: the order of the steps, and that a patch is tried before it is offered. Does not know: how a patch is made
//! ([`patch`](super::patch)), or how a difference is told ([`told`](super::told)).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::code::note_code;
use super::file::is_written_alike;
use super::patch::Patches;
use super::{Earlier, Known, told};
use crate::config::Settings;
use crate::diagnostic::{Diagnostic, Fix};
use crate::lint::comments::FileComments;
use crate::lint::report::Report;
use crate::lint::{AskSelected, fixing, run_with, sorted};
use crate::registry::RuleSelection;
use crate::source::Span;
use crate::temporal::Analysis;
use crate::temporal::skeleton::{
    Difference, DifferenceKind, FlowKind, Lens, OLD_CODE, Skeleton, Verdict, class_name, differences, named_workflows,
    skeletons,
};

/// By name and place of a workflow now, the position of what it was before.
struct Matches;

impl Matches {
    fn of(analysis: &Analysis<'_, '_>, before: &Earlier, base: &Utf8Path) -> FxHashMap<(String, Span), usize> {
        let sources = analysis.project.sources();
        let relative = |span: Span| {
            let path = sources.get(span.file).path();
            path.strip_prefix(base).unwrap_or(path)
        };
        let all = named_workflows(analysis);
        let own: FxHashSet<&Utf8Path> = sources.ids().map(|file| sources.get(file).path()).collect();
        let mut found = FxHashMap::default();
        for (workflow, name, span) in &all {
            let class = class_name(analysis, *workflow);
            let defines = |path: &Utf8Path| {
                let full = base.join(path);
                let is_defined_here = all.iter().any(|(_, known, at)| known == name && relative(*at) == path);
                is_defined_here || !own.contains(full.as_path()) && full.exists()
            };
            if let Some(position) = before.matching((name, &class), relative(*span), &defines) {
                found.insert((name.clone(), *span), position);
            }
        }
        found
    }
}

/// A flow of a workflow: the name and place of the workflow, and of the flow.
type FlowKey = (String, Utf8PathBuf, FlowKind, String);

/// A patch: the file that it changes, and what it does.
type PatchKey = (Utf8PathBuf, String);

/// Compares the programs of a run with a version before.
pub(in crate::lint) struct Comparison<'c> {
    before: &'c Earlier,
    base: &'c Utf8Path,
    /// The workflows before that were found again, by their positions.
    seen: Mutex<BTreeSet<usize>>,
    /// The names of all workflows now.
    named: Mutex<BTreeSet<String>>,
    /// How often other rules find something in a file.
    others: Mutex<BTreeMap<(Utf8PathBuf, &'static str), usize>>,
    /// The flows that differ, each with the patch that is to mend it.
    differing: Mutex<BTreeSet<(FlowKey, Option<PatchKey>)>>,
    /// Patches are tried: the programs have them.
    is_trial: bool,
    /// By workflow, why old code of it cannot be kept.
    hindered: Mutex<BTreeMap<String, String>>,
}

/// The workflows as they are by themselves, and not with the eyes of a history.
struct Plain<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    workflows: OnceCell<Vec<Skeleton>>,
}

impl Plain<'_, '_, '_> {
    /// Whether a workflow reads word by word as it did before.
    fn is_as(&self, known: &Known, new: &Skeleton) -> bool {
        let workflows = self.workflows.get_or_init(|| {
            let mut workflows = skeletons(self.analysis, &|_, _| Lens::of_paths()).workflows;
            note_code(&mut workflows, self.analysis);
            workflows
        });
        same_in(workflows, new).is_some_and(|own| is_written_alike(&known.skeleton, own))
    }
}

/// The workflow that is the same as one among those that are seen with other eyes.
fn same_in<'s>(workflows: &'s [Skeleton], new: &Skeleton) -> Option<&'s Skeleton> {
    workflows.iter().find(|own| own.at == new.at && own.name == new.name)
}

/// What depends on whether recorded input has keys that the version before names nowhere, where nothing worse is told of it; `own` is
/// the workflow as it is if it may have them.
fn by_keys(known: &Known, own: &Skeleton, new: &Skeleton, told: &[Difference]) -> Option<Difference> {
    let is_told = |found: &Difference| {
        told.iter()
            .any(|told| told.flow == found.flow && told.verdict >= Verdict::Depends || told.verdict == Verdict::Unknown)
    };
    let mut found = differences(&known.skeleton, own).into_iter();
    let found = found.find(|found| found.verdict >= Verdict::Depends && !is_told(found))?;
    let keys: Vec<String> = new.missing.iter().map(|key| format!("`{key}`")).collect();
    let what = format!("it depends on whether its input has {}, which that version names nowhere", keys.join(" or "));
    Some(Difference { kind: DifferenceKind::Unknown, verdict: Verdict::Unknown, what, ..found })
}

/// Whether a difference is told because it cannot be told whether something differs.
fn is_doubtful(difference: &Difference) -> bool {
    matches!(difference.verdict, Verdict::Depends | Verdict::Unknown)
}

/// What a lock holds; a panic elsewhere has not broken it.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'c> Comparison<'c> {
    pub(in crate::lint) fn with(before: &'c Earlier, base: &'c Utf8Path) -> Self {
        Self {
            before,
            base,
            seen: Mutex::default(),
            named: Mutex::default(),
            others: Mutex::default(),
            differing: Mutex::default(),
            is_trial: false,
            hindered: Mutex::default(),
        }
    }

    /// What a program does otherwise than before, beside what else is found in it.
    pub(in crate::lint) fn beside(&self, mut found: Vec<Diagnostic>, analysis: &Analysis<'_, '_>) -> Vec<Diagnostic> {
        for diagnostic in &found {
            let path = analysis.project.source(diagnostic.primary.span.file).path().to_owned();
            *held(&self.others).entry((path, diagnostic.code)).or_default() += 1;
        }
        found.extend(self.of(analysis));
        found
    }

    pub(in crate::lint) fn of(&self, analysis: &Analysis<'_, '_>) -> Vec<Diagnostic> {
        let Self { before, base, .. } = self;
        let known = Matches::of(analysis, before, base);
        let eyes = |name: &str, span: Span| match known.get(&(name.to_owned(), span)) {
            Some(position) => {
                let lens = Lens::of(&before.workflows[*position].skeleton, &before.fields, &before.named);
                if self.is_trial { lens.on_trial() } else { lens }
            }
            None => Lens::default(),
        };
        let mut found = skeletons(analysis, &eyes);
        let with_keys: OnceCell<Vec<Skeleton>> = OnceCell::new();
        note_code(&mut found.workflows, analysis);
        let mut patches = Patches::new(analysis, base, &found.workflows, before);
        let plain = Plain { analysis, workflows: OnceCell::new() };
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        for new in &found.workflows {
            held(&self.named).insert(new.name.clone());
            let Some(span) = new.at else { continue };
            let Some(position) = known.get(&(new.name.clone(), span)).copied() else { continue };
            held(&self.seen).insert(position);
            let known = &before.workflows[position];
            let path = analysis.project.source(span.file).path();
            let mut differing = differences(&known.skeleton, new);
            if differing.iter().any(is_doubtful) && plain.is_as(known, new) {
                differing.retain(|difference| !is_doubtful(difference));
            }
            if !new.missing.is_empty() && !self.is_trial {
                let all = with_keys
                    .get_or_init(|| skeletons(analysis, &|name, span| eyes(name, span).with_all_keys()).workflows);
                differing.extend(same_in(all, new).and_then(|own| by_keys(known, own, new, &differing)));
            }
            for difference in differing {
                if self.is_trial && difference.what.starts_with(OLD_CODE) {
                    held(&self.hindered).insert(new.name.clone(), difference.what.clone());
                }
                let patch = if difference.is_on_paths { None } else { patches.of(known, &difference) };
                let (kind, name) = difference.flow.clone();
                let told = patch.as_ref().and_then(|patch| {
                    let file = patch.fix.edits.first()?.span.file;
                    Some((analysis.project.source(file).path().to_owned(), patch.fix.message.clone()))
                });
                held(&self.differing).insert(((new.name.clone(), path.to_owned(), kind, name), told));
                let teller = told::Teller { known, version: &before.name, skeleton: new };
                diagnostics.extend(teller.diagnostic(&difference, patch));
            }
        }
        diagnostics
    }

    /// The report of a run, with the workflows that are gone from the files and folders that it was about, and with those
    /// patches alone that mend what they are said to mend; `others` asks for what else is found.
    pub(in crate::lint) fn finished(self, mut report: Report, settings: &Settings, others: &AskSelected<'_>) -> Report {
        self.try_patches(&mut report, settings, others);
        let (seen, named) = (held(&self.seen), held(&self.named));
        let gone = self.before.workflows.iter().enumerate().filter(|(position, _)| !seen.contains(position));
        // Where another class has the name, executions find a worker.
        let asked = |path: &Utf8PathBuf| [path.clone(), path.canonicalize_utf8().unwrap_or_else(|_| path.clone())];
        let asked: Vec<Utf8PathBuf> = settings.paths.iter().flat_map(asked).collect();
        let is_wanted = |known: &Known| {
            let path = self.base.join(&known.path);
            !named.contains(&known.skeleton.name) && asked.iter().any(|asked| path.starts_with(asked))
        };
        let gone: Vec<&Known> = gone.map(|(_, known)| known).filter(|known| is_wanted(known)).collect();
        let elsewhere = if gone.is_empty() { BTreeSet::new() } else { self.named_elsewhere(&asked, settings) };
        for known in gone.into_iter().filter(|known| !elsewhere.contains(&known.skeleton.name)) {
            report.diagnostics.extend(told::gone(known, &self.before.name, self.base, &report.sources));
        }
        report.diagnostics = sorted(std::mem::take(&mut report.diagnostics), &report.sources);
        report.stats.compared = seen.len();
        report.stats.uncompared = named.len().saturating_sub(seen.len());
        report
    }

    /// The names of the workflows that the whole folder defines, where less of it was asked about: one that is gone from a
    /// file may have gone to another.
    fn named_elsewhere(&self, asked: &[Utf8PathBuf], settings: &Settings) -> BTreeSet<String> {
        if asked.iter().any(|asked| self.base.starts_with(asked)) {
            return BTreeSet::new();
        }
        let all = Settings { paths: vec![self.base.to_owned()], ..settings.clone() };
        super::without_paths(&all, self.base).workflows.into_iter().map(|known| known.skeleton.name).collect()
    }

    /// Takes out the patches that do not mend what they are to mend, or with whose old code more is found: with all of them
    /// made, programs are looked at once more.
    fn try_patches(&self, report: &mut Report, settings: &Settings, others: &AskSelected<'_>) {
        let differing = held(&self.differing);
        let patch_of = |report: &Report, diagnostic: &Diagnostic| {
            let fix = diagnostic.fix.as_ref()?;
            let patch = (report.path(fix.edits.first()?.span.file), fix.message.clone());
            differing.iter().any(|(_, known)| known.as_ref() == Some(&patch)).then_some(patch)
        };
        let fixes: Vec<Fix> = report
            .diagnostics
            .iter()
            .filter(|diagnostic| patch_of(report, diagnostic).is_some())
            .filter_map(|diagnostic| diagnostic.fix.clone())
            .collect();
        if fixes.is_empty() {
            return;
        }
        let patched = fixing::with_fixes(report, settings, &fixes);
        let again = Comparison { is_trial: true, ..Comparison::with(self.before, self.base) };
        let ask = |selection: &RuleSelection, analysis: &Analysis<'_, '_>, comments: &FileComments<'_>| {
            again.beside(others(selection, analysis, comments), analysis)
        };
        run_with(&patched, None, &|_| (), &ask);
        let left: BTreeSet<FlowKey> = held(&again.differing).iter().map(|(flow, _)| flow.clone()).collect();
        let is_worse = left.iter().any(|flow| !differing.iter().any(|(known, _)| known == flow));
        let known = held(&self.others);
        let number = |place: &(Utf8PathBuf, &'static str)| known.get(place).copied().unwrap_or_default();
        let more: BTreeSet<Utf8PathBuf> = held(&again.others)
            .iter()
            .filter(|(place, found)| **found > number(place))
            .map(|(place, _)| place.0.clone())
            .collect();
        let mends = |patch: &PatchKey| {
            !is_worse
                && !more.contains(&patch.0)
                && !differing.iter().any(|(flow, known)| known.as_ref() == Some(patch) && left.contains(flow))
        };
        let hindered = held(&again.hindered);
        let why_not = |patch: &PatchKey| {
            let of_patch = differing.iter().filter(|(_, known)| known.as_ref() == Some(patch));
            of_patch.filter_map(|((workflow, ..), _)| hindered.get(workflow)).next().cloned()
        };
        let of_no_use: Vec<Option<Option<String>>> = report
            .diagnostics
            .iter()
            .map(|diagnostic| patch_of(report, diagnostic).filter(|patch| !mends(patch)).map(|patch| why_not(&patch)))
            .collect();
        let tried = report.diagnostics.iter_mut().zip(of_no_use);
        for (diagnostic, why) in tried.filter_map(|(diagnostic, why)| Some((diagnostic, why?))) {
            diagnostic.fix = None;
            if let Some(why) = why {
                diagnostic.help.push_str(&format!("\nno patch is offered: {why}"));
            }
        }
    }
}
