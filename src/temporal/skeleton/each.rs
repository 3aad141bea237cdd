//! Callables of the language that call others for each of some things, and dicts that are made of what is given.
//!
//! Knows: what `map`, `dict`, and the `key` of `sorted`, `min` and `max` come to. Does not know: the order that results.

use std::sync::Arc;

use super::build::Builder;
use super::call::Given;
use super::expression::quoted;
use super::sdk::head;
use super::step::{Step, Text};
use super::term::{Item, Term};
use crate::semantic::Name;
use crate::source::TextRange;

/// Up to how many items a `map` is written out.
const MOST_MAPPED: usize = 64;

impl Builder<'_, '_, '_> {
    /// What orders things is known by what it gives of one, whatever function that is.
    pub(super) fn with_key(&mut self, mut given: Given, range: TextRange) -> Given {
        if let Some((_, key)) = given.named.iter_mut().find(|(name, _)| name == "key")
            && matches!(key, Term::Function(..))
        {
            let one = Given { positional: vec![Item::always(Term::other(Text::plain("each")))], ..Given::default() };
            let (steps, by) = self.aside(|this| this.captured(|this| this.call_term(key, None, one, range)));
            if steps.is_empty() {
                *key = by;
            }
        }
        given
    }

    /// `map(function, items)`, as a comprehension would read that calls the function for each.
    pub(super) fn mapped(&mut self, given: &Given, range: TextRange) -> Option<Term> {
        let [function, iterable] = given.positional.as_slice() else { return None };
        let (function, iterable) = (function.term.clone(), self.gone_through(iterable.term.clone()));
        if !matches!(function, Term::Function(..)) {
            return None;
        }
        let call = |this: &mut Self, item: Term| {
            let one = Given { positional: vec![Item::always(item)], ..Given::default() };
            this.call_term(&function, None, one, range)
        };
        let is_plain = |items: &Vec<Item>| items.len() <= MOST_MAPPED && items.iter().all(|item| item.when.is_none());
        if let Some(items) = self.items_of(&iterable).filter(is_plain) {
            let terms = items.into_iter().map(|item| Item::always(call(self, item.term))).collect();
            return Some(Term::Items(Arc::new(terms)));
        }
        let text = self.text(&iterable);
        let head = head(&iterable, &text);
        let element = self.element(&iterable, &text);
        let (body, made) = self.captured(|this| call(this, element));
        if !body.is_empty() {
            let at = self.site(range);
            self.emit(Step::Loop { head: head.clone(), body, at });
        }
        if !made.tokens().is_empty() || matches!(made, Term::Lazy(_)) {
            return Some(Term::Many(head, Arc::new(vec![made])));
        }
        let made = self.text(&made);
        let made = self.sequence("made", &[made]);
        Some(Term::other(Text::joined(&[&head, &made], |parts| format!("{} for {}", parts[1], parts[0]))))
    }

    /// `dict(…)` of entries that are known.
    pub(super) fn dict_of(&self, given: &Given) -> Option<Term> {
        let first = match given.positional.as_slice() {
            [] if given.named.is_empty() => return None,
            [] => Term::Table(Arc::default()),
            [only] if only.when.is_none() => only.term.clone(),
            _ => return None,
        };
        let mut named = given.named.iter();
        let with =
            |table: Term, (name, term): &(Name, Term)| table.with_entry(&Term::constant(&quoted(name.as_str())), term);
        let table = matches!(first, Term::Table(_)) && !given.open;
        table.then(|| named.try_fold(first, with)).flatten()
    }

    /// In which order something is gone through, in words.
    pub(super) fn ordered(&self, word: &str, of: &Text, given: &Given) -> Text {
        let mut parts = vec![of.clone()];
        for name in ["key", "reverse"] {
            let is_plain = |term: &Term| matches!(term, Term::Constant(text) if matches!(&**text, "None" | "False"));
            if let Some(term) = given.named(name).filter(|term| !is_plain(term)) {
                parts.push(Text::joined(&[&self.text(&term)], |parts| format!("{name} {}", parts[0])));
            }
        }
        let parts: Vec<&Text> = parts.iter().collect();
        Text::joined(&parts, |parts| format!("{word} {}", parts.join(" by ")))
    }
}
