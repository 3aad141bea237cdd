//! The forms of expressions.
//!
//! Knows: their parts. Does not know: what becomes of a value ([`uses`](super::uses)).

use super::ids::{BindingId, BlockId, ComprehensionId, ExprId, FunctionId, List};
use super::name::Name;
pub use crate::source::ast::{BoolOp, CmpOp, Operator, UnaryOp};

/// An expression. Its place is [`Module::span`](super::Module::span).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expr {
    /// `None`.
    None,
    /// `...`.
    Ellipsis,
    /// `True`, `False`.
    Bool(bool),
    /// A whole number that fits.
    Int(i32),
    /// Another number.
    Float(f32),
    /// A string of which the text is kept.
    Str(Name),
    /// A longer string.
    Text,
    /// A bytes literal.
    Bytes,
    /// A read of a name.
    Name {
        /// The name.
        name: Name,
        /// The block that reads it.
        block: BlockId,
        /// The bindings of the block before this one have been made.
        mark: BindingId,
    },
    /// A name that is bound here: the target of an assignment, a loop, a walrus.
    Target(BindingId),
    /// `value.name`.
    Attribute {
        /// The object.
        value: ExprId,
        /// The attribute.
        name: Name,
    },
    /// `value[index]`.
    Subscript {
        /// The container.
        value: ExprId,
        /// The key, index, slice or type argument.
        index: ExprId,
    },
    /// `callee(arguments)`.
    Call {
        /// What is called.
        callee: ExprId,
        /// With what.
        arguments: List<Argument>,
    },
    /// `await value`.
    Await(ExprId),
    /// `yield value`.
    Yield(Option<ExprId>),
    /// `yield from value`.
    YieldFrom(ExprId),
    /// `target := value`.
    Named {
        /// The target.
        target: ExprId,
        /// The value.
        value: ExprId,
    },
    /// `*value`.
    Starred(ExprId),
    /// `lambda`.
    Lambda(FunctionId),
    /// `body if test else orelse`.
    Conditional {
        /// The test.
        test: ExprId,
        /// The value where it holds.
        body: ExprId,
        /// The value where it does not.
        orelse: ExprId,
    },
    /// `and`, `or`.
    BoolOp {
        /// Which.
        op: BoolOp,
        /// The operands.
        operands: List<ExprId>,
    },
    /// `not`, `-`, `+`, `~`.
    Unary {
        /// Which.
        op: UnaryOp,
        /// The operand.
        operand: ExprId,
    },
    /// A binary operator.
    Binary {
        /// Which.
        op: Operator,
        /// The left operand.
        left: ExprId,
        /// The right operand.
        right: ExprId,
    },
    /// A comparison, possibly a chain.
    Compare {
        /// The first operand.
        left: ExprId,
        /// The further operands with the operators before them.
        rest: List<Comparison>,
    },
    /// `(a, b)`.
    Tuple(List<ExprId>),
    /// `[a, b]`.
    List(List<ExprId>),
    /// `{a, b}`.
    Set(List<ExprId>),
    /// `{key: value, **more}`.
    Dict(List<DictItem>),
    /// A comprehension or generator expression.
    Comprehension(ComprehensionId),
    /// `lower:upper:step`.
    Slice(List<ExprId>),
    /// An f-string or t-string: what is shown in it, and the texts between. An [`Expr::Text`] among them says that it is
    /// more than all of that put together.
    Formatted(List<Interpolation>),
    /// What could not be parsed.
    Invalid,
}

/// One argument of a call or base of a class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Argument {
    /// How it is given.
    pub kind: ArgumentKind,
    /// What is given.
    pub value: ExprId,
}

impl Argument {
    /// Whether it is given by a name.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        matches!(self.kind, ArgumentKind::Keyword(known) if known == name)
    }
}

/// What a call gives a parameter, by its name or its position: `f(*rest, value)` does not say at which position `value` stands.
#[must_use]
pub fn given_for(arguments: &[Argument], name: &str, position: Option<usize>) -> Option<ExprId> {
    let named = arguments.iter().find(|given| given.is_named(name));
    let by_position = || {
        let mut first = arguments.iter().take_while(|given| given.kind == ArgumentKind::Positional);
        first.nth(position?)
    };
    named.or_else(by_position).map(|given| given.value)
}

/// How an argument is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentKind {
    /// By position.
    Positional,
    /// `*value`.
    Star,
    /// `name=value`.
    Keyword(Name),
    /// `**value`.
    DoubleStar,
}

/// A further operand of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The operator before it.
    pub op: CmpOp,
    /// The operand.
    pub right: ExprId,
}

/// One entry of a dict display.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DictItem {
    /// The key; absent for `**value`.
    pub key: Option<ExprId>,
    /// The value.
    pub value: ExprId,
}

/// Something shown in a formatted string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interpolation {
    /// What.
    pub value: ExprId,
    /// `!s`, `!r`, `!a`.
    pub conversion: Conversion,
}

/// How a value is turned into text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// By `__format__`.
    None,
    /// By `str`.
    Str,
    /// By `repr`.
    Repr,
    /// By `ascii`.
    Ascii,
}

/// What a comprehension makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComprehensionKind {
    /// A list.
    List,
    /// A set.
    Set,
    /// A dict.
    Dict,
    /// A generator.
    Generator,
}

/// A comprehension or generator expression.
#[derive(Debug, Clone, Copy)]
pub struct Comprehension {
    /// What it makes.
    pub kind: ComprehensionKind,
    /// The key of a dict comprehension.
    pub key: Option<ExprId>,
    /// The element, or a dict comprehension's value.
    pub element: ExprId,
    /// Its `for` clauses.
    pub clauses: List<Clause>,
    /// The block that makes the element.
    pub block: BlockId,
}

/// A `for` clause of a comprehension.
#[derive(Debug, Clone, Copy)]
pub struct Clause {
    /// The target.
    pub target: ExprId,
    /// What is gone through.
    pub iterable: ExprId,
    /// The conditions.
    pub conditions: List<ExprId>,
    /// `async for`.
    pub is_async: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::lower;
    use crate::source::parse;

    #[test]
    fn an_argument_is_found_by_its_name_or_its_position() {
        let given = |code: &str, name: &str, position: Option<usize>| {
            let parsed = parse(code, false);
            let module = lower(parsed.body(), code);
            let Expr::Call { arguments, .. } = module[module.calls()[0]] else { panic!("a call") };
            match given_for(module.list(arguments), name, position).map(|given| module[given]) {
                Some(Expr::Int(number)) => Some(number),
                _ => None,
            }
        };
        assert_eq!(given("f(1, 2)", "at", Some(1)), Some(2));
        assert_eq!(given("f(1, at=3)", "at", Some(1)), Some(3));
        assert_eq!(given("f(1, *rest, at=3)", "at", Some(1)), Some(3));
        assert_eq!(given("f(1, 2)", "at", None), None);
        assert_eq!(given("f(1)", "at", Some(1)), None);
        assert_eq!(given("f(*rest, 2)", "at", Some(1)), None, "how many there are before it is not known");
        assert_eq!(given("f(**options)", "at", Some(0)), None);
    }
}
