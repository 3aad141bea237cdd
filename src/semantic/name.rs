use std::fmt;
use std::sync::{OnceLock, RwLock};

use elsa::sync::LockFreeFrozenVec;
use rustc_hash::FxHashMap;

use crate::source::last_part;

/// A name of the program, or the text of a short string: the same text is always the same number.
///
/// Names live as long as the process. Their order is that in which they were first met, which differs from run to run:
/// nothing that is shown may follow it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(u32);

#[derive(Default)]
struct Interner {
    numbers: RwLock<FxHashMap<&'static str, u32>>,
    texts: LockFreeFrozenVec<&'static str>,
}

fn interner() -> &'static Interner {
    static INTERNER: OnceLock<Interner> = OnceLock::new();
    INTERNER.get_or_init(Interner::default)
}

impl Name {
    /// The name of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let interner = interner();
        if let Ok(numbers) = interner.numbers.read()
            && let Some(number) = numbers.get(text)
        {
            return Self(*number);
        }
        let mut numbers = interner.numbers.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(number) = numbers.get(text) {
            return Self(*number);
        }
        let text: &'static str = Box::leak(Box::from(text));
        let number = u32::try_from(interner.texts.push(text)).unwrap_or(u32::MAX);
        numbers.insert(text, number);
        Self(number)
    }

    /// Its number: small, and different for each name.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The name of a number.
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        interner().texts.get(self.0 as usize).unwrap_or("")
    }

    /// The last part of a dotted name.
    #[must_use]
    pub fn last_part(self) -> &'static str {
        last_part(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_the_same_name_on_every_thread() {
        let there = std::thread::spawn(|| Name::new("order_id")).join().expect("the thread ends");
        assert_eq!(there, Name::new("order_id"));
        assert_ne!(there, Name::new("order"));
        assert_eq!(there.as_str(), "order_id");
    }
}
