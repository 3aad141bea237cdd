//! How workers are set up: what each registers, and what holds for that.
//!
//! Knows: the options of `Worker` and `Replayer` that say which exceptions fail a workflow, whether workflows run in the
//! sandbox, and what is passed through it. Does not know: what a workflow or an activity is (`definitions`).

use rustc_hash::FxHashSet;

use super::definitions::{ClassKey, Located};
use crate::python::{Evaluator, Place, Value, ValueId, Values};
use crate::semantic::{Argument, ArgumentKind, BindingKind, Expr, ExprId, List, Name};
use crate::source::{FileId, Span};

/// Through how many names and calls a runner is followed to where it is made.
const RUNNER_DEPTH: usize = 8;

/// Which exceptions fail a workflow instead of its task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FailureTypes {
    /// The classes, as values of the evaluator that found them.
    pub classes: Vec<ValueId>,
    /// Some could not be told: nothing can be said about any exception.
    pub open: bool,
}

impl FailureTypes {
    /// Takes in further classes.
    pub fn extend(&mut self, other: &Self) {
        self.open |= other.open;
        self.classes
            .extend(other.classes.iter().filter(|class| !self.classes.contains(class)).copied().collect::<Vec<_>>());
    }
}

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

/// A worker, or a replayer.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The call that makes it.
    pub span: Span,
    /// Whether it stands in test code.
    pub in_tests: bool,
    /// The workflow classes that it registers, as values of the evaluator that found them.
    pub workflow_values: Vec<ValueId>,
    /// It may register further workflows.
    pub workflows_open: bool,
    /// The activities that it registers.
    pub activity_values: Vec<ValueId>,
    /// It may register further activities.
    pub activities_open: bool,
    /// `workflow_failure_exception_types`.
    pub failure_types: FailureTypes,
    /// What its workflows run in.
    pub sandbox: Sandbox,
}

impl Worker {
    /// Whether it may run a workflow.
    #[must_use]
    pub fn may_run(&self, evaluator: &Evaluator<'_>, class: ValueId) -> bool {
        self.workflows_open || self.registers(evaluator, class)
    }

    /// Whether it surely registers a workflow.
    #[must_use]
    pub fn registers(&self, evaluator: &Evaluator<'_>, class: ValueId) -> bool {
        let key = ClassKey::of(evaluator, class);
        key.is_some() && self.workflow_values.iter().any(|known| ClassKey::of(evaluator, *known) == key)
    }
}

/// Reads how workers are set up.
pub(super) struct Workers<'e, 'p> {
    pub evaluator: &'e Evaluator<'p>,
}

impl Workers<'_, '_> {
    pub(super) fn read(&self, call: Located, in_tests: bool) -> Worker {
        let module = self.evaluator.project().module(call.file);
        let (workflow_values, workflows_open) = self.listed(call, "workflows");
        let (activity_values, activities_open) = self.listed(call, "activities");
        let failure_types = match self.keyword(call, "workflow_failure_exception_types") {
            Some(types) => self.failure_types(&types),
            None => FailureTypes { classes: Vec::new(), open: self.has_open_arguments(call) },
        };
        let mut sandbox = Sandbox::default();
        if let Some(runner) = self.keyword_expr(call, "workflow_runner") {
            self.runner(runner, call.place(), &mut sandbox, RUNNER_DEPTH);
            sandbox.perhaps_off |= !sandbox.is_told && !sandbox.is_off;
        }
        Worker {
            span: Span { file: call.file, range: module.span(call.expr) },
            in_tests,
            workflow_values,
            workflows_open,
            activity_values,
            activities_open,
            failure_types,
            sandbox,
        }
    }

    fn has_open_arguments(&self, call: Located) -> bool {
        let module = self.evaluator.project().module(call.file);
        let Expr::Call { arguments, .. } = module[call.expr] else { return true };
        module.list(arguments).iter().any(|given| given.kind == ArgumentKind::DoubleStar)
    }

    pub(super) fn keyword_expr(&self, call: Located, name: &str) -> Option<ExprId> {
        let module = self.evaluator.project().module(call.file);
        let Expr::Call { arguments, .. } = module[call.expr] else { return None };
        let is_named = |kind: ArgumentKind| matches!(kind, ArgumentKind::Keyword(known) if known == name);
        module.list(arguments).iter().find(|given| is_named(given.kind)).map(|given| given.value)
    }

    pub(super) fn keyword(&self, call: Located, name: &str) -> Option<Values> {
        if let Some(value) = self.keyword_expr(call, name) {
            return Some(self.evaluator.value(value, call.place()));
        }
        // `**options` of known content.
        let module = self.evaluator.project().module(call.file);
        let Expr::Call { arguments, .. } = module[call.expr] else { return None };
        let spread = module.list(arguments).iter().filter(|given| given.kind == ArgumentKind::DoubleStar);
        spread.into_iter().find_map(|given| {
            let values = self.evaluator.value(given.value, call.place());
            match self.evaluator.get(values.single()?) {
                Value::Table(entries) => self.evaluator.under_name(entries, name),
                _ => None,
            }
        })
    }

    /// What a list holds, and whether it may hold more.
    fn listed(&self, call: Located, name: &str) -> (Vec<ValueId>, bool) {
        let Some(values) = self.keyword(call, name) else { return (Vec::new(), self.has_open_arguments(call)) };
        let known_items = values.only().is_some_and(|value| matches!(self.evaluator.get(value), Value::Items(_)));
        let items = self.evaluator.item_of(&values);
        let open =
            !known_items && items.rest != crate::python::Rest::Nothing || items.rest == crate::python::Rest::Anything;
        (items.known.to_vec(), open)
    }

    pub(super) fn failure_types(&self, types: &Values) -> FailureTypes {
        let items = self.evaluator.item_of(types);
        let is_class = |value: &ValueId| matches!(self.evaluator.get(*value), Value::Class(..) | Value::Outside(_));
        let open = items.rest != crate::python::Rest::Nothing || !items.known.iter().all(is_class);
        FailureTypes { classes: items.known.into_iter().filter(is_class).collect(), open }
    }

    /// Follows an expression that makes a runner to the calls that configure it.
    fn runner(&self, expr: ExprId, place: Place, sandbox: &mut Sandbox, depth: usize) {
        if depth == 0 {
            return;
        }
        let module = self.evaluator.project().module(place.file);
        match module[expr] {
            Expr::Call { callee, arguments } => self.made(expr, callee, arguments, place, sandbox, depth),
            Expr::Attribute { value, name } => {
                self.runner(value, place, sandbox, depth - 1);
                if let Some(Value::Module(file)) =
                    self.evaluator.value(value, place).single().map(|value| self.evaluator.get(value))
                {
                    self.bindings(*file, name, sandbox, depth);
                }
            }
            Expr::Name { name, block, .. } => {
                let bindings = module.variable_read(name, block).map(|variable| &module[variable].bindings);
                for id in bindings.into_iter().flatten() {
                    self.binding(place.file, module[*id].kind, sandbox, depth);
                }
            }
            Expr::Conditional { body, orelse, .. } => {
                // Where either may be, the sandbox is on for some.
                let mut either = [Sandbox::default(), Sandbox::default()];
                self.runner(body, place, &mut either[0], depth - 1);
                self.runner(orelse, place, &mut either[1], depth - 1);
                let [a, b] = either;
                sandbox.perhaps_off |= a.is_off != b.is_off || a.perhaps_off || b.perhaps_off;
                sandbox.is_off |= a.is_off && b.is_off;
                sandbox.is_told |= a.is_told && b.is_told;
                sandbox.passes_all |= a.passes_all && b.passes_all;
                sandbox.passes.extend(a.passes.intersection(&b.passes).cloned());
            }
            _ => {}
        }
    }

    /// Follows a call to what it makes a runner of.
    fn made(
        &self,
        call: ExprId,
        callee: ExprId,
        arguments: List<Argument>,
        place: Place,
        sandbox: &mut Sandbox,
        depth: usize,
    ) {
        let module = self.evaluator.project().module(place.file);
        let callees = self.evaluator.value(callee, place);
        for callee in &callees.known {
            match self.evaluator.get(*callee) {
                Value::Outside(name) | Value::OutsideMethod { name, .. } => {
                    self.configured(*name, call, place, sandbox);
                }
                Value::Function(callable) => {
                    let file = callable.function.file;
                    let inner = self.evaluator.project().module(file);
                    for ret in &inner[callable.function.function].returns {
                        if let Some(value) = ret.value {
                            self.runner(value, Place { file, frame: None }, sandbox, depth - 1);
                        }
                    }
                }
                Value::Class(class, outer) => {
                    let is_off = self
                        .evaluator
                        .derives_from(*class, *outer, &|name| name == "temporalio.worker.UnsandboxedWorkflowRunner");
                    sandbox.is_off |= is_off;
                    sandbox.is_told |= is_off;
                }
                _ => {}
            }
        }
        self.runner(callee, place, sandbox, depth - 1);
        for given in module.list(arguments) {
            if matches!(given.kind, ArgumentKind::Keyword(name) if name == "passthrough_modules") {
                self.passed(given.value, place, sandbox, depth - 1);
            }
            self.runner(given.value, place, sandbox, depth - 1);
        }
    }

    fn bindings(&self, file: FileId, name: Name, sandbox: &mut Sandbox, depth: usize) {
        let module = self.evaluator.project().module(file);
        for id in module.bindings_of(module.global(), name) {
            self.binding(file, module[*id].kind, sandbox, depth);
        }
    }

    fn binding(&self, file: FileId, kind: BindingKind, sandbox: &mut Sandbox, depth: usize) {
        match kind {
            BindingKind::Assign { value, path, .. } if path.is_empty() => {
                self.runner(value, Place { file, frame: None }, sandbox, depth - 1);
            }
            BindingKind::ImportFrom { module, level, name } => {
                let source = self.evaluator.import_source(file, module, level);
                if let Some(Value::Module(origin)) = source.single().map(|source| self.evaluator.get(source))
                    && depth > 1
                {
                    self.bindings(*origin, name, sandbox, depth - 1);
                }
            }
            _ => {}
        }
    }

    /// The modules of a set that is given as `passthrough_modules`: of all its parts, wherever they are named.
    fn passed(&self, expr: ExprId, place: Place, sandbox: &mut Sandbox, depth: usize) {
        let module = self.evaluator.project().module(place.file);
        match module[expr] {
            _ if depth == 0 => {}
            Expr::Binary { left, right, .. } => {
                self.passed(left, place, sandbox, depth - 1);
                self.passed(right, place, sandbox, depth - 1);
            }
            Expr::Name { name, block, .. } => {
                let bindings = module.variable_read(name, block).map(|variable| &module[variable].bindings);
                for binding in bindings.into_iter().flatten() {
                    if let BindingKind::Assign { value, .. } = module[*binding].kind {
                        self.passed(value, place, sandbox, depth - 1);
                    }
                }
            }
            _ => self.pass(&self.evaluator.item_of(&self.evaluator.value(expr, place)), sandbox),
        }
    }

    fn pass(&self, modules: &Values, sandbox: &mut Sandbox) {
        for value in &modules.known {
            if let Value::Str(module) = self.evaluator.get(*value) {
                sandbox.passes.insert(module.as_str().to_owned());
            }
        }
    }

    fn configured(&self, name: Name, call: ExprId, place: Place, sandbox: &mut Sandbox) {
        let last = name.last_part();
        match last {
            "UnsandboxedWorkflowRunner" => (sandbox.is_off, sandbox.is_told) = (true, true),
            "SandboxedWorkflowRunner" => sandbox.is_told = true,
            "with_passthrough_all_modules" => sandbox.passes_all = true,
            "with_passthrough_modules" => {
                let module = self.evaluator.project().module(place.file);
                let Expr::Call { arguments, .. } = module[call] else { return };
                for given in module.list(arguments) {
                    let values = self.evaluator.value(given.value, place);
                    let values =
                        if given.kind == ArgumentKind::Star { self.evaluator.item_of(&values) } else { values };
                    self.pass(&values, sandbox);
                }
            }
            _ => {}
        }
    }
}
