//! Child workflows that end with their parent, or never begin.
//!
//! Knows: children that are started and whose handle nobody awaits, though it may be shown, counted and listed; children that a task starts which nobody awaits, or which
//! is cancelled; their `parent_close_policy`. Does not know: how long a workflow runs after that; where it waits for a condition, or
//! continues as new after some other wait, its children may tell it that they are done.

use super::analysis::{Analysis, Context};
use super::code::statements_after;
use super::collected::{appended_to, bound_to, is_call_of};
use super::constants::{Constant, constant, constant_value};
use super::exceptions::failure_class;
use super::fates::{Fate, fates_of, fates_of_binding};
use super::sdk_calls::{SdkCall, WAIT_CONDITION};
use crate::python::{ClassRef, Code, FunctionRef, Node, NodeId, Place, Values};
use crate::semantic::{BindingId, Body, Expr, ExprId, Module, Name, Stmt, StmtId, Suite, Use};
use crate::source::{FileId, Span, TextRange, last_part};

/// A child that is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostChild {
    /// The call that starts it, that of the task around included.
    pub span: Span,
    /// How the call of the SDK is called.
    pub call: &'static str,
    /// What becomes of it.
    pub fate: ChildFate,
    /// Where its start is cancelled.
    pub place: Option<Span>,
}

/// What becomes of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildFate {
    /// It is terminated when its parent ends.
    Terminated,
    /// Nobody awaits the task that starts it: it may never begin.
    NeverBegins,
    /// What is cancelled is its start.
    RunsOn,
}

const STARTS: &str = "temporalio.workflow.start_child_workflow";
const POLICY: &str = "parent_close_policy";
const CONTINUES: &str = "temporalio.workflow.continue_as_new";
const EXECUTES: &str = "temporalio.workflow.execute_child_workflow";

/// The children that workflow code loses.
#[must_use]
pub fn lost_children(analysis: &Analysis<'_, '_>) -> Vec<LostChild> {
    let calls = analysis.sdk_calls().iter().filter(|call| {
        let is_start = call.callee == STARTS || call.callee == EXECUTES;
        is_start && !call.is_doubtful && analysis.sides_of(call.function).workflow
    });
    calls.filter_map(|call| lost(analysis, call)).collect()
}

fn lost(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<LostChild> {
    let module = analysis.project.module(call.span.file);
    let made = |at: ExprId, fate, place: Option<ExprId>| LostChild {
        span: Span { file: call.span.file, range: module.span(at) },
        call: call.short_name(),
        fate,
        place: place.map(|place| Span { file: call.span.file, range: module.span(place) }),
    };
    match module.uses().use_of(call.expr) {
        Use::Awaited(awaited) if call.callee == STARTS => {
            let is_lost = (call.lacks(POLICY) || is_left_to_terminate(analysis, call))
                && Handles { analysis, module, file: call.span.file }.is_only_looked_at(awaited)
                && (ends_soon(analysis, call) || continues_at_once(analysis, module, call));
            is_lost.then(|| made(call.expr, ChildFate::Terminated, None))
        }
        Use::Argument { call: task, .. } if is_task(analysis, call, module, task) => {
            let fates = fates_of(module, task);
            if call.callee == STARTS
                && let Some(cancelled) = fates.iter().find_map(|fate| cancels(module, *fate))
            {
                let is_awaited = fates.iter().any(|fate| matches!(fate, Fate::Awaited(_) | Fate::Argument(_)));
                return (!is_awaited).then(|| made(task, ChildFate::RunsOn, Some(cancelled)));
            }
            let is_lost = fates.iter().all(|fate| matches!(fate, Fate::Dropped | Fate::NeverRead));
            let outlives = !call.lacks(POLICY) && awaits_after(module, call, task);
            (is_lost && !outlives).then(|| made(task, ChildFate::NeverBegins, None))
        }
        _ => None,
    }
}

/// Whether the policy of a child comes from an attribute that ends it with its parent for every object that is made: the default
/// of a field that nobody gives. Who writes that policy in the call means it.
fn is_left_to_terminate(analysis: &Analysis<'_, '_>, call: &SdkCall) -> bool {
    let module = analysis.project.module(call.span.file);
    let Some(policy) = call.argument(POLICY).and_then(|given| given.expr) else { return false };
    let Expr::Attribute { value, .. } = module[policy] else { return false };
    let own = Place { file: call.span.file, frame: None };
    if !matches!(module[value], Expr::Name { .. }) || constant(analysis.evaluator, policy, own).is_some() {
        return false;
    }
    let mut found = Vec::new();
    for reached in analysis.context(Context::Workflow) {
        let (reach, evaluator) = (&reached.reach, reached.reach.evaluator());
        let here = |(id, node): (NodeId, &Node)| {
            let is_here = matches!(node.code, Code::Function(function) if Some(function) == call.function);
            is_here.then(|| evaluator.value(policy, reach.place(id)))
        };
        let terminates = |values: Values| {
            let constant = values.only().and_then(|value| constant_value(evaluator, value));
            matches!(constant, Some(Constant::Member(_, member)) if member == "TERMINATE")
        };
        found.extend(reach.nodes().filter_map(here).map(terminates));
    }
    !found.is_empty() && found.into_iter().all(|terminates| terminates)
}

/// What is done with handles in a file.
struct Handles<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    module: &'p Module,
    file: FileId,
}

impl Handles<'_, '_, '_> {
    /// Whether nothing waits for a child by what becomes of its handle: it is dropped, shown, or kept in a list that is.
    fn is_only_looked_at(&self, handle: ExprId) -> bool {
        if let Use::ElementOf(comprehension) = self.module.uses().use_of(handle) {
            return bound_to(self.module, comprehension).is_some_and(|list| self.is_list_idle(list));
        }
        fates_of(self.module, handle).into_iter().all(|fate| self.is_idle(fate))
    }

    fn is_idle(&self, fate: Fate) -> bool {
        let module = self.module;
        match fate {
            Fate::Argument(given) => {
                let Use::Argument { call, .. } = module.uses().use_of(given) else { return false };
                self.logs(call) || appended_to(module, call).is_some_and(|list| self.is_list_idle(list))
            }
            Fate::Listed(list) => bound_to(module, list).is_some_and(|list| self.is_list_idle(list)),
            fate => is_looked_at(module, fate),
        }
    }

    /// Whether a list of handles is only filled, counted, shown, or gone through by what does no more with each.
    fn is_list_idle(&self, list: BindingId) -> bool {
        let module = self.module;
        module.reads_of(list).all(|read| match module.uses().use_of(read) {
            Use::AttributeOf(_, name) => name == "append",
            Use::Formatted(_) | Use::IfTest(_) | Use::Discarded(_) => true,
            Use::Argument { call, .. } => is_call_of(module, call, "len") || self.logs(call),
            Use::LoopedOver(looped) => module[looped].target.is_some_and(|target| self.is_item_idle(target)),
            Use::ComprehendedOver(around) => match module[around] {
                Expr::Comprehension(comprehension) => {
                    let clauses = module.list(module[comprehension].clauses);
                    clauses.iter().all(|clause| clause.iterable != read || self.is_item_idle(clause.target))
                }
                _ => false,
            },
            _ => false,
        })
    }

    fn is_item_idle(&self, target: ExprId) -> bool {
        let Expr::Target(binding) = self.module[target] else { return false };
        fates_of_binding(self.module, binding).into_iter().all(|fate| match fate {
            Fate::Argument(given) => {
                matches!(self.module.uses().use_of(given), Use::Argument { call, .. } if self.logs(call))
            }
            fate => is_looked_at(self.module, fate),
        })
    }

    /// Whether a call writes to a log: `workflow.logger.info(…)`.
    fn logs(&self, call: ExprId) -> bool {
        let Expr::Call { callee, .. } = self.module[call] else { return false };
        let values = self.analysis.evaluator.value(callee, Place { file: self.file, frame: None });
        let name = values.single().and_then(|callee| self.analysis.evaluator.outside_name(callee));
        let Some((of, method)) = name.and_then(|name| name.as_str().rsplit_once('.')) else { return false };
        matches!(last_part(of), "logger" | "Logger" | "LoggerAdapter")
            && matches!(method, "debug" | "info" | "warning" | "error" | "exception" | "critical" | "log")
    }
}

fn is_looked_at(module: &Module, fate: Fate) -> bool {
    match fate {
        Fate::Dropped | Fate::NeverRead | Fate::Nothing | Fate::Shown(_) => true,
        Fate::Attribute(read) => {
            matches!(module[read], Expr::Attribute { name, .. } if matches!(name.as_str(), "id" | "first_execution_run_id"))
        }
        _ => false,
    }
}

fn cancels(module: &Module, fate: Fate) -> Option<ExprId> {
    let Fate::Attribute(read) = fate else { return None };
    matches!(module[read], Expr::Attribute { name, .. } if name == "cancel").then_some(read)
}

fn is_task(analysis: &Analysis<'_, '_>, call: &SdkCall, module: &Module, task: ExprId) -> bool {
    let Expr::Call { callee, .. } = module[task] else { return false };
    let values = analysis.evaluator.value(callee, Place { file: call.span.file, frame: None });
    let name = values.single().and_then(|callee| analysis.evaluator.outside_name(callee));
    name.is_some_and(|name| matches!(name.as_str(), "asyncio.create_task" | "asyncio.ensure_future"))
}

/// Whether the function that starts a child waits for something after it.
fn awaits_after(module: &Module, call: &SdkCall, task: ExprId) -> bool {
    let Some(function) = call.function else { return true };
    let range = module[function.function].range;
    let end = module.span(task).end();
    module.expression_ids().any(|expr| {
        matches!(module[expr], Expr::Await(_))
            && range.contains_range(module.span(expr))
            && module.span(expr).start() > end
    })
}

/// Whether the workflow around a call ends by itself: it comes to an end, continues as nothing new, and waits for no
/// condition.
fn ends_soon(analysis: &Analysis<'_, '_>, call: &SdkCall) -> bool {
    let Some(function) = call.function else { return false };
    let runs = runs_around(analysis, function);
    let class_of = |function: FunctionRef| {
        let class = analysis.project.module(function.file)[function.function].class?;
        Some(ClassRef { file: function.file, class })
    };
    let waits = |name: Name| name == CONTINUES || name == WAIT_CONDITION;
    let waiting = analysis.sdk_calls().iter().filter(|other| waits(other.callee)).filter_map(|other| other.function);
    let is_beside = |run: FunctionRef, other: FunctionRef| {
        let class = class_of(other);
        [run, function].into_iter().any(|one| one == other || class.is_some() && class_of(one) == class)
    };
    runs.into_iter().any(|run| !waiting.clone().any(|other| is_beside(run, other)) && comes_to_an_end(analysis, run))
}

/// The run methods of the workflows that reach a function; itself where none is known to.
fn runs_around(analysis: &Analysis<'_, '_>, function: FunctionRef) -> Vec<FunctionRef> {
    let mut runs: Vec<FunctionRef> = Vec::new();
    for reached in analysis.context(Context::Workflow) {
        let here = reached.reach.nodes().filter(|(_, node)| node.code == Code::Function(function));
        let entries = here.flat_map(|(id, _)| reached.entries_of(id));
        runs.extend(entries.filter_map(|entry| analysis.run_of(entry.workflow?)));
    }
    runs.sort_unstable();
    runs.dedup();
    if runs.is_empty() { vec![function] } else { runs }
}

/// Whether the function that starts a child goes on to continue as new, and awaits nothing in between: the child cannot have
/// ended by then.
fn continues_at_once(analysis: &Analysis<'_, '_>, module: &Module, call: &SdkCall) -> bool {
    let Some(statement) = module.uses().statement_of(call.expr) else { return false };
    let Some(Body::Statements(body)) = call.function.map(|function| module[function.function].body) else {
        return false;
    };
    let after: Vec<TextRange> =
        statements_after(module, body, statement).iter().map(|statement| module.statement_span(*statement)).collect();
    let start = module.span(call.expr).end();
    let awaits_before = |end| {
        module.expression_ids().any(|expr| {
            let at = module.span(expr).start();
            matches!(module[expr], Expr::Await(_)) && at > start && at < end
        })
    };
    let continues =
        analysis.sdk_calls().iter().filter(|other| other.callee == CONTINUES && other.function == call.function);
    continues
        .map(|other| other.span.range)
        .any(|range| after.iter().any(|statement| statement.contains_range(range)) && !awaits_before(range.start()))
}

fn comes_to_an_end(analysis: &Analysis<'_, '_>, function: FunctionRef) -> bool {
    let module = analysis.project.module(function.file);
    let definition = &module[function.function];
    let place = Place { file: function.file, frame: None };
    !definition.returns.is_empty()
        || analysis.evaluator.may_run(module[definition.scope].exit, place)
        || fails_for_good(analysis, module, function)
}

/// Whether the last thing that a function does, on one of its ways, is to raise an error that fails a workflow.
fn fails_for_good(analysis: &Analysis<'_, '_>, module: &Module, function: FunctionRef) -> bool {
    let Body::Statements(body) = module[function.function].body else { return false };
    let place = Place { file: function.file, frame: None };
    let mut fails = false;
    each_last(module, body, &mut |last| {
        let Stmt::Raise { exception: Some(exception), .. } = module[last] else { return };
        let block = module.block_of(last);
        fails |= !module.may_be_handled(block)
            && analysis.evaluator.may_run(block, place)
            && is_failure(analysis, exception, place);
    });
    fails
}

/// Looks at the statements that a suite may end with, those in branches too; what a loop repeats is no end.
fn each_last(module: &Module, suite: Suite, look: &mut dyn FnMut(StmtId)) {
    let Some(last) = module.list(suite).last() else { return };
    look(*last);
    if !matches!(module[*last], Stmt::While(_) | Stmt::For(_)) {
        module.each_suite(*last, &mut |inner| each_last(module, inner, look));
    }
}

/// Whether what is raised is an error of the SDK that fails a workflow, or one of a class that derives from such.
fn is_failure(analysis: &Analysis<'_, '_>, exception: ExprId, place: Place) -> bool {
    let raised = analysis.evaluator.value(exception, place).known;
    !raised.is_empty() && raised.iter().all(|raised| failure_class(analysis.evaluator, *raised).is_some())
}
