//! What calls of the SDK send, and what workflows await.
//!
//! Knows: objects that are made and given to a call, and what the payload converter refuses of them; the declared results of
//! what a workflow starts. Does not know: what is only annotated (`payloads`).

use rustc_hash::FxHashMap;

use super::analysis::Analysis;
use super::payloads::{HiddenDatetime, Refused, hidden_datetimes, is_exception_class, refused, workflows_of};
use super::sdk_calls::{SdkArgument, SdkCall};
use super::signatures::FunctionDefinition;
use super::targets::Target;
use super::types::{Type, Types};
use crate::python::{ClassRef, FunctionRef, Rest, Value, ValueId};
use crate::source::Span;

/// Something that a call sends and the payload converter refuses.
#[derive(Debug, Clone)]
pub struct Sent {
    /// What is given.
    pub span: Span,
    /// The callable of the SDK, by its last name.
    pub callee: &'static str,
    /// What is refused of it.
    pub refused: Refused,
}

/// Callables that send whatever they are given beyond their own parameters.
const SENDING_THE_REST: [&str; 4] = [
    "temporalio.activity.heartbeat",
    "temporalio.client.AsyncActivityHandle.heartbeat",
    "temporalio.client.AsyncActivityHandle.fail",
    "temporalio.exceptions.ApplicationError",
];

/// The objects that calls send and the payload converter refuses. What is given has to be known for certain, and what the
/// target declares is judged there.
#[must_use]
pub fn sent(analysis: &Analysis<'_, '_>, types: &Types<'_, '_>) -> Vec<Sent> {
    let mut found = Vec::new();
    for call in analysis.sdk_calls().iter().filter(|call| !call.is_doubtful) {
        for (argument, value) in payloads_of(analysis, call) {
            let Some(ty) = type_of(analysis, value) else { continue };
            let span = Span { file: call.span.file, range: argument.range };
            let refused = refused(types, &ty).into_iter();
            found.extend(refused.map(|refused| Sent { span, callee: call.short_name(), refused }));
        }
    }
    found
}

fn payloads_of<'c>(analysis: &Analysis<'_, '_>, call: &'c SdkCall) -> Vec<(&'c SdkArgument, ValueId)> {
    let name = call.callee.as_str();
    let sends_rest = SENDING_THE_REST.contains(&name);
    let sends = name.starts_with("temporalio.workflow.") || name.starts_with("temporalio.client.");
    let mut found = Vec::new();
    for argument in &call.arguments {
        let is_sure = |given: &ValueId| match argument.values.rest {
            Rest::Nothing => true,
            // A caught exception may be one of a subclass, and that is refused, too.
            Rest::Declared => is_exception(analysis, *given),
            Rest::Anything => false,
        };
        let Some(given) = argument.values.single().filter(is_sure) else { continue };
        match argument.parameter.map(|parameter| parameter.name.as_str()) {
            Some("arg") if sends => found.push((argument, given)),
            Some("args") if sends => {
                if let Value::Items(_, items) = analysis.evaluator.get(given) {
                    let sure = items.iter().filter(|item| item.rest == Rest::Nothing);
                    found.extend(sure.filter_map(|item| Some((argument, item.single()?))));
                }
            }
            Some("memo") if sends => {
                if let Value::Table(entries) = analysis.evaluator.get(given) {
                    let sure = entries.iter().filter(|(_, value)| value.rest == Rest::Nothing);
                    found.extend(sure.filter_map(|(_, value)| Some((argument, value.single()?))));
                }
            }
            None if sends_rest && argument.keyword.is_none() => found.push((argument, given)),
            _ => {}
        }
    }
    found
}

/// Whether a value is an object of an exception's class outside the project.
fn is_exception(analysis: &Analysis<'_, '_>, value: ValueId) -> bool {
    matches!(analysis.evaluator.get(value), Value::OutsideInstance { class, .. } if is_exception_class(analysis.known, *class))
}

/// The type of an object that is made here.
fn type_of(analysis: &Analysis<'_, '_>, value: ValueId) -> Option<Type> {
    let of = |class: ClassRef| Type::Class { class, arguments: Vec::new() };
    match analysis.evaluator.get(value) {
        Value::Instance(instance) => Some(of(instance.class)),
        Value::Member(class, _) => Some(of(*class)),
        Value::OutsideInstance { class, .. } => {
            let named_in = analysis.files.first().copied()?;
            Some(Type::Outside { class: *class, arguments: Vec::new(), named_in })
        }
        _ => None,
    }
}

/// A `datetime` in what a sandboxed workflow awaits.
#[derive(Debug, Clone)]
pub struct AwaitedDatetime {
    /// The call that starts what gives it.
    pub call: Span,
    /// Where its type is declared.
    pub declared: Span,
    /// What declares it, in words.
    pub shown: String,
    /// The `datetime`.
    pub hidden: HiddenDatetime,
}

/// The `datetime`s in declared results of activities and children that a workflow's own methods start, where the sandbox
/// hides them from the payload converter.
#[must_use]
pub fn awaited_datetimes(analysis: &Analysis<'_, '_>, types: &Types<'_, '_>) -> Vec<AwaitedDatetime> {
    let mut loaded = FxHashMap::default();
    let mut found = Vec::new();
    for call in analysis.sdk_calls().iter().filter(|call| starts(call)) {
        let Some(definition) = started(analysis, call) else { continue };
        let Some(returns) = definition.signature.returns else { continue };
        let class = call.function.and_then(|function| {
            let module = analysis.project.module(function.file);
            module[function.function].class.map(|class| ClassRef { file: function.file, class })
        });
        for workflow in class.map(|class| workflows_of(analysis, class)).unwrap_or_default() {
            let loaded = loaded.entry(workflow).or_insert_with(|| analysis.surely_loaded_for(workflow));
            for hidden in hidden_datetimes(analysis, types, &types.of(returns), loaded) {
                let role = definition.role().map_or("function", super::Sdk::noun);
                let shown = format!("the result of {role} `{}`", definition.qualified_name);
                found.push(AwaitedDatetime { call: call.span, declared: returns.span(), shown, hidden });
            }
        }
    }
    found
}

fn starts(call: &SdkCall) -> bool {
    let name = call.short_name();
    call.callee.as_str().starts_with("temporalio.workflow.")
        && (name.starts_with("execute_") || name.starts_with("start_"))
        && call.lacks("result_type")
}

/// What a call starts.
fn started<'d>(analysis: &'d Analysis<'_, '_>, call: &SdkCall) -> Option<&'d FunctionDefinition> {
    let argument = call.argument("activity").or_else(|| call.argument("workflow"))?;
    let function = match analysis.target_of(call, argument)? {
        Target::Activity(activity) => analysis.definitions.activities[activity].function,
        Target::Handler { function, .. } => function,
        _ => return None,
    };
    definition_of(analysis, function)
}

/// The definition of a function, if a decorator of the SDK stands at it.
#[must_use]
pub fn definition_of<'d>(analysis: &'d Analysis<'_, '_>, function: FunctionRef) -> Option<&'d FunctionDefinition> {
    let definitions = &analysis.definitions;
    let methods = definitions.classes.iter().flat_map(|class| &class.methods);
    methods.chain(&definitions.functions).find(|definition| definition.function == function)
}
