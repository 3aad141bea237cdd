//! The values that JSON holds of members of enumerations and of what a `Literal` lists.
//!
//! Knows: values that are constants, and those that `auto()` gives. Does not know: what an enumeration makes of values that it has
//! not.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::expression::{quoted, shown};
use crate::python::{Ancestor, ClassRef, Evaluator, Place, Value};
use crate::registry::payloads;
use crate::registry::schema::JsonKind;
use crate::semantic::{BindingKind, Expr, ExprId, Name};
use crate::temporal::constants::{Constant, constant};
use crate::temporal::types::Annotation;

/// Enumerations of which members are put together.
const FLAGS: [&str; 2] = ["enum.Flag", "enum.IntFlag"];

/// What decides of values: what a class gives one that it has not, and what it makes of those that are written.
const DECIDE: [&str; 4] = ["_missing_", "_generate_next_value_", "__new__", "__init__"];

/// A value, how it reads, and which kind it is.
pub(super) struct Listed {
    pub word: Arc<str>,
    pub kind: JsonKind,
}

/// A constant that a `Literal` lists: a member of an enumeration is recorded as its value.
pub(super) fn of_constant(evaluator: &Evaluator<'_>, listed: &Annotation) -> Option<Listed> {
    let place = Place { file: listed.file, frame: None };
    if let Some(Value::Member(class, name)) =
        evaluator.value(listed.expr, place).only().map(|value| evaluator.get(value))
    {
        let kind = kind_of(evaluator, *class)?;
        return Some(Listed { word: of_member(evaluator, *class, *name)?, kind });
    }
    let constant = constant(evaluator, listed.expr, place)?;
    let kind = match constant {
        Constant::None => JsonKind::Null,
        Constant::Bool(_) => JsonKind::Truth,
        Constant::Number(_) => JsonKind::Number,
        Constant::Text(_) => JsonKind::Text,
        Constant::Duration(_) | Constant::Member(..) => return None,
    };
    Some(Listed { word: shown(constant).into(), kind })
}

/// Which kind of value the members of an enumeration are recorded as; nothing where the converter refuses them.
pub(super) fn kind_of(evaluator: &Evaluator<'_>, class: ClassRef) -> Option<JsonKind> {
    if derives(evaluator, class, |base| payloads().makes_text(base)) {
        return Some(JsonKind::Text);
    }
    derives(evaluator, class, |base| payloads().makes_number(base)).then_some(JsonKind::Number)
}

/// The values of all members of an enumeration, where no others become members of it.
pub(super) fn of_enumeration(evaluator: &Evaluator<'_>, class: ClassRef) -> Option<BTreeSet<Arc<str>>> {
    let project = evaluator.project();
    let decides = |ancestor: &Ancestor| match ancestor {
        Ancestor::Project(owner, _) => {
            let module = project.module(owner.file);
            DECIDE.iter().any(|name| module.variable(module[owner.class].scope, Name::new(name)).is_some())
        }
        Ancestor::Outside(base) => FLAGS.contains(&base.as_str()),
        Ancestor::Dynamic(_) | Ancestor::Unknown => true,
    };
    if evaluator.order(class, None).iter().any(decides) {
        return None;
    }
    let members = evaluator.member_names(class);
    let values: Option<BTreeSet<Arc<str>>> = members
        .iter()
        .filter(|name| !is_method(evaluator, class, **name))
        .map(|name| of_member(evaluator, class, *name))
        .collect();
    values.filter(|values| !values.is_empty())
}

/// How the value of a member reads.
fn of_member(evaluator: &Evaluator<'_>, class: ClassRef, name: Name) -> Option<Arc<str>> {
    let (value, place) = class_binding(evaluator, class, name)?;
    let word = match is_auto(evaluator, value, place) {
        false => match constant(evaluator, value, place)? {
            constant @ (Constant::Text(_) | Constant::Number(_)) => shown(constant),
            _ => return None,
        },
        true if is_str_enum(evaluator, class) || kind_of(evaluator, class) == Some(JsonKind::Number) => {
            given_by_auto(evaluator, class, name)?
        }
        true => return None,
    };
    Some(word.into())
}

/// How the value reads that `auto()` gives a member.
pub(super) fn given_by_auto(evaluator: &Evaluator<'_>, class: ClassRef, name: Name) -> Option<String> {
    match is_str_enum(evaluator, class) {
        true => Some(quoted(&name.as_str().to_lowercase())),
        false => Some(counted_up_to(evaluator, class, name)?.to_string()),
    }
}

fn is_str_enum(evaluator: &Evaluator<'_>, class: ClassRef) -> bool {
    derives(evaluator, class, |base| base == "enum.StrEnum")
}

/// What `auto()` gives a member of numbers: one more than the member before.
fn counted_up_to(evaluator: &Evaluator<'_>, class: ClassRef, name: Name) -> Option<i64> {
    let mut number = 0_i64;
    for member in evaluator.member_names(class) {
        let (value, place) = class_binding(evaluator, class, member)?;
        number = match is_auto(evaluator, value, place) {
            true => number + 1,
            false => match evaluator.get(evaluator.value(value, place).only()?) {
                Value::Int(number) => i64::from(*number),
                _ => return None,
            },
        };
        if member == name {
            break;
        }
    }
    Some(number)
}

/// The expression to which the body of a class, or of one that it derives from, binds a name.
pub(super) fn class_binding(evaluator: &Evaluator<'_>, class: ClassRef, name: Name) -> Option<(ExprId, Place)> {
    for ancestor in evaluator.order(class, None).iter() {
        let Ancestor::Project(owner, _) = ancestor else { continue };
        let module = evaluator.project().module(owner.file);
        let bindings = module.bindings_of(module[owner.class].scope, name);
        let Some(last) = bindings.last() else { continue };
        return match module[*last].kind {
            BindingKind::Assign { value, path, .. } if path.is_empty() => {
                Some((value, Place { file: owner.file, frame: None }))
            }
            _ => None,
        };
    }
    None
}

/// Whether an expression is `auto()`.
pub(super) fn is_auto(evaluator: &Evaluator<'_>, value: ExprId, place: Place) -> bool {
    let module = evaluator.project().module(place.file);
    let Expr::Call { callee, .. } = module[value] else { return false };
    let callee = evaluator.value(callee, place).only();
    callee.and_then(|callee| evaluator.outside_name(callee)).is_some_and(|name| name == "enum.auto")
}

/// Whether what a class binds to a name is a function, and so no member.
fn is_method(evaluator: &Evaluator<'_>, class: ClassRef, name: Name) -> bool {
    class_binding(evaluator, class, name).is_some_and(|(value, place)| {
        evaluator.value(value, place).known.iter().any(|value| matches!(evaluator.get(*value), Value::Function(_)))
    })
}

/// Whether a class derives from such a class of a library.
pub(super) fn derives(evaluator: &Evaluator<'_>, class: ClassRef, is_it: impl Fn(&str) -> bool) -> bool {
    let is_base = |ancestor: &Ancestor| matches!(ancestor, Ancestor::Outside(base) if is_it(base.as_str()));
    evaluator.order(class, None).iter().any(is_base)
}
