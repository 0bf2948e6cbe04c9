//! Contracts made from samples: what they say, and what they never say.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use contract::Contract;
use contract::infer::Samples;
use contract::read::read;
use serde_json::value::RawValue;
use serde_json::{Value, json};

fn inferred(payloads: &[Value]) -> Value {
    let mut samples = Samples::default();
    payloads.iter().for_each(|payload| samples.add(payload).unwrap());
    samples.to_contract()
}

/// What is inferred, without the words at its top.
#[track_caller]
fn check(payloads: &[Value], mut expected: Value) {
    let contract = inferred(payloads);
    let top = expected.as_object_mut().unwrap();
    for name in ["$schema", "description", "x-drift"] {
        top.insert(name.to_owned(), contract[name].clone());
    }
    assert_eq!(contract, expected);
    passes(&contract, payloads);
}

/// Every payload meets the contract and has nothing that it does not know.
#[track_caller]
fn passes(contract: &Value, payloads: &[Value]) {
    let compiled = Contract::compile(&contract.to_string()).unwrap();
    for payload in payloads {
        let text = RawValue::from_string(payload.to_string()).unwrap();
        match compiled.check(&text) {
            Ok(drift) => assert!(drift.is_empty(), "{payload} drifts from {contract}: {drift:?}"),
            Err(violated) => panic!("{payload} breaks {contract}: {violated}"),
        }
    }
}

#[test]
fn what_all_samples_have_is_required_and_the_rest_is_not() {
    check(
        &[json!({"id": 1, "note": "a"}), json!({"id": 2, "tags": ["a"]})],
        json!({"type": "object", "required": ["id"], "properties": {
            "id": {"type": "integer"},
            "note": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
        }}),
    );
}

#[test]
fn types_are_merged_and_null_is_one_of_them() {
    check(
        &[json!({"a": 1, "b": null, "c": null, "d": 1}), json!({"a": 1.5, "b": "x", "c": null, "d": {"e": true}})],
        json!({"type": "object", "required": ["a", "b", "c", "d"], "properties": {
            "a": {"type": "number"},
            "b": {"type": ["string", "null"]},
            "c": {},
            "d": {"type": ["object", "integer"], "required": ["e"], "properties": {"e": {"type": "boolean"}}},
        }}),
    );
}

#[test]
fn the_items_of_a_list_are_one() {
    check(
        &[json!([{"a": 1}, {"a": 2, "b": 3}]), json!([]), json!([null])],
        json!({"type": "array", "items": {
            "type": ["object", "null"],
            "required": ["a"],
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        }}),
    );
    check(&[json!({"l": []})], json!({"type": "object", "required": ["l"], "properties": {"l": {"type": "array"}}}));
}

#[test]
fn names_that_are_ids_are_the_keys_of_a_map() {
    check(
        &[json!({"m": {"cus_Nffr8eUf2V7Hib9": {"n": 1}, "4242": {"n": null}}})],
        json!({"type": "object", "required": ["m"], "properties": {"m": {
            "type": "object",
            "additionalProperties": {"type": "object", "required": ["n"], "properties": {"n": {"type": ["integer", "null"]}}},
        }}}),
    );
    check(
        &[json!({"+1": 1, "heart": 2, "eyes": 3}), json!({"+1": 1, "heart": 2, "eyes": 3})],
        json!({"type": "object", "required": ["+1", "eyes", "heart"], "properties": {
            "+1": {"type": "integer"}, "eyes": {"type": "integer"}, "heart": {"type": "integer"},
        }}),
    );
    check(
        &[json!({"a@b.example": 1, "heart": 2, "eyes": 3})],
        json!({"type": "object", "required": ["eyes", "heart"], "properties": {
            "eyes": {"type": "integer"}, "heart": {"type": "integer"},
        }, "additionalProperties": {"type": "integer"}}),
    );
}

#[test]
fn names_that_hardly_two_objects_share_are_the_keys_of_a_map() {
    let colours = ["red", "green", "blue", "white", "black", "pink", "grey", "brown", "cyan", "teal", "lime", "gold"];
    let sample = |some: &[&str]| Value::Object(some.iter().map(|name| ((*name).to_owned(), json!(1))).collect());
    let samples: Vec<Value> = colours.chunks(3).map(sample).collect();
    check(&samples, json!({"type": "object", "additionalProperties": {"type": "integer"}}));
    // What they name is of two types, so each name means something of its own.
    let mut samples = samples;
    samples[0]["red"] = json!("text");
    assert!(inferred(&samples)["properties"]["red"].is_object());
}

#[test]
fn what_is_deeper_than_a_schema_can_say_is_open() {
    let deep = |levels: usize| {
        let text = r#"{"n":["#.repeat(levels) + &"]}".repeat(levels);
        read(&text).unwrap()
    };
    for levels in [15, 16, 17, 60] {
        passes(&inferred(&[deep(levels)]), &[deep(levels)]);
    }
}

#[test]
fn samples_of_too_many_places_are_refused() {
    let mut samples = Samples::default();
    let wide = |n: usize| Value::Object((0..10_000).map(|i| (format!("n{n}_{i}"), json!(0))).collect());
    let added: Vec<bool> = (0..6).map(|n| samples.add(&wide(n)).is_ok()).collect();
    assert_eq!(added, [true, true, true, true, false, false]);
}

/// JSON as chance makes it, of few names and few shapes, so that samples meet each other.
fn random(chance: &mut fastrand::Rng, levels: usize) -> Value {
    const NAMES: [&str; 8] = ["id", "type", "data", "+1", "4242", "cus_Nf8r1eUf2V", "a@b", "x/y~z"];
    const TEXTS: [&str; 4] = ["2026-11-22T07:11:55Z", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "", "pl4nted-v4lue"];
    match chance.u8(..if levels == 0 { 7 } else { 10 }) {
        0 => Value::Null,
        1 => chance.bool().into(),
        2 => chance.u64(..).into(),
        3 => (-i64::from(chance.i32(0..))).into(),
        4 => json!(chance.f64() * 1e20),
        5 | 6 => chance.choice(TEXTS).into(),
        7 => Value::Array((0..chance.usize(..4)).map(|_| random(chance, levels - 1)).collect()),
        _ => {
            let field = |chance: &mut fastrand::Rng| {
                let name = match chance.bool() {
                    true => chance.choice(NAMES).unwrap_or("").to_owned(),
                    false => char::from(chance.u8(b'a'..=b'z')).to_string(),
                };
                (name, random(chance, levels - 1))
            };
            Value::Object((0..chance.usize(..6)).map(|_| field(chance)).collect())
        }
    }
}

#[test]
fn every_sample_meets_the_contract_that_was_inferred_from_it_and_no_value_is_in_it() {
    let mut chance = fastrand::Rng::with_seed(20_261_122);
    for _ in 0..2_000 {
        let payloads: Vec<Value> = (0..chance.usize(1..6)).map(|_| random(&mut chance, 5)).collect();
        let contract = inferred(&payloads);
        passes(&contract, &payloads);
        let text = contract.to_string();
        for value in ["pl4nted", "2026-11-22", "7c9e6679", "cus_Nf8r1", "const", "enum", "pattern", "minimum"] {
            assert!(!text.contains(value) || (value == "cus_Nf8r1" && payloads.len() > 1), "{value} in {text}");
        }
    }
}
