//! What a place can be known by again after lines above it have come and gone, and after a formatter was there.
//!
//! Knows: the names of the functions and classes around a place, and its code without layout. Does not know: what is
//! found there.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::parse::{Parsed, parse_keeping};

/// The most characters of code that are kept: what is further on in a long piece may change.
const MOST_CODE: usize = 120;

/// What a place is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Anchor {
    /// The names of the classes and functions around it, joined by dots; empty in a module's own code.
    pub function: String,
    /// Its code in one line without comments, line breaks, and what a formatter adds or takes away.
    pub code: String,
}

/// The anchors of a file's places.
#[derive(Debug)]
pub struct Anchors<'t> {
    text: &'t str,
    parsed: Parsed,
    /// Definitions, outer ones before inner ones.
    definitions: Vec<(TextRange, String)>,
}

impl<'t> Anchors<'t> {
    /// Those of a text.
    #[must_use]
    pub fn of(text: &'t str, stub: bool) -> Self {
        let parsed = parse_keeping(text, stub, true);
        let mut definitions = Definitions(Vec::new());
        parsed.body().iter().for_each(|statement| definitions.visit_stmt(statement));
        Self { text, parsed, definitions: definitions.0 }
    }

    /// The anchor of a place.
    #[must_use]
    pub fn at(&self, range: TextRange) -> Anchor {
        let around = self.definitions.iter().filter(|(definition, _)| definition.contains_range(range));
        let names: Vec<&str> = around.map(|(_, name)| name.as_str()).collect();
        Anchor { function: names.join("."), code: self.code(range) }
    }

    fn code(&self, range: TextRange) -> String {
        let tokens = self.parsed.tokens().into_iter().flat_map(|tokens| tokens.iter());
        let inside = tokens.filter(|token| range.contains_range(token.range()) && !token.range().is_empty());
        let mut code = String::new();
        for token in inside {
            match token.kind() {
                TokenKind::Newline => break,
                TokenKind::NonLogicalNewline | TokenKind::Comment | TokenKind::Indent | TokenKind::Dedent => {}
                _ => push(&mut code, self.text, token),
            }
        }
        if code.chars().count() > MOST_CODE {
            code = code.chars().take(MOST_CODE).collect();
        }
        code
    }
}

/// Adds a token: with a space between words, without a comma that ends a list, and with one kind of quotes.
fn push(code: &mut String, text: &str, token: &Token) {
    let written = text[token.range()].replace('\'', "\"").replace(char::is_whitespace, " ");
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    if matches!(token.kind(), TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace) && code.ends_with(',') {
        code.pop();
    }
    if code.ends_with(is_word) && written.starts_with(is_word) {
        code.push(' ');
    }
    code.push_str(&written);
}

struct Definitions(Vec<(TextRange, String)>);

impl<'a> Visitor<'a> for Definitions {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.0.push((function.range(), function.name.to_string())),
            Stmt::ClassDef(class) => self.0.push((class.range(), class.name.to_string())),
            _ => {}
        }
        walk_stmt(self, statement);
    }

    /// No definition is in an expression.
    fn visit_expr(&mut self, _: &'a Expr) {}
}

#[cfg(test)]
mod tests {
    use ruff_text_size::TextSize;

    use super::*;

    fn anchor(text: &str, piece: &str) -> (String, String) {
        let start = TextSize::try_from(text.find(piece).expect("in the text")).expect("small");
        let anchor = Anchors::of(text, false).at(TextRange::at(start, TextSize::of(piece)));
        (anchor.function, anchor.code)
    }

    #[test]
    fn a_place_is_known_by_what_is_around_it_and_by_its_code() {
        let text =
            "import a\nclass C:\n    async def run(self):\n        def inner(): return now()\n        x = a.b(1)\n";
        let told = |function: &str, code: &str| (function.to_owned(), code.to_owned());
        assert_eq!(anchor(text, "a.b(1)"), told("C.run", "a.b(1)"));
        assert_eq!(anchor(text, "now()"), told("C.run.inner", "now()"));
        assert_eq!(anchor(text, "import a"), told("", "import a"));
        assert_eq!(anchor(text, "class C:\n    async"), told("C", "class C:"));
    }

    #[test]
    fn what_a_formatter_changes_plays_no_part() {
        let one = "x = f(a, 'b', [1,2], c=not d)\n";
        let other = "\n\nx = f(\n    a,  # why\n    \"b\",\n    [1, 2,],\n    c=not d,\n)\n";
        let all = |text: &str| anchor(text, text[text.find("f(").expect("a call")..].trim_end());
        assert_eq!(all(one), all(other));
        assert_eq!(all(one).1, "f(a,\"b\",[1,2],c=not d)");
    }
}
