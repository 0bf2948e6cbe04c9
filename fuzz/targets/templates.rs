//! `cargo fuzz run templates`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::templates::holds(input));
