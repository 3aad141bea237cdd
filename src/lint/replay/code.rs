//! What tells code from other code, for workflows of which it cannot be told what they do.
//!
//! Knows: statements, whatever their layout, comments and docstrings. Does not know: what they do, or which of them a workflow leads to.

use std::hash::{Hash, Hasher};

use crate::source::ast::comparable::ComparableStmt;
use crate::source::ast::visitor::transformer::{Transformer, walk_stmt};
use crate::source::ast::{Expr, Stmt};
use crate::source::{Fnv, parse};
use crate::temporal::Analysis;
use crate::temporal::skeleton::Skeleton;

/// Notes beside the workflows that cannot be told which code they are made of: where that is as it was, they do what they did.
pub(super) fn note_code(workflows: &mut [Skeleton], analysis: &Analysis<'_, '_>) {
    if workflows.iter().all(|workflow| workflow.cannot.is_none()) {
        return;
    }
    let of_file = |file| {
        let text = analysis.project.source(file).text_once();
        let mut hasher = Fnv::default();
        for statement in without_docstrings(parse(&text, false).body()) {
            ComparableStmt::from(&statement).hash(&mut hasher);
        }
        hasher.finish()
    };
    let mut files: Vec<u64> = analysis.project.built().into_iter().map(of_file).collect();
    files.sort_unstable();
    let mut all = Fnv::default();
    files.iter().for_each(|file| all.write(&file.to_le_bytes()));
    for workflow in workflows.iter_mut().filter(|workflow| workflow.cannot.is_some()) {
        workflow.code = Some(format!("{:016x}", all.finish()));
    }
}

/// Statements without docstrings.
fn without_docstrings(statements: &[Stmt]) -> Vec<Stmt> {
    let mut statements = statements[usize::from(has_docstring(statements))..].to_vec();
    Undocumented.visit_body(&mut statements);
    statements
}

/// Takes the docstrings out of functions and classes.
struct Undocumented;

impl Transformer for Undocumented {
    fn visit_stmt(&self, statement: &mut Stmt) {
        let body = match statement {
            Stmt::FunctionDef(function) => Some(&mut function.body),
            Stmt::ClassDef(class) => Some(&mut class.body),
            _ => None,
        };
        if let Some(body) = body
            && has_docstring(body)
        {
            body.remove(0);
        }
        walk_stmt(self, statement);
    }
}

/// Whether a body begins with a docstring.
fn has_docstring(body: &[Stmt]) -> bool {
    matches!(body.first(), Some(Stmt::Expr(first)) if matches!(&*first.value, Expr::StringLiteral(_)))
}
