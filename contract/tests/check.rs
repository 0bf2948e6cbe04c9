//! Payloads held against JSON Schemas: what passes, what is told of what does not, and what is never told.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::net::TcpListener;
use std::path::Path;

use contract::Contract;
use serde_json::json;
use serde_json::value::RawValue;

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
    let cannot = "no contract can look at the payload, expected at most 127 levels, 64-bit numbers, whole characters and no name twice: ";
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
fn formats_are_held_and_one_that_nobody_knows_is_a_mistake_of_the_schema() {
    let format = |name: &str| json!({"format": name}).to_string();
    for (name, good, bad) in [
        ("date-time", "2026-11-22T07:11:55Z", "2026-11-22"),
        ("date", "2026-11-22", "2026-02-30"),
        ("time", "07:11:55Z", "25:00:00Z"),
        ("duration", "P3D", "3 days"),
        ("email", "a@b.example", "a.b.example"),
        ("hostname", "a.example", "-a"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", "::g"),
        ("uri", "https://a.example/", "a.example"),
        ("uuid", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "7c9e6679"),
        ("json-pointer", "/a", "a"),
        ("regex", "^a", "("),
    ] {
        assert_eq!(told(&format(name), &json!(good).to_string()), "", "{name}");
        let bad = told(&format(name), &json!(bad).to_string());
        assert_eq!(bad, format!("the payload breaks its contract: the whole breaks format \"{name}\""));
        assert_eq!(told(&format(name), "7"), "", "a format speaks of text alone");
    }
    let misspelt = Contract::compile(&format("datetime")).unwrap_err().to_string();
    assert!(misspelt.contains("datetime"), "{misspelt}");
}

#[test]
fn references_within_the_file_work_in_all_their_forms() {
    for reference in
        ["#/$defs/id", "#id", "https://a.example/c.json#/$defs/id", "https://a.example/part.json", "part.json"]
    {
        let schema = json!({
            "$id": "https://a.example/c.json",
            "properties": {"id": {"$ref": reference}},
            "$defs": {
                "id": {"$anchor": "id", "type": "integer"},
                "part": {"$id": "part.json", "type": "integer"},
            },
        });
        assert_eq!(told(&schema.to_string(), r#"{"id": 1}"#), "");
        let broken = told(&schema.to_string(), r#"{"id": "1"}"#);
        assert!(broken.starts_with("the payload breaks its contract: /id breaks type"), "{reference}: {broken}");
    }
}
