//! Which exceptions that workflow code raises leave an entry point and are no failure of the workflow.
//!
//! Knows: `raise` and `assert`, what catches them on the way, tasks that keep them, which classes fail each workflow. Does
//! not know: exceptions that other code raises, or how a finding is worded.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

pub use super::depends::Condition;

use super::classes::{Kinds, Lineage};
use super::code::{Graph, function_of, statements};
use super::depends::condition;
use super::held_off::{At, is_held_off};
use super::outcome::{Held, outcome_of};
use super::raised::Raised;
use super::tasks::emerges;
use crate::python::{Code, Edge, Evaluator, EventKind, FunctionRef, HandOff, NodeId, Place, Value, ValueId};
use crate::registry::schema::Gathers;
use crate::semantic::{BlockId, Body, Expr, ExprId, FunctionId, Module, Name, RegionKind, Stmt, TryId, Use};
use crate::source::TextRange;
use crate::temporal::analysis::{Analysis, ReachedCode};
use crate::temporal::definitions::{EntryPoint, Role};
use crate::temporal::wiring::FailureTypes;

/// What raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raiser {
    /// A `raise` whose class says what is wrong with the data.
    Raise,
    /// An `assert`, or a `raise` of a class that says what is wrong with the code.
    Bug,
    /// A `raise` where an object is made.
    Constructor,
}

/// An exception that leaves an entry point whose task it fails.
#[derive(Debug, Clone)]
pub struct Escape {
    /// The code that raises.
    pub node: NodeId,
    /// Where the statement stands.
    pub range: TextRange,
    /// How the class is called.
    pub class: String,
    /// The class of what comes out instead, where what runs it gathers what it raises.
    pub comes_out_as: Option<String>,
    /// What raises.
    pub raiser: Raiser,
    /// When.
    pub condition: Condition,
    /// The way out: the nodes from the entry point on, each with the site that leads on.
    pub way: Vec<(NodeId, TextRange)>,
    /// What the entry point is.
    pub role: Role,
    /// Further entry points that it can leave.
    pub others: usize,
    /// A hop of the way is one of several, or the class is.
    pub doubtful: bool,
    /// Only a wrong annotation leads here, or what was settled before has become otherwise.
    pub unlikely: bool,
}

/// The exceptions that leave entry points of workflows over calls that are open.
pub fn escapes<'p>(
    analysis: &Analysis<'_, 'p>,
    reached: &ReachedCode<'p>,
    is_closed: &dyn Fn(&Edge) -> bool,
) -> Vec<Escape> {
    let graph = Graph::new(&reached.reach);
    let mut finder = Finder::new(analysis, reached, &graph, is_closed);
    finder.handled = finder.handling_interceptors();
    finder.activities = analysis.definitions.activities.iter().map(|activity| activity.function).collect();
    let mut found = Vec::new();
    let mut seen: FxHashSet<(crate::source::FileId, TextRange)> = FxHashSet::default();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        for event in &node.events {
            let raised = match event.kind {
                EventKind::Raise(statement) => finder.raised(id, statement),
                EventKind::Assert(statement) => finder.asserted(id, statement),
                _ => None,
            };
            let Some(raised) = raised.filter(|raised| finder.is_no_failure(raised.class)) else { continue };
            let place = (node.code.file(), event.range);
            let Some(block) = event.block.filter(|_| !seen.contains(&place)) else { continue };
            if let Some(mut escape) = finder.escape(id, event.range, block, &raised) {
                let at = At { node: id, block, range: event.range };
                escape.unlikely |= event.unlikely || is_held_off(&graph, &at);
                seen.insert(place);
                found.push(escape);
            }
        }
    }
    found
}

/// What a task group raises.
pub(super) const EXCEPTION_GROUP: &str = "builtins.ExceptionGroup";

/// One step of the search outwards.
struct Step {
    node: NodeId,
    site: TextRange,
    block: Option<BlockId>,
    inner: Option<usize>,
    /// A validator raised it, so that it is another that comes out.
    is_gathered: bool,
}

/// Looks through reached code for what escapes.
pub(super) struct Finder<'a, 'e, 'p> {
    pub(super) analysis: &'a Analysis<'e, 'p>,
    pub(super) reached: &'a ReachedCode<'p>,
    pub(super) graph: &'a Graph<'a, 'p>,
    pub(super) is_closed: &'a dyn Fn(&Edge) -> bool,
    /// The methods of interceptors that handle what they call raises.
    pub(super) handled: Vec<Name>,
    /// Whether context managers of which it is not sure that they swallow an exception are taken to let it pass.
    pub(super) only_sure: bool,
    /// Whether what a task keeps, and nobody asks for, is taken to come out all the same.
    pub(super) only_handlers: bool,
    /// What is no business of workflow code: that it is called there is told, and in an activity it may raise what it likes.
    pub(super) activities: FxHashSet<FunctionRef>,
    /// What comes out where validators raise, by the code that was looked at: each exception on a way through it asks.
    pub(super) gathering: RefCell<FxHashMap<NodeId, Option<&'static Gathers>>>,
}

impl<'a, 'e, 'p> Finder<'a, 'e, 'p> {
    pub(super) fn new(
        analysis: &'a Analysis<'e, 'p>,
        reached: &'a ReachedCode<'p>,
        graph: &'a Graph<'a, 'p>,
        is_closed: &'a dyn Fn(&Edge) -> bool,
    ) -> Self {
        let activities = FxHashSet::default();
        Self {
            analysis,
            reached,
            graph,
            is_closed,
            handled: Vec::new(),
            only_sure: false,
            only_handlers: false,
            activities,
            gathering: RefCell::default(),
        }
    }

    pub(super) fn module(&self, node: NodeId) -> &'p Module {
        self.graph.module(node)
    }

    /// The methods by which interceptors of the project handle what workflow code raises, and may turn it into a failure.
    pub(super) fn handling_interceptors(&self) -> Vec<Name> {
        let mut found = Vec::new();
        for entry in &self.analysis.definitions.entry_points {
            let Code::Function(function) = entry.root.code else { continue };
            let name = self.analysis.project.module(function.file)[function.function].name;
            if entry.role == Role::WorkflowInterceptor && !entry.in_tests && self.handles_what_comes_next(function) {
                found.push(name);
            }
        }
        found
    }

    /// Whether a method of an interceptor handles what the next one's method of the same name raises: the call stands in a
    /// `try`, or is handed to other code.
    fn handles_what_comes_next(&self, function: crate::python::FunctionRef) -> bool {
        let module = self.analysis.project.module(function.file);
        let Body::Statements(body) = module[function.function].body else { return false };
        let name = module[function.function].name;
        let is_next = |expr: Expr| matches!(expr, Expr::Attribute { name: read, .. } if read == name);
        let nexts = super::code::expressions(module, body, is_next);
        nexts.iter().any(|(statement, next)| {
            let is_called = matches!(module.uses().use_of(*next), Use::Called(_));
            !is_called || may_handle(module, module.block_of(*statement))
        })
    }

    pub(super) fn escape(&self, node: NodeId, range: TextRange, block: BlockId, raised: &Raised) -> Option<Escape> {
        if self.is_caught(raised, Some(block), node) {
            return None;
        }
        let sure = |edge: &Edge| !edge.doubtful && !edge.unlikely;
        let likely = |edge: &Edge| !edge.unlikely;
        let (ways, doubtful, unlikely) = None
            .or_else(|| self.ways_out(node, range, block, raised, &sure).map(|ways| (ways, false, false)))
            .or_else(|| self.ways_out(node, range, block, raised, &likely).map(|ways| (ways, true, false)))
            .or_else(|| self.ways_out(node, range, block, raised, &|_| true).map(|ways| (ways, true, true)))?;
        let (steps, role, others) = ways;
        let places: Vec<(NodeId, BlockId, TextRange)> =
            steps.iter().filter_map(|step| Some((step.node, step.block?, step.site))).collect();
        let constructs = steps.iter().skip(1).any(|step| self.is_constructor(step.node));
        let raiser = match raised.raiser {
            Raiser::Raise if constructs => Raiser::Constructor,
            raiser => raiser,
        };
        let is_gathered = steps.first().is_some_and(|step| step.is_gathered);
        let turned =
            if is_gathered { steps.iter().rev().find_map(|step| self.gathered(step.node, raised)) } else { None };
        let comes_out_as = turned.and_then(|turned| self.graph.reach.evaluator().outside_name(turned.class));
        Some(Escape {
            node,
            range,
            class: raised.shown.clone(),
            comes_out_as: comes_out_as.map(|name| name.last_part().to_owned()),
            raiser,
            condition: condition(self.graph, &places),
            way: steps.iter().map(|step| (step.node, step.site)).collect(),
            role,
            others,
            doubtful: doubtful || raised.doubtful,
            unlikely,
        })
    }

    /// The shortest way by which an exception leaves an entry point whose task it fails, and how many further entry
    /// points it can leave.
    fn ways_out(
        &self,
        start: NodeId,
        range: TextRange,
        block: BlockId,
        raised: &Raised,
        passes: &dyn Fn(&Edge) -> bool,
    ) -> Option<(Vec<Step>, Role, usize)> {
        let mut steps = vec![Step { node: start, site: range, block: Some(block), inner: None, is_gathered: false }];
        let mut gathered = None;
        let mut seen: FxHashSet<(NodeId, bool)> = std::iter::once((start, false)).collect();
        let (mut next, mut count, mut first) = (0, 0, None);
        while next < steps.len() {
            let Step { node: at, is_gathered, .. } = steps[next];
            let raised = gathered.as_ref().filter(|_| is_gathered).unwrap_or(raised);
            let turned = if is_gathered { None } else { self.gathered(at, raised) };
            let roots = self.graph.reach.node(at).roots.iter();
            let mut failing = roots
                .filter_map(|root| self.reached.entries.get(*root))
                .filter(|entry| self.fails_task_of(entry, raised))
                .peekable();
            if let Some(entry) = failing.peek() {
                first.get_or_insert((next, entry.role));
            }
            count += failing.count();
            for edge in self.graph.ways_into(at) {
                let turned = turned.as_ref().filter(|_| self.validates(at, edge));
                let is_gathered = is_gathered || turned.is_some();
                let is_new = !seen.contains(&(edge.from, is_gathered));
                if is_new && passes(edge) && !self.stops(at, edge, turned.unwrap_or(raised)) {
                    seen.insert((edge.from, is_gathered));
                    let (node, site, block) = (edge.from, edge.site, edge.block);
                    steps.push(Step { node, site, block, inner: Some(next), is_gathered });
                }
            }
            gathered = gathered.or(turned);
            next += 1;
        }
        let (first, role) = first?;
        let mut way = Vec::new();
        let mut at = Some(first);
        while let Some(index) = at {
            let step = &steps[index];
            way.push(Step { inner: None, ..*step });
            at = step.inner;
        }
        Some((way, role, count.saturating_sub(1)))
    }

    /// What comes out of the constructor that runs a validator in which this is raised.
    fn gathered(&self, node: NodeId, raised: &Raised) -> Option<Raised> {
        let gathers = self.gathers(node)?;
        let errors: Vec<&str> = gathers.errors.iter().map(String::as_str).collect();
        let evaluator = self.graph.reach.evaluator();
        Lineage::of(evaluator, raised.class).has(&errors).then(|| Raised {
            class: evaluator.store().id(Value::Outside(Name::new(&gathers.into))),
            shown: raised.shown.clone(),
            ..*raised
        })
    }

    /// What comes out where a function raises that is a validator.
    fn gathers(&self, node: NodeId) -> Option<&'static Gathers> {
        if let Some(known) = self.gathering.borrow().get(&node) {
            return *known;
        }
        let behaviour = self.reached.known.behaviour;
        let function = function_of(self.graph.reach.node(node));
        let validators = function.map_or_else(Vec::new, |function| self.validators_named(node, function.function));
        let found = validators.iter().find_map(|name| behaviour.gathered_from(name.as_str()));
        self.gathering.borrow_mut().insert(node, found);
        found
    }

    /// Whether an edge into a validator is one by which a constructor runs it, not a call of it: of a class, of a method of one.
    fn validates(&self, node: NodeId, edge: &Edge) -> bool {
        let Some(function) = function_of(self.graph.reach.node(node)) else { return false };
        let Some(call) = self.graph.call_at(edge.from, edge.site) else {
            return self.module(node)[function.function].class.is_some();
        };
        let Expr::Call { callee, arguments } = self.module(edge.from)[call] else { return false };
        let evaluator = self.graph.reach.evaluator();
        let is_class = |value: &ValueId| match evaluator.get(*value) {
            Value::Class(..) | Value::DynamicClass(_) | Value::Parametrised { .. } => true,
            Value::OutsideMethod { receiver, .. } => {
                matches!(evaluator.get(*receiver), Value::Class(..) | Value::OutsideInstance { .. })
            }
            _ => false,
        };
        let calls = |value: &ValueId| match evaluator.get(*value) {
            Value::Function(callable) => callable.function == function,
            Value::Partial { .. } => true,
            _ => false,
        };
        let called = self.graph.value(callee, edge.from);
        let given = self.module(edge.from).list(arguments).iter();
        called.known.iter().any(is_class)
            && !called.known.iter().any(calls)
            && !given.map(|given| self.graph.value(given.value, edge.from)).any(|given| given.known.iter().any(calls))
    }

    /// What makes a function a validator: its decorators, and calls at module level that are given it for an annotation.
    fn validators_named(&self, node: NodeId, function: FunctionId) -> Vec<Name> {
        let module = self.module(node);
        let definition = &module[function];
        let decorators = module.list(definition.decorators).iter().map(|decorator| module.named_by(*decorator));
        let mut found: Vec<Name> = decorators.flat_map(|named| self.graph.outside_names(named, node)).collect();
        if definition.class.is_none() {
            let bindings = module.bindings_of(definition.parent, definition.name);
            for read in bindings.iter().flat_map(|binding| module.reads_of(*binding)) {
                let Use::Argument { call, position: 0, .. } = module.uses().use_of(read) else { continue };
                let Expr::Call { callee, .. } = module[call] else { continue };
                found.extend(self.graph.outside_names(callee, node));
            }
        }
        found
    }

    fn is_constructor(&self, node: NodeId) -> bool {
        let Some(function) = function_of(self.graph.reach.node(node)) else { return false };
        let module = self.module(node);
        let definition = &module[function.function];
        let evaluator = self.graph.reach.evaluator();
        let world = evaluator.world();
        let is_hook = |class| {
            let class = crate::python::ClassRef { file: function.file, class };
            evaluator.constructor_hooks(class, None).contains(&definition.name)
        };
        let is_written = matches!(definition.name.as_str(), "__init__" | "__new__");
        definition.class.is_some_and(|class| is_written || is_hook(class))
            || (definition.class.is_some()
                && module.list(definition.decorators).iter().any(|decorator| {
                    let named = module.named_by(*decorator);
                    self.graph.outside_names(named, node).iter().any(|name| world.validates(*name))
                }))
    }

    fn fails_task_of(&self, entry: &EntryPoint, raised: &Raised) -> bool {
        if intercepted_by(entry.role).is_some_and(|method| self.handled.iter().any(|handled| *handled == method)) {
            return false;
        }
        let types = entry.workflow.and_then(|workflow| self.analysis.failure_types.get(workflow));
        entry.role.fails_the_task() && !entry.in_tests && !types.is_some_and(|types| self.covers(types, raised))
    }

    fn covers(&self, types: &FailureTypes, raised: &Raised) -> bool {
        let lineage = Lineage::of(self.graph.reach.evaluator(), raised.class);
        types.open
            || types
                .classes
                .iter()
                .any(|class| lineage.derives_from(self.analysis.evaluator.get(*class)) != Some(false))
    }

    /// Whether an exception does not pass a call.
    fn stops(&self, callee: NodeId, edge: &Edge, raised: &Raised) -> bool {
        let is_activity = function_of(self.graph.reach.node(callee)).is_some_and(|of| self.activities.contains(&of));
        is_activity || (self.is_closed)(edge) || self.is_stopped_at(callee, edge, raised)
    }

    /// What a coroutine raises comes out where it is awaited, what a task raises where its result is taken.
    pub(super) fn is_stopped_at(&self, callee: NodeId, edge: &Edge, raised: &Raised) -> bool {
        if self.is_callback(edge) {
            return !self.only_handlers;
        }
        if self.is_an_answer(callee, edge, raised) {
            return true;
        }
        let caught_here = || self.is_caught(raised, edge.block, edge.from);
        let Some(function) = function_of(self.graph.reach.node(callee)) else { return caught_here() };
        let definition = &self.module(callee)[function.function];
        if !definition.is_async || definition.is_generator {
            return caught_here();
        }
        let Some(call) = self.graph.call_at(edge.from, edge.site) else { return caught_here() };
        let emerges = emerges(self.graph, edge.from, call);
        if emerges.unknown {
            return caught_here();
        }
        if emerges.is_unread() {
            return !self.only_handlers;
        }
        emerges.blocks.iter().all(|block| self.is_caught(raised, Some(*block), edge.from))
    }

    /// Whether the event loop runs what an edge leads to, later: it only logs what that raises.
    fn is_callback(&self, edge: &Edge) -> bool {
        let Some(call) = self.graph.call_at(edge.from, edge.site) else { return false };
        let world = self.graph.reach.evaluator().world();
        let is_loop = |name: &Name| name.as_str().starts_with("asyncio.");
        let calls_later = |name: &Name| matches!(world.hand_off(*name), HandOff::Calls(calls) if calls.later);
        self.graph.outside_names_called(call, edge.from).iter().any(|name| is_loop(name) && calls_later(name))
    }

    pub(super) fn is_caught(&self, raised: &Raised, block: Option<BlockId>, node: NodeId) -> bool {
        let Some(block) = block else { return false };
        let module = self.module(node);
        let (evaluator, place) = (self.graph.reach.evaluator(), self.graph.place(node));
        module.regions_around(block).any(|(_, region)| match region.kind {
            RegionKind::Try(tried) => self.is_caught_by(tried, raised, node),
            RegionKind::With(with) => module.list(module[with].items).iter().any(|item| {
                self.suppressed(node, item.manager, raised).unwrap_or_else(|| {
                    let may =
                        || evaluator.manager_suppresses(item.manager, place) || self.may_convert(node, item.manager);
                    !self.only_sure && may()
                })
            }),
            _ => false,
        })
    }

    fn is_caught_by(&self, tried: TryId, raised: &Raised, node: NodeId) -> bool {
        let module = self.module(node);
        let (evaluator, place) = (self.graph.reach.evaluator(), self.graph.place(node));
        // `except*` takes groups apart.
        let is_group = matches!(evaluator.get(raised.class), Value::Outside(name) if *name == EXCEPTION_GROUP);
        if module[tried].is_star && is_group {
            return true;
        }
        for handler in module.list(module[tried].handlers) {
            // What cannot be told may catch it.
            if Kinds::of(evaluator, handler.kind, place).take_class(evaluator, raised.class) != Some(false) {
                let held = Held::Exception(raised.class);
                return !outcome_of(evaluator, handler, &held, place).raises_again;
            }
        }
        let finally = module[tried].finally;
        !finally.is_empty() && !statements(module, finally, |statement| matches!(statement, Stmt::Return(_))).is_empty()
    }

    /// What `contextlib.suppress(…)` does, or a generator of the project; `None` for another manager.
    fn suppressed(&self, node: NodeId, manager: ExprId, raised: &Raised) -> Option<bool> {
        let module = self.module(node);
        let Expr::Call { callee, arguments } = module[manager] else { return None };
        let generators = self.generators(node, callee);
        if !generators.is_empty() {
            return Some(generators.iter().any(|generator| handles(self.graph.reach.evaluator(), *generator, raised)));
        }
        if !self.graph.outside_names(callee, node).iter().any(|name| *name == "contextlib.suppress") {
            return None;
        }
        let evaluator = self.graph.reach.evaluator();
        let mut kinds = Kinds::default();
        module.list(arguments).iter().for_each(|given| kinds.take(evaluator, given.value, self.graph.place(node)));
        Some(kinds.take_class(evaluator, raised.class) != Some(false))
    }

    /// The generators of the project that a callee may be.
    fn generators(&self, node: NodeId, callee: ExprId) -> Vec<FunctionRef> {
        let evaluator = self.graph.reach.evaluator();
        let generator = |value: &ValueId| match evaluator.get(*value) {
            Value::Function(callable) => Some(callable.function),
            _ => None,
        };
        let is_generator = |of: &FunctionRef| evaluator.project().module(of.file)[of.function].is_generator;
        self.graph.value(callee, node).known.iter().filter_map(generator).filter(is_generator).collect()
    }

    /// Whether a manager of the project makes something else of exceptions: a class with an `__exit__` that looks at what it is
    /// given, or raises.
    fn may_convert(&self, node: NodeId, manager: ExprId) -> bool {
        let evaluator = self.graph.reach.evaluator();
        let converts = |exit: &ValueId| match evaluator.get(*exit) {
            Value::Function(callable) => {
                looks_at_exceptions(evaluator.project().module(callable.function.file), callable.function.function)
            }
            _ => true,
        };
        let managers = self.graph.value(manager, node);
        let mut exits = managers.known.iter().flat_map(|manager| evaluator.exits(*manager));
        exits.any(|(_, exit)| exit.known.iter().any(converts))
    }
}

/// The method of a `WorkflowInboundInterceptor` through which the SDK calls an entry point.
fn intercepted_by(role: Role) -> Option<&'static str> {
    match role {
        Role::Run | Role::Init => Some("execute_workflow"),
        Role::Signal => Some("handle_signal"),
        Role::Update => Some("handle_update_handler"),
        _ => None,
    }
}

/// Whether a generator behind a context manager may handle an exception around its `yield`, and not raise it again.
fn handles(evaluator: &Evaluator<'_>, generator: FunctionRef, raised: &Raised) -> bool {
    let module = evaluator.project().module(generator.file);
    let place = Place { file: generator.file, frame: None };
    module
        .handlers_around_yields(generator.function)
        .any(|handler| Kinds::of(evaluator, handler.kind, place).take_class(evaluator, raised.class) != Some(false))
}

/// Whether an `__exit__` asks about the exception that it is given, or raises one.
fn looks_at_exceptions(module: &Module, exit: FunctionId) -> bool {
    let given: Vec<Name> = module.parameters(exit).iter().skip(1).map(|parameter| parameter.name).collect();
    let asks = |id: ExprId| match module[id] {
        Expr::Name { name, block, .. } => module[block].function == Some(exit) && given.contains(&name),
        _ => false,
    };
    let Body::Statements(body) = module[exit].body else { return true };
    let raises = !statements(module, body, |statement| matches!(statement, Stmt::Raise { .. })).is_empty();
    raises || module.expression_ids().any(asks)
}

/// Whether what a block raises may be handled around it, by a handler that does not raise it again.
fn may_handle(module: &Module, block: BlockId) -> bool {
    module.regions_around(block).any(|(_, region)| match region.kind {
        RegionKind::Try(tried) => module.list(module[tried].handlers).iter().any(|handler| {
            let last = module.list(handler.body).iter().rev().find(|id| !matches!(module[**id], Stmt::Nothing));
            !last.is_some_and(|last| matches!(module[*last], Stmt::Raise { exception: None, .. }))
        }),
        _ => false,
    })
}
