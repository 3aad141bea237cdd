//! The pieces of code that roots reach, and the ways that lead to them.
//!
//! Where collections turn out to hold more than was known, everything is followed anew, but code is gone through again only
//! if something that it rested on has changed.
//!
//! Knows: nodes, edges, events. Does not know: how a piece of code is gone through ([`walk`](super::walk)).

use std::cell::OnceCell;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::super::call::Defaulted;
use super::super::eval::{Evaluator, Place};
use super::super::limits::{Cut, Limit};
use super::super::sources::SourcesId;
use super::super::value::{Arguments, Callable, FrameId, FunctionRef, Value, ValueId, Values};
use super::outside::LoadedOutside;
use super::walk::Walker;
use crate::semantic::{Argument, BindingId, BlockId, Body, ExprId, ImportId, List, Name, StmtId};
use crate::source::{FileId, Span, TextRange};

/// How many pieces of code a run looks at before it stops following calls.
const NODE_LIMIT: usize = 400_000;

/// How often everything is followed anew, since something was put into a collection that had been asked for.
const MAX_ROUNDS: usize = 4;

/// How the statements of a module are called in a way that leads through them.
pub const MODULE: &str = "<module>";

/// Which node of a [`Reach`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// A piece of code that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A function's body.
    Function(FunctionRef),
    /// An initialiser that ran when its module was imported: a constant's, class attribute's or parameter default's
    /// value.
    Initialiser {
        /// What it initialises.
        name: Name,
        /// The value.
        value: ExprId,
        /// Where it stands.
        file: FileId,
    },
    /// The factory that the description of a field names: it runs where an object is made that is not given the field.
    Factory {
        /// What the description names.
        callee: ExprId,
        /// Where it stands.
        file: FileId,
    },
    /// A module's statements.
    Module(FileId),
}

impl Code {
    /// The file.
    #[must_use]
    pub fn file(&self) -> FileId {
        match self {
            Code::Function(function) => function.file,
            Code::Initialiser { file, .. } | Code::Factory { file, .. } | Code::Module(file) => *file,
        }
    }

    /// The same for what computes the same, whatever it is called.
    fn key(self) -> Self {
        match self {
            Code::Initialiser { value, file, .. } => Code::Initialiser { name: Name::new(""), value, file },
            other => other,
        }
    }
}

/// Where code was entered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The code that holds the site.
    pub from: NodeId,
    /// The call, read or operation that leads on.
    pub site: TextRange,
    /// The block of the site.
    pub block: Option<BlockId>,
    /// Whether the callee was chosen among several, or may not be called at all.
    pub doubtful: bool,
    /// Whether only a wrong annotation leads here.
    pub unlikely: bool,
}

/// What is known of an argument that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i32),
    /// A string.
    Str(Name),
    /// Symbols from outside that are taken together, such as flags: their names with `|` between them.
    Flags(Name),
    /// Surely not `None`.
    Something,
    /// It may be anything.
    Unknown,
}

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GivenArguments {
    /// By position.
    pub positional: SmallVec<[Given; 2]>,
    /// By name.
    pub named: SmallVec<[(Name, Given); 2]>,
    /// Others may be given.
    pub open: bool,
}

impl GivenArguments {
    /// The argument of a position or name; `None` where it is absent, unknown where that cannot be told.
    #[must_use]
    pub fn get(&self, position: Option<usize>, name: &str) -> Option<Given> {
        let named = self.named.iter().find(|(known, _)| *known == name).map(|(_, given)| *given);
        let by_position = || position.and_then(|position| self.positional.get(position).copied());
        named.or_else(by_position).or_else(|| self.open.then_some(Given::Unknown))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.positional.is_empty() && self.named.is_empty() && !self.open
    }

    /// All that are known to be given.
    pub fn all(&self) -> impl Iterator<Item = Given> + '_ {
        self.positional.iter().copied().chain(self.named.iter().map(|(_, given)| *given))
    }
}

/// What shows the order of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderUse {
    /// A loop or comprehension.
    Iteration,
    /// `a, b = items`, `[*items]`, `f(*items)`.
    Unpacking,
    /// The set becomes text.
    Text,
    /// An item is taken out.
    Pop,
    /// `yield from`.
    YieldFrom,
    /// A call of this.
    Call(Name),
}

/// Something that happens in reached code.
#[derive(Debug, Clone)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Where.
    pub range: TextRange,
    /// The expression, if it is one.
    pub expr: Option<ExprId>,
    /// The block.
    pub block: Option<BlockId>,
    /// Whether only a wrong annotation leads here.
    pub unlikely: bool,
    /// Whether it stands in a block that the sandbox does not look into.
    pub shielded: bool,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// A call of something outside the project.
    Call {
        /// Its qualified name.
        callee: Name,
        /// What a method was taken from.
        receiver: Option<ValueId>,
        /// With what.
        arguments: GivenArguments,
        /// Whether something else calls it, such as `map`.
        handed: bool,
        /// Whether the result is awaited on the spot.
        awaited: bool,
        /// Whether nothing looks at the result.
        unused: bool,
        /// Whether the callee was chosen among several.
        doubtful: bool,
    },
    /// A read of a watched symbol outside the project.
    Read {
        /// Its qualified name.
        name: Name,
    },
    /// The signature of a function outside the project is asked for, by what describes a field, when the class is made.
    Inspected {
        /// Its qualified name.
        name: Name,
        /// With what it is called as a factory: nothing.
        arguments: GivenArguments,
        /// What describes the field.
        by: Name,
    },
    /// Functions are given to something that runs them on another thread or in another process.
    TakenElsewhere {
        /// What takes them.
        by: Name,
        /// What they may be, as values of this run's evaluator.
        functions: Values,
        /// Whether they see the context variables of the caller.
        keeps_context: bool,
    },
    /// The order of a set decides something.
    SetOrder {
        /// What shows it.
        by: OrderUse,
        /// Whether it is sure that it does.
        doubtful: bool,
    },
    /// An object's default representation, with its address, is made.
    DefaultRepr,
    /// An import inside a function.
    Import(ImportId),
    /// A `raise`.
    Raise(StmtId),
    /// An `assert`.
    Assert(StmtId),
    /// A `try`.
    Try(StmtId),
    /// A `with`.
    With(StmtId),
}

/// Reached code.
#[derive(Debug)]
pub struct Node {
    /// What runs.
    pub code: Code,
    /// What is known about the call.
    pub frame: Option<FrameId>,
    /// Whether it runs, or ran, during an import on behalf of the code that reaches it.
    pub at_import: bool,
    /// The first edge that led here; none for a root.
    pub parent: Option<Edge>,
    /// Further edges that lead here.
    pub others: Vec<Edge>,
    /// The roots that are this code.
    pub roots: SmallVec<[usize; 1]>,
    /// What happens in it.
    pub events: Vec<Event>,
    /// What happens in blocks that the sandbox does not look into, and makes what leaves them.
    pub shielded: Vec<Event>,
    /// What it leads to, in order, for when everything is followed anew; unless that depends on more than answers.
    leads_to: Option<Vec<Entered>>,
    /// What going through it rested on that may change.
    rests_on: SourcesId,
}

/// Code that code leads to.
#[derive(Debug, Clone, Copy)]
struct Entered {
    code: Code,
    frame: Option<FrameId>,
    at_import: bool,
    edge: Edge,
}

/// What going through code gave.
struct Walked {
    events: Vec<Event>,
    shielded: Vec<Event>,
    leads_to: Vec<Entered>,
    rests_on: SourcesId,
}

/// Code to start from.
#[derive(Debug, Clone, Copy)]
pub struct Root {
    /// What runs.
    pub code: Code,
    /// What its first parameter is bound to.
    pub receiver: Option<ValueId>,
    /// The frame around its definition.
    pub outer: Option<FrameId>,
}

/// Everything that roots reach, breadth first, with the way that leads there.
pub struct Reach<'p> {
    evaluator: Evaluator<'p>,
    nodes: Vec<Node>,
    index: FxHashMap<(Code, Option<FrameId>, bool), NodeId>,
    queue: VecDeque<NodeId>,
    pub(super) follows_initialisers: bool,
    /// For each program that may run the code, what it has loaded outside the code.
    outside: Vec<LoadedOutside>,
    /// What gave a module's name its value, as others see it.
    bound: FxHashMap<(FileId, Name), (BoundAtImport, SourcesId)>,
    /// The tests that decided at import whether a block of a module ran.
    pub(super) deciding: FxHashMap<(FileId, BlockId), Arc<[ExprId]>>,
    /// Code that need not be gone through again.
    walked: FxHashMap<(Code, Option<FrameId>, bool), Walked>,
    /// Where limits cut what is followed.
    cuts: BTreeSet<Cut>,
    /// The nodes that are roots, once everything is followed and somebody asks.
    rooted: OnceCell<Vec<NodeId>>,
    /// What each piece of code leads to, once everything is followed and somebody asks.
    onward: OnceCell<FxHashMap<NodeId, Vec<(Edge, NodeId)>>>,
}

/// Bindings of a module's name, each with the frames in which it was made at import.
pub(super) type BoundAtImport = Arc<[(BindingId, Vec<Option<FrameId>>)]>;

impl<'p> Reach<'p> {
    /// Follows everything from the roots. `follows_initialisers` says whether reading a constant leads to the code that
    /// made it; `outside` what each program that may run the code has loaded outside it.
    #[must_use]
    pub fn run(
        evaluator: Evaluator<'p>,
        roots: &[Root],
        follows_initialisers: bool,
        outside: Vec<LoadedOutside>,
    ) -> Self {
        let mut reach = Self {
            evaluator,
            nodes: Vec::new(),
            index: FxHashMap::default(),
            queue: VecDeque::new(),
            follows_initialisers,
            outside,
            bound: FxHashMap::default(),
            deciding: FxHashMap::default(),
            walked: FxHashMap::default(),
            cuts: BTreeSet::new(),
            rooted: OnceCell::new(),
            onward: OnceCell::new(),
        };
        for round in 1.. {
            reach.follow(roots);
            reach.walked.clear();
            let grown = reach.evaluator.grown();
            if grown.is_empty() {
                break;
            }
            if round >= MAX_ROUNDS {
                reach.cuts.extend(grown.into_iter().map(|function| Cut::at(Limit::Collections, function)));
                break;
            }
            let has_changed = reach.evaluator.ask_again();
            reach.keep_walked(&has_changed);
            reach.index.clear();
            reach.bound.retain(|_, (_, rests_on)| !has_changed(*rests_on));
            reach.cuts.clear();
        }
        reach
    }

    /// Lets all nodes go but for what going through them gave, where nothing that it rested on has changed.
    fn keep_walked(&mut self, has_changed: &dyn Fn(SourcesId) -> bool) {
        for node in self.nodes.drain(..) {
            if let Some(leads_to) = node.leads_to.filter(|_| !has_changed(node.rests_on)) {
                let walked = Walked { events: node.events, shielded: node.shielded, leads_to, rests_on: node.rests_on };
                self.walked.insert((node.code, node.frame, node.at_import), walked);
            }
        }
    }

    fn follow(&mut self, roots: &[Root]) {
        for (index, root) in roots.iter().enumerate() {
            self.add_root(index, root);
        }
        while let Some(id) = self.queue.pop_front() {
            self.visit(id);
        }
    }

    fn add_root(&mut self, index: usize, root: &Root) {
        let frame = match root.code {
            Code::Function(function) => {
                let callable = Callable { function, receiver: root.receiver, outer: root.outer };
                self.evaluator.bind(&callable, &Arguments::open()).0
            }
            _ => root.outer,
        };
        let at_import = matches!(root.code, Code::Module(_));
        if let Some(id) = self.enter(root.code, frame, at_import, None) {
            self.nodes[id.0 as usize].roots.push(index);
        }
    }

    fn enter(&mut self, code: Code, frame: Option<FrameId>, at_import: bool, edge: Option<Edge>) -> Option<NodeId> {
        if let Some(edge) = edge
            && let Some(leads_to) = &mut self.nodes[edge.from.0 as usize].leads_to
        {
            leads_to.push(Entered { code, frame, at_import, edge });
        }
        let key = (code.key(), frame, at_import);
        if let Some(&known) = self.index.get(&key) {
            if let Some(edge) = edge {
                let node = &mut self.nodes[known.0 as usize];
                if node.parent != Some(edge) && node.others.last() != Some(&edge) {
                    node.others.push(edge);
                }
            }
            return Some(known);
        }
        if self.nodes.len() >= NODE_LIMIT {
            self.cuts.insert(match code {
                Code::Function(function) => Cut::at(Limit::Code, function),
                _ => Cut { limit: Limit::Code, file: Some(code.file()), function: None },
            });
            return None;
        }
        let id = NodeId(u32::try_from(self.nodes.len()).ok()?);
        self.nodes.push(Node {
            code,
            frame,
            at_import,
            parent: edge,
            others: Vec::new(),
            roots: SmallVec::new(),
            events: Vec::new(),
            shielded: Vec::new(),
            leads_to: Some(Vec::new()),
            rests_on: SourcesId::NONE,
        });
        self.index.insert(key, id);
        self.queue.push_back(id);
        Some(id)
    }

    /// The bindings that may have given a module's name its value at import, as seen from a place in its own code or, once
    /// for all, when it is loaded.
    pub(super) fn bound_at_import(
        &mut self,
        file: FileId,
        name: Name,
        seen_from: Option<(BlockId, BindingId)>,
    ) -> BoundAtImport {
        if seen_from.is_some() {
            return self.evaluator.bound_at_import(file, name, seen_from).into();
        }
        if let Some((known, rests_on)) = self.bound.get(&(file, name)) {
            self.evaluator.rest_on(*rests_on);
            return known.clone();
        }
        let (found, basis) = self.evaluator.watched(|| self.evaluator.bound_at_import(file, name, None));
        let found: BoundAtImport = found.into();
        self.bound.insert((file, name), (found.clone(), basis.sources));
        found
    }

    /// Notes that the code at an edge calls a function of the project. Returns the parameters left to their defaults.
    pub(super) fn call(
        &mut self,
        callable: &Callable,
        arguments: &Arguments,
        at_import: bool,
        edge: Edge,
    ) -> Vec<Defaulted> {
        let (frame, defaulted) = self.evaluator.bind(callable, arguments);
        if self.evaluator.fills_collections(callable.function) {
            self.evaluator.note_call(callable.function, frame);
        }
        self.enter(Code::Function(callable.function), frame, at_import, Some(edge));
        defaulted
    }

    /// Notes that the code at an edge uses what code ran for at import.
    pub(super) fn initialised(&mut self, code: Code, frame: Option<FrameId>, edge: Edge) {
        self.enter(code, frame, true, Some(edge));
    }

    /// Notes that the code at an edge has a factory make the default of a field.
    pub(super) fn defaulted(&mut self, code: Code, frame: Option<FrameId>, at_import: bool, edge: Edge) {
        self.enter(code, frame, at_import, Some(edge));
    }

    /// Notes that the code at an edge loads a module.
    pub(super) fn loaded(&mut self, file: FileId, at_import: bool, edge: Edge) {
        self.enter(Code::Module(file), None, at_import, Some(edge));
    }

    /// Whether a file that code imports is loaded outside the code, whatever program runs it.
    pub(super) fn loads_outside(&self, file: FileId) -> bool {
        let project = self.evaluator.project();
        !self.outside.is_empty() && self.outside.iter().all(|outside| outside.holds(project, file))
    }

    /// The files that were loaded before code runs: those that the files on the way to it import.
    pub(super) fn loaded_before(&mut self, id: NodeId) -> FxHashSet<FileId> {
        // The way to it may be another next time.
        self.nodes[id.0 as usize].leads_to = None;
        let way: Vec<Code> = self.way(id).iter().map(|(node, _)| self.node(*node).code).collect();
        let files: FxHashSet<FileId> = way.iter().map(Code::file).collect();
        // What the way itself loads is being loaded.
        let was_loaded = |file: &FileId| !way.contains(&Code::Module(*file));
        let mut loaded = FxHashSet::default();
        for file in files.into_iter().filter(was_loaded) {
            loaded.extend(self.evaluator.loaded_with(file).iter().copied());
        }
        loaded
    }

    pub(super) fn happened(&mut self, id: NodeId, event: Event) {
        let node = &mut self.nodes[id.0 as usize];
        if event.shielded { node.shielded.push(event) } else { node.events.push(event) }
    }

    fn visit(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.0 as usize];
        if let Some(walked) = self.walked.remove(&(node.code, node.frame, node.at_import)) {
            node.events = walked.events;
            node.shielded = walked.shielded;
            node.rests_on = walked.rests_on;
            for Entered { code, frame, at_import, edge } in walked.leads_to {
                self.enter(code, frame, at_import, Some(Edge { from: id, ..edge }));
            }
            return;
        }
        let outer = self.evaluator.begin_watch();
        self.walk(id);
        self.nodes[id.0 as usize].rests_on = self.evaluator.end_watch(outer);
    }

    fn walk(&mut self, id: NodeId) {
        let node = &self.nodes[id.0 as usize];
        let (code, frame, at_import) = (node.code, node.frame, node.at_import);
        let project = self.evaluator.project();
        let place = Place { file: code.file(), frame };
        match code {
            Code::Function(function) => match project.module(function.file)[function.function].body {
                Body::Statements(suite) => Walker::new(self, id, place, at_import).suite(suite),
                Body::Expression(value) => Walker::new(self, id, place, at_import).visit(value),
            },
            Code::Initialiser { value, .. } => Walker::new(self, id, place, true).visit(value),
            Code::Factory { callee, .. } => Walker::new(self, id, place, at_import).factory(callee),
            Code::Module(file) => {
                let body = project.module(file).body();
                Walker::new(self, id, Place { file, frame: None }, true).suite(body);
            }
        }
    }

    /// All reached code, in the order in which it was reached.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0..).map(NodeId).zip(&self.nodes)
    }

    /// The code of some of the roots, in the order in which it was reached.
    pub fn rooted(&self, is_wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = NodeId> {
        let rooted = || self.nodes().filter(|(_, node)| !node.roots.is_empty()).map(|(id, _)| id).collect();
        let all = self.rooted.get_or_init(rooted).iter().copied();
        all.filter(move |id| self.node(*id).roots.iter().any(|root| is_wanted(*root)))
    }

    /// Reached code.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The code that a piece of code leads to, with what leads there.
    #[must_use]
    pub fn leads_on(&self, id: NodeId) -> &[(Edge, NodeId)] {
        let all = self.onward.get_or_init(|| {
            let mut onward: FxHashMap<NodeId, Vec<(Edge, NodeId)>> = FxHashMap::default();
            for (id, node) in self.nodes() {
                for edge in node.parent.iter().chain(&node.others) {
                    onward.entry(edge.from).or_default().push((*edge, id));
                }
            }
            onward
        });
        all.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The evaluator.
    #[must_use]
    pub fn evaluator(&self) -> &Evaluator<'p> {
        &self.evaluator
    }

    /// Where limits cut the analysis.
    #[must_use]
    pub fn cuts(&self) -> BTreeSet<Cut> {
        let mut cuts = self.evaluator.cuts();
        cuts.extend(&self.cuts);
        cuts
    }

    /// What is evaluated in a node's code.
    #[must_use]
    pub fn place(&self, id: NodeId) -> Place {
        let node = self.node(id);
        Place { file: node.code.file(), frame: node.frame }
    }

    /// The shortest way to a node: the nodes from a root on, each but the last with the site that leads on.
    #[must_use]
    pub fn way(&self, id: NodeId) -> Vec<(NodeId, Option<TextRange>)> {
        let mut way = vec![(id, None)];
        let mut at = id;
        while let Some(edge) = &self.node(at).parent {
            way.push((edge.from, Some(edge.site)));
            at = edge.from;
        }
        way.reverse();
        way
    }

    /// The shortest way to a node over edges that pass a test; `None` where there is none.
    pub fn way_over(&self, id: NodeId, passes: &dyn Fn(&Edge) -> bool) -> Option<Vec<(NodeId, Option<TextRange>)>> {
        self.way_from(id, &|_| true, passes)
    }

    /// The shortest way to a node from some of the roots over edges that pass a test; `None` where there is none.
    pub fn way_from(
        &self,
        id: NodeId,
        is_root: &dyn Fn(usize) -> bool,
        passes: &dyn Fn(&Edge) -> bool,
    ) -> Option<Vec<(NodeId, Option<TextRange>)>> {
        let mut steps: Vec<(NodeId, Option<TextRange>, Option<usize>)> = vec![(id, None, None)];
        let mut seen: FxHashSet<NodeId> = std::iter::once(id).collect();
        let mut next = 0;
        while let Some(&(at, ..)) = steps.get(next) {
            let node = self.node(at);
            if node.roots.iter().any(|root| is_root(*root)) {
                let back = |step: &usize| steps[*step].2;
                let way = std::iter::successors(Some(next), back).map(|step| (steps[step].0, steps[step].1));
                return Some(way.collect());
            }
            for edge in node.parent.iter().chain(&node.others) {
                if !seen.contains(&edge.from) && passes(edge) {
                    seen.insert(edge.from);
                    steps.push((edge.from, Some(edge.site), Some(next)));
                }
            }
            next += 1;
        }
        None
    }

    /// Whether every way to a node has a hop that is one of several.
    #[must_use]
    pub fn is_doubtful(&self, id: NodeId) -> bool {
        self.all_ways_have(id, &|edge| edge.doubtful)
    }

    /// Whether every way to a node has a hop that only a wrong annotation leads over.
    #[must_use]
    pub fn is_unlikely(&self, id: NodeId) -> bool {
        self.all_ways_have(id, &|edge| edge.unlikely)
    }

    /// Whether every way to a node has an edge of a kind.
    pub fn all_ways_have(&self, id: NodeId, is_such: &dyn Fn(&Edge) -> bool) -> bool {
        let mut at = id;
        let mut found = false;
        while let Some(edge) = &self.node(at).parent {
            found |= is_such(edge);
            at = edge.from;
        }
        // Only where the shortest way has one it is worth looking for a better.
        found && self.way_over(id, &|edge| !is_such(edge)).is_none()
    }

    /// All roots that reach a node.
    #[must_use]
    pub fn roots_of(&self, id: NodeId) -> Vec<usize> {
        let mut seen = FxHashSet::default();
        let mut todo = vec![id];
        let mut roots = Vec::new();
        while let Some(id) = todo.pop() {
            if seen.insert(id) {
                let node = self.node(id);
                roots.extend(&node.roots);
                todo.extend(node.parent.iter().chain(&node.others).map(|edge| edge.from));
            }
        }
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// The place of a range in a node's file.
    #[must_use]
    pub fn span(&self, id: NodeId, range: TextRange) -> Span {
        Span { file: self.node(id).code.file(), range }
    }

    /// How the code of a node is called in its module.
    #[must_use]
    pub fn name(&self, id: NodeId) -> String {
        match self.node(id).code {
            Code::Function(function) => {
                self.evaluator.project().module(function.file).qualified_name(function.function)
            }
            Code::Factory { callee, file } => {
                let module = self.evaluator.project().module(file);
                let class = module.class_holding(callee);
                class.map_or_else(|| MODULE.to_owned(), |class| module.qualified_class_name(class))
            }
            Code::Initialiser { .. } | Code::Module(_) => MODULE.to_owned(),
        }
    }

    /// What is known of arguments as they are written.
    #[must_use]
    pub fn given_at(&self, arguments: List<Argument>, place: Place) -> GivenArguments {
        self.given(&self.evaluator.arguments(arguments, place))
    }

    /// What is known of the arguments of a call.
    pub(super) fn given(&self, arguments: &Arguments) -> GivenArguments {
        GivenArguments {
            positional: arguments.positional.iter().map(|values| self.given_one(values)).collect(),
            named: arguments.named.iter().map(|(name, values)| (*name, self.given_one(values))).collect(),
            open: arguments.open,
        }
    }

    fn flags(&self, items: &[Values]) -> Option<Name> {
        let names: Option<Vec<&str>> =
            items.iter().map(|item| Some(self.evaluator.outside_name(item.only()?)?.as_str())).collect();
        names.filter(|names| !names.is_empty()).map(|names| Name::new(&names.join("|")))
    }

    fn given_one(&self, values: &Values) -> Given {
        let something = |value: &ValueId| !matches!(self.evaluator.get(*value), Value::None | Value::ResultOf(_));
        match values.only().map(|value| self.evaluator.get(value)) {
            Some(Value::None) => Given::None,
            Some(Value::Bool(truth)) => Given::Bool(*truth),
            Some(Value::Int(number)) => Given::Int(*number),
            Some(Value::Str(text)) => Given::Str(*text),
            Some(Value::Items(_, items)) => self.flags(items).map_or(Given::Something, Given::Flags),
            _ if !values.known.is_empty()
                && values.rest != super::super::Rest::Anything
                && values.known.iter().all(something) =>
            {
                Given::Something
            }
            _ => Given::Unknown,
        }
    }
}
