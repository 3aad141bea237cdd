//! Which file a module's name leads to.
//!
//! Knows: import roots, packages, namespaces and projects inside the project, as far as the file system tells. Does not
//! know: what an import statement says, or which libraries there are.

use std::sync::{Arc, RwLock};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

/// The last part of a dotted name: `execute_activity` of `temporalio.workflow.execute_activity`.
#[must_use]
pub fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// What a module name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModulePath {
    /// A module or a package's `__init__`.
    File(Utf8PathBuf),
    /// A folder without `__init__`.
    Namespace(Utf8PathBuf),
}

impl ModulePath {
    /// The folder that submodules stand in; `None` for a module that is no package.
    #[must_use]
    pub fn folder(&self) -> Option<&Utf8Path> {
        match self {
            ModulePath::Namespace(folder) => Some(folder),
            ModulePath::File(path) => {
                let is_package = matches!(path.file_name(), Some("__init__.py" | "__init__.pyi"));
                path.parent().filter(|_| is_package)
            }
        }
    }
}

/// Where absolute imports start, and the file system behind it.
///
/// Python itself looks into `sys.path`, which no file states. Candidates, first match first: the roots that were given;
/// for each folder from the importing file up to the project's root, unless it is a package itself, the folder and its
/// `src`; the folders of the paths to check; the projects inside the project. Some names begin in a package around the
/// importing file, which is then all that they can mean.
///
/// What was looked up once is kept, for all threads.
pub struct ImportRoots {
    given: Vec<Utf8PathBuf>,
    declared: FxHashSet<Utf8PathBuf>,
    /// Projects inside the project, and their `src`.
    nested: RwLock<Vec<Utf8PathBuf>>,
    /// Packages in which imports begin nevertheless, with the names that do so, and that lead nowhere else.
    inner: FxHashMap<Utf8PathBuf, FxHashSet<String>>,
    project_root: Utf8PathBuf,
    kinds: Memo<Kind>,
    /// By the importing file's folder.
    candidates: Memo<Arc<[Utf8PathBuf]>>,
    /// By the folder and the name below it.
    modules: Memo<Arc<Memo<Option<ModulePath>>>>,
}

/// Answers that do not change, by a path or name: as text, since paths are compared part by part. Two threads may work
/// out the same answer; the first one stays.
struct Memo<V>(RwLock<FxHashMap<Box<str>, V>>);

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<V: Clone> Memo<V> {
    fn get(&self, key: &str, answer: impl FnOnce() -> V) -> V {
        let known = self.0.read().ok().and_then(|known| known.get(key).cloned());
        known.unwrap_or_else(|| {
            let found = answer();
            match self.0.write() {
                Ok(mut known) => known.entry(key.into()).or_insert(found).clone(),
                Err(_) => found,
            }
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Missing,
}

impl ImportRoots {
    /// Roots for a project. `given` come first; `checked` are the folders to check.
    #[must_use]
    pub fn new(project_root: Utf8PathBuf, given: Vec<Utf8PathBuf>, checked: &[Utf8PathBuf]) -> Self {
        let mut declared: FxHashSet<Utf8PathBuf> = given.iter().cloned().collect();
        declared.insert(project_root.clone());
        declared.insert(project_root.join("src"));
        declared.extend(checked.iter().cloned());
        declared.extend(checked.iter().map(|folder| folder.join("src")));
        let (kinds, candidates, modules) = (Memo::default(), Memo::default(), Memo::default());
        let (nested, inner) = (RwLock::default(), FxHashMap::default());
        Self { given, declared, nested, inner, project_root, kinds, candidates, modules }
    }

    /// Takes note of packages in which imports of certain names begin: the folders of scripts.
    pub fn note_inner(&mut self, packages: FxHashMap<Utf8PathBuf, FxHashSet<String>>) {
        self.inner = packages;
    }

    /// Takes note of a file that need not be on disk (standard input).
    pub fn note_file(&self, path: &Utf8Path) {
        self.kinds.get(path.as_str(), || Kind::File);
    }

    /// Takes note of the projects around files: what such a folder holds is installed, and imported by name from the whole
    /// project. To be done before anything is resolved.
    pub fn note_projects<'f>(&self, files: impl Iterator<Item = &'f Utf8Path>) {
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        for file in files {
            for folder in file.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.project_root)) {
                if !seen.insert(folder.to_owned()) {
                    break;
                }
                if self.is_project(folder) {
                    found.extend([folder.to_owned(), folder.join("src")]);
                }
            }
        }
        found.sort();
        if let Ok(mut nested) = self.nested.write() {
            *nested = found;
        }
    }

    /// Where absolute imports start for a file at the project's root, as far as such folders are there, and the packages in
    /// which some do.
    #[must_use]
    pub fn in_project(&self) -> Vec<Utf8PathBuf> {
        let roots = self.candidates_from(&self.project_root);
        let mut inner: Vec<&Utf8PathBuf> = self.inner.keys().collect();
        inner.sort();
        roots.iter().filter(|root| self.kind(root) == Kind::Folder).chain(inner).cloned().collect()
    }

    /// Where `name`, imported absolutely from `importer`, leads to; `None` for what lies outside the project.
    ///
    /// `outside` says whether a top-level name is that of a known library: a sibling of the importer of that name is
    /// taken for the library, unless its folder is a declared root.
    pub fn resolve(&self, importer: &Utf8Path, name: &str, outside: &dyn Fn(&str) -> bool) -> Option<ModulePath> {
        let top = name.split('.').next().unwrap_or(name);
        if NEVER_SHADOWED.contains(&top) {
            return None;
        }
        let library = outside(top);
        if let Some(found) = self.below_inner(importer, name).filter(|_| !library) {
            return Some(found);
        }
        let mut namespace = None;
        for root in self.candidates(importer).iter() {
            if library && !self.declared.contains(root) {
                continue;
            }
            match self.below(root, name) {
                Some(ModulePath::File(path)) => return Some(ModulePath::File(path)),
                Some(ModulePath::Namespace(path)) if !library => {
                    namespace.get_or_insert(path);
                }
                _ => {}
            }
        }
        namespace.map(ModulePath::Namespace)
    }

    fn below_inner(&self, importer: &Utf8Path, name: &str) -> Option<ModulePath> {
        if self.inner.is_empty() {
            return None;
        }
        let top = name.split('.').next().unwrap_or(name);
        let begins = |folder: &&Utf8Path| self.inner.get(*folder).is_some_and(|names| names.contains(top));
        importer.ancestors().skip(1).filter(begins).find_map(|folder| self.below(folder, name))
    }

    /// Where a relative import leads to: `level` dots, then `name` (may be empty).
    pub fn resolve_relative(&self, importer: &Utf8Path, level: u32, name: &str) -> Option<ModulePath> {
        let mut folder = importer.parent()?;
        for _ in 1..level {
            folder = folder.parent()?;
        }
        if name.is_empty() { self.folder_module(folder.to_owned()) } else { self.below(folder, name) }
    }

    /// The module `name` directly in a package's or namespace's folder.
    pub fn submodule(&self, folder: &Utf8Path, name: &str) -> Option<ModulePath> {
        self.below(folder, name)
    }

    fn candidates(&self, importer: &Utf8Path) -> Arc<[Utf8PathBuf]> {
        let folder = importer.parent().unwrap_or(importer);
        self.candidates.get(folder.as_str(), || self.candidates_from(folder))
    }

    fn candidates_from(&self, folder: &Utf8Path) -> Arc<[Utf8PathBuf]> {
        let mut roots = self.given.clone();
        for ancestor in folder.ancestors() {
            let inside = ancestor.starts_with(&self.project_root);
            let is_root = self.declared.contains(ancestor) || inside && self.is_project(ancestor);
            if is_root || self.kind(&ancestor.join("__init__.py")) != Kind::File {
                roots.push(ancestor.to_owned());
                let nested = ancestor.join("src");
                if inside && self.kind(&nested) == Kind::Folder {
                    roots.push(nested);
                }
            }
            if !inside || ancestor == self.project_root {
                break;
            }
        }
        let mut rest: Vec<_> = self.declared.iter().filter(|root| !roots.contains(root)).cloned().collect();
        rest.sort();
        roots.extend(rest);
        if let Ok(nested) = self.nested.read() {
            let further: Vec<_> = nested.iter().filter(|root| !roots.contains(root)).cloned().collect();
            roots.extend(further);
        }
        roots.into()
    }

    /// Whether a folder is a project of its own: what it holds is installed, and imported by name from anywhere.
    fn is_project(&self, folder: &Utf8Path) -> bool {
        PROJECT_FILES.iter().any(|name| self.kind(&folder.join(name)) == Kind::File)
    }

    fn below(&self, root: &Utf8Path, name: &str) -> Option<ModulePath> {
        let modules = self.modules.get(root.as_str(), Arc::default);
        modules.get(name, || self.look_below(root, name))
    }

    fn look_below(&self, root: &Utf8Path, name: &str) -> Option<ModulePath> {
        let mut path = root.to_owned();
        let mut parts = name.split('.').peekable();
        while let Some(part) = parts.next() {
            path.push(part);
            if parts.peek().is_some() && self.kind(&path) != Kind::Folder {
                return None;
            }
        }
        for extension in ["py", "pyi"] {
            let package = path.join(format!("__init__.{extension}"));
            if self.kind(&package) == Kind::File {
                return Some(ModulePath::File(package));
            }
            let file = Utf8PathBuf::from(format!("{path}.{extension}"));
            if self.kind(&file) == Kind::File {
                return Some(ModulePath::File(file));
            }
        }
        (self.kind(&path) == Kind::Folder).then_some(ModulePath::Namespace(path))
    }

    fn folder_module(&self, folder: Utf8PathBuf) -> Option<ModulePath> {
        for name in ["__init__.py", "__init__.pyi"] {
            let package = folder.join(name);
            if self.kind(&package) == Kind::File {
                return Some(ModulePath::File(package));
            }
        }
        (self.kind(&folder) == Kind::Folder).then_some(ModulePath::Namespace(folder))
    }

    fn kind(&self, path: &Utf8Path) -> Kind {
        self.kinds.get(path.as_str(), || match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => Kind::Folder,
            Ok(meta) if meta.is_file() => Kind::File,
            _ => Kind::Missing,
        })
    }
}

/// Files that say how a folder is built and installed.
const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// Modules that the interpreter has before it looks at any path.
const NEVER_SHADOWED: &[&str] = &["builtins", "sys", "time", "_thread", "marshal", "posix", "gc", "itertools", "errno"];
