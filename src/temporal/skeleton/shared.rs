//! Answers about terms that share parts, each part asked once.
//!
//! Knows: the parts that were asked about while one question is being answered. Does not know: what is asked. Nothing is kept
//! beyond that question: what code does in between may change the answer.
//!
//! `c = (c and p) or (c and q)` makes a choice of which both sides hold the same choice: twenty such lines are a million ways
//! through twenty terms.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::term::Term;

/// What was answered about parts of a term.
pub(super) struct Asked<T> {
    depth: Cell<usize>,
    /// By where a part lies; it is kept, so that nothing else comes to lie there.
    known: RefCell<FxHashMap<usize, (Term, T)>>,
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self { depth: Cell::new(0), known: RefCell::default() }
    }
}

impl<T: Clone> Asked<T> {
    /// The answer about a term, which `ask` gives unless it did while the same question is being answered.
    pub(super) fn once(&self, term: &Term, ask: impl FnOnce() -> T) -> T {
        let Some(at) = address(term) else { return ask() };
        if let Some((_, known)) = self.known.borrow().get(&at) {
            return known.clone();
        }
        self.depth.set(self.depth.get() + 1);
        let answer = ask();
        self.depth.set(self.depth.get() - 1);
        match self.depth.get() {
            0 => self.known.borrow_mut().clear(),
            _ => _ = self.known.borrow_mut().insert(at, (term.clone(), answer.clone())),
        }
        answer
    }
}

/// Where all that a term holds lies, if others may hold it as well.
pub(super) fn address(term: &Term) -> Option<usize> {
    match term {
        Term::Choice(choice) => Some(Arc::as_ptr(choice) as usize),
        Term::Items(items) => Some(Arc::as_ptr(items) as usize),
        Term::Table(entries) => Some(Arc::as_ptr(entries) as usize),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_parts_are_asked_once_a_question() {
        let mut term = Term::Table(Arc::new(vec![(Term::none(), Term::none())]));
        for _ in 0..40 {
            term = Term::Table(Arc::new(vec![(Term::none(), term.clone()), (Term::truth(true), term)]));
        }
        fn depth(term: &Term, asked: &Asked<usize>, times: &Cell<usize>) -> usize {
            asked.once(term, || {
                times.set(times.get() + 1);
                let Term::Table(entries) = term else { return 0 };
                entries.iter().map(|(_, value)| 1 + depth(value, asked, times)).max().unwrap_or_default()
            })
        }
        let (asked, times) = (Asked::default(), Cell::new(0));
        assert_eq!((depth(&term, &asked, &times), times.get()), (41, 42));
        depth(&term, &asked, &times);
        assert_eq!(times.get(), 84, "the next question is asked anew");
    }
}
