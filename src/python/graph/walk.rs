//! One piece of code, gone through: what happens in it and where it leads.
//!
//! Knows: which parts of a statement or expression run, as far as conditions decide it, and what a call, a read or an
//! assignment leads to. Does not know: what runs without a call that one can see ([`implicit`](super::implicit)), or what
//! becomes of functions that are handed over ([`handed`](super::handed)).

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::call::Defaulted;
use super::super::class::Ancestor;
use super::super::eval::{Evaluator, Factory, Found, Likelihood, Place, Truth};
use super::super::value::{Arguments, Callable, ClassRef, FrameId, FunctionRef, Value, ValueId, Values};
use super::super::world::{Generated, HandOff, Operand, OrderOf};
use super::reach::{Code, Edge, Event, EventKind, NodeId, OrderUse, Reach};
use crate::semantic::{
    Argument, ArgumentKind, BindingId, BindingKind, BlockId, BoolOp, Comprehension, ComprehensionKind, Condition, Expr,
    ExprId, List, Module, Name, RegionKind, ScopeKind, Stmt, StmtId, Suite,
};
use crate::source::{FileId, TextRange};

/// Walks one piece of code and notes what happens in it and where it leads.
pub(super) struct Walker<'r, 'p> {
    pub(super) reach: &'r mut Reach<'p>,
    node: NodeId,
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
    awaited: bool,
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
        let event = Event { kind, range, expr, block: self.block, unlikely: self.unlikely };
        self.reach.happened(self.node, event);
    }

    fn edge(&self, site: TextRange, doubtful: bool) -> Edge {
        Edge { from: self.node, site, block: self.block, doubtful, unlikely: self.unlikely }
    }

    // ---- statements

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

    pub(super) fn expression(&mut self, expr: ExprId) {
        self.visit(expr);
    }

    fn statement(&mut self, id: StmtId) {
        let module = self.module();
        let range = module.statement_span(id);
        self.raising = false;
        match module[id] {
            Stmt::Expr(value) => self.visit(value),
            Stmt::Assign { targets, value } => {
                self.visit(value);
                let unpacks = |target: &ExprId| matches!(module[*target], Expr::Tuple(_));
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
                    let runs = branch.test.is_none_or(|test| self.test_runs(test, id));
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
            Stmt::For(looped) => {
                let looped = module[looped];
                self.visit(looped.head);
                let values = self.value(looped.head);
                self.iterated(&values, module.span(looped.head), looped.is_async);
                if !self.is_order_insensitive(looped.body, self.place) {
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
                if !shielded {
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
                if self.at_import {
                    self.imported(import);
                } else {
                    self.event(range, None, EventKind::Import(import));
                    self.imported(import);
                }
            }
            Stmt::Break | Stmt::Continue | Stmt::Nothing => {}
        }
    }

    /// Whether the test of an `elif` is asked at all: not behind one that surely held.
    fn test_runs(&self, test: ExprId, _: StmtId) -> bool {
        let module = self.module();
        match first_block(module, test) {
            Some(block) => self.evaluator().may_run(block, self.place),
            None => true,
        }
    }

    /// A module that is imported when code runs is loaded then, if it was not before.
    fn imported(&mut self, import: crate::semantic::ImportId) {
        if !self.reach.follows_initialisers {
            return;
        }
        // What an initialiser's module imports was loaded before.
        if self.at_import && !matches!(self.node_code(), Code::Module(_)) {
            return;
        }
        let module = self.module();
        let site = module.statement_span(module[import].statement);
        let block = module[import].block;
        let passes = module.regions_around(block).any(|(_, region)| match region.kind {
            RegionKind::With(with) => {
                module.list(module[with].items).iter().any(|item| self.loads_outside(item.manager))
            }
            _ => false,
        });
        let loaded = self.reach.loaded_before(self.node);
        for file in self.evaluator().files_of(self.place.file, import) {
            if file != self.place.file && !self.evaluator().is_outside(file) && !loaded.contains(&file) {
                let edge = self.edge(site, false);
                self.reach.loaded(file, self.at_import || passes, edge);
            }
        }
    }

    /// Whether what is imported below a context manager runs outside the code at hand.
    fn loads_outside(&self, manager: ExprId) -> bool {
        let values = self.value(manager);
        values.known.iter().any(|value| match self.evaluator().get(*value) {
            Value::ResultOf(name) => self.evaluator().world().imports_outside(*name),
            _ => false,
        })
    }

    fn defined_function(&mut self, function: crate::semantic::FunctionId) {
        let module = self.module();
        for decorator in module.list(module[function].decorators) {
            self.visit(*decorator);
            if self.at_import || matches!(self.node_code(), Code::Module(_)) {
                self.decorated_at_import(*decorator, function);
            }
        }
        for parameter in module.parameters(function) {
            parameter.default.into_iter().for_each(|default| self.visit(default));
        }
    }

    /// Applying a project's decorator runs the decorator.
    fn decorated_at_import(&mut self, decorator: ExprId, function: crate::semantic::FunctionId) {
        let values = self.value(decorator);
        let site = self.module().span(decorator);
        let inner = self.evaluator().closure(self.place.file, function, None);
        for value in &values.known {
            if matches!(self.evaluator().get(*value), Value::Function(_)) {
                self.invoke(*value, &Arguments::positional(vec![inner.clone()]), site, false);
            }
        }
    }

    fn defined_class(&mut self, class: crate::semantic::ClassId) {
        let module = self.module();
        module.list(module[class].decorators).iter().for_each(|decorator| self.visit(*decorator));
        module.list(module[class].arguments).iter().for_each(|base| self.visit(base.value));
        self.suite(module[class].body);
        self.made_by_metaclass(class);
    }

    /// `__new__` and `__init__` of a metaclass, and `__init_subclass__` of bases, run when a class is made.
    fn made_by_metaclass(&mut self, class: crate::semantic::ClassId) {
        let module = self.module();
        let class_ref = ClassRef { file: self.place.file, class };
        let site = module[class].name_range;
        for name in ["__prepare__", "__new__", "__init__"] {
            if let Some(hook) = self.evaluator().metaclass_method(class_ref, None, name) {
                self.run(&hook, &Arguments::open(), site, false);
            }
        }
        self.named_by_class(class, site);
        if let Some(hook) = self.evaluator().subclass_hook(class_ref) {
            self.run(&hook, &Arguments::open(), site, false);
        }
    }

    /// `__set_name__` of what a class body assigns.
    fn named_by_class(&mut self, class: crate::semantic::ClassId, site: TextRange) {
        let module = self.module();
        for (_, variable) in module.variables_of(module[class].scope) {
            let Some(last) = variable.bindings.last() else { continue };
            if let BindingKind::Assign { value, path, .. } = module[*last].kind
                && path.is_empty()
            {
                let held = self.value(value);
                self.special(&held, "__set_name__", site);
            }
        }
    }

    // ---- targets

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
            if let Some(setter) = self.evaluator().setter(*owner, name) {
                self.run(&setter, &Arguments::open(), site, false);
            } else if let Some(Found::Static(_, _, held)) = self.evaluator().find_in_class(*owner, name) {
                self.special(&held, "__set__", site);
            }
            self.special(&Values::of(*owner), "__setattr__", site);
        }
    }

    // ---- expressions

    pub(super) fn visit(&mut self, expr: ExprId) {
        let awaited = std::mem::take(&mut self.awaited);
        let module = self.module();
        let range = module.span(expr);
        match module[expr] {
            Expr::Call { callee, arguments } => {
                self.awaited = awaited;
                self.call(expr, callee, arguments);
            }
            Expr::Await(value) => {
                self.awaited = true;
                self.visit(value);
                self.awaited = false;
                let values = self.value(value);
                self.special(&values, "__await__", range);
            }
            Expr::Lambda(function) => {
                for parameter in module.parameters(function) {
                    parameter.default.into_iter().for_each(|default| self.visit(default));
                }
            }
            Expr::Comprehension(comprehension) => self.comprehension(expr, module[comprehension]),
            Expr::BoolOp { op, operands } => {
                for (operand, likelihood) in self.operands(op, module.list(operands)) {
                    self.visit_if(operand, likelihood);
                    self.tested(operand);
                }
            }
            Expr::Conditional { test, body, orelse } => {
                self.visit(test);
                self.tested(test);
                let truth = self.evaluator().truth(test, self.place);
                self.visit_if(body, likelihood(truth, true));
                self.visit_if(orelse, likelihood(truth, false));
            }
            Expr::Attribute { value, .. } => {
                self.visit(value);
                self.attribute_read(expr, true);
            }
            Expr::Name { .. } => {
                self.name_read(expr);
                let values = self.value(expr);
                for value in &values.known {
                    if let Value::Outside(name) = self.evaluator().get(*value) {
                        self.watched(*name, expr);
                    }
                }
            }
            Expr::Subscript { value, index } => {
                self.visit(value);
                self.visit(index);
                self.subscripted(expr, value, index);
            }
            Expr::Binary { op, left, right } => {
                self.visit(left);
                self.visit(right);
                self.operated(op, left, right, range);
            }
            Expr::Compare { left, rest } => {
                self.visit(left);
                let mut before = left;
                for comparison in module.list(rest) {
                    self.visit(comparison.right);
                    self.compared(comparison.op, before, comparison.right, range);
                    before = comparison.right;
                }
            }
            Expr::Unary { op, operand } => {
                self.visit(operand);
                self.negated(op, operand, range);
            }
            Expr::Formatted(shown) => {
                for shown in module.list(shown) {
                    self.visit(shown.value);
                    self.shown(shown.value, shown.conversion);
                }
            }
            Expr::List(items) | Expr::Tuple(items) => {
                for item in module.list(items) {
                    self.visit(*item);
                    if let Expr::Starred(inner) = module[*item] {
                        self.unpacked(inner, true);
                    }
                }
            }
            Expr::Set(items) => {
                for item in module.list(items) {
                    self.visit(*item);
                    match module[*item] {
                        Expr::Starred(inner) => self.unpacked(inner, false),
                        _ => self.hashed(*item),
                    }
                }
            }
            Expr::Dict(items) => {
                for item in module.list(items) {
                    item.key.into_iter().for_each(|key| self.visit(key));
                    self.visit(item.value);
                    match item.key {
                        Some(key) => self.hashed(key),
                        None => self.merged(item.value),
                    }
                }
            }
            Expr::YieldFrom(value) => {
                self.visit(value);
                self.set_order(value, OrderUse::YieldFrom);
                let values = self.value(value);
                self.iterated(&values, range, false);
            }
            _ => {
                let mut parts: smallvec::SmallVec<[ExprId; 4]> = smallvec::SmallVec::new();
                module.each_part(expr, &mut |part| parts.push(part));
                parts.into_iter().for_each(|part| self.visit(part));
            }
        }
    }

    /// An expression that is evaluated on a condition.
    fn visit_if(&mut self, expr: ExprId, likelihood: Likelihood) {
        if likelihood == Likelihood::No {
            return;
        }
        let outer = self.unlikely;
        self.unlikely |= likelihood == Likelihood::Unlikely;
        self.visit(expr);
        self.unlikely = outer;
    }

    /// Which operands of `and` and `or` can be evaluated, and how likely.
    fn operands(&self, op: BoolOp, operands: &[ExprId]) -> Vec<(ExprId, Likelihood)> {
        let decisive = op == BoolOp::Or;
        let mut found = Vec::new();
        let mut next = Likelihood::Yes;
        for operand in operands {
            found.push((*operand, next));
            let truth = self.evaluator().truth(*operand, self.place);
            if truth == Truth::Never {
                break;
            }
            next = next.min(likelihood(truth, !decisive));
            if next == Likelihood::No {
                break;
            }
        }
        found
    }

    fn comprehension(&mut self, expr: ExprId, comprehension: Comprehension) {
        let module = self.module();
        let ordered = matches!(comprehension.kind, ComprehensionKind::List | ComprehensionKind::Generator)
            || comprehension.kind == ComprehensionKind::Dict && !self.fills_by_plain_key(&comprehension);
        let collects = matches!(comprehension.kind, ComprehensionKind::List | ComprehensionKind::Generator);
        let orderless =
            std::mem::take(&mut self.orderless) == Some(expr) || !ordered || (collects && self.is_unseen(expr));
        let mut dead = false;
        for clause in module.list(comprehension.clauses) {
            self.visit(clause.iterable);
            let values = self.value(clause.iterable);
            self.iterated(&values, module.span(clause.iterable), clause.is_async);
            if !orderless {
                self.set_order(clause.iterable, OrderUse::Iteration);
            }
            for test in module.list(clause.conditions) {
                self.visit(*test);
                self.tested(*test);
                // A condition that never holds here: nothing is made.
                dead |= matches!(self.evaluator().truth(*test, self.place), Truth::Known(false));
            }
        }
        if !dead {
            comprehension.key.into_iter().for_each(|key| self.visit(key));
            self.visit(comprehension.element);
            comprehension.key.into_iter().for_each(|key| self.hashed(key));
        }
    }

    fn fills_by_plain_key(&self, _: &Comprehension) -> bool {
        false
    }

    // ---- reads

    /// A read of an attribute: properties run, class attributes and constants were computed.
    fn attribute_read(&mut self, expr: ExprId, watch: bool) {
        let module = self.module();
        let Expr::Attribute { value, name } = module[expr] else { return };
        let owners = self.value(value);
        let site = module.span(expr);
        let doubtful = owners.known.len() > 1;
        for owner in &owners.known {
            match self.get(*owner) {
                Value::Instance(_)
                | Value::Class(..)
                | Value::Super(..)
                | Value::DynamicInstance(_)
                | Value::Member(..) => self.object_read(*owner, name, site, doubtful),
                Value::Module(file) => {
                    if let Some(hook) = self.evaluator().module_hook(file, name) {
                        let arguments = self.evaluator().asked_for(name);
                        self.run(&hook, &arguments, site, doubtful);
                    }
                    let asked = Asked { site, key: self.key_asked_of(expr) };
                    self.global_read(file, name, asked, None);
                }
                Value::Outside(owner) if watch => self.watched(Name::new(&format!("{owner}.{name}")), expr),
                Value::OutsideInstance { class: owner, .. } if watch => {
                    self.watched(Name::new(&format!("{owner}.{name}")), expr);
                }
                _ => {}
            }
        }
    }

    pub(super) fn object_read(&mut self, owner: ValueId, name: Name, site: TextRange, doubtful: bool) {
        match self.evaluator().find(owner, name) {
            Some(Found::Property(getter)) => self.run(&getter, &Arguments::default(), site, doubtful),
            Some(Found::Static(value, place, held)) => {
                self.initialiser(name, value, place, site);
                self.special(&held, "__get__", site);
                self.stored_at_import(owner, name, site);
            }
            Some(Found::Value(_)) => self.stored_at_import(owner, name, site),
            None if matches!(self.evaluator().get(owner), Value::Instance(_)) && !name.as_str().starts_with("__") => {
                if let Some(hook) = self.evaluator().method(owner, Name::new("__getattr__")) {
                    let arguments = self.evaluator().asked_for(name);
                    self.run(&hook, &arguments, site, doubtful);
                }
            }
            None => {}
        }
    }

    fn watched(&mut self, name: Name, expr: ExprId) {
        let world = self.evaluator().world();
        let canonical = world.canonical(name);
        if world.is_watched(canonical) {
            let range = self.module().span(expr);
            self.event(range, Some(expr), EventKind::Read { name: canonical });
        }
    }

    /// A read of a bare name that may be a module's constant.
    fn name_read(&mut self, expr: ExprId) {
        if !self.reach.follows_initialisers {
            return;
        }
        let module = self.module();
        let Expr::Name { name, block, mark } = module[expr] else { return };
        let start = module[block].scope;
        let mut is_global = true;
        for scope in module.scopes_around(start) {
            if scope == module.global() {
                break;
            }
            let visible = !matches!(module[scope].kind, ScopeKind::Class(_)) || scope == start;
            if visible && module.variable(scope, name).is_some() && !module[scope].globals.contains(&name) {
                is_global = false;
                break;
            }
        }
        // At import the module's own names are being made: the walk of the module sees them itself.
        let in_module = module[block].function.is_none() && matches!(self.reach.node(self.node).code, Code::Module(_));
        if is_global && !in_module {
            let range = module.span(expr);
            let asked = Asked { site: range, key: self.key_asked_of(expr) };
            let own_code = module[block].function.is_none();
            self.global_read(self.place.file, name, asked, own_code.then_some((block, mark)));
        }
        if !is_global && matches!(self.reach.node(self.node).code, Code::Initialiser { .. }) {
            self.local_of_initialiser(expr);
        }
    }

    /// The constant key under which an item of an expression is asked for, if that is all that is asked of it.
    fn key_asked_of(&self, expr: ExprId) -> Option<ValueId> {
        let module = self.module();
        let key = match module[module.uses().parent(expr)?] {
            Expr::Subscript { value, index } if value == expr => index,
            _ => return None,
        };
        self.evaluator().constant(&self.value(key))
    }

    fn global_read(&mut self, file: FileId, name: Name, asked: Asked, seen_from: Option<(BlockId, BindingId)>) {
        if !self.reach.follows_initialisers {
            return;
        }
        let mut open = vec![(file, name, seen_from)];
        let mut seen: FxHashSet<(FileId, Name)> = FxHashSet::default();
        while let Some((file, name, seen_from)) = open.pop() {
            if seen.insert((file, name)) && !self.evaluator().is_outside(file) {
                let further = self.made_in_module(file, name, asked, seen_from);
                open.extend(further.into_iter().map(|(file, name)| (file, name, None)));
            }
        }
    }

    /// Notes what a module itself made of a name at import, and gives the names of other modules that it stands for.
    fn made_in_module(
        &mut self,
        file: FileId,
        name: Name,
        asked: Asked,
        seen_from: Option<(BlockId, BindingId)>,
    ) -> Vec<(FileId, Name)> {
        let module = self.evaluator().project().module(file);
        let mut further = Vec::new();
        let bindings = self.reach.bound_at_import(file, name, seen_from);
        for (binding, frames) in bindings.iter() {
            match module[*binding].kind {
                BindingKind::Assign { value, .. } | BindingKind::Augment { value, .. } => {
                    self.decided_at_import(file, name, module[*binding].block, asked.site);
                    for frame in frames {
                        self.computed_under_key(name, value, Place { file, frame: *frame }, asked);
                    }
                }
                BindingKind::ImportFrom { module, level, name } => {
                    further.extend(self.module_named(file, module, level).map(|origin| (origin, name)));
                }
                _ => {}
            }
        }
        self.filled_at_import(file, name, asked);
        if bindings.is_empty() {
            let stars = module[module.global()].stars.iter();
            let origins = stars.filter_map(|(source, level)| self.module_named(file, *source, *level));
            further.extend(origins.map(|origin| (origin, name)));
        }
        further
    }

    fn module_named(&self, file: FileId, name: Name, level: u32) -> Option<FileId> {
        let source = self.evaluator().import_source(file, name, level);
        match self.get(source.single()?) {
            Value::Module(origin) => Some(origin),
            _ => None,
        }
    }

    pub(super) fn initialiser(&mut self, name: Name, value: ExprId, place: Place, site: TextRange) {
        let module = self.evaluator().project().module(place.file);
        // What stands inside a function was computed when that ran, and is seen there.
        let in_function = first_block(module, value).is_some_and(|block| module[block].function.is_some());
        if self.reach.follows_initialisers && can_have_effects(module, value) && !in_function {
            let code = Code::Initialiser { name, value, file: place.file };
            let edge = self.edge(site, false);
            self.reach.initialised(code, place.frame, edge);
        }
    }

    /// Notes that what is read was computed at import, wherever the code that computed it stands.
    pub(super) fn computed_at_import(&mut self, name: Name, value: ExprId, place: Place, site: TextRange) {
        let module = self.evaluator().project().module(place.file);
        if self.reach.follows_initialisers && can_have_effects(module, value) {
            let edge = self.edge(site, false);
            self.reach.initialised(Code::Initialiser { name, value, file: place.file }, place.frame, edge);
        }
    }

    pub(super) fn node_code(&self) -> Code {
        self.reach.node(self.node).code
    }

    // ---- calls

    fn call(&mut self, expr: ExprId, callee: ExprId, arguments: List<Argument>) {
        let awaited = std::mem::take(&mut self.awaited);
        let module = self.module();
        match module[callee] {
            Expr::Attribute { value, .. } => {
                self.visit(value);
                self.attribute_read(callee, false);
            }
            Expr::Name { .. } => self.name_read(callee),
            _ => self.visit(callee),
        }
        let callees = self.value(callee);
        let outer = self.logging;
        self.logging |= self.is_logging_call(callee, &callees);
        self.visit_arguments(expr, arguments, &callees);
        self.logging = outer;
        let site = module.span(expr);
        let given = self.evaluator().arguments(arguments, self.place);
        let doubtful = callees.is_doubtful();
        for callee in &callees.known {
            match self.get(*callee) {
                // One of several that this call does not give what it needs is not the one that it calls.
                Value::Function(callable) if doubtful && !self.evaluator().accepts(&callable, &given) => {}
                Value::Outside(_) | Value::OutsideMethod { .. } => {
                    self.outside_call(*callee, (expr, arguments), &given, awaited, doubtful);
                }
                Value::ResultOf(_) => self.handed_to_unknown(&given, site),
                _ => self.invoke(*callee, &given, site, doubtful),
            }
        }
        if callees.known.is_empty() {
            self.handed_to_unknown(&given, site);
        }
    }

    fn visit_arguments(&mut self, call: ExprId, arguments: List<Argument>, callees: &Values) {
        let module = self.module();
        let world = self.evaluator().world();
        let name = callees.single().and_then(|callee| self.evaluator().outside_name(callee));
        let outer = self.orderless;
        for (position, argument) in module.list(arguments).iter().enumerate() {
            match argument.kind {
                ArgumentKind::Positional => {
                    let order = name.map(|name| world.order(name, Operand::Argument(position)));
                    if order.is_some_and(|order| self.is_free(order, call)) {
                        self.orderless = Some(argument.value);
                    }
                }
                ArgumentKind::Star => self.unpacked(argument.value, true),
                ArgumentKind::DoubleStar => self.merged(argument.value),
                ArgumentKind::Keyword(_) => {}
            }
            self.visit(argument.value);
            self.orderless = outer;
        }
    }

    /// Whether the outcome of a call does not depend on the order of a value.
    pub(super) fn is_free(&self, order: OrderOf, call: ExprId) -> bool {
        match order {
            OrderOf::Free => true,
            OrderOf::FreeUnless(keyword) => !self.has_ties(call, keyword),
            OrderOf::Kept | OrderOf::Shown | OrderOf::Unknown => false,
        }
    }

    /// Whether a call goes by a key: items with the same key keep the order in which they came.
    pub(super) fn has_ties(&self, call: ExprId, keyword: Name) -> bool {
        let module = self.module();
        let Expr::Call { arguments, .. } = module[call] else { return false };
        module.list(arguments).iter().any(|argument| {
            let is_key = matches!(argument.kind, ArgumentKind::Keyword(name) if name == keyword);
            is_key && !self.is_unique_key(argument.value)
        })
    }

    /// Whether a key function surely gives each item a key of its own: the item itself, its text, or something that holds it.
    fn is_unique_key(&self, key: ExprId) -> bool {
        let values = self.value(key);
        let evaluator = self.evaluator();
        values.single().is_some_and(|key| match evaluator.get(key) {
            Value::None => true,
            Value::Outside(name) => ["str", "repr", "int"].iter().any(|short| evaluator.is_builtin(*name, short)),
            Value::Function(callable) => self.gives_its_argument(callable),
            _ => false,
        })
    }

    /// Whether what a function of one argument gives is its argument, or a sequence that holds it.
    fn gives_its_argument(&self, callable: &Callable) -> bool {
        let module = self.evaluator().project().module(callable.function.file);
        let function = callable.function.function;
        let [only] = module.parameters(function) else { return false };
        let rebound = module.bindings_of(module[function].scope, only.name).len() > 1;
        let returns = &module[function].returns;
        !rebound
            && !returns.is_empty()
            && returns.iter().all(|ret| ret.value.is_some_and(|value| holds(module, value, only.name)))
    }

    /// Whether the key of a call is only the item's text in one case.
    pub(super) fn is_near_key(&self, call: ExprId) -> bool {
        let module = self.module();
        let Expr::Call { arguments, .. } = module[call] else { return false };
        module.list(arguments).iter().any(|argument| {
            matches!(argument.kind, ArgumentKind::Keyword(name) if name == "key")
                && self.value(argument.value).single().is_some_and(|key| match self.evaluator().get(key) {
                    Value::Outside(name) => ["str.lower", "str.upper", "str.casefold"]
                        .iter()
                        .any(|short| self.evaluator().is_builtin(*name, short)),
                    _ => false,
                })
        })
    }

    /// Runs a value with evaluated arguments.
    pub(super) fn invoke(&mut self, callee: ValueId, arguments: &Arguments, site: TextRange, doubtful: bool) {
        match self.get(callee) {
            Value::Function(callable) => {
                let chosen = self.evaluator().chosen(&callable, arguments);
                let doubtful = doubtful || chosen.len() > 1;
                for callable in chosen {
                    self.run(&callable, arguments, site, doubtful);
                }
            }
            Value::Class(class, outer) => self.construct(class, outer, arguments, site, doubtful),
            Value::Parametrised { class: Some(class), .. } => self.invoke(class, arguments, site, doubtful),
            Value::Instance(_) | Value::DynamicInstance(_) | Value::Member(..) => {
                if let Some(method) = self.evaluator().method(callee, Name::new("__call__")) {
                    self.run(&method, arguments, site, doubtful);
                }
            }
            Value::Partial { callee, arguments: first } => {
                let all = first.joined(arguments);
                let doubtful = doubtful || callee.is_doubtful();
                for callee in &callee.known {
                    self.invoke(*callee, &all, site, doubtful);
                }
            }
            Value::Getter(name, calls) => {
                let objects = arguments.positional.first().cloned().unwrap_or_else(Values::anything);
                if calls {
                    let methods = self.evaluator().attribute(&objects, name);
                    for method in &methods.known {
                        self.invoke(*method, &Arguments::default(), site, doubtful);
                    }
                } else {
                    objects.known.iter().for_each(|owner| self.object_read(*owner, name, site, doubtful));
                }
            }
            Value::Outside(_) | Value::OutsideMethod { .. } => {
                let Some(name) = self.evaluator().outside_name(callee) else { return };
                let receiver = match self.get(callee) {
                    Value::OutsideMethod { receiver, .. } => Some(receiver),
                    _ => None,
                };
                let arguments = self.reach.given(arguments);
                let kind = EventKind::Call {
                    callee: name,
                    receiver,
                    arguments,
                    handed: true,
                    awaited: false,
                    unused: false,
                    doubtful,
                };
                self.event(site, None, kind);
            }
            _ => {}
        }
    }

    pub(super) fn run(&mut self, callable: &Callable, arguments: &Arguments, site: TextRange, doubtful: bool) {
        if self.logs(callable) || self.runs_elsewhere(callable) {
            return;
        }
        let edge = self.edge(site, doubtful);
        let defaulted = self.reach.call(callable, arguments, self.at_import, edge);
        self.defaults(&defaulted, site);
        self.managed_by_decorators(callable, site);
    }

    /// Whether a decorator of a function has each call of it run on another thread or in another process.
    fn runs_elsewhere(&self, callable: &Callable) -> bool {
        let evaluator = self.evaluator();
        let file = callable.function.file;
        let module = evaluator.project().module(file);
        let place = Place { file, frame: callable.outer };
        module.list(module[callable.function.function].decorators).iter().any(|decorator| {
            let values = evaluator.value(super::super::eval::named_by(module, *decorator), place);
            let name = values.single().and_then(|value| evaluator.outside_name(value));
            name.is_some_and(|name| *evaluator.world().hand_off(name) == HandOff::MakesElsewhere)
        })
    }

    /// Whether a function is a method of a logger by which something is logged. What a logger does to write is its own
    /// business, and nothing that the code around it can see.
    fn logs(&self, callable: &Callable) -> bool {
        let module = self.evaluator().project().module(callable.function.file);
        let function = &module[callable.function.function];
        let Some(class) = function.class.filter(|_| LOGGING_METHODS.contains(&function.name.as_str())) else {
            return false;
        };
        let class_ref = ClassRef { file: callable.function.file, class };
        let world = self.evaluator().world();
        self.evaluator().derives_from(class_ref, None, &|name| world.is_logger(name))
    }

    /// Parameters left to defaults: what the defaults hold was computed when the function was defined.
    fn defaults(&mut self, defaulted: &[Defaulted], site: TextRange) {
        for default in defaulted {
            self.initialiser(default.name, default.default, default.place, site);
        }
    }

    pub(super) fn construct(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) {
        if let Some(hook) = self.evaluator().metaclass_method(class, outer, "__call__") {
            self.run(&hook, arguments, site, doubtful);
        }
        let mut generated = true;
        for name in ["__new__", "__init__"] {
            if let Some(method) = self.evaluator().constructor(class, outer, name) {
                generated = false;
                self.run(&method, arguments, site, doubtful);
            }
        }
        if generated && self.evaluator().generated(class, outer) != Generated::No {
            let (_, defaulted) = self.evaluator().bind_fields(class, outer, arguments);
            for default in defaulted {
                self.field_default(&default, site);
            }
        }
        self.after_construction(class, outer, arguments, site, doubtful);
        let order = self.evaluator().order(class, outer);
        for ancestor in order.iter() {
            if let Ancestor::Outside(name) = ancestor {
                let kind = EventKind::Call {
                    callee: *name,
                    receiver: None,
                    arguments: super::reach::GivenArguments { open: true, ..Default::default() },
                    handed: true,
                    awaited: false,
                    unused: false,
                    doubtful,
                };
                self.event(site, None, kind);
            }
        }
    }

    /// What runs once the fields are set: `__post_init__` and its like, and validators.
    pub(super) fn after_construction(
        &mut self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
        site: TextRange,
        doubtful: bool,
    ) {
        if self.evaluator().generated(class, outer) == Generated::No {
            return;
        }
        let made = self.evaluator().construct(class, outer, arguments, None).single();
        for name in ["__post_init__", "__attrs_post_init__", "model_post_init"] {
            if let Some(method) = self.evaluator().constructor(class, outer, name) {
                let method = Callable { receiver: made.or(method.receiver), ..method };
                self.run(&method, &Arguments::open(), site, doubtful);
            }
        }
        for hooks in self.evaluator().field_hooks(class, outer) {
            for hook in &hooks.known {
                self.invoke(*hook, &Arguments::open(), site, doubtful || hooks.is_doubtful());
            }
        }
        for (owner, function) in self.evaluator().validators(class, outer, arguments) {
            let function = FunctionRef { file: owner.file, function };
            let receiver = match self.evaluator().method_kind(owner.file, function.function) {
                super::super::MethodKind::Class => Some(self.evaluator().store().id(Value::Class(class, outer))),
                _ => made.or_else(|| Some(self.evaluator().plain_instance(class, outer))),
            };
            self.run(&Callable { function, receiver, outer }, &Arguments::open(), site, doubtful);
        }
    }

    /// A field's default: a plain value, or a description of one with `default_factory`, `factory` or `default`.
    pub(super) fn field_default(&mut self, default: &Defaulted, site: TextRange) {
        let evaluator = self.evaluator();
        if !evaluator.is_field_maker(&Values::NEVER, default.default, default.place) {
            return self.initialiser(default.name, default.default, default.place, site);
        }
        match evaluator.field_factory(default.default, default.place) {
            Some(Factory::Calls(callees)) => {
                for callee in &callees.known {
                    self.factory(*callee, site, callees.is_doubtful());
                }
            }
            Some(Factory::Value(value)) => self.initialiser(default.name, value, default.place, site),
            None => self.initialiser(default.name, default.default, default.place, site),
        }
    }

    /// A factory that a constructor calls. A class that makes an object of itself for each object is not followed without
    /// end: the walk of a class's constructor happens at one site once.
    fn factory(&mut self, callee: ValueId, site: TextRange, doubtful: bool) {
        if self.reach.enter_factory(self.node, callee, site) {
            self.invoke(callee, &Arguments::default(), site, doubtful);
        }
    }

    fn shields(&self, manager: ExprId) -> bool {
        let module = self.module();
        let Expr::Call { callee, .. } = module[manager] else { return false };
        let callees = self.value(callee);
        callees
            .single()
            .and_then(|callee| self.evaluator().outside_name(callee))
            .is_some_and(|name| self.evaluator().world().shields(name))
    }

    /// `logger.info(…)`, `workflow.logger.debug(…)`, `log.warning(…)`.
    fn is_logging_call(&self, callee: ExprId, callees: &Values) -> bool {
        let module = self.module();
        let Expr::Attribute { value, name } = module[callee] else { return false };
        if !LOGGING_METHODS.contains(&name.as_str()) {
            return false;
        }
        let named = says_something(name) && is_named_like_logger(module, value);
        let world = self.evaluator().world();
        let is_logger = |callee: &ValueId| match self.evaluator().get(*callee) {
            Value::OutsideMethod { receiver, .. } => {
                matches!(self.evaluator().get(*receiver), Value::OutsideInstance { class, .. } if world.is_logger(*class))
            }
            _ => false,
        };
        named || callees.known.iter().any(is_logger)
    }
}

/// How likely a condition of a truth has an outcome.
fn likelihood(truth: Truth, outcome: bool) -> Likelihood {
    match truth {
        Truth::Known(known) if known != outcome => Likelihood::No,
        Truth::Likely(likely) if likely != outcome => Likelihood::Unlikely,
        _ => Likelihood::Yes,
    }
}

/// A read of a module's name.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// Where it is read.
    pub site: TextRange,
    /// The key of the only item that is asked for, where that is a constant.
    pub key: Option<ValueId>,
}

/// Whether an expression is a name, or a tuple or list that holds it.
fn holds(module: &Module, expr: ExprId, wanted: Name) -> bool {
    match module[expr] {
        Expr::Name { name, .. } => name == wanted,
        Expr::Tuple(items) | Expr::List(items) => module.list(items).iter().any(|item| holds(module, *item, wanted)),
        _ => false,
    }
}

/// The block that evaluates the first name in an expression.
pub(super) fn first_block(module: &Module, expr: ExprId) -> Option<BlockId> {
    if let Expr::Name { block, .. } = module[expr] {
        return Some(block);
    }
    if let Expr::Target(binding) = module[expr] {
        return Some(module[binding].block);
    }
    let mut found = None;
    module.each_part(expr, &mut |part| {
        if found.is_none() {
            found = first_block(module, part);
        }
    });
    found
}

/// Whether evaluating an expression can do anything but read names.
fn can_have_effects(module: &Module, value: ExprId) -> bool {
    !matches!(
        module[value],
        Expr::Str(_)
            | Expr::Text
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Bool(_)
            | Expr::None
            | Expr::Bytes
            | Expr::Ellipsis
            | Expr::Lambda(_)
    )
}

/// Whether something is logged by a method of this name.
#[must_use]
pub fn says_something(method: Name) -> bool {
    LEVELS.contains(&method.as_str())
}

/// Whether an expression is a name or attribute as people give them to loggers: `log`, `logger`, `_audit_logger`. What a
/// logger is made by is often unknown.
#[must_use]
pub fn is_named_like_logger(module: &Module, expr: ExprId) -> bool {
    let (Expr::Name { name, .. } | Expr::Attribute { name, .. }) = module[expr] else { return false };
    let name = name.as_str().to_ascii_lowercase();
    name.ends_with("logger") || name.rsplit('_').next() == Some("log")
}

/// Methods that log at a level.
const LEVELS: &[&str] =
    &["trace", "success", "debug", "info", "warning", "warn", "error", "exception", "critical", "log"];

/// Methods of loggers, handlers and formatters that run when something is logged.
const LOGGING_METHODS: &[&str] = &[
    "trace",
    "success",
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "log",
    "process",
    "emit",
    "format",
    "handle",
    "filter",
];
