//! Signing, the mirror of [`verify`](crate::verify()): for `tidegate send`, samples and tests.

use crate::field::Field;
use crate::mac;
use crate::provider::Provider;
use crate::request::Request;
use crate::scheme::{Encoding, Scheme, TimestampPlace, Unit};
use crate::secret::Secrets;
use crate::template::{self, Absent};

/// The headers that sign a request as its provider would at `now_ms`, made with the first secret.
///
/// The request must already carry what the scheme signs beside the time, such as `webhook-id`.
///
/// # Errors
/// [`Absent`] names what the request lacks.
pub fn sign(
    scheme: &Scheme,
    secrets: &Secrets,
    request: &Request<'_>,
    now_ms: u64,
) -> Result<Vec<(String, String)>, Absent> {
    let timestamp = scheme.timestamp.map(|rule| match rule.unit {
        Unit::Seconds => (now_ms / 1000).to_string(),
        Unit::Milliseconds => now_ms.to_string(),
    });
    let with_form = scheme.body_hash.is_none_or(|rule| rule.field.of(request).is_none());
    let context = template::Context { timestamp: timestamp.as_deref(), url: request.url, with_form };
    let pieces = template::render(scheme.signed, request, &context)?;
    let key = secrets.keys().next().ok_or(Absent("secret"))?;
    let signature = scheme.signature.encoding.encode(&mac::tag(scheme.hash, key, &pieces));
    let signature = format!("{}{signature}", scheme.signature.prefix);

    let mut headers = Vec::new();
    let value = match (scheme.timestamp.map(|rule| rule.place), timestamp) {
        (Some(TimestampPlace::SignatureItem(prefix)), Some(time)) => {
            format!("{prefix}{time}{}{signature}", scheme.signature.split.unwrap_or(','))
        }
        (Some(TimestampPlace::Field(field)), Some(time)) => {
            headers.push((header_name(field)?.to_owned(), time));
            signature
        }
        _ => signature,
    };
    headers.push((header_name(scheme.signature.field)?.to_owned(), value));
    Ok(headers)
}

/// The documented test secret of a provider, written as that provider writes its secrets:
/// `tidegate-test-secret`, in base64 behind `whsec_` where it wants that.
pub fn test_secret(provider: &Provider) -> String {
    const TEST_SECRET: &str = "tidegate-test-secret";
    let key = provider.scheme.key;
    match key.decode {
        Encoding::Utf8 => TEST_SECRET.to_owned(),
        encoding => format!("{}{}", key.strip, encoding.encode(TEST_SECRET.as_bytes())),
    }
}

fn header_name(field: Field) -> Result<&'static str, Absent> {
    match field {
        Field::Header(name) => Ok(name),
        _ => Err(Absent("a header to sign in")),
    }
}
