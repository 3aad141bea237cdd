//! Arguments that callables of the SDK do not take, and those that they ask for and do not get.
//!
//! Knows: which arguments of a call have no parameter, which parameters lack one, and what may be meant instead. Does not know:
//! the values that are refused; they are a table in the rule's file.

use crate::diagnostic::{Diagnostic, Unit};
use crate::registry::schema::{Fact, SdkParameter, SdkParameterKind};
use crate::registry::{sdk_parameter_like, sdk_signature};
use crate::rules::context::{Finding, RuleContext};
use crate::source::last_part;
use crate::temporal::{Sdk, SdkCall, Shape};

/// Arguments that a callable of the SDK does not take, and those that it asks for and does not get. The values that it refuses
/// are a table in the rule's file.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for call in context.analysis.sdk_calls() {
        // Outside workflows asyncio has an event loop that may take more.
        if call.callee.as_str().starts_with("asyncio.") && !context.analysis.sides_of(call.function).workflow {
            continue;
        }
        // Errors that the SDK makes itself are not to be made by hand, with whatever arguments: another rule says so.
        if call.callee.as_str().starts_with("temporalio.exceptions.") && !call.signature.takes_rest() {
            continue;
        }
        misnamed(context, call, out);
        missing(context, call, out);
        surplus(context, call, out);
        waited_for(context, call, out);
    }
}

fn report(
    context: &RuleContext<'_, '_, '_>,
    call: &SdkCall,
    range: crate::source::TextRange,
    (what, instead): (String, String),
    fact: Option<Fact>,
    out: &mut Vec<Diagnostic>,
) {
    let facts: Vec<Fact> = fact.into_iter().collect();
    // `defn` alone may be one of three.
    let callee = match Sdk::of(call.callee.as_str()) {
        Some(decorator) => decorator.shown().trim_start_matches('@'),
        None => call.short_name(),
    };
    let words = vec![("callee", callee.to_owned()), ("name", String::new()), ("what", what), ("use", instead)];
    let unit = Some(Unit { span: call.span, place: "argument", whole: "call" });
    let finding = Finding { range, words, facts, unit, ..Finding::default() };
    context.report_call(call, finding, out);
}

fn misnamed(context: &RuleContext<'_, '_, '_>, call: &SdkCall, out: &mut Vec<Diagnostic>) {
    // What is given to one callable and meant for another is told once, for all arguments.
    if made_by(call).is_some() {
        return;
    }
    for (given, name) in call.misnamed() {
        let like = sdk_parameter_like(call.callee.as_str(), name.as_str(), &|known| call.argument(known).is_none());
        let instead = like.map_or_else(|| elsewhere(call, name.as_str()), |like| format!("`{like}`"));
        let what = format!("has no parameter `{name}`");
        report(context, call, given.range, (what, instead), Some(Fact::Surplus), out);
    }
}

/// What makes objects of a class that programs do not call themselves.
fn made_by(call: &SdkCall) -> Option<&'static str> {
    (call.callee == "temporalio.client.Client" && call.lacks("service_client"))
        .then_some("`await Client.connect(…)`, which is given the address and makes the client")
}

/// What says where an option belongs that a decorator does not have.
fn elsewhere(call: &SdkCall, name: &str) -> String {
    let starts: &[&str] = match Sdk::of(call.callee.as_str()) {
        Some(Sdk::Activity) => &["temporalio.workflow.execute_activity"],
        Some(Sdk::Workflow) => &["temporalio.client.Client.start_workflow", "temporalio.worker.Worker"],
        _ => &[],
    };
    let takes = |start: &&&str| sdk_signature(start).is_some_and(|start| start.parameter(name).is_some());
    match starts.iter().find(takes) {
        Some(start) => format!("`{name}` in `{}`", last_part(start)),
        None => "what the SDK's reference names".to_owned(),
    }
}

fn missing(context: &RuleContext<'_, '_, '_>, call: &SdkCall, out: &mut Vec<Diagnostic>) {
    let names: Vec<String> = call
        .missing()
        .filter(|parameter| parameter.since.is_none() && parameter.until.is_none())
        .map(|parameter| format!("`{}`", parameter.name))
        .collect();
    // `@workflow.run()` is a decorator that is called, and another rule's.
    if names.is_empty() || Sdk::of(call.callee.as_str()).is_some() {
        return;
    }
    let all = names.join(" and ");
    let what = format!("is called without {all}");
    let (instead, fact) = match made_by(call) {
        Some(maker) => (maker.to_owned(), Fact::Surplus),
        None => (all, Fact::Missing),
    };
    report(context, call, call.callee_range, (what, instead), Some(fact), out);
}

/// More arguments by position than there are parameters. Where the call has `args`, another rule says how it is meant.
fn surplus(context: &RuleContext<'_, '_, '_>, call: &SdkCall, out: &mut Vec<Diagnostic>) {
    if call.signature.parameter("args").is_some() || call.is_open {
        return;
    }
    let Some(first) = call.surplus().next() else { return };
    let most = call.signature.by_position().count();
    let instead = named_for(call).map_or_else(|| "arguments by name".to_owned(), |name| format!("`{name}=`"));
    report(
        context,
        call,
        first.range,
        (format!("takes {most} {} by position", if most == 1 { "argument" } else { "arguments" }), instead),
        Some(Fact::Surplus),
        out,
    );
}

/// The parameter that the first argument by position too many is most likely meant for: the only one that is missing, else the
/// first of those that are given by name alone, where there are few of them.
fn named_for(call: &SdkCall) -> Option<&'static str> {
    let mut missing = call.missing();
    if let (Some(only), None) = (missing.next(), missing.next()) {
        return Some(&only.name);
    }
    let is_free = |parameter: &&'static SdkParameter| {
        parameter.kind == SdkParameterKind::Keyword
            && !parameter.name.starts_with("rpc_")
            && parameter.until.is_none()
            && call.lacks(&parameter.name)
    };
    let free: Vec<&'static SdkParameter> = call.signature.parameters.iter().filter(is_free).collect();
    free.first().filter(|_| free.len() <= FEW).map(|parameter| parameter.name.as_str())
}

/// Of how many parameters the first may be named as the one that is meant.
const FEW: usize = 3;

/// `workflow.wait` and `gather` of what they do not take.
fn waited_for(context: &RuleContext<'_, '_, '_>, call: &SdkCall, out: &mut Vec<Diagnostic>) {
    let analysis = context.analysis;
    match call.callee.as_str() {
        "asyncio.gather" => {
            let [only] = call.arguments.iter().filter(|given| given.keyword.is_none()).collect::<Vec<_>>()[..] else {
                return;
            };
            if !call.is_open && analysis.shape_of(call, only) == Some(Shape::Sequence) {
                let what = "is given one list instead of what is in it".to_owned();
                report(context, call, only.range, (what, "gather(*tasks)".to_owned()), Some(Fact::List), out);
            }
        }
        "temporalio.workflow.wait" | "asyncio.wait" => {
            let Some(given) = call.argument("fs") else { return };
            if analysis.holds_coroutines(call, given) {
                let what = "is given coroutines; it takes tasks".to_owned();
                let instead = "workflow.start_activity(…) or asyncio.create_task(…) for each".to_owned();
                report(context, call, given.range, (what, instead), Some(Fact::Coroutine), out);
            } else if analysis.items_written(call, given) == Some(0) {
                let what = "is given nothing to wait for".to_owned();
                report(context, call, given.range, (what, "at least one task".to_owned()), None, out);
            }
        }
        _ => {}
    }
}
