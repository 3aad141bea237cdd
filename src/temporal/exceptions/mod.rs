//! What becomes of exceptions: where they are caught, and where they leave an entry point.
//!
//! Knows: which classes a handler takes, whether it raises again, what is awaited under it, and by which way an exception
//! leaves. Does not know: which of it is a finding, or how it is worded.

mod catches;
mod classes;
mod code;
mod continued;
mod depends;
mod escapes;
mod failures;
mod follows;
mod groups;
mod guarded;
mod handed_on;
mod mismatches;
mod outcome;
mod raised;
mod refusals;
mod tasks;
mod waits;

pub use catches::{Catch, CatchKind, Matters, catches};
pub use continued::{LostContinuation, LostIn, lost_continuations};
pub use escapes::{Condition as EscapeCondition, Escape, Raiser, escapes};
pub use groups::{FailingGroup, failing_groups};
pub use guarded::Guarded;
pub use mismatches::{Catching, Mismatch, Missed, mismatched_cancellations, mismatches};
pub use refusals::Refusals;
