//! Which contract holds for which type of event.

use serde::{Deserialize, Serialize};

/// The contracts of a source: none, one for all its events, or several for events of different types.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contracts(Vec<(String, String)>);

impl Contracts {
    /// One contract for events of every type, and for those that have none.
    pub fn one(path: &str) -> Self {
        Contracts(vec![(EVERY.to_owned(), path.to_owned())])
    }

    /// Contracts by types: a type, the beginning of some and a `*`, or `*` for all others.
    pub fn by_type(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Contracts(pairs.into_iter().collect())
    }

    /// The contract that an event of this type must meet: the one of the type itself, or else of the longest beginning.
    /// An event without a type meets what all others do, `*`.
    pub fn of(&self, event_type: Option<&str>) -> Option<&str> {
        let event_type = event_type.unwrap_or("");
        let fits = |written: &str| match written.strip_suffix(EVERY) {
            Some(beginning) => event_type.starts_with(beginning).then_some(beginning.len()),
            None => (written == event_type).then_some(usize::MAX),
        };
        let fitting = self.0.iter().filter_map(|(written, path)| Some((fits(written)?, path)));
        fitting.max_by_key(|(length, _)| *length).map(|(_, path)| path.as_str())
    }

    /// The paths of all contracts, some perhaps more than once.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, path)| path.as_str())
    }

    /// Whether the type of an event makes a difference.
    pub fn depend_on_type(&self) -> bool {
        self.0.iter().any(|(written, _)| written != EVERY)
    }
}

/// What stands for the rest of a type.
pub(crate) const EVERY: &str = "*";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_itself_comes_before_the_longest_beginning() {
        let pair = |(written, path): (&str, &str)| (written.to_owned(), path.to_owned());
        let written = [
            ("*", "all"),
            ("customer.*", "customer"),
            ("customer.subscription.*", "subscription"),
            ("customer.subscription.deleted", "deleted"),
            ("pay*", "pay"),
        ];
        for turned in [false, true] {
            let mut pairs = written.map(pair);
            if turned {
                pairs.reverse();
            }
            let contracts = Contracts::by_type(pairs);
            for (event_type, path) in [
                ("customer.created", "customer"),
                ("customer", "all"),
                ("customer.subscription.created", "subscription"),
                ("customer.subscription.deleted", "deleted"),
                ("customer.subscription.deleted.twice", "subscription"),
                ("payment", "pay"),
                ("", "all"),
            ] {
                assert_eq!(contracts.of(Some(event_type)), Some(path), "{event_type}");
            }
            assert_eq!(contracts.of(None), Some("all"));
        }
    }

    #[test]
    fn an_event_that_no_contract_speaks_of_has_none() {
        let contracts = Contracts::by_type([("a.*".to_owned(), "a".to_owned())]);
        assert_eq!((contracts.of(Some("b")), contracts.of(None)), (None, None));
        assert_eq!(Contracts::default().of(Some("a")), None);
        assert_eq!(Contracts::one("x").of(None), Some("x"));
        assert!(!Contracts::one("x").depend_on_type() && contracts.depend_on_type());
    }
}
