//! Where an order leads to that is handed to the project's own functions and kept by its objects.
//!
//! Knows: the parameter that takes it, the field of a class that is made of its fields, and the reads of an attribute of objects of the
//! class in all reached code. Does not know: which of several objects of the class it is, nor when code that sorts an attribute runs;
//! where there is either, it says nothing.

use rustc_hash::FxHashSet;

use super::super::code::each_within;
use super::super::following::Here;
use super::{Follower, OrderReaches};
use crate::python::{Ancestor, ClassRef, Code, Generated, Value, Values};
use crate::semantic::{ArgumentKind, Expr, ExprId, Module, Name, Use};
use crate::source::FileId;

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
            // What is bound anew may be sorted by then.
            let [binding] = module.bindings_of(module[function.function].scope, name) else {
                return OrderReaches::Nothing;
            };
            match module.reads_of(*binding).any(|read| is_sorted(module, read)) {
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
    if (Attribute { follower, class, name }).is_doubtful() {
        return found;
    }
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

/// What speaks against an order that an attribute keeps: code that sorts it, and other objects of the class.
struct Attribute<'f, 'r, 'p> {
    follower: &'f Follower<'r, 'p>,
    class: ClassRef,
    name: Name,
}

impl Attribute<'_, '_, '_> {
    fn is_doubtful(&self) -> bool {
        let reach = self.follower.here.reach;
        let evaluator = reach.evaluator();
        let ancestors = evaluator.order(self.class, None);
        let classes = ancestors.iter().filter_map(|ancestor| match ancestor {
            Ancestor::Project(class, _) => Some(*class),
            _ => None,
        });
        let mut files: FxHashSet<FileId> = reach.nodes().map(|(_, node)| node.code.file()).collect();
        let mut classes_sort = false;
        for class in classes {
            files.insert(class.file);
            let module = evaluator.project().module(class.file);
            let range = module[class.class].range;
            let is_inside = |call: ExprId| range.contains_range(module.span(call));
            classes_sort |= module.calls().iter().any(|call| is_inside(*call) && sorts(module, *call));
        }
        let own = evaluator.project().module(self.class.file)[self.class.class].name;
        let modules = || files.iter().map(|file| evaluator.project().module(*file));
        let made: usize =
            modules().map(|module| module.calls().iter().filter(|call| is_of(module, **call, own)).count()).sum();
        classes_sort || made > 1 || modules().any(|module| self.is_sorted_in(module))
    }

    /// Whether some code of a module sorts an attribute of that name, or makes another thing of it.
    fn is_sorted_in(&self, module: &Module) -> bool {
        let is_it = |expr: ExprId| matches!(module[expr], Expr::Attribute { name, .. } if name == self.name);
        let is_made_anew = |expr: ExprId| match module.uses().use_of(expr) {
            Use::Target(statement) => {
                let mut reads = false;
                module.each_expression(statement, &mut |given| {
                    each_within(module, given, &mut |part| reads |= part != expr && is_it(part));
                });
                reads
            }
            _ => false,
        };
        module.expression_ids().filter(|expr| is_it(*expr)).any(|expr| is_sorted(module, expr) || is_made_anew(expr))
    }
}

/// Whether what a read gives is sorted, or a copy of it that has a name: `ordered = list(names); ordered.sort()`.
fn is_sorted(module: &Module, read: ExprId) -> bool {
    match module.uses().use_of(read) {
        Use::AttributeOf(around, name) => {
            name == "sort"
                || name == "copy"
                    && matches!(module.uses().use_of(around), Use::Called(call) if is_sorted(module, call))
        }
        Use::Argument { call, .. } => sorts(module, call) || is_sorted(module, call),
        Use::Unpacked(copy)
        | Use::Item(copy)
        | Use::ItemOf(copy)
        | Use::ConditionalResult(copy)
        | Use::Logical(copy) => is_sorted(module, copy),
        Use::Bound(statement) => module.targets(statement).into_iter().any(|target| match module[target] {
            Expr::Target(binding) => {
                let bindings = &module[module[binding].variable].bindings;
                bindings.iter().flat_map(|binding| module.reads_of(*binding)).any(|read| {
                    match module.uses().use_of(read) {
                        Use::AttributeOf(_, name) => name == "sort",
                        Use::Argument { call, .. } => sorts(module, call),
                        _ => false,
                    }
                })
            }
            _ => false,
        }),
        _ => false,
    }
}

/// Whether a call sorts something, by the name of what is called.
fn sorts(module: &Module, call: ExprId) -> bool {
    called(module, call).is_some_and(|name| {
        matches!(name.as_str(), "sort" | "sorted" | "nsmallest" | "nlargest" | "heapify" | "insort")
    })
}

/// Whether a call has the name of a class.
fn is_of(module: &Module, call: ExprId, class: Name) -> bool {
    called(module, call) == Some(class)
}

fn called(module: &Module, call: ExprId) -> Option<Name> {
    let Expr::Call { callee, .. } = module[call] else { return None };
    match module[callee] {
        Expr::Name { name, .. } | Expr::Attribute { name, .. } => Some(name),
        _ => None,
    }
}
