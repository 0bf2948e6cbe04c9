//! Payloads that nobody designed a contract for, through check, drift and infer: each ends as it must.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use contract::infer::Samples;
use contract::read::read;
use contract::{Contract, Violated};
use serde_json::value::RawValue;

/// What a contract that was inferred from one sample of an order says.
const SAMPLE: &str = r#"{"id": 1, "customer": {"name": "n", "age": 5}, "lines": [{"sku": "a", "n": 1}], "note": null}"#;

fn contract() -> Contract {
    let mut samples = Samples::default();
    samples.add(&read(SAMPLE).unwrap()).unwrap();
    Contract::compile(&samples.to_contract().to_string()).unwrap()
}

/// What becomes of a payload: its drift, or why it is a dead letter.
#[track_caller]
fn check(payload: &str, expected: &str) {
    let told = match contract().check(&RawValue::from_string(payload.to_owned()).unwrap()) {
        Ok(drift) => drift.iter().map(|drift| format!("{} {}", drift.place, drift.seen)).collect::<Vec<_>>().join(", "),
        Err(Violated::Rules(told)) => told,
        Err(Violated::Unreadable(told)) => format!("unreadable: {told}"),
    };
    assert_eq!(told, expected, "{}", &payload[..payload.len().min(200)]);
}

fn order(with: &str) -> String {
    let (name, _) = with.split_once(':').unwrap();
    let fields = [r#""id": 1"#, r#""customer": {"name": "n", "age": 5}"#, r#""lines": []"#, r#""note": null"#];
    let mut fields: Vec<&str> = fields.into_iter().filter(|field| !field.starts_with(name)).collect();
    fields.push(with);
    format!("{{{}}}", fields.join(","))
}

#[test]
fn what_is_of_another_type_or_missing_is_a_violation_with_its_place() {
    check(SAMPLE, "");
    check(&order(r#""customer": null"#), r#"/customer breaks type "object""#);
    check(&order(r#""id": "1""#), r#"/id breaks type "integer""#);
    check(&order(r#""id": 1.5"#), r#"/id breaks type "integer""#);
    check(&order(r#""customer": {"name": "n"}"#), r#"/customer breaks required "age""#);
    check(&order(r#""lines": [{"sku": "a"}]"#), r#"/lines/0 breaks required "n""#);
    check("null", r#"the whole breaks type "object""#);
    check("[]", r#"the whole breaks type "object""#);
}

#[test]
fn what_is_more_is_drift() {
    check(&order(r#""extra": {"a": [1]}"#), "/extra object");
    check(&order(r#""note": "at last""#), "/note string");
    check(&order(r#""lines": [{"sku": "a", "n": 1, "new": true}]"#), "/lines/*/new boolean");
    check(&order(r#""4000056655665556": 1"#), "/* integer");
}

#[test]
fn numbers_past_63_bits_are_numbers() {
    for id in ["9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775809", "1e300"] {
        check(&order(&format!(r#""id": {id}"#)), "");
    }
    check(&order(r#""id": 1e400"#), "unreadable: number out of range at line 1 column 73");
}

#[test]
fn what_a_contract_cannot_look_at_is_no_payload_for_it() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    check(&deep(10_000), "unreadable: recursion limit exceeded at line 1 column 128");
    let deep_objects = r#"{"id":"#.repeat(10_000) + "1" + &"}".repeat(10_000);
    check(&deep_objects, "unreadable: recursion limit exceeded at line 1 column 763");
    check(r#"{"id": 1, "id": "2"}"#, "unreadable: a name is there twice at line 1 column 14");
    check(r#"{"id": "\ud83e"}"#, "unreadable: unexpected end of hex escape at line 1 column 15");
    check(r#"{"id": "\udd80\ud83e"}"#, "unreadable: lone leading surrogate in hex escape at line 1 column 14");
    let list = |item: &str| format!("[{}{item}]", format!("{item},").repeat(5_000_000 / (item.len() + 1)));
    let told = contract().check(&RawValue::from_string(list("0")).unwrap()).unwrap_err().to_string();
    assert!(told.contains("its values take more than 96 MiB of memory at line 1 column"), "{told}");
}

#[test]
fn five_megabytes_of_what_a_contract_knows_pass_and_of_what_it_does_not_are_told_once() {
    let line = r#"{"sku": "a text of some length, as an order has it", "n": 1}"#;
    let lines =
        |line: &str| order(&format!(r#""lines": [{}{line}]"#, format!("{line},").repeat(5_000_000 / line.len())));
    check(&lines(line), "");
    check(&lines(&line.replace("\"n\": 1", "\"n\": 1, \"m\": 1")), "/lines/*/m integer");
    check(&lines(&line.replace("\"n\": 1", "\"n\": \"1\"")), r#"/lines/0/n breaks type "integer""#);
}

#[test]
fn no_prefix_and_no_change_of_a_byte_makes_anything_panic() {
    let contract = contract();
    let mut chance = fastrand::Rng::with_seed(5);
    for _ in 0..20_000 {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for _ in 0..chance.usize(1..4) {
            let at = chance.usize(..bytes.len());
            match chance.u8(..3) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = chance.u8(b' '..b'~'),
                _ => bytes.insert(at, chance.choice(*b"{}[]\",:0\\nul").unwrap_or(b'"')),
            }
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let Ok(raw) = RawValue::from_string(text.clone()) else { continue };
        let checked = contract.check(&raw);
        if let Ok(value) = read(&text) {
            let mut samples = Samples::default();
            samples.add(&value).unwrap();
            let own = Contract::compile(&samples.to_contract().to_string()).unwrap();
            assert_eq!(own.check(&raw), Ok(std::collections::BTreeSet::new()), "{text}");
        } else {
            assert!(matches!(checked, Err(Violated::Unreadable(_))), "{text}");
        }
    }
}
