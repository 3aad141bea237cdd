//! What is known of very many questions, in little room.
//!
//! Knows: that questions about neighbours come together: what stands next to each other in code lies in one page, of the size of
//! a cache line, so that most look-ups find what the one before has fetched. Does not know: what is asked.

use std::cell::Cell;
use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap};

/// How many places a page has.
pub const PLACES: usize = 8;

/// How many pages are found without a look into the index.
const RECENT: usize = 128;

/// A question that has neighbours.
pub trait Paged: Copy + Eq {
    /// What the neighbours have in common.
    type Page: Copy + Eq + Hash;

    /// The page of a question, and its place in there, below [`PLACES`].
    fn page(self) -> (Self::Page, usize);
}

/// A map from questions to what is known of them.
pub struct Pages<Q: Paged, V> {
    index: FxHashMap<Q::Page, u32>,
    pages: Vec<[Option<V>; PLACES]>,
    /// Pages that were looked for before, by their hashes.
    recent: Box<[Recent<Q>; RECENT]>,
}

/// A page that was looked for before, and its number.
type Recent<Q> = Cell<Option<(<Q as Paged>::Page, u32)>>;

impl<Q: Paged, V: Copy> Default for Pages<Q, V> {
    fn default() -> Self {
        Self { index: FxHashMap::default(), pages: Vec::new(), recent: Box::new([const { Cell::new(None) }; RECENT]) }
    }
}

impl<Q: Paged, V: Copy> Pages<Q, V> {
    fn slot_of(&self, page: Q::Page) -> &Recent<Q> {
        let hash = FxBuildHasher.hash_one(page);
        &self.recent[hash as usize % RECENT]
    }

    fn number(&self, page: Q::Page) -> Option<u32> {
        let slot = self.slot_of(page);
        match slot.get() {
            Some((known, number)) if known == page => Some(number),
            _ => {
                let number = *self.index.get(&page)?;
                slot.set(Some((page, number)));
                Some(number)
            }
        }
    }

    /// What is known of a question.
    pub fn get(&self, question: Q) -> Option<V> {
        let (page, place) = question.page();
        self.pages.get(self.number(page)? as usize)?[place]
    }

    /// Takes note of what is known of a question.
    pub fn insert(&mut self, question: Q, value: V) {
        let (page, place) = question.page();
        let number = match self.number(page) {
            Some(number) => number,
            None => {
                let number = u32::try_from(self.pages.len()).unwrap_or(u32::MAX);
                self.pages.push([const { None }; PLACES]);
                self.index.insert(page, number);
                self.slot_of(page).set(Some((page, number)));
                number
            }
        };
        if let Some(values) = self.pages.get_mut(number as usize) {
            values[place] = Some(value);
        }
    }

    /// Forgets what does not satisfy a condition.
    pub fn retain(&mut self, stands: impl Fn(&V) -> bool) {
        for value in self.pages.iter_mut().flatten() {
            *value = value.filter(&stands);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Paged for u32 {
        type Page = u32;

        fn page(self) -> (u32, usize) {
            (self / PLACES as u32, self as usize % PLACES)
        }
    }

    #[test]
    fn what_is_noted_is_found_until_it_is_forgotten() {
        let mut pages: Pages<u32, u32> = Pages::default();
        // Far more pages than are found without the index, in an order that jumps.
        let all: Vec<u32> = (0..20_000).map(|number| number * 7_919 % 20_000).collect();
        all.iter().for_each(|question| assert_eq!(pages.get(*question), None));
        all.iter().for_each(|question| pages.insert(*question, question + 1));
        all.iter().for_each(|question| assert_eq!(pages.get(*question), Some(question + 1)));
        pages.insert(5, 0);
        assert_eq!((pages.get(5), pages.get(4), pages.get(6)), (Some(0), Some(5), Some(7)));
        pages.retain(|value| value % 2 == 0);
        for question in all.iter().filter(|question| **question != 5) {
            assert_eq!(pages.get(*question), (question % 2 == 1).then_some(question + 1));
        }
        assert_eq!(pages.get(20_001), None);
    }
}
