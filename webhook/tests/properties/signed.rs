//! A request that its provider signed: it is let in at its time, and no byte of it can change.

use webhook::envelope::{BYTES_MAX, Envelope};
use webhook::identity::Identity;
use webhook::scheme::{Encoding, Kind};
use webhook::{Rejection, payload, provider};

use super::sample::{SIGNED_MS, Sample};

/// The input: which provider, a change, a change of the time, and the content.
pub fn holds(input: &[u8]) {
    let &[row, flip, high, low, skew_high, skew_low, ref content @ ..] = input else { return };
    let provider = provider::ALL[usize::from(row) % provider::ALL.len()];
    let Some(sample) = Sample::new(provider, content) else { return };
    // What is signed for whoever asks is no delivery.
    if provider.scheme.challenge.is_some() && sample.verified().is_err() {
        return;
    }
    // What a bare hash covers must be text, see `verify`.
    if matches!(provider.scheme.kind, Kind::Hash(_)) && std::str::from_utf8(&sample.body).is_err() {
        return assert!(sample.verified().is_err(), "{}", provider.name);
    }
    let flip = if flip == 0 { 1 } else { flip };
    let at = usize::from(u16::from_be_bytes([high, low]));
    body_is_covered(&sample, at, flip);
    signature_is_covered(&sample, at, flip);
    time_is_held_against_now(&sample, i16::from_be_bytes([skew_high, skew_low]));
    queue_carries_it(&sample);
}

fn body_is_covered(sample: &Sample, at: usize, flip: u8) {
    if sample.body.is_empty() || !sample.provider.scheme.covers_body() {
        return;
    }
    let mut altered = sample.clone();
    let at = at % altered.body.len();
    altered.body[at] ^= flip;
    let refused = altered.verified().is_err();
    assert!(refused || altered.says_what(sample), "{}: byte {at} of the body can change", sample.provider.name);
}

/// Changes a letter of a signature's header into another. The same bytes can be written in some other ways.
fn signature_is_covered(sample: &Sample, at: usize, flip: u8) {
    let mut altered = sample.clone();
    let Some((_, value)) = altered.signature() else { return };
    let genuine = value.clone();
    let mut bytes = genuine.clone().into_bytes();
    let at = at % bytes.len();
    bytes[at] ^= flip & 0x7f;
    let Ok(text) = String::from_utf8(bytes) else { return };
    let hex = sample.provider.scheme.signature.encoding == Encoding::Hex;
    if bare(&text, hex) == bare(&genuine, hex) {
        return;
    }
    *value = text;
    assert!(altered.verified().is_err(), "{}: byte {at} of its signature can change", sample.provider.name);
}

/// A signature without white space and padding, and hex in one case.
fn bare(text: &str, hex: bool) -> String {
    let text = text.replace(|c: char| c.is_whitespace() || c == '=', "");
    if hex { text.to_ascii_lowercase() } else { text }
}

fn time_is_held_against_now(sample: &Sample, skew_s: i16) {
    let verified = sample.verified_at(SIGNED_MS.saturating_add_signed(i64::from(skew_s) * 1000));
    let (name, skew_s) = (sample.provider.name, i64::from(skew_s));
    match sample.tolerated_s() {
        Some(range) if !range.contains(&skew_s) => {
            assert!(matches!(verified, Err(Rejection::Stale { .. })), "{name}, {skew_s} s: {verified:?}");
        }
        _ => assert_eq!(verified.err(), None, "{name}, {skew_s} s"),
    }
}

fn queue_carries_it(sample: &Sample) {
    let delivery = sample.verified().expect("it was let in before");
    let identity = Identity::of(sample.provider, sample.provider.identity, &delivery, "request");
    assert!(!identity.identity.is_empty(), "{}", sample.provider.name);
    // Where no request can put text of its choice, the envelope has to take it all the same.
    let text = String::from_utf8_lossy(&sample.body);
    let envelope = Envelope::seal("source", sample.provider, &delivery, &identity, SIGNED_MS, &text);
    let message = envelope.to_message();
    let refused = |c: char| (c < ' ' && !"\t\n\r".contains(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
    assert_eq!(message.find(refused), None, "SQS refuses a character of the message");
    assert!(message.len() <= BYTES_MAX || sample.body.len() > BYTES_MAX / 8, "{} bytes", message.len());
    let opened = Envelope::open(&message).expect("it can be opened");
    let body = opened.raw_body().expect("its body can be read");
    assert_eq!(body, sample.body);
    assert_eq!((&*opened.identity, &*opened.request_id), (&*identity.identity, &*text));
    // Whether it can be read as JSON is up to the sender.
    let _ = payload::read(&opened, &body, sample.provider.scheme.wrapped);
}
