//! Code gone through as it would run, for what it does to the history.
//!
//! Knows: statements, in which order they run and under which conditions. Does not know: loops ([`loops`](super::loops)), what
//! is done where code fails ([`failing`](super::failing)), targets ([`assign`](super::assign)), expressions
//! ([`expression`](super::expression)), calls ([`call`](super::call)), or what callables of the SDK do ([`sdk`](super::sdk)).
//!
//! Functions of the project are gone through where they are called, so that it makes no difference into which helpers code
//! is divided. The engine is asked what names, attributes and callees mean.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::aliases::Aliases;
use super::call::Given;
use super::failing::Last;
use super::forms::Forms;
use super::lens::Lens;
use super::loops::lets_handlers_run;
use super::one_way::OneWay;
use super::shared::Asked;
use super::step::{Condition, Exit, FlowKind, Site, Step, Text};
use super::term::{Lazy, Term, Test, Truth, is_same};
use crate::python::{Evaluator, FrameId, FunctionRef, Place, Values};
use crate::semantic::{Branch, ExprId, Module, Name, Stmt, StmtId, Suite, VariableId};
use crate::source::{FileId, Span, TextRange};
use crate::temporal::Analysis;

/// How many steps a workflow's skeleton has at most.
const MOST_STEPS: usize = 20_000;

/// How many statements and expressions are gone through for a workflow.
pub(super) const MOST_WORK: usize = 400_000;

/// How many variables are copied in the time of going through one expression.
const COPIED_FOR_ONE: usize = 8;

/// How many terms are compared for a flow.
pub(super) const MOST_COMPARED: usize = 200_000;

/// How many terms are read for a flow: they share what they are made of, and each part is read wherever it stands.
pub(super) const MOST_READ: usize = 4_000_000;

/// Goes through the code of one workflow.
pub(super) struct Builder<'a, 'e, 'p> {
    pub(super) analysis: &'a Analysis<'e, 'p>,
    pub(super) evaluator: &'a Evaluator<'p>,
    pub(super) lens: &'a Lens,
    /// By its position among the definitions.
    pub(super) workflow: usize,
    /// What data are in JSON.
    pub(super) forms: &'a Forms<'a, 'e, 'p>,
    /// Attributes of the workflow's object that handlers use, and so may change whenever the code waits.
    pub(super) shared: Arc<super::identity::Shared>,
    /// Something was asked since the last wait that only new handlers change.
    pub(super) asks_late: bool,
    /// Of which class of data something is that comes from data, by how it reads.
    pub(super) plain: FxHashMap<Arc<str>, &'static str>,
    /// What was recorded of it is in JSON, by how it reads: what the flow is given, and results.
    pub(super) recorded: FxHashMap<Arc<str>, Arc<super::forms::Form>>,
    /// The flow that is gone through: of which kind it is, and its name.
    pub(super) flow: (FlowKind, String),
    /// That what the flow is given has a key, as it reads: the version before has read it first of all.
    pub(super) held: FxHashSet<String>,
    /// The keys that are surely read of what the flow is given before it waits for anything, each with the argument's position.
    pub(super) first_read: Vec<(usize, Name)>,
    /// The keys that it asks for with something else in case there is none.
    pub(super) perhaps_read: Vec<(usize, Name)>,
    /// How much is around that may be left out, or be caught.
    pub(super) perhaps: u32,
    /// It was waited for something.
    pub(super) has_waited: bool,
    /// The patches that were asked for already.
    pub(super) patches: FxHashSet<String>,
    /// By what each part of the state is known.
    pub(super) identities: Arc<super::identity::Identities>,
    /// The objects that the state holds and code only fills, each with how it is called.
    pub(super) owned: FxHashMap<u32, Arc<str>>,
    /// What is never `None`, by how it reads: it comes from data, and the SDK takes only what its annotation allows.
    pub(super) never_none: FxHashSet<Arc<str>>,
    /// By how something reads that the flow is given and that is annotated as a sequence, an object of the class of its items.
    pub(super) given_items: FxHashMap<Arc<str>, crate::python::ValueId>,
    /// The files in which code sets attributes by texts that name them.
    pub(super) set_by_text: std::cell::OnceCell<Vec<FileId>>,
    /// What a key of the input is asked for with that may not be there, each with what stands in.
    pub(super) asked_defaults: Vec<super::effects::Effect>,
    /// The workflow's object, as the engine knows it.
    pub(super) receiver: Option<crate::python::ValueId>,
    pub(super) env: FxHashMap<(FileId, VariableId), Term>,
    pub(super) heap: FxHashMap<(u32, Name), Term>,
    /// Whether it counts what is put into the workflow's state.
    pub(super) notes_effects: bool,
    /// The fields of objects that modules make.
    pub(super) fixed: FxHashMap<(u32, Name), Term>,
    /// What expressions outside functions give.
    pub(super) origins: FxHashMap<(FileId, ExprId), Option<Term>>,
    /// Of how many of them that is being found out.
    pub(super) origins_open: usize,
    /// The name under which code at hand made an activity.
    pub(super) registered: Option<Term>,
    /// The variables that hold what another variable or an attribute holds.
    pub(super) aliases: Aliases,
    /// The function that is about to be called, with what its parameters are aliases of.
    pub(super) handed: Option<(FunctionRef, Aliases)>,
    /// By how it reads, what was asked for by a name of which nothing is known.
    pub(super) by_name: FxHashMap<Arc<str>, super::dispatch::ByName>,
    /// The generators that variables hold and that nothing has gone through yet.
    pub(super) generators: Vec<(FileId, ExprId)>,
    /// By the condition of a loop, the parts of it that are asked behind each round.
    pub(super) late: FxHashMap<(FileId, ExprId), Vec<ExprId>>,
    pub(super) objects: u32,
    /// By how it reads, the number of an object that the flow was given and into which code puts something; and the other way round.
    pub(super) given_objects: FxHashMap<Arc<str>, u32>,
    pub(super) given_texts: FxHashMap<u32, Text>,
    /// How many commands of each type there are so far.
    pub(super) counts: FxHashMap<String, u32>,
    /// The draws of random numbers so far, each with how it is drawn.
    pub(super) draws: Vec<String>,
    pub(super) out: Vec<Step>,
    pub(super) here: Here,
    /// The functions around, outermost first, each with the place that leads on.
    pub(super) way: Vec<(String, Span)>,
    pub(super) running: Vec<FunctionRef>,
    /// The task groups that are open, each with what was started in it.
    pub(super) groups: FxHashMap<u32, Vec<Arc<str>>>,
    /// The exit stacks that are open, each with what is to be called.
    pub(super) stacks: Stacks,
    /// The call of an asynchronous generator all of whose items are taken before anything else is done.
    pub(super) taken_whole: Option<TextRange>,
    /// The timers of the limits of time that are around.
    pub(super) limits: Vec<Arc<str>>,
    /// How many handlers of exceptions are around.
    pub(super) guards: u32,
    /// What each of them takes, outermost first; "anything" where that is not known.
    pub(super) catchers: Vec<Vec<Text>>,
    /// How many loops are gone through a first time, for what changes in them.
    pub(super) tries: u32,
    /// Of what something was taken out.
    pub(super) popped: Vec<Text>,
    pub(super) made: usize,
    pub(super) work: usize,
    /// How much may be gone through here.
    pub(super) most_work: usize,
    /// How many terms were compared so far.
    pub(super) compared: Cell<usize>,
    /// How many terms were read so far.
    pub(super) read: Cell<usize>,
    /// How parts of a term read that is being read, and whether they count as true.
    pub(super) texts: Asked<Text>,
    pub(super) truths: Asked<Truth>,
    pub(super) writes: bool,
    /// How often something was called of which it is not known what it runs.
    pub(super) unknown_calls: u32,
    /// The one path that is gone, where not all are.
    pub(super) one_way: Option<OneWay>,
    /// Why not all can be told.
    pub(super) cannot: Option<String>,
    /// The keys that were taken to be in nothing that was recorded.
    pub(super) missing: RefCell<BTreeSet<String>>,
}

/// The function that is gone through.
#[derive(Debug, Clone)]
pub(super) struct Here {
    pub file: FileId,
    pub function: Option<FunctionRef>,
    pub frame: Option<FrameId>,
    /// What holds since the function began.
    pub path: Vec<Test>,
    pub returns: Vec<(Vec<Test>, Term)>,
    /// What is done last of what is around, outermost first, each with how many guards are around it.
    pub finally: Vec<(Last, u32)>,
    /// How many guards of this function are around.
    pub open: u32,
    /// The body of the `with` statement that this generator is the manager of.
    pub managed: Option<Box<Managed>>,
}

/// A `with` body that a generator hands over to.
#[derive(Debug, Clone)]
pub(super) struct Managed {
    pub around: Here,
    pub body: Suite,
    pub target: Option<ExprId>,
    /// It is the body of a loop over what the generator gives.
    pub is_loop: bool,
    pub falls: bool,
    /// How the body was left, where one path is gone.
    pub exit: Option<Step>,
    /// There is no body: what the generator gives is kept.
    pub items: Option<Vec<Term>>,
}

impl Managed {
    /// A generator that is gone through for what it gives, without another body than its own.
    pub(super) fn of_items(around: Here, body: Suite) -> Self {
        Self { around, body, target: None, is_loop: false, falls: true, exit: None, items: Some(Vec::new()) }
    }
}

impl Here {
    pub(super) fn new(file: FileId, function: Option<FunctionRef>, frame: Option<FrameId>) -> Self {
        Self {
            file,
            function,
            frame,
            path: Vec::new(),
            returns: Vec::new(),
            finally: Vec::new(),
            open: 0,
            managed: None,
        }
    }
}

/// The variables and the state, as they are on one way.
pub(super) type State = (FxHashMap<(FileId, VariableId), Term>, FxHashMap<(u32, Name), Term>);

/// What each exit stack is to call.
pub(super) type Stacks = FxHashMap<u32, Vec<(Term, Given)>>;

impl<'p> Builder<'_, '_, 'p> {
    pub(super) fn module(&self) -> &'p Module {
        self.evaluator.project().module(self.here.file)
    }

    pub(super) fn place(&self) -> Place {
        Place { file: self.here.file, frame: self.here.frame }
    }

    pub(super) fn site(&self, range: TextRange) -> Option<Site> {
        let span = Span { file: self.here.file, range };
        let here = self.here.function.map(|function| (self.qualified(function), span));
        Some(Site { span, way: self.way.iter().cloned().chain(here).collect() })
    }

    /// The name of a function with that of its class.
    pub(super) fn qualified(&self, function: FunctionRef) -> String {
        self.evaluator.project().module(function.file).qualified_name(function.function)
    }

    /// Adds a step.
    pub(super) fn emit(&mut self, step: Step) {
        if lets_handlers_run(&step) && !self.is_stopped() {
            self.forget_shared();
            if let Some(way) = &mut self.one_way {
                way.waits += 1;
            }
        }
        self.repeat(step);
    }

    /// Adds a step of code that was gone through just now: what that knows of the state stands.
    pub(super) fn repeat(&mut self, step: Step) {
        if self.is_stopped() {
            return;
        }
        self.made += 1;
        self.has_waited |= lets_handlers_run(&step);
        match self.made > MOST_STEPS {
            true => self.give_up("it has too many steps"),
            false => self.out.push(step),
        }
    }

    /// Adds a step of a coroutine that is awaited: where its code was gone through just now, nothing has happened since.
    pub(super) fn emit_of(&mut self, lazy: &Lazy, step: Step) {
        if lazy.ran_at == Some(self.work) { self.repeat(step) } else { self.emit(step) }
    }

    pub(super) fn give_up(&mut self, why: &str) {
        self.cannot.get_or_insert_with(|| why.to_owned());
    }

    pub(super) fn has_budget(&mut self) -> bool {
        if self.is_stopped() {
            return false;
        }
        self.work += 1;
        let is_left =
            self.work <= self.most_work && self.compared.get() <= MOST_COMPARED && self.read.get() <= MOST_READ;
        if !is_left {
            self.give_up("it leads to too much code");
        }
        is_left
    }

    /// What is done by something, apart from what was done before.
    pub(super) fn captured<R>(&mut self, does: impl FnOnce(&mut Self) -> R) -> (Vec<Step>, R) {
        let before = std::mem::take(&mut self.out);
        let result = does(self);
        (std::mem::replace(&mut self.out, before), result)
    }

    pub(super) fn state(&self) -> State {
        (self.env.clone(), self.heap.clone())
    }

    /// Does one of two things. Says whether control goes on behind.
    pub(super) fn branch(
        &mut self,
        test: &Test,
        range: TextRange,
        then: impl FnOnce(&mut Self) -> bool,
        orelse: impl FnOnce(&mut Self) -> bool,
    ) -> bool {
        if self.is_on_path() {
            return if self.holds(test) { then(self) } else { orelse(self) };
        }
        // The state is held twice from here on, and put together again.
        self.work += (self.env.len() + self.heap.len()) / COPIED_FOR_ONE;
        let before = self.state();
        let (stacks, aliases) = (self.stacks.clone(), self.aliases.clone());
        let depth = self.here.path.len();
        self.perhaps += 1;
        self.here.path.push(test.clone());
        let (one, falls) = self.captured(then);
        self.here.path.truncate(depth);
        let after = std::mem::replace(&mut self.env, before.0);
        let after = (after, std::mem::replace(&mut self.heap, before.1));
        let given = std::mem::replace(&mut self.stacks, stacks.clone());
        let held = std::mem::replace(&mut self.aliases, aliases);
        if falls {
            self.here.path.push(Test { holds: !test.holds, ..test.clone() });
        }
        let (other, other_falls) = self.captured(orelse);
        self.here.path.truncate(depth);
        self.perhaps -= 1;
        // What one way leaves alone is not surely done.
        self.perhaps += u32::from(!(falls && other_falls));
        match (falls, other_falls) {
            (true, false) => {
                (self.env, self.heap) = after;
                (self.stacks, self.aliases) = (given, held);
            }
            (true, true) => {
                self.aliases.retain(|alias, of| held.get(alias) == Some(of));
                self.merge(test, after);
                self.merge_stacks(test, &stacks, given);
            }
            (false, _) => {}
        }
        if !one.is_empty() || !other.is_empty() {
            let (then, orelse) = if test.holds { (one, other) } else { (other, one) };
            let at = self.site(range);
            self.emit(Step::Branch { condition: test.condition.clone(), then, orelse, at });
        }
        falls || other_falls
    }

    /// Takes in the state of the way on which a test holds; the state at hand is that of the other.
    fn merge(&mut self, test: &Test, then: State) {
        let joined = |then: Term, other: Term| match test.holds {
            true => Term::choice(test.condition.clone(), then, other),
            false => Term::choice(test.condition.clone(), other, then),
        };
        for (key, then) in then.0 {
            match self.env.remove(&key) {
                Some(other) if is_same(&then, &other) => _ = self.env.insert(key, other),
                Some(other) => _ = self.env.insert(key, joined(then, other)),
                None => _ = self.env.insert(key, then),
            }
        }
        let mut heap = FxHashMap::default();
        for (key, then) in then.1 {
            if let Some(other) = self.heap.remove(&key).or_else(|| self.as_given(key)) {
                let merged = if is_same(&then, &other) { other } else { joined(then, other) };
                heap.insert(key, merged);
            }
        }
        for (key, other) in std::mem::take(&mut self.heap) {
            if let Some(then) = self.as_given(key) {
                heap.insert(key, joined(then, other));
            }
        }
        self.heap = heap;
    }

    /// Takes in what exit stacks were given on the way on which a test holds; what they have is that of the other. `before` is what
    /// they had where the ways part.
    fn merge_stacks(&mut self, test: &Test, before: &Stacks, then: Stacks) {
        let under = |holds: bool, (callee, given): (Term, Given)| {
            let callee = match holds == test.holds {
                true => Term::choice(test.condition.clone(), callee, Term::Never),
                false => Term::choice(test.condition.clone(), Term::Never, callee),
            };
            (callee, given)
        };
        for (stack, calls) in then {
            let known = before.get(&stack).map_or(0, Vec::len);
            let here = self.stacks.entry(stack).or_default();
            let others: Vec<_> = here.drain(known.min(here.len())..).collect();
            here.extend(calls.into_iter().skip(known).map(|call| under(true, call)));
            here.extend(others.into_iter().map(|call| under(false, call)));
        }
    }

    /// Goes through statements. Says whether control goes on behind them.
    pub(super) fn suite(&mut self, suite: Suite) -> bool {
        self.statements(self.module().list(suite))
    }

    pub(super) fn statements(&mut self, statements: &[StmtId]) -> bool {
        for statement in statements {
            if self.cannot.is_some() || !self.has_budget() {
                return false;
            }
            if !self.statement(*statement) || self.is_stopped() {
                return false;
            }
        }
        true
    }

    fn exit(&mut self, exit: Exit, range: TextRange) -> bool {
        let at = self.site(range);
        self.emit(Step::Exit(exit, at));
        false
    }

    /// Goes through a statement.
    #[expect(clippy::too_many_lines, reason = "an arm for each form")]
    fn statement(&mut self, id: StmtId) -> bool {
        let module = self.module();
        let range = module.statement_span(id);
        match module[id] {
            Stmt::Expr(value) => {
                let term = self.eval(value);
                return !matches!(term, Term::Never);
            }
            Stmt::Assign { targets, value } => {
                let later = self.generator_for_later(module.list(targets), value);
                let term = later.unwrap_or_else(|| self.eval(value));
                if matches!(term, Term::Never) {
                    return false;
                }
                for target in module.list(targets) {
                    self.assign(*target, term.clone());
                    self.note_alias(*target, value);
                }
            }
            Stmt::Declare { target, value } => {
                if let Some(value) = value {
                    let term = self.eval(value);
                    self.assign(target, term);
                    self.note_alias(target, value);
                }
            }
            Stmt::Augment { target, op, value } => {
                let before = self.eval(target);
                let operand = self.eval(value);
                let term = self.operation(op, &before, &operand);
                self.assign(target, term);
            }
            Stmt::Return(value) => {
                let term = value.map_or_else(Term::none, |value| self.eval(value));
                if matches!(term, Term::Never) || self.is_stopped() {
                    return false;
                }
                if !self.run_finally() {
                    return false;
                }
                let path = self.here.path.clone();
                self.here.returns.push((path, term));
                return self.exit(Exit::Return, range);
            }
            Stmt::Raise { exception, .. } => {
                if self.is_on_path() {
                    return self.raise_on_path(exception);
                }
                let raised = exception.map(|exception| self.eval(exception));
                let is_uncaught = raised.as_ref().is_some_and(|raised| self.is_taken_by_none(raised));
                let is_stuck = raised.is_some_and(|raised| self.is_no_failure(&raised));
                let exit = match self.raised() {
                    Exit::Raise if !is_uncaught => Exit::Raise,
                    _ if is_stuck => Exit::Stuck,
                    _ => Exit::Fail,
                };
                return self.exit(exit, range);
            }
            Stmt::Assert { test, .. } => {
                self.test(test);
            }
            Stmt::If(branches) => return self.branches(module.list(branches), range),
            Stmt::While(looped) => return self.while_loop(module[looped], range),
            Stmt::For(looped) => return self.for_loop(module[looped], range),
            Stmt::With(with) => return self.with(module[with], 0),
            Stmt::Try(tried) => return self.tried(module[tried], range),
            Stmt::Match(matched) => return self.matched(matched, range),
            Stmt::Break => return self.exit(Exit::Break, range),
            Stmt::Continue => return self.exit(Exit::Continue, range),
            Stmt::Delete(targets) => module.list(targets).iter().for_each(|target| self.deleted(*target)),
            Stmt::Function(_) | Stmt::Class(_) | Stmt::Import(_) | Stmt::Nothing => {}
        }
        true
    }

    /// How code is left by an exception here.
    pub(super) fn raised(&self) -> Exit {
        if self.guards > 0 { Exit::Raise } else { Exit::Fail }
    }

    fn branches(&mut self, branches: &[Branch], range: TextRange) -> bool {
        let Some((first, rest)) = branches.split_first() else { return true };
        let Some(test) = first.test else { return self.suite(first.body) };
        let range = if rest.is_empty() { range } else { self.module().span(test) };
        match self.test(test) {
            Truth::Always(true) => self.suite(first.body),
            Truth::Always(false) => self.branches(rest, range),
            Truth::When(test) => {
                self.branch(&test, range, |this| this.suite(first.body), |this| this.branches(rest, range))
            }
        }
    }

    /// What is known of a value as the engine sees it in this function.
    pub(super) fn engine(&self, expr: ExprId) -> Values {
        self.evaluator.value(expr, self.place())
    }

    pub(super) fn condition(&self, text: Text) -> Condition {
        Condition::plain(text)
    }
}
