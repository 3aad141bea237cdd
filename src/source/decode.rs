//! Bytes to text, as Python reads a file, and back.
//!
//! Knows: byte order marks, declared encodings and their names in Python. Does not know: where bytes come from, or what
//! the text says.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding};

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const CONVERT: &str = "save the file as UTF-8";

/// Why a file's bytes are no text to Python, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// The line, from 1.
    pub row: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// The text of a Python file: UTF-8, or what its first two lines declare ([PEP 263](https://peps.python.org/pep-0263/)),
/// without byte order mark and otherwise as it stands: CRLF and form feeds are kept.
///
/// # Errors
///
/// Bytes that Python does not accept either, and encodings that this tool does not know.
pub fn decode(bytes: Vec<u8>) -> Result<String, DecodeError> {
    let Encoded { marked, declared, encoding } = Encoded::of(&bytes)?;
    let body = if marked { &bytes[UTF8_MARK.len()..] } else { &bytes[..] };
    match encoding {
        Known::Utf8 => utf8(bytes, marked, declared.is_some()),
        Known::Ascii => ascii(bytes),
        Known::Latin1 => Ok(encoding_rs::mem::decode_latin1(body).into_owned()),
        Known::Other(encoding) => other(body, encoding, &declared.unwrap_or_default().name),
    }
}

/// Text in the encoding of a file's bytes, with the byte order mark that they have. `before` is the text of these bytes;
/// nothing where the encoding cannot hold the text, or would write in another way what stays as it was.
#[must_use]
pub fn encode_like(bytes: &[u8], before: &str, text: &str) -> Option<Vec<u8>> {
    let after = encode(text, bytes)?;
    let is_same = encode(before, bytes)? == bytes && decode(after.clone()).is_ok_and(|read| read == text);
    is_same.then_some(after)
}

/// The bytes of a text in the encoding of a file's bytes, byte order mark included; nothing where the encoding has not all of
/// its characters.
pub(super) fn encode(text: &str, like: &[u8]) -> Option<Vec<u8>> {
    let Encoded { marked, encoding, .. } = Encoded::of(like).ok()?;
    match encoding {
        Known::Utf8 if marked => Some([UTF8_MARK, text.as_bytes()].concat()),
        Known::Utf8 => Some(text.as_bytes().to_vec()),
        Known::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
        Known::Latin1 => text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect(),
        Known::Other(encoding) => {
            let (bytes, _, has_others) = encoding.encode(text);
            (!has_others).then(|| bytes.into_owned())
        }
    }
}

/// How a file's bytes are to be read.
struct Encoded {
    marked: bool,
    declared: Option<Declaration>,
    encoding: Known,
}

impl Encoded {
    fn of(bytes: &[u8]) -> Result<Self, DecodeError> {
        let marked = bytes.starts_with(UTF8_MARK);
        let body = if marked { &bytes[UTF8_MARK.len()..] } else { bytes };
        refuse_wide(body)?;
        refuse_null(body)?;
        let declared = declaration(body);
        let encoding = match &declared {
            None => Known::Utf8,
            Some(declared) => declared.known(body)?,
        };
        if marked && encoding != Known::Utf8 {
            let declared = declared.unwrap_or_default();
            let message = format!("the file starts with a UTF-8 byte order mark and declares `{}`", declared.name);
            return Err(declared.wrong(body, message, "remove the declaration, or the mark"));
        }
        Ok(Self { marked, declared, encoding })
    }
}

/// What a declaration's name means.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    Utf8,
    Ascii,
    /// ISO 8859-1 itself, which `encoding_rs` takes for windows-1252 as the web does.
    Latin1,
    Other(&'static Encoding),
}

/// The encoding that a file declares.
#[derive(Debug, Default, PartialEq, Eq)]
struct Declaration {
    name: String,
    /// Where the name begins.
    offset: usize,
}

impl Declaration {
    fn known(&self, body: &[u8]) -> Result<Known, DecodeError> {
        let name = self.name.to_ascii_lowercase().replace('_', "-");
        let is = |known: &str| name == known || name.strip_prefix(known).is_some_and(|rest| rest.starts_with('-'));
        if is("utf-8") || matches!(name.as_str(), "utf8" | "u8" | "utf" | "cp65001") {
            return Ok(Known::Utf8);
        }
        // These three are what the tokenizer itself shortens; the others are aliases of the codec.
        if ["latin-1", "iso-8859-1", "iso-latin-1"].into_iter().any(is)
            || matches!(name.as_str(), "latin1" | "latin" | "l1" | "8859" | "cp819" | "iso8859-1" | "ibm819")
        {
            return Ok(Known::Latin1);
        }
        if matches!(name.as_str(), "ascii" | "us-ascii" | "646" | "ansi-x3.4-1968") {
            return Ok(Known::Ascii);
        }
        let label = python_alias(&name);
        match Encoding::for_label_no_replacement(label.as_bytes()) {
            Some(encoding) if encoding.is_ascii_compatible() || encoding == encoding_rs::ISO_2022_JP => {
                Ok(Known::Other(encoding))
            }
            Some(_) => {
                let message = format!("Python source cannot be written in `{}`", self.name);
                Err(self.wrong(body, message, "declare the encoding that the file is in, or save it as UTF-8"))
            }
            None if body.is_ascii() && is_ascii_code_page(&name) => Ok(Known::Ascii),
            None => {
                let message = format!("unknown encoding `{}`", self.name);
                Err(self.wrong(body, message, "correct the name, or save the file as UTF-8 and remove the declaration"))
            }
        }
    }

    fn wrong(&self, body: &[u8], message: String, hint: &str) -> DecodeError {
        let (row, column) = place(body, self.offset, |line| String::from_utf8_lossy(line).chars().count());
        DecodeError { row, column, message, hint: hint.to_owned() }
    }
}

/// A codec's name in Python → the label that `encoding_rs` knows. Python: `Lib/encodings/aliases.py`.
fn python_alias(name: &str) -> Cow<'_, str> {
    let label = match name {
        "cp932" | "932" | "mskanji" | "ms-kanji" | "s-jis" | "shiftjis" | "csshiftjis" => "shift_jis",
        "shift-jis" => "shift_jis",
        "eucjp" | "ujis" | "u-jis" => "euc-jp",
        "euckr" | "cp949" | "949" | "uhc" | "ms949" | "korean" => "euc-kr",
        "gb2312" | "euc-cn" | "euccn" | "eucgb2312-cn" | "cp936" | "936" | "ms936" => "gbk",
        "gb18030-2000" => "gb18030",
        "big5-tw" | "csbig5" | "cp950" | "950" | "ms950" | "big5-hkscs" | "big5hkscs" | "hkscs" => "big5",
        "koi8r" => "koi8-r",
        "koi8u" => "koi8-u",
        "mac-roman" | "macroman" => "macintosh",
        "mac-cyrillic" | "maccyrillic" => "x-mac-cyrillic",
        "iso2022-jp" | "iso2022jp" => "iso-2022-jp",
        "latin2" | "l2" => "iso-8859-2",
        "latin-9" | "latin9" | "l9" => "iso-8859-15",
        "tis620" => "tis-620",
        _ => return iso_or_code_page(name),
    };
    Cow::Borrowed(label)
}

/// `iso8859-15` → `iso-8859-15`, `1252` and `windows1252` → `windows-1252`.
fn iso_or_code_page(name: &str) -> Cow<'_, str> {
    if let Some(part) = name.strip_prefix("iso8859-") {
        return Cow::Owned(format!("iso-8859-{part}"));
    }
    let digits = name.strip_prefix("windows").unwrap_or(name);
    if digits.len() == 4 && digits.starts_with("125") {
        return Cow::Owned(format!("windows-{digits}"));
    }
    Cow::Borrowed(name)
}

/// Whether Python has a code page of this name whose first half is ASCII, so that a file of ASCII alone reads the same.
fn is_ascii_code_page(name: &str) -> bool {
    let dos = ["437", "720", "737", "775", "85", "86", "1006", "1125"];
    let rest = ["hp-roman8", "kz1048", "ptcp154", "palmos", "mac-", "johab", "iso2022-", "euc-jis", "shift-jis"];
    name.strip_prefix("cp").or_else(|| name.strip_prefix("ibm")).is_some_and(|n| dos.iter().any(|d| n.starts_with(d)))
        || rest.iter().any(|known| name.starts_with(known))
}

fn refuse_wide(body: &[u8]) -> Result<(), DecodeError> {
    // A UTF-32 mark of this byte order starts with UTF-16's.
    let name = match body {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "UTF-32",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        _ => return Ok(()),
    };
    Err(DecodeError {
        row: 1,
        column: 1,
        message: format!("non-UTF-8 code, but no encoding declared: the file is {name}, which Python does not read"),
        hint: CONVERT.to_owned(),
    })
}

fn refuse_null(body: &[u8]) -> Result<(), DecodeError> {
    let Some(offset) = memchr::memchr(0, body) else { return Ok(()) };
    let (row, column) = place(body, offset, |line| String::from_utf8_lossy(line).chars().count());
    let message = "source code cannot contain null bytes".to_owned();
    let hint = "remove the null bytes; a file of UTF-16 without byte order mark has to be saved as UTF-8".to_owned();
    Err(DecodeError { row, column, message, hint })
}

fn utf8(mut bytes: Vec<u8>, marked: bool, declared: bool) -> Result<String, DecodeError> {
    if marked {
        bytes.drain(..UTF8_MARK.len());
    }
    String::from_utf8(bytes).map_err(|problem| {
        let bytes = problem.as_bytes();
        let offset = problem.utf8_error().valid_up_to();
        let (row, column) = place(bytes, offset, |line| String::from_utf8_lossy(line).chars().count());
        let byte = bytes.get(offset).copied().unwrap_or_default();
        let (message, hint) = if declared || marked {
            (format!("'utf-8' codec can't decode byte 0x{byte:02x}"), CONVERT.to_owned())
        } else {
            let hint = format!("{CONVERT}, or declare its encoding in the first line: `# coding: latin-1`");
            (format!("non-UTF-8 code starting with '\\x{byte:02x}', but no encoding declared"), hint)
        };
        DecodeError { row, column, message, hint }
    })
}

fn ascii(bytes: Vec<u8>) -> Result<String, DecodeError> {
    let offset = encoding_rs::Encoding::ascii_valid_up_to(&bytes);
    if offset == bytes.len() {
        return utf8(bytes, false, true);
    }
    let (row, column) = place(&bytes, offset, <[u8]>::len);
    let message = format!("'ascii' codec can't decode byte 0x{:02x}", bytes[offset]);
    Err(DecodeError { row, column, message, hint: "declare the encoding that the file is in".to_owned() })
}

fn other(body: &[u8], encoding: &'static Encoding, name: &str) -> Result<String, DecodeError> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let size = decoder.max_utf8_buffer_length_without_replacement(body.len()).unwrap_or(body.len());
    let mut text = String::with_capacity(size);
    let (result, read) = decoder.decode_to_string_without_replacement(body, &mut text, true);
    let DecoderResult::Malformed(length, beyond) = result else { return Ok(text) };
    let offset = read.saturating_sub(usize::from(length) + usize::from(beyond));
    let (row, column) = place(body, offset, |line| encoding.decode_without_bom_handling(line).0.chars().count());
    Err(DecodeError {
        row,
        column,
        message: format!("'{name}' codec can't decode byte 0x{:02x}", body.get(offset).copied().unwrap_or_default()),
        hint: "declare the encoding that the file is in, or save it as UTF-8".to_owned(),
    })
}

/// The line and column of an offset; `width` counts the characters of the line's beginning.
fn place(body: &[u8], offset: usize, width: impl Fn(&[u8]) -> usize) -> (usize, usize) {
    let mut rows = 1;
    let mut rest = &body[..offset];
    while let Some((_, after)) = split_line(rest) {
        rows += 1;
        rest = after;
    }
    (rows, width(rest) + 1)
}

/// A line without its end, and what follows; `None` where no line ends.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr2(b'\n', b'\r', bytes)?;
    let width = if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
    Some((&bytes[..end], &bytes[end + width..]))
}

/// The declaration in the first line, or in the second where the first holds no code.
fn declaration(body: &[u8]) -> Option<Declaration> {
    let (first, rest) = split_line(body).unwrap_or((body, b""));
    if let Some(declaration) = declaration_in(first, 0) {
        return Some(declaration);
    }
    let blank = first.trim_ascii_start();
    if !(blank.is_empty() || blank[0] == b'#') {
        return None;
    }
    let second = split_line(rest).map_or(rest, |(line, _)| line);
    declaration_in(second, body.len() - rest.len())
}

/// `^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)`, as PEP 263 has it.
fn declaration_in(line: &[u8], line_start: usize) -> Option<Declaration> {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0c')).count();
    if line.get(blanks) != Some(&b'#') {
        return None;
    }
    memchr::memmem::find_iter(line, b"coding").find_map(|at| {
        let after = at + b"coding".len();
        if !matches!(line.get(after), Some(b':' | b'=')) {
            return None;
        }
        let start = after + 1 + line[after + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let length = line[start..].iter().take_while(is_name).count();
        let name = String::from_utf8_lossy(&line[start..start + length]).into_owned();
        (length > 0).then_some(Declaration { name, offset: line_start + start })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes.to_vec()).expect("readable")
    }

    fn problem(bytes: &[u8]) -> (usize, usize, String) {
        let problem = decode(bytes.to_vec()).expect_err("unreadable");
        assert!(!problem.hint.is_empty());
        (problem.row, problem.column, problem.message)
    }

    #[test]
    fn utf8_is_kept_as_it_stands_and_loses_its_mark() {
        assert_eq!(text("x = 'é'\r\n\x0cy = 1\r".as_bytes()), "x = 'é'\r\n\x0cy = 1\r");
        assert_eq!(text(b"\xef\xbb\xbfx = 1\n"), "x = 1\n");
        assert_eq!(text(b"\xef\xbb\xbf# coding: utf-8\nx"), "# coding: utf-8\nx");
        assert_eq!(text(b""), "");
    }

    #[test]
    fn declared_encodings_are_read() {
        for (name, bytes, expected) in [
            ("latin-1", &b"\xe9\x80"[..], "é\u{80}"),
            ("iso-8859-1", b"\x92", "\u{92}"),
            ("latin-1-unix", b"\xe9", "é"),
            ("cp1252", b"\x80", "€"),
            ("1252", b"\x80", "€"),
            ("iso8859_15", b"\xa4", "€"),
            ("shift_jis", b"\x93\xfa", "日"),
            ("cp932", b"\x93\xfa", "日"),
            ("euc_jp", b"\xc6\xfc", "日"),
            ("gb2312", b"\xc8\xd5", "日"),
            ("gbk", b"\xc8\xd5", "日"),
            ("big5", b"\xa4\xe9", "日"),
            ("euc-kr", b"\xc0\xcf", "일"),
            ("koi8-r", b"\xc4", "д"),
            ("mac_cyrillic", b"\xe4", "д"),
            ("UTF-8-sig", b"\xc3\xa9", "é"),
        ] {
            let source =
                [b"#!/usr/bin/python\n# -*- coding: ", name.as_bytes(), b" -*-\nx = '", bytes, b"'\n"].concat();
            let expected = format!("#!/usr/bin/python\n# -*- coding: {name} -*-\nx = '{expected}'\n");
            assert_eq!(text(&source), expected);
        }
    }

    #[test]
    fn a_declaration_counts_in_the_first_two_lines_alone() {
        assert_eq!(text(b"\n\n# coding: foo\n"), "\n\n# coding: foo\n");
        assert_eq!(text(b"x = 1\n# coding: foo\n"), "x = 1\n# coding: foo\n");
        assert_eq!(text(b"x = 1  # coding: foo\n"), "x = 1  # coding: foo\n");
        assert_eq!(
            text(b"# encoding of coding = ?\n# vim: set fileencoding=latin-1 :\n\xe9").chars().last(),
            Some('é')
        );
        assert_eq!(problem(b"\r\n\x0c# coding=foo\n"), (2, 11, "unknown encoding `foo`".into()));
        assert_eq!(problem(b"\r# coding: foo"), (2, 11, "unknown encoding `foo`".into()));
    }

    #[test]
    fn what_python_refuses_is_refused_with_its_place() {
        assert_eq!(problem("é = 1\nb = 'é\0'".as_bytes()), (2, 7, "source code cannot contain null bytes".into()));
        let (row, column, message) = problem(b"\xff\xfex\0");
        assert!((row, column) == (1, 1) && message.contains("UTF-16"));
        assert!(problem(b"\xff\xfe\0\0x\0\0\0").2.contains("UTF-32"));
        assert_eq!(
            problem("a = 'é'\nb = 'é".as_bytes().iter().chain(b"\xe9'").copied().collect::<Vec<_>>().as_slice()),
            (2, 7, "non-UTF-8 code starting with '\\xe9', but no encoding declared".into())
        );
        assert_eq!(problem(b"# coding: utf-8\nx='\xe9'"), (2, 4, "'utf-8' codec can't decode byte 0xe9".into()));
        assert_eq!(problem(b"# coding: ascii\nx='\xe9'"), (2, 4, "'ascii' codec can't decode byte 0xe9".into()));
        assert_eq!(
            problem(b"# coding: shift_jis\nx='\x93\xfa\x81\xff'"),
            (2, 5, "'shift_jis' codec can't decode byte 0x81".into())
        );
        assert_eq!(problem(b"# coding: utf-16\n"), (1, 11, "Python source cannot be written in `utf-16`".into()));
        assert!(problem(b"\xef\xbb\xbf# coding: latin-1\n").2.contains("declares `latin-1`"));
    }

    #[test]
    fn code_pages_that_only_python_knows_are_read_where_ascii_is_all_there_is() {
        assert_eq!(text(b"# coding: cp437\nx = 1\n"), "# coding: cp437\nx = 1\n");
        assert_eq!(problem(b"# coding: cp437\nx = '\xe9'\n").2, "unknown encoding `cp437`");
    }
}
