//! What is known of reached code as a place: why it runs, what the sandbox does about it, in which function it stands.
//!
//! Knows: the roles of the entry points that lead to it, the sandboxes of their workflows, and the branches that serve old
//! histories. Does not know: what the code does.

use rustc_hash::FxHashMap;

use super::analysis::{Analysis, Context, ReachedCode};
use super::definitions::{EntryPoint, Role};
use super::effects::is_restricted;
use crate::diagnostic::Unit;
use crate::python::{Code, Edge, FunctionRef, NodeId, Place, Reach, Value};
use crate::semantic::{BlockId, Condition, Expr, FunctionId, Module, UnaryOp};
use crate::source::{FileId, Span, TextRange};

/// What the sandbox does about code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InSandbox {
    /// It loads the module, and so sees what its code does.
    On,
    /// Some workers run the workflow in it; which ones is not known.
    Perhaps,
    /// The module is passed through it.
    Through,
    /// There is none.
    Off,
}

/// On which sides code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sides {
    /// Workflow code.
    pub workflow: bool,
    /// Code of an activity.
    pub activity: bool,
}

impl Sides {
    /// Whether it runs on one of them.
    #[must_use]
    pub fn any(self) -> bool {
        self.workflow || self.activity
    }
}

impl Analysis<'_, '_> {
    /// On which sides a function runs; none for code that neither workflows nor activities reach, and for what runs when a
    /// module is imported.
    #[must_use]
    pub fn sides_of(&self, function: Option<FunctionRef>) -> Sides {
        let Some(function) = function else { return Sides::default() };
        let sides = self.sides.get_or_init(|| {
            let mut sides: FxHashMap<FunctionRef, Sides> = FxHashMap::default();
            for reached in &self.reached {
                for (_, node) in reached.reach.nodes() {
                    let Code::Function(function) = node.code else { continue };
                    let sides = sides.entry(function).or_default();
                    match reached.context {
                        Context::Workflow => sides.workflow = true,
                        Context::AsyncActivity | Context::SyncActivity => sides.activity = true,
                        Context::AsyncOperation | Context::Import | Context::Elsewhere => {}
                    }
                }
            }
            sides
        });
        sides.get(&function).copied().unwrap_or_default()
    }
}

/// Why the SDK runs code: of several reasons the first that counts.
#[must_use]
pub fn role_of(reached: &ReachedCode<'_>, node: NodeId) -> Option<Role> {
    let order = |role: &Role| match role {
        Role::Run | Role::Init | Role::DynamicConfig => 0,
        Role::Signal => 1,
        Role::Update => 2,
        Role::Validator => 3,
        Role::Query => 4,
        Role::WorkflowInterceptor => 5,
        Role::AsyncActivity | Role::ActivityInterceptor => 6,
        Role::SyncActivity => 7,
        Role::AsyncOperation => 8,
    };
    reached.entries_of(node).map(|entry| entry.role).min_by_key(order)
}

/// What the sandbox of the workflows that reach code does about it; of several the strictest. The class of an interceptor is
/// handed over from outside of the sandbox, and with it the modules that its code sees.
#[must_use]
pub fn in_sandbox(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>, node: NodeId) -> InSandbox {
    let file = reached.reach.node(node).code.file();
    strictest(analysis, reached, node, |entry| match (entry.workflow, entry.role) {
        (_, Role::WorkflowInterceptor) => false,
        (Some(workflow), _) => analysis.is_sandboxed_for(workflow, file),
        (None, _) => analysis.is_sandboxed(file),
    })
}

/// What the sandbox does about the use of a symbol in reached code. A module that it loads sees stand-ins of modules; what
/// is built in is replaced for all code while a workflow runs (`temporalio/worker/workflow_sandbox/_importer.py`,
/// `restricted_builtins`).
#[must_use]
pub fn in_sandbox_for(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>, node: NodeId, name: &str) -> InSandbox {
    if name.starts_with("builtins.") && is_restricted(name) {
        return strictest(analysis, reached, node, |_| true);
    }
    in_sandbox(analysis, reached, node)
}

/// `is_seen` says whether the sandbox loads the code's module for an entry point; it takes long to find out.
fn strictest(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
    is_seen: impl Fn(&EntryPoint) -> bool,
) -> InSandbox {
    if reached.context == Context::Import {
        return while_loading(analysis, reached.reach.node(node).code.file());
    }
    let of_entry = |entry: &EntryPoint| {
        let sandbox = entry.workflow.map(|workflow| &analysis.sandboxes[workflow]);
        match sandbox.map(|sandbox| (sandbox.is_off, sandbox.perhaps_off)) {
            Some((true, _)) => InSandbox::Off,
            _ if !is_seen(entry) => InSandbox::Through,
            Some((_, true)) => InSandbox::Perhaps,
            _ => InSandbox::On,
        }
    };
    reached.entries_of(node).map(of_entry).min().unwrap_or(InSandbox::Through)
}

/// Whether a module that the sandbox may load is surely loaded by it.
#[must_use]
pub fn while_loading(analysis: &Analysis<'_, '_>, file: FileId) -> InSandbox {
    if analysis.is_surely_sandboxed(file) { InSandbox::On } else { InSandbox::Perhaps }
}

/// What findings in reached code are one of: those in the function that holds it, or in the class whose fields it makes.
#[must_use]
pub fn unit_of(reach: &Reach<'_>, node: NodeId) -> Option<Unit> {
    let span = holder_of(reach, node)?;
    let whole = if matches!(reach.node(node).code, Code::Factory { .. }) { "class" } else { "function" };
    Some(Unit { whole, ..Unit::function(span) })
}

/// The function that holds reached code, by the place of its name; the class whose fields it makes; the value that an
/// initialiser makes; nothing for the statements of a module. Lambdas, and functions that are called from where they stand
/// alone, belong to the function around them.
fn holder_of(reach: &Reach<'_>, node: NodeId) -> Option<Span> {
    let code = reach.node(node).code;
    let module = reach.evaluator().project().module(code.file());
    let range = match code {
        Code::Module(_) => return None,
        Code::Initialiser { value, .. } => module.span(value),
        Code::Factory { callee, .. } => module[module.class_holding(callee)?].name_range,
        Code::Function(function) => {
            let mut at = function.function;
            while let Some(around) = module.function_around(module[at].parent) {
                if !module[at].is_lambda() && !is_called_within(reach, node, around) {
                    break;
                }
                at = around;
            }
            module[at].name_range
        }
    };
    Some(Span { file: code.file(), range })
}

/// Whether all calls of a node's code stand in a function of its file, or in one inside it.
fn is_called_within(reach: &Reach<'_>, id: NodeId, function: FunctionId) -> bool {
    let node = reach.node(id);
    let module = reach.evaluator().project().module(node.code.file());
    let stands_in = |edge: &Edge| match reach.node(edge.from).code {
        Code::Function(caller) => {
            caller.file == node.code.file()
                && functions_around(module, caller.function).any(|around| around == function)
        }
        _ => false,
    };
    node.roots.is_empty() && node.parent.iter().chain(&node.others).all(stands_in)
}

/// A function and those around it.
fn functions_around(module: &Module, function: FunctionId) -> impl Iterator<Item = FunctionId> + '_ {
    std::iter::successors(Some(function), |at| module.function_around(module[*at].parent))
}

/// Whether code runs for old histories alone: every way to it, or its own block, lies behind a `workflow.patched` that did
/// not hold. What is wrong there cannot be mended without breaking those histories.
#[must_use]
pub fn serves_old_histories(reach: &Reach<'_>, node: NodeId, range: TextRange) -> bool {
    let event = reach.node(node).events.iter().find(|event| event.range == range);
    let own = event.and_then(|event| event.block).is_some_and(|block| is_unpatched(reach, reach.place(node), block));
    own || reach
        .all_ways_have(node, &|edge| edge.block.is_some_and(|block| is_unpatched(reach, reach.place(edge.from), block)))
}

fn is_unpatched(reach: &Reach<'_>, place: Place, block: BlockId) -> bool {
    let evaluator = reach.evaluator();
    let module = evaluator.project().module(place.file);
    module.guards(block).any(|(_, condition)| {
        let Condition::Test(mut test, mut holds) = condition else { return false };
        while let Expr::Unary { op: UnaryOp::Not, operand } = module[test] {
            (test, holds) = (operand, !holds);
        }
        !holds && evaluator.value(test, place).known.iter().any(|value| {
            matches!(evaluator.get(*value), Value::ResultOf(name) if *name == "temporalio.workflow.patched")
        })
    })
}

/// The workflow that reaches code, by the place of its name, if it is the only one.
#[must_use]
pub fn only_workflow(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>, node: NodeId) -> Option<Span> {
    let mut workflows = reached.entries_of(node).map(|entry| entry.workflow);
    let first = workflows.next()??;
    workflows.all(|other| other == Some(first)).then(|| analysis.definitions.workflows[first].span)
}
