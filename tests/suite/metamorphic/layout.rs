//! Rewritings that put something between the statements: comments, docstrings, statements that do nothing.

use temporal_py_lint::source::ast::{Stmt, Visitor, visitor};

use super::syntax::{Syntax, docstring, range};
use super::text::Edit;

/// What a reader of text may take for code, or for a hint.
const HINTS: [&str; 8] = [
    "raise CancelledError, is_cancelled_exception or .cancelled()",
    "nobody calls task.cancel() or sorted(",
    "if len(names) == 1: except on Sundays",
    "temporalio: import requests, time.time() and uuid",
    "catalog.filter( and TreeLogger come in no order",
    "workflow.unsafe.imports_passed_through(), sandboxed=False",
    "raise ApplicationError if cancellable, NexusClient or is_replaying",
    "gevent and execute_activity(",
];

const NO_OPS: [&str; 3] = ["pass", "...", "None"];

fn comment() -> String {
    format!("# {}", HINTS.join("; "))
}

/// Its lines begin like code, and it is longer than most functions.
fn added_docstring() -> String {
    format!("\"\"\"\n{}\n{}\n\"\"\"", HINTS.join("\n"), "x".repeat(600))
}

/// A comment above each logical line that can have one, and one after each that has none.
pub(super) fn comments(syntax: &Syntax) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut next = syntax.lines.after(0.into());
    while let Some(line) = next {
        let (start, end) = (usize::from(line.start()), usize::from(line.end()));
        if let Some(indent) = syntax.indent(start) {
            edits.push(Edit::insert(start, format!("{}\n{indent}", comment())));
        }
        let has_comment = syntax.lines.comments().iter().any(|comment| comment.end() == line.end());
        if !has_comment && syntax.text[end..].chars().next().is_none_or(|c| c == '\n') {
            edits.push(Edit::insert(end, format!("  {}", comment())));
        }
        next = syntax.lines.after(line.end()).filter(|after| after.start() > line.start());
    }
    edits
}

/// Docstrings where functions and classes have none, and none where they have one.
pub(super) fn docstrings(syntax: &Syntax) -> Vec<Edit> {
    let mut found = Docstrings { syntax, edits: Vec::new() };
    if !["__doc__", "getdoc"].iter().any(|reader| syntax.text.contains(reader)) {
        found.visit_body(syntax.body());
    }
    found.edits
}

struct Docstrings<'s, 't> {
    syntax: &'s Syntax<'t>,
    edits: Vec<Edit>,
}

impl Docstrings<'_, '_> {
    fn of(&mut self, body: &[Stmt]) {
        let Some(first) = body.first() else { return };
        let place = range(first);
        let indent = self.syntax.free_indent(place.start);
        match (docstring(body), indent) {
            (Some(_), _) if body.len() == 1 => self.edits.push(Edit::replace(place, "pass")),
            // A string alone in its line leaves an empty line; one that shares it is left.
            (Some(_), Some(_)) if !self.syntax.text[place.end..].starts_with([';', ' ']) => {
                self.edits.push(Edit::replace(place, ""));
            }
            (None, Some(indent)) => {
                self.edits.push(Edit::insert(place.start, format!("{}\n{indent}", added_docstring())));
            }
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Docstrings<'_, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.of(&function.body),
            Stmt::ClassDef(class) => self.of(&class.body),
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }
}

/// A statement that does nothing before each statement that can have one.
pub(super) fn no_ops(syntax: &Syntax) -> Vec<Edit> {
    let mut found = NoOps { syntax, edits: Vec::new() };
    found.visit_body(syntax.body());
    found.edits
}

struct NoOps<'s, 't> {
    syntax: &'s Syntax<'t>,
    edits: Vec<Edit>,
}

impl<'a> Visitor<'a> for NoOps<'_, '_> {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        let from_future = |stmt: &Stmt| {
            stmt.as_import_from_stmt().is_some_and(|import| import.module.as_deref() == Some("__future__"))
        };
        let first = body.iter().rposition(from_future).map_or(usize::from(docstring(body).is_some()), |last| last + 1);
        for stmt in &body[first..] {
            let start = range(stmt).start;
            if let Some(indent) = self.syntax.free_indent(start) {
                let no_op = NO_OPS[self.edits.len() % NO_OPS.len()];
                self.edits.push(Edit::insert(start, format!("{no_op}\n{indent}")));
            }
        }
        visitor::walk_body(self, body);
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::Text;
    use super::*;

    fn rewritten(text: &str, rewriting: fn(&Syntax) -> Vec<Edit>) -> String {
        let edits = rewriting(&Syntax::of(text).expect("valid"));
        Text::new(text.to_owned()).edited(edits).content().to_owned()
    }

    #[test]
    fn comments_come_where_lines_begin_and_end() {
        let text = "@d\ndef f(\n    a,\n):  # own\n    x = '''\n    '''; y = 1\n    if a: return \\\n        a\n";
        assert_eq!(
            rewritten(text, comments).replace(&comment(), "#"),
            "#\n@d  #\n#\ndef f(\n    a,\n):  # own\n    #\n    x = '''\n    '''; y = 1  #\n    #\n    if a: return \\\n        a  \
             #\n"
        );
    }

    #[test]
    fn docstrings_come_and_go() {
        let text = "class A:\n    x = 1\n\n    def f(self):\n        '''Old.'''\n\n    def g(self):\n        '''Old.'''\n        \
                    return 1\n\ndef h(): return 1\ndef k(): 'Old.'\ndef l():\n    return 1\n";
        assert_eq!(
            rewritten(text, docstrings).replace(&added_docstring(), "NEW"),
            "class A:\n    NEW\n    x = 1\n\n    def f(self):\n        pass\n\n    def g(self):\n        \n        return 1\n\ndef \
             h(): return 1\ndef k(): pass\ndef l():\n    NEW\n    return 1\n"
        );
        assert_eq!(rewritten("def f():\n    return f.__doc__\n", docstrings), "def f():\n    return f.__doc__\n");
    }

    #[test]
    fn statements_that_do_nothing_come_before_others_and_after_docstrings() {
        assert_eq!(
            rewritten(
                "'''Doc.'''\nfrom __future__ import annotations\nimport a\ndef f():\n    '''Doc.'''\n    if a: b()\n    \
                 else:\n        c(); d()\n",
                no_ops
            ),
            "'''Doc.'''\nfrom __future__ import annotations\npass\nimport a\n...\ndef f():\n    '''Doc.'''\n    None\n    if \
             a: b()\n    else:\n        pass\n        c(); d()\n"
        );
    }
}
