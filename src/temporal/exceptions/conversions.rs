//! Handlers of workflow code that turn a cancellation into a failure.
//!
//! Knows: handlers that take the failure as which a cancelled command arrives, and raise an `ApplicationError` without asking
//! what it was. Does not know: which of it is a finding.

use super::catches::{Finder, finder_of};
use super::classes::{Kinds, Lineage};
use super::code::{Graph, each_statement, is_cleaning_up};
use super::outcome::{Held, any_outcome_of};
use super::tasks::awaits_only_cancelled;
use crate::python::{EventKind, NodeId, Value};
use crate::semantic::{Handler, Stmt, StmtId};
use crate::source::TextRange;
use crate::temporal::analysis::ReachedCode;

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
    pub raises: TextRange,
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

    /// The first `raise` of a handler that raises an `ApplicationError`, where all that it raises are such.
    fn raises_application_error(&self, node: NodeId, handler: &Handler) -> Option<TextRange> {
        let module = self.module(node);
        let evaluator = self.graph.reach.evaluator();
        let is_it = |expr| {
            let values = self.graph.value(expr, node);
            !values.known.is_empty()
                && values.known.iter().all(|value| {
                    let class = match evaluator.get(*value) {
                        Value::OutsideInstance { class, .. } => evaluator.store().id(Value::Outside(*class)),
                        Value::Instance(instance) => evaluator.store().id(Value::Class(instance.class, instance.outer)),
                        _ => *value,
                    };
                    Lineage::of(evaluator, class).has(&["temporalio.exceptions.ApplicationError"])
                })
        };
        let mut first = None;
        let mut all = true;
        each_statement(module, handler.body, &mut |statement| {
            if let Stmt::Raise { exception: Some(exception), .. } = module[statement] {
                all &= is_it(exception);
                first.get_or_insert(module.statement_span(statement));
            }
        });
        first.filter(|_| all)
    }
}
