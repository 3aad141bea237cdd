//! Comments that hold back what a run has found, written into the files.
//!
//! Knows: where such a comment stands so that it speaks for a place and changes no code. Does not know: how findings came
//! about, or how files are written ([`write`](crate::source)).

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use rustc_hash::FxHashSet;

use super::report::Report;
use crate::diagnostic::Diagnostic;
use crate::source::ast::{TextRange, TextSize};
use crate::source::{COMMENT_MARKER, FileId, LogicalLines, Span, parse_with_tokens};

/// A line is not made longer than this by a comment behind its code; the comment then stands in a line above.
const WIDEST: usize = 100;

/// Rules about the tool's own input, which no comment holds back.
const OWN_RULES: &str = "TPY00";

/// What is to be done to hold back what a run has found.
#[derive(Debug, Default)]
pub struct IgnorePlan {
    /// The files to write, by path.
    pub files: Vec<IgnoresOfFile>,
    /// Files in which no comment can be placed, with the reason.
    pub refused: Vec<(Utf8PathBuf, &'static str)>,
    /// Findings in files that were not asked for.
    pub elsewhere: usize,
}

/// A file with the comments that its findings need.
#[derive(Debug)]
pub struct IgnoresOfFile {
    /// The file.
    pub path: Utf8PathBuf,
    /// Its text.
    pub before: String,
    /// Its text with the comments.
    pub after: String,
    /// How many comments are new.
    pub comments: usize,
}

/// Why a reason cannot stand in a comment.
///
/// # Errors
///
/// Says what it may not hold.
pub fn check_reason(reason: &str) -> Result<(), &'static str> {
    let declares_encoding = || {
        let after = reason.match_indices("coding").map(|(at, word)| reason[at + word.len()..].chars().next());
        after.into_iter().any(|next| matches!(next, Some(':' | '=')))
    };
    match () {
        () if reason.trim().is_empty() => Err("it says nothing"),
        () if reason.chars().any(|char| crate::source::visible(char) != char) => {
            Err("it holds characters that cannot be seen, such as a line break")
        }
        () if reason.contains('#') => Err("it holds a `#`, with which another comment would begin"),
        () if declares_encoding() => Err("Python would read `coding:` in it as the file's encoding"),
        () => Ok(()),
    }
}

/// Places a comment for each finding that is shown. Findings behind a call that gets a comment of the same rule are left
/// for another run: that comment may hold them back as well, and theirs would do nothing.
#[must_use]
pub fn ignore_plan(report: &Report, reason: &str) -> IgnorePlan {
    let mut plan = IgnorePlan::default();
    let mut files: BTreeMap<Utf8PathBuf, FileId> = BTreeMap::new();
    let mut wanted: Vec<&Diagnostic> = Vec::new();
    for diagnostic in report.diagnostics.iter().filter(|diagnostic| !diagnostic.code.starts_with(OWN_RULES)) {
        let file = report.sources.get(diagnostic.primary.span.file);
        match file.is_requested() {
            true => wanted.push(diagnostic),
            false => plan.elsewhere += 1,
        }
    }
    for span in wanted.iter().flat_map(|diagnostic| places(diagnostic)) {
        files.insert(report.path(span.file), span.file);
    }
    let texts: BTreeMap<FileId, FileLines<'_>> =
        files.values().map(|file| (*file, FileLines::of(report, *file))).collect();
    let line_of = |span: Span| texts.get(&span.file).and_then(|text| text.line(span.range.start()));
    let own: Vec<FxHashSet<Line>> = wanted
        .iter()
        .map(|found| places(found).filter_map(|span| Some((span.file, line_of(span)?))).collect())
        .collect();
    let held: FxHashSet<(&str, Line)> =
        wanted.iter().zip(&own).flat_map(|(found, lines)| lines.iter().map(|line| (found.code, *line))).collect();
    let is_behind = |found: &Diagnostic, own: &FxHashSet<Line>| {
        let calls = found.call_chain.spans().filter_map(|span| Some((span.file, line_of(span)?)));
        calls.into_iter().any(|line| !own.contains(&line) && held.contains(&(found.code, line)))
    };
    let mut now: Vec<&Diagnostic> =
        wanted.iter().zip(&own).filter(|(found, own)| !is_behind(found, own)).map(|(found, _)| *found).collect();
    if now.is_empty() {
        now = wanted;
    }
    for (path, id) in files {
        let Some(text) = texts.get(&id) else { continue };
        let in_file = now.iter().flat_map(|found| places(found).map(|span| (found.code, span)));
        let at: Vec<(&str, TextSize)> =
            in_file.filter(|(_, span)| span.file == id).map(|(code, span)| (code, span.range.start())).collect();
        match text.with_comments(&at, reason) {
            Ok((after, comments)) if comments > 0 => {
                plan.files.push(IgnoresOfFile { path, before: text.text.to_owned(), after, comments });
            }
            Ok(_) => {}
            Err(why) => plan.refused.push((path, why)),
        }
    }
    plan
}

/// The text of a finding's file with a comment that holds the finding back at one of its places; nothing where no comment
/// can be placed, or none holds it back.
#[must_use]
pub fn with_comment(report: &Report, code: &str, place: Span, reason: &str) -> Option<String> {
    if code.starts_with(OWN_RULES) {
        return None;
    }
    let (text, comments) =
        FileLines::of(report, place.file).with_comments(&[(code, place.range.start())], reason).ok()?;
    (comments > 0).then_some(text)
}

/// A logical line of a file.
type Line = (FileId, TextRange);

/// The places that a finding has, each of which needs a comment.
fn places(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    std::iter::once(diagnostic.primary.span).chain(diagnostic.related.iter().map(|place| place.span))
}

struct FileLines<'r> {
    text: &'r str,
    is_stub: bool,
    is_broken: bool,
    lines: LogicalLines,
}

impl<'r> FileLines<'r> {
    fn of(report: &'r Report, id: FileId) -> Self {
        let file = report.sources.get(id);
        Self::of_text(file.text(), file.path().extension() == Some("pyi"))
    }

    fn of_text(text: &'r str, is_stub: bool) -> Self {
        let parsed = parse_with_tokens(text, is_stub);
        Self { text, is_stub, is_broken: !parsed.problems().is_empty(), lines: LogicalLines::of(&parsed) }
    }

    fn line(&self, offset: TextSize) -> Option<TextRange> {
        self.lines.around(offset)
    }

    /// The text with a comment for the line of each place, and how many there are.
    fn with_comments(&self, at: &[(&str, TextSize)], reason: &str) -> Result<(String, usize), &'static str> {
        if self.is_broken {
            return Err("its syntax is broken");
        }
        let mut lines: BTreeMap<u32, (TextRange, BTreeSet<&str>)> = BTreeMap::new();
        for &(code, offset) in at {
            let line = self.line(offset).ok_or("a finding in it stands in no line of code")?;
            lines.entry(line.start().to_u32()).or_insert_with(|| (line, BTreeSet::new())).1.insert(code);
        }
        let mut after = String::with_capacity(self.text.len() + lines.len() * 64);
        let mut copied = 0;
        for (line, codes) in lines.values() {
            let codes: Vec<&str> = codes.iter().copied().collect();
            let comment = format!("# {COMMENT_MARKER}: ignore[{}] {}", codes.join(", "), reason.trim());
            let (at, inserted) = self.placed(*line, &comment);
            after.push_str(&self.text[copied..at]);
            after.push_str(&inserted);
            copied = at;
        }
        after.push_str(&self.text[copied..]);
        match code(self.text, self.is_stub) == code(&after, self.is_stub) {
            true => Ok((after, lines.len())),
            false => Err("a comment in it would change its code"),
        }
    }

    /// Where a comment goes, and what stands there: behind the code of a short line, else in a line of its own above, where
    /// no formatter moves it.
    fn placed(&self, line: TextRange, comment: &str) -> (usize, String) {
        let code = &self.text[line];
        let (start, end) = (usize::from(line.start()), usize::from(line.end()));
        let line_start = self.text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let width = self.text[line_start..end].chars().count() + 2 + comment.chars().count();
        let has_comment = self.lines.comments().iter().any(|comment| line.contains_range(*comment));
        if width <= WIDEST && !has_comment && !code.contains(['\n', '\r']) {
            return (end, format!("  {comment}"));
        }
        let indent = &self.text[line_start..start];
        (line_start, format!("{indent}{comment}{}", self.line_end()))
    }

    fn line_end(&self) -> &'static str {
        match self.text.find(['\n', '\r']).map(|at| &self.text[at..]) {
            Some(rest) if rest.starts_with("\r\n") => "\r\n",
            Some(rest) if rest.starts_with('\r') => "\r",
            _ => "\n",
        }
    }
}

/// What Python reads of a text, without comments and blank lines.
fn code(text: &str, is_stub: bool) -> Vec<&str> {
    let parsed = parse_with_tokens(text, is_stub);
    parsed.code_tokens().map(|range| &text[range]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, at: &[(&str, &str)]) -> String {
        let offset = |word: &str| TextSize::try_from(text.find(word).expect("in the text")).expect("small");
        let at: Vec<_> = at.iter().map(|(code, word)| (*code, offset(word))).collect();
        FileLines::of_text(text, false).with_comments(&at, "why").expect("it can be placed").0
    }

    #[test]
    fn behind_short_lines_and_above_others() {
        assert_eq!(
            with("if x:\n    a = f()\n", &[("TPY102", "f("), ("TPY101", "a")]),
            "if x:\n    a = f()  # temporal-py-lint: ignore[TPY101, TPY102] why\n"
        );
        assert_eq!(
            with("if x:\n\ta = f(\n\t\tb,\n\t)\n", &[("TPY101", "b,")]),
            "if x:\n\t# temporal-py-lint: ignore[TPY101] why\n\ta = f(\n\t\tb,\n\t)\n"
        );
        assert_eq!(
            with("a = f()  # noqa: E501\n", &[("TPY101", "f(")]),
            "# temporal-py-lint: ignore[TPY101] why\na = f()  # noqa: E501\n"
        );
        let long = format!("a = f('{}')\n", "x".repeat(80));
        assert_eq!(with(&long, &[("TPY101", "f(")]), format!("# temporal-py-lint: ignore[TPY101] why\n{long}"));
    }

    #[test]
    fn strings_continued_lines_and_the_last_line_are_not_broken() {
        assert_eq!(
            with("x = '''\n{f()}\n'''\n", &[("TPY101", "f(")]),
            "# temporal-py-lint: ignore[TPY101] why\nx = '''\n{f()}\n'''\n"
        );
        assert_eq!(
            with("x = 1 + \\\n    f()\n", &[("TPY101", "f(")]),
            "# temporal-py-lint: ignore[TPY101] why\nx = 1 + \\\n    f()\n"
        );
        assert_eq!(with("f()", &[("TPY101", "f(")]), "f()  # temporal-py-lint: ignore[TPY101] why");
        assert_eq!(
            with("a = 1\r\nb = (\r\n f())\r\n", &[("TPY101", "f(")]),
            "a = 1\r\n# temporal-py-lint: ignore[TPY101] why\r\nb = (\r\n f())\r\n"
        );
    }

    #[test]
    fn broken_files_are_left_alone() {
        let broken = FileLines::of_text("f()\nx = (\n", false);
        assert_eq!(broken.with_comments(&[("TPY101", 0.into())], "why"), Err("its syntax is broken"));
    }

    #[test]
    fn a_reason_is_one_line_of_visible_text() {
        assert_eq!(check_reason("only logged, see TICKET-1"), Ok(()));
        for wrong in ["", "  ", "a\nb", "a\u{202e}b", "a # b", "coding: x", "encoding=utf-8"] {
            assert!(check_reason(wrong).is_err(), "{wrong:?}");
        }
    }
}
