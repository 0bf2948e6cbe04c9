//! Keeping what came beside the rows of its event.

use crate::world::{World, event, far_off, message};
use webhook::envelope::Envelope;
use webhook::kept;
use worker_fn::batch;
use worker_fn::handle::handle;
use worker_fn::ledger::Kept;

/// Keeps it for a day, at so many seconds after its receipt.
async fn keep(world: &World, message: &str, after_s: u64) -> Kept {
    let envelope = Envelope::open(message).unwrap();
    world.worker.ledger.keep(&envelope, message, 1, envelope.received_at_ms + after_s * 1_000).await.unwrap()
}

/// The message that is kept of an event of GitHub's.
async fn kept_of(world: &World, id: &str) -> Option<String> {
    let item = world.item(&format!("github#{id}"), kept::SK).await?;
    let bytes = item["message_bytes"].as_n().unwrap().parse().unwrap();
    kept::unpack(item.get("message")?.as_b().unwrap().as_ref(), bytes)
}

#[tokio::test]
async fn the_first_message_of_an_event_is_kept_until_its_time_is_over() {
    const DAY_S: u64 = 24 * 60 * 60;
    let world = World::start().await;
    let (first, other) = (message("id-1", "{\"n\":1}"), message("id-1", "{\"n\":2}"));
    assert_eq!(keep(&world, &first, 0).await, Kept::There);
    assert_eq!(keep(&world, &other, DAY_S - 1).await, Kept::There);
    assert_eq!(kept_of(&world, "id-1").await, Some(first));
    let late = message("id-2", "{}");
    assert_eq!(keep(&world, &late, DAY_S).await, Kept::There);
    assert_eq!(kept_of(&world, "id-2").await, None, "nobody would find it any more");

    // One that comes when the time of the first is over, and has a time of its own.
    let envelope = Envelope::open(&other).unwrap();
    let again = Envelope { received_at_ms: envelope.received_at_ms + 2 * DAY_S * 1_000, ..envelope }.to_message();
    assert_eq!(keep(&world, &again, 0).await, Kept::There);
    assert_eq!(kept_of(&world, "id-1").await, Some(again));
}

#[tokio::test]
async fn a_message_that_no_item_has_room_for_leaves_its_name_only() {
    let world = World::start().await;
    let mut rng = fastrand::Rng::with_seed(7);
    let noise: String = (0..600_000).map(|_| rng.alphanumeric()).collect();
    let large = message("large", &format!("\"{noise}\""));
    assert_eq!(keep(&world, &large, 0).await, Kept::TooLarge);
    assert_eq!(keep(&world, &large, 0).await, Kept::TooLarge);
    let item = world.item("github#large", kept::SK).await.unwrap();
    assert!(!item.contains_key("message") && item["message_bytes"].as_n().unwrap().parse::<usize>() == Ok(large.len()));
}

#[tokio::test]
async fn what_is_done_and_what_is_dead_is_kept_where_its_source_wants_that() {
    let mut world = World::start().await;
    let (done, dead) = (message("done", "{}"), message("dead", "{"));
    let settle = async |world: &World| batch::work(&world.worker, &event(&[&done, &dead], 1), far_off(), &handle).await;
    assert!(settle(&world).await.unwrap().batch_item_failures.is_empty());
    assert_eq!((kept_of(&world, "done").await, kept_of(&world, "dead").await), (None, None));
    let github = world.worker.sources.iter_mut().find(|source| source.name == "github").unwrap();
    (github.keep_body_days, github.window_days) = (3_650, 3_650);
    // What was done before the key was there is kept with its next delivery.
    assert!(settle(&world).await.unwrap().batch_item_failures.is_empty());
    assert_eq!((kept_of(&world, "done").await, kept_of(&world, "dead").await), (Some(done), Some(dead)));
}
