use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use rustc_hash::FxHashMap;

use super::event::Edited;
use crate::config::Settings;
use crate::diagnostic::Diagnostic;
use crate::lint::Report;
use crate::source::{Anchors, FileId, Span};

/// A check that took longer is not made a second time, for the file as it was: the client would not wait for the answer.
const LONGEST: Duration = Duration::from_secs(7);

/// What a place is known again by, wherever its lines have gone: the rule, the file, and the code at fault. Not the function,
/// whose name the edit may have changed.
type Key = (&'static str, Utf8PathBuf, String);

/// What was found before an edit, and how often.
#[derive(Clone)]
pub(super) struct Before(FxHashMap<Key, usize>);

impl Before {
    /// Checks the project once more with the file as it was, where that is known and the first check did not take long.
    pub(super) fn of(
        edited: &[Edited],
        settings: &Settings,
        took: Duration,
        checked: &dyn Fn(&Settings) -> Report,
    ) -> Option<Self> {
        let [Edited { file, original: Some(original), .. }] = edited else { return None };
        // The text is known as the client shows it: in UTF-8. A file in another encoding would be read otherwise.
        let is_utf8 = std::fs::read(file).is_ok_and(|bytes| std::str::from_utf8(&bytes).is_ok());
        if !is_utf8 || took > LONGEST {
            return None;
        }
        let unsaved = [(file.clone(), original.clone().into_bytes())].into();
        let report = checked(&Settings { unsaved, ..settings.clone() });
        let mut counts: FxHashMap<Key, usize> = FxHashMap::default();
        let mut keys = Keys::new(&report);
        for diagnostic in &report.diagnostics {
            places(diagnostic).for_each(|span| *counts.entry(keys.of(diagnostic.code, span)).or_default() += 1);
        }
        Some(Self(counts))
    }

    /// Whether a finding has a place that was not there. Asking for one takes note of its places, so whoever asks begins with
    /// those that the edit did not touch: of equal ones they are the old ones.
    pub(super) fn is_new(&mut self, keys: &mut Keys<'_>, diagnostic: &Diagnostic) -> bool {
        let mut is_new = false;
        for span in places(diagnostic) {
            match self.0.get_mut(&keys.of(diagnostic.code, span)) {
                Some(count) if *count > 0 => *count -= 1,
                _ => is_new = true,
            }
        }
        is_new
    }
}

fn places(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    std::iter::once(diagnostic.primary.span).chain(diagnostic.related.iter().map(|place| place.span))
}

/// What the places of a report's findings are known by.
pub(super) struct Keys<'r> {
    report: &'r Report,
    files: FxHashMap<FileId, Anchors<'r>>,
}

impl<'r> Keys<'r> {
    pub(super) fn new(report: &'r Report) -> Self {
        Self { report, files: FxHashMap::default() }
    }

    fn of(&mut self, code: &'static str, span: Span) -> Key {
        let file = self.report.sources.get(span.file);
        let is_stub = file.path().extension() == Some("pyi");
        let anchors = self.files.entry(span.file).or_insert_with(|| Anchors::of(file.text(), is_stub));
        (code, file.path().to_owned(), anchors.at(span.range).code)
    }
}

/// Starts a clock for [`Before::of`].
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
