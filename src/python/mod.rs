//! Questions over files: what a name means, what a call runs, what an entry point reaches.
//!
//! Knows: Python's import system, control flow, classes, calls and values, as far as they can be told without running
//! anything. Does not know: any library, or what any of it is to Temporal; what has to be known about code outside the
//! project is asked through [`World`].

mod call;
mod class;
mod eval;
mod graph;
mod limits;
mod memo;
mod pages;
mod project;
mod sight;
mod sources;
mod store;
mod value;
mod world;

pub use call::Defaulted;
pub use class::{Ancestor, Field, MethodKind, Order};
pub use eval::{Evaluator, ImportedFiles, Likelihood, Origin, Place, Truth};
pub use graph::{
    Code, Edge, Event, EventKind, Given, GivenArguments, LoadedOutside, MODULE, Node, NodeId, OrderUse, Reach, Root,
    is_named_like_logger, says_something,
};
pub use limits::{Cut, Limit};
pub use project::{Imported, Project};
pub use store::Store;
pub use value::{
    Arguments, Besides, Callable, ClassRef, DynamicClass, Frame, FrameId, FunctionRef, Instance, Rest, Value, ValueId,
    Values,
};
pub use world::{
    Asked, FieldKeywords, Generated, Generic, GivenClass, HandOff, Handed, OfText, Operand, OrderOf, Runs, Special,
    TakenElsewhere, World,
};
