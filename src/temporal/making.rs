//! The call that makes an object.
//!
//! Knows: names that one place binds, `await`, and functions of the project that return what they make. Does not know: what
//! the call makes.

use crate::python::{Evaluator, Place, Value};
use crate::semantic::{BindingKind, Expr, ExprId, Name};
use crate::source::FileId;

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
        Expr::Call { .. } if !is_of_project(evaluator, expr, place) => Some(Located { expr, file: place.file }),
        _ => {
            let from = origin(evaluator, expr, place)?;
            follow(evaluator, from.expr, from.place(), hops)
        }
    }
}

fn is_of_project(evaluator: &Evaluator<'_>, call: ExprId, place: Place) -> bool {
    let Expr::Call { callee, .. } = evaluator.project().module(place.file)[call] else { return false };
    let callee = evaluator.value(callee, place).only();
    callee.is_some_and(|callee| matches!(evaluator.get(callee), Value::Function(_)))
}

/// The expression that gives another one its value, where there is one only: what a name is bound to, here or in the module
/// that it is imported from; what a function of the project returns.
pub(super) fn origin(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> Option<Located> {
    let module = evaluator.project().module(place.file);
    match module[expr] {
        Expr::Name { name, block, .. } => {
            let variable = module.variable_read(name, block)?;
            let [binding] = module[variable].bindings.as_slice() else { return None };
            match module[*binding].kind {
                BindingKind::Assign { value, path, .. } if path.is_empty() => {
                    Some(Located { expr: value, file: place.file })
                }
                BindingKind::ImportFrom { module: from, level, name } => {
                    let source = evaluator.import_source(place.file, from, level);
                    let Value::Module(file) = *evaluator.get(source.only()?) else { return None };
                    global(evaluator, file, name)
                }
                _ => None,
            }
        }
        Expr::Attribute { value, name } => {
            let Value::Module(file) = *evaluator.get(evaluator.value(value, place).only()?) else { return None };
            global(evaluator, file, name)
        }
        Expr::Call { callee, .. } => {
            let Value::Function(callable) = evaluator.get(evaluator.value(callee, place).only()?) else { return None };
            let file = callable.function.file;
            let [returned] = evaluator.project().module(file)[callable.function.function].returns.as_slice() else {
                return None;
            };
            Some(Located { expr: returned.value?, file })
        }
        _ => None,
    }
}

fn global(evaluator: &Evaluator<'_>, file: FileId, name: Name) -> Option<Located> {
    let module = evaluator.project().module(file);
    let [binding] = module.bindings_of(module.global(), name) else { return None };
    match module[*binding].kind {
        BindingKind::Assign { value, path, .. } if path.is_empty() => Some(Located { expr: value, file }),
        _ => None,
    }
}
