use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::repair::awaited;
use crate::temporal::{CoroutineUse, Maker, Unawaited, unawaited};

/// A coroutine function runs nothing before what it gives is awaited.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for found in unawaited(context.analysis) {
        report(context, &found, out);
    }
}

fn report(context: &RuleContext<'_, '_, '_>, found: &Unawaited, out: &mut Vec<Diagnostic>) {
    let file = found.span.file;
    let callee = context.analysis.project.source(file).slice(found.callee);
    let mut words = vec![("callee", callee.split_whitespace().collect::<String>())];
    let mut facts = Vec::new();
    match used(found.used) {
        Some(what) => {
            words.push(("what", what));
            facts.push(Fact::Used);
        }
        None => facts.extend(match found.maker {
            Maker::PassedOn => Some(Fact::Coroutine),
            Maker::Map => Some(Fact::Results),
            Maker::Itself => (found.used == CoroutineUse::NeverRead).then_some(Fact::Kept),
        }),
    }
    // There is no `await` in a plain function.
    if found.in_plain_function {
        facts.push(Fact::Plain);
    }
    let place = found.place.filter(|place| *place != found.span.range);
    let secondary = place.map(|range| Annotation { span: Span { file, range }, label: "used here".to_owned() });
    let can_be_awaited = !found.doubtful && found.maker != Maker::Map;
    let finding = Finding {
        range: found.span.range,
        words,
        facts,
        secondary: secondary.into_iter().collect(),
        confidence: Some(if found.doubtful { Confidence::Medium } else { Confidence::High }),
        fix: can_be_awaited.then(|| awaited(context.analysis, found.span, is_in_part(found.used))).flatten(),
        ..Finding::default()
    };
    context.report_plain(found.span, finding, out);
}

/// Whether a part is taken of what the coroutine would give.
fn is_in_part(used: CoroutineUse) -> bool {
    matches!(used, CoroutineUse::Attribute(_) | CoroutineUse::Item)
}

/// What is done with the coroutine in place of what it gives.
fn used(used: CoroutineUse) -> Option<String> {
    Some(match used {
        CoroutineUse::Dropped | CoroutineUse::NeverRead => return None,
        CoroutineUse::Tested => "what is tested is the coroutine, which is always true".to_owned(),
        CoroutineUse::Compared => "what is compared is the coroutine".to_owned(),
        CoroutineUse::Operand => "the operator gets the coroutine".to_owned(),
        CoroutineUse::Shown => "what is shown is the coroutine".to_owned(),
        CoroutineUse::GoneThrough => "what is gone through is the coroutine".to_owned(),
        CoroutineUse::Attribute(name) => format!("a coroutine has no `{name}`"),
        CoroutineUse::Item => "a coroutine has no items".to_owned(),
        CoroutineUse::Entered => "a coroutine is no context manager".to_owned(),
        CoroutineUse::Given(callee) => format!("`{callee}` gets the coroutine"),
        CoroutineUse::Result => "the result is the coroutine, which cannot be encoded".to_owned(),
    })
}
