use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{MockFault, idle_mocks};

/// What a test puts in the place of something, where the workflow does not meet it.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for mock in idle_mocks(context.analysis) {
        let mut words = vec![("name", mock.name)];
        let (fact, confidence, place, label) = match mock.fault {
            MockFault::LoadedAnew { workflow, worker } => {
                words.push(("what", workflow));
                (Fact::Default, Confidence::High, worker, "this worker runs it in the sandbox")
            }
            MockFault::Arguments { own, takes, real, activity } => {
                words.extend([("callee", own), ("first", takes), ("word", real)]);
                (Fact::Count, Confidence::Medium, activity, "the activity")
            }
        };
        let finding = Finding {
            range: mock.span.range,
            words,
            facts: vec![fact],
            confidence: Some(confidence),
            secondary: vec![Annotation { span: place, label: label.to_owned() }],
            ..Finding::default()
        };
        context.report_plain(mock.span, finding, out);
    }
}
