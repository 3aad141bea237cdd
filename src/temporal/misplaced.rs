//! Calls of the SDK that work in a workflow, an activity or a Nexus operation alone, in code that runs somewhere else.
//!
//! Knows: which calls these are (`only-in` in `rules/api/behaviour.yaml`), where code runs that calls them, what catches
//! what they raise, and what tests put in their place. Does not know: code of which nothing says who runs it.
//!
//! Code that the right side runs too is right where it stands: there the mistake is the call that leads into it from the
//! wrong side.

use rustc_hash::FxHashSet;

use super::analysis::{Analysis, Context, ReachedCode};
use super::definitions::Role;
use super::effects::Reached;
use super::elsewhere::{Elsewhere, Start};
use super::exceptions::Refusals;
use crate::python::{Code, Edge, Event, EventKind, FunctionRef, NodeId};
use crate::registry::behaviour;
use crate::registry::schema::RunsIn;
use crate::semantic::{Expr, ExprId, Module, Name};
use crate::source::{FileId, Span, TextRange};

/// Where calls of the SDK work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiGroup {
    /// In workflows.
    Workflow,
    /// In activities.
    Activity,
    /// In handlers of Nexus operations.
    Nexus,
}

impl ApiGroup {
    /// The group of a function of the SDK, by its qualified name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match behaviour().only_in(name)? {
            RunsIn::Workflow => Some(ApiGroup::Workflow),
            RunsIn::Activity => Some(ApiGroup::Activity),
            RunsIn::Nexus => Some(ApiGroup::Nexus),
            RunsIn::Import | RunsIn::Elsewhere => None,
        }
    }
}

/// Why code runs on the wrong side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A workflow runs it.
    Workflow,
    /// An activity runs it.
    Activity,
    /// Something else does.
    Elsewhere(Start),
    /// A thread does that knows the activity and has no event loop.
    WithoutLoop(Start),
}

/// A call on the wrong side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// The code to mend.
    pub node: NodeId,
    /// The place to mend: the call itself, or the one that leads into code of the right side.
    pub range: TextRange,
    /// The function of the SDK, without `temporalio.`.
    pub api: String,
    /// Where it works.
    pub group: ApiGroup,
    /// Why the code runs.
    pub side: Side,
    /// Code of the right side that is called, by its name in its module.
    pub through: Option<Through>,
    /// Whether the call, or a hop of each way to it, is one of several.
    pub doubtful: bool,
    /// Whether only a wrong annotation leads there.
    pub unlikely: bool,
    /// Whether the place is test code.
    pub is_in_tests: bool,
}

/// Code that is right where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Through {
    /// How it is called in its module.
    pub name: String,
    /// Whether the SDK calls it: an activity, or a method of a workflow.
    pub is_entry: bool,
    /// The place of the call of the SDK in it.
    pub at: Span,
}

/// All misplaced calls of some groups in one kind of code.
pub fn misplaced<'p>(
    analysis: &Analysis<'_, 'p>,
    groups: &[ApiGroup],
    mut report: impl FnMut(&ReachedCode<'p>, Vec<Misplaced>),
) {
    let mut finder = Finder::new(analysis, groups);
    for reached in &analysis.reached {
        let side = match reached.context {
            Context::Workflow => Side::Workflow,
            Context::AsyncActivity | Context::SyncActivity => Side::Activity,
            Context::AsyncOperation | Context::Import | Context::Elsewhere => continue,
        };
        report(reached, finder.find(reached, &|_| side));
    }
    let elsewhere = analysis.without_context();
    let start = |node: NodeId| Side::Elsewhere(start_of(elsewhere, node));
    report(&elsewhere.code, finder.find(&elsewhere.code, &start));
    if groups.contains(&ApiGroup::Activity) {
        let without_loop = analysis.without_loop();
        let start = |node: NodeId| Side::WithoutLoop(start_of(without_loop, node));
        finder.needs_loop = true;
        report(&without_loop.code, finder.find(&without_loop.code, &start));
    }
}

fn start_of(elsewhere: &Elsewhere<'_>, root: NodeId) -> Start {
    let roots = &elsewhere.code.reach.node(root).roots;
    roots.first().and_then(|root| elsewhere.starts.get(*root)).copied().unwrap_or(Start::Module)
}

struct Finder<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    groups: &'a [ApiGroup],
    entries: FxHashSet<FunctionRef>,
    activities: FxHashSet<FunctionRef>,
    /// Only what needs the event loop counts.
    needs_loop: bool,
}

impl<'a, 'e, 'p> Finder<'a, 'e, 'p> {
    fn new(analysis: &'a Analysis<'e, 'p>, groups: &'a [ApiGroup]) -> Self {
        let functions = |is_wanted: fn(Role) -> bool| {
            let entries = analysis.definitions.entry_points.iter().filter(move |entry| is_wanted(entry.role));
            entries.filter_map(|entry| match entry.root.code {
                Code::Function(function) => Some(function),
                _ => None,
            })
        };
        let activities: FxHashSet<FunctionRef> =
            analysis.definitions.activities.iter().map(|activity| activity.function).collect();
        Self {
            analysis,
            groups,
            entries: functions(|_| true).chain(activities.iter().copied()).collect(),
            activities,
            needs_loop: false,
        }
    }

    fn find(&self, reached: &ReachedCode<'p>, side_of: &dyn Fn(NodeId) -> Side) -> Vec<Misplaced> {
        let refusals = Refusals::new(self.analysis, reached);
        let environments = environments(reached);
        let mut found = Vec::new();
        for (id, node) in reached.reach.nodes() {
            for event in &node.events {
                let Some(call) = Reached::of(event).filter(|call| !call.is_read()) else { continue };
                let Some(group) = self.wrong_group(reached.context, call.name) else { continue };
                let is_taken = raised_by(group).iter().any(|class| refusals.takes(id, event, class));
                // A beat that is lost without a word is lost all the same, where nobody counts on that.
                if is_taken && (!self.needs_loop || refusals.is_expected(id, event, "builtins.RuntimeError")) {
                    continue;
                }
                let place = self.misplaced(reached, id, event, (call, group), &environments, side_of);
                found.extend(place.map(|place| Misplaced { unlikely: place.unlikely || is_taken, ..place }));
            }
        }
        found
    }

    /// The group of a function that does not work in a context.
    fn wrong_group(&self, context: Context, name: Name) -> Option<ApiGroup> {
        if self.needs_loop {
            return (name == "temporalio.activity.heartbeat").then_some(ApiGroup::Activity);
        }
        let group = ApiGroup::of(name.as_str()).filter(|group| self.groups.contains(group))?;
        let is_right = match group {
            ApiGroup::Workflow => context == Context::Workflow,
            ApiGroup::Activity => matches!(context, Context::AsyncActivity | Context::SyncActivity),
            ApiGroup::Nexus => false,
        };
        (!is_right).then_some(group)
    }

    fn misplaced(
        &self,
        reached: &ReachedCode<'_>,
        id: NodeId,
        event: &Event,
        (call, group): (Reached<'_>, ApiGroup),
        environments: &FxHashSet<(NodeId, TextRange)>,
        side_of: &dyn Fn(NodeId) -> Side,
    ) -> Option<Misplaced> {
        let reach = &reached.reach;
        let leaves = |edge: &Edge| environments.contains(&(edge.from, edge.site));
        let sure = reach.way_over(id, &|edge| !edge.doubtful && !edge.unlikely && !leaves(edge));
        let doubtful = sure.is_none() || call.doubtful;
        let way = sure.or_else(|| reach.way_over(id, &|edge| !leaves(edge)))?;
        let (root, _) = *way.first()?;
        let side = side_of(root);
        if self.is_replaced(reached, root, side) || self.is_in_a_wrapper(reached, &way, side) {
            return None;
        }
        let function_of = |node: NodeId| match reach.node(node).code {
            Code::Function(function) => Some(function),
            _ => None,
        };
        let is_right = |node: NodeId| function_of(node).is_some_and(|function| self.is_on_right_side(group, function));
        let api = call.name.as_str().strip_prefix("temporalio.").unwrap_or(call.name.as_str()).to_owned();
        let mut place = Misplaced {
            node: id,
            range: event.range,
            api,
            group,
            side,
            through: None,
            doubtful,
            unlikely: event.unlikely,
            is_in_tests: false,
        };
        let into = way.iter().position(|(node, _)| is_right(*node)).filter(|into| *into > 0 && !self.needs_loop);
        if let Some(into) = into {
            let (from, site) = way[into - 1];
            let function = function_of(way[into].0)?;
            let is_activity = self.activities.contains(&function);
            // That a workflow calls an activity is said already.
            if side == Side::Workflow && is_activity {
                return None;
            }
            let module = self.analysis.project.module(function.file);
            place.through = Some(Through {
                name: module.qualified_name(function.function),
                is_entry: self.entries.contains(&function),
                at: reach.span(id, event.range),
            });
            (place.node, place.range) = (from, site?);
        }
        place.is_in_tests = self.analysis.is_test(reach.node(place.node).code.file());
        Some(place)
    }

    /// Whether the side that a call belongs to runs a function, too.
    fn is_on_right_side(&self, group: ApiGroup, function: FunctionRef) -> bool {
        let sides = self.analysis.sides_of(Some(function));
        match group {
            ApiGroup::Workflow => sides.workflow,
            ApiGroup::Activity | ApiGroup::Nexus => sides.activity,
        }
    }

    /// Whether code stands in what a decorator of the project puts around an activity: such a decorator may give back
    /// something that workflows call.
    fn is_in_a_wrapper(&self, reached: &ReachedCode<'_>, way: &[(NodeId, Option<TextRange>)], side: Side) -> bool {
        let is_activity = |node: NodeId| match reached.reach.node(node).code {
            Code::Function(function) => self.activities.contains(&function),
            _ => false,
        };
        side == Side::Activity && !way.iter().any(|(node, _)| is_activity(*node)) && !self.is_interceptor(reached, way)
    }

    fn is_interceptor(&self, reached: &ReachedCode<'_>, way: &[(NodeId, Option<TextRange>)]) -> bool {
        let roots = way.first().map(|(root, _)| &reached.reach.node(*root).roots);
        let entries = roots.into_iter().flatten().filter_map(|root| reached.entries.get(*root));
        entries.into_iter().any(|entry| entry.role == Role::ActivityInterceptor)
    }

    /// Whether a test may have put something else in the place of what it runs.
    fn is_replaced(&self, reached: &ReachedCode<'_>, root: NodeId, side: Side) -> bool {
        let Side::Elsewhere(Start::Test | Start::Module) = side else { return false };
        let file = reached.reach.node(root).code.file();
        if !self.analysis.is_test(file) {
            return false;
        }
        let path = self.analysis.project.source(file).path();
        let is_around = |other: &FileId| {
            let other = self.analysis.project.source(*other).path();
            other.file_name() == Some("conftest.py") && other.parent().is_some_and(|folder| path.starts_with(folder))
        };
        let around = self.analysis.files.iter().copied().filter(is_around);
        std::iter::once(file).chain(around).any(|file| has_doubles(self.analysis.project.module(file)))
    }
}

/// What calls of a group raise elsewhere, and bases of it by which code catches it.
fn raised_by(group: ApiGroup) -> &'static [&'static str] {
    match group {
        ApiGroup::Workflow => {
            &["temporalio.exceptions.TemporalError", "temporalio.workflow._NotInWorkflowEventLoopError"]
        }
        ApiGroup::Activity | ApiGroup::Nexus => &["builtins.RuntimeError"],
    }
}

/// Where code hands a function to an environment for activities, which knows one while the function runs.
fn environments(reached: &ReachedCode<'_>) -> FxHashSet<(NodeId, TextRange)> {
    let mut found = FxHashSet::default();
    for (id, node) in reached.reach.nodes() {
        for event in &node.events {
            if matches!(event.kind, EventKind::Call { callee, .. } if callee == "temporalio.testing.ActivityEnvironment.run")
            {
                found.insert((id, event.range));
            }
        }
    }
    found
}

/// Whether a test file puts something in the place of something else: what a test then runs cannot be told.
fn has_doubles(module: &Module) -> bool {
    let makes_double = |call: &ExprId| {
        let Expr::Call { callee, .. } = module[*call] else { return false };
        let (Expr::Attribute { name, .. } | Expr::Name { name, .. }) = module[callee] else { return false };
        DOUBLES.contains(&name.as_str())
    };
    let is_asked_for = |function| {
        module.parameters(function).iter().any(|parameter| matches!(parameter.name.as_str(), "monkeypatch" | "mocker"))
    };
    let touches_context = |expr| match module[expr] {
        Expr::Attribute { name, .. } => matches!(name.as_str(), "_Context" | "_Runtime" | "_current_context"),
        _ => false,
    };
    module.calls().iter().any(makes_double)
        || module.function_ids().any(is_asked_for)
        || module.expression_ids().any(touches_context)
}

/// The last names of what makes a double or puts one in its place (`unittest.mock`, pytest).
const DOUBLES: &[&str] = &["AsyncMock", "MagicMock", "Mock", "create_autospec", "patch", "setattr", "setitem", "spy"];
