use crate::diagnostic::{Confidence, Diagnostic};
use crate::project::{Evaluator, EventKind, Literal, Place, Value};
use crate::registry::EffectKind;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::source::ast;
use crate::temporal::{Context, Reached, effect_of};

/// `id()` is an address, `hash()` of strings is seeded for each process, and the default `repr()` shows an address.
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let evaluator = reached.reach.evaluator();
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in &node.events {
                let (callee, confidence) = match &event.kind {
                    EventKind::DefaultRepr => ("object.__repr__", Confidence::Medium),
                    _ => match Reached::of(event) {
                        Some(call) if shows_identity(call, evaluator, event.place) => {
                            (shown(call.name), Confidence::High)
                        }
                        _ => continue,
                    },
                };
                let words = vec![("callee", callee.to_owned())];
                let confidence = Some(confidence);
                findings.push((id, Finding { range: event.range, words, confidence, ..Finding::default() }));
            }
        }
        context.report_reached(reached, findings, out);
    }
}

fn shows_identity<'a>(call: Reached<'_, 'a>, evaluator: &Evaluator<'_, 'a>, place: Place) -> bool {
    let identity = effect_of(call).is_some_and(|effect| effect.kind == EffectKind::Identity);
    identity && !(call.name == "builtins.hash" && call.call.is_some_and(|call| hashes_alike(call, evaluator, place)))
}

/// Numbers hash the same everywhere, and so does what has a `__hash__` of its own, which is followed by itself.
fn hashes_alike<'a>(call: &'a ast::ExprCall, evaluator: &Evaluator<'_, 'a>, place: Place) -> bool {
    let Some(argument) = call.arguments.find_positional(0) else { return true };
    match evaluator.value(argument, place) {
        Value::Literal(Literal::Number | Literal::Bool(_) | Literal::None) => true,
        Value::ExternalInstance(class) => matches!(&*class, "builtins.int" | "builtins.float" | "builtins.bool"),
        instance @ Value::Instance(_) => matches!(evaluator.attribute(&instance, "__hash__"), Value::Function(_)),
        _ => false,
    }
}
