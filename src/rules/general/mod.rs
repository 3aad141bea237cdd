//! Checks that rules' files ask for by name: no code a rule.
//!
//! Knows: how a symbol's effect, or its blocking, becomes a finding. Does not know: which symbols have one, or which
//! rule asks; both stand below `rules/`.

mod handlers;
mod refused_values;

use rustc_hash::FxHashSet;

pub(super) use handlers::{entry_of, fact_of, method_name};

use super::context::{Finding, RuleContext};
use super::weighing::{self, Weighed};
use crate::diagnostic::{Confidence, Diagnostic, Severity};
use crate::registry::schema::{Check, Fact, HandlerRole};
use crate::source::Span;
use crate::temporal::repair::{rewritten_in_activity, rewritten_in_workflow};
use crate::temporal::{
    Context, EntryPoint, Event, Factories, Reached, Refusals, blocking_of, calls_of_wrappers, effect_of,
    is_in_passing_block, is_seen_at_import, sandbox_at_import,
};

/// Runs a general check.
pub(super) fn check(context: &RuleContext<'_, '_, '_>, check: &Check, out: &mut Vec<Diagnostic>) {
    match check {
        Check::ForbiddenEffect { effects } => forbidden_effect(context, effects, out),
        Check::Blocking { kinds } => blocking(context, kinds, out),
        Check::RefusedValues { values } => refused_values::check(context, values, out),
        Check::ForbiddenCall { roles, calls, warns } => forbidden_call(context, (roles, warns), calls, out),
    }
}

fn forbidden_effect(context: &RuleContext<'_, '_, '_>, effects: &[String], out: &mut Vec<Diagnostic>) {
    let factories = Factories::new(context.analysis);
    let refused = context.analysis.refused_factories();
    for reached in &context.analysis.reached {
        let at_import = reached.context == Context::Import;
        if !matches!(reached.context, Context::Workflow | Context::Import) {
            continue;
        }
        let refusals = Refusals::new(context.analysis, reached);
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes() {
            if node.at_import && !at_import {
                continue;
            }
            for event in node.events.iter().chain(&node.shielded) {
                let file = reached.reach.place(id).file;
                let inspected = Reached::inspected(event).filter(|_| at_import);
                let Some(call) = Reached::of(event).or(inspected.map(|(call, _)| call)) else { continue };
                if !at_import && refused.contains(&Span { file, range: event.range }) {
                    continue;
                }
                let Some(effect) =
                    effect_of(reached.known, call).filter(|effect| effects.contains(&effect.kind.to_string()))
                else {
                    continue;
                };
                let is_refused = !event.shielded && sandbox_at_import(call.name.as_str());
                if at_import && !(is_refused && is_seen_at_import(reached, id, event)) {
                    continue;
                }
                // What stands in a block that passes imports through is told as a misuse of the block.
                if at_import && is_in_passing_block(reached, id, event) {
                    continue;
                }
                let Some(mut weighed) = weighing::effect(context, reached, id, event, call, effect, &refusals) else {
                    continue;
                };
                if let Some((_, by)) = inspected {
                    let Some(asked) = weighing::inspected(effect, factories.are_asked(file, by)) else { continue };
                    weighed.confidence = weighed.confidence.min(asked);
                    weighed.facts = vec![Fact::Inspected];
                }
                let mut words = vec![("callee", shown(call.name.as_str()).to_owned())];
                words.extend(effect.instead.clone().map(|instead| ("use", instead)));
                let fix = (!at_import)
                    .then(|| rewritten_in_workflow(context.analysis, reached, id, event, &effect.fix))
                    .flatten();
                findings.push((id, Finding { fix, ..finding(call, event, words, weighed) }));
            }
        }
        context.report_reached(reached, findings, out);
    }
}

fn forbidden_call(
    context: &RuleContext<'_, '_, '_>,
    (roles, warns): (&[HandlerRole], &[HandlerRole]),
    calls: &[String],
    out: &mut Vec<Diagnostic>,
) {
    let is_wanted = |entry: &EntryPoint| handlers::is_one_of(entry, roles);
    for reached in context.analysis.context(Context::Workflow) {
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in &node.events {
                let Some(call) = Reached::of(event).filter(|call| !call.is_read()) else { continue };
                if !calls.iter().any(|forbidden| forbidden == call.name.as_str()) {
                    continue;
                }
                let Some(entry) = handlers::entry_of(reached, id, &is_wanted) else { continue };
                let name = call.name.as_str();
                let words = vec![
                    ("callee", name.strip_prefix("temporalio.").unwrap_or(name).to_owned()),
                    ("handler", handlers::method_name(entry)),
                ];
                let facts = handlers::fact_of(entry.role).into_iter().collect();
                let severity = handlers::is_one_of(entry, warns).then_some(Severity::Warning);
                let weighed = Weighed { confidence: Confidence::High, facts, severity };
                findings.push((id, finding(call, event, words, weighed)));
            }
        }
        context.report_from(reached, Some(&is_wanted), findings, out);
    }
}

fn blocking(context: &RuleContext<'_, '_, '_>, kinds: &[String], out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::AsyncActivity).chain(context.analysis.operations()) {
        let known: FxHashSet<Span> =
            out.iter().filter(|told| told.code == context.rule.code).map(|told| told.primary.span).collect();
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes() {
            let opens =
                node.events.iter().any(|event| Reached::of(event).is_some_and(|call| call.name == "builtins.open"));
            let of_wrappers = calls_of_wrappers(reached, id);
            for event in node.events.iter().chain(&of_wrappers) {
                let Some(call) = Reached::of(event) else { continue };
                // Reading what `open` gave, next to it, is the same finding.
                if opens && call.name.as_str().starts_with("io.") {
                    continue;
                }
                let Some(blocking) =
                    blocking_of(reached.known, call).filter(|blocking| kinds.contains(&blocking.kind.to_string()))
                else {
                    continue;
                };
                // What activities run as well is told of those.
                if known.contains(&reached.reach.span(id, event.range)) {
                    continue;
                }
                let Some(weighed) = weighing::blocking(context.analysis, reached, id, event, blocking) else {
                    continue;
                };
                let callee = shown(call.name.as_str()).trim_end_matches("()").to_owned();
                let mut words = vec![("callee", callee)];
                words.extend(blocking.instead.clone().map(|instead| ("async", instead)));
                let fix = rewritten_in_activity(context.analysis, reached, id, event, &blocking.fix);
                findings.push((id, Finding { fix, ..finding(call, event, words, weighed) }));
            }
        }
        context.report_reached(reached, findings, out);
    }
}

fn finding<'t>(call: Reached<'_>, event: &Event, words: Vec<(&'t str, String)>, weighed: Weighed) -> Finding<'t> {
    let Weighed { confidence, facts, severity } = weighed;
    let confidence = if call.doubtful { confidence.min(Confidence::Medium) } else { confidence };
    let confidence = if event.unlikely { Confidence::Low } else { confidence };
    Finding { range: event.range, words, confidence: Some(confidence), severity, facts, ..Finding::default() }
}

/// A qualified name as messages give it: builtins without their module.
pub(super) fn shown(name: &str) -> &str {
    name.strip_prefix("builtins.").unwrap_or(name)
}
