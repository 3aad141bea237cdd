//! The single paths through a flow as lines of a baseline, and read back from these.
//!
//! Knows: what paths have in common at their beginnings stands there once, and so does what follows from a question, however many
//! ways lead to it. Does not know: what paths are compared for.
//!
//! ```text
//! paths
//!   activity: reserve ← activity reserve#1
//!   asked 1: input.0.is_express ≡ 0
//!   no
//!     timer:  ← timer#1
//!   yes
//!     activity: ship ← activity ship#1
//! ```

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Answers, Cut, Failure, MOST_PATHS, Path, Paths, Question};
use crate::temporal::skeleton::forms::{Called, Told};
use crate::temporal::skeleton::step::{OneOf, Step};
use crate::temporal::skeleton::write::{AND, THEN, both, read, text_of, write};

/// How lines begin, or what they are.
const ASKED: &str = "asked ";
const HOLDS: &str = "holds: ";
const AS_AT: &str = "as at ";
const LEFT_OUT: &str = "on no path: ";

/// How it reads that loops are gone through once at most.
const COARSE: &str = "each loop once";
const ONE_OF: &str = "one of ";
const FAILS: &str = "failure of ";
const LATE: &str = "too late for ";
const YES: &str = "yes";
const NO: &str = "no";
const SHORT: &str = "too much is asked";
const ON: &str = "goes on like this";

/// Things that are known by a number each.
struct Numbered<T>(FxHashMap<T, usize>);

impl<T: Hash + Eq + Clone> Numbered<T> {
    fn of(&mut self, thing: T) -> usize {
        let next = self.0.len();
        *self.0.entry(thing).or_insert(next)
    }

    fn all(self) -> Vec<T> {
        let mut all: Vec<(T, usize)> = self.0.into_iter().collect();
        all.sort_unstable_by_key(|(_, number)| *number);
        all.into_iter().map(|(thing, _)| thing).collect()
    }
}

/// A path: the numbers of its questions and answers, of what is known to hold, and of its steps.
struct Line {
    given: Vec<(usize, bool)>,
    holding: Vec<usize>,
    steps: Vec<usize>,
    cut: Cut,
}

/// What paths have in common from a point on, and what follows.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Node {
    holding: Vec<usize>,
    steps: Vec<usize>,
    next: usize,
}

/// What follows.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Next {
    End(Cut),
    Asked { question: usize, no: Option<Node>, yes: Option<Node> },
}

impl Paths {
    /// The lines of paths.
    pub fn write(&self, depth: usize, called: &mut Called, lines: &mut Vec<String>) {
        let mut blocks = Numbered(FxHashMap::default());
        let mut asked = Numbered(FxHashMap::default());
        let step = |step: &Step, called: &mut Called| {
            let mut block = Vec::new();
            write(std::slice::from_ref(step), 0, called, &mut block);
            block
        };
        let mut all = Vec::new();
        for path in &self.all {
            all.push(Line {
                given: path
                    .answers
                    .given
                    .iter()
                    .map(|(question, answer)| (asked.of(told(question)), *answer))
                    .collect(),
                holding: path.answers.holding.iter().map(|question| asked.of(told(question))).collect(),
                steps: path.steps.iter().map(|known| blocks.of(step(known, called))).collect(),
                cut: path.cut,
            });
        }
        let mut nexts = Numbered(FxHashMap::default());
        let first = node(&all.iter().collect::<Vec<_>>(), (0, 0, 0), &mut nexts);
        let indent = "  ".repeat(depth);
        lines.push(format!("{indent}paths"));
        lines.extend(self.is_coarse.then(|| format!("{indent}  {COARSE}")));
        lines.extend(self.left_out.iter().map(|command| format!("{indent}  {LEFT_OUT}{command}")));
        let (nexts, blocks, asked) = (nexts.all(), blocks.all(), asked.all());
        let mut writer = Writer { nexts, blocks, asked, numbers: FxHashMap::default(), lines };
        writer.node(&first, depth + 1);
    }
}

/// What paths that were asked the same so far have in common from there on. `from` says how much of their answers, of what
/// holds and of their steps is told.
fn node(paths: &[&Line], from: (usize, usize, usize), nexts: &mut Numbered<Next>) -> Node {
    let (asked, held, done) = from;
    let holding = common(paths, &|path| &path.holding[held..]);
    let steps = common(paths, &|path| &path.steps[done..]);
    let further = (asked + 1, held + holding.len(), done + steps.len());
    let next = match paths.iter().find_map(|path| path.given.get(asked)) {
        None => Next::End(paths.iter().map(|path| path.cut).find(|cut| *cut != Cut::Nowhere).unwrap_or_default()),
        Some((question, _)) => {
            let mut with = |answer: bool| {
                let is_such = |path: &&&Line| path.given.get(asked).is_some_and(|(_, given)| *given == answer);
                let some: Vec<&Line> = paths.iter().filter(is_such).copied().collect();
                (!some.is_empty()).then(|| node(&some, further, nexts))
            };
            Next::Asked { question: *question, no: with(false), yes: with(true) }
        }
    };
    Node { holding, steps, next: nexts.of(next) }
}

/// What all begin with.
fn common<'l>(paths: &[&'l Line], part: &dyn Fn(&'l Line) -> &'l [usize]) -> Vec<usize> {
    let Some((first, others)) = paths.split_first() else { return Vec::new() };
    let shared = |known: usize, other: &&'l Line| {
        let both = part(first).iter().zip(part(other));
        both.take(known).take_while(|(one, other)| one == other).count()
    };
    let length = others.iter().fold(part(first).len(), shared);
    part(first)[..length].to_vec()
}

struct Writer<'w> {
    nexts: Vec<Next>,
    blocks: Vec<Vec<String>>,
    asked: Vec<String>,
    /// What each question that stands there already is known by.
    numbers: FxHashMap<usize, usize>,
    lines: &'w mut Vec<String>,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(depth)));
    }

    fn node(&mut self, node: &Node, depth: usize) {
        for question in &node.holding {
            self.line(depth, &format!("{HOLDS}{}", self.asked[*question]));
        }
        for block in &node.steps {
            let indent = "  ".repeat(depth);
            self.lines.extend(self.blocks[*block].iter().map(|line| format!("{indent}{line}")));
        }
        let (question, no, yes) = match self.nexts[node.next].clone() {
            Next::End(Cut::Nowhere) => return,
            Next::End(Cut::AfterMostAsked) => return self.line(depth, SHORT),
            Next::End(Cut::InLoop) => return self.line(depth, ON),
            Next::Asked { question, no, yes } => (question, no, yes),
        };
        if let Some(number) = self.numbers.get(&node.next) {
            return self.line(depth, &format!("{AS_AT}{number}"));
        }
        let number = self.numbers.len() + 1;
        self.numbers.insert(node.next, number);
        self.line(depth, &format!("{ASKED}{number}: {}", self.asked[question]));
        for (word, part) in [(NO, no), (YES, yes)] {
            if let Some(part) = part {
                self.line(depth, word);
                self.node(&part, depth + 1);
            }
        }
    }
}

/// A question in one line.
fn told(question: &Question) -> String {
    let mut parts = vec![both(&question.text), question.moment.to_string()];
    if let Some(OneOf { of, constants }) = &question.compares {
        parts.push(format!("{ONE_OF}{of}"));
        parts.push(constants.join(AND));
    }
    if let Some(Failure { token, is_of_time }) = &question.fails {
        parts.push(format!("{}{token}", if *is_of_time { LATE } else { FAILS }));
    }
    parts.join(THEN)
}

fn question(line: &str) -> Option<Question> {
    let mut parts = line.split(THEN);
    let (text, moment) = (text_of(parts.next()?), parts.next()?.parse().ok()?);
    let mut question = Question { text, compares: None, moment, fails: None };
    while let Some(part) = parts.next() {
        if let Some(of) = part.strip_prefix(ONE_OF) {
            let constants = parts.next()?.split(AND).map(Arc::from).collect();
            question.compares = Some(OneOf { of: of.into(), constants });
        } else {
            let late = part.strip_prefix(LATE);
            let token = late.or_else(|| part.strip_prefix(FAILS))?.into();
            question.fails = Some(Failure { token, is_of_time: late.is_some() });
        }
    }
    Some(question)
}

/// What lines tell of paths from a point on.
struct Found {
    holding: Vec<Question>,
    steps: Vec<Step>,
    next: Follows,
}

enum Follows {
    End(Cut),
    Asked(Arc<Choice>),
}

/// A question with what follows from its answers.
struct Choice {
    question: Question,
    ways: Vec<(bool, Found)>,
}

struct Reader<'l> {
    lines: &'l [(usize, &'l str)],
    at: usize,
    told: &'l Told,
    asked: FxHashMap<&'l str, Arc<Choice>>,
}

impl<'l> Reader<'l> {
    fn peek(&self, depth: usize) -> Option<&'l str> {
        self.lines.get(self.at).filter(|(found, _)| *found == depth).map(|(_, line)| *line)
    }

    fn found(&mut self, depth: usize) -> Option<Found> {
        let mut found = Found { holding: Vec::new(), steps: Vec::new(), next: Follows::End(Cut::Nowhere) };
        while let Some(held) = self.peek(depth).and_then(|line| line.strip_prefix(HOLDS)) {
            found.holding.push(question(held)?);
            self.at += 1;
        }
        let is_no_step =
            |line: &str| line.starts_with(ASKED) || line.starts_with(AS_AT) || [YES, NO, SHORT, ON].contains(&line);
        let is_last = |(at, line): &(usize, &str)| *at < depth || *at == depth && is_no_step(line);
        let end = self.lines[self.at..].iter().position(is_last);
        let end = end.map_or(self.lines.len(), |end| self.at + end);
        found.steps = read(&self.lines[self.at..end], depth, self.told)?;
        self.at = end;
        let Some(line) = self.peek(depth) else { return Some(found) };
        if let Some(cut) = [(SHORT, Cut::AfterMostAsked), (ON, Cut::InLoop)].into_iter().find(|(word, _)| *word == line)
        {
            self.at += 1;
            found.next = Follows::End(cut.1);
        } else if let Some(number) = line.strip_prefix(AS_AT) {
            self.at += 1;
            found.next = Follows::Asked(Arc::clone(self.asked.get(number)?));
        } else if let Some((number, asked)) = line.strip_prefix(ASKED).and_then(|line| line.split_once(": ")) {
            self.at += 1;
            let mut choice = Choice { question: question(asked)?, ways: Vec::new() };
            for (word, answer) in [(NO, false), (YES, true)] {
                if self.peek(depth) == Some(word) {
                    self.at += 1;
                    choice.ways.push((answer, self.found(depth + 1)?));
                }
            }
            let choice = Arc::new(choice);
            self.asked.insert(number, Arc::clone(&choice));
            found.next = Follows::Asked(choice);
        }
        Some(found)
    }
}

impl Found {
    /// The paths from here on, behind what was asked and done so far; nothing where they are more than are ever written.
    fn spread(&self, mut so_far: Path, all: &mut Vec<Path>) -> Option<()> {
        so_far.answers.holding.extend(self.holding.iter().cloned());
        so_far.steps.extend(self.steps.iter().cloned());
        match &self.next {
            Follows::End(cut) => {
                all.push(Path { cut: *cut, ..so_far });
                (all.len() <= MOST_PATHS).then_some(())
            }
            Follows::Asked(choice) => choice.ways.iter().try_for_each(|(answer, way)| {
                let mut so_far = so_far.clone();
                so_far.answers.note(choice.question.clone(), *answer);
                way.spread(so_far, all)
            }),
        }
    }
}

/// Reads paths from lines, each with its depth: those behind the first, which names them. Nothing where a line is none of
/// paths.
#[must_use]
pub fn read_paths(lines: &[(usize, &str)], depth: usize, told: &Told) -> Option<Paths> {
    let mut left_out = Vec::new();
    let mut reader = Reader { lines, at: 0, told, asked: FxHashMap::default() };
    let is_coarse = reader.peek(depth) == Some(COARSE);
    reader.at += usize::from(is_coarse);
    while let Some(command) = reader.peek(depth).and_then(|line| line.strip_prefix(LEFT_OUT)) {
        left_out.push(command.to_owned());
        reader.at += 1;
    }
    let found = reader.found(depth)?;
    if reader.at < lines.len() {
        return None;
    }
    let mut all = Vec::new();
    let none = Path { answers: Answers::default(), steps: Vec::new(), cut: Cut::Nowhere };
    found.spread(none, &mut all)?;
    Some(Paths { all, left_out, is_coarse })
}
