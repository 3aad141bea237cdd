//! Failures that leave handlers of signals.
//!
//! Knows: what handlers raise, also in what they call, and what catches it on the way. Does not know: which of it is a
//! finding.
//!
//! A signal cannot be refused: what leaves its handler leaves the workflow (temporalio/worker/_workflow_instance.py,
//! `_run_top_level_workflow_function`).

use rustc_hash::FxHashSet;

use super::classes::failure_class;
use super::code::{Graph, bindings_of};
use super::escapes::{Finder, Raiser};
use super::raised::Raised;
use crate::python::{EventKind, NodeId, Value, ValueId};
use crate::semantic::{BindingKind, BlockId, Stmt, StmtId};
use crate::source::TextRange;
use crate::temporal::analysis::{Analysis, ReachedCode};
use crate::temporal::definitions::Role;

/// A `raise` by which a handler of a signal fails its workflow.
#[derive(Debug, Clone)]
pub struct SignalFailure {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where the statement stands.
    pub range: TextRange,
    /// How the class is called.
    pub class: String,
    /// How the handler is called.
    pub handler: String,
    /// Only a wrong annotation leads here.
    pub unlikely: bool,
}

/// The `raise` statements of reached workflow code by which a handler of a signal fails its workflow.
#[must_use]
pub fn signal_failures<'p>(analysis: &Analysis<'_, 'p>, reached: &ReachedCode<'p>) -> Vec<SignalFailure> {
    let graph = Graph::new(&reached.reach);
    let finder = Finder::new(analysis, reached, &graph, &|_| false);
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let EventKind::Raise(statement) = event.kind else { continue };
            let Some(block) = event.block else { continue };
            let Some((class, shown)) = finder.failure(id, statement) else { continue };
            let raised = Raised { class, shown, raiser: Raiser::Raise, doubtful: false };
            if let Some(handler) = finder.left_signal(id, block, &raised) {
                let class = raised.shown;
                found.push(SignalFailure { node: id, range: event.range, class, handler, unlikely: event.unlikely });
            }
        }
    }
    found
}

impl Finder<'_, '_, '_> {
    /// The class of a `raise`, where it fails a workflow.
    fn failure(&self, node: NodeId, statement: StmtId) -> Option<(ValueId, String)> {
        let module = self.module(node);
        let Stmt::Raise { exception: Some(exception), .. } = module[statement] else { return None };
        let is_caught =
            |binding: &crate::semantic::BindingId| matches!(module[*binding].kind, BindingKind::Except { .. });
        if bindings_of(module, exception).iter().any(is_caught) {
            return None;
        }
        let evaluator = self.graph.reach.evaluator();
        let class = failure_class(evaluator, self.graph.value(exception, node).single()?)?;
        let shown = match evaluator.get(class) {
            Value::Outside(name) => name.last_part().to_owned(),
            Value::Class(class, _) => evaluator.project().module(class.file).qualified_class_name(class.class),
            _ => return None,
        };
        Some((class, shown))
    }

    /// The handler of a signal that an exception leaves.
    fn left_signal(&self, node: NodeId, block: BlockId, raised: &Raised) -> Option<String> {
        if self.is_caught(raised, Some(block), node) {
            return None;
        }
        let mut seen: FxHashSet<NodeId> = std::iter::once(node).collect();
        let mut todo = vec![node];
        while let Some(at) = todo.pop() {
            let entries = self.graph.reach.node(at).roots.iter().filter_map(|root| self.reached.entries.get(*root));
            if let Some(entry) = entries.into_iter().find(|entry| entry.role == Role::Signal) {
                return Some(entry.name.clone());
            }
            for edge in self.graph.ways_into(at) {
                if !edge.doubtful && !self.is_stopped_at(at, edge, raised) && seen.insert(edge.from) {
                    todo.push(edge.from);
                }
            }
        }
        None
    }
}
