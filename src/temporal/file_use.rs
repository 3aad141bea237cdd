//! What calls about files and databases are given, as far as it decides whether they touch any.
//!
//! Knows: arguments that lie in memory, temporary folders of the function's own, loops over many files, databases in
//! memory. Does not know: which calls are about files; the tables say so.

use rustc_hash::FxHashSet;

use super::analysis::ReachedCode;
use super::code::bindings_of;
use super::effects::{Reached, blocking_of};
use crate::python::{Event, NodeId, Place, Reach, Value, Values};
use crate::registry::schema::{CallableRole, ClassRole};
use crate::registry::{BlockingKind, behaviour};
use crate::semantic::{ArgumentKind, BindingKind, Expr, ExprId, Module, Use};
use crate::source::TextRange;

/// How many files a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileUse {
    /// None: it is given what lies in memory, or takes away what the function itself made to throw away.
    NoFile,
    /// One, or one tree.
    One,
    /// It goes through a tree of files, and the code does something to each.
    EachOfMany,
}

/// How many files a call is about.
#[must_use]
pub fn file_use(reached: &ReachedCode<'_>, node: NodeId, event: &Event) -> FileUse {
    let reach = &reached.reach;
    let Some(call) = event.expr else { return FileUse::One };
    let is_own_folder = || {
        let place = reach.place(node);
        let of = path_of_method(reach.evaluator().project().module(place.file), call);
        files_given(reach, node, call).into_iter().chain(of).any(|file| is_thrown_away(reach, file, place, DEEP))
    };
    if is_given_memory(reached, node, event) || is_own_folder() {
        FileUse::NoFile
    } else if goes_through_files(reached, node, event, call) {
        FileUse::EachOfMany
    } else {
        FileUse::One
    }
}

/// Whether a call is given what lies in memory in the place of a file, or is one of a method of what was.
#[must_use]
pub fn is_given_memory(reached: &ReachedCode<'_>, node: NodeId, event: &Event) -> bool {
    let reach = &reached.reach;
    event.expr.is_some_and(|call| {
        given(reach, node, call).iter().any(|values| is_in_memory(reach, values)) || is_of_memory(reach, node, call)
    })
}

/// The names under which openers take a file object.
const FILE_PARAMETERS: &[&str] = &[
    "docx",
    "file",
    "filename",
    "fileobj",
    "filepath_or_buffer",
    "fp",
    "io",
    "path",
    "path_or_buf",
    "path_or_buffer",
    "path_or_fp",
    "source",
    "stream",
];

/// What a call is given first, and by the names under which openers take a file object.
fn given(reach: &Reach<'_>, node: NodeId, call: ExprId) -> Vec<Values> {
    let place = reach.place(node);
    files_given(reach, node, call).into_iter().map(|file| reach.evaluator().value(file, place)).collect()
}

fn files_given(reach: &Reach<'_>, node: NodeId, call: ExprId) -> Vec<ExprId> {
    let module = reach.evaluator().project().module(reach.place(node).file);
    let Expr::Call { arguments, .. } = module[call] else { return Vec::new() };
    let is_file = |(position, kind): (usize, ArgumentKind)| match kind {
        ArgumentKind::Positional => position == 0,
        ArgumentKind::Keyword(name) => FILE_PARAMETERS.contains(&name.as_str()),
        _ => false,
    };
    let arguments = module.list(arguments).iter().enumerate();
    let files = arguments.filter(|(position, given)| is_file((*position, given.kind)));
    files.map(|(_, given)| given.value).collect()
}

/// Whether a call is one of a method of what an opener made of an object in memory: whatever may have made it did.
fn is_of_memory(reach: &Reach<'_>, node: NodeId, call: ExprId) -> bool {
    let module = reach.evaluator().project().module(reach.place(node).file);
    let Expr::Call { callee, .. } = module[call] else { return false };
    let Expr::Attribute { value, .. } = module[callee] else { return false };
    let place = reach.place(node);
    let is_ours = |file: ExprId| {
        is_in_memory(reach, &reach.evaluator().value(file, place)) || is_thrown_away(reach, file, place, DEEP)
    };
    let opens_memory = |maker: ExprId| files_given(reach, node, maker).into_iter().any(is_ours);
    match module[value] {
        Expr::Call { .. } => opens_memory(value),
        Expr::Name { name, block, .. } => {
            let bindings = module.bindings_of(module[block].scope, name);
            let makers = bindings.iter().map(|binding| match module[*binding].kind {
                BindingKind::Assign { value, path, .. } if path.is_empty() => Some(value),
                BindingKind::With { manager, .. } => Some(manager),
                _ => None,
            });
            !bindings.is_empty() && makers.into_iter().all(|maker| maker.is_some_and(opens_memory))
        }
        _ => false,
    }
}

/// Whether a value is an object in memory.
fn is_in_memory(reach: &Reach<'_>, values: &Values) -> bool {
    let evaluator = reach.evaluator();
    !values.known.is_empty()
        && values.known.iter().all(|value| match evaluator.get(*value) {
            Value::OutsideInstance { class: name, .. } | Value::ResultOf(name) => {
                behaviour().has_role(name.as_str(), ClassRole::InMemory)
            }
            _ => false,
        })
}

/// What a call is one of a method of.
fn path_of_method(module: &Module, call: ExprId) -> Option<ExprId> {
    let Expr::Call { callee, .. } = module[call] else { return None };
    match module[callee] {
        Expr::Attribute { value, .. } => Some(value),
        _ => None,
    }
}

/// Through how many names and calls a path is followed.
const DEEP: usize = 6;

/// Whether an expression is a folder that the function made to be thrown away, or a path that begins with it. That is said by
/// what made it: the folder itself is a plain text.
fn is_thrown_away(reach: &Reach<'_>, expr: ExprId, place: Place, depth: usize) -> bool {
    let evaluator = reach.evaluator();
    let module = evaluator.project().module(place.file);
    let Some(depth) = depth.checked_sub(1) else { return false };
    let is_ours = |part: ExprId| is_thrown_away(reach, part, place, depth);
    match module[expr] {
        Expr::Call { callee, arguments } => {
            let name = evaluator.value(callee, place).single().and_then(|callee| evaluator.outside_name(callee));
            let name = name.map_or("", |name| name.as_str());
            let first = || module.list(arguments).first().filter(|given| given.kind == ArgumentKind::Positional);
            match module[callee] {
                _ if behaviour().does(name, CallableRole::MakesFolder) => true,
                _ if behaviour().does(name, CallableRole::KeepsPath) => {
                    first().is_some_and(|given| is_ours(given.value))
                }
                Expr::Attribute { value, name } => {
                    behaviour().method_does(name.as_str(), CallableRole::ExtendsPath) && is_ours(value)
                }
                _ => false,
            }
        }
        Expr::Binary { left, .. } => is_ours(left),
        Expr::Formatted(pieces) => module.list(pieces).first().is_some_and(|piece| is_ours(piece.value)),
        Expr::Name { .. } => {
            let bindings = bindings_of(module, expr);
            !bindings.is_empty()
                && bindings.iter().all(|binding| match module[*binding].kind {
                    BindingKind::Assign { value, path, .. } => path.is_empty() && is_ours(value),
                    _ => false,
                })
        }
        _ => false,
    }
}

/// Whether a call lists a tree of files that a loop goes through, doing something to each.
fn goes_through_files(reached: &ReachedCode<'_>, node: NodeId, event: &Event, call: ExprId) -> bool {
    let Some(name) = Reached::of(event).map(|call| call.name.as_str()) else { return false };
    if !behaviour().does(name, CallableRole::ListsFiles) {
        return false;
    }
    let reach = &reached.reach;
    let module = reach.evaluator().project().module(reach.place(node).file);
    let around = std::iter::once(call).chain(module.uses().parents(call));
    let Some(body) = around.into_iter().find_map(|expr| repeated(module, module.uses().use_of(expr))) else {
        return false;
    };
    let is_inside = |range: TextRange| body.iter().any(|statement| statement.contains_range(range));
    reach.node(node).events.iter().any(|event| {
        is_inside(event.range)
            && Reached::of(event)
                .and_then(|call| blocking_of(reached.known, call))
                .is_some_and(|found| found.kind == BlockingKind::File && !is_a_question(event))
    })
}

/// What is done for each item of what is gone through.
fn repeated(module: &Module, used: Use) -> Option<Vec<TextRange>> {
    match used {
        Use::LoopedOver(looped) => {
            let body = module.list(module[looped].body).iter();
            Some(body.map(|statement| module.statement_span(*statement)).collect())
        }
        Use::ComprehendedOver(comprehension) => {
            let Expr::Comprehension(id) = module[comprehension] else { return None };
            let parts = std::iter::once(module[id].element).chain(module[id].key);
            Some(parts.map(|part| module.span(part)).collect())
        }
        _ => None,
    }
}

/// Whether a call only asks for an entry of a folder.
fn is_a_question(event: &Event) -> bool {
    Reached::of(event).is_some_and(|call| behaviour().does(call.name.as_str(), CallableRole::AsksOfFile))
}

/// Whether a call concerns a database that lies in memory, by the address that its engine was made with.
#[must_use]
pub fn is_memory_database(reached: &ReachedCode<'_>, node: NodeId, event: &Event) -> bool {
    let reach = &reached.reach;
    let Some(call) = event.expr else { return false };
    let place = reach.place(node);
    makes_memory_database(reach, call, place, &mut FxHashSet::default())
}

/// Follows an expression to the calls that made it, and looks for an address among what they were given.
fn makes_memory_database(reach: &Reach<'_>, expr: ExprId, place: Place, seen: &mut FxHashSet<ExprId>) -> bool {
    if !seen.insert(expr) {
        return false;
    }
    if let Some(Value::Str(known)) = reach.evaluator().value(expr, place).only().map(|id| reach.evaluator().get(id)) {
        return is_memory_address(known.as_str());
    }
    let module = reach.evaluator().project().module(place.file);
    match module[expr] {
        Expr::Formatted(pieces) => {
            // What is filled in is a part of no address that lies in memory.
            let known = module.list(pieces).iter().map(|piece| match module[piece.value] {
                Expr::Str(text) => text.as_str(),
                _ => "…",
            });
            is_memory_address(&known.collect::<String>())
        }
        Expr::Call { callee, arguments } => {
            let given = module.list(arguments).iter().map(|given| given.value);
            std::iter::once(callee).chain(given).any(|part| makes_memory_database(reach, part, place, seen))
        }
        Expr::Attribute { value, name } => {
            makes_memory_database(reach, value, place, seen)
                || module
                    .attribute_stores(name)
                    .any(|store| store.value.is_some_and(|value| makes_memory_database(reach, value, place, seen)))
        }
        Expr::Name { name, block, .. } => {
            let bindings = module.variable_read(name, block).map(|variable| &module[variable].bindings);
            bindings.into_iter().flatten().any(|binding| match module[*binding].kind {
                BindingKind::Assign { value, .. } => makes_memory_database(reach, value, place, seen),
                BindingKind::With { manager, .. } => makes_memory_database(reach, manager, place, seen),
                _ => false,
            })
        }
        _ => false,
    }
}

fn is_memory_address(text: &str) -> bool {
    let is_in_memory = text.contains(":memory:") || text.contains("mode=memory");
    is_in_memory && (text.contains("sqlite") || text.contains("file:")) || text == ":memory:" || text == "sqlite://"
}

/// Whether a condition of its own function stands before a call.
#[must_use]
pub fn has_guard(reach: &Reach<'_>, node: NodeId, event: &Event) -> bool {
    let module = reach.evaluator().project().module(reach.node(node).code.file());
    event.block.is_some_and(|block| module.guards(block).next().is_some())
}

#[cfg(test)]
mod tests {
    use super::is_memory_address;

    #[test]
    fn an_address_says_that_a_database_lies_in_memory() {
        for address in [
            ":memory:",
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite+aiosqlite:///:memory:",
            "file:orders?mode=memory&cache=shared",
        ] {
            assert!(is_memory_address(address), "{address}");
        }
        for address in ["sqlite:///orders.db", "orders.db", "postgresql://host/:memory:", "redis://host?mode=memory"] {
            assert!(!is_memory_address(address), "{address}");
        }
    }
}
