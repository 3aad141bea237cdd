//! Where what a coroutine or task raises comes out, and which tasks the code itself cancels.
//!
//! Knows: awaits, `gather` and the like, collections of tasks, `result()`. Does not know: what is raised.

use rustc_hash::FxHashSet;

use super::awaiting::{await_kind, keeps_exceptions};
use super::code::{Graph, bindings_of, expressions, variable_of};
use super::waits::{Await, awaits};
use crate::python::{NodeId, Rest, Value};
use crate::registry::schema::AwaitKind;
use crate::semantic::{
    ArgumentKind, BindingId, BindingKind, BlockId, BoolOp, CmpOp, Condition, Expr, ExprId, Module, Name, RegionId,
    Suite, UnaryOp, Use, VariableId,
};
use crate::temporal::settled::parts;

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
        held: Vec::new(),
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
    /// In what it stands, the innermost first.
    held: Vec<Spot>,
}

/// Where in a collection something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// Among others.
    Among,
    /// At this position, as in a pair.
    At(usize),
    /// As a key of a table.
    Key,
    /// As what a table holds under a key.
    Value,
}

impl Follower<'_, '_, '_> {
    /// Goes on from what stands in the same things as what led here.
    fn follow(&mut self, expr: ExprId, shielded: bool, depth: usize) {
        if self.seen.contains(&expr) {
            return;
        }
        self.seen.push(expr);
        if depth == 0 {
            self.found.unknown = true;
            return;
        }
        let held = self.held.clone();
        self.used(expr, shielded, depth - 1);
        self.held = held;
    }

    fn used(&mut self, expr: ExprId, shielded: bool, depth: usize) {
        match self.module.uses().use_of(expr) {
            Use::Awaited(around) => self.out(around, shielded),
            Use::Argument { call, kind, position } => self.given(call, (kind, position), shielded, depth),
            Use::Bound(statement) => {
                for target in self.module.targets(statement) {
                    self.taken_by_target(target, shielded, depth);
                }
            }
            Use::Named(around) => {
                if let Expr::Named { target, .. } = self.module[around] {
                    self.taken_by_target(target, shielded, depth);
                }
                self.follow(around, shielded, depth);
            }
            Use::ConditionalResult(around) | Use::Logical(around) => self.follow(around, shielded, depth),
            Use::Unpacked(around) => {
                self.held.pop();
                self.follow(around, shielded, depth);
            }
            Use::Item(around) => self.put(self.spot_in(around, expr), around, shielded, depth),
            Use::DictKey(around) => self.put(Spot::Key, around, shielded, depth),
            Use::DictValue(around) => self.put(Spot::Value, around, shielded, depth),
            Use::ElementOf(around) => self.put(self.spot_made(around, expr), around, shielded, depth),
            Use::ItemOf(around) => self.item(around, shielded, depth),
            Use::LoopedOver(looped) => match self.module[looped].target {
                Some(target) => self.looped(target, shielded, depth),
                None => self.found.unknown = true,
            },
            Use::ComprehendedOver(around) => self.comprehended(expr, around, shielded, depth),
            Use::AttributeOf(around, name) => self.attribute(around, name, shielded, depth),
            // Whether there are any, and how many, is asked of what keeps them.
            Use::Discarded(_) | Use::IfTest(_) | Use::WhileTest(_) | Use::ConditionalTest(_) | Use::Compared(_) => {}
            Use::FilterOf(_) | Use::KeyOf(_) => {}
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

    /// Goes on from what it is put into.
    fn put(&mut self, spot: Spot, around: ExprId, shielded: bool, depth: usize) {
        self.held.push(spot);
        self.follow(around, shielded, depth);
    }

    /// Where an item of a display stands; in a list it may be moved.
    fn spot_in(&self, display: ExprId, item: ExprId) -> Spot {
        let Expr::Tuple(items) = self.module[display] else { return Spot::Among };
        let items = self.module.list(items);
        match items.iter().position(|other| *other == item) {
            Some(at) if !has_starred(self.module, &items[..=at]) => Spot::At(at),
            _ => Spot::Among,
        }
    }

    /// Where an element of a comprehension stands in what that makes.
    fn spot_made(&self, around: ExprId, element: ExprId) -> Spot {
        let Expr::Comprehension(id) = self.module[around] else { return Spot::Among };
        match self.module[id].key {
            Some(key) if key == element => Spot::Key,
            Some(_) => Spot::Value,
            None => Spot::Among,
        }
    }

    /// `tasks[0]`, `tasks[1:]`.
    fn item(&mut self, around: ExprId, shielded: bool, depth: usize) {
        let Expr::Subscript { index, .. } = self.module[around] else { return };
        let is_other = match (self.module[index], self.held.last()) {
            (Expr::Slice { .. }, _) => {
                if let Some(spot) = self.held.last_mut() {
                    *spot = Spot::Among;
                }
                return self.follow(around, shielded, depth);
            }
            (Expr::Int(index), Some(Spot::At(at))) => usize::try_from(index).is_ok_and(|index| index != *at),
            (_, held) => held == Some(&Spot::Key),
        };
        self.held.pop();
        if !is_other {
            self.follow(around, shielded, depth);
        }
    }

    /// What a loop takes out, one after the other: of a table the keys.
    fn looped(&mut self, target: ExprId, shielded: bool, depth: usize) {
        if self.held.pop() != Some(Spot::Value) {
            self.taken_by_target(target, shielded, depth);
        }
    }

    fn comprehended(&mut self, iterable: ExprId, around: ExprId, shielded: bool, depth: usize) {
        let Expr::Comprehension(id) = self.module[around] else { return self.found.unknown = true };
        let clauses = self.module.list(self.module[id].clauses);
        match clauses.iter().find(|clause| clause.iterable == iterable) {
            Some(clause) => self.looped(clause.target, shielded, depth),
            None => self.found.unknown = true,
        }
    }

    /// Goes on from what it is bound to.
    fn taken_by_target(&mut self, target: ExprId, shielded: bool, depth: usize) {
        match self.module[target] {
            Expr::Target(binding) => self.reads(binding, shielded, depth),
            Expr::Starred(inner) => {
                let held = self.held.clone();
                self.held.push(Spot::Among);
                self.taken_by_target(inner, shielded, depth);
                self.held = held;
            }
            Expr::Tuple(items) | Expr::List(items) => self.unpacked(self.module.list(items), shielded, depth),
            Expr::Subscript { value, .. } if variable_of(self.module, value).is_some() => {
                // A list's items come where a table's keys do.
                let spot = if self.is_table(value) { Spot::Value } else { Spot::Among };
                self.held.push(spot);
                for binding in bindings_of(self.module, value).to_vec() {
                    self.reads(binding, shielded, depth);
                }
                self.held.pop();
            }
            Expr::Attribute { name, .. } => self.attribute_reads(name, shielded, depth),
            _ => self.found.unknown = true,
        }
    }

    fn is_table(&self, collection: ExprId) -> bool {
        let evaluator = self.graph.reach.evaluator();
        let values = self.graph.value(collection, self.node);
        values.rest != Rest::Anything
            && !values.known.is_empty()
            && values.known.iter().all(|value| matches!(evaluator.get(*value), Value::Table(_)))
    }

    /// Several targets: one of them takes it where it is known at which position it stands.
    fn unpacked(&mut self, targets: &[ExprId], shielded: bool, depth: usize) {
        let held = self.held.clone();
        let taker = match self.held.pop() {
            Some(Spot::At(at)) if !has_starred(self.module, &targets[..targets.len().min(at + 1)]) => targets.get(at),
            _ => None,
        };
        match taker {
            Some(target) => self.taken_by_target(*target, shielded, depth),
            None => targets.iter().for_each(|target| self.taken_by_target(*target, shielded, depth)),
        }
        self.held = held;
    }

    fn given(&mut self, call: ExprId, (kind, position): (ArgumentKind, u32), shielded: bool, depth: usize) {
        let Expr::Call { callee, arguments } = self.module[call] else { return };
        // `tasks.append(task)`: what becomes of the collection.
        if let Expr::Attribute { value, name } = self.module[callee]
            && matches!(name.as_str(), "append" | "add" | "insert" | "appendleft")
        {
            self.held.push(Spot::Among);
            for binding in bindings_of(self.module, value).to_vec() {
                self.reads(binding, shielded, depth);
            }
            self.held.pop();
            self.found.unknown |= variable_of(self.module, value).is_none();
            return;
        }
        let names = self.graph.outside_names(callee, self.node);
        let is_named = matches!(kind, ArgumentKind::Keyword(name) if name == "name");
        match names.iter().find_map(|name| await_kind(*name)) {
            Some(AwaitKind::Waits) => self.waited(call, shielded, depth),
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
            Some(_) => self.found.unknown = true,
            None => self.given_to_builtin(call, &names, position, shielded, depth),
        }
    }

    fn given_to_builtin(&mut self, call: ExprId, names: &[Name], position: u32, shielded: bool, depth: usize) {
        let is = |wanted: &str| names.iter().any(|name| *name == wanted);
        let pair = match () {
            () if is("builtins.len") => return,
            () if names.iter().any(|name| COLLECT.contains(&name.as_str())) => {
                return self.collected(call, is("builtins.tuple"), shielded, depth);
            }
            () if is("builtins.next") => {
                self.held.pop();
                return self.follow(call, shielded, depth);
            }
            () if is("builtins.enumerate") => Spot::At(1),
            () if is("builtins.zip") => Spot::At(position as usize),
            () => return self.found.unknown = true,
        };
        self.held.pop();
        self.held.extend([pair, Spot::Among]);
        self.follow(call, shielded, depth);
    }

    /// Goes on from a collection of what one holds: of a table that is the keys. Only a tuple surely keeps its positions.
    fn collected(&mut self, call: ExprId, keeps_positions: bool, shielded: bool, depth: usize) {
        match self.held.last_mut() {
            Some(Spot::Value) => return,
            Some(Spot::At(_)) if keeps_positions => {}
            Some(spot) => *spot = Spot::Among,
            None => {}
        }
        self.follow(call, shielded, depth);
    }

    /// Waiting neither raises nor cancels: it gives back the tasks, in two sets.
    fn waited(&mut self, call: ExprId, shielded: bool, depth: usize) {
        self.found.is_asked_for = true;
        self.held.pop();
        self.held.extend([Spot::Among, Spot::Among]);
        if let Use::Awaited(awaited) = self.module.uses().use_of(call) {
            self.follow(awaited, shielded, depth);
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
        let Expr::Attribute { value, .. } = self.module[around] else { return };
        let spot = self.held.last().copied();
        match name.as_str() {
            "result" if has_no_exception(self.module, value) => {}
            "result" => self.out(call, true),
            "exception" | "add_done_callback" => self.found.is_asked_for = true,
            "copy" => self.follow(call, shielded, depth),
            "pop" | "popleft" | "get" | "setdefault" if spot != Some(Spot::Key) => {
                self.held.pop();
                self.follow(call, shielded, depth);
            }
            "values" if spot != Some(Spot::Key) => self.taken_out(call, &[Spot::Among], shielded, depth),
            "keys" if spot != Some(Spot::Value) => self.taken_out(call, &[Spot::Among], shielded, depth),
            "items" | "popitem" => {
                let pair = match spot {
                    Some(Spot::Key) => Spot::At(0),
                    Some(Spot::Value) => Spot::At(1),
                    _ => Spot::Among,
                };
                let spots = if name == "items" { &[pair, Spot::Among][..] } else { &[pair] };
                self.taken_out(call, spots, shielded, depth);
            }
            _ => {}
        }
    }

    /// A method gives what the collection holds, in these instead.
    fn taken_out(&mut self, call: ExprId, spots: &[Spot], shielded: bool, depth: usize) {
        self.held.pop();
        self.held.extend_from_slice(spots);
        self.follow(call, shielded, depth);
    }
}

fn has_starred(module: &Module, items: &[ExprId]) -> bool {
    items.iter().any(|item| matches!(module[*item], Expr::Starred(_)))
}

/// Whether control comes to the result of a task only where its `exception()` was nothing.
fn has_no_exception(module: &Module, task: ExprId) -> bool {
    let Some(held) = alone_at(module, task) else { return false };
    let Expr::Name { block, .. } = module[task] else { return false };
    let asks = |expr: ExprId| asks_for_exception(module, expr, held, block);
    // What is bound behind the question is another task than was asked.
    let is_asked_again = |asked: BlockId| module.passed_before(module[held].block).all(|passed| passed != asked);
    module.guards(block).any(|(asked, condition)| {
        let Condition::Test(test, holds) = condition else { return false };
        is_asked_again(asked)
            && parts(module, test, holds, BoolOp::And).into_iter().any(|(part, truth)| match module[part] {
                Expr::Compare { left, rest } => match module.list(rest) {
                    [other] if matches!(module[other.right], Expr::None) => {
                        asks(left) && (other.op == CmpOp::Is && truth || other.op == CmpOp::IsNot && !truth)
                    }
                    _ => false,
                },
                _ => asks(part) && !truth,
            })
    })
}

/// The only binding that a name may stand for where it is read.
fn alone_at(module: &Module, name: ExprId) -> Option<BindingId> {
    let Expr::Name { block, mark, .. } = module[name] else { return None };
    match module.reaching(variable_of(module, name)?, block, mark)[..] {
        [binding] => Some(binding),
        _ => None,
    }
}

/// Whether an expression is the `exception()` of the task that a binding holds, or a name for it alone, where a block reads it.
fn asks_for_exception(module: &Module, expr: ExprId, task: BindingId, read: BlockId) -> bool {
    match module[expr] {
        Expr::Named { value, .. } => asks_for_exception(module, value, task, read),
        Expr::Call { callee, .. } => match module[callee] {
            Expr::Attribute { value, name } => name == "exception" && alone_at(module, value) == Some(task),
            _ => false,
        },
        Expr::Name { .. } => alone_at(module, expr).is_some_and(|binding| match module[binding].kind {
            BindingKind::Assign { value, path, .. }
                if path.is_empty() && matches!(module[value], Expr::Call { .. }) =>
            {
                is_asked_anew(module, module[task].block, module[binding].block, read)
                    && asks_for_exception(module, value, task, read)
            }
            _ => false,
        }),
        _ => false,
    }
}

/// Whether control always comes from where a task is bound to where it is asked before the answer is read: the three follow each
/// other on every way, and no loop begins between them.
fn is_asked_anew(module: &Module, bound: BlockId, asked: BlockId, read: BlockId) -> bool {
    let comes_before = |first: BlockId, second: BlockId| module.passed_before(second).any(|block| block == first);
    let is_around = |region: RegionId| module.regions_around(read).any(|(other, _)| other == region);
    comes_before(bound, asked)
        && comes_before(asked, read)
        && !leads_to(module, bound, read, asked)
        && module.regions_around(asked).all(|(region, _)| is_around(region))
}

/// Whether control may come from one block to another without a third.
fn leads_to(module: &Module, from: BlockId, to: BlockId, without: BlockId) -> bool {
    if from == without {
        return false;
    }
    let mut entered: FxHashSet<BlockId> = FxHashSet::default();
    let mut open = vec![to];
    while let Some(block) = open.pop() {
        if block == from {
            return true;
        }
        if block != without && entered.insert(block) {
            open.extend(module.edges(block).iter().map(|edge| edge.from));
        }
    }
    false
}

/// Callables that give what they are given as a collection, or one after the other.
const COLLECT: &[&str] = &[
    "builtins.frozenset",
    "builtins.iter",
    "builtins.list",
    "builtins.reversed",
    "builtins.set",
    "builtins.sorted",
    "builtins.tuple",
];

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
