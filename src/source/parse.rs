//! Text to syntax tree.
//!
//! Knows: the parser and its errors, and texts that would take it too far. Does not know: what the tree means, or which
//! file it is of.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{ModModule, PySourceType, PythonVersion};
use ruff_python_parser::{ParseOptions, parse_unchecked};
use ruff_python_trivia::CommentRanges;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::depth;

/// How deep brackets may nest. CPython's own tokenizer stops at 200 ("too many nested parentheses").
const MAX_BRACKET_DEPTH: usize = 200;

/// What is wrong with the syntax of a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// The parser's words.
    pub message: String,
    /// Where.
    pub range: TextRange,
}

/// What every comment for this tool holds. Tokens, which take as much memory as the tree, are kept only for files in
/// which it occurs.
pub const COMMENT_MARKER: &str = "temporal-py-lint";

/// A file's syntax tree. Where the syntax is broken the tree holds what could be recovered.
#[derive(Debug)]
pub struct Parsed {
    tree: Tree,
    problems: Vec<SyntaxProblem>,
}

#[derive(Debug)]
enum Tree {
    /// The text was refused as a whole.
    Nothing,
    Syntax(ModModule),
    WithTokens(ruff_python_parser::Parsed<ModModule>),
}

impl Parsed {
    /// The module's statements; none where the text was refused as a whole.
    #[must_use]
    pub fn body(&self) -> &[ruff_python_ast::Stmt] {
        match &self.tree {
            Tree::Nothing => &[],
            Tree::Syntax(module) => &module.body,
            Tree::WithTokens(tree) => &tree.syntax().body,
        }
    }

    /// What is wrong with the syntax, first place first.
    #[must_use]
    pub fn problems(&self) -> &[SyntaxProblem] {
        &self.problems
    }

    /// The tokens, with comments, of a file that speaks of this tool.
    #[must_use]
    pub fn tokens(&self) -> Option<&Tokens> {
        match &self.tree {
            Tree::WithTokens(tree) => Some(tree.tokens()),
            Tree::Nothing | Tree::Syntax(_) => None,
        }
    }

    /// The ranges of the tokens that are neither comments nor blank lines, of a file whose tokens were kept.
    pub fn code_tokens(&self) -> impl Iterator<Item = TextRange> {
        let is_code = |kind: TokenKind| !matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline);
        self.tokens().into_iter().flat_map(|tokens| tokens.iter()).filter(move |t| is_code(t.kind())).map(Ranged::range)
    }

    /// The ranges of the comments of a file that speaks of this tool.
    #[must_use]
    pub fn comments(&self) -> Vec<TextRange> {
        self.tokens().map_or_else(Vec::new, |tokens| CommentRanges::from(tokens).iter().copied().collect())
    }
}

/// Parses Python of any version up to the newest that the parser knows.
#[must_use]
pub fn parse(text: &str, stub: bool) -> Parsed {
    parse_keeping(text, stub, speaks_of_us(text))
}

/// The same with the tokens, whatever the text speaks of.
#[must_use]
pub fn parse_with_tokens(text: &str, stub: bool) -> Parsed {
    parse_keeping(text, stub, true)
}

/// The first thing in a text that a version of Python cannot parse, and later ones can.
#[must_use]
pub fn too_new(text: &str, stub: bool, version: super::PythonVersion) -> Option<SyntaxProblem> {
    if Shape::of(text).too_deep.is_some() {
        return None;
    }
    let kind = if stub { PySourceType::Stub } else { PySourceType::Python };
    let target = PythonVersion { major: version.0, minor: version.1 };
    let tree = parse_unchecked(text, ParseOptions::from(kind).with_target_version(target));
    let first = tree.unsupported_syntax_errors().iter().min_by_key(|error| error.range.start())?;
    Some(SyntaxProblem { message: lower_first(&first.to_string()), range: clamp(first.range, TextSize::of(text)) })
}

/// What the codes of rules begin with, which comments of another tool's form may name.
const CODE: &str = "TPY";

/// Whether a text may hold a comment for this tool.
#[must_use]
pub fn speaks_of_us(text: &str) -> bool {
    [COMMENT_MARKER, CODE].iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

/// The expression that a quoted annotation holds, with its places in `text`; none where it is not valid.
#[must_use]
pub fn parse_annotation(text: &str, quoted: &ruff_python_ast::StringLiteral) -> Option<ruff_python_ast::Expr> {
    let parsed = ruff_python_parser::parse_string_annotation(text, quoted).ok()?;
    Some(*parsed.into_syntax().body)
}

/// What a text's code reads of a name: `run` of `agents.run()`. Comments and strings read nothing.
#[must_use]
pub fn read_of(text: &str, name: &str) -> Vec<String> {
    let parsed = parse_keeping(text, false, true);
    let is_code = |kind: TokenKind| !matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline);
    let tokens = parsed.tokens().into_iter().flat_map(|tokens| tokens.iter()).filter(|token| is_code(token.kind()));
    let mut found = Vec::new();
    // Whether the name, and a dot behind it, were the last.
    let (mut after_dot, mut after_name, mut after_both) = (false, false, false);
    for token in tokens {
        let word = &text[token.range()];
        if after_both {
            found.push(word.to_owned());
        }
        let is_dot = token.kind() == TokenKind::Dot;
        after_both = after_name && is_dot;
        after_name = word == name && !after_dot;
        after_dot = is_dot;
    }
    found
}

/// Parses, and says whether the tokens are kept.
pub(super) fn parse_keeping(text: &str, stub: bool, tokens: bool) -> Parsed {
    let shape = Shape::of(text);
    if let Some(place) = shape.too_deep {
        let message = format!("too many nested brackets (more than {MAX_BRACKET_DEPTH})");
        return refused(message, TextRange::at(place, TextSize::new(1)));
    }
    let kind = if stub { PySourceType::Stub } else { PySourceType::Python };
    let options = ParseOptions::from(kind).with_target_version(PythonVersion::latest_preview());
    let Some(tree) = parse_unchecked(text, options).try_into_module() else {
        return Parsed { tree: Tree::Nothing, problems: Vec::new() };
    };
    if shape.has_long_line
        && let Some(range) = depth::too_deep(&tree.syntax().body)
    {
        // Freeing the tree takes a stack as deep as the tree itself. What cannot be freed safely is kept.
        std::mem::forget(tree);
        return refused(format!("expressions nest too deep (more than {} levels)", depth::MAX_DEPTH), range);
    }
    let end = TextSize::of(text);
    let mut problems: Vec<SyntaxProblem> = tree
        .errors()
        .iter()
        .map(|error| SyntaxProblem { message: lower_first(&error.error.to_string()), range: clamp(error.range(), end) })
        .collect();
    problems.sort_by_key(|problem| problem.range.start());
    let tree = if tokens { Tree::WithTokens(tree) } else { Tree::Syntax(tree.into_syntax()) };
    Parsed { tree, problems }
}

/// A text of which nothing is looked at, with the reason.
fn refused(message: String, range: TextRange) -> Parsed {
    Parsed { tree: Tree::Nothing, problems: vec![SyntaxProblem { message, range }] }
}

fn clamp(range: TextRange, end: TextSize) -> TextRange {
    TextRange::new(range.start().min(end), range.end().min(end))
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(std::iter::once(second)).chain(chars).collect()
        }
        _ => message.to_owned(),
    }
}

/// What a glance at a text's brackets and lines shows.
#[derive(Debug, Default)]
struct Shape {
    /// Where brackets open deeper than Python allows.
    too_deep: Option<TextSize>,
    /// A logical line has more bytes than a tree may have levels. A level takes a byte of text at least, and statements
    /// within statements take their indentation besides, so that trees of all other texts are shallow.
    has_long_line: bool,
}

impl Shape {
    /// Strings and comments are passed over; inside f-strings too, where brackets nest as well, so that a text that only
    /// nests there is left to the parser.
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut shape = Self::default();
        let (mut depth, mut at, mut line) = (0_usize, 0, 0);
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'(' | b'[' | b'{' => {
                    depth += 1;
                    if depth > MAX_BRACKET_DEPTH {
                        shape.too_deep = TextSize::try_from(at).ok();
                        return shape;
                    }
                }
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b'\n' if depth == 0 && !bytes[..at].ends_with(b"\\") && !bytes[..at].ends_with(b"\\\r") => {
                    shape.has_long_line |= at - line > depth::MAX_DEPTH;
                    line = at + 1;
                }
                b'#' => at += memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len() - at, |end| end.saturating_sub(1)),
                b'"' | b'\'' => at = string_end(bytes, at),
                _ => {}
            }
            at += 1;
        }
        shape.has_long_line |= bytes.len() - line > depth::MAX_DEPTH;
        shape
    }
}

/// The position of the last byte of the string that begins at a quote.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let triple = bytes.get(start..start + 3).is_some_and(|three| three.iter().all(|byte| *byte == quote));
    let mut at = start + if triple { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' if !triple => return at,
            _ if byte == quote && !triple => return at,
            _ if byte == quote && bytes.get(at..at + 3).is_some_and(|three| three.iter().all(|b| *b == quote)) => {
                return at + 2;
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
