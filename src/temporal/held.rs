//! Where the code of a file has what a call gives in the end, as it stands there.
//!
//! Knows: awaits, also of a handle and of `asyncio.gather`, the loops and comprehensions that go through what that gives, and
//! attributes of a class that hold nothing else but `None`. Does not know: what is done with it; other functions that it is
//! given to; containers beyond one list.

use super::collected::{awaits_of, bound_to, is_call_of, item_target, list_with};
use super::fates::{Fate, fates_of};
use crate::semantic::{
    ArgumentKind, AttributeStore, BindingId, BindingKind, ClassId, Expr, ExprId, Module, Name, Stmt, Use,
};

/// The expressions that surely are what a call gives in the end, or nothing else but `None`. `is_handle` says that a handle
/// of the call is awaited first.
pub(super) fn held(module: &Module, call: ExprId, is_handle: bool) -> Vec<ExprId> {
    let awaited = awaits(module, call);
    let mut found: Vec<ExprId> = match is_handle {
        true => awaited.into_iter().flat_map(|handle| awaits(module, handle)).collect(),
        false => awaited.into_iter().chain(gathered(module, call)).collect(),
    };
    let kept: Vec<ExprId> =
        found.iter().flat_map(|result| kept(module, *result).into_iter().chain(collected(module, *result))).collect();
    found.extend(kept);
    found
}

fn awaits(module: &Module, call: ExprId) -> Vec<ExprId> {
    let found = awaits_of(module, call);
    if !found.is_empty() {
        return found;
    }
    let awaited = |fate| match fate {
        Fate::Awaited(awaited) => Some(awaited),
        _ => None,
    };
    fates_of(module, call).into_iter().filter_map(awaited).collect()
}

/// The items that an awaited `gather` gives for a call, where it stands in there alone or in a list.
fn gathered(module: &Module, call: ExprId) -> Vec<ExprId> {
    let alone = |coroutine: ExprId| match module.uses().use_of(coroutine) {
        Use::Argument { call: gather, kind: ArgumentKind::Positional, position } => {
            awaited_gather(module, gather).map_or_else(Vec::new, |results| at(module, results, position as usize))
        }
        Use::ElementOf(comprehension) => all_of(module, comprehension),
        _ => Vec::new(),
    };
    let named = bound_to(module, call).into_iter().flat_map(|name| module.reads_of(name));
    let alone: Vec<ExprId> = std::iter::once(call).chain(named).flat_map(alone).collect();
    let list = list_with(module, call).filter(|(_, position)| position.is_none()).map(|(list, _)| list);
    let reads = list.into_iter().flat_map(|list| module.reads_of(list));
    alone.into_iter().chain(reads.flat_map(|read| all_of(module, read))).collect()
}

/// The items that `gather(*coroutines)` gives.
fn all_of(module: &Module, coroutines: ExprId) -> Vec<ExprId> {
    let Use::Argument { call: gather, kind: ArgumentKind::Star, .. } = module.uses().use_of(coroutines) else {
        return Vec::new();
    };
    let Expr::Call { arguments, .. } = module[gather] else { return Vec::new() };
    let is_alone =
        module.list(arguments).iter().filter(|given| !matches!(given.kind, ArgumentKind::Keyword(_))).count() == 1;
    awaited_gather(module, gather).filter(|_| is_alone).map_or_else(Vec::new, |results| items(module, results))
}

fn awaited_gather(module: &Module, call: ExprId) -> Option<ExprId> {
    let Expr::Call { callee, arguments } = module[call] else { return None };
    let (Expr::Attribute { name, .. } | Expr::Name { name, .. }) = module[callee] else { return None };
    // With `return_exceptions` it gives exceptions as well.
    let is_plain = module.list(arguments).iter().all(|given| !matches!(given.kind, ArgumentKind::Keyword(_)));
    match module.uses().use_of(call) {
        Use::Awaited(awaited) if name == "gather" && is_plain => Some(awaited),
        _ => None,
    }
}

/// The reads of a list that an expression gives: of the only name that it is bound to, or itself. None where items of it are
/// replaced.
fn reads_of_list(module: &Module, list: ExprId) -> Vec<ExprId> {
    let Some(binding) = bound_to(module, list) else { return vec![list] };
    let reads: Vec<ExprId> = module.reads_of(binding).collect();
    // Whoever else is given the list may fill it anew.
    let replaces = |read: &ExprId| match module.uses().use_of(*read) {
        Use::ItemOf(item) => matches!(module.uses().use_of(item), Use::Target(_)),
        Use::Argument { call, .. } => !READERS.iter().any(|reader| is_call_of(module, call, reader)),
        _ => false,
    };
    if reads.iter().any(replaces) { Vec::new() } else { reads }
}

/// What only goes through a list.
const READERS: &[&str] =
    &["all", "any", "enumerate", "len", "list", "max", "min", "print", "sorted", "sum", "tuple", "zip"];

/// What is an item of a list, whichever.
fn items(module: &Module, list: ExprId) -> Vec<ExprId> {
    let item = |read: ExprId| match (item_target(module, read, None), module.uses().use_of(read)) {
        (Some(binding), _) => reads_alone(module, binding),
        (None, Use::ItemOf(item)) if is_one_item(module, item) => vec![item],
        _ => Vec::new(),
    };
    reads_of_list(module, list).into_iter().flat_map(item).collect()
}

/// The reads of a name that one place alone binds.
fn reads_alone(module: &Module, binding: BindingId) -> Vec<ExprId> {
    match module[module[binding].variable].bindings.len() {
        1 => module.reads_of(binding).collect(),
        _ => Vec::new(),
    }
}

fn is_one_item(module: &Module, item: ExprId) -> bool {
    matches!(module[item], Expr::Subscript { index, .. } if matches!(module[index], Expr::Int(_)))
}

/// What is the item of a list at a place: `first, second = …`, or `results[1]`.
fn at(module: &Module, list: ExprId, place: usize) -> Vec<ExprId> {
    if let Some(binding) = unpacked_at(module, list, place) {
        return reads_alone(module, binding);
    }
    let is_there = |item: ExprId| {
        let Expr::Subscript { index, .. } = module[item] else { return false };
        matches!(module[index], Expr::Int(number) if usize::try_from(number) == Ok(place))
    };
    let item = |read: ExprId| match module.uses().use_of(read) {
        Use::ItemOf(item) if is_there(item) => Some(item),
        _ => None,
    };
    reads_of_list(module, list).into_iter().filter_map(item).collect()
}

fn unpacked_at(module: &Module, list: ExprId, place: usize) -> Option<BindingId> {
    let Use::Bound(statement) = module.uses().use_of(list) else { return None };
    let Stmt::Assign { targets, .. } = module[statement] else { return None };
    let [target] = module.list(targets) else { return None };
    let (Expr::Tuple(items) | Expr::List(items)) = module[*target] else { return None };
    let items = module.list(items);
    let starred = items.iter().position(|item| matches!(module[*item], Expr::Starred(_)));
    match module[*items.get(place).filter(|_| starred.is_none_or(|starred| place < starred))?] {
        Expr::Target(binding) => Some(binding),
        _ => None,
    }
}

/// The reads of the attribute of a class that a value is assigned to, where the class gives it nothing else but `None`.
fn kept(module: &Module, value: ExprId) -> Vec<ExprId> {
    let of_class = |store: &AttributeStore| {
        let is_it = store.value == Some(value) && store.path.is_empty();
        is_it.then(|| Some((store.name, class_of_object(module, store.object)?))).flatten()
    };
    let Some((name, class)) = module.all_attribute_stores().iter().find_map(of_class) else { return Vec::new() };
    let is_none = |other: &AttributeStore| match other.value {
        Some(given) => given == value || matches!(module[given], Expr::None),
        // A bare annotation; a loop gives it something else.
        None => other.annotation.is_some(),
    };
    if !module.attribute_stores(name).all(is_none) || has_default(module, class, name) || sets_by_name(module) {
        return Vec::new();
    }
    own_reads(module, name, class)
}

/// The reads of an attribute of a class's own objects in its methods.
fn own_reads(module: &Module, name: Name, class: ClassId) -> Vec<ExprId> {
    module.expression_ids().filter(|expr| reads_own(module, *expr, name, class)).collect()
}

/// What is taken out of the list of an object that a value is appended to, where nothing else is put in: `self.results`.
fn collected(module: &Module, value: ExprId) -> Vec<ExprId> {
    let appended = fates_of(module, value).into_iter().filter_map(|fate| match fate {
        Fate::Argument(given) => own_list(module, given),
        _ => None,
    });
    appended.flat_map(|(name, class)| own_items(module, name, class)).collect()
}

/// The attribute of a class to whose list alone a value is appended.
fn own_list(module: &Module, given: ExprId) -> Option<(Name, ClassId)> {
    let Use::Argument { call, kind: ArgumentKind::Positional, position: 0 } = module.uses().use_of(given) else {
        return None;
    };
    let Expr::Call { callee, .. } = module[call] else { return None };
    let Expr::Attribute { value: list, name: method } = module[callee] else { return None };
    let Expr::Attribute { value: object, name } = module[list] else { return None };
    let is_empty = |store: &AttributeStore| match store.value {
        Some(value) => matches!(module[value], Expr::List(items) if module.list(items).is_empty()),
        None => true,
    };
    let is_alone = module.stores(name).count() == 1 && module.attribute_stores(name).all(is_empty);
    let class = class_of_object(module, object)?;
    (method == "append" && is_alone).then_some((name, class))
}

fn own_items(module: &Module, list: Name, class: ClassId) -> Vec<ExprId> {
    own_reads(module, list, class).into_iter().flat_map(|read| items(module, read)).collect()
}

/// Whether the body of a class gives an attribute something.
fn has_default(module: &Module, class: ClassId, name: Name) -> bool {
    let given = |binding: &BindingId| match module[*binding].kind {
        BindingKind::Assign { value, .. } => !matches!(module[value], Expr::None),
        _ => true,
    };
    module.bindings_of(module[class].scope, name).iter().any(given)
}

/// Whether a file sets attributes by their names.
fn sets_by_name(module: &Module) -> bool {
    module.calls().iter().any(|call| {
        let Expr::Call { callee, .. } = module[*call] else { return false };
        let (Expr::Name { name, .. } | Expr::Attribute { name, .. }) = module[callee] else { return false };
        matches!(name.as_str(), "setattr" | "__setattr__")
    })
}

/// Whether an expression reads `self.name` in a method of a class.
fn reads_own(module: &Module, expr: ExprId, wanted: Name, class: ClassId) -> bool {
    let Expr::Attribute { value, name } = module[expr] else { return false };
    let is_read = !matches!(module.uses().use_of(expr), Use::Target(_));
    name == wanted && is_read && class_of_object(module, value) == Some(class)
}

/// The class of whose method around an expression is the object.
fn class_of_object(module: &Module, object: ExprId) -> Option<ClassId> {
    module.method_of_object(object).map(|(_, class)| class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::lower;
    use crate::source::parse;

    /// The attributes that are read from what the call of `made` gives in the end.
    fn read(code: &str, is_handle: bool) -> Vec<String> {
        let parsed = parse(code, false);
        let module = lower(parsed.body(), code);
        let is_made = |call: &&ExprId| {
            let Expr::Call { callee, .. } = module[**call] else { return false };
            matches!(module[callee], Expr::Name { name, .. } if name == "made")
        };
        let call = *module.calls().iter().find(is_made).expect("a call");
        let fates = held(&module, call, is_handle).into_iter().flat_map(|result| fates_of(&module, result));
        fates
            .filter_map(|fate| match fate {
                Fate::Attribute(read) => match module[read] {
                    Expr::Attribute { name, .. } => Some(name.to_string()),
                    _ => None,
                },
                _ => None,
            })
            .collect()
    }

    #[test]
    fn what_is_awaited_is_held() {
        assert_eq!(read("async def f():\n    (await made()).a\n", false), ["a"]);
        assert_eq!(read("async def f():\n    handle = made()\n    x = await handle\n    x.a\n", false), ["a"]);
        assert_eq!(read("async def f():\n    handle = await made()\n    x = await handle\n    x.a\n", true), ["a"]);
        assert_eq!(read("async def f():\n    handle = await made()\n    handle.a\n", true), [""; 0]);
    }

    #[test]
    fn what_gather_gives_is_held() {
        let of = |lines: &str| read(&format!("async def f():\n{lines}"), false);
        assert_eq!(of("    a, b = await gather(other(), made())\n    a.x\n    b.y\n"), ["y"]);
        assert_eq!(of("    all = await gather(other(), made())\n    all[0].x\n    all[1].y\n"), ["y"]);
        assert_eq!(of("    all = await gather(*[made() for n in names])\n    for x in all:\n        x.y\n"), ["y"]);
        assert_eq!(of("    all = await gather(*(made() for n in names))\n    any(x.y for x in all)\n"), ["y"]);
        assert_eq!(of("    for x in await gather(*[made() for n in names]):\n        x.y\n"), ["y"]);
        assert_eq!(
            of(
                "    t = []\n    for n in names:\n        t.append(made())\n    for n, x in zip(names, await gather(*t)):\n        x.y\n"
            ),
            ["y"]
        );
        assert_eq!(of("    all = await gather(*[made() for n in names], other())\n    all[0].y\n"), [""; 0]);
    }

    #[test]
    fn what_an_object_keeps_is_held_where_it_keeps_nothing_else() {
        let of = |other: &str| {
            let code = format!(
                "class A:\n    def __init__(self):\n        self.x = {other}\n    async def f(self):\n        \
                 self.x = await made()\n    def g(self):\n        self.x.y\nclass B:\n    def g(self):\n        self.x.z\n"
            );
            read(&code, false)
        };
        assert_eq!(of("None"), ["y"]);
        assert_eq!(of("Kept()"), [""; 0]);
        let of = |more: &str| {
            let code = format!(
                "class A:\n    def __init__(self):\n        self.all = []\n    async def f(self):\n        x = await made()\n        \
                 self.all.append(x){more}\n    def g(self):\n        return any(x.y for x in self.all)\n"
            );
            read(&code, false)
        };
        assert_eq!(of(""), ["y"]);
        assert_eq!(of("\n        self.all.append(Other())"), [""; 0]);
    }
}
