use super::evaluate::Evaluator;
use super::value::{Place, Value};
use crate::source::ast::{self, BoolOp, ExceptHandler, Expr, Stmt};

/// Whether control goes on after a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It may.
    Continues,
    /// It never does.
    Stops,
}

/// What is told about statements and expressions that can run.
pub trait LiveVisitor<'a> {
    /// A statement, before its parts.
    fn statement(&mut self, statement: &'a Stmt);
    /// An expression that a statement evaluates; its parts are the visitor's to walk.
    fn expression(&mut self, expression: &'a Expr);
    /// The protected body of a `try` begins; [`leave`](Self::leave) ends it.
    fn enter_try(&mut self, _: &'a ast::StmtTry) {}
    /// A `with` body begins; [`leave`](Self::leave) ends it.
    fn enter_with(&mut self, _: &'a ast::StmtWith) {}
    /// The innermost body ends.
    fn leave(&mut self) {}
    /// An exception handler's body begins; [`leave_handler`](Self::leave_handler) ends it.
    fn enter_handler(&mut self, _: &'a ast::StmtTry, _: &'a ast::ExceptHandlerExceptHandler) {}
    /// The innermost handler ends.
    fn leave_handler(&mut self) {}
}

/// Walks the statements of a function that can run, as far as guards decide it.
pub struct Live<'e, 'p, 'a> {
    evaluator: &'e Evaluator<'p, 'a>,
    place: Place,
}

impl<'e, 'p, 'a> Live<'e, 'p, 'a> {
    /// A walk in one place.
    #[must_use]
    pub fn new(evaluator: &'e Evaluator<'p, 'a>, place: Place) -> Self {
        Self { evaluator, place }
    }

    /// Walks a suite.
    pub fn suite(&self, body: &'a [Stmt], visitor: &mut dyn LiveVisitor<'a>) -> Flow {
        for statement in body {
            if self.statement(statement, visitor) == Flow::Stops {
                return Flow::Stops;
            }
        }
        Flow::Continues
    }

    fn statement(&self, statement: &'a Stmt, visitor: &mut dyn LiveVisitor<'a>) -> Flow {
        visitor.statement(statement);
        match statement {
            Stmt::If(conditional) => self.conditional(conditional, visitor),
            Stmt::While(looped) => self.while_loop(looped, visitor),
            Stmt::For(looped) => {
                visitor.expression(&looped.iter);
                visitor.expression(&looped.target);
                self.suite(&looped.body, visitor);
                self.suite(&looped.orelse, visitor);
                Flow::Continues
            }
            Stmt::With(managed) => self.managed(managed, visitor),
            Stmt::Try(tried) => self.tried(tried, visitor),
            Stmt::Match(matched) => self.matched(matched, visitor),
            Stmt::Return(ret) => {
                ret.value.iter().for_each(|value| visitor.expression(value));
                Flow::Stops
            }
            Stmt::Raise(raise) => {
                raise.exc.iter().chain(&raise.cause).for_each(|value| visitor.expression(value));
                Flow::Stops
            }
            Stmt::Continue(_) | Stmt::Break(_) => Flow::Stops,
            Stmt::Assert(assert) => {
                visitor.expression(&assert.test);
                assert.msg.iter().for_each(|message| visitor.expression(message));
                if self.evaluator.truth(&assert.test, self.place) == Some(false) {
                    Flow::Stops
                } else {
                    Flow::Continues
                }
            }
            Stmt::Expr(statement) => {
                visitor.expression(&statement.value);
                let stops = self.evaluator.never_returns(&statement.value, self.place)
                    || self.fails(&statement.value) == Some(true);
                if stops { Flow::Stops } else { Flow::Continues }
            }
            Stmt::Assign(assign) => {
                visitor.expression(&assign.value);
                assign.targets.iter().for_each(|target| visitor.expression(target));
                if self.fails(&assign.value) == Some(true) { Flow::Stops } else { Flow::Continues }
            }
            Stmt::AnnAssign(assign) => {
                assign.value.iter().for_each(|value| visitor.expression(value));
                visitor.expression(&assign.target);
                Flow::Continues
            }
            Stmt::AugAssign(assign) => {
                visitor.expression(&assign.value);
                visitor.expression(&assign.target);
                Flow::Continues
            }
            Stmt::Delete(delete) => {
                delete.targets.iter().for_each(|target| visitor.expression(target));
                Flow::Continues
            }
            // Definitions are the visitor's business, from `statement`.
            _ => Flow::Continues,
        }
    }

    fn conditional(&self, conditional: &'a ast::StmtIf, visitor: &mut dyn LiveVisitor<'a>) -> Flow {
        let first = (Some(&*conditional.test), &*conditional.body);
        let rest = conditional.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &*clause.body));
        let mut flow = Flow::Stops;
        let mut exhaustive = false;
        let tests = conditional.elif_else_clauses.iter().filter_map(|clause| clause.test.as_ref());
        let tests: Vec<&'a Expr> = std::iter::once(&*conditional.test).chain(tests).collect();
        let all_members = self.covers_an_enum(&tests);
        for (test, body) in std::iter::once(first).chain(rest) {
            // Every member of an enumeration had its branch: `else` is for a value that is none.
            if test.is_none() && all_members {
                exhaustive = true;
                break;
            }
            let truth = match test {
                Some(test) => {
                    visitor.expression(test);
                    self.evaluator.truth(test, self.place)
                }
                None => Some(true),
            };
            if truth != Some(false) && self.suite(body, visitor) == Flow::Continues {
                flow = Flow::Continues;
            }
            if truth == Some(true) {
                exhaustive = true;
                break;
            }
        }
        if exhaustive { flow } else { Flow::Continues }
    }

    /// Whether tests compare one thing with every member of an enumeration.
    fn covers_an_enum(&self, tests: &[&'a Expr]) -> bool {
        let mut subject = None;
        let mut class = None;
        let mut members: Vec<&str> = Vec::new();
        for test in tests {
            let Expr::Compare(comparison) = test else { return false };
            let ([ast::CmpOp::Is | ast::CmpOp::Eq], [Expr::Attribute(member)]) =
                (&*comparison.ops, &*comparison.comparators)
            else {
                return false;
            };
            let text = self.evaluator.text(&comparison.left, self.place);
            let Value::Class(found, _) = self.evaluator.value(&member.value, self.place) else { return false };
            if *subject.get_or_insert(text) != text || *class.get_or_insert(found) != found {
                return false;
            }
            members.push(member.attr.as_str());
        }
        class.is_some_and(|class| {
            self.evaluator.enum_members(class).is_some_and(|all| all.iter().all(|member| members.contains(member)))
        })
    }

    /// Whether a statement's cases name every member of an enumeration.
    fn matches_an_enum(&self, matched: &'a ast::StmtMatch) -> bool {
        let mut class = None;
        let mut members: Vec<&str> = Vec::new();
        let mut patterns: Vec<&'a ast::Pattern> =
            matched.cases.iter().filter(|case| case.guard.is_none()).map(|case| &case.pattern).collect();
        while let Some(pattern) = patterns.pop() {
            match pattern {
                ast::Pattern::MatchOr(or) => patterns.extend(&or.patterns),
                ast::Pattern::MatchValue(value) => {
                    let Expr::Attribute(member) = &*value.value else { return false };
                    let Value::Class(found, _) = self.evaluator.value(&member.value, self.place) else { return false };
                    if *class.get_or_insert(found) != found {
                        return false;
                    }
                    members.push(member.attr.as_str());
                }
                pattern if pattern.is_irrefutable() => {}
                _ => return false,
            }
        }
        class.is_some_and(|class| {
            self.evaluator.enum_members(class).is_some_and(|all| all.iter().all(|member| members.contains(member)))
        })
    }

    fn while_loop(&self, looped: &'a ast::StmtWhile, visitor: &mut dyn LiveVisitor<'a>) -> Flow {
        visitor.expression(&looped.test);
        let truth = self.evaluator.truth(&looped.test, self.place);
        if truth != Some(false) {
            self.suite(&looped.body, visitor);
        }
        let endless = truth == Some(true) && !breaks(&looped.body);
        if endless {
            return Flow::Stops;
        }
        self.suite(&looped.orelse, visitor);
        Flow::Continues
    }

    fn managed(&self, managed: &'a ast::StmtWith, visitor: &mut dyn LiveVisitor<'a>) -> Flow {
        let mut shielded = false;
        for item in &managed.items {
            visitor.expression(&item.context_expr);
            item.optional_vars.iter().for_each(|target| visitor.expression(target));
            shielded |= self.shields(&item.context_expr);
        }
        if shielded {
            return if ends(&managed.body) { Flow::Stops } else { Flow::Continues };
        }
        visitor.enter_with(managed);
        let flow = self.suite(&managed.body, visitor);
        visitor.leave();
        let suppresses = managed.items.iter().any(|item| self.suppresses(&item.context_expr));
        if suppresses { Flow::Continues } else { flow }
    }

    fn shields(&self, manager: &'a Expr) -> bool {
        let Expr::Call(call) = manager else { return false };
        matches!(self.evaluator.value(&call.func, self.place),
            Value::External(name) if self.evaluator.world().shields(&name))
    }

    /// Whether a context manager may swallow what its body raises, so that control goes on after a `raise`.
    fn suppresses(&self, manager: &'a Expr) -> bool {
        let Expr::Call(call) = manager else { return false };
        matches!(self.evaluator.value(&call.func, self.place),
            Value::External(name) if matches!(&*name, "contextlib.suppress" | "pytest.raises"))
    }

    fn tried(&self, tried: &'a ast::StmtTry, visitor: &mut dyn LiveVisitor<'a>) -> Flow {
        visitor.enter_try(tried);
        let mut flow = self.suite(&tried.body, visitor);
        visitor.leave();
        if flow == Flow::Continues {
            flow = self.suite(&tried.orelse, visitor);
        }
        let handlers: &[ExceptHandler] = if self.cannot_fail(&tried.body) { &[] } else { &tried.handlers };
        let asks = tried.body.first().is_some_and(|first| self.cannot_fail(std::slice::from_ref(first)));
        for ExceptHandler::ExceptHandler(handler) in handlers {
            // `except RuntimeError` behind a question that raises it elsewhere, and is answered here.
            if asks && self.catches_runtime_errors(handler) {
                continue;
            }
            visitor.enter_handler(tried, handler);
            handler.type_.iter().for_each(|kind| visitor.expression(kind));
            if self.suite(&handler.body, visitor) == Flow::Continues {
                flow = Flow::Continues;
            }
            visitor.leave_handler();
        }
        match self.suite(&tried.finalbody, visitor) {
            Flow::Stops => Flow::Stops,
            Flow::Continues => flow,
        }
    }

    fn catches_runtime_errors(&self, handler: &'a ast::ExceptHandlerExceptHandler) -> bool {
        handler.type_.as_deref().is_some_and(|kind| {
            matches!(self.evaluator.value(kind, self.place), Value::External(name) if &*name == "builtins.RuntimeError")
        })
    }

    /// Whether evaluating an expression raises, as far as the world knows the call that it is.
    fn fails(&self, expression: &'a Expr) -> Option<bool> {
        match expression {
            Expr::Call(call) => match self.evaluator.value(&call.func, self.place) {
                Value::External(name) => self.evaluator.world().fails(&name),
                _ => None,
            },
            Expr::Attribute(attribute) => self.fails(&attribute.value),
            literal if literal.is_literal_expr() => Some(false),
            _ => None,
        }
    }

    /// Whether no statement of a suite raises: a guard that is asked inside `try` for the case that there is no SDK.
    fn cannot_fail(&self, body: &'a [Stmt]) -> bool {
        body.iter().all(|statement| match statement {
            Stmt::Expr(statement) => self.fails(&statement.value) == Some(false),
            Stmt::Assign(assign) => self.fails(&assign.value) == Some(false),
            Stmt::Return(ret) => ret.value.as_deref().is_none_or(|value| self.fails(value) == Some(false)),
            Stmt::Pass(_) => true,
            _ => false,
        })
    }

    fn matched(&self, matched: &'a ast::StmtMatch, visitor: &mut dyn LiveVisitor<'a>) -> Flow {
        visitor.expression(&matched.subject);
        let mut flow = Flow::Stops;
        let all_members = self.matches_an_enum(matched);
        let mut exhaustive = all_members;
        for case in &matched.cases {
            let guarded = case.guard.as_deref();
            guarded.iter().for_each(|guard| visitor.expression(guard));
            if guarded.is_some_and(|guard| self.evaluator.truth(guard, self.place) == Some(false)) {
                continue;
            }
            let rest = guarded.is_none() && case.pattern.is_irrefutable();
            exhaustive |= rest;
            if rest && all_members {
                break;
            }
            if self.suite(&case.body, visitor) == Flow::Continues {
                flow = Flow::Continues;
            }
        }
        if exhaustive { flow } else { Flow::Continues }
    }

    /// Which operands of `and` and `or` can be evaluated.
    #[must_use]
    pub fn operands(&self, operation: &'a ast::ExprBoolOp) -> &'a [Expr] {
        let decisive = operation.op == BoolOp::Or;
        let last =
            operation.values.iter().position(|operand| self.evaluator.truth(operand, self.place) == Some(decisive));
        &operation.values[..last.map_or(operation.values.len(), |last| last + 1)]
    }
}

/// Whether a loop's body has a `break` of its own.
fn breaks(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Break(_) => true,
        Stmt::If(conditional) => {
            breaks(&conditional.body) || conditional.elif_else_clauses.iter().any(|clause| breaks(&clause.body))
        }
        Stmt::With(managed) => breaks(&managed.body),
        Stmt::Try(tried) => {
            breaks(&tried.body)
                || breaks(&tried.orelse)
                || breaks(&tried.finalbody)
                || tried.handlers.iter().any(|ExceptHandler::ExceptHandler(handler)| breaks(&handler.body))
        }
        Stmt::Match(matched) => matched.cases.iter().any(|case| breaks(&case.body)),
        Stmt::For(looped) => breaks(&looped.orelse),
        Stmt::While(looped) => breaks(&looped.orelse),
        _ => false,
    })
}

fn ends(body: &[Stmt]) -> bool {
    matches!(body.last(), Some(Stmt::Return(_) | Stmt::Raise(_)))
}
