use std::marker::PhantomData;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(in crate::semantic) u32);

        impl $name {
            /// The id of a position in the module's list.
            #[must_use]
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// The position in the module's list.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// Which expression of a [`Module`](super::Module).
    ExprId;
    /// Which statement of a [`Module`](super::Module).
    StmtId;
    /// Which basic block of a [`Module`](super::Module).
    BlockId;
    /// Which scope of a [`Module`](super::Module).
    ScopeId;
    /// Which variable, a name in its scope, of a [`Module`](super::Module).
    VariableId;
    /// Which binding of a [`Module`](super::Module). Within one function's control flow, later bindings have larger ids.
    BindingId;
    /// Which function or lambda of a [`Module`](super::Module).
    FunctionId;
    /// Which class of a [`Module`](super::Module).
    ClassId;
    /// Which `try` statement of a [`Module`](super::Module).
    TryId;
    /// Which `with` statement of a [`Module`](super::Module).
    WithId;
    /// Which `for` or `while` statement of a [`Module`](super::Module).
    LoopId;
    /// Which `match` statement of a [`Module`](super::Module).
    MatchId;
    /// Which pattern of a `match` statement of a [`Module`](super::Module).
    PatternId;
    /// Which comprehension of a [`Module`](super::Module).
    ComprehensionId;
    /// Which import statement of a [`Module`](super::Module).
    ImportId;
    /// Which protected region of a [`Module`](super::Module).
    RegionId;
}

/// A run of items in one of the module's lists.
#[derive(Debug)]
pub struct List<T> {
    pub(super) start: u32,
    pub(super) len: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    pub(super) fn new(start: usize, len: usize) -> Self {
        Self {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            len: u32::try_from(len).unwrap_or(u32::MAX),
            of: PhantomData,
        }
    }

    /// No items.
    pub const EMPTY: Self = Self { start: 0, len: 0, of: PhantomData };

    /// All but the first.
    #[must_use]
    pub fn rest(self) -> Self {
        Self { start: self.start + self.len.min(1), len: self.len.saturating_sub(1), of: PhantomData }
    }

    /// How many items there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.len) == (other.start, other.len)
    }
}

impl<T> Eq for List<T> {}

impl BindingId {
    /// Behind all bindings.
    pub const END: Self = Self(u32::MAX);
}
