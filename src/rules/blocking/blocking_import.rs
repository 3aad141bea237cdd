use rustc_hash::FxHashSet;

use crate::diagnostic::{Confidence, Diagnostic};
use crate::project::{Code, EventKind, FunctionRef, Place, Value};
use crate::registry::tables;
use crate::rules::context::{Finding, RuleContext};
use crate::semantic::{ImportStatement, Module};
use crate::source::ast::{Expr, Ranged, Stmt, TextRange};
use crate::source::{FileId, Span};
use crate::temporal::{Context, Reached, blocking_of};

fn top_of(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

fn fails_in_the_sandbox(module: &str) -> bool {
    tables().library(module).is_some_and(|library| library.fails_in_sandbox)
}

fn defines_workflows(context: &RuleContext<'_, '_, '_, '_>, file: FileId) -> bool {
    context.analysis.definitions.workflows.iter().any(|workflow| workflow.span.file == file)
}

/// Blocking imports: inside workflow or async activity code; at the top of a module that the sandbox loads for its
/// workflows; at the top of a module where async activity code alone uses the library.
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for side in [Context::Workflow, Context::AsyncActivity] {
        for reached in context.analysis.context(side) {
            let mut findings = Vec::new();
            for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
                for event in &node.events {
                    if let EventKind::Import(statement) = &event.kind
                        && let Some(module) = blocking_library(statement)
                    {
                        findings.push((id, finding(module, event.range, Confidence::High)));
                    }
                }
            }
            context.report_reached(reached, findings, out);
        }
    }
    in_workflow_modules(context, out);
    for file in files_on_the_loop(context) {
        used_by_async_activities_alone(context, file, out);
    }
}

fn finding(module: &str, range: TextRange, confidence: Confidence) -> Finding<'static> {
    let words = vec![("module", module.to_owned())];
    Finding { range, words, confidence: Some(confidence), ..Finding::default() }
}

/// The blocking library that a statement imports.
fn blocking_library(statement: &Stmt) -> Option<&str> {
    let blocks = |name: &str| tables().library(name).is_some_and(|library| library.blocks);
    match statement {
        Stmt::Import(import) => import.names.iter().map(|alias| alias.name.as_str()).find(|name| blocks(name)),
        Stmt::ImportFrom(import) if import.level == 0 => {
            import.module.as_ref().map(|module| module.as_str()).filter(|name| blocks(name))
        }
        _ => None,
    }
}

/// The sandbox imports a workflow's module anew for each workflow, and with it what is not passed through.
fn in_workflow_modules(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let analysis = context.analysis;
    let definitions = &analysis.definitions;
    if definitions.unsandboxed_worker {
        return;
    }
    for file in modules_of_the_sandbox(context) {
        let module = analysis.project.module(file);
        for import in &module.imports {
            let Some(name) = top_level(context, module, import) else { continue };
            // What a helper imports is reported where it fails in the sandbox.
            if !defines_workflows(context, file) && !fails_in_the_sandbox(name) {
                continue;
            }
            let passed = definitions.passed_through.contains(top_of(name));
            if import.with.is_none() && !passed {
                let span = Span::of(file, import.statement);
                context.report_plain(span, finding(name, span.range, Confidence::High), out);
            }
        }
    }
}

/// The modules that the sandbox loads: those that define workflows, and what they import without passing it through.
fn modules_of_the_sandbox(context: &RuleContext<'_, '_, '_, '_>) -> Vec<FileId> {
    let reached = context.analysis.context(Context::Import);
    reached
        .flat_map(|reached| reached.reach.nodes())
        .filter_map(|(_, node)| match node.code {
            Code::Module(file) => Some(file),
            _ => None,
        })
        .collect()
}

/// The blocking library that a statement at the top of a module imports at run time, if it is not the project's own.
fn top_level<'a>(
    context: &RuleContext<'_, '_, '_, 'a>,
    module: &Module<'a>,
    import: &ImportStatement<'a>,
) -> Option<&'a str> {
    let name = blocking_library(import.statement)?;
    let evaluator = context.analysis.evaluator;
    let place = Place { file: module.file, scope: import.scope, frame: None };
    let runs = module
        .guards(import.block)
        .all(|(test, expected)| evaluator.truth(test, place).is_none_or(|truth| truth == expected));
    let outside = matches!(evaluator.imported_module(module.file, name, 0), Value::External(_));
    (import.scope == module.global() && runs && outside).then_some(name)
}

fn used_by_async_activities_alone(context: &RuleContext<'_, '_, '_, '_>, file: FileId, out: &mut Vec<Diagnostic>) {
    let analysis = context.analysis;
    let module = analysis.project.module(file);
    let candidates: Vec<_> =
        module.imports.iter().filter_map(|import| Some((import, top_level(context, module, import)?))).collect();
    if defines_workflows(context, file) || candidates.is_empty() {
        return;
    }
    let on_the_loop = functions_on_the_loop(context, file);
    for (import, name) in candidates {
        let users = users_of(module, import.statement);
        let blocking_use = users.iter().any(|(_, called)| blocks_on_the_loop(context, file, *called));
        let alone =
            !users.is_empty() && users.iter().all(|(user, _)| user.is_some_and(|user| on_the_loop.contains(&user)));
        if alone && blocking_use {
            let span = Span::of(file, import.statement);
            context.report_plain(span, finding(name, span.range, Confidence::Medium), out);
        }
    }
}

/// The files that hold async activity code.
fn files_on_the_loop(context: &RuleContext<'_, '_, '_, '_>) -> Vec<FileId> {
    let reached = context.analysis.context(Context::AsyncActivity);
    let mut files: Vec<FileId> =
        reached.flat_map(|reached| reached.reach.nodes()).map(|(_, node)| node.code.file()).collect();
    files.sort_unstable();
    files.dedup();
    files
}

fn functions_on_the_loop(context: &RuleContext<'_, '_, '_, '_>, file: FileId) -> FxHashSet<FunctionRef> {
    let reached = context.analysis.context(Context::AsyncActivity);
    reached
        .flat_map(|reached| reached.reach.nodes())
        .filter_map(|(_, node)| match node.code {
            Code::Function(function) if function.file == file => Some(function),
            _ => None,
        })
        .collect()
}

/// The calls through what a statement binds, with the function around each.
fn users_of(module: &Module<'_>, statement: &Stmt) -> Vec<(Option<FunctionRef>, TextRange)> {
    let bound: Vec<&str> = match statement {
        Stmt::Import(import) => import
            .names
            .iter()
            .map(|alias| match &alias.asname {
                Some(name) => name.as_str(),
                None => alias.name.as_str().split('.').next().unwrap_or(""),
            })
            .collect(),
        Stmt::ImportFrom(import) => {
            import.names.iter().map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str()).collect()
        }
        _ => Vec::new(),
    };
    let uses = module.calls.iter().filter(|(call, _)| root_name(&call.func).is_some_and(|name| bound.contains(&name)));
    uses.map(|(call, scope)| {
        let around = module.function_around(*scope);
        (around.map(|function| FunctionRef { file: module.file, function }), call.range())
    })
    .collect()
}

fn root_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => root_name(&attribute.value),
        Expr::Call(call) => root_name(&call.func),
        _ => None,
    }
}

fn blocks_on_the_loop(context: &RuleContext<'_, '_, '_, '_>, file: FileId, range: TextRange) -> bool {
    context.analysis.context(Context::AsyncActivity).any(|reached| {
        reached.reach.nodes().any(|(_, node)| {
            node.code.file() == file
                && node.events.iter().any(|event| {
                    event.range == range && Reached::of(event).is_some_and(|call| blocking_of(call).is_some())
                })
        })
    })
}
