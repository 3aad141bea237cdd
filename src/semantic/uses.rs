//! What becomes of the value of each expression.
//!
//! Knows: the expression or statement around each expression, and which reads there are of each variable. Does not know: what
//! parts an expression or statement has ([`parts`](super::parts)).

use super::cfg::RegionKind;
use super::expr::{ArgumentKind, Expr};
use super::ids::{BindingId, ExprId, FunctionId, LoopId, MatchId, StmtId, VariableId, WithId};
use super::module::Module;
use super::name::Name;
use super::scope::Body;
use super::stmt::{Handler, Pattern, Stmt};

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
        module.statement_ids().for_each(|statement| uses.statement(module, statement));
        for function in module.function_ids() {
            if let Body::Expression(value) = module[function].body {
                uses.of[value.index()] = Use::LambdaResult(function);
            }
        }
        for expr in module.expression_ids() {
            module.each_used_part(expr, &mut |part, found| uses.of[part.index()] = found);
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

    fn statement(&mut self, module: &Module, id: StmtId) {
        module.each_used_expression(id, &mut |expr, found| {
            // What stands in the header of a function or class belongs to no statement.
            if found != Use::Header {
                self.set(expr, id, found);
            }
        });
        if let Stmt::Match(matched) = module[id] {
            module.list(module[matched].cases).iter().for_each(|case| self.pattern(module, id, case.pattern));
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
            Pattern::Class { class, patterns, .. } => {
                self.set(class, statement, Use::Header);
                module.list(patterns).iter().for_each(|inner| self.pattern(module, statement, *inner));
            }
            Pattern::As { pattern, .. } => {
                pattern.into_iter().for_each(|inner| self.pattern(module, statement, inner));
            }
            Pattern::Star => {}
        }
    }
}

impl Module {
    /// The handlers of exceptions around the places at which a function yields.
    pub fn handlers_around_yields(&self, function: FunctionId) -> impl Iterator<Item = Handler> + '_ {
        let yields = |expr: &ExprId| matches!(self[*expr], Expr::Yield(_) | Expr::YieldFrom(_));
        let statements = self.expression_ids().filter(yields).filter_map(|expr| self.uses().statement_of(expr));
        let blocks = statements.map(|statement| self.block_of(statement));
        let blocks = blocks.filter(move |block| self[*block].function == Some(function));
        blocks.flat_map(|block| self.regions_around(block)).flat_map(|(_, region)| match region.kind {
            RegionKind::Try(tried) => self.list(self[tried].handlers).iter().copied(),
            _ => [].iter().copied(),
        })
    }

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
