//! The forms of statements and patterns.
//!
//! Knows: their parts. Does not know: in which order parts are evaluated ([`parts`](super::parts)), or how control goes
//! on ([`cfg`](super::cfg)).

use super::binding::{Capture, Step};
use super::expr::Operator;
use super::ids::{
    BindingId, BlockId, ClassId, ExprId, FunctionId, ImportId, List, LoopId, MatchId, PatternId, ScopeId, StmtId,
    TryId, WithId,
};
use super::name::Name;

/// A suite of statements.
pub type Suite = List<StmtId>;

/// A statement. Its place is [`Module::statement_span`](super::Module::statement_span).
#[derive(Debug, Clone, Copy)]
pub enum Stmt {
    /// An expression.
    Expr(ExprId),
    /// `targets = value`.
    Assign {
        /// The targets.
        targets: List<ExprId>,
        /// The value.
        value: ExprId,
    },
    /// `target: annotation = value`.
    Declare {
        /// The target.
        target: ExprId,
        /// The value, if any.
        value: Option<ExprId>,
    },
    /// `target op= value`. The target is lowered as a read.
    Augment {
        /// What is read and bound.
        target: ExprId,
        /// The operator.
        op: Operator,
        /// The operand.
        value: ExprId,
    },
    /// `return value`.
    Return(Option<ExprId>),
    /// `raise exception from cause`.
    Raise {
        /// What is raised; absent where what is being handled is raised again.
        exception: Option<ExprId>,
        /// Its cause.
        cause: Option<ExprId>,
    },
    /// `assert test, message`.
    Assert {
        /// The test.
        test: ExprId,
        /// The message.
        message: Option<ExprId>,
    },
    /// `del targets`.
    Delete(List<ExprId>),
    /// `if`, with its `elif` and `else`.
    If(List<Branch>),
    /// `while`.
    While(LoopId),
    /// `for`.
    For(LoopId),
    /// `with`.
    With(WithId),
    /// `try`.
    Try(TryId),
    /// `match`.
    Match(MatchId),
    /// `def`.
    Function(FunctionId),
    /// `class`.
    Class(ClassId),
    /// `import`, `from … import`.
    Import(ImportId),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `pass`, `global`, `nonlocal`, a string that stands alone.
    Nothing,
}

/// A branch of an `if` statement.
#[derive(Debug, Clone, Copy)]
pub struct Branch {
    /// Its test; absent for `else`.
    pub test: Option<ExprId>,
    /// Its statements.
    pub body: Suite,
}

/// A `for` or `while` statement.
#[derive(Debug, Clone, Copy)]
pub struct Loop {
    /// The target of `for`.
    pub target: Option<ExprId>,
    /// What `for` goes through, or the test of `while`.
    pub head: ExprId,
    /// Its statements.
    pub body: Suite,
    /// `else`.
    pub orelse: Suite,
    /// `async for`.
    pub is_async: bool,
}

/// One item of a `with` statement.
#[derive(Debug, Clone, Copy)]
pub struct WithItem {
    /// The context manager.
    pub manager: ExprId,
    /// What it is bound to.
    pub target: Option<ExprId>,
}

/// A `with` statement.
#[derive(Debug, Clone, Copy)]
pub struct With {
    /// Its items.
    pub items: List<WithItem>,
    /// Its statements.
    pub body: Suite,
    /// `async with`.
    pub is_async: bool,
    /// Its place in the list of statements.
    pub statement: StmtId,
}

/// A `try` statement.
#[derive(Debug, Clone, Copy)]
pub struct Try {
    /// What is protected.
    pub body: Suite,
    /// Its handlers.
    pub handlers: List<Handler>,
    /// `else`.
    pub orelse: Suite,
    /// `finally`.
    pub finally: Suite,
    /// The blocks from which control goes on behind it.
    pub normal_exits: List<BlockId>,
    /// The block in which its `finally` ends.
    pub finally_end: Option<BlockId>,
    /// `except*`.
    pub is_star: bool,
    /// Its place in the list of statements.
    pub statement: StmtId,
}

/// An exception handler.
#[derive(Debug, Clone, Copy)]
pub struct Handler {
    /// The class or tuple of classes; absent for a bare `except`.
    pub kind: Option<ExprId>,
    /// The name that the exception is bound to.
    pub binding: Option<BindingId>,
    /// Its statements.
    pub body: Suite,
    /// The block that it begins with.
    pub block: BlockId,
    /// `except kind as name`.
    pub head: crate::source::TextRange,
}

/// A `match` statement.
#[derive(Debug, Clone, Copy)]
pub struct Match {
    /// What is matched.
    pub subject: ExprId,
    /// Its cases.
    pub cases: List<Case>,
}

/// A case of a `match` statement.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its pattern.
    pub pattern: PatternId,
    /// Its guard.
    pub guard: Option<ExprId>,
    /// Its statements.
    pub body: Suite,
}

/// A pattern of a `match` statement.
#[derive(Debug, Clone, Copy)]
pub enum Pattern {
    /// A value.
    Value(ExprId),
    /// `None`, `True`, `False`.
    Singleton(ExprId),
    /// `[a, *rest]`.
    Sequence(List<PatternId>),
    /// `{key: a, **rest}`.
    Mapping {
        /// The keys, each with its pattern.
        keys: List<ExprId>,
        /// The patterns of the keys.
        patterns: List<PatternId>,
    },
    /// `Class(a, name=b)`.
    Class {
        /// The class.
        class: ExprId,
        /// Patterns by position, then those by name.
        patterns: List<PatternId>,
        /// What each of them takes: the attribute of a position, or of a name.
        takes: List<Step>,
    },
    /// `*rest`.
    Star,
    /// `pattern as name`, `name`, `_`.
    As {
        /// The inner pattern; absent where everything matches.
        pattern: Option<PatternId>,
        /// Where the name is bound.
        capture: Option<Capture>,
    },
    /// `a | b`.
    Or(List<PatternId>),
}

/// A name that an import statement takes from a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// The module for `import`, the name for `from … import`.
    pub name: Name,
}

/// An import statement.
#[derive(Debug, Clone, Copy)]
pub struct Import {
    /// The module of `from module import …`, without leading dots, may be empty; absent for `import`.
    pub from: Option<Name>,
    /// The number of leading dots.
    pub level: u32,
    /// The modules or names.
    pub names: List<Alias>,
    /// The scope that it binds in.
    pub scope: ScopeId,
    /// The block that it stands in.
    pub block: BlockId,
    /// The bindings that it makes: from the first to before the second.
    pub bindings: (BindingId, BindingId),
    /// Its place in the list of statements.
    pub statement: StmtId,
}
