use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::registry::sdk_class;
use crate::rules::context::{Finding, RuleContext};
use crate::source::last_part;
use crate::temporal::repair::as_member_of;
use crate::temporal::{SdkArgument, SdkCall, Shape};

/// An enumeration of the SDK where another one belongs, or a string: the numbers are the same and mean something else.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for call in context.analysis.sdk_calls() {
        for argument in &call.arguments {
            let Some((wanted, given)) = mixed_up(context, call, argument) else { continue };
            let name = argument.parameter.map(|parameter| parameter.name.clone()).unwrap_or_default();
            let fix = as_member_of(context.analysis, call, argument, wanted);
            let facts: Vec<Fact> = given.is_none().then_some(Fact::Text).into_iter().collect();
            let finding = Finding {
                range: argument.range,
                words: vec![
                    ("callee", call.short_name().to_owned()),
                    ("name", name),
                    ("what", given.map_or_else(|| "a string".to_owned(), |given| format!("a `{}`", last_part(given)))),
                    ("use", last_part(wanted).to_owned()),
                ],
                facts,
                fix,
                ..Finding::default()
            };
            context.report_call(call, finding, out);
        }
    }
}

/// The enumeration that a parameter takes, and the other one that it is given; none for a string.
fn mixed_up(
    context: &RuleContext<'_, '_, '_>,
    call: &SdkCall,
    argument: &SdkArgument,
) -> Option<(&'static str, Option<&'static str>)> {
    let wanted = argument.parameter?.class.as_deref()?;
    if sdk_class(wanted)?.values.is_empty() {
        return None;
    }
    match context.analysis.shape_of(call, argument)? {
        // An enumeration that several modules show is the same.
        Shape::Member(given) => {
            (last_part(given.as_str()) != last_part(wanted)).then_some((wanted, Some(given.as_str())))
        }
        Shape::Text => Some((wanted, None)),
        _ => None,
    }
}
