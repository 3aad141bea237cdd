use ruff_python_ast::token::Tokens;
use ruff_python_ast::{ModModule, PySourceType, PythonVersion};
use ruff_python_parser::{ParseOptions, parse_unchecked};
use ruff_python_trivia::CommentRanges;
use ruff_text_size::{Ranged, TextRange, TextSize};

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

/// A file's syntax tree. Where the syntax is broken the tree holds what could be recovered.
#[derive(Debug)]
pub struct Parsed {
    tree: Option<ruff_python_parser::Parsed<ModModule>>,
    problems: Vec<SyntaxProblem>,
}

impl Parsed {
    /// The module's statements; none where the text was refused as a whole.
    #[must_use]
    pub fn body(&self) -> &[ruff_python_ast::Stmt] {
        self.tree.as_ref().map_or(&[], |tree| &tree.syntax().body)
    }

    /// What is wrong with the syntax, first place first.
    #[must_use]
    pub fn problems(&self) -> &[SyntaxProblem] {
        &self.problems
    }

    /// The tokens, with comments; none where the text was refused as a whole.
    #[must_use]
    pub fn tokens(&self) -> Option<&Tokens> {
        self.tree.as_ref().map(|tree| tree.tokens())
    }

    /// The ranges of the comments.
    #[must_use]
    pub fn comments(&self) -> Vec<TextRange> {
        self.tokens().map_or_else(Vec::new, |tokens| CommentRanges::from(tokens).iter().copied().collect())
    }
}

/// Parses Python of any version up to the newest that the parser knows.
#[must_use]
pub fn parse(text: &str, stub: bool) -> Parsed {
    if let Some(place) = too_deep(text) {
        let problem = SyntaxProblem {
            message: format!("too many nested brackets (more than {MAX_BRACKET_DEPTH})"),
            range: TextRange::at(place, TextSize::new(1)),
        };
        return Parsed { tree: None, problems: vec![problem] };
    }
    let kind = if stub { PySourceType::Stub } else { PySourceType::Python };
    let options = ParseOptions::from(kind).with_target_version(PythonVersion::latest_preview());
    let Some(tree) = parse_unchecked(text, options).try_into_module() else {
        return Parsed { tree: None, problems: Vec::new() };
    };
    let end = TextSize::of(text);
    let mut problems: Vec<SyntaxProblem> = tree
        .errors()
        .iter()
        .map(|error| SyntaxProblem { message: lower_first(&error.error.to_string()), range: clamp(error.range(), end) })
        .collect();
    problems.sort_by_key(|problem| problem.range.start());
    Parsed { tree: Some(tree), problems }
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

/// Where brackets open deeper than Python allows. Strings and comments are not told apart while counting, so only a
/// text that may be too deep is looked at token by token.
fn too_deep(text: &str) -> Option<TextSize> {
    exceeds(text.bytes().enumerate()).and_then(|_| deep_token(text))
}

fn exceeds(bytes: impl Iterator<Item = (usize, u8)>) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in bytes {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > MAX_BRACKET_DEPTH {
                    return Some(offset);
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn deep_token(text: &str) -> Option<TextSize> {
    let mut brackets = Vec::new();
    let mut tokenizer = ruff_python_trivia::SimpleTokenizer::new(text, TextRange::up_to(TextSize::of(text)));
    // The simple tokenizer stops at the first thing it does not know, such as an f-string's inside; what lies beyond is
    // counted as bytes.
    for token in tokenizer.by_ref() {
        use ruff_python_trivia::SimpleTokenKind as Kind;
        let byte = match token.kind() {
            Kind::LParen | Kind::LBracket | Kind::LBrace => b'(',
            Kind::RParen | Kind::RBracket | Kind::RBrace => b')',
            Kind::Bogus => break,
            _ => continue,
        };
        brackets.push((token.start().to_usize(), byte));
    }
    let known = brackets.last().map_or(0, |(offset, _)| offset + 1);
    let rest = text.bytes().enumerate().skip(known);
    exceeds(brackets.into_iter().chain(rest)).and_then(|offset| TextSize::try_from(offset).ok())
}
