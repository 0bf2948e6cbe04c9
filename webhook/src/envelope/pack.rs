//! How a delivery goes through the queue: as it is, compressed, or with its body in an object beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use super::{BYTES_MAX, BodyEncoding, Claim, Envelope, ObjectEncoding, VERSION, compressed};

/// From this message size on, in bytes, the body is compressed: SQS bills by chunks of 64 KiB.
const COMPRESS_PAST: usize = 64 * 1024;

/// A delivery that is ready to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packed {
    /// The message for the queue.
    Message(String),
    /// Too large for a message, even compressed: its body goes into an object first.
    Large(Large),
    /// The same where there is no bucket for such objects: so many bytes would the message have.
    TooLarge(usize),
}

/// A delivery whose body lies in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Large {
    /// The object's key. It is named by what is in it, so that a provider's next try of the same day writes the same
    /// object; and nobody guesses it.
    pub key: String,
    /// What goes into the object.
    pub object: Vec<u8>,
    /// The message for the queue, once the object is there.
    pub message: String,
}

impl Envelope<'_> {
    /// Finds the shortest way for a delivery that was just sealed. `body` is its raw body, `bucket` the one for large
    /// bodies, where there is one.
    pub fn pack(self, body: &[u8], bucket: Option<&str>) -> Packed {
        // One that cannot fit need not be written.
        let plain = (body.len() <= BYTES_MAX).then(|| self.to_message());
        let plain = match plain {
            Some(message) if message.len() <= COMPRESS_PAST => return Packed::Message(message),
            plain => plain,
        };
        let deflated = compressed::deflate(body);
        let envelope = Envelope { v: VERSION, body: "".into(), body_bytes: u64::try_from(body.len()).ok(), ..self };
        let compressed = (deflated.len() <= BYTES_MAX).then(|| {
            let body = STANDARD.encode(&deflated).into();
            Envelope { body, encoding: BodyEncoding::DeflateBase64, ..envelope.clone() }.to_message()
        });
        match (plain.into_iter().chain(compressed).min_by_key(String::len), bucket) {
            (Some(message), _) if message.len() <= BYTES_MAX => Packed::Message(message),
            (shortest, None) => Packed::TooLarge(shortest.map_or(deflated.len(), |message| message.len())),
            (_, Some(bucket)) => Packed::Large(envelope.claim(body, deflated, bucket)),
        }
    }

    fn claim(self, body: &[u8], deflated: Vec<u8>, bucket: &str) -> Large {
        let seconds = i64::try_from(self.received_at_ms / 1000).unwrap_or(0);
        let date = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH).date();
        let (year, month, day) = date.to_calendar_date();
        let key = format!("bodies/{}/{year:04}-{:02}-{day:02}/{}", self.source, u8::from(month), self.body_sha256);
        let (key, object, encoding) = match deflated.len() < body.len() {
            true => (format!("{key}.deflate"), deflated, ObjectEncoding::Deflate),
            false => (key, body.to_vec(), ObjectEncoding::Raw),
        };
        let bytes = u64::try_from(object.len()).unwrap_or(u64::MAX);
        let claim = Claim { bucket: bucket.into(), key: key.as_str().into(), bytes, encoding };
        let message = Envelope { encoding: BodyEncoding::Claim, claim: Some(claim), ..self }.to_message();
        Large { key, object, message }
    }
}
