use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Kind, SdkCall, misnamed, unregistered};

/// An activity or workflow that is started and that no worker of its task queue registers.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for lost in unregistered(context.analysis) {
        let start = lost.start;
        let (kind, mut facts) = match start.kind {
            Kind::Activity if lost.is_served && is_bounded(start.call) => ("activity", vec![]),
            Kind::Activity if lost.is_served => ("activity", vec![Fact::NeverReturns]),
            Kind::Activity => ("activity", vec![Fact::Unserved]),
            Kind::LocalActivity => ("local activity", vec![Fact::Local]),
            Kind::Workflow | Kind::Child if is_limited(start.call) => ("workflow", vec![Fact::Limited]),
            Kind::Workflow | Kind::Child => ("workflow", vec![Fact::Workflow]),
        };
        // What a text names may be registered by a program in another language; the texts of a table may be there for other ends.
        let is_elsewhere = start.by_name && lost.alike.is_none() && (start.is_one_of_several || !lost.is_defined);
        let confidence = (is_elsewhere || start.may_be_left_out).then_some(Confidence::Low);
        let queue = lost.queue.map_or_else(|| "this task queue".to_owned(), |queue| format!("task queue `{queue}`"));
        let mut words = vec![("kind", kind.to_owned()), ("name", start.name.to_string()), ("queue", queue)];
        if lost.is_nowhere {
            facts.push(Fact::Missing);
        }
        if let Some(alike) = lost.alike {
            facts.insert(0, Fact::Alike);
            words.push(("use", alike));
        }
        let secondary =
            vec![Annotation { span: lost.worker, label: "registered with no worker like this one".to_owned() }];
        let finding = Finding { range: start.target.range, words, facts, secondary, confidence, ..Finding::default() };
        context.report_plain(start.target, finding, out);
    }
    for misnamed in misnamed(context.analysis) {
        let words = vec![("name", misnamed.name.to_string()), ("called", misnamed.called.to_string())];
        let secondary = vec![Annotation { span: misnamed.call, label: format!("calls `{}`", misnamed.called) }];
        let facts = vec![Fact::Mock];
        context.report_plain(
            misnamed.span,
            Finding { range: misnamed.span.range, words, facts, secondary, ..Finding::default() },
            out,
        );
    }
}

/// Whether something may end all attempts of the activity that a call starts: `start_to_close_timeout` ends one.
fn is_bounded(call: &SdkCall) -> bool {
    ["schedule_to_close_timeout", "retry_policy"].iter().any(|name| !call.lacks(name))
}

/// Whether a timeout ends the workflow that a call starts.
fn is_limited(call: &SdkCall) -> bool {
    ["execution_timeout", "run_timeout"].iter().any(|name| call.argument(name).is_some())
}
