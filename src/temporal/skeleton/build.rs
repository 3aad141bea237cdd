//! Code gone through as it would run, for what it does to the history.
//!
//! Knows: statements, in which order they run and under which conditions; variables and the workflow's state, as terms.
//! Does not know: expressions ([`expression`](super::expression)), calls ([`call`](super::call)), or what callables of the
//! SDK do ([`sdk`](super::sdk)).
//!
//! Functions of the project are gone through where they are called, so that it makes no difference into which helpers code
//! is divided. The engine is asked what names, attributes and callees mean.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::lens::Lens;
use super::step::{Condition, Exit, Site, Step, Text, Wait, any_step};
use super::term::{Item, Term, Test, Truth};
use crate::python::{Evaluator, FrameId, FunctionRef, Place, Values};
use crate::semantic::{Branch, Expr, ExprId, Loop, Module, Name, Stmt, StmtId, Suite, Try, VariableId, With};
use crate::source::{FileId, Span, TextRange};
use crate::temporal::Analysis;

/// How many steps a workflow's skeleton has at most.
const MOST_STEPS: usize = 20_000;

/// How many statements and expressions are gone through for a workflow.
const MOST_WORK: usize = 400_000;

/// Goes through the code of one workflow.
pub(super) struct Builder<'a, 'e, 'p> {
    pub(super) analysis: &'a Analysis<'e, 'p>,
    pub(super) evaluator: &'a Evaluator<'p>,
    pub(super) lens: &'a Lens,
    /// Attributes of the workflow's object that handlers use, and so may change whenever the code waits.
    pub(super) shared: FxHashSet<Name>,
    /// The patches that were asked for already.
    pub(super) patches: FxHashSet<String>,
    /// What is put into each attribute, in words.
    pub(super) shapes: FxHashMap<Name, Arc<str>>,
    /// The workflow's object, as the engine knows it.
    pub(super) receiver: Option<crate::python::ValueId>,
    pub(super) env: FxHashMap<(FileId, VariableId), Term>,
    pub(super) heap: FxHashMap<(u32, Name), Term>,
    pub(super) objects: u32,
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
    /// How many handlers of exceptions are around.
    pub(super) guards: u32,
    /// How many loops are gone through a first time, for what changes in them.
    pub(super) tries: u32,
    /// Of what something was taken out.
    pub(super) popped: Vec<Text>,
    pub(super) made: usize,
    pub(super) work: usize,
    pub(super) writes: bool,
    /// Why not all can be told.
    pub(super) cannot: Option<String>,
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
    /// The `finally` suites around, outermost first.
    pub finally: Vec<Suite>,
    /// The body of the `with` statement that this generator is the manager of.
    pub managed: Option<Box<Managed>>,
}

/// A `with` body that a generator hands over to.
#[derive(Debug, Clone)]
pub(super) struct Managed {
    pub around: Here,
    pub body: Suite,
    pub target: Option<ExprId>,
    pub falls: bool,
}

impl Here {
    pub(super) fn new(file: FileId, function: Option<FunctionRef>, frame: Option<FrameId>) -> Self {
        Self { file, function, frame, path: Vec::new(), returns: Vec::new(), finally: Vec::new(), managed: None }
    }
}

/// What changes while code is gone through.
struct Mark {
    state: State,
    counts: FxHashMap<String, u32>,
    draws: Vec<String>,
    patches: FxHashSet<String>,
    made: usize,
    writes: bool,
    out: usize,
    returns: usize,
}

/// What is caught, with what is done then.
type Handler = (Text, Vec<Step>);

/// The variables and the state, as they are on one way.
type State = (FxHashMap<(FileId, VariableId), Term>, FxHashMap<(u32, Name), Term>);

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
        self.made += 1;
        if self.made > MOST_STEPS {
            self.give_up("it has too many steps");
            return;
        }
        if matches!(step, Step::Wait(_) | Step::Unknown { .. }) {
            self.forget_shared();
        }
        self.out.push(step);
    }

    /// Handlers may have changed the state.
    fn forget_shared(&mut self) {
        let shared = &self.shared;
        self.heap.retain(|(object, name), _| *object != 0 || !shared.contains(name));
    }

    pub(super) fn give_up(&mut self, why: &str) {
        self.cannot.get_or_insert_with(|| why.to_owned());
    }

    pub(super) fn has_budget(&mut self) -> bool {
        self.work += 1;
        if self.work > MOST_WORK {
            self.give_up("it leads to too much code");
        }
        self.work <= MOST_WORK
    }

    /// What is done by something, apart from what was done before.
    pub(super) fn captured<R>(&mut self, does: impl FnOnce(&mut Self) -> R) -> (Vec<Step>, R) {
        let before = std::mem::take(&mut self.out);
        let result = does(self);
        (std::mem::replace(&mut self.out, before), result)
    }

    fn state(&self) -> State {
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
        let before = self.state();
        let depth = self.here.path.len();
        self.here.path.push(test.clone());
        let (one, falls) = self.captured(then);
        self.here.path.truncate(depth);
        let after = std::mem::replace(&mut self.env, before.0);
        let after = (after, std::mem::replace(&mut self.heap, before.1));
        if falls {
            self.here.path.push(Test { holds: !test.holds, ..test.clone() });
        }
        let (other, other_falls) = self.captured(orelse);
        self.here.path.truncate(depth);
        match (falls, other_falls) {
            (true, false) => (self.env, self.heap) = after,
            (true, true) => self.merge(test, after),
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
            if let Some(other) = self.heap.remove(&key) {
                let merged = if is_same(&then, &other) { other } else { joined(then, other) };
                heap.insert(key, merged);
            }
        }
        self.heap = heap;
    }

    /// Goes through statements. Says whether control goes on behind them.
    pub(super) fn suite(&mut self, suite: Suite) -> bool {
        let module = self.module();
        for statement in module.list(suite) {
            if self.cannot.is_some() || !self.has_budget() {
                return false;
            }
            if !self.statement(*statement) {
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

    /// Goes through a statement. One arm for each form.
    fn statement(&mut self, id: StmtId) -> bool {
        let module = self.module();
        let range = module.statement_span(id);
        match module[id] {
            Stmt::Expr(value) => {
                let term = self.eval(value);
                return !matches!(term, Term::Never);
            }
            Stmt::Assign { targets, value } => {
                let term = self.eval(value);
                if matches!(term, Term::Never) {
                    return false;
                }
                module.list(targets).iter().for_each(|target| self.assign(*target, term.clone()));
            }
            Stmt::Declare { target, value } => {
                if let Some(value) = value {
                    let term = self.eval(value);
                    self.assign(target, term);
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
                if matches!(term, Term::Never) {
                    return false;
                }
                if !self.run_finally(0) {
                    return false;
                }
                let path = self.here.path.clone();
                self.here.returns.push((path, term));
                return self.exit(Exit::Return, range);
            }
            Stmt::Raise { exception, .. } => {
                if let Some(exception) = exception {
                    self.eval(exception);
                }
                return self.exit(self.raised(), range);
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
            Stmt::Delete(_) | Stmt::Function(_) | Stmt::Class(_) | Stmt::Import(_) | Stmt::Nothing => {}
        }
        true
    }

    /// How code is left by an exception here.
    fn raised(&self) -> Exit {
        if self.guards > 0 { Exit::Raise } else { Exit::Fail }
    }

    /// Runs the `finally` suites from the innermost to that of a depth.
    fn run_finally(&mut self, depth: usize) -> bool {
        let all = self.here.finally.clone();
        for position in (depth..all.len()).rev() {
            self.here.finally.truncate(position);
            let falls = self.suite(all[position]);
            if !falls {
                self.here.finally = all;
                return false;
            }
        }
        self.here.finally = all;
        true
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

    fn tried(&mut self, tried: Try, range: TextRange) -> bool {
        let module = self.module();
        let before = self.state();
        let has_finally = !module.list(tried.finally).is_empty();
        if has_finally {
            self.here.finally.push(tried.finally);
        }
        let depth = self.here.finally.len();
        let guard = self.out.len();
        let has_handlers = !module.list(tried.handlers).is_empty();
        self.guards += u32::from(has_handlers);
        let mut falls = self.suite(tried.body);
        self.guards -= u32::from(has_handlers);
        if falls {
            falls = self.suite(tried.orelse);
        }
        let after = self.state();
        let mut handlers = Vec::new();
        let mut falls_behind = false;
        for handler in module.list(tried.handlers) {
            (self.env, self.heap) = self.between(&before, &after);
            self.forget_shared();
            let kind = handler.kind.map_or_else(|| Text::plain("anything"), |kind| self.text_of_handler(kind));
            let (mut steps, handler_falls) = self.captured(|this| this.suite(handler.body));
            falls_behind |= handler_falls;
            if !handler_falls && steps.is_empty() {
                steps.push(Step::Exit(self.raised(), None));
            }
            handlers.push((kind, steps));
        }
        (self.env, self.heap) = after;
        let mut finally = None;
        if has_finally {
            self.here.finally.truncate(depth - 1);
            let (mut steps, _) = self.captured(|this| this.suite(tried.finally));
            if !steps.is_empty() {
                steps.push(Step::Exit(self.raised(), None));
                finally = Some(steps);
            }
        }
        self.guarded(guard, handlers, finally, range);
        if has_finally && (falls || falls_behind) && !self.suite(tried.finally) {
            return false;
        }
        falls || falls_behind
    }

    /// Says what is done where what was done since `guard` fails, in front of it. What issues nothing, waits for nothing and
    /// raises nothing fails by its data alone: that is a condition, if anything is done then that counts.
    fn guarded(&mut self, guard: usize, handlers: Vec<Handler>, finally: Option<Vec<Step>>, range: TextRange) {
        if guard > self.out.len() {
            return;
        }
        let at = self.site(range);
        let body = self.out.split_off(guard);
        let may_fail = |step: &Step| match step {
            Step::Command(_) | Step::Wait(_) | Step::Unknown { .. } => true,
            Step::Exit(exit, _) => exit.raises(),
            _ => false,
        };
        if any_step(&body, &may_fail) {
            let finally = finally.map(|steps| (Text::plain("finally"), steps));
            let handlers: Vec<Handler> = handlers.into_iter().chain(finally).collect();
            if !handlers.is_empty() {
                self.out.push(Step::Failed { handlers, at });
            }
            self.out.extend(body);
            return;
        }
        let otherwise = |orelse: Vec<Step>, (kind, then): Handler| {
            // One that is raised here says nothing of another of its kind.
            let text = Text { is_shared: true, ..Text::joined(&[&kind], |parts| format!("{} is raised", parts[0])) };
            vec![Step::Branch { condition: self.condition(text), then, orelse, at: at.clone() }]
        };
        let counting = handlers.into_iter().filter(|(_, steps)| decides(steps, false));
        let steps = counting.rev().fold(body, otherwise);
        self.out.extend(steps);
    }

    /// What may be while something between two states fails: what changes is something on the way.
    fn between(&self, before: &State, after: &State) -> State {
        let passed = |before: &Term, after: Option<&Term>| match after {
            Some(after) if !is_same(before, after) => {
                let (from, to) = (self.text(before), self.text(after));
                Term::other(Text::joined(&[&from, &to], |parts| format!("from {} to {}", parts[0], parts[1])))
            }
            _ => before.clone(),
        };
        let variables = before.0.iter().map(|(key, term)| (*key, passed(term, after.0.get(key)))).collect();
        (variables, before.1.iter().map(|(key, term)| (*key, passed(term, after.1.get(key)))).collect())
    }

    fn text_of_handler(&mut self, kind: ExprId) -> Text {
        let module = self.module();
        if let Expr::Tuple(kinds) = module[kind] {
            let texts: Vec<Text> = module.list(kinds).iter().map(|kind| self.text_of_handler(*kind)).collect();
            let parts: Vec<&Text> = texts.iter().collect();
            return Text::joined(&parts, |parts| {
                let mut parts = parts.to_vec();
                parts.sort_unstable();
                parts.join(", ")
            });
        }
        let term = self.eval(kind);
        self.text(&term)
    }

    fn with(&mut self, with: With, position: usize) -> bool {
        let module = self.module();
        let items = module.list(with.items);
        let Some(item) = items.get(position) else { return self.suite(with.body) };
        let range = module.span(item.manager);
        let manager = self.manager(item.manager);
        use super::call::Manager;
        match manager {
            Manager::Timer(steps) => {
                steps.into_iter().for_each(|step| self.emit(step));
                self.with(with, position + 1)
            }
            Manager::Group(group) => {
                if let Some(target) = item.target {
                    let text = Text::plain(&format!("group {group}"));
                    self.assign(target, Term::Many(text, Arc::default()));
                }
                let falls = self.with(with, position + 1);
                let tokens = self.groups.remove(&group).unwrap_or_default();
                if falls && !tokens.is_empty() {
                    let at = self.site(range);
                    self.emit(Step::Wait(Wait { tokens, keeps_failures: false, at }));
                }
                falls
            }
            Manager::Slot(token) => {
                let at = self.site(range);
                self.emit(Step::Wait(Wait { tokens: vec![token], keeps_failures: false, at }));
                self.with(with, position + 1)
            }
            Manager::Suppress(kind) => {
                let guard = self.out.len();
                self.guards += 1;
                self.with(with, position + 1);
                self.guards -= 1;
                self.guarded(guard, vec![(kind, Vec::new())], None, range);
                true
            }
            Manager::Object(object) => {
                let (enter, exit) = match with.is_async {
                    true => ("__aenter__", "__aexit__"),
                    false => ("__enter__", "__exit__"),
                };
                let entered = self.method(&object, enter, range);
                if let Some(target) = item.target {
                    self.assign(target, entered.unwrap_or(object.clone()));
                }
                let falls = self.with(with, position + 1);
                if falls {
                    self.method(&object, exit, range);
                }
                falls
            }
            Manager::Generator(function, outer, receiver, given) if position + 1 == items.len() => {
                self.managed_by(function, outer, receiver, given, (with.body, item.target), range)
            }
            Manager::Generator(..) | Manager::Plain => {
                if let Some(target) = item.target {
                    self.assign(target, Term::other(Text::plain("entered")));
                }
                self.with(with, position + 1)
            }
        }
    }

    fn while_loop(&mut self, looped: Loop, range: TextRange) -> bool {
        let module = self.module();
        if !matches!(module[looped.head], Expr::Bool(true)) && !leaves_loop(module, looped.body) {
            let mark = self.mark();
            match self.counted_loop(looped) {
                Some(falls) => return falls,
                None => self.back_to(mark),
            }
        }
        self.loop_with(looped.body, None, range, &mut |this| match this.test(looped.head) {
            Truth::Always(true) => Some(Text::plain("True")),
            Truth::Always(false) => None,
            Truth::When(test) => Some(test.text()),
        }) && self.suite(looped.orelse)
    }

    /// Goes through a loop as often as it runs, where each of its tests is decided.
    fn counted_loop(&mut self, looped: Loop) -> Option<bool> {
        for _ in 0..=MOST_UNROLLED {
            match self.test(looped.head) {
                Truth::Always(true) if !self.suite(looped.body) => return Some(false),
                Truth::Always(true) => {}
                Truth::Always(false) => return Some(self.suite(looped.orelse)),
                Truth::When(_) => return None,
            }
        }
        None
    }

    /// Where it stands, to come back to if a way of going through code leads nowhere.
    fn mark(&self) -> Mark {
        Mark {
            state: self.state(),
            counts: self.counts.clone(),
            draws: self.draws.clone(),
            patches: self.patches.clone(),
            made: self.made,
            writes: self.writes,
            out: self.out.len(),
            returns: self.here.returns.len(),
        }
    }

    fn back_to(&mut self, mark: Mark) {
        (self.env, self.heap) = mark.state;
        (self.counts, self.draws, self.patches) = (mark.counts, mark.draws, mark.patches);
        (self.made, self.writes) = (mark.made, mark.writes);
        self.out.truncate(mark.out);
        self.here.returns.truncate(mark.returns);
    }

    fn for_loop(&mut self, looped: Loop, range: TextRange) -> bool {
        let module = self.module();
        let iterable = self.eval(looped.head);
        let is_short = |items: &Vec<Item>| items.len() <= MOST_UNROLLED && !leaves_loop(module, looped.body);
        let items = iterable.spread().filter(is_short);
        if let Some(items) = items {
            for item in items.iter() {
                let bind = |this: &mut Self| {
                    if let Some(target) = looped.target {
                        this.assign(target, item.term.clone());
                    }
                    this.suite(looped.body)
                };
                let falls = match &item.when {
                    None => bind(self),
                    Some(test) => self.branch(&test.clone(), range, bind, |_| true),
                };
                if !falls {
                    return false;
                }
            }
            return self.suite(looped.orelse);
        }
        let text = self.text(&iterable);
        let head = super::sdk::head(&iterable, &text);
        let element = self.element(&iterable, &text);
        if let Some(target) = looped.target {
            self.assign(target, element.clone());
        }
        self.loop_with(looped.body, looped.target.map(|target| (target, element)), range, &mut |_| Some(head.clone()))
            && self.suite(looped.orelse)
    }

    /// Goes through a loop's body: once for what changes in it, and once for what it does.
    fn loop_with(
        &mut self,
        body: Suite,
        target: Option<(ExprId, Term)>,
        range: TextRange,
        head: &mut dyn FnMut(&mut Self) -> Option<Text>,
    ) -> bool {
        let module = self.module();
        let named = super::super::code::bound_in(module, body);
        let file = self.here.file;
        let mut variables: Vec<VariableId> = named.variables.clone();
        variables.extend(filled_in(module, body));
        variables.sort_unstable();
        variables.dedup();
        let attributes: Vec<Name> = named.attributes.clone();
        let before = self.state();
        self.widen(file, &variables, &attributes, &before, None);
        if self.tries < 2 {
            self.tries += 1;
            let mark = self.mark();
            self.captured(|this| {
                head(this);
                this.suite(body);
            });
            self.tries -= 1;
            let after = self.state();
            self.back_to(Mark { state: before.clone(), ..mark });
            self.widen(file, &variables, &attributes, &before, Some(&after));
        }
        if let Some((target, element)) = target {
            self.assign(target, element);
        }
        let mut text = None;
        let (mut steps, ()) = self.captured(|this| text = head(this));
        let Some(mut head) = text else { return true };
        let popped = self.popped.len();
        let is_endless = &*head.name == "True" && !leaves_loop(module, body);
        let (mut inner, _) = self.captured(|this| this.suite(body));
        steps.append(&mut inner);
        if self.popped[popped..].contains(&head) {
            head = Text::joined(&[&head], |parts| format!("each of {}", parts[0]));
        }
        let after = self.state();
        (self.env, self.heap) = before.clone();
        self.widen(file, &variables, &attributes, &before, Some(&after));
        if !steps.is_empty() {
            let at = self.site(range);
            self.emit(Step::Loop { head, body: steps, at });
        }
        !is_endless
    }

    /// What a loop changes is, while and after it, what it begins with and what is made of it each time.
    fn widen(
        &mut self,
        file: FileId,
        variables: &[VariableId],
        attributes: &[Name],
        before: &State,
        after: Option<&State>,
    ) {
        let changed = |this: &Self, first: Option<&Term>, next: Option<&Term>| -> Term {
            if let (Some(Term::Items(items)), _) | (_, Some(Term::Items(items))) = (first, next)
                && items.iter().any(|item| !item.term.tokens().is_empty())
            {
                let text = Text::plain("collected");
                let all = items.iter().map(|item| item.term.clone()).collect();
                return Term::Many(text, Arc::new(all));
            }
            if let Some(Term::Many(text, items)) = next {
                return Term::Many(text.clone(), Arc::clone(items));
            }
            if let Some(Term::Items(items)) = first
                && next.is_none()
            {
                let all = items.iter().map(|item| item.term.clone()).collect();
                return Term::Many(Text::plain("collected"), Arc::new(all));
            }
            let text = |term: Option<&Term>| term.map_or_else(|| Text::plain("·"), |term| this.text(term));
            let (first, next) = (text(first), text(next));
            Term::other(Text::joined(&[&first, &next], |parts| format!("loop({}; {})", parts[0], parts[1])))
        };
        for variable in variables {
            let key = (file, *variable);
            let term = changed(self, before.0.get(&key), after.and_then(|after| after.0.get(&key)));
            self.env.insert(key, term);
        }
        let objects: Vec<(u32, Name)> =
            before.1.keys().filter(|(_, name)| attributes.contains(name)).copied().collect();
        for key in objects {
            let term = changed(self, before.1.get(&key), after.and_then(|after| after.1.get(&key)));
            self.heap.insert(key, term);
        }
    }

    /// Gives a target its value.
    pub(super) fn assign(&mut self, target: ExprId, term: Term) {
        let module = self.module();
        match module[target] {
            Expr::Target(binding) => {
                let key = (self.here.file, module[binding].variable);
                self.env.insert(key, term);
            }
            Expr::Name { name, block, .. } => {
                if let Some(variable) = module.variable_read(name, block) {
                    self.env.insert((self.here.file, variable), term);
                }
            }
            Expr::Tuple(targets) | Expr::List(targets) => self.unpack(module.list(targets), &term),
            Expr::Starred(inner) => self.assign(inner, term),
            Expr::Attribute { value, name } => {
                if let Term::Object(object, _) = self.eval(value) {
                    self.writes |= object == 0;
                    self.heap.insert((object, name), term);
                }
            }
            Expr::Subscript { value, index } => {
                let container = self.eval(value);
                self.eval(index);
                let text = self.text(&container);
                if self.is_of_state(value) {
                    self.writes = true;
                }
                self.replace(value, Term::other(Text::joined(&[&text], |parts| format!("changed {}", parts[0]))));
            }
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &[ExprId], term: &Term) {
        let known = match term {
            Term::Items(items) if items.iter().all(|item| item.when.is_none()) && items.len() == targets.len() => {
                Some(items.iter().map(|item| item.term.clone()).collect::<Vec<_>>())
            }
            _ => None,
        };
        let text = self.text(term);
        for (position, target) in targets.iter().enumerate() {
            let part = match &known {
                Some(items) => items[position].clone(),
                None => Term::other(Text::joined(&[&text], |parts| format!("{}[{position}]", parts[0]))),
            };
            self.assign(*target, part);
        }
    }

    /// Whether an expression is an attribute of the workflow's object, or something in it.
    fn is_of_state(&self, expr: ExprId) -> bool {
        let module = self.module();
        match module[expr] {
            Expr::Attribute { value, .. } => match module[value] {
                Expr::Name { name, .. } => name == "self",
                _ => self.is_of_state(value),
            },
            Expr::Subscript { value, .. } => self.is_of_state(value),
            _ => false,
        }
    }

    /// Puts something in the place of what a variable or attribute holds.
    pub(super) fn replace(&mut self, expr: ExprId, term: Term) {
        let module = self.module();
        match module[expr] {
            Expr::Name { .. } => {
                if let Some(variable) = super::super::code::variable_of(module, expr) {
                    self.env.insert((self.here.file, variable), term);
                }
            }
            Expr::Attribute { value, name } => {
                if let Term::Object(object, _) = self.eval(value) {
                    self.writes |= object == 0;
                    self.heap.insert((object, name), term);
                }
            }
            _ => {}
        }
    }

    fn matched(&mut self, matched: crate::semantic::MatchId, range: TextRange) -> bool {
        let module = self.module();
        let subject = self.eval(module[matched].subject);
        self.cases(&subject, module.list(module[matched].cases), range)
    }

    fn cases(&mut self, subject: &Term, cases: &[crate::semantic::Case], range: TextRange) -> bool {
        let Some((case, rest)) = cases.split_first() else { return true };
        let mut truth = self.pattern(case.pattern, subject);
        if let Some(guard) = case.guard {
            truth = truth.and(self.test(guard));
        }
        match truth {
            Truth::Always(true) => self.suite(case.body),
            Truth::Always(false) => self.cases(subject, rest, range),
            Truth::When(test) => {
                self.branch(&test, range, |this| this.suite(case.body), |this| this.cases(subject, rest, range))
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

/// Up to how many items a loop is written out.
const MOST_UNROLLED: usize = 12;

/// Whether two terms are surely the same.
pub(super) fn is_same(one: &Term, other: &Term) -> bool {
    match (one, other) {
        (Term::Known(one), Term::Known(other)) => one == other,
        (Term::Constant(one), Term::Constant(other)) => one == other,
        (Term::Other(one, _), Term::Other(other, _)) => one == other,
        (Term::Object(one, _), Term::Object(other, _)) => one == other,
        (Term::Items(one), Term::Items(other)) => Arc::ptr_eq(one, other),
        (Term::Many(_, one), Term::Many(_, other)) => Arc::ptr_eq(one, other),
        (Term::Table(one), Term::Table(other)) => Arc::ptr_eq(one, other),
        (Term::Choice(one), Term::Choice(other)) => Arc::ptr_eq(one, other),
        (Term::Lazy(one), Term::Lazy(other)) => Arc::ptr_eq(one, other),
        (Term::Started(one), Term::Started(other)) => Arc::ptr_eq(one, other),
        (Term::Function(one, _, None), Term::Function(other, _, None)) => one == other,
        (Term::Function(one, _, Some(first)), Term::Function(other, _, Some(second))) => {
            one == other && is_same(first, second)
        }
        (Term::Never, Term::Never) => true,
        _ => false,
    }
}

/// Whether steps do more to the history than to raise an exception: they issue something, wait, or lead control elsewhere.
fn decides(steps: &[Step], in_loop: bool) -> bool {
    steps.iter().any(|step| match step {
        Step::Command(_) | Step::Wait(_) | Step::Unknown { .. } => true,
        Step::Exit(Exit::Break | Exit::Continue, _) => !in_loop,
        Step::Exit(exit, _) => !exit.raises(),
        Step::Loop { body, .. } => decides(body, true),
        other => {
            let mut found = false;
            other.each_part(&mut |part| found = found || decides(part, in_loop));
            found
        }
    })
}

/// Whether a loop's body has a `break` or `continue` of its own.
fn leaves_loop(module: &Module, body: Suite) -> bool {
    module.list(body).iter().any(|statement| match module[*statement] {
        Stmt::Break | Stmt::Continue => true,
        Stmt::While(_) | Stmt::For(_) | Stmt::Function(_) | Stmt::Class(_) => false,
        _ => {
            let mut found = false;
            module.each_suite(*statement, &mut |inner| found = found || leaves_loop(module, inner));
            found
        }
    })
}

/// The variables whose collections a suite fills.
fn filled_in(module: &Module, body: Suite) -> Vec<VariableId> {
    let calls = super::super::code::expressions(module, body, |expr| matches!(expr, Expr::Call { .. }));
    let collection = |call: ExprId| {
        let Expr::Call { callee, .. } = module[call] else { return None };
        let Expr::Attribute { value, name } = module[callee] else { return None };
        let fills = matches!(name.as_str(), "append" | "add" | "extend" | "insert" | "appendleft" | "update" | "pop");
        fills.then(|| super::super::code::variable_of(module, value)).flatten()
    };
    calls.into_iter().filter_map(|(_, call)| collection(call)).collect()
}
