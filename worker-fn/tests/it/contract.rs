//! Payloads held against JSON Schemas: what passes, what is told of what does not, and what is never told.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::world::{World, event, far_off, message};
use serde_json::json;
use serde_json::value::RawValue;
use worker_fn::batch;
use worker_fn::contract::{Contract, at};
use worker_fn::handle::handle;

const ORDER: &str = r##"{
    "type": "object",
    "required": ["id", "lines"],
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "note": {"type": "string", "pattern": "^(a+)+$"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}}
    },
    "$defs": {
        "line": {
            "type": "object",
            "properties": {"sku": {"type": "string"}},
            "additionalProperties": {"type": "number"}
        }
    }
}"##;

/// What is told of a payload; nothing of one that meets its contract.
fn told(schema: &str, payload: &str) -> String {
    let payload = RawValue::from_string(payload.to_owned()).unwrap();
    let checked = Contract::compile(schema).unwrap().check(&payload);
    checked.err().map_or(String::new(), |violated| violated.to_string())
}

#[track_caller]
fn check(payload: &str, violations: &str) {
    let expected = match violations {
        "" => String::new(),
        violations => format!("the payload breaks its contract: {violations}"),
    };
    assert_eq!(told(ORDER, payload), expected);
}

#[test]
fn a_payload_that_meets_its_contract_passes() {
    check(r#"{"id": 1, "lines": []}"#, "");
    check(r#"{"id": 1, "lines": [{"sku": "a", "any": 2.5}], "note": "aaa", "more": null}"#, "");
}

#[test]
fn a_place_and_a_rule_are_told() {
    check("{}", r#"the whole breaks required "id"; the whole breaks required "lines""#);
    check(r#"{"id": 1}"#, r#"the whole breaks required "lines""#);
    check("7", r#"the whole breaks type "object""#);
    check(r#"{"id": "1", "lines": []}"#, r#"/id breaks type "integer""#);
    check(r#"{"id": -1, "lines": []}"#, "/id breaks minimum 0");
    check(r#"{"id": 1, "lines": null}"#, r#"/lines breaks type "array""#);
    check(r#"{"id": 1, "lines": [{}, {"sku": null}]}"#, r#"/lines/1/sku breaks type "string""#);
}

#[test]
fn three_violations_are_told_of_many_and_one_of_a_large_payload() {
    let lines = |count: usize| format!(r#"{{"id": 1, "lines": [{}0]}}"#, "0,".repeat(count - 1));
    let line = |n: usize| format!(r#"/lines/{n} breaks type "object""#);
    check(&lines(1_000), &[line(0), line(1), line(2)].join("; "));
    check(&lines(500_000), &line(0));
    let list = format!("[{}0]", "0,".repeat(500_000));
    let alternatives = told(r#"{"anyOf": [{"type": "null"}, {"items": {"type": "string"}}]}"#, &list);
    assert!(alternatives.ends_with("1000003 bytes are too many to look for the place among alternatives"));
}

#[test]
fn a_long_pointer_is_cut_to_the_size_of_a_detail() {
    let name = "n\u{1f980}".repeat(20);
    let schema = json!({"properties": {&*name: {"$ref": "#"}}, "maxProperties": 1}).to_string();
    let deep = format!(r#"{{"{name}": "#).repeat(100) + r#"{"a": 1, "b": 2}"# + &"}".repeat(100);
    let told = told(&schema, &deep);
    assert!(told.starts_with(&format!("the payload breaks its contract: /{name}/{name}/")), "{told}");
    assert!(told.len() <= 1024 + "the payload breaks its contract: ".len(), "{} bytes", told.len());
}

#[test]
fn numbers_past_63_bits_are_integers() {
    for id in ["9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616"] {
        check(&format!(r#"{{"id": {id}, "lines": []}}"#), "");
    }
    check(r#"{"id": 1.5, "lines": []}"#, r#"/id breaks type "integer""#);
}

#[test]
fn what_a_schema_cannot_look_at_is_told_and_is_no_panic() {
    let cannot =
        "no contract can look at the payload, expected at most 127 levels, 64-bit numbers and whole characters: ";
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let anything = r##"{"items": {"$ref": "#"}}"##;
    assert_eq!(told(anything, &deep(127)), "");
    assert_eq!(told(anything, &deep(128)), format!("{cannot}recursion limit exceeded at line 1 column 128"));
    assert_eq!(told("{}", &deep(10_000)), format!("{cannot}recursion limit exceeded at line 1 column 128"));
    let objects = "{\"n\":".repeat(10_000) + "1" + &"}".repeat(10_000);
    assert!(told("{}", &objects).contains("recursion limit exceeded"));
    assert_eq!(told("{}", "[1e400]"), format!("{cannot}number out of range at line 1 column 6"));
    let half = told("{}", r#"["\ud83e"]"#);
    assert_eq!(half, format!("{cannot}unexpected end of hex escape at line 1 column 9"));
}

#[test]
fn no_value_and_no_name_of_the_payload_is_told() {
    let planted = "4000056655665556";
    let schemas = [
        r#"{"additionalProperties": false}"#,
        r#"{"additionalProperties": {"type": "object", "additionalProperties": false}}"#,
        r#"{"unevaluatedProperties": false}"#,
        r#"{"propertyNames": {"maxLength": 3}}"#,
        r#"{"patternProperties": {"^[0-9]": {"type": "null"}}}"#,
        r#"{"additionalProperties": {"additionalProperties": {"const": "other"}}}"#,
        r#"{"additionalProperties": {"anyOf": [{"type": "null"}, {"additionalProperties": {"enum": [1, 2]}}]}}"#,
        r#"{"additionalProperties": {"oneOf": [{"type": "null"}, {"maxProperties": 0}]}}"#,
        r#"{"not": {"minProperties": 1}}"#,
        r#"{"additionalProperties": {"additionalProperties": {"maxLength": 1, "pattern": "^x", "contentEncoding": "base64"}}}"#,
        r#"{"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"known": ["gone"]}, "maxProperties": 0}"#,
    ];
    for schema in schemas {
        let told = told(schema, &json!({planted: {planted: planted, "known": planted}, "known": {}}).to_string());
        assert!(told.starts_with("the payload breaks its contract: "), "{schema}: {told:?}");
        assert!(!told.contains(planted), "{schema}: {told}");
    }
    let lists = r#"{"additionalProperties": {"items": {"type": "object"}}}"#;
    let told = told(lists, &json!({planted: [{}, planted]}).to_string());
    assert_eq!(told, r#"the payload breaks its contract: /*/1 breaks type "object""#);
}

#[test]
fn a_pattern_cannot_be_made_to_take_long() {
    let note = "a".repeat(200_000) + "!";
    check(&json!({"id": 1, "lines": [], "note": note}).to_string(), r#"/note breaks pattern "^(a+)+$""#);
    let around = Contract::compile(r#"{"pattern": "(?!a)b"}"#).unwrap_err().to_string();
    assert!(around.starts_with("not a JSON Schema that stands for itself: "), "{around}");
}

#[test]
fn a_reference_to_anything_outside_of_the_file_is_refused_and_not_followed() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let address = server.local_addr().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/stripe.json").canonicalize().unwrap();
    for outside in [format!("http://{address}/a.json"), format!("file://{}", file.display()), "other.json".to_owned()] {
        for key in ["$ref", "$schema"] {
            let refused = Contract::compile(&json!({key: outside}).to_string());
            assert!(refused.is_err(), "{key} {outside}");
        }
    }
    let asked = server.accept().map_err(|error| error.kind());
    assert_eq!(asked.unwrap_err(), std::io::ErrorKind::WouldBlock, "nobody asked the server");
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let circle = r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##;
    assert_eq!(told(circle, "{}"), "");
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
    world.worker.sources.iter_mut().for_each(|source| source.contract = Some(path.to_owned()));
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
