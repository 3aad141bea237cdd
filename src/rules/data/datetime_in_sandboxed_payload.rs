use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::{FileId, Span, Version};
use crate::temporal::payloads::{Place, declared, hidden_datetimes, workflows_of};
use crate::temporal::sent::awaited_datetimes;
use crate::temporal::{Encoding, Sdk, Versions};

/// The first SDK whose default converter knows `datetime`: before, none can be sent in the first place (its release notes).
const DATETIME_SINCE: Version = Version(1, 13, 0);

/// A `datetime` that a sandboxed workflow takes or awaits, where the sandbox loads the module that names it. What activities
/// take and what the workflow itself returns is not decoded there. One finding a place.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let analysis = context.analysis;
    if Encoding::of(analysis) != Encoding::Default {
        return;
    }
    let versions = Versions::new(analysis);
    let is_known = |file: FileId| !versions.of(file).is_some_and(|has| has.is_exact && has.version < DATETIME_SINCE);
    let types = analysis.types();
    let mut loaded: FxHashMap<usize, FxHashSet<FileId>> = FxHashMap::default();
    let mut said: FxHashSet<Span> = FxHashSet::default();
    for payload in declared(analysis, &types) {
        if payload.place == Place::Result || payload.role == Sdk::Activity {
            continue;
        }
        let Some(class) = payload.definition.class else { continue };
        for workflow in workflows_of(analysis, class) {
            let loaded = loaded.entry(workflow).or_insert_with(|| analysis.surely_loaded_for(workflow));
            for hidden in hidden_datetimes(analysis, &types, &payload.ty, loaded) {
                let taken = payload.annotation.span();
                let span = hidden.field.as_ref().map_or(taken, |(_, span)| *span);
                if !is_known(span.file) || !said.insert(span) {
                    continue;
                }
                let mut facts: Vec<Fact> = match payload.role {
                    Sdk::Signal => vec![Fact::Signal],
                    Sdk::Update => vec![Fact::Update],
                    Sdk::Query => vec![Fact::Query],
                    _ => Vec::new(),
                };
                let mut words = vec![("what", payload.shown())];
                let mut secondary = Vec::new();
                if let Some((field, _)) = hidden.field {
                    facts.push(Fact::Field);
                    words.push(("name", field));
                    secondary.push(Annotation { span: taken, label: "decoded here".to_owned() });
                }
                let finding = Finding { range: span.range, words, facts, secondary, ..Finding::default() };
                context.report_plain(span, finding, out);
            }
        }
    }
    for awaited in awaited_datetimes(analysis, &types) {
        let span = awaited.hidden.field.as_ref().map_or(awaited.declared, |(_, span)| *span);
        if !is_known(span.file) || !said.insert(span) {
            continue;
        }
        let mut facts = Vec::new();
        let mut words = vec![("what", awaited.shown)];
        if let Some((field, _)) = awaited.hidden.field {
            facts.push(Fact::Field);
            words.push(("name", field));
        }
        let secondary = vec![Annotation { span: awaited.call, label: "awaited here".to_owned() }];
        let finding = Finding { range: span.range, words, facts, secondary, ..Finding::default() };
        context.report_plain(span, finding, out);
    }
}
