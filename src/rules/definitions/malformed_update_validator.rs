use super::At;
use super::malformed_workflow_init::{fact_of, parameter_of};
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::temporal::repair::made_plain;
use crate::temporal::{ClassDefinition, DecoratorKind, FunctionDefinition, Sdk, difference, is_named_in};

/// Validators of updates that the SDK refuses, or that reject nothing.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for class in &context.analysis.definitions.classes {
        let mut validated: Vec<(&FunctionDefinition, &FunctionDefinition)> = Vec::new();
        for method in &class.methods {
            let Some(update) = validated_by(class, method) else { continue };
            if let Some((_, first)) = validated.iter().find(|(known, _)| known.function == update.function) {
                found(method, update, Fact::Twice).other(first.span, "the first validator").report(context, out);
                continue;
            }
            validated.push((update, method));
            of_validator(context, method, update, out);
        }
        never_attached(context, class, &validated, out);
    }
}

/// The update that a method validates.
fn validated_by<'d>(class: &'d ClassDefinition, method: &FunctionDefinition) -> Option<&'d FunctionDefinition> {
    let name = method.decorators.iter().find_map(|decorator| match decorator.kind {
        DecoratorKind::Validator(name) => Some(name),
        _ => None,
    })?;
    let before = class.methods.iter().take_while(|other| other.function != method.function);
    before.filter(|other| other.name == name && other.decorated(Sdk::Update).is_some()).last()
}

fn found<'t>(validator: &FunctionDefinition, update: &FunctionDefinition, fact: Fact) -> At<'t> {
    At::new(validator.span, fact).word("name", validator.qualified_name.clone()).word("handler", update.name.as_str())
}

fn of_validator(
    context: &RuleContext<'_, '_, '_>,
    validator: &FunctionDefinition,
    update: &FunctionDefinition,
    out: &mut Vec<Diagnostic>,
) {
    if validator.signature.is_async {
        found(validator, update, Fact::Async).fix(made_plain(context.analysis, validator)).report(context, out);
        return;
    }
    if let Some(difference) = difference(context.analysis, &context.analysis.types(), update, validator) {
        found(validator, update, fact_of(&difference))
            .word("what", parameter_of(&difference))
            .other(update.span, "the update")
            .report(context, out);
        return;
    }
    if let Some(returned) = validator.signature.returns_value {
        found(validator, update, Fact::Result).other(returned, "nobody reads this").report(context, out);
    }
}

/// `validate_<update>` and `<update>_validator` that no decorator attaches and nothing calls.
fn never_attached(
    context: &RuleContext<'_, '_, '_>,
    class: &ClassDefinition,
    validated: &[(&FunctionDefinition, &FunctionDefinition)],
    out: &mut Vec<Diagnostic>,
) {
    let updates = class.methods.iter().filter(|method| method.decorated(Sdk::Update).is_some() && !method.is_replaced);
    for update in updates.filter(|update| !validated.iter().any(|(known, _)| known.function == update.function)) {
        let names = [format!("validate_{}", update.name), format!("{}_validator", update.name)];
        let named = names.iter().filter_map(|name| class.method(name));
        for method in named.filter(|method| method.decorators.is_empty()) {
            let alike = method.signature.parameters.len() == update.signature.parameters.len();
            if alike && !is_named_in(context.analysis, class.class.file, method.name) {
                found(method, update, Fact::Loose).other(update.span, "the update").medium().report(context, out);
            }
        }
    }
}
