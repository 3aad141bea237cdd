//! Answers that depend on each other.
//!
//! A question that comes back to itself while it is being answered gets what is known so far, and is answered again until
//! its answer stands. Nothing that used an unfinished answer is kept as finished: so an answer does not depend on which
//! question came first.
//!
//! Most of what a function asks does not depend on the call: an answer for which nobody looked at the frame is the answer
//! in every frame.
//!
//! What is no answer itself and may change is a *source*. Which sources an answer rests on is kept, so that only those are
//! forgotten that rest on one that has changed.
//!
//! Knows: which questions are open, and which used which unfinished answer. Does not know: what is asked. Answers only
//! grow; [`Store::widened`](super::store::Store::widened) sees to it that they stop.

use std::cell::{Cell, Ref, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::Hash;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::pages::{Paged, Pages};
use super::sources::{Sources, SourcesId};

/// How often a question is answered anew from nothing; after that, what was known of it is kept.
const FRESH: u32 = 4;

/// How often a question is answered again before its answer is taken for what cannot be wrong.
const MOST_TIMES: u32 = 20;

/// How many of the questions whose answers were cut are kept, to be told.
const MOST_TOLD: usize = 256;

/// Answers to questions of one kind.
///
/// Cycles are found as Tarjan finds strongly connected components: unfinished questions stand on a stack, and one whose
/// answer rests on none below itself is the head of all above it. The head sees to it that those stand before it is done:
/// it goes through what used an answer that has changed since, in the order in which it was first answered, again and again
/// until nothing changes. Each member of a cycle is so answered no more often than what it uses changes, and only once
/// each time.
pub struct Memo<Q: Paged, A> {
    entries: RefCell<Pages<Q, Entry>>,
    /// The answers that stand, each once: most questions have the answer of another.
    answers: RefCell<Answers<A>>,
    /// What answers rest on that is no answer.
    sources: RefCell<Sources>,
    /// The unfinished questions, in the order in which they were opened.
    stack: RefCell<Vec<Unfinished<Q, A>>>,
    /// The heads that are at work, each inside the one before.
    heads: RefCell<Vec<Head>>,
    /// The place of the question that is being answered.
    current: Cell<Option<usize>>,
    /// Whether the frame of that question was looked at, as far as can be told: what does not stand yet may have done so.
    looked: Cell<bool>,
    /// The lowest place among the unfinished questions that the answer at hand has used so far.
    used: Cell<usize>,
    /// What the answer at hand rests on that may change.
    rests_on: Cell<SourcesId>,
    /// How many questions were answered for the first time.
    answered: Cell<u32>,
    /// How deep questions nest at the moment.
    depth: Cell<usize>,
    limit: usize,
    /// The questions whose answers a limit cut.
    cut: RefCell<Vec<Q>>,
}

/// A question that may be asked in a frame.
pub trait Framed: Copy {
    /// The same question in whichever frame, if it is asked in one.
    fn in_any_frame(self) -> Option<Self>;

    /// Whether both are asked in one frame.
    fn shares_frame(self, other: Self) -> bool;
}

/// What is known of a question.
#[derive(Clone, Copy)]
enum Entry {
    /// Its answer stands, as long as what it rests on does not change; it is for its frame alone if that was looked at.
    Done { answer: u32, rests_on: SourcesId, looked: bool },
    /// It is at this place on the stack.
    Unfinished(u32),
}

/// On what something rests that was found out beside the questions.
#[derive(Debug, Clone, Copy)]
pub struct Basis {
    /// What may change.
    pub sources: SourcesId,
    /// The lowest place among the unfinished questions whose answers it used.
    unfinished: usize,
    /// Whether the frame at hand was looked at.
    pub looked: bool,
    /// The question for which it was found out.
    by: Option<usize>,
}

impl Basis {
    /// Whether it used no unfinished answer.
    pub fn stands(&self) -> bool {
        self.unfinished == usize::MAX
    }
}

/// How far the answer to a question has come.
pub enum Known<A> {
    /// It stands.
    Stands(A),
    /// It is being worked out, or rests on one that is.
    Unfinished,
    /// The question has not been asked.
    Not,
}

/// Answers by number.
struct Answers<A> {
    all: Vec<A>,
    numbers: FxHashMap<A, u32>,
}

impl<A: Answer> Answers<A> {
    fn number(&mut self, answer: A) -> u32 {
        if let Some(number) = self.numbers.get(&answer) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(answer.clone());
        self.numbers.insert(answer, number);
        number
    }

    fn get(&self, number: u32) -> A {
        self.all.get(number as usize).cloned().unwrap_or_else(A::greatest)
    }
}

/// A question whose answer does not stand yet.
struct Unfinished<Q, A> {
    question: Q,
    /// What is known so far.
    answer: A,
    /// It was asked for while it was being answered: what is known of it only grows.
    came_back: bool,
    /// It is being answered.
    open: bool,
    /// When it was first answered, counted in questions.
    order: u32,
    /// How often it was answered again.
    times: u32,
    /// Something that it used has changed.
    stale: bool,
    /// What it rests on that may change.
    rests_on: SourcesId,
    /// The places of those that used its answer.
    users: SmallVec<[u32; 4]>,
}

/// A head that waits until nothing changes.
struct Head {
    place: usize,
    /// What is still to be answered again this time, by the order in which it was first answered; with its place.
    stale: BinaryHeap<Reverse<(u32, usize)>>,
    /// What became stale after its turn.
    later: Vec<Reverse<(u32, usize)>>,
    /// The order of the question at hand.
    at: u32,
}

impl Head {
    fn add(&mut self, order: u32, place: usize) {
        if order > self.at {
            self.stale.push(Reverse((order, place)))
        } else {
            self.later.push(Reverse((order, place)))
        }
    }

    /// The place of the next question to be answered again.
    fn next(&mut self) -> Option<usize> {
        if self.stale.is_empty() {
            self.stale = std::mem::take(&mut self.later).into();
        }
        let Reverse((order, place)) = self.stale.pop()?;
        self.at = order;
        Some(place)
    }
}

/// What a kind of answer needs.
pub trait Answer: Clone + Eq + Hash {
    /// The answer before anything is known.
    fn least() -> Self;
    /// The answer that cannot be wrong.
    fn greatest() -> Self;
    /// Takes in another answer.
    fn grow(&mut self, other: &Self);
}

/// How questions are answered.
pub struct How<'h, Q, A> {
    /// The answer, for which further questions are asked.
    pub answer: &'h dyn Fn(&Q) -> A,
    /// Keeps an answer from growing without end.
    pub bounded: &'h dyn Fn(A) -> A,
}

impl<Q: Paged + Framed, A: Answer> Memo<Q, A> {
    /// No answers yet. Questions nest at most `limit` deep.
    pub fn new(limit: usize) -> Self {
        Self {
            entries: RefCell::default(),
            answers: RefCell::new(Answers { all: Vec::new(), numbers: FxHashMap::default() }),
            sources: RefCell::default(),
            stack: RefCell::default(),
            heads: RefCell::default(),
            current: Cell::new(None),
            looked: Cell::new(false),
            used: Cell::new(usize::MAX),
            rests_on: Cell::new(SourcesId::NONE),
            answered: Cell::new(0),
            depth: Cell::new(0),
            limit,
            cut: RefCell::default(),
        }
    }

    /// The questions whose answers were cut, because they nested too deep or did not come to stand.
    pub fn cut(&self) -> Ref<'_, [Q]> {
        Ref::map(self.cut.borrow(), Vec::as_slice)
    }

    /// What is known of a question, in its frame or in all.
    fn entry(&self, question: &Q) -> Option<Entry> {
        let entries = self.entries.borrow();
        entries.get(*question).or_else(|| entries.get(question.in_any_frame()?))
    }

    /// Says that the frame at hand was looked at.
    pub fn look(&self) {
        self.looked.set(true);
    }

    /// Takes note whether the frame was looked at for the answer to a question that is used.
    fn looked_for(&self, question: &Q, looked: bool) {
        let is_at_hand = || {
            let stack = self.stack.borrow();
            let asking = self.current.get().and_then(|place| stack.get(place));
            asking.is_some_and(|asking| asking.question.shares_frame(*question))
        };
        if looked && !self.looked.get() && is_at_hand() {
            self.look();
        }
    }

    /// How far the answer to a question has come.
    pub fn known(&self, question: &Q) -> Known<A> {
        match self.entry(question) {
            Some(Entry::Done { answer, rests_on, looked }) => {
                self.rest_on(rests_on);
                self.looked_for(question, looked);
                Known::Stands(self.answers.borrow().get(answer))
            }
            Some(Entry::Unfinished(_)) => Known::Unfinished,
            None => Known::Not,
        }
    }

    /// Says that the answer at hand rests on what something else rests on.
    pub fn rest_on(&self, sources: SourcesId) {
        if sources != SourcesId::NONE {
            self.rests_on.set(self.sources.borrow_mut().union(self.rests_on.get(), sources));
        }
    }

    fn note_cut(&self, question: &Q) {
        let mut cut = self.cut.borrow_mut();
        if cut.len() < MOST_TOLD {
            cut.push(*question);
        }
    }

    /// Says that the answer at hand rests on something that is no answer, and may change until [`Memo::forget`].
    pub fn rest_on_source(&self, source: u32) {
        let sources = self.sources.borrow_mut().only(source);
        self.rest_on(sources);
    }

    /// Does something, and says on what that rested.
    pub fn watched<T>(&self, work: impl FnOnce() -> T) -> (T, Basis) {
        let (used, outer) = (self.used.replace(usize::MAX), self.begin_watch());
        let looked_before = self.looked.replace(false);
        let done = work();
        let (sources, unfinished) = (self.end_watch(outer), self.used.get());
        self.used.set(unfinished.min(used));
        let looked = self.looked.replace(looked_before || self.looked.get());
        (done, Basis { sources, unfinished, looked, by: self.current.get() })
    }

    /// Says that the answer at hand rests on what something else rested on, which the question at hand asked for before.
    /// Says whether that is so: who asks for something that does not stand yet has to be known.
    pub fn rest_on_basis(&self, basis: &Basis) -> bool {
        let may = basis.stands() || basis.by == self.current.get();
        if may {
            self.rest_on(basis.sources);
            self.used.set(self.used.get().min(basis.unfinished));
        }
        may
    }

    /// From here on it is watched what is rested on. Gives what was rested on before.
    pub fn begin_watch(&self) -> SourcesId {
        self.rests_on.replace(SourcesId::NONE)
    }

    /// What was rested on since [`Memo::begin_watch`], of which what it gave is handed back.
    pub fn end_watch(&self, before: SourcesId) -> SourcesId {
        let rested_on = self.rests_on.replace(before);
        self.rest_on(rested_on);
        rested_on
    }

    /// Forgets all answers that rest on what has changed, and says of what rests on something whether that has.
    pub fn forget(&mut self, has_changed: &dyn Fn(u32) -> bool) -> impl Fn(SourcesId) -> bool + use<Q, A> {
        let changed = self.sources.get_mut().changed(has_changed);
        let has_changed = move |sources: SourcesId| changed.get(sources.index()).copied().unwrap_or(true);
        let stands = |entry: &Entry| matches!(entry, Entry::Done { rests_on, .. } if !has_changed(*rests_on));
        self.entries.get_mut().retain(stands);
        has_changed
    }

    /// The answer to a question.
    pub fn ask(&self, question: &Q, how: &How<'_, Q, A>) -> A {
        let known = self.entry(question);
        if let Some(Entry::Done { answer, rests_on, looked }) = known {
            self.rest_on(rests_on);
            self.looked_for(question, looked);
            return self.answers.borrow().get(answer);
        }
        if let Some(Entry::Unfinished(place)) = known {
            let place = place as usize;
            let unfinished = &mut self.stack.borrow_mut()[place];
            unfinished.came_back |= unfinished.open;
            self.note_use(place, &mut unfinished.users);
            return unfinished.answer.clone();
        }
        if self.depth.get() >= self.limit {
            self.note_cut(question);
            self.look();
            return A::greatest();
        }
        self.depth.set(self.depth.get() + 1);
        let answer = self.first_answer(question, how);
        self.depth.set(self.depth.get() - 1);
        answer
    }

    /// Takes note that the question at hand uses an unfinished answer, which rests on the place `lowest`.
    fn note_use(&self, lowest: usize, users: &mut SmallVec<[u32; 4]>) {
        self.used.set(self.used.get().min(lowest));
        self.look();
        if let Some(user) = self.current.get()
            && let Ok(user) = u32::try_from(user)
            && users.last() != Some(&user)
        {
            users.push(user);
        }
    }

    fn first_answer(&self, question: &Q, how: &How<'_, Q, A>) -> A {
        let place = self.open(question);
        let outer_used = self.used.replace(usize::MAX);
        let outer_sources = self.rests_on.get();
        let outer_looked = self.looked.replace(false);
        self.answer_at(place, how);
        if self.used.get() >= place {
            self.settle(place, how);
        }
        let rests_on = self.used.replace(outer_used);
        let looked = self.looked.replace(outer_looked);
        if rests_on >= place {
            let (answer, sources, looked) = self.close(place, looked);
            self.rests_on.set(outer_sources);
            self.rest_on(sources);
            self.looked_for(question, looked);
            return answer;
        }
        // Those whose answers are not done yet get to know at the end.
        self.rests_on.set(outer_sources);
        let unfinished = &mut self.stack.borrow_mut()[place];
        self.note_use(rests_on, &mut unfinished.users);
        unfinished.answer.clone()
    }

    /// Puts a question on the stack.
    fn open(&self, question: &Q) -> usize {
        let mut stack = self.stack.borrow_mut();
        let place = stack.len();
        stack.push(Unfinished {
            question: *question,
            answer: A::least(),
            came_back: false,
            open: false,
            order: 0,
            times: 0,
            stale: false,
            rests_on: SourcesId::NONE,
            users: SmallVec::new(),
        });
        let entry = Entry::Unfinished(u32::try_from(place).unwrap_or(u32::MAX));
        self.entries.borrow_mut().insert(*question, entry);
        place
    }

    /// Answers the question at a place, for the first time or again. Those that used what was known before are answered
    /// again later, if more is known now.
    fn answer_at(&self, place: usize, how: &How<'_, Q, A>) {
        let question = {
            let unfinished = &mut self.stack.borrow_mut()[place];
            unfinished.open = true;
            unfinished.stale = false;
            unfinished.question
        };
        let outer = self.current.replace(Some(place));
        self.rests_on.set(SourcesId::NONE);
        let found = (how.bounded)((how.answer)(&question));
        self.current.set(outer);
        let mut stack = self.stack.borrow_mut();
        let unfinished = &mut stack[place];
        unfinished.open = false;
        unfinished.rests_on = self.sources.borrow_mut().union(unfinished.rests_on, self.rests_on.get());
        if unfinished.order == 0 {
            self.answered.set(self.answered.get() + 1);
            unfinished.order = self.answered.get();
        } else {
            unfinished.times += 1;
        }
        let keeps = unfinished.came_back || unfinished.times > FRESH;
        let mut now = if keeps { unfinished.answer.clone() } else { A::least() };
        if unfinished.times < MOST_TIMES {
            if keeps {
                now.grow(&found);
                now = (how.bounded)(now);
            } else {
                now = found;
            }
        } else if now != A::greatest() {
            self.note_cut(&question);
            now = A::greatest();
        }
        if now == unfinished.answer {
            return;
        }
        unfinished.answer = now;
        for user in std::mem::take(&mut unfinished.users) {
            self.make_stale(&mut stack, user as usize);
        }
    }

    /// Has a question answered again by the head that it belongs to, or by one to come.
    fn make_stale(&self, stack: &mut [Unfinished<Q, A>], place: usize) {
        let Some(unfinished) = stack.get_mut(place).filter(|unfinished| !unfinished.stale) else { return };
        unfinished.stale = true;
        let mut heads = self.heads.borrow_mut();
        if let Some(head) = heads.iter_mut().rev().find(|head| head.place <= place) {
            head.add(unfinished.order, place);
        }
    }

    /// Answers what is stale again, from a place on the stack upwards, until nothing is.
    fn settle(&self, place: usize, how: &How<'_, Q, A>) {
        let stale = {
            let stack = self.stack.borrow();
            let stale = stack.iter().enumerate().skip(place).filter(|(_, unfinished)| unfinished.stale);
            stale.map(|(place, unfinished)| Reverse((unfinished.order, place))).collect()
        };
        self.heads.borrow_mut().push(Head { place, stale, later: Vec::new(), at: 0 });
        loop {
            let next = self.heads.borrow_mut().last_mut().and_then(Head::next);
            let Some(next) = next else { break };
            let is_stale = self.stack.borrow().get(next).is_some_and(|unfinished| unfinished.stale && !unfinished.open);
            if is_stale {
                self.answer_at(next, how);
            }
        }
        self.heads.borrow_mut().pop();
    }

    /// The answer at a place stands, and with it all above. What one of them rests on all may rest on. One that nobody
    /// looked at its frame for, and that did not come back to itself, is the answer in all frames.
    fn close(&self, place: usize, looked: bool) -> (A, SourcesId, bool) {
        let mut stack = self.stack.borrow_mut();
        let (mut entries, mut answers) = (self.entries.borrow_mut(), self.answers.borrow_mut());
        let mut sources = self.sources.borrow_mut();
        let answer = stack[place].answer.clone();
        let looked = looked || stack.len() > place + 1 || stack[place].came_back;
        let all = stack[place..].iter().map(|unfinished| unfinished.rests_on);
        let rests_on = all.fold(SourcesId::NONE, |one, other| sources.union(one, other));
        for unfinished in stack.drain(place..) {
            let answer = answers.number(unfinished.answer);
            let done = Entry::Done { answer, rests_on, looked };
            entries.insert(unfinished.question, done);
            if !looked && let Some(question) = unfinished.question.in_any_frame() {
                entries.insert(question, done);
            }
        }
        (answer, rests_on, looked)
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

    impl Framed for u32 {
        fn in_any_frame(self) -> Option<Self> {
            None
        }

        fn shares_frame(self, _: Self) -> bool {
            false
        }
    }

    /// A question in a frame.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    struct Asked(u32, Option<u32>);

    impl Paged for Asked {
        type Page = Self;

        fn page(self) -> (Self, usize) {
            (self, 0)
        }
    }

    impl Framed for Asked {
        fn in_any_frame(self) -> Option<Self> {
            self.1.map(|_| Self(self.0, Some(u32::MAX)))
        }

        fn shares_frame(self, other: Self) -> bool {
            self.1.is_some() && self.1 == other.1
        }
    }

    /// Question 0 looks at its frame, 1 at none, and each other one asks the two before it; 7 asks 6 in a frame of its own.
    fn framed(memo: &Memo<Asked, BTreeSet<u32>>, asked: Asked, answered: &RefCell<Vec<Asked>>) -> BTreeSet<u32> {
        let answer = |asked: &Asked| {
            answered.borrow_mut().push(*asked);
            match *asked {
                Asked(0, frame) => {
                    memo.look();
                    frame.into_iter().collect()
                }
                Asked(1, _) => BTreeSet::from([1]),
                Asked(3, frame) => framed(memo, Asked(1, frame), answered),
                Asked(7, _) => framed(memo, Asked(2, Some(70)), answered),
                Asked(number, frame) => {
                    let before = [number - 1, number - 2];
                    before.into_iter().flat_map(|number| framed(memo, Asked(number, frame), answered)).collect()
                }
            }
        };
        memo.ask(&asked, &How { answer: &answer, bounded: &|answer| answer })
    }

    #[test]
    fn what_nobody_looked_at_a_frame_for_is_answered_once() {
        let memo = Memo::new(100);
        let answered = RefCell::default();
        let ask = |number, frame| framed(&memo, Asked(number, Some(frame)), &answered);
        assert_eq!(ask(2, 20), BTreeSet::from([1, 20]));
        assert_eq!(ask(2, 30), BTreeSet::from([1, 30]), "it looks at its frame through another question");
        assert_eq!((ask(3, 20), ask(3, 30)), (BTreeSet::from([1]), BTreeSet::from([1])));
        assert_eq!((ask(7, 20), ask(7, 30)), (BTreeSet::from([1, 70]), BTreeSet::from([1, 70])));
        let times = |asked: u32| answered.borrow().iter().filter(|known| known.0 == asked).count();
        assert_eq!((times(0), times(1), times(2), times(3), times(7)), (3, 1, 3, 1, 1));
    }

    /// What can be reached in a graph from a node.
    fn reached(memo: &Memo<u32, BTreeSet<u32>>, graph: &[&[u32]], node: u32) -> BTreeSet<u32> {
        let answer = |node: &u32| {
            let mut found = BTreeSet::from([*node]);
            for next in graph[*node as usize] {
                found.extend(reached(memo, graph, *next));
            }
            found
        };
        memo.ask(&node, &How { answer: &answer, bounded: &|answer| answer })
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
    fn what_used_an_unfinished_answer_does_not_stand_and_is_for_that_question_alone() {
        let memo = Memo::<u32, BTreeSet<u32>>::new(100);
        let seen: RefCell<Vec<Basis>> = RefCell::default();
        let answer = |node: &u32| match *node {
            0 => {
                let (found, basis) = memo.watched(|| reached(&memo, &[&[], &[0]], 1));
                assert!(memo.rest_on_basis(&basis));
                seen.borrow_mut().push(basis);
                found
            }
            other => BTreeSet::from([other]),
        };
        // 1 asks for 0, which is being answered.
        memo.ask(&0, &How { answer: &answer, bounded: &|answer| answer });
        let basis = seen.borrow()[0];
        assert!(!basis.stands());
        assert!(!memo.rest_on_basis(&basis), "another question has to ask itself");
        let (_, basis) = memo.watched(|| reached(&memo, &[&[], &[0]], 1));
        assert!(basis.stands(), "once all is answered");
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
            let answer = |node: &u32| {
                asked.set(asked.get() + 1);
                let mut found = BTreeSet::from([*node]);
                graph[*node as usize].iter().for_each(|next| found.extend(counted(memo, graph, *next, asked)));
                found
            };
            memo.ask(&node, &How { answer: &answer, bounded: &|answer| answer })
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
        assert_eq!(*memo.cut(), [10]);
    }
}
