//! Commands that look as if they ran beside each other, and run one after the other.
//!
//! Knows: coroutines of commands, and of functions of the project that await some which take time, which are put in a list, and
//! the loop that awaits them; and those that are bound to names one after the other, and awaited behind that one after the other. Does not
//! know: whether that is meant.

use super::analysis::{Analysis, ReachedCode};
use super::code::{Graph, bindings_of, each_within, expressions};
use super::collected::awaited_in_turn;
use super::commands::Commands;
use super::fates::{Fate, fates_of};
use super::sdk_calls::SdkCall;
use crate::python::{Code, NodeId};
use crate::semantic::{Argument, BindingKind, BlockId, Expr, ExprId, Module, Name, Use};
use crate::source::{FileId, TextRange};

/// Commands that look as if they ran beside each other.
#[derive(Debug, Clone, Copy)]
pub struct InTurn<'a> {
    /// The call that makes a coroutine.
    pub call: &'a SdkCall,
    /// Where it is awaited.
    pub awaited: TextRange,
    /// Whether each has a name of its own; else one call makes those of a list.
    pub is_named: bool,
}

/// Such commands of all files.
pub fn in_turn<'a>(analysis: &'a Analysis<'_, '_>) -> Vec<InTurn<'a>> {
    let is_command =
        |call: &&SdkCall| call.signature.is_async && call.callee.as_str().starts_with("temporalio.workflow.execute_");
    let commands: Vec<&SdkCall> = analysis.sdk_calls().iter().filter(is_command).collect();
    let calls: Vec<(FileId, ExprId)> = commands.iter().map(|call| (call.span.file, call.expr)).collect();
    let found = awaited_one_by_one(analysis, &calls).into_iter();
    found.map(|one| InTurn { call: commands[one.call], awaited: one.awaited, is_named: one.is_named }).collect()
}

/// Calls of the project's own coroutines that look as if they ran beside each other, and issue commands.
#[derive(Debug, Clone)]
pub struct OwnInTurn {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// The call that makes a coroutine.
    pub range: TextRange,
    /// How the function is called.
    pub name: String,
    /// Where it is awaited.
    pub awaited: TextRange,
    /// Whether each has a name of its own; else one call makes those of a list.
    pub is_named: bool,
}

/// Such calls in reached code.
#[must_use]
pub fn own_in_turn(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<OwnInTurn> {
    let graph = Graph::new(&reached.reach);
    let commands = Commands::of(&reached.reach);
    let mut calls = Vec::new();
    for (node, of_node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        let module = graph.module(node);
        for (edge, to) in graph.leads_on(node) {
            let Code::Function(function) = reached.reach.node(*to).code else { continue };
            let definition = &reached.reach.evaluator().project().module(function.file)[function.function];
            let is_coroutine = match definition.is_async {
                true => !definition.is_generator,
                false => gives_command(&graph, *to),
            };
            // What waits for nothing takes no time, however many there are of it.
            if is_coroutine
                && commands.contain(*to)
                && (!definition.is_async || Waits { graph: &graph }.surely(*to, &mut Vec::new()))
                && let Some(call) = module.call_at(edge.site)
            {
                calls.push((node, (of_node.code.file(), call), definition.name));
            }
        }
    }
    // In the order of the text, each once.
    calls.sort_by_key(|(node, (file, call), _)| (*file, graph.module(*node).span(*call).start(), *node));
    calls.dedup_by_key(|(_, call, _)| *call);
    let places: Vec<(FileId, ExprId)> = calls.iter().map(|(_, call, _)| *call).collect();
    let found = awaited_one_by_one(analysis, &places).into_iter().map(|one| {
        let (node, (_, call), name) = calls[one.call];
        let range = graph.module(node).span(call);
        OwnInTurn { node, range, name: name.to_string(), awaited: one.awaited, is_named: one.is_named }
    });
    found.collect()
}

/// Whether coroutines of the project take time: those that await the end of work, and not only its beginning. Conditions do not
/// count: several that are waited for in turn take no longer than the last of them.
struct Waits<'g, 'r, 'p> {
    graph: &'g Graph<'r, 'p>,
}

impl Waits<'_, '_, '_> {
    fn surely(&self, node: NodeId, seen: &mut Vec<NodeId>) -> bool {
        if seen.contains(&node) {
            return false;
        }
        seen.push(node);
        let module = self.graph.module(node);
        let awaits = expressions(module, self.graph.body(node), |expr| matches!(expr, Expr::Await(_)));
        awaits.into_iter().any(|(_, awaited)| match module[awaited] {
            Expr::Await(given) => self.takes_time(node, given, seen),
            _ => false,
        })
    }

    fn takes_time(&self, node: NodeId, awaited: ExprId, seen: &mut Vec<NodeId>) -> bool {
        let module = self.graph.module(node);
        let awaited = match bindings_of(module, awaited) {
            [only] => match module[*only].kind {
                BindingKind::Assign { value, path, .. } if path.is_empty() => value,
                _ => return false,
            },
            _ => awaited,
        };
        // `asyncio.gather(*[self.draw(seat) for seat in seats])`: what is awaited with others is part of it.
        let is_joined = |name: &Name| name.as_str().starts_with("asyncio.") && name != "asyncio.sleep";
        let names = self.graph.outside_names_called(awaited, node);
        if names.is_empty() || !names.iter().all(is_joined) {
            return self.is_work(node, awaited, seen);
        }
        let mut found = false;
        each_within(module, awaited, &mut |part| found = found || self.is_work(node, part, seen));
        found
    }

    fn is_work(&self, node: NodeId, call: ExprId, seen: &mut Vec<NodeId>) -> bool {
        let module = self.graph.module(node);
        let Expr::Call { arguments, .. } = module[call] else { return false };
        let names = self.graph.outside_names_called(call, node);
        if !names.is_empty() {
            let is_zero = |given: &Argument| matches!(module[given.value], Expr::Int(0));
            return names.iter().all(|name| is_work(name.as_str())) && !module.list(arguments).iter().any(is_zero);
        }
        let inside: Vec<NodeId> = self.graph.led_to_by(node, module.span(call)).collect();
        !inside.is_empty() && inside.into_iter().all(|to| self.surely(to, seen) || gives_command(self.graph, to))
    }
}

/// Whether the value of a call outside the project comes when work has ended that it stands for, or after a time.
fn is_work(name: &str) -> bool {
    let ends = |function: &str| {
        function.starts_with("execute_")
            || function.ends_with(".execute_operation")
            || function == "sleep"
            || matches!(function.strip_prefix("start_"), Some(begun) if begun.contains("activity"))
    };
    name == "asyncio.sleep" || name.strip_prefix("temporalio.workflow.").is_some_and(ends)
}

/// Whether a plain function gives the coroutine of a command on, and nothing else.
fn gives_command(graph: &Graph<'_, '_>, node: NodeId) -> bool {
    let Code::Function(function) = graph.reach.node(node).code else { return false };
    let module = graph.module(node);
    let mut returns = module[function.function].returns.iter().peekable();
    let is_command = |given: ExprId| {
        let names = graph.outside_names_called(given, node);
        !names.is_empty() && names.iter().all(|name| name.as_str().starts_with("temporalio.workflow.execute_"))
    };
    returns.peek().is_some() && returns.all(|given| given.value.is_some_and(is_command))
}

/// A coroutine, by its position among some calls, that is awaited when the one before it has ended.
struct OneByOne {
    call: usize,
    awaited: TextRange,
    is_named: bool,
}

fn awaited_one_by_one(analysis: &Analysis<'_, '_>, calls: &[(FileId, ExprId)]) -> Vec<OneByOne> {
    let mut found = Vec::new();
    for (call, (file, expr)) in calls.iter().enumerate() {
        let module = analysis.project.module(*file);
        if let Some(awaited) = awaited_in_turn(module, *expr) {
            found.push(OneByOne { call, awaited: module.span(awaited), is_named: false });
        }
    }
    found.extend(named_in_turn(analysis, calls));
    found
}

/// A coroutine that a name holds from its call to its one `await`.
struct Named {
    call: usize,
    file: FileId,
    range: TextRange,
    block: BlockId,
    awaited: TextRange,
}

/// Commands whose coroutines are bound behind those of others, without a wait in between, and awaited behind those. The first
/// of them begins where it is awaited, as it looks.
fn named_in_turn(analysis: &Analysis<'_, '_>, calls: &[(FileId, ExprId)]) -> Vec<OneByOne> {
    let of_call = |(call, (file, expr)): (usize, &(FileId, ExprId))| {
        let module = analysis.project.module(*file);
        let Use::Bound(_) = module.uses().use_of(*expr) else { return None };
        let [Fate::Awaited(awaited)] = fates_of(module, *expr)[..] else { return None };
        let (range, awaited) = (module.span(*expr), module.span(awaited));
        Some(Named { call, file: *file, range, block: module.block_of_call(*expr)?, awaited })
    };
    let mut named: Vec<Named> = calls.iter().enumerate().filter_map(of_call).collect();
    named.sort_by_key(|named| (named.file, named.range.start()));
    let mut found = Vec::new();
    for pair in named.windows(2) {
        let [before, call] = pair else { continue };
        if before.file == call.file
            && before.block == call.block
            && before.awaited.end() <= call.awaited.start()
            && !waits_between(analysis.project.module(call.file), before.range, call.range)
        {
            found.push(OneByOne { call: call.call, awaited: call.awaited, is_named: true });
        }
    }
    found
}

/// Whether something is awaited from one place to another.
fn waits_between(module: &Module, first: TextRange, second: TextRange) -> bool {
    module.expression_ids().any(|expr| {
        let is_between = |range: TextRange| range.start() >= first.end() && range.end() <= second.start();
        matches!(module[expr], Expr::Await(_)) && is_between(module.span(expr))
    })
}
