//! What of a delivery goes on: the headers that its source carries, and nothing that it redacts.

use serde_json::{Value, json};
use webhook::Request;
use webhook::envelope::Envelope;
use webhook::identity::Mode;
use webhook::payload;
use webhook::provider;
use webhook::redact::{Pointer, Withheld};
use webhook::secret::Secrets;
use webhook::sign::{sign, test_secret};
use webhook::sources::Source;

use crate::world::{NOW_MS, World, event, signed};

/// Stands in every value that must not go on.
const MARKER: &str = "hush";

/// A world in which a source is altered.
async fn altered(name: &str, alter: impl FnOnce(&mut Source)) -> World {
    let mut world = World::start().await;
    alter(world.door.sources.iter_mut().find(|source| source.name == name).unwrap());
    world
}

fn pointers(texts: &[&str]) -> Vec<Pointer> {
    texts.iter().map(|text| Pointer::parse(text).unwrap()).collect()
}

/// Posts it, and gives the bodies of its messages, none of which shows the marker in any form.
async fn posted(world: &World, event: &Value) -> Vec<String> {
    assert_eq!(world.door.answer(&event.to_string()).await.status_code, 200);
    let mut bodies = Vec::new();
    while let Some(message) = world.received().await {
        let envelope = Envelope::open(&message).unwrap();
        let body = String::from_utf8(envelope.raw_body().unwrap().into_owned()).unwrap();
        assert!(!message.contains(MARKER) && !body.contains(MARKER), "{message}");
        bodies.push(body);
    }
    bodies.sort();
    bodies
}

#[tokio::test]
async fn what_is_redacted_never_reaches_the_queue_and_the_rest_does_to_the_byte() {
    let world = altered("github", |source| source.redact = pointers(&["/customer/email", "/users/*/phone"])).await;
    let body = r#"{ "customer":{"email":"hush@example.com","n":1.50}, "users":[{"phone":"hush"},{"phone":["hush"],"x":"\u00e9"}]}"#;
    let kept = r#"{ "customer":{"n":1.50}, "users":[{},{"x":"\u00e9"}]}"#;
    for base64 in [false, true] {
        assert_eq!(posted(&world, &signed("github", body.as_bytes(), base64)).await, [kept]);
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_redacted_goes_on_without_its_body_and_says_why() {
    let world = altered("github", |source| source.redact = pointers(&["/a"])).await;
    assert_eq!(world.door.answer(&signed("github", b"{\"a\":\"hush\"", false).to_string()).await.status_code, 200);
    let message = world.received().await.unwrap();
    let envelope = Envelope::open(&message).unwrap();
    assert_eq!((&*envelope.identity, envelope.withheld), ("id-1", Some(Withheld::NotJson)));
    assert!(!message.contains(MARKER));
    let body = envelope.raw_body().unwrap();
    let told = payload::read(&envelope, &body, None).unwrap_err().to_string();
    assert_eq!((body.len(), &*told), (0, "redacted: not JSON, so nothing of the body was kept"));
}

#[tokio::test]
async fn what_identifies_an_event_is_read_before_anything_is_taken_out_of_it() {
    let world = altered("github", |source| {
        source.identity = Mode::Body;
        source.redact = pointers(&["/accounts"]);
    })
    .await;
    let sent = [&br#"{"accounts":["hush 1"]}"#[..], br#"{"accounts":["hush 2"]}"#];
    let mut identities = Vec::new();
    for body in sent {
        world.door.answer(&signed("github", body, false).to_string()).await;
        let message = world.received().await.unwrap();
        let envelope = Envelope::open(&message).unwrap();
        assert_eq!(envelope.body, "{}");
        identities.push(envelope.identity.into_owned());
    }
    assert_ne!(identities[0], identities[1]);
}

#[tokio::test]
async fn pointers_count_from_the_event_of_a_batch_even_where_it_cannot_be_split() {
    let world = altered("line", |source| {
        source.split = source.provider.batch;
        source.redact = pointers(&["/message/text"]);
    })
    .await;
    let item = |n: usize| json!({ "webhookEventId": format!("e{n}"), "message": { "text": "hush", "n": n } });
    let body = json!({ "events": [item(1), item(2)] }).to_string();
    let kept = [1, 2].map(|n| format!("{{\"message\":{{\"n\":{n}}},\"webhookEventId\":\"e{n}\"}}"));
    assert_eq!(posted(&world, &signed("line", body.as_bytes(), false)).await, kept);

    let many = json!({ "events": (0..1_001).map(item).collect::<Vec<_>>() }).to_string();
    let whole = posted(&world, &signed("line", many.as_bytes(), false)).await;
    assert_eq!(whole, [many.replace(r#","text":"hush""#, "")]);
    let alone = r#"{"message":{"text":"hush"}}"#;
    assert_eq!(posted(&world, &signed("line", alone.as_bytes(), false)).await, [r#"{"message":{}}"#]);
}

#[tokio::test]
async fn pointers_count_from_the_event_that_a_form_wraps() {
    let world = altered("gitea", |source| source.redact = pointers(&["/pusher/email"])).await;
    let gitea = provider::by_name("gitea").unwrap();
    let secrets = Secrets::parse(&test_secret(gitea), &gitea.scheme.key).unwrap();
    let mut headers = vec![
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ("x-gitea-delivery".to_owned(), "id-1".to_owned()),
    ];
    let body = "payload=%7B%22pusher%22%3A%7B%22email%22%3A%22hush%22%2C%22id%22%3A1%7D%7D";
    let request = Request {
        method: "POST",
        url: "https://hooks.example.com/hooks/gitea",
        headers: &headers,
        body: body.as_bytes(),
    };
    headers.extend(sign(&gitea.scheme, &secrets, &request, NOW_MS).unwrap());
    let kept = "payload=%7B%22pusher%22%3A%7B%22id%22%3A1%7D%7D";
    assert_eq!(posted(&world, &event("gitea", &headers, body, false)).await, [kept]);
}

#[tokio::test]
async fn the_headers_that_travel_on_are_those_that_the_source_names() {
    let with = async |headers: Option<&[&str]>| {
        let names = headers.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let world = altered("github", |source| source.headers = names).await;
        let mut event = signed("github", b"{}", false);
        for (name, value) in [("x-github-event", "ping"), ("user-agent", "GitHub-Hookshot"), ("cookie", MARKER)] {
            event["headers"][name] = value.into();
        }
        world.door.answer(&event.to_string()).await;
        let message = world.received().await.unwrap();
        let envelope = Envelope::open(&message).unwrap();
        envelope.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    let row = with(None).await;
    assert!(
        row.contains(&"x-github-event: ping".to_owned()) && !row.iter().any(|line| line.starts_with("user-agent")),
        "{row:?}"
    );
    assert_eq!(with(Some(&["user-agent", "x-not-there"])).await, ["user-agent: GitHub-Hookshot"]);
    assert_eq!(with(Some(&[])).await, [""; 0]);
}
