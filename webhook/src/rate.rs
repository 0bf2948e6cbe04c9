//! How many verified deliveries of a source are let in: a bucket that each of them takes from and time fills again.

use serde::{Deserialize, Serialize};

/// A source's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// How many deliveries a second are let in for as long as they come, at least 1.
    pub per_s: u32,
    /// How many are let in at once after a silence, at least 1.
    pub burst: u32,
}

impl Rate {
    /// Lets a delivery in, and returns when the bucket is full again, Unix time in microseconds: what the next call
    /// takes for `full_at_us`, and 0 for a bucket that nobody took from.
    ///
    /// # Errors
    /// In how many milliseconds the delivery would be let in. Nothing was taken.
    pub fn take(self, full_at_us: u64, now_ms: u64) -> Result<u64, u64> {
        let each_us = 1_000_000 / u64::from(self.per_s.max(1));
        let now_us = now_ms.saturating_mul(1_000);
        let full_at_us = full_at_us.max(now_us).saturating_add(each_us);
        let missing_us = (full_at_us - now_us).saturating_sub(each_us * u64::from(self.burst.max(1)));
        if missing_us == 0 { Ok(full_at_us) } else { Err(missing_us.div_ceil(1_000)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_795_262_400_000;

    /// How many of a thousand that come at once are let in, and when the next would be.
    fn let_in(rate: Rate, full_at_us: &mut u64, now_ms: u64) -> (usize, u64) {
        for count in 0..1_000 {
            match rate.take(*full_at_us, now_ms) {
                Ok(next) => *full_at_us = next,
                Err(wait_ms) => return (count, wait_ms),
            }
        }
        (1_000, 0)
    }

    #[test]
    fn a_burst_is_let_in_and_then_as_many_as_a_second_has() {
        let rate = Rate { per_s: 10, burst: 25 };
        let mut full_at_us = 0;
        assert_eq!(let_in(rate, &mut full_at_us, NOW_MS), (25, 100));
        assert_eq!(let_in(rate, &mut full_at_us, NOW_MS + 50), (0, 50));
        assert_eq!(let_in(rate, &mut full_at_us, NOW_MS + 1_000), (10, 100));
        assert_eq!(let_in(rate, &mut full_at_us, NOW_MS + 1_500), (5, 100));
    }

    #[test]
    fn no_silence_lets_more_in_than_a_burst() {
        let rate = Rate { per_s: 1_000, burst: 3 };
        let mut full_at_us = 0;
        assert_eq!(let_in(rate, &mut full_at_us, NOW_MS).0, 3);
        assert_eq!(let_in(rate, &mut full_at_us, NOW_MS + 86_400_000).0, 3);
    }

    #[test]
    fn whoever_comes_when_he_was_told_to_is_let_in() {
        for per_s in [1, 3, 7, 10_000] {
            let rate = Rate { per_s, burst: 1 };
            let mut full_at_us = 0;
            let (_, wait_ms) = let_in(rate, &mut full_at_us, NOW_MS);
            assert!(rate.take(full_at_us, NOW_MS + wait_ms).is_ok(), "{per_s} a second, {wait_ms} ms");
        }
    }

    #[test]
    fn no_time_is_too_large() {
        let rate = Rate { per_s: 1, burst: u32::MAX };
        assert!(rate.take(u64::MAX, u64::MAX).is_ok());
        assert!(rate.take(u64::MAX, 0).is_err());
    }
}
