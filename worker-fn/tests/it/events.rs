//! Every SQS event of `events/` ends as `events/expected.json` says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::world::{World, far_off, from};
use serde_json::{Value, json};
use worker_fn::batch;
use worker_fn::handle::handle;

#[tokio::test]
async fn every_sample_event_ends_as_expected() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let read = |name: &str| -> Value { serde_json::from_slice(&fs::read(dir.join(name)).unwrap()).unwrap() };
    let expected: BTreeMap<String, Value> = serde_json::from_value(read("expected.json")).unwrap();
    let mut replayed = 0;
    for (name, expected) in expected.iter().filter(|(name, _)| name.starts_with("worker-")) {
        let world = World::start().await;
        let reply = batch::work(&world.worker, &from(read(name)), far_off(), &handle).await.unwrap();
        let failures: Vec<_> = reply.batch_item_failures.into_iter().map(|item| item.item_identifier).collect();
        let done = world.rows().await.values().filter(|row| row.text("status") == "done").count();
        let mut dead: BTreeMap<String, usize> = BTreeMap::new();
        for letter in world.letters().await {
            let reason = letter.message_attributes.unwrap()["reason"].string_value().unwrap().to_owned();
            *dead.entry(reason).or_default() += 1;
        }
        assert_eq!(json!({"failures": failures, "done": done, "dead": dead}), *expected, "{name}");
        replayed += 1;
    }
    assert!(replayed >= 4, "only {replayed} events in expected.json");
}
