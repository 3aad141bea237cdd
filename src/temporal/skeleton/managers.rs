//! Context managers: timeouts, task groups, locks, and those of the project; and loops over the project's generators.
//!
//! Knows: what is entered, and what a generator does around the body that it hands over to. Does not know: what a body does.

use std::sync::Arc;

use super::super::code::expressions;
use super::build::{Builder, Managed};
use super::call::Given;
use super::failing::STACK;
use super::leaving::{is_left_by, left_so};
use super::loops::returns;
use super::normal::inlined;
use super::run::DEEP;
use super::step::{CommandKind, Exit, Step, Text};
use super::term::Term;
use crate::python::{FrameId, FunctionRef, Place, Value, ValueId, Values};
use crate::semantic::{Argument, Body, Expr, ExprId, List, Loop, Name, Suite};
use crate::source::TextRange;

/// What a context manager is.
pub(super) enum Manager {
    /// A timer runs beside the body.
    Timer(Vec<Step>),
    /// A task group.
    Group(u32),
    /// What is called once it is left, the last first.
    Stack(u32),
    /// Something that only so many enter at a time.
    Slot(Arc<str>),
    /// Exceptions are swallowed.
    Suppress(Text),
    /// An object of the project.
    Object(Term),
    /// A generator of the project.
    Generator(FunctionRef, Option<FrameId>, Option<Term>, Given),
    /// Nothing that matters.
    Plain,
    /// Something of which it is not known what it does with exceptions.
    Unknown,
}

/// The classes of which only so many enter an object at a time.
const LIMITING: [&str; 3] = ["Lock", "Semaphore", "BoundedSemaphore"];

impl Builder<'_, '_, '_> {
    /// What a context manager is.
    pub(super) fn manager(&mut self, expr: ExprId) -> Manager {
        let module = self.module();
        let range = module.span(expr);
        if let Expr::Call { callee, arguments } = module[expr]
            && let Some(manager) = self.manager_called(callee, arguments, range)
        {
            return manager;
        }
        let term = self.eval(expr);
        match &term {
            Term::Many(text, _) if text.name.starts_with(STACK) => {
                if let Ok(stack) = text.name[STACK.len()..].parse() {
                    return Manager::Stack(stack);
                }
            }
            Term::Other(text, _) if text.name.starts_with("slot ") => return Manager::Slot(Arc::clone(&text.name)),
            Term::Object(..) => return Manager::Object(term),
            Term::Known(value) if matches!(self.evaluator.get(*value), Value::Instance(_)) => {
                return Manager::Object(term);
            }
            _ => {}
        }
        let class = self.engine(expr).single().map(|value| self.evaluator.get(value).clone());
        match class {
            Some(Value::OutsideInstance { class, .. })
                if LIMITING.contains(&class.last_part()) || class.last_part() == "Condition" =>
            {
                Manager::Slot("slot ?".into())
            }
            _ => Manager::Unknown,
        }
    }

    /// The context manager that a call gives, where that is told by what is called.
    fn manager_called(&mut self, callee: ExprId, arguments: List<Argument>, range: TextRange) -> Option<Manager> {
        let values = self.engine(callee);
        let name = values.single().and_then(|value| self.evaluator.outside_name(value));
        match name.map(|name| name.as_str()) {
            Some("asyncio.timeout" | "asyncio.timeout_at" | "asyncio.timeouts.timeout" | "async_timeout.timeout") => {
                let given = self.given(arguments);
                let is_none = matches!(given.get(0, "delay"), Some(Term::Constant(text)) if &*text == "None");
                if is_none || given.positional.is_empty() && given.named.is_empty() {
                    return Some(Manager::Plain);
                }
                let timer = self.command(CommandKind::Timer, Text::plain(""), None, range);
                return Some(Manager::Timer(vec![Step::Command(timer)]));
            }
            Some("asyncio.TaskGroup" | "asyncio.taskgroups.TaskGroup") => {
                self.objects += 1;
                self.groups.insert(self.objects, Vec::new());
                return Some(Manager::Group(self.objects));
            }
            Some("contextlib.suppress") => {
                let given = self.given(arguments);
                let texts: Vec<Text> = given.terms().map(|term| self.text(term)).collect();
                return Some(Manager::Suppress(super::failing::any_of(&texts)));
            }
            Some(name) if name.starts_with("temporalio.workflow.") => return Some(Manager::Plain),
            _ => {}
        }
        let callee = match self.module()[callee] {
            Expr::Attribute { value, name } => {
                let base = self.eval(value);
                self.attribute(&base, name, callee)
            }
            _ => self.eval(callee),
        };
        let Term::Function(function, outer, receiver) = callee else { return None };
        if !self.evaluator.project().module(function.file)[function.function].is_generator {
            return None;
        }
        let given = self.given(arguments);
        Some(Manager::Generator(function, outer, receiver.as_deref().cloned(), given))
    }

    /// The lock or semaphore that an attribute of the workflow's object holds: where but one place puts one there, with as many
    /// places as it is made with.
    pub(super) fn slot_of(&mut self, attribute: Name, values: &Values) -> Option<Term> {
        let is_slot = |value: ValueId| match self.evaluator.get(value) {
            Value::OutsideInstance { class, .. } => LIMITING.contains(&class.last_part()),
            _ => false,
        };
        values.single().filter(|value| is_slot(*value))?;
        let project = self.evaluator.project();
        let mut made = project.built().into_iter().flat_map(|file| {
            let stores = project.module(file).attribute_stores(attribute);
            stores.filter_map(move |store| store.value.map(|value| (file, value)))
        });
        let (Some((file, value)), None) = (made.next(), made.next()) else { return None };
        let place = Place { file, frame: None };
        let term = self.apart(place, |this| this.eval(value))?;
        matches!(&term, Term::Other(text, _) if text.name.starts_with("slot ")).then_some(term)
    }

    /// Goes through a generator that manages a `with` statement: what stands before its `yield`, the body, what stands behind.
    pub(super) fn managed_by(
        &mut self,
        function: FunctionRef,
        outer: Option<FrameId>,
        receiver: Option<Term>,
        given: Given,
        (body, target, is_loop): (Suite, Option<ExprId>, bool),
        range: TextRange,
    ) -> bool {
        let module = self.evaluator.project().module(function.file);
        if self.running.contains(&function) || self.running.len() >= DEEP {
            return self.suite(body);
        }
        let frame = self.bind(function, outer, receiver, given);
        let around = self.enter(function, frame, range);
        self.here.managed =
            Some(Box::new(Managed { around, body, target, is_loop, falls: true, exit: None, items: None }));
        if let Body::Statements(suite) = module[function.function].body {
            self.suite(suite);
        }
        match self.here.managed.take() {
            Some(managed) => {
                self.leave(managed.around);
                self.out.extend(managed.exit);
                managed.falls && !self.is_stopped()
            }
            None => true,
        }
    }

    /// Whether a loop goes through what a generator of the project gives, and no function is left in its midst.
    pub(super) fn is_generated(&self, looped: Loop) -> bool {
        if returns(self.module(), looped.body) {
            return false;
        }
        let Some(generator) = self.generator(looped).filter(|generator| !self.running.contains(generator)) else {
            return false;
        };
        let module = self.evaluator.project().module(generator.file);
        match module[generator.function].body {
            // What another one gives in between has no body around it here.
            Body::Statements(suite) => expressions(module, suite, |expr| matches!(expr, Expr::YieldFrom(_))).is_empty(),
            Body::Expression(_) => true,
        }
    }

    /// Goes through a generator, and through a loop's body where it gives something.
    pub(super) fn generated_loop(&mut self, looped: Loop, range: TextRange) -> bool {
        let module = self.module();
        let Expr::Call { callee, arguments } = module[looped.head] else { return true };
        let generator = match module[callee] {
            Expr::Attribute { value, name } => {
                let base = self.eval(value);
                self.attribute(&base, name, callee)
            }
            _ => self.eval(callee),
        };
        let given = self.given(arguments);
        if let Term::Function(function, outer, receiver) = generator {
            let receiver = receiver.as_deref().cloned();
            let managed = (looped.body, looped.target, true);
            let (steps, _) = self.captured(|this| this.managed_by(function, outer, receiver, given, managed, range));
            inlined(steps).into_iter().for_each(|step| self.repeat(step));
        }
        true
    }

    /// Goes through the body of a loop over what a generator gives: what goes on with the next round goes on behind the `yield`, and
    /// what leaves the loop leaves the generator.
    fn round(&mut self, body: Suite) -> bool {
        let (steps, falls) = self.captured(|this| this.suite(body));
        let goes_on = is_left_by(&steps, Exit::Continue);
        let steps = inlined(left_so(steps, Exit::Continue, Exit::Return));
        left_so(steps, Exit::Break, Exit::Return).into_iter().for_each(|step| self.repeat(step));
        falls || goes_on
    }

    /// A generator hands over to the body of the `with` statement that it manages.
    pub(super) fn yielded(&mut self, term: Term) {
        let Some(mut managed) = self.here.managed.take() else { return };
        if let Some(items) = &mut managed.items {
            self.gives(items, term);
            self.here.managed = Some(managed);
            return;
        }
        let around = managed.around.clone();
        let inner = std::mem::replace(&mut self.here, around);
        let way = self.way.pop();
        if let Some(target) = managed.target {
            self.assign(target, term);
        }
        managed.falls = match managed.is_loop {
            true => self.round(managed.body),
            false => self.suite(managed.body),
        };
        if self.is_on_path() && !self.is_stopped() {
            managed.exit = self.pending_exit(managed.falls);
        }
        self.way.extend(way);
        managed.around = std::mem::replace(&mut self.here, inner);
        self.here.managed = Some(managed);
    }
}
