//! By which imports a file comes to be loaded with a workflow's module.
//!
//! Knows: the imports that run when the sandbox imports workflows' modules, and the shortest way over them. Does not know:
//! what functions import later.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use crate::python::Project;
use crate::semantic::ImportId;
use crate::source::{FileId, Span};

/// An import that loads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Load {
    pub importer: FileId,
    pub import: ImportId,
    pub file: FileId,
}

/// The imports that run where the sandbox loads workflows' modules.
#[derive(Default)]
pub(super) struct ImportWays {
    /// The modules of workflows, and the packages around them.
    workflows: Vec<FileId>,
    loads: Vec<Load>,
    /// By which import each file is loaded first, once a way is asked for.
    first: OnceCell<FxHashMap<FileId, (FileId, ImportId)>>,
}

impl ImportWays {
    pub(super) fn new(workflows: Vec<FileId>, loads: Vec<Load>) -> Self {
        Self { workflows, loads, first: OnceCell::new() }
    }

    /// The imports that lead from the module of a workflow to a file, the first one first: the fewest, and of several such
    /// ways the one over the files whose paths come first. None for a file that defines workflows, or a package around one.
    pub(super) fn to(&self, project: &Project<'_>, file: FileId) -> Vec<Span> {
        let first = self.first.get_or_init(|| self.first_loads(project));
        let hops = std::iter::successors(first.get(&file), |(importer, _)| first.get(importer));
        let mut way: Vec<Span> = hops
            .map(|(importer, import)| {
                let module = project.module(*importer);
                Span { file: *importer, range: module.statement_span(module[*import].statement) }
            })
            .collect();
        way.reverse();
        way
    }

    fn first_loads(&self, project: &Project<'_>) -> FxHashMap<FileId, (FileId, ImportId)> {
        let path = |file: &FileId| project.source(*file).path().to_owned();
        let mut loads: FxHashMap<FileId, Vec<&Load>> = FxHashMap::default();
        for load in &self.loads {
            loads.entry(load.importer).or_default().push(load);
        }
        let mut first: FxHashMap<FileId, (FileId, ImportId)> = FxHashMap::default();
        let mut level = self.workflows.clone();
        while !level.is_empty() {
            level.sort_by_cached_key(path);
            let mut next = Vec::new();
            for load in level.iter().filter_map(|file| loads.get(file)).flatten() {
                if !self.workflows.contains(&load.file) && !first.contains_key(&load.file) {
                    first.insert(load.file, (load.importer, load.import));
                    next.push(load.file);
                }
            }
            level = next;
        }
        first
    }
}
