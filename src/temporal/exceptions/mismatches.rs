//! Handlers for classes that nothing in their body raises.
//!
//! Knows: `except`, `contextlib.suppress`, `pytest.raises`, `assertRaises` around calls of the SDK; which cancellation an
//! activity sees. Does not know: which of it is a finding. Where the body may raise what is not known, there is no answer.

use rustc_hash::FxHashSet;

use super::classes::{CANCELLED, EVERYTHING, Kinds, Lineage, SDK_CANCELLED};
use super::code::expressions;
use super::failures::{Failures, Raising, Source};
use crate::python::{Ancestor, Code, Evaluator, Place, Value, ValueId};
use crate::registry::schema::FailureOf;
use crate::semantic::{ArgumentKind, Expr, ExprId, Handler, Module, Name, Stmt, StmtId, Suite, Try};
use crate::source::{FileId, Span, TextRange};
use crate::temporal::analysis::{Analysis, Context};

/// What names the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Catching {
    /// A handler: the class or classes that it names.
    Handler(TextRange),
    /// `suppress(…)`, `pytest.raises(…)`, `assertRaises(…)`.
    Manager,
}

/// Why the classes do not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missed {
    /// What is awaited raises others.
    Others {
        /// How the first of it is called.
        call: String,
        /// What it raises, in words.
        arrives: &'static str,
        /// It is an activity, child or operation, which wraps what its code raises.
        wraps: bool,
    },
    /// A cancellation arrives as the failure of what is awaited, but where it comes before that has begun.
    CancelledCommand {
        /// How the first of it is called.
        call: String,
        /// What it raises, in words.
        arrives: &'static str,
    },
    /// A `def` activity sees the SDK's `CancelledError`.
    InThread,
    /// An `async def` activity sees asyncio's.
    OnLoop,
}

/// A handler, or the like, for classes that nothing in its body raises.
#[derive(Debug, Clone)]
pub struct Mismatch {
    /// The file.
    pub file: FileId,
    /// The head of the handler, or the manager.
    pub range: TextRange,
    /// What names the classes.
    pub catching: Catching,
    /// Why they do not come.
    pub missed: Missed,
    /// The call that raises others, where there is one.
    pub source: Option<Span>,
    /// Nothing else may raise them: not a builtin exception, which calls can raise on the way.
    pub certain: bool,
    /// A handler of the same `try`, below it, takes what comes instead.
    pub is_taken_below: bool,
    /// No workflow or activity comes to it, and nothing of the SDK is called in it.
    pub is_apart: bool,
}

/// The handlers of the code for classes that nothing in their bodies raises, in the order of the files.
#[must_use]
pub fn mismatches(analysis: &Analysis<'_, '_>) -> Vec<Mismatch> {
    let raising = Raising::until_open(analysis.evaluator);
    let contexts = [Context::Workflow, Context::SyncActivity, Context::AsyncActivity];
    let reached: FxHashSet<(FileId, StmtId)> =
        contexts.into_iter().flat_map(|context| tries_of(analysis, context)).collect();
    let mut found = Vec::new();
    for &file in &analysis.files {
        let finder = Finder::new(&raising, file);
        for statement in finder.module.statement_ids() {
            match finder.module[statement] {
                Stmt::Try(tried) if !finder.module[tried].is_star => {
                    finder.tried(&finder.module[tried], reached.contains(&(file, statement)), &mut found);
                }
                Stmt::With(_) => finder.managed(statement, &mut found),
                _ => {}
            }
        }
    }
    found
}

/// The handlers of activities for the cancellation that the other kind of activity sees.
#[must_use]
pub fn mismatched_cancellations(analysis: &Analysis<'_, '_>) -> Vec<Mismatch> {
    let [threads, loops, workflows] =
        [Context::SyncActivity, Context::AsyncActivity, Context::Workflow].map(|context| tries_of(analysis, context));
    let raising = Raising::new(analysis.evaluator);
    let mut found = Vec::new();
    for (mine, others, in_thread) in [(&threads, &loops, true), (&loops, &threads, false)] {
        let mut only_mine: Vec<(FileId, StmtId)> =
            mine.iter().filter(|at| !others.contains(at) && !workflows.contains(at)).copied().collect();
        only_mine.sort_unstable();
        for (file, statement) in only_mine {
            let finder = Finder::new(&raising, file);
            if let Stmt::Try(tried) = finder.module[statement] {
                finder.cancelled(&finder.module[tried], in_thread, &mut found);
            }
        }
    }
    found
}

/// The `try` statements that code comes to in one kind of context.
fn tries_of(analysis: &Analysis<'_, '_>, context: Context) -> FxHashSet<(FileId, StmtId)> {
    let reached = analysis.context(context);
    let nodes = reached.flat_map(|reached| reached.reach.nodes()).filter(|(_, node)| !node.at_import);
    nodes
        .filter_map(|(_, node)| match node.code {
            Code::Function(function) => Some((function.file, node)),
            _ => None,
        })
        .flat_map(|(file, node)| {
            node.events.iter().filter_map(move |event| match event.kind {
                crate::python::EventKind::Try(statement) => Some((file, statement)),
                _ => None,
            })
        })
        .collect()
}

struct Finder<'a, 'p> {
    raising: &'a Raising<'a, 'p>,
    evaluator: &'a Evaluator<'p>,
    module: &'p Module,
    place: Place,
}

impl<'a, 'p> Finder<'a, 'p> {
    fn new(raising: &'a Raising<'a, 'p>, file: FileId) -> Self {
        let evaluator = raising.evaluator();
        Self { raising, evaluator, module: evaluator.project().module(file), place: Place { file, frame: None } }
    }
}

/// What a class is to a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// It is raised, or that cannot be told.
    Perhaps,
    /// Nothing raises it.
    Never,
    /// Nothing that is known raises it.
    Hardly,
    /// A cancellation that arrives as the failure of a command.
    AsCommand,
}

impl Finder<'_, '_> {
    fn tried(&self, tried: &Try, is_reached: bool, found: &mut Vec<Mismatch>) {
        if !self.awaits(tried.body) {
            return;
        }
        let handlers = self.module.list(tried.handlers);
        let kinds: Vec<Kinds> =
            handlers.iter().map(|handler| Kinds::of(self.evaluator, handler.kind, self.place)).collect();
        if !kinds.iter().any(|kinds| self.is_particular(kinds)) {
            return;
        }
        let failures = self.raising.of_suite(tried.body, self.place);
        if failures.sources.is_empty() {
            return;
        }
        let of_sdk = |source: &Source| source.name.as_str().starts_with("temporalio.");
        let is_apart = !is_reached && !failures.sources.iter().any(of_sdk);
        let mut is_taken = false;
        for (position, (handler, of_handler)) in handlers.iter().zip(&kinds).enumerate() {
            let live = self.evaluator.may_run(handler.block, self.place);
            if live
                && !is_taken
                && !self.only_raises(handler)
                && let Some(kind) = handler.kind
                && let Some((missed, certain, source)) = self.missed(of_handler, &failures)
                && !(matches!(missed, Missed::CancelledCommand { .. }) && self.takes_a_failure(tried, &failures))
            {
                let catching = Catching::Handler(self.module.span(kind));
                let source = Some(source.span);
                let (file, range) = (self.place.file, handler.head);
                let is_taken_below = kinds[position + 1..].iter().any(|below| self.takes_the_failure(below, &failures));
                found.push(Mismatch { file, range, catching, missed, source, certain, is_taken_below, is_apart });
            }
            is_taken |= self.takes_the_failure(of_handler, &failures);
        }
    }

    fn managed(&self, statement: StmtId, found: &mut Vec<Mismatch>) {
        let Stmt::With(with) = self.module[statement] else { return };
        let with = self.module[with];
        if !self.awaits(with.body) {
            return;
        }
        for item in self.module.list(with.items) {
            let Some(kinds) = self.expected(item.manager) else { continue };
            if !self.is_particular(&kinds) || !self.evaluator.may_run(self.module.block_of(statement), self.place) {
                continue;
            }
            let failures = self.raising.of_suite(with.body, self.place);
            // A command that is expected to raise outside a workflow is a stand-in for one.
            let is_real = |source: &Source| self.suppresses(item.manager) || source.group.of == FailureOf::Client;
            if let Some((missed, certain, source)) = self.missed(&kinds, &failures)
                && failures.sources.iter().all(is_real)
            {
                let (file, range) = (self.place.file, self.module.span(item.manager));
                let source = Some(source.span);
                let catching = Catching::Manager;
                let (is_taken_below, is_apart) = (false, false);
                found.push(Mismatch { file, range, catching, missed, source, certain, is_taken_below, is_apart });
            }
        }
    }

    /// Whether a suite awaits something: nothing else of the SDK raises what is looked for here.
    fn awaits(&self, suite: Suite) -> bool {
        !expressions(self.module, suite, |expr| matches!(expr, Expr::Await(_))).is_empty()
    }

    fn suppresses(&self, manager: ExprId) -> bool {
        let Expr::Call { callee, .. } = self.module[manager] else { return false };
        let values = self.evaluator.value(callee, self.place);
        values
            .known
            .iter()
            .any(|value| self.evaluator.outside_name(*value).is_some_and(|name| name == "contextlib.suppress"))
    }

    /// The classes that a manager takes: `suppress(…)`, `pytest.raises(…)`, `self.assertRaises(…)`.
    fn expected(&self, manager: ExprId) -> Option<Kinds> {
        let Expr::Call { callee, arguments } = self.module[manager] else { return None };
        let values = self.evaluator.value(callee, self.place);
        let name = self.evaluator.outside_name(values.single()?)?;
        let last = name.last_part();
        let is_one = matches!(name.as_str(), "contextlib.suppress" | "pytest.raises");
        if !is_one && !matches!(last, "assertRaises" | "assertRaisesRegex") {
            return None;
        }
        let arguments = self.module.list(arguments);
        let positional = arguments.iter().filter(|given| given.kind == ArgumentKind::Positional);
        let taken = if name == "contextlib.suppress" { usize::MAX } else { 1 };
        let mut kinds = Kinds::default();
        positional.take(taken).for_each(|given| kinds.take(self.evaluator, given.value, self.place));
        Some(kinds)
    }

    /// Whether classes are named, all are known, and none of them takes most there is.
    fn is_particular(&self, kinds: &Kinds) -> bool {
        !kinds.open
            && !kinds.classes.is_empty()
            && !kinds.names(self.evaluator, EVERYTHING)
            && !kinds.names(self.evaluator, "builtins.Exception")
    }

    /// Why none of the classes comes, and whether that is certain.
    fn missed<'f>(&self, kinds: &Kinds, failures: &'f Failures) -> Option<(Missed, bool, &'f Source)> {
        if !self.is_particular(kinds) || failures.open {
            return None;
        }
        let source = failures.sources.first()?;
        let comes: Vec<Comes> = kinds.classes.iter().map(|class| self.comes(*class, failures)).collect();
        if comes.contains(&Comes::Perhaps) {
            return None;
        }
        let call = source.name.last_part().to_owned();
        let arrives = source.group.arrives.as_str();
        let missed = if comes.contains(&Comes::AsCommand) {
            Missed::CancelledCommand { call, arrives }
        } else {
            Missed::Others { call, arrives, wraps: source.group.of.is_command() }
        };
        Some((missed, !comes.contains(&Comes::Hardly), source))
    }

    fn comes(&self, class: ValueId, failures: &Failures) -> Comes {
        let evaluator = self.evaluator;
        let is_timeout = TIMEOUT_TOO.iter().any(|name| self.is_named(class, name));
        let class = if is_timeout { evaluator.store().id(Value::Outside(Name::new(TIMEOUT))) } else { class };
        let value = evaluator.get(class);
        let raised = failures.sources.iter().flat_map(|source| &source.group.raises);
        let known = raised.map(|name| evaluator.store().id(Value::Outside(Name::new(name))));
        let may_be = |raised: ValueId| {
            let lineage = Lineage::of(evaluator, raised);
            lineage.derives_from(value) != Some(false)
        };
        if known.into_iter().chain(failures.own.iter().copied()).any(may_be) {
            return Comes::Perhaps;
        }
        match value {
            Value::Class(..) => self.own_class_comes(class),
            Value::Outside(name) => self.outside_class_comes(evaluator.world().canonical(*name).as_str(), failures),
            _ => Comes::Perhaps,
        }
    }

    /// An exception of the project is raised by the project's code alone; one of which the bases are not known may be
    /// another library's under a new name.
    fn own_class_comes(&self, class: ValueId) -> Comes {
        let order = self.evaluator.order_of_value(class);
        let is_open = order.iter().any(|ancestor| matches!(ancestor, Ancestor::Unknown | Ancestor::Dynamic(_)));
        if is_open { Comes::Perhaps } else { Comes::Never }
    }

    fn outside_class_comes(&self, name: &str, failures: &Failures) -> Comes {
        match name {
            CANCELLED => {
                if failures.is_commands() && !failures.outside {
                    Comes::AsCommand
                } else {
                    Comes::Perhaps
                }
            }
            TIMEOUT => {
                if failures.times_out || failures.outside {
                    Comes::Perhaps
                } else {
                    Comes::Never
                }
            }
            _ if name.starts_with("temporalio.exceptions.") || CLIENT_ERRORS.contains(&name) => Comes::Never,
            _ if name.starts_with("temporalio.") || name.starts_with("asyncio.") => Comes::Perhaps,
            _ if failures.outside || failures.computes => Comes::Perhaps,
            _ if OFTEN_RAISED.contains(&name) => Comes::Perhaps,
            _ if name.starts_with("builtins.") => Comes::Hardly,
            _ => Comes::Never,
        }
    }

    /// Whether a handler takes something that the body raises.
    fn takes_something(&self, kinds: &Kinds, failures: &Failures) -> bool {
        let raised = failures.sources.iter().flat_map(|source| &source.group.raises);
        raised.into_iter().any(|class| kinds.take_outside(self.evaluator, class) != Some(false))
            || failures.own.iter().any(|class| kinds.take_class(self.evaluator, *class) != Some(false))
    }

    /// Whether a handler takes the failure of what was called, and not only that it could not be started.
    fn takes_the_failure(&self, kinds: &Kinds, failures: &Failures) -> bool {
        let takes = |class: &String| kinds.take_outside(self.evaluator, class) != Some(false);
        let is_late = |class: &&String| !BEFORE_IT_RUNS.contains(&class.as_str());
        failures.own.iter().any(|class| kinds.take_class(self.evaluator, *class) != Some(false))
            || failures.sources.iter().any(|source| {
                let mut late = source.group.raises.iter().filter(is_late).peekable();
                if late.peek().is_some() { late.any(takes) } else { source.group.raises.iter().any(takes) }
            })
    }

    /// Whether another handler of the statement takes the failure as which a cancellation arrives.
    fn takes_a_failure(&self, tried: &Try, failures: &Failures) -> bool {
        self.module.list(tried.handlers).iter().any(|handler| {
            let kinds = Kinds::of(self.evaluator, handler.kind, self.place);
            self.takes_something(&kinds, failures)
        })
    }

    /// A handler that does nothing but raise again leaves all as it is.
    fn only_raises(&self, handler: &Handler) -> bool {
        let statements = self.module.list(handler.body).iter().filter(|id| !matches!(self.module[**id], Stmt::Nothing));
        let mut statements = statements.peekable();
        statements.peek().is_some()
            && statements.all(|id| matches!(self.module[*id], Stmt::Raise { exception: None, .. }))
    }

    /// A handler of an activity for the cancellation of the other kind.
    fn cancelled(&self, tried: &Try, in_thread: bool, found: &mut Vec<Mismatch>) {
        let (wrong, right) = if in_thread { (CANCELLED, SDK_CANCELLED) } else { (SDK_CANCELLED, CANCELLED) };
        let handlers = self.module.list(tried.handlers);
        let all: Vec<Kinds> =
            handlers.iter().map(|handler| Kinds::of(self.evaluator, handler.kind, self.place)).collect();
        let names_right = |kinds: &Kinds| kinds.open || kinds.classes.iter().any(|class| self.is_named(*class, right));
        if all.iter().any(names_right) {
            return;
        }
        let failures = self.raising.of_suite(tried.body, self.place);
        if in_thread && self.runs_a_loop(tried.body) || failures.own.iter().any(|class| self.may_be(*class, wrong)) {
            return;
        }
        for (handler, kinds) in handlers.iter().zip(&all) {
            let is_wrong = !kinds.classes.is_empty() && kinds.classes.iter().all(|class| self.is_named(*class, wrong));
            let Some(kind) = handler.kind.filter(|_| is_wrong && !self.only_raises(handler)) else { continue };
            if !self.evaluator.may_run(handler.block, self.place) {
                continue;
            }
            found.push(Mismatch {
                file: self.place.file,
                range: handler.head,
                catching: Catching::Handler(self.module.span(kind)),
                missed: if in_thread { Missed::InThread } else { Missed::OnLoop },
                source: None,
                certain: true,
                is_taken_below: false,
                is_apart: false,
            });
        }
    }

    fn is_named(&self, class: ValueId, wanted: &str) -> bool {
        matches!(self.evaluator.get(class), Value::Outside(name) if self.evaluator.world().canonical(*name) == wanted)
    }

    fn may_be(&self, raised: ValueId, wanted: &str) -> bool {
        let wanted = Value::Outside(Name::new(wanted));
        Lineage::of(self.evaluator, raised).derives_from(&wanted) != Some(false)
    }

    /// Whether a suite runs an event loop of its own, out of which asyncio's cancellation can come.
    fn runs_a_loop(&self, suite: Suite) -> bool {
        let range = |statement: StmtId| self.module.statement_span(statement);
        let list = self.module.list(suite);
        let (Some(first), Some(last)) = (list.first(), list.last()) else { return false };
        let within = TextRange::new(range(*first).start(), range(*last).end());
        self.module.calls().iter().any(|call| {
            let Expr::Call { callee, .. } = self.module[*call] else { return false };
            within.contains_range(self.module.span(*call))
                && match self.module[callee] {
                    Expr::Attribute { name, .. } | Expr::Name { name, .. } => RUNS_A_LOOP.contains(&name.as_str()),
                    _ => true,
                }
        })
    }
}

/// The builtin class, and what else it is called: from Python 3.11 on these are one class.
const TIMEOUT: &str = "builtins.TimeoutError";
const TIMEOUT_TOO: [&str; 2] = ["concurrent.futures.TimeoutError", "socket.timeout"];

/// Last names of what runs coroutines to their end, or waits for what another thread runs.
const RUNS_A_LOOP: &[&str] = &[
    "run",
    "run_until_complete",
    "run_forever",
    "async_to_sync",
    "result",
    "run_coroutine_threadsafe",
    "exception",
    "run_sync",
    "run_async",
];

/// What says that nothing was started, or that the server could not be asked.
const BEFORE_IT_RUNS: &[&str] = &[
    "temporalio.exceptions.ActivityAlreadyStartedError",
    "temporalio.exceptions.WorkflowAlreadyStartedError",
    "temporalio.service.RPCError",
];

/// Exceptions of the client.
const CLIENT_ERRORS: &[&str] = &[
    "temporalio.client.WorkflowFailureError",
    "temporalio.client.WorkflowContinuedAsNewError",
    "temporalio.client.WorkflowUpdateFailedError",
    "temporalio.client.WorkflowQueryFailedError",
    "temporalio.client.WorkflowQueryRejectedError",
    "temporalio.client.ActivityFailureError",
    "temporalio.service.RPCError",
];

/// Exceptions that the SDK raises itself where it is called wrongly, cannot encode, or is not connected.
const OFTEN_RAISED: &[&str] = &["builtins.RuntimeError", "builtins.TypeError", "builtins.AttributeError"];
