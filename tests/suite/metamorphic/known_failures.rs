//! What the engine gets wrong. A line that no longer fails makes its test fail, until it is taken out.

/// `<program>: <rewriting>` where another answer is given.
pub(super) const KNOWN_FAILURES: &[&str] = &[];

/// Pairs of programs of which different things are said.
pub(super) const KNOWN_PAIRS: &[&str] = &[];
