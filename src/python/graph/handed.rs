//! What becomes of functions that are handed over.
//!
//! Knows: that a callable from outside calls, keeps or takes elsewhere what it is given, as the
//! [`World`](super::super::World) says; that something unknown perhaps calls it. Does not know: which callable does what.

use super::super::class::Field;
use super::super::value::{Arguments, Callable, FunctionRef, Value, ValueId, Values};
use super::super::world::{HandOff, Handed, Operand, OrderOf, Special};
use super::reach::{EventKind, OrderUse};
use super::walk::Walker;
use crate::semantic::{Argument, ArgumentKind, BindingKind, Expr, ExprId, List, Module, Name, ScopeKind, Stmt, Use};
use crate::source::TextRange;

impl Walker<'_, '_> {
    /// A call of something outside the project.
    pub(super) fn outside_call(
        &mut self,
        callee: ValueId,
        (call, arguments): (ExprId, List<Argument>),
        given: &Arguments,
        awaited: bool,
        doubtful: bool,
    ) {
        let Some(name) = self.evaluator().outside_name(callee) else { return };
        let site = self.module().span(call);
        let receiver = match self.get(callee) {
            Value::OutsideMethod { receiver, .. } => Some(receiver),
            _ => None,
        };
        let facts = self.reach.given(given);
        let unused = is_unused(self.module(), call) || self.is_waited_for_elsewhere(name, call);
        let kind =
            EventKind::Call { callee: name, receiver, arguments: facts, handed: false, awaited, unused, doubtful };
        self.event(site, Some(call), kind);
        self.runs_within(name, receiver, given, site, doubtful);
        self.shows_order(name, receiver, (call, arguments));
        match self.evaluator().world().hand_off(name) {
            // What is handed over during an import is kept for later, but for what asks at once.
            HandOff::Calls(handed) if !(handed.later && self.at_import) => {
                self.calls_what_it_is_given(handed, receiver, given, site, doubtful);
            }
            HandOff::Perhaps if !self.at_import => self.handed_to_unknown(given, site),
            HandOff::Elsewhere => self.taken_elsewhere(name, given, (site, call)),
            HandOff::Calls(_) | HandOff::Perhaps | HandOff::Keeps | HandOff::MakesElsewhere => {}
        }
    }

    /// Whether it is another thread that goes through what something gives which runs elsewhere: `pool.map` itself does not wait.
    fn is_waited_for_elsewhere(&self, name: Name, call: ExprId) -> bool {
        matches!(self.evaluator().world().hand_off(name), HandOff::Elsewhere)
            && !is_managed(self.module(), call)
            && self.starts_elsewhere(call)
    }

    /// What a callable from outside runs of the project's classes: methods of what it is given, constructors, validators.
    pub(super) fn runs_within(
        &mut self,
        name: Name,
        receiver: Option<ValueId>,
        given: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) {
        self.runs_special_methods(name, receiver, given, site);
        match self.evaluator().world().special(name) {
            Some(Special::Constructs) => self.constructs(receiver, site, doubtful),
            Some(Special::ConstructsUnchecked) => self.constructs_unchecked(receiver, given, site, doubtful),
            Some(Special::Adapts) => self.adapts(receiver, site, doubtful),
            Some(Special::ConstructsGiven(class)) => {
                let classes = class.of(given).unwrap_or_else(Values::anything);
                classes.known.iter().for_each(|class| self.constructs(Some(*class), site, doubtful));
            }
            Some(Special::Enters) => self.enters(given, ["__enter__", "__exit__"], site),
            Some(Special::EntersAsync) => self.enters(given, ["__aenter__", "__aexit__"], site),
            Some(Special::Dumps) => self.dumps(receiver, site, doubtful),
            Some(Special::GetAttr) => self.reads_by_name(given, site),
            Some(Special::Replaces) => {
                let first = given.positional.first().cloned().unwrap_or_else(Values::anything);
                first.known.iter().for_each(|object| self.constructs_again(*object, given, site, doubtful));
            }
            _ => {}
        }
    }

    /// Notes what is run on another thread or in another process; it is not followed as code that runs here.
    fn taken_elsewhere(&mut self, by: Name, given: &Arguments, (site, call): (TextRange, ExprId)) {
        let Some(taken) = self.evaluator().world().taken_elsewhere(by).copied() else { return };
        let named = |keyword| given.named.iter().find(|(name, _)| *name == keyword).map(|(_, values)| values.clone());
        let by_position = || taken.position.and_then(|position| given.positional.get(position).cloned());
        let Some(functions) = taken.keyword.and_then(named).or_else(by_position) else { return };
        let kind = EventKind::TakenElsewhere { by, functions, keeps_context: taken.keeps_context };
        self.event(site, Some(call), kind);
    }

    /// A context manager that is handed to a stack is entered at once and left with it.
    fn enters(&mut self, given: &Arguments, names: [&str; 2], site: TextRange) {
        let managers = given.positional.first().cloned().unwrap_or_else(Values::anything);
        for name in names {
            self.special(&managers, name, site);
        }
    }

    /// What shows all fields of an object computes those that are computed.
    fn dumps(&mut self, receiver: Option<ValueId>, site: TextRange, doubtful: bool) {
        let Some(receiver) = receiver else { return };
        let Value::Instance(instance) = self.get(receiver) else { return };
        for (owner, function) in self.evaluator().computed_fields(instance.class, instance.outer) {
            let function = FunctionRef { file: owner.file, function };
            let getter = Callable { function, receiver: Some(receiver), outer: instance.outer };
            self.run(&getter, &Arguments::default(), site, doubtful);
        }
    }

    /// `getattr(object, name)` reads like an attribute.
    fn reads_by_name(&mut self, given: &Arguments, site: TextRange) {
        let (Some(objects), Some(names)) = (given.positional.first(), given.positional.get(1)) else { return };
        let doubtful = names.is_doubtful() || objects.is_doubtful();
        for name in &names.known {
            let Value::Str(name) = self.get(*name) else { continue };
            for owner in &objects.known {
                let is_object = matches!(
                    self.get(*owner),
                    Value::Instance(_) | Value::Class(..) | Value::DynamicInstance(_) | Value::Member(..)
                );
                if is_object {
                    self.object_read(*owner, name, site, doubtful);
                }
            }
        }
    }

    /// `Model.model_validate(data)`: an object is made, and what runs then runs.
    fn constructs(&mut self, receiver: Option<ValueId>, site: TextRange, doubtful: bool) {
        if let Some(Value::Class(class, outer)) = receiver.map(|receiver| self.get(receiver)) {
            // Which fields the data has is not known: each may be left to its default.
            self.field_defaults(class, outer, &Arguments::default(), site, false);
            self.after_construction(class, outer, &Arguments::open(), site, doubtful);
            self.validated_fields(class, outer, &Arguments::open(), site, doubtful);
        }
    }

    /// What is given is taken as it is: only the defaults of the other fields are made, and the hooks run.
    fn constructs_unchecked(&mut self, receiver: Option<ValueId>, given: &Arguments, site: TextRange, doubtful: bool) {
        if let Some(Value::Class(class, outer)) = receiver.map(|receiver| self.get(receiver)) {
            self.field_defaults(class, outer, given, site, false);
            self.construction_hooks(class, outer, given, site, doubtful);
        }
    }

    fn adapts(&mut self, receiver: Option<ValueId>, site: TextRange, doubtful: bool) {
        let Some(Value::OutsideInstance { of, .. }) = receiver.map(|receiver| self.get(receiver)) else { return };
        let objects = Values::union(of);
        let objects = Values::union([objects.clone(), self.evaluator().item_of(&objects)]);
        for object in &objects.known {
            if let Value::Instance(instance) = self.get(*object) {
                let class = self.evaluator().store().id(Value::Class(instance.class, instance.outer));
                self.constructs(Some(class), site, doubtful);
            }
        }
    }

    /// An object is made of another one: what is not given for it is what that one has, so that no default is made.
    fn constructs_again(&mut self, object: ValueId, given: &Arguments, site: TextRange, doubtful: bool) {
        if let Value::Instance(instance) = self.get(object) {
            let mut all = given.clone();
            let is_given = |field: &Field| given.named.iter().any(|(name, _)| *name == field.name);
            let fields = self.evaluator().fields(instance.class, instance.outer).into_iter();
            all.named.extend(fields.filter(|field| !is_given(field)).map(|field| (field.name, Values::anything())));
            self.after_construction(instance.class, instance.outer, &all, site, doubtful);
        }
    }

    /// A function given to a callable that calls it.
    fn calls_what_it_is_given(
        &mut self,
        handed: &Handed,
        receiver: Option<ValueId>,
        given: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) {
        if handed.with_arguments.is_some_and(|count| given.positional.len() != count) {
            return;
        }
        let named = |keyword| given.named.iter().find(|(name, _)| *name == keyword).map(|(_, values)| values.clone());
        let by_position = || handed.position.and_then(|position| given.positional.get(position).cloned());
        let Some(callees) = handed.keyword.and_then(named).or_else(by_position) else { return };
        let arguments = self.handed_arguments(handed, receiver, given);
        for callee in &callees.known {
            self.invoke(*callee, &arguments, site, doubtful);
        }
    }

    /// What a callable calls its callback with.
    fn handed_arguments(&self, handed: &Handed, receiver: Option<ValueId>, given: &Arguments) -> Arguments {
        if handed.open || given.open {
            return Arguments::open();
        }
        let operands = handed.arguments.iter();
        let mut arguments =
            Arguments::positional(operands.flat_map(|operand| self.operand(*operand, receiver, given)).collect());
        if handed.keywords {
            arguments.named = given.named.iter().filter(|(name, _)| Some(*name) != handed.keyword).cloned().collect();
        }
        arguments
    }

    /// Functions given to something unknown: it perhaps calls them.
    pub(super) fn handed_to_unknown(&mut self, given: &Arguments, site: TextRange) {
        if self.at_import {
            return;
        }
        let all: Vec<Values> =
            given.positional.iter().cloned().chain(given.named.iter().map(|(_, values)| values.clone())).collect();
        for values in all {
            for value in &values.known {
                match self.get(*value) {
                    Value::Function(callable) if !self.evaluator().references.borrow().contains(&callable.function) => {
                        self.invoke(*value, &Arguments::open(), site, true);
                    }
                    Value::Partial { .. } => self.invoke(*value, &Arguments::open(), site, true),
                    _ => {}
                }
            }
        }
    }

    fn is_container(&self, value: ValueId) -> bool {
        matches!(
            self.get(value),
            Value::Table(_) | Value::Items(..) | Value::Many(..) | Value::Set { .. } | Value::OutsideInstance { .. }
        )
    }

    /// The order of a set given to a callable from outside that is not known to be free of order is shown.
    fn shows_order(&mut self, name: Name, receiver: Option<ValueId>, (call, arguments): (ExprId, List<Argument>)) {
        let world = self.evaluator().world();
        let module = self.module();
        if let Some(receiver) = receiver
            && matches!(self.get(receiver), Value::Set { hashed: true, .. })
        {
            if world.order(name, Operand::Receiver) == OrderOf::Shown {
                let range = module.span(call);
                self.event(range, Some(call), EventKind::SetOrder { by: OrderUse::Pop, doubtful: false });
            }
            return;
        }
        if self.orderless == Some(call) {
            return;
        }
        for (position, argument) in module.list(arguments).iter().enumerate() {
            self.shows_order_inside(name, (call, arguments), position);
            let operand = match argument.kind {
                ArgumentKind::Positional => Operand::Argument(position),
                ArgumentKind::Keyword(_) => Operand::Unknown,
                ArgumentKind::Star | ArgumentKind::DoubleStar => continue,
            };
            let order = world.order(name, operand);
            if self.hides_order(order, call) {
                continue;
            }
            // A container that takes a set as one item does not look into it.
            let is_item = order == OrderOf::Unknown
                && *world.hand_off(name) == HandOff::Keeps
                && receiver.is_some_and(|receiver| self.is_container(receiver));
            if is_item {
                continue;
            }
            // Items of which a key takes only the case are rarely the same.
            let outer = self.unlikely;
            self.unlikely |= matches!(order, OrderOf::FreeUnless(_)) && self.is_near_key(call);
            self.set_order_of(argument.value, OrderUse::Call(name), order == OrderOf::Unknown);
            self.unlikely = outer;
        }
    }

    /// The order of sets that stand in what is given to a callable which goes through them: `chain(*groups)`.
    fn shows_order_inside(&mut self, name: Name, (call, arguments): (ExprId, List<Argument>), position: usize) {
        let argument = self.module().list(arguments)[position];
        let inside = match argument.kind {
            ArgumentKind::Positional => [Operand::ItemOf(position), Operand::ValueIn(position)],
            ArgumentKind::Star => [Operand::Argument(position), Operand::Unknown],
            ArgumentKind::Keyword(_) | ArgumentKind::DoubleStar => return,
        };
        for operand in inside {
            let order = self.evaluator().world().order(name, operand);
            if order == OrderOf::Unknown || self.hides_order(order, call) {
                continue;
            }
            let given = self.value(argument.value);
            let (sets, doubtful) = match operand {
                Operand::ValueIn(_) if self.has_known_keys(&given) => continue,
                Operand::ValueIn(_) => (self.evaluator().value_in(&given), true),
                _ => (self.evaluator().item_of(&given), false),
            };
            self.order_of_sets(argument.value, &sets, OrderUse::Call(name), doubtful);
        }
    }

    /// Whether tables are written out key by key: then what stands under one is most often a key before.
    fn has_known_keys(&self, tables: &Values) -> bool {
        let is_known = |table: &ValueId| match self.get(*table) {
            Value::Table(entries) => entries.iter().all(|(key, _)| key.is_some()),
            _ => false,
        };
        !tables.known.is_empty() && tables.known.iter().all(is_known)
    }

    /// Whether the order of what a call is given is not seen.
    fn hides_order(&self, order: OrderOf, call: ExprId) -> bool {
        match order {
            OrderOf::Collected => self.is_collected_unseen(call),
            OrderOf::Kept => self.is_unseen(call),
            OrderOf::Tabled => self.is_table_unseen(call),
            _ => self.is_free(order, call),
        }
    }
}

/// Whether nothing looks at what a call gives: it stands alone, or is kept under names that are never read. What is called
/// on the object of a `with` is looked at by the end of the `with`.
fn is_unused(module: &Module, call: ExprId) -> bool {
    if is_managed(module, call) {
        return false;
    }
    let targets = match module.uses().use_of(call) {
        Use::Discarded(_) => return true,
        Use::Bound(statement) => match module[statement] {
            Stmt::Assign { targets, .. } => module.list(targets),
            _ => return false,
        },
        _ => return false,
    };
    targets.iter().all(|target| match module[*target] {
        Expr::Target(binding) => {
            let scope = module[module[binding].variable].scope;
            matches!(module[scope].kind, ScopeKind::Function(_)) && module.reads_of(binding).next().is_none()
        }
        _ => false,
    })
}

/// Whether a method is called on what a `with` statement gave a name to.
fn is_managed(module: &Module, call: ExprId) -> bool {
    let Expr::Call { callee, .. } = module[call] else { return false };
    let Expr::Attribute { value, .. } = module[callee] else { return false };
    let Expr::Name { name, block, .. } = module[value] else { return false };
    let bindings = module.bindings_of(module[block].scope, name);
    bindings.iter().any(|binding| matches!(module[*binding].kind, BindingKind::With { .. }))
}
