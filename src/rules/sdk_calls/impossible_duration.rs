use crate::diagnostic::Diagnostic;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Constant, SdkCall};

/// Seconds of a day: what a `timedelta` counts where nothing is named.
const DAY: f64 = 86_400.0;

/// From how many days on a timeout of nameless days looks like one of seconds or minutes.
const MANY_DAYS: f64 = 30.0;

/// Timeouts that cannot hold together, or that hardly anybody means.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for call in context.analysis.sdk_calls() {
        if let Some((parameter, what, instead)) = contradiction(context, call) {
            report(context, call, parameter, what, instead, out);
        } else if let Some((parameter, what, instead)) = nameless_days(context, call) {
            report(context, call, parameter, what, instead, out);
        }
    }
}

type Wrong = (&'static str, String, String);

fn seconds(context: &RuleContext<'_, '_, '_>, call: &SdkCall, parameter: &str) -> Option<f64> {
    call.argument(parameter).and_then(|given| context.analysis.constant_of(call, given)).and_then(Constant::seconds)
}

fn contradiction(context: &RuleContext<'_, '_, '_>, call: &SdkCall) -> Option<Wrong> {
    call.signature.parameter("start_to_close_timeout")?;
    let start_to_close = seconds(context, call, "start_to_close_timeout");
    let schedule_to_close = seconds(context, call, "schedule_to_close_timeout");
    let heartbeat = seconds(context, call, "heartbeat_timeout").filter(|seconds| *seconds > 0.0);
    if let (Some(one), Some(all)) = (start_to_close, schedule_to_close)
        && one > all
        && all > 0.0
    {
        return Some((
            "start_to_close_timeout",
            format!(
                "is longer ({one} s) than `schedule_to_close_timeout` ({all} s), which holds for all attempts together"
            ),
            "a shorter one, or a longer `schedule_to_close_timeout`".to_owned(),
        ));
    }
    let one = start_to_close.or(schedule_to_close).filter(|one| *one > 0.0)?;
    heartbeat.filter(|heartbeat| *heartbeat >= one).map(|heartbeat| {
        (
            "heartbeat_timeout",
            format!(
                "is not shorter ({heartbeat} s) than the attempt may take ({one} s), so that it never says anything"
            ),
            "a `heartbeat_timeout` of a few heartbeats".to_owned(),
        )
    })
}

/// `timedelta(60)` is sixty days.
fn nameless_days(context: &RuleContext<'_, '_, '_>, call: &SdkCall) -> Option<Wrong> {
    for given in &call.arguments {
        let parameter = given.parameter.filter(|parameter| parameter.class.as_deref() == Some("datetime.timedelta"));
        let Some(parameter) = parameter.filter(|parameter| parameter.name != "start_delay") else { continue };
        if !context.analysis.is_nameless_timedelta(call, given) {
            continue;
        }
        let days = seconds(context, call, &parameter.name)? / DAY;
        if days >= MANY_DAYS {
            return Some((
                parameter.name.as_str(),
                format!("is {days} days: the first argument of `timedelta` counts days"),
                format!(
                    "timedelta(seconds={days}) or timedelta(minutes={days}), or timedelta(days={days}) where it is meant"
                ),
            ));
        }
    }
    None
}

fn report(
    context: &RuleContext<'_, '_, '_>,
    call: &SdkCall,
    parameter: &str,
    what: String,
    instead: String,
    out: &mut Vec<Diagnostic>,
) {
    let Some(given) = call.argument(parameter) else { return };
    let words = vec![("name", parameter.to_owned()), ("what", what), ("use", instead)];
    let finding = Finding { range: given.range, words, ..Finding::default() };
    context.report_call(call, finding, out);
}
