//! When an event is given up, and what the receives of a message say of that.

use crate::event::Record;

/// So many tries are what the receives of a FIFO queue's message are taken for at most: a backoff of two minutes. Its whole
/// group waits with it, and the receives that SQS allows still outlast an outage of hours.
pub const FIFO_TRIES_MAX: u32 = 7;

/// When an event is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// After so many attempts, the ones that failed in a way that may pass.
    pub attempts: u32,
    /// After so many receives, whatever came of them: the queue's own limit lies above.
    pub receives: u32,
}

impl Limits {
    /// After so many receives a message is given up whose event cannot be told, so that nobody has counted its attempts.
    /// A FIFO queue's was also received, and not tried, with each of the tries of those before it.
    pub fn untold(self, record: &Record) -> u32 {
        if record.fifo_group().is_some() { self.receives } else { self.attempts }
    }
}

/// How many tries a backoff is of, as far as the receives tell. A standard queue's are tries, all but a few.
pub fn tries(record: &Record) -> u32 {
    let receives = record.receives();
    if record.fifo_group().is_some() { receives.min(FIFO_TRIES_MAX) } else { receives }
}
