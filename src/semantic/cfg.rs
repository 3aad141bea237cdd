use super::ids::{BindingId, BlockId, ExprId, FunctionId, List, MatchId, RegionId, ScopeId, TryId, WithId};

/// A stretch of code that runs from its beginning to its end, unless an exception leaves it.
///
/// The blocks of a function's body belong to it alone; those of a class body and of a comprehension belong to the code
/// around.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// How control comes here.
    pub edges: List<Edge>,
    /// The bindings that it makes: from the first to before the second.
    pub bindings: (BindingId, BindingId),
    /// The scope whose names it reads and binds.
    pub scope: ScopeId,
    /// The function that it belongs to; none for the module's own.
    pub function: Option<FunctionId>,
    /// The innermost protected region around.
    pub region: Option<RegionId>,
    /// A block that control always passes before this one, the nearest that is known. The first block of a function or
    /// module has itself, and so has a function's last one.
    pub dominator: BlockId,
}

/// How control comes to a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// From the end of this block.
    pub from: BlockId,
    /// When.
    pub condition: Condition,
}

/// When control takes an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Always, or for reasons that are not looked into.
    Always,
    /// The expression has this truth value.
    Test(ExprId, bool),
    /// The case of the statement matches, or does not.
    Case {
        /// The statement.
        matched: MatchId,
        /// The position of the case.
        case: u32,
        /// Whether it matches.
        holds: bool,
    },
    /// The call comes back.
    Returns(ExprId),
    /// The protected body raises.
    Raises(TryId),
    /// Control reached the end of the statement's body or of a handler, and then that of its `finally`.
    Completes(TryId),
    /// A context manager swallows what the body raises.
    Suppresses(WithId),
}

/// A protected region.
#[derive(Debug, Clone, Copy)]
pub struct Region {
    /// What kind it is.
    pub kind: RegionKind,
    /// The next one outwards in the same function.
    pub parent: Option<RegionId>,
}

/// What kind of region it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionKind {
    /// The protected body of a `try` statement.
    Try(TryId),
    /// A handler of a `try` statement, by position.
    Handler(TryId, u32),
    /// The `finally` of a `try` statement.
    Finally(TryId),
    /// The body of a `with` statement.
    With(WithId),
    /// The body of a loop.
    Loop,
}
