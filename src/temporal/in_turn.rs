//! Commands that look as if they ran beside each other, and run one after the other.
//!
//! Knows: coroutines of commands that are put in a list, and the loop that awaits them. Does not know: whether that is meant.

use super::analysis::Analysis;
use super::collected::awaited_in_turn;
use super::sdk_calls::SdkCall;
use crate::source::TextRange;

/// Commands that a loop makes the coroutines of, and another awaits one after the other.
#[derive(Debug, Clone, Copy)]
pub struct InTurn<'a> {
    /// The call that makes a coroutine.
    pub call: &'a SdkCall,
    /// Where it is awaited.
    pub awaited: TextRange,
}

/// Such commands of all files.
pub fn in_turn<'a>(analysis: &'a Analysis<'_, '_>) -> Vec<InTurn<'a>> {
    let is_command =
        |call: &&SdkCall| call.signature.is_async && call.callee.as_str().starts_with("temporalio.workflow.execute_");
    let collected = analysis.sdk_calls().iter().filter(is_command).filter_map(|call| {
        let module = analysis.project.module(call.span.file);
        Some(InTurn { call, awaited: module.span(awaited_in_turn(module, call.expr)?) })
    });
    collected.collect()
}
