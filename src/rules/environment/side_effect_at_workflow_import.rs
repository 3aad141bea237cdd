use crate::diagnostic::{Confidence, Diagnostic, Unit};
use crate::registry::schema::{Fact, SetUpKind};
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::source::{Span, TextRange};
use crate::temporal::{Context, InSandbox, set_up_at_import, while_loading};

/// What a module sets up when it is imported, and the sandbox has it set up once more for each run.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Import) {
        let findings = set_up_at_import(context.analysis, reached).into_iter().map(|set_up| {
            let file = reached.reach.node(set_up.node).code.file();
            let (fact, place, confidence) = of_kind(set_up.leaves);
            let is_sure = !set_up.guarded && while_loading(context.analysis, file) == InSandbox::On;
            let finding = Finding {
                range: set_up.range,
                words: vec![("callee", shown(set_up.callee.as_str()).to_owned())],
                confidence: Some(if is_sure { confidence } else { Confidence::Low }),
                facts: fact.into_iter().collect(),
                unit: Some(Unit { span: Span { file, range: TextRange::default() }, place, whole: "module" }),
                ..Finding::default()
            };
            (set_up.node, finding)
        });
        context.report_reached(reached, findings.collect(), out);
    }
}

/// What is said of it, what a further one is called, and how sure it is that it does harm.
fn of_kind(leaves: SetUpKind) -> (Option<Fact>, &'static str, Confidence) {
    match leaves {
        SetUpKind::Handler => (Some(Fact::Surplus), "handler", Confidence::High),
        SetUpKind::Logging => (Some(Fact::Replaced), "set-up", Confidence::Medium),
        SetUpKind::Thread => (Some(Fact::Thread), "thread", Confidence::High),
        // The packages around a workflow's module are loaded first, and may have passed the module through; and once more of it
        // mostly costs little.
        SetUpKind::Object => (None, "place", Confidence::Low),
    }
}
