//! What holds for whatever is sent, checked for a few thousand inputs and, on demand, for as many as there is time for.
//!
//! Each module is one property, a function of bytes that panics when it does not hold. `chance` makes the inputs of
//! the short run here; the fuzzer (`fuzz/`) runs the same functions. `families` says what must hold for a delivery of
//! every provider, one by one.

#![allow(unreachable_pub, reason = "the fuzz targets use these modules, too")]

mod chance;
mod envelopes;
mod explained;
mod families;
mod handshakes;
mod places;
mod posted;
mod redacted;
mod sample;
mod secrets;
mod signed;
#[cfg(feature = "toml")]
mod sources;
mod templates;
mod unsigned;

use chance::check;

#[test]
fn what_nobody_signed_is_refused_and_not_repeated() {
    check("unsigned", 6_000, unsigned::holds);
}

#[test]
fn what_is_signed_is_let_in_at_its_time_and_cannot_change() {
    check("signed", 6_000, signed::holds);
}

#[test]
fn what_was_changed_on_its_way_is_explained_and_stays_out() {
    check("explained", 4_000, explained::holds);
}

#[test]
fn a_handshake_is_answered_with_what_http_takes() {
    check("handshakes", 6_000, handshakes::holds);
}

#[test]
fn secrets_are_never_shown() {
    check("secrets", 6_000, secrets::holds);
}

#[test]
fn a_template_is_rendered_or_names_what_is_not_there() {
    check("templates", 10_000, templates::holds);
}

#[test]
fn a_place_holds_what_a_whole_parse_finds_there() {
    check("places", 10_000, places::holds);
}

#[test]
fn what_is_redacted_is_gone_and_every_other_byte_is_as_it_was() {
    check("redacted", 10_000, redacted::holds);
}

#[test]
fn a_message_is_an_envelope_or_is_said_not_to_be_one() {
    check("envelopes", 6_000, envelopes::holds);
}

#[cfg(feature = "toml")]
#[test]
fn a_file_of_sources_is_read_or_its_mistakes_have_lines() {
    check("sources", 4_000, sources::holds);
}
