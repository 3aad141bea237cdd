//! The files in sight: those that were looked at for definitions, and all that imports lead to from them.
//!
//! Who asks for all classes that derive from a class, or for all users of a function, looks among them; a file is parsed
//! only if its text holds the words in question. Which files are in sight depends on their import statements alone, not on
//! what was asked before.
//!
//! Knows: import statements and words as the text shows them. Does not know: what they mean.

use std::hash::Hasher;

use rayon::prelude::*;
use rustc_hash::{FxHashSet, FxHasher};

use super::project::{Imported, Project};
use super::world::World;
use crate::semantic::Name;
use crate::source::{FileId, TextImport, first_part, import_lines, text_imports};

/// What a glance at a text shows: far less than its facts, and far cheaper.
pub(super) struct Outline {
    /// The import statements, a line each.
    pub import_lines: Box<str>,
    /// Hashes of all words, in order.
    words: Box<[u32]>,
}

impl Outline {
    pub(super) fn of(text: &str) -> Self {
        Self { import_lines: import_lines(text).into_boxed_str(), words: words(text) }
    }

    fn may_hold(&self, word: &str) -> bool {
        self.words.binary_search(&hash(word.as_bytes())).is_ok()
    }
}

/// The words of a text, those of comments and strings among them.
fn words(text: &str) -> Box<[u32]> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let words = text.as_bytes().split(|byte| !is_part(byte)).filter(|word| !word.is_empty());
    let mut hashes: Vec<u32> = words.map(hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes.into_boxed_slice()
}

fn hash(word: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(word);
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as u32
}

impl Project<'_> {
    /// Whether a file's text may hold a name. Python takes some letters for others (`ﬁ` for `fi`), so where a name has
    /// letters beyond ASCII it may.
    pub fn may_name(&self, file: FileId, name: Name) -> bool {
        !name.as_str().is_ascii() || self.outline(file).may_hold(name.as_str())
    }

    /// Says which files are looked at for definitions, and looks around from them, on all threads, before others are asked for on
    /// one.
    pub fn look_from(&self, files: &[FileId], world: &dyn World) {
        let side_by_side =
            |files: &[FileId]| files.par_iter().map(|file| self.named_by_imports(*file, world)).collect();
        // Not while the cell is being filled: who waits for other threads may come to work that asks for it, too.
        let seen = self.seen_from(files.to_vec(), &side_by_side);
        self.sight.get_or_init(|| seen);
    }

    /// The files in sight, in the order of their paths: from all files on, until it is said from which.
    pub(super) fn in_sight(&self, world: &dyn World) -> &[FileId] {
        let one_by_one = |files: &[FileId]| files.iter().map(|file| self.named_by_imports(*file, world)).collect();
        self.sight.get_or_init(|| self.seen_from(self.sources().ids().collect(), &one_by_one))
    }

    /// All that imports lead to from files, given what finds those that the imports of some name.
    fn seen_from(&self, mut open: Vec<FileId>, named: &dyn Fn(&[FileId]) -> Vec<Vec<FileId>>) -> Box<[FileId]> {
        let mut seen: FxHashSet<FileId> = open.iter().copied().collect();
        while !open.is_empty() {
            open = named(&open).into_iter().flatten().filter(|file| seen.insert(*file)).collect();
        }
        let mut files: Vec<FileId> = seen.into_iter().collect();
        files.sort_by(|a, b| self.source(*a).path().as_str().cmp(self.source(*b).path().as_str()));
        files.into_boxed_slice()
    }

    /// The files that the import statements of a file name, as far as its text shows them.
    fn named_by_imports(&self, file: FileId, world: &dyn World) -> Vec<FileId> {
        let mut found = Vec::new();
        for import in text_imports(self.import_lines(file)) {
            match import {
                TextImport::Module { module, .. } => self.files_around(file, module, world, &mut found),
                TextImport::From { level, module, .. } => {
                    let source = if level == 0 {
                        self.files_around(file, module, world, &mut found);
                        self.absolute(file, module, world)
                    } else {
                        self.import_relative(file, level, module)
                    };
                    if let Imported::Module(source) = source {
                        found.push(source);
                    }
                    let below = import.names().filter_map(|(name, _)| self.submodule(source, name));
                    found.extend(below.filter_map(|below| match below {
                        Imported::Module(file) => Some(file),
                        _ => None,
                    }));
                }
            }
        }
        found
    }

    /// A module, and the packages around it.
    fn files_around(&self, importer: FileId, module: &str, world: &dyn World, found: &mut Vec<FileId>) {
        let ends = module.match_indices('.').map(|(at, _)| at).chain([module.len()]);
        found.extend(ends.filter_map(|end| match self.absolute(importer, &module[..end], world) {
            Imported::Module(file) => Some(file),
            _ => None,
        }));
    }

    fn absolute(&self, importer: FileId, module: &str, world: &dyn World) -> Imported {
        if world.is_always_outside(first_part(module)) {
            return Imported::Outside;
        }
        self.import(importer, module, &|top| world.is_library(top))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_are_known_and_no_parts_of_words() {
        let outline = Outline::of("class Store(Base):\n    def put_all(self): ...  # naïve\n");
        for word in ["Store", "Base", "put_all", "self", "naïve"] {
            assert!(outline.may_hold(word), "{word}");
        }
        for word in ["Stor", "put", "all", "na"] {
            assert!(!outline.may_hold(word), "{word}");
        }
    }
}
