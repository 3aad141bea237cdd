//! By which imports a file comes to be loaded with a workflow's module.
//!
//! Knows: the imports that run when the sandbox imports workflows' modules, the shortest way over them, and the others. Does
//! not know: what functions import later.

use std::cell::OnceCell;
use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

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

impl Load {
    fn span(&self, project: &Project<'_>) -> Span {
        let module = project.module(self.importer);
        Span { file: self.importer, range: module.statement_span(module[self.import].statement) }
    }
}

/// How many beginnings of ways are gone through: there may be very many ways.
const WAYS_TRIED: usize = 20_000;

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
        let mut way: Vec<Span> =
            hops.map(|(importer, import)| Load { importer: *importer, import: *import, file }.span(project)).collect();
        way.reverse();
        way
    }

    /// The ways by which imports lead from the modules of workflows to a file, each over a file once, the shortest first: as
    /// many as are asked for, and no more than there are.
    pub(super) fn each_to(&self, project: &Project<'_>, file: FileId, most: usize) -> Vec<Vec<Span>> {
        let mut pairs: FxHashSet<(FileId, FileId)> = FxHashSet::default();
        let mut importing: FxHashMap<FileId, Vec<&Load>> = FxHashMap::default();
        for load in self.loads.iter().filter(|load| pairs.insert((load.importer, load.file))) {
            importing.entry(load.file).or_default().push(load);
        }
        for loads in importing.values_mut() {
            loads.sort_by_cached_key(|load| project.source(load.importer).path().to_owned());
        }
        let mut found: Vec<Vec<Span>> = Vec::new();
        let mut ways: VecDeque<Vec<&Load>> = VecDeque::from([Vec::new()]);
        let mut steps = 0;
        while let Some(way) = ways.pop_front().filter(|_| found.len() < most && steps < WAYS_TRIED) {
            steps += 1;
            let first = way.last().map_or(file, |load| load.importer);
            if self.workflows.contains(&first) {
                found.push(way.iter().rev().map(|load| load.span(project)).collect());
                continue;
            }
            let is_new =
                |load: &&&Load| load.importer != file && way.iter().all(|known| known.importer != load.importer);
            for load in importing.get(&first).into_iter().flatten().filter(is_new) {
                ways.push_back(way.iter().copied().chain([*load]).collect());
            }
        }
        found
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
