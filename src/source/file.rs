//! One file: its text, its lines and its syntax tree, each made when it is asked for; what is not needed again is let go.
//!
//! Knows: places, as bytes and as people count them, and files that are no text. Does not know: which files there are
//! ([`discover`](super::discover)), or how text is parsed ([`parse`](super::parse)).

use std::borrow::Cow;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use ruff_source_file::{LineIndex, OneIndexed, SourceCode};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::parse::{Parsed, SyntaxProblem, parse, speaks_of_us};
use super::{Unreadable, decode, read};

/// Which file of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    /// The file of a position in [`Sources`].
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The position in [`Sources`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A place: a file and a range of bytes in its decoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The bytes, in the text after decoding and without byte order mark.
    pub range: TextRange,
}

impl Span {
    /// The place of a node of `file`.
    #[must_use]
    pub fn of(file: FileId, node: impl Ranged) -> Self {
        Self { file, range: node.range() }
    }
}

/// A position as people and editors count: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct LineColumn {
    /// The line, from 1.
    pub row: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// Why a file has no text, and as much of its bytes as is needed to show the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextProblem {
    /// What can be shown of the file; nothing where it could not be read.
    pub shown: String,
    /// The line in `shown` that is at fault begins here.
    pub offset: TextSize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// As much of a file that is no text is shown.
const MOST_SHOWN: usize = 64 * 1024;

impl From<Unreadable> for TextProblem {
    fn from(problem: Unreadable) -> Self {
        Self { shown: String::new(), offset: TextSize::new(0), message: problem.message, hint: problem.hint }
    }
}

/// The text of a file's bytes.
///
/// # Errors
///
/// Where the bytes are none, with the place.
pub fn text_of(bytes: Vec<u8>) -> Result<String, TextProblem> {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_SHOWN)]).into_owned();
    decode(bytes).map_err(|error| {
        let line_start = shown.split_inclusive('\n').take(error.row.saturating_sub(1)).map(str::len).sum::<usize>();
        let offset = TextSize::try_from(line_start.min(shown.len())).unwrap_or_default();
        TextProblem { shown, offset, message: error.message, hint: error.hint }
    })
}

/// One file's text, with what is derived from it once asked for.
#[derive(Debug)]
pub struct SourceFile {
    path: Utf8PathBuf,
    text: OnceLock<String>,
    problem: OnceLock<TextProblem>,
    requested: bool,
    lines: OnceLock<LineIndex>,
    syntax: OnceLock<SyntaxFacts>,
}

/// What is kept of a file's syntax once its tree is gone.
#[derive(Debug)]
struct SyntaxFacts {
    problems: Box<[SyntaxProblem]>,
    speaks_of_us: bool,
}

impl SourceFile {
    /// A file of this absolute path and decoded text. `requested` says whether findings in it are wanted: a file that
    /// only calls lead into is read without being checked itself.
    #[must_use]
    pub fn new(path: Utf8PathBuf, text: String, requested: bool) -> Self {
        Self { text: OnceLock::from(text), ..Self::on_disk(path, requested) }
    }

    /// A file whose text is read when it is first asked for, and empty where it cannot be read: see `problem`.
    #[must_use]
    pub fn on_disk(path: Utf8PathBuf, requested: bool) -> Self {
        Self {
            path,
            text: OnceLock::new(),
            problem: OnceLock::new(),
            requested,
            lines: OnceLock::new(),
            syntax: OnceLock::new(),
        }
    }

    /// The absolute path.
    #[must_use]
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// The decoded text, without byte order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let text = read(&self.path).map_err(TextProblem::from).and_then(text_of);
            text.unwrap_or_else(|problem| {
                self.problem.get_or_init(|| problem);
                String::new()
            })
        })
    }

    /// The decoded text, without keeping it where it is not kept already: for those who go through a file once.
    #[must_use]
    pub fn text_once(&self) -> Cow<'_, str> {
        if let Some(text) = self.text.get() {
            return Cow::Borrowed(text);
        }
        match read(&self.path).map_err(TextProblem::from).and_then(text_of) {
            Ok(text) => Cow::Owned(text),
            // It is said why, once.
            Err(_) => Cow::Borrowed(self.text()),
        }
    }

    /// Why the text that was asked for could not be had.
    #[must_use]
    pub fn problem(&self) -> Option<&TextProblem> {
        self.problem.get()
    }

    /// Whether the file lies below the paths that were asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.requested
    }

    /// The syntax tree of the file's text, made anew: trees are large, and whoever needs one lets it go.
    #[must_use]
    pub fn parse(&self, text: &str) -> Parsed {
        let parsed = parse(text, self.path.extension() == Some("pyi"));
        let facts = || SyntaxFacts { problems: parsed.problems().into(), speaks_of_us: speaks_of_us(text) };
        self.syntax.get_or_init(facts);
        parsed
    }

    /// What is wrong with the syntax, first place first.
    pub fn syntax_problems(&self) -> &[SyntaxProblem] {
        if let Some(facts) = self.syntax.get() {
            return &facts.problems;
        }
        let _ = self.parse(&self.text_once());
        self.syntax.get().map_or(&[], |facts| &facts.problems)
    }

    /// Whether the text may hold a comment for this tool, as far as the file was parsed; otherwise that is not known.
    #[must_use]
    pub fn may_speak_of_us(&self) -> bool {
        self.syntax.get().is_none_or(|facts| facts.speaks_of_us)
    }

    /// Whether anything has asked for the syntax tree yet.
    #[must_use]
    pub fn is_parsed(&self) -> bool {
        self.syntax.get().is_some()
    }

    /// The text of a range.
    #[must_use]
    pub fn slice(&self, range: TextRange) -> &str {
        self.text().get(range.start().to_usize()..range.end().to_usize()).unwrap_or("")
    }

    /// The line index, made on the first call.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::from_source_text(self.text()))
    }

    /// The text of a line, counted from 1, without the indentation and the line's end.
    pub fn line_range(&self, row: usize) -> TextRange {
        let row = OneIndexed::new(row).unwrap_or(OneIndexed::MIN);
        let range = self.lines().line_range(row, self.text());
        let line = self.slice(range);
        let indent = TextSize::of(line) - TextSize::of(line.trim_start());
        let start = range.start() + indent.min(range.len());
        TextRange::at(start, TextSize::of(line.trim()))
    }

    /// Where an offset is.
    pub fn line_column(&self, offset: TextSize) -> LineColumn {
        // A file may have been cut short since it was parsed.
        let end = self.text().floor_char_boundary(offset.to_usize());
        let offset = offset.min(TextSize::try_from(end).unwrap_or_default());
        let place = SourceCode::new(self.text(), self.lines()).line_column(offset);
        LineColumn { row: place.line.get(), column: place.column.get() }
    }
}

/// All files of a run. Files are added and never removed, so references to them stay good.
#[derive(Default)]
pub struct Sources {
    files: boxcar::Vec<Box<SourceFile>>,
}

impl Sources {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a file in.
    pub fn add(&self, file: SourceFile) -> FileId {
        let index = self.files.push(Box::new(file));
        FileId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The file of an id.
    ///
    /// # Panics
    ///
    /// Where the id comes from other `Sources`.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        self.files.get(id.index()).expect("a FileId belongs to the Sources that made it")
    }

    /// The files, in the order in which they were added.
    pub fn into_files(self) -> impl Iterator<Item = SourceFile> {
        self.files.into_iter().map(|file| *file)
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of all files, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).map(FileId)
    }
}
