//! Agent files: the `temporal-python` agent as each coding agent's harness wants it, and the checks that any agent file
//! is held to.
//!
//! Knows: where harnesses look for agent files, their fields, and the markers of Python examples. Does not know: what a
//! rule finds in an example, or how a problem is printed.
//!
//! The fields are those of <https://code.claude.com/docs/en/sub-agents>, <https://cursor.com/docs/agent/subagents>,
//! <https://developers.openai.com/codex/subagents> and <https://opencode.ai/docs/agents>.

mod check;
mod examples;
mod fields;
mod front_matter;
mod harness;
mod install;

pub use check::{Problem, check};
pub use harness::{Harness, Scope};
pub use install::{InstallError, Installation, MAX_SIZE, Outcome, install};
