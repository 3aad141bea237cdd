//! What callables of the SDK, of `asyncio` and of the language do to the history.
//!
//! Knows: which of them issue which commands, wait for what, and start what. Does not know: what replay makes of it.

use std::sync::Arc;

use super::build::Builder;
use super::call::Given;
use super::forms::Form;
use super::numbers::zero_with;
use super::one_way::{BELOW, BY, NUMBERS};
use super::raising::Raised;
use super::reading::{argument, both, made_each, opposite};
use super::run::object_of_annotation;
use super::step::{
    ASKED_FIRST, CONDITION, Command, CommandKind, Exit, Failures, FlowKind, LEFT_ALONE, SHIELDED, Step, Text, Wait,
    awaited_condition, condition_token, each_step, is_as_given, is_more,
};
use super::term::{Item, Lazy, Started, Term, Test, Truth, unquoted};
use crate::python::{FrameId, FunctionRef, Place, Special, Value, ValueId, Values};
use crate::semantic::{Name, Operator};
use crate::source::{TextRange, last_part};
use crate::temporal::exceptions::{ACTIVITY_FAILED, CHILD_FAILED};
use crate::temporal::signatures::WireName;

/// What starting something gives: the steps, what waiting for it waits for, its result.
struct Issued {
    steps: Vec<Step>,
    tokens: Vec<Arc<str>>,
    result: Term,
}

/// The name under which something is started, and an object of what it gives, where that is known.
struct Named {
    name: Text,
    class: Option<ValueId>,
    /// Whether what it gives is never `None`.
    is_never_none: bool,
    /// Of which class of data that is, as annotated.
    plain: Option<&'static str>,
    /// Whether the name is only known by how it comes about.
    is_computed: bool,
    /// What it gives is in JSON, where that is known.
    gives: Option<Arc<Form>>,
}

impl Named {
    fn plain(name: &str) -> Self {
        Self {
            name: Text::plain(name),
            class: None,
            is_never_none: false,
            plain: None,
            is_computed: false,
            gives: None,
        }
    }
}

/// What is begun together.
#[derive(Default)]
struct Gathered {
    /// What begins it.
    steps: Vec<Step>,
    /// What it is waited for by.
    tokens: Vec<Arc<str>>,
    /// What it gives, in the order in which it was given.
    results: Vec<Item>,
}

impl Builder<'_, '_, '_> {
    /// A command with a token of its own.
    pub(super) fn command(&mut self, kind: CommandKind, name: Text, id: Option<Text>, range: TextRange) -> Command {
        let of = format!("{} {}", kind.word(), name.shape);
        let count = self.counts.entry(of.clone()).or_default();
        *count += 1;
        let token = format!("{}#{count}", of.trim_end()).into();
        let cancels = kind.cancels().filter(|_| kind == CommandKind::Timer).map(Arc::from);
        Command {
            kind,
            name,
            is_computed: false,
            id,
            token,
            until: None,
            zero: None,
            gives: None,
            cancels,
            at: self.site(range),
        }
    }

    /// A duration for which `asyncio.sleep` starts no timer where it is 0, unless it is known to be more.
    fn perhaps_zero(&self, delay: &Term) -> Option<Text> {
        match delay {
            Term::Constant(_) => None,
            Term::Choice(choice) => {
                // It was asked whether it is more than 0: `delay or 1`, `delay if delay > 0 else 1`.
                let asked = &choice.condition.text;
                let is_other = |zero: &Text| !asked.is_like(zero) && !asked.is_like(&is_more(zero));
                let then = self.perhaps_zero(&choice.then).filter(is_other);
                then.or_else(|| self.perhaps_zero(&choice.orelse))
            }
            other => both(&self.text(other), zero_with),
        }
    }

    /// Whether `asyncio.sleep` starts a timer, as far as constants tell, of which one may be chosen.
    fn is_started(&self, delay: &Term) -> Truth {
        match delay {
            Term::Constant(text) => Truth::Always(match &**text {
                "True" => true,
                "False" => false,
                text => text.parse::<f64>().map_or(true, |delay| delay > 0.0),
            }),
            Term::Choice(choice) => match (self.is_started(&choice.then), self.is_started(&choice.orelse)) {
                (Truth::Always(true), Truth::Always(true)) => Truth::Always(true),
                (then, orelse) => {
                    let (then, orelse) = (Term::of_truth(then), Term::of_truth(orelse));
                    self.truth(&Term::choice(choice.condition.clone(), then, orelse))
                }
            },
            _ => Truth::Always(true),
        }
    }

    /// A timer that is started where a test holds.
    fn sleep_where(&mut self, test: Test, range: TextRange) -> Term {
        if self.is_on_path() {
            return match self.holds(&test) {
                true => self.timer(None, range),
                false => Term::lazy(Vec::new(), Term::none()),
            };
        }
        let command = self.command(CommandKind::Timer, Text::plain(""), None, range);
        let wait = self.waiting(vec![Arc::clone(&command.token)], range);
        let does = vec![Step::Command(command), wait];
        let (then, orelse) = if test.holds { (does, Vec::new()) } else { (Vec::new(), does) };
        let at = self.site(range);
        Term::lazy(vec![Step::Branch { condition: test.condition, then, orelse, at }], Term::none())
    }

    /// A timer that is waited for; there is none where `zero` is 0.
    fn timer(&mut self, zero: Option<Text>, range: TextRange) -> Term {
        let command = Command { zero, ..self.command(CommandKind::Timer, Text::plain(""), None, range) };
        self.lazily(command, Term::none(), range)
    }

    /// A coroutine that issues a command and waits for it.
    pub(super) fn lazily(&mut self, command: Command, result: Term, range: TextRange) -> Term {
        let wait = self.waiting(vec![Arc::clone(&command.token)], range);
        Term::lazy(vec![Step::Command(command), wait], result)
    }

    fn waiting(&self, tokens: Vec<Arc<str>>, range: TextRange) -> Step {
        Step::Wait(Wait { tokens, failures: Failures::Raised, at: self.site(range) })
    }

    /// Starts a task for something that can be awaited.
    pub(super) fn start(&mut self, term: &Term) -> Term {
        match term {
            Term::Lazy(lazy) => {
                self.lose_if_raising(lazy);
                let tokens = tokens_of(&lazy.steps);
                self.emit(Step::Beside(lazy.steps.clone()));
                Term::Started(Arc::new(Started { tokens, result: lazy.result.clone(), is_handle: false }))
            }
            other => other.clone(),
        }
    }

    /// A call of something outside the project.
    pub(super) fn outside(&mut self, name: Name, base: Option<&Term>, given: Given, range: TextRange) -> Term {
        let given = self.with_key(given, range);
        // What is only said of a value does not change it.
        if self.evaluator.world().special(name) == Some(Special::Cast)
            && let Some(value) = given.get(1, "val")
        {
            return value;
        }
        if let Some(word) = name.as_str().strip_prefix("temporalio.workflow.")
            && let Some(term) = self.of_sdk(word, &given, range)
        {
            return term;
        }
        if matches!(name.as_str(), "dataclasses.replace" | "copy.replace")
            && let [object] = given.positional.as_slice()
            && let Some(term) = self.with_fields(&object.term.clone(), &given)
        {
            return term;
        }
        if name == "temporalio.exceptions.is_cancelled_exception"
            && let Some(truth) = given.get(0, "exception").and_then(|error| self.is_cancelled(&error))
        {
            return Term::of_truth(truth);
        }
        if name == "temporalio.activity.defn" {
            return self.activity_defined(&given);
        }
        if let Some(word) = name.as_str().strip_prefix("asyncio.")
            && let Some(term) = self.of_asyncio(word, &given, range)
        {
            return term;
        }
        if matches!(name.as_str(), "contextlib.AsyncExitStack" | "contextlib.ExitStack") {
            return self.new_stack(Vec::new());
        }
        if name == "builtins.map"
            && let Some(term) = self.mapped(&given, range)
        {
            return term;
        }
        if let Some(word) = name.as_str().strip_prefix("builtins.")
            && let Some(term) = self.of_language(word, &given)
        {
            return term;
        }
        if let Some(term) = self.of_library(name.as_str(), &given) {
            return term;
        }
        self.unknown_outside(name, base, &given, range)
    }

    /// A call of something outside the project of which nothing is known.
    fn unknown_outside(&mut self, name: Name, base: Option<&Term>, given: &Given, range: TextRange) -> Term {
        let starts = |term: &Term| match term {
            Term::Lazy(lazy) => super::step::any_step(&lazy.steps, &|step| matches!(step, Step::Command(_))),
            _ => false,
        };
        if given.terms().any(starts) {
            let what = Text::plain(name.as_str());
            let reason = format!("`{name}` is given a coroutine, and what it does with it cannot be told");
            let at = self.site(range);
            self.emit(Step::Unknown { what, reason, at });
        }
        let mut parts = vec![base.map_or_else(|| Text::plain(name.as_str()), |base| self.text(base))];
        parts.extend(given.positional.iter().map(|item| self.text(&item.term)));
        let named =
            |(name, term): &(Name, Term)| Text::joined(&[&self.text(term)], |parts| format!("{name}={}", parts[0]));
        parts.extend(given.named.iter().map(named));
        let parts: Vec<&Text> = parts.iter().collect();
        let method = name.last_part();
        let result = Term::other(Text::joined(&parts, |parts| match base {
            Some(_) => format!("{}.{method}({})", parts[0], parts[1..].join(", ")),
            None => format!("{}({})", parts[0], parts[1..].join(", ")),
        }));
        if name == "builtins.getattr" {
            self.note_by_name(given, &result);
        }
        result
    }

    /// Callables of the language's library that fill a list or take something out of it, or that make a number of one.
    fn of_library(&mut self, name: &str, given: &Given) -> Option<Term> {
        let first = given.positional.first()?.term.clone();
        match (name, &first) {
            ("heapq.heappush", Term::Other(text, _)) if text.is_shared => {
                self.writes = true;
                let item = Given { positional: given.positional[1..].to_vec(), ..Given::default() };
                self.put_by(text, Name::new("append"), &item);
                Some(Term::none())
            }
            ("heapq.heappop", Term::Other(text, _)) if text.is_shared => {
                self.writes = true;
                Some(self.item_taken(text, None))
            }
            // Which keys it has, and what they stand for, is not known.
            ("collections.defaultdict", _) => Some(Term::other(self.text(&Term::Table(Arc::default())))),
            ("decimal.Decimal" | "builtins.float", Term::Other(..)) => Some(first),
            ("decimal.Decimal" | "builtins.float", Term::Written(parts)) => match parts.as_slice() {
                [only @ Term::Other(..)] => Some(only.clone()),
                _ => None,
            },
            ("decimal.Decimal" | "builtins.float", Term::Constant(text)) => {
                let number = unquoted(text);
                number.parse::<f64>().is_ok().then(|| Term::constant(number))
            }
            _ => None,
        }
    }

    /// Whether what an activity or a child workflow has raised says that it was cancelled, as that reads which asks for the cause.
    fn is_cancelled(&self, error: &Term) -> Option<Truth> {
        let Term::Known(error) = error else { return None };
        let Value::OutsideInstance { class, .. } = self.evaluator.get(*error) else { return None };
        if !matches!(class.as_str(), ACTIVITY_FAILED | CHILD_FAILED) {
            return None;
        }
        let cause = self.known(&self.evaluator.attribute(&Values::of(*error), Name::new("cause")));
        let cause = cause.map_or_else(|| Text::plain(&format!("{class}.cause")), |cause| self.text(&cause));
        Some(self.when(Text::joined(&[&cause], |parts| {
            format!("builtins.isinstance({}, temporalio.exceptions.CancelledError)", parts[0])
        })))
    }

    /// A draw of the workflow's random numbers: what it gives depends on the draws before it.
    pub(super) fn draw(&mut self, how: &str, given: &Given) -> Term {
        let texts: Vec<Text> = given.terms().map(|term| self.text(term)).collect();
        let drawn = self.sequence(how, &texts);
        let before = match self.draws.as_slice() {
            [] => String::new(),
            draws => format!(" after {}", draws.join(", ")),
        };
        self.draws.push(drawn.name.to_string());
        Term::other(Text::joined(&[&drawn], |parts| format!("draw {}{before}", parts[0])))
    }

    /// Functions of `temporalio.workflow` that issue commands, wait, or give what is the same in a replay.
    #[expect(clippy::too_many_lines, reason = "an arm for each function")]
    fn of_sdk(&mut self, word: &str, given: &Given, range: TextRange) -> Option<Term> {
        let done = Term::lazy;
        Some(match word {
            "execute_activity" | "execute_activity_method" | "execute_activity_class" => {
                self.executed(CommandKind::Activity, &given.get(0, "activity")?, given, range)
            }
            "execute_local_activity" | "execute_local_activity_method" | "execute_local_activity_class" => {
                self.executed(CommandKind::LocalActivity, &given.get(0, "activity")?, given, range)
            }
            "start_activity" | "start_activity_method" | "start_activity_class" => {
                self.started(CommandKind::Activity, &given.get(0, "activity")?, given, range)
            }
            "start_local_activity" | "start_local_activity_method" | "start_local_activity_class" => {
                self.started(CommandKind::LocalActivity, &given.get(0, "activity")?, given, range)
            }
            "execute_child_workflow" => {
                let issued = self.issue(CommandKind::Child, &given.get(0, "workflow")?, given, range);
                let Issued { mut steps, tokens, result } = issued;
                steps.push(self.waiting(tokens.iter().map(begun).collect(), range));
                steps.push(self.waiting(tokens, range));
                done(steps, result)
            }
            "start_child_workflow" => {
                let issued = self.issue(CommandKind::Child, &given.get(0, "workflow")?, given, range);
                let Issued { mut steps, tokens, result } = issued;
                steps.push(self.waiting(tokens.iter().map(begun).collect(), range));
                done(steps, Term::Started(Arc::new(Started { tokens, result, is_handle: true })))
            }
            "get_external_workflow_handle" | "get_external_workflow_handle_for" => {
                let result = Term::other(Text::plain("external workflow"));
                Term::Started(Arc::new(Started { tokens: Vec::new(), result, is_handle: true }))
            }
            "sleep" => self.timer(None, range),
            "wait_condition" => self.wait_condition(given, range)?,
            "continue_as_new" => {
                let at = self.site(range);
                self.emit(Step::Exit(Exit::ContinueAsNew, at));
                Term::Never
            }
            "upsert_search_attributes" => {
                let command = self.command(CommandKind::SearchAttributes, Text::plain(""), None, range);
                self.emit(Step::Command(command));
                Term::none()
            }
            "upsert_memo" => {
                let command = self.command(CommandKind::Memo, Text::plain(""), None, range);
                self.emit(Step::Command(command));
                Term::none()
            }
            "patched" => self.patched(given, range)?,
            "deprecate_patch" => {
                let id = self.id_text(&given.get(0, "id")?);
                let command = self.command(CommandKind::DeprecatePatch, without_quotes(&id), None, range);
                self.emit(Step::Command(command));
                Term::none()
            }
            "uuid4" => self.draw(word, given),
            "random" => Term::other(Text::plain(RANDOM)),
            "create_nexus_client" | "NexusClient" => self.nexus_client(given),
            "now" | "time" | "time_ns" => self.time(),
            "all_handlers_finished" => Term::other(Text { is_shared: true, ..Text::plain(FINISHED) }),
            "info" => Term::other(Text::plain("info")),
            "in_workflow" => Term::truth(true),
            "wait" => self.wait_any(given, range)?,
            "as_completed" => self.as_completed(given, range)?,
            _ if word.ends_with("Handle.signal") => {
                let command = self.command(CommandKind::Signal, Text::plain(""), None, range);
                self.lazily(command, Term::none(), range)
            }
            _ if word.ends_with("ExternalWorkflowHandle.cancel") => {
                let command = self.command(CommandKind::Cancel, Text::plain(""), None, range);
                self.lazily(command, Term::none(), range)
            }
            _ if word.ends_with("Handle.cancel") => {
                let command = self.command(CommandKind::Cancel, Text::plain(""), None, range);
                self.emit(Step::Command(command));
                Term::none()
            }
            _ => return None,
        })
    }

    /// The workflow's time: on a single path that of a moment, which is another once it was waited.
    fn time(&self) -> Term {
        let text = match self.waits() {
            0 => TIME.to_owned(),
            waits => format!("{TIME} after wait {waits}"),
        };
        Term::other(Text { is_shared: true, ..Text::plain(&text) })
    }

    /// A client of a Nexus service: replay compares the service of each operation, and not the endpoint.
    fn nexus_client(&mut self, given: &Given) -> Term {
        let service = given.named("service").unwrap_or_else(|| Term::other(Text::plain("?")));
        let class = match &service {
            Term::Known(value) => self.evaluator.get(*value),
            _ => &Value::None,
        };
        let text = match class {
            Value::Class(class, _) => {
                Text::plain(&self.analysis.name_of_service(*class, self.analysis.service_decorator(*class)))
            }
            _ => without_quotes(&self.text(&service)),
        };
        Term::other(Text::joined(&[&text], |parts| format!("{NEXUS}{}", parts[0])))
    }

    /// An operation that a client of a Nexus service is asked for.
    pub(super) fn nexus_operation(
        &mut self,
        client: &Text,
        method: &str,
        given: &Given,
        range: TextRange,
    ) -> Option<Term> {
        let operation = given.get(0, "operation")?;
        let operation = self.target(&operation).name;
        let name = Text::joined(&[client, &operation], |parts| {
            let operation = parts[1].rsplit('.').next().unwrap_or(parts[1]);
            format!("{}.{operation}", parts[0].trim_start_matches(NEXUS))
        });
        let cancels = self.cancellation(CommandKind::Nexus, given);
        let command = Command { cancels, ..self.command(CommandKind::Nexus, name, None, range) };
        let token = Arc::clone(&command.token);
        let result = Term::other(Text::plain(&format!("result of {token}")));
        let begins = self.waiting(vec![begun(&token)], range);
        let steps = vec![Step::Command(command), begins];
        Some(match method {
            "start_operation" => {
                let started = Started { tokens: vec![token], result, is_handle: false };
                Term::lazy(steps, Term::Started(Arc::new(started)))
            }
            "execute_operation" => {
                let ends = self.waiting(vec![token], range);
                Term::lazy([steps, vec![ends]].concat(), result)
            }
            _ => return None,
        })
    }

    fn executed(&mut self, kind: CommandKind, target: &Term, given: &Given, range: TextRange) -> Term {
        let Issued { mut steps, tokens, result } = self.issue(kind, target, given, range);
        steps.push(self.waiting(tokens, range));
        Term::lazy(steps, result)
    }

    fn started(&mut self, kind: CommandKind, target: &Term, given: &Given, range: TextRange) -> Term {
        let Issued { steps, tokens, result } = self.issue(kind, target, given, range);
        steps.into_iter().for_each(|step| self.emit(step));
        Term::Started(Arc::new(Started { tokens, result, is_handle: false }))
    }

    /// The command that starts a target, or one of several by what decides between them.
    fn issue(&mut self, kind: CommandKind, target: &Term, given: &Given, range: TextRange) -> Issued {
        let target = &self.settled(target.clone());
        match target {
            Term::Choice(choice) => {
                let then = self.issue(kind, &choice.then, given, range);
                let orelse = self.issue(kind, &choice.orelse, given, range);
                let at = self.site(range);
                let condition = choice.condition.clone();
                let result = Term::choice(condition.clone(), then.result, orelse.result);
                let step = Step::Branch { condition, then: then.steps, orelse: orelse.steps, at };
                Issued { steps: vec![step], tokens: [then.tokens, orelse.tokens].concat(), result }
            }
            Term::Never | Term::Constant(_) if !target.is_text() => {
                Issued { steps: vec![Step::Exit(Exit::Never, None)], tokens: Vec::new(), result: Term::Never }
            }
            _ => {
                let Named { name, class, is_never_none, plain, is_computed, gives } = self.target(target);
                let id = match kind {
                    CommandKind::Child => Some(match given.named("id") {
                        Some(Term::Constant(text)) if &*text == "None" => self.draw("uuid4", &Given::default()),
                        Some(id) => id,
                        None if given.open => Term::other(Text::plain("?")),
                        None => self.draw("uuid4", &Given::default()),
                    }),
                    CommandKind::Activity | CommandKind::LocalActivity => given.named("activity_id"),
                    _ => None,
                };
                let is_none = |id: &Term| matches!(id, Term::Constant(text) if &**text == "None");
                let id = id.filter(|id| !is_none(id)).map(|id| self.id_text(&id));
                let cancels = self.cancellation(kind, given);
                let command =
                    Command { is_computed, gives: gives.clone(), cancels, ..self.command(kind, name, id, range) };
                let token = Arc::clone(&command.token);
                let class = class.or_else(|| self.class_of_result(given));
                let result = Text::plain(&format!("result of {token}"));
                if is_never_none {
                    self.never_none.insert(Arc::clone(&result.name));
                }
                // The converter makes nothing else of it.
                self.plain.extend(plain.map(|plain| (Arc::clone(&result.name), plain)));
                let recorded = if self.lens.looks_back() { self.lens.result(&token) } else { gives.as_ref() };
                self.recorded.extend(recorded.map(|form| (Arc::clone(&result.name), Arc::clone(form))));
                if gives.as_ref().is_some_and(|gives| gives.is_truth()) {
                    self.plain.insert(Arc::clone(&result.name), "bool");
                }
                let result = Term::Other(result, class);
                Issued { steps: vec![Step::Command(command)], tokens: vec![token], result }
            }
        }
    }

    /// An object of what the SDK makes of a result, where its type is given.
    fn class_of_result(&self, given: &Given) -> Option<ValueId> {
        let Some(Term::Known(class)) = given.named("result_type") else { return None };
        match self.evaluator.get(class) {
            Value::Class(class, _) => Some(self.evaluator.object(*class)),
            _ => None,
        }
    }

    /// What is done with something that is started where what waits for it is cancelled, by its option or that option's default.
    fn cancellation(&self, kind: CommandKind, given: &Given) -> Option<Arc<str>> {
        match given.named("cancellation_type") {
            Some(kind) => {
                let text = self.text(&kind);
                let word = last_part(&text.name);
                let is_word = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
                is_word.then(|| word.into())
            }
            None if given.open => None,
            None => kind.cancels().map(Arc::from),
        }
    }

    /// What is awaited inside of `asyncio.shield` goes on where what waits for it is cancelled.
    fn shielded(&mut self, term: Term) -> Term {
        self.kept_from_cancellation(term, SHIELDED)
    }

    /// Notes of commands in what way they are kept from being cancelled with what waits for them.
    fn kept_from_cancellation(&mut self, term: Term, by: &str) -> Term {
        let shield = |step: &mut Step| {
            if let Step::Command(command) = step {
                command.cancels = Some(by.into());
            }
        };
        match term {
            Term::Lazy(lazy) => {
                let mut lazy = Lazy::clone(&lazy);
                lazy.steps.iter_mut().for_each(|step| step.each_mut(&shield));
                Term::Lazy(Arc::new(lazy))
            }
            Term::Started(started) => {
                let shield_it = |step: &mut Step| match step {
                    Step::Command(command) if started.tokens.contains(&command.token) => shield(step),
                    _ => {}
                };
                self.out.iter_mut().for_each(|step| step.each_mut(&shield_it));
                Term::Started(started)
            }
            other => other,
        }
    }

    /// All of what is waited for by something that leaves it alone where it is cancelled itself.
    pub(super) fn left_alone(&mut self, all: Term) -> Term {
        match all {
            Term::Items(items) => {
                let each = |item: &Item| Item { term: self.left_alone(item.term.clone()), ..item.clone() };
                Term::Items(Arc::new(items.iter().map(each).collect()))
            }
            Term::Many(text, items) => {
                Term::Many(text, Arc::new(items.iter().map(|item| self.left_alone(item.clone())).collect()))
            }
            one => self.kept_from_cancellation(one, LEFT_ALONE),
        }
    }

    /// Under which name a target is started.
    fn target(&mut self, target: &Term) -> Named {
        match target {
            Term::Constant(text) => Named::plain(unquoted(text)),
            Term::Member(member) if member.is_value => self.target(&Term::clone(&member.value)),
            Term::Function(function, outer, _) => {
                let module = self.evaluator.project().module(function.file);
                let place = Place { file: function.file, frame: None };
                let annotation = module[function.function].returns_annotation;
                let class = annotation.and_then(|hint| object_of_annotation(self.evaluator, hint, place));
                let is_never_none =
                    annotation.is_some_and(|hint| super::kinds::is_never_none(self.evaluator, hint, place));
                let gives = self.forms.of_result(*function);
                let plain = annotation.and_then(|hint| super::kinds::plain_class(self.evaluator, hint, place));
                Named { class, is_never_none, plain, gives, ..self.named_function(*function, *outer) }
            }
            Term::Known(value) => match self.evaluator.get(*value).clone() {
                Value::Class(class, _) => {
                    let workflow = self.analysis.workflow_of(class);
                    let run = workflow.and_then(|position| self.analysis.run_of(position));
                    let gives = run.and_then(|run| self.forms.of_result(run));
                    let workflow = workflow.map(|position| &self.analysis.definitions.workflows[position]);
                    let name = match workflow.map(|workflow| self.analysis.wire_of_workflow(workflow)) {
                        Some(WireName::Known(name)) => name.as_str().to_owned(),
                        _ => self.name_of_class(class),
                    };
                    Named { gives, ..Named::plain(&name) }
                }
                // What cannot be found is started under its own name, as far as anybody can tell.
                Value::Outside(name) => Named::plain(name.last_part()),
                Value::Partial { callee, .. } => match callee.single() {
                    Some(callee) => {
                        let callee = self.of_value(callee);
                        self.target(&callee)
                    }
                    None => self.computed(target),
                },
                Value::Instance(_) => match self.method_function(target, "__call__") {
                    Some((function, _)) => self.named_function(function, None),
                    None => self.computed(target),
                },
                _ => self.computed(target),
            },
            Term::Object(_, value) => match self.method_function(&Term::Known(*value), "__call__") {
                Some((function, _)) => self.named_function(function, None),
                None => self.computed(target),
            },
            _ => self.computed(target),
        }
    }

    /// A type that is known by how it comes about.
    fn computed(&self, target: &Term) -> Named {
        Named { is_computed: true, name: self.text(target), ..Named::plain("") }
    }

    fn named_function(&mut self, function: FunctionRef, outer: Option<FrameId>) -> Named {
        match self.word_of_function(function, outer) {
            Some(name) => Named::plain(&name),
            None => {
                let own = self.evaluator.project().module(function.file)[function.function].name;
                Named { is_computed: true, ..Named::plain(own.as_str()) }
            }
        }
    }

    fn wait_condition(&mut self, given: &Given, range: TextRange) -> Option<Term> {
        let asked = given.get(0, "fn")?;
        let mark = self.mark();
        self.asks_late = false;
        let mut term = self.aside(|this| this.call_term(&asked, None, Given::default(), range));
        if !matches!(self.truth(&term), Truth::Always(true)) {
            // It waits, and is asked again after each handler.
            self.back_to(mark);
            self.forget_shared();
            term = self.aside(|this| this.call_term(&asked, None, Given::default(), range));
        }
        let mut waits = self.condition_of(&term, given.named("timeout").as_ref(), range);
        if let Term::Lazy(lazy) = &mut waits
            && let Some(Step::Wait(wait)) = Arc::make_mut(lazy).steps.last_mut()
            && !self.is_on_path()
            && self.is_asked_first(&wait.tokens)
        {
            wait.tokens.push(ASKED_FIRST.into());
        }
        Some(waits)
    }

    /// Whether a handler waits for a condition only where it was asked that this does not hold: where it does, others go on later.
    fn is_asked_first(&self, tokens: &[Arc<str>]) -> bool {
        let [token] = tokens else { return false };
        let Some((awaited, _)) = awaited_condition(token).filter(|_| token.starts_with(CONDITION)) else {
            return false;
        };
        let is_asked = |test: &Test| opposite(&test.text().name) == awaited;
        self.flow.0 != FlowKind::Run && self.here.path.iter().any(is_asked)
    }

    /// A wait for something to be true.
    pub(super) fn condition_of(&mut self, asked: &Term, timeout: Option<&Term>, range: TextRange) -> Term {
        let text = match self.truth(asked) {
            Truth::Always(true) => {
                self.waits_for_nothing();
                return Term::lazy(Vec::new(), Term::none());
            }
            // What only new handlers make true, no history goes on behind, but where time runs out.
            Truth::Always(false) if self.asks_late && self.has_timeout(timeout) => return self.out_of_time(range),
            Truth::Always(false) => Text { is_shared: std::mem::take(&mut self.asks_late), ..Text::plain("False") },
            Truth::When(test) => test.text(),
        };
        let token = condition_token(&text);
        let mut steps = Vec::new();
        if self.has_timeout(timeout) {
            let mut timer = self.command(CommandKind::Timer, Text::plain(""), None, range);
            timer.until = Some(text);
            steps.push(Step::Command(timer));
        }
        steps.push(self.waiting(vec![token], range));
        Term::lazy(steps, Term::none())
    }

    /// A wait of which it is known that it ends since time runs out: a timer, behind which that is raised.
    fn out_of_time(&mut self, range: TextRange) -> Term {
        self.asks_late = false;
        let timer = self.command(CommandKind::Timer, Text::plain(""), None, range);
        let wait = self.waiting(vec![Arc::clone(&timer.token)], range);
        let mut steps = vec![Step::Command(timer), wait];
        if self.is_on_path() {
            steps.push(Raised::of("TimeoutError").told());
        }
        Term::lazy(steps, Term::none())
    }

    fn has_timeout(&self, timeout: Option<&Term>) -> bool {
        timeout.is_some_and(|timeout| !matches!(timeout, Term::Constant(text) if &**text == "None"))
    }

    /// How an id reads: a member of an enumeration of texts is sent as its value.
    fn id_text(&self, id: &Term) -> Text {
        match id {
            Term::Member(member) if member.is_value => self.text(&member.value),
            id => self.text(id),
        }
    }

    fn patched(&mut self, given: &Given, range: TextRange) -> Option<Term> {
        let id = without_quotes(&self.id_text(&given.get(0, "id")?));
        if self.lens.is_new_patch(&id.name) {
            return Some(Term::truth(false));
        }
        let condition = self.condition(Text::joined(&[&id], |parts| format!("patched {}", parts[0])));
        if self.patches.insert(id.name.to_string()) {
            let command = self.command(CommandKind::Patch, id, None, range);
            let at = self.site(range);
            let then = vec![Step::Command(command)];
            match self.is_on_path() {
                true if self.ask(&condition) => then.into_iter().for_each(|step| self.emit(step)),
                true => {}
                false => self.emit(Step::Branch { condition: condition.clone(), then, orelse: Vec::new(), at }),
            }
        }
        Some(Term::choice(condition, Term::truth(true), Term::truth(false)))
    }

    fn of_asyncio(&mut self, word: &str, given: &Given, range: TextRange) -> Option<Term> {
        Some(match word {
            "sleep" => {
                match given.get(0, "delay").map_or(Truth::Always(true), |delay| self.is_started(&delay)) {
                    Truth::Always(true) => {}
                    Truth::Always(false) => return Some(Term::lazy(Vec::new(), Term::none())),
                    Truth::When(test) => return Some(self.sleep_where(test, range)),
                }
                let mut zero = given.get(0, "delay").and_then(|delay| self.perhaps_zero(&delay));
                // On one path it is known whether there is a timer.
                if self.is_on_path()
                    && let Some(delay) = zero.take_if(|delay| is_as_given(delay))
                    && !self.ask_text(is_more(&delay))
                {
                    return Some(Term::lazy(Vec::new(), Term::none()));
                }
                self.timer(zero, range)
            }
            "gather" => self.gather(given, range),
            "wait_for" => {
                let inner = given.get(0, "fut")?;
                let (steps, result) = match &inner {
                    Term::Lazy(lazy) => (lazy.steps.clone(), lazy.result.clone()),
                    Term::Started(started) => {
                        (vec![self.waiting(started.tokens.clone(), range)], started.result.clone())
                    }
                    _ => return None,
                };
                let has_timeout = self.has_timeout(given.get(1, "timeout").as_ref());
                if has_timeout && is_for_new_messages(&steps) {
                    return Some(self.out_of_time(range));
                }
                let mut all = Vec::new();
                if has_timeout {
                    let timer = self.command(CommandKind::Timer, Text::plain(""), None, range);
                    all.push(Step::Command(Command { until: until(&steps), ..timer }));
                }
                all.extend(steps);
                Term::lazy(all, result)
            }
            "create_task" | "ensure_future" => self.start(&given.get(0, "coro")?),
            "shield" => {
                let inner = given.get(0, "arg")?;
                self.shielded(inner)
            }
            "wait" => self.wait_any(given, range)?,
            "as_completed" => self.as_completed(given, range)?,
            "Lock" | "locks.Lock" => Term::other(Text::plain("slot 1")),
            "Semaphore" | "BoundedSemaphore" => {
                let limit = given.get(0, "value").unwrap_or_else(|| Term::constant("1"));
                let limit = self.text(&limit);
                Term::other(Text::joined(&[&limit], |parts| format!("slot {}", parts[0])))
            }
            _ if matches!(word.rsplit('.').next(), Some("wait" | "get" | "put" | "join" | "acquire")) => {
                let token: Arc<str> = format!("asyncio.{word}").into();
                let steps = vec![self.waiting(vec![token], range)];
                let result = Term::other(Text::plain(&format!("result of asyncio.{word}")));
                Term::lazy(steps, result)
            }
            _ => return None,
        })
    }

    /// Starts all and waits for all.
    fn gather(&mut self, given: &Given, range: TextRange) -> Term {
        let keeps = |term: &Term| !matches!(term, Term::Constant(text) if &**text == "False");
        let are_kept = given.named("return_exceptions").is_some_and(|term| keeps(&term));
        let failures = if are_kept { Failures::Kept } else { Failures::Raised };
        let Gathered { mut steps, tokens, results } = self.all_gathered(&given.positional, range);
        if !tokens.is_empty() {
            let at = self.site(range);
            steps.push(Step::Wait(Wait { tokens, failures, at }));
        }
        let result = match given.open {
            true => self.made_of_each(&given.positional).unwrap_or_else(|| Term::other(Text::plain("gathered"))),
            false => Term::Items(Arc::new(results)),
        };
        Term::lazy(steps, result)
    }

    /// What is gathered of what is done for each of some things, as a comprehension would read that does one after the other.
    fn made_of_each(&self, items: &[Item]) -> Option<Term> {
        let [Item { when: None, term: Term::Many(over, each) }] = items else { return None };
        let result = match each.as_slice() {
            [Term::Lazy(lazy)] => &lazy.result,
            [Term::Started(started)] => &started.result,
            _ => return None,
        };
        let made = self.sequence("made", &[self.text(result)]);
        let over = if over.name.starts_with("each of ") { over.clone() } else { head(&items[0].term, over) };
        Some(Term::other(Text::joined(&[&made, &over], |parts| format!("{} for {}", parts[0], parts[1]))))
    }

    fn all_gathered(&mut self, items: &[Item], range: TextRange) -> Gathered {
        let mut all = Gathered::default();
        for item in items {
            self.gathered(item, range, &mut all);
        }
        all
    }

    fn gathered(&mut self, item: &Item, range: TextRange, all: &mut Gathered) {
        match &self.settled(item.term.clone()) {
            Term::Lazy(lazy) => {
                self.lose_if_raising(lazy);
                all.tokens.extend(tokens_of(&lazy.steps));
                let beside = Step::Beside(lazy.steps.clone());
                all.steps.push(match &item.when {
                    Some(test) => {
                        let at = self.site(range);
                        let (then, orelse) =
                            if test.holds { (vec![beside], Vec::new()) } else { (Vec::new(), vec![beside]) };
                        Step::Branch { condition: test.condition.clone(), then, orelse, at }
                    }
                    None => beside,
                });
                all.results.push(Item { when: item.when.clone(), term: lazy.result.clone() });
            }
            Term::Many(text, items) => {
                for inner in items.iter() {
                    match inner {
                        Term::Lazy(lazy) => {
                            all.tokens.extend(tokens_of(&lazy.steps));
                            let body = vec![Step::Beside(lazy.steps.clone())];
                            let at = self.site(range);
                            all.steps.push(Step::Loop { head: text.clone(), body, at });
                        }
                        other => all.tokens.extend(other.tokens()),
                    }
                }
            }
            Term::Choice(choice) => {
                let test = super::term::Test { condition: choice.condition.clone(), holds: true };
                let other = super::term::Test { holds: false, ..test.clone() };
                let then = Item { when: Some(test), term: choice.then.clone() };
                let orelse = Item { when: Some(other), term: choice.orelse.clone() };
                self.gathered(&then, range, all);
                self.gathered(&orelse, range, all);
            }
            Term::Other(text, _) => {
                let what = text.clone();
                let reason = format!("`{}` is gathered, and what it does cannot be told", what.name);
                let at = self.site(range);
                all.steps.push(Step::Unknown { what, reason, at });
                all.results.push(Item::always(Term::other(Text::plain("gathered"))));
            }
            other => {
                all.tokens.extend(other.tokens());
                if let Term::Started(started) = other {
                    all.results.push(Item { when: item.when.clone(), term: started.result.clone() });
                }
            }
        }
    }

    /// Waits for some of what is given.
    fn wait_any(&mut self, given: &Given, range: TextRange) -> Option<Term> {
        let all = self.left_alone(given.get(0, "fs")?);
        let items = all.spread().unwrap_or_else(|| vec![Item::always(all)]);
        let Gathered { mut steps, mut tokens, .. } = self.all_gathered(&items, range);
        if self.has_timeout(given.named("timeout").as_ref()) {
            steps.push(Step::Command(self.command(CommandKind::Timer, Text::plain(""), None, range)));
        }
        let waits_for_all = match given.named("return_when") {
            None => true,
            Some(term) => self.text(&term).name.contains("ALL_COMPLETED"),
        };
        if !waits_for_all {
            let inner = |token: &Arc<str>| token.strip_prefix("any of ").unwrap_or(token).to_owned();
            let tokens_of: Vec<String> = tokens.iter().map(inner).collect();
            tokens = vec![format!("any of {}", tokens_of.join(", ")).into()];
        }
        let at = self.site(range);
        let each =
            Started { tokens: tokens.clone(), result: Term::other(Text::plain("next result")), is_handle: false };
        let each = Arc::new(vec![Term::Started(Arc::new(each))]);
        steps.push(Step::Wait(Wait { tokens, failures: Failures::Kept, at }));
        let part = |word| Item::always(Term::Many(Text::plain(word), Arc::clone(&each)));
        let result = Term::Items(Arc::new(vec![part("each of what is done"), part(LEFT_OVER)]));
        Some(Term::lazy(steps, result))
    }

    /// Gives what is given in the order in which it is done: waiting for each is taken for waiting for all.
    fn as_completed(&mut self, given: &Given, range: TextRange) -> Option<Term> {
        let all = self.left_alone(given.get(0, "fs")?);
        let mut tokens = all.tokens();
        if tokens.is_empty() {
            tokens = self.started_together(&all, range);
        }
        let each = |_: &Item| {
            let result = Term::other(Text::plain("next result"));
            Item::always(Term::Started(Arc::new(Started { tokens: tokens.clone(), result, is_handle: false })))
        };
        match all.spread() {
            Some(items) if items.is_empty() || !tokens.is_empty() => {
                Some(Term::Items(Arc::new(items.iter().map(each).collect())))
            }
            _ if !tokens.is_empty() => {
                let text = head(&all, &self.text(&all));
                let result = Term::other(Text::plain("next result"));
                let each = Term::Started(Arc::new(Started { tokens, result, is_handle: false }));
                Some(Term::Many(text, Arc::new(vec![each])))
            }
            _ => None,
        }
    }

    /// Starts all coroutines among some things. Gives what they are waited for by.
    fn started_together(&mut self, all: &Term, range: TextRange) -> Vec<Arc<str>> {
        let items = self.items_of(all).unwrap_or_else(|| vec![Item::always(all.clone())]);
        let Gathered { steps, tokens, .. } = self.all_gathered(&items, range);
        if !tokens.is_empty() {
            steps.into_iter().for_each(|step| self.emit(step));
        }
        tokens
    }

    /// Functions of the language that are worked out.
    #[expect(clippy::too_many_lines, reason = "an arm for each function")]
    pub(super) fn of_language(&mut self, word: &str, given: &Given) -> Option<Term> {
        if word == "dict" {
            return self.dict_of(given);
        }
        let first = self.gone_through(given.get(0, "")?);
        Some(match word {
            "range" => {
                let number = |position: usize| match given.get(position, "") {
                    Some(Term::Constant(text)) => text.parse::<i64>().ok(),
                    _ => None,
                };
                let step = match given.positional.len() {
                    3 => number(2).filter(|step| *step > 0),
                    _ => Some(1),
                };
                let (from, end) = match given.positional.as_slice() {
                    [end] => (Some(0), Some(&end.term)),
                    [_, end] | [_, end, _] => (number(0), Some(&end.term)),
                    _ => (None, None),
                };
                if let (true, Some(from), Some(step), Some(end @ Term::Other(..))) =
                    (self.is_on_path(), from, step, end)
                {
                    let text = self.text(end);
                    let by = if step == 1 { String::new() } else { format!("{BY}{step}") };
                    return Some(Term::other(Text::joined(&[&text], |parts| {
                        format!("{NUMBERS}{from}{by}{BELOW}{}", parts[0])
                    })));
                }
                if given.positional.len() == 3 {
                    return None;
                }
                // The positions of a list's items, as `enumerate` gives them.
                if let (Some(0), Some(Term::Other(end, _))) = (from, end)
                    && let Some(of) = both(end, |end| argument(end, "builtins.len"))
                {
                    let position = Term::other(Text::joined(&[&of], |parts| format!("{POSITION}{}", parts[0])));
                    return Some(Term::Many(head(&Term::other(of.clone()), &of), Arc::new(vec![position])));
                }
                let (start, stop) = match given.positional.len() {
                    1 => (0, number(0)?),
                    2 => (number(0)?, number(1)?),
                    _ => return None,
                };
                if stop.checked_sub(start)? > MOST_NUMBERS {
                    return None;
                }
                let numbers = (start..stop).map(|number| Item::always(Term::constant(&number.to_string())));
                Term::Items(Arc::new(numbers.collect()))
            }
            "list" | "tuple" | "iter" => match first {
                Term::Items(_) | Term::Many(..) | Term::Other(..) | Term::Known(_) => first,
                _ => return None,
            },
            "set" | "frozenset" => self.set_of(first.spread()?),
            "int" if given.positional.len() == 2 => match (&first, given.get(1, "base")?) {
                (Term::Constant(text), Term::Constant(base)) => {
                    let base = base.parse::<u32>().ok().filter(|base| (2..=36).contains(base))?;
                    Term::constant(&i64::from_str_radix(unquoted(text).trim(), base).ok()?.to_string())
                }
                _ => return None,
            },
            "int" if given.positional.len() == 1 => match &first {
                Term::Constant(text) => Term::constant(&match unquoted(text).trim().parse::<i64>() {
                    Ok(number) => number.to_string(),
                    Err(_) => super::numbers::cut_off(text)?,
                }),
                // It is one.
                Term::Other(text, _) if self.plain.get(&text.name) == Some(&"int") => first,
                _ => return None,
            },
            "round" if given.positional.len() == 1 && given.named.is_empty() => match &first {
                Term::Constant(text) => Term::constant(&super::numbers::rounded(text)?),
                Term::Other(text, _) if self.plain.get(&text.name) == Some(&"int") => first,
                _ => return None,
            },
            "abs" => match &first {
                Term::Constant(text) => Term::constant(&super::numbers::without_sign(text)?),
                _ => return None,
            },
            "str" => Term::written([first]),
            "reversed" | "sorted" => match first.spread() {
                Some(mut items) if word == "reversed" => {
                    items.reverse();
                    Term::Items(Arc::new(items))
                }
                _ if self.is_on_path() => {
                    let text = self.text(&first);
                    // Which of its values stands at a place is not known by the place alone.
                    if text.name.ends_with(".items()") {
                        self.lose();
                    }
                    Term::other(self.ordered(word, &text, given))
                }
                _ => {
                    let text = self.text(&first);
                    // The keys of a dict order its entries as well: there are no two alike.
                    let is_by_values = given.named("key").is_some() || text.name.ends_with(".values()");
                    let of = if is_by_values { text.clone() } else { super::dicts::gone_through(&text) };
                    let ordered = self.ordered(word, &of, given);
                    let element = self.element(&first, &ordered);
                    Term::Many(head(&first, &text), Arc::new(vec![element]))
                }
            },
            "enumerate" => {
                let paired = |position: Term, item: Term| {
                    Term::Items(Arc::new(vec![Item::always(position), Item::always(item)]))
                };
                let start = given.get(1, "start").unwrap_or_else(|| Term::constant("0"));
                let Some(items) = self.items_of(&first) else {
                    let text = self.text(&first);
                    let position = Term::other(Text::joined(&[&text], |parts| format!("{POSITION}{}", parts[0])));
                    let position = self.operation(Operator::Add, &position, &start);
                    let item = self.element(&first, &text);
                    return Some(Term::Many(head(&first, &text), Arc::new(vec![paired(position, item)])));
                };
                let pair = |(position, item): (usize, Item)| {
                    let position = self.operation(Operator::Add, &Term::constant(&position.to_string()), &start);
                    Item { when: item.when, term: paired(position, item.term) }
                };
                Term::Items(Arc::new(items.into_iter().enumerate().map(pair).collect()))
            }
            "zip" => {
                let second = given.get(1, "")?;
                let has_started = !first.tokens().is_empty() || !second.tokens().is_empty();
                if has_started && given.positional.len() == 2 && (first.spread().is_none() || second.spread().is_none())
                {
                    let text = self.text(&first);
                    let pair = [&first, &second].map(|term| {
                        let text = self.text(term);
                        Item::always(self.element(term, &text))
                    });
                    return Some(Term::Many(head(&first, &text), Arc::new(vec![Term::Items(Arc::new(pair.into()))])));
                }
                if given.positional.len() != 2 {
                    return None;
                }
                paired_with(&first, &second)?
            }
            "isinstance" | "issubclass" => {
                let class = given.get(1, "")?;
                Term::of_truth(self.is_raised_of(&first, &class).or_else(|| self.is_instance(&first, &class))?)
            }
            "getattr" => {
                let at_hand = self.attribute_at_hand(&first, &given.get(1, "")?);
                at_hand.or_else(|| self.named_attribute(given))?
            }
            "setattr" => self.attribute_set(&first, &given.get(1, "")?, &given.get(2, "")?)?,
            "any" | "all" => {
                let wanted = word == "all";
                if let Some(truth) = self.of_any(&first, wanted) {
                    return Some(Term::of_truth(truth));
                }
                let each = |item: &Item| {
                    let truth = self.truth(&item.term);
                    item.when.is_none().then(|| if wanted { truth } else { truth.not() })
                };
                let items = first.spread().filter(|items| items.iter().all(|item| item.term.tokens().is_empty()))?;
                let truths: Vec<Truth> = items.iter().map(each).collect::<Option<_>>()?;
                let all = truths.into_iter().fold(Truth::Always(true), Truth::and);
                Term::of_truth(if wanted { all } else { all.not() })
            }
            "len" => match first {
                Term::Table(entries) => Term::constant(&entries.len().to_string()),
                Term::Items(items) if items.iter().all(|item| item.when.is_none()) => {
                    self.count();
                    Term::constant(&items.len().to_string())
                }
                _ => return None,
            },
            "bool" => Term::of_truth(self.truth(&first)),
            // As a loop reads that adds one after the other.
            "sum" => {
                let is_plain = |item: &Item| item.when.is_none() && item.term.tokens().is_empty();
                let items = first.spread().filter(|items| items.len() <= MOST_ADDED && items.iter().all(is_plain))?;
                let begin = given.get(1, "start").unwrap_or_else(|| Term::constant("0"));
                items.into_iter().fold(begin, |all, item| self.operation(Operator::Add, &all, &item.term))
            }
            "max" | "min" => {
                if !given.named.is_empty() {
                    return None;
                }
                let items = match given.positional.as_slice() {
                    [only] => only.term.spread()?,
                    all => all.to_vec(),
                };
                fn number(item: &Item) -> Option<&str> {
                    match &item.term {
                        Term::Constant(text) if item.when.is_none() => Some(text),
                        _ => None,
                    }
                }
                let numbers: Option<Vec<&str>> = items.iter().map(number).collect();
                let found = numbers.and_then(|numbers| super::numbers::extreme(&numbers, word == "max"));
                return found.map(Term::constant).or_else(|| self.extreme_of(word, &items));
            }
            _ => return None,
        })
    }
}

/// The items of two sequences in pairs; of one of several sequences, those of each.
fn paired_with(one: &Term, other: &Term) -> Option<Term> {
    if let Term::Choice(choice) = one {
        let (then, orelse) = (paired_with(&choice.then, other)?, paired_with(&choice.orelse, other)?);
        return Some(Term::choice(choice.condition.clone(), then, orelse));
    }
    if matches!(one, Term::Never) {
        return Some(Term::Never);
    }
    let (one, other) = (one.spread()?, other.spread()?);
    if !one.iter().chain(&other).all(|item| item.when.is_none()) {
        return None;
    }
    let pair = |(one, other): (Item, Item)| Item::always(Term::Items(Arc::new(vec![one, other])));
    Some(Term::Items(Arc::new(one.into_iter().zip(other).map(pair).collect())))
}

/// How the generator of the workflow's random numbers reads.
pub(super) const RANDOM: &str = "workflow random";

/// How it reads that no handler is under way.
pub(super) const FINISHED: &str = "handlers finished";

/// How a loop over what a wait for some of several things has left undone reads.
pub(super) const LEFT_OVER: &str = "each of what is not done";

/// How the workflow's time reads.
pub(super) const TIME: &str = "workflow time";

/// Up to how many items are added up one by one.
const MOST_ADDED: usize = 64;

/// How the position of an item reads.
pub(super) const POSITION: &str = "position in ";

/// How many numbers a `range` is written out to.
const MOST_NUMBERS: i64 = 64;

/// The condition that steps wait for and do nothing else.
fn until(steps: &[Step]) -> Option<Text> {
    let [Step::Wait(wait)] = steps else { return None };
    let mut tokens = wait.tokens.iter().filter(|token| ***token != *ASKED_FIRST);
    let (Some(token), None) = (tokens.next(), tokens.next()) else { return None };
    let (name, shape) = awaited_condition(token)?;
    Some(Text { name: name.into(), shape: shape.into(), is_shared: token.starts_with(CONDITION) })
}

/// Whether steps wait for what only new handlers make true.
fn is_for_new_messages(steps: &[Step]) -> bool {
    until(steps).is_some_and(|until| until.is_shared && &*until.name == "False")
}

/// What waiting for the beginning of something waits for.
fn begun(token: &Arc<str>) -> Arc<str> {
    format!("{token} begun").into()
}

fn without_quotes(text: &Text) -> Text {
    Text::joined(&[text], |parts| unquoted(parts[0]).to_owned())
}

/// How a client of a Nexus service reads.
pub(super) const NEXUS: &str = "Nexus ";

/// How a loop over something reads: by what it goes through, however that is handed over.
pub(super) fn head(iterable: &Term, text: &Text) -> Text {
    match iterable {
        Term::Many(text, _) if text.name.starts_with("each of ") => text.clone(),
        Term::Many(text, _) => Text::joined(&[text], |parts| format!("each of {}", parts[0])),
        _ if let Some((_, over)) = made_by(text) => over,
        _ => Text::joined(&[&super::dicts::gone_through(text)], |parts| format!("each of {}", parts[0])),
    }
}

/// What a comprehension that reads like this makes each time, and what it goes through.
pub(super) fn made_by(text: &Text) -> Option<(Text, Text)> {
    let ((name, over), (shape, shape_over)) = (made_each(&text.name)?, made_each(&text.shape)?);
    let part = |name: &str, shape: &str| Text { name: name.into(), shape: shape.into(), is_shared: text.is_shared };
    Some((part(name, shape), part(over, shape_over)))
}

/// What waiting for the end of some steps waits for.
pub(super) fn tokens_of(steps: &[Step]) -> Vec<Arc<str>> {
    let mut tokens: Vec<Arc<str>> = Vec::new();
    each_step(steps, &mut |step| match step {
        Step::Wait(wait) => tokens.extend(wait.tokens.iter().filter(|token| !token.starts_with("slot ")).cloned()),
        // A child is waited for until it has begun alone, where nothing asks for its end.
        Step::Command(command) if command.kind != CommandKind::Child => tokens.push(Arc::clone(&command.token)),
        _ => {}
    });
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}
