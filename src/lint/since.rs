//! What a run has found in code that was changed since a revision.
//!
//! The whole program is analysed all the same; what concerns no changed line is left out. Knows: what a finding's
//! lines are. Does not know: how changes are found ([`git`](super::git)), or how findings are.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};
use similar::{DiffOp, TextDiff};

use super::Edited;
use super::git::{Git, GitError, Hunk};
use crate::config::Settings;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, LogicalLines, Sources, Span, TextSize, parse_with_tokens, printable};

/// What was changed since a revision, on disk and in commits.
#[derive(Debug)]
pub struct ChangedLines {
    hunks: FxHashMap<Utf8PathBuf, Vec<Hunk>>,
    /// Files under version control: all of any other is new.
    tracked: FxHashSet<Utf8PathBuf>,
}

/// Why it is not known what was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`--since {}`: {}\n  help: {}", printable(revision), printable(message), printable(help))]
pub struct SinceError {
    /// The revision as typed.
    pub revision: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl ChangedLines {
    /// What was changed in a run's project since a revision; where the revision is no ancestor of what is checked out, since
    /// the last commit that both have in common.
    ///
    /// # Errors
    ///
    /// Where there is no `git`, no repository, no such revision, or no common commit.
    pub fn since(revision: &str, settings: &Settings) -> Result<Self, SinceError> {
        let wrong =
            |message: String, help: &str| SinceError { revision: revision.to_owned(), message, help: help.to_owned() };
        let failed = |error: GitError| match error {
            GitError::NoGit => wrong("there is no `git` to ask".to_owned(), "install git, or leave `--since` out"),
            GitError::Unreadable => {
                let help = "name a later revision, or leave `--since` out";
                wrong("`git` tells of more changes than can be read".to_owned(), help)
            }
            GitError::Failed(words) => {
                let help = "run it in a git repository, or leave `--since` out";
                wrong(format!("`git` has no answer: {words}"), help)
            }
        };
        let git = Git::around(&settings.project_root).map_err(failed)?;
        let full = "this clone is shallow: fetch more of the history, in GitHub Actions with `fetch-depth: 0`";
        let shallow = || git.is_shallow();
        let Some(commit) = git.commit(revision) else {
            let help = if shallow() { full } else { "name a commit, a branch or a tag that `git rev-parse` knows" };
            return Err(wrong("there is no such revision".to_owned(), help));
        };
        let base = match git.common(&commit) {
            Some(common) => common,
            None if shallow() => {
                return Err(wrong("it has no commit in common with what is checked out".to_owned(), full));
            }
            None => commit,
        };
        let named = named(settings, &git.top);
        let tracked = git.tracked(&named).map_err(failed)?;
        Ok(Self { hunks: git.changed(&base, &named).map_err(failed)?, tracked })
    }

    /// The same once files hold other text: what was changed before, and what has become other since.
    pub(super) fn after<'e>(&self, edited: impl Iterator<Item = &'e Edited>) -> Self {
        let mut hunks = self.hunks.clone();
        for Edited { path, before, after } in edited {
            let old = hunks.remove(path).unwrap_or_default();
            let mut new = Vec::new();
            for operation in TextDiff::from_lines(before, after).ops() {
                let (_, from, to) = operation.as_tag_tuple();
                let rows = to.start + 1..=to.end;
                match operation {
                    DiffOp::Equal { .. } => {
                        let within = from.start + 1..=from.end;
                        new.extend(old.iter().filter_map(|hunk| hunk.moved(&within, to.start)));
                    }
                    _ if rows.is_empty() => new.push(Hunk::GoneAfter(to.start)),
                    _ => new.push(Hunk::New(rows)),
                }
            }
            hunks.insert(path.clone(), new);
        }
        Self { hunks, tracked: self.tracked.clone() }
    }

    /// Takes out of a run's findings what concerns no changed line.
    pub(super) fn keep(&self, diagnostics: &mut Vec<Diagnostic>, sources: &Sources) {
        let mut files: FxHashMap<FileId, FileChanges<'_>> = FxHashMap::default();
        let mut is_changed = |span: Span| {
            let of_file = files.entry(span.file).or_insert_with(|| {
                let file = sources.get(span.file);
                self.of(file.path(), file.text())
            });
            of_file.touches(span)
        };
        diagnostics.retain(|diagnostic| spans(diagnostic).any(&mut is_changed));
    }

    fn of<'c>(&'c self, path: &Utf8Path, text: &'c str) -> FileChanges<'c> {
        if !self.tracked.contains(path) {
            return FileChanges::All;
        }
        match self.hunks.get(path) {
            None => FileChanges::None,
            Some(hunks) => {
                let lines = LogicalLines::of(&parse_with_tokens(text, path.extension() == Some("pyi")));
                FileChanges::Some { hunks, text, lines }
            }
        }
    }
}

/// Named files that are no Python files by their names, as `git` is asked for them.
fn named(settings: &Settings, top: &Utf8Path) -> Vec<String> {
    let is_other = |path: &&Utf8PathBuf| path.is_file() && !matches!(path.extension(), Some("py" | "pyi"));
    let others = settings.paths.iter().filter(is_other).filter_map(|path| path.strip_prefix(top).ok());
    others.map(|path| format!(":(top,literal){path}")).collect()
}

/// What a finding is about: its places, what explains it, and the calls that lead there.
fn spans(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    let explaining = diagnostic.secondary.iter().map(|place| place.span);
    std::iter::once(diagnostic.primary.span).chain(explaining).chain(diagnostic.call_chain.spans())
}

/// What was changed in a file.
enum FileChanges<'c> {
    None,
    All,
    Some { hunks: &'c [Hunk], text: &'c str, lines: LogicalLines },
}

impl FileChanges<'_> {
    /// Whether anything was changed in the statement around a place: of a call over several lines, an argument too.
    fn touches(&self, span: Span) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some { hunks, text, lines } => {
                let around = |offset: TextSize| lines.around(offset);
                let (start, end) = (span.range.start(), span.range.end());
                let first = around(start).map_or(start, |line| line.start().min(start));
                let last = around(start).map_or(end, |line| line.end().max(end));
                let row = |offset: TextSize| text[..usize::from(offset)].matches('\n').count() + 1;
                let rows = row(first)..=row(last);
                hunks.iter().any(|hunk| hunk.touches(&rows))
            }
        }
    }
}
