//! `cargo fuzz run sqs-event`

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tidegate_fuzz::sqs_event::holds(input));
