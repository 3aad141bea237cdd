use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use memchr::memmem;
use rayon::prelude::*;

use crate::config::Settings;
use crate::source::{Exclude, discover, read};

/// Words without which a file is nobody's workflow or activity: it can only be used by one.
const WORDS: [&str; 5] = ["temporalio", "workflow", "activity", "gevent", "eventlet"];

/// Whether edited files can concern workflows or activities, by text alone: one speaks of them, or another file of the
/// project names its module. A check would come to the same, later: what is named nowhere is called from nowhere.
pub(super) fn is_possible(files: &[Utf8PathBuf], settings: &Settings) -> bool {
    let stands_for_sdk = |file: &Utf8PathBuf| {
        let rules = settings.configurations.of_file(file);
        let words: Vec<&str> = rules.extensions.iter().flat_map(|extension| extension.packages()).collect();
        holds_one_of(file, &words)
    };
    if files.iter().any(|file| speaks_of_them(file) || stands_for_sdk(file)) {
        return true;
    }
    let modules: Vec<memmem::Finder<'_>> = files.iter().map(|file| memmem::Finder::new(module_name(file))).collect();
    let exclude: Arc<dyn Exclude> = Arc::clone(&settings.configurations) as _;
    let folders = if settings.projects.is_empty() { &settings.paths } else { &settings.projects };
    let found = discover(folders, &exclude, &settings.project_root, settings.threads);
    found
        .files
        .par_iter()
        .filter(|file| !files.contains(file))
        .any(|file| read(file).is_ok_and(|text| modules.iter().any(|module| module.find(&text).is_some())))
}

/// Whether a file speaks of workflows or activities.
pub(super) fn speaks_of_them(file: &Utf8Path) -> bool {
    holds_one_of(file, &WORDS)
}

fn holds_one_of(file: &Utf8Path, words: &[&str]) -> bool {
    // A file that cannot be read now is left to the check.
    read(file).map_or(true, |text| words.iter().any(|word| memmem::find(&text, word.as_bytes()).is_some()))
}

/// The last part of the name by which a module is imported.
fn module_name(file: &Utf8Path) -> &str {
    match file.file_stem() {
        Some("__init__") => file.parent().and_then(Utf8Path::file_name).unwrap_or_default(),
        stem => stem.unwrap_or_default(),
    }
}
