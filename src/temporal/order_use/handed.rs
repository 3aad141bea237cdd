//! Where an order leads to that is handed to the project's own functions and kept by its objects.
//!
//! Knows: the parameter that takes it, the field of a class that is made of its fields, and the reads of an attribute of objects of the
//! class in all reached code. Does not know: which of several objects of the class it is.

use super::super::following::Here;
use super::{Follower, OrderReaches};
use crate::python::{ClassRef, Code, Generated, Value, Values};
use crate::semantic::{ArgumentKind, Expr, ExprId, Name, Use};

/// Something that keeps an order and is given to a call of the project's code.
pub(super) struct Handed<'f, 'r, 'p> {
    pub follower: &'f Follower<'r, 'p>,
    pub callees: &'f Values,
    pub call: ExprId,
    pub kind: ArgumentKind,
    pub position: usize,
}

impl Handed<'_, '_, '_> {
    pub(super) fn reaches(&self) -> OrderReaches {
        let evaluator = self.follower.here.reach.evaluator();
        let of_callee = self.callees.known.iter().map(|callee| match evaluator.get(*callee) {
            Value::Function(callable) => self.taken(callable.receiver.is_some()),
            Value::Class(class, outer) => match evaluator.generated(*class, *outer) {
                Generated::No => self.taken(true),
                _ => self.field(*class).map_or(OrderReaches::Nothing, |field| of_class(self.follower, *class, field)),
            },
            _ => OrderReaches::Nothing,
        });
        of_callee.min().unwrap_or(OrderReaches::Nothing)
    }

    /// What the functions do with it that the call runs.
    fn taken(&self, is_bound: bool) -> OrderReaches {
        let here = self.follower.here;
        let site = here.module().span(self.call);
        let inside = here.reach.leads_on(here.node).iter().filter(|(edge, _)| edge.site == site).map(|(_, to)| *to);
        let of_node = |node| {
            let there = Here { reach: here.reach, node };
            let Code::Function(function) = there.node().code else { return OrderReaches::Nothing };
            let module = there.module();
            let index = module.parameter_taking(function.function, is_bound, self.kind, self.position);
            let Some(index) = index else { return OrderReaches::Nothing };
            let name = module.parameters(function.function)[index].name;
            let Some(binding) = module.bindings_of(module[function.function].scope, name).first() else {
                return OrderReaches::Nothing;
            };
            let sorts = |read| matches!(module.uses().use_of(read), Use::AttributeOf(_, name) if name == "sort");
            match module.reads_of(*binding).any(sorts) {
                true => OrderReaches::Nothing,
                false => Follower { here: there, ..*self.follower }.reads(*binding),
            }
        };
        inside.map(of_node).min().unwrap_or(OrderReaches::Nothing)
    }

    fn field(&self, class: ClassRef) -> Option<Name> {
        let fields = self.follower.here.reach.evaluator().fields(class, None);
        match self.kind {
            ArgumentKind::Positional => fields.get(self.position).map(|field| field.name),
            ArgumentKind::Keyword(name) => fields.iter().any(|field| field.name == name).then_some(name),
            ArgumentKind::Star | ArgumentKind::DoubleStar => None,
        }
    }
}

/// Where an order leads to that an attribute of an object keeps: `self.names = names`.
pub(super) fn kept_on(follower: &Follower<'_, '_>, object: ExprId, name: Name) -> OrderReaches {
    let evaluator = follower.here.reach.evaluator();
    let objects = evaluator.value(object, follower.here.place());
    match objects.single().map(|object| evaluator.get(object)) {
        Some(Value::Instance(instance)) => of_class(follower, instance.class, name),
        _ => OrderReaches::Nothing,
    }
}

/// What reached code does with an attribute of objects of a class.
fn of_class(follower: &Follower<'_, '_>, class: ClassRef, name: Name) -> OrderReaches {
    let reach = follower.here.reach;
    let evaluator = reach.evaluator();
    let mut found = OrderReaches::Nothing;
    for (node, code) in reach.nodes().filter(|(_, code)| !code.at_import) {
        let Code::Function(function) = code.code else { continue };
        let there = Here { reach, node };
        let module = there.module();
        let range = module[function.function].range;
        for expr in module.expression_ids() {
            let Expr::Attribute { value, name: read } = module[expr] else { continue };
            let is_read = read == name && !matches!(module.uses().use_of(expr), Use::Target(_) | Use::Deleted(_));
            if !is_read || !range.contains_range(module.span(expr)) {
                continue;
            }
            let objects = evaluator.value(value, there.place());
            let is_of_class = objects
                .known
                .iter()
                .any(|object| matches!(evaluator.get(*object), Value::Instance(known) if known.class == class));
            if is_of_class {
                found = found.min(Follower { here: there, ..*follower }.of(expr));
            }
        }
    }
    found
}
