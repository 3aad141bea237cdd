//! The parser held against another one, `rustpython-parser`: in every file that both accept, the same calls at the same
//! places.
//!
//! Calls inside f-strings are left out on both sides: `rustpython-parser` 0.4 parses their expressions apart from the
//! file and counts their places from elsewhere. `tests/suite/syntax.rs` looks at them instead.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::PathBuf;

use rustpython_parser::Parse as _;
use rustpython_parser::ast::{self as other, Fold as _};
use rustpython_parser::text_size::TextRange;
use temporal_py_lint::source::ast::{self, Visitor};
use temporal_py_lint::source::{decode, parse};

use super::checked::{fixtures, python_files};
use super::standard_library::{every, files_of, left_out, standard_library};

/// Start and end of each call, in bytes.
type Calls = BTreeSet<(u32, u32)>;

#[derive(Default)]
struct Ours(Calls);

impl<'a> Visitor<'a> for Ours {
    fn visit_expr(&mut self, expression: &'a ast::Expr) {
        use temporal_py_lint::source::ast::Ranged;
        match expression {
            ast::Expr::FString(_) => return,
            ast::Expr::Call(call) => drop(self.0.insert((call.range().start().to_u32(), call.range().end().to_u32()))),
            _ => {}
        }
        ast::visitor::walk_expr(self, expression);
    }
}

#[derive(Default)]
struct Theirs(Calls);

/// The other parser's trees are walked by folding them into themselves.
impl other::Fold<TextRange> for Theirs {
    type TargetU = TextRange;
    type Error = Infallible;
    type UserContext = ();

    fn will_map_user(&mut self, _: &TextRange) {}

    fn map_user(&mut self, range: TextRange, (): ()) -> Result<TextRange, Infallible> {
        Ok(range)
    }

    fn fold_expr_joined_str(&mut self, node: other::ExprJoinedStr) -> Result<other::ExprJoinedStr, Infallible> {
        Ok(node)
    }

    fn fold_expr_call(&mut self, call: other::ExprCall) -> Result<other::ExprCall, Infallible> {
        self.0.insert((u32::from(call.range.start()), u32::from(call.range.end())));
        other::fold::fold_expr_call(self, call)
    }
}

/// The calls in a text; `None` where the parser does not accept it.
fn ours(text: &str) -> Option<Calls> {
    let parsed = parse(text, false);
    if !parsed.problems().is_empty() {
        return None;
    }
    let mut calls = Ours::default();
    calls.visit_body(parsed.body());
    Some(calls.0)
}

fn theirs(text: &str) -> Option<Calls> {
    let parsed = other::Suite::parse(text, "<file>").ok()?;
    let mut calls = Theirs::default();
    for statement in parsed {
        let Ok(_) = calls.fold_stmt(statement);
    }
    Some(calls.0)
}

/// What came of a comparison.
#[derive(Debug, Default)]
struct Compared {
    files: usize,
    calls: usize,
    /// Files that one of the two refuses.
    refused: usize,
    differences: Vec<String>,
}

fn compare(files: &[PathBuf]) -> Compared {
    let mut compared = Compared::default();
    for path in files {
        let Some(text) = std::fs::read(path).ok().and_then(|bytes| decode(bytes).ok()) else { continue };
        let (Some(ours), Some(theirs)) = (ours(&text), theirs(&text)) else {
            compared.refused += 1;
            continue;
        };
        compared.files += 1;
        compared.calls += ours.len();
        if ours != theirs {
            let shown =
                |(start, end): &(u32, u32)| format!("{start}..{end} {:?}", &text[*start as usize..*end as usize]);
            let only: Vec<String> = ours.symmetric_difference(&theirs).take(3).map(shown).collect();
            compared.differences.push(format!("{}: {only:?}", path.display()));
        }
    }
    compared
}

#[test]
fn the_same_calls_in_the_fixtures() {
    let compared = compare(&python_files(&fixtures()));
    assert!(compared.differences.is_empty(), "{:#?}", compared.differences);
    assert!(compared.files > 300 && compared.calls > 1_000, "{compared:?}");
    // Syntax that is newer than the other parser, and fixtures that are broken.
    assert!(compared.refused < 20, "{} refused", compared.refused);
}

#[test]
fn the_same_calls_in_the_standard_library() {
    let Some(library) = standard_library() else {
        left_out("the standard library as material for the two parsers: there is no python3; the fixtures were used");
        return;
    };
    let files: Vec<PathBuf> = files_of(&library).into_iter().step_by(every(8)).collect();
    let compared = compare(&files);
    assert!(compared.differences.is_empty(), "{:#?}", compared.differences);
    assert!(compared.files > files.len() / 2 && compared.calls > 5_000, "{compared:?}");
}

#[test]
fn a_difference_is_seen() {
    assert_eq!(ours("f(g(1))\n"), Some(Calls::from([(0, 7), (2, 6)])));
    assert_eq!(ours("f(g(1))\n"), theirs("f(g(1))\n"));
    assert_eq!(ours("f'{f(1)}'\n"), Some(Calls::new()));
    assert_ne!(ours("f(1)\n"), theirs("f(12)\n"));
    assert_eq!((ours("f(\n"), theirs("f(\n")), (None, None));
}
