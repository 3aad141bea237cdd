//! Which functions of a project run in which workflows and activities, and what calls them: what an editor shows beside code.
//!
//! Knows: the functions of all programs, joined by place, as plain data. Does not know: what is found in them, nor how an editor
//! counts ([`Point`] has both ways).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Report, run_with, threads};
use crate::config::Settings;
use crate::python::{Code, FunctionRef, NodeId};
use crate::source::{SourceFile, TextRange, TextSize};
use crate::temporal::{Analysis, Context, ReachedCode};

/// A position in a file. Lines are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// The line.
    pub line: usize,
    /// The column in bytes of UTF-8.
    pub bytes: usize,
    /// The column in units of UTF-16.
    pub units: usize,
}

/// From a position to another.
pub type Stretch = (Point, Point);

/// A function, by its file and the position of its name.
pub type FunctionKey = (Utf8PathBuf, Point);

/// A function that a workflow or an activity runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedFunction {
    /// How it is called in its module: `Order.run`.
    pub name: String,
    /// Its name.
    pub at: Stretch,
    /// All of it.
    pub whole: Stretch,
    /// What the SDK calls that runs it, by context and name; only for the files that were asked about. It may be the function
    /// itself.
    pub entries: BTreeSet<(&'static str, String)>,
    /// Whether the SDK calls it itself.
    pub is_entry: bool,
    /// The calls that lead to it, by the functions that they stand in.
    pub callers: BTreeMap<FunctionKey, BTreeSet<Stretch>>,
}

/// The functions that workflows and activities run.
pub type Traced = BTreeMap<FunctionKey, TracedFunction>;

/// Checks what the settings name, and says for the functions of all programs who calls them, and for those of files whose text is
/// not the one on disk what runs them.
#[must_use]
pub fn check_and_trace(settings: &Settings) -> (Report, Traced) {
    let traced: Mutex<Traced> = Mutex::default();
    let report = threads::in_pool(settings.threads, || {
        run_with(settings, None, &|_| (), &|selection, analysis, comments| {
            let found = of_program(analysis, settings);
            join(&mut traced.lock().unwrap_or_else(PoisonError::into_inner), found);
            crate::rules::run(analysis, selection, comments)
        })
    });
    (report, traced.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn join(all: &mut Traced, more: Traced) {
    for (key, function) in more {
        match all.entry(key) {
            std::collections::btree_map::Entry::Vacant(new) => _ = new.insert(function),
            std::collections::btree_map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.is_entry |= function.is_entry;
                known.entries.extend(function.entries);
                for (caller, sites) in function.callers {
                    known.callers.entry(caller).or_default().extend(sites);
                }
            }
        }
    }
}

fn of_program(analysis: &Analysis<'_, '_>, settings: &Settings) -> Traced {
    let mut found = Traced::new();
    let run = [Context::Workflow, Context::AsyncActivity, Context::SyncActivity];
    for reached in analysis.reached.iter().filter(|reached| run.contains(&reached.context)) {
        for (id, _) in reached.reach.nodes() {
            if let Some((key, function)) = of_node(reached, id, settings) {
                join(&mut found, Traced::from([(key, function)]));
            }
        }
    }
    found
}

fn of_node(reached: &ReachedCode<'_>, id: NodeId, settings: &Settings) -> Option<(FunctionKey, TracedFunction)> {
    let reach = &reached.reach;
    let node = reach.node(id);
    let Code::Function(function) = node.code else { return None };
    let (key, at) = key_of(reached, function);
    let project = reach.evaluator().project();
    let (source, module) = (project.source(function.file), project.module(function.file));
    let mut callers: BTreeMap<FunctionKey, BTreeSet<Stretch>> = BTreeMap::new();
    for edge in node.parent.iter().chain(&node.others) {
        if let Code::Function(caller) = reach.node(edge.from).code {
            let file = project.source(caller.file);
            callers.entry(key_of(reached, caller).0).or_default().insert(stretch(file, edge.site));
        }
    }
    let is_asked = settings.unsaved.contains_key(source.path());
    let of_root = |root: usize| reached.entries.get(root).map(|entry| (reached.context.name(), entry.name.clone()));
    let entries = if is_asked { reach.roots_of(id).into_iter().filter_map(of_root).collect() } else { BTreeSet::new() };
    let whole = stretch(source, module[function.function].range);
    let is_entry = !node.roots.is_empty();
    Some((key, TracedFunction { name: reach.name(id), at, whole, entries, is_entry, callers }))
}

fn key_of(reached: &ReachedCode<'_>, function: FunctionRef) -> (FunctionKey, Stretch) {
    let project = reached.reach.evaluator().project();
    let source = project.source(function.file);
    let at = stretch(source, project.module(function.file)[function.function].name_range);
    ((source.path().to_owned(), at.0), at)
}

fn stretch(file: &SourceFile, range: TextRange) -> Stretch {
    (point(file, range.start()), point(file, range.end()))
}

fn point(file: &SourceFile, offset: TextSize) -> Point {
    let text = file.text();
    let end = text.floor_char_boundary(offset.to_usize());
    let start = text[..end].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let before = &text[start..end];
    let line = file.line_column(TextSize::try_from(end).unwrap_or_default()).row - 1;
    Point { line, bytes: before.len(), units: before.chars().map(char::len_utf16).sum() }
}

/// The function of a file whose name or whole text holds a position, the innermost of several.
#[must_use]
pub fn function_at<'t>(
    traced: &'t Traced,
    path: &Utf8Path,
    at: Point,
) -> Option<(&'t FunctionKey, &'t TracedFunction)> {
    let holds = |(start, end): &Stretch| {
        (start.line, start.bytes) <= (at.line, at.bytes) && (at.line, at.bytes) <= (end.line, end.bytes)
    };
    let here = traced.iter().filter(|((file, _), function)| file == path && holds(&function.whole));
    here.max_by_key(|(_, function)| function.whole.0)
}
