//! The map of a project: what its programs have to do with each other by way of Temporal, with what is found in them.
//!
//! Knows: the order of the steps. Does not know: what one program says ([`program_map`]), how programs are joined ([`join`]),
//! or how a map is drawn.

mod findings;
mod focus;
mod ids;
mod join;
mod marks;
mod named;

use std::sync::{Mutex, PoisonError};

use crate::config::Settings;
use crate::diagnostic::{Confidence, Severity};
use crate::temporal::map::{ProgramMap, program_map};

use super::{Progress, Report, run_with, threads};
pub use crate::temporal::map::{LinkKind, NodeKind, Spot};
pub use focus::NoSuchName;

/// The map of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map {
    /// What there is, in the order of kinds, names and places.
    pub nodes: Vec<MapNode>,
    /// What leads where, in the order of the nodes.
    pub edges: Vec<MapEdge>,
    /// Findings that belong to none of the nodes.
    pub findings: Vec<MapFinding>,
    /// How many workflows, activities, workers and the like stand in test code, and were left out.
    pub left_out: usize,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapNode {
    /// What tells it from others: its kind and name, and where that is not enough, its place.
    pub id: String,
    /// What it stands for.
    pub kind: NodeKind,
    /// How it is called: on the wire, if it has such a name.
    pub name: String,
    /// How the code calls it.
    pub code_name: Option<String>,
    /// Where it is defined; where it is first used, if it is not resolved.
    pub spot: Option<Spot>,
    /// Where else: the server knows it by its name alone.
    pub also: Vec<Spot>,
    /// Of a task queue that is a variable: its name unless it is told another.
    pub default: Option<String>,
    /// Whether it is known what is meant: its definition, or the name of a task queue or schedule.
    pub is_resolved: bool,
    /// Whether it stands for names that nothing else has.
    pub takes_any: bool,
    /// Whether it stands in test code.
    pub in_tests: bool,
    /// What is to be said about it.
    pub marks: Vec<Mark>,
    /// The messages or operations that it takes.
    pub members: Vec<MapMember>,
    /// What is found in it, or in code that it leads to.
    pub findings: Vec<MapFinding>,
}

/// What is to be said about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// No worker registers it.
    Unregistered,
    /// Nothing starts or executes it.
    Unused,
    /// No worker polls it.
    Unserved,
}

impl Mark {
    /// All.
    pub const ALL: [Self; 3] = [Self::Unregistered, Self::Unused, Self::Unserved];

    /// How programs call it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::Unused => "unused",
            Self::Unserved => "unserved",
        }
    }

    /// What it means.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Unregistered => "no worker here registers it",
            Self::Unused => "nothing here starts or executes it",
            Self::Unserved => "no worker here polls it",
        }
    }
}

/// What a node takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapMember {
    /// `signal`, `query`, `update` or `operation`.
    pub kind: &'static str,
    /// Its name; none for one that takes all names.
    pub name: Option<String>,
    /// Where it is defined.
    pub spot: Spot,
    /// Whether something here sends or calls it.
    pub is_used: bool,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapEdge {
    /// The position of the node that it leads from.
    pub from: usize,
    /// The position of the node that it leads to.
    pub to: usize,
    /// What leads there.
    pub kind: LinkKind,
    /// The message or operation.
    pub member: Option<String>,
    /// Whether it surely leads there.
    pub is_sure: bool,
    /// The calls.
    pub spots: Vec<Spot>,
}

/// A finding, as a map tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapFinding {
    /// Its rule's code.
    pub code: &'static str,
    /// Its rule's name.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub spot: Spot,
}

impl Map {
    /// The heaviest severity of what is found in a node.
    #[must_use]
    pub fn severity(&self, node: usize) -> Option<Severity> {
        self.nodes[node].findings.iter().map(|finding| finding.severity).max()
    }
}

/// The map of what settings name, and the report of the run that made it. What stands in test code is left out unless it is
/// asked for.
pub fn map(settings: &Settings, tests: bool, on_progress: &(dyn Fn(Progress) + Sync)) -> (Map, Report) {
    threads::in_pool(settings.threads, || {
        let programs: Mutex<Vec<ProgramMap>> = Mutex::default();
        let report = run_with(settings, None, on_progress, &|selection, analysis, comments| {
            // What a rule fails on has its place in the map all the same.
            programs.lock().unwrap_or_else(PoisonError::into_inner).push(program_map(analysis));
            crate::rules::run(analysis, selection, comments)
        });
        let programs = programs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut joined = join::joined(programs, tests);
        marks::mark(&mut joined);
        findings::attach(&mut joined, &report);
        (joined.into_map(&settings.project_root), report)
    })
}
