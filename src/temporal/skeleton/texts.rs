//! Texts that code puts together, in whatever way: `join`, `format`, `%`.
//!
//! Knows: templates that only say where a part stands. Does not know: how wide a part is, or with how many places.

use super::build::Builder;
use super::term::{Item, Term, unquoted};
use crate::semantic::{Argument, List, Name};

/// In how many parts a text is kept, and with how many bytes of constants.
const MOST_PARTS: usize = 64;
const LONGEST: usize = 4_096;

impl Builder<'_, '_, '_> {
    /// A text that was put together, as it is kept: one that is very long is known by how it reads, since a text that is put
    /// together with itself forty times is longer than any memory.
    pub(super) fn kept(&self, text: Term) -> Term {
        let is_long = |part: &Term| matches!(part, Term::Constant(constant) if constant.len() > LONGEST);
        match &text {
            Term::Written(parts) if parts.len() > MOST_PARTS || parts.iter().any(is_long) => {
                Term::other(self.text(&text))
            }
            constant if is_long(constant) => Term::other(self.text(constant)),
            _ => text,
        }
    }

    /// A method of a text that puts another together.
    pub(super) fn method_of_text(&mut self, base: &Term, name: Name, arguments: List<Argument>) -> Option<Term> {
        if !base.is_text() || !matches!(name.as_str(), "join" | "format") {
            return None;
        }
        let given = self.given(arguments);
        let put_together = match (name.as_str(), base) {
            ("join", _) => given.get(0, "iterable").and_then(|parts| joined(base, &parts)),
            (_, Term::Constant(template)) if !given.open => filled(unquoted(template), &given.positional, &given.named),
            _ => None,
        };
        put_together.map(|text| self.kept(text)).or_else(|| {
            let text = super::step::Text::joined(&[&self.text(base)], |parts| format!("{}.{name}", parts[0]));
            Some(self.unknown_call(&Term::other(text), &given))
        })
    }
}

/// Parts with something between them.
fn joined(between: &Term, parts: &Term) -> Option<Term> {
    let Term::Items(items) = parts else { return None };
    let mut all = Vec::new();
    for item in items.iter() {
        if item.when.is_some() {
            return None;
        }
        if !all.is_empty() {
            all.push(between.clone());
        }
        all.push(item.term.clone());
    }
    Some(Term::written(all))
}

/// A template with places in braces, filled.
fn filled(template: &str, positional: &[Item], named: &[(Name, Term)]) -> Option<Term> {
    let mut parts = Vec::new();
    let (mut rest, mut next) = (template, 0);
    while let Some(at) = rest.find(['{', '}']) {
        parts.push(Term::constant(&format!("'{}'", &rest[..at])));
        let (place, behind) = rest[at..].strip_prefix('{')?.split_once('}')?;
        let term = match place {
            "" => {
                next += 1;
                positional.get(next - 1).filter(|item| item.when.is_none()).map(|item| item.term.clone())
            }
            place => match place.parse::<usize>() {
                Ok(position) => positional.get(position).map(|item| item.term.clone()),
                Err(_) => named.iter().find(|(name, _)| *name == place).map(|(_, term)| term.clone()),
            },
        };
        parts.push(term?);
        rest = behind;
    }
    parts.push(Term::constant(&format!("'{rest}'")));
    Some(Term::written(parts))
}

/// A template with places after percent signs, filled.
pub(super) fn interpolated(template: &Term, given: &Term) -> Option<Term> {
    let Term::Constant(template) = template else { return None };
    let mut given: Vec<Term> = match given {
        Term::Items(items) if items.iter().all(|item| item.when.is_none()) => {
            items.iter().map(|item| item.term.clone()).collect()
        }
        // What may be a tuple fills several places.
        Term::Constant(_) | Term::Written(_) | Term::Other(..) => vec![given.clone()],
        _ => return None,
    };
    given.reverse();
    let mut parts = Vec::new();
    let mut rest = unquoted(template);
    while let Some((before, behind)) = rest.split_once('%') {
        parts.push(Term::constant(&format!("'{before}'")));
        rest = behind.strip_prefix(['s', 'd', 'i'])?;
        parts.push(given.pop()?);
    }
    parts.push(Term::constant(&format!("'{rest}'")));
    given.is_empty().then(|| Term::written(parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporal::skeleton::step::Text;

    fn data(text: &str) -> Term {
        Term::other(Text::plain(text))
    }

    fn shown(term: Option<Term>) -> String {
        let part = |term: &Term| match term {
            Term::Constant(text) => unquoted(text).to_owned(),
            Term::Other(text, _) => format!("{{{}}}", text.name),
            _ => "?".to_owned(),
        };
        match term {
            Some(Term::Written(parts)) => parts.iter().map(part).collect(),
            Some(term) => part(&term),
            None => "nothing".to_owned(),
        }
    }

    #[test]
    fn a_text_reads_alike_however_it_is_put_together() {
        let parts = Term::Items(std::sync::Arc::new([data("a"), Term::constant("'b'")].map(Item::always).into()));
        assert_eq!(shown(joined(&Term::constant("'-'"), &parts)), "{a}-b");
        let given = [Item::always(data("a"))];
        assert_eq!(shown(filled("{}-b", &given, &[])), "{a}-b");
        assert_eq!(shown(filled("{0}-b", &given, &[])), "{a}-b");
        assert_eq!(shown(filled("{x}-b", &[], &[(Name::new("x"), data("a"))])), "{a}-b");
        assert_eq!(shown(interpolated(&Term::constant("'%s-b'"), &data("a"))), "{a}-b");
    }

    #[test]
    fn a_template_that_says_more_is_not_filled() {
        let given = [Item::always(data("a"))];
        assert_eq!(shown(filled("{:>5}", &given, &[])), "nothing");
        assert_eq!(shown(filled("{{}}", &given, &[])), "nothing");
        assert_eq!(shown(interpolated(&Term::constant("'%5.1f'"), &data("a"))), "nothing");
        assert_eq!(shown(interpolated(&Term::constant("'%s and %s'"), &data("a"))), "nothing");
    }
}
