//! One record, from the queue's message to its settlement.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::value::RawValue;
use shell::clock;
use shell::log::{Level, line};
use webhook::envelope::{Envelope, EnvelopeError};
use webhook::identity::Mode;
use webhook::ledger::{Attempt, Key, Verdict, judge};
use webhook::letter::{DETAIL_BYTES_MAX, Letter, Reason};
use webhook::sources::{self, Source};
use webhook::{backoff, payload};

use crate::event::Record;
use crate::handle::{Event, Failure};
use crate::ledger::{Ledger, LedgerError, Settlement, Write};
use crate::queue::Queues;

/// DynamoDB takes items of 400 KB; the rest of the row needs some of it.
const RESULT_BYTES_MAX: usize = 380 * 1024;
/// How often a write is tried over a row that others keep changing.
const RACES_MAX: usize = 3;

/// All that a record meets.
pub struct World {
    /// The sources that this worker knows.
    pub sources: Vec<Source>,
    /// Where effects are committed, once.
    pub ledger: Ledger,
    /// Where messages come from and letters go to.
    pub queues: Queues,
    /// How often a message is received before it is given up.
    pub attempts_max: u32,
}

/// A record that is settled: its message may be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Its effect is committed.
    Done,
    /// Its effect was committed before, by another delivery of the same event.
    Duplicate {
        /// Whether that delivery had the same body.
        same_body: bool,
    },
    /// It is in the dead-letter queue.
    Dead(Reason, String),
    /// It had been sent to the dead-letter queue before, by an earlier receive of the same message.
    LetterSent,
}

/// A record that did not settle: its message must come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// Why, for the log.
    pub detail: String,
    /// When, in seconds; `None` is when its visibility timeout ends.
    pub delay_s: Option<u32>,
}

impl Later {
    /// Comes again when the queue's own visibility timeout ends.
    pub fn unhurried(detail: impl Into<String>) -> Self {
        Later { detail: detail.into(), delay_s: None }
    }

    fn with_backoff(record: &Record, detail: impl ToString) -> Self {
        let delay_s = backoff::delay_s(record.receives(), fastrand::u64(..));
        Later { detail: detail.to_string(), delay_s: Some(delay_s) }
    }
}

/// A letter that is durable while its row does not say so.
#[derive(serde::Serialize)]
struct NotMarked<'a> {
    level: Level,
    outcome: &'static str,
    message_id: &'a str,
    detail: String,
}

/// One try to settle one record. It lives as long as the record is worked on.
struct Try<'a> {
    world: &'a World,
    record: &'a Record,
    envelope: Option<&'a Envelope<'a>>,
    owner: String,
}

/// An event that could be read, and where it takes effect.
struct Target<'a> {
    envelope: &'a Envelope<'a>,
    source: &'a Source,
    key: Key,
}

impl World {
    /// Settles one record, or says why it must come again. The handler gets three quarters of the time that is
    /// left: the rest is for settling, so that an event whose handler never ends is exhausted like any other.
    pub async fn settle<H>(
        &self,
        record: &Record,
        envelope: Result<&Envelope<'_>, &EnvelopeError>,
        left: Duration,
        handle: &H,
    ) -> Result<Settled, Later>
    where
        H: AsyncFn(&Event<'_>) -> Result<Box<RawValue>, Failure>,
    {
        let owner = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let attempt = Try { world: self, record, envelope: envelope.ok(), owner };
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(error @ EnvelopeError::Unreadable(_)) => {
                return attempt.bury(None, Reason::EnvelopeUnreadable, error.to_string()).await;
            }
            // A newer worker may know the version: a deployment is rolling.
            Err(error @ EnvelopeError::Version(_)) => {
                return attempt.give_up_or_wait(None, Reason::EnvelopeVersion, error.to_string()).await;
            }
        };
        let Some(source) = sources::by_name(&self.sources, &envelope.source) else {
            let detail = "this worker's sources.toml does not know the source".to_owned();
            return attempt.give_up_or_wait(None, Reason::SourceUnknown, detail).await;
        };
        let target =
            Target { envelope, source, key: Key::new(&envelope.source, &envelope.identity, source.destination.name()) };
        let effect = tokio::time::timeout(left * 3 / 4, effect(envelope, handle)).await;
        match effect.unwrap_or_else(|_| Err(NoEffect::NotNow("the handler did not end in its time".to_owned()))) {
            Ok(result) if result.get().len() > RESULT_BYTES_MAX => {
                let detail = format!("{} bytes, an item takes {RESULT_BYTES_MAX}", result.get().len());
                attempt.bury(Some(&target), Reason::ResultTooLarge, detail).await
            }
            Ok(result) => attempt.commit(&target, result.get()).await,
            Err(NoEffect::Never(reason, detail)) => attempt.bury(Some(&target), reason, detail).await,
            Err(NoEffect::NotNow(detail)) => {
                attempt.give_up_or_wait(Some(&target), Reason::AttemptsExhausted, detail).await
            }
        }
    }
}

/// Why an event has no effect.
enum NoEffect {
    Never(Reason, String),
    NotNow(String),
}

/// Reads the payload and runs the handler. A panic of the handler ends this event and no other.
async fn effect<H>(envelope: &Envelope<'_>, handle: &H) -> Result<Box<RawValue>, NoEffect>
where
    H: AsyncFn(&Event<'_>) -> Result<Box<RawValue>, Failure>,
{
    let never = |reason| move |error: &dyn ToString| NoEffect::Never(reason, error.to_string());
    let body = envelope.raw_body().map_err(|error| never(Reason::EnvelopeUnreadable)(&error))?;
    let payload = payload::read(envelope, &body).map_err(|error| never(Reason::ContractViolated)(&error))?;
    let event = Event {
        source: &envelope.source,
        provider: &envelope.provider,
        id: envelope.event_id.as_deref(),
        kind: envelope.event_type.as_deref(),
        received_at_ms: envelope.received_at_ms,
        query: envelope.query.as_deref(),
        headers: envelope.headers.iter().map(|(name, value)| (&**name, &**value)).collect(),
        payload: &payload,
    };
    match AssertUnwindSafe(handle(&event)).catch_unwind().await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(Failure::Reject(detail))) => Err(NoEffect::Never(Reason::HandlerRejected, detail)),
        Ok(Err(Failure::Retry(detail))) => Err(NoEffect::NotNow(detail)),
        Err(_) => Err(NoEffect::Never(Reason::HandlerPanicked, "the log says where".to_owned())),
    }
}

impl Try<'_> {
    /// Commits mark and effect in one write over an open row; the row that refuses it decides what it means.
    async fn commit(&self, target: &Target<'_>, result: &str) -> Result<Settled, Later> {
        for _ in 0..RACES_MAX {
            let attempt = self.attempt(target);
            match self.write(target, attempt, Settlement::Done(result)).await {
                Ok(()) => return Ok(Settled::Done),
                Err(LedgerError::NotOpen(row)) => match judge(&row, &attempt) {
                    Verdict::Landed => return Ok(Settled::Done),
                    Verdict::TryAgain => {}
                    // A body's hash in the identity leaves no room for two bodies under one.
                    Verdict::Duplicate { .. } if target.source.identity != Mode::Id => {
                        return Ok(Settled::Duplicate { same_body: true });
                    }
                    Verdict::Duplicate { same_body: false } if target.source.strict_ids => {
                        let detail = "done before with another body under the same id".to_owned();
                        return self.send_letter(Some(target), Reason::IdConflict, detail).await;
                    }
                    verdict => return self.stand_back(verdict),
                },
                Err(error @ LedgerError::Invalid(_)) => {
                    return self.bury(Some(target), Reason::DestinationRejected, error.to_string()).await;
                }
                Err(error @ LedgerError::Unavailable(_)) => return Err(Later::with_backoff(self.record, error)),
            }
        }
        Err(Later::with_backoff(self.record, "others kept changing the row"))
    }

    /// What a row that is not open leaves to do.
    fn stand_back(&self, verdict: Verdict) -> Result<Settled, Later> {
        match verdict {
            Verdict::Duplicate { same_body } => Ok(Settled::Duplicate { same_body }),
            Verdict::LetterSent => Ok(Settled::LetterSent),
            Verdict::Busy { until_ms } => {
                let wait_s = until_ms.saturating_sub(clock::now_ms()).div_ceil(1000).min(backoff::CAP_S);
                let delay_s = u32::try_from(wait_s).ok();
                Err(Later { detail: "another worker holds the lease".to_owned(), delay_s })
            }
            Verdict::Landed | Verdict::TryAgain => Err(Later::with_backoff(self.record, "the row is open after all")),
        }
    }

    /// Waits for another receive, or gives the event up when it had all of its own.
    async fn give_up_or_wait(
        &self,
        target: Option<&Target<'_>>,
        reason: Reason,
        detail: String,
    ) -> Result<Settled, Later> {
        if self.record.receives() >= self.world.attempts_max {
            return self.bury(target, reason, detail).await;
        }
        Err(Later::with_backoff(self.record, detail))
    }

    /// Sends the letter first and marks the row dead after, so that a crash between the two repeats the letter
    /// and never loses it. An event that is done by now gets no letter.
    async fn bury(&self, target: Option<&Target<'_>>, reason: Reason, detail: String) -> Result<Settled, Later> {
        let Some(target) = target else { return self.send_letter(None, reason, detail).await };
        let row = self.world.ledger.read(&target.key).await;
        let row = row.map_err(|error| Later::with_backoff(self.record, error))?;
        let verdict = row.map_or(Verdict::TryAgain, |row| judge(&row, &self.attempt(target)));
        if !matches!(verdict, Verdict::TryAgain | Verdict::Landed) {
            return self.stand_back(verdict);
        }
        let settled = self.send_letter(Some(target), reason, detail).await?;
        if let Settled::Dead(reason, detail) = &settled {
            // The letter is durable: whatever the row says now, the message may go.
            if let Err(error) = self.write(target, self.attempt(target), Settlement::Dead(*reason, detail)).await {
                let (level, outcome, detail) = (Level::Warn, "not_marked_dead", error.to_string());
                line(&NotMarked { level, outcome, message_id: self.message_id(), detail });
            }
        }
        Ok(settled)
    }

    /// Makes a letter durable in the dead-letter queue.
    async fn send_letter(
        &self,
        target: Option<&Target<'_>>,
        reason: Reason,
        mut detail: String,
    ) -> Result<Settled, Later> {
        let Some(body) = self.record.body.as_deref().filter(|body| !body.is_empty()) else {
            // SQS takes no empty letter: its own redrive will move the message.
            return Err(Later::unhurried("the message has no body"));
        };
        detail.truncate(detail.floor_char_boundary(DETAIL_BYTES_MAX));
        let letter = Letter {
            reason,
            detail: &detail,
            event: self.envelope.map(|envelope| (&*envelope.source, &*envelope.identity)),
            destination: target.map(|target| target.key.sk.as_str()),
            attempts: self.record.receives(),
            first_received_ms: self.record.sent_at_ms(),
            died_at_ms: clock::now_ms(),
        };
        let sent = self.world.queues.send_letter(body, &letter).await;
        sent.map_err(|error| Later::with_backoff(self.record, error))?;
        Ok(Settled::Dead(reason, detail))
    }

    fn message_id(&self) -> &str {
        self.record.message_id.as_deref().unwrap_or_default()
    }

    fn attempt<'t>(&'t self, target: &'t Target<'_>) -> Attempt<'t> {
        Attempt {
            owner: &self.owner,
            message_id: self.record.message_id.as_deref().unwrap_or_else(|| &self.owner),
            body_sha256: &target.envelope.body_sha256,
            now_ms: clock::now_ms(),
        }
    }

    async fn write(
        &self,
        target: &Target<'_>,
        attempt: Attempt<'_>,
        settlement: Settlement<'_>,
    ) -> Result<(), LedgerError> {
        let Target { key, envelope, source } = target;
        let (receives, window_days) = (self.record.receives(), source.window_days);
        self.world.ledger.settle(&Write { key, envelope, attempt, receives, window_days, settlement }).await
    }
}
