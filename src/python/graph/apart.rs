//! Keys that tell the items of a set apart: none of them comes with the key of another, so that sorting leaves nothing to the order
//! in which they came.
//!
//! Knows: the value or name of an enumeration's members, and all fields of objects that are equal where their fields are. Does
//! not know: what a project makes unique by agreement, such as an `id`.

use super::super::value::{Callable, Rest, Taken, Value, ValueId};
use super::walk::Walker;
use crate::semantic::{ArgumentKind, Expr, ExprId, Module, Name};

impl Walker<'_, '_> {
    /// Whether a key that a call sorts by differs for all that the call sorts, and how sure that is.
    pub(super) fn tells_apart(&self, call: ExprId, key: ExprId) -> Rest {
        let (module, evaluator) = (self.module(), self.evaluator());
        let Expr::Call { callee, arguments } = module[call] else { return Rest::Anything };
        let first = module.list(arguments).first().filter(|given| given.kind == ArgumentKind::Positional);
        let sorted = match (first, module[callee]) {
            (Some(first), _) => first.value,
            (None, Expr::Attribute { value, .. }) => value,
            _ => return Rest::Anything,
        };
        let items = evaluator.item_of(&self.value(sorted));
        let asked = self.asked_by(key);
        match items.known.is_empty() || !items.known.iter().all(|item| self.is_told_by(*item, &items.known, &asked)) {
            true => Rest::Anything,
            false => items.rest,
        }
    }

    /// The attributes that a key function takes from each item.
    fn asked_by(&self, key: ExprId) -> Vec<Name> {
        let values = self.value(key);
        match values.only().map(|key| self.evaluator().get(key)) {
            Some(Value::Function(callable)) => self.asked_by_function(callable),
            Some(Value::Getter(taken)) => {
                let attribute = |taken: &Taken| match taken {
                    Taken::Attribute(name) => Some(*name),
                    _ => None,
                };
                taken.iter().filter_map(attribute).collect()
            }
            _ => Vec::new(),
        }
    }

    fn asked_by_function(&self, callable: &Callable) -> Vec<Name> {
        let module = self.evaluator().project().module(callable.function.file);
        let function = callable.function.function;
        let ([only], [given]) = (module.parameters(function), module[function].returns.as_slice()) else {
            return Vec::new();
        };
        let is_bound_again = module.bindings_of(module[function].scope, only.name).len() > 1;
        let Some(value) = given.value.filter(|_| !is_bound_again) else { return Vec::new() };
        let parts: Vec<ExprId> = match module[value] {
            Expr::Tuple(items) | Expr::List(items) => module.list(items).to_vec(),
            _ => vec![value],
        };
        parts.into_iter().filter_map(|part| attribute_of(module, part, only.name)).collect()
    }

    /// Whether some attributes of an item are together those of no other.
    fn is_told_by(&self, item: ValueId, all: &[ValueId], asked: &[Name]) -> bool {
        let evaluator = self.evaluator();
        let class_of = |item: ValueId| match evaluator.get(item) {
            Value::Instance(instance) => Some(instance.class),
            Value::Member(class, _) => Some(*class),
            _ => None,
        };
        let Some(class) = class_of(item).filter(|class| all.iter().all(|item| class_of(*item) == Some(*class))) else {
            return false;
        };
        let writes = |names: &[&str]| names.iter().any(|name| evaluator.method(item, Name::new(name)).is_some());
        if evaluator.is_enumeration(class) {
            // Members of one value are one member.
            let own = ["__new__", "__init__", "__eq__", "value", "name"];
            return asked.iter().any(|name| *name == "value" || *name == "name") && !writes(&own);
        }
        let Value::Instance(instance) = evaluator.get(item) else { return false };
        let fields = evaluator.fields(instance.class, instance.outer);
        !fields.is_empty()
            && fields.iter().all(|field| asked.contains(&field.name))
            && evaluator.generates_hash(instance)
            && !writes(&["__eq__", "__hash__"])
    }
}

/// The attribute of a name that an expression is.
fn attribute_of(module: &Module, expr: ExprId, wanted: Name) -> Option<Name> {
    let Expr::Attribute { value, name } = module[expr] else { return None };
    matches!(module[value], Expr::Name { name, .. } if name == wanted).then_some(name)
}
