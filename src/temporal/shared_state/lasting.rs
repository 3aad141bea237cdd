//! What functions have from before a run: variables around functions that were made at import, and defaults of parameters.
//!
//! Knows: which functions run in a run at all, and which parameters its calls leave to their defaults. Does not know: what is
//! done with either.

use rustc_hash::FxHashSet;

use super::super::code::Graph;
use super::super::following::Here;
use crate::python::{Callable, Code, FunctionRef, Instance, NodeId, Value};
use crate::semantic::{BindingKind, Expr, ExprId, Name, VariableId};
use crate::source::FileId;

/// What reached functions find there when a run calls them.
pub(super) struct Lasting<'g, 'r, 'p> {
    graph: &'g Graph<'r, 'p>,
    /// The functions that run while the workflow does.
    run: FxHashSet<FunctionRef>,
}

impl<'g, 'r, 'p> Lasting<'g, 'r, 'p> {
    pub(super) fn of(graph: &'g Graph<'r, 'p>) -> Self {
        let running = graph.reach.nodes().filter(|(_, node)| !node.at_import);
        let run = running.filter_map(|(_, node)| super::super::code::function_of(node)).collect();
        Self { graph, run }
    }

    /// Whether a variable that code uses belongs to a function around it which no run calls: it was called when its module was
    /// loaded, and what it made then serves all runs.
    pub(super) fn is_around(&self, node: NodeId, variable: VariableId) -> bool {
        let Code::Function(function) = self.graph.reach.node(node).code else { return false };
        let module = self.graph.module(node);
        let owner = module.function_around(module[variable].scope);
        owner.is_some_and(|owner| {
            let around = FunctionRef { file: function.file, function: owner };
            owner != function.function && !self.run.contains(&around)
        })
    }

    /// The default of the parameter that a variable of a function is, where a run leaves it to that.
    pub(super) fn default_of(&self, node: NodeId, variable: VariableId) -> Option<ExprId> {
        let Code::Function(function) = self.graph.reach.node(node).code else { return None };
        let module = self.graph.module(node);
        let [binding] = module[variable].bindings.as_slice() else { return None };
        let BindingKind::Parameter { index } = module[*binding].kind else { return None };
        if module.function_around(module[variable].scope) != Some(function.function) {
            return None;
        }
        let parameter = module.parameters(function.function).get(index as usize)?;
        let default = parameter.default?;
        self.leaves_out(node, function, parameter.name, None).then_some(default)
    }

    /// The default that `__init__` keeps as an attribute of an object, where the call that made the object left it to that:
    /// the file, the parameter and the default.
    pub(super) fn default_kept_as(&self, instance: &Instance, name: Name) -> Option<(FileId, Name, ExprId)> {
        let file = instance.class.file;
        let module = self.graph.reach.evaluator().project().module(file);
        let mut stores = module.attribute_stores(name);
        let (store, None) = (stores.next()?, stores.next()) else { return None };
        let kept = store.value.filter(|_| store.path.is_empty())?;
        let method = module[store.block].function?;
        if module[method].name != "__init__" || module[method].class != Some(instance.class.class) {
            return None;
        }
        let Expr::Name { name: parameter, .. } = module[kept] else { return None };
        let function = FunctionRef { file, function: method };
        let default = module.parameters(method).iter().find(|known| known.name == parameter)?.default?;
        let nodes = self.graph.reach.nodes();
        let mut calls = nodes.filter(|(_, node)| !node.at_import && node.code == Code::Function(function)).peekable();
        let leaves_out = match instance.made {
            Some(made) => calls.any(|(node, _)| self.leaves_out(node, function, parameter, Some(made))),
            None => calls.peek().is_some() && calls.all(|(node, _)| self.leaves_out(node, function, parameter, None)),
        };
        leaves_out.then_some((file, parameter, default))
    }

    /// Whether a call that leads to a node, or the one that is meant, gives nothing for a parameter.
    fn leaves_out(
        &self,
        node: NodeId,
        function: FunctionRef,
        parameter: Name,
        meant: Option<(FileId, ExprId)>,
    ) -> bool {
        let evaluator = self.graph.reach.evaluator();
        let here = Here { reach: self.graph.reach, node };
        here.callers().any(|(caller, call)| {
            let (Some(call), false) = (call, caller.node().at_import) else { return false };
            if meant.is_some_and(|meant| meant != (caller.node().code.file(), call)) {
                return false;
            }
            let Expr::Call { callee, .. } = caller.module()[call] else { return false };
            let Some(arguments) = evaluator.arguments_of(call, caller.place()) else { return false };
            let called = evaluator.value(callee, caller.place());
            called.known.iter().any(|value| {
                let callable = match evaluator.get(*value) {
                    Value::Function(callable) if callable.function == function => *callable,
                    // What `__init__` takes first is the object.
                    Value::Class(..) => Callable { function, receiver: Some(*value), outer: None },
                    _ => return false,
                };
                evaluator.left_to_defaults(&callable, &arguments).contains(&parameter)
            })
        })
    }
}
