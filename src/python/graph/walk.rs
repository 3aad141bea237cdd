//! One piece of code, gone through: what happens in it and where it leads.
//!
//! Knows: which statements run, as far as conditions decide it, in which order they evaluate their parts, and what an
//! assignment leads to. Does not know: expressions ([`expression`](super::expression)), definitions and imports
//! ([`definition`](super::definition)), or what runs without a call that one can see ([`implicit`](super::implicit)).

use rustc_hash::FxHashMap;

use super::super::eval::{Evaluator, Found, Likelihood, Place};
use super::super::value::{Arguments, Rest, Value, ValueId, Values};
use super::order::is_one_name;
use super::reach::{Edge, Event, EventKind, NodeId, OrderUse, Reach};
use super::read::first_block;
use crate::semantic::{BlockId, Condition, Expr, ExprId, Module, Name, Stmt, StmtId, Suite};
use crate::source::TextRange;

/// Walks one piece of code and notes what happens in it and where it leads.
pub(super) struct Walker<'r, 'p> {
    pub(super) reach: &'r mut Reach<'p>,
    pub(super) node: NodeId,
    pub(super) place: Place,
    pub(super) at_import: bool,
    /// The block at hand.
    block: Option<BlockId>,
    /// The least likelihood of the tests before and at each block with a test.
    likely: FxHashMap<BlockId, Likelihood>,
    /// Whether only a wrong annotation leads to the block at hand.
    pub(super) unlikely: bool,
    /// The expression whose order the consumer at hand does not look at.
    pub(super) orderless: Option<ExprId>,
    /// Inside the arguments of a call that logs.
    pub(super) logging: bool,
    /// Inside a `raise`.
    pub(super) raising: bool,
    /// The call at hand is awaited on the spot.
    pub(super) awaited: bool,
    /// Inside a block that the sandbox does not look into, in what leaves it.
    pub(super) shielded: bool,
}

impl<'r, 'p> Walker<'r, 'p> {
    pub(super) fn new(reach: &'r mut Reach<'p>, node: NodeId, place: Place, at_import: bool) -> Self {
        Self {
            reach,
            node,
            place,
            at_import,
            block: None,
            likely: FxHashMap::default(),
            unlikely: false,
            orderless: None,
            logging: false,
            raising: false,
            awaited: false,
            shielded: false,
        }
    }

    pub(super) fn evaluator(&self) -> &Evaluator<'p> {
        self.reach.evaluator()
    }

    pub(super) fn module(&self) -> &'p Module {
        self.evaluator().project().module(self.place.file)
    }

    pub(super) fn value(&self, expr: ExprId) -> Values {
        self.evaluator().value(expr, self.place)
    }

    pub(super) fn get(&self, value: ValueId) -> Value {
        self.evaluator().get(value).clone()
    }

    pub(super) fn event(&mut self, range: TextRange, expr: Option<ExprId>, kind: EventKind) {
        let (block, unlikely, shielded) = (self.block, self.unlikely, self.shielded);
        let event = Event { kind, range, expr, block, unlikely, shielded };
        self.reach.happened(self.node, event);
    }

    pub(super) fn edge(&self, site: TextRange, doubtful: bool) -> Edge {
        Edge { from: self.node, site, block: self.block, doubtful, unlikely: self.unlikely }
    }

    pub(super) fn suite(&mut self, suite: Suite) {
        let module = self.module();
        for statement in module.list(suite) {
            let block = module.block_of(*statement);
            let (outer_block, outer_unlikely) = (self.block, self.unlikely);
            if self.enter_block(block) {
                self.statement(*statement);
            }
            (self.block, self.unlikely) = (outer_block, outer_unlikely);
        }
    }

    /// Whether a block may run; and how likely, for what is noted in it.
    fn enter_block(&mut self, block: BlockId) -> bool {
        if self.block == Some(block) {
            return true;
        }
        if !self.evaluator().may_run(block, self.place) {
            return false;
        }
        self.unlikely = self.least_likelihood(block) == Likelihood::Unlikely;
        self.block = Some(block);
        true
    }

    /// The least likelihood of the tests that control always passes before a block. What is known of the blocks before is
    /// not worked out again.
    fn least_likelihood(&mut self, block: BlockId) -> Likelihood {
        let module = self.module();
        let mut passed: Vec<(BlockId, Condition)> = Vec::new();
        let mut least = Likelihood::Yes;
        for (guard, condition) in module.guards(block) {
            if let Some(known) = self.likely.get(&guard) {
                least = *known;
                break;
            }
            passed.push((guard, condition));
        }
        for (guard, condition) in passed.into_iter().rev() {
            least = least.min(self.evaluator().likelihood(condition, self.place));
            self.likely.insert(guard, least);
        }
        least
    }

    /// Goes through a statement. One arm for each form.
    #[expect(clippy::too_many_lines, reason = "an arm for each form")]
    fn statement(&mut self, id: StmtId) {
        let module = self.module();
        let range = module.statement_span(id);
        self.raising = false;
        match module[id] {
            Stmt::Expr(value) => self.visit(value),
            Stmt::Assign { targets, value } => {
                self.visit(value);
                let unpacks = |target: &ExprId| match module[*target] {
                    Expr::Tuple(items) => !is_one_name(module, items),
                    _ => false,
                };
                if module.list(targets).iter().any(unpacks) {
                    self.unpacked(value, true);
                }
                module.list(targets).iter().for_each(|target| self.target(*target));
            }
            Stmt::Declare { target, value } => {
                value.into_iter().for_each(|value| self.visit(value));
                if value.is_some() {
                    self.target(target);
                }
            }
            Stmt::Augment { target, op, value } => {
                self.visit(value);
                self.visit(target);
                self.augmented(target, op, value, range);
                self.target(target);
            }
            Stmt::Return(value) => value.into_iter().for_each(|value| self.visit(value)),
            Stmt::Raise { exception, cause } => {
                self.raising = true;
                self.event(range, None, EventKind::Raise(id));
                exception.into_iter().chain(cause).for_each(|value| self.visit(value));
                self.raising = false;
            }
            Stmt::Assert { test, message } => {
                self.event(range, None, EventKind::Assert(id));
                self.visit(test);
                self.tested(test);
                self.raising = true;
                message.into_iter().for_each(|message| self.visit(message));
                self.raising = false;
            }
            Stmt::Delete(targets) => module.list(targets).iter().for_each(|target| self.deleted(*target)),
            Stmt::If(branches) => {
                for branch in module.list(branches) {
                    let runs = branch.test.is_none_or(|test| self.test_runs(test));
                    if let Some(test) = branch.test.filter(|_| runs) {
                        self.visit(test);
                        self.tested(test);
                    }
                    self.suite(branch.body);
                }
            }
            Stmt::While(looped) => {
                self.visit(module[looped].head);
                self.tested(module[looped].head);
                self.suite(module[looped].body);
                self.suite(module[looped].orelse);
            }
            Stmt::For(id) => {
                let looped = module[id];
                self.visit(looped.head);
                let values = self.value(looped.head);
                self.iterated(&values, module.span(looped.head), looped.is_async);
                if !self.is_order_insensitive(id, self.place) {
                    self.set_order(looped.head, OrderUse::Iteration);
                }
                looped.target.into_iter().for_each(|target| self.target(target));
                self.suite(looped.body);
                self.suite(looped.orelse);
            }
            Stmt::With(with) => {
                let with = module[with];
                self.event(range, None, EventKind::With(id));
                let mut shielded = false;
                for item in module.list(with.items) {
                    self.visit(item.manager);
                    self.managed(item.manager, with.is_async);
                    item.target.into_iter().for_each(|target| self.target(target));
                    shielded |= self.shields(item.manager);
                }
                if shielded {
                    self.leaving(with.body, range);
                } else {
                    self.suite(with.body);
                }
            }
            Stmt::Try(tried) => {
                let tried = module[tried];
                self.event(range, None, EventKind::Try(id));
                self.suite(tried.body);
                for handler in module.list(tried.handlers) {
                    let (outer_block, outer_unlikely) = (self.block, self.unlikely);
                    if self.enter_block(handler.block) {
                        handler.kind.into_iter().for_each(|kind| self.visit(kind));
                        self.suite(handler.body);
                    }
                    (self.block, self.unlikely) = (outer_block, outer_unlikely);
                }
                self.suite(tried.orelse);
                self.suite(tried.finally);
            }
            Stmt::Match(matched) => {
                self.visit(module[matched].subject);
                for case in module.list(module[matched].cases) {
                    case.guard.into_iter().for_each(|guard| self.visit(guard));
                    self.suite(case.body);
                }
            }
            Stmt::Function(function) => self.defined_function(function),
            Stmt::Class(class) => self.defined_class(class),
            Stmt::Import(import) => {
                if !self.at_import {
                    self.event(range, None, EventKind::Import(import));
                }
                self.imported(import);
            }
            Stmt::Break | Stmt::Continue | Stmt::Nothing => {}
        }
    }

    /// Whether the test of an `elif` is asked at all: not behind one that surely held.
    fn test_runs(&self, test: ExprId) -> bool {
        let module = self.module();
        match first_block(module, test) {
            Some(block) => self.evaluator().may_run(block, self.place),
            None => true,
        }
    }

    fn target(&mut self, target: ExprId) {
        let module = self.module();
        match module[target] {
            Expr::Tuple(items) => module.list(items).iter().for_each(|item| self.target(*item)),
            Expr::Starred(inner) => self.target(inner),
            Expr::Attribute { value, name } => {
                self.visit(value);
                self.attribute_written(value, name, module.span(target));
            }
            Expr::Subscript { value, index } => {
                self.visit(value);
                self.visit(index);
                let values = self.value(value);
                self.special(&values, "__setitem__", module.span(target));
                self.hashed(index);
            }
            _ => {}
        }
    }

    fn deleted(&mut self, target: ExprId) {
        let module = self.module();
        if let Expr::Subscript { value, index } = module[target] {
            self.visit(value);
            self.visit(index);
            let values = self.value(value);
            self.special(&values, "__delitem__", module.span(target));
        }
    }

    /// An assignment to an attribute: property setters, descriptors and `__setattr__` run.
    fn attribute_written(&mut self, object: ExprId, name: Name, site: TextRange) {
        let owners = self.value(object);
        for owner in &owners.known {
            self.attribute_of_owner_written(*owner, name, site, false);
            self.special(&Values::of(*owner), "__setattr__", site);
        }
    }

    fn attribute_of_owner_written(&mut self, owner: ValueId, name: Name, site: TextRange, doubtful: bool) {
        if let Some(setter) = self.evaluator().setter(owner, name) {
            self.run(&setter, &Arguments::open(), site, doubtful);
        } else if let Some(Found::Static(_, _, held)) = self.evaluator().find_in_class(owner, name) {
            self.special(&held, "__set__", site);
        }
    }

    /// `setattr(object, name, value)`: what an assignment to an attribute of one of these names runs; of all names where it is not
    /// known which.
    pub(super) fn attribute_set_by_name(&mut self, given: &Arguments, site: TextRange) {
        let [owners, names, _] = given.positional.as_slice() else { return };
        let (owners, names) = (owners.clone(), names.clone());
        for owner in owners.known {
            let known = names.known.iter().filter_map(|name| match self.get(*name) {
                Value::Str(name) => Some(name),
                _ => None,
            });
            let mut known: Vec<Name> = known.collect();
            let doubtful = names.rest != Rest::Nothing || known.len() != 1;
            if names.rest != Rest::Nothing {
                known = self.evaluator().names_in_class(owner);
            }
            for name in known {
                self.attribute_of_owner_written(owner, name, site, doubtful);
            }
        }
    }

    /// What a block that the sandbox does not look into hands on to the code around it.
    fn leaving(&mut self, suite: Suite, around: TextRange) {
        let module = self.module();
        for statement in module.list(suite) {
            let value = match module[*statement] {
                Stmt::Assign { targets, value } => {
                    module.list(targets).iter().any(|target| self.outlives(*target, around)).then_some(value)
                }
                Stmt::Declare { target, value } => value.filter(|_| self.outlives(target, around)),
                Stmt::Augment { target, value, .. } => self.outlives(target, around).then_some(value),
                Stmt::Return(value) => value,
                _ => None,
            };
            if let Some(value) = value {
                let outer = std::mem::replace(&mut self.shielded, true);
                self.visit(value);
                self.shielded = outer;
            }
            module.each_suite(*statement, &mut |inner| self.leaving(inner, around));
        }
    }

    /// Whether what is assigned to a target is read outside a statement.
    fn outlives(&self, target: ExprId, around: TextRange) -> bool {
        let module = self.module();
        match module[target] {
            Expr::Target(binding) => module.reads_of(binding).any(|read| !around.contains_range(module.span(read))),
            Expr::Tuple(items) | Expr::List(items) => {
                module.list(items).iter().any(|item| self.outlives(*item, around))
            }
            Expr::Starred(inner) => self.outlives(inner, around),
            _ => true,
        }
    }

    /// Whether the body of a `with` statement is none of the analysis's business, but for what leaves it.
    fn shields(&self, manager: ExprId) -> bool {
        let module = self.module();
        let Expr::Call { callee, .. } = module[manager] else { return false };
        let callees = self.value(callee);
        callees
            .single()
            .and_then(|callee| self.evaluator().outside_name(callee))
            .is_some_and(|name| self.evaluator().world().shields(name))
    }
}
