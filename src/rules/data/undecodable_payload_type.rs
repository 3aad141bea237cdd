use rustc_hash::FxHashSet;

use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::{Required, Span};
use crate::temporal::payloads::{ANY_ENUMERATION_SINCE, Cannot, Payload, Place, Undecodable, declared, undecodable};
use crate::temporal::{Encoding, Sdk, Versions};

/// A type that a definition declares and the default payload converter cannot make again. A plain class as a result fails
/// before, when it is encoded, and belongs to the rule about that.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let analysis = context.analysis;
    if Encoding::of(analysis) != Encoding::Default {
        return;
    }
    let types = analysis.types();
    let versions = Versions::new(analysis);
    let mut said: FxHashSet<Span> = FxHashSet::default();
    for payload in declared(analysis, &types) {
        for found in undecodable(&types, &payload.ty) {
            if found.reason == Cannot::Plain && payload.place == Place::Result {
                continue;
            }
            let sent = payload.annotation.span();
            let span = found.field.as_ref().map_or(sent, |(_, span)| *span);
            let mut finding = Finding { range: span.range, ..Finding::default() };
            if matches!(found.reason, Cannot::TextMembers | Cannot::NumberMembers) {
                let Some(required) = older_sdk(&versions, &payload) else { continue };
                // Whoever installs a newer version gets the members.
                finding.confidence = (!required.is_exact).then_some(Confidence::Low);
                finding.words.push(("word", required.shown()));
            }
            if said.insert(span) {
                tell(&payload, found, &mut finding);
                context.report_plain(span, finding, out);
            }
        }
    }
}

/// The version of the SDK that a project says it has, where that makes members of `StrEnum` and `IntEnum` alone; and something
/// surely is decoded: the results of workflows and queries few ask for by reference.
fn older_sdk(versions: &Versions<'_, '_, '_>, payload: &Payload<'_>) -> Option<Required> {
    let is_decoded = payload.place != Place::Result || payload.role == Sdk::Activity;
    let required = versions.of(payload.annotation.span().file).filter(|_| is_decoded)?;
    (required.version < ANY_ENUMERATION_SINCE).then_some(required)
}

fn tell(payload: &Payload<'_>, found: Undecodable, finding: &mut Finding) {
    let fact = match found.reason {
        Cannot::Plain => Fact::Default,
        Cannot::Generic => Fact::Generic,
        Cannot::InitVar => Fact::Required,
        Cannot::Text => Fact::Class,
        Cannot::TextMembers => Fact::Text,
        Cannot::NumberMembers => Fact::Enumeration,
    };
    let what = match found.field {
        Some((field, _)) => {
            let label = format!("decoded as {}", payload.shown());
            finding.secondary.push(Annotation { span: payload.annotation.span(), label });
            format!("field `{field}`")
        }
        None => payload.shown(),
    };
    finding.words.extend([("what", what), ("callee", found.shown)]);
    finding.facts.push(fact);
}
