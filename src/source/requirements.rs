//! Which version of a package the project around a file has.
//!
//! Knows: `uv.lock`, `poetry.lock`, `pdm.lock`, `requirements*.txt` and the dependencies in `pyproject.toml`, in the folders
//! above a file. Does not know: what is installed, or what a version has.
//!
//! Only lines and keys that name the package are read: a file that is broken elsewhere still says what it says, one that says
//! nothing is as if it were not there.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;
use toml::Value;

/// How deep dependencies lie in `pyproject.toml`: `tool.poetry.group.dev.dependencies`.
const DEPTH: usize = 8;

/// The first three numbers of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Reads `1.18.0`, `1.18`, `v1.18.0rc1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim().trim_start_matches('v').split('.').map(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u32>().ok()
        });
        let major = numbers.next().flatten()?;
        Some(Self(major, numbers.next().flatten().unwrap_or(0), numbers.next().flatten().unwrap_or(0)))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A version of Python: `3.11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion(pub u8, pub u8);

impl PythonVersion {
    /// Reads `3.11`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|number| number.parse::<u8>().ok());
        let version = Self(numbers.next().flatten()?, numbers.next().flatten()?);
        numbers.next().is_none().then_some(version)
    }
}

/// Which version of a package a project has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// The version, or the lowest that is allowed.
    pub version: Version,
    /// Whether it is this one and no other.
    pub is_exact: bool,
    /// The first version that is too new, where there is one.
    pub below: Option<Version>,
    /// The file that says so.
    pub file: Utf8PathBuf,
}

impl Required {
    /// The version, and where it is said.
    #[must_use]
    pub fn shown(&self) -> String {
        let told_by = self.file.file_name().unwrap_or_default();
        let or_later = if self.is_exact { "" } else { " or later" };
        format!("{}{or_later} (`{told_by}`)", self.version)
    }
}

/// What folders say of packages. Each folder's files are read once, however many files lie below it.
pub struct Requirements {
    /// The package whose version is asked for.
    package: &'static str,
    required: OfFolders<[Required]>,
    /// What the folders above say, for the files of each folder.
    above: RefCell<FxHashMap<Utf8PathBuf, Option<Required>>>,
    packages: OfFolders<BTreeSet<String>>,
}

type OfFolders<T> = RefCell<FxHashMap<Utf8PathBuf, Rc<T>>>;

impl Requirements {
    /// Nothing is read yet.
    #[must_use]
    pub fn of(package: &'static str) -> Self {
        Self { package, required: RefCell::default(), above: RefCell::default(), packages: RefCell::default() }
    }

    /// What the folders above a file say of the package: the nearest lock or pinned version, unless a nearer lower bound
    /// contradicts it; else the nearest lower bound.
    #[must_use]
    pub fn required(&self, file: &Utf8Path, root: &Utf8Path) -> Option<Required> {
        let folder = file.parent().unwrap_or(file);
        if let Some(known) = self.above.borrow().get(folder) {
            return known.clone();
        }
        let found = self.required_above(file, root);
        self.above.borrow_mut().insert(folder.to_owned(), found.clone());
        found
    }

    fn required_above(&self, file: &Utf8Path, root: &Utf8Path) -> Option<Required> {
        let mut bound: Option<Required> = None;
        for folder in folders_above(file, root) {
            let all = once(&self.required, folder, || in_folder(folder, self.package).into());
            for found in all.iter() {
                if !found.is_exact {
                    bound.get_or_insert_with(|| found.clone());
                    continue;
                }
                let fits = bound.as_ref().is_none_or(|bound| bound.version <= found.version);
                return if fits { Some(found.clone()) } else { bound };
            }
        }
        bound
    }

    /// Whether the files above a file speak of one of some packages, as they are normalised, or of such an extra of one:
    /// `temporalio[opentelemetry]`.
    #[must_use]
    pub fn names_one_of(&self, file: &Utf8Path, root: &Utf8Path, wanted: &[String]) -> bool {
        folders_above(file, root).any(|folder| {
            let packages = once(&self.packages, folder, || packages_in_folder(folder).into());
            wanted.iter().any(|package| packages.contains(package))
        })
    }
}

/// The folders above a file, the nearest one first, up to that of its repository or to `root`.
pub(super) fn folders_above<'f>(file: &'f Utf8Path, root: &Utf8Path) -> impl Iterator<Item = &'f Utf8Path> {
    let mut ends = false;
    file.ancestors().skip(1).map_while(move |folder| {
        let is_in = !ends;
        ends = ends || folder == root || folder.join(".git").exists();
        is_in.then_some(folder)
    })
}

fn once<T: ?Sized>(known: &OfFolders<T>, folder: &Utf8Path, find: impl FnOnce() -> Rc<T>) -> Rc<T> {
    if let Some(known) = known.borrow().get(folder) {
        return known.clone();
    }
    let found = find();
    known.borrow_mut().insert(folder.to_owned(), found.clone());
    found
}

/// What a script says of a package in its own metadata: `# /// script`, as PEP 723 has it.
#[must_use]
pub fn required_by_script(text: &str, file: &Utf8Path, package: &str) -> Option<Required> {
    let metadata = script_metadata(text)?;
    let mut found: Option<Limits> = None;
    each_requirement(&metadata, DEPTH, &mut |required| {
        if required.is_of(package) {
            found = found.max(limited(required.specifier));
        }
    });
    found.map(|limits| limits.said_in(file.to_owned()))
}

/// The names of all packages in a script's own metadata, as [`packages`] has them; nothing where it has none.
#[must_use]
pub fn packages_of_script(text: &str) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    each_requirement(&script_metadata(text)?, DEPTH, &mut |required| found.extend(required.names()));
    Some(found)
}

fn script_metadata(text: &str) -> Option<Value> {
    let mut lines = text.lines().skip_while(|line| line.trim_end() != "# /// script").skip(1);
    let block = lines.by_ref().map_while(|line| {
        let inner = line.strip_prefix('#')?;
        (inner.trim() != "///").then(|| inner.strip_prefix(' ').unwrap_or(inner))
    });
    block.collect::<Vec<_>>().join("\n").parse().ok().filter(|table: &toml::Table| !table.is_empty()).map(Value::Table)
}

/// The names of the packages of which a folder's files speak, as [`normalised`] gives them.
pub(super) fn packages_in_folder(folder: &Utf8Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in LOCKS {
        let text = read(&folder.join(name)).unwrap_or_default();
        found.extend(text.lines().filter_map(|line| value_of(line, "name")).map(normalised));
    }
    for path in requirement_files(folder) {
        let text = read(&path).unwrap_or_default();
        found.extend(
            text.lines().filter_map(Requirement::parse).flat_map(|required| required.names().collect::<Vec<_>>()),
        );
    }
    if let Some(project) = pyproject(folder) {
        each_requirement(&project, DEPTH, &mut |required| found.extend(required.names()));
    }
    found
}

const LOCKS: [&str; 3] = ["uv.lock", "poetry.lock", "pdm.lock"];

fn in_folder(folder: &Utf8Path, package: &str) -> Vec<Required> {
    let mut found = Vec::new();
    for name in LOCKS {
        let path = folder.join(name);
        let version = read(&path).and_then(|text| locked(&text, package));
        found.extend(version.map(|version| Required { version, is_exact: true, below: None, file: path }));
    }
    let mut bounds: Vec<Required> = Vec::new();
    for path in requirement_files(folder) {
        let text = read(&path).unwrap_or_default();
        let of_package = text.lines().filter_map(Requirement::parse).filter(|required| required.is_of(package));
        let limits = of_package.filter_map(|required| limited(required.specifier));
        bounds.extend(limits.map(|limits| limits.said_in(path.clone())));
    }
    if let Some(project) = pyproject(folder) {
        let mut specifiers = Vec::new();
        each_requirement(&project, DEPTH, &mut |required| {
            if required.is_of(package) {
                specifiers.extend(limited(required.specifier));
            }
        });
        let file = folder.join("pyproject.toml");
        // Of several groups, the one that allows the least.
        bounds.extend(specifiers.into_iter().max().map(|limits| limits.said_in(file)));
    }
    bounds.sort_by_key(|bound| !bound.is_exact);
    found.extend(bounds);
    found
}

fn read(path: &Utf8Path) -> Option<String> {
    let bytes = super::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// `requirements.txt` and its like, in the order of their names.
fn requirement_files(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Ok(entries) = folder.read_dir_utf8() else { return Vec::new() };
    let is_such = |name: &str| name.starts_with("requirements") && name.ends_with(".txt");
    let mut found: Vec<Utf8PathBuf> =
        entries.flatten().filter(|entry| is_such(entry.file_name())).map(|entry| entry.path().to_owned()).collect();
    found.sort();
    found
}

/// The lowest version of a package in a lock: forks for other platforms may have others.
fn locked(text: &str, package: &str) -> Option<Version> {
    let mut name = "";
    let mut lowest: Option<Version> = None;
    for line in text.lines() {
        if line.trim() == "[[package]]" {
            name = "";
        } else if let Some(found) = value_of(line, "name") {
            name = found;
        } else if let Some(found) = value_of(line, "version").filter(|_| normalised(name) == package)
            && let Some(version) = Version::parse(found)
        {
            lowest = Some(lowest.map_or(version, |lowest| lowest.min(version)));
            name = "";
        }
    }
    lowest
}

/// The string that a line of TOML gives a key: `name = "temporalio"`.
fn value_of<'t>(line: &'t str, key: &str) -> Option<&'t str> {
    let rest = line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim_start();
    rest.strip_prefix('"')?.split('"').next()
}

/// What a requirement says: `temporalio[opentelemetry] >= 1.18 ; …`.
struct Requirement<'t> {
    name: &'t str,
    extras: Vec<&'t str>,
    /// What it says of versions.
    specifier: &'t str,
}

impl<'t> Requirement<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let text = text.split(['#', ';']).next().unwrap_or("").trim();
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let (name, rest) = text.split_at(text.find(|c| !is_of_name(c)).unwrap_or(text.len()));
        if name.is_empty() || name.starts_with('-') {
            return None;
        }
        let rest = rest.trim_start();
        let (extras, specifier) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']').unwrap_or_default(),
            None => ("", rest),
        };
        let extras = extras.split(',').map(str::trim).filter(|extra| !extra.is_empty()).collect();
        Some(Self { name, extras, specifier: specifier.trim() })
    }

    fn is_of(&self, package: &str) -> bool {
        normalised(self.name) == package
    }

    /// The package and each of its extras: `temporalio`, `temporalio[opentelemetry]`.
    fn names(&self) -> impl Iterator<Item = String> {
        let name = normalised(self.name);
        let with_extra = |extra: &&str| format!("{}[{}]", normalised(self.name), normalised(extra));
        std::iter::once(name).chain(self.extras.iter().map(with_extra))
    }
}

/// What a specifier says of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Limits {
    /// The version that it names, or the lowest that it allows.
    version: Version,
    /// Whether it allows no other.
    is_exact: bool,
    /// The first version that is too new, where it says so.
    below: Option<Version>,
}

impl Limits {
    fn said_in(self, file: Utf8PathBuf) -> Required {
        let Self { version, is_exact, below } = self;
        Required { version, is_exact, below, file }
    }
}

/// What a specifier says of versions: `==1.18.0`, `>=1.10,<2`, `^1.10`, `~=1.18`; nothing where it names no least one.
fn limited(specifier: &str) -> Option<Limits> {
    let mut bound: Option<(Version, bool)> = None;
    let mut below: Option<Version> = None;
    for part in specifier.trim_matches(['(', ')']).split(',').map(str::trim) {
        if let Some(end) = ended(part) {
            below = Some(below.map_or(end, |known| known.min(end)));
        }
        let (version, is_exact) = if let Some(version) = part.strip_prefix("===").or_else(|| part.strip_prefix("==")) {
            (version, !version.contains('*'))
        } else if let Some(version) =
            [">=", "~=", "^", "~", ">"].iter().find_map(|operator| part.strip_prefix(operator))
        {
            (version, false)
        } else if part.starts_with(|c: char| c.is_ascii_digit()) {
            (part, !part.contains('*'))
        } else {
            continue;
        };
        let found = Version::parse(version).map(|version| (version, is_exact));
        bound = bound.max(found);
    }
    bound.map(|(version, is_exact)| Limits { version, is_exact, below })
}

/// The first version that is too new for a part of a specifier: `<2`, `~=1.18.0`, `^1.10`, `==1.18.*`.
fn ended(part: &str) -> Option<Version> {
    let next = |version: &str, parts: usize| {
        let Version(major, minor, _) = Version::parse(version)?;
        Some(if parts < 2 { Version(major + 1, 0, 0) } else { Version(major, minor + 1, 0) })
    };
    let parts = |version: &str| version.trim().split('.').filter(|part| *part != "*").count();
    if let Some(version) = part.strip_prefix("<=") {
        let Version(major, minor, patch) = Version::parse(version)?;
        return Some(Version(major, minor, patch + 1));
    }
    if let Some(version) = part.strip_prefix('<') {
        return Version::parse(version);
    }
    if let Some(version) = part.strip_prefix("~=") {
        return next(version, parts(version) - 1);
    }
    if let Some(version) = part.strip_prefix('~') {
        return next(version, parts(version).min(2));
    }
    if let Some(version) = part.strip_prefix('^') {
        return next(version, 1);
    }
    let version = part.strip_prefix("==").unwrap_or(part);
    let is_of_many = version.contains('*') && version.starts_with(|c: char| c.is_ascii_digit());
    if is_of_many { next(version, parts(version).min(2)) } else { None }
}

/// A package's name as registries compare it.
pub(super) fn normalised(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// The oldest Python that some files run on. Where nobody states it, the projects around them are read when it is first asked for:
/// few programs ask.
#[derive(Clone)]
pub struct OldestPython(Arc<LazyPython>);

struct LazyPython {
    /// A file of each folder.
    files: Vec<Utf8PathBuf>,
    root: Utf8PathBuf,
    /// What it is where a project says nothing.
    otherwise: PythonVersion,
    found: OnceLock<PythonVersion>,
}

impl OldestPython {
    /// This one.
    #[must_use]
    pub fn stated(version: PythonVersion) -> Self {
        let (files, root) = (Vec::new(), Utf8PathBuf::new());
        Self(Arc::new(LazyPython { files, root, otherwise: version, found: OnceLock::from(version) }))
    }

    /// What the projects around some files allow, or another where one of them says nothing.
    pub fn of_projects<'f>(
        files: impl Iterator<Item = &'f Utf8Path>,
        root: &Utf8Path,
        otherwise: PythonVersion,
    ) -> Self {
        let mut folders: BTreeSet<&Utf8Path> = BTreeSet::new();
        let files = files.filter(|file| file.parent().is_some_and(|folder| folders.insert(folder)));
        let files = files.map(Utf8Path::to_owned).collect();
        Self(Arc::new(LazyPython { files, root: root.to_owned(), otherwise, found: OnceLock::new() }))
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> PythonVersion {
        let LazyPython { files, root, otherwise, found } = &*self.0;
        *found.get_or_init(|| least_python(files, root).unwrap_or(*otherwise))
    }
}

/// The oldest Python that the projects around some files allow: the nearest `pyproject.toml` above each file that says it. Nothing
/// where one of them says nothing.
fn least_python(files: &[Utf8PathBuf], root: &Utf8Path) -> Option<PythonVersion> {
    let mut said: FxHashMap<&Utf8Path, Option<PythonVersion>> = FxHashMap::default();
    let mut least: Option<PythonVersion> = None;
    for file in files {
        let version = folders_above(file, root)
            .find_map(|folder| *said.entry(folder).or_insert_with(|| python_of_project(folder)))?;
        least = Some(least.map_or(version, |least| least.min(version)));
    }
    least
}

/// The oldest Python that the `pyproject.toml` of a folder allows: `requires-python = ">=3.10"`, or Poetry's `python = "^3.11"`.
fn python_of_project(folder: &Utf8Path) -> Option<PythonVersion> {
    let project = pyproject(folder)?;
    let paths: [&[&str]; 2] = [&["project", "requires-python"], &["tool", "poetry", "dependencies", "python"]];
    let said = paths.into_iter().find_map(|path| value_at(&project, path))?;
    let Version(major, minor, _) = limited(said.as_str()?)?.version;
    Some(PythonVersion(u8::try_from(major).ok()?, u8::try_from(minor).ok()?))
}

/// What the project in a folder is required by: the name that `pyproject.toml` gives it, and that of its folder, which is usual
/// where `setup.py` computes the name.
pub(super) fn names_of_project(folder: &Utf8Path) -> Vec<String> {
    let tables: [&[&str]; 2] = [&["project"], &["tool", "poetry"]];
    let project = pyproject(folder);
    let stated = tables.into_iter().filter_map(|path| value_at(project.as_ref()?, path)?.get("name")?.as_str());
    stated.chain(folder.file_name()).map(normalised).collect()
}

/// What a table holds below these keys, one in the other.
fn value_at<'t>(table: &'t Value, path: &[&str]) -> Option<&'t Value> {
    path.iter().try_fold(table, |table, key| table.get(key))
}

fn pyproject(folder: &Utf8Path) -> Option<Value> {
    read(&folder.join("pyproject.toml"))?.parse::<toml::Table>().ok().map(Value::Table)
}

/// The requirements below `dependencies` and the like: strings in lists, or versions by name.
fn each_requirement(value: &Value, depth: usize, look: &mut dyn FnMut(&Requirement<'_>)) {
    let (Value::Table(table), Some(depth)) = (value, depth.checked_sub(1)) else { return };
    for (key, inner) in table {
        let holds = key.ends_with("dependencies") || key == "dependency-groups";
        match inner {
            Value::Array(items) if holds => each_in_list(items, look),
            Value::Table(inner) if holds => inner.iter().for_each(|(name, given)| each_by_name(name, given, look)),
            _ => each_requirement(inner, depth, look),
        }
    }
}

fn each_in_list(items: &[Value], look: &mut dyn FnMut(&Requirement<'_>)) {
    items.iter().filter_map(Value::as_str).filter_map(Requirement::parse).for_each(|required| look(&required));
}

/// `temporalio = "^1.18"`, `temporalio = { version = "^1.18", extras = ["opentelemetry"] }`, `dev = ["temporalio>=1.18"]`.
fn each_by_name(name: &str, given: &Value, look: &mut dyn FnMut(&Requirement<'_>)) {
    match given {
        Value::String(specifier) => look(&Requirement { name, extras: Vec::new(), specifier }),
        Value::Array(items) => each_in_list(items, look),
        Value::Table(options) => {
            let extras = options.get("extras").and_then(Value::as_array).into_iter().flatten();
            let extras = extras.filter_map(Value::as_str).collect();
            look(&Requirement {
                name,
                extras,
                specifier: options.get("version").and_then(Value::as_str).unwrap_or(""),
            });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    fn found(files: &[(&str, &str)]) -> Option<(String, bool)> {
        let folder = folder(files);
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let required = Requirements::of("temporalio").required(&root.join("app/flows.py"), root);
        required.map(|required| (required.version.to_string(), required.is_exact))
    }

    #[test]
    fn the_oldest_python_is_that_of_the_nearest_projects() {
        let least = |files: &[(&str, &str)], asked: &[&str]| {
            let folder = folder(files);
            let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
            let asked: Vec<Utf8PathBuf> = asked.iter().map(|path| root.join(path)).collect();
            least_python(&asked, root)
        };
        let outer = ("pyproject.toml", "[project]\nname = 'app'\nrequires-python = '>=3.11,<4'\n");
        let inner = ("worker/pyproject.toml", "[tool.poetry.dependencies]\npython = '^3.12'\n");
        let silent = ("tools/pyproject.toml", "[tool.black]\nline-length = 100\n");
        assert_eq!(least(&[outer, silent], &["app/flows.py", "tools/a.py"]), Some(PythonVersion(3, 11)));
        assert_eq!(least(&[outer, inner], &["worker/flows.py"]), Some(PythonVersion(3, 12)));
        assert_eq!(least(&[outer, inner], &["worker/flows.py", "app/flows.py"]), Some(PythonVersion(3, 11)));
        assert_eq!(least(&[inner], &["worker/flows.py", "app/flows.py"]), None, "one of the two says nothing");
    }

    fn exact(version: &str) -> Option<(String, bool)> {
        Some((version.to_owned(), true))
    }

    fn at_least(version: &str) -> Option<(String, bool)> {
        Some((version.to_owned(), false))
    }

    #[test]
    fn what_is_too_new_is_told() {
        let below = |specifier: &str| limited(specifier).and_then(|limits| limits.below).map(|below| below.to_string());
        for (specifier, first) in [
            (">=1.10,<2", "2.0.0"),
            (">=1.10,<=1.18.0", "1.18.1"),
            ("~=1.18.0", "1.19.0"),
            ("~=1.18", "2.0.0"),
            ("^1.10", "2.0.0"),
            ("~1.18", "1.19.0"),
            ("==1.18.*", "1.19.0"),
            ("==1.*", "2.0.0"),
            ("^1.10,<1.20", "1.20.0"),
        ] {
            assert_eq!(below(specifier).as_deref(), Some(first), "{specifier}");
        }
        for specifier in [">=1.10", ">1.10", "==1.18.0", "1.18.0", ">=1.10,!=1.12.0"] {
            assert_eq!(below(specifier), None, "{specifier}");
        }
    }

    #[test]
    fn locks_say_which_version_it_is() {
        let lock = "version = 1\n\n[[package]]\nname = \"temporal\"\nversion = \"9.0\"\n\n\
                    [[package]]\nname = \"temporalio\"\nversion = \"1.24.0\"\n";
        for name in LOCKS {
            assert_eq!(found(&[(name, lock)]), exact("1.24.0"), "{name}");
        }
        let forked = format!("{lock}\n[[package]]\nname = \"temporalio\"\nversion = \"1.18.0\"\n");
        assert_eq!(found(&[("uv.lock", &forked)]), exact("1.18.0"), "of several, the lowest");
    }

    #[test]
    fn requirements_pin_or_bound() {
        assert_eq!(
            found(&[("requirements.txt", "temporalio[opentelemetry]==1.20.0 ; python_version > '3.9'\n")]),
            exact("1.20.0")
        );
        assert_eq!(found(&[("requirements-dev.txt", "# temporalio==1.1\ntemporalio >=1.18,<2\n")]), at_least("1.18.0"));
        assert_eq!(found(&[("requirements.txt", "temporalio-openai-agents==1.0\n-r other.txt\n")]), None);
        assert_eq!(found(&[("requirements.txt", "temporalio\n")]), None, "any version is no bound");
        assert_eq!(found(&[("requirements.txt", "temporalio<2\n")]), None);
    }

    #[test]
    fn pyproject_bounds_in_each_of_its_forms() {
        for text in [
            "[project]\ndependencies = [\"temporalio>=1.18\"]\n",
            "[dependency-groups]\nworker = [\"temporalio~=1.18\"]\n",
            "[project.optional-dependencies]\nworker = [\"Temporalio[pydantic] >=1.18,<2\"]\n",
            "[tool.poetry.dependencies]\ntemporalio = \"^1.18\"\n",
            "[tool.poetry.group.dev.dependencies]\ntemporalio = { version = \"^1.18\", extras = [\"opentelemetry\"] }\n",
        ] {
            assert_eq!(found(&[("pyproject.toml", text)]), at_least("1.18.0"), "{text}");
        }
    }

    #[test]
    fn the_nearest_counts_and_a_lock_above_says_more_than_a_bound() {
        let bound = "[project]\ndependencies = [\"temporalio>=1.20\"]\n";
        let lock = |version: &str| format!("[[package]]\nname = \"temporalio\"\nversion = \"{version}\"\n");
        let (new, old) = (lock("1.30.0"), lock("1.19.0"));
        assert_eq!(found(&[("app/pyproject.toml", bound), ("uv.lock", &new)]), exact("1.30.0"));
        assert_eq!(
            found(&[("app/pyproject.toml", bound), ("uv.lock", &old)]),
            at_least("1.20.0"),
            "it is another's lock"
        );
        assert_eq!(found(&[("app/uv.lock", &old), ("uv.lock", &new)]), exact("1.19.0"));
    }

    #[test]
    fn broken_files_say_nothing() {
        assert_eq!(found(&[("pyproject.toml", "[project\ndependencies = [\"temporalio>=1.18\"]")]), None);
        assert_eq!(found(&[("uv.lock", "[[package]]\nname = \"temporalio\"\nversion = \"nightly\"\n")]), None);
        assert_eq!(found(&[("uv.lock", "\u{0}\u{1}name = \"temporalio\"")]), None);
        assert_eq!(found(&[("requirements.txt", "==1.0\n>>>\n[extra]\ntemporalio[broken==1.18.0\n")]), None);
        let folder = folder(&[("app/x", "")]);
        fs::create_dir_all(folder.path().join("uv.lock")).expect("a folder where a file belongs");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        assert_eq!(Requirements::of("temporalio").required(&root.join("app/flows.py"), root), None);
    }

    #[test]
    fn a_script_says_it_itself() {
        let script = "#!/usr/bin/env python\n# /// script\n# dependencies = [\n#   \"temporalio==1.24.0\",\n# ]\n# ///\nimport x\n";
        let found = required_by_script(script, Utf8Path::new("run.py"), "temporalio");
        assert_eq!(found.map(|found| (found.version, found.is_exact)), Some((Version(1, 24, 0), true)));
        assert_eq!(required_by_script("import x\n", Utf8Path::new("run.py"), "temporalio"), None);
        assert_eq!(
            required_by_script("# /// script\n# dependencies = [\n", Utf8Path::new("run.py"), "temporalio"),
            None
        );
    }

    #[test]
    fn all_packages_are_named_alike() {
        let folder = folder(&[
            ("uv.lock", "[[package]]\nname = \"temporalio-openai-agents\"\n"),
            ("pyproject.toml", "[project]\ndependencies = [\"Temporalio_Strands[aws, Mcp_x]>=1\"]\n"),
            ("requirements.txt", "pydantic\n"),
        ]);
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let names: Vec<String> = packages_in_folder(root).into_iter().collect();
        assert_eq!(
            names,
            [
                "pydantic",
                "temporalio-openai-agents",
                "temporalio-strands",
                "temporalio-strands[aws]",
                "temporalio-strands[mcp-x]",
            ]
        );
    }
}
