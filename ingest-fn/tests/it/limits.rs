//! What is too many, too long or too large at the door, and what it is answered.

use crate::world::{NOW_MS, World, event, signed};
use ingest_fn::gateway::Answer;
use serde_json::{Value, json};
use webhook::rate::Rate;

/// A door whose source github has a limit.
async fn limited(rate: Rate) -> World {
    let mut world = World::start().await;
    let source = world.door.sources.iter_mut().find(|source| source.name == "github").unwrap();
    source.rate = Some(rate);
    world
}

async fn post(world: &World, event: &Value) -> Answer {
    world.door.answer(&event.to_string()).await
}

/// A delivery of github's, received so long after the others.
fn after(ms: u64) -> Value {
    let mut event = signed("github", b"{}", false);
    event["requestContext"]["timeEpoch"] = json!(NOW_MS + ms);
    event
}

#[tokio::test]
async fn more_than_its_source_lets_in_is_429_until_there_is_room_and_never_queued() {
    let world = limited(Rate { per_s: 1, burst: 2 }).await;
    for _ in 0..2 {
        assert_eq!(post(&world, &after(0)).await.status_code, 200);
        assert!(world.received().await.is_some());
    }
    for (ms, retry_after) in [(0, "1"), (999, "1")] {
        let answer = post(&world, &after(ms)).await;
        assert_eq!((answer.status_code, answer.body.as_str()), (429, "{\"message\":\"Too Many Requests\"}"));
        assert_eq!(answer.headers["retry-after"], retry_after);
    }
    assert_eq!(post(&world, &signed("stripe", b"{\"id\":\"evt_1\"}", false)).await.status_code, 200, "another source");
    assert!(world.received().await.is_some());
    assert_eq!(world.received().await, None);
    assert_eq!(post(&world, &after(1_000)).await.status_code, 200);
}

#[tokio::test]
async fn what_nobody_signed_takes_nothing_from_a_limit() {
    let world = limited(Rate { per_s: 1, burst: 1 }).await;
    let mut forged = after(0);
    forged["body"] = json!("{\"forged\":true}");
    for _ in 0..10 {
        assert_eq!(post(&world, &forged).await.status_code, 403);
    }
    assert_eq!(post(&world, &after(0)).await.status_code, 200);
    assert_eq!(post(&world, &forged).await.status_code, 403, "and learns nothing of it");
}

/// More than API Gateway lets through in any header, by far.
const LONG: usize = 100_000;

#[tokio::test]
async fn headers_without_number_or_end_are_read_and_refused_like_others() {
    let world = World::start().await;
    let many: Vec<_> = (0..20_000).map(|n| (format!("x-{n}"), "v".to_owned())).collect();
    assert_eq!(post(&world, &event("github", &many, "{}", false)).await.status_code, 401);
    for name in ["x-hub-signature-256", "x-github-delivery", "content-type", "x-other"] {
        let mut long = signed("github", b"{}", false);
        long["body"] = json!("{ }");
        long["headers"][name] = json!("a,".repeat(LONG / 2));
        assert_eq!(post(&world, &long).await.status_code, 403, "{name}");
    }
    for provider in webhook::provider::ALL.iter().filter(|row| row.scheme.document.is_none()) {
        let signatures = provider.scheme.signature.fields.iter().filter_map(|field| match field {
            webhook::Field::Header(name) => Some(((*name).to_owned(), "v1=a,".repeat(LONG / 5))),
            _ => None,
        });
        let event = event(provider.name, &signatures.collect::<Vec<_>>(), "{}", false);
        let status = post(&world, &event).await.status_code;
        assert!(matches!(status, 400 | 401 | 403), "{}: {status}", provider.name);
    }
    assert_eq!(world.received().await, None);
}

#[tokio::test]
async fn a_signed_delivery_is_let_in_whatever_else_is_in_its_headers() {
    let world = World::start().await;
    let mut event = signed("github", b"{}", false);
    for n in 0..20_000 {
        event["headers"][format!("x-{n}")] = json!("v");
    }
    event["headers"]["user-agent"] = json!("u".repeat(LONG));
    assert_eq!(post(&world, &event).await.status_code, 200);
    let message = world.received().await.expect("one message");
    assert!(message.len() < 10_000, "{} bytes", message.len());
}

/// Whoever wants a throttle for one source at API Gateway gives it a route without a parameter (docs/deploy.md).
#[tokio::test]
async fn a_source_may_have_a_route_of_its_own() {
    let world = World::start().await;
    let mut event = signed("github", b"{}", false);
    event.as_object_mut().unwrap().remove("pathParameters");
    assert_eq!(post(&world, &event).await.status_code, 200);
    event["rawPath"] = json!("/hooks/nobody");
    assert_eq!(post(&world, &event).await.status_code, 404);
}
