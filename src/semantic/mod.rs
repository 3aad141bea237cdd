//! The facts of one file, from that file alone: scopes, bindings, imports, functions, classes.
//!
//! Knows: what Python's scoping says about names. Does not know: what a name from another file means, or what any of
//! it is to Temporal.

mod binding;
mod build;
mod module;
mod store;

pub use binding::{Binding, BindingId, BindingKind, Block, BlockId, BlockKind, TargetPath};
pub use module::{
    Class, ClassId, Function, FunctionId, FunctionNode, ImportStatement, Module, Scope, ScopeId, ScopeKind, named_by,
};
pub use store::Store;
