//! The contracts of this build, and what the worker makes of payloads that meet them, have more, or break them.

use std::fs;
use std::path::Path;

use crate::world::{World, event, far_off, in_time, message};
use contract::Contract;
use serde_json::json;
use serde_json::value::RawValue;
use webhook::contracts::Contracts;
use webhook::envelope::Envelope;
use webhook::protocol::End;
use worker_fn::batch;
use worker_fn::contract::at;
use worker_fn::event::Record;
use worker_fn::handle::handle;

/// What is told of a payload; nothing of one that meets its contract.
fn told(schema: &str, payload: &str) -> String {
    let payload = RawValue::from_string(payload.to_owned()).unwrap();
    let checked = Contract::compile(schema).unwrap().check(&payload);
    checked.err().map_or(String::new(), |violated| violated.to_string())
}

#[test]
fn every_contract_stands_for_itself_and_takes_its_providers_sample() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = 0;
    for entry in fs::read_dir(checkout.join("contracts")).unwrap().map(Result::unwrap) {
        let schema = fs::read_to_string(entry.path()).unwrap();
        let sample = fs::read_to_string(checkout.join("events/payloads").join(entry.file_name())).unwrap();
        assert_eq!(told(&schema, &sample), "", "{:?}", entry.file_name());
        assert!(!told(&schema, "[]").is_empty(), "{:?} takes anything", entry.file_name());
        files += 1;
    }
    assert!(files >= 3, "only {files} contracts");
    for (path, _) in worker_fn::CONTRACTS {
        assert!(at(path).is_ok(), "{path}: {:?}", at(path));
        assert!(std::ptr::eq(at(path).unwrap(), at(path).unwrap()), "{path} is compiled once");
    }
}

#[test]
fn the_contracts_of_providers_take_what_their_documents_show_and_nothing_else() {
    let contract = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts").join(name);
        fs::read_to_string(path).unwrap()
    };
    let [stripe, shopify] = ["stripe.json", "shopify.json"].map(contract);
    let thin = r#"{"id":"evt_1","object":"v2.core.event","type":"v1.billing","created":"2026-11-03T10:15:42.344Z"}"#;
    assert_eq!(told(&stripe, thin), "");
    let snapshot = |created: &str, data: &str| {
        told(&stripe, &format!(r#"{{"id":"evt_1","object":"event","type":"t","created":{created},"data":{data}}}"#))
    };
    assert_eq!(snapshot("1793700942", r#"{"object":{}}"#), "");
    assert!(snapshot("\"today\"", r#"{"object":{}}"#).ends_with(r#"/created breaks type "integer""#));
    assert!(snapshot("1", r#"{"object":null}"#).ends_with(r#"/data/object breaks type "object""#));
    assert!(snapshot("1", "{}").ends_with(r#"/data breaks required "object""#));
    for other_topic in [r#"{"id":632910392}"#, r#"{"shop_id":954889}"#, r#"{"id":"exampleCartId","line_items":[]}"#] {
        assert_eq!(told(&shopify, other_topic), "", "{other_topic}");
    }
    let order = r#"{"id":1,"order_number":1001,"total_price":57.8}"#;
    assert!(told(&shopify, order).ends_with(r#"/total_price breaks type "string""#));
}

/// A worker whose sources all have this contract.
async fn world(path: &str) -> World {
    let mut world = World::start().await;
    world.worker.sources.iter_mut().for_each(|source| source.contract = Contracts::one(path));
    world
}

#[tokio::test]
async fn what_breaks_its_contract_is_a_letter_that_shows_no_value_and_what_meets_it_is_done() {
    let world = world("contracts/standard-webhooks.json").await;
    let good = message("good", r#"{"type":"t","data":{"n":9223372036854775808}}"#);
    let planted = "pl4nted";
    let bad = message("bad", &json!({"type": 7, "data": [planted], planted: planted}).to_string());
    let deep = message("deep", &("[".repeat(10_000) + &"]".repeat(10_000)));
    let reply = batch::work(&world.worker, &event(&[&good, &bad, &deep], 1), far_off(), &handle).await.unwrap();
    assert!(reply.batch_item_failures.is_empty());

    let rows = world.rows().await;
    assert_eq!(rows["github#good"].text("result"), r#"{"type":"t","data":{"n":9223372036854775808}}"#);
    for id in ["bad", "deep"] {
        let row = &rows[&format!("github#{id}")];
        assert_eq!((row.text("status"), row.text("reason")), ("dead", "contract_violated"));
    }
    let letters = world.letters().await;
    let letter = letters.iter().find(|letter| letter.body() == Some(&*bad)).expect("its message untouched");
    let attributes = letter.message_attributes.as_ref().unwrap();
    let detail = r#"the payload breaks its contract: /data breaks type "object"; /type breaks type "string""#;
    assert_eq!(attributes["detail"].string_value(), Some(detail));
    assert_eq!(attributes["reason"].string_value(), Some("contract_violated"));
    assert!(!format!("{attributes:?}").contains(planted));
    assert_eq!(letters.len(), 2);
}

#[tokio::test]
async fn an_event_whose_contract_cannot_be_compiled_waits_for_another_build() {
    let world = world("contracts/of-tomorrow.json").await;
    let reply = batch::work(&world.worker, &event(&[&message("id-1", "{}")], 1), far_off(), &handle).await.unwrap();
    assert_eq!(reply.batch_item_failures.len(), 1);
    assert!(world.letters().await.is_empty());
    assert_eq!(world.rows().await.values().next().unwrap().text("status"), "waiting");
}

#[tokio::test]
async fn what_a_contract_does_not_know_is_counted_at_every_destination_and_the_event_is_done() {
    let world = world("contracts/standard-webhooks.json").await;
    let drift = async |body: &str, id: &str| {
        let message = message(id, body);
        let record = Record { message_id: Some(id.to_owned()), body: Some(message.clone()), ..Record::default() };
        let envelope = Envelope::open(&message).unwrap();
        let ended = world.worker.settle(&record, Ok(&envelope), in_time(), &handle).await;
        assert!(ended.iter().all(|ended| ended.end == End::Done), "{ended:?}");
        ended.iter().map(|ended| ended.drift).collect::<Vec<_>>()
    };
    assert_eq!(drift(r#"{"type":"t","data":{"a":[1]},"timestamp":7}"#, "known").await, [0]);
    assert_eq!(drift(r#"{"type":"t","data":{},"extra":{"a":1},"a@b":null}"#, "more").await, [2]);
}
