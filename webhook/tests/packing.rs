//! How large deliveries go through the queue, and that each of them comes out of it to the byte.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use webhook::envelope::{
    BODY_BYTES_MAX, BYTES_MAX, BodyEncoding, Envelope, EnvelopeError, Large, ObjectEncoding, Packed,
};
use webhook::identity::Identity;
use webhook::secret::Secrets;
use webhook::{Request, provider, sign, verify};

const NOW_MS: u64 = 1_790_000_000_123;
const URL: &str = "https://hooks.example.com/hooks/github";
const COMPRESSED: &str = include_str!("golden/envelope-v2.json");
const CLAIMED: &str = include_str!("golden/envelope-v2-claim.json");

/// Signs a body as GitHub would, verifies it and does with it what the door does.
fn packed(body: &[u8], bucket: Option<&str>) -> Packed {
    let github = provider::by_name("github").unwrap();
    let secrets = Secrets::parse("secret", &github.scheme.key).unwrap();
    let mut headers = vec![("x-github-delivery".to_owned(), "7a6b3c70-e3a1-11ee".to_owned())];
    let unsigned = Request { method: "POST", url: URL, headers: &headers, body };
    let signature = sign::sign(&github.scheme, &secrets, &unsigned, NOW_MS).unwrap();
    headers.extend(signature);
    let request = Request { method: "POST", url: URL, headers: &headers, body };
    let delivery = verify(&github.scheme, &secrets, &request, NOW_MS).unwrap();
    let identity = Identity::of(github, github.identity, &delivery, "r");
    Envelope::seal("github", github, &delivery, &identity, NOW_MS, "req-1").pack(body, bucket)
}

fn message(body: &[u8]) -> String {
    match packed(body, Some("tidegate-bodies")) {
        Packed::Message(message) => message,
        Packed::Large(_) | Packed::TooLarge(_) => panic!("too large for a message"),
    }
}

/// The key, the object and the message of a body for which a message has no room.
fn claimed(body: &[u8]) -> (String, Vec<u8>, String) {
    match packed(body, Some("tidegate-bodies")) {
        Packed::Large(Large { key, object, message }) => (key, object, message),
        Packed::Message(message) => panic!("a message of {} bytes has room for it", message.len()),
        Packed::TooLarge(bytes) => panic!("there is a bucket for {bytes} bytes"),
    }
}

/// Bytes that nothing makes smaller, the same ones each time.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state: u64 = 7;
    let mut next = || {
        (state ^= state << 13, state ^= state >> 7, state ^= state << 17);
        state.to_le_bytes()[3]
    };
    (0..bytes).map(|_| next()).collect()
}

#[track_caller]
fn check(body: &[u8], v: u64, encoding: BodyEncoding, bytes: std::ops::RangeInclusive<usize>) {
    let message = message(body);
    assert!(bytes.contains(&message.len()), "{} bytes", message.len());
    let envelope = Envelope::open(&message).unwrap();
    assert_eq!((envelope.v, envelope.encoding), (v, encoding));
    assert!(envelope.raw_body().unwrap() == body, "another body");
}

#[test]
fn a_body_is_compressed_where_its_message_would_be_past_64_kib_and_becomes_smaller() {
    let text = |bytes: usize| format!("{{\"text\":\"{}\"}}", "tide gate ".repeat(bytes / 10));
    check(text(60_000).as_bytes(), 1, BodyEncoding::Utf8, 60_000..=65_536);
    check(text(66_000).as_bytes(), 2, BodyEncoding::DeflateBase64, 0..=2_000);
    check(&noise(200_000), 1, BodyEncoding::Base64, 266_000..=268_000);
    // Each of its characters is escaped in JSON, so the message is large while the body is not.
    check("\"".repeat(40_000).as_bytes(), 2, BodyEncoding::DeflateBase64, 0..=2_000);
}

#[test]
fn five_megabytes_of_zeros_go_in_one_message() {
    check("0".repeat(5_000_000).as_bytes(), 2, BodyEncoding::DeflateBase64, 0..=40_000);
}

#[test]
fn what_does_not_fit_even_compressed_goes_into_an_object_named_by_what_is_in_it() {
    let body = noise(1_000_000);
    let (key, object, message) = claimed(&body);
    assert!(object == body, "what does not become smaller goes as it is");
    let sha256 = webhook::identity::body_sha256(&body);
    assert_eq!(key, format!("bodies/github/2026-09-21/{sha256}"));
    let envelope = Envelope::open(&message).unwrap();
    let claim = envelope.claim.clone().unwrap();
    assert_eq!((&*claim.bucket, &*claim.key, claim.bytes), ("tidegate-bodies", &*key, 1_000_000));
    assert_eq!((envelope.v, envelope.encoding, claim.encoding), (2, BodyEncoding::Claim, ObjectEncoding::Raw));
    assert!(message.len() < 1_500, "{message}");
    assert!(envelope.claimed_body(object).unwrap() == body, "another body");

    // Text of 6 bits a character, as it is in JSON.
    let text = noise(4_000_000).iter().map(|byte| char::from(b'0' + byte % 64)).collect::<String>();
    let (key, object, message) = claimed(text.as_bytes());
    assert!(key.ends_with(".deflate") && object.len() < text.len() * 4 / 5, "{key} of {} bytes", object.len());
    let envelope = Envelope::open(&message).unwrap();
    assert!(envelope.claimed_body(object).unwrap() == text.as_bytes(), "another body");
}

#[test]
fn without_a_bucket_it_is_said_how_large_the_message_would_be() {
    assert!(matches!(packed(&noise(1_000_000), None), Packed::TooLarge(1_333_000..=1_335_000)));
    assert!(matches!(packed(&noise(5_000_000), None), Packed::TooLarge(5_000_000..)));
    assert!(matches!(packed(&noise(700_000), None), Packed::Message(_)));
}

#[test]
fn a_body_that_is_as_large_as_a_message_goes_as_it_is() {
    // What is left of a message beside its body.
    let room = BYTES_MAX - message(b"").len();
    let text = noise(room).iter().map(|byte| char::from(b'#' + byte % 32)).collect::<String>().replace('\\', "a");
    check(text.as_bytes(), 2, BodyEncoding::DeflateBase64, 0..=BYTES_MAX);
    let body = noise((room - 1_000) / 4 * 3);
    check(&body, 1, BodyEncoding::Base64, BYTES_MAX - 2_000..=BYTES_MAX);
}

#[test]
fn the_golden_files_of_version_2_are_read_to_the_byte_and_written_again() {
    let body = "{\"zen\":\"Keep it \u{1f980} simple\"}".repeat(3_000);
    let (compressed, claimed) = (Envelope::open(COMPRESSED.trim_end()).unwrap(), Envelope::open(CLAIMED.trim_end()));
    assert!(compressed.raw_body().unwrap() == body.as_bytes(), "another body");
    assert_eq!(compressed.to_message(), COMPRESSED.trim_end());
    // Another version of the compressor may write other bytes, and nothing else.
    let message = message(body.as_bytes());
    let written = Envelope::open(&message).unwrap();
    let written = Envelope { body: compressed.body.clone(), ..written };
    assert_eq!(written.to_message(), COMPRESSED.trim_end());
    let (_, object, message) = self::claimed(&noise(1_000_000));
    assert_eq!(message, CLAIMED.trim_end());
    assert_eq!(claimed.unwrap().claimed_body(object).unwrap().len(), 1_000_000);
}

#[track_caller]
fn check_refused(message: &str, expected: &str) {
    let opened = Envelope::open(message);
    let read = opened.and_then(|envelope| envelope.raw_body().map(|body| body.len()));
    assert_eq!(read, Err(EnvelopeError::Unreadable(expected.to_owned())));
}

#[test]
fn what_does_not_go_together_or_would_be_too_large_is_refused() {
    let without = |what: &str| {
        let mut envelope: serde_json::Value = serde_json::from_str(COMPRESSED).unwrap();
        envelope.as_object_mut().unwrap().remove(what);
        envelope.to_string()
    };
    let bytes = |bytes: usize| COMPRESSED.replace("\"body_bytes\":87000", &format!("\"body_bytes\":{bytes}"));
    assert_eq!(bytes(87_000), COMPRESSED, "the golden file says how long its body is");
    let unsized_body = "the message's body is compressed or lies elsewhere, and body_bytes is not there";
    check_refused(&without("body_bytes"), unsized_body);
    check_refused(&bytes(86_999), "the message's body is not what was compressed: expected 86999 bytes");
    check_refused(&bytes(87_001), "the message's body is not what was compressed: expected 87001 bytes");
    let too_large = format!("the message's body would be 10000000 bytes, the most is {BODY_BYTES_MAX}");
    check_refused(&bytes(10_000_000), &too_large);
    check_refused(CLAIMED, "the message's body lies elsewhere, its claim says where");
    let apart = "the message's body lies elsewhere only where its encoding is `claim`";
    check_refused(&CLAIMED.replace("\"encoding\":\"claim\"", "\"encoding\":\"utf8\""), apart);
    check_refused(&COMPRESSED.replace("deflate+base64", "claim"), apart);
    let other = COMPRESSED.replace("\"body_sha256\":\"", "\"body_sha256\":\"0");
    check_refused(&other, "the message's body is not the one that body_sha256 names");
}

#[test]
fn an_object_that_is_another_or_a_bomb_is_refused() {
    let envelope = Envelope::open(CLAIMED).unwrap();
    assert!(envelope.claimed_body(b"another".to_vec()).is_err());
    let mut deflated = envelope.clone();
    deflated.claim.as_mut().unwrap().encoding = ObjectEncoding::Deflate;
    let zeros = Envelope::open(COMPRESSED).unwrap();
    assert!(deflated.claimed_body(zeros.body.into_owned().into_bytes()).is_err());
    assert!(Envelope::open(COMPRESSED).unwrap().claimed_body(Vec::new()).is_err(), "nothing is claimed");
}
