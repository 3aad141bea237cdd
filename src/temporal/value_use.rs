//! What becomes of a value that workflow code computes.
//!
//! Knows: the statement and expressions around it, the names that it is bound to, the attributes of the same file, the callers of
//! the function that returns it, the parameters of functions of the project that it is given to, and the keys under which
//! dicts keep it. Does not follow it into other containers; where it goes there, that is said to be an argument or unknown.

mod given;
mod hanging;

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use super::code::{bindings_of, function_of};
use super::effects::through_bases;
use super::following::Here;
use crate::python::{Code, NodeId, Reach, Rest, Value, ValueId, is_named_like_logger, says_something};
use crate::registry::{EffectKind, tables};
use crate::semantic::{ArgumentKind, BindingId, CmpOp, Expr, ExprId, Module, Name, Stmt, StmtId, Use};
use crate::source::{TextRange, last_part};

/// What a value is used for; the weightier uses first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueUse {
    /// It decides which commands there are, or what they are called.
    Decides,
    /// It is the id of a command.
    Identifies,
    /// That cannot be told.
    Unknown,
    /// It becomes the result or the state of the workflow.
    State,
    /// It only is how long a timer runs: a replay keeps the timer that the history holds, whatever its length.
    Timer,
    /// It only becomes an argument of a command, or part of an object.
    Argument,
    /// It only goes to calls that ask the world outside, such as the name of a file: what they give is told of them.
    Outside,
    /// It only becomes a text for people: a log line, a metric, the words of an error.
    Text,
    /// Nothing.
    Unused,
}

impl ValueUse {
    /// Whether a replay compares nothing that is made of the value.
    #[must_use]
    pub fn is_not_compared(self) -> bool {
        matches!(self, Self::State | Self::Timer | Self::Argument | Self::Outside | Self::Text | Self::Unused)
    }

    /// Whether the run goes on as before with another value: neither what it does nor what it says of itself differs.
    #[must_use]
    pub fn is_light(self) -> bool {
        matches!(self, Self::Timer | Self::Argument | Self::Outside | Self::Text | Self::Unused)
    }
}

/// Through how many names, attributes and functions a value is followed.
const STEPS: usize = 8;

/// How many reads and callers are looked at.
const MOST_READS: usize = 40;

/// How many expressions, reads and statements are looked at for one value. Names that are made of each other lead to each
/// other on so many ways that a value of a few hundred lines would take seconds.
const MOST_LOOKED_AT: usize = 4_000;

/// Methods that put something into a container.
const PUT: &[&str] = &["append", "extend", "add", "insert", "update", "put", "put_nowait"];

/// What becomes of the value of an expression in reached code.
#[must_use]
pub fn use_of(reach: &Reach<'_>, node: NodeId, expr: ExprId) -> ValueUse {
    let told = Told::default();
    Follower { here: Here { reach, node }, told: &told }.of(expr, STEPS)
}

/// What becomes of the value of an expression at a range of reached code.
#[must_use]
pub fn use_at(reach: &Reach<'_>, node: NodeId, range: TextRange) -> ValueUse {
    let here = Here { reach, node };
    here.expression_at(range).map_or(ValueUse::Unknown, |expr| use_of(reach, node, expr))
}

/// What becomes of what is made in reached code that no expression stands for: of what the factory of a field makes.
#[must_use]
pub fn use_of_made(reach: &Reach<'_>, node: NodeId) -> ValueUse {
    let told = Told::default();
    let here = Follower { here: Here { reach, node }, told: &told };
    if here.is_factory() { here.made(STEPS) } else { ValueUse::Unknown }
}

/// What was asked for one value.
#[derive(Default)]
struct Told {
    /// What was found of expressions of reached code, each with the steps that were left there. Names that are made of each
    /// other lead to the same expression on very many ways: it is looked at once.
    found: RefCell<FxHashMap<(NodeId, ExprId, usize), ValueUse>>,
    /// What was found of the bodies of functions that are called, each with the steps that were left there.
    bodies: RefCell<FxHashMap<(NodeId, usize), ValueUse>>,
    /// What was found of what containers keep under a key, each with the steps that were left there.
    kept: RefCell<FxHashMap<(NodeId, ExprId, Name, usize), ValueUse>>,
    /// What was found to hang on exceptions that statements raise, each with the steps that were left there.
    raised: RefCell<FxHashMap<(NodeId, StmtId, usize), ValueUse>>,
    /// The expressions that are being looked at.
    asking: RefCell<FxHashSet<(NodeId, ExprId)>>,
    /// The branches and loops that are being looked at.
    branches: RefCell<FxHashSet<(NodeId, StmtId)>>,
    /// How many expressions, reads and statements were looked at.
    looked_at: Cell<usize>,
}

impl Told {
    /// Whether one thing more may be looked at.
    fn goes_on(&self) -> bool {
        let count = self.looked_at.get() + 1;
        self.looked_at.set(count);
        count <= MOST_LOOKED_AT
    }
}

struct Follower<'t, 'r, 'p> {
    here: Here<'r, 'p>,
    told: &'t Told,
}

impl<'r, 'p> Follower<'_, 'r, 'p> {
    fn module(&self) -> &'p Module {
        self.here.module()
    }

    fn at(&self, here: Here<'r, 'p>) -> Self {
        Self { here, told: self.told }
    }

    fn of(&self, expr: ExprId, steps: usize) -> ValueUse {
        let asked = (self.here.node, expr, steps);
        if let Some(found) = self.told.found.borrow().get(&asked) {
            return *found;
        }
        // What a value leads back to adds nothing to what is found on the way there.
        let itself = (self.here.node, expr);
        if !self.told.asking.borrow_mut().insert(itself) {
            return ValueUse::Unused;
        }
        let found = self.looked_at(expr, steps);
        self.told.asking.borrow_mut().remove(&itself);
        self.told.found.borrow_mut().insert(asked, found);
        found
    }

    fn looked_at(&self, expr: ExprId, steps: usize) -> ValueUse {
        if steps == 0 || !self.told.goes_on() {
            return ValueUse::Unknown;
        }
        if self.is_factory() {
            return self.made(steps);
        }
        let module = self.module();
        match module.uses().use_of(expr) {
            Use::Discarded(_) => ValueUse::Unused,
            Use::Bound(statement) => self.bound(statement, steps),
            // `left -= 1` reads what it binds.
            Use::Target(statement) if matches!(module[statement], Stmt::Augment { .. }) => self.bound(statement, steps),
            Use::Returned(_) | Use::LambdaResult(_) => self.returned(steps),
            Use::Raised(_) => ValueUse::Text,
            Use::Argument { call, kind, position } => self.argument(call, kind, position, steps),
            Use::Compared(around) if self.only_asks_whether_it_is_there(expr, around) => ValueUse::Unused,
            Use::Called(_) if self.asks_outside(expr) => ValueUse::Outside,
            Use::DictValue(around) => self.under_key(around, expr, steps),
            // The result of a method says what the object says.
            Use::Named(around)
            | Use::Called(around)
            | Use::AttributeOf(around, _)
            | Use::ItemOf(around)
            | Use::Awaited(around)
            | Use::ElementOf(around)
            | Use::ConditionalResult(around)
            | Use::Logical(around)
            | Use::Operand(around)
            | Use::Compared(around)
            | Use::Item(around)
            | Use::Unpacked(around)
            | Use::SliceBound(around)
            | Use::Formatted(around) => self.of(around, steps),
            Use::KeyOf(around) if matches!(module[expr], Expr::Slice(_)) => self.of(around, steps),
            Use::KeyOf(_) | Use::DictKey(_) | Use::Asserted(_) | Use::Matched(_) => ValueUse::Decides,
            Use::ConditionalTest(around) | Use::FilterOf(around) => self.chosen(around, steps),
            Use::ComprehendedOver(around) => self.comprehended(around, steps),
            Use::IfTest(statement) => self.branched(statement, steps),
            Use::LoopedOver(_) | Use::WhileTest(_) => {
                let looped = module.uses().statement_of(expr);
                looped.map_or(ValueUse::Decides, |looped| self.branched(looped, steps))
            }
            Use::Yielded(_) | Use::Managed(_) | Use::Target(_) | Use::Deleted(_) | Use::Caught(_) | Use::Header => {
                ValueUse::Unknown
            }
        }
    }

    /// `x is None`, of an object of the project, whatever it holds.
    fn only_asks_whether_it_is_there(&self, expr: ExprId, comparison: ExprId) -> bool {
        let module = self.module();
        let Expr::Compare { left, rest } = module[comparison] else { return false };
        let [with] = module.list(rest) else { return false };
        let evaluator = self.here.reach.evaluator();
        let is_none = |side: ExprId| matches!(module[side], Expr::None);
        let values = evaluator.value(expr, self.here.place());
        let is_object = |value: &ValueId| matches!(evaluator.get(*value), Value::None | Value::Instance(_));
        matches!(with.op, CmpOp::Is | CmpOp::IsNot)
            && (is_none(left) || is_none(with.right))
            && values.rest == Rest::Nothing
            && values.known.iter().all(is_object)
            && values.known.iter().any(|value| matches!(evaluator.get(*value), Value::Instance(_)))
    }

    /// What decides whether something is evaluated, or how often, matters as much as what comes of that and what it does.
    fn chosen(&self, around: ExprId, steps: usize) -> ValueUse {
        self.does(around, steps).min(self.of(around, steps))
    }

    /// What a comprehension goes through.
    fn comprehended(&self, around: ExprId, steps: usize) -> ValueUse {
        let module = self.module();
        let Expr::Comprehension(comprehension) = module[around] else { return ValueUse::Decides };
        let clauses = module.list(module[comprehension].clauses).iter();
        let bound = clauses.map(|clause| self.target(clause.target, steps));
        bound.chain([self.chosen(around, steps)]).min().unwrap_or(ValueUse::Unknown)
    }

    fn bound(&self, statement: StmtId, steps: usize) -> ValueUse {
        let targets = self.module().targets(statement);
        let uses = targets.into_iter().map(|target| self.target(target, steps));
        uses.min().unwrap_or(ValueUse::Unknown)
    }

    fn target(&self, target: ExprId, steps: usize) -> ValueUse {
        let module = self.module();
        match module[target] {
            Expr::Target(binding) => self.reads(binding, steps),
            // `left -= 1` reads its target, too.
            Expr::Name { .. } => {
                bindings_of(module, target).first().map_or(ValueUse::Unknown, |first| self.reads(*first, steps))
            }
            Expr::Attribute { name, .. } => self.attribute(name, steps),
            Expr::Subscript { value, index } => self.kept_in(value, self.key(index), steps),
            Expr::Tuple(items) => {
                let uses = module.list(items).iter().map(|item| self.target(*item, steps));
                uses.min().unwrap_or(ValueUse::Unknown)
            }
            _ => ValueUse::Unknown,
        }
    }

    fn reads(&self, binding: BindingId, steps: usize) -> ValueUse {
        let reads = self.live_reads(binding);
        reads.map(|read| self.of(read, steps - 1)).min().unwrap_or(ValueUse::Unused)
    }

    /// The reads of a name to which control may come, as far as they stand in the code here.
    fn live_reads(&self, binding: BindingId) -> impl Iterator<Item = ExprId> {
        let (module, place, evaluator) = (self.module(), self.here.place(), self.here.reach.evaluator());
        let function = function_of(self.here.node()).map(|function| function.function);
        let is_live = move |read: &ExprId| match module[*read] {
            Expr::Name { block, .. } => module[block].function != function || evaluator.may_run(block, place),
            _ => true,
        };
        module.reads_of(binding).filter(is_live).take(MOST_READS)
    }

    /// State: what the file does with attributes of the name.
    fn attribute(&self, name: Name, steps: usize) -> ValueUse {
        let module = self.module();
        let is_read = |expr: &ExprId| {
            matches!(module[*expr], Expr::Attribute { name: read, .. } if read == name)
                && !matches!(module.uses().use_of(*expr), Use::Target(_))
        };
        let reads = module.expression_ids().filter(is_read).take(MOST_READS);
        let uses = reads.map(|read| self.of(read, steps - 1));
        uses.filter(|found| *found != ValueUse::Unknown).min().unwrap_or(ValueUse::State).min(ValueUse::State)
    }

    /// What a container keeps is state where the container is, and else what becomes of that.
    fn kept_in(&self, container: ExprId, key: Option<Name>, steps: usize) -> ValueUse {
        let module = self.module();
        match module[container] {
            Expr::Attribute { .. } => ValueUse::State,
            Expr::Name { .. } => {
                let bindings = bindings_of(module, container).iter();
                let uses = bindings.map(|binding| self.reads_under(*binding, key, steps));
                uses.min().unwrap_or(ValueUse::Argument).min(ValueUse::Argument)
            }
            _ => ValueUse::Argument,
        }
    }

    fn key(&self, expr: ExprId) -> Option<Name> {
        match self.module()[expr] {
            Expr::Str(key) => Some(key),
            _ => None,
        }
    }

    /// A value of a dict that is written down: where the dict is bound to a name, what other keys hold does not matter.
    fn under_key(&self, dict: ExprId, value: ExprId, steps: usize) -> ValueUse {
        let module = self.module();
        let Expr::Dict(items) = module[dict] else { return self.of(dict, steps) };
        let item = module.list(items).iter().find(|item| item.value == value);
        let key = item.and_then(|item| item.key).and_then(|key| self.key(key));
        match key {
            Some(key) => self.of_kept(dict, key, steps),
            None => self.of(dict, steps),
        }
    }

    /// What becomes of a value that a dict keeps under a key: where the dict goes, what other keys hold does not matter.
    fn of_kept(&self, dict: ExprId, key: Name, steps: usize) -> ValueUse {
        if steps == 0 {
            return ValueUse::Unknown;
        }
        let asked = (self.here.node, dict, key, steps);
        if let Some(found) = self.told.kept.borrow().get(&asked) {
            return *found;
        }
        // What leads back to itself adds nothing.
        self.told.kept.borrow_mut().insert(asked, ValueUse::Unused);
        let found = self.where_kept(dict, key, steps);
        self.told.kept.borrow_mut().insert(asked, found);
        found
    }

    fn where_kept(&self, dict: ExprId, key: Name, steps: usize) -> ValueUse {
        let module = self.module();
        match module.uses().use_of(dict) {
            Use::Bound(statement) => {
                let uses = module.targets(statement).into_iter().map(|target| match module[target] {
                    Expr::Target(binding) => self.reads_under(binding, Some(key), steps),
                    _ => self.target(target, steps),
                });
                uses.min().unwrap_or(ValueUse::Unknown)
            }
            // `{**table, "other": 1}` has the value as well.
            Use::DictValue(around) if self.is_unpacked_in(dict, around) => self.of_kept(around, key, steps - 1),
            Use::Argument { call, kind, position } => self
                .given_to_functions(call, kind, position, steps, &|there, parameter| {
                    there.reads_under(parameter, Some(key), steps - 1)
                })
                .unwrap_or_else(|| self.of(dict, steps)),
            _ => self.of(dict, steps),
        }
    }

    /// Whether a dict takes in all that another one holds: `{**table}`.
    fn is_unpacked_in(&self, inner: ExprId, dict: ExprId) -> bool {
        let module = self.module();
        let Expr::Dict(items) = module[dict] else { return false };
        module.list(items).iter().any(|item| item.value == inner && item.key.is_none())
    }

    /// What becomes of a value that the container of a name keeps under a key. What is asked of the container as a whole says
    /// nothing of one value in it.
    fn reads_under(&self, binding: BindingId, key: Option<Name>, steps: usize) -> ValueUse {
        if !self.told.goes_on() {
            return ValueUse::Unknown;
        }
        let of_whole = |read: ExprId| match key {
            Some(key) => self.of_kept(read, key, steps - 1),
            None => self.of(read, steps - 1),
        };
        let uses = self.live_reads(binding).filter_map(|read| match (self.asked_of(read)?, of_whole(read)) {
            (Some(asked), _) => (key == Some(asked)).then(|| self.of(read, steps - 1)),
            (None, ValueUse::Decides | ValueUse::Identifies) => Some(ValueUse::Argument),
            (None, used) => Some(used),
        });
        uses.min().unwrap_or(ValueUse::Unused)
    }

    /// The key that a read of a container asks for, where it is one that is written down; nothing where it only puts something
    /// into the container.
    fn asked_of(&self, container: ExprId) -> Option<Option<Name>> {
        let module = self.module();
        match module.uses().use_of(container) {
            Use::ItemOf(around) if matches!(module.uses().use_of(around), Use::Target(_)) => None,
            Use::ItemOf(around) => match module[around] {
                Expr::Subscript { index, .. } => Some(self.key(index)),
                _ => Some(None),
            },
            Use::AttributeOf(around, name) if matches!(name.as_str(), "get" | "pop") => {
                let Use::Called(call) = module.uses().use_of(around) else { return Some(None) };
                let Expr::Call { arguments, .. } = module[call] else { return Some(None) };
                Some(module.list(arguments).first().and_then(|given| self.key(given.value)))
            }
            _ => Some(None),
        }
    }

    /// Whether a callee asks the world outside: a file, the network, another process.
    fn asks_outside(&self, callee: ExprId) -> bool {
        let evaluator = self.here.reach.evaluator();
        let callees = evaluator.value(callee, self.here.place());
        !callees.known.is_empty()
            && callees.known.iter().all(|callee| evaluator.outside_name(*callee).is_some_and(asks_the_world))
    }

    /// What the callers do with what the function gives.
    fn returned(&self, steps: usize) -> ValueUse {
        let node = self.here.node();
        if !matches!(node.code, Code::Function(_)) {
            return ValueUse::Unknown;
        }
        if !node.roots.is_empty() {
            return ValueUse::State;
        }
        let uses = self.here.callers().take(MOST_READS).map(|(caller, call)| match call {
            _ if self.at(caller).is_factory() => self.at(caller).made(steps - 1),
            Some(call) => self.at(caller).of(call, steps - 1),
            None => ValueUse::Unknown,
        });
        uses.min().unwrap_or(ValueUse::Unknown)
    }

    /// Whether the code here makes what a field holds that an object is not given.
    fn is_factory(&self) -> bool {
        matches!(self.here.node().code, Code::Factory { .. })
    }

    /// What becomes of the objects whose field the code here fills.
    fn made(&self, steps: usize) -> ValueUse {
        let objects = self.here.callers().take(MOST_READS);
        let uses = objects.map(|(caller, call)| match call {
            Some(call) if steps > 0 => self.at(caller).held_by(call, steps),
            _ => ValueUse::Unknown,
        });
        uses.min().unwrap_or(ValueUse::Unknown)
    }

    /// What becomes of something that an object holds: code may ask for it anywhere; mostly the object is kept or handed on
    /// whole.
    fn held_by(&self, object: ExprId, steps: usize) -> ValueUse {
        match self.of(object, steps - 1) {
            ValueUse::State => ValueUse::State,
            _ => ValueUse::Argument,
        }
    }

    fn argument(&self, call: ExprId, kind: ArgumentKind, position: u32, steps: usize) -> ValueUse {
        let module = self.module();
        let Expr::Call { callee, .. } = module[call] else { return ValueUse::Unknown };
        if self.logs(callee) {
            return ValueUse::Text;
        }
        let evaluator = self.here.reach.evaluator();
        let callees = evaluator.value(callee, self.here.place());
        let uses = callees.known.iter().map(|known| match evaluator.get(*known) {
            Value::Class(..) => self.held_by(call, steps),
            Value::Outside(_) | Value::OutsideMethod { .. } => match evaluator.outside_name(*known) {
                Some(name) => self.given_outside(name.as_str(), call, kind, position, steps),
                None => ValueUse::Unknown,
            },
            _ => ValueUse::Unknown,
        });
        let into = |there: &Self, parameter| there.reads(parameter, steps - 1);
        self.given_to_functions(call, kind, position, steps, &into)
            .unwrap_or_else(|| uses.min().unwrap_or(ValueUse::Unknown))
    }

    fn given_outside(&self, name: &str, call: ExprId, kind: ArgumentKind, position: u32, steps: usize) -> ValueUse {
        if let Some(function) = name.strip_prefix("temporalio.workflow.") {
            return given_to_the_sdk(function, kind, position);
        }
        let last = last_part(name);
        if is_length_of_timer(name, kind, position) {
            return ValueUse::Timer;
        }
        // It is asked for its type, whatever it holds.
        if name == "builtins.isinstance" && position == 0 {
            return ValueUse::Unused;
        }
        if asks_the_world(Name::new(name)) {
            return ValueUse::Outside;
        }
        let is_key = matches!(last, "setdefault" | "get" | "pop") && position == 0;
        if name.starts_with("asyncio.") || is_key {
            return ValueUse::Decides;
        }
        match last {
            put if PUT.contains(&put) => match self.module()[call] {
                Expr::Call { callee, .. } => match self.module()[callee] {
                    Expr::Attribute { value, .. } => self.kept_in(value, None, steps),
                    _ => ValueUse::Argument,
                },
                _ => ValueUse::Argument,
            },
            "print" => ValueUse::Text,
            // What is awaited comes from elsewhere, and is not computed from what was given.
            _ if matches!(self.module().uses().use_of(call), Use::Awaited(_)) => ValueUse::Argument,
            // What is computed from it is used in its place.
            _ => self.of(call, steps - 1),
        }
    }

    /// `logger.info(…)`, `workflow.metric_meter()…`: for people.
    fn logs(&self, callee: ExprId) -> bool {
        let module = self.module();
        let Expr::Attribute { value, name } = module[callee] else { return false };
        let measures = matches!(name.as_str(), "observe" | "record" | "set_attribute" | "inc");
        says_something(name) && is_named_like_logger(module, value) || measures
    }
}

/// Whether a call of a symbol asks for a file, the network, the server or another process.
fn asks_the_world(name: Name) -> bool {
    let tables = tables();
    let effect = through_bases(tables, name.as_str(), |name| tables.effect(name));
    let is_asked =
        |kind| matches!(kind, EffectKind::Client | EffectKind::File | EffectKind::Network | EffectKind::Process);
    effect.is_some_and(|effect| is_asked(effect.kind))
}

/// Whether an argument of asyncio is how long to wait.
fn is_length_of_timer(name: &str, kind: ArgumentKind, position: u32) -> bool {
    match (name, kind) {
        ("asyncio.sleep", ArgumentKind::Keyword(keyword)) => keyword == "delay",
        ("asyncio.wait_for", ArgumentKind::Keyword(keyword)) => keyword == "timeout",
        ("asyncio.timeout", _) => true,
        ("asyncio.sleep", _) => position == 0,
        ("asyncio.wait_for", _) => position == 1,
        _ => false,
    }
}

/// A replay compares names and ids of commands, and which commands there are; not what they are given.
fn given_to_the_sdk(function: &str, kind: ArgumentKind, position: u32) -> ValueUse {
    if function.starts_with("unsafe") || function.contains("logger") {
        return ValueUse::Text;
    }
    match kind {
        ArgumentKind::Keyword(name) => match name.as_str() {
            "id" | "activity_id" => ValueUse::Identifies,
            "timeout" if function == "wait_condition" => ValueUse::Timer,
            "duration" if function == "sleep" => ValueUse::Timer,
            "activity" | "workflow" => ValueUse::Decides,
            _ => ValueUse::Argument,
        },
        _ if matches!(function, "wait_condition" | "patched" | "deprecate_patch") => ValueUse::Decides,
        _ if function == "sleep" => ValueUse::Timer,
        _ if position == 0 && (function.starts_with("execute_") || function.starts_with("start_")) => ValueUse::Decides,
        _ if function.starts_with("get_external_workflow_handle") => ValueUse::Identifies,
        _ => ValueUse::Argument,
    }
}
