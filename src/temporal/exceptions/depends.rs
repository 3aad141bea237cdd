//! On what it depends whether a statement runs: on data of the run, or on code and configuration alone.
//!
//! Knows: the tests on the way to a block, and where what they test comes from, parameters by what the calls on the way give
//! them. Does not know: what the statement does.

use std::cell::RefCell;

use rustc_hash::FxHashSet;

use super::code::{Graph, bindings_of, variable_of};
use crate::python::{Code, NodeId, Rest, Value, ValueId, Values};
use crate::semantic::{
    Argument, ArgumentKind, Binding, BindingId, BindingKind, BlockId, Condition as Passed, Expr, ExprId, Name,
    ParameterKind, RegionKind, ScopeId, Store, Suite, Use, VariableId,
};
use crate::source::TextRange;
use crate::temporal::lists::stores_into;

/// Through how many names and calls a test is followed.
const DEEP: usize = 48;

/// How deep constants nest.
const NESTED: usize = 6;

/// On what it depends whether something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// On functions, classes and constants alone, or on the environment.
    OnCode,
    /// On what the run is given, or what it got.
    OnData,
    /// On nothing: it always happens.
    Always,
}

/// A place to which control comes: the code, the block, and what leads on from there.
type Passage = (NodeId, BlockId, TextRange);

/// On what it depends whether control comes to some places, one after the other.
pub(super) fn condition(graph: &Graph<'_, '_>, places: &[Passage]) -> Condition {
    let question = Question { graph, asked: RefCell::default() };
    let mut found = Condition::Always;
    for end in 1..=places.len() {
        match condition_of_last(&question, &places[..end]) {
            Condition::OnData => return Condition::OnData,
            one => found = found.min(one),
        }
    }
    found
}

fn condition_of_last(question: &Question<'_, '_, '_>, way: &[Passage]) -> Condition {
    let Some((node, block, site)) = way.last().copied() else { return Condition::Always };
    let module = question.graph.module(node);
    // What a handler does depends on what failed.
    if module.regions_around(block).any(|(_, region)| matches!(region.kind, RegionKind::Handler(..))) {
        return Condition::OnData;
    }
    let tested = |(_, condition)| match condition {
        Passed::Test(test, _) => Some(test),
        Passed::Case { matched, .. } => Some(module[matched].subject),
        _ => None,
    };
    let passed: Vec<ExprId> = module.guards(block).filter_map(tested).collect();
    // The tests around say more than those that were passed before.
    let is_around = |test: &ExprId| {
        let statement = module.uses().statement_of(*test);
        statement.is_some_and(|statement| module.statement_span(statement).contains_range(site))
    };
    let around: Vec<ExprId> = passed.iter().copied().filter(is_around).collect();
    let tests = if around.is_empty() { passed } else { around };
    if tests.is_empty() {
        return Condition::Always;
    }
    if tests.iter().any(|test| question.is_data(way, *test, DEEP)) { Condition::OnData } else { Condition::OnCode }
}

/// On what tests depend.
struct Question<'q, 'r, 'p> {
    graph: &'q Graph<'r, 'p>,
    /// What was asked, each with how far down the way. One that is data ends all questions, so that what was asked before
    /// adds nothing.
    asked: RefCell<FxHashSet<(usize, Asked)>>,
}

/// What may be data, or hang on it.
#[derive(PartialEq, Eq, Hash)]
enum Asked {
    Expression(ExprId),
    Binding(BindingId),
    /// What is put into a collection.
    Stores(VariableId),
}

impl Question<'_, '_, '_> {
    fn is_new(&self, way: &[Passage], asked: Asked) -> bool {
        self.asked.borrow_mut().insert((way.len(), asked))
    }

    /// Whether an expression in the last code of a way depends on what the run is given, or what it got.
    fn is_data(&self, way: &[Passage], expr: ExprId, depth: usize) -> bool {
        let graph = self.graph;
        let Some((node, ..)) = way.last().copied().filter(|_| depth > 0) else { return true };
        let module = graph.module(node);
        if !self.is_new(way, Asked::Expression(expr)) {
            return false;
        }
        match module[expr] {
            Expr::Name { name, .. } => self.is_data_by_name(way, expr, name, depth - 1),
            Expr::Call { callee, arguments } => {
                let names = graph.outside_names(callee, node);
                if names.iter().any(|name| ENVIRONMENT.iter().any(|known| name.as_str().starts_with(known))) {
                    return false;
                }
                let given = module.list(arguments);
                let of_object = match module[callee] {
                    Expr::Attribute { value, .. } => self.is_data(way, value, depth - 1),
                    _ => given.is_empty() && names.is_empty(),
                };
                of_object || given.iter().any(|given| self.is_data(way, given.value, depth - 1))
            }
            Expr::Attribute { value, .. } => {
                !is_code(graph, &graph.value(expr, node), NESTED) && self.is_data(way, value, depth - 1)
            }
            Expr::Await(_) | Expr::Yield(_) | Expr::Invalid => true,
            _ => {
                let mut found = false;
                module.each_part(expr, &mut |part| found = found || self.is_data(way, part, depth));
                found
            }
        }
    }

    /// The same of a name: of what it is bound to, and of what is put into the table that it is.
    fn is_data_by_name(&self, way: &[Passage], expr: ExprId, name: Name, depth: usize) -> bool {
        let graph = self.graph;
        let Some((node, ..)) = way.last().copied() else { return true };
        let module = graph.module(node);
        let bindings = bindings_of(module, expr);
        let is_new = |binding: &&BindingId| self.is_new(way, Asked::Binding(**binding));
        let new: Vec<BindingId> = bindings.iter().filter(is_new).copied().collect();
        if new.is_empty() && !bindings.is_empty() {
            return false;
        }
        let own = variable_of(module, expr).filter(|variable| Some(module[*variable].scope) == own_scope(graph, node));
        // What is put into a collection while the code runs; into one of its own, what that code puts there, and whether it does.
        let puts_data = |store: &Store| {
            self.is_data(way, store.value, depth)
                || store.key.is_some_and(|key| self.is_data(way, key, depth))
                || self.is_decided_by_data(way, (store.block, module.span(store.value)), depth)
        };
        let is_filled = match own {
            Some(variable) => {
                self.is_new(way, Asked::Stores(variable))
                    && (stores_into(module, variable).into_iter().any(puts_data) || self.is_handed_on(node, variable))
            }
            None => module.stores(name).any(|store| module[store.block].function.is_some()),
        };
        if is_filled || is_code(graph, &graph.value(expr, node), NESTED) {
            return is_filled;
        }
        let is_one_of_several = |binding: &BindingId| {
            let Binding { block, range, .. } = module[*binding];
            bindings.len() > 1 && self.is_decided_by_data(way, (block, range), depth)
        };
        let gives = |binding: &BindingId| match module[*binding].kind {
            BindingKind::Assign { value, .. } => self.is_data(way, value, depth),
            BindingKind::Loop { iterable, .. } => self.is_data(way, iterable, depth),
            BindingKind::Import { .. }
            | BindingKind::ImportFrom { .. }
            | BindingKind::Function(_)
            | BindingKind::Class(_) => false,
            BindingKind::Parameter { index } => self.gives_data(way, index as usize, depth),
            _ => true,
        };
        bindings.is_empty() || new.iter().any(|binding| is_one_of_several(binding) || gives(binding))
    }

    /// Whether a table is given to a function of the project, which may put anything into it.
    fn is_handed_on(&self, node: NodeId, variable: VariableId) -> bool {
        let module = self.graph.module(node);
        let is_handed = |read: ExprId| {
            let Use::Argument { call, .. } = module.uses().use_of(read) else { return false };
            let Expr::Call { callee, .. } = module[call] else { return false };
            self.graph.outside_names(callee, node).is_empty()
        };
        let is_table = |binding: &BindingId| match module[*binding].kind {
            BindingKind::Assign { value, .. } => matches!(module[value], Expr::List(_) | Expr::Dict(_) | Expr::Set(_)),
            _ => false,
        };
        let bindings = &module[variable].bindings;
        bindings.iter().any(is_table) && bindings.iter().flat_map(|binding| module.reads_of(*binding)).any(is_handed)
    }

    /// Whether data decide if, or how often, control comes to a place of a block: a test before it or a loop around is about them.
    fn is_decided_by_data(&self, way: &[Passage], (block, place): (BlockId, TextRange), depth: usize) -> bool {
        let Some((node, ..)) = way.last() else { return true };
        let module = self.graph.module(*node);
        let holds = |suite: Suite| {
            let mut statements = module.list(suite).iter();
            statements.any(|statement| module.statement_span(*statement).contains_range(place))
        };
        let mut heads = module.loop_ids().map(|id| module[id]).filter(|looped| holds(looped.body));
        heads.any(|looped| self.is_data(way, looped.head, depth))
            || module.guards(block).any(|(_, passed)| match passed {
                Passed::Test(test, _) => self.is_data(way, test, depth),
                Passed::Always | Passed::Returns(_) => false,
                _ => true,
            })
    }

    /// Whether the call by which the last code of a way is entered gives one of its parameters data.
    fn gives_data(&self, way: &[Passage], index: usize, depth: usize) -> bool {
        let graph = self.graph;
        let [before @ .., (called, ..)] = way else { return true };
        let Some((caller, _, site)) = before.last().copied() else { return true };
        let Code::Function(function) = graph.reach.node(*called).code else { return true };
        let (own, module) = (graph.module(*called), graph.module(caller));
        let Some(Expr::Call { callee, arguments }) = graph.call_at(caller, site).map(|call| module[call]) else {
            return true;
        };
        let Some(parameter) = own.parameters(function.function).get(index) else { return true };
        let evaluator = graph.reach.evaluator();
        let is_bound = graph.value(callee, caller).known.iter().find_map(|callee| match evaluator.get(*callee) {
            Value::Function(callable) if callable.function == function => Some(callable.receiver.is_some()),
            Value::Class(..) => Some(true),
            _ => None,
        });
        let Some(is_bound) = is_bound else { return true };
        let given = module.list(arguments);
        let is_plain = |given: &Argument| !matches!(given.kind, ArgumentKind::Star | ArgumentKind::DoubleStar);
        let is_data = |argument: &Argument| self.is_data(before, argument.value, depth);
        match parameter.kind {
            ParameterKind::Rest => {
                let first = index.saturating_sub(usize::from(is_bound));
                let by_position =
                    |given: &Argument| matches!(given.kind, ArgumentKind::Positional | ArgumentKind::Star);
                given.iter().skip(first).any(|given| by_position(given) && is_data(given))
            }
            ParameterKind::KeywordRest => true,
            _ if !given.iter().all(is_plain) => true,
            _ => match own.argument_taken_by((function.function, index), is_bound, given) {
                Some(given) => is_data(given),
                // The default is written in the code.
                None => parameter.default.is_none(),
            },
        }
    }
}

/// The scope of the function that a node is.
fn own_scope(graph: &Graph<'_, '_>, node: NodeId) -> Option<ScopeId> {
    match graph.reach.node(node).code {
        Code::Function(function) => Some(graph.module(node)[function.function].scope),
        _ => None,
    }
}

/// Where the environment and the interpreter are asked.
const ENVIRONMENT: &[&str] = &["os.getenv", "os.environ", "sys.", "platform.", "inspect.", "importlib."];

/// Whether values are functions, classes, modules and constants, and nothing else.
fn is_code(graph: &Graph<'_, '_>, values: &Values, depth: usize) -> bool {
    values.rest == Rest::Nothing
        && values.known.len() == 1
        && values.known.iter().all(|id| is_code_value(graph, *id, depth))
}

fn is_code_value(graph: &Graph<'_, '_>, id: ValueId, depth: usize) -> bool {
    match graph.reach.evaluator().get(id) {
        Value::None
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Str(_)
        | Value::Module(_)
        | Value::Namespace(_)
        | Value::Class(..)
        | Value::DynamicClass(_)
        | Value::Outside(_)
        | Value::Function(_) => true,
        Value::Items(_, items) => depth > 0 && items.iter().all(|item| is_code(graph, item, depth - 1)),
        Value::Table(entries) => {
            depth > 0 && entries.iter().all(|(key, item)| key.is_some() && is_code(graph, item, depth - 1))
        }
        _ => false,
    }
}
