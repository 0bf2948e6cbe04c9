//! A source with several destinations: each settles on its own, so that one that fails does not repeat the others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::{World, event, far_off, from, message};
use bytes::Bytes;
use local::{Received, Receiver, Reply};
use serde_json::{Value, json};
use webhook::destination::{Address, Destination, Endpoint};
use worker_fn::batch;
use worker_fn::handle::handle;

/// A receiver whose answer can be changed, and the keys of what it got.
struct There {
    receiver: Receiver,
    status: Arc<Mutex<u16>>,
    posts: Arc<Mutex<Vec<String>>>,
}

impl There {
    async fn answering(status: u16) -> There {
        let (status, posts) = (Arc::new(Mutex::new(status)), Arc::new(Mutex::new(Vec::new())));
        let (says, seen) = (status.clone(), posts.clone());
        let reply = move |got: &Received| {
            seen.lock().unwrap().push(got.key.clone().unwrap());
            Reply { status: *says.lock().unwrap(), retry_after_s: None, after: Duration::ZERO, body: Bytes::new() }
        };
        There { receiver: Receiver::start(reply).await.unwrap(), status, posts }
    }

    fn answers_from_now_on(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    fn posts(&self) -> Vec<String> {
        let mut posts = self.posts.lock().unwrap().clone();
        posts.sort();
        posts
    }

    fn named(&self, name: &str) -> Destination {
        Destination::Https(Endpoint::named(name, Address::Url(self.receiver.url())))
    }
}

/// Works off messages `m0`, `m1` and so on; true when all of them are settled.
async fn work(world: &World, bodies: &[&str]) -> bool {
    let reply = batch::work(&world.worker, &event(bodies, 1), far_off(), &handle).await.unwrap();
    reply.batch_item_failures.is_empty()
}

/// The status of each row, by its key and destination.
async fn statuses(world: &World) -> BTreeMap<(String, String), String> {
    let rows = world.all_rows().await;
    let named =
        rows.iter().map(|row| ((row.text("pk").to_owned(), row.text("sk").to_owned()), row.text("status").to_owned()));
    named.collect()
}

fn at(key: &str, destination: &str) -> (String, String) {
    (key.to_owned(), destination.to_owned())
}

#[tokio::test]
async fn while_one_is_down_the_other_gets_each_event_once_and_in_the_end_all_are_done() {
    let (up, down) = (There::answering(200).await, There::answering(503).await);
    let world = World::at(10, &[Destination::Table, up.named("up"), down.named("down")], &[]).await;
    let messages: Vec<String> = (0..5).map(|n| message(&format!("id-{n}"), &format!("{{\"n\":{n}}}"))).collect();
    let bodies: Vec<&str> = messages.iter().map(String::as_str).collect();
    for _ in 0..3 {
        assert!(!work(&world, &bodies).await);
    }
    let keys: Vec<String> = (0..5).map(|n| format!("github#id-{n}")).collect();
    let before = statuses(&world).await;
    for key in &keys {
        let found = ["table", "https:up", "https:down"].map(|destination| before[&at(key, destination)].as_str());
        assert_eq!(found, ["done", "done", "waiting"]);
    }
    assert_eq!((up.posts(), down.posts().len()), (keys.clone(), 15));

    down.answers_from_now_on(204);
    assert!(work(&world, &bodies).await);
    assert!(statuses(&world).await.values().all(|status| status == "done"));
    assert_eq!((up.posts(), down.posts().len()), (keys, 20), "once each, and nothing was repeated");
    assert!(world.letters().await.is_empty());
}

#[tokio::test]
async fn one_dead_and_one_done_is_settled_and_a_redriven_letter_acts_at_the_dead_one_alone() {
    let (takes, refuses) = (There::answering(200).await, There::answering(422).await);
    let world = World::at(10, &[takes.named("takes"), refuses.named("refuses")], &[]).await;
    let body = message("id-1", "{}");
    assert!(work(&world, &[&body]).await, "the message may be deleted");
    let letters = world.letters().await;
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    let attribute = |name: &str| letter.message_attributes.as_ref().unwrap()[name].string_value().unwrap();
    assert_eq!((attribute("destination"), attribute("reason")), ("https:refuses", "destination_rejected"));
    assert_eq!(letter.body(), Some(&*body), "the message as it was");

    // The letter is sent back once the cause is mended.
    refuses.answers_from_now_on(200);
    let redriven = json!({"messageId": "again", "body": body, "messageAttributes": {"redriven": {}}});
    let again = from(json!({"Records": [redriven]}));
    let reply = batch::work(&world.worker, &again, far_off(), &handle).await.unwrap();
    assert!(reply.batch_item_failures.is_empty());
    assert_eq!((takes.posts().len(), refuses.posts().len()), (1, 2));
    assert!(statuses(&world).await.values().all(|status| status == "done"));
}

#[tokio::test]
async fn while_one_is_dead_and_one_waits_the_message_comes_again_and_the_dead_one_is_left_alone() {
    let (waits, refuses) = (There::answering(503).await, There::answering(422).await);
    let world = World::at(10, &[waits.named("waits"), refuses.named("refuses")], &[]).await;
    let body = message("id-1", "{}");
    for _ in 0..3 {
        assert!(!work(&world, &[&body]).await);
    }
    waits.answers_from_now_on(200);
    assert!(work(&world, &[&body]).await);
    assert_eq!((waits.posts().len(), refuses.posts().len(), world.letters().await.len()), (4, 1, 1));
}

#[tokio::test]
async fn the_records_of_one_event_are_worked_on_in_sequence_at_every_destination() {
    let (a, b) = (There::answering(200).await, There::answering(200).await);
    let world = World::at(10, &[a.named("a"), b.named("b")], &[]).await;
    let (same, other) = (message("id-1", "{}"), message("id-2", "{}"));
    assert!(work(&world, &[&same, &other, &same, &same]).await, "none waits for another's lease");
    let once = ["github#id-1", "github#id-2"];
    assert_eq!((a.posts(), b.posts()), (once.map(str::to_owned).to_vec(), once.map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn a_message_waits_as_long_as_the_most_patient_of_its_destinations_wants_it_to() {
    let soon = There::answering(503).await;
    let reply =
        |_: &Received| Reply { status: 503, retry_after_s: Some(600), after: Duration::ZERO, body: Bytes::new() };
    let late = Receiver::start(reply).await.unwrap();
    let patient = Destination::Https(Endpoint::named("late", Address::Url(late.url())));
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let seen = asked.clone();
    let sqs = Receiver::start(move |got| {
        seen.lock().unwrap().push(serde_json::from_slice(&got.body).unwrap());
        Reply { status: 200, retry_after_s: None, after: Duration::ZERO, body: "{}".into() }
    })
    .await
    .unwrap();
    let world = World::at(10, &[soon.named("soon"), patient], &[("AWS_ENDPOINT_URL_SQS", &sqs.url())]).await;
    assert!(!work(&world, &[&message("id-1", "{}")]).await);
    let asked = asked.lock().unwrap();
    assert_eq!((asked.len(), &asked[0]["VisibilityTimeout"]), (1, &json!(600)), "one delay, the longer");
}
