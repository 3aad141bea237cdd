use crate::diagnostic::Diagnostic;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Analysis, Constant, Presence, SdkCall};

/// The parameters of which one has to say how long an activity may take.
const LIMITS: [&str; 2] = ["start_to_close_timeout", "schedule_to_close_timeout"];

/// A call of an activity that says with neither of two timeouts how long it may take: the SDK refuses it when it runs.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let starts = |call: &&SdkCall| call.signature.parameter("activity").is_some();
    for call in context.analysis.sdk_calls().iter().filter(starts) {
        let knows_limits = call.signature.parameter(LIMITS[0]).is_some();
        let has_none = |call: &SdkCall| LIMITS.iter().all(|limit| says_nothing(context.analysis, call, limit));
        // What it is given may be for those to say who call the function around.
        let for_callers = || context.analysis.calls_for_callers(call).iter().any(has_none);
        if !knows_limits || !has_none(call) && !for_callers() {
            continue;
        }
        let finding = Finding {
            range: call.callee_range,
            words: vec![("callee", call.short_name().to_owned())],
            ..Finding::default()
        };
        context.report_call(call, finding, out);
    }
}

/// Whether a timeout is surely not given, or given as what counts for nothing: `None` or no time.
fn says_nothing(analysis: &Analysis<'_, '_>, call: &SdkCall, timeout: &str) -> bool {
    match call.given(timeout) {
        Presence::Absent => true,
        Presence::Unknown => false,
        Presence::Argument(given) => matches!(
            analysis.constant_of(call, given),
            Some(Constant::None | Constant::Duration(0.0) | Constant::Number(0.0))
        ),
    }
}
