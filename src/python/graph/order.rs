//! Where the order of what is gone through cannot be told from outside.
//!
//! Knows: loops that only add up, fill sets, or touch each key for itself; lists and loops whose outcome is sorted, counted
//! or only asked for membership before anything looks at it in order. Does not know: whether what is gone through has an
//! order.

use super::super::eval::Place;
use super::super::value::{Callable, Rest, Value};
use super::super::world::{Operand, OrderOf};
use super::walk::Walker;
use crate::semantic::{
    ArgumentKind, BindingId, BindingKind, CmpOp, ComprehensionKind, Expr, ExprId, List, LoopId, Module, Name, Operator,
    ScopeKind, Stmt, StmtId, Suite, UnaryOp, Use,
};
use crate::source::TextRange;

/// Through how many names, calls and loops an order is followed.
const DEPTH: usize = 6;

impl Walker<'_, '_> {
    /// Whether the outcome of a `for` loop does not depend on the order: it only counts, adds up, or fills sets and tables by
    /// key.
    pub(super) fn is_order_insensitive(&self, looped: LoopId, place: Place) -> bool {
        self.is_insensitive_loop(looped, place, DEPTH)
    }

    fn is_insensitive_loop(&self, looped: LoopId, place: Place, depth: usize) -> bool {
        let looped = self.module_of(place)[looped];
        looped.target.is_some_and(|target| self.is_never_read(target, place))
            || self.is_insensitive(looped.body, place, depth)
    }

    /// Whether nothing reads what a loop binds: it only counts.
    pub(super) fn is_never_read(&self, target: ExprId, place: Place) -> bool {
        let module = self.module_of(place);
        match module[target] {
            Expr::Target(binding) => module.reads_of(binding).next().is_none(),
            Expr::Tuple(items) | Expr::List(items) => {
                module.list(items).iter().all(|item| self.is_never_read(*item, place))
            }
            _ => false,
        }
    }

    fn is_insensitive(&self, body: Suite, place: Place, depth: usize) -> bool {
        let module = self.module_of(place);
        depth > 0
            && module.list(body).iter().all(|statement| {
                self.names_a_part(*statement, body, place)
                    || self.is_insensitive_statement(*statement, place, depth - 1)
            })
    }

    /// Whether a statement only gives what it computes a name that the rest of the same body alone reads: the next pass begins
    /// with a value of its own.
    fn names_a_part(&self, statement: StmtId, body: Suite, place: Place) -> bool {
        let module = self.module_of(place);
        let Stmt::Assign { targets, value } = module[statement] else { return false };
        let [target] = module.list(targets) else { return false };
        let Expr::Target(binding) = module[*target] else { return false };
        let after = module.statement_span(statement).end();
        let rest = module.list(body).last().map(|last| TextRange::new(after, module.statement_span(*last).end()));
        let scope = module[module[binding].variable].scope;
        let is_in_the_rest = |read: ExprId| {
            let is_own = matches!(module[read], Expr::Name { block, .. } if module[block].scope == scope);
            is_own && rest.is_some_and(|rest| rest.contains_range(module.span(read)))
        };
        self.is_read_alone(binding, place)
            && !self.does_more_than_compute(value, place)
            && module.reads_of(binding).all(is_in_the_rest)
    }

    fn module_of(&self, place: Place) -> &Module {
        self.evaluator().project().module(place.file)
    }

    fn is_insensitive_statement(&self, statement: StmtId, place: Place, depth: usize) -> bool {
        let module = self.module_of(place);
        match module[statement] {
            Stmt::Augment { value, target, .. } => {
                let collects =
                    matches!(module[value], Expr::List(_) | Expr::Tuple(_) | Expr::Str(_) | Expr::Formatted(_));
                let text = self.is_text(target, place);
                !collects && !text && !self.does_more_than_compute(value, place)
            }
            Stmt::Assign { targets, value } => {
                !self.does_more_than_compute(value, place)
                    && module.list(targets).iter().all(|target| match module[*target] {
                        Expr::Subscript { value, .. } => !self.is_gone_through_later(value, place, depth),
                        _ => false,
                    })
            }
            // Each pass takes out what it came for.
            Stmt::Delete(targets) => {
                module.list(targets).iter().all(|target| matches!(module[*target], Expr::Subscript { .. }))
            }
            Stmt::Expr(value) => match module[value] {
                Expr::Call { callee, arguments } => {
                    let given = module.list(arguments);
                    let plain = !given.iter().any(|given| self.does_more_than_compute(given.value, place));
                    plain && self.is_insensitive_call(callee, place, depth)
                }
                _ => false,
            },
            Stmt::If(branches) => module.list(branches).iter().all(|branch| {
                !branch.test.is_some_and(|test| self.does_more_than_compute(test, place))
                    && self.is_insensitive(branch.body, place, depth)
            }),
            Stmt::Nothing | Stmt::Continue => true,
            _ => false,
        }
    }

    /// A call that stands alone: it adds to a set, to a list that nothing looks at in order, or runs code that does no more.
    fn is_insensitive_call(&self, callee: ExprId, place: Place, depth: usize) -> bool {
        let module = self.module_of(place);
        // A method of the project is what it does, whatever it is called.
        if let Expr::Attribute { value, name } = module[callee]
            && !self.calls_the_project(callee, place)
        {
            match name.as_str() {
                "add" | "discard" | "remove" => return true,
                "append" => return self.is_collection_unseen(value, place, depth),
                _ => {}
            }
        }
        let callees = self.evaluator().value(callee, place);
        let Some(Value::Function(callable)) = callees.only().map(|callee| self.evaluator().get(callee)) else {
            return false;
        };
        let inner = Place { file: callable.function.file, frame: callable.outer };
        let function = &self.module_of(inner)[callable.function.function];
        match function.body {
            crate::semantic::Body::Statements(suite) if !function.runs_later() => {
                self.is_insensitive(suite, inner, depth)
            }
            _ => false,
        }
    }

    /// Whether nothing looks in order at what the method that is called is one of.
    pub(super) fn is_collected_unseen(&self, call: ExprId) -> bool {
        let module = self.module();
        let Expr::Call { callee, .. } = module[call] else { return false };
        let Expr::Attribute { value, .. } = module[callee] else { return false };
        self.is_collection_unseen(value, self.place, DEPTH)
    }

    fn is_collection_unseen(&self, collection: ExprId, place: Place, depth: usize) -> bool {
        let collected = self.local_binding(collection, place);
        collected.is_some_and(|binding| self.is_binding_unseen(binding, place, depth))
    }

    fn calls_the_project(&self, callee: ExprId, place: Place) -> bool {
        let evaluator = self.evaluator();
        let callees = evaluator.value(callee, place);
        callees.known.iter().any(|callee| matches!(evaluator.get(*callee), Value::Function(_)))
    }

    /// Whether an expression may do more than compute.
    fn does_more_than_compute(&self, expr: ExprId, place: Place) -> bool {
        let module = self.module_of(place);
        any_part(module, expr, &mut |part| match module[part] {
            Expr::Call { callee, .. } => !is_plain_computation(module, callee) || self.calls_the_project(callee, place),
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => true,
            _ => false,
        })
    }

    fn is_text(&self, target: ExprId, place: Place) -> bool {
        let evaluator = self.evaluator();
        let values = evaluator.value(target, place);
        values.known.iter().any(|value| match evaluator.get(*value) {
            Value::Str(_) | Value::Items(..) | Value::Many(..) => true,
            Value::OutsideInstance { class, .. } => evaluator.is_builtin(*class, "str"),
            _ => false,
        })
    }

    /// The only binding of a name that a function has for itself.
    fn local_binding(&self, name: ExprId, place: Place) -> Option<BindingId> {
        let module = self.module_of(place);
        let Expr::Name { name, block, .. } = module[name] else { return None };
        let scope = module[block].scope;
        match module.bindings_of(scope, name) {
            [only] if matches!(module[scope].kind, ScopeKind::Function(_)) => Some(*only),
            _ => None,
        }
    }

    /// Whether a table that began empty is gone through in the order in which it was filled.
    fn is_gone_through_later(&self, table: ExprId, place: Place, depth: usize) -> bool {
        let module = self.module_of(place);
        let Some(binding) = self.local_binding(table, place) else { return false };
        let BindingKind::Assign { value, .. } = module[binding].kind else { return false };
        let began_empty = match module[value] {
            Expr::Dict(items) => items.is_empty(),
            Expr::Call { arguments, .. } => arguments.is_empty(),
            _ => false,
        };
        began_empty && module.reads_of(binding).any(|read| self.is_gone_through(read, place, depth))
    }

    fn is_gone_through(&self, read: ExprId, place: Place, depth: usize) -> bool {
        let module = self.module_of(place);
        match module.uses().use_of(read) {
            Use::LoopedOver(_) | Use::ComprehendedOver(_) => !self.is_unseen_in(read, place, depth),
            Use::AttributeOf(attribute, name) if matches!(name.as_str(), "items" | "keys" | "values") => {
                match module.uses().use_of(attribute) {
                    Use::Called(call) => self.is_gone_through(call, place, depth),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether nothing looks in order at what an expression gives.
    pub(super) fn is_unseen(&self, expr: ExprId) -> bool {
        self.is_unseen_in(expr, self.place, DEPTH)
    }

    fn is_unseen_in(&self, expr: ExprId, place: Place, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        let module = self.module_of(place);
        match module.uses().use_of(expr) {
            Use::Discarded(_) | Use::IfTest(_) | Use::WhileTest(_) | Use::ConditionalTest(_) | Use::FilterOf(_) => true,
            Use::Operand(operation) => match module[operation] {
                Expr::Unary { op, .. } => op == UnaryOp::Not,
                // Lists put together.
                Expr::Binary { op: Operator::Add, .. } => self.is_unseen_in(operation, place, depth - 1),
                _ => false,
            },
            Use::Compared(comparison) => is_asked_for_members(module, comparison, expr),
            Use::Awaited(outer) => self.is_unseen_in(outer, place, depth - 1),
            Use::Argument { call, kind: ArgumentKind::Positional, position } => {
                self.is_unseen_by_call(call, position, place, depth)
            }
            Use::LoopedOver(looped) => self.is_insensitive_loop(looped, place, depth),
            Use::ComprehendedOver(outer) => match module[outer] {
                Expr::Comprehension(id) => match module[id].kind {
                    ComprehensionKind::Set => true,
                    ComprehensionKind::List | ComprehensionKind::Generator => {
                        self.is_unseen_in(outer, place, depth - 1)
                    }
                    ComprehensionKind::Dict => self.is_table_unseen_in(outer, place, depth - 1),
                },
                _ => false,
            },
            Use::AttributeOf(attribute, name) => match (module.uses().use_of(attribute), name.as_str()) {
                (Use::Called(call), "sort") => !self.has_ties(call, Name::new("key")),
                (Use::Called(call), "append" | "extend" | "clear" | "remove") => {
                    matches!(module.uses().use_of(call), Use::Discarded(_))
                }
                (Use::Called(call), "copy") => self.is_unseen_in(call, place, depth - 1),
                _ => false,
            },
            Use::Bound(statement) => self.is_unseen_when_bound(statement, place, depth - 1),
            _ => false,
        }
    }

    /// Whether nothing goes in its order through a table that an expression gives: what is looked up by keys does not.
    pub(super) fn is_table_unseen(&self, table: ExprId) -> bool {
        self.is_table_unseen_in(table, self.place, DEPTH)
    }

    fn is_table_unseen_in(&self, table: ExprId, place: Place, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        let module = self.module_of(place);
        match module.uses().use_of(table) {
            Use::ItemOf(_) | Use::Compared(_) => true,
            Use::AttributeOf(attribute, name) => match (module.uses().use_of(attribute), name.as_str()) {
                (Use::Called(call), "items" | "keys" | "values") => self.is_unseen_in(call, place, depth - 1),
                (Use::Called(_), "clear" | "get" | "pop" | "setdefault" | "update") => true,
                _ => false,
            },
            // `first, second = table` takes its keys in their order.
            Use::Bound(statement) => {
                let is_name = |target: &ExprId| matches!(module[*target], Expr::Target(_));
                let is_unseen = |binding: BindingId| {
                    self.is_read_alone(binding, place)
                        && module.reads_of(binding).all(|read| self.is_table_unseen_in(read, place, depth - 1))
                };
                module.targets(statement).iter().all(is_name) && self.all_bound(statement, place, &is_unseen)
            }
            _ => self.is_unseen_in(table, place, depth),
        }
    }

    fn is_unseen_by_call(&self, call: ExprId, position: u32, place: Place, depth: usize) -> bool {
        let evaluator = self.evaluator();
        let Expr::Call { callee, .. } = self.module_of(place)[call] else { return false };
        let name = evaluator.value(callee, place).single().and_then(|callee| evaluator.outside_name(callee));
        let operand = Operand::Argument(position as usize);
        match name.map(|name| evaluator.world().order(name, operand)) {
            Some(order @ (OrderOf::Free | OrderOf::FreeUnless(_))) => {
                place.file == self.place.file && self.is_free(order, call)
            }
            Some(OrderOf::Kept) => self.is_unseen_in(call, place, depth - 1),
            Some(OrderOf::Tabled) => self.is_table_unseen_in(call, place, depth - 1),
            _ => false,
        }
    }

    fn is_unseen_when_bound(&self, statement: StmtId, place: Place, depth: usize) -> bool {
        self.all_bound(statement, place, &|binding| self.is_binding_unseen(binding, place, depth))
    }

    /// Whether a statement binds a value to names alone, of all of which something holds.
    fn all_bound(&self, statement: StmtId, place: Place, holds: &dyn Fn(BindingId) -> bool) -> bool {
        let module = self.module_of(place);
        let targets = module.targets(statement);
        // What is added to something else is part of that.
        !matches!(module[statement], Stmt::Augment { .. })
            && !targets.is_empty()
            && targets.into_iter().all(|target| match module[target] {
                Expr::Target(binding) => holds(binding),
                // One name alone takes the only item there is.
                Expr::Tuple(items) if is_one_name(module, items) => true,
                Expr::Tuple(items) => module.list(items).iter().all(|item| match module[*item] {
                    Expr::Target(binding) => holds(binding),
                    _ => false,
                }),
                _ => false,
            })
    }

    /// Whether a binding is the only one of a function's own name.
    fn is_read_alone(&self, binding: BindingId, place: Place) -> bool {
        let module = self.module_of(place);
        let variable = &module[module[binding].variable];
        matches!(module[variable.scope].kind, ScopeKind::Function(_)) && variable.bindings.len() == 1
    }

    /// Whether no read of a function's own name looks at it in order: each does without, or comes after it was sorted.
    fn is_binding_unseen(&self, binding: BindingId, place: Place, depth: usize) -> bool {
        let module = self.module_of(place);
        if !self.is_read_alone(binding, place) {
            return false;
        }
        let reads: Vec<ExprId> = module.reads_of(binding).collect();
        let sorts: Vec<ExprId> = reads.iter().copied().filter(|read| self.is_sorted_there(*read, place)).collect();
        reads.iter().all(|read| {
            sorts.iter().any(|sort| sort == read || comes_after(module, *sort, *read))
                || self.is_unseen_in(*read, place, depth)
        })
    }

    fn is_sorted_there(&self, read: ExprId, place: Place) -> bool {
        let module = self.module_of(place);
        match module.uses().use_of(read) {
            Use::AttributeOf(attribute, name) if name == "sort" => {
                matches!(module.uses().use_of(attribute), Use::Called(call) if !self.has_ties(call, Name::new("key")))
            }
            _ => false,
        }
    }

    /// Whether the outcome of a call does not depend on the order of a value.
    pub(super) fn is_free(&self, order: OrderOf, call: ExprId) -> bool {
        match order {
            OrderOf::Free => true,
            OrderOf::FreeUnless(keyword) => !self.has_ties(call, keyword),
            OrderOf::Collected | OrderOf::Kept | OrderOf::Shown | OrderOf::Tabled | OrderOf::Unknown => false,
        }
    }

    /// Whether a call goes by a key: items with the same key keep the order in which they came.
    pub(super) fn has_ties(&self, call: ExprId, keyword: Name) -> bool {
        let module = self.module();
        let Expr::Call { arguments, .. } = module[call] else { return false };
        module.list(arguments).iter().any(|argument| {
            let is_key = matches!(argument.kind, ArgumentKind::Keyword(name) if name == keyword);
            is_key && !self.is_unique_key(argument.value) && self.tells_apart(call, argument.value) != Rest::Nothing
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
        let Some((module, argument)) = self.only_argument(callable) else { return false };
        let returns = &module[callable.function.function].returns;
        !returns.is_empty() && returns.iter().all(|ret| ret.value.is_some_and(|value| holds(module, value, argument)))
    }

    /// The only parameter of a function, where its name is not bound again, and the function's module.
    pub(super) fn only_argument(&self, callable: &Callable) -> Option<(&Module, Name)> {
        let module = self.evaluator().project().module(callable.function.file);
        let function = callable.function.function;
        let [only] = module.parameters(function) else { return None };
        let is_bound_again = module.bindings_of(module[function].scope, only.name).len() > 1;
        (!is_bound_again).then_some((module, only.name))
    }

    /// Whether the key of a call is only the item's text in one case, or tells items apart if annotations hold.
    pub(super) fn is_near_key(&self, call: ExprId) -> bool {
        let module = self.module();
        let Expr::Call { arguments, .. } = module[call] else { return false };
        module.list(arguments).iter().any(|argument| {
            matches!(argument.kind, ArgumentKind::Keyword(name) if name == "key")
                && (self.tells_apart(call, argument.value) != Rest::Anything
                    || self.value(argument.value).single().is_some_and(|key| match self.evaluator().get(key) {
                        Value::Outside(name) => ["str.lower", "str.upper", "str.casefold"]
                            .iter()
                            .any(|short| self.evaluator().is_builtin(*name, short)),
                        _ => false,
                    }))
        })
    }
}

/// Whether an expression is a name, or a tuple or list that holds it.
fn holds(module: &Module, expr: ExprId, wanted: Name) -> bool {
    match module[expr] {
        Expr::Name { name, .. } => name == wanted,
        Expr::Tuple(items) | Expr::List(items) => module.list(items).iter().any(|item| holds(module, *item, wanted)),
        _ => false,
    }
}

/// Whether an expression is what `in` or `not in` looks into.
fn is_asked_for_members(module: &Module, comparison: ExprId, expr: ExprId) -> bool {
    let Expr::Compare { rest, .. } = module[comparison] else { return false };
    module
        .list(rest)
        .iter()
        .any(|comparison| comparison.right == expr && matches!(comparison.op, CmpOp::In | CmpOp::NotIn))
}

/// Whether one read of a name comes after another on every way to it.
fn comes_after(module: &Module, first: ExprId, second: ExprId) -> bool {
    let block = |read: ExprId| match module[read] {
        Expr::Name { block, .. } => Some(block),
        _ => None,
    };
    let (Some(first_block), Some(second_block)) = (block(first), block(second)) else { return false };
    if first_block == second_block {
        return module.span(first).start() < module.span(second).start();
    }
    module.passed_before(second_block).any(|block| block == first_block)
}

/// Whether a callee has the name of what does nothing but compute: `len(x)`, `x.lower()`.
fn is_plain_computation(module: &Module, callee: ExprId) -> bool {
    const FUNCTIONS: &[&str] =
        &["len", "str", "int", "float", "bool", "abs", "round", "ord", "chr", "isinstance", "sum", "min", "max"];
    const METHODS: &[&str] = &[
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "title",
        "casefold",
        "removeprefix",
        "removesuffix",
        "startswith",
        "endswith",
        "isdigit",
        "isalpha",
        "zfill",
        "total_seconds",
        "isoformat",
        "get",
    ];
    match module[callee] {
        Expr::Name { name, .. } => FUNCTIONS.contains(&name.as_str()),
        Expr::Attribute { name, .. } => METHODS.contains(&name.as_str()),
        _ => false,
    }
}

/// Whether an expression or a part of it is such.
fn any_part(module: &Module, expr: ExprId, is_such: &mut dyn FnMut(ExprId) -> bool) -> bool {
    if is_such(expr) {
        return true;
    }
    let mut parts: smallvec::SmallVec<[ExprId; 4]> = smallvec::SmallVec::new();
    module.each_part(expr, &mut |part| parts.push(part));
    parts.into_iter().any(|part| any_part(module, part, is_such))
}

/// Whether what is unpacked is bound to one name alone: `[only] = items` takes the only item there is.
pub(super) fn is_one_name(module: &Module, items: List<ExprId>) -> bool {
    matches!(module.list(items), [only] if !matches!(module[*only], Expr::Starred(_)))
}
