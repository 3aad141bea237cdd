use crate::diagnostic::{Annotation, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, refused_zones};

/// A `ZoneInfo` that is made where the sandbox sees it is a stand-in, which `datetime` takes for no time zone.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = refused_zones(context.analysis, reached).into_iter().map(|zone| {
            let callee = zone.callee.as_str();
            let words = vec![("callee", callee.strip_prefix("datetime.").unwrap_or(callee).to_owned())];
            let is_elsewhere = zone.made != reached.reach.span(zone.node, zone.range);
            let made = Annotation { span: zone.made, label: "made here".to_owned() };
            let secondary = if is_elsewhere { vec![made] } else { Vec::new() };
            (zone.node, Finding { range: zone.range, words, secondary, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
