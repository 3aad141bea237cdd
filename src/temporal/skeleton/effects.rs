//! What handlers put into the workflow's state, on which waits and branches of other code may depend.
//!
//! Knows: constants, what is counted or compared, and whether there is anything, each with the conditions under which it is put
//! there. Does not know: which of it matters ([`compare`](super::compare)). Data that a message brings read alike, whatever they
//! are: what is asked of them is compared where it is asked.

use std::sync::Arc;

use super::build::Builder;
use super::call::Given;
use super::run::object_of_annotation;
use super::step::{Exit, Step, Text, awaited_condition, waits};
use super::term::{Term, Test};
use crate::python::{FunctionRef, Place, Value};
use crate::semantic::{ExprId, Name};

/// What a handler puts into an attribute, or what that begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The attribute.
    pub attribute: Text,
    /// What, when.
    pub does: Text,
    /// Whether something is waited for before; of the run method, whether it is put there on the way, and `does` says behind what.
    pub is_later: bool,
}

impl Effect {
    /// Whether what the version before did is done too, and no later.
    #[must_use]
    pub fn is_kept_by(&self, other: &Self) -> bool {
        self.does.is_like(&other.does) && (self.is_later || !other.is_later)
    }

    /// The same without where in a collection something is put; nothing where only the order changes.
    #[must_use]
    pub(in crate::temporal::skeleton) fn without_order(&self) -> Option<Self> {
        let told = |text: &str| text.replace(FIRST, ONE_MORE).replace(AMID, ONE_MORE).into();
        let Text { name, shape, is_shared } = &self.does;
        let is_of_order = ORDERS.iter().any(|order| name.split([' ', '(']).next() == Some(order));
        let does = Text { name: told(name), shape: told(shape), is_shared: *is_shared };
        (!is_of_order).then(|| Self { does, ..self.clone() })
    }
}

/// How what a function is given reads, by its position.
pub(in crate::temporal::skeleton) const INPUT: &str = "input.";

/// Whether something is what a function was given, and no attribute of the workflow.
pub(super) fn is_of_input(text: &Text) -> bool {
    text.name.starts_with(INPUT)
}

/// Where in how something reads that a function was given its position begins.
pub(super) fn position_of_input(text: &str) -> Option<usize> {
    text.starts_with(INPUT).then_some(INPUT.len())
}

/// What a collection gets: at its end, before all others, or somewhere among them.
const ONE_MORE: &str = "one more";
const FIRST: &str = "one more before the others";
const AMID: &str = "one more among the others";

/// What a collection gets that something is taken out of.
const ONE_LESS: &str = "one less";

/// The methods that change the order of a list alone.
const ORDERS: [&str; 3] = ["reverse", "rotate", "sort"];

/// What an empty collection holds.
const NOTHING: &str = "nothing";

impl Builder<'_, '_, '_> {
    /// An attribute of the workflow's object gets a value.
    pub(super) fn put(&mut self, name: Name, term: &Term) {
        if self.notes_effects {
            let value = self.effect(term);
            let attribute = self.attribute_text(name);
            self.emit(Step::Put { attribute, value });
        }
    }

    /// What is in an attribute is changed by a method of this name.
    pub(super) fn put_by(&mut self, attribute: &Text, method: Name, given: &Given) {
        if self.notes_effects && attribute.is_shared {
            let attribute = super::methods::unchanged(attribute);
            if matches!(method.as_str(), "pop" | "popitem" | "discard" | "remove") {
                return self.put_less(attribute, given.get(0, "").as_ref());
            }
            let value = match method.as_str() {
                "append" | "add" | "put_nowait" | "extend" => ONE_MORE,
                "appendleft" => FIRST,
                "insert" if given.get(0, "").is_some_and(|at| matches!(at, Term::Constant(at) if &*at == "0")) => FIRST,
                "insert" => AMID,
                "clear" => NOTHING,
                other => other,
            };
            let texts: Vec<Text> = match self.identities.is_open {
                true => given.terms().map(|term| self.text(term)).collect(),
                false => Vec::new(),
            };
            let value = match texts.is_empty() {
                true => Text::plain(value),
                false => self.sequence(value, &texts),
            };
            self.emit(Step::Put { attribute, value });
        }
    }

    /// Something is taken out of what is in an attribute: what stands for this key, or is this, or whatever comes.
    pub(super) fn put_less(&mut self, attribute: Text, which: Option<&Term>) {
        if self.notes_effects && attribute.is_shared {
            let value = match which {
                Some(which) => Text::joined(&[&self.text(which)], |parts| format!("{ONE_LESS}, {}", parts[0])),
                None => Text::plain(ONE_LESS),
            };
            self.emit(Step::Put { attribute, value });
        }
    }

    /// A part of what is in an attribute gets a value.
    pub(super) fn put_into(&mut self, base: &Text, name: Name, term: &Term) {
        if self.notes_effects && base.is_shared {
            let attribute = self.part_of(&super::methods::unchanged(base), name);
            let value = self.effect(term);
            self.emit(Step::Put { attribute, value });
        }
    }

    /// The defaults of what a function is given, which stand in where a recorded input leaves them out: of parameters, and of
    /// the fields of objects.
    pub(super) fn defaults(&mut self, function: FunctionRef) -> Vec<Effect> {
        let module = self.evaluator.project().module(function.file);
        let place = Place { file: function.file, frame: None };
        let mut found = Vec::new();
        for (position, parameter) in module.parameters(function.function).iter().skip(1).enumerate() {
            let given = |this: &mut Self, attribute: String, default: ExprId, place: Place| {
                let term = this.default(default, place);
                let does = match &term {
                    Term::Items(items) if !items.is_empty() => this.text(&term),
                    _ => this.effect(&term),
                };
                Effect { attribute: Text::plain(&attribute), does, is_later: false }
            };
            if let Some(default) = parameter.default {
                found.push(given(self, format!("{INPUT}{position}"), default, place));
            }
            let class = parameter.annotation.and_then(|hint| object_of_annotation(self.evaluator, hint, place));
            let class = class.and_then(|object| match self.evaluator.get(object) {
                Value::Instance(instance) => Some(instance.class),
                _ => None,
            });
            for field in class.map_or_else(Vec::new, |class| self.evaluator.fields(class, None)) {
                let attribute = format!("{INPUT}{position}.{}", field.name);
                if self.evaluator.empty_default(&field).is_some() {
                    let does = Text::plain(NOTHING);
                    found.push(Effect { attribute: Text::plain(&attribute), does, is_later: false });
                } else if let Some(default) = field.default {
                    found.push(given(self, attribute, default, field.place));
                }
            }
        }
        found
    }

    pub(super) fn effect(&self, term: &Term) -> Text {
        let any = || match self.identities.is_open {
            true => self.text(term),
            false => Text::plain("a value"),
        };
        match term {
            Term::Constant(_) | Term::Member(_) => self.text(term),
            Term::Items(items) if items.is_empty() => Text::plain(NOTHING),
            Term::Table(entries) if entries.is_empty() => Text::plain(NOTHING),
            Term::Other(text, _) if text.name.ends_with("()") => match text.name.rsplit(['.', '(']).nth(1) {
                Some("Event") => Text::plain("False"),
                Some(
                    "Queue" | "LifoQueue" | "PriorityQueue" | "deque" | "list" | "dict" | "set" | "Counter" | "table",
                ) => Text::plain(NOTHING),
                _ => any(),
            },
            Term::Choice(choice) => {
                let (then, orelse) = (self.effect(&choice.then), self.effect(&choice.orelse));
                if then == orelse {
                    return then;
                }
                Text::joined(&[&choice.condition.text, &then, &orelse], |parts| {
                    format!("{} if {} else {}", parts[1], parts[0], parts[2])
                })
            }
            // What is made of the state.
            Term::Other(text, _) if text.is_shared || text.name.starts_with('(') => text.clone(),
            _ => any(),
        }
    }
}

/// What steps put into the workflow's state.
pub(super) fn effects(steps: &[Step]) -> Vec<Effect> {
    let mut found = Vec::new();
    collect(steps, &mut Vec::new(), &mut false, &mut found);
    found
}

fn collect(steps: &[Step], when: &mut Vec<Test>, waited: &mut bool, found: &mut Vec<Effect>) {
    let under = |test: Test, steps: &[Step], when: &mut Vec<Test>, waited: &mut bool, found: &mut Vec<Effect>| {
        when.push(test);
        collect(steps, when, waited, found);
        when.pop();
    };
    let plain = |text: Text| Test { condition: super::step::Condition::plain(text), holds: true };
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Put { attribute, value } if is_unseen(attribute, value, &steps[at + 1..]) => {}
            Step::Put { attribute, value } => {
                // What is not there is not taken out.
                let is_there = |test: &&Test| {
                    let key = value.name.strip_prefix(ONE_LESS).and_then(|key| key.strip_prefix(", "));
                    test.holds
                        && key.is_some_and(|key| *test.condition.text.name == format!("{key} in {}", attribute.name))
                };
                let when: Vec<Test> = when.iter().filter(|test| !is_there(test)).cloned().collect();
                let does = match when.is_empty() {
                    true => value.clone(),
                    false => Text::joined(&[value, &Test::all(&when).text()], |parts| {
                        format!("{} where {}", parts[0], parts[1])
                    }),
                };
                found.push(Effect { attribute: attribute.clone(), does, is_later: *waited });
            }
            Step::Branch { condition, then, orelse, .. } => {
                let test = Test { condition: condition.clone(), holds: true };
                under(test.clone(), then, when, waited, found);
                under(Test { holds: false, ..test }, orelse, when, waited, found);
            }
            Step::Loop { head, body, .. } => under(plain(head.clone()), body, when, waited, found),
            Step::Failed { handlers, .. } => {
                for (kind, steps) in handlers {
                    under(plain(kind.clone()), steps, when, waited, found);
                }
            }
            Step::Beside(steps) => collect(steps, when, waited, found),
            Step::Wait(_) | Step::Unknown { .. } => *waited = true,
            Step::Command(_) | Step::Over | Step::Exit(..) => {}
        }
    }
}

/// Whether an attribute is given another value before other code may see what is put there.
fn is_unseen(attribute: &Text, value: &Text, rest: &[Step]) -> bool {
    let is_whole = |value: &Text| matches!(&*value.name, "True" | "False" | "None");
    let goes_on = |step: &&Step| matches!(step, Step::Put { .. } | Step::Command(_));
    let mut next = rest.iter().take_while(goes_on);
    let is_again =
        |step: &Step| matches!(step, Step::Put { attribute: again, value } if again == attribute && is_whole(value));
    is_whole(value) && next.any(is_again)
}

/// What the run method puts into the workflow's state, each with what it comes behind: other code sees it from there on.
pub(super) fn on_the_way(steps: &[Step]) -> Vec<Effect> {
    let mut way = Way { when: Vec::new(), behind: None, found: Vec::new() };
    way.go(steps);
    let as_put = |put: PutOnTheWay| {
        let end = if put.is_seen { "" } else { AT_THE_END };
        let does = Text::joined(&[&put.value, &put.behind], |parts| format!("{} behind {}{end}", parts[0], parts[1]));
        Effect { attribute: put.attribute, does, is_later: true }
    };
    way.found.into_iter().map(as_put).collect()
}

/// How it reads that nothing is waited for from where something is put to the end.
pub(in crate::temporal::skeleton) const AT_THE_END: &str = " at the end";

/// What comes behind nothing that was waited for.
const START: &str = "the start";

/// What the run method puts there before it waits for anything, of what is known to be put there on its way.
#[must_use]
pub(in crate::temporal::skeleton) fn at_the_start(effect: &Effect) -> Option<&str> {
    let does = effect.does.name.strip_suffix(AT_THE_END).unwrap_or(&effect.does.name);
    does.strip_suffix(START)?.strip_suffix(" behind ")
}

/// What the run method puts into an attribute.
struct PutOnTheWay {
    attribute: Text,
    value: Text,
    behind: Text,
    /// Whether something is waited for afterwards, so that other code may see it.
    is_seen: bool,
}

/// A way through the run method.
struct Way {
    when: Vec<Test>,
    /// What came last at which other code could see the state; nothing before the first.
    behind: Option<Text>,
    found: Vec<PutOnTheWay>,
}

impl Way {
    fn go(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Put { attribute, value } => self.put(attribute, value),
                Step::Branch { condition, then, orelse, .. } => {
                    let test = Test { condition: condition.clone(), holds: true };
                    self.asks(&condition.text);
                    let before = self.behind.clone();
                    let first = self.found.len();
                    self.under(test.clone(), then);
                    let after = std::mem::replace(&mut self.behind, before.clone());
                    // What one part waits for comes behind nothing of the other.
                    let of_then = self.found.split_off(first);
                    self.under(Test { holds: false, ..test }, orelse);
                    self.found.splice(first..first, of_then);
                    if self.behind == before {
                        self.behind = after;
                    }
                }
                Step::Wait(wait) => self.waits(&wait.tokens),
                Step::Unknown { what, .. } => self.comes_behind(what.clone()),
                // What catches it may wait.
                Step::Exit(Exit::Raise, _) => self.found.iter_mut().for_each(|put| put.is_seen = true),
                other => {
                    other.each_part(&mut |part| self.go(part));
                    // What is put somewhere in a loop comes before what its next round waits for.
                    if waits(std::slice::from_ref(other)) {
                        self.found.iter_mut().for_each(|put| put.is_seen = true);
                    }
                }
            }
        }
    }

    /// The run method itself sees what it asks about.
    fn asks(&mut self, condition: &Text) {
        let is_asked = |put: &&mut PutOnTheWay| condition.name.contains(&*put.attribute.name);
        self.found.iter_mut().filter(is_asked).for_each(|put| put.is_seen = true);
    }

    fn under(&mut self, test: Test, steps: &[Step]) {
        self.when.push(test);
        self.go(steps);
        self.when.pop();
    }

    fn waits(&mut self, tokens: &[Arc<str>]) {
        let told = |token: &Arc<str>| match awaited_condition(token) {
            Some((name, shape)) => Text { name: name.into(), shape: shape.into(), is_shared: false },
            None => Text::plain(token.split('#').next().unwrap_or(token)),
        };
        let all: Vec<Text> = tokens.iter().map(told).collect();
        self.comes_behind(Text::joined(&all.iter().collect::<Vec<_>>(), |parts| parts.join(", ")));
    }

    /// What is put from here on comes behind something.
    fn comes_behind(&mut self, behind: Text) {
        self.behind = Some(behind);
        self.found.iter_mut().for_each(|put| put.is_seen = true);
    }

    /// What is put there before other code runs takes the place of what was put there since it ran last.
    fn put(&mut self, attribute: &Text, value: &Text) {
        let behind = self.behind.clone().unwrap_or_else(|| Text::plain(START));
        let value = match self.when.is_empty() {
            true => value.clone(),
            false => {
                let when = Test::all(&self.when).text();
                Text::joined(&[value, &when], |parts| format!("{} where {}", parts[0], parts[1]))
            }
        };
        if self.when.is_empty() {
            self.found.retain(|put| put.attribute != *attribute || put.behind != behind);
        }
        self.found.push(PutOnTheWay { attribute: attribute.clone(), value, behind, is_seen: false });
    }
}

/// The same steps without what they put into the state.
pub(super) fn without_effects(steps: Vec<Step>) -> Vec<Step> {
    let each = |step: Step| match step {
        Step::Put { .. } => None,
        Step::Branch { condition, then, orelse, at } => {
            let (then, orelse) = (without_effects(then), without_effects(orelse));
            Some(Step::Branch { condition, then, orelse, at })
        }
        Step::Loop { head, body, at } => Some(Step::Loop { head, body: without_effects(body), at }),
        Step::Beside(steps) => Some(Step::Beside(without_effects(steps))),
        Step::Failed { handlers, of, at } => {
            let handlers = handlers.into_iter().map(|(kind, steps)| (kind, without_effects(steps))).collect();
            Some(Step::Failed { handlers, of, at })
        }
        other => Some(other),
    };
    steps.into_iter().filter_map(each).collect()
}
