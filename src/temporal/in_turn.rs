//! Commands that look as if they ran beside each other, and run one after the other.
//!
//! Knows: coroutines of commands that are put in a list, and the loop that awaits them; and those that are bound to names one
//! after the other, and awaited behind that one after the other. Does not know: whether that is meant.

use super::analysis::Analysis;
use super::collected::awaited_in_turn;
use super::fates::{Fate, fates_of};
use super::sdk_calls::SdkCall;
use crate::semantic::{BlockId, Expr, Module, Use};
use crate::source::TextRange;

/// Commands that look as if they ran beside each other.
#[derive(Debug, Clone, Copy)]
pub struct InTurn<'a> {
    /// The call that makes a coroutine.
    pub call: &'a SdkCall,
    /// Where it is awaited.
    pub awaited: TextRange,
    /// Whether each has a name of its own; else one call makes those of a list.
    pub is_named: bool,
}

/// Such commands of all files.
pub fn in_turn<'a>(analysis: &'a Analysis<'_, '_>) -> Vec<InTurn<'a>> {
    let is_command =
        |call: &&SdkCall| call.signature.is_async && call.callee.as_str().starts_with("temporalio.workflow.execute_");
    let commands: Vec<&SdkCall> = analysis.sdk_calls().iter().filter(is_command).collect();
    let collected = commands.iter().filter_map(|call| {
        let module = analysis.project.module(call.span.file);
        let awaited = module.span(awaited_in_turn(module, call.expr)?);
        Some(InTurn { call, awaited, is_named: false })
    });
    collected.chain(named_in_turn(analysis, &commands)).collect()
}

/// A coroutine that a name holds from its call to its one `await`.
struct Named<'a> {
    call: &'a SdkCall,
    block: BlockId,
    awaited: TextRange,
}

/// Commands whose coroutines are bound behind those of others, without a wait in between, and awaited behind those. The first
/// of them begins where it is awaited, as it looks.
fn named_in_turn<'a>(analysis: &'a Analysis<'_, '_>, commands: &[&'a SdkCall]) -> Vec<InTurn<'a>> {
    let mut named: Vec<Named<'a>> = commands.iter().filter_map(|call| named(analysis, call)).collect();
    named.sort_by_key(|named| (named.call.span.file, named.call.span.range.start()));
    let mut found = Vec::new();
    for pair in named.windows(2) {
        let [before, call] = pair else { continue };
        let file = call.call.span.file;
        let is_near = before.call.span.file == file && before.block == call.block;
        if is_near
            && before.awaited.end() <= call.awaited.start()
            && !waits_between(analysis.project.module(file), before.call.span.range, call.call.span.range)
        {
            found.push(InTurn { call: call.call, awaited: call.awaited, is_named: true });
        }
    }
    found
}

fn named<'a>(analysis: &Analysis<'_, '_>, call: &'a SdkCall) -> Option<Named<'a>> {
    let module = analysis.project.module(call.span.file);
    let Use::Bound(_) = module.uses().use_of(call.expr) else { return None };
    let [Fate::Awaited(awaited)] = fates_of(module, call.expr)[..] else { return None };
    let awaited = module.span(awaited);
    Some(Named { call, block: module.block_of_call(call.expr)?, awaited })
}

/// Whether something is awaited from one place to another.
fn waits_between(module: &Module, first: TextRange, second: TextRange) -> bool {
    module.expression_ids().any(|expr| {
        let is_between = |range: TextRange| range.start() >= first.end() && range.end() <= second.start();
        matches!(module[expr], Expr::Await(_)) && is_between(module.span(expr))
    })
}
