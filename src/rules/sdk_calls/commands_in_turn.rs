use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::{Context, in_turn, own_in_turn};

const COLLECTED: &str = "each begins here, when the one before it has ended";
const NAMED: &str = "it begins here, when the one before it has ended";

/// A coroutine starts nothing before it is awaited: commands that are collected as coroutines begin one after the other.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for found in in_turn(context.analysis) {
        let call = found.call;
        let starts = call.short_name().replacen("execute_", "start_", 1);
        let is_child = starts == "start_child_workflow";
        let starts = if is_child { format!("await workflow.{starts}(…)") } else { format!("workflow.{starts}(…)") };
        let span = Span { file: call.span.file, range: found.awaited };
        let finding = Finding {
            range: call.span.range,
            facts: found.is_named.then_some(Fact::Kept).into_iter().collect(),
            words: vec![("callee", call.short_name().to_owned()), ("use", starts)],
            secondary: vec![Annotation { span, label: if found.is_named { NAMED } else { COLLECTED }.to_owned() }],
            ..Finding::default()
        };
        context.report_call(call, finding, out);
    }
    for reached in context.analysis.context(Context::Workflow) {
        let findings = own_in_turn(context.analysis, reached).into_iter().map(|found| {
            let span = reached.reach.span(found.node, found.awaited);
            let finding = Finding {
                range: found.range,
                facts: found.is_named.then_some(Fact::Kept).into_iter().collect(),
                words: vec![("callee", found.name.clone()), ("use", format!("asyncio.create_task({}(…))", found.name))],
                secondary: vec![Annotation { span, label: if found.is_named { NAMED } else { COLLECTED }.to_owned() }],
                ..Finding::default()
            };
            (found.node, finding)
        });
        context.report_reached(reached, findings.collect(), out);
    }
}
