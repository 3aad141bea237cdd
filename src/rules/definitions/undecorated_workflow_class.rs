use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::source::Span;
use crate::temporal::repair::made_workflow;
use crate::temporal::{ClassDefinition, DecoratorKind, Sdk, undecorated_registrations};

/// Classes that are used as workflows and are none to the SDK: it looks for the decorator at the class itself.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let definitions = &context.analysis.definitions;
    let mut said = Vec::new();
    let class_at = |span: Span| definitions.classes.iter().find(|class| class.span == span);
    let fix = |class: &ClassDefinition| made_workflow(context.analysis, class);
    for found in undecorated_registrations(context.analysis) {
        let fact = if found.is_derived { Fact::Inherited } else { Fact::Registered };
        said.push(found.span);
        At::new(found.span, fact)
            .word("name", found.name)
            .other(found.worker, "registered here")
            .fix(if found.is_derived { None } else { class_at(found.span).and_then(fix) })
            .low_if(found.in_tests)
            .report(context, out);
    }
    for class in definitions.classes.iter().filter(|class| !said.contains(&class.span)) {
        let run = class.methods.iter().find(|method| method.decorated(Sdk::Run).is_some() && !method.is_replaced);
        let Some(run) = run.filter(|run| !run.is_placeholder && !is_abstract(class)) else { continue };
        let is_base = || definitions.classes.iter().any(|other| other.bases.contains(&class.class));
        if !is_workflow(context, class) && !is_base() {
            At::new(class.span, Fact::Default)
                .word("name", class.name.clone())
                .word("handler", run.name.as_str())
                .other(run.span, "its run method")
                .fix(fix(class))
                .report(context, out);
        }
    }
}

/// Whether something makes it a workflow, or may.
fn is_workflow(context: &RuleContext<'_, '_, '_>, class: &ClassDefinition) -> bool {
    class.workflow().is_some()
        || context.analysis.definitions.defined_by_call.contains_key(&class.class)
        || class
            .decorators
            .iter()
            .any(|decorator| matches!(decorator.kind, DecoratorKind::Project(_) | DecoratorKind::Unknown))
}

/// Whether it is meant as a base.
fn is_abstract(class: &ClassDefinition) -> bool {
    let by_base = class.outside_bases.iter().any(|base| {
        matches!(base.as_str(), "abc.ABC" | "typing.Protocol" | "typing_extensions.Protocol" | "typing.Generic")
    });
    let is_abstract = |decorator: &crate::temporal::Decorator| decorator.kind == DecoratorKind::Abstract;
    by_base || class.methods.iter().any(|method| method.decorators.iter().any(is_abstract))
}
