//! `cargo fuzz run sources`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::sources::holds(input));
