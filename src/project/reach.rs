use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::arguments::{Body, Defaulted};
use super::call::plain_receiver;
use super::evaluate::Evaluator;
use super::value::{Arguments, Callable, FrameId, FunctionRef, Place, Value};
use super::walk::Walker;
use crate::semantic::ScopeId;
use crate::source::ast::{self, Expr, Ranged, Stmt, TextRange};
use crate::source::{FileId, Span};

/// In how many ways one function is looked at; further calls are taken together, with nothing known about arguments.
const WAYS_PER_FUNCTION: usize = 8;

/// How many nodes a run looks at before it stops following calls.
const NODE_LIMIT: usize = 200_000;

/// Which node of a [`Reach`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// A piece of code that runs.
#[derive(Debug, Clone, Copy)]
pub enum Code<'a> {
    /// A function's body.
    Function(FunctionRef),
    /// An initialiser that ran when its module was imported: a constant's, class attribute's or parameter default's
    /// value.
    Initialiser {
        /// What it initialises.
        name: &'a str,
        /// The value.
        value: &'a Expr,
        /// Where it stands.
        file: FileId,
        /// The scope in which it is evaluated.
        scope: ScopeId,
    },
    /// A module's statements.
    Module(FileId),
}

/// Where code was entered from.
#[derive(Debug, Clone)]
pub struct Edge<'a> {
    /// The code that holds the site.
    pub from: NodeId,
    /// The call, read or operation that leads on.
    pub site: TextRange,
    /// What is around the site in the same function.
    pub protection: Option<Rc<Protection<'a>>>,
    /// Whether the callee was chosen among several.
    pub doubtful: bool,
}

/// A `try` or `with` around a place, innermost first.
#[derive(Debug)]
pub struct Protection<'a> {
    /// The statement.
    pub kind: Origin<'a>,
    /// The next one outwards in the same function.
    pub outer: Option<Rc<Protection<'a>>>,
}

/// What protects.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'a> {
    /// The place is in the protected body of this statement.
    Try(&'a ast::StmtTry),
    /// The place is in the body of this statement.
    With(&'a ast::StmtWith),
}

/// Something that happens in reached code.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// What.
    pub kind: EventKind<'a>,
    /// Where.
    pub range: TextRange,
    /// For evaluating more.
    pub place: Place,
    /// What is around it in the same function.
    pub protection: Option<Rc<Protection<'a>>>,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum EventKind<'a> {
    /// A call of something outside the project.
    Call {
        /// Its qualified name.
        callee: Rc<str>,
        /// The call; absent where something else calls it, such as `map`.
        call: Option<&'a ast::ExprCall>,
        /// Where something else calls it: with how many positional arguments, if that is known.
        handed: Option<usize>,
        /// Whether the result is awaited on the spot.
        awaited: bool,
        /// Whether the callee was chosen among several.
        doubtful: bool,
    },
    /// A read of a watched symbol outside the project.
    Read {
        /// Its qualified name.
        name: Rc<str>,
    },
    /// The order of a set decides something.
    SetOrder {
        /// What depends on it.
        what: &'static str,
    },
    /// An object's default representation, with its address, is made.
    DefaultRepr,
    /// An import inside a function.
    Import(&'a Stmt),
    /// A `raise`.
    Raise(&'a ast::StmtRaise),
    /// An `assert`.
    Assert(&'a ast::StmtAssert),
    /// A `try` with a `finally`.
    Finally(&'a ast::StmtTry),
    /// An exception handler.
    Handler(&'a ast::StmtTry, &'a ast::ExceptHandlerExceptHandler),
}

/// Reached code.
#[derive(Debug)]
pub struct Node<'a> {
    /// What runs.
    pub code: Code<'a>,
    /// What is known about the call.
    pub frame: Option<FrameId>,
    /// Whether it runs, or ran, during an import on behalf of the code that reaches it.
    pub at_import: bool,
    /// The first edge that led here; none for a root.
    pub parent: Option<Edge<'a>>,
    /// Further edges that lead here.
    pub others: Vec<Edge<'a>>,
    /// The roots that are this code.
    pub roots: SmallVec<[usize; 1]>,
    /// What happens in it.
    pub events: Vec<Event<'a>>,
}

/// Code to start from.
#[derive(Debug, Clone)]
pub struct Root<'a> {
    /// What runs.
    pub code: Code<'a>,
    /// What its first parameter is bound to.
    pub receiver: Option<Value<'a>>,
    /// The frame around its definition.
    pub outer: Option<FrameId>,
}

/// Everything that roots reach, breadth first, with the way that leads there.
pub struct Reach<'e, 'p, 'a> {
    pub(super) evaluator: &'e Evaluator<'p, 'a>,
    nodes: Vec<Node<'a>>,
    index: FxHashMap<(CodeKey, Option<FrameId>, bool), NodeId>,
    ways: FxHashMap<CodeKey, usize>,
    queue: VecDeque<NodeId>,
    pub(super) follows_initialisers: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum CodeKey {
    Function(FunctionRef),
    Range(FileId, TextRange),
    Module(FileId),
}

impl<'a> Code<'a> {
    fn key(&self) -> CodeKey {
        match self {
            Code::Function(function) => CodeKey::Function(*function),
            Code::Initialiser { value, file, .. } => CodeKey::Range(*file, value.range()),
            Code::Module(file) => CodeKey::Module(*file),
        }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> FileId {
        match self {
            Code::Function(function) => function.file,
            Code::Initialiser { file, .. } | Code::Module(file) => *file,
        }
    }
}

impl<'e, 'p, 'a> Reach<'e, 'p, 'a> {
    /// Follows everything from the roots. `follows_initialisers` says whether reading a constant leads to the code that
    /// made it.
    #[must_use]
    pub fn run(evaluator: &'e Evaluator<'p, 'a>, roots: &[Root<'a>], follows_initialisers: bool) -> Self {
        let mut reach = Self {
            evaluator,
            nodes: Vec::new(),
            index: FxHashMap::default(),
            ways: FxHashMap::default(),
            queue: VecDeque::new(),
            follows_initialisers,
        };
        for (index, root) in roots.iter().enumerate() {
            reach.add_root(index, root);
        }
        while let Some(id) = reach.queue.pop_front() {
            reach.visit(id);
        }
        reach
    }

    fn add_root(&mut self, index: usize, root: &Root<'a>) {
        let frame = match root.code {
            Code::Function(function) => {
                let callable = Callable { function, receiver: root.receiver.clone(), outer: root.outer };
                let arguments = Arguments { open: true, ..Arguments::default() };
                self.evaluator.bind(&callable, &arguments).0
            }
            _ => root.outer,
        };
        let at_import = matches!(root.code, Code::Module(_));
        let id = self.enter(root.code, frame, at_import, None);
        if let Some(id) = id {
            self.nodes[id.0 as usize].roots.push(index);
        }
    }

    fn enter(
        &mut self,
        code: Code<'a>,
        frame: Option<FrameId>,
        at_import: bool,
        edge: Option<Edge<'a>>,
    ) -> Option<NodeId> {
        let key = code.key();
        if let Some(&known) = self.index.get(&(key, frame, at_import)) {
            if let Some(edge) = edge {
                self.nodes[known.0 as usize].others.push(edge);
            }
            return Some(known);
        }
        if self.nodes.len() >= NODE_LIMIT {
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
        });
        self.index.insert((key, frame, at_import), id);
        self.queue.push_back(id);
        Some(id)
    }

    /// Notes that the code at an edge calls a function of the project. Returns the parameters left to their defaults.
    pub(super) fn call(
        &mut self,
        callable: &Callable<'a>,
        arguments: &Arguments<'a>,
        at_import: bool,
        edge: Edge<'a>,
    ) -> Vec<Defaulted<'a>> {
        let (mut frame, defaulted) = self.evaluator.bind(callable, arguments);
        let code = Code::Function(callable.function);
        let key = code.key();
        if !self.index.contains_key(&(key, frame, at_import)) {
            let ways = self.ways.entry(key).or_insert(0);
            *ways += 1;
            if *ways > WAYS_PER_FUNCTION {
                let bare = Callable { receiver: plain_receiver(callable.receiver.as_ref()), ..callable.clone() };
                frame = self.evaluator.bind(&bare, &Arguments { open: true, ..Arguments::default() }).0;
            }
        }
        self.enter(code, frame, at_import, Some(edge));
        defaulted
    }

    /// Notes that the code at an edge uses what an initialiser made.
    pub(super) fn initialised(&mut self, code: Code<'a>, frame: Option<FrameId>, edge: Edge<'a>) {
        self.enter(code, frame, true, Some(edge));
    }

    pub(super) fn happened(&mut self, id: NodeId, event: Event<'a>) {
        self.nodes[id.0 as usize].events.push(event);
    }

    fn visit(&mut self, id: NodeId) {
        self.evaluator.refuel();
        let node = &self.nodes[id.0 as usize];
        let (code, frame, at_import) = (node.code, node.frame, node.at_import);
        let project = self.evaluator.project();
        match code {
            Code::Function(function) => {
                let scope = project.module(function.file).function(function.function).scope;
                let place = Place { file: function.file, scope, frame };
                let body = self.evaluator.body(function);
                let mut walker = Walker::new(self, id, place, at_import);
                match body {
                    Body::Statements(statements) => walker.suite(statements),
                    Body::Expression(expression) => walker.expression(expression),
                }
            }
            Code::Initialiser { value, file, scope, .. } => {
                let place = Place { file, scope, frame };
                Walker::new(self, id, place, true).expression(value);
            }
            Code::Module(file) => {
                let module = project.module(file);
                let place = Place { file, scope: module.global(), frame: None };
                let body = project.source(file).parsed().body();
                Walker::new(self, id, place, true).suite(body);
            }
        }
    }

    /// All reached code, in the order in which it was reached.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node<'a>)> {
        (0..).map(NodeId).zip(&self.nodes)
    }

    /// Reached code.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.0 as usize]
    }

    /// The evaluator.
    #[must_use]
    pub fn evaluator(&self) -> &'e Evaluator<'p, 'a> {
        self.evaluator
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
    pub fn way_over(&self, id: NodeId, passes: &dyn Fn(&Edge<'a>) -> bool) -> Option<Vec<(NodeId, Option<TextRange>)>> {
        let mut steps: Vec<(NodeId, Option<TextRange>, Option<usize>)> = vec![(id, None, None)];
        let mut seen: rustc_hash::FxHashSet<NodeId> = std::iter::once(id).collect();
        let mut next = 0;
        while let Some(&(at, ..)) = steps.get(next) {
            let node = self.node(at);
            if !node.roots.is_empty() {
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

    /// Whether a hop of the shortest way chose among several callees.
    #[must_use]
    pub fn is_doubtful(&self, id: NodeId) -> bool {
        let mut at = id;
        while let Some(edge) = &self.node(at).parent {
            if edge.doubtful {
                return true;
            }
            at = edge.from;
        }
        false
    }

    /// All roots that reach a node.
    #[must_use]
    pub fn roots_of(&self, id: NodeId) -> Vec<usize> {
        let mut seen = rustc_hash::FxHashSet::default();
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
            Code::Function(function) => self.evaluator.project().function_name(function),
            Code::Initialiser { .. } | Code::Module(_) => "<module>".to_owned(),
        }
    }
}
