//! What lies behind a call that surely raises or never comes back, and is not reached for that.
//!
//! Knows: where control goes on from a block where such a call ends it, which functions never come to their end for that, and
//! what no other way leads to. Does not know: which calls are such.
//!
//! Nothing is taken out of what is reached: what ends a way is mended one day, and then the rest is.

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::{Analysis, ReachedCode};
use super::code::{Graph, each_statement, function_of};
use super::exceptions::Kinds;
use super::sdk_calls::SdkCall;
use super::settled::does_nothing;
use super::signatures::Sdk;
use crate::python::{Code, Edge, Event, EventKind, FunctionRef, Likelihood, NodeId, Value};
use crate::registry::schema::SdkParameter;
use crate::semantic::{BlockId, Condition, Edge as FlowEdge, Expr, FunctionId, Module, Name, RegionKind, TryId, Use};
use crate::source::{FileId, TextRange, TextSize};

/// What is raised for arguments that are not taken.
pub const WRONG_ARGUMENTS: &str = "builtins.TypeError";

/// A call or read behind which its code does not go on.
#[derive(Debug, Clone, Copy)]
pub struct End {
    /// The code that holds it.
    pub node: NodeId,
    /// Where.
    pub range: TextRange,
    /// The block that runs it.
    pub block: BlockId,
    /// The class outside the project of what is raised, where it is known.
    pub raises: Option<&'static str>,
}

/// What is behind ends.
#[derive(Debug, Default)]
pub struct Behind {
    /// What is left of code that holds an end.
    rest: FxHashMap<NodeId, Rest>,
    /// The code to which no way leads any more.
    cut_off: FxHashSet<NodeId>,
}

/// What is left of a piece of code.
#[derive(Debug, Default)]
struct Rest {
    ends: Vec<End>,
    /// The blocks to which control comes.
    blocks: FxHashSet<BlockId>,
}

impl Rest {
    /// Where a block ends before its own end.
    fn end_of(&self, block: BlockId) -> Option<&End> {
        self.ends.iter().filter(|end| end.block == block).min_by_key(|end| end.range.end())
    }

    fn holds(&self, block: BlockId, at: TextSize) -> bool {
        self.blocks.contains(&block) && self.end_of(block).is_none_or(|end| at < end.range.end())
    }
}

impl Behind {
    /// What lies behind ends, in all that is reached.
    #[must_use]
    pub fn of(reached: &ReachedCode<'_>, ends: Vec<End>) -> Self {
        let mut behind = Self::default();
        if ends.is_empty() {
            return behind;
        }
        let graph = Graph::new(&reached.reach);
        let mut files = Files::default();
        let mut todo = ends;
        while let Some(end) = todo.pop() {
            let node = end.node;
            let rest = behind.rest.entry(node).or_default();
            if rest.ends.iter().any(|known| known.range == end.range) {
                continue;
            }
            rest.ends.push(end);
            rest.blocks = Flow { graph, node, ends: &rest.ends }.blocks(&mut files);
            if graph.exit_of(node).is_some_and(|exit| !rest.blocks.contains(&exit)) {
                todo.extend(behind.calls_that_end(graph, node));
            }
        }
        behind.cut_off = behind.without_way(&graph);
        behind
    }

    /// The calls and imports that only lead to code that never comes to its end.
    fn calls_that_end(&self, graph: Graph<'_, '_>, node: NodeId) -> Vec<End> {
        let comes_back = |to: NodeId| {
            let left = self.rest.get(&to);
            graph.exit_of(to).is_none_or(|exit| left.is_none_or(|rest| rest.blocks.contains(&exit)))
        };
        let ends = |edge: &Edge| {
            let others = graph.led_to_by(edge.from, edge.site);
            let is_sure = !edge.doubtful && !edge.unlikely && is_run_at_once(graph, edge, node);
            (is_sure && !others.into_iter().any(comes_back)).then_some(End {
                node: edge.from,
                range: edge.site,
                block: edge.block?,
                raises: None,
            })
        };
        graph.ways_into(node).filter_map(ends).collect()
    }

    /// The code to which all ways are cut.
    fn without_way(&self, graph: &Graph<'_, '_>) -> FxHashSet<NodeId> {
        let mut todo: Vec<NodeId> = graph.reach.rooted(|_| true).collect();
        let mut seen: FxHashSet<NodeId> = todo.iter().copied().collect();
        while let Some(at) = todo.pop() {
            for (edge, to) in graph.leads_on(at) {
                let is_open = edge.block.is_none_or(|block| self.is_left(at, block, edge.site.start()));
                if is_open && seen.insert(*to) {
                    todo.push(*to);
                }
            }
        }
        graph.reach.nodes().map(|(id, _)| id).filter(|id| !seen.contains(id)).collect()
    }

    fn is_left(&self, node: NodeId, block: BlockId, at: TextSize) -> bool {
        self.rest.get(&node).is_none_or(|rest| rest.holds(block, at))
    }

    /// Whether a place of reached code lies behind an end on each way that leads there.
    #[must_use]
    pub fn holds(&self, reached: &ReachedCode<'_>, node: NodeId, range: TextRange) -> bool {
        self.cut_off.contains(&node)
            || self.rest.contains_key(&node)
                && block_at(reached, node, range).is_some_and(|block| !self.is_left(node, block, range.start()))
    }

    /// Whether a place is itself an end.
    #[must_use]
    pub fn is_end(&self, node: NodeId, range: TextRange) -> bool {
        self.rest.get(&node).is_some_and(|rest| rest.ends.iter().any(|end| end.range == range))
    }
}

/// The calls of the SDK in reached code that raise before anything else happens, since it does not take their arguments.
pub fn refused_calls<'a>(analysis: &'a Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<(NodeId, &'a SdkCall)> {
    let mut refused: FxHashMap<FunctionRef, Vec<&SdkCall>> = FxHashMap::default();
    for call in analysis.sdk_calls().iter().filter(|call| call.is_refused()) {
        call.function.into_iter().for_each(|function| refused.entry(function).or_default().push(call));
    }
    let in_node = |(id, node)| {
        let calls = function_of(node).and_then(|function| refused.get(&function)).into_iter().flatten();
        calls.map(move |call| (id, *call))
    };
    reached.reach.nodes().flat_map(in_node).collect()
}

impl SdkCall {
    /// Whether it surely raises, since it does not take its arguments.
    fn is_refused(&self) -> bool {
        let is_plain = self.callee.as_str().starts_with("temporalio.")
            && !self.callee.as_str().starts_with("temporalio.exceptions.")
            && Sdk::of(self.callee.as_str()).is_none();
        let is_always_asked = |parameter: &SdkParameter| parameter.since.is_none() && parameter.until.is_none();
        let mut untaken = self.surplus().chain(self.misnamed().map(|(given, _)| given));
        let mut is_wrong = || untaken.any(|given| given.is_sure) || self.missing().any(is_always_asked);
        is_plain && !self.is_doubtful && is_wrong()
    }

    /// Whether it is given more by position than the one argument that it hands on to what it calls.
    #[must_use]
    pub fn is_handing_on_too_many(&self) -> bool {
        self.signature.parameter("args").is_some() && self.surplus().next().is_some()
    }

    /// The places at which it is said that it does not take its arguments.
    pub fn refused_at(&self) -> impl Iterator<Item = TextRange> + '_ {
        let wrong = self.surplus().chain(self.misnamed().map(|(given, _)| given)).map(|given| given.range);
        wrong.chain(self.missing().next().map(|_| self.callee_range))
    }
}

/// Where in reached code a name is read that the SDK does not have, and the block that reads it.
#[must_use]
pub fn unknown_names_in(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<(NodeId, TextRange, BlockId)> {
    let mut unknown: FxHashMap<FunctionRef, Vec<(TextRange, BlockId)>> = FxHashMap::default();
    for (&file, names) in analysis.unknown_names() {
        for name in names.iter().filter(|name| !name.is_doubtful) {
            let Some(at) = name.raises_at(analysis, file) else { continue };
            if let Some(function) = at.function {
                unknown.entry(function).or_default().push((name.range, at.block));
            }
        }
    }
    let in_node = |(id, node)| {
        let names = function_of(node).and_then(|function| unknown.get(&function)).into_iter().flatten();
        names.map(move |(range, block)| (id, *range, *block))
    };
    reached.reach.nodes().flat_map(in_node).collect()
}

/// Whether what an edge leads to runs there and then: a function that is called, and awaited where it is a coroutine, or a
/// module that is imported.
fn is_run_at_once(graph: Graph<'_, '_>, edge: &Edge, node: NodeId) -> bool {
    let Some(function) = function_of(graph.reach.node(node)) else {
        return matches!(graph.reach.node(node).code, Code::Module(_));
    };
    let definition = &graph.module(node)[function.function];
    let module = graph.module(edge.from);
    let Some(call) = graph.call_at(edge.from, edge.site) else { return false };
    let Expr::Call { callee, .. } = module[call] else { return false };
    let callee = graph.value(callee, edge.from);
    let is_it = callee.single().is_some_and(|callee| match graph.reach.evaluator().get(callee) {
        Value::Function(callable) => callable.function == function,
        _ => false,
    });
    is_it && !definition.is_generator && definition.is_async == matches!(module.uses().use_of(call), Use::Awaited(_))
}

impl Graph<'_, '_> {
    /// The last block of a function or module.
    fn exit_of(&self, node: NodeId) -> Option<BlockId> {
        let module = self.module(node);
        match self.reach.node(node).code {
            Code::Function(function) => Some(module[module[function.function].scope].exit),
            Code::Module(_) => Some(module[module.global()].exit),
            Code::Initialiser { .. } | Code::Factory { .. } => None,
        }
    }
}

/// The block that runs a place of reached code.
fn block_at(reached: &ReachedCode<'_>, node: NodeId, range: TextRange) -> Option<BlockId> {
    let found = reached.reach.node(node);
    let event = found.events.iter().chain(&found.shielded).find(|event| event.range == range);
    let graph = Graph::new(&reached.reach);
    event.and_then(|event| event.block).or_else(|| {
        let module = graph.module(node);
        if let Some(expr) = graph.expression_at(node, range)
            && let Some(statement) = module.uses().statement_of(expr)
        {
            return Some(graph.block_of(node, statement, expr));
        }
        let mut around = None;
        each_statement(module, graph.body(node), &mut |statement| {
            if module.statement_span(statement).contains_range(range) {
                around = Some(statement);
            }
        });
        around.map(|statement| module.block_of(statement))
    })
}

/// The blocks of the files that were looked at.
#[derive(Default)]
struct Files(FxHashMap<FileId, Blocks>);

struct Blocks {
    by_function: FxHashMap<Option<FunctionId>, Vec<BlockId>>,
    /// Those by which control comes into a `finally`.
    finals: FxHashSet<BlockId>,
}

impl Files {
    fn of(&mut self, module: &Module, file: FileId) -> &Blocks {
        self.0.entry(file).or_insert_with(|| {
            let mut by_function: FxHashMap<Option<FunctionId>, Vec<BlockId>> = FxHashMap::default();
            for block in module.block_ids() {
                by_function.entry(module[block].function).or_default().push(block);
            }
            Blocks { by_function, finals: entries_of_finally(module) }
        })
    }
}

/// Where control goes in a piece of code that has ends.
struct Flow<'g, 'r, 'p> {
    graph: Graph<'r, 'p>,
    node: NodeId,
    ends: &'g [End],
}

impl<'p> Flow<'_, '_, 'p> {
    fn module(&self) -> &'p Module {
        self.graph.module(self.node)
    }

    fn function(&self) -> Option<FunctionId> {
        function_of(self.graph.reach.node(self.node)).map(|function| function.function)
    }

    /// The blocks to which control comes.
    fn blocks(&self, files: &mut Files) -> FxHashSet<BlockId> {
        let module = self.module();
        let blocks = files.of(module, self.graph.place(self.node).file);
        let own = blocks.by_function.get(&self.function()).map_or(&[][..], Vec::as_slice);
        let finals = &blocks.finals;
        let mut found: FxHashSet<BlockId> = FxHashSet::default();
        loop {
            let before = found.len();
            for block in own {
                let is_entered = || {
                    let is_final = finals.contains(block);
                    module.edges(*block).iter().any(|edge| self.passes(&found, *edge, is_final))
                };
                if !found.contains(block) && (module.is_first(*block) || is_entered()) {
                    found.insert(*block);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    fn end_of(&self, block: BlockId) -> Option<&End> {
        self.ends.iter().find(|end| end.block == block)
    }

    fn passes(&self, found: &FxHashSet<BlockId>, edge: FlowEdge, is_final: bool) -> bool {
        let module = self.module();
        if !found.contains(&edge.from) {
            return false;
        }
        match edge.condition {
            // What comes from before the body comes from its first block as well.
            Condition::Raises(tried) => {
                is_within(module, edge.from, tried)
                    && self.end_of(edge.from).is_none_or(|end| self.may_be_handled(tried, end))
                    && self.may_hold(edge.condition)
            }
            Condition::Completes(tried) => {
                let exits = module.list(module[tried].normal_exits);
                let is_left = |exit: &BlockId| found.contains(exit) && self.end_of(*exit).is_none();
                let end = module[tried].finally_end;
                end.is_none_or(|end| found.contains(&end))
                    && (end == Some(edge.from) || is_left(&edge.from))
                    && exits.iter().any(is_left)
            }
            Condition::Suppresses(_) => self.may_hold(edge.condition),
            _ => (is_final || self.end_of(edge.from).is_none()) && self.may_hold(edge.condition),
        }
    }

    fn may_hold(&self, condition: Condition) -> bool {
        let evaluator = self.graph.reach.evaluator();
        evaluator.likelihood(condition, self.graph.place(self.node)) != Likelihood::No
    }

    /// Whether a handler may get what is raised in a block that an end ends: by something before the end, by its arguments, or by
    /// itself.
    fn may_be_handled(&self, tried: TryId, end: &End) -> bool {
        let module = self.module();
        let body = module.list(module[tried].body);
        let Some(first) = body.iter().find(|statement| !does_nothing(module, **statement)) else { return true };
        let is_first = module.statement_span(*first).contains_range(end.range) && module.block_of(*first) == end.block;
        let Some(class) = end.raises.filter(|_| is_first) else { return true };
        let (evaluator, place) = (self.graph.reach.evaluator(), self.graph.place(self.node));
        let mut handlers = Kinds::of_try(evaluator, module, tried, place);
        // What makes the arguments may raise before, but no failure of the SDK where it asks the SDK for nothing.
        let are_of_sdk = |kinds: &Kinds| !kinds.open && kinds.all_named(evaluator, is_sdk);
        let is_quiet = self.arguments_raise_nothing_of_the_sdk(end.range);
        let has_arguments = self.graph.led_to(self.node, end.range).next().is_some();
        handlers.any(|kinds| {
            let may_come = has_arguments && !(is_quiet && are_of_sdk(&kinds));
            may_come || kinds.take_outside(evaluator, class) != Some(false)
        })
    }

    fn arguments_raise_nothing_of_the_sdk(&self, range: TextRange) -> bool {
        let speaks = |event: &Event| match &event.kind {
            EventKind::Call { callee, .. } => is_sdk(*callee),
            EventKind::Raise(_) => true,
            _ => false,
        };
        let led = self.graph.all_led_to(self.node, range);
        !led.into_iter().any(|node| self.graph.reach.node(node).events.iter().any(speaks))
    }
}

fn is_sdk(name: Name) -> bool {
    name.as_str().starts_with("temporalio.")
}

/// Whether a block belongs to the protected body of a `try`.
fn is_within(module: &Module, block: BlockId, tried: TryId) -> bool {
    module.regions_around(block).any(|(_, region)| region.kind == RegionKind::Try(tried))
}

/// The blocks by which control comes into a `finally`, whatever it comes from.
fn entries_of_finally(module: &Module) -> FxHashSet<BlockId> {
    let begins = |block: &BlockId| {
        let region = module[*block].region.map(|region| module[region].kind);
        let [only] = module.edges(*block) else { return None };
        let outer = module[only.from].region;
        let entered = module[*block].region.is_some_and(|region| module[region].parent == outer);
        (matches!(region, Some(RegionKind::Finally(_))) && entered).then_some(only.from)
    };
    module.block_ids().filter_map(|block| begins(&block)).collect()
}
