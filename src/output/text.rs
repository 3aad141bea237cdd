//! Text for terminals: paths, widths, colours, and characters that may not be printed as they are.
//!
//! Knows: columns. Does not know: what is printed.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style as AnsiStyle};
use camino::Utf8Path;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Style;
use crate::diagnostic::Severity;
pub use crate::source::printable;
pub(super) use crate::source::visible;

/// A path for people: relative to the working directory where it lies below it.
#[must_use]
pub fn display_path(path: &Utf8Path, cwd: &Utf8Path) -> String {
    printable(path.strip_prefix(cwd).unwrap_or(path).as_str()).into_owned()
}

/// Breaks text at spaces into lines of at most `width` columns; a longer word gets a line of its own.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Text of at most `width` columns: of a longer one the beginning and the end.
pub(super) fn shortened<'t>(text: &'t str, width: usize, style: &Style) -> Cow<'t, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let ellipsis = style.ellipsis();
    let room = width.saturating_sub(ellipsis.width());
    let end = last_columns(text, room / 2);
    let start = first_columns(text, room - end.width());
    Cow::Owned(format!("{start}{ellipsis}{end}"))
}

fn first_columns(text: &str, width: usize) -> &str {
    let mut used = 0;
    let fits = |(_, char): &(usize, char)| {
        used += char.width().unwrap_or(0);
        used <= width
    };
    let end = text.char_indices().take_while(fits).last().map_or(0, |(at, char)| at + char.len_utf8());
    &text[..end]
}

fn last_columns(text: &str, width: usize) -> &str {
    let mut used = 0;
    let fits = |(_, char): &(usize, char)| {
        used += char.width().unwrap_or(0);
        used <= width
    };
    let start = text.char_indices().rev().take_while(fits).last().map_or(text.len(), |(at, _)| at);
    &text[start..]
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    /// Whether there are any.
    pub color: bool,
}

impl Paint {
    /// Bold.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.paint(AnsiStyle::new().bold(), text)
    }

    /// Less prominent.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.paint(AnsiStyle::new().dimmed(), text)
    }

    /// A place in a file.
    #[must_use]
    pub fn place(self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }

    /// A heading or a keyword of the tool's own.
    #[must_use]
    pub fn accent(self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default().bold(), text)
    }

    /// All is well.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default().bold(), text)
    }

    /// In the severity's colour.
    #[must_use]
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let color = match severity {
            Severity::Error => AnsiColor::Red,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Info => AnsiColor::Cyan,
        };
        self.paint(color.on_default().bold(), text)
    }

    fn paint(self, style: AnsiStyle, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_by_columns() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("時時 bb", 6), ["時時", "bb"]);
        assert_eq!(wrap("a-very-long-word b", 4), ["a-very-long-word", "b"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn of_a_long_text_both_ends_are_kept() {
        let style = Style { unicode: true, ..Style::plain(Utf8Path::new("/")) };
        assert_eq!(shortened("abcdefgh", 8, &style), "abcdefgh");
        assert_eq!(shortened("abcdefgh", 6, &style), "abc…gh");
        assert_eq!(shortened("時時時時", 6, &style), "時…時");
        assert_eq!(shortened("abcdefgh", 6, &Style { unicode: false, ..style }), "ab...h");
    }

    #[test]
    fn paths_are_relative_below_the_working_directory_only() {
        let cwd = Utf8Path::new("/a/b");
        assert_eq!(display_path(Utf8Path::new("/a/b/c.py"), cwd), "c.py");
        assert_eq!(display_path(Utf8Path::new("/a/bc.py"), cwd), "/a/bc.py");
    }
}
