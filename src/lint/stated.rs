use camino::Utf8Path;

use crate::config::Settings;
use crate::source::{OldestPython, PythonVersion};
use crate::temporal::{Known, Stated};

/// The oldest Python that any version of the SDK runs on (`Requires-Python` of temporalio 0.1a1).
const FIRST_PYTHON: PythonVersion = PythonVersion(3, 7);

/// What the configurations of some files state of what their program runs on, and of the libraries that it uses. They are one
/// program, so that what one of them says of a library holds for all.
pub(super) fn stated<'p>(settings: &Settings, files: impl Iterator<Item = &'p Utf8Path> + Clone) -> Stated {
    let rules = settings.configurations.of_files(files.clone());
    let mut extensions: Vec<_> = rules.iter().flat_map(|rules| rules.extensions.iter().cloned()).collect();
    extensions.sort_by(|one, other| one.path.cmp(&other.path));
    extensions.dedup_by(|one, other| one.path == other.path);
    let sdk =
        rules.iter().filter_map(|rules| Some((rules.file.as_ref()?.parent()?.to_owned(), rules.sdk_version.clone())));
    let configured = rules.iter().filter_map(|rules| rules.python_version).min();
    Stated {
        known: Known::extended(&extensions),
        python: Some(match configured {
            Some(version) => OldestPython::stated(version),
            None => OldestPython::of_projects(files, &settings.project_root, FIRST_PYTHON),
        }),
        sdk: sdk.collect(),
    }
}
