//! Which calls issue commands of the workflow, or start what may.
//!
//! Knows: the functions of the SDK and of asyncio that do, and the code that leads to calls of them. Does not know: which command
//! it is ([`sdk_calls`](super::sdk_calls)), or what decides whether the call runs.

use rustc_hash::FxHashSet;

use super::awaiting::await_kind;
use crate::python::{Event, EventKind, NodeId, Reach};
use crate::semantic::Name;

/// The code of a [`Reach`] from which a command of the workflow is issued, itself or in what it calls.
pub(super) struct Commands(FxHashSet<NodeId>);

impl Commands {
    /// Finds it.
    #[must_use]
    pub(super) fn of(reach: &Reach<'_>) -> Self {
        let issues = |events: &[Event]| events.iter().any(is_command);
        let mut todo: Vec<NodeId> =
            reach.nodes().filter(|(_, node)| !node.at_import && issues(&node.events)).map(|(id, _)| id).collect();
        let mut found = FxHashSet::default();
        while let Some(id) = todo.pop() {
            if found.insert(id) {
                let node = reach.node(id);
                todo.extend(node.parent.iter().chain(&node.others).map(|edge| edge.from));
            }
        }
        Self(found)
    }

    /// The code.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.0.iter().copied()
    }

    /// Whether some code issues commands.
    pub(super) fn contain(&self, node: NodeId) -> bool {
        self.0.contains(&node)
    }
}

/// Whether something that happens is a command of the workflow, or starts what may issue one.
pub(super) fn is_command(event: &Event) -> bool {
    let EventKind::Call { callee, .. } = &event.kind else { return false };
    issues_command(*callee)
}

/// Whether a call of something outside the project is a command of the workflow, or starts what may issue one.
pub(super) fn issues_command(name: Name) -> bool {
    match name.as_str().strip_prefix("temporalio.workflow.") {
        Some(function) => {
            function.starts_with("execute_")
                || function.starts_with("start_")
                || matches!(
                    function,
                    "sleep"
                        | "wait_condition"
                        | "wait"
                        | "as_completed"
                        | "continue_as_new"
                        | "upsert_search_attributes"
                )
                || function.ends_with("Handle.signal")
                || function.ends_with("Handle.cancel")
                || function.ends_with(".execute_operation")
                || function.ends_with(".start_operation")
        }
        None => name == "asyncio.sleep" || await_kind(name).is_some(),
    }
}

/// Whether a call of something outside the project may be a command of the workflow, or run code that issues one: what is not
/// known to issue none.
pub(super) fn may_issue_command(name: Name) -> bool {
    ["temporalio.", "asyncio."].iter().any(|by| name.as_str().starts_with(by))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_issues_a_command_may_issue_one() {
        let issues = [
            "asyncio.gather",
            "asyncio.sleep",
            "temporalio.workflow.ExternalWorkflowHandle.signal",
            "temporalio.workflow.NexusClient.execute_operation",
            "temporalio.workflow.continue_as_new",
            "temporalio.workflow.execute_activity",
            "temporalio.workflow.sleep",
            "temporalio.workflow.start_child_workflow",
        ];
        for name in issues.map(Name::new) {
            assert!(issues_command(name) && may_issue_command(name), "{name}");
        }
        for name in ["asyncio.Event.set", "temporalio.workflow.now"].map(Name::new) {
            assert!(!issues_command(name) && may_issue_command(name), "{name}");
        }
        assert!(!may_issue_command(Name::new("json.dumps")));
    }
}
