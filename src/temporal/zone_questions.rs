//! Which functions ask about the zone of a time that they are given: what they go on with is of the kind that they want.
//!
//! Knows: questions of the zone (`x.tzinfo`, `is_naive(x)`), the further names of what is asked, also through loops and what is
//! made of it, and functions that are called with it or handed it. Does not know: what the answer to a question decides.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::code::each_within;
use crate::python::{ClassRef, Evaluator, FunctionRef, Place, Value};
use crate::semantic::{BindingKind, Expr, ExprId, List, Module, Name, Pattern, PatternId, Step, VariableId};
use crate::source::{FileId, TextRange};

/// What a question about the zone of a time may be asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    /// What a variable holds.
    Variable(VariableId),
    /// What an attribute of this name holds.
    Field(Name),
}

/// The answers so far, and what they are read from.
#[derive(Default)]
pub(super) struct ZoneQuestions {
    files: RefCell<FxHashMap<FileId, Rc<Questions>>>,
    answers: RefCell<FxHashMap<(FunctionRef, Asked), bool>>,
    of_any: RefCell<FxHashMap<FunctionRef, bool>>,
    of_class: RefCell<FxHashMap<ClassRef, bool>>,
}

/// What the code of one file does with what may be asked, each with where that stands.
#[derive(Default)]
struct Questions {
    /// Variables that are made of it.
    made: FxHashMap<Asked, Vec<(TextRange, VariableId)>>,
    /// Questions about its zone.
    asked: FxHashMap<Asked, Vec<TextRange>>,
    /// Calls that are given it.
    given: FxHashMap<Asked, Vec<(TextRange, ExprId)>>,
}

impl ZoneQuestions {
    /// Whether a function asks about the zone of a time, or one that it calls with that.
    pub(super) fn asks(&self, evaluator: &Evaluator<'_>, function: FunctionRef, asked: Asked) -> bool {
        if let Some(known) = self.answers.borrow().get(&(function, asked)) {
            return *known;
        }
        let module = evaluator.project().module(function.file);
        let place = Place { file: function.file, frame: None };
        let asks_there = |expr: ExprId| {
            let called = evaluator.value(expr, place);
            called.known.iter().any(|called| match evaluator.get(*called) {
                Value::Function(called) => called.function != function && self.asks_of_any(evaluator, called.function),
                Value::Class(class, _) => self.asks_within(evaluator, *class),
                // `map(datetime.utcoffset, times)`.
                Value::Outside(name) => asks_by_name(name.last_part()),
                _ => false,
            })
        };
        let hands_on = |call: ExprId| {
            let Expr::Call { callee, arguments } = module[call] else { return false };
            asks_there(callee) || module.list(arguments).iter().any(|given| asks_there(given.value))
        };
        let found = self.is_asked(evaluator, function, vec![asked], &hands_on);
        self.answers.borrow_mut().insert((function, asked), found);
        found
    }

    /// Whether a function asks about the zone of one of its parameters.
    fn asks_of_any(&self, evaluator: &Evaluator<'_>, function: FunctionRef) -> bool {
        if let Some(known) = self.of_any.borrow().get(&function) {
            return *known;
        }
        let module = evaluator.project().module(function.file);
        let scope = module[function.function].scope;
        let parameters = module.parameters(function.function).iter();
        let variables = parameters.filter_map(|parameter| module.variable(scope, parameter.name));
        let found = self.is_asked(evaluator, function, variables.map(Asked::Variable).collect(), &|_| false);
        self.of_any.borrow_mut().insert(function, found);
        found
    }

    /// Whether methods of a class ask about the zone of some time, or call what does.
    fn asks_within(&self, evaluator: &Evaluator<'_>, class: ClassRef) -> bool {
        if let Some(known) = self.of_class.borrow().get(&class) {
            return *known;
        }
        let module = evaluator.project().module(class.file);
        let questions = self.questions(module, class.file);
        let (range, place) = (module[class.class].range, Place { file: class.file, frame: None });
        let calls_one = |call: ExprId| {
            let Expr::Call { callee, .. } = module[call] else { return false };
            evaluator.value(callee, place).known.iter().any(|called| match evaluator.get(*called) {
                Value::Function(called) => self.asks_of_any(evaluator, called.function),
                _ => false,
            })
        };
        let mut asked = questions.asked.values().flatten();
        let mut given = questions.given.values().flatten().filter(|(at, _)| range.contains_range(*at));
        let found = asked.any(|at| range.contains_range(*at)) || given.any(|(_, call)| calls_one(*call));
        self.of_class.borrow_mut().insert(class, found);
        found
    }

    /// Whether a function asks about the zone of some of these, or of what it makes of them.
    fn is_asked(
        &self,
        evaluator: &Evaluator<'_>,
        function: FunctionRef,
        mut todo: Vec<Asked>,
        hands_on: &dyn Fn(ExprId) -> bool,
    ) -> bool {
        let module = evaluator.project().module(function.file);
        let questions = self.questions(module, function.file);
        let range = module[function.function].range;
        let mut seen: FxHashSet<Asked> = todo.iter().copied().collect();
        while let Some(asked) = todo.pop() {
            let here = |at: &TextRange| range.contains_range(*at);
            if questions.asked.get(&asked).is_some_and(|at| at.iter().any(here)) {
                return true;
            }
            let given = questions.given.get(&asked).map_or(&[][..], Vec::as_slice).iter();
            if given.filter(|(at, _)| here(at)).any(|(_, call)| hands_on(*call)) {
                return true;
            }
            let made = questions.made.get(&asked).map_or(&[][..], Vec::as_slice).iter();
            for (_, variable) in made.filter(|(at, _)| here(at)) {
                let made = Asked::Variable(*variable);
                if seen.insert(made) {
                    todo.push(made);
                }
            }
        }
        false
    }

    fn questions(&self, module: &Module, file: FileId) -> Rc<Questions> {
        if let Some(known) = self.files.borrow().get(&file) {
            return known.clone();
        }
        let found = Rc::new(Questions::of(module));
        self.files.borrow_mut().insert(file, found.clone());
        found
    }
}

impl Questions {
    fn of(module: &Module) -> Self {
        let mut found = Self::default();
        for binding in module.all_bindings() {
            let source = match binding.kind {
                BindingKind::Assign { value, .. } | BindingKind::Augment { value, .. } => value,
                BindingKind::Loop { iterable, .. } => iterable,
                BindingKind::With { manager, .. } => manager,
                BindingKind::Capture { matched, .. } => module[matched].subject,
                _ => continue,
            };
            found.make(module, &[source], binding.variable);
        }
        for expr in module.expression_ids() {
            match module[expr] {
                Expr::Attribute { value, name } if asks_by_name(name.as_str()) => found.ask(module, value),
                Expr::Call { .. } => found.call(module, expr),
                _ => {}
            }
        }
        for matched in module.all_matches() {
            if module.list(matched.cases).iter().any(|case| takes_zone(module, case.pattern)) {
                found.ask(module, matched.subject);
            }
        }
        found
    }

    /// What a call does with what it is given.
    fn call(&mut self, module: &Module, call: ExprId) {
        let Expr::Call { callee, arguments } = module[call] else { return };
        let given: Vec<ExprId> = module.list(arguments).iter().map(|given| given.value).collect();
        let mut asks = false;
        let mut tells = |part: ExprId| match module[part] {
            Expr::Name { name, .. } | Expr::Attribute { name, .. } => asks |= tells_kind(name.as_str()),
            _ => {}
        };
        each_within(module, callee, &mut tells);
        let mut names = |part: ExprId| asks |= matches!(module[part], Expr::Str(name) if names_zone(name.as_str()));
        given.iter().for_each(|given| each_within(module, *given, &mut names));
        if asks {
            given.iter().for_each(|given| self.ask(module, *given));
            return;
        }
        let at = module.span(call);
        for asked in given.iter().flat_map(|given| spoken_of(module, *given)) {
            self.given.entry(asked).or_default().push((at, call));
        }
        // What a function that stands there is called with.
        for function in given.iter().filter_map(|given| match module[*given] {
            Expr::Lambda(function) => Some(function),
            _ => None,
        }) {
            let scope = module[function].scope;
            for parameter in module.parameters(function) {
                if let Some(variable) = module.variable(scope, parameter.name) {
                    self.make(module, &given, variable);
                }
            }
        }
    }

    fn make(&mut self, module: &Module, sources: &[ExprId], variable: VariableId) {
        for source in sources {
            let at = module.span(*source);
            for asked in spoken_of(module, *source) {
                self.made.entry(asked).or_default().push((at, variable));
            }
        }
    }

    fn ask(&mut self, module: &Module, expr: ExprId) {
        let at = module.span(expr);
        for asked in spoken_of(module, expr) {
            self.asked.entry(asked).or_default().push(at);
        }
    }
}

/// `case datetime(tzinfo=None)`.
fn takes_zone(module: &Module, pattern: PatternId) -> bool {
    let any = |patterns: List<PatternId>| module.list(patterns).iter().any(|inner| takes_zone(module, *inner));
    match module[pattern] {
        Pattern::Class { patterns, takes, .. } => {
            let names_it = |step: &Step| matches!(step, Step::Attribute(name) if asks_by_name(name.as_str()));
            module.list(takes).iter().any(names_it) || any(patterns)
        }
        Pattern::Sequence(patterns) | Pattern::Or(patterns) | Pattern::Mapping { patterns, .. } => any(patterns),
        Pattern::As { pattern, .. } => pattern.is_some_and(|inner| takes_zone(module, inner)),
        Pattern::Value(_) | Pattern::Singleton(_) | Pattern::Star => false,
    }
}

/// What an expression speaks of.
fn spoken_of(module: &Module, expr: ExprId) -> Vec<Asked> {
    let mut found = Vec::new();
    each_within(module, expr, &mut |part| match module[part] {
        Expr::Name { name, block, .. } => found.extend(module.variable_read(name, block).map(Asked::Variable)),
        Expr::Attribute { name, .. } => found.push(Asked::Field(name)),
        _ => {}
    });
    found
}

/// `x.tzinfo`, `x.utcoffset()`, `x.is_naive`.
fn asks_by_name(name: &str) -> bool {
    names_zone(name) || tells_kind(name)
}

fn names_zone(name: &str) -> bool {
    matches!(name, "tzinfo" | "utcoffset" | "tzname")
}

/// `is_naive(x)`, `ensure_aware(x)`.
fn tells_kind(name: &str) -> bool {
    name.contains("naive") || name.contains("aware")
}
