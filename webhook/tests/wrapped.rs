//! Events that lie in a field of a form: what the worker reads of them.

use webhook::envelope::Envelope;
use webhook::identity::Identity;
use webhook::provider::by_name;
use webhook::secret::Secrets;
use webhook::sign::{sign, test_secret};
use webhook::{Request, payload, verify};

const FORM: &str = "application/x-www-form-urlencoded";

/// What the worker reads of a delivery to a Gitea source, and its identity by the body; signed for `signed`.
fn read(content_type: &str, body: &str, signed: &str) -> Option<(String, String)> {
    let provider = by_name("gitea").expect("a provider");
    let secrets = Secrets::parse(&test_secret(provider), &provider.scheme.key).expect("a key");
    let url = "https://hooks.example.com/hooks/gitea";
    let plain = Request { method: "POST", url, headers: &[], body: signed.as_bytes() };
    let mut headers = sign(&provider.scheme, &secrets, &plain, 0).expect("it can be signed");
    headers.push(("content-type".to_owned(), content_type.to_owned()));
    let request = Request { headers: &headers, body: body.as_bytes(), ..plain };
    let delivery = verify(&provider.scheme, &secrets, &request, 0).ok()?;
    let identity = Identity::of(provider, webhook::identity::Mode::Body, &delivery, "");
    let message = Envelope::seal("forge", provider, &delivery, &identity, 0, "").to_message();
    let envelope = Envelope::open(&message).expect("an envelope");
    let raw = envelope.raw_body().expect("a body");
    assert_eq!(raw, body.as_bytes(), "the queue carries what was sent");
    let payload = payload::read(&envelope, &raw, provider.scheme.wrapped).expect("a payload");
    Some((payload.get().to_owned(), identity.identity))
}

#[test]
fn a_wrapped_event_is_read_as_the_same_one_that_is_not() {
    let json = r#"{"ref":"refs/heads/main"}"#;
    let plain = read("application/json", json, json).expect("it is let in");
    assert_eq!(plain.0, json);
    let form = "payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%7D";
    assert_eq!(read(FORM, form, json).as_ref(), Some(&plain));
    // Whatever stands beside it was signed by nobody: it goes no further, and makes no other event.
    assert_eq!(read(FORM, &format!("ref=other&{form}&payload=%7B%7D"), json), Some(plain));
    assert_eq!(read(FORM, json, json), None, "a form without an event");
}

#[test]
fn what_is_wrapped_and_no_json_stays_under_its_name() {
    let (payload, _) = read(FORM, "x=1&payload=PHhtbD4%3D%0A", "PHhtbD4=\n").expect("it is let in");
    assert_eq!(payload, r#"{"payload":"PHhtbD4=\n"}"#);
}
