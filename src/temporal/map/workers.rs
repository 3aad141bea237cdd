//! What workers register and which task queues they poll.
//!
//! Knows: workers and what is in their lists. Does not know: who sends work to them.

use super::super::registration::function_of;
use super::super::wiring::{Worker, WorkerKind};
use super::{End, Link, LinkKind, Mapper, NodeKind, Piece};
use crate::python::{Rest, Value, ValueId};
use crate::source::Span;
use crate::temporal::lists::Listed;

impl Mapper<'_, '_, '_> {
    pub(super) fn workers(&mut self) {
        let workers = &self.analysis.definitions.workers;
        for worker in workers.iter().filter(|worker| worker.kind != WorkerKind::Replayer && !worker.is_expected_to_fail)
        {
            let node = self.worker(worker);
            if let Some(queue) = worker.call.argument("task_queue")
                && let Some(queue) = self.queue(&worker.call, queue, None)
            {
                let place = Span { file: worker.span.file, range: worker.call.callee_range };
                self.link(node, LinkKind::Polls, End::Piece(queue), place, None, true);
            }
            let workflow = |mapper: &mut Self, value| mapper.workflow_node(value);
            self.registers(node, &worker.workflows, NodeKind::Workflow, &workflow);
            let activity = |mapper: &mut Self, value| mapper.activity_node(value);
            self.registers(node, &worker.activities, NodeKind::Activity, &activity);
            let service = |mapper: &mut Self, value| mapper.service_node(value);
            self.registers(node, &worker.services, NodeKind::NexusService, &service);
        }
    }

    fn worker(&mut self, worker: &Worker) -> usize {
        let file = worker.span.file;
        let function = worker.function.map(|function| self.named_function(function));
        let (name, _, _) = self.named_code(file, function, worker.span);
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
            spot: Some(self.spot(worker.span)),
            range: worker.span.range,
            in_tests: worker.in_tests,
            members: Vec::new(),
            is_open: (is_open(&worker.workflows), is_open(&worker.activities)),
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
        match self.analysis.evaluator.get(value) {
            Value::Function(callable) => self.activity_called(callable),
            _ => self.activities[self.analysis.activity_of(function_of(self.analysis.evaluator, value)?)?],
        }
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
