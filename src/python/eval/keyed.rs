//! Tables that are keyed by what their items say of themselves.
//!
//! Knows: the names that classes and functions have, tables made of items that are written down, and which keys a table surely has not.
//! Does not know: what fills a table later ([`collection`](super::collection)).

use super::{Evaluator, Place};
use crate::python::value::{Rest, Value, ValueId, Values};
use crate::semantic::{Comprehension, Expr, ExprId, Module, Name, ScopeKind, VariableId};

impl Evaluator<'_> {
    /// `{step.name: step for step in STEPS}`: a table by what each of some items that are written down says of itself.
    pub(super) fn table_of_items(&self, made: &Comprehension, place: Place) -> Option<Vec<(Option<ValueId>, Values)>> {
        let module = self.project.module(place.file);
        let [clause] = module.list(made.clauses) else { return None };
        // Of two items with one key, a condition may leave out the later one.
        if !module.list(clause.conditions).is_empty() {
            return None;
        }
        let Expr::Target(target) = module[clause.target] else { return None };
        let variable = module[target].variable;
        let asked = [made.key?, made.element].map(|part| path_from(module, part, variable));
        let [Some(key), Some(element)] = asked else { return None };
        if key.iter().chain(&element).any(|name| self.is_set_from_outside(*name)) {
            return None;
        }
        let Value::Items(_, items) = self.get(self.value(clause.iterable, place).only()?) else { return None };
        let read = |item: &Values, path: &[Name]| {
            path.iter().fold(item.clone(), |object, name| self.attribute(&object, *name))
        };
        let entry = |item: &Values| Some((Some(self.constant(&read(item, &key))?), read(item, &element)));
        items.iter().map(entry).collect()
    }

    /// What `__name__` of a class or function is: the name by which it is defined, where nothing gives it another.
    pub(super) fn own_name(&self, id: ValueId) -> Option<Values> {
        let attribute = Name::new("__name__");
        let (file, name) = match self.get(id) {
            Value::Class(class, _) => (class.file, self.project.module(class.file)[class.class].name),
            Value::Function(callable) => {
                let module = self.project.module(callable.function.file);
                let function = &module[callable.function.function];
                // What stands inside a function is often a wrapper with the name of what it wraps.
                let is_nested = matches!(module[function.parent].kind, ScopeKind::Function(_));
                let place = Place { file: callable.function.file, frame: None };
                let is_given = |decorator: &ExprId| self.may_give_a_name(module, *decorator, place);
                if is_nested || function.is_lambda() || module.list(function.decorators).iter().any(is_given) {
                    return None;
                }
                (callable.function.file, function.name)
            }
            _ => return None,
        };
        let is_set = self.project.module(file).attribute_stores(attribute).next().is_some();
        (!is_set).then(|| self.only(Value::Str(name)))
    }

    /// `@wraps(other)`: a decorator that is made with something else than texts and numbers.
    fn may_give_a_name(&self, module: &Module, decorator: ExprId, place: Place) -> bool {
        let Expr::Call { arguments, .. } = module[decorator] else { return false };
        let is_plain =
            |value: ValueId| matches!(self.get(value), Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::None);
        module.list(arguments).iter().any(|given| !self.value(given.value, place).only().is_some_and(is_plain))
    }

    /// Whether all keys of a table are known, and a key is surely none of them.
    pub(in crate::python) fn has_others_only(&self, entries: &[(Option<ValueId>, Values)], key: &Values) -> bool {
        let plain = |key: ValueId| matches!(self.get(key), Value::None | Value::Int(_) | Value::Str(_));
        let is_other = |key: &ValueId| {
            plain(*key) && entries.iter().all(|(other, _)| other.is_some_and(|other| plain(other) && other != *key))
        };
        !entries.is_empty() && key.rest == Rest::Nothing && !key.known.is_empty() && key.known.iter().all(is_other)
    }
}

/// The attributes by which an expression is reached from a variable: none where it is the variable itself.
fn path_from(module: &Module, expr: ExprId, variable: VariableId) -> Option<Vec<Name>> {
    match module[expr] {
        Expr::Name { name, block, .. } => (module.variable_read(name, block)? == variable).then(Vec::new),
        Expr::Attribute { value, name } => {
            let mut path = path_from(module, value, variable)?;
            path.push(name);
            Some(path)
        }
        _ => None,
    }
}
