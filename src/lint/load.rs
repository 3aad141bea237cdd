//! Every file read once, and those kept that have to do with Temporal.
//!
//! Knows: seeds, and files that use the SDK through others. Does not know: which of them belong together
//! ([`components`](super::components)), or what is found in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::Progress;
use crate::config::Settings;
use crate::python::{Evaluator, Project};
use crate::source::{
    Exclude, FileId, SourceFile, TextImport, TextProblem, Unreadable, decode, discover, import_lines, last_part, read,
    text_imports, text_of,
};
use crate::temporal::{Known, Mention, Offer, Provided, Side, TemporalWorld, mentions, takes};

/// How often files that use wrappers of wrappers are looked for.
const WRAPPER_ROUNDS: usize = 4;

/// A file that could not be read.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub path: Utf8PathBuf,
    pub what: TextProblem,
}

/// What reading the files gave.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// Files below the paths that were asked for.
    pub files_walked: usize,
    /// Whether any of them names the SDK.
    pub mentions_temporal: bool,
    /// The files to look at for definitions.
    pub seeds: Vec<Seed>,
    /// The other files.
    pub rest: Vec<Rest>,
    /// Files that could not be read.
    pub problems: Vec<Problem>,
}

/// A file that is looked at for definitions.
#[derive(Debug)]
pub(super) struct Seed {
    pub file: SourceFile,
    pub mention: Mention,
    /// Its text is not the one on disk.
    pub unsaved: bool,
    /// Its import statements.
    pub imports: String,
    pub offer: Offer,
}

/// A file that does not name the SDK.
#[derive(Debug)]
pub(super) struct Rest {
    pub path: Utf8PathBuf,
    pub requested: bool,
    /// It speaks of workflows or activities.
    pub speaks_of_them: bool,
    /// It imports modules by calls, and a seed imports it: what it gives may be the SDK.
    pub imports_for_seeds: bool,
    /// Its import statements.
    pub imports: String,
    pub offer: Offer,
}

impl Rest {
    /// Whether it may use what others provide, by what it is itself: where there are wrappers every file may, where functions
    /// give modules of the SDK a package may hand these on.
    pub(super) fn may_use(&self, has_wrappers: bool, gives_modules: bool) -> bool {
        self.speaks_of_them || has_wrappers || gives_modules && self.path.file_stem() == Some("__init__")
    }
}

enum Outcome {
    Seed(Box<Seed>),
    Rest(Rest),
    Nothing,
    Problem(Problem),
}

/// Reads every file once and keeps those that have to do with Temporal.
pub(super) fn load(settings: &Settings, on_progress: &(dyn Fn(Progress) + Sync)) -> Loaded {
    let mut loaded = Loaded::default();
    let exclude: Arc<dyn Exclude> = Arc::clone(&settings.configurations) as _;
    let found = |paths: &[Utf8PathBuf]| discover(paths, &exclude, &settings.project_root, settings.threads);
    let wanted = found(&settings.paths);
    let mut work: Vec<(Utf8PathBuf, bool)> = wanted.files.into_iter().map(|path| (path, true)).collect();
    loaded.files_walked = work.len();
    for problem in wanted.problems {
        loaded.problems.push(Problem::of(problem));
    }
    // What is asked for is judged by what the rest of its project does with it.
    let is_partial = |project: &&Utf8PathBuf| !settings.paths.iter().any(|path| project.starts_with(path));
    let projects: Vec<Utf8PathBuf> = settings.projects.iter().filter(is_partial).cloned().collect();
    let known: FxHashSet<Utf8PathBuf> = work.iter().map(|(path, _)| path.clone()).collect();
    work.extend(found(&projects).files.into_iter().filter(|path| !known.contains(path)).map(|path| (path, false)));
    let is_unsaved = |path: &Utf8PathBuf| settings.unsaved.contains_key(path);
    loaded.files_walked -= work.iter().filter(|(path, requested)| *requested && is_unsaved(path)).count();
    work.retain(|(path, _)| !is_unsaved(path));
    for (path, bytes) in &settings.unsaved {
        let requested = !settings.configurations.excludes(path);
        loaded.files_walked += usize::from(requested);
        loaded.take(judge(settings, path.clone(), bytes.clone(), requested, true));
    }
    let done = AtomicUsize::new(0);
    let total = work.len();
    let read_one = |(path, requested): (Utf8PathBuf, bool)| {
        let outcome = match read(&path) {
            // A file that is named is judged no differently from one that is found.
            Ok(bytes) => judge(settings, path, bytes, requested, false),
            Err(problem) if requested => Outcome::Problem(Problem::of(problem)),
            // Who reaches it says so.
            Err(_) => Outcome::Nothing,
        };
        on_progress(Progress { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
        outcome
    };
    let outcomes: Vec<Outcome> = work.into_par_iter().map(read_one).collect();
    outcomes.into_iter().for_each(|outcome| loaded.take(outcome));
    loaded.note_importers();
    loaded
}

/// Decides by a file's bytes what is kept of it; all where its text is not on disk.
fn judge(settings: &Settings, path: Utf8PathBuf, bytes: Vec<u8>, requested: bool, unsaved: bool) -> Outcome {
    let rules = settings.configurations.of_file(&path);
    let packages: Vec<&str> = rules.extensions.iter().flat_map(|extension| extension.packages()).collect();
    let mention = mentions(&bytes, &packages);
    let seed = mention.temporal || mention.clients || mention.greenlets || unsaved;
    if !seed {
        // Text that is not UTF-8 is looked at more closely; all other text is fine as it is.
        if let Ok(text) = std::str::from_utf8(&bytes)
            && memchr::memchr(0, &bytes).is_none()
        {
            let imports = import_lines(text);
            let offer = if mention.perhaps { Offer::of(text, &imports, &packages) } else { Offer::default() };
            let Mention { perhaps: speaks_of_them, imports_by_call: imports_for_seeds, .. } = mention;
            return Outcome::Rest(Rest { path, requested, speaks_of_them, imports_for_seeds, imports, offer });
        }
    }
    match text_of(bytes) {
        Ok(_) if !seed => Outcome::Nothing,
        Ok(text) => {
            let imports = import_lines(&text);
            let offer = Offer::of(&text, &imports, &packages);
            let file = SourceFile::new(path, text, requested);
            Outcome::Seed(Box::new(Seed { file, mention, unsaved, imports, offer }))
        }
        Err(what) if requested => Outcome::Problem(Problem { path, what }),
        Err(_) => Outcome::Nothing,
    }
}

impl Problem {
    /// What is wrong with a file whose text was asked for.
    pub(super) fn reached(file: &SourceFile) -> Option<Self> {
        file.problem().map(|what| Self { path: file.path().to_owned(), what: what.clone() })
    }

    fn of(problem: Unreadable) -> Self {
        Self { path: problem.path.clone(), what: problem.into() }
    }
}

impl Loaded {
    /// The paths of all files that were read, and of those that could not be.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Utf8Path> + Clone {
        let seeds = self.seeds.iter().map(|seed| seed.file.path());
        let rest = self.rest.iter().map(|rest| rest.path.as_path());
        seeds.chain(rest).chain(self.problems.iter().map(|problem| problem.path.as_path()))
    }

    /// Of the files that import modules by calls, those that no seed imports give none to it.
    fn note_importers(&mut self) {
        if !self.rest.iter().any(|rest| rest.imports_for_seeds) {
            return;
        }
        let named = named_in(self.seeds.iter().map(|seed| seed.imports.as_str()));
        for rest in self.rest.iter_mut().filter(|rest| rest.imports_for_seeds) {
            rest.imports_for_seeds = named.contains(module_name(&rest.path));
        }
    }

    fn take(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Seed(seed) => {
                self.mentions_temporal |= seed.mention.temporal && seed.file.is_requested();
                self.seeds.push(*seed);
            }
            Outcome::Rest(rest) => self.rest.push(rest),
            Outcome::Nothing => {}
            Outcome::Problem(problem) => self.problems.push(problem),
        }
    }
}

/// The files that use Temporal, themselves or through others.
pub(super) struct Users {
    /// Those to look at.
    pub files: Vec<FileId>,
    /// Those that were left out, since [`WRAPPER_ROUNDS`] lie between.
    pub too_far: Vec<Utf8PathBuf>,
}

/// The seeds, and the files that use Temporal through what seeds provide, to a fixed point.
pub(super) fn with_wrappers(project: &Project<'_>, seeds: &[FileId], rest: &[Rest], known: &'static Known) -> Users {
    project.prepare(seeds);
    let mut files = seeds.to_vec();
    let (importers, mut rest): (Vec<&Rest>, Vec<&Rest>) = rest.iter().partition(|rest| rest.imports_for_seeds);
    let text_of = |rest: &Rest| decode(read(&rest.path).ok()?).ok();
    let added = importers.into_iter().filter_map(|rest| Some((rest, text_of(rest)?)));
    let importers: Vec<FileId> =
        added.map(|(rest, text)| project.add(rest.path.clone(), text, rest.requested)).collect();
    project.prepare(&importers);
    files.extend(importers);
    let world = TemporalWorld::new(Side::Any, known);
    let mut provided = Provided::default();
    let mut fresh = named_by(&rest, project, &files);
    let mut too_far = Vec::new();
    for round in 0..=WRAPPER_ROUNDS {
        let before = provided.files.len();
        provided.extend(&Evaluator::within(project, &world, &files), &fresh, known);
        if provided.files.len() == before {
            break;
        }
        let users = users_of(project, &rest, &provided);
        if users.is_empty() {
            break;
        }
        if round == WRAPPER_ROUNDS {
            too_far = users.into_iter().map(|(rest, _)| rest.path.clone()).collect();
            break;
        }
        let taken: FxHashSet<&Utf8PathBuf> = users.iter().map(|(rest, _)| &rest.path).collect();
        rest.retain(|rest| !taken.contains(&rest.path));
        fresh = users.into_iter().map(|(rest, text)| project.add(rest.path.clone(), text, rest.requested)).collect();
        project.prepare(&fresh);
        files.extend(&fresh);
    }
    Users { files, too_far }
}

/// The seeds whose names stand in the imports of others: no other seed can provide anything.
fn named_by(rest: &[&Rest], project: &Project<'_>, seeds: &[FileId]) -> Vec<FileId> {
    let mut named = named_in(rest.iter().map(|rest| rest.imports.as_str()));
    // `from .. import name` means the module of a folder around.
    named.extend(rest.iter().flat_map(|rest| rest.path.ancestors().skip(1)).filter_map(Utf8Path::file_name));
    let is_named = |file: &FileId| named.contains(module_name(project.source(*file).path()));
    seeds.iter().copied().filter(is_named).collect()
}

/// The names in import statements that may be those of modules.
fn named_in<'i>(imports: impl Iterator<Item = &'i str>) -> FxHashSet<&'i str> {
    let mut named: FxHashSet<&str> = FxHashSet::default();
    for import in imports.flat_map(text_imports) {
        let (TextImport::Module { module, .. } | TextImport::From { module, .. }) = import;
        named.insert(last_part(module));
        named.extend(import.names().map(|(name, _)| name));
    }
    named
}

/// The files that import what others provide. A wrapper may have any name, so where there is one every file is looked
/// at; a re-export is used under the SDK's own words.
fn users_of<'r>(project: &Project<'_>, rest: &[&'r Rest], provided: &Provided) -> Vec<(&'r Rest, String)> {
    let modules: FxHashSet<&str> =
        provided.files.iter().map(|file| module_name(project.source(*file).path())).collect();
    rest.iter()
        .filter(|rest| rest.may_use(!provided.wrappers.is_empty(), provided.gives_modules()))
        .filter(|rest| takes(&rest.imports, &|name| provided.contains(name), &modules))
        .filter_map(|rest| Some((*rest, decode(read(&rest.path).ok()?).ok()?)))
        .collect()
}

/// The last part of the name by which a module is imported.
pub(super) fn module_name(path: &Utf8Path) -> &str {
    match path.file_stem() {
        Some("__init__") => path.parent().and_then(Utf8Path::file_name).unwrap_or(""),
        Some(stem) => stem,
        None => "",
    }
}
