//! Text from outside that a runner of jobs would take for commands.
//!
//! GitHub's runner obeys lines that begin with `::`, and `##[` anywhere in a line, whoever wrote them: the name of a file
//! can. What is written here is changed so little that people read the same.

use std::io::{self, Write};

/// How text is kept from being taken for commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defence {
    /// A space is put in between.
    Text,
    /// What stands in a string is written as an escape.
    Json,
    /// What stands in text is written as a reference.
    Xml,
    /// The lines are commands of our own, whose parts were escaped.
    Commands,
}

/// A stream whose lines are no commands.
pub struct Guarded<W> {
    inner: W,
    defence: Defence,
    place: Place,
    hashes: usize,
}

/// Where in a line the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing but blanks so far.
    Start,
    /// Within a sequence that colours what follows.
    Colour,
    /// A colon behind nothing but blanks.
    Colon,
    Within,
}

impl<W: Write> Guarded<W> {
    /// Guards a stream.
    pub fn new(inner: W, defence: Defence) -> Self {
        Self { inner, defence, place: Place::Start, hashes: 0 }
    }

    /// Changes what is written from now on.
    pub fn set(&mut self, defence: Defence) {
        self.defence = defence;
    }

    /// What is put in front of a byte, and in its place.
    fn guarded(&mut self, byte: u8) -> Option<&'static [u8]> {
        let was = self.place;
        self.place = match (was, byte) {
            (_, b'\n' | b'\r') => Place::Start,
            (Place::Start, b'\x1b') => Place::Colour,
            (Place::Colour, b'm') => Place::Start,
            (Place::Colour, _) => Place::Colour,
            (Place::Start, b' ' | b'\t') => Place::Start,
            (Place::Start, b':') => Place::Colon,
            _ => Place::Within,
        };
        let hashes = self.hashes;
        self.hashes = if byte == b'#' { hashes + 1 } else { 0 };
        let is_bracket = byte == b'[' && hashes >= 2;
        match self.defence {
            Defence::Text if byte == b':' && was == Place::Colon => Some(b" :"),
            Defence::Text | Defence::Commands if is_bracket => Some(b" ["),
            Defence::Json if is_bracket => Some(b"\\u005b"),
            Defence::Xml if is_bracket => Some(b"&#91;"),
            _ => None,
        }
    }
}

impl<W: Write> Write for Guarded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            if let Some(instead) = self.guarded(byte) {
                self.inner.write_all(&bytes[written..at])?;
                self.inner.write_all(instead)?;
                written = at + 1;
            }
        }
        self.inner.write_all(&bytes[written..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(defence: Defence, parts: &[&str]) -> String {
        let mut guarded = Guarded::new(Vec::new(), defence);
        parts.iter().for_each(|part| guarded.write_all(part.as_bytes()).expect("a vector takes all"));
        String::from_utf8(guarded.inner).expect("UTF-8")
    }

    #[test]
    fn no_line_is_a_command_however_it_is_written() {
        assert_eq!(written(Defence::Text, &["::error::x\na::b\n", " :", ":debug\n"]), ": :error::x\na::b\n : :debug\n");
        assert_eq!(written(Defence::Text, &["\u{1b}[1m::error\n"]), "\u{1b}[1m: :error\n");
        assert_eq!(written(Defence::Text, &["a #", "#[x] #[derive] ###[y]\n"]), "a ## [x] #[derive] ### [y]\n");
        assert_eq!(written(Defence::Json, &["\"##[x]\""]), "\"##\\u005bx]\"");
        assert_eq!(written(Defence::Xml, &["##[x]"]), "##&#91;x]");
        assert_eq!(written(Defence::Commands, &["::error::##[x]"]), "::error::## [x]");
    }
}
