//! Where reached code catches what ends a workflow or an activity, and goes on.
//!
//! Knows: which handlers, `suppress` and jumps out of `finally` take a cancellation and do not raise it again, what they
//! guard, and what comes of it. Does not know: which of it is a finding.

use rustc_hash::FxHashSet;

use super::classes::{CANCELLED, EVERYTHING, Kinds, SDK_CANCELLED};
use super::code::{Graph, function_of, is_cleaning_up, is_in_finally, statements};
use super::guarded::Guarded;
use super::managers::taken_at_exit;
use super::outcome::{Held, Outcome, outcome_of};
use super::tasks::{awaits_only_cancelled, emerges, is_cancelled_by_its_owner};
use super::waits::{Waits, awaits};
use crate::python::{Evaluator, EventKind, FunctionRef, NodeId, Place, Value};
use crate::semantic::{Expr, ExprId, Handler, Module, Name, Stmt, StmtId, Suite, Try};
use crate::source::TextRange;
use crate::temporal::analysis::{Context, ReachedCode};
use crate::temporal::definitions::{EntryPoint, Role};

/// What catches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchKind {
    /// A handler: the class or classes that it names, if any.
    Handler(Option<TextRange>),
    /// `contextlib.suppress`.
    Suppress,
    /// A context manager of the project whose exit, of this name, gives `True`.
    Exit(&'static str),
    /// `return`, `break` or `continue` in `finally`.
    Finally,
}

/// What comes of a cancellation that is caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matters {
    /// Nothing more is done.
    Little,
    /// Further work is awaited.
    GoesOn,
    /// It decides what the workflow gives.
    DecidesTheResult,
    /// The code is written for cancellation, or for all exceptions alike.
    IsMeant,
}

/// A place that catches and goes on.
#[derive(Debug, Clone, Copy)]
pub struct Catch {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// The head of the handler, the call of `suppress`, the statement that leaves `finally`.
    pub range: TextRange,
    /// What catches.
    pub kind: CatchKind,
    /// It takes every exception there is.
    pub takes_everything: bool,
    /// It stands before nothing else that takes `asyncio.CancelledError`.
    pub is_first: bool,
    /// What it guards.
    pub guarded: Guarded,
    /// Whether a cancellation that arrives under it ends here, and what comes of it.
    pub swallows: Option<Matters>,
    /// Something is awaited afterwards, here or in what calls it.
    pub is_followed: bool,
    /// Only a wrong annotation leads here.
    pub unlikely: bool,
}

/// The failures as which commands end, and as one of which their cancellation arrives.
const FAILURES_BY_NAME: [&str; 3] = [
    "temporalio.exceptions.ActivityError",
    "temporalio.exceptions.ChildWorkflowError",
    "temporalio.exceptions.NexusOperationError",
];

/// One of the classes that derive from `BaseException` alone and say nothing of a cancellation.
const NO_EXCEPTION: &str = "builtins.SystemExit";

/// A text, which says in words what happened.
fn is_text(value: &Expr) -> bool {
    matches!(value, Expr::Str(_) | Expr::Text | Expr::Formatted(_))
}

/// A number, `True` or `False`.
fn is_plain(value: &Expr) -> bool {
    matches!(value, Expr::Int(_) | Expr::Float(_) | Expr::Bool(_))
}

impl ReachedCode<'_> {
    /// The places that catch a cancellation, or everything, and go on.
    #[must_use]
    pub fn catches(&self) -> &[Catch] {
        self.catches.get_or_init(|| catches(self))
    }
}

fn catches(reached: &ReachedCode<'_>) -> Vec<Catch> {
    let graph = Graph::new(&reached.reach);
    let finder = finder_of(reached, &graph);
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let first = found.len();
            match event.kind {
                EventKind::Try(statement) => finder.tried(id, statement, &mut found),
                EventKind::With(statement) => finder.managed(id, statement, &mut found),
                _ => {}
            }
            found[first..].iter_mut().for_each(|catch: &mut Catch| catch.unlikely = event.unlikely);
        }
    }
    found
}

/// A finder for reached code.
pub(super) fn finder_of<'a, 'r, 'p>(reached: &'a ReachedCode<'p>, graph: &'a Graph<'r, 'p>) -> Finder<'a, 'r, 'p> {
    let cancellable = match reached.context {
        Context::Workflow => cancelled_with(reached, graph, &is_run),
        _ => cancelled_with(reached, graph, &|_| true),
    };
    Finder { reached, graph, waits: Waits::new(graph), cancellable }
}

/// A cancelled workflow cancels the task of `run`; handlers of signals and updates have tasks of their own
/// (temporalio/worker/_workflow_instance.py, `_apply_cancel_workflow`).
fn is_run(entry: &EntryPoint) -> bool {
    match entry.role {
        Role::Run | Role::Init => true,
        Role::WorkflowInterceptor => !entry.name.contains("handle_"),
        _ => false,
    }
}

/// The code that is cancelled with entry points: what they call and await, not what they start and never await.
fn cancelled_with(
    reached: &ReachedCode<'_>,
    graph: &Graph<'_, '_>,
    is_cancelled: &dyn Fn(&EntryPoint) -> bool,
) -> FxHashSet<NodeId> {
    let roots = reached.reach.rooted(|root| reached.entries.get(root).is_some_and(is_cancelled));
    let mut found: FxHashSet<NodeId> = FxHashSet::default();
    let mut todo: Vec<NodeId> = roots.collect();
    while let Some(node) = todo.pop() {
        if !found.insert(node) {
            continue;
        }
        for (edge, next) in graph.leads_on(node) {
            if !found.contains(next) && is_cancelled_too(graph, node, edge.site, *next) {
                todo.push(*next);
            }
        }
    }
    found
}

/// Whether what a call starts is cancelled with the code that calls: not a task that nobody awaits.
fn is_cancelled_too(graph: &Graph<'_, '_>, from: NodeId, site: TextRange, to: NodeId) -> bool {
    let Some(function) = function_of(graph.reach.node(to)) else { return true };
    let definition = &graph.module(to)[function.function];
    if !definition.is_async || definition.is_generator {
        return true;
    }
    let Some(call) = graph.call_at(from, site) else { return true };
    let emerges = emerges(graph, from, call);
    (emerges.unknown || emerges.is_cancelled_with_them) && !is_cancelled_by_its_owner(graph, from, call)
}

/// Looks through reached code for what catches.
pub(super) struct Finder<'a, 'r, 'p> {
    pub(super) reached: &'a ReachedCode<'p>,
    pub(super) graph: &'a Graph<'r, 'p>,
    pub(super) waits: Waits<'a, 'r, 'p>,
    pub(super) cancellable: FxHashSet<NodeId>,
}

impl<'p> Finder<'_, '_, 'p> {
    pub(super) fn module(&self, node: NodeId) -> &'p Module {
        self.graph.module(node)
    }

    fn tried(&self, node: NodeId, statement: StmtId, found: &mut Vec<Catch>) {
        let module = self.module(node);
        let Stmt::Try(tried) = module[statement] else { return };
        let tried = module[tried];
        if is_cleaning_up(module, module.block_of(statement)) || self.only_cleans_up(node) {
            return;
        }
        let guarded = self.guarded(node, tried.body);
        let (evaluator, place) = (self.graph.reach.evaluator(), self.graph.place(node));
        let mut forms = match self.reached.context {
            Context::SyncActivity => self.in_thread(node, &tried, guarded),
            _ => self.waits.of_suite(node, tried.body),
        };
        let (mut cancellation_went, mut lets_it_pass) = (false, false);
        for handler in module.list(tried.handlers) {
            if !evaluator.may_run(handler.block, place) {
                continue;
            }
            let kinds = Kinds::of(evaluator, handler.kind, place);
            // Who raises all else again has asked for cancellations, as if by their class.
            let names_everything = kinds.names(evaluator, EVERYTHING);
            let takes_everything = names_everything && self.keeps_others(node, handler);
            let explicit = names_everything && !takes_everything || kinds.names(evaluator, CANCELLED);
            let mut mine = forms.clone();
            mine.retain(|form| kinds.take_outside(evaluator, form) == Some(true));
            forms.retain(|form| kinds.take_outside(evaluator, form) == Some(false));
            let held = if takes_everything { vec![CANCELLED] } else { mine.all() };
            let outcome = outcome_of(evaluator, handler, &Held::Cancellation(held), place);
            let is_first = !cancellation_went;
            cancellation_went |= explicit || kinds.names(evaluator, SDK_CANCELLED);
            // It was to go on, by the class that does not come here.
            lets_it_pass |= kinds.names(evaluator, SDK_CANCELLED) && !explicit && !outcome.goes_on();
            if !outcome.goes_on() || takes_everything && self.is_handed_on(node, handler) {
                continue;
            }
            // In a thread there is the SDK's cancellation alone.
            let by_command = self.reached.context != Context::AsyncActivity && mine.has_command();
            let swallows = ((explicit || by_command) && !takes_everything && !mine.is_empty())
                .then(|| self.swallows(node, &tried, handler, outcome, explicit, &kinds))
                .flatten()
                .map(|matters| if lets_it_pass && !explicit { Matters::IsMeant } else { matters });
            let is_followed = swallows.is_some() && self.is_followed(node, &self.blocks_of(module, handler));
            found.push(Catch {
                node,
                range: handler.head,
                kind: CatchKind::Handler(handler.kind.map(|kind| module.span(kind))),
                takes_everything,
                is_first,
                guarded,
                swallows,
                is_followed,
                unlikely: false,
            });
        }
        self.left_finally(node, &tried, guarded, found);
    }

    /// Whether a handler goes on after what is neither an `Exception` nor a cancellation.
    fn keeps_others(&self, node: NodeId, handler: &Handler) -> bool {
        let evaluator = self.graph.reach.evaluator();
        let other = evaluator.store().id(Value::Outside(Name::new(NO_EXCEPTION)));
        outcome_of(evaluator, handler, &Held::Exception(other), self.graph.place(node)).goes_on()
    }

    /// What a handler does to a cancellation that arrives under it.
    fn swallows(
        &self,
        node: NodeId,
        tried: &Try,
        handler: &Handler,
        outcome: Outcome,
        explicit: bool,
        kinds: &Kinds,
    ) -> Option<Matters> {
        let module = self.module(node);
        if !self.cancellable.contains(&node)
            || awaits_only_cancelled(self.graph, node, tried.body)
            || self.is_handed_on(node, handler)
        {
            return None;
        }
        if self.reached.context == Context::SyncActivity {
            return Some(Matters::GoesOn);
        }
        if self.reached.context != Context::Workflow {
            return Some(Matters::IsMeant);
        }
        if self.ends_with_its_gather(node, &self.blocks_of(module, handler)) {
            return None;
        }
        // Who catches the failure of a command by its name, and gives a result for it, has decided how it ends.
        let evaluator = self.graph.reach.evaluator();
        let names_failure = FAILURES_BY_NAME.iter().any(|failure| kinds.names(evaluator, failure));
        let is_meant = explicit && self.gives(node, handler, is_text)
            || names_failure && self.gives(node, handler, |value| is_text(value) || is_plain(value));
        if outcome.leaves && is_meant {
            return Some(Matters::Little);
        }
        if explicit {
            return Some(Matters::IsMeant);
        }
        let in_finally = is_in_finally(module, module.block_of(tried.statement));
        Some(if in_finally {
            Matters::Little
        } else if self.decides(node, tried, handler) {
            Matters::DecidesTheResult
        } else if self.goes_on(node, &self.blocks_of(module, handler))
            || !names_failure && !awaits(module, handler.body).is_empty()
        {
            Matters::GoesOn
        } else {
            Matters::Little
        })
    }

    /// Whether a handler ends by giving one of some forms of constants: who writes a result down has decided.
    fn gives(&self, node: NodeId, handler: &Handler, is_such: fn(&Expr) -> bool) -> bool {
        let module = self.module(node);
        let last = module.list(handler.body).iter().rev().find(|id| !matches!(module[**id], Stmt::Nothing));
        let Some(Stmt::Return(Some(value))) = last.map(|last| module[*last]) else { return false };
        let plain = match module[value] {
            Expr::Unary { operand, .. } => operand,
            _ => value,
        };
        is_such(&module[plain])
    }

    /// `return`, `break` and `continue` in `finally` throw away what is being raised.
    fn left_finally(&self, node: NodeId, tried: &Try, guarded: Guarded, found: &mut Vec<Catch>) {
        let module = self.module(node);
        let arrives = guarded.waits && self.cancellable.contains(&node);
        if let Some(leaves) = jumps_out(module, tried.finally, false) {
            found.push(Catch {
                node,
                range: module.statement_span(leaves),
                kind: CatchKind::Finally,
                takes_everything: false,
                is_first: true,
                guarded,
                swallows: arrives.then_some(Matters::IsMeant),
                is_followed: arrives && self.is_followed(node, &[module.block_of(leaves)]),
                unlikely: false,
            });
        }
    }

    fn managed(&self, node: NodeId, statement: StmtId, found: &mut Vec<Catch>) {
        let module = self.module(node);
        let Stmt::With(with) = module[statement] else { return };
        let with = module[with];
        if is_cleaning_up(module, module.block_of(statement)) || self.only_cleans_up(node) {
            return;
        }
        let evaluator = self.graph.reach.evaluator();
        for item in module.list(with.items) {
            let Some((kinds, kind)) = self.ended(node, item.manager) else { continue };
            let takes_everything = kinds.names(evaluator, EVERYTHING);
            let guarded = self.guarded(node, with.body);
            let mut mine = self.waits.of_suite(node, with.body);
            mine.retain(|form| kinds.take_outside(evaluator, form) == Some(true));
            let explicit = kinds.names(evaluator, CANCELLED);
            let relevant = explicit || self.reached.context == Context::Workflow && mine.has_command();
            let swallows = relevant
                && !takes_everything
                && !mine.is_empty()
                && self.cancellable.contains(&node)
                && !awaits_only_cancelled(self.graph, node, with.body);
            let is_workflow = self.reached.context == Context::Workflow;
            let matters = if explicit {
                Matters::IsMeant
            } else if is_workflow && self.goes_on(node, &[module.block_of(statement)]) {
                Matters::GoesOn
            } else {
                Matters::Little
            };
            found.push(Catch {
                node,
                range: module.span(item.manager),
                kind,
                takes_everything,
                is_first: true,
                guarded,
                swallows: swallows.then_some(matters),
                is_followed: swallows && self.is_followed(node, &[module.block_of(statement)]),
                unlikely: false,
            });
        }
    }

    /// The classes of exceptions that end where a manager is left, and what ends them.
    fn ended(&self, node: NodeId, manager: ExprId) -> Option<(Kinds, CatchKind)> {
        if let Some(kinds) = self.suppressed(node, manager) {
            return Some((kinds, CatchKind::Suppress));
        }
        let exit = taken_at_exit(self.graph.reach.evaluator(), manager, self.graph.place(node))?;
        Some((exit.kinds, CatchKind::Exit(exit.method)))
    }

    /// The classes of `contextlib.suppress(…)`, where it is made or in the function of the project that makes it, and those
    /// that a generator of the project takes at its `yield` without raising.
    fn suppressed(&self, node: NodeId, manager: ExprId) -> Option<Kinds> {
        let evaluator = self.graph.reach.evaluator();
        let place = self.graph.place(node);
        suppressed_by(evaluator, manager, place).or_else(|| {
            let Expr::Call { callee, .. } = self.module(node)[manager] else { return None };
            let Value::Function(callable) = evaluator.get(self.graph.value(callee, node).only()?) else { return None };
            let function = callable.function;
            let module = evaluator.project().module(function.file);
            let place = Place { file: function.file, frame: None };
            let definition = &module[function.function];
            if definition.is_generator {
                return taken_at_yield(evaluator, function);
            }
            match definition.returns.as_slice() {
                [only] if !definition.is_async => suppressed_by(evaluator, only.value?, place),
                _ => None,
            }
        })
    }

    /// Whether every call of a function stands in a handler that raises.
    fn only_cleans_up(&self, node: NodeId) -> bool {
        let mut ways = self.graph.ways_into(node).peekable();
        self.graph.reach.node(node).roots.is_empty()
            && ways.peek().is_some()
            && ways.all(|edge| edge.block.is_some_and(|block| is_cleaning_up(self.module(edge.from), block)))
    }
}

/// The first statement by which a suite leaves what is around it.
fn jumps_out(module: &Module, suite: Suite, in_loop: bool) -> Option<StmtId> {
    module.list(suite).iter().find_map(|id| match module[*id] {
        Stmt::Return(_) => Some(*id),
        Stmt::Break | Stmt::Continue if !in_loop => Some(*id),
        other => {
            let inner_loop = in_loop || matches!(other, Stmt::For(_) | Stmt::While(_));
            let mut found = None;
            module.each_suite(*id, &mut |inner| found = found.or_else(|| jumps_out(module, inner, inner_loop)));
            found
        }
    })
}

/// The classes of an expression that calls `contextlib.suppress`.
fn suppressed_by(evaluator: &Evaluator<'_>, manager: ExprId, place: Place) -> Option<Kinds> {
    let module = evaluator.project().module(place.file);
    let Expr::Call { callee, arguments } = module[manager] else { return None };
    let callees = evaluator.value(callee, place);
    let mut names = callees.known.iter().filter_map(|value| evaluator.outside_name(*value));
    if !names.any(|name| name == "contextlib.suppress") {
        return None;
    }
    let mut kinds = Kinds::default();
    module.list(arguments).iter().for_each(|given| kinds.take(evaluator, given.value, place));
    Some(kinds)
}

/// The classes that handlers around the `yield` of a context manager take without raising anything.
fn taken_at_yield(evaluator: &Evaluator<'_>, function: FunctionRef) -> Option<Kinds> {
    let module = evaluator.project().module(function.file);
    let place = Place { file: function.file, frame: None };
    let mut kinds = Kinds::default();
    for handler in module.handlers_around_yields(function.function) {
        let raises = !statements(module, handler.body, |statement| matches!(statement, Stmt::Raise { .. })).is_empty();
        match handler.kind {
            _ if raises => {}
            Some(kind) => kinds.take(evaluator, kind, place),
            None => return None,
        }
    }
    // A handler that takes everything is told of where it stands.
    (!kinds.classes.is_empty() && !kinds.names(evaluator, EVERYTHING)).then_some(kinds)
}
