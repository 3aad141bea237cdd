//! Handlers of workflow code that turn a cancellation into a failure.
//!
//! Knows: handlers that take the failure as which a cancelled command arrives, and raise an `ApplicationError` without asking
//! what it was, themselves or by a helper that always raises one. Does not know: which of it is a finding.

use super::catches::{Finder, finder_of};
use super::classes::{Kinds, Lineage};
use super::code::{Graph, each_statement, is_cleaning_up};
use super::outcome::{Held, any_outcome_of};
use super::tasks::awaits_only_cancelled;
use crate::python::{Evaluator, EventKind, Likelihood, NodeId, Place, Value, ValueId, Values};
use crate::semantic::{Body, Condition, Expr, ExprId, Handler, Stmt, StmtId, Suite};
use crate::source::{Span, TextRange};
use crate::temporal::analysis::ReachedCode;

/// Through how many helpers a `raise` is looked for.
const HELPERS_DEEP: usize = 3;

/// A handler that raises an `ApplicationError` in place of a cancellation.
#[derive(Debug, Clone, Copy)]
pub struct Conversion {
    /// The code.
    pub node: NodeId,
    /// The head of the handler.
    pub range: TextRange,
    /// The class or classes that it names, if any.
    pub kind: Option<TextRange>,
    /// The `raise`.
    pub raises: Span,
    /// Only a wrong annotation leads here.
    pub unlikely: bool,
}

/// The handlers of reached workflow code that turn a cancellation into a failure.
#[must_use]
pub fn conversions(reached: &ReachedCode<'_>) -> Vec<Conversion> {
    let graph = Graph::new(&reached.reach);
    let finder = finder_of(reached, &graph);
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            if let EventKind::Try(statement) = event.kind {
                let first = found.len();
                finder.converted(id, statement, &mut found);
                found[first..].iter_mut().for_each(|conversion: &mut Conversion| conversion.unlikely = event.unlikely);
            }
        }
    }
    found
}

impl Finder<'_, '_, '_> {
    fn converted(&self, node: NodeId, statement: StmtId, found: &mut Vec<Conversion>) {
        let module = self.module(node);
        let Stmt::Try(tried) = module[statement] else { return };
        let tried = module[tried];
        let is_clean_up = is_cleaning_up(module, module.block_of(statement));
        if is_clean_up || !self.cancellable.contains(&node) || awaits_only_cancelled(self.graph, node, tried.body) {
            return;
        }
        let (evaluator, place) = (self.graph.reach.evaluator(), self.graph.place(node));
        let mut forms = self.waits.of_suite(node, tried.body);
        for handler in module.list(tried.handlers) {
            if !evaluator.may_run(handler.block, place) {
                continue;
            }
            let kinds = Kinds::of(evaluator, handler.kind, place);
            let mut mine = forms.clone();
            mine.retain(|form| kinds.take_outside(evaluator, form) == Some(true));
            forms.retain(|form| kinds.take_outside(evaluator, form) == Some(false));
            if !mine.has_command() {
                continue;
            }
            let outcome = any_outcome_of(evaluator, handler, &Held::Cancellation(mine.all()), place);
            if outcome.goes_on() || outcome.raises_again || !outcome.raises {
                continue;
            }
            if let Some(raises) = self.raises_application_error(node, handler) {
                found.push(Conversion {
                    node,
                    range: handler.head,
                    kind: handler.kind.map(|kind| module.span(kind)),
                    raises,
                    unlikely: false,
                });
            }
        }
    }

    /// The first `raise` of a handler that raises an `ApplicationError`, itself or in a helper that does nothing else, where
    /// all that it raises are such.
    fn raises_application_error(&self, node: NodeId, handler: &Handler) -> Option<Span> {
        let mut raised = Raised { first: None, all: true };
        self.raised_in(self.graph.place(node), handler.body, HELPERS_DEEP, &mut raised);
        raised.first.filter(|_| raised.all)
    }

    fn raised_in(&self, place: Place, suite: Suite, depth: usize, raised: &mut Raised) {
        let evaluator = self.graph.reach.evaluator();
        let module = evaluator.project().module(place.file);
        each_statement(module, suite, &mut |statement| match module[statement] {
            Stmt::Raise { exception: Some(exception), .. } => {
                raised.all &= is_application_error(evaluator, &evaluator.value(exception, place));
                let span = Span { file: place.file, range: module.statement_span(statement) };
                raised.first.get_or_insert(span);
            }
            Stmt::Expr(value) | Stmt::Return(Some(value)) | Stmt::Assign { value, .. } => {
                let Some(callee) = never_comes_back(evaluator, value, place) else { return };
                match (evaluator.get(callee), depth.checked_sub(1)) {
                    (Value::Function(callable), Some(depth)) => {
                        let function = callable.function;
                        if let Body::Statements(body) =
                            evaluator.project().module(function.file)[function.function].body
                        {
                            self.raised_in(Place { file: function.file, frame: None }, body, depth, raised);
                        }
                    }
                    _ => raised.all = false,
                }
            }
            _ => {}
        });
    }
}

/// What code raises.
struct Raised {
    /// The first statement that raises.
    first: Option<Span>,
    /// Whether all that is raised are application errors.
    all: bool,
}

fn is_application_error(evaluator: &Evaluator<'_>, values: &Values) -> bool {
    let is_it = |value: &ValueId| {
        let class = match evaluator.get(*value) {
            Value::OutsideInstance { class, .. } => evaluator.store().id(Value::Outside(*class)),
            Value::Instance(instance) => evaluator.store().id(Value::Class(instance.class, instance.outer)),
            _ => *value,
        };
        Lineage::of(evaluator, class).has(&["temporalio.exceptions.ApplicationError"])
    };
    !values.known.is_empty() && values.known.iter().all(is_it)
}

/// What a call, or one that is awaited, calls, where it does not come back.
fn never_comes_back(evaluator: &Evaluator<'_>, value: ExprId, place: Place) -> Option<ValueId> {
    let module = evaluator.project().module(place.file);
    let call = match module[value] {
        Expr::Await(call) => call,
        _ => value,
    };
    let Expr::Call { callee, .. } = module[call] else { return None };
    let is_left = evaluator.likelihood(Condition::Returns(call), place) == Likelihood::No;
    is_left.then(|| evaluator.value(callee, place).single())?
}
