use ruff_python_ast::token::TokenKind;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::parse::Parsed;

/// The logical lines and comments of a file.
///
/// A logical line is what Python reads as one: it goes on after a backslash, within brackets and within triple quotes.
/// Of a compound statement it is the header alone. It ends where its last physical line does, a comment included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogicalLines {
    lines: Vec<TextRange>,
    comments: Vec<TextRange>,
}

impl LogicalLines {
    /// Those of a parsed file; none where its text was refused as a whole.
    #[must_use]
    pub fn of(parsed: &Parsed) -> Self {
        let mut found = Self::default();
        let mut open: Option<TextRange> = None;
        for token in parsed.tokens().into_iter().flat_map(|tokens| tokens.iter()) {
            match token.kind() {
                TokenKind::Comment => {
                    found.comments.push(token.range());
                    // Within a line, and after its code, a comment is part of it; on a line of its own it is not.
                    open = open.map(|line| line.cover(token.range()));
                }
                TokenKind::Newline | TokenKind::EndOfFile => found.lines.extend(open.take()),
                TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent => {}
                _ => open = Some(open.map_or(token.range(), |line| line.cover(token.range()))),
            }
        }
        found.lines.extend(open);
        found
    }

    /// The comments, first one first, each from its `#` to the end of the line.
    #[must_use]
    pub fn comments(&self) -> &[TextRange] {
        &self.comments
    }

    /// The logical line that a place is in.
    #[must_use]
    pub fn around(&self, offset: TextSize) -> Option<TextRange> {
        let after = self.lines.partition_point(|line| line.start() <= offset);
        let line = self.lines[..after].last()?;
        line.contains_inclusive(offset).then_some(*line)
    }

    /// The first logical line that begins at or after a place.
    #[must_use]
    pub fn after(&self, offset: TextSize) -> Option<TextRange> {
        self.lines.get(self.lines.partition_point(|line| line.start() < offset)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse_keeping;
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        LogicalLines::of(&parse_keeping(text, false, true))
            .lines
            .iter()
            .map(|line| &text[line.start().into()..line.end().into()])
            .collect()
    }

    #[test]
    fn brackets_backslashes_and_quotes_carry_a_line_on() {
        let text =
            "a = f(\n    1,  # one\n    # two\n\n    2)\nb = \\\n    3\nc = '''x\ny'''; d = 4  # end\n\n# own\ne = 5";
        assert_eq!(
            lines(text),
            ["a = f(\n    1,  # one\n    # two\n\n    2)", "b = \\\n    3", "c = '''x\ny'''; d = 4  # end", "e = 5"]
        );
    }

    #[test]
    fn a_compound_statement_is_its_header_and_a_decorator_stands_alone() {
        assert_eq!(
            lines("@d\ndef f(\n    a,\n): # c\n    return (\n        1)\nif x: y()\nelse:\n    pass\n"),
            ["@d", "def f(\n    a,\n): # c", "return (\n        1)", "if x: y()", "else:", "pass"]
        );
    }

    #[test]
    fn places_are_found_in_lines_and_before_them() {
        let found = LogicalLines::of(&parse_keeping("a\n\n# c\n  \nb(\n)\n", false, true));
        let line = |start: u32, end: u32| Some(TextRange::new(start.into(), end.into()));
        assert_eq!(found.around(0.into()), line(0, 1));
        assert_eq!(found.around(1.into()), line(0, 1));
        assert_eq!(found.around(4.into()), None);
        assert_eq!(found.around(11.into()), line(10, 14));
        assert_eq!(found.after(4.into()), line(10, 14));
        assert_eq!(found.after(10.into()), line(10, 14));
        assert_eq!(found.after(11.into()), None);
        assert_eq!(found.comments().len(), 1);
    }

    #[test]
    fn broken_and_empty_files_have_what_can_be_read() {
        assert!(lines("").is_empty());
        assert!(lines("# only\n").is_empty());
        assert!(lines("x = (\ny = 1\n")[0].starts_with("x = ("));
        assert_eq!(lines("y = )\nx = 1\n").last(), Some(&"x = 1"));
        assert!(lines(&"(".repeat(1000)).is_empty());
    }
}
