//! Calls: which parameter gets which argument, and what a call gives.
//!
//! Knows: Python's binding of arguments, and results of functions, classes and partial calls. What a call of something
//! outside gives stands in [`outside`]. Does not know: what a call does (`graph`).

mod bind;
mod outside;
mod result;

pub use bind::Defaulted;
pub(super) use result::result_of;
