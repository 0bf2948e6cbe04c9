//! The queue contract: what is written today is what the golden file holds, and what it holds can be read for ever.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use webhook::envelope::{BYTES_MAX, BodyEncoding, Envelope, EnvelopeError};
use webhook::identity::{Identity, Mode};
use webhook::secret::Secrets;
use webhook::{Request, provider, sign, verify};

const NOW_MS: u64 = 1_790_000_000_123;
const URL: &str = "https://hooks.example.com/hooks/github";
const GOLDEN: &str = include_str!("golden/envelope-v1.json");

/// Signs a body as GitHub would, verifies it and seals it.
fn sealed(body: &[u8], id: &str) -> Envelope<'static> {
    let github = provider::by_name("github").unwrap();
    let secrets = Secrets::parse("secret", &github.scheme.key).unwrap();
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("x-github-delivery".to_owned(), id.to_owned()),
        ("x-github-event".to_owned(), "ping".to_owned()),
        ("authorization".to_owned(), "not carried".to_owned()),
    ];
    let unsigned = Request { method: "POST", url: URL, headers: &headers, body };
    let signature = sign::sign(&github.scheme, &secrets, &unsigned, NOW_MS).unwrap();
    headers.extend(signature);
    let request = Request { method: "POST", url: URL, headers: &headers, body };
    let delivery = verify(&github.scheme, &secrets, &request, NOW_MS).unwrap();
    let identity = Identity::of(github, Mode::Id, &delivery, "r");
    let envelope = Envelope::seal("github", github, &delivery, &identity, NOW_MS, "req-1");
    serde_json::from_str(&envelope.to_message()).unwrap()
}

#[test]
fn an_envelope_is_written_as_the_golden_file_has_it() {
    let envelope = sealed("{\"zen\":\"Keep it \u{1f980} simple\",\r\n\"hook_id\":1}".as_bytes(), "7a6b3c70-e3a1-11ee");
    assert_eq!(envelope.to_message(), GOLDEN.trim_end());
}

#[test]
fn the_golden_file_can_be_read_to_the_byte() {
    let envelope = Envelope::open(GOLDEN.trim_end()).unwrap();
    assert_eq!(envelope.raw_body().unwrap(), "{\"zen\":\"Keep it \u{1f980} simple\",\r\n\"hook_id\":1}".as_bytes());
    assert_eq!((&*envelope.identity, envelope.received_at_ms), ("7a6b3c70-e3a1-11ee", NOW_MS));
}

#[track_caller]
fn check_round_trip(body: &[u8], encoding: BodyEncoding) {
    let message = sealed(body, "id").to_message();
    let sqs_takes = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(message.chars().all(sqs_takes), "SQS refuses {message:?}");
    let envelope = Envelope::open(&message).unwrap();
    assert_eq!(envelope.encoding, encoding);
    assert_eq!(envelope.raw_body().unwrap(), body);
}

#[test]
fn every_body_travels_to_the_byte() {
    check_round_trip(b"", BodyEncoding::Utf8);
    check_round_trip("plain \u{1f680} \r\n\t\"quoted\\\"".as_bytes(), BodyEncoding::Utf8);
    check_round_trip(&[0xff, 0xfe, 0x00], BodyEncoding::Base64);
    check_round_trip(b"a \x01 control", BodyEncoding::Base64);
    check_round_trip("not for SQS: \u{fffe} \u{ffff}".as_bytes(), BodyEncoding::Base64);
}

#[test]
fn a_body_that_escapes_make_too_large_goes_as_base64() {
    let body = "\"".repeat(700_000);
    let message = sealed(body.as_bytes(), "id").to_message();
    assert!(message.len() <= BYTES_MAX, "{} bytes", message.len());
    assert_eq!(Envelope::open(&message).unwrap().raw_body().unwrap(), body.as_bytes());
}

#[test]
fn debug_of_an_envelope_shows_no_body_and_no_header() {
    let shown = format!("{:?}", sealed(b"{\"card\":\"hush\"}", "id-1"));
    assert!(shown.contains("id-1") && !shown.contains("hush") && !shown.contains("ping"), "{shown}");
}

#[test]
fn names_that_sqs_would_refuse_travel_escaped() {
    let envelope = sealed(b"{}", "id-\u{ffff}");
    let message = envelope.to_message();
    assert!(message.contains("id-\\uffff"), "{message}");
    assert_eq!(&*Envelope::open(&message).unwrap().identity, "id-\u{ffff}");
}

#[track_caller]
fn check_refused(message: &str, expected: &str) {
    let error = Envelope::open(message).and_then(|envelope| envelope.raw_body().map(|_| ())).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_is_no_envelope_is_told_without_a_word_of_it() {
    check_refused("", "the message is not JSON: line 1 column 0");
    check_refused("hush", "the message is not JSON: line 1 column 1");
    check_refused("{}", "the message lacks a field or has one of another type: line 1 column 2");
    check_refused(r#"{"v":"hush"}"#, "the message lacks a field or has one of another type: line 1 column 11");
    check_refused(
        r#"{"v":1,"source":"hush"}"#,
        "the message lacks a field or has one of another type: line 1 column 23",
    );
    check_refused(&GOLDEN.replace("simple", "other!"), "the message's body is not the one that body_sha256 names");
}

#[test]
fn a_newer_version_is_told_from_what_is_no_envelope() {
    assert_eq!(Envelope::open(r#"{"v":3,"new":[]}"#).unwrap_err(), EnvelopeError::Version(3));
}

/// An id where the provider puts it, a body's hash where there is none to be read.
#[test]
fn identity_falls_back_to_the_hash_of_the_body() {
    let slack = provider::by_name("slack").unwrap();
    let secrets = Secrets::parse("secret", &slack.scheme.key).unwrap();
    let identity = |body: &str, mode| {
        let unsigned = Request { method: "POST", url: URL, headers: &[], body: body.as_bytes() };
        let headers = sign::sign(&slack.scheme, &secrets, &unsigned, NOW_MS).unwrap();
        let request = Request { headers: &headers, ..unsigned };
        Identity::of(slack, mode, &verify(&slack.scheme, &secrets, &request, NOW_MS).unwrap(), "r").identity
    };
    let hash = "sha256:".len() + 64;
    assert_eq!(identity(r#"{"event_id":"Ev1"}"#, Mode::Id), "Ev1");
    assert!(identity(r#"{"event_id":"Ev1"}"#, Mode::IdAndBody).starts_with("Ev1+sha256:"));
    assert_eq!(identity(r#"{"event_id":"Ev1""#, Mode::Id).len(), hash);
    assert_eq!(identity("{}", Mode::IdAndBody).len(), hash);
    assert_eq!(identity(r#"{"event_id":"Ev1"}"#, Mode::Body).len(), hash);
    assert_eq!(identity(r#"{"event_id":"Ev1"}"#, Mode::Delivery), "delivery:r");
}

/// What is signed runs the URL and the form together, so letters can move from one to the other under the same
/// signature. They make no other event.
#[test]
fn letters_that_move_from_the_form_into_the_url_make_no_other_event() {
    let twilio = provider::by_name("twilio").unwrap();
    let secrets = Secrets::parse("secret", &twilio.scheme.key).unwrap();
    let form = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
    let identity = |url: &str, body: &str, signature: Option<&(String, String)>| {
        let mut headers = vec![form.clone()];
        let request = Request { method: "POST", url, headers: &headers, body: body.as_bytes() };
        let made = sign::sign(&twilio.scheme, &secrets, &request, NOW_MS).unwrap();
        let signature = signature.cloned().unwrap_or_else(|| made[0].clone());
        headers.push(signature.clone());
        let request = Request { method: "POST", url, headers: &headers, body: body.as_bytes() };
        let delivery = verify(&twilio.scheme, &secrets, &request, NOW_MS).expect("it is signed");
        (Identity::of(twilio, twilio.identity, &delivery, "r").identity, signature)
    };
    let (genuine, signature) = identity("https://a.example/h?tenant=7", "AccountSid=AC1&MessageSid=SM1", None);
    for (url, body) in [
        ("https://a.example/h?tenant=7AccountSidAC1", "MessageSid=SM1"),
        ("https://a.example/h?tenant=", "7AccountSid=AC1&MessageSid=SM1"),
        ("https://a.example/h", "%3Ftenant%3D7AccountSid=AC1&MessageSid=SM1"),
    ] {
        assert_eq!(identity(url, body, Some(&signature)).0, genuine, "{url} {body}");
    }
    assert_ne!(identity("https://a.example/h?tenant=8", "AccountSid=AC1&MessageSid=SM1", None).0, genuine);
}
