//! What becomes of exceptions: where they are caught, and where they leave an entry point.
//!
//! Knows: which classes a handler takes, whether it raises again, what is awaited under it, and by which way an exception
//! leaves. Does not know: which of it is a finding, or how it is worded.

mod catches;
mod classes;
mod code;
mod depends;
mod escapes;
mod follows;
mod guarded;
mod handed_on;
mod outcome;
mod raised;
mod refusals;
mod tasks;
mod waits;

pub use catches::{Catch, CatchKind, Matters, catches};
pub use escapes::{Condition as EscapeCondition, Escape, Raiser, escapes};
pub use guarded::Guarded;
pub use refusals::Refusals;
