use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::source::Span;
use crate::temporal::{DecoratorKind, FunctionDefinition, ParameterKind, Sdk, needs_hint};

/// Parameters that the SDK cannot give: it calls everything by position, and methods with their object.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let definitions = &context.analysis.definitions;
    let methods = definitions.classes.iter().flat_map(|class| &class.methods);
    for definition in methods.chain(&definitions.functions) {
        let Some(role) = definition.role() else { continue };
        let takes_messages = role.is_handler() || role == Sdk::Run;
        let is_wrapped = definition.decorators.iter().any(|decorator| {
            matches!(decorator.kind, DecoratorKind::Project(_) | DecoratorKind::Applies(_) | DecoratorKind::Unknown)
        });
        if is_wrapped || definition.is_replaced {
            continue;
        }
        if takes_messages && lacks_self(definition) {
            At::new(definition.span, Fact::Default)
                .word("name", definition.qualified_name.clone())
                .word("what", role.noun())
                .report(context, out);
        } else if takes_messages || role == Sdk::Activity {
            of_parameters(context, definition, role, out);
        }
    }
}

fn lacks_self(definition: &FunctionDefinition) -> bool {
    definition.class.is_some()
        && definition.signature.parameters.is_empty()
        && !definition
            .decorators
            .iter()
            .any(|decorator| matches!(decorator.kind, DecoratorKind::Static | DecoratorKind::Class))
}

fn of_parameters(
    context: &RuleContext<'_, '_, '_>,
    definition: &FunctionDefinition,
    role: Sdk,
    out: &mut Vec<Diagnostic>,
) {
    for parameter in definition.parameters() {
        let span = Span { file: definition.span.file, range: parameter.range };
        let at = |fact| {
            At::new(span, fact)
                .word("name", parameter.name.as_str())
                .word("handler", definition.qualified_name.clone())
                .word("what", role.noun())
        };
        match parameter.kind {
            ParameterKind::KeywordOnly if role == Sdk::Activity => return at(Fact::Activity).report(context, out),
            ParameterKind::KeywordOnly if parameter.is_required() => return at(Fact::Required).report(context, out),
            ParameterKind::Rest | ParameterKind::KeywordRest
                if !is_dynamic(definition) && needs_hint(context.analysis, definition) =>
            {
                return at(Fact::Rest).report(context, out);
            }
            _ => {}
        }
    }
}

fn is_dynamic(definition: &FunctionDefinition) -> bool {
    definition.sdk().any(|(_, decorator)| decorator.is_dynamic())
}
