//! The facts of one file, from that file alone, in a compact form without lifetimes.
//!
//! Knows: which names a file binds where, which functions and classes it has, how control flows through it, and what
//! becomes of the value of each expression. Does not know: what a name from another file means, or what any of it is for.
//!
//! ```python
//! def charge(order):              # a Function with a scope and blocks of its own
//!     total = order.total         # a Binding of the Variable `total`, made in a Block
//!     if total is None:           # an Edge with the Condition Test(`total is None`, true)
//!         return 0
//!     return total                # reads `total`: Expr::Name with the block, found by going back over its edges
//! ```
//!
//! A syntax tree is lowered once ([`lower`]) and let go. Nodes stand in lists of the [`Module`] and refer
//! to each other by position, so the whole can be shared by all threads.

mod binding;
mod cfg;
mod changes;
mod expr;
mod ids;
mod lower;
mod module;
mod name;
mod parts;
mod scope;
mod stmt;
mod uses;

pub use binding::{Binding, BindingKind, Capture, Path, Step, Variable};
pub use cfg::{Block, Condition, Edge, Region, RegionKind};
pub use changes::Change;
pub use expr::{
    Argument, ArgumentKind, BoolOp, Clause, CmpOp, Comparison, Comprehension, ComprehensionKind, Conversion, DictItem,
    Expr, Interpolation, Operator, UnaryOp, given_for,
};
pub use ids::{
    BindingId, BlockId, ClassId, ComprehensionId, ExprId, FunctionId, ImportId, List, LoopId, MatchId, PatternId,
    RegionId, ScopeId, StmtId, TryId, VariableId, WithId,
};
pub use lower::lower;
pub use module::{Listed, Module};
pub use name::Name;
pub use scope::{
    AttributeStore, Body, Class, Function, Parameter, ParameterKind, Return, Scope, ScopeKind, Store, StoreKind,
};
pub use stmt::{Alias, Branch, Case, Handler, Import, Loop, Match, Pattern, Stmt, Suite, Try, With, WithItem};
pub use uses::{Use, Uses};
