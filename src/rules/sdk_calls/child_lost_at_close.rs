use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{ChildFate, lost_children};

/// A child workflow that ends with its parent, never begins, or goes on though it should not.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for child in lost_children(context.analysis) {
        let facts = match child.fate {
            ChildFate::Terminated => Vec::new(),
            ChildFate::NeverBegins => vec![Fact::Unused],
            ChildFate::RunsOn => vec![Fact::Cancel],
        };
        let secondary = child.place.map(|span| Annotation { span, label: "cancelled here".to_owned() });
        let finding = Finding {
            range: child.span.range,
            words: vec![("callee", child.call.to_owned())],
            facts,
            secondary: secondary.into_iter().collect(),
            ..Finding::default()
        };
        context.report_plain(child.span, finding, out);
    }
}
