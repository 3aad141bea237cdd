use crate::diagnostic::{Confidence, Diagnostic};
use crate::project::{Code, FunctionRef, NodeId, Reach};
use crate::registry::EffectKind;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::semantic::BindingKind;
use crate::source::ast::{Ranged, TextRange};
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
                if !becomes_the_value(&reached.reach, id, event.range, FLOW_DEPTH) {
                    continue;
                }
                let name = initialised(&reached.reach, id).unwrap_or("a value").to_owned();
                let words = vec![("callee", shown(call.name).to_owned()), ("name", name)];
                let benign = effect.kind == EffectKind::Environment && only_options(&reached.reach, id);
                let confidence = Some(if benign { Confidence::Low } else { effect.confidence });
                findings.push((id, Finding { range: event.range, words, confidence, ..Finding::default() }));
            }
        }
        context.report_reached(reached, findings, out);
    }
}

/// Through how many functions a value is followed.
const FLOW_DEPTH: usize = 4;

/// Whether what code at a range gives is, or is part of, what the initialiser computes: it stands in the initialiser, or
/// in what a function returns whose call does.
fn becomes_the_value(reach: &Reach<'_, '_, '_>, id: NodeId, range: TextRange, depth: usize) -> bool {
    if depth == 0 {
        return false;
    }
    let node = reach.node(id);
    let passes_on = match node.code {
        Code::Initialiser { .. } => true,
        Code::Function(function) => is_returned(reach, function, range),
        Code::Module(_) => false,
    };
    passes_on
        && node.parent.iter().chain(&node.others).any(|edge| {
            // Read by code that runs in the workflow, or part of what is.
            !reach.node(edge.from).at_import || becomes_the_value(reach, edge.from, edge.site, depth - 1)
        })
}

/// Whether a range stands in what a function returns, or in what a name is bound to that it returns.
fn is_returned(reach: &Reach<'_, '_, '_>, function: FunctionRef, range: TextRange) -> bool {
    let module = reach.evaluator().project().module(function.file);
    let definition = module.function(function.function);
    let source = reach.evaluator().project().source(function.file);
    definition.returns.iter().any(|returned| {
        let returned = returned.range();
        returned.contains_range(range)
            || module.scope(definition.scope).names.iter().any(|(name, ids)| {
                let in_value = ids.iter().any(|id| match &module.binding(*id).kind {
                    BindingKind::Assignment { value: Some(value), .. } => value.range().contains_range(range),
                    _ => false,
                });
                in_value && names_it(source.slice(returned), name)
            })
    })
}

/// Whether a name occurs in an expression's text as a word.
fn names_it(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
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

/// Whether what an initialiser made only goes where a replay does not look: the SDK compares which activity is scheduled,
/// not on which queue, within what time or how often it is tried.
fn only_options(reach: &Reach<'_, '_, '_>, id: NodeId) -> bool {
    let mut at = id;
    while !matches!(reach.node(at).code, Code::Initialiser { .. }) {
        let Some(edge) = &reach.node(at).parent else { return false };
        at = edge.from;
    }
    let node = reach.node(at);
    let mut reads = node.parent.iter().chain(&node.others).filter(|edge| !reach.node(edge.from).at_import).peekable();
    reads.peek().is_some() && reads.all(|edge| is_option(reach, edge.from, edge.site))
}

fn is_option(reach: &Reach<'_, '_, '_>, from: NodeId, site: TextRange) -> bool {
    let module = reach.evaluator().project().module(reach.node(from).code.file());
    module.calls.iter().flat_map(|(call, _)| &call.arguments.keywords).any(|keyword| {
        keyword.value.range().contains_range(site)
            && keyword.arg.as_deref().is_some_and(|name| {
                name == "task_queue" || name == "retry_policy" || name.ends_with("timeout") || name == "summary"
            })
    })
}
