//! All integration tests in one binary.

mod build_script;
mod layering;
