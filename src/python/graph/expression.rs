//! Which parts of an expression run, and what each does besides.
//!
//! Knows: the order of evaluation, and conditions inside expressions. Does not know: where a call ([`call`](super::call)) or a
//! read ([`read`](super::read)) leads.

use super::super::eval::{Likelihood, Truth};
use super::super::value::Value;
use super::reach::OrderUse;
use super::walk::Walker;
use crate::semantic::{BoolOp, Comprehension, ComprehensionKind, Expr, ExprId};

impl Walker<'_, '_> {
    /// Goes through an expression: its parts as they are evaluated, and what it does itself. One arm for each form that does
    /// more than its parts do.
    #[expect(clippy::too_many_lines, reason = "an arm for each form")]
    pub(super) fn visit(&mut self, expr: ExprId) {
        let awaited = std::mem::take(&mut self.awaited);
        let module = self.module();
        let range = module.span(expr);
        match module[expr] {
            Expr::Call { callee, arguments } => {
                self.awaited = awaited;
                self.call(expr, callee, arguments);
            }
            Expr::Await(value) => {
                self.awaited = true;
                self.visit(value);
                self.awaited = false;
                let values = self.value(value);
                self.special(&values, "__await__", range);
            }
            Expr::Lambda(function) => {
                for parameter in module.parameters(function) {
                    parameter.default.into_iter().for_each(|default| self.visit(default));
                }
            }
            Expr::Comprehension(comprehension) => self.comprehension(expr, module[comprehension]),
            Expr::BoolOp { op, operands } => {
                for (operand, likelihood) in self.operands(op, module.list(operands)) {
                    self.visit_if(operand, likelihood);
                    self.tested(operand);
                }
            }
            Expr::Conditional { test, body, orelse } => {
                self.visit(test);
                self.tested(test);
                let truth = self.evaluator().truth(test, self.place);
                self.visit_if(body, likelihood(truth, true));
                self.visit_if(orelse, likelihood(truth, false));
            }
            Expr::Attribute { value, .. } => {
                self.visit(value);
                self.attribute_read(expr, true);
            }
            Expr::Name { .. } => {
                self.name_read(expr);
                let values = self.value(expr);
                for value in &values.known {
                    if let Value::Outside(name) = self.evaluator().get(*value) {
                        self.watched(*name, expr);
                    }
                }
            }
            Expr::Subscript { value, index } => {
                self.visit(value);
                self.visit(index);
                self.subscripted(expr, value, index);
            }
            Expr::Binary { op, left, right } => {
                self.visit(left);
                self.visit(right);
                self.operated(op, left, right, range);
            }
            Expr::Compare { left, rest } => {
                self.visit(left);
                let mut before = left;
                for comparison in module.list(rest) {
                    self.visit(comparison.right);
                    self.compared(comparison.op, before, comparison.right, range);
                    before = comparison.right;
                }
            }
            Expr::Unary { op, operand } => {
                self.visit(operand);
                self.negated(op, operand, range);
            }
            Expr::Formatted(shown) => {
                for shown in module.list(shown) {
                    self.visit(shown.value);
                    self.shown(shown.value, shown.conversion);
                }
            }
            Expr::List(items) | Expr::Tuple(items) => {
                for item in module.list(items) {
                    self.visit(*item);
                    if let Expr::Starred(inner) = module[*item] {
                        self.unpacked(inner, !self.is_unseen(expr));
                    }
                }
            }
            Expr::Set(items) => {
                for item in module.list(items) {
                    self.visit(*item);
                    match module[*item] {
                        Expr::Starred(inner) => self.unpacked(inner, false),
                        _ => self.hashed(*item),
                    }
                }
            }
            Expr::Dict(items) => {
                for item in module.list(items) {
                    item.key.into_iter().for_each(|key| self.visit(key));
                    self.visit(item.value);
                    match item.key {
                        Some(key) => self.hashed(key),
                        None => self.merged(item.value),
                    }
                }
            }
            Expr::YieldFrom(value) => {
                self.visit(value);
                self.set_order(value, OrderUse::YieldFrom);
                let values = self.value(value);
                self.iterated(&values, range, false);
            }
            _ => {
                let mut parts: smallvec::SmallVec<[ExprId; 4]> = smallvec::SmallVec::new();
                module.each_part(expr, &mut |part| parts.push(part));
                parts.into_iter().for_each(|part| self.visit(part));
            }
        }
    }

    /// An expression that is evaluated on a condition.
    fn visit_if(&mut self, expr: ExprId, likelihood: Likelihood) {
        if likelihood == Likelihood::No {
            return;
        }
        let outer = self.unlikely;
        self.unlikely |= likelihood == Likelihood::Unlikely;
        self.visit(expr);
        self.unlikely = outer;
    }

    /// Which operands of `and` and `or` can be evaluated, and how likely.
    fn operands(&self, op: BoolOp, operands: &[ExprId]) -> Vec<(ExprId, Likelihood)> {
        let decisive = op == BoolOp::Or;
        let mut found = Vec::new();
        let mut next = Likelihood::Yes;
        for operand in operands {
            found.push((*operand, next));
            let truth = self.evaluator().truth(*operand, self.place);
            if truth == Truth::Never {
                break;
            }
            next = next.min(likelihood(truth, !decisive));
            if next == Likelihood::No {
                break;
            }
        }
        found
    }

    fn comprehension(&mut self, expr: ExprId, comprehension: Comprehension) {
        let module = self.module();
        let is_free = match comprehension.kind {
            ComprehensionKind::Set => true,
            ComprehensionKind::Dict => self.is_table_unseen(expr),
            ComprehensionKind::List | ComprehensionKind::Generator => self.is_unseen(expr),
        };
        let orderless = std::mem::take(&mut self.orderless) == Some(expr) || is_free;
        let mut dead = false;
        for clause in module.list(comprehension.clauses) {
            self.visit(clause.iterable);
            let values = self.value(clause.iterable);
            self.iterated(&values, module.span(clause.iterable), clause.is_async);
            if !orderless && !self.is_never_read(clause.target, self.place) {
                self.set_order(clause.iterable, OrderUse::Iteration);
            }
            for test in module.list(clause.conditions) {
                self.visit(*test);
                self.tested(*test);
                // A condition that never holds here: nothing is made.
                dead |= matches!(self.evaluator().truth(*test, self.place), Truth::Known(false));
            }
        }
        if !dead {
            comprehension.key.into_iter().for_each(|key| self.visit(key));
            self.visit(comprehension.element);
            comprehension.key.into_iter().for_each(|key| self.hashed(key));
        }
    }
}

/// How likely a condition of a truth has an outcome.
fn likelihood(truth: Truth, outcome: bool) -> Likelihood {
    match truth {
        Truth::Known(known) if known != outcome => Likelihood::No,
        Truth::Likely(likely) if likely != outcome => Likelihood::Unlikely,
        _ => Likelihood::Yes,
    }
}
