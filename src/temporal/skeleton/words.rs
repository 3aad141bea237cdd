//! The names of functions as the server knows them.
//!
//! Knows: names that decorators of the SDK give, and that `functools.wraps` hands a function's name on to what a decorator of
//! the project's own puts in its place. Does not know: what is done with a name.

use super::build::Builder;
use super::call::Given;
use super::step::Text;
use super::term::{Item, Term, unquoted};
use crate::python::{FrameId, FunctionRef, Place, Value};
use crate::semantic::{Argument, ArgumentKind, Expr, Name};
use crate::temporal::signatures::WireName;
use crate::temporal::targets::Target;

/// How many decorators are seen through.
const MOST_WRAPPERS: usize = 8;

/// How what makes an activity under a name reads.
pub(super) const MAKES_ACTIVITY: &str = "activity under the name ";

impl Builder<'_, '_, '_> {
    /// The name by which the server knows what a function is, else the function's own; nothing where a decorator of the
    /// project's gives a name that cannot be told.
    pub(super) fn word_of_function(&mut self, function: FunctionRef, outer: Option<FrameId>) -> Option<String> {
        let wire = self.given_name(function);
        match wire {
            Some(WireName::Known(name)) if name != self.own_name(function) => Some(name.as_str().to_owned()),
            Some(WireName::Unknown | WireName::Dynamic) => self.name_by_decorators(function),
            _ => Some(self.name_of_function(function, outer).as_str().to_owned()),
        }
    }

    /// What `__name__` of a function is, or the name that is given to what it took its name from.
    pub(super) fn name_of_function(&self, function: FunctionRef, outer: Option<FrameId>) -> Name {
        let (mut function, mut outer) = (function, outer);
        for _ in 0..MOST_WRAPPERS {
            let own = self.own_name(function);
            if let Some(WireName::Known(name)) = self.given_name(function)
                && name != own
            {
                return name;
            }
            match self.wrapped(function, outer) {
                Some(inner) => (function, outer) = inner,
                None => break,
            }
        }
        self.own_name(function)
    }

    /// The name that a function's decorators give it, gone through as they run.
    fn name_by_decorators(&mut self, function: FunctionRef) -> Option<String> {
        let module = self.evaluator.project().module(function.file);
        let place = Place { file: function.file, frame: None };
        let before = self.registered.take();
        let mut term = Term::Function(function, None, None);
        for decorator in module.list(module[function.function].decorators).iter().rev() {
            let range = module.span(*decorator);
            let given = Given { positional: vec![Item::always(term.clone())], ..Given::default() };
            let made = self.apart(place, |this| {
                let callee = this.eval(*decorator);
                this.call_term(&callee, None, given, range)
            });
            let Some(made) = made else { break };
            term = made;
        }
        let name = std::mem::replace(&mut self.registered, before);
        match name? {
            Term::Constant(name) => Some(unquoted(&name).to_owned()),
            _ => None,
        }
    }

    /// `activity.defn(…)`: an activity, or what makes one of what it is given.
    pub(super) fn activity_defined(&mut self, given: &Given) -> Term {
        if let Some(activity) = given.get(0, "fn") {
            return self.registers(&activity, None);
        }
        let name = given.named("name").unwrap_or_else(Term::none);
        Term::other(Text::joined(&[&self.text(&name)], |parts| format!("{MAKES_ACTIVITY}{}", parts[0])))
    }

    /// Takes something for an activity under a name, or under its own.
    pub(super) fn registers(&mut self, activity: &Term, name: Option<&str>) -> Term {
        let own = match activity {
            Term::Function(function, outer, _) => Some(self.name_of_function(*function, *outer)),
            _ => None,
        };
        self.registered = match (name.filter(|name| *name != "None"), own) {
            (Some(name), _) => Some(match name.starts_with('\'') {
                true => Term::constant(name),
                false => Term::other(Text::plain(name)),
            }),
            (None, Some(own)) => Some(Term::constant(&super::expression::quoted(own.as_str()))),
            (None, None) => None,
        };
        activity.clone()
    }

    fn own_name(&self, function: FunctionRef) -> Name {
        self.evaluator.project().module(function.file)[function.function].name
    }

    /// The name that a decorator gives it.
    fn given_name(&self, function: FunctionRef) -> Option<WireName> {
        let definitions = &self.analysis.definitions;
        match self.analysis.target_function(function) {
            Target::Activity(activity) => self.analysis.wire_of_activity(&definitions.activities[activity]),
            Target::Handler { workflow: Some(workflow), role: crate::temporal::Role::Run, .. } => {
                let name = self.analysis.wire_of_workflow(&definitions.workflows[workflow]);
                matches!(name, WireName::Known(_)).then_some(name)
            }
            _ => None,
        }
    }

    /// What a function takes its name from: `@functools.wraps(…)` stands at it.
    fn wrapped(&self, function: FunctionRef, outer: Option<FrameId>) -> Option<(FunctionRef, Option<FrameId>)> {
        let module = self.evaluator.project().module(function.file);
        let place = Place { file: function.file, frame: outer };
        module.list(module[function.function].decorators).iter().find_map(|decorator| {
            let Expr::Call { callee, arguments } = module[*decorator] else { return None };
            let callee = self.evaluator.value(callee, place).only()?;
            self.evaluator.outside_name(callee).filter(|name| *name == "functools.wraps")?;
            let first: &Argument = module.list(arguments).first()?;
            let value = (first.kind == ArgumentKind::Positional).then(|| self.evaluator.value(first.value, place))?;
            match self.evaluator.get(value.only()?) {
                Value::Function(callable) => Some((callable.function, callable.outer)),
                _ => None,
            }
        })
    }
}
