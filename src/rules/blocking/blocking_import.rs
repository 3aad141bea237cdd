use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::registry::tables;
use crate::rules::context::{Finding, RuleContext};
use crate::source::{FileId, Span, TextRange};
use crate::temporal::libraries::{self, LibraryImport};
use crate::temporal::repair::passed_through;
use crate::temporal::{Context, InSandbox, in_sandbox, while_loading};

/// By how many ways a file may be loaded of which the workers are asked.
const WAYS: usize = 16;

/// Whether a library only blocks: what has an asynchronous half is judged by its calls.
fn is_blocking(module: &str) -> bool {
    tables().library(module).is_some_and(|library| library.blocks)
}

/// Whether importing a library fails in the sandbox.
fn fails_in_the_sandbox(module: &str) -> bool {
    tables().library(module).is_some_and(|library| library.fails_in_sandbox)
}

fn defines_workflows(context: &RuleContext<'_, '_, '_>, file: FileId) -> bool {
    context.analysis.definitions.workflows.iter().any(|workflow| workflow.span.file == file)
}

/// Blocking imports: inside workflow or async activity code; at the top of a module that the sandbox loads for its
/// workflows; at the top of a module where async activity code alone uses the library.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for side in [Context::Workflow, Context::AsyncActivity] {
        let found = libraries::in_code(context.analysis, side, &is_blocking);
        for reached in context.analysis.context(side) {
            let harmless = |import: &LibraryImport| {
                side == Context::AsyncActivity && libraries::is_used_off_the_loop(context.analysis, import)
            };
            let findings = found.iter().filter(|(_, import)| !harmless(import)).map(|(node, import)| {
                let fails = side == Context::Workflow
                    && fails_in_the_sandbox(import.module.as_str())
                    && in_sandbox(context.analysis, reached, *node) == InSandbox::On;
                (*node, finding(import.module.as_str(), import.range, fails))
            });
            context.report_reached(reached, findings.collect(), out);
        }
    }
    in_workflow_modules(context, out);
    for file in libraries::files_on_the_loop(context.analysis) {
        used_by_async_activities_alone(context, file, out);
    }
}

/// An import does harm where it fails; elsewhere the calls do, which other rules report.
fn finding(module: &str, range: TextRange, fails: bool) -> Finding<'static> {
    let words = vec![("module", module.to_owned())];
    let (confidence, facts) =
        if fails { (Confidence::Medium, vec![Fact::Stopped]) } else { (Confidence::Low, Vec::new()) };
    Finding { range, words, confidence: Some(confidence), facts, ..Finding::default() }
}

fn report(context: &RuleContext<'_, '_, '_>, import: &LibraryImport, fails: bool, out: &mut Vec<Diagnostic>) {
    context.report_plain(import.span(), finding(import.module.as_str(), import.range, fails), out);
}

/// The sandbox imports a workflow's module anew for each workflow, and with it what is not passed through.
fn in_workflow_modules(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let near = libraries::near_workflows(context.analysis);
    let evaluator = context.analysis.evaluator;
    let workers = || context.analysis.definitions.workers();
    let has_plugins = workers().any(|worker| worker.may_have_plugins(evaluator));
    // Without the plugin that is made for it nobody can use it: workers that are not in sight most likely have it.
    let is_passed_by_plugin = |module: &str| {
        workers().next().is_none() && tables().library(module).is_some_and(|library| library.passed_by_plugin)
    };
    for file in libraries::loaded_by_the_sandbox(context.analysis) {
        let matters = |module: &str| is_blocking(module) || fails_in_the_sandbox(module);
        for import in libraries::at_import(context.analysis, file, &matters) {
            // What a helper imports is reported where it fails in the sandbox.
            let fails = fails_in_the_sandbox(import.module.as_str());
            if (defines_workflows(context, file) || fails) && !libraries::is_passed(context.analysis, &import) {
                let mut finding = finding(import.module.as_str(), import.range, fails);
                let is_perhaps_passed = has_plugins || is_passed_by_plugin(import.module.as_str());
                if fails && (is_perhaps_passed || while_loading(context.analysis, file) != InSandbox::On) {
                    finding.facts.push(Fact::PerhapsStopped);
                    finding.confidence = Some(Confidence::Low);
                }
                // What also has an asynchronous half is made for async code, and is far more often passed through on the way, where
                // that cannot be seen.
                let is_way_known =
                    || while_loading(context.analysis, file) == InSandbox::On && is_in_production(context, file);
                if !near.contains(&file) && !is_blocking(import.module.as_str()) && !is_way_known() {
                    finding.confidence = Some(Confidence::Low);
                }
                if defines_workflows(context, file) {
                    finding.fix = passed_through(context.analysis, &import);
                }
                context.report_loaded(import.span(), finding, out);
            }
        }
    }
}

/// Whether a worker in sight that is none of tests runs a workflow with whose module a file is loaded.
fn is_in_production(context: &RuleContext<'_, '_, '_>, file: FileId) -> bool {
    let analysis = context.analysis;
    let ways = analysis.import_ways_to(file, WAYS);
    let begins = |way: &Vec<Span>| way.first().map(|import| import.file);
    let loading: Vec<FileId> = ways.iter().filter_map(begins).chain([file]).collect();
    let mut workflows = analysis.definitions.workflows.iter().filter(|workflow| loading.contains(&workflow.span.file));
    workflows.any(|workflow| {
        let mut workers = analysis.definitions.workers();
        workers.any(|worker| !worker.in_tests && worker.may_run(analysis.evaluator, workflow.class))
    })
}

fn used_by_async_activities_alone(context: &RuleContext<'_, '_, '_>, file: FileId, out: &mut Vec<Diagnostic>) {
    if defines_workflows(context, file) {
        return;
    }
    for import in libraries::at_import(context.analysis, file, &is_blocking) {
        if libraries::blocks_async_activities_alone(context.analysis, &import) {
            report(context, &import, false, out);
        }
    }
}
