//! Activities that code hands on as values: tools of agents, entries of tables.
//!
//! Knows: reads that stand where a value goes somewhere else, and which of them only bring an activity into a worker's list. Does
//! not know: what becomes of the value.

use rustc_hash::FxHashSet;

use super::{Mapper, Piece};
use crate::python::{Place, Value};
use crate::semantic::{ArgumentKind, BindingKind, Expr, ExprId, Module, Name, Use};
use crate::source::{FileId, Span};

/// Where the value of a read goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goes {
    /// Into a call, or an attribute of it is used.
    On,
    /// Into a list, a name or a result, which may be how workers come by it.
    Kept,
}

/// A read of an activity.
struct Read {
    piece: usize,
    span: Span,
    goes: Goes,
}

impl Mapper<'_, '_, '_> {
    /// Notes which activities are handed on otherwise than to be registered.
    pub(super) fn note_handed_on(&mut self) {
        let names = self.names_of_activities();
        let files = self.analysis.files.iter();
        let reads: Vec<Read> = files.flat_map(|file| self.reads(*file, &names)).collect();
        let registered = self.registered();
        let covers = |(piece, span): &(usize, Span), read: &Read| {
            *piece == read.piece && span.file == read.span.file && span.range.contains_range(read.span.range)
        };
        // Of these it is not seen which read brings them into a worker's list.
        let elsewhere = |item: &&(usize, Span)| !reads.iter().any(|read| covers(item, read));
        let unseen: FxHashSet<usize> = registered.iter().filter(elsewhere).map(|(piece, _)| *piece).collect();
        for read in &reads {
            let is_registration = registered.iter().any(|item| covers(item, read))
                || read.goes == Goes::Kept && unseen.contains(&read.piece);
            let Piece { in_tests, .. } = self.map.pieces[read.piece];
            if !is_registration && (in_tests || !self.analysis.is_test(read.span.file)) {
                self.map.pieces[read.piece].is_handed_on = true;
            }
        }
    }

    /// The names under which code may read an activity.
    fn names_of_activities(&self) -> FxHashSet<Name> {
        let functions = self.analysis.definitions.activities.iter().map(|activity| activity.function);
        let own = functions.map(|function| self.analysis.project.module(function.file)[function.function].name);
        let own: FxHashSet<Name> = own.collect();
        let mut names = own.clone();
        for file in &self.analysis.files {
            let module = self.analysis.project.module(*file);
            names.extend(module.all_bindings().iter().filter_map(|binding| match binding.kind {
                BindingKind::ImportFrom { name, .. } if own.contains(&name) => Some(module[binding.variable].name),
                _ => None,
            }));
        }
        names
    }

    fn reads(&self, file: FileId, names: &FxHashSet<Name>) -> Vec<Read> {
        let module = self.analysis.project.module(file);
        let is_named = |expr: &ExprId| matches!(module[*expr], Expr::Name { name, .. } | Expr::Attribute { name, .. } if names.contains(&name));
        let read = |expr: ExprId| {
            let goes = goes(module, expr)?;
            let values = self.analysis.evaluator.value(expr, Place { file, frame: None });
            let pieces = values.known.iter().filter_map(|value| match self.analysis.evaluator.get(*value) {
                Value::Function(callable) => self.activity_called(callable),
                _ => None,
            });
            let span = Span { file, range: module.span(expr) };
            Some(pieces.map(|piece| Read { piece, span, goes }).collect::<Vec<_>>())
        };
        module.expression_ids().filter(is_named).filter_map(read).flatten().collect()
    }

    /// The activities in the lists of workers, with the places of the items.
    fn registered(&self) -> Vec<(usize, Span)> {
        let workers = self.analysis.definitions.worker_calls();
        let items = workers.flat_map(|worker| &worker.activities.items);
        items
            .flat_map(|item| {
                item.values.known.iter().filter_map(|value| Some((self.activity_node(*value)?, item.span)))
            })
            .collect()
    }
}

/// Where the value of a read goes; nothing where it is called, compared, or stands in a header.
fn goes(module: &Module, read: ExprId) -> Option<Goes> {
    let mut at = read;
    loop {
        match module.uses().use_of(at) {
            Use::Argument { kind: ArgumentKind::Keyword(name), .. } if name == "activities" => return Some(Goes::Kept),
            Use::Argument { call, .. } => {
                return Some(if puts_into_a_list(module, call) { Goes::Kept } else { Goes::On });
            }
            Use::AttributeOf(..) => return Some(Goes::On),
            Use::Bound(_) | Use::Returned(_) | Use::Yielded(_) | Use::LambdaResult(_) => return Some(Goes::Kept),
            Use::Item(around)
            | Use::DictValue(around)
            | Use::ItemOf(around)
            | Use::Unpacked(around)
            | Use::ConditionalResult(around)
            | Use::Logical(around)
            | Use::Operand(around)
            | Use::Named(around) => at = around,
            _ => return None,
        }
    }
}

/// Whether a call is one of a method by which something is put into a collection.
fn puts_into_a_list(module: &Module, call: ExprId) -> bool {
    let Expr::Call { callee, .. } = module[call] else { return false };
    matches!(module[callee], Expr::Attribute { name, .. } if ["add", "append", "extend", "insert", "update"].contains(&name.as_str()))
}
