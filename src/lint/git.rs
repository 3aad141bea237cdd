//! What the version control knows: which files were renamed, and which lines were changed.
//!
//! The program `git` is asked. A repository's own settings could make it run programs of the repository's choice, so
//! those that do are turned off; what it prints is read up to a bound. Knows: how `git` is started, and what it prints.
//! Does not know: what the answers are for.

use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

/// How much of what `git` prints is read, in bytes.
const MOST_READ: u64 = 256 * 1024 * 1024;

/// How much of what `git` complains of is shown, in bytes.
const MOST_SHOWN: u64 = 300;

/// Variables that change what a patch looks like, or which files are meant.
const VARIABLES: [&str; 6] = [
    "GIT_DIFF_OPTS",
    "GIT_EXTERNAL_DIFF",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
];

/// The files that are asked about.
const PYTHON: [&str; 2] = [":(top)*.py", ":(top)*.pyi"];

/// Why `git` has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GitError {
    /// There is no such program.
    NoGit,
    /// It failed with these words.
    Failed(String),
    /// It printed more than is read, or no UTF-8.
    Unreadable,
}

/// The program, and the folder that it is asked about.
#[derive(Debug, Clone)]
pub(super) struct Git {
    folder: Utf8PathBuf,
    /// The top of the repository, as the folder's path has it.
    pub top: Utf8PathBuf,
}

impl Git {
    /// The repository around a folder.
    pub(super) fn around(folder: &Utf8Path) -> Result<Self, GitError> {
        let told = run(folder, &["rev-parse", "--show-toplevel", "--show-prefix"])?;
        let (top, prefix) = told.split_once('\n').unwrap_or((&told, ""));
        let prefix = Utf8Path::new(prefix.trim_end_matches(['\n', '/']));
        // The folder's own path may lead there by a link; those of the files do too.
        let named = folder.ancestors().nth(prefix.components().count());
        let named = named.filter(|named| *prefix == "" || folder.ends_with(prefix) && named.join(".git").exists());
        let top = named.map_or_else(|| top.into(), Utf8Path::to_owned);
        Ok(Self { folder: folder.to_owned(), top })
    }

    fn run(&self, args: &[&str]) -> Result<String, GitError> {
        run(&self.folder, args)
    }

    /// The commit that a revision names, if one does.
    pub(super) fn commit(&self, revision: &str) -> Option<String> {
        let commit = format!("{revision}^{{commit}}");
        let told = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).ok()?;
        Some(told.trim().to_owned()).filter(|commit| !commit.is_empty())
    }

    /// Whether older commits are missing.
    pub(super) fn is_shallow(&self) -> bool {
        self.run(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|told| told.trim() == "true")
    }

    /// The last commit that a commit and the one checked out have in common.
    pub(super) fn common(&self, commit: &str) -> Option<String> {
        let told = self.run(&["merge-base", commit, "HEAD"]).ok()?;
        Some(told.trim().to_owned()).filter(|commit| !commit.is_empty())
    }

    /// The Python files that are under version control, and these ones if they are.
    pub(super) fn tracked(&self, named: &[String]) -> Result<FxHashSet<Utf8PathBuf>, GitError> {
        let named = named.iter().map(String::as_str);
        let args: Vec<&str> = ["ls-files", "-z", "--full-name", "--"].into_iter().chain(PYTHON).chain(named).collect();
        let told = self.run(&args)?;
        Ok(told.split('\0').filter(|path| !path.is_empty()).map(|path| self.top.join(path)).collect())
    }

    /// By path, what differs in the Python files on disk, and in these ones, from a commit.
    pub(super) fn changed(
        &self,
        commit: &str,
        named: &[String],
    ) -> Result<FxHashMap<Utf8PathBuf, Vec<Hunk>>, GitError> {
        let options = ["--no-ext-diff", "--no-textconv", "--no-color", "--text", "--unified=0", "--find-renames"];
        let prefixes = ["--no-relative", "--ignore-submodules=all", "--src-prefix=a/", "--dst-prefix=b/"];
        let args = ["diff"].into_iter().chain(options).chain(prefixes).chain([commit, "--"]).chain(PYTHON);
        let args: Vec<&str> = args.chain(named.iter().map(String::as_str)).collect();
        let found = patch(&self.run(&args)?);
        Ok(found.into_iter().map(|(path, hunks)| (self.top.join(path), hunks)).collect())
    }

    /// The entries of a commit's tree, as `git` prints them, each ended by a zero byte.
    pub(super) fn tree(&self, commit: &str) -> Result<Vec<u8>, GitError> {
        bytes(&self.folder, &["ls-tree", "-r", "-z", "--full-tree", commit], &[])
    }

    /// Objects in the order in which they are named, one a line, each behind a line that tells its kind and size.
    pub(super) fn objects(&self, named: &[u8]) -> Result<Vec<u8>, GitError> {
        if named.is_empty() {
            return Ok(Vec::new());
        }
        bytes(&self.folder, &["cat-file", "--batch"], named)
    }

    /// By their path now, the paths of files before they were renamed since a file was last committed.
    fn renames_since(&self, file: &Utf8Path) -> Option<FxHashMap<Utf8PathBuf, Utf8PathBuf>> {
        let commit = self.run(&["log", "-1", "--format=%H", "--", file.as_str()]).ok()?;
        let commit = commit.trim();
        if commit.is_empty() {
            return None;
        }
        let options = ["--no-ext-diff", "--no-textconv", "-M", "-z", "--name-status", "--diff-filter=R", commit, "--"];
        let told = self.run(&["diff"].into_iter().chain(options).collect::<Vec<_>>()).ok()?;
        let mut parts = told.split('\0');
        let mut found = FxHashMap::default();
        while let (Some(kind), Some(before), Some(now)) = (parts.next(), parts.next(), parts.next()) {
            if kind.starts_with('R') {
                found.insert(self.top.join(now), self.top.join(before));
            }
        }
        Some(found)
    }
}

/// How many files' texts are asked for one by one.
const MOST_TEXTS: usize = 100;

/// Python files around a folder that differ from the last commit, or are not under version control, each with its text in
/// that commit. Nothing where there is no `git`, or no repository.
#[must_use]
pub fn uncommitted(folder: &Utf8Path) -> Vec<(Utf8PathBuf, Option<String>)> {
    let Ok(git) = Git::around(folder) else { return Vec::new() };
    let args = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--"];
    let Ok(status) = git.run(&args.into_iter().chain(PYTHON).collect::<Vec<_>>()) else { return Vec::new() };
    let names = status.split('\0').filter_map(|entry| Some((entry.get(..2)?, entry.get(3..)?)));
    let with_text = |(number, (kind, name)): (usize, (&str, &str))| {
        let is_known = kind != "??" && number < MOST_TEXTS;
        let text = is_known.then(|| git.run(&["cat-file", "blob", &format!("HEAD:{name}")]).ok()).flatten();
        (git.top.join(name), text)
    };
    names.enumerate().map(with_text).collect()
}

/// By their path now, the paths of files before they were renamed since a file was last committed. Nothing where there is
/// no `git`, or no repository.
pub(super) fn renames_since(file: &Utf8Path) -> FxHashMap<Utf8PathBuf, Utf8PathBuf> {
    let git = file.parent().and_then(|folder| Git::around(folder).ok());
    git.and_then(|git| git.renames_since(file)).unwrap_or_default()
}

/// What `git` prints, if it succeeds.
fn run(folder: &Utf8Path, args: &[&str]) -> Result<String, GitError> {
    String::from_utf8(bytes(folder, args, &[])?).or_else(|error| match args.first() {
        // Lines of a patch are those of files in any encoding; of names, those alone count that can be checked at all.
        Some(&"diff" | &"ls-files") => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        _ => Err(GitError::Unreadable),
    })
}

/// What `git` prints when it is given something, if it succeeds.
fn bytes(folder: &Utf8Path, args: &[&str], given: &[u8]) -> Result<Vec<u8>, GitError> {
    let mut command = Command::new("git");
    command.args(["--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]);
    command.args(["-c", "core.quotePath=false", "-C", folder.as_str()]).args(args);
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    VARIABLES.iter().for_each(|name| _ = command.env_remove(name));
    let input = if given.is_empty() { Stdio::null() } else { Stdio::piped() };
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|problem| match problem.kind() {
        io::ErrorKind::NotFound => GitError::NoGit,
        _ => GitError::Failed(problem.to_string()),
    })?;
    let (mut told, mut complaint) = (Vec::new(), Vec::new());
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let read = std::thread::scope(|scope| {
        // It answers while it is still being asked; that it does not listen to the end shows in what it prints.
        scope.spawn(|| input.is_some_and(|mut input| input.write_all(given).is_ok()));
        // Both are read at once: a program waits where a pipe is full.
        scope.spawn(|| {
            let Some(mut errors) = errors else { return };
            let _ = (&mut errors).take(MOST_SHOWN).read_to_end(&mut complaint);
            let _ = io::copy(&mut errors, &mut io::sink());
        });
        let read = output.map(|output| output.take(MOST_READ + 1).read_to_end(&mut told));
        if told.len() as u64 > MOST_READ {
            let _ = child.kill();
        }
        read
    });
    let status = child.wait().map_err(|problem| GitError::Failed(problem.to_string()))?;
    if !matches!(read, Some(Ok(_))) || told.len() as u64 > MOST_READ {
        return Err(GitError::Unreadable);
    }
    if !status.success() {
        let complaint = String::from_utf8_lossy(&complaint);
        return Err(GitError::Failed(complaint.lines().next().unwrap_or_default().trim().to_owned()));
    }
    Ok(told)
}

/// Lines that differ, counted from 1 and ended by line feeds alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hunk {
    /// Lines that are new, or new in this form.
    New(RangeInclusive<usize>),
    /// Lines were taken out behind this one.
    GoneAfter(usize),
}

impl Hunk {
    /// Whether it concerns these lines: what was taken out counts where it stood between two of them.
    pub(super) fn touches(&self, lines: &RangeInclusive<usize>) -> bool {
        match self {
            Self::New(new) => new.start() <= lines.end() && lines.start() <= new.end(),
            Self::GoneAfter(line) => lines.start() <= line && line < lines.end(),
        }
    }

    /// As much of it as lies within lines that now begin behind others, and where that lies.
    pub(super) fn moved(&self, within: &RangeInclusive<usize>, behind: usize) -> Option<Self> {
        let place = |line: usize| line + behind + 1 - within.start();
        match self {
            Self::New(new) => {
                let (first, last) = (*new.start().max(within.start()), *new.end().min(within.end()));
                (first <= last).then(|| Self::New(place(first)..=place(last)))
            }
            Self::GoneAfter(line) => within.contains(line).then(|| Self::GoneAfter(place(*line))),
        }
    }

    /// `@@ -1,2 +3,4 @@`, with how many lines of either side follow.
    fn read(header: &str) -> Option<(Self, usize)> {
        let mut parts = header.strip_prefix("@@ ")?.split(' ');
        let (_, gone) = numbers(parts.next()?.strip_prefix('-')?)?;
        let (first, new) = numbers(parts.next()?.strip_prefix('+')?)?;
        let hunk = if new == 0 { Self::GoneAfter(first) } else { Self::New(first..=first + new - 1) };
        Some((hunk, gone + new))
    }
}

/// `3,4`, or `3` for `3,1`.
fn numbers(text: &str) -> Option<(usize, usize)> {
    let (first, count) = text.split_once(',').unwrap_or((text, "1"));
    Some((first.parse().ok()?, count.parse().ok()?))
}

/// The hunks of each file that a patch without context leaves.
fn patch(text: &str) -> FxHashMap<String, Vec<Hunk>> {
    let mut found: FxHashMap<String, Vec<Hunk>> = FxHashMap::default();
    let mut file: Option<String> = None;
    let mut lines = text.split('\n');
    while let Some(line) = lines.next() {
        if line.starts_with("diff --git ") {
            file = None;
        } else if let Some(name) = line.strip_prefix("+++ ") {
            // Behind a name with spaces `git` writes a tab.
            file = unquoted(name.strip_suffix('\t').unwrap_or(name)).strip_prefix("b/").map(str::to_owned);
        } else if let Some((hunk, mut left)) = Hunk::read(line) {
            // The lines themselves are counted and not read: they may look like anything.
            while left > 0 {
                let Some(line) = lines.next() else { break };
                left -= usize::from(!line.starts_with('\\'));
            }
            if let Some(file) = &file {
                found.entry(file.clone()).or_default().push(hunk);
            }
        }
    }
    found
}

/// A name as `git` writes it where it holds quotes, backslashes or control characters.
fn unquoted(name: &str) -> String {
    let Some(inside) = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return name.to_owned() };
    let mut bytes = Vec::new();
    let mut rest = inside.bytes().peekable();
    while let Some(byte) = rest.next() {
        let escaped = if byte == b'\\' { rest.next() } else { None };
        bytes.push(match escaped {
            None => byte,
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                while let Some(digit) = rest.next_if(|byte| matches!(byte, b'0'..=b'7')) {
                    value = value * 8 + u32::from(digit - b'0');
                }
                u8::try_from(value).unwrap_or(b'?')
            }
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'a') => 7,
            Some(b'b') => 8,
            Some(b'v') => 11,
            Some(b'f') => 12,
            Some(other) => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_read_by_its_counts_and_not_by_what_its_lines_look_like() {
        let text = "diff --git a/x.py b/x.py\nindex 1..2 100644\n--- a/x.py\n+++ b/x.py\n@@ -1 +1,2 @@ def f():\n-a\n\
                    +++ b/other.py\n+@@ -1 +9 @@\n@@ -5,2 +6,0 @@\n-x\n-y\n\\ No newline at end of file\n@@ -9,0 +9 @@\n+z\n\
                    diff --git a/gone.py b/gone.py\n--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
                    diff --git a/a b.py b/a b.py\n--- /dev/null\n+++ b/a b.py\t\n@@ -0,0 +1,3 @@\n+1\n+2\n+3\n\
                    diff --git \"a/q\\\".py\" \"b/q\\\".py\"\n--- /dev/null\n+++ \"b/q\\\"\\303\\251.py\"\n@@ -0,0 +1 @@\n+1\n";
        let found = patch(text);
        assert_eq!(found["x.py"], [Hunk::New(1..=2), Hunk::GoneAfter(6), Hunk::New(9..=9)]);
        assert_eq!(found["a b.py"], [Hunk::New(1..=3)]);
        assert_eq!(found["q\"é.py"], [Hunk::New(1..=1)]);
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn what_is_gone_counts_between_lines_alone() {
        let moved = |hunk: Hunk| hunk.moved(&(3..=9), 12);
        assert_eq!(moved(Hunk::New(1..=4)), Some(Hunk::New(13..=14)));
        assert_eq!((moved(Hunk::New(10..=12)), moved(Hunk::GoneAfter(4))), (None, Some(Hunk::GoneAfter(14))));
        assert!(Hunk::New(3..=4).touches(&(4..=9)) && Hunk::New(3..=4).touches(&(1..=3)));
        assert!(!Hunk::New(3..=4).touches(&(5..=9)));
        assert!(Hunk::GoneAfter(3).touches(&(3..=4)));
        assert!(!Hunk::GoneAfter(3).touches(&(3..=3)) && !Hunk::GoneAfter(3).touches(&(4..=4)));
    }
}
