//! Places as the protocol counts them: lines from 0, columns in the units that client and server have agreed on.

use serde_json::{Value, json};

use crate::source::{SourceFile, TextRange, TextSize};

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Units of UTF-16, which every client knows.
    #[default]
    Utf16,
}

impl Encoding {
    /// The best that a client offers.
    pub(super) fn offered(capabilities: &Value) -> Self {
        let offered = capabilities.pointer("/general/positionEncodings").and_then(Value::as_array);
        let is_offered = offered.is_some_and(|offered| offered.iter().any(|name| name == "utf-8"));
        if is_offered { Self::Utf8 } else { Self::Utf16 }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
        }
    }

    /// A column that is known in bytes and in units of UTF-16.
    pub(super) fn column(self, bytes: usize, units: usize) -> usize {
        match self {
            Self::Utf8 => bytes,
            Self::Utf16 => units,
        }
    }

    fn width(self, char: char) -> usize {
        match self {
            Self::Utf8 => char.len_utf8(),
            Self::Utf16 => char.len_utf16(),
        }
    }

    /// A place of a file.
    pub(super) fn range(self, file: &SourceFile, range: TextRange) -> Value {
        json!({ "start": self.position(file, range.start()), "end": self.position(file, range.end()) })
    }

    fn position(self, file: &SourceFile, offset: TextSize) -> Value {
        let text = file.text();
        let offset = text.floor_char_boundary(offset.to_usize());
        let start = text[..offset].rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let line = file.line_column(TextSize::try_from(offset).unwrap_or_default()).row - 1;
        let column: usize = text[start..offset].chars().map(|char| self.width(char)).sum();
        json!({ "line": line, "character": column })
    }

    /// Where in a text a position is; what lies beyond a line is its end, what lies beyond the text the text's.
    pub(super) fn offset(self, text: &str, position: &Value) -> Option<usize> {
        let number = |name: &str| position.get(name)?.as_u64().and_then(|number| usize::try_from(number).ok());
        let (line, column) = (number("line")?, number("character")?);
        let Some(start) = line_start(text, line) else { return Some(text.len()) };
        let mut left = column;
        for (at, char) in text[start..].char_indices() {
            if left == 0 || matches!(char, '\n' | '\r') {
                return Some(start + at);
            }
            left = left.saturating_sub(self.width(char));
        }
        Some(text.len())
    }
}

/// Where a line begins, counted from 0. Lines end with `\n`, `\r\n` or `\r`.
fn line_start(text: &str, line: usize) -> Option<usize> {
    if line == 0 {
        return Some(0);
    }
    let bytes = text.as_bytes();
    let ends = |at: &usize| bytes[*at] == b'\n' || bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    memchr::memchr2_iter(b'\n', b'\r', bytes).filter(ends).nth(line - 1).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = '\u{1f600}'\r\nb\rc = 1\n";

    fn at(encoding: Encoding, line: u32, character: u32) -> &'static str {
        let offset = encoding.offset(TEXT, &json!({ "line": line, "character": character })).expect("a position");
        &TEXT[offset..]
    }

    #[test]
    fn columns_are_counted_as_agreed() {
        assert_eq!(at(Encoding::Utf16, 0, 7), "'\r\nb\rc = 1\n");
        assert_eq!(at(Encoding::Utf8, 0, 9), "'\r\nb\rc = 1\n");
        assert_eq!(at(Encoding::Utf16, 2, 4), "1\n");
        let file = SourceFile::new("/a.py".into(), TEXT.to_owned(), true);
        let quote = TextSize::try_from(TEXT.rfind('\'').expect("a quote")).expect("it fits");
        assert_eq!(Encoding::Utf16.position(&file, quote), json!({ "line": 0, "character": 7 }));
        assert_eq!(Encoding::Utf8.position(&file, quote), json!({ "line": 0, "character": 9 }));
    }

    #[test]
    fn what_lies_beyond_is_the_end() {
        assert_eq!(at(Encoding::Utf16, 1, 99), "\rc = 1\n");
        assert_eq!(at(Encoding::Utf16, 99, 0), "");
        assert_eq!(at(Encoding::Utf16, 3, 5), "");
        assert_eq!(Encoding::Utf16.offset(TEXT, &json!({ "line": -1, "character": 0 })), None);
        assert_eq!(Encoding::Utf16.offset(TEXT, &json!(null)), None);
    }
}
