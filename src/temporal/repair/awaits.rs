//! `await` and `async` where they are missing, and where they do not belong.

use super::draft::Draft;
use crate::diagnostic::Fix;
use crate::python::FunctionRef;
use crate::semantic::{ExprId, LoopId, Module, Stmt, StmtId, Use};
use crate::source::{Span, TextRange};
use crate::temporal::analysis::Analysis;
use crate::temporal::sdk_calls::SdkCall;

/// A coroutine awaited where it stands; `in_part` says that an attribute or item of what it gives is read there.
#[must_use]
pub fn awaited(analysis: &Analysis<'_, '_>, place: Span, in_part: bool) -> Option<Fix> {
    let module = analysis.project.module(place.file);
    let expr = module.call_at(place.range).or_else(|| module.expression_at(place.range))?;
    let function = async_function_of(module, place, expr)?;
    let mut draft = Draft::new(analysis.project, place.file);
    match in_part {
        true => draft.enclose(place.range, "(await ", ")"),
        false => draft.insert(place.range.start(), "await "),
    }
    if analysis.sides_of(Some(function)).workflow {
        draft.caution("what it does was never done: histories from before may not replay");
    }
    draft.finish("await it")
}

/// A call without the `await` that stands around it.
#[must_use]
pub fn not_awaited(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<Fix> {
    let module = analysis.project.module(call.span.file);
    let Use::Awaited(awaited) = module.uses().use_of(call.expr) else { return None };
    let mut draft = Draft::new(analysis.project, call.span.file);
    draft.remove(TextRange::new(module.span(awaited).start(), call.span.range.start()));
    draft.finish("take the `await` away")
}

/// `async with` or `async for` around a call.
#[must_use]
pub fn entered_async(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<Fix> {
    let module = analysis.project.module(call.span.file);
    async_function_of(module, call.span, call.expr)?;
    let statement = match module.uses().use_of(call.expr) {
        Use::LoopedOver(looped) => statement_of_loop(module, looped)?,
        Use::Managed(with) => module[with].statement,
        _ => return None,
    };
    let mut draft = Draft::new(analysis.project, call.span.file);
    draft.insert(module.statement_span(statement).start(), "async ");
    draft.finish("put `async` in front of it")
}

fn statement_of_loop(module: &Module, looped: LoopId) -> Option<StmtId> {
    module.statement_ids().find(|id| matches!(module[*id], Stmt::For(found) if found == looped))
}

/// The `async def` whose own code holds an expression.
fn async_function_of(module: &Module, place: Span, expr: ExprId) -> Option<FunctionRef> {
    let block = module.block_of_call(expr)?;
    let function = module[block].function.filter(|function| module[*function].is_async)?;
    (module[block].scope == module[function].scope).then_some(FunctionRef { file: place.file, function })
}
