//! Settings that stand in a module of the project, which an environment variable names.
//!
//! Knows: where the program itself says which module that is, and whether the module writes a setting down as a constant.
//! Does not know: which objects have such attributes; the tables say so ([`SettingsModule`]). A module that is named outside
//! of the program, by a container or a service file, is not seen.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::analysis::Analysis;
use super::constants::global_constant;
use crate::python::{Value, ValueId, Values};
use crate::registry::schema::SettingsModule;
use crate::semantic::{ArgumentKind, Expr, ExprId, Module, Name, Stmt, Use};
use crate::source::FileId;

/// Through how many star imports, and into how many collections, a setting is followed.
const DEPTH: usize = 6;

/// Where files name the module of an environment variable, by the variable.
pub(super) type Named = RefCell<FxHashMap<&'static str, Arc<[(FileId, Name)]>>>;

/// Whether a setting that code of a file reads is a constant in each module that the program names for it: then it is the same
/// on every worker that has this code.
#[must_use]
pub fn is_written_down(
    analysis: &Analysis<'_, '_>,
    file: FileId,
    read: Name,
    settings: &'static SettingsModule,
) -> bool {
    let below = read.as_str().strip_prefix(settings.object.as_str()).and_then(|below| below.strip_prefix('.'));
    let Some(name) = below.and_then(|below| below.split('.').next()).map(Name::new) else { return false };
    let named = named_by(analysis, file, settings);
    !named.is_empty()
        && named.iter().all(|(by, module)| {
            let found = analysis.evaluator.import_source(*by, *module, 0);
            match found.only().map(|found| analysis.evaluator.get(found)) {
                Some(Value::Module(module)) => is_constant(analysis, *module, name, DEPTH) == Some(true),
                _ => false,
            }
        })
}

/// Where the program says which module it is: in the files that were looked at, and in those that say it by custom.
fn named_by(analysis: &Analysis<'_, '_>, file: FileId, settings: &'static SettingsModule) -> Vec<(FileId, Name)> {
    let known = analysis.named_settings.borrow().get(settings.variable.as_str()).cloned();
    let seen = known.unwrap_or_else(|| {
        let seen: Arc<[_]> = analysis.files.iter().flat_map(|file| names_in(analysis, *file, settings)).collect();
        analysis.named_settings.borrow_mut().insert(&settings.variable, seen.clone());
        seen
    });
    let mut found = seen.to_vec();
    for module in &settings.said_in {
        let source = analysis.evaluator.import_source(file, Name::new(module), 0);
        if let Some(Value::Module(says)) = source.only().map(|source| analysis.evaluator.get(source))
            && !analysis.files.contains(says)
        {
            found.extend(names_in(analysis, *says, settings));
        }
    }
    found
}

/// The modules that a file names: `os.environ.setdefault(variable, module)`, `os.environ[variable] = module`.
fn names_in(analysis: &Analysis<'_, '_>, file: FileId, settings: &SettingsModule) -> Vec<(FileId, Name)> {
    let module = analysis.project.module(file);
    let is_variable = |expr: &ExprId| matches!(module[*expr], Expr::Str(text) if text == settings.variable.as_str());
    let variables = module.expression_ids().filter(is_variable);
    variables.filter_map(|variable| Some((file, named_beside(module, variable)?))).collect()
}

fn named_beside(module: &Module, variable: ExprId) -> Option<Name> {
    let value = match module.uses().use_of(variable) {
        Use::Argument { call, kind: ArgumentKind::Positional, position: 0 } => {
            let Expr::Call { callee, arguments } = module[call] else { return None };
            let Expr::Attribute { name, .. } = module[callee] else { return None };
            (name == "setdefault").then(|| module.list(arguments).get(1).map(|given| given.value))??
        }
        Use::KeyOf(entry) => match module.uses().use_of(entry) {
            Use::Target(statement) => match module[statement] {
                Stmt::Assign { value, .. } => value,
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    match module[value] {
        Expr::Str(named) => Some(named),
        _ => None,
    }
}

/// Whether all that a module binds a name to, itself or by star imports, is one constant each; nothing where it does not bind
/// it. What is imported from where nobody looks may bind it as well.
fn is_constant(analysis: &Analysis<'_, '_>, file: FileId, name: Name, depth: usize) -> Option<bool> {
    let Some(depth) = depth.checked_sub(1) else { return Some(false) };
    let evaluator = analysis.evaluator;
    let module = analysis.project.module(file);
    let mut found = None;
    for (source, level) in &module[module.global()].stars {
        let starred = match evaluator.import_source(file, *source, *level).only().map(|source| evaluator.get(source)) {
            Some(Value::Module(origin)) => is_constant(analysis, *origin, name, depth),
            _ => Some(false),
        };
        found = starred.map(|starred| starred && found != Some(false)).or(found);
    }
    if module.variable(module.global(), name).is_none() {
        return found;
    }
    let is_own = global_constant(evaluator, file, name).is_some()
        || is_literal(analysis, &evaluator.global_name(file, name), DEPTH);
    Some(is_own && found != Some(false))
}

fn is_literal(analysis: &Analysis<'_, '_>, values: &Values, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let is_one = |value: ValueId| match analysis.evaluator.get(value) {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) => true,
        Value::Items(_, items) => items.iter().all(|item| is_literal(analysis, item, depth)),
        Value::Table(entries) => entries.iter().all(|(key, item)| key.is_some() && is_literal(analysis, item, depth)),
        _ => false,
    };
    values.only().is_some_and(is_one)
}
