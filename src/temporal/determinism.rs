//! What reached workflow code does that differs from run to run, beyond what the tables say of single calls.
//!
//! Knows: sets whose order is shown, identities that are shown, times without a zone, values that were computed at import.
//! Does not know: which of it is a finding, or how it is worded.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::Confidence;
use crate::python::{Code, Event, EventKind, FunctionRef, NodeId, Operand, OrderOf, OrderUse, Place, Reach, Value};
use crate::registry::{Effect, EffectKind};
use crate::semantic::{ArgumentKind, BindingKind, Expr, ExprId, Module, Name, Use};
use crate::source::TextRange;

use super::analysis::{Analysis, Context, ReachedCode};
use super::commands::Commands;
use super::effects::{Reached, effect_of};
use super::following::Here;
use super::order_use::{Follower, OrderReaches, Seen};
use super::value_use::{ValueUse, use_at, use_of};
use super::zones::zone_given;

/// A place where the order of a set is shown.
#[derive(Debug, Clone, Copy)]
pub struct SetOrder {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where the set stands.
    pub range: TextRange,
    /// What shows the order.
    pub by: OrderUse,
    /// Whether it does so only for items that have the same key.
    pub in_ties: bool,
    /// Whether it is not sure that it does.
    pub doubtful: bool,
    /// Whether only a wrong annotation leads here.
    pub unlikely: bool,
    /// Whether a command of the workflow carries what it becomes.
    pub is_command: bool,
    /// Where the order leads to.
    pub reaches: OrderReaches,
}

/// Where workflow code shows the order of a set.
#[must_use]
pub fn set_orders(reached: &ReachedCode<'_>) -> Vec<SetOrder> {
    let mut found = Vec::new();
    let commands = Commands::of(&reached.reach);
    for (node, code) in reached.reach.nodes().filter(|(_, code)| !code.at_import) {
        for event in &code.events {
            let EventKind::SetOrder { by, doubtful } = event.kind else { continue };
            let Some(set) = event.expr else { continue };
            let place = reached.reach.place(node);
            if is_asked_for_one_item(&reached.reach, set, place) {
                continue;
            }
            let is_command = is_argument_of_command(&reached.reach, set, place);
            let by = if is_text_of(by) { OrderUse::Text } else { by };
            let here = Here { reach: &reached.reach, node };
            let reaches = Follower { here, commands: &commands, seen: &Seen::default() }.shown(set, by);
            found.push(SetOrder {
                node,
                range: event.range,
                by,
                in_ties: shows_ties(&reached.reach, by),
                doubtful,
                unlikely: event.unlikely,
                is_command,
                reaches,
            });
        }
    }
    found
}

/// Whether a callable goes by its key alone where it is given one: without one it shows no order.
fn shows_ties(reach: &Reach<'_>, by: OrderUse) -> bool {
    let OrderUse::Call(name) = by else { return false };
    let world = reach.evaluator().world();
    (0..2).any(|position| matches!(world.order(name, Operand::Argument(position)), OrderOf::FreeUnless(_)))
}

fn is_text_of(by: OrderUse) -> bool {
    matches!(by, OrderUse::Call(name) if matches!(name.as_str(), "builtins.str" | "builtins.repr" | "builtins.format"))
}

/// A text is often for people alone, but not one that a command of the workflow carries.
fn is_argument_of_command(reach: &Reach<'_>, set: ExprId, place: Place) -> bool {
    let evaluator = reach.evaluator();
    let module = evaluator.project().module(place.file);
    module.uses().parents(set).any(|around| {
        let Expr::Call { callee, .. } = module[around] else { return false };
        let values = evaluator.value(callee, place);
        values
            .known
            .iter()
            .filter_map(|value| evaluator.outside_name(*value))
            .any(|name| name.as_str().starts_with("temporalio.workflow."))
    })
}

/// Whether the code asks for the size of the set and goes on with one item: there is no order then.
fn is_asked_for_one_item(reach: &Reach<'_>, set: ExprId, place: Place) -> bool {
    let module = reach.evaluator().project().module(place.file);
    let set = match module[set] {
        // `items.pop()`.
        Expr::Call { callee, .. } => match module[callee] {
            Expr::Attribute { value, .. } => value,
            _ => set,
        },
        _ => set,
    };
    let Some(block) = module.block_of_call(set) else { return false };
    module.guards(block).any(|(_, condition)| {
        let crate::semantic::Condition::Test(test, holds) = condition else { return false };
        let Expr::Compare { left, rest } = module[test] else { return false };
        let [only] = module.list(rest) else { return false };
        let is_length = matches!(module[left], Expr::Call { callee, arguments } if {
            matches!(module[callee], Expr::Name { name, .. } if name == "len")
                && module.list(arguments).first().is_some_and(|first| same_path(module, first.value, set))
        });
        let one = match (only.op, module[only.right]) {
            (crate::semantic::CmpOp::Eq, Expr::Int(1)) => holds,
            (crate::semantic::CmpOp::NotEq | crate::semantic::CmpOp::Gt, Expr::Int(1)) => !holds,
            (crate::semantic::CmpOp::GtE, Expr::Int(2)) => !holds,
            (crate::semantic::CmpOp::LtE, Expr::Int(1)) => holds,
            _ => false,
        };
        is_length && one
    })
}

/// Whether two expressions name the same: `self.items` and `self.items`.
fn same_path(module: &Module, one: ExprId, other: ExprId) -> bool {
    match (module[one], module[other]) {
        (Expr::Name { name: a, .. }, Expr::Name { name: b, .. }) => a == b,
        (Expr::Attribute { value: a, name: x }, Expr::Attribute { value: b, name: y }) => {
            x == y && same_path(module, a, b)
        }
        _ => false,
    }
}

/// Where `.timestamp()` is asked of a `datetime` that is surely without a time zone.
#[must_use]
pub fn naive_timestamps(reached: &ReachedCode<'_>) -> Vec<(NodeId, TextRange)> {
    let mut found = Vec::new();
    for (node, code) in reached.reach.nodes().filter(|(_, code)| !code.at_import) {
        for event in &code.events {
            let EventKind::Call { callee, .. } = event.kind else { continue };
            if callee != "datetime.datetime.timestamp" {
                continue;
            }
            let place = reached.reach.place(node);
            if event.expr.is_some_and(|call| is_on_naive(&reached.reach, call, place)) {
                found.push((node, event.range));
            }
        }
    }
    found
}

fn is_on_naive(reach: &Reach<'_>, call: ExprId, place: Place) -> bool {
    let module = reach.evaluator().project().module(place.file);
    let Expr::Call { callee, .. } = module[call] else { return false };
    let Expr::Attribute { value, .. } = module[callee] else { return false };
    is_naive(reach, value, place, 3)
}

/// Whether an expression surely gives a `datetime` without a time zone; names are followed to where they are bound.
fn is_naive(reach: &Reach<'_>, expr: ExprId, place: Place, names: usize) -> bool {
    let evaluator = reach.evaluator();
    let module = evaluator.project().module(place.file);
    match module[expr] {
        Expr::Call { callee, arguments } => {
            let values = evaluator.value(callee, place);
            let name = values.single().and_then(|value| evaluator.outside_name(value));
            name.is_some_and(|name| makes_naive(module, name, module.list(arguments)))
        }
        Expr::Name { name, block, .. } if names > 0 => {
            let scope = module[block].scope;
            let bindings = module.bindings_of(scope, name);
            !bindings.is_empty()
                && bindings.iter().all(|binding| match module[*binding].kind {
                    BindingKind::Assign { value, path, .. } if path.is_empty() => {
                        is_naive(reach, value, place, names - 1)
                    }
                    _ => false,
                })
        }
        _ => false,
    }
}

fn makes_naive(module: &Module, name: Name, arguments: &[crate::semantic::Argument]) -> bool {
    let open = arguments.iter().any(|given| matches!(given.kind, ArgumentKind::Star | ArgumentKind::DoubleStar));
    let zone = || zone_given(name, arguments);
    let is_none = |value: ExprId| matches!(module[value], Expr::None);
    match name.as_str() {
        "datetime.datetime" => !open && zone().is_none_or(is_none),
        "datetime.datetime.replace" => !open && zone().is_some_and(is_none),
        "datetime.datetime.strptime" => match arguments.get(1).map(|given| module[given.value]) {
            Some(Expr::Str(format)) => !format.as_str().contains("%z"),
            _ => false,
        },
        "datetime.datetime.utcnow" | "datetime.datetime.utcfromtimestamp" => true,
        _ => false,
    }
}

/// A place where the identity of an object is shown.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where it stands.
    pub range: TextRange,
    /// What shows it; absent for a default representation.
    pub callee: Option<Name>,
    /// What becomes of it.
    pub used: ValueUse,
}

/// Where workflow code shows an address or a salted hash.
#[must_use]
pub fn identities(reached: &ReachedCode<'_>) -> Vec<Identity> {
    let mut found = Vec::new();
    for (node, code) in reached.reach.nodes().filter(|(_, code)| !code.at_import) {
        for event in &code.events {
            let callee = match event.kind {
                EventKind::DefaultRepr => None,
                _ => match shown_identity(reached, node, event) {
                    Some(callee) => Some(callee),
                    None => continue,
                },
            };
            let used = match event.expr {
                Some(expr) => use_of(&reached.reach, node, expr),
                None => use_at(&reached.reach, node, event.range),
            };
            found.push(Identity { node, range: event.range, callee, used });
        }
    }
    found
}

fn shown_identity(reached: &ReachedCode<'_>, node: NodeId, event: &Event) -> Option<Name> {
    let call = Reached::of(event)?;
    if effect_of(reached.known, call).is_none_or(|effect| effect.kind != EffectKind::Identity) {
        return None;
    }
    let reach = &reached.reach;
    let place = reach.place(node);
    if call.name == "builtins.hash" && event.expr.is_some_and(|call| hashes_alike(reach, call, place)) {
        return None;
    }
    let compared = event.expr.is_some_and(|call| is_only_compared(reach, call, place, 2));
    (!compared && !only_looks_up(reach, node)).then_some(call.name)
}

/// Numbers hash the same everywhere, and so does what has a `__hash__` of its own, which is followed by itself.
fn hashes_alike(reach: &Reach<'_>, call: ExprId, place: Place) -> bool {
    let evaluator = reach.evaluator();
    let module = evaluator.project().module(place.file);
    let Expr::Call { arguments, .. } = module[call] else { return false };
    let Some(first) = module.list(arguments).first() else { return true };
    let values = evaluator.value(first.value, place);
    value_hashes_alike(reach, &values)
}

fn value_hashes_alike(reach: &Reach<'_>, values: &crate::python::Values) -> bool {
    let evaluator = reach.evaluator();
    let has_own = |value: &crate::python::ValueId| {
        let method = evaluator.attribute(&crate::python::Values::of(*value), Name::new("__hash__"));
        method.known.iter().any(|method| matches!(evaluator.get(*method), Value::Function(_)))
    };
    !values.known.is_empty()
        && values.known.iter().all(|value| match evaluator.get(*value) {
            Value::None => true,
            Value::Items(_, items) => items.iter().all(|item| value_hashes_alike(reach, item)),
            Value::Instance(_) if has_own(value) => true,
            _ => evaluator.all_hash_alike(&crate::python::Values::of(*value)),
        })
}

/// Whether code is a `__hash__` that nothing asks for by `hash(…)`: what dictionaries do with it shows nowhere.
fn only_looks_up(reach: &Reach<'_>, id: NodeId) -> bool {
    let node = reach.node(id);
    let Code::Function(function) = node.code else { return false };
    let project = reach.evaluator().project();
    if project.module(function.file)[function.function].name != "__hash__" {
        return false;
    }
    !node.parent.iter().chain(&node.others).any(|edge| {
        reach.node(edge.from).events.iter().any(|event| {
            event.range == edge.site
                && matches!(event.kind, EventKind::Call { callee, .. } if callee == "builtins.hash")
        })
    })
}

/// Whether an identity is only looked up and compared within one run: `if id(x) in seen`, `seen.add(id(x))`.
fn is_only_compared(reach: &Reach<'_>, expr: ExprId, place: Place, names: usize) -> bool {
    let module = reach.evaluator().project().module(place.file);
    match module.uses().use_of(expr) {
        Use::Compared(_) | Use::KeyOf(_) | Use::Item(_) | Use::DictKey(_) => {
            !matches!(module.uses().parent(expr).map(|parent| module[parent]), Some(Expr::Tuple(_) | Expr::List(_)))
        }
        Use::Argument { call, position: 0, .. } => {
            let Expr::Call { callee, .. } = module[call] else { return false };
            matches!(module[callee], Expr::Attribute { name, .. } if LOOK_UPS.contains(&name.as_str()))
        }
        Use::ElementOf(comprehension) => {
            matches!(module[comprehension], Expr::Comprehension(id)
                if matches!(module[id].kind, crate::semantic::ComprehensionKind::Set | crate::semantic::ComprehensionKind::Dict))
        }
        Use::Bound(statement) if names > 0 => {
            let crate::semantic::Stmt::Assign { targets, .. } = module[statement] else { return false };
            let [target] = module.list(targets) else { return false };
            let Expr::Target(binding) = module[*target] else { return false };
            let mut reads = module.reads_of(binding).peekable();
            reads.peek().is_some() && reads.all(|read| is_only_compared(reach, read, place, names - 1))
        }
        _ => false,
    }
}

/// Methods of sets and dicts that take an item or key.
const LOOK_UPS: &[&str] = &["add", "discard", "remove", "get", "pop", "setdefault", "__contains__"];

/// A value that was computed at import and that workflow code uses.
#[derive(Debug, Clone, Copy)]
pub struct ImportTimeValue {
    /// The code that computes it.
    pub node: NodeId,
    /// The call or read.
    pub range: TextRange,
    /// What is called or read.
    pub callee: Name,
    /// What that does.
    pub effect: &'static Effect,
    /// What it initialises.
    pub name: Option<Name>,
    /// What workflow code does with it.
    pub used: ValueUse,
}

/// Values of the clock, of random sources and of the environment that were computed at import and that workflow code uses.
#[must_use]
pub fn import_time_values(reached: &ReachedCode<'_>) -> Vec<ImportTimeValue> {
    let reach = &reached.reach;
    let mut found = Vec::new();
    let mut uses = Uses::default();
    for (node, code) in reach.nodes().filter(|(_, code)| code.at_import) {
        for event in &code.events {
            let Some(call) = Reached::of(event) else { continue };
            let Some(effect) = effect_of(reached.known, call).filter(|effect| differs(effect.kind)) else { continue };
            // Which version runs decides between two ways to the same.
            let decides_between_versions = effect.confidence == Confidence::Low && is_only_a_test(reach, node);
            if !decides_between_versions && becomes_the_value(reach, node, event.range, &mut FxHashSet::default()) {
                found.push(ImportTimeValue {
                    node,
                    range: event.range,
                    callee: call.name,
                    effect,
                    name: initialised(reach, node),
                    used: used(reach, node, &mut uses),
                });
            }
        }
    }
    found
}

/// The modules whose statements run while a workflow does: nothing loads them before.
#[must_use]
pub fn modules_imported_late(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<NodeId> {
    let is_module = |code: &Code| matches!(code, Code::Module(_));
    let late = |reached: &ReachedCode<'_>| -> Vec<NodeId> {
        let modules = reached.reach.nodes().filter(|(_, node)| is_module(&node.code) && !node.at_import);
        modules.map(|(id, _)| id).collect()
    };
    let mut found = late(reached);
    if found.is_empty() {
        return found;
    }
    let mut early = FxHashSet::default();
    for loaded in analysis.context(Context::Import) {
        let modules = loaded.reach.nodes().filter(|(_, node)| is_module(&node.code));
        early.extend(modules.map(|(_, node)| node.code.file()));
    }
    found.retain(|id| !early.contains(&reached.reach.node(*id).code.file()));
    found
}

fn differs(kind: EffectKind) -> bool {
    matches!(kind, EffectKind::Clock | EffectKind::Random | EffectKind::Uuid | EffectKind::Environment)
}

/// Whether what code at a range gives is, or is part of, what the initialiser computes: it stands in the initialiser, or
/// in what a function returns whose call does. `seen` is what was asked before, and is not asked twice.
fn becomes_the_value(
    reach: &Reach<'_>,
    id: NodeId,
    range: TextRange,
    seen: &mut FxHashSet<(NodeId, TextRange)>,
) -> bool {
    if !seen.insert((id, range)) {
        return false;
    }
    let node = reach.node(id);
    let passes_on = match node.code {
        Code::Initialiser { .. } | Code::Factory { .. } => true,
        Code::Function(function) => is_returned(reach, function, range),
        // What is read of a module has an initialiser.
        Code::Module(_) => false,
    };
    passes_on
        && node.parent.iter().chain(&node.others).any(|edge| {
            // Read by code that runs in the workflow, or part of what is.
            !reach.node(edge.from).at_import || becomes_the_value(reach, edge.from, edge.site, seen)
        })
}

/// Whether a range stands in what a function returns, or in what a name is bound to that it returns.
fn is_returned(reach: &Reach<'_>, function: FunctionRef, range: TextRange) -> bool {
    let module = reach.evaluator().project().module(function.file);
    let definition = &module[function.function];
    definition.returns.iter().filter_map(|ret| ret.value).any(|value| {
        module.span(value).contains_range(range) || {
            let mut names = Vec::new();
            names_in(module, value, &mut names);
            names.into_iter().any(|name| {
                module.bindings_of(definition.scope, name).iter().any(|binding| match module[*binding].kind {
                    BindingKind::Assign { value, .. } => module.span(value).contains_range(range),
                    _ => false,
                })
            })
        }
    })
}

fn names_in(module: &Module, expr: ExprId, names: &mut Vec<Name>) {
    if let Expr::Name { name, .. } = module[expr] {
        names.push(name);
    }
    module.each_part(expr, &mut |part| names_in(module, part, names));
}

/// Whether what leads to a node only decided at import which statement ran.
fn is_only_a_test(reach: &Reach<'_>, id: NodeId) -> bool {
    let Code::Initialiser { value, file, .. } = reach.node(id).code else { return false };
    let module = reach.evaluator().project().module(file);
    matches!(
        module.uses().use_of(value),
        Use::IfTest(_) | Use::WhileTest(_) | Use::Matched(_) | Use::Logical(_) | Use::Operand(_)
    )
}

/// What the initialiser that leads to a node initialises: the name that workflow code reads, not one on the way to it.
fn initialised(reach: &Reach<'_>, id: NodeId) -> Option<Name> {
    let mut at = Some(id);
    let mut found = None;
    while let Some(id) = at {
        let node = reach.node(id);
        match node.code {
            Code::Initialiser { name, .. } => found = Some(name),
            _ if !node.at_import => break,
            _ => {}
        }
        at = node.parent.as_ref().map(|edge| edge.from);
    }
    found
}

/// What workflow code does with what it reads, by the code and the place of the read. Many values lead to one read.
type Uses = FxHashMap<(NodeId, TextRange), ValueUse>;

/// What workflow code does with what the initialisers that lead to a node made; the weightiest use counts.
fn used(reach: &Reach<'_>, id: NodeId, uses: &mut Uses) -> ValueUse {
    let (mut todo, mut seen) = (vec![id], FxHashSet::default());
    let mut found = None;
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = reach.node(id);
        for edge in node.parent.iter().chain(&node.others) {
            if reach.node(edge.from).at_import {
                todo.push(edge.from);
            } else if matches!(node.code, Code::Initialiser { .. } | Code::Factory { .. }) {
                let read = (edge.from, edge.site);
                let used = *uses.entry(read).or_insert_with(|| use_at(reach, edge.from, edge.site));
                found = Some(found.map_or(used, |found: ValueUse| found.min(used)));
            }
        }
    }
    found.unwrap_or(ValueUse::Unknown)
}

/// Whether the sandbox sees a call while it imports a module: it restricts methods of the `Path` that a call of the class
/// makes; what `path / name`, `path.parent` and the like give is out of its sight, and files that never change make the same
/// value each time.
#[must_use]
pub fn is_seen_at_import(reached: &ReachedCode<'_>, node: NodeId, event: &Event) -> bool {
    let EventKind::Call { callee, .. } = event.kind else { return true };
    if !callee.as_str().starts_with("pathlib.Path.") {
        return true;
    }
    let place = reached.reach.place(node);
    let evaluator = reached.reach.evaluator();
    let module = evaluator.project().module(place.file);
    let Some(call) = event.expr else { return false };
    let Expr::Call { callee, .. } = module[call] else { return false };
    let Expr::Attribute { value, .. } = module[callee] else { return false };
    let is_path = |maker: ExprId| {
        let values = evaluator.value(maker, place);
        values.single().and_then(|value| evaluator.outside_name(value)).is_some_and(|name| name == "pathlib.Path")
    };
    match module[value] {
        Expr::Call { callee, .. } => is_path(callee),
        // `Path.cwd()`.
        _ => is_path(value),
    }
}
