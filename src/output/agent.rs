//! Findings for a program that reads text.
//!
//! Knows: what is worth its tokens. Does not know: which program reads, or when.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use camino::Utf8Path;
use rustc_hash::FxHashSet;

use super::{Style, display_path, printable};
use crate::diagnostic::{Confidence, Diagnostic, Frame, Further};
use crate::lint::{Report, Stats};
use crate::source::{FileId, Span};

/// How many findings are printed: more are not acted on in one go, and cost whoever reads them.
const MOST_FINDINGS: usize = 50;

/// How many further places of a finding are named.
const MOST_PLACES: usize = 5;

/// How many functions of a call chain are named: the entry point, and those nearest to the offending code.
const MOST_HOPS: usize = 6;

/// Findings for a program that reads text, one line each: `path:row:column CODE severity message | via CHAIN | fix:
/// HELP`, and a last line that counts them by code. Where there are too many, the worst are printed.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut lines = AgentLines::new(report, &style.cwd);
    for diagnostic in worst(&report.diagnostics) {
        writeln!(out, "{}", lines.line(diagnostic))?;
    }
    writeln!(out, "{}", tally(report))
}

/// The worst findings, in the order of the report.
fn worst(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut order: Vec<usize> = (0..diagnostics.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(diagnostics[index].severity));
    order.truncate(MOST_FINDINGS);
    order.sort_unstable();
    order.into_iter().map(|index| &diagnostics[index]).collect()
}

/// What the lines say together, and what none of them says.
fn tally(report: &Report) -> String {
    let (stats, number) = (&report.stats, report.diagnostics.len());
    let mut text = match number {
        0 => nothing(stats),
        1 => format!("1 finding: {}", by_code(&report.diagnostics)),
        _ => format!("{number} findings: {}", by_code(&report.diagnostics)),
    };
    if number > MOST_FINDINGS {
        let _ = write!(text, "; {} left out: check fewer files, or `--select` a code", number - MOST_FINDINGS);
    }
    if stats.suppressed > 0 {
        let _ = write!(text, "; {} suppressed by comments", stats.suppressed);
    }
    if stats.held_back > 0 {
        let _ = write!(text, "; {} less certain, see `--confidence low`", stats.held_back);
    }
    if stats.unchanged > 0 {
        let _ = write!(text, "; {} in unchanged code, see `--since`", stats.unchanged);
    }
    if !stats.shortfalls.is_empty() {
        let (number, s) = (stats.shortfalls.len(), if stats.shortfalls.len() == 1 { "" } else { "s" });
        let _ = write!(text, "; analysis cut short at {number} place{s}, see `--verbose`");
    }
    text
}

/// Says of a run without findings whether it looked at anything.
fn nothing(stats: &Stats) -> String {
    let what = match (stats.workflows, stats.activities) {
        _ if stats.files_walked == 0 => return "0 findings: no Python files".to_owned(),
        (0, 0) => "no workflow or activity recognised".to_owned(),
        (workflows, activities) => format!("{workflows} workflows, {activities} activities"),
    };
    format!("0 findings: {what} in {} Python files", stats.files_walked)
}

/// `TPY101 3, TPY401 1`, with the number of places where findings have several: a new place in a function that has a
/// finding already is no new finding.
fn by_code(diagnostics: &[Diagnostic]) -> String {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for diagnostic in diagnostics {
        let (findings, places) = counts.entry(diagnostic.code).or_default();
        *findings += 1;
        *places += 1 + diagnostic.related.len();
    }
    let told = |(code, (findings, places)): (&&str, &(usize, usize))| match places > findings {
        true => format!("{code} {findings} ({places} places)"),
        false => format!("{code} {findings}"),
    };
    counts.iter().map(told).collect::<Vec<_>>().join(", ")
}

/// Makes the lines of `--output-format agent`. A fix that an earlier line spelt out for the same code is not repeated.
pub struct AgentLines<'r> {
    report: &'r Report,
    cwd: &'r Utf8Path,
    told: FxHashSet<(&'static str, &'r str)>,
}

impl<'r> AgentLines<'r> {
    /// Lines about findings of `report`, paths relative to `cwd`.
    #[must_use]
    pub fn new(report: &'r Report, cwd: &'r Utf8Path) -> Self {
        Self { report, cwd, told: FxHashSet::default() }
    }

    /// The line of a finding, without a line break.
    pub fn line(&mut self, diagnostic: &'r Diagnostic) -> String {
        self.line_about(diagnostic, &[])
    }

    /// The line of a finding that names those of its further places first that `first` holds.
    pub fn line_about(&mut self, diagnostic: &'r Diagnostic, first: &[Span]) -> String {
        let (start, _) = self.report.location(diagnostic.primary.span);
        let file = diagnostic.primary.span.file;
        let mut line =
            format!("{}:{}:{} {} {}", self.path(file), start.row, start.column, diagnostic.code, diagnostic.severity);
        if diagnostic.confidence < Confidence::High {
            let _ = write!(line, " ({} confidence)", diagnostic.confidence);
        }
        let _ = write!(line, " {}", printable(&diagnostic.message));
        if !diagnostic.related.is_empty() {
            let _ = write!(line, " | also {}", self.further(diagnostic, first));
        }
        if let Some(way) = self.way(diagnostic) {
            let _ = write!(line, " | {way}");
        }
        if !diagnostic.help.is_empty() {
            let first = self.told.insert((diagnostic.code, &diagnostic.help));
            let _ = write!(line, " | fix: {}", if first { printable(&diagnostic.help) } else { "as above".into() });
        }
        line
    }

    /// The further places in brief, those in `first` before the others: `at 12:5, 14:9 and 3 more`.
    fn further(&self, diagnostic: &Diagnostic, first: &[Span]) -> String {
        let place = |place: &Further| {
            let (start, _) = self.report.location(place.span);
            let file = match place.span.file == diagnostic.primary.span.file {
                true => String::new(),
                false => format!("{}:", self.path(place.span.file)),
            };
            format!("{file}{}:{}", start.row, start.column)
        };
        let (wanted, others): (Vec<_>, Vec<_>) =
            diagnostic.related.iter().partition(|place| first.contains(&place.span));
        let places: Vec<String> = wanted.into_iter().chain(others).take(MOST_PLACES).map(place).collect();
        let more = match diagnostic.related.len().saturating_sub(MOST_PLACES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("at {}{more}", places.join(", "))
    }

    fn path(&self, file: FileId) -> String {
        display_path(&self.report.path(file), self.cwd)
    }

    /// The call chain in brief: `in Order.run`, or `via Order.run line 12 > stamp`. The last function's place is that
    /// of the finding.
    fn way(&self, diagnostic: &Diagnostic) -> Option<String> {
        let (last, above) = diagnostic.call_chain.frames.split_last()?;
        let more = match diagnostic.more_entry_points {
            0 => String::new(),
            1 => " (and from 1 more entry point)".to_owned(),
            number => format!(" (and from {number} more entry points)"),
        };
        let last = printable(&last.function);
        if above.is_empty() {
            return Some(format!("in {last}{more}"));
        }
        let left_out = diagnostic.call_chain.left_out.as_ref().map_or(0, |left_out| left_out.calls);
        let hops: Vec<String> = above.iter().map(|frame| self.hop(frame, diagnostic.primary.span.file)).collect();
        Some(format!("via {} > {last}{more}", shortened(hops, left_out).join(" > ")))
    }

    fn hop(&self, frame: &Frame, file: FileId) -> String {
        let (start, _) = self.report.location(frame.span);
        let function = printable(&frame.function);
        if frame.span.file == file {
            return format!("{function} line {}", start.row);
        }
        format!("{function} {}:{}", self.path(frame.span.file), start.row)
    }
}

/// The hops with those in the middle counted where they are many, those that a long chain lacks among them.
fn shortened(mut hops: Vec<String>, left_out: usize) -> Vec<String> {
    // The function at fault is named behind these, and a count in place of a single hop would save nothing.
    let most = MOST_HOPS - 1;
    if hops.len() > most + 1 {
        let middle = 1..hops.len() - (most - 1);
        let number = middle.len() + left_out;
        hops.splice(middle, [format!("({number} more)")]);
    }
    hops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_chains_keep_their_ends() {
        let hops = |count: usize| (0..count).map(|index| index.to_string()).collect::<Vec<_>>();
        assert_eq!(shortened(hops(5), 0), ["0", "1", "2", "3", "4"]);
        assert_eq!(shortened(hops(6), 0), ["0", "1", "2", "3", "4", "5"]);
        assert_eq!(shortened(hops(7), 0), ["0", "(2 more)", "3", "4", "5", "6"]);
        assert_eq!(shortened(hops(9), 0), ["0", "(4 more)", "5", "6", "7", "8"]);
        assert_eq!(shortened(hops(9), 30), ["0", "(34 more)", "5", "6", "7", "8"]);
    }

    #[test]
    fn a_run_without_findings_says_whether_it_looked_at_anything() {
        let text = |stats| nothing(&stats);
        assert_eq!(text(Stats::default()), "0 findings: no Python files");
        let unrelated = Stats { files_walked: 3, ..Stats::default() };
        assert_eq!(text(unrelated), "0 findings: no workflow or activity recognised in 3 Python files");
        let clean = Stats { files_walked: 3, workflows: 2, activities: 4, ..Stats::default() };
        assert_eq!(text(clean), "0 findings: 2 workflows, 4 activities in 3 Python files");
    }
}
