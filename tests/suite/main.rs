//! All integration tests in one binary.

mod agent;
mod agent_output;
mod build_script;
mod cases;
mod checked;
mod cli;
mod config;
mod demand;
mod equivalence;
mod facts;
mod fixtures;
mod generated;
mod hook;
mod known;
mod language;
mod layering;
mod metamorphic;
mod outputs;
mod parser_agreement;
mod robustness;
mod rule_docs;
mod sandbox_members;
mod seed_document;
mod standard_library;
mod suppressions;
mod syntax;
