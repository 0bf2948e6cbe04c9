//! The envelope: the contract between the two functions, and the only thing they share.
//!
//! Version 1 holds a body as it is; version 2 holds one that is compressed, or says where it lies. A worker that knows
//! version 1 alone leaves the others for a newer one, so each message carries the oldest version that can say it.
//! The files in `tests/golden` never change. A change of meaning is a new version beside these.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::identity::{Identity, body_sha256};
use crate::provider::Provider;
use crate::redact::{Redacted, Withheld};
use crate::verify::Verified;

pub(crate) mod compressed;
mod pack;

pub use pack::{Large, Packed};

/// The newest version that this code writes and reads. It reads all before it, too.
pub const VERSION: u64 = 2;
/// The version of messages that hold their body as it is.
const PLAIN: u64 = 1;

/// The largest envelope, in bytes: SQS takes 1 MiB with attributes counted, and a dead letter
/// needs room for its reasons.
pub const BYTES_MAX: usize = 1024 * 1024 - 8 * 1024;

/// The largest body, in bytes. Lambda takes no event past 6 MB, so that no larger one comes in; and nobody who writes
/// into the queue has a worker unpack more.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

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
    /// The body, written as `encoding` says; empty where it lies elsewhere.
    pub body: Cow<'a, str>,
    /// How the body is written.
    pub encoding: BodyEncoding,
    /// SHA-256 of the raw body, in hex; of one that was redacted, of what is kept of it.
    pub body_sha256: Cow<'a, str>,
    /// The length of the raw body, where it is not in the message as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_bytes: Option<u64>,
    /// Where the body lies, if that is not in the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim<'a>>,
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
    /// Compressed (RFC 1951), and as standard base64. Since version 2.
    #[serde(rename = "deflate+base64")]
    DeflateBase64,
    /// Not at all: `claim` says where the body lies. Since version 2.
    Claim,
}

/// The object that holds a body for which a message has no room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim<'a> {
    /// The bucket.
    pub bucket: Cow<'a, str>,
    /// The object's key in it.
    pub key: Cow<'a, str>,
    /// How large the object is.
    pub bytes: u64,
    /// How the body is written there.
    pub encoding: ObjectEncoding,
}

/// How a body is written in an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectEncoding {
    /// As it is.
    Raw,
    /// Compressed (RFC 1951).
    Deflate,
}

/// Why a message is no envelope that this code can act on. Never shows a value of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not an envelope at all.
    #[error("{0}")]
    Unreadable(String),
    /// An envelope of a version that this code does not know; a newer worker may.
    #[error("envelope version {0}, this worker knows those up to {VERSION}")]
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
            v: PLAIN,
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
            body_bytes: None,
            claim: None,
            withheld: None,
        }
    }

    /// The envelope with what is kept of its body in place of it.
    pub fn redacted(self, redacted: &Redacted) -> Self {
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
        if message.len() <= BYTES_MAX || self.encoding != BodyEncoding::Utf8 {
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
        if !(PLAIN..=VERSION).contains(&v) {
            return Err(EnvelopeError::Version(v));
        }
        let envelope: Envelope<'_> = serde_json::from_str(message).map_err(unreadable)?;
        let elsewhere = envelope.encoding == BodyEncoding::Claim;
        let sized = !elsewhere && envelope.encoding != BodyEncoding::DeflateBase64 || envelope.body_bytes.is_some();
        match envelope.body_bytes {
            _ if elsewhere != envelope.claim.is_some() => {
                Err(said("the message's body lies elsewhere only where its encoding is `claim`"))
            }
            _ if !sized => Err(said("the message's body is compressed or lies elsewhere, and body_bytes is not there")),
            Some(bytes) if bytes > BODY_BYTES_MAX as u64 => {
                Err(said(&format!("the message's body would be {bytes} bytes, the most is {BODY_BYTES_MAX}")))
            }
            _ => Ok(envelope),
        }
    }

    /// The raw body as the provider sent it.
    ///
    /// # Errors
    /// [`EnvelopeError::Unreadable`] when it is not written as `encoding` says, is not the body whose hash the envelope
    /// carries, or lies elsewhere: then [`Envelope::claimed_body`] has it.
    pub fn raw_body(&self) -> Result<Cow<'_, [u8]>, EnvelopeError> {
        let decode = || {
            let bytes = STANDARD.decode(self.body.as_bytes());
            bytes.map_err(|_| said("the message's body is not base64"))
        };
        self.genuine(match self.encoding {
            BodyEncoding::Utf8 => Cow::Borrowed(self.body.as_bytes()),
            BodyEncoding::Base64 => Cow::Owned(decode()?),
            BodyEncoding::DeflateBase64 => Cow::Owned(self.inflated(&decode()?)?),
            BodyEncoding::Claim => return Err(said("the message's body lies elsewhere, its claim says where")),
        })
    }

    /// The raw body, from the object that the claim names.
    ///
    /// # Errors
    /// [`EnvelopeError::Unreadable`] when the object is not what the claim says, or nothing is claimed.
    pub fn claimed_body(&self, object: Vec<u8>) -> Result<Cow<'_, [u8]>, EnvelopeError> {
        let claim = self.claim.as_ref().ok_or_else(|| said("the message's body lies in it, nothing is claimed"))?;
        self.genuine(Cow::Owned(match claim.encoding {
            ObjectEncoding::Raw => object,
            ObjectEncoding::Deflate => self.inflated(&object)?,
        }))
    }

    /// Unpacks what is compressed, into no more than the envelope says.
    fn inflated(&self, deflated: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let bytes = self.body_bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0).min(BODY_BYTES_MAX);
        compressed::inflate(deflated, bytes)
            .ok_or_else(|| said(&format!("the message's body is not what was compressed: expected {bytes} bytes")))
    }

    fn genuine<'b>(&self, body: Cow<'b, [u8]>) -> Result<Cow<'b, [u8]>, EnvelopeError> {
        if body_sha256(&body) == self.body_sha256 {
            return Ok(body);
        }
        Err(said("the message's body is not the one that body_sha256 names"))
    }
}

fn said(what: &str) -> EnvelopeError {
    EnvelopeError::Unreadable(what.to_owned())
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
