//! One record, from the queue's message to its settlement.

mod done;

use std::time::Duration;

use futures_util::future::join_all;
use shell::clock;
use shell::log::{Level, line};
use webhook::backoff;
use webhook::destination::Destination;
use webhook::entity::Entity;
use webhook::envelope::{Envelope, EnvelopeError};
use webhook::ledger::{Attempt, Key, Over};
use webhook::letter::{DETAIL_BYTES_MAX, Letter, Reason};
use webhook::protocol::{Course, Effect, End, Rules, Step};
use webhook::sources::{self, Source};

use crate::act::{Acting, NoEffect, act};
use crate::bodies::Bodies;
use crate::event::Record;
use crate::handle::{Event, ExtraWrite, Failure, Handled};
use crate::keep::keep;
use crate::ledger::{Ledger, LedgerError, Mark, Write};
use crate::limits::{Limits, tries};
use crate::outside::Outside;
use crate::prepare::{Prepared, Wanted, prepare};
use crate::queue::Queues;
use done::Done;

/// A destination that has waited as long as it may says so itself, before it is cut off: it knows for what it waited.
const LAST_WORD: Duration = Duration::from_millis(20);

/// All that a record meets.
pub struct World {
    /// The sources that this worker knows.
    pub sources: Vec<Source>,
    /// Where bodies lie for which a message has no room.
    pub bodies: Bodies,
    /// Where rows are written, and with them effects that lie in DynamoDB.
    pub ledger: Ledger,
    /// Where messages come from and letters go to.
    pub queues: Queues,
    /// The endpoints and buses to which effects go that lie outside.
    pub outside: Outside,
    /// Runs the programs of sources.
    #[cfg(feature = "jq")]
    pub jq: jq::Jq,
    /// When an event is given up.
    pub limits: Limits,
}

/// Until when a record may be worked on.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// When the invocation wants to reply, Unix time in milliseconds.
    pub stop_ms: u64,
    /// When Lambda ends the invocation, and with it every lease that it took. Unix time in milliseconds.
    pub deadline_ms: u64,
}

/// How a record ended at one destination, and more on that for the log and the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The destination's name; `None` where the event could not be told, and so none was tried.
    pub destination: Option<String>,
    /// How it ended.
    pub end: End,
    /// Why, never with a value of the payload; empty where there is nothing to say.
    pub detail: String,
    /// How long it wants to wait at least.
    pub retry_after: Option<Duration>,
    /// In how many places its payload has what its contract does not know.
    pub drift: usize,
}

impl Ended {
    fn of(end: End, detail: String) -> Self {
        Ended { destination: None, end, detail, retry_after: None, drift: 0 }
    }

    /// Whether the message may be deleted from the queue.
    pub fn is_settled(&self) -> bool {
        self.end.acknowledges()
    }

    /// When a message that is not settled comes again, in seconds.
    pub fn delay_s(&self) -> Option<u32> {
        let asked_s = self.retry_after.map_or(0, |after| after.as_secs().min(backoff::CAP_S));
        let delay_s = match self.end {
            End::Backoff(tries) => u64::from(backoff::delay_s(tries, fastrand::u64(..))).max(asked_s),
            End::LeaseLost => u64::from(backoff::delay_s(1, fastrand::u64(..))),
            End::Busy(until_ms) => until_ms.saturating_sub(clock::now_ms()).div_ceil(1000).clamp(1, backoff::CAP_S),
            _ => return None,
        };
        u32::try_from(delay_s).ok()
    }
}

/// A letter that is durable while its row does not say so.
#[derive(serde::Serialize)]
struct NotMarked<'a> {
    level: Level,
    outcome: &'static str,
    message_id: &'a str,
    detail: &'a str,
}

/// One try to settle one record. It lives as long as the record is worked on.
struct Try<'a> {
    world: &'a World,
    record: &'a Record,
    /// A random token, chosen before the first call.
    owner: String,
    time: Time,
}

/// What commits with a mark or not at all.
#[derive(Clone, Copy)]
struct Along<'a> {
    with: &'a [ExtraWrite],
    entity: Option<&'a Entity>,
}

impl Along<'_> {
    const NOTHING: Along<'static> = Along { with: &[], entity: None };
}

/// An event that could be read, and one place where it takes effect.
struct Target<'a> {
    envelope: &'a Envelope<'a>,
    source: &'a Source,
    destination: &'a Destination,
    key: Key,
}

impl World {
    /// Settles one record at each of its destinations, or says why it must come again: it is settled when all of them
    /// are. There is at least one end.
    pub async fn settle<H>(
        &self,
        record: &Record,
        envelope: Result<&Envelope<'_>, &EnvelopeError>,
        time: Time,
        handle: &H,
    ) -> Vec<Ended>
    where
        H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
    {
        let owner = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let attempt = Try { world: self, record, owner, time };
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(error) => {
                let effect = match error {
                    EnvelopeError::Unreadable(_) => Effect::Never(Reason::EnvelopeUnreadable),
                    // A newer worker may know the version: a deployment is rolling.
                    EnvelopeError::Version(_) => Effect::NotNow(Reason::EnvelopeVersion),
                };
                return vec![attempt.without_row(effect, None, error.to_string()).await];
            }
        };
        let Some(source) = sources::by_name(&self.sources, &envelope.source) else {
            let detail = "this worker's sources.toml does not know the source".to_owned();
            return vec![attempt.without_row(Effect::NotNow(Reason::SourceUnknown), Some(envelope), detail).await];
        };
        let _room = self.bodies.room(envelope).await;
        let prepared = prepare(self, envelope, source).await;
        let prepared = keep(&self.ledger, record, envelope, source, prepared).await;
        // At once, because they have nothing to do with each other: one that does not answer takes no time from another.
        join_all(source.destinations.iter().map(async |destination| {
            let key = Key::new(&envelope.source, &envelope.identity, destination.name());
            let target = Target { envelope, source, destination, key };
            let (ended, drift) = match &prepared {
                Ok(Prepared::Filtered) => (attempt.filtered(&target).await, 0),
                Ok(Prepared::Wanted(wanted)) => (attempt.pursue(&target, Ok(wanted), handle).await, wanted.drift),
                Err(none) => (attempt.pursue(&target, Err(none), handle).await, 0),
            };
            Ended { destination: Some(destination.name().to_owned()), drift, ..ended }
        }))
        .await
    }
}

impl Try<'_> {
    /// Nothing is done with an event that its source does not want. Where a letter came back, the row still says that it
    /// is dead, and whoever looks for it there has to see what became of it.
    async fn filtered(&self, target: &Target<'_>) -> Ended {
        let mut ended = Ended::of(End::Filtered, String::new());
        if self.record.was_letter()
            && let Done::Failed(detail) | Done::Impossible(detail) =
                self.write(target, 1, Over::Dead, Mark::Filtered, Along::NOTHING).await
        {
            (ended.end, ended.detail) = (End::Backoff(tries(self.record)), detail);
        }
        ended
    }

    /// Takes the steps of a course to its end, of an event that is ready for its destination or that will have no effect.
    /// Every decision is the course's: this only does what it says.
    async fn pursue<H>(&self, target: &Target<'_>, prepared: Result<&Wanted, &NoEffect>, handle: &H) -> Ended
    where
        H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
    {
        let Target { source, destination, .. } = target;
        let rules = Rules {
            way: destination.way(),
            mode: source.identity,
            strict_ids: source.strict_ids,
            attempts_max: self.world.limits.attempts,
            receives_max: self.world.limits.receives,
        };
        let mut course = Course::begin(rules, self.record.receives()).tried(tries(self.record));
        let mut handled: Option<Handled> = None;
        let (mut detail, mut retry_after) = (String::new(), None);
        loop {
            let number = course.number();
            let done = match course.step() {
                Step::End(end) => return Ended { retry_after, ..Ended::of(end, detail) },
                Step::Claim => self.write(target, number, Over::Next, Mark::Claimed, Along::NOTHING).await,
                Step::Act => match self.act(target, prepared, number, handle).await {
                    Ok(ready) => {
                        handled = Some(ready);
                        Done::Acted(Effect::Ready)
                    }
                    Err(none) => {
                        (detail, retry_after) = (none.detail, none.retry_after);
                        Done::Acted(none.effect)
                    }
                },
                Step::Commit(over) => {
                    let mark = Mark::Done(handled.as_ref().and_then(|handled| kept(destination, handled)));
                    let with = handled.as_ref().map_or(&[][..], |handled| &handled.writes);
                    let entity = prepared.ok().and_then(|wanted| wanted.entity.as_ref());
                    self.write(target, number, over, mark, Along { with, entity }).await
                }
                Step::Supersede(over) => self.write(target, number, over, Mark::Superseded, Along::NOTHING).await,
                Step::Read(_) => self.read(target).await,
                Step::SendLetter(reason) => {
                    explain(reason, &mut detail);
                    self.send_letter(Some(target.envelope), Some(&target.key), reason, number, &detail).await
                }
                Step::MarkDead(reason) => {
                    let mark = Mark::Dead(reason, &detail);
                    let done = self.write(target, number, Over::OpenOrMine, mark, Along::NOTHING).await;
                    self.tell_if_not_marked(&done);
                    done
                }
                Step::Release(over) => self.write(target, number, over, Mark::Waiting(&detail), Along::NOTHING).await,
            };
            if let Done::Impossible(words) | Done::Failed(words) | Done::Refused(_, words) | Done::NoOrder(words) =
                &done
            {
                detail.clone_from(words);
            }
            course = course.after(&done.happened(), &self.attempt(target, course.number()));
        }
    }

    /// Makes a letter of a message whose event cannot be told, or leaves it for another worker.
    async fn without_row(&self, effect: Effect, envelope: Option<&Envelope<'_>>, detail: String) -> Ended {
        let receives = self.record.receives();
        let mut ended = Ended::of(End::Backoff(tries(self.record)), detail);
        if let Some(reason) = Course::without_row(effect, receives, self.world.limits.untold(self.record)) {
            match self.send_letter(envelope, None, reason, receives, &ended.detail).await {
                Done::Succeeded => ended.end = End::Dead(reason),
                Done::Failed(error) => ended.detail = error,
                _ => {}
            }
        }
        ended
    }

    /// The handler gets three quarters of the time that is left: the rest is for settling, so that an event whose
    /// handler never ends is exhausted like any other, and its time is over before its lease is.
    async fn act<H>(
        &self,
        target: &Target<'_>,
        prepared: Result<&Wanted, &NoEffect>,
        attempt: u32,
        handle: &H,
    ) -> Result<Handled, NoEffect>
    where
        H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
    {
        let payload = &*prepared.map_err(Clone::clone)?.payload;
        let Target { envelope, source, destination, key } = target;
        let left = Duration::from_millis(self.time.stop_ms.saturating_sub(clock::now_ms())) * 3 / 4;
        if left.is_zero() {
            return Err(NoEffect::not_now("no time was left to act", None));
        }
        let lease_until_ms = self.time.deadline_ms;
        let stop_ms = clock::now_ms().saturating_add(u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
        let acting = Acting { envelope, source, destination, payload, key: &key.pk, attempt, stop_ms, lease_until_ms };
        let acted = tokio::time::timeout(left + LAST_WORD, act(acting, &self.world.outside, handle)).await;
        acted.unwrap_or_else(|_| Err(NoEffect::not_now("the handler did not end in its time", None)))
    }

    async fn read(&self, target: &Target<'_>) -> Done {
        match self.world.ledger.read(&target.key).await {
            Ok(row) => Done::Found(row),
            Err(error) => Done::Failed(error.to_string()),
        }
    }

    async fn write(&self, target: &Target<'_>, number: u32, over: Over, mark: Mark<'_>, along: Along<'_>) -> Done {
        let Target { key, envelope, source, .. } = target;
        let attempt = self.attempt(target, number);
        let Along { with, entity } = along;
        let write = Write { key, envelope, attempt, over, window_days: source.window_days, mark, with, entity };
        match self.world.ledger.write(&write).await {
            Ok(()) => Done::Succeeded,
            Err(LedgerError::NotOpen(row)) => Done::NotOpen(row),
            Err(error @ LedgerError::HandlerRefused(place)) => match with.get(place).map(|extra| extra.refused) {
                Some(refused) => Done::Refused(refused, error.to_string()),
                None => Done::Failed(error.to_string()),
            },
            Err(LedgerError::NotNewest) => Done::NotNewest,
            Err(error @ LedgerError::OtherOrder { .. }) => Done::NoOrder(error.to_string()),
            Err(error @ LedgerError::Invalid(_)) => Done::Impossible(error.to_string()),
            Err(error @ LedgerError::Unavailable(_)) => Done::Failed(error.to_string()),
        }
    }

    /// Makes a letter durable in the dead-letter queue.
    async fn send_letter(
        &self,
        envelope: Option<&Envelope<'_>>,
        key: Option<&Key>,
        reason: Reason,
        attempts: u32,
        detail: &str,
    ) -> Done {
        let Some(body) = self.record.body.as_deref().filter(|body| !body.is_empty()) else {
            // SQS takes no empty letter: its own redrive will move the message.
            return Done::Failed("the message has no body".to_owned());
        };
        let letter = Letter {
            reason,
            detail,
            event: envelope.map(|envelope| (&*envelope.source, &*envelope.identity)),
            destination: key.map(|key| key.sk.as_str()),
            group: self.record.fifo_group(),
            attempts,
            first_received_ms: self.record.sent_at_ms(),
            died_at_ms: clock::now_ms(),
        };
        let message_id = self.record.message_id.as_deref().unwrap_or(&self.owner);
        match self.world.queues.send_letter(message_id, body, &letter).await {
            Ok(()) => Done::Succeeded,
            Err(error) => Done::Failed(error.to_string()),
        }
    }

    /// A mark that is missing costs no more than a second letter, but somebody may want to know.
    fn tell_if_not_marked(&self, done: &Done) {
        if let Done::Failed(detail) | Done::Impossible(detail) = done {
            let message_id = self.record.message_id.as_deref().unwrap_or("");
            line(&NotMarked { level: Level::Warn, outcome: "not_marked_dead", message_id, detail });
        }
    }

    fn attempt<'t>(&'t self, target: &Target<'t>, number: u32) -> Attempt<'t> {
        Attempt {
            owner: &self.owner,
            message_id: self.record.message_id.as_deref().unwrap_or(&self.owner),
            body_sha256: &target.envelope.body_sha256,
            number,
            lease_until_ms: self.time.deadline_ms,
            now_ms: clock::now_ms(),
        }
    }
}

/// What a row keeps of a result: one that was posted lies where it was posted to.
fn kept<'h>(destination: &Destination, handled: &'h Handled) -> Option<&'h str> {
    match destination {
        Destination::Table | Destination::Handler => Some(handled.result.get()),
        Destination::Https(_) | Destination::EventBridge(_) => None,
    }
}

/// The words for a letter: short enough for an attribute, and there where the course found the reason by itself.
fn explain(reason: Reason, detail: &mut String) {
    match reason {
        Reason::IdConflict => "done before with another body under the same id".clone_into(detail),
        Reason::AttemptsExhausted if detail.is_empty() => "its attempts did not live to say why".clone_into(detail),
        _ => {}
    }
    detail.truncate(detail.floor_char_boundary(DETAIL_BYTES_MAX));
}
