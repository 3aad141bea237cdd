//! temporal-py-lint: finds what breaks Temporal workflows and activities written in Python, before they run.
pub mod agent;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod hook;
pub mod lint;
pub mod output;
pub mod project;
pub mod registry;
pub mod rules;
pub mod semantic;
pub mod source;
pub mod temporal;
