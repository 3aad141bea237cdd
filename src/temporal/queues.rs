//! Task queues, as far as two can be told to be the same.
//!
//! Knows: texts, and names that one place binds. Does not know: which worker polls which queue (`routing`).

use super::constants::{Constant, constant, constant_value};
use super::sdk_calls::{SdkArgument, SdkCall};
use crate::python::{Evaluator, Place};
use crate::semantic::{BindingId, BindingKind, Expr, ExprId};
use crate::source::FileId;

/// A task queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// The one of this name.
    Text(&'static str),
    /// What a name stands for that one place binds: `queue = str(uuid.uuid4())`.
    Bound(FileId, BindingId),
    /// What cannot be told.
    Unknown,
}

impl Queue {
    /// The task queue that an expression stands for.
    pub(super) fn of(evaluator: &Evaluator<'_>, expr: ExprId, file: FileId) -> Self {
        if let Some(Constant::Text(text)) = constant(evaluator, expr, Place { file, frame: None }) {
            return Queue::Text(text.as_str());
        }
        let module = evaluator.project().module(file);
        let Expr::Name { name, block, .. } = module[expr] else { return Queue::Unknown };
        let Some(variable) = module.variable_read(name, block) else { return Queue::Unknown };
        match module[variable].bindings.as_slice() {
            [binding] if !matches!(module[*binding].kind, BindingKind::Loop { .. }) => Queue::Bound(file, *binding),
            _ => Queue::Unknown,
        }
    }

    /// The task queue that an argument of a call names.
    pub(super) fn of_argument(evaluator: &Evaluator<'_>, call: &SdkCall, argument: &SdkArgument) -> Self {
        match argument.expr {
            Some(expr) => Queue::of(evaluator, expr, call.span.file),
            None => match argument.values.only().and_then(|value| constant_value(evaluator, value)) {
                Some(Constant::Text(text)) => Queue::Text(text.as_str()),
                _ => Queue::Unknown,
            },
        }
    }

    /// Whether two surely are the same.
    #[must_use]
    pub fn is(self, other: Self) -> bool {
        self == other && self != Queue::Unknown
    }

    /// Whether two may be the same.
    #[must_use]
    pub fn may_be(self, other: Self) -> bool {
        !matches!((self, other), (Queue::Text(one), Queue::Text(other)) if one != other)
    }
}
