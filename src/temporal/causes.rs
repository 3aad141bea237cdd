//! Questions about the cause of a failure that have one answer alone.
//!
//! Knows: names that handlers bind to failures of the SDK, what is asked of their `cause`, and of the status of an
//! `RPCError`. Does not know: which of it is a finding.
//!
//! The cause of an activity's or workflow's failure was made from what came over the wire: it is one of the SDK's classes,
//! whatever class was raised (temporalio/converter/_failure_converter.py).

use super::analysis::Analysis;
use super::exceptions::{ACTIVITY_FAILED, CHILD_FAILED, OPERATION_FAILED};
use crate::python::{Evaluator, Origin, Place, Rest, Value};
use crate::semantic::{BindingKind, Expr, ExprId, Module, Pattern, PatternId, Stmt};
use crate::source::{FileId, Span};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CauseFault {
    /// Whether the cause is of a class that it never is.
    OwnType(String),
    /// Whether it is the builtin or asyncio's `TimeoutError`, where the SDK has its own.
    OtherTimeout,
    /// Whether it is asyncio's `CancelledError`, where the SDK has its own.
    OtherCancellation,
    /// Whether the status of an `RPCError` is a string.
    StatusText,
}

/// A question about a failure that is always answered with no.
#[derive(Debug, Clone)]
pub struct IdleQuestion {
    /// Where.
    pub span: Span,
    /// What.
    pub fault: CauseFault,
}

/// The questions of a file about failures that are always answered with no.
#[must_use]
pub fn idle_questions(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<IdleQuestion> {
    let module = analysis.project.module(file);
    let finder = Finder { evaluator: analysis.evaluator, module, place: Place { file, frame: None } };
    let ask = |expr: ExprId| match module[expr] {
        Expr::Call { .. } => finder.instance(expr),
        Expr::Compare { .. } => finder.status(expr),
        _ => None,
    };
    let found = module.expression_ids().filter_map(|expr| Some((expr, ask(expr)?)));
    let mut found: Vec<(ExprId, CauseFault)> = found.collect();
    for statement in module.statement_ids() {
        let Stmt::Match(matched) = module[statement] else { continue };
        let is_cause = finder.is_cause(module[matched].subject);
        module.list(module[matched].cases).iter().for_each(|case| finder.pattern(case.pattern, is_cause, &mut found));
    }
    let spanned = |(expr, fault)| IdleQuestion { span: Span { file, range: module.span(expr) }, fault };
    found.into_iter().map(spanned).collect()
}

struct Finder<'a, 'p> {
    evaluator: &'a Evaluator<'p>,
    module: &'p Module,
    place: Place,
}

/// Failures whose cause was made from what came over the wire.
const FAILURES: &[&str] = &[
    ACTIVITY_FAILED,
    CHILD_FAILED,
    OPERATION_FAILED,
    "temporalio.client.WorkflowFailureError",
    "temporalio.client.WorkflowUpdateFailedError",
    "temporalio.client.ActivityFailureError",
];

impl Finder<'_, '_> {
    /// `isinstance(error.cause, PaymentDeclined)`.
    fn instance(&self, call: ExprId) -> Option<CauseFault> {
        let Expr::Call { callee, arguments } = self.module[call] else { return None };
        if !matches!(self.module[callee], Expr::Name { name, .. } if name == "isinstance") {
            return None;
        }
        let [object, class] = self.module.list(arguments) else { return None };
        if !self.is_cause(object.value) {
            return None;
        }
        let classes = self.evaluator.value(class.value, self.place);
        if classes.rest == Rest::Anything {
            return None;
        }
        self.never(&self.evaluator.get(classes.only()?).clone())
    }

    /// `case PaymentDeclined():` of a cause, and `case ActivityError(cause=PaymentDeclined()):`, whose other attributes are of
    /// no such class either.
    fn pattern(&self, pattern: PatternId, of_cause: bool, found: &mut Vec<(ExprId, CauseFault)>) {
        match self.module[pattern] {
            Pattern::Or(patterns) => {
                self.module.list(patterns).iter().for_each(|inner| self.pattern(*inner, of_cause, found));
            }
            Pattern::As { pattern: Some(inner), .. } => self.pattern(inner, of_cause, found),
            Pattern::Class { class, patterns, .. } => {
                if let Some(asked) = self.evaluator.value(class, self.place).only().filter(|_| of_cause) {
                    found.extend(self.never(&self.evaluator.get(asked).clone()).map(|fault| (class, fault)));
                } else if !of_cause && self.names_only(class, FAILURES) {
                    self.module.list(patterns).iter().for_each(|inner| self.pattern(*inner, true, found));
                }
            }
            _ => {}
        }
    }

    /// `error.cause`, or a name that stands for it.
    fn is_cause(&self, expr: ExprId) -> bool {
        let (written, place) = match self.evaluator.origin(expr, self.place) {
            Some(Origin::Value(written, place)) => (written, place),
            _ => (expr, self.place),
        };
        if place.file != self.place.file {
            return false;
        }
        let Expr::Attribute { value: error, name } = self.module[written] else { return false };
        matches!(name.as_str(), "cause" | "__cause__") && self.is_one_of(error, FAILURES)
    }

    /// Whether an expression is a failure of these classes alone: a handler binds it, or it is declared as one.
    fn is_one_of(&self, expr: ExprId, wanted: &[&str]) -> bool {
        let values = self.evaluator.value(expr, self.place);
        let is_wanted = |value: &crate::python::ValueId| match self.evaluator.get(*value) {
            Value::OutsideInstance { class, .. } => wanted.contains(&self.evaluator.world().canonical(*class).as_str()),
            _ => false,
        };
        let is_declared =
            values.rest == Rest::Declared && !values.known.is_empty() && values.known.iter().all(is_wanted);
        is_declared || self.is_bound_to(expr, wanted)
    }

    fn never(&self, class: &Value) -> Option<CauseFault> {
        match class {
            Value::Class(class, _) => {
                let module = self.evaluator.project().module(class.file);
                Some(CauseFault::OwnType(module[class.class].name.as_str().to_owned()))
            }
            Value::Outside(name) => match self.evaluator.world().canonical(*name).as_str() {
                "builtins.TimeoutError" => Some(CauseFault::OtherTimeout),
                "asyncio.CancelledError" => Some(CauseFault::OtherCancellation),
                "builtins.BaseException" | "builtins.Exception" => None,
                name => name.strip_prefix("builtins.").map(|name| CauseFault::OwnType(name.to_owned())),
            },
            Value::Items(_, items) => {
                let faults: Option<Vec<CauseFault>> =
                    items.iter().map(|item| self.never(&self.evaluator.get(item.only()?).clone())).collect();
                faults?.into_iter().next()
            }
            _ => None,
        }
    }

    /// `error.status == "NOT_FOUND"`.
    fn status(&self, compare: ExprId) -> Option<CauseFault> {
        let Expr::Compare { left, rest } = self.module[compare] else { return None };
        let [other] = self.module.list(rest) else { return None };
        let sides = [(left, other.right), (other.right, left)];
        let is_status = |expr: ExprId| {
            let Expr::Attribute { value, name } = self.module[expr] else { return false };
            name == "status" && self.is_one_of(value, &["temporalio.service.RPCError"])
        };
        let is_text = |expr: ExprId| match self.module[expr] {
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => {
                let items = self.module.list(items);
                !items.is_empty() && items.iter().all(|item| matches!(self.module[*item], Expr::Str(_)))
            }
            _ => matches!(self.module[expr], Expr::Str(_)),
        };
        sides.iter().any(|(status, text)| is_status(*status) && is_text(*text)).then_some(CauseFault::StatusText)
    }

    /// Whether an expression is a name that a handler binds to failures of these classes alone.
    fn is_bound_to(&self, expr: ExprId, wanted: &[&str]) -> bool {
        let Expr::Name { name, block, .. } = self.module[expr] else { return false };
        let Some(variable) = self.module.variable_read(name, block) else { return false };
        let is_one = |binding: &crate::semantic::BindingId| match self.module[*binding].kind {
            BindingKind::Except { kind: Some(kind) } => self.names_only(kind, wanted),
            BindingKind::Delete => true,
            _ => false,
        };
        let bindings = &self.module[variable].bindings;
        !bindings.is_empty() && bindings.iter().all(is_one)
    }

    fn names_only(&self, kind: ExprId, wanted: &[&str]) -> bool {
        let is_one = |values: &crate::python::Values| {
            let name = values.only().and_then(|value| match self.evaluator.get(value) {
                Value::Outside(name) => Some(self.evaluator.world().canonical(*name)),
                _ => None,
            });
            name.is_some_and(|name| wanted.contains(&name.as_str()))
        };
        let values = self.evaluator.value(kind, self.place);
        match values.only().map(|value| self.evaluator.get(value)) {
            Some(Value::Items(_, items)) => !items.is_empty() && items.iter().all(is_one),
            _ => is_one(&values),
        }
    }
}
