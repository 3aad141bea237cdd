//! Rules that ask for which reason the SDK runs code.
//!
//! Knows: the reasons that a rule's file names, and how messages call the methods. Does not know: what the code does.

use crate::registry::schema::{Fact, HandlerRole};
use crate::source::last_part;
use crate::temporal::{EntryPoint, NodeId, ReachedCode, Role};

/// Whether an entry point is a method of a workflow that the SDK runs for one of some reasons.
pub(in crate::rules) fn is_one_of(entry: &EntryPoint, roles: &[HandlerRole]) -> bool {
    entry.workflow.is_some() && roles.iter().any(|role| entry.role == role_of(*role))
}

fn role_of(role: HandlerRole) -> Role {
    match role {
        HandlerRole::Run => Role::Run,
        HandlerRole::Signal => Role::Signal,
        HandlerRole::Update => Role::Update,
        HandlerRole::Query => Role::Query,
        HandlerRole::Validator => Role::Validator,
        HandlerRole::DynamicConfig => Role::DynamicConfig,
    }
}

/// What chooses the sentences about a role.
pub(in crate::rules) fn fact_of(role: Role) -> Option<Fact> {
    match role {
        Role::Query => Some(Fact::Query),
        Role::Validator => Some(Fact::Validator),
        Role::DynamicConfig => Some(Fact::DynamicConfig),
        Role::Signal => Some(Fact::Signal),
        Role::Update => Some(Fact::Update),
        _ => None,
    }
}

/// The entry point that reaches code, of several the first.
pub(in crate::rules) fn entry_of<'r>(
    reached: &'r ReachedCode<'_>,
    node: NodeId,
    is_wanted: &dyn Fn(&EntryPoint) -> bool,
) -> Option<&'r EntryPoint> {
    reached.entries_of(node).find(|entry| is_wanted(entry))
}

/// How messages call a method.
pub(in crate::rules) fn method_name(entry: &EntryPoint) -> String {
    last_part(&entry.name).to_owned()
}
