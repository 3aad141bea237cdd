//! The files of a project, read, parsed and lowered when first asked for, by any thread.
//!
//! Knows: which file an import leads to. Does not know: what a name in a file means.

use std::sync::{OnceLock, RwLock};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::sight::Outline;
use crate::semantic::{Module, Name, lower};
use crate::source::{FileId, ImportRoots, ModulePath, SourceFile, Sources};

/// What importing leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// A module of the project.
    Module(FileId),
    /// A folder of modules without `__init__`, by its path.
    Namespace(Name),
    /// Nothing in the project.
    Outside,
    /// A relative import that leads nowhere.
    Nowhere,
}

/// What is made of a file when it is first asked for.
#[derive(Default)]
struct Facts {
    module: OnceLock<Box<Module>>,
    outline: OnceLock<Box<Outline>>,
}

/// The project's files and their facts, each read, parsed and lowered when first asked for, by any thread.
pub struct Project<'s> {
    sources: &'s Sources,
    roots: &'s ImportRoots,
    requested: &'s [Utf8PathBuf],
    /// By path, as text: paths are compared part by part.
    paths: RwLock<FxHashMap<Box<str>, FileId>>,
    /// By [`FileId::index`]. Read at every step of every thread, so without a lock.
    modules: boxcar::Vec<Facts>,
    /// See [`Project::in_sight`].
    pub(super) sight: OnceLock<Box<[FileId]>>,
    /// Which files are set aside.
    aside: OnceLock<Aside>,
}

/// Says of a file and its path whether it is set aside.
type Aside = Box<dyn Fn(FileId, &Utf8Path) -> bool + Send + Sync>;

impl<'s> Project<'s> {
    /// A project of files that are already read; others are read on demand. Those below `requested` are checked, too.
    #[must_use]
    pub fn new(sources: &'s Sources, roots: &'s ImportRoots, requested: &'s [Utf8PathBuf]) -> Self {
        let paths = sources.ids().map(|id| (Box::from(sources.get(id).path().as_str()), id)).collect();
        Self {
            sources,
            roots,
            requested,
            paths: RwLock::new(paths),
            modules: boxcar::Vec::new(),
            sight: OnceLock::new(),
            aside: OnceLock::new(),
        }
    }

    /// The files.
    #[must_use]
    pub fn sources(&self) -> &'s Sources {
        self.sources
    }

    /// A file.
    #[must_use]
    pub fn source(&self, file: FileId) -> &'s SourceFile {
        self.sources.get(file)
    }

    /// The facts of a file, made on the first call.
    pub fn module(&self, file: FileId) -> &Module {
        self.slot(file).module.get_or_init(|| {
            let source = self.sources.get(file);
            let text = source.text_once();
            Box::new(lower(source.parse(&text).body(), &text))
        })
    }

    /// The files whose facts were asked for.
    #[must_use]
    pub fn built(&self) -> Vec<FileId> {
        let built = |file: &FileId| self.modules.get(file.index()).is_some_and(|slot| slot.module.get().is_some());
        self.sources.ids().filter(built).collect()
    }

    /// Says which files are set aside: what they define takes no part in code of other files that does not name it, as the
    /// stand-ins that tests make.
    pub fn set_aside(&self, is_aside: impl Fn(FileId, &Utf8Path) -> bool + Send + Sync + 'static) {
        self.aside.get_or_init(|| Box::new(is_aside));
    }

    /// Whether a file is set aside.
    #[must_use]
    pub fn is_aside(&self, file: FileId) -> bool {
        self.aside.get().is_some_and(|is_aside| is_aside(file, self.source(file).path()))
    }

    /// Whether a file is left over: a copy beside its original, or a module beside a package of its name, and no script.
    #[must_use]
    pub fn is_left_over(&self, file: FileId) -> bool {
        self.roots.is_left_over(self.source(file).path()) && !self.may_name(file, Name::new("__main__"))
    }

    /// The import statements of a file, a line each, which costs far less than its facts.
    #[must_use]
    pub fn import_lines(&self, file: FileId) -> &str {
        &self.outline(file).import_lines
    }

    pub(super) fn outline(&self, file: FileId) -> &Outline {
        let outline = || Box::new(Outline::of(&self.sources.get(file).text_once()));
        self.slot(file).outline.get_or_init(outline)
    }

    fn slot(&self, file: FileId) -> &Facts {
        loop {
            if let Some(slot) = self.modules.get(file.index()) {
                return slot;
            }
            self.modules.push(Facts::default());
        }
    }

    /// Parses files and makes their facts, side by side, before they are asked for one by one.
    pub fn prepare(&self, files: &[FileId]) {
        files.par_iter().for_each(|file| _ = self.module(*file));
    }

    /// The file of a path, which is read once its text is needed.
    pub fn file(&self, path: &Utf8Path) -> FileId {
        let known = |paths: &FxHashMap<Box<str>, FileId>| paths.get(path.as_str()).copied();
        if let Some(found) = self.paths.read().ok().and_then(|paths| known(&paths)) {
            return found;
        }
        let mut paths = self.paths.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(found) = known(&paths) {
            return found;
        }
        let requested = self.requested.iter().any(|wanted| path.starts_with(wanted));
        let id = self.sources.add(SourceFile::on_disk(path.to_owned(), requested));
        paths.insert(path.as_str().into(), id);
        id
    }

    /// Takes in a file that was read elsewhere; a file that is known already stays as it is.
    pub fn add(&self, path: Utf8PathBuf, text: String, requested: bool) -> FileId {
        let mut paths = self.paths.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = paths.get(path.as_str()) {
            return *known;
        }
        let key = path.as_str().into();
        let id = self.sources.add(SourceFile::new(path, text, requested));
        paths.insert(key, id);
        id
    }

    /// What `import name` in a file leads to.
    pub fn import(&self, importer: FileId, name: &str, is_library: &dyn Fn(&str) -> bool) -> Imported {
        let importer = self.source(importer).path();
        self.roots.resolve(importer, name, is_library).map_or(Imported::Outside, |found| self.found(found))
    }

    /// What `from <dots><name> import …` in a file imports from.
    pub fn import_relative(&self, importer: FileId, level: u32, name: &str) -> Imported {
        let importer = self.source(importer).path();
        self.roots.resolve_relative(importer, level, name).map_or(Imported::Nowhere, |found| self.found(found))
    }

    /// The packages that a file stands in, the innermost first: they are loaded before it.
    pub fn packages_around(&self, file: FileId) -> Vec<FileId> {
        let around = (1..).map_while(|level| match self.import_relative(file, level, "") {
            Imported::Module(package) => Some(package),
            _ => None,
        });
        around.filter(|package| *package != file).collect()
    }

    /// The module `name` below a package or namespace.
    pub fn submodule(&self, parent: Imported, name: &str) -> Option<Imported> {
        let folder = match parent {
            Imported::Namespace(path) => Utf8PathBuf::from(path.as_str()),
            Imported::Module(file) => {
                let path = self.source(file).path();
                if !matches!(path.file_name(), Some("__init__.py" | "__init__.pyi")) {
                    return None;
                }
                path.parent()?.to_owned()
            }
            Imported::Outside | Imported::Nowhere => return None,
        };
        self.roots.submodule(&folder, name).map(|found| self.found(found))
    }

    fn found(&self, found: ModulePath) -> Imported {
        match found {
            ModulePath::File(path) => Imported::Module(self.file(&path)),
            ModulePath::Namespace(path) => Imported::Namespace(Name::new(path.as_str())),
        }
    }
}
