//! `cargo fuzz run redacted`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::redacted::holds(input));
