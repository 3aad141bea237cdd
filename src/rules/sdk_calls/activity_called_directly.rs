use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, Inlined, inline_calls};

/// An activity that workflow code calls as a function runs inside the workflow; so does another workflow's run method.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = inline_calls(context.analysis, reached).into_iter().map(|call| {
            let facts = if call.what == Inlined::Run { vec![Fact::RunMethod] } else { Vec::new() };
            let confidence = if call.doubtful { Confidence::Medium } else { Confidence::High };
            let label = "defined here".to_owned();
            let finding = Finding {
                range: call.range,
                words: vec![("callee", call.name)],
                confidence: Some(confidence),
                secondary: vec![Annotation { span: call.definition, label }],
                facts,
                ..Finding::default()
            };
            (call.node, finding)
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
