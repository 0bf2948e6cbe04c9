//! A batch: each event on its own, several at once, within the time that is left.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use serde_json::value::RawValue;
use shell::clock;
use shell::log::{Level, brief, line};
use shell::metrics::{Metric, Metrics};
use webhook::envelope::{Envelope, EnvelopeError};
use webhook::protocol::End;
use webhook::sources;

use crate::event::{BatchReply, ItemFailure, Record, SqsEvent};
use crate::handle::{Event, Failure, Handled};
use crate::record::{Ended, Time, World};
use crate::report::{EventName, Report};

/// How many events are worked on at once.
pub const CONCURRENCY: usize = 10;
/// What is kept of the time that Lambda grants, to reply in.
const RESERVE_MS: u64 = 500;
/// What of the reserve a record may still have when its time is up: an effect that has happened outside is better
/// marked than repeated. Nothing is acted on in it.
const LAST_CALL: Duration = Duration::from_millis(150);

/// A batch that must come again as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// What Lambda handed over is no SQS event.
    #[error("not an SQS event: line {line} column {column}")]
    NotSqs {
        /// The line of the mistake, counted from 1.
        line: usize,
        /// The column of the mistake, counted from 1.
        column: usize,
    },
    /// A reply that left a failure out would delete its message.
    #[error("{0} records failed and have no message id to report, so the whole batch comes again")]
    Unreportable(usize),
}

/// Works off what Lambda handed over. An error is told to the log, because Lambda's own words of it are lost.
///
/// # Errors
/// [`BatchError`], after which Lambda lets the whole batch come again.
pub async fn answer<H>(world: &World, event: &str, deadline_ms: u64, handle: &H) -> Result<BatchReply, BatchError>
where
    H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
{
    let answered = match serde_json::from_str::<SqsEvent>(event) {
        Ok(event) => work(world, &event, deadline_ms, handle).await,
        Err(error) => Err(BatchError::NotSqs { line: error.line(), column: error.column() }),
    };
    if let Err(error) = &answered {
        line(&Trouble { level: Level::Error, outcome: "batch_failed", message_id: "", detail: error.to_string() });
    }
    answered
}

/// Works a batch off and names every record that did not settle.
///
/// `deadline_ms` is when Lambda ends the invocation, Unix time in milliseconds. Whatever was not reached or not
/// finished shortly before it is a failure; its work is dropped, so that nothing thaws with the sandbox later.
///
/// # Errors
/// [`BatchError::Unreportable`] when a failure cannot be named.
pub async fn work<H>(world: &World, event: &SqsEvent, deadline_ms: u64, handle: &H) -> Result<BatchReply, BatchError>
where
    H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
{
    let records: Vec<Record> = event.records.iter().map(|raw| read(raw)).collect();
    let opened: Vec<Opened<'_>> = records.iter().map(Opened::of).collect();
    let time = Time { stop_ms: deadline_ms.saturating_sub(RESERVE_MS), deadline_ms };
    let half_ms = clock::now_ms().midpoint(time.stop_ms);
    let failed: Vec<Vec<Option<&str>>> = stream::iter(sequences(&opened))
        .map(|sequence| in_sequence(world, sequence, time, half_ms, handle))
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let failed: Vec<Option<&str>> = failed.into_iter().flatten().collect();
    let named: Vec<&str> = failed.iter().copied().flatten().filter(|id| !id.is_empty()).collect();
    if named.len() < failed.len() {
        return Err(BatchError::Unreportable(failed.len() - named.len()));
    }
    let item = |id: &str| ItemFailure { item_identifier: id.to_owned() };
    Ok(BatchReply { batch_item_failures: named.into_iter().map(item).collect() })
}

/// Reads a record; one that is not what SQS sends is read as far as its message id.
fn read(raw: &RawValue) -> Record {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        message_id: String,
    }
    serde_json::from_str(raw.get()).unwrap_or_else(|_| {
        let named: Option<Named> = serde_json::from_str(raw.get()).ok();
        Record { message_id: named.map(|named| named.message_id), ..Record::default() }
    })
}

/// A record, and the message that it carries.
struct Opened<'r> {
    record: &'r Record,
    envelope: Result<Envelope<'r>, EnvelopeError>,
}

impl<'r> Opened<'r> {
    fn of(record: &'r Record) -> Self {
        Opened { record, envelope: Envelope::open(record.body.as_deref().unwrap_or("")) }
    }
}

/// The records that are worked on one after the other: those of a message group of a FIFO queue, which come in its
/// order, and those of one event, which would only wait for each other's lease at once.
fn sequences<'a, 'r>(opened: &'a [Opened<'r>]) -> Vec<Vec<&'a Opened<'r>>> {
    let mut sequences: Vec<Vec<&Opened<'_>>> = Vec::new();
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for opened in opened {
        // No batch has records of both kinds: it is of one queue.
        let key = match (opened.record.fifo_group(), &opened.envelope) {
            (Some(group), _) => (group, ""),
            (None, Ok(envelope)) => (&*envelope.source, &*envelope.identity),
            (None, Err(_)) => {
                sequences.push(vec![opened]);
                continue;
            }
        };
        let place = *known.entry(key).or_insert(sequences.len());
        match sequences.get_mut(place) {
            Some(sequence) => sequence.push(opened),
            None => sequences.push(vec![opened]),
        }
    }
    sequences
}

/// Works on records one after the other, and returns the message ids of those that did not settle. What a FIFO queue has
/// behind one of these is not tried: it comes again with it, in the same order. Nor is one begun there once half of the
/// time is gone, because its effect outside might not end in the rest, and would be repeated: it comes again soon.
async fn in_sequence<'r, H>(
    world: &World,
    sequence: Vec<&'r Opened<'_>>,
    time: Time,
    half_ms: u64,
    handle: &H,
) -> Vec<Option<&'r str>>
where
    H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
{
    let mut failed = Vec::new();
    let mut left = &*sequence;
    while let Some((opened, behind)) = left.split_first() {
        let is_fifo = opened.record.fifo_group().is_some();
        // The first is begun in any case, so that every invocation brings its groups further.
        if is_fifo && left.len() < sequence.len() && clock::now_ms() > half_ms {
            failed.extend(wait_untried(world, left, "those before it took half of the time", Some(1), time).await);
            break;
        }
        left = behind;
        let Err(again_in_s) = settle(world, opened, time, handle).await else { continue };
        failed.push(opened.record.message_id.as_deref());
        if is_fifo {
            let why = "one before it in its message group did not settle";
            failed.extend(wait_untried(world, behind, why, again_in_s, time).await);
            break;
        }
    }
    failed
}

/// Lets records wait, all for the same time, and returns their message ids. SQS hands out nothing of a group of which a
/// message is hidden, so that the one that is hidden longest would hold all of them back.
async fn wait_untried<'r>(
    world: &World,
    untried: &[&'r Opened<'_>],
    why: &str,
    again_in_s: Option<u32>,
    time: Time,
) -> Vec<Option<&'r str>> {
    join_all(untried.iter().map(async |Opened { record, envelope }| {
        tell(world, record, envelope.as_ref(), Err(why), again_in_s, clock::now_ms());
        if let Some(delay_s) = again_in_s {
            delay(world, record, delay_s, time.stop_ms).await;
        }
        record.message_id.as_deref()
    }))
    .await
}

/// Works on one record until it is settled, or until the time is up, and tells the log which.
///
/// # Errors
/// When it comes again, in seconds, where it did not settle; `None` where that is left to the queue.
async fn settle<H>(world: &World, opened: &Opened<'_>, time: Time, handle: &H) -> Result<(), Option<u32>>
where
    H: AsyncFn(&Event<'_>) -> Result<Handled, Failure>,
{
    let Opened { record, envelope } = opened;
    let started_ms = clock::now_ms();
    let left = Duration::from_millis(time.stop_ms.saturating_sub(started_ms));
    let work = world.settle(record, envelope.as_ref(), time, handle);
    let mut work = pin!(AssertUnwindSafe(work).catch_unwind());
    let ended = if left.is_zero() {
        Err("not reached before the deadline")
    } else {
        let ended = match tokio::time::timeout(left, &mut work).await {
            Ok(ended) => Ok(ended),
            // Counted from now: whoever slept past its time still learns what has become of its lease.
            Err(_) => tokio::time::timeout(LAST_CALL, &mut work).await,
        };
        match ended {
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(_)) => Err("a panic of the worker's own, the log says where"),
            Err(_) => Err("not finished before the deadline"),
        }
    };
    let told = |ended, again_in_s| tell(world, record, envelope.as_ref(), ended, again_in_s, started_ms);
    let ends = match ended {
        Ok(ends) => ends,
        Err(cut_off) => {
            told(Err(cut_off), None);
            return Err(None);
        }
    };
    // The longest: no destination is asked again sooner than it wants to be.
    let delay_s = ends.iter().filter_map(Ended::delay_s).max();
    ends.iter().for_each(|ended| told(Ok(ended), delay_s.filter(|_| !ended.is_settled())));
    if let Some(delay_s) = delay_s {
        delay(world, record, delay_s, time.stop_ms).await;
    }
    if ends.iter().all(Ended::is_settled) { Ok(()) } else { Err(delay_s) }
}

/// Delays a record's next receive, if there is time left for that: without it the message comes again when its
/// visibility timeout ends, which is no harm.
async fn delay(world: &World, record: &Record, delay_s: u32, stop_ms: u64) {
    let Some(receipt_handle) = &record.receipt_handle else { return };
    let left = Duration::from_millis((stop_ms + RESERVE_MS / 2).saturating_sub(clock::now_ms()));
    let delayed = tokio::time::timeout(left, world.queues.delay(receipt_handle, delay_s)).await;
    let detail = match delayed {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no time left".to_owned(),
    };
    let message_id = record.message_id.as_deref().unwrap_or("");
    line(&Trouble { level: Level::Warn, outcome: "not_delayed", message_id, detail });
}

/// A line about something that is not a record's end.
#[derive(serde::Serialize)]
struct Trouble<'a> {
    level: Level,
    outcome: &'static str,
    message_id: &'a str,
    detail: String,
}

/// Tells the log how a record ended at a destination; an error is one that was cut off before it did.
fn tell(
    world: &World,
    record: &Record,
    envelope: Result<&Envelope<'_>, &EnvelopeError>,
    ended: Result<&Ended, &str>,
    again_in_s: Option<u32>,
    started_ms: u64,
) {
    let now_ms = clock::now_ms();
    // Whoever can write into the queue could name any source.
    let known = envelope.ok().and_then(|envelope| sources::by_name(&world.sources, &envelope.source));
    let known = known.map(|source| &*source.name);
    let detail = ended.map_or_else(|cut_off| cut_off, |ended| ended.detail.as_str());
    let (level, outcome, counted) = match ended.map(|ended| ended.end) {
        Ok(End::Done) => (Level::Info, "done", "Done"),
        Ok(End::Superseded) => (Level::Info, "superseded", "Superseded"),
        Ok(End::Filtered) => (Level::Info, "filtered", "Filtered"),
        Ok(End::Duplicate { same_body: true }) => (Level::Info, "duplicate", "Duplicates"),
        Ok(End::Duplicate { same_body: false }) => (Level::Warn, "id_conflict", "IdConflicts"),
        Ok(End::LetterSent) => (Level::Info, "letter_sent_before", "Duplicates"),
        Ok(End::Dead(_)) => (Level::Error, "dead", "Dead"),
        Ok(End::LeaseLost) => (Level::Error, "lease_lost", "LeasesLost"),
        Ok(End::Backoff(_) | End::Busy(_)) | Err(_) => (Level::Warn, "retried", "Retried"),
    };
    let reason = match ended.map(|ended| ended.end) {
        Ok(End::Dead(reason)) => Some(reason.name()),
        _ => None,
    };
    let age_ms = envelope.ok().map(|envelope| now_ms.saturating_sub(envelope.received_at_ms));
    let drift = ended.ok().map(|ended| ended.drift).filter(|drift| *drift > 0);
    let mut values = vec![Metric::count(counted, 1)];
    values.extend(drift.map(|_| Metric::count("Drift", 1)));
    // How old an event is when it is settled for good.
    values
        .extend(age_ms.filter(|_| matches!(outcome, "done" | "superseded" | "dead")).map(|ms| Metric::ms("AgeMs", ms)));
    let report = Report {
        level,
        outcome,
        message_id: record.message_id.as_deref().unwrap_or(""),
        receives: record.receives(),
        event: envelope.map(EventName::of).unwrap_or_default(),
        destination: ended.ok().and_then(|ended| ended.destination.as_deref()),
        reason,
        detail: Some(brief(detail)).filter(|detail| !detail.is_empty()),
        drift,
        again_in_s,
        age_ms,
        ms: now_ms.saturating_sub(started_ms),
        metrics: Metrics::of(known, reason, values),
    };
    report.write();
}
