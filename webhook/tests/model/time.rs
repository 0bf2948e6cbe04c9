//! Time as the model has it: how much is left of a lease or a window, in ticks.
//!
//! Only differences matter to the rules, so the clock stands still and what is left shrinks; it stops shrinking
//! when no rule can tell the difference any more, which keeps the worlds finite.

use webhook::ledger::SKEW_MS;

/// A tick, fine enough to tell a lease that ended from one that ended longer ago than clocks lie apart.
const TICK_MS: u64 = SKEW_MS / 2;
/// The time that it always is, a whole second.
const NOW_MS: u64 = 1_000_000_000;
/// Ended, and every clock and every margin agrees.
const LONG_AGO: i8 = -3;

/// By how many ticks the clock of the second worker is ahead, where clocks lie apart.
pub(crate) const SKEW: i8 = 2;
/// How long an invocation may take, and with it a lease.
pub(crate) const LEASE: i8 = 1;

/// How many ticks are left until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Left(i8);

impl Left {
    pub(crate) const NOTHING: Left = Left(LONG_AGO);

    pub(crate) fn ticks(ticks: i8) -> Left {
        Left(ticks)
    }

    /// A tick later.
    pub(crate) fn less(self) -> Left {
        Left(self.0.saturating_sub(1).max(LONG_AGO))
    }

    pub(crate) fn is_over(self) -> bool {
        self.0 <= 0
    }

    /// The end of a lease in Unix time, in milliseconds. It lies between two ticks, so that each is before or after.
    pub(crate) fn lease_ms(self) -> u64 {
        self.ms() + TICK_MS / 2
    }

    /// The moment in Unix time, in milliseconds.
    pub(crate) fn ms(self) -> u64 {
        NOW_MS.saturating_add_signed(i64::from(self.0) * TICK_MS.cast_signed())
    }
}

/// What a clock shows that is so many ticks ahead.
pub(crate) fn now_ms(ahead: i8) -> u64 {
    Left(ahead).ms()
}
