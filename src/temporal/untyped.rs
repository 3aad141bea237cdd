//! Results of calls by name that are used as objects.
//!
//! Knows: calls of activities, workflows, queries and updates by a name string without `result_type`, handles without a type,
//! and what is read from their results. Does not know: which of it is a finding.
//!
//! Without a type the converter gives what JSON gives: a dict for an object (temporalio/converter/_payload_converter.py).

use super::analysis::Analysis;
use super::code::each_within;
use super::exceptions::RaisedAt;
use super::fates::{Fate, fates_of};
use super::held::held;
use super::sdk_calls::SdkCall;
use super::targets::Target;
use crate::python::{FunctionRef, Place, Rest, Value, ValueId, Values};
use crate::semantic::{BindingKind, Expr, ExprId, Module, Name, RegionKind, Stmt, Use};
use crate::source::{Span, TextRange};

/// A result without a type that is used as an object.
#[derive(Debug, Clone)]
pub struct UntypedResult {
    /// Where the call stands.
    pub span: Span,
    /// How it is called.
    pub call: &'static str,
    /// What is read from the result, or the class that it is said to be where something is.
    pub read: Name,
    /// Where.
    pub place: TextRange,
    /// The code that reads it.
    pub at: RaisedAt,
}

/// The results without a type of all files that are used as objects.
#[must_use]
pub fn untyped_results(analysis: &Analysis<'_, '_>) -> Vec<UntypedResult> {
    let calls = analysis.sdk_calls().iter().filter(|call| !call.is_doubtful && is_untyped(analysis, call));
    calls.filter_map(|call| used_as_object(analysis, call)).collect()
}

/// What each call takes a name by.
const NAMED: &[(&str, &str)] = &[
    ("temporalio.workflow.execute_activity", "activity"),
    ("temporalio.workflow.execute_local_activity", "activity"),
    ("temporalio.workflow.execute_child_workflow", "workflow"),
    ("temporalio.workflow.start_activity", "activity"),
    ("temporalio.workflow.start_child_workflow", "workflow"),
    ("temporalio.workflow.start_local_activity", "activity"),
    ("temporalio.client.Client.execute_workflow", "workflow"),
    ("temporalio.client.WorkflowHandle.query", "query"),
    ("temporalio.client.WorkflowHandle.execute_update", "update"),
];

fn is_untyped(analysis: &Analysis<'_, '_>, call: &SdkCall) -> bool {
    if call.callee == "temporalio.client.WorkflowHandle.result" {
        return is_of_untyped_handle(analysis, call);
    }
    let Some((_, parameter)) = NAMED.iter().find(|(callee, _)| call.callee == *callee) else { return false };
    let Some(given) = call.argument(parameter) else { return false };
    // What the SDK answers itself it knows the type of.
    let is_own = |name: Name| !name.as_str().starts_with("__");
    let is_name = match analysis.target_of(call, given) {
        Some(target) => matches!(target, Target::Name(name) if is_own(name)),
        None => are_names(analysis, &given.values, is_own),
    };
    call.lacks("result_type") && is_name
}

/// Whether an argument is one of several names: `execute_activity(names[kind], …)`.
fn are_names(analysis: &Analysis<'_, '_>, given: &Values, is_own: impl Fn(Name) -> bool) -> bool {
    let is_name = |value: &ValueId| matches!(analysis.evaluator.get(*value), Value::Str(name) if is_own(*name));
    given.rest != Rest::Anything && given.known.len() > 1 && given.known.iter().all(is_name)
}

/// Whether a handle was made by `get_workflow_handle` in the same function, without a type.
fn is_of_untyped_handle(analysis: &Analysis<'_, '_>, call: &SdkCall) -> bool {
    let module = analysis.project.module(call.span.file);
    let Expr::Call { callee, .. } = module[call.expr] else { return false };
    let Expr::Attribute { value, .. } = module[callee] else { return false };
    let made = match module[value] {
        Expr::Call { .. } => value,
        Expr::Name { name, block, .. } => {
            let Some(variable) = module.variable_read(name, block) else { return false };
            match module[variable].bindings.as_slice() {
                [only] => match module[*only].kind {
                    BindingKind::Assign { value, path, .. } if path.is_empty() => value,
                    _ => return false,
                },
                _ => return false,
            }
        }
        _ => return false,
    };
    let made = analysis.sdk_calls().iter().find(|other| other.span.file == call.span.file && other.expr == made);
    made.is_some_and(|made| made.callee == "temporalio.client.Client.get_workflow_handle" && made.lacks("result_type"))
}

fn used_as_object(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<UntypedResult> {
    let module = analysis.project.module(call.span.file);
    // Starting a child is awaited, and gives its handle.
    let held = held(module, call.expr, call.callee == "temporalio.workflow.start_child_workflow");
    // A question for the class of one is a question for all that the name stands for.
    let is_asked = |result: &ExprId| {
        let is_matched = matches!(module.uses().use_of(*result), Use::Matched(_));
        is_matched || fates_of(module, *result).into_iter().any(|fate| is_prepared(module, fate))
    };
    if held.iter().any(is_asked) {
        return None;
    }
    held.into_iter().find_map(|result| result_as_object(analysis, call, result))
}

fn result_as_object(analysis: &Analysis<'_, '_>, call: &SdkCall, result: ExprId) -> Option<UntypedResult> {
    let module = analysis.project.module(call.span.file);
    let made = |read: Name, place: ExprId| {
        let file = call.span.file;
        let block = module.block_of_expression(place).unwrap_or(call.block);
        let function = module[block].function.map(|function| FunctionRef { file, function });
        let at = RaisedAt { function, block };
        UntypedResult { span: call.span, call: call.short_name(), read, place: module.span(place), at }
    };
    let fates = fates_of(module, result);
    // What is said to be an object, and only handed on to a model or command, may be made into one by whoever takes it.
    if let Some(class) = said_to_be(analysis, call, module, result) {
        return fates.into_iter().find_map(|fate| match fate {
            Fate::Attribute(read) => Some(made(class, read)),
            Fate::Argument(given) if is_given_to_a_function(analysis, call, module, given) => Some(made(class, given)),
            _ => None,
        });
    }
    fates.into_iter().find_map(|fate| {
        let Fate::Attribute(read) = fate else { return None };
        let Expr::Attribute { name, .. } = module[read] else { return None };
        (!is_of_plain_value(name.as_str()) && !name.as_str().starts_with("__")).then(|| made(name, read))
    })
}

/// Whether a value is given to a function of the program, which takes it for what it is said to be.
fn is_given_to_a_function(analysis: &Analysis<'_, '_>, call: &SdkCall, module: &Module, given: ExprId) -> bool {
    let Use::Argument { call: given_to, .. } = module.uses().use_of(given) else { return false };
    let Expr::Call { callee, .. } = module[given_to] else { return false };
    let callees = analysis.evaluator.value(callee, Place { file: call.span.file, frame: None });
    callees.known.iter().any(|callee| matches!(analysis.evaluator.get(*callee), Value::Function(_)))
}

/// Whether code that uses a value is prepared for plain data: it asks for the class, or takes what reading an attribute raises.
fn is_prepared(module: &Module, fate: Fate) -> bool {
    match fate {
        Fate::Argument(given) => asks_for_class(module, given),
        Fate::Attribute(read) => takes_missing_attribute(module, read),
        _ => false,
    }
}

/// Whether an `except AttributeError` stands around an expression.
fn takes_missing_attribute(module: &Module, read: ExprId) -> bool {
    let Some(block) = module.block_of_expression(read) else {
        return false;
    };
    let names = |class: ExprId| {
        let mut found = false;
        each_within(module, class, &mut |part| {
            found |= matches!(module[part], Expr::Name { name, .. } if name == "AttributeError");
        });
        found
    };
    module.regions_around(block).any(|(_, region)| {
        let RegionKind::Try(tried) = region.kind else { return false };
        module.list(module[tried].handlers).iter().any(|handler| handler.kind.is_some_and(names))
    })
}

/// Whether a value is given to `isinstance` and the like: code that asks is prepared for plain data.
pub(super) fn asks_for_class(module: &Module, given: ExprId) -> bool {
    let Use::Argument { call, .. } = module.uses().use_of(given) else { return false };
    let Expr::Call { callee, .. } = module[call] else { return false };
    matches!(module[callee], Expr::Name { name, .. } if matches!(name.as_str(), "isinstance" | "type" | "hasattr"))
}

/// The class of the project that a declaration says a result is: `receipt: Receipt = await …`.
fn said_to_be(analysis: &Analysis<'_, '_>, call: &SdkCall, module: &Module, awaited: ExprId) -> Option<Name> {
    let Use::Bound(statement) = module.uses().use_of(awaited) else { return None };
    let Stmt::Declare { target, .. } = module[statement] else { return None };
    let Expr::Target(binding) = module[target] else { return None };
    let BindingKind::Assign { annotation: Some(annotation), .. } = module[binding].kind else { return None };
    let evaluator = analysis.evaluator;
    let values = evaluator.value(annotation, Place { file: call.span.file, frame: None });
    let Value::Class(class, outer) = evaluator.get(values.only()?) else { return None };
    let is_table = evaluator.derives_from(*class, *outer, &|name| {
        matches!(
            name.as_str(),
            "typing.TypedDict" | "typing_extensions.TypedDict" | "builtins.dict" | "builtins.str" | "builtins.int"
        )
    });
    let name = analysis.project.module(class.file)[class.class].name;
    (!is_table).then_some(name)
}

/// What dicts, lists, strings and numbers have as attributes.
const OF_PLAIN_VALUES: &[&str] = &[
    "get",
    "items",
    "keys",
    "values",
    "pop",
    "update",
    "setdefault",
    "copy",
    "append",
    "extend",
    "sort",
    "index",
    "count",
    "insert",
    "remove",
    "clear",
    "reverse",
    "popitem",
    "strip",
    "lstrip",
    "rstrip",
    "split",
    "rsplit",
    "splitlines",
    "join",
    "lower",
    "upper",
    "title",
    "capitalize",
    "startswith",
    "endswith",
    "replace",
    "format",
    "encode",
    "decode",
    "find",
    "rfind",
    "isdigit",
    "isalpha",
    "isalnum",
    "removeprefix",
    "removesuffix",
    "partition",
    "rpartition",
    "zfill",
    "casefold",
    "as_integer_ratio",
    "is_integer",
    "hex",
    "real",
    "imag",
    "bit_length",
    "conjugate",
    "swapcase",
    "center",
    "ljust",
    "rjust",
    "isspace",
    "isnumeric",
    "isupper",
    "islower",
    "translate",
    "expandtabs",
];

/// Whether what JSON gives has an attribute of this name: a dict, list, string or number.
pub(super) fn is_of_plain_value(name: &str) -> bool {
    OF_PLAIN_VALUES.contains(&name)
}
