//! Verification: from raw bytes to a [`Verified`] delivery, or to a [`Rejection`] that says why not.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::field::Field;
use crate::mac;
use crate::request::Request;
use crate::scheme::{Kind, Scheme, Signature, Timestamp, TimestampPlace, Unit};
use crate::secret::Secrets;
use crate::template::{self, Absent};

/// A delivery whose signature was verified. [`verify`] is the only place that makes one, so whatever
/// takes a `Verified` cannot be handed a request that nobody checked.
#[derive(Debug)]
pub struct Verified<'r> {
    request: Request<'r>,
    secret: usize,
    signed: SignedBody,
    signs_url: bool,
}

/// How a signature covers the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SignedBody {
    /// Its bytes, in the signed string or by a hash that is in it.
    Bytes,
    /// Its parameters, where it is a form.
    Form,
}

impl<'r> Verified<'r> {
    /// The request that was verified.
    pub fn request(&self) -> &Request<'r> {
        &self.request
    }

    /// SHA-256, in hex, of what the signature covers of the event: the body's bytes, or for schemes that sign a
    /// form's parameters, those; and in front of it the URL from its query on, where the scheme signs the URL.
    ///
    /// The same parameters can be written in many ways under one signature, so whoever needs to know whether
    /// two deliveries say the same must compare this. The URL and what follows it run together here as they do in
    /// what is signed: bytes that are moved from one to the other make no other event.
    pub fn signed_sha256(&self) -> String {
        let mut hash = Sha256::new();
        if self.signs_url {
            hash.update(self.request.url.find('?').map_or("", |query| &self.request.url[query..]));
        }
        match self.signed {
            SignedBody::Bytes => hash.update(self.request.body),
            SignedBody::Form => hash.update(template::form_sorted(self.request.body)),
        }
        hex::encode(hash.finalize())
    }

    /// The query string, where the signature covers it and there is one.
    pub fn signed_query(&self) -> Option<&'r str> {
        Some(self.request.query()).filter(|query| self.signs_url && !query.is_empty())
    }

    /// Which of the secrets matched, counted from 0: tells when an old one is no longer used.
    pub fn secret(&self) -> usize {
        self.secret
    }
}

/// Why a request is not let in. For the log of the receiver; the sender is told nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Something that a signed request of this scheme always carries is not there.
    #[error("{0} is absent, a signed request carries it")]
    Missing(String),
    /// No signature matches any of the secrets.
    #[error("none of {signatures} signatures in {field} matches any of {secrets} secrets")]
    Mismatch {
        /// Where the signatures lay.
        field: String,
        /// How many of them were of this scheme and readable.
        signatures: usize,
        /// How many secrets were tried.
        secrets: usize,
    },
    /// The body is not the one whose hash was signed.
    #[error("the body's hash differs from the one in {field}")]
    BodyHash {
        /// Where the hash lay.
        field: String,
    },
    /// The timestamp cannot be read.
    #[error("the timestamp is not written as {unit:?}")]
    TimestampUnreadable {
        /// What was expected.
        unit: Unit,
    },
    /// The signature is right, but it was made too long ago or lies in the future.
    #[error(
        "signed {} s {}, the tolerance is {tolerance_s} s either way",
        skew_s.unsigned_abs(),
        if *skew_s < 0 { "in the future" } else { "ago" }
    )]
    Stale {
        /// Now less the time of signing, in seconds; negative when that lies in the future.
        skew_s: i64,
        /// What would have been accepted, in seconds.
        tolerance_s: u32,
    },
}

/// Verifies a request's signature over its raw bytes.
///
/// Each signature of the scheme is compared with the one that each live secret makes, in constant time
/// (`hmac::Mac::verify_slice`). The timestamp is looked at last, so that `Stale` is said only of requests
/// that were truly signed. `now_ms` is Unix time in milliseconds.
///
/// # Errors
/// [`Rejection`], for every request that is not let in.
pub fn verify<'r>(
    scheme: &Scheme,
    secrets: &Secrets,
    request: &Request<'r>,
    now_ms: u64,
) -> Result<Verified<'r>, Rejection> {
    let Signature { fields, prefix, encoding, .. } = scheme.signature;
    let headers: Vec<Cow<'_, str>> = fields.iter().filter_map(|field| field.of(request)).collect();
    if headers.is_empty() {
        return Err(missing(fields));
    }
    let items: Vec<&str> = headers.iter().flat_map(|header| items(scheme, header)).collect();
    let timestamp = scheme.timestamp.map(|rule| timestamp_text(&rule, scheme, &items, request)).transpose()?;
    let signed = signed_body(scheme, request)?;
    let signatures: Vec<Vec<u8>> =
        items.iter().filter_map(|item| encoding.decode(item.strip_prefix(prefix)?)).collect();

    let hashes_secret = matches!(scheme.kind, Kind::Hash(_));
    // Whoever extends what a bare hash covers has to put its padding there, which is no text.
    let extended = hashes_secret && std::str::from_utf8(request.body).is_err();
    let signatures = if extended { Vec::new() } else { signatures };
    for url in urls(scheme, request.url) {
        let render = |secret| {
            let with_form = signed == SignedBody::Form;
            let context = template::Context { timestamp: timestamp.as_deref(), url: &url, with_form, secret };
            let pieces = template::render(scheme.signed, request, &context);
            pieces.map_err(|Absent(part)| Rejection::Missing(part.to_owned()))
        };
        let pieces = render(&[])?;
        for (secret, key) in secrets.keys().enumerate() {
            let with_secret = if hashes_secret { Some(render(key)?) } else { None };
            if mac::any_matches(scheme.kind, key, with_secret.as_ref().unwrap_or(&pieces), &signatures) {
                check_age(scheme.timestamp, timestamp.as_deref(), now_ms)?;
                let signs_url = scheme.signed.contains("{url}");
                return Ok(Verified { request: *request, secret, signed, signs_url });
            }
        }
    }
    Err(Rejection::Mismatch { field: any_of(fields), signatures: signatures.len(), secrets: secrets.count() })
}

fn missing(fields: &[Field]) -> Rejection {
    Rejection::Missing(any_of(fields))
}

/// Fields in words; of many, the first and the last.
fn any_of(fields: &[Field]) -> String {
    match fields {
        [] => "a signature".to_owned(),
        [one] => one.to_string(),
        [first, .., last] => format!("{first} or {last}"),
    }
}

/// The items of the signature's header: the header itself where the scheme knows no lists.
fn items<'h>(scheme: &Scheme, header: &'h str) -> impl Iterator<Item = &'h str> {
    let mut parts = scheme.signature.split.map(|separator| header.split(separator));
    let mut whole = if parts.is_none() { Some(header) } else { None };
    std::iter::from_fn(move || parts.as_mut().map_or_else(|| whole.take(), Iterator::next)).map(str::trim)
}

fn timestamp_text<'h>(
    rule: &Timestamp,
    scheme: &Scheme,
    items: &[&'h str],
    request: &Request<'h>,
) -> Result<Cow<'h, str>, Rejection> {
    match rule.place {
        TimestampPlace::Fields(fields) => Field::first_of(fields, request).ok_or_else(|| missing(fields)),
        TimestampPlace::SignatureItem(prefix) => items
            .iter()
            .find_map(|item| item.strip_prefix(prefix))
            .map(Cow::Borrowed)
            .ok_or_else(|| Rejection::Missing(format!("{prefix} in {}", any_of(scheme.signature.fields)))),
    }
}

fn check_age(rule: Option<Timestamp>, text: Option<&str>, now_ms: u64) -> Result<(), Rejection> {
    let (Some(rule), Some(text)) = (rule, text) else { return Ok(()) };
    let number = || text.parse::<i64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let signed_s = match rule.unit {
        Unit::Seconds => number(),
        Unit::Milliseconds => number().map(|ms| ms / 1000),
        Unit::SecondsOrMilliseconds => number().map(|time| if time < 100_000_000_000 { time } else { time / 1000 }),
        Unit::Rfc3339 => OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp),
    };
    let signed_s = signed_s.ok_or(Rejection::TimestampUnreadable { unit: rule.unit })?;
    let skew_s = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX).saturating_sub(signed_s);
    if skew_s.unsigned_abs() > u64::from(rule.tolerance_s) {
        return Err(Rejection::Stale { skew_s, tolerance_s: rule.tolerance_s });
    }
    Ok(())
}

/// Says how the signature covers the body, and checks its hash where the signed URL carries one. A body that
/// nothing covers is not let in.
fn signed_body(scheme: &Scheme, request: &Request<'_>) -> Result<SignedBody, Rejection> {
    let is_form = request.is_form() || request.body.is_empty();
    let Some(rule) = scheme.body_hash else {
        return match scheme.signed.contains("{form_sorted}") {
            false => Ok(SignedBody::Bytes),
            true if is_form => Ok(SignedBody::Form),
            // Its parameters would be signed, and something else would be read.
            true => Err(Rejection::Missing("a form in the body".to_owned())),
        };
    };
    match rule.field.of(request) {
        Some(hash) if hex::decode(hash.as_bytes()).is_ok_and(|h| h == Sha256::digest(request.body)[..]) => {
            Ok(SignedBody::Bytes)
        }
        Some(_) => Err(Rejection::BodyHash { field: rule.field.to_string() }),
        None if is_form => Ok(SignedBody::Form),
        None => Err(missing(&[rule.field])),
    }
}

/// The URLs that may have been signed. Providers that sign one write its default port or leave it out;
/// Twilio's SDK tries both (`validateRequest` in `twilio/lib/webhooks/webhooks.js`).
fn urls<'u>(scheme: &Scheme, url: &'u str) -> Vec<Cow<'u, str>> {
    let mut urls = vec![Cow::Borrowed(url)];
    let parts = scheme.signed.contains("{url}").then(|| url.split_once("://")).flatten();
    if let Some((protocol, rest)) = parts {
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        urls.push(Cow::Owned(match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => format!("{protocol}://{name}{path}"),
            _ => format!("{protocol}://{host}:{}{path}", if protocol == "http" { 80 } else { 443 }),
        }));
    }
    urls
}
