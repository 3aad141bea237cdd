//! Classes that derive from what the sandbox restricts, in modules that it loads.
//!
//! Knows: the bases of classes, and what the sandbox does about each. Does not know: whether anybody makes an object.

use super::analysis::Analysis;
use super::effects::sandbox_at_import;
use super::libraries::loaded_by_the_sandbox;
use crate::python::{Evaluator, Place};
use crate::semantic::{ArgumentKind, Module, Name};
use crate::source::{FileId, Span, TextRange};

/// When a class that derives from a stand-in of the sandbox raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raises {
    /// When it is defined.
    AtImport,
    /// When an object of it is made in a workflow.
    InUse,
}

/// A class that derives from a stand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedBase {
    /// The place of the class's name.
    pub span: Span,
    /// The place of the base.
    pub base_range: TextRange,
    /// How the class is called.
    pub class: String,
    /// The base's qualified name.
    pub base: Name,
    /// When it raises.
    pub raises: Raises,
    /// Whether the sandbox surely loads its module.
    pub is_sure: bool,
}

/// Such classes, in the order of the files and their text.
#[must_use]
pub fn restricted_bases(analysis: &Analysis<'_, '_>) -> Vec<RestrictedBase> {
    let mut found: Vec<RestrictedBase> =
        loaded_by_the_sandbox(analysis).into_iter().flat_map(|file| in_file(analysis, file)).collect();
    found.sort_by_key(|class| (class.span.file, class.span.range.start()));
    found.dedup_by_key(|class| class.span);
    found
}

fn in_file(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<RestrictedBase> {
    let module = analysis.project.module(file);
    let evaluator = analysis.evaluator;
    let place = Place { file, frame: None };
    let mut found = Vec::new();
    for id in module.class_ids().filter(|id| module[module[*id].parent].kind == crate::semantic::ScopeKind::Module) {
        let class = &module[id];
        for argument in module.list(class.arguments).iter().filter(|base| base.kind == ArgumentKind::Positional) {
            let base = evaluator.value(argument.value, place).single().and_then(|value| evaluator.outside_name(value));
            let Some((base, raises)) = base.and_then(|base| Some((base, raises_of(base)?))) else { continue };
            if !runs(evaluator, module, file, class.body) {
                continue;
            }
            found.push(RestrictedBase {
                span: Span { file, range: class.name_range },
                base_range: module.span(argument.value),
                class: module.qualified_class_name(id),
                base,
                raises,
                is_sure: analysis.is_surely_sandboxed(file),
            });
        }
    }
    found
}

/// Whether the statements of a class are carried out when its module is loaded.
fn runs(evaluator: &Evaluator<'_>, module: &Module, file: FileId, body: crate::semantic::Suite) -> bool {
    let first = module.list(body).first();
    first.is_none_or(|first| evaluator.may_run(module.block_of(*first), Place { file, frame: None }))
}

fn raises_of(base: Name) -> Option<Raises> {
    if sandbox_at_import(base.as_str()) {
        return Some(Raises::AtImport);
    }
    STAND_INS.contains(&base.as_str()).then_some(Raises::InUse)
}

/// Classes of which the sandbox restricts some members, so that it puts a stand-in in their place. One can derive from it,
/// and not make objects of what derives (temporalio/worker/workflow_sandbox/_restrictions.py, `_RestrictionState.from_proxy`).
const STAND_INS: &[&str] = &["datetime.date", "datetime.datetime", "pathlib.Path", "zoneinfo.ZoneInfo"];
