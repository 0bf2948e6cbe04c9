//! A provider that a source describes itself, in the words of `sources.toml`: so it travels into the functions.
//!
//! What a row of ours is to the compiler, this is to the process: it is made once, at start, and lives until the end.

use serde::{Deserialize, Serialize};

use super::separator;
use super::vocabulary::{ENCODINGS, UNITS, kind, value, word, words};
use crate::answer::EMPTY_200;
use crate::answer::Reply;
use crate::field::Field;
use crate::identity::Mode;
use crate::provider::{Confirmed, Provider};
use crate::scheme::{BodyHash, Key, Scheme, Signature, Timestamp, TimestampPlace};

/// A provider in words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) name: String,
    pub(super) identity: Mode,
    pub(super) scheme: WrittenScheme,
    pub(super) id: Vec<String>,
    #[serde(rename = "type")]
    pub(super) event_type: Vec<String>,
    pub(super) headers: Vec<String>,
    pub(super) accepted: u16,
    pub(super) rejected: u16,
}

/// A scheme in words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WrittenScheme {
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) hash: Vec<String>,
    pub(super) signature: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) split: Option<char>,
    pub(super) prefix: String,
    pub(super) encoding: String,
    pub(super) signed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<WrittenTimestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) each: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) separator: Option<separator::Written>,
    pub(super) key: WrittenKey,
}

/// A time of signing in words, in a place of its own or as an item of the signature's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WrittenTimestamp {
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) place: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<String>,
    pub(super) unit: String,
    pub(super) tolerance_s: u32,
}

/// The form of a secret in words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct WrittenKey {
    pub(super) strip: Vec<String>,
    pub(super) decode: String,
}

impl Written {
    /// Writes a provider down; `None` for one that has no words here.
    pub(super) fn of(provider: &Provider) -> Option<Self> {
        Some(Written {
            name: provider.name.to_owned(),
            identity: provider.identity,
            scheme: WrittenScheme::of(&provider.scheme)?,
            id: texts(provider.id),
            event_type: texts(provider.event_type),
            headers: texts(provider.headers),
            accepted: provider.accepted.status,
            rejected: provider.rejected,
        })
    }

    /// Makes the provider, for as long as the process lives; `None` where a word is none of the known.
    ///
    /// The vocabulary borrows for ever, as rows of ours do. What is leaked here is the few hundred bytes of a source's
    /// own scheme, once for each time that the sources are read, and nothing where no source has one.
    pub(super) fn keep(self) -> Option<&'static Provider> {
        let provider = Provider {
            name: self.name.leak(),
            scheme: self.scheme.keep()?,
            secret_is: "",
            id: fields(self.id)?,
            event_type: fields(self.event_type)?,
            identity: self.identity,
            accepted: Reply { status: self.accepted, ..EMPTY_200 },
            rejected: self.rejected,
            batch: None,
            confirmation: None,
            handshakes: &[],
            headers: leaked(self.headers),
            confirmed: Confirmed::SourcesToml,
        };
        Some(Box::leak(Box::new(provider)))
    }
}

impl WrittenScheme {
    fn of(scheme: &Scheme) -> Option<Self> {
        // Taken apart by name: what the vocabulary gains has to get its words here.
        let Scheme { kind, key: Key { strip, decode, named }, signature, signed, timestamp, body_hash, each, .. } =
            *scheme;
        let Scheme { document, names, wrapped, challenge, separator, versions, .. } = *scheme;
        let Signature { fields, split, prefix, encoding } = signature;
        let (kind, hash) = words(kind)?;
        let fetched = document.is_some() || names.is_some() || versions.is_some();
        if fetched || wrapped.is_some() || named.is_some() || challenge.is_some() {
            // Keys that are fetched from elsewhere have no words yet: a URL in a source is more than data. Neither have
            // events in a field of a form.
            return None;
        }
        let timestamp = match timestamp {
            Some(rule) => Some(WrittenTimestamp::of(rule)?),
            None => None,
        };
        Some(WrittenScheme {
            kind: kind.to_owned(),
            hash: texts(&hash),
            signature: texts(fields),
            split,
            prefix: prefix.to_owned(),
            encoding: word(&ENCODINGS, encoding)?.to_owned(),
            signed: signed.to_owned(),
            timestamp,
            body_hash: body_hash.map(|BodyHash { field }| field.to_string()),
            each: each.map(str::to_owned),
            separator: separator.map(separator::Written::of),
            key: WrittenKey { strip: texts(strip), decode: word(&ENCODINGS, decode)?.to_owned() },
        })
    }

    fn keep(self) -> Option<Scheme> {
        let timestamp = match self.timestamp {
            Some(written) => Some(written.keep()?),
            None => None,
        };
        let body_hash = match self.body_hash {
            Some(place) => Some(BodyHash { field: field(place)? }),
            None => None,
        };
        let separator = match self.separator {
            Some(written) => Some(written.keep()?),
            None => None,
        };
        Some(Scheme {
            wrapped: None,
            challenge: None,
            separator,
            versions: None,
            kind: kind(&self.kind, &self.hash)?,
            key: Key { strip: leaked(self.key.strip), decode: value(&ENCODINGS, &self.key.decode)?, named: None },
            signature: Signature {
                fields: fields(self.signature)?,
                split: self.split,
                prefix: self.prefix.leak(),
                encoding: value(&ENCODINGS, &self.encoding)?,
            },
            signed: self.signed.leak(),
            timestamp,
            body_hash,
            each: self.each.map(|pointer| &*pointer.leak()),
            document: None,
            names: None,
        })
    }
}

impl WrittenTimestamp {
    fn of(Timestamp { place, unit, tolerance_s }: Timestamp) -> Option<Self> {
        let (place, item) = match place {
            TimestampPlace::Fields(fields) => (texts(fields), None),
            TimestampPlace::SignatureItem(prefix) => (Vec::new(), Some(prefix.to_owned())),
        };
        Some(WrittenTimestamp { place, item, unit: word(&UNITS, unit)?.to_owned(), tolerance_s })
    }

    fn keep(self) -> Option<Timestamp> {
        let place = match self.item {
            Some(prefix) => TimestampPlace::SignatureItem(prefix.leak()),
            None => TimestampPlace::Fields(fields(self.place)?),
        };
        Some(Timestamp { place, unit: value(&UNITS, &self.unit)?, tolerance_s: self.tolerance_s })
    }
}

pub(super) fn texts(things: &[impl ToString]) -> Vec<String> {
    things.iter().map(ToString::to_string).collect()
}

fn leaked(texts: Vec<String>) -> &'static [&'static str] {
    texts.into_iter().map(|text| &*text.leak()).collect::<Vec<&'static str>>().leak()
}

fn field(place: String) -> Option<Field> {
    Field::parse_joined(place.leak())
}

pub(super) fn fields(places: Vec<String>) -> Option<&'static [Field]> {
    let fields: Vec<Field> = places.into_iter().map(field).collect::<Option<_>>()?;
    Some(fields.leak())
}
