//! What a run is to do.
//!
//! Knows: the options as typed, `[tool.temporal-py-lint]` in `pyproject.toml` and `temporal-py-lint.toml`, which of
//! these holds for which file, and how files and command line are merged. Does not know: what a rule does, or how
//! anything is printed.

mod error;
mod extensions;
mod keys;
mod options;
mod roots;
mod settings;
mod table;
mod tree;
mod unmatched;

pub use error::{ConfigError, Place};
pub use keys::{KEYS, Key, Takes, schema};
pub use options::{Options, Resolved, StandardInput, absolute, resolve};
pub use roots::nearest_project;
pub use settings::{FailOn, FileRules, Preset, Settings};
pub use table::{FORMATS, Origin};
pub use tree::Configurations;
