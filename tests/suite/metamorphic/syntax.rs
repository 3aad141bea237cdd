//! A parsed text, and questions about its places that more than one rewriting asks.

use std::ops::Range;

use temporal_py_lint::source::ast::{self, Expr, ExprContext, Ranged, Stmt, TextSize, Visitor, visitor};
use temporal_py_lint::source::{COMMENT_MARKER, LogicalLines, Parsed, parse};

/// Decorators under which it does not matter in which order definitions stand, nor how parameters are called.
const PLAIN_DECORATORS: [&str; 13] = [
    "activity.defn",
    "workflow.run",
    "workflow.init",
    "workflow.signal",
    "workflow.query",
    "workflow.update",
    "staticmethod",
    "classmethod",
    "property",
    "abstractmethod",
    "abc.abstractmethod",
    "contextmanager",
    "asynccontextmanager",
];

/// A text that Python reads, with its logical lines.
pub(super) struct Syntax<'t> {
    pub text: &'t str,
    parsed: Parsed,
    pub lines: LogicalLines,
}

impl<'t> Syntax<'t> {
    /// None for what is better left alone: broken syntax, and line ends that are no `\n` alone.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        // Tokens are kept for texts that speak of the tool.
        let parsed = parse(&format!("{text}\n# {COMMENT_MARKER}"), false);
        let plain = parsed.problems().is_empty() && !text.contains(['\r', '\x0c']);
        plain.then(|| Self { text, lines: LogicalLines::of(&parsed), parsed })
    }

    pub(super) fn body(&self) -> &[Stmt] {
        self.parsed.body()
    }

    /// The blanks before a place at which a logical line begins that has its physical line to itself.
    pub(super) fn indent(&self, at: usize) -> Option<&'t str> {
        let before = &self.text[self.text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
        let line = self.lines.around(size(at))?;
        (before.trim().is_empty() && usize::from(line.start()) == at).then_some(before)
    }

    /// As [`Self::indent`], where no comment stands above, which may belong to what follows.
    pub(super) fn free_indent(&self, at: usize) -> Option<&'t str> {
        let indent = self.indent(at)?;
        let above = self.text[..at].trim_end().lines().next_back().unwrap_or_default();
        (!above.trim_start().starts_with('#')).then_some(indent)
    }

    /// Where the logical line ends that a place is in, a comment after its code included.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.lines.around(size(at)).map_or(at, |line| line.end().into())
    }
}

fn size(at: usize) -> TextSize {
    TextSize::try_from(at).expect("a text of the fixtures is short")
}

pub(super) fn range(node: &impl Ranged) -> Range<usize> {
    node.range().into()
}

/// Whether all decorators are plain ones: names, or calls of them with whatever arguments.
pub(super) fn is_plain(function: &ast::StmtFunctionDef) -> bool {
    let name = |decorator: &ast::Decorator| match &decorator.expression {
        Expr::Call(call) => dotted(&call.func),
        other => dotted(other),
    };
    let plain = |name: String| PLAIN_DECORATORS.contains(&name.as_str());
    function.decorator_list.iter().all(|decorator| name(decorator).is_some_and(plain))
}

/// `a.b` of the expression that reads so.
fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr)),
        _ => None,
    }
}

/// The docstring of a body.
pub(super) fn docstring(body: &[Stmt]) -> Option<&ast::StmtExpr> {
    body.first().and_then(Stmt::as_expr_stmt).filter(|first| first.value.is_string_literal_expr())
}

/// The names that are read and those that are bound anywhere in a piece of syntax, definitions and imports included.
#[derive(Default)]
pub(super) struct Names {
    pub read: Vec<String>,
    pub bound: Vec<String>,
}

impl Names {
    pub(super) fn of_body(body: &[Stmt]) -> Self {
        let mut found = Self::default();
        found.visit_body(body);
        found
    }

    /// What a definition evaluates when it is executed: defaults, annotations, decorators.
    pub(super) fn of_header(function: &ast::StmtFunctionDef) -> Self {
        let mut found = Self::default();
        function.decorator_list.iter().for_each(|decorator| found.visit_decorator(decorator));
        found.visit_parameters(&function.parameters);
        function.returns.iter().for_each(|returns| found.visit_annotation(returns));
        found
    }
}

impl<'a> Visitor<'a> for Names {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.bound.push(function.name.to_string()),
            Stmt::ClassDef(class) => self.bound.push(class.name.to_string()),
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_alias(&mut self, alias: &'a ast::Alias) {
        self.bound.push(bound_by(alias));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            let list = if name.ctx == ExprContext::Load { &mut self.read } else { &mut self.bound };
            list.push(name.id.to_string());
        }
        visitor::walk_expr(self, expr);
    }
}

/// The name that a part of an import binds.
pub(super) fn bound_by(alias: &ast::Alias) -> String {
    match &alias.asname {
        Some(name) => name.to_string(),
        None => alias.name.split('.').next().expect("a first part").to_owned(),
    }
}
