//! From a syntax tree to the compact form.
//!
//! Knows: the order in which Python evaluates the parts of a file, which names that binds, and how control flows. Does not
//! know: what any name means. The tree is read here alone, and not kept.

mod expression;
mod flow;
mod statement;

use smallvec::SmallVec;

use super::binding::{Binding, BindingKind, Path, Step, Variable};
use super::cfg::{Block, Condition, Edge, Region, RegionKind};
use super::expr::Expr;
use super::ids::{BindingId, BlockId, ExprId, FunctionId, List, RegionId, ScopeId, StmtId, VariableId};
use super::module::Module;
use super::name::Name;
use super::scope::{AttributeStore, Scope, ScopeKind, Store, StoreKind};
use super::stmt::Stmt;
use crate::source::TextRange;
use crate::source::ast;

/// How deep expressions and suites may nest. CPython refuses 100 levels of indentation ("too many levels of indentation")
/// and, in its compiler, expressions that nest much deeper than this.
const MAX_DEPTH: usize = 1_500;

/// How many bindings a block makes at most, so that looking for one stays cheap.
const BLOCK_BINDINGS: u32 = 32;

/// Lowers a file. `text` is what the tree was parsed from: quoted annotations are parsed out of it.
#[must_use]
pub fn lower(body: &[ast::Stmt], text: &str) -> Module {
    let mut lowering = Lowering {
        text,
        module: Module::default(),
        edges: Vec::new(),
        scope: ScopeId(0),
        block: BlockId(0),
        function: None,
        region: None,
        loops: Vec::new(),
        pending: Vec::new(),
        depth: 0,
    };
    lowering.module(body);
    lowering.finish()
}

/// A function whose body is lowered after the code around it, so that the bindings of each control flow are neighbours.
enum Pending<'t> {
    Def(FunctionId, &'t ast::StmtFunctionDef),
    Lambda(FunctionId, &'t ast::ExprLambda),
}

/// The loop around: where `continue` goes, and from where `break` comes.
struct LoopFrame {
    head: BlockId,
    breaks: Vec<Edge>,
}

/// Edges into a block that is not yet made.
type Exits = SmallVec<[Edge; 2]>;

struct Lowering<'t> {
    text: &'t str,
    module: Module,
    /// The edges into each block.
    edges: Vec<SmallVec<[Edge; 1]>>,
    scope: ScopeId,
    block: BlockId,
    function: Option<FunctionId>,
    region: Option<RegionId>,
    loops: Vec<LoopFrame>,
    pending: Vec<Pending<'t>>,
    depth: usize,
}

impl<'t> Lowering<'t> {
    fn module(&mut self, body: &'t [ast::Stmt]) {
        let entry = self.new_block(BlockId(0));
        self.block = entry;
        self.scope = self.push_scope(ScopeKind::Module, None);
        self.module.blocks[entry.index()].scope = self.scope;
        let suite = self.suite(body);
        self.module.body = Some(suite);
        self.end_scope();
        while let Some(pending) = self.pending.pop() {
            let before = self.module.exprs.len();
            let function = match pending {
                Pending::Def(function, def) => {
                    self.function_body(function, def);
                    function
                }
                Pending::Lambda(function, lambda) => {
                    self.lambda_body(function, lambda);
                    function
                }
            };
            let size = self.module.exprs.len() - before;
            self.module.functions[function.index()].size = u32::try_from(size).unwrap_or(u32::MAX);
        }
    }

    fn finish(mut self) -> Module {
        self.forget_unreachable();
        let module = &mut self.module;
        for (block, edges) in module.blocks.iter_mut().zip(&self.edges) {
            block.edges = List::new(module.edges.len(), edges.len());
            module.edges.extend(edges);
        }
        for (position, store) in (0..).zip(&module.attribute_stores) {
            module.attribute_stores_of.entry(store.name).or_default().push(position);
        }
        let behind: Vec<Store> = module.stores.iter().filter_map(|store| store_behind(module, store)).collect();
        module.stores.extend(behind);
        let named = |expr: ExprId| collection_name(&module.exprs, expr, &module.lists.arguments);
        let names: Vec<Option<Name>> = module.stores.iter().map(|store| named(store.collection)).collect();
        for (position, name) in (0..).zip(names) {
            name.into_iter().for_each(|name| module.stores_of.entry(name).or_default().push(position));
        }
        self.module.fills = self.filling_functions();
        self.module.shrink();
        self.module
    }

    fn filling_functions(&self) -> Vec<bool> {
        let module = &self.module;
        let mut fills = vec![false; module.functions.len()];
        let blocks = module.stores.iter().map(|store| store.block);
        let assigned = module.attribute_stores.iter().map(|store| store.block);
        for block in blocks.chain(assigned) {
            let around = module.scopes_around(module[block].scope);
            for scope in around {
                if let ScopeKind::Function(function) = module[scope].kind {
                    fills[function.index()] = true;
                }
            }
        }
        fills
    }

    /// Forgets the edges from blocks to which no way leads: what stands behind a `return` binds nothing.
    fn forget_unreachable(&mut self) {
        let mut next: Vec<SmallVec<[BlockId; 2]>> = vec![SmallVec::new(); self.edges.len()];
        for (to, edges) in self.edges.iter().enumerate() {
            edges.iter().for_each(|edge| next[edge.from.index()].push(BlockId::from_index(to)));
        }
        let entries = self.module.functions.iter().map(|function| function.entry);
        let mut todo: Vec<BlockId> = entries.chain([BlockId(0)]).collect();
        let mut reachable = vec![false; self.edges.len()];
        while let Some(block) = todo.pop() {
            if !std::mem::replace(&mut reachable[block.index()], true) {
                todo.extend(next[block.index()].iter().copied());
            }
        }
        for edges in &mut self.edges {
            edges.retain(|edge| reachable[edge.from.index()]);
        }
    }

    // ---- scopes and bindings

    /// Opens a scope whose last block is made at once, so that quoted annotations can refer to it.
    fn push_scope(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        let id = ScopeId::from_index(self.module.scopes.len());
        self.module.scopes.push(Scope {
            kind,
            parent,
            globals: SmallVec::new(),
            nonlocals: SmallVec::new(),
            stars: SmallVec::new(),
            exit: BlockId(0),
        });
        let exit = self.new_block(self.block);
        self.module.blocks[exit.index()].scope = id;
        self.module.scopes[id.index()].exit = exit;
        id
    }

    /// Control that reaches the end of the code of the scope at hand comes to the scope's last block.
    fn end_scope(&mut self) {
        let exit = self.module.scopes[self.scope.index()].exit;
        self.edge(self.block, Condition::Always, exit);
    }

    fn variable(&mut self, scope: ScopeId, name: Name) -> VariableId {
        let module = &mut self.module;
        *module.variable_ids.entry((scope, name)).or_insert_with(|| {
            module.variables.push(Variable { name, scope, bindings: Vec::new(), is_bound_inside: false });
            VariableId::from_index(module.variables.len() - 1)
        })
    }

    fn bind(&mut self, name: &str, range: TextRange, kind: BindingKind) -> BindingId {
        let name = Name::new(name);
        let scope = self.scope_of_binding(name);
        let id = self.bind_in(scope, name, range, kind);
        if scope != self.scope && scope != self.module.global() {
            let variable = self.module.bindings[id.index()].variable;
            self.module.variables[variable.index()].is_bound_inside = true;
        }
        id
    }

    fn bind_in(&mut self, scope: ScopeId, name: Name, range: TextRange, kind: BindingKind) -> BindingId {
        let (first, end) = self.module.blocks[self.block.index()].bindings;
        if end.0 - first.0 >= BLOCK_BINDINGS {
            self.block = self.block_after(self.block, Condition::Always);
        }
        let variable = self.variable(scope, name);
        let id = BindingId::from_index(self.module.bindings.len());
        self.module.bindings.push(Binding { variable, kind, range, block: self.block });
        self.module.variables[variable.index()].bindings.push(id);
        let block = &mut self.module.blocks[self.block.index()];
        if block.bindings.0 == block.bindings.1 {
            block.bindings.0 = id;
        }
        block.bindings.1 = BindingId(id.0 + 1);
        id
    }

    fn scope_of_binding(&self, name: Name) -> ScopeId {
        let scope = &self.module.scopes[self.scope.index()];
        if scope.globals.contains(&name) {
            return ScopeId(0);
        }
        if scope.nonlocals.contains(&name) {
            return self.enclosing_function_with(name).unwrap_or(self.scope);
        }
        self.scope
    }

    fn enclosing_function_with(&self, name: Name) -> Option<ScopeId> {
        let parent = self.module.scopes[self.scope.index()].parent?;
        self.module.scopes_around(parent).find(|scope| {
            matches!(self.module[*scope].kind, ScopeKind::Function(_)) && self.module.variable(*scope, name).is_some()
        })
    }

    /// The scope that a walrus binds in: a comprehension has none of its own for it.
    fn walrus_scope(&self) -> ScopeId {
        let mut scopes = self.module.scopes_around(self.scope);
        scopes.find(|scope| self.module[*scope].kind != ScopeKind::Comprehension).unwrap_or(self.scope)
    }

    // ---- nodes

    fn add(&mut self, expr: Expr, range: TextRange) -> ExprId {
        let id = ExprId::from_index(self.module.exprs.len());
        self.module.exprs.push(expr);
        self.module.spans.push(range);
        id
    }

    fn add_statement(&mut self, range: TextRange) -> StmtId {
        let id = StmtId::from_index(self.module.stmts.len());
        self.module.stmts.push(Stmt::Nothing);
        self.module.stmt_spans.push(range);
        self.module.stmt_blocks.push(self.block);
        id
    }

    fn path(&mut self, steps: &[Step]) -> Path {
        list(&mut self.module.lists.steps, steps.iter().copied())
    }

    fn store(&mut self, collection: ExprId, kind: StoreKind, key: Option<ExprId>, value: ExprId) {
        self.module.stores.push(Store { collection, kind, key, value, block: self.block });
        if let Some(key) = key {
            self.note_entry_of_object(collection, key, value);
        }
    }

    /// `object.__dict__["name"] = value` assigns like `object.name = value`.
    fn note_entry_of_object(&mut self, collection: ExprId, key: ExprId, value: ExprId) {
        let (Expr::Attribute { value: object, name: entries }, Expr::Str(name)) =
            (self.module.exprs[collection.index()], self.module.exprs[key.index()])
        else {
            return;
        };
        if entries == "__dict__" {
            let (value, block) = (Some(value), self.block);
            let store = AttributeStore { object, name, value, annotation: None, path: List::EMPTY, block };
            self.module.attribute_stores.push(store);
        }
    }

    fn mark(&self) -> BindingId {
        BindingId::from_index(self.module.bindings.len())
    }

    // ---- blocks

    fn new_block(&mut self, dominator: BlockId) -> BlockId {
        let id = BlockId::from_index(self.module.blocks.len());
        let next = self.mark();
        self.module.blocks.push(Block {
            edges: List::EMPTY,
            bindings: (next, next),
            scope: self.scope,
            function: self.function,
            region: self.region,
            dominator,
        });
        self.edges.push(SmallVec::new());
        id
    }

    fn edge(&mut self, from: BlockId, condition: Condition, to: BlockId) {
        self.edges[to.index()].push(Edge { from, condition });
    }

    fn block_after(&mut self, from: BlockId, condition: Condition) -> BlockId {
        let block = self.new_block(from);
        self.edge(from, condition, block);
        block
    }

    /// A block to which several ways lead. Without any, nothing comes to it.
    fn join(&mut self, mut exits: Exits, dominator: BlockId) -> BlockId {
        exits.retain(|edge| self.is_come_to(edge.from));
        let dominator = if let [only] = exits.as_slice() { only.from } else { dominator };
        let block = self.new_block(dominator);
        self.edges[block.index()].extend(exits);
        block
    }

    /// Whether some way leads to a block: none does behind a jump.
    fn is_come_to(&self, block: BlockId) -> bool {
        !self.edges[block.index()].is_empty() || self.module.blocks[block.index()].dominator == block
    }

    /// What follows cannot be reached.
    fn stop(&mut self) {
        self.block = self.new_block(self.block);
    }

    fn in_region<T>(&mut self, kind: RegionKind, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.region;
        let id = RegionId::from_index(self.module.regions.len());
        self.module.regions.push(Region { kind, parent: outer });
        self.region = Some(id);
        self.block = self.block_after(self.block, Condition::Always);
        let done = work(self);
        self.region = outer;
        done
    }

    /// Goes one level deeper, where that is still bearable.
    fn deeper<T>(&mut self, range: TextRange, left_out: T, work: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= MAX_DEPTH {
            self.module.too_deep.push(range);
            return left_out;
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }
}

impl Module {
    fn shrink(&mut self) {
        self.exprs.shrink_to_fit();
        self.spans.shrink_to_fit();
        self.stmts.shrink_to_fit();
        self.stmt_spans.shrink_to_fit();
        self.stmt_blocks.shrink_to_fit();
        self.variables.shrink_to_fit();
        self.variables.iter_mut().for_each(|variable| variable.bindings.shrink_to_fit());
        self.variable_ids.shrink_to_fit();
        self.bindings.shrink_to_fit();
        self.blocks.shrink_to_fit();
        self.edges.shrink_to_fit();
        self.functions.shrink_to_fit();
        self.lists.exprs.shrink_to_fit();
        self.lists.stmts.shrink_to_fit();
        self.lists.arguments.shrink_to_fit();
        self.lists.parameters.shrink_to_fit();
        self.attribute_stores_of.shrink_to_fit();
        self.stores_of.shrink_to_fit();
    }
}

/// The name by which a collection is reached: a plain name, or its attribute; of an item of a collection, that of the
/// collection.
fn collection_name(exprs: &[Expr], collection: ExprId, arguments: &[super::expr::Argument]) -> Option<Name> {
    let mut at = collection;
    loop {
        match exprs[at.index()] {
            Expr::Name { name, .. } | Expr::Attribute { name, .. } => return Some(name),
            Expr::Subscript { value, .. } => at = value,
            Expr::Call { callee, arguments: given } => {
                let Expr::Attribute { value, name } = exprs[callee.index()] else { return None };
                let takes_out = matches!(name.as_str(), "setdefault" | "get");
                if !takes_out || arguments.get(given.range()).is_none_or(<[_]>::is_empty) {
                    return None;
                }
                at = value;
            }
            _ => return None,
        }
    }
}

/// What a store through a local name puts into the collection that the name was taken from: `seen = groups[key]`, and then
/// `seen.append(value)`.
fn store_behind(module: &Module, store: &Store) -> Option<Store> {
    let Expr::Name { name, block, .. } = module[store.collection] else { return None };
    let [binding] = module[module.variable_read(name, block)?].bindings[..] else { return None };
    let BindingKind::Assign { value, path, .. } = module[binding].kind else { return None };
    let other = collection_name(&module.exprs, value, &module.lists.arguments)?;
    (path.is_empty() && other != name).then_some(Store { collection: value, ..*store })
}

fn list<T>(into: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> List<T> {
    let start = into.len();
    into.extend(items);
    List::new(start, into.len() - start)
}
