//! What the calls of the SDK lead to, each from all on whose behalf it runs.
//!
//! Knows: which call does what. Does not know: what its arguments refer to ([`targets`](super::targets)).

use rustc_hash::FxHashMap;

use super::super::analysis::{Context, ReachedCode};
use super::super::sdk_calls::{SdkArgument, SdkCall};
use super::targets::Aim;
use super::{End, LinkKind, Mapper, NodeKind};
use crate::python::{Code, Evaluator, FunctionRef, Place};
use crate::source::Span;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// It starts what a parameter names.
    Starts(LinkKind, NodeKind, &'static str),
    /// It sends a message that a parameter names.
    Sends(LinkKind, &'static str, &'static str),
    /// It calls a Nexus operation.
    CallsOperation,
    /// It goes on as a new execution.
    Continues,
    /// It makes a schedule.
    MakesSchedule,
    /// It makes the action of a schedule.
    MakesAction,
}

/// What a callable of the SDK does, by its qualified name.
fn does(callee: &str) -> &'static [Does] {
    use LinkKind::{Executes, ExecutesLocally, Queries, Signals, StartsChild, Updates};
    use NodeKind::{Activity, Workflow};
    match callee {
        "temporalio.workflow.execute_activity"
        | "temporalio.workflow.start_activity"
        | "temporalio.workflow.execute_activity_method"
        | "temporalio.workflow.start_activity_method"
        | "temporalio.workflow.execute_activity_class"
        | "temporalio.workflow.start_activity_class" => &[Does::Starts(Executes, Activity, "activity")],
        "temporalio.workflow.execute_local_activity"
        | "temporalio.workflow.start_local_activity"
        | "temporalio.workflow.execute_local_activity_method"
        | "temporalio.workflow.start_local_activity_method"
        | "temporalio.workflow.execute_local_activity_class"
        | "temporalio.workflow.start_local_activity_class" => &[Does::Starts(ExecutesLocally, Activity, "activity")],
        "temporalio.workflow.execute_child_workflow" | "temporalio.workflow.start_child_workflow" => {
            &[Does::Starts(StartsChild, Workflow, "workflow")]
        }
        "temporalio.workflow.signal_with_start_workflow"
        | "temporalio.client.Client.execute_workflow"
        | "temporalio.client.Client.start_workflow" => {
            &[Does::Starts(LinkKind::Starts, Workflow, "workflow"), Does::Sends(Signals, "signal", "start_signal")]
        }
        "temporalio.client.WithStartWorkflowOperation"
        | "temporalio.nexus.WorkflowRunOperationContext.start_workflow"
        | "temporalio.nexus.TemporalNexusClient.start_workflow" => {
            &[Does::Starts(LinkKind::Starts, Workflow, "workflow")]
        }
        "temporalio.client.Client.execute_activity"
        | "temporalio.client.Client.start_activity"
        | "temporalio.client.Client.execute_activity_method"
        | "temporalio.client.Client.start_activity_method"
        | "temporalio.client.Client.execute_activity_class"
        | "temporalio.client.Client.start_activity_class"
        | "temporalio.nexus.TemporalNexusClient.start_activity" => {
            &[Does::Starts(LinkKind::Starts, Activity, "activity")]
        }
        "temporalio.client.WorkflowHandle.signal"
        | "temporalio.workflow.ChildWorkflowHandle.signal"
        | "temporalio.workflow.ExternalWorkflowHandle.signal" => &[Does::Sends(Signals, "signal", "signal")],
        "temporalio.client.WorkflowHandle.query" => &[Does::Sends(Queries, "query", "query")],
        "temporalio.client.WorkflowHandle.execute_update"
        | "temporalio.client.WorkflowHandle.start_update"
        | "temporalio.client.Client.execute_update_with_start_workflow"
        | "temporalio.client.Client.start_update_with_start_workflow"
        | "temporalio.nexus.TemporalNexusClient.start_workflow_update" => &[Does::Sends(Updates, "update", "update")],
        "temporalio.workflow.NexusClient.execute_operation"
        | "temporalio.workflow.NexusClient.start_operation"
        | "temporalio.client.NexusClient.execute_operation"
        | "temporalio.client.NexusClient.start_operation" => &[Does::CallsOperation],
        "temporalio.workflow.continue_as_new" => &[Does::Continues],
        "temporalio.client.Client.create_schedule" => &[Does::MakesSchedule],
        "temporalio.client.ScheduleActionStartWorkflow" => &[Does::MakesAction],
        _ => &[],
    }
}

/// One way of calling the function that holds a call.
pub(super) struct View<'v, 'p> {
    pub evaluator: &'v Evaluator<'p>,
    pub place: Place,
}

impl<'a, 'p> Mapper<'a, '_, 'p> {
    pub(super) fn calls(&mut self) {
        let analysis = self.analysis;
        let calls: Vec<&'a SdkCall> =
            analysis.sdk_calls().iter().filter(|call| !does(call.callee.as_str()).is_empty()).collect();
        // Schedules are known before their actions are met.
        for call in calls.iter().filter(|call| does(call.callee.as_str()) == [Does::MakesSchedule]) {
            self.schedule(call);
        }
        let mut by_function: FxHashMap<FunctionRef, Vec<usize>> = FxHashMap::default();
        for (position, call) in calls.iter().enumerate() {
            if let Some(function) = call.function {
                by_function.entry(function).or_default().push(position);
            }
        }
        let mut is_held = vec![false; calls.len()];
        let is_told: Vec<bool> =
            calls.iter().map(|call| self.started_by_callers(call, does(call.callee.as_str()))).collect();
        for reached in analysis.reached.iter().filter(|reached| reached.context != Context::Import) {
            self.reached_calls(reached, &calls, &by_function, &mut is_held, false);
        }
        is_held.iter_mut().zip(is_told).for_each(|(is_held, is_told)| *is_held |= is_told);
        self.reached_calls(&analysis.without_context().code, &calls, &by_function, &mut is_held, true);
        for (call, _) in calls.iter().zip(is_held).filter(|(_, is_held)| !is_held) {
            let holder = self.holding(call);
            self.call(call, &[holder], None);
        }
    }

    /// The calls in code that a context reaches. What nothing of the SDK leads to belongs to the function that holds it.
    fn reached_calls(
        &mut self,
        reached: &ReachedCode<'p>,
        calls: &[&'a SdkCall],
        by_function: &FxHashMap<FunctionRef, Vec<usize>>,
        is_held: &mut [bool],
        is_elsewhere: bool,
    ) {
        for (id, node) in reached.reach.nodes() {
            let Code::Function(function) = node.code else { continue };
            let Some(positions) = by_function.get(&function) else { continue };
            let entered_from = self.entered_from(reached, id);
            if entered_from.is_empty() && !is_elsewhere {
                continue;
            }
            let view = View { evaluator: reached.reach.evaluator(), place: reached.reach.place(id) };
            for position in positions {
                let call = calls[*position];
                // What a workflow or activity gives on belongs to these.
                if is_elsewhere && is_held[*position] || !view.evaluator.may_run(call.block, view.place) {
                    continue;
                }
                match is_elsewhere {
                    true => {
                        let holder = self.holding(call);
                        self.call(call, &[holder], Some(&view));
                    }
                    false => {
                        is_held[*position] = true;
                        self.call(call, &entered_from, Some(&view));
                    }
                }
            }
        }
    }

    /// What a call does on behalf of some nodes.
    fn call(&mut self, call: &SdkCall, holders: &[usize], view: Option<&View<'_, '_>>) {
        for done in does(call.callee.as_str()) {
            let given = |parameter| call.argument(parameter);
            match *done {
                Does::Starts(kind, of, parameter) => {
                    let Some(argument) = given(parameter) else { continue };
                    let aims = self.started(call, argument, of, view);
                    self.aimed(call, argument, holders, kind, aims);
                }
                Does::Sends(kind, message, parameter) => {
                    // Who starts a workflow may send it no message.
                    let Some(argument) = given(parameter) else { continue };
                    let to = match call.argument("workflow") {
                        Some(_) => super::super::routing::workflow_of(self.analysis, call),
                        None => self.started_with(call),
                    };
                    let aims = self.message(call, argument, message, to, view);
                    self.aimed(call, argument, holders, kind, aims);
                }
                Does::CallsOperation => {
                    let Some(argument) = given("operation") else { continue };
                    let aim = self.operation(call, argument);
                    self.aimed(call, argument, holders, LinkKind::CallsOperation, vec![aim]);
                }
                Does::Continues => self.continued(call, holders, view),
                Does::MakesSchedule => {
                    let schedule = self.schedule(call);
                    self.all(call, holders, LinkKind::Creates, &End::Piece(schedule));
                }
                Does::MakesAction => {
                    let (schedule, is_own) = self.schedule_of_action(call);
                    if is_own {
                        self.all(call, holders, LinkKind::Creates, &End::Piece(schedule));
                    }
                    if let Some(argument) = given("workflow") {
                        let aims = self.started(call, argument, NodeKind::Workflow, view);
                        self.aimed(call, argument, &[schedule], LinkKind::Starts, aims);
                    }
                    self.sent_to(call, &[schedule], view);
                    return;
                }
            }
        }
        self.sent_to(call, holders, view);
    }

    pub(super) fn aimed(&mut self, call: &SdkCall, at: &SdkArgument, from: &[usize], kind: LinkKind, aims: Vec<Aim>) {
        let place = Span { file: call.span.file, range: at.range };
        for aim in aims {
            for holder in from {
                self.link(*holder, kind, aim.end.clone(), place, aim.member.clone(), aim.is_sure);
            }
        }
    }

    fn all(&mut self, call: &SdkCall, from: &[usize], kind: LinkKind, to: &End) {
        let place = Span { file: call.span.file, range: call.callee_range };
        from.iter().for_each(|holder| self.link(*holder, kind, to.clone(), place, None, !call.is_doubtful));
    }

    /// A workflow that goes on as a new execution: of another workflow, if the call says so.
    fn continued(&mut self, call: &SdkCall, holders: &[usize], view: Option<&View<'_, '_>>) {
        if let Some(argument) = call.argument("workflow") {
            let aims = self.started(call, argument, NodeKind::Workflow, view);
            self.aimed(call, argument, holders, LinkKind::ContinuesAs, aims);
            return;
        }
        for holder in holders {
            if self.map.pieces[*holder].kind == NodeKind::Workflow {
                self.all(call, &[*holder], LinkKind::ContinuesAs, &End::Piece(*holder));
            }
        }
    }

    /// The task queue that a call names.
    pub(super) fn sent_to(&mut self, call: &SdkCall, holders: &[usize], view: Option<&View<'_, '_>>) {
        if let Some(argument) = call.argument("task_queue") {
            self.sent_by(call, argument, holders, view);
        }
    }

    /// The task queue that an argument names.
    pub(super) fn sent_by(
        &mut self,
        call: &SdkCall,
        argument: &SdkArgument,
        holders: &[usize],
        view: Option<&View<'_, '_>>,
    ) {
        if let Some(queue) = self.queue(call, argument, view) {
            let place = Span { file: call.span.file, range: argument.range };
            holders
                .iter()
                .for_each(|holder| self.link(*holder, LinkKind::SendsTo, End::Piece(queue), place, None, true));
        }
    }
}
