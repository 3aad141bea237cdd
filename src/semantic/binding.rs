use smallvec::SmallVec;

use super::module::{ClassId, FunctionId};
use crate::source::ast::{Expr, TextRange};

/// Which binding of a [`Module`](super::Module).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BindingId(pub(super) u32);

/// Which block of a [`Module`](super::Module).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockId(pub(super) u32);

/// A step into an unpacked value: `a, (b, *c) = …` binds `b` by `[Item(1), Item(0)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetPath {
    /// The item of this position.
    Item(usize),
    /// A list of some items.
    Rest,
}

/// What gives a name its value.
#[derive(Debug, Clone)]
pub enum BindingKind<'a> {
    /// `import a.b` (binds `a`) or `import a.b as c` (binds `a.b`).
    Import {
        /// The module that the name stands for.
        module: &'a str,
    },
    /// `from module import name`.
    ImportFrom {
        /// The module, without leading dots; may be empty.
        module: &'a str,
        /// The number of leading dots.
        level: u32,
        /// The imported name.
        name: &'a str,
    },
    /// `def`.
    Function(FunctionId),
    /// `class`.
    Class(ClassId),
    /// `name = value`, `name := value`, `name: T = value`.
    Assignment {
        /// The value, if any.
        value: Option<&'a Expr>,
        /// The annotation, if any.
        annotation: Option<&'a Expr>,
        /// Where in the value, when it is unpacked.
        path: SmallVec<[TargetPath; 1]>,
    },
    /// `name += value`.
    Augmented {
        /// The operand.
        value: &'a Expr,
    },
    /// A parameter of the scope's function.
    Parameter {
        /// Its position among all parameters.
        index: usize,
    },
    /// `for name in iterable`, in a statement or a comprehension.
    Loop {
        /// What is iterated.
        iterable: &'a Expr,
        /// Where in the item.
        path: SmallVec<[TargetPath; 1]>,
    },
    /// `with manager as name`.
    With {
        /// The context manager.
        manager: &'a Expr,
        /// Whether it is `async with`.
        is_async: bool,
        /// Where in what is entered.
        path: SmallVec<[TargetPath; 1]>,
    },
    /// `except kind as name`.
    Except {
        /// The class or tuple of classes.
        kind: Option<&'a Expr>,
    },
    /// Anything else that binds: captures of `match`, `del`, type parameters.
    Opaque,
}

/// One place that binds a name.
#[derive(Debug, Clone)]
pub struct Binding<'a> {
    /// The name.
    pub name: &'a str,
    /// What gives it its value.
    pub kind: BindingKind<'a>,
    /// From where on it holds: the end of the binding statement or target.
    pub holds_from: crate::source::ast::TextSize,
    /// The place of the name.
    pub range: TextRange,
    /// The innermost block, for dominance and guards.
    pub block: BlockId,
}

/// What kind of suite a block is.
#[derive(Debug, Clone)]
pub enum BlockKind<'a> {
    /// The body of a module, function or class.
    Body,
    /// A branch: runs when each test has the value beside it.
    Branch {
        /// The tests up to and including the branch's own.
        tests: SmallVec<[(&'a Expr, bool); 2]>,
    },
    /// The body of a loop.
    Loop,
    /// The protected body of a `try`, its `else` or `finally`.
    Try,
    /// An exception handler.
    Handler,
    /// The body of a `with`.
    With,
    /// One case of a `match`.
    Case,
}

/// A suite of statements.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    /// The block around it in the same scope.
    pub parent: Option<BlockId>,
    /// What kind it is.
    pub kind: BlockKind<'a>,
    /// Its statements.
    pub range: TextRange,
    /// The statement that it is a part of.
    pub statement: TextRange,
    /// Whether control never passes its end.
    pub terminates: bool,
}
