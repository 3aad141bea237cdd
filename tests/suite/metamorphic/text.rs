//! A text that is rewritten, and where each of its lines stood at first.

use std::ops::Range;

/// A piece of a new text.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// What stands in the text at hand.
    Old(Range<usize>),
    /// What is put in; where it takes the place of something, its first line stands for the line of that.
    New(String, Option<usize>),
}

/// In the text at hand: what a range is replaced by. An empty range is a place to put something in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edit {
    start: usize,
    end: usize,
    text: String,
}

impl Edit {
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { start: at, end: at, text: text.into() }
    }

    pub(super) fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { start: range.start, end: range.end, text: text.into() }
    }
}

/// A text and, for each of its lines, which line of the first text it was; none for a line that was put in.
#[derive(Debug, Clone)]
pub(super) struct Text {
    content: String,
    origin: Vec<Option<usize>>,
}

impl Text {
    pub(super) fn new(content: String) -> Self {
        let origin = (1..=content.split('\n').count()).map(Some).collect();
        Self { content, origin }
    }

    pub(super) fn content(&self) -> &str {
        &self.content
    }

    /// The first text's line for a line of this one, both from 1.
    pub(super) fn original_line(&self, line: usize) -> Option<usize> {
        *self.origin.get(line - 1)?
    }

    /// With changes made; they must not overlap.
    pub(super) fn edited(&self, mut edits: Vec<Edit>) -> Self {
        edits.sort();
        let mut pieces = Vec::new();
        let mut at = 0;
        for edit in edits {
            assert!(edit.start >= at, "edits overlap at {}: {:?}", edit.start, self.content);
            pieces.push(Piece::Old(at..edit.start));
            pieces.push(Piece::New(edit.text, (edit.end > edit.start).then_some(edit.start)));
            at = edit.end;
        }
        pieces.push(Piece::Old(at..self.content.len()));
        self.composed(&pieces)
    }

    /// Made of pieces, one after the other. A line stands where the first of it that is no blank came from.
    pub(super) fn composed(&self, pieces: &[Piece]) -> Self {
        let mut made = Made::default();
        for piece in pieces {
            match piece {
                Piece::Old(range) => {
                    let first = self.content[..range.start].matches('\n').count();
                    for (index, line) in self.content[range.clone()].split('\n').enumerate() {
                        made.add(index > 0, line, self.origin[first + index]);
                    }
                }
                Piece::New(text, instead_of) => {
                    let origin = instead_of.and_then(|at| self.origin[self.content[..at].matches('\n').count()]);
                    for (index, line) in text.split('\n').enumerate() {
                        made.add(index > 0, line, origin.filter(|_| index == 0));
                    }
                }
            }
        }
        made.finish()
    }
}

/// A text that grows.
#[derive(Default)]
struct Made {
    content: String,
    origin: Vec<Option<usize>>,
    current: Option<usize>,
}

impl Made {
    fn add(&mut self, new_line: bool, part: &str, origin: Option<usize>) {
        if new_line {
            self.content.push('\n');
            self.origin.push(self.current.take());
        }
        self.content.push_str(part);
        if !part.trim().is_empty() {
            self.current = self.current.or(origin);
        }
    }

    fn finish(mut self) -> Text {
        self.origin.push(self.current);
        Text { content: self.content, origin: self.origin }
    }
}

#[test]
fn lines_are_followed_through_changes() {
    let text = Text::new("a = 1\nif a:\n    b\nc".to_owned());
    let edited = text.edited(vec![
        Edit::insert(0, "# one\n"),
        Edit::replace(0..1, "long"),
        Edit::insert(16, "pass\n    "),
        Edit::insert(17, "  # two"),
    ]);
    assert_eq!(edited.content(), "# one\nlong = 1\nif a:\n    pass\n    b  # two\nc");
    let lines = |text: &Text| (1..=text.origin.len()).map(|line| text.original_line(line)).collect::<Vec<_>>();
    assert_eq!(lines(&edited), [None, Some(1), Some(2), None, Some(3), Some(4)]);
    let twice = edited.edited(vec![Edit::insert(6, "\n"), Edit::replace(6..10, "x")]);
    assert_eq!(twice.content(), "# one\n\nx = 1\nif a:\n    pass\n    b  # two\nc");
    assert_eq!(lines(&twice), [None, None, Some(1), Some(2), None, Some(3), Some(4)]);
}

#[test]
fn lines_are_followed_where_pieces_change_places() {
    let text = Text::new("a\nb\nc\n".to_owned());
    let moved = text.composed(&[Piece::Old(2..4), Piece::Old(0..2), Piece::Old(4..6)]);
    assert_eq!(moved.content(), "b\na\nc\n");
    assert_eq!((1..=3).map(|line| moved.original_line(line)).collect::<Vec<_>>(), [Some(2), Some(1), Some(3)]);
}
