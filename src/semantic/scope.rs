//! Scopes, and what defines one: functions, classes, their parameters and returns.
//!
//! Knows: what a definition is made of. Does not know: what a name in a scope means where it is read.

use smallvec::SmallVec;

use super::expr::Argument;
use super::ids::{BindingId, BlockId, ClassId, ExprId, FunctionId, List, ScopeId};
use super::name::Name;
use super::stmt::Suite;
use crate::source::TextRange;

/// What kind of scope it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// A module's.
    Module,
    /// A class body's.
    Class(ClassId),
    /// A function's or lambda's.
    Function(FunctionId),
    /// A comprehension's.
    Comprehension,
}

/// A scope.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What kind.
    pub kind: ScopeKind,
    /// The scope around.
    pub parent: Option<ScopeId>,
    /// Names that `global` declares.
    pub globals: SmallVec<[Name; 1]>,
    /// Names that `nonlocal` declares.
    pub nonlocals: SmallVec<[Name; 1]>,
    /// Star imports: the module and the number of leading dots.
    pub stars: SmallVec<[(Name, u32); 1]>,
    /// The block at its end.
    pub exit: BlockId,
}

/// How an argument can be given for a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// By position alone.
    PositionalOnly,
    /// By position or by name.
    Positional,
    /// `*args`.
    Rest,
    /// By name alone.
    KeywordOnly,
    /// `**kwargs`.
    KeywordRest,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// How it is given.
    pub kind: ParameterKind,
    /// Its annotation.
    pub annotation: Option<ExprId>,
    /// Its default.
    pub default: Option<ExprId>,
    /// The place of its name.
    pub range: TextRange,
}

/// What a function runs.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// Statements.
    Statements(Suite),
    /// A lambda's expression.
    Expression(ExprId),
}

/// A `return` statement, or the value of a lambda.
#[derive(Debug, Clone, Copy)]
pub struct Return {
    /// What is returned.
    pub value: Option<ExprId>,
    /// The block that returns it.
    pub block: BlockId,
}

/// A function or lambda.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name; `<lambda>` for a lambda.
    pub name: Name,
    /// Its own scope.
    pub scope: ScopeId,
    /// The scope in which it is defined.
    pub parent: ScopeId,
    /// The block in which it is defined.
    pub block: BlockId,
    /// The class whose body defines it.
    pub class: Option<ClassId>,
    /// Its parameters.
    pub parameters: List<Parameter>,
    /// Its decorators, the outermost first.
    pub decorators: List<ExprId>,
    /// The annotation of what it returns.
    pub returns_annotation: Option<ExprId>,
    /// What it runs.
    pub body: Body,
    /// How many expressions its body has, those of functions inside left aside.
    pub size: u32,
    /// The block that it begins with.
    pub entry: BlockId,
    /// Where it returns, in the order of the text.
    pub returns: SmallVec<[Return; 1]>,
    /// What it yields.
    pub yields: SmallVec<[ExprId; 1]>,
    /// Of what it yields the items: `yield from pages`.
    pub yields_from: SmallVec<[ExprId; 1]>,
    /// `async def`.
    pub is_async: bool,
    /// Whether it yields.
    pub is_generator: bool,
    /// The whole definition.
    pub range: TextRange,
    /// The name.
    pub name_range: TextRange,
}

impl Function {
    /// Whether it is a lambda.
    #[must_use]
    pub fn is_lambda(&self) -> bool {
        matches!(self.body, Body::Expression(_))
    }

    /// Whether a call of it gives a coroutine.
    #[must_use]
    pub fn gives_coroutines(&self) -> bool {
        self.is_async && !self.is_generator
    }

    /// Whether a call of it runs nothing of its body yet: it gives a coroutine or generator.
    #[must_use]
    pub fn runs_later(&self) -> bool {
        self.is_async || self.is_generator
    }
}

/// A class.
#[derive(Debug, Clone)]
pub struct Class {
    /// Its name.
    pub name: Name,
    /// Its body's scope.
    pub scope: ScopeId,
    /// The scope in which it is defined.
    pub parent: ScopeId,
    /// Its type parameters: `class Page[Item]:`.
    pub type_parameters: Vec<Name>,
    /// Its bases and keywords.
    pub arguments: List<Argument>,
    /// Its decorators, the outermost first.
    pub decorators: List<ExprId>,
    /// Its statements.
    pub body: Suite,
    /// The whole definition.
    pub range: TextRange,
    /// The name.
    pub name_range: TextRange,
    /// The names that its body declares or binds with an annotation, in order: fields of generated constructors.
    pub fields: Vec<BindingId>,
}

/// `object.name = value` anywhere.
#[derive(Debug, Clone, Copy)]
pub struct AttributeStore {
    /// The object.
    pub object: ExprId,
    /// The attribute.
    pub name: Name,
    /// The value; absent for a bare annotation.
    pub value: Option<ExprId>,
    /// The annotation.
    pub annotation: Option<ExprId>,
    /// Where in the value, when it is unpacked.
    pub path: super::binding::Path,
    /// The block.
    pub block: BlockId,
}

/// How a statement fills a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// `collection[key] = value`, `collection.setdefault(key, value)`.
    Entry,
    /// `collection.append(value)`.
    Item,
    /// `collection.extend(values)`, `collection.update(values)`, `collection |= values`.
    All,
}

/// A value that a statement puts into a collection: `handlers[kind] = handler`, `self.steps.append(step)`.
#[derive(Debug, Clone, Copy)]
pub struct Store {
    /// The collection, as it is named.
    pub collection: ExprId,
    /// How.
    pub kind: StoreKind,
    /// The key, where there is one.
    pub key: Option<ExprId>,
    /// What is put into it.
    pub value: ExprId,
    /// The block.
    pub block: BlockId,
}
