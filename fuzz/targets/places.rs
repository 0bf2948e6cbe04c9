//! `cargo fuzz run places`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::places::holds(input));
