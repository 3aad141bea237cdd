use std::cell::{OnceCell, RefCell};

use camino::{Utf8Path, Utf8PathBuf};
use elsa::FrozenVec;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::value::{FunctionRef, Value};
use crate::semantic::Module;
use crate::source::{FileId, ImportRoots, ModulePath, SourceFile, Sources};

/// The project's files and their facts, each read, parsed and built when first asked for.
pub struct Project<'a> {
    sources: &'a Sources,
    roots: &'a ImportRoots,
    requested: &'a [Utf8PathBuf],
    /// By path, as text: paths are compared part by part.
    paths: RefCell<FxHashMap<Box<str>, FileId>>,
    /// By [`FileId::index`].
    modules: FrozenVec<Box<OnceCell<Module<'a>>>>,
}

impl<'a> Project<'a> {
    /// A project of files that are already read; others are read on demand. Those below `requested` are checked, too.
    #[must_use]
    pub fn new(sources: &'a Sources, roots: &'a ImportRoots, requested: &'a [Utf8PathBuf]) -> Self {
        let paths = sources.ids().map(|id| (Box::from(sources.get(id).path().as_str()), id)).collect();
        Self { sources, roots, requested, paths: RefCell::new(paths), modules: FrozenVec::new() }
    }

    /// The files.
    #[must_use]
    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// A file.
    #[must_use]
    pub fn source(&self, file: FileId) -> &'a SourceFile {
        self.sources.get(file)
    }

    /// The facts of a file, built on the first call.
    pub fn module(&self, file: FileId) -> &Module<'a> {
        self.slot(file).get_or_init(|| Module::build(file, self.sources.get(file).parsed().body()))
    }

    /// The files whose facts were asked for.
    pub fn built(&self) -> Vec<FileId> {
        let built = |file: &FileId| self.modules.get(file.index()).is_some_and(|slot| slot.get().is_some());
        self.sources.ids().filter(built).collect()
    }

    fn slot(&self, file: FileId) -> &OnceCell<Module<'a>> {
        loop {
            if let Some(slot) = self.modules.get(file.index()) {
                return slot;
            }
            self.modules.push(Box::default());
        }
    }

    /// Parses files and reads their facts, side by side, before they are asked for one by one.
    pub fn prepare(&self, files: &[FileId]) {
        let sources = self.sources;
        let missing: Vec<FileId> = files.iter().copied().filter(|file| self.slot(*file).get().is_none()).collect();
        let build = |file: &FileId| Module::build(*file, sources.get(*file).parsed().body());
        let built: Vec<Module<'a>> = missing.par_iter().map(build).collect();
        for module in built {
            self.slot(module.file).get_or_init(|| module);
        }
    }

    /// The file of a path, which is read once its text is needed.
    pub fn file(&self, path: &Utf8Path) -> FileId {
        if let Some(found) = self.paths.borrow().get(path.as_str()) {
            return *found;
        }
        let requested = self.requested.iter().any(|wanted| path.starts_with(wanted));
        let id = self.sources.add(SourceFile::on_disk(path.to_owned(), requested));
        self.paths.borrow_mut().insert(path.as_str().into(), id);
        id
    }

    /// Takes in a file that was read elsewhere; a file that is known already stays as it is.
    pub fn add(&self, path: Utf8PathBuf, text: String, requested: bool) -> FileId {
        if let Some(known) = self.paths.borrow().get(path.as_str()) {
            return *known;
        }
        let key = path.as_str().into();
        let id = self.sources.add(SourceFile::new(path, text, requested));
        self.paths.borrow_mut().insert(key, id);
        id
    }

    /// What `import name` in a file gives: a module or namespace of the project, or the external name.
    pub fn import(&self, importer: FileId, name: &str, is_library: &dyn Fn(&str) -> bool) -> Value<'a> {
        let importer = self.source(importer).path();
        match self.roots.resolve(importer, name, is_library) {
            Some(found) => self.module_value(found),
            None => Value::external(name),
        }
    }

    /// What `from <dots><name> import …` in a file imports from.
    pub fn import_relative(&self, importer: FileId, level: u32, name: &str) -> Value<'a> {
        let importer = self.source(importer).path();
        self.roots.resolve_relative(importer, level, name).map_or(Value::Unknown, |found| self.module_value(found))
    }

    /// The module `name` below a package or namespace.
    pub fn submodule(&self, parent: &Value<'a>, name: &str) -> Option<Value<'a>> {
        let folder = match parent {
            Value::Namespace(path) => Utf8PathBuf::from(&**path),
            Value::Module(file) => {
                let path = self.source(*file).path();
                if !matches!(path.file_name(), Some("__init__.py" | "__init__.pyi")) {
                    return None;
                }
                path.parent()?.to_owned()
            }
            _ => return None,
        };
        self.roots.submodule(&folder, name).map(|found| self.module_value(found))
    }

    fn module_value(&self, found: ModulePath) -> Value<'a> {
        match found {
            ModulePath::File(path) => Value::Module(self.file(&path)),
            ModulePath::Namespace(path) => Value::Namespace(path.as_str().into()),
        }
    }

    /// The name of a function as its module gives it.
    #[must_use]
    pub fn function_name(&self, function: FunctionRef) -> String {
        self.module(function.file).function(function.function).qualified.clone()
    }
}
