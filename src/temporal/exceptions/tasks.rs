//! Where what a coroutine or task raises comes out, and which tasks the code itself cancels.
//!
//! Knows: awaits, `gather` and the like, collections of tasks, `result()`. Does not know: what is raised.

use super::awaiting::{await_kind, keeps_exceptions};
use super::code::{Graph, bindings_of, expressions, variable_of};
use super::waits::{Await, awaits};
use crate::python::NodeId;
use crate::registry::schema::AwaitKind;
use crate::semantic::{
    ArgumentKind, BindingId, BindingKind, BlockId, Expr, ExprId, Module, Name, StmtId, Suite, UnaryOp, Use, VariableId,
};

/// Through how many names and collections a task is followed.
const FOLLOWED: usize = 8;

/// Where what a coroutine, task or handle raises comes out.
#[derive(Debug, Clone, Default)]
pub(super) struct Emerges {
    /// The blocks that await it or ask for its result.
    pub blocks: Vec<BlockId>,
    /// Where it is awaited, a cancellation reaches it: not behind `shield`.
    pub is_cancelled_with_them: bool,
    /// It may come out where that cannot be told.
    pub unknown: bool,
    /// Somebody asks what came of it who is not given what it raises: `task.exception()`, `asyncio.wait(tasks)`.
    is_asked_for: bool,
    /// It is given to `gather`, which comes out there.
    through_gather: bool,
    /// It comes out without one.
    directly: bool,
}

impl Emerges {
    /// Whether nobody but a `gather` waits for it. One that is cancelled waits for all that it was given and then raises its
    /// cancellation itself, whatever those did with theirs (`asyncio/tasks.py`, `_GatheringFuture`).
    pub(super) fn is_only_gathered(&self) -> bool {
        self.through_gather && !self.directly && !self.unknown
    }

    /// Whether nobody asks what came of it.
    pub(super) fn is_unread(&self) -> bool {
        self.blocks.is_empty() && !self.unknown && !self.through_gather && !self.is_asked_for
    }
}

/// Where what a call gives is awaited.
pub(super) fn emerges(graph: &Graph<'_, '_>, node: NodeId, expr: ExprId) -> Emerges {
    let mut follower = Follower {
        graph,
        node,
        module: graph.module(node),
        found: Emerges::default(),
        seen: Vec::new(),
        gathered: false,
    };
    follower.follow(expr, false, FOLLOWED);
    follower.found
}

struct Follower<'g, 'r, 'p> {
    graph: &'g Graph<'r, 'p>,
    node: NodeId,
    module: &'p Module,
    found: Emerges,
    seen: Vec<ExprId>,
    /// A `gather` was passed on the way here.
    gathered: bool,
}

impl Follower<'_, '_, '_> {
    fn follow(&mut self, expr: ExprId, shielded: bool, depth: usize) {
        if self.seen.contains(&expr) {
            return;
        }
        self.seen.push(expr);
        if depth == 0 {
            self.found.unknown = true;
            return;
        }
        let depth = depth - 1;
        match self.module.uses().use_of(expr) {
            Use::Awaited(around) => self.out(around, shielded),
            Use::Argument { call, kind, .. } => self.given(call, kind, shielded, depth),
            Use::Bound(statement) => self.bound(statement, shielded, depth),
            Use::Named(around)
            | Use::ConditionalResult(around)
            | Use::Logical(around)
            | Use::Item(around)
            | Use::Unpacked(around)
            | Use::ElementOf(around)
            | Use::DictValue(around)
            | Use::ItemOf(around) => self.follow(around, shielded, depth),
            Use::LoopedOver(looped) => {
                if let Some(Expr::Target(binding)) = self.module[looped].target.map(|target| self.module[target]) {
                    self.reads(binding, shielded, depth);
                }
            }
            Use::AttributeOf(around, name) => self.attribute(around, name, shielded, depth),
            // Whether there are any, and how many, is asked of what keeps them.
            Use::Discarded(_) | Use::IfTest(_) | Use::WhileTest(_) | Use::ConditionalTest(_) | Use::Compared(_) => {}
            Use::Operand(around) if matches!(self.module[around], Expr::Unary { op: UnaryOp::Not, .. }) => {}
            _ => self.found.unknown = true,
        }
    }

    fn out(&mut self, expr: ExprId, shielded: bool) {
        match self.module.uses().statement_of(expr) {
            Some(statement) => self.found.blocks.push(self.module.block_of(statement)),
            None => self.found.unknown = true,
        }
        self.found.is_cancelled_with_them |= !shielded;
        match self.gathered {
            true => self.found.through_gather = true,
            false => self.found.directly = true,
        }
    }

    fn given(&mut self, call: ExprId, kind: ArgumentKind, shielded: bool, depth: usize) {
        let Expr::Call { callee, arguments } = self.module[call] else { return };
        // `tasks.append(task)`: what becomes of the collection.
        if let Expr::Attribute { value, name } = self.module[callee]
            && matches!(name.as_str(), "append" | "add" | "insert" | "appendleft")
        {
            for binding in bindings_of(self.module, value).to_vec() {
                self.reads(binding, shielded, depth);
            }
            self.found.unknown |= variable_of(self.module, value).is_none();
            return;
        }
        let names = self.graph.outside_names(callee, self.node);
        let is_named = matches!(kind, ArgumentKind::Keyword(name) if name == "name");
        match names.iter().find_map(|name| await_kind(*name)) {
            // It gives back what is done, and neither raises nor cancels.
            Some(AwaitKind::Waits) => self.found.is_asked_for = true,
            Some(AwaitKind::Shields) => self.follow(call, true, depth),
            Some(AwaitKind::Gathers) => match keeps_exceptions(self.module, self.module.list(arguments)) {
                Some(true) => {
                    self.found.is_cancelled_with_them |= !shielded;
                    self.found.through_gather = true;
                }
                Some(false) => {
                    let outer = std::mem::replace(&mut self.gathered, true);
                    self.follow(call, shielded, depth);
                    self.gathered = outer;
                }
                None => self.found.unknown = true,
            },
            Some(AwaitKind::Limits | AwaitKind::Starts) if !is_named => {
                self.follow(call, shielded, depth);
            }
            None if names.iter().any(|name| *name == "builtins.len") => {}
            None if names.iter().any(|name| COLLECT.contains(&name.as_str())) => self.follow(call, shielded, depth),
            _ => self.found.unknown = true,
        }
    }

    fn bound(&mut self, statement: StmtId, shielded: bool, depth: usize) {
        for target in self.module.targets(statement) {
            match self.module[target] {
                Expr::Target(binding) => self.reads(binding, shielded, depth),
                Expr::Subscript { value, .. } if variable_of(self.module, value).is_some() => {
                    for binding in bindings_of(self.module, value).to_vec() {
                        self.reads(binding, shielded, depth);
                    }
                }
                Expr::Attribute { name, .. } => self.attribute_reads(name, shielded, depth),
                _ => self.found.unknown = true,
            }
        }
    }

    fn reads(&mut self, binding: BindingId, shielded: bool, depth: usize) {
        let reads: Vec<ExprId> = self.module.reads_of(binding).collect();
        reads.into_iter().for_each(|read| self.follow(read, shielded, depth));
    }

    /// What an object keeps is looked for in the file: `self._task = create_task(…)`, `await self._task`.
    fn attribute_reads(&mut self, wanted: Name, shielded: bool, depth: usize) {
        let reads: Vec<ExprId> = self
            .module
            .expression_ids()
            .filter(|expr| matches!(self.module[*expr], Expr::Attribute { name, .. } if name == wanted))
            .filter(|expr| !matches!(self.module.uses().use_of(*expr), Use::Target(_)))
            .collect();
        reads.into_iter().for_each(|read| self.follow(read, shielded, depth));
    }

    fn attribute(&mut self, around: ExprId, name: Name, shielded: bool, depth: usize) {
        let Use::Called(call) = self.module.uses().use_of(around) else { return };
        match name.as_str() {
            "result" => self.out(call, true),
            "exception" | "add_done_callback" => self.found.is_asked_for = true,
            "values" | "items" | "copy" | "pop" | "popleft" => self.follow(call, shielded, depth),
            _ => {}
        }
    }
}

/// Callables that put what they are given into a collection.
const COLLECT: &[&str] = &["builtins.list", "builtins.tuple", "builtins.set"];

/// What an expression names: variables, also of collections that it was taken from, and attributes.
#[derive(Debug, Default)]
struct Sources {
    variables: Vec<VariableId>,
    attributes: Vec<Name>,
}

impl Sources {
    fn of(module: &Module, expr: ExprId) -> Self {
        let mut sources = Self::default();
        sources.take(module, expr, FOLLOWED);
        sources
    }

    fn take(&mut self, module: &Module, expr: ExprId, depth: usize) {
        if depth == 0 {
            return;
        }
        match module[expr] {
            Expr::Attribute { name, .. } => self.attributes.push(name),
            Expr::Name { .. } => self.take_name(module, expr, depth),
            Expr::Subscript { value, .. } | Expr::Starred(value) => self.take(module, value, depth - 1),
            Expr::Call { callee, arguments } => {
                if let Expr::Attribute { value, .. } = module[callee] {
                    self.take(module, value, depth - 1);
                }
                for given in module.list(arguments) {
                    self.take(module, given.value, depth - 1);
                }
            }
            Expr::List(items) | Expr::Tuple(items) | Expr::Set(items) => {
                module.list(items).iter().for_each(|item| self.take(module, *item, depth - 1));
            }
            _ => {}
        }
    }

    fn take_name(&mut self, module: &Module, name: ExprId, depth: usize) {
        let Some(variable) = variable_of(module, name) else { return };
        if self.variables.contains(&variable) {
            return;
        }
        self.variables.push(variable);
        for binding in &module[variable].bindings {
            match module[*binding].kind {
                BindingKind::Loop { iterable, .. } => self.take(module, iterable, depth - 1),
                BindingKind::Assign { value, .. } if !matches!(module[value], Expr::Call { .. } | Expr::Await(_)) => {
                    self.take(module, value, depth - 1);
                }
                // `done, pending = await asyncio.wait({task})` gives back what it was given.
                BindingKind::Assign { value, path, .. } if !path.is_empty() => {
                    if let Some(given) = given_to_wait(module, value) {
                        self.take(module, given, depth - 1);
                    }
                }
                _ => {}
            }
        }
    }

    fn meet(&self, other: &Self) -> bool {
        self.variables.iter().any(|variable| other.variables.contains(variable))
            || self.attributes.iter().any(|name| other.attributes.contains(name))
    }
}

/// What `await asyncio.wait(…)` waits for.
fn given_to_wait(module: &Module, awaited: ExprId) -> Option<ExprId> {
    let Expr::Await(call) = module[awaited] else { return None };
    let Expr::Call { callee, arguments } = module[call] else { return None };
    let (Expr::Attribute { name, .. } | Expr::Name { name, .. }) = module[callee] else { return None };
    module.list(arguments).first().filter(|_| name == "wait").map(|given| given.value)
}

/// Whether all that a suite awaits are tasks that the code around cancelled before.
pub(super) fn awaits_only_cancelled(graph: &Graph<'_, '_>, node: NodeId, suite: Suite) -> bool {
    let module = graph.module(node);
    let waits = awaits(module, suite);
    !waits.is_empty() && waits.iter().all(|waits| was_cancelled(graph, node, waits))
}

/// Whether what is awaited is a task that the code around cancelled before.
pub(super) fn awaits_cancelled(graph: &Graph<'_, '_>, node: NodeId, awaited: ExprId, block: BlockId) -> bool {
    was_cancelled(graph, node, &Await { awaited: Some(awaited), block })
}

fn was_cancelled(graph: &Graph<'_, '_>, node: NodeId, waits: &Await) -> bool {
    let module = graph.module(node);
    let Some(awaited) = waits.awaited else { return false };
    let subject = Sources::of(module, awaited);
    let before = module.span(awaited).start();
    let cancels = |node: NodeId, subject: &Sources, until: Option<crate::source::TextSize>| {
        let module = graph.module(node);
        cancelled_in(module, graph.body(node)).into_iter().any(|(call, task)| {
            until.is_none_or(|until| module.span(call).start() < until) && Sources::of(module, task).meet(subject)
        })
    };
    if cancels(node, &subject, Some(before)) {
        return true;
    }
    // A parameter: what the callers did with it.
    let is_parameter = subject.variables.iter().any(|variable| {
        let is_parameter = |binding: &BindingId| matches!(module[*binding].kind, BindingKind::Parameter { .. });
        module[*variable].bindings.iter().any(is_parameter)
    });
    is_parameter
        && graph.ways_into(node).any(|edge| {
            let caller = graph.module(edge.from);
            let Some(call) = graph.call_at(edge.from, edge.site) else { return false };
            let Expr::Call { arguments, .. } = caller[call] else { return false };
            let given = caller.list(arguments).iter().map(|given| Sources::of(caller, given.value));
            given.into_iter().any(|given| cancels(edge.from, &given, None))
        })
}

/// Whether the code cancels the task that it makes of a call: then the task's cancellation is its own.
pub(super) fn is_cancelled_by_its_owner(graph: &Graph<'_, '_>, node: NodeId, call: ExprId) -> bool {
    let module = graph.module(node);
    if matches!(module.uses().use_of(call), Use::Awaited(_)) {
        return false;
    }
    let Some(statement) = module.uses().statement_of(call) else { return false };
    let mut task = Sources::default();
    for target in module.targets(statement) {
        match module[target] {
            Expr::Target(binding) => task.variables.push(module[binding].variable),
            Expr::Attribute { name, .. } => task.attributes.push(name),
            _ => task.take(module, target, FOLLOWED),
        }
    }
    // `tasks.append(create_task(…))`.
    if let Some(Expr::Call { callee, .. }) = module.uses().parents(call).last().map(|outermost| module[outermost])
        && let Expr::Attribute { value, .. } = module[callee]
    {
        task.take(module, value, FOLLOWED);
    }
    let cancelled = module.calls().iter().filter_map(|call| cancelled_by(module, *call));
    cancelled.into_iter().any(|cancelled| Sources::of(module, cancelled).meet(&task))
}

/// What a call of `cancel()` cancels.
fn cancelled_by(module: &Module, call: ExprId) -> Option<ExprId> {
    let Expr::Call { callee, .. } = module[call] else { return None };
    match module[callee] {
        Expr::Attribute { value, name } if name == "cancel" => Some(value),
        _ => None,
    }
}

/// The calls of `cancel()` in a suite, each with what is cancelled.
fn cancelled_in(module: &Module, suite: Suite) -> Vec<(ExprId, ExprId)> {
    let calls = expressions(module, suite, |expr| matches!(expr, Expr::Call { .. }));
    calls.into_iter().filter_map(|(_, call)| Some((call, cancelled_by(module, call)?))).collect()
}
