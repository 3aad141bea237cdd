//! Task groups of workflow code out of which the failure of a command comes.
//!
//! Knows: `async with asyncio.TaskGroup()`, what is started and awaited in it, which entry point an `ExceptionGroup` leaves.
//! Does not know: which of it is a finding.
//!
//! A group wraps what its tasks raise. An `ExceptionGroup` is no failure of the workflow, whatever is in it
//! (temporalio/worker/_workflow_instance.py, `_is_workflow_failure_exception`).

use super::code::{Graph, each_within};
use super::escapes::{EXCEPTION_GROUP, Finder, Raiser};
use super::failures::{Raising, Source};
use super::raised::Raised;
use crate::python::{Edge, EventKind, NodeId, Value};
use crate::semantic::{ArgumentKind, Expr, ExprId, Module, Name, Stmt, StmtId, Suite};
use crate::source::{Span, TextRange};
use crate::temporal::analysis::{Analysis, ReachedCode};

/// What starts a task in a group.
pub(super) const START_IN_GROUP: &str = "asyncio.TaskGroup.create_task";

/// The class of task groups.
pub(super) const GROUP: &str = "asyncio.TaskGroup";

/// A task group that can end a workflow's task.
#[derive(Debug, Clone)]
pub struct FailingGroup {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// The manager: `asyncio.TaskGroup()`.
    pub range: TextRange,
    /// How the first command in it is called.
    pub call: String,
    /// Where that stands.
    pub source: Span,
    /// A hop of the way out is one of several.
    pub doubtful: bool,
    /// Only a wrong annotation leads here.
    pub unlikely: bool,
}

/// The task groups of reached workflow code out of which the failure of a command comes, and leaves an entry point.
#[must_use]
pub fn failing_groups<'p>(
    analysis: &Analysis<'_, 'p>,
    reached: &ReachedCode<'p>,
    is_closed: &dyn Fn(&Edge) -> bool,
) -> Vec<FailingGroup> {
    let graph = Graph::new(&reached.reach);
    let mut finder = Finder::new(analysis, reached, &graph, is_closed);
    finder.handled = finder.handling_interceptors();
    let evaluator = reached.reach.evaluator();
    let raising = Raising::new(evaluator);
    let group = Raised {
        class: evaluator.store().id(Value::Outside(Name::new(EXCEPTION_GROUP))),
        shown: String::new(),
        raiser: Raiser::Raise,
        doubtful: false,
    };
    let mut found: Vec<FailingGroup> = Vec::new();
    for (node, code) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &code.events {
            let EventKind::With(statement) = event.kind else { continue };
            let module = graph.module(node);
            let Some(manager) = group_of(&graph, node, statement) else { continue };
            let Stmt::With(with) = module[statement] else { continue };
            let Some(source) = escaping_command(&graph, &raising, node, module[with].body) else { continue };
            let range = module.span(manager);
            let Some(escape) = finder.escape(node, range, module.block_of(statement), &group) else { continue };
            found.push(FailingGroup {
                node,
                range,
                call: source.name.last_part().to_owned(),
                source: source.span,
                doubtful: escape.doubtful,
                unlikely: escape.unlikely || event.unlikely,
            });
        }
    }
    found
}

/// The manager of a `with` statement that is a task group.
pub(super) fn group_of(graph: &Graph<'_, '_>, node: NodeId, statement: StmtId) -> Option<ExprId> {
    let module = graph.module(node);
    let Stmt::With(with) = module[statement] else { return None };
    let managers = module.list(module[with].items).iter().map(|item| item.manager);
    managers.into_iter().find(|manager| is_group(graph, node, *manager))
}

pub(super) fn is_group(graph: &Graph<'_, '_>, node: NodeId, manager: ExprId) -> bool {
    let Expr::Call { callee, .. } = graph.module(node)[manager] else { return false };
    graph.outside_names(callee, node).iter().any(|name| *name == GROUP)
}

/// A command of the workflow whose failure comes out of what a group's body starts or awaits.
fn escaping_command(graph: &Graph<'_, '_>, raising: &Raising<'_, '_>, node: NodeId, body: Suite) -> Option<Source> {
    let place = graph.place(node);
    let mut all = raising.of_suite(body, place).sources;
    for started in started_in(graph, node, body) {
        all.extend(raising.of_awaited(started, place).sources);
    }
    all.into_iter().find(|source| source.escapes && source.group.of.is_command())
}

/// The coroutines that a suite starts in a task group.
fn started_in(graph: &Graph<'_, '_>, node: NodeId, body: Suite) -> Vec<ExprId> {
    let module: &Module = graph.module(node);
    let mut found = Vec::new();
    super::code::each_statement(module, body, &mut |statement| {
        module.each_expression(statement, &mut |expr| {
            each_within(module, expr, &mut |part| {
                let Expr::Call { callee, arguments } = module[part] else { return };
                let coroutine = module.list(arguments).iter().find(|given| match given.kind {
                    ArgumentKind::Positional => true,
                    ArgumentKind::Keyword(name) => name == "coro",
                    _ => false,
                });
                if let Some(coroutine) = coroutine
                    && graph.outside_names(callee, node).iter().any(|name| *name == START_IN_GROUP)
                {
                    found.push(coroutine.value);
                }
            });
        });
    });
    found
}
