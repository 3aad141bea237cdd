//! Variables that hold what another variable or an attribute holds: what changes the one changes the other.
//!
//! Knows: names that are given a name or an attribute as it is, parameters too, until either is given another value. Does not know:
//! aliases in collections, and those that a condition chooses.
//!
//! ```python
//! pending = self.pending
//! pending.append(item)            # is self.pending.append(item)
//! fill(rows)                      # what `fill` puts into its parameter is in `rows`
//! ```

use rustc_hash::FxHashMap;

use super::build::Builder;
use super::methods::changes;
use super::step::Text;
use super::term::Term;
use crate::python::{FunctionRef, Value};
use crate::registry::behaviour;
use crate::registry::schema::ValueOf;
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, List, Module, Name, ParameterKind, VariableId};
use crate::source::FileId;

/// By variable, the expression that gave it what it holds.
pub(super) type Aliases = FxHashMap<(FileId, VariableId), (FileId, ExprId)>;

/// How many names lead from one to the next.
const DEEP: usize = 8;

/// What a function's parameter is given: at which place among all arguments, in which variable, and by which expression.
pub(super) struct Handed {
    pub position: usize,
    pub variable: VariableId,
    pub by: ExprId,
}

impl Builder<'_, '_, '_> {
    /// A variable was given what an expression gives, where that is but a name or an attribute.
    pub(super) fn note_alias(&mut self, target: ExprId, value: ExprId) {
        let module = self.module();
        if let Expr::Target(binding) = module[target]
            && root_of(module, value).is_some_and(|root| root != module[binding].variable)
        {
            self.aliases.insert((self.here.file, module[binding].variable), (self.here.file, value));
        }
    }

    /// A variable is given another value: it is no alias any more, and nothing is one of it.
    pub(super) fn drop_alias(&mut self, file: FileId, variable: VariableId) {
        if self.aliases.is_empty() {
            return;
        }
        let module = self.evaluator.project().module(file);
        self.aliases.remove(&(file, variable));
        self.aliases.retain(|_, (of, expr)| *of != file || root_of(module, *expr) != Some(variable));
    }

    /// An attribute is given another value: nothing is an alias of it any more.
    pub(super) fn drop_alias_of(&mut self, attribute: Name) {
        let project = self.evaluator.project();
        self.aliases.retain(|_, (of, expr)| !names(project.module(*of), *expr, attribute));
    }

    /// The variable or attribute whose value a name stands for, as far as it stands in the file at hand.
    pub(super) fn held_as(&self, expr: ExprId) -> ExprId {
        let module = self.module();
        let mut held = expr;
        for _ in 0..DEEP {
            let Expr::Name { .. } = module[held] else { break };
            let variable = super::super::code::variable_of(module, held);
            match variable.and_then(|variable| self.aliases.get(&(self.here.file, variable))) {
                Some((file, of)) if *file == self.here.file && *of != held => held = *of,
                _ => break,
            }
        }
        held
    }

    /// What a variable or attribute holds was changed where it is: so was what its aliases hold.
    pub(super) fn also_in_aliases(&mut self, changed: ExprId, term: &Term) {
        if self.aliases.is_empty() {
            return;
        }
        let (module, file) = (self.module(), self.here.file);
        let is_it = |of: ExprId| match (module[of], module[changed]) {
            (Expr::Name { .. }, Expr::Name { .. }) => root_of(module, of) == root_of(module, changed),
            (Expr::Attribute { name: one, .. }, Expr::Attribute { name: other, .. }) => {
                one == other && root_of(module, of) == root_of(module, changed)
            }
            _ => false,
        };
        let stands = |of: ExprId| is_it(of) || is_it(self.held_as(of));
        let all: Vec<_> =
            self.aliases.iter().filter(|(_, (of, expr))| *of == file && stands(*expr)).map(|(key, _)| *key).collect();
        for key in all {
            if self.env.contains_key(&key) {
                self.env.insert(key, term.clone());
            }
        }
    }

    /// The arguments of a call that a function of the project is given by names or attributes, each with the parameter's variable.
    pub(super) fn handed(&self, function: FunctionRef, is_method: bool, arguments: List<Argument>) -> Vec<Handed> {
        let (here, there) = (self.module(), self.evaluator.project().module(function.file));
        let parameters = there.parameters(function.function);
        let scope = there[function.function].scope;
        let given = here.list(arguments);
        if given.iter().any(|argument| matches!(argument.kind, ArgumentKind::Star | ArgumentKind::DoubleStar)) {
            return Vec::new();
        }
        let is_positional = |argument: &&Argument| argument.kind == ArgumentKind::Positional;
        let positional = given.iter().filter(is_positional);
        let named = given.iter().filter(|argument| !is_positional(argument));
        let handed = |(position, argument): (usize, &Argument)| {
            let parameter = match argument.kind {
                ArgumentKind::Keyword(name) => parameters.iter().find(|parameter| parameter.name == name),
                _ => parameters.get(position + usize::from(is_method)),
            };
            let is_held = matches!(here[argument.value], Expr::Name { .. } | Expr::Attribute { .. });
            // What `*args` takes up is a part of it.
            let takes_one = |kind| !matches!(kind, ParameterKind::Rest | ParameterKind::KeywordRest);
            let parameter = parameter.filter(|parameter| is_held && takes_one(parameter.kind))?;
            // What the function calls by the same name afterwards is another thing.
            let is_kept = there.bindings_of(scope, parameter.name).len() == 1;
            let variable = there.variable(scope, parameter.name).filter(|_| is_kept)?;
            Some(Handed { position, variable, by: argument.value })
        };
        positional.chain(named).enumerate().filter_map(handed).collect()
    }

    /// Parameters that a function is given by names or attributes are aliases of these while it is gone through.
    pub(super) fn hand_over(&mut self, function: FunctionRef, handed: &[Handed]) {
        let here = self.here.file;
        let module = self.module();
        let alias = |handed: &Handed| {
            let is_itself = function.file == here && root_of(module, handed.by) == Some(handed.variable);
            (!is_itself).then_some(((function.file, handed.variable), (here, handed.by)))
        };
        self.handed = Some((function, handed.iter().filter_map(alias).collect()));
    }

    /// A function was handed what it is called with.
    pub(super) fn take_over(&mut self, function: FunctionRef) {
        if let Some((_, aliases)) = self.handed.take_if(|(of, _)| *of == function) {
            self.aliases.extend(aliases);
        }
    }

    /// The method that a variable holds, as it is named where it was taken: `put = rows.append`.
    pub(super) fn method_held(&self, callee: ExprId) -> ExprId {
        let module = self.module();
        let held = self.held_as(callee);
        match module[held] {
            Expr::Attribute { name, .. } if held != callee && changes(name.as_str()) => held,
            _ => callee,
        }
    }

    /// A function of a library was called that changes what it is given first: a variable that holds that holds something else.
    pub(super) fn changed_by_library(&mut self, callee: &Term, arguments: List<Argument>, before: Option<&Term>) {
        let (Term::Known(value), Some(before)) = (callee, before) else { return };
        let Some(name) = self.evaluator.outside_name(*value) else { return };
        let is_changed = match behaviour().changes(name.as_str()) {
            // An iterator that has given one item is still gone through by what reads it.
            Some(ValueOf::Argument(0)) => name != "builtins.next",
            // `list.append(rows, row)`
            Some(ValueOf::Receiver) => matches!(self.evaluator.get(*value), Value::Outside(_)),
            _ => false,
        };
        let module = self.module();
        let Some(first) = module.list(arguments).first().filter(|first| first.kind == ArgumentKind::Positional) else {
            return;
        };
        let held = self.held_as(first.value);
        let is_local = matches!(module[held], Expr::Name { .. });
        if is_changed && is_local && matches!(before, Term::Other(text, _) if !text.is_shared) {
            let text = Text::joined(&[&self.text(before)], |parts| format!("{} and {}", parts[0], name.last_part()));
            self.replace(held, Term::other(text));
        }
    }
}

/// The variable with which a name or an attribute of one begins.
fn root_of(module: &Module, expr: ExprId) -> Option<VariableId> {
    match module[expr] {
        Expr::Name { .. } => super::super::code::variable_of(module, expr),
        Expr::Attribute { value, .. } => root_of(module, value),
        _ => None,
    }
}

/// Whether an expression names an attribute.
fn names(module: &Module, expr: ExprId, attribute: Name) -> bool {
    match module[expr] {
        Expr::Attribute { value, name } => name == attribute || names(module, value, attribute),
        _ => false,
    }
}
