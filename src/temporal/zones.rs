//! Time zones that the sandbox has put a stand-in in the place of.
//!
//! Knows: calls of `datetime` in workflow code that are given a `ZoneInfo`, and where that was made. Does not know: zones
//! that come in as arguments.

use super::analysis::{Analysis, ReachedCode};
use super::surroundings::{InSandbox, in_sandbox};
use crate::python::{Evaluator, EventKind, NodeId, Place, Value};
use crate::registry::behaviour;
use crate::semantic::{Argument, BindingKind, Expr, ExprId, Name, given_for};
use crate::source::{FileId, Span, TextRange};

/// Through how many names a zone is followed to where it is made.
const DEPTH: usize = 6;
/// How many statements that may have given a name its value are looked at.
const BINDINGS: usize = 8;

/// A call that refuses its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedZone {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where the call stands.
    pub range: TextRange,
    /// What is called.
    pub callee: Name,
    /// Where the zone is made.
    pub made: Span,
}

/// The calls in workflow code whose zone is made in a module that the sandbox loads.
#[must_use]
pub fn refused_zones(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<RefusedZone> {
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let EventKind::Call { callee, .. } = event.kind else { continue };
            let place = reached.reach.place(id);
            let module = analysis.project.module(place.file);
            let Some(Expr::Call { arguments, .. }) = event.expr.map(|call| module[call]) else { continue };
            let Some(zone) = zone_given(callee, module.list(arguments)) else { continue };
            let maker = made_at(reached.reach.evaluator(), zone, place, DEPTH);
            let Some(made) = maker.filter(|made| analysis.is_sandboxed(made.file)) else { continue };
            if in_sandbox(analysis, reached, id) != InSandbox::Off {
                found.push(RefusedZone { node: id, range: event.range, callee, made });
            }
        }
    }
    found
}

/// The time zone that a call is given; none where the tables do not say by which parameter.
pub(super) fn zone_given(callee: Name, arguments: &[Argument]) -> Option<ExprId> {
    let by = behaviour().takes_zone(callee.as_str())?;
    given_for(arguments, by.name.as_deref()?, by.position)
}

/// Where the `ZoneInfo` that an expression gives is made.
fn made_at(evaluator: &Evaluator<'_>, expr: ExprId, place: Place, depth: usize) -> Option<Span> {
    if depth == 0 {
        return None;
    }
    let module = evaluator.project().module(place.file);
    match module[expr] {
        Expr::Call { callee, .. } => {
            let value = evaluator.value(callee, place).single()?;
            match evaluator.get(value) {
                Value::Outside(name) if *name == "zoneinfo.ZoneInfo" => {
                    Some(Span { file: place.file, range: module.span(expr) })
                }
                Value::Function(callable) => {
                    let inner = evaluator.project().module(callable.function.file);
                    let place = Place { file: callable.function.file, frame: None };
                    let returns = &inner[callable.function.function].returns;
                    returns.iter().find_map(|ret| made_at(evaluator, ret.value?, place, depth - 1))
                }
                _ => None,
            }
        }
        Expr::Name { name, block, .. } => {
            let variable = module.variable_read(name, block)?;
            let bindings = &module[variable].bindings;
            bindings.iter().take(BINDINGS).find_map(|id| bound(evaluator, place, module[*id].kind, depth))
        }
        Expr::Attribute { value, name } => match evaluator.get(evaluator.value(value, place).single()?) {
            Value::Module(file) => global(evaluator, *file, name, depth),
            _ => module
                .attribute_stores(name)
                .take(BINDINGS)
                .find_map(|store| made_at(evaluator, store.value?, Place { file: place.file, frame: None }, depth - 1)),
        },
        Expr::Conditional { body, orelse, .. } => {
            made_at(evaluator, body, place, depth - 1).or_else(|| made_at(evaluator, orelse, place, depth - 1))
        }
        _ => None,
    }
}

fn global(evaluator: &Evaluator<'_>, file: FileId, name: Name, depth: usize) -> Option<Span> {
    let module = evaluator.project().module(file);
    let place = Place { file, frame: None };
    let bindings = module.bindings_of(module.global(), name);
    bindings.iter().take(BINDINGS).find_map(|id| bound(evaluator, place, module[*id].kind, depth))
}

fn bound(evaluator: &Evaluator<'_>, place: Place, kind: BindingKind, depth: usize) -> Option<Span> {
    match kind {
        BindingKind::Assign { value, path, .. } if path.is_empty() => made_at(evaluator, value, place, depth - 1),
        BindingKind::ImportFrom { module, level, name } => {
            let source = evaluator.import_source(place.file, module, level).single()?;
            match evaluator.get(source) {
                Value::Module(file) => global(evaluator, *file, name, depth - 1),
                _ => None,
            }
        }
        BindingKind::Parameter { .. } => None,
        _ => None,
    }
}
