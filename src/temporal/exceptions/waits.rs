//! What a protected body waits for, and as what a cancellation arrives there.
//!
//! Knows: commands of a workflow, handles, `gather` and the like, coroutines of the project. Does not know: who is
//! cancelled, or what a handler does.
//!
//! A cancelled workflow sees `asyncio.CancelledError` where it sleeps or waits for a condition, and the failure of the
//! command, caused by the SDK's `CancelledError`, where it waits for an activity, a child or an operation.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::awaiting::{await_kind, keeps_exceptions};
use super::classes::{ACTIVITY_FAILED, CANCELLED, CHILD_FAILED, Kinds, OPERATION_FAILED};
use super::code::{Graph, bindings_of, expressions, statements};
use super::outcome::{Held, outcome_of};
use crate::python::{NodeId, Value};
use crate::registry::schema::AwaitKind;
use crate::semantic::{
    ArgumentKind, BindingKind, BlockId, CmpOp, Condition, Expr, ExprId, Module, Name, RegionKind, Step, Stmt, Suite,
};
use crate::source::last_part;

/// Through how many coroutines, names and displays an await is followed.
const WAITS_DEEP: usize = 8;

/// The forms in which a cancellation arrives, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Forms(Vec<&'static str>);

impl Forms {
    pub(super) fn of(form: &'static str) -> Self {
        Self(vec![form])
    }

    fn add(&mut self, other: &Self) {
        for form in &other.0 {
            if !self.0.contains(form) {
                self.0.push(form);
            }
        }
        self.0.sort_unstable();
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|form| keep(form));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> Vec<&'static str> {
        self.0.clone()
    }

    /// Whether a cancellation arrives as the failure of a command.
    pub(super) fn has_command(&self) -> bool {
        self.0.iter().any(|form| *form != CANCELLED)
    }
}

/// An await in a suite.
#[derive(Debug, Clone)]
pub(super) struct Await {
    /// What is awaited; absent for `async for` and `async with`.
    pub awaited: Option<ExprId>,
    /// The block of its statement.
    pub block: BlockId,
}

/// The awaits of a suite, those in functions inside left aside.
pub(super) fn awaits(module: &Module, suite: Suite) -> Vec<Await> {
    let awaited = expressions(module, suite, |expr| matches!(expr, Expr::Await(_)));
    let mut found: Vec<Await> = awaited
        .into_iter()
        .map(|(statement, expr)| {
            let awaited = match module[expr] {
                Expr::Await(value) => Some(value),
                _ => None,
            };
            Await { awaited, block: module.block_of(statement) }
        })
        .collect();
    let is_async = |statement| match statement {
        Stmt::For(looped) => module[looped].is_async,
        Stmt::With(with) => module[with].is_async,
        _ => false,
    };
    let statements = statements(module, suite, is_async);
    found.extend(statements.into_iter().map(|id| Await { awaited: None, block: module.block_of(id) }));
    found
}

/// Says as what a cancellation arrives.
pub(super) struct Waits<'g, 'r, 'p> {
    graph: &'g Graph<'r, 'p>,
    /// What leaves coroutines, by how deep these are still followed: the ways to them are many more than they are.
    coroutines: RefCell<FxHashMap<(NodeId, usize), Forms>>,
}

impl<'g, 'r, 'p> Waits<'g, 'r, 'p> {
    pub(super) fn new(graph: &'g Graph<'r, 'p>) -> Self {
        Self { graph, coroutines: RefCell::default() }
    }
}

impl Waits<'_, '_, '_> {
    /// As what a cancellation leaves a suite of a node.
    pub(super) fn of_suite(&self, node: NodeId, suite: Suite) -> Forms {
        self.within(node, suite, WAITS_DEEP)
    }

    /// As what a cancellation leaves a coroutine.
    fn of_coroutine(&self, node: NodeId, depth: usize) -> Forms {
        if let Some(known) = self.coroutines.borrow().get(&(node, depth)) {
            return known.clone();
        }
        let found = self.within(node, self.graph.body(node), depth);
        self.coroutines.borrow_mut().insert((node, depth), found.clone());
        found
    }

    fn within(&self, node: NodeId, suite: Suite, depth: usize) -> Forms {
        let module = self.graph.module(node);
        let mut forms = Forms::default();
        let inner = module.list(suite).first().map(|first| module[module.block_of(*first)].region);
        for waits in awaits(module, suite) {
            if !self.graph.reach.evaluator().may_run(waits.block, self.graph.place(node)) {
                continue;
            }
            let mut found = match waits.awaited {
                Some(awaited) if self.is_done(node, awaited, waits.block) => Forms::default(),
                Some(awaited) => self.awaited(node, awaited, depth),
                None => Forms::of(CANCELLED),
            };
            self.leave_inner(node, waits.block, inner.flatten(), &mut found);
            forms.add(&found);
        }
        forms
    }

    /// Takes away what handlers between an await and a region around catch for good.
    fn leave_inner(&self, node: NodeId, block: BlockId, until: Option<crate::semantic::RegionId>, forms: &mut Forms) {
        let module = self.graph.module(node);
        let (evaluator, place) = (self.graph.reach.evaluator(), self.graph.place(node));
        for (id, region) in module.regions_around(block) {
            if Some(id) == until {
                return;
            }
            let RegionKind::Try(tried) = region.kind else { continue };
            forms.retain(|form| {
                let taken = module.list(module[tried].handlers).iter().find(|handler| {
                    Kinds::of(evaluator, handler.kind, place).take_outside(evaluator, form) == Some(true)
                });
                taken.is_none_or(|handler| {
                    let held = Held::Cancellation(vec![
                        FORMS.iter().copied().find(|known| *known == form).unwrap_or(CANCELLED),
                    ]);
                    !outcome_of(evaluator, handler, &held, place).goes_on()
                })
            });
        }
    }

    /// As what a cancellation arrives where an expression is awaited.
    fn awaited(&self, node: NodeId, expr: ExprId, depth: usize) -> Forms {
        let module = self.graph.module(node);
        if depth == 0 {
            return Forms::of(CANCELLED);
        }
        match module[expr] {
            Expr::Call { callee, .. } => self.called(node, expr, callee, depth - 1),
            Expr::Conditional { body, orelse, .. } => {
                let mut forms = self.awaited(node, body, depth - 1);
                forms.add(&self.awaited(node, orelse, depth - 1));
                forms
            }
            Expr::Named { value, .. } => self.awaited(node, value, depth - 1),
            Expr::Starred(items) => self.items(node, items, depth - 1),
            Expr::Name { .. } => self.named(node, expr, depth - 1),
            _ => self.by_class(node, expr),
        }
    }

    fn called(&self, node: NodeId, call: ExprId, callee: ExprId, depth: usize) -> Forms {
        let module = self.graph.module(node);
        let mut forms = Forms::default();
        for name in self.graph.outside_names(callee, node) {
            forms.add(&self.outside(node, name, call, depth));
        }
        let evaluator = self.graph.reach.evaluator();
        let functions = self.graph.value(callee, node);
        for value in &functions.known {
            let Value::Function(callable) = evaluator.get(*value) else { continue };
            let function = callable.function;
            for inner in self.graph.led_to(node, module.span(call)) {
                if super::code::function_of(self.graph.reach.node(inner)) != Some(function) {
                    continue;
                }
                let code = self.graph.module(inner);
                if code[function.function].is_async {
                    forms.add(&self.of_coroutine(inner, depth));
                } else {
                    let returned = code[function.function].returns.iter().filter_map(|ret| ret.value);
                    returned.for_each(|value| forms.add(&self.awaited(inner, value, depth)));
                }
            }
        }
        // What is not known may wait for anything.
        if functions.known.is_empty() { Forms::of(CANCELLED) } else { forms }
    }

    fn outside(&self, node: NodeId, name: Name, call: ExprId, depth: usize) -> Forms {
        let module = self.graph.module(node);
        let Expr::Call { arguments, .. } = module[call] else { return Forms::default() };
        let arguments = module.list(arguments);
        match what(name) {
            What::Command(form) => Forms::of(form),
            What::Finishes => Forms::default(),
            What::Waits => Forms::of(CANCELLED),
            What::Passes => {
                let keeps = keeps_exceptions(module, arguments);
                if keeps == Some(true) {
                    return Forms::of(CANCELLED);
                }
                let mut forms = if keeps.is_none() { Forms::of(CANCELLED) } else { Forms::default() };
                for given in arguments {
                    let found = match given.kind {
                        ArgumentKind::Positional => self.awaited(node, given.value, depth),
                        ArgumentKind::Star => self.items(node, given.value, depth),
                        _ => continue,
                    };
                    forms.add(&found);
                }
                if forms.is_empty() { Forms::of(CANCELLED) } else { forms }
            }
        }
    }

    fn named(&self, node: NodeId, name: ExprId, depth: usize) -> Forms {
        let module = self.graph.module(node);
        let mut forms = Forms::default();
        for binding in bindings_of(module, name) {
            match module[*binding].kind {
                BindingKind::Assign { value, path, .. } if path.is_empty() && depth > 0 => {
                    // What awaiting gives is known by its class alone.
                    let found = match module[value] {
                        Expr::Await(_) => self.by_class(node, name),
                        _ => self.awaited(node, value, depth),
                    };
                    forms.add(&found);
                }
                BindingKind::Loop { iterable, .. } => forms.add(&self.items(node, iterable, depth)),
                _ => {}
            }
        }
        if forms.is_empty() || forms == Forms::of(CANCELLED) {
            forms.add(&self.by_class(node, name));
        }
        forms
    }

    /// As what a cancellation arrives where the items of a collection are awaited.
    fn items(&self, node: NodeId, expr: ExprId, depth: usize) -> Forms {
        let module = self.graph.module(node);
        let mut forms = Forms::default();
        if depth == 0 {
            return Forms::of(CANCELLED);
        }
        match module[expr] {
            Expr::List(items) | Expr::Tuple(items) | Expr::Set(items) => {
                module.list(items).iter().for_each(|item| forms.add(&self.awaited(node, *item, depth - 1)));
            }
            Expr::Comprehension(comprehension) => {
                forms.add(&self.awaited(node, module[comprehension].element, depth - 1));
            }
            Expr::Dict(items) => {
                module.list(items).iter().for_each(|item| forms.add(&self.awaited(node, item.value, depth - 1)));
            }
            // `list(tasks)`, `tasks.values()`, `map(start, names)`.
            Expr::Call { callee, arguments } => match module[callee] {
                Expr::Attribute { value, .. } => forms.add(&self.items(node, value, depth - 1)),
                _ => {
                    module.list(arguments).iter().for_each(|given| forms.add(&self.items(node, given.value, depth - 1)))
                }
            },
            Expr::Name { name, .. } => {
                for binding in bindings_of(module, expr) {
                    if let BindingKind::Assign { value, path, .. } = module[*binding].kind
                        && path.is_empty()
                    {
                        forms.add(&self.items(node, value, depth - 1));
                    }
                }
                for store in module.stores(name) {
                    forms.add(&self.awaited(node, store.value, depth - 1));
                }
            }
            _ => {}
        }
        forms
    }

    fn by_class(&self, node: NodeId, expr: ExprId) -> Forms {
        let mut forms = Forms::default();
        for class in self.graph.outside_classes(expr, node) {
            forms.add(&Forms::of(match class.as_str() {
                "temporalio.workflow.ActivityHandle" => ACTIVITY_FAILED,
                "temporalio.workflow.ChildWorkflowHandle" => CHILD_FAILED,
                "temporalio.workflow.NexusOperationHandle" => OPERATION_FAILED,
                _ => CANCELLED,
            }));
        }
        if forms.is_empty() { Forms::of(CANCELLED) } else { forms }
    }

    /// Whether an awaited handle is known to be done: it is among those that `wait` gave, or was asked.
    fn is_done(&self, node: NodeId, awaited: ExprId, block: BlockId) -> bool {
        let module = self.graph.module(node);
        let Expr::Name { .. } = module[awaited] else { return false };
        let variable = super::code::variable_of(module, awaited);
        let is_it = |expr: ExprId| super::code::variable_of(module, expr) == variable;
        let asked = module.guards(block).any(|(_, condition)| {
            let Condition::Test(test, true) = condition else { return false };
            match module[test] {
                Expr::Compare { left, rest } => match module.list(rest) {
                    [only] => only.op == CmpOp::In && is_it(left) && self.is_from_wait(module, only.right),
                    _ => false,
                },
                Expr::Call { callee, .. } => {
                    matches!(module[callee], Expr::Attribute { value, name } if name == "done" && is_it(value))
                }
                _ => false,
            }
        });
        let is_loop_over_done = bindings_of(module, awaited).iter().any(|binding| {
            matches!(module[*binding].kind, BindingKind::Loop { iterable, .. } if self.is_from_wait(module, iterable))
        });
        asked || is_loop_over_done
    }

    /// Whether a name is the first of what `asyncio.wait` or `workflow.wait` gave.
    fn is_from_wait(&self, module: &Module, name: ExprId) -> bool {
        bindings_of(module, name).iter().any(|binding| {
            let BindingKind::Assign { value, path, .. } = module[*binding].kind else { return false };
            let Expr::Await(call) = module[value] else { return false };
            let Expr::Call { callee, .. } = module[call] else { return false };
            let is_wait =
                matches!(module[callee], Expr::Attribute { name, .. } | Expr::Name { name, .. } if name == "wait");
            is_wait && module.list(path).first() == Some(&Step::Item(0))
        })
    }
}

const FORMS: &[&str] = &[CANCELLED, ACTIVITY_FAILED, CHILD_FAILED, OPERATION_FAILED];

/// What awaiting a call of the SDK or of asyncio does with a cancellation.
enum What {
    /// It arrives as the failure of a command.
    Command(&'static str),
    /// The call is finished all the same.
    Finishes,
    /// It arrives as it is.
    Waits,
    /// It arrives as it does where the arguments are awaited.
    Passes,
}

fn what(name: Name) -> What {
    let last = last_part(name.as_str());
    if let Some(rest) = name.as_str().strip_prefix("temporalio.workflow.") {
        let is_external = rest.starts_with("ExternalWorkflowHandle.") || rest == "ChildWorkflowHandle.signal";
        return match last {
            _ if is_external => What::Finishes,
            "execute_child_workflow" => What::Command(CHILD_FAILED),
            "execute_operation" => What::Command(OPERATION_FAILED),
            // The start of a child and of an operation is awaited on its own.
            "start_child_workflow" | "start_operation" => What::Waits,
            _ if last.starts_with("execute_") || last.starts_with("start_") => What::Command(ACTIVITY_FAILED),
            _ => What::Waits,
        };
    }
    match await_kind(name) {
        None | Some(AwaitKind::Shields | AwaitKind::Waits) => What::Waits,
        Some(AwaitKind::Gathers | AwaitKind::Limits | AwaitKind::Starts | AwaitKind::StartsInGroup) => What::Passes,
    }
}
