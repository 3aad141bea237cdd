//! What the decorators of Nexus services say, and what their operations run.
//!
//! Knows: `@nexusrpc.service`, how a decorator's arguments are found, and which methods the worker runs on its event loop. Does
//! not know: who calls a service.

use super::analysis::{Analysis, Context, ReachedCode, moved, nests_loops, only_named};
use super::definitions::{EntryPoint, Role};
use crate::python::{ClassRef, Code, Evaluator, FunctionRef, Place, Reach, Root, Value};
use crate::semantic::{Expr, ExprId, FunctionId, Name, given_for};
use crate::source::{FileId, Span};

/// The decorator that declares a service.
pub(super) const SERVICE: &str = "nexusrpc.service";

/// The decorator of a class that handles a service.
pub(super) const SERVICE_HANDLER: &str = "nexusrpc.handler.service_handler";

/// The decorator of a method that does an operation, which a caller waits for.
pub(super) const SYNC_OPERATION: &str = "nexusrpc.handler.sync_operation";

/// The decorator of a method that makes what does an operation.
const OPERATION_HANDLER: &str = "nexusrpc.handler.operation_handler";

/// Decorators of methods that do an operation, or make what does it.
pub(super) const OPERATIONS: [&str; 4] = [
    SYNC_OPERATION,
    OPERATION_HANDLER,
    "temporalio.nexus.workflow_run_operation",
    "temporalio.nexus.temporal_operation",
];

impl Analysis<'_, '_> {
    /// Which decorator from outside it is.
    pub(super) fn outside_decorator(&self, file: FileId, decorator: ExprId) -> Option<Name> {
        let callee = self.project.module(file).named_by(decorator);
        let values = self.evaluator.value(callee, Place { file, frame: None });
        values.single().and_then(|value| self.evaluator.outside_name(value))
    }

    /// An argument of a decorator, by its name.
    pub(super) fn decorator_argument(&self, file: FileId, decorator: ExprId, name: &str) -> Option<ExprId> {
        let module = self.project.module(file);
        let Expr::Call { arguments, .. } = module[decorator] else { return None };
        given_for(module.list(arguments), name, None)
    }

    /// The name under which a service is called: its decorator's, else its class's.
    pub(super) fn name_of_service(&self, class: ClassRef, decorator: Option<ExprId>) -> String {
        let place = Place { file: class.file, frame: None };
        let told = decorator.and_then(|decorator| self.decorator_argument(class.file, decorator, "name"));
        let told = told.and_then(|name| self.evaluator.value(name, place).single());
        match told.map(|name| self.evaluator.get(name)) {
            Some(Value::Str(name)) => name.to_string(),
            _ => self.project.module(class.file).qualified_class_name(class.class),
        }
    }

    /// The decorator that declares a class as a service.
    pub(super) fn service_decorator(&self, class: ClassRef) -> Option<ExprId> {
        let module = self.project.module(class.file);
        let is_it =
            |decorator: &&ExprId| self.outside_decorator(class.file, **decorator).is_some_and(|name| name == SERVICE);
        module.list(module[class.class].decorators).iter().find(is_it).copied()
    }
}

/// The class of objects whose `async def` methods the worker awaits there.
const HANDLER: &str = "nexusrpc.handler.OperationHandler";

/// The methods of such an object that a worker calls.
const HANDLING: [&str; 2] = ["start", "cancel"];

/// What `async def` operations reach; none where there are none.
pub(super) fn followed<'p>(analysis: &Analysis<'_, 'p>) -> Option<ReachedCode<'p>> {
    let entries: Vec<EntryPoint> = analysis.files.iter().flat_map(|file| operations_in(analysis, *file)).collect();
    if entries.is_empty() {
        return None;
    }
    let nests_loops = analysis.files.iter().any(|file| nests_loops(analysis.project.module(*file)));
    let evaluator = Evaluator::new(analysis.project, analysis.worlds.of(Context::AsyncOperation, nests_loops));
    evaluator.take_references(only_named(&analysis.definitions, Context::AsyncOperation));
    let roots: Vec<Root> = entries.iter().map(|entry| moved(entry.root, analysis.evaluator, &evaluator)).collect();
    let reach = Reach::run(evaluator, &roots, false, Vec::new());
    Some(ReachedCode::new(Context::AsyncOperation, entries, reach, analysis.known))
}

fn operations_in(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<EntryPoint> {
    let module = analysis.project.module(file);
    let entry = |function: FunctionId| {
        let class = module[function].class?;
        let class = ClassRef { file, class };
        let is_it = module[function].is_async && is_operation(analysis, class, function);
        let code = Code::Function(FunctionRef { file, function });
        is_it.then(|| EntryPoint {
            role: Role::AsyncOperation,
            name: module.qualified_name(function),
            span: Span { file, range: module[function].name_range },
            workflow: None,
            in_tests: analysis.is_test(file),
            root: Root { code, receiver: Some(analysis.evaluator.object(class)), outer: None },
        })
    };
    module.function_ids().filter_map(entry).collect()
}

fn is_operation(analysis: &Analysis<'_, '_>, class: ClassRef, function: FunctionId) -> bool {
    let module = analysis.project.module(class.file);
    // The worker awaits their `async def` functions on its event loop, but for those that only make a handler.
    let is_awaited = |decorator: &ExprId| {
        let name = analysis.outside_decorator(class.file, *decorator);
        name.is_some_and(|name| name != OPERATION_HANDLER && OPERATIONS.contains(&name.as_str()))
    };
    module.list(module[function].decorators).iter().any(is_awaited)
        || HANDLING.contains(&module[function].name.as_str())
            && analysis.evaluator.derives_from(class, None, &|base| base == HANDLER)
}
