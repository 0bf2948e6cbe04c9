//! `cargo fuzz run secrets`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::secrets::holds(input));
