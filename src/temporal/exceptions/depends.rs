//! On what it depends whether a statement runs: on data of the run, or on code and configuration alone.
//!
//! Knows: the tests on the way to a block, and where what they test comes from. Does not know: what the statement does.

use super::code::{Graph, bindings_of};
use crate::python::{NodeId, Rest, Value, ValueId, Values};
use crate::semantic::{BindingKind, BlockId, Condition as Passed, Expr, ExprId, RegionKind};
use crate::source::TextRange;

/// Through how many names a test is followed.
const DEEP: usize = 6;

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

/// On what it depends whether control comes to some places, one after the other.
pub(super) fn condition(graph: &Graph<'_, '_>, places: &[(NodeId, BlockId, TextRange)]) -> Condition {
    let mut found = Condition::Always;
    for (node, block, site) in places {
        match condition_of_one(graph, *node, *block, *site) {
            Condition::OnData => return Condition::OnData,
            one => found = found.min(one),
        }
    }
    found
}

fn condition_of_one(graph: &Graph<'_, '_>, node: NodeId, block: BlockId, site: TextRange) -> Condition {
    let module = graph.module(node);
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
    let on_data = tests.iter().any(|test| is_data(graph, node, *test, DEEP));
    if on_data { Condition::OnData } else { Condition::OnCode }
}

fn is_data(graph: &Graph<'_, '_>, node: NodeId, expr: ExprId, depth: usize) -> bool {
    let module = graph.module(node);
    if depth == 0 {
        return true;
    }
    match module[expr] {
        Expr::Name { name, .. } => {
            let values = graph.value(expr, node);
            // What is put into a collection while the code runs.
            if module.stores(name).any(|store| module[store.block].function.is_some()) {
                return true;
            }
            if is_code(graph, &values, DEEP) {
                return false;
            }
            let bindings = bindings_of(module, expr);
            bindings.is_empty()
                || bindings.iter().any(|binding| match module[*binding].kind {
                    BindingKind::Assign { value, .. } => is_data(graph, node, value, depth - 1),
                    BindingKind::Loop { iterable, .. } => is_data(graph, node, iterable, depth - 1),
                    BindingKind::Import { .. }
                    | BindingKind::ImportFrom { .. }
                    | BindingKind::Function(_)
                    | BindingKind::Class(_) => false,
                    _ => true,
                })
        }
        Expr::Call { callee, arguments } => {
            let names = graph.outside_names(callee, node);
            if names.iter().any(|name| ENVIRONMENT.iter().any(|known| name.as_str().starts_with(known))) {
                return false;
            }
            let given = module.list(arguments);
            let of_object = match module[callee] {
                Expr::Attribute { value, .. } => is_data(graph, node, value, depth - 1),
                _ => given.is_empty() && names.is_empty(),
            };
            of_object || given.iter().any(|given| is_data(graph, node, given.value, depth - 1))
        }
        Expr::Attribute { value, .. } => {
            !is_code(graph, &graph.value(expr, node), DEEP) && is_data(graph, node, value, depth - 1)
        }
        Expr::Await(_) | Expr::Yield(_) | Expr::Invalid => true,
        _ => {
            let mut found = false;
            module.each_part(expr, &mut |part| found = found || is_data(graph, node, part, depth));
            found
        }
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
        Value::Items(items) => depth > 0 && items.iter().all(|item| is_code(graph, item, depth - 1)),
        Value::Table(entries) => {
            depth > 0 && entries.iter().all(|(key, item)| key.is_some() && is_code(graph, item, depth - 1))
        }
        _ => false,
    }
}
