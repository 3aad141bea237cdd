//! As what a cancellation arrives in the thread of a `def` activity.
//!
//! Knows: loops that heartbeat, and activities that ask to be left alone. Does not know: what a handler does.
//!
//! The SDK raises its `CancelledError` in the thread, between two steps of whatever that runs; of a cancellation it knows by the
//! answer to a heartbeat (temporalio/worker/_activity.py, `_ThreadExceptionRaiser`).

use super::catches::Finder;
use super::classes::SDK_CANCELLED;
use super::code::statements;
use super::guarded::Guarded;
use super::waits::Forms;
use crate::python::{Code, EventKind, NodeId};
use crate::semantic::{Stmt, Try};
use crate::temporal::analysis::{Analysis, ReachedCode};
use crate::temporal::constants::Constant;

/// The question by which a loop ends itself.
const ASKS: &str = "temporalio.activity.is_cancelled";

impl Finder<'_, '_, '_> {
    /// As what a cancellation leaves the body of a `try`: in a loop that heartbeats and does not ask for it.
    pub(super) fn in_thread(&self, node: NodeId, tried: &Try, guarded: Guarded) -> Forms {
        let module = self.module(node);
        let is_loop = |statement| matches!(statement, Stmt::For(_) | Stmt::While(_));
        let repeats =
            module.is_in_loop(module.block_of(tried.statement)) || !statements(module, tried.body, is_loop).is_empty();
        if repeats
            && guarded.is_interruptible
            && self.calls(node, "temporalio.activity.heartbeat")
            && !self.calls(node, ASKS)
        {
            Forms::of(SDK_CANCELLED)
        } else {
            Forms::default()
        }
    }

    /// Whether a node's code, or what it leads to, calls something of the SDK.
    fn calls(&self, node: NodeId, wanted: &str) -> bool {
        let mut nodes = vec![node];
        nodes.extend(self.graph.leads_on(node).iter().map(|(_, to)| *to));
        nodes.into_iter().any(|node| {
            let events = self.graph.reach.node(node).events.iter();
            events.into_iter().any(|event| matches!(event.kind, EventKind::Call { callee, .. } if callee == wanted))
        })
    }
}

/// Whether all activities that reach code ask the SDK to raise nothing in their threads.
#[must_use]
pub fn is_never_interrupted(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>, node: NodeId) -> bool {
    let mut calls = analysis.sdk_calls().iter().filter(|call| {
        call.callee == "temporalio.activity.defn"
            && call
                .argument("no_thread_cancel_exception")
                .is_some_and(|given| analysis.constant_of(call, given) != Some(Constant::Bool(false)))
    });
    let Some(first) = calls.next() else { return false };
    let left_alone: Vec<_> = std::iter::once(first).chain(calls).map(|call| (call.span.file, call.expr)).collect();
    let mut entries = reached.entries_of(node).peekable();
    entries.peek().is_some()
        && entries.all(|entry| match entry.root.code {
            Code::Function(function) => {
                let module = analysis.project.module(function.file);
                let decorators = module.list(module[function.function].decorators);
                decorators.iter().any(|decorator| left_alone.contains(&(function.file, *decorator)))
            }
            _ => false,
        })
}
