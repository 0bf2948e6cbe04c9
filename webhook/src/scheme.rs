//! The vocabulary of signing schemes. A provider is a row of this data; none has code of its own.

use crate::Field;

/// How a provider signs its requests: an HMAC over a template of the request.
#[derive(Debug, Clone, Copy)]
pub struct Scheme {
    /// The hash function under the HMAC.
    pub hash: Hash,
    /// How the secret that an operator copies becomes key bytes.
    pub key: Key,
    /// Where the signatures lie and how they are written.
    pub signature: Signature,
    /// What is signed: literals and `{parts}`, see [`crate::template`].
    pub signed: &'static str,
    /// Where the time of signing lies, for schemes that sign one.
    pub timestamp: Option<Timestamp>,
    /// A hash of the body that the signed URL carries, for bodies that the template does not cover.
    pub body_hash: Option<BodyHash>,
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

/// How a secret as shown to an operator becomes the bytes of a key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// A prefix that is no part of the key, removed where it is there: `whsec_`.
    pub strip: &'static str,
    /// How the rest is written.
    pub decode: Encoding,
}

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Encoding {
    Utf8,
    Hex,
    Base64,
}

/// Where a request's signatures lie.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The header (or other place) that holds them.
    pub field: Field,
    /// What separates several signatures and their companions, for headers that are lists.
    pub split: Option<char>,
    /// What an item must begin with to be a signature of this scheme: `v1=`. Other items are ignored,
    /// so that an old scheme beside the new one cannot be used to downgrade it.
    pub prefix: &'static str,
    /// How the signature's bytes are written.
    pub encoding: Encoding,
}

/// Where a request says when it was signed, and how old it may be.
#[derive(Debug, Clone, Copy)]
pub struct Timestamp {
    /// The place of the timestamp.
    pub place: TimestampPlace,
    /// The unit of the number found there.
    pub unit: Unit,
    /// How far the timestamp may lie from now, in the past and in the future, in seconds.
    pub tolerance_s: u32,
}

/// Timestamps stand in a field of their own or inside the signature's.
#[derive(Debug, Clone, Copy)]
pub enum TimestampPlace {
    /// A field of its own.
    Field(Field),
    /// The item of the signature's field that begins with this prefix: `t=`.
    SignatureItem(&'static str),
}

/// The unit of a timestamp since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Unit {
    Seconds,
    Milliseconds,
}

/// A SHA-256 of the body, in lower-case hex, that travels in a signed field.
#[derive(Debug, Clone, Copy)]
pub struct BodyHash {
    /// Where the hash lies.
    pub field: Field,
}

impl Encoding {
    /// Decodes text; `None` where it is not of this encoding. Hex is accepted in either case and base64 with or
    /// without padding: what is compared is the bytes, and both spellings are the same ones.
    pub fn decode(self, text: &str) -> Option<Vec<u8>> {
        use base64::Engine as _;
        use base64::alphabet::STANDARD;
        use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
        const LENIENT: GeneralPurpose = GeneralPurpose::new(
            &STANDARD,
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
        );
        match self {
            Encoding::Utf8 => Some(text.as_bytes().to_vec()),
            Encoding::Hex => hex::decode(text).ok(),
            Encoding::Base64 => LENIENT.decode(text).ok(),
        }
    }

    /// Writes bytes as text. UTF-8 is for keys only and is never written.
    pub fn encode(self, bytes: &[u8]) -> String {
        use base64::Engine as _;
        match self {
            Encoding::Base64 => base64::engine::general_purpose::STANDARD.encode(bytes),
            Encoding::Hex | Encoding::Utf8 => hex::encode(bytes),
        }
    }
}
