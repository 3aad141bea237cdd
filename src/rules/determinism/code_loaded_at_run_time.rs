use crate::diagnostic::Diagnostic;
use crate::registry::EffectKind;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::temporal::{Context, Given, Reached, effect_of, is_recorded_text};

/// What runs a text as code.
const EVALUATE: [&str; 3] = ["builtins.compile", "builtins.eval", "builtins.exec"];

/// Code that is made or chosen while a workflow runs is whatever the worker at hand has: another worker may have another.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in &node.events {
                let Some(call) = Reached::of(event) else { continue };
                let Some(effect) = effect_of(reached.known, call).filter(|effect| effect.kind == EffectKind::Code)
                else {
                    continue;
                };
                // What the text of the program says is the same everywhere.
                let first = call.arguments.and_then(|arguments| arguments.positional.first().copied());
                if matches!(first, Some(Given::Str(_))) {
                    continue;
                }
                // What the history holds is the same on each replay; a module of that name need not be.
                if EVALUATE.contains(&call.name.as_str()) && is_recorded_text(reached, id, event) {
                    continue;
                }
                let mut words = vec![("callee", shown(call.name.as_str()).to_owned())];
                words.extend(effect.instead.clone().map(|instead| ("use", instead)));
                findings.push((id, Finding { range: event.range, words, ..Finding::default() }));
            }
        }
        context.report_reached(reached, findings, out);
    }
}
