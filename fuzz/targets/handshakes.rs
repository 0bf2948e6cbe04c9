//! `cargo fuzz run handshakes`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::handshakes::holds(input));
