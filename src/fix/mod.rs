//! Fixes applied: edits put into text.
//!
//! Knows: which edits go together, and how a text without a defect is made sure of. Does not know: which rule a fix is of,
//! how it was found, or how a file is written.

mod edits;

pub use edits::{Applied, applied};
