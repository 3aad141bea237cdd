use rustc_hash::FxHashMap;

use crate::diagnostic::{Annotation, Confidence, Diagnostic, Severity, Unit};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::{FileId, Span, Version};
use crate::temporal::{Lack, Versions, unfit_clients};

/// Since when the SDK has a converter for pydantic's second version: 1.9.0 has none.
const CONVERTER_SINCE: Version = Version(1, 10, 0);

/// A client, test environment or replayer that converts what it sends in another way than the other side. Those of one file
/// that lack the same are one finding.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let versions = Versions::new(context.analysis);
    let mut first: FxHashMap<(FileId, Fact), Span> = FxHashMap::default();
    for unfit in unfit_clients(context.analysis) {
        let mut words = vec![("call", unfit.made_by)];
        let in_tests = context.analysis.is_test(unfit.span.file);
        // Where the project's version has no such converter, there is nothing to import.
        let is_older = versions.of(unfit.span.file).is_some_and(|has| has.is_exact && has.version < CONVERTER_SINCE);
        let (fact, place, label, severity, confidence) = match unfit.lack {
            // Fields of plain types arrive all the same, with a warning in the log; tests that pass show that they do.
            Lack::Model { model, sent_as, declared, is_unchanged } => {
                words.extend([("name", model), ("what", sent_as)]);
                let confidence = if is_unchanged { Some(Confidence::Medium) } else { None };
                let confidence = if in_tests { Some(Confidence::Low) } else { confidence };
                let fact = if is_unchanged { Fact::Unchanged } else { Fact::Default };
                (fact, declared, "the model stands here", Some(Severity::Warning), confidence)
            }
            Lack::Other { shared, other } => {
                words.push(("name", shared));
                (Fact::Unlike, other, "this client has a converter of its own", None, None)
            }
        };
        let span = *first.entry((unfit.span.file, fact)).or_insert(unfit.span);
        let finding = Finding {
            unit: Some(Unit { span, place: "place", whole: "file" }),
            range: unfit.span.range,
            words,
            facts: if is_older && fact != Fact::Unlike { vec![Fact::Late, fact] } else { vec![fact] },
            severity,
            confidence,
            secondary: vec![Annotation { span: place, label: label.to_owned() }],
            ..Finding::default()
        };
        context.report_plain(unfit.span, finding, out);
    }
}
