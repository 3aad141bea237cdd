//! What a statement raises.
//!
//! Knows: the classes of exceptions that `raise` and `assert` raise, which of them fail the task and not the workflow, and steps that
//! a workflow leaves unwritten. Does not know: what catches them on the way (`escapes`).

use super::classes::Lineage;
use super::code::{bindings_of, each_within, function_of};
use super::escapes::{Finder, Raiser};
use crate::python::{Edge, NodeId, Rest, Value, ValueId};
use crate::semantic::{BindingKind, CmpOp, Condition, Expr, ExprId, Module, Name, Stmt, StmtId};

/// An exception on its way out.
pub(super) struct Raised {
    pub class: ValueId,
    pub shown: String,
    pub raiser: Raiser,
    pub doubtful: bool,
}

impl Finder<'_, '_, '_> {
    fn outside(&self, name: &str) -> ValueId {
        self.graph.reach.evaluator().store().id(Value::Outside(Name::new(name)))
    }

    /// The exception of a `raise`, where its class can be told and it is not one that was caught.
    pub(super) fn raised(&self, node: NodeId, statement: StmtId) -> Option<Raised> {
        let module = self.module(node);
        let Stmt::Raise { exception: Some(exception), .. } = module[statement] else { return None };
        let is_placeholder = self.is_placeholder(node);
        if self.is_caught_name(module, exception) || is_placeholder && !self.is_left_open(node) {
            return None;
        }
        let is_given = bindings_of(module, exception)
            .iter()
            .any(|binding| matches!(module[*binding].kind, BindingKind::Parameter { .. }));
        let evaluator = self.graph.reach.evaluator();
        let values = self.graph.value(exception, node);
        let class = |value: &ValueId| match evaluator.get(*value) {
            Value::Class(..) | Value::Outside(_) | Value::DynamicClass(_) => Some(*value),
            Value::Instance(instance) => Some(evaluator.store().id(Value::Class(instance.class, instance.outer))),
            Value::OutsideInstance { class, .. } => Some(evaluator.store().id(Value::Outside(*class))),
            _ => None,
        };
        let classes: Vec<ValueId> = values.known.iter().map(class).collect::<Option<_>>()?;
        let (first, rest) = classes.split_first()?;
        // A handler gives on what it caught, which may be anything below the class that it names.
        if is_given
            && classes
                .iter()
                .any(|class| matches!(evaluator.get(*class), Value::Outside(name) if ANY.contains(&name.as_str())))
        {
            return None;
        }
        if !rest.iter().all(|class| self.is_no_failure(*class)) {
            return None;
        }
        let shown = match evaluator.get(*first) {
            Value::Outside(name) => name.as_str().strip_prefix("builtins.").unwrap_or(name.as_str()).to_owned(),
            Value::Class(class, _) => evaluator.project().module(class.file).qualified_class_name(class.class),
            _ => return None,
        };
        let is_bug = Lineage::of(evaluator, *first).has(BUGS) || self.says_unreachable(module, exception);
        let raiser = if is_bug && !is_placeholder { Raiser::Bug } else { Raiser::Raise };
        Some(Raised { class: *first, shown, raiser, doubtful: values.rest == Rest::Anything })
    }

    fn is_caught_name(&self, module: &Module, exception: ExprId) -> bool {
        bindings_of(module, exception).iter().any(|binding| matches!(module[*binding].kind, BindingKind::Except { .. }))
    }

    /// A method that subclasses override.
    fn is_placeholder(&self, node: NodeId) -> bool {
        let Some(function) = function_of(self.graph.reach.node(node)) else { return false };
        let is_method = self.module(node)[function.function].class.is_some();
        is_method && self.graph.reach.evaluator().is_placeholder(function.file, function.function)
    }

    /// Whether the object of a placeholder is one of a workflow that a worker has: its class is the one that is made, and has
    /// no other method of that name.
    fn is_left_open(&self, node: NodeId) -> bool {
        let (reach, analysis) = (&self.graph.reach, self.analysis);
        let evaluator = reach.evaluator();
        let own = || {
            let function = function_of(reach.node(node))?;
            let first = self.module(node).parameters(function.function).first()?.name;
            let frame = evaluator.store().frame(reach.node(node).frame?);
            let (_, object) = frame.parameters.iter().find(|(name, _)| *name == first)?;
            let Value::Instance(object) = evaluator.get(object.only()?) else { return None };
            Some(object.class)
        };
        let Some(workflow) = own().and_then(|class| analysis.workflow_of(class)) else { return false };
        if self.is_asked_for(node) {
            return false;
        }
        let class = analysis.definitions.workflows[workflow].class;
        analysis.definitions.workers().any(|worker| worker.registers(analysis.evaluator, class))
    }

    /// Whether all who call a step ask for it first, or the object for one of its flags: `if type(self).extra is not Steps.extra`,
    /// `if self.has_extra`.
    fn is_asked_for(&self, node: NodeId) -> bool {
        let Some(function) = function_of(self.graph.reach.node(node)) else { return false };
        let name = self.module(node)[function.function].name;
        let asks = |edge: &Edge| {
            let Some(block) = edge.block else { return false };
            let module = self.module(edge.from);
            module.guards(block).any(|(_, condition)| {
                let Condition::Test(test, _) = condition else { return false };
                let mut found = false;
                each_within(module, test, &mut |part| {
                    found |= match module[part] {
                        Expr::Attribute { value, name: asked } => {
                            asked == name || module.method_of_object(value).is_some()
                        }
                        Expr::Str(asked) => asked == name,
                        _ => false,
                    };
                });
                found
            })
        };
        self.graph.ways_into(node).all(asks)
    }

    /// `raise RuntimeError("unreachable")`.
    fn says_unreachable(&self, module: &Module, exception: ExprId) -> bool {
        let Expr::Call { arguments, .. } = module[exception] else { return false };
        module.list(arguments).first().is_some_and(|given| match module[given.value] {
            Expr::Str(text) => {
                let text = text.as_str().to_lowercase();
                UNREACHABLE.iter().any(|words| text.contains(words))
            }
            _ => false,
        })
    }

    /// An assertion that states more than a type checker wants to hear.
    pub(super) fn asserted(&self, node: NodeId, statement: StmtId) -> Option<Raised> {
        let module = self.module(node);
        let Stmt::Assert { test, .. } = module[statement] else { return None };
        (!narrows(module, test)).then(|| Raised {
            class: self.outside("builtins.AssertionError"),
            shown: "AssertionError".to_owned(),
            raiser: Raiser::Bug,
            doubtful: false,
        })
    }

    /// Whether an exception of a class fails the task and not the workflow, for certain.
    pub(super) fn is_no_failure(&self, class: ValueId) -> bool {
        let lineage = Lineage::of(self.graph.reach.evaluator(), class);
        !lineage.is_open() && lineage.has(&["builtins.Exception"]) && !lineage.has(FAILURES)
    }
}

/// The classes that say nothing of what is raised.
const ANY: &[&str] = &["builtins.Exception", "builtins.BaseException"];

/// Exceptions that fail the workflow, or end its code in a way that is meant.
const FAILURES: &[&str] = &[
    "temporalio.exceptions.FailureError",
    "temporalio.workflow.ContinueAsNewError",
    "builtins.TimeoutError",
    "asyncio.TimeoutError",
    "asyncio.CancelledError",
    "builtins.GeneratorExit",
    "builtins.StopIteration",
    "builtins.StopAsyncIteration",
];

/// Exceptions that say what is wrong with the code: that their task waits for a deployment is what is meant.
const BUGS: &[&str] = &[
    "builtins.TypeError",
    "builtins.AssertionError",
    "builtins.NotImplementedError",
    "builtins.AttributeError",
    "builtins.NameError",
    "builtins.ImportError",
];

/// Words of messages for what cannot happen.
const UNREACHABLE: &[&str] = &["unreachable", "can't happen", "cannot happen", "should never", "impossible"];

/// Whether an assertion only tells a type checker what is known: `x is not None`, `isinstance(x, T)`, `x`.
fn narrows(module: &Module, test: ExprId) -> bool {
    match module[test] {
        Expr::Name { .. } | Expr::Attribute { .. } | Expr::Subscript { .. } | Expr::Bool(_) => true,
        Expr::Compare { rest, .. } => {
            module.list(rest).iter().all(|comparison| matches!(comparison.op, CmpOp::Is | CmpOp::IsNot))
        }
        Expr::Call { callee, .. } => {
            matches!(module[callee], Expr::Name { name, .. } if matches!(name.as_str(), "isinstance" | "callable" | "issubclass"))
        }
        Expr::BoolOp { operands, .. } => module.list(operands).iter().all(|operand| narrows(module, *operand)),
        Expr::Unary { operand, .. } => narrows(module, operand),
        _ => false,
    }
}
