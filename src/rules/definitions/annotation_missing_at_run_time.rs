use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::temporal::{FunctionDefinition, Sdk, missing_names};

/// Names in annotations that the SDK resolves when it decorates, and that are not bound then. Validators' annotations are
/// only compared.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let definitions = &context.analysis.definitions;
    let methods = definitions.classes.iter().flat_map(|class| &class.methods);
    let is_resolved = |definition: &&FunctionDefinition| {
        definition.role().is_some_and(|role| !matches!(role, Sdk::Validator | Sdk::DynamicConfig | Sdk::Init))
    };
    for definition in methods.chain(&definitions.functions).filter(is_resolved) {
        for missing in missing_names(context.analysis, definition) {
            let span = crate::source::Span { file: definition.span.file, range: missing.range };
            let (fact, label) = if missing.is_late {
                (Fact::Late, "bound here, too late")
            } else {
                (Fact::Default, "bound here, for type checkers alone")
            };
            let role = definition.role().map_or("function", Sdk::noun);
            At::new(span, fact)
                .word("name", missing.name.as_str())
                .word("what", format!("{role} `{}`", definition.qualified_name))
                .other(missing.bound, label)
                .report(context, out);
        }
    }
}
