//! What the version control knows: which files were renamed, and which lines were changed.
//!
//! The program `git` is asked. A repository's own settings could make it run programs of the repository's choice, so
//! those that do are turned off. Where there is no `git`, or no repository, nothing is known.

use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

/// By their path now, the paths of files before they were renamed since a file was last committed.
pub(super) fn renames_since(file: &Utf8Path) -> FxHashMap<Utf8PathBuf, Utf8PathBuf> {
    renames(file).unwrap_or_default()
}

fn renames(file: &Utf8Path) -> Option<FxHashMap<Utf8PathBuf, Utf8PathBuf>> {
    let folder = file.parent()?;
    let top = Utf8PathBuf::from(output(folder, &["rev-parse", "--show-toplevel"])?.trim_end());
    let commit = output(folder, &["log", "-1", "--format=%H", "--", file.as_str()])?;
    let commit = commit.trim();
    if commit.is_empty() {
        return None;
    }
    let told = output(
        folder,
        &["diff", "--no-ext-diff", "--no-textconv", "-M", "-z", "--name-status", "--diff-filter=R", commit, "--"],
    )?;
    let mut parts = told.split('\0');
    let mut found = FxHashMap::default();
    while let (Some(kind), Some(before), Some(now)) = (parts.next(), parts.next(), parts.next()) {
        if kind.starts_with('R') {
            found.insert(top.join(now), top.join(before));
        }
    }
    Some(found)
}

/// What `git` prints, if it succeeds.
pub(super) fn output(folder: &Utf8Path, args: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C", folder.as_str()]).args(args);
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}
