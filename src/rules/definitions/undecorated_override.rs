use rustc_hash::FxHashSet;

use super::At;
use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::RuleContext;
use crate::source::Span;
use crate::temporal::repair::decorated_like;
use crate::temporal::{FunctionDefinition, Sdk, WireName, members, with_bases};

/// Methods of workflows that override a run method or handler and are none themselves: the SDK asks for every name that a
/// base serves.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let classes = &context.analysis.definitions.classes;
    let mut said: FxHashSet<Span> = FxHashSet::default();
    for class in classes.iter().filter(|class| class.workflow().is_some()) {
        let members = members(classes, class);
        for base in with_bases(classes, class).skip(1) {
            for overridden in base.methods.iter().filter(|method| !method.is_replaced) {
                let Some(role) = overridden.role().filter(|role| role.is_handler() || *role == Sdk::Run) else {
                    continue;
                };
                let Some((_, own)) = members.iter().find(|(_, method)| method.name == overridden.name) else {
                    continue;
                };
                if own.function == overridden.function || serves(&members, overridden, own, role) {
                    continue;
                }
                if !said.insert(own.span) {
                    continue;
                }
                let fact = match own.role() {
                    None => Fact::Default,
                    Some(other) if other == role => Fact::Name,
                    Some(_) => Fact::OtherKind,
                };
                At::new(own.span, fact)
                    .word("name", own.qualified_name.clone())
                    .word("handler", overridden.qualified_name.clone())
                    .word("what", role.shown())
                    .other(overridden.span, "decorated here")
                    .fix((fact == Fact::Default).then(|| decorated_like(context.analysis, overridden, own)).flatten())
                    .report(context, out);
            }
        }
    }
}

/// Whether the class still serves what the overridden method does, or that cannot be told.
fn serves(
    members: &[(&crate::temporal::ClassDefinition, &FunctionDefinition)],
    overridden: &FunctionDefinition,
    own: &FunctionDefinition,
    role: Sdk,
) -> bool {
    let is_unknown = |method: &FunctionDefinition| {
        method.decorators.iter().any(|decorator| {
            use crate::temporal::DecoratorKind::{Applies, Outside, Project, Unknown};
            matches!(decorator.kind, Unknown | Project(_) | Applies(_) | Outside(_))
        })
    };
    if is_unknown(own) || is_unknown(overridden) {
        return true;
    }
    if role == Sdk::Run {
        return own.role() == Some(Sdk::Run);
    }
    let wanted = overridden.wire_name();
    wanted == WireName::Unknown
        || members.iter().any(|(_, method)| {
            let name = method.wire_name();
            method.role() == Some(role) && (name == wanted || name == WireName::Unknown)
        })
}
