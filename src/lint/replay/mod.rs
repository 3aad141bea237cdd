//! What a change does to workflows that are running: their skeletons now against those of a version before.
//!
//! Knows: the order of the steps. Does not know: how a version before is come by ([`earlier`](self::earlier), [`file`]), how
//! skeletons are made and compared (`temporal`), or in which words a difference is told ([`told`]).

mod change;
mod code;
mod comparison;
mod earlier;
mod file;
mod names;
mod patch;
mod told;

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::comments::FileComments;
use super::judge::Opened;
use super::report::Report;
use super::{Progress, components, guard, import_roots, load, run_with, threads};
use crate::config::Settings;
use crate::registry::RuleSelection;
use crate::semantic::Name;
use crate::source::Sources;
use crate::temporal::Analysis;
use crate::temporal::skeleton::{Fields, Lens, Skeleton, each_step, skeletons};

pub(super) use comparison::Comparison;
pub use earlier::{Tree, at_revision, of_folder};
pub use file::{read_baseline, write_baseline};

/// A version before.
#[derive(Default)]
pub struct Earlier {
    /// Its workflows.
    pub(super) workflows: Vec<Known>,
    /// The classes whose objects are made of fields.
    pub(super) fields: Arc<Fields>,
    /// The texts that its programs name and that may be keys.
    pub(super) named: Arc<FxHashSet<Name>>,
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

/// The workflows of what settings name, for another version to be compared with. `base` is the folder that their paths are told
/// from.
#[must_use]
pub fn earlier(settings: &Settings, base: &Utf8Path, name: &str) -> Earlier {
    looked_at(settings, base, name, &Lens::of_paths())
}

/// The workflows of what settings name, without single paths.
#[must_use]
fn without_paths(settings: &Settings, base: &Utf8Path) -> Earlier {
    looked_at(settings, base, "", &Lens::default())
}

fn looked_at(settings: &Settings, base: &Utf8Path, name: &str, lens: &Lens) -> Earlier {
    threads::in_pool(settings.threads, || {
        let loaded = load::load(settings, &|_| ());
        let roots = import_roots(settings, &loaded);
        let wanted = components::components(loaded, &roots).into_iter().filter(|component| component.requested);
        let wanted: Vec<components::Component> = wanted.collect();
        let read: Vec<(Vec<Known>, Fields, FxHashSet<Name>)> = wanted
            .into_par_iter()
            .with_max_len(1)
            .filter_map(|component| {
                let files = component.files();
                guard::guarded(files, || {
                    let opened = Opened::new(component, settings);
                    let found = opened.followed(settings, &roots, &[], &mut Vec::new(), |analysis| {
                        let mut found = skeletons(analysis, &|_, _| lens.clone());
                        code::note_code(&mut found.workflows, analysis);
                        found
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
                    (workflows, found.fields, found.named)
                })
                .ok()
            })
            .collect();
        let mut all = Earlier { name: name.to_owned(), ..Earlier::default() };
        let mut all_fields = Fields::default();
        let mut all_named = FxHashSet::default();
        for (workflows, fields, named) in read {
            all_named.extend(named);
            all.workflows.extend(workflows);
            for (class, fields) in fields {
                all_fields.entry(class).or_default().extend(fields);
            }
        }
        all.fields = Arc::new(all_fields);
        all.named = Arc::new(all_named);
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
        let report = run_with(settings, None, on_progress, &ask);
        comparison.finished(report, settings, &|_, _, _| Vec::new())
    })
}
