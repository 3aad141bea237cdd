use super::code::{Graph, each_within, is_cleaning_up, is_in_finally};
use super::tasks::awaits_cancelled;
use crate::python::NodeId;
use crate::semantic::{Expr, ExprId, Module};
use crate::temporal::analysis::ReachedCode;

/// Whether a call that is awaited only waits for what the code has cancelled before, or stands where it cleans up.
pub fn cleans_up(reached: &ReachedCode<'_>, node: NodeId, call: ExprId) -> bool {
    let graph = Graph::new(&reached.reach);
    let module = graph.module(node);
    let Some(statement) = module.uses().statement_of(call) else { return false };
    let block = module.block_of(statement);
    if is_cleaning_up(module, block) || is_in_finally(module, block) {
        return true;
    }
    let Expr::Call { arguments, .. } = module[call] else { return false };
    module.list(arguments).iter().any(|given| awaits_cancelled(&graph, node, given.value, block))
}

/// Looks at an expression and all its parts.
pub fn each_part_within(module: &Module, expr: ExprId, look: &mut dyn FnMut(ExprId)) {
    each_within(module, expr, look);
}

/// Looks at each call in a suite.
pub fn each_call_in(module: &Module, body: crate::semantic::Suite, look: &mut dyn FnMut(ExprId)) {
    let calls = super::code::expressions(module, body, |expr| matches!(expr, Expr::Call { .. }));
    calls.into_iter().for_each(|(_, call)| look(call));
}
