//! Code that runs in activities only behind a cache, which the start of the worker has filled already.
//!
//! Knows: functions that `functools` keeps the results of, and the calls on the way to where each worker is made. Does not know:
//! caches that the project writes itself, or results that are thrown out again.

use super::analysis::{Analysis, ReachedCode};
use super::code::{Graph, function_of};
use super::wiring::{Worker, WorkerKind};
use crate::python::{Edge, Evaluator, FunctionRef, NodeId, Place, Value, ValueId};
use crate::semantic::{Argument, Condition, Expr, ExprId, Module};
use crate::source::FileId;

/// Through how many functions the start of a worker is followed.
const DEEP: usize = 3;

/// Whether code is reached only by calls whose results were kept before the worker ran: each worker asks for them where it is
/// made, with the same arguments.
#[must_use]
pub fn is_kept_since_start<'p>(analysis: &Analysis<'_, 'p>, reached: &ReachedCode<'p>, node: NodeId) -> bool {
    let graph = Graph::new(&reached.reach);
    Finder { analysis, graph }.is_kept(node, &mut Vec::new())
}

struct Finder<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    graph: Graph<'a, 'p>,
}

impl Finder<'_, '_, '_> {
    fn is_kept(&self, node: NodeId, seen: &mut Vec<NodeId>) -> bool {
        if self.graph.is_cached(node) && self.graph.ways_into(node).all(|edge| self.is_asked_at_start(node, edge)) {
            return true;
        }
        seen.push(node);
        let is_entry = !self.graph.reach.node(node).roots.is_empty();
        let mut ways = self.graph.ways_into(node).filter(|edge| edge.from != node).peekable();
        !is_entry
            && ways.peek().is_some()
            && ways.all(|edge| !seen.contains(&edge.from) && self.is_kept(edge.from, seen))
    }

    /// Whether every worker asks for the result of a call before it runs.
    fn is_asked_at_start(&self, node: NodeId, edge: &Edge) -> bool {
        let Some(function) = function_of(self.graph.reach.node(node)) else { return false };
        let Some(call) = self.graph.call_at(edge.from, edge.site) else { return false };
        let here = Call { evaluator: self.graph.reach.evaluator(), place: self.graph.place(edge.from), call };
        let workers = self.analysis.definitions.worker_calls();
        let mut workers = workers.filter(|worker| worker.kind == WorkerKind::Worker && !worker.in_tests).peekable();
        workers.peek().is_some() && workers.all(|worker| self.asks(worker, function, &here))
    }

    fn asks(&self, worker: &Worker, function: FunctionRef, wanted: &Call<'_, '_>) -> bool {
        let file = worker.span.file;
        let module = self.analysis.project.module(file);
        let own = worker.function.filter(|of| of.file == file).map(|of| of.function);
        let before = module.calls().iter().copied().filter(|call| {
            let block = module.block_of_call(*call);
            let is_there = block.is_some_and(|block| module[block].function == own || module[block].function.is_none());
            is_there && module.span(*call).end() <= worker.span.range.start()
        });
        self.is_among(file, before.collect(), function, wanted, DEEP)
    }

    /// Whether a call like the wanted one is among some that surely run, or in what they run.
    fn is_among(
        &self,
        file: FileId,
        calls: Vec<ExprId>,
        function: FunctionRef,
        wanted: &Call<'_, '_>,
        depth: usize,
    ) -> bool {
        let module = self.analysis.project.module(file);
        // That what was called before has come back is no condition.
        let surely_runs = |call: &ExprId| {
            let block = module.block_of_call(*call);
            block.is_some_and(|block| module.guards(block).all(|(_, passed)| matches!(passed, Condition::Returns(_))))
        };
        calls.into_iter().filter(surely_runs).any(|call| {
            let place = Place { file, frame: None };
            let Expr::Call { callee, .. } = module[call] else { return false };
            let callees = self.analysis.evaluator.value(callee, place);
            let functions = callees.known.iter().filter_map(|callee| match self.analysis.evaluator.get(*callee) {
                Value::Function(callable) => Some(callable.function),
                _ => None,
            });
            let functions: Vec<FunctionRef> = functions.collect();
            if functions.contains(&function) {
                return wanted.is_like(&Call { evaluator: self.analysis.evaluator, place, call });
            }
            // What it surely runs.
            let [only] = functions.as_slice() else { return false };
            depth > 0 && self.is_among(only.file, self.calls_of(*only), function, wanted, depth - 1)
        })
    }

    fn calls_of(&self, function: FunctionRef) -> Vec<ExprId> {
        let module = self.analysis.project.module(function.file);
        let is_inside = |call: &ExprId| {
            module.block_of_call(*call).is_some_and(|block| module[block].function == Some(function.function))
        };
        module.calls().iter().copied().filter(is_inside).collect()
    }
}

/// A call of a function of the project.
struct Call<'a, 'p> {
    evaluator: &'a Evaluator<'p>,
    place: Place,
    call: ExprId,
}

impl<'p> Call<'_, 'p> {
    fn module(&self) -> &'p Module {
        self.evaluator.project().module(self.place.file)
    }

    fn arguments(&self) -> &'p [Argument] {
        match self.module()[self.call] {
            Expr::Call { arguments, .. } => self.module().list(arguments),
            _ => &[],
        }
    }

    /// Whether another call is given the same constants.
    fn is_like(&self, other: &Call<'_, '_>) -> bool {
        let (ours, theirs) = (self.arguments(), other.arguments());
        let is_same = |(our, their): (&Argument, &Argument)| {
            let value = |call: &Call<'_, '_>, given: &Argument| call.evaluator.value(given.value, call.place).only();
            let (Some(our_value), Some(their_value)) = (value(self, our), value(other, their)) else { return false };
            our.kind == their.kind && are_same((self.evaluator, our_value), (other.evaluator, their_value))
        };
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(is_same)
    }
}

fn are_same((one, ours): (&Evaluator<'_>, ValueId), (other, theirs): (&Evaluator<'_>, ValueId)) -> bool {
    match (one.get(ours), other.get(theirs)) {
        (Value::None, Value::None) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Member(class, a), Value::Member(other_class, b)) => class == other_class && a == b,
        (Value::Outside(a), Value::Outside(b)) => a == b,
        _ => false,
    }
}
