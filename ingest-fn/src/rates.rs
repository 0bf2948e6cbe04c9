//! How full the buckets of the sources are that have a limit ([`webhook::rate`]).
//!
//! They are this process's: as many processes as run at once let in as many times the limit. It bounds what a provider
//! in a loop costs behind the door, to the order of magnitude, and asks nobody for it.

use std::sync::atomic::{AtomicU64, Ordering};

use webhook::sources::Source;

/// The buckets, in the order of the sources.
pub struct Rates(Vec<AtomicU64>);

impl Rates {
    /// Full buckets for these sources.
    pub fn new(sources: &[Source]) -> Self {
        Rates(sources.iter().map(|_| AtomicU64::new(0)).collect())
    }

    /// Lets a verified delivery of the source with this index in.
    ///
    /// # Errors
    /// In how many milliseconds it would be let in.
    pub fn take(&self, index: usize, source: &Source, now_ms: u64) -> Result<(), u64> {
        let (Some(rate), Some(bucket)) = (source.rate, self.0.get(index)) else { return Ok(()) };
        let take = |full_at_us| rate.take(full_at_us, now_ms);
        let taken = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at_us| take(full_at_us).ok());
        taken.map(drop).map_err(|full_at_us| take(full_at_us).err().unwrap_or_default())
    }
}
