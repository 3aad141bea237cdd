//! Imports that workflow code makes while it runs.
//!
//! Knows: which modules the sandbox has by then, which it never loads itself, and which blocks pass modules through. Does
//! not know: what the modules do.

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use super::analysis::{Analysis, ReachedCode};
use super::sandboxed::is_passed_through;
use super::stdlib;
use super::surroundings::{InSandbox, in_sandbox};
use crate::python::{EventKind, NodeId, Place};
use crate::registry::tables;
use crate::semantic::{ImportId, Module, Name, RegionKind};
use crate::source::{FileId, TextRange, first_part};

/// An import in workflow code of a module that the sandbox does not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateImport {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where the statement stands.
    pub range: TextRange,
    /// The module, as the statement names it.
    pub module: String,
    /// The `imports_passed_through()` around it, if there is one.
    pub block: Option<TextRange>,
}

/// Such imports. Libraries that block or fail there are left to the rules about them.
#[must_use]
pub fn late_imports(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<LateImport> {
    let loaded: OnceCell<Loaded> = OnceCell::new();
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        let file = node.code.file();
        let module = analysis.project.module(file);
        for event in &node.events {
            let EventKind::Import(import) = event.kind else { continue };
            if in_sandbox(analysis, reached, id) == InSandbox::Off || is_never_late(analysis, file, import) {
                continue;
            }
            if is_loaded_outside(analysis, reached, id, import) {
                continue;
            }
            if loaded.get_or_init(|| Loaded::of(analysis)).has(analysis, file, import) {
                continue;
            }
            let block = is_passed_through(analysis.evaluator, file, module[import].block)
                .then(|| passing_block(module, import))
                .flatten();
            found.push(LateImport { node: id, range: event.range, module: name_of(module, import), block });
        }
    }
    found
}

/// Whether an import of modules of the project loads none of them anew, whichever workflow runs it.
fn is_loaded_outside(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>, node: NodeId, import: ImportId) -> bool {
    let files = analysis.evaluator.files_of(reached.reach.node(node).code.file(), import);
    let mut workflows = reached.entries_of(node).filter_map(|entry| entry.workflow).peekable();
    !files.is_empty()
        && workflows.peek().is_some()
        && workflows.all(|workflow| {
            let outside = &analysis.loaded_outside[workflow];
            files.iter().all(|file| outside.holds(analysis.project, *file))
        })
}

/// The head of the innermost `with` around an import.
fn passing_block(module: &Module, import: ImportId) -> Option<TextRange> {
    module.regions_around(module[import].block).find_map(|(_, region)| match region.kind {
        RegionKind::With(with) => module.list(module[with].items).first().map(|item| module.span(item.manager)),
        _ => None,
    })
}

/// The modules that are there once the workflows' modules are loaded.
struct Loaded {
    files: FxHashSet<FileId>,
    outside: FxHashSet<Name>,
}

impl Loaded {
    /// The packages that the modules of sandboxed workflows stand in, and what all these import. What is passed through is there,
    /// but what that imports is loaded outside, where the sandbox does not see it.
    fn of(analysis: &Analysis<'_, '_>) -> Self {
        let sandboxed = analysis.definitions.workflows.iter().zip(&analysis.sandboxes).filter(|(_, on)| !on.is_off);
        let mut todo: Vec<FileId> = sandboxed.map(|(workflow, _)| workflow.span.file).collect();
        let packages: Vec<FileId> = todo.iter().flat_map(|file| analysis.project.packages_around(*file)).collect();
        todo.extend(packages);
        let mut loaded = Self { files: FxHashSet::default(), outside: FxHashSet::default() };
        let mut passed: Vec<FileId> = Vec::new();
        while let Some(file) = todo.pop() {
            if !loaded.files.insert(file) {
                continue;
            }
            let module = analysis.project.module(file);
            let place = Place { file, frame: None };
            for import in module.import_ids() {
                let block = module[import].block;
                if module[block].function.is_some() || !analysis.evaluator.may_run(block, place) {
                    continue;
                }
                let files = analysis.evaluator.files_of(file, import);
                match is_passed_through(analysis.evaluator, file, block) {
                    true => passed.extend(files),
                    false => todo.extend(files),
                }
                loaded.outside.extend(outside_names(module, import));
            }
        }
        loaded.files.extend(passed);
        loaded
    }

    /// Whether the sandbox has all that an import names, or never loads it itself.
    fn has(&self, analysis: &Analysis<'_, '_>, file: FileId, import: ImportId) -> bool {
        let files = analysis.evaluator.files_of(file, import);
        if !files.is_empty() {
            return files.iter().all(|file| self.files.contains(file));
        }
        let module = analysis.project.module(file);
        // A relative import that leads nowhere is somebody else's business.
        if module[import].level > 0 {
            return true;
        }
        outside_names(module, import).iter().all(|name| {
            is_given(name.as_str())
                || tables().library(name.as_str()).is_some()
                || analysis.sandboxes.iter().any(|sandbox| sandbox.passes_all || passes(&sandbox.passes, name.as_str()))
                || self.outside.iter().any(|loaded| is_within(loaded.as_str(), name.as_str()))
        })
    }
}

/// Whether an import names nothing but what the sandbox always passes through.
fn is_never_late(analysis: &Analysis<'_, '_>, file: FileId, import: ImportId) -> bool {
    let names = outside_names(analysis.project.module(file), import);
    !names.is_empty() && names.iter().all(|name| is_given(name.as_str()))
}

fn passes(passed: &FxHashSet<String>, module: &str) -> bool {
    passed.iter().any(|passed| is_within(module, passed))
}

/// Whether a module is another one, or below it.
fn is_within(module: &str, package: &str) -> bool {
    module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether the sandbox passes a module through by default (`SandboxRestrictions.passthrough_modules_default`).
fn is_given(module: &str) -> bool {
    let top = first_part(module);
    top == "__future__" || stdlib::MODULES.binary_search(&top).is_ok() || tables().is_passed_through(module)
}

fn outside_names(module: &Module, import: ImportId) -> Vec<Name> {
    let statement = module[import];
    match statement.from {
        Some(from) if statement.level == 0 => vec![from],
        Some(_) => Vec::new(),
        None => module.list(statement.names).iter().map(|alias| alias.name).collect(),
    }
}

fn name_of(module: &Module, import: ImportId) -> String {
    let statement = module[import];
    let dots = ".".repeat(statement.level as usize);
    let first = || module.list(statement.names).first().map(|alias| alias.name);
    let name = statement.from.filter(|from| *from != "").or_else(first);
    format!("{dots}{}", name.map_or("", Name::as_str))
}
