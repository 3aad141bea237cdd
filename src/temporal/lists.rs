//! What the lists hold that calls of the SDK are given, item by item.
//!
//! Knows: displays, sums, stars, names that one place binds and what statements put into these, functions that return what
//! they make. Does not know: what an item means.

use crate::python::{Evaluator, FunctionRef, Operand, OrderOf, Place, Rest, Special, Value, ValueId, Values};
use crate::semantic::{
    ArgumentKind, BindingId, BindingKind, Expr, ExprId, LoopId, Module, Operator, Store, StoreKind, Use, VariableId,
};
use crate::source::{Span, TextRange};

use super::callers::{Passed, Spot};
use super::definitions::Located;
use super::lifetimes::conditions;
use super::making::origin;
use super::sdk_calls::{Presence, SdkCall};

/// Through how many names, sums and stars a list is followed to its displays.
const LIST_DEPTH: usize = 8;

/// What a list holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// The items that are known.
    pub items: Vec<Item>,
    /// There may be more.
    pub is_open: bool,
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The place of the item, or of the nearest expression that brings it in.
    pub span: Span,
    /// What it is.
    pub values: Values,
    /// Whether it is in the list whatever happens.
    pub is_sure: bool,
    /// The function of the project whose call it is.
    pub called: Option<FunctionRef>,
}

impl Item {
    fn of(evaluator: &Evaluator<'_>, expr: ExprId, place: Place, span: Span) -> Self {
        Self { span, values: evaluator.value(expr, place), is_sure: true, called: called(evaluator, expr, place) }
    }

    /// What it is, if it is in the list and can be nothing else.
    #[must_use]
    pub fn only(&self) -> Option<ValueId> {
        self.values.only().filter(|_| self.is_sure)
    }
}

impl Listed {
    /// A list whose content is unknown.
    #[must_use]
    pub fn unknown() -> Self {
        Self { items: Vec::new(), is_open: true }
    }

    /// What the list of a call's option holds; nothing where it is not given.
    pub(super) fn option(evaluator: &Evaluator<'_>, call: &SdkCall, name: &str) -> Self {
        let argument = match call.given(name) {
            Presence::Argument(argument) => argument,
            Presence::Absent => return Self::default(),
            Presence::Unknown => return Self::unknown(),
        };
        let mut listed = Self::default();
        if let Some(expr) = argument.expr {
            listed.add(evaluator, expr, call.spot(), None, LIST_DEPTH);
        } else {
            listed.add_values(evaluator, &argument.values, Span { file: call.span.file, range: argument.range });
        }
        listed
    }

    /// What an expression's value holds.
    pub(super) fn of(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> Self {
        let mut listed = Self::default();
        listed.add(evaluator, expr, Spot::of(place), None, LIST_DEPTH);
        listed
    }

    /// The one item that an expression is.
    pub(super) fn of_item(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> Self {
        let span = Span { file: place.file, range: evaluator.project().module(place.file).span(expr) };
        Self { items: vec![Item::of(evaluator, expr, place, span)], is_open: false }
    }

    fn add(
        &mut self,
        evaluator: &Evaluator<'_>,
        expr: ExprId,
        spot: Spot<'_>,
        around: Option<TextRange>,
        depth: usize,
    ) {
        let place = spot.place;
        let module = evaluator.project().module(place.file);
        let span = |expr| Span { file: place.file, range: around.unwrap_or_else(|| module.span(expr)) };
        match module[expr] {
            Expr::List(items) | Expr::Tuple(items) if depth > 0 => {
                for item in module.list(items) {
                    if let Expr::Starred(inner) = module[*item] {
                        self.add(evaluator, inner, spot, Some(span(inner).range), depth - 1);
                    } else {
                        self.items.push(Item::of(evaluator, *item, place, span(*item)));
                    }
                }
            }
            Expr::Binary { left, right, op: Operator::Add } if depth > 0 => {
                self.add(evaluator, left, spot, around, depth - 1);
                self.add(evaluator, right, spot, around, depth - 1);
            }
            _ => {
                self.is_open |= is_handed_on(evaluator, expr, place);
                let is_found = depth > 0
                    && (self.add_passed(evaluator, expr, spot, depth - 1)
                        || self.add_from(evaluator, expr, spot, depth - 1));
                if !is_found {
                    let before = self.items.len();
                    self.add_values(evaluator, &evaluator.value(expr, place), span(expr));
                    if is_taken_from(module, expr) {
                        self.items[before..].iter_mut().for_each(|item| item.is_sure = false);
                    }
                }
            }
        }
    }

    /// What a list holds that a caller gives: `make(client, [charge])`, or `make(client, charge)` for `*activities`.
    fn add_passed(&mut self, evaluator: &Evaluator<'_>, expr: ExprId, spot: Spot<'_>, depth: usize) -> bool {
        let module = evaluator.project().module(spot.place.file);
        let Some(read) = copied(evaluator, expr, spot.place) else { return false };
        let Expr::Name { name, block, .. } = module[read] else { return false };
        let Some(variable) = module.variable_read(name, block) else { return false };
        let [binding] = module[variable].bindings.as_slice() else { return false };
        if is_taken_from(module, read) || !stores_into(module, variable).is_empty() {
            return false;
        }
        let Some((passed, there)) = spot.passed(evaluator, *binding) else { return false };
        match passed {
            Passed::One(given) | Passed::Default(given) => self.add(evaluator, given, there, None, depth),
            Passed::Rest(given) => {
                let module = evaluator.project().module(there.place.file);
                for (given, is_spread) in given {
                    if is_spread {
                        self.add(evaluator, given, there, None, depth);
                    } else {
                        let span = Span { file: there.place.file, range: module.span(given) };
                        self.items.push(Item::of(evaluator, given, there.place, span));
                    }
                }
            }
        }
        true
    }

    /// What a list holds that one expression elsewhere makes, and that statements put into it where it has a name.
    fn add_from(&mut self, evaluator: &Evaluator<'_>, expr: ExprId, spot: Spot<'_>, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        let place = spot.place;
        let module = evaluator.project().module(place.file);
        let Some((made, filled)) = made_and_filled(evaluator, expr, place) else { return false };
        let source = evaluator.project().module(made.file);
        let origin = spot.in_file(made.file);
        // A list whose parts are not written down says more as a whole.
        if !matches!(source[made.expr], Expr::List(_) | Expr::Tuple(_) | Expr::Binary { op: Operator::Add, .. }) {
            if !self.add_passed(evaluator, made.expr, origin, depth - 1)
                && !self.add_from(evaluator, made.expr, origin, depth - 1)
            {
                return false;
            }
        } else {
            self.add(evaluator, made.expr, origin, None, depth);
        }
        for store in filled {
            let range = module.span(store.value);
            // What is put in later is not there yet.
            if is_later(module, store, expr) {
                continue;
            }
            let before = self.items.len();
            match store.kind {
                StoreKind::All => self.add(evaluator, store.value, spot, None, depth),
                _ => {
                    let span = Span { file: place.file, range };
                    self.items.push(Item::of(evaluator, store.value, place, span));
                }
            }
            if !always_filled(module, store, expr) {
                self.items[before..].iter_mut().for_each(|item| item.is_sure = false);
            }
        }
        true
    }

    fn add_values(&mut self, evaluator: &Evaluator<'_>, values: &Values, span: Span) {
        // What is nothing at all stands where the engine sees no way for control to come: nothing is proven by it.
        self.is_open |= values.rest != Rest::Nothing || values.is_never();
        let is_only = values.only().is_some();
        for value in &values.known {
            if let Value::Items(_, items) = evaluator.get(*value) {
                let item = |values: &Values| Item { span, values: values.clone(), is_sure: is_only, called: None };
                self.items.extend(items.iter().map(item));
                continue;
            }
            let items = evaluator.item_of(&Values::of(*value));
            self.is_open |= items.rest != Rest::Nothing;
            let item = |value: &ValueId| Item { span, values: Values::of(*value), is_sure: false, called: None };
            self.items.extend(items.known.iter().map(item));
        }
    }
}

/// Where a list is made, and what statements put into it under the name that is read; nothing where something else may be
/// done to it under that name.
fn made_and_filled<'p>(evaluator: &Evaluator<'p>, expr: ExprId, place: Place) -> Option<(Located, Vec<&'p Store>)> {
    let module = evaluator.project().module(place.file);
    let Expr::Name { name, block, .. } = module[expr] else {
        let called = match module[expr] {
            Expr::Await(called) => called,
            _ => expr,
        };
        return Some((origin(evaluator, called, place)?, Vec::new()));
    };
    let variable = module.variable_read(name, block)?;
    let bindings = &module[variable].bindings;
    let is_plain = |binding: &&BindingId| !matches!(module[**binding].kind, BindingKind::Augment { .. });
    let [binding] = bindings.iter().filter(is_plain).collect::<Vec<_>>()[..] else { return None };
    if is_taken_from(module, expr) {
        return None;
    }
    let filled = stores_into(module, variable);
    match module[*binding].kind {
        BindingKind::Assign { value, path, .. } if path.is_empty() => {
            // What other functions put in depends on who calls them.
            let reader = module[block].function;
            let is_own = |store: &&Store| module[store.block].function.is_none_or(|around| Some(around) == reader);
            filled.iter().all(is_own).then_some((Located { expr: value, file: place.file }, filled))
        }
        BindingKind::ImportFrom { name, .. } if filled.is_empty() => {
            let made = origin(evaluator, expr, place)?;
            let home = evaluator.project().module(made.file);
            let variable = home.variable(home.global(), name)?;
            stores_into(home, variable).is_empty().then_some((made, filled))
        }
        _ => None,
    }
}

/// The list of which an expression makes a list or tuple, or the expression itself: `list(activities)`.
fn copied(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> Option<ExprId> {
    let module = evaluator.project().module(place.file);
    let Expr::Call { callee, arguments } = module[expr] else { return Some(expr) };
    let [only] = module.list(arguments) else { return None };
    let name = evaluator.outside_name(evaluator.value(callee, place).only()?)?;
    let world = evaluator.world();
    let is_copy =
        world.special(name) == Some(Special::Sequence) && world.order(name, Operand::Argument(0)) == OrderOf::Kept;
    is_copy.then_some(only.value)
}

/// What statements put into the collection that a variable stands for.
pub(super) fn stores_into(module: &Module, variable: VariableId) -> Vec<&Store> {
    let is_it = |store: &&Store| match module[store.collection] {
        Expr::Name { name, block, .. } => module.variable_read(name, block) == Some(variable),
        Expr::Target(target) => module[target].variable == variable,
        _ => false,
    };
    module.stores(module[variable].name).filter(is_it).collect()
}

/// Whether something is taken out of the list that a name stands for, somewhere in its file.
fn is_taken_from(module: &Module, expr: ExprId) -> bool {
    let Expr::Name { name, block, .. } = module[expr] else { return false };
    let Some(variable) = module.variable_read(name, block) else { return false };
    let takes_out = |read: ExprId| matches!(module.uses().use_of(read), Use::AttributeOf(_, name) if TAKES_OUT.contains(&name.as_str()));
    module[variable].bindings.iter().flat_map(|binding| module.reads_of(*binding)).any(takes_out)
}

/// Methods of lists after which they hold less.
const TAKES_OUT: &[&str] = &["clear", "pop", "remove"];

/// Whether something is put into a list on every way to where it is read, once.
fn always_filled(module: &Module, store: &Store, read: ExprId) -> bool {
    let Expr::Name { block, .. } = module[read] else { return false };
    let passed = conditions(module, block);
    let is_own = module[store.block].function.is_none() || module[store.block].function == module[block].function;
    is_own
        && conditions(module, store.block).iter().all(|condition| passed.contains(condition))
        && in_same_loop(module, module.span(store.value), module.span(read))
}

/// Whether a statement of the same function puts something in after a list was read.
fn is_later(module: &Module, store: &Store, read: ExprId) -> bool {
    let Expr::Name { block, .. } = module[read] else { return false };
    let (put, read) = (module.span(store.value), module.span(read));
    module[store.block].function == module[block].function && put.start() > read.start()
}

/// Whether every loop around a place is around another one, too.
fn in_same_loop(module: &Module, place: TextRange, other: TextRange) -> bool {
    let around = |range: TextRange, id: LoopId| {
        let body = module.list(module[id].body);
        body.iter().any(|statement| module.statement_span(*statement).contains_range(range))
    };
    module.loop_ids().all(|id| !around(place, id) || around(other, id))
}

/// The function of the project that an expression calls.
fn called(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> Option<FunctionRef> {
    let Expr::Call { callee, .. } = evaluator.project().module(place.file)[expr] else { return None };
    match evaluator.get(evaluator.value(callee, place).only()?) {
        Value::Function(callable) => Some(callable.function),
        _ => None,
    }
}

/// Whether the list of a name is given to a call that may put something into it.
fn is_handed_on(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> bool {
    let module = evaluator.project().module(place.file);
    let Expr::Name { name, block, .. } = module[expr] else { return false };
    let Some(variable) = module.variable_read(name, block) else { return false };
    module[variable].bindings.iter().any(|binding| {
        matches!(module[*binding].kind, BindingKind::Assign { .. } | BindingKind::Parameter { .. })
            && module.reads_of(*binding).any(|read| may_be_filled_by(evaluator, read, place, HANDED))
    })
}

/// Through how many functions a list is followed to one that puts something into it.
const HANDED: usize = 3;

/// Whether a list is given to a call there that may put something into it.
fn may_be_filled_by(evaluator: &Evaluator<'_>, read: ExprId, place: Place, depth: usize) -> bool {
    let module = evaluator.project().module(place.file);
    let Use::Argument { call, kind, position } = module.uses().use_of(read) else { return false };
    let Expr::Call { callee, .. } = module[call] else { return false };
    let values = evaluator.value(callee, place);
    match values.only().map(|callee| evaluator.get(callee)) {
        Some(Value::Function(callable)) => {
            let (function, is_bound) = (callable.function, callable.receiver.is_some());
            let own = evaluator.project().module(function.file);
            let taking = own.parameter_taking(function.function, is_bound, kind, position as usize);
            depth == 0 || taking.is_none_or(|index| may_fill(evaluator, function, index, depth - 1))
        }
        _ => kind == ArgumentKind::Positional && !only_looks(module, call),
    }
}

/// Whether a function may put something into the list that a parameter is.
fn may_fill(evaluator: &Evaluator<'_>, function: FunctionRef, index: usize, depth: usize) -> bool {
    let module = evaluator.project().module(function.file);
    let place = Place { file: function.file, frame: None };
    let Some(parameter) = module.parameters(function.function).get(index) else { return true };
    let scope = module[function.function].scope;
    let [binding] = module.bindings_of(scope, parameter.name) else { return true };
    !stores_into(module, module[*binding].variable).is_empty()
        || module.reads_of(*binding).any(|read| match module.uses().use_of(read) {
            Use::Argument { .. } => may_be_filled_by(evaluator, read, place, depth),
            // By another name, or in something else, anything may be put in.
            used => !only_reads(module, used),
        })
}

/// Whether a list is only read: gone through, compared, shown, asked whether it is empty.
fn only_reads(module: &Module, used: Use) -> bool {
    match used {
        // `for each in (items,)` gives it another name, `for each in items` does not.
        Use::LoopedOver(_) | Use::ComprehendedOver(_) | Use::Formatted(_) | Use::Compared(_) | Use::Unpacked(_) => true,
        Use::IfTest(_) | Use::WhileTest(_) | Use::ConditionalTest(_) | Use::FilterOf(_) | Use::Discarded(_) => true,
        Use::ItemOf(item) => !matches!(module.uses().use_of(item), Use::Target(_) | Use::Deleted(_)),
        Use::AttributeOf(method, name) => {
            matches!(module.uses().use_of(method), Use::Called(_))
                && matches!(name.as_str(), "copy" | "count" | "index")
        }
        Use::Operand(operation) => matches!(module[operation], Expr::Unary { .. } | Expr::Binary { .. }),
        _ => false,
    }
}

/// Whether a call only looks at a list that it is given, judged by its name.
fn only_looks(module: &Module, call: ExprId) -> bool {
    let Expr::Call { callee, .. } = module[call] else { return false };
    matches!(module[callee], Expr::Name { name, .. } if LOOKS.contains(&name.as_str()))
}

/// Functions that every module sees and that leave a list as it is.
const LOOKS: &[&str] =
    &["len", "list", "tuple", "set", "frozenset", "sorted", "print", "repr", "str", "enumerate", "zip"];
