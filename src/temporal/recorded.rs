//! What the history of a workflow holds, so that a replay has the same.
//!
//! Knows: parameters of what the server calls, the results of what workflow code starts, what the program itself says, and
//! what is taken out of these or put together of them, also by functions of the project. Does not know: the state of workflows, and
//! what decides which of it is taken.

use rustc_hash::FxHashSet;

use super::analysis::ReachedCode;
use super::code::{Graph, bindings_of, function_of};
use super::effects::through_bases;
use crate::python::{Edge, Event, NodeId, Value};
use crate::semantic::{ArgumentKind, BindingId, BindingKind, Body, Expr, ExprId, Module, Name, ScopeKind, given_for};

/// How many expressions are looked at for one question.
const LOOKED_AT: usize = 200;

/// Whether the first argument of a call in reached workflow code surely is what the history holds, or made of that alone.
#[must_use]
pub fn is_recorded_text(reached: &ReachedCode<'_>, node: NodeId, call: &Event) -> bool {
    let module = reached.reach.evaluator().project().module(reached.reach.place(node).file);
    let Some(Expr::Call { arguments, .. }) = call.expr.map(|call| module[call]) else { return false };
    let mut origin = Origin { reached, code: Graph::new(&reached.reach), seen: FxHashSet::default() };
    module.list(arguments).first().is_some_and(|first| origin.is_recorded(node, first.value))
}

struct Origin<'r, 'p> {
    reached: &'r ReachedCode<'p>,
    code: Graph<'r, 'p>,
    /// What was asked before: what depends on itself depends on nothing more.
    seen: FxHashSet<(NodeId, ExprId)>,
}

impl Origin<'_, '_> {
    fn is_recorded(&mut self, node: NodeId, expr: ExprId) -> bool {
        if !self.seen.insert((node, expr)) {
            return true;
        }
        if self.seen.len() > LOOKED_AT {
            return false;
        }
        let module = self.code.module(node);
        match module[expr] {
            Expr::Name { .. } => {
                let bindings = bindings_of(module, expr);
                // What a lambda is given comes of what stands beside it in the call, which is looked at, too.
                !bindings.is_empty()
                    && bindings
                        .iter()
                        .all(|binding| is_of_lambda(module, *binding) || self.is_bound_to(node, module[*binding].kind))
            }
            Expr::Target(_) => true,
            Expr::Await(call) => {
                let names = self.code.outside_names_called(call, node);
                !names.is_empty() && names.iter().all(|name| name.as_str().starts_with("temporalio.workflow.execute_"))
            }
            Expr::Call { callee, .. } => {
                self.gives_recorded(node, expr)
                    || self.is_only_taken_out(node, callee) && self.are_parts_recorded(node, expr)
            }
            Expr::Conditional { body, orelse, .. } => self.is_recorded(node, body) && self.is_recorded(node, orelse),
            Expr::Comprehension(comprehension) => {
                let comprehension = module[comprehension];
                let gone_through = module.list(comprehension.clauses).iter().map(|clause| clause.iterable);
                let made = comprehension.key.into_iter().chain([comprehension.element]);
                gone_through.chain(made).all(|part| self.is_recorded(node, part))
            }
            Expr::Lambda(function) => match module[function].body {
                Body::Expression(value) => self.is_recorded(node, value),
                Body::Statements(_) => false,
            },
            Expr::Yield(_) | Expr::YieldFrom(_) => false,
            _ => self.are_parts_recorded(node, expr),
        }
    }

    fn are_parts_recorded(&mut self, node: NodeId, expr: ExprId) -> bool {
        let module = self.code.module(node);
        let callee = match module[expr] {
            // What a function is called needs no origin; the object of a method does.
            Expr::Call { callee, .. }
                if matches!(module[callee], Expr::Name { .. }) || self.is_of_a_module(node, callee) =>
            {
                Some(callee)
            }
            _ => None,
        };
        let mut parts = Vec::new();
        module.each_part(expr, &mut |part| parts.push(part));
        parts.into_iter().filter(|part| Some(*part) != callee).all(|part| self.is_recorded(node, part))
    }

    /// Whether a callee is a function that a module outside the project has, as in `re.sub`.
    fn is_of_a_module(&self, node: NodeId, callee: ExprId) -> bool {
        let names = self.code.outside_names(callee, node);
        !names.is_empty() && names.iter().all(|name| self.reached.known.behaviour.is_made_of_arguments(name.as_str()))
    }

    /// Whether a call leads to functions of the project, and all that these return is recorded.
    fn gives_recorded(&mut self, node: NodeId, call: ExprId) -> bool {
        let site = self.code.module(node).span(call);
        let called: Vec<NodeId> = self.code.led_to_by(node, site).collect();
        !called.is_empty() && called.into_iter().all(|to| self.returns_recorded(to))
    }

    fn returns_recorded(&mut self, node: NodeId) -> bool {
        let Some(function) = function_of(self.reached.reach.node(node)) else { return false };
        let definition = &self.code.module(node)[function.function];
        let mut returned = definition.returns.iter().filter_map(|ret| ret.value);
        !definition.is_async && !definition.is_generator && returned.all(|value| self.is_recorded(node, value))
    }

    /// Whether a callee makes what it gives of its object and arguments alone: a function of Python's own or one of the
    /// standard library that is known to, or a method that no class of the project has.
    fn is_only_taken_out(&self, node: NodeId, callee: ExprId) -> bool {
        let names = self.code.outside_names(callee, node);
        let known = self.code.value(callee, node).known.len();
        let tables = self.reached.known.tables;
        let has_effect = |name: &str| through_bases(tables, name, |name| tables.effect(name)).is_some();
        let is_plain = |name: &Name| {
            let name = name.as_str();
            self.reached.known.behaviour.is_made_of_arguments(name)
                || name.starts_with("builtins.") && !has_effect(name)
        };
        let is_method = matches!(self.code.module(node)[callee], Expr::Attribute { .. });
        names.len() == known && names.iter().all(is_plain) && (is_method || known > 0)
    }

    fn is_bound_to(&mut self, node: NodeId, kind: BindingKind) -> bool {
        match kind {
            BindingKind::Parameter { index } => self.is_given(node, index),
            BindingKind::Assign { value, .. } | BindingKind::Augment { value, .. } => self.is_recorded(node, value),
            BindingKind::Loop { iterable, .. } => self.is_recorded(node, iterable),
            _ => false,
        }
    }

    /// Whether a parameter of a node's function surely is given what the history holds: by the server, and by all that call
    /// the function.
    fn is_given(&mut self, node: NodeId, index: u32) -> bool {
        let is_root = !self.reached.reach.node(node).roots.is_empty();
        // The first one is the workflow's own object.
        if is_root && index == 0 {
            return false;
        }
        let ways: Vec<Edge> = self.code.ways_into(node).copied().collect();
        (is_root || !ways.is_empty()) && ways.iter().all(|way| self.is_given_by(node, index, way))
    }

    fn is_given_by(&mut self, node: NodeId, index: u32, way: &Edge) -> bool {
        let Some(function) = function_of(self.reached.reach.node(node)) else { return false };
        let module = self.code.module(node);
        let parameters = module.parameters(function.function);
        let Some(parameter) = parameters.get(index as usize) else { return false };
        let caller = self.code.module(way.from);
        let call = self.code.call_at(way.from, way.site);
        let Some(Expr::Call { callee, arguments }) = call.map(|call| caller[call]) else { return false };
        let evaluator = self.reached.reach.evaluator();
        let is_bound = self.code.value(callee, way.from).known.iter().any(|value| match evaluator.get(*value) {
            Value::Function(callable) => callable.function == function && callable.receiver.is_some(),
            _ => false,
        });
        let given = caller.list(arguments);
        if given.iter().any(|given| matches!(given.kind, ArgumentKind::Star | ArgumentKind::DoubleStar)) {
            return false;
        }
        let position = index.checked_sub(u32::from(is_bound));
        let position = position.map(|position| position as usize);
        match given_for(given, parameter.name.as_str(), position) {
            Some(given) => self.is_recorded(way.from, given),
            None => parameter.default.is_some_and(|default| self.is_recorded(node, default)),
        }
    }
}

/// Whether a binding is a parameter of a lambda.
fn is_of_lambda(module: &Module, binding: BindingId) -> bool {
    let binding = &module[binding];
    let ScopeKind::Function(function) = module[module[binding.variable].scope].kind else { return false };
    matches!(binding.kind, BindingKind::Parameter { .. }) && matches!(module[function].body, Body::Expression(_))
}
