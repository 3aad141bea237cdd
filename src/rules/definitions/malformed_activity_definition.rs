use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::temporal::{DecoratorKind, FunctionDefinition, Sdk, unnamed_activities};

/// What is made an activity and cannot be called as one.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let definitions = &context.analysis.definitions;
    let methods = definitions.classes.iter().flat_map(|class| &class.methods);
    for definition in methods.chain(&definitions.functions) {
        of_definition(context, definition, out);
    }
    for (span, is_partial) in unnamed_activities(context.analysis) {
        At::new(span, if is_partial { Fact::Partial } else { Fact::Name }).report(context, out);
    }
}

fn of_definition(context: &RuleContext<'_, '_, '_>, definition: &FunctionDefinition, out: &mut Vec<Diagnostic>) {
    let is_it = |kind: &DecoratorKind| *kind == DecoratorKind::Sdk(Sdk::Activity);
    let Some(position) = definition.decorators.iter().position(|decorator| is_it(&decorator.kind)) else { return };
    // What stands below is applied before.
    let below = &definition.decorators[position + 1..];
    let hidden = below.iter().find_map(|decorator| match decorator.kind {
        DecoratorKind::Class => Some((decorator, Fact::ClassMethod)),
        DecoratorKind::Property => Some((decorator, Fact::Property)),
        _ => None,
    });
    if let Some((decorator, fact)) = hidden {
        At::new(decorator.span, fact).word("name", definition.qualified_name.clone()).report(context, out);
        return;
    }
    let is_plain = below.iter().all(|decorator| decorator.kind == DecoratorKind::Static);
    if is_plain && definition.signature.is_async && definition.signature.is_generator {
        At::new(definition.span, Fact::Default).word("name", definition.qualified_name.clone()).report(context, out);
    }
}
