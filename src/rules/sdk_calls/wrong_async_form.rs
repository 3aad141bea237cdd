use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::repair::{entered_async, not_awaited};
use crate::temporal::{ResultUse, SdkCall, Target};

/// Calls that raise or return at once, whatever is written around them.
const NEVER_RETURNS: &str = "temporalio.workflow.continue_as_new";

/// `await`, `async for` or `async with` around something of the SDK that has no such form, or the other way round.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for call in context.analysis.sdk_calls() {
        let Some((fact, instead)) = wrong_form(context, call) else { continue };
        let facts = vec![fact];
        let is_harmless = call.callee == NEVER_RETURNS;
        let finding = Finding {
            range: call.callee_range,
            words: vec![("callee", call.short_name().to_owned()), ("use", instead)],
            severity: is_harmless.then_some(Severity::Info),
            facts,
            fix: fix(context, call, fact),
            ..Finding::default()
        };
        context.report_call(call, finding, out);
    }
}

fn fix(context: &RuleContext<'_, '_, '_>, call: &SdkCall, fact: Fact) -> Option<Fix> {
    match (fact, call.result) {
        (Fact::Default | Fact::NeverReturns, ResultUse::Awaited)
            if call.signature.does.as_ref().is_none_or(|does| !does.iter().any(|form| form == "async-for")) =>
        {
            not_awaited(context.analysis, call)
        }
        (Fact::Loop, ResultUse::LoopedOver { is_async: false })
        | (Fact::With, ResultUse::Managed { is_async: false }) => entered_async(context.analysis, call),
        _ => None,
    }
}

/// What is wrong with the form around a call, and what to write.
fn wrong_form(context: &RuleContext<'_, '_, '_>, call: &SdkCall) -> Option<(Fact, String)> {
    let name = call.short_name();
    // What raises `TypeError` for its arguments is told as that: it does not work without `await` either.
    if call.surplus().next().is_some() || call.missing().next().is_some() {
        return None;
    }
    if call.callee == "temporalio.testing.ActivityEnvironment.run" {
        return sync_activity_awaited(context, call).then(|| (Fact::Default, "no `await`".to_owned()));
    }
    let does = |form: &str| call.signature.does.as_ref().map(|does| does.iter().any(|known| known == form));
    let is_async = call.signature.is_async;
    match call.result {
        ResultUse::Awaited if !is_async && does("await") == Some(false) => {
            let fact = if call.callee == NEVER_RETURNS { Fact::NeverReturns } else { Fact::Default };
            let instead = if does("async-for") == Some(true) {
                format!("async for … in {name}(…)")
            } else {
                format!("{name}(…)")
            };
            Some((fact, instead))
        }
        ResultUse::LoopedOver { .. } if is_async && (does("for"), does("async-for")) != (None, None) => {
            let form = if does("async-for") == Some(true) { "async for" } else { "for" };
            Some((Fact::Coroutine, format!("{form} … in await {name}(…)")))
        }
        ResultUse::LoopedOver { is_async: false }
            if !is_async && does("async-for") == Some(true) && does("for") == Some(false) =>
        {
            Some((Fact::Loop, format!("async for … in {name}(…)")))
        }
        ResultUse::LoopedOver { is_async: true }
            if !is_async && does("for") == Some(true) && does("async-for") == Some(false) =>
        {
            Some((Fact::Loop, format!("for … in {name}(…)")))
        }
        ResultUse::Managed { is_async: within } if is_async => {
            let form = if does("async-with") == Some(true) || within { "async with" } else { "with" };
            Some((Fact::Coroutine, format!("{form} await {name}(…)")))
        }
        ResultUse::Managed { is_async: false } if does("async-with") == Some(true) && does("with") == Some(false) => {
            Some((Fact::With, format!("async with {name}(…)")))
        }
        ResultUse::Managed { is_async: true } if does("with") == Some(true) && does("async-with") == Some(false) => {
            Some((Fact::With, format!("with {name}(…)")))
        }
        _ => None,
    }
}

/// `ActivityEnvironment.run` gives what the activity gives: of a `def` activity nothing that could be awaited.
fn sync_activity_awaited(context: &RuleContext<'_, '_, '_>, call: &SdkCall) -> bool {
    let target = call.argument("fn").and_then(|given| context.analysis.target_of(call, given));
    let is_sync = match target {
        Some(Target::Activity(activity)) => !context.analysis.definitions.activities[activity].is_async,
        _ => false,
    };
    is_sync && call.result == ResultUse::Awaited
}
