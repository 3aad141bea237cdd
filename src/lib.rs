//! temporal-py-lint: finds what breaks Temporal workflows and activities written in Python, before they run.
pub mod source;
pub mod diagnostic;
pub mod semantic;
pub mod project;
pub mod registry;
pub mod temporal;
pub mod rules;
pub mod lint;
pub mod config;
pub mod output;
pub mod cli;
