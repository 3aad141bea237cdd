//! The lines of a file that a finding is shown in.
//!
//! Knows: which lines are shown, what of a line that is too long, and where a place of the file is in what is shown. Does
//! not know: how frames and carets are drawn.

use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::text::{shortened, visible};
use super::{Style, display_path, printable, wrap};
use crate::diagnostic::Annotation;
use crate::source::{LineColumn, SourceFile};

/// Lines shown above and below what is reported.
const CONTEXT: (usize, usize) = (2, 1);

/// Columns for a tab.
const TAB: usize = 4;

/// Columns that a label gets however far to the right it stands.
const NARROWEST_LABEL: usize = 24;

/// A few lines of a file, tabs expanded, control characters replaced, long lines cut: what is drawn is what is
/// measured.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The path, or as much of it as the frame's head has room for.
    pub(super) name: String,
    /// The whole path, where the head has not room for it.
    path: Option<String>,
    /// The place in the file.
    pub(super) place: LineColumn,
    /// The row of the first line.
    pub(super) first_row: usize,
    /// What is shown.
    pub(super) text: String,
    lines: Vec<ExcerptLine>,
    /// Columns for the text of a line.
    room: usize,
}

#[derive(Debug)]
struct ExcerptLine {
    /// The line in the file, without its line break.
    source: Range<usize>,
    /// Where in the file and in the excerpt something starts: each character that is shown, each sign for some that are
    /// not, and behind them the end of the line. Never empty.
    offsets: Vec<(usize, usize)>,
}

/// How much of each line is shown.
struct Room {
    columns: usize,
    /// Columns of indentation that are left out of all lines.
    indentation: usize,
    ellipsis: &'static str,
}

/// The columns of a line that are shown: its head, and behind what is left out a second part.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    head: Range<usize>,
    rest: Range<usize>,
}

impl Excerpt {
    /// `annotations` begin with the primary one and lie in one file.
    pub(super) fn new(file: &SourceFile, annotations: &[&Annotation], style: &Style) -> Self {
        let text = file.text();
        let primary = annotations[0].span.range;
        let place = file.line_column(primary.start());
        let ranges: Vec<Range<usize>> = annotations.iter().map(|annotation| shown_range(text, annotation)).collect();
        let start = ranges.iter().map(|range| range.start).min().unwrap_or(0);
        let end = ranges.iter().map(|range| range.end).max().unwrap_or(start);
        let sources = lines_around(text, start..end);
        let first_row = file.line_column(u32::try_from(sources[0].start).unwrap_or(0).into()).row;
        let digits = (first_row + sources.len()).to_string().len();
        let columns = style.width.saturating_sub(digits + 4).max(NARROWEST_LABEL);
        let room = Room::new(text, &sources, &ranges, columns, style);
        let (name, path) = named(file, place, style.width.saturating_sub(digits + 6), style);
        let lines = Vec::with_capacity(sources.len());
        let mut excerpt = Self { name, path, place, first_row, text: String::new(), lines, room: columns };
        for source in sources {
            excerpt.push(text, source, &ranges, &room);
        }
        excerpt
    }

    /// The place with the whole path, where the frame's head has not room for it.
    pub(super) fn unnamed(&self) -> Option<String> {
        let path = self.path.as_ref()?;
        Some(format!("{path}:{}:{}", self.place.row, self.place.column))
    }

    fn push(&mut self, text: &str, source: Range<usize>, ranges: &[Range<usize>], room: &Room) {
        if !self.lines.is_empty() {
            self.text.push('\n');
        }
        let line = text[source.clone()].trim_end();
        let cut = room.cut(line, marked(text, &source, ranges));
        let (mut offsets, mut is_open, mut is_whole) = (Vec::new(), false, true);
        let is_before = |cell: &Cell| cell.columns.start < room.indentation && cell.columns.end <= room.indentation;
        for cell in cells(line).skip_while(is_before) {
            let columns = cell.columns.start.max(room.indentation)..cell.columns.end;
            let is_in = |part: &Range<usize>| part.start <= columns.start && columns.end <= part.end;
            let is_shown = is_in(&cut.head) || is_in(&cut.rest);
            // One sign stands for all that is left out there.
            if is_shown || is_open {
                offsets.push((source.start + cell.offset, self.text.len()));
            }
            match cell.char {
                _ if !is_shown && is_open => self.text.push_str(room.ellipsis),
                _ if !is_shown => {}
                '\t' => self.text.push_str(&" ".repeat(columns.len())),
                char => self.text.push(visible(char)),
            }
            is_open = is_shown;
            is_whole = is_shown || columns.end < cut.rest.end;
            if !is_whole {
                break;
            }
        }
        if is_whole {
            offsets.push((source.start + line.len(), self.text.len()));
        }
        // A range without width, or at the end of its line, needs something to stand under.
        if ranges.iter().any(|range| range.is_empty() && range.start == source.end) {
            self.text.push(' ');
        }
        self.lines.push(ExcerptLine { source, offsets });
    }

    /// The place in the excerpt of a place in the file.
    fn map(&self, offset: usize) -> usize {
        let Some(line) = self.lines.iter().rev().find(|line| line.source.start <= offset) else {
            return 0;
        };
        let before = line.offsets.partition_point(|(source, _)| *source <= offset);
        line.offsets.get(before.saturating_sub(1)).map_or(0, |(_, shown)| *shown)
    }

    /// What of the text is marked for one of the annotations, and the lines of its label.
    pub(super) fn label(&self, file: &SourceFile, annotation: &Annotation) -> (Range<usize>, Option<String>) {
        let range = shown_range(file.text(), annotation);
        let start = self.map(range.start);
        let length = self.map(range.end).saturating_sub(start);
        // Where nothing of the range is left, the character at its place is marked.
        let length = if length == 0 { self.text[start..].chars().next().map_or(0, char::len_utf8) } else { length };
        let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let middle = self.text[line_start..start].width() + self.text[start..start + length].width() / 2;
        let room = self.room.saturating_sub(middle + 4).max(NARROWEST_LABEL);
        let label = printable(&annotation.label);
        (start..start + length, (!label.is_empty()).then(|| wrap(&label, room).join("\n")))
    }
}

impl Room {
    /// Indentation is left out only where a line would otherwise not show what is marked in it.
    fn new(text: &str, lines: &[Range<usize>], ranges: &[Range<usize>], columns: usize, style: &Style) -> Self {
        let whole = Self { columns, indentation: 0, ellipsis: style.ellipsis() };
        let is_cut = |line: &Range<usize>| {
            let cut = whole.cut(text[line.clone()].trim_end(), marked(text, line, ranges));
            cut.rest.start > cut.head.end
        };
        if !lines.iter().any(is_cut) {
            return whole;
        }
        let indented = lines.iter().map(|line| text[line.clone()].trim_end()).filter(|line| !line.is_empty());
        Self { indentation: indented.map(indentation).min().unwrap_or(0), ..whole }
    }

    /// What is shown of a line with what is marked in it, by columns. The beginning of a line says what the line is, so it
    /// stays; where what is marked lies too far behind it, what is between is left out.
    fn cut(&self, line: &str, marked: Option<Range<usize>>) -> Cut {
        let sign = self.ellipsis.width();
        let first = self.indentation;
        let start_of_line = |columns: usize| Cut { head: first..first + columns, rest: 0..0 };
        // A line may be very long: it is measured as far as it can be shown.
        let is_longer = |most: usize| cells(line).any(|cell| cell.columns.end > most);
        let end = first + self.columns;
        if !is_longer(end) && marked.as_ref().is_none_or(|marked| marked.end <= end) {
            return start_of_line(self.columns);
        }
        let Some(marked) = marked else {
            return start_of_line(self.columns - sign);
        };
        // Half of a range that is itself too long will do.
        let needed = marked.len().min(self.columns / 2);
        if marked.start + needed <= end - sign {
            return start_of_line(self.columns - sign);
        }
        let spare = self.columns - needed - 2 * sign;
        let last = cells(line).map(|cell| cell.columns.end).take_while(|end| *end <= marked.end + spare).last();
        let behind = last.map_or(0, |last| last.saturating_sub(marked.start + needed)).min(spare / 4);
        let lead = (spare - behind) / 4;
        let head = spare - behind - lead;
        Cut { head: first..first + head, rest: marked.start - lead..marked.start + needed + behind }
    }
}

/// How the path is told in the frame's head, and the whole path where that has not room for it.
fn named(file: &SourceFile, place: LineColumn, room: usize, style: &Style) -> (String, Option<String>) {
    let path = display_path(file.path(), &style.cwd);
    let room = room.saturating_sub(format!(":{}:{}", place.row, place.column).len());
    if path.width() <= room {
        return (path, None);
    }
    let name = printable(file.path().file_name().unwrap_or(&path)).into_owned();
    (shortened(&name, room, style).into_owned(), Some(path))
}

/// A character of a line.
struct Cell {
    offset: usize,
    char: char,
    columns: Range<usize>,
}

fn cells(line: &str) -> impl Iterator<Item = Cell> {
    line.char_indices().scan(0, |column, (offset, char)| {
        let start = *column;
        *column += if char == '\t' { TAB - start % TAB } else { visible(char).width().unwrap_or(0) };
        Some(Cell { offset, char, columns: start..*column })
    })
}

/// Columns of white space before the first character.
fn indentation(line: &str) -> usize {
    cells(line).find(|cell| !cell.char.is_whitespace()).map_or(0, |cell| cell.columns.start)
}

/// The columns of what is marked in a line, at least one: of the first of the ranges that begin there.
fn marked(text: &str, line: &Range<usize>, ranges: &[Range<usize>]) -> Option<Range<usize>> {
    let range = ranges.iter().find(|range| line.start <= range.start && range.start <= line.end)?;
    let columns = |to: usize| cells(&text[line.start..to]).last().map_or(0, |cell| cell.columns.end);
    let start = columns(range.start);
    Some(start..columns(range.end).max(start + 1))
}

/// What of an annotation's range is marked: its first line, since the head of a call or a block says which it is.
fn shown_range(text: &str, annotation: &Annotation) -> Range<usize> {
    let range = annotation.span.range;
    let (start, end) = (range.start().to_usize().min(text.len()), range.end().to_usize().min(text.len()));
    start..end.min(line_end(text, start))
}

/// The lines of a range and of its context, without line breaks, blank ones at both ends left out.
fn lines_around(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut first = line_start(text, range.start);
    for _ in 0..CONTEXT.0 {
        first = previous_line(text, first).unwrap_or(first);
    }
    let mut lines = Vec::new();
    let (mut start, mut below) = (first, 0);
    loop {
        let end = line_end(text, start);
        lines.push(start..end);
        below += usize::from(start > range.end);
        let Some(next) = next_line(text, end).filter(|_| below < CONTEXT.1) else {
            break;
        };
        start = next;
    }
    let blank = |line: &Range<usize>| text[line.clone()].trim().is_empty();
    while lines.last().is_some_and(|line| line.start > range.end && blank(line)) {
        lines.pop();
    }
    let leading = lines.iter().take_while(|line| line.end < range.start && blank(line)).count();
    lines.drain(..leading);
    lines
}

fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind(['\n', '\r']).map_or(0, |end| end + 1)
}

fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find(['\n', '\r']).map_or(text.len(), |end| offset + end)
}

fn next_line(text: &str, end: usize) -> Option<usize> {
    let rest = &text[end..];
    if rest.starts_with("\r\n") { Some(end + 2) } else { (!rest.is_empty()).then_some(end + 1) }
}

fn previous_line(text: &str, start: usize) -> Option<usize> {
    let before = &text[..start];
    let before = before.strip_suffix("\r\n").or_else(|| before.strip_suffix(['\n', '\r']))?;
    Some(line_start(text, before.len()))
}
