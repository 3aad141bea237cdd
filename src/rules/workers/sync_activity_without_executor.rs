use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::missing_executors;

/// A worker that registers a `def` activity or Nexus operation, and has no executor that could run it.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for missing in missing_executors(context.analysis) {
        let (name, place) = &missing.needed_by[0];
        let others = match missing.needed_by.len() - 1 {
            0 => String::new(),
            1 => " (and 1 more)".to_owned(),
            more => format!(" (and {more} more)"),
        };
        let is_operation = missing.option == "nexus_task_executor";
        let finding = Finding {
            range: missing.worker.range,
            words: vec![("name", name.clone()), ("others", others), ("option", missing.option.to_owned())],
            label: format!("no `{}`", missing.option),
            confidence: (!missing.is_sure).then_some(Confidence::Medium),
            secondary: vec![Annotation { span: *place, label: "`def`, so it runs in an executor".to_owned() }],
            facts: is_operation.then_some(Fact::NexusOperation).into_iter().collect(),
            ..Finding::default()
        };
        context.report_plain(missing.worker, finding, out);
    }
}
