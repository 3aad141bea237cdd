//! Awaits of a coroutine that is put in a list first.
//!
//! Knows: lists of one function that a comprehension, a display or one `append` fills, and dicts that a comprehension or one
//! assignment does, with coroutines or with tuples that hold one, and the loops that go through them, also by `as_completed`. Does not know: lists that several places fill, or that
//! other functions are given.

use super::code::{bindings_of, is_repeated};
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
pub(super) fn list_with(module: &Module, value: ExprId) -> Option<(BindingId, Option<usize>)> {
    if let Use::ElementOf(comprehension) = module.uses().use_of(value) {
        return Some((bound_to(module, comprehension)?, None));
    }
    if let Some(table) = stored_in(module, value) {
        return Some((table, None));
    }
    let value = only_read(module, value);
    let (item, position) = match fates_of(module, value)[..] {
        [Fate::Listed(around)] => match module[around] {
            Expr::Tuple(items) => {
                (around, Some(module.list(items).iter().position(|item| is_same(module, *item, value))?))
            }
            Expr::List(_) => return Some((bound_to(module, around).or_else(|| added_to(module, around))?, None)),
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

/// The dict in which a value is put under a key, where it begins empty and nothing else fills it: `begun[seat] = draw(seat)`.
fn stored_in(module: &Module, value: ExprId) -> Option<BindingId> {
    let Use::Bound(statement) = module.uses().use_of(value) else { return None };
    let Stmt::Assign { targets, .. } = module[statement] else { return None };
    let [target] = module.list(targets) else { return None };
    let Expr::Subscript { value: table, .. } = module[*target] else { return None };
    let binding = only_binding(module, table)?;
    let is_empty =
        matches!(assigned(module, table).map(|value| module[value]), Some(Expr::Dict(items)) if items.is_empty());
    let items = module.reads_of(binding).filter(|read| matches!(module.uses().use_of(*read), Use::ItemOf(_)));
    (is_empty && items.count() == 1).then_some(binding)
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
pub(super) fn bound_to(module: &Module, expr: ExprId) -> Option<BindingId> {
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
pub(super) fn appended_to(module: &Module, call: ExprId) -> Option<BindingId> {
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

/// The list to which `+=` adds another one, where it begins empty and nothing else fills it.
fn added_to(module: &Module, added: ExprId) -> Option<BindingId> {
    let Use::Bound(statement) = module.uses().use_of(added) else { return None };
    let Stmt::Augment { target, .. } = module[statement] else { return None };
    let [first, augmented] = bindings_of(module, target) else { return None };
    let begins_empty = match module[*first].kind {
        BindingKind::Assign { value, path, .. } if path.is_empty() => {
            matches!(module[value], Expr::List(items) if items.is_empty())
        }
        _ => false,
    };
    let fills = |read: &ExprId| matches!(module.uses().use_of(*read), Use::AttributeOf(_, name) if name == "append");
    let is_filled_once = !module.reads_of(*augmented).any(|read| fills(&read));
    (begins_empty && matches!(module[*augmented].kind, BindingKind::Augment { .. }) && is_filled_once)
        .then_some(*augmented)
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

/// Where a loop awaits, one after the other, what a call gives that is put in a list once for each turn of another loop, and
/// nothing else is done with the list.
pub(super) fn awaited_in_turn(module: &Module, call: ExprId) -> Option<ExprId> {
    let (list, position) = list_with(module, call)?;
    let is_repeated = is_repeated(module, call, module.block_of_call(call)?);
    let mut found = None;
    for read in module.reads_of(list).filter(|_| is_repeated) {
        match module.uses().use_of(read) {
            Use::AttributeOf(method, name) if matches!(name.as_str(), "pop" | "popleft") => {
                let Use::Called(taken) = module.uses().use_of(method) else { return None };
                found = Some(awaited_again(module, taken, position)?);
            }
            Use::ItemOf(item) if !matches!(module.uses().use_of(item), Use::Target(_)) => {
                found = Some(awaited_again(module, item, position)?);
            }
            Use::AttributeOf(_, name) if matches!(name.as_str(), "items" | "values") => {
                found = Some(awaited_by_loop(module, read, position)?);
            }
            // `append`, and questions that leave the list as it is.
            Use::AttributeOf(..) | Use::IfTest(_) | Use::WhileTest(_) | Use::Operand(_) | Use::Target(_) => {}
            Use::ItemOf(item) if matches!(module.uses().use_of(item), Use::Target(_)) => {}
            Use::Argument { call, .. } if is_call_of(module, call, "len") => {}
            _ => found = Some(awaited_by_loop(module, read, position)?),
        }
    }
    found
}

/// The await of what is taken from a list, one after the other: `await work.pop()`, `await work[name]`.
fn awaited_again(module: &Module, taken: ExprId, position: Option<usize>) -> Option<ExprId> {
    let Use::Awaited(awaited) = module.uses().use_of(taken) else { return None };
    let block = module.block_of_expression(taken)?;
    (position.is_none() && is_repeated(module, taken, block)).then_some(awaited)
}

/// What a loop or comprehension that goes through a list, alone, numbered or beside another, binds of each item; or of what
/// stands there at a place in each.
pub(super) fn item_target(module: &Module, read: ExprId, position: Option<usize>) -> Option<BindingId> {
    let (gone_through, outer) = match module.uses().use_of(read) {
        Use::Argument { call, position, .. } if is_call_of(module, call, "zip") => {
            (call, Some(usize::try_from(position).ok()?))
        }
        Use::Argument { call, position: 0, .. } if is_call_of(module, call, "enumerate") => (call, Some(1)),
        Use::AttributeOf(method, name) => match module.uses().use_of(method) {
            Use::Called(call) => (call, (name == "items").then_some(1)),
            _ => return None,
        },
        _ => (read, None),
    };
    let target = match module.uses().use_of(gone_through) {
        Use::LoopedOver(looped) => module[looped].target?,
        Use::ComprehendedOver(around) => {
            let Expr::Comprehension(comprehension) = module[around] else { return None };
            let clauses = module.list(module[comprehension].clauses);
            clauses.iter().find(|clause| clause.iterable == gone_through)?.target
        }
        _ => return None,
    };
    let target = outer.into_iter().chain(position).try_fold(target, |target, position| match module[target] {
        Expr::Tuple(items) => module.list(items).get(position).copied(),
        _ => None,
    })?;
    match module[target] {
        Expr::Target(binding) => Some(binding),
        _ => None,
    }
}

/// The await of each item by a loop or comprehension that goes through a list.
fn awaited_by_loop(module: &Module, read: ExprId, position: Option<usize>) -> Option<ExprId> {
    let binding = item_target(module, read, position)?;
    let reads: Vec<ExprId> = module.reads_of(binding).filter(|read| may_read(module, *read, binding)).collect();
    if !reads.iter().all(|read| reads_alone(module, *read, binding)) {
        return None;
    }
    let mut awaits = reads.into_iter().flat_map(|read| fates_of(module, read)).map(|fate| match fate {
        Fate::Awaited(awaited) => Some(awaited),
        _ => None,
    });
    let first = awaits.next()??;
    awaits.all(|awaited| awaited.is_some()).then_some(first)
}

/// The bindings that reach a read of a name.
fn reaching(module: &Module, read: ExprId, binding: BindingId) -> Vec<BindingId> {
    let Expr::Name { block, mark, .. } = module[read] else { return Vec::new() };
    module.reaching(module[binding].variable, block, mark).to_vec()
}

fn may_read(module: &Module, read: ExprId, binding: BindingId) -> bool {
    reaching(module, read, binding).contains(&binding)
}

/// Whether a read of a name reads what one binding binds, and nothing else.
fn reads_alone(module: &Module, read: ExprId, binding: BindingId) -> bool {
    reaching(module, read, binding) == [binding]
}

/// The only read of the name that a value is given, where the name may hold others elsewhere; else the value.
fn only_read(module: &Module, value: ExprId) -> ExprId {
    let Use::Bound(statement) = module.uses().use_of(value) else { return value };
    let Stmt::Assign { targets, .. } = module[statement] else { return value };
    let [target] = module.list(targets) else { return value };
    let Expr::Target(binding) = module[*target] else { return value };
    let reads: Vec<ExprId> = module.reads_of(binding).filter(|read| may_read(module, *read, binding)).collect();
    match reads.as_slice() {
        [only] if reads_alone(module, *only, binding) => *only,
        _ => value,
    }
}

pub(super) fn is_call_of(module: &Module, call: ExprId, function: &str) -> bool {
    let Expr::Call { callee, .. } = module[call] else { return false };
    matches!(module[callee], Expr::Name { name, .. } if name == function)
}
