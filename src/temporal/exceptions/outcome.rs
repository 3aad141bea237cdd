//! How a handler can end, given what it caught.
//!
//! Knows: `raise` again, tests that ask what was caught, also through helpers and names. Does not know: which exceptions
//! come to a handler, or what happens behind it.

use super::classes::{CANCELLED, Kinds, SDK_CANCELLED};
use super::code::{answer_of_logical, each_statement, each_within, variable_of};
use crate::python::{Evaluator, Place, Truth, Value, ValueId};
use crate::semantic::{
    BindingKind, Body, BoolOp, CmpOp, Condition, Expr, ExprId, Handler, Module, Name, Stmt, StmtId, Suite, UnaryOp,
    VariableId,
};

/// Through how many helpers and names a test is followed.
const ASKED_DEEP: usize = 4;

/// What a handler holds.
#[derive(Debug, Clone)]
pub(super) enum Held {
    /// A cancellation, in one of these forms.
    Cancellation(Vec<&'static str>),
    /// An exception of a class.
    Exception(ValueId),
}

/// How a suite can end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// At its end.
    pub falls: bool,
    /// By `return`, `break` or `continue`.
    pub leaves: bool,
    /// By raising again what was caught.
    pub raises_again: bool,
    /// By raising something else.
    pub raises: bool,
    /// By `return`, `break` or `continue` where it is a cancellation and something else holds as well.
    chooses: bool,
    /// By a `return` of something true, or of something false.
    gives: [bool; 2],
}

impl Outcome {
    const FALLS: Self =
        Self { falls: true, leaves: false, raises_again: false, raises: false, chooses: false, gives: [false, false] };

    /// Whether control may go on as if nothing had been raised. Who tells some cancellations apart, and raises the others
    /// again, has thought of that.
    pub(super) fn goes_on(self) -> bool {
        self.falls || self.leaves || self.chooses && !self.raises_again
    }

    /// The same under a test that tells some cancellations apart.
    fn by_choice(self) -> Self {
        Self { leaves: false, chooses: self.chooses || self.leaves, ..self }
    }

    fn ends_in_raise(self) -> bool {
        self.raises || self.raises_again
    }

    fn or(self, other: Self) -> Self {
        Self {
            falls: self.falls || other.falls,
            leaves: self.leaves || other.leaves,
            raises_again: self.raises_again || other.raises_again,
            raises: self.raises || other.raises,
            chooses: self.chooses || other.chooses,
            gives: [self.gives[0] || other.gives[0], self.gives[1] || other.gives[1]],
        }
    }

    /// This, and where it falls through, what follows.
    fn then(self, next: Self) -> Self {
        if self.falls { Self { falls: false, ..self }.or(next) } else { self }
    }
}

/// How a handler can end. Where it asks what was caught in a way that cannot be followed, the branch that raises is taken
/// for the one of a cancellation.
pub(super) fn outcome_of(evaluator: &Evaluator<'_>, handler: &Handler, held: &Held, place: Place) -> Outcome {
    asker(evaluator, handler, held, place, true).suite(handler.body)
}

/// How a handler can end, where nothing is taken for likely that cannot be followed.
pub(super) fn any_outcome_of(evaluator: &Evaluator<'_>, handler: &Handler, held: &Held, place: Place) -> Outcome {
    asker(evaluator, handler, held, place, false).suite(handler.body)
}

fn asker<'a, 'p>(
    evaluator: &'a Evaluator<'p>,
    handler: &Handler,
    held: &'a Held,
    place: Place,
    guesses: bool,
) -> Asker<'a, 'p> {
    let module = evaluator.project().module(place.file);
    let bound = handler.binding.map(|binding| module[binding].variable);
    Asker { evaluator, module, place, held, bound, cause: None, is_inner: false, guesses, depth: ASKED_DEEP }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// What was caught.
    Itself,
    /// What it was caused by.
    Cause,
}

/// Goes through code that holds an exception.
#[derive(Clone, Copy)]
struct Asker<'a, 'p> {
    evaluator: &'a Evaluator<'p>,
    module: &'p Module,
    place: Place,
    held: &'a Held,
    /// The variable that holds it.
    bound: Option<VariableId>,
    /// A variable that holds its cause.
    cause: Option<VariableId>,
    /// A handler inside holds another one.
    is_inner: bool,
    /// Whether a branch that raises is taken for the one of a cancellation, where the test cannot be followed.
    guesses: bool,
    depth: usize,
}

impl<'p> Asker<'_, 'p> {
    fn suite(&self, suite: Suite) -> Outcome {
        self.module.list(suite).iter().rev().fold(Outcome::FALLS, |next, statement| {
            let outcome = self.statement(self.module[*statement]);
            if !outcome.falls {
                return outcome;
            }
            // `if asked(error): return …`, and `raise` behind it, is the same as with `else: raise`.
            if next.ends_in_raise() && !next.goes_on() && self.leaves_undecided(*statement) {
                return self.decided(next, true);
            }
            outcome.then(next)
        })
    }

    /// Whether a statement asks for words of what was caught, none of which says that it is a cancellation, and goes no further
    /// where they are found.
    fn leaves_undecided(&self, statement: StmtId) -> bool {
        let Stmt::If(branches) = self.module[statement] else { return false };
        let is_undecided = |test: ExprId| self.asks_for_words(test) && self.truth(test).is_none();
        let branches = self.module.list(branches);
        self.guesses
            && matches!(self.held, Held::Cancellation(_))
            && branches.iter().all(|branch| branch.test.is_some_and(is_undecided) && !self.suite(branch.body).falls)
    }

    fn statement(&self, statement: Stmt) -> Outcome {
        let module = self.module;
        match statement {
            Stmt::Raise { exception, .. } => {
                let again = match exception {
                    None => !self.is_inner,
                    Some(exception) => self.subject(exception, ASKED_DEEP) == Some(Subject::Itself),
                };
                Outcome { raises_again: again, raises: !again, ..Outcome::default() }
            }
            Stmt::Return(value) => {
                let gives = match value.map_or(Some(false), |value| self.truth(value)) {
                    Some(truth) => [!truth, truth],
                    None => [true, true],
                };
                let called = value.map_or(Outcome::FALLS, |value| self.evaluated(value));
                if called.falls { called.then(Outcome { leaves: true, gives, ..Outcome::default() }) } else { called }
            }
            Stmt::Break | Stmt::Continue => Outcome { leaves: true, ..Outcome::default() },
            Stmt::Expr(value) | Stmt::Assign { value, .. } => self.evaluated(value),
            Stmt::If(branches) => self.branches(module.list(branches).iter().map(|branch| (branch.test, branch.body))),
            Stmt::While(looped) | Stmt::For(looped) => {
                let body = self.suite(module[looped].body);
                let asks = matches!(statement, Stmt::While(_)) && self.asks(module[looped].head);
                // A loop that looks for a cause raises on the way.
                if (asks || self.is_derived(module[looped].head)) && body.ends_in_raise() {
                    return Outcome { falls: false, leaves: false, ..body };
                }
                body.or(Outcome::FALLS).then(self.suite(module[looped].orelse))
            }
            Stmt::With(with) => self.suite(module[with].body),
            Stmt::Try(tried) => {
                let tried = module[tried];
                let inner = Self { is_inner: true, ..*self };
                let handlers = module.list(tried.handlers).iter().map(|handler| inner.suite(handler.body));
                let body = self.suite(tried.body).then(self.suite(tried.orelse));
                let either =
                    if body.ends_in_raise() && !body.goes_on() { body } else { handlers.fold(body, Outcome::or) };
                let finally = self.suite(tried.finally);
                if finally.falls { either } else { finally }
            }
            Stmt::Match(matched) => self.cases(matched),
            _ => Outcome::FALLS,
        }
    }

    /// What the calls do that an expression always makes.
    fn evaluated(&self, value: ExprId) -> Outcome {
        match self.module[value] {
            Expr::BoolOp { .. } | Expr::Conditional { .. } | Expr::Comprehension(_) | Expr::Lambda(_) => {
                return Outcome::FALLS;
            }
            _ => {}
        }
        let mut parts: Vec<ExprId> = Vec::new();
        self.module.each_part(value, &mut |part| parts.push(part));
        let of_parts = parts.into_iter().fold(Outcome::FALLS, |before, part| match before.falls {
            true => before.then(self.evaluated(part)),
            false => before,
        });
        let is_call = matches!(self.module[value], Expr::Call { .. });
        if is_call && of_parts.falls { of_parts.then(self.called(value)) } else { of_parts }
    }

    fn called(&self, call: ExprId) -> Outcome {
        let comes_back =
            self.evaluator.likelihood(Condition::Returns(call), self.place) != crate::python::Likelihood::No;
        if !comes_back {
            return Outcome { raises: true, ..Outcome::default() };
        }
        match self.inside(call) {
            // However the function is left, what follows the call runs.
            Some((inner, body)) => {
                let inside = inner.suite(body);
                Outcome { falls: inside.goes_on(), leaves: false, chooses: false, gives: [false, false], ..inside }
            }
            None => Outcome::FALLS,
        }
    }

    /// What a call of a function of the project runs that is given what was caught.
    fn inside(&self, call: ExprId) -> Option<(Self, Suite)> {
        let module = self.module;
        let Expr::Call { callee, arguments } = module[call] else { return None };
        let given = module.list(arguments);
        let callee = self.evaluator.value(callee, self.place).single()?;
        let Value::Function(callable) = self.evaluator.get(callee) else { return None };
        let depth = self.depth.checked_sub(1)?;
        let (function, is_bound) = (callable.function, callable.receiver.is_some());
        let inner = self.evaluator.project().module(function.file);
        let Body::Statements(body) = inner[function.function].body else { return None };
        let position = given.iter().position(|given| self.subject(given.value, ASKED_DEEP).is_some())?;
        let subject = self.subject(given[position].value, ASKED_DEEP)?;
        let index = inner.parameter_taking(function.function, is_bound, given[position].kind, position)?;
        let parameter = &inner.parameters(function.function)[index];
        let variable = inner.variable(inner[function.function].scope, parameter.name);
        let (bound, cause) = match subject {
            Subject::Itself => (variable, None),
            Subject::Cause => (None, variable),
        };
        let place = Place { file: function.file, frame: None };
        Some((Asker { module: inner, place, bound, cause, is_inner: true, depth, ..*self }, body))
    }

    /// `"timed out" in str(error)`.
    fn asks_for_words(&self, test: ExprId) -> bool {
        let Expr::Compare { left, rest } = self.module[test] else { return false };
        let (Expr::Str(words), [with]) = (self.module[left], self.module.list(rest)) else { return false };
        with.op == CmpOp::In && self.is_derived(with.right) && !words.as_str().to_lowercase().contains("cancel")
    }

    fn branches(&self, branches: impl Iterator<Item = (Option<ExprId>, Suite)>) -> Outcome {
        let mut found = Outcome::default();
        let mut asks = false;
        let mut exhausted = false;
        for (test, body) in branches {
            let truth = test.map_or(Some(true), |test| self.truth(test));
            asks |= truth.is_none() && test.is_some_and(|test| self.asks(test));
            if truth == Some(false) {
                continue;
            }
            let is_chosen = truth.is_none() && test.is_some_and(|test| self.tells_apart(test));
            let outcome = self.suite(body);
            found = found.or(if is_chosen { outcome.by_choice() } else { outcome });
            if truth == Some(true) {
                exhausted = true;
                break;
            }
        }
        if !exhausted {
            found = found.or(Outcome::FALLS);
        }
        self.decided(found, asks)
    }

    /// Whether a test asks whether it is a cancellation, and something else as well.
    fn tells_apart(&self, test: ExprId) -> bool {
        let Expr::BoolOp { op: BoolOp::And, operands } = self.module[test] else { return false };
        let is_asked = |operand: &ExprId| self.asks(*operand) && self.truth(*operand) == Some(true);
        self.guesses && matches!(self.held, Held::Cancellation(_)) && self.module.list(operands).iter().any(is_asked)
    }

    fn cases(&self, matched: crate::semantic::MatchId) -> Outcome {
        let matched = self.module[matched];
        let cases = self.module.list(matched.cases).iter().map(|case| self.suite(case.body));
        let found = cases.fold(Outcome::FALLS, Outcome::or);
        self.decided(found, self.asks(matched.subject))
    }

    /// Of code that asks what was caught in a way that cannot be followed, the branch that raises is for cancellation.
    fn decided(&self, found: Outcome, asks: bool) -> Outcome {
        if self.guesses && asks && found.ends_in_raise() && matches!(self.held, Held::Cancellation(_)) {
            return Outcome { falls: false, leaves: false, ..found };
        }
        found
    }

    // ---- tests

    /// Whether a test holds for what was caught.
    fn truth(&self, test: ExprId) -> Option<bool> {
        let module = self.module;
        match module[test] {
            Expr::Unary { op: UnaryOp::Not, operand } => self.truth(operand).map(|truth| !truth),
            Expr::BoolOp { op, operands } => {
                answer_of_logical(op, module.list(operands).iter().map(|operand| self.truth(*operand)))
            }
            Expr::Named { value, .. } => self.truth(value),
            Expr::Compare { .. } => self.comparison_truth(test).or_else(|| self.known(test)),
            Expr::Conditional { .. } => match self.chosen(test) {
                Some(chosen) => self.truth(chosen),
                None => self.known(test),
            },
            Expr::Call { .. } => self.call_truth(test).or_else(|| self.known(test)),
            Expr::Name { .. } if self.depth > 0 => match self.single_value(test) {
                Some(value) => Self { depth: self.depth - 1, ..*self }.truth(value),
                None => self.known(test),
            },
            _ => self.known(test),
        }
    }

    /// The outcome of a conditional expression, where its test is decided by what was caught.
    fn chosen(&self, conditional: ExprId) -> Option<ExprId> {
        let Expr::Conditional { test, body, orelse } = self.module[conditional] else { return None };
        self.truth(test).map(|truth| if truth { body } else { orelse })
    }

    /// What an expression comes to, through names that are bound once and choices that what was caught decides.
    fn comes_to(&self, expr: ExprId) -> ExprId {
        let Some(depth) = self.depth.checked_sub(1) else { return expr };
        let next = match self.module[expr] {
            Expr::Name { .. } => self.single_value(expr),
            Expr::Conditional { .. } => self.chosen(expr),
            Expr::Named { value, .. } => Some(value),
            _ => None,
        };
        next.map_or(expr, |next| Self { depth, ..*self }.comes_to(next))
    }

    /// Whether a comparison with something that is written down holds.
    fn comparison_truth(&self, comparison: ExprId) -> Option<bool> {
        let module = self.module;
        let Expr::Compare { left, rest } = module[comparison] else { return None };
        let [with] = module.list(rest) else { return None };
        let (left, right) = (self.comes_to(left), self.comes_to(with.right));
        match with.op {
            CmpOp::Is | CmpOp::Eq => is_same(module, left, right),
            CmpOp::IsNot | CmpOp::NotEq => is_same(module, left, right).map(|same| !same),
            CmpOp::In | CmpOp::NotIn => {
                let (Expr::Tuple(items) | Expr::List(items) | Expr::Set(items)) = module[right] else { return None };
                let same = module.list(items).iter().map(|item| is_same(module, left, *item));
                let is_in = answer_of_logical(BoolOp::Or, same)?;
                Some(is_in == (with.op == CmpOp::In))
            }
            _ => None,
        }
    }

    fn known(&self, test: ExprId) -> Option<bool> {
        match self.evaluator.truth(test, self.place) {
            Truth::Known(truth) => Some(truth),
            _ => None,
        }
    }

    fn call_truth(&self, call: ExprId) -> Option<bool> {
        let module = self.module;
        let Expr::Call { callee, arguments } = module[call] else { return None };
        let given = module.list(arguments);
        let callee = self.evaluator.value(callee, self.place).single()?;
        match self.evaluator.get(callee) {
            Value::Outside(name) if *name == "temporalio.exceptions.is_cancelled_exception" => {
                self.subject(given.first()?.value, ASKED_DEEP)?;
                Some(self.is_cancellation())
            }
            Value::Outside(name) if *name == "builtins.isinstance" => {
                let kinds = Kinds::of(self.evaluator, Some(given.get(1)?.value), self.place);
                self.instance_truth(given.first()?.value, &kinds)
            }
            Value::Function(_) => {
                let (inner, body) = self.inside(call)?;
                match inner.suite(body) {
                    Outcome { gives: [false, true], falls: false, .. } => Some(true),
                    Outcome { gives: [true, false], .. } | Outcome { gives: [false, false], falls: true, .. } => {
                        Some(false)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether what an expression stands for is of some classes.
    fn instance_truth(&self, expr: ExprId, kinds: &Kinds) -> Option<bool> {
        if let Some(subject) = self.subject(expr, ASKED_DEEP) {
            return self.is_instance(subject, kinds);
        }
        let of_either = [Subject::Itself, Subject::Cause].map(|of| self.is_instance(of, kinds));
        let same = of_either[0].filter(|first| of_either[1] == Some(*first));
        same.filter(|_| self.is_in_chain(expr, &mut Vec::new()))
    }

    /// Whether an expression gives nothing but what was caught or what caused that: a name that goes down the causes, or what a
    /// helper finds that does. `passed` are the names that are being looked at.
    fn is_in_chain(&self, expr: ExprId, passed: &mut Vec<VariableId>) -> bool {
        if self.subject(expr, ASKED_DEEP).is_some() {
            return true;
        }
        let module = self.module;
        match module[expr] {
            Expr::Name { .. } => {
                let Some(variable) = variable_of(module, expr) else { return false };
                if passed.contains(&variable) {
                    return true;
                }
                passed.push(variable);
                let bindings = super::code::bindings_of(module, expr);
                !bindings.is_empty()
                    && bindings.iter().all(|binding| match module[*binding].kind {
                        BindingKind::Assign { value, path, .. } if path.is_empty() => self.is_in_chain(value, passed),
                        _ => false,
                    })
            }
            Expr::Attribute { value, name } => is_cause(name) && self.is_in_chain(value, passed),
            Expr::BoolOp { op: BoolOp::Or, operands } => {
                module.list(operands).iter().all(|operand| self.is_in_chain(*operand, passed))
            }
            Expr::Conditional { body, orelse, .. } => {
                self.is_in_chain(body, passed) && self.is_in_chain(orelse, passed)
            }
            Expr::Named { value, .. } => self.is_in_chain(value, passed),
            Expr::Call { .. } => self.inside(expr).is_some_and(|(inner, body)| inner.returns_of_chain(body)),
            _ => false,
        }
    }

    /// Whether all that a function returns is what was caught, or what caused that.
    fn returns_of_chain(&self, body: Suite) -> bool {
        let mut all = true;
        each_statement(self.module, body, &mut |statement| {
            if let Stmt::Return(Some(value)) = self.module[statement] {
                all &= self.is_in_chain(value, &mut Vec::new());
            }
        });
        all
    }

    fn is_cancellation(&self) -> bool {
        match self.held {
            Held::Cancellation(_) => true,
            Held::Exception(class) => {
                super::classes::Lineage::of(self.evaluator, *class).has(&[CANCELLED, SDK_CANCELLED])
            }
        }
    }

    fn is_instance(&self, subject: Subject, kinds: &Kinds) -> Option<bool> {
        match (self.held, subject) {
            (Held::Exception(class), Subject::Itself) => kinds.take_class(self.evaluator, *class),
            (Held::Exception(_), Subject::Cause) => None,
            (Held::Cancellation(_), Subject::Cause) => kinds.take_outside(self.evaluator, SDK_CANCELLED),
            (Held::Cancellation(forms), Subject::Itself) => {
                let answers: Vec<Option<bool>> =
                    forms.iter().map(|form| kinds.take_outside(self.evaluator, form)).collect();
                let first = *answers.first()?;
                answers.iter().all(|answer| *answer == first).then_some(first)?
            }
        }
    }

    /// Whether an expression is what was caught, or its cause.
    fn subject(&self, expr: ExprId, depth: usize) -> Option<Subject> {
        let module = self.module;
        match module[expr] {
            Expr::Name { .. } => {
                let variable = variable_of(module, expr)?;
                if self.bound == Some(variable) {
                    return Some(Subject::Itself);
                }
                if self.cause == Some(variable) {
                    return Some(Subject::Cause);
                }
                if depth == 0 { None } else { self.subject(self.single_value(expr)?, depth - 1) }
            }
            Expr::Attribute { value, name } if is_cause(name) => self.subject(value, depth).map(|_| Subject::Cause),
            // `error.with_traceback(…)` is the error.
            Expr::Call { callee, .. } => match module[callee] {
                Expr::Attribute { value, name } if name == "with_traceback" => self.subject(value, depth),
                Expr::Name { name, .. } if name == "getattr" => {
                    let Expr::Call { arguments, .. } = module[expr] else { return None };
                    match module.list(arguments) {
                        [object, name, ..] if matches!(module[name.value], Expr::Str(name) if is_cause(name)) => {
                            self.subject(object.value, depth).map(|_| Subject::Cause)
                        }
                        _ => None,
                    }
                }
                _ => None,
            },
            Expr::Named { value, .. } => self.subject(value, depth),
            _ => None,
        }
    }

    /// The value of a name that is bound once.
    fn single_value(&self, name: ExprId) -> Option<ExprId> {
        match super::code::bindings_of(self.module, name) {
            [only] => match self.module[*only].kind {
                BindingKind::Assign { value, path, .. } if path.is_empty() => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a test looks at what was caught, or asks for a cancellation in another way.
    fn asks(&self, test: ExprId) -> bool {
        self.is_derived(test) || self.asks_for_cancellation(test)
    }

    fn asks_for_cancellation(&self, test: ExprId) -> bool {
        let mut found = false;
        each_within(self.module, test, &mut |part| {
            found = found
                || match self.module[part] {
                    Expr::Attribute { name, .. } => ASKS.contains(&name.as_str()),
                    Expr::Name { .. } => self.single_value(part).is_some_and(|value| {
                        self.depth > 0 && Self { depth: self.depth - 1, ..*self }.asks_for_cancellation(value)
                    }),
                    _ => false,
                };
        });
        found
    }

    fn is_derived(&self, expr: ExprId) -> bool {
        let mut named = super::code::Named::default();
        named.variables.extend(self.bound);
        named.variables.extend(self.cause);
        !named.is_empty() && named.are_in(self.module, expr)
    }
}

fn is_cause(attribute: Name) -> bool {
    attribute == "cause" || attribute == "__cause__"
}

/// Whether two values are the same, where one is `None` and the other is written down.
fn is_same(module: &Module, left: ExprId, right: ExprId) -> Option<bool> {
    let is_none = |expr: ExprId| matches!(module[expr], Expr::None);
    let is_other = |expr: ExprId| {
        matches!(module[expr], Expr::Str(_) | Expr::Int(_) | Expr::Float(_) | Expr::Bool(_) | Expr::Bytes)
    };
    match () {
        () if is_none(left) && is_none(right) => Some(true),
        () if is_none(left) && is_other(right) || is_other(left) && is_none(right) => Some(false),
        () => None,
    }
}

/// Methods and functions that say whether something was cancelled: of tasks, and of the SDK.
const ASKS: &[&str] = &["cancelled", "cancelling", "is_cancelled", "cancellation_reason", "cancellation_details"];
