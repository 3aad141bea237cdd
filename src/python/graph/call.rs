//! Where a call leads, whatever it is that is called.
//!
//! Knows: callees of the project and partial calls. Does not know: what a callable from outside does with what it is given
//! ([`handed`](super::handed)), which bodies run later and elsewhere ([`lazy`](super::lazy)), or what runs when an object is made
//! ([`construct`](super::construct)).

use super::super::call::{Defaulted, result_of};
use super::super::eval::Place;
use super::super::value::{Arguments, Callable, Taken, Value, ValueId, Values};
use super::super::world::{HandOff, Operand, Special};
use super::reach::EventKind;
use super::walk::Walker;
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, List, Name, Use};
use crate::source::TextRange;

impl Walker<'_, '_> {
    /// A call where it stands in the text.
    pub(super) fn call(&mut self, expr: ExprId, callee: ExprId, arguments: List<Argument>) {
        let awaited = std::mem::take(&mut self.awaited);
        let module = self.module();
        match module[callee] {
            Expr::Attribute { value, .. } => {
                self.visit(value);
                self.attribute_read(callee, false);
            }
            Expr::Name { .. } => self.name_read(callee),
            _ => self.visit(callee),
        }
        let callees = self.value(callee);
        let outer = self.logging;
        self.logging |= self.is_logging_call(callee, &callees);
        self.visit_arguments(expr, arguments, &callees);
        self.logging = outer;
        let site = module.span(expr);
        let given = self.evaluator().arguments(arguments, self.place);
        let doubtful = callees.is_doubtful();
        for callee in &callees.known {
            match self.get(*callee) {
                // One of several that this call does not give what it needs is not the one that it calls.
                Value::Function(callable) if doubtful && !self.evaluator().accepts(&callable, &given) => {}
                Value::Function(callable) if self.is_coroutine_function(&callable) && self.never_starts(expr) => {}
                Value::Function(callable) if self.is_lazy(&callable) && self.starts_elsewhere(expr) => {}
                Value::Outside(_) | Value::OutsideMethod { .. } => {
                    self.outside_call(*callee, (expr, arguments), &given, awaited, doubtful);
                    if self.is_setattr(*callee) {
                        self.attribute_set_by_name(&given, site);
                    }
                }
                Value::ResultOf(maker) => self.call_of_result(maker, &given, site),
                _ => self.invoke(*callee, &given, site, doubtful),
            }
        }
        if callees.known.is_empty() {
            self.handed_to_unknown(&given, site);
        }
        if self.at_import {
            self.field_described(expr);
        }
    }

    fn is_setattr(&self, callee: ValueId) -> bool {
        self.evaluator().outside_name(callee).is_some_and(|name| self.evaluator().is_builtin(name, "setattr"))
    }

    /// `retry(…)(function)`: what something outside gave is called.
    fn call_of_result(&mut self, maker: Name, given: &Arguments, site: TextRange) {
        let (world, name) = (self.evaluator().world(), result_of(maker));
        let keeps = world.special(name) == Some(Special::First) || *world.hand_off(name) == HandOff::Keeps;
        if !keeps {
            self.handed_to_unknown(given, site);
        }
    }

    fn visit_arguments(&mut self, call: ExprId, arguments: List<Argument>, callees: &Values) {
        let module = self.module();
        let world = self.evaluator().world();
        let name = callees.single().and_then(|callee| self.evaluator().outside_name(callee));
        let outer = self.orderless;
        for (position, argument) in module.list(arguments).iter().enumerate() {
            match argument.kind {
                ArgumentKind::Positional => {
                    let order = name.map(|name| world.order(name, Operand::Argument(position)));
                    if order.is_some_and(|order| self.is_free(order, call)) {
                        self.orderless = Some(argument.value);
                    }
                }
                ArgumentKind::Star => {
                    let order = name.map(|name| world.order(name, Operand::Argument(position)));
                    let is_free = order.is_some_and(|order| self.is_free(order, call));
                    let waits = name.is_some_and(|name| self.only_waits_for(name, call, argument.value));
                    self.unpacked(argument.value, !waits && !is_free);
                }
                ArgumentKind::DoubleStar => self.merged(argument.value),
                ArgumentKind::Keyword(_) => {}
            }
            self.visit(argument.value);
            self.orderless = outer;
        }
    }

    /// Whether a call only waits for tasks that run already, and nobody looks at what they give: then their order shows nowhere.
    /// Coroutines are begun by it, one after the other.
    fn only_waits_for(&self, name: Name, call: ExprId, tasks: ExprId) -> bool {
        let evaluator = self.evaluator();
        if evaluator.world().special(name) != Some(Special::Gather) {
            return false;
        }
        let uses = self.module().uses();
        let is_dropped = match uses.use_of(call) {
            Use::Awaited(awaited) => matches!(uses.use_of(awaited), Use::Discarded(_)),
            _ => false,
        };
        let tasks = evaluator.item_of(&self.value(tasks));
        let runs = |task: &ValueId| matches!(evaluator.get(*task), Value::Awaitable { class: Some(_), .. });
        is_dropped && !tasks.known.is_empty() && !tasks.is_unknown() && tasks.known.iter().all(runs)
    }

    /// Runs a value with evaluated arguments.
    pub(super) fn invoke(&mut self, callee: ValueId, arguments: &Arguments, site: TextRange, doubtful: bool) {
        match self.get(callee) {
            Value::Function(callable) => {
                let chosen = self.evaluator().chosen(&callable, arguments);
                let doubtful = doubtful || chosen.len() > 1;
                for callable in chosen {
                    self.run(&callable, arguments, site, doubtful);
                }
            }
            Value::Class(class, outer) => self.construct(class, outer, arguments, site, doubtful),
            Value::Parametrised { class: Some(class), .. } => self.invoke(class, arguments, site, doubtful),
            Value::Instance(_) | Value::DynamicInstance(_) | Value::Member(..) => {
                if let Some(method) = self.evaluator().method(callee, Name::new("__call__")) {
                    self.run(&method, arguments, site, doubtful);
                }
            }
            Value::Partial { callee, arguments: first } => {
                let all = first.joined(arguments);
                let doubtful = doubtful || callee.is_doubtful();
                for callee in &callee.known {
                    self.invoke(*callee, &all, site, doubtful);
                }
            }
            Value::Getter(taken) => {
                let objects = arguments.positional.first().cloned().unwrap_or_else(Values::anything);
                taken.iter().for_each(|taken| self.take(&objects, taken, site, doubtful));
            }
            Value::Outside(_) | Value::OutsideMethod { .. } => {
                let Some(name) = self.evaluator().outside_name(callee) else { return };
                let receiver = match self.get(callee) {
                    Value::OutsideMethod { receiver, .. } => Some(receiver),
                    _ => None,
                };
                let kind = EventKind::Call {
                    callee: name,
                    receiver,
                    arguments: self.reach.given(arguments),
                    handed: true,
                    awaited: false,
                    unused: false,
                    doubtful,
                };
                self.event(site, None, kind);
                self.runs_within(name, receiver, arguments, site, doubtful);
            }
            _ => {}
        }
    }

    pub(super) fn run(&mut self, callable: &Callable, arguments: &Arguments, site: TextRange, doubtful: bool) {
        // What a function does that is called where the sandbox does not look is not followed.
        if self.shielded || self.logs(callable) || self.runs_elsewhere(callable) {
            return;
        }
        let edge = self.edge(site, doubtful);
        let defaulted = self.reach.call(callable, arguments, self.at_import, edge);
        self.defaults(&defaulted, site);
        self.managed_by_decorators(callable, site);
    }

    /// What a getter runs on objects that it is called with.
    fn take(&mut self, objects: &Values, taken: &Taken, site: TextRange, doubtful: bool) {
        match taken {
            Taken::Attribute(path) => {
                let mut owners = objects.clone();
                for name in path.as_str().split('.').map(Name::new) {
                    owners.known.iter().for_each(|owner| self.object_read(*owner, name, site, doubtful));
                    owners = self.evaluator().attribute(&owners, name);
                }
            }
            Taken::Method(name, given) => {
                let methods = self.evaluator().attribute(objects, *name);
                methods.known.iter().for_each(|method| self.invoke(*method, given, site, doubtful));
            }
            Taken::Item(_) => _ = self.special(objects, "__getitem__", site),
        }
    }

    /// Whether a decorator of a function has each call of it run on another thread or in another process.
    fn runs_elsewhere(&self, callable: &Callable) -> bool {
        let evaluator = self.evaluator();
        let file = callable.function.file;
        let module = evaluator.project().module(file);
        let place = Place { file, frame: callable.outer };
        module.list(module[callable.function.function].decorators).iter().any(|decorator| {
            let values = evaluator.value(module.named_by(*decorator), place);
            let name = values.single().and_then(|value| evaluator.outside_name(value));
            name.is_some_and(|name| *evaluator.world().hand_off(name) == HandOff::MakesElsewhere)
        })
    }

    /// Parameters left to defaults: what the defaults hold was computed when the function was defined.
    fn defaults(&mut self, defaulted: &[Defaulted], site: TextRange) {
        for default in defaulted {
            self.initialiser(default.name, default.default, default.place, site);
        }
    }
}
