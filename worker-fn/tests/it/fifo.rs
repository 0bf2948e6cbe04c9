//! The worker on FIFO queues: the order of a group, and letters that SQS must not take for one.

use std::sync::Mutex;
use std::time::Duration;

use crate::world::{World, event, far_off, from, in_time, message};
use serde_json::json;
use shell::clock::now_ms;
use tokio::time::sleep;
use webhook::backoff;
use webhook::destination::Destination;
use webhook::envelope::Envelope;
use webhook::letter::Reason;
use webhook::protocol::End;
use worker_fn::batch;
use worker_fn::event::{Record, SqsEvent};
use worker_fn::handle::{Event, Failure, Handled, handle};
use worker_fn::limits::{FIFO_TRIES_MAX, Limits};

/// Works a batch off; returns what is reported, and which events were tried, each in the order of the batch.
async fn worked(world: &World, event: &SqsEvent, fails: &[&str]) -> (Vec<String>, Vec<String>) {
    let tried = Mutex::new(Vec::new());
    let handle = async |event: &Event<'_>| {
        let id = event.id.unwrap();
        tried.lock().unwrap().push(id.to_owned());
        if fails.contains(&id) { Err(Failure::Retry("not yet".to_owned())) } else { handle(event).await }
    };
    let reply = batch::work(&world.worker, event, far_off(), &handle).await.unwrap();
    let reported = reply.batch_item_failures.into_iter().map(|item| item.item_identifier).collect();
    (reported, tried.into_inner().unwrap())
}

#[tokio::test]
async fn what_is_behind_a_failure_in_its_group_waits_untried_and_comes_again_with_it_in_order() {
    let world = World::fifo(&[Destination::Table]).await;
    for id in ["a-1", "a-2", "a-3"] {
        world.send("a", &message(id, "{}")).await;
    }
    world.send("b", &message("b-1", "{}")).await;
    let (event, ids) = world.batch().await;
    let (reported, mut tried) = worked(&world, &event, &["a-1"]).await;
    assert_eq!(reported, ids[..3]);
    tried.sort();
    assert_eq!(tried, ["a-1", "b-1"], "the other group goes on");
    // The backoff of a first attempt is 2 s at most, and the queue hides what nobody delays for 30.
    let (event, again) = world.batch().await;
    assert_eq!(again, ids[..3], "none of the group is hidden for longer than the first");
    let (reported, tried) = worked(&world, &event, &[]).await;
    assert_eq!((reported.len(), tried), (0, ["a-1", "a-2", "a-3"].map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn none_is_begun_behind_others_of_its_group_that_took_half_of_the_time() {
    let world = World::fifo(&[Destination::Handler]).await;
    for (group, id) in [("a", "a-1"), ("a", "a-2"), ("a", "a-3"), ("b", "b-1"), ("b", "b-2")] {
        world.send(group, &message(id, "{}")).await;
    }
    let (event, ids) = world.batch().await;
    let deadline_ms = now_ms() + 8_000;
    let tried = Mutex::new(Vec::new());
    let slow = async |event: &Event<'_>| {
        let id = event.id.unwrap();
        tried.lock().unwrap().push(id.to_owned());
        if id == "a-1" {
            // It is later by now than at the beginning, and so is the half of what is left.
            sleep(Duration::from_millis(deadline_ms.saturating_sub(now_ms()) / 2 + 10)).await;
        }
        handle(event).await
    };
    let reply = batch::work(&world.worker, &event, deadline_ms, &slow).await.unwrap();
    let reported: Vec<String> = reply.batch_item_failures.into_iter().map(|item| item.item_identifier).collect();
    assert_eq!(reported, ids[1..3], "the slow one itself is done");
    let mut tried = tried.into_inner().unwrap();
    tried.sort();
    assert_eq!(tried, ["a-1", "b-1", "b-2"], "another group has its own time");
    assert_eq!(world.rows().await.len(), 3, "no attempt is counted of what was not begun");
    world.delete(&event.records[0]).await;
    // Not only when the queue shows again what nobody delays, after 30 s.
    assert_eq!(world.batch().await.1, ids[1..3]);
}

#[tokio::test]
async fn what_is_no_envelope_keeps_its_place_in_its_group_too() {
    let world = World::fifo(&[Destination::Table]).await;
    for body in [&*message("a-1", "{}"), r#"{"v":3}"#, &*message("a-2", "{}")] {
        world.send("a", body).await;
    }
    let (event, ids) = world.batch().await;
    let (reported, tried) = worked(&world, &event, &[]).await;
    assert_eq!((reported, tried), (ids[1..].to_vec(), vec!["a-1".to_owned()]), "a newer worker knows the version");
}

/// Settles one receive of a message in a group of a FIFO queue, or of a standard one.
async fn received(world: &World, body: &str, receives: u32, is_fifo: bool) -> End {
    let number = if is_fifo { "SequenceNumber" } else { "NoNumber" };
    let attributes = [(number, "1"), ("MessageGroupId", "a"), ("ApproximateReceiveCount", &receives.to_string())]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (message_id, body) = (Some("m1".to_owned()), Some(body.to_owned()));
    let record = Record { message_id, body, attributes: attributes.into(), ..Record::default() };
    let envelope = Envelope::open(record.body.as_deref().unwrap());
    world.worker.settle(&record, envelope.as_ref(), in_time(), &handle).await.remove(0).end
}

#[tokio::test]
async fn receives_behind_others_are_no_attempts_of_what_cannot_be_told() {
    let world = World::fifo(&[Destination::Table]).await;
    let newer = r#"{"v":3}"#;
    let dead = End::Dead(Reason::EnvelopeVersion);
    let Limits { attempts, receives } = world.worker.limits;
    assert_eq!(received(&world, newer, attempts, false).await, dead);
    assert_eq!(received(&world, newer, attempts, true).await, End::Backoff(FIFO_TRIES_MAX));
    assert_eq!(received(&world, newer, receives - 1, true).await, End::Backoff(FIFO_TRIES_MAX));
    assert_eq!(received(&world, newer, receives, true).await, dead);
}

#[tokio::test]
async fn a_table_that_does_not_answer_hides_a_group_for_two_minutes_at_most() {
    let mut world = World::fifo(&[Destination::Table]).await;
    world.without_table();
    let body = message("a-1", "{}");
    assert_eq!(received(&world, &body, 2, true).await, End::Backoff(2));
    assert_eq!(received(&world, &body, 40, true).await, End::Backoff(FIFO_TRIES_MAX));
    assert_eq!(received(&world, &body, 40, false).await, End::Backoff(40), "these were tries");
    assert_eq!(backoff::delay_s(FIFO_TRIES_MAX, 127), 128);
}

#[tokio::test]
async fn a_group_of_a_standard_queue_is_no_order() {
    let world = World::start().await;
    for id in ["a-1", "a-2"] {
        world.send("a", &message(id, "{}")).await;
    }
    let (event, ids) = world.batch().await;
    let (reported, tried) = worked(&world, &event, &["a-1"]).await;
    assert_eq!((reported.len(), tried.len(), ids.len()), (1, 2, 2));
}

#[tokio::test]
async fn an_event_has_a_letter_for_each_death_and_destination_and_they_are_seen_at_once() {
    let world = World::fifo(&[Destination::Table, Destination::Handler]).await;
    let refuse = async |_: &Event<'_>| -> Result<Handled, Failure> { Err(Failure::Reject("no".to_owned())) };
    let body = message("id-1", "{}");
    // The message, and what redrives make of its letters: more than one receive brings.
    for id in ["m1", "m2", "m3", "m4", "m5", "m6"] {
        let attributes = json!({"SequenceNumber": "1", "MessageGroupId": "github"});
        let event = from(json!({"Records": [{"messageId": id, "body": body, "attributes": attributes}]}));
        let reply = batch::work(&world.worker, &event, far_off(), &refuse).await.unwrap();
        assert!(reply.batch_item_failures.is_empty());
    }
    let letters = world.letters().await;
    let attribute = |letter: &aws_sdk_sqs::types::Message, name: &str| {
        letter.message_attributes.as_ref().unwrap()[name].string_value().unwrap().to_owned()
    };
    let died_at = |name: &str| letters.iter().filter(|letter| attribute(letter, "destination") == name).count();
    assert_eq!((letters.len(), died_at("table"), died_at("handler")), (12, 6, 6));
    assert!(letters.iter().all(|letter| attribute(letter, "group") == "github"), "where a redrive sends it");
    // The same letter once more, as after a crash before the row was marked: SQS has it already.
    batch::work(&world.worker, &event(&["no envelope"; 2], 1), far_off(), &refuse).await.unwrap();
    let twice = from(json!({"Records": [{"messageId": "m0", "body": "no envelope"}]}));
    batch::work(&world.worker, &twice, far_off(), &refuse).await.unwrap();
    assert_eq!(world.letters().await.len(), 2, "of m0 and m1, each once");
}
