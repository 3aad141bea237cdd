//! Rewritings that change the order in which functions are defined.
//!
//! Runs of neighbouring functions with plain decorators are reversed, in modules and in classes; functions that nothing
//! needs while the module is imported go to its end. A function stays where it is if its name is bound twice, if what
//! its header evaluates is another of the run, or if a comment stands above it, which may belong to it.

use std::collections::BTreeSet;
use std::ops::Range;

use temporal_py_lint::source::ast::{self, Stmt, Visitor, visitor};

use super::syntax::{Names, Syntax, is_plain, range};
use super::text::Piece;

/// A function and the lines it takes.
struct Movable<'s> {
    function: &'s ast::StmtFunctionDef,
    lines: Range<usize>,
}

/// Runs of functions, last one first.
pub(super) fn reversed(syntax: &Syntax) -> Vec<Piece> {
    let mut bodies = Vec::new();
    bodies_of(syntax.body(), &mut bodies);
    let mut swaps: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for run in bodies.into_iter().flat_map(|body| runs(syntax, body)) {
        let lines = run.iter().map(|each| each.lines.clone());
        swaps.extend(lines.clone().zip(lines.rev()));
    }
    swaps.sort_by_key(|(here, _)| here.start);
    let mut pieces = Vec::new();
    let mut at = 0;
    for (here, instead) in swaps {
        pieces.extend([Piece::Old(at..here.start), Piece::Old(instead)]);
        at = here.end;
    }
    pieces.push(Piece::Old(at..syntax.text.len()));
    pieces
}

/// The body of a module and those of its classes; what is in functions is left as it is, since functions are moved.
fn bodies_of<'s>(body: &'s [Stmt], found: &mut Vec<&'s [Stmt]>) {
    found.push(body);
    for class in body.iter().filter_map(Stmt::as_class_def_stmt) {
        bodies_of(&class.body, found);
    }
}

/// The runs of a body that may be turned round.
fn runs<'s>(syntax: &Syntax, body: &'s [Stmt]) -> Vec<Vec<Movable<'s>>> {
    let bound = Names::of_body(body).bound;
    let mut runs: Vec<Vec<Movable>> = Vec::new();
    let mut run: Vec<Movable> = Vec::new();
    for index in 0..body.len() {
        let Some(found) = movable(syntax, body, index, &bound) else {
            runs.push(std::mem::take(&mut run));
            continue;
        };
        let needed = Names::of_header(found.function).read;
        if run.iter().any(|other| needed.contains(&other.function.name.to_string())) {
            runs.push(std::mem::take(&mut run));
        }
        run.push(found);
    }
    runs.push(run);
    runs.retain(|run| run.len() > 1);
    runs
}

/// The function at a place of a body, where it may be moved; `bound` are all names that the body binds.
fn movable<'s>(syntax: &Syntax, body: &'s [Stmt], index: usize, bound: &[String]) -> Option<Movable<'s>> {
    let function = body[index].as_function_def_stmt()?;
    let place = range(function);
    let indent = syntax.free_indent(place.start)?;
    let lines = place.start - indent.len()..syntax.line_end(place.end);
    let is_unique = bound.iter().filter(|name| name.as_str() == function.name.as_str()).count() == 1;
    (is_plain(function) && is_unique).then_some(Movable { function, lines })
}

/// Functions that are not needed while the module is imported, at its end.
pub(super) fn moved(syntax: &Syntax) -> Vec<Piece> {
    let moved = free(syntax);
    let mut pieces = Vec::new();
    let mut at = 0;
    for each in &moved {
        pieces.push(Piece::Old(at..each.lines.start));
        at = each.lines.end;
    }
    pieces.push(Piece::Old(at..syntax.text.len()));
    let new_line = |count| Piece::New("\n".repeat(count), None);
    for each in moved {
        // The text before need not end with its line.
        pieces.extend([new_line(3), Piece::Old(each.lines), new_line(1)]);
    }
    pieces
}

/// The functions of a module, after its last import, that are free to go.
fn free<'s>(syntax: &'s Syntax) -> Vec<Movable<'s>> {
    let body = syntax.body();
    let needed = needed_by_import(body);
    if ["globals", "raise"].iter().any(|word| needed.contains(*word)) {
        return Vec::new();
    }
    let bound = Names::of_body(body).bound;
    let first = body.iter().rposition(|stmt| !stmt.is_function_def_stmt() && imports(stmt)).map_or(0, |last| last + 1);
    let found = (first..body.len()).filter_map(|index| movable(syntax, body, index, &bound));
    found
        .filter(|each| each.function.decorator_list.is_empty() && !needed.contains(each.function.name.as_str()))
        .collect()
}

fn imports(stmt: &Stmt) -> bool {
    let mut while_imported = WhileImported::default();
    while_imported.visit_stmt(stmt);
    while_imported.imports
}

/// The names that the import of a module may need: those that its own code speaks of, and all in the definitions of the
/// module that these name. `raise` stands for a module that may not be executed to its end.
fn needed_by_import(body: &[Stmt]) -> BTreeSet<String> {
    let mut own = WhileImported::default();
    own.visit_body(body);
    let mut needed: BTreeSet<String> = BTreeSet::new();
    let mut rest = own.names;
    while let Some(name) = rest.pop() {
        if needed.insert(name.clone()) {
            let defined = body.iter().filter(|stmt| defines(stmt, &name));
            rest.extend(defined.flat_map(|stmt| Names::of_body(std::slice::from_ref(stmt)).read));
        }
    }
    needed
}

fn defines(stmt: &Stmt, name: &str) -> bool {
    match stmt {
        Stmt::FunctionDef(function) => function.name.as_str() == name,
        Stmt::ClassDef(class) => class.name.as_str() == name,
        _ => false,
    }
}

/// What is named by code that runs while a module is imported: all but the bodies of functions and lambdas' callers.
#[derive(Default)]
struct WhileImported {
    names: Vec<String>,
    imports: bool,
}

impl<'a> Visitor<'a> for WhileImported {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.names.extend(Names::of_header(function).read),
            Stmt::Raise(_) => self.names.push("raise".to_owned()),
            Stmt::Import(_) | Stmt::ImportFrom(_) => self.imports = true,
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        if let ast::Expr::Name(name) = expr {
            self.names.push(name.id.to_string());
        }
        visitor::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::Text;
    use super::*;

    fn rewritten(text: &str, rewriting: fn(&Syntax) -> Vec<Piece>) -> String {
        let pieces = rewriting(&Syntax::of(text).expect("valid"));
        Text::new(text.to_owned()).composed(&pieces).content().to_owned()
    }

    #[test]
    fn neighbours_change_places() {
        assert_eq!(
            rewritten(
                "def a(): 1\n\n\nasync def b():\n    2  # two\nx = 1\n\n@other\ndef c(): 3\ndef d(): 4\nclass C:\n    \
                 @workflow.run\n    async def e(self): 5\n\n    def f(self):\n        6",
                reversed
            ),
            "async def b():\n    2  # two\n\n\ndef a(): 1\nx = 1\n\n@other\ndef c(): 3\ndef d(): 4\nclass C:\n    def f(self):\n        \
             6\n\n    @workflow.run\n    async def e(self): 5"
        );
    }

    #[test]
    fn what_depends_on_its_place_stays() {
        for text in [
            "def a(): 1\ndef b(x=a): 2\n",
            "def a(): 1\ndef a(): 2\n",
            "def a(): 1\n# temporal-py-lint: ignore\ndef b(): 2\n",
            "def a(): 1\ndef b(): 2\na = b\n",
            "class A:\n    def a(self): 1\n    @a.setter\n    def b(self): 2\n",
        ] {
            assert!(!rewritten(text, reversed).starts_with("def b") && rewritten(text, reversed) == text, "{text}");
        }
    }

    #[test]
    fn functions_that_no_import_needs_go_to_the_end() {
        assert_eq!(
            rewritten(
                "def early(): 0\nimport a\ndef one(): 1\n\n\ndef two(): one()\n\n\ndef three(): 3\n\n\nclass A:\n    \
                 x = three()\n\n\nif __name__ == '__main__':\n    pass\n",
                moved
            ),
            "def early(): 0\nimport a\n\n\n\n\n\n\ndef three(): 3\n\n\nclass A:\n    x = three()\n\n\nif __name__ == \
             '__main__':\n    pass\n\n\n\ndef one(): 1\n\n\n\ndef two(): one()\n"
        );
        let unmoved = "def main(): helper()\ndef helper(): pass\nmain()\n";
        assert_eq!(rewritten(unmoved, moved), unmoved);
    }
}
