//! The body of an event: out of its message, or out of the object that the message claims; and room in memory for it.

use std::borrow::Cow;

use shell::Settings;
use shell::aws::Patience;
use shell::aws::s3::{ObjectError, S3};
use tokio::sync::{Semaphore, SemaphorePermit};
use webhook::envelope::{BODY_BYTES_MAX, Envelope};
use webhook::letter::Reason;
use webhook::protocol::Effect;

use crate::act::NoEffect;

/// How much raw body is worked on at once, in KiB: a batch of ten large events would need more memory than the function
/// has. What lies in messages as it is needs no room here, because Lambda hands over 6 MB of them at most.
const ROOM_KIB: u32 = 8 * 1024;

/// Where bodies come from.
pub struct Bodies {
    s3: S3,
    room: Semaphore,
}

impl Bodies {
    /// Bodies that are fetched with this patience. Nothing is opened before the first one.
    pub fn new(settings: &Settings<'_>, patience: Patience) -> Self {
        Bodies { s3: S3::new(settings, patience), room: Semaphore::new(ROOM_KIB as usize) }
    }

    /// Waits until there is room for an event's body: for as long as it is held, the event may be worked on. `None` for
    /// one that needs none.
    pub(crate) async fn room(&self, envelope: &Envelope<'_>) -> Option<SemaphorePermit<'_>> {
        let kib = envelope.body_bytes?.div_ceil(1024).clamp(1, u64::from(ROOM_KIB));
        let permits = self.room.acquire_many(u32::try_from(kib).unwrap_or(ROOM_KIB)).await;
        // It fails only for a semaphore that is closed, and nobody closes this one.
        permits.ok()
    }

    /// The raw body of an event.
    pub(crate) async fn of<'e>(&self, envelope: &'e Envelope<'_>) -> Result<Cow<'e, [u8]>, NoEffect> {
        let Some(claim) = &envelope.claim else {
            return envelope.raw_body().map_err(|error| NoEffect::never(Reason::EnvelopeUnreadable, error));
        };
        let named = |why: &dyn std::fmt::Display| format!("s3://{}/{} {why}", claim.bucket, claim.key);
        let object = match self.s3.get(&claim.bucket, &claim.key, BODY_BYTES_MAX).await {
            Ok(object) => object,
            Err(error @ ObjectError::Call(_)) => return Err(NoEffect::not_now(named(&error), None)),
            Err(error) => return Err(missing(named(&error))),
        };
        envelope.claimed_body(object).map_err(|error| missing(named(&format_args!("is another one: {error}"))))
    }
}

/// The object may be put back while its event is tried again, and when it is given up, the letter says why.
fn missing(detail: String) -> NoEffect {
    NoEffect { effect: Effect::NotNow(Reason::BodyMissing), detail, retry_after: None }
}
