use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::binding::{Binding, BindingId, BindingKind, Block, BlockId, BlockKind};
use super::store::Store;
use crate::source::FileId;
use crate::source::ast::visitor::{self, Visitor};
use crate::source::ast::{self, Expr, Parameters, Ranged, Stmt, TextRange, TextSize};

/// Which scope of a [`Module`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub(super) u32);

/// Which function or lambda of a [`Module`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub(super) u32);

/// Which class of a [`Module`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub(super) u32);

/// What kind of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// The module's.
    Module,
    /// A class body; its names are not seen from the functions in it.
    Class(ClassId),
    /// A function's or lambda's.
    Function(FunctionId),
    /// A comprehension's.
    Comprehension,
}

/// A scope and its names.
#[derive(Debug)]
pub struct Scope<'a> {
    /// What kind.
    pub kind: ScopeKind,
    /// The scope around it.
    pub parent: Option<ScopeId>,
    /// The bindings of each name, in the order of the text.
    pub names: FxHashMap<&'a str, SmallVec<[BindingId; 1]>>,
    /// Names declared `global`.
    pub globals: SmallVec<[&'a str; 0]>,
    /// Names declared `nonlocal`.
    pub nonlocals: SmallVec<[&'a str; 0]>,
    /// Modules whose names are all imported: module, dots, place.
    pub stars: SmallVec<[(&'a str, u32, TextSize); 0]>,
}

/// A function's syntax.
#[derive(Debug, Clone, Copy)]
pub enum FunctionNode<'a> {
    /// `def` or `async def`.
    Def(&'a ast::StmtFunctionDef),
    /// `lambda`.
    Lambda(&'a ast::ExprLambda),
}

/// A function or lambda.
#[derive(Debug)]
pub struct Function<'a> {
    /// Its syntax.
    pub node: FunctionNode<'a>,
    /// Its name; `<lambda>`.
    pub name: &'a str,
    /// Its name with those of the classes and functions around it: `Order.run`.
    pub qualified: String,
    /// Its own scope.
    pub scope: ScopeId,
    /// The scope in which it is defined.
    pub parent: ScopeId,
    /// The class whose body defines it.
    pub class: Option<ClassId>,
    /// `yield` occurs in it.
    pub is_generator: bool,
    /// What its `return` statements return.
    pub returns: Vec<&'a Expr>,
    /// What it yields.
    pub yields: Vec<&'a Expr>,
}

impl<'a> Function<'a> {
    /// Its parameters; a lambda may have none.
    #[must_use]
    pub fn parameters(&self) -> Option<&'a Parameters> {
        match self.node {
            FunctionNode::Def(def) => Some(&def.parameters),
            FunctionNode::Lambda(lambda) => lambda.parameters.as_deref(),
        }
    }

    /// Whether it is `async def`.
    #[must_use]
    pub fn is_async(&self) -> bool {
        matches!(self.node, FunctionNode::Def(def) if def.is_async)
    }

    /// Whether every way through it ends in a `raise`, as its own statements show. A body that only says
    /// `NotImplementedError` stands for those of subclasses.
    #[must_use]
    pub fn always_raises(&self) -> bool {
        let FunctionNode::Def(def) = self.node else { return false };
        !self.is_generator && !returns_in(&def.body) && ends_in_raise(&def.body) && !is_placeholder(&def.body)
    }

    /// The decorators, outermost first.
    #[must_use]
    pub fn decorators(&self) -> &'a [ast::Decorator] {
        match self.node {
            FunctionNode::Def(def) => &def.decorator_list,
            FunctionNode::Lambda(_) => &[],
        }
    }

    /// The place of its name, or of the lambda.
    #[must_use]
    pub fn name_range(&self) -> TextRange {
        match self.node {
            FunctionNode::Def(def) => def.name.range(),
            FunctionNode::Lambda(lambda) => lambda.range(),
        }
    }

    /// The place of the whole function.
    #[must_use]
    pub fn range(&self) -> TextRange {
        match self.node {
            FunctionNode::Def(def) => def.range(),
            FunctionNode::Lambda(lambda) => lambda.range(),
        }
    }

    /// The annotation of what it returns.
    #[must_use]
    pub fn return_annotation(&self) -> Option<&'a Expr> {
        match self.node {
            FunctionNode::Def(def) => def.returns.as_deref(),
            FunctionNode::Lambda(_) => None,
        }
    }
}

/// What a decorator names, whether it calls that or not.
#[must_use]
pub fn named_by(decorator: &ast::Decorator) -> &Expr {
    match &decorator.expression {
        Expr::Call(call) => &call.func,
        other => other,
    }
}

fn ends_in_raise(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Raise(_)) => true,
        Some(Stmt::If(conditional)) => {
            conditional.elif_else_clauses.last().is_some_and(|clause| clause.test.is_none())
                && ends_in_raise(&conditional.body)
                && conditional.elif_else_clauses.iter().all(|clause| ends_in_raise(&clause.body))
        }
        Some(Stmt::Try(tried)) => {
            let handled =
                tried.handlers.iter().all(|ast::ExceptHandler::ExceptHandler(handler)| ends_in_raise(&handler.body));
            ends_in_raise(&tried.finalbody) || (ends_in_raise(&tried.body) && handled)
        }
        _ => false,
    }
}

/// Whether a suite returns anywhere, functions in it left aside.
fn returns_in(body: &[Stmt]) -> bool {
    struct Finder(bool);
    impl<'b> Visitor<'b> for Finder {
        fn visit_stmt(&mut self, statement: &'b Stmt) {
            match statement {
                Stmt::Return(_) => self.0 = true,
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => visitor::walk_stmt(self, statement),
            }
        }
    }
    let mut finder = Finder(false);
    finder.visit_body(body);
    finder.0
}

fn is_placeholder(body: &[Stmt]) -> bool {
    let mut said = body
        .iter()
        .filter(|statement| !matches!(statement, Stmt::Expr(statement) if statement.value.is_string_literal_expr()));
    let (Some(Stmt::Raise(raise)), None) = (said.next(), said.next()) else { return false };
    let named = match raise.exc.as_deref() {
        Some(Expr::Call(call)) => &call.func,
        Some(other) => other,
        None => return false,
    };
    matches!(named, Expr::Name(name) if name.id.as_str() == "NotImplementedError")
}

/// A class.
#[derive(Debug)]
pub struct Class<'a> {
    /// Its syntax.
    pub node: &'a ast::StmtClassDef,
    /// Its name with those around it.
    pub qualified: String,
    /// Its body's scope.
    pub scope: ScopeId,
    /// The scope in which it is defined.
    pub parent: ScopeId,
    /// Assignments to attributes of the first parameter in its methods (`self.x = value`).
    pub attributes: FxHashMap<&'a str, SmallVec<[AttributeBinding<'a>; 1]>>,
}

/// `self.name = value` in a method.
#[derive(Debug, Clone, Copy)]
pub struct AttributeBinding<'a> {
    /// The method.
    pub function: FunctionId,
    /// The value; absent for a bare annotation.
    pub value: Option<&'a Expr>,
    /// The annotation.
    pub annotation: Option<&'a Expr>,
}

/// An import statement.
#[derive(Debug, Clone, Copy)]
pub struct ImportStatement<'a> {
    /// The statement.
    pub statement: &'a Stmt,
    /// The scope that it binds in.
    pub scope: ScopeId,
    /// The innermost block.
    pub block: BlockId,
    /// The nearest `with` statement around it in the same scope, if any.
    pub with: Option<&'a ast::StmtWith>,
}

/// The facts of one file.
#[derive(Debug)]
pub struct Module<'a> {
    /// The file.
    pub file: FileId,
    /// Its statements.
    pub body: &'a [Stmt],
    /// The scopes; the module's is the first.
    pub scopes: Vec<Scope<'a>>,
    /// The functions and lambdas, in the order of the text.
    pub functions: Vec<Function<'a>>,
    /// The classes, in the order of the text.
    pub classes: Vec<Class<'a>>,
    /// The blocks.
    pub blocks: Vec<Block<'a>>,
    /// The import statements, in the order of the text.
    pub imports: Vec<ImportStatement<'a>>,
    /// All calls with the scope that each stands in.
    pub calls: Vec<(&'a ast::ExprCall, ScopeId)>,
    pub(super) bindings: Vec<Binding<'a>>,
    pub(super) stores: FxHashMap<&'a str, Vec<Store<'a>>>,
    pub(super) expression_scopes: FxHashMap<TextRange, ScopeId>,
    pub(super) lambdas: FxHashMap<TextRange, FunctionId>,
}

impl<'a> Module<'a> {
    /// Reads the facts off a syntax tree.
    #[must_use]
    pub fn build(file: FileId, body: &'a [Stmt]) -> Self {
        super::build::build(file, body)
    }

    /// What statements put into collections of a name, in the order of the text but for functions' bodies.
    #[must_use]
    pub fn stores(&self, collection: &str) -> &[Store<'a>] {
        self.stores.get(collection).map_or(&[], Vec::as_slice)
    }

    /// The function of a `def`.
    #[must_use]
    pub fn function_of(&self, def: &ast::StmtFunctionDef) -> Option<FunctionId> {
        self.function_ids().find(|id| self.function(*id).name_range() == def.name.range())
    }

    /// The function around a scope, the scope's own included.
    #[must_use]
    pub fn function_around(&self, scope: ScopeId) -> Option<FunctionId> {
        let mut scope = Some(scope);
        while let Some(id) = scope {
            if let ScopeKind::Function(function) = self.scope(id).kind {
                return Some(function);
            }
            scope = self.scope(id).parent;
        }
        None
    }

    /// The module's own scope.
    #[must_use]
    pub fn global(&self) -> ScopeId {
        ScopeId(0)
    }

    /// A scope.
    #[must_use]
    pub fn scope(&self, id: ScopeId) -> &Scope<'a> {
        &self.scopes[id.0 as usize]
    }

    /// A function.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> &Function<'a> {
        &self.functions[id.0 as usize]
    }

    /// The ids of all functions.
    pub fn function_ids(&self) -> impl Iterator<Item = FunctionId> + use<> {
        (0..u32::try_from(self.functions.len()).unwrap_or(u32::MAX)).map(FunctionId)
    }

    /// A class.
    #[must_use]
    pub fn class(&self, id: ClassId) -> &Class<'a> {
        &self.classes[id.0 as usize]
    }

    /// The ids of all classes.
    pub fn class_ids(&self) -> impl Iterator<Item = ClassId> + use<> {
        (0..u32::try_from(self.classes.len()).unwrap_or(u32::MAX)).map(ClassId)
    }

    /// A binding.
    #[must_use]
    pub fn binding(&self, id: BindingId) -> &Binding<'a> {
        &self.bindings[id.0 as usize]
    }

    /// A block.
    #[must_use]
    pub fn block(&self, id: BlockId) -> &Block<'a> {
        &self.blocks[id.0 as usize]
    }

    /// The scope that a comprehension opens.
    #[must_use]
    pub fn comprehension_scope(&self, range: TextRange) -> Option<ScopeId> {
        self.expression_scopes.get(&range).copied()
    }

    /// The function that a lambda is.
    #[must_use]
    pub fn lambda(&self, lambda: &ast::ExprLambda) -> Option<FunctionId> {
        self.lambdas.get(&lambda.range()).copied()
    }

    /// The bindings of a name in a scope.
    #[must_use]
    pub fn bindings_of(&self, scope: ScopeId, name: &str) -> &[BindingId] {
        self.scope(scope).names.get(name).map_or(&[], |ids| ids)
    }

    /// The bindings of a scope's name that may hold at `place` in that scope: the last that surely ran before, and
    /// those after it that may have.
    #[must_use]
    pub fn reaching(&self, scope: ScopeId, name: &str, place: TextSize) -> SmallVec<[BindingId; 2]> {
        let all = self.bindings_of(scope, name);
        let mut found: SmallVec<[BindingId; 2]> = SmallVec::new();
        for &id in all.iter().rev() {
            let binding = self.binding(id);
            if binding.holds_from > place {
                if self.shares_loop(binding.block, place) {
                    found.push(id);
                }
                continue;
            }
            match self.flow(binding.block, place) {
                Flow::Surely => {
                    found.push(id);
                    break;
                }
                Flow::Perhaps => found.push(id),
                Flow::Never => {}
            }
        }
        found
    }

    /// The tests that must hold, with their values, for code in a block to run, innermost first.
    pub fn guards(&self, block: BlockId) -> impl Iterator<Item = (&'a Expr, bool)> + '_ {
        self.enclosing(block)
            .flat_map(|block| match &block.kind {
                BlockKind::Branch { tests } => tests.as_slice(),
                _ => &[],
            })
            .copied()
    }

    fn enclosing(&self, block: BlockId) -> impl Iterator<Item = &Block<'a>> + '_ {
        std::iter::successors(Some(self.block(block)), |block| block.parent.map(|parent| self.block(parent)))
    }

    fn shares_loop(&self, block: BlockId, place: TextSize) -> bool {
        self.enclosing(block)
            .any(|block| matches!(block.kind, BlockKind::Loop) && block.range.contains_inclusive(place))
    }

    /// How control comes from the end of a binding in `block` to a later `place` of the same scope.
    fn flow(&self, block: BlockId, place: TextSize) -> Flow {
        let mut flow = Flow::Surely;
        for block in self.enclosing(block) {
            if block.range.contains_inclusive(place) || matches!(block.kind, BlockKind::Body) {
                break;
            }
            let exclusive = matches!(block.kind, BlockKind::Branch { .. } | BlockKind::Case | BlockKind::Handler)
                && block.statement.contains_inclusive(place)
                && !self.shares_loop_around(block, place);
            if exclusive || (block.terminates && !self.shares_loop_around(block, place)) {
                return Flow::Never;
            }
            if !matches!(block.kind, BlockKind::With) {
                flow = Flow::Perhaps;
            }
        }
        flow
    }

    fn shares_loop_around(&self, block: &Block<'a>, place: TextSize) -> bool {
        block.parent.is_some_and(|parent| self.shares_loop(parent, place))
    }

    /// What a module's name is bound to by imports, as written, for a cheap look without resolving.
    pub fn imported_modules(&self) -> impl Iterator<Item = (&'a str, u32)> + '_ {
        self.imports.iter().flat_map(|import| match import.statement {
            Stmt::Import(statement) => {
                statement.names.iter().map(|alias| (alias.name.as_str(), 0)).collect::<SmallVec<[_; 2]>>()
            }
            Stmt::ImportFrom(statement) => {
                smallvec::smallvec![(statement.module.as_ref().map_or("", |module| module.as_str()), statement.level)]
            }
            _ => SmallVec::new(),
        })
    }

    /// Whether `__all__` or the absence of an underscore makes a global name part of a star import.
    #[must_use]
    pub fn exports(&self, name: &str) -> bool {
        match self.dunder_all() {
            Some(names) => names.contains(&name),
            None => !name.starts_with('_'),
        }
    }

    fn dunder_all(&self) -> Option<Vec<&'a str>> {
        let ids = self.bindings_of(self.global(), "__all__");
        let mut names = Vec::new();
        for &id in ids {
            let value = match &self.binding(id).kind {
                BindingKind::Assignment { value: Some(value), .. } => value,
                BindingKind::Augmented { value } => value,
                _ => return None,
            };
            names.extend(string_items(value)?);
        }
        (!ids.is_empty()).then_some(names)
    }
}

enum Flow {
    Surely,
    Perhaps,
    Never,
}

fn string_items(value: &Expr) -> Option<Vec<&str>> {
    let items = match value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => return None,
    };
    items.iter().map(|item| item.as_string_literal_expr().map(|literal| literal.value.to_str())).collect()
}
