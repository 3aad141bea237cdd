//! Which file a module's name leads to.
//!
//! Knows: import roots, packages, namespaces and projects inside the project, as far as the file system tells. Does not
//! know: what an import statement says, or which libraries there are.

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::copies;
use super::projects::{Member, Projects};
use super::requirements::{folders_above, normalised, packages_in_folder};

/// The last part of a dotted name: `execute_activity` of `temporalio.workflow.execute_activity`.
#[must_use]
pub fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The first part of a dotted name: `temporalio` of `temporalio.workflow`.
#[must_use]
pub fn first_part(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
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
/// `src`; the folders of the paths to check; the projects inside the project, the nearest first. Where projects that are as near
/// as each other have a module of the name, either would be a guess, and none is taken; nor is what has the name of a package
/// that is required, but is another project's own. A module is looked for only where its package was found. Some names begin in a package around the
/// importing file, which is then all that they can mean.
///
/// What was looked up once is kept, for all threads.
pub struct ImportRoots {
    given: Vec<Utf8PathBuf>,
    declared: FxHashSet<Utf8PathBuf>,
    projects: Projects,
    /// By folder, the packages that its files require.
    required: Memo<Arc<BTreeSet<String>>>,
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
        let required = Memo::default();
        let (projects, inner) = (Projects::default(), FxHashMap::default());
        Self { given, declared, projects, required, inner, project_root, kinds, candidates, modules }
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
    pub fn note_projects<'f>(&mut self, files: impl Iterator<Item = &'f Utf8Path> + Clone) {
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        for file in files.clone() {
            for folder in file.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.project_root)) {
                if !seen.insert(folder) {
                    break;
                }
                if self.is_project(folder) {
                    found.push(folder.to_owned());
                }
            }
        }
        self.projects = Projects::new(found, files);
    }

    /// Where absolute imports start for a file at the project's root, as far as such folders are there, and the packages in
    /// which some do.
    #[must_use]
    pub fn in_project(&self) -> Vec<Utf8PathBuf> {
        let mut roots = self.candidates_from(&self.project_root).to_vec();
        let further: Vec<_> = self.projects.starts().filter(|start| !roots.contains(start)).cloned().collect();
        roots.extend(further);
        let mut inner: Vec<&Utf8PathBuf> = self.inner.keys().collect();
        inner.sort();
        roots.iter().filter(|root| self.kind(root) == Kind::Folder).chain(inner).cloned().collect()
    }

    /// Where `name`, imported absolutely from `importer`, leads to; `None` for what lies outside the project.
    ///
    /// `outside` says whether a top-level name is that of a known library: a sibling of the importer of that name is
    /// taken for the library, unless its folder is a declared root, or imports were found to begin there with this name.
    pub fn resolve(&self, importer: &Utf8Path, name: &str, outside: &dyn Fn(&str) -> bool) -> Option<ModulePath> {
        let top = first_part(name);
        if NEVER_SHADOWED.contains(&top) {
            return None;
        }
        if let Some(found) = self.below_inner(importer, name) {
            return Some(found);
        }
        let library = outside(top);
        let candidates = self.candidates(importer);
        let open = |root: &&Utf8PathBuf| !library || self.declared.contains(*root);
        let found = self.first_below(candidates.iter().filter(open), name);
        if matches!(found, Some(ModulePath::File(_))) {
            return found;
        }
        if library {
            return None;
        }
        let folder = importer.parent().unwrap_or(importer);
        let own = self.first_below(candidates.iter(), top);
        if matches!(own, Some(ModulePath::File(_))) {
            return found;
        }
        // A package without `__init__` around the importer may have further parts elsewhere, but they have no `__init__` either.
        let is_part = |own: &ModulePath| own.folder().is_some_and(|own| folder.starts_with(own));
        let (file, namespace) = self.in_nearest_project(importer, name, own.as_ref().is_some_and(is_part));
        file.or(found).or(namespace)
    }

    /// The first module of a name below these folders; where there is none, the first folder without `__init__`.
    fn first_below<'f>(&self, roots: impl Iterator<Item = &'f Utf8PathBuf>, name: &str) -> Option<ModulePath> {
        let mut namespace = None;
        for found in roots.filter_map(|root| self.below(root, name)) {
            match found {
                ModulePath::File(_) => return Some(found),
                ModulePath::Namespace(_) => _ = namespace.get_or_insert(found),
            }
        }
        namespace
    }

    /// The module, and the folder without `__init__`, that alone among the nearest projects with one has this name. `parts_only`
    /// says that the name's first part must be a package without `__init__`.
    fn in_nearest_project(
        &self,
        importer: &Utf8Path,
        name: &str,
        parts_only: bool,
    ) -> (Option<ModulePath>, Option<ModulePath>) {
        let top = first_part(name);
        let is_part =
            |project: &Member| matches!(self.first_below(project.starts.iter(), top), Some(ModulePath::Namespace(_)));
        let may_be_meant =
            |project: &&Member| !self.is_another_package(importer, top, project) && (!parts_only || is_part(project));
        let mut namespace = None;
        for as_near in self.projects.holding(top, importer) {
            let meant = as_near.into_iter().filter(may_be_meant);
            let found = meant.filter_map(|project| self.first_below(project.starts.iter(), name));
            let (files, folders): (Vec<_>, Vec<_>) = found.partition(|found| matches!(found, ModulePath::File(_)));
            if !files.is_empty() {
                return (only(files), namespace.flatten());
            }
            if !folders.is_empty() {
                namespace.get_or_insert(only(folders));
            }
        }
        (None, namespace.flatten())
    }

    /// Whether a project is another one than the package of this name that is required where a file lies: what it has under the
    /// name is its own (`alembic/` with the migrations of a service).
    fn is_another_package(&self, file: &Utf8Path, name: &str, project: &Member) -> bool {
        !project.is_required_as(&normalised(name)) && self.requires(file, name)
    }

    /// Whether the files around a file require a package of this name.
    pub fn requires(&self, file: &Utf8Path, name: &str) -> bool {
        let package = normalised(name);
        folders_above(file, &self.project_root).any(|folder| {
            self.required.get(folder.as_str(), || Arc::new(packages_in_folder(folder))).contains(&package)
        })
    }

    fn below_inner(&self, importer: &Utf8Path, name: &str) -> Option<ModulePath> {
        if self.inner.is_empty() {
            return None;
        }
        let top = first_part(name);
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

    /// Whether a file is left over, by what lies beside it: no import leads to a file manager's copy of another one, nor to a
    /// module beside a package of its name.
    pub fn is_left_over(&self, file: &Utf8Path) -> bool {
        let Some(stem) = file.file_stem() else { return false };
        let has = |beside: String| self.kind(&file.with_file_name(beside)) == Kind::File;
        copies::original(stem).is_some_and(|original| has(format!("{original}.py")))
            || has(format!("{stem}/__init__.py"))
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

/// What there is, if there is but one.
fn only<T>(found: Vec<T>) -> Option<T> {
    let mut found = found.into_iter();
    found.next().filter(|_| found.next().is_none())
}

/// Files that say how a folder is built and installed.
const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// Modules that the interpreter has before it looks at any path.
const NEVER_SHADOWED: &[&str] = &["builtins", "sys", "time", "_thread", "marshal", "posix", "gc", "itertools", "errno"];

#[cfg(test)]
mod tests {
    use super::*;

    /// Where imports of a project with these files lead, each told as `importer: module`.
    fn resolved(files: &[(&str, &str)], imports: &[&str]) -> Vec<Option<String>> {
        let temporary = tempfile::tempdir().expect("a folder");
        let base = Utf8PathBuf::from_path_buf(temporary.path().to_owned()).expect("UTF-8");
        let paths: Vec<Utf8PathBuf> = files.iter().map(|(path, _)| base.join(path)).collect();
        for (path, (_, text)) in paths.iter().zip(files) {
            std::fs::create_dir_all(path.parent().expect("below the base")).expect("a folder");
            std::fs::write(path, text).expect("written");
        }
        let mut roots = ImportRoots::new(base.clone(), Vec::new(), &[]);
        roots.note_projects(paths.iter().map(Utf8PathBuf::as_path));
        let lead = |import: &&str| {
            let (importer, name) = import.split_once(": ").expect("an importer and a module");
            match roots.resolve(&base.join(importer), name, &|_| false)? {
                ModulePath::File(path) | ModulePath::Namespace(path) => {
                    Some(path.strip_prefix(&base).expect("below the base").to_string())
                }
            }
        };
        imports.iter().map(lead).collect()
    }

    fn some(path: &str) -> Option<String> {
        Some(path.to_owned())
    }

    #[test]
    fn another_project_s_module_is_taken_only_where_it_alone_is_the_nearest() {
        let files = [
            ("a/app/pyproject.toml", ""),
            ("a/app/main.py", ""),
            ("a/lib/pyproject.toml", ""),
            ("a/lib/billing.py", ""),
            ("b/lib/pyproject.toml", ""),
            ("b/lib/src/billing/__init__.py", ""),
            ("b/lib/src/rates.py", ""),
            ("tools/run.py", ""),
        ];
        let imports = ["a/app/main.py: billing", "tools/run.py: billing", "tools/run.py: rates"];
        assert_eq!(resolved(&files, &imports), [some("a/lib/billing.py"), None, some("b/lib/src/rates.py")]);
    }

    #[test]
    fn a_module_is_looked_for_only_where_its_package_was_found() {
        let files = [
            ("one/pyproject.toml", ""),
            ("one/app/__init__.py", ""),
            ("one/app/main.py", ""),
            ("one/acme/core/run.py", ""),
            ("two/pyproject.toml", ""),
            ("two/app/__init__.py", ""),
            ("two/app/prices.py", ""),
            ("two/acme/rates.py", ""),
            ("three/pyproject.toml", ""),
            ("three/acme/__init__.py", ""),
            ("three/acme/jobs.py", ""),
        ];
        let imports =
            ["one/app/main.py: app.prices", "one/acme/core/run.py: acme.rates", "one/acme/core/run.py: acme.jobs"];
        // Folders without `__init__` are parts of one package, wherever they lie.
        assert_eq!(resolved(&files, &imports), [None, some("two/acme/rates.py"), None]);
    }

    #[test]
    fn a_required_package_is_not_what_another_project_calls_so() {
        let lib = "[project]\nname = 'Acme_Rates'\n";
        let files = [
            ("app/requirements.txt", "alembic>=1.13\nacme-rates\n"),
            ("app/main.py", ""),
            ("store/pyproject.toml", "[project]\nname = 'store'\n"),
            ("store/alembic/__init__.py", ""),
            ("lib/pyproject.toml", lib),
            ("lib/src/acme_rates/__init__.py", ""),
            ("tools/run.py", ""),
        ];
        let imports = ["app/main.py: alembic", "app/main.py: acme_rates", "tools/run.py: alembic"];
        let expected = [None, some("lib/src/acme_rates/__init__.py"), some("store/alembic/__init__.py")];
        assert_eq!(resolved(&files, &imports), expected);
    }
}
