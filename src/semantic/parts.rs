//! What an expression or statement is made of, and what becomes of each part.
//!
//! Knows: the parts, in the order in which they are evaluated. Does not know: patterns, or the bodies of functions and
//! classes; what becomes of all expressions of a module is kept by [`Uses`](super::Uses).

use smallvec::SmallVec;

use super::expr::Expr;
use super::ids::{ExprId, StmtId};
use super::module::Module;
use super::stmt::{Stmt, Suite};
use super::uses::Use;

impl Module {
    /// Looks at each expression that is directly a part of another, in the order of evaluation. What a lambda runs is no part
    /// of it.
    pub fn each_part(&self, expr: ExprId, look: &mut dyn FnMut(ExprId)) {
        self.each_used_part(expr, &mut |part, _| look(part));
    }

    /// Looks at each expression that is directly a part of another, and at what that does with it. One arm for each form.
    #[expect(clippy::too_many_lines, reason = "an arm for each form")]
    pub(super) fn each_used_part(&self, id: ExprId, look: &mut dyn FnMut(ExprId, Use)) {
        match self[id] {
            Expr::Attribute { value, name } => look(value, Use::AttributeOf(id, name)),
            Expr::Subscript { value, index } => {
                look(value, Use::ItemOf(id));
                look(index, Use::KeyOf(id));
            }
            Expr::Call { callee, arguments } => {
                look(callee, Use::Called(id));
                for (position, argument) in (0..).zip(self.list(arguments)) {
                    look(argument.value, Use::Argument { call: id, kind: argument.kind, position });
                }
            }
            Expr::Await(value) => look(value, Use::Awaited(id)),
            Expr::Yield(value) => value.into_iter().for_each(|value| look(value, Use::Yielded(id))),
            Expr::YieldFrom(value) => look(value, Use::Yielded(id)),
            Expr::Named { target, value } => {
                look(value, Use::Named(id));
                look(target, Use::Item(id));
            }
            Expr::Starred(value) => look(value, Use::Unpacked(id)),
            Expr::Conditional { test, body, orelse } => {
                look(test, Use::ConditionalTest(id));
                look(body, Use::ConditionalResult(id));
                look(orelse, Use::ConditionalResult(id));
            }
            Expr::BoolOp { operands, .. } => {
                self.list(operands).iter().for_each(|operand| look(*operand, Use::Logical(id)));
            }
            Expr::Unary { operand, .. } => look(operand, Use::Operand(id)),
            Expr::Binary { left, right, .. } => {
                look(left, Use::Operand(id));
                look(right, Use::Operand(id));
            }
            Expr::Compare { left, rest } => {
                look(left, Use::Compared(id));
                self.list(rest).iter().for_each(|comparison| look(comparison.right, Use::Compared(id)));
            }
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => {
                self.list(items).iter().for_each(|item| look(*item, Use::Item(id)));
            }
            Expr::Slice(bounds) => self.list(bounds).iter().for_each(|bound| look(*bound, Use::SliceBound(id))),
            Expr::Dict(items) => {
                for item in self.list(items) {
                    item.key.into_iter().for_each(|key| look(key, Use::DictKey(id)));
                    look(item.value, if item.key.is_some() { Use::DictValue(id) } else { Use::Unpacked(id) });
                }
            }
            Expr::Comprehension(comprehension) => {
                let comprehension = self[comprehension];
                for clause in self.list(comprehension.clauses) {
                    look(clause.iterable, Use::ComprehendedOver(id));
                    self.list(clause.conditions).iter().for_each(|test| look(*test, Use::FilterOf(id)));
                }
                let made = comprehension.key.into_iter().chain([comprehension.element]);
                made.for_each(|part| look(part, Use::ElementOf(id)));
            }
            Expr::Formatted(shown) => {
                self.list(shown).iter().for_each(|shown| look(shown.value, Use::Formatted(id)));
            }
            Expr::None
            | Expr::Ellipsis
            | Expr::Bool(_)
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Str(_)
            | Expr::Text
            | Expr::Bytes
            | Expr::Name { .. }
            | Expr::Target(_)
            | Expr::Lambda(_)
            | Expr::Invalid => {}
        }
    }

    /// Looks at each expression that is directly a part of a statement; those of suites inside it left aside.
    pub fn each_expression(&self, statement: StmtId, look: &mut dyn FnMut(ExprId)) {
        self.each_used_expression(statement, &mut |expr, _| look(expr));
    }

    /// Looks at each expression that is directly a part of a statement, and at what that does with it.
    pub(super) fn each_used_expression(&self, id: StmtId, look: &mut dyn FnMut(ExprId, Use)) {
        match self[id] {
            Stmt::Expr(value) => look(value, Use::Discarded(id)),
            Stmt::Assign { targets, value } => {
                look(value, Use::Bound(id));
                self.list(targets).iter().for_each(|target| look(*target, Use::Target(id)));
            }
            Stmt::Declare { target, value } => {
                value.into_iter().for_each(|value| look(value, Use::Bound(id)));
                look(target, Use::Target(id));
            }
            Stmt::Augment { target, value, .. } => {
                look(target, Use::Target(id));
                look(value, Use::Bound(id));
            }
            Stmt::Return(value) => value.into_iter().for_each(|value| look(value, Use::Returned(id))),
            Stmt::Raise { exception, cause } => {
                exception.into_iter().chain(cause).for_each(|value| look(value, Use::Raised(id)));
            }
            Stmt::Assert { test, message } => {
                std::iter::once(test).chain(message).for_each(|value| look(value, Use::Asserted(id)));
            }
            Stmt::Delete(targets) => self.list(targets).iter().for_each(|target| look(*target, Use::Deleted(id))),
            Stmt::If(branches) => {
                let tests = self.list(branches).iter().filter_map(|branch| branch.test);
                tests.for_each(|test| look(test, Use::IfTest(id)));
            }
            Stmt::While(looped) => look(self[looped].head, Use::WhileTest(looped)),
            Stmt::For(looped) => {
                look(self[looped].head, Use::LoopedOver(looped));
                self[looped].target.into_iter().for_each(|target| look(target, Use::Target(id)));
            }
            Stmt::With(with) => {
                for item in self.list(self[with].items) {
                    look(item.manager, Use::Managed(with));
                    item.target.into_iter().for_each(|target| look(target, Use::Target(id)));
                }
            }
            Stmt::Try(tried) => {
                let kinds = self.list(self[tried].handlers).iter().filter_map(|handler| handler.kind);
                kinds.for_each(|kind| look(kind, Use::Caught(id)));
            }
            Stmt::Match(matched) => {
                look(self[matched].subject, Use::Matched(matched));
                let guards = self.list(self[matched].cases).iter().filter_map(|case| case.guard);
                guards.for_each(|guard| look(guard, Use::IfTest(id)));
            }
            Stmt::Function(function) => {
                let decorators = self.list(self[function].decorators).iter().copied();
                let defaults = self.parameters(function).iter().filter_map(|parameter| parameter.default);
                decorators.chain(defaults).for_each(|part| look(part, Use::Header));
            }
            Stmt::Class(class) => {
                let decorators = self.list(self[class].decorators).iter().copied();
                let bases = self.list(self[class].arguments).iter().map(|argument| argument.value);
                decorators.chain(bases).for_each(|part| look(part, Use::Header));
            }
            Stmt::Import(_) | Stmt::Break | Stmt::Continue | Stmt::Nothing => {}
        }
    }

    /// What an assignment binds or sets: the targets of a statement.
    #[must_use]
    pub fn targets(&self, statement: StmtId) -> SmallVec<[ExprId; 2]> {
        match self[statement] {
            Stmt::Assign { targets, .. } => SmallVec::from_slice(self.list(targets)),
            Stmt::Declare { target, .. } | Stmt::Augment { target, .. } => SmallVec::from_slice(&[target]),
            _ => SmallVec::new(),
        }
    }

    /// Looks at each suite of a statement, in the order of the text; bodies of functions and classes left aside.
    pub fn each_suite(&self, statement: StmtId, look: &mut dyn FnMut(Suite)) {
        match self[statement] {
            Stmt::If(branches) => self.list(branches).iter().for_each(|branch| look(branch.body)),
            Stmt::While(looped) | Stmt::For(looped) => {
                look(self[looped].body);
                look(self[looped].orelse);
            }
            Stmt::With(with) => look(self[with].body),
            Stmt::Try(tried) => {
                look(self[tried].body);
                self.list(self[tried].handlers).iter().for_each(|handler| look(handler.body));
                look(self[tried].orelse);
                look(self[tried].finally);
            }
            Stmt::Match(matched) => self.list(self[matched].cases).iter().for_each(|case| look(case.body)),
            _ => {}
        }
    }
}
