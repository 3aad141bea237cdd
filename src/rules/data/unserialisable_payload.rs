//! Types that the payload converter refuses.
//!
//! Knows: which of what is declared and sent is told, and with which words. Does not know: what the converter refuses.

use rustc_hash::FxHashSet;

use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::payloads::{Payload, Place, Reason, Refused, declared, old_models, refused, undecodable};
use crate::temporal::sent::sent;
use crate::temporal::{Encoding, Types, is_pydantic_everywhere};

/// Types that the program's payload converter refuses. One finding a place.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    // What the SDK's converter for pydantic makes of most types is pydantic's affair; exceptions neither of the two takes.
    let by_pydantic = Encoding::of(context.analysis) != Encoding::Default;
    if by_pydantic && !is_pydantic_everywhere(context.analysis) {
        return;
    }
    let types = context.analysis.types();
    let payloads = declared(context.analysis, &types);
    if by_pydantic {
        of_old_models(context, &types, &payloads, out);
    }
    let counts = |refused: &Refused| !by_pydantic || refused.reason == Reason::Exception;
    let mut said: FxHashSet<Span> = FxHashSet::default();
    of_declared(context, &types, &payloads, &counts, &mut said, out);
    of_sent(context, &types, &counts, &mut said, out);
}

/// What definitions declare. A class of the project as a parameter is what cannot be decoded, and belongs to the rule about that.
fn of_declared(
    context: &RuleContext<'_, '_, '_>,
    types: &Types<'_, '_>,
    payloads: &[Payload<'_>],
    counts: &dyn Fn(&Refused) -> bool,
    said: &mut FxHashSet<Span>,
    out: &mut Vec<Diagnostic>,
) {
    // A plain class that is taken somewhere is said to be one that cannot be decoded.
    let taken = payloads.iter().filter(|payload| payload.place != Place::Result);
    let undecodable: FxHashSet<Span> = taken
        .flat_map(|payload| {
            let own = payload.annotation.span();
            let found = undecodable(types, &payload.ty).into_iter();
            found.map(move |found| found.field.map_or(own, |(_, span)| span))
        })
        .collect();
    for payload in payloads {
        for refused in refused(types, &payload.ty).into_iter().filter(counts) {
            let is_parameter = payload.place != Place::Result;
            if refused.reason == Reason::Plain && is_parameter {
                continue;
            }
            let sent = payload.annotation.span();
            let span = refused.field.as_ref().map_or(sent, |(_, span)| *span);
            let is_said = refused.reason == Reason::Plain && undecodable.contains(&span);
            if is_said || !said.insert(span) {
                continue;
            }
            let mut facts = facts_of(refused.reason);
            let mut words = vec![("what", payload.shown()), ("callee", refused.shown)];
            words.extend(refused.instead.map(|instead| ("use", instead)));
            let mut secondary = Vec::new();
            if let Some((field, _)) = refused.field {
                words[0] = ("what", format!("field `{field}`"));
                secondary.push(Annotation { span: sent, label: format!("sent as {}", payload.shown()) });
            }
            facts.extend(is_parameter.then_some(Fact::Parameter));
            let confidence = if refused.in_union { Confidence::Medium } else { Confidence::High };
            let finding = Finding {
                range: span.range,
                words,
                facts,
                secondary,
                confidence: Some(confidence),
                ..Finding::default()
            };
            context.report_plain(span, finding, out);
        }
    }
}

/// What calls are given.
fn of_sent(
    context: &RuleContext<'_, '_, '_>,
    types: &Types<'_, '_>,
    counts: &dyn Fn(&Refused) -> bool,
    said: &mut FxHashSet<Span>,
    out: &mut Vec<Diagnostic>,
) {
    for sent in sent(context.analysis, types).into_iter().filter(|sent| counts(&sent.refused)) {
        let span = sent.refused.field.as_ref().map_or(sent.span, |(_, span)| *span);
        if !said.insert(span) {
            continue;
        }
        let what = match &sent.refused.field {
            Some((field, _)) => format!("field `{field}`"),
            None => format!("what `{}` is given", sent.callee),
        };
        let mut words = vec![("what", what), ("callee", sent.refused.shown)];
        words.extend(sent.refused.instead.map(|instead| ("use", instead)));
        let mut secondary = Vec::new();
        if sent.refused.field.is_some() {
            secondary.push(Annotation { span: sent.span, label: format!("sent by `{}`", sent.callee) });
        }
        let facts = facts_of(sent.refused.reason);
        let finding = Finding { range: span.range, words, facts, secondary, ..Finding::default() };
        context.report_plain(span, finding, out);
    }
}

/// Models of pydantic 1 where the converter for pydantic 2 is used. One finding a model and place.
fn of_old_models(
    context: &RuleContext<'_, '_, '_>,
    types: &Types<'_, '_>,
    payloads: &[Payload<'_>],
    out: &mut Vec<Diagnostic>,
) {
    let mut said: FxHashSet<Span> = FxHashSet::default();
    for payload in payloads {
        for old in old_models(types, &payload.ty) {
            let sent = payload.annotation.span();
            let span = old.field.as_ref().map_or(sent, |(_, span)| *span);
            if !said.insert(span) {
                continue;
            }
            let what = old.field.map_or_else(|| payload.shown(), |(field, _)| format!("field `{field}`"));
            let words = vec![("what", what), ("callee", old.shown)];
            let finding = Finding { range: span.range, words, facts: facts_of(old.reason), ..Finding::default() };
            context.report_plain(span, finding, out);
        }
    }
}

fn facts_of(reason: Reason) -> Vec<Fact> {
    match reason {
        Reason::Outside => Vec::new(),
        Reason::Enumeration => vec![Fact::Enumeration],
        Reason::Plain => vec![Fact::Plain],
        Reason::Exception => vec![Fact::Exception],
        Reason::Key => vec![Fact::Key],
        Reason::OldModel => vec![Fact::OldModel],
    }
}
