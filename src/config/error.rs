//! What is wrong with the command line or a configuration file, as people read it.
//!
//! Knows: the place in a file, with its line and a caret, and that nothing from outside steers a terminal. Does not know:
//! how a mistake was found.

use std::fmt;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};

use crate::source::{Unreadable, printable, visible};

/// Why no settings could be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A configuration file exists and cannot be read.
    #[error("`{}` {}\n  help: {}", printable(.0.path.as_str()), printable(&.0.message), printable(&.0.hint))]
    Read(Unreadable),
    /// A configuration file says something that has no meaning.
    #[error("{}\n{place}{}", printable(message), Help(help))]
    InFile {
        /// What is wrong.
        message: String,
        /// Where.
        place: Place,
        /// What to write instead.
        help: Option<String>,
    },
    /// A selector on the command line selects nothing.
    #[error("unknown rule selector `{}`{}", printable(selector), Help(help))]
    Selector {
        /// The selector as typed.
        selector: String,
        /// What to write instead.
        help: Option<String>,
    },
    /// A pattern on the command line has no meaning.
    #[error("invalid pattern `{}`: {}", printable(pattern), printable(message))]
    Pattern {
        /// The pattern as typed.
        pattern: String,
        /// Why.
        message: String,
    },
    /// A path on the command line leads nowhere.
    #[error("no such file or directory: `{}`{}", printable(path.as_str()), Help(help))]
    NoSuchPath {
        /// The path as typed.
        path: Utf8PathBuf,
        /// What may have been meant.
        help: Option<String>,
    },
}

impl ConfigError {
    /// The error with its file's path relative to the working directory where it lies below it.
    #[must_use]
    pub fn seen_from(mut self, cwd: &Utf8Path) -> Self {
        if let Self::Read(Unreadable { path, .. }) | Self::InFile { place: Place { path, .. }, .. } = &mut self
            && let Ok(relative) = path.strip_prefix(cwd)
        {
            *path = relative.to_owned();
        }
        self
    }
}

struct Help<'a>(&'a Option<String>);

impl fmt::Display for Help<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |help| write!(f, "\n  help: {}", printable(help)))
    }
}

/// A place in a configuration file; shown with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: Utf8PathBuf,
    /// The line, from 1.
    pub row: usize,
    /// The character in the line, from 1.
    pub column: usize,
    line: String,
    width: usize,
}

impl Place {
    /// The place of a range of bytes in a file's text.
    #[must_use]
    pub fn new(path: &Utf8Path, text: &str, range: &Range<usize>) -> Self {
        let start = floor(text, range.start);
        let end = floor(text, range.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let shown_end = end.min(line_end);
        Self {
            path: path.to_owned(),
            row: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            line: text[line_start..line_end].trim_end().chars().map(visible).collect(),
            width: text[start..shown_end].chars().count().max(1),
        }
    }
}

fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Characters of a line that are shown at most.
const SHOWN: usize = 100;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.row.to_string();
        let gutter = " ".repeat(row.len());
        let skip = if self.column + self.width > SHOWN { self.column.saturating_sub(SHOWN / 2) } else { 0 };
        let line: String = self.line.chars().skip(skip).take(SHOWN).collect();
        let before = self.column - 1 - skip.min(self.column - 1);
        let carets = "^".repeat(self.width.min(SHOWN.saturating_sub(before)).max(1));
        writeln!(f, "{gutter}--> {}:{}:{}", printable(self.path.as_str()), self.row, self.column)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{row} | {line}")?;
        write!(f, "{gutter} | {}{carets}", " ".repeat(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_characters_and_shown_with_its_line() {
        let text = "a = 1\nü = [\"x\"] # y\n";
        let start = text.find("\"x\"").expect("it is there");
        let place = Place::new(Utf8Path::new("p.toml"), text, &(start..start + 3));
        assert_eq!((place.row, place.column), (2, 6));
        assert_eq!(place.to_string(), " --> p.toml:2:6\n  |\n2 | ü = [\"x\"] # y\n  |      ^^^");
    }

    #[test]
    fn a_place_at_the_end_or_beyond_does_not_panic() {
        let place = Place::new(Utf8Path::new("p.toml"), "a = ", &(4..9));
        assert_eq!(place.to_string(), " --> p.toml:1:5\n  |\n1 | a =\n  |     ^");
        assert_eq!(Place::new(Utf8Path::new("p.toml"), "", &(7..9)).column, 1);
    }

    #[test]
    fn a_very_long_line_is_cut_around_the_place() {
        let text = format!("{}bad{}", "x".repeat(500), "y".repeat(500));
        let shown = Place::new(Utf8Path::new("p.toml"), &text, &(500..503)).to_string();
        assert!(shown.lines().all(|line| line.chars().count() <= SHOWN + 4), "{shown}");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[2].find("bad"), lines[3].find('^'));
    }
}
