//! Deliveries that hold several events, each of which goes on alone.

use std::time::Duration;

use serde_json::{Value, json};
use webhook::Field;
use webhook::envelope::Envelope;
use webhook::identity::Mode;

use crate::world::{World, event, signed};

/// A world in which this provider's deliveries are split where its row knows that their events lie.
async fn splitting(name: &str) -> World {
    let mut world = World::start().await;
    let source = world.door.sources.iter_mut().find(|source| source.name == name).unwrap();
    (source.split, source.identity) = (source.provider.batch, Mode::Id);
    world
}

/// Identity, type and body of each message, in the order of their identities.
async fn received(world: &World) -> Vec<(String, Option<String>, String)> {
    let mut all = Vec::new();
    while let Some(message) = world.received().await {
        let envelope = Envelope::open(&message).unwrap();
        let body = String::from_utf8(envelope.raw_body().unwrap().into_owned()).unwrap();
        all.push((envelope.identity.into_owned(), envelope.event_type.map(|kind| kind.into_owned()), body));
    }
    all.sort();
    all
}

#[tokio::test]
async fn each_event_of_a_batch_is_a_message_of_its_own() {
    let world = splitting("line").await;
    let body = r#"{"destination":"U1","events":[ {"webhookEventId":"a","type":"message","n":1.0}, {"webhookEventId":"b","type":"follow"} ]}"#;
    let answer = world.door.answer(&signed("line", body.as_bytes(), false).to_string()).await;
    assert_eq!(answer.status_code, 200);
    let expected = [
        ("a", Some("message"), r#"{"webhookEventId":"a","type":"message","n":1.0}"#),
        ("b", Some("follow"), r#"{"webhookEventId":"b","type":"follow"}"#),
    ];
    let expected = expected.map(|(id, kind, body)| (id.to_owned(), kind.map(str::to_owned), body.to_owned()));
    assert_eq!(received(&world).await, expected);
}

#[tokio::test]
async fn a_large_batch_goes_on_in_many_calls_and_none_of_it_is_lost() {
    let world = splitting("line").await;
    let identities: Vec<String> = (0..100).map(|n| format!("e{n:02}")).collect();
    let events: Vec<Value> =
        identities.iter().map(|identity| json!({ "webhookEventId": identity, "type": "message" })).collect();
    let mut event = signed("line", json!({ "events": events }).to_string().as_bytes(), false);
    // All the time that a door has: none of it went by before.
    event["requestContext"]["timeEpoch"] = shell::clock::now_ms().into();
    assert_eq!(world.door.answer(&event.to_string()).await.status_code, 200);
    let got: Vec<String> = received(&world).await.into_iter().map(|(identity, ..)| identity).collect();
    assert_eq!(got, identities);
}

#[tokio::test]
async fn events_of_a_batch_stand_in_a_fifo_queue_in_their_order_each_in_its_group() {
    let mut world = World::fifo().await;
    let source = world.door.sources.iter_mut().find(|source| source.name == "line").unwrap();
    (source.split, source.identity) = (source.provider.batch, Mode::Id);
    source.group = &[Field::Json("/user")];
    let event = |n: usize| match n % 2 {
        0 => json!({ "webhookEventId": format!("e{n:02}") }),
        _ => json!({ "webhookEventId": format!("e{n:02}"), "user": 7 }),
    };
    let body = json!({ "events": (0..100).map(event).collect::<Vec<_>>() }).to_string();
    let mut event = signed("line", body.as_bytes(), false);
    event["requestContext"]["timeEpoch"] = shell::clock::now_ms().into();
    assert_eq!(world.door.answer(&event.to_string()).await.status_code, 200);
    let identity = |message: &String| Envelope::open(message).unwrap().identity.into_owned();
    let got = world.received_by_group().await;
    let got: Vec<(&str, Vec<String>)> =
        got.iter().map(|(group, messages)| (&**group, messages.iter().map(identity).collect())).collect();
    let expected = |first: usize| (first..100).step_by(2).map(|n| format!("e{n:02}")).collect::<Vec<_>>();
    assert_eq!(got, [("line", expected(0)), ("line/7902699be42c8a8e46fbbb4501726517", expected(1))]);
}

#[tokio::test]
async fn what_cannot_be_split_goes_on_as_a_whole() {
    let world = splitting("sendgrid").await;
    let many = format!("[{}]", ["{}"; 1_001].join(","));
    for body in ["[]", "{}", "[1,", "not JSON", &many] {
        let answer = world.door.answer(&signed("sendgrid", body.as_bytes(), false).to_string()).await;
        assert_eq!(answer.status_code, 200, "{body}");
        let all = received(&world).await;
        let [(_, _, whole)] = &all[..] else { panic!("{} messages of {body}", all.len()) };
        assert_eq!(whole, body);
    }
}

#[tokio::test]
async fn a_batch_that_the_queue_does_not_take_is_not_acknowledged() {
    let mut world = World::without_queue().await;
    let source = world.door.sources.iter_mut().find(|source| source.name == "line").unwrap();
    source.split = source.provider.batch;
    let body = r#"{"events":[{"webhookEventId":"a"},{"webhookEventId":"b"}]}"#;
    let answer = world.door.answer(&signed("line", body.as_bytes(), false).to_string()).await;
    assert_eq!(answer.status_code, 503);
}

#[tokio::test]
async fn one_call_that_fails_fails_the_whole_delivery() {
    // The first of two calls is taken, the second is refused: not all is durable, so nothing is acknowledged.
    let server = crate::answering::Answering::start(|_, body| {
        let entries = body.matches("\"Id\"").count();
        let good = r#"{"Id":"0","MessageId":"m","MD5OfMessageBody":"-"}"#;
        let bad = r#"{"Id":"1","Code":"InternalError","SenderFault":false}"#;
        let text = match entries {
            10 => format!(r#"{{"Successful":[{good}],"Failed":[]}}"#),
            _ => format!(r#"{{"Successful":[{good}],"Failed":[{bad}]}}"#),
        };
        Some(crate::answering::answer("200 OK", "content-type: application/x-amz-json-1.0\r\n", &text))
    });
    let server = server.await;
    let mut world = World::with_queue_at(&server.url).await;
    let source = world.door.sources.iter_mut().find(|source| source.name == "line").unwrap();
    source.split = source.provider.batch;
    let events = |count: usize| json!({ "events": vec![json!({}); count] }).to_string();
    for (count, status) in [(10, 200), (12, 503)] {
        let started = tokio::time::Instant::now();
        let answer = world.door.answer(&signed("line", events(count).as_bytes(), false).to_string()).await;
        assert_eq!(answer.status_code, status, "{count}");
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}

#[tokio::test]
async fn equal_notifications_of_a_provider_whose_deliveries_all_count_stay_two() {
    let world = splitting("microsoft-graph").await;
    let body = r#"{"value":[{"clientState":"tidegate-test-secret","changeType":"updated"}]}"#;
    let mut identities = Vec::new();
    for request_id in ["first", "second"] {
        let mut event = event("microsoft-graph", &[], body, false);
        event["requestContext"]["requestId"] = json!(request_id);
        assert_eq!(world.door.answer(&event.to_string()).await.status_code, 202);
        identities.extend(received(&world).await.into_iter().map(|(identity, ..)| identity));
    }
    assert_eq!(identities, ["delivery:first#0", "delivery:second#0"]);
}

#[tokio::test]
async fn a_batch_that_nobody_signed_is_not_looked_into() {
    let world = splitting("line").await;
    let forged = event("line", &[("x-line-signature".to_owned(), "AAAA".to_owned())], r#"{"events":[{},{}]}"#, false);
    assert_eq!(world.door.answer(&forged.to_string()).await.status_code, 403);
    assert_eq!(world.received().await, None);
}
