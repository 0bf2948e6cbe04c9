//! Signing, the mirror of [`verify`](crate::verify()): for `tidegate send`, samples and tests.

mod in_body;
mod test_key;
mod token;

pub use in_body::body;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::formatting::Formattable;

use crate::document::Document;
use crate::field::Field;
use crate::mac;
use crate::provider::Provider;
use crate::request::Request;
use crate::scheme::{Kind, Scheme, Timestamp, TimestampPlace, Unit};
use crate::secret::Secrets;
use crate::template::{self, Absent};
use crate::wrapping::Wrapped;

/// The headers that sign a request as its provider would at `now_ms`, made with the first secret.
///
/// The request must already carry what the scheme signs beside the time, such as `webhook-id`. Where the time or
/// the signature stand in the body, as in each item of a batch, they are there already, see [`body`].
///
/// # Errors
/// [`Absent`] names what the request lacks.
pub fn sign(
    scheme: &Scheme,
    secrets: &Secrets,
    request: &Request<'_>,
    now_ms: u64,
) -> Result<Vec<(String, String)>, Absent> {
    if scheme.each.is_some() {
        return Ok(Vec::new());
    }
    let (timestamp, signature) = signature(scheme, secrets, request, now_ms)?;
    let mut headers = Vec::new();
    let value = match (scheme.timestamp.map(|rule| rule.place), timestamp) {
        (Some(TimestampPlace::SignatureItem(prefix)), Some(time)) => {
            format!("{prefix}{time}{}{signature}", scheme.signature.split.unwrap_or(','))
        }
        (Some(TimestampPlace::Fields(fields)), Some(time)) => {
            headers.extend(header_name(fields).ok().map(|name| (name.to_owned(), time)));
            signature
        }
        _ => signature,
    };
    headers.extend(header_name(scheme.signature.fields).ok().map(|name| (name.to_owned(), value)));
    if let Some((Field::Header(name), url)) = test_certificate(scheme) {
        headers.push((name.to_owned(), url));
    }
    Ok(headers)
}

/// The time that is signed, and the signature as it is written.
fn signature(
    scheme: &Scheme,
    secrets: &Secrets,
    request: &Request<'_>,
    now_ms: u64,
) -> Result<(Option<String>, String), Absent> {
    let wrapped = Wrapped::of(scheme, request);
    let request = &wrapped.event(request);
    let timestamp = match scheme.timestamp {
        Some(Timestamp { place: TimestampPlace::Fields(fields), .. }) if header_name(fields).is_err() => {
            Some(Field::first_of(fields, request).ok_or(Absent("the time in its body"))?.into_owned())
        }
        rule => rule.map(|rule| written(now_ms, rule.unit)),
    };
    let with_form = scheme.body_hash.is_none_or(|rule| rule.field.of(request).is_none());
    let secret = secrets.keys().next().ok_or(Absent("secret"))?;
    if let Kind::Jwt(rules) = scheme.kind {
        let token = token::sign(rules, secret, request, now_ms).ok_or(Absent("a private key"))?;
        return Ok((None, format!("{}{token}", scheme.signature.prefix)));
    }
    let headers = with_time(scheme, request, timestamp.as_deref());
    let request = &Request { headers: &headers, ..*request };
    let context = template::Context { timestamp: timestamp.as_deref(), url: request.url, with_form, secret };
    let pieces = template::render(scheme.signed, request, &context)?;
    // Of several versions, the newest.
    let kind = newest(scheme).map_or(scheme.kind, |(_, kind)| kind);
    let signature = match mac::tag(kind, secret, &pieces) {
        Some(tag) => tag,
        None => test_key::sign(kind, &pieces.concat()).ok_or(Absent("a private key"))?,
    };
    let signature = secrets.under_name(0, &scheme.signature.encoding.encode(&signature));
    Ok((timestamp, format!("{}{signature}", scheme.signature.prefix)))
}

/// The headers with the time that is signed, which may be among those that a header lists.
fn with_time(scheme: &Scheme, request: &Request<'_>, timestamp: Option<&str>) -> Vec<(String, String)> {
    let mut headers = request.headers.to_vec();
    if let (Some(TimestampPlace::Fields(fields)), Some(time)) = (scheme.timestamp.map(|rule| rule.place), timestamp)
        && let Ok(name) = header_name(fields)
    {
        headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        headers.push((name.to_owned(), time.to_owned()));
    }
    headers
}

/// The newest version of a scheme that has several, and its kind.
fn newest(scheme: &Scheme) -> Option<(&'static str, Kind)> {
    scheme.versions.and_then(|versions| versions.kinds.first().copied())
}

/// A time as a provider writes it.
fn written(now_ms: u64, unit: Unit) -> String {
    match unit {
        Unit::Seconds | Unit::SecondsOrMilliseconds => (now_ms / 1000).to_string(),
        Unit::Milliseconds => now_ms.to_string(),
        Unit::Rfc3339 => date(now_ms, &Rfc3339),
        Unit::HttpDate => date(now_ms, &Rfc2822).replace("+0000", "GMT"),
    }
}

fn date(now_ms: u64, format: &(impl Formattable + ?Sized)) -> String {
    let time = i64::try_from(now_ms / 1000).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    // OK because every time that a clock shows can be written so.
    time.and_then(|time| time.format(format).ok()).expect("a time before the year 10000")
}

/// The documented test secret of a provider, written as that provider writes its secrets: `tidegate-test-secret`,
/// in base64 behind `whsec_` where it wants that. For a provider that signs with a private key it is a public key,
/// whose private one is no secret either: [`sign`] has it.
pub fn test_secret(provider: &Provider) -> String {
    const TEST_SECRET: &str = "tidegate-test-secret";
    let Scheme { kind, key, document, .. } = provider.scheme;
    let public = if document.is_some() { None } else { test_key::public(kind) };
    let bytes = public.unwrap_or_else(|| TEST_SECRET.as_bytes().to_vec());
    key.written(&bytes)
}

/// The document that holds the public part of the key that [`sign`] uses, for a provider whose keys lie in one.
pub fn test_document(provider: &Provider) -> Option<String> {
    provider.scheme.document.and_then(|_| test_key::document(provider.scheme.kind))
}

/// Where a request names the certificate of the key that [`sign`] uses, and a URL that is taken for it.
fn test_certificate(scheme: &Scheme) -> Option<(Field, String)> {
    match scheme.document? {
        Document::Certificate { url, places } => {
            Some((url, format!("https://{}", places.first()?.replace('*', test_key::KEY_ID))))
        }
        Document::JwkSet(_) => None,
    }
}

/// The first of these places that is a header.
fn header_name(fields: &[Field]) -> Result<&'static str, Absent> {
    let header = fields.iter().find_map(|field| match field {
        Field::Header(name) => Some(*name),
        _ => None,
    });
    header.ok_or(Absent("a header to sign in"))
}
