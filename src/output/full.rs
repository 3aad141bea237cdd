//! Findings for people.
//!
//! Knows: the parts of a finding, their order and their headings. Does not know: which lines of a file are shown, and what
//! of a long line.

use std::fmt;
use std::io;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use super::excerpt::Excerpt;
use super::{Paint, Style, Trace, display_path, printable, render_trace, wrap};
use crate::diagnostic::{Annotation, Applicability, Confidence, Diagnostic, Fix, Severity};
use crate::lint::Report;

/// A further place is shown in the snippet where it is no more lines away than this.
const NEAR: usize = 6;

/// How many further places are told.
const MOST_PLACES: usize = 5;

/// Where there are more findings than this, of those that say the same only the first is shown with its lines.
const MOST_WITH_LINES: usize = 20;

/// How many findings that say the same as the first are told after it, a line each.
const MOST_ALIKE: usize = 10;

/// For each finding: what it is, the snippet, the way that leads there, what to do and where to read more. Findings that say the
/// same stand together, and why and what to do is said once.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let are_many = report.diagnostics.len() > MOST_WITH_LINES;
    for group in alike(&report.diagnostics) {
        let untold = if are_many { group.len().saturating_sub(1 + MOST_ALIKE) } else { 0 };
        let told = group.len() - untold;
        for (position, diagnostic) in group.into_iter().take(told).enumerate() {
            if position > 0 && are_many {
                again(report, diagnostic, style, out)?;
                continue;
            }
            if position > 0 {
                writeln!(out)?;
            }
            header(diagnostic, style, out)?;
            snippet(report, diagnostic, style, out)?;
            way(report, diagnostic, style, out)?;
            if position == 0 {
                reasons(diagnostic, style, out)?;
            }
            if let Some(fix) = &diagnostic.fix {
                paragraph("fix", &fix_line(fix), style, out)?;
            }
            if position == 0 {
                paragraph("more", &format!("temporal-py-lint explain {}", diagnostic.code), style, out)?;
            }
        }
        if untold > 0 {
            let text = format!("{untold} more that say the same; `--output-format concise` lists all");
            paragraph("and", &text, style, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The findings that say the same, in the order of the first of each.
fn alike(diagnostics: &[Diagnostic]) -> Vec<Vec<&Diagnostic>> {
    let mut groups: Vec<Vec<&Diagnostic>> = Vec::new();
    for diagnostic in diagnostics {
        let says = |other: &Diagnostic| (other.code, other.severity, other.consequence.clone(), other.help.clone());
        match groups.iter_mut().find(|group| says(group[0]) == says(diagnostic)) {
            Some(group) => group.push(diagnostic),
            None => groups.push(vec![diagnostic]),
        }
    }
    groups
}

/// A further finding that says the same, in a line or two: where it is, through what, and what it is.
fn again(report: &Report, diagnostic: &Diagnostic, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let (start, _) = report.location(diagnostic.primary.span);
    let path = display_path(&report.path(diagnostic.primary.span.file), &style.cwd);
    let through: Vec<String> = match diagnostic.call_chain.frames.split_last() {
        Some((_, calls)) => calls.iter().map(|frame| format!("`{}`", frame.function)).collect(),
        None => Vec::new(),
    };
    let way = if through.is_empty() { String::new() } else { format!(", through {}", through.join(", ")) };
    let less = match diagnostic.confidence {
        Confidence::High => String::new(),
        less => format!(" ({less} confidence)"),
    };
    let text = format!("{path}:{}:{}{way}: {}{less}", start.row, start.column, diagnostic.message);
    paragraph("and", &text, style, out)
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

/// The calls and places that explain a finding.
fn way(report: &Report, diagnostic: &Diagnostic, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint { color: style.color };
    let trace = Trace::new(&diagnostic.call_chain, &report.sources);
    if !trace.hops.is_empty() {
        writeln!(out, "  {}", paint.accent("reached through:"))?;
    }
    for line in render_trace(&trace, style.width.saturating_sub(4), style) {
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
    further_places(report, diagnostic, style, out)
}

/// What happens, and what to do.
fn reasons(diagnostic: &Diagnostic, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    if !diagnostic.consequence.is_empty() {
        paragraph("why", &diagnostic.consequence, style, out)?;
    }
    if !diagnostic.help.is_empty() {
        paragraph("help", &diagnostic.help, style, out)?;
    }
    Ok(())
}

/// What a fix does, the option that applies it, and what else changes.
fn fix_line(fix: &Fix) -> String {
    match fix.applicability {
        Applicability::Safe => format!("`--fix`: {}", fix.message),
        Applicability::Unsafe => format!("`--unsafe-fixes`: {}; {}", fix.message, fix.caution),
    }
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
    // What stands in lines of its own stays so.
    let wrapped = |line: &str| wrap(&printable(line), style.width.saturating_sub(indent));
    for (index, line) in text.lines().flat_map(wrapped).enumerate() {
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
    text.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))?;
    match snippet.excerpt.unnamed() {
        Some(place) => paragraph("at", &place, style, out),
        None => Ok(()),
    }
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
            .map(|(index, annotation)| match excerpt.label(file, annotation) {
                (marked, label) if index == 0 => LabeledSpan::new_primary_with_span(label, marked),
                (marked, label) => LabeledSpan::new_with_span(label, marked),
            })
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
            MietteSpanContents::new_named(self.name.clone(), &[], *span, row, column, 1)
        } else {
            let all = SourceSpan::from((0, self.text.len()));
            let bytes = self.text.as_bytes();
            MietteSpanContents::new_named(
                self.name.clone(),
                bytes,
                all,
                self.first_row - 1,
                0,
                self.text.split('\n').count(),
            )
        };
        Ok(Box::new(contents))
    }
}
