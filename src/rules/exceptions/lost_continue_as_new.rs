use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, LostIn};

/// `ContinueAsNewError` is a `BaseException` that has to leave the run method, or a handler, as it is.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = reached.lost_continuations().iter().map(|lost| {
            let here = reached.reach.span(lost.node, lost.range).file;
            let source = Annotation { span: lost.source, label: "raises here".to_owned() };
            let is_elsewhere = lost.source.file == here && lost.source.range != lost.range;
            let finding = Finding {
                range: lost.range,
                confidence: Some(if lost.unlikely { Confidence::Low } else { Confidence::High }),
                secondary: Some(source).into_iter().filter(|_| is_elsewhere).collect(),
                facts: match lost.lost_in {
                    LostIn::Task => Vec::new(),
                    LostIn::Group => vec![Fact::Group],
                    LostIn::Results => vec![Fact::Results],
                },
                ..Finding::default()
            };
            (lost.node, finding)
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
