//! How much happens in a world. Each world has only the dimensions that it needs, so that all are explored to the end.

use webhook::letter::Reason;
use webhook::protocol::{Effect, Way};

/// What a handler, its contract or its destination may say, at each receive anew.
pub(crate) const ANY_EFFECT: &[Effect] =
    &[Effect::Ready, Effect::Never(Reason::HandlerRejected), Effect::NotNow(Reason::AttemptsExhausted)];

/// The dimensions of a world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Deliveries of the event that the provider makes, or somebody who sends it again.
    pub(crate) deliveries: usize,
    /// Letters that an operator sends back.
    pub(crate) redrives: usize,
    /// The ways to settle; where there are two, a deployment may come between any two receives.
    pub(crate) ways: &'static [Way],
    pub(crate) effects: &'static [Effect],
    pub(crate) attempts_max: u32,
    /// When the worker gives up.
    pub(crate) receives_max: u32,
    /// After so many receives SQS moves a message by itself.
    pub(crate) queue_receives_max: u32,
    /// Whether the clock of the second worker is ahead.
    pub(crate) skewed: bool,
    /// For how many ticks a row is known, where that can end.
    pub(crate) window: Option<i8>,
    /// Whether an answer may come late, when others have gone on.
    pub(crate) slow_answers: bool,
    /// Writes that stay on the wire and land when their worker has gone on or is gone.
    pub(crate) late_writes: u8,
    /// Whether the table may refuse what a handler wants written: for good, or as superseded.
    pub(crate) refusals: bool,
    /// Whether deliveries have bodies of their own under one id, and that makes a letter.
    pub(crate) strict_ids: bool,
}

impl Bounds {
    /// Whether an attempt may leave its event to another one.
    pub(crate) fn may_be_tried_again(&self) -> bool {
        self.ways.contains(&Way::Claimed) || self.effects.iter().any(|effect| matches!(effect, Effect::NotNow(_)))
    }
}

const CLAIMED: &[Way] = &[Way::Claimed];
const BOTH: &[Way] = &[Way::AtOnce, Way::Claimed];
const ENDS_AT_ONCE: &[Effect] = &[Effect::Ready, Effect::Never(Reason::HandlerRejected)];

/// One delivery, settled in one write. The other worlds differ from it.
const PLAIN: Bounds = Bounds {
    deliveries: 1,
    redrives: 0,
    ways: &[Way::AtOnce],
    effects: ANY_EFFECT,
    attempts_max: 2,
    receives_max: 4,
    queue_receives_max: 5,
    skewed: false,
    window: None,
    slow_answers: false,
    late_writes: 0,
    refusals: false,
    strict_ids: false,
};
/// The same with fewer receives, for worlds that are large in other ways.
const SHORT: Bounds = Bounds { receives_max: 3, queue_receives_max: 3, ..PLAIN };
/// Two deliveries have each other's receives too, so that fewer of them go as far.
const TWO: Bounds = Bounds { deliveries: 2, receives_max: 2, queue_receives_max: 3, ..PLAIN };
const TWO_SHORT: Bounds = Bounds { queue_receives_max: 2, ..TWO };

/// Two deliveries race, and the table may refuse what their handlers want written.
pub(crate) const RACE: Bounds = Bounds { refusals: true, ..TWO };
/// Two events have one id.
pub(crate) const CONFLICT: Bounds = Bounds { strict_ids: true, ..TWO };
/// A letter is sent back while another delivery comes.
pub(crate) const REDRIVE: Bounds = Bounds { redrives: 1, effects: ENDS_AT_ONCE, ..TWO_SHORT };
/// The letter of a claim is sent back.
pub(crate) const CLAIMED_REDRIVE: Bounds = Bounds { deliveries: 1, redrives: 1, ways: CLAIMED, ..TWO_SHORT };
/// Workers crash, or sleep past their lease and wake up.
pub(crate) const LEASE: Bounds = Bounds { ways: CLAIMED, ..TWO };
/// Clocks lie apart, and answers come late.
pub(crate) const SKEWED: Bounds = Bounds { skewed: true, slow_answers: true, ways: CLAIMED, ..PLAIN };
/// Deployments change the way to settle, and what a handler says.
pub(crate) const SWITCHED: Bounds = Bounds { ways: BOTH, refusals: true, ..SHORT };
/// A write lands when nobody waits for it any more.
pub(crate) const LATE: Bounds = Bounds { ways: BOTH, late_writes: 1, ..SHORT };
/// Such a write meets another delivery.
pub(crate) const LATE_RACE: Bounds = Bounds { late_writes: 1, ..TWO_SHORT };
/// Such a write meets another delivery's claim.
pub(crate) const LATE_LEASE: Bounds = Bounds { ways: CLAIMED, effects: ENDS_AT_ONCE, late_writes: 1, ..TWO_SHORT };
/// Rows expire, and are removed later or never, while deliveries still come.
pub(crate) const WINDOW: Bounds = Bounds { window: Some(1), effects: ENDS_AT_ONCE, ..TWO_SHORT };
/// Claims expire.
pub(crate) const CLAIMED_WINDOW: Bounds = Bounds { ways: BOTH, window: Some(4), ..SHORT };
