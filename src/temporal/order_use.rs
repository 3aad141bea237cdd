//! Where the order of a set leads to.
//!
//! Knows: the loop or call that takes the order up, whether commands of the workflow follow it, and whether a value that
//! keeps it is handed on. Does not know: what is a set; events say so.

mod handed;

use std::cell::RefCell;

use rustc_hash::FxHashSet;

use self::handed::Handed;
use super::commands::{Commands, is_command};
use super::following::Here;
use crate::python::{NodeId, Operand, OrderOf, OrderUse, Rest, Special, Value, ValueId};
use crate::semantic::{ArgumentKind, BindingId, Expr, ExprId, LoopId, Module, Name, Stmt, StmtId, Suite, Use};
use crate::source::TextRange;

/// Where an order leads to, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderReaches {
    /// The workflow's commands follow it.
    Commands,
    /// A value that keeps it is the result, or picks one of several.
    Value,
    /// Neither, as far as it can be told.
    Nothing,
}

/// How many expressions are followed for one order.
const MOST: usize = 64;

/// Follows an order in one piece of reached code.
pub(super) struct Follower<'r, 'p> {
    pub here: Here<'r, 'p>,
    pub commands: &'r Commands,
    /// What was followed already: the worst counts, and it is counted once.
    pub seen: &'r Seen,
}

/// Expressions in reached code that were followed, as what keeps an order or as one of its items.
pub(super) type Seen = RefCell<FxHashSet<(NodeId, ExprId, Carries)>>;

/// What an expression has of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Carries {
    /// It keeps it.
    Order,
    /// It is one item, and the order says which.
    Item,
}

impl Follower<'_, '_> {
    fn module(&self) -> &Module {
        self.here.module()
    }

    /// Where the order of a set leads to that something shows.
    pub(super) fn shown(&self, set: ExprId, by: OrderUse) -> OrderReaches {
        match by {
            OrderUse::Pop => self.picked(set),
            OrderUse::Unpacking if self.is_gathered(set) => self.of(set),
            OrderUse::Unpacking => self.of(set).min(OrderReaches::Value),
            _ => self.of(set),
        }
    }

    /// One of several items is taken: it decides whatever comes of it.
    fn picked(&self, set: ExprId) -> OrderReaches {
        match self.loop_around(set) {
            Some(looped) => self.looped(looped),
            None => OrderReaches::Value,
        }
    }

    /// `gather(*tasks)`.
    fn is_gathered(&self, tasks: ExprId) -> bool {
        match self.module().uses().use_of(tasks) {
            Use::Argument { call, kind: ArgumentKind::Star, position } => self.gathers_what_runs(call, position),
            _ => false,
        }
    }

    /// Whether a call gathers tasks and handles alone, which were started before: `gather(*tasks)`.
    fn gathers_what_runs(&self, call: ExprId, position: u32) -> bool {
        let (module, evaluator) = (self.module(), self.here.reach.evaluator());
        let gathers =
            self.outside_callee(call).and_then(|name| evaluator.world().special(name)) == Some(Special::Gather);
        let Expr::Call { arguments, .. } = module[call] else { return false };
        let Some(given) = module.list(arguments).get(position as usize).filter(|_| gathers) else { return false };
        let items = evaluator.item_of(&evaluator.value(given.value, self.here.place()));
        let is_running = |item: &ValueId| matches!(evaluator.get(*item), Value::Awaitable { class: Some(_), .. });
        items.rest == Rest::Nothing && !items.known.is_empty() && items.known.iter().all(is_running)
    }

    /// One of several items is taken out by a call: what is done in turn with each, or what comes of the one.
    fn taken(&self, call: ExprId) -> OrderReaches {
        let module = self.module();
        match self.loop_around(call) {
            Some(looped) => self.looped(looped).min(self.collected(module[looped].body)),
            None => self.item(call),
        }
    }

    /// Whether a call takes an item out of what it is a method of.
    fn takes_one(&self, call: ExprId) -> bool {
        let name = self.outside_callee(call);
        let special = name.and_then(|name| self.here.reach.evaluator().world().special(name));
        matches!(special, Some(Special::TakesItem | Special::TakesPair))
    }

    /// What a call calls, where that is one thing from outside the project.
    fn outside_callee(&self, call: ExprId) -> Option<Name> {
        let Expr::Call { callee, .. } = self.module()[call] else { return None };
        let evaluator = self.here.reach.evaluator();
        evaluator.value(callee, self.here.place()).single().and_then(|value| evaluator.outside_name(value))
    }

    fn loop_around(&self, expr: ExprId) -> Option<LoopId> {
        let module = self.module();
        let range = module.span(expr);
        let holds =
            |looped: &LoopId| self.body_ranges(module[*looped].body).iter().any(|body| body.contains_range(range));
        module.loop_ids().filter(holds).last()
    }

    /// What is said of an expression without following it.
    fn enter(&self, expr: ExprId, carries: Carries) -> Option<OrderReaches> {
        let mut seen = self.seen.borrow_mut();
        match seen.len() {
            MOST.. => Some(OrderReaches::Value),
            _ => (!seen.insert((self.here.node, expr, carries))).then_some(OrderReaches::Nothing),
        }
    }

    fn of(&self, expr: ExprId) -> OrderReaches {
        if let Some(known) = self.enter(expr, Carries::Order) {
            return known;
        }
        let module = self.module();
        match module.uses().use_of(expr) {
            Use::LoopedOver(looped) => self.looped(looped).min(self.collected(module[looped].body)),
            Use::ComprehendedOver(comprehension) => {
                if self.issues(&[module.span(comprehension)]) {
                    return OrderReaches::Commands;
                }
                match module[comprehension] {
                    Expr::Comprehension(id) => match module[id].kind {
                        crate::semantic::ComprehensionKind::Set => OrderReaches::Nothing,
                        _ => self.of(comprehension),
                    },
                    _ => OrderReaches::Nothing,
                }
            }
            Use::Argument { call, kind, position } => self.argument(call, kind, position),
            Use::Bound(statement) => self.bound(statement),
            Use::Returned(_) if !self.here.node().roots.is_empty() => OrderReaches::Value,
            Use::Returned(_) => self.returned(),
            Use::Yielded(around) if matches!(module[around], Expr::YieldFrom(_)) => self.returned(),
            Use::ItemOf(item) => self.item(item),
            Use::AttributeOf(around, _) => match module.uses().use_of(around) {
                Use::Called(call) if self.takes_one(call) => self.taken(call),
                Use::Called(call) => self.of(call),
                _ => OrderReaches::Nothing,
            },
            Use::Named(around)
            | Use::Awaited(around)
            | Use::ConditionalResult(around)
            | Use::Logical(around)
            | Use::Unpacked(around)
            | Use::Operand(around)
            | Use::Item(around) => self.of(around),
            _ => OrderReaches::Nothing,
        }
    }

    /// One item of a list, picked by its place: it decides what comes of it, unless all that is done is to go through what it
    /// is a key for, as with a work list.
    fn item(&self, expr: ExprId) -> OrderReaches {
        if let Some(known) = self.enter(expr, Carries::Item) {
            return known;
        }
        let module = self.module();
        match module.uses().use_of(expr) {
            Use::Bound(statement) => match self.only_target(statement) {
                Some(binding) => {
                    let reads = self.module().reads_of(binding);
                    reads.map(|read| self.item(read)).min().unwrap_or(OrderReaches::Nothing)
                }
                None => OrderReaches::Value,
            },
            Use::KeyOf(entry) if !matches!(module.uses().use_of(entry), Use::Target(_)) => self.item(entry),
            Use::Argument { call, position: 0, .. } if self.looks_up(call) => self.item(call),
            Use::LoopedOver(looped) => self.looped(looped).min(self.collected(module[looped].body)),
            _ => OrderReaches::Value,
        }
    }

    /// Whether a call gives what a dict holds under its first argument.
    fn looks_up(&self, call: ExprId) -> bool {
        self.outside_callee(call).is_some_and(|name| {
            let is_of_a_dict = ["builtins.", "collections."].iter().any(|module| name.as_str().starts_with(module));
            is_of_a_dict && name.as_str().ends_with(".get")
        })
    }

    /// What a call makes of it keeps the order, or runs what it is given.
    fn argument(&self, call: ExprId, kind: ArgumentKind, position: u32) -> OrderReaches {
        let module = self.module();
        let place = self.here.place();
        let Expr::Call { callee, arguments } = module[call] else { return OrderReaches::Nothing };
        let evaluator = self.here.reach.evaluator();
        let callees = evaluator.value(callee, place);
        let name = callees.single().and_then(|value| evaluator.outside_name(value));
        let has = |wanted: Name| module.list(arguments).iter().any(|given| given.kind == ArgumentKind::Keyword(wanted));
        let order = name.map(|name| evaluator.world().order(name, Operand::Argument(position as usize)));
        match order {
            Some(OrderOf::Free) => return OrderReaches::Nothing,
            Some(OrderOf::Collected) => return self.collection(callee),
            Some(OrderOf::FreeUnless(keyword)) if !has(keyword) => return OrderReaches::Nothing,
            None => {
                return Handed { follower: self, callees: &callees, call, kind, position: position as usize }.reaches();
            }
            _ => {}
        }
        match name.map(|name| name.as_str()) {
            Some("builtins.next") => OrderReaches::Value,
            // The numbers are the same on replay, and say at which places items are taken.
            Some("random.Random.choice") => self.item(call),
            Some("random.Random.choices" | "random.Random.sample") => self.of(call),
            // With a key, the first of those that are alike by it.
            Some("builtins.max" | "builtins.min") => self.item(call),
            Some("builtins.str" | "builtins.repr" | "builtins.str.join") => OrderReaches::Nothing,
            // What runs already is only waited for: the results have the order.
            Some(_) if self.gathers_what_runs(call, position) => self.of(call),
            Some(name) if name.starts_with("asyncio.") => OrderReaches::Commands,
            Some(name) if ["builtins.", "graphlib.", "itertools."].iter().any(|of| name.starts_with(of)) => {
                self.of(call)
            }
            _ if name.and_then(|name| evaluator.world().special(name)) == Some(Special::Item) => self.item(call),
            _ if matches!(order, Some(OrderOf::Unknown)) => OrderReaches::Nothing,
            _ => self.of(call),
        }
    }

    /// The name that a statement binds a value to, and to nothing else.
    fn only_target(&self, statement: StmtId) -> Option<BindingId> {
        let module = self.module();
        let Stmt::Assign { targets, .. } = module[statement] else { return None };
        let [target] = module.list(targets) else { return None };
        match module[*target] {
            Expr::Target(binding) => Some(binding),
            _ => None,
        }
    }

    fn bound(&self, statement: StmtId) -> OrderReaches {
        let module = self.module();
        let targets = module.targets(statement);
        let of_target = |target: ExprId| match module[target] {
            Expr::Target(binding) => self.reads(binding),
            // `first, *rest = items`.
            Expr::Tuple(_) => OrderReaches::Value,
            Expr::Attribute { value, name } => handed::kept_on(self, value, name),
            _ => OrderReaches::Nothing,
        };
        targets.into_iter().map(of_target).min().unwrap_or(OrderReaches::Nothing)
    }

    /// What becomes of what a method that is called is one of.
    fn collection(&self, method: ExprId) -> OrderReaches {
        let module = self.module();
        let Expr::Attribute { value, .. } = module[method] else { return OrderReaches::Nothing };
        match module[value] {
            Expr::Name { name, block, .. } => {
                let bindings = module.bindings_of(module[block].scope, name).iter();
                bindings.map(|binding| self.reads(*binding)).min().unwrap_or(OrderReaches::Nothing)
            }
            Expr::Attribute { value, name } => handed::kept_on(self, value, name),
            _ => OrderReaches::Nothing,
        }
    }

    fn reads(&self, binding: BindingId) -> OrderReaches {
        let reads = self.module().reads_of(binding);
        reads.map(|read| self.of(read)).min().unwrap_or(OrderReaches::Nothing)
    }

    /// What the callers do with what the function gives.
    fn returned(&self) -> OrderReaches {
        let uses = self
            .here
            .callers()
            .map(|(here, call)| call.map_or(OrderReaches::Nothing, |call| Follower { here, ..*self }.of(call)));
        uses.min().unwrap_or(OrderReaches::Nothing)
    }

    fn looped(&self, looped: LoopId) -> OrderReaches {
        let module = self.module();
        let body = self.body_ranges(module[looped].body);
        if self.issues(&body) {
            return OrderReaches::Commands;
        }
        let is_inside = |expr: ExprId| body.iter().any(|range| range.contains_range(module.span(expr)));
        // Who goes through a generator gets the items in this order.
        if module.expression_ids().any(|expr| matches!(module[expr], Expr::Yield(_)) && is_inside(expr)) {
            return self.returned();
        }
        // What is awaited may issue commands where it cannot be followed.
        let waits = |expr: ExprId| matches!(module[expr], Expr::Await(_)) && is_inside(expr);
        if module.expression_ids().any(waits) { OrderReaches::Value } else { OrderReaches::Nothing }
    }

    fn body_ranges(&self, body: Suite) -> Vec<TextRange> {
        let module = self.module();
        module.list(body).iter().map(|statement| module.statement_span(*statement)).collect()
    }

    /// Whether commands are issued within ranges, there or in what is called there.
    fn issues(&self, ranges: &[TextRange]) -> bool {
        let is_inside = |range: TextRange| ranges.iter().any(|outer| outer.contains_range(range));
        let own = self.here.node().events.iter().any(|event| is_inside(event.range) && is_command(event));
        own || self.commands.nodes().any(|id| {
            let node = self.here.reach.node(id);
            node.parent.iter().chain(&node.others).any(|edge| edge.from == self.here.node && is_inside(edge.site))
        })
    }

    /// What a loop collects in its order: `out.append(item)`.
    fn collected(&self, body: Suite) -> OrderReaches {
        let module = self.module();
        let ranges = self.body_ranges(body);
        let collects = |call: &ExprId| -> Option<OrderReaches> {
            let Expr::Call { callee, .. } = module[*call] else { return None };
            let Expr::Attribute { value, name } = module[callee] else { return None };
            if !matches!(name.as_str(), "append" | "extend" | "insert" | "appendleft") {
                return None;
            }
            let is_inside = ranges.iter().any(|range| range.contains_range(module.span(*call)));
            (is_inside && matches!(module[value], Expr::Name { .. })).then(|| self.collection(callee))
        };
        module.calls().iter().filter_map(collects).min().unwrap_or(OrderReaches::Nothing)
    }
}
