//! Exceptions on one path: where they are raised, up to the handler that takes them, and what is done on the way.
//!
//! Knows: failures of what is waited for, what code raises itself, `finally` and managers. Does not know: which answer is given to
//! the question whether something fails ([`one_way`](super::one_way)).

use std::sync::Arc;

use super::build::Builder;
use super::call::Given;
use super::exceptions::{failure_of, failure_of_start, has_known_lineage, lineage, raises_cancellation};
use super::kept::{Held, Into};
use super::one_way::OneWay;
use super::paths::Question;
use super::reading::opposite;
use super::step::{CONDITION, CommandKind, Condition, Exit, Failures, Step, Text, awaited_condition};
use super::term::{Item, Lazy, Term, Truth};
use crate::python::{Ancestor, ClassRef, FunctionRef, Value, ValueId};
use crate::semantic::{Body, Expr, ExprId, Name, Stmt, Try};
use crate::source::{TextRange, last_part};
use crate::temporal::definitions::EntryPoint;

/// What a wait does that takes longer than it may.
const OUT_OF_TIME: &str = "takes too long";

/// Exceptions of the language that are not raised to fail, or that end a workflow, too.
const NEVER_RAISED_SO: [&str; 6] =
    ["TimeoutError", "BaseException", "StopIteration", "StopAsyncIteration", "GeneratorExit", "object"];

/// What all exceptions derive from.
const OVER_ALL: [&str; 2] = ["builtins.BaseException", "builtins.object"];

/// Where exceptions stand of which it is known what they derive from.
const OF_NAMED: [&str; 2] = ["builtins.", "temporalio."];

/// What a manager's exit is given of an exception.
const RAISED: [&str; 3] = ["class", "value", "trace"];

/// A word among the names of an exception that fails the workflow's task, and not the workflow.
const NO_FAILURE: &str = "(no failure)";

/// How the names of what is in a group begin.
const IN_GROUP: &str = "in:";

/// What a task group raises.
const GROUP: &str = "ExceptionGroup";

/// Exceptions that only waiting raises.
const OF_WAITS: [&str; 5] =
    ["ActivityError", "ChildWorkflowError", "NexusOperationError", "CancelledError", "TimeoutError"];

/// An exception on its way: the names of its class and of those it derives from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raised(Vec<Arc<str>>);

impl Raised {
    /// An exception by its name; of what is not known it is an `Exception`.
    pub(super) fn of(name: &str) -> Self {
        let mut names: Vec<Arc<str>> = lineage(name).map(Arc::from).collect();
        if names.last().is_some_and(|last| **last != *"BaseException") {
            names.extend(["Exception", "BaseException"].map(Arc::from));
        }
        Self(names)
    }

    /// Whether it is known to be none that ends a workflow.
    pub(super) fn is_no_failure(&self) -> bool {
        self.0.iter().any(|name| **name == *NO_FAILURE)
    }

    /// The step of a coroutine that raises it once it is awaited.
    pub(super) fn told(self) -> Step {
        let kinds = self.0.iter().map(|name| (Text::plain(name), Vec::new())).collect();
        Step::Failed { handlers: kinds, of: Arc::default(), at: None }
    }

    fn is_taken_by(&self, kind: &Text) -> bool {
        kind.name.split(", ").any(|kind| {
            let last = last_part(kind);
            // The SDK's own errors of these names are causes of others and are not what is raised here.
            let is_cause = kind.starts_with("temporalio.") && matches!(last, "TimeoutError" | "CancelledError");
            matches!(last, "anything" | "finally") || !is_cause && self.0.iter().any(|name| **name == *last)
        })
    }
}

/// What `except*` takes: what is of some kinds, and groups in which that is.
fn or_in_group(kinds: &Text) -> Text {
    Text::joined(&[kinds], |parts| {
        let inner = parts[0].split(", ").map(|kind| format!("{IN_GROUP}{}", last_part(kind)));
        std::iter::once(parts[0].to_owned()).chain(inner).collect::<Vec<_>>().join(", ")
    })
}

/// What a failure raises of what is waited for; that a signal or a cancel request fails is not asked.
fn failure_on_path(token: &str) -> Option<Raised> {
    let name = match token.ends_with(" begun") {
        true => failure_of_start(token),
        false => failure_of(token).filter(|name| *name != "ApplicationError"),
    };
    name.map(Raised::of)
}

impl Builder<'_, '_, '_> {
    /// An exception is raised.
    pub(super) fn raise_on_path(&mut self, exception: Option<ExprId>) -> bool {
        let raised = match exception {
            Some(exception) => {
                let term = self.eval(exception);
                let mut raised = self.raised_of(&term);
                if self.is_no_failure(&term) {
                    raised.0.push(NO_FAILURE.into());
                }
                raised
            }
            None => {
                self.one_way.as_ref().and_then(|way| way.handled.last().cloned()).unwrap_or_else(|| Raised::of("?"))
            }
        };
        self.set_raised(raised);
        false
    }

    fn set_raised(&mut self, raised: Raised) {
        if let Some(way) = &mut self.one_way
            && !way.is_stopped()
        {
            way.raised = Some(raised);
        }
    }

    /// Whether an exception is known to be none that the SDK takes for a failure of the workflow: one of the language, or of the
    /// project, that derives from nothing else, and that neither the workflow nor its worker names as a failure.
    pub(super) fn is_no_failure(&self, term: &Term) -> bool {
        let is_of_language = |name: &str| {
            let own = name.strip_prefix("builtins.");
            own.is_some_and(|own| !NEVER_RAISED_SO.contains(&own))
        };
        let Some(class) = self.class_of_exception(term) else {
            let text = self.text(term);
            let name = text.name.split(['(', ' ']).next().unwrap_or("");
            return is_of_language(name) && !self.is_named_failure(&|_| false);
        };
        let order = self.evaluator.order(class, None);
        let is_of_class =
            |named: ClassRef| order.iter().any(|of| matches!(of, Ancestor::Project(of, _) if *of == named));
        if self.is_named_failure(&is_of_class) {
            return false;
        }
        order.iter().all(|ancestor| match ancestor {
            Ancestor::Project(..) => true,
            Ancestor::Outside(name) => is_of_language(name.as_str()) || OVER_ALL.contains(&name.as_str()),
            Ancestor::Dynamic(_) | Ancestor::Unknown => false,
        })
    }

    /// Whether an exception is known, and no handler around takes it.
    pub(super) fn is_taken_by_none(&self, term: &Term) -> bool {
        let is_named = |name: &str| {
            let is_of_module =
                OF_NAMED.iter().any(|module| name.strip_prefix(module).is_some_and(|own| !own.contains(' ')));
            is_of_module && has_known_lineage(name)
        };
        let is_known = match self.class_of_exception(term) {
            Some(class) => self.evaluator.order(class, None).iter().all(|of| match of {
                Ancestor::Project(..) => true,
                Ancestor::Outside(name) => is_named(name.as_str()) || OVER_ALL.contains(&name.as_str()),
                Ancestor::Dynamic(_) | Ancestor::Unknown => false,
            }),
            None => is_named(self.text(term).name.split('(').next().unwrap_or("")),
        };
        let raised = self.raised_of(term);
        is_known && !self.catchers.iter().flatten().any(|kind| raised.is_taken_by(kind))
    }

    /// Whether `failure_exception_types` of the workflow or its worker may name an exception: those of the language may derive
    /// from each other, and of those that cannot be told nothing is known.
    fn is_named_failure(&self, is_of_class: &dyn Fn(ClassRef) -> bool) -> bool {
        let Some(types) = self.analysis.failure_types.get(self.workflow) else { return false };
        let names = |class: &ValueId| match self.analysis.evaluator.get(*class) {
            Value::Class(class, _) => is_of_class(*class),
            _ => true,
        };
        types.open || types.classes.iter().any(names)
    }

    /// The class of the project of an exception, or that stands for one.
    fn class_of_exception(&self, term: &Term) -> Option<ClassRef> {
        let (Term::Known(value) | Term::Object(_, value) | Term::Other(_, Some(value))) = term else { return None };
        match self.evaluator.get(*value) {
            Value::Instance(instance) => Some(instance.class),
            Value::Class(class, _) => Some(*class),
            _ => None,
        }
    }

    /// What an exception is by its class.
    fn raised_of(&self, term: &Term) -> Raised {
        let Some(class) = self.class_of_exception(term) else {
            let text = self.text(term);
            return Raised::of(text.name.split('(').next().unwrap_or(""));
        };
        let mut names = Vec::new();
        for ancestor in self.evaluator.order(class, None).iter() {
            match ancestor {
                Ancestor::Project(owner, _) => names.push(last_part(&self.name_of_class(*owner)).into()),
                Ancestor::Outside(name) => names.extend(Raised::of(name.as_str()).0),
                Ancestor::Dynamic(_) | Ancestor::Unknown => {}
            }
        }
        Raised(names)
    }

    /// What is waited for may fail, where code around would do something then. Says whether it does.
    pub(super) fn fails(&mut self, tokens: &[Arc<str>], has_limit: bool) -> bool {
        for token in tokens {
            let Some(way) = &mut self.one_way else { return false };
            if way.catchers.is_empty() {
                continue;
            }
            let times = way.waited.entry(Arc::clone(token)).or_default();
            *times += 1;
            // What has come stays; a condition is waited for anew.
            let again = match *times {
                1 => String::new(),
                times if awaited_condition(token).is_some() => format!(", time {times}"),
                _ => continue,
            };
            let kinds = [
                ("fails", failure_on_path(token)),
                (OUT_OF_TIME, has_limit.then(|| Raised::of("TimeoutError"))),
                ("is cancelled", raises_cancellation(token).then(|| Raised::of("CancelledError"))),
            ];
            for (word, raised) in kinds {
                let Some(raised) = raised else { continue };
                let is_taken = |way: &OneWay| way.catchers.iter().flatten().any(|kind| raised.is_taken_by(kind));
                let question = Question::of_failure(token, &format!("{word}{again}"), word == OUT_OF_TIME);
                if self.one_way.as_ref().is_some_and(is_taken) && self.answer(question) {
                    self.set_raised(raised);
                    return true;
                }
            }
        }
        false
    }

    /// What a task group waits for may fail, where code around would take what the group raises then.
    pub(super) fn fails_in_group(&mut self, tokens: &[Arc<str>]) -> bool {
        for token in tokens.iter().filter(|token| failure_on_path(token).is_some()) {
            let raised = Raised::of(GROUP);
            let is_taken = |way: &OneWay| way.catchers.iter().flatten().any(|kind| raised.is_taken_by(kind));
            let question = Question::of_failure(token, "fails in a group", false);
            if self.one_way.as_ref().is_some_and(is_taken) && self.answer(question) {
                self.set_raised(raised);
                return true;
            }
        }
        false
    }

    /// What code raised in a task group leaves that in a group of exceptions; `except*` looks into it.
    pub(super) fn raised_in_group(&mut self) {
        let Some(raised) = self.one_way.as_mut().and_then(|way| way.raised.as_mut()) else { return };
        if !raised.0.iter().any(|name| **name == *"Exception") {
            return;
        }
        let inner: Vec<Arc<str>> = raised.0.iter().map(|name| format!("{IN_GROUP}{name}").into()).collect();
        let is_no_failure = raised.is_no_failure();
        raised.0 = Raised::of(GROUP).0.into_iter().chain(inner).collect();
        if is_no_failure {
            raised.0.push(NO_FAILURE.into());
        }
    }

    /// What was waited for last took longer than it might, if that is what was raised: the time it had was waited for.
    fn waited_in_vain(&mut self, limits: Vec<Arc<str>>) {
        let is_of_time = self.one_way.as_ref().and_then(|way| way.raised.as_ref()) == Some(&Raised::of("TimeoutError"));
        if let Some(Step::Wait(wait)) = self.out.last_mut()
            && is_of_time
            && !limits.is_empty()
        {
            let waited = std::mem::replace(&mut wait.tokens, limits);
            self.does_not_hold(&waited);
        }
    }

    /// What was waited for in vain does not hold now: messages that came in the same task are seen to before time runs out. What
    /// handlers put there behind a wait may have come with it.
    fn does_not_hold(&mut self, tokens: &[Arc<str>]) {
        let [token] = tokens else { return };
        let Some((name, shape)) = awaited_condition(token).filter(|(name, _)| self.is_put_at_once(name)) else {
            return;
        };
        let (name, shape) = (opposite(name).into(), opposite(shape).into());
        let text = Text { name, shape, is_shared: token.starts_with(CONDITION) };
        if let Some(way) = &mut self.one_way {
            way.answers.learn(Question::of(&Condition::plain(text), way.waits));
        }
    }

    /// Whether all that makes a condition true is put into the state by code that waits for nothing.
    fn is_put_at_once(&self, condition: &str) -> bool {
        let parts = match condition.strip_prefix("not ") {
            Some(either) => {
                super::implied::conjuncts(either).into_iter().map(|part| part.strip_prefix("not ")).collect()
            }
            None => super::implied::conjuncts(condition).into_iter().map(Some).collect::<Option<Vec<_>>>(),
        };
        let is_at_once = |part: &&str| {
            let name = part
                .strip_prefix("self.")
                .filter(|name| name.chars().all(|next| next.is_alphanumeric() || next == '_'));
            let held = name.and_then(|name| self.all_held(Name::new(name)));
            held.is_some_and(|held| held.iter().all(|held| self.is_nothing(held) || !self.waits_around(held)))
        };
        parts.is_some_and(|parts| parts.iter().all(is_at_once))
    }

    /// Whether what is put into the state counts as false.
    fn is_nothing(&self, held: &Held) -> bool {
        let module = self.evaluator.project().module(held.file);
        held.into == Into::Whole && matches!(module[held.value], Expr::None | Expr::Bool(false) | Expr::Int(0))
    }

    /// Whether the function in which something is put into the state may wait anywhere before that.
    fn waits_around(&self, held: &Held) -> bool {
        let module = self.evaluator.project().module(held.file);
        let Some(function) = module.function_around(module[held.block].scope) else { return false };
        let known = FunctionRef { file: held.file, function };
        let is_it = |entry: &EntryPoint| entry.runs(known);
        // What calls a helper may wait before that.
        if module[function].name != "__init__" && !self.analysis.definitions.entry_points.iter().any(is_it) {
            return true;
        }
        match module[function].body {
            Body::Statements(suite) => {
                let awaits = |expr: Expr| matches!(expr, Expr::Await(_));
                let mut enters = false;
                super::super::code::each_statement(module, suite, &mut |statement| {
                    // Managers and what loops go through may be waited for.
                    enters |= matches!(module[statement], Stmt::With(_) | Stmt::For(_));
                });
                let expressions = super::super::code::expressions(module, suite, awaits);
                module[function].is_async && (enters || !expressions.is_empty())
            }
            Body::Expression(_) => false,
        }
    }

    /// What was raised, taken out, as the steps of a coroutine that raises it once it is awaited; or that it comes to no end, as
    /// far as the path is gone.
    pub(super) fn raised_later(&mut self) -> Vec<Step> {
        let Some(way) = &mut self.one_way else { return Vec::new() };
        match std::mem::take(&mut way.is_cut) {
            true => vec![Step::Exit(Exit::Never, None)],
            false => way.raised.take().map(Raised::told).into_iter().collect(),
        }
    }

    /// Does what a step of [`raised_later`](Self::raised_later) says.
    pub(super) fn raise_told(&mut self, step: &Step) {
        match step {
            Step::Failed { handlers, .. } => {
                self.set_raised(Raised(handlers.iter().map(|(kind, _)| Arc::clone(&kind.name)).collect()));
            }
            Step::Exit(Exit::Never, _) => {
                if let Some(way) = &mut self.one_way {
                    way.is_cut = true;
                }
            }
            _ => {}
        }
    }

    /// Waits for a coroutine.
    pub(super) fn wait_on_path(&mut self, lazy: &Lazy) -> Term {
        let mut timers: Vec<&Arc<str>> = Vec::new();
        for step in &lazy.steps {
            self.emit_of(lazy, step.clone());
            match step {
                Step::Command(command) if command.kind == CommandKind::Timer => timers.push(&command.token),
                Step::Wait(wait) if wait.failures != Failures::Kept => {
                    let limits: Vec<Arc<str>> = timers
                        .iter()
                        .filter(|timer| !wait.tokens.contains(**timer))
                        .map(|timer| Arc::clone(timer))
                        .chain(self.limits.iter().cloned())
                        .collect();
                    match self.fails(&wait.tokens, !limits.is_empty()) {
                        true => self.waited_in_vain(limits),
                        false => self.holds_now(&wait.tokens),
                    }
                }
                Step::Failed { .. } | Step::Exit(Exit::Never, _) => {
                    self.out.pop();
                    self.raise_told(step);
                }
                _ => {}
            }
            if self.is_stopped() {
                return Term::Never;
            }
        }
        lazy.result.clone()
    }

    /// Whether what a manager's exit is given is of a class.
    pub(super) fn is_raised_of(&self, term: &Term, class: &Term) -> Option<Truth> {
        if let Term::Known(object) = term {
            return self.is_handled_of(*object, &self.text(class)).map(Truth::Always);
        }
        let Term::Many(text, _) = term else { return None };
        let names = RAISED.iter().find_map(|word| text.name.strip_prefix(*word)?.strip_prefix(" of "))?;
        let raised = Raised(names.split(' ').map(Arc::from).collect());
        let of = match class {
            Term::Items(classes) => {
                super::failing::any_of(&classes.iter().map(|item| self.text(&item.term)).collect::<Vec<_>>())
            }
            class => self.text(class),
        };
        Some(Truth::Always(raised.is_taken_by(&of)))
    }

    /// Whether what a handler around was called for on this path is of a class, where an object of a class that it is of is asked.
    fn is_handled_of(&self, object: ValueId, class: &Text) -> Option<bool> {
        let Value::OutsideInstance { class: known, .. } = self.evaluator.get(object) else { return None };
        let raised = self.one_way.as_ref()?.handled.last()?;
        if !has_known_lineage(known.as_str()) || !raised.is_taken_by(&Text::plain(known.as_str())) {
            return None;
        }
        // What data raise may be of a class that derives from what is known of it; what waits raise is known.
        let is_known = raised.0.first().is_some_and(|first| OF_WAITS.contains(&&**first));
        let is_it = raised.is_taken_by(class);
        (is_it || is_known).then_some(is_it)
    }

    /// Goes through a `try` statement.
    pub(super) fn tried_on_path(&mut self, tried: Try) -> bool {
        let module = self.module();
        let handlers = module.list(tried.handlers);
        let mut kinds: Vec<Text> = Vec::new();
        for handler in handlers {
            let kind = self.taken_by(handler.kind);
            kinds.push(if tried.is_star { or_in_group(&kind) } else { kind });
        }
        let has_finally = !module.list(tried.finally).is_empty();
        let finally: Vec<Text> = has_finally.then(|| Text::plain("finally")).into_iter().collect();
        let around = kinds.iter().cloned().chain(finally.clone()).collect();
        let (waits, calls) = (self.waits(), self.unknown_calls);
        let mut falls = self.within(around, |this| this.suite(tried.body));
        if falls {
            let is_all_known = self.unknown_calls == calls;
            let by_data: Vec<Text> = handlers
                .iter()
                .zip(&kinds)
                .filter(|(handler, _)| !(is_all_known && handler.kind.is_some_and(|kind| self.is_own_class(kind))))
                .map(|(_, kind)| kind.clone())
                .collect();
            self.fails_by_data(&by_data, waits);
            falls = !self.is_stopped();
        }
        if falls {
            falls = self.within(finally, |this| this.suite(tried.orelse));
        } else if let Some((position, raised)) = self.taken(&kinds) {
            let body = handlers[position].body;
            falls = self.handling(raised, |this| this.within(finally, |this| this.suite(body)));
        }
        if has_finally { self.finally_on_path(falls, |this| this.suite(tried.finally)) } else { falls }
    }

    /// Whether a handler takes but a class of the project's: only code of the project raises that, and what is gone through is
    /// seen to.
    fn is_own_class(&self, kind: ExprId) -> bool {
        self.engine(kind).only().is_some_and(|class| matches!(self.evaluator.get(class), Value::Class(..)))
    }

    /// Code that waits for nothing may fail by its data: whether it does is asked for each handler of which it is not known from
    /// what was waited for. `waits` is how often it was waited before.
    fn fails_by_data(&mut self, kinds: &[Text], waits: u32) {
        let has_waited = self.waits() > waits;
        for kind in kinds {
            let is_of_waits = OF_WAITS.contains(&last_part(&kind.name));
            if is_of_waits || has_waited && Raised::of("ActivityError").is_taken_by(kind) {
                continue;
            }
            let text = Text { is_shared: true, ..Text::joined(&[kind], |parts| format!("{} is raised", parts[0])) };
            if self.ask_text(text) {
                let raised = kind.name.split(", ").next().map_or_else(|| Raised::of("?"), Raised::of);
                self.set_raised(if raised.is_taken_by(kind) { raised } else { Raised::of("Exception") });
                return;
            }
        }
    }

    /// Does what a handler does, or what is called from there: a bare `raise` raises this.
    fn handling(&mut self, raised: Raised, does: impl FnOnce(&mut Self) -> bool) -> bool {
        if let Some(way) = &mut self.one_way {
            way.handled.push(raised);
        }
        let falls = does(self);
        if let Some(way) = &mut self.one_way {
            way.handled.pop();
        }
        falls
    }

    /// Does something inside of what takes exceptions.
    pub(super) fn within(&mut self, kinds: Vec<Text>, does: impl FnOnce(&mut Self) -> bool) -> bool {
        if let Some(way) = &mut self.one_way {
            way.catchers.push(kinds);
        }
        let falls = does(self);
        if let Some(way) = &mut self.one_way {
            way.catchers.pop();
        }
        falls && !self.is_stopped()
    }

    /// What was raised, if one of these takes it, with which.
    pub(super) fn taken(&mut self, kinds: &[Text]) -> Option<(usize, Raised)> {
        let way = self.one_way.as_mut().filter(|way| !way.is_cut && !way.is_lost)?;
        let position =
            kinds.iter().position(|kind| way.raised.as_ref().is_some_and(|raised| raised.is_taken_by(kind)))?;
        Some((position, way.raised.take()?))
    }

    /// What is done however what stands before is left.
    pub(super) fn finally_on_path(&mut self, falls: bool, does: impl FnOnce(&mut Self) -> bool) -> bool {
        let raised = self.one_way.as_mut().and_then(|way| way.raised.take());
        if self.is_stopped() {
            return false;
        }
        let exit = self.pending_exit(falls || raised.is_some());
        if !does(self) || self.is_stopped() {
            return false;
        }
        self.out.extend(exit);
        if let Some(raised) = raised {
            self.set_raised(raised);
        }
        falls
    }

    /// The exit in which what was done last ends, taken out to be done later.
    pub(super) fn pending_exit(&mut self, falls: bool) -> Option<Step> {
        match self.out.last() {
            Some(Step::Exit(..)) if !falls => self.out.pop(),
            _ => None,
        }
    }

    /// Goes through a body that an object of the project manages.
    pub(super) fn managed_on_path(
        &mut self,
        object: &Term,
        exit: &str,
        range: TextRange,
        body: impl FnOnce(&mut Self) -> bool,
    ) -> bool {
        let falls = self.within(vec![Text::plain("finally")], body);
        let raised = self.one_way.as_ref().and_then(|way| way.raised.clone());
        let mut is_swallowed = false;
        let falls = self.finally_on_path(falls, |this| {
            let Some((function, outer)) = this.method_function(object, exit) else { return true };
            let part = |word: &str| match &raised {
                Some(raised) => Term::Many(Text::plain(&format!("{word} of {}", raised.0.join(" "))), Arc::default()),
                None => Term::none(),
            };
            let positional = RAISED.into_iter().map(|word| Item::always(part(word))).collect();
            let given = Given { positional, ..Given::default() };
            let term = this.run(function, outer, Some(object.clone()), given, range);
            let result = this.wait_for(&term, range);
            is_swallowed = raised.is_some() && matches!(this.decided_truth(&result), Truth::Always(true));
            true
        });
        if is_swallowed && let Some(way) = &mut self.one_way {
            way.raised = None;
            return !way.is_stopped();
        }
        falls
    }
}
