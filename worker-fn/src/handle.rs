//! Your code goes here: what an event does.
//!
//! [`handle`] is called for each event that is not settled yet. What it returns depends on the source's `destination`:
//!
//! - `table`: the result is stored in the event's row, by the same conditional write that marks the event done. That
//!   write happens once; the handler may run more often (two workers, a retry), so it must do nothing else but compute.
//!   Writes to other tables or items that it returns [`Handled::with`] it commit in the same transaction.
//! - `https://...`: the result is posted there, under a lease that keeps other workers away. The handler only computes.
//! - `eventbridge:BUS`: the same, and the result is an object: it becomes the event's detail.
//! - `handler`: the handler itself acts, under that lease. It may be repeated after a crash, with the same [`Event::key`]:
//!   hand that on as the idempotency key of whatever you call.
//!
//! A handler of your own may look like this:
//!
//! ```
//! use serde_json::value::to_raw_value;
//! use worker_fn::handle::{Event, Failure, Handled};
//!
//! #[derive(serde::Deserialize)]
//! struct Invoice {
//!     amount: u64,
//! }
//!
//! async fn handle(event: &Event<'_>) -> Result<Handled, Failure> {
//!     let kept = match (event.source, event.kind) {
//!         ("billing", Some("invoice.paid")) => to_raw_value(&event.json::<Invoice>()?.amount),
//!         _ => to_raw_value(&event.kind),
//!     };
//!     kept.map(Handled::from).map_err(|_| Failure::Reject("a result that is no JSON".to_owned()))
//! }
//! ```
//!
//! Writes to DynamoDB go with the result. This one keeps the newest event of each kind, and an older one that comes later is
//! done without an effect; the worker's role in `template.yaml` has to allow it:
//!
//! ```
//! use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
//! use worker_fn::handle::{Event, Failure, Handled, Refused};
//!
//! async fn handle(event: &Event<'_>) -> Result<Handled, Failure> {
//!     let received = AttributeValue::N(event.received_at_ms.to_string());
//!     let newest = Put::builder()
//!         .table_name("newest")
//!         .item("kind", AttributeValue::S(event.kind.unwrap_or("none").to_owned()))
//!         .item("received_at_ms", received.clone())
//!         .condition_expression("attribute_not_exists(kind) OR received_at_ms < :received")
//!         .expression_attribute_values(":received", received)
//!         .build()
//!         .map_err(|_| Failure::Reject("a write without its table or its item".to_owned()))?;
//!     let write = TransactWriteItem::builder().put(newest).build();
//!     Ok(Handled::from(event.payload.to_owned()).with(write, Refused::Superseded))
//! }
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// One verified event.
pub struct Event<'a> {
    /// The name of its source in `sources.toml`.
    pub source: &'a str,
    /// The name of the destination that it is handled for: a source with several has it handled once for each.
    pub destination: &'a str,
    /// The provider's name.
    pub provider: &'a str,
    /// What tells it from all other events, the same at each attempt: an idempotency key.
    pub key: &'a str,
    /// Which attempt it is, counted from 1; as far as is known where the destination is `table`.
    pub attempt: u32,
    /// The provider's id of the event, where it has one.
    pub id: Option<&'a str>,
    /// The provider's name for the kind of event, where it has one: `payment_intent.succeeded`.
    pub kind: Option<&'a str>,
    /// When API Gateway received it, Unix time in milliseconds.
    pub received_at_ms: u64,
    /// The query string of the URL, where the signature covers it.
    pub query: Option<&'a str>,
    /// The headers that the provider's row lets through, names in lower case.
    pub headers: BTreeMap<&'a str, &'a str>,
    /// The payload as it was sent but for white space around it, known to be JSON. A form is an object of its fields.
    pub payload: &'a RawValue,
}

impl Event<'_> {
    /// The payload as a type of yours. A payload that does not fit it is rejected.
    ///
    /// # Errors
    /// [`Failure::Reject`], naming the place but no value of the payload.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(self.payload.get()).map_err(|error| {
            let expected = std::any::type_name::<T>();
            let expected = expected.rsplit("::").next().unwrap_or(expected);
            Failure::Reject(format!("not a {expected}: line {} column {}", error.line(), error.column()))
        })
    }
}

impl std::fmt::Debug for Event<'_> {
    /// Names the event and shows nothing of its payload or headers: what is logged stays logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Event")
            .field("source", &self.source)
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What a handler makes of an event.
#[derive(Debug, Clone)]
pub struct Handled {
    /// A JSON value: kept in the row as text, or posted to the destination.
    pub result: Box<RawValue>,
    /// Writes to DynamoDB that commit in one transaction with the mark, at most 99.
    pub writes: Vec<ExtraWrite>,
}

/// A write to DynamoDB that commits with the mark, or not at all.
#[derive(Debug, Clone)]
pub struct ExtraWrite {
    /// The write. It may have a condition; it must not be to the event's own row.
    pub write: TransactWriteItem,
    /// What it means when its condition fails.
    pub refused: Refused,
}

/// What it means for an event when the condition of its handler's write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A newer event was there before: this one is done, without an effect.
    Superseded,
    /// It may hold another time: the event comes again, with backoff.
    Retry,
    /// It will never hold: dead letter, reason `destination_rejected`.
    Dead,
}

impl From<Box<RawValue>> for Handled {
    fn from(result: Box<RawValue>) -> Self {
        Handled { result, writes: Vec::new() }
    }
}

impl Handled {
    /// Adds a write that commits with the mark.
    #[must_use]
    pub fn with(mut self, write: TransactWriteItem, refused: Refused) -> Self {
        self.writes.push(ExtraWrite { write, refused });
        self
    }
}

/// Why an event has no effect. The text goes to the log and the dead letter: say what is wrong in your own
/// words, never with a value of the payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It will never have one: dead letter, reason `handler_rejected`.
    #[error("{0}")]
    Reject(String),
    /// It may have one later: it comes again, with backoff, until its attempts are exhausted.
    #[error("{0}")]
    Retry(String),
    /// It may have one later, and not before this time has passed; more than 15 minutes are 15 minutes.
    #[error("{0}")]
    RetryAfter(String, Duration),
}

/// Says what an event does; here: its payload is what the destination gets.
///
/// # Errors
/// [`Failure`] decides between a dead letter and another attempt.
pub async fn handle(event: &Event<'_>) -> Result<Handled, Failure> {
    Ok(event.payload.to_owned().into())
}
