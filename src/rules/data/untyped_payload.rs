use rustc_hash::FxHashSet;

use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::{BroadFault, Encoding, broad_payloads, sends_protos};

/// A parameter or result without a class, that is used as an object of one. What cannot be decoded at all is certain, as long
/// as the program has no converter of its own.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let by_default = Encoding::of(context.analysis) == Encoding::Default;
    let needs_class = if sends_protos(context.analysis) { Confidence::Low } else { Confidence::Medium };
    let mut said: FxHashSet<Span> = FxHashSet::default();
    for payload in broad_payloads(context.analysis) {
        let span = payload.field.as_ref().map_or(payload.span, |(_, span)| *span);
        // A field is the same for all that take its class.
        if !said.insert(span) {
            continue;
        }
        let (fact, confidence) = match payload.fault {
            BroadFault::Missing => (Fact::Missing, needs_class),
            BroadFault::NoClass => (Fact::Default, needs_class),
            BroadFault::NoItemClass => (Fact::List, needs_class),
            BroadFault::Undecodable if by_default => (Fact::Generic, Confidence::Medium),
            BroadFault::Undecodable => continue,
        };
        let mut secondary = Vec::new();
        let what = match payload.field {
            Some((field, _)) => {
                let label = format!("decoded as {}", payload.shown);
                secondary.push(Annotation { span: payload.span, label });
                format!("field `{field}`")
            }
            None => payload.shown,
        };
        let mut words = vec![("what", what)];
        words.extend(payload.annotation.map(|annotation| ("callee", annotation)));
        if let Some((name, place)) = payload.read {
            let is_used = fact != Fact::Generic;
            let label = if is_used { "used as an object" } else { "decoded here" };
            secondary.push(Annotation { span: place, label: label.to_owned() });
            words.push(("name", name.as_str().to_owned()));
        }
        let finding = Finding {
            range: span.range,
            words,
            facts: vec![fact],
            confidence: Some(confidence),
            secondary,
            ..Finding::default()
        };
        context.report_plain(span, finding, out);
    }
}
