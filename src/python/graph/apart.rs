//! Keys that tell the items of a set apart: none of them comes with the key of another, so that sorting leaves nothing to the order
//! in which they came.
//!
//! Knows: the value or name of an enumeration's members, and all fields of objects that are equal where their fields are. Does
//! not know: what a project makes unique by agreement, such as an `id`, and the order of what is neither a text, a number, a
//! time nor a tuple of those.

use super::super::class::Ancestor;
use super::super::value::{Callable, ClassRef, Rest, Sequence, Taken, Value, ValueId, Values};
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
        let Some((module, argument)) = self.only_argument(callable) else { return Vec::new() };
        let [only] = module[callable.function.function].returns.as_slice() else { return Vec::new() };
        let Some(value) = only.value else { return Vec::new() };
        let parts: Vec<ExprId> = match module[value] {
            Expr::Tuple(items) | Expr::List(items) => module.list(items).to_vec(),
            _ => vec![value],
        };
        parts.into_iter().filter_map(|part| attribute_of(module, part, argument)).collect()
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
        let writes = |names: &[&str]| names.iter().any(|name| self.defines(class, Name::new(name)));
        if evaluator.is_enumeration(class) {
            // Members of one value are one member.
            let own = ["__new__", "__init__", "__eq__", "value", "name"];
            let is_told = || asked.contains(&Name::new("name")) || self.values_have_an_order(item, class);
            return asked.iter().any(|name| *name == "value" || *name == "name") && !writes(&own) && is_told();
        }
        let Value::Instance(instance) = evaluator.get(item) else { return false };
        let fields = evaluator.fields(instance.class, instance.outer);
        let has_order = |name: Name| self.has_order(&evaluator.attribute(&Values::of(item), name), NESTED);
        !fields.is_empty()
            && fields.iter().all(|field| asked.contains(&field.name) && has_order(field.name))
            && evaluator.generates_hash(instance)
            && !writes(&["__eq__", "__hash__"])
    }

    /// Whether a class, or one of the project that it derives from, defines a name in whatever way.
    fn defines(&self, class: ClassRef, name: Name) -> bool {
        self.evaluator().order(class, None).iter().any(|ancestor| match ancestor {
            Ancestor::Project(owner, _) => {
                let module = self.evaluator().project().module(owner.file);
                module.variable(module[owner.class].scope, name).is_some()
            }
            Ancestor::Outside(_) => false,
            Ancestor::Dynamic(_) | Ancestor::Unknown => true,
        })
    }

    /// Whether the values of an enumeration's members, or of the one that is meant, have an order that tells them apart.
    fn values_have_an_order(&self, item: ValueId, class: ClassRef) -> bool {
        let names = match self.evaluator().get(item) {
            Value::Member(_, name) => vec![*name],
            _ => self.evaluator().member_names(class),
        };
        let of_member = |name: &Name| self.evaluator().value_of_member(class, *name);
        !names.is_empty()
            && names.iter().all(|name| of_member(name).is_some_and(|given| self.has_order(&given, NESTED)))
    }

    /// Whether values are of kinds of which two that are equal in order are equal: texts, numbers, times, and tuples of them.
    fn has_order(&self, values: &Values, depth: u8) -> bool {
        let evaluator = self.evaluator();
        let Some(depth) = depth.checked_sub(1) else { return false };
        let is_ordered = |value: &ValueId| match evaluator.get(*value) {
            Value::Int(_) | Value::Bool(_) | Value::Str(_) => true,
            Value::Items(Sequence::Tuple, items) => items.iter().all(|item| self.has_order(item, depth)),
            Value::Many(Sequence::Tuple, item) => self.has_order(item, depth),
            Value::OutsideInstance { class, .. } => {
                ORDERED.iter().any(|short| evaluator.is_builtin(*class, short))
                    || evaluator.world().is_standard(*class)
                        && TIMES.contains(&crate::source::last_part(class.as_str()))
            }
            _ => false,
        };
        !values.known.is_empty() && values.rest != Rest::Anything && values.known.iter().all(is_ordered)
    }
}

/// Those of its library.
const TIMES: [&str; 5] = ["Decimal", "UUID", "date", "datetime", "timedelta"];

/// How deep tuples are gone into.
const NESTED: u8 = 4;

/// The classes of the language whose objects have an order that tells them apart.
const ORDERED: [&str; 5] = ["bool", "bytes", "float", "int", "str"];

/// The attribute of a name that an expression is.
fn attribute_of(module: &Module, expr: ExprId, wanted: Name) -> Option<Name> {
    let Expr::Attribute { value, name } = module[expr] else { return None };
    matches!(module[value], Expr::Name { name, .. } if name == wanted).then_some(name)
}
