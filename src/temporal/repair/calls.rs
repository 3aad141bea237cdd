//! Calls of outside functions that are written in another way.
//!
//! Knows: which call stands at a place, and what code it belongs to. Does not know: what is written instead; that stands
//! in the tables.

use super::super::sdk_calls::WAIT_CONDITION;
use super::draft::Draft;
use super::said::Library;
use crate::diagnostic::Fix;
use crate::python::{Code, Event, FunctionRef, NodeId};
use crate::registry::schema::{Rewrite, When};
use crate::semantic::{Argument, ArgumentKind, BindingKind, BlockId, Expr, ExprId, Module, Use};
use crate::source::{Span, TextRange, TextSize, last_part};
use crate::temporal::analysis::{Analysis, ReachedCode};
use crate::temporal::code::Graph;
use crate::temporal::definitions::Role;
use crate::temporal::effects::{Reached, holds};

/// What is written in a workflow, where nothing else is said.
pub(super) const WORKFLOW: &str = "temporalio.workflow";

/// What has to be read of a file that has not been for workflows alone.
const OTHER_CALLERS: &str = "other callers of this file, outside of workflows, would fail";

/// A call in workflow code, as the tables say that it is to be written.
#[must_use]
pub fn rewritten_in_workflow(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
    event: &Event,
    rewrites: &[Rewrite],
) -> Option<Fix> {
    let rewrite = fitting(reached, node, event, rewrites)?;
    let is_read_only = |role: Role| matches!(role, Role::Query | Role::Validator | Role::DynamicConfig);
    if rewrite.draws && reached.entries_of(node).any(|entry| is_read_only(entry.role)) {
        return None;
    }
    if is_predicate(analysis, reached, node) {
        return None;
    }
    rewritten(analysis, only_in_workflows(analysis, reached, node)?, event, rewrite, true)
}

/// A call in an async activity, as the tables say that it is to be written.
#[must_use]
pub fn rewritten_in_activity(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
    event: &Event,
    rewrites: &[Rewrite],
) -> Option<Fix> {
    let rewrite = fitting(reached, node, event, rewrites)?;
    let function = function_of(reached, node).filter(|function| !analysis.sides_of(Some(*function)).workflow)?;
    rewritten(analysis, function, event, rewrite, false)
}

/// The first way of writing a call whose condition holds.
fn fitting<'r>(reached: &ReachedCode<'_>, node: NodeId, event: &Event, rewrites: &'r [Rewrite]) -> Option<&'r Rewrite> {
    let call = Reached::of(event).filter(|call| !call.is_read() && !call.handed && !call.doubtful)?;
    let is_met = |when: &When| match when {
        When::Named { name, position, symbols } => {
            event.expr.and_then(|expr| argument(reached, node, expr, name, *position)).is_some_and(|given| {
                let names = Graph::new(&reached.reach).outside_names(given, node);
                !names.is_empty() && names.iter().all(|name| symbols.iter().any(|symbol| *name == symbol.as_str()))
            })
        }
        when => holds(when, call),
    };
    rewrites.iter().find(|rewrite| rewrite.when.as_ref().is_none_or(is_met))
}

/// Whether code decides what a `wait_condition` waits for: what the workflow knows of time does not go on while it waits.
fn is_predicate(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>, node: NodeId) -> bool {
    let graph = Graph::new(&reached.reach);
    let waits: Vec<Span> =
        analysis.sdk_calls().iter().filter(|call| call.callee == WAIT_CONDITION).map(|call| call.span).collect();
    graph.ways_into(node).any(|edge| {
        let site = reached.reach.span(edge.from, edge.site);
        waits.iter().any(|wait| wait.file == site.file && wait.range.contains_range(site.range))
    })
}

/// The argument of a call that stands at a position or has a name.
fn argument(reached: &ReachedCode<'_>, node: NodeId, call: ExprId, name: &str, position: usize) -> Option<ExprId> {
    let module = Graph::new(&reached.reach).module(node);
    let Expr::Call { arguments, .. } = module[call] else { return None };
    let given = module.list(arguments);
    let is_it = |(at, argument): &(usize, &Argument)| match argument.kind {
        ArgumentKind::Positional => *at == position,
        ArgumentKind::Keyword(keyword) => keyword == name,
        ArgumentKind::Star | ArgumentKind::DoubleStar => false,
    };
    given.iter().enumerate().find(is_it).map(|(_, argument)| argument.value)
}

/// The function whose code a node is, where workflows alone run it.
pub(super) fn only_in_workflows(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
) -> Option<FunctionRef> {
    function_of(reached, node).filter(|function| is_for_workflows(analysis, *function))
}

/// Whether workflows alone run a function.
pub(super) fn is_for_workflows(analysis: &Analysis<'_, '_>, function: FunctionRef) -> bool {
    !analysis.sides_of(Some(function)).activity && !runs_elsewhere(analysis, function)
}

fn function_of(reached: &ReachedCode<'_>, node: NodeId) -> Option<FunctionRef> {
    match reached.reach.node(node).code {
        Code::Function(function) => Some(function),
        _ => None,
    }
}

/// Whether code that neither a workflow nor an activity runs calls a function too.
fn runs_elsewhere(analysis: &Analysis<'_, '_>, function: FunctionRef) -> bool {
    let elsewhere = analysis.without_context();
    elsewhere.code.reach.nodes().any(|(_, node)| node.code == Code::Function(function))
}

fn rewritten(
    analysis: &Analysis<'_, '_>,
    function: FunctionRef,
    event: &Event,
    rewrite: &Rewrite,
    in_workflow: bool,
) -> Option<Fix> {
    let module = analysis.project.module(function.file);
    let call = event.expr.filter(|expr| module.span(*expr) == event.range)?;
    let Expr::Call { callee, .. } = module[call] else { return None };
    if !is_imported(module, callee) {
        return None;
    }
    let block = module.block_of_call(call)?;
    if rewrite.to_thread {
        return in_thread(analysis, function, call, block);
    }
    if rewrite.awaits && !(is_own(module, function, block) && stands_alone(module, call)) {
        return None;
    }
    let name = Reached::of(event)?.name;
    let mut draft = Draft::new(analysis.project, function.file);
    let library = Library { module: rewrite.module.as_deref().unwrap_or(WORKFLOW), member: None };
    let (said, is_new) = draft.say(library, block)?;
    if is_new && in_workflow && library.module == WORKFLOW {
        draft.caution(OTHER_CALLERS);
    }
    if let Some(caution) = &rewrite.caution {
        draft.caution(caution);
    }
    let (range, below, arguments) = match (&rewrite.callee, &rewrite.call) {
        (Some(callee_text), _) => (module.span(callee), callee_text, "(…)"),
        (None, Some(call_text)) => (event.range, call_text, ""),
        (None, None) => return None,
    };
    let below = below.replace("{name}", last_part(name.as_str()));
    let awaits = if rewrite.awaits { "await " } else { "" };
    draft.replace(range, format!("{awaits}{said}.{below}"));
    draft.finish(format!("write `{awaits}{said}.{below}{arguments}`"))
}

/// Whether a callee is a name that was imported, or an attribute of one: it means the same for all who come here.
fn is_imported(module: &Module, callee: ExprId) -> bool {
    match module[callee] {
        Expr::Attribute { value, .. } => is_imported(module, value),
        Expr::Name { name, block, .. } => module.variable_read(name, block).is_some_and(|variable| {
            let is_import =
                |binding: BindingKind| matches!(binding, BindingKind::Import { .. } | BindingKind::ImportFrom { .. });
            module[variable].bindings.iter().all(|binding| is_import(module[*binding].kind))
        }),
        _ => false,
    }
}

/// Whether a block is an `async def`'s own, so that it may await.
fn is_own(module: &Module, function: FunctionRef, block: BlockId) -> bool {
    let own = &module[function.function];
    own.is_async && module[block].scope == own.scope
}

fn stands_alone(module: &Module, call: ExprId) -> bool {
    matches!(module.uses().use_of(call), Use::Discarded(_))
}

/// The call made by a thread: `await asyncio.to_thread(function, …)`.
fn in_thread(analysis: &Analysis<'_, '_>, function: FunctionRef, call: ExprId, block: BlockId) -> Option<Fix> {
    let module = analysis.project.module(function.file);
    let Expr::Call { callee, arguments } = module[call] else { return None };
    let text = analysis.project.source(function.file).text_once();
    let (callee, range) = (module.span(callee), module.span(call));
    let opens = text.get(callee.end().to_usize()..)?.starts_with('(');
    let used = module.uses().use_of(call);
    // What is entered, or gone through, goes on blocking in the thread that does so.
    let is_lazy = matches!(used, Use::Managed(..) | Use::LoopedOver(_) | Use::ComprehendedOver(_));
    let is_plain = module.list(arguments).iter().all(|given| !matches!(module[given.value], Expr::Await(_)));
    if !opens || is_lazy || !is_plain || !is_own(module, function, block) {
        return None;
    }
    let mut draft = Draft::new(analysis.project, function.file);
    let (asyncio, _) = draft.say(Library { module: "asyncio", member: None }, block)?;
    let needs_parentheses = matches!(used, Use::AttributeOf(..) | Use::ItemOf(_) | Use::Called(_));
    let (before, after) = if needs_parentheses { ("(", ")") } else { ("", "") };
    draft.insert(range.start(), format!("{before}await {asyncio}.to_thread("));
    let separator = if arguments.is_empty() { "" } else { ", " };
    draft.replace(TextRange::at(callee.end(), TextSize::new(1)), separator);
    draft.insert(range.end(), after);
    draft.caution("it runs in another thread, while the event loop goes on");
    draft.finish(format!("run it in a thread: `await {asyncio}.to_thread(…)`"))
}
