//! Which deliveries are the same event.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::field::Field;
use crate::provider::{Batch, Provider};
use crate::verify::Verified;

/// What makes two deliveries the same event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The provider's event id. Where it lies in an unsigned header, whoever captured a signed request can
    /// send its body again under a fresh id; only [`Mode::Body`] closes that, for as long as the window.
    Id,
    /// The SHA-256 of what the signature covers of the body: two genuine events with equal bodies are one.
    Body,
    /// Both together: the same id with another body is another event.
    IdAndBody,
    /// Nothing: each delivery that is accepted is an event of its own. For providers without an id whose genuine
    /// bodies repeat ("folder 7 changed"): they would rather be acted on twice than swallowed.
    Delivery,
}

/// Who an event is, read once at the door and carried with it from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The key of the event's effects: equal for deliveries of the same event.
    pub identity: String,
    /// The provider's id of the event, where it has one.
    pub event_id: Option<String>,
    /// The provider's name for the kind of event, where it has one.
    pub event_type: Option<String>,
    /// SHA-256 of the body, in hex.
    pub body_sha256: String,
}

/// SHA-256 of a body, in hex.
pub fn body_sha256(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

impl Identity {
    /// Reads a verified delivery's identity.
    ///
    /// A delivery without a readable id, because its body is not JSON or the header is gone, is known by its
    /// body's hash: it was verified, so it is let in, and the worker says what is wrong with it. `request_id` is API
    /// Gateway's, which is another one for each request.
    pub fn of(provider: &Provider, mode: Mode, delivery: &Verified<'_>, request_id: &str) -> Self {
        let event = &delivery.event();
        let event_id = Field::first_of(provider.id, event).map(|id| id.into_owned());
        let body_sha256 = body_sha256(delivery.request().body);
        let signed_sha256 = || delivery.signed_sha256();
        let identity = match (&event_id, mode) {
            (_, Mode::Delivery) if !request_id.is_empty() => format!("delivery:{request_id}"),
            (Some(id), Mode::Id) => id.clone(),
            (Some(id), Mode::IdAndBody) => format!("{id}+sha256:{}", signed_sha256()),
            (None, _) | (_, Mode::Body | Mode::Delivery) => format!("sha256:{}", signed_sha256()),
        };
        let event_type = Field::first_of(provider.event_type, event).map(|kind| kind.into_owned());
        Identity { identity, event_id, event_type, body_sha256 }
    }

    /// Reads the identity of one event of a batch. `whole` is the identity of the delivery, `index` the event's place.
    ///
    /// An event that says no id is known by its place in the delivery, so that two equal ones stay two.
    pub fn of_item(batch: &Batch, mode: Mode, item: &Verified<'_>, whole: &Identity, index: usize) -> Self {
        let request = item.request();
        let event_id = Field::first_of(batch.id, request).map(|id| id.into_owned());
        let identity = match (&event_id, mode) {
            (Some(id), Mode::Id) => id.clone(),
            (Some(id), Mode::IdAndBody) => format!("{id}+sha256:{}", item.signed_sha256()),
            (_, Mode::Body) => format!("sha256:{}", item.signed_sha256()),
            (None, _) | (_, Mode::Delivery) => format!("{}#{index}", whole.identity),
        };
        let event_type = Field::first_of(batch.event_type, request).map(|kind| kind.into_owned());
        let event_type = event_type.or_else(|| whole.event_type.clone());
        Identity { identity, event_id, event_type, body_sha256: body_sha256(request.body) }
    }
}
