//! Findings that a team has accepted for now: a file of them, and what is left of a run's findings without them.
//!
//! A finding is known again by its rule, its file, the functions around it and the code at fault, not by its line. The
//! file holds one JSON object a line, sorted, so that two branches that change it merge line by line.
//!
//! Knows: such files. Does not know: how a finding came about, or how the report will look.

use std::collections::BTreeMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::by_file::FilesRules;
use super::git;
use super::report::Report;
use crate::diagnostic::Diagnostic;
use crate::source::{Anchors, FileId, Sources, Span, fnv, printable, read_at_most, write_whole};

/// What the first line of such a file says.
const HEADER: &str = "temporal-py-lint-baseline";

/// The version of the format.
const VERSION: u32 = 1;

/// The largest file that is read, in bytes.
const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// What accepted findings have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The file, relative to the baseline's folder, with `/`.
    pub path: String,
    /// The classes and functions around the place, joined by dots.
    pub function: String,
    /// The rule's code.
    pub rule: String,
    /// The code at fault.
    pub code: String,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    accepted: Accepted,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
}

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_one(count: &usize) -> bool {
    *count == 1
}

/// Why a baseline could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("baseline `{}`: {}\n  help: {}", printable(path.as_str()), printable(message), printable(help))]
pub struct BaselineError {
    /// The file.
    pub path: Utf8PathBuf,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Accepted findings, with how many there are of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// The file.
    pub path: Utf8PathBuf,
    entries: BTreeMap<Accepted, usize>,
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Where it is not there or holds something else.
    pub fn read(path: &Utf8Path) -> Result<Self, BaselineError> {
        if !path.exists() {
            let help = format!("write it with `temporal-py-lint --write-baseline {path}`");
            return Err(wrong(path, "there is no such file", &help));
        }
        let help = "name a file that `--write-baseline` has written";
        let bytes = read_at_most(path, MAX_SIZE, help).map_err(|problem| wrong(path, &problem.message, help))?;
        let text = String::from_utf8(bytes).map_err(|_| wrong(path, "it is not valid UTF-8", help))?;
        let mut lines = text.lines().enumerate();
        if lines.next().and_then(|(_, line)| version(line)) != Some(VERSION) {
            let help = "name a file that `--write-baseline` has written, or write it anew";
            return Err(wrong(path, "it does not begin as a baseline does", help));
        }
        let mut entries = BTreeMap::new();
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let Line { accepted, count } = serde_json::from_str(line).map_err(|error| {
                let message = format!("line {} is no accepted finding: {error}", index + 1);
                wrong(path, &message, "resolve what a merge has left, or write the file anew with `--write-baseline`")
            })?;
            *entries.entry(accepted).or_default() += count;
        }
        Ok(Self { path: path.to_owned(), entries })
    }

    /// The findings of a report, each place on its own. What an older file at the same path says of files that were not
    /// checked is kept.
    ///
    /// # Errors
    ///
    /// Where the file there is something else.
    pub fn of(report: &Report, path: &Utf8Path) -> Result<Self, BaselineError> {
        let mut found = Self { path: path.to_owned(), entries: BTreeMap::new() };
        if std::fs::symlink_metadata(path).is_ok() {
            let older = Self::read(path)?.entries.into_iter();
            found.entries.extend(older.filter(|(accepted, _)| !found_is_checked(report, path, accepted)));
        }
        let mut anchors = FileAnchors::new(&report.sources);
        for diagnostic in &report.diagnostics {
            let related = diagnostic.related.iter().map(|place| place.span);
            for span in std::iter::once(diagnostic.primary.span).chain(related) {
                *found.entries.entry(anchors.accepted(path, diagnostic.code, span)).or_default() += 1;
            }
        }
        Ok(found)
    }

    /// How many findings it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.values().sum()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes out what is no longer found.
    pub fn prune(&mut self, fixed: &[(Accepted, usize)]) {
        for (accepted, number) in fixed {
            if let Some(count) = self.entries.get_mut(accepted) {
                *count = count.saturating_sub(*number);
            }
        }
        self.entries.retain(|_, count| *count > 0);
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// Where that fails; the file is then as it was.
    pub fn write(&self) -> Result<(), BaselineError> {
        let failed =
            |error: io::Error| wrong(&self.path, &format!("it cannot be written: {error}"), "check the folder");
        let mut text = format!("{{\"{HEADER}\": {VERSION}}}\n");
        for (accepted, &count) in &self.entries {
            let line = serde_json::to_string(&Line { accepted: accepted.clone(), count })
                .map_err(|error| failed(error.into()))?;
            text.push_str(&line);
            text.push('\n');
        }
        write_whole(&self.path, text.as_bytes(), None).map_err(failed)
    }
}

fn version(line: &str) -> Option<u32> {
    let header: BTreeMap<String, u32> = serde_json::from_str(line).ok()?;
    header.get(HEADER).copied()
}

fn wrong(path: &Utf8Path, message: &str, help: &str) -> BaselineError {
    BaselineError { path: path.to_owned(), message: message.to_owned(), help: help.to_owned() }
}

fn found_is_checked(report: &Report, baseline: &Utf8Path, accepted: &Accepted) -> bool {
    report.covers(&absolute(baseline, &accepted.path))
}

fn folder(baseline: &Utf8Path) -> &Utf8Path {
    baseline.parent().unwrap_or(baseline)
}

/// The file that an entry of a baseline means.
fn absolute(baseline: &Utf8Path, written: &str) -> Utf8PathBuf {
    folder(baseline).join(written)
}

fn relative(baseline: &Utf8Path, path: &Utf8Path) -> String {
    path.strip_prefix(folder(baseline))
        .unwrap_or(path)
        .components()
        .map(|part| part.as_str())
        .collect::<Vec<_>>()
        .join("/")
}

/// What places are known by, for several files.
struct FileAnchors<'s> {
    sources: &'s Sources,
    files: FxHashMap<FileId, Anchors<'s>>,
}

impl<'s> FileAnchors<'s> {
    fn new(sources: &'s Sources) -> Self {
        Self { sources, files: FxHashMap::default() }
    }

    fn accepted(&mut self, baseline: &Utf8Path, rule: &str, span: Span) -> Accepted {
        let file = self.sources.get(span.file);
        let is_stub = file.path().extension() == Some("pyi");
        let anchors = self.files.entry(span.file).or_insert_with(|| Anchors::of(file.text(), is_stub));
        let anchor = anchors.at(span.range);
        let path = relative(baseline, file.path());
        Accepted { path, function: anchor.function, rule: rule.to_owned(), code: anchor.code }
    }
}

/// What findings can be known by again, in their order; equal ones are numbered.
pub(super) fn fingerprints<'d>(
    sources: &Sources,
    findings: impl IntoIterator<Item = &'d Diagnostic>,
    folder: &Utf8Path,
) -> Vec<String> {
    let mut anchors = FileAnchors::new(sources);
    let mut seen: FxHashMap<Accepted, usize> = FxHashMap::default();
    let fingerprint = |diagnostic: &Diagnostic| {
        let found = anchors.accepted(&folder.join("-"), diagnostic.code, diagnostic.primary.span);
        let ordinal = seen.entry(found.clone()).or_default();
        *ordinal += 1;
        let Accepted { path, function, rule, code } = found;
        format!("{:016x}", fnv(format!("{rule}\0{path}\0{function}\0{code}\0{ordinal}").as_bytes()))
    };
    findings.into_iter().map(fingerprint).collect()
}

/// What baselines say of a run's findings.
#[derive(Debug, Default)]
pub struct Settled {
    /// By position, whether a finding is accepted.
    pub accepted: Vec<bool>,
    /// Entries of files that were checked, and of files that are gone, of which nothing is found any more; by baseline.
    pub fixed: BTreeMap<Utf8PathBuf, Vec<(Accepted, usize)>>,
    /// Baselines that could not be read.
    pub errors: Vec<BaselineError>,
}

/// Tells accepted findings from others. `covers` says whether the run has looked at a file, or would have, were it there.
pub(super) fn settle(
    diagnostics: &[Diagnostic],
    sources: &Sources,
    rules: &FilesRules<'_>,
    baselines: &[Utf8PathBuf],
    covers: &dyn Fn(&Utf8Path) -> bool,
) -> Settled {
    let mut settled = Settled { accepted: vec![false; diagnostics.len()], ..Settled::default() };
    let mut anchors = FileAnchors::new(sources);
    for path in baselines {
        let mut open = match Baseline::read(path) {
            Ok(baseline) => baseline.entries,
            Err(error) => {
                settled.errors.push(error);
                continue;
            }
        };
        let governed = |diagnostic: &Diagnostic| {
            rules.of(sources.get(diagnostic.primary.span.file).path()).baseline.as_ref() == Some(path)
        };
        let own: Vec<usize> = (0..diagnostics.len()).filter(|index| governed(&diagnostics[*index])).collect();
        let mut left: Vec<(usize, Accepted)> = Vec::new();
        for index in own {
            let found = anchors.accepted(path, diagnostics[index].code, diagnostics[index].primary.span);
            match take(&mut open, &found) {
                true => settled.accepted[index] = true,
                false => left.push((index, found)),
            }
        }
        if !left.is_empty() && open.keys().any(|accepted| !absolute(path, &accepted.path).exists()) {
            let renamed = git::renames_since(path);
            for (index, mut found) in left {
                let Some(before) = renamed.get(&absolute(path, &found.path)) else { continue };
                found.path = relative(path, before);
                settled.accepted[index] |= take(&mut open, &found);
            }
        }
        let is_fixed = |accepted: &Accepted| {
            let file = absolute(path, &accepted.path);
            covers(&file) && rules.of(&file).is_enabled(&accepted.rule, &file)
        };
        settled.fixed.insert(
            path.clone(),
            open.into_iter().filter(|(accepted, count)| *count > 0 && is_fixed(accepted)).collect(),
        );
    }
    settled
}

fn take(open: &mut BTreeMap<Accepted, usize>, found: &Accepted) -> bool {
    match open.get_mut(found) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}
