//! Your code goes here: what an event does.
//!
//! [`handle`] is called for each event that is not settled yet, and what it returns is stored in the event's
//! row of the table by the same conditional write that marks the event done. That write happens once; the
//! handler may run more often (two workers, a retry), so it must do nothing else but compute.
//!
//! A handler of your own may look like this:
//!
//! ```
//! use serde_json::value::{RawValue, to_raw_value};
//! use worker_fn::handle::{Event, Failure};
//!
//! #[derive(serde::Deserialize)]
//! struct Invoice {
//!     amount: u64,
//! }
//!
//! async fn handle(event: &Event<'_>) -> Result<Box<RawValue>, Failure> {
//!     let kept = match (event.source, event.kind) {
//!         ("billing", Some("invoice.paid")) => to_raw_value(&event.json::<Invoice>()?.amount),
//!         _ => to_raw_value(&event.kind),
//!     };
//!     kept.map_err(|_| Failure::Reject("a result that is no JSON".to_owned()))
//! }
//! ```

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// One verified event.
pub struct Event<'a> {
    /// The name of its source in `sources.toml`.
    pub source: &'a str,
    /// The provider's name.
    pub provider: &'a str,
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
}

/// Says what an event leaves in the table: a JSON value, stored as text in the attribute `result`.
///
/// # Errors
/// [`Failure`] decides between a dead letter and another attempt.
pub async fn handle(event: &Event<'_>) -> Result<Box<RawValue>, Failure> {
    Ok(event.payload.to_owned())
}
