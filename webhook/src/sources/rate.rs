//! A source's limit, as `sources.toml` says it.

use super::reader::{Reader, Table, entry, find};
use crate::rate::Rate;

/// A Lambda function lets no more in (API Gateway's own throttle has this for its default).
const PER_S_MAX: u32 = 10_000;
const BURST_MAX: u32 = 100_000;
/// Providers come in bursts: what they do at once, they do not do every second.
const BURST_S: u32 = 10;

impl Reader<'_> {
    /// The limit of a source, `None` for one that has none.
    pub(super) fn rate(&mut self, table: &Table<'_>) -> Option<Rate> {
        let burst = find(table, "burst").and_then(|value| self.whole_number(value, "burst", 1, BURST_MAX));
        let Some(value) = find(table, "rate_per_s") else {
            if let Some((span, _)) = entry(table, "burst") {
                self.mistake(span, "burst stands beside rate_per_s only, which says how many a second are let in");
            }
            return None;
        };
        let per_s = self.whole_number(value, "rate_per_s", 1, PER_S_MAX)?;
        Some(Rate { per_s, burst: burst.unwrap_or(per_s * BURST_S) })
    }
}

#[cfg(test)]
mod tests {
    use crate::rate::Rate;
    use crate::sources::{from_json, parse, to_json};

    fn text(more: &str) -> String {
        format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\n{more}")
    }

    #[test]
    fn a_limit_has_a_burst_of_ten_seconds_unless_it_says_another() {
        let read = |more: &str| from_json(&to_json(&parse(&text(more)).unwrap())).unwrap().remove(0).rate;
        assert_eq!(read(""), None);
        assert_eq!(read("rate_per_s = 50"), Some(Rate { per_s: 50, burst: 500 }));
        assert_eq!(read("rate_per_s = 50\nburst = 60"), Some(Rate { per_s: 50, burst: 60 }));
        assert_eq!(read("rate_per_s = 10000"), Some(Rate { per_s: 10_000, burst: 100_000 }));
    }

    #[test]
    fn a_limit_that_is_none_is_told() {
        let told = |more: &str| parse(&text(more)).unwrap_err()[0].to_string();
        for none in ["0", "-1", "10001", "0.5", "\"50\""] {
            let expected = "line 4: rate_per_s: expected a whole number from 1 to 10000";
            assert_eq!(told(&format!("rate_per_s = {none}")), expected);
        }
        assert_eq!(told("burst = 0\nrate_per_s = 1"), "line 4: burst: expected a whole number from 1 to 100000");
        let alone = "line 4: burst stands beside rate_per_s only, which says how many a second are let in";
        assert_eq!(told("burst = 5"), alone);
    }
}
