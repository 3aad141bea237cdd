//! Comparisons that are decided by what objects are, by numbers, and by which keywords a function was given.
//!
//! Knows: which values cannot be one object, and when the dict of `**options` holds just what the call gave. Does not know: what
//! follows from an answer ([`truth`](super::truth), [`narrow`](super::narrow)).

use super::narrow::are_apart;
use super::truth::agreed;
use super::{Evaluator, Place, Truth, under};
use crate::python::class::Ancestor;
use crate::python::value::{Arguments, Besides, Rest, Value, ValueId, Values, builtin};
use crate::semantic::{ArgumentKind, BindingKind, CmpOp, Expr, ExprId, ParameterKind, ScopeKind, Stmt, Use};

/// What is in a table, by the keys that are known.
type Entries = Vec<(Option<ValueId>, Values)>;

impl Evaluator<'_> {
    /// `UNSET = object()`: an object that is made once, for a module or class to know it again.
    pub(in crate::python) fn bare_object(
        &self,
        arguments: &Arguments,
        call: Option<(ExprId, Place)>,
    ) -> Option<Values> {
        let (call, place) = call?;
        let module = self.project.module(place.file);
        let block = module.block_of_call(call)?;
        let is_bound = matches!(module.uses().use_of(call), Use::Bound(statement)
            if matches!(module[statement], Stmt::Assign { .. } | Stmt::Declare { .. }));
        let is_made_once = module[block].function.is_none() && is_bound && !module.is_in_loop(block);
        let is_bare = arguments.all().next().is_none() && !arguments.open;
        let besides = Besides::Made(place.file, call);
        let made = Value::OutsideInstance { class: builtin("object"), of: Vec::new(), besides };
        (is_made_once && is_bare).then(|| self.only(made))
    }

    /// `...`, where it is compared.
    pub(super) fn ellipsis(&self, expr: ExprId, place: Place) -> Option<Values> {
        let is_written = self.project.module(place.file)[expr] == Expr::Ellipsis;
        let besides = Besides::Made(place.file, expr);
        is_written.then(|| self.only(Value::OutsideInstance { class: builtin("ellipsis"), of: Vec::new(), besides }))
    }

    /// Whether two values are one object (`is`), or equal (`==`), as far as that can be told.
    pub(super) fn are_alike(&self, one: ValueId, other: ValueId, identical: bool) -> Option<bool> {
        if identical { self.is_identical(one, other) } else { self.is_same(one, other) }
    }

    fn is_identical(&self, one: ValueId, other: ValueId) -> Option<bool> {
        if let Some(answer) = self.is_same(one, other) {
            return Some(answer);
        }
        let is_made = |id: ValueId| matches!(self.get(id), Value::OutsideInstance { besides: Besides::Made(..), .. });
        if one == other && is_made(one) {
            return Some(true);
        }
        (self.is_never(one, other) || self.is_never(other, one)).then_some(false)
    }

    /// Whether what is a made object, a member or an object of the project is surely not another value.
    fn is_never(&self, one: ValueId, other: ValueId) -> bool {
        let value = self.get(other);
        let is_code = match value {
            Value::Function(_) | Value::Module(_) | Value::Class(..) | Value::Partial { .. } => true,
            Value::Outside(name) | Value::OutsideMethod { name, .. } => self.world.is_callable(*name),
            _ => false,
        };
        let is_literal = matches!(value, Value::Int(_) | Value::Str(_) | Value::Bool(_));
        let is_held = matches!(
            value,
            Value::Items(..) | Value::Table(_) | Value::Set { .. } | Value::Many(..) | Value::Awaitable { .. }
        );
        match self.get(one) {
            Value::OutsideInstance { besides: Besides::Made(..), .. } => match value {
                Value::OutsideInstance { class, besides, .. } => {
                    matches!(besides, Besides::Made(..)) || !self.is_general(*class)
                }
                Value::Instance(_) => self.method(other, crate::semantic::Name::new("__new__")).is_none(),
                Value::Member(..) => true,
                _ => is_code || is_literal || is_held,
            },
            Value::Member(..) => is_code || is_literal || is_held || self.is_no_object_of(one, value),
            Value::Instance(instance) if !self.is_enumeration(instance.class) => {
                is_code || is_literal || self.is_no_object_of(one, value)
            }
            Value::Function(_) => match value {
                Value::OutsideInstance { class, .. } => are_apart(builtin("str"), *class) || *class == builtin("str"),
                _ => is_literal || is_held,
            },
            _ => false,
        }
    }

    /// Whether a value is surely no object of the class that another one is of.
    fn is_no_object_of(&self, one: ValueId, other: &Value) -> bool {
        match other {
            Value::OutsideInstance { class, .. } => {
                !self.is_general(*class) && self.is_instance(one, self.store.id(Value::Outside(*class))) == Some(false)
            }
            _ => false,
        }
    }

    /// Whether objects of a class from outside may be of any other class as well.
    fn is_general(&self, class: crate::semantic::Name) -> bool {
        class == builtin("object") || self.world.is_abstract_base(class)
    }

    /// Whether an expression is a parameter that the call at hand gives a value, and not a number that is written there.
    pub(super) fn is_given(&self, expr: ExprId, place: Place) -> bool {
        place.frame.is_some() && self.only_parameter(expr, place).is_some()
    }

    /// `level > 2`.
    pub(super) fn order_of_numbers(&self, op: CmpOp, lefts: &Values, rights: &Values) -> Truth {
        // What else it may be is as likely to be given, above all where the number is a default.
        if lefts.rest.max(rights.rest) != Rest::Nothing {
            return Truth::Unknown;
        }
        let Some(Value::Int(right)) = rights.single().map(|right| self.get(right)) else { return Truth::Unknown };
        let answer = |left: &ValueId| {
            let Value::Int(left) = self.get(*left) else { return None };
            match op {
                CmpOp::Lt => Some(left < right),
                CmpOp::LtE => Some(left <= right),
                CmpOp::Gt => Some(left > right),
                CmpOp::GtE => Some(left >= right),
                _ => None,
            }
        };
        agreed(lefts.known.iter().map(answer)).map_or(Truth::Unknown, Truth::Known)
    }

    /// What is in the dict that `**options` is, in a function that only reads it: the keys that its call gave.
    fn given_keywords(&self, table: ExprId, place: Place) -> Option<(&Entries, Vec<ExprId>)> {
        let module = self.project.module(place.file);
        let (binding, kind) = self.only_parameter(table, place)?;
        let Value::Table(entries) = self.get(self.value(table, place).only()?) else { return None };
        if kind != ParameterKind::KeywordRest || entries.iter().any(|(key, _)| key.is_none()) {
            return None;
        }
        let scope = module[module[binding].variable].scope;
        let is_own = |read| matches!(module[read], Expr::Name { block, .. } if module[block].scope == scope);
        let mut taken = Vec::new();
        for read in module.reads_of(binding) {
            match module.uses().use_of(read) {
                Use::Compared(_)
                | Use::LoopedOver(_)
                | Use::ComprehendedOver(_)
                | Use::IfTest(_)
                | Use::ConditionalTest(_)
                | Use::Unpacked(_)
                | Use::Argument { kind: ArgumentKind::DoubleStar, .. } => {}
                Use::Operand(operation) if matches!(module[operation], Expr::Unary { .. }) => {}
                Use::ItemOf(item) if !matches!(module.uses().use_of(item), Use::Target(_) | Use::Deleted(_)) => {}
                Use::AttributeOf(method, name) => match (module.uses().use_of(method), name.as_str()) {
                    (Use::Called(_), "get" | "items" | "keys" | "values" | "copy") => {}
                    // Code inside may run more than once.
                    (Use::Called(call), "pop") if is_own(read) => taken.push(call),
                    _ => return None,
                },
                _ => return None,
            }
        }
        Some((entries, taken))
    }

    /// The parameter that an expression reads, if nothing else is ever bound to its name.
    fn only_parameter(&self, expr: ExprId, place: Place) -> Option<(crate::semantic::BindingId, ParameterKind)> {
        let module = self.project.module(place.file);
        let Expr::Name { name, block, .. } = module[expr] else { return None };
        let scope = module[module.variable_read(name, block)?].scope;
        let ScopeKind::Function(function) = module[scope].kind else { return None };
        let [binding] = module.bindings_of(scope, name) else { return None };
        let BindingKind::Parameter { index } = module[*binding].kind else { return None };
        Some((*binding, module.parameters(function).get(index as usize)?.kind))
    }

    /// What the call of a function gave under a key of its `**options`, as long as nothing takes that key out before:
    /// `None` inside says that it gave nothing.
    pub(in crate::python) fn given_under(
        &self,
        table: ExprId,
        key: &Values,
        asked: ExprId,
        place: Place,
    ) -> Option<Option<Values>> {
        let module = self.project.module(place.file);
        let key = self.constant(key)?;
        let (entries, taken) = self.given_keywords(table, place)?;
        let takes_this = |call: &ExprId| {
            let argument = self.positional_arguments(*call, place).first().map(|key| self.value(*key, place));
            argument.and_then(|other| self.constant(&other)).is_none_or(|other| self.is_same(other, key) != Some(false))
        };
        let mut taking = taken.iter().filter(|call| takes_this(call));
        let is_untouched = match (taking.next(), taking.next()) {
            (None, _) => true,
            (Some(only), None) => *only == asked && !module.is_in_loop(module.block_of_call(*only)?),
            _ => false,
        };
        is_untouched.then(|| under(entries, key))
    }

    /// The same of a method's call: `options.get(key)`.
    pub(in crate::python) fn given_to_method(
        &self,
        key: &Values,
        (call, place): (ExprId, Place),
    ) -> Option<Option<Values>> {
        let module = self.project.module(place.file);
        let Expr::Call { callee, .. } = module[call] else { return None };
        let Expr::Attribute { value, .. } = module[callee] else { return None };
        self.given_under(value, key, call, place)
    }

    /// Whether `**options` is not empty, in a function that only reads it.
    pub(super) fn has_keywords(&self, table: ExprId, place: Place) -> Option<bool> {
        let (entries, taken) = self.given_keywords(table, place)?;
        taken.is_empty().then_some(!entries.is_empty())
    }

    /// `issubclass(class, classes)`, where that can be told.
    pub(in crate::python) fn subclass_test(&self, arguments: &Arguments) -> Option<Values> {
        let (given, wanted) = (arguments.positional.first()?, arguments.positional.get(1)?);
        let answer = |class: &ValueId| self.by_each(wanted, &|wanted| self.is_subclass(*class, wanted));
        let answer = agreed(given.known.iter().map(answer))?;
        Some(self.only(Value::Bool(answer)).with_rest(given.rest))
    }

    fn is_subclass(&self, class: ValueId, wanted: ValueId) -> Option<bool> {
        let Value::Class(own, outer) = self.get(class) else { return None };
        let order = self.order(*own, *outer);
        let is_wanted = |ancestor: &Ancestor| match (ancestor, self.get(wanted)) {
            (Ancestor::Project(own, _), Value::Class(wanted, _)) => own == wanted,
            (Ancestor::Outside(own), Value::Outside(wanted)) => own == wanted,
            _ => false,
        };
        if order.iter().any(is_wanted) {
            return Some(true);
        }
        let is_open =
            order.iter().any(|ancestor| !matches!(ancestor, Ancestor::Project(..)) && !self.is_bare(ancestor));
        // Where only a base is known, it may be what derives from that.
        let Value::Class(wanted_class, wanted_outer) = self.get(wanted) else { return None };
        let may_derive = self
            .order(*wanted_class, *wanted_outer)
            .iter()
            .any(|ancestor| matches!(ancestor, Ancestor::Project(base, _) if base == own));
        (!is_open && !may_derive && !self.may_be_virtual(wanted)).then_some(false)
    }

    fn is_bare(&self, ancestor: &Ancestor) -> bool {
        matches!(ancestor, Ancestor::Outside(base) if self.world.is_plain_base(*base))
    }

    /// `hasattr(object, name)`, where the classes of the project say that it has.
    pub(in crate::python) fn has_attribute(&self, arguments: &Arguments) -> Option<Values> {
        let (objects, name) = (arguments.positional.first()?, arguments.positional.get(1)?);
        let Value::Str(name) = self.get(name.only()?) else { return None };
        let has =
            |object: &ValueId| matches!(self.get(*object), Value::Instance(_)) && self.method(*object, *name).is_some();
        let is_had = !objects.known.is_empty() && objects.known.iter().all(has);
        is_had.then(|| self.only(Value::Bool(true)).with_rest(objects.rest))
    }
}
