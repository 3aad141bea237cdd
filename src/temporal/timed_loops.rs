//! Waits whose timeout is to wake a loop for its next turn, and which leave the loop instead.
//!
//! Knows: `while` loops of entry points that wait, with a timeout, for what ends them (`while not self.closed:` with
//! `wait_condition(lambda: self.closed or self.events, timeout=…)`) or for what is asked again right behind, and which handlers
//! stand around. Does not know: loops in functions that others call, since these may take the timeout; nor what a turn is for.
//!
//! `wait_condition` raises `asyncio.TimeoutError` where the time runs out (temporalio/worker/_workflow_instance.py).

use super::analysis::Analysis;
use super::code::each_statement;
use super::exceptions::Kinds;
use super::sdk_calls::SdkCall;
use super::settled::{are_opposite, is_asked_again, parts, waited};
use crate::python::{Code, Place, Value};
use crate::semantic::{BoolOp, ExprId, LoopId, Module, RegionKind, Stmt, StmtId, Suite};

/// What `wait_condition` raises where its time runs out.
const TIMED_OUT: &str = "asyncio.TimeoutError";
/// The same class, by the name that it has in Python 3.11.
const TIMED_OUT_IN_BUILTINS: &str = "builtins.TimeoutError";

/// The test of the loop that a wait leaves where its time runs out, although the wait stands there to wake the loop.
pub(super) fn left_loop(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<ExprId> {
    let function = call.function.filter(|function| is_entered(analysis, Code::Function(*function)))?;
    let timeout = call.argument("timeout")?;
    let is_none = |value: &Value| matches!(value, Value::None);
    if timeout.values.known.iter().any(|value| is_none(analysis.evaluator.get(*value))) {
        return None;
    }
    let module = analysis.project.module(function.file);
    let waited = waited(module, call)?;
    let around = innermost_loop(module, waited.body, waited.statement)?;
    let Stmt::While(looped) = module[around] else { return None };
    let test = module[looped].head;
    let ends = parts(module, test, true, BoolOp::And).into_iter().any(|goes_on| {
        parts(module, waited.condition, true, BoolOp::Or).into_iter().any(|woken| are_opposite(module, goes_on, woken))
    });
    // Who asks behind the wait whether the condition holds takes the timeout for a return.
    let ends = ends || is_asked_again(module, &waited);
    let place = Place { file: function.file, frame: None };
    (ends && leaves(analysis, module, waited.statement, place)).then_some(test)
}

fn is_entered(analysis: &Analysis<'_, '_>, code: Code) -> bool {
    analysis.definitions.entry_points.iter().any(|entry| entry.root.code == code)
}

fn innermost_loop(module: &Module, suite: Suite, statement: StmtId) -> Option<StmtId> {
    let body = |looped: LoopId| module[looped].body;
    let mut found = None;
    // An inner loop is looked at after those around it.
    each_statement(module, suite, &mut |id| {
        let (Stmt::While(looped) | Stmt::For(looped)) = module[id] else { return };
        let mut holds = false;
        each_statement(module, body(looped), &mut |inner| holds |= inner == statement);
        if holds {
            found = Some(id);
        }
    });
    found
}

/// Whether the timeout of a wait leaves its loop, and nothing around that names it: no handler in the loop may take it.
fn leaves(analysis: &Analysis<'_, '_>, module: &Module, statement: StmtId, place: Place) -> bool {
    let mut is_out = false;
    for (_, region) in module.regions_around(module.block_of(statement)) {
        match region.kind {
            RegionKind::Loop => is_out = true,
            RegionKind::With(_) if !is_out => return false,
            RegionKind::Try(tried) => {
                let mut handlers = Kinds::of_try(analysis.evaluator, module, tried, place);
                let may_take = |kinds: &Kinds| kinds.take_outside(analysis.evaluator, TIMED_OUT) != Some(false);
                if handlers.any(|kinds| names_timeout(analysis, &kinds) || may_take(&kinds) && (!is_out || kinds.open))
                {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

/// Whether a handler around a statement names what is raised where the time of a wait runs out.
pub(super) fn is_timeout_named_around(analysis: &Analysis<'_, '_>, statement: StmtId, place: Place) -> bool {
    let module = analysis.project.module(place.file);
    module.regions_around(module.block_of(statement)).any(|(_, region)| match region.kind {
        RegionKind::Try(tried) => {
            Kinds::of_try(analysis.evaluator, module, tried, place).any(|kinds| names_timeout(analysis, &kinds))
        }
        _ => false,
    })
}

fn names_timeout(analysis: &Analysis<'_, '_>, kinds: &Kinds) -> bool {
    [TIMED_OUT, TIMED_OUT_IN_BUILTINS].into_iter().any(|class| kinds.names(analysis.evaluator, class))
}
