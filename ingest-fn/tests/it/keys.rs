//! Providers whose public keys lie elsewhere, and subscriptions that are confirmed by a visit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ingest_fn::documents::Documents;
use serde_json::Value;
use webhook::Request;
use webhook::provider::{self, Provider};
use webhook::secret::Secrets;
use webhook::sign::{self, sign, test_document, test_secret};

use crate::answering::{Answering, answer};
use crate::world::{NOW_MS, World, event};

/// The providers whose keys are fetched.
fn fetched() -> Vec<&'static Provider> {
    provider::ALL.iter().copied().filter(|provider| provider.scheme.document.is_some()).collect()
}

/// A delivery of the sample payload, with `change` made to it before it is signed.
fn delivery(provider: &Provider, change: impl Fn(&mut Value)) -> Value {
    let payload = format!("{}/../events/payloads/{}.json", env!("CARGO_MANIFEST_DIR"), provider.name);
    let mut payload: Value = serde_json::from_slice(&std::fs::read(payload).unwrap()).unwrap();
    change(&mut payload);
    let secrets = Secrets::parse(&test_secret(provider), &provider.scheme.key).unwrap();
    let url = format!("https://hooks.example.com/hooks/{}", provider.name);
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let named = |field: &webhook::Field| match field {
        webhook::Field::Header(name) => Some(((*name).to_owned(), "id-1".to_owned())),
        _ => None,
    };
    headers.extend(provider.headers.iter().map(|name| ((*name).to_owned(), "id-1".to_owned())));
    headers.extend(provider.id.iter().filter_map(named));
    if let Some(webhook::document::Document::Certificate { url: webhook::Field::Header(name), places }) =
        provider.scheme.document
    {
        headers.push((name.to_owned(), format!("https://{}", places[0].replace('*', "test"))));
    }
    let body = payload.to_string().into_bytes();
    let request = Request { method: "POST", url: &url, headers: &headers, body: &body };
    let body = sign::body(&provider.scheme, &secrets, &request, NOW_MS).unwrap().unwrap_or(body.clone());
    let signed = sign(&provider.scheme, &secrets, &Request { body: &body, ..request }, NOW_MS).unwrap();
    headers.extend(signed);
    event(provider.name, &headers, std::str::from_utf8(&body).unwrap(), false)
}

/// A server that has every document that the test keys need, while `up` is true.
async fn server(up: &Arc<AtomicBool>) -> Answering {
    let up = up.clone();
    Answering::start(move |path, _| {
        let sets = path.starts_with("/www.googleapis.com");
        let of = |provider: &&Provider| provider.name == if sets { "google-pubsub" } else { "aws-sns" };
        let document = fetched().into_iter().find(of).and_then(test_document).unwrap();
        match up.load(Ordering::SeqCst) {
            true => Some(answer("200 OK", "cache-control: max-age=600\r\n", &document)),
            false => Some(answer("500 Internal Server Error", "", "")),
        }
    })
    .await
}

#[tokio::test]
async fn a_key_is_fetched_once_and_lets_in_what_it_has_signed() {
    let server = server(&Arc::new(AtomicBool::new(true))).await;
    for provider in fetched() {
        let mut world = World::start().await;
        world.door.documents = Documents::new(Some(server.url.clone()));
        let asked = server.paths().len();
        let good = delivery(provider, |_| {});
        for _ in 0..3 {
            let answer = world.door.answer(&good.to_string()).await;
            assert_eq!(answer.status_code, provider.accepted.status, "{}", provider.name);
            assert!(world.received().await.is_some(), "{}", provider.name);
        }
        assert_eq!(server.paths().len(), asked + 1, "{}", provider.name);
    }
}

#[tokio::test]
async fn without_its_key_nothing_is_let_in_and_the_provider_comes_again() {
    let up = Arc::new(AtomicBool::new(false));
    let server = server(&up).await;
    for provider in fetched() {
        let mut world = World::start().await;
        world.door.documents = Documents::new(Some(server.url.clone()));
        let good = delivery(provider, |_| {});
        let answer = world.door.answer(&good.to_string()).await;
        assert_eq!((answer.status_code, answer.headers.contains_key("retry-after")), (503, true), "{}", provider.name);
        assert_eq!(world.received().await, None);
    }
    up.store(true, Ordering::SeqCst);
    for provider in fetched() {
        let mut world = World::start().await;
        world.door.documents = Documents::new(Some(server.url.clone()));
        let answer = world.door.answer(&delivery(provider, |_| {}).to_string()).await;
        assert_eq!(answer.status_code, provider.accepted.status, "{}", provider.name);
    }
}

#[tokio::test]
async fn a_key_that_came_since_is_fetched_before_its_set_is_old() {
    let pubsub = provider::by_name("google-pubsub").unwrap();
    let rotated = Arc::new(AtomicBool::new(false));
    let now = rotated.clone();
    let server = Answering::start(move |_, _| {
        let set = test_document(pubsub).unwrap();
        let set = if now.load(Ordering::SeqCst) { set } else { set.replace("tidegate-test-key", "of-yesterday") };
        Some(answer("200 OK", "cache-control: max-age=86400\r\n", &set))
    });
    let server = server.await;
    let mut world = World::start().await;
    world.door.documents = Documents::new(Some(server.url.clone()));
    let answered = async |later_ms: u64| {
        let mut good = delivery(pubsub, |_| {});
        good["requestContext"]["timeEpoch"] = (NOW_MS + later_ms).into();
        world.door.answer(&good.to_string()).await.status_code
    };
    assert_eq!((answered(0).await, server.paths().len()), (403, 1));
    rotated.store(true, Ordering::SeqCst);
    assert_eq!((answered(9_999).await, server.paths().len()), (403, 1), "it was fetched a moment ago");
    assert_eq!((answered(10_000).await, server.paths().len()), (pubsub.accepted.status, 2));
    assert_eq!((answered(30_000).await, server.paths().len()), (pubsub.accepted.status, 2));
}

#[tokio::test]
async fn no_key_is_fetched_from_where_a_forger_says() {
    let server = server(&Arc::new(AtomicBool::new(true))).await;
    let sns = provider::by_name("aws-sns").unwrap();
    let mut world = World::start().await;
    world.door.documents = Documents::new(Some(server.url.clone()));
    for url in ["https://evil.example/cert.pem", "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem"] {
        let mut forged = delivery(sns, |_| {});
        let mut body: Value = serde_json::from_str(forged["body"].as_str().unwrap()).unwrap();
        body["SigningCertURL"] = url.into();
        forged["body"] = body.to_string().into();
        assert_eq!(world.door.answer(&forged.to_string()).await.status_code, 403, "{url}");
    }
    assert_eq!(server.paths(), [""; 0]);
    assert_eq!(world.received().await, None);
}

#[tokio::test]
async fn what_no_key_could_let_in_has_none_fetched() {
    let server = server(&Arc::new(AtomicBool::new(true))).await;
    let sns = provider::by_name("aws-sns").unwrap();
    let mut world = World::start().await;
    world.door.documents = Documents::new(Some(server.url.clone()));
    let refused = [
        ("TopicArn", "arn:aws:sns:us-east-1:1:of-somebody", 403),
        ("Timestamp", "1999-01-01T00:00:00.000Z", 403),
        ("Signature", "no base64", 403),
        ("Signature", "", 401),
    ];
    for (field, value, status) in refused {
        let mut forged = delivery(sns, |_| {});
        let mut body: Value = serde_json::from_str(forged["body"].as_str().unwrap()).unwrap();
        body[field] = value.into();
        forged["body"] = body.to_string().into();
        assert_eq!(world.door.answer(&forged.to_string()).await.status_code, status, "{field} {value}");
    }
    assert_eq!(server.paths(), [""; 0]);
}

/// A question for a confirmation that SNS has signed.
fn question(subscribe_url: &str) -> Value {
    delivery(provider::by_name("aws-sns").unwrap(), |payload| {
        payload["Type"] = "SubscriptionConfirmation".into();
        payload["Token"] = "2336412f37".into();
        payload["SubscribeURL"] = subscribe_url.into();
    })
}

const SUBSCRIBE: &str = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:1:t&Token=2336412f37";

async fn confirming(server: &Answering) -> World {
    let mut world = World::start().await;
    world.door.documents = Documents::new(Some(server.url.clone()));
    world.door.sources.iter_mut().find(|source| source.name == "aws-sns").unwrap().confirm = true;
    world
}

#[tokio::test]
async fn a_subscription_is_confirmed_by_a_visit_where_its_source_wants_that() {
    let up = Arc::new(AtomicBool::new(true));
    let server = server(&up).await;
    let mut world = confirming(&server).await;
    assert_eq!(world.door.answer(&question(SUBSCRIBE).to_string()).await.status_code, 200);
    let visited = SUBSCRIBE.replace("https://", "/");
    assert_eq!(server.paths().last(), Some(&visited));
    assert_eq!(world.received().await, None, "a question that was answered is no event");
    // An event is none of those.
    let event = delivery(provider::by_name("aws-sns").unwrap(), |_| {});
    assert_eq!(world.door.answer(&event.to_string()).await.status_code, 200);
    assert!(world.received().await.is_some());

    world.door.sources.iter_mut().for_each(|source| source.confirm = false);
    let visits = server.paths().len();
    assert_eq!(world.door.answer(&question(SUBSCRIBE).to_string()).await.status_code, 200);
    assert_eq!(server.paths().len(), visits);
    assert!(world.received().await.is_some(), "nobody has confirmed it, so somebody has to see it");
}

#[tokio::test]
async fn a_visit_that_fails_is_asked_for_again_and_no_other_place_is_visited() {
    let up = Arc::new(AtomicBool::new(true));
    let server = server(&up).await;
    let world = confirming(&server).await;
    let event = delivery(provider::by_name("aws-sns").unwrap(), |_| {});
    assert_eq!(world.door.answer(&event.to_string()).await.status_code, 200, "the certificate is here from now on");
    let visits = server.paths().len();
    // They are signed, so somebody has to see them; none of them is visited.
    for elsewhere in [
        "https://evil.example/?Action=ConfirmSubscription&Token=1",
        "https://sns.us-east-1.amazonaws.com/?Action=DeleteTopic&Token=1",
        "https://sns.us-east-1.amazonaws.com.evil.example/?Action=ConfirmSubscription&Token=1",
    ] {
        assert_eq!(world.door.answer(&question(elsewhere).to_string()).await.status_code, 200, "{elsewhere}");
        assert!(world.received().await.is_some(), "{elsewhere}");
    }
    assert_eq!(server.paths().len(), visits);
    up.store(false, Ordering::SeqCst);
    assert_eq!(world.door.answer(&question(SUBSCRIBE).to_string()).await.status_code, 503);
    assert_eq!(server.paths().len(), visits + 1);
}
