//! Statements that leave a `finally`, and with it throw away what is on its way through.
//!
//! Knows: `return`, `break` and `continue` in a `finally`, and whether a cancellation or continue-as-new can come through
//! it. Does not know: which of it is a finding.

use super::code::{Graph, each_statement, expressions};
use crate::python::{EventKind, NodeId, Reach};
use crate::semantic::{BlockId, Expr, RegionKind, Stmt, TryId};
use crate::source::TextRange;

/// A statement that leaves a `finally`.
#[derive(Debug)]
pub struct FinallyExit {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where the statement stands.
    pub range: TextRange,
    /// Its first word.
    pub word: &'static str,
}

/// The statements that leave a `finally` through which a cancellation or continue-as-new can come.
#[must_use]
pub fn finally_exits(reach: &Reach<'_>) -> Vec<FinallyExit> {
    let graph = Graph::new(reach);
    let mut found = Vec::new();
    for (node, code) in reach.nodes().filter(|(_, node)| !node.at_import) {
        let module = graph.module(node);
        if !code.events.iter().any(|event| matches!(event.kind, EventKind::Try(_))) {
            continue;
        }
        each_statement(module, graph.body(node), &mut |statement| {
            let word = match module[statement] {
                Stmt::Return(_) => "return",
                Stmt::Break => "break",
                Stmt::Continue => "continue",
                _ => return,
            };
            let block = module.block_of(statement);
            let leaves = left(&graph, node, block, word).is_some_and(|tried| is_waiting(&graph, node, tried));
            if leaves && reach.evaluator().may_run(block, graph.place(node)) {
                found.push(FinallyExit { node, range: module.statement_span(statement), word });
            }
        });
    }
    found
}

/// The `try` whose `finally` a statement in a block leaves.
fn left(graph: &Graph<'_, '_>, node: NodeId, block: BlockId, word: &str) -> Option<TryId> {
    for (_, region) in graph.module(node).regions_around(block) {
        match region.kind {
            RegionKind::Finally(tried) => return Some(tried),
            RegionKind::Loop if word != "return" => return None,
            _ => {}
        }
    }
    None
}

/// Whether what a `try` protects waits, or continues the workflow as new.
fn is_waiting(graph: &Graph<'_, '_>, node: NodeId, tried: TryId) -> bool {
    let module = graph.module(node);
    let tried = &module[tried];
    let handlers = module.list(tried.handlers).iter().map(|handler| handler.body);
    let mut suites = [tried.body, tried.orelse].into_iter().chain(handlers);
    suites.any(|suite| {
        let waits = |expr: Expr| matches!(expr, Expr::Await(_));
        let is_async = |statement: &crate::semantic::StmtId| match module[*statement] {
            Stmt::For(looped) => module[looped].is_async,
            Stmt::With(with) => module[with].is_async,
            _ => false,
        };
        let ends = |event: &&crate::python::Event| {
            matches!(event.kind, EventKind::Call { callee, .. } if callee == "temporalio.workflow.continue_as_new")
        };
        !expressions(module, suite, waits).is_empty()
            || module.list(suite).iter().any(is_async)
            || module.list(suite).iter().any(|statement| {
                graph.calls_within(node, module.statement_span(*statement)).iter().any(ends)
            })
    })
}
