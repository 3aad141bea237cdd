//! Awaits of a coroutine that is put in a list first.
//!
//! Knows: lists of one function that a comprehension, a display or one `append` fills, with coroutines or with tuples that
//! hold one, and the loops that go through them, also by `as_completed`. Does not know: lists that several places fill, or that
//! other functions are given.

use super::code::bindings_of;
use super::fates::{Fate, fates_of, fates_of_binding};
use crate::semantic::{BindingId, BindingKind, Expr, ExprId, Module, Stmt, Use};

/// The awaits of what a call gives: where it is made, or where a loop takes it from the list that it was put in.
pub(super) fn awaits_of(module: &Module, call: ExprId) -> Vec<ExprId> {
    if let Use::Awaited(awaited) = module.uses().use_of(call) {
        return vec![awaited];
    }
    let Some((list, position)) = list_with(module, call) else { return Vec::new() };
    let loops = module.reads_of(list).filter_map(|read| target_of_loop(module, read, position));
    let fates = loops.flat_map(|binding| fates_of_binding(module, binding));
    fates
        .filter_map(|fate| match fate {
            Fate::Awaited(awaited) => Some(awaited),
            _ => None,
        })
        .collect()
}

/// The list that a value is put in, by the only binding of its name; and where in a tuple the value stands there.
fn list_with(module: &Module, value: ExprId) -> Option<(BindingId, Option<usize>)> {
    if let Use::ElementOf(comprehension) = module.uses().use_of(value) {
        return Some((bound_to(module, comprehension)?, None));
    }
    let (item, position) = match fates_of(module, value)[..] {
        [Fate::Listed(around)] => match module[around] {
            Expr::Tuple(items) => {
                (around, Some(module.list(items).iter().position(|item| is_same(module, *item, value))?))
            }
            Expr::List(_) => return Some((bound_to(module, around)?, None)),
            _ => return None,
        },
        [Fate::Argument(given)] => (given, None),
        _ => return None,
    };
    match module.uses().use_of(item) {
        Use::ElementOf(comprehension) => Some((bound_to(module, comprehension)?, position)),
        Use::Argument { call, .. } => Some((appended_to(module, call)?, position)),
        _ => None,
    }
}

/// Whether an item of a tuple is a value, or a name that is bound to it.
fn is_same(module: &Module, item: ExprId, value: ExprId) -> bool {
    item == value || matches!(module[item], Expr::Name { .. }) && assigned(module, item) == Some(value)
}

fn assigned(module: &Module, read: ExprId) -> Option<ExprId> {
    match module[only_binding(module, read)?].kind {
        BindingKind::Assign { value, path, .. } if path.is_empty() => Some(value),
        _ => None,
    }
}

fn only_binding(module: &Module, read: ExprId) -> Option<BindingId> {
    match bindings_of(module, read) {
        [only] => Some(*only),
        _ => None,
    }
}

/// The only binding of the name that an expression is given.
fn bound_to(module: &Module, expr: ExprId) -> Option<BindingId> {
    let Use::Bound(statement) = module.uses().use_of(expr) else { return None };
    let target = match module[statement] {
        Stmt::Assign { targets, .. } => match module.list(targets) {
            [only] => *only,
            _ => return None,
        },
        Stmt::Declare { target, .. } => target,
        _ => return None,
    };
    let Expr::Target(binding) = module[target] else { return None };
    (module[module[binding].variable].bindings.len() == 1).then_some(binding)
}

/// The list whose `append` a call is, where it begins empty and nothing else fills it.
fn appended_to(module: &Module, call: ExprId) -> Option<BindingId> {
    let appends = |call: ExprId| match module[call] {
        Expr::Call { callee, .. } => match module[callee] {
            Expr::Attribute { value, name } if name == "append" => Some(value),
            _ => None,
        },
        _ => None,
    };
    let list = appends(call)?;
    let binding = only_binding(module, list)?;
    let is_empty =
        matches!(assigned(module, list).map(|value| module[value]), Some(Expr::List(items)) if items.is_empty());
    let changes = |read: &ExprId| matches!(module.uses().use_of(*read), Use::AttributeOf(..) | Use::ItemOf(_));
    let is_filled_once = module.reads_of(binding).filter(changes).count() == 1;
    (is_empty && is_filled_once).then_some(binding)
}

/// What a loop over a list, or over `as_completed` of it, binds of each item.
fn target_of_loop(module: &Module, read: ExprId, position: Option<usize>) -> Option<BindingId> {
    let looped = match module.uses().use_of(read) {
        Use::LoopedOver(looped) => looped,
        Use::Argument { call, .. } if position.is_none() && is_as_completed(module, call) => {
            match module.uses().use_of(call) {
                Use::LoopedOver(looped) => looped,
                _ => return None,
            }
        }
        _ => return None,
    };
    let target = match (module[module[looped].target?], position) {
        (Expr::Tuple(items), Some(position)) => module[*module.list(items).get(position)?],
        (target, None) => target,
        _ => return None,
    };
    match target {
        Expr::Target(binding) => Some(binding),
        _ => None,
    }
}

fn is_as_completed(module: &Module, call: ExprId) -> bool {
    let Expr::Call { callee, .. } = module[call] else { return false };
    match module[callee] {
        Expr::Attribute { name, .. } | Expr::Name { name, .. } => name == "as_completed",
        _ => false,
    }
}
