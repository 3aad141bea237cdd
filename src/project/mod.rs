//! Questions over files: what a name means, what a call runs, what an entry point reaches.
//!
//! Knows: Python's import system, classes, calls and values, as far as they can be told without running anything.
//! What cannot be told is [`Value::Unknown`], and leads nowhere. Does not know: what any of it is to Temporal; what
//! has to be known about code outside the project is asked through [`World`].

mod arguments;
mod attribute;
mod builtin;
mod call;
mod classes;
mod evaluate;
mod live;
mod modules;
mod order;
mod protocols;
mod reach;
mod stores;
mod truth;
mod value;
mod walk;

pub use classes::Ancestor;
pub use evaluate::Evaluator;
pub use live::{Flow, Live, LiveVisitor};
pub use modules::Project;
pub use protocols::TEXT_OF;
pub use reach::{Code, Edge, Event, EventKind, Node, NodeId, Origin, Protection, Reach, Root};
pub use value::{
    Arguments, Callable, ClassRef, DynamicClass, Frame, FrameId, FunctionRef, Instance, Literal, Located, Partial,
    Place, Value,
};

/// What an external callable does with functions that are handed to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandOff {
    /// Calls them, now or later, on the same thread.
    Invokes,
    /// Keeps them as names only.
    References,
    /// Calls them on another thread or in another process.
    Elsewhere,
}

/// What the project's code is told about code outside it, and about where it runs.
pub trait World {
    /// The one name of a symbol that has several.
    fn canonical<'s>(&self, name: &'s str) -> std::borrow::Cow<'s, str>;
    /// The class of what a call of the symbol returns.
    fn returns(&self, name: &str) -> Option<&'static str>;
    /// The class of an attribute's value.
    fn attribute(&self, name: &str) -> Option<&'static str>;
    /// The first base of a class that matters.
    fn base(&self, class: &str) -> Option<&'static str>;
    /// Whether a top-level module name is that of a known library.
    fn is_library(&self, top: &str) -> bool;
    /// Whether a top-level module is outside the project even where a folder of the project has its name.
    fn is_always_outside(&self, top: &str) -> bool;
    /// Whether anything is known about exactly this symbol.
    fn knows(&self, name: &str) -> bool;
    /// What a call of the symbol answers where this code runs, if that is certain.
    fn truth(&self, name: &str) -> Option<bool>;
    /// Whether a call of the symbol raises where this code runs, if that is certain.
    fn fails(&self, name: &str) -> Option<bool>;
    /// What the symbol does with functions handed to it.
    fn hand_off(&self, name: &str) -> HandOff;
    /// Whether the body of `with name():` is none of the analysis's business.
    fn shields(&self, name: &str) -> bool;
    /// Whether reading the symbol, without calling it, is of interest.
    fn is_watched(&self, name: &str) -> bool;
    /// Whether a call of the symbol does not return.
    fn never_returns(&self, name: &str) -> bool;
}
