//! The envelope, version 1: the contract between the two functions, and the only thing they share.
//!
//! `tests/golden/envelope-v1.json` never changes. A change of meaning is a new version beside this one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::identity::{Identity, body_sha256};
use crate::provider::Provider;
use crate::redact::{Redacted, Withheld};
use crate::verify::Verified;

/// The version that this code writes.
pub const VERSION: u64 = 1;

/// The largest envelope, in bytes: SQS takes 1 MiB with attributes counted, and a dead letter
/// needs room for its reasons.
pub const BYTES_MAX: usize = 1024 * 1024 - 8 * 1024;

/// One verified delivery on its way through the queue.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope<'a> {
    /// The version of this contract.
    pub v: u64,
    /// The name of the source in `sources.toml`.
    pub source: Cow<'a, str>,
    /// The provider's name.
    pub provider: Cow<'a, str>,
    /// What makes two deliveries the same event.
    pub identity: Cow<'a, str>,
    /// The provider's id of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Cow<'a, str>>,
    /// The provider's name for the kind of event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<Cow<'a, str>>,
    /// When API Gateway received the request, Unix time in milliseconds.
    pub received_at_ms: u64,
    /// API Gateway's id of the request.
    pub request_id: Cow<'a, str>,
    /// The content type of the body, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<Cow<'a, str>>,
    /// The query string of the URL, where the signature covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Cow<'a, str>>,
    /// The headers that the source, or else the provider's row, lets through, names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// The body, written as `encoding` says.
    pub body: Cow<'a, str>,
    /// How the body is written.
    pub encoding: BodyEncoding,
    /// SHA-256 of the raw body, in hex; of one that was redacted, of what is kept of it.
    pub body_sha256: Cow<'a, str>,
    /// Why nothing of the body is kept, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
}

/// How a body is written in an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyEncoding {
    /// As text.
    Utf8,
    /// As standard base64: bytes that are no text, or hold a character that SQS refuses.
    Base64,
}

/// Why a message is no envelope that this code can act on. Never shows a value of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not an envelope at all.
    #[error("{0}")]
    Unreadable(String),
    /// An envelope of a version that this code does not know; a newer worker may.
    #[error("envelope version {0}, this worker knows {VERSION}")]
    Version(u64),
}

impl<'a> Envelope<'a> {
    /// Puts a verified delivery into an envelope.
    pub fn seal(
        source: &'a str,
        provider: &'a Provider,
        delivery: &Verified<'a>,
        identity: &'a Identity,
        received_at_ms: u64,
        request_id: &'a str,
    ) -> Self {
        let request = *delivery.request();
        let carried = |name: &&'static str| request.header(name).map(|value| (Cow::Borrowed(*name), value.into()));
        let (body, encoding) = written(request.body);
        Envelope {
            v: VERSION,
            source: source.into(),
            provider: provider.name.into(),
            identity: identity.identity.as_str().into(),
            event_id: identity.event_id.as_deref().map(Cow::Borrowed),
            event_type: identity.event_type.as_deref().map(Cow::Borrowed),
            received_at_ms,
            request_id: request_id.into(),
            content_type: request.header("content-type").map(Cow::Borrowed),
            query: delivery.signed_query().map(Cow::Borrowed),
            headers: provider.headers.iter().filter_map(carried).collect(),
            body,
            encoding,
            body_sha256: identity.body_sha256.as_str().into(),
            withheld: None,
        }
    }

    /// The envelope with what is kept of its body in place of it.
    pub fn redacted(self, redacted: Redacted) -> Self {
        let (body, encoding) = written(&redacted.body);
        let body = Cow::Owned(body.into_owned());
        Envelope {
            body,
            encoding,
            body_sha256: body_sha256(&redacted.body).into(),
            withheld: redacted.withheld,
            ..self
        }
    }

    /// The message for the queue: JSON in which every character is one that SQS takes. A body that escapes would
    /// make too large for it goes as base64, which is never more than a third longer.
    pub fn to_message(&self) -> String {
        let message = self.to_json();
        if message.len() <= BYTES_MAX || self.encoding == BodyEncoding::Base64 {
            return message;
        }
        let body = STANDARD.encode(self.body.as_bytes());
        Envelope { body: body.into(), encoding: BodyEncoding::Base64, ..self.clone() }.to_json()
    }

    fn to_json(&self) -> String {
        // OK because every field is a string, a number or a map of strings.
        let json = serde_json::to_string(self).expect("an envelope is always JSON");
        // serde_json escapes control characters but not these two, which only strings can hold.
        if json.contains(['\u{fffe}', '\u{ffff}']) {
            return json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
        }
        json
    }

    /// Reads a message of the queue.
    ///
    /// # Errors
    /// [`EnvelopeError`], which tells a newer version from what is no envelope.
    pub fn open(message: &'a str) -> Result<Self, EnvelopeError> {
        #[derive(Deserialize)]
        struct Versioned {
            v: u64,
        }
        let Versioned { v } = serde_json::from_str(message).map_err(unreadable)?;
        if v != VERSION {
            return Err(EnvelopeError::Version(v));
        }
        serde_json::from_str(message).map_err(unreadable)
    }

    /// The raw body as the provider sent it.
    ///
    /// # Errors
    /// [`EnvelopeError::Unreadable`] when it is not written as `encoding` says, or is not the body whose
    /// hash the envelope carries.
    pub fn raw_body(&self) -> Result<Cow<'_, [u8]>, EnvelopeError> {
        let body = match self.encoding {
            BodyEncoding::Utf8 => Cow::Borrowed(self.body.as_bytes()),
            BodyEncoding::Base64 => {
                let bytes = STANDARD.decode(self.body.as_bytes());
                Cow::Owned(bytes.map_err(|_| EnvelopeError::Unreadable("the message's body is not base64".to_owned()))?)
            }
        };
        if body_sha256(&body) != self.body_sha256 {
            return Err(EnvelopeError::Unreadable(
                "the message's body is not the one that body_sha256 names".to_owned(),
            ));
        }
        Ok(body)
    }
}

impl std::fmt::Debug for Envelope<'_> {
    /// Names the event and shows nothing of its body or headers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope")
            .field("source", &self.source)
            .field("identity", &self.identity)
            .field("body_sha256", &self.body_sha256)
            .finish_non_exhaustive()
    }
}

/// How a body is written.
fn written(body: &[u8]) -> (Cow<'_, str>, BodyEncoding) {
    match std::str::from_utf8(body) {
        Ok(text) if text.chars().all(sqs_takes) => (Cow::Borrowed(text), BodyEncoding::Utf8),
        _ => (Cow::Owned(STANDARD.encode(body)), BodyEncoding::Base64),
    }
}

/// Whether SQS takes a character, and JSON needs no escape that would hide it
/// (SendMessage: `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`).
fn sqs_takes(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => character >= ' ',
    }
}

/// Says where the message stops being an envelope. serde_json's own words may quote the payload.
fn unreadable(error: serde_json::Error) -> EnvelopeError {
    let what = match error.classify() {
        serde_json::error::Category::Data => "lacks a field or has one of another type",
        _ => "is not JSON",
    };
    EnvelopeError::Unreadable(format!("the message {what}: line {} column {}", error.line(), error.column()))
}
