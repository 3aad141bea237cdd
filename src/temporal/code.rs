//! Reached code as it is gone through: what a place leads to, what is called in it, where control goes on.
//!
//! Knows: the statements, expressions and blocks of a piece of code, and the code that each place leads to. Does not know:
//! what any of it means to the SDK.

use rustc_hash::FxHashSet;

use crate::python::{Code, Edge, EventKind, Node, NodeId, Place, Reach, Value, Values};
use crate::semantic::{
    Argument, ArgumentKind, BindingId, BindingKind, BlockId, Body, BoolOp, Expr, ExprId, List, Module, Name,
    RegionKind, Stmt, StmtId, Suite, Use, VariableId,
};
use crate::source::{FileId, TextRange};

/// Reached code, as those look at it who ask what leads where.
#[derive(Clone, Copy)]
pub(super) struct Graph<'r, 'p> {
    pub reach: &'r Reach<'p>,
}

impl<'r, 'p> Graph<'r, 'p> {
    pub(super) fn new(reach: &'r Reach<'p>) -> Self {
        Self { reach }
    }

    pub(super) fn module(&self, node: NodeId) -> &'p Module {
        self.reach.evaluator().project().module(self.reach.node(node).code.file())
    }

    pub(super) fn place(&self, node: NodeId) -> Place {
        self.reach.place(node)
    }

    pub(super) fn value(&self, expr: ExprId, node: NodeId) -> Values {
        self.reach.evaluator().value(expr, self.place(node))
    }

    /// The names of what an expression may be, as far as that is outside the project.
    pub(super) fn outside_names(&self, expr: ExprId, node: NodeId) -> Vec<Name> {
        let evaluator = self.reach.evaluator();
        self.value(expr, node).known.iter().filter_map(|value| evaluator.outside_name(*value)).collect()
    }

    /// The class outside the project of what an expression may be.
    pub(super) fn outside_classes(&self, expr: ExprId, node: NodeId) -> Vec<Name> {
        let evaluator = self.reach.evaluator();
        let class = |value: &crate::python::ValueId| match evaluator.get(*value) {
            Value::Awaitable { class, .. } => *class,
            Value::OutsideInstance { class, .. } => Some(*class),
            _ => None,
        };
        self.value(expr, node).known.iter().filter_map(class).collect()
    }

    /// The code that a place in a node leads to.
    pub(super) fn led_to(&self, node: NodeId, range: TextRange) -> impl Iterator<Item = NodeId> + '_ {
        self.leads_on(node).iter().filter(move |(edge, _)| range.contains_range(edge.site)).map(|(_, to)| *to)
    }

    /// The code that exactly this call or other expression in a node leads to.
    pub(super) fn led_to_by(&self, node: NodeId, site: TextRange) -> impl Iterator<Item = NodeId> + 'r {
        self.leads_on(node).iter().filter(move |(edge, _)| edge.site == site).map(|(_, to)| *to)
    }

    /// The code that a node leads to.
    pub(super) fn leads_on(&self, node: NodeId) -> &'r [(Edge, NodeId)] {
        self.reach.leads_on(node)
    }

    /// The code that a place in a node leads to, and what that leads to.
    pub(super) fn all_led_to(&self, node: NodeId, range: TextRange) -> Vec<NodeId> {
        let mut found: Vec<NodeId> = Vec::new();
        let mut todo: Vec<NodeId> = self.led_to(node, range).collect();
        while let Some(next) = todo.pop() {
            if !found.contains(&next) && found.len() < REACHED_BY_A_BODY {
                found.push(next);
                todo.extend(self.leads_on(next).iter().map(|(_, to)| *to));
            }
        }
        found
    }

    /// The calls of things outside the project in a place of a node, those in what it leads to included.
    pub(super) fn calls_within(&self, node: NodeId, range: TextRange) -> Vec<&crate::python::Event> {
        let is_call = |event: &&crate::python::Event| matches!(event.kind, EventKind::Call { .. });
        let own = self.reach.node(node).events.iter().filter(|event| range.contains_range(event.range));
        let mut calls: Vec<_> = own.filter(is_call).collect();
        for inner in self.all_led_to(node, range) {
            calls.extend(self.reach.node(inner).events.iter().filter(is_call));
        }
        calls
    }

    /// The ways into a node, the shortest first.
    pub(super) fn ways_into(&self, node: NodeId) -> impl Iterator<Item = &Edge> {
        let node = self.reach.node(node);
        node.parent.iter().chain(&node.others)
    }

    /// The statements of a node's code.
    pub(super) fn body(&self, node: NodeId) -> Suite {
        let module = self.module(node);
        match self.reach.node(node).code {
            Code::Function(function) => match module[function.function].body {
                Body::Statements(suite) => suite,
                Body::Expression(_) => Suite::EMPTY,
            },
            Code::Module(_) => module.body(),
            Code::Initialiser { .. } | Code::Factory { .. } => Suite::EMPTY,
        }
    }

    /// Whether a decorator of the standard library keeps what a function gave, for calls with the same arguments.
    pub(super) fn is_cached(&self, node: NodeId) -> bool {
        let Code::Function(function) = self.reach.node(node).code else { return false };
        let (module, evaluator) = (self.module(node), self.reach.evaluator());
        // Decorators run where the function is defined, not in a call of it.
        let place = Place { file: function.file, frame: None };
        module.list(module[function.function].decorators).iter().any(|decorator| {
            let applied = module.named_by(*decorator);
            let applied = evaluator.value(applied, place);
            let mut names = applied.known.iter().filter_map(|value| evaluator.outside_name(*value));
            names.any(|name| CACHES.contains(&name.as_str()))
        })
    }

    /// The call that stands at a place of a node's file.
    pub(super) fn call_at(&self, node: NodeId, site: TextRange) -> Option<ExprId> {
        self.module(node).call_at(site)
    }

    /// The expression that stands at a place of a node's file.
    pub(super) fn expression_at(&self, node: NodeId, site: TextRange) -> Option<ExprId> {
        self.module(node).expression_at(site)
    }

    /// The text that a call is given at a position.
    pub(super) fn text_argument(&self, node: NodeId, arguments: List<Argument>, position: usize) -> Option<Name> {
        let argument = self.module(node).list(arguments).get(position)?;
        match self.reach.evaluator().get(self.value(argument.value, node).only()?) {
            Value::Str(text) if argument.kind == ArgumentKind::Positional => Some(*text),
            _ => None,
        }
    }

    /// The names of what a call may call, as far as that is outside the project.
    pub(super) fn outside_names_called(&self, call: ExprId, node: NodeId) -> Vec<Name> {
        match self.module(node)[call] {
            Expr::Call { callee, .. } => self.outside_names(callee, node),
            _ => Vec::new(),
        }
    }

    /// Where control goes on from a block of a node, unless an exception is raised.
    pub(super) fn successors(&self, node: NodeId, block: BlockId) -> &'p [BlockId] {
        self.module(node).successors(block)
    }

    /// The block that evaluates an expression of a statement.
    pub(super) fn block_of(&self, node: NodeId, statement: StmtId, expr: ExprId) -> BlockId {
        let module = self.module(node);
        first_block(module, expr).unwrap_or_else(|| module.block_of(statement))
    }

    /// The blocks to which control may come from some blocks, these included only where it comes back to them.
    pub(super) fn blocks_after(&self, file: FileId, starts: &[BlockId]) -> FxHashSet<BlockId> {
        let module = self.reach.evaluator().project().module(file);
        let mut found: FxHashSet<BlockId> = FxHashSet::default();
        let mut todo: Vec<BlockId> = starts.to_vec();
        while let Some(at) = todo.pop() {
            todo.extend(module.successors(at).iter().filter(|next| found.insert(**next)));
        }
        found
    }
}

/// Decorators that keep what a function gave.
const CACHES: &[&str] = &["functools.cache", "functools.lru_cache"];

/// How many pieces of code are looked at behind a protected body.
const REACHED_BY_A_BODY: usize = 200;

/// The block that evaluates the first name in an expression.
pub(super) fn first_block(module: &Module, expr: ExprId) -> Option<BlockId> {
    match module[expr] {
        Expr::Name { block, .. } => return Some(block),
        Expr::Target(binding) => return Some(module[binding].block),
        _ => {}
    }
    let mut found = None;
    module.each_part(expr, &mut |part| found = found.or_else(|| first_block(module, part)));
    found
}

/// Looks at each statement of a suite, those of suites inside included.
pub(super) fn each_statement(module: &Module, suite: Suite, look: &mut dyn FnMut(StmtId)) {
    for statement in module.list(suite) {
        look(*statement);
        module.each_suite(*statement, &mut |inner| each_statement(module, inner, look));
    }
}

/// Whether an expression is evaluated again and again: in a loop, or for each item of a comprehension.
pub(super) fn is_repeated(module: &Module, expr: ExprId, block: BlockId) -> bool {
    module.is_in_loop(block) || is_made_for_each(module, expr)
}

/// Whether an expression is evaluated for each item of a comprehension.
pub(super) fn is_made_for_each(module: &Module, expr: ExprId) -> bool {
    let uses = module.uses();
    let is_of_an_item = |part| matches!(uses.use_of(part), Use::ElementOf(_) | Use::FilterOf(_));
    std::iter::once(expr).chain(uses.parents(expr)).any(is_of_an_item)
}

/// The statements behind another one in the same suite, somewhere in a suite.
pub(super) fn statements_after(module: &Module, suite: Suite, statement: StmtId) -> Vec<StmtId> {
    let statements = module.list(suite);
    if let Some(position) = statements.iter().position(|known| *known == statement) {
        return statements[position + 1..].to_vec();
    }
    let mut found = Vec::new();
    for inner in statements {
        module.each_suite(*inner, &mut |suite| found.extend(statements_after(module, suite, statement)));
    }
    found
}

/// All statements of a suite that pass a test.
pub(super) fn statements(module: &Module, suite: Suite, is_wanted: impl Fn(Stmt) -> bool) -> Vec<StmtId> {
    let mut found = Vec::new();
    each_statement(module, suite, &mut |id| {
        if is_wanted(module[id]) {
            found.push(id);
        }
    });
    found
}

/// Looks at an expression and all its parts.
///
/// Never inlined: where it is known what looks, the optimiser unrolls the levels of the recursion into each other. One caller
/// grew by that until the release build did not end.
#[inline(never)]
pub(super) fn each_within(module: &Module, expr: ExprId, look: &mut dyn FnMut(ExprId)) {
    look(expr);
    module.each_part(expr, &mut |part| each_within(module, part, look));
}

/// The expressions of a suite that pass a test, each with its statement.
pub(super) fn expressions(module: &Module, suite: Suite, is_wanted: impl Fn(Expr) -> bool) -> Vec<(StmtId, ExprId)> {
    let mut found = Vec::new();
    each_statement(module, suite, &mut |statement| {
        if matches!(module[statement], Stmt::Function(_) | Stmt::Class(_)) {
            return;
        }
        module.each_expression(statement, &mut |expr| {
            each_within(module, expr, &mut |part| {
                if is_wanted(module[part]) {
                    found.push((statement, part));
                }
            });
        });
    });
    found
}

/// The variable that a name stands for.
pub(super) fn variable_of(module: &Module, expr: ExprId) -> Option<VariableId> {
    match module[expr] {
        Expr::Name { name, block, .. } => module.variable_read(name, block),
        Expr::Target(binding) => Some(module[binding].variable),
        _ => None,
    }
}

/// What a name may be bound to.
pub(super) fn bindings_of(module: &Module, expr: ExprId) -> &[BindingId] {
    variable_of(module, expr).map_or(&[], |variable| &module[variable].bindings)
}

/// The variables and attributes that statements of a suite bind.
pub(super) fn bound_in(module: &Module, suite: Suite) -> Named {
    let mut named = Named::default();
    each_statement(module, suite, &mut |statement| {
        module.targets(statement).into_iter().for_each(|target| named.take_target(module, target));
    });
    named
}

/// Variables and attributes.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    pub variables: Vec<VariableId>,
    pub attributes: Vec<Name>,
}

impl Named {
    pub(super) fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.attributes.is_empty()
    }

    pub(super) fn take_target(&mut self, module: &Module, target: ExprId) {
        match module[target] {
            Expr::Attribute { name, .. } => self.attributes.push(name),
            Expr::Subscript { value, .. } | Expr::Starred(value) => self.take_target(module, value),
            Expr::Tuple(items) | Expr::List(items) => {
                module.list(items).iter().for_each(|item| self.take_target(module, *item));
            }
            _ => self.variables.extend(variable_of(module, target)),
        }
    }

    /// Whether an expression depends on one of these.
    pub(super) fn are_in(&self, module: &Module, expr: ExprId) -> bool {
        self.are_in_within(module, expr, NAMES_DEEP)
    }

    fn are_in_within(&self, module: &Module, expr: ExprId, depth: usize) -> bool {
        let mut found = false;
        each_within(module, expr, &mut |part| {
            found = found
                || match module[part] {
                    Expr::Attribute { name, .. } => self.attributes.contains(&name),
                    Expr::Name { .. } => self.is_from(module, part, depth),
                    _ => false,
                };
        });
        found
    }

    fn is_from(&self, module: &Module, name: ExprId, depth: usize) -> bool {
        let Some(variable) = variable_of(module, name) else { return false };
        self.variables.contains(&variable)
            || depth > 0
                && module[variable].bindings.iter().any(|binding| match module[*binding].kind {
                    BindingKind::Assign { value, .. } => self.are_in_within(module, value, depth - 1),
                    BindingKind::Loop { iterable, .. } => self.are_in_within(module, iterable, depth - 1),
                    _ => false,
                })
    }
}

/// Through how many names a value is followed.
const NAMES_DEEP: usize = 4;

/// Whether a block stands in a handler that ends in a `raise`, or in a `finally`.
pub(super) fn is_cleaning_up(module: &Module, block: BlockId) -> bool {
    module.regions_around(block).any(|(_, region)| match region.kind {
        RegionKind::Handler(tried, position) => {
            let handlers = module.list(module[tried].handlers);
            handlers.get(position as usize).is_some_and(|handler| ends_in_raise(module, handler.body))
        }
        _ => false,
    })
}

/// Whether a block stands in a `finally`.
pub(super) fn is_in_finally(module: &Module, block: BlockId) -> bool {
    module.regions_around(block).any(|(_, region)| matches!(region.kind, RegionKind::Finally(_)))
}

fn ends_in_raise(module: &Module, suite: Suite) -> bool {
    let last = module.list(suite).iter().rev().find(|id| !matches!(module[**id], Stmt::Nothing));
    last.is_some_and(|last| match module[*last] {
        Stmt::Raise { .. } => true,
        Stmt::With(with) => ends_in_raise(module, module[with].body),
        _ => false,
    })
}

/// Whether a node is a piece of code that a class or function of the project names by itself.
pub(super) fn function_of(node: &Node) -> Option<crate::python::FunctionRef> {
    match node.code {
        Code::Function(function) => Some(function),
        _ => None,
    }
}

/// What `and` or `or` answers, given what is known of its operands.
pub(super) fn answer_of_logical(op: BoolOp, answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let decisive = op == BoolOp::Or;
    let mut all_are_known = true;
    for answer in answers {
        match answer {
            Some(answer) if answer == decisive => return Some(decisive),
            Some(_) => {}
            None => all_are_known = false,
        }
    }
    all_are_known.then_some(!decisive)
}
