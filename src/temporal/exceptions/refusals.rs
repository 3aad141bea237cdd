use rustc_hash::FxHashSet;

use super::classes::Kinds;
use super::code::Graph;
use super::escapes::{Finder, Raiser};
use super::raised::Raised;
use crate::python::{Code, Event, FunctionRef, Node, NodeId, Value};
use crate::semantic::{BlockId, Name, RegionKind};
use crate::temporal::analysis::{Analysis, ReachedCode};

/// What the sandbox raises. It is an `Exception`, and so `except Exception` takes it.
pub const REFUSED_BY_THE_SANDBOX: &str = "temporalio.worker.workflow_sandbox.RestrictedWorkflowAccessError";

/// What the workflow's event loop raises: `NotImplementedError`, which is one, and where a loop may not be run at all this
/// class itself.
pub const REFUSED_BY_THE_LOOP: &str = "builtins.RuntimeError";

/// What is raised for arguments that the SDK does not take, and for attributes that are not there.
const REFUSED: [&str; 3] = ["builtins.AttributeError", "builtins.TypeError", "builtins.ValueError"];

/// Where something is refused or missing.
#[derive(Debug, Clone, Copy)]
pub struct RaisedAt {
    /// The function; none where it is raised when the module is imported.
    pub function: Option<FunctionRef>,
    /// The block.
    pub block: BlockId,
}

/// Whether an exception is taken on every way from where it is raised to where code begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// On some way nothing takes it.
    No,
    /// On some way only a context manager may: it has a say in what becomes of exceptions.
    Perhaps,
    /// By handlers, and by what is known to swallow it.
    Surely,
    /// On some way by a task alone, or the event loop, for which nobody asks.
    Unread,
}

/// What becomes of the exceptions by which calls in reached code are refused.
pub struct Refusals<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    reached: &'a ReachedCode<'p>,
    graph: Graph<'a, 'p>,
}

impl<'a, 'e, 'p> Refusals<'a, 'e, 'p> {
    /// Nothing is looked at before it is asked for.
    #[must_use]
    pub fn new(analysis: &'a Analysis<'e, 'p>, reached: &'a ReachedCode<'p>) -> Self {
        Self { analysis, reached, graph: Graph::new(&reached.reach) }
    }

    /// Whether on every way from a call or read to where code begins a handler takes an exception of a class outside the
    /// project.
    pub fn takes(&self, node: NodeId, event: &Event, class: &str) -> bool {
        event.block.is_some_and(|block| self.takes_at(node, block, class, false))
    }

    /// Whether what a call or read raises is taken on the way out.
    pub fn taken(&self, node: NodeId, event: &Event, class: &str) -> Taken {
        match event.block {
            Some(block) if self.takes_at(node, block, class, false) => match self.takes_at(node, block, class, true) {
                true if self.is_handled_at(node, block, class) => Taken::Surely,
                true => Taken::Unread,
                false => Taken::Perhaps,
            },
            _ => Taken::No,
        }
    }

    /// Whether on every way from a block of a function to where code begins a handler takes what is raised there for
    /// something that is refused or missing.
    #[must_use]
    pub fn takes_refused(&self, at: RaisedAt) -> bool {
        let is_there = |node: &Node| matches!(node.code, Code::Function(there) if Some(there) == at.function);
        let mut nodes = self.reached.reach.nodes().filter(|(_, node)| is_there(node)).map(|(id, _)| id);
        nodes.all(|node| REFUSED.iter().all(|class| self.takes_at(node, at.block, class, false)))
    }

    /// `only_sure` says whether context managers that may swallow an exception are taken to let it pass.
    fn takes_at(&self, node: NodeId, block: BlockId, class: &str, only_sure: bool) -> bool {
        self.taken_by(&Finder { only_sure, ..self.finder() }, node, block, class)
    }

    /// Whether it is handlers that take it, on every way.
    fn is_handled_at(&self, node: NodeId, block: BlockId, class: &str) -> bool {
        self.taken_by(&Finder { only_sure: true, only_handlers: true, ..self.finder() }, node, block, class)
    }

    fn finder(&self) -> Finder<'_, 'e, 'p> {
        Finder::new(self.analysis, self.reached, &self.graph, &|_| false)
    }

    fn taken_by(&self, finder: &Finder<'_, 'e, 'p>, node: NodeId, block: BlockId, class: &str) -> bool {
        let class = self.reached.reach.evaluator().store().id(Value::Outside(Name::new(class)));
        let refused = Raised { class, shown: String::new(), raiser: Raiser::Raise, doubtful: false };
        finder.never_leaves(node, block, &refused)
    }

    /// Whether code looks as if it were written for the case that a call raises a class outside the project: a handler
    /// beside it names the class, or it stands itself in a handler, as what is tried next.
    pub fn is_expected(&self, node: NodeId, event: &Event, class: &str) -> bool {
        let (evaluator, place) = (self.reached.reach.evaluator(), self.reached.reach.place(node));
        let module = evaluator.project().module(place.file);
        event.block.is_some_and(|block| {
            module.regions_around(block).any(|(_, region)| match region.kind {
                RegionKind::Handler(..) => true,
                RegionKind::Try(tried) => {
                    Kinds::of_try(evaluator, module, tried, place).any(|kinds| kinds.names(evaluator, class))
                }
                _ => false,
            })
        })
    }
}

impl Finder<'_, '_, '_> {
    fn never_leaves(&self, node: NodeId, block: BlockId, raised: &Raised) -> bool {
        if self.is_caught(raised, Some(block), node) {
            return true;
        }
        let mut seen: FxHashSet<NodeId> = std::iter::once(node).collect();
        let mut todo = vec![node];
        while let Some(at) = todo.pop() {
            if !self.graph.reach.node(at).roots.is_empty() {
                return false;
            }
            for edge in self.graph.ways_into(at) {
                if !self.is_stopped_at(at, edge, raised) && seen.insert(edge.from) {
                    todo.push(edge.from);
                }
            }
        }
        true
    }
}
