//! Text on disk: which files there are, what they say, where a place in them is.
//!
//! Knows: paths, encodings, lines, module names and import roots, and the parser, which is named nowhere else. Does
//! not know: what a name in a file means.

mod address;
mod anchor;
mod copies;
mod decode;
mod depth;
mod discover;
mod file;
mod fnv;
mod imports;
mod logical_lines;
mod modules;
mod parse;
mod patterns;
mod projects;
mod read;
mod requirements;
mod visible;
mod write;

pub use address::encoded;
pub use anchor::{Anchor, Anchors};
pub use decode::{DecodeError, decode, encode_like};
pub use discover::{Discovery, Exclude, cores, discover};
pub use file::{FileId, LineColumn, SourceFile, Sources, Span, TextProblem, text_of};
pub use fnv::{Fnv, fnv};
pub use imports::{TextImport, import_lines, text_imports};
pub use logical_lines::LogicalLines;
pub use modules::{ImportRoots, ModulePath, first_part, last_part};
pub use parse::{
    COMMENT_MARKER, Parsed, SyntaxProblem, parse, parse_annotation, parse_with_tokens, read_of, speaks_of_us, too_new,
};
pub use patterns::{InvalidPattern, Patterns};
pub use read::{MAX_FILE_SIZE, Unreadable, read, read_at_most};
pub use requirements::{
    OldestPython, PythonVersion, Required, Requirements, Version, packages_of_script, required_by_script,
};
pub use ruff_text_size::{TextRange, TextSize};
pub use visible::{printable, visible};
pub use write::{Unwritten, leads_out_of, rewrite, write_new, write_whole};

/// The syntax tree's types, so that the parser's crates are named below `source` alone.
pub mod ast {
    pub use ruff_python_ast::helpers::is_dunder;
    pub use ruff_python_ast::name::Name;
    pub use ruff_python_ast::visitor::{self, Visitor};
    pub use ruff_python_ast::*;
    pub use ruff_text_size::{Ranged, TextRange, TextSize};
}
