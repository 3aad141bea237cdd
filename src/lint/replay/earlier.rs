//! The version before: a folder, or a revision of a repository.
//!
//! Knows: how files are taken out of git's objects; the work tree and the index are not touched. Does not know: what is in
//! the files.
//!
//! A revision's Python files and what configures the analysis are put into a folder of their own, which goes when the check
//! is done.

use std::io::{BufRead, Read, Write};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::super::git::{Git, GitError};
use super::EarlierError;

/// Files besides those of Python that say how a project is laid out.
const LAYOUT: [&str; 4] = ["pyproject.toml", "temporal-py-lint.toml", "setup.py", "setup.cfg"];

/// A version before, on disk.
#[derive(Debug)]
pub struct Tree {
    /// The folder that stands for `now`.
    pub folder: Utf8PathBuf,
    /// The folder of the version now that it is compared with.
    pub now: Utf8PathBuf,
    is_ours: bool,
}

impl Tree {
    /// What stands for a path of the version now; nothing where there was no such file or folder.
    #[must_use]
    pub fn before(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let path = self.folder.join(path.strip_prefix(&self.now).ok()?);
        path.exists().then_some(path)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A folder as the version before of another.
#[must_use]
pub fn of_folder(folder: &Utf8Path, now: &Utf8Path) -> Tree {
    Tree { folder: folder.to_owned(), now: now.to_owned(), is_ours: false }
}

/// The files of a revision of the repository around a folder.
///
/// # Errors
///
/// Where there is no git, no repository or no such revision, or where the files cannot be written.
pub fn at_revision(around: &Utf8Path, revision: &str) -> Result<Tree, EarlierError> {
    let folder = if around.is_dir() { around } else { around.parent().unwrap_or(around) };
    let git = Git::around(folder).map_err(|error| match error {
        GitError::NoGit => EarlierError::new("`git` cannot be run", "install it, or compare with `--baseline FILE`"),
        _ => EarlierError::new(
            format!("`{folder}` is in no git repository"),
            "check a folder of a repository, or compare with `--baseline FILE`",
        ),
    })?;
    let commit = git.commit(revision).ok_or_else(|| unknown(&git, revision))?;
    let failed = |what: &str| {
        EarlierError::new(format!("`{revision}` cannot be read: {what}"), "see whether `git fsck` finds anything")
    };
    let listed = git.tree(&commit).map_err(|_| failed("its files cannot be listed"))?;
    let wanted: Vec<(String, Utf8PathBuf)> = listed.split(|byte| *byte == 0).filter_map(wanted).collect();
    let tree = Tree { folder: fresh_folder(&commit)?, now: git.top.clone(), is_ours: true };
    let ask: Vec<u8> = wanted.iter().flat_map(|(object, _)| format!("{object}\n").into_bytes()).collect();
    let told = git.objects(&ask).map_err(|_| failed("its objects are not there"))?;
    let mut told = told.as_slice();
    for (object, path) in wanted {
        let bytes = blob(&mut told).ok_or_else(|| failed(&format!("`{path}` ({object}) is missing")))?;
        write(&tree.folder.join(&path), &bytes).map_err(|error| unwritten(&error))?;
    }
    // It is a repository's root, whatever lies above.
    std::fs::create_dir_all(tree.folder.join(".git")).map_err(|error| unwritten(&error))?;
    Ok(tree)
}

fn unknown(git: &Git, revision: &str) -> EarlierError {
    let message = format!("`{revision}` is no revision of this repository");
    let help = match git.is_shallow() {
        true => "this clone is shallow: run `git fetch --unshallow`, or set `fetch-depth: 0` where it is checked out",
        false => "name a branch, a tag or a commit, such as `origin/main`, and fetch it first where it is not there",
    };
    EarlierError::new(message, help)
}

/// An entry of a tree that is wanted: its object and path.
fn wanted(entry: &[u8]) -> Option<(String, Utf8PathBuf)> {
    let entry = std::str::from_utf8(entry).ok()?;
    let (head, path) = entry.split_once('\t')?;
    let mut head = head.split(' ');
    let is_file = head.next()?.starts_with("100");
    let is_blob = head.next()? == "blob";
    let path = Utf8Path::new(path);
    let is_wanted =
        matches!(path.extension(), Some("py" | "pyi")) || path.file_name().is_some_and(|name| LAYOUT.contains(&name));
    let is_below = path.components().all(|part| matches!(part, Utf8Component::Normal(_)));
    (is_file && is_blob && is_wanted && is_below).then_some(())?;
    Some((head.next()?.to_owned(), path.to_owned()))
}

/// The next object of what `cat-file --batch` tells.
fn blob(told: &mut &[u8]) -> Option<Vec<u8>> {
    let mut head = String::new();
    told.read_line(&mut head).ok()?;
    let mut words = head.trim_end().split(' ').skip(1);
    (words.next()? == "blob").then_some(())?;
    let size: usize = words.next()?.parse().ok()?;
    let mut bytes = vec![0; size];
    told.read_exact(&mut bytes).ok()?;
    told.read_exact(&mut [0]).ok()?;
    Some(bytes)
}

fn fresh_folder(commit: &str) -> Result<Utf8PathBuf, EarlierError> {
    let parent = Utf8PathBuf::from_path_buf(std::env::temp_dir())
        .map_err(|path| EarlierError::new(format!("`{}` is no UTF-8", path.display()), "set `TMPDIR`"))?;
    let parent = parent.canonicalize_utf8().unwrap_or(parent);
    let short = commit.get(..12).unwrap_or(commit);
    for attempt in 0..100 {
        let folder = parent.join(format!("temporal-py-lint-{short}-{}-{attempt}", std::process::id()));
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unwritten(&error)),
        }
    }
    Err(EarlierError::new("no folder could be made for the version before", "clear the folder for temporary files"))
}

fn write(path: &Utf8Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::File::create_new(path)?.write_all(bytes)
}

fn unwritten(error: &std::io::Error) -> EarlierError {
    EarlierError::new(
        format!("the version before cannot be written to the folder for temporary files: {error}"),
        "set `TMPDIR` to a folder with room",
    )
}
