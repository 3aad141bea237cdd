//! Models that arrive as they were sent, though the converter knows nothing of them.
//!
//! Knows: the types of a model's fields, and what its body says of names, validation and serialisation. Does not know: which
//! client sends it.

use super::analysis::Analysis;
use super::types::{Type, Types, Walk};
use crate::python::{Ancestor, ClassRef};
use crate::registry::payloads;
use crate::registry::schema::ShapeKind;
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, Module, Name};

/// Names in a class body by which it is read or written otherwise.
const OWN_WAYS: &[&str] = &["Config", "dict", "model_config", "model_dump", "model_validate", "parse_obj", "__iter__"];

/// Decorators that change nothing about how a model is sent.
const HARMLESS: &[&str] = &["cached_property", "classmethod", "property", "staticmethod"];

/// Whether the default converter sends all that is declared so that a model makes the same of it.
pub(super) fn arrives_unchanged(analysis: &Analysis<'_, '_>, types: &Types<'_, '_>, ty: &Type) -> bool {
    let mut is_plain = true;
    types.walk(ty, &mut |part, _| {
        is_plain &= match part {
            Type::None | Type::Union { .. } | Type::Literal(_) | Type::New(_) | Type::Alias(_) => true,
            Type::Outside { class, .. } => payloads().is_read_by_models(class.as_str()),
            Type::Class { class, .. } => {
                let shape = types.shape(*class);
                match shape.kind {
                    Some(ShapeKind::Model) => says_nothing_more(analysis, *class),
                    Some(ShapeKind::Dataclass) => true,
                    Some(ShapeKind::Enumeration) => shape.is_primitive,
                    _ => false,
                }
            }
            Type::Any | Type::Variable | Type::Unknown => false,
        };
        if is_plain { Walk::Into } else { Walk::Over }
    });
    is_plain
}

/// Whether the body of a model, and of its bases, only declares fields and plain methods.
fn says_nothing_more(analysis: &Analysis<'_, '_>, class: ClassRef) -> bool {
    analysis.evaluator.order(class, None).iter().all(|ancestor| match ancestor {
        Ancestor::Project(class, _) => {
            let module = analysis.project.module(class.file);
            let definition = &module[class.class];
            let has = |name: &&str| module.variable(definition.scope, Name::new(name)).is_some();
            let mut methods = module.function_ids().filter(|id| module[*id].class == Some(class.class));
            let mut calls = module.calls().iter().filter(|call| definition.range.contains_range(module.span(**call)));
            !OWN_WAYS.iter().any(has)
                && methods.all(|id| module.list(module[id].decorators).iter().all(|by| is_harmless(module, *by)))
                && calls.all(|call| names_nothing_otherwise(module, *call))
        }
        Ancestor::Outside(_) => true,
        Ancestor::Dynamic(_) | Ancestor::Unknown => false,
    })
}

fn is_harmless(module: &Module, decorator: ExprId) -> bool {
    matches!(module[decorator], Expr::Name { name, .. } | Expr::Attribute { name, .. } if HARMLESS.contains(&name.as_str()))
}

/// Whether a call, such as that of `Field`, says neither of another name nor of what is left out.
fn names_nothing_otherwise(module: &Module, call: ExprId) -> bool {
    let Expr::Call { arguments, .. } = module[call] else { return true };
    module.list(arguments).iter().all(|given: &Argument| match given.kind {
        ArgumentKind::Keyword(name) => !name.as_str().ends_with("alias") && name != "exclude",
        ArgumentKind::DoubleStar => false,
        _ => true,
    })
}
