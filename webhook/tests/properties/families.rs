//! What must hold for a delivery of every provider, whatever its family: each property over all rows.
//!
//! `vectors.rs` says the same of many of them, by the providers' own signatures. Here a row that is added is tried
//! before it has any, and no row can be left out: a check says why it does not look at one.

use std::fmt::Write as _;

use webhook::answer::Outcome;
use webhook::provider::{self, Provider};
use webhook::scheme::{Encoding, Kind, TimestampPlace};
use webhook::secret::Secrets;
use webhook::sign::test_secret;
use webhook::{Field, Rejection, verify};

use super::sample::{SIGNED_MS, Sample, secrets};

const CONTENT: &[u8] = br#"{"id":"evt_1","type":"sample"}"#;

/// Rows that `sign` cannot sign, and why: none of them is looked at here, so their vectors have to say it all.
const WITHOUT_A_SIGNER: &[(&str, &str)] = &[];

/// What a check finds: fine, or not; `Ok` too where a row has nothing to look at.
type Found = Result<(), String>;

/// Checks a signed delivery of every provider, and names all rows that fail.
#[track_caller]
fn each(content: &[u8], check: impl Fn(Sample) -> Found) {
    let mut failures = String::new();
    for provider in provider::ALL {
        let excused = WITHOUT_A_SIGNER.iter().any(|(name, _)| *name == provider.name);
        let found = match Sample::new(provider, content) {
            Some(_) if excused => Err("it can be signed, take it out of WITHOUT_A_SIGNER".to_owned()),
            Some(sample) => check(sample),
            None if excused => Ok(()),
            None => Err("it cannot be signed".to_owned()),
        };
        if let Err(why) = found {
            let _ = writeln!(failures, "{}: {why}", provider.name);
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn accepted(sample: &Sample) -> Found {
    sample.verified().map(drop).map_err(|rejection| rejection.to_string())
}

/// Whether it is refused in this way, and with the status of that.
fn refused(sample: &Sample, status: u16, expected: impl Fn(&Rejection) -> bool) -> Found {
    match sample.verified() {
        Ok(_) => Err("it is let in".to_owned()),
        Err(rejection) if !expected(&rejection) => Err(format!("it is refused because {rejection}")),
        Err(rejection) if Outcome::of(&rejection).status() != status => Err(format!("{rejection}, but not {status}")),
        Err(_) => Ok(()),
    }
}

fn is_missing(rejection: &Rejection) -> bool {
    matches!(rejection, Rejection::Missing(_))
}

fn is_mismatch(rejection: &Rejection) -> bool {
    matches!(rejection, Rejection::Mismatch { .. })
}

/// Checks every provider after a change of its signature's header; those whose signature is in the body have none.
#[track_caller]
fn each_with_signature(change: impl Fn(&mut (String, String), &Provider), check: impl Fn(&Sample) -> Found) {
    let mut changed = 0;
    for provider in provider::ALL {
        changed += usize::from(Sample::new(provider, CONTENT).is_some_and(|mut sample| sample.signature().is_some()));
    }
    assert!(changed * 10 > provider::ALL.len() * 9, "only {changed} providers have a signature's header");
    each(CONTENT, |mut sample| {
        let provider = sample.provider;
        let Some(header) = sample.signature() else { return Ok(()) };
        change(header, provider);
        check(&sample)
    });
}

#[test]
fn hex_is_accepted_in_upper_case() {
    each_with_signature(
        |(_, value), provider| {
            if provider.scheme.signature.encoding == Encoding::Hex {
                let (prefix, hex) = value.split_at(start(value, provider));
                *value = format!("{prefix}{}", hex.to_ascii_uppercase());
            }
        },
        accepted,
    );
}

#[test]
fn header_names_are_accepted_in_any_case() {
    each(CONTENT, |mut sample| {
        for (name, _) in &mut sample.headers {
            *name = name
                .split_inclusive('-')
                .enumerate()
                .map(|(n, word)| if n % 2 == 0 { word.to_uppercase() } else { word.to_owned() })
                .collect();
        }
        accepted(&sample)
    });
}

#[test]
fn a_body_is_taken_to_the_byte_with_its_cr_lf() {
    each(b"{\"id\":\"evt_1\",\r\n\"note\":\"a\"}\r\n", |sample| accepted(&sample));
    each(b"{\"id\":\"evt_1\",\r\n\"note\":\"a\"}\r\n", |mut sample| {
        let scheme = &sample.provider.scheme;
        let covered = (scheme.covers_body() || scheme.signed.contains("{crc32}")) && sample.body_is_content;
        sample.body.retain(|byte| *byte != b'\r');
        let other = |rejection: &Rejection| is_mismatch(rejection) || matches!(rejection, Rejection::Claim(_));
        if covered { refused(&sample, 403, other) } else { accepted(&sample) }
    });
}

#[test]
fn a_body_of_200_kib_is_accepted() {
    each("0123456789ab\u{1f980}".repeat(200 * 1024 / 16).as_bytes(), |sample| accepted(&sample));
}

#[test]
fn a_body_that_is_not_utf8_is_accepted_but_under_a_bare_hash() {
    each(b"{\"id\":\"\xff\xfe\"}\x00", |sample| match sample.provider.scheme.kind {
        // A body inside which it signs is JSON, and so it is text.
        Kind::Hash(_) if sample.body_is_content => refused(&sample, 403, is_mismatch),
        _ => accepted(&sample),
    });
}

#[test]
fn a_genuine_signature_joined_with_a_forged_one_is_accepted_only_in_a_list() {
    for forged_first in [false, true] {
        each_with_signature(
            |(_, value), provider| {
                let forged = forged(value, provider);
                // API Gateway joins header lines of one name by a comma.
                *value = if forged_first { format!("{forged},{value}") } else { format!("{value},{forged}") };
            },
            |sample| match sample.provider.scheme.signature.split {
                Some(',') => accepted(sample),
                // The comma belongs to one of its items then, which is no signature; the other may still be one.
                Some(_) => sample.verified().map_or_else(|_| refused(sample, 403, is_mismatch), |_| Ok(())),
                None => refused(sample, 403, is_mismatch),
            },
        );
    }
}

#[test]
fn of_two_signatures_in_a_list_either_may_be_ours() {
    for ours_first in [false, true] {
        each_with_signature(
            |(_, value), provider| {
                if let Some(separator) = provider.scheme.signature.split {
                    let theirs = forged(value, provider);
                    let (first, second) = if ours_first { (&*value, &theirs) } else { (&theirs, &*value) };
                    *value = format!("{first}{separator}{second}");
                }
            },
            accepted,
        );
    }
}

#[test]
fn of_two_live_secrets_either_may_have_signed() {
    each(CONTENT, |sample| {
        let key = &sample.provider.scheme.key;
        let (ours, old) = (test_secret(sample.provider), key.written(&[4; 65]));
        for (text, number) in [(format!("{ours}\n{old}"), 0), (format!("{old}\n{ours}"), 1)] {
            let secrets = Secrets::parse(&text, key).map_err(|error| error.to_string())?;
            let verified = sample.verified_by(&secrets, SIGNED_MS);
            let by = verified.map_err(|rejection| rejection.to_string())?.secret();
            if (by, secrets.count()) != (number, 2) {
                return Err(format!("secret {by} of {} signed it, and not {number} of 2", secrets.count()));
            }
        }
        let dropped = Secrets::parse(&old, key).map_err(|error| error.to_string())?;
        let verified = sample.verified_by(&dropped, SIGNED_MS);
        if verified.is_ok() { Err("it is let in by a secret that is not its own".to_owned()) } else { Ok(()) }
    });
}

#[test]
fn a_time_is_tolerated_to_the_second_in_the_past_and_in_the_future() {
    each(CONTENT, |sample| {
        let Some(range) = sample.tolerated_s() else {
            return sample.verified_at(SIGNED_MS * 2).map(drop).map_err(|rejection| rejection.to_string());
        };
        for (edge_s, way) in [(*range.start(), -1), (*range.end(), 1)] {
            let at = |skew_s: i64| sample.verified_at(SIGNED_MS.saturating_add_signed(skew_s * 1000));
            at(edge_s).map_err(|rejection| format!("{edge_s} s: {rejection}"))?;
            let named = sample.provider.scheme.timestamp.map(|rule| (edge_s + way, rule.tolerance_s));
            match at(edge_s + way) {
                Err(Rejection::Stale { skew_s, tolerance_s })
                    if named.is_none_or(|named| named == (skew_s, tolerance_s)) => {}
                other => return Err(format!("{} s: {other:?}", edge_s + way)),
            }
        }
        Ok(())
    });
}

#[test]
fn a_signature_that_is_cut_is_refused() {
    // Less would be its padding alone, without which it is the same.
    each_with_signature(|(_, value), _| value.truncate(value.len() - 4), |sample| refused(sample, 403, is_mismatch));
}

#[test]
fn an_empty_signature_is_absent_and_a_prefix_alone_is_none() {
    each_with_signature(|(_, value), _| value.clear(), |sample| refused(sample, 401, is_missing));
    each_with_signature(|(_, value), _| *value = "  ".to_owned(), |sample| refused(sample, 401, is_missing));
    each_with_signature(
        |(_, value), provider| {
            value.truncate(start(value, provider));
        },
        |sample| match sample.provider.scheme.signature.prefix {
            "" => refused(sample, 401, is_missing),
            _ => refused(sample, 403, is_mismatch),
        },
    );
}

#[test]
fn a_signature_of_another_scheme_is_refused() {
    // Behind another prefix, without its own, or with one where there is none.
    for other in ["v9=", ""] {
        each_with_signature(
            |(_, value), provider| {
                let prefix = provider.scheme.signature.prefix;
                let start = start(value, provider);
                let other = if prefix.is_empty() { "v9=" } else { other };
                value.replace_range(start - prefix.len()..start, other);
            },
            |sample| refused(sample, 403, is_mismatch),
        );
    }
}

#[test]
fn a_signature_in_another_header_is_absent() {
    each_with_signature(|(name, _), _| *name = "x-moved".to_owned(), |sample| refused(sample, 401, is_missing));
}

#[test]
fn a_signature_without_its_time_is_refused() {
    each(CONTENT, |mut sample| match sample.provider.scheme.timestamp.map(|rule| rule.place) {
        Some(TimestampPlace::Fields(fields)) if fields.iter().all(|field| matches!(field, Field::Header(_))) => {
            sample
                .headers
                .retain(|(name, _)| !fields.iter().any(|field| matches!(field, Field::Header(of) if of == name)));
            refused(&sample, 401, is_missing)
        }
        Some(TimestampPlace::SignatureItem(prefix)) => {
            let Some((_, value)) = sample.signature() else { return Err("its time has no header".to_owned()) };
            *value = value.replacen(prefix, "when=", 1);
            refused(&sample, 401, is_missing)
        }
        _ => Ok(()),
    });
}

#[test]
fn no_signature_of_one_provider_is_one_of_anothers_secret() {
    each(CONTENT, |sample| {
        let others = provider::ALL.iter().filter(|other| other.scheme.kind == sample.provider.scheme.kind);
        for other in others.filter(|other| other.scheme.kind != Kind::Token) {
            let Ok(secrets) = Secrets::parse(&other.scheme.key.decode.encode(b"another secret"), &other.scheme.key)
            else {
                continue;
            };
            if verify(&other.scheme, &secrets, &sample.request(), SIGNED_MS).is_ok() {
                return Err(format!("{} lets it in", other.name));
            }
        }
        if secrets(sample.provider).count() == 1 { Ok(()) } else { Err("it has no secret".to_owned()) }
    });
}

/// Where the signature itself begins in its header; it goes on to the end.
fn start(value: &str, provider: &Provider) -> usize {
    let prefix = provider.scheme.signature.prefix;
    if prefix.is_empty() { 0 } else { value.rfind(prefix).map_or(0, |at| at + prefix.len()) }
}

/// A header like this one, its time included, with another signature: each digit and small letter is the next one.
fn forged(value: &str, provider: &Provider) -> String {
    let next = |c: char| match c {
        '0'..='8' | 'a'..='e' => char::from(c as u8 + 1),
        other => other,
    };
    let (before, signature) = value.split_at(start(value, provider));
    before.chars().chain(signature.chars().map(next)).collect()
}
