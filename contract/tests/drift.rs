//! Drift: what is told of a payload that meets its contract and has more than it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use contract::{BrokenContract, Contract};
use serde_json::json;
use serde_json::value::RawValue;

/// What is told of a payload that passes, as `place seen`.
#[track_caller]
fn drift(schema: &str, payload: &str) -> Vec<String> {
    let payload = RawValue::from_string(payload.to_owned()).unwrap();
    let found = Contract::compile(schema).unwrap().check(&payload).unwrap();
    found.iter().map(|drift| format!("{} {}", drift.place, drift.seen)).collect()
}

/// A contract that knows all of an object with these parts.
fn knows(parts: &str) -> String {
    format!(r#"{{"x-drift": true, "type": "object", {parts}}}"#)
}

#[track_caller]
fn check(parts: &str, payload: &str, told: &[&str]) {
    assert_eq!(drift(&knows(parts), payload), told);
}

#[test]
fn it_is_looked_for_only_where_the_contract_says_so() {
    let parts = r#""type": "object", "properties": {"a": {"type": "integer"}}"#;
    let payload = r#"{"a": 1, "b": 2}"#;
    assert!(drift(&format!("{{{parts}}}"), payload).is_empty());
    assert!(drift(&format!(r#"{{"x-drift": false, {parts}}}"#), payload).is_empty());
    assert_eq!(drift(&format!(r#"{{"x-drift": true, {parts}}}"#), payload), ["/b integer"]);
    assert_eq!(Contract::compile(r#"{"x-drift": "yes"}"#).unwrap_err(), BrokenContract::Drift);
}

#[test]
fn a_name_that_no_schema_lists_is_told_with_its_type_and_not_what_is_below_it() {
    let parts = r#""properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}"#;
    check(parts, r#"{"a": {"b": ""}}"#, &[]);
    check(parts, r#"{"a": {"b": "", "c": {"d": 1}}, "e": null}"#, &["/a/c object", "/e null"]);
    check(r#""properties": {"a/b": {}, "c~d": {}}"#, r#"{"a/b": 1, "c~d": 1.5}"#, &["/a~1b integer", "/c~0d number"]);
}

#[test]
fn names_that_may_be_data_are_told_as_a_star() {
    let payload = json!({"4000056655665556": 1, "a@b.example": 2, "cus_NffrFeUfNV2Hib9": "3", "fine": 4}).to_string();
    check(r#""properties": {}"#, &payload, &["/* string", "/* integer", "/fine integer"]);
}

#[test]
fn items_of_lists_are_one_place() {
    let parts = r#""properties": {"l": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "null"}}}},
        "unknown": {"type": "array"}}"#;
    check(parts, r#"{"l": [{"a": null}, {"b": 1}, {"b": 2}, {"b": "c"}]}"#, &["/l/*/b string", "/l/*/b integer"]);
    check(parts, r#"{"unknown": []}"#, &[]);
    check(parts, r#"{"unknown": [1, 2, "3"]}"#, &["/unknown/* string", "/unknown/* integer"]);
    check(
        r#""properties": {"l": {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}}"#,
        r#"{"l": [1, "a"]}"#,
        &[],
    );
}

#[test]
fn the_keys_of_a_map_are_no_drift_and_what_they_lead_to_may_be() {
    let values = r#"{"type": "object", "properties": {"n": {"type": "integer"}}}"#;
    for keyword in [
        format!(r#""additionalProperties": {values}"#),
        format!(r#""unevaluatedProperties": {values}"#),
        format!(r#""patternProperties": {{"": {values}}}"#),
    ] {
        check(&keyword, r#"{"s3cret": {"n": 1}, "other": {"n": 2, "m": 3}}"#, &["/*/m integer"]);
    }
    check(r#""propertyNames": {"maxLength": 3}"#, r#"{"a": 1, "b": {"c": 2}}"#, &[]);
    check(r#""additionalProperties": true"#, r#"{"a": 1, "b": {"c": 2}}"#, &[]);
    check(r#""properties": {"a": true}"#, r#"{"a": {"b": [1]}}"#, &[]);
}

#[test]
fn a_type_that_a_place_does_not_say_is_told() {
    check(r#""properties": {"a": {}}"#, r#"{"a": null}"#, &[]);
    check(r#""properties": {"a": {}}"#, r#"{"a": "now"}"#, &["/a string"]);
    check(r#""properties": {"a": {"enum": ["x", null]}, "b": {"const": 1}}"#, r#"{"a": null, "b": 1}"#, &[]);
    check(r#""properties": {"a": {"type": "number"}}"#, r#"{"a": 1}"#, &[]);
    let either = r#""properties": {"a": {"anyOf": [{"type": "string"}, {"minimum": 1}]}}"#;
    check(either, r#"{"a": [1]}"#, &["/a array"]);
    check(r#""properties": {"a": {"properties": {"b": {"type": "string"}}}}"#, r#"{"a": {"b": ""}}"#, &[]);
}

#[test]
fn what_any_part_of_a_contract_lists_is_known() {
    let listed = |name: &str| format!(r#"{{"properties": {{"{name}": {{"type": "integer"}}}}}}"#);
    for parts in [
        format!(r#""allOf": [{}, {}]"#, listed("a"), listed("b")),
        format!(r#""anyOf": [{}, {}]"#, listed("a"), listed("b")),
        format!(r#""if": {}, "then": {}, "else": false"#, listed("a"), listed("b")),
        format!(r#""dependentSchemas": {{"a": {}, "b": {}}}"#, listed("b"), listed("a")),
        format!(
            r##""$ref": "#/$defs/x%20y", "$defs": {{"x y": {{"$ref": "#b"}}, "b": {{"$anchor": "b", "allOf": [{}, {}]}}}}"##,
            listed("a"),
            listed("b")
        ),
        format!(
            r##""$id": "https://a.example/c.json", "$ref": "https://a.example/c.json#/$defs/d", "$defs": {{"d": {{"allOf": [{}, {}]}}}}"##,
            listed("a"),
            listed("b")
        ),
    ] {
        check(&parts, r#"{"a": 1, "b": 2, "c": 3}"#, &["/c integer"]);
    }
}

#[test]
fn a_contract_that_refers_to_itself_is_followed_as_deep_as_the_payload_goes() {
    let tree = r##""properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}"##;
    check(tree, r#"{"left": {"right": {"left": {}, "up": 1}}}"#, &["/left/right/up integer"]);
    let circle = r##"{"x-drift": true, "$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##;
    assert_eq!(drift(circle, "{}"), [" object"]);
}

#[test]
fn many_places_and_many_values_end() {
    let many: serde_json::Map<_, _> = (0..1_000).map(|n| (format!("n{n}"), n.into())).collect();
    assert_eq!(drift(&knows(r#""properties": {}"#), &serde_json::to_string(&many).unwrap()).len(), 256);
    let late = format!(r#"{{"l": [{}{{"b": 1}}]}}"#, "{},".repeat(20_000));
    let parts = r#""properties": {"l": {"items": {"type": "object"}}}"#;
    check(parts, &late, &[]);
    check(parts, r#"{"l": [{}, {"b": 1}]}"#, &["/l/*/b integer"]);
}
