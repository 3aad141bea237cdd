//! Task queues, as far as two can be told to be the same.
//!
//! Knows: texts, and names that one place binds. Does not know: which worker polls which queue (`routing`).

use super::constants::{Constant, constant, constant_value};
use super::sdk_calls::{SdkArgument, SdkCall};
use crate::python::{Evaluator, Place, Value};
use crate::semantic::{BindingId, BindingKind, Expr, ExprId, Name};
use crate::source::FileId;

/// A task queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// The one of this name.
    Text(&'static str),
    /// What a name stands for that one place binds, here or in another module: `queue = str(uuid.uuid4())`.
    Bound(FileId, BindingId),
    /// What cannot be told.
    Unknown,
}

/// Through how many names a task queue is followed to the one that is given a value.
const HOPS: usize = 8;

/// The one place that binds what is read, in the module that it is imported from.
fn bound(evaluator: &Evaluator<'_>, expr: ExprId, place: Place, hops: usize) -> Option<(FileId, BindingId)> {
    let module = evaluator.project().module(place.file);
    match module[expr] {
        Expr::Name { name, block, .. } => {
            let variable = module.variable_read(name, block)?;
            bound_once(evaluator, place.file, &module[variable].bindings, hops)
        }
        Expr::Attribute { value, name } => {
            let Value::Module(file) = *evaluator.get(evaluator.value(value, place).only()?) else { return None };
            bound_in_module(evaluator, file, name, hops)
        }
        _ => None,
    }
}

fn bound_in_module(evaluator: &Evaluator<'_>, file: FileId, name: Name, hops: usize) -> Option<(FileId, BindingId)> {
    let module = evaluator.project().module(file);
    bound_once(evaluator, file, module.bindings_of(module.global(), name), hops)
}

fn bound_once(
    evaluator: &Evaluator<'_>,
    file: FileId,
    bindings: &[BindingId],
    hops: usize,
) -> Option<(FileId, BindingId)> {
    let (&[binding], hops) = (bindings, hops.checked_sub(1)?) else { return None };
    let module = evaluator.project().module(file);
    match module[binding].kind {
        BindingKind::Loop { .. } => None,
        BindingKind::ImportFrom { module: from, level, name } => {
            match *evaluator.get(evaluator.import_source(file, from, level).only()?) {
                Value::Module(source) => bound_in_module(evaluator, source, name, hops),
                _ => Some((file, binding)),
            }
        }
        // `QUEUE = settings.QUEUE` says no more than what stands there.
        BindingKind::Assign { value, path, .. } if path.is_empty() => {
            let place = Place { file, frame: None };
            bound(evaluator, value, place, hops).or(Some((file, binding)))
        }
        _ => Some((file, binding)),
    }
}

impl Queue {
    /// The task queue that an expression stands for.
    pub(super) fn of(evaluator: &Evaluator<'_>, expr: ExprId, file: FileId) -> Self {
        if let Some(Constant::Text(text)) = constant(evaluator, expr, Place { file, frame: None }) {
            return Queue::Text(text.as_str());
        }
        bound(evaluator, expr, Place { file, frame: None }, HOPS)
            .map_or(Queue::Unknown, |(file, binding)| Queue::Bound(file, binding))
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
