use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::Context;

/// A time with a zone and one without cannot be compared or subtracted.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = reached.mixed_times().iter().map(|mixed| {
            let facts = if mixed.compares { Vec::new() } else { vec![Fact::Subtracts] };
            let span = reached.reach.span(mixed.node, mixed.naive);
            let secondary = vec![Annotation { span, label: "has no time zone".to_owned() }];
            (mixed.node, Finding { range: mixed.range, secondary, facts, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
