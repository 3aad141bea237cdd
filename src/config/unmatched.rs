//! Patterns of configuration files that match nothing on disk.
//!
//! Knows: the patterns as written, and a bounded look at the folders that they are meant from. Does not know: which files
//! a run has checked. What a run leaves out anyway, such as a virtual environment, is there all the same, or may come to be,
//! and a pattern that names it is no mistake.

use std::collections::VecDeque;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::gitignore::Gitignore;

use super::error::{ConfigError, Place};
use super::table::sibling;
use crate::source::Patterns;

/// How many files and folders are looked at for each folder that patterns are meant from. Where there are more, nothing is
/// said.
const MOST_LOOKED_AT: usize = 20_000;

/// Folders of others' files, in which no pattern is meant to match.
const CLOSED: [&str; 3] = [".git", "node_modules", "site-packages"];

/// A pattern with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The key that it belongs to.
    pub key: &'static str,
    /// The pattern.
    pub pattern: String,
    /// The folder that it is meant from.
    pub folder: Utf8PathBuf,
    /// Where it stands.
    pub place: Place,
}

impl Written {
    fn warning(&self) -> ConfigError {
        let message = format!("nothing matches `{}` in `{}`", self.pattern, self.key);
        let meant = self.literal().and_then(|path| sibling(&path));
        let help = meant.map_or_else(
            || "correct it, or take it out; patterns are as in `.gitignore`, from this file's folder on".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        ConfigError::InFile { message, place: self.place.clone(), help: Some(help) }
    }

    /// The pattern without what turns it round.
    fn plain(&self) -> &str {
        self.pattern.strip_prefix('!').unwrap_or(&self.pattern)
    }

    /// Whether what it names is made on some machines and not on others: it is hidden, or left to no version control.
    fn may_come_to_be(&self) -> bool {
        let plain = self.plain().trim().trim_matches('/');
        if plain.split('/').any(|part| part.len() > 1 && part.starts_with('.')) {
            return true;
        }
        let file = self.folder.join(".gitignore");
        // A pattern's own `*` is among what `*` matches.
        let ignored = |ignore: &Gitignore, is_folder| {
            ignore.matched_path_or_any_parents(self.folder.join(plain), is_folder).is_ignore()
        };
        file.is_file() && {
            let ignore = Gitignore::new(file).0;
            ignored(&ignore, true) || ignored(&ignore, false)
        }
    }

    /// The path that it names, where it names but one.
    fn literal(&self) -> Option<Utf8PathBuf> {
        let plain = self.plain().trim();
        let path = plain.strip_suffix("/**").unwrap_or(plain).trim_matches('/');
        (!path.is_empty() && !path.contains(['*', '?', '[', '{', '\\'])).then(|| self.folder.join(path))
    }
}

/// A warning for each that matches nothing.
pub(super) fn warnings(written: &[Written]) -> Vec<ConfigError> {
    let mut open: Vec<&Written> =
        written.iter().filter(|written| !written.literal().is_some_and(|path| path.exists())).collect();
    let mut folders: Vec<&Utf8Path> = open.iter().map(|written| written.folder.as_path()).collect();
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        look(folder, &mut open);
    }
    open.into_iter().filter(|written| !written.may_come_to_be()).map(Written::warning).collect()
}

/// Takes out what matches something below a folder, the nearest first; all of the folder's where there is too much.
fn look<'w>(folder: &Utf8Path, open: &mut Vec<&'w Written>) {
    let meant = |written: &&Written| written.folder == folder;
    let (here, others): (Vec<&'w Written>, Vec<&'w Written>) = open.drain(..).partition(meant);
    *open = others;
    let with_patterns = |written: &'w Written| Some((written, Patterns::new(folder, &[written.plain()]).ok()?));
    let mut here: Vec<(&'w Written, Patterns)> = here.into_iter().filter_map(with_patterns).collect();
    let mut folders = VecDeque::from([folder.to_owned()]);
    let mut looked_at = 0;
    while let Some(next) = folders.pop_front().filter(|_| !here.is_empty()) {
        for entry in next.read_dir_utf8().into_iter().flatten().flatten() {
            looked_at += 1;
            if looked_at > MOST_LOOKED_AT {
                return;
            }
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            here.retain(|(_, patterns)| !patterns.matches(entry.path(), is_folder));
            if is_folder && !CLOSED.contains(&entry.file_name()) {
                folders.push_back(entry.into_path());
            }
        }
    }
    open.extend(here.into_iter().map(|(written, _)| written));
}
