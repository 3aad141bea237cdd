//! How long the stages of a run take on generated projects of 100, 1,000 and 10,000 files: `cargo bench`.
//!
//! `walk` finds the files; `seed` reads them, picks those that name Temporal and parses these; `analyse` follows calls
//! from there and runs every rule; `whole_run` is all of it, through the function that the command line calls.

mod generate;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use camino::Utf8PathBuf;
use divan::{Bencher, black_box};
use rayon::prelude::*;
use temporal_py_lint::config::{Configurations, Settings};
use temporal_py_lint::lint;
use temporal_py_lint::python::Project;
use temporal_py_lint::registry::RuleSelection;
use temporal_py_lint::source::{Exclude, ImportRoots, SourceFile, Sources, decode, discover, read};
use temporal_py_lint::temporal::{self, mentions};

const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// Syntax trees are walked recursively, so the stages run where the command line runs them: on a large stack.
const STACK_SIZE: usize = 512 * 1024 * 1024;

/// The project of each size, written anew by each run of the benchmarks.
static PROJECTS: LazyLock<BTreeMap<usize, Utf8PathBuf>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("benches");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("last time's projects can be removed");
    }
    std::fs::create_dir_all(&folder).expect("the target folder can be written to");
    let project = |size| {
        let root = folder.join(format!("project-{size}"));
        generate::generate(&root, size).expect("the target folder can be written to");
        (size, Utf8PathBuf::from_path_buf(root).expect("the target folder is UTF-8"))
    };
    SIZES.into_iter().map(project).collect()
});

fn main() {
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(divan::main).expect("a thread can be had");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn walked(root: &Utf8PathBuf) -> Vec<Utf8PathBuf> {
    let all: Arc<dyn Exclude> = Arc::new(Configurations::fixed(RuleSelection::default()));
    discover(std::slice::from_ref(root), &all, root, None).files
}

fn seeded(files: Vec<Utf8PathBuf>) -> Sources {
    let seed = |path: Utf8PathBuf| {
        let bytes = read(&path).ok()?;
        if !mentions(&bytes, &[]).temporal {
            return None;
        }
        let file = SourceFile::new(path, decode(bytes).ok()?, true);
        file.syntax_problems();
        Some(file)
    };
    let sources = Sources::new();
    for file in files.into_par_iter().filter_map(seed).collect::<Vec<_>>() {
        sources.add(file);
    }
    sources
}

fn analysed(sources: &Sources, root: &Utf8PathBuf) -> usize {
    let requested = std::slice::from_ref(root);
    let roots = ImportRoots::new(root.clone(), Vec::new(), requested);
    let project = Project::new(sources, &roots, requested);
    let files: Vec<_> = sources.ids().collect();
    let selection = RuleSelection::default();
    let worlds = temporal::Worlds::default();
    temporal::analyse(&project, &worlds, &files, root, &temporal_py_lint::rules::ahead(&selection), |analysis| {
        temporal_py_lint::rules::run(analysis, &selection, &temporal_py_lint::rules::NoComments).len()
    })
}

fn settings(root: &Utf8PathBuf) -> Settings {
    Settings::of_folder(root.clone())
}

#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn walk(bencher: Bencher<'_, '_>, files: usize) {
    let root = &PROJECTS[&files];
    assert_eq!(walked(root).len(), files);
    bencher.counter(divan::counter::ItemsCount::new(files)).bench(|| walked(black_box(root)));
}

#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn seed(bencher: Bencher<'_, '_>, files: usize) {
    let root = &PROJECTS[&files];
    bencher.counter(divan::counter::ItemsCount::new(files)).with_inputs(|| walked(root)).bench_values(seeded);
}

#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn analyse(bencher: Bencher<'_, '_>, files: usize) {
    let root = &PROJECTS[&files];
    assert!(analysed(&seeded(walked(root)), root) > 0, "the project is at fault in places");
    bencher
        .counter(divan::counter::ItemsCount::new(files))
        .with_inputs(|| seeded(walked(root)))
        .bench_refs(|sources| analysed(sources, root));
}

#[divan::bench(args = SIZES, sample_count = 10, sample_size = 1)]
fn whole_run(bencher: Bencher<'_, '_>, files: usize) {
    let settings = settings(&PROJECTS[&files]);
    bencher
        .counter(divan::counter::ItemsCount::new(files))
        .bench(|| lint::check(black_box(&settings), &|_| ()).stats.files_parsed);
}
