use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::temporal::repair::{first_by_name, not_called};
use crate::temporal::{
    ClassDefinition, Constant, Decorator, DecoratorCall, DecoratorKind, FunctionDefinition, Sdk, Told,
};

/// Decorators of the SDK that are called, combined or placed as they cannot be.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let definitions = &context.analysis.definitions;
    for class in &definitions.classes {
        class.decorators.iter().for_each(|decorator| of_call(context, decorator, out));
        twice(context, &class.decorators, Sdk::Workflow, out);
        again(context, class, out);
        class.methods.iter().for_each(|method| of_method(context, class, method, out));
    }
    for function in &definitions.functions {
        function.decorators.iter().for_each(|decorator| of_call(context, decorator, out));
        twice(context, &function.decorators, Sdk::Activity, out);
    }
}

/// What a decorator is to the SDK, where it is written as such.
fn written(decorator: &Decorator) -> Option<Sdk> {
    match decorator.kind {
        DecoratorKind::Sdk(sdk) => Some(sdk),
        DecoratorKind::Validator(_) => Some(Sdk::Validator),
        _ => None,
    }
}

fn of_call(context: &RuleContext<'_, '_, '_>, decorator: &Decorator, out: &mut Vec<Diagnostic>) {
    let (Some(sdk), Some(call)) = (written(decorator), &decorator.call) else { return };
    if let Some(fact) = fault_of_call(sdk, call) {
        let name = call.first_text().unwrap_or_default();
        let fix = match fact {
            Fact::Called | Fact::CalledQuery => not_called(context.analysis, decorator.span),
            Fact::Name => first_by_name(context.analysis, decorator.span, "name"),
            _ => None,
        };
        At::new(decorator.span, fact).word("what", sdk.shown()).word("name", name).fix(fix).report(context, out);
    }
}

fn fault_of_call(sdk: Sdk, call: &DecoratorCall) -> Option<Fact> {
    let is_empty = call.positional.is_empty() && call.named.is_empty() && !call.is_open;
    let is_dynamic = call.named("dynamic") == Told::Known(Constant::Bool(true));
    let is_named = matches!(call.named("name"), Told::Known(Constant::Text(_)));
    match sdk {
        Sdk::Run | Sdk::Init | Sdk::Validator | Sdk::DynamicConfig => is_empty.then_some(Fact::Called),
        Sdk::Query if is_empty => Some(Fact::CalledQuery),
        _ if call.first_text().is_some() => Some(Fact::Name),
        _ if is_dynamic && is_named && sdk.is_handler() => Some(Fact::Dynamic),
        _ if is_dynamic && is_named => Some(Fact::DynamicName),
        _ => None,
    }
}

fn twice(context: &RuleContext<'_, '_, '_>, decorators: &[Decorator], sdk: Sdk, out: &mut Vec<Diagnostic>) {
    let mut same = decorators.iter().filter(|decorator| written(decorator) == Some(sdk));
    if let (Some(first), Some(second)) = (same.next(), same.next()) {
        At::new(first.span, Fact::Twice)
            .word("what", sdk.shown())
            .other(second.span, "applied before")
            .report(context, out);
    }
}

/// `workflow.defn(…)(Class)` of a class at which the decorator stands already.
fn again(context: &RuleContext<'_, '_, '_>, class: &ClassDefinition, out: &mut Vec<Diagnostic>) {
    let Some(call) = context.analysis.definitions.defined_by_call.get(&class.class) else { return };
    if let Some(first) = class.decorators.iter().find(|decorator| written(decorator) == Some(Sdk::Workflow)) {
        At::new(*call, Fact::Twice)
            .word("what", Sdk::Workflow.shown())
            .other(first.span, "applied before")
            .report(context, out);
    }
}

fn of_method(
    context: &RuleContext<'_, '_, '_>,
    class: &ClassDefinition,
    method: &FunctionDefinition,
    out: &mut Vec<Diagnostic>,
) {
    method.decorators.iter().for_each(|decorator| of_call(context, decorator, out));
    twice(context, &method.decorators, Sdk::Activity, out);
    let handled = |sdk: &Sdk| sdk.is_handler() || *sdk == Sdk::Run;
    let roles: Vec<(Sdk, &Decorator)> =
        method.decorators.iter().filter_map(|decorator| Some((written(decorator)?, decorator))).collect();
    let mut handlers = roles.iter().filter(|(sdk, _)| handled(sdk));
    if let (Some((first, at)), Some((second, other))) = (handlers.next(), handlers.next()) {
        let (kept, lost) = if survives(*first) < survives(*second) { (first, second) } else { (second, first) };
        At::new(at.span, if first == second { Fact::Twice } else { Fact::Stacked })
            .word("what", if first == second { first.shown() } else { kept.shown() })
            .word("name", lost.shown())
            .other(other.span, "and this")
            .report(context, out);
    }
    for decorator in &method.decorators {
        if let DecoratorKind::Outside(name) = decorator.kind
            && name == "temporalio.workflow.update.validator"
        {
            At::new(decorator.span, Fact::Validator).word("what", "@workflow.update.validator").report(context, out);
        }
    }
    let Some((sdk, sdk_decorator)) = roles.iter().find(|(sdk, _)| handled(sdk)) else {
        if let Some((Sdk::Init, decorator)) = roles.iter().find(|(sdk, _)| *sdk == Sdk::Init)
            && method.name != "__init__"
        {
            At::new(decorator.span, Fact::Elsewhere).word("name", method.name.as_str()).report(context, out);
        }
        return;
    };
    let kind_of_method = method.decorators.iter().find_map(|decorator| {
        let fact = match decorator.kind {
            DecoratorKind::Property => Fact::Property,
            DecoratorKind::Static => Fact::Static,
            DecoratorKind::Class => Fact::ClassMethod,
            _ => return None,
        };
        Some((fact, decorator))
    });
    if let Some((fact, decorator)) = kind_of_method {
        At::new(decorator.span, fact)
            .word("what", sdk.shown())
            .word("name", format!("{}.{}", class.name, method.name))
            .other(sdk_decorator.span, sdk.noun())
            .report(context, out);
    }
}

/// Which of two decorators the SDK looks for first (`temporalio/workflow/_definition.py`, `_apply_to_class`).
fn survives(sdk: Sdk) -> u8 {
    match sdk {
        Sdk::Run => 0,
        Sdk::Signal => 1,
        Sdk::Query => 2,
        _ => 3,
    }
}
