//! The call that makes an object.
//!
//! Knows: names that one place binds, `await`, and functions of the project that return what they make. Does not know: what
//! the call makes.

use crate::python::{Evaluator, Place, Value};
use crate::semantic::{BindingKind, Expr, ExprId};

use super::definitions::Located;

/// Through how many names, functions and awaits an object is followed to where it is made.
const HOPS: usize = 8;

/// The call that makes what an expression is, if that can be told.
pub(super) fn made_by(evaluator: &Evaluator<'_>, at: Located) -> Option<Located> {
    follow(evaluator, at.expr, at.place(), HOPS)
}

fn follow(evaluator: &Evaluator<'_>, expr: ExprId, place: Place, hops: usize) -> Option<Located> {
    let hops = hops.checked_sub(1)?;
    let module = evaluator.project().module(place.file);
    match module[expr] {
        Expr::Await(value) => follow(evaluator, value, place, hops),
        Expr::Name { name, block, .. } => {
            let variable = module.variable_read(name, block)?;
            let [binding] = module[variable].bindings.as_slice() else { return None };
            match module[*binding].kind {
                BindingKind::Assign { value, path, .. } if path.is_empty() => follow(evaluator, value, place, hops),
                BindingKind::ImportFrom { module: from, level, name } => {
                    let source = evaluator.import_source(place.file, from, level);
                    let Value::Module(file) = *evaluator.get(source.only()?) else { return None };
                    follow_global(evaluator, file, name, hops)
                }
                _ => None,
            }
        }
        Expr::Attribute { value, name } => {
            let Value::Module(file) = *evaluator.get(evaluator.value(value, place).only()?) else { return None };
            follow_global(evaluator, file, name, hops)
        }
        Expr::Call { callee, .. } => match evaluator.value(callee, place).only().map(|callee| evaluator.get(callee)) {
            Some(Value::Function(callable)) => {
                let file = callable.function.file;
                let [returned] = evaluator.project().module(file)[callable.function.function].returns.as_slice() else {
                    return None;
                };
                follow(evaluator, returned.value?, Place { file, frame: None }, hops)
            }
            _ => Some(Located { expr, file: place.file }),
        },
        _ => None,
    }
}

fn follow_global(
    evaluator: &Evaluator<'_>,
    file: crate::source::FileId,
    name: crate::semantic::Name,
    hops: usize,
) -> Option<Located> {
    let module = evaluator.project().module(file);
    let [binding] = module.bindings_of(module.global(), name) else { return None };
    match module[*binding].kind {
        BindingKind::Assign { value, path, .. } if path.is_empty() => {
            follow(evaluator, value, Place { file, frame: None }, hops)
        }
        _ => None,
    }
}
