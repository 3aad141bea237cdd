use super::GIVEN;
use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{DuplicateKind, duplicates};

/// Two activities, workflows or Nexus services of one name in one worker, or two dynamic ones.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for duplicate in duplicates(context.analysis) {
        let kind = match duplicate.kind {
            DuplicateKind::Activity => ("kind", "activity"),
            DuplicateKind::Workflow => ("kind", "workflow"),
            DuplicateKind::Service => ("kind", "Nexus service"),
        };
        let mut facts = Vec::new();
        if duplicate.name.is_none() {
            facts.push(Fact::Dynamic);
        } else if duplicate.is_same {
            facts.push(Fact::Alike);
        }
        let mut words = vec![(kind.0, kind.1.to_owned()), ("what", duplicate.what), ("other", duplicate.other)];
        words.extend(duplicate.name.map(|name| ("name", name)));
        let mut secondary = vec![Annotation { span: duplicate.first, label: "registered here already".to_owned() }];
        secondary.extend(duplicate.given.map(|span| Annotation { span, label: GIVEN.to_owned() }));
        let finding = Finding { range: duplicate.span.range, words, facts, secondary, ..Finding::default() };
        context.report_plain(duplicate.span, finding, out);
    }
}
