//! Runs that fix what they find, until nothing is left that can be fixed.
//!
//! Knows: which findings' fixes are wanted, and that each change may bring others. Does not know: how edits are put into
//! text (`fix`), or whether a file is written.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use camino::Utf8PathBuf;

use super::{ChangedLines, Report};
use crate::config::Settings;
use crate::diagnostic::{Applicability, Fix};
use crate::fix::{Applied, applied};
use crate::source::{FileId, decode, encode_like, read};

/// How often what was fixed is looked at again. Fixes that overlap wait for the next time; hardly any wait for a third.
const MOST_ROUNDS: usize = 8;

/// What fixing gave.
pub struct Fixed {
    /// What is found once all is fixed; its texts are the fixed ones.
    pub report: Report,
    /// What changes.
    pub edits: Edits,
}

/// A file that fixes change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The file.
    pub path: Utf8PathBuf,
    /// Its text as it is.
    pub before: String,
    /// Its text with the fixes.
    pub after: String,
}

/// What fixes change.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    /// The files, in the order of their paths.
    pub files: Vec<Edited>,
    /// How many fixes were applied.
    pub count: usize,
    /// Files that stay as they are, with the reason.
    pub refused: BTreeMap<Utf8PathBuf, &'static str>,
}

/// A run: settings and the changed lines that it is about, if it is about some alone.
pub type Check<'c> = dyn Fn(&Settings, Option<&ChangedLines>) -> Report + 'c;

/// Fixes what a run finds and shows, of changed lines where some are given, as if the changes were saved; nothing is written.
/// Only files that are checked themselves are changed.
pub fn fix(settings: &Settings, changes: Option<&ChangedLines>, unsafe_too: bool, check: &Check<'_>) -> Fixed {
    let mut settings = settings.clone();
    let mut edited: BTreeMap<Utf8PathBuf, Edited> = BTreeMap::new();
    let (mut count, mut refused) = (0, BTreeMap::new());
    let mut report = check(&settings, changes);
    for _ in 0..MOST_ROUNDS {
        let mut changed = 0;
        for (file, fixes) in wanted(&report, unsafe_too) {
            let path = report.path(file);
            if refused.contains_key(&path) {
                continue;
            }
            match fixed_file(&report, &settings, file, &fixes) {
                Ok(Some(Step { file, bytes, number })) => {
                    settings.unsaved.insert(path.clone(), bytes);
                    match edited.entry(path) {
                        Entry::Occupied(mut known) => known.get_mut().after = file.after,
                        Entry::Vacant(new) => _ = new.insert(file),
                    }
                    changed += number;
                }
                Ok(None) => {}
                Err(reason) => _ = refused.insert(path, reason),
            }
        }
        if changed == 0 {
            break;
        }
        count += changed;
        // What was fixed has moved the lines behind it.
        let moved = changes.map(|changes| changes.after(edited.values()));
        report = check(&settings, moved.as_ref());
    }
    let files = edited.into_values().filter(|file| file.before != file.after).collect();
    Fixed { report, edits: Edits { files, count, refused } }
}

/// Settings under which a run sees what some fixes of a report make of its files.
pub(super) fn with_fixes(report: &Report, settings: &Settings, fixes: &[Fix]) -> Settings {
    let mut by_file: BTreeMap<FileId, Vec<&Fix>> = BTreeMap::new();
    for fix in fixes {
        let edit = fix.edits.first();
        edit.into_iter().for_each(|edit| by_file.entry(edit.span.file).or_default().push(fix));
    }
    let mut fixed = settings.clone();
    for (file, fixes) in by_file {
        if let Ok(Some(step)) = fixed_file(report, settings, file, &fixes) {
            fixed.unsaved.insert(report.path(file), step.bytes);
        }
    }
    fixed
}

/// The fixes to be applied, by file, in the order of their findings.
fn wanted(report: &Report, unsafe_too: bool) -> BTreeMap<FileId, Vec<&Fix>> {
    let mut fixes: BTreeMap<FileId, Vec<&Fix>> = BTreeMap::new();
    let all = report.diagnostics.iter().flat_map(|diagnostic| diagnostic.fixes());
    for fix in all.filter(|fix| unsafe_too || fix.applicability == Applicability::Safe) {
        if let Some(edit) = fix.edits.first()
            && report.sources.get(edit.span.file).is_requested()
        {
            fixes.entry(edit.span.file).or_default().push(fix);
        }
    }
    fixes
}

/// What one round makes of a file.
struct Step {
    file: Edited,
    /// What the file is to hold.
    bytes: Vec<u8>,
    /// How many fixes that took.
    number: usize,
}

/// A file with the fixes that go together; nothing where none could be taken.
fn fixed_file(
    report: &Report,
    settings: &Settings,
    file: FileId,
    fixes: &[&Fix],
) -> Result<Option<Step>, &'static str> {
    let source = report.sources.get(file);
    let now = match settings.unsaved.get(source.path()) {
        Some(bytes) => bytes.clone(),
        None => read(source.path()).map_err(|_| "it cannot be read any more")?,
    };
    if decode(now.clone()).ok().as_deref() != Some(source.text()) {
        return Err("it was changed meanwhile");
    }
    let Applied { text, taken } = applied(source.text(), file, fixes, source.path().extension() == Some("pyi"));
    let number = taken.into_iter().filter(|taken| *taken).count();
    if number == 0 {
        return Ok(None);
    }
    let bytes = encode_like(&now, source.text(), &text).ok_or("its encoding cannot hold the change")?;
    let file = Edited { path: source.path().to_owned(), before: source.text().to_owned(), after: text };
    Ok(Some(Step { file, bytes, number }))
}
