use rustc_hash::FxHashSet;

use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::Encoding;
use crate::temporal::payloads::{Cannot, Place, declared, undecodable};

/// A type that a definition declares and the default payload converter cannot make again. A plain class as a result fails
/// before, when it is encoded, and belongs to the rule about that.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let analysis = context.analysis;
    if Encoding::of(analysis) != Encoding::Default {
        return;
    }
    let types = analysis.types();
    let mut said: FxHashSet<Span> = FxHashSet::default();
    for payload in declared(analysis, &types) {
        for found in undecodable(&types, &payload.ty) {
            if found.reason == Cannot::Plain && payload.place == Place::Result {
                continue;
            }
            let sent = payload.annotation.span();
            let span = found.field.as_ref().map_or(sent, |(_, span)| *span);
            if !said.insert(span) {
                continue;
            }
            let fact = match found.reason {
                Cannot::Plain => Fact::Default,
                Cannot::Generic => Fact::Generic,
                Cannot::InitVar => Fact::Required,
            };
            let mut words = vec![("what", payload.shown()), ("callee", found.shown)];
            let mut secondary = Vec::new();
            if let Some((field, _)) = found.field {
                words[0] = ("what", format!("field `{field}`"));
                secondary.push(Annotation { span: sent, label: format!("decoded as {}", payload.shown()) });
            }
            let finding = Finding { range: span.range, words, facts: vec![fact], secondary, ..Finding::default() };
            context.report_plain(span, finding, out);
        }
    }
}
