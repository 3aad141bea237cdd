//! What binds a name, and the way into a value that is taken apart.
//!
//! Knows: each form of binding that Python has, and the steps of targets and patterns. Does not know: what the names are bound
//! to; that is worked out by `python`.

use super::ids::{BindingId, BlockId, ClassId, ExprId, FunctionId, List, MatchId, ScopeId, VariableId};
use super::name::Name;
use crate::source::TextRange;

/// A step into a value that is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The item of this position: `a, (b, *c) = …` binds `b` by `[Item(1), Item(0)]`.
    Item(u32),
    /// The item of this position, counted from the end, where a starred target stands before it: the last one is 0.
    FromEnd(u32),
    /// A list of the items between so many at the beginning and so many at the end.
    Rest {
        /// How many stand before it.
        before: u32,
        /// How many stand behind it.
        behind: u32,
    },
    /// The value of a key, in a mapping pattern.
    Key(ExprId),
    /// What a mapping pattern leaves over.
    RestOfMapping,
    /// An attribute, in a class pattern.
    Attribute(Name),
    /// The attribute that stands at this position of the class's `__match_args__`.
    Positional(u32),
    /// The value itself, where it is an object of this class.
    InstanceOf(ExprId),
}

impl Step {
    /// The step to a target among several, of which one may be starred.
    pub(super) fn among(index: usize, star: Option<usize>, count: usize) -> Self {
        let number = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
        let last = count.saturating_sub(1);
        match star {
            Some(star) if index == star => {
                Self::Rest { before: number(index), behind: number(last.saturating_sub(index)) }
            }
            Some(star) if index > star => Self::FromEnd(number(last.saturating_sub(index))),
            _ => Self::Item(number(index)),
        }
    }

    /// The position of the one item that the step leads to, among so many.
    #[must_use]
    pub fn position(self, count: usize) -> Option<usize> {
        match self {
            Self::Item(index) => Some(index as usize).filter(|index| *index < count),
            Self::FromEnd(index) => count.checked_sub(1 + index as usize),
            _ => None,
        }
    }
}

/// Where in a value that is taken apart.
pub type Path = List<Step>;

/// Where a pattern binds a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capture {
    /// The binding.
    pub binding: BindingId,
}

/// What gives a name its value.
#[derive(Debug, Clone, Copy)]
pub enum BindingKind {
    /// `import a.b` (binds `a`) or `import a.b as c` (binds `a.b`).
    Import {
        /// The module that the name stands for.
        module: Name,
    },
    /// `from module import name`.
    ImportFrom {
        /// The module, without leading dots; may be empty.
        module: Name,
        /// The number of leading dots.
        level: u32,
        /// The imported name.
        name: Name,
    },
    /// `def`.
    Function(FunctionId),
    /// `class`.
    Class(ClassId),
    /// `name = value`, `name := value`, `name: T = value`.
    Assign {
        /// The value.
        value: ExprId,
        /// The annotation, if any.
        annotation: Option<ExprId>,
        /// Where in the value, when it is unpacked.
        path: Path,
    },
    /// `name: T`, which declares and does not bind.
    Declare {
        /// The annotation.
        annotation: ExprId,
    },
    /// `name op= value`.
    Augment {
        /// The name as it is read.
        target: ExprId,
        /// The operand.
        value: ExprId,
    },
    /// A parameter of the scope's function.
    Parameter {
        /// Its position among all parameters.
        index: u32,
    },
    /// `for name in iterable`, in a statement or a comprehension.
    Loop {
        /// What is gone through.
        iterable: ExprId,
        /// Where in the item.
        path: Path,
    },
    /// `with manager as name`.
    With {
        /// The context manager.
        manager: ExprId,
        /// `async with`.
        is_async: bool,
        /// Where in what is entered.
        path: Path,
    },
    /// `except kind as name`.
    Except {
        /// The class or tuple of classes.
        kind: Option<ExprId>,
    },
    /// A name in a pattern.
    Capture {
        /// The `match` statement.
        matched: MatchId,
        /// Where in its subject.
        path: Path,
    },
    /// A type parameter: `def f[T: Bound]`, `class C[T]`.
    TypeParameter {
        /// Its bound.
        bound: Option<ExprId>,
    },
    /// `type name = value`.
    TypeAlias {
        /// The type.
        value: ExprId,
    },
    /// `del name`.
    Delete,
}

/// One place that binds a name.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The variable.
    pub variable: VariableId,
    /// What gives it its value.
    pub kind: BindingKind,
    /// The place of the name.
    pub range: TextRange,
    /// The block that binds it.
    pub block: BlockId,
}

/// A name in the scope that it belongs to.
#[derive(Debug, Clone)]
pub struct Variable {
    /// The name.
    pub name: Name,
    /// The scope.
    pub scope: ScopeId,
    /// Its bindings, in the order of their ids.
    pub bindings: Vec<BindingId>,
    /// Whether a function inside binds it, by `nonlocal`.
    pub is_bound_inside: bool,
}
