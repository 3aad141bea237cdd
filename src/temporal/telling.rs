//! What workflow code tells people and monitoring systems by other means than the SDK's.
//!
//! Knows: calls of loggers, printing and metrics, and whether a replay is kept out of them. Does not know: whether anybody
//! minds.

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::{Analysis, ReachedCode};
use super::definitions::Role;
use super::effects::{Reached, effect_of};
use super::surroundings::role_of;
use crate::python::{Code, Event, NodeId};
use crate::registry::EffectKind;
use crate::semantic::{Expr, Module, Name};
use crate::source::FileId;

/// A call that logs, prints or counts.
#[derive(Debug, Clone, Copy)]
pub struct ToldToPeople<'r> {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// The call.
    pub event: &'r Event,
    /// What is called.
    pub callee: Name,
    /// Whether it was chosen among several.
    pub doubtful: bool,
    /// Whether it counts or measures, rather than writing something.
    pub is_metric: bool,
    /// Whether activities run the same code, where the workflow's logger cannot be used.
    pub is_shared: bool,
}

/// The calls in code that replays run again. Queries and validators are not replayed.
pub fn told<'r>(analysis: &Analysis<'_, '_>, reached: &'r ReachedCode<'_>) -> Vec<ToldToPeople<'r>> {
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let Some(call) = Reached::of(event) else { continue };
            let kind = effect_of(reached.known, call).map(|effect| effect.kind);
            let (EffectKind::Logging | EffectKind::Metrics) = kind.unwrap_or(EffectKind::Clock) else { continue };
            if matches!(role_of(reached, id), Some(Role::Query | Role::Validator)) {
                continue;
            }
            let is_shared = matches!(node.code, Code::Function(function) if analysis.sides_of(Some(function)).activity);
            let is_metric = kind == Some(EffectKind::Metrics);
            found.push(ToldToPeople {
                node: id,
                event,
                callee: call.name,
                doubtful: call.doubtful,
                is_metric,
                is_shared,
            });
        }
    }
    if found.iter().any(|told| !told.is_metric) {
        let quiet = knowing_of_replays(analysis);
        found.retain(|told| told.is_metric || !quiet.contains(&reached.reach.node(told.node).code.file()));
    }
    found
}

/// The files of programs whose logging keeps quiet during a replay: a filter, handler, processor or adapter asks for it.
fn knowing_of_replays(analysis: &Analysis<'_, '_>) -> FxHashSet<FileId> {
    let mut todo: Vec<FileId> =
        analysis.files.iter().copied().filter(|file| asks_for_replays(analysis, *file)).collect();
    let mut found = FxHashSet::default();
    if todo.is_empty() {
        return found;
    }
    let mut neighbours: FxHashMap<FileId, Vec<FileId>> = FxHashMap::default();
    for &file in &analysis.files {
        for import in analysis.project.module(file).import_ids() {
            for other in analysis.evaluator.files_of(file, import) {
                neighbours.entry(file).or_default().push(other);
                neighbours.entry(other).or_default().push(file);
            }
        }
    }
    while let Some(file) = todo.pop() {
        if found.insert(file) {
            todo.extend(neighbours.get(&file).into_iter().flatten());
        }
    }
    found
}

fn asks_for_replays(analysis: &Analysis<'_, '_>, file: FileId) -> bool {
    let module = analysis.project.module(file);
    module.calls().iter().any(|call| {
        let Expr::Call { callee, .. } = module[*call] else { return false };
        let Expr::Attribute { name, .. } = module[callee] else { return false };
        name == "is_replaying"
            && module
                .block_of_call(*call)
                .and_then(|block| module[block].function)
                .is_some_and(|function| passes_records(module, function))
    })
}

/// Whether a function has the form of one that logging hands its records through: a method of a filter, handler or adapter,
/// or a processor, which takes the logger, the name of the method and what is logged.
fn passes_records(module: &Module, function: crate::semantic::FunctionId) -> bool {
    let is_method = module[function].class.is_some();
    let names = ["filter", "emit", "handle", "format", "process", "isEnabledFor", "_log"];
    let parameters = module.parameters(function).len().saturating_sub(usize::from(is_method));
    (is_method && names.iter().any(|name| module[function].name == *name)) || parameters == 3
}
