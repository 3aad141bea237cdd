//! The names that code binds and uses, without the question what they mean.

use rustc_hash::FxHashSet;

use crate::source::ast::visitor::{self, walk_expr, walk_stmt};
use crate::source::ast::{self, Expr, ExprContext, Ranged, Stmt, Visitor};
use crate::source::{TextRange, first_part};

/// The names that code binds and uses.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub bound: FxHashSet<String>,
    pub used: FxHashSet<String>,
    /// The attributes that it reads, sets or defines.
    pub attributes: FxHashSet<String>,
    /// It says of a name that it is another scope's.
    pub declares: bool,
    /// Code at this place is left aside.
    except: Option<TextRange>,
}

impl Names {
    /// Those of statements, code at a place left aside.
    pub fn of(statements: &[Stmt], except: Option<TextRange>) -> Self {
        let mut names = Self { except, ..Self::default() };
        statements.iter().for_each(|statement| names.visit_stmt(statement));
        names
    }

    /// Those of a function, its parameters included.
    pub fn of_function(function: &ast::StmtFunctionDef, except: Option<TextRange>) -> Self {
        let mut names = Self::of(&function.body, except);
        names.visit_parameters(&function.parameters);
        names
    }

    fn bind(&mut self, name: &str) {
        self.bound.insert(name.to_owned());
        self.attributes.insert(name.to_owned());
    }
}

impl<'a> Visitor<'a> for Names {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if self.except.is_some_and(|except| except.contains_range(statement.range())) {
            return;
        }
        match statement {
            Stmt::FunctionDef(function) => self.bind(&function.name),
            Stmt::ClassDef(class) => self.bind(&class.name),
            Stmt::Global(_) | Stmt::Nonlocal(_) => self.declares = true,
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if matches!(name.ctx, ExprContext::Load) => {
                self.used.insert(name.id.to_string());
            }
            Expr::Name(name) => self.bind(&name.id),
            Expr::Attribute(attribute) => {
                self.attributes.insert(attribute.attr.to_string());
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_parameter(&mut self, parameter: &'a ast::Parameter) {
        self.bind(&parameter.name);
        visitor::walk_parameter(self, parameter);
    }

    fn visit_alias(&mut self, alias: &'a ast::Alias) {
        let name = alias.asname.as_ref().unwrap_or(&alias.name);
        self.bind(first_part(name));
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        inner.name.iter().for_each(|name| self.bind(name));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        match pattern {
            ast::Pattern::MatchAs(named) => named.name.iter().for_each(|name| self.bind(name)),
            ast::Pattern::MatchStar(named) => named.name.iter().for_each(|name| self.bind(name)),
            ast::Pattern::MatchMapping(named) => named.rest.iter().for_each(|name| self.bind(name)),
            _ => {}
        }
        visitor::walk_pattern(self, pattern);
    }
}
