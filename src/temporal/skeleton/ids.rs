//! Ids that commands are given, of which data are a part.
//!
//! Knows: constants, and what stands between them. Does not know: what data are: an id that is put together of other data in one
//! version than in the other may be the same.

use super::step::Text;

/// An id taken apart: the constants, and what stands between them.
struct Parts<'t> {
    constants: Vec<&'t str>,
    data: Vec<&'t str>,
}

impl<'t> Parts<'t> {
    fn of(name: &'t str) -> Self {
        let Some(written) = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')) else {
            return Self { constants: Vec::new(), data: vec![name] };
        };
        let mut parts = Self { constants: Vec::new(), data: Vec::new() };
        let (mut depth, mut from) = (0_usize, 0);
        for (at, found) in written.char_indices() {
            match found {
                '{' if depth == 0 => {
                    parts.constants.push(&written[from..at]);
                    (depth, from) = (1, at + 1);
                }
                '{' => depth += 1,
                '}' if depth == 1 => {
                    parts.data.push(&written[from..at]);
                    (depth, from) = (0, at + 1);
                }
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        parts.constants.push(&written[from..]);
        parts
    }

    /// What is drawn of random numbers.
    fn draws(&self) -> Vec<&&'t str> {
        self.data.iter().filter(|data| data.contains("draw ")).collect()
    }
}

/// Whether two ids that read otherwise may be the same: where the same data stand between other constants they are not, nor
/// where other numbers are drawn.
#[must_use]
pub(super) fn may_be_alike(one: &Text, other: &Text) -> bool {
    let (one, other) = (Parts::of(&one.name), Parts::of(&other.name));
    let is_known = |parts: &Parts<'_>| parts.data.is_empty();
    !(is_known(&one) && is_known(&other)) && one.draws() == other.draws() && one.data != other.data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: &str, other: &str) -> bool {
        may_be_alike(&Text::plain(one), &Text::plain(other))
    }

    #[test]
    fn the_same_data_between_other_constants_are_another_id() {
        assert!(!alike("'a'", "'b'"));
        assert!(!alike("'{input.0}-a'", "'{input.0}-b'"));
        assert!(!alike("input.0", "'{input.0}-b'"));
        assert!(!alike("draw uuid4()", "draw uuid4() after uuid4()"));
        assert!(!alike("draw uuid4()", "input.0"));
    }

    #[test]
    fn other_data_may_be_the_same() {
        assert!(alike("'{input.0}-a'", "'{info.workflow_id}-a'"));
        assert!(alike("'{info.workflow_id}/1'", "?"));
        assert!(alike("'a'", "input.0"));
        assert!(alike("'{input.0}{('@1' if 'a' in {} else '')}'", "'{input.0}{('@1' if 'b' in {} else '')}'"));
    }
}
