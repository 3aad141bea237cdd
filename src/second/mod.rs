//! The second engine, built beside the first until it is better on every measure: `docs/architecture.md` says what it is.
//!
//! Knows: everything that `semantic`, `project`, `temporal` and `rules` of the first engine know, on a compact form without
//! lifetimes. Does not know: how a run uses it; `lint` still asks the first engine.

pub mod python;
pub mod rules;
pub mod semantic;
pub mod temporal;
