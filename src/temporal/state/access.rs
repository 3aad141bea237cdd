//! What code does with attributes of a workflow.
//!
//! Knows: reads, assignments, deletions, methods and functions that change what they are given, and whether a test about
//! the same attribute decides that. Does not know: what values are of the state ([`held`](super::held)).

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::analysis::ReachedCode;
use super::super::code::{Graph, bindings_of, each_statement, each_within};
use super::super::definitions::EntryPoint;
use super::super::missing::{says_missing, takes_out};
use super::held::{Held, HeldSet, Holdings};
use super::order::{Early, is_optional};
use crate::python::{ClassRef, Code, NodeId, Rest, Value};
use crate::registry::behaviour;
use crate::registry::schema::{CallableRole, ValueOf};
use crate::semantic::{
    Argument, ArgumentKind, BindingId, BindingKind, BlockId, Body, Condition, Expr, ExprId, List, Module, Name, Stmt,
    StmtId, Use,
};
use crate::source::{TextRange, TextSize};

/// Something that code does with an attribute of its workflow.
#[derive(Debug, Clone)]
pub struct Access {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// The attribute.
    pub attribute: Name,
    /// What.
    pub kind: AccessKind,
    /// Where.
    pub range: TextRange,
    /// The block.
    pub block: BlockId,
    /// From where on it is done.
    pub done: TextSize,
    /// Whether it is done only where a test finds that the attribute is not there yet, as in `if self.total is None: self.total = …`.
    pub asked_first: bool,
    /// Whether a test about any attribute of the workflow decides that it is done.
    pub depends_on_state: bool,
    /// Whether it always happens where its code runs.
    pub unconditional: bool,
    /// Whether it is not sure that it is done to the workflow's state.
    pub doubtful: bool,
}

/// What code does with an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKind {
    /// Reads it; `tolerant` where it may be absent, as for `getattr(self, "x", None)`.
    Read {
        /// It may be absent.
        tolerant: bool,
    },
    /// Assigns it.
    Set(Assigned),
    /// Deletes it.
    Delete,
    /// Changes what it holds: by this method or function, or by an assignment to something in it.
    Change(Option<Name>),
}

/// What is assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// `None`.
    None,
    /// Nothing yet: `False`, zero, an empty text or container, a new object made of nothing.
    Empty,
    /// Another constant, or something made of constants.
    Constant,
    /// A parameter of a method that the SDK calls, or an attribute of one.
    Parameter,
    /// Something made of what the attribute was, as by `+=`.
    Changed,
    /// Something else.
    Other,
}

/// What the code that some entry points reach does, by their positions.
pub(in crate::temporal) type KnownAccesses = RefCell<FxHashMap<Box<[usize]>, Arc<[Access]>>>;

/// Through how many names a value is followed to a parameter.
const NAMES: usize = 3;

/// What is done with state in one kind of reached code.
pub struct State<'r, 'p> {
    reached: &'r ReachedCode<'p>,
    pub(super) graph: Graph<'r, 'p>,
}

impl<'r, 'p> State<'r, 'p> {
    /// The state in some reached code.
    #[must_use]
    pub fn of(reached: &'r ReachedCode<'p>) -> Self {
        Self { reached, graph: Graph::new(&reached.reach) }
    }

    /// What the code that some entry points of workflows reach does with the state of their workflows.
    #[must_use]
    pub fn accesses(&self, is_wanted: &dyn Fn(&EntryPoint) -> bool) -> Arc<[Access]> {
        let entries = self.reached.entries.iter().enumerate();
        let wanted: Box<[usize]> = entries
            .filter(|(_, entry)| entry.workflow.is_some() && is_wanted(entry))
            .map(|(position, _)| position)
            .collect();
        // Several rules ask about the same entry points.
        if let Some(known) = self.reached.accesses.borrow().get(&wanted) {
            return Arc::clone(known);
        }
        let found: Arc<[Access]> = self.accesses_from(&wanted).into();
        self.reached.accesses.borrow_mut().insert(wanted, Arc::clone(&found));
        found
    }

    fn accesses_from(&self, wanted: &[usize]) -> Vec<Access> {
        let objects: FxHashSet<ClassRef> =
            wanted.iter().filter_map(|entry| self.class_of(&self.reached.entries[*entry])).collect();
        let wanted: FxHashSet<usize> = wanted.iter().copied().collect();
        let is_root = |roots: &[usize]| roots.iter().any(|root| wanted.contains(root));
        let roots: Vec<NodeId> =
            self.reached.reach.nodes().filter(|(_, node)| is_root(&node.roots)).map(|(id, _)| id).collect();
        let holdings = Holdings::follow(&self.graph, &roots, objects);
        let mut found = Vec::new();
        for node in &holdings.nodes {
            Finder { graph: &self.graph, holdings: &holdings, node: *node, found: &mut found }.code();
        }
        found
    }

    /// The accesses among some that happen before the code of some entry points first waits.
    #[must_use]
    pub fn before_first_wait<'a>(
        &self,
        accesses: &'a [Access],
        is_wanted: &dyn Fn(&EntryPoint) -> bool,
    ) -> Vec<&'a Access> {
        self.early(accesses, is_wanted, false)
    }

    /// Those of them that always do.
    #[must_use]
    pub fn always_before_first_wait<'a>(
        &self,
        accesses: &'a [Access],
        is_wanted: &dyn Fn(&EntryPoint) -> bool,
    ) -> Vec<&'a Access> {
        let mut found = self.early(accesses, is_wanted, true);
        found.retain(|access| access.unconditional);
        found
    }

    fn early<'a>(
        &self,
        accesses: &'a [Access],
        is_wanted: &dyn Fn(&EntryPoint) -> bool,
        always: bool,
    ) -> Vec<&'a Access> {
        let entries = &self.reached.entries;
        let is_root = |roots: &[usize]| roots.iter().any(|root| is_wanted(&entries[*root]));
        let roots: Vec<NodeId> =
            self.reached.reach.nodes().filter(|(_, node)| is_root(&node.roots)).map(|(id, _)| id).collect();
        let early = Early::of(&self.graph, &roots, always);
        // `self.label = await …` is done once the wait that ends at the same place is over.
        let done = |access: &Access| match access.kind {
            AccessKind::Set(_) => access.done + TextSize::from(1),
            _ => access.done,
        };
        accesses.iter().filter(|access| early.holds(access.node, access.block, done(access))).collect()
    }

    /// The class of the object that the entry points of a workflow are methods of.
    #[must_use]
    pub(super) fn class_of_workflow(&self, workflow: usize) -> Option<ClassRef> {
        self.reached
            .entries
            .iter()
            .filter(|entry| entry.workflow == Some(workflow))
            .find_map(|entry| self.class_of(entry))
    }

    /// The reached code that this is the state of.
    pub(in crate::temporal) fn reached(&self) -> &'r ReachedCode<'p> {
        self.reached
    }

    /// The file of some code.
    pub(in crate::temporal) fn module(&self, node: NodeId) -> &'p Module {
        self.graph.module(node)
    }

    /// The code that some entry points reach.
    pub(in crate::temporal) fn reached_from(&self, is_wanted: &dyn Fn(&EntryPoint) -> bool) -> Vec<NodeId> {
        let mut found: Vec<NodeId> = self.reached.reach.rooted(|root| is_wanted(&self.reached.entries[root])).collect();
        let mut seen: FxHashSet<NodeId> = found.iter().copied().collect();
        let mut next = 0;
        while let Some(&node) = found.get(next) {
            for (_, to) in self.graph.leads_on(node) {
                if !self.reached.reach.node(*to).at_import && seen.insert(*to) {
                    found.push(*to);
                }
            }
            next += 1;
        }
        found
    }

    /// The code that a place in some code leads to, and what that leads to.
    pub(in crate::temporal) fn all_led_to(&self, node: NodeId, range: TextRange) -> Vec<NodeId> {
        self.graph.all_led_to(node, range)
    }

    fn class_of(&self, entry: &EntryPoint) -> Option<ClassRef> {
        let index = self.reached.entries.iter().position(|other| std::ptr::eq(other, entry))?;
        let root = self.reached.reach.rooted(|root| root == index).next()?;
        let Code::Function(function) = self.reached.reach.node(root).code else { return None };
        let module = self.graph.module(root);
        let first = module.parameters(function.function).first()?.name;
        let evaluator = self.reached.reach.evaluator();
        let frame = evaluator.store().frame(self.reached.reach.node(root).frame?);
        let object = frame.parameters.iter().find(|(name, _)| *name == first)?.1.single()?;
        match evaluator.get(object) {
            Value::Instance(instance) => Some(instance.class),
            _ => None,
        }
    }
}

/// Looks for accesses in one piece of code.
struct Finder<'f, 'g, 'r, 'p> {
    graph: &'g Graph<'r, 'p>,
    holdings: &'f Holdings<'g, 'r, 'p>,
    node: NodeId,
    found: &'f mut Vec<Access>,
}

/// Where something is done.
#[derive(Clone, Copy)]
struct Site {
    range: TextRange,
    block: BlockId,
    done: TextSize,
}

impl Finder<'_, '_, '_, '_> {
    fn code(&mut self) {
        let module = self.graph.module(self.node);
        if let Code::Function(function) = self.graph.reach.node(self.node).code
            && let Body::Expression(value) = module[function.function].body
        {
            let entry = module[function.function].entry;
            return each_within(module, value, &mut |part| self.expression(part, entry));
        }
        let mut statements = Vec::new();
        each_statement(module, self.graph.body(self.node), &mut |statement| statements.push(statement));
        for statement in statements {
            let block = module.block_of(statement);
            if !self.graph.reach.evaluator().may_run(block, self.graph.place(self.node)) {
                continue;
            }
            self.statement(statement, block);
        }
    }

    fn statement(&mut self, id: StmtId, block: BlockId) {
        let module = self.graph.module(self.node);
        if matches!(module[id], Stmt::Function(_) | Stmt::Class(_)) {
            return;
        }
        let mut expressions = Vec::new();
        module.each_expression(id, &mut |expr| expressions.push(expr));
        for expr in expressions {
            let mut parts = Vec::new();
            each_within(module, expr, &mut |part| parts.push(part));
            for part in parts {
                let own = self.graph.block_of(self.node, id, part);
                if own == block || self.graph.reach.evaluator().may_run(own, self.graph.place(self.node)) {
                    self.expression(part, own);
                }
            }
        }
        let end = module.statement_span(id).end();
        match module[id] {
            Stmt::Assign { targets, value } => {
                let given = self.given(value);
                module.list(targets).iter().for_each(|target| self.target(*target, given, block, end));
            }
            Stmt::Declare { target, value: Some(value) } => {
                let given = self.given(value);
                self.target(target, given, block, end);
            }
            Stmt::Augment { target, .. } => match module[target] {
                Expr::Name { .. } if self.is_container(target) => {
                    self.change(target, None, Site { range: module.span(target), block, done: end })
                }
                Expr::Name { .. } => {}
                _ => self.target(target, Assigned::Changed, block, end),
            },
            Stmt::For(looped) => {
                let start = module[looped].target.map(|target| (target, module.span(target).end()));
                start.into_iter().for_each(|(target, done)| self.target(target, Assigned::Other, block, done));
            }
            Stmt::With(with) => {
                for item in module.list(module[with].items) {
                    item.target
                        .into_iter()
                        .for_each(|target| self.target(target, Assigned::Other, block, module.span(target).end()));
                }
            }
            Stmt::Delete(targets) => {
                module.list(targets).iter().for_each(|target| self.deleted(*target, block, end));
            }
            _ => {}
        }
    }

    // ---- targets

    fn target(&mut self, target: ExprId, given: Assigned, block: BlockId, done: TextSize) {
        let module = self.graph.module(self.node);
        let site = Site { range: module.span(target), block, done };
        match module[target] {
            Expr::Tuple(items) | Expr::List(items) => {
                module.list(items).iter().for_each(|item| self.target(*item, Assigned::Other, block, done));
            }
            Expr::Starred(inner) => self.target(inner, Assigned::Other, block, done),
            Expr::Attribute { value, name } => self.attribute_set(value, name, given, site),
            Expr::Subscript { value, .. } => self.change(value, None, site),
            _ => {}
        }
    }

    fn attribute_set(&mut self, object: ExprId, name: Name, given: Assigned, site: Site) {
        for held in self.holdings.of(self.node, object) {
            match held {
                Held { copies: 1.., .. } => {}
                Held { attribute: None, .. } => {
                    let given = match given {
                        Assigned::Other if self.was_read(name, site) => Assigned::Changed,
                        given => given,
                    };
                    self.note(name, AccessKind::Set(given), site, false);
                }
                Held { attribute: Some(attribute), .. } => self.note(attribute, AccessKind::Change(None), site, false),
            }
        }
    }

    /// Whether the statement of an assignment reads the same attribute.
    fn was_read(&self, name: Name, site: Site) -> bool {
        let module = self.graph.module(self.node);
        let Some(target) = self.graph.expression_at(self.node, site.range) else { return false };
        let Some(statement) = module.uses().statement_of(target) else { return false };
        let mut found = false;
        module.each_expression(statement, &mut |expr| {
            each_within(module, expr, &mut |part| {
                found |= part != target && matches!(module[part], Expr::Attribute { name: read, .. } if read == name);
            });
        });
        found
    }

    fn deleted(&mut self, target: ExprId, block: BlockId, done: TextSize) {
        let module = self.graph.module(self.node);
        let site = Site { range: module.span(target), block, done };
        match module[target] {
            Expr::Tuple(items) | Expr::List(items) => {
                module.list(items).iter().for_each(|item| self.deleted(*item, block, done));
            }
            Expr::Attribute { value, name } => {
                for held in self.holdings.of(self.node, value) {
                    match held {
                        Held { copies: 1.., .. } => {}
                        Held { attribute: None, .. } => self.note(name, AccessKind::Delete, site, false),
                        Held { attribute: Some(attribute), .. } => {
                            self.note(attribute, AccessKind::Change(None), site, false);
                        }
                    }
                }
            }
            Expr::Subscript { value, .. } => self.change(value, None, site),
            _ => {}
        }
    }

    /// Something that changes what an expression holds.
    fn change(&mut self, object: ExprId, by: Option<Name>, site: Site) {
        self.changed(self.holdings.of(self.node, object), by, site, false);
    }

    fn changed(&mut self, held: HeldSet, by: Option<Name>, site: Site, doubtful: bool) {
        for held in held {
            if let Held { attribute: Some(attribute), copies: 0, .. } = held {
                self.note(attribute, AccessKind::Change(by), site, doubtful);
            }
        }
    }

    // ---- expressions

    fn expression(&mut self, expr: ExprId, block: BlockId) {
        let module = self.graph.module(self.node);
        let range = module.span(expr);
        let site = Site { range, block, done: range.end() };
        match module[expr] {
            Expr::Attribute { value, name } => {
                let is_read =
                    !matches!(module.uses().use_of(expr), Use::Target(_) | Use::Deleted(_)) || self.is_augmented(expr);
                if is_read && self.holdings.of(self.node, value).contains(&Held::OBJECT) && !self.is_method(expr) {
                    let tolerant = self.is_tolerant(block);
                    self.note(name, AccessKind::Read { tolerant }, site, false);
                }
            }
            Expr::Subscript { value, .. } => {
                let is_read = !matches!(module.uses().use_of(expr), Use::Target(_) | Use::Deleted(_));
                if is_read && self.makes_missing(value) {
                    self.change(value, Some(Name::new("defaultdict")), site);
                }
            }
            Expr::Call { callee, arguments } => self.call(callee, arguments, site),
            _ => {}
        }
    }

    fn is_method(&self, expr: ExprId) -> bool {
        let found = self.graph.value(expr, self.node);
        let evaluator = self.graph.reach.evaluator();
        !found.known.is_empty() && found.known.iter().all(|value| matches!(evaluator.get(*value), Value::Function(_)))
    }

    fn is_augmented(&self, expr: ExprId) -> bool {
        let module = self.graph.module(self.node);
        matches!(module.uses().use_of(expr), Use::Target(statement) if matches!(module[statement], Stmt::Augment { .. }))
    }

    /// Whether a block stands where an `AttributeError` may be caught.
    fn is_tolerant(&self, block: BlockId) -> bool {
        self.graph.module(self.node).may_be_handled(block)
    }

    fn call(&mut self, callee: ExprId, arguments: List<Argument>, site: Site) {
        let module = self.graph.module(self.node);
        let evaluator = self.graph.reach.evaluator();
        let callees = self.graph.value(callee, self.node);
        let mut is_known = false;
        for value in &callees.known {
            let Some(name) = evaluator.outside_name(*value) else {
                is_known = true;
                continue;
            };
            is_known |= name.as_str().starts_with("builtins.");
            let method = Name::new(name.last_part());
            match behaviour().changes(name.as_str()) {
                Some(ValueOf::Receiver) => {
                    is_known = true;
                    if let Expr::Attribute { value, .. } = module[callee] {
                        self.change(value, Some(method), site);
                    }
                }
                Some(ValueOf::Argument(position)) => {
                    is_known = true;
                    if let Some(argument) = module.list(arguments).get(*position) {
                        self.change(argument.value, Some(method), site);
                    }
                }
                _ => self.by_name(name, arguments, site),
            }
        }
        if !is_known
            && let Expr::Attribute { value, name } = module[callee]
            && behaviour().changes_its_object(name.as_str())
        {
            let doubtful = callees.rest != Rest::Nothing || !callees.known.is_empty();
            let held = self.holdings.of(self.node, value);
            self.changed(held, Some(name), site, doubtful);
        }
    }

    /// `getattr`, `setattr` and `delattr` with a name that is known.
    fn by_name(&mut self, function: Name, arguments: List<Argument>, site: Site) {
        let module = self.graph.module(self.node);
        let function = function.as_str();
        let kind = match function {
            "builtins.setattr" | "builtins.object.__setattr__" => AccessKind::Set(Assigned::Other),
            "builtins.delattr" | "builtins.object.__delattr__" => AccessKind::Delete,
            "builtins.getattr" => AccessKind::Read { tolerant: arguments.len() > 2 || self.is_tolerant(site.block) },
            _ => return,
        };
        let (Some(object), Some(name)) =
            (module.list(arguments).first(), self.graph.text_argument(self.node, arguments, 1))
        else {
            return;
        };
        if object.kind != ArgumentKind::Positional {
            return;
        }
        for held in self.holdings.of(self.node, object.value) {
            match held {
                Held { copies: 1.., .. } => {}
                Held { attribute: None, .. } => self.note(name, kind, site, false),
                Held { attribute: Some(attribute), .. } if !matches!(kind, AccessKind::Read { .. }) => {
                    self.note(attribute, AccessKind::Change(None), site, false);
                }
                Held { .. } => {}
            }
        }
    }

    // ---- what is known of values

    /// What an assigned value is.
    fn given(&self, value: ExprId) -> Assigned {
        let module = self.graph.module(self.node);
        match self.is_constant(value) {
            true if module[value] == Expr::None => Assigned::None,
            true if self.is_empty(value) => Assigned::Empty,
            true => Assigned::Constant,
            false if self.is_from_parameter(value) => Assigned::Parameter,
            false => Assigned::Other,
        }
    }

    /// Whether a value is what the SDK has called the method with, an attribute of that, a copy, or made of such values and of
    /// constants alone.
    fn is_from_parameter(&self, value: ExprId) -> bool {
        self.is_from_parameter_by(value, NAMES)
    }

    /// The same, through no more than so many names one after the other.
    fn is_from_parameter_by(&self, value: ExprId, names: usize) -> bool {
        let module = self.graph.module(self.node);
        let is_known = |part: ExprId| self.is_constant(part) || self.is_from_parameter_by(part, names);
        match module[value] {
            Expr::Attribute { value, .. } => self.is_from_parameter_by(value, names),
            Expr::Call { arguments, callee } => match (module.list(arguments), module[callee]) {
                ([], Expr::Attribute { value, name }) => name == "copy" && self.is_from_parameter_by(value, names),
                ([], _) => false,
                (given, _) => {
                    let names = self.graph.outside_names(callee, self.node);
                    let is_plain =
                        |name: &Name| does(*name, CallableRole::Copies) || does(*name, CallableRole::Computes);
                    let computes = !names.is_empty() && names.iter().all(is_plain);
                    let takes = |given: &Argument| given.kind == ArgumentKind::Positional && is_known(given.value);
                    computes && given.iter().all(takes)
                }
            },
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => {
                module.list(items).iter().all(|item| is_known(*item))
            }
            Expr::Dict(items) => {
                module.list(items).iter().all(|item| item.key.is_none_or(is_known) && is_known(item.value))
            }
            Expr::BoolOp { operands, .. } => module.list(operands).iter().all(|operand| is_known(*operand)),
            Expr::Name { .. } => {
                let bindings = bindings_of(module, value);
                let is_parameter = |binding: &BindingId| match module[*binding].kind {
                    BindingKind::Parameter { index } => index > 0,
                    // What stands before it cannot lead back to it.
                    BindingKind::Assign { value: given, path, .. } if path.is_empty() && bindings.len() == 1 => {
                        names > 0
                            && module.span(given).end() < module.span(value).start()
                            && (self.is_constant(given) || self.is_from_parameter_by(given, names - 1))
                    }
                    _ => false,
                };
                let is_called_by_sdk = !self.graph.reach.node(self.node).roots.is_empty();
                is_called_by_sdk && !bindings.is_empty() && bindings.iter().all(is_parameter)
            }
            _ => false,
        }
    }

    /// Whether a constant says that there is nothing yet.
    fn is_empty(&self, value: ExprId) -> bool {
        let module = self.graph.module(self.node);
        match module[value] {
            Expr::Bool(false) | Expr::Int(0) => true,
            Expr::Call { arguments, .. } => arguments.is_empty(),
            Expr::Float(number) => number == 0.0,
            Expr::Str(text) => text.as_str().is_empty(),
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => items.is_empty(),
            Expr::Dict(items) => items.is_empty(),
            _ => false,
        }
    }

    fn is_constant(&self, value: ExprId) -> bool {
        let module = self.graph.module(self.node);
        match module[value] {
            Expr::None | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) | Expr::Text | Expr::Bytes => {
                true
            }
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => {
                module.list(items).iter().all(|item| self.is_constant(*item))
            }
            Expr::Dict(items) => module
                .list(items)
                .iter()
                .all(|item| item.key.is_some_and(|key| self.is_constant(key)) && self.is_constant(item.value)),
            Expr::Unary { operand, .. } => self.is_constant(operand),
            // A new object that is made of nothing.
            Expr::Call { callee, arguments } => {
                module
                    .list(arguments)
                    .iter()
                    .all(|argument| self.is_constant(argument.value) || self.is_class(argument.value))
                    && self.is_class(callee)
            }
            // A module's constant, a member of an enumeration.
            Expr::Name { .. } | Expr::Attribute { .. } => {
                let values = self.graph.value(value, self.node);
                let evaluator = self.graph.reach.evaluator();
                let is_constant = |value: &crate::python::ValueId| {
                    matches!(
                        evaluator.get(*value),
                        Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Member(..)
                    )
                };
                values.only().is_some_and(|value| is_constant(&value))
            }
            _ => false,
        }
    }

    fn is_class(&self, callee: ExprId) -> bool {
        let evaluator = self.graph.reach.evaluator();
        let values = self.graph.value(callee, self.node);
        values.single().is_some_and(|value| match evaluator.get(value) {
            Value::Class(..) => true,
            _ => evaluator.outside_name(value).is_some_and(|name| does(name, CallableRole::MakesContainer)),
        })
    }

    fn is_container(&self, expr: ExprId) -> bool {
        let evaluator = self.graph.reach.evaluator();
        let values = self.graph.value(expr, self.node);
        let is_container = |value: &crate::python::ValueId| {
            matches!(evaluator.get(*value), Value::Items(..) | Value::Many(..) | Value::Table(_) | Value::Set { .. })
        };
        !values.known.is_empty() && values.known.iter().all(is_container)
    }

    /// Whether a read of an item that is not there makes it: what every assignment gives an attribute is a `defaultdict`.
    fn makes_missing(&self, object: ExprId) -> bool {
        let module = self.graph.module(self.node);
        let Expr::Attribute { name, .. } = module[object] else { return false };
        let is_maker = |value: ExprId| {
            let Expr::Call { callee, .. } = module[value] else { return false };
            self.graph.outside_names(callee, self.node).iter().any(|name| *name == "collections.defaultdict")
        };
        let mut values = module.attribute_stores(name).filter_map(|store| store.value).peekable();
        values.peek().is_some() && values.all(is_maker)
    }

    // ---- notes

    fn note(&mut self, attribute: Name, kind: AccessKind, site: Site, doubtful: bool) {
        let (asked_first, depends_on_state) = self.asked(attribute, site.block);
        let asked_first = asked_first && fills(kind);
        let unconditional = !is_optional(self.graph, self.node, site.block, site.range);
        self.found.push(Access {
            node: self.node,
            attribute,
            kind,
            range: site.range,
            block: site.block,
            done: site.done,
            asked_first,
            depends_on_state,
            unconditional,
            doubtful,
        });
    }

    /// Whether control comes to a block only where a test finds that an attribute is not there yet, and whether it passes a test
    /// of any.
    fn asked(&self, attribute: Name, block: BlockId) -> (bool, bool) {
        let module = self.graph.module(self.node);
        let (mut own, mut any) = (false, false);
        for (_, condition) in module.guards(block) {
            let (tested, truth) = match condition {
                Condition::Test(test, truth) => (test, Some(truth)),
                Condition::Case { matched, .. } => (module[matched].subject, None),
                _ => continue,
            };
            let is_it = |part: ExprId| match module[part] {
                Expr::Attribute { .. } | Expr::Name { .. } | Expr::Call { .. } => {
                    self.holdings.of(self.node, part).iter().any(|held| held.attribute == Some(attribute))
                }
                // `hasattr(self, "total")`.
                Expr::Str(text) => text == attribute,
                _ => false,
            };
            own |= truth.is_none_or(|truth| says_missing(module, tested, truth, &is_it));
            each_within(module, tested, &mut |part| {
                let held = match module[part] {
                    Expr::Attribute { .. } | Expr::Name { .. } | Expr::Call { .. } => self.holdings.of(self.node, part),
                    _ => HeldSet::new(),
                };
                any |= held.iter().any(|held| held.attribute.is_some()) || is_it(part);
            });
        }
        (own, any)
    }
}

/// Whether a change may put something where nothing was.
fn fills(kind: AccessKind) -> bool {
    match kind {
        AccessKind::Set(_) | AccessKind::Change(None) => true,
        AccessKind::Change(Some(by)) => !takes_out(by.as_str()),
        AccessKind::Read { .. } | AccessKind::Delete => false,
    }
}

/// Whether the tables say of a callable outside the project that it does something.
fn does(name: Name, role: CallableRole) -> bool {
    behaviour().does(name.as_str(), role)
}
