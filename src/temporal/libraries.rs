//! Imports of libraries that matter: those that block, and those that replace what asyncio stands on.
//!
//! Knows: which import statements name a library, and who uses what they bind. Does not know: which libraries block; the
//! caller says so.

use rustc_hash::FxHashSet;

use crate::python::{Code, EventKind, FunctionRef, NodeId, Value};
use crate::registry::behaviour;
use crate::registry::schema::CallableRole;
use crate::semantic::{Expr, ExprId, ImportId, Name};
use crate::source::{FileId, Span, TextRange, first_part};

use super::analysis::{Analysis, Context};
use super::effects::{Reached, blocking_of};
use super::sandboxed::is_passed_through;

/// An import statement that names a library.
#[derive(Debug, Clone, Copy)]
pub struct LibraryImport {
    /// The file.
    pub file: FileId,
    /// The statement.
    pub import: ImportId,
    /// Its place.
    pub range: TextRange,
    /// The module that is named.
    pub module: Name,
}

impl LibraryImport {
    /// The place.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { file: self.file, range: self.range }
    }
}

/// The module of a library that an import statement names, among those that are wanted.
fn named(analysis: &Analysis<'_, '_>, file: FileId, import: ImportId, wanted: &dyn Fn(&str) -> bool) -> Option<Name> {
    let module = analysis.project.module(file);
    let statement = module[import];
    match statement.from {
        Some(from) => (statement.level == 0 && wanted(from.as_str())).then_some(from),
        None => module.list(statement.names).iter().map(|alias| alias.name).find(|name| wanted(name.as_str())),
    }
}

/// The import statements of a file that name a library outside the project and run when the file is imported.
pub fn at_import(analysis: &Analysis<'_, '_>, file: FileId, wanted: &dyn Fn(&str) -> bool) -> Vec<LibraryImport> {
    let module = analysis.project.module(file);
    let place = crate::python::Place { file, frame: None };
    let runs = |import: &ImportId| {
        let block = module[*import].block;
        module[*import].scope == module.global() && analysis.evaluator.may_run(block, place)
    };
    module
        .import_ids()
        .filter(runs)
        .filter_map(|import| {
            let name = named(analysis, file, import, wanted)?;
            let outside = analysis.evaluator.import_source(file, name, 0);
            let is_outside =
                outside.single().is_some_and(|value| matches!(analysis.evaluator.get(value), Value::Outside(_)));
            let range = module.statement_span(module[import].statement);
            is_outside.then_some(LibraryImport { file, import, range, module: name })
        })
        .collect()
}

/// The files that define workflows, and those that these import themselves. What is imported further away is passed through
/// somewhere on the way more often than not.
pub fn near_workflows(analysis: &Analysis<'_, '_>) -> FxHashSet<FileId> {
    let own: FxHashSet<FileId> = analysis.definitions.workflows.iter().map(|workflow| workflow.span.file).collect();
    let imported = own.iter().flat_map(|file| {
        let imports = analysis.project.module(*file).import_ids();
        imports.flat_map(|import| analysis.evaluator.files_of(*file, import))
    });
    imported.chain(own.iter().copied()).collect()
}

/// The import statements of a library in code that a context reaches.
pub fn in_code(
    analysis: &Analysis<'_, '_>,
    context: Context,
    wanted: &dyn Fn(&str) -> bool,
) -> Vec<(NodeId, LibraryImport)> {
    let mut found = Vec::new();
    for reached in analysis.context(context) {
        for (node, code) in reached.reach.nodes().filter(|(_, code)| !code.at_import) {
            for event in &code.events {
                if let EventKind::Import(import) = event.kind
                    && let Some(module) = named(analysis, code.code.file(), import, wanted)
                {
                    found.push((node, LibraryImport { file: code.code.file(), import, range: event.range, module }));
                }
            }
        }
    }
    found
}

/// Whether an import statement is passed through the sandbox.
#[must_use]
pub fn is_passed(analysis: &Analysis<'_, '_>, import: &LibraryImport) -> bool {
    let block = analysis.project.module(import.file)[import.import].block;
    is_passed_through(analysis.evaluator, import.file, block)
        || analysis.sandboxes.iter().any(|sandbox| {
            let top = first_part(import.module.as_str());
            sandbox.passes.contains(top) || sandbox.passes_all
        })
}

/// The modules that the sandbox loads: those that define workflows, and what they import without passing it through.
#[must_use]
pub fn loaded_by_the_sandbox(analysis: &Analysis<'_, '_>) -> Vec<FileId> {
    let reached = analysis.context(Context::Import);
    reached
        .flat_map(|reached| reached.reach.nodes())
        .filter_map(|(_, node)| match node.code {
            Code::Module(file) if !node.roots.is_empty() => Some(file),
            _ => None,
        })
        .collect()
}

/// The files that hold async activity code.
#[must_use]
pub fn files_on_the_loop(analysis: &Analysis<'_, '_>) -> Vec<FileId> {
    let reached = analysis.context(Context::AsyncActivity);
    let mut files: Vec<FileId> =
        reached.flat_map(|reached| reached.reach.nodes()).map(|(_, node)| node.code.file()).collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// Whether async activity code alone uses what an import binds, and something of it blocks there.
#[must_use]
pub fn blocks_async_activities_alone(analysis: &Analysis<'_, '_>, import: &LibraryImport) -> bool {
    let users = users_of(analysis, import);
    let on_the_loop = functions_on_the_loop(analysis, import.file);
    let alone = users.iter().all(|(user, _)| user.is_some_and(|user| on_the_loop.contains(&user)));
    !users.is_empty() && alone && users.iter().any(|(_, called)| blocks_on_the_loop(analysis, import.file, *called))
}

/// Whether what an import binds is only called in functions that run elsewhere than on the loop, such as in a thread.
#[must_use]
pub fn is_used_off_the_loop(analysis: &Analysis<'_, '_>, import: &LibraryImport) -> bool {
    let users = users_of(analysis, import);
    let on_the_loop = functions_on_the_loop(analysis, import.file);
    !users.is_empty() && users.iter().all(|(user, _)| user.is_some_and(|user| !on_the_loop.contains(&user)))
}

fn functions_on_the_loop(analysis: &Analysis<'_, '_>, file: FileId) -> rustc_hash::FxHashSet<FunctionRef> {
    let reached = analysis.context(Context::AsyncActivity);
    reached
        .flat_map(|reached| reached.reach.nodes())
        .filter_map(|(_, node)| match node.code {
            Code::Function(function) if function.file == file => Some(function),
            _ => None,
        })
        .collect()
}

/// The calls through what a statement binds, with the function around each.
fn users_of(analysis: &Analysis<'_, '_>, import: &LibraryImport) -> Vec<(Option<FunctionRef>, TextRange)> {
    let module = analysis.project.module(import.file);
    let (first, end) = module[import.import].bindings;
    let scope = module[import.import].scope;
    let bound: Vec<Name> = module
        .variables_of(scope)
        .filter(|(_, variable)| variable.bindings.iter().any(|binding| *binding >= first && *binding < end))
        .map(|(_, variable)| variable.name)
        .collect();
    module
        .calls()
        .iter()
        .filter_map(|call| {
            let (name, block) = root_name(module, *call)?;
            let is_bound_here = || module.variable_read(name, block).is_some_and(|read| module[read].scope == scope);
            (bound.contains(&name) && is_bound_here()).then(|| {
                let function = module[block].function.map(|function| FunctionRef { file: import.file, function });
                (function, module.span(*call))
            })
        })
        .collect()
}

fn root_name(module: &crate::semantic::Module, expr: ExprId) -> Option<(Name, crate::semantic::BlockId)> {
    match module[expr] {
        Expr::Name { name, block, .. } => Some((name, block)),
        Expr::Attribute { value, .. } => root_name(module, value),
        Expr::Call { callee, .. } => root_name(module, callee),
        _ => None,
    }
}

fn blocks_on_the_loop(analysis: &Analysis<'_, '_>, file: FileId, range: TextRange) -> bool {
    analysis.context(Context::AsyncActivity).any(|reached| {
        reached.reach.nodes().any(|(_, node)| {
            node.code.file() == file
                && node.events.iter().any(|event| {
                    event.range == range
                        && Reached::of(event).is_some_and(|call| blocking_of(analysis.known, call).is_some())
                })
        })
    })
}

/// Calls that patch the standard library for greenlets.
#[must_use]
pub fn patching_calls(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<(TextRange, Name)> {
    let module = analysis.project.module(file);
    let place = crate::python::Place { file, frame: None };
    let mut found = Vec::new();
    for call in module.calls() {
        let Expr::Call { callee, .. } = module[*call] else { continue };
        let values = as_imported(analysis, callee, place);
        for name in values.known.iter().filter_map(|value| analysis.evaluator.outside_name(*value)) {
            if behaviour().does(name.as_str(), CallableRole::PatchesModules) {
                found.push((module.span(*call), name));
            }
        }
    }
    found
}

/// What an expression names; in code that runs only where the file is the program, what its names are bound to by then.
fn as_imported(analysis: &Analysis<'_, '_>, expr: ExprId, place: crate::python::Place) -> crate::python::Values {
    let evaluator = analysis.evaluator;
    let values = evaluator.value(expr, place);
    if !values.known.is_empty() {
        return values;
    }
    match analysis.project.module(place.file)[expr] {
        Expr::Name { name, .. } => evaluator.global_name(place.file, name),
        Expr::Attribute { value, name } => evaluator.attribute(&as_imported(analysis, value, place), name),
        _ => values,
    }
}

/// Import statements of greenlets, anywhere in a file.
#[must_use]
pub fn greenlet_imports(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<LibraryImport> {
    let module = analysis.project.module(file);
    let wanted = |name: &str| matches!(name.split('.').next(), Some("gevent" | "eventlet"));
    module
        .import_ids()
        .filter_map(|import| {
            let name = named(analysis, file, import, &wanted)?;
            let source = analysis.evaluator.import_source(file, name, 0);
            let outside =
                source.single().is_some_and(|value| matches!(analysis.evaluator.get(value), Value::Outside(_)));
            let range = module.statement_span(module[import].statement);
            outside.then_some(LibraryImport { file, import, range, module: name })
        })
        .collect()
}

/// Whether a file imports the SDK.
#[must_use]
pub fn imports_temporal(analysis: &Analysis<'_, '_>, file: FileId) -> bool {
    let module = analysis.project.module(file);
    let wanted = |name: &str| first_part(name) == "temporalio";
    module.import_ids().any(|import| named(analysis, file, import, &wanted).is_some())
}
