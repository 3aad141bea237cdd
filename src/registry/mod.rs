//! Which rules exist, and what is known about symbols outside the project.
//!
//! Knows: the rules' files and the tables below `rules/`, embedded by `build.rs`, and how selectors name rules. Does
//! not know: how a rule finds anything.

mod behaviour;
mod checks;
mod extension;
mod failures;
mod names;
mod observations;
mod payloads;
mod rule;
/// The shape of the files below `rules/`.
pub mod schema;
mod selector;
mod signatures;
mod tables;

pub use behaviour::{Behaviour, Handling, OrderOf, behaviour};
pub use checks::Fault;
pub use extension::{Extension, extension_schema};
pub use failures::failures_of;
pub use names::{sdk_module_has, sdk_name_like, sdk_name_until};
pub use observations::{Observation, observations};
pub use payloads::{Payloads, payloads};

/// The rules that tell what a change does to executions that are running, as a selector.
pub const REPLAY_RULES: &str = "TPY91";
#[cfg(test)]
pub(crate) use rule::sample;
pub use rule::{Rule, find, rules, url};
pub(crate) use selector::suggest;
pub use selector::{RuleSelection, UnknownSelector, strength};
pub use signatures::{
    enumeration_member, sdk_always_has, sdk_attribute, sdk_class, sdk_functions, sdk_object, sdk_parameter_like,
    sdk_record, sdk_signature, sdk_versions,
};
pub use tables::{Blocking, BlockingKind, Effect, EffectKind, Library, SandboxAt, Tables, tables};
