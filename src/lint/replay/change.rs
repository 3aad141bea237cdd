//! Where the code of a function differs in two versions: one run of whole statements in one suite.
//!
//! Knows: statements, as the parser gives them, and which are alike whatever their layout. Does not know: what a
//! statement does, or which difference is of interest beyond its place.

use crate::source::ast::comparable::ComparableStmt;
use crate::source::ast::visitor::{walk_comprehension, walk_expr, walk_stmt};
use crate::source::ast::{self, Ranged, Stmt, Suite, Visitor};
use crate::source::{Parsed, TextRange, TextSize};

/// Whole statements that follow each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub statements: Vec<Stmt>,
}

impl Run {
    /// Where they stand.
    pub fn range(&self) -> Option<TextRange> {
        let (first, last) = (self.statements.first()?, self.statements.last()?);
        Some(TextRange::new(first.start(), last.end()))
    }

    /// The strings in them that go over more than one line of a text.
    pub fn long_strings(&self, text: &str) -> Vec<TextRange> {
        let mut strings = Strings { text, found: Vec::new() };
        self.statements.iter().for_each(|statement| strings.visit_stmt(statement));
        strings.found
    }
}

/// A place in a suite where two versions differ.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// What the version before has there.
    pub old: Run,
    /// What the version now has.
    pub new: Run,
    /// The statement of the version now in front of it.
    pub behind: Option<TextRange>,
    /// The statement of the version now behind it.
    pub before: Option<TextRange>,
}

/// Places by which a change is chosen, in each version.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    pub old: Option<TextSize>,
    pub new: Option<TextSize>,
    /// All that lies between the first and the last change of a suite counts as changed.
    pub whole: bool,
}

/// The function of a name like `Order.run`, where one alone has it.
pub(super) fn function_of<'t>(parsed: &'t Parsed, name: &str) -> Option<&'t ast::StmtFunctionDef> {
    let mut suites: Vec<&[Stmt]> = vec![parsed.body()];
    let mut found = None;
    let parts: Vec<&str> = name.split('.').collect();
    for (position, part) in parts.iter().enumerate() {
        let mut named: Vec<&Stmt> = Vec::new();
        for suite in suites {
            definitions(suite, part, &mut named);
        }
        let [only] = named.as_slice() else { return None };
        found = match only {
            Stmt::FunctionDef(function) if position + 1 == parts.len() => Some(function),
            _ => None,
        };
        suites = match only {
            Stmt::FunctionDef(function) => vec![&function.body],
            Stmt::ClassDef(class) => vec![&class.body],
            _ => return None,
        };
    }
    found
}

/// The functions and classes of a name in a suite, those inside others left aside.
fn definitions<'t>(suite: &'t [Stmt], name: &str, found: &mut Vec<&'t Stmt>) {
    for statement in suite {
        match statement {
            Stmt::FunctionDef(function) if function.name.as_str() == name => found.push(statement),
            Stmt::ClassDef(class) if class.name.as_str() == name => found.push(statement),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            other => inner(other).into_iter().for_each(|suite| definitions(suite, name, found)),
        }
    }
}

/// Where two versions of a function's body differ.
pub(super) fn change(old: &[Stmt], new: &[Stmt], wanted: Wanted) -> Option<Change> {
    of_suites(without_docstring(old), without_docstring(new), wanted)
}

fn without_docstring(body: &[Stmt]) -> &[Stmt] {
    match body.split_first() {
        Some((Stmt::Expr(first), rest)) if first.value.is_string_literal_expr() && !rest.is_empty() => rest,
        _ => body,
    }
}

fn of_suites(old: &[Stmt], new: &[Stmt], wanted: Wanted) -> Option<Change> {
    let mut all = hunks(old, new);
    if wanted.whole {
        all = spanned(&all).into_iter().collect();
    }
    let has = |suite: &[Stmt], at: Option<TextSize>| {
        at.is_some_and(|at| suite.iter().any(|statement| statement.range().contains_inclusive(at)))
    };
    let in_new = |hunk: &&Hunk| has(&new[hunk.new.clone()], wanted.new);
    let in_old = |hunk: &&Hunk| has(&old[hunk.old.clone()], wanted.old);
    let chosen = all.iter().find(|hunk| in_new(hunk) && in_old(hunk));
    let chosen = chosen.or_else(|| all.iter().find(in_new)).or_else(|| all.iter().find(in_old));
    let chosen = chosen.or_else(|| all.first().filter(|_| all.len() == 1))?;
    // What waits elsewhere in the suite may decide the order of commands too.
    let waits = |hunk: &Hunk| awaits(&old[hunk.old.clone()]) || awaits(&new[hunk.new.clone()]);
    let Hunk { old: from, new: to } = match all.iter().any(|hunk| hunk != chosen && waits(hunk)) {
        true => spanned(&all)?,
        false => chosen.clone(),
    };
    if let ([one], [other]) = (&old[from.clone()], &new[to.clone()])
        && let Some(found) = inside(one, other, wanted)
    {
        return Some(found);
    }
    Some(Change {
        behind: to.start.checked_sub(1).map(|at| new[at].range()),
        before: new.get(to.end).map(Ranged::range),
        old: Run { statements: old[from].to_vec() },
        new: Run { statements: new[to].to_vec() },
    })
}

/// Where two statements differ that begin alike, if that is in one of their suites.
fn inside(old: &Stmt, new: &Stmt, wanted: Wanted) -> Option<Change> {
    let (mut one, mut other) = (old.clone(), new.clone());
    let (old_suites, new_suites) = (taken(&mut one), taken(&mut other));
    if old_suites.len() != new_suites.len() || ComparableStmt::from(&one) != ComparableStmt::from(&other) {
        return None;
    }
    let differ = |(old, new): &(Suite, Suite)| !hunks(old, new).is_empty();
    let mut changed = old_suites.into_iter().zip(new_suites).filter(differ);
    let (old, new) = changed.next().filter(|_| changed.next().is_none())?;
    (!new.is_empty()).then(|| of_suites(&old, &new, wanted))?
}

/// All that lies between the first change and the last.
fn spanned(hunks: &[Hunk]) -> Option<Hunk> {
    let (first, last) = (hunks.first()?, hunks.last()?);
    Some(Hunk { old: first.old.start..last.old.end, new: first.new.start..last.new.end })
}

/// Whether statements wait for anything.
fn awaits(statements: &[Stmt]) -> bool {
    struct Waits(bool);
    impl<'a> Visitor<'a> for Waits {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            self.0 |= match statement {
                Stmt::For(looped) => looped.is_async,
                Stmt::With(with) => with.is_async,
                _ => false,
            };
            walk_stmt(self, statement);
        }

        fn visit_expr(&mut self, expr: &'a ast::Expr) {
            self.0 |= expr.is_await_expr();
            walk_expr(self, expr);
        }

        fn visit_comprehension(&mut self, comprehension: &'a ast::Comprehension) {
            self.0 |= comprehension.is_async;
            walk_comprehension(self, comprehension);
        }
    }
    let mut waits = Waits(false);
    statements.iter().for_each(|statement| waits.visit_stmt(statement));
    waits.0
}

/// What stands in one version in place of what stands in the other, by positions.
#[derive(Debug, Clone, PartialEq)]
struct Hunk {
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
}

/// Up to how many statements of a suite are compared.
const MOST: usize = 400;

/// Where suites differ, by their longest common sequence.
fn hunks(old: &[Stmt], new: &[Stmt]) -> Vec<Hunk> {
    let (one, other): (Vec<_>, Vec<_>) =
        (old.iter().map(ComparableStmt::from).collect(), new.iter().map(ComparableStmt::from).collect());
    if one.len() > MOST || other.len() > MOST {
        return if one == other { Vec::new() } else { vec![Hunk { old: 0..old.len(), new: 0..new.len() }] };
    }
    let width = other.len() + 1;
    let mut common = vec![0_u32; (one.len() + 1) * width];
    for i in (0..one.len()).rev() {
        for j in (0..other.len()).rev() {
            common[i * width + j] = match one[i] == other[j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let mut found: Vec<Hunk> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < one.len() || j < other.len() {
        if i < one.len() && j < other.len() && one[i] == other[j] {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let takes_new = i == one.len() || j < other.len() && common[i * width + j + 1] >= common[(i + 1) * width + j];
        let (old, new) = if takes_new { (i..i, j..j + 1) } else { (i..i + 1, j..j) };
        match found.last_mut() {
            Some(last) if last.old.end == i && last.new.end == j => {
                (last.old.end, last.new.end) = (old.end, new.end);
            }
            _ => found.push(Hunk { old: old.clone(), new: new.clone() }),
        }
        (i, j) = (old.end, new.end);
    }
    found
}

/// The suites of a statement, that of a class left aside.
fn inner(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::FunctionDef(function) => vec![&function.body],
        Stmt::If(branch) => {
            let others = branch.elif_else_clauses.iter().map(|clause| clause.body.as_slice());
            std::iter::once(branch.body.as_slice()).chain(others).collect()
        }
        Stmt::For(looped) => vec![&looped.body, &looped.orelse],
        Stmt::While(looped) => vec![&looped.body, &looped.orelse],
        Stmt::With(with) => vec![&with.body],
        Stmt::Try(tried) => {
            let handlers = tried.handlers.iter().map(|ast::ExceptHandler::ExceptHandler(handler)| &*handler.body);
            let others = [tried.orelse.as_slice(), tried.finalbody.as_slice()];
            std::iter::once(tried.body.as_slice()).chain(handlers).chain(others).collect()
        }
        Stmt::Match(matched) => matched.cases.iter().map(|case| case.body.as_slice()).collect(),
        _ => Vec::new(),
    }
}

/// The same suites, taken out.
fn taken(statement: &mut Stmt) -> Vec<Suite> {
    let take = std::mem::take::<Suite>;
    match statement {
        Stmt::FunctionDef(function) => vec![take(&mut function.body)],
        Stmt::If(branch) => {
            let others = branch.elif_else_clauses.iter_mut().map(|clause| take(&mut clause.body));
            std::iter::once(take(&mut branch.body)).chain(others).collect()
        }
        Stmt::For(looped) => vec![take(&mut looped.body), take(&mut looped.orelse)],
        Stmt::While(looped) => vec![take(&mut looped.body), take(&mut looped.orelse)],
        Stmt::With(with) => vec![take(&mut with.body)],
        Stmt::Try(tried) => {
            let handlers = tried.handlers.iter_mut();
            let handlers = handlers.map(|ast::ExceptHandler::ExceptHandler(handler)| take(&mut handler.body));
            let others = [take(&mut tried.orelse), take(&mut tried.finalbody)];
            std::iter::once(take(&mut tried.body)).chain(handlers).chain(others).collect()
        }
        Stmt::Match(matched) => matched.cases.iter_mut().map(|case| take(&mut case.body)).collect(),
        _ => Vec::new(),
    }
}

/// The smallest statement of a body around a place, with the suite's neighbours.
pub(super) fn statement_around(body: &[Stmt], place: TextRange) -> Option<Change> {
    let at = body.iter().position(|statement| statement.range().contains_range(place))?;
    let deeper = inner(&body[at]).into_iter().find_map(|suite| statement_around(suite, place));
    deeper.or_else(|| {
        Some(Change {
            old: Run::default(),
            new: Run { statements: vec![body[at].clone()] },
            behind: at.checked_sub(1).map(|at| body[at].range()),
            before: body.get(at + 1).map(Ranged::range),
        })
    })
}

struct Strings<'t> {
    text: &'t str,
    found: Vec<TextRange>,
}

impl Strings<'_> {
    fn note(&mut self, range: TextRange) {
        let text = self.text.get(std::ops::Range::<usize>::from(range)).unwrap_or_default();
        if text.contains('\n') {
            self.found.push(range);
        }
    }
}

impl<'a> Visitor<'a> for Strings<'_> {
    fn visit_string_literal(&mut self, literal: &'a ast::StringLiteral) {
        self.note(literal.range());
    }

    fn visit_bytes_literal(&mut self, literal: &'a ast::BytesLiteral) {
        self.note(literal.range());
    }

    fn visit_f_string(&mut self, literal: &'a ast::FString) {
        self.note(literal.range());
    }

    fn visit_t_string(&mut self, literal: &'a ast::TString) {
        self.note(literal.range());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::parse;

    /// What differs, before and now, where it is looked for at a word of the text now.
    fn changed(old: &str, new: &str, at: &str) -> Option<(String, String)> {
        let (before, now) = (parse(old, false), parse(new, false));
        let at = new.find(at).and_then(|at| TextSize::try_from(at).ok());
        let found = change(before.body(), now.body(), Wanted { new: at, ..Wanted::default() })?;
        let text = |run: &Run, text: &str| {
            run.range().map_or(String::new(), |range| text[std::ops::Range::<usize>::from(range)].to_owned())
        };
        Some((text(&found.old, old), text(&found.new, new)))
    }

    fn told(old: &str, new: &str) -> Option<(String, String)> {
        Some((old.to_owned(), new.to_owned()))
    }

    #[test]
    fn a_change_lies_in_the_innermost_suite() {
        assert_eq!(changed("if a:\n    x()\n", "if a:\n    x()\n    y()\n", "y"), told("", "y()"));
        assert_eq!(changed("if a:\n    x()\n", "if b:\n    x()\n", "b"), told("if a:\n    x()", "if b:\n    x()"));
        let (old, new) = ("try:\n    x()\nexcept E:\n    y()\n", "try:\n    x()\nexcept E:\n    z()\n");
        assert_eq!(changed(old, new, "z"), told("y()", "z()"));
        assert_eq!(changed("x()\n", "x( )  # as before\n", "x"), None);
    }

    #[test]
    fn of_several_changes_that_at_the_place_counts() {
        let (old, new) = ("log(1)\na()\nb()\n", "log(2)\na()\nc()\nb()\n");
        assert_eq!(changed(old, new, "c("), told("", "c()"));
        assert_eq!(changed(old, new, "log"), told("log(1)", "log(2)"));
        assert_eq!(changed(old, new, "nowhere"), None, "it is not known which");
    }

    #[test]
    fn what_waits_elsewhere_is_changed_with_it() {
        let (old, new) = ("t = start()\na()\nawait t\n", "a()\n");
        assert_eq!(changed(old, new, "a("), None, "that is as it was");
        let (old, new) = ("a()\nawait b()\n", "log()\na()\nawait c()\n");
        assert_eq!(changed(old, new, "c("), told("await b()", "await c()"));
        assert_eq!(changed(old, new, "log"), told("a()\nawait b()", "log()\na()\nawait c()"));
    }

    #[test]
    fn functions_are_found_by_their_names() {
        let parsed = parse(
            "class A:\n    if x:\n        def run(self):\n            def one(): pass\n\ndef run(): pass\n",
            false,
        );
        let lines = |name: &str| function_of(&parsed, name).map(|function| function.body.len());
        assert_eq!((lines("A.run"), lines("A.run.one"), lines("run"), lines("A")), (Some(1), Some(1), Some(1), None));
        let twice = parse("def run(): pass\n\ndef run(): pass\n", false);
        assert!(function_of(&twice, "run").is_none(), "which of them is meant cannot be told");
    }
}
