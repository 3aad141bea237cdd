//! The state that a workflow keeps in attributes: which of it handlers use, and what is put into it.
//!
//! Knows: the attributes that code names. Does not know: when it changes.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::step::fnv;
use crate::python::{Ancestor, Code};
use crate::semantic::{Expr, Module, Name};
use crate::source::FileId;
use crate::temporal::analysis::{Analysis, ReachedCode};
use crate::temporal::definitions::EntryPoint;

/// The attributes that are named in what some entry points reach: they may change whenever other code waits.
pub(super) fn shared(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    is_wanted: &dyn Fn(&EntryPoint) -> bool,
) -> FxHashSet<Name> {
    let reach = &reached.reach;
    let wanted: FxHashSet<usize> =
        (0..reached.entries.len()).filter(|position| is_wanted(&reached.entries[*position])).collect();
    let mut todo: Vec<_> = reach
        .nodes()
        .filter(|(_, node)| node.roots.iter().any(|root| wanted.contains(root)))
        .map(|(id, _)| id)
        .collect();
    let mut seen = FxHashSet::default();
    let mut ranges: FxHashMap<FileId, Vec<crate::source::TextRange>> = FxHashMap::default();
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        if let Code::Function(function) = reach.node(id).code {
            let range = analysis.project.module(function.file)[function.function].range;
            ranges.entry(function.file).or_default().push(range);
        }
        todo.extend(reach.leads_on(id).iter().map(|(_, to)| *to));
    }
    let mut names = FxHashSet::default();
    for (file, ranges) in ranges {
        let module = analysis.project.module(file);
        for expr in module.expression_ids() {
            if let Expr::Attribute { name, value } = module[expr]
                && matches!(module[value], Expr::Name { .. })
                && ranges.iter().any(|range| range.contains_range(module.span(expr)))
            {
                names.insert(name);
            }
        }
    }
    names
}

/// What is put into each attribute of a workflow's object, and by which functions, as a word.
pub(super) fn shapes(analysis: &Analysis<'_, '_>, workflow: usize) -> FxHashMap<Name, Arc<str>> {
    let class = analysis.definitions.workflows[workflow].class;
    let mut files: Vec<FileId> = Vec::new();
    for ancestor in analysis.evaluator.order_of_value(class).iter() {
        if let Ancestor::Project(owner, _) = ancestor
            && !files.contains(&owner.file)
        {
            files.push(owner.file);
        }
    }
    let mut put: FxHashMap<Name, Vec<String>> = FxHashMap::default();
    for file in files {
        let module = analysis.project.module(file);
        for store in module.all_attribute_stores() {
            let by = module[store.block].function.map_or("", |function| role_of(analysis, file, function));
            let what = store.value.map_or("", |value| coarse(module, value));
            put.entry(store.name).or_default().push(format!("{by} puts {what}"));
        }
    }
    put.into_iter()
        .map(|(name, mut puts)| {
            puts.sort_unstable();
            puts.dedup();
            (name, format!("state {:08x}", fnv(puts.join("; ").as_bytes()) >> 32).into())
        })
        .collect()
}

fn role_of(analysis: &Analysis<'_, '_>, file: FileId, function: crate::semantic::FunctionId) -> &'static str {
    let function = crate::python::FunctionRef { file, function };
    let module = analysis.project.module(file);
    match analysis.handler_of(function) {
        Some(_) => module[function.function].name.as_str(),
        None => "code",
    }
}

/// What a value is, where it is a constant.
fn coarse(module: &Module, value: crate::semantic::ExprId) -> &'static str {
    match module[value] {
        Expr::None => "None",
        Expr::Bool(true) => "True",
        Expr::Bool(false) => "False",
        Expr::Str(text) => text.as_str(),
        Expr::Int(_) => "a number",
        Expr::List(_) | Expr::Dict(_) | Expr::Set(_) | Expr::Tuple(_) => "a collection",
        _ => "something",
    }
}
