use rustc_hash::FxHashMap;

use crate::diagnostic::{Annotation, Diagnostic, Fix, Unit};
use crate::registry::schema::Fact;
use crate::registry::sdk_record;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::repair::{as_duration, in_seconds};
use crate::temporal::{Constant, SdkArgument, SdkCall, Shape};

/// Functions of asyncio that take seconds, with the parameter that does.
const IN_SECONDS: [(&str, &str); 4] = [
    ("asyncio.sleep", "delay"),
    ("asyncio.wait_for", "timeout"),
    ("asyncio.wait", "timeout"),
    ("asyncio.timeout", "delay"),
];

/// Parameters of the SDK that take a number of seconds or a `timedelta`.
const EITHER: [(&str, &str); 2] =
    [("temporalio.workflow.sleep", "duration"), ("temporalio.workflow.wait_condition", "timeout")];

/// A duration in another form than the one that is asked for: a number or string where a `timedelta` belongs, a `timedelta` where
/// seconds belong. Places of one function are one finding; each shows the constant that is used there.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let mut first: FxHashMap<(Span, Vec<Fact>), Span> = FxHashMap::default();
    for call in context.analysis.sdk_calls() {
        for argument in &call.arguments {
            let Some((what, seconds)) = wrong_form(context, call, argument) else { continue };
            let name = argument.parameter.map(|parameter| parameter.name.clone()).unwrap_or_default();
            let is_dropped = call.callee == "temporalio.workflow.continue_as_new";
            let mut facts: Vec<Fact> = seconds.then_some(Fact::Seconds).into_iter().collect();
            facts.extend(is_dropped.then_some(Fact::Dropped));
            // A plain record keeps what it is given, and complains where it is used.
            facts.extend(sdk_record(call.callee.as_str()).then_some(Fact::Kept));
            let constant = context.analysis.constant_behind(call, argument);
            let place = Span { file: call.span.file, range: argument.range };
            let unit = context
                .function_around(call)
                .map(|whole| Unit::function(*first.entry((whole, facts.clone())).or_insert(place)));
            let made = constant.map(|span| Annotation { span, label: "made here".to_owned() });
            let number = context.analysis.constant_of(call, argument).and_then(Constant::number);
            let instead =
                number.map_or_else(|| "timedelta(…)".to_owned(), |number| format!("timedelta(seconds={number})"));
            let finding = Finding {
                range: argument.range,
                words: vec![
                    ("callee", call.short_name().to_owned()),
                    ("name", name),
                    ("what", what.to_owned()),
                    ("use", instead),
                ],
                facts,
                unit,
                secondary: made.into_iter().collect(),
                fix: fix(context, call, argument, seconds),
                ..Finding::default()
            };
            context.report_call(call, finding, out);
        }
    }
}

fn fix(context: &RuleContext<'_, '_, '_>, call: &SdkCall, argument: &SdkArgument, seconds: bool) -> Option<Fix> {
    match context.analysis.shape_of(call, argument)? {
        Shape::Duration if seconds => in_seconds(context.analysis, call, argument),
        Shape::Number => as_duration(context.analysis, call, argument),
        _ => None,
    }
}

/// What an argument is instead of a duration in the right form, and whether seconds are the right form.
fn wrong_form(
    context: &RuleContext<'_, '_, '_>,
    call: &SdkCall,
    argument: &SdkArgument,
) -> Option<(&'static str, bool)> {
    let parameter = argument.parameter?;
    let is_in =
        |list: &[(&str, &str)]| list.iter().any(|(callee, name)| call.callee == *callee && parameter.name == *name);
    let shape = context.analysis.shape_of(call, argument);
    if is_in(&IN_SECONDS) {
        return (shape? == Shape::Duration).then_some(("a `timedelta`", true));
    }
    if is_in(&EITHER) {
        return (shape? == Shape::Text).then_some(("a string", false));
    }
    if parameter.class.as_deref() != Some("datetime.timedelta") {
        return None;
    }
    match shape? {
        // No time counts for none given.
        Shape::Number => {
            let is_zero = context.analysis.constant_of(call, argument) == Some(Constant::Number(0.0));
            (!is_zero).then_some(("a number", false))
        }
        Shape::Text => Some(("a string", false)),
        _ => None,
    }
}
