//! What a generator of the project gives, as a sequence.
//!
//! Knows: the items, or how a comprehension reads that makes the same. Does not know: a loop over a generator whose rounds do something
//! between two items ([`managers`](super::managers)), and generators that issue commands.
//!
//! ```python
//! def batches(self):                                # [self.items[at : at + 10] for at in range(0, len(self.items), 10)]
//!     for at in range(0, len(self.items), 10):
//!         yield self.items[at : at + 10]
//! ```

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::super::code::expressions;
use super::build::{Builder, Managed};
use super::call::Given;
use super::normal::inlined;
use super::run::DEEP;
use super::sdk::head;
use super::step::{Exit, Step, Text, any_step};
use super::term::{Item, Term, is_same};
use super::write::key;
use crate::python::{FrameId, FunctionRef, Value};
use crate::semantic::{Body, ComprehensionKind, Expr, ExprId, Loop, Module, Name};
use crate::source::TextRange;

/// How a generator reads that nothing has gone through yet.
const FOR_LATER: &str = "generator for later ";

/// How the step reads that stands for an item.
const ITEM: &str = "the next item";

/// What attributes of the workflow's object hold.
pub(super) type Read = Vec<((u32, Name), Option<Term>)>;

impl Builder<'_, '_, '_> {
    /// What a call of a generator gives. It is gone through where it is called.
    pub(super) fn generated(
        &mut self,
        function: FunctionRef,
        outer: Option<FrameId>,
        receiver: Option<Term>,
        given: Given,
        range: TextRange,
    ) -> Term {
        // Where nothing else is done in between, it is waited for what it does.
        let is_waited_for = self.taken_whole.take_if(|taken| *taken == range).is_some();
        let module = self.evaluator.project().module(function.file);
        let unknown = Term::other(Text::plain("generator"));
        let Body::Statements(suite) = module[function.function].body else { return unknown };
        if self.running.contains(&function) || self.running.len() >= DEEP {
            self.lose();
            self.unknown_calls += 1;
            return unknown;
        }
        let frame = self.bind(function, outer, receiver, given);
        let around = self.enter(function, frame, range);
        self.here.managed = Some(Box::new(Managed::of_items(around, suite)));
        let (steps, _) = self.captured(|this| this.suite(suite));
        let Some(managed) = self.here.managed.take() else { return unknown };
        self.leave(managed.around);
        let items = managed.items.unwrap_or_default();
        let steps = inlined(steps);
        let is_of_items = |step: &Step| match step {
            Step::Put { attribute, .. } => &*attribute.name == ITEM,
            Step::Loop { .. } | Step::Branch { .. } | Step::Exit(..) => true,
            _ => false,
        };
        let does_more = any_step(&steps, &|step| !is_of_items(step));
        if is_waited_for {
            without_items(&steps).into_iter().for_each(|step| self.emit(step));
        } else if does_more {
            self.lose();
            let what = Text::plain(&self.qualified(function));
            let reason = format!("what `{}` does while it is gone through cannot be told", what.name);
            let at = self.site(range);
            self.emit(Step::Unknown { what, reason, at });
            return unknown;
        }
        if self.is_on_path() {
            return Term::Items(Arc::new(items.into_iter().map(Item::always).collect()));
        }
        self.sequence_of(&steps, items)
    }

    /// What a generator gives that has gone through these steps.
    fn sequence_of(&self, steps: &[Step], items: Vec<Term>) -> Term {
        let steps = match steps {
            [before @ .., Step::Exit(Exit::Return, _)] => before,
            steps => steps,
        };
        if steps.len() == items.len() && steps.iter().all(|step| matches!(step, Step::Put { .. })) {
            return Term::Items(Arc::new(items.into_iter().map(Item::always).collect()));
        }
        let Some((heads, element)) = clauses(steps) else {
            return Term::other(Text::plain(&format!("generated({})", key(steps).replace('\n', "; "))));
        };
        match items.last() {
            Some(last) if !last.tokens().is_empty() || matches!(last, Term::Lazy(_)) => {
                Term::Many(heads, Arc::new(vec![last.clone()]))
            }
            _ => {
                let made = self.sequence("made", &[element]);
                Term::other(Text::joined(&[&heads, &made], |parts| format!("{} for {}", parts[1], parts[0])))
            }
        }
    }

    /// A generator that a variable is given and that does something: its body runs where it is gone through, and not where it is made.
    pub(super) fn generator_for_later(&mut self, targets: &[ExprId], value: ExprId) -> Option<Term> {
        let module = self.module();
        let [target] = targets else { return None };
        let Expr::Target(_) = module[*target] else { return None };
        let is_generator = match module[value] {
            Expr::Comprehension(comprehension) => {
                let comprehension = module[comprehension];
                comprehension.kind == ComprehensionKind::Generator && calls(module, comprehension.element)
            }
            Expr::Call { callee, .. } => self.is_generator(callee),
            _ => false,
        };
        is_generator.then(|| {
            self.generators.push((self.here.file, value));
            Term::other(Text::plain(&format!("{FOR_LATER}{}", self.generators.len() - 1)))
        })
    }

    /// The generator that a variable holds and that nothing has gone through yet.
    pub(super) fn generator_held(&self, term: &Term) -> Option<ExprId> {
        let Term::Other(text, _) = term else { return None };
        let (file, generator) = self.generators.get(text.name.strip_prefix(FOR_LATER)?.parse::<usize>().ok()?)?;
        (*file == self.here.file).then_some(*generator)
    }

    fn is_generator(&self, callee: ExprId) -> bool {
        let value = self.engine(callee).single();
        let Some(Value::Function(callable)) = value.map(|value| self.evaluator.get(value)) else { return false };
        self.evaluator.project().module(callable.function.file)[callable.function.function].is_generator
    }

    /// An item of the generator that is gone through for what it gives.
    pub(super) fn gives(&mut self, items: &mut Vec<Term>, term: Term) {
        if !self.is_on_path() {
            let value = self.text(&term);
            self.repeat(Step::Put { attribute: Text::plain(ITEM), value });
        }
        items.push(term);
    }

    /// All items of something that a generator gives one by one.
    pub(super) fn gives_each(&mut self, term: &Term, range: TextRange) {
        let Some(mut managed) = self.here.managed.take() else { return };
        if let Some(items) = &mut managed.items {
            let iterable = self.gone_through(term.clone());
            match self.items_of(&iterable).filter(|known| known.iter().all(|item| item.when.is_none())) {
                Some(known) => known.into_iter().for_each(|item| self.gives(items, item.term)),
                None => {
                    let text = self.text(&iterable);
                    let head = head(&iterable, &text);
                    let element = self.element(&iterable, &text);
                    let (body, ()) = self.captured(|this| this.gives(items, element));
                    let at = self.site(range);
                    self.repeat(Step::Loop { head, body, at });
                }
            }
        }
        self.here.managed = Some(managed);
    }

    /// The generator of the project whose items a loop goes through.
    pub(super) fn generator(&self, looped: Loop) -> Option<FunctionRef> {
        let Expr::Call { callee, .. } = self.module()[looped.head] else { return None };
        let Value::Function(callable) = self.evaluator.get(self.engine(callee).single()?) else { return None };
        self.is_generator(callee).then_some(callable.function)
    }

    /// What the generator that a loop goes through reads of the workflow's object; nothing where that is no generator.
    pub(super) fn read_by_generator(&self, looped: Loop) -> Read {
        let Some(generator) = self.generator(looped) else { return Read::new() };
        let module = self.evaluator.project().module(generator.file);
        let Body::Statements(suite) = module[generator.function].body else { return Read::new() };
        let attributes = expressions(module, suite, |expr| matches!(expr, Expr::Attribute { .. }));
        let names: FxHashSet<Name> = attributes
            .into_iter()
            .filter_map(|(_, attribute)| match module[attribute] {
                Expr::Attribute { name, .. } => Some(name),
                _ => None,
            })
            .collect();
        names.into_iter().map(|name| ((0, name), self.heap.get(&(0, name)).cloned())).collect()
    }

    /// A loop is over: where other code has changed what its generator reads, it cannot be told what that gave.
    pub(super) fn lose_if_changed(&mut self, read: &Read) {
        let is_as_it_was = |((_, name), before): &((u32, Name), Option<Term>)| {
            !self.shared.attributes.contains(name)
                && match (before, self.heap.get(&(0, *name))) {
                    (Some(before), Some(now)) => is_same(before, now),
                    (before, now) => before.is_none() && now.is_none(),
                }
        };
        if !read.iter().all(is_as_it_was) {
            self.lose();
        }
    }
}

/// Whether anything is called in an expression.
fn calls(module: &Module, expr: ExprId) -> bool {
    let mut found = false;
    super::super::code::each_within(module, expr, &mut |part| found |= matches!(module[part], Expr::Call { .. }));
    found
}

/// Steps without those that stand for items.
fn without_items(steps: &[Step]) -> Vec<Step> {
    let kept = steps.iter().filter(|step| !matches!(step, Step::Put { attribute, .. } if &*attribute.name == ITEM));
    kept.map(|step| match step {
        Step::Loop { head, body, at } => Step::Loop { head: head.clone(), body: without_items(body), at: at.clone() },
        Step::Branch { condition, then, orelse, at } => Step::Branch {
            condition: condition.clone(),
            then: without_items(then),
            orelse: without_items(orelse),
            at: at.clone(),
        },
        other => other.clone(),
    })
    .collect()
}

/// What a comprehension goes through that makes such items, and what an item is.
fn clauses(steps: &[Step]) -> Option<(Text, Text)> {
    let [Step::Loop { head, body, .. }] = steps else { return None };
    let (inner, element) = in_loop(body)?;
    Some((Text::joined(&[head, &inner], |parts| format!("{}{}", parts[0], parts[1])), element))
}

fn in_loop(steps: &[Step]) -> Option<(Text, Text)> {
    match steps {
        [Step::Put { value, .. }] => Some((Text::plain(""), value.clone())),
        [Step::Branch { condition, then, orelse, .. }] if then.is_empty() || orelse.is_empty() => {
            let (inner, element) = in_loop(if then.is_empty() { orelse } else { then })?;
            let not = if then.is_empty() { "not " } else { "" };
            let asked = Text::joined(&[&inner, &condition.text], |parts| format!("{} if {not}{}", parts[0], parts[1]));
            Some((asked, element))
        }
        steps => clauses(steps),
    }
}
