use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::EffectKind;
use crate::second::rules::context::{Finding, RuleContext};
use crate::second::rules::general::shown;
use crate::second::temporal::{Context, import_time_values};

/// What workflow code reads from a constant, class attribute or default was computed when the module was imported: once
/// a worker, and in the sandbox once a workflow run, so it differs between the first run and a replay.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let findings = import_time_values(reached).into_iter().map(|value| {
            let name = value.name.map_or("a value", |name| name.as_str()).to_owned();
            let words = vec![("callee", shown(value.callee.as_str()).to_owned()), ("name", name)];
            let benign = value.effect.kind == EffectKind::Environment && value.only_options;
            let confidence = Some(if benign { Confidence::Low } else { value.effect.confidence });
            (value.node, Finding { range: value.range, words, confidence, ..Finding::default() })
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
