use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::temporal::{
    Annotation, ClassDefinition, DecoratorKind, FunctionDefinition, Parameter, ParameterKind, RawValues, Sdk, Types,
    raw_values,
};

/// Dynamic definitions that do not take what the SDK gives them, and `dynamic_config` methods that it refuses.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let definitions = &context.analysis.definitions;
    let types = context.analysis.types();
    for class in &definitions.classes {
        let is_dynamic = class.workflow().is_some_and(crate::temporal::Decorator::is_dynamic);
        let run = class.methods.iter().find(|method| method.decorated(Sdk::Run).is_some() && !method.is_replaced);
        if let Some(run) = run.filter(|_| is_dynamic) {
            takes_raw_values(context, &types, run, "workflow", out);
        }
        for method in &class.methods {
            of_function(context, &types, method, out);
        }
        configurations(context, class, is_dynamic, out);
    }
    for function in &definitions.functions {
        of_function(context, &types, function, out);
    }
}

fn of_function(
    context: &RuleContext<'_, '_, '_>,
    types: &Types<'_, '_>,
    definition: &FunctionDefinition,
    out: &mut Vec<Diagnostic>,
) {
    let Some((role, decorator)) = definition.sdk().next() else { return };
    let is_plain = definition.decorators.iter().all(|decorator| {
        !matches!(decorator.kind, DecoratorKind::Project(_) | DecoratorKind::Applies(_) | DecoratorKind::Unknown)
    });
    if !decorator.is_dynamic() || !is_plain {
        return;
    }
    if role == Sdk::Activity {
        takes_raw_values(context, types, definition, "activity", out);
    } else if role.is_handler() {
        of_handler(context, types, definition, role, out);
    }
}

fn is_one(parameter: &Parameter) -> bool {
    parameter.is_positional()
}

/// `(args: Sequence[RawValue])`. Up to SDK 1.20 `typing.Sequence` was asked for, since then that of `collections.abc`.
fn takes_raw_values(
    context: &RuleContext<'_, '_, '_>,
    types: &Types<'_, '_>,
    definition: &FunctionDefinition,
    what: &str,
    out: &mut Vec<Diagnostic>,
) {
    let found = match definition.parameters() {
        [only] if is_one(only) => only.annotation.map_or(RawValues::No, |given: Annotation| raw_values(types, given)),
        _ => RawValues::No,
    };
    let found = match found {
        RawValues::No => At::new(definition.span, Fact::Default),
        RawValues::Typing => At::new(definition.span, Fact::Late).medium(),
        RawValues::Current | RawValues::Unknown => return,
    };
    found.word("name", definition.qualified_name.clone()).word("what", what).report(context, out);
}

fn of_handler(
    context: &RuleContext<'_, '_, '_>,
    types: &Types<'_, '_>,
    definition: &FunctionDefinition,
    role: Sdk,
    out: &mut Vec<Diagnostic>,
) {
    let fact = match definition.parameters() {
        [_, rest] if rest.kind == ParameterKind::Rest && role == Sdk::Update => Fact::Update,
        [_, rest] if rest.kind == ParameterKind::Rest => Fact::Rest,
        [name, args] if is_one(name) && is_one(args) => {
            let is_text = name.annotation.is_some_and(|name| {
                let ty = types.of(name);
                ty.is_class("builtins.str") || ty == crate::temporal::Type::Unknown
            });
            match args.annotation.map_or(RawValues::No, |args| raw_values(types, args)) {
                RawValues::No => Fact::Signal,
                _ if !is_text => Fact::Signal,
                _ => return,
            }
        }
        _ => Fact::Signal,
    };
    At::new(definition.span, fact)
        .word("name", definition.qualified_name.clone())
        .word("what", role.noun())
        .report(context, out);
}

fn configurations(
    context: &RuleContext<'_, '_, '_>,
    class: &ClassDefinition,
    is_dynamic: bool,
    out: &mut Vec<Diagnostic>,
) {
    let mut configurations: Vec<&FunctionDefinition> =
        class.methods.iter().filter(|method| method.decorated(Sdk::DynamicConfig).is_some()).collect();
    configurations.sort_by_key(|method| method.name.as_str());
    for (index, method) in configurations.iter().enumerate() {
        let is_known_static = class.workflow().is_some_and(|decorator| {
            decorator.kind == DecoratorKind::Sdk(Sdk::Workflow)
                && !matches!(decorator.wire_name(method.name), crate::temporal::WireName::Unknown)
        });
        let fact = if method.signature.is_async {
            Fact::Async
        } else if method.signature.parameters.len() != 1 {
            Fact::Parameter
        } else if index > 0 {
            Fact::Twice
        } else if is_known_static && !is_dynamic {
            Fact::Elsewhere
        } else {
            continue;
        };
        At::new(method.span, fact)
            .word("name", method.qualified_name.clone())
            .word("what", class.name.clone())
            .report(context, out);
    }
}
