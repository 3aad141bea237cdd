//! The standard library of the Python at hand, its own tests included: odd encodings, broken syntax, code written to
//! be hard on tools. Nothing there may make a run panic.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::checked::{found, places, report, settings};

/// The folder of the standard library; `None` where there is no `python3`.
pub(super) fn standard_library() -> Option<PathBuf> {
    let script = "import sysconfig; print(sysconfig.get_path('stdlib'))";
    let output = Command::new("python3").args(["-c", script]).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_dir().then_some(path)
}

/// Says what is left out, in words that the test's output shows.
pub(super) fn left_out(what: &str) {
    eprintln!("LEFT OUT: {what}");
}

/// Every how many files are taken: all where the build is optimised, else what the time allows.
pub(super) const fn every(number: usize) -> usize {
    if cfg!(debug_assertions) { number } else { 1 }
}

/// The files of the standard library without what is installed beside it.
pub(super) fn files_of(library: &Path) -> Vec<PathBuf> {
    let files = super::checked::python_files(library).into_iter();
    files.filter(|path| !path.components().any(|part| part.as_os_str() == "site-packages")).collect()
}

/// How many files a walk through a folder finds, and the findings.
fn walked(path: &Path) -> (usize, Vec<String>) {
    let mut settings = settings(&path.canonicalize().expect("the folder exists"));
    settings.threads = None;
    let report = report(&settings);
    (report.stats.files_walked, places(&found(&report, path)))
}

#[test]
fn its_own_tests_run_through() {
    let Some(tests) = standard_library().map(|library| library.join("test")).filter(|tests| tests.is_dir()) else {
        left_out("the standard library's tests: there is no python3, or it comes without them");
        return;
    };
    let (files, found) = walked(&tests);
    assert!(files > 500, "only {files} files in {}", tests.display());
    // Files that are wrong on purpose are told; no rule about Temporal has anything to say.
    let about_temporal: Vec<&String> = found.iter().filter(|place| !place.contains(" TPY00")).collect();
    assert!(about_temporal.is_empty(), "{about_temporal:#?}");
}

#[test]
fn files_of_it_are_analysed_when_they_are_piped() {
    // What comes on standard input is parsed and analysed whether it has to do with Temporal or not.
    let Some(library) = standard_library() else {
        left_out("the standard library: there is no python3");
        return;
    };
    let files: Vec<PathBuf> = files_of(&library).into_iter().step_by(every(20)).collect();
    assert!(files.len() > 50, "only {} files in {}", files.len(), library.display());
    // A root of its own, so that the rest of the library is not read a second time.
    let empty = super::checked::Files::new(&[]);
    let parsed = |path: &PathBuf| {
        let mut settings = settings(&empty.root());
        settings.paths = Vec::new();
        let bytes = std::fs::read(path).expect("the library is readable");
        settings.unsaved = [(super::checked::utf8(path), bytes)].into();
        report(&settings).stats.files_parsed.min(1)
    };
    let parsed: usize = files.iter().map(parsed).sum();
    assert!(parsed > files.len() / 2, "only {parsed} files parsed");
}
