//! What a variable is at a place: the bindings that reach it along control flow, narrowed by the tests on the way.
//!
//! Knows: blocks, edges and their conditions. Does not know: scopes, or names of other modules.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Evaluator, Place, Query, Truth};
use crate::python::memo::Known;
use crate::python::value::{Rest, Sequence, Value, Values};
use crate::python::world::Special;
use crate::semantic::{
    Argument, BindingId, BindingKind, BlockId, Branch, Change, Condition, Edge, Expr, ExprId, Handler, Import, List,
    Module, Name, Step, Stmt, Suite, TryId, Use, VariableId, WithId,
};

impl Evaluator<'_> {
    /// What a variable is at a place of its own control flow, before the bindings from `mark` on.
    pub(in crate::python) fn reading(
        &self,
        variable: VariableId,
        block: BlockId,
        mark: BindingId,
        place: Place,
    ) -> Values {
        let module = self.project.module(place.file);
        match module.last_in_block(variable, block, mark) {
            Some(binding) => self.live_binding(binding, place),
            None => self.entering(variable, block, place),
        }
    }

    /// What a binding gives, if the tests around let it happen.
    pub(in crate::python) fn live_binding(&self, binding: BindingId, place: Place) -> Values {
        let module = self.project.module(place.file);
        if self.may_run(module[binding].block, place) { self.binding(binding, place) } else { Values::NEVER }
    }

    /// What a variable is where a block begins.
    fn entering(&self, variable: VariableId, block: BlockId, place: Place) -> Values {
        if !self.may_run(block, place) {
            return Values::NEVER;
        }
        let change = self.project.module(place.file).change_before(variable, block);
        change.map_or(Values::NEVER, |change| self.changed(variable, change, place))
    }

    /// What a variable is after it may have changed, in a block to which control may come.
    fn changed(&self, variable: VariableId, change: Change, place: Place) -> Values {
        match change {
            Change::Bound(binding) => self.binding(binding, place),
            Change::Entered(block) => self.merged(variable, block, place),
        }
    }

    /// What a variable is where control comes into a block: by a test about it, or on several ways.
    fn merged(&self, variable: VariableId, block: BlockId, place: Place) -> Values {
        self.ask(Query::Entering(place.file, block, variable, place.frame))
    }

    /// On most ways into a block behind much code, such as a handler, a variable is what it is on the one before: each is
    /// asked for once.
    pub(super) fn met(&self, variable: VariableId, block: BlockId, place: Place) -> Values {
        let module = self.project.module(place.file);
        let mut found = Values::NEVER;
        let mut seen: SmallVec<[(Change, Condition); 8]> = SmallVec::new();
        for edge in self.taken_edges(block, place).iter() {
            let bound = module.last_in_block(variable, edge.from, BindingId::END);
            let change = bound.map(Change::Bound).or_else(|| module.change_before(variable, edge.from));
            let Some(change) = change else { continue };
            let condition = if narrows(edge.condition) { edge.condition } else { Condition::Always };
            if seen.iter().rev().take(SEEN).any(|known| *known == (change, condition)) {
                continue;
            }
            seen.push((change, condition));
            let before = self.changed(variable, change, place);
            if !before.is_never() {
                found.join(&self.passed(before, variable, condition, place));
            }
        }
        found
    }

    /// The ways on which control may come into a block.
    fn taken_edges(&self, block: BlockId, place: Place) -> Arc<[Edge]> {
        let edges = self.project.module(place.file).edges(block);
        let taken = || edges.iter().copied().filter(|edge| self.is_taken(*edge, place)).collect();
        if edges.len() < MANY_EDGES {
            return taken();
        }
        let key = (place.file, block, place.frame);
        if let Some(((known, looked), rests_on)) = self.taken_edges.borrow().get(&key) {
            self.rest_on(*rests_on);
            if *looked {
                self.memo.look();
            }
            return known.clone();
        }
        let (taken, basis): (Arc<[Edge]>, _) = self.watched(taken);
        if basis.stands() {
            self.taken_edges.borrow_mut().insert(key, ((taken.clone(), basis.looked), basis.sources));
        }
        taken
    }

    /// What is left of a variable's values behind a condition that may hold.
    fn passed(&self, values: Values, variable: VariableId, condition: Condition, place: Place) -> Values {
        match condition {
            Condition::Test(test, holds) => self.narrowed(values, variable, test, holds, place),
            Condition::Case { matched, case, holds } => {
                self.narrowed_by_case(values, variable, matched, case, holds, place)
            }
            _ => values,
        }
    }

    fn is_taken(&self, edge: Edge, place: Place) -> bool {
        self.likelihood(edge.condition, place) != Likelihood::No && self.may_run(edge.from, place)
    }

    /// Whether control may come to a block: whether some way leads there of which no test is known to fail.
    ///
    /// The blocks that control always passes before are asked for first, the outermost one first: so questions nest no
    /// deeper than statements do.
    pub fn may_run(&self, block: BlockId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let mut before: SmallVec<[BlockId; 8]> = SmallVec::new();
        let mut at = block;
        while !module.is_first(at) {
            let dominator = module[at].dominator;
            // Where the only way in is always taken, the block before answers: nothing is asked of this one.
            let passes = matches!(module.edges(at), [edge]
                if edge.condition == Condition::Always && edge.from == dominator && dominator != at);
            if !passes {
                match self.memo.known(&Query::Reached(place.file, at, place.frame).key()) {
                    Known::Stands(known) if known.is_never() => return false,
                    Known::Stands(_) => break,
                    // Those before it were asked for when it was.
                    Known::Unfinished => {
                        before.push(at);
                        break;
                    }
                    Known::Not => before.push(at),
                }
            }
            if dominator == at {
                break;
            }
            at = dominator;
        }
        before.into_iter().rev().all(|block| self.asks(Query::Reached(place.file, block, place.frame)))
    }

    pub(super) fn is_reached(&self, block: BlockId, place: Place) -> bool {
        let module = self.project.module(place.file);
        module.is_first(block) || module.edges(block).iter().any(|edge| self.is_taken(*edge, place))
    }

    /// How likely control passes a condition.
    pub fn likelihood(&self, condition: Condition, place: Place) -> Likelihood {
        let sure = |runs: bool| if runs { Likelihood::Yes } else { Likelihood::No };
        match condition {
            Condition::Always => Likelihood::Yes,
            Condition::Test(test, holds) => match self.truth(test, place) {
                Truth::Known(truth) => sure(truth == holds),
                Truth::Never => Likelihood::No,
                Truth::Likely(truth) if truth != holds => Likelihood::Unlikely,
                _ => Likelihood::Yes,
            },
            Condition::Case { matched, case, holds } => match self.case_truth(matched, case, place) {
                Truth::Known(truth) => sure(truth == holds),
                Truth::Never => Likelihood::No,
                Truth::Likely(truth) if truth != holds => Likelihood::Unlikely,
                _ => Likelihood::Yes,
            },
            Condition::Returns(call) => sure(!self.never_returns(call, place)),
            Condition::Raises(tried) => sure(!self.cannot_fail(tried, place)),
            Condition::Completes(tried) => {
                let module = self.project.module(place.file);
                let exits = module.list(module[tried].normal_exits);
                let may_run = |block: &BlockId| self.may_run(*block, place);
                sure(exits.iter().any(may_run) && module[tried].finally_end.as_ref().is_none_or(may_run))
            }
            Condition::Suppresses(with) => sure(self.suppresses(with, place)),
        }
    }

    /// Whether a protected body does nothing that can raise: a guard that is asked inside `try` for the case that it is
    /// not there.
    fn cannot_fail(&self, tried: TryId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let body = module[tried].body;
        let answers = self.suite_fails(body, place);
        answers == Some(false)
    }

    /// Whether a suite surely raises (`Some(true)`) or surely does not.
    fn suite_fails(&self, suite: Suite, place: Place) -> Option<bool> {
        let module = self.project.module(place.file);
        for statement in module.list(suite) {
            let fails = match module[*statement] {
                Stmt::Expr(value) | Stmt::Assign { value, .. } => self.fails(value, place),
                Stmt::Return(Some(value)) => self.fails(value, place),
                Stmt::Return(None) | Stmt::Nothing => Some(false),
                Stmt::Import(import) => self.import_works(&module[import], module).then_some(false),
                Stmt::If(branches) => {
                    let safe = |suite| self.suite_fails(suite, place) == Some(false);
                    let passes = |branch: &Branch| {
                        branch.test.is_none_or(|test| self.fails(test, place) == Some(false)) && safe(branch.body)
                    };
                    module.list(branches).iter().all(passes).then_some(false)
                }
                _ => None,
            };
            if fails != Some(false) {
                return fails;
            }
        }
        Some(false)
    }

    fn import_works(&self, import: &Import, module: &Module) -> bool {
        let mut names = module.list(import.names).iter();
        match import.from {
            Some(from) => import.level == 0 && names.all(|alias| self.world.provides(from, Some(alias.name))),
            None => names.all(|alias| self.world.provides(alias.name, None)),
        }
    }

    /// Whether evaluating an expression raises, as far as the world knows the call that it is.
    pub(in crate::python) fn fails(&self, expr: ExprId, place: Place) -> Option<bool> {
        let module = self.project.module(place.file);
        match module[expr] {
            Expr::Call { callee: called, arguments } => {
                let callee = self.value(called, place).only()?;
                let fails = match self.get(callee) {
                    // A call of a coroutine function only makes the coroutine.
                    Value::Function(callable) => {
                        let function = &self.project.module(callable.function.file)[callable.function.function];
                        (function.runs_later() && self.accepts(callable, &self.arguments(arguments, place)))
                            .then_some(false)
                    }
                    _ => self.call_fails(self.outside_name(callee)?, arguments, place),
                };
                if fails == Some(false) {
                    // `workflow.now().timestamp()` raises where `workflow.now()` does.
                    let parts = module.list(arguments).iter().map(|given| given.value);
                    return std::iter::once(called)
                        .chain(parts)
                        .map(|part| self.fails(part, place))
                        .find(|fails| *fails != Some(false))
                        .unwrap_or(fails);
                }
                fails
            }
            Expr::Name { .. } => (!self.value(expr, place).is_never()).then_some(false),
            Expr::Attribute { value, .. } => self.fails(value, place),
            Expr::None | Expr::Bool(_) | Expr::Int(_) | Expr::Str(_) | Expr::Text | Expr::Float(_) => Some(false),
            _ => None,
        }
    }

    /// Whether a call of something outside the project raises. One that imports a module does not where that is surely there.
    fn call_fails(&self, callee: Name, arguments: List<Argument>, place: Place) -> Option<bool> {
        if self.world.special(callee) != Some(Special::ImportModule) {
            return self.world.fails(callee);
        }
        let given = self.arguments(arguments, place);
        let module = given.positional.first()?.only()?;
        matches!(self.get(module), Value::Str(name) if self.world.provides(*name, None)).then_some(false)
    }

    fn suppresses(&self, with: WithId, place: Place) -> bool {
        let module = self.project.module(place.file);
        module.list(module[with].items).iter().any(|item| self.manager_suppresses(item.manager, place))
    }

    /// Whether a context manager may swallow what its body raises.
    pub fn manager_suppresses(&self, manager: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        if let Expr::Call { callee, .. } = module[manager] {
            let callees = self.value(callee, place);
            let swallows = |name: Name| {
                self.world.suppresses(name) || self.world.stacks_managers(name) && self.stack_suppresses(manager, place)
            };
            if callees.known.iter().filter_map(|callee| self.outside_name(*callee)).any(swallows) {
                return true;
            }
            let swallows = |callee: &crate::python::ValueId| match self.get(*callee) {
                Value::Function(callable) => self.generator_swallows(callable.function),
                _ => false,
            };
            if callees.known.iter().any(swallows) {
                return true;
            }
        }
        let may_return_true = |exit: &crate::python::ValueId| match self.get(*exit) {
            Value::Function(callable) => self.may_return_true(callable.function),
            _ => false,
        };
        let managers = self.value(manager, place);
        let mut exits = managers.known.iter().flat_map(|manager| self.exits(*manager));
        exits.any(|(_, exit)| exit.known.iter().any(may_return_true))
    }

    /// What the class of a context manager has as its exits, by their names.
    #[must_use]
    pub fn exits(&self, manager: crate::python::ValueId) -> [(&'static str, Values); 2] {
        ["__exit__", "__aexit__"].map(|name| (name, self.class_attribute(manager, crate::semantic::Name::new(name))))
    }

    /// Whether a context manager that keeps others may have one that swallows what the body raises.
    fn stack_suppresses(&self, stack: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let Use::Managed(with) = module.uses().use_of(stack) else { return true };
        let Some(item) = module.list(module[with].items).iter().find(|item| item.manager == stack) else { return true };
        match item.target.map(|target| module[target]) {
            None => false,
            Some(Expr::Target(binding)) => module.reads_of(binding).any(|read| self.keeps_what_suppresses(read, place)),
            Some(_) => true,
        }
    }

    /// Whether a use of a stack of context managers may put one on it that swallows exceptions.
    fn keeps_what_suppresses(&self, stack: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let Use::AttributeOf(method, name) = module.uses().use_of(stack) else { return true };
        let Use::Called(call) = module.uses().use_of(method) else { return true };
        let Expr::Call { arguments, .. } = module[call] else { return true };
        let called = self.value(method, place).single().and_then(|method| self.outside_name(method));
        match (called.and_then(|called| self.world.special(called)), module.list(arguments)) {
            (Some(Special::Enters | Special::EntersAsync), [entered]) => self.manager_suppresses(entered.value, place),
            // What is called at the end is not asked about exceptions.
            (None, _) => !matches!(name.as_str(), "callback" | "push_async_callback"),
            _ => true,
        }
    }

    /// Whether the generator behind a context manager goes on after an exception at its `yield`.
    fn generator_swallows(&self, function: crate::python::FunctionRef) -> bool {
        let module = self.project.module(function.file);
        let goes_on =
            |handler: Handler| !module.list(handler.body).iter().any(|id| matches!(module[*id], Stmt::Raise { .. }));
        module[function.function].is_generator && module.handlers_around_yields(function.function).any(goes_on)
    }

    fn may_return_true(&self, function: crate::python::FunctionRef) -> bool {
        let module = self.project.module(function.file);
        module[function.function]
            .returns
            .iter()
            .any(|ret| ret.value.is_some_and(|value| !matches!(module[value], Expr::None | Expr::Bool(false))))
    }

    /// What a binding gives.
    pub(in crate::python) fn binding(&self, binding: BindingId, place: Place) -> Values {
        self.ask(Query::Binding(place.file, binding, place.frame))
    }

    /// What a binding gives, worked out anew. One arm for each kind.
    pub(super) fn bound(&self, binding: BindingId, place: Place) -> Values {
        let module = self.project.module(place.file);
        match module[binding].kind {
            BindingKind::Import { module } => self.import_source(place.file, module, 0),
            BindingKind::ImportFrom { module, level, name } => {
                let source = self.import_source(place.file, module, level);
                self.starred_before(place.file, &source, name).unwrap_or_else(|| self.imported_name(&source, name))
            }
            BindingKind::Function(function) => self.defined_function(place.file, function, place.frame),
            BindingKind::Class(class) => self.defined_class(place.file, class, place.frame),
            BindingKind::Assign { value, annotation, path } => {
                let taken = self.taken(self.value(value, place), module.list(path), place);
                match annotation {
                    Some(annotation) => self.declared(taken, annotation, place),
                    None => taken,
                }
            }
            BindingKind::Declare { .. } => Values::NEVER,
            BindingKind::Augment { target, value } => self.augmented(target, value, place),
            BindingKind::Parameter { index } => self.parameter(place, module[module[binding].variable].scope, index),
            BindingKind::Loop { iterable, path } => {
                let items = self.value(iterable, place);
                let item = if self.is_async_source(iterable, place) {
                    self.async_item_of(&items)
                } else {
                    self.item_of(&items)
                };
                self.taken(item, module.list(path), place)
            }
            BindingKind::With { manager, is_async, path } => {
                let entered = self.entered(&self.value(manager, place), is_async);
                self.taken(entered, module.list(path), place)
            }
            BindingKind::Except { kind } => match kind {
                Some(kind) => self.instance_of(&self.value(kind, place)),
                None => Values::anything(),
            },
            BindingKind::Capture { matched, path } => {
                let subject = self.value(module[matched].subject, place);
                self.taken(subject, module.list(path), place)
            }
            BindingKind::TypeParameter { bound } => {
                let object = bound.map_or_else(Values::anything, |bound| self.annotated(bound, place));
                self.only(Value::Parametrised { class: None, object })
            }
            // What the name stands for in annotations.
            BindingKind::TypeAlias { value } => self.annotated(value, place),
            BindingKind::Delete => Values::NEVER,
        }
    }

    /// What `target += value` leaves.
    fn augmented(&self, target: ExprId, value: ExprId, place: Place) -> Values {
        let before = self.value(target, place);
        let added = self.value(value, place);
        if before.known.iter().any(|value| matches!(self.get(*value), Value::Set { .. })) {
            return self.with_more(&before, &added);
        }
        let both = [self.item_of(&before), self.item_of(&added)];
        match before.single().map(|value| self.get(value)) {
            Some(Value::Items(kind, _) | Value::Many(kind, _)) => self.only(Value::Many(*kind, Values::union(both))),
            Some(Value::Int(_)) => self.builtin_object("int"),
            Some(Value::Str(_)) => self.builtin_object("str"),
            _ => self.counted_on(&before),
        }
    }

    fn is_async_source(&self, iterable: ExprId, place: Place) -> bool {
        let values = self.value(iterable, place);
        values.known.iter().any(|value| {
            matches!(self.get(*value), Value::Instance(_))
                && self.method(*value, crate::semantic::Name::new("__aiter__")).is_some()
        })
    }

    /// A part of a value that is taken apart.
    pub(in crate::python) fn taken(&self, values: Values, path: &[Step], place: Place) -> Values {
        path.iter().fold(values, |values, step| self.step(&values, *step, place))
    }

    fn step(&self, values: &Values, step: Step, place: Place) -> Values {
        match step {
            Step::Item(_) | Step::FromEnd(_) => self.each(values, |id, value| match (value, step) {
                (Value::Instance(_), Step::Item(index)) if let Some(field) = self.tuple_field(id, index) => {
                    self.attribute(&Values::of(id), field)
                }
                (Value::Items(_, items), _) => {
                    step.position(items.len()).map_or_else(Values::anything, |position| items[position].clone())
                }
                (Value::Set { .. }, _) => Values::anything(),
                _ => self.item_of(&Values::of(id)),
            }),
            Step::Rest { before, behind } => self.each(values, |id, value| match value {
                Value::Items(_, items) => {
                    let end = items.len().saturating_sub(behind as usize);
                    let rest = items.get(before as usize..end).unwrap_or_default().to_vec();
                    self.only(Value::Items(Sequence::List, rest))
                }
                _ => self.only(Value::Many(Sequence::List, self.item_of(&Values::of(id)))),
            }),
            Step::Key(key) => {
                let key = self.value(key, place);
                self.each(values, |id, value| self.item_at(id, value, &key))
            }
            Step::RestOfMapping => values.clone(),
            Step::Attribute(name) => self.attribute(values, name),
            Step::Positional(index) => self.each(values, |id, _| match self.match_argument(id, index) {
                Some(name) => self.attribute(&Values::of(id), name),
                None => Values::anything(),
            }),
            Step::InstanceOf(class) => {
                let classes = self.value(class, place);
                self.instances_among(values, &classes)
            }
        }
    }

    /// What `with value as name` binds.
    pub(in crate::python) fn entered(&self, managers: &Values, is_async: bool) -> Values {
        self.each(managers, |id, manager| match manager {
            Value::Instance(_) => {
                let name = if is_async { "__aenter__" } else { "__enter__" };
                let entered = self.call_method(id, name);
                let entered = if is_async { self.awaited(&entered) } else { entered };
                if entered.known.is_empty() { Values::of(id).with_rest(Rest::Declared) } else { entered }
            }
            Value::Many(_, item) => item.clone(),
            _ => Values::of(id),
        })
    }
}

/// Whether what is known of a variable may be less behind a condition.
fn narrows(condition: Condition) -> bool {
    matches!(condition, Condition::Test(..) | Condition::Case { .. })
}

/// With how many changes before it a change is compared.
const SEEN: usize = 16;

/// From how many ways into a block on it is remembered which of them control may take.
const MANY_EDGES: usize = 4;

/// How likely control takes a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likelihood {
    /// Proven not to.
    No,
    /// Only if an annotation is wrong.
    Unlikely,
    /// It may.
    Yes,
}
