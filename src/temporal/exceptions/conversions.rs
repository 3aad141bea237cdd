//! Handlers of workflow code that turn a cancellation into a failure.
//!
//! Knows: handlers that take the failure as which a cancelled command arrives, and raise an `ApplicationError` without asking
//! what it was, themselves or by a helper that always raises one; whether that leaves the workflow. Does not know: which of it is
//! a finding.

use rustc_hash::FxHashSet;

use super::catches::{Finder, finder_of};
use super::classes::{CANCELLED, Kinds, Lineage};
use super::code::{Graph, each_statement, is_cleaning_up};
use super::outcome::{Held, any_outcome_of};
use super::tasks::awaits_only_cancelled;
use crate::python::{Edge, Evaluator, EventKind, Likelihood, NodeId, Place, Value, ValueId, Values};
use crate::semantic::{BlockId, Body, Condition, Expr, ExprId, Handler, RegionKind, Stmt, StmtId, Suite};
use crate::source::{Span, TextRange};
use crate::temporal::analysis::ReachedCode;

/// Through how many helpers a `raise` is looked for.
const HELPERS_DEEP: usize = 3;

/// A handler that raises an `ApplicationError` in place of a cancellation.
#[derive(Debug, Clone, Copy)]
pub struct Conversion {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// The head of the handler.
    pub range: TextRange,
    /// The class or classes that it names, if any.
    pub kind: Option<TextRange>,
    /// The `raise`.
    pub raises: Span,
    /// The handler names the cancellation itself.
    pub is_meant: bool,
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
            let is_meant = !mine.has_command();
            if is_meant && (mine.is_empty() || !kinds.names(evaluator, CANCELLED)) {
                continue;
            }
            let outcome = any_outcome_of(evaluator, handler, &Held::Cancellation(mine.all()), place);
            if outcome.goes_on() || outcome.raises_again || !outcome.raises {
                continue;
            }
            let raised = self.raises_application_error(node, handler);
            let ends = |class: &ValueId| self.may_leave(node, handler.block, *class, &mut FxHashSet::default());
            if let Some(raises) = raised.filter(|raised| ends(&raised.1)).map(|(raises, _)| raises) {
                found.push(Conversion {
                    node,
                    range: handler.head,
                    kind: handler.kind.map(|kind| module.span(kind)),
                    raises,
                    is_meant,
                    unlikely: false,
                });
            }
        }
    }

    /// The first `raise` of a handler that raises an `ApplicationError`, itself or in a helper that does nothing else, where
    /// all that it raises are such.
    fn raises_application_error(&self, node: NodeId, handler: &Handler) -> Option<(Span, ValueId)> {
        let mut raised = Raised { first: None, all: true };
        self.raised_in(self.graph.place(node), handler.body, HELPERS_DEEP, &mut raised);
        raised.first.filter(|_| raised.all)
    }

    /// Whether what a block raises may come out of what the server calls: no handler around it, nor around the calls that
    /// lead there, takes it and raises nothing.
    fn may_leave(&self, node: NodeId, block: BlockId, class: ValueId, seen: &mut FxHashSet<(NodeId, BlockId)>) -> bool {
        if !seen.insert((node, block)) || self.is_taken(node, block, class) {
            return false;
        }
        let leaves = |edge: &Edge, seen: &mut FxHashSet<_>| {
            edge.block.is_none_or(|block| self.may_leave(edge.from, block, class, seen))
        };
        !self.graph.reach.node(node).roots.is_empty() || self.graph.ways_into(node).any(|edge| leaves(edge, seen))
    }

    fn is_taken(&self, node: NodeId, block: BlockId, class: ValueId) -> bool {
        let module = self.module(node);
        let (evaluator, place) = (self.graph.reach.evaluator(), self.graph.place(node));
        module.regions_around(block).any(|(_, region)| {
            let RegionKind::Try(tried) = region.kind else { return false };
            let takes = |handler: &&Handler| {
                Kinds::of(evaluator, handler.kind, place).take_class(evaluator, class) != Some(false)
            };
            module.list(module[tried].handlers).iter().find(takes).is_some_and(|handler| {
                let outcome = any_outcome_of(evaluator, handler, &Held::Exception(class), place);
                !outcome.raises && !outcome.raises_again
            })
        })
    }

    fn raised_in(&self, place: Place, suite: Suite, depth: usize, raised: &mut Raised) {
        let evaluator = self.graph.reach.evaluator();
        let module = evaluator.project().module(place.file);
        each_statement(module, suite, &mut |statement| match module[statement] {
            Stmt::Raise { exception: Some(exception), .. } => {
                let class = application_error(evaluator, &evaluator.value(exception, place));
                raised.all &= class.is_some();
                let span = Span { file: place.file, range: module.statement_span(statement) };
                raised.first = raised.first.or(class.map(|class| (span, class)));
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
    /// The first statement that raises one, and its class.
    first: Option<(Span, ValueId)>,
    /// Whether all that is raised are application errors.
    all: bool,
}

/// The class of what is raised, the first of several, where it surely is an application error.
fn application_error(evaluator: &Evaluator<'_>, values: &Values) -> Option<ValueId> {
    let class = |value: &ValueId| match evaluator.get(*value) {
        Value::OutsideInstance { class, .. } => evaluator.store().id(Value::Outside(*class)),
        Value::Instance(instance) => evaluator.store().id(Value::Class(instance.class, instance.outer)),
        _ => *value,
    };
    let is_it = |class: ValueId| Lineage::of(evaluator, class).has(&["temporalio.exceptions.ApplicationError"]);
    let mut classes = values.known.iter().map(class);
    let first = classes.next().filter(|first| is_it(*first))?;
    classes.all(is_it).then_some(first)
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
