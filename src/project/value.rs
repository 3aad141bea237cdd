use std::rc::Rc;

use smallvec::SmallVec;

use crate::semantic::{ClassId, FunctionId, ScopeId};
use crate::source::FileId;
use crate::source::ast::{Expr, TextRange};

/// A function of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FunctionRef {
    /// Its file.
    pub file: FileId,
    /// The function in that file.
    pub function: FunctionId,
}

/// A class of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClassRef {
    /// Its file.
    pub file: FileId,
    /// The class in that file.
    pub class: ClassId,
}

/// Which interned [`Frame`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameId(pub(super) u32);

/// What is known about one way of calling a function: its parameters' values where they are known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Frame<'a> {
    /// The file of the function.
    pub file: FileId,
    /// The scope of the function.
    pub scope: ScopeId,
    /// The known values of parameters; those not listed are unknown.
    pub parameters: Vec<(&'a str, Value<'a>)>,
    /// The frame of the function around it, if any.
    pub outer: Option<FrameId>,
    /// How many frames hang together here, by closures and values: recursion through closures would go on for ever.
    pub depth: u8,
}

/// A function with what is bound to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Callable<'a> {
    /// The function.
    pub function: FunctionRef,
    /// What its first parameter is bound to, for methods.
    pub receiver: Option<Value<'a>>,
    /// The frame of the function that defines it.
    pub outer: Option<FrameId>,
}

/// An object of a project's class.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Instance<'a> {
    /// Its class.
    pub class: ClassRef,
    /// The call of `__init__` that made it, where known.
    pub init: Option<FrameId>,
    /// Values of generated constructor parameters (dataclasses, named tuples, models).
    pub fields: Vec<(&'a str, Value<'a>)>,
}

/// `functools.partial(callee, …)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Partial<'a> {
    /// What is called in the end.
    pub callee: Value<'a>,
    /// The arguments given so far.
    pub arguments: Arguments<'a>,
}

/// A class made by `type(name, bases, members)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DynamicClass<'a> {
    /// The file of the call.
    pub file: FileId,
    /// The call.
    pub range: TextRange,
    /// The bases.
    pub bases: Vec<Value<'a>>,
    /// The members.
    pub members: Vec<(&'a str, Value<'a>)>,
}

/// Evaluated arguments of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Arguments<'a> {
    /// Positional ones, with stars of known length unfolded.
    pub positional: Vec<Value<'a>>,
    /// Named ones.
    pub named: Vec<(&'a str, Value<'a>)>,
    /// A star or double star of unknown content is among them.
    pub open: bool,
}

/// A constant that guards and look-ups may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Literal<'a> {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A string.
    Str(&'a str),
    /// A number.
    Number,
}

/// What an expression evaluates to, as far as it can be told without running it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value<'a> {
    /// Cannot be told.
    Unknown,
    /// A constant.
    Literal(Literal<'a>),
    /// A module of the project.
    Module(FileId),
    /// A folder of modules without `__init__`.
    Namespace(Rc<str>),
    /// A function or bound method of the project.
    Function(Rc<Callable<'a>>),
    /// A class of the project, with the frame of the function that defines it.
    Class(ClassRef, Option<FrameId>),
    /// A class made by a call of `type`.
    DynamicClass(Rc<DynamicClass<'a>>),
    /// An object of a class of the project.
    Instance(Rc<Instance<'a>>),
    /// An object of a class made by a call of `type`.
    DynamicInstance(Rc<DynamicClass<'a>>),
    /// `super()`: the receiver, and the class after which the look-up starts.
    Super(Rc<Value<'a>>, ClassRef),
    /// Something outside the project, by its qualified name.
    External(Rc<str>),
    /// An object of a class outside the project, by the class's qualified name.
    ExternalInstance(Rc<str>),
    /// A partial call.
    Partial(Rc<Partial<'a>>),
    /// `operator.methodcaller(name)` and `operator.attrgetter(name)`; whether the attribute is called.
    Getter(&'a str, bool),
    /// A tuple or list display, or another sequence of known items.
    Items(Rc<[Value<'a>]>),
    /// A dict display; keys that are strings.
    Table(Rc<[(Option<&'a str>, Value<'a>)]>),
    /// An iterable, context manager or mapping that gives such values.
    Many(Rc<Value<'a>>),
    /// A set; whether its order depends on hash randomisation.
    Set {
        /// `true` unless all its items hash the same in every process.
        hashed: bool,
    },
    /// One of several.
    Union(Rc<[Value<'a>]>),
}

/// How many alternatives a [`Value::Union`] keeps.
const UNION_LIMIT: usize = 8;

impl<'a> Value<'a> {
    /// `None`.
    pub const NONE: Value<'static> = Value::Literal(Literal::None);

    /// Something outside the project.
    #[must_use]
    pub fn external(name: &str) -> Self {
        Value::External(name.into())
    }

    /// The alternatives: the members of a union, or the value alone.
    #[must_use]
    pub fn alternatives(&self) -> &[Value<'a>] {
        match self {
            Value::Union(all) => all,
            other => std::slice::from_ref(other),
        }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// One of these. Unknown alternatives are dropped where others are known.
    pub fn union(values: impl IntoIterator<Item = Value<'a>>) -> Self {
        let mut all: SmallVec<[Value<'a>; 4]> = SmallVec::new();
        for value in values {
            for alternative in value.alternatives() {
                if !alternative.is_unknown() && !all.contains(alternative) && all.len() < UNION_LIMIT {
                    all.push(alternative.clone());
                }
            }
        }
        match all.len() {
            0 => Value::Unknown,
            1 => all.swap_remove(0),
            _ => Value::Union(all.into_vec().into()),
        }
    }

    /// Applies a function to each alternative.
    pub fn map(&self, each: impl FnMut(&Value<'a>) -> Value<'a>) -> Self {
        match self {
            Value::Union(all) => Value::union(all.iter().map(each).collect::<Vec<_>>()),
            other => {
                let mut each = each;
                each(other)
            }
        }
    }

    /// Whether it can be called with code of the project running.
    #[must_use]
    pub fn is_project_callable(&self) -> bool {
        matches!(self, Value::Function(_) | Value::Partial(_) | Value::Instance(_))
    }

    /// How deep values nest in it, to bound what frames hold.
    pub(super) fn depth(&self) -> usize {
        match self {
            Value::Function(callable) => callable.receiver.as_ref().map_or(0, |receiver| 1 + receiver.depth()),
            Value::Instance(instance) => instance.fields.iter().map(|(_, value)| 1 + value.depth()).max().unwrap_or(0),
            Value::Partial(partial) => 1 + partial.callee.depth(),
            Value::Items(all) | Value::Union(all) => 1 + all.iter().map(Value::depth).max().unwrap_or(0),
            Value::Table(all) => 1 + all.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            Value::Many(item) => 1 + item.depth(),
            Value::Super(receiver, _) => 1 + receiver.depth(),
            _ => 0,
        }
    }
}

/// Where an expression is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The scope.
    pub scope: ScopeId,
    /// What is known about the call of the function around, if anything.
    pub frame: Option<FrameId>,
}

/// An expression and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Located<'a> {
    /// The expression.
    pub expression: &'a Expr,
    /// Where.
    pub place: Place,
}
