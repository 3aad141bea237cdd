use crate::diagnostic::{CallChain, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::fact_of;
use crate::temporal::{Context, Escape, EscapeCondition, Raiser, ReachedCode, escapes, unit_of};

/// Only `FailureError`, `asyncio.TimeoutError`, cancellation and what `failure_exception_types` names fail a workflow;
/// any other exception fails its task, which the server retries forever (temporalio/worker/_workflow_instance.py,
/// `_is_workflow_failure_exception`). Only what can leave an entry point is reported.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        for escape in escapes(context.analysis, reached, &|edge| context.is_held_back(&reached.reach, edge)) {
            report(context, reached, &escape, out);
        }
    }
}

fn confidence(escape: &Escape) -> Confidence {
    let at_once = escape.way.len() < 2;
    match (escape.raiser, escape.condition) {
        _ if escape.unlikely => Confidence::Low,
        // That the task waits for a deployment is what these are for.
        (Raiser::Bug | Raiser::Constructor, _) | (_, EscapeCondition::OnCode) => Confidence::Low,
        _ if escape.doubtful => Confidence::Medium,
        (_, EscapeCondition::Always) => Confidence::High,
        (_, EscapeCondition::OnData) if at_once => Confidence::High,
        (_, EscapeCondition::OnData) => Confidence::Medium,
    }
}

fn report(context: &RuleContext<'_, '_, '_>, reached: &ReachedCode<'_>, escape: &Escape, out: &mut Vec<Diagnostic>) {
    let finding = Finding {
        range: escape.range,
        words: vec![
            ("exception", escape.class.clone()),
            ("use", escape.comes_out_as.clone().unwrap_or_else(|| escape.class.clone())),
        ],
        confidence: Some(confidence(escape)),
        facts: escape.comes_out_as.iter().map(|_| Fact::Gathered).chain(fact_of(escape.role)).collect(),
        unit: unit_of(&reached.reach, escape.node),
        ..Finding::default()
    };
    let reach = &reached.reach;
    let first = out.len();
    context.report_plain(reach.span(escape.node, escape.range), finding, out);
    let span = |(node, site): &(_, _)| reach.span(*node, *site);
    for diagnostic in &mut out[first..] {
        if escape.way.len() > 1 {
            diagnostic.call_chain = CallChain::new(&escape.way, span, |(node, _)| reach.name(*node));
        }
        diagnostic.more_entry_points = escape.others;
    }
}
