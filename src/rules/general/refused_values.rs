//! Constants that calls of the SDK refuse, or take for something else.

use crate::diagnostic::Diagnostic;
use crate::registry::schema::{Fact, Refused, RefusedValue};
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Constant, Shape};

/// Reports each argument that is such a constant.
pub(super) fn check(context: &RuleContext<'_, '_, '_>, values: &[RefusedValue], out: &mut Vec<Diagnostic>) {
    for call in context.analysis.sdk_calls() {
        for value in values.iter().filter(|value| value.calls.iter().any(|callee| call.callee == callee.as_str())) {
            let Some(argument) = call.argument(&value.parameter) else { continue };
            let analysis = context.analysis;
            let is_one = match &value.refused {
                Refused::HoldsText => analysis.holds(argument, Shape::Text),
                Refused::HoldsDurations => analysis.holds(argument, Shape::Duration),
                Refused::HoldsNoLists => analysis.holds_no_list(argument),
                Refused::Object(class) => {
                    matches!(analysis.shape_of(call, argument), Some(Shape::Object(own)) if own == class.as_str())
                }
                refused => analysis.constant_of(call, argument).is_some_and(|constant| is_refused(refused, constant)),
            };
            if !is_one {
                continue;
            }
            let finding = Finding {
                range: argument.range,
                words: vec![
                    ("callee", call.short_name().to_owned()),
                    ("name", value.parameter.clone()),
                    ("what", value.says.clone()),
                    ("use", value.instead.clone()),
                ],
                facts: value.kept.then_some(Fact::Kept).into_iter().collect(),
                ..Finding::default()
            };
            context.report_call(call, finding, out);
        }
    }
}

fn is_refused(refused: &Refused, constant: Constant) -> bool {
    let amount = constant.number().or(constant.seconds());
    match refused {
        Refused::Below(least) => amount.is_some_and(|amount| amount < *least),
        Refused::UpTo(most) => amount.is_some_and(|amount| amount <= *most),
        Refused::NotWhole => constant.number().is_some_and(|number| number.fract() != 0.0),
        Refused::Member(name) => matches!(constant, Constant::Member(_, member) if member == name.as_str()),
        Refused::LongerThan(bytes) => constant.text().is_some_and(|text| text.len() > *bytes),
        Refused::Without(part) => constant.text().is_some_and(|text| !text.contains(part.as_str())),
        Refused::Empty => constant.text() == Some(""),
        Refused::Text => constant.text().is_some(),
        Refused::HoldsText | Refused::HoldsDurations | Refused::HoldsNoLists | Refused::Object(_) => false,
    }
}
