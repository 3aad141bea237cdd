//! The files that the sandbox loads anew for each workflow.
//!
//! Knows: imports, what a worker passes through the sandbox, and what `imports_passed_through` does. Does not know: what
//! the code in those files does.
//!
//! What runs when a workflow's module is imported is gone through to the end: it is followed as well. What functions import
//! later is looked at only as far as a question about one file needs it, since whether an import inside a function can run
//! may depend on all that the function calls.

use std::cell::{OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use camino::Utf8Path;
use rustc_hash::{FxHashMap, FxHashSet};

use super::definitions::{Definitions, Workflow};
use super::import_order::{ImportStatements, Loaded, imported};
use super::import_ways::{ImportWays, Load};
use super::runners::Sandbox;
use crate::python::{Evaluator, FunctionRef, Imported, LoadedOutside, Place, Value};
use crate::semantic::{BlockId, ImportId, RegionKind};
use crate::source::FileId;

/// What the sandbox does with modules when it imports those of workflows.
pub(super) struct Imports {
    /// The modules that it loads: those that define sandboxed workflows, and what they import, but for what is passed through.
    pub modules: Vec<FileId>,
    /// Those that are there whenever they are imported, since they were passed through.
    pub passed: Vec<FileId>,
    /// By which imports it loads them.
    pub ways: ImportWays,
}

/// Goes through the imports of all workflows' modules.
pub(super) fn imports(
    evaluator: &Evaluator<'_>,
    statements: &ImportStatements,
    definitions: &Definitions,
    sandboxes: &[Sandbox],
) -> Imports {
    let mut done: Vec<(FileId, LoadedOutside)> = Vec::new();
    let mut seen: FxHashSet<FileId> = FxHashSet::default();
    let mut passed: FxHashSet<FileId> = FxHashSet::default();
    let (mut modules, mut loads, mut workflows) = (Vec::new(), Vec::new(), Vec::new());
    for (workflow, sandbox) in definitions.workflows.iter().zip(sandboxes).filter(|(_, sandbox)| !sandbox.is_off) {
        let file = workflow.span.file;
        let key = (file, passed_through(evaluator, file, sandbox));
        if done.contains(&key) {
            continue;
        }
        let loaded = imported(evaluator, statements, &key.1, file);
        done.push(key);
        modules.extend(loaded.files.into_iter().filter(|file| seen.insert(*file)));
        passed.extend(loaded.passed);
        loads.extend(loaded.loads);
        workflows.push(file);
        workflows.extend(evaluator.project().packages_around(file));
    }
    loads.retain(|load: &Load| seen.contains(&load.file));
    let mut passed: Vec<FileId> = passed.into_iter().filter(|file| !seen.contains(file)).collect();
    passed.sort_unstable();
    Imports { modules, passed, ways: ImportWays::new(workflows, loads) }
}

/// The files that importing a workflow's module loads for certain: a chain of imports leads there, and none of them passes
/// the file through.
pub(super) fn surely_loaded(
    evaluator: &Evaluator<'_>,
    statements: &ImportStatements,
    workflow: FileId,
    sandbox: &Sandbox,
) -> FxHashSet<FileId> {
    let through = passed_through(evaluator, workflow, sandbox);
    let files = imported(evaluator, statements, &through, workflow).files;
    let mut loaded: FxHashSet<FileId> = files.iter().copied().collect();
    for file in files {
        let module = evaluator.project().module(file);
        let passed = module.import_ids().filter(|import| is_passed_through(evaluator, file, module[*import].block));
        for import in passed {
            evaluator.files_of(file, import).iter().for_each(|passed| _ = loaded.remove(passed));
        }
    }
    loaded
}

/// The files that the sandbox loads, at import or later.
pub(super) struct SandboxedFiles {
    /// Those of the workflows that pass the same modules through.
    groups: Vec<Group>,
    statements: Rc<ImportStatements>,
    /// The group of each workflow, by position; none for one that has no sandbox.
    of_workflows: Vec<Option<usize>>,
    /// By group and file.
    known: RefCell<FxHashMap<(usize, FileId), bool>>,
}

struct Group {
    through: LoadedOutside,
    /// The files that define its workflows.
    workflows: Vec<FileId>,
    loads: OnceCell<Loads>,
}

/// What a group's workflows load.
struct Loads {
    /// What their import loads.
    at_import: FxHashSet<FileId>,
    /// The imports that may load a file later, whether or not they can run.
    importers: FxHashMap<FileId, Vec<(FileId, ImportId)>>,
}

impl SandboxedFiles {
    pub(super) fn new(
        evaluator: &Evaluator<'_>,
        statements: &Rc<ImportStatements>,
        definitions: &Definitions,
        sandboxes: &[Sandbox],
    ) -> Self {
        let (mut groups, mut of_workflows): (Vec<Group>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
        for (workflow, sandbox) in definitions.workflows.iter().zip(sandboxes) {
            if sandbox.is_off {
                of_workflows.push(None);
                continue;
            }
            let file = workflow.span.file;
            let through = passed_through(evaluator, file, sandbox);
            let group = groups.iter().position(|group| group.through == through).unwrap_or_else(|| {
                groups.push(Group { through, workflows: Vec::new(), loads: OnceCell::new() });
                groups.len() - 1
            });
            if !groups[group].workflows.contains(&file) {
                groups[group].workflows.push(file);
            }
            of_workflows.push(Some(group));
        }
        Self { groups, statements: Rc::clone(statements), of_workflows, known: RefCell::default() }
    }

    /// Whether they hold a file. `runs` says of a function whether code in the sandbox leads to it: what nobody calls imports
    /// nothing.
    pub(super) fn contains(&self, evaluator: &Evaluator<'_>, file: FileId, runs: &dyn Fn(FunctionRef) -> bool) -> bool {
        (0..self.groups.len()).any(|group| self.is_loaded_by(group, evaluator, file, runs))
    }

    /// Whether the sandbox of one workflow loads a file: what another passes through, or does not, says nothing of it.
    pub(super) fn contains_for(
        &self,
        workflow: usize,
        evaluator: &Evaluator<'_>,
        file: FileId,
        runs: &dyn Fn(FunctionRef) -> bool,
    ) -> bool {
        let group = self.of_workflows.get(workflow).copied().flatten();
        group.is_some_and(|group| self.is_loaded_by(group, evaluator, file, runs))
    }

    fn is_loaded_by(
        &self,
        group: usize,
        evaluator: &Evaluator<'_>,
        file: FileId,
        runs: &dyn Fn(FunctionRef) -> bool,
    ) -> bool {
        if let Some(known) = self.known.borrow().get(&(group, file)) {
            return *known;
        }
        let found = self.groups[group].may_load(evaluator, &self.statements, file, runs);
        self.known.borrow_mut().insert((group, file), found);
        found
    }
}

impl Group {
    /// Whether some way of imports that can run leads from what is loaded at import to a file. Ways over few imports inside
    /// functions are tried first: whether those can run takes longest to find out.
    fn may_load(
        &self,
        evaluator: &Evaluator<'_>,
        statements: &ImportStatements,
        file: FileId,
        runs: &dyn Fn(FunctionRef) -> bool,
    ) -> bool {
        let loads = self.loads.get_or_init(|| self.loads(evaluator, statements));
        if loads.at_import.contains(&file) {
            return true;
        }
        let mut seen: FxHashSet<FileId> = FxHashSet::from_iter([file]);
        let mut open: BinaryHeap<Reverse<(usize, bool, usize)>> = BinaryHeap::new();
        let mut imports: Vec<(FileId, ImportId)> = Vec::new();
        let mut next = Some((0, file));
        loop {
            if let Some((later, file)) = next.take() {
                for &(importer, import) in loads.importers.get(&file).into_iter().flatten() {
                    let module = evaluator.project().module(importer);
                    let function = module[module[import].block].function;
                    if function.is_some_and(|function| !runs(FunctionRef { file: importer, function })) {
                        continue;
                    }
                    let later = later + usize::from(function.is_some());
                    open.push(Reverse((later, !loads.at_import.contains(&importer), imports.len())));
                    imports.push((importer, import));
                }
            }
            let Some(Reverse((later, _, position))) = open.pop() else { return false };
            let (importer, import) = imports[position];
            if !seen.contains(&importer) && may_run(evaluator, importer, import) {
                if loads.at_import.contains(&importer) {
                    return true;
                }
                seen.insert(importer);
                next = Some((later, importer));
            }
        }
    }

    fn loads(&self, evaluator: &Evaluator<'_>, statements: &ImportStatements) -> Loads {
        let of = |workflow: &FileId| imported(evaluator, statements, &self.through, *workflow);
        let of_workflows: Vec<Loaded> = self.workflows.iter().map(of).collect();
        let at_import: FxHashSet<FileId> = of_workflows.iter().flat_map(|loaded| &loaded.files).copied().collect();
        let is_there = |file: &FileId| of_workflows.iter().all(|loaded| loaded.passed.contains(file));
        let mut level: Vec<FileId> = at_import.iter().copied().collect();
        let mut importers: FxHashMap<FileId, Vec<(FileId, ImportId)>> = FxHashMap::default();
        let mut seen = at_import.clone();
        while !level.is_empty() {
            evaluator.project().prepare(&level);
            let mut next = Vec::new();
            for importer in level {
                let module = evaluator.project().module(importer);
                let imports = module.import_ids();
                for import in imports.filter(|import| !is_passed_through(evaluator, importer, module[*import].block)) {
                    for file in evaluator.files_of(importer, import) {
                        let outside = is_there(&file) || self.through.holds(evaluator.project(), file);
                        if at_import.contains(&file) || outside {
                            continue;
                        }
                        importers.entry(file).or_default().push((importer, import));
                        if seen.insert(file) {
                            next.push(file);
                        }
                    }
                }
            }
            level = next;
        }
        Loads { at_import, importers }
    }
}

/// The files of the project that a worker passes through the sandbox of a workflow: by their own names, or by those of
/// packages around them.
fn passed_through(evaluator: &Evaluator<'_>, workflow: FileId, sandbox: &Sandbox) -> LoadedOutside {
    let is_library = |top: &str| evaluator.world().is_library(top);
    let mut through = LoadedOutside { everything: sandbox.passes_all, ..LoadedOutside::default() };
    for name in &sandbox.passes {
        match evaluator.project().import(workflow, name, &is_library) {
            Imported::Module(passed) => {
                through.files.push(passed);
                through.folders.extend(package_of(evaluator, passed).map(Utf8Path::to_owned));
            }
            Imported::Namespace(folder) => through.folders.push(folder.as_str().into()),
            Imported::Outside | Imported::Nowhere => {}
        }
    }
    through.files.sort_unstable();
    through.folders.sort_unstable();
    through
}

/// For each workflow, by position, the files that are loaded once in its worker's process, and not anew for its code.
pub(super) fn loaded_outside(
    evaluator: &Evaluator<'_>,
    definitions: &Definitions,
    sandboxes: &[Sandbox],
) -> Vec<LoadedOutside> {
    let outside = |(workflow, sandbox): (&Workflow, &Sandbox)| {
        if sandbox.is_off {
            return LoadedOutside { everything: true, ..LoadedOutside::default() };
        }
        passed_through(evaluator, workflow.span.file, sandbox)
    };
    definitions.workflows.iter().zip(sandboxes).map(outside).collect()
}

/// The folder of a package, by its `__init__`.
fn package_of<'p>(evaluator: &Evaluator<'p>, file: FileId) -> Option<&'p Utf8Path> {
    let path = evaluator.project().source(file).path();
    path.parent().filter(|_| matches!(path.file_name(), Some("__init__.py" | "__init__.pyi")))
}

pub(super) fn may_run(evaluator: &Evaluator<'_>, file: FileId, import: ImportId) -> bool {
    let block = evaluator.project().module(file)[import].block;
    evaluator.may_run(block, Place { file, frame: None })
}

/// Whether a block stands in `with workflow.unsafe.imports_passed_through():`.
pub(super) fn is_passed_through(evaluator: &Evaluator<'_>, file: FileId, block: BlockId) -> bool {
    let module = evaluator.project().module(file);
    let place = Place { file, frame: None };
    module.regions_around(block).any(|(_, region)| {
        let RegionKind::With(with) = region.kind else { return false };
        module.list(module[with].items).iter().any(|item| {
            let values = evaluator.value(item.manager, place);
            values.known.iter().any(|value| match evaluator.get(*value) {
                Value::ResultOf(name) => evaluator.world().imports_outside(*name),
                _ => false,
            })
        })
    })
}
