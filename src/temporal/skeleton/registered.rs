//! Handlers that a workflow's code registers by a call, and not by a decorator.
//!
//! Knows: `workflow.set_signal_handler("name", self.handle)` and its like in methods of the workflow's class and its bases. Does
//! not know: functions that are no methods, or when the call is made: what came before waits for it.

use super::Analysis;
use crate::python::{Ancestor, Code, Place, Value};
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, Module, Name};
use crate::source::{FileId, Span};
use crate::temporal::definitions::{EntryPoint, Role};

/// What registers a handler, of which kind, and the position of the handler among what it is given; the dynamic ones have no
/// name.
const REGISTERING: [(&str, Role, usize); 4] = [
    ("temporalio.workflow.set_signal_handler", Role::Signal, 1),
    ("temporalio.workflow.set_update_handler", Role::Update, 1),
    ("temporalio.workflow.set_dynamic_signal_handler", Role::Signal, 0),
    ("temporalio.workflow.set_dynamic_update_handler", Role::Update, 0),
];

/// The handlers that a workflow registers by calls, as entry points of their messages' names.
pub(super) fn registered(analysis: &Analysis<'_, '_>, workflow: usize) -> Vec<EntryPoint> {
    let is_run = |entry: &&EntryPoint| entry.workflow == Some(workflow) && entry.role == Role::Run;
    let Some(run) = analysis.definitions.entry_points.iter().find(is_run) else { return Vec::new() };
    let class = analysis.definitions.workflows[workflow].class;
    let mut found = Vec::new();
    for ancestor in analysis.evaluator.order_of_value(class).iter() {
        let Ancestor::Project(owner, _) = ancestor else { continue };
        let module = analysis.project.module(owner.file);
        let is_own = |call: &&ExprId| {
            let method = module.block_of_call(**call).and_then(|block| module.method_around(module[block].scope));
            method.is_some_and(|(_, around)| around == owner.class)
        };
        let calls = module.calls().iter().filter(is_own);
        found.extend(calls.filter_map(|call| of_call(analysis, (owner.file, module), *call, run)));
    }
    found
}

fn of_call(
    analysis: &Analysis<'_, '_>,
    (file, module): (FileId, &Module),
    call: ExprId,
    run: &EntryPoint,
) -> Option<EntryPoint> {
    let Expr::Call { callee, arguments } = module[call] else { return None };
    let (Expr::Attribute { name: called, .. } | Expr::Name { name: called, .. }) = module[callee] else { return None };
    REGISTERING.iter().find(|(known, ..)| known.ends_with(called.as_str()))?;
    let place = Place { file, frame: None };
    let value = |expr: ExprId| analysis.evaluator.value(expr, place);
    let symbol = analysis.evaluator.outside_name(value(callee).single()?)?;
    let (_, role, position) = REGISTERING.iter().find(|(known, ..)| symbol == *known)?;
    let arguments = module.list(arguments);
    let name = match position {
        0 => Name::new(""),
        _ => match analysis.evaluator.get(value(argument(arguments, 0, "name")?).only()?) {
            Value::Str(name) => *name,
            _ => return None,
        },
    };
    let handler = value(argument(arguments, *position, "handler")?).single()?;
    let Value::Function(callable) = analysis.evaluator.get(handler) else { return None };
    callable.receiver?;
    let there = analysis.project.module(callable.function.file);
    let span = Span { file: callable.function.file, range: there[callable.function.function].name_range };
    let mut entry = EntryPoint { role: *role, name: name.to_string(), span, ..run.clone() };
    (entry.root.code, entry.root.outer) = (Code::Function(callable.function), callable.outer);
    Some(entry)
}

fn argument(arguments: &[Argument], position: usize, name: &str) -> Option<ExprId> {
    let named = arguments.iter().find(|given| matches!(given.kind, ArgumentKind::Keyword(known) if known == name));
    let positional = || arguments.get(position).filter(|given| given.kind == ArgumentKind::Positional);
    named.or_else(positional).map(|given| given.value)
}
