//! Arguments of the SDK's calls in the form that it takes.

use super::draft::Draft;
use super::said::Library;
use crate::diagnostic::Fix;
use crate::registry::sdk_class;
use crate::semantic::Expr;
use crate::source::TextRange;
use crate::temporal::analysis::Analysis;
use crate::temporal::sdk_calls::{SdkArgument, SdkCall};

/// A number as a duration.
#[must_use]
pub fn as_duration(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument) -> Option<Fix> {
    let range = written(analysis, call, argument)?;
    let mut draft = Draft::new(analysis.project, call.span.file);
    let duration = Library { module: "datetime", member: Some("timedelta") };
    let (timedelta, _) = draft.say(duration, call.block)?;
    draft.enclose(range, format!("{timedelta}(seconds="), ")");
    draft.caution("it is taken for seconds");
    draft.finish(format!("write `{timedelta}(seconds=…)`"))
}

/// A duration as a number of seconds.
#[must_use]
pub fn in_seconds(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument) -> Option<Fix> {
    let range = written(analysis, call, argument)?;
    let module = analysis.project.module(call.span.file);
    let is_primary = matches!(module[argument.expr?], Expr::Call { .. } | Expr::Name { .. } | Expr::Attribute { .. });
    let mut draft = Draft::new(analysis.project, call.span.file);
    match is_primary {
        true => draft.insert(range.end(), ".total_seconds()"),
        false => draft.enclose(range, "(", ").total_seconds()"),
    }
    draft.finish("write `….total_seconds()`")
}

/// Several arguments by position, from the first of them on, as `args=[…]`.
#[must_use]
pub fn as_args(analysis: &Analysis<'_, '_>, call: &SdkCall, skipped: usize) -> Option<Fix> {
    let given: Vec<&SdkArgument> =
        call.arguments.iter().filter(|given| given.keyword.is_none()).skip(skipped).collect();
    let (first, last) = (written(analysis, call, given.first()?)?, written(analysis, call, given.last()?)?);
    let mut draft = Draft::new(analysis.project, call.span.file);
    draft.insert(first.start(), "args=[");
    draft.insert(last.end(), "]");
    draft.finish("give all of them in `args=[…]`")
}

/// What `args` is given as the one item of a list.
#[must_use]
pub fn in_list(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument) -> Option<Fix> {
    let range = written(analysis, call, argument)?;
    let mut draft = Draft::new(analysis.project, call.span.file);
    draft.enclose(range, "[", "]");
    draft.finish("give it as the one item of a list")
}

/// The member of the same name of the enumeration that a parameter takes.
#[must_use]
pub fn as_member_of(
    analysis: &Analysis<'_, '_>,
    call: &SdkCall,
    argument: &SdkArgument,
    wanted: &'static str,
) -> Option<Fix> {
    let range = written(analysis, call, argument)?;
    let Expr::Attribute { name, .. } = analysis.project.module(call.span.file)[argument.expr?] else { return None };
    if !sdk_class(wanted)?.values.contains_key(name.as_str()) {
        return None;
    }
    let (module, class) = wanted.rsplit_once('.')?;
    let mut draft = Draft::new(analysis.project, call.span.file);
    let (said, _) = draft.say(Library { module, member: Some(class) }, call.block)?;
    draft.replace(range, format!("{said}.{name}"));
    draft.caution("another number is sent than before");
    draft.finish(format!("write `{said}.{name}`"))
}

/// A list that is given by position as `args`.
#[must_use]
pub fn by_name(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument, name: &str) -> Option<Fix> {
    let range = written(analysis, call, argument).filter(|_| argument.keyword.is_none())?;
    let mut draft = Draft::new(analysis.project, call.span.file);
    draft.insert(range.start(), format!("{name}="));
    draft.finish(format!("give it as `{name}`"))
}

/// The place of an argument that is written in the call itself.
fn written(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument) -> Option<TextRange> {
    let range = analysis.project.module(call.span.file).span(argument.expr?);
    call.span.range.contains_range(range).then_some(range)
}
