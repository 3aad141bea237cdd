//! Event loops that a module starts when it is imported.
//!
//! Knows: what runs at import of a module that the sandbox loads, by which time a loop is running. Does not know: what the
//! started coroutine does.

use super::analysis::{Analysis, Context};
use super::effects::Reached;
use crate::python::{Code, NodeId};
use crate::registry::behaviour;
use crate::registry::schema::CallableRole;
use crate::semantic::Name;
use crate::source::{FileId, TextRange};

/// A loop that is started at import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopStart {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where the call stands.
    pub range: TextRange,
    /// What is called.
    pub callee: Name,
    /// Whether the module that does so defines a workflow itself.
    pub defines_workflow: bool,
}

/// Such calls, with what the import context reaches.
pub fn loop_starts(analysis: &Analysis<'_, '_>) -> Vec<LoopStart> {
    let mut found = Vec::new();
    let defines = |file: FileId| analysis.definitions.workflows.iter().any(|workflow| workflow.span.file == file);
    let starts = |callee: Name| behaviour().does(callee.as_str(), CallableRole::StartsLoop);
    for reached in analysis.context(Context::Import) {
        for (id, node) in reached.reach.nodes() {
            for event in &node.events {
                let Some(call) = Reached::of(event).filter(|call| starts(call.name)) else {
                    continue;
                };
                let way = reached.reach.way(id);
                let root = way.first().map_or(id, |(root, _)| *root);
                let Code::Module(file) = reached.reach.node(root).code else { continue };
                found.push(LoopStart {
                    node: id,
                    range: event.range,
                    callee: call.name,
                    defines_workflow: defines(file),
                });
            }
        }
    }
    found
}
