//! What code does or leaves out where it is replayed.
//!
//! Knows: the statements behind a test of `is_replaying()`, in either outcome, commands among them, also in what they call,
//! assignments to attributes, and results and local values that others follow from. Does not know: which of it is a finding.
//!
//! What stands behind `not is_replaying()` counts as left out everywhere else, so that nothing of it is reached: this looks
//! at the statements themselves.

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::ReachedCode;
use super::code::{Graph, each_statement, each_within, function_of, variable_of};
use super::commands::issues_command;
use super::value_use::{ValueUse, use_of};
use crate::python::{FunctionRef, NodeId, Place, Reach, Value, Values};
use crate::semantic::{
    BlockId, Body, Condition, Expr, ExprId, FunctionId, Module, Name, Stmt, StmtId, Suite, VariableId,
};
use crate::source::{FileId, TextRange};

/// Something that is done on replay alone, or not on replay.
#[derive(Debug)]
pub struct ReplayBranch {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// What is done.
    pub range: TextRange,
    /// Whether it is done on replay.
    pub on_replay: bool,
    /// What.
    pub does: Done,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A command of the workflow, by this callable.
    Command(Name),
    /// An assignment to this attribute.
    Assignment(Name),
    /// A change of this local value, from which the result or a decision follows.
    Value(Name),
    /// What the workflow gives is returned.
    Return,
    /// One of two values is chosen, from which the result or a decision follows.
    Choice,
}

/// Methods that put something into a collection.
const GROW: &[&str] = &["add", "append", "appendleft", "extend", "insert", "setdefault", "update"];

/// Into how many functions a command is followed.
const DEEP: usize = 4;

impl ReachedCode<'_> {
    /// What it does where it is replayed, and where it is not.
    #[must_use]
    pub fn replay_branches(&self) -> &[ReplayBranch] {
        self.replay_branches.get_or_init(|| replay_branches(&self.reach))
    }
}

fn replay_branches(reach: &Reach<'_>) -> Vec<ReplayBranch> {
    let graph = Graph::new(reach);
    let mut found = Vec::new();
    let mut seen: FxHashSet<(FunctionRef, TextRange)> = FxHashSet::default();
    let mut questions: FxHashMap<FileId, Vec<TextRange>> = FxHashMap::default();
    let helpers = helpers(&graph);
    for (node, code) in reach.nodes().filter(|(_, node)| !node.at_import) {
        let Some(function) = function_of(code) else { continue };
        let module = graph.module(node);
        // A file is reached in many ways: it is searched once.
        let asks = questions.entry(function.file).or_insert_with(|| questions_of(module, &helpers));
        if !asks.iter().any(|question| module[function.function].range.contains_range(*question)) {
            continue;
        }
        let object = object_of(module, function.function);
        let branches = Branches { graph: &graph, node, object, helpers: &helpers };
        each_statement(module, graph.body(node), &mut |statement| {
            let Some(on_replay) = branches.guard(module.block_of(statement)) else { return };
            for (range, does) in branches.done(statement) {
                if seen.insert((function, range)) {
                    found.push(ReplayBranch { node, range, on_replay, does });
                }
            }
        });
        each_statement(module, graph.body(node), &mut |statement| {
            for range in branches.choices(statement) {
                if seen.insert((function, range)) {
                    found.push(ReplayBranch { node, range, on_replay: true, does: Done::Choice });
                }
            }
        });
    }
    let read_elsewhere = |branch: &ReplayBranch| match branch.does {
        Done::Command(_) | Done::Value(_) | Done::Return | Done::Choice => true,
        Done::Assignment(name) => is_read_elsewhere(&graph, &helpers, branch.node, name),
    };
    found.retain(read_elsewhere);
    found
}

/// The project's functions that do nothing but ask, by what they give on replay, and their names.
#[derive(Default)]
struct Helpers {
    answers: FxHashMap<FunctionRef, bool>,
    names: FxHashSet<Name>,
}

/// Finds functions that give an answer on, one inside another.
fn helpers(graph: &Graph<'_, '_>) -> Helpers {
    let mut helpers = Helpers::default();
    for _ in 0..DEEP {
        let before = helpers.answers.len();
        let mut questions: FxHashMap<FileId, Vec<TextRange>> = FxHashMap::default();
        for (node, code) in graph.reach.nodes() {
            let Some(function) = function_of(code).filter(|function| !helpers.answers.contains_key(function)) else {
                continue;
            };
            let module = graph.module(node);
            let definition = &module[function.function];
            let asks = questions.entry(function.file).or_insert_with(|| questions_of(module, &helpers));
            if !asks.iter().any(|question| definition.range.contains_range(*question)) {
                continue;
            }
            let [Some(given)] = definition.returns.iter().map(|ret| ret.value).collect::<Vec<_>>()[..] else {
                continue;
            };
            let object = object_of(module, function.function);
            let branches = Branches { graph, node, object, helpers: &helpers };
            if let Some(answer) = branches.answer(given).filter(|_| !definition.is_async && !definition.is_generator) {
                helpers.names.insert(definition.name);
                helpers.answers.insert(function, answer);
            }
        }
        if helpers.answers.len() == before {
            break;
        }
    }
    helpers
}

/// The calls and reads of a file that ask whether it is replayed.
fn questions_of(module: &Module, helpers: &Helpers) -> Vec<TextRange> {
    let question = |call: &ExprId| {
        let Expr::Call { callee, .. } = module[*call] else { return None };
        let (Expr::Attribute { name, .. } | Expr::Name { name, .. }) = module[callee] else { return None };
        let asks = name.as_str().starts_with("is_replaying") || helpers.names.contains(&name);
        asks.then(|| module.span(*call))
    };
    let mut found: Vec<TextRange> = module.calls().iter().filter_map(question).collect();
    // A property asks, too.
    if !helpers.names.is_empty() {
        let is_helper =
            |expr: &ExprId| matches!(module[*expr], Expr::Attribute { name, .. } if helpers.names.contains(&name));
        found.extend(module.expression_ids().filter(is_helper).map(|expr| module.span(expr)));
    }
    found
}

/// What a method calls its object.
fn object_of(module: &Module, function: FunctionId) -> Option<Name> {
    module[function].class?;
    module.parameters(function).first().map(|first| first.name)
}

/// Whether code that is run on replay and otherwise alike reads an attribute.
fn is_read_elsewhere(graph: &Graph<'_, '_>, helpers: &Helpers, node: NodeId, name: Name) -> bool {
    let module = graph.module(node);
    let branches = Branches { graph, node, object: None, helpers };
    module.expression_ids().any(|expr| {
        let Expr::Attribute { name: read, value } = module[expr] else { return false };
        let uses = module.uses();
        let is_read = read == name && !matches!(uses.use_of(expr), crate::semantic::Use::Target(_));
        let block = match module[value] {
            Expr::Name { block, .. } => Some(block),
            _ => None,
        };
        is_read && block.is_none_or(|block| branches.guard(block).is_none())
    })
}

struct Branches<'g, 'r, 'p> {
    graph: &'g Graph<'r, 'p>,
    node: NodeId,
    object: Option<Name>,
    helpers: &'g Helpers,
}

impl Branches<'_, '_, '_> {
    /// Whether a block runs on replay alone, or not on replay; nothing where both run it.
    fn guard(&self, block: BlockId) -> Option<bool> {
        let module = self.graph.module(self.node);
        module.guards(block).find_map(|(_, condition)| match condition {
            Condition::Test(test, holds) => self.answer(test).map(|answer| answer == holds),
            _ => None,
        })
    }

    /// What a test answers on replay, where that depends on it.
    fn answer(&self, test: ExprId) -> Option<bool> {
        let module = self.graph.module(self.node);
        match module[test] {
            Expr::Unary { op: crate::semantic::UnaryOp::Not, operand } => self.answer(operand).map(|answer| !answer),
            Expr::BoolOp { operands, .. } => module.list(operands).iter().find_map(|operand| self.answer(*operand)),
            Expr::Call { callee, .. } if self.is_question(callee) => Some(true),
            Expr::Call { callee, .. } if !self.helpers.answers.is_empty() => self.answer_of_helper(callee),
            Expr::Attribute { name, .. } if self.helpers.names.contains(&name) => {
                let getters = self.graph.led_to_by(self.node, module.span(test));
                let functions = getters.filter_map(|getter| function_of(self.graph.reach.node(getter)));
                functions.into_iter().find_map(|function| self.helpers.answers.get(&function).copied())
            }
            Expr::Name { .. } => {
                super::code::bindings_of(module, test).iter().find_map(|binding| match module[*binding].kind {
                    crate::semantic::BindingKind::Assign { value, .. }
                        if matches!(module[value], Expr::Call { .. } | Expr::Unary { .. } | Expr::Attribute { .. }) =>
                    {
                        self.answer(value)
                    }
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// What a function of the project gives on replay that does nothing but ask.
    fn answer_of_helper(&self, callee: ExprId) -> Option<bool> {
        let module = self.graph.module(self.node);
        let (Expr::Attribute { name, .. } | Expr::Name { name, .. }) = module[callee] else { return None };
        if !self.helpers.names.contains(&name) {
            return None;
        }
        let callees = self.callees(callee, self.graph.place(self.node));
        match self.graph.reach.evaluator().get(callees.only()?) {
            Value::Function(callable) => self.helpers.answers.get(&callable.function).copied(),
            _ => None,
        }
    }

    fn is_question(&self, callee: ExprId) -> bool {
        self.graph.outside_names(callee, self.node).iter().any(|name| {
            matches!(
                name.as_str(),
                "temporalio.workflow.unsafe.is_replaying" | "temporalio.workflow.unsafe.is_replaying_history_events"
            )
        })
    }

    fn done(&self, statement: StmtId) -> Vec<(TextRange, Done)> {
        let module = self.graph.module(self.node);
        let mut found = Vec::new();
        if matches!(module[statement], Stmt::Function(_) | Stmt::Class(_)) {
            return found;
        }
        let place = self.graph.place(self.node);
        module.each_expression(statement, &mut |expr| {
            each_within(module, expr, &mut |part| {
                if let Some(name) = self.command(part, place, DEEP) {
                    found.push((module.span(part), Done::Command(name)));
                }
            });
        });
        let targets: Vec<ExprId> = match module[statement] {
            Stmt::Assign { targets, .. } => module.list(targets).to_vec(),
            Stmt::Declare { target, value: Some(_) } | Stmt::Augment { target, .. } => vec![target],
            _ => Vec::new(),
        };
        for target in &targets {
            if let Some(name) = self.own_attribute(*target) {
                found.push((module.span(*target), Done::Assignment(name)));
            }
        }
        found.extend(self.changed(statement, &targets));
        if let Stmt::Return(Some(value)) = module[statement]
            && !matches!(module[value], Expr::None)
            && self.matters(value)
        {
            found.push((module.statement_span(statement), Done::Return));
        }
        found
    }

    /// The local values that a statement changes, where something follows from them that is done in either case.
    fn changed(&self, statement: StmtId, targets: &[ExprId]) -> Vec<(TextRange, Done)> {
        let module = self.graph.module(self.node);
        let bound = targets.iter().filter_map(|target| match module[*target] {
            Expr::Target(binding) => Some((*target, module[binding].variable)),
            _ => None,
        });
        let grown = match module[statement] {
            Stmt::Expr(call) => self.grown_by(call).and_then(|grown| Some((grown, variable_of(module, grown)?))),
            _ => None,
        };
        let matters = |variable: VariableId| {
            let first = module[variable].bindings.first();
            first.is_some_and(|first| module.reads_of(*first).any(|read| !self.is_guarded(read) && self.matters(read)))
        };
        let changed = bound.chain(grown).filter(|(_, variable)| matters(*variable));
        changed.map(|(target, variable)| (module.span(target), Done::Value(module[variable].name))).collect()
    }

    /// The collection that a call puts something into: `lines.append(line)`.
    fn grown_by(&self, call: ExprId) -> Option<ExprId> {
        let module = self.graph.module(self.node);
        let Expr::Call { callee, .. } = module[call] else { return None };
        let Expr::Attribute { value, name } = module[callee] else { return None };
        let is_name = matches!(module[value], Expr::Name { .. });
        (is_name && GROW.contains(&name.as_str())).then_some(value)
    }

    /// The conditional expressions of a statement that ask whether it is replayed, and from which something follows.
    fn choices(&self, statement: StmtId) -> Vec<TextRange> {
        let module = self.graph.module(self.node);
        let mut found = Vec::new();
        module.each_expression(statement, &mut |expr| {
            each_within(module, expr, &mut |part| {
                let Expr::Conditional { test, .. } = module[part] else { return };
                if self.answer(test).is_some() && self.matters(part) {
                    found.push(module.span(part));
                }
            });
        });
        found
    }

    /// Whether the result of the workflow or what it does follows from a value.
    fn matters(&self, value: ExprId) -> bool {
        let used = use_of(self.graph.reach, self.node, value);
        matches!(used, ValueUse::Decides | ValueUse::Identifies | ValueUse::State)
    }

    /// Whether a name is read only on replay, or only not on replay.
    fn is_guarded(&self, read: ExprId) -> bool {
        let module = self.graph.module(self.node);
        matches!(module[read], Expr::Name { block, .. } if self.guard(block).is_some())
    }

    /// The attribute of the method's object that a target is, or is something in.
    fn own_attribute(&self, target: ExprId) -> Option<Name> {
        let module = self.graph.module(self.node);
        match module[target] {
            Expr::Subscript { value, .. } => self.own_attribute(value),
            Expr::Attribute { value, name } => match module[value] {
                Expr::Name { name: object, .. } => (Some(object) == self.object).then_some(name),
                _ => self.own_attribute(value),
            },
            _ => None,
        }
    }

    /// What a callee may be. The block may count as one that nothing comes to, where even the method's object is unknown.
    fn callees(&self, callee: ExprId, place: Place) -> Values {
        let reach = self.graph.reach;
        let evaluator = reach.evaluator();
        let module = evaluator.project().module(place.file);
        if let Expr::Attribute { value, name } = module[callee]
            && let Expr::Name { name: object, .. } = module[value]
            && Some(object) == self.object
            && let Some(frame) = reach.node(self.node).frame
        {
            let frame = evaluator.store().frame(frame);
            let given = frame.parameters.iter().find(|(parameter, _)| *parameter == object);
            return given.map_or_else(Values::anything, |(_, values)| evaluator.attribute(values, name));
        }
        evaluator.value(callee, place)
    }

    /// The command that a call issues, itself or in what it calls.
    fn command(&self, call: ExprId, place: Place, depth: usize) -> Option<Name> {
        let evaluator = self.graph.reach.evaluator();
        let module = evaluator.project().module(place.file);
        let Expr::Call { callee, .. } = module[call] else { return None };
        for value in self.callees(callee, place).known {
            match evaluator.get(value) {
                Value::Function(callable) if depth > 0 => {
                    let function = callable.function;
                    let inner = evaluator.project().module(function.file);
                    let body = match inner[function.function].body {
                        Body::Statements(suite) => suite,
                        Body::Expression(_) => Suite::EMPTY,
                    };
                    let place = Place { file: function.file, frame: None };
                    let calls = super::code::expressions(inner, body, |expr| matches!(expr, Expr::Call { .. }));
                    if let Some(found) = calls.into_iter().find_map(|(_, call)| self.command(call, place, depth - 1)) {
                        return Some(found);
                    }
                }
                _ => {
                    let name = evaluator.outside_name(value).filter(|name| issues_command(*name));
                    if name.is_some() {
                        return name;
                    }
                }
            }
        }
        None
    }
}
