//! Imports that look like the project's own, and lead nowhere since nobody said where they start.
//!
//! Knows: the files that were read, by the names that they could be imported by. Does not know: what is installed. A file of that
//! name that lies in two places is passed over, and so is a single name that is no package: either would be a guess.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::load::{Loaded, module_name};
use crate::python::World;
use crate::source::{ImportRoots, TextImport, first_part, text_imports};
use crate::temporal::{Known, Side, TemporalWorld};

/// An import that is not followed, although a file of the project could be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfollowed {
    /// The file that imports.
    pub path: Utf8PathBuf,
    /// What it imports.
    pub module: String,
    /// The folder in which the import would have to start.
    pub folder: Utf8PathBuf,
}

/// The first such import for each folder and package, of files that have to do with Temporal and that were asked for.
pub(super) fn unfollowed(loaded: &Loaded, roots: &ImportRoots) -> Vec<Unfollowed> {
    let mut by_name: FxHashMap<&str, Vec<&Utf8Path>> = FxHashMap::default();
    for path in loaded.paths().filter(|path| path.extension() == Some("py")) {
        by_name.entry(module_name(path)).or_default().push(path);
    }
    let world = TemporalWorld::new(Side::Any, Known::usual());
    let mut seen: FxHashSet<(String, Utf8PathBuf)> = FxHashSet::default();
    let mut found = Vec::new();
    let seeds = loaded.seeds.iter().filter(|seed| seed.file.is_requested());
    let seeds = seeds.map(|seed| (seed.file.path(), seed.imports.as_str()));
    let rest = loaded.rest.iter().filter(|rest| rest.requested && rest.speaks_of_them);
    for (path, imports) in seeds.chain(rest.map(|rest| (rest.path.as_path(), rest.imports.as_str()))) {
        for module in text_imports(imports).flat_map(absolute) {
            let top = first_part(&module);
            let is_library = |top: &str| world.is_library(top);
            if is_library(top) || roots.resolve(path, top, &is_library).is_some() {
                continue;
            }
            // What is required is asked last: lock files are long.
            let folder = start_of(&by_name, &module).filter(|_| !roots.requires(path, top));
            let Some(folder) = folder else { continue };
            if seen.insert((top.to_owned(), folder.clone())) {
                found.push(Unfollowed { path: path.to_owned(), module, folder });
            }
        }
    }
    found.sort_by(|one, other| (&one.path, &one.module).cmp(&(&other.path, &other.module)));
    found
}

/// The modules that an absolute import may mean.
fn absolute(import: TextImport<'_>) -> Vec<String> {
    match import {
        TextImport::Module { module, .. } => vec![module.to_owned()],
        TextImport::From { level: 0, module, .. } => {
            let below = import.names().map(|(name, _)| format!("{module}.{name}"));
            std::iter::once(module.to_owned()).chain(below).collect()
        }
        TextImport::From { .. } => Vec::new(),
    }
}

/// The one folder below which a file of this name lies.
fn start_of(by_name: &FxHashMap<&str, Vec<&Utf8Path>>, module: &str) -> Option<Utf8PathBuf> {
    let parts: Vec<&str> = module.split('.').collect();
    let starts = by_name.get(parts.last()?)?.iter().filter_map(|path| {
        let is_package = path.file_stem() == Some("__init__");
        let mut folder = if is_package { path.parent()? } else { path };
        for (position, part) in parts.iter().rev().enumerate() {
            let name = if position == 0 && !is_package { folder.file_stem() } else { folder.file_name() };
            folder = folder.parent().filter(|_| name == Some(*part))?;
        }
        (parts.len() > 1 || is_package).then_some(folder)
    });
    // What lies in a package has a longer name already, and shares the end of it with another library.
    let is_inside = |folder: &Utf8Path| folder.join("__init__.py").is_file();
    let starts: FxHashSet<&Utf8Path> = starts.filter(|folder| !is_inside(folder)).collect();
    (starts.len() == 1).then(|| starts.into_iter().next().map(Utf8Path::to_owned)).flatten()
}
