//! What a run is to do.
//!
//! Knows: the options as typed, `[tool.temporal-py-lint]` in `pyproject.toml`, where that file is looked for, and how
//! the two are merged. Does not know: what a rule does, or how anything is printed.

mod error;
mod options;
mod pyproject;
mod settings;

pub use error::{ConfigError, Place};
pub use options::{Options, Resolved, StandardInput, absolute, resolve};
pub use settings::Settings;
