//! Dicts of which the entries are not known, gone through by their keys.
//!
//! Knows: a loop over `d`, `d.keys()`, `d.values()` or `d.items()` goes through the same, and what it gives each time is a key, what
//! the dict has there, or both. Does not know: which keys there are.
//!
//! ```python
//! for name, count in orders.items(): ...    # for name in orders:
//!                                           #     count = orders[name]
//! ```

use std::sync::Arc;

use super::build::Builder;
use super::step::Text;
use super::term::{Item, Term};
use crate::python::ValueId;

/// What a loop over a dict gives each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    Keys,
    Values,
    Items,
}

/// The methods of a dict that go through it.
const VIEWS: [(&str, Gives); 3] = [(".items()", Gives::Items), (".keys()", Gives::Keys), (".values()", Gives::Values)];

/// The dict that something goes through, with what that gives.
fn view_of(text: &Text) -> Option<(Text, Gives)> {
    VIEWS.iter().find_map(|(method, gives)| {
        let (name, shape) = (text.name.strip_suffix(method)?, text.shape.strip_suffix(method)?);
        Some((Text { name: name.into(), shape: shape.into(), is_shared: text.is_shared }, *gives))
    })
}

/// What a loop over something goes through: a dict, whatever it gives of that.
pub(super) fn gone_through(text: &Text) -> Text {
    view_of(text).map_or_else(|| text.clone(), |(dict, _)| dict)
}

impl Builder<'_, '_, '_> {
    /// What a loop over a dict gives each time, where a view of it reads like `view` and what it goes through like `text`. `class` is
    /// that of what it gives.
    pub(super) fn entry_of(&self, view: &Text, text: &Text, class: Option<ValueId>) -> Option<Term> {
        let (dict, gives) = view_of(view)?;
        let at = if text == view { dict.clone() } else { text.clone() };
        let key = Text::joined(&[&at], |parts| format!("item of {}", parts[0]));
        let value = Text::joined(&[&dict, &key], |parts| format!("{}[{}]", parts[0], parts[1]));
        Some(match gives {
            Gives::Keys => Term::Other(key, class),
            Gives::Values => Term::Other(value, class),
            Gives::Items => {
                let pair = [Term::other(key), Term::other(value)];
                Term::Items(Arc::new(pair.map(Item::always).into()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_of_a_dict_go_through_it() {
        for view in ["self.orders.items()", "self.orders.keys()", "self.orders.values()", "self.orders"] {
            assert_eq!(&*gone_through(&Text::plain(view)).name, "self.orders");
        }
        assert_eq!(&*gone_through(&Text::plain("self.orders.items(1)")).name, "self.orders.items(1)");
    }
}
