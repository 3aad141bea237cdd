//! Packages in which absolute imports begin: the folder of a script, which Python puts on its path even if it holds an
//! `__init__.py`, and before all that is installed.
//!
//! ```text
//! backend/__init__.py          # `backend` is a package
//! backend/run_worker.py        # python backend/run_worker.py: `from jobs.worker import main`
//! backend/jobs/worker.py       # the same process: `from services.gh import run_gh`
//! ```
//!
//! Knows: import statements that lead nowhere else, and whether all that name a module so find there what they ask for. Does not
//! know: which script was started. A package often has a module of the name of the library that it is about (`clients/redis.py`):
//! one import that asks for more than that module has, or may mean either, is enough for it to be the library.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::load::{Loaded, module_name};
use crate::python::World;
use crate::source::{
    ImportRoots, ModulePath, SourceFile, TextImport, decode, first_part, import_lines, last_part, read, read_of,
    text_imports,
};
use crate::temporal::{Known, Side, TemporalWorld};

/// The packages in which imports begin, with the names that do so.
pub(super) fn inner_roots(loaded: &Loaded, roots: &ImportRoots) -> FxHashMap<Utf8PathBuf, FxHashSet<String>> {
    let seeds = loaded.seeds.iter().map(|seed| (seed.file.path(), seed.imports.as_str()));
    let rest = loaded.rest.iter().map(|rest| (rest.path.as_path(), rest.imports.as_str()));
    let all: Vec<(&Utf8Path, &str)> = seeds.chain(rest).collect();
    let mut votes = Votes::of(loaded, roots, all.iter().map(|(path, _)| *path));
    if !votes.in_packages.is_empty() {
        all.iter().for_each(|(path, imports)| votes.count(path, imports));
    }
    votes.settled()
}

/// By name, the packages that hold a module or folder of it; all folders where the name is a known library's, too.
fn in_packages<'f>(
    paths: impl Iterator<Item = &'f Utf8Path> + Clone,
    is_library: &dyn Fn(&str) -> bool,
) -> FxHashMap<&'f str, Vec<&'f Utf8Path>> {
    let of_init = |path: &'f Utf8Path| path.parent().filter(|_| path.file_name() == Some("__init__.py"));
    let packages: FxHashSet<&Utf8Path> = paths.clone().filter_map(of_init).collect();
    let mut seen: FxHashSet<(&str, &Utf8Path)> = FxHashSet::default();
    let mut found: FxHashMap<&str, Vec<&Utf8Path>> = FxHashMap::default();
    for path in paths {
        let folder = path.parent();
        let own = Some(module_name(path)).zip(if path.file_stem() == Some("__init__") { None } else { folder });
        let around = folder.and_then(|folder| folder.file_name().zip(folder.parent()));
        for (name, package) in own.into_iter().chain(around) {
            if (packages.contains(package) || is_library(name)) && seen.insert((name, package)) {
                found.entry(name).or_default().push(package);
            }
        }
    }
    found
}

/// What imports say about where they begin.
struct Votes<'l> {
    in_packages: FxHashMap<&'l str, Vec<&'l Utf8Path>>,
    texts: FxHashMap<&'l Utf8Path, &'l SourceFile>,
    roots: &'l ImportRoots,
    world: TemporalWorld,
    lead_there: FxHashSet<(&'l Utf8Path, &'l str)>,
    lead_elsewhere: FxHashSet<(&'l Utf8Path, &'l str)>,
    bound: FxHashMap<(Utf8PathBuf, &'l str), Bound>,
}

impl<'l> Votes<'l> {
    fn of(loaded: &'l Loaded, roots: &'l ImportRoots, paths: impl Iterator<Item = &'l Utf8Path> + Clone) -> Self {
        let world = TemporalWorld::new(Side::Any, Known::usual());
        Self {
            in_packages: in_packages(paths, &|name| world.is_package(name)),
            texts: loaded.seeds.iter().map(|seed| (seed.file.path(), &seed.file)).collect(),
            roots,
            world,
            lead_there: FxHashSet::default(),
            lead_elsewhere: FxHashSet::default(),
            bound: FxHashMap::default(),
        }
    }

    fn count(&mut self, importer: &Utf8Path, imports: &'l str) {
        for import in text_imports(imports) {
            self.note_full_names(importer, import);
            let (TextImport::Module { module, .. } | TextImport::From { level: 0, module, .. }) = import else {
                continue;
            };
            let Some((top, packages)) = self.in_packages.get_key_value(first_part(module)) else { continue };
            let mut around: Vec<&Utf8Path> =
                packages.iter().copied().filter(|package| importer.starts_with(package)).collect();
            let is_package = self.world.is_package(top);
            if around.is_empty() || self.world.is_library(top) && !is_package {
                continue;
            }
            let top = *top;
            let bare = match import {
                TextImport::Module { module, bound } if !module.contains('.') => Some(bound),
                _ => None,
            };
            if is_package && self.roots.requires(importer, top) {
                self.lead_elsewhere.extend(around.into_iter().map(|package| (package, top)));
                continue;
            }
            if bare.is_some() && !is_package {
                continue;
            }
            around.sort_by_key(|package| std::cmp::Reverse(package.as_str().len()));
            let found = match bare {
                Some(bound) => around.iter().find(|package| self.has_all_that_is_read((importer, package), top, bound)),
                None if self.leads_elsewhere(importer, module, import) => None,
                None => around.iter().find(|package| self.leads((importer, package), module, import)),
            };
            match found {
                Some(package) => _ = self.lead_there.insert((*package, top)),
                None => self.lead_elsewhere.extend(around.into_iter().map(|package| (package, top))),
            }
        }
    }

    /// Takes note of modules with the name of a library that are imported as parts of a package: imports begin above that, and
    /// the name alone is the library's.
    fn note_full_names(&mut self, importer: &Utf8Path, import: TextImport<'_>) {
        let is_library = |name: &str| self.in_packages.contains_key(name) && self.world.is_package(name);
        let outside = |top: &str| self.world.is_library(top);
        let found: Vec<ModulePath> = match import {
            TextImport::Module { module, .. } if module.contains('.') && is_library(last_part(module)) => {
                self.roots.resolve(importer, module, &outside).into_iter().collect()
            }
            TextImport::From { level, module, .. } => {
                let parts = import.names().map(|(name, _)| name).filter(|name| is_library(name));
                let joined =
                    parts.map(|name| if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") });
                let whole =
                    (is_library(last_part(module)) && (level > 0 || module.contains('.'))).then(|| module.to_owned());
                let find = |name: String| match level {
                    0 => self.roots.resolve(importer, &name, &outside),
                    level => self.roots.resolve_relative(importer, level, &name),
                };
                joined.chain(whole).filter_map(find).collect()
            }
            TextImport::Module { .. } => Vec::new(),
        };
        for found in found {
            let (ModulePath::File(path) | ModulePath::Namespace(path)) = found;
            let module = if path.file_stem() == Some("__init__") { path.parent().unwrap_or(&path) } else { &path };
            let Some((name, packages)) = module.file_stem().and_then(|name| self.in_packages.get_key_value(name))
            else {
                continue;
            };
            if let Some(package) = packages.iter().find(|package| module.parent() == Some(**package)) {
                self.lead_elsewhere.insert((*package, *name));
            }
        }
    }

    /// Whether an import finds all that it asks for where no package is looked into.
    fn leads_elsewhere(&mut self, importer: &Utf8Path, module: &str, import: TextImport<'_>) -> bool {
        let found = self.roots.resolve(importer, module, &|top| self.world.is_library(top));
        found.is_some_and(|found| self.has_all(found, import, ""))
    }

    /// Whether an import that begins in a package finds all that it asks for; nothing imports itself.
    fn leads(&mut self, (importer, package): (&Utf8Path, &Utf8Path), module: &'l str, import: TextImport<'_>) -> bool {
        let found = self.roots.submodule(package, module);
        let found = found.filter(|found| !matches!(found, ModulePath::File(path) if path == importer));
        found.is_some_and(|found| self.has_all(found, import, first_part(module)))
    }

    /// Whether a module in a package has all that a file reads of what it imports by the name alone, which could as well be a
    /// library's. Of what is not read, nothing is known.
    fn has_all_that_is_read(&mut self, (importer, package): (&Utf8Path, &Utf8Path), top: &'l str, bound: &str) -> bool {
        let Some(found) = self.roots.submodule(package, top) else { return false };
        let folder = found.folder().map(Utf8Path::to_owned);
        let ModulePath::File(path) = found else { return false };
        let read = match self.texts.get(importer) {
            Some(file) => read_of(file.text(), bound),
            None => read_of(&read(importer).ok().and_then(|bytes| decode(bytes).ok()).unwrap_or_default(), bound),
        };
        let roots = self.roots;
        let is_part = |name: &str| folder.as_ref().is_some_and(|folder| roots.submodule(folder, name).is_some());
        let own = self.bound(path, top);
        !read.is_empty() && !own.is_open && read.iter().all(|name| own.names.contains(name) || is_part(name))
    }

    /// Whether a module has what an import takes from it. What it takes itself from a module that begins so is not counted.
    fn has_all(&mut self, found: ModulePath, import: TextImport<'_>, besides: &'l str) -> bool {
        let is_there = |name: &str| {
            name == "*" || found.folder().is_some_and(|folder| self.roots.submodule(folder, name).is_some())
        };
        let further: Vec<&str> = import.names().map(|(name, _)| name).filter(|name| !is_there(name)).collect();
        match found {
            _ if further.is_empty() => true,
            ModulePath::File(path) => self.bound(path, besides).have(&further),
            ModulePath::Namespace(_) => false,
        }
    }

    fn bound(&mut self, path: Utf8PathBuf, top: &'l str) -> &Bound {
        let texts = &self.texts;
        self.bound.entry((path, top)).or_insert_with_key(|(path, top)| match texts.get(path.as_path()) {
            Some(file) => Bound::of(file.text(), top),
            None => Bound::of(&read(path).ok().and_then(|bytes| decode(bytes).ok()).unwrap_or_default(), top),
        })
    }

    fn settled(self) -> FxHashMap<Utf8PathBuf, FxHashSet<String>> {
        let mut found: FxHashMap<Utf8PathBuf, FxHashSet<String>> = FxHashMap::default();
        for (package, name) in self.lead_there.difference(&self.lead_elsewhere) {
            found.entry((*package).to_owned()).or_default().insert((*name).to_owned());
        }
        found
    }
}

/// The names that a module's text binds.
struct Bound {
    names: FxHashSet<String>,
    /// It may have any name.
    is_open: bool,
}

impl Bound {
    /// What it takes from a module that may be another of its own package's name is not counted: that is the question.
    fn of(text: &str, top: &str) -> Self {
        let imports = import_lines(text);
        let is_other = |import: &TextImport<'_>| match import {
            TextImport::From { level: 0, module, .. } => first_part(module) != top,
            _ => true,
        };
        let mut names: FxHashSet<String> = FxHashSet::default();
        let mut is_open = text.contains("def __getattr__");
        for import in text_imports(&imports).filter(is_other) {
            is_open |= import.names().any(|(name, _)| name == "*");
            names.extend(import.names().map(|(_, bound)| bound.to_owned()));
        }
        names.extend(text.lines().flat_map(bound_by_line).map(str::to_owned));
        Self { names, is_open }
    }

    fn have(&self, names: &[&str]) -> bool {
        self.is_open || names.iter().all(|name| self.names.contains(*name))
    }
}

/// The names that a line may bind: those before the first sign that something follows.
fn bound_by_line(line: &str) -> impl Iterator<Item = &str> {
    let end = line.find(['=', '(', ':']).unwrap_or(0);
    line[..end].split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty())
}
