//! Which Python files lie below some paths.
//!
//! Knows: ignore files, exclusions, environments, links, and what cannot be read. Does not know: what is in the files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use ignore::gitignore::Gitignore;
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::read::{Unreadable, irregular, lower_first};

/// Folders that hold no source of the project. Hidden ones, such as `.tox`, are skipped as such.
const SKIPPED: [&str; 5] = ["node_modules", "__pycache__", "__pypackages__", "site-packages", "dist-packages"];
/// What `python -m venv` and virtualenv leave in the folder of an environment.
const ENVIRONMENT_MARK: &str = "pyvenv.cfg";

/// The files of a run.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Absolute paths, sorted, each once.
    pub files: Vec<Utf8PathBuf>,
    /// What could not be looked at, sorted by path.
    pub problems: Vec<Unreadable>,
}

/// What is left out besides what ignore files leave out.
pub trait Exclude: Send + Sync {
    /// Whether a walk leaves out a file or a folder with all that is in it.
    fn leaves_out(&self, path: &Utf8Path, is_folder: bool) -> bool;

    /// Whether a file or a folder is left out although it was named.
    fn leaves_out_named(&self, path: &Utf8Path, is_folder: bool) -> bool;
}

/// The Python files below `paths`: `.py` and `.pyi`, without what `.gitignore`, `.ignore` and `exclude` leave out,
/// hidden and skipped folders, and virtual environments. A file that is itself among `paths` is taken whatever its name
/// and whatever an ignore file says of it, unless `exclude` leaves it out. Links to folders are not followed; links to
/// files are files.
///
/// Ignore files count from `root` on. `threads` is how many walk; `None` for one a core.
#[must_use]
pub fn discover(
    paths: &[Utf8PathBuf],
    exclude: &Arc<dyn Exclude>,
    root: &Utf8Path,
    threads: Option<usize>,
) -> Discovery {
    let mut found = Found::default();
    for path in paths {
        let path = absolute(path);
        match std::fs::metadata(&path) {
            Ok(metadata) if exclude.leaves_out_named(&path, metadata.is_dir()) => {}
            Ok(metadata) if metadata.is_dir() => {
                let strange = strange_above(&path);
                match strange.is_empty() {
                    true => walk(&path, root, exclude, threads, &mut found),
                    false => found.problems.extend(strange),
                }
            }
            Ok(_) => {
                found.files.insert(path);
            }
            Err(problem) => {
                found.problems.insert(Unreadable::io(path.as_std_path(), &problem));
            }
        }
    }
    Discovery { files: found.files.into_iter().collect(), problems: found.problems.into_iter().collect() }
}

#[derive(Default)]
struct Found {
    files: BTreeSet<Utf8PathBuf>,
    problems: BTreeSet<Unreadable>,
}

/// Absolute, without `.`; `..` is resolved on disk, since it need not undo the name before it where that is a link.
fn absolute(path: &Utf8Path) -> Utf8PathBuf {
    let climbs = path.components().any(|part| part.as_str() == "..");
    let resolved = climbs.then(|| path.canonicalize_utf8().ok()).flatten();
    resolved.or_else(|| camino::absolute_utf8(path).ok()).unwrap_or_else(|| path.to_owned())
}

fn walk(folder: &Utf8Path, root: &Utf8Path, exclude: &Arc<dyn Exclude>, threads: Option<usize>, found: &mut Found) {
    // Within a repository its own top is where ignore files begin to count. Elsewhere the project's root is: a
    // `.gitignore` above it, in a home folder say, is not about this project.
    let in_repository = folder.ancestors().any(|above| above.join(".git").exists());
    let above = if in_repository { Vec::new() } else { ignore_files_above(folder, root) };
    let problems: Arc<Mutex<BTreeSet<Unreadable>>> = Arc::default();
    let filter = Filter { exclude: Arc::clone(exclude), above, problems: Arc::clone(&problems) };
    let start = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.into());
    let is_link = folder.is_symlink();
    let mut builder = WalkBuilder::new(if is_link { start.as_path() } else { folder.as_std_path() });
    builder.require_git(in_repository).parents(in_repository).follow_links(false);
    // More than there are cores find nothing sooner, and a thread that gets no memory at its start ends the process.
    let threads = threads.map_or_else(cores, |asked| asked.min(cores()));
    builder.threads(threads).filter_entry(move |entry| filter.keeps(entry));
    let (sender, receiver) = channel();
    if threads > 1 && can_start(threads) {
        builder.build_parallel().run(|| {
            let sender = sender.clone();
            Box::new(move |entry| {
                visit(entry, &sender);
                WalkState::Continue
            })
        });
    } else {
        builder.build().for_each(|entry| visit(entry, &sender));
    }
    drop(sender);
    found.problems.extend(problems.lock().map(|mut problems| std::mem::take(&mut *problems)).unwrap_or_default());
    for outcome in receiver {
        match outcome.map(|path| if is_link { as_named(path, &start, folder) } else { path }) {
            Ok(path) => found.files.insert(path),
            Err(problem) => found.problems.insert(problem),
        };
    }
}

/// How many threads the machine runs at once; 1 where it does not tell.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What a thread may take of the address space once it runs: its stack, and a part for what it allocates (glibc looks for
/// 128 MB in which 64 MB lie as it wants them).
const THREAD_ROOM: usize = 130 * 1024 * 1024;

/// Whether the system gives so many threads at once. The walker takes it for granted, and waits forever for those that
/// did not start; where one takes what the next needs for its start, that is too late to see.
fn can_start(threads: usize) -> bool {
    if Vec::<u8>::new().try_reserve_exact(threads * THREAD_ROOM).is_err() {
        return false;
    }
    let (hold, held) = channel::<()>();
    let held = std::sync::Mutex::new(held);
    // Each waits until all have started, or until one has not.
    let wait = || _ = held.lock().map(|held| held.recv());
    std::thread::scope(|scope| {
        let started = (0..threads).all(|_| std::thread::Builder::new().spawn_scoped(scope, wait).is_ok());
        drop(hold);
        started
    })
}

/// The path below the link that was named, not below what the link leads to.
fn as_named(path: Utf8PathBuf, start: &Path, folder: &Utf8Path) -> Utf8PathBuf {
    match path.strip_prefix(start) {
        Ok(rest) => folder.join(rest),
        Err(_) => path,
    }
}

/// Files that say what is left out.
const IGNORE_FILES: [&str; 2] = [".gitignore", ".ignore"];

/// What stands in the place of an ignore file in a folder and can be waited for, or read, without end: the walker would.
fn strange_in(folder: &Path) -> impl Iterator<Item = Unreadable> {
    let names = IGNORE_FILES.into_iter().chain([".git/info/exclude"]);
    let paths: Vec<PathBuf> = names.map(|name| folder.join(name)).collect();
    paths.into_iter().filter_map(|path| {
        let kind = irregular(&std::fs::metadata(&path).ok()?).filter(|kind| *kind != "folder")?;
        Some(Unreadable::new(
            &path,
            format!("is a {kind}, not a file"),
            "remove it: nothing below its folder was checked",
        ))
    })
}

fn strange_above(folder: &Utf8Path) -> Vec<Unreadable> {
    folder.ancestors().flat_map(|above| strange_in(above.as_std_path())).collect()
}

fn ignore_files_above(folder: &Utf8Path, root: &Utf8Path) -> Vec<Gitignore> {
    let above = folder.ancestors().skip(1).take_while(|above| above.starts_with(root));
    above
        .flat_map(|above| IGNORE_FILES.map(|name| above.join(name)))
        .filter(|file| file.is_file())
        .map(|file| Gitignore::new(file).0)
        .collect()
}

/// What is left out besides what the walker itself leaves out.
struct Filter {
    exclude: Arc<dyn Exclude>,
    above: Vec<Gitignore>,
    /// Folders that cannot be walked.
    problems: Arc<Mutex<BTreeSet<Unreadable>>>,
}

impl Filter {
    fn keeps(&self, entry: &DirEntry) -> bool {
        if entry.depth() == 0 {
            return true;
        }
        let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
        let ignored = |ignore: &Gitignore| ignore.matched(entry.path(), is_dir).is_ignore();
        let excluded = || Utf8Path::from_path(entry.path()).is_some_and(|path| self.exclude.leaves_out(path, is_dir));
        let is_strange = || match is_dir.then(|| strange_in(entry.path()).next()).flatten() {
            Some(problem) => self.problems.lock().is_ok_and(|mut problems| problems.insert(problem)),
            None => false,
        };
        !(is_dir && is_skipped(entry.path()) || self.above.iter().any(ignored) || excluded() || is_strange())
    }
}

fn is_skipped(folder: &Path) -> bool {
    let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    SKIPPED.contains(&&*name) || name.ends_with(".egg-info") || folder.join(ENVIRONMENT_MARK).exists()
}

fn visit(entry: Result<DirEntry, ignore::Error>, found: &Sender<Result<Utf8PathBuf, Unreadable>>) {
    let outcome = match entry {
        Ok(entry) => entry_outcome(&entry),
        Err(problem) => Some(Err(walk_problem(&problem))),
    };
    if let Some(outcome) = outcome {
        // The receiver outlives the walk.
        let _ = found.send(outcome);
    }
}

fn entry_outcome(entry: &DirEntry) -> Option<Result<Utf8PathBuf, Unreadable>> {
    let path = entry.path();
    let kind = entry.file_type()?;
    let is_python = path.extension().is_some_and(|ending| ending == "py" || ending == "pyi");
    let is_file = || kind.is_file() || kind.is_symlink() && std::fs::metadata(path).is_ok_and(|m| m.is_file());
    if kind.is_dir() || !is_python || !is_file() {
        return None;
    }
    Some(Utf8PathBuf::from_path_buf(path.to_owned()).map_err(|path: PathBuf| {
        Unreadable::new(&path, "the path is not valid UTF-8", "rename the file or folder: Python cannot import it")
    }))
}

fn walk_problem(problem: &ignore::Error) -> Unreadable {
    let path = path_of(problem).unwrap_or(Path::new(""));
    match problem.io_error() {
        Some(io) => Unreadable::io(path, io),
        None => Unreadable::new(path, lower_first(&problem.to_string()), "make it readable, or exclude it"),
    }
}

fn path_of(problem: &ignore::Error) -> Option<&Path> {
    match problem {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::Partial(problems) => problems.iter().find_map(path_of),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Patterns;
    use super::*;

    impl Exclude for Patterns {
        fn leaves_out(&self, path: &Utf8Path, is_folder: bool) -> bool {
            self.matches(path, is_folder)
        }

        fn leaves_out_named(&self, path: &Utf8Path, is_folder: bool) -> bool {
            self.cover(path, is_folder)
        }
    }

    struct Tree {
        _folder: tempfile::TempDir,
        root: Utf8PathBuf,
    }

    impl Tree {
        fn new(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let root = Utf8PathBuf::from_path_buf(folder.path().canonicalize().expect("exists")).expect("UTF-8");
            let root = root.join("project");
            std::fs::create_dir(&root).expect("new");
            for (name, content) in files {
                let path = root.join(name);
                std::fs::create_dir_all(path.parent().expect("below root")).expect("folder");
                std::fs::write(path, content).expect("written");
            }
            Self { _folder: folder, root }
        }

        fn discover(&self, paths: &[&str], exclude: &[&str]) -> Discovery {
            let paths: Vec<_> = paths.iter().map(|path| self.root.join(path)).collect();
            let exclude: Arc<dyn Exclude> = Arc::new(Patterns::new(&self.root, exclude).expect("patterns"));
            discover(&paths, &exclude, &self.root, Some(2))
        }

        fn files(&self, paths: &[&str], exclude: &[&str]) -> Vec<String> {
            let discovery = self.discover(paths, exclude);
            assert_eq!(discovery.problems, []);
            let relative = |path: &Utf8PathBuf| path.strip_prefix(&self.root).unwrap_or(path).to_string();
            discovery.files.iter().map(relative).collect()
        }
    }

    #[test]
    fn python_files_are_found_once_and_sorted() {
        let tree = Tree::new(&[("b.py", ""), ("a/z.pyi", ""), ("a/c.txt", ""), ("a/d.pyc", ""), (".hidden/e.py", "")]);
        assert_eq!(tree.files(&[""], &[]), ["a/z.pyi", "b.py"]);
        assert_eq!(tree.files(&["", "a", "a/../b.py", "./b.py", "b.py"], &[]), ["a/z.pyi", "b.py"]);
    }

    #[test]
    fn named_files_are_taken_whatever_they_are_called_and_whoever_ignores_them() {
        let tree = Tree::new(&[(".gitignore", "*.py\n"), ("a.py", ""), ("script", ""), (".venv/b.py", "")]);
        assert_eq!(tree.files(&["script", "a.py", ".venv/b.py"], &["b"]), [".venv/b.py", "a.py", "script"]);
        assert_eq!(tree.files(&["script", "a.py", ".venv/b.py"], &["script", ".venv/"]), ["a.py"]);
        assert!(tree.files(&[""], &[]).is_empty());
    }

    #[test]
    fn ignore_files_count_without_a_repository_and_below_their_folder() {
        let tree = Tree::new(&[
            (".gitignore", "build/\n/gen.py\n"),
            ("sub/.ignore", "local.py\n"),
            ("build/a.py", ""),
            ("gen.py", ""),
            ("sub/gen.py", ""),
            ("sub/local.py", ""),
            ("sub/build/b.py", ""),
            ("local.py", ""),
        ]);
        assert_eq!(tree.files(&[""], &[]), ["local.py", "sub/gen.py"]);
        assert_eq!(tree.files(&["sub"], &[]), ["sub/gen.py"]);
    }

    #[test]
    fn ignore_files_above_the_project_do_not_count() {
        let tree = Tree::new(&[("a.py", ""), ("sub/b.py", "")]);
        std::fs::write(tree.root.join("../.gitignore"), "*\n").expect("written");
        assert_eq!(tree.files(&[""], &[]), ["a.py", "sub/b.py"]);
        std::fs::create_dir(tree.root.join(".git")).expect("new");
        assert_eq!(tree.files(&["", "sub"], &[]), ["a.py", "sub/b.py"]);
    }

    #[test]
    fn a_repository_counts_from_its_top() {
        let tree = Tree::new(&[(".git/HEAD", ""), (".gitignore", "gen.py\n"), ("sub/gen.py", ""), ("sub/a.py", "")]);
        assert_eq!(tree.files(&["sub"], &[]), ["sub/a.py"]);
    }

    #[test]
    fn environments_and_caches_are_skipped() {
        let tree = Tree::new(&[
            ("env/pyvenv.cfg", ""),
            ("env/lib/a.py", ""),
            ("venv/a.py", ""),
            ("my-environment/pyvenv.cfg", ""),
            ("my-environment/a.py", ""),
            ("node_modules/a.py", ""),
            ("__pycache__/a.py", ""),
            ("lib/site-packages/a.py", ""),
            ("x.egg-info/a.py", ""),
            (".tox/a.py", ""),
        ]);
        assert_eq!(tree.files(&[""], &[]), ["venv/a.py"]);
        assert_eq!(tree.files(&["env"], &[]), ["env/lib/a.py"]);
    }

    #[test]
    fn exclude_takes_patterns_relative_to_the_root() {
        let tree = Tree::new(&[("a.py", ""), ("old/a.py", ""), ("src/old/b.py", ""), ("src/x_pb2.py", "")]);
        assert_eq!(tree.files(&[""], &["/old", "*_pb2.py"]), ["a.py", "src/old/b.py"]);
        assert_eq!(tree.files(&["src"], &["old"]), ["src/x_pb2.py"]);
        assert_eq!(tree.files(&[""], &["**/*.py", "!/a.py"]), ["a.py"]);
        assert!(tree.files(&["old"], &["/old/"]).is_empty());
    }

    #[test]
    fn what_does_not_exist_is_a_problem() {
        let tree = Tree::new(&[("a.py", "")]);
        let discovery = tree.discover(&["a.py", "nowhere.py"], &[]);
        assert_eq!(discovery.files, [tree.root.join("a.py")]);
        assert_eq!(discovery.problems[0].path, tree.root.join("nowhere.py"));
        assert_eq!(discovery.problems[0].message, "no such file or folder");
    }

    #[cfg(unix)]
    #[test]
    fn links_to_files_are_files_and_links_to_folders_are_not_followed() {
        use std::os::unix::fs::symlink;
        let tree = Tree::new(&[("real/a.py", "")]);
        symlink(tree.root.join("real/a.py"), tree.root.join("link.py")).expect("linked");
        symlink(tree.root.join("nowhere"), tree.root.join("broken.py")).expect("linked");
        symlink(&tree.root, tree.root.join("real/loop")).expect("linked");
        symlink(tree.root.join("real"), tree.root.join("folder.py")).expect("linked");
        assert_eq!(tree.files(&[""], &[]), ["link.py", "real/a.py"]);
        assert_eq!(tree.files(&["folder.py"], &[]), ["folder.py/a.py"]);
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_utf8_are_problems() {
        use std::os::unix::ffi::OsStrExt;
        let tree = Tree::new(&[("a.py", "")]);
        let name = std::ffi::OsStr::from_bytes(b"b\xff.py");
        if std::fs::write(tree.root.as_std_path().join(name), "").is_err() {
            return; // the file system has UTF-8 names alone
        }
        let discovery = tree.discover(&[""], &[]);
        assert_eq!((discovery.files.len(), discovery.problems.len()), (1, 1));
        assert_eq!(discovery.problems[0].path, tree.root.join("b\u{fffd}.py"));
    }

    #[test]
    fn folders_that_cannot_be_entered_are_problems() {
        let problem = ignore::Error::WithPath {
            path: "/srv/x".into(),
            err: Box::new(std::io::Error::from(std::io::ErrorKind::PermissionDenied).into()),
        };
        let problem = walk_problem(&ignore::Error::WithDepth { depth: 1, err: Box::new(problem) });
        assert_eq!((problem.path.as_str(), problem.message.as_str()), ("/srv/x", "permission denied"));
    }

    #[cfg(unix)]
    #[test]
    fn an_ignore_file_that_is_a_pipe_or_endless_is_not_waited_for() {
        let tree = Tree::new(&[("a.py", ""), ("sub/b.py", ""), ("sub/deep/c.py", "")]);
        let pipe = tree.root.join("sub/.gitignore");
        let made = std::process::Command::new("mkfifo").arg(pipe.as_str()).status();
        assert!(made.is_ok_and(|status| status.success()));
        let discovery = tree.discover(&[""], &[]);
        assert_eq!(discovery.files, [tree.root.join("a.py")]);
        assert_eq!(
            (&discovery.problems[0].path, &*discovery.problems[0].message),
            (&pipe, "is a named pipe, not a file")
        );
        assert_eq!(tree.discover(&["sub/deep"], &[]).problems[0].path, pipe);
        std::fs::remove_file(&pipe).expect("it is there");
        std::os::unix::fs::symlink("/dev/zero", &pipe).expect("linked");
        assert_eq!(tree.discover(&[""], &[]).problems[0].message, "is a device, not a file");
    }
}
