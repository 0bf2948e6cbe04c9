//! How much memory hostile payloads take at most. The only test of its file, because it reads the peak of its process.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use contract::Contract;
use contract::infer::Samples;
use contract::read::read;
use serde_json::value::RawValue;

/// What the whole process may have used at its peak; the worker's own bound is 256 MB.
const PEAK_KB_MAX: u64 = 220 * 1024;

#[test]
fn no_payload_of_five_megabytes_makes_a_process_large() {
    let schemas = [
        r#"{"x-drift": true}"#,
        r#"{"x-drift": true, "type": "array", "items": {"type": "object"}}"#,
        r#"{"anyOf": [{"items": {"type": "string"}}, {"items": {"type": "null"}}]}"#,
        r#"{"type": "array", "uniqueItems": true}"#,
    ]
    .map(|schema| Contract::compile(schema).unwrap());
    let items = [
        "0",
        "[]",
        r#"{"a":0}"#,
        "\"\"",
        r#"{"a":[{"b":null}]}"#,
        r#"{"n":"0123456789012345678901234567890123456789"}"#,
    ];
    for item in items {
        let text = format!("[{}{item}]", format!("{item},").repeat(5_000_000 / (item.len() + 1)));
        let raw = RawValue::from_string(text).unwrap();
        for contract in &schemas {
            drop(contract.check(&raw));
        }
        if let Ok(value) = read(raw.get()) {
            assert!(Samples::default().add(&value).is_ok());
        }
    }
    let names: Vec<String> = (0..300_000).map(|n| format!(r#""name{n:06}":0"#)).collect();
    let wide = RawValue::from_string(format!("{{{}}}", names.join(","))).unwrap();
    drop(names);
    schemas.iter().for_each(|contract| drop(contract.check(&wide)));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|kb| kb.trim().trim_end_matches(" kB"));
    // Elsewhere than on Linux nobody says.
    let Some(peak) = peak.and_then(|kb| kb.trim().parse::<u64>().ok()) else { return };
    println!("peak {} MB", peak / 1024);
    assert!(peak <= PEAK_KB_MAX, "{} MB at the peak", peak / 1024);
}
