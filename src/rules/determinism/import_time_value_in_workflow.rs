use rustc_hash::FxHashSet;

use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::EffectKind;
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::rules::weighing;
use crate::source::Span;
use crate::temporal::{Context, Reached, ReachedCode, Refusals, ValueUse, import_time_values, modules_imported_late};

/// What workflow code reads from a constant, class attribute or default was computed when the module was imported: once
/// a worker, and in the sandbox once a workflow run, so it differs between the first run and a replay.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let values = import_time_values(reached);
        let refused = if values.is_empty() { FxHashSet::default() } else { refused(context, reached) };
        let is_there = |node, range| refused.is_empty() || !refused.contains(&reached.reach.span(node, range));
        let findings = values.into_iter().filter(|value| is_there(value.node, value.range)).map(|value| {
            let name = value.name.map_or("a value", |name| name.as_str()).to_owned();
            let words = vec![("callee", shown(value.callee.as_str()).to_owned()), ("name", name)];
            let is_setting = value.effect.kind == EffectKind::Environment;
            let confidence = of_use(is_setting, value.used).min(value.effect.confidence);
            let mut facts = if is_setting { vec![Fact::Environment] } else { Vec::new() };
            facts.extend(weighing::fact_of_use(value.used));
            (
                value.node,
                Finding { range: value.range, words, confidence: Some(confidence), facts, ..Finding::default() },
            )
        });
        context.report_reached(reached, findings.collect(), out);
    }
}

/// The calls in the statements of modules that are imported only while a workflow runs, at which the sandbox refuses them: nothing
/// is ever computed there.
fn refused<'p>(context: &RuleContext<'_, '_, 'p>, reached: &ReachedCode<'p>) -> FxHashSet<Span> {
    let late = modules_imported_late(context.analysis, reached);
    if late.is_empty() {
        return FxHashSet::default();
    }
    let refusals = Refusals::new(context.analysis, reached);
    let mut found = FxHashSet::default();
    for id in late {
        for event in &reached.reach.node(id).events {
            let Some(call) = Reached::of(event) else { continue };
            if weighing::is_stopped(context, reached, id, event, call, &refusals) {
                found.insert(reached.reach.span(id, event.range));
            }
        }
    }
    found
}

/// What the environment says is the same for a whole deployment: only where it decides what workflow code does, or
/// names a command, another deployment goes another way through the same history.
fn of_use(is_setting: bool, used: ValueUse) -> Confidence {
    match used {
        ValueUse::Decides | ValueUse::Identifies if is_setting => Confidence::Medium,
        _ if is_setting => Confidence::Low,
        ValueUse::Decides | ValueUse::Identifies | ValueUse::Unknown => Confidence::High,
        ValueUse::State | ValueUse::Timer | ValueUse::Argument => Confidence::Medium,
        ValueUse::Outside | ValueUse::Text | ValueUse::Unused => Confidence::Low,
    }
}
