//! What a change does to workflows that are running: their skeletons now against those of a version before.
//!
//! Knows: the order of the steps. Does not know: how a version before is come by ([`earlier`](self::earlier), [`file`]), how
//! skeletons are made and compared (`temporal`), or in which words a difference is told ([`told`]).

mod change;
mod earlier;
mod file;
mod names;
mod patch;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::comments::FileComments;
use super::judge::Opened;
use super::report::Report;
use super::{AskSelected, Progress, components, fixing, guard, import_roots, load, threads};
use crate::config::Settings;
use crate::diagnostic::{Diagnostic, Fix};
use crate::registry::RuleSelection;
use crate::source::{Sources, Span};
use crate::temporal::Analysis;
use crate::temporal::skeleton::{
    Fields, FlowKind, Lens, Skeleton, class_name, differences, each_step, named_workflows, skeletons,
};
use patch::Patches;

pub use earlier::{Tree, at_revision, of_folder};
pub use file::{read_baseline, write_baseline};

/// A version before.
#[derive(Default)]
pub struct Earlier {
    /// Its workflows.
    pub(super) workflows: Vec<Known>,
    /// The classes whose objects are made of fields.
    pub(super) fields: Arc<Fields>,
    /// How it is called where it is told of.
    pub(super) name: String,
}

/// A workflow of a version before.
#[derive(Clone)]
pub(super) struct Known {
    pub skeleton: Skeleton,
    /// The file that defines it, relative to the folder that is compared.
    pub path: Utf8PathBuf,
    /// The files that its places lie in, where there are some.
    pub sources: Option<Arc<Sources>>,
}

impl Known {
    /// The folder that the paths of the version before are told from.
    fn base(&self) -> Option<&Utf8Path> {
        let defines = self.sources.as_ref()?.get(self.skeleton.at?.file).path();
        defines.as_str().strip_suffix(self.path.as_str()).map(Utf8Path::new)
    }
}

/// Why a version before could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n  help: {help}")]
pub struct EarlierError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl EarlierError {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl Earlier {
    /// How many workflows there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.workflows.len()
    }

    /// Whether there were none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.workflows.is_empty()
    }

    /// The workflow before of a name: that of the same file and class, or of the same file where that has but one. Else one of
    /// a file that is gone, or that `defines` it no more: it was moved.
    fn matching(
        &self,
        (name, class): (&str, &str),
        path: &Utf8Path,
        defines: &dyn Fn(&Utf8Path) -> bool,
    ) -> Option<usize> {
        let named = || self.workflows.iter().enumerate().filter(|(_, known)| known.skeleton.name == name);
        let mut here = named().filter(|(_, known)| known.path == path);
        let same = named().find(|(_, known)| known.path == path && known.skeleton.class == class);
        let only = || here.next().filter(|_| here.next().is_none());
        let moved = || named().find(|(_, known)| !defines(&known.path));
        same.or_else(only).or_else(moved).map(|(position, _)| position)
    }
}

/// The workflows of what settings name. `base` is the folder that their paths are told from.
#[must_use]
pub fn earlier(settings: &Settings, base: &Utf8Path, name: &str) -> Earlier {
    threads::in_pool(settings.threads, || {
        let loaded = load::load(settings, &|_| ());
        let roots = import_roots(settings, &loaded);
        let wanted = components::components(loaded, &roots).into_iter().filter(|component| component.requested);
        let wanted: Vec<components::Component> = wanted.collect();
        let read: Vec<(Vec<Known>, Fields)> = wanted
            .into_par_iter()
            .with_max_len(1)
            .filter_map(|component| {
                let files = component.files();
                guard::guarded(files, || {
                    let opened = Opened::new(component, settings);
                    let found = opened.followed(settings, &roots, &[], &mut Vec::new(), |analysis| {
                        skeletons(analysis, &|_, _| Lens::default())
                    });
                    let sources = Arc::new(opened.sources);
                    found.workflows.iter().for_each(|skeleton| keep_texts(skeleton, &sources));
                    let known = |skeleton: Skeleton| {
                        let path = skeleton.at.map_or("", |span| sources.get(span.file).path().as_str());
                        let path = Utf8Path::new(path);
                        let path = path.strip_prefix(base).unwrap_or(path).to_owned();
                        Known { skeleton, path, sources: Some(Arc::clone(&sources)) }
                    };
                    let workflows: Vec<Known> = found.workflows.into_iter().map(known).collect();
                    (workflows, found.fields)
                })
                .ok()
            })
            .collect();
        let mut all = Earlier { name: name.to_owned(), ..Earlier::default() };
        let mut all_fields = Fields::default();
        for (workflows, fields) in read {
            all.workflows.extend(workflows);
            for (class, fields) in fields {
                all_fields.entry(class).or_default().extend(fields);
            }
        }
        all.fields = Arc::new(all_fields);
        all.workflows.sort_by(|one, other| (&one.skeleton.name, &one.path).cmp(&(&other.skeleton.name, &other.path)));
        all
    })
}

/// What the workflows of a version before did. `name` is how that is called, and `resolve` makes settings for paths and import
/// roots in a folder of it.
///
/// # Errors
///
/// Where these settings cannot be made.
pub fn earlier_in<E>(
    tree: &Tree,
    settings: &Settings,
    name: &str,
    resolve: impl FnOnce(Vec<Utf8PathBuf>, Vec<Utf8PathBuf>, &Utf8Path) -> Result<Settings, E>,
) -> Result<Earlier, E> {
    let real = |path: &Utf8PathBuf| match path.starts_with(&tree.now) {
        true => path.clone(),
        false => path.canonicalize_utf8().unwrap_or_else(|_| path.clone()),
    };
    let before = |paths: &[Utf8PathBuf]| paths.iter().filter_map(|path| tree.before(&real(path))).collect::<Vec<_>>();
    let paths = before(&settings.paths);
    if paths.is_empty() {
        return Ok(Earlier::default());
    }
    Ok(earlier(&resolve(paths, before(&settings.src), &tree.folder)?, &tree.folder, name))
}

/// Keeps the texts that a skeleton leads through: the files of a version before are soon gone.
fn keep_texts(skeleton: &Skeleton, sources: &Sources) {
    for flow in &skeleton.flows {
        each_step(&flow.steps, &mut |step| {
            let sites = step.at().into_iter().flat_map(|site| site.way.iter());
            sites.for_each(|(_, span)| _ = sources.get(span.file).text());
        });
    }
}

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

/// Compares what settings name with a version before. `base` is the folder that stands for the one compared with.
pub fn replay_check(
    settings: &Settings,
    before: &Earlier,
    base: &Utf8Path,
    on_progress: &(dyn Fn(Progress) + Sync),
) -> Report {
    let comparison = Comparison::with(before, base);
    threads::in_pool(settings.threads, || {
        let ask = |_: &RuleSelection, analysis: &Analysis<'_, '_>, _: &FileComments<'_>| comparison.of(analysis);
        let report = super::run_with(settings, None, on_progress, &ask);
        comparison.finished(report, settings, &|_, _, _| Vec::new())
    })
}

/// A flow of a workflow: the name and place of the workflow, and of the flow.
type FlowKey = (String, Utf8PathBuf, FlowKind, String);

/// A patch: the file that it changes, and what it does.
type PatchKey = (Utf8PathBuf, String);

/// Compares the programs of a run with a version before.
pub(super) struct Comparison<'c> {
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
}

/// What a lock holds; a panic elsewhere has not broken it.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'c> Comparison<'c> {
    pub(super) fn with(before: &'c Earlier, base: &'c Utf8Path) -> Self {
        Self {
            before,
            base,
            seen: Mutex::default(),
            named: Mutex::default(),
            others: Mutex::default(),
            differing: Mutex::default(),
        }
    }

    /// What a program does otherwise than before, beside what else is found in it.
    pub(super) fn beside(&self, mut found: Vec<Diagnostic>, analysis: &Analysis<'_, '_>) -> Vec<Diagnostic> {
        for diagnostic in &found {
            let path = analysis.project.source(diagnostic.primary.span.file).path().to_owned();
            *held(&self.others).entry((path, diagnostic.code)).or_default() += 1;
        }
        found.extend(self.of(analysis));
        found
    }

    fn of(&self, analysis: &Analysis<'_, '_>) -> Vec<Diagnostic> {
        let Self { before, base, .. } = self;
        let known = Matches::of(analysis, before, base);
        let found = skeletons(analysis, &|name, span| match known.get(&(name.to_owned(), span)) {
            Some(position) => Lens::of(&before.workflows[*position].skeleton, &before.fields),
            None => Lens::default(),
        });
        let mut patches = Patches::new(analysis, base, &found.workflows, before);
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        for new in &found.workflows {
            held(&self.named).insert(new.name.clone());
            let Some(span) = new.at else { continue };
            let Some(position) = known.get(&(new.name.clone(), span)).copied() else { continue };
            held(&self.seen).insert(position);
            let known = &before.workflows[position];
            let path = analysis.project.source(span.file).path();
            for difference in differences(&known.skeleton, new) {
                let patch = patches.of(known, &difference);
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
    pub(super) fn finished(self, mut report: Report, settings: &Settings, others: &AskSelected<'_>) -> Report {
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
        for (_, known) in gone.filter(|(_, known)| is_wanted(known)) {
            report.diagnostics.extend(told::gone(known, &self.before.name, self.base, &report.sources));
        }
        report.diagnostics = super::sorted(std::mem::take(&mut report.diagnostics), &report.sources);
        report
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
        let again = Comparison::with(self.before, self.base);
        let ask = |selection: &RuleSelection, analysis: &Analysis<'_, '_>, comments: &FileComments<'_>| {
            again.beside(others(selection, analysis, comments), analysis)
        };
        super::run_with(&patched, None, &|_| (), &ask);
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
        let of_no_use: Vec<bool> = report
            .diagnostics
            .iter()
            .map(|diagnostic| patch_of(report, diagnostic).is_some_and(|patch| !mends(&patch)))
            .collect();
        for (diagnostic, _) in report.diagnostics.iter_mut().zip(of_no_use).filter(|(_, of_no_use)| *of_no_use) {
            diagnostic.fix = None;
        }
    }
}
