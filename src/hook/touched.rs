use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rustc_hash::FxHashSet;

use super::event::Edit;

/// The lines of a file that edits made, counted from 1.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Touched(BTreeSet<usize>);

impl Touched {
    /// Finds them by their text: what an edit replaced by itself is not new, and what a formatter has changed since is
    /// not found.
    pub(super) fn by(edits: &[Edit], text: &str) -> Self {
        let text = without_carriage_returns(text);
        let mut rows = BTreeSet::new();
        for edit in edits {
            match edit {
                Edit::Whole { old } => {
                    let old = without_carriage_returns(old.as_deref().unwrap_or_default());
                    rows.extend(new_rows(&text, 1, &old));
                }
                Edit::Part { old, new } => {
                    let (old, new) = (without_carriage_returns(old), without_carriage_returns(new));
                    rows.extend(places(&text, &new).flat_map(|row| new_rows(&new, row, &old)));
                }
            }
        }
        Self(rows)
    }

    /// Whether one of these lines is among them.
    pub(super) fn any(&self, rows: RangeInclusive<usize>) -> bool {
        self.0.range(rows).next().is_some()
    }
}

/// Events have line feeds where the file may have more.
fn without_carriage_returns(text: &str) -> String {
    text.replace('\r', "")
}

/// The rows in which a text begins.
fn places<'t>(text: &'t str, part: &'t str) -> impl Iterator<Item = usize> {
    let found = text.match_indices(part).take_while(move |_| !part.trim().is_empty());
    // Counted on from place to place: a short text may be found very often.
    found.scan((0, 1), move |(from, row), (at, _)| {
        *row += text[*from..at].matches('\n').count();
        *from = at;
        Some(*row)
    })
}

/// The rows of a text that begins in row `first` whose lines the old text has not.
fn new_rows<'t>(text: &'t str, first: usize, old: &'t str) -> impl Iterator<Item = usize> {
    let old: FxHashSet<&str> = old.lines().map(str::trim_end).collect();
    let lines = text.lines().enumerate();
    lines.filter(move |(_, line)| !old.contains(line.trim_end())).map(move |(index, _)| first + index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(edits: &[Edit], text: &str) -> Vec<usize> {
        Touched::by(edits, text).0.into_iter().collect()
    }

    fn part(old: &str, new: &str) -> Edit {
        Edit::Part { old: old.to_owned(), new: new.to_owned() }
    }

    #[test]
    fn only_lines_that_the_old_text_has_not_are_new() {
        let text = "a\nb\nx = 1\nc\nd\n";
        assert_eq!(rows(&[part("b\nc", "b\nx = 1\nc")], text), [3]);
        assert_eq!(rows(&[part("b\nc", "b\nx = 1\nc")], &text.replace('\n', "\r\n")), [3]);
        assert_eq!(rows(&[part("", "x = 2")], text), Vec::<usize>::new());
        assert_eq!(rows(&[part("gone\n", "")], text), Vec::<usize>::new());
    }

    #[test]
    fn every_place_of_a_replacement_counts() {
        assert_eq!(rows(&[part("y", "x")], "x\n\nx\nx\n"), [1, 3, 4]);
        assert_eq!(rows(&[part("q", "now()"), part("r", "b")], "a = now()\nb\n"), [1, 2]);
    }

    #[test]
    fn of_a_written_file_all_is_new_that_was_not_there() {
        assert_eq!(rows(&[Edit::Whole { old: None }], "a\nb\n"), [1, 2]);
        assert_eq!(rows(&[Edit::Whole { old: Some("a\nc\n".to_owned()) }], "a\nb\nc\n"), [2]);
    }

    #[test]
    fn ranges_meet_lines() {
        let touched = Touched(BTreeSet::from([3]));
        assert!(touched.any(3..=3) && touched.any(1..=5));
        assert!(!touched.any(1..=2) && !touched.any(4..=9));
    }
}
