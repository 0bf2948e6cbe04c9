//! A message of the queue, whoever wrote it: it is an envelope or it is said not to be one.

use webhook::envelope::{BodyEncoding, Envelope, EnvelopeError, VERSION};
use webhook::identity::body_sha256;
use webhook::letter::{DETAIL_BYTES_MAX, Letter, Reason};
use webhook::{Field, payload};

/// The input: a message.
pub fn holds(input: &[u8]) {
    let message = String::from_utf8_lossy(input);
    letter_takes(&message);
    let envelope = match Envelope::open(&message) {
        Ok(envelope) => envelope,
        Err(EnvelopeError::Version(version)) => return assert!(!(1..=VERSION).contains(&version)),
        Err(EnvelopeError::Unreadable(why)) => return assert!(why.starts_with("the message"), "{why}"),
    };
    assert!((1..=VERSION).contains(&envelope.v));
    let written = envelope.to_message();
    assert!(Envelope::open(&written).as_ref() == Ok(&envelope), "what is written again is another envelope");
    let hash = match (envelope.raw_body(), envelope.encoding) {
        (Ok(body), _) => {
            let _ = payload::read(&envelope, &body, None);
            return assert_eq!(body_sha256(&body), envelope.body_sha256);
        }
        (Err(_), BodyEncoding::Base64 | BodyEncoding::DeflateBase64 | BodyEncoding::Claim) => return,
        (Err(_), BodyEncoding::Utf8) => body_sha256(envelope.body.as_bytes()),
    };
    // A fuzzer does not guess a hash.
    let mended = Envelope { body_sha256: hash.into(), ..envelope.clone() };
    let body = mended.raw_body().expect("text is a body");
    if let Ok(json) = payload::read(&mended, &body, Some(Field::Multipart("json"))) {
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(json.get()).is_ok());
    }
}

/// Whatever a letter repeats, SQS takes it.
fn letter_takes(text: &str) {
    let event = Some((text, text));
    let letter = Letter {
        reason: Reason::EnvelopeUnreadable,
        detail: text,
        event,
        destination: Some(text),
        group: Some(text),
        attempts: 1,
        first_received_ms: 0,
        died_at_ms: 0,
    };
    let refused = |c: char| (c < ' ' && !"\t\n\r".contains(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
    for (name, value) in letter.attributes() {
        assert!(!value.is_empty() && !value.contains(refused), "{name}: {value:?}");
        // A character that is replaced may take two bytes more.
        assert!(value.len() <= 3 * DETAIL_BYTES_MAX, "{name}: {} bytes", value.len());
    }
}
