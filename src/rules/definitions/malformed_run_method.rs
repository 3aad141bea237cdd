use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::temporal::repair::made_async;
use crate::temporal::{
    ClassDefinition, Decorator, DecoratorKind, FunctionDefinition, Nesting, Sdk, may_add_members, with_bases,
};

/// Workflow classes whose run method the SDK refuses, and those that have none.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for class in &context.analysis.definitions.classes {
        for method in class.methods.iter().filter(|method| is_run(method)) {
            of_method(context, method, out);
        }
        if class.workflow().is_some_and(is_direct) {
            of_class(context, class, out);
        }
    }
}

fn is_direct(decorator: &Decorator) -> bool {
    matches!(decorator.kind, DecoratorKind::Sdk(_))
}

fn is_run(method: &FunctionDefinition) -> bool {
    method.decorated(Sdk::Run).is_some_and(is_direct)
}

/// Whether decorators below may make another function of it.
fn is_wrapped(method: &FunctionDefinition) -> bool {
    method.decorators.iter().any(|decorator| {
        matches!(decorator.kind, DecoratorKind::Project(_) | DecoratorKind::Unknown | DecoratorKind::Outside(_))
    })
}

fn of_method(context: &RuleContext<'_, '_, '_>, method: &FunctionDefinition, out: &mut Vec<Diagnostic>) {
    let fact = match (method.signature.is_async, method.signature.is_generator) {
        (true, true) => Fact::Generator,
        (false, _) => Fact::Default,
        (true, false) => return,
    };
    // Static and class methods are another rule's.
    let is_method = !method.decorators.iter().any(|decorator| {
        matches!(decorator.kind, DecoratorKind::Static | DecoratorKind::Class | DecoratorKind::Property)
    });
    if is_method && !is_wrapped(method) {
        let fix = (fact == Fact::Default).then(|| made_async(context.analysis, method.span)).flatten();
        At::new(method.span, fact).word("name", method.qualified_name.clone()).fix(fix).report(context, out);
    }
}

fn of_class(context: &RuleContext<'_, '_, '_>, class: &ClassDefinition, out: &mut Vec<Diagnostic>) {
    let at_class = |fact| At::new(class.span, fact).word("name", class.name.clone());
    match class.nesting {
        Nesting::Function => return at_class(Fact::Local).report(context, out),
        Nesting::Class => return at_class(Fact::Nested).report(context, out),
        Nesting::Module => {}
    }
    let mut own: Vec<&FunctionDefinition> =
        class.methods.iter().filter(|method| !method.is_replaced && method.decorated(Sdk::Run).is_some()).collect();
    // The SDK, too, goes by their names.
    own.sort_by_key(|method| method.name.as_str());
    if let [first, second, ..] = own.as_slice() {
        return At::new(second.span, Fact::Twice)
            .word("name", class.name.clone())
            .other(first.span, "the first one")
            .report(context, out);
    }
    let classes = &context.analysis.definitions.classes;
    let inherited = with_bases(classes, class)
        .skip(1)
        .find_map(|base| base.methods.iter().find(|method| !method.is_replaced && is_run(method)));
    match (own.first(), inherited) {
        (Some(own), Some(inherited)) if own.name != inherited.name => At::new(own.span, Fact::Name)
            .word("name", inherited.name.as_str())
            .word("handler", inherited.qualified_name.clone())
            .other(inherited.span, "the inherited run method")
            .report(context, out),
        // An override without the decorator is another rule's.
        (None, Some(inherited)) if class.method(inherited.name.as_str()).is_none() => at_class(Fact::Inherited)
            .word("handler", inherited.qualified_name.clone())
            .other(inherited.span, "inherited from here")
            .report(context, out),
        (None, None) if is_complete(context, class) => {
            let mut found = at_class(Fact::Missing);
            if let Some(run) = class.method("run") {
                found = found.other(run.span, "has no decorator");
            }
            found.report(context, out);
        }
        _ => {}
    }
}

/// Whether all methods of a class are known.
fn is_complete(context: &RuleContext<'_, '_, '_>, class: &ClassDefinition) -> bool {
    let classes = &context.analysis.definitions.classes;
    !class.is_open
        && class.outside_bases.iter().all(|base| !may_add_members(*base))
        && with_bases(classes, class).all(|owner| {
            let is_known =
                |decorator: &Decorator| !matches!(decorator.kind, DecoratorKind::Project(_) | DecoratorKind::Unknown);
            owner.decorators.iter().all(is_known)
                && owner.methods.iter().all(|method| method.decorators.iter().all(is_known))
        })
}
