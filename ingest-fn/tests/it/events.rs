//! Every API Gateway event of `events/` is answered as `events/expected.json` says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::world::World;
use serde_json::Value;

#[tokio::test]
async fn every_sample_event_is_answered_as_expected() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let expected: BTreeMap<String, Value> =
        serde_json::from_slice(&fs::read(dir.join("expected.json")).unwrap()).unwrap();
    let world = World::start().await;
    let mut replayed = 0;
    for (name, expected) in expected.iter().filter(|(name, _)| name.starts_with("ingest-")) {
        let answer = world.door.answer(&fs::read_to_string(dir.join(name)).unwrap()).await;
        assert_eq!(Value::from(answer.status_code), expected["status"], "{name}");
        if let Some(body) = expected["body"].as_str() {
            assert_eq!(answer.body, body, "{name}");
        }
        let queued = world.received().await.is_some();
        assert_eq!(queued, answer.status_code == 200 && expected["body"].is_null(), "{name}: queued is {queued}");
        replayed += 1;
    }
    assert!(replayed >= 18, "only {replayed} events in expected.json");
}
