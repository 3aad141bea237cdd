//! What is left of a value's alternatives behind a test.
//!
//! Knows: which tests say something about a name or an attribute, in both directions. Does not know: where the tests stand;
//! [`flow`](super::flow) asks for those on the way.

use super::truth::agreed;
use super::{Evaluator, Place};
use crate::python::value::{Besides, Instance, NONE_TYPE, Rest, Value, ValueId, Values, builtin};
use crate::python::world::Special;
use crate::semantic::{
    AttributeStore, CmpOp, Condition, Expr, ExprId, FunctionId, Loop, LoopId, MatchId, Name, VariableId,
};

/// How many bases of a class from outside are looked at.
const MAX_BASES: usize = 12;

/// What a test is about.
#[derive(Clone, Copy)]
enum Subject {
    Variable(VariableId),
    /// An attribute, as it is written.
    Attribute(ExprId),
}

impl Evaluator<'_> {
    /// What is left of a variable's values where a test has a truth value.
    pub(super) fn narrowed(
        &self,
        values: Values,
        variable: VariableId,
        test: ExprId,
        holds: bool,
        place: Place,
    ) -> Values {
        self.narrowed_subject(values, Subject::Variable(variable), test, holds, place)
    }

    /// What is left of an attribute's values behind the tests that control always passes before.
    pub(super) fn narrowed_attribute(&self, attribute: ExprId, values: Values, place: Place) -> Values {
        let module = self.project.module(place.file);
        if values.known.is_empty() && values.rest == Rest::Nothing {
            return values;
        }
        let Some(block) = self.block_of_path(attribute, place) else { return values };
        let mut values = values;
        for (guard, condition) in module.guards(block) {
            let Condition::Test(test, holds) = condition else { continue };
            if self.is_assigned_between(attribute, guard, block, place) {
                break;
            }
            let narrowed = self.narrowed_subject(values.clone(), Subject::Attribute(attribute), test, holds, place);
            if narrowed != values && self.may_change_between(attribute, test, place) {
                break;
            }
            values = narrowed;
        }
        values
    }

    /// Whether other code may have assigned an attribute between a test of it and a read: the code waits there, and another
    /// function of the file assigns one of this name.
    fn may_change_between(&self, attribute: ExprId, test: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let (Expr::Attribute { name, .. }, Some(read)) = (module[attribute], self.block_of_path(attribute, place))
        else {
            return false;
        };
        let function = module[read].function;
        let begins = |function: FunctionId| matches!(module[function].name.as_str(), "__init__" | "__post_init__");
        let is_elsewhere = |store: &AttributeStore| {
            module[store.block].function != function && module[store.block].function.is_some_and(|other| !begins(other))
        };
        if !module.attribute_stores(name).any(is_elsewhere) {
            return false;
        }
        let (from, read) = (module.span(test).end(), module.span(attribute));
        // What is read in a loop is read again behind all that the loop waits for.
        let looped = |id: LoopId| {
            let Loop { head, body, .. } = module[id];
            let end = module.list(body).last().map(|last| module.statement_span(*last).end())?;
            (from <= module.span(head).start() && read.start() >= module.span(head).start() && read.end() <= end)
                .then_some(end)
        };
        let until = module.loop_ids().filter_map(looped).max().unwrap_or(read.start());
        module.waits().iter().any(|(of, wait)| *of == function && from <= wait.start() && wait.end() <= until)
    }

    /// The block that reads the name at the root of `name.attribute.attribute`.
    fn block_of_path(&self, path: ExprId, place: Place) -> Option<crate::semantic::BlockId> {
        let module = self.project.module(place.file);
        match module[path] {
            Expr::Attribute { value, .. } => self.block_of_path(value, place),
            Expr::Name { block, .. } => Some(block),
            _ => None,
        }
    }

    /// Whether an attribute of the name is assigned between a test and a read of it.
    fn is_assigned_between(
        &self,
        attribute: ExprId,
        guard: crate::semantic::BlockId,
        read: crate::semantic::BlockId,
        place: Place,
    ) -> bool {
        let module = self.project.module(place.file);
        let Expr::Attribute { name, .. } = module[attribute] else { return false };
        let function = module[read].function;
        module
            .attribute_stores(name)
            .any(|store| module[store.block].function == function && store.block >= guard && store.block <= read)
    }

    fn narrowed_subject(&self, values: Values, subject: Subject, test: ExprId, holds: bool, place: Place) -> Values {
        let module = self.project.module(place.file);
        match module[test] {
            Expr::Named { target, value } => {
                let values = match module[target] {
                    Expr::Target(binding) if self.is_variable(subject, module[binding].variable) => {
                        self.with_truth(&values, holds)
                    }
                    _ => values,
                };
                self.narrowed_subject(values, subject, value, holds, place)
            }
            Expr::Compare { left, rest } => match module.list(rest) {
                [only] if self.is_about(subject, left, place) => {
                    self.narrowed_by_comparison(values, only.op, only.right, holds, place)
                }
                [only] if self.is_about(subject, only.right, place) && is_symmetric(only.op) => {
                    self.narrowed_by_comparison(values, only.op, left, holds, place)
                }
                [only] => self.narrowed_by_type(values, subject, (left, only.op, only.right), holds, place),
                _ => values,
            },
            Expr::Call { callee, .. } => self.narrowed_by_call(values, subject, (test, callee), holds, place),
            _ if self.is_about(subject, test, place) => self.with_truth(&values, holds),
            _ => values,
        }
    }

    fn is_variable(&self, subject: Subject, variable: VariableId) -> bool {
        matches!(subject, Subject::Variable(own) if own == variable)
    }

    fn is_about(&self, subject: Subject, expr: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        match (subject, module[expr]) {
            (Subject::Variable(variable), Expr::Name { name, block, .. }) => {
                module[variable].name == name && module.variable_read(name, block) == Some(variable)
            }
            (Subject::Variable(variable), Expr::Named { target, .. }) => {
                matches!(module[target], Expr::Target(binding) if module[binding].variable == variable)
            }
            (Subject::Attribute(path), Expr::Attribute { .. }) => self.is_same_path(path, expr, place),
            _ => false,
        }
    }

    fn is_same_path(&self, one: ExprId, other: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        match (module[one], module[other]) {
            (Expr::Attribute { value: a, name: x }, Expr::Attribute { value: b, name: y }) => {
                x == y && self.is_same_path(a, b, place)
            }
            (Expr::Name { name: x, .. }, Expr::Name { name: y, .. }) => x == y,
            _ => false,
        }
    }

    /// `subject is other`, `subject == other`, `subject in others`.
    fn narrowed_by_comparison(&self, values: Values, op: CmpOp, other: ExprId, holds: bool, place: Place) -> Values {
        let others = self.value(other, place);
        match op {
            CmpOp::Is | CmpOp::IsNot => {
                let others = self.ellipsis(other, place).unwrap_or(others);
                self.only_those(values, &others, holds == (op == CmpOp::Is), true)
            }
            CmpOp::Eq | CmpOp::NotEq => self.only_those(values, &others, holds == (op == CmpOp::Eq), false),
            CmpOp::In | CmpOp::NotIn => {
                let wanted = holds == (op == CmpOp::In);
                // A dict may be given further keys.
                let is_table = |value: &ValueId| matches!(self.get(*value), Value::Table(_));
                let Some(container) = others.only().filter(|value| !is_table(value)) else { return values };
                let mut values = self.expanded(values);
                values.known.retain(|value| self.is_in(*value, container, other, place) != Some(!wanted));
                values
            }
            _ => values,
        }
    }

    /// The alternatives that may, or may not, be the other value.
    fn only_those(&self, values: Values, others: &Values, same: bool, identical: bool) -> Values {
        let Some(other) = others.single().filter(|_| others.rest == Rest::Nothing) else { return values };
        let mut values = self.expanded(values);
        values.known.retain(|value| self.are_alike(*value, other, identical) != Some(!same));
        let constant = match self.get(other) {
            Value::None | Value::Member(..) | Value::Bool(_) | Value::Str(_) | Value::Int(_) => true,
            Value::OutsideInstance { besides: Besides::Made(..), .. } => identical,
            _ => false,
        };
        if same && constant && values.rest != Rest::Nothing {
            // It is that very constant, whatever else it might have been.
            return Values::of(other);
        }
        values
    }

    /// An object that can only be a member of an enumeration, as its members.
    pub(super) fn expanded(&self, values: Values) -> Values {
        let is_open = |value: &ValueId| matches!(self.get(*value), Value::Instance(instance) if self.is_enumeration(instance.class));
        if !values.known.iter().any(is_open) {
            return values;
        }
        let rest = values.rest;
        let each = self.each(&values, |id, value| match value {
            Value::Instance(instance) if self.is_enumeration(instance.class) => {
                self.all_members(instance.class, instance.outer)
            }
            _ => Values::of(id),
        });
        each.with_rest(rest)
    }

    /// `type(subject) is Class`.
    fn narrowed_by_type(
        &self,
        values: Values,
        subject: Subject,
        (left, op, right): (ExprId, CmpOp, ExprId),
        holds: bool,
        place: Place,
    ) -> Values {
        let module = self.project.module(place.file);
        let Expr::Call { callee, .. } = module[left] else { return values };
        let asks_type = self.special_of(&self.value(callee, place)) == Some(Special::Type);
        let about = self.positional_arguments(left, place);
        if !asks_type || !matches!(about.as_slice(), [only] if self.is_about(subject, *only, place)) {
            return values;
        }
        let positive = match op {
            CmpOp::Is | CmpOp::Eq => holds,
            CmpOp::IsNot | CmpOp::NotEq => !holds,
            _ => return values,
        };
        let classes = self.value(right, place);
        if positive { self.instances_among(&values, &classes) } else { values }
    }

    fn narrowed_by_call(
        &self,
        values: Values,
        subject: Subject,
        (call, callee): (ExprId, ExprId),
        holds: bool,
        place: Place,
    ) -> Values {
        let special = self.special_of(&self.value(callee, place));
        let arguments = self.positional_arguments(call, place);
        match (special, arguments.as_slice()) {
            (Some(Special::IsInstance), [object, classes]) if self.is_about(subject, *object, place) => {
                let classes = self.value(*classes, place);
                if holds { self.instances_among(&values, &classes) } else { self.without_instances(values, &classes) }
            }
            (Some(Special::Asks(asked)), [object]) if self.is_about(subject, *object, place) => {
                let mut values = values;
                values.known.retain(|value| self.asked(asked, *value) != Some(!holds));
                values
            }
            _ => values,
        }
    }

    /// The classes that `isinstance` asks for.
    pub(super) fn classes_in(&self, classes: &Values) -> Values {
        self.each(classes, |id, class| match class {
            Value::Items(_, items) => Values::union(items.iter().map(|item| self.classes_in(item))),
            _ => Values::of(id),
        })
    }

    /// Whether a value is an object of one of some classes, as far as that can be told.
    pub(in crate::python) fn is_instance_of(&self, value: ValueId, classes: &Values) -> Option<bool> {
        self.by_each(classes, &|class| self.is_instance(value, class))
    }

    /// What is so of a class or of any of a tuple of classes, where all that may be asked for say the same.
    pub(super) fn by_each(&self, classes: &Values, is_so: &dyn Fn(ValueId) -> Option<bool>) -> Option<bool> {
        let of_any = |asked: &ValueId| {
            let classes = self.classes_in(&Values::of(*asked));
            let mut answers = classes.known.iter().map(|class| is_so(*class));
            let mut all = classes.rest == Rest::Nothing;
            match answers.any(|answer| {
                all &= answer.is_some();
                answer == Some(true)
            }) {
                true => Some(true),
                false => all.then_some(false),
            }
        };
        let said = agreed(classes.known.iter().map(of_any));
        said.filter(|_| classes.rest == Rest::Nothing)
    }

    /// The alternatives that are objects of the classes; where a value may be anything else, objects of the classes.
    pub(in crate::python) fn instances_among(&self, values: &Values, classes: &Values) -> Values {
        let asked = classes;
        let classes = self.classes_in(asked);
        let mut found = Values::NEVER;
        for value in &values.known {
            match self.is_instance_of(*value, asked) {
                Some(true) => found.add(*value),
                Some(false) => {}
                // What surely is of a class that has nothing to do with these stays what it is.
                None if values.rest != Rest::Anything && !self.may_be_general(*value, &classes) => found.add(*value),
                None => {
                    // A base of the class: what passes the test is an object of the class.
                    let special = self.instance_of(&classes);
                    if special.known.is_empty() { found.add(*value) } else { _ = found.join(&special) }
                }
            }
        }
        // What may be anything may be an object of the classes, whatever else it may be.
        if values.rest == Rest::Anything || values.rest == Rest::Declared && found.known.is_empty() {
            found.join(&self.instance_of(&classes).with_rest(Rest::Declared));
        }
        found
    }

    /// Whether the class of a value may be a base of one of some classes.
    fn may_be_general(&self, value: ValueId, classes: &Values) -> bool {
        let Value::OutsideInstance { class: own, .. } = self.get(value) else { return true };
        let is_general = self.is_builtin(*own, "object") || self.world.is_abstract_base(*own);
        is_general
            || classes.known.iter().any(|class| match self.get(*class) {
                Value::Outside(wanted) => self.outside_bases(*wanted).any(|base| base == *own),
                _ => true,
            })
    }

    /// A class from outside and its bases, as far as they are known.
    fn outside_bases(&self, class: Name) -> impl Iterator<Item = Name> + '_ {
        std::iter::successors(Some(class), |class| self.world.base(*class)).take(MAX_BASES)
    }

    fn without_instances(&self, mut values: Values, classes: &Values) -> Values {
        values.known.retain(|value| self.is_instance_of(*value, classes) != Some(true));
        values
    }

    /// The alternatives that can count as true, or as false.
    pub(super) fn with_truth(&self, values: &Values, truth: bool) -> Values {
        let mut values = values.clone();
        values.known.retain(|value| self.is_true(*value) != Some(!truth));
        values
    }

    /// What is left of a variable's values where a case of a `match` statement matches, or does not.
    pub(super) fn narrowed_by_case(
        &self,
        values: Values,
        variable: VariableId,
        matched: MatchId,
        case: u32,
        holds: bool,
        place: Place,
    ) -> Values {
        let module = self.project.module(place.file);
        if !self.is_about(Subject::Variable(variable), module[matched].subject, place) {
            return values;
        }
        let Some(case) = module.list(module[matched].cases).get(case as usize) else { return values };
        if !holds && case.guard.is_some() {
            return values;
        }
        let mut values = self.expanded(values);
        let class = match module[case.pattern] {
            crate::semantic::Pattern::Class { class, .. } if holds => Some(class),
            crate::semantic::Pattern::As { pattern: Some(inner), .. } if holds => match module[inner] {
                crate::semantic::Pattern::Class { class, .. } => Some(class),
                _ => None,
            },
            _ => None,
        };
        if let Some(class) = class {
            return self.instances_among(&values, &self.value(class, place));
        }
        values.known.retain(|value| self.matches(case.pattern, *value, place) != Some(!holds));
        values
    }

    /// Whether a value is an object of a class.
    pub(super) fn is_instance(&self, value: ValueId, class: ValueId) -> Option<bool> {
        let order = match self.get(value) {
            Value::Instance(instance) => self.order(instance.class, instance.outer),
            Value::Member(class, _) => self.order(*class, None),
            // A bare object is one of no other class, unless that says so itself.
            Value::OutsideInstance { class: own, besides: Besides::Made(..), .. } => {
                let is_its_own = matches!(self.get(class), Value::Outside(wanted) if wanted == own);
                return (is_its_own || !self.may_be_virtual(class)).then_some(is_its_own);
            }
            Value::OutsideInstance { class: own, .. } => return self.is_outside_instance(*own, class),
            Value::None => return self.is_none_of(class),
            // A function is an object of no class of the project, unless that says so itself.
            function @ (Value::Function(_) | Value::Outside(_) | Value::OutsideMethod { .. })
                if matches!(self.get(class), Value::Class(..)) =>
            {
                let is_function = match function {
                    Value::Outside(name) | Value::OutsideMethod { name, .. } => self.world.is_callable(*name),
                    _ => true,
                };
                return (is_function && !self.may_be_virtual(class)).then_some(false);
            }
            Value::Items(kind, _) | Value::Many(kind, _) if let Some(own) = kind.class() => {
                // An annotation may mean an object of a class that derives from it.
                let own = builtin(own);
                return match self.get(class) {
                    Value::Class(wanted, outer) if self.derives_from(*wanted, *outer, &|base| base == own) => None,
                    _ => self.is_outside_instance(own, class),
                };
            }
            // A list or a tuple, of which it is not said which.
            Value::Items(..) => {
                let answers = ["list", "tuple"].map(|own| self.is_outside_instance(builtin(own), class));
                return agreed(answers.into_iter());
            }
            other => {
                let own = builtin_class(other)?;
                return self.is_outside_instance(builtin(own), class);
            }
        };
        let unknown = order.iter().any(|ancestor| matches!(ancestor, crate::python::Ancestor::Unknown));
        let found = order.iter().any(|ancestor| match (ancestor, self.get(class)) {
            (crate::python::Ancestor::Project(own, _), Value::Class(wanted, _)) => own == wanted,
            (crate::python::Ancestor::Outside(own), Value::Outside(wanted)) => {
                own == wanted || self.is_builtin(*wanted, "object")
            }
            _ => false,
        });
        if found {
            return Some(true);
        }
        // An object of which only a base is known may be one of the class, where that derives from the base.
        let derived = match (self.get(value), self.get(class)) {
            (Value::Instance(instance), Value::Class(wanted, outer)) => self.order(*wanted, *outer).iter().any(
                |ancestor| matches!(ancestor, crate::python::Ancestor::Project(base, _) if *base == instance.class),
            ),
            _ => false,
        };
        let decidable = matches!(self.get(class), Value::Class(..) | Value::Outside(_));
        (!unknown && !derived && decidable && !self.may_be_virtual(class)).then_some(false)
    }

    /// `collections.abc` and protocols take in classes that do not derive from them.
    pub(super) fn may_be_virtual(&self, class: ValueId) -> bool {
        match self.get(class) {
            Value::Outside(name) => self.world.is_abstract_base(*name),
            Value::Class(class, outer) => {
                self.metaclass_method(*class, *outer, "__instancecheck__").is_some()
                    || self.has_outside_metaclass(*class, *outer)
                    || self.order(*class, *outer).iter().any(|ancestor| {
                        matches!(ancestor, crate::python::Ancestor::Outside(name) if self.world.is_abstract_base(*name))
                    })
            }
            _ => false,
        }
    }

    /// Whether `None` is an object of a class.
    fn is_none_of(&self, class: ValueId) -> Option<bool> {
        match self.get(class) {
            Value::None => Some(true),
            Value::Outside(wanted) if self.is_builtin(*wanted, NONE_TYPE) || self.is_builtin(*wanted, "object") => {
                Some(true)
            }
            _ => (!self.may_be_virtual(class)).then_some(false),
        }
    }

    fn is_outside_instance(&self, own: Name, class: ValueId) -> Option<bool> {
        match self.get(class) {
            Value::Outside(wanted) => {
                let is_among = |base: Name| base == *wanted || self.world.takes_in(*wanted, base);
                if self.outside_bases(own).any(is_among) || self.is_builtin(*wanted, "object") {
                    return Some(true);
                }
                // Which of the builtin classes an abstract one takes in is known of each or of none.
                let is_known = APART.iter().any(|apart| self.world.takes_in(*wanted, builtin(apart)));
                let is_builtin = |base: Name| APART.iter().any(|apart| base == builtin(apart));
                let is_apart = |base: Name| {
                    are_apart(base, *wanted) || is_builtin(base) && (is_known || self.is_builtin(*wanted, NONE_TYPE))
                };
                self.outside_bases(own).any(is_apart).then_some(false)
            }
            Value::Class(..) => (!self.may_be_virtual(class)).then_some(false),
            Value::None if APART.iter().any(|apart| own == builtin(apart)) => Some(false),
            _ => None,
        }
    }

    /// What the language does with a callee that can be only one thing.
    pub(in crate::python) fn special_of(&self, callee: &Values) -> Option<Special> {
        self.world.special(self.outside_name(callee.single()?)?)
    }

    /// An object of a class, of which nothing but the class is known.
    #[must_use]
    pub fn object(&self, class: crate::python::ClassRef) -> ValueId {
        self.plain_instance(class, None)
    }

    /// An object of a class, made in a way that is not known.
    pub(in crate::python) fn plain_instance(
        &self,
        class: crate::python::ClassRef,
        outer: Option<crate::python::FrameId>,
    ) -> ValueId {
        self.store.id(Value::Instance(Box::new(Instance::plain(class, outer))))
    }
}

/// Whether no object can be one of both classes: each builtin class lays its objects out in a way of its own. What is called
/// a float may be a whole number.
pub(super) fn are_apart(own: Name, wanted: Name) -> bool {
    let position = |class: Name| APART.iter().position(|apart| class == builtin(apart));
    let (Some(one), Some(other)) = (position(own), position(wanted)) else { return false };
    one != other && (APART[one], APART[other]) != ("float", "int")
}

/// The builtin classes that have no object in common.
const APART: [&str; 10] = ["str", "bytes", "bytearray", "int", "float", "list", "tuple", "dict", "set", "frozenset"];

fn is_symmetric(op: CmpOp) -> bool {
    matches!(op, CmpOp::Is | CmpOp::IsNot | CmpOp::Eq | CmpOp::NotEq)
}

/// The builtin class of a value, where it has one.
fn builtin_class(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Str(_) => "str",
        Value::Table(_) => "dict",
        Value::Set { .. } => "set",
        _ => return None,
    })
}
