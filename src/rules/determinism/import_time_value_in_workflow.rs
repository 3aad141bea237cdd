use crate::diagnostic::Diagnostic;
use crate::project::{Code, NodeId, Reach};
use crate::registry::EffectKind;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::temporal::{Context, Reached, effect_of};

/// What workflow code reads from a constant, class attribute or default was computed when the module was imported: once
/// a worker, and in the sandbox once a workflow run, so it differs between the first run and a replay.
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes().filter(|(_, node)| node.at_import) {
            for event in &node.events {
                let Some(call) = Reached::of(event) else { continue };
                let differs = effect_of(call).filter(|effect| {
                    matches!(
                        effect.kind,
                        EffectKind::Clock | EffectKind::Random | EffectKind::Uuid | EffectKind::Environment
                    )
                });
                let Some(effect) = differs else { continue };
                let name = initialised(&reached.reach, id).unwrap_or("a value").to_owned();
                let words = vec![("callee", shown(call.name).to_owned()), ("name", name)];
                let confidence = Some(effect.confidence);
                findings.push((id, Finding { range: event.range, words, confidence, ..Finding::default() }));
            }
        }
        context.report_reached(reached, findings, out);
    }
}

/// What the initialiser that leads to a node initialises.
fn initialised<'a>(reach: &Reach<'_, '_, 'a>, id: NodeId) -> Option<&'a str> {
    let mut at = Some(id);
    while let Some(id) = at {
        let node = reach.node(id);
        if let Code::Initialiser { name, .. } = node.code {
            return Some(name);
        }
        at = node.parent.as_ref().map(|edge| edge.from);
    }
    None
}
