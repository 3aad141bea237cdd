use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// How many levels a syntax tree may have. CPython compiles no more than about 2,900 (3.11) to 9,800 (3.13), so that
/// nothing is lost that ever ran; and who walks a tree recursively needs no more stack than that many frames.
pub(super) const MAX_DEPTH: usize = 12_000;

/// The first statement or expression that lies deeper than [`MAX_DEPTH`]. It looks no deeper itself.
pub(super) fn too_deep(body: &[Stmt]) -> Option<TextRange> {
    let mut gauge = Gauge { depth: 0, found: None };
    body.iter().for_each(|statement| gauge.visit_stmt(statement));
    gauge.found
}

struct Gauge {
    depth: usize,
    found: Option<TextRange>,
}

impl Gauge {
    fn level(&mut self, range: TextRange, walk: impl FnOnce(&mut Self)) {
        if self.found.is_some() {
            return;
        }
        if self.depth == MAX_DEPTH {
            self.found = Some(range);
            return;
        }
        self.depth += 1;
        walk(self);
        self.depth -= 1;
    }
}

impl<'a> Visitor<'a> for Gauge {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.level(statement.range(), |gauge| visitor::walk_stmt(gauge, statement));
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.level(expression.range(), |gauge| visitor::walk_expr(gauge, expression));
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.level(pattern.range(), |gauge| visitor::walk_pattern(gauge, pattern));
    }
}
