//! What the runner of a worker does with its workflows: whether there is a sandbox, and what is passed through it.
//!
//! Knows: the SDK's runners and restrictions, under names, in tables, through functions of the project, and what their callers
//! give. Does not know: which workflows a worker runs (`wiring`).

use rustc_hash::FxHashSet;

use super::callers::{Caller, Passed, Spot};
use super::sdk_calls::SdkCall;
use crate::python::{Callable, Evaluator, FrameId, Place, Rest, Truth, Value, Values};
use crate::semantic::{Argument, ArgumentKind, BindingId, BindingKind, BlockId, Expr, ExprId, List, Name};
use crate::source::FileId;

/// Through how many names and calls a runner is followed to where it is made.
const DEPTH: usize = 8;

/// In what a worker runs its workflows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sandbox {
    /// Whether there is none.
    pub is_off: bool,
    /// Whether all modules are passed through it.
    pub passes_all: bool,
    /// Whether a value that is not known decides if there is one.
    pub perhaps_off: bool,
    /// The modules that are passed through it by name.
    pub passes: FxHashSet<String>,
    /// A runner of the SDK was found in what is given.
    pub is_told: bool,
}

impl Sandbox {
    /// What a worker's runners come to: those that it may be given.
    pub(super) fn of(evaluator: &Evaluator<'_>, worker: &SdkCall, runners: &[ExprId]) -> Self {
        let mut sandbox = Self::default();
        let reader = Runners { evaluator };
        runners.iter().for_each(|runner| reader.runner(*runner, worker.spot(), &mut sandbox, DEPTH));
        if !worker.lacks("workflow_runner") {
            sandbox.perhaps_off |= !sandbox.is_told && !sandbox.is_off;
        }
        sandbox
    }

    /// What holds where it is one or the other.
    fn either(self, other: Self) -> Self {
        Self {
            is_off: self.is_off && other.is_off,
            passes_all: self.passes_all && other.passes_all,
            perhaps_off: self.is_off != other.is_off || self.perhaps_off || other.perhaps_off,
            is_told: self.is_told && other.is_told,
            // Where there is no sandbox, or all is passed through it, nothing is refused.
            passes: match (self.is_off || self.passes_all, other.is_off || other.passes_all) {
                (true, _) => other.passes,
                (false, true) => self.passes,
                (false, false) => self.passes.intersection(&other.passes).cloned().collect(),
            },
        }
    }

    /// Takes in what further parts of the same runner say.
    fn join(&mut self, part: Self) {
        self.is_off |= part.is_off;
        self.perhaps_off |= part.perhaps_off;
        self.is_told |= part.is_told;
        self.passes_all |= part.passes_all;
        self.passes.extend(part.passes);
    }
}

struct Runners<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
}

impl Runners<'_, '_> {
    /// Follows an expression that makes a runner to the calls that configure it.
    fn runner(&self, expr: ExprId, spot: Spot<'_>, sandbox: &mut Sandbox, depth: usize) {
        if depth == 0 {
            return;
        }
        let place = spot.place;
        let module = self.evaluator.project().module(place.file);
        match module[expr] {
            Expr::Call { callee, arguments } => self.made((expr, callee, arguments), spot, sandbox, depth),
            Expr::Attribute { value, name } => {
                self.runner(value, spot, sandbox, depth - 1);
                if let Some(Value::Module(file)) =
                    self.evaluator.value(value, place).single().map(|value| self.evaluator.get(value))
                {
                    self.global(*file, name, sandbox, depth);
                }
            }
            Expr::Name { .. } => {
                let bindings = self.bindings_read(expr, place);
                self.one_of(bindings, sandbox, |id, found| self.binding(id, spot, found, depth));
            }
            Expr::Conditional { test, body, orelse } => {
                let chosen = match self.evaluator.truth(test, place) {
                    Truth::Known(true) => vec![body],
                    Truth::Known(false) => vec![orelse],
                    _ => vec![body, orelse],
                };
                self.one_of(chosen, sandbox, |runner, found| self.runner(runner, spot, found, depth - 1));
            }
            _ => {}
        }
    }

    /// Where either may be, the sandbox is on for some.
    fn one_of<T>(&self, ways: Vec<T>, sandbox: &mut Sandbox, read: impl Fn(T, &mut Sandbox)) {
        let each = ways.into_iter().map(|way| {
            let mut found = Sandbox::default();
            read(way, &mut found);
            found
        });
        if let Some(found) = each.reduce(Sandbox::either) {
            sandbox.join(found);
        }
    }

    /// The bindings that a name may be read from.
    fn bindings_read(&self, expr: ExprId, place: Place) -> Vec<BindingId> {
        let module = self.evaluator.project().module(place.file);
        let Expr::Name { name, block, mark } = module[expr] else { return Vec::new() };
        let Some(variable) = module.variable_read(name, block) else { return Vec::new() };
        let scope = module[variable].scope;
        if module[block].scope == scope {
            return self.runs(module.reaching(variable, block, mark), place);
        }
        if scope == module.global() {
            return self.at_end(place.file, name);
        }
        self.runs(module[variable].bindings.to_vec(), place)
    }

    /// The bindings of a module's name that may stand when it has run.
    fn at_end(&self, file: FileId, name: Name) -> Vec<BindingId> {
        let module = self.evaluator.project().module(file);
        let place = Place { file, frame: None };
        let Some(variable) = module.variable(module.global(), name) else { return Vec::new() };
        let mut found = module.reaching(variable, module[module.global()].exit, BindingId::END);
        let is_later = |id: &&BindingId| module[module[**id].block].function.is_some();
        found.extend(module[variable].bindings.iter().filter(is_later));
        let found = if found.is_empty() { module[variable].bindings.to_vec() } else { found };
        self.runs(found, place)
    }

    fn runs(&self, bindings: Vec<BindingId>, place: Place) -> Vec<BindingId> {
        let module = self.evaluator.project().module(place.file);
        let runs = |block: BlockId| self.evaluator.may_run(block, place);
        bindings.into_iter().filter(|id| runs(module[*id].block)).collect()
    }

    /// Follows a call to what it makes a runner of.
    fn made(
        &self,
        (call, callee, arguments): (ExprId, ExprId, List<Argument>),
        spot: Spot<'_>,
        sandbox: &mut Sandbox,
        depth: usize,
    ) {
        let module = self.evaluator.project().module(spot.place.file);
        let callees = self.evaluator.value(callee, spot.place);
        self.one_of(callees.known.to_vec(), sandbox, |callee, found| match self.evaluator.get(callee) {
            Value::Outside(name) | Value::OutsideMethod { name, .. } => self.configured(*name, call, spot, found),
            Value::Function(callable) => self.returned(callable, call, spot, found, depth),
            Value::Class(class, outer) => {
                let is_off = self
                    .evaluator
                    .derives_from(*class, *outer, &|name| name == "temporalio.worker.UnsandboxedWorkflowRunner");
                (found.is_off, found.is_told) = (is_off, is_off);
            }
            _ => {}
        });
        self.runner(callee, spot, sandbox, depth - 1);
        for given in module.list(arguments) {
            if given.is_named("passthrough_modules") {
                self.passed(given.value, spot, sandbox, depth - 1);
            }
            self.runner(given.value, spot, sandbox, depth - 1);
        }
    }

    /// What a function of the project returns for a call.
    fn returned(&self, callable: &Callable, call: ExprId, spot: Spot<'_>, sandbox: &mut Sandbox, depth: usize) {
        let file = callable.function.file;
        let module = self.evaluator.project().module(file);
        let given = self.evaluator.arguments_of(call, spot.place);
        let frame: Option<FrameId> = given.and_then(|given| self.evaluator.frame_of_call(callable, &given));
        let caller = Caller::at(callable, frame, call, spot);
        let inner = Spot { place: Place { file, frame }, caller: Some(&caller) };
        let function = &module[callable.function.function];
        let runs = |value: ExprId| {
            let block = module.block_of_expression(value);
            block.is_none_or(|block| self.evaluator.may_run(block, inner.place))
        };
        let returned = function.returns.iter().filter_map(|found| found.value).filter(|value| runs(*value));
        self.one_of(returned.collect(), sandbox, |runner, found| self.runner(runner, inner, found, depth - 1));
    }

    fn global(&self, file: FileId, name: Name, sandbox: &mut Sandbox, depth: usize) {
        let spot = Spot::of(Place { file, frame: None });
        self.one_of(self.at_end(file, name), sandbox, |id, found| self.binding(id, spot, found, depth));
    }

    fn binding(&self, id: BindingId, spot: Spot<'_>, sandbox: &mut Sandbox, depth: usize) {
        let file = spot.place.file;
        let module = self.evaluator.project().module(file);
        match module[id].kind {
            BindingKind::Assign { value, path, .. } if path.is_empty() => {
                self.runner(value, spot, sandbox, depth - 1);
            }
            BindingKind::ImportFrom { module, level, name } => {
                let source = self.evaluator.import_source(file, module, level);
                if let Some(Value::Module(origin)) = source.single().map(|source| self.evaluator.get(source))
                    && depth > 1
                {
                    self.global(*origin, name, sandbox, depth - 1);
                }
            }
            BindingKind::Parameter { .. } => {
                if let Some((Passed::One(given) | Passed::Default(given), there)) = spot.passed(self.evaluator, id) {
                    self.runner(given, there, sandbox, depth - 1);
                }
            }
            _ => {}
        }
    }

    /// The modules of a set that is given as `passthrough_modules`: of all its parts, wherever they are named.
    fn passed(&self, expr: ExprId, spot: Spot<'_>, sandbox: &mut Sandbox, depth: usize) {
        let module = self.evaluator.project().module(spot.place.file);
        match module[expr] {
            _ if depth == 0 => {}
            Expr::Binary { left, right, .. } => {
                self.passed(left, spot, sandbox, depth - 1);
                self.passed(right, spot, sandbox, depth - 1);
            }
            Expr::Name { .. }
                if self
                    .bindings_read(expr, spot.place)
                    .iter()
                    .all(|id| matches!(module[*id].kind, BindingKind::Assign { .. })) =>
            {
                for id in self.bindings_read(expr, spot.place) {
                    if let BindingKind::Assign { value, .. } = module[id].kind {
                        self.passed(value, spot, sandbox, depth - 1);
                    }
                }
            }
            _ => self.pass(&self.evaluator.item_of(&self.evaluator.value(expr, spot.place)), sandbox),
        }
    }

    fn pass(&self, modules: &Values, sandbox: &mut Sandbox) {
        for value in &modules.known {
            if let Value::Str(module) = self.evaluator.get(*value) {
                sandbox.passes.insert(module.as_str().to_owned());
            }
        }
    }

    fn configured(&self, name: Name, call: ExprId, spot: Spot<'_>, sandbox: &mut Sandbox) {
        match name.last_part() {
            "UnsandboxedWorkflowRunner" => (sandbox.is_off, sandbox.is_told) = (true, true),
            "SandboxedWorkflowRunner" => sandbox.is_told = true,
            "with_passthrough_all_modules" => sandbox.passes_all = true,
            "with_passthrough_modules" => {
                let module = self.evaluator.project().module(spot.place.file);
                let Expr::Call { arguments, .. } = module[call] else { return };
                for given in module.list(arguments) {
                    let values = self.evaluator.value(given.value, spot.place);
                    let values =
                        if given.kind == ArgumentKind::Star { self.evaluator.item_of(&values) } else { values };
                    // Any module may be among those that are not known, so that it is as if the sandbox might be off.
                    sandbox.perhaps_off |= values.rest == Rest::Anything;
                    self.pass(&values, sandbox);
                }
            }
            _ => {}
        }
    }
}
