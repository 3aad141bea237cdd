use crate::diagnostic::{Annotation, Confidence, Diagnostic, Unit};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{
    Context, InSandbox, Shared, in_sandbox_for, read_of_activities, replaced_at_import, shared_states,
};

/// State that more than one run of a workflow sees, on a worker that may have any of them: a replay finds what others left.
/// The sandbox gives each run modules of its own, but for those that are passed through.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let read = read_of_activities(context.analysis, reached);
        let findings = shared_states(reached).into_iter().chain(read).filter_map(|state| {
            let fact = match state.shared {
                Shared::Module | Shared::Class => None,
                Shared::Default => Some(Fact::Parameter),
                Shared::Filled => Some(Fact::Activity),
                Shared::Replaced => Some(Fact::Replaced),
                Shared::Primitive => Some(Fact::Loop),
                Shared::Cached => Some(Fact::Result),
                Shared::Coroutine => Some(Fact::Coroutine),
            };
            let guarded = in_sandbox_for(context.analysis, reached, state.node, &state.name);
            let mut facts: Vec<Fact> = fact.into_iter().collect();
            let is_made_anew =
                guarded != InSandbox::Off && state.made.is_some_and(|made| context.analysis.is_sandboxed(made.file));
            // Where an option of the worker is not known, the sandbox is what there is by default.
            // Activities may fill one part of it, and the workflow read another that is there from the import on.
            let is_doubtful = state.shared == Shared::Filled || state.shared == Shared::Primitive && is_made_anew;
            let is_apart = !matches!(guarded, InSandbox::Through | InSandbox::Off);
            match state.shared {
                // A module that is loaded for each run has a cache of its own for each.
                Shared::Cached if is_apart => return None,
                // And what it makes for its loop.
                Shared::Primitive if guarded == InSandbox::On && is_made_anew => return None,
                // It can be awaited once in any case; and what activities fill does not arrive in any.
                Shared::Coroutine | Shared::Filled => {}
                _ if !is_apart => facts.push(Fact::Unstopped),
                _ => {}
            }
            let made = state.made.map(|span| Annotation { span, label: "made once".to_owned() });
            // Each name is a finding of its own.
            let span = reached.reach.span(state.node, state.range);
            let finding = Finding {
                unit: Some(Unit { span, place: "place", whole: "function" }),
                range: state.range,
                words: vec![("name", state.name)],
                facts,
                secondary: made.into_iter().collect(),
                confidence: Some(if is_doubtful { Confidence::Low } else { Confidence::Medium }),
                ..Finding::default()
            };
            Some((state.node, finding))
        });
        context.report_reached(reached, findings.collect(), out);
    }
    for (span, name) in replaced_at_import(context.analysis) {
        let finding = Finding {
            range: span.range,
            words: vec![("name", name)],
            facts: vec![Fact::Replaced],
            confidence: Some(Confidence::Medium),
            ..Finding::default()
        };
        context.report_plain(span, finding, out);
    }
}
