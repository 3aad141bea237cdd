//! Bodies that a call does not run: those of coroutines and generators run where what the call gives is awaited or gone through.
//!
//! Knows: what is refused because a loop runs already, and what is handed to another thread together with a function that goes
//! through all of it there. Does not know: what becomes of what is kept in attributes and collections; such bodies are taken to run
//! where the call stands.

use super::super::eval::Place;
use super::super::value::{Callable, FunctionRef, Value, ValueId};
use super::super::world::{HandOff, Operand, OrderOf, Special};
use super::walk::Walker;
use crate::semantic::{ArgumentKind, BindingKind, ComprehensionKind, Expr, ExprId, Module, ParameterKind, Stmt, Use};

/// Through how many functions and generators it is followed what goes through a value.
const DEEP: usize = 4;

impl Walker<'_, '_> {
    /// Whether what a call gives only goes to what would run it on a loop of its own, and is refused where one runs.
    pub(super) fn never_starts(&self, call: ExprId) -> bool {
        self.evaluator().world().has_running_loop() && self.only_goes_to(call, &|expr| self.is_refused(expr))
    }

    /// Whether what a call gives only goes to another thread, where a function goes through it.
    pub(super) fn starts_elsewhere(&self, call: ExprId) -> bool {
        self.only_goes_to(call, &|expr| self.is_taken_elsewhere(expr))
    }

    /// Whether a value is taken at once, or bound to names that are read only where it is.
    fn only_goes_to(&self, call: ExprId, takes: &dyn Fn(ExprId) -> bool) -> bool {
        let module = self.module();
        match module.uses().use_of(call) {
            Use::Bound(statement) => {
                let Stmt::Assign { targets, .. } = module[statement] else { return false };
                module.list(targets).iter().all(|target| match module[*target] {
                    Expr::Target(binding) => {
                        let mut reads = module.reads_of(binding).peekable();
                        reads.peek().is_some() && reads.all(takes)
                    }
                    _ => false,
                })
            }
            _ => takes(call),
        }
    }

    /// Whether an expression is an argument of such a call.
    fn is_refused(&self, expr: ExprId) -> bool {
        let module = self.module();
        let Use::Argument { call, .. } = module.uses().use_of(expr) else { return false };
        let Expr::Call { callee, .. } = module[call] else { return false };
        let runner = self.value(callee).only().and_then(|callee| self.evaluator().outside_name(callee));
        runner.is_some_and(|runner| self.evaluator().world().special(runner) == Some(Special::RunsToEnd))
    }

    /// `await to_thread(list, rows())`: the function stands before what it is called with.
    fn is_taken_elsewhere(&self, expr: ExprId) -> bool {
        let module = self.module();
        let Use::Argument { call, kind: ArgumentKind::Positional, position } = module.uses().use_of(expr) else {
            return false;
        };
        let Expr::Call { callee, arguments } = module[call] else { return false };
        let (evaluator, world) = (self.evaluator(), self.evaluator().world());
        let by = self.value(callee).only().and_then(|callee| evaluator.outside_name(callee));
        let Some(by) = by.filter(|by| *world.hand_off(*by) == HandOff::Elsewhere) else { return false };
        let Some(first) = world.taken_elsewhere(by).and_then(|taken| taken.position) else { return false };
        let given = module.list(arguments);
        let is_plain = given.iter().take(position as usize).all(|given| given.kind == ArgumentKind::Positional);
        let (true, Some(function), Some(at)) = (is_plain, given.get(first), (position as usize).checked_sub(first + 1))
        else {
            return false;
        };
        self.value(function.value).only().is_some_and(|function| self.goes_through(function, at, DEEP))
    }

    /// Whether a call of a function goes through what it is given at a position, and is done with it when it returns.
    fn goes_through(&self, function: ValueId, position: usize, depth: usize) -> bool {
        let (evaluator, world) = (self.evaluator(), self.evaluator().world());
        if let Value::Function(callable) = self.get(function) {
            return depth > 0 && self.uses_parameter_up(&callable, position, depth - 1);
        }
        let Some(name) = evaluator.outside_name(function) else { return false };
        let is_collection = || world.is_container(name) || evaluator.is_builtin(name, "tuple");
        match (world.special(name), world.order(name, Operand::Argument(position))) {
            (Some(Special::RunsToEnd | Special::Item), _) => position == 0,
            (_, OrderOf::Free | OrderOf::FreeUnless(_)) => true,
            _ => position == 0 && is_collection(),
        }
    }

    fn uses_parameter_up(&self, callable: &Callable, position: usize, depth: usize) -> bool {
        let FunctionRef { file, function } = callable.function;
        let module = self.evaluator().project().module(file);
        let definition = &module[function];
        let index = position + usize::from(callable.receiver.is_some());
        let Some(parameter) = module.parameters(function).get(index) else { return false };
        if definition.runs_later() || parameter.kind == ParameterKind::Rest {
            return false;
        }
        let [binding] = module.bindings_of(definition.scope, parameter.name) else { return false };
        let is_parameter = matches!(module[*binding].kind, BindingKind::Parameter { .. });
        let place = Place { file, frame: None };
        let is_here = |read: ExprId| match module[read] {
            Expr::Name { block, .. } => module.function_around(module[block].scope) == Some(function),
            _ => false,
        };
        is_parameter
            && module.reads_of(*binding).all(|read| is_here(read) && self.is_used_up(module, place, read, depth))
    }

    fn is_used_up(&self, module: &Module, place: Place, expr: ExprId, depth: usize) -> bool {
        match module.uses().use_of(expr) {
            Use::LoopedOver(looped) => !module[looped].is_async,
            Use::ComprehendedOver(around) => match module[around] {
                Expr::Comprehension(inner) if module[inner].kind == ComprehensionKind::Generator => {
                    depth > 0 && self.is_used_up(module, place, around, depth - 1)
                }
                _ => true,
            },
            Use::Argument { call, kind: ArgumentKind::Positional, position } => {
                let Expr::Call { callee, .. } = module[call] else { return false };
                let callee = self.evaluator().value(callee, place).only();
                callee.is_some_and(|callee| self.goes_through(callee, position as usize, depth))
            }
            _ => false,
        }
    }

    /// Whether a function gives a coroutine.
    pub(super) fn is_coroutine_function(&self, callable: &Callable) -> bool {
        let function = callable.function;
        self.evaluator().project().module(function.file)[function.function].gives_coroutines()
    }

    /// Whether a call of a function runs nothing of its body.
    pub(super) fn is_lazy(&self, callable: &Callable) -> bool {
        let function = callable.function;
        self.evaluator().project().module(function.file)[function.function].runs_later()
    }
}
