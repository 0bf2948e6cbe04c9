//! One record, from the queue's message to its settlement.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::value::RawValue;
use shell::clock;
use shell::log::{Level, line};
use webhook::envelope::{Envelope, EnvelopeError};
use webhook::ledger::{Attempt, Key, Row};
use webhook::letter::{DETAIL_BYTES_MAX, Letter, Reason};
use webhook::protocol::{Course, Effect, End, Goal, Happened, Ids, Step};
use webhook::sources::{self, Source};
use webhook::{backoff, payload};

use crate::event::Record;
use crate::handle::{Event, Failure};
use crate::ledger::{Ledger, LedgerError, Settlement, Write};
use crate::queue::Queues;

/// DynamoDB takes items of 400 KB; the rest of the row needs some of it.
const RESULT_BYTES_MAX: usize = 380 * 1024;

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

/// How a record ended, and more on that for the log and the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub end: End,
    /// Why, never with a value of the payload; empty where there is nothing to say.
    pub detail: String,
}

impl Ended {
    /// Whether the message may be deleted from the queue.
    pub fn is_settled(&self) -> bool {
        self.end.acknowledges()
    }

    /// When a message that is not settled comes again, in seconds.
    pub fn delay_s(&self, receives: u32) -> Option<u32> {
        match self.end {
            End::Backoff => Some(backoff::delay_s(receives, fastrand::u64(..))),
            End::Busy(until_ms) => {
                let wait_s = until_ms.saturating_sub(clock::now_ms()).div_ceil(1000).clamp(1, backoff::CAP_S);
                u32::try_from(wait_s).ok()
            }
            _ => None,
        }
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
    target: Option<Target<'a>>,
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
    ) -> Ended
    where
        H: AsyncFn(&Event<'_>) -> Result<Box<RawValue>, Failure>,
    {
        let owner = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let mut attempt = Try { world: self, record, envelope: envelope.ok(), target: None, owner };
        let goal = |effect| Goal::after(effect, record.receives(), self.attempts_max);
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(error) => {
                let effect = match error {
                    EnvelopeError::Unreadable(_) => Effect::Never(Reason::EnvelopeUnreadable),
                    // A newer worker may know the version: a deployment is rolling.
                    EnvelopeError::Version(_) => Effect::NotNow(Reason::EnvelopeVersion),
                };
                return attempt.pursue(Course::without_row(goal(effect)), "", error.to_string()).await;
            }
        };
        let Some(source) = sources::by_name(&self.sources, &envelope.source) else {
            let course = Course::without_row(goal(Effect::NotNow(Reason::SourceUnknown)));
            return attempt.pursue(course, "", "this worker's sources.toml does not know the source".to_owned()).await;
        };
        let key = Key::new(&envelope.source, &envelope.identity, source.destination.name());
        attempt.target = Some(Target { envelope, source, key });
        let ids = Ids { mode: source.identity, strict: source.strict_ids };
        let effect = tokio::time::timeout(left * 3 / 4, effect(envelope, source, handle)).await;
        match effect.unwrap_or_else(|_| Err(NoEffect::not_now("the handler did not end in its time"))) {
            Ok(result) => attempt.pursue(Course::begin(goal(Effect::Ready), ids), result.get(), String::new()).await,
            Err(NoEffect { effect, detail }) => attempt.pursue(Course::begin(goal(effect), ids), "", detail).await,
        }
    }
}

/// Why an event has no effect.
struct NoEffect {
    effect: Effect,
    detail: String,
}

impl NoEffect {
    fn never(reason: Reason, detail: impl ToString) -> Self {
        NoEffect { effect: Effect::Never(reason), detail: detail.to_string() }
    }

    fn not_now(detail: impl ToString) -> Self {
        NoEffect { effect: Effect::NotNow(Reason::AttemptsExhausted), detail: detail.to_string() }
    }
}

/// Reads the payload, holds it against its contract and runs the handler. A panic of the handler ends this event
/// and no other.
async fn effect<H>(envelope: &Envelope<'_>, source: &Source, handle: &H) -> Result<Box<RawValue>, NoEffect>
where
    H: AsyncFn(&Event<'_>) -> Result<Box<RawValue>, Failure>,
{
    let body = envelope.raw_body().map_err(|error| NoEffect::never(Reason::EnvelopeUnreadable, error))?;
    let payload = payload::read(envelope, &body).map_err(|error| NoEffect::never(Reason::ContractViolated, error))?;
    #[cfg(feature = "contract")]
    if let Some(path) = &source.contract {
        // A contract that cannot be compiled is the build's mistake: the event waits for another one.
        let contract = crate::contract::at(path).map_err(|broken| NoEffect::not_now(format!("{path}: {broken}")))?;
        contract.check(&payload).map_err(|violated| NoEffect::never(Reason::ContractViolated, violated))?;
    }
    let event = Event {
        source: &source.name,
        provider: &envelope.provider,
        id: envelope.event_id.as_deref(),
        kind: envelope.event_type.as_deref(),
        received_at_ms: envelope.received_at_ms,
        query: envelope.query.as_deref(),
        headers: envelope.headers.iter().map(|(name, value)| (&**name, &**value)).collect(),
        payload: &payload,
    };
    match AssertUnwindSafe(handle(&event)).catch_unwind().await {
        Ok(Ok(result)) if result.get().len() > RESULT_BYTES_MAX => {
            let detail = format!("{} bytes, an item takes {RESULT_BYTES_MAX}", result.get().len());
            Err(NoEffect::never(Reason::ResultTooLarge, detail))
        }
        Ok(Ok(result)) => Ok(result),
        Ok(Err(Failure::Reject(detail))) => Err(NoEffect::never(Reason::HandlerRejected, detail)),
        Ok(Err(Failure::Retry(detail))) => Err(NoEffect::not_now(detail)),
        Err(_) => Err(NoEffect::never(Reason::HandlerPanicked, "the log says where")),
    }
}

impl Try<'_> {
    /// Takes the steps of a course to its end. Every decision is the course's: this only does what it says.
    async fn pursue(&self, mut course: Course, result: &str, mut detail: String) -> Ended {
        loop {
            let attempt = self.attempt();
            let done = match course.step() {
                Step::End(end) => return Ended { end, detail },
                Step::Commit => self.write(attempt, Settlement::Done(result)).await,
                Step::MarkDead(reason) => self.write(attempt, Settlement::Dead(reason, &detail)).await,
                Step::Read(_) => self.read().await,
                Step::SendLetter(reason) => self.send_letter(reason, &mut detail).await,
            };
            if let (Step::MarkDead(_), Done::Failed(error)) = (course.step(), &done) {
                let (level, outcome, detail) = (Level::Warn, "not_marked_dead", error.clone());
                line(&NotMarked { level, outcome, message_id: attempt.message_id, detail });
            }
            course = course.after(&done.happened(&mut detail), &attempt);
        }
    }

    async fn read(&self) -> Done {
        let Some(target) = &self.target else { return Done::Found(None) };
        match self.world.ledger.read(&target.key).await {
            Ok(row) => Done::Found(row),
            Err(error) => Done::Failed(error.to_string()),
        }
    }

    async fn write(&self, attempt: Attempt<'_>, settlement: Settlement<'_>) -> Done {
        let Some(Target { key, envelope, source }) = &self.target else {
            return Done::Failed("there is no row to write".to_owned());
        };
        let (receives, window_days) = (self.record.receives(), source.window_days);
        let write = Write { key, envelope, attempt, receives, window_days, settlement };
        match self.world.ledger.settle(&write).await {
            Ok(()) => Done::Succeeded,
            Err(LedgerError::NotOpen(row)) => Done::NotOpen(row),
            Err(error @ LedgerError::Invalid(_)) => Done::Impossible(error.to_string()),
            Err(error @ LedgerError::Unavailable(_)) => Done::Failed(error.to_string()),
        }
    }

    /// Makes a letter durable in the dead-letter queue.
    async fn send_letter(&self, reason: Reason, detail: &mut String) -> Done {
        let Some(body) = self.record.body.as_deref().filter(|body| !body.is_empty()) else {
            // SQS takes no empty letter: its own redrive will move the message.
            return Done::Failed("the message has no body".to_owned());
        };
        if reason == Reason::IdConflict {
            "done before with another body under the same id".clone_into(detail);
        }
        detail.truncate(detail.floor_char_boundary(DETAIL_BYTES_MAX));
        let letter = Letter {
            reason,
            detail,
            event: self.envelope.map(|envelope| (&*envelope.source, &*envelope.identity)),
            destination: self.target.as_ref().map(|target| target.key.sk.as_str()),
            attempts: self.record.receives(),
            first_received_ms: self.record.sent_at_ms(),
            died_at_ms: clock::now_ms(),
        };
        match self.world.queues.send_letter(body, &letter).await {
            Ok(()) => Done::Succeeded,
            Err(error) => Done::Failed(error.to_string()),
        }
    }

    fn attempt(&self) -> Attempt<'_> {
        Attempt {
            owner: &self.owner,
            message_id: self.record.message_id.as_deref().unwrap_or(&self.owner),
            body_sha256: self.envelope.map_or("", |envelope| &envelope.body_sha256),
            now_ms: clock::now_ms(),
        }
    }
}

/// What a step led to, with the words for it.
enum Done {
    Succeeded,
    NotOpen(Box<Row>),
    Found(Option<Row>),
    Impossible(String),
    Failed(String),
}

impl Done {
    /// In the terms of the protocol; what went wrong becomes the detail.
    fn happened(&self, detail: &mut String) -> Happened<'_> {
        match self {
            Done::Succeeded => Happened::Succeeded,
            Done::NotOpen(row) => Happened::NotOpen(row),
            Done::Found(row) => Happened::Found(row.as_ref()),
            Done::Impossible(error) => {
                detail.clone_from(error);
                Happened::Impossible
            }
            Done::Failed(error) => {
                detail.clone_from(error);
                Happened::Failed
            }
        }
    }
}
