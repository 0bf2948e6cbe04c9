//! Bodies that are compressed or lie in S3, on real engines: what is there is done, what is not there waits and dies.

use crate::world::{BUCKET, World, event, far_off, message};
use serde_json::{Value, json};
use std::time::Duration;
use webhook::identity::body_sha256;
use worker_fn::batch;
use worker_fn::handle::handle;

const BODY: &str = "{\"zen\":\"Keep it logically awesome.\"}";

/// The message of a GitHub event whose body lies in this object.
fn claimed(id: &str, key: &str) -> String {
    let mut envelope: Value = serde_json::from_str(&message(id, BODY)).unwrap();
    envelope["v"] = json!(2);
    envelope["body"] = json!("");
    envelope["encoding"] = json!("claim");
    envelope["body_bytes"] = json!(BODY.len());
    envelope["claim"] = json!({"bucket": BUCKET, "key": key, "bytes": BODY.len(), "encoding": "raw"});
    assert_eq!(envelope["body_sha256"], body_sha256(BODY.as_bytes()));
    envelope.to_string()
}

async fn failures(world: &World, bodies: &[&str], receives: u32) -> usize {
    let reply = batch::work(&world.worker, &event(bodies, receives), far_off(), &handle).await.unwrap();
    reply.batch_item_failures.len()
}

#[tokio::test]
async fn a_body_that_lies_in_an_object_is_fetched() {
    let world = World::start().await;
    world.put_object("bodies/github/there", BODY.as_bytes());
    assert_eq!(failures(&world, &[&claimed("id-1", "bodies/github/there")], 1).await, 0);
    assert_eq!(world.rows().await["github#id-1"].text("result"), BODY);
}

#[tokio::test]
async fn one_that_is_gone_or_another_waits_for_it_and_dies_in_the_end_and_a_duplicate_does_not() {
    let world = World::with_attempts(2).await;
    world.put_object("bodies/github/other", b"{\"zen\":\"Keep it logically!\"}");
    let (gone, other) = (claimed("id-1", "bodies/github/gone"), claimed("id-2", "bodies/github/other"));
    assert_eq!(failures(&world, &[&gone, &other], 1).await, 2);
    assert!(world.letters().await.is_empty());
    assert_eq!(failures(&world, &[&gone, &other], 2).await, 0);
    let mut details = Vec::new();
    for letter in world.letters().await {
        let attribute =
            |name: &str| letter.message_attributes.as_ref().unwrap()[name].string_value().unwrap().to_owned();
        assert_eq!(attribute("reason"), "body_missing");
        details.push(attribute("detail"));
    }
    details.sort();
    assert!(details[0].contains("s3://bodies/bodies/github/gone is not there: NoSuchKey"), "{details:?}");
    assert!(details[1].contains("s3://bodies/bodies/github/other is another one"), "{details:?}");

    // What is done is done, wherever its body is by now.
    world.put_object("bodies/github/there", BODY.as_bytes());
    let there = claimed("id-3", "bodies/github/there");
    assert_eq!(failures(&world, &[&there], 1).await, 0);
    world.remove_object("bodies/github/there");
    assert_eq!(failures(&world, &[&there], 2).await, 0);
    assert!(world.letters().await.is_empty());
}

#[tokio::test]
async fn while_s3_does_not_answer_an_event_waits_and_is_done_later() {
    let mut world = World::with_attempts(3).await;
    world.put_object("bodies/github/there", BODY.as_bytes());
    let there = claimed("id-1", "bodies/github/there");
    let s3 = world.without_s3();
    assert_eq!(failures(&world, &[&there], 1).await, 1);
    world.worker.bodies = s3;
    assert_eq!(failures(&world, &[&there], 2).await, 0);
    assert_eq!(world.rows().await["github#id-1"].text("result"), BODY);
}

#[tokio::test]
async fn a_bomb_is_a_letter_and_takes_no_other_event_with_it() {
    let world = World::start().await;
    // 87,000 bytes in 1,600, of which the envelope says that they are a hundred.
    let golden: Value = serde_json::from_str(include_str!("../../../webhook/tests/golden/envelope-v2.json")).unwrap();
    let mut bomb: Value = serde_json::from_str(&message("id-1", BODY)).unwrap();
    for (name, value) in [("v", json!(2)), ("encoding", json!("deflate+base64")), ("body_bytes", json!(100))] {
        bomb[name] = value;
    }
    bomb["body"] = golden["body"].clone();
    assert_eq!(failures(&world, &[&bomb.to_string(), &message("id-2", BODY)], 1).await, 0);
    let letters = world.letters().await;
    let attributes = letters[0].message_attributes.as_ref().unwrap();
    assert_eq!((letters.len(), attributes["reason"].string_value()), (1, Some("envelope_unreadable")));
    assert_eq!(world.rows().await["github#id-2"].text("status"), "done");
}

#[tokio::test]
async fn more_large_bodies_than_there_is_room_for_are_done_one_after_the_other() {
    let world = World::start().await;
    world.put_object("bodies/github/there", BODY.as_bytes());
    let messages: Vec<String> = (0..10)
        .map(|n| {
            // Said to be larger than it is: what takes room is what an envelope says.
            let message = claimed(&format!("id-{n}"), "bodies/github/there");
            message.replace(&format!("\"body_bytes\":{}", BODY.len()), "\"body_bytes\":8388608")
        })
        .collect();
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    let failed = tokio::time::timeout(Duration::from_secs(60), failures(&world, &messages, 1)).await;
    assert_eq!(failed, Ok(0));
    assert_eq!(world.rows().await.len(), 10);
}
