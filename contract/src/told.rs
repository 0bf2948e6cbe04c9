//! What was told of drift: each place once in the life of a process, and not more of them than memory is set aside for.

use std::collections::{BTreeMap, BTreeSet};

use crate::drift::Drift;

/// How many places are remembered of the payloads of one source and one contract.
const PLACES_MAX: usize = 256;

/// What was told, by source and contract.
#[derive(Debug, Default)]
pub struct Told(BTreeMap<(String, String), BTreeSet<Drift>>);

/// What is still to be told of a payload.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Places that nobody has heard of yet.
    pub places: Vec<Drift>,
    /// Whether these are the last ones that will ever be told of this source and contract.
    pub is_last: bool,
}

impl Told {
    /// Nothing was told yet.
    pub const fn new() -> Self {
        Told(BTreeMap::new())
    }

    /// What of a payload's drift was not told before. It is from now on.
    pub fn news(&mut self, source: &str, contract: &str, drift: &BTreeSet<Drift>) -> News {
        if drift.is_empty() {
            return News::default();
        }
        let told = self.0.entry((source.to_owned(), contract.to_owned())).or_default();
        let room = PLACES_MAX - told.len();
        let places: Vec<Drift> = drift.difference(told).take(room).cloned().collect();
        told.extend(places.iter().cloned());
        News { is_last: !places.is_empty() && told.len() == PLACES_MAX, places }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn drift(places: std::ops::Range<usize>) -> BTreeSet<Drift> {
        places.map(|place| Drift { place: format!("/{place:03}"), seen: Kind::Null }).collect()
    }

    #[test]
    fn a_place_is_told_once_of_each_source_and_contract() {
        let mut told = Told::new();
        assert_eq!(told.news("a", "x", &drift(0..2)).places.len(), 2);
        assert_eq!(told.news("a", "x", &drift(0..3)).places, Vec::from_iter(drift(2..3)));
        assert_eq!(told.news("a", "x", &drift(0..3)), News::default());
        assert_eq!(told.news("a", "y", &drift(0..1)).places.len(), 1);
        assert_eq!(told.news("b", "x", &drift(0..1)).places.len(), 1);
    }

    #[test]
    fn no_more_places_are_remembered_than_there_is_memory_for() {
        let mut told = Told::new();
        assert!(!told.news("a", "x", &drift(0..255)).is_last);
        let last = told.news("a", "x", &drift(300..400));
        assert_eq!((last.places.len(), last.is_last), (1, true));
        assert_eq!(told.news("a", "x", &drift(500..600)), News::default());
    }
}
