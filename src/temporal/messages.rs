//! Signals, queries and updates that are sent to workflows of the project, and whether these have a handler for them.
//!
//! Knows: which workflow a handle stands for where the call that makes it says so, and the names under which each workflow
//! takes messages. Does not know: workflows of other programs; where a handle may stand for one, only a name that is nearly
//! that of a handler here is spoken of.

use rustc_hash::FxHashSet;

use super::analysis::Analysis;
use super::constants::Constant;
use super::definitions::{Located, Role};
use super::making::made_by;
use super::routing::{alike, surely_alike, workflow_of};
use super::sdk_calls::{Presence, SdkArgument, SdkCall};
use super::signatures::WireName;
use super::targets::Target;
use crate::python::{Ancestor, FunctionRef, Value};
use crate::semantic::{Expr, Name};
use crate::source::Span;

/// A message for which the workflow that it is sent to has no handler.
#[derive(Debug, Clone)]
pub struct Unhandled {
    /// The message's name or handler, where it is sent.
    pub span: Span,
    /// What is sent.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// The workflow that it is sent to, where that is known.
    pub workflow: Option<String>,
    /// The class of the handler that is referred to, where it is that of another workflow.
    pub other: Option<String>,
    /// The name that may be meant.
    pub alike: Option<String>,
}

/// The messages for which there is no handler.
#[must_use]
pub fn unhandled(analysis: &Analysis<'_, '_>) -> Vec<Unhandled> {
    if analysis.definitions.workflows.is_empty() {
        return Vec::new();
    }
    let later = Later::of(analysis);
    let calls = analysis.sdk_calls().iter().filter(|call| !call.is_doubtful);
    calls.filter_map(|call| sent(analysis, call)).filter_map(|sent| sent.unhandled(analysis, &later)).collect()
}

/// A message that a call sends.
struct Sent<'a> {
    call: &'a SdkCall,
    argument: &'a SdkArgument,
    role: Role,
    /// The workflow, by position.
    workflow: Option<usize>,
}

fn sent<'a>(analysis: &'a Analysis<'_, '_>, call: &'a SdkCall) -> Option<Sent<'a>> {
    let (role, parameter) = match call.callee.as_str() {
        "temporalio.client.WorkflowHandle.signal"
        | "temporalio.workflow.ChildWorkflowHandle.signal"
        | "temporalio.workflow.ExternalWorkflowHandle.signal" => (Role::Signal, "signal"),
        "temporalio.client.WorkflowHandle.query" => (Role::Query, "query"),
        "temporalio.client.WorkflowHandle.execute_update" | "temporalio.client.WorkflowHandle.start_update" => {
            (Role::Update, "update")
        }
        "temporalio.client.Client.start_workflow" | "temporalio.client.Client.execute_workflow" => {
            let argument = call.argument("start_signal")?;
            return Some(Sent { call, argument, role: Role::Signal, workflow: workflow_of(analysis, call) });
        }
        _ => return None,
    };
    let argument = call.argument(parameter)?;
    Some(Sent { call, argument, role, workflow: handled_by(analysis, call) })
}

/// The workflow that the handle of a call stands for.
pub(super) fn handled_by(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<usize> {
    let module = analysis.project.module(call.span.file);
    let Expr::Call { callee, .. } = module[call.expr] else { return None };
    let Expr::Attribute { value, .. } = module[callee] else { return None };
    let maker = made_by(analysis.evaluator, Located { expr: value, file: call.span.file })?;
    workflow_of(analysis, analysis.sdk_call_at(maker)?)
}

impl Sent<'_> {
    /// What is sent, or the first of several things that may be, where there is no handler for it.
    fn unhandled(&self, analysis: &Analysis<'_, '_>, later: &Later) -> Option<Unhandled> {
        match analysis.target_of(self.call, self.argument) {
            Some(target) => self.unhandled_target(analysis, later, target),
            None => {
                let mut targets = analysis.targets_of(self.call, self.argument).into_iter();
                targets.find_map(|target| self.unhandled_target(analysis, later, target))
            }
        }
    }

    fn unhandled_target(&self, analysis: &Analysis<'_, '_>, later: &Later, target: Target) -> Option<Unhandled> {
        let span = Span { file: self.call.span.file, range: self.argument.range };
        match (target, self.workflow) {
            (Target::Name(name), Some(workflow)) => self.unknown_name(analysis, later, span, name, workflow),
            (Target::Name(name), None) => self.unknown_anywhere(analysis, later, span, name),
            (Target::Handler { role, function, workflow: Some(other) }, Some(workflow)) if role == self.role => {
                let has_it = |index: &usize| {
                    analysis
                        .definitions
                        .entry_points
                        .iter()
                        .any(|entry| entry.workflow == Some(*index) && entry.runs(function))
                };
                if has_it(&workflow) || self.takes_its_name(analysis, later, function, workflow) {
                    return None;
                }
                Some(Unhandled {
                    span,
                    role,
                    name: function_name(analysis, function),
                    workflow: workflow_name(analysis, workflow),
                    other: workflow_name(analysis, other),
                    alike: None,
                })
            }
            _ => None,
        }
    }

    fn unknown_name(
        &self,
        analysis: &Analysis<'_, '_>,
        later: &Later,
        span: Span,
        name: Name,
        workflow: usize,
    ) -> Option<Unhandled> {
        let handlers = Handlers::of(analysis, later, workflow, self.role);
        if handlers.take(name) {
            return None;
        }
        let alike = alike(name, handlers.names.into_iter().collect());
        let workflow = workflow_name(analysis, workflow);
        Some(Unhandled { span, role: self.role, name: name.to_string(), workflow, other: None, alike })
    }

    /// A name that no workflow here has a handler for, and that is nearly one that some have.
    fn unknown_anywhere(
        &self,
        analysis: &Analysis<'_, '_>,
        later: &Later,
        span: Span,
        name: Name,
    ) -> Option<Unhandled> {
        let mut names = FxHashSet::default();
        for workflow in 0..analysis.definitions.workflows.len() {
            let handlers = Handlers::of(analysis, later, workflow, self.role);
            if handlers.take(name) {
                return None;
            }
            names.extend(handlers.names);
        }
        let alike = Some(surely_alike(name, names.into_iter().collect())?);
        Some(Unhandled { span, role: self.role, name: name.to_string(), workflow: None, other: None, alike })
    }

    /// Whether a workflow takes a message of the name of another one's handler.
    fn takes_its_name(
        &self,
        analysis: &Analysis<'_, '_>,
        later: &Later,
        function: FunctionRef,
        workflow: usize,
    ) -> bool {
        let entries = analysis.definitions.entry_points.iter();
        let wire = entries.filter(|entry| entry.runs(function)).map(|entry| analysis.wire_of_handler(entry)).next();
        match wire {
            Some(WireName::Known(name)) => Handlers::of(analysis, later, workflow, self.role).take(name),
            _ => true,
        }
    }
}

/// The names under which a workflow takes messages of a kind.
struct Handlers {
    names: FxHashSet<Name>,
    is_open: bool,
}

impl Handlers {
    fn of(analysis: &Analysis<'_, '_>, later: &Later, workflow: usize, role: Role) -> Self {
        let class = analysis.definitions.workflows[workflow].class;
        let order = analysis.evaluator.order_of_value(class);
        let is_unknown = |ancestor: &Ancestor| match ancestor {
            Ancestor::Project(..) => false,
            Ancestor::Outside(name) => !analysis.evaluator.world().is_plain_base(*name),
            _ => true,
        };
        let mut found = Self { names: FxHashSet::default(), is_open: order.iter().any(is_unknown) };
        for entry in analysis.definitions.entry_points.iter().filter(|entry| entry.workflow == Some(workflow)) {
            match analysis.wire_of_handler(entry) {
                _ if entry.role != role => {}
                WireName::Known(name) => _ = found.names.insert(name),
                _ => found.is_open = true,
            }
        }
        for set in later.set.iter().filter(|set| set.role == role) {
            match set.name {
                Some(name) => _ = found.names.insert(name),
                None => found.is_open = true,
            }
        }
        found
    }

    fn take(&self, name: Name) -> bool {
        self.is_open || self.names.contains(&name) || name.as_str().starts_with("__")
    }
}

/// Handlers that workflow code sets while it runs.
struct Later {
    set: Vec<SetHandler>,
}

struct SetHandler {
    role: Role,
    /// None for the dynamic one, and where the name is not known.
    name: Option<Name>,
}

impl Later {
    fn of(analysis: &Analysis<'_, '_>) -> Self {
        let set = analysis.sdk_calls().iter().filter_map(|call| {
            let role = match call.short_name() {
                "set_signal_handler" | "set_dynamic_signal_handler" => Role::Signal,
                "set_query_handler" | "set_dynamic_query_handler" => Role::Query,
                "set_update_handler" | "set_dynamic_update_handler" => Role::Update,
                _ => return None,
            };
            let name = match call.given("name") {
                Presence::Argument(argument) => match analysis.constant_of(call, argument) {
                    Some(Constant::Text(name)) => Some(name),
                    _ => None,
                },
                _ => None,
            };
            Some(SetHandler { role, name })
        });
        Self { set: set.collect() }
    }
}

fn workflow_name(analysis: &Analysis<'_, '_>, workflow: usize) -> Option<String> {
    match analysis.evaluator.get(analysis.definitions.workflows[workflow].class) {
        Value::Class(class, _) => Some(analysis.project.module(class.file).qualified_class_name(class.class)),
        _ => None,
    }
}

fn function_name(analysis: &Analysis<'_, '_>, function: FunctionRef) -> String {
    analysis.project.module(function.file).qualified_name(function.function)
}
