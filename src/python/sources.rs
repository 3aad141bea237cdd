//! What answers rest on that is no answer itself and may change: sets of sources, each set once.
//!
//! Knows: sets of numbers. Does not know: what a source is.

use rustc_hash::FxHashMap;

/// Which set of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourcesId(u16);

impl SourcesId {
    /// No source.
    pub const NONE: Self = Self(0);
    /// Any source: there are more sets than can be told apart.
    const ANY: Self = Self(u16::MAX);

    /// Its position.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The sets.
pub struct Sources {
    sets: Vec<Box<[u32]>>,
    ids: FxHashMap<Box<[u32]>, SourcesId>,
    unions: FxHashMap<(SourcesId, SourcesId), SourcesId>,
}

impl Default for Sources {
    fn default() -> Self {
        let none: Box<[u32]> = Box::default();
        let ids = std::iter::once((none.clone(), SourcesId::NONE)).collect();
        Self { sets: vec![none], ids, unions: FxHashMap::default() }
    }
}

impl Sources {
    /// The set of one source.
    pub fn only(&mut self, source: u32) -> SourcesId {
        self.id(Box::new([source]))
    }

    /// The set of all that is in one of two.
    pub fn union(&mut self, one: SourcesId, other: SourcesId) -> SourcesId {
        let (one, other) = if one.0 <= other.0 { (one, other) } else { (other, one) };
        if one == other || one == SourcesId::NONE || other == SourcesId::ANY {
            return other;
        }
        if let Some(known) = self.unions.get(&(one, other)) {
            return *known;
        }
        let mut all: Vec<u32> = [one, other].iter().flat_map(|set| self.sets[set.index()].iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        let union = self.id(all.into_boxed_slice());
        self.unions.insert((one, other), union);
        union
    }

    fn id(&mut self, set: Box<[u32]>) -> SourcesId {
        if let Some(known) = self.ids.get(&set) {
            return *known;
        }
        match u16::try_from(self.sets.len()) {
            Ok(number) if number < u16::MAX => {
                let id = SourcesId(number);
                self.sets.push(set.clone());
                self.ids.insert(set, id);
                id
            }
            _ => SourcesId::ANY,
        }
    }

    /// Of which sets, by position, a source has changed.
    pub fn changed(&self, has_changed: &dyn Fn(u32) -> bool) -> Vec<bool> {
        self.sets.iter().map(|set| set.iter().any(|source| has_changed(*source))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_union_holds_what_its_parts_hold_and_nothing_else() {
        let mut sources = Sources::default();
        let (one, two, three) = (sources.only(1), sources.only(2), sources.only(3));
        let both = sources.union(one, two);
        assert_eq!(sources.union(two, one), both);
        assert_eq!(sources.union(both, one), both);
        assert_eq!(sources.union(SourcesId::NONE, three), three);
        let changed = sources.changed(&|source| source == 2);
        let of = |id: SourcesId| changed[id.index()];
        assert_eq!([SourcesId::NONE, one, two, three, both].map(of), [false, false, true, false, true]);
    }

    #[test]
    fn where_sets_run_out_everything_counts_as_changed() {
        let mut sources = Sources::default();
        let last = (0..70_000).map(|source| sources.only(source)).last().expect("there are some");
        let changed = sources.changed(&|_| false);
        assert_eq!(changed.get(last.index()), None);
        let first = sources.only(0);
        assert_eq!(sources.union(first, last), last);
    }
}
