//! Stand-ins of tests that stand in for nothing.
//!
//! Knows: what tests patch by its dotted name, which workflow code reads that, and whether the sandbox loads its module anew
//! for the worker of the test; activities of tests that have the name of another one and take another number of arguments.
//! Does not know: fixtures that patch for other tests.
//!
//! The sandbox imports a workflow's module again for each run; what is patched in the module that the test has imported is
//! not patched there (temporalio/worker/workflow_sandbox/_importer.py).

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::Analysis;
use super::signatures::{FunctionDefinition, Sdk, WireName};
use super::targets::Arity;
use super::wiring::Worker;
use crate::python::{ClassRef, FunctionRef, Place, Value};
use crate::semantic::{ArgumentKind, Expr, ExprId, Module, Name};
use crate::source::{FileId, Span, first_part};

/// A stand-in that stands in for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleMock {
    /// The call that patches, or the name of the activity.
    pub span: Span,
    /// What is stood in for.
    pub name: String,
    /// Why it does not.
    pub fault: MockFault,
}

/// Why a stand-in does not stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MockFault {
    /// The sandbox loads the patched module again.
    LoadedAnew {
        /// The workflow that uses what is patched.
        workflow: String,
        /// Where the worker is made.
        worker: Span,
    },
    /// It takes another number of arguments.
    Arguments {
        /// The name of the stand-in.
        own: String,
        /// How many it takes.
        takes: String,
        /// How many the activity takes.
        real: String,
        /// Where the activity is defined.
        activity: Span,
    },
}

/// The stand-ins that stand in for nothing.
#[must_use]
pub fn idle_mocks(analysis: &Analysis<'_, '_>) -> Vec<IdleMock> {
    let mut found = patches(analysis);
    found.extend(other_arguments(analysis));
    found
}

/// What a test patches.
struct Patch {
    call: ExprId,
    /// The function that runs while it holds.
    function: FunctionRef,
    /// The module that has what is patched.
    module: FileId,
    /// The class in it, where it is an attribute of one.
    class: Option<ClassRef>,
    /// What is patched.
    name: Name,
}

fn patches(analysis: &Analysis<'_, '_>) -> Vec<IdleMock> {
    if analysis.definitions.workflows.is_empty() {
        return Vec::new();
    }
    let workers = workers_by_function(analysis);
    let started: FxHashSet<FunctionRef> = analysis
        .sdk_calls()
        .iter()
        .filter(|call| {
            matches!(call.short_name(), "execute_workflow" | "start_workflow" | "execute_update_with_start_workflow")
        })
        .filter_map(|call| call.function)
        .collect();
    let mut found = Vec::new();
    for file in analysis.files.iter().copied() {
        for patch in patches_in(analysis, file) {
            let own = workers.get(&Some(patch.function));
            let of_file = || {
                let here =
                    workers.iter().filter(|(function, _)| function.is_some_and(|function| function.file == file));
                here.flat_map(|(_, workers)| workers).copied().collect()
            };
            let workers: Vec<&Worker> = match own {
                Some(own) => own.clone(),
                None if started.contains(&patch.function) => of_file(),
                None => continue,
            };
            found.extend(idle(analysis, file, &patch, &workers));
        }
    }
    found
}

/// A patch that no workflow of some workers sees, though one uses what is patched.
fn idle(analysis: &Analysis<'_, '_>, file: FileId, patch: &Patch, workers: &[&Worker]) -> Option<IdleMock> {
    if !is_for_workflows(analysis, patch) {
        return None;
    }
    let mut first: Option<(usize, &Worker)> = None;
    for (index, workflow) in analysis.definitions.workflows.iter().enumerate() {
        for worker in workers.iter().filter(|worker| worker.registers(analysis.evaluator, workflow.class)) {
            let sandbox = &worker.sandbox;
            let is_on = !(workflow.unsandboxed || sandbox.is_off || sandbox.perhaps_off || sandbox.passes_all);
            if !is_on {
                return None;
            }
            let loaded = super::sandboxed::surely_loaded(
                analysis.evaluator,
                &analysis.import_statements,
                workflow.span.file,
                sandbox,
            );
            if loaded.contains(&patch.module) {
                first.get_or_insert((index, worker));
            }
        }
    }
    let (workflow, worker) = first?;
    let module = analysis.project.module(file);
    let Value::Class(class, _) = analysis.evaluator.get(analysis.definitions.workflows[workflow].class) else {
        return None;
    };
    Some(IdleMock {
        span: Span { file, range: module.span(patch.call) },
        name: patch.name.as_str().to_owned(),
        fault: MockFault::LoadedAnew {
            workflow: analysis.project.module(class.file)[class.class].name.as_str().to_owned(),
            worker: worker.span,
        },
    })
}

/// Whether workflow code uses what is patched, and no activity does.
fn is_for_workflows(analysis: &Analysis<'_, '_>, patch: &Patch) -> bool {
    let module = analysis.project.module(patch.module);
    let mut users: Vec<FunctionRef> = Vec::new();
    if let Some(class) = patch.class {
        let scope = module[class.class].scope;
        let is_it = |function: &crate::semantic::FunctionId| {
            module[*function].parent == scope && module[*function].name == patch.name
        };
        users.extend(module.function_ids().filter(is_it).map(|function| FunctionRef { file: patch.module, function }));
    } else {
        let Some(variable) = module.variable(module.global(), patch.name) else { return false };
        let is_it = |function: &crate::semantic::FunctionId| {
            module[*function].parent == module.global() && module[*function].name == patch.name
        };
        users.extend(module.function_ids().filter(is_it).map(|function| FunctionRef { file: patch.module, function }));
        for expr in module.expression_ids() {
            if let Expr::Name { name, block, .. } = module[expr]
                && name == patch.name
                && module.variable_read(name, block) == Some(variable)
                && let Some(function) = module[block].function
            {
                users.push(FunctionRef { file: patch.module, function });
            }
        }
    }
    let sides: Vec<_> = users.iter().map(|user| analysis.sides_of(Some(*user))).collect();
    sides.iter().any(|sides| sides.workflow) && !sides.iter().any(|sides| sides.activity)
}

/// The workers of tests, by the function that makes them.
fn workers_by_function<'d>(analysis: &'d Analysis<'_, '_>) -> FxHashMap<Option<FunctionRef>, Vec<&'d Worker>> {
    let mut found: FxHashMap<Option<FunctionRef>, Vec<&Worker>> = FxHashMap::default();
    for worker in analysis.definitions.worker_calls() {
        let call = analysis.sdk_calls().iter().find(|call| call.span == worker.span);
        if let Some(call) = call {
            found.entry(call.function).or_default().push(worker);
        }
    }
    found
}

fn patches_in(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<Patch> {
    let module = analysis.project.module(file);
    let mut by_decorator: FxHashMap<ExprId, FunctionRef> = FxHashMap::default();
    for function in module.function_ids() {
        for decorator in module.list(module[function].decorators) {
            by_decorator.insert(*decorator, FunctionRef { file, function });
        }
    }
    let patch = |call: &ExprId| {
        let Expr::Call { callee, arguments } = module[*call] else { return None };
        let form = form_of(analysis, file, module, callee)?;
        let mut given = module.list(arguments).iter().filter(|given| given.kind == ArgumentKind::Positional);
        let first = given.next()?.value;
        let second = given.next().map(|given| given.value);
        let (owner, class, name) = patched(analysis, file, form, first, second)?;
        let function = by_decorator.get(call).copied().or_else(|| {
            let block = module.block_of_call(*call)?;
            Some(FunctionRef { file, function: module[block].function? })
        })?;
        Some(Patch { call: *call, function, module: owner, class, name })
    };
    module.calls().iter().filter_map(patch).collect()
}

/// How a call says what it patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By a dotted name.
    Dotted,
    /// By an object and a name.
    Object,
    /// Either way.
    Either,
}

fn form_of(analysis: &Analysis<'_, '_>, file: FileId, module: &Module, callee: ExprId) -> Option<Form> {
    // What all callees are need not be worked out.
    let (Expr::Name { name, .. } | Expr::Attribute { name, .. }) = module[callee] else { return None };
    if !matches!(name.as_str(), "patch" | "object" | "setattr") {
        return None;
    }
    let values = analysis.evaluator.value(callee, Place { file, frame: None });
    let name = values.single().and_then(|callee| analysis.evaluator.outside_name(callee));
    match name.map(Name::as_str) {
        Some("unittest.mock.patch" | "mock.patch") => return Some(Form::Dotted),
        Some("unittest.mock.patch.object" | "mock.patch.object") => return Some(Form::Object),
        _ => {}
    }
    // Fixtures of pytest are known by their names.
    let Expr::Attribute { value, name } = module[callee] else { return None };
    match (module[value], name.as_str()) {
        (Expr::Name { name, .. }, "patch") if name == "mocker" => Some(Form::Dotted),
        (Expr::Name { name, .. }, "setattr") if name == "monkeypatch" => Some(Form::Either),
        (Expr::Attribute { value, name: inner }, "object") if inner == "patch" => {
            matches!(module[value], Expr::Name { name, .. } if name == "mocker").then_some(Form::Object)
        }
        _ => None,
    }
}

fn patched(
    analysis: &Analysis<'_, '_>,
    file: FileId,
    form: Form,
    first: ExprId,
    second: Option<ExprId>,
) -> Option<(FileId, Option<ClassRef>, Name)> {
    let place = Place { file, frame: None };
    let text = |expr: ExprId| match analysis.evaluator.get(analysis.evaluator.value(expr, place).only()?) {
        Value::Str(text) => Some(*text),
        _ => None,
    };
    if form != Form::Object
        && let Some(path) = text(first)
    {
        let (owner, name) = path.as_str().rsplit_once('.')?;
        return owned(analysis, file, owner).map(|(module, class)| (module, class, Name::new(name)));
    }
    if form == Form::Dotted {
        return None;
    }
    let name = text(second?)?;
    match analysis.evaluator.get(analysis.evaluator.value(first, place).only()?) {
        Value::Module(module) => Some((*module, None, name)),
        Value::Class(class, _) => Some((class.file, Some(*class), name)),
        _ => None,
    }
}

/// The module, or class in it, of a dotted name.
fn owned(analysis: &Analysis<'_, '_>, file: FileId, path: &str) -> Option<(FileId, Option<ClassRef>)> {
    let evaluator = analysis.evaluator;
    let module_of = |path: &str| match evaluator.get(evaluator.import_source(file, Name::new(path), 0).only()?) {
        Value::Module(module) => Some(*module),
        _ => None,
    };
    if let Some(module) = module_of(path) {
        return Some((module, None));
    }
    let (module, class) = path.rsplit_once('.')?;
    let file = module_of(module)?;
    let module = analysis.project.module(file);
    let class = module.class_ids().find(|id| module[*id].name == class && module[*id].parent == module.global())?;
    Some((file, Some(ClassRef { file, class })))
}

/// Activities of tests that have the name of one of the program, and cannot be called as that is.
fn other_arguments(analysis: &Analysis<'_, '_>) -> Vec<IdleMock> {
    let methods = analysis.definitions.classes.iter().flat_map(|class| &class.methods);
    let activities = methods.chain(&analysis.definitions.functions).filter(|definition| {
        let is_known = matches!(definition.wire_name(), WireName::Known(_));
        let is_wrapped = definition.decorators.iter().any(|decorator| {
            use super::signatures::DecoratorKind::{Applies, Project, Unknown};
            matches!(decorator.kind, Applies(_) | Project(_) | Unknown)
        });
        definition.role() == Some(Sdk::Activity) && is_known && !is_wrapped && !definition.is_placeholder
    });
    let (mocks, real): (Vec<&FunctionDefinition>, Vec<&FunctionDefinition>) =
        activities.partition(|definition| analysis.is_test(definition.span.file));
    let mocks = mocks.into_iter().filter(|mock| tests_something(analysis, mock.span.file));
    let mut found = Vec::new();
    for mock in mocks {
        let mut originals = real.iter().filter(|real| real.wire_name() == mock.wire_name());
        let (Some(original), None) = (originals.next(), originals.next()) else { continue };
        let (Some(own), Some(wanted)) = (analysis.arity(mock.function), analysis.arity(original.function)) else {
            continue;
        };
        let takes_less = own.most.is_some_and(|most| most < wanted.least);
        let takes_more = wanted.most.is_some_and(|most| own.least > most);
        // A function that is put in the place of a method takes the object, too.
        if (takes_less || takes_more) && !is_patched_in(analysis, mock.function) {
            found.push(IdleMock {
                span: mock.span,
                name: original.qualified_name.clone(),
                fault: MockFault::Arguments {
                    own: mock.qualified_name.clone(),
                    takes: counted(own),
                    real: counted(wanted),
                    activity: original.span,
                },
            });
        }
    }
    found
}

/// Whether a patch in the file of a function puts that in the place of something.
fn is_patched_in(analysis: &Analysis<'_, '_>, function: FunctionRef) -> bool {
    let module = analysis.project.module(function.file);
    let place = Place { file: function.file, frame: None };
    module.calls().iter().any(|call| {
        let Expr::Call { callee, arguments } = module[*call] else { return false };
        form_of(analysis, function.file, module, callee).is_some()
            && module.list(arguments).iter().any(|given| {
                let values = analysis.evaluator.value(given.value, place);
                values.known.iter().any(|value| {
                    matches!(analysis.evaluator.get(*value), Value::Function(callable) if callable.function == function)
                })
            })
    })
}

/// Whether a file does what tests do: of a name alone it is not known what `test_` means there.
fn tests_something(analysis: &Analysis<'_, '_>, file: FileId) -> bool {
    let module = analysis.project.module(file);
    let is_testing = |name: &str| {
        let top = first_part(name);
        matches!(top, "pytest" | "unittest" | "pytest_asyncio" | "mock") || name.starts_with("temporalio.testing")
    };
    module.import_ids().any(|import| {
        let import = module[import];
        import.from.is_some_and(|from| is_testing(from.as_str()))
            || module.list(import.names).iter().any(|alias| import.from.is_none() && is_testing(alias.name.as_str()))
    })
}

/// "2 arguments", "1 to 3 arguments".
fn counted(arity: Arity) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    match arity.most {
        Some(most) if most == arity.least => format!("{most} argument{}", plural(most)),
        Some(most) => format!("{} to {most} arguments", arity.least),
        None => format!("at least {} argument{}", arity.least, plural(arity.least)),
    }
}
