//! Functions that make something by a call and return it, and where they are called.
//!
//! Knows: what is returned as it is made, or under the one name that it has. Does not know: what is made.

use crate::python::{FunctionRef, Place, Value};
use crate::semantic::{BindingId, BindingKind, Expr, ExprId, FunctionId, Module, Name, Use};

use super::analysis::Analysis;
use super::definitions::Located;

/// The one name that a call's value is bound to.
pub(super) fn bound_to(module: &Module, function: FunctionId, call: ExprId) -> Option<BindingId> {
    let is_it = |binding: &BindingId| matches!(module[*binding].kind, BindingKind::Assign { value, path, .. } if value == call && path.is_empty());
    let variables = module.variables_of(module[function].scope);
    variables.flat_map(|(_, variable)| variable.bindings.iter().copied()).find(is_it)
}

/// The function that makes a worker by a call and returns it, as it stands or under its one name.
pub(super) fn factory(analysis: &Analysis<'_, '_>, at: Located) -> Option<FunctionRef> {
    let module = analysis.project.module(at.file);
    let function = module[module.block_of_call(at.expr)?].function?;
    let is_returned = |expr: ExprId| matches!(module.uses().use_of(expr), Use::Returned(_));
    let returns = match module.uses().use_of(at.expr) {
        Use::Returned(_) => true,
        Use::Bound(_) => {
            let mut reads = module.reads_of(bound_to(module, function, at.expr)?).peekable();
            reads.peek().is_some() && reads.all(is_returned)
        }
        _ => false,
    };
    (returns && !module[function].is_async).then_some(FunctionRef { file: at.file, function })
}

/// The calls of a function, as far as a name or an attribute says that it is called.
pub(super) fn calls_of(analysis: &Analysis<'_, '_>, function: FunctionRef) -> Vec<Located> {
    let name = analysis.project.module(function.file)[function.function].name;
    let is_it = |value: &Value| matches!(value, Value::Function(callable) if callable.function == function);
    calls_by_name(analysis, name, &is_it).collect()
}

/// The calls of something, by a name or an attribute that is called as it is.
pub(super) fn calls_by_name<'a>(
    analysis: &'a Analysis<'_, '_>,
    name: Name,
    is_it: &'a dyn Fn(&Value) -> bool,
) -> impl Iterator<Item = Located> + 'a {
    analysis.files.iter().flat_map(move |&file| {
        let module = analysis.project.module(file);
        let place = Place { file, frame: None };
        let calls = module.calls().iter().filter(move |call| {
            let Expr::Call { callee, .. } = module[**call] else { return false };
            let is_named = matches!(module[callee], Expr::Name { name: called, .. } | Expr::Attribute { name: called, .. } if called == name);
            let value = || analysis.evaluator.value(callee, place).only();
            is_named && value().is_some_and(|value| is_it(analysis.evaluator.get(value)))
        });
        calls.map(move |call| Located { expr: *call, file })
    })
}
