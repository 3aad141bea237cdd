use crate::diagnostic::{Confidence, Diagnostic};
use crate::project::{Evaluator, Event, EventKind, Place, TEXT_OF, Value};
use crate::rules::context::{Finding, RuleContext};
use crate::source::ast::Ranged;
use crate::temporal::{Context, Role};

/// Strings and most objects hash by a seed that each process draws, so the order of a set that holds them differs from
/// worker to worker (`PYTHONHASHSEED`, Python's documentation of `object.__hash__`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in &node.events {
                if let EventKind::SetOrder { what } = event.kind
                    && !has_one_item(context, event)
                    && reached.entries_of(id).any(|entry| issues_commands(entry.role))
                {
                    let words = vec![("what", format!("{what} a set"))];
                    let confidence = (what == TEXT_OF).then(|| confidence_of_text(reached.reach.evaluator(), event));
                    findings.push((id, Finding { range: event.range, words, confidence, ..Finding::default() }));
                }
            }
        }
        context.report_reached(reached, findings, out);
    }
}

/// Queries and validators answer and reject; they are not part of what a replay repeats.
fn issues_commands(role: Role) -> bool {
    !matches!(role, Role::Query | Role::Validator)
}

/// A text is often for people alone, but not one that a command of the workflow carries.
fn confidence_of_text(evaluator: &Evaluator<'_, '_>, event: &Event<'_>) -> Confidence {
    let file = event.place.file;
    let module = evaluator.project().module(file);
    let around = module.calls.iter().filter(|(call, _)| call.range().contains_range(event.range));
    // `str(names)` is the text itself.
    let around = around.filter(|(call, _)| call.range() != event.range && !call.func.is_name_expr());
    let innermost = around.min_by_key(|(call, _)| call.range().len());
    let is_command = innermost.is_some_and(|(call, scope)| {
        let place = Place { file, scope: *scope, frame: None };
        matches!(evaluator.value(&call.func, place), Value::External(name) if name.starts_with("temporalio.workflow."))
    });
    if is_command { Confidence::Medium } else { Confidence::Low }
}

/// Whether the code asks for the size of the set and goes on with one item: there is no order then.
fn has_one_item(context: &RuleContext<'_, '_, '_, '_>, event: &Event<'_>) -> bool {
    let source = context.analysis.project.source(event.place.file);
    let set = source.slice(event.range);
    let size = format!("len({})", set.strip_suffix(".pop()").unwrap_or(set));
    let before = &source.text()[..event.range.start().to_usize()];
    before.lines().rev().take(12).any(|line| {
        line.find(&size).is_some_and(|at| {
            let rest = line[at + size.len()..].trim_start();
            ["== 1", "!= 1", "> 1", ">= 2", "<= 1"].iter().any(|test| rest.starts_with(test))
        })
    })
}
