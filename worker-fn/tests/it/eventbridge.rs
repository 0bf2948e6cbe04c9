//! Events that go to an event bus: the local EventBridge takes them, and a scripted one refuses.

use std::time::Duration;

use crate::world::{World, event, far_off, message};
use local::{Received, Receiver, Reply};
use serde_json::{Value, json};
use webhook::destination::{Bus, BusPlace, Destination};
use worker_fn::batch;
use worker_fn::handle::handle;

fn bus() -> Destination {
    Destination::EventBridge(Bus::new(BusPlace::Env("ORDERS_BUS".to_owned())))
}

/// Works a message off once, and says whether it is settled.
async fn work(world: &World, body: &str) -> bool {
    let reply = batch::work(&world.worker, &event(&[body], 1), far_off(), &handle).await.unwrap();
    reply.batch_item_failures.is_empty()
}

async fn row(world: &World, key: &str) -> (String, String, String) {
    let rows = world.rows().await;
    let row = &rows[key];
    (row.text("sk").to_owned(), row.text("status").to_owned(), row.text("reason").to_owned())
}

#[tokio::test]
async fn a_bus_gets_an_event_once_and_a_duplicate_never() {
    let world = World::at(3, &[bus()], &[("ORDERS_BUS", "orders")]).await;
    let body = message("id-1", "{\"n\":1}");
    assert!(work(&world, &body).await && work(&world, &body).await);
    let events = world.bus_events();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        (&*event.event_bus_name, &*event.source, &event.detail),
        ("orders", "tidegate.github", &json!({"n": 1}))
    );
    assert_eq!((&*event.detail_type, &event.resources[..]), ("webhook", &["github#id-1".to_owned()][..]));
    assert_eq!(event.time, 1_795_262_400.0, "when it was received");
    let expected = ["eventbridge", "done", ""].map(str::to_owned);
    assert_eq!(<[String; 3]>::from(row(&world, "github#id-1").await), expected);
}

#[tokio::test]
async fn a_result_that_is_no_object_is_a_letter_that_says_so() {
    let world = World::at(3, &[bus()], &[("ORDERS_BUS", "orders")]).await;
    assert!(work(&world, &message("id-1", "[1]")).await);
    let expected = ["eventbridge", "dead", "destination_rejected"].map(str::to_owned);
    assert_eq!(<[String; 3]>::from(row(&world, "github#id-1").await), expected);
    let letters = world.letters().await;
    let attribute = |name: &str| letters[0].message_attributes.as_ref().unwrap()[name].string_value().unwrap();
    let told = "the destination takes a JSON object, the result is an array: map it to an object";
    assert_eq!((attribute("detail"), attribute("destination")), (told, "eventbridge"));
    assert!(world.bus_events().is_empty());
}

#[tokio::test]
async fn a_result_that_is_larger_than_an_entry_is_a_letter_and_not_a_call() {
    use worker_fn::handle::{Event, Failure, Handled};
    let world = World::at(3, &[bus()], &[("ORDERS_BUS", "orders")]).await;
    let grows = async |_: &Event<'_>| -> Result<Handled, Failure> {
        let json = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
        Ok(serde_json::value::RawValue::from_string(json).unwrap().into())
    };
    let body = message("id-1", "{}");
    let reply = batch::work(&world.worker, &event(&[&body], 1), far_off(), &grows).await.unwrap();
    assert!(reply.batch_item_failures.is_empty());
    assert_eq!(row(&world, "github#id-1").await.2, "result_too_large");
    assert!(world.bus_events().is_empty());
}

#[tokio::test]
async fn a_bus_whose_name_is_not_set_keeps_its_events_waiting() {
    let world = World::at(3, &[bus()], &[]).await;
    assert!(!work(&world, &message("id-1", "{}")).await);
    assert_eq!(row(&world, "github#id-1").await.1, "waiting");
}

/// An EventBridge that answers one after the other, and the last one again and again.
async fn scripted(answers: &'static [(u16, &'static str)]) -> Receiver {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let reply = move |got: &Received| {
        let header = |name: &str| got.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-amz-target"), "AWSEvents.PutEvents");
        assert!(header("authorization").contains("/us-east-1/events/aws4_request"));
        let entries = serde_json::from_slice::<Value>(&got.body).unwrap()["Entries"].as_array().unwrap().len();
        assert_eq!(entries, 1, "each event settles on its own");
        let number = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let (status, body) = answers[number.min(answers.len() - 1)];
        Reply { status, retry_after_s: None, after: Duration::ZERO, body: body.as_bytes().into() }
    };
    Receiver::start(reply).await.unwrap()
}

async fn at_scripted(receiver: &Receiver) -> World {
    World::at(5, &[bus()], &[("ORDERS_BUS", "orders"), ("AWS_ENDPOINT_URL_EVENTBRIDGE", &receiver.url())]).await
}

#[tokio::test]
async fn an_entry_that_is_refused_for_now_comes_again_although_the_call_was_answered_200() {
    let receiver = scripted(&[
        (200, r#"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"ThrottlingException","ErrorMessage":"m"}]}"#),
        (500, r#"{"__type":"InternalException"}"#),
        (400, r#"{"__type":"AccessDeniedException"}"#),
        (200, r#"{"FailedEntryCount":0,"Entries":[{"EventId":"e-1"}]}"#),
    ])
    .await;
    let world = at_scripted(&receiver).await;
    let body = message("id-1", "{}");
    for _ in 0..3 {
        assert!(!work(&world, &body).await);
        assert_eq!(row(&world, "github#id-1").await.1, "waiting");
    }
    assert!(work(&world, &body).await);
    assert_eq!(row(&world, "github#id-1").await.1, "done");
}

#[tokio::test]
async fn an_entry_that_is_refused_for_good_is_a_letter() {
    let receiver = scripted(&[(200, r#"{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InvalidArgument"}]}"#)]).await;
    let world = at_scripted(&receiver).await;
    assert!(work(&world, &message("id-1", "{}")).await);
    assert_eq!(row(&world, "github#id-1").await.2, "destination_rejected");
    assert_eq!(world.letters().await.len(), 1);
}

#[cfg(feature = "jq")]
#[tokio::test]
async fn what_is_wanted_is_mapped_once_for_bus_and_table_and_what_is_not_reaches_neither() {
    use webhook::sources::Programs;
    use webhook::sources::programs::Program;
    let mut world = World::at(3, &[bus(), Destination::Table], &[("ORDERS_BUS", "orders")]).await;
    let program = |text: &str| Some(Program::Text(text.to_owned()));
    let programs = Programs { filter: program(".n > 1"), map: program("{number: .n, note}"), order: None };
    world.worker.sources.iter_mut().for_each(|source| source.programs = programs.clone());
    for n in 1..=3 {
        let body = message(&format!("id-{n}"), &format!("{{\"n\":{n},\"secret\":\"hush\"}}"));
        assert!(work(&world, &body).await && work(&world, &body).await, "{n}");
    }
    let details: Vec<Value> = world.bus_events().into_iter().map(|event| event.detail).collect();
    assert_eq!(details, [json!({"number": 2, "note": null}), json!({"number": 3, "note": null})]);
    let mut rows: Vec<(String, String)> = Vec::new();
    for row in world.all_rows().await {
        assert_eq!(row.text("status"), "done");
        rows.push((row.text("sk").to_owned(), row.text("result").to_owned()));
    }
    rows.sort();
    let stored = |n: u32| ("table".to_owned(), format!("{{\"number\":{n},\"note\":null}}"));
    let on_bus = || ("eventbridge".to_owned(), String::new());
    assert_eq!(rows, [on_bus(), on_bus(), stored(2), stored(3)]);
}
