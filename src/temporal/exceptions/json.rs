//! Values that JSON gives, and what is taken out of them.
//!
//! Knows: results of what workflow code calls without saying their type, what `json.loads` gives, items of plain dicts and lists,
//! and the methods of what JSON is made of. Does not know: what a converter of the project's own makes of a payload.

use super::code::bindings_of;
use crate::python::{Evaluator, Place, Rest, Value, ValueId, Values};
use crate::registry::behaviour;
use crate::semantic::{BindingKind, Expr, ExprId, Module};
use crate::temporal::untyped::is_of_plain_value;

/// Through how many names and calls a value is followed.
const DEPTH: usize = 8;

/// Whether a callee is a method of a value that JSON gave, which raises builtin exceptions and nothing else.
pub(super) fn is_method_of_json(evaluator: &Evaluator<'_>, callee: ExprId, place: Place) -> bool {
    let module = evaluator.project().module(place.file);
    match module[callee] {
        Expr::Attribute { value, name } => {
            is_of_plain_value(name.as_str()) && Origin { evaluator, module, place }.is_json(value, DEPTH)
        }
        _ => false,
    }
}

struct Origin<'a, 'p> {
    evaluator: &'a Evaluator<'p>,
    module: &'p Module,
    place: Place,
}

impl Origin<'_, '_> {
    fn is_json(&self, expr: ExprId, depth: usize) -> bool {
        let module = self.module;
        let Some(depth) = depth.checked_sub(1) else { return false };
        match module[expr] {
            Expr::Str(_) | Expr::Int(_) | Expr::Bool(_) | Expr::None => true,
            Expr::Await(call) => match module[call] {
                Expr::Call { callee, .. } => {
                    self.is_called(callee, |name| name.starts_with("temporalio.workflow.execute_"))
                }
                _ => false,
            },
            Expr::Subscript { value, .. } => self.is_json_or_table(value, depth),
            Expr::Call { callee, .. } => {
                self.is_called(callee, |name| behaviour().gives_json(name))
                    || match module[callee] {
                        Expr::Attribute { value, name } => {
                            is_of_plain_value(name.as_str()) && self.is_json_or_table(value, depth)
                        }
                        _ => false,
                    }
            }
            Expr::BoolOp { operands, .. } => {
                module.list(operands).iter().all(|operand| self.is_json_or_table(*operand, depth))
            }
            Expr::Conditional { body, orelse, .. } => {
                self.is_json_or_table(body, depth) && self.is_json_or_table(orelse, depth)
            }
            Expr::Name { .. } => {
                let bindings = bindings_of(module, expr);
                !bindings.is_empty() && bindings.iter().all(|binding| self.is_bound_to(module[*binding].kind, depth))
            }
            _ => false,
        }
    }

    fn is_bound_to(&self, kind: BindingKind, depth: usize) -> bool {
        match kind {
            BindingKind::Assign { value, .. } => self.is_json(value, depth),
            BindingKind::Loop { iterable, .. } => self.is_json_or_table(iterable, depth),
            _ => false,
        }
    }

    fn is_json_or_table(&self, expr: ExprId, depth: usize) -> bool {
        self.is_table(expr) || self.is_json(expr, depth)
    }

    /// Whether it is a dict or list of which no type says what it holds.
    fn is_table(&self, expr: ExprId) -> bool {
        let values = self.evaluator.value(expr, self.place);
        let is_unknown = |held: &Values| held.known.is_empty() && held.rest == Rest::Anything;
        let is_plain = |value: &ValueId| match self.evaluator.get(*value) {
            Value::OutsideInstance { class, .. } => matches!(class.as_str(), "builtins.dict" | "builtins.list"),
            Value::Table(entries) => entries.iter().all(|(_, held)| is_unknown(held)),
            Value::Items(_, items) => items.is_empty(),
            Value::Many(_, held) => is_unknown(held),
            Value::None => true,
            _ => false,
        };
        values.rest != Rest::Anything && !values.known.is_empty() && values.known.iter().all(is_plain)
    }

    fn is_called(&self, callee: ExprId, is_wanted: impl Fn(&str) -> bool) -> bool {
        let values = self.evaluator.value(callee, self.place);
        let name = values.single().and_then(|value| self.evaluator.outside_name(value));
        name.is_some_and(|name| is_wanted(name.as_str()))
    }
}
