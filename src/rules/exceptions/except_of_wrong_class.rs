use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::{Catching, Mismatch, Missed, mismatched_cancellations, mismatches};

/// What an activity or child raises arrives as the failure of the command, and a client wraps it once more; the class that
/// was raised over there never arrives itself (temporalio/converter/_failure_converter.py).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    mismatches(context.analysis).iter().for_each(|mismatch| report(context, mismatch, out));
    mismatched_cancellations(context.analysis).iter().for_each(|mismatch| report(context, mismatch, out));
}

fn report(context: &RuleContext<'_, '_, '_>, mismatch: &Mismatch, out: &mut Vec<Diagnostic>) {
    let source = context.analysis.project.source(mismatch.file);
    let handler = match mismatch.catching {
        Catching::Handler(kind) => format!("`except {}`", source.slice(kind)),
        Catching::Manager => format!("`{}`", source.slice(mismatch.range)),
    };
    let mut words = vec![("handler", handler)];
    let mut facts = Vec::new();
    match &mismatch.missed {
        Missed::Others { call, arrives, wraps } => {
            words.extend([("call", call.clone()), ("arrives", (*arrives).to_owned())]);
            facts.extend(wraps.then_some(Fact::Wrapped));
            facts.extend(mismatch.is_taken_below.then_some(Fact::Below));
        }
        Missed::CancelledCommand { call, arrives } => {
            words.extend([("call", call.clone()), ("arrives", (*arrives).to_owned())]);
            facts.push(Fact::Command);
        }
        Missed::InThread => facts.push(Fact::Thread),
        Missed::OnLoop => facts.push(Fact::Loop),
    }
    let secondary =
        mismatch.source.iter().map(|span| Annotation { span: *span, label: "what this raises arrives".to_owned() });
    let finding = Finding {
        range: mismatch.range,
        words,
        facts,
        secondary: secondary.filter(|place| place.span.file == mismatch.file).collect(),
        confidence: Some(match mismatch {
            // A program of asyncio that knows nothing of Temporal there.
            Mismatch { is_apart: true, .. } => Confidence::Low,
            Mismatch { certain: true, is_taken_below: false, .. } => Confidence::High,
            _ => Confidence::Medium,
        }),
        ..Finding::default()
    };
    context.report_plain(Span { file: mismatch.file, range: mismatch.range }, finding, out);
}
