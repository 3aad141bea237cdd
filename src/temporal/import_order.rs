//! What the sandbox loads when it imports a workflow's module, in the order in which Python goes through the imports.
//!
//! Knows: that packages are loaded before what stands in them, that a module is loaded once, and that one which was passed
//! through, with the packages around it, is there from then on (`_importer.py` of the SDK's sandbox). Does not know: what
//! functions import, and which modules a worker passes through.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::import_ways::Load;
use super::sandboxed::{is_passed_through, may_run};
use crate::python::{Evaluator, ImportedFiles, LoadedOutside};
use crate::semantic::{BlockId, Condition, ImportId, Module};
use crate::source::FileId;

/// The import statements of files that run when those are imported, found once for all that ask.
#[derive(Default)]
pub(super) struct ImportStatements {
    of_files: RefCell<FxHashMap<FileId, Rc<[Statement]>>>,
}

struct Statement {
    import: ImportId,
    passing: Passing,
    files: ImportedFiles,
}

/// Whether a statement passes through what it imports.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passing {
    No,
    /// It does where it runs, which a test decides.
    Perhaps,
    Surely,
}

impl ImportStatements {
    fn of(&self, evaluator: &Evaluator<'_>, file: FileId) -> Rc<[Statement]> {
        if let Some(known) = self.of_files.borrow().get(&file) {
            return known.clone();
        }
        let module = evaluator.project().module(file);
        let runs =
            |import: &ImportId| module[module[*import].block].function.is_none() && may_run(evaluator, file, *import);
        let statement = |import: ImportId| {
            let block = module[import].block;
            let passing = match is_passed_through(evaluator, file, block) {
                false => Passing::No,
                true if is_decided(module, block) => Passing::Perhaps,
                true => Passing::Surely,
            };
            Statement { import, passing, files: evaluator.imported_files(file, import) }
        };
        let found: Rc<[Statement]> = module.import_ids().filter(runs).map(statement).collect();
        self.of_files.borrow_mut().insert(file, found.clone());
        found
    }
}

/// Whether a test decides if control comes to a block.
fn is_decided(module: &Module, block: BlockId) -> bool {
    module.guards(block).any(|(_, condition)| matches!(condition, Condition::Test(..)))
}

/// What importing a module in the sandbox loads.
#[derive(Default)]
pub(super) struct Loaded {
    /// The files that are loaded in the sandbox, those that are imported first.
    pub files: Vec<FileId>,
    /// Those that are there because they were passed through.
    pub passed: FxHashSet<FileId>,
    /// The imports that load files, or would if those were not there yet.
    pub loads: Vec<Load>,
}

/// Imports the module of a workflow.
pub(super) fn imported(
    evaluator: &Evaluator<'_>,
    statements: &ImportStatements,
    through: &LoadedOutside,
    workflow: FileId,
) -> Loaded {
    let (loaded, seen) = (Loaded::default(), FxHashSet::default());
    let mut loading = Loading { evaluator, statements, through, loaded, seen };
    loading.import(workflow);
    let Loaded { files, passed, mut loads } = loading.loaded;
    loads.retain(|load| !passed.contains(&load.file));
    Loaded { files, passed, loads }
}

struct Loading<'l, 'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    statements: &'l ImportStatements,
    through: &'l LoadedOutside,
    loaded: Loaded,
    /// What is there.
    seen: FxHashSet<FileId>,
}

/// A file whose statements are gone through.
struct Open {
    statements: Rc<[Statement]>,
    importer: FileId,
    /// The next statement.
    at: usize,
    /// What the statement before still has to load, in reverse.
    to_load: Vec<FileId>,
}

impl Loading<'_, '_, '_> {
    /// Imports a file, and all that this leads to. Chains of imports may be long: they are gone through on a stack of their own.
    fn import(&mut self, file: FileId) {
        let mut open: Vec<Open> = Vec::new();
        open.push(Open { statements: Rc::from([]), importer: file, at: 0, to_load: self.with_packages(file) });
        while let Some(top) = open.last_mut() {
            if let Some(file) = top.to_load.pop() {
                if let Some(statements) = self.begin(file) {
                    open.push(Open { statements, importer: file, at: 0, to_load: Vec::new() });
                }
                continue;
            }
            let (statements, importer, at) = (top.statements.clone(), top.importer, top.at);
            let Some(statement) = statements.get(at) else {
                open.pop();
                continue;
            };
            top.at += 1;
            let wanted = self.wanted(importer, statement);
            let wanted = wanted.into_iter().rev().flat_map(|file| self.with_packages(file)).collect();
            if let Some(top) = open.last_mut() {
                top.to_load = wanted;
            }
        }
    }

    /// A file, and after it the packages that it stands in, the outermost last.
    fn with_packages(&self, file: FileId) -> Vec<FileId> {
        let around = self.evaluator.project().packages_around(file);
        std::iter::once(file).chain(around).collect()
    }

    /// Notes that a file is there from now on. Gives its statements if they run in the sandbox.
    fn begin(&mut self, file: FileId) -> Option<Rc<[Statement]>> {
        if !self.seen.insert(file) {
            return None;
        }
        if self.through.holds(self.evaluator.project(), file) {
            self.loaded.passed.insert(file);
            return None;
        }
        self.loaded.files.push(file);
        Some(self.statements.of(self.evaluator, file))
    }

    /// What a statement asks to be loaded in the sandbox.
    fn wanted(&mut self, importer: FileId, statement: &Statement) -> Vec<FileId> {
        let ImportedFiles { modules, names } = &statement.files;
        match statement.passing {
            // What is named from a module that is passed through is taken from that: the process has it loaded.
            Passing::Surely => {
                let with_packages: Vec<FileId> = modules.iter().flat_map(|file| self.with_packages(*file)).collect();
                let passed = with_packages.into_iter().filter(|file| self.seen.insert(*file));
                self.loaded.passed.extend(passed);
                Vec::new()
            }
            Passing::Perhaps => Vec::new(),
            Passing::No => {
                let is_passed = modules.last().is_some_and(|last| self.loaded.passed.contains(last));
                let names = if is_passed { &[][..] } else { names.as_slice() };
                let wanted: Vec<FileId> = modules.iter().chain(names).copied().collect();
                let load = |file: &FileId| Load { importer, import: statement.import, file: *file };
                self.loaded.loads.extend(wanted.iter().map(load));
                wanted
            }
        }
    }
}
