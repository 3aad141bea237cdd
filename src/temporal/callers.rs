//! The calls of a function that sets something up for others: `make(client, [charge, refund])`.
//!
//! Knows: which calls run a function, what each gives its parameters and where that is written, and whether something else may
//! run it as well. Does not know: what the function makes of it.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::definitions::Located;
use crate::python::{Callable, Evaluator, FrameId, FunctionRef, Place, Rest, Value};
use crate::semantic::{Argument, ArgumentKind, BindingId, BindingKind, Expr, ExprId, Module, Name, ParameterKind, Use};
use crate::source::FileId;

/// Through how many functions arguments are followed to those who call.
const HOPS: usize = 3;

/// How many ways to call a function are told apart. More say no more than that anything may be given.
const MOST: usize = 24;

/// A way in which a function is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The function.
    pub function: FunctionRef,
    /// What is known of its parameters; none where the call says nothing of them.
    pub(super) frame: Option<FrameId>,
    /// The call.
    call: ExprId,
    /// Where the call stands, and in which frame it runs.
    place: Place,
    /// Whether the first parameter takes an object.
    is_bound: bool,
    /// How the function around the call is called.
    outer: Option<Rc<Caller>>,
}

/// What a call gives a parameter.
pub(super) enum Passed {
    /// This.
    One(ExprId),
    /// What is left over: each argument, and whether it is spread.
    Rest(Vec<(ExprId, bool)>),
    /// Nothing, so that it has its default.
    Default(ExprId),
}

/// Where code runs, and for whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'c> {
    pub place: Place,
    pub caller: Option<&'c Caller>,
}

impl Spot<'_> {
    /// A file's code, whoever calls it.
    pub(super) fn of(place: Place) -> Self {
        Self { place, caller: None }
    }
}

impl<'c> Spot<'c> {
    /// The same code, or what another file holds.
    pub(super) fn in_file(self, file: FileId) -> Self {
        if file == self.place.file { self } else { Self { place: Place { file, frame: None }, caller: None } }
    }

    /// What the caller gives the parameter that a binding is, and where that is written.
    pub(super) fn passed(self, evaluator: &Evaluator<'_>, binding: BindingId) -> Option<(Passed, Spot<'c>)> {
        let caller = self.caller?;
        let module = evaluator.project().module(self.place.file);
        let BindingKind::Parameter { index } = module[binding].kind else { return None };
        let function = FunctionRef { file: self.place.file, function: module[module[binding].block].function? };
        if function != caller.function {
            return None;
        }
        let there = Spot { place: caller.place, caller: caller.outer.as_deref() };
        match caller.given(evaluator, index as usize)? {
            Passed::Default(default) => Some((Passed::Default(default), self)),
            given => Some((given, there)),
        }
    }
}

impl Caller {
    /// The way in which one call runs a function.
    pub(super) fn at(callable: &Callable, frame: Option<FrameId>, call: ExprId, spot: Spot<'_>) -> Self {
        let (function, is_bound) = (callable.function, callable.receiver.is_some());
        Self { function, frame, call, place: spot.place, is_bound, outer: spot.caller.cloned().map(Rc::new) }
    }

    /// The file in which the call stands.
    #[must_use]
    pub fn file(&self) -> FileId {
        self.place.file
    }

    /// The calls that lead to it, the nearest one first.
    pub(super) fn chain(&self) -> impl Iterator<Item = &Caller> {
        std::iter::successors(Some(self), |caller| caller.outer.as_deref())
    }

    fn given(&self, evaluator: &Evaluator<'_>, index: usize) -> Option<Passed> {
        let caller = evaluator.project().module(self.place.file);
        let Expr::Call { arguments, .. } = caller[self.call] else { return None };
        let arguments = caller.list(arguments);
        let own = evaluator.project().module(self.function.file);
        let parameter = own.parameters(self.function.function).get(index)?;
        match parameter.kind {
            ParameterKind::Rest => {
                let before = index.saturating_sub(usize::from(self.is_bound));
                let is_one = |given: &&Argument| matches!(given.kind, ArgumentKind::Positional | ArgumentKind::Star);
                let left = arguments.iter().filter(is_one).skip(before);
                return Some(Passed::Rest(left.map(|given| (given.value, given.kind == ArgumentKind::Star)).collect()));
            }
            ParameterKind::KeywordRest => return None,
            _ => {}
        }
        for (position, given) in arguments.iter().enumerate() {
            if matches!(given.kind, ArgumentKind::Star | ArgumentKind::DoubleStar) {
                return None;
            }
            if own.parameter_taking(self.function.function, self.is_bound, given.kind, position) == Some(index) {
                return Some(Passed::One(given.value));
            }
        }
        parameter.default.map(Passed::Default)
    }
}

/// The ways in which files call a function, and whether that is all: nothing else is done with it that may end in a call.
pub(super) fn callers(evaluator: &Evaluator<'_>, files: &[FileId], function: FunctionRef) -> (Vec<Rc<Caller>>, bool) {
    let mut finder = Finder { evaluator, files, open: Vec::new() };
    let (found, is_all) = finder.of(function, HOPS);
    (found, is_all && !is_called_otherwise(evaluator.project().module(function.file), function))
}

struct Finder<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    files: &'e [FileId],
    /// The functions whose callers are looked for.
    open: Vec<FunctionRef>,
}

impl Finder<'_, '_> {
    fn of(&mut self, function: FunctionRef, hops: usize) -> (Vec<Rc<Caller>>, bool) {
        let (mut found, mut is_all) = (Vec::new(), true);
        if self.open.contains(&function) {
            return (found, false);
        }
        self.open.push(function);
        let name = self.evaluator.project().module(function.file)[function.function].name;
        for file in self.files.iter().filter(|file| self.evaluator.project().may_name(**file, name)) {
            let module = self.evaluator.project().module(*file);
            let is_named = |expr: &ExprId| matches!(module[*expr], Expr::Name { name: own, .. } | Expr::Attribute { name: own, .. } if own == name);
            for expr in module.expression_ids().filter(is_named) {
                is_all &= self.read(Located { expr, file: *file }, function, hops, &mut found);
            }
            is_all &= !renames(module, name);
        }
        self.open.pop();
        if found.len() > MOST { (Vec::new(), false) } else { (found, is_all) }
    }

    /// Notes a call of the function by a name or attribute that is called as it is; says whether no other call comes of it.
    fn read(&mut self, read: Located, function: FunctionRef, hops: usize, found: &mut Vec<Rc<Caller>>) -> bool {
        let module = self.evaluator.project().module(read.file);
        let values = self.evaluator.value(read.expr, read.place());
        let callable = values.known.iter().find_map(|value| match self.evaluator.get(*value) {
            Value::Function(callable) if callable.function == function => Some(*callable),
            _ => None,
        });
        let own = self.evaluator.project().module(function.file);
        // An object that is not known may have such a method.
        let may_be = values.rest == Rest::Anything && own[function.function].class.is_some();
        let Some(callable) = callable else { return !may_be };
        let Use::Called(call) = module.uses().use_of(read.expr) else { return false };
        if values.only().is_none() || found.len() > MOST {
            return false;
        }
        self.called(call, read, callable, hops, found)
    }

    fn called(
        &mut self,
        call: ExprId,
        read: Located,
        callable: Callable,
        hops: usize,
        found: &mut Vec<Rc<Caller>>,
    ) -> bool {
        let evaluator = self.evaluator;
        let module = evaluator.project().module(read.file);
        let Some(block) = module.block_of_call(call) else { return false };
        let around = module[block].function.map(|function| FunctionRef { file: read.file, function });
        let (outer, is_all) = match around.filter(|_| hops > 1 && self.hands_on(call, read.place())) {
            Some(around) => self.of(around, hops - 1),
            None => (Vec::new(), true),
        };
        let mut ways: Vec<Option<Rc<Caller>>> = outer.into_iter().map(Some).collect();
        if ways.is_empty() {
            ways.push(None);
        }
        for outer in ways {
            let place = Place { frame: outer.as_ref().and_then(|outer| outer.frame), ..read.place() };
            if !evaluator.may_run(block, place) {
                continue;
            }
            let receiver = evaluator.value(read.expr, place).only();
            let callable = match receiver.map(|value| evaluator.get(value)) {
                Some(Value::Function(there)) => *there,
                _ => callable,
            };
            let Some(arguments) = evaluator.arguments_of(call, place) else { return false };
            let frame = evaluator.frame_of_call(&callable, &arguments);
            let (function, is_bound) = (callable.function, callable.receiver.is_some());
            let caller = Rc::new(Caller { function, frame, call, place, is_bound, outer });
            if !found.contains(&caller) {
                found.push(caller);
            }
        }
        is_all
    }

    /// Whether a call is given something of which only those who call the function around it can say what it is.
    fn hands_on(&self, call: ExprId, place: Place) -> bool {
        let module = self.evaluator.project().module(place.file);
        let Expr::Call { callee, arguments } = module[call] else { return false };
        let receiver = match module[callee] {
            Expr::Attribute { value, .. } => Some(value),
            _ => None,
        };
        let given = module.list(arguments).iter().map(|given| given.value).chain(receiver);
        given.into_iter().any(|given| is_of_parameter(module, given))
    }
}

/// Whether an expression reads a parameter, itself or by a name that something made of one is bound to.
pub(super) fn is_of_parameter(module: &Module, expr: ExprId) -> bool {
    reads_parameter(module, expr, &mut FxHashSet::default())
}

fn reads_parameter(module: &Module, expr: ExprId, seen: &mut FxHashSet<BindingId>) -> bool {
    let mut found = false;
    if let Expr::Name { name, block, .. } = module[expr] {
        let bindings = module.variable_read(name, block).map(|variable| &module[variable].bindings);
        for id in bindings.into_iter().flatten() {
            found |= match module[*id].kind {
                BindingKind::Parameter { .. } => true,
                BindingKind::Assign { value, .. } => seen.insert(*id) && reads_parameter(module, value, seen),
                _ => false,
            };
        }
        return found;
    }
    module.each_part(expr, &mut |part| found |= reads_parameter(module, part, seen));
    found
}

/// Whether a function may be called without its name: by what decorates it, or by code of its file that asks for names by text.
fn is_called_otherwise(module: &Module, function: FunctionRef) -> bool {
    let asks_by_text = |expr: &ExprId| {
        let name = match module[*expr] {
            Expr::Name { name, .. } | Expr::Attribute { name, .. } => name,
            _ => return false,
        };
        matches!(name.as_str(), "getattr" | "globals" | "locals" | "vars" | "eval" | "exec" | "modules")
    };
    let decorators = module[function.function].decorators;
    !module.list(decorators).is_empty() || module.expression_ids().any(|expr| asks_by_text(&expr))
}

/// Whether a file gives something of this name another one, so that its calls are not seen by their name.
fn renames(module: &Module, name: Name) -> bool {
    module.all_bindings().iter().any(|binding| match binding.kind {
        BindingKind::ImportFrom { name: original, .. } => original == name && module[binding.variable].name != name,
        _ => false,
    })
}
