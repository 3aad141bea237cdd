//! What the language runs without a call that one can see: special methods, by operators, loops, tests, unpacking and
//! text; and the order that a set shows where it is gone through.
//!
//! Knows: which statement and operator runs which special method of an object. Does not know: what the method does; it is
//! followed like any other.

use smallvec::SmallVec;

use super::super::class::Ancestor;
use super::super::value::{Arguments, Callable, ClassRef, FrameId, Value, ValueId, Values};
use super::super::world::{Generated, Operand};
use super::reach::{EventKind, OrderUse};
use super::walk::Walker;
use crate::semantic::{CmpOp, Conversion, Expr, ExprId, Name, Operator, UnaryOp};
use crate::source::TextRange;

impl Walker<'_, '_> {
    /// Runs a special method of an object of the project, if it has it. Says whether it has.
    pub(super) fn special(&mut self, receivers: &Values, name: &str, site: TextRange) -> bool {
        self.special_with(receivers, name, &Arguments::open(), site)
    }

    fn special_with(&mut self, receivers: &Values, name: &str, arguments: &Arguments, site: TextRange) -> bool {
        let mut found = false;
        let doubtful = receivers.known.len() > 1;
        for receiver in &receivers.known {
            if let Value::OutsideInstance { class, .. } = self.get(*receiver) {
                found |= self.special_from_outside(class, *receiver, name, arguments, site, doubtful);
                continue;
            }
            // What is done with a class is done by its metaclass.
            if let Value::Class(class, outer) = self.get(*receiver) {
                if let Some(method) = self.evaluator().metaclass_method(class, outer, name) {
                    self.run(&method, arguments, site, doubtful);
                    found = true;
                }
                continue;
            }
            if !matches!(self.get(*receiver), Value::Instance(_) | Value::DynamicInstance(_) | Value::Member(..)) {
                continue;
            }
            if let Some(method) = self.evaluator().method(*receiver, Name::new(name)) {
                self.run(&method, arguments, site, doubtful);
                found = true;
            } else if let Some(inherited) = self.inherited_from_outside(*receiver, name) {
                self.runs_special_methods(inherited, Some(*receiver), arguments, site);
                found = true;
            } else if let Some(asked) = self.made_of_another(*receiver, name) {
                asked.iter().for_each(|method| self.run(method, arguments, site, doubtful));
                found = true;
            }
        }
        found
    }

    /// A special method of a class outside the project of which it is known what a call does: going through what a database
    /// is asked for asks it.
    fn special_from_outside(
        &mut self,
        class: Name,
        receiver: ValueId,
        name: &str,
        arguments: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) -> bool {
        let method = Name::new(&format!("{class}.{name}"));
        let evaluator = self.evaluator();
        if !evaluator.world().is_listed(method) {
            return false;
        }
        let callee = evaluator.store().id(Value::OutsideMethod { name: method, receiver });
        self.invoke(callee, arguments, site, doubtful);
        true
    }

    /// The special method that an object's class has from a base outside the project which is known to call others.
    fn inherited_from_outside(&self, receiver: ValueId, name: &str) -> Option<Name> {
        let evaluator = self.evaluator();
        let order = evaluator.order_of(receiver)?;
        order.iter().find_map(|ancestor| match ancestor {
            Ancestor::Outside(base) => {
                let method = Name::new(&format!("{base}.{name}"));
                (!evaluator.world().runs(method).is_empty()).then_some(method)
            }
            _ => None,
        })
    }

    /// What a comparison asks that a decorator of the class makes of one which is written: that one, and where it is not just
    /// turned round, whether the two are equal. Of several that are written it takes the one whose name is the last
    /// (`functools.total_ordering`).
    fn made_of_another(&self, receiver: ValueId, name: &str) -> Option<Vec<Callable>> {
        if !compares(&[name]) {
            return None;
        }
        let evaluator = self.evaluator();
        let order = evaluator.order_of(receiver)?;
        let methods = order.iter().find_map(|ancestor| match ancestor {
            Ancestor::Project(class, outer) => self.made_by_decorators(*class, *outer, name),
            _ => None,
        })?;
        let written: Vec<(Name, Callable)> = methods
            .into_iter()
            .filter_map(|method| evaluator.method(receiver, method).map(|written| (method, written)))
            .collect();
        let is_order = |(method, _): &&(Name, Callable)| compares(&[method.as_str()]);
        let root = written.iter().filter(is_order).max_by_key(|(method, _)| method.as_str())?;
        let equal = written.iter().find(|(method, _)| *method == "__eq__" && !is_opposite(root.0.as_str(), name));
        Some(std::iter::once(root).chain(equal).map(|(_, method)| *method).collect())
    }

    /// The methods of a class that one which its decorators make asks.
    fn made_by_decorators(&self, class: ClassRef, outer: Option<FrameId>, name: &str) -> Option<Vec<Name>> {
        let evaluator = self.evaluator();
        let module = evaluator.project().module(class.file);
        let place = super::super::Place { file: class.file, frame: outer };
        module.list(module[class.class].decorators).iter().find_map(|decorator| {
            let maker = evaluator.value(*decorator, place).single().and_then(|maker| evaluator.outside_name(maker))?;
            let runs = evaluator.world().runs(Name::new(&format!("{maker}.{name}")));
            (!runs.is_empty()).then(|| runs.iter().flat_map(|runs| runs.methods.iter().copied()).collect())
        })
    }

    /// Context managers that a function has as decorators are entered and left with each call of it.
    pub(super) fn managed_by_decorators(&mut self, callable: &Callable, site: TextRange) {
        let module = self.evaluator().project().module(callable.function.file);
        let place = super::super::Place { file: callable.function.file, frame: callable.outer };
        for decorator in module.list(module[callable.function.function].decorators) {
            let Expr::Call { callee, arguments } = module[*decorator] else { continue };
            let callees = self.evaluator().value(callee, place);
            let Some(callee) = callees.single() else { continue };
            match self.get(callee) {
                Value::Class(class, outer) => {
                    let world = self.evaluator().world();
                    if self.evaluator().derives_from(class, outer, &|name| world.is_context_decorator(name)) {
                        let managers = self.evaluator().value(*decorator, place);
                        for name in ["__enter__", "__aenter__", "__exit__", "__aexit__"] {
                            self.special(&managers, name, site);
                        }
                    }
                }
                Value::Function(manager) if self.is_context_manager(&manager) => {
                    let arguments = self.evaluator().arguments(arguments, place);
                    self.run(&manager, &arguments, site, false);
                }
                _ => {}
            }
        }
    }

    /// Whether a function is a generator of which a context manager is made.
    fn is_context_manager(&self, callable: &Callable) -> bool {
        let evaluator = self.evaluator();
        let module = evaluator.project().module(callable.function.file);
        let definition = &module[callable.function.function];
        let place = super::super::Place { file: callable.function.file, frame: callable.outer };
        definition.is_generator
            && module.list(definition.decorators).iter().any(|decorator| {
                let values = evaluator.value(*decorator, place);
                let name = values.single().and_then(|value| evaluator.outside_name(value));
                name.is_some_and(|name| evaluator.world().makes_context_manager(name))
            })
    }

    pub(super) fn iterated(&mut self, iterables: &Values, site: TextRange, is_async: bool) {
        let (start, step) = if is_async { ("__aiter__", "__anext__") } else { ("__iter__", "__next__") };
        if self.special(iterables, start, site) {
            for iterable in &iterables.known {
                let iterators = self.evaluator().call_method(*iterable, start);
                // What has `__next__` alone has `__iter__` from `Iterator`, which gives the object itself.
                let inherits = iterators.known.is_empty();
                self.special(if inherits { iterables } else { &iterators }, step, site);
            }
        } else if !self.special(iterables, step, site) && !is_async {
            self.special(iterables, "__getitem__", site);
        }
    }

    /// The text of an object: its own method, or else the default with its address.
    fn represented(&mut self, objects: &Values, names: &[&str], site: TextRange) {
        for object in &objects.known {
            let Value::Instance(instance) = self.get(*object) else {
                if matches!(self.get(*object), Value::Member(..)) {
                    let _ = names.iter().any(|name| self.special(&Values::of(*object), name, site));
                }
                continue;
            };
            if names.iter().any(|name| self.special(&Values::of(*object), name, site)) {
                continue;
            }
            // An object of which only one of several classes is known may well have a text of its own.
            let is_sure = objects.rest != super::super::Rest::Anything;
            if is_sure && !self.logging && self.has_default_representation(instance.class) {
                self.event(site, None, EventKind::DefaultRepr);
            }
        }
    }

    fn has_default_representation(&self, class: ClassRef) -> bool {
        let evaluator = self.evaluator();
        let plain = evaluator.order(class, None).iter().all(|ancestor| match ancestor {
            Ancestor::Project(..) => true,
            Ancestor::Outside(name) => evaluator.world().is_plain_base(*name),
            _ => false,
        });
        let module = evaluator.project().module(class.file);
        plain && module[class.class].decorators.is_empty() && evaluator.generated(class, None) == Generated::No
    }

    /// Something is shown in a formatted text.
    pub(super) fn shown(&mut self, object: ExprId, conversion: Conversion) {
        // What an exception says is for people.
        if !self.raising {
            self.set_order(object, OrderUse::Text);
        }
        let values = self.value(object);
        let site = self.module().span(object);
        match conversion {
            Conversion::Repr | Conversion::Ascii => self.represented(&values, &["__repr__"], site),
            Conversion::Str => self.represented(&values, &["__str__", "__repr__"], site),
            Conversion::None => self.represented(&values, &["__format__", "__str__", "__repr__"], site),
        }
    }

    /// `*iterable`; `ordered` where the order of the items can be seen afterwards.
    pub(super) fn unpacked(&mut self, iterable: ExprId, ordered: bool) {
        let values = self.value(iterable);
        let site = self.module().span(iterable);
        self.iterated(&values, site, false);
        if ordered {
            self.set_order(iterable, OrderUse::Unpacking);
        }
    }

    /// `**mapping`.
    pub(super) fn merged(&mut self, mapping: ExprId) {
        let values = self.value(mapping);
        let site = self.module().span(mapping);
        for name in ["keys", "__getitem__"] {
            self.special(&values, name, site);
        }
    }

    /// A test of whether an object counts as true.
    pub(super) fn tested(&mut self, test: ExprId) {
        let module = self.module();
        if matches!(module[test], Expr::Compare { .. } | Expr::Unary { .. } | Expr::BoolOp { .. }) {
            return;
        }
        let values = self.value(test);
        let site = module.span(test);
        if !self.special(&values, "__bool__", site) {
            self.special(&values, "__len__", site);
        }
    }

    /// A key of a dictionary, or an item of a set.
    pub(super) fn hashed(&mut self, key: ExprId) {
        let values = self.value(key);
        let site = self.module().span(key);
        self.special(&values, "__hash__", site);
    }

    pub(super) fn subscripted(&mut self, expr: ExprId, value: ExprId, index: ExprId) {
        let site = self.module().span(expr);
        let values = self.value(value);
        let arguments = Arguments::positional(vec![self.value(index)]);
        if !self.special_with(&values, "__getitem__", &arguments, site) {
            self.special(&values, "__missing__", site);
        }
        self.hashed(index);
        // An object that stands for a position of a sequence.
        if !values.known.iter().any(|value| matches!(self.get(*value), Value::Table(_))) {
            let index = self.value(index);
            self.special(&index, "__index__", site);
        }
        for class in &values.known {
            if matches!(self.get(*class), Value::Class(..))
                && let Some(hook) = self.evaluator().method(*class, Name::new("__class_getitem__"))
            {
                self.run(&hook, &arguments, site, false);
            }
        }
    }

    pub(super) fn augmented(&mut self, target: ExprId, op: Operator, value: ExprId, site: TextRange) {
        let (in_place, plain) = operator_names(op);
        let values = self.value(target);
        let arguments = Arguments::positional(vec![self.value(value)]);
        if !self.special_with(&values, in_place, &arguments, site) {
            self.special_with(&values, plain, &arguments, site);
        }
    }

    pub(super) fn operated(&mut self, op: Operator, left: ExprId, right: ExprId, site: TextRange) {
        let (_, plain) = operator_names(op);
        let reflected = plain.replacen("__", "__r", 1);
        let (lefts, rights) = (self.value(left), self.value(right));
        if !self.special_with(&lefts, plain, &Arguments::positional(vec![rights.clone()]), site) {
            self.special_with(&rights, &reflected, &Arguments::positional(vec![lefts]), site);
        }
    }

    pub(super) fn negated(&mut self, op: UnaryOp, operand: ExprId, site: TextRange) {
        let Some(name) = unary_operator_name(op) else { return self.tested(operand) };
        let values = self.value(operand);
        self.special(&values, name, site);
    }

    pub(super) fn compared(&mut self, op: CmpOp, left: ExprId, right: ExprId, site: TextRange) {
        let (lefts, rights) = (self.value(left), self.value(right));
        let names = match op {
            CmpOp::Eq => ("__eq__", "__eq__"),
            CmpOp::NotEq => ("__ne__", "__ne__"),
            CmpOp::Lt => ("__lt__", "__gt__"),
            CmpOp::LtE => ("__le__", "__ge__"),
            CmpOp::Gt => ("__gt__", "__lt__"),
            CmpOp::GtE => ("__ge__", "__le__"),
            CmpOp::In | CmpOp::NotIn => {
                let arguments = Arguments::positional(vec![lefts.clone()]);
                if !self.special_with(&rights, "__contains__", &arguments, site) {
                    self.iterated(&rights, site, false);
                    let items = self.evaluator().item_of(&rights);
                    if !self.special_with(&lefts, "__eq__", &Arguments::positional(vec![items.clone()]), site) {
                        self.special_with(&items, "__eq__", &arguments, site);
                    }
                }
                return;
            }
            CmpOp::Is | CmpOp::IsNot => return,
        };
        let (to_right, to_left) =
            (Arguments::positional(vec![rights.clone()]), Arguments::positional(vec![lefts.clone()]));
        let found =
            self.special_with(&lefts, names.0, &to_right, site) || self.special_with(&rights, names.1, &to_left, site);
        if op == CmpOp::NotEq && !found && !self.special_with(&lefts, "__eq__", &to_right, site) {
            self.special_with(&rights, "__eq__", &to_left, site);
        }
        if !found && matches!(op, CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE) {
            self.derived_comparison(&lefts, site);
        }
    }

    /// `functools.total_ordering` and its like derive the other comparisons from one that is written.
    fn derived_comparison(&mut self, lefts: &Values, site: TextRange) {
        for name in ["__lt__", "__gt__", "__le__", "__ge__"] {
            if self.special(lefts, name, site) {
                self.special(lefts, "__eq__", site);
                return;
            }
        }
    }

    pub(super) fn managed(&mut self, manager: ExprId, is_async: bool) {
        let values = self.value(manager);
        let site = self.module().span(manager);
        let names: [&str; 2] = if is_async { ["__aenter__", "__aexit__"] } else { ["__enter__", "__exit__"] };
        for name in names {
            self.special(&values, name, site);
        }
    }

    /// The order of a set decides what comes of going through it.
    pub(super) fn set_order(&mut self, iterable: ExprId, by: OrderUse) {
        self.set_order_of(iterable, by, false);
    }

    pub(super) fn set_order_of(&mut self, iterable: ExprId, by: OrderUse, doubtful: bool) {
        if self.orderless != Some(iterable) && !self.logging && !self.at_import {
            self.order_of_sets(iterable, &self.value(iterable), by, doubtful);
        }
    }

    /// The same where the sets stand in what an expression gives.
    pub(super) fn order_of_sets(&mut self, shown: ExprId, sets: &Values, by: OrderUse, doubtful: bool) {
        if self.logging || self.at_import {
            return;
        }
        // Only what surely is a set: one of several values may be the sorted one.
        let hashed = |value: &ValueId| match self.evaluator().get(*value) {
            Value::Set { hashed, .. } => *hashed,
            _ => false,
        };
        if !sets.known.is_empty() && sets.known.iter().all(hashed) {
            let range = self.module().span(shown);
            let doubtful = doubtful || sets.rest == super::super::Rest::Anything;
            self.event(range, Some(shown), EventKind::SetOrder { by, doubtful });
        }
    }

    /// What is compared where items are put in order: what the key makes of them.
    fn compared_items(&self, items: &Values, given: &Arguments) -> Compared {
        let evaluator = self.evaluator();
        let is_none = |key: &Values| key.only().is_some_and(|key| matches!(evaluator.get(key), Value::None));
        let keyed = match given.named.iter().find(|(name, _)| *name == "key") {
            Some((_, key)) if !is_none(key) => evaluator.result(key, &Arguments::positional(vec![items.clone()])),
            _ => items.clone(),
        };
        let parts = |from: usize, count: usize| {
            evaluator.each(&keyed, |_, value| match value {
                Value::Items(_, parts) => Values::union(parts.iter().skip(from).take(count).cloned()),
                _ => Values::NEVER,
            })
        };
        let (in_tuples, rarely) = (parts(0, 2), parts(2, usize::MAX));
        let mut often = evaluator.each(&keyed, |id, value| match value {
            Value::Items(..) => Values::NEVER,
            _ => Values::of(id),
        });
        often.join(&in_tuples);
        Compared { often, in_tuples, rarely }
    }

    /// Special methods that callables from outside run on what they are given.
    pub(super) fn runs_special_methods(
        &mut self,
        name: Name,
        receiver: Option<ValueId>,
        given: &Arguments,
        site: TextRange,
    ) {
        for runs in self.evaluator().world().runs(name) {
            let on = Values::union(self.operand(runs.of, receiver, given));
            let names: SmallVec<[&str; 4]> = runs.methods.iter().map(|name| name.as_str()).collect();
            if matches!(names.first(), Some(&"__str__" | &"__repr__" | &"__format__")) {
                self.represented(&on, &names, site);
                continue;
            }
            if compares(&names) || names[..] == ["__eq__"] {
                let Compared { often, in_tuples, rarely } = self.compared_items(&on, given);
                self.first_comparison(&often, &names, site);
                self.special(&in_tuples, "__eq__", site);
                let outer = std::mem::replace(&mut self.unlikely, true);
                self.first_comparison(&rarely, &names, site);
                self.special(&rarely, "__eq__", site);
                self.unlikely = outer;
                continue;
            }
            self.first_special(&on, &names, site);
        }
    }

    /// Runs the first of some comparisons that objects have, or else the one by which the other side answers.
    fn first_comparison(&mut self, on: &Values, names: &[&str], site: TextRange) {
        if self.first_special(on, names, site) || !compares(names) {
            return;
        }
        let answered = names.iter().any(|name| self.special(on, answering(name), site));
        if !answered {
            self.derived_comparison(on, site);
        }
    }

    /// Runs the first of some special methods that objects have, and says whether there is one.
    fn first_special(&mut self, on: &Values, names: &[&str], site: TextRange) -> bool {
        for name in names {
            if let Some(beginning) = name.strip_suffix('*') {
                for method in self.evaluator().methods_beginning(on, beginning) {
                    self.special(on, method.as_str(), site);
                }
                continue;
            }
            // Going through something falls back to its items by number by itself.
            if *name == "__iter__" {
                self.iterated(on, site, false);
                return true;
            }
            if self.special(on, name, site) {
                return true;
            }
        }
        false
    }

    /// The values of a call that one operand stands for: several for the operands that do.
    pub(super) fn operand(&self, of: Operand, receiver: Option<ValueId>, given: &Arguments) -> Vec<Values> {
        let evaluator = self.evaluator();
        let positional = &given.positional;
        let item = |values: &Values| evaluator.item_of(values);
        match of {
            Operand::Argument(position) => positional.get(position).cloned().into_iter().collect(),
            Operand::ArgumentsFrom(position) => positional.iter().skip(position).cloned().collect(),
            Operand::Named => given.named.iter().map(|(_, values)| values.clone()).collect(),
            Operand::ItemOf(position) => positional.get(position).map(item).into_iter().collect(),
            Operand::ItemsFrom(position) => positional.iter().skip(position).map(item).collect(),
            Operand::ValueIn(position) => {
                positional.get(position).map(|mapping| evaluator.value_in(mapping)).into_iter().collect()
            }
            Operand::Object(class) => vec![evaluator.returned(class)],
            Operand::Made(keyword) => {
                let classes = given.keyword(keyword.as_str()).unwrap_or(Values::NEVER);
                vec![evaluator.instance_of(&classes)]
            }
            Operand::Candidates => match &positional[..] {
                [only] => vec![item(only)],
                several => vec![Values::union(several.iter().cloned())],
            },
            Operand::Receiver => receiver.map(Values::of).into_iter().collect(),
            Operand::ReceiverItem => receiver.map(|receiver| item(&Values::of(receiver))).into_iter().collect(),
            Operand::Unknown => vec![Values::anything()],
        }
    }
}

/// What is compared where items are put in order.
struct Compared {
    /// The items, and of tuples their first parts.
    often: Values,
    /// The first parts of tuples, of which it is asked first whether they are equal.
    in_tuples: Values,
    /// What of tuples is hardly ever compared: what stands behind two parts, since `(priority, number, job)` is told apart by the
    /// number.
    rarely: Values,
}

/// Whether methods compare an object with another.
fn compares(methods: &[&str]) -> bool {
    methods.iter().all(|method| matches!(*method, "__lt__" | "__gt__" | "__le__" | "__ge__"))
}

/// Whether one comparison is the other turned round: nothing else is asked for it.
fn is_opposite(one: &str, other: &str) -> bool {
    let pair = if one < other { (one, other) } else { (other, one) };
    matches!(pair, ("__ge__", "__lt__") | ("__gt__", "__le__"))
}

/// The comparison by which the right side answers where the left one has none.
fn answering(comparison: &str) -> &'static str {
    match comparison {
        "__lt__" => "__gt__",
        "__gt__" => "__lt__",
        "__le__" => "__ge__",
        _ => "__le__",
    }
}

/// The name of the method of an operator with one operand; `not` has none.
#[must_use]
pub fn unary_operator_name(op: UnaryOp) -> Option<&'static str> {
    match op {
        UnaryOp::Not => None,
        UnaryOp::USub => Some("__neg__"),
        UnaryOp::UAdd => Some("__pos__"),
        UnaryOp::Invert => Some("__invert__"),
    }
}

/// The names of the methods of an operator: in place, and plain.
#[must_use]
pub fn operator_names(op: Operator) -> (&'static str, &'static str) {
    match op {
        Operator::Add => ("__iadd__", "__add__"),
        Operator::Sub => ("__isub__", "__sub__"),
        Operator::Mult => ("__imul__", "__mul__"),
        Operator::MatMult => ("__imatmul__", "__matmul__"),
        Operator::Div => ("__itruediv__", "__truediv__"),
        Operator::Mod => ("__imod__", "__mod__"),
        Operator::Pow => ("__ipow__", "__pow__"),
        Operator::LShift => ("__ilshift__", "__lshift__"),
        Operator::RShift => ("__irshift__", "__rshift__"),
        Operator::BitOr => ("__ior__", "__or__"),
        Operator::BitXor => ("__ixor__", "__xor__"),
        Operator::BitAnd => ("__iand__", "__and__"),
        Operator::FloorDiv => ("__ifloordiv__", "__floordiv__"),
    }
}
