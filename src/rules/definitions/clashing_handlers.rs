use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::temporal::{ClassDefinition, DecoratorKind, FunctionDefinition, Sdk, WireName, members, registrations};

/// Queries that the SDK answers itself; it installs its own over those of a workflow
/// (`temporalio/worker/_workflow_instance.py`).
const BUILT_IN_QUERIES: [&str; 3] = ["__stack_trace", "__enhanced_stack_trace", "__temporal_workflow_metadata"];

/// Handlers of one class of which one is lost, or which the SDK refuses.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for class in &context.analysis.definitions.classes {
        same_wire_name(context, class, out);
        replaced(context, class, out);
        built_in(context, class, out);
        registered_again(context, class, out);
    }
}

type Handler<'d> = (Sdk, WireName, &'d ClassDefinition, &'d FunctionDefinition);

fn handlers<'d>(context: &RuleContext<'d, '_, '_>, class: &'d ClassDefinition) -> Vec<Handler<'d>> {
    let all = members(&context.analysis.definitions.classes, class).into_iter();
    all.filter_map(|(owner, method)| {
        let role = method.role().filter(|role| role.is_handler())?;
        Some((role, method.wire_name(), owner, method))
    })
    .collect()
}

fn shown(name: &WireName) -> Option<String> {
    match name {
        WireName::Known(name) => Some(format!("`{name}`")),
        WireName::Dynamic => Some("of all names that have none".to_owned()),
        WireName::Unknown => None,
    }
}

/// Two handlers of one kind and name: the one whose method comes later by its name is reported, as the SDK does, or the
/// class's own, or the class, where it inherits both.
fn same_wire_name(context: &RuleContext<'_, '_, '_>, class: &ClassDefinition, out: &mut Vec<Diagnostic>) {
    let mut handlers = handlers(context, class);
    handlers.sort_by_key(|(_, _, owner, method)| (owner.class == class.class, method.name.as_str()));
    for (index, (role, name, owner, method)) in handlers.iter().enumerate() {
        let Some(shown) = shown(name) else { continue };
        // Of methods of one name only one is there, whichever branch defines it.
        let same = |other: &&Handler<'_>| other.0 == *role && other.1 == *name && other.3.name != method.name;
        let Some((_, _, other_owner, other)) = handlers[..index].iter().find(same) else { continue };
        // What one base does is reported there.
        let is_own = owner.class == class.class;
        if !is_own && owner.class == other_owner.class {
            continue;
        }
        At::new(if is_own { method.span } else { class.span }, Fact::Default)
            .word("what", role.noun())
            .word("name", shown)
            .word("handler", other.qualified_name.clone())
            .other(other.span, "the other one")
            .report(context, out);
    }
}

/// A method that a later one of the same Python name replaces, so that its handler is never registered.
fn replaced(context: &RuleContext<'_, '_, '_>, class: &ClassDefinition, out: &mut Vec<Diagnostic>) {
    for (index, lost) in class.methods.iter().enumerate().filter(|(_, method)| method.is_replaced) {
        let Some(role) = lost.role().filter(|role| role.is_handler() || *role == Sdk::Run) else { continue };
        let Some(later) = class.methods[index + 1..].iter().find(|later| later.name == lost.name) else { continue };
        let is_accessor = later.decorators.iter().any(|decorator| {
            matches!(decorator.kind, DecoratorKind::Accessor | DecoratorKind::Overload | DecoratorKind::Unknown)
        });
        if is_accessor {
            continue;
        }
        let fact = if later.role() == Some(Sdk::Validator) { Fact::Validator } else { Fact::Replaced };
        At::new(later.span, fact)
            .word("what", role.noun())
            .word("name", later.name.as_str())
            .other(lost.span, "lost")
            .report(context, out);
    }
}

fn built_in(context: &RuleContext<'_, '_, '_>, class: &ClassDefinition, out: &mut Vec<Diagnostic>) {
    for method in class.methods.iter().filter(|method| method.role() == Some(Sdk::Query)) {
        let WireName::Known(name) = method.wire_name() else { continue };
        if BUILT_IN_QUERIES.contains(&name.as_str()) {
            At::new(method.span, Fact::BuiltIn).word("name", name.as_str()).report(context, out);
        }
    }
}

fn registered_again(context: &RuleContext<'_, '_, '_>, class: &ClassDefinition, out: &mut Vec<Diagnostic>) {
    let registrations = registrations(context.analysis, class.class);
    if registrations.is_empty() {
        return;
    }
    let handlers = handlers(context, class);
    for registration in registrations {
        let same =
            |(role, name, ..): &&Handler<'_>| *role == registration.kind && *name == WireName::Known(registration.name);
        let Some((_, _, _, method)) = handlers.iter().find(same) else { continue };
        At::new(registration.span, Fact::Registered)
            .word("what", registration.kind.noun())
            .word("name", registration.name.as_str())
            .word("handler", method.qualified_name.clone())
            .other(method.span, "no longer called")
            .medium()
            .report(context, out);
    }
}
