//! Exceptions that are answers: what goes by a protocol of the language takes them, with no handler in sight.
//!
//! Knows: that going through an object by its `__getitem__` ends at an `IndexError`, and that a mapping whose `get` or `in` meets a
//! `KeyError` does not have the key. Does not know: protocols whose exceptions are no failures anyway (`StopIteration`).

use super::classes::Lineage;
use super::code::function_of;
use super::escapes::Finder;
use super::raised::Raised;
use crate::python::{Ancestor, ClassRef, Edge, FunctionRef, Generic, NodeId, Value};
use crate::registry::behaviour;
use crate::registry::schema::CallableRole;
use crate::semantic::{ArgumentKind, CmpOp, Expr, ExprId, Name, Use};

/// What somebody asks a `__getitem__` for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// One item, which has to be there.
    Item,
    /// Whether there is a key, or what is under it if so.
    Key,
    /// All items, one after the other.
    Items,
}

impl Finder<'_, '_, '_> {
    /// Whether what leads to a `__getitem__` takes what that raises for an answer.
    pub(super) fn is_an_answer(&self, callee: NodeId, edge: &Edge, raised: &Raised) -> bool {
        let Some(function) = function_of(self.graph.reach.node(callee)) else { return false };
        let definition = &self.module(callee)[function.function];
        let Some(class) = definition.class.filter(|_| definition.name == "__getitem__") else { return false };
        let lineage = Lineage::of(self.graph.reach.evaluator(), raised.class);
        let (is_key, is_index) = (lineage.has(&["builtins.KeyError"]), lineage.has(&["builtins.IndexError"]));
        if !is_key && !is_index {
            return false;
        }
        let Some(site) = self.graph.expression_at(edge.from, edge.site) else { return false };
        match self.asked(edge.from, site, function, ClassRef { file: function.file, class }) {
            Asked::Item => false,
            Asked::Key => is_key,
            Asked::Items => is_index,
        }
    }

    fn asked(&self, from: NodeId, site: ExprId, getter: FunctionRef, class: ClassRef) -> Asked {
        let module = self.module(from);
        // `**mapping` goes through the keys, and each has to be there.
        let is_merged = matches!(
            module.uses().use_of(site),
            Use::Argument { kind: ArgumentKind::DoubleStar, .. } | Use::DictValue(_)
        );
        match module[site] {
            _ if is_merged => Asked::Item,
            Expr::Subscript { .. } => Asked::Item,
            Expr::Compare { rest, .. } => {
                let asks = |op: CmpOp| matches!(op, CmpOp::In | CmpOp::NotIn);
                match module.list(rest).iter().all(|comparison| asks(comparison.op)) {
                    true if self.is_mapping(class) => Asked::Key,
                    true => Asked::Items,
                    false => Asked::Item,
                }
            }
            Expr::Call { callee, arguments } => {
                let names = self.graph.outside_names(callee, from);
                if names.is_empty() {
                    return self.asked_of_result(from, callee, getter);
                }
                let count = module.list(arguments).len();
                let asked = names.iter().map(|name| self.asked_by(*name, count));
                asked.reduce(|one, other| if one == other { one } else { Asked::Item }).unwrap_or(Asked::Item)
            }
            _ => Asked::Items,
        }
    }

    /// A call of the project's own code is the `__getitem__` itself, or gives what something goes through.
    fn asked_of_result(&self, from: NodeId, callee: ExprId, getter: FunctionRef) -> Asked {
        let evaluator = self.graph.reach.evaluator();
        let callees = self.graph.value(callee, from);
        let is_other = |callee: &crate::python::ValueId| match evaluator.get(*callee) {
            Value::Function(callable) => callable.function != getter,
            Value::Class(..) => true,
            _ => false,
        };
        let is_known = !callees.known.is_empty() && callees.known.iter().all(is_other);
        if is_known { Asked::Items } else { Asked::Item }
    }

    /// What a callable from outside asks for that is called with some arguments.
    fn asked_by(&self, name: Name, arguments: usize) -> Asked {
        let world = self.graph.reach.evaluator().world();
        let does = |role| behaviour().does(name.as_str(), role);
        if does(CallableRole::AsksKey) || arguments > 1 && does(CallableRole::AsksKeyWithDefault) {
            return Asked::Key;
        }
        if does(CallableRole::GoesThroughItems) {
            return Asked::Items;
        }
        let is_of_abstract_class =
            name.as_str().rsplit_once('.').is_some_and(|(class, _)| world.is_abstract_base(Name::new(class)));
        let goes_through = |method: &Name| *method == "__iter__";
        let mut runs = world.runs(name).iter().filter(|_| !is_of_abstract_class);
        if runs.any(|runs| runs.methods.first().is_some_and(goes_through)) { Asked::Items } else { Asked::Item }
    }

    fn is_mapping(&self, class: ClassRef) -> bool {
        let evaluator = self.graph.reach.evaluator();
        evaluator.order(class, None).iter().any(|ancestor| match ancestor {
            Ancestor::Outside(base) => evaluator.world().generic(*base) == Generic::Table,
            _ => false,
        })
    }
}
