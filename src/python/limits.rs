//! Where the analysis gave up being exact, and by which limit.
//!
//! Knows: what was cut, and in which function. Does not know: what that means for a finding; what was cut is unknown from
//! then on, as all that is unknown.

use std::collections::BTreeSet;

use super::eval::{Evaluator, Query};
use super::value::FunctionRef;
use crate::semantic::{BlockId, FunctionId, Module};
use crate::source::{FileId, TextRange};

/// What was more than is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// Code nests deeper than is read.
    Nesting,
    /// Values depend on each other in more steps than are followed, or go on changing.
    Questions,
    /// A value may be more things than are kept.
    Alternatives,
    /// A function is called in more ways than are told apart.
    Ways,
    /// What is put into collections went on growing.
    Collections,
    /// A function that registers things is used by more files than are searched.
    Users,
    /// There is more code than is followed.
    Code,
}

/// A place where a limit cut the analysis short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cut {
    /// What was too much.
    pub limit: Limit,
    /// The file, where there is one.
    pub file: Option<FileId>,
    /// The function in it.
    pub function: Option<FunctionId>,
}

impl Cut {
    pub(super) fn at(limit: Limit, function: FunctionRef) -> Self {
        Self { limit, file: Some(function.file), function: Some(function.function) }
    }

    pub(super) fn somewhere(limit: Limit) -> Self {
        Self { limit, file: None, function: None }
    }
}

impl Evaluator<'_> {
    /// Where limits cut the analysis so far.
    #[must_use]
    pub fn cuts(&self) -> BTreeSet<Cut> {
        let mut cuts = self.cuts.borrow().clone();
        cuts.extend(self.questions_cut().iter().map(|question| self.cut_of(question)));
        cuts.extend((self.store.cut() > 0).then_some(Cut::somewhere(Limit::Alternatives)));
        for file in self.project.built() {
            let module = self.project.module(file);
            let left_out = module.too_deep().iter().map(|range| function_around(module, *range));
            cuts.extend(left_out.map(|function| Cut { limit: Limit::Nesting, file: Some(file), function }));
        }
        cuts
    }

    pub(super) fn note_cut(&self, limit: Limit, function: FunctionRef) {
        self.cuts.borrow_mut().insert(Cut::at(limit, function));
    }

    fn cut_of(&self, question: &Query) -> Cut {
        let of_block = |file: FileId, block: BlockId| (Some(file), self.project.module(file)[block].function);
        let (file, function) = match *question {
            Query::Expr(file, expr, _) | Query::Annotation(file, expr, _) | Query::Default(file, expr, _) => {
                let module = self.project.module(file);
                (Some(file), function_around(module, module.span(expr)))
            }
            Query::Binding(file, binding, _) => of_block(file, self.project.module(file)[binding].block),
            Query::Entering(file, block, ..) | Query::Reached(file, block, _) => of_block(file, block),
            Query::Result(function, _) | Query::Returns(function, _) => (Some(function.file), Some(function.function)),
            Query::Function(file, function, _) => (Some(file), Some(function)),
            Query::Class(file, ..) | Query::Makers(file, _) | Query::Global(file, _) | Query::Starred(file, _) => {
                (Some(file), None)
            }
            Query::Attribute(..) => (None, None),
        };
        Cut { limit: Limit::Questions, file, function }
    }
}

/// The innermost function around a place.
fn function_around(module: &Module, range: TextRange) -> Option<FunctionId> {
    let around = module.function_ids().filter(|function| module[*function].range.contains_range(range));
    around.min_by_key(|function| module[*function].range.len())
}
