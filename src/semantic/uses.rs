//! What becomes of the value of each expression.
//!
//! Knows: the expression or statement around each expression, and what part of it the expression is. Does not know: where a
//! name that a value is bound to is read; [`Binding`](super::Binding)s and blocks say that.

use super::expr::{ArgumentKind, Expr};
use super::ids::{BindingId, ExprId, FunctionId, LoopId, MatchId, StmtId, VariableId, WithId};
use super::module::Module;
use super::name::Name;
use super::scope::Body;
use super::stmt::{Pattern, Stmt};

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Use {
    /// Nothing: the expression is a statement.
    Discarded(StmtId),
    /// It is bound by a statement or walrus.
    Bound(StmtId),
    /// It is bound by a walrus, whose own use follows.
    Named(ExprId),
    /// It is returned.
    Returned(StmtId),
    /// It is what a lambda gives.
    LambdaResult(FunctionId),
    /// It is raised, or the cause of what is raised.
    Raised(StmtId),
    /// It is asserted, or the message of an assertion.
    Asserted(StmtId),
    /// It is an argument of a call.
    Argument {
        /// The call.
        call: ExprId,
        /// How it is given.
        kind: ArgumentKind,
        /// Its position among all arguments.
        position: u32,
    },
    /// It is what is called.
    Called(ExprId),
    /// One of its attributes is read or set.
    AttributeOf(ExprId, Name),
    /// One of its items is read or set.
    ItemOf(ExprId),
    /// It is the key by which an item is read or set.
    KeyOf(ExprId),
    /// It is awaited.
    Awaited(ExprId),
    /// It is yielded.
    Yielded(ExprId),
    /// It is gone through by a loop.
    LoopedOver(LoopId),
    /// It is gone through by a comprehension.
    ComprehendedOver(ExprId),
    /// It is the element, key or value of a comprehension.
    ElementOf(ExprId),
    /// It is a condition of a comprehension.
    FilterOf(ExprId),
    /// It decides a `while`.
    WhileTest(LoopId),
    /// It decides an `if`.
    IfTest(StmtId),
    /// It decides a conditional expression.
    ConditionalTest(ExprId),
    /// It is one outcome of a conditional expression.
    ConditionalResult(ExprId),
    /// It is an operand of `and`, `or`.
    Logical(ExprId),
    /// It is an operand of a unary or binary operator.
    Operand(ExprId),
    /// It is compared.
    Compared(ExprId),
    /// It is an item of a display.
    Item(ExprId),
    /// It is a key of a dict display.
    DictKey(ExprId),
    /// It is a value of a dict display.
    DictValue(ExprId),
    /// It is unpacked by `*`.
    Unpacked(ExprId),
    /// It is a bound of a slice.
    SliceBound(ExprId),
    /// It is shown in a formatted string.
    Formatted(ExprId),
    /// It is a context manager.
    Managed(WithId),
    /// It is matched.
    Matched(MatchId),
    /// It is the target of a statement.
    Target(StmtId),
    /// It is deleted.
    Deleted(StmtId),
    /// It is the class of an exception handler.
    Caught(StmtId),
    /// It stands in a header: a decorator, default, base, annotation; or in a pattern.
    Header,
}

/// What becomes of each expression of a module.
#[derive(Debug)]
pub struct Uses {
    of: Vec<Use>,
    statements: Vec<Option<StmtId>>,
    /// The reads of each variable, by variable and in the order of the text.
    reads: Vec<(VariableId, ExprId)>,
}

impl Uses {
    pub(super) fn of(module: &Module) -> Self {
        let mut uses = Self {
            of: vec![Use::Header; module.expression_count()],
            statements: vec![None; module.expression_count()],
            reads: reads(module),
        };
        for (index, statement) in module.stmts.iter().enumerate() {
            uses.statement(module, StmtId::from_index(index), *statement);
        }
        for function in module.function_ids() {
            if let Body::Expression(value) = module[function].body {
                uses.of[value.index()] = Use::LambdaResult(function);
            }
        }
        for index in 0..module.expression_count() {
            uses.parts(module, ExprId::from_index(index));
        }
        uses
    }

    /// What becomes of an expression's value.
    #[must_use]
    pub fn use_of(&self, expr: ExprId) -> Use {
        self.of[expr.index()]
    }

    /// The expression that an expression is a part of.
    #[must_use]
    pub fn parent(&self, expr: ExprId) -> Option<ExprId> {
        match self.use_of(expr) {
            Use::Named(parent)
            | Use::Argument { call: parent, .. }
            | Use::Called(parent)
            | Use::AttributeOf(parent, _)
            | Use::ItemOf(parent)
            | Use::KeyOf(parent)
            | Use::Awaited(parent)
            | Use::Yielded(parent)
            | Use::ComprehendedOver(parent)
            | Use::ElementOf(parent)
            | Use::FilterOf(parent)
            | Use::ConditionalTest(parent)
            | Use::ConditionalResult(parent)
            | Use::Logical(parent)
            | Use::Operand(parent)
            | Use::Compared(parent)
            | Use::Item(parent)
            | Use::DictKey(parent)
            | Use::DictValue(parent)
            | Use::Unpacked(parent)
            | Use::SliceBound(parent)
            | Use::Formatted(parent) => Some(parent),
            _ => None,
        }
    }

    /// The expressions around an expression, innermost first.
    pub fn parents(&self, expr: ExprId) -> impl Iterator<Item = ExprId> + '_ {
        std::iter::successors(self.parent(expr), |expr| self.parent(*expr))
    }

    /// The statement that an expression belongs to; none in headers of functions and classes.
    #[must_use]
    pub fn statement_of(&self, expr: ExprId) -> Option<StmtId> {
        let outermost = self.parents(expr).last().unwrap_or(expr);
        self.statements[outermost.index()]
    }

    fn set(&mut self, expr: ExprId, statement: StmtId, found: Use) {
        self.of[expr.index()] = found;
        self.statements[expr.index()] = Some(statement);
    }

    fn statement(&mut self, module: &Module, id: StmtId, statement: Stmt) {
        match statement {
            Stmt::Expr(value) => self.set(value, id, Use::Discarded(id)),
            Stmt::Assign { targets, value } => {
                self.set(value, id, Use::Bound(id));
                module.list(targets).iter().for_each(|target| self.set(*target, id, Use::Target(id)));
            }
            Stmt::Declare { target, value } => {
                value.into_iter().for_each(|value| self.set(value, id, Use::Bound(id)));
                self.set(target, id, Use::Target(id));
            }
            Stmt::Augment { target, value, .. } => {
                self.set(value, id, Use::Bound(id));
                self.set(target, id, Use::Target(id));
            }
            Stmt::Return(value) => value.into_iter().for_each(|value| self.set(value, id, Use::Returned(id))),
            Stmt::Raise { exception, cause } => {
                exception.into_iter().chain(cause).for_each(|value| self.set(value, id, Use::Raised(id)));
            }
            Stmt::Assert { test, message } => {
                std::iter::once(test).chain(message).for_each(|value| self.set(value, id, Use::Asserted(id)));
            }
            Stmt::Delete(targets) => {
                module.list(targets).iter().for_each(|target| self.set(*target, id, Use::Deleted(id)));
            }
            Stmt::If(branches) => {
                let tests = module.list(branches).iter().filter_map(|branch| branch.test);
                tests.for_each(|test| self.set(test, id, Use::IfTest(id)));
            }
            Stmt::While(looped) => self.set(module[looped].head, id, Use::WhileTest(looped)),
            Stmt::For(looped) => {
                self.set(module[looped].head, id, Use::LoopedOver(looped));
                module[looped].target.into_iter().for_each(|target| self.set(target, id, Use::Target(id)));
            }
            Stmt::With(with) => {
                for item in module.list(module[with].items) {
                    self.set(item.manager, id, Use::Managed(with));
                    item.target.into_iter().for_each(|target| self.set(target, id, Use::Target(id)));
                }
            }
            Stmt::Try(tried) => {
                let kinds = module.list(module[tried].handlers).iter().filter_map(|handler| handler.kind);
                kinds.for_each(|kind| self.set(kind, id, Use::Caught(id)));
            }
            Stmt::Match(matched) => {
                self.set(module[matched].subject, id, Use::Matched(matched));
                for case in module.list(module[matched].cases) {
                    case.guard.into_iter().for_each(|guard| self.set(guard, id, Use::IfTest(id)));
                    self.pattern(module, id, case.pattern);
                }
            }
            Stmt::Function(_) | Stmt::Class(_) | Stmt::Import(_) | Stmt::Break | Stmt::Continue | Stmt::Nothing => {}
        }
    }

    fn pattern(&mut self, module: &Module, statement: StmtId, pattern: super::PatternId) {
        match module[pattern] {
            Pattern::Value(value) | Pattern::Singleton(value) => self.set(value, statement, Use::Header),
            Pattern::Sequence(inner) | Pattern::Or(inner) => {
                module.list(inner).iter().for_each(|inner| self.pattern(module, statement, *inner));
            }
            Pattern::Mapping { keys, patterns } => {
                module.list(keys).iter().for_each(|key| self.set(*key, statement, Use::Header));
                module.list(patterns).iter().for_each(|inner| self.pattern(module, statement, *inner));
            }
            Pattern::Class { class, patterns } => {
                self.set(class, statement, Use::Header);
                module.list(patterns).iter().for_each(|inner| self.pattern(module, statement, *inner));
            }
            Pattern::As { pattern, .. } => {
                pattern.into_iter().for_each(|inner| self.pattern(module, statement, inner));
            }
            Pattern::Star => {}
        }
    }

    fn parts(&mut self, module: &Module, id: ExprId) {
        let mut put = |expr: ExprId, found: Use| self.of[expr.index()] = found;
        match module[id] {
            Expr::Attribute { value, name } => put(value, Use::AttributeOf(id, name)),
            Expr::Subscript { value, index } => {
                put(value, Use::ItemOf(id));
                put(index, Use::KeyOf(id));
            }
            Expr::Call { callee, arguments } => {
                put(callee, Use::Called(id));
                for (position, argument) in (0..).zip(module.list(arguments)) {
                    put(argument.value, Use::Argument { call: id, kind: argument.kind, position });
                }
            }
            Expr::Await(value) => put(value, Use::Awaited(id)),
            Expr::Yield(value) => value.into_iter().for_each(|value| put(value, Use::Yielded(id))),
            Expr::YieldFrom(value) => put(value, Use::Yielded(id)),
            Expr::Named { target, value } => {
                put(value, Use::Named(id));
                put(target, Use::Item(id));
            }
            Expr::Starred(value) => put(value, Use::Unpacked(id)),
            Expr::Conditional { test, body, orelse } => {
                put(test, Use::ConditionalTest(id));
                put(body, Use::ConditionalResult(id));
                put(orelse, Use::ConditionalResult(id));
            }
            Expr::BoolOp { operands, .. } => {
                module.list(operands).iter().for_each(|operand| put(*operand, Use::Logical(id)));
            }
            Expr::Unary { operand, .. } => put(operand, Use::Operand(id)),
            Expr::Binary { left, right, .. } => {
                put(left, Use::Operand(id));
                put(right, Use::Operand(id));
            }
            Expr::Compare { left, rest } => {
                put(left, Use::Compared(id));
                module.list(rest).iter().for_each(|comparison| put(comparison.right, Use::Compared(id)));
            }
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => {
                module.list(items).iter().for_each(|item| put(*item, Use::Item(id)));
            }
            Expr::Slice(bounds) => module.list(bounds).iter().for_each(|bound| put(*bound, Use::SliceBound(id))),
            Expr::Dict(items) => {
                for item in module.list(items) {
                    item.key.into_iter().for_each(|key| put(key, Use::DictKey(id)));
                    put(item.value, if item.key.is_some() { Use::DictValue(id) } else { Use::Unpacked(id) });
                }
            }
            Expr::Comprehension(comprehension) => {
                let comprehension = module[comprehension];
                std::iter::once(comprehension.element)
                    .chain(comprehension.key)
                    .for_each(|part| put(part, Use::ElementOf(id)));
                for clause in module.list(comprehension.clauses) {
                    put(clause.iterable, Use::ComprehendedOver(id));
                    module.list(clause.conditions).iter().for_each(|test| put(*test, Use::FilterOf(id)));
                }
            }
            Expr::Formatted(shown) => {
                module.list(shown).iter().for_each(|shown| put(shown.value, Use::Formatted(id)));
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
}

impl Module {
    /// The expressions that may read what a binding binds: reads of its variable in the same control flow that the binding
    /// reaches are among them.
    pub fn reads_of(&self, binding: BindingId) -> impl Iterator<Item = ExprId> + '_ {
        let variable = self[binding].variable;
        let reads = &self.uses().reads;
        let first = reads.partition_point(|(read, _)| *read < variable);
        reads[first..].iter().take_while(move |(read, _)| *read == variable).map(|(_, expr)| *expr)
    }
}

/// Which variable each name reads: that of the innermost scope that has one.
fn reads(module: &Module) -> Vec<(VariableId, ExprId)> {
    let read = |id: ExprId| {
        let Expr::Name { name, block, .. } = module[id] else { return None };
        Some((module.variable_read(name, block)?, id))
    };
    let mut reads: Vec<_> = module.expression_ids().filter_map(read).collect();
    reads.sort_unstable();
    reads
}
