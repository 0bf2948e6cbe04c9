//! Acting on an event that is prepared: the handler runs, and where the destination is an endpoint or an event bus, it
//! gets what the handler made.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::value::RawValue;
use webhook::destination::Destination;
use webhook::envelope::Envelope;
use webhook::letter::Reason;
use webhook::protocol::Effect;
use webhook::sources::Source;

use crate::handle::{Event, Failure, Handled};
use crate::outside::{Outside, Post, PostError};

/// DynamoDB takes items of 400 KB; the rest of the row needs some of it.
const RESULT_BYTES_MAX: usize = 380 * 1024;

/// An event that is acted on.
#[derive(Clone, Copy)]
pub(crate) struct Acting<'a> {
    pub(crate) envelope: &'a Envelope<'a>,
    pub(crate) source: &'a Source,
    pub(crate) destination: &'a Destination,
    pub(crate) payload: &'a RawValue,
    /// The partition key of its row.
    pub(crate) key: &'a str,
    /// The number of the attempt.
    pub(crate) attempt: u32,
    /// When its time is up, Unix time in milliseconds.
    pub(crate) stop_ms: u64,
    /// Until when it may be acted on, Unix time in milliseconds.
    pub(crate) lease_until_ms: u64,
}

/// Why an event has no effect.
#[derive(Debug, Clone)]
pub(crate) struct NoEffect {
    pub(crate) effect: Effect,
    pub(crate) detail: String,
    /// How long to wait at least before the next attempt.
    pub(crate) retry_after: Option<Duration>,
}

impl NoEffect {
    pub(crate) fn never(reason: Reason, detail: impl ToString) -> Self {
        NoEffect { effect: Effect::Never(reason), detail: detail.to_string(), retry_after: None }
    }

    pub(crate) fn not_now(detail: impl ToString, retry_after: Option<Duration>) -> Self {
        let effect = Effect::NotNow(Reason::AttemptsExhausted);
        NoEffect { effect, detail: detail.to_string(), retry_after }
    }
}

impl From<Failure> for NoEffect {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Reject(detail) => NoEffect::never(Reason::HandlerRejected, detail),
            Failure::Retry(detail) => NoEffect::not_now(detail, None),
            Failure::RetryAfter(detail, after) => NoEffect::not_now(detail, Some(after)),
        }
    }
}

impl From<PostError> for NoEffect {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Rejected(_) => NoEffect::never(Reason::DestinationRejected, error),
            PostError::TooLarge(_) => NoEffect::never(Reason::ResultTooLarge, error),
            PostError::NotNow { retry_after, .. } => NoEffect::not_now(error, retry_after),
        }
    }
}

/// Acts on an event. What there is left to commit is returned.
pub(crate) async fn act<H>(acting: Acting<'_>, outside: &Outside, handle: &H) -> Result<Handled, NoEffect>
where
    H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
{
    let handled = handled(acting, handle).await?;
    let result = handled.result.get();
    match acting.destination {
        Destination::Table | Destination::Handler if result.len() > RESULT_BYTES_MAX => {
            let detail = format!("{} bytes, an item takes {RESULT_BYTES_MAX}", result.len());
            return Err(NoEffect::never(Reason::ResultTooLarge, detail));
        }
        Destination::Table | Destination::Handler => {}
        Destination::Https(_) | Destination::EventBridge(_) => {
            let Acting { envelope, source, destination, key, attempt, stop_ms, lease_until_ms, .. } = acting;
            let post = Post {
                source: &source.name,
                destination,
                key,
                attempt,
                event_type: envelope.event_type.as_deref(),
                received_at_ms: envelope.received_at_ms,
                body: result,
                stop_ms,
                lease_until_ms,
            };
            outside.post(&post).await?;
        }
    }
    Ok(handled)
}

/// Runs the handler on the payload. A panic of the handler ends this event and no other.
async fn handled<H>(acting: Acting<'_>, handle: &H) -> Result<Handled, NoEffect>
where
    H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
{
    let Acting { envelope, source, .. } = acting;
    let event = Event {
        source: &source.name,
        destination: acting.destination.name(),
        provider: &envelope.provider,
        key: acting.key,
        attempt: acting.attempt,
        id: envelope.event_id.as_deref(),
        kind: envelope.event_type.as_deref(),
        received_at_ms: envelope.received_at_ms,
        query: envelope.query.as_deref(),
        headers: envelope.headers.iter().map(|(name, value)| (&**name, &**value)).collect(),
        payload: acting.payload,
    };
    match AssertUnwindSafe(handle(&event)).catch_unwind().await {
        Ok(handled) => Ok(handled?),
        Err(_) => Err(NoEffect::never(Reason::HandlerPanicked, "the log says where")),
    }
}
