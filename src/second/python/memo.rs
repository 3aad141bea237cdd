//! Answers that depend on each other.
//!
//! A question that comes back to itself while it is being answered gets what is known so far, and is asked again until its
//! answer stands. Nothing that used an unfinished answer is kept: so an answer does not depend on which question came
//! first.
//!
//! Knows: which questions are open, and on which of them the answers at hand rest. Does not know: what is asked. Answers only
//! grow; [`Store::widened`](super::store::Store::widened) sees to it that they stop.

use std::cell::{Cell, RefCell};
use std::hash::Hash;

use rustc_hash::FxHashMap;

/// How often a cycle is gone through again before its questions are answered with what cannot be wrong.
const MAX_ROUNDS: u32 = 24;

/// Answers to questions of one kind.
///
/// Cycles are found as Tarjan finds strongly connected components: questions are numbered as they are first asked, and one
/// whose answer rests on none with a lower number is the head of all that was asked since. Only such a head asks again, and
/// each round works out each question once: cycles within cycles are solved together, not one inside the other, which would
/// take twice as long with each level.
pub struct Memo<Q, A> {
    entries: RefCell<FxHashMap<Q, Entry<A>>>,
    /// The questions with unfinished answers, in the order in which these were made.
    made: RefCell<Vec<Q>>,
    /// Those of which a round that is over has left something, in the same way.
    left: RefCell<Vec<Q>>,
    /// The number of the next question.
    next: Cell<u64>,
    /// How many questions are open.
    depth: Cell<usize>,
    /// The lowest number among the unfinished questions that the answer at hand has used so far.
    used: Cell<u64>,
    /// Whether more became known of a question that came back to itself, in the round at hand.
    grown: Cell<bool>,
    /// Whether rounds have come to an end without the answers standing.
    exhausted: Cell<bool>,
    limit: usize,
    /// How often a limit cut an answer.
    cut: Cell<u32>,
}

/// What is known of a question.
enum Entry<A> {
    /// It is being answered. If it came back to itself: what is known of it so far.
    Open { number: u64, so_far: Option<A> },
    /// Its answer rests on open questions.
    Unfinished { number: u64, answer: A, came_back: bool },
    /// What a round that is over left of a question that came back to itself.
    Left(A),
    /// The answer stands.
    Done(A),
}

/// What a kind of answer needs.
pub trait Answer: Clone + PartialEq {
    /// The answer before anything is known.
    fn least() -> Self;
    /// The answer that cannot be wrong.
    fn greatest() -> Self;
    /// Takes in another answer.
    fn grow(&mut self, other: &Self);
}

impl<Q: Clone + Eq + Hash, A: Answer> Memo<Q, A> {
    /// No answers yet. Questions nest at most `limit` deep.
    pub fn new(limit: usize) -> Self {
        Self {
            entries: RefCell::default(),
            made: RefCell::default(),
            left: RefCell::default(),
            next: Cell::new(0),
            depth: Cell::new(0),
            used: Cell::new(u64::MAX),
            grown: Cell::new(false),
            exhausted: Cell::new(false),
            limit,
            cut: Cell::new(0),
        }
    }

    /// How often an answer was cut, because questions nested too deep or did not come to stand.
    pub fn cut(&self) -> u32 {
        self.cut.get()
    }

    /// The answer to a question. `bounded` keeps what is known of it after several rounds from growing without end.
    pub fn ask(&self, question: &Q, answer: impl Fn() -> A, bounded: impl Fn(A) -> A) -> A {
        match self.entries.borrow_mut().get_mut(question) {
            Some(Entry::Done(answer)) => return answer.clone(),
            Some(Entry::Unfinished { number, answer, .. }) => {
                self.used.set(self.used.get().min(*number));
                return answer.clone();
            }
            Some(Entry::Open { number, so_far }) => {
                self.used.set(self.used.get().min(*number));
                return if self.exhausted.get() { A::greatest() } else { so_far.get_or_insert_with(A::least).clone() };
            }
            Some(Entry::Left(_)) | None => {}
        }
        if self.depth.get() >= self.limit {
            self.cut.set(self.cut.get() + 1);
            return A::greatest();
        }
        self.depth.set(self.depth.get() + 1);
        let answer = self.work_out(question, answer, bounded);
        self.depth.set(self.depth.get() - 1);
        answer
    }

    fn work_out(&self, question: &Q, answer: impl Fn() -> A, bounded: impl Fn(A) -> A) -> A {
        let number = self.next.get();
        self.next.set(number + 1);
        self.open(question, number);
        let (outer_used, outer_grown) = (self.used.get(), self.grown.get());
        let first = self.made.borrow().len();
        let first_left = self.left.borrow().len();
        let mut round = 0;
        loop {
            self.used.set(u64::MAX);
            self.grown.set(false);
            let (result, came_back) = self.taken_in(question, bounded(answer()), &bounded);
            let rests_on = self.used.get();
            if round >= MAX_ROUNDS {
                self.exhausted.set(false);
            }
            if rests_on < number {
                let entry = Entry::Unfinished { number, answer: result.clone(), came_back };
                self.entries.borrow_mut().insert(question.clone(), entry);
                self.made.borrow_mut().push(question.clone());
                self.used.set(outer_used.min(rests_on));
                self.grown.set(outer_grown || self.grown.get());
                return result;
            }
            if !self.grown.get() {
                self.keep_since(first, first_left);
                self.entries.borrow_mut().insert(question.clone(), Entry::Done(result.clone()));
                self.used.set(outer_used);
                self.grown.set(outer_grown);
                return result;
            }
            round += 1;
            if round == MAX_ROUNDS {
                self.cut.set(self.cut.get() + 1);
                self.exhausted.set(true);
            }
            self.forget_since(first);
        }
    }

    fn open(&self, question: &Q, number: u64) {
        let mut entries = self.entries.borrow_mut();
        let so_far = match entries.get_mut(question) {
            Some(Entry::Left(left)) => Some(left.clone()),
            _ => None,
        };
        entries.insert(question.clone(), Entry::Open { number, so_far });
    }

    /// What an open question's answer is, with what was known of it before; and whether it came back to itself.
    fn taken_in(&self, question: &Q, found: A, bounded: impl Fn(A) -> A) -> (A, bool) {
        match self.entries.borrow_mut().get_mut(question) {
            Some(Entry::Open { so_far: Some(known), .. }) if !self.exhausted.get() => {
                let before = known.clone();
                known.grow(&found);
                *known = bounded(known.clone());
                if *known != before {
                    self.grown.set(true);
                }
                (known.clone(), true)
            }
            Some(Entry::Open { so_far, .. }) => (found, so_far.is_some()),
            _ => (found, false),
        }
    }

    /// Forgets the unfinished answers of a round that is over, but not what is known of those that came back.
    fn forget_since(&self, first: usize) {
        let mut entries = self.entries.borrow_mut();
        for question in self.made.borrow_mut().drain(first..) {
            match entries.remove(&question) {
                Some(Entry::Unfinished { answer, came_back: true, .. }) => {
                    self.left.borrow_mut().push(question.clone());
                    entries.insert(question, Entry::Left(answer));
                }
                Some(Entry::Unfinished { .. }) | None => {}
                Some(other) => _ = entries.insert(question, other),
            }
        }
    }

    /// The answer at hand stands, and with it what rested on it.
    fn keep_since(&self, first: usize, first_left: usize) {
        let mut entries = self.entries.borrow_mut();
        for question in self.left.borrow_mut().drain(first_left..) {
            // The last round did not come to it.
            if matches!(entries.get(&question), Some(Entry::Left(_))) {
                entries.remove(&question);
            }
        }
        for question in self.made.borrow_mut().drain(first..) {
            if let Some(entry) = entries.get_mut(&question)
                && let Entry::Unfinished { answer, .. } = entry
            {
                *entry = Entry::Done(answer.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    impl Answer for BTreeSet<u32> {
        fn least() -> Self {
            Self::new()
        }

        fn greatest() -> Self {
            (0..100).collect()
        }

        fn grow(&mut self, other: &Self) {
            self.extend(other);
        }
    }

    /// What can be reached in a graph from a node.
    fn reached(memo: &Memo<u32, BTreeSet<u32>>, graph: &[&[u32]], node: u32) -> BTreeSet<u32> {
        memo.ask(
            &node,
            || {
                let mut found = BTreeSet::from([node]);
                for next in graph[node as usize] {
                    found.extend(reached(memo, graph, *next));
                }
                found
            },
            |answer| answer,
        )
    }

    #[test]
    fn the_members_of_a_cycle_get_the_same_answer_whichever_is_asked_first() {
        let graph: &[&[u32]] = &[&[1], &[2, 3], &[0], &[3]];
        for first in 0..4 {
            let memo = Memo::new(100);
            reached(&memo, graph, first);
            for node in 0..3 {
                assert_eq!(reached(&memo, graph, node), BTreeSet::from([0, 1, 2, 3]), "{node} after {first}");
            }
            assert_eq!(reached(&memo, graph, 3), BTreeSet::from([3]));
        }
    }

    #[test]
    fn cycles_within_cycles_are_solved() {
        let graph: &[&[u32]] = &[&[1], &[2], &[1, 3], &[0, 4], &[4, 2]];
        for first in 0..5 {
            let memo = Memo::new(100);
            reached(&memo, graph, first);
            for node in 0..5 {
                assert_eq!(reached(&memo, graph, node).len(), 5, "{node} after {first}");
            }
        }
    }

    #[test]
    fn cycles_inside_cycles_are_not_solved_one_inside_the_other() {
        // Each node leads to the next and to all before: sixty cycles, each inside another.
        let all: Vec<Vec<u32>> = (0..60).map(|node| (0..60.min(node + 2)).collect()).collect();
        let graph: Vec<&[u32]> = all.iter().map(Vec::as_slice).collect();
        let (memo, asked) = (Memo::new(100), Cell::new(0));
        fn counted(memo: &Memo<u32, BTreeSet<u32>>, graph: &[&[u32]], node: u32, asked: &Cell<u32>) -> BTreeSet<u32> {
            memo.ask(
                &node,
                || {
                    asked.set(asked.get() + 1);
                    let mut found = BTreeSet::from([node]);
                    graph[node as usize].iter().for_each(|next| found.extend(counted(memo, graph, *next, asked)));
                    found
                },
                |answer| answer,
            )
        }
        assert_eq!(counted(&memo, &graph, 0, &asked).len(), 60);
        assert!(asked.get() <= 60 * 4, "worked out {} times", asked.get());
    }

    /// An answer that rests on a question which is closed but itself unfinished must not pass for finished: that takes
    /// graphs that nobody thinks of.
    #[test]
    fn whatever_the_graph_all_answers_are_right_after_one_is_asked() {
        let mut seed = 1_u64;
        let mut below = |end: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 40).unwrap_or(0) % end
        };
        for _ in 0..2_000 {
            let nodes = 3 + below(7);
            let edges: Vec<Vec<u32>> =
                (0..nodes).map(|_| (0..below(4)).map(|_| below(nodes) as u32).collect()).collect();
            let graph: Vec<&[u32]> = edges.iter().map(Vec::as_slice).collect();
            let memo = Memo::new(100);
            reached(&memo, &graph, 0);
            for node in 0..nodes as u32 {
                let (mut expected, mut open) = (BTreeSet::new(), vec![node]);
                while let Some(next) = open.pop() {
                    if expected.insert(next) {
                        open.extend(graph[next as usize]);
                    }
                }
                assert_eq!(reached(&memo, &graph, node), expected, "{node} of {graph:?}");
            }
        }
    }

    #[test]
    fn what_nests_too_deep_is_answered_with_what_cannot_be_wrong_and_told() {
        let chain: Vec<Vec<u32>> = (0..50).map(|node| vec![node + 1]).chain([vec![]]).collect();
        let graph: Vec<&[u32]> = chain.iter().map(Vec::as_slice).collect();
        let memo = Memo::new(10);
        assert_eq!(reached(&memo, &graph, 0).len(), 100);
        assert_eq!(memo.cut(), 1);
    }
}
