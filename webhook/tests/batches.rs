//! Batches: signed item by item, and split into events of their own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use webhook::batch::{EVENTS_MAX, NotSplit};
use webhook::identity::{Identity, Mode};
use webhook::provider::{self, Provider};
use webhook::scheme::{Encoding, Kind};
use webhook::secret::Secrets;
use webhook::sign::{sign, test_secret};
use webhook::{Field, Rejection, Request, Scheme, Verified, verify};

const NOW_MS: u64 = 1_760_000_000_000;

/// Signs a body as a provider does and gives the verified delivery to a check.
fn with_delivery<T>(provider: &Provider, body: &str, check: impl FnOnce(&Verified<'_>) -> T) -> T {
    let secrets = Secrets::parse(&test_secret(provider), &provider.scheme.key).unwrap();
    let request = Request { method: "POST", url: "https://a.example/h", headers: &[], body: body.as_bytes() };
    let headers = sign(&provider.scheme, &secrets, &request, NOW_MS).unwrap();
    check(&verify(&provider.scheme, &secrets, &Request { headers: &headers, ..request }, NOW_MS).unwrap())
}

/// The identities of the events of a batch, as `name` posts them.
fn identities(name: &str, mode: Mode, pointer: &str, body: &str) -> Vec<(String, Option<String>)> {
    let provider = provider::by_name(name).unwrap();
    with_delivery(provider, body, |delivery| {
        let whole = Identity::of(provider, provider.identity, delivery, "req-1");
        let items = delivery.split(pointer).unwrap().into_iter().enumerate();
        let of = |(index, item): (usize, Verified<'_>)| {
            Identity::of_item(&provider.batch.unwrap(), mode, &item, &whole, index)
        };
        items.map(of).map(|known| (known.identity, known.event_type)).collect()
    })
}

#[test]
fn an_event_of_a_batch_is_known_by_its_own_id() {
    let body = r#"[{"sg_event_id":"a","event":"open"}, {"sg_event_id":"b","event":"click"}]"#;
    let some = |text: &str| Some(text.to_owned());
    let expected = [("a".to_owned(), some("open")), ("b".to_owned(), some("click"))];
    assert_eq!(identities("sendgrid", Mode::Id, "", body), expected);
}

#[test]
fn an_event_without_an_id_is_known_by_its_place() {
    let body = r#"{"events":[{"action":"added"},{"action":"added"}]}"#;
    let known = identities("asana", Mode::Id, "/events", body);
    let [(first, _), (second, kind)] = &known[..] else { panic!("{known:?}") };
    let (hash, place) = second.rsplit_once('#').unwrap();
    assert_eq!((place, first.as_str(), kind.as_deref()), ("1", format!("{hash}#0").as_str(), Some("added")));
    // By their bodies, on demand, the two are one.
    let by_body = identities("asana", Mode::Body, "/events", body);
    assert_eq!(by_body[0], by_body[1]);
    let by_delivery =
        identities("microsoft-graph", Mode::Id, "/value", r#"{"value":[{"clientState":"tidegate-test-secret"}]}"#);
    assert_eq!(by_delivery[0].0, "delivery:req-1#0");
}

#[test]
fn an_id_of_several_fields_needs_them_all() {
    let body =
        r#"[{"eventId":1,"subscriptionId":2,"occurredAt":3,"attemptNumber":0},{"eventId":1,"subscriptionId":2}]"#;
    let known = identities("hubspot", Mode::Id, "", body);
    assert_eq!(known[0].0, "1+2+3");
    assert!(known[1].0.ends_with("#1"), "{known:?}");
}

#[test]
fn the_id_of_an_event_grid_event_is_its_topics_or_its_sources() {
    let body = r#"[{"id":"1","topic":"/a"},{"id":"1","topic":"/b"},{"id":"1","source":"/a"},{"id":"1"}]"#;
    // Event Grid sends a secret along, in Authorization.
    let known = identities("azure-event-grid", Mode::Id, "", body);
    assert_eq!(known[..3].iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["/a+1", "/b+1", "/a+1"]);
    assert!(known[3].0.ends_with("#3"), "an id alone is none: {known:?}");
}

#[test]
fn what_is_no_array_is_not_split() {
    let github = provider::by_name("github").unwrap();
    for (body, pointer) in [("{}", "/events"), (r#"{"events":{}}"#, "/events"), ("not JSON", ""), ("", "")] {
        with_delivery(github, body, |delivery| {
            assert_eq!(
                delivery.split(pointer).unwrap_err(),
                NotSplit::NoArray(pointer.to_owned()),
                "{pointer} of {body}"
            );
        });
    }
    let refused = |body: &str, why: NotSplit| {
        with_delivery(github, body, |delivery| assert_eq!(delivery.split("/events").unwrap_err(), why));
    };
    refused(r#"{"events":[]}"#, NotSplit::Empty("/events".to_owned()));
    refused(&format!(r#"{{"events":[{}1]}}"#, "1,".repeat(EVENTS_MAX)), NotSplit::TooMany(EVENTS_MAX + 1));
}

#[test]
fn an_item_has_the_bytes_that_were_sent() {
    let body = "[ {\"a\" : 1.0} , {\"a\":\"\u{1f30a}\"} ]";
    with_delivery(provider::by_name("github").unwrap(), body, |delivery| {
        let items = delivery.split("").unwrap();
        let bodies: Vec<&[u8]> = items.iter().map(|item| item.request().body).collect();
        assert_eq!(bodies, [&b"{\"a\" : 1.0}"[..], "{\"a\":\"\u{1f30a}\"}".as_bytes()]);
    });
}

#[test]
fn each_item_of_a_batch_has_to_be_signed() {
    const EACH: Scheme = Scheme::hmac(&[Field::Json("/state")], "", Encoding::Utf8).by(Kind::Token).each("/value");
    let secrets = Secrets::parse("old\nnew", &EACH.key).unwrap();
    let outcome = |body: &str| {
        let request = Request { method: "POST", url: "/", headers: &[], body: body.as_bytes() };
        verify(&EACH, &secrets, &request, NOW_MS).map(|delivery| delivery.secret())
    };
    assert_eq!(outcome(r#"{"value":[{"state":"new"},{"state":"old"}]}"#), Ok(1));
    let mismatch = Rejection::Mismatch { field: "json:/state".to_owned(), signatures: 1, secrets: 2 };
    assert_eq!(outcome(r#"{"value":[{"state":"new"},{"state":"forged"}]}"#), Err(mismatch));
    let missing = |part: &str| Err(Rejection::Missing(part.to_owned()));
    assert_eq!(outcome(r#"{"value":[{"state":"new"},{}]}"#), missing("json:/state"));
    assert_eq!(outcome(r#"{"value":[{"state":"new"},7]}"#), missing("json:/state"));
    for body in [r#"{"value":[]}"#, r#"{"value":{"state":"new"}}"#, r#"[{"state":"new"}]"#, "", "{"] {
        assert_eq!(outcome(body), missing("a batch at json:/value"), "{body}");
    }
}
