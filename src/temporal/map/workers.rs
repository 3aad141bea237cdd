//! What workers register and which task queues they poll.
//!
//! Knows: workers and what is in their lists. Does not know: who sends work to them.

use super::super::registration::function_of;
use super::super::wiring::{Worker, WorkerKind};
use super::made_for::MadeFor;
use super::{End, Link, LinkKind, Mapper, NodeKind, Piece};
use crate::python::{Rest, Value, ValueId};
use crate::source::Span;
use crate::temporal::lists::Listed;

impl Mapper<'_, '_, '_> {
    pub(super) fn workers(&mut self) {
        let workers = self.analysis.definitions.worker_calls();
        for worker in workers.filter(|worker| worker.kind != WorkerKind::Replayer && !worker.is_expected_to_fail) {
            let made = self.made_for_callers(worker);
            match made.is_empty() {
                true => self.worker(worker, None),
                false => made.iter().for_each(|made| self.worker(worker, Some(made))),
            }
        }
    }

    /// A worker, or what it is for one call of the function that makes it.
    fn worker(&mut self, worker: &Worker, made: Option<&MadeFor>) {
        let node = self.worker_node(worker, made);
        self.polled(node, worker, made);
        let (workflows, activities) = registered(worker, made);
        let workflow = |mapper: &mut Self, value| mapper.workflow_node(value);
        self.registers(node, workflows, NodeKind::Workflow, &workflow);
        let activity = |mapper: &mut Self, value| mapper.activity_node(value);
        self.registers(node, activities, NodeKind::Activity, &activity);
        let service = |mapper: &mut Self, value| mapper.service_node(value);
        self.registers(node, &worker.services, NodeKind::NexusService, &service);
    }

    fn worker_node(&mut self, worker: &Worker, made: Option<&MadeFor>) -> usize {
        let (span, function) = made.map_or((worker.span, worker.function), |made| (made.at, made.function));
        let (workflows, activities) = registered(worker, made);
        let function = function.map(|function| self.named_function(function));
        let (name, _, _) = self.named_code(span.file, function, span);
        let is_plain = worker.kind == WorkerKind::Worker && !worker.may_have_plugins(self.analysis.evaluator);
        let is_open = |listed: &Listed| {
            let is_unsure = |values: &crate::python::Values| values.rest != Rest::Nothing || values.is_never();
            !is_plain || listed.is_open || listed.items.iter().any(|item| is_unsure(&item.values))
        };
        let piece = Piece {
            kind: NodeKind::Worker,
            name,
            is_wire_name: false,
            takes_any: false,
            code_name: None,
            spot: Some(self.spot(span)),
            range: span.range,
            in_tests: worker.in_tests || self.analysis.is_test(span.file),
            members: Vec::new(),
            is_open: (is_open(workflows), is_open(activities)),
            is_handed_on: false,
            default: None,
        };
        self.add(piece)
    }

    fn registers(
        &mut self,
        worker: usize,
        listed: &Listed,
        kind: NodeKind,
        node_of: &dyn Fn(&mut Self, ValueId) -> Option<usize>,
    ) {
        for item in &listed.items {
            let ends: Vec<usize> = item.values.known.iter().filter_map(|value| node_of(self, *value)).collect();
            let is_sure = item.only().is_some();
            if ends.is_empty() {
                let text = self.text(item.span);
                self.link(worker, LinkKind::Registers, End::Unknown(kind, text), item.span, None, false);
            }
            for end in ends {
                self.link(worker, LinkKind::Registers, End::Piece(end), item.span, None, is_sure);
            }
        }
    }

    fn workflow_node(&self, value: ValueId) -> Option<usize> {
        let workflows = &self.analysis.definitions.workflows;
        let class = self.analysis.evaluator.get(value);
        let is_it = |known: ValueId| match (self.analysis.evaluator.get(known), class) {
            (Value::Class(one, _), Value::Class(other, _)) => one == other,
            _ => known == value,
        };
        workflows.iter().position(|workflow| is_it(workflow.class)).map(|workflow| self.workflows[workflow])
    }

    pub(super) fn activity_node(&self, value: ValueId) -> Option<usize> {
        self.activities[self.analysis.activity_of(function_of(self.analysis, value)?)?]
    }

    fn service_node(&mut self, value: ValueId) -> Option<usize> {
        match self.analysis.evaluator.get(value) {
            Value::Instance(instance) => self.service_of(instance.class),
            _ => None,
        }
    }

    /// Notes that one thing leads to another.
    pub(super) fn link(
        &mut self,
        from: usize,
        kind: LinkKind,
        to: End,
        place: Span,
        member: Option<String>,
        is_sure: bool,
    ) {
        let (spot, in_tests) = (self.spot(place), self.analysis.is_test(place.file));
        self.map.links.push(Link { kind, from, to, member, is_sure, spot, in_tests });
    }
}

/// The workflows and activities that a worker registers, or that it does for one call of the function that makes it.
fn registered<'w>(worker: &'w Worker, made: Option<&'w MadeFor>) -> (&'w Listed, &'w Listed) {
    made.map_or((&worker.workflows, &worker.activities), |made| (&made.workflows, &made.activities))
}
