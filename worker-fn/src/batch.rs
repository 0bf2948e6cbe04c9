//! A batch: each record on its own, several at once, within the time that is left.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use serde_json::value::RawValue;
use shell::clock;
use shell::log::{Level, brief, line};
use webhook::envelope::{Envelope, EnvelopeError};
use webhook::protocol::End;

use crate::event::{BatchReply, ItemFailure, Record, SqsEvent};
use crate::handle::{Event, Failure};
use crate::record::{Ended, World};
use crate::report::{EventName, Report};

/// How many records are worked on at once.
pub const CONCURRENCY: usize = 10;
/// What is kept of the time that Lambda grants, to reply in.
const RESERVE_MS: u64 = 500;

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
    H: AsyncFn(&Event<'_>) -> Result<Box<RawValue>, Failure>,
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
    H: AsyncFn(&Event<'_>) -> Result<Box<RawValue>, Failure>,
{
    let records: Vec<Record> = event.records.iter().map(|raw| read(raw)).collect();
    let stop_ms = deadline_ms.saturating_sub(RESERVE_MS);
    let failed: Vec<Option<&str>> = stream::iter(&records)
        .map(|record| async move { (!settled(world, record, stop_ms, handle).await).then_some(record) })
        .buffer_unordered(CONCURRENCY)
        .filter_map(|failed| async move { failed.map(|record| record.message_id.as_deref()) })
        .collect()
        .await;
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

/// Works on one record until it is settled, or until the time is up, and tells the log which.
async fn settled<H>(world: &World, record: &Record, stop_ms: u64, handle: &H) -> bool
where
    H: AsyncFn(&Event<'_>) -> Result<Box<RawValue>, Failure>,
{
    let started_ms = clock::now_ms();
    let envelope = Envelope::open(record.body.as_deref().unwrap_or(""));
    let left = Duration::from_millis(stop_ms.saturating_sub(started_ms));
    let work = world.settle(record, envelope.as_ref(), left, handle);
    let ended = if left.is_zero() {
        Err("not reached before the deadline")
    } else {
        match tokio::time::timeout(left, AssertUnwindSafe(work).catch_unwind()).await {
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(_)) => Err("a panic of the worker's own, the log says where"),
            Err(_) => Err("not finished before the deadline"),
        }
    };
    let delay_s = ended.as_ref().ok().and_then(|ended| ended.delay_s(record.receives()));
    tell(record, envelope.as_ref(), &ended, delay_s, started_ms);
    if let Some(delay_s) = delay_s {
        delay(world, record, delay_s, stop_ms).await;
    }
    ended.is_ok_and(|ended| ended.is_settled())
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

/// Tells the log how a record ended; an error is one that was cut off before it did.
fn tell(
    record: &Record,
    envelope: Result<&Envelope<'_>, &EnvelopeError>,
    ended: &Result<Ended, &str>,
    again_in_s: Option<u32>,
    started_ms: u64,
) {
    let now_ms = clock::now_ms();
    let detail = ended.as_ref().map_or_else(|cut_off| *cut_off, |ended| ended.detail.as_str());
    let (level, outcome, reason) = match ended.as_ref().map(|ended| ended.end) {
        Ok(End::Done) => (Level::Info, "done", None),
        Ok(End::Duplicate { same_body: true }) => (Level::Info, "duplicate", None),
        Ok(End::Duplicate { same_body: false }) => (Level::Warn, "id_conflict", None),
        Ok(End::LetterSent) => (Level::Info, "letter_sent_before", None),
        Ok(End::Dead(reason)) => (Level::Error, "dead", Some(reason.name())),
        Ok(End::Backoff | End::Busy(_)) | Err(_) => (Level::Warn, "retried", None),
    };
    let report = Report {
        level,
        outcome,
        message_id: record.message_id.as_deref().unwrap_or(""),
        receives: record.receives(),
        event: envelope.map(EventName::of).unwrap_or_default(),
        reason,
        detail: Some(brief(detail)).filter(|detail| !detail.is_empty()),
        again_in_s,
        age_ms: envelope.ok().map(|envelope| now_ms.saturating_sub(envelope.received_at_ms)),
        ms: now_ms.saturating_sub(started_ms),
    };
    report.write();
}
