use std::fmt;
use std::io;
use std::ops::Range;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::text::visible;
use super::{Hop, Paint, Style, display_path, printable, render_trace, wrap};
use crate::diagnostic::{Annotation, Confidence, Diagnostic, Severity};
use crate::lint::Report;
use crate::source::{LineColumn, SourceFile};

/// Lines shown above and below what is reported.
const CONTEXT: (usize, usize) = (2, 1);

/// A further place is shown in the snippet where it is no more lines away than this.
const NEAR: usize = 6;

/// How many further places are told.
const MOST_PLACES: usize = 5;

/// Columns for a tab.
const TAB: usize = 4;

/// Columns that a label gets however far to the right it stands.
const NARROWEST_LABEL: usize = 24;

/// For each finding: what it is, the snippet, the way that leads there, what to do and where to read more.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    for diagnostic in &report.diagnostics {
        header(diagnostic, style, out)?;
        snippet(report, diagnostic, style, out)?;
        trailer(report, diagnostic, style, out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn header(diagnostic: &Diagnostic, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint { color: style.color };
    let severity = paint.severity(diagnostic.severity, &format!("{}[{}]", diagnostic.severity, diagnostic.code));
    let confidence = match diagnostic.confidence {
        Confidence::High => String::new(),
        less => paint.dim(&format!(" ({less} confidence)")),
    };
    writeln!(out, "{severity} {}{confidence}", diagnostic.name)
}

fn trailer(report: &Report, diagnostic: &Diagnostic, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint { color: style.color };
    let hops: Vec<Hop> = diagnostic.call_chain.iter().map(|frame| Hop::new(frame, &report.sources)).collect();
    if !hops.is_empty() {
        writeln!(out, "  {}", paint.accent("reached through:"))?;
    }
    for line in render_trace(&hops, style) {
        writeln!(out, "    {line}")?;
    }
    match diagnostic.more_entry_points {
        0 => {}
        1 => writeln!(out, "    {}", paint.dim("and 1 more entry point reaches this"))?,
        more => writeln!(out, "    {}", paint.dim(&format!("and {more} more entry points reach this")))?,
    }
    for annotation in diagnostic.secondary.iter().filter(|annotation| !is_near(report, diagnostic, annotation)) {
        let (start, _) = report.location(annotation.span);
        let path = display_path(&report.path(annotation.span.file), &style.cwd);
        paragraph("note", &format!("{} ({path}:{})", annotation.label, start.row), style, out)?;
    }
    further_places(report, diagnostic, style, out)?;
    if !diagnostic.consequence.is_empty() {
        paragraph("why", &diagnostic.consequence, style, out)?;
    }
    if !diagnostic.help.is_empty() {
        paragraph("help", &diagnostic.help, style, out)?;
    }
    if let Some(fix) = &diagnostic.fix {
        paragraph("fix", &fix.message, style, out)?;
    }
    paragraph("more", &format!("temporal-py-lint explain {}", diagnostic.code), style, out)
}

/// The further places of the finding, each on a line of its own.
fn further_places(report: &Report, diagnostic: &Diagnostic, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint { color: style.color };
    for (index, place) in diagnostic.related.iter().take(MOST_PLACES).enumerate() {
        let (start, _) = report.location(place.span);
        let path = display_path(&report.path(place.span.file), &style.cwd);
        let heading = if index == 0 { "also:" } else { "" };
        let place = format!("{path}:{}:{}", start.row, start.column);
        writeln!(out, "  {}{}", paint.accent(&format!("{heading:<6}")), paint.place(&place))?;
    }
    match diagnostic.related.len().saturating_sub(MOST_PLACES) {
        0 => Ok(()),
        more => writeln!(out, "        {}", paint.dim(&format!("and {more} more"))),
    }
}

fn paragraph(heading: &str, text: &str, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    // All texts begin in the same column: the longest heading is `note`.
    let indent = 8;
    let pad = " ".repeat(4_usize.saturating_sub(heading.len()));
    let heading = Paint { color: style.color }.accent(&format!("{heading}:"));
    for (index, line) in wrap(&printable(text), style.width.saturating_sub(indent)).iter().enumerate() {
        if index == 0 {
            writeln!(out, "  {heading}{pad} {line}")?;
        } else {
            writeln!(out, "{:indent$}{line}", "")?;
        }
    }
    Ok(())
}

fn is_near(report: &Report, diagnostic: &Diagnostic, annotation: &Annotation) -> bool {
    let (primary, span) = (diagnostic.primary.span, annotation.span);
    let row = |span| report.location(span).0.row;
    span.file == primary.file && row(span).abs_diff(row(primary)) <= NEAR
}

fn snippet(report: &Report, diagnostic: &Diagnostic, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let near = diagnostic.secondary.iter().filter(|annotation| is_near(report, diagnostic, annotation));
    let annotations: Vec<&Annotation> = std::iter::once(&diagnostic.primary).chain(near).collect();
    let snippet = Snippet::new(report, diagnostic, &annotations, style);
    let styles: Vec<_> = snippet.labels.iter().map(LabeledSpan::primary).collect();
    let handler = GraphicalReportHandler::new_themed(theme(style, diagnostic.severity, &styles))
        .with_urls(false)
        .with_width(style.width)
        .with_wrap_lines(false)
        .with_context_lines(1)
        .without_syntax_highlighting();
    let mut text = String::new();
    handler.render_report(&mut text, &snippet).map_err(|_| io::Error::other("a snippet could not be drawn"))?;
    text.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

/// `primary` says of each label, in order, whether it marks what is reported.
fn theme(style: &Style, severity: Severity, primary: &[bool]) -> GraphicalTheme {
    let mut characters = if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    if !style.unicode {
        // The library's own choice reads as a pipe in a row of carets.
        characters.underbar = '^';
    }
    let mut styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let main = match severity {
        Severity::Error => styles.error,
        Severity::Warning => styles.warning,
        Severity::Info => styles.advice,
    };
    styles.link = styles.help;
    styles.highlights = primary.iter().map(|&primary| if primary { main } else { styles.help }).collect();
    GraphicalTheme { characters, styles }
}

/// A finding as miette takes it: the message, and lines that fit the width.
#[derive(Debug)]
struct Snippet {
    message: String,
    severity: miette::Severity,
    excerpt: Excerpt,
    labels: Vec<LabeledSpan>,
}

impl Snippet {
    /// `annotations` begin with the primary one and lie in one file.
    fn new(report: &Report, diagnostic: &Diagnostic, annotations: &[&Annotation], style: &Style) -> Self {
        let paint = Paint { color: style.color };
        let file = report.sources.get(diagnostic.primary.span.file);
        let excerpt = Excerpt::new(file, annotations, style);
        let mut labels: Vec<LabeledSpan> = annotations
            .iter()
            .enumerate()
            .map(|(index, annotation)| excerpt.label(file, annotation, index == 0))
            .collect();
        labels.sort_by_key(LabeledSpan::offset);
        let message = wrap(&printable(&diagnostic.message), style.width.saturating_sub(4));
        let message: Vec<String> = message.iter().map(|line| paint.bold(line)).collect();
        let severity = match diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        };
        Self { message: message.join("\n"), severity, excerpt, labels }
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Snippet {}

impl miette::Diagnostic for Snippet {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// A few lines of a file, tabs expanded, control characters replaced, long lines cut: what is drawn is what is
/// measured.
#[derive(Debug)]
struct Excerpt {
    path: String,
    place: LineColumn,
    first_row: usize,
    text: String,
    lines: Vec<ExcerptLine>,
    /// Columns for the text of a line.
    room: usize,
}

#[derive(Debug)]
struct ExcerptLine {
    /// The line in the file, without its line break.
    source: Range<usize>,
    /// For each character that is shown, where it starts in the file and in the excerpt.
    offsets: Vec<(usize, usize)>,
    /// Where the line ends in the excerpt.
    end: usize,
}

/// The columns of each line that are shown.
struct Window {
    start: usize,
    room: usize,
    ellipsis: &'static str,
}

impl Excerpt {
    fn new(file: &SourceFile, annotations: &[&Annotation], style: &Style) -> Self {
        let text = file.text();
        let primary = annotations[0].span.range;
        let place = file.line_column(primary.start());
        let ranges: Vec<Range<usize>> = annotations.iter().map(|annotation| shown_range(text, annotation)).collect();
        let start = ranges.iter().map(|range| range.start).min().unwrap_or(0);
        let end = ranges.iter().map(|range| range.end).max().unwrap_or(start);
        let sources = lines_around(text, start..end);
        let first_row = file.line_column(u32::try_from(sources[0].start).unwrap_or(0).into()).row;
        let digits = (first_row + sources.len()).to_string().len();
        let room = style.width.saturating_sub(digits + 4).max(NARROWEST_LABEL);
        let window = Window::around(text, &ranges[0], room, style);
        let mut excerpt = Self {
            path: display_path(file.path(), &style.cwd),
            place,
            first_row,
            text: String::new(),
            lines: Vec::with_capacity(sources.len()),
            room,
        };
        for source in sources {
            // A range without width, or at the end of its line, needs something to stand under.
            let bare = ranges.iter().any(|range| range.is_empty() && range.start == source.end);
            excerpt.push(text, source, &window, bare);
        }
        excerpt
    }

    fn push(&mut self, text: &str, source: Range<usize>, window: &Window, bare: bool) {
        if !self.lines.is_empty() {
            self.text.push('\n');
        }
        let line = &text[source.clone()];
        let shown = line.trim_end();
        let mut offsets = Vec::new();
        let (mut column, mut cut) = (0, false);
        if window.start > 0 && !shown.is_empty() {
            self.text.push_str(window.ellipsis);
        }
        for (offset, char) in shown.char_indices() {
            let width = if char == '\t' { TAB - column % TAB } else { visible(char).width().unwrap_or(0) };
            let end = column + width;
            if column >= window.start && end <= window.start + window.room {
                offsets.push((source.start + offset, self.text.len()));
                if char == '\t' {
                    self.text.push_str(&" ".repeat(width));
                } else {
                    self.text.push(visible(char));
                }
            }
            column = end;
            cut = column > window.start + window.room;
            if cut {
                break;
            }
        }
        let end = self.text.len();
        if cut {
            self.text.push_str(window.ellipsis);
        } else if bare {
            self.text.push(' ');
        }
        self.lines.push(ExcerptLine { source, offsets, end });
    }

    /// The place in the excerpt of a place in the file.
    fn map(&self, offset: usize) -> usize {
        let Some(line) = self.lines.iter().rev().find(|line| line.source.start <= offset) else {
            return 0;
        };
        line.offsets.iter().find(|(source, _)| *source >= offset).map_or(line.end, |(_, shown)| *shown)
    }

    fn label(&self, file: &SourceFile, annotation: &Annotation, primary: bool) -> LabeledSpan {
        let range = shown_range(file.text(), annotation);
        let start = self.map(range.start);
        let length = self.map(range.end).saturating_sub(start);
        // Where nothing of the range is left, the character at its place is marked.
        let length = if length == 0 { self.text[start..].chars().next().map_or(0, char::len_utf8) } else { length };
        let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let middle = self.text[line_start..start].width() + self.text[start..start + length].width() / 2;
        let room = self.room.saturating_sub(middle + 4).max(NARROWEST_LABEL);
        let label = printable(&annotation.label);
        let label = (!label.is_empty()).then(|| wrap(&label, room).join("\n"));
        if primary {
            LabeledSpan::new_primary_with_span(label, (start, length))
        } else {
            LabeledSpan::new_with_span(label, (start, length))
        }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = if before == 0 && after == 0 {
            // Asked for without context, the place is meant for the snippet's heading: the one in the file.
            let (row, column) = (self.place.row - 1, self.place.column - 1);
            MietteSpanContents::new_named(self.path.clone(), &[], *span, row, column, 1)
        } else {
            let all = SourceSpan::from((0, self.text.len()));
            let bytes = self.text.as_bytes();
            MietteSpanContents::new_named(self.path.clone(), bytes, all, self.first_row - 1, 0, self.lines.len())
        };
        Ok(Box::new(contents))
    }
}

impl Window {
    /// Shows the beginnings of lines, unless the range would not be seen then.
    fn around(text: &str, range: &Range<usize>, room: usize, style: &Style) -> Self {
        let ellipsis = if style.unicode { "…" } else { "..." };
        let room = room.saturating_sub(2 * ellipsis.width());
        let line_start = line_start(text, range.start);
        let columns = |to: usize| {
            let width = |column, char| match char {
                '\t' => column + TAB - column % TAB,
                char => column + visible(char).width().unwrap_or(0),
            };
            text[line_start..to].chars().fold(0, width)
        };
        let start = columns(range.start);
        let end = columns(range.end);
        // Half of a range that is itself too long will do.
        let start = if end.min(start + room / 2) <= room { 0 } else { start.saturating_sub(room / 4) };
        Self { start, room, ellipsis }
    }
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
