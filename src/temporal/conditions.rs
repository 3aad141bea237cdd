//! What `wait_condition` is given, and what is made of what it gives.
//!
//! Knows: predicates that are lambdas, functions and methods of the project, values that cannot be called, and what a
//! predicate's outcome rests on. Does not know: which of it is a finding.
//!
//! The SDK calls the predicate after each activation of the workflow's code, as often as it likes, and takes what it gives
//! for a truth value (temporalio/worker/_workflow_instance.py, `_check_condition`).

use super::analysis::{Analysis, Context};
use super::code::each_within;
use super::fates::{Fate, fates_of};
use super::sdk_calls::{SdkCall, WAIT_CONDITION};
use super::settled::{settled_test, waited};
use super::timed_loops::{is_timeout_named_around, left_loop};
use crate::python::{FunctionRef, Place, Value, ValueId, Values};
use crate::registry::sdk_signature;
use crate::semantic::{BindingId, BindingKind, Body, Expr, ExprId, Module, ScopeKind, Stmt, UnaryOp, Use};
use crate::source::{FileId, Span, TextRange, last_part};

/// What is wrong with a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionFault {
    /// The predicate is a value, and cannot be called.
    NotCallable,
    /// The predicate, or what it calls, gives a coroutine, which is true.
    Coroutine,
    /// The predicate gives a function, which is true, instead of calling it.
    Uncalled,
    /// Its outcome changes by time alone, and nothing asks for it then.
    TimeAlone,
    /// It sends a command, or notes a version.
    Command,
    /// It changes state, or draws random numbers.
    Changes,
    /// What `wait_condition` gives is looked at; it is always `None`.
    ResultUsed,
    /// What stands for the timeout is asked of the condition behind the wait, which then holds.
    Settled,
    /// What runs when the time is up leaves the loop that it is to wake.
    LeavesLoop,
    /// The timeout is zero, and so over before the predicate is looked at.
    NoTime,
}

/// A call of `wait_condition` that does something else than it says.
#[derive(Debug, Clone, Copy)]
pub struct FaultyCondition {
    /// What is wrong.
    pub fault: ConditionFault,
    /// Where.
    pub span: Span,
    /// How the part that makes it so reads.
    pub part: Span,
    /// There may be more to it than is known.
    pub doubtful: bool,
}

/// The calls of `wait_condition` that do something else than they say.
#[must_use]
pub fn faulty_conditions(analysis: &Analysis<'_, '_>) -> Vec<FaultyCondition> {
    let finder = Finder { analysis };
    let calls = analysis.sdk_calls().iter().filter(|call| call.callee == WAIT_CONDITION);
    let mut found = Vec::new();
    for call in calls {
        found.extend(finder.predicate(call));
        found.extend(finder.result(call));
        found.extend(finder.timeout(call));
        found.extend(finder.settled(call));
        found.extend(finder.loop_left(call));
    }
    found
}

struct Finder<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
}

/// Code of a predicate.
#[derive(Clone, Copy)]
struct Code<'p> {
    module: &'p Module,
    place: Place,
}

impl<'p> Finder<'_, '_, 'p> {
    fn predicate(&self, call: &SdkCall) -> Option<FaultyCondition> {
        let given = call.argument("fn")?;
        let expr = given.expr?;
        let file = call.span.file;
        let code = Code { module: self.analysis.project.module(file), place: Place { file, frame: None } };
        let at = |fault, part: Span, doubtful| FaultyCondition {
            fault,
            span: Span { file, range: given.range },
            part,
            doubtful: doubtful || call.is_doubtful,
        };
        let here = Span { file, range: code.module.span(expr) };
        if let Expr::Lambda(lambda) = code.module[expr] {
            let Body::Expression(body) = code.module[lambda].body else { return None };
            let timed = call.lacks("timeout");
            return self.outcome(code, body, timed, 0).map(|(fault, part)| at(fault, part, false));
        }
        if let Some(doubtful) = self.is_value(code, expr, &given.values) {
            return Some(at(ConditionFault::NotCallable, here, doubtful));
        }
        if let Some(value) = given.values.single() {
            let (fault, part) = self.of_callable(value, call.lacks("timeout"))?;
            let part = if fault == ConditionFault::Coroutine { here } else { part };
            return Some(at(fault, part, given.values.is_doubtful()));
        }
        // What callers hand to a helper that waits: where one of several is at fault, that is doubtful.
        let handed = self.handed_in(call, expr);
        let faults = handed.known.iter().map(|value| self.of_callable(*value, call.lacks("timeout")));
        let faults: Vec<Option<(ConditionFault, Span)>> = faults.collect();
        let (fault, part) = *faults.iter().flatten().min_by_key(|(_, part)| (part.file, part.range.start()))?;
        let part = if fault == ConditionFault::Coroutine { here } else { part };
        Some(at(fault, part, faults.contains(&None)))
    }

    /// What is wrong with something that is called for the condition; and the part that makes it so.
    fn of_callable(&self, value: ValueId, timed: bool) -> Option<(ConditionFault, Span)> {
        let callable = match self.analysis.evaluator.get(value) {
            Value::Function(callable) => *callable,
            Value::Partial { callee, .. } => return self.of_callable(callee.single()?, timed),
            _ => return None,
        };
        let FunctionRef { file, function } = callable.function;
        let module = self.analysis.project.module(file);
        let definition = &module[function];
        if definition.gives_coroutines() {
            return Some((ConditionFault::Coroutine, Span { file, range: definition.name_range }));
        }
        match definition.body {
            Body::Expression(body) => {
                self.outcome(Code { module, place: Place { file, frame: callable.outer } }, body, timed, 0)
            }
            Body::Statements(_) => self.of_function(callable.function, timed, 0),
        }
    }

    /// What an expression of the call is where workflows reach it.
    fn handed_in(&self, call: &SdkCall, expr: ExprId) -> Values {
        let Some(function) = call.function else { return Values::anything() };
        let reached = self.analysis.context(Context::Workflow);
        let of_node = reached.flat_map(|reached| {
            let nodes = reached
                .reach
                .nodes()
                .filter(|(_, node)| !node.at_import && node.code == crate::python::Code::Function(function));
            nodes.map(|(id, _)| {
                let inside = reached.reach.evaluator().value(expr, reached.reach.place(id));
                reached.reach.evaluator().transfer_values(&inside, self.analysis.evaluator)
            })
        });
        Values::union(of_node)
    }

    /// The condition is asked again behind a wait with a timeout, which comes back where it holds, and raises where it does not.
    fn settled(&self, call: &SdkCall) -> Option<FaultyCondition> {
        let file = call.span.file;
        let module = self.analysis.project.module(file);
        let waited = waited(module, call)?;
        let test = settled_test(module, &waited)?;
        if is_timeout_named_around(self.analysis, waited.statement, Place { file, frame: None }) {
            return None;
        }
        let span = |expr| Span { file, range: module.span(expr) };
        let fault = ConditionFault::Settled;
        Some(FaultyCondition { fault, span: span(test), part: span(waited.condition), doubtful: call.is_doubtful })
    }

    /// A timeout that is to wake a loop, and that nothing in the loop takes.
    fn loop_left(&self, call: &SdkCall) -> Option<FaultyCondition> {
        let test = left_loop(self.analysis, call)?;
        let file = call.span.file;
        let part = Span { file, range: self.analysis.project.module(file).span(test) };
        Some(FaultyCondition { fault: ConditionFault::LeavesLoop, span: call.span, part, doubtful: call.is_doubtful })
    }

    /// A timeout of zero or less: it is raised whether the condition holds or not.
    fn timeout(&self, call: &SdkCall) -> Option<FaultyCondition> {
        let given = call.argument("timeout")?;
        let constant = self.analysis.constant_of(call, given)?;
        let is_over = constant.number().or(constant.seconds())? <= 0.0;
        let span = Span { file: call.span.file, range: given.range };
        is_over.then_some(FaultyCondition {
            fault: ConditionFault::NoTime,
            span,
            part: span,
            doubtful: call.is_doubtful,
        })
    }

    /// Whether something given is surely no function: a comparison, a number, the result of a call that gives one. Says
    /// whether that is doubtful.
    fn is_value(&self, code: Code<'_>, expr: ExprId, values: &Values) -> Option<bool> {
        let evaluator = self.analysis.evaluator;
        let is_value = |id: &ValueId| match evaluator.get(*id) {
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Items(..) | Value::Table(_) => true,
            Value::Many(..) | Value::Set { .. } | Value::Awaitable { .. } | Value::Member(..) => true,
            Value::Instance(_) => evaluator.has_method(*id, "__call__") == Some(false),
            Value::OutsideInstance { class, .. } => {
                let name = class.as_str();
                let is_plain = matches!(
                    name.strip_prefix("builtins."),
                    Some("bool" | "int" | "float" | "str" | "list" | "dict" | "set" | "tuple" | "bytes")
                );
                is_plain || ["asyncio.", "collections.", "datetime."].iter().any(|module| name.starts_with(module))
            }
            _ => false,
        };
        match code.module[expr] {
            Expr::Compare { .. } | Expr::Bool(_) | Expr::Int(_) | Expr::Unary { op: UnaryOp::Not, .. } => Some(false),
            Expr::Await(_) => Some(true),
            _ => {
                let known = !values.known.is_empty() && values.known.iter().all(is_value);
                known.then_some(values.rest == crate::python::Rest::Anything)
            }
        }
    }

    /// What is wrong with a predicate that gives an expression's truth; and the part that makes it so.
    fn outcome(&self, code: Code<'p>, body: ExprId, timed: bool, depth: usize) -> Option<(ConditionFault, Span)> {
        let span = |expr: ExprId| Span { file: code.place.file, range: code.module.span(expr) };
        let leaves = leaves(code.module, body);
        for leaf in &leaves {
            if self.gives_coroutine(code, *leaf) {
                return Some((ConditionFault::Coroutine, span(*leaf)));
            }
            if self.is_uncalled(code, *leaf, *leaf == body) {
                return Some((ConditionFault::Uncalled, span(*leaf)));
            }
        }
        if timed && leaves.iter().all(|leaf| self.is_about_time(code, *leaf)) {
            return Some((ConditionFault::TimeAlone, span(body)));
        }
        let mut found = None;
        each_within(code.module, body, &mut |part| {
            found = found.or_else(|| self.effect(code, part, depth));
        });
        found
    }

    fn of_function(&self, function: FunctionRef, timed: bool, depth: usize) -> Option<(ConditionFault, Span)> {
        let module = self.analysis.project.module(function.file);
        let code = Code { module, place: Place { file: function.file, frame: None } };
        let Body::Statements(body) = module[function.function].body else { return None };
        let statements = module.list(body).iter().filter(|id| !matches!(module[**id], Stmt::Nothing));
        let statements: Vec<_> = statements.copied().collect();
        if let [only] = statements.as_slice()
            && let Stmt::Return(Some(value)) = module[*only]
        {
            return self.outcome(code, value, timed, depth);
        }
        self.changes_in(code, body, depth)
    }

    /// What statements of a predicate change.
    fn changes_in(&self, code: Code<'p>, body: crate::semantic::Suite, depth: usize) -> Option<(ConditionFault, Span)> {
        let module = code.module;
        let mut found = None;
        for statement in module.list(body) {
            let targets = match module[*statement] {
                Stmt::Assign { targets, .. } => module.list(targets).to_vec(),
                Stmt::Augment { target, .. } => vec![target],
                _ => Vec::new(),
            };
            let stored = targets.into_iter().find(|target| matches!(module[*target], Expr::Attribute { .. }));
            let span = |expr: ExprId| Span { file: code.place.file, range: module.span(expr) };
            found = found.or_else(|| stored.map(|target| (ConditionFault::Changes, span(target))));
            module.each_expression(*statement, &mut |expr| {
                each_within(module, expr, &mut |part| found = found.or_else(|| self.effect(code, part, depth)));
            });
            module.each_suite(*statement, &mut |inner| found = found.or_else(|| self.changes_in(code, inner, depth)));
        }
        found
    }

    /// What a part of a predicate does besides computing.
    fn effect(&self, code: Code<'p>, part: ExprId, depth: usize) -> Option<(ConditionFault, Span)> {
        let module = code.module;
        let span = Span { file: code.place.file, range: module.span(part) };
        let Expr::Call { callee, .. } = module[part] else { return None };
        let values = self.analysis.evaluator.value(callee, code.place);
        for value in &values.known {
            match self.analysis.evaluator.get(*value) {
                Value::Outside(name) | Value::OutsideMethod { name, .. } => {
                    let name = name.as_str();
                    let fault = if is_command(name) {
                        Some(ConditionFault::Command)
                    } else if DRAWS.contains(&name) || name.starts_with("random.Random.") {
                        Some(ConditionFault::Changes)
                    } else {
                        self.mutates(code, callee, name).then_some(ConditionFault::Changes)
                    };
                    if let Some(fault) = fault {
                        return Some((fault, span));
                    }
                }
                Value::Function(callable) if depth < PREDICATES_DEEP => {
                    let function = callable.function;
                    let inner = &self.analysis.project.module(function.file)[function.function];
                    if !inner.is_async
                        && let Some((fault, _)) = self.of_function(function, false, depth + 1)
                        && matches!(fault, ConditionFault::Command | ConditionFault::Changes)
                    {
                        return Some((fault, span));
                    }
                }
                _ => {}
            }
        }
        let Expr::Attribute { name, value } = module[callee] else { return None };
        let is_own_state = matches!(module[value], Expr::Attribute { .. });
        let changes = values.known.is_empty() && is_own_state && MUTATORS.contains(&name.as_str());
        changes.then_some((ConditionFault::Changes, span))
    }

    /// A method that changes a collection which is the workflow's, not one that the predicate makes.
    fn mutates(&self, code: Code<'_>, callee: ExprId, name: &str) -> bool {
        let last = last_part(name);
        let Expr::Attribute { value, .. } = code.module[callee] else { return false };
        matches!(code.module[value], Expr::Attribute { .. }) && MUTATORS.contains(&last)
    }

    /// Whether a part is a call of a coroutine function without `await`.
    fn gives_coroutine(&self, code: Code<'_>, leaf: ExprId) -> bool {
        let Expr::Call { callee, .. } = code.module[leaf] else { return false };
        let evaluator = self.analysis.evaluator;
        match evaluator.value(callee, code.place).single().map(|value| evaluator.get(value)) {
            Some(Value::Function(callable)) => {
                let module = evaluator.project().module(callable.function.file);
                module[callable.function.function].gives_coroutines()
            }
            _ => false,
        }
    }

    /// Whether a part is a function that is named and not called; those of the SDK only where they are all there is, since
    /// tests of them are told apart everywhere.
    fn is_uncalled(&self, code: Code<'_>, leaf: ExprId, is_all: bool) -> bool {
        if !matches!(code.module[leaf], Expr::Attribute { .. } | Expr::Name { .. }) {
            return false;
        }
        let evaluator = self.analysis.evaluator;
        let values = evaluator.value(leaf, code.place);
        let is_function = |value: &Value| match value {
            Value::Function(_) => true,
            Value::Outside(name) | Value::OutsideMethod { name, .. } => {
                is_all && sdk_signature(name.as_str()).is_some() && crate::registry::sdk_class(name.as_str()).is_none()
            }
            _ => false,
        };
        values.rest != crate::python::Rest::Anything
            && !values.known.is_empty()
            && values.known.iter().all(|value| is_function(evaluator.get(*value)))
    }

    /// Whether a part compares the workflow's time with something.
    fn is_about_time(&self, code: Code<'_>, leaf: ExprId) -> bool {
        let Expr::Compare { .. } = code.module[leaf] else { return false };
        let evaluator = self.analysis.evaluator;
        let mut asks = false;
        let mut asks_else = false;
        each_within(code.module, leaf, &mut |part| {
            let Expr::Call { callee, .. } = code.module[part] else { return };
            let name = evaluator.value(callee, code.place).single().and_then(|value| evaluator.outside_name(value));
            match name {
                Some(name) if TIME.contains(&name.as_str()) => asks = true,
                Some(name) if name.as_str().starts_with("datetime.") => {}
                _ => asks_else = true,
            }
        });
        asks && !asks_else
    }

    /// What is made of the result.
    fn result(&self, call: &SdkCall) -> Option<FaultyCondition> {
        let file: FileId = call.span.file;
        let module = self.analysis.project.module(file);
        let Use::Awaited(awaited) = module.uses().use_of(call.expr) else { return None };
        let (at, doubtful): (TextRange, bool) = fates_of(module, awaited).into_iter().find_map(|fate| match fate {
            Fate::Tested(at) | Fate::Compared(at) | Fate::Operand(at) => Some((module.span(at), false)),
            Fate::GoneThrough(at) | Fate::Item(at) | Fate::Attribute(at) => Some((module.span(at), false)),
            Fate::Returned(at) => Some((module.span(at), !self.says_it_gives(call)?)),
            Fate::Elsewhere => tested_beside_false(module, awaited).map(|at| (module.span(at), false)),
            _ => None,
        })?;
        let part = Span { file, range: at };
        Some(FaultyCondition { fault: ConditionFault::ResultUsed, span: call.span, part, doubtful })
    }

    /// Whether the function around says that it gives something; nothing where it says that it gives `None`.
    fn says_it_gives(&self, call: &SdkCall) -> Option<bool> {
        let function = call.function?;
        let module = self.analysis.project.module(function.file);
        match module[function.function].returns_annotation {
            Some(annotation) if matches!(module[annotation], Expr::None) => None,
            Some(_) => Some(true),
            None => Some(false),
        }
    }
}

/// Where a name's truth decides that holds what an expression gives, or else something that is false as well.
fn tested_beside_false(module: &Module, expr: ExprId) -> Option<ExprId> {
    let Use::Bound(statement) = module.uses().use_of(expr) else { return None };
    let Stmt::Assign { targets, .. } = module[statement] else { return None };
    let [target] = module.list(targets) else { return None };
    let Expr::Target(binding) = module[*target] else { return None };
    let variable = module[binding].variable;
    if !matches!(module[module[variable].scope].kind, ScopeKind::Function(_)) {
        return None;
    }
    let is_false = |other: BindingId| match module[other].kind {
        BindingKind::Assign { value, path, .. } => {
            path.is_empty() && matches!(module[value], Expr::None | Expr::Bool(false) | Expr::Int(0))
        }
        _ => false,
    };
    module.reads_of(binding).find_map(|read| {
        let Expr::Name { block, mark, .. } = module[read] else { return None };
        let reaching = module.reaching(variable, block, mark);
        let is_it = reaching.contains(&binding) && reaching.iter().all(|other| *other == binding || is_false(*other));
        is_it.then(|| fates_of(module, read)).into_iter().flatten().find_map(|fate| match fate {
            Fate::Tested(at) => Some(at),
            _ => None,
        })
    })
}

/// Through how many functions a predicate is followed.
const PREDICATES_DEEP: usize = 3;

/// The parts whose truth decides an expression's.
fn leaves(module: &Module, expr: ExprId) -> Vec<ExprId> {
    match module[expr] {
        Expr::BoolOp { operands, .. } => {
            module.list(operands).iter().flat_map(|operand| leaves(module, *operand)).collect()
        }
        Expr::Unary { op: UnaryOp::Not, operand } => leaves(module, operand),
        _ => vec![expr],
    }
}

/// What sends a command, or becomes a part of the history.
fn is_command(name: &str) -> bool {
    let Some(name) = name.strip_prefix("temporalio.workflow.") else { return false };
    name.starts_with("execute_")
        || name.starts_with("start_")
        || matches!(
            name,
            "patched" | "deprecate_patch" | "continue_as_new" | "sleep" | "upsert_search_attributes" | "upsert_memo"
        )
}

/// What draws from the workflow's own random numbers.
const DRAWS: &[&str] = &["temporalio.workflow.uuid4", "temporalio.workflow.uuid7"];

/// The workflow's time.
const TIME: &[&str] = &["temporalio.workflow.now", "temporalio.workflow.time", "temporalio.workflow.time_ns"];

/// Methods that change a collection or queue.
const MUTATORS: &[&str] = &[
    "pop",
    "popleft",
    "popitem",
    "append",
    "appendleft",
    "add",
    "remove",
    "discard",
    "clear",
    "insert",
    "extend",
    "update",
    "setdefault",
    "get_nowait",
    "put_nowait",
];
