//! `cargo fuzz run signed`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::signed::holds(input));
