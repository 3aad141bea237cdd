//! The compact form of one file.
//!
//! Knows: the file's expressions, statements, scopes, bindings, blocks, functions and classes, in lists that refer to
//! each other by position. Does not know: which file it is, what else there is, or what any of it means.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::binding::{Binding, Step, Variable};
use super::cfg::{Block, Condition, Edge, Region, RegionKind};
use super::changes::Changes;
use super::expr::{Argument, ArgumentKind, Clause, Comparison, Comprehension, DictItem, Expr, Interpolation};
use super::ids::{
    BindingId, BlockId, ClassId, ComprehensionId, ExprId, FunctionId, ImportId, List, LoopId, MatchId, PatternId,
    RegionId, ScopeId, StmtId, TryId, VariableId, WithId,
};
use super::name::Name;
use super::scope::{AttributeStore, Class, Function, Parameter, ParameterKind, Scope, ScopeKind, Store};
use super::stmt::{Alias, Branch, Case, Handler, Import, Loop, Match, Pattern, Stmt, Suite, Try, With, WithItem};
use super::uses::Uses;
use crate::source::TextRange;

/// The facts of one file, from that file alone.
#[derive(Debug, Default)]
pub struct Module {
    pub(super) exprs: Vec<Expr>,
    pub(super) spans: Vec<TextRange>,
    pub(super) stmts: Vec<Stmt>,
    pub(super) stmt_spans: Vec<TextRange>,
    pub(super) stmt_blocks: Vec<BlockId>,
    pub(super) body: Option<Suite>,
    pub(super) scopes: Vec<Scope>,
    pub(super) variables: Vec<Variable>,
    pub(super) variable_ids: FxHashMap<(ScopeId, Name), VariableId>,
    pub(super) bindings: Vec<Binding>,
    pub(super) blocks: Vec<Block>,
    pub(super) edges: Vec<Edge>,
    pub(super) regions: Vec<Region>,
    pub(super) functions: Vec<Function>,
    pub(super) classes: Vec<Class>,
    pub(super) imports: Vec<Import>,
    pub(super) calls: Vec<ExprId>,
    pub(super) attribute_stores: Vec<AttributeStore>,
    pub(super) attribute_stores_of: FxHashMap<Name, Vec<u32>>,
    pub(super) stores: Vec<Store>,
    pub(super) stores_of: FxHashMap<Name, Vec<u32>>,
    pub(super) loops: Vec<Loop>,
    pub(super) withs: Vec<With>,
    pub(super) tries: Vec<Try>,
    pub(super) matches: Vec<Match>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) comprehensions: Vec<Comprehension>,
    pub(super) lists: Lists,
    pub(super) uses: OnceLock<Uses>,
    pub(super) changes: OnceLock<Changes>,
    pub(super) calls_named: OnceLock<FxHashMap<Name, Vec<ExprId>>>,
    pub(super) called_at_import: OnceLock<FxHashSet<FunctionId>>,
    pub(super) successors: OnceLock<Vec<Vec<BlockId>>>,
    pub(super) calls_at: OnceLock<FxHashMap<TextRange, ExprId>>,
    pub(super) expressions_at: OnceLock<FxHashMap<TextRange, ExprId>>,
    pub(super) waits: OnceLock<Vec<(Option<FunctionId>, TextRange)>>,
    pub(super) too_deep: Vec<TextRange>,
    /// Functions that put something into a collection, themselves or in a function inside.
    pub(super) fills: Vec<bool>,
}

/// The lists that nodes refer to.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub exprs: Vec<ExprId>,
    pub stmts: Vec<StmtId>,
    pub arguments: Vec<Argument>,
    pub comparisons: Vec<Comparison>,
    pub dict_items: Vec<DictItem>,
    pub interpolations: Vec<Interpolation>,
    pub clauses: Vec<Clause>,
    pub branches: Vec<Branch>,
    pub with_items: Vec<WithItem>,
    pub handlers: Vec<Handler>,
    pub cases: Vec<Case>,
    pub patterns: Vec<PatternId>,
    pub aliases: Vec<Alias>,
    pub parameters: Vec<Parameter>,
    pub steps: Vec<Step>,
    pub blocks: Vec<BlockId>,
}

/// Items that stand in one of the module's lists.
pub trait Listed: Sized {
    /// The items.
    fn of(module: &Module, list: List<Self>) -> &[Self];
}

macro_rules! listed {
    ($($item:ty => $field:ident),* $(,)?) => {$(
        impl Listed for $item {
            fn of(module: &Module, list: List<Self>) -> &[Self] {
                module.lists.$field.get(list.range()).unwrap_or(&[])
            }
        }
    )*};
}

listed! {
    ExprId => exprs, StmtId => stmts, Argument => arguments, Comparison => comparisons, DictItem => dict_items,
    Interpolation => interpolations, Clause => clauses, Branch => branches, WithItem => with_items, Handler => handlers,
    Case => cases, PatternId => patterns, Alias => aliases, Parameter => parameters, Step => steps, BlockId => blocks,
}

impl Listed for Edge {
    fn of(module: &Module, list: List<Self>) -> &[Self] {
        module.edges.get(list.range()).unwrap_or(&[])
    }
}

macro_rules! indexed {
    ($($id:ty => $field:ident: $item:ty),* $(,)?) => {$(
        impl std::ops::Index<$id> for Module {
            type Output = $item;

            fn index(&self, id: $id) -> &$item {
                &self.$field[id.index()]
            }
        }
    )*};
}

indexed! {
    ExprId => exprs: Expr, StmtId => stmts: Stmt, BlockId => blocks: Block, ScopeId => scopes: Scope,
    VariableId => variables: Variable, BindingId => bindings: Binding, FunctionId => functions: Function,
    ClassId => classes: Class, TryId => tries: Try, WithId => withs: With, LoopId => loops: Loop,
    MatchId => matches: Match, PatternId => patterns: Pattern, ComprehensionId => comprehensions: Comprehension,
    ImportId => imports: Import, RegionId => regions: Region,
}

impl Module {
    /// The items of a list.
    #[must_use]
    pub fn list<T: Listed>(&self, list: List<T>) -> &[T] {
        T::of(self, list)
    }

    /// The module's statements.
    #[must_use]
    pub fn body(&self) -> Suite {
        self.body.unwrap_or(List::EMPTY)
    }

    /// The place of an expression.
    #[must_use]
    pub fn span(&self, expr: ExprId) -> TextRange {
        self.spans[expr.index()]
    }

    /// The place of a statement.
    #[must_use]
    pub fn statement_span(&self, statement: StmtId) -> TextRange {
        self.stmt_spans[statement.index()]
    }

    /// The block that a statement begins in.
    #[must_use]
    pub fn block_of(&self, statement: StmtId) -> BlockId {
        self.stmt_blocks[statement.index()]
    }

    /// The block of the statement that an expression is part of.
    #[must_use]
    pub fn block_of_expression(&self, expr: ExprId) -> Option<BlockId> {
        self.uses().statement_of(expr).map(|statement| self.block_of(statement))
    }

    /// What an expression names: itself, or what it calls. So it is with decorators, and with what is raised.
    #[must_use]
    pub fn named_by(&self, expr: ExprId) -> ExprId {
        match self[expr] {
            Expr::Call { callee, .. } => callee,
            _ => expr,
        }
    }

    /// The items of a tuple, or an expression alone: what stands in brackets, or behind `except`.
    #[must_use]
    pub fn one_or_several<'m>(&'m self, expr: &'m ExprId) -> &'m [ExprId] {
        match self[*expr] {
            Expr::Tuple(items) => self.list(items),
            _ => std::slice::from_ref(expr),
        }
    }

    /// The module's own scope.
    #[must_use]
    pub fn global(&self) -> ScopeId {
        ScopeId(0)
    }

    /// The block that the module begins with.
    #[must_use]
    pub fn entry(&self) -> BlockId {
        BlockId(0)
    }

    /// Whether the module or a function begins with a block.
    #[must_use]
    pub fn is_first(&self, block: BlockId) -> bool {
        let first = self[block].function.map_or(self.entry(), |function| self[function].entry);
        first == block
    }

    /// The edges into a block.
    #[must_use]
    pub fn edges(&self, block: BlockId) -> &[Edge] {
        self.list(self[block].edges)
    }

    /// How many blocks there are.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// The ids of all blocks.
    pub fn block_ids(&self) -> impl Iterator<Item = BlockId> + use<> {
        (0..self.blocks.len()).map(BlockId::from_index)
    }

    /// How many expressions there are.
    #[must_use]
    pub fn expression_count(&self) -> usize {
        self.exprs.len()
    }

    /// All loops, in the order in which they were lowered.
    pub fn loop_ids(&self) -> impl Iterator<Item = LoopId> + use<> {
        (0..self.loops.len()).map(LoopId::from_index)
    }

    /// The ids of all expressions.
    pub fn expression_ids(&self) -> impl Iterator<Item = ExprId> + use<> {
        (0..self.exprs.len()).map(ExprId::from_index)
    }

    /// The block that evaluates a call, as far as its callee is a name or an attribute of one.
    #[must_use]
    pub fn block_of_call(&self, call: ExprId) -> Option<BlockId> {
        let mut at = call;
        loop {
            at = match self[at] {
                Expr::Call { callee, .. } => callee,
                Expr::Attribute { value, .. } | Expr::Subscript { value, .. } => value,
                Expr::Await(value) => value,
                Expr::Name { block, .. } => return Some(block),
                _ => return None,
            };
        }
    }

    /// The ids of all functions and lambdas, in the order of the text of each scope.
    pub fn function_ids(&self) -> impl Iterator<Item = FunctionId> + use<> {
        (0..self.functions.len()).map(FunctionId::from_index)
    }

    /// The ids of all statements; those of a suite in the order of the text.
    pub fn statement_ids(&self) -> impl Iterator<Item = StmtId> + use<> {
        (0..self.stmts.len()).map(StmtId::from_index)
    }

    /// The ids of all classes.
    pub fn class_ids(&self) -> impl Iterator<Item = ClassId> + use<> {
        (0..self.classes.len()).map(ClassId::from_index)
    }

    /// The ids of all import statements.
    pub fn import_ids(&self) -> impl Iterator<Item = ImportId> + use<> {
        (0..self.imports.len()).map(ImportId::from_index)
    }

    /// All calls.
    #[must_use]
    pub fn calls(&self) -> &[ExprId] {
        &self.calls
    }

    /// The calls of a name, or of an attribute of this name, in the order of the text.
    #[must_use]
    pub fn calls_named(&self, name: Name) -> &[ExprId] {
        let calls = self.calls_named.get_or_init(|| {
            let mut calls: FxHashMap<Name, Vec<ExprId>> = FxHashMap::default();
            for call in &self.calls {
                if let Expr::Call { callee, .. } = self[*call]
                    && let Expr::Name { name, .. } | Expr::Attribute { name, .. } = self[callee]
                {
                    calls.entry(name).or_default().push(*call);
                }
            }
            calls
        });
        calls.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The functions that the module's own code may call while it is imported, as far as their names show; one through another.
    pub fn called_at_import(&self) -> &FxHashSet<FunctionId> {
        self.called_at_import.get_or_init(|| {
            let mut calls: FxHashMap<Option<FunctionId>, Vec<Name>> = FxHashMap::default();
            for call in &self.calls {
                if let Expr::Call { callee, .. } = self[*call]
                    && let Expr::Name { name, .. } | Expr::Attribute { name, .. } = self[callee]
                    && let Some(block) = self.block_of_call(*call)
                {
                    calls.entry(self[block].function).or_default().push(name);
                }
            }
            let mut functions: FxHashMap<Name, Vec<FunctionId>> = FxHashMap::default();
            self.function_ids().for_each(|id| functions.entry(self[id].name).or_default().push(id));
            let mut found: FxHashSet<FunctionId> = FxHashSet::default();
            let mut open: Vec<Option<FunctionId>> = vec![None];
            while let Some(caller) = open.pop() {
                // A name whose functions were found is looked up no more.
                let names = calls.remove(&caller).unwrap_or_default();
                let called = names.iter().flat_map(|name| functions.remove(name).unwrap_or_default());
                open.extend(called.filter(|id| found.insert(*id)).map(Some));
            }
            found
        })
    }

    /// All assignments to attributes of a name.
    pub fn attribute_stores(&self, name: Name) -> impl Iterator<Item = &AttributeStore> {
        let positions = self.attribute_stores_of.get(&name).map_or(&[][..], Vec::as_slice);
        positions.iter().map(|position| &self.attribute_stores[*position as usize])
    }

    /// All `match` statements.
    #[must_use]
    pub fn all_matches(&self) -> &[Match] {
        &self.matches
    }

    /// All assignments to attributes.
    #[must_use]
    pub fn all_attribute_stores(&self) -> &[AttributeStore] {
        &self.attribute_stores
    }

    /// What statements put into collections of a name: a plain name, or the attribute by which it is reached.
    pub fn stores(&self, name: Name) -> impl Iterator<Item = &Store> {
        let positions = self.stores_of.get(&name).map_or(&[][..], Vec::as_slice);
        positions.iter().map(|position| &self.stores[*position as usize])
    }

    /// A name in a scope.
    #[must_use]
    pub fn variable(&self, scope: ScopeId, name: Name) -> Option<VariableId> {
        self.variable_ids.get(&(scope, name)).copied()
    }

    /// The variable that a name stands for which is read in a block: that of the innermost scope that has one.
    #[must_use]
    pub fn variable_read(&self, name: Name, block: BlockId) -> Option<VariableId> {
        self.scopes_around(self[block].scope).find_map(|scope| self.variable(scope, name))
    }

    /// The bindings of a name in a scope, in the order of the text.
    #[must_use]
    pub fn bindings_of(&self, scope: ScopeId, name: Name) -> &[BindingId] {
        self.variable(scope, name).map_or(&[], |variable| &self[variable].bindings)
    }

    /// All bindings, in the order of their ids.
    #[must_use]
    pub fn all_bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The names of a scope, in the order in which they are first bound.
    pub fn variables_of(&self, scope: ScopeId) -> impl Iterator<Item = (VariableId, &Variable)> {
        let ids = (0..self.variables.len()).map(VariableId::from_index);
        ids.zip(&self.variables).filter(move |(_, variable)| variable.scope == scope)
    }

    /// The last binding of a variable in a block, among those before `mark`.
    #[must_use]
    pub fn last_in_block(&self, variable: VariableId, block: BlockId, mark: BindingId) -> Option<BindingId> {
        let bindings = &self[variable].bindings;
        let (first, end) = self[block].bindings;
        let before = bindings.partition_point(|binding| *binding < mark.min(end));
        bindings[..before].last().copied().filter(|binding| *binding >= first)
    }

    /// The scopes from one outwards.
    pub fn scopes_around(&self, scope: ScopeId) -> impl Iterator<Item = ScopeId> + '_ {
        std::iter::successors(Some(scope), |scope| self[*scope].parent)
    }

    /// The function around a scope, the scope's own included.
    #[must_use]
    pub fn function_around(&self, scope: ScopeId) -> Option<FunctionId> {
        self.scopes_around(scope).find_map(|scope| match self[scope].kind {
            ScopeKind::Function(function) => Some(function),
            _ => None,
        })
    }

    /// The class whose method a scope stands in, with the method.
    #[must_use]
    pub fn method_around(&self, scope: ScopeId) -> Option<(FunctionId, ClassId)> {
        self.scopes_around(scope).find_map(|scope| match self[scope].kind {
            ScopeKind::Function(function) => Some((function, self[function].class?)),
            _ => None,
        })
    }

    /// The method around whose own object an expression is: a name that is its first parameter. With the method's class.
    #[must_use]
    pub fn method_of_object(&self, object: ExprId) -> Option<(FunctionId, ClassId)> {
        let Expr::Name { name, block, .. } = self[object] else { return None };
        let (function, class) = self.method_around(self[block].scope)?;
        (self.parameters(function).first()?.name == name).then_some((function, class))
    }

    /// The name of a function with those of the functions and classes around it: `Order.run`.
    #[must_use]
    pub fn qualified_name(&self, function: FunctionId) -> String {
        self.qualified(self[function].name, self[function].parent)
    }

    /// The name of a class with those of the functions and classes around it.
    #[must_use]
    pub fn qualified_class_name(&self, class: ClassId) -> String {
        self.qualified(self[class].name, self[class].parent)
    }

    /// The innermost class around an expression.
    #[must_use]
    pub fn class_holding(&self, expr: ExprId) -> Option<ClassId> {
        let range = self.span(expr);
        let around = self.class_ids().filter(|class| self[*class].range.contains_range(range));
        around.min_by_key(|class| self[*class].range.len())
    }

    fn qualified(&self, name: Name, parent: ScopeId) -> String {
        let around = self.scopes_around(parent).filter_map(|scope| match self[scope].kind {
            ScopeKind::Class(class) => Some(self[class].name),
            ScopeKind::Function(function) => Some(self[function].name),
            ScopeKind::Module | ScopeKind::Comprehension => None,
        });
        let mut parts: Vec<&str> = std::iter::once(name).chain(around).map(Name::as_str).collect();
        parts.reverse();
        parts.join(".")
    }

    /// The functions that the body of a class itself defines, in the order of the text.
    pub fn methods_of(&self, class: ClassId) -> impl Iterator<Item = FunctionId> + '_ {
        self.list(self[class].body).iter().filter_map(|statement| match self[*statement] {
            Stmt::Function(function) => Some(function),
            _ => None,
        })
    }

    /// The protected regions around a block in its function, innermost first.
    pub fn regions_around(&self, block: BlockId) -> impl Iterator<Item = (RegionId, Region)> + '_ {
        std::iter::successors(self[block].region, |region| self[*region].parent).map(|region| (region, self[region]))
    }

    /// Whether a handler of the same function may take what is raised in a block.
    #[must_use]
    pub fn may_be_handled(&self, block: BlockId) -> bool {
        self.regions_around(block).any(|(_, region)| match region.kind {
            RegionKind::Try(tried) => !self[tried].handlers.is_empty(),
            _ => false,
        })
    }

    /// Whether a block runs again and again.
    #[must_use]
    pub fn is_in_loop(&self, block: BlockId) -> bool {
        self.regions_around(block).any(|(_, region)| region.kind == RegionKind::Loop)
    }

    /// A block, and those that control passes on every way to it, nearest first.
    pub fn passed_before(&self, block: BlockId) -> impl Iterator<Item = BlockId> + '_ {
        let up = move |block: &BlockId| {
            let dominator = self[*block].dominator;
            (dominator != *block).then_some(dominator)
        };
        std::iter::successors(Some(block), up)
    }

    /// The tests that control passes, with their values, on every way to a block, nearest first.
    pub fn guards(&self, block: BlockId) -> impl Iterator<Item = (BlockId, Condition)> + '_ {
        self.passed_before(block).filter_map(|block| {
            let (first, others) = self.edges(block).split_first()?;
            let is_one =
                first.condition != Condition::Always && others.iter().all(|edge| edge.condition == first.condition);
            is_one.then_some((block, first.condition))
        })
    }

    /// What becomes of each expression's value; made on the first call.
    pub fn uses(&self) -> &Uses {
        self.uses.get_or_init(|| Uses::of(self))
    }

    /// Where control goes on from a block, unless an exception is raised. All are made on the first call.
    pub fn successors(&self, block: BlockId) -> &[BlockId] {
        let all = self.successors.get_or_init(|| {
            let mut successors = vec![Vec::new(); self.block_count()];
            for block in self.block_ids() {
                for edge in self.edges(block) {
                    let from = match edge.condition {
                        Condition::Raises(_) => continue,
                        Condition::Completes(tried) => self[tried].finally_end.unwrap_or(edge.from),
                        _ => edge.from,
                    };
                    if successors[from.index()].last() != Some(&block) {
                        successors[from.index()].push(block);
                    }
                }
            }
            successors
        });
        &all[block.index()]
    }

    /// The expression that stands at a place; of several, the last in the order of their ids. All are found on the first
    /// call.
    pub fn expression_at(&self, range: TextRange) -> Option<ExprId> {
        let all =
            self.expressions_at.get_or_init(|| self.expression_ids().map(|expr| (self.span(expr), expr)).collect());
        all.get(&range).copied()
    }

    /// Where functions wait and other code may run: each `await`, and what `async for` and `async with` begin with, with the
    /// function. All are found on the first call.
    pub fn waits(&self) -> &[(Option<FunctionId>, TextRange)] {
        self.waits.get_or_init(|| {
            let awaits = self.expression_ids().filter(|expr| matches!(self[*expr], Expr::Await(_)));
            let looped = self.loop_ids().map(|looped| self[looped]).filter(|looped| looped.is_async);
            let entered = self.withs.iter().filter(|with| with.is_async);
            let entered = entered.filter_map(|with| self.list(with.items).first()).map(|item| item.manager);
            let all = awaits.chain(looped.map(|looped| looped.head)).chain(entered);
            let found = all.filter_map(|expr| {
                let block = self.block_of_expression(expr)?;
                Some((self[block].function, self.span(expr)))
            });
            found.collect()
        })
    }

    /// The call that stands at a place. All are found on the first call.
    pub fn call_at(&self, range: TextRange) -> Option<ExprId> {
        let all = self.calls_at.get_or_init(|| self.calls.iter().map(|call| (self.span(*call), *call)).collect());
        all.get(&range).copied()
    }

    /// Where variables may change; made on the first call.
    pub(super) fn changes(&self) -> &Changes {
        self.changes.get_or_init(|| Changes::of(self))
    }

    /// Code that nests so deep that it was left out.
    #[must_use]
    pub fn too_deep(&self) -> &[TextRange] {
        &self.too_deep
    }

    /// Whether a function, or one inside it, puts something into a collection.
    #[must_use]
    pub fn fills_collections(&self, function: FunctionId) -> bool {
        self.fills.get(function.index()).copied().unwrap_or(false)
    }

    /// The parameters of a function.
    #[must_use]
    pub fn parameters(&self, function: FunctionId) -> &[Parameter] {
        self.list(self[function].parameters)
    }

    /// The position among a function's parameters of the one that takes an argument by itself. `is_bound` says that the first one
    /// takes an object, `position` is that among all arguments.
    #[must_use]
    pub fn parameter_taking(
        &self,
        function: FunctionId,
        is_bound: bool,
        kind: ArgumentKind,
        position: usize,
    ) -> Option<usize> {
        let parameters = self.parameters(function);
        let index = match kind {
            ArgumentKind::Positional => position + usize::from(is_bound),
            ArgumentKind::Keyword(name) => parameters.iter().position(|parameter| parameter.name == name)?,
            ArgumentKind::Star | ArgumentKind::DoubleStar => return None,
        };
        match parameters.get(index)?.kind {
            ParameterKind::Rest | ParameterKind::KeywordRest => None,
            ParameterKind::KeywordOnly if kind == ArgumentKind::Positional => None,
            _ => Some(index),
        }
    }

    /// The argument of a call that a parameter takes, the one at this position among the parameters. `is_bound` says that the
    /// first one takes an object.
    #[must_use]
    pub fn argument_taken_by<'a>(
        &self,
        (function, index): (FunctionId, usize),
        is_bound: bool,
        arguments: &'a [Argument],
    ) -> Option<&'a Argument> {
        let takes = |position, given: &Argument| self.parameter_taking(function, is_bound, given.kind, position);
        arguments.iter().enumerate().find(|(at, given)| takes(*at, given) == Some(index)).map(|(_, given)| given)
    }

    /// The names that `__all__` lists, where they can be told; otherwise those without a leading underscore are
    /// exported.
    #[must_use]
    pub fn exports(&self, name: Name) -> bool {
        match self.dunder_all() {
            Some(names) => names.contains(&name),
            None => !name.as_str().starts_with('_'),
        }
    }

    fn dunder_all(&self) -> Option<Vec<Name>> {
        let ids = self.bindings_of(self.global(), Name::new("__all__"));
        let mut names = Vec::new();
        for &id in ids {
            let value = match self[id].kind {
                super::BindingKind::Assign { value, .. } | super::BindingKind::Augment { value, .. } => value,
                _ => return None,
            };
            let (Expr::List(items) | Expr::Tuple(items)) = self[value] else { return None };
            for item in self.list(items) {
                let Expr::Str(name) = self[*item] else { return None };
                names.push(name);
            }
        }
        (!ids.is_empty()).then_some(names)
    }
}
