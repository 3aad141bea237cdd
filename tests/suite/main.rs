//! All integration tests in one binary.

mod build_script;
mod checked;
mod cli;
mod config;
mod fixtures;
mod generated;
mod layering;
mod outputs;
