use std::sync::OnceLock;

use crate::semantic::Name;

/// The first chunk holds this many values; each that follows twice as many.
const FIRST: usize = 1 << FIRST_BITS;
const FIRST_BITS: u32 = 10;
/// As many chunks as all names that there can be need.
const CHUNKS: usize = 23;

/// A value for each name, made when it is first asked for. Reading it again takes no lock.
pub(super) struct ByName<V> {
    chunks: [OnceLock<Box<[OnceLock<V>]>>; CHUNKS],
}

impl<V> ByName<V> {
    pub(super) const fn new() -> Self {
        Self { chunks: [const { OnceLock::new() }; CHUNKS] }
    }

    /// The value of a name. `make` may not ask for the value of the same name.
    pub(super) fn get(&self, name: Name, make: impl FnOnce() -> V) -> &V {
        let (chunk, at) = place(name.index());
        let chunk_of_values =
            self.chunks[chunk].get_or_init(|| std::iter::repeat_with(OnceLock::new).take(FIRST << chunk).collect());
        chunk_of_values[at].get_or_init(make)
    }
}

/// The chunk of a number, and the place in it.
fn place(number: usize) -> (usize, usize) {
    let shifted = number + FIRST;
    let chunk = (shifted.ilog2() - FIRST_BITS) as usize;
    (chunk, shifted - (FIRST << chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_a_place_of_its_own() {
        assert_eq!(
            [place(0), place(1023), place(1024), place(3071), place(3072)],
            [(0, 0), (0, 1023), (1, 0), (1, 2047), (2, 0)]
        );
        assert!(place(u32::MAX as usize).0 < CHUNKS);
    }

    #[test]
    fn a_value_is_made_once() {
        let values: ByName<usize> = ByName::new();
        let name = Name::new("made_once");
        assert_eq!(*values.get(name, || 1), 1);
        assert_eq!(*values.get(name, || 2), 1);
        assert_eq!(*values.get(Name::new("made_apart"), || 3), 3);
    }
}
