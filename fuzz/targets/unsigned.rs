//! `cargo fuzz run unsigned`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::unsigned::holds(input));
