//! What becomes of exceptions: where they are caught, and where they leave an entry point.
//!
//! Knows: which classes a handler takes, whether it raises again, what is awaited under it, and by which way an exception
//! leaves. Does not know: which of it is a finding, or how it is worded.

mod by_hand;
mod catches;
mod classes;
mod cleanup;
mod contained;
mod continued;
mod conversions;
mod depends;
mod escapes;
mod failures;
mod follows;
mod groups;
mod guarded;
mod handed_on;
mod held_off;
mod json;
mod managers;
mod mismatches;
mod outcome;
mod protocols;
mod raised;
mod refusals;
mod signals;
mod tasks;
mod threads;
mod waits;

use super::{awaiting, code};
pub use by_hand::{ByHand, DoneByHand, done_by_hand};
pub use catches::{Catch, CatchKind, Matters};
pub(super) use classes::{ACTIVITY_FAILED, CHILD_FAILED, Kinds, OPERATION_FAILED, failure_class};
pub(super) use cleanup::{cleans_up, each_call_in, each_part_within};
pub(super) use contained::lets_nothing_out;
pub use continued::{LostContinuation, LostIn};
pub use conversions::{Conversion, conversions};
pub use escapes::{Condition as EscapeCondition, Escape, Raiser, escapes};
pub use groups::{FailingGroup, failing_groups};
pub use guarded::Guarded;
pub use mismatches::{Catching, Mismatch, Missed, mismatched_cancellations, mismatches};
pub use refusals::{REFUSED_BY_THE_LOOP, REFUSED_BY_THE_SANDBOX, RaisedAt, Refusals, Taken};
pub use signals::{SignalFailure, signal_failures};
pub use threads::is_never_interrupted;
