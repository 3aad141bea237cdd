//! What can be asked, and the few bytes in which a question is remembered.
//!
//! Knows: the kinds of questions. Does not know: any answer.

use std::hash::{Hash, Hasher};

use crate::python::memo::Framed;
use crate::python::pages::{PLACES, Paged};
use crate::python::value::{FrameId, FunctionRef, ValueId};
use crate::semantic::{BindingId, BlockId, ClassId, ExprId, FunctionId, Name, VariableId};
use crate::source::FileId;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::python) enum Query {
    Expr(FileId, ExprId, Option<FrameId>),
    /// What a binding gives.
    Binding(FileId, BindingId, Option<FrameId>),
    /// What a variable is where a block begins.
    Entering(FileId, BlockId, VariableId, Option<FrameId>),
    /// Whether control may come to a block: `True` if so.
    Reached(FileId, BlockId, Option<FrameId>),
    /// What a function gives in a frame.
    Result(FunctionRef, Option<FrameId>),
    /// What a value's attribute is.
    Attribute(ValueId, Name),
    /// A module's name as others see it.
    Global(FileId, Name),
    /// What a star import of a module gives for a name.
    Starred(FileId, Name),
    /// Whether a function never returns: `True` if it may return.
    Returns(FunctionRef, Option<FrameId>),
    /// What an annotation says.
    Annotation(FileId, ExprId, Option<FrameId>),
    /// What a field's default gives.
    Default(FileId, ExprId, Option<FrameId>),
    /// What the definition of a function gives.
    Function(FileId, FunctionId, Option<FrameId>),
    /// What the definition of a class gives.
    Class(FileId, ClassId, Option<FrameId>),
    /// The functions that ran while a class was made, each as if the frame that it ran in were around it.
    Makers(FileId, ClassId),
}

/// A question in few bytes: very many are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key([u32; 4]);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d] = self.0.map(u64::from);
        state.write_u64(a << 32 | b);
        state.write_u64(c << 32 | d);
    }
}

/// Questions of one kind about what stands next to each other in a file, with the same frame, are neighbours.
impl Paged for Key {
    type Page = Self;

    fn page(self) -> (Self, usize) {
        let [first, at, second, frame] = self.0;
        (Self([first, at / PLACES as u32, second, frame]), at as usize % PLACES)
    }
}

/// No frame. There are never as many frames.
const NO_FRAME: u32 = u32::MAX;

/// Whichever frame.
const ANY_FRAME: u32 = u32::MAX - 1;

/// Where the frame stands, in the questions that have one.
impl Framed for Key {
    fn in_any_frame(self) -> Option<Self> {
        let [first, a, b, _] = self.0;
        self.frame().map(|_| Self([first, a, b, ANY_FRAME]))
    }

    fn shares_frame(self, other: Self) -> bool {
        self.frame().is_some_and(|frame| other.frame() == Some(frame))
    }
}

/// The kinds of questions that have no frame.
const ATTRIBUTE: u32 = 5;
const GLOBAL: u32 = 6;
const STARRED: u32 = 7;
const MAKERS: u32 = 13;

/// How many bits of the first number say what kind of question it is.
const KIND_BITS: u32 = 4;

impl Query {
    pub(super) fn key(self) -> Key {
        let frame = |frame: Option<FrameId>| frame.map_or(NO_FRAME, |frame| frame.0);
        let at = |kind: u32, file: FileId, rest: [u32; 3]| {
            let file = number(file.index());
            debug_assert!(file < 1 << (32 - KIND_BITS), "more files than can be told apart");
            Key([file << KIND_BITS | kind, rest[0], rest[1], rest[2]])
        };
        match self {
            Self::Expr(file, expr, f) => at(0, file, [number(expr.index()), 0, frame(f)]),
            Self::Binding(file, binding, f) => at(1, file, [number(binding.index()), 0, frame(f)]),
            Self::Entering(file, block, variable, f) => {
                at(2, file, [number(block.index()), number(variable.index()), frame(f)])
            }
            Self::Reached(file, block, f) => at(3, file, [number(block.index()), 0, frame(f)]),
            Self::Result(FunctionRef { file, function }, f) => at(4, file, [number(function.index()), 0, frame(f)]),
            Self::Attribute(value, name) => Key([ATTRIBUTE, value.0, number(name.index()), 0]),
            Self::Global(file, name) => at(GLOBAL, file, [number(name.index()), 0, 0]),
            Self::Starred(file, name) => at(STARRED, file, [number(name.index()), 0, 0]),
            Self::Returns(FunctionRef { file, function }, f) => at(8, file, [number(function.index()), 0, frame(f)]),
            Self::Annotation(file, expr, f) => at(9, file, [number(expr.index()), 0, frame(f)]),
            Self::Default(file, expr, f) => at(10, file, [number(expr.index()), 0, frame(f)]),
            Self::Function(file, function, f) => at(11, file, [number(function.index()), 0, frame(f)]),
            Self::Class(file, class, f) => at(12, file, [number(class.index()), 0, frame(f)]),
            Self::Makers(file, class) => at(MAKERS, file, [number(class.index()), 0, 0]),
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Key {
    /// Which kind of question it is.
    fn kind(self) -> u32 {
        self.0[0] & ((1 << KIND_BITS) - 1)
    }

    /// The number of the frame, if the question has one.
    fn frame(self) -> Option<u32> {
        let [.., frame] = self.0;
        let has_frame = !matches!(self.kind(), ATTRIBUTE | GLOBAL | STARRED | MAKERS);
        Some(frame).filter(|frame| has_frame && *frame != NO_FRAME)
    }

    pub(super) fn query(self) -> Query {
        let [first, a, b, c] = self.0;
        let file = FileId::from_index((first >> KIND_BITS) as usize);
        let frame = (c != NO_FRAME).then_some(FrameId(c));
        let expr = ExprId::from_index(a as usize);
        let function = FunctionId::from_index(a as usize);
        match self.kind() {
            0 => Query::Expr(file, expr, frame),
            1 => Query::Binding(file, BindingId::from_index(a as usize), frame),
            2 => Query::Entering(file, BlockId::from_index(a as usize), VariableId::from_index(b as usize), frame),
            3 => Query::Reached(file, BlockId::from_index(a as usize), frame),
            4 => Query::Result(FunctionRef { file, function }, frame),
            ATTRIBUTE => Query::Attribute(ValueId(a), Name::from_index(b as usize)),
            GLOBAL => Query::Global(file, Name::from_index(a as usize)),
            STARRED => Query::Starred(file, Name::from_index(a as usize)),
            8 => Query::Returns(FunctionRef { file, function }, frame),
            9 => Query::Annotation(file, expr, frame),
            10 => Query::Default(file, expr, frame),
            11 => Query::Function(file, function, frame),
            12 => Query::Class(file, ClassId::from_index(a as usize), frame),
            _ => Query::Makers(file, ClassId::from_index(a as usize)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_the_same_after_it_was_packed_and_no_two_are_packed_alike() {
        let (file, other) = (FileId::from_index(7), FileId::from_index(0));
        let (expr, function, name) = (ExprId::from_index(3), FunctionId::from_index(3), Name::new("order_id"));
        let frame = Some(FrameId(5));
        let here = FunctionRef { file, function };
        let all = [
            Query::Expr(file, expr, frame),
            Query::Expr(other, expr, frame),
            Query::Expr(file, expr, None),
            Query::Binding(file, BindingId::from_index(3), frame),
            Query::Entering(file, BlockId::from_index(3), VariableId::from_index(4), frame),
            Query::Reached(file, BlockId::from_index(3), frame),
            Query::Result(here, frame),
            Query::Attribute(ValueId(3), name),
            Query::Global(file, name),
            Query::Starred(file, name),
            Query::Returns(here, None),
            Query::Annotation(file, expr, frame),
            Query::Default(file, expr, None),
            Query::Function(file, function, frame),
            Query::Class(file, ClassId::from_index(3), frame),
            Query::Makers(file, ClassId::from_index(3)),
        ];
        let keys: Vec<Key> = all.iter().map(|query| query.key()).collect();
        assert_eq!(keys.iter().map(|key| key.query()).collect::<Vec<Query>>(), all);
        assert!(keys.iter().enumerate().all(|(at, key)| !keys[at + 1..].contains(key)));
    }
}
