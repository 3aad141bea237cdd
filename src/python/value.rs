//! What an expression may be, as far as it can be told without running anything.
//!
//! Knows: the kinds of values, how alternatives are joined, and where growth ends. Does not know: how a value comes about.

use smallvec::SmallVec;

use crate::semantic::{ClassId, ExprId, FunctionId, Name};
use crate::source::FileId;

/// A function of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionRef {
    /// Its file.
    pub file: FileId,
    /// The function in that file.
    pub function: FunctionId,
}

/// A class of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassRef {
    /// Its file.
    pub file: FileId,
    /// The class in that file.
    pub class: ClassId,
}

/// Which [`Value`] of a [`Store`](super::store::Store): the same value always has the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub(super) u32);

/// Which [`Frame`] of a [`Store`](super::store::Store).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(pub(super) u32);

/// Whether an expression may be something that is not among its known values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Rest {
    /// Nothing else: proven.
    #[default]
    Nothing,
    /// Nothing else if annotations hold.
    Declared,
    /// Anything.
    Anything,
}

/// What an expression may be: some known things, and whether it may be something else.
#[derive(Debug, PartialEq, Eq, Hash, Default)]
pub struct Values {
    /// What is known, in the order of the ids and without repetition: the same alternatives are always the same value.
    pub known: SmallVec<[ValueId; 2]>,
    /// What else.
    pub rest: Rest,
}

/// Answers are copied each time they are used: this copies the ids in one go.
impl Clone for Values {
    fn clone(&self) -> Self {
        Self { known: SmallVec::from_slice(&self.known), rest: self.rest }
    }
}

impl Values {
    /// Nothing at all: what cannot be reached, or is not yet worked out.
    pub const NEVER: Self = Self { known: SmallVec::new_const(), rest: Rest::Nothing };

    /// Anything.
    #[must_use]
    pub fn anything() -> Self {
        Self { known: SmallVec::new(), rest: Rest::Anything }
    }

    /// One value and nothing else.
    #[must_use]
    pub fn of(value: ValueId) -> Self {
        Self { known: SmallVec::from_slice(&[value]), rest: Rest::Nothing }
    }

    /// One value, if annotations hold.
    #[must_use]
    pub fn declared(value: ValueId) -> Self {
        Self { known: SmallVec::from_slice(&[value]), rest: Rest::Declared }
    }

    /// Whether nothing is known of it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.known.is_empty() && self.rest != Rest::Nothing
    }

    /// Whether it is nothing at all.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.known.is_empty() && self.rest == Rest::Nothing
    }

    /// The one value that it is, if it can be nothing else.
    #[must_use]
    pub fn only(&self) -> Option<ValueId> {
        match (self.known.as_slice(), self.rest) {
            ([value], Rest::Nothing) => Some(*value),
            _ => None,
        }
    }

    /// The only value that is known, whatever else it may be.
    #[must_use]
    pub fn single(&self) -> Option<ValueId> {
        match self.known.as_slice() {
            [value] => Some(*value),
            _ => None,
        }
    }

    /// Whether a call of one of its values may be a call of something else instead.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.known.len() > 1 || (self.rest == Rest::Anything && !self.known.is_empty())
    }

    /// Takes in what something else may be. Says whether that changed anything.
    pub fn join(&mut self, other: &Self) -> bool {
        let before = (self.known.len(), self.rest);
        if self.known.is_empty() {
            self.known.extend_from_slice(&other.known);
        } else if other.known.len() <= FEW {
            other.known.iter().for_each(|value| self.add(*value));
        } else if !includes(&self.known, &other.known) {
            self.known = merged(&self.known, &other.known);
        }
        self.rest = self.rest.max(other.rest);
        (self.known.len(), self.rest) != before
    }

    /// Adds a known value.
    pub fn add(&mut self, value: ValueId) {
        if let Err(place) = self.known.binary_search(&value) {
            self.known.insert(place, value);
        }
    }

    /// The same values, with at least this rest.
    #[must_use]
    pub fn with_rest(mut self, rest: Rest) -> Self {
        self.rest = self.rest.max(rest);
        self
    }

    /// All of these.
    #[must_use]
    pub fn union(all: impl IntoIterator<Item = Self>) -> Self {
        let mut joined = Self::NEVER;
        all.into_iter().for_each(|values| _ = joined.join(&values));
        joined
    }
}

impl FromIterator<ValueId> for Values {
    fn from_iter<T: IntoIterator<Item = ValueId>>(values: T) -> Self {
        let mut known: SmallVec<[ValueId; 2]> = values.into_iter().collect();
        if !known.is_sorted_by(|one, next| one < next) {
            known.sort_unstable();
            known.dedup();
        }
        Self { known, rest: Rest::Nothing }
    }
}

/// Whether all of some ids are among others; both are in order and without repetition.
fn includes(all: &[ValueId], some: &[ValueId]) -> bool {
    let mut all = all.iter();
    some.iter().all(|wanted| all.by_ref().find(|value| *value >= wanted) == Some(wanted))
}

/// The ids of both, which are in order and without repetition.
fn merged(one: &[ValueId], other: &[ValueId]) -> SmallVec<[ValueId; 2]> {
    let mut all = SmallVec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.iter().copied().peekable(), other.iter().copied().peekable());
    while let Some(next) = one.peek().into_iter().chain(other.peek()).min().copied() {
        one.next_if_eq(&next);
        other.next_if_eq(&next);
        all.push(next);
    }
    all
}

/// What is known about one way of calling a function: its parameters' values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The function.
    pub function: FunctionRef,
    /// The values of parameters; those not listed can be anything.
    pub parameters: Vec<(Name, Values)>,
    /// The frame of the function around it, if any.
    pub outer: Option<FrameId>,
}

/// A function with what is bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Callable {
    /// The function.
    pub function: FunctionRef,
    /// What its first parameter is bound to, for methods.
    pub receiver: Option<ValueId>,
    /// The frame of the function that defines it.
    pub outer: Option<FrameId>,
}

/// An object of a project's class.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Instance {
    /// Its class.
    pub class: ClassRef,
    /// The frame of the function that defines the class.
    pub outer: Option<FrameId>,
    /// The call of `__init__` that made it, where known.
    pub init: Option<FrameId>,
    /// Values of generated constructor parameters (dataclasses, named tuples, models).
    pub fields: Vec<(Name, Values)>,
    /// Where it was made, for objects that own collections: what is put into one is not in another.
    pub made: Option<(FileId, ExprId)>,
}

impl Instance {
    /// An object of a class, of which nothing else is known.
    #[must_use]
    pub fn plain(class: ClassRef, outer: Option<FrameId>) -> Self {
        Self { class, outer, init: None, fields: Vec::new(), made: None }
    }

    /// Whether it may be another object: of two that are made in two places it is known that they are not one.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        self.made.zip(other.made).is_none_or(|(one, other)| one == other)
    }
}

/// A class made by `type(name, bases, members)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DynamicClass {
    /// The file of the call.
    pub file: FileId,
    /// The call.
    pub call: ExprId,
    /// The bases.
    pub bases: Vec<Values>,
    /// The members.
    pub members: Vec<(Name, Values)>,
}

/// Evaluated arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Arguments {
    /// Positional ones, with stars of known length unfolded.
    pub positional: Vec<Values>,
    /// Named ones.
    pub named: Vec<(Name, Values)>,
    /// A star or double star of unknown content is among them.
    pub open: bool,
    /// Some of the named ones come from a dict that may be without them.
    pub may_lack: bool,
}

impl Arguments {
    /// Arguments of which nothing is known.
    #[must_use]
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// These arguments by position.
    #[must_use]
    pub fn positional(positional: Vec<Values>) -> Self {
        Self { positional, ..Self::default() }
    }

    /// Each argument.
    pub fn all(&self) -> impl Iterator<Item = &Values> {
        self.positional.iter().chain(self.named.iter().map(|(_, values)| values))
    }

    /// The argument of a position or name; `None` where it is surely absent, anything where that cannot be told.
    #[must_use]
    pub fn get(&self, position: usize, name: &str) -> Option<Values> {
        if let Some(found) = self.named.iter().find(|(known, _)| *known == name) {
            return Some(found.1.clone());
        }
        match self.positional.get(position) {
            Some(found) => Some(found.clone()),
            None => self.open.then(Values::anything),
        }
    }

    /// The argument given by name.
    #[must_use]
    pub fn keyword(&self, name: &str) -> Option<Values> {
        self.get(usize::MAX, name)
    }

    /// These arguments followed by others.
    #[must_use]
    pub fn joined(&self, more: &Self) -> Self {
        let mut all = self.clone();
        all.positional.extend(more.positional.iter().cloned());
        all.named.retain(|(name, _)| !more.named.iter().any(|(other, _)| other == name));
        all.named.extend(more.named.iter().cloned());
        all.open |= more.open;
        all.may_lack |= more.may_lack;
        all
    }
}

/// What is taken from an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Taken {
    /// An attribute, perhaps of an attribute: `attrgetter("order.id")`.
    Attribute(Name),
    /// What a method gives, called with this.
    Method(Name, Arguments),
    /// What stands under a key.
    Item(ValueId),
}

/// What is known of an object of a class outside the project, besides its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Besides {
    /// Nothing.
    Nothing,
    /// It counts as true.
    True,
    /// It is this number with a fraction, by its bits.
    Number(u32),
    /// It is the one object that this expression makes, of exactly this class.
    Made(FileId, ExprId),
}

/// Which builtin class a sequence is of, where that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sequence {
    /// A list.
    List,
    /// A tuple.
    Tuple,
    /// Either, or anything else that gives items.
    Untold,
}

impl Sequence {
    /// The builtin class, by its short name.
    #[must_use]
    pub fn class(self) -> Option<&'static str> {
        match self {
            Self::List => Some("list"),
            Self::Tuple => Some("tuple"),
            Self::Untold => None,
        }
    }

    /// What can be told of something that is one or the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == other { self } else { Self::Untold }
    }

    /// Whether what is told of one is so of the other.
    #[must_use]
    pub fn is_among(self, other: Self) -> bool {
        other == Self::Untold || self == other
    }
}

/// A thing that an expression may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i32),
    /// A string.
    Str(Name),
    /// A module of the project.
    Module(FileId),
    /// A folder of modules without `__init__`, by its path.
    Namespace(Name),
    /// A function or bound method of the project.
    Function(Callable),
    /// A class of the project, with the frame of the function that defines it.
    Class(ClassRef, Option<FrameId>),
    /// A class made by a call of `type`.
    DynamicClass(Box<DynamicClass>),
    /// An object of a class of the project.
    Instance(Box<Instance>),
    /// A member of an enumeration of the project.
    Member(ClassRef, Name),
    /// An object of a class made by a call of `type`.
    DynamicInstance(ValueId),
    /// `super()`: the receiver, and the class after which the look-up starts.
    Super(ValueId, ClassRef),
    /// Something outside the project, by its qualified name.
    Outside(Name),
    /// A method from outside the project, bound to what it was taken from.
    OutsideMethod {
        /// Its qualified name.
        name: Name,
        /// What it was taken from.
        receiver: ValueId,
    },
    /// An object of a class outside the project, with the class's type arguments where they are known.
    OutsideInstance {
        /// The class's qualified name.
        class: Name,
        /// Its type arguments: what a container holds, what a task gives.
        of: Vec<Values>,
        /// What else is known of it.
        besides: Besides,
    },
    /// What a call of something outside the project gives, of which no class is known.
    ResultOf(Name),
    /// What gives a value when it is awaited: a coroutine, task or handle.
    Awaitable {
        /// The class, where it is one from outside; a coroutine otherwise.
        class: Option<Name>,
        /// What awaiting it gives.
        result: Values,
    },
    /// A class with type arguments, a new type, or a type variable.
    Parametrised {
        /// The class that a call makes an object of; a new type gives back what it is called with.
        class: Option<ValueId>,
        /// An object of it.
        object: Values,
    },
    /// A partial call.
    Partial {
        /// What is called in the end.
        callee: Values,
        /// The arguments given so far.
        arguments: Arguments,
    },
    /// What takes this from the object that it is called with; several give a tuple: `operator.itemgetter("id", "name")`.
    Getter(Vec<Taken>),
    /// A tuple or list display, or another sequence of known items.
    Items(Sequence, Vec<Values>),
    /// A dict of known entries. Keys are constants; an entry without key may be under any.
    Table(Vec<(Option<ValueId>, Values)>),
    /// An iterable that gives such values.
    Many(Sequence, Values),
    /// A set or frozenset.
    Set {
        /// Its items.
        item: Values,
        /// Whether its order differs from process to process; not where all its items hash the same everywhere.
        hashed: bool,
    },
}

/// The qualified name of something that every module sees.
#[must_use]
pub fn builtin(name: &str) -> Name {
    Name::new(&format!("{BUILTINS}.{name}"))
}

/// The module of what every module sees.
pub(super) const BUILTINS: &str = "builtins";

/// The class of `None`.
pub(super) const NONE_TYPE: &str = "NoneType";

/// Up to how many alternatives are put in their places one by one.
const FEW: usize = 4;

/// How many alternatives are kept apart before those of one kind are taken together.
pub(super) const WIDE: usize = 64;

/// How deep values nest; what lies deeper is anything.
pub(super) const MAX_DEPTH: u8 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn values(ids: impl IntoIterator<Item = u32>) -> Values {
        ids.into_iter().map(ValueId).collect()
    }

    #[test]
    fn alternatives_are_in_order_and_each_stands_once_however_they_come_together() {
        let all = values([9, 3, 7, 3, 1, 9, 5, 2]);
        assert_eq!(all.known.as_slice(), [1, 2, 3, 5, 7, 9].map(ValueId));
        for (one, other) in
            [(vec![1, 3, 9], vec![2, 3, 5, 7, 9]), (vec![], vec![9, 7, 5, 3, 2, 1]), (vec![1, 2, 5], vec![3, 7, 9])]
        {
            let mut joined = values(one);
            assert!(joined.join(&values(other)), "it grew");
            assert_eq!(joined, all);
        }
    }

    #[test]
    fn joining_says_whether_anything_was_added() {
        let mut many = values(0..20);
        assert!(!many.join(&values(3..15)));
        assert!(!many.join(&values([4, 19])));
        assert!(many.join(&values((10..30).step_by(2))));
        assert_eq!(many.known.len(), 25);
        assert!(many.join(&Values::anything()), "what else it may be grew");
    }
}
