//! `cargo fuzz run gateway`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::gateway::holds(input));
