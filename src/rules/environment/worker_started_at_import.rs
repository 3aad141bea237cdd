use crate::diagnostic::{Confidence, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::temporal::{Context, loop_starts};

/// A script that runs its event loop when it is imported: the sandbox imports the module of a workflow once more, while
/// the worker's loop is running.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Import) {
        let findings = loop_starts(context.analysis).into_iter().map(|start| {
            let confidence = Some(if start.defines_workflow { Confidence::High } else { Confidence::Medium });
            let words = vec![("callee", shown(start.callee.as_str()).to_owned())];
            (start.node, Finding { range: start.range, words, confidence, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
