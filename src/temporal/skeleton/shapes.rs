//! The state that a workflow keeps in attributes: which of it handlers use, and what is put into it.
//!
//! Knows: the attributes that code names. Does not know: when it changes.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::by_text;
use super::identity::Shared;
use crate::python::{Ancestor, Code, Place};
use crate::semantic::{AttributeStore, BlockId, Expr, ExprId, Module, Name};
use crate::source::{FileId, TextRange, fnv};
use crate::temporal::analysis::{Analysis, ReachedCode};
use crate::temporal::definitions::EntryPoint;

/// The attributes that a program's code names, in the order of the text: what asks for those of one workflow does not go through all
/// code each time.
pub(super) struct Named {
    /// By file, where each stands, its name, and what it is one of.
    files: FxHashMap<FileId, Vec<(TextRange, Name, ExprId)>>,
    /// Those that code gives another value after their object was made.
    replaced: FxHashSet<Name>,
}

impl Named {
    /// Those of all files.
    pub(super) fn of(analysis: &Analysis<'_, '_>) -> Self {
        let of_file = |file: FileId| {
            let module = analysis.project.module(file);
            let attribute = |expr: ExprId| match module[expr] {
                Expr::Attribute { name, value } => Some((module.span(expr), name, value)),
                _ => None,
            };
            let mut all: Vec<_> = module.expression_ids().filter_map(attribute).collect();
            // What `setattr` and `__dict__` put there is named by a text.
            let stores = module.all_attribute_stores().iter();
            all.extend(stores.map(|store| (module.span(store.object), store.name, store.object)));
            all.sort_unstable_by_key(|(range, ..)| range.start());
            (file, all)
        };
        Self { files: analysis.project.built().into_iter().map(of_file).collect(), replaced: replaced(analysis) }
    }
}

/// The attributes that are named in what some entry points reach, or in handlers that code registers by calls: they may change
/// whenever other code waits.
pub(super) fn shared<'h>(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    named: &Named,
    is_wanted: &dyn Fn(&EntryPoint) -> bool,
    registered: impl Iterator<Item = &'h EntryPoint>,
) -> Shared {
    let mut found = Shared { replaced: named.replaced.clone(), ..Shared::default() };
    let mut ranges = reached_by(analysis, reached, is_wanted);
    for entry in registered {
        if let Code::Function(function) = entry.root.code {
            let range = analysis.project.module(function.file)[function.function].range;
            ranges.entry(function.file).or_default().push(range);
        }
    }
    named_within(analysis, named, &ranges, &mut |name, owner| {
        found.fields.insert(name);
        if matches!(owner, Expr::Name { .. }) {
            found.attributes.insert(name);
        }
    });
    let mut is_any = false;
    for (file, ranges) in &ranges {
        match by_text::named_by_texts(analysis.project.module(*file), ranges) {
            Some(named) => {
                found.fields.extend(named.iter().copied());
                found.attributes.extend(named);
            }
            None => is_any = true,
        }
    }
    if is_any {
        let of_file = |(file, all): (&FileId, &Vec<(TextRange, Name, ExprId)>)| {
            let module = analysis.project.module(*file);
            let is_of_name = |owner: ExprId| matches!(module[owner], Expr::Name { .. });
            all.iter().filter(|(.., owner)| is_of_name(*owner)).map(|(_, name, _)| *name).collect::<Vec<_>>()
        };
        let all: Vec<Name> = named.files.iter().flat_map(of_file).collect();
        found.fields.extend(all.iter().copied());
        found.attributes.extend(all);
    }
    found
}

/// The attributes that only code gives another value which some entry points reach, once their object is made.
pub(super) fn changed_alone(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    named: &Named,
    is_wanted: &dyn Fn(&EntryPoint) -> bool,
) -> FxHashSet<Name> {
    let ranges = reached_by(analysis, reached, is_wanted);
    let mut found = FxHashSet::default();
    named_within(analysis, named, &ranges, &mut |name, _| _ = found.insert(name));
    for file in analysis.project.built() {
        let module = analysis.project.module(file);
        let is_elsewhere = |store: &&AttributeStore| {
            let function = module.function_around(module[store.block].scope);
            !function.is_some_and(|function| {
                ranges.get(&file).is_some_and(|ranges| ranges.contains(&module[function].range))
            })
        };
        // What takes back what they said leaves it to them.
        let takes_back = |store: &&AttributeStore| {
            store.value.is_some_and(|value| matches!(module[value], Expr::None | Expr::Bool(false)))
        };
        let stores = module.all_attribute_stores().iter().filter(|store| replaces(module, store));
        let stores = stores.filter(|store| !takes_back(store));
        stores.filter(is_elsewhere).for_each(|store| _ = found.remove(&store.name));
    }
    found
}

/// Sees the attributes that code names in some places, each with what it is one of.
fn named_within(analysis: &Analysis<'_, '_>, named: &Named, ranges: &Ranges, see: &mut dyn FnMut(Name, &Expr)) {
    for (file, ranges) in ranges {
        let (module, all) = (analysis.project.module(*file), named.files.get(file).map_or(&[][..], Vec::as_slice));
        for range in ranges {
            let first = all.partition_point(|(at, ..)| at.start() < range.start());
            let inside = all[first..].iter().take_while(|(at, ..)| at.start() < range.end());
            inside
                .filter(|(at, ..)| range.contains_range(*at))
                .for_each(|(_, name, value)| see(*name, &module[*value]));
        }
    }
}

/// By file, where code stands.
type Ranges = FxHashMap<FileId, Vec<TextRange>>;

/// Where the functions stand that some entry points reach.
fn reached_by(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    is_wanted: &dyn Fn(&EntryPoint) -> bool,
) -> Ranges {
    let reach = &reached.reach;
    let wanted: FxHashSet<usize> =
        (0..reached.entries.len()).filter(|position| is_wanted(&reached.entries[*position])).collect();
    let mut todo: Vec<_> = reach.rooted(|root| wanted.contains(&root)).collect();
    let mut seen = FxHashSet::default();
    let mut ranges = Ranges::default();
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
    ranges
}

/// The attributes that code gives another value after their object was made.
fn replaced(analysis: &Analysis<'_, '_>) -> FxHashSet<Name> {
    let mut found = FxHashSet::default();
    for file in analysis.project.built() {
        let module = analysis.project.module(file);
        let later = module.all_attribute_stores().iter().filter(|store| replaces(module, store));
        found.extend(later.map(|store| store.name));
    }
    found
}

/// Whether code gives an attribute another value other than while its object is made.
pub(super) fn replaces(module: &Module, store: &AttributeStore) -> bool {
    let function = module.function_around(module[store.block].scope);
    store.value.is_some() && !function.is_some_and(|function| MAKE.contains(&module[function].name.as_str()))
}

/// The methods that run while an object is made.
const MAKE: [&str; 3] = ["__init__", "__post_init__", "__new__"];

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
            let by =
                module[store.block].function.map_or_else(String::new, |function| role_of(analysis, file, function));
            let what = store.value.map_or("", |value| coarse(analysis, file, value));
            put.entry(store.name).or_default().push(format!("{by} puts {what}"));
        }
        for (name, block, truth) in turned(module) {
            let by = module[block].function.map_or_else(String::new, |function| role_of(analysis, file, function));
            put.entry(name).or_default().push(format!("{by} puts {truth}"));
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

/// By which messages a function is run, as a word.
fn role_of(analysis: &Analysis<'_, '_>, file: FileId, function: crate::semantic::FunctionId) -> String {
    let function = crate::python::FunctionRef { file, function };
    let entries = &analysis.definitions.entry_points;
    let is_it = |entry: &&EntryPoint| entry.runs(function);
    match entries.iter().filter(|entry| super::handles(entry.role).is_some()).find(is_it) {
        Some(entry) => super::message_of(analysis, entry),
        None => "code".to_owned(),
    }
}

/// The attributes whose events are set or cleared, and where.
fn turned(module: &Module) -> impl Iterator<Item = (Name, BlockId, &'static str)> {
    module.expression_ids().filter_map(|expr| {
        let Expr::Call { callee, arguments } = module[expr] else { return None };
        let Expr::Attribute { value, name } = module[callee] else { return None };
        let Expr::Attribute { value: of, name: attribute } = module[value] else { return None };
        let Expr::Name { block, .. } = module[of] else { return None };
        let truth = match name.as_str() {
            "set" if module.list(arguments).is_empty() => "True",
            _ => return None,
        };
        Some((attribute, block, truth))
    })
}

/// What a value is, where it is a constant.
fn coarse(analysis: &Analysis<'_, '_>, file: FileId, value: ExprId) -> &'static str {
    let module = analysis.project.module(file);
    match module[value] {
        Expr::Call { callee, .. } => {
            let values = analysis.evaluator.value(callee, Place { file, frame: None });
            let name = values.single().and_then(|value| analysis.evaluator.outside_name(value));
            match name.map_or("", |name| name.last_part()) {
                "Event" => "False",
                "Queue" | "LifoQueue" | "PriorityQueue" | "deque" | "list" | "dict" | "set" | "defaultdict" => {
                    "a collection"
                }
                _ => "something",
            }
        }
        Expr::None => "None",
        Expr::Bool(true) => "True",
        Expr::Bool(false) => "False",
        Expr::Str(text) => text.as_str(),
        Expr::Int(_) => "a number",
        Expr::List(_) | Expr::Dict(_) | Expr::Set(_) | Expr::Tuple(_) => "a collection",
        _ => "something",
    }
}
