use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, conversions};

/// Only a workflow that ends by the exception of its cancellation ends as cancelled (temporalio/worker/_workflow_instance.py,
/// `_run_top_level_workflow_function`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = conversions(reached).into_iter().map(|conversion| {
            let file = reached.reach.span(conversion.node, conversion.range).file;
            let source = context.analysis.project.source(file);
            let handler = match conversion.kind {
                Some(kind) => format!("`except {}`", source.slice(kind)),
                None => "`except:`".to_owned(),
            };
            let finding = Finding {
                range: conversion.range,
                words: vec![("handler", handler)],
                confidence: match (conversion.unlikely, conversion.is_meant) {
                    (true, _) => Some(Confidence::Low),
                    // Who names the cancellation may want it told as a failure.
                    (false, true) => Some(Confidence::Medium),
                    (false, false) => None,
                },
                secondary: vec![Annotation {
                    span: conversion.raises,
                    label: "raised in place of the cancellation".to_owned(),
                }],
                ..Finding::default()
            };
            (conversion.node, finding)
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
