//! State that outlives a workflow run, where workflow code changes or uses it.
//!
//! Knows: names of modules and attributes of classes that reached code assigns or changes, primitives of `asyncio` that are
//! made once a module, functions of imported modules that are replaced, functions whose results a cache keeps; what
//! [`lasting`] says of functions. Does not know: what is reached through other names for the same object, but for a local
//! name that stands for nothing else.
//!
//! A class that workflow code defines itself is its own, and so is what that holds.
//!
//! What code fills where it is not there yet (`if key not in cache: …`) is left alone: whoever fills it comes to the same. Where
//! commands are sent only then, it is not: a run that finds it filled sends none.

mod fills;
mod lasting;

use rustc_hash::FxHashSet;

pub use self::fills::read_of_activities;
use self::lasting::Lasting;
use super::analysis::{Analysis, ReachedCode};
use super::code::{Graph, each_statement, each_within, variable_of};
use super::commands::is_command;
use super::effects::Reached;
use super::missing::{says_missing, takes_out};
use crate::python::{Callable, ClassRef, Code, Event, Generated, NodeId, Value};
use crate::registry::behaviour;
use crate::semantic::{
    Argument, ArgumentKind, BindingKind, BlockId, Body, Condition, Expr, ExprId, List, Module, Name, RegionKind, Stmt,
    StmtId, VariableId,
};
use crate::source::{FileId, Span, TextRange, TextSize, first_part, last_part};

/// What is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shared {
    /// A name of a module, or what it holds.
    Module,
    /// An attribute of a class, or what it holds.
    Class,
    /// What the default of a parameter holds, which is made when the function is defined.
    Default,
    /// A function of a module outside the project, which is replaced for the whole process.
    Replaced,
    /// Something of `asyncio` that belongs to the event loop which first waits for it.
    Primitive,
    /// A name of a module that activities fill, and workflow code reads.
    Filled,
    /// What a cached function gave an earlier run.
    Cached,
    /// A coroutine that a cache keeps.
    Coroutine,
}

/// A place where workflow code changes or uses what is shared.
#[derive(Debug, Clone)]
pub struct SharedState {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where it stands.
    pub range: TextRange,
    /// What is shared.
    pub shared: Shared,
    /// How it is called.
    pub name: String,
    /// Where it is made, if that is in the project.
    pub made: Option<Span>,
}

/// The places in reached workflow code where what outlives a run is changed or used: the first of each in a piece of code.
#[must_use]
pub fn shared_states(reached: &ReachedCode<'_>) -> Vec<SharedState> {
    changes(reached, false)
}

/// The same; `all` says that what fills a cache counts, too.
fn changes(reached: &ReachedCode<'_>, all: bool) -> Vec<SharedState> {
    let graph = Graph::new(&reached.reach);
    let lasting = Lasting::of(&graph);
    let mut found = Vec::new();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        if matches!(node.code, Code::Function(_)) {
            let seen = FxHashSet::default();
            let mut finder = Finder { graph: &graph, lasting: &lasting, node: id, all, seen, found: &mut found };
            finder.code();
            found.extend(cached(&graph, id));
        }
    }
    found
}

/// What a cache keeps of a function that is not the same for all runs.
fn cached(graph: &Graph<'_, '_>, node: NodeId) -> Option<SharedState> {
    let Code::Function(function) = graph.reach.node(node).code else { return None };
    if !graph.is_cached(node) {
        return None;
    }
    let definition = &graph.module(node)[function.function];
    let range = definition.name_range;
    let whole = TextRange::up_to(TextSize::of(graph.reach.evaluator().project().source(function.file).text()));
    let is_of_run = |call: &&Event| Reached::of(call).is_some_and(|call| OF_A_RUN.contains(&call.name.as_str()));
    let shared = match definition.is_async {
        true => Shared::Coroutine,
        false => graph.calls_within(node, whole).iter().any(is_of_run).then_some(Shared::Cached)?,
    };
    Some(SharedState { node, range, shared, name: definition.name.to_string(), made: None })
}

/// What the SDK answers each run otherwise, or does for each.
const OF_A_RUN: &[&str] = &[
    "temporalio.workflow.current_update_info",
    "temporalio.workflow.deprecate_patch",
    "temporalio.workflow.info",
    "temporalio.workflow.instance",
    "temporalio.workflow.memo",
    "temporalio.workflow.memo_value",
    "temporalio.workflow.new_random",
    "temporalio.workflow.now",
    "temporalio.workflow.patched",
    "temporalio.workflow.random",
    "temporalio.workflow.time",
    "temporalio.workflow.time_ns",
    "temporalio.workflow.uuid4",
    "temporalio.workflow.uuid7",
];

/// Modules with workflows whose own code replaces a function of an imported module: where, and of what name.
#[must_use]
pub fn replaced_at_import(analysis: &Analysis<'_, '_>) -> Vec<(Span, String)> {
    let files: FxHashSet<FileId> = analysis.definitions.workflows.iter().map(|workflow| workflow.span.file).collect();
    let mut found = Vec::new();
    for file in files {
        let module = analysis.project.module(file);
        for statement in module.list(module.body()) {
            let Stmt::Assign { targets, value } = module[*statement] else { continue };
            for target in module.list(targets) {
                let is_code = matches!(module[value], Expr::Lambda(_)) || names_function(module, value);
                if let Some(name) = of_imported(module, *target).filter(|_| is_code) {
                    found.push((Span { file, range: module.span(*target) }, name));
                }
            }
        }
    }
    found.sort_by_key(|(span, _)| (span.file, span.range.start()));
    found
}

/// `json.dumps`, where `import json` binds the name, and nothing in the project has it.
fn of_imported(module: &Module, target: ExprId) -> Option<String> {
    let Expr::Attribute { value, name } = module[target] else { return None };
    let variable = variable_of(module, value)?;
    let [binding] = module[variable].bindings.as_slice() else { return None };
    match module[*binding].kind {
        BindingKind::Import { module: source } if is_standard(source) => Some(format!("{source}.{name}")),
        _ => None,
    }
}

fn names_function(module: &Module, value: ExprId) -> bool {
    let Some(variable) = variable_of(module, value) else { return false };
    module[variable].bindings.iter().any(|binding| matches!(module[*binding].kind, BindingKind::Function(_)))
}

/// Something shared, as an expression names it.
struct Root {
    shared: Shared,
    name: String,
    /// The last of its names, which tests speak of.
    last: Name,
    made: Option<Span>,
    /// Which it is, where code elsewhere can be seen to speak of the same.
    held: Option<Held>,
}

/// What keeps something shared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// A variable of a file.
    Variable(FileId, VariableId),
    /// An attribute of a class.
    Attribute(ClassRef, Name),
}

struct Finder<'f, 'g, 'r, 'p> {
    graph: &'g Graph<'r, 'p>,
    lasting: &'g Lasting<'g, 'r, 'p>,
    node: NodeId,
    /// Whether what fills a cache counts, too.
    all: bool,
    /// What was found in this code.
    seen: FxHashSet<(Shared, String)>,
    found: &'f mut Vec<SharedState>,
}

impl<'p> Finder<'_, '_, '_, 'p> {
    fn module(&self) -> &'p Module {
        self.graph.module(self.node)
    }

    fn code(&mut self) {
        let module = self.module();
        if let Code::Function(function) = self.graph.reach.node(self.node).code
            && let Body::Expression(given) = module[function.function].body
        {
            let mut parts = Vec::new();
            each_within(module, given, &mut |part| parts.push(part));
            let entry = module[function.function].entry;
            parts.into_iter().for_each(|part| self.expression(part, entry));
        }
        let mut statements = Vec::new();
        each_statement(module, self.graph.body(self.node), &mut |statement| statements.push(statement));
        for statement in statements {
            let block = module.block_of(statement);
            if self.graph.reach.evaluator().may_run(block, self.graph.place(self.node)) {
                self.statement(statement, block);
            }
        }
    }

    fn statement(&mut self, id: StmtId, block: BlockId) {
        let module = self.module();
        match module[id] {
            Stmt::Function(_) | Stmt::Class(_) => return,
            Stmt::Assign { targets, .. } => {
                module.list(targets).iter().for_each(|target| self.target(*target, block));
            }
            Stmt::Declare { target, value: Some(_) } | Stmt::Augment { target, .. } => self.target(target, block),
            Stmt::Delete(targets) => module.list(targets).iter().for_each(|target| self.target(*target, block)),
            _ => {}
        }
        let mut parts = Vec::new();
        module.each_expression(id, &mut |expr| each_within(module, expr, &mut |part| parts.push(part)));
        for part in parts {
            self.expression(part, block);
        }
    }

    /// Something is assigned, or deleted.
    fn target(&mut self, target: ExprId, block: BlockId) {
        let module = self.module();
        let changed = match module[target] {
            Expr::Tuple(items) | Expr::List(items) => {
                return module.list(items).iter().for_each(|item| self.target(*item, block));
            }
            Expr::Target(_) | Expr::Name { .. } => self.rebound(target),
            Expr::Attribute { value, name } => self.attribute(value, name),
            Expr::Subscript { value, .. } => self.root(value),
            _ => None,
        };
        self.note(changed, module.span(target), Some(block));
    }

    /// `global total`, and then `total = …`.
    fn rebound(&self, target: ExprId) -> Option<Root> {
        let module = self.module();
        let variable = variable_of(module, target)?;
        let outlives = module[variable].scope == module.global() || self.lasting.is_around(self.node, variable);
        outlives.then(|| self.of_variable(module, self.file(), variable))
    }

    fn file(&self) -> FileId {
        self.graph.reach.node(self.node).code.file()
    }

    fn of_variable(&self, module: &Module, file: FileId, variable: VariableId) -> Root {
        let name = module[variable].name;
        let made = module[variable].bindings.iter().find_map(|binding| match module[*binding].kind {
            BindingKind::Assign { value, .. } => Some(Span { file, range: module.span(value) }),
            _ => None,
        });
        let held = Some(Held::Variable(file, variable));
        Root { shared: Shared::Module, name: name.to_string(), last: name, made, held }
    }

    /// An attribute that is set: of a module, of a class, or of what a module's name holds.
    fn attribute(&self, object: ExprId, name: Name) -> Option<Root> {
        let module = self.module();
        let evaluator = self.graph.reach.evaluator();
        let values = self.graph.value(object, self.node);
        match values.only().map(|value| evaluator.get(value)) {
            Some(Value::Module(file)) => {
                let other = evaluator.project().module(*file);
                let variable = other.variable(other.global(), name)?;
                Some(self.of_variable(other, *file, variable))
            }
            Some(Value::Class(class, _)) if self.is_lasting(*class) => {
                let shown = format!("{}.{name}", evaluator.project().module(class.file)[class.class].name);
                let held = Some(Held::Attribute(*class, name));
                Some(Root { shared: Shared::Class, name: shown, last: name, made: None, held })
            }
            // `number.calls += 1`.
            Some(Value::Function(Callable { function, receiver: None, .. })) => {
                let other = evaluator.project().module(function.file);
                let definition = &other[function.function];
                let shown = format!("{}.{name}", definition.name);
                let is_lasting = definition.parent == other.global();
                is_lasting.then_some(Root { shared: Shared::Module, name: shown, last: name, made: None, held: None })
            }
            Some(Value::Outside(_)) => {
                let imported = variable_of(module, object).is_some_and(|variable| {
                    let is_import = |binding: &crate::semantic::BindingId| {
                        matches!(module[*binding].kind, BindingKind::Import { .. })
                    };
                    module[variable].bindings.iter().all(is_import)
                });
                let outside = values.only().and_then(|value| evaluator.outside_name(value)).filter(|_| imported)?;
                let name_of = format!("{outside}.{name}");
                let shared = Shared::Replaced;
                is_standard(outside).then_some(Root { shared, name: name_of, last: name, made: None, held: None })
            }
            _ => self.root(object),
        }
    }

    /// What an expression is a part of, where that outlives a run.
    fn root(&self, expr: ExprId) -> Option<Root> {
        self.root_behind(expr, 0)
    }

    /// [`Self::root`], behind so many local names: names that stand for each other stand for nothing.
    fn root_behind(&self, expr: ExprId, hops: usize) -> Option<Root> {
        let module = self.module();
        let evaluator = self.graph.reach.evaluator();
        match module[expr] {
            Expr::Name { name, block, .. } => {
                let variable = module.variable_read(name, block)?;
                if module[variable].scope == module.global() || self.lasting.is_around(self.node, variable) {
                    return self.held_by(module, self.file(), variable, 0);
                }
                if let Some(default) = self.lasting.default_of(self.node, variable) {
                    return is_made(module, default).then(|| self.of_default(module, self.file(), name, default));
                }
                if hops == MOST_HOPS {
                    return None;
                }
                self.root_behind(alone_in(module, variable)?, hops + 1)
            }
            Expr::Attribute { value, name } => {
                match self.graph.value(value, self.node).only().map(|of| evaluator.get(of)) {
                    Some(Value::Module(file)) => {
                        let other = evaluator.project().module(*file);
                        self.held_by(other, *file, other.variable(other.global(), name)?, 0)
                    }
                    Some(Value::Class(class, _)) => self.of_class(*class, name),
                    // What an object does not have of its own is that of its class.
                    Some(Value::Instance(instance)) => {
                        let inner = evaluator.project().module(instance.class.file);
                        let is_own = inner.attribute_stores(name).next().is_some();
                        if is_own {
                            let kept = self.lasting.default_kept_as(instance, name);
                            let of_default = |(file, parameter, default)| {
                                let inner = evaluator.project().module(file);
                                is_made(inner, default).then(|| self.of_default(inner, file, parameter, default))
                            };
                            kept.and_then(of_default).or_else(|| self.root_behind(value, hops))
                        } else {
                            self.of_class(instance.class, name).or_else(|| self.root_behind(value, hops))
                        }
                    }
                    _ => self.root_behind(value, hops),
                }
            }
            Expr::Subscript { value, .. } => self.root_behind(value, hops),
            _ => None,
        }
    }

    /// What the default of a parameter made when the function was defined.
    fn of_default(&self, module: &Module, file: FileId, parameter: Name, default: ExprId) -> Root {
        let made = Some(Span { file, range: module.span(default) });
        Root { shared: Shared::Default, name: parameter.to_string(), last: parameter, made, held: None }
    }

    /// Whether a class is made once a module, and not by code that runs.
    fn is_lasting(&self, class: ClassRef) -> bool {
        let module = self.graph.reach.evaluator().project().module(class.file);
        module[class.class].parent == module.global()
    }

    /// What a class's body makes under a name, and every object of it has.
    fn of_class(&self, class: ClassRef, name: Name) -> Option<Root> {
        let evaluator = self.graph.reach.evaluator();
        // Fields of generated classes are copied, or refused.
        if !self.is_lasting(class) || evaluator.generated(class, None) != Generated::No {
            return None;
        }
        let module = evaluator.project().module(class.file);
        let [binding] = module.bindings_of(module[class.class].scope, name) else { return None };
        let BindingKind::Assign { value, .. } = module[*binding].kind else { return None };
        is_made(module, value).then(|| Root {
            shared: Shared::Class,
            name: format!("{}.{name}", module[class.class].name),
            last: name,
            made: Some(Span { file: class.file, range: module.span(value) }),
            held: Some(Held::Attribute(class, name)),
        })
    }

    /// What a module's name holds: something that the module makes, or another one that it imports from.
    fn held_by(&self, module: &Module, file: FileId, variable: VariableId, hops: usize) -> Option<Root> {
        let evaluator = self.graph.reach.evaluator();
        let name = module[variable].name;
        for binding in &module[variable].bindings {
            match module[*binding].kind {
                BindingKind::Assign { value, .. } if is_made(module, value) => {
                    return Some(self.of_variable(module, file, variable));
                }
                BindingKind::ImportFrom { module: from, level, name: imported } if hops < MOST_HOPS => {
                    let source = evaluator.import_source(file, from, level);
                    let Value::Module(other) = *evaluator.get(source.only()?) else { return None };
                    let inner = evaluator.project().module(other);
                    let held = inner.variable(inner.global(), imported)?;
                    return self.held_by(inner, other, held, hops + 1).map(|root| Root {
                        name: name.to_string(),
                        last: name,
                        ..root
                    });
                }
                _ => {}
            }
        }
        None
    }

    // ---- expressions

    fn expression(&mut self, expr: ExprId, block: BlockId) {
        let module = self.module();
        match module[expr] {
            Expr::Call { callee, arguments } => {
                let changed = self.first_changed(callee, arguments).and_then(|argument| self.root(argument));
                self.note(changed, module.span(expr), None);
                if let Expr::Attribute { value, .. } = module[callee]
                    && self.changes_its_object(callee)
                {
                    let changed = self.root(value);
                    let takes_out = matches!(module[callee], Expr::Attribute { name, .. } if takes_out(name.as_str()));
                    let fills = if takes_out { None } else { Some(block) };
                    self.note(changed, module.span(expr), fills);
                }
            }
            Expr::Name { .. } | Expr::Attribute { .. } => {
                let classes = self.graph.outside_classes(expr, self.node);
                if classes.iter().any(|class| is_primitive(class.as_str()))
                    && let Some(root) = self.root(expr)
                {
                    let used = Root { shared: Shared::Primitive, ..root };
                    self.add(used, module.span(expr));
                }
            }
            _ => {}
        }
    }

    /// The argument that a call changes: `next(numbers)`, `heapq.heappush(queue, item)`.
    fn first_changed(&self, callee: ExprId, arguments: List<Argument>) -> Option<ExprId> {
        let names = self.graph.outside_names(callee, self.node);
        let changes = |name: &Name| {
            matches!(behaviour().changes(name.as_str()), Some(crate::registry::schema::ValueOf::Argument(0)))
        };
        let given = self.module().list(arguments).first()?;
        (!names.is_empty() && names.iter().all(changes) && given.kind == ArgumentKind::Positional)
            .then_some(given.value)
    }

    fn changes_its_object(&self, callee: ExprId) -> bool {
        let names = self.graph.outside_names(callee, self.node);
        !names.is_empty()
            && names.iter().all(|name| {
                matches!(behaviour().changes(name.as_str()), Some(crate::registry::schema::ValueOf::Receiver))
                    && !name.as_str().starts_with("asyncio.")
            })
    }

    /// Notes a change; `fills` is the block of one that puts something there.
    fn note(&mut self, changed: Option<Root>, range: TextRange, fills: Option<BlockId>) {
        let is_cache = |root: &Root| !self.all && fills.is_some_and(|block| self.fills_what_is_missing(root, block));
        if let Some(root) = changed.filter(|root| !is_cache(root)) {
            self.add(root, range);
        }
    }

    fn add(&mut self, root: Root, range: TextRange) {
        if self.seen.insert((root.shared, root.name.clone())) {
            let Root { shared, name, made, .. } = root;
            self.found.push(SharedState { node: self.node, range, shared, name, made });
        }
    }

    /// Whether commands are sent where a test comes out so.
    fn sends_commands_behind(&self, node: NodeId, guard: (BlockId, Condition)) -> bool {
        let module = self.graph.module(node);
        let is_behind = |call: &&ExprId| {
            let block = module.block_of_call(**call);
            block.is_some_and(|block| module.guards(block).any(|other| other == guard))
        };
        let sends = |call: &ExprId| self.graph.calls_within(node, module.span(*call)).into_iter().any(is_command);
        module.calls().iter().filter(is_behind).any(sends)
    }

    /// Whether code runs only where a test finds that it is not there, or in a handler.
    fn fills_what_is_missing(&self, root: &Root, block: BlockId) -> bool {
        let is_named = |module: &Module, part: ExprId| names(module, part, root.last);
        self.is_behind_question(self.node, block, &is_named)
            || self.module().regions_around(block).any(|(_, region)| matches!(region.kind, RegionKind::Handler(..)))
            || root.held.is_some_and(|held| self.is_called_behind_question(held))
    }

    /// Whether control comes to a block only where a test finds that it is not there.
    fn is_behind_question(&self, node: NodeId, block: BlockId, is_it: &dyn Fn(&Module, ExprId) -> bool) -> bool {
        let module = self.graph.module(node);
        module.guards(block).any(|guard| {
            let Condition::Test(test, truth) = guard.1 else { return false };
            let is_it = |part: ExprId| is_it(module, part) || is_looked_up_in(module, part, is_it);
            says_missing(module, test, truth, &is_it) && !self.sends_commands_behind(node, guard)
        })
    }

    /// Whether all that calls this code does so only where a test finds that it is not there, or is called so itself.
    fn is_called_behind_question(&self, held: Held) -> bool {
        let reach = self.graph.reach;
        let mut asked = vec![self.node];
        let mut next = 0;
        while let Some(&node) = asked.get(next) {
            let mut ways = self.graph.ways_into(node).peekable();
            if next == MOST_CALLERS || !reach.node(node).roots.is_empty() || ways.peek().is_none() {
                return false;
            }
            for edge in ways {
                let is_it = |_: &Module, part: ExprId| self.held_as(edge.from, part) == Some(held);
                let is_behind = edge.block.is_some_and(|block| self.is_behind_question(edge.from, block, &is_it));
                if !is_behind && !asked.contains(&edge.from) {
                    asked.push(edge.from);
                }
            }
            next += 1;
        }
        true
    }

    /// The variable that keeps what another one stands for: that which it imports, where that is never bound anew.
    fn bound_once_in(&self, module: &Module, file: FileId, variable: VariableId, hops: usize) -> Option<Held> {
        let [binding] = module[variable].bindings.as_slice() else { return Some(Held::Variable(file, variable)) };
        let BindingKind::ImportFrom { module: from, level, name } = module[*binding].kind else {
            return Some(Held::Variable(file, variable));
        };
        let evaluator = self.graph.reach.evaluator();
        let source = evaluator.import_source(file, from, level);
        let Value::Module(other) = *evaluator.get(source.only()?) else { return None };
        let inner = evaluator.project().module(other);
        let held = inner.variable(inner.global(), name)?;
        let is_bound_once = inner[held].bindings.len() == 1 && hops < MOST_HOPS;
        is_bound_once.then(|| self.bound_once_in(inner, other, held, hops + 1)).flatten()
    }

    /// What keeps that which an expression of some code names.
    fn held_as(&self, node: NodeId, expr: ExprId) -> Option<Held> {
        let module = self.graph.module(node);
        let evaluator = self.graph.reach.evaluator();
        match module[expr] {
            Expr::Name { name, block, .. } => {
                let file = self.graph.reach.node(node).code.file();
                self.bound_once_in(module, file, module.variable_read(name, block)?, 0)
            }
            Expr::Attribute { value, name } => match evaluator.get(self.graph.value(value, node).only()?) {
                Value::Module(file) => {
                    let other = evaluator.project().module(*file);
                    Some(Held::Variable(*file, other.variable(other.global(), name)?))
                }
                Value::Class(class, _) => Some(Held::Attribute(*class, name)),
                Value::Instance(instance) => {
                    let inner = evaluator.project().module(instance.class.file);
                    let is_own = inner.attribute_stores(name).next().is_some();
                    (!is_own).then_some(Held::Attribute(instance.class, name))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// The expression that a local name stands for, where it stands for nothing else.
fn alone_in(module: &Module, variable: VariableId) -> Option<ExprId> {
    let [binding] = module[variable].bindings.as_slice() else { return None };
    match module[*binding].kind {
        BindingKind::Assign { value, path, .. } if path.is_empty() => {
            matches!(module[value], Expr::Name { .. } | Expr::Attribute { .. }).then_some(value)
        }
        _ => None,
    }
}

fn names(module: &Module, part: ExprId, name: Name) -> bool {
    matches!(module[part], Expr::Name { name: read, .. } | Expr::Attribute { name: read, .. } if read == name)
}

/// Whether a name stands for what was looked up in something else: `known = cache.get(key)`.
fn is_looked_up_in(module: &Module, part: ExprId, is_it: &dyn Fn(&Module, ExprId) -> bool) -> bool {
    let Expr::Name { name: read, block, mark } = module[part] else { return false };
    let Some(variable) = module.variable_read(read, block) else { return false };
    let bindings = module.reaching(variable, block, mark);
    let is_look_up = |value: ExprId| match module[value] {
        Expr::Call { callee, .. } => matches!(module[callee],
            Expr::Attribute { value, name: method } if method == "get" && is_it(module, value)),
        _ => false,
    };
    !bindings.is_empty()
        && bindings.iter().all(|binding| match module[*binding].kind {
            BindingKind::Assign { value, path, .. } => path.is_empty() && is_look_up(value),
            _ => false,
        })
}

/// How many functions are asked whether they ask for something before they have it filled.
const MOST_CALLERS: usize = 16;

/// Through how many modules a name is followed that one imports from another.
const MOST_HOPS: usize = 4;

fn is_standard(module: Name) -> bool {
    let top = first_part(module.as_str());
    super::stdlib::MODULES.binary_search(&top).is_ok()
}

/// Whether a value is an object that is made there: a container, or what a call gives.
fn is_made(module: &Module, value: ExprId) -> bool {
    matches!(
        module[value],
        Expr::List(_) | Expr::Dict(_) | Expr::Set(_) | Expr::Call { .. } | Expr::Comprehension { .. }
    )
}

/// What waits, and remembers the event loop that it first waited on (asyncio/mixins.py, `_get_loop`).
fn is_primitive(class: &str) -> bool {
    class.strip_prefix("asyncio.").is_some_and(|_| {
        matches!(
            last_part(class),
            "Lock" | "Event" | "Condition" | "Semaphore" | "BoundedSemaphore" | "Queue" | "PriorityQueue" | "LifoQueue"
        )
    })
}
