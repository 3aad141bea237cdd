use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::{Fact, ShapeKind};
use crate::rules::context::RuleContext;
use crate::temporal::{
    ClassDefinition, DecoratorKind, Difference, FunctionDefinition, Parameter, Sdk, Types, difference, with_bases,
};

/// What makes objects of a workflow, where the SDK cannot call it: with the arguments of the run method where it is
/// decorated, without any where it is not.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let analysis = context.analysis;
    let types = analysis.types();
    let classes = &analysis.definitions.classes;
    for class in classes.iter().filter(|class| class.workflow().is_some()) {
        let owner = with_bases(classes, class).find(|owner| owner.method("__init__").is_some());
        let method = owner.and_then(|owner| owner.method("__init__"));
        match (owner, method) {
            // A base that is not known may have one that comes first.
            (Some(owner), _) if owner.class != class.class && class.is_open => {}
            (Some(_), Some(init)) => of_method(context, &types, class, init, out),
            _ => of_fields(context, &types, class, out),
        }
    }
}

fn of_method(
    context: &RuleContext<'_, '_, '_>,
    types: &Types<'_, '_>,
    class: &ClassDefinition,
    init: &FunctionDefinition,
    out: &mut Vec<Diagnostic>,
) {
    let name = || ("name", init.qualified_name.clone());
    if init.signature.is_async {
        let (word, text) = name();
        At::new(init.span, Fact::Async).word(word, text).report(context, out);
        return;
    }
    if init
        .decorators
        .iter()
        .any(|decorator| matches!(decorator.kind, DecoratorKind::Project(_) | DecoratorKind::Unknown))
    {
        return;
    }
    if init.decorated(Sdk::Init).is_some() {
        let run = class.methods.iter().find(|method| method.decorated(Sdk::Run).is_some() && !method.is_replaced);
        let Some(run) = run else { return };
        let Some(difference) = difference(context.analysis, types, init, run) else { return };
        let (word, text) = name();
        At::new(init.span, fact_of(&difference))
            .word(word, text)
            .word("handler", run.qualified_name.clone())
            .word("what", parameter_of(&difference))
            .other(run.span, "takes the workflow's arguments")
            .report(context, out);
        return;
    }
    let required: Vec<&Parameter> = init.parameters().iter().filter(|parameter| parameter.is_required()).collect();
    if let Some(first) = required.first() {
        let at = if init.class == Some(class.class) { init.span } else { class.span };
        let (word, text) = name();
        let mut found = At::new(at, Fact::Required).word(word, text).word("what", first.name.as_str());
        if at != init.span {
            found = found.other(init.span, "inherited from here");
        }
        found.report(context, out);
    }
}

fn of_fields(
    context: &RuleContext<'_, '_, '_>,
    types: &Types<'_, '_>,
    class: &ClassDefinition,
    out: &mut Vec<Diagnostic>,
) {
    let shape = types.shape(class.class);
    let is_dataclass = class.decorators.iter().any(|decorator| {
        matches!(decorator.kind, DecoratorKind::Outside(name) if types.makes(name) == Some(ShapeKind::Dataclass))
    });
    let required = shape.fields.iter().find(|field| !field.has_default);
    if let Some(field) = required.filter(|_| is_dataclass && !class.is_open) {
        At::new(class.span, Fact::Field)
            .word("name", class.name.clone())
            .word("what", field.name.as_str())
            .other(field.span, "has no default")
            .report(context, out);
    }
}

/// What of two parameter lists differs.
pub(super) fn fact_of(difference: &Difference) -> Fact {
    match difference {
        Difference::Count => Fact::Count,
        Difference::Kind(_) => Fact::ParameterKind,
        Difference::Default(_) => Fact::ParameterDefault,
        Difference::Annotation(_) => Fact::Annotation,
        Difference::Spelling(_) => Fact::Spelling,
    }
}

pub(super) fn parameter_of(difference: &Difference) -> String {
    match difference {
        Difference::Count => String::new(),
        Difference::Kind(name)
        | Difference::Default(name)
        | Difference::Annotation(name)
        | Difference::Spelling(name) => name.to_string(),
    }
}
